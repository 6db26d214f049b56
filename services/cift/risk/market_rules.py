"""How an instrument trades and when, between the operators' interface and what is stored.

The interface numbers "not given" 0 and the default 1 where the store has the default as 0, and its
session states begin one higher, for the same reason.
"""

from collections.abc import Sequence
from typing import Any

from cift.common.v1 import types_pb2
from cift.kit import decimals
from cift.kit.decimals import render
from cift.kit.layout import SelfTrade
from cift.kit.stores.instrument import Instrument
from cift.risk.v1 import admin_pb2

__all__ = ["BAND_BPS_MAX", "PRICE_MAX", "Violations", "read_rules", "self_trade", "show_rules"]

PRICE_MAX = 10**12
"""The highest price, in units."""
BAND_BPS_MAX = 1_000_000
AUCTION_SECONDS_MAX = 86_400
DAY_SECONDS = 86_400
TICK_BANDS_MAX = 8
SCHEDULE_MAX = 9
CRITERIA_MAX = 4
EVERY_DAY = 0b111_1111
DEFAULT_SELF_TRADE = SelfTrade.CANCEL_RESTING
"""Of a new instrument that doesn't say."""

SELF_TRADES = types_pb2.SelfTradePrevention
CHOICES: dict[str, Any] = {
    "market_residual": admin_pb2.MarketResidual,
    "iceberg_mode": admin_pb2.IcebergMode,
    "allocation": admin_pb2.Allocation,
}

Violations = list[tuple[str, str]]


def self_trade(field: str, number: int, violations: Violations) -> int:
    """Read a self-trade prevention; its numbers are those of the store."""
    if number not in SELF_TRADES.values():
        violations.append((field, "is not known"))
        return 0
    return number


def read_rules(
    request: admin_pb2.Instrument, tick_units: int, violations: Violations
) -> dict[str, Any]:
    """Read the fields of an `Instrument` that say how it trades; `tick_units` is its own tick."""
    where = "instrument.self_trade_prevention"
    found: dict[str, Any] = {
        "self_trade": self_trade(where, request.self_trade_prevention, violations)
        or DEFAULT_SELF_TRADE
    }
    for name, choices in CHOICES.items():
        number = getattr(request, name)
        if number not in choices.values():
            violations.append((f"instrument.{name}", "is not known"))
        found[name] = max(0, number - 1)
    found |= _auction(request.auction, violations)
    rules = request.rules
    for name in ("static_band_bps", "dynamic_band_bps", "protection_bps"):
        found[name] = _bounded(name, getattr(rules, name), BAND_BPS_MAX, violations)
    found["band_halts"] = rules.band_halts
    name = "volatility_auction_seconds"
    found[name] = _bounded(name, getattr(rules, name), AUCTION_SECONDS_MAX, violations)
    found["tick_bands"] = _tick_bands(rules, request.price_scale, tick_units, violations)
    found["schedule"] = _schedule(rules.schedule, violations)
    return found


def show_rules(stored: Instrument, shown: admin_pb2.Instrument) -> None:
    """Write them into the interface's message, nothing left unsaid."""
    shown.self_trade_prevention = SELF_TRADES.ValueType(stored.self_trade)
    for name in CHOICES:
        setattr(shown, name, getattr(stored, name) + 1)
    if stored.auction_criteria or stored.auction_all_ticks or stored.auction_market_orders:
        shown.auction.criteria.extend(stored.auction_criteria)
        shown.auction.all_ticks = stored.auction_all_ticks
        shown.auction.market_orders = stored.auction_market_orders
    if not stored.rules:
        return
    rules = shown.rules
    for name in ("static_band_bps", "dynamic_band_bps", "band_halts", "protection_bps"):
        setattr(rules, name, getattr(stored, name))
    rules.volatility_auction_seconds = stored.volatility_auction_seconds
    for start, size in stored.tick_bands:
        rules.tick_bands.add(
            from_price=render(start, stored.price_scale), tick_size=render(size, stored.price_scale)
        )
    for second, session, days in stored.schedule:
        weekdays = [day + 1 for day in range(7) if days >> day & 1] if days != EVERY_DAY else []
        rules.schedule.add(second_of_day=second, session=session + 1, weekdays=weekdays)


