"""LogReader: every message of a log, once, in order, without holes, over any failure.

A push consumer without acknowledgements delivers into an inbox; the server paces itself by flow
control and sends a heartbeat when it has nothing. The consumer is made anew, from the last message
received + 1, on a reconnect, on a lost delivery, and when it falls silent. What distinguishes a
delivery that was lost on the way from a message that is missing in the log is the consumer's own
count: if that goes on and the log's sequence jumps, the log has a hole.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import NamedTuple, Self

from cift.kit.bus.connection import Bus, traceparent_of
from cift.kit.bus.errors import (
    ApiError,
    BusError,
    BusUnavailable,
    LogFault,
    LogHole,
    LogMismatch,
    LogMissing,
    LogShort,
    first_difference,
)
from cift.kit.bus.logs import Log, find_hole, read_state
from cift.kit.logging import get_logger

__all__ = ["LogMessage", "LogReader", "ReaderLimits"]

HEARTBEAT_S = 0.3
RETRY_S = 0.02
INACTIVE_S = 5.0
"""How long the server keeps a consumer that nobody listens to."""

log = get_logger("bus.reader")


class LogMessage(NamedTuple):
    """One message of a log, as delivered."""

    sequence: int
    timestamp_ns: int
    """When the server stored it, by the server's clock, in nanoseconds since 1970."""
    subject: str
    data: bytes
    headers: bytes
    """Raw header block, b"" when there is none."""

    @property
    def traceparent(self) -> str | None:
        """The trace context that the writer gave."""
        return traceparent_of(self.headers)


@dataclass(frozen=True, slots=True)
class ReaderLimits:
    """Bounds of what a reader holds, and of its patience."""

    queue_bytes: int = 64 << 20
    """More than this waiting: deliveries are dropped and asked for again later."""
    queue_messages: int = 1 << 18
    flow_bytes: int = 8 << 20
    """While more than this waits, the server's flow control gets no answer; the server sends at
    most 32 MiB beyond, so that `queue_bytes` is never reached in practice."""
    silence_s: float = 1.0
    """No message and no heartbeat for so long: the consumer is made anew."""


