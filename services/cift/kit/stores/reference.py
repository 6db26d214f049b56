"""Reference data: firms, accounts, keys, instruments and limits, in PostgreSQL first.

A change writes its rows, its entry in the audit log and its outbox row in the same transaction.
Outbox row n is batch n of the reference-data origin in ORDERS; the relay publishes the rows in
order, and the state machines take them at their place in the log. Units are those of
schemas/types.capnp.
"""

import contextlib
from collections.abc import AsyncIterator, Sequence

import asyncpg

from cift.kit.errors import DeadlineExceeded, as_service_error
from cift.kit.stores.change import Change, hash_key
from cift.kit.stores.instrument import Instrument, instrument_columns
from cift.kit.stores.limits import Limits, limits_columns
from cift.kit.stores.records import Account, ApiKey, AuditEntry, Firm, OutboxRow
from cift.kit.stores.rows import ACCOUNT_COLUMNS, AUDIT_COLUMNS, KEY_COLUMNS, api_key

__all__ = [
    "Account",
    "ApiKey",
    "Change",
    "Firm",
    "Limits",
    "OutboxRow",
    "ReferenceStore",
    "hash_key",
]

BROKE_OFF = (
    "the database went away while it stored this: it is stored or not; the same request again is "
    "safe, but look first whether a locate or a key is listed, which would be made twice"
)


class ReferenceStore:
    """Reads and changes reference data over a pool made by `postgres.open_pool`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @contextlib.asynccontextmanager
    async def change(self, actor: str) -> AsyncIterator[Change]:
        """Make changes in one transaction, stored with their outbox row when the block is left.

        A name that is taken raises `asyncpg.UniqueViolationError`; a value out of bounds, or a
        change of what never changes, `asyncpg.CheckViolationError`. Where the database goes away
        while it commits nobody can say what became of it, DeadlineExceeded.
        """
        committing = False
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                change = Change(connection, actor)
                yield change
                await change.append()
                committing = True
        except Exception as error:
            if committing and as_service_error(error).reason == "DATABASE_UNAVAILABLE":
                raise DeadlineExceeded("OUTCOME_UNKNOWN", BROKE_OFF) from error
            raise

    async def key(self, secret: str) -> ApiKey | None:
        """Find a key by its secret."""
        row = await self._pool.fetchrow(
            f"SELECT {KEY_COLUMNS} FROM api_keys WHERE key_hash = $1", hash_key(secret)
        )
        return None if row is None else api_key(row)

    async def keys(self) -> dict[str, ApiKey]:
        """All keys by the hash of their secret, for a service that answers from memory."""
        rows = await self._pool.fetch(f"SELECT key_hash, {KEY_COLUMNS} FROM api_keys")
        return {row["key_hash"]: api_key(row) for row in rows}

    async def firms(self) -> list[Firm]:
        """All firms, by id."""
        rows = await self._pool.fetch("SELECT id, name, enabled FROM firms ORDER BY id")
        return [Firm(**dict(row)) for row in rows]

    async def accounts(self) -> list[Account]:
        """All accounts, by id."""
        rows = await self._pool.fetch(f"SELECT {ACCOUNT_COLUMNS} FROM accounts ORDER BY id")
        return [Account(**dict(row)) for row in rows]

    async def instruments(self) -> list[Instrument]:
        """All instruments, by id."""
        rows = await self._pool.fetch(f"SELECT {instrument_columns()} FROM instruments ORDER BY id")
        return [Instrument.of_row(row) for row in rows]

    async def limits(self) -> list[Limits]:
        """All limits, by level, holder and instrument."""
        rows = await self._pool.fetch(
            f"SELECT {limits_columns()} FROM limits ORDER BY level, holder_id, instrument_id"
        )
        return [Limits.of_row(row) for row in rows]

    async def audit(self, maximum: int = 100) -> list[AuditEntry]:
        """What changed last, the newest first."""
        rows = await self._pool.fetch(
            f"SELECT {AUDIT_COLUMNS} FROM audit_log ORDER BY id DESC LIMIT $1", maximum
        )
        return [AuditEntry(**dict(row)) for row in rows]

    async def waiting(self, maximum: int = 100) -> list[OutboxRow]:
        """The first outbox rows that have not taken effect, by number."""
        rows = await self._pool.fetch(
            "SELECT number, commands FROM reference_outbox WHERE sequence IS NULL"
            " ORDER BY number LIMIT $1",
            maximum,
        )
        return [
            OutboxRow(row["number"], [(kind, fields) for kind, fields in row["commands"]])
            for row in rows
        ]

    async def waiting_of(self, numbers: Sequence[int]) -> list[int]:
        """Those of some outbox rows that have not taken effect, as far as is noted, by number."""
        rows = await self._pool.fetch(
            "SELECT number FROM reference_outbox WHERE sequence IS NULL AND number = ANY($1)"
            " ORDER BY number",
            numbers,
        )
        return [row["number"] for row in rows]

    async def outbox_from(self, number: int, maximum: int = 100) -> list[OutboxRow]:
        """Outbox rows from `number` on, whether they took effect or not."""
        rows = await self._pool.fetch(
            "SELECT number, commands FROM reference_outbox WHERE number >= $1"
            " ORDER BY number LIMIT $2",
            number,
            maximum,
        )
        return [
            OutboxRow(row["number"], [(kind, fields) for kind, fields in row["commands"]])
            for row in rows
        ]

    async def note_applied(
        self, number: int, sequence: int, refused: Sequence[tuple[int, int]] = ()
    ) -> None:
        """Note the ORDERS sequence at which an outbox row took effect; the first note stays.

        `refused`: commands of it that the engine refused, index and reason of each.
        """
        await self._pool.execute(
            "UPDATE reference_outbox SET sequence = $2, refused = $3, applied_at = now()"
            " WHERE number = $1 AND sequence IS NULL",
            number,
            sequence,
            [list(pair) for pair in refused] or None,
        )
