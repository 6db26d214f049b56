"""A mesh as the venue of conformance cases: every step is a call that a client or operator makes.

Results and states of orders come from order entry, what rests and waits from matching (operator's
view), trades and the level-2 book from market data. After each step, whether or not the case asks
for it, the level-2 book is rebuilt from deltas and compared with what rests, and the trades with
what the orders say to have traded.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Self

import grpc

from cift.client import (
    Allocation,
    AuctionCriterion,
    AuctionRules,
    IcebergMode,
    Instrument,
    MarketResidual,
    SelfTradePrevention,
    UnavailableError,
)
from cift.common.v1 import types_pb2
from cift.market_data.v1 import market_data_service_pb2
from cift.matching.v1 import matching_pb2, matching_service_pb2
from cift.order_entry.v1 import market_control_service_pb2 as control_pb2
from cift.order_entry.v1 import order_entry_service_pb2, order_pb2
from cift.tools.cases import BookSeen, Case, OrderSeen, Seen, Side, Step, TradeSeen, TrailingSeen
from cift.tools.conformance_path import next_price
from cift.tools.mesh import SIDES, TIMES_IN_FORCE, MeshClient, Trader, bearer, fresh_token

__all__ = ["MeshVenue", "instrument_of", "open_mesh_venue"]

STREAM_SECONDS_MAX = 15.0
"""Longest wait for what a stream must bring after a step."""

STATUSES = {
    types_pb2.ORD_STATUS_NEW: "open",
    types_pb2.ORD_STATUS_PARTIALLY_FILLED: "open",
    types_pb2.ORD_STATUS_FILLED: "filled",
    types_pb2.ORD_STATUS_CANCELED: "cancelled",
    types_pb2.ORD_STATUS_EXPIRED: "cancelled",
    types_pb2.ORD_STATUS_REJECTED: "rejected",
}
SELF_TRADES = {
    "none": SelfTradePrevention.ALLOW,
    "cancel_maker": SelfTradePrevention.CANCEL_RESTING,
    "cancel_taker": SelfTradePrevention.CANCEL_AGGRESSING,
    "cancel_both": SelfTradePrevention.CANCEL_BOTH,
    "decrement": SelfTradePrevention.DECREMENT_BOTH,
}
ORD_TYPES = {
    "limit": types_pb2.ORD_TYPE_LIMIT,
    "market": types_pb2.ORD_TYPE_MARKET,
    "stop": types_pb2.ORD_TYPE_STOP,
    "stop_limit": types_pb2.ORD_TYPE_STOP_LIMIT,
}
RESIDUALS = {
    "cancel": MarketResidual.CANCEL,
    "rest": MarketResidual.REST,
    "rest_at_last_trade": MarketResidual.REST_AT_LAST_TRADE,
}
ICEBERGS = {
    "visible_then_hidden_fifo": IcebergMode.VISIBLE_THEN_HIDDEN_BY_TIME,
    "visible_then_hidden_prorata": IcebergMode.VISIBLE_THEN_HIDDEN_PRO_RATA,
}
CRITERIA = {
    "max_volume": AuctionCriterion.MAX_VOLUME,
    "min_surplus": AuctionCriterion.MIN_SURPLUS,
    "market_pressure": AuctionCriterion.MARKET_PRESSURE,
    "reference": AuctionCriterion.REFERENCE_PRICE,
    "midpoint_floor": AuctionCriterion.MIDPOINT_FLOOR,
}
ZERO = Decimal(0)
REJECTED = OrderSeen("rejected", ZERO, ZERO)
Levels = dict[Side, dict[Decimal, tuple[Decimal, int]]]


@contextlib.asynccontextmanager
async def open_mesh_venue(mesh: MeshClient, cases: Sequence[Case]) -> AsyncIterator["MeshVenue"]:
    """Make what `cases` need: a symbol each, and accounts for the owners of one at a time."""
    token = fresh_token()
    count = max((len(_owners(case)) for case in cases), default=1)
    symbols = {case.path: f"C{number}-{token}" for number, case in enumerate(cases, start=1)}
    trader, _ = await asyncio.gather(
        mesh.create_trader(token, max(count, 1)),
        mesh.create_all([instrument_of(case, symbols[case.path]) for case in cases]),
    )
    yield MeshVenue(mesh, trader, symbols)


def instrument_of(case: Case, symbol: str) -> Instrument:
    """Put the rules of a case into the terms of an instrument."""
    rules: dict[str, Any] = dict(case.rules)
    return Instrument(
        symbol=symbol,
        currency="USD",
        price_scale=case.price_scale,
        quantity_scale=case.quantity_scale,
        tick_size=case.tick,
        lot_size=case.lot,
        self_trade_prevention=SELF_TRADES[rules.get("stp", "none")],
        market_residual=RESIDUALS[rules.get("market_residual", "cancel")],
        iceberg_mode=ICEBERGS.get(rules.get("iceberg", ""), IcebergMode.TO_THE_BACK),
        allocation=(
            Allocation.TOP_THEN_PRO_RATA if "allocation" in rules else Allocation.PRICE_TIME
        ),
        auction=AuctionRules(
            criteria=tuple(CRITERIA[name] for name in rules.get("auction", ())),
            all_ticks=rules.get("auction_tie_candidates") == "all_ticks",
            market_orders=bool(rules.get("auction_market_orders")),
        ),
    )


def _owners(case: Case) -> dict[str, int]:
    """Number the accounts of a case; an order without an owner has one of its own."""
    owners: dict[str, int] = {}
    for step in case.steps:
        if "id" in step:
            owners.setdefault(_owner(step), len(owners))
    return owners


def _owner(step: Step) -> str:
    return f"owner {step['owner']}" if "owner" in step else f"order {step['id']}"


class MeshVenue:
    """Plays cases on one mesh, each on a symbol of its own."""

    cases_at_once = 8

    def __init__(self, mesh: MeshClient, trader: Trader, symbols: Mapping[Any, str]) -> None:
        self._mesh = mesh
        self._trader = trader
        self._symbols = symbols

    async def play(self, case: Case) -> AsyncIterator[tuple[Step, Seen]]:
        """Perform the steps of a case, one call at a time."""
        symbol = self._symbols[case.path]
        async with _Table(self._mesh, self._trader, symbol, case) as table:
            for step in case.steps:
                yield step, await table.perform(step)


class _Table:
    """One case's symbol: who sent what, and the streams that tell what came of it."""

    def __init__(self, mesh: MeshClient, trader: Trader, symbol: str, case: Case) -> None:
        self._mesh = mesh
        self._metadata = bearer(trader.key)
        self._accounts = {owner: trader.accounts[n] for owner, n in _owners(case).items()}
        self._symbol = symbol
        self._case = case
        self._owner_of: dict[str, str] = {}
        """Case id → account that sent the order."""
        self._client_ids: dict[str, str] = {}
        """Case id → client order id of its last order."""
        self._order_ids: dict[str, int] = {}
        self._names: dict[int, str] = {}
        self._orders: dict[int, OrderSeen] = {}
        """By order id, as they were last seen."""
        self._sent = 0
        self._levels: Levels = {"buy": {}, "sell": {}}
        self._looked: Levels = {"buy": {}, "sell": {}}
        self._book = matching_service_pb2.GetBookResponse()
        self._waiting: dict[int, matching_pb2.WaitingOrder] = {}
        self._trailing: str = ""
        self._activations: list[Decimal] = []
        self._trigger_price: Decimal | None = None
        self._watermark: Decimal | None = None
        self._stop: tuple[int, Decimal] | None = None
        """Side and stop price of the trailing stop while it waits."""

    async def __aenter__(self) -> Self:
        book = market_data_service_pb2.StreamBookRequest(symbol=self._symbol)
        self._book_stream = self._mesh.market_data.StreamBook(book, metadata=self._metadata)
        first = await _read(self._book_stream)
        trades = market_data_service_pb2.StreamTradesRequest(
            symbol=self._symbol, after_sequence=first.snapshot.sequence
        )
        self._trade_stream = self._mesh.market_data.StreamTrades(trades, metadata=self._metadata)
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._book_stream.cancel()
        self._trade_stream.cancel()

    async def perform(self, step: Step) -> Seen:
        """Send one step, wait for its result, and look at everything."""
        accepted, sequence = await self._send(step)
        await self._look_at_book(sequence)
        resting: dict[Side, list[BookSeen]] = {
            "buy": self._queue(self._book.bids),
            "sell": self._queue(self._book.asks),
        }
        traded = await self._look_at_orders()
        last = self._book.status.last_price
        seen = Seen(
            accepted,
            await self._trades_of(traded),
            resting,
            self._resting_markets(),
            Decimal(last) if last else None,
        )
        printed = [Decimal(step["price"])] if step["op"] == "set_last_price" else []
        self._note_trigger([*printed, *(trade.price for trade in seen.trades)])
        after = _levels_of(resting)
        if self._looked != after and not await self._follow_levels(after, sequence):
            seen.faults.append(f"level-2 book {self._levels}, resting orders are {after}")
        self._looked = after
        seen.orders = {name: self._orders[number] for name, number in self._order_ids.items()}
        if not accepted and step["op"] in ("new", "trailing_stop"):
            seen.orders[step["id"]] = REJECTED
        for name in {**step.get("derived", {}), **step.get("expect", {})}.get("orders", {}):
            seen.orders.setdefault(name, REJECTED)
        seen.trailing = self._look_at_trailing()
        return seen

    async def _send(self, step: Step) -> tuple[bool, int]:
        """Make the calls of a step; whether it was accepted, and its place in the journal."""
        op = step["op"]
        if op == "trade_price_path":
            return True, await self._walk([Decimal(price) for price in step["prices"]])
        if op == "set_last_price":
            return await self._print(Decimal(step["price"]))
        if op in ("auction_start", "uncross"):
            collecting = op == "auction_start"
            request = control_pb2.SetSessionRequest(
                symbol=self._symbol,
                session=(
                    types_pb2.SESSION_STATE_OPENING_AUCTION
                    if collecting
                    else types_pb2.SESSION_STATE_CONTINUOUS
                ),
                reference_price=step.get("reference_price") or "",
            )
            return await self._operate(self._mesh.control.SetSession, request)
        if op == "trailing_stop" and step.get("last_price_at_entry"):
            await self._print(Decimal(step["last_price_at_entry"]))
        result = await self._send_order(step)
        accepted = result.outcome == order_pb2.OUTCOME_ACCEPTED and not result.duplicate
        if accepted and op in ("new", "trailing_stop"):
            self._order_ids[step["id"]] = result.order_id
            self._names[result.order_id] = step["id"]
        return accepted, result.place.sequence

    async def _send_order(self, step: Step) -> order_pb2.CommandResult:
        entry, name = self._mesh.order_entry, step["id"]
        if step["op"] in ("new", "trailing_stop"):
            self._owner_of[name] = self._accounts[_owner(step)]
            number = self._order_ids.get(name, 0)
            # A name that lives keeps its client order id, so that it is refused.
            if not number or self._orders[number].status not in ("open", "pending_trigger"):
                self._client_ids[name] = self._fresh_id(name)
            order = self._trailing_order(step) if "kind" in step else self._new_order(step)
            new = order_entry_service_pb2.SubmitOrderRequest(order=order)
            return await self._call(entry.SubmitOrder, new)
        account = self._accounts[_owner(step)]
        if "owner" not in step:
            account = self._owner_of.get(name, account)
        target = self._client_ids.get(name, self._fresh_id(name))
        if step["op"] == "cancel" or Decimal(step.get("open_qty", "1")) == 0:
            cancel = order_pb2.CancelOrder(account=account, orig_cl_ord_id=target)
            return await self._call(
                entry.CancelOrder, order_entry_service_pb2.CancelOrderRequest(cancel=cancel)
            )
        replace = order_pb2.ReplaceOrder(
            account=account,
            symbol=self._symbol,
            cl_ord_id=self._fresh_id(name),
            orig_cl_ord_id=target,
            price=step.get("price", ""),
        )
        if "open_qty" in step:
            replace.leaves_quantity = step["open_qty"]
        return await self._call(
            entry.ReplaceOrder, order_entry_service_pb2.ReplaceOrderRequest(replace=replace)
        )

    def _new_order(self, step: Step) -> order_pb2.NewOrder:
        order = order_pb2.NewOrder(
            account=self._owner_of[step["id"]],
            cl_ord_id=self._client_ids[step["id"]],
            symbol=self._symbol,
            side=SIDES[step["side"]],
            ord_type=ORD_TYPES[step["type"]],
            time_in_force=TIMES_IN_FORCE[step.get("tif", "GTC")],
            quantity=step["qty"],
            all_or_none=bool(step.get("aon")),
        )
        if step["type"] in ("limit", "stop_limit"):
            order.price = step["price"]
        if step["type"] in ("stop", "stop_limit"):
            order.stop_price = step["stop_price"]
        if step.get("display_qty"):
            order.display_quantity = step["display_qty"]
            order.min_visible_quantity = step.get("min_visible_qty") or ""
        if step.get("stp"):
            order.self_trade_prevention = types_pb2.SelfTradePrevention.ValueType(
                SELF_TRADES[step["stp"]]
            )
        return order

    def _trailing_order(self, step: Step) -> order_pb2.NewOrder:
        self._trailing = step["id"]
        activation = step.get("activation_price") or ""
        if activation:
            self._activations.append(Decimal(activation))
        price = step.get("price") or ""
        return order_pb2.NewOrder(
            account=self._owner_of[step["id"]],
            cl_ord_id=self._client_ids[step["id"]],
            symbol=self._symbol,
            side=SIDES[step["side"]],
            ord_type=ORD_TYPES["stop_limit" if price else "stop"],
            time_in_force=TIMES_IN_FORCE["GTC"],
            quantity=step.get("qty", f"{self._case.lot:f}"),
            price=price,
            trailing_stop=order_pb2.TrailingStop(
                basis_points=step["trailing_bips"],
                activation_price=activation,
                take_profit=step["kind"].startswith("take_profit"),
            ),
        )

    async def _walk(self, turns: Sequence[Decimal]) -> int:
        """Print last trades from turning point to turning point; the place of the last one."""
        at = turns[0]
        _, sequence = await self._print(at)
        for turn in turns[1:]:
            while at != turn:
                await self._look_at_book(sequence)
                self._note_trigger([at])
                stops = [Decimal(w.stop_price) for w in self._waiting.values() if w.stop_price]
                at = next_price(at, turn, self._case.tick, [*stops, *self._activations])
                _, sequence = await self._print(at)
        await self._look_at_book(sequence)
        self._note_trigger([at])
        return sequence

    async def _print(self, price: Decimal) -> tuple[bool, int]:
        request = control_pb2.SetLastTradeRequest(symbol=self._symbol, price=f"{price:f}")
        return await self._operate(self._mesh.control.SetLastTrade, request)

    async def _operate(self, method: Any, request: Any) -> tuple[bool, int]:
        """Make an operator's call; a refusal is no step that was accepted."""
        try:
            answer = await method(request, metadata=self._mesh.admin_metadata)
        except grpc.aio.AioRpcError as error:
            if error.code() != grpc.StatusCode.FAILED_PRECONDITION:
                raise
            return False, 0
        return True, int(answer.place.sequence)

    async def _call(self, method: Any, request: Any) -> order_pb2.CommandResult:
        """Make a call; a request that cannot be read is a rejected one without a place."""
        try:
            answer = await method(request, metadata=self._metadata)
        except grpc.aio.AioRpcError as error:
            if error.code() != grpc.StatusCode.INVALID_ARGUMENT:
                raise
            return order_pb2.CommandResult(outcome=order_pb2.OUTCOME_REJECTED)
        result: order_pb2.CommandResult = answer.result
        return result

    def _fresh_id(self, name: str) -> str:
        self._sent += 1
        letters = "".join(c for c in name if c.isascii() and c.isalnum())
        return f"{self._symbol[:20]}.{self._sent}.{letters[:8]}"

    async def _look_at_book(self, sequence: int) -> None:
        request = matching_service_pb2.GetBookRequest(symbol=self._symbol, max_orders=10_000)
        async with asyncio.timeout(STREAM_SECONDS_MAX):
            while True:
                book = await self._mesh.matching.GetBook(
                    request, metadata=self._mesh.admin_metadata
                )
                if book.sequence >= sequence:
                    break
                await asyncio.sleep(0.001)
        self._book = book
        self._waiting = {w.order.order_id: w for w in book.waiting}

    def _queue(self, orders: Sequence[matching_pb2.RestingOrder]) -> list[BookSeen]:
        return [
            BookSeen(
                self._names.get(o.order_id, str(o.order_id)),
                Decimal(o.price),
                Decimal(o.displayed_quantity),
                Decimal(o.leaves_quantity),
            )
            for o in orders
        ]

    def _resting_markets(self) -> dict[Side, int]:
        """Count the market orders that rest ahead of the limit book."""
        found = [
            w.order.side
            for w in self._waiting.values()
            if w.waiting_for == matching_pb2.WAITING_FOR_COUNTERPARTY
        ]
        return {"buy": found.count(types_pb2.SIDE_BUY), "sell": found.count(types_pb2.SIDE_SELL)}

    async def _look_at_orders(self) -> Decimal:
        """See every order that may have changed; what they traded since, in total."""
        before = {number: self._orders.get(number) for number in self._names}
        changed = [
            number
            for number, order in before.items()
            if order is None or order.status in ("open", "pending_trigger")
        ]
        seen = await asyncio.gather(*(self._order(number) for number in changed))
        self._orders.update(zip(changed, seen, strict=True))
        filled = (o.filled_quantity for o in seen)
        earlier = (o.filled_quantity for n in changed if (o := before[n]) is not None)
        return sum(filled, ZERO) - sum(earlier, ZERO)

    async def _order(self, number: int) -> OrderSeen:
        request = order_entry_service_pb2.GetOrderRequest(
            account=self._owner_of[self._names[number]], order_id=number
        )
        answer = await self._mesh.order_entry.GetOrder(request, metadata=self._metadata)
        order = answer.order
        status = STATUSES[order.ord_status]
        shown: Decimal | None = None
        if status == "open":
            waits = self._waiting.get(number)
            if waits and waits.waiting_for == matching_pb2.WAITING_FOR_STOP:
                status = "pending_trigger"
            rests = (o for o in (*self._book.bids, *self._book.asks) if o.order_id == number)
            shown = next((Decimal(o.displayed_quantity) for o in rests), ZERO)
        return OrderSeen(status, Decimal(order.leaves_quantity), Decimal(order.cum_quantity), shown)

    async def _trades_of(self, traded: Decimal) -> list[TradeSeen]:
        """Read as many trades as the orders tell of; each is told by two of them."""
        trades: list[Any] = []
        while sum((2 * Decimal(t.quantity) for t in trades), ZERO) < traded:
            trades.extend((await _read(self._trade_stream)).trades)
        return [
            TradeSeen(
                self._names.get(t.maker_order_id, str(t.maker_order_id)),
                self._names.get(t.taker_order_id, str(t.taker_order_id)),
                Decimal(t.price),
                Decimal(t.quantity),
            )
            for t in trades
        ]

    async def _follow_levels(self, wanted: Levels, sequence: int) -> bool:
        """Apply book deltas until the book is as wanted; not, when they are past the step."""
        while self._levels != wanted:
            piece = await _read(self._book_stream)
            for delta in piece.deltas:
                self._apply(self._levels["buy"], delta.bids)
                self._apply(self._levels["sell"], delta.asks)
            if piece.deltas and piece.deltas[-1].place.sequence >= sequence:
                return self._levels == wanted
        return True

    def _apply(self, side: dict[Decimal, tuple[Decimal, int]], levels: Sequence[Any]) -> None:
        for level in levels:
            quantity = Decimal(level.quantity)
            if quantity:
                side[Decimal(level.price)] = (quantity, level.order_count)
            else:
                side.pop(Decimal(level.price), None)

    def _note_trigger(self, prices: Sequence[Decimal]) -> None:
        """Follow the trailing stop while it waits; see at which of these last trades it went."""
        number = self._order_ids.get(self._trailing, 0)
        waits = self._waiting.get(number)
        if waits is not None:
            self._watermark = Decimal(waits.watermark) if waits.watermark else None
            stop = Decimal(waits.stop_price) if waits.stop_price else None
            self._stop = None if stop is None else (waits.order.side, stop)
        elif number and prices and self._trigger_price is None:
            side, stop = self._stop or (types_pb2.SIDE_UNSPECIFIED, prices[-1])
            sign = -1 if side == types_pb2.SIDE_SELL else 1
            reached = (price for price in prices if price * sign >= stop * sign)
            self._trigger_price = next(reached, prices[-1])

    def _look_at_trailing(self) -> TrailingSeen | None:
        number = self._order_ids.get(self._trailing, 0)
        if not number:
            return None
        triggered = number not in self._waiting
        rests = (o for o in (*self._book.bids, *self._book.asks) if o.order_id == number)
        price = next((Decimal(o.price) for o in rests), None) if triggered else None
        return TrailingSeen(triggered, self._trigger_price, self._watermark, price)


async def _read(stream: Any) -> Any:
    """The next message; UnavailableError: the service ended the stream, as one that stops does."""
    async with asyncio.timeout(STREAM_SECONDS_MAX):
        message = await stream.read()
    if message is grpc.aio.EOF:
        raise UnavailableError("the service has ended its stream of the market's data")
    return message


def _levels_of(resting: Mapping[Side, Sequence[BookSeen]]) -> Levels:
    levels: Levels = {"buy": {}, "sell": {}}
    for side, orders in resting.items():
        for order in orders:
            quantity, count = levels[side].get(order.price, (ZERO, 0))
            levels[side][order.price] = (quantity + order.quantity, count + 1)
    return levels
