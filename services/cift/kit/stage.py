"""Stage: one log in, a pure function, one log out. Risk and matching are each one.

A stage starts by an in-process replay of ORDERS up to what FILLS holds, comparing every FILLS
frame with the stored one, and so has the state of both risk and matching at that place; then it
goes on live. What it computes again beyond is compared with what is stored, and only what is not
stored yet is written. All that can go wrong on the way ends in one of two ways: the stage starts
over from the logs by itself, or `run` raises an error that names the log and the sequence.

Matching reads RISKED and writes FILLS. Risk reads ORDERS and writes RISKED, and before message n
it applies exactly the FILLS that `fills_wanted` names, waiting for them if need be: so two live
risks write the same bytes.
"""

import asyncio
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from cift.kit.bus import (
    ApiError,
    Bus,
    BusUnavailable,
    Log,
    LogHole,
    LogMessage,
    LogReader,
    LogSettings,
    LogState,
    ReplayNeeded,
    ShardLogs,
    StageWriter,
    ensure_logs,
    ensure_risked,
    read_state,
)
from cift.kit.logcheck import Replay, Tails, check_start, replay
from cift.kit.logging import get_logger

__all__ = [
    "FillsFollower",
    "MatchingCore",
    "Replayer",
    "RiskCore",
    "Stage",
    "StageState",
    "matching_stage",
    "risk_stage",
]

BATCH = 512
TURN_S = 0.0003
"""After so long in one turn the loop lets publishes and answers through."""

READY_LAG = 256
"""A stage is ready once it has been this close to the end of its input."""

DRAIN_S = 5.0
RETRY_S = 0.2
HOLES_PASSED_MAX = 8
"""How often in a row a stage starts over because RISKED begins behind its place."""

log = get_logger("stage")


class RiskCore(Protocol):
    """ORDERS and FILLS in, RISKED out (cift_core.RiskStage)."""

    @property
    def applied(self) -> int:
        """The last ORDERS sequence applied."""
        ...

    @property
    def fills_applied(self) -> int:
        """The last FILLS sequence applied."""
        ...

    def fills_wanted(self, sequence: int, orders: bytes, /) -> int:
        """p(n): the FILLS sequence to apply before ORDERS `sequence`."""
        ...

    def apply_fills(self, sequence: int, fills: bytes, /) -> None:
        """Apply FILLS `sequence`, the last one + 1."""
        ...

    def apply(self, sequence: int, timestamp_ns: int, orders: bytes, /) -> bytes:
        """Apply ORDERS `sequence`, the last one + 1; returns the RISKED frame."""
        ...


class MatchingCore(Protocol):
    """RISKED in, FILLS out (cift_core.MatchingStage)."""

    @property
    def applied(self) -> int:
        """The last RISKED sequence applied."""
        ...

    def apply(self, sequence: int, risked: bytes, /) -> bytes:
        """Apply RISKED `sequence`, the last one + 1; returns the FILLS frame."""
        ...


R = TypeVar("R", bound=RiskCore)
M = TypeVar("M", bound=MatchingCore)
R_co = TypeVar("R_co", bound=RiskCore, covariant=True)
M_co = TypeVar("M_co", bound=MatchingCore, covariant=True)
C = TypeVar("C", bound=RiskCore | MatchingCore)


class Replayer(Replay, Protocol[R_co, M_co]):
    """Risk and matching in one, for a start (cift_core.Replayer)."""

    def into_stages(self) -> tuple[R_co, M_co]:
        """The two states after the last message applied; the replayer is then used up."""
        ...


class StageState(StrEnum):
    """Where a stage is in its life."""

    STARTING = "starting"
    REPLAYING = "replaying"
    LIVE = "live"
    STOPPED = "stopped"
    FAILED = "failed"


OnOutput = Callable[[int, bytes], None]


class FillsFollower(Protocol):
    """Is told of every FILLS message that a live risk applies; must be quick and must not raise."""

    def begin(self, sequence: int, /) -> None:
        """The state was built anew, with FILLS up to `sequence`; what comes follows on that."""
        ...

    def on_fills(self, sequence: int, fills: bytes, /) -> None:
        """FILLS `sequence` was applied."""
        ...


