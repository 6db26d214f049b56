"""Reference data as the operators' RPCs need it: found by name, changed once, and in effect.

A change is one or more rows of the outbox; it is in effect when the relay has noted the ORDERS
sequence that carried the last of them, after its outcome had come back through FILLS, and the
engine here has applied that sequence too. What is as it was asked for makes no change: the audit
log knows which row of the outbox made it so.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from cift.common.v1 import types_pb2
from cift.kit.errors import Aborted, DeadlineExceeded, FailedPrecondition, as_service_error
from cift.kit.stores.change import VENUE_NAME, Change, holder_name
from cift.kit.stores.instrument import Instrument, instrument_columns
from cift.kit.stores.limits import Limits, limits_columns
from cift.kit.stores.records import (
    Account,
    ApiKey,
    Conversion,
    FeeSchedule,
    Holder,
    Level,
    Locate,
    User,
)
from cift.kit.stores.reference import ReferenceStore
from cift.kit.stores.rows import ACCOUNT_COLUMNS, USER_COLUMNS
from cift.kit.stores.rows import user as read_user

__all__ = ["NamedAccount", "NamedHolder", "Reference", "check_etag", "etag"]

LOOK_SECONDS = 0.01
SAFE_AGAIN = "the same request again is safe and waits on"
TRY_AGAIN = "the same change again tries again"
CURRENCIES_MAX = 1_024
"""The engine's bound of currencies that are worth something."""


@dataclass(frozen=True, slots=True)
class NamedAccount:
    """An account with the name of its firm."""

    account: Account
    firm: str


@dataclass(frozen=True, slots=True)
class NamedHolder:
    """An account, a firm or the venue, with its name; the firm of an account, or the firm."""

    holder: Holder
    name: str
    firm_id: int | None = None

    def __str__(self) -> str:
        return VENUE_NAME if self.holder.level is Level.VENUE else self.kind + " " + self.name

    @property
    def kind(self) -> str:
        """What it is."""
        return self.holder.level.name.lower()

    @property
    def audit_name(self) -> str:
        """How the audit log names it."""
        return holder_name(self.holder.level, self.name)


def etag(revision: int) -> str:
    """What tells a revision of a thing from another."""
    return f"r{revision}"


def check_etag(given: str, revision: int | None, what: str) -> None:
    """Refuse a change of what was changed since it was read; `revision` None: it isn't there."""
    if given and (revision is None or given != etag(revision)):
        raise Aborted(
            "ETAG_MISMATCH",
            f"{what} changed since it was read, by somebody else or by an earlier try of this "
            "request whose answer was lost: read it again, and change it if need be",
        )


