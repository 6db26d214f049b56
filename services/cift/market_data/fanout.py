"""One reader of FILLS, one feed, many subscribers: each update is encoded once.

What a subscriber has not taken yet waits in its own bounded queue. The pieces are the same bytes
for all of them, and pieces that follow one another join into one message, since joined protobuf
messages merge: repeated fields append, and the last `through_sequence` stands.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from cift.kit.bus import Bus, LogReader, LogSettings, ShardLogs, ensure_logs
from cift.kit.logging import get_logger
from cift_core import FeedUpdate, MarketDataFeed

__all__ = ["FanOut", "Kind", "QueueLimits", "Subscription", "join"]

Kind = Literal["book", "trades", "top", "status"]

BATCH_MESSAGES = 64
"""Applied in one go; the subscribers' writers run in between."""
MESSAGE_BYTES = 1 << 20
"""Of one message to a subscriber; clients take 4 MiB unless told otherwise."""

IDLE_SECONDS = 1.0
LOOK_SECONDS = 0.05
"""How often a reader that has not caught up yet is asked whether it has."""

log = get_logger("fanout")


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """How far a subscriber may fall behind."""

    pieces: int = 65_536
    bytes: int = 16 << 20


class Subscription:
    """The queue of one subscriber: pieces after the sequence at which it was made."""

    def __init__(self, after: int, limits: QueueLimits) -> None:
        self.through = after
        """Everything up to this journal sequence was taken."""
        self.overflowed = False
        """Pieces were dropped, and none is kept until `restart`."""
        self._limits = limits
        self._pieces: deque[tuple[int, bytes]] = deque()
        self._bytes = 0
        self._arrived = asyncio.Event()

    def push(self, sequence: int, piece: bytes) -> None:
        """Queue a piece of message `sequence`, or overflow; one that was taken before is left."""
        if self.overflowed or sequence <= self.through:
            return
        if len(self._pieces) >= self._limits.pieces or (
            self._bytes + len(piece) > self._limits.bytes and self._pieces
        ):
            self._pieces.clear()
            self._bytes = 0
            self.overflowed = True
        else:
            self._pieces.append((sequence, piece))
            self._bytes += len(piece)
        self._arrived.set()

    async def wait(self, timeout_seconds: float) -> bool:
        """Wait for a piece or an overflow; False when the time is over first."""
        if not (self._pieces or self.overflowed):
            self._arrived.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_seconds):
                    await self._arrived.wait()
        return bool(self._pieces or self.overflowed)

    def take(self) -> bytes:
        """Take what waits, whole journal messages, as one message of bounded size."""
        taken: list[bytes] = []
        size = 0
        while self._pieces:
            sequence, piece = self._pieces[0]
            if taken and size + len(piece) > MESSAGE_BYTES and sequence != self.through:
                break
            self._pieces.popleft()
            taken.append(piece)
            size += len(piece)
            self.through = sequence
        self._bytes -= size
        return b"".join(taken)

    def restart(self, after: int) -> None:
        """Begin anew behind a snapshot of `after`."""
        self._pieces.clear()
        self._bytes = 0
        self.through = after
        self.overflowed = False


def join(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Join pieces that follow one another into messages of bounded size."""
    joined: list[bytes] = []
    size = 0
    for piece in pieces:
        if joined and size + len(piece) > MESSAGE_BYTES:
            yield b"".join(joined)
            joined, size = [], 0
        joined.append(piece)
        size += len(piece)
    if joined:
        yield b"".join(joined)


class FanOut:
    """Follows FILLS and hands each update to those who watch; a part."""

    def __init__(
        self,
        bus: Bus,
        logs: ShardLogs,
        feed: MarketDataFeed,
        *,
        limits: QueueLimits | None = None,
        on_fault: Callable[[BaseException], None],
    ) -> None:
        self.feed = feed
        self.caught_up = False
        """Whether the books have been up to date since the start."""
        self._bus = bus
        self._logs = logs
        self._reader = LogReader(bus, logs.fills)
        self._limits = limits or QueueLimits()
        self._on_fault = on_fault
        self._watchers: dict[tuple[Kind, str], set[Subscription]] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to read, from the first message."""
        await ensure_logs(self._bus, self._logs, LogSettings())
        await self._reader.start()
        self._task = asyncio.create_task(self._run(), name="fan out")

    async def stop(self) -> None:
        """Stop reading."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._reader.stop()

    @property
    def applied(self) -> int:
        """The last journal sequence in the books."""
        return self.feed.applied

    @contextlib.contextmanager
    def subscribe(
        self, kind: Kind, symbols: Iterable[str], after: int | None = None
    ) -> Iterator[Subscription]:
        """Queue the updates of `symbols` after `after` (None: from now on) while the block runs.

        No message is applied between this call and the caller's next await, so a snapshot taken
        there and the queue meet without a gap.
        """
        subscription = Subscription(self.applied if after is None else after, self._limits)
        keys = [(kind, symbol) for symbol in dict.fromkeys(symbols)]
        for key in keys:
            watchers = self._watchers.setdefault(key, set())
            if not watchers:
                self.feed.watch(key[1], kind)
            watchers.add(subscription)
        try:
            yield subscription
        finally:
            for key in keys:
                watchers = self._watchers[key]
                watchers.discard(subscription)
                if not watchers:
                    del self._watchers[key]
                    self.feed.unwatch(key[1], kind)

    async def _run(self) -> None:
        try:
            while True:
                patience = IDLE_SECONDS if self.caught_up else LOOK_SECONDS
                messages = await self._reader.next_batch(BATCH_MESSAGES, timeout_s=patience)
                for message in messages:
                    updates = self.feed.apply(message.sequence, message.data)
                    for update in updates:
                        self._hand_out(message.sequence, update)
                if not self.caught_up and self._reader.caught_up:
                    self.caught_up = True
                    log.info("caught up", sequence=self.applied)
                await asyncio.sleep(0)
        except Exception as error:
            self._on_fault(error)

    def _hand_out(self, sequence: int, update: FeedUpdate) -> None:
        pieces: tuple[tuple[Kind, bytes], ...] = (
            ("book", update.book),
            ("trades", update.trades),
            ("top", update.top),
            ("status", update.status),
        )
        for kind, piece in pieces:
            if piece:
                for subscription in self._watchers.get((kind, update.symbol), ()):
                    subscription.push(sequence, piece)
