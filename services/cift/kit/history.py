"""Places for streams that read history out of a log, of which there are few: each holds megabytes.

A stream has its place for a turn. It keeps it after that while nobody waits for one; when somebody
does, it is taken away as soon as the stream's client is what it waits for, whether that client is
slow or reads no more, and what had been read ahead for it goes with it. The stream then goes on
where it was, with another place once its turn comes. So a client costs those that wait one turn at
most, and a stream that lost its place nothing but time.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Iterator

from cift.kit.bus import Bus, Log, LogMessage, LogReader, ReaderLimits

__all__ = ["HistoryPlaces", "Place"]

LIMITS = ReaderLimits(queue_bytes=40 << 20, flow_bytes=1 << 20)
TURN_SECONDS = 2.0


class HistoryPlaces:
    """So many places to read one log."""

    def __init__(
        self, bus: Bus, log: Log, places: int, *, turn_seconds: float = TURN_SECONDS
    ) -> None:
        self._bus = bus
        self._log = log
        self._free = asyncio.Semaphore(places)
        self._turn_seconds = turn_seconds
        self._waiting = 0
        self._held: dict[Place, None] = {}
        """Those that have a turn longest first."""
        self._closing: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def place(self, after: int) -> AsyncIterator["Place"]:
        """Wait for a place, and read in it what follows on a sequence."""
        self._waiting += 1
        self.settle()
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        place = Place(self, LogReader(self._bus, self._log, after=after, limits=LIMITS))
        self._held[place] = None
        timer = asyncio.get_running_loop().call_later(self._turn_seconds, place.end_turn)
        try:
            await place.reader.start()
            yield place
        finally:
            timer.cancel()
            if not place.lost:
                self._take(place)
                await place.reader.stop()

    def settle(self) -> None:
        """Take places away from streams that are due to give them, as many as are waited for."""
        if not self._waiting or not self._free.locked():
            return
        for place in [place for place in self._held if place.is_due][: self._waiting]:
            self._take(place)
            task = asyncio.create_task(place.reader.stop(), name="close history")
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    def _take(self, place: "Place") -> None:
        place.lose()
        del self._held[place]
        self._free.release()


class Place:
    """A place, for as long as it is held."""

    def __init__(self, places: HistoryPlaces, reader: LogReader) -> None:
        self.lost = False
        """Whether it was taken away: what it has been asked for is all that it gives."""
        self.reader = reader
        self._places = places
        self._batch: deque[LogMessage] = deque()
        self._turn_ended = False
        self._handing = False

    async def read(self, maximum: int, seconds: float) -> bool:
        """Read on, at most so many messages; False when there is none for so long."""
        assert not self._batch, "what was read before is taken first"
        batch = await self.reader.next_batch(maximum, seconds)
        self._batch.extend(batch)
        return bool(batch)

    def messages(self) -> Iterator[LogMessage]:
        """What was read, one after the other; no more of it once the place is lost."""
        while self._batch:
            yield self._batch.popleft()

    @contextlib.contextmanager
    def handing(self) -> Iterator[None]:
        """Around a `yield` to the client: whoever waits for it there may lose the place."""
        self._handing = True
        if self._turn_ended:
            self._places.settle()
        try:
            yield
        finally:
            self._handing = False

    @property
    def is_due(self) -> bool:
        """Whether it is to be given to who waits for one."""
        return self._handing and self._turn_ended

    def end_turn(self) -> None:
        """From now on it is held only while nobody waits."""
        self._turn_ended = True
        self._places.settle()

    def lose(self) -> None:
        """It is another's."""
        self.lost = True
        self._batch.clear()
