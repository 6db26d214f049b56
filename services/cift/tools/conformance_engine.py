"""The core in this process as the venue of conformance cases."""

from collections.abc import AsyncIterator
from decimal import Decimal

from cift.kit.decimals import parse
from cift.tools.cases import BookSeen, Case, OrderSeen, Seen, Side, Step, TradeSeen
from cift_core import Event, FastOrderBook

__all__ = ["EngineVenue"]

ENDED = {"filled": "filled", "canceled": "cancelled", "expired": "cancelled"}


class EngineVenue:
    """Plays cases, each on a book of its own."""

    async def play(self, case: Case) -> AsyncIterator[tuple[Step, Seen]]:
        """Perform the steps of a case, one call each."""
        table = _Table(case)
        for step in case.steps:
            yield step, table.perform(step)


class _Table:
    """One case's book, and the case's names of its orders."""

    def __init__(self, case: Case) -> None:
        self._price_scale, self._quantity_scale = case.price_scale, case.quantity_scale
        self._book = FastOrderBook("CASE")
        self._numbers: dict[str, int] = {}
        """The engine's number of the last order of each name."""
        self._names: list[str] = []
        self._orders: dict[str, OrderSeen] = {}

    def perform(self, step: Step) -> Seen:
        """Make the call of one step, and look at everything."""
        name = step["id"]
        number = self._numbers.get(name, 0)
        # A name that lives keeps its number, so that the engine refuses it; else it gets a new one.
        if not number or (step["op"] == "new" and self._book.order(number) is None):
            self._names.append(name)
            number = self._numbers[name] = len(self._names)
        events = self._call(step, number)
        self._follow(events)
        accepted = events[0].exec_type not in ("rejected", "cancel_rejected")
        if step["op"] == "new" and not accepted:
            orders = {**self._orders, name: OrderSeen("rejected", Decimal(0), Decimal(0))}
        else:
            orders = dict(self._orders)
        resting = self._resting()
        return Seen(accepted, self._trades(events), resting, orders)

    def _call(self, step: Step, number: int) -> list[Event]:
        if step["op"] == "new":
            market = step["type"] == "market"
            return self._book.submit(
                number,
                step["side"],
                0 if market else self._price(step["price"]),
                self._quantity(step["qty"]),
                ord_type=step["type"],
                time_in_force="ioc" if market else step.get("tif", "GTC").lower(),
            )
        quantity = self._quantity(step["open_qty"]) if "open_qty" in step else None
        if step["op"] == "cancel" or quantity == 0:
            return self._book.cancel(number)
        price = self._price(step["price"]) if "price" in step else None
        return self._book.replace(number, price=price, leaves_quantity=quantity)

    def _follow(self, events: list[Event]) -> None:
        for event in events:
            if event.order_sequence:
                self._orders[self._names[event.order_id - 1]] = OrderSeen(
                    ENDED.get(event.ord_status, "open"),
                    self._decimal(event.leaves_quantity, self._quantity_scale),
                    self._decimal(event.cum_quantity, self._quantity_scale),
                )

    def _trades(self, events: list[Event]) -> list[TradeSeen]:
        takers = (event for event in events if event.liquidity == "taker")
        makers = (event for event in events if event.liquidity == "maker")
        return [
            TradeSeen(
                self._names[maker.order_id - 1],
                self._names[taker.order_id - 1],
                self._decimal(maker.last_price, self._price_scale),
                self._decimal(maker.last_quantity, self._quantity_scale),
            )
            for taker, maker in zip(takers, makers, strict=True)
        ]

    def _resting(self) -> dict[Side, list[BookSeen]]:
        bids, asks = self._book.depth(len(self._book))
        return {"buy": self._queue("buy", bids), "sell": self._queue("sell", asks)}

    def _queue(self, side: Side, levels: list[tuple[int, int, int]]) -> list[BookSeen]:
        resting = []
        for price, _, _ in levels:
            for number in self._book.queue(side, price):
                order = self._book.order(number)
                assert order is not None
                quantity = self._decimal(order.leaves_quantity, self._quantity_scale)
                resting.append(
                    BookSeen(
                        self._names[number - 1], self._decimal(price, self._price_scale), quantity
                    )
                )
        return resting

    def _price(self, text: str) -> int:
        return parse(text, self._price_scale)

    def _quantity(self, text: str) -> int:
        return parse(text, self._quantity_scale)

    def _decimal(self, units: int, scale: int) -> Decimal:
        return Decimal(units).scaleb(-scale)
