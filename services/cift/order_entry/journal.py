"""Journal: from requests to ORDERS, and from FILLS back to answers.

Requests are bytes until Rust has made commands of them (`cift_core.Gateway`). What arrives while
one batch is on its way to ORDERS is the next batch, whatever the symbols: one command at rest,
hundreds under load. A batch is stamped with the last FILLS message seen here; the outcomes come
back in FILLS and complete the requests that wait. A request is a *ticket*, and a future here.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from cift.kit.bus import (
    Bus,
    JournalUnavailable,
    Log,
    LogMessage,
    LogReader,
    LogSettings,
    LogShort,
    OriginWriter,
    ShardLogs,
    ensure_logs,
    read_message,
    read_state,
)
from cift.kit.errors import NotFound, Unavailable
from cift.kit.layout import BatchStatus
from cift.kit.logging import get_logger
from cift.kit.telemetry import Telemetry
from cift.order_entry.watch import LogWatch
from cift_core import Applied, Frozen, Gateway, Submitted

__all__ = ["Follower", "Journal", "OriginVoidError"]

QUIET_SECONDS = 1.0
"""ORDERS without a message for so long gets a tick, so that journal time goes on."""
KEEP_ORIGIN_SECONDS = 3_600.0
"""This origin publishes something at least so often: risk forgets one that is idle for a day."""
REFUSING_SECONDS = 0.05
"""After the journal refused a batch: new requests are refused for so long without asking it."""
READ_MESSAGES = 512
TURN_SECONDS = 0.002
"""After so long in one turn over FILLS the loop lets requests and answers through."""
MAX_REPEATS_AT_ONCE = 16
PIPELINE_BATCHES = 2
"""With so many batches on their way through the stages, what arrives is gathered into the next."""
PIPELINE_SECONDS = 0.01
"""So long at most: a batch goes to ORDERS even while no stage works."""
NEVER_TOO_MUCH = (
    Gateway.METHOD_CANCEL,
    Gateway.METHOD_MASS_CANCEL,
    Gateway.METHOD_CANCEL_ALL,
    Gateway.METHOD_SET_SESSION,
)
"""What is taken while the logs have no room for more: it makes less of it, or halts a market."""

log = get_logger("journal")


class OriginVoidError(Exception):
    """A batch was lost although a later one was stored: the journal's promise was broken."""


class Follower(Protocol):
    """Sees every FILLS message, in order, after the gateway has applied it."""

    def on_fills(self, message: LogMessage, applied: Applied) -> None:
        """Take one message; must not block."""

    def on_batch(self) -> None:
        """After a run of messages: wake whoever waits for them."""


