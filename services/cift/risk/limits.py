"""Limits between the operators' interface and what is stored.

The bounds are those of the engine (crates/engine): what passes here is never refused there.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from cift.kit import decimals
from cift.kit.stores.limits import MONEY_SCALE, SIZES, Limits
from cift.kit.stores.records import brief
from cift.risk.market_rules import Violations
from cift.risk.v1 import risk_pb2
from cift.risk.validation import mask, refuse

__all__ = [
    "COLLAR_BPS_MAX",
    "CREDIT_PICO_MAX",
    "NOTIONAL_PICO_MAX",
    "SIZE_MAX",
    "limits_fields",
    "read",
    "show",
]

NOTIONAL_PICO_MAX = 10**36
CREDIT_PICO_MAX = 10**27
SIZE_MAX = 10**12
"""The highest limit on a quantity or a position, in whole units of the instrument."""
COLLAR_BPS_MAX = 100_000
MESSAGES_MAX = 1_000_000
BURST_MAX = 65_535
WINDOW_MS_MAX = 65_535
IN_A_ROW_MAX = 4_095

DECIMALS = {
    **dict.fromkeys(SIZES, SIZE_MAX * 10**MONEY_SCALE),
    "max_order_notional": NOTIONAL_PICO_MAX,
    "max_gross_exposure": NOTIONAL_PICO_MAX,
    "credit": CREDIT_PICO_MAX,
    "max_daily_loss": CREDIT_PICO_MAX,
}
"""The highest of each."""
FIELDS = tuple(field.name for field in risk_pb2.Limits.DESCRIPTOR.fields)
IN_ONE = (*SIZES, "restricted")
"""What may be said of one instrument."""
COLUMNS: dict[str, tuple[str, ...]] = {
    **{name: (f"{name}_pico",) for name in DECIMALS},
    "collar_bps": ("collar_bps",),
    "max_open_orders": ("max_open_orders",),
    "message_rate": ("messages_per_second", "message_burst"),
    "duplicate_flow": ("duplicate_window_ms", "duplicate_max"),
    "restricted": ("restricted",),
}
"""What of the stored record each field is."""


def limits_fields(request: risk_pb2.Limits, paths: Sequence[str], *, in_one: bool) -> list[str]:
    """Check which fields a change names; those that it changes. `in_one`: in one instrument."""
    known = IN_ONE if in_one else FIELDS
    what = "limits in one instrument" if in_one else "limits"
    violations = mask(what, paths, known)
    fields = list(dict.fromkeys(paths)) or list(known)
    said = {field.name for field, _ in request.ListFields()}
    if in_one:
        text = "is not limited in one instrument: leave symbol empty, or this out"
        violations += [(f"limits.{name}", text) for name in FIELDS if name in said - set(known)]
    refuse(violations)
    return fields


def read(request: risk_pb2.Limits, fields: Iterable[str] = FIELDS) -> dict[str, Any]:
    """Check some fields of limits; as fields of the stored record, None: the check is off."""
    violations: Violations = []
    found: dict[str, Any] = {}
    for name in fields:
        values: tuple[Any, ...]
        if name in DECIMALS:
            values = (_decimal(request, name, violations),)
        elif name == "restricted":
            values = (request.restricted,)
        elif not request.HasField(name):
            values = (None,) * len(COLUMNS[name])
        else:
            values = _counts(request, name, violations)
        found |= dict(zip(COLUMNS[name], values, strict=True))
    refuse(violations)
    return found


def show(stored: Limits) -> risk_pb2.Limits:
    """Write limits as they were given."""
    shown = risk_pb2.Limits(restricted=stored.restricted)
    for name in DECIMALS:
        value = stored.pico(name)
        if value is not None:
            setattr(shown, name, brief(value, MONEY_SCALE))
    for name in ("collar_bps", "max_open_orders"):
        if getattr(stored, name) is not None:
            setattr(shown, name, getattr(stored, name))
    if stored.messages_per_second is not None:
        shown.message_rate.per_second = stored.messages_per_second
        shown.message_rate.burst = stored.message_burst or 0
    if stored.duplicate_max is not None:
        shown.duplicate_flow.window_ms = stored.duplicate_window_ms or 0
        shown.duplicate_flow.max_in_a_row = stored.duplicate_max
    return shown


def _decimal(request: risk_pb2.Limits, name: str, violations: Violations) -> int | None:
    if not request.HasField(name):
        return None
    try:
        pico = decimals.parse(getattr(request, name), MONEY_SCALE)
    except decimals.DecimalError as error:
        violations.append((f"limits.{name}", str(error)))
        return None
    if not 0 <= pico <= DECIMALS[name]:
        most = DECIMALS[name] // 10**MONEY_SCALE
        violations.append((f"limits.{name}", f"must be from 0 to {most}"))
    return pico


def _counts(request: risk_pb2.Limits, name: str, violations: Violations) -> tuple[int, ...]:
    def bounded(field: str, value: int, maximum: int) -> int:
        if not 1 <= value <= maximum:
            violations.append((f"limits.{field}", f"must be from 1 to {maximum}"))
        return value

    match name:
        case "message_rate":
            rate = request.message_rate
            return (
                bounded("message_rate.per_second", rate.per_second, MESSAGES_MAX),
                bounded("message_rate.burst", rate.burst, BURST_MAX),
            )
        case "duplicate_flow":
            flow = request.duplicate_flow
            return (
                bounded("duplicate_flow.window_ms", flow.window_ms, WINDOW_MS_MAX),
                bounded("duplicate_flow.max_in_a_row", flow.max_in_a_row, IN_A_ROW_MAX),
            )
        case "collar_bps":
            return (bounded(name, request.collar_bps, COLLAR_BPS_MAX),)
        case _:
            return (request.max_open_orders,)