class Reference:
    """Reads and changes over a pool; `applied` is the last sequence in the engine here."""

    def __init__(self, pool: asyncpg.Pool, applied: Callable[[], int]) -> None:
        self._pool = pool
        self._store = ReferenceStore(pool)
        self._applied = applied

    async def firm_id(self, name: str) -> int | None:
        """The number of a firm."""
        number: int | None = await self._pool.fetchval("SELECT id FROM firms WHERE name = $1", name)
        return number

    async def firm_names(self) -> dict[int, str]:
        """The names of all firms by number."""
        return {firm.id: firm.name for firm in await self._store.firms()}

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
        return None if row is None else named_account(row)

    async def add_account(self, wanted: Account, actor: str) -> tuple[NamedAccount, int]:
        """Add an account unless the name is taken; what is there, and its outbox row."""
        name = wanted.name
        change: Change | None = None
        stored = await self.account(name)
        if stored is None:  # A try takes a number even if it fails, and the engine has a million.
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
        return stored, await self._number(change, "account", name, {"id": stored.account.id})

    async def update_account(
        self, name: str, changed: Callable[[Account], Account], actor: str
    ) -> tuple[NamedAccount, int] | None:
        """Put what `changed` makes of what is stored; it, and its outbox row; None: not there."""
        async with self._store.change(actor) as change:
            stored = await change.account(name)
            if stored is None:
                return None
            wanted = changed(stored)
            if wanted != stored or await change.was_refused("account", name):
                await change.put_account(wanted)
        put = await self.account(name)
        assert put is not None
        return put, await self._number(change, "account", name, {"id": stored.id})

    async def user(self, firm: str, name: str) -> User | None:
        """Find a user of a firm."""
        row = await self._pool.fetchrow(
            f"SELECT {USER_COLUMNS} FROM users"
            " WHERE firm_id = (SELECT id FROM firms WHERE name = $1) AND name = $2",
            firm,
            name,
        )
        return None if row is None else read_user(row)

    async def add_user(self, wanted: User, actor: str) -> User:
        """Add a user unless the name is taken; what is there."""
        try:
            async with self._store.change(actor) as change:
                added = await change.add_user(
                    wanted.name,
                    firm_id=wanted.firm_id,
                    display_name=wanted.display_name,
                    scopes=wanted.scopes,
                    enabled=wanted.enabled,
                )
        except asyncpg.UniqueViolationError:
            row = await self._pool.fetchrow(
                f"SELECT {USER_COLUMNS} FROM users WHERE firm_id = $1 AND name = $2",
                wanted.firm_id,
                wanted.name,
            )
            return read_user(row)  # Users are never deleted.
        return added

    async def update_user(
        self, firm: str, name: str, changed: Callable[[User], User], actor: str
    ) -> User | None:
        """Put what `changed` makes of what is stored; None: not there."""
        firm_id = await self.firm_id(firm)
        if firm_id is None:
            return None
        async with self._store.change(actor) as change:
            stored = await change.user(firm_id, name)
            if stored is None:
                return None
            wanted = changed(stored)
            return stored if wanted == stored else await change.put_user(wanted)

    async def add_key(
        self,
        secret: str,
        *,
        firm_id: int,
        user: str,
        refuse: Callable[[User], None],
        scopes: Sequence[str],
        service_scopes: Sequence[str],
        label: str,
        actor: str,
    ) -> ApiKey | None:
        """Store a new key of a user, or ("") of the firm's service user, made with `service_scopes`
        if need be; None: no such user. `refuse` looks at the user, who stays as it is meanwhile."""
        async with self._store.change(actor) as change:
            if user:
                stored = await change.user(firm_id, user)
            else:
                stored = await change.service_user(firm_id, service_scopes)
            if stored is None:
                return None
            refuse(stored)
            return await change.add_key(
                secret, firm_id=firm_id, user_id=stored.id, scopes=scopes, label=label
            )

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

    async def add_instrument(
        self, new: Callable[[int], Instrument], symbol: str, actor: str
    ) -> tuple[Instrument, int]:
        """Add an instrument under a new number unless the symbol is taken; what is there, and its
        outbox row."""
        change: Change | None = None
        stored = await self.instrument(symbol)
        if stored is None:
            try:
                async with self._store.change(actor) as change:
                    await change.put_instrument(new(await change.next_instrument_id()))
            except asyncpg.UniqueViolationError:
                change = None
            stored = await self.instrument(symbol)
        assert stored is not None  # Instruments are never deleted.
        return stored, await self._number(change, "instrument", symbol, {"id": stored.id})

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
            again = wanted == stored and not await change.was_refused("instrument", symbol)
            put = stored if again else await change.put_instrument(wanted)
        return put, await self._number(change, "instrument", symbol, {"id": put.id})

    async def limits(self, holder: NamedHolder, symbol: str = "") -> tuple[Limits, int] | None:
        """A holder's limits on all instruments, or in one, and the outbox row that set them."""
        row = await self._pool.fetchrow(
            f"SELECT {limits_columns()} FROM limits WHERE level = $1 AND holder_id = $2"
            " AND instrument_id = coalesce((SELECT id FROM instruments WHERE symbol = $3), 0)",
            int(holder.holder.level),
            holder.holder.id,
            symbol,
        )
        if row is None:
            return None
        limits = Limits.of_row(row)
        return limits, await self._limits_number(None, holder, limits, symbol)

    async def set_limits(
        self,
        holder: NamedHolder,
        instrument: Instrument | None,
        changed: Callable[[Limits | None], Limits],
        actor: str,
    ) -> tuple[Limits, int]:
        """Put what `changed` makes of a holder's limits, in one instrument or (None) on all; they,
        and their outbox row."""
        symbol = "" if instrument is None else instrument.symbol
        async with self._store.change(actor) as change:
            stored = await change.limits(holder.holder, 0 if instrument is None else instrument.id)
            put = changed(stored)
            name = _limits_name(holder, symbol)
            if put != stored or await change.was_refused("limits", name):
                put = await change.put_limits(put)
            elif stored is not None:
                put = stored
        return put, await self._limits_number(change, holder, put, symbol)

    async def add_locate(
        self, account: Account, instrument: Instrument, units: int, source: str, actor: str
    ) -> tuple[Locate, int, int]:
        """Add a locate; it, all that is located there, and the outbox row (0: none was needed)."""
        async with self._store.change(actor) as change:
            locate = await change.add_locate(account.id, instrument.id, units, source)
            located = await change.located(account.id, instrument.id)
        return locate, located, change.number or 0

    async def release_locate(self, number: int, actor: str) -> tuple[Locate, int, int] | None:
        """Release a locate, as `add_locate`; None when there is none."""
        async with self._store.change(actor) as change:
            locate = await change.release_locate(number)
            if locate is None:
                return None
            located = await change.located(locate.account_id, locate.instrument_id)
            name = await change.locate_name(locate)
        return locate, located, await self._number(change, "locate", name)

    async def set_fees(self, holder: NamedHolder, fees: FeeSchedule, actor: str) -> int:
        """Set a holder's fees; the outbox row."""
        async with self._store.change(actor) as change:
            stored = await change.fees(holder.holder)
            same = fees.tiers == (() if stored is None else stored.tiers)
            if not same or await change.was_refused("fees", holder.audit_name):
                await change.put_fees(fees)
        return await self._number(change, "fees", holder.audit_name)

    async def set_conversion(self, conversion: Conversion, actor: str) -> int:
        """Set what a currency is worth; the outbox row."""
        async with self._store.change(actor) as change:
            same = await change.conversion(conversion.currency) == conversion
            if not same or await change.was_refused("conversion", conversion.currency):
                await change.put_conversion(conversion)
                if await change.count_conversions() > CURRENCIES_MAX:
                    raise FailedPrecondition(
                        "TOO_MANY_CURRENCIES",
                        f"at most {CURRENCIES_MAX} currencies are given a value",
                    )
        return await self._number(change, "conversion", conversion.currency)

    async def kill(self, holder: NamedHolder, on: bool, comment: str, actor: str) -> int:
        """Turn a kill switch on or off; the outbox row, 0: it was never turned."""
        async with self._store.change(actor) as change:
            if on:
                await change.kill(holder.holder, comment)
            else:
                await change.unkill(holder.holder, comment)
        return await self._number(change, "kill_switch", holder.audit_name)

    async def has_accounts(self, firm_id: int) -> bool:
        """Whether a firm has accounts: the engine knows it once it has."""
        found: bool = await self._pool.fetchval(
            "SELECT EXISTS (SELECT FROM accounts WHERE firm_id = $1)", firm_id
        )
        return found

    async def in_effect(
        self,
        number: int,
        seconds: float,
        *,
        here: bool = True,
        again: str = SAFE_AGAIN,
        retry: str = TRY_AGAIN,
    ) -> int:
        """Wait until an outbox row has taken effect, `here` too; its ORDERS sequence.

        Row 0 is none: the sequence is 0. What is waited for is stored, so a database that is away
        is waited out; who waits in vain is told what it does to send the request `again`, and who
        is refused by the engine how to `retry`.
        """
        deadline = time.monotonic() + seconds
        while number:
            sequence, refused = await self._outcome(number)
            if sequence is not None and refused:
                raise _refused(refused, retry)
            if sequence is not None and (not here or self._applied() >= sequence):
                return sequence
            if time.monotonic() >= deadline:
                raise DeadlineExceeded(
                    "NOT_YET_IN_EFFECT",
                    f"stored, and it will take effect once the journal takes it; {again}",
                )
            await asyncio.sleep(LOOK_SECONDS)
        return 0

    async def _outcome(self, number: int) -> tuple[int | None, list[list[int]]]:
        """Where the change that a row is the last of took effect, and what the engine refused of
        it; None: not yet as a whole, as far as is noted, or the database is away."""
        try:
            rows = await self._pool.fetch(
                "SELECT o.sequence, o.refused FROM reference_outbox o JOIN reference_outbox last"
                " ON o.number BETWEEN last.first_number AND last.number WHERE last.number = $1",
                number,
            )
        except Exception as error:
            if as_service_error(error).reason != "DATABASE_UNAVAILABLE":
                raise
            return None, []
        if not rows or any(row["sequence"] is None for row in rows):
            return None, []
        refused = [pair for row in rows for pair in row["refused"] or ()]
        return max(row["sequence"] for row in rows), refused

    async def _limits_number(
        self, change: Change | None, holder: NamedHolder, limits: Limits, symbol: str
    ) -> int:
        name = _limits_name(holder, symbol)
        found = {**holder.holder.command, "instrument": limits.instrument_id}
        return await self._number(change, "limits", name, found)

    async def _number(
        self,
        change: Change | None,
        kind: str,
        name: str,
        fields: dict[str, Any] | None = None,
    ) -> int:
        """The last outbox row that made a thing what it is: that of `change`, if it made one.

        Things of before there was an audit log are looked for in the outbox itself, by `fields` of
        their command.
        """
        if change is not None and change.number is not None:
            return change.number
        row: int | None = await self._pool.fetchval(
            "SELECT max(number) FROM audit_log WHERE kind = $1 AND name = $2", kind, name
        )
        if not row and fields is not None:
            row = await self._pool.fetchval(
                "SELECT max(number) FROM reference_outbox WHERE commands @> $1", [[kind, fields]]
            )
        return row or 0


