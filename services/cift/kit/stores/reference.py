"""Reference data: firms, accounts, keys, instruments and limits, in PostgreSQL first.

A change writes its rows, its entry in the audit log and its outbox row in the same transaction.
Outbox rows are the numbered batches of two origins in ORDERS, one of what is urgent, which is kill
switches, and one of all else; a relay of each publishes them in order, and the state machines take
them at their place in the log. Units are those of schemas/types.capnp.
"""

import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

import asyncpg

from cift.kit.errors import DeadlineExceeded, as_service_error
from cift.kit.stores.change import Change, hash_key
from cift.kit.stores.instrument import Instrument, instrument_columns
from cift.kit.stores.limits import Limits, limits_columns
from cift.kit.stores.records import Account, ApiKey, AuditEntry, Firm, OutboxRow, User
from cift.kit.stores.rows import (
    ACCOUNT_COLUMNS,
    AUDIT_COLUMNS,
    KEYS,
    USER_COLUMNS,
    api_key,
    user,
)

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

OUTBOX_COLUMNS = "batch, commands, after_batch"
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
        row = await self._pool.fetchrow(f"{KEYS} WHERE k.key_hash = $1", hash_key(secret))
        return None if row is None else api_key(row)

    async def keys(self) -> dict[str, ApiKey]:
        """All keys by the hash of their secret, for a service that answers from memory."""
        rows = await self._pool.fetch(KEYS)
        return {row["key_hash"]: api_key(row) for row in rows}

    async def firms(self) -> list[Firm]:
        """All firms, by id."""
        rows = await self._pool.fetch("SELECT id, name, enabled FROM firms ORDER BY id")
        return [Firm(**dict(row)) for row in rows]

    async def users(self) -> list[User]:
        """All users, by id."""
        rows = await self._pool.fetch(f"SELECT {USER_COLUMNS} FROM users ORDER BY id")
        return [user(row) for row in rows]

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

    async def waiting(self, maximum: int = 100, *, urgent: bool = False) -> list[OutboxRow]:
        """The first outbox rows of an origin that have not taken effect, by number."""
        rows = await self._pool.fetch(
            f"SELECT {OUTBOX_COLUMNS} FROM reference_outbox"
            " WHERE sequence IS NULL AND urgent = $2 ORDER BY number LIMIT $1",
            maximum,
            urgent,
        )
        return [_outbox_row(row) for row in rows]

    async def waiting_of(self, batches: Sequence[int], *, urgent: bool = False) -> list[int]:
        """Those of some batches that have not taken effect, as far as is noted, by number."""
        rows = await self._pool.fetch(
            "SELECT batch FROM reference_outbox"
            " WHERE sequence IS NULL AND urgent = $2 AND batch = ANY($1) ORDER BY batch",
            batches,
            urgent,
        )
        return [row["batch"] for row in rows]

    async def outbox_from(
        self, batch: int, maximum: int = 100, *, urgent: bool = False
    ) -> list[OutboxRow]:
        """Outbox rows of an origin from a batch on, whether they took effect or not."""
        rows = await self._pool.fetch(
            f"SELECT {OUTBOX_COLUMNS} FROM reference_outbox"
            " WHERE urgent = $3 AND batch >= $1 ORDER BY batch LIMIT $2",
            batch,
            maximum,
            urgent,
        )
        return [_outbox_row(row) for row in rows]

    async def note_applied(
        self,
        batch: int,
        sequence: int,
        refused: Sequence[tuple[int, int]] = (),
        *,
        urgent: bool = False,
    ) -> None:
        """Note the ORDERS sequence at which an outbox row took effect; the first note stays.

        `refused`: commands of it that the engine refused, index and reason of each.
        """
        await self._pool.execute(
            "UPDATE reference_outbox SET sequence = $2, refused = $3, applied_at = now()"
            " WHERE urgent = $4 AND batch = $1 AND sequence IS NULL",
            batch,
            sequence,
            [list(pair) for pair in refused] or None,
            urgent,
        )


def _outbox_row(row: Any) -> OutboxRow:
    commands = [(kind, fields) for kind, fields in row["commands"]]
    return OutboxRow(row["batch"], commands, row["after_batch"])
