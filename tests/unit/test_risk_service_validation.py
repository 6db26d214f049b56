"""What operators may send: each bound has a value on either side of it."""

import re
from typing import Any

import pytest

from cift.common.v1 import types_pb2
from cift.kit.decimals import DecimalError, parse, ratio_half_even, render
from cift.kit.errors import InvalidArgument
from cift.kit.stores.limits import SIZE_UNITS_MAX, Limits, limits_commands
from cift.kit.stores.records import Holder, Level
from cift.local import paths
from cift.risk import limits, lists, market_rules, validation
from cift.risk.v1 import admin_pb2, risk_pb2
from cift_core import encode_reference, risk_reasons
from tests.support.core_plane import Plane

GOOD: dict[str, Any] = {
    "symbol": "BTC-USD",
    "currency": "USD",
    "price_scale": 2,
    "quantity_scale": 8,
    "tick_size": "0.05",
    "lot_size": "0.0001",
}


def test_an_instrument_in_units() -> None:
    terms = validation.instrument(admin_pb2.Instrument(**GOOD, reference_price="60000"))
    assert (terms.tick_size_units, terms.lot_size_units) == (5, 10_000)
    assert (terms.smallest_units, terms.max_quantity_units) == (10_000, 0)
    assert (terms.reference_price_units, terms.initial_margin_bps) == (6_000_000, 10_000)
    assert terms.enabled
    none = validation.instrument(admin_pb2.Instrument(**GOOD, initial_margin_bps=0, disabled=True))
    assert (none.initial_margin_bps, none.enabled) == (0, False)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("symbol", "btc"),
        ("symbol", "A" * 33),
        ("symbol", "A.*"),
        ("currency", "US"),
        ("currency", "usd"),
        ("currency", "ABCDEFGHI"),
        ("price_scale", 13),
        ("quantity_scale", 11),
        ("tick_size", ""),
        ("tick_size", "0"),
        ("tick_size", "-0.01"),
        ("tick_size", "0.001"),
        ("tick_size", "1e-2"),
        ("lot_size", "10000.00000001"),
        ("min_quantity", "0.00015"),
        ("max_quantity", "0.00009999"),
        ("reference_price", "10000000000.01"),
        ("initial_margin_bps", 10_001),
    ],
)
def test_a_wrong_field_is_named(field: str, value: Any) -> None:
    with pytest.raises(InvalidArgument) as refused:
        validation.instrument(admin_pb2.Instrument(**{**GOOD, field: value}))
    assert [name for name, _ in refused.value.violations] == [f"instrument.{field}"]


RULES: dict[str, Any] = {
    "static_band_bps": 2_000,
    "dynamic_band_bps": 500,
    "band_halts": True,
    "protection_bps": 100,
    "volatility_auction_seconds": 300,
    "tick_bands": [
        {"from_price": "1", "tick_size": "0.1"},
        {"from_price": "10", "tick_size": "0.5"},
    ],
    "schedule": [
        {"second_of_day": 34_200, "session": 1, "weekdays": [1, 2, 3, 4]},
        {"second_of_day": 34_200, "session": 2, "weekdays": [5]},
        {"second_of_day": 57_600, "session": 8},
    ],
}


def test_an_instrument_with_rules_in_units() -> None:
    terms = validation.instrument(
        admin_pb2.Instrument(
            **GOOD,
            self_trade_prevention="SELF_TRADE_PREVENTION_CANCEL_BOTH",
            market_residual="MARKET_RESIDUAL_REST_AT_LAST_TRADE",
            iceberg_mode="ICEBERG_MODE_VISIBLE_THEN_HIDDEN_BY_TIME",
            allocation="ALLOCATION_TOP_THEN_PRO_RATA",
            auction=admin_pb2.AuctionRules(
                criteria=["AUCTION_CRITERION_MAX_VOLUME", "AUCTION_CRITERION_MIDPOINT_FLOOR"],
                all_ticks=True,
                market_orders=True,
            ),
            rules=admin_pb2.TradingRules(**RULES),
        )
    )
    assert terms.policies == 4 | 2 << 3 | 1 << 5 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 12 | 5 << 15
    assert terms.rules == {
        "flags": 1,
        "static_band_bps": 2_000,
        "dynamic_band_bps": 500,
        "protection_bps": 100,
        "auction_seconds": 300,
        "ticks": [[100, 10], [1_000, 50]],
        "schedule": [[34_200, 0, 0b1111], [34_200, 1, 0b1_0000], [57_600, 7, 0b111_1111]],
    }


