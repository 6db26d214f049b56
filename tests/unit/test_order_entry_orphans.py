"""What watches over the orders of other processes, and says that this one lives."""

import asyncio
from types import SimpleNamespace
from typing import Any

from cift.order_entry.orphans import SILENT_BEATS, Orphans

OWN, GONE, ALIVE = 7, 8, 9


class Journal:
    """Everything that is written has an outcome at once, but cancels when they may."""

    origin = OWN

    def __init__(self) -> None:
        self.caught_up = asyncio.Event()
        self.caught_up.set()
        self.beats = 0
        self.silent = False
        self.on_beat: Any = None
        self.cancels: list[tuple[int, int]] = []
        """After how many beats which origin's orders were canceled."""
        self.may_resolve = asyncio.Event()

    async def beat(self, _seconds: float) -> bool:
        """Write a tick."""
        self.beats += 1
        if self.on_beat is not None:
            self.on_beat()
        return not self.silent

    def cancel_origin(self, origin: int) -> int:
        """Cancel what is tied to its sessions, which there is until the cancels took effect."""
        self.cancels.append((self.beats, origin))
        return 0 if self.may_resolve.is_set() else 3

    async def resolved(self) -> bool:
        """All of it has its outcome."""
        await self.may_resolve.wait()
        return True


def orphans(journal: Journal, *origins: int, faults: list[BaseException]) -> Orphans:
    """Watch in no time."""
    gateway: Any = SimpleNamespace(origins_with_orders=lambda: list(origins), waiting=0)
    bound: Any = journal
    watch = Orphans(gateway, on_fault=faults.append, beat_seconds=0.001)
    watch.bind(bound)
    return watch


async def until(done: Any) -> None:
    async with asyncio.timeout(10):
        while not done():
            await asyncio.sleep(0.001)


async def test_who_is_not_heard_of_for_so_many_beats_is_gone_and_canceled_once() -> None:
    journal = Journal()
    faults: list[BaseException] = []
    watch = orphans(journal, OWN, GONE, ALIVE, faults=faults)
    heard: Any = SimpleNamespace(origin=ALIVE)
    message: Any = None
    journal.on_beat = lambda: watch.on_fills(message, heard)
    await watch.start()
    await until(lambda: journal.cancels)
    # Until its cancels have their outcome the same orders are canceled no second time.
    await asyncio.sleep(0.05)
    assert journal.cancels == [(SILENT_BEATS + 1, GONE)]
    journal.may_resolve.set()
    await until(lambda: journal.beats > 10 * SILENT_BEATS)
    await watch.stop()
    assert [origin for _, origin in journal.cancels] == [GONE, GONE]  # The last found nothing.
    assert not faults


async def test_while_nothing_gets_into_the_journal_nobody_is_gone() -> None:
    journal = Journal()
    journal.silent = True
    watch = orphans(journal, OWN, GONE, faults=[])
    await watch.start()
    await until(lambda: journal.beats > 10 * SILENT_BEATS)
    await watch.stop()
    assert journal.cancels == []


async def test_a_watch_that_ends_stops_the_process() -> None:
    """Or it would be silent, and others would cancel what its clients have."""
    journal, defect = Journal(), BaseException("a panic of the core")

    def fail() -> None:
        raise defect

    journal.on_beat = fail
    faults: list[BaseException] = []
    watch = orphans(journal, OWN, faults=faults)
    await watch.start()
    await until(lambda: faults)
    await watch.stop()
    assert faults == [defect]
