"""Relay: reference data from PostgreSQL into ORDERS.

Every change of reference data leaves a numbered row in an outbox, in its own transaction. Row n is
batch n of its origin; risk takes batch n only right after n - 1, and only once. So any number of
relays may run, in any process: at worst a batch is stored twice, and the second has no effect.

There are two origins, each with a relay: kill switches have one of their own, so that they are in
force at once, however much else waits, or is refused. An urgent row tells which common one it must
follow; that one was in force when the row was made, but a log that is made anew has neither.
"""

import asyncio
import contextlib
from dataclasses import dataclass

import asyncpg

from cift.kit import frames
from cift.kit.bus import BusError, LogMessage, OriginWriter
from cift.kit.layout import BatchStatus, ExecType
from cift.kit.logging import get_logger
from cift.kit.stores.postgres import StoreError
from cift.kit.stores.reference import OutboxRow, ReferenceStore
from cift.kit.subjects import VENUE
from cift.order_entry.journal import Journal
from cift_core import Applied, encode_reference, header

__all__ = ["REFERENCE_ORIGIN", "URGENT_ORIGIN", "Relay"]

REFERENCE_ORIGIN = 1
URGENT_ORIGIN = 2**64 - 1
CHANNEL = "reference_outbox"
"""What PostgreSQL notifies when a row was added."""
POLL_SECONDS = 1.0
FIRST_PAUSE_SECONDS = 0.1
APPLIED_SECONDS = 2.0
"""Without an outcome for so long, a row is published again."""
MAX_PAUSE_SECONDS = 5.0

log = get_logger("relay")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row: where it took effect, and which of its commands the engine refused."""

    sequence: int
    refused: list[tuple[int, int]]
    """Index and reason of each."""


class Relay:
    """Publishes the waiting rows of one origin in order; a part, and a follower of the journal."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        writer: OriginWriter,
        *,
        shard: int = 0,
        common: "Relay | None" = None,
    ) -> None:
        """`common`: the relay of all that is not urgent; None: this is that one."""
        self.applied = 0
        """The last number that took effect."""
        self._pool = pool
        self._store = ReferenceStore(pool)
        self._writer = writer
        self._shard = shard
        self._common = common
        self._urgent = common is not None
        self._origin = REFERENCE_ORIGIN if common is None else URGENT_ORIGIN
        self._outcomes: dict[int, Outcome] = {}
        """By number, until PostgreSQL has been told."""
        self._changed = asyncio.Event()
        self._rung = asyncio.Event()
        self._pause_seconds = FIRST_PAUSE_SECONDS
        self._journal: Journal | None = None
        self._task: asyncio.Task[None] | None = None

    def bind(self, journal: Journal) -> None:
        """Name the journal whose follower this is."""
        self._journal = journal

    async def start(self) -> None:
        """Begin once the journal has caught up."""
        await self._writer.start()
        self._task = asyncio.create_task(self._run(), name="relay")

    async def stop(self) -> None:
        """Stop; a batch under way may still be stored, which does no harm."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._writer.stop()

    def on_fills(self, message: LogMessage, applied: Applied) -> None:
        """Learn which numbers took effect, whoever published them."""
        if applied.origin != self._origin:
            return
        said = header(message.data)
        self._writer.outcome_known(said.batch, message.sequence)
        if said.status == BatchStatus.APPLIED:
            self.applied = said.batch
            self._outcomes[said.batch] = Outcome(message.sequence, _refused(message.data))
            self._changed.set()

    def on_batch(self) -> None:
        """Nothing more to do."""

    async def _run(self) -> None:
        assert self._journal is not None
        await self._journal.caught_up.wait()
        while True:
            try:
                await self._listen()
            except Exception as error:
                log.warning("reference data waits", error=str(error), kind=type(error).__name__)
            await asyncio.sleep(self._pause_seconds)
            self._pause_seconds = min(self._pause_seconds * 2, MAX_PAUSE_SECONDS)

    async def _listen(self) -> None:
        """Relay at each notice of a new row, and once a second in case one was missed."""
        async with self._pool.acquire() as connection:
            await connection.add_listener(CHANNEL, self._ring)
            try:
                while not connection.is_closed():
                    self._rung.clear()
                    await self._relay()
                    self._pause_seconds = FIRST_PAUSE_SECONDS
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(POLL_SECONDS):
                            await self._rung.wait()
            finally:
                if not connection.is_closed():
                    await connection.remove_listener(CHANNEL, self._ring)

    def _ring(self, *_notice: object) -> None:
        self._rung.set()

    async def _relay(self) -> None:
        """Bring every row after the last applied one into ORDERS; note those that took effect.

        What counts as applied is what the log says: a log that was made anew gets everything again.
        """
        await self._note()
        before = self.applied  # Another process may relay too: it may rise while we ask.
        rows = await self._store.outbox_from(before, urgent=self._urgent)
        if before and (not rows or rows[0].number != before):
            urgent = "urgent " if self._urgent else ""
            raise StoreError(
                f"the log has {urgent}reference batch {before} and the database has not: it "
                "is older than the log; restore a later backup of it"
            )
        for row in rows:
            if self._common is not None and self._common.applied < row.after:
                break  # A log made anew: the common rows come first, and are on their way.
            if row.number == self.applied + 1:
                await self._publish(row)
        if self.applied > before:
            self._rung.set()  # There may be more than one query gives.
        await self._note()

    async def _note(self) -> None:
        """Tell PostgreSQL, for operators, where the rows that still wait took effect.

        An outcome is kept until that is done: nobody would tell it again.
        """
        known = list(self._outcomes)
        waiting = await self._store.waiting_of(known, urgent=self._urgent) if known else ()
        for number in waiting:
            outcome = self._outcomes[number]
            await self._store.note_applied(
                number, outcome.sequence, outcome.refused, urgent=self._urgent
            )
            if outcome.refused:
                log.error(
                    "reference data refused",
                    number=number,
                    urgent=self._urgent,
                    by=outcome.refused,
                )
        for number in known:
            del self._outcomes[number]

    async def _publish(self, row: OutboxRow) -> None:
        frame = encode_reference(row.number, row.commands, self._shard, self._urgent)
        self._changed.clear()
        self._writer.next_batch = row.number
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(APPLIED_SECONDS):
                await self._writer.publish(row.number, VENUE, frame)
                while self.applied < row.number:
                    self._changed.clear()
                    await self._changed.wait()
        if self.applied < row.number:
            raise BusError(f"reference batch {row.number} has no outcome yet")
        log.info(
            "reference data applied",
            number=row.number,
            urgent=self._urgent,
            commands=len(row.commands),
        )


def _refused(frame: bytes) -> list[tuple[int, int]]:
    """The commands of a FILLS message that were refused."""
    events = frames.events(frame)
    found = events[events["exec_type"] == ExecType.REJECTED]
    return [(int(event["command_index"]), int(event["reason"])) for event in found]
