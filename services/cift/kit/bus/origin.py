"""OriginWriter: how one order_entry process appends its batches to ORDERS.

The process is an origin, a random number; its batches are numbered 1, 2, 3 … and frozen once
published. One publish is in flight. A batch whose fate is unknown is sent again, byte for byte,
until the server acknowledges it or its outcome shows in FILLS; that it may then be stored twice
does no harm, since risk applies a batch only if it is its origin's last + 1. A batch that is
acknowledged is kept until its outcome is known, and sent again, before any later one, should ORDERS
come back without it.
"""

import asyncio
import contextlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from cift.kit.bus.connection import Bus
from cift.kit.bus.errors import ApiError, BusUnavailable, JournalUnavailable, LogShort
from cift.kit.bus.logs import Log, read_message, read_state
from cift.kit.logging import get_logger

__all__ = ["OriginLimits", "OriginWriter"]

DEFINITE = frozenset({10002, 10023, 10028, 10039, 10047, 10054, 10076})
"""Answers that say the message was not stored: the server is full, the message too large, JetStream
off. Any other error leaves its fate unknown."""
ERR_STORE_FAILED = 10077
"""The store did not take the message. A bound that was reached (the text says maximum) is certain;
an error of the disk is not: the bytes may be there, and be read at the next start."""

log = get_logger("bus.origin")


@dataclass(frozen=True, slots=True)
class OriginLimits:
    """Bounds of what an origin holds, and of its patience."""

    frame_bytes: int = (8 << 20) - 4096
    unresolved_batches: int = 4096
    """Batches stored whose outcome is not known yet. Beyond: JournalUnavailable, since the shard's
    stages are behind or stopped."""
    unresolved_bytes: int = 128 << 20
    ack_timeout_s: float = 1.0
    """Without an answer for so long, a batch is sent again."""


@dataclass(slots=True)
class _Batch:
    """One frozen batch on its way."""

    number: int
    subject: str
    frame: bytes
    headers: str
    attempt: int = 1
    """Part of the message id; goes up only when the server's memory of the id proved useless."""
    unanswered: int = 0
    """Sends without an answer: while there are any, a refusal proves nothing."""
    sequence: int = 0
    """Where it is stored; 0 while not known."""
    resolved: bool = False
    """Whether FILLS has its outcome."""


@dataclass(frozen=True, slots=True)
class _Refused:
    reason: str
    definite: bool


_NO_ANSWER = _Refused("no answer in time", definite=False)


