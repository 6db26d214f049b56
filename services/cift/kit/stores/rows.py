"""Columns of reference data's tables, and the records that rows of them are."""

from typing import Any

from cift.kit.stores.records import ApiKey, FeeSchedule, Holder, KillSwitch, Level, User

__all__ = [
    "ACCOUNT_COLUMNS",
    "AUDIT_COLUMNS",
    "FEE_COLUMNS",
    "KEYS",
    "KILL_COLUMNS",
    "LOCATE_COLUMNS",
    "USER_COLUMNS",
    "api_key",
    "fee_schedule",
    "kill_switch",
    "nanoseconds",
    "user",
]


def nanoseconds(column: str) -> str:
    """A time as nanoseconds since the Unix epoch, in SQL."""
    return f"(extract(epoch FROM {column}) * 1000000)::bigint * 1000"


ACCOUNT_COLUMNS = "id, name, firm_id, currency, enabled, self_trade, self_trade_group, revision"
USER_COLUMNS = (
    "id, firm_id, name, display_name, scopes, enabled, revision,"
    f" {nanoseconds('created_at')} AS created_ns"
)
KEYS = (
    "SELECT k.id, k.key_hash, k.firm_id, k.user_id, u.name AS user, u.scopes AS user_scopes,"
    " NOT u.enabled AS user_disabled, k.scopes, k.label, k.development,"
    f" k.disabled_at IS NOT NULL AS disabled, {nanoseconds('k.created_at')} AS created_ns"
    " FROM api_keys k JOIN users u ON u.id = k.user_id"
)
"""A query of keys `k`, with their users `u`, that wants a WHERE or none."""
LOCATE_COLUMNS = (
    "id, account_id, instrument_id, quantity_units, source, released_at IS NOT NULL AS released,"
    f" {nanoseconds('created_at')} AS created_ns"
)
AUDIT_COLUMNS = f"id, {nanoseconds('time')} AS time_ns, actor, kind, name, before, after, number"
FEE_COLUMNS = "level, holder_id, tiers"
KILL_COLUMNS = f"level, holder_id, comment, created_by, {nanoseconds('created_at')} AS created_ns"


def user(row: Any) -> User:
    """Read a row of `USER_COLUMNS`; it may have others too."""
    values = {name: row[name] for name in User.__slots__}
    return User(**{**values, "scopes": tuple(row["scopes"])})


def api_key(row: Any) -> ApiKey:
    """Read a row of `KEYS`; it may have others too."""
    values = {name: row[name] for name in ApiKey.__slots__}
    values |= {name: tuple(row[name]) for name in ("scopes", "user_scopes")}
    return ApiKey(**values)


def fee_schedule(row: Any) -> FeeSchedule:
    """Read a row of `FEE_COLUMNS`."""
    tiers = tuple((start, maker, taker) for start, maker, taker in row["tiers"])
    return FeeSchedule(_holder(row), tiers)


def kill_switch(row: Any) -> KillSwitch:
    """Read a row of `KILL_COLUMNS`."""
    return KillSwitch(_holder(row), row["comment"], row["created_by"], row["created_ns"])


def _holder(row: Any) -> Holder:
    return Holder(Level(row["level"]), row["holder_id"])