def _auction(auction: admin_pb2.AuctionRules, violations: Violations) -> dict[str, Any]:
    criteria = tuple(auction.criteria)
    known = set(admin_pb2.AuctionCriterion.values()) - {admin_pb2.AUCTION_CRITERION_UNSPECIFIED}
    where = "instrument.auction.criteria"
    if not set(criteria) <= known:
        violations.append((where, "holds one that is not known"))
    elif len(criteria) > CRITERIA_MAX or len(set(criteria)) != len(criteria):
        violations.append((where, f"must be at most {CRITERIA_MAX}, each once"))
    elif criteria and criteria[0] != admin_pb2.AUCTION_CRITERION_MAX_VOLUME:
        violations.append((where, "must begin with AUCTION_CRITERION_MAX_VOLUME"))
    return {
        "auction_criteria": criteria,
        "auction_all_ticks": auction.all_ticks,
        "auction_market_orders": auction.market_orders,
    }


def _bounded(name: str, value: int, maximum: int, violations: Violations) -> int:
    if value > maximum:
        violations.append((f"instrument.rules.{name}", f"must be at most {maximum}"))
    return value


def _tick_bands(
    rules: admin_pb2.TradingRules, scale: int, tick_units: int, violations: Violations
) -> tuple[tuple[int, int], ...]:
    """Each begins at a price that both its own tick and the one below divide."""
    where = "instrument.rules.tick_bands"
    if len(rules.tick_bands) > TICK_BANDS_MAX:
        violations.append((where, f"must be at most {TICK_BANDS_MAX}"))
        return ()
    bands: list[tuple[int, int]] = []
    below = (0, tick_units)
    for place, band in enumerate(rules.tick_bands):
        start = _price(f"{where}[{place}].from_price", band.from_price, scale, violations)
        size = _price(f"{where}[{place}].tick_size", band.tick_size, scale, violations)
        if start is None or size is None:
            return ()
        if start <= below[0]:
            violations.append((f"{where}[{place}].from_price", "must be above that before"))
        elif start % size or start % below[1]:
            text = "must be a multiple of its tick and of the one below"
            violations.append((f"{where}[{place}].from_price", text))
        below = (start, size)
        bands.append(below)
    return tuple(bands)


def _price(field: str, text: str, scale: int, violations: Violations) -> int | None:
    try:
        units = decimals.parse(text, scale)
    except decimals.DecimalError as error:
        violations.append((field, str(error)))
        return None
    if not 1 <= units <= PRICE_MAX:
        violations.append((field, f"must be greater than 0 and at most {render(PRICE_MAX, scale)}"))
        return None
    return units


def _schedule(
    schedule: Sequence[admin_pb2.ScheduledSession], violations: Violations
) -> tuple[tuple[int, int, int], ...]:
    where = "instrument.rules.schedule"
    if len(schedule) > SCHEDULE_MAX:
        violations.append((where, f"must be at most {SCHEDULE_MAX}"))
        return ()
    changes: list[tuple[int, int, int]] = []
    for place, change in enumerate(schedule):
        here = f"{where}[{place}]"
        days = sum({1 << day - 1 for day in change.weekdays if 1 <= day <= 7}) or EVERY_DAY
        if change.second_of_day >= DAY_SECONDS:
            violations.append((f"{here}.second_of_day", f"must be at most {DAY_SECONDS - 1}"))
        if change.session not in types_pb2.SessionState.values() or not change.session:
            violations.append((f"{here}.session", "must be a session"))
        if len(set(change.weekdays)) != len(change.weekdays) or not set(change.weekdays) <= set(
            range(1, 8)
        ):
            violations.append((f"{here}.weekdays", "must be from 1 to 7, each once"))
        for second, _, others in changes:
            if change.second_of_day < second:
                violations.append((f"{here}.second_of_day", "must not be before the one before"))
                break
            if change.second_of_day == second and days & others:
                violations.append((f"{here}.weekdays", "must not be those of the same second"))
                break
        changes.append((change.second_of_day, change.session - 1, days))
    return tuple(changes)
