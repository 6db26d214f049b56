"""StageWriter: the one writer of a derived log, fenced by the log's own numbers.

Message n is published with `Nats-Expected-Last-Sequence: n - 1`, many at a time, and every answer
that is no plain acknowledgement leads to the same place: a new generation of the reply inbox, a
look at the log's tail, a comparison of what is stored with what was computed, and a resend of all
after the tail, in order. So a publish that was lost, doubled, delayed or refused can't reorder the
log. Another live writer of the same log stores the same bytes, since stages are pure functions;
this one then follows it, comparing, and writes again when the other stops.
"""

import asyncio
import contextlib
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from cift.kit.bus.connection import Bus
from cift.kit.bus.errors import (
    ApiError,
    BusError,
    BusUnavailable,
    Fenced,
    LogHole,
    LogMismatch,
    LogMissing,
    ReplayNeeded,
    first_difference,
)
from cift.kit.bus.logs import Log, LogState, read_message, read_state
from cift.kit.logging import get_logger

__all__ = ["StageWriter", "WriterLimits"]

ERR_WRONG_LAST_SEQUENCE = 10071
COMPARE_AT_ONCE = 64
CHECK_S = 0.1
FOLLOW_S = 0.05
"""How often a writer that follows another looks at the tail, at most, when it puts nothing."""

log = get_logger("bus.writer")


@dataclass(frozen=True, slots=True)
class WriterLimits:
    """Bounds of what a writer holds, and of its patience."""

    window_messages: int = 512
    window_bytes: int = 32 << 20
    """What may be published and not yet acknowledged; `put` waits beyond."""
    kept_messages: int = 1 << 14
    kept_bytes: int = 64 << 20
    """Acknowledged messages kept, to be sent again when the log comes back shorter."""
    ack_timeout_s: float = 1.5
    missing_s: float = 15.0
    """How long the stream may be gone before the process starts over."""


@dataclass(frozen=True, slots=True)
class _Frame:
    subject: str
    data: bytes
    headers: bytes
    """Headers beyond the expected sequence, as `key: value` lines."""


