"""The core in this process as the venue of conformance cases."""

from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Any

from cift.kit.decimals import parse
from cift.tools.cases import BookSeen, Case, OrderSeen, Seen, Side, Step, TradeSeen, TrailingSeen
from cift_core import Event, FastOrderBook, OpenOrder

__all__ = ["EngineVenue"]

ENDED = {"filled": "filled", "canceled": "cancelled", "expired": "cancelled"}
SELF_TRADES = {
    "none": "allow",
    "cancel_maker": "cancel_resting",
    "cancel_taker": "cancel_aggressing",
    "cancel_both": "cancel_both",
    "decrement": "decrement_both",
}
TIMES_IN_FORCE = {"GFA": "good_for_auction"}
# The bits of an instrument's policies, as schemas/types.capnp has them.
SELF_TRADE_POLICIES = ("", "none", "cancel_maker", "cancel_taker", "cancel_both", "decrement")
RESIDUALS = ("cancel", "rest", "rest_at_last_trade")
ICEBERGS = ("", "visible_then_hidden_fifo", "visible_then_hidden_prorata")
CRITERIA = ("", "max_volume", "min_surplus", "market_pressure", "reference", "midpoint_floor")


class EngineVenue:
    """Plays cases, each on a book of its own."""

    cases_at_once = 1

    async def play(self, case: Case) -> AsyncIterator[tuple[Step, Seen]]:
        """Perform the steps of a case, one call each, or one for each price of a path."""
        table = _Table(case)
        for step in case.steps:
            yield step, table.perform(step)