def test_what_is_stored_is_shown_as_it_was_given() -> None:
    wanted = admin_pb2.Instrument(
        **GOOD,
        min_quantity="0.0001",
        initial_margin_bps=10_000,
        self_trade_prevention="SELF_TRADE_PREVENTION_CANCEL_RESTING",
        market_residual="MARKET_RESIDUAL_CANCEL",
        iceberg_mode="ICEBERG_MODE_VISIBLE_THEN_HIDDEN_PRO_RATA",
        auction=admin_pb2.AuctionRules(
            criteria=["AUCTION_CRITERION_MAX_VOLUME", "AUCTION_CRITERION_MIN_SURPLUS"],
            market_orders=True,
        ),
        rules=admin_pb2.TradingRules(**RULES),
    )
    shown = admin_pb2.Instrument()
    market_rules.show_rules(validation.instrument(wanted), shown)
    for field in ("auction", "self_trade_prevention", "market_residual", "iceberg_mode"):
        assert getattr(shown, field) == getattr(wanted, field)
    again = admin_pb2.Instrument()
    again.CopyFrom(wanted)
    again.rules.CopyFrom(shown.rules)
    assert validation.instrument(again) == validation.instrument(wanted)


def test_allowed_self_trades_are_the_policies_of_before() -> None:
    allow = admin_pb2.Instrument(**GOOD, self_trade_prevention="SELF_TRADE_PREVENTION_ALLOW")
    allowed = validation.instrument(allow)
    assert (allowed.policies, allowed.rules) == (0, {})


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("static_band_bps", 1_000_001, "static_band_bps"),
        ("dynamic_band_bps", 1_000_001, "dynamic_band_bps"),
        ("protection_bps", 1_000_001, "protection_bps"),
        ("volatility_auction_seconds", 86_401, "volatility_auction_seconds"),
        ("tick_bands", [{"from_price": "1"}], "tick_bands[0].tick_size"),
        ("tick_bands", [{"from_price": "0", "tick_size": "1"}], "tick_bands[0].from_price"),
        ("tick_bands", [{"from_price": "1", "tick_size": "0.3"}], "tick_bands[0].from_price"),
        ("tick_bands", [{"from_price": "1.02", "tick_size": "0.01"}], "tick_bands[0].from_price"),
        ("tick_bands", [{"from_price": "1", "tick_size": "1"}] * 2, "tick_bands[1].from_price"),
        ("tick_bands", [{"from_price": "1", "tick_size": "1"}] * 9, "tick_bands"),
        ("tick_bands", [{"from_price": "1.001", "tick_size": "1"}], "tick_bands[0].from_price"),
        ("schedule", [{"second_of_day": 86_400, "session": 1}], "schedule[0].second_of_day"),
        ("schedule", [{"session": 0}], "schedule[0].session"),
        ("schedule", [{"session": 10}], "schedule[0].session"),
        ("schedule", [{"session": 1, "weekdays": [0]}], "schedule[0].weekdays"),
        ("schedule", [{"session": 1, "weekdays": [8]}], "schedule[0].weekdays"),
        ("schedule", [{"session": 1, "weekdays": [1, 1]}], "schedule[0].weekdays"),
        ("schedule", [{"session": 1}, {"session": 2}], "schedule[1].weekdays"),
        (
            "schedule",
            [{"second_of_day": 2, "session": 1}, {"second_of_day": 1, "session": 1}],
            "schedule[1].second_of_day",
        ),
        ("schedule", [{"second_of_day": n, "session": 1} for n in range(10)], "schedule"),
    ],
)
def test_wrong_rules_are_named(field: str, value: Any, named: str) -> None:
    rules = admin_pb2.TradingRules(**{field: value})
    with pytest.raises(InvalidArgument) as refused:
        validation.instrument(admin_pb2.Instrument(**GOOD, rules=rules))
    assert [name for name, _ in refused.value.violations] == [f"instrument.rules.{named}"]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"self_trade_prevention": 6}, "self_trade_prevention"),
        ({"market_residual": 4}, "market_residual"),
        ({"iceberg_mode": 4}, "iceberg_mode"),
        ({"allocation": 3}, "allocation"),
        ({"auction": {"criteria": [2]}}, "auction.criteria"),
        ({"auction": {"criteria": [1, 1]}}, "auction.criteria"),
        ({"auction": {"criteria": [1, 6]}}, "auction.criteria"),
        ({"auction": {"criteria": [1, 2, 3, 4, 5]}}, "auction.criteria"),
    ],
)
def test_wrong_policies_are_named(fields: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        validation.instrument(admin_pb2.Instrument(**GOOD, **fields))
    assert [name for name, _ in refused.value.violations] == [f"instrument.{named}"]


def test_a_change_names_fields_of_the_first_level() -> None:
    good = admin_pb2.Instrument(**GOOD)
    assert validation.changed_fields(good, ["rules", "tick_size"]) == ["rules", "tick_size"]
    assert "disabled" in validation.changed_fields(good, [])
    for path in ("rules.static_band_bps", "color", "*", ""):
        with pytest.raises(InvalidArgument, match="update_mask"):
            validation.changed_fields(good, [path])


def test_every_wrong_field_is_told_at_once() -> None:
    with pytest.raises(InvalidArgument) as refused:
        validation.account(admin_pb2.Account(name="a", firm="", currency="?"))
    assert [name for name, _ in refused.value.violations] == [
        "account.name",
        "account.firm",
        "account.currency",
    ]


def test_limits_that_are_absent_are_off() -> None:
    checked = limits.read(risk_pb2.Limits(max_order_quantity="0.5", credit="10"))
    assert checked.pop("max_order_quantity_pico") == 5 * 10**11
    assert checked.pop("credit_pico") == 10 * 10**12
    assert checked.pop("restricted") is False
    assert set(checked.values()) == {None}
    assert limits.read(risk_pb2.Limits(max_open_orders=0))["max_open_orders"] == 0


def test_the_core_takes_the_highest_limits_that_pass() -> None:
    highest: dict[str, int | str] = {
        "account": 1,
        "checks": 63,
        "max_order_quantity": SIZE_UNITS_MAX,
        "max_order_notional": str(limits.NOTIONAL_PICO_MAX),
        "max_position": SIZE_UNITS_MAX,
        "credit": str(limits.CREDIT_PICO_MAX),
        "collar_bps": limits.COLLAR_BPS_MAX,
        "max_open_orders": 2**32 - 1,
    }
    plane = Plane()
    plane.store(encode_reference(2, [("limits", highest)]))
    taken = plane.risk.limits("A1")
    assert taken is not None
    assert taken.credit == limits.CREDIT_PICO_MAX
    assert taken.max_position == SIZE_UNITS_MAX


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("max_order_quantity", "1000000000000", "1000000000000.1"),
        ("max_position", "0", "-1"),
        ("max_order_notional", "1000000000000000000000000", "1000000000000000000000001"),
        ("credit", "1000000000000000", "1000000000000001"),
        ("credit", "0.000000000001", "0.0000000000001"),
        ("collar_bps", 1, 0),
        ("collar_bps", 100_000, 100_001),
    ],
)
def test_limits_have_bounds(field: str, good: Any, bad: Any) -> None:
    limits.read(risk_pb2.Limits(**{field: good}))
    with pytest.raises(InvalidArgument) as refused:
        limits.read(risk_pb2.Limits(**{field: bad}))
    assert [name for name, _ in refused.value.violations] == [f"limits.{field}"]