class Journal:
    """The process's one way to ORDERS, and its one reader of FILLS."""

    def __init__(
        self,
        bus: Bus,
        logs: ShardLogs,
        gateway: Gateway,
        writer: OriginWriter,
        *,
        followers: tuple[Follower, ...] = (),
        max_log_fullness: float = 0.95,
        telemetry: Telemetry | None = None,
    ) -> None:
        self.caught_up = asyncio.Event()
        """Set once all of FILLS as it was at the start has been applied."""
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Gets the error after which this process must not go on: a damaged log, a defect."""
        self.seen = 0
        """The last FILLS sequence applied: the stamp of the next batch."""
        self._bus = bus
        self._logs = logs
        self._gateway = gateway
        self._writer = writer
        self._followers = followers
        self._telemetry = telemetry or Telemetry.off()
        self._watch = LogWatch(bus, logs, max_log_fullness)
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._frozen_batch = 0
        self._frozen_commands = 0
        self._resolved_batch = 0
        self._refusals = 0
        self._work = asyncio.Event()
        self._frozen = asyncio.Event()
        self._moved = asyncio.Event()
        self._tick_wanted = False
        self._active_at = 0.0
        self._published_at = 0.0
        self._refusing_until = 0.0
        self._repeats = asyncio.Semaphore(MAX_REPEATS_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to read FILLS; requests are taken once all there is now has been applied.

        Raises LogShort when ORDERS ends before FILLS: it lost what was acknowledged, and what came
        next would take the places, and so the order ids, of that.
        """
        await ensure_logs(self._bus, self._logs, LogSettings())
        last = await self._last(self._logs.fills)
        orders_last = await self._last(self._logs.orders)
        if orders_last < last:
            raise LogShort(self._logs.orders.name, last, orders_last)
        await self._writer.start()
        await self._watch.start()
        self._active_at = self._published_at = asyncio.get_running_loop().time()
        self._spawn(self._follow(last), "journal fills")
        self._spawn(self._pump(), "journal pump")
        self._spawn(self._tick(), "journal ticks")

    async def stop(self) -> None:
        """Store what is pending, then stop; who still waits is told that the outcome is unknown."""
        while self._gateway.pending and self.open:
            await self.frozen(0.1)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._watch.stop()
        await self._writer.stop()
        for ticket in list(self._waiting):
            self._expire(ticket)
        if not self.failed.done():
            self.failed.cancel()

    @property
    def origin(self) -> int:
        """Under which number this process writes its batches."""
        return self._writer.origin

    @property
    def open(self) -> bool:
        """Whether requests are taken now."""
        return self.caught_up.is_set() and not self.failed.done() and self._bus.connected

    async def end(self) -> None:
        """Wait for the failure after which this process must not go on, and raise it."""
        await asyncio.shield(self.failed)

    # Requests.

    def submit(
        self, method: int, request: bytes, firm: int, session: int = 0
    ) -> tuple[int, asyncio.Future[bytes] | bytes]:
        """Take a request: its ticket and the answer to come; or 0 and the answer that is there.

        Raises BadRequest, NotFound or Overloaded of the core, or Unavailable: nothing of the
        request is in the journal then.
        """
        return self._take(method, self._gateway.submit, method, request, firm, session)

    def control(self, method: int, request: bytes) -> tuple[int, asyncio.Future[bytes]]:
        """Take an operator's request; its answer is a `CancelAllResponse`, whatever it asks."""
        ticket, answer = self._take(method, self._gateway.control, method, request)
        assert isinstance(answer, asyncio.Future)
        return ticket, answer

    async def bust(self, request: bytes) -> tuple[int, asyncio.Future[bytes]]:
        """Take an operator's request to undo a trade, which the journal is asked for first.

        Raises NotFound of the core when there is no such trade at that place.
        """
        self._check_open(0)
        sequence = self._gateway.bust_sequence(request)
        async with self._repeats:
            message = await read_message(self._bus, self._logs.fills, sequence)
        if message is None:
            raise NotFound("UNKNOWN_TRADE", f"the journal no longer has message {sequence}")
        ticket, answer = self._take(0, self._gateway.bust_trade, request, message.data)
        assert isinstance(answer, asyncio.Future)
        return ticket, answer

    def kill_session(self, session: int) -> asyncio.Future[bytes]:
        """Take an operator's kill of a session, with cancels for all its orders; as `control`."""
        # Like a cancel of all, it is taken when nothing else is.
        _, answer = self._take(Gateway.METHOD_CANCEL_ALL, self._gateway.kill_session, session)
        assert isinstance(answer, asyncio.Future)
        return answer

    def _take(
        self, method: int, take: Callable[..., Submitted], *arguments: Any
    ) -> tuple[int, asyncio.Future[bytes] | bytes]:
        """Hand a request to the gateway, and wait for its answer from then on."""
        self._check_open(method)
        try:
            submitted = take(*arguments)
        except Exception:
            raise
        except BaseException as panic:
            # The gateway may be half changed: what it holds must go out under no number.
            self._fail(panic)
            raise Unavailable("JOURNAL_DAMAGED", "order entry stops at a defect") from panic
        if submitted.ticket == 0:
            return 0, submitted.response or b""
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[submitted.ticket] = future
        self._work.set()
        return submitted.ticket, future

    async def answer(self, ticket: int, future: asyncio.Future[bytes], seconds: float) -> bytes:
        """Wait for the answer; after `seconds` it says that the outcome is unknown.

        When the caller is cancelled the request is forgotten; what it asked for still happens.
        """
        timer = self.expire_later(ticket, seconds)
        try:
            return await future
        finally:
            timer.cancel()
            self.forget(ticket)

    def expire_later(self, ticket: int, seconds: float) -> asyncio.TimerHandle:
        """Complete the request as unknown after `seconds`, unless its outcome comes first."""
        return asyncio.get_running_loop().call_later(seconds, self._expire, ticket)

    def forget(self, ticket: int) -> None:
        """Nobody waits for this request any more; what it asked for still happens."""
        if self._waiting.pop(ticket, None) is not None:
            self._gateway.forget(ticket)

    def open_in_session(self, session: int) -> int:
        """How many orders are open that a session of this process sent."""
        return self._gateway.open_in_session(session)

    def cancel_session(self, session: int, *, killed: bool = False) -> None:
        """Ask for the end of the session's open orders that are marked so, or of a killed one's
        every order; no bound holds."""
        self._gateway.cancel_session(session, killed)
        self._work.set()

    def cancel_origin(self, origin: int) -> int:
        """Ask for the end of the open orders of another origin that are to end with their session;
        how many there are."""
        canceled = self._gateway.cancel_origin(origin)
        self._work.set()
        return canceled

    async def beat(self, seconds: float) -> bool:
        """Write something that has an outcome, a tick at least; False when it has none for so
        long, or the journal took it not."""
        refusals, batch = self._refusals, self._frozen_batch + 1
        self._tick_wanted = True
        self._work.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._resolved_batch < batch and self._refusals == refusals:
                    self._moved.clear()
                    await self._moved.wait()
        return self._resolved_batch >= batch

    async def frozen(self, seconds: float) -> None:
        """Wait until the next batch goes out: a session's way to slow its client down."""
        self._frozen.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._frozen.wait()

    async def resolved(self) -> bool:
        """Wait for the outcome of all that was submitted so far; False if some was refused."""
        refusals = self._refusals

        async def until(done: Callable[[], bool]) -> None:
            while not (done() or self._refusals != refusals or self.failed.done()):
                self._moved.clear()
                await self._moved.wait()

        # What is pending may fill many batches; they are frozen in the order of their commands.
        commands = self._frozen_commands + self._gateway.pending
        await until(lambda: self._frozen_commands >= commands)
        batch = self._frozen_batch
        await until(lambda: self._resolved_batch >= batch)
        return self._refusals == refusals

    def check_readable(self) -> None:
        """Raise unless what is known of orders and accounts goes up to the journal's end."""
        if self.failed.done():
            raise Unavailable("JOURNAL_DAMAGED", "trading has stopped: an operator must look")
        if not self.caught_up.is_set():
            raise Unavailable("STARTING", "reading the journal", retry_after_seconds=0.5)

    def _check_open(self, method: int) -> None:
        """Raise unless a request would go into the journal now."""
        self.check_readable()
        if not self._bus.connected:
            raise Unavailable(
                "JOURNAL_UNAVAILABLE", "the journal can't be reached", retry_after_seconds=0.5
            )
        if self._watch.full and method not in NEVER_TOO_MUCH:
            raise Unavailable("JOURNAL_FULL", self._watch.full, retry_after_seconds=5.0)
        if self._watch.behind and method not in NEVER_TOO_MUCH:
            raise Unavailable("JOURNAL_BEHIND", self._watch.behind, retry_after_seconds=1.0)
        if self._refusing_until and asyncio.get_running_loop().time() < self._refusing_until:
            raise Unavailable(
                "JOURNAL_UNAVAILABLE", "the journal stores nothing now", retry_after_seconds=0.5
            )

    def _complete(self, ticket: int, response: bytes) -> None:
        future = self._waiting.pop(ticket, None)
        if future is not None and not future.done():
            future.set_result(response)

    def _expire(self, ticket: int) -> None:
        future = self._waiting.pop(ticket, None)
        if future is not None and not future.done():
            future.set_result(self._gateway.unknown(ticket))

    # To ORDERS: one publish in flight.

    async def _pump(self) -> None:
        await self.caught_up.wait()
        log.info("caught up", sequence=self.seen, origin=f"{self._writer.origin:016x}")
        # Carries journal time over the pause since the log's last message.
        self._tick_wanted = True
        while not self.failed.done():
            while not (self._gateway.pending or self._tick_wanted):
                self._work.clear()
                await self._work.wait()
            await self._room()
            frozen = self._freeze()
            if frozen is not None:
                await self._publish(frozen)

    async def _room(self) -> None:
        """Wait for room in the pipeline. Every stage has a price for each message, whatever it
        holds: under load few large batches reach their outcome sooner than many small ones."""
        if self._on_the_way < PIPELINE_BATCHES:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PIPELINE_SECONDS):
                while self._on_the_way >= PIPELINE_BATCHES and not self.failed.done():
                    self._moved.clear()
                    await self._moved.wait()

    @property
    def _on_the_way(self) -> int:
        """Batches that went out and have no outcome yet."""
        return self._frozen_batch - self._resolved_batch

    def _freeze(self) -> Frozen | None:
        """The next batch; after a pause a tick goes first, since it carries journal time."""
        if self._tick_wanted:
            self._tick_wanted = False
            frozen: Frozen | None = self._gateway.freeze_tick(int(time.time()), self.seen)
        else:
            frozen = self._gateway.freeze(self.seen)
            self._frozen_commands += 0 if frozen is None else frozen.count
        if frozen is not None:
            self._frozen_batch = frozen.batch
        self._frozen.set()
        self._moved.set()
        return frozen

    async def _publish(self, frozen: Frozen) -> None:
        try:
            with self._telemetry.batch("orders.publish", frozen.batch, frozen.count) as headers:
                sequence = await self._writer.publish(
                    frozen.batch, frozen.token, frozen.frame, headers=headers
                )
        except JournalUnavailable as error:
            self._refuse(frozen, error)
            return
        self._active_at = self._published_at = asyncio.get_running_loop().time()
        for ticket, response in self._gateway.stored(frozen.batch, sequence):
            self._complete(ticket, response)

    def _refuse(self, frozen: Frozen, error: JournalUnavailable) -> None:
        """It is certain that the journal has nothing of the batch: say so to all who wait."""
        log.warning("batch refused", batch=frozen.batch, commands=frozen.count, reason=str(error))
        for ticket in self._gateway.refused(frozen.batch):
            future = self._waiting.pop(ticket, None)
            if future is not None and not future.done():
                future.set_exception(error)
        self._frozen_batch = frozen.batch - 1
        self._refusals += 1
        self._refusing_until = asyncio.get_running_loop().time() + REFUSING_SECONDS
        self._moved.set()

    async def _tick(self) -> None:
        """Keep journal time going while nobody trades, and this origin known to risk."""
        while True:
            await asyncio.sleep(QUIET_SECONDS / 4 * random.uniform(0.8, 1.2))
            now = asyncio.get_running_loop().time()
            quiet = now - self._active_at >= QUIET_SECONDS
            fading = now - self._published_at >= KEEP_ORIGIN_SECONDS
            settled = self._on_the_way == 0
            if (quiet or fading) and settled and self._bus.connected:
                self._tick_wanted = True
                self._work.set()

    # From FILLS.

    async def _last(self, log: Log) -> int:
        state = await read_state(self._bus, log)
        return 0 if state is None else state.last

    async def _follow(self, last: int) -> None:
        if last == 0:
            self.caught_up.set()
        clock = asyncio.get_running_loop().time
        async with LogReader(self._bus, self._logs.fills) as reader:
            while True:
                turn_ends = clock() + TURN_SECONDS
                for message in await reader.next_batch(READ_MESSAGES):
                    self._apply(message)
                    if clock() > turn_ends:
                        await asyncio.sleep(0)
                        turn_ends = clock() + TURN_SECONDS
                self._active_at = clock()
                for follower in self._followers:
                    follower.on_batch()
                if self.seen >= last:
                    self.caught_up.set()

    def _apply(self, message: LogMessage) -> None:
        applied = self._gateway.apply_fills(message.sequence, message.data)
        self.seen = message.sequence
        if applied.own_batch:
            if applied.status == BatchStatus.VOID:
                # No later batch of this origin can count either; a new process is a new origin.
                raise OriginVoidError(f"batch {applied.own_batch} has no effect at {self.seen}")
            self._resolve(applied.own_batch, message.sequence)
        for ticket, response in applied.completed:
            self._complete(ticket, response)
        for ticket, sequences in applied.repeats:
            self._spawn(self._repeat(ticket, sequences), f"repeat {ticket}")
        for follower in self._followers:
            follower.on_fills(message, applied)

    def _resolve(self, batch: int, sequence: int) -> None:
        self._writer.outcome_known(batch, sequence)
        self._resolved_batch = max(self._resolved_batch, batch)
        self._moved.set()

    async def _repeat(self, ticket: int, sequences: list[int]) -> None:
        """A request that was sent before: its first outcomes are in earlier FILLS messages."""
        async with self._repeats:
            frames: dict[int, bytes] = {}
            for sequence in sequences:
                message = await read_message(self._bus, self._logs.fills, sequence)
                if message is None or ticket not in self._waiting:
                    return  # Its timer will say that the outcome is unknown.
                frames[sequence] = message.data
            self._complete(ticket, self._gateway.complete_repeats(ticket, frames))

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        if task.get_name().startswith("repeat "):
            log.warning("first outcome not read", error=str(error))
        else:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        """Stop for good: who waits finds out, and the process ends."""
        if not self.failed.done():
            log.error("journal failed", error=str(error), kind=type(error).__name__)
            self.failed.set_exception(error)
            self._moved.set()
