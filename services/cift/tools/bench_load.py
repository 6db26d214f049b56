"""The load generator of the benchmark, a process of its own.

`python -m cift.tools.bench_load` reads a `Load` as JSON from standard input, runs it, and writes
what it measured as JSON to standard output. Request bytes are made from templates: the one thing
that changes from request to request is a number inside every client order id.
"""

import asyncio
import contextlib
import ctypes
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import grpc
import uvloop

from cift.common.v1 import types_pb2
from cift.order_entry.v1 import order_entry_service_pb2, order_pb2
from cift.tools.mesh import bearer, channel
from cift.tools.report import Latency

__all__ = ["BATCH_METHOD", "Load", "Measured"]

BATCH_METHOD = "/cift.order_entry.v1.OrderEntryService/SubmitBatch"
UNARY_METHOD = "/cift.order_entry.v1.OrderEntryService/SubmitOrder"
SESSION_METHOD = "/cift.order_entry.v1.OrderEntryService/Session"
NUMBER = b"@@@@@@@@@@"
"""Stands in a template for the ten digits of a request's number."""
GROUP = 5
"""Commands that leave the book as they found it."""
TEMPLATES = 64
CHECK_EVERY = 50
ANSWER_SECONDS_MAX = 10.0

Kind = Literal["closed", "open-unary", "open-session"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What to send."""

    kind: Kind
    """`closed`: `in_flight` batches at any time, the next when one is answered. `open-…`: one
    order `rate` times a second whatever the answers do; latency counts from when it was due."""
    address: str
    key: str
    accounts: list[str]
    symbols: list[str]
    method: str = BATCH_METHOD
    batch: int = 100
    in_flight: int = 16
    rate: int = 0
    seconds: float = 4.0
    warm_up_seconds: float = 1.0
    first_number: int = 0
    """Of the requests; a later load on the same accounts goes on behind an earlier one."""
    trace: bool = False
    """Whether to tell the place and times of each order."""


@dataclass(slots=True)
class Measured:
    """What came of it; times in nanoseconds."""

    requests: int = 0
    commands: int = 0
    commands_sent: int = 0
    """Those before and after the measured time included."""
    seconds: float = 0.0
    latencies_ns: list[int] = field(default_factory=list)
    late: int = 0
    """Orders of an open load that had no answer in time."""
    next_number: int = 0
    trace: list[tuple[int, int, int]] = field(default_factory=list)
    """(journal sequence, sent, answered), both on the wall clock."""

    def as_json(self) -> dict[str, Any]:
        """Write it with percentiles instead of every latency."""
        return {
            "requests": self.requests,
            "commands": self.commands,
            "commands_sent": self.commands_sent,
            "seconds": self.seconds,
            "latency": Latency.of(self.latencies_ns).as_json(),
            "late": self.late,
            "next_number": self.next_number,
            "trace": self.trace,
        }


def batch_templates(load: Load) -> list[bytes]:
    """Make batches of groups: two orders that trade, one that rests, its cancel, one that misses.

    With many symbols each group is on the next one, so that a batch holds a mixture.
    """
    templates = []
    group = 0
    count = TEMPLATES if len(load.symbols) > 1 else 1
    for _ in range(count):
        request = order_entry_service_pb2.SubmitBatchRequest()
        for index in range(load.batch):
            if index % GROUP == 0:
                group += 1
            command = request.commands.add()
            _fill(command, index, load.symbols[group % len(load.symbols)], load.accounts)
        templates.append(request.SerializeToString())
    return templates


def _fill(command: order_pb2.Command, index: int, symbol: str, accounts: Sequence[str]) -> None:
    step = index % GROUP
    name = f"{NUMBER.decode()}.{index:03}"
    if step == 3:
        command.cancel_order.account = accounts[0]
        command.cancel_order.orig_cl_ord_id = f"{NUMBER.decode()}.{index - 1:03}"
        return
    # (side, price, immediate or cancel, account): sell, buy it, a bid below, …, an offer above.
    sell, buy = types_pb2.SIDE_SELL, types_pb2.SIDE_BUY
    side, price, passing, account = {
        0: (sell, 1000, False, 0),
        1: (buy, 1000, True, 1),
        2: (buy, 995, False, 0),
        4: (sell, 1005, True, 1),
    }[step]
    command.new_order.account = accounts[account]
    command.new_order.cl_ord_id = name
    command.new_order.symbol = symbol
    command.new_order.side = side
    command.new_order.ord_type = types_pb2.ORD_TYPE_LIMIT
    command.new_order.time_in_force = (
        types_pb2.TIME_IN_FORCE_IOC if passing else types_pb2.TIME_IN_FORCE_GTC
    )
    command.new_order.quantity = "10"
    command.new_order.price = str(price)


def unary_templates(load: Load) -> list[bytes]:
    """Make orders that trade with one another: an offer, then a bid for it."""
    return [
        order_entry_service_pb2.SubmitOrderRequest(order=_single(load, number)).SerializeToString()
        for number in range(2)
    ]


def session_templates(load: Load) -> list[bytes]:
    """Make the same as messages of a session."""
    templates = []
    for number in range(2):
        request = order_entry_service_pb2.SessionRequest(request_id=1)
        request.commands.add(new_order=_single(load, number))
        templates.append(request.SerializeToString())
    return templates


def _single(load: Load, number: int) -> order_pb2.NewOrder:
    return order_pb2.NewOrder(
        account=load.accounts[number],
        cl_ord_id=NUMBER.decode(),
        symbol=load.symbols[0],
        side=(types_pb2.SIDE_SELL, types_pb2.SIDE_BUY)[number],
        ord_type=types_pb2.ORD_TYPE_LIMIT,
        time_in_force=types_pb2.TIME_IN_FORCE_GTC,
        quantity="10",
        price="1000",
    )


class Requests:
    """Gives out request bytes, each with a number of its own."""

    def __init__(self, templates: Sequence[bytes], first_number: int) -> None:
        self.number = first_number
        self._templates = templates

    def next(self) -> bytes:
        """Return the bytes of the next request."""
        template = self._templates[self.number % len(self._templates)]
        self.number += 1
        return template.replace(NUMBER, b"%010d" % self.number)


async def closed(load: Load) -> Measured:
    """Keep `in_flight` batches under way for the time given."""
    requests = Requests(batch_templates(load), load.first_number)
    measured = Measured()
    connection = channel(load.address)
    call = connection.unary_unary(load.method)
    metadata = bearer(load.key)
    begin = time.perf_counter_ns() + int(load.warm_up_seconds * 1e9)
    end = begin + int(load.seconds * 1e9)

    async def worker() -> None:
        while (sent := time.perf_counter_ns()) < end:
            answer = await call(requests.next(), metadata=metadata)
            now = time.perf_counter_ns()
            if begin <= now < end:
                measured.requests += 1
                measured.latencies_ns.append(now - sent)
                if load.method == BATCH_METHOD and measured.requests % CHECK_EVERY == 1:
                    _check(order_entry_service_pb2.SubmitBatchResponse.FromString(answer).results)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(load.in_flight):
            tasks.create_task(worker())
    await connection.close()
    measured.commands = measured.requests * load.batch
    measured.seconds = load.seconds
    measured.next_number = requests.number
    measured.commands_sent = (requests.number - load.first_number) * load.batch
    return measured


async def open_unary(load: Load) -> Measured:
    """Make a call at each tick, whether or not earlier ones have been answered."""
    requests = Requests(unary_templates(load), load.first_number)
    connection = channel(load.address)
    call = connection.unary_unary(UNARY_METHOD)
    metadata = bearer(load.key)
    await connection.channel_ready()
    answers: list[tuple[int, int, int, bytes]] = []
    under_way: set[asyncio.Task[None]] = set()

    async def one(due_ns: int) -> None:
        sent = time.time_ns()
        with contextlib.suppress(grpc.aio.AioRpcError):
            answer = await call(requests.next(), metadata=metadata, timeout=ANSWER_SECONDS_MAX)
            answers.append((due_ns, time.monotonic_ns(), sent, answer))

    async for due_ns in ticks(load.rate, load.warm_up_seconds + load.seconds):
        task = asyncio.create_task(one(due_ns))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)
    await connection.close()
    read = order_entry_service_pb2.SubmitOrderResponse.FromString
    return _open_result(load, requests, answers, lambda answer: [read(answer).result])


async def open_session(load: Load) -> Measured:
    """Write a message at each tick on one session."""
    requests = Requests(session_templates(load), load.first_number)
    connection = channel(load.address)
    await connection.channel_ready()
    call = connection.stream_stream(SESSION_METHOD)(metadata=bearer(load.key))
    answers: list[tuple[int, int, int, bytes]] = []
    sent: list[tuple[int, int]] = []

    async def read_answers() -> None:
        async for answer in call:
            due_ns, sent_ns = sent[len(answers)]
            answers.append((due_ns, time.monotonic_ns(), sent_ns, answer))

    reader = asyncio.create_task(read_answers())
    async for due_ns in ticks(load.rate, load.warm_up_seconds + load.seconds):
        sent.append((due_ns, time.time_ns()))
        await call.write(requests.next())
    await call.done_writing()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(reader, ANSWER_SECONDS_MAX)
    await connection.close()
    read = order_entry_service_pb2.SessionResponse.FromString
    return _open_result(load, requests, answers, lambda answer: read(answer).results)


def _open_result(
    load: Load,
    requests: Requests,
    answers: Sequence[tuple[int, int, int, bytes]],
    results: Callable[[bytes], Sequence[order_pb2.CommandResult]],
) -> Measured:
    measured = Measured(seconds=load.seconds, next_number=requests.number)
    warm = answers[0][0] + int(load.warm_up_seconds * 1e9) if answers else 0
    for due_ns, answered_ns, sent_ns, answer in answers:
        if due_ns < warm:
            continue
        found = results(answer)
        _check(found)
        measured.requests += 1
        measured.commands += len(found)
        measured.latencies_ns.append(answered_ns - due_ns)
        if load.trace:
            # The answer's wall-clock time, from the same instant on the monotonic clock.
            wall_ns = time.time_ns() - (time.monotonic_ns() - answered_ns)
            measured.trace.append((found[0].place.sequence, sent_ns, wall_ns))
    measured.late = requests.number - load.first_number - len(answers)
    return measured


def _check(results: Sequence[order_pb2.CommandResult]) -> None:
    """An answer that is no accept would make the figures meaningless."""
    for result in results:
        if result.outcome != order_pb2.OUTCOME_ACCEPTED or result.duplicate:
            raise RuntimeError(f"{result.cl_ord_id} was not accepted: {result}")


async def ticks(rate: int, seconds: float) -> AsyncIterator[int]:
    """Yield the due time of each tick on the monotonic clock, as soon as it has come.

    The kernel's timer wakes the loop: its own timers are a millisecond coarse.
    """
    loop = asyncio.get_running_loop()
    interval_ns = 1_000_000_000 // rate
    timer = os.fdopen(_timer(interval_ns), "rb", buffering=0)
    first_ns = time.monotonic_ns() + interval_ns
    ready = asyncio.Event()
    loop.add_reader(timer, ready.set)
    try:
        given, count = 0, int(rate * seconds)
        while given < count:
            await ready.wait()
            ready.clear()
            with contextlib.suppress(BlockingIOError):
                timer.read(8)
            now = time.monotonic_ns()
            while given < count and (due := first_ns + given * interval_ns) <= now:
                given += 1
                yield due
    finally:
        loop.remove_reader(timer)
        timer.close()


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


def _timer(interval_ns: int) -> int:
    """Make a timerfd(2) on the monotonic clock, which Python has only from 3.13 on."""
    libc = ctypes.CDLL(None, use_errno=True)
    number: int = libc.timerfd_create(time.CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
    interval = _Timespec(*divmod(interval_ns, 1_000_000_000))
    setting = (_Timespec * 2)(interval, interval)
    if number < 0 or libc.timerfd_settime(number, 0, ctypes.byref(setting), None) != 0:
        raise OSError(ctypes.get_errno(), "timerfd")
    return number


RUNS = {"closed": closed, "open-unary": open_unary, "open-session": open_session}

if __name__ == "__main__":
    given = Load(**json.load(sys.stdin))
    json.dump(uvloop.run(RUNS[given.kind](given)).as_json(), sys.stdout)