class LogReader:
    """Reads a log from `after` + 1 on. Use `next_batch` or iterate, from one task only."""

    def __init__(
        self,
        bus: Bus,
        which: Log,
        *,
        after: int = 0,
        limits: ReaderLimits | None = None,
        on_shorter: Callable[[], None] | None = None,
    ) -> None:
        """`on_shorter` is called when a derived log came back shorter than what was read."""
        self.log = which
        self.opened = 0
        """How often a consumer was made."""
        self._bus = bus
        self._on_shorter = on_shorter or _nothing
        self._limits = limits or ReaderLimits()
        self._received = after
        self._received_data: bytes | None = None
        self._taken = after
        self._pending = 0
        self._behind = False
        self._generation = 0
        self._delivered = 0
        self._handle: int | None = None
        self._heard_at = 0.0
        self._queue: list[LogMessage] = []
        self._queued_bytes = 0
        self._flow_reply = ""
        self._waiter: asyncio.Future[None] | None = None
        self._reopen = asyncio.Event()
        self._failure: BusError | None = None
        self._task: asyncio.Task[None] | None = None
        self._remove_listener: Callable[[], None] = _nothing

    async def start(self) -> None:
        """Begin to read, in the background; errors come out of `next_batch`."""
        self._reopen.set()
        self._remove_listener = self._bus.on_reconnect(self._reopen.set)
        self._task = asyncio.create_task(self._keep_open(), name=f"read {self.log.name}")

    async def stop(self) -> None:
        """Stop reading; what is queued may still be taken."""
        self._remove_listener()
        self._generation += 1
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        await self._close_consumer()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def taken(self) -> int:
        """The sequence of the last message handed out (`after` before the first)."""
        return self._taken

    @property
    def lag(self) -> int:
        """How many messages wait here and, as of the last delivery, in the log."""
        return len(self._queue) + self._pending

    @property
    def caught_up(self) -> bool:
        """Whether nothing waits here and, as of the last delivery, nothing in the log."""
        return self.opened > 0 and not self._queue and self._pending == 0

    async def next_batch(
        self, max_messages: int = 1024, timeout_s: float | None = None
    ) -> list[LogMessage]:
        """Wait for messages and take all there are, at most `max_messages`; [] on a timeout.

        Raises the LogFault (LogHole, LogShort, LogMismatch, LogMissing) that ends the reading,
        after everything before it was handed out.
        """
        if not self._queue and not await self._wait(timeout_s):
            return []
        batch = self._queue
        if len(batch) <= max_messages:
            self._queue = []
            self._queued_bytes = 0
        else:
            self._queue = batch[max_messages:]
            del batch[max_messages:]
            self._queued_bytes -= sum(len(message.data) for message in batch)
        self._taken = batch[-1].sequence
        if self._flow_reply and self._queued_bytes <= self._limits.flow_bytes:
            self._answer_flow_control()
        return batch

    async def __aiter__(self) -> AsyncIterator[LogMessage]:
        """Every message, one by one, for ever."""
        while True:
            for message in await self.next_batch():
                yield message

    async def _wait(self, timeout_s: float | None) -> bool:
        """Wait until something is queued; False on a timeout, the failure is raised."""
        loop = asyncio.get_running_loop()
        deadline = None if timeout_s is None else loop.time() + timeout_s
        timer = None if timeout_s is None else loop.call_later(timeout_s, self._wake)
        try:
            while not self._queue:
                if self._failure is not None:
                    raise self._failure
                if deadline is not None and loop.time() >= deadline:
                    return False
                self._waiter = loop.create_future()
                await self._waiter
        finally:
            self._waiter = None
            if timer is not None:
                timer.cancel()
        return True

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    # What arrives.

    def _sink(self, generation: int) -> Callable[[bytes, bytes, bytes, bytes], None]:
        def receive(subject: bytes, reply: bytes, headers: bytes, data: bytes) -> None:
            if generation != self._generation:
                return
            self._heard_at = asyncio.get_running_loop().time()
            if headers.startswith(b"NATS/1.0 "):
                self._on_control(reply, headers)
            else:
                self._on_message(subject, reply, headers, data)

        return receive

    def _on_message(self, subject: bytes, reply: bytes, headers: bytes, data: bytes) -> None:
        # $JS.ACK.<stream>.<consumer>.<times>.<sequence>.<delivered>.<time>.<pending>, or the
        # same with a domain and an account before the stream's name.
        tokens = reply.split(b".")
        at = 5 if len(tokens) == 9 else 7
        sequence = int(tokens[at])
        delivered = int(tokens[at + 1])
        if delivered != self._delivered + 1:
            self._lost(f"delivery {self._delivered + 1}")
            return
        self._delivered = delivered
        if sequence != self._received + 1:
            self._on_other_sequence(sequence, data)
            return
        limits = self._limits
        if (
            len(self._queue) >= limits.queue_messages
            or self._queued_bytes + len(data) > limits.queue_bytes
        ):
            self._lost("the queue is full")
            return
        self._received = sequence
        self._received_data = data
        self._pending = int(tokens[at + 3])
        self._queued_bytes += len(data)
        self._queue.append(
            LogMessage(sequence, int(tokens[at + 2]), subject.decode(), data, headers)
        )
        if self._waiter is not None:
            self._wake()

    def _on_other_sequence(self, sequence: int, data: bytes) -> None:
        """Not the next message: the repeated last one, an older one, or a hole."""
        if sequence > self._received + 1:
            self._fail(LogHole(self.log.name, self._received + 1, sequence))
        elif (
            sequence == self._received
            and self._received_data is not None
            and data != self._received_data
        ):
            difference = first_difference(self._received_data, data)
            what = f"changed since it was read (before and now: {difference})"
            self._fail(LogMismatch(self.log.name, sequence, what))

    def _on_control(self, reply: bytes, headers: bytes) -> None:
        """A heartbeat, or the server asking whether we keep up."""
        if reply:
            self._flow_reply = reply.decode()
        else:
            stalled = _header(headers, b"Nats-Consumer-Stalled")
            if stalled:
                self._flow_reply = stalled.decode()
            self._check_heartbeat(headers)
        if self._flow_reply and self._queued_bytes <= self._limits.flow_bytes:
            self._answer_flow_control()

    def _check_heartbeat(self, headers: bytes) -> None:
        """What the server says it delivered must have come: deliveries keep their order."""
        delivered = int(_header(headers, b"Nats-Last-Consumer") or b"0")
        last = int(_header(headers, b"Nats-Last-Stream") or b"0")
        if delivered > self._delivered:
            self._lost(f"deliveries {self._delivered + 1} to {delivered}")
        elif delivered == self._delivered and last > self._received:
            # The server passed over messages that it could not read.
            self._fail(LogHole(self.log.name, self._received + 1, last))
        elif not self._flow_reply:
            self._pending = 0  # Idle: the count that came with the last delivery may be too high.

    def _answer_flow_control(self) -> None:
        with contextlib.suppress(BusUnavailable):  # A reconnect makes a new consumer.
            self._bus.publish(self._flow_reply)
        self._flow_reply = ""

    def _lost(self, what: str) -> None:
        log.info("delivery lost, reading again", log=self.log.name, lost=what)
        self._generation += 1
        self._reopen.set()

    def _fail(self, failure: BusError) -> None:
        self._generation += 1
        if self._failure is None:
            self._failure = failure
        self._wake()

    # The consumer.

    async def _keep_open(self) -> None:
        """Make the consumer, and make it anew whenever that is called for, until a failure."""
        delay_s = RETRY_S
        while self._failure is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT_S):
                    await self._reopen.wait()
            now = asyncio.get_running_loop().time()
            silent = now - self._heard_at > self._limits.silence_s
            if not (self._reopen.is_set() or silent):
                continue
            await self._bus.wait_connected()
            if self._queued_bytes > self._limits.flow_bytes:
                await asyncio.sleep(0.02)  # First let the reader take what there is.
                continue
            self._reopen.clear()
            try:
                await self._open()
                delay_s = RETRY_S
            except LogFault as failure:
                self._fail(failure)
            except (BusUnavailable, ApiError) as error:
                if delay_s == RETRY_S:
                    log.info("can't read yet", log=self.log.name, error=str(error))
                self._reopen.set()
                await asyncio.sleep(delay_s)
                delay_s = min(delay_s * 1.5, 0.5)

    async def _open(self) -> None:
        """Make a consumer that starts after the last message received.

        When that message is still in the log, it is asked for too and compared: a log that came
        back shorter and grew again is found so.
        """
        await self._close_consumer()
        state = await read_state(self._bus, self.log)
        if state is None:
            if not self.log.derived:
                raise LogMissing(self.log.name, self._received + 1, "there is no such stream")
            raise BusUnavailable(f"{self.log.name} is not there yet")
        if state.first > self._received + 1:
            raise LogHole(self.log.name, self._received + 1, state.first)
        if state.missing:
            raise await find_hole(self._bus, self.log, state)
        if state.last < self._received and not self.log.derived:
            raise LogShort(self.log.name, self._received, state.last)
        if state.last < self._received and not self._behind:
            log.warning(
                "log came back shorter, waiting until it is made again",
                log=self.log.name, last=state.last, received=self._received,
            )  # fmt: skip
            self._on_shorter()
        self._behind = state.last < self._received
        again = self._received_data is not None and state.first <= self._received <= state.last
        self._pending = max(0, state.last - self._received)
        await self._create_consumer(self._received if again else self._received + 1)

    async def _create_consumer(self, start: int) -> None:
        self._generation += 1
        self._delivered = 0
        self._flow_reply = ""
        inbox = self._bus.new_inbox()
        self._handle = await self._bus.subscribe(inbox, self._sink(self._generation))
        await self._bus.api(
            f"CONSUMER.CREATE.{self.log.name}",
            {
                "stream_name": self.log.name,
                "config": {
                    "deliver_subject": inbox,
                    "deliver_policy": "by_start_sequence",
                    "opt_start_seq": start,
                    "ack_policy": "none",
                    "max_deliver": 1,
                    "mem_storage": True,
                    "num_replicas": 1,
                    "flow_control": True,
                    "idle_heartbeat": int(HEARTBEAT_S * 1e9),
                    "inactive_threshold": int(INACTIVE_S * 1e9),
                },
            },
        )
        self._heard_at = asyncio.get_running_loop().time()
        self.opened += 1

    async def _close_consumer(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            await self._bus.unsubscribe(handle)


def _header(headers: bytes, name: bytes) -> bytes:
    at = headers.find(b"\r\n" + name + b":")
    if at < 0:
        return b""
    start = at + len(name) + 3
    return headers[start : headers.find(b"\r\n", start)].strip()


def _nothing() -> None:
    """Nobody asked to be told."""
