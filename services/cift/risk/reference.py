"""Reference data as the operators' RPCs need it: found by name, changed once, and in effect.

A change is a row of the outbox; it is in effect when the relay has noted the ORDERS sequence that
carried it, after its outcome had come back through FILLS, and the engine here has applied that
sequence too.

Limits on sizes are told in units of an instrument but hold for all of an account's: the account's
own row has whole units, rounded down, and each instrument with a finer scale a row of its own.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import asyncpg

from cift.kit.errors import DeadlineExceeded
from cift.kit.stores.instrument import Instrument, instrument_columns
from cift.kit.stores.reference import Account, Change, Limits, ReferenceStore
from cift.risk.validation import MONEY_SCALE, AccountLimits

__all__ = ["NamedAccount", "Reference"]

LOOK_SECONDS = 0.01
ROWS_PER_CHANGE = 4_000
"""Of limits in one change; a batch of the journal holds 4,096 commands."""
SIZE_UNITS_MAX = 10**18
"""The engine's bound of a position; a higher limit means the same."""


@dataclass(frozen=True, slots=True)
class NamedAccount:
    """An account with the name of its firm."""

    account: Account
    firm: str


class Reference:
    """Reads and changes over a pool; `applied` is the last sequence in the engine here."""

    def __init__(self, pool: asyncpg.Pool, applied: Callable[[], int]) -> None:
        self._pool = pool
        self._store = ReferenceStore(pool)
        self._applied = applied
        # Limits and instruments look at one another; a race between two risk processes leaves an
        # account with the narrower limits of its own row until they are set again.
        self._limits_guard = asyncio.Lock()

    async def firm_id(self, name: str) -> int | None:
        """The number of a firm."""
        number: int | None = await self._pool.fetchval("SELECT id FROM firms WHERE name = $1", name)
        return number

    async def add_firm(self, name: str, actor: str) -> None:
        """Add a firm; one that is there stays as it is."""
        try:
            async with self._store.change(actor) as change:
                await change.add_firm(name)
        except asyncpg.UniqueViolationError:
            return

    async def account(self, name: str) -> NamedAccount | None:
        """Find an account by name."""
        row = await self._pool.fetchrow(f"{ACCOUNTS} WHERE a.name = $1", name)
        return None if row is None else _named(row)

    async def accounts(self, after: str, maximum: int) -> list[NamedAccount]:
        """Accounts by name, those after a name."""
        rows = await self._pool.fetch(
            f'{ACCOUNTS} WHERE a.name COLLATE "C" > $1 ORDER BY a.name COLLATE "C" LIMIT $2',
            after,
            maximum,
        )
        return [_named(row) for row in rows]

    async def add_account(self, wanted: Account, actor: str) -> tuple[NamedAccount, int]:
        """Add an account unless the name is taken; what is there, and its outbox row."""
        name = wanted.name
        try:
            async with self._store.change(actor) as change:
                await change.add_account(
                    name,
                    firm_id=wanted.firm_id,
                    currency=wanted.currency,
                    enabled=wanted.enabled,
                    self_trade=wanted.self_trade,
                    self_trade_group=wanted.self_trade_group,
                )
        except asyncpg.UniqueViolationError:
            change = None
        stored = await self.account(name)
        assert stored is not None  # Accounts are never deleted.
        if change is not None and change.number is not None:
            return stored, change.number
        return stored, await self._last_number("account", stored.account.id)

    async def add_key(
        self, secret: str, *, firm_id: int, scopes: Sequence[str], label: str, actor: str
    ) -> int:
        """Store a new key; its number."""
        async with self._store.change(actor) as change:
            key = await change.add_key(secret, firm_id=firm_id, scopes=scopes, label=label)
        return key.id

    async def disable_key(self, number: int, actor: str) -> bool:
        """Disable a key; False when there is none."""
        async with self._store.change(actor) as change:
            return await change.disable_key(number)

    async def instrument(self, symbol: str) -> Instrument | None:
        """Find an instrument by symbol."""
        row = await self._pool.fetchrow(
            f"SELECT {instrument_columns()} FROM instruments WHERE symbol = $1", symbol
        )
        return None if row is None else Instrument.of_row(row)

    async def add_instrument(self, terms: Instrument, actor: str) -> tuple[Instrument, int]:
        """Add an instrument unless the symbol is taken; what is there, and its outbox row."""
        async with self._limits_guard:
            stored = await self.instrument(terms.symbol)
            if stored is None:
                try:
                    return await self._add_instrument(terms, actor)
                except asyncpg.UniqueViolationError:
                    stored = await self.instrument(terms.symbol)
        assert stored is not None  # Instruments are never deleted.
        return stored, await self._last_number("instrument", stored.id)

    async def set_limits(self, account_id: int, limits: AccountLimits, actor: str) -> int:
        """Set an account's limits, all of them; the outbox row."""
        async with self._limits_guard:
            scales = {i.id: i.quantity_scale for i in await self._store.instruments()}
            special = await self._pool.fetch(
                "SELECT instrument_id FROM limits WHERE account_id = $1", account_id
            )
            wanted = {number for number, scale in scales.items() if scale > 0}
            wanted |= {row["instrument_id"] for row in special} & scales.keys()
            rows = [
                Limits(
                    account_id=account_id,
                    max_order_notional_pico=limits.max_order_notional_pico,
                    credit_pico=limits.credit_pico,
                    collar_bps=limits.collar_bps,
                    max_open_orders=limits.max_open_orders,
                    **_sizes(limits.max_order_quantity, limits.max_position, 0),
                )
            ]
            rows += [
                Limits(
                    account_id=account_id,
                    instrument_id=number,
                    **_sizes(limits.max_order_quantity, limits.max_position, scales[number]),
                )
                for number in sorted(wanted)
            ]
            return await self._put_limits(rows, actor)

    async def in_effect(self, number: int, seconds: float) -> int:
        """Wait until an outbox row has taken effect, here too; its ORDERS sequence."""
        deadline = time.monotonic() + seconds
        while True:
            sequence: int | None = await self._pool.fetchval(
                "SELECT sequence FROM reference_outbox WHERE number = $1", number
            )
            if sequence is not None and self._applied() >= sequence:
                return sequence
            if time.monotonic() >= deadline:
                raise DeadlineExceeded(
                    "NOT_YET_IN_EFFECT",
                    "stored, and it will take effect once the journal takes it; the same request "
                    "again is safe and waits on",
                )
            await asyncio.sleep(LOOK_SECONDS)

    async def update_instrument(
        self, symbol: str, changed: Callable[[Instrument], Instrument], actor: str
    ) -> tuple[Instrument, int] | None:
        """Put what `changed` makes of what is stored; it, and its outbox row; None: not there.

        Nobody else changes it meanwhile. What stays as it is makes no new row.
        """
        async with self._store.change(actor) as change:
            stored = await change.instrument(symbol)
            if stored is None:
                return None
            wanted = changed(stored)
            if wanted != stored:
                await change.put_instrument(wanted)
        if change.number is not None:
            return wanted, change.number
        return wanted, await self._last_number("instrument", wanted.id)

    async def _add_instrument(self, terms: Instrument, actor: str) -> tuple[Instrument, int]:
        sizes = await self._account_sizes() if terms.quantity_scale > 0 else []
        async with self._store.change(actor) as change:
            number = await change.next_instrument_id()
            instrument = await change.put_instrument(replace(terms, id=number))
            rows = [
                Limits(
                    account_id=account_id,
                    instrument_id=number,
                    **_sizes(quantity, position, terms.quantity_scale),
                )
                for account_id, quantity, position in sizes
            ]
            await _put(change, rows[:ROWS_PER_CHANGE])
        assert change.number is not None
        outbox_row = change.number
        if rows[ROWS_PER_CHANGE:]:
            outbox_row = await self._put_limits(rows[ROWS_PER_CHANGE:], actor)
        return instrument, outbox_row

    async def _put_limits(self, rows: Sequence[Limits], actor: str) -> int:
        """Store limits, in as many changes as they need; the last outbox row."""
        number = 0
        for start in range(0, len(rows), ROWS_PER_CHANGE):
            async with self._store.change(actor) as change:
                await _put(change, rows[start : start + ROWS_PER_CHANGE])
            assert change.number is not None
            number = change.number
        return number

    async def _account_sizes(self) -> list[tuple[int, int | None, int | None]]:
        """Account, order quantity and position in 10^-12 of a unit, from its finest row."""
        rows = await self._pool.fetch(
            "SELECT DISTINCT ON (l.account_id) l.account_id,"
            " coalesce(i.quantity_scale, 0) AS scale,"
            " l.max_order_quantity_units AS quantity, l.max_position_units AS position"
            " FROM limits l LEFT JOIN instruments i ON i.id = l.instrument_id"
            " ORDER BY l.account_id, scale DESC"
        )
        found = []
        for row in rows:
            unit = 10 ** (MONEY_SCALE - row["scale"])
            sizes = [None if row[n] is None else row[n] * unit for n in ("quantity", "position")]
            if sizes != [None, None]:
                found.append((row["account_id"], sizes[0], sizes[1]))
        return found

    async def _last_number(self, kind: str, number: int) -> int:
        """The last outbox row that concerns an account or an instrument."""
        row: int | None = await self._pool.fetchval(
            "SELECT max(number) FROM reference_outbox WHERE commands @> $1",
            [[kind, {"id": number}]],
        )
        assert row is not None  # Written in the same transaction as the row itself.
        return row


async def _put(change: Change, rows: Iterable[Limits]) -> None:
    for row in rows:
        await change.put_limits(row)


def _sizes(quantity: int | None, position: int | None, scale: int) -> dict[str, Any]:
    """Sizes in 10^-12 of a unit as fields of `Limits` in units of 10^-scale, rounded down."""

    def units(size: int | None) -> int | None:
        return None if size is None else min(size // 10 ** (MONEY_SCALE - scale), SIZE_UNITS_MAX)

    return {"max_order_quantity_units": units(quantity), "max_position_units": units(position)}


def _named(row: Any) -> NamedAccount:
    account = Account(
        id=row["id"],
        name=row["name"],
        firm_id=row["firm_id"],
        currency=row["currency"],
        enabled=row["enabled"],
        self_trade=row["self_trade"],
        self_trade_group=row["self_trade_group"],
    )
    return NamedAccount(account, row["firm"])


ACCOUNTS = (
    "SELECT a.id, a.name, a.firm_id, a.currency, a.enabled, a.self_trade, a.self_trade_group,"
    " f.name AS firm"
    " FROM accounts a JOIN firms f ON f.id = a.firm_id"
)
