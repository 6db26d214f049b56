"""What operators list out of PostgreSQL, in the order of its pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from cift.kit.stores.instrument import Instrument, instrument_columns
from cift.kit.stores.records import (
    ApiKey,
    AuditEntry,
    Conversion,
    FeeSchedule,
    Firm,
    KillSwitch,
    Level,
    Locate,
    User,
)
from cift.kit.stores.rows import (
    AUDIT_COLUMNS,
    FEE_COLUMNS,
    KEYS,
    KILL_COLUMNS,
    LOCATE_COLUMNS,
    USER_COLUMNS,
    api_key,
    fee_schedule,
    kill_switch,
    user,
)
from cift.risk.pages import Key
from cift.risk.reference import ACCOUNTS, NamedAccount, named_account

__all__ = ["Lists", "NamedKill", "NamedLocate"]

AFTER_ALL = 1 << 62
HOLDER_NAMES = " LEFT JOIN accounts a ON a.id = h.account_id LEFT JOIN firms f ON f.id = h.firm_id"
HOLDER_NAME = "coalesce(a.name, f.name, '')"
BREACHES = (
    "e.exec_type IN (6, 7) AND e.reason IN"
    " (3, 16, 19, 20, 22, 25, 26, 27, 101, 105, 106, 109, 110, 111, 112, 113, 115, 117)"
)
"""As the index has it: what risk refused, for a reason of its own."""


@dataclass(frozen=True, slots=True)
class NamedLocate:
    """A locate with the names of its account and instrument."""

    locate: Locate
    account: str
    symbol: str
    quantity_scale: int


@dataclass(frozen=True, slots=True)
class NamedKill:
    """A kill switch with the name of its holder and where it took effect, 0: not yet."""

    switch: KillSwitch
    name: str
    firm_id: int | None
    sequence: int


class Lists:
    """Reads over a pool."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def firms(self, after: Key | None, maximum: int) -> list[Firm]:
        """Firms by name."""
        rows = await self._pool.fetch(
            'SELECT id, name, enabled FROM firms WHERE name COLLATE "C" > $1'
            ' ORDER BY name COLLATE "C" LIMIT $2',
            _text(after),
            maximum,
        )
        return [Firm(**dict(row)) for row in rows]

    async def accounts(self, after: Key | None, maximum: int) -> list[NamedAccount]:
        """Accounts by name."""
        rows = await self._pool.fetch(
            f'{ACCOUNTS} WHERE a.name COLLATE "C" > $1 ORDER BY a.name COLLATE "C" LIMIT $2',
            _text(after),
            maximum,
        )
        return [named_account(row) for row in rows]

    async def users(self, firm: str, after: Key | None, maximum: int) -> list[tuple[User, str]]:
        """Users by firm and name, with the names of their firms; of one firm, or ("") of all."""
        after_firm, after_name = after or ["", ""]
        rows = await self._pool.fetch(
            f"SELECT u.*, f.name AS firm FROM (SELECT {USER_COLUMNS} FROM users) u"
            " JOIN firms f ON f.id = u.firm_id"
            ' WHERE (f.name COLLATE "C", u.name COLLATE "C") > ($1, $2)'
            " AND ($4 = '' OR f.name = $4)"
            ' ORDER BY f.name COLLATE "C", u.name COLLATE "C" LIMIT $3',
            after_firm,
            after_name,
            maximum,
            firm,
        )
        return [(user(row), row["firm"]) for row in rows]

    async def keys(
        self, firm: str, user: str, after: Key | None, maximum: int
    ) -> list[tuple[ApiKey, str]]:
        """Keys by number, with the names of their firms; of one firm, or ("") of all, of one user
        of it, or ("") of all."""
        rows = await self._pool.fetch(
            f"SELECT k.*, f.name AS firm FROM ({KEYS}) k JOIN firms f ON f.id = k.firm_id"
            " WHERE k.id > $1 AND ($3 = '' OR f.name = $3) AND ($4 = '' OR k.user = $4)"
            " ORDER BY k.id LIMIT $2",
            _number(after, 0),
            maximum,
            firm,
            user,
        )
        return [(api_key(row), row["firm"]) for row in rows]

    async def instruments(self, after: Key | None, maximum: int) -> list[Instrument]:
        """Instruments by symbol."""
        rows = await self._pool.fetch(
            f'SELECT {instrument_columns()} FROM instruments WHERE symbol COLLATE "C" > $1'
            ' ORDER BY symbol COLLATE "C" LIMIT $2',
            _text(after),
            maximum,
        )
        return [Instrument.of_row(row) for row in rows]

    async def locates(self, account: str, after: Key | None, maximum: int) -> list[NamedLocate]:
        """Locates by number; of one account, or ("") of all."""
        rows = await self._pool.fetch(
            f"{LOCATES} WHERE l.id > $1 AND ($3 = '' OR a.name = $3) ORDER BY l.id LIMIT $2",
            _number(after, 0),
            maximum,
            account,
        )
        return [_named_locate(row) for row in rows]

    async def locate(self, number: int) -> NamedLocate | None:
        """One locate."""
        row = await self._pool.fetchrow(f"{LOCATES} WHERE l.id = $1", number)
        return None if row is None else _named_locate(row)

    async def fees(self, after: Key | None, maximum: int) -> list[tuple[FeeSchedule, str]]:
        """Fee schedules with their holders' names: the venue's, firms', accounts', by name."""
        level, name = after or [len(Level), ""]
        rows = await self._pool.fetch(
            f"SELECT {FEE_COLUMNS}, {HOLDER_NAME} AS name FROM fee_schedules h {HOLDER_NAMES}"
            f' WHERE h.level < $1 OR h.level = $1 AND {HOLDER_NAME} COLLATE "C" > $2'
            f' ORDER BY h.level DESC, {HOLDER_NAME} COLLATE "C" LIMIT $3',
            level,
            name,
            maximum,
        )
        return [(fee_schedule(row), row["name"]) for row in rows]

    async def conversions(self, after: Key | None, maximum: int) -> list[Conversion]:
        """What currencies are worth, by currency."""
        rows = await self._pool.fetch(
            'SELECT currency, value_nano FROM conversions WHERE currency COLLATE "C" > $1'
            ' ORDER BY currency COLLATE "C" LIMIT $2',
            _text(after),
            maximum,
        )
        return [Conversion(**dict(row)) for row in rows]

    async def audit(
        self, kind: str, name: str, after: Key | None, maximum: int
    ) -> list[AuditEntry]:
        """Changes, the newest first; of a kind and of a name, or ("") of all."""
        rows = await self._pool.fetch(
            f"SELECT {AUDIT_COLUMNS} FROM audit_log WHERE id < $1"
            " AND ($3 = '' OR kind = $3) AND ($4 = '' OR name = $4) ORDER BY id DESC LIMIT $2",
            _number(after, AFTER_ALL),
            maximum,
            kind,
            name,
        )
        return [AuditEntry(**dict(row)) for row in rows]

    async def kill_switches(
        self, firm: int | None, after: Key | None, maximum: int
    ) -> list[NamedKill]:
        """Those that are on: of a firm, its accounts and the venue, or (None) all; the venue's,
        then firms', then accounts', by name."""
        level, name = after or [len(Level), ""]
        rows = await self._pool.fetch(
            f"SELECT h.*, {HOLDER_NAME} AS name, coalesce(a.firm_id, h.firm_id) AS firm,"
            " coalesce((SELECT o.sequence FROM audit_log l"
            "   JOIN reference_outbox o ON o.number = l.number WHERE l.kind = 'kill_switch'"
            "   AND l.name = CASE h.level WHEN 2 THEN 'venue' WHEN 1 THEN 'firm ' || f.name"
            "   ELSE a.name END ORDER BY l.id DESC LIMIT 1), 0) AS sequence"
            f" FROM (SELECT {KILL_COLUMNS}, account_id, firm_id FROM kill_switches) h"
            f" {HOLDER_NAMES}"
            " WHERE ($1::integer IS NULL OR h.level = 2 OR coalesce(a.firm_id, h.firm_id) = $1)"
            f' AND (h.level < $2 OR h.level = $2 AND {HOLDER_NAME} COLLATE "C" > $3)'
            f' ORDER BY h.level DESC, {HOLDER_NAME} COLLATE "C" LIMIT $4',
            firm,
            level,
            name,
            maximum,
        )
        return [
            NamedKill(kill_switch(row), row["name"], row["firm"], row["sequence"]) for row in rows
        ]

    async def breaches(
        self, shard: int, firm: int | None, account: str, after: Key | None, maximum: int
    ) -> Sequence[Any]:
        """Rows of what risk refused, the newest first; of one account or ("") of all, of a firm or
        (None) of all."""
        sequence, index = after or [AFTER_ALL, 0]
        place = [shard, sequence, index, maximum]
        if account:
            of = "a.name = $5 AND ($6::integer IS NULL OR a.firm_id = $6)"
            rows: Sequence[Any] = await self._pool.fetch(breaches_of(of), *place, account, firm)
        elif firm is not None:
            rows = await self._pool.fetch(breaches_of("a.firm_id = $5"), *place, firm)
        else:
            rows = await self._pool.fetch(ALL_BREACHES, *place)
        return rows


