"""Limits as operators give them, and what the engine is told of them.

A limit on a size is given as a decimal of an instrument's unit and holds for all instruments, or
for one, where it stands in place of that for all. The engine reads sizes in each instrument's own
units: it has whole units, rounded down, for all instruments, and a row for every instrument that
has a finer scale, limits of its own or located shares. Such a row says all that is said of sizes
there. What was located comes on top of `max_short`; where that check is off it changes nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from cift.kit.stores.records import Holder, Level, brief

__all__ = ["MONEY_SCALE", "SIZES", "SIZE_UNITS_MAX", "Limits", "limits_columns", "limits_commands"]

MONEY_SCALE = 12
SIZE_UNITS_MAX = 10**18
"""The engine's bound of a position; a higher limit means the same."""

SIZES = ("max_order_quantity", "max_position", "max_gross_position", "max_short")
"""What may be said of one instrument, with `restricted`."""
MONEY = ("max_order_notional", "credit", "max_gross_exposure", "max_daily_loss")
COUNTS = ("collar_bps", "max_open_orders")
MESSAGE_RATE = ("messages_per_second", "message_burst")
DUPLICATES = ("duplicate_window_ms", "duplicate_max")
BITS = {
    "max_order_quantity": 0,
    "max_order_notional": 1,
    "collar_bps": 2,
    "max_position": 3,
    "max_open_orders": 4,
    "credit": 5,
    "max_gross_position": 6,
    "max_gross_exposure": 7,
    "messages_per_second": 8,
    "duplicate_max": 9,
    "restricted": 10,
    "max_short": 11,
    "max_daily_loss": 12,
}
"""Of `checks` in schemas/types.capnp."""
LATER = (
    *MESSAGE_RATE,
    *DUPLICATES,
    "max_gross_position",
    "max_gross_exposure",
    "max_short",
    "max_daily_loss",
)
"""Fields of the command that are left out where they are 0."""

Command = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of a holder on all instruments (0) or in one; None: not given, the check is off.

    "pico" is 10^-12 of a currency unit, or of an instrument's unit.
    """

    holder: Holder
    instrument_id: int = 0
    max_order_quantity_pico: int | None = None
    max_order_notional_pico: int | None = None
    max_position_pico: int | None = None
    credit_pico: int | None = None
    collar_bps: int | None = None
    max_open_orders: int | None = None
    max_gross_position_pico: int | None = None
    max_gross_exposure_pico: int | None = None
    messages_per_second: int | None = None
    message_burst: int | None = None
    duplicate_window_ms: int | None = None
    duplicate_max: int | None = None
    restricted: bool = False
    max_short_pico: int | None = None
    max_daily_loss_pico: int | None = None
    revision: int = field(default=1, compare=False)

    @classmethod
    def of_row(cls, row: Any) -> "Limits":
        """Read a row of `limits_columns`."""
        values = dict(row)
        holder = Holder(Level(values.pop("level")), values.pop("holder_id"))
        for name, value in values.items():
            if name.endswith("_pico") and value is not None:
                values[name] = int(value)
        return cls(holder=holder, **values)

    def row(self) -> dict[str, Any]:
        """Write the row, without what is computed."""
        values = asdict(self)
        del values["holder"], values["revision"]
        return {**self.holder.columns, **values}

    def pico(self, name: str) -> int | None:
        """A size or an amount of money, by the name that it has without its unit."""
        value: int | None = getattr(self, f"{name}_pico")
        return value

    @property
    def has_sizes(self) -> bool:
        """Whether it says anything of sizes."""
        return any(self.pico(name) is not None for name in SIZES)

    def shown(self) -> dict[str, Any]:
        """What is on, as the audit log shows it."""
        shown: dict[str, Any] = {}
        for name in (*SIZES, *MONEY):
            value = self.pico(name)
            if value is not None:
                shown[name] = brief(value, MONEY_SCALE)
        for name in (*COUNTS, *MESSAGE_RATE, *DUPLICATES):
            if getattr(self, name) is not None:
                shown[name] = getattr(self, name)
        if self.restricted:
            shown["restricted"] = True
        return shown


def limits_columns() -> str:
    """Name the columns of limits, for a query."""
    own = [name for name in Limits.__slots__ if name != "holder"]
    return ", ".join(["level", "holder_id", *own])


def limits_commands(
    holder: Holder,
    rows: Mapping[int, Limits],
    scales: Mapping[int, int],
    located: Mapping[int, int],
    *,
    instruments: Iterable[int] | None = None,
) -> Iterator[Command]:
    """The commands that tell the engine a holder's limits.

    `rows` are all of them by instrument, 0 for all; `scales` the quantity scale of every
    instrument, `located` what is located for the holder, in units, 0 where it no longer is.
    `instruments`: only of these; None: all, those on all instruments first.
    """
    own = rows.get(0)
    if instruments is None:
        if own is not None:
            yield "limits", _whole(own)
        finer = {number for number, scale in scales.items() if scale > 0}
        instruments = sorted((finer if own is not None else set()) | rows.keys() | located.keys())
    for number in instruments:
        if number:
            scale = scales[number]
            special = rows.get(number)
            yield "limits", _special(holder, number, scale, own, special, located.get(number, 0))


def _whole(own: Limits) -> dict[str, Any]:
    """The command for all instruments: sizes in whole units, rounded down."""
    values: dict[str, Any] = {name: _units(own.pico(name), 0) for name in SIZES}
    values |= {name: own.pico(name) for name in MONEY}
    for name in (*COUNTS, *MESSAGE_RATE, *DUPLICATES):
        values[name] = getattr(own, name)
    return _command(own.holder, 0, values, own.restricted)


def _special(
    holder: Holder,
    number: int,
    scale: int,
    own: Limits | None,
    special: Limits | None,
    located: int,
) -> dict[str, Any]:
    """The command for one instrument: all that is said of sizes there."""
    given = [limits for limits in (special, own) if limits is not None]
    values: dict[str, Any] = {}
    for name in SIZES:
        said = (limits.pico(name) for limits in given)
        values[name] = _units(next((pico for pico in said if pico is not None), None), scale)
    if values["max_short"] is not None:
        values["max_short"] = min(values["max_short"] + located, SIZE_UNITS_MAX)
    return _command(holder, number, values, any(limits.restricted for limits in given))


def _command(
    holder: Holder, instrument: int, values: dict[str, Any], restricted: bool
) -> dict[str, Any]:
    said = {**values, "restricted": restricted or None}
    checks = sum(1 << bit for name, bit in BITS.items() if said.get(name) is not None)
    command = {
        **holder.command,
        "instrument": instrument,
        "checks": checks,
        "max_order_quantity": values["max_order_quantity"] or 0,
        "max_order_notional": str(values.get("max_order_notional") or 0),
        "max_position": values["max_position"] or 0,
        "credit": str(values.get("credit") or 0),
        "collar_bps": values.get("collar_bps") or 0,
        "max_open_orders": values.get("max_open_orders") or 0,
    }
    later = {name: values.get(name) for name in LATER}
    for name, value in later.items():
        if value:
            command[name] = str(value) if name in MONEY else value
    return command


def _units(pico: int | None, scale: int) -> int | None:
    """A size in units of 10^-scale, rounded down."""
    return None if pico is None else min(pico // 10 ** (MONEY_SCALE - scale), SIZE_UNITS_MAX)
