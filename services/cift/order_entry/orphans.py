"""Orphans: orders that are to end with their session, whose process ended before it saw to that.

While sessions have orders open, every process writes something into the journal once a second, a
tick if there is nothing else. Whoever reads of none by another for so many of its own is told that
the other is gone, and cancels what was tied to its sessions. Counted are messages, not seconds:
what keeps everybody from writing, a journal that is away, makes nobody look dead. A process that
lives and yet got nothing into the journal for so long has lost its clients' connections to the
exchange all the same; they see their orders canceled and may send more.

Several may come to the same end at once: the second cancel of an order finds nothing.
"""

import asyncio
from collections.abc import Callable

from cift.kit.bus import LogMessage
from cift.kit.logging import get_logger
from cift.order_entry.journal import Journal
from cift_core import Applied, Gateway

__all__ = ["Orphans"]

BEAT_SECONDS = 1.0
SILENT_BEATS = 5
"""So many own messages without one of another process, and it is gone."""

log = get_logger("orphans")


class Orphans:
    """Watches the other processes; a part, and a follower of the journal."""

    def __init__(
        self,
        gateway: Gateway,
        *,
        on_fault: Callable[[BaseException], None],
        beat_seconds: float = BEAT_SECONDS,
    ) -> None:
        """`on_fault` must stop the process: one that does not watch does not say either that it
        lives, and others would cancel what its clients have."""
        self._gateway = gateway
        self._on_fault = on_fault
        self._beat_seconds = beat_seconds
        self._journal: Journal | None = None
        self._silent: dict[int, int] = {}
        """How many own beats there were since an origin was heard of."""
        self._done: set[int] = set()
        """Origins that are gone and have nothing tied any more."""
        self._task: asyncio.Task[None] | None = None

    def bind(self, journal: Journal) -> None:
        """Name the journal whose follower this is."""
        self._journal = journal

    async def start(self) -> None:
        """Begin once the journal has caught up."""
        self._task = asyncio.create_task(self._run(), name="orphans")

    async def stop(self) -> None:
        """Stop watching."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def on_fills(self, _message: LogMessage, applied: Applied) -> None:
        """Somebody lives, or did when this was written."""
        self._silent.pop(applied.origin, None)
        self._done.discard(applied.origin)

    def on_batch(self) -> None:
        """Nothing more to do."""

    async def _run(self) -> None:
        try:
            await self._watch()
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            # A panic of the core is no Exception.
            self._on_fault(error)

    async def _watch(self) -> None:
        journal = self._journal
        assert journal is not None
        await journal.caught_up.wait()
        while True:
            await asyncio.sleep(self._beat_seconds)
            origins = set(self._gateway.origins_with_orders())
            self._done &= origins
            others = origins - self._done - {journal.origin}
            # What this process sent may be open for others who have read further.
            watched = journal.origin in origins or self._gateway.waiting > 0
            if not (others or watched):
                self._silent.clear()
                continue
            if not await journal.beat(self._beat_seconds):
                continue
            # Whoever was heard of up to that beat begins at one again.
            self._silent = {origin: self._silent.get(origin, 0) + 1 for origin in others}
            for origin, beats in list(self._silent.items()):
                if beats > SILENT_BEATS:
                    await self._bury(journal, origin)

    async def _bury(self, journal: Journal, origin: int) -> None:
        canceled = journal.cancel_origin(origin)
        if canceled:
            log.warning("process gone", origin=f"{origin:016x}", orders=canceled)
            await journal.resolved()  # Or they would be asked for again meanwhile.
        else:
            self._done.add(origin)