class StageWriter:
    """Writes a log from `start(after)` + 1 on. Call `put` from one task only."""

    def __init__(
        self,
        bus: Bus,
        which: Log,
        *,
        remake: Callable[[], Awaitable[LogState | None]] | None = None,
        limits: WriterLimits | None = None,
    ) -> None:
        self.log = which
        self.recoveries = 0
        """How often the tail had to be looked at."""
        self.trouble = ""
        """Why nothing can be stored at the moment; "" when all is well."""
        self._bus = bus
        self._remake = remake
        self._limits = limits or WriterLimits()
        self._frames: dict[int, _Frame] = {}
        self._kept_from = 1
        self._next = 1
        self._stored = 0
        self._window_bytes = 0
        self._kept_bytes = 0
        self._inbox = ""
        self._handle: int | None = None
        self._generation = 0
        self._live = False
        self._waiting_since = 0.0
        self._fruitless = 0
        self._lost_races = 0
        self._room = asyncio.Event()
        self._put = asyncio.Event()
        self._recover = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._remove_listener: Callable[[], None] = lambda: None
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Gets the error that ended the writing: Fenced, LogMismatch or ReplayNeeded."""

    async def start(self, after: int) -> None:
        """Begin after `after`, the last message that the caller has computed or verified.

        Messages that are already stored beyond it are compared with what is put, then writing
        goes on behind them.
        """
        self._next = after + 1
        self._stored = after
        self._kept_from = after + 1
        self._inbox = self._bus.new_inbox()
        self._handle = await self._bus.subscribe(f"{self._inbox}.*.*", self._on_answer)
        self._remove_listener = self._bus.on_reconnect(lambda: self._fail("reconnect"))
        self._room.set()
        self._recover.set()
        self._tasks = [
            asyncio.create_task(self._keep_recovering(), name=f"write {self.log.name}"),
            asyncio.create_task(self._watch(), name=f"watch {self.log.name}"),
        ]

    async def stop(self) -> None:
        """Stop at once; `drain` first to have all put messages stored."""
        self._remove_listener()
        self._live = False
        self._generation += 1
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        if self._handle is not None:
            await self._bus.unsubscribe(self._handle)
            self._handle = None
        if self.failed.done():
            self.failed.exception()
        else:
            self.failed.cancel()

    @property
    def stored(self) -> int:
        """The last sequence known to be stored with exactly the bytes that were put."""
        return self._stored

    @property
    def waiting(self) -> int:
        """How many messages were put and are not yet known to be stored."""
        return self._next - 1 - self._stored

    async def put(self, sequence: int, subject: str, data: bytes, *, headers: str = "") -> None:
        """Hand over message `sequence`, which must be the next; waits while the window is full.

        `headers` are whole lines, `key: value` each ended by CRLF; they are stored with the
        message but are no part of what writers must agree on.
        """
        if sequence != self._next:
            raise ValueError(f"{self.log.name}: put {sequence}, the next is {self._next}")
        while True:
            if self.failed.done():
                self.failed.result()
            if self._has_room(len(data)):
                break
            self._room.clear()
            await self._room.wait()
        frame = _Frame(subject, data, headers.encode())
        self._frames[sequence] = frame
        self._window_bytes += len(data)
        self._next = sequence + 1
        self._put.set()
        if self._live:
            self._publish(sequence, frame)

    async def drain(self, timeout_s: float) -> bool:
        """Wait until all that was put is stored; False when that takes longer."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self.waiting and not self.failed.done():
                    self._room.clear()
                    await self._room.wait()
        return self.waiting == 0

    def look(self) -> None:
        """Look at the log's tail now, for instance since another log came back shorter."""
        self._fail("asked to look")

    def _has_room(self, size: int) -> bool:
        waiting = self.waiting
        return waiting == 0 or (
            waiting < self._limits.window_messages
            and self._window_bytes + size <= self._limits.window_bytes
        )

    # Live: publish and count acknowledgements.

    def _publish(self, sequence: int, frame: _Frame) -> None:
        if self._waiting_since == 0.0:
            self._waiting_since = asyncio.get_running_loop().time()
        headers = b"NATS/1.0\r\nNats-Expected-Last-Sequence: %d\r\n%b\r\n" % (
            sequence - 1,
            frame.headers,
        )
        reply = f"{self._inbox}.{self._generation}.{sequence}"
        try:
            self._bus.publish(frame.subject, frame.data, reply=reply, headers=headers)
        except BusUnavailable as error:
            self._fail(str(error))

    def _on_answer(self, subject: bytes, _reply: bytes, _headers: bytes, data: bytes) -> None:
        _, generation, sequence = subject.rsplit(b".", 2)
        if int(generation) != self._generation or not self._live:
            return
        if not data:
            self._fail("no stream takes the message (503)")
            return
        answer = json.loads(data)
        error = answer.get("error")
        if error is not None:
            self._on_refusal(error)
        elif answer["seq"] != int(sequence):
            self._end(
                LogMismatch(self.log.name, int(sequence), f"stored at {answer['seq']} instead")
            )
        else:
            self._fruitless = 0
            self._advance(int(sequence))

    def _on_refusal(self, error: dict[str, object]) -> None:
        reason = f"{error.get('description')} ({error.get('err_code')})"
        if error.get("err_code") != ERR_WRONG_LAST_SEQUENCE:
            log.error("the log takes no message", log=self.log.name, reason=reason)
        self._fail(reason)

    def _advance(self, stored: int) -> None:
        """All up to `stored` is stored: fencing makes n imply n - 1."""
        if stored <= self._stored:
            return
        for sequence in range(self._stored + 1, stored + 1):
            size = len(self._frames[sequence].data)
            self._window_bytes -= size
            self._kept_bytes += size
        self._stored = stored
        waits = stored + 1 < self._next and self._live
        self._waiting_since = asyncio.get_running_loop().time() if waits else 0.0
        self.trouble = ""
        self._trim()
        self._room.set()

    def _trim(self) -> None:
        limits = self._limits
        while self._kept_from <= self._stored and (
            self._stored - self._kept_from >= limits.kept_messages
            or self._kept_bytes > limits.kept_bytes
        ):
            self._kept_bytes -= len(self._frames.pop(self._kept_from).data)
            self._kept_from += 1

    async def _watch(self) -> None:
        """An acknowledgement that does not come is as good as an error."""
        while True:
            await asyncio.sleep(CHECK_S)
            since = self._waiting_since
            now = asyncio.get_running_loop().time()
            if self._live and since and now - since > self._limits.ack_timeout_s:
                self._fail("no acknowledgement in time")

    # Not live: look, compare, resend.

    def _fail(self, why: str) -> None:
        """Something is not as it should be: stop publishing and look at the tail."""
        if self._live:
            self._live = False
            self._generation += 1
            self.trouble = why
            log.debug("looking at the tail", log=self.log.name, why=why, stored=self._stored)
        self._recover.set()
        self._put.set()

    def _end(self, error: BusError) -> None:
        self._live = False
        self._generation += 1
        self.trouble = str(error)
        if not self.failed.done():
            self.failed.set_exception(error)
        self._room.set()

    async def _keep_recovering(self) -> None:
        while not self.failed.done():
            await self._recover.wait()
            self._recover.clear()
            self.recoveries += 1
            if self._fruitless:
                # For instance a log that is full: ask at growing intervals.
                await asyncio.sleep(min(0.01 * 2**self._fruitless, 1.0))
            self._fruitless = min(self._fruitless + 1, 8)
            try:
                await self._settle()
            except (BusUnavailable, ApiError) as error:
                self.trouble = str(error)
                self._recover.set()
            except BusError as error:
                self._end(error)

    async def _settle(self) -> None:
        """Bring what is stored and what was put together, then go live.

        While another writer of the log is alive this one stays here and follows it: two live
        writers would refuse each other's messages all the time.
        """
        while True:
            await self._bus.wait_connected()
            state = await self._tail()
            self._check_not_shorter(state)
            await self._compare(state)
            reached = min(state.last, self._next - 1)
            if reached > self._stored:
                self._another_wrote()
            self._advance(reached)
            alone = self._lost_races == 0
            if self._next - 1 > state.last:
                if alone or await self._nobody_writes(state.last):
                    self._go_live(state.last)
                    return
            elif alone and self._next - 1 == state.last:
                self._go_live(state.last)
                return
            else:
                self._put.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(FOLLOW_S):
                        await self._put.wait()

    def _another_wrote(self) -> None:
        """A message of ours was stored that we did not see acknowledged."""
        self._fruitless = 0
        self._lost_races += 1
        if self._lost_races == 2:
            log.info("another writer is alive, following it", log=self.log.name)

    async def _nobody_writes(self, last: int) -> bool:
        """Whether the tail stays where it is although there is something to write.

        The wait is random, so that two writers that lost to each other don't come back at once,
        and grows with the races lost, up to 0.3 s: within that a dead writer is replaced.
        """
        patience_s = min(0.01 * 2 ** min(self._lost_races, 5), 0.2)
        await asyncio.sleep(patience_s * (0.5 + random.random()))
        state = await self._tail()
        if state.last > last:
            return False
        if self._lost_races > 1:
            log.info("nobody else writes any more, writing again", log=self.log.name)
        self._lost_races = 0
        return True

    def _go_live(self, last: int) -> None:
        if self._recover.is_set():
            return  # A reconnect came in between: look again.
        self._generation += 1
        self._live = True
        self._waiting_since = 0.0
        self.trouble = ""
        for sequence in range(last + 1, self._next):
            if not self._live:
                break
            self._publish(sequence, self._frames[sequence])

    async def _tail(self) -> LogState:
        """The log's state; a missing stream is made anew when that is ours to do."""
        until = asyncio.get_running_loop().time() + self._limits.missing_s
        while (state := await read_state(self._bus, self.log)) is None:
            if self._remake is not None and (state := await self._remake()) is not None:
                break
            if asyncio.get_running_loop().time() > until:
                raise LogMissing(self.log.name, self._stored, "its stream is gone")
            self.trouble = f"{self.log.name} is gone"
            await asyncio.sleep(0.2)
        return state

    def _check_not_shorter(self, state: LogState) -> None:
        """A log that lost acknowledged messages gets them again, from here or by a replay."""
        if state.last >= self._stored:
            return
        log.warning(
            "log came back shorter", log=self.log.name, last=state.last, stored=self._stored
        )
        if state.last + 1 < self._kept_from:
            raise ReplayNeeded(
                f"{self.log.name} lost {state.last + 1} to {self._stored}, of which this process "
                f"keeps {self._kept_from} and later"
            )
        for sequence in range(state.last + 1, self._stored + 1):
            size = len(self._frames[sequence].data)
            self._window_bytes += size
            self._kept_bytes -= size
        self._stored = state.last

    async def _compare(self, state: LogState) -> None:
        """Compare all that others may have stored at our places, and the tail itself."""
        last = min(state.last, self._next - 1)
        first = max(min(self._stored + 1, last), self._kept_from, state.first)
        for start in range(first, last + 1, COMPARE_AT_ONCE):
            some = range(start, min(start + COMPARE_AT_ONCE, last + 1))
            stored = await asyncio.gather(
                *(read_message(self._bus, self.log, sequence) for sequence in some)
            )
            for sequence, message in zip(some, stored, strict=True):
                if message is None:
                    await self._check_hole(sequence)
                    raise BusUnavailable(f"{self.log.name} {sequence} was not there for a moment")
                ours = self._frames[sequence]
                if message.data != ours.data:
                    difference = first_difference(ours.data, message.data)
                    raise Fenced(self.log.name, sequence, difference)
                if message.subject != ours.subject:
                    difference = f"subject {ours.subject} as computed, {message.subject} as stored"
                    raise Fenced(self.log.name, sequence, difference)

    async def _check_hole(self, sequence: int) -> None:
        """A message that could not be read: gone with a restart, or missing for good?"""
        state = await read_state(self._bus, self.log)
        there = state is not None and state.first <= sequence <= state.last
        if (
            state is not None
            and there
            and await read_message(self._bus, self.log, sequence) is None
        ):
            raise LogHole(self.log.name, sequence, state.last)
