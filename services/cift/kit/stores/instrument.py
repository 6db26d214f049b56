"""An instrument as PostgreSQL stores it and as a command carries it.

Units and numbers of enumerations are those of schemas/types.capnp; the record there is an
instrument with its `policies` in bits, and rules of their own record.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

from cift.kit.layout import SelfTrade, SessionState
from cift.kit.stores.records import brief

__all__ = ["Instrument", "instrument_columns", "instrument_command", "rules_command"]

# The first bit of each policy.
MARKET_RESIDUAL_BIT = 3
ICEBERG_BIT = 5
ALLOCATION_BIT = 7
ALL_TICKS_BIT = 8
AUCTION_MARKETS_BIT = 9
CRITERIA_BIT, CRITERION_BITS = 12, 3
HALTS_BIT = 0
# How people call the numbers, as the interface does.
NAMES = {
    "market_residual": ("cancel", "rest", "rest_at_last_trade"),
    "iceberg_mode": (
        "to_the_back",
        "visible_then_hidden_by_time",
        "visible_then_hidden_pro_rata",
    ),
    "allocation": ("price_time", "top_then_pro_rata"),
}
CRITERIA = (
    *("", "max_volume", "min_surplus", "market_pressure", "reference_price", "midpoint_floor"),
)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
QUANTITIES = frozenset({"lot_size_units", "min_quantity_units", "max_quantity_units"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A tradable symbol; 0 as `max_quantity_units` or `reference_price_units` means none.

    A `min_quantity_units` of 0 was never given: it is one lot, whatever the lot becomes.
    """

    id: int
    symbol: str
    currency: str
    price_scale: int
    quantity_scale: int
    tick_size_units: int
    lot_size_units: int
    min_quantity_units: int = 0
    max_quantity_units: int = 0
    reference_price_units: int = 0
    initial_margin_bps: int = 10_000
    maintenance_margin_bps: int = 0
    enabled: bool = True
    self_trade: int = SelfTrade.ALLOW
    market_residual: int = 0
    """0: canceled, 1: rests, 2: rests at the last trade."""
    iceberg_mode: int = 0
    """0: to the back, 1: hidden by time, 2: hidden in proportion."""
    allocation: int = 0
    """0: price and time, 1: top order, pro rata, the rest by time."""
    auction_criteria: tuple[int, ...] = ()
    auction_all_ticks: bool = False
    auction_market_orders: bool = False
    static_band_bps: int = 0
    dynamic_band_bps: int = 0
    band_halts: bool = False
    protection_bps: int = 0
    volatility_auction_seconds: int = 0
    tick_bands: tuple[tuple[int, int], ...] = ()
    """First price and tick of each, rising."""
    schedule: tuple[tuple[int, int, int], ...] = ()
    """Second of the UTC day, SessionState, days with bit 0 for Monday; rising by second."""
    revision: int = field(default=1, compare=False)

    @classmethod
    def of_row(cls, row: Any) -> "Instrument":
        """Read a row of `instrument_columns`."""
        values = dict(row)
        values["auction_criteria"] = tuple(values["auction_criteria"])
        for name in ("tick_bands", "schedule"):
            values[name] = tuple(tuple(entry) for entry in values[name])
        return cls(**values)

    def row(self) -> dict[str, Any]:
        """Write the row, without what is computed."""
        values = asdict(self)
        del values["revision"]
        return values

    @property
    def smallest_units(self) -> int:
        """The smallest order."""
        return self.min_quantity_units or self.lot_size_units

    def shown(self) -> dict[str, Any]:
        """What the audit log shows of it: decimals as text, and not what is 0 or none."""
        values = {name: value for name, value in self.row().items() if value not in (0, (), "")}
        for name in ("id", "symbol", "enabled"):
            values.pop(name, None)
        for name, words in NAMES.items():
            if name in values:
                values[name] = words[values[name]]
        values["self_trade_prevention"] = SelfTrade(values.pop("self_trade")).name.lower()
        if self.auction_criteria:
            values["auction_criteria"] = [CRITERIA[number] for number in self.auction_criteria]
        if self.schedule:
            values["schedule"] = [_change_of_session(*change) for change in self.schedule]
        for name in [name for name in values if name.endswith("_units")]:
            scale = self.quantity_scale if name in QUANTITIES else self.price_scale
            values[name.removesuffix("_units")] = brief(values.pop(name), scale)
        if self.tick_bands:
            bands = [[brief(units, self.price_scale) for units in band] for band in self.tick_bands]
            values["tick_bands"] = bands
        return {**values, "disabled": not self.enabled}

    @property
    def rules(self) -> dict[str, Any]:
        """What its record of rules holds beside its number; empty: nothing."""
        rules = {
            "flags": int(self.band_halts) << HALTS_BIT,
            "static_band_bps": self.static_band_bps,
            "dynamic_band_bps": self.dynamic_band_bps,
            "protection_bps": self.protection_bps,
            "auction_seconds": self.volatility_auction_seconds,
            "ticks": [list(band) for band in self.tick_bands],
            "schedule": [list(change) for change in self.schedule],
        }
        return {name: value for name, value in rules.items() if value}

    @property
    def policies(self) -> int:
        """How it trades, in bits; self-trades that are allowed are 0, as they always were."""
        bits = 0 if self.self_trade == SelfTrade.ALLOW else self.self_trade
        bits |= self.market_residual << MARKET_RESIDUAL_BIT
        bits |= self.iceberg_mode << ICEBERG_BIT
        bits |= self.allocation << ALLOCATION_BIT
        bits |= int(self.auction_all_ticks) << ALL_TICKS_BIT
        bits |= int(self.auction_market_orders) << AUCTION_MARKETS_BIT
        for place, criterion in enumerate(self.auction_criteria):
            bits |= criterion << CRITERIA_BIT + CRITERION_BITS * place
        return bits


def _change_of_session(second: int, session: int, days: int) -> str:
    """A change of session in words, such as "09:30:00 continuous mon,tue"; every day: no days."""
    named = [day for bit, day in enumerate(DAYS) if days >> bit & 1]
    when = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    words = [when, SessionState(session).name.lower()]
    return " ".join(words if len(named) == len(DAYS) else [*words, ",".join(named)])


def instrument_columns() -> str:
    """Name the columns of an instrument, for a query."""
    return ", ".join(Instrument.__slots__)


def instrument_command(instrument: Instrument) -> dict[str, Any]:
    """Write the fields of the command that sets it."""
    command = {
        "id": instrument.id,
        "price_scale": instrument.price_scale,
        "quantity_scale": instrument.quantity_scale,
        "flags": int(instrument.enabled),
        "symbol": instrument.symbol,
        "currency": instrument.currency,
        "tick_size": instrument.tick_size_units,
        "lot_size": instrument.lot_size_units,
        "min_quantity": instrument.smallest_units,
        "max_quantity": instrument.max_quantity_units,
        "reference_price": instrument.reference_price_units,
        "initial_margin_bps": instrument.initial_margin_bps,
    }
    if instrument.maintenance_margin_bps:
        command["maintenance_margin_bps"] = instrument.maintenance_margin_bps
    if instrument.policies:
        command["policies"] = instrument.policies
    return command


def rules_command(instrument: Instrument) -> dict[str, Any]:
    """Write the fields of the command that sets its rules, all of them."""
    return {"instrument": instrument.id, **instrument.rules}