class _Table:
    """One case's book, and the case's names of its orders."""

    def __init__(self, case: Case) -> None:
        self._price_scale, self._quantity_scale = case.price_scale, case.quantity_scale
        self._tick = self._price(str(case.tick))
        self._book = FastOrderBook(
            "CASE", self._tick, self._quantity(str(case.lot)), _policies(case)
        )
        self._numbers: dict[str, int] = {}
        """The engine's number of the last order of each name."""
        self._names: list[str] = []
        self._owners: dict[str, int] = {}
        self._accounts: dict[str, int] = {}
        """The account that sent the last order of each name."""
        self._last_events: dict[str, Event] = {}
        self._trailing: tuple[str, int] | None = None
        """Name and limit price of the case's trailing stop."""
        self._trigger_price: Decimal | None = None
        self._watermark = 0

    def perform(self, step: Step) -> Seen:
        """Make the calls of one step, and look at everything."""
        rejected = ""
        if step["op"] in ("new", "cancel", "amend"):
            events = self._order_call(step)
            accepted = events[0].exec_type not in ("rejected", "cancel_rejected")
            rejected = "" if accepted or step["op"] != "new" else step["id"]
        else:
            events = list(self._market_calls(step))
            accepted = True
        orders = {name: self._order(name) for name in self._last_events}
        if rejected:
            orders[rejected] = OrderSeen("rejected", Decimal(0), Decimal(0))
        buys, sells = self._book.resting_markets
        last = self._book.last_trade
        return Seen(
            accepted,
            self._trades(events),
            self._resting(),
            orders=orders,
            resting_markets={"buy": buys, "sell": sells},
            last_price=None if last is None else self._decimal(last, self._price_scale),
            trailing=self._look_at_trailing(),
        )

    def _order_call(self, step: Step) -> list[Event]:
        name = step["id"]
        number = self._numbers.get(name, 0)
        # A name that lives keeps its number, so that the engine refuses it; else it gets a new one.
        if not number or (step["op"] == "new" and self._book.order(number) is None):
            number = self._number(name)
        account = self._account(step)
        if step["op"] == "new":
            events = self._submit(step, number, account)
        else:
            quantity = self._quantity(step["open_qty"]) if "open_qty" in step else None
            if step["op"] == "cancel" or quantity == 0:
                events = self._book.cancel(number, account)
            else:
                price = self._price(step["price"]) if step.get("price") else None
                events = self._book.replace(number, price, None, quantity, account)
        self._follow(events)
        return events

    def _number(self, name: str) -> int:
        self._names.append(name)
        number = self._numbers[name] = len(self._names)
        return number

    def _account(self, step: Step) -> int:
        """Return the account of a step's owner; an order without an owner has one of its own."""
        name = step["id"]
        if "owner" not in step and step["op"] != "new" and name in self._accounts:
            return self._accounts[name]
        owner = f"owner {step['owner']}" if "owner" in step else f"order {name}"
        account = self._owners.setdefault(owner, len(self._owners) + 1)
        if step["op"] in ("new", "trailing_stop"):
            self._accounts[name] = account
        return account

    def _submit(self, step: Step, number: int, account: int) -> list[Event]:
        limited = step["type"] in ("limit", "stop_limit")
        stops = step["type"] in ("stop", "stop_limit")
        time = step.get("tif", "GTC")
        hidden = step.get("display_qty") is not None
        visible = self._quantity(step["min_visible_qty"]) if step.get("min_visible_qty") else 0
        return self._book.submit(
            number,
            step["side"],
            self._price(step["price"]) if limited else 0,
            self._quantity(step["qty"]),
            step["type"],
            TIMES_IN_FORCE.get(time, time.lower()),
            account,
            stop_price=self._price(step["stop_price"]) if stops else 0,
            display_quantity=self._quantity(step["display_qty"]) if hidden else 0,
            min_visible_quantity=visible if hidden else 0,
            all_or_none=bool(step.get("aon")),
            self_trade=SELF_TRADES[step["stp"]] if step.get("stp") else None,
        )

    def _market_calls(self, step: Step) -> Iterator[Event]:
        """Make the calls of a step that is about the market rather than an order."""
        op = step["op"]
        if op == "auction_start":
            events = self._book.set_session("opening_auction")
        elif op == "uncross":
            reference = step.get("reference_price")
            price = self._price(reference) if reference else 0
            events = self._book.set_session("continuous", price)
        elif op == "set_last_price":
            events = self._book.set_last_trade(self._price(step["price"]))
        elif op == "trailing_stop":
            events = self._trail(step)
        else:
            for price in self._path([self._price(price) for price in step["prices"]]):
                events = self._book.set_last_trade(price)
                self._follow(events)
                yield from events
            return
        self._follow(events)
        yield from events

    def _trail(self, step: Step) -> list[Event]:
        name = step["id"]
        if step.get("last_price_at_entry"):
            self._book.set_last_trade(self._price(step["last_price_at_entry"]))
        limit = self._price(step["price"]) if step.get("price") else 0
        self._trailing = (name, limit)
        activation = step.get("activation_price")
        return self._book.submit(
            self._number(name),
            step["side"],
            limit,
            self._quantity(step["qty"]) if "qty" in step else 1,
            "stop_limit" if limit else "stop",
            account=self._account(step),
            trailing_offset=step["trailing_bips"],
            trailing_bps=True,
            activation_price=self._price(activation) if activation else 0,
            take_profit=step["kind"].startswith("take_profit"),
        )

    def _path(self, turns: list[int]) -> Iterator[int]:
        """Go from turning point to turning point, tick by tick."""
        at = turns[0]
        yield at
        for turn in turns[1:]:
            step = self._tick if turn > at else -self._tick
            while abs(turn - at) > self._tick:
                at += step
                yield at
            at = turn
            yield at

    def _follow(self, events: list[Event]) -> None:
        for event in events:
            if not event.order_sequence:
                continue
            name = self._names[event.order_id - 1]
            self._last_events[name] = event
            if self._trailing and name == self._trailing[0]:
                if event.exec_type == "triggered":
                    self._trigger_price = self._decimal(event.last_price, self._price_scale)
                if order := self._book.order(event.order_id):
                    self._watermark = order.watermark

    def _look_at_trailing(self) -> TrailingSeen | None:
        if self._trailing is None:
            return None
        name, limit = self._trailing
        if order := self._book.order(self._numbers[name]):
            self._watermark = order.watermark
        triggered = self._trigger_price is not None
        mark = self._decimal(self._watermark, self._price_scale) if self._watermark else None
        working = self._decimal(limit, self._price_scale) if triggered else None
        return TrailingSeen(triggered, self._trigger_price, mark, working)

    def _order(self, name: str) -> OrderSeen:
        event = self._last_events[name]
        order = self._book.order(event.order_id) if event.ord_status not in ENDED else None
        if order is None:
            return OrderSeen(
                ENDED[event.ord_status],
                self._decimal(event.leaves_quantity, self._quantity_scale),
                self._decimal(event.cum_quantity, self._quantity_scale),
            )
        return OrderSeen(
            "pending_trigger" if order.waits else "open",
            self._decimal(order.leaves_quantity, self._quantity_scale),
            self._decimal(order.cum_quantity, self._quantity_scale),
            self._decimal(order.shown_quantity, self._quantity_scale),
        )

    def _trades(self, events: list[Event]) -> list[TradeSeen]:
        """Pair the two events of each trade; in an auction the buyer's comes first."""
        parts = [event for event in events if event.exec_type == "trade"]
        return [
            TradeSeen(
                self._names[maker.order_id - 1],
                self._names[taker.order_id - 1],
                self._decimal(maker.last_price, self._price_scale),
                self._decimal(maker.last_quantity, self._quantity_scale),
            )
            for taker, maker in zip(parts[::2], parts[1::2], strict=True)
        ]

    def _resting(self) -> dict[Side, list[BookSeen]]:
        bids, asks = self._book.depth(len(self._book))
        return {"buy": self._queue("buy", bids), "sell": self._queue("sell", asks)}

    def _queue(self, side: Side, levels: list[tuple[int, int, int]]) -> list[BookSeen]:
        return [
            self._book_seen(number, price)
            for price, _, _ in levels
            for number in self._book.queue(side, price)
        ]

    def _book_seen(self, number: int, price: int) -> BookSeen:
        order = self._book.order(number)
        assert isinstance(order, OpenOrder)
        return BookSeen(
            self._names[number - 1],
            self._decimal(price, self._price_scale),
            self._decimal(order.shown_quantity, self._quantity_scale),
            self._decimal(order.leaves_quantity, self._quantity_scale),
        )

    def _price(self, text: str) -> int:
        return parse(text, self._price_scale)

    def _quantity(self, text: str) -> int:
        return parse(text, self._quantity_scale)

    def _decimal(self, units: int, scale: int) -> Decimal:
        return Decimal(units).scaleb(-scale)


def _policies(case: Case) -> int:
    """Put the rules of a case into the bits of an instrument."""
    rules: dict[str, Any] = dict(case.rules)
    policies = SELF_TRADE_POLICIES.index(rules.get("stp", ""))
    policies |= RESIDUALS.index(rules.get("market_residual", "cancel")) << 3
    policies |= ICEBERGS.index(rules.get("iceberg", "")) << 5
    policies |= int("allocation" in rules) << 7
    policies |= int(rules.get("auction_tie_candidates") == "all_ticks") << 8
    policies |= int(bool(rules.get("auction_market_orders"))) << 9
    for place, criterion in enumerate(rules.get("auction", ())):
        policies |= CRITERIA.index(criterion) << 12 + 3 * place
    return policies