class OriginWriter:
    """Appends the batches of one origin to the ORDERS log of one shard, one at a time."""

    def __init__(
        self,
        bus: Bus,
        orders: Log,
        *,
        origin: int | None = None,
        limits: OriginLimits | None = None,
    ) -> None:
        self.log = orders
        self.origin = origin if origin is not None else 2 + secrets.randbelow(2**64 - 3)
        """Random u64, never used by another process."""
        self.next_batch = 1
        """The number that the next `publish` must have."""
        self.resends = 0
        self.fault: LogShort | None = None
        """Set when ORDERS came back without batches whose outcome is known: no more publishes."""
        self._bus = bus
        self._limits = limits or OriginLimits()
        self._unresolved: dict[int, _Batch] = {}
        self._unresolved_bytes = 0
        self._resolved_to = 0
        self._current: _Batch | None = None
        self._answer: asyncio.Future[tuple[bytes, bytes]] | None = None
        self._sends = 0
        self._lock = asyncio.Lock()
        self._reconnected = False
        self._tasks: set[asyncio.Task[int]] = set()
        self._inbox = ""
        self._handle: int | None = None
        self._remove_listener: Callable[[], None] = lambda: None

    async def start(self) -> None:
        """Make ready to publish."""
        self._inbox = self._bus.new_inbox()
        self._handle = await self._bus.subscribe(f"{self._inbox}.*.*", self._on_answer)
        self._remove_listener = self._bus.on_reconnect(self._on_reconnect)

    async def stop(self) -> None:
        """Stop sending; whoever waits in `publish` is cancelled."""
        self._remove_listener()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._handle is not None:
            await self._bus.unsubscribe(self._handle)
            self._handle = None

    @property
    def in_flight(self) -> int:
        """The number of the batch being published, 0 when there is none."""
        return 0 if self._current is None else self._current.number

    @property
    def unresolved(self) -> int:
        """How many stored batches wait for their outcome."""
        return len(self._unresolved)

    async def publish(
        self, batch_no: int, subject_token: str, frame: bytes, *, headers: str = ""
    ) -> int:
        """Store batch `batch_no`, which must be `next_batch`; returns its sequence in ORDERS.

        Returns once the server acknowledged it, or `outcome_known` told its outcome: all earlier
        batches of this origin are then stored too. While its fate is unknown it is sent again,
        without end, also when the caller no longer waits; the next publish waits its turn.
        Raises JournalUnavailable when it is certain that nothing was stored: the number is then
        free, and the next publish must use it. Raises LogShort when ORDERS lost what was done.
        `headers` are whole lines, `key: value` each ended by CRLF.
        """
        if len(frame) > self._limits.frame_bytes:
            raise ValueError(f"a frame of {len(frame)} bytes, at most {self._limits.frame_bytes}")
        batch = _Batch(batch_no, self.log.subject(subject_token), frame, headers)
        return await asyncio.shield(self._spawn(self._publish(batch)))

    def outcome_known(self, batch_no: int, sequence: int) -> None:
        """FILLS has the outcome of our batch `batch_no`, at `sequence`: it needs no resend."""
        batch = self._unresolved.pop(batch_no, None)
        if batch is not None:
            self._unresolved_bytes -= len(batch.frame)
        self._resolved_to = max(self._resolved_to, sequence)
        current = self._current
        if current is not None and current.number == batch_no:
            current.resolved = True
            current.sequence = current.sequence or sequence
            self._wake(b"", b"")

    def _spawn(self, work: "asyncio._CoroutineLike[int]") -> asyncio.Task[int]:
        task = asyncio.create_task(work, name=f"write {self.log.name}")
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[int]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # Seen, even when the caller no longer waits.

    async def _publish(self, batch: _Batch) -> int:
        async with self._lock:
            if self.fault is not None:
                raise self.fault
            if batch.number != self.next_batch:
                raise ValueError(f"batch {batch.number}: the next number is {self.next_batch}")
            if (
                len(self._unresolved) >= self._limits.unresolved_batches
                or self._unresolved_bytes + len(batch.frame) > self._limits.unresolved_bytes
            ):
                raise JournalUnavailable(
                    f"{len(self._unresolved)} batches wait for their outcome: "
                    "risk or matching is behind or stopped"
                )
            await self._store(batch)
            self.next_batch += 1
            if not batch.resolved:
                self._unresolved[batch.number] = batch
                self._unresolved_bytes += len(batch.frame)
            return batch.sequence

    async def _store(self, batch: _Batch) -> None:
        """Send until it is stored, or its outcome is known, or it certainly was not stored."""
        delay_s = 0.01
        try:
            while True:
                await self._restore_lost()
                self._current = batch
                refused = await self._send(batch)
                if refused is None:
                    return
                if refused.definite and batch.unanswered == 0:
                    raise JournalUnavailable(f"{self.log.name} takes no batch: {refused.reason}")
                await self._pause(batch, refused, delay_s)
                delay_s = min(delay_s * 2, 1.0)
                if batch.resolved:
                    return
        finally:
            self._current = None

    async def _pause(self, batch: _Batch, refused: _Refused, delay_s: float) -> None:
        log.info("batch not stored yet", batch=batch.number, reason=refused.reason)
        self.resends += 1
        if refused is not _NO_ANSWER:
            await asyncio.sleep(delay_s)
        await self._bus.wait_connected()

    async def _send(self, batch: _Batch) -> _Refused | None:
        """Send once and wait for the answer; None when the batch is stored."""
        self._sends += 1
        loop = asyncio.get_running_loop()
        self._answer = loop.create_future()
        timer = loop.call_later(self._limits.ack_timeout_s, self._wake, b"", b"")
        message_id = f"{self.origin}:{batch.number}:{batch.attempt}"
        try:
            self._bus.publish(
                batch.subject,
                batch.frame,
                reply=f"{self._inbox}.{batch.number}.{self._sends}",
                headers=f"NATS/1.0\r\nNats-Msg-Id: {message_id}\r\n{batch.headers}\r\n".encode(),
            )
            batch.unanswered += 1
            headers, answer = await self._answer
        except BusUnavailable as error:
            return _Refused(str(error), definite=True)
        finally:
            timer.cancel()
            self._answer = None
        if batch.resolved:
            return None
        if not headers and not answer:
            return _NO_ANSWER
        return await self._judge(batch, headers, answer)

    async def _judge(self, batch: _Batch, headers: bytes, answer: bytes) -> _Refused | None:
        if not answer:
            return _Refused(f"no stream takes it ({headers[9:12].decode()})", definite=True)
        said = json.loads(answer)
        error = said.get("error")
        if error is not None:
            code, text = error.get("err_code", 0), str(error.get("description"))
            definite = code in DEFINITE or (code == ERR_STORE_FAILED and "maximum" in text)
            if not definite:
                batch.attempt += 1
                batch.unanswered += 1  # For good: no later refusal proves what became of this.
            return _Refused(f"{text} ({code})", definite)
        if said.get("duplicate") and not await self._is_stored(batch, said["seq"]):
            batch.attempt += 1
            return _Refused("its id is remembered, its bytes are not there", definite=False)
        batch.sequence = said["seq"]
        return None

    async def _is_stored(self, batch: _Batch, sequence: int) -> bool:
        try:
            message = await read_message(self._bus, self.log, sequence)
        except (BusUnavailable, ApiError):
            return False
        return message is not None and message.data == batch.frame

    def _on_answer(self, subject: bytes, _reply: bytes, headers: bytes, data: bytes) -> None:
        _, number, send = subject.rsplit(b".", 2)
        batch = self._current
        if batch is None or int(number) != batch.number:
            return
        batch.unanswered -= 1
        # A late acknowledgement of an earlier send is as good; a late refusal says nothing.
        if int(send) == self._sends or (data and b'"error"' not in data):
            self._wake(headers or b"NATS/1.0", data)

    def _wake(self, headers: bytes, data: bytes) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((headers, data))

    # After a reconnect the server may have come back with a shorter log.

    def _on_reconnect(self) -> None:
        self._reconnected = True
        if self._current is not None:
            self._wake(b"", b"")
        else:
            self._spawn(self._restore_now())

    async def _restore_now(self) -> int:
        async with self._lock:
            try:
                await self._restore_lost()
            finally:
                self._current = None
        return 0

    async def _restore_lost(self) -> None:
        """Send again what was acknowledged and is gone, before anything later goes out."""
        if self.fault is not None:
            raise self.fault
        while self._reconnected:
            self._reconnected = False
            for batch in await self._lost():
                log.warning("acknowledged batch lost, sending it again", batch=batch.number)
                self._current = batch
                batch.sequence = 0
                while not (self._reconnected or batch.resolved):
                    refused = await self._send(batch)
                    if refused is None:
                        break
                    await self._pause(batch, refused, 0.05)
                if self._reconnected:
                    break  # Look again what is lost now.

    async def _lost(self) -> list[_Batch]:
        """The unresolved batches that ORDERS no longer holds, oldest first."""
        while True:
            try:
                state = await read_state(self._bus, self.log)
                last = 0 if state is None else state.last
                if last < self._resolved_to:
                    self.fault = LogShort(self.log.name, self._resolved_to, last)
                    log.error("ORDERS lost what was done", error=str(self.fault))
                    raise self.fault
                lost: list[_Batch] = []
                # A copy: outcomes go on to be told meanwhile.
                for batch in list(reversed(self._unresolved.values())):
                    if 0 < batch.sequence <= last and await self._stored_at(batch):
                        break
                    lost.insert(0, batch)
                return [batch for batch in lost if batch.number in self._unresolved]
            except (BusUnavailable, ApiError) as error:
                log.info("can't check ORDERS yet", error=str(error))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.2):
                        await self._bus.wait_connected()
                await asyncio.sleep(0.05)

    async def _stored_at(self, batch: _Batch) -> bool:
        message = await read_message(self._bus, self.log, batch.sequence)
        return message is not None and message.data == batch.frame
