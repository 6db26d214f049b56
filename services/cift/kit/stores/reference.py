"""Reference data: firms, accounts, keys, instruments and limits, in PostgreSQL first.

A change writes its rows and one outbox row in the same transaction. Outbox row n is batch n of the
reference-data origin in ORDERS; the relay publishes the rows in order, and the state machines take
them at their place in the log. Units are those of schemas/types.capnp.
"""

import contextlib
import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import asyncpg

from cift.kit.stores.instrument import (
    Instrument,
    instrument_columns,
    instrument_command,
    rules_command,
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

MAX_COMMANDS_PER_CHANGE = 4096
"""What one ORDERS message holds."""
SELF_TRADE_BIT = 8
"""The first bit of an account's flags that says how its orders avoid each other."""


@dataclass(frozen=True, slots=True)
class Firm:
    """A firm owns accounts and keys."""

    id: int
    name: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class Account:
    """A trading account."""

    id: int
    name: str
    firm_id: int
    currency: str
    enabled: bool
    self_trade: int = 0
    """SelfTrade of orders that don't say; 0: the instrument's."""
    self_trade_group: int = 0


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What a key may do; the secret itself is nowhere."""

    id: int
    firm_id: int
    scopes: tuple[str, ...]
    label: str
    development: bool
    disabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of an account, or of an account in one instrument; None: that check is off."""

    account_id: int
    instrument_id: int = 0
    max_order_quantity_units: int | None = None
    max_order_notional_pico: int | None = None
    max_position_units: int | None = None
    credit_pico: int | None = None
    collar_bps: int | None = None
    max_open_orders: int | None = None


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A batch of reference-data commands that waits for the relay: what `encode_reference` takes.

    Each command is "instrument", "rules", "account" or "limits" and the fields of that struct in
    schemas/types.capnp, in snake case; names as text, 128-bit money as decimal text, the ticks and
    the schedule of rules as lists.
    """

    number: int
    commands: list[tuple[str, dict[str, Any]]]


def hash_key(secret: str) -> str:
    """What is stored of a key: the SHA-256 of its secret, in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Change:
    """The writes of one transaction; see `ReferenceStore.change`."""

    def __init__(self, connection: Any, actor: str) -> None:
        self.number: int | None = None
        """The outbox row, once the change is stored; None when it held no command."""
        self._connection = connection
        self._actor = actor
        self._commands: list[tuple[str, dict[str, Any]]] = []

    async def add_firm(self, name: str) -> Firm:
        """Add a firm. Firms are not in the log: keys and accounts name them."""
        row = await self._connection.fetchrow(
            "INSERT INTO firms (name, created_by, updated_by) VALUES ($1, $2, $2)"
            " RETURNING id, name, enabled",
            name,
            self._actor,
        )
        return Firm(**dict(row))

    async def add_key(
        self,
        secret: str,
        *,
        firm_id: int,
        scopes: Sequence[str],
        label: str = "",
        development: bool = False,
    ) -> ApiKey:
        """Store the hash of a key. Keys are not in the log: they open the door, nothing else."""
        row = await self._connection.fetchrow(
            "INSERT INTO api_keys (key_hash, firm_id, scopes, label, development, created_by)"
            f" VALUES ($1, $2, $3, $4, $5, $6) RETURNING {KEY_COLUMNS}",
            hash_key(secret),
            firm_id,
            list(scopes),
            label,
            development,
            self._actor,
        )
        return _key(row)

    async def disable_key(self, key_id: int) -> bool:
        """Disable a key; False when there is none. A second time changes nothing."""
        done = await self._connection.fetchval(
            "UPDATE api_keys SET disabled_at = coalesce(disabled_at, now()),"
            " disabled_by = coalesce(disabled_by, $2) WHERE id = $1 RETURNING id",
            key_id,
            self._actor,
        )
        return done is not None

    async def add_account(
        self,
        name: str,
        *,
        firm_id: int,
        currency: str,
        enabled: bool = True,
        self_trade: int = 0,
        self_trade_group: int = 0,
    ) -> Account:
        """Add an account; it cannot trade before it has limits."""
        row = await self._connection.fetchrow(
            "INSERT INTO accounts (name, firm_id, currency, enabled, self_trade,"
            " self_trade_group, created_by, updated_by)"
            f" VALUES ($1, $2, $3, $4, $5, $6, $7, $7) RETURNING {ACCOUNT_COLUMNS}",
            name,
            firm_id,
            currency,
            enabled,
            self_trade,
            self_trade_group,
            self._actor,
        )
        account = Account(**dict(row))
        self._commands.append(("account", _account_command(account)))
        return account

    async def enable_account(self, account_id: int, enabled: bool) -> Account | None:
        """Let an account send new orders, or not; None when there is no such account."""
        row = await self._connection.fetchrow(
            "UPDATE accounts SET enabled = $2, updated_at = now(), updated_by = $3"
            f" WHERE id = $1 RETURNING {ACCOUNT_COLUMNS}",
            account_id,
            enabled,
            self._actor,
        )
        if row is None:
            return None
        account = Account(**dict(row))
        self._commands.append(("account", _account_command(account)))
        return account

    async def next_instrument_id(self) -> int:
        """Take a number for a new instrument; one that is not used leaves a harmless gap."""
        number = await self._connection.fetchval(
            "SELECT nextval(pg_get_serial_sequence('instruments', 'id'))"
        )
        return int(number)

    async def instrument(self, symbol: str) -> Instrument | None:
        """Find an instrument, which nobody else changes until this change is stored."""
        row = await self._connection.fetchrow(
            f"SELECT {instrument_columns()} FROM instruments WHERE symbol = $1 FOR UPDATE", symbol
        )
        return None if row is None else Instrument.of_row(row)

    async def put_instrument(self, instrument: Instrument) -> Instrument:
        """Add an instrument, or change the terms that may change; its scales never do."""
        stored = await self.instrument(instrument.symbol)
        await self._put("instruments", ("id",), instrument.row())
        self._commands.append(("instrument", instrument_command(instrument)))
        # A new one has none; those that are there stay until others take their place.
        if instrument.rules != ({} if stored is None else stored.rules):
            self._commands.append(("rules", rules_command(instrument)))
        return instrument

    async def put_limits(self, limits: Limits) -> Limits:
        """Set the limits of an account, all of them at once."""
        await self._put("limits", ("account_id", "instrument_id"), asdict(limits))
        self._commands.append(("limits", _limits_command(limits)))
        return limits

    async def append(self) -> None:
        """Write the outbox row; `ReferenceStore.change` does it, last."""
        if not self._commands:
            return
        if len(self._commands) > MAX_COMMANDS_PER_CHANGE:
            raise ValueError(f"a change holds at most {MAX_COMMANDS_PER_CHANGE} commands")
        self.number = await self._connection.fetchval(
            "SELECT reference_append($1, $2)", self._actor, self._commands
        )

    async def _put(self, table: str, key: tuple[str, ...], row: dict[str, Any]) -> None:
        """Insert or update one row; table and columns are ours, values are parameters."""
        names = list(row)
        places = [f"${i}" for i in range(1, len(names) + 1)]
        actor = f"${len(names) + 1}"
        updates = [f"{n} = excluded.{n}" for n in names if n not in key]
        await self._connection.execute(
            f"INSERT INTO {table} ({', '.join(names)}, created_by, updated_by)"
            f" VALUES ({', '.join(places)}, {actor}, {actor})"
            f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {', '.join(updates)},"
            " updated_at = now(), updated_by = excluded.updated_by",
            *row.values(),
            self._actor,
        )


class ReferenceStore:
    """Reads and changes reference data over a pool made by `postgres.open_pool`."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    @contextlib.asynccontextmanager
    async def change(self, actor: str) -> AsyncIterator[Change]:
        """Make changes in one transaction, stored with their outbox row when the block is left.

        A name that is taken raises `asyncpg.UniqueViolationError`; a value out of bounds, or a
        change of what never changes, `asyncpg.CheckViolationError`.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            change = Change(connection, actor)
            yield change
            await change.append()

    async def key(self, secret: str) -> ApiKey | None:
        """Find a key by its secret."""
        row = await self._pool.fetchrow(
            f"SELECT {KEY_COLUMNS} FROM api_keys WHERE key_hash = $1", hash_key(secret)
        )
        return None if row is None else _key(row)

    async def keys(self) -> dict[str, ApiKey]:
        """All keys by the hash of their secret, for a service that answers from memory."""
        rows = await self._pool.fetch(f"SELECT key_hash, {KEY_COLUMNS} FROM api_keys")
        return {row["key_hash"]: _key(row) for row in rows}

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
        """All limits, by account and instrument."""
        rows = await self._pool.fetch(
            f"SELECT {LIMITS_COLUMNS} FROM limits ORDER BY account_id, instrument_id"
        )
        return [_limits(row) for row in rows]

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

    async def note_applied(self, number: int, sequence: int) -> None:
        """Note the ORDERS sequence at which an outbox row took effect; the first note stays."""
        await self._pool.execute(
            "UPDATE reference_outbox SET sequence = $2, applied_at = now()"
            " WHERE number = $1 AND sequence IS NULL",
            number,
            sequence,
        )


ACCOUNT_COLUMNS = "id, name, firm_id, currency, enabled, self_trade, self_trade_group"
KEY_COLUMNS = "id, firm_id, scopes, label, development, disabled_at"
LIMITS_COLUMNS = ", ".join(Limits.__slots__)


def _key(row: Any) -> ApiKey:
    return ApiKey(
        id=row["id"],
        firm_id=row["firm_id"],
        scopes=tuple(row["scopes"]),
        label=row["label"],
        development=row["development"],
        disabled=row["disabled_at"] is not None,
    )


def _limits(row: Any) -> Limits:
    values = dict(row)
    for name in ("max_order_notional_pico", "credit_pico"):
        values[name] = None if values[name] is None else int(values[name])
    return Limits(**values)


def _account_command(account: Account) -> dict[str, Any]:
    command = {
        "id": account.id,
        "firm": account.firm_id,
        "flags": int(account.enabled) | account.self_trade << SELF_TRADE_BIT,
        "name": account.name,
        "currency": account.currency,
    }
    if account.self_trade_group:
        command["self_trade_group"] = account.self_trade_group
    return command


def _limits_command(limits: Limits) -> dict[str, Any]:
    checks = (  # Bit 0 first, as in the schema.
        limits.max_order_quantity_units,
        limits.max_order_notional_pico,
        limits.collar_bps,
        limits.max_position_units,
        limits.max_open_orders,
        limits.credit_pico,
    )
    return {
        "account": limits.account_id,
        "instrument": limits.instrument_id,
        "checks": sum(1 << bit for bit, value in enumerate(checks) if value is not None),
        "max_order_quantity": limits.max_order_quantity_units or 0,
        "max_order_notional": str(limits.max_order_notional_pico or 0),
        "max_position": limits.max_position_units or 0,
        "credit": str(limits.credit_pico or 0),
        "collar_bps": limits.collar_bps or 0,
        "max_open_orders": limits.max_open_orders or 0,
    }
