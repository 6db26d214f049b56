"""A mesh as the venue of conformance cases: every step is a call that a client makes.

Results come from order entry, resting orders from matching (operator's view), trades and the
level-2 book from market data. The level-2 book is rebuilt from deltas and compared with the resting
orders after each step, whether or not the case asks for it.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Self

import grpc

from cift.common.v1 import types_pb2
from cift.market_data.v1 import market_data_service_pb2
from cift.matching.v1 import matching_service_pb2
from cift.order_entry.v1 import order_entry_service_pb2, order_pb2
from cift.tools.cases import BookSeen, Case, OrderSeen, Seen, Side, Step, TradeSeen
from cift.tools.mesh import SIDES, TIMES_IN_FORCE, MeshClient, Trader, bearer, fresh_token

__all__ = ["MeshVenue", "open_mesh_venue"]

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
REJECTED = OrderSeen("rejected", Decimal(0), Decimal(0))
Levels = dict[Side, dict[Decimal, tuple[Decimal, int]]]


@contextlib.asynccontextmanager
async def open_mesh_venue(mesh: MeshClient, cases: Sequence[Case]) -> AsyncIterator["MeshVenue"]:
    """Make the accounts that `cases` need: one for each owner, or for each order without one."""
    token = fresh_token()
    count = max((len(_owners(case)) for case in cases), default=1)
    trader = await mesh.create_trader(token, count)
    yield MeshVenue(mesh, trader, token)


def _owners(case: Case) -> dict[str, int]:
    """Number the accounts of a case; an order without an owner has one of its own."""
    owners: dict[str, int] = {}
    for step in case.steps:
        owners.setdefault(_owner(step), len(owners))
    return owners


def _owner(step: Step) -> str:
    return f"owner {step['owner']}" if "owner" in step else f"order {step['id']}"


class MeshVenue:
    """Plays cases on one mesh, each on a symbol of its own."""

    def __init__(self, mesh: MeshClient, trader: Trader, token: str) -> None:
        self._mesh = mesh
        self._trader = trader
        self._token = token
        self._cases = 0

    async def play(self, case: Case) -> AsyncIterator[tuple[Step, Seen]]:
        """Perform the steps of a case, one call at a time."""
        self._cases += 1
        symbol = f"C{self._cases}-{self._token}"
        await self._mesh.create_instruments(
            [symbol],
            tick=str(case.tick),
            lot=str(case.lot),
            price_scale=case.price_scale,
            quantity_scale=case.quantity_scale,
        )
        async with _Table(self._mesh, self._trader, symbol, _owners(case)) as table:
            for step in case.steps:
                yield step, await table.perform(step)


class _Table:
    """One case's symbol: who sent what, and the streams that tell what came of it."""

    def __init__(
        self, mesh: MeshClient, trader: Trader, symbol: str, owners: Mapping[str, int]
    ) -> None:
        self._mesh = mesh
        self._metadata = bearer(trader.key)
        self._accounts = {owner: trader.accounts[n] for owner, n in owners.items()}
        self._symbol = symbol
        self._owner_of: dict[str, str] = {}
        """Case id → account that sent the order."""
        self._client_ids: dict[str, str] = {}
        """Case id → client order id of its last order."""
        self._order_ids: dict[str, int] = {}
        self._names: dict[int, str] = {}
        self._resting: dict[Side, list[BookSeen]] = {"buy": [], "sell": []}
        self._resting_ids: set[int] = set()
        self._sent = 0
        self._levels: Levels = {"buy": {}, "sell": {}}

    async def __aenter__(self) -> Self:
        book = market_data_service_pb2.StreamBookRequest(symbol=self._symbol)
        self._book = self._mesh.market_data.StreamBook(book, metadata=self._metadata)
        first = await _read(self._book)
        trades = market_data_service_pb2.StreamTradesRequest(
            symbol=self._symbol, after_sequence=first.snapshot.sequence
        )
        self._trades = self._mesh.market_data.StreamTrades(trades, metadata=self._metadata)
        self._waiting_trades: list[Any] = []
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._book.cancel()
        self._trades.cancel()

    async def perform(self, step: Step) -> Seen:
        """Send one step, wait for its result, and look at everything."""
        result = await self._send(step)
        accepted = result.outcome == order_pb2.OUTCOME_ACCEPTED and not result.duplicate
        if accepted and step["op"] == "new":
            self._order_ids[step["id"]] = result.order_id
            self._names[result.order_id] = step["id"]
        seen = Seen(accepted)
        before = _levels_of(self._resting)
        await self._look_at_book(result.place.sequence)
        seen.resting = self._resting
        seen.trades = await self._trades_of(result)
        after = _levels_of(self._resting)
        if before != after:
            await self._follow_levels(result.place.sequence)
        if self._levels != after:
            seen.faults.append(f"level-2 book {self._levels}, resting orders are {after}")
        wanted = {**step.get("derived", {}), **step.get("expect", {})}.get("orders", {})
        for name in {step["id"], *wanted}:
            seen.orders[name] = await self._order(name)
        if not accepted and step["op"] == "new":
            seen.orders[step["id"]] = REJECTED
        return seen

    async def _send(self, step: Step) -> order_pb2.CommandResult:
        name = step["id"]
        if step["op"] == "new":
            self._owner_of[name] = self._accounts[_owner(step)]
            if self._order_ids.get(name) not in self._resting_ids:
                self._client_ids[name] = self._fresh_id(name)
            return await self._call(
                self._mesh.order_entry.SubmitOrder,
                order_entry_service_pb2.SubmitOrderRequest(order=self._new_order(step)),
            )
        account = self._accounts[_owner(step)] if "owner" in step else self._owner_of[name]
        target = self._client_ids.get(name, self._fresh_id(name))
        if step["op"] == "cancel" or Decimal(step.get("open_qty", "1")) == 0:
            cancel = order_pb2.CancelOrder(account=account, orig_cl_ord_id=target)
            return await self._call(
                self._mesh.order_entry.CancelOrder,
                order_entry_service_pb2.CancelOrderRequest(cancel=cancel),
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
            self._mesh.order_entry.ReplaceOrder,
            order_entry_service_pb2.ReplaceOrderRequest(replace=replace),
        )

    async def _call(self, method: Any, request: Any) -> order_pb2.CommandResult:
        """Make a call; a request that cannot be read is a rejected one without a place."""
        try:
            result: order_pb2.CommandResult = (
                await method(request, metadata=self._metadata)
            ).result
        except grpc.aio.AioRpcError as error:
            if error.code() != grpc.StatusCode.INVALID_ARGUMENT:
                raise
            return order_pb2.CommandResult(outcome=order_pb2.OUTCOME_REJECTED)
        return result

    def _new_order(self, step: Step) -> order_pb2.NewOrder:
        market = step["type"] == "market"
        default = "" if market else "GTC"
        return order_pb2.NewOrder(
            account=self._owner_of[step["id"]],
            cl_ord_id=self._client_ids[step["id"]],
            symbol=self._symbol,
            side=SIDES[step["side"]],
            ord_type=types_pb2.ORD_TYPE_MARKET if market else types_pb2.ORD_TYPE_LIMIT,
            time_in_force=TIMES_IN_FORCE[step.get("tif", default)],
            quantity=step["qty"],
            price="" if market else step["price"],
        )

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
        self._resting_ids = {o.order_id for o in (*book.bids, *book.asks)}
        self._resting = {"buy": self._queue(book.bids), "sell": self._queue(book.asks)}

    def _queue(self, orders: Sequence[Any]) -> list[BookSeen]:
        return [
            BookSeen(
                self._names.get(o.order_id, str(o.order_id)),
                Decimal(o.price),
                Decimal(o.leaves_quantity),
            )
            for o in orders
        ]

    async def _trades_of(self, result: order_pb2.CommandResult) -> list[TradeSeen]:
        """Return the trades of a result with both sides named, as the trade stream tells them."""
        last = max((fill.match_id for fill in result.fills), default=0)
        while last and not (self._waiting_trades and self._waiting_trades[-1].match_id >= last):
            self._waiting_trades.extend((await _read(self._trades)).trades)
        trades, self._waiting_trades = self._waiting_trades, []
        return [
            TradeSeen(
                self._names.get(t.maker_order_id, str(t.maker_order_id)),
                self._names.get(t.taker_order_id, str(t.taker_order_id)),
                Decimal(t.price),
                Decimal(t.quantity),
            )
            for t in trades
        ]

    async def _follow_levels(self, sequence: int) -> None:
        """Apply book deltas up to that of the command at `sequence`."""
        while True:
            piece = await _read(self._book)
            for delta in piece.deltas:
                self._apply(self._levels["buy"], delta.bids)
                self._apply(self._levels["sell"], delta.asks)
            if piece.deltas and piece.deltas[-1].place.sequence >= sequence:
                return

    def _apply(self, side: dict[Decimal, tuple[Decimal, int]], levels: Sequence[Any]) -> None:
        for level in levels:
            quantity = Decimal(level.quantity)
            if quantity:
                side[Decimal(level.price)] = (quantity, level.order_count)
            else:
                side.pop(Decimal(level.price), None)

    async def _order(self, name: str) -> OrderSeen:
        if name not in self._order_ids:
            return REJECTED
        request = order_entry_service_pb2.GetOrderRequest(
            account=self._owner_of[name], order_id=self._order_ids[name]
        )
        order = (await self._mesh.order_entry.GetOrder(request, metadata=self._metadata)).order
        return OrderSeen(
            STATUSES[order.ord_status], Decimal(order.leaves_quantity), Decimal(order.cum_quantity)
        )


async def _read(stream: Any) -> Any:
    async with asyncio.timeout(STREAM_SECONDS_MAX):
        return await stream.read()


def _levels_of(resting: Mapping[Side, Sequence[BookSeen]]) -> Levels:
    levels: Levels = {"buy": {}, "sell": {}}
    for side, orders in resting.items():
        for order in orders:
            quantity, count = levels[side].get(order.price, (Decimal(0), 0))
            levels[side][order.price] = (quantity + order.quantity, count + 1)
    return levels