@pytest.mark.parametrize(
    ("field", "good", "bad", "named"),
    [
        ("max_gross_position", "1000000000000", "-0.1", "max_gross_position"),
        ("max_short", "0", "1000000000001", "max_short"),
        ("max_gross_exposure", "1" + "0" * 24, "1" + "0" * 25, "max_gross_exposure"),
        ("max_daily_loss", "1" + "0" * 15, "1" + "0" * 16, "max_daily_loss"),
        (
            "message_rate",
            {"per_second": 1_000_000, "burst": 65_535},
            {"per_second": 1_000_001, "burst": 1},
            "message_rate.per_second",
        ),
        (
            "message_rate",
            {"per_second": 1, "burst": 1},
            {"per_second": 1},
            "message_rate.burst",
        ),
        (
            "duplicate_flow",
            {"window_ms": 65_535, "max_in_a_row": 4_095},
            {"window_ms": 1, "max_in_a_row": 4_096},
            "duplicate_flow.max_in_a_row",
        ),
        (
            "duplicate_flow",
            {"window_ms": 1, "max_in_a_row": 1},
            {"window_ms": 65_536, "max_in_a_row": 1},
            "duplicate_flow.window_ms",
        ),
    ],
)
def test_limits_of_later_have_bounds_too(field: str, good: Any, bad: Any, named: str) -> None:
    limits.read(risk_pb2.Limits(**{field: good}))
    with pytest.raises(InvalidArgument) as refused:
        limits.read(risk_pb2.Limits(**{field: bad}))
    assert [name for name, _ in refused.value.violations] == [f"limits.{named}"]