def risk_stage(
    bus: Bus,
    logs: ShardLogs,
    make_replayer: Callable[[], Replayer[R, M]],
    *,
    settings: LogSettings | None = None,
    on_output: OnOutput | None = None,
    on_reset: Callable[[], None] | None = None,
    followers: Sequence[FillsFollower] = (),
) -> "Stage[R]":
    """The stage ORDERS -> RISKED; see `Stage`."""
    settings = settings or LogSettings()
    role = _RiskRole(bus, logs, settings, make_replayer, followers)
    return Stage(bus, logs, role, settings, on_output, on_reset)


def matching_stage(
    bus: Bus,
    logs: ShardLogs,
    make_replayer: Callable[[], Replayer[R, M]],
    *,
    settings: LogSettings | None = None,
    on_output: OnOutput | None = None,
    on_reset: Callable[[], None] | None = None,
) -> "Stage[M]":
    """The stage RISKED -> FILLS; see `Stage`."""
    role = _MatchingRole(logs, make_replayer)
    return Stage(bus, logs, role, settings or LogSettings(), on_output, on_reset)


class Stage(Generic[C]):
    """Runs one stage of one shard until `stop`, or until an error that only people can mend.

    `on_output(sequence, frame)` is called with every frame of the stage's own log, from 1 on, in
    order, as soon as it is computed (it may not be stored yet). When the stage starts over it
    calls `on_reset` first and begins at 1 again. Both must be quick and must not raise.
    """

    def __init__(
        self,
        bus: Bus,
        logs: ShardLogs,
        role: "_Role[C]",
        settings: LogSettings,
        on_output: OnOutput | None,
        on_reset: Callable[[], None] | None,
    ) -> None:
        self.name = role.name
        self.state = StageState.STARTING
        self.replays = 0
        """How often the state was built from the logs."""
        self.core: C | None = None
        """The state machine; another object after each replay, None before the first."""
        self._bus = bus
        self._logs = logs
        self._role = role
        self._settings = settings
        self._on_output = on_output
        self._on_reset = on_reset
        self._caught_up = False
        self._reader: LogReader | None = None
        self._writer: StageWriter | None = None
        self._replayed = 0
        self._holes_passed = 0
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        self._ended.set()

    @property
    def applied(self) -> int:
        """The last input sequence applied; while replaying, the last replayed."""
        return self._replayed if self.core is None else self.core.applied

    @property
    def stored(self) -> int:
        """The last sequence of the output log known to be stored with our bytes."""
        return 0 if self._writer is None else self._writer.stored

    @property
    def ready(self) -> bool:
        """Whether the stage is live, connected, and has caught up with its input since it began."""
        if self.state is not StageState.LIVE or self._reader is None:
            return False
        if not self._caught_up:
            self._caught_up = self._reader.opened > 0 and self._reader.lag <= READY_LAG
        return self._caught_up and self._bus.connected

    @property
    def trouble(self) -> str:
        """Why nothing can be stored at the moment; "" when all is well."""
        return "" if self._writer is None else self._writer.trouble

    async def run(self) -> None:
        """Work until `stop`. Raises the LogFault, or the core's error, that ends the stage."""
        self._ended.clear()
        try:
            while not self._stopping.is_set():
                try:
                    await self._life()
                except ReplayNeeded as reason:
                    log.warning("starting over", stage=self.name, reason=str(reason))
                except (BusUnavailable, ApiError) as error:
                    log.warning("the logs are out of reach", stage=self.name, error=str(error))
                if self._bus.closed and not self._stopping.is_set():
                    raise BusUnavailable("the connection to NATS was closed for good")
                if not self._stopping.is_set():
                    await asyncio.sleep(RETRY_S)
            self.state = StageState.STOPPED
        except BaseException:
            self.state = StageState.FAILED
            raise
        finally:
            self._caught_up = False
            self._ended.set()

    async def stop(self) -> None:
        """End `run`: finish what was computed, store it, release everything."""
        self._stopping.set()
        await self._ended.wait()

    async def _life(self) -> None:
        """One life: check, replay, go live; returns on `stop`."""
        self._begin_again()
        starting = asyncio.create_task(self._start(), name=f"start {self.name}")
        try:
            await self._unless_stopping(starting)
            if not starting.done():
                return
            place = starting.result()
        finally:
            await _cancel(starting)
        assert self.core is not None
        writer = StageWriter(self._bus, self._role.output, remake=self._role.remake)
        # What made one log shorter may have shortened the other: else risk and matching could wait
        # for one another.
        reader = LogReader(self._bus, self._role.input, after=place, on_shorter=writer.look)
        try:
            await writer.start(place)
            await reader.start()
            await self._role.open(self.core, writer.look)
            self._reader, self._writer = reader, writer
            await self._live(self.core, reader, writer)
        finally:
            await self._role.close()
            await reader.stop()
            if self._stopping.is_set() and not await writer.drain(DRAIN_S):
                log.warning("stopped with messages not stored", stage=self.name)
            await writer.stop()

    async def _live(self, core: C, reader: LogReader, writer: StageWriter) -> None:
        self.state = StageState.LIVE
        log.info("live", stage=self.name, place=core.applied)
        working = asyncio.create_task(self._work(core, reader, writer), name=self.name)
        try:
            await self._unless_stopping(working, writer.failed)
            if writer.failed.done():
                writer.failed.result()
            if working.done():
                working.result()
        finally:
            await _cancel(working)

    def _begin_again(self) -> None:
        self.state = StageState.STARTING
        self.core = None
        self._reader = self._writer = None
        self._caught_up = False
        self._replayed = 0
        if self.replays and self._on_reset is not None:
            self._on_reset()

    async def _unless_stopping(self, *others: asyncio.Future[Any]) -> None:
        """Wait until one of `others` is done or a stop is asked for."""
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({stopping, *others}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _cancel(stopping)

    async def _start(self) -> int:
        """Build the state from the logs; returns its place."""
        await ensure_logs(self._bus, self._logs, self._settings)
        tails = await check_start(self._bus, self._logs)
        for note in tails.notes:
            log.warning("start check", stage=self.name, note=note)
        place = self._role.place(tails)
        self.state = StageState.REPLAYING
        self.replays += 1
        replayer, adopt = self._role.begin()
        began = time.monotonic()
        await replay(self._bus, self._logs, replayer, place, on_outputs=self._on_replayed)
        self.core = adopt()
        log.info(
            "replayed",
            stage=self.name,
            messages=place,
            seconds=round(time.monotonic() - began, 3),
        )
        return place

    def _on_replayed(self, sequence: int, risked: bytes, fills: bytes) -> None:
        self._replayed = sequence
        if self._on_output is not None:
            self._on_output(sequence, self._role.own(risked, fills))

    async def _work(self, core: C, reader: LogReader, writer: StageWriter) -> None:
        """The loop: as many messages as there are, one turn of the event loop now and then."""
        role, output, on_output = self._role, self._role.output, self._on_output
        clock = time.perf_counter
        cut = len(role.input.prefix)
        while True:
            try:
                batch = await reader.next_batch(BATCH)
            except LogHole as hole:
                await self._pass_hole(hole, core)
                raise
            turn_ends = clock() + TURN_S
            for message in batch:
                frame = await role.apply(core, message)
                await writer.put(
                    message.sequence,
                    f"{output.prefix}{message.subject[cut:]}",
                    frame,
                    headers=_trace(message),
                )
                if on_output is not None:
                    on_output(message.sequence, frame)
                if clock() > turn_ends:
                    await asyncio.sleep(0)
                    turn_ends = clock() + TURN_S
            self._holes_passed = 0

    async def _pass_hole(self, hole: LogHole, core: C) -> None:
        """RISKED made anew begins behind FILLS' end: a matching that another one overtook has
        its place in FILLS, not in RISKED. Raises ReplayNeeded if so."""
        fills = await read_state(self._bus, self._logs.fills)
        overtaken = fills is not None and fills.last > core.applied
        if hole.log == self._logs.risked.name and overtaken:
            self._holes_passed += 1
            if self._holes_passed <= HOLES_PASSED_MAX:
                raise ReplayNeeded(f"{hole.log} begins behind {core.applied}") from hole


class _Role(ABC, Generic[C]):
    """What differs between risk and matching."""

    def __init__(self, name: str, source: Log, output: Log) -> None:
        self.name = name
        self.input = source
        self.output = output

    @abstractmethod
    def place(self, tails: Tails) -> int:
        """Up to where to replay."""

    @abstractmethod
    def begin(self) -> tuple[Replay, Callable[[], C]]:
        """A new replayer, and what takes the stage's own state out of it at the end."""

    @abstractmethod
    def own(self, risked: bytes, fills: bytes) -> bytes:
        """The frame of the stage's own log."""

    @abstractmethod
    async def apply(self, core: C, message: LogMessage) -> bytes:
        """Apply one input message."""

    async def remake(self) -> LogState | None:
        """Make the output log anew; None when that is not this stage's to do."""
        return None

    async def open(self, core: C, on_shorter: Callable[[], None]) -> None:
        """Begin to read what else the stage reads."""

    async def close(self) -> None:
        """Stop reading it."""


class _MatchingRole(_Role[M], Generic[R, M]):
    def __init__(self, logs: ShardLogs, make_replayer: Callable[[], Replayer[R, M]]) -> None:
        super().__init__("matching", logs.risked, logs.fills)
        self._make_replayer = make_replayer

    def place(self, tails: Tails) -> int:
        return tails.fills.last

    def begin(self) -> tuple[Replay, Callable[[], M]]:
        replayer = self._make_replayer()
        return replayer, lambda: replayer.into_stages()[1]

    def own(self, risked: bytes, fills: bytes) -> bytes:
        return fills

    async def apply(self, core: M, message: LogMessage) -> bytes:
        return core.apply(message.sequence, message.data)


class _RiskRole(_Role[R], Generic[R, M]):
    def __init__(
        self,
        bus: Bus,
        logs: ShardLogs,
        settings: LogSettings,
        make_replayer: Callable[[], Replayer[R, M]],
        followers: Sequence[FillsFollower],
    ) -> None:
        super().__init__("risk", logs.orders, logs.risked)
        self._followers = followers
        self._bus = bus
        self._logs = logs
        self._settings = settings
        self._make_replayer = make_replayer
        self._fills: LogReader | None = None
        self._waiting: deque[LogMessage] = deque()

    def place(self, tails: Tails) -> int:
        """RISKED that is being made anew may end before FILLS: it has to be filled up first."""
        if tails.risked is None:
            return tails.fills.last
        return min(tails.fills.last, tails.risked.last)

    def begin(self) -> tuple[Replay, Callable[[], R]]:
        replayer = self._make_replayer()
        return replayer, lambda: replayer.into_stages()[0]

    def own(self, risked: bytes, fills: bytes) -> bytes:
        return risked

    async def remake(self) -> LogState | None:
        return await ensure_risked(self._bus, self._logs, self._settings)

    async def open(self, core: R, on_shorter: Callable[[], None]) -> None:
        self._waiting.clear()
        self._fills = LogReader(
            self._bus, self._logs.fills, after=core.fills_applied, on_shorter=on_shorter
        )
        await self._fills.start()
        for follower in self._followers:
            follower.begin(core.fills_applied)

    async def close(self) -> None:
        fills, self._fills = self._fills, None
        if fills is not None:
            await fills.stop()

    async def apply(self, core: R, message: LogMessage) -> bytes:
        wanted = core.fills_wanted(message.sequence, message.data)
        while core.fills_applied < wanted:
            await self._apply_next_fills(core)
        return core.apply(message.sequence, message.timestamp_ns, message.data)

    async def _apply_next_fills(self, core: R) -> None:
        if not self._waiting:
            assert self._fills is not None
            self._waiting.extend(await self._fills.next_batch(BATCH))
        fills = self._waiting.popleft()
        core.apply_fills(fills.sequence, fills.data)
        for follower in self._followers:
            follower.on_fills(fills.sequence, fills.data)


async def _cancel(task: "asyncio.Task[Any]") -> None:
    """Cancel a task and wait for its end; what it raised was or will be seen elsewhere."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()


def _trace(message: LogMessage) -> str:
    """The header line that carries the input's trace context on."""
    traceparent = message.traceparent
    return "" if traceparent is None else f"traceparent: {traceparent}\r\n"
