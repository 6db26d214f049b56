"""Replay through a mesh: one public session, and the book rebuilt from the level-2 stream.

While the clock runs, the client only sends bytes made beforehand and keeps what comes back; all
reading and comparing is done afterwards.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cift.client import AuctionRules
from cift.common.v1 import types_pb2
from cift.kit.decimals import parse
from cift.market_data.v1 import market_data_service_pb2
from cift.order_entry.v1 import market_control_service_pb2 as control_pb2
from cift.order_entry.v1 import order_entry_service_pb2, order_pb2
from cift.tools.mesh import SIDES, TIMES_IN_FORCE, MeshClient, Trader, bearer, fresh_token
from cift.tools.orderfile import Operation, OrderFile
from cift.tools.report import Latency
from cift.tools.verify import Levels, Verifier

__all__ = ["ACCOUNTS", "MeshRun", "Progressed", "replay_through_mesh", "session_requests"]

ACCOUNTS = 4
SESSION_METHOD = "/cift.order_entry.v1.OrderEntryService/Session"
PLACE_INDEX_MAX = (1 << 13) - 1
QUIET_SECONDS_MAX = 30.0
"""Longest wait for a stream to bring what the session has told already."""

Progressed = Callable[[int], None]
"""Told how many operations are done."""
Message = bytes | control_pb2.SetSessionRequest
"""What is sent: a session message, or an operator's call that waits for all before it."""
Answer = bytes | types_pb2.Place


@dataclass(slots=True)
class MeshRun:
    """What a replay through a mesh measured."""

    seconds: float
    latency: Latency
    """Of one session message, its commands' first outcomes included."""
    refused: int


@dataclass(slots=True)
class Placed:
    """What the session answered, by operation."""

    auctions: dict[int, int] = field(default_factory=dict)
    """Place of each operation that may begin or end an auction → its index."""
    places: list[int] = field(default_factory=list)
    """Where each operation stands in the journal: sequence times 2^13 plus index; ascending."""
    order_names: dict[int, str] = field(default_factory=dict)
    matches: dict[int, int] = field(default_factory=dict)
    """Match id → index of the operation that caused it."""
    refused: int = 0


def session_requests(
    operations: Sequence[Operation],
    file: OrderFile,
    symbol: str,
    accounts: Sequence[str],
    batch: int,
) -> list[Message]:
    """Write the operations as session messages of up to `batch` commands.

    New orders go to the accounts in turn; what follows an order names its owner and the client
    order id that it was sent with. An auction's begin and end stand alone: an operator's calls.
    """
    owners: dict[str, str] = {}
    prices: dict[str, int] = {}
    requests: list[Message] = []
    sessions = file.sessions
    for run in _runs(operations, sessions, batch):
        if run[0].seq in sessions:
            requests.append(_session_call(run[0], file, symbol, sessions))
            continue
        request = order_entry_service_pb2.SessionRequest(
            request_id=len(requests), wait_for=order_pb2.WAIT_FOR_RESULT
        )
        for operation in run:
            if operation.op == "new":
                owners[operation.id] = accounts[len(owners) % len(accounts)]
            account = owners.get(operation.id, accounts[0])
            # An amend that repeats the order's price leaves it unchanged.
            moved = operation.price != prices.get(operation.id)
            if operation.price:
                prices[operation.id] = operation.price
            _add_command(request.commands.add(), operation, file, symbol, account, moved=moved)
        requests.append(request.SerializeToString())
    return requests


def _runs(
    operations: Sequence[Operation], sessions: Mapping[int, str], batch: int
) -> Iterator[list[Operation]]:
    """Divide operations into messages; one that concerns the whole market stands alone."""
    run: list[Operation] = []
    for operation in operations:
        alone = operation.seq in sessions
        if run and (alone or len(run) == batch):
            yield run
            run = []
        if alone:
            yield [operation]
        else:
            run.append(operation)
    if run:
        yield run


def _session_call(
    operation: Operation, file: OrderFile, symbol: str, sessions: Mapping[int, str]
) -> control_pb2.SetSessionRequest:
    name = f"SESSION_STATE_{sessions[operation.seq].upper()}"
    price = file.instrument.price_text(operation.price) if operation.price else ""
    return control_pb2.SetSessionRequest(
        symbol=symbol, session=types_pb2.SessionState.Value(name), reference_price=price
    )


