"""Columns of reference data's tables, and the records that rows of them are."""

from typing import Any

from cift.kit.stores.records import ApiKey, FeeSchedule, Holder, KillSwitch, Level

__all__ = [
    "ACCOUNT_COLUMNS",
    "AUDIT_COLUMNS",
    "FEE_COLUMNS",
    "KEY_COLUMNS",
    "KILL_COLUMNS",
    "LOCATE_COLUMNS",
    "api_key",
    "fee_schedule",
    "kill_switch",
    "nanoseconds",
]


def nanoseconds(column: str) -> str:
    """A time as nanoseconds since the Unix epoch, in SQL."""
    return f"(extract(epoch FROM {column}) * 1000000)::bigint * 1000"


ACCOUNT_COLUMNS = "id, name, firm_id, currency, enabled, self_trade, self_trade_group, revision"
KEY_COLUMNS = (
    "id, firm_id, scopes, label, development, disabled_at IS NOT NULL AS disabled,"
    f" {nanoseconds('created_at')} AS created_ns"
)
LOCATE_COLUMNS = (
    "id, account_id, instrument_id, quantity_units, source, released_at IS NOT NULL AS released,"
    f" {nanoseconds('created_at')} AS created_ns"
)
AUDIT_COLUMNS = f"id, {nanoseconds('time')} AS time_ns, actor, kind, name, before, after, number"
FEE_COLUMNS = "level, holder_id, tiers"
KILL_COLUMNS = f"level, holder_id, comment, created_by, {nanoseconds('created_at')} AS created_ns"


def api_key(row: Any) -> ApiKey:
    """Read a row of `KEY_COLUMNS`; it may have others too."""
    values = {name: row[name] for name in ApiKey.__slots__}
    return ApiKey(**{**values, "scopes": tuple(row["scopes"])})


def fee_schedule(row: Any) -> FeeSchedule:
    """Read a row of `FEE_COLUMNS`."""
    tiers = tuple((start, maker, taker) for start, maker, taker in row["tiers"])
    return FeeSchedule(_holder(row), tiers)


def kill_switch(row: Any) -> KillSwitch:
    """Read a row of `KILL_COLUMNS`."""
    return KillSwitch(_holder(row), row["comment"], row["created_by"], row["created_ns"])


def _holder(row: Any) -> Holder:
    return Holder(Level(row["level"]), row["holder_id"])
