"""PostgreSQL: connection pools and numbered migrations.

A migration is a file `NNNN_name.sql`, applied once, in order, in a transaction of its own. Its
checksum is kept: a file that changed after it was applied, or a database that a newer build made,
is refused with what to do, never guessed at.
"""

import contextlib
import hashlib
import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

__all__ = ["Migration", "StoreError", "advisory_lock", "migrate", "open_pool", "read_migrations"]

MIGRATION_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
ADVISORY_LOCK = 0x43494654  # "CIFT": any number that no other program in this database locks.


class StoreError(Exception):
    """The database is not one that this build can use; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered step of the schema."""

    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the text, in hex."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


async def open_pool(
    dsn: str,
    *,
    application_name: str,
    min_size: int = 1,
    max_size: int = 8,
    command_timeout_seconds: float = 30.0,
    idle_transaction_seconds: float = 10.0,
) -> asyncpg.Pool:
    """Open a pool whose connections read and write jsonb as Python values.

    A transaction in which nothing happens for `idle_transaction_seconds` is rolled back: a process
    that stands still amid a change holds the lock of all changes, kill switches included.
    """
    return await asyncpg.create_pool(
        dsn,
        min_size=min_size,
        max_size=max_size,
        command_timeout=command_timeout_seconds,
        init=_prepare,
        server_settings={
            "application_name": application_name,
            "idle_in_transaction_session_timeout": f"{round(idle_transaction_seconds * 1_000)}ms",
        },
    )


@contextlib.asynccontextmanager
async def advisory_lock(pool: asyncpg.Pool) -> AsyncIterator[None]:
    """Hold the lock that migrations take too: one preparation of the database at a time."""
    async with pool.acquire() as connection:
        await connection.execute("SELECT pg_advisory_lock($1)", ADVISORY_LOCK)
        try:
            yield
        finally:
            await connection.execute("SELECT pg_advisory_unlock($1)", ADVISORY_LOCK)


async def migrate(dsn: str, migrations: Sequence[Migration]) -> list[Migration]:
    """Bring the database to the last of `migrations`; the ones applied now, in order.

    Safe to call from several processes at once: one works, the others wait and find nothing to do.
    """
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", ADVISORY_LOCK)
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations ("
            " version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT now())"
        )
        rows = await connection.fetch("SELECT version, name, checksum FROM schema_migrations")
        waiting = _not_applied(migrations, {r["version"]: (r["name"], r["checksum"]) for r in rows})
        for migration in waiting:
            async with connection.transaction():
                await connection.execute(migration.sql)
                await connection.execute(
                    "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)",
                    migration.version,
                    migration.name,
                    migration.checksum,
                )
        return waiting
    finally:
        await connection.close()


def read_migrations(directory: Path) -> list[Migration]:
    """Read the steps in `directory`, numbered 1, 2, 3 … without a gap."""
    found: list[Migration] = []
    for path in sorted(directory.glob("*.sql")):
        match = MIGRATION_NAME.fullmatch(path.name)
        if match is None:
            raise StoreError(f"{path.name}: a migration is named NNNN_name.sql")
        found.append(Migration(int(match[1]), match[2], path.read_text(encoding="utf-8")))
    if not found:
        raise StoreError(f"no migrations in {directory}")
    if [m.version for m in found] != list(range(1, len(found) + 1)):
        raise StoreError(f"the migrations in {directory} are not numbered 1 to {len(found)}")
    return found


def _not_applied(
    migrations: Sequence[Migration], applied: dict[int, tuple[str, str]]
) -> list[Migration]:
    """Those that are missing, after a check that what is there is what this build knows."""
    known = {m.version: m for m in migrations}
    for version, (name, checksum) in sorted(applied.items()):
        if version not in known:
            raise StoreError(
                f"the database has migration {version} ({name}), which this build does not know: "
                "use the build that made it, or a newer one"
            )
        if known[version].checksum != checksum:
            raise StoreError(
                f"migration {version} ({name}) changed after it was applied: restore the file, "
                "and put the change into a new migration"
            )
    return [m for m in migrations if m.version not in applied]


async def _prepare(connection: Any) -> None:
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads
    )