async def replay_through_mesh(
    mesh: MeshClient,
    file: OrderFile,
    verifier: Verifier,
    *,
    batch: int = 250,
    in_flight: int = 16,
    progressed: Progressed = lambda _count: None,
) -> MeshRun:
    """Send a file as a new firm on a new symbol, and give everything seen to `verifier`."""
    token = fresh_token()
    symbol = f"{file.instrument.symbol[:15]}-{token}"
    trader = await mesh.create_trader(token, ACCOUNTS, file.instrument.currency)
    await mesh.create_instruments(
        [symbol],
        currency=file.instrument.currency,
        tick=str(file.instrument.tick),
        lot=str(file.instrument.lot),
        price_scale=file.instrument.price_scale,
        quantity_scale=file.instrument.quantity_scale,
        auction=AuctionRules(market_orders=True) if file.sessions else None,
    )
    requests = session_requests(file.operations, file, symbol, trader.accounts, batch)
    async with _collecting(mesh, symbol, trader.key) as streams:
        started = time.perf_counter_ns()
        answers, latencies = await _exchange(
            mesh, trader, requests, in_flight, lambda answered: progressed(answered * batch)
        )
        seconds = (time.perf_counter_ns() - started) / 1e9
        placed = _read_answers(file.operations, answers, verifier)
        await streams.until(placed)
    _check_book(file, placed, streams.book, verifier)
    _check_trades(file, placed, streams.trades, verifier)
    return MeshRun(seconds, Latency.of(latencies), placed.refused)


def _add_command(
    command: order_pb2.Command,
    operation: Operation,
    file: OrderFile,
    symbol: str,
    account: str,
    *,
    moved: bool,
) -> None:
    instrument = file.instrument
    if operation.op == "new":
        new = command.new_order
        new.account, new.symbol, new.cl_ord_id = account, symbol, operation.id
        new.side = SIDES[operation.side]
        new.time_in_force = TIMES_IN_FORCE[operation.tif]
        new.quantity = instrument.quantity_text(operation.quantity)
        if operation.price:
            new.ord_type = types_pb2.ORD_TYPE_LIMIT
            new.price = instrument.price_text(operation.price)
        else:
            new.ord_type = types_pb2.ORD_TYPE_MARKET
    elif operation.op == "amend":
        replace = command.replace_order
        replace.account, replace.symbol = account, symbol
        replace.cl_ord_id = f"{operation.id}:{operation.seq}"
        replace.orig_cl_ord_id = operation.id
        replace.leaves_quantity = instrument.quantity_text(operation.quantity)
        if operation.price and moved:
            replace.price = instrument.price_text(operation.price)
    else:
        command.cancel_order.account = account
        command.cancel_order.orig_cl_ord_id = operation.id


async def _exchange(
    mesh: MeshClient,
    trader: Trader,
    requests: Sequence[Message],
    in_flight: int,
    progressed: Progressed,
) -> tuple[list[Answer], list[int]]:
    """Send every request on one session, at most `in_flight` unanswered; answers and latencies.

    An operator's call goes out when everything before it is answered, and is waited for.
    """
    call = mesh.order_entry_channel.stream_stream(SESSION_METHOD)(metadata=bearer(trader.key))
    window = asyncio.Semaphore(in_flight)
    sent: list[int] = []
    answers: list[Answer] = []
    latencies: list[int] = []

    async def operate(request: control_pb2.SetSessionRequest) -> None:
        for _ in range(in_flight):
            await window.acquire()
        answer = await mesh.control.SetSession(request, metadata=mesh.admin_metadata)
        answers.append(answer.place)
        for _ in range(in_flight):
            window.release()

    async def send() -> None:
        for request in requests:
            if isinstance(request, control_pb2.SetSessionRequest):
                await operate(request)
                continue
            await window.acquire()
            sent.append(time.perf_counter_ns())
            await call.write(request)
        await call.done_writing()

    sender = asyncio.create_task(send())
    try:
        async for answer in call:
            latencies.append(time.perf_counter_ns() - sent[len(latencies)])
            answers.append(answer)
            window.release()
            progressed(len(answers))
        await sender
    finally:
        sender.cancel()
        await asyncio.gather(sender, return_exceptions=True)
    if len(answers) != len(requests):
        raise ConnectionError(f"the session ended after {len(answers)} of {len(requests)} answers")
    return answers, latencies


class _Streams:
    """The book and trade streams of one symbol, kept as they come."""

    def __init__(self) -> None:
        self.book: list[Any] = []
        self.trades: list[Any] = []
        self.changed = asyncio.Event()

    async def until(self, placed: Placed) -> None:
        """Return once both streams have told all that the session has."""
        if not placed.places:
            return
        last_sequence = placed.places[-1] >> 13
        await self._until(lambda: self.book[-1].through_sequence >= last_sequence)
        count = len(placed.matches)
        await self._until(lambda: sum(len(m.trades) for m in self.trades) >= count)
        if placed.auctions:
            # No result tells how many trades an auction has: a heartbeat says that all came.
            await self._until(
                lambda: bool(self.trades) and self.trades[-1].through_sequence >= last_sequence
            )

    async def _until(self, complete: Callable[[], bool]) -> None:
        # What is missing at the end is told as differences.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(QUIET_SECONDS_MAX):
                while not complete():
                    self.changed.clear()
                    await self.changed.wait()


