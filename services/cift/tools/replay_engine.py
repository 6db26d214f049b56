"""Replay through the core in this process, one call per operation."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cift.tools.orderfile import Operation, OrderFile
from cift.tools.report import Latency
from cift.tools.verify import Verifier
from cift_core import Event, FastOrderBook

__all__ = ["EngineRun", "replay_through_engine"]

PROGRESS_STEP = 4096


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
    book = FastOrderBook(file.instrument.symbol)
    numbers: dict[str, int] = {}
    names: list[str] = []
    factor = file.instrument.price_factor
    latencies = []
    refused = 0
    for done, operation in enumerate(file.operations, start=1):
        number = numbers.get(operation.id, 0)
        if operation.op == "new" or not number:
            names.append(operation.id)
            number = numbers[operation.id] = len(names)
        started = time.perf_counter_ns()
        events = _perform(book, operation, number, factor)
        latencies.append(time.perf_counter_ns() - started)
        refused += events[0].exec_type in ("rejected", "cancel_rejected")
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
            time_in_force=operation.tif.lower() if operation.price else "ioc",
        )
    if operation.op == "cancel":
        return book.cancel(number)
    return book.replace(
        number, price=operation.price * factor or None, leaves_quantity=operation.quantity
    )


def _tell_trades(
    verifier: Verifier, seq: int, events: Sequence[Event], names: Sequence[str]
) -> None:
    """Pass on the trades: a taker's event, then its maker's."""
    taker = ""
    for event in events:
        if event.liquidity == "taker":
            taker = names[event.order_id - 1]
        elif event.liquidity == "maker":
            maker = names[event.order_id - 1]
            verifier.trade(seq, maker, taker, event.last_price, event.last_quantity)