def _limits_name(holder: NamedHolder, symbol: str) -> str:
    """How the audit log names a holder's limits on all instruments (""), or in one."""
    return f"{holder.audit_name}/{symbol}" if symbol else holder.audit_name


def _refused(commands: Sequence[Sequence[int]], retry: str) -> FailedPrecondition:
    """What is said of a change that the engine refused: nothing here lets that through, so a bound
    of its own was reached."""
    numbers = sorted({reason for _, reason in commands})
    known = types_pb2.RejectReason.values()
    names = [
        types_pb2.RejectReason.Name(n).removeprefix("REJECT_REASON_") if n in known else str(n)
        for n in numbers
    ]
    return FailedPrecondition(
        "REFUSED_BY_ENGINE",
        f"stored, but not in force: the engine refused it ({', '.join(names)}), and what was in "
        f"force before still is; {retry}",
    )


def named_account(row: Any) -> NamedAccount:
    """Read a row of `ACCOUNTS`."""
    values = dict(row)
    firm = values.pop("firm")
    return NamedAccount(Account(**values), firm)


ACCOUNTS = (
    f"SELECT {', '.join(f'a.{column}' for column in ACCOUNT_COLUMNS.split(', '))}, f.name AS firm"
    " FROM accounts a JOIN firms f ON f.id = a.firm_id"
)
