"""Replay through the core in this process, one call per operation."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cift.tools.orderfile import TIMES_IN_FORCE, Operation, OrderFile
from cift.tools.report import Latency
from cift.tools.verify import Verifier
from cift_core import Event, FastOrderBook

__all__ = ["EngineRun", "replay_through_engine"]

PROGRESS_STEP = 4096
AUCTION_MARKET_ORDERS = 1 << 9
"""Of an instrument's policies: a venue with auctions takes market orders into them."""


@dataclass(frozen=True, slots=True)
class EngineRun:
    """What a replay through the core measured."""

    seconds: float
    """Spent in the calls."""
    latency: Latency
    """Of one call from Python, its events as Python objects included."""
    refused: int


def replay_through_engine(
    file: OrderFile,
    verifier: Verifier,
    *,
    progressed: Callable[[int], None] = lambda _count: None,
) -> EngineRun:
    """Perform the operations on one book, and give everything seen to `verifier`."""
    sessions = file.sessions
    book = FastOrderBook(file.instrument.symbol, policies=AUCTION_MARKET_ORDERS if sessions else 0)
    numbers: dict[str, int] = {}
    names: list[str] = []
    factor = file.instrument.price_factor
    latencies = []
    refused = 0
    for done, operation in enumerate(file.operations, start=1):
        number = numbers.get(operation.id, 0)
        session = sessions.get(operation.seq, "")
        if not session and (operation.op == "new" or not number):
            names.append(operation.id)
            number = numbers[operation.id] = len(names)
        started = time.perf_counter_ns()
        if session:
            events = book.set_session(session, operation.price * factor)
        else:
            events = _perform(book, operation, number, factor)
        latencies.append(time.perf_counter_ns() - started)
        refused += bool(events) and events[0].exec_type in ("rejected", "cancel_rejected")
        _tell_trades(verifier, operation.seq, events, names)
        if verifier.wants_book(operation):
            bids, asks = book.depth(verifier.levels)
            verifier.book(operation.row, [b[:2] for b in bids], [a[:2] for a in asks])
        if done % PROGRESS_STEP == 0:
            progressed(done)
    return EngineRun(sum(latencies) / 1e9, Latency.of(latencies), refused)


def _perform(book: FastOrderBook, operation: Operation, number: int, factor: int) -> list[Event]:
    if operation.op == "new":
        return book.submit(
            number,
            operation.side,
            operation.price * factor,
            operation.quantity,
            ord_type="limit" if operation.price else "market",
            time_in_force=TIMES_IN_FORCE[operation.tif],
        )
    if operation.op == "cancel":
        return book.cancel(number)
    return book.replace(
        number, price=operation.price * factor or None, leaves_quantity=operation.quantity
    )


def _tell_trades(
    verifier: Verifier, seq: int, events: Sequence[Event], names: Sequence[str]
) -> None:
    """Pass on the trades, two events each: the taker's, in an auction the buyer's, first."""
    trades = [event for event in events if event.exec_type == "trade"]
    for taker, maker in zip(trades[::2], trades[1::2], strict=True):
        verifier.trade(
            seq,
            names[maker.order_id - 1],
            names[taker.order_id - 1],
            maker.last_price,
            maker.last_quantity,
        )
