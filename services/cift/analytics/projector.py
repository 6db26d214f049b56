"""Carries FILLS into one database, in blocks, exactly once, and keeps trying when it is away.

A store knows its own place: the last FILLS sequence that it holds, kept with the rows. After any
failure, a lost answer included, the projector asks for that place again and goes on behind it, so
it never guesses whether a block arrived. A database that is away for long holds up nothing but its
own projection: the reader is closed meanwhile, and FILLS keeps what is to come.
"""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import cift_core
from cift.analytics.rows import Block
from cift.kit.bus import (
    Bus,
    BusUnavailable,
    LogMessage,
    LogReader,
    LogSettings,
    ReaderLimits,
    ShardLogs,
    ensure_logs,
    read_message,
)
from cift.kit.logging import get_logger

__all__ = ["Place", "ProjectionStore", "Projector", "StoreUnavailable"]

RETRY_SECONDS_MIN = 0.2
RETRY_SECONDS_MAX = 5.0
BLOCK_BYTES = 16 << 20
"""A block of so many frame bytes is some 80,000 events."""
BLOCK_MESSAGES = 4096
IDLE_SECONDS = 1.0
READY_LAG = 256
"""A projection is ready once it was so close to the end of FILLS: while orders keep coming it may
never be at the very end."""
LOOK_SECONDS = 0.05
"""How often a reader that has not caught up yet is asked whether it has."""
READER_LIMITS = ReaderLimits(queue_bytes=48 << 20, flow_bytes=4 << 20)

log = get_logger("projector")


class StoreUnavailable(Exception):
    """The database cannot be reached, or failed; the projector opens it again."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far a store is: everything up to `sequence`; 0: nothing."""

    sequence: int
    state_hash: int | None = None
    """The running hash of FILLS there; None when the store does not know it."""


class ProjectionStore(Protocol):
    """A database that holds a projection of one shard's FILLS."""

    name: str

    async def open(self) -> Place:
        """Connect anew and return the place; StoreUnavailable when it is away."""

    async def apply(self, block: Block) -> None:
        """Store a block that begins behind the place: all of it, or StoreUnavailable."""

    async def clear(self) -> None:
        """Drop the shard's rows and place, so that it is filled from the beginning."""

    async def close(self) -> None:
        """Give the connection back; called after a failed `open` too."""


class Projector:
    """Fills one store; a part with a task of its own."""

    def __init__(
        self,
        bus: Bus,
        logs: ShardLogs,
        store: ProjectionStore,
        *,
        pause_seconds: float,
        rebuild: bool = False,
        on_fault: Callable[[BaseException], None],
    ) -> None:
        self.sequence = 0
        """Everything up to this FILLS sequence is in the store."""
        self.ready = False
        """Whether the store is open and has come close to the end of FILLS since it was opened."""
        self._bus = bus
        self._logs = logs
        self._store = store
        self._pause_seconds = pause_seconds
        self._rebuild = rebuild
        self._on_fault = on_fault
        self._log = log.bind(store=store.name)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin; the database may be away, so this does not wait for it."""
        await ensure_logs(self._bus, self._logs, LogSettings())
        self._task = asyncio.create_task(self._run(), name=f"project into {self._store.name}")

    async def stop(self) -> None:
        """Stop; a block that is being stored is stored whole or not at all."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        pauses = _pauses()
        while True:
            began = self.sequence
            try:
                await self._follow()
            except (StoreUnavailable, BusUnavailable) as error:
                self._log.warning("projection waits", error=str(error), sequence=self.sequence)
            except Exception as error:
                self._on_fault(error)
                return
            finally:
                self.ready = False
                await self._store.close()
            if self.sequence > began:
                pauses = _pauses()
            await asyncio.sleep(next(pauses))

    async def _follow(self) -> None:
        """Store blocks until something fails."""
        self.sequence = await self._open()
        self._log.info("store open", sequence=self.sequence)
        reader = LogReader(self._bus, self._logs.fills, after=self.sequence, limits=READER_LIMITS)
        async with reader:
            while True:
                patience = IDLE_SECONDS if self.ready else LOOK_SECONDS
                messages = await reader.next_batch(BLOCK_MESSAGES, timeout_s=patience)
                for part in _parts(messages):
                    block = await asyncio.to_thread(
                        Block,
                        self._logs.shard,
                        part[0].sequence,
                        [message.data for message in part],
                    )
                    await self._store.apply(block)
                    self.sequence = block.last
                self.ready = self.ready or (reader.opened > 0 and reader.lag <= READY_LAG)
                # The next block gathers what comes meanwhile: a store costs by the block.
                await asyncio.sleep(self._pause_seconds)

    async def _open(self) -> int:
        """Open the store; one that was filled from another log is filled anew."""
        place = await self._store.open()
        if not self._rebuild and place.sequence > 0 and place.state_hash is not None:
            stored = await read_message(self._bus, self._logs.fills, place.sequence)
            # A log that does not reach that far is being made again, byte for byte.
            if stored is not None and cift_core.header(stored.data).state_hash != place.state_hash:
                self._log.error("filled from another log, building anew", sequence=place.sequence)
                self._rebuild = True
        if self._rebuild:
            await self._store.clear()
            self._rebuild = False
            place = await self._store.open()
        return place.sequence


def _parts(messages: list[LogMessage]) -> Iterator[list[LogMessage]]:
    """Cut a run of messages into blocks of bounded size, each at least one message."""
    part: list[LogMessage] = []
    size = 0
    for message in messages:
        if part and size + len(message.data) > BLOCK_BYTES:
            yield part
            part, size = [], 0
        part.append(message)
        size += len(message.data)
    if part:
        yield part


def _pauses() -> Iterator[float]:
    """Seconds between attempts, growing to a bound."""
    for attempt in itertools.count():
        yield min(RETRY_SECONDS_MIN * 2 ** min(attempt, 10), RETRY_SECONDS_MAX)