@contextlib.asynccontextmanager
async def _collecting(mesh: MeshClient, symbol: str, key: str) -> AsyncIterator[_Streams]:
    """Subscribe to a symbol's book and trades; entered once the snapshot is there."""
    streams = _Streams()
    book = mesh.market_data.StreamBook(
        market_data_service_pb2.StreamBookRequest(symbol=symbol), metadata=bearer(key)
    )
    first = await book.read()
    streams.book.append(first)
    trades = mesh.market_data.StreamTrades(
        market_data_service_pb2.StreamTradesRequest(
            symbol=symbol, after_sequence=first.snapshot.sequence
        ),
        metadata=bearer(key),
    )

    async def collect(read: Callable[[], Awaitable[Any]], into: list[Any]) -> None:
        while True:
            into.append(await read())
            streams.changed.set()

    tasks = [
        asyncio.create_task(collect(book.read, streams.book)),
        asyncio.create_task(collect(trades.read, streams.trades)),
    ]
    try:
        yield streams
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _read_answers(
    operations: Sequence[Operation], answers: Sequence[Answer], verifier: Verifier
) -> Placed:
    placed = Placed()
    index = 0
    for answer in answers:
        if isinstance(answer, types_pb2.Place):
            place = answer.sequence << 13 | answer.index
            placed.places.append(place)
            placed.auctions[place] = index
            index += 1
            continue
        response = order_entry_service_pb2.SessionResponse.FromString(answer)
        if response.error:
            verifier.difference(f"operation {operations[index].seq}: {response.error}")
        for result in response.results:
            operation = operations[index]
            place = result.place.sequence << 13 | result.place.index
            if placed.places and place <= placed.places[-1]:
                verifier.difference(f"operation {operation.seq} is not after the one before it")
            placed.places.append(place)
            if result.outcome == order_pb2.OUTCOME_REJECTED:
                placed.refused += 1
            elif result.outcome != order_pb2.OUTCOME_ACCEPTED:
                verifier.difference(f"operation {operation.seq}: its outcome is not known")
            elif operation.op == "new":
                placed.order_names[result.order_id] = operation.id
            for fill in result.fills:
                placed.matches[fill.match_id] = index
            index += 1
    if index != len(operations):
        verifier.difference(f"{index} results for {len(operations)} operations")
    return placed


def _check_book(file: OrderFile, placed: Placed, pieces: Sequence[Any], verifier: Verifier) -> None:
    """Rebuild the book from deltas, one for each command, and compare it at each row's end."""
    if verifier.rows is None:
        return
    price_scale, quantity_scale = file.instrument.price_scale, file.instrument.quantity_scale
    bids, asks = Levels(descending=True), Levels(descending=False)
    deltas = _deltas_by_place(pieces, placed, verifier)
    following = [*placed.places[1:], 1 << 63]
    for operation, place, end in zip(file.operations, placed.places, following, strict=False):
        own = [place] if place in deltas else []
        if place in placed.auctions:
            # A large auction goes on in the messages after its own.
            own = [at for at in deltas if place <= at < end]
        for delta in [deltas.pop(at) for at in own]:
            for side, levels in ((bids, delta.bids), (asks, delta.asks)):
                for level in levels:
                    side.set(parse(level.price, price_scale), parse(level.quantity, quantity_scale))
        if verifier.wants_book(operation):
            depth = verifier.levels
            verifier.book(operation.row, bids.top(depth), asks.top(depth))
    for place in deltas:
        verifier.difference(
            f"a book delta at {place >> 13}.{place & 8191} that no operation caused"
        )


def _deltas_by_place(pieces: Sequence[Any], placed: Placed, verifier: Verifier) -> dict[int, Any]:
    deltas: dict[int, Any] = {}
    last = -1
    for piece in pieces:
        if piece.resynchronized:
            verifier.difference("the book stream was resynchronized: its reader was too slow")
        for delta in piece.deltas:
            place = delta.place.sequence << 13 | delta.place.index
            if place <= last:
                verifier.difference(f"a book delta at {place >> 13}.{place & 8191} out of order")
            last = place
            deltas[place] = delta
    return deltas


def _check_trades(
    file: OrderFile, placed: Placed, pieces: Sequence[Any], verifier: Verifier
) -> None:
    price_scale, quantity_scale = file.instrument.price_scale, file.instrument.quantity_scale
    matches = dict(placed.matches)
    for piece in pieces:
        for trade in piece.trades:
            index = matches.pop(trade.match_id, None)
            if index is None and trade.auction:
                at = trade.place.sequence << 13 | PLACE_INDEX_MAX
                earlier = [place for place in placed.auctions if place <= at]
                index = placed.auctions[max(earlier)] if earlier else None
            if index is None:
                verifier.difference(f"a trade {trade.match_id} that no result told of")
                continue
            verifier.trade(
                file.operations[index].seq,
                placed.order_names.get(trade.maker_order_id, str(trade.maker_order_id)),
                placed.order_names.get(trade.taker_order_id, str(trade.taker_order_id)),
                parse(trade.price, price_scale),
                parse(trade.quantity, quantity_scale),
            )
    for match_id, index in matches.items():
        seq = file.operations[index].seq
        verifier.difference(f"operation {seq}: its trade {match_id} is not in the trade stream")
