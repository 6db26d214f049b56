"""One change of reference data: its rows, its commands and what is written down of it.

Every write goes through `_record`, which takes the commands that tell the engine and the entry of
the audit log together: none can be made without. `append` stores both at the end, in the same
transaction.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cift.kit.stores.instrument import (
    Instrument,
    instrument_columns,
    instrument_command,
    rules_command,
)
from cift.kit.stores.limits import Limits, limits_columns, limits_commands
from cift.kit.stores.records import (
    SCOPES,
    SERVICE_USER,
    Account,
    ApiKey,
    Conversion,
    FeeSchedule,
    Firm,
    Holder,
    KillSwitch,
    Level,
    Locate,
    User,
    account_command,
    conversion_command,
    fees_command,
    kill_command,
)
from cift.kit.stores.rows import (
    ACCOUNT_COLUMNS,
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
from cift_core import encode_reference

__all__ = ["VENUE_NAME", "Change", "hash_key", "holder_name"]

MAX_COMMANDS_PER_BATCH = 4096
"""What one ORDERS message holds."""
VENUE_NAME = "venue"
# Limits and instruments look at one another.
SIZES_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('cift.limits', 0))"

# One service user for a firm, whoever needs it first.
SERVICE_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('cift.service_user.' || $1, 0))"

Command = tuple[str, dict[str, Any]]
Shown = Mapping[str, Any]


def hash_key(secret: str) -> str:
    """What is stored of a key: the SHA-256 of its secret, in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _in_order(scopes: Sequence[str]) -> list[str]:
    return [scope for scope in SCOPES if scope in scopes]


def holder_name(level: Level, name: str) -> str:
    """How the audit log names a holder: an account's name, "firm F", "venue"."""
    match level:
        case Level.ACCOUNT:
            return name
        case Level.FIRM:
            return f"firm {name}"
        case Level.VENUE:
            return VENUE_NAME