NEWEST = "ORDER BY e.shard DESC, e.sequence DESC, e.index DESC"
BREACH = (
    "SELECT e.*, a.name AS account, f.name AS firm, i.symbol, i.price_scale, i.quantity_scale"
    " FROM {} e"
    " LEFT JOIN accounts a ON a.id = e.account_id LEFT JOIN firms f ON f.id = a.firm_id"
    f" LEFT JOIN instruments i ON i.id = e.instrument_id {NEWEST}"
)
ALL_BREACHES = BREACH.format(
    f"(SELECT e.* FROM executions e WHERE {BREACHES} AND e.shard = $1"
    f" AND (e.sequence, e.index) < ($2, $3) {NEWEST} LIMIT $4)"
)
OF_EACH = (
    f"SELECT e.shard, e.sequence, e.index FROM executions e WHERE {BREACHES}"
    " AND (e.account_id, e.shard, e.sequence, e.index) < (a.id::bigint, $1, $2, $3)"
    " AND (e.account_id, e.shard) >= (a.id::bigint, $1)"
    " ORDER BY e.account_id DESC, e.shard DESC, e.sequence DESC, e.index DESC LIMIT $4"
)
"""Of one account `a`: as bounds, since for an equality PostgreSQL may go through those of all
accounts, and throw away what it believes to be little."""


def breaches_of(accounts: str) -> str:
    """The newest of some accounts: of each as many by its own index, then of those the newest, so
    that it takes no longer however many there are of others'."""
    places = (
        f"SELECT e.* FROM accounts a CROSS JOIN LATERAL ({OF_EACH}) e"
        f" WHERE {accounts} {NEWEST} LIMIT $4"
    )
    return BREACH.format(
        f"(SELECT e.* FROM ({places}) p JOIN executions e USING (shard, sequence, index))"
    )


LOCATES = (
    f"SELECT l.*, a.name AS account, i.symbol, i.quantity_scale"
    f" FROM (SELECT {LOCATE_COLUMNS} FROM locates) l"
    " JOIN accounts a ON a.id = l.account_id JOIN instruments i ON i.id = l.instrument_id"
)


def _named_locate(row: Any) -> NamedLocate:
    values = dict(row)
    names = {name: values.pop(name) for name in ("account", "symbol", "quantity_scale")}
    return NamedLocate(Locate(**values), **names)


def _text(after: Key | None) -> str:
    return "" if after is None else str(after[0])


def _number(after: Key | None, first: int) -> int:
    return first if after is None else int(after[0])