def test_limits_are_shown_as_they_were_given() -> None:
    given = risk_pb2.Limits(
        max_order_quantity="0.000000000001",
        max_order_notional="10",
        collar_bps=1,
        max_position="0",
        max_open_orders=0,
        credit="12.5",
        max_gross_position="3",
        max_gross_exposure="4",
        message_rate={"per_second": 5, "burst": 6},
        duplicate_flow={"window_ms": 7, "max_in_a_row": 8},
        restricted=True,
        max_short="9",
        max_daily_loss="10.01",
    )
    holder = Holder(Level.VENUE)
    assert limits.show(Limits(holder=holder, **limits.read(given))) == given
    nothing = risk_pb2.Limits()
    assert limits.show(Limits(holder=holder, **limits.read(nothing))) == nothing
    some = limits.read(given, ["credit", "message_rate"])
    assert some == {
        "credit_pico": 12_500_000_000_000,
        "messages_per_second": 5,
        "message_burst": 6,
    }


def test_the_engine_is_told_every_limit_at_its_bit() -> None:
    given = Limits(
        holder=Holder(Level.FIRM, 7),
        max_gross_exposure_pico=2,
        messages_per_second=3,
        message_burst=4,
        duplicate_window_ms=5,
        duplicate_max=6,
        max_daily_loss_pico=7,
        max_short_pico=8 * 10**12,
    )
    ((kind, fields),) = limits_commands(given.holder, {0: given}, {}, {})
    said = {name: value for name, value in fields.items() if value not in (0, "0")}
    assert (kind, said) == (
        "limits",
        {
            "level": "firm",
            "account": 7,
            "checks": 1 << 7 | 1 << 8 | 1 << 9 | 1 << 11 | 1 << 12,
            "max_gross_exposure": "2",
            "messages_per_second": 3,
            "message_burst": 4,
            "duplicate_window_ms": 5,
            "duplicate_max": 6,
            "max_daily_loss": "7",
            "max_short": 8,
        },
    )
    encode_reference(2, [(kind, fields)])


def test_reasons_of_risk_are_the_same_in_the_core_the_index_and_the_query() -> None:
    asked = [int(number) for number in re.findall(r"\d+", lists.BREACHES)]
    for migration in ("0006_risk_levels", "0008_users"):
        text = (paths.MIGRATIONS / f"{migration}.sql").read_text()
        indexed = [int(number) for number in re.findall(r"\d+", text.rpartition("reason IN (")[2])]
        assert asked == [6, 7, *indexed]
    assert indexed == sorted(risk_reasons())
    assert set(indexed) <= set(types_pb2.RejectReason.values())


@pytest.mark.parametrize(
    "key",
    [
        admin_pb2.ApiKey(firm="F", scopes=[]),
        admin_pb2.ApiKey(firm="F", scopes=["read", "read"]),
        admin_pb2.ApiKey(firm="F", scopes=["root"]),
        admin_pb2.ApiKey(firm="F", scopes=["read"], id=1),
        admin_pb2.ApiKey(firm="F", scopes=["read"], label="x" * 201),
        admin_pb2.ApiKey(firm="F", scopes=["read"], label="a\nb"),
        admin_pb2.ApiKey(firm="f", scopes=["read"]),
    ],
)
def test_wrong_keys(key: admin_pb2.ApiKey) -> None:
    with pytest.raises(InvalidArgument):
        validation.api_key(key)


def test_pages() -> None:
    assert [validation.page(n) for n in (0, 1, 1000)] == [100, 1, 1000]
    for size in (-1, 1001):
        with pytest.raises(InvalidArgument):
            validation.page(size)


@pytest.mark.parametrize(
    ("text", "scale", "units"),
    [("223.18", 4, 2231800), ("-0.5", 1, -5), ("+7", 0, 7), ("0.000000000001", 12, 1)],
)
def test_decimals_both_ways(text: str, scale: int, units: int) -> None:
    assert parse(text, scale) == units
    assert parse(render(units, scale), scale) == units


@pytest.mark.parametrize("text", ["", ".5", "5.", "1e3", "1,5", " 1", "٣", "--1", "1" * 39, "1.00"])
def test_what_is_no_decimal_of_the_scale(text: str) -> None:
    with pytest.raises(DecimalError):
        parse(text, 1)


@pytest.mark.parametrize(
    ("numerator", "denominator", "digits", "units"),
    [(1, 3, 4, 3333), (5, 2, 0, 2), (7, 2, 0, 4), (1, 8, 2, 12), (3, 8, 2, 38), (2, 3, 1, 7)],
)
def test_ratios_round_half_to_even(
    numerator: int, denominator: int, digits: int, units: int
) -> None:
    assert ratio_half_even(numerator, denominator, digits) == units