class Change:
    """The writes of one transaction; see `ReferenceStore.change`.

    What is read here is locked until the change is stored, so that it can be judged and changed.
    """

    def __init__(self, connection: Any, actor: str) -> None:
        self.number: int | None = None
        """The last outbox row, once the change is stored; None when it held no command."""
        self._connection = connection
        self._actor = actor
        self._commands: list[Command] = []
        self._audit: list[dict[str, Any]] = []
        self._after: int | None = None
        """The batch that this change must follow, when it need wait for no other."""

    async def add_firm(self, name: str) -> Firm:
        """Add a firm. Firms are not in the log: keys and accounts name them."""
        row = await self._connection.fetchrow(
            "INSERT INTO firms (name, created_by, updated_by) VALUES ($1, $2, $2)"
            " RETURNING id, name, enabled",
            name,
            self._actor,
        )
        self._record("firm", name, None, {})
        return Firm(**dict(row))

    async def add_user(
        self,
        name: str,
        *,
        firm_id: int,
        display_name: str = "",
        scopes: Sequence[str] = SCOPES,
        enabled: bool = True,
    ) -> User:
        """Add a user. Users are not in the log: they are whose keys are."""
        if name == SERVICE_USER:
            await self._connection.execute(SERVICE_LOCK, str(firm_id))
        row = await self._connection.fetchrow(
            "INSERT INTO users"
            " (firm_id, name, display_name, scopes, enabled, created_by, updated_by)"
            f" VALUES ($1, $2, $3, $4, $5, $6, $6) RETURNING {USER_COLUMNS}",
            firm_id,
            name,
            display_name,
            _in_order(scopes),
            enabled,
            self._actor,
        )
        added = user(row)
        self._record("user", await self._user_name(added), None, added.shown())
        return added

    async def user(self, firm_id: int, name: str) -> User | None:
        """Find a user of a firm."""
        row = await self._connection.fetchrow(
            f"SELECT {USER_COLUMNS} FROM users WHERE firm_id = $1 AND name = $2 FOR NO KEY UPDATE",
            firm_id,
            name,
        )
        return None if row is None else user(row)

    async def put_user(self, changed: User) -> User:
        """Change what may change of a user that is there."""
        stored = await self.user(changed.firm_id, changed.name)
        assert stored is not None, "users are never deleted"
        row = await self._connection.fetchrow(
            "UPDATE users SET display_name = $2, scopes = $3, enabled = $4, updated_at = now(),"
            f" updated_by = $5 WHERE id = $1 RETURNING {USER_COLUMNS}",
            stored.id,
            changed.display_name,
            _in_order(changed.scopes),
            changed.enabled,
            self._actor,
        )
        put = user(row)
        self._record("user", await self._user_name(put), stored.shown(), put.shown())
        return put

    async def service_user(self, firm_id: int, scopes: Sequence[str] = SCOPES) -> User:
        """The user of a firm's keys that name none; made with these scopes if it isn't there."""
        await self._connection.execute(SERVICE_LOCK, str(firm_id))
        found = await self.user(firm_id, SERVICE_USER)
        return found or await self.add_user(SERVICE_USER, firm_id=firm_id, scopes=scopes)

    async def add_key(
        self,
        secret: str,
        *,
        firm_id: int,
        scopes: Sequence[str],
        user_id: int | None = None,
        label: str = "",
        development: bool = False,
    ) -> ApiKey:
        """Store the hash of a key. Keys are not in the log: they open the door, nothing else.

        `user_id`: a user of the firm; None: its service user.
        """
        if user_id is None:
            user_id = (await self.service_user(firm_id)).id
        number = await self._connection.fetchval(
            "INSERT INTO api_keys"
            " (key_hash, firm_id, user_id, scopes, label, development, created_by)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
            hash_key(secret),
            firm_id,
            user_id,
            list(scopes),
            label,
            development,
            self._actor,
        )
        key = api_key(await self._connection.fetchrow(f"{KEYS} WHERE k.id = $1", number))
        self._record("api_key", str(key.id), None, key.shown(await self._firm_name(firm_id)))
        return key

    async def disable_key(self, key_id: int) -> bool:
        """Disable a key; False when there is none. A second time changes nothing."""
        row = await self._connection.fetchrow(
            f"{KEYS} WHERE k.id = $1 FOR NO KEY UPDATE OF k", key_id
        )
        if row is None:
            return False
        key = api_key(row)
        if not key.disabled:
            await self._connection.execute(
                "UPDATE api_keys SET disabled_at = now(), disabled_by = $2 WHERE id = $1",
                key_id,
                self._actor,
            )
            before = key.shown(await self._firm_name(key.firm_id))
            self._record("api_key", str(key_id), before, {**before, "disabled": True})
        return True

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
        after = account.shown(await self._firm_name(firm_id))
        self._record("account", name, None, after, account_command(account))
        return account

    async def account(self, name: str) -> Account | None:
        """Find an account."""
        row = await self._connection.fetchrow(
            f"SELECT {ACCOUNT_COLUMNS} FROM accounts WHERE name = $1 FOR NO KEY UPDATE", name
        )
        return None if row is None else Account(**dict(row))

    async def put_account(self, account: Account) -> Account:
        """Change what may change of an account that is there."""
        stored = await self.account(account.name)
        assert stored is not None, "accounts are never deleted"
        row = await self._connection.fetchrow(
            "UPDATE accounts SET enabled = $2, self_trade = $3, self_trade_group = $4,"
            f" updated_at = now(), updated_by = $5 WHERE id = $1 RETURNING {ACCOUNT_COLUMNS}",
            stored.id,
            account.enabled,
            account.self_trade,
            account.self_trade_group,
            self._actor,
        )
        put = Account(**dict(row))
        firm = await self._firm_name(put.firm_id)
        before, after = stored.shown(firm), put.shown(firm)
        self._record("account", put.name, before, after, account_command(put))
        return put

    async def next_instrument_id(self) -> int:
        """Take a number for a new instrument; one that is not used leaves a harmless gap."""
        number = await self._connection.fetchval(
            "SELECT nextval(pg_get_serial_sequence('instruments', 'id'))"
        )
        return int(number)

    async def instrument(self, symbol: str) -> Instrument | None:
        """Find an instrument."""
        row = await self._connection.fetchrow(
            f"SELECT {instrument_columns()} FROM instruments WHERE symbol = $1 FOR NO KEY UPDATE",
            symbol,
        )
        return None if row is None else Instrument.of_row(row)

    async def put_instrument(self, instrument: Instrument) -> Instrument:
        """Add an instrument, or change the terms that may change; its scales never do."""
        stored = await self.instrument(instrument.symbol)
        # What it was before may not be in force, so that all of it is to be told.
        whole = stored is None or await self.was_refused("instrument", instrument.symbol)
        if whole:
            await self._connection.execute(SIZES_LOCK)
        await self._put("instruments", ("id",), instrument.row())
        commands = [("instrument", instrument_command(instrument))]
        # A new one has none; those that are there stay until others take their place.
        told = {} if stored is None else stored.rules
        if instrument.rules != told or (whole and stored is not None):
            commands.append(("rules", rules_command(instrument)))
        if whole and instrument.quantity_scale > 0:
            commands += await self._sizes_in(instrument)
        before = None if stored is None else stored.shown()
        self._record("instrument", instrument.symbol, before, instrument.shown(), *commands)
        return await self.instrument(instrument.symbol) or instrument

    async def limits(self, holder: Holder, instrument_id: int = 0) -> Limits | None:
        """Find limits on all instruments, or on one."""
        await self._connection.execute(SIZES_LOCK)
        return (await self._limits_of(holder)).get(instrument_id)

    async def put_limits(self, limits: Limits) -> Limits:
        """Set limits on all instruments, or on one, all of them at once."""
        await self._connection.execute(SIZES_LOCK)
        before = (await self._limits_of(limits.holder)).get(limits.instrument_id)
        await self._put("limits", ("level", "holder_id", "instrument_id"), limits.row())
        rows = await self._limits_of(limits.holder)
        put = rows[limits.instrument_id]
        only = [limits.instrument_id] if limits.instrument_id else None
        commands = await self._tell(limits.holder, rows, only)
        name = await self._name(limits.holder, limits.instrument_id)
        shown = None if before is None else before.shown()
        self._record("limits", name, shown, put.shown(), *commands)
        return put

    async def add_locate(
        self, account_id: int, instrument_id: int, quantity_units: int, source: str
    ) -> Locate:
        """Add a locate; it counts where the account's short sales are limited."""
        await self._connection.execute(SIZES_LOCK)
        row = await self._connection.fetchrow(
            "INSERT INTO locates (account_id, instrument_id, quantity_units, source, created_by)"
            f" VALUES ($1, $2, $3, $4, $5) RETURNING {LOCATE_COLUMNS}",
            account_id,
            instrument_id,
            quantity_units,
            source,
            self._actor,
        )
        locate = Locate(**dict(row))
        await self._record_locate(locate, None)
        return locate

    async def release_locate(self, number: int) -> Locate | None:
        """Release a locate; None when there is none. A second time changes nothing, but tells
        the engine again what it refused."""
        await self._connection.execute(SIZES_LOCK)
        select = f"SELECT {LOCATE_COLUMNS} FROM locates WHERE id = $1"
        row = await self._connection.fetchrow(select, number)
        if row is None:
            return None
        stored = Locate(**dict(row))
        if not stored.released:
            await self._connection.execute(
                "UPDATE locates SET released_at = now(), released_by = $2 WHERE id = $1",
                number,
                self._actor,
            )
        elif not await self.was_refused("locate", await self.locate_name(stored)):
            return stored
        released = Locate(**dict(await self._connection.fetchrow(select, number)))
        await self._record_locate(released, stored)
        return released

    async def locate_name(self, locate: Locate) -> str:
        """How the audit log names a locate: the account and the instrument."""
        return await self._name(Holder(Level.ACCOUNT, locate.account_id), locate.instrument_id)

    async def located(self, account_id: int, instrument_id: int) -> int:
        """All that is located for an account in an instrument, in its units."""
        return (await self._located(account_id)).get(instrument_id, 0)

    async def fees(self, holder: Holder) -> FeeSchedule | None:
        """Find a holder's own fees."""
        row = await self._connection.fetchrow(
            f"SELECT {FEE_COLUMNS} FROM fee_schedules"
            " WHERE level = $1 AND holder_id = $2 FOR NO KEY UPDATE",
            int(holder.level),
            holder.id,
        )
        return None if row is None else fee_schedule(row)

    async def put_fees(self, fees: FeeSchedule) -> None:
        """Set a holder's fees; without tiers it has none of its own any more."""
        stored = await self.fees(fees.holder)
        if fees.tiers:
            row = {**fees.holder.columns, "tiers": [list(tier) for tier in fees.tiers]}
            await self._put("fee_schedules", ("level", "holder_id"), row)
        else:
            await self._connection.execute(
                "DELETE FROM fee_schedules WHERE level = $1 AND holder_id = $2",
                int(fees.holder.level),
                fees.holder.id,
            )
        before = None if stored is None else {"tiers": stored.tiers}
        command = fees_command(fees.holder, fees.tiers)
        name = await self._name(fees.holder)
        self._record("fees", name, before, {"tiers": fees.tiers}, command)

    async def conversion(self, currency: str) -> Conversion | None:
        """Find what a currency is worth."""
        row = await self._connection.fetchrow(
            "SELECT currency, value_nano FROM conversions WHERE currency = $1 FOR NO KEY UPDATE",
            currency,
        )
        return None if row is None else Conversion(**dict(row))

    async def count_conversions(self) -> int:
        """How many currencies are worth something."""
        number: int = await self._connection.fetchval("SELECT count(*) FROM conversions")
        return number

    async def put_conversion(self, conversion: Conversion) -> None:
        """Set what a currency is worth."""
        stored = await self.conversion(conversion.currency)
        row = {"currency": conversion.currency, "value_nano": conversion.value_nano}
        await self._put("conversions", ("currency",), row)
        before = None if stored is None else stored.shown()
        command = conversion_command(conversion)
        self._record("conversion", conversion.currency, before, conversion.shown(), command)

    async def kill_switch(self, holder: Holder) -> KillSwitch | None:
        """Find a kill switch that is on; nobody else turns it until the change is stored."""
        key = f"cift.kill_switch.{holder.level}.{holder.id}"
        await self._connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", key)
        row = await self._connection.fetchrow(
            f"SELECT {KILL_COLUMNS} FROM kill_switches WHERE level = $1 AND holder_id = $2",
            int(holder.level),
            holder.id,
        )
        return None if row is None else kill_switch(row)

    async def kill(self, holder: Holder, comment: str) -> None:
        """Turn a kill switch on; one that is on stays as it is, unless the engine refused it."""
        stored = await self.kill_switch(holder)
        name = await self._name(holder)
        before = None
        if stored is not None:
            if not await self.was_refused("kill_switch", name):
                return
            before = {"on": True, "comment": stored.comment}
        row = {**holder.columns, "comment": comment}
        places = ", ".join(f"${place}" for place in range(1, len(row) + 2))
        await self._connection.execute(
            f"INSERT INTO kill_switches ({', '.join(row)}, created_by) VALUES ({places})"
            " ON CONFLICT DO NOTHING",
            *row.values(),
            self._actor,
        )
        after = before or {"on": True, "comment": comment}
        await self._hurry(holder, name)
        self._record("kill_switch", name, before, after, kill_command(holder, on=True))

    async def unkill(self, holder: Holder, comment: str) -> None:
        """Turn a kill switch off; one that is off stays so, unless the engine refused that."""
        stored = await self.kill_switch(holder)
        name = await self._name(holder)
        before = {"on": False, "comment": ""}
        if stored is not None:
            before = {"on": True, "comment": stored.comment}
        elif not await self.was_refused("kill_switch", name):
            return
        await self._connection.execute(
            "DELETE FROM kill_switches WHERE level = $1 AND holder_id = $2",
            int(holder.level),
            holder.id,
        )
        after = {"on": False, "comment": comment}
        await self._hurry(holder, name)
        self._record("kill_switch", name, before, after, kill_command(holder, on=False))

    async def append(self) -> None:
        """Write the outbox rows and the audit log; `ReferenceStore.change` does it, last."""
        commands, first = self._commands, None
        for start in range(0, len(commands), MAX_COMMANDS_PER_BATCH):
            batch = commands[start : start + MAX_COMMANDS_PER_BATCH]
            encode_reference(1, batch)  # What can't be written would hold up all that follows.
            self.number = await self._connection.fetchval(
                "SELECT reference_append($1, $2, $3, $4)", self._actor, batch, self._after, first
            )
            first = first or self.number
        if self._audit:
            await self._connection.execute(
                "SELECT audit_append($1, $2, $3)", self._actor, self.number or 0, self._audit
            )

    async def was_refused(self, kind: str, name: str) -> bool:
        """Whether the engine refused the last change of a thing, so that it isn't in force."""
        refused: bool | None = await self._connection.fetchval(
            "SELECT (SELECT bool_or(o.refused IS NOT NULL) FROM reference_outbox o"
            "   JOIN reference_outbox last ON o.number BETWEEN last.first_number AND last.number"
            "   WHERE last.number = l.number)"
            " FROM audit_log l WHERE l.kind = $1 AND l.name = $2 AND l.number > 0"
            " ORDER BY l.id DESC LIMIT 1",
            kind,
            name,
        )
        return bool(refused)

    async def _hurry(self, holder: Holder, name: str) -> None:
        """Let a kill switch go past all that waits, if the engine knows the holder already, and
        has every turn of the switch that went the common way.

        Once one was urgent all are: what it followed is in force, and one that went the common way
        could pass it where the log is made anew.
        """
        assert not self._commands, "a kill switch is turned by itself"
        turns = await self._connection.fetchrow(
            "SELECT max(o.batch) FILTER (WHERE NOT o.urgent) AS common,"
            " max(o.after_batch) FILTER (WHERE o.urgent) AS followed"
            " FROM audit_log l JOIN reference_outbox o ON o.number = l.number"
            " WHERE l.kind = 'kill_switch' AND l.name = $1",
            name,
        )
        after = turns["followed"]
        if after is None:
            after = max(await self._known_since(holder), turns["common"] or 0)
        in_force = not after or await self._connection.fetchval(
            "SELECT sequence IS NOT NULL FROM reference_outbox WHERE NOT urgent AND batch = $1",
            after,
        )
        if in_force:
            self._after = after

    async def _known_since(self, holder: Holder) -> int:
        """The batch since which the engine knows a holder; a firm by one of its accounts."""
        if holder.level is Level.VENUE:
            return 0
        column = "id" if holder.level is Level.ACCOUNT else "firm_id"
        batch = await self._connection.fetchval(
            "SELECT o.batch FROM audit_log l JOIN reference_outbox o ON o.number = l.number"
            " WHERE l.kind = 'account' AND l.before IS NULL AND l.name ="
            f" (SELECT name FROM accounts WHERE {column} = $1 ORDER BY accounts.id LIMIT 1)",
            holder.id,
        )
        if batch is None:  # It is older than the audit log, and so than all that is in there.
            batch = await self._connection.fetchval(
                "SELECT coalesce((SELECT min(number) - 1 FROM audit_log WHERE number > 0),"
                " (SELECT max(number) FROM reference_outbox), 0)"
            )
        return int(batch)

    def _record(
        self, kind: str, name: str, before: Shown | None, after: Shown, *commands: Command
    ) -> None:
        """Note what changed, and what tells the engine."""
        self._audit.append({"kind": kind, "name": name, "before": before, "after": after})
        self._commands.extend(commands)

    async def _record_locate(self, locate: Locate, before: Locate | None) -> None:
        holder, number = Holder(Level.ACCOUNT, locate.account_id), locate.instrument_id
        rows = await self._limits_of(holder)
        limited = any(
            place in rows and rows[place].max_short_pico is not None for place in (0, number)
        )
        commands = await self._tell(holder, rows, [number]) if limited else []
        scale = (await self._scales())[number]
        shown = None if before is None else before.shown(scale)
        name = await self.locate_name(locate)
        self._record("locate", name, shown, locate.shown(scale), *commands)

    async def _tell(
        self, holder: Holder, rows: Mapping[int, Limits], only: Iterable[int] | None
    ) -> list[Command]:
        located = await self._located(holder.id) if holder.level is Level.ACCOUNT else {}
        scales = await self._scales()
        return list(limits_commands(holder, rows, scales, located, instruments=only))

    async def _sizes_in(self, instrument: Instrument) -> list[Command]:
        """What limits of all instruments say of sizes in a new one with a finer scale."""
        listed = await self._connection.fetch(
            f"SELECT {limits_columns()} FROM limits WHERE instrument_id = 0"
            " ORDER BY level, holder_id"
        )
        scales = {instrument.id: instrument.quantity_scale}
        commands: list[Command] = []
        for own in map(Limits.of_row, listed):
            if own.has_sizes:
                commands += limits_commands(
                    own.holder, {0: own}, scales, {}, instruments=[instrument.id]
                )
        return commands

    async def _scales(self) -> dict[int, int]:
        rows = await self._connection.fetch("SELECT id, quantity_scale FROM instruments")
        return {row["id"]: row["quantity_scale"] for row in rows}

    async def _limits_of(self, holder: Holder) -> dict[int, Limits]:
        """A holder's limits by instrument, 0 for all."""
        rows = await self._connection.fetch(
            f"SELECT {limits_columns()} FROM limits WHERE level = $1 AND holder_id = $2",
            int(holder.level),
            holder.id,
        )
        return {row["instrument_id"]: Limits.of_row(row) for row in rows}

    async def _located(self, account_id: int) -> dict[int, int]:
        """What is located by instrument; 0 where it no longer is."""
        rows = await self._connection.fetch(
            "SELECT instrument_id, coalesce("
            "  sum(quantity_units) FILTER (WHERE released_at IS NULL), 0) AS units"
            " FROM locates WHERE account_id = $1 GROUP BY instrument_id",
            account_id,
        )
        return {row["instrument_id"]: int(row["units"]) for row in rows}

    async def _user_name(self, user: User) -> str:
        """How the audit log names a user: the firm, a slash and its own name."""
        return f"{await self._firm_name(user.firm_id)}/{user.name}"

    async def _firm_name(self, firm_id: int) -> str:
        name: str = await self._connection.fetchval("SELECT name FROM firms WHERE id = $1", firm_id)
        return name

    async def _name(self, holder: Holder, instrument_id: int = 0) -> str:
        """How the audit log names a holder, and an instrument after a slash."""
        name = ""
        if holder.level is not Level.VENUE:
            table = "accounts" if holder.level is Level.ACCOUNT else "firms"
            name = await self._connection.fetchval(
                f"SELECT name FROM {table} WHERE id = $1", holder.id
            )
        name = holder_name(holder.level, name)
        if instrument_id:
            symbol = await self._connection.fetchval(
                "SELECT symbol FROM instruments WHERE id = $1", instrument_id
            )
            name = f"{name}/{symbol}"
        return name

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
