"""What operators may send: each bound has a value on either side of it."""

from typing import Any

import pytest

from cift.kit.decimals import DecimalError, parse, ratio_half_even, render
from cift.kit.errors import InvalidArgument
from cift.risk import validation
from cift.risk.reference import SIZE_UNITS_MAX
from cift.risk.v1 import admin_pb2, risk_pb2
from cift_core import encode_reference
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
    assert (terms.min_quantity_units, terms.max_quantity_units) == (10_000, 0)
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


def test_every_wrong_field_is_told_at_once() -> None:
    with pytest.raises(InvalidArgument) as refused:
        validation.account(admin_pb2.Account(name="a", firm="", currency="?"))
    assert [name for name, _ in refused.value.violations] == [
        "account.name",
        "account.firm",
        "account.currency",
    ]


def test_limits_that_are_absent_are_off() -> None:
    checked = validation.limits(risk_pb2.Limits(max_order_quantity="0.5", credit="10"))
    assert checked.max_order_quantity == 5 * 10**11
    assert checked.credit_pico == 10 * 10**12
    assert checked.max_position is None
    assert checked.collar_bps is None
    assert checked.max_open_orders is None
    assert validation.limits(risk_pb2.Limits(max_open_orders=0)).max_open_orders == 0


def test_the_core_takes_the_highest_limits_that_pass() -> None:
    highest: dict[str, int | str] = {
        "account": 1,
        "checks": 63,
        "max_order_quantity": SIZE_UNITS_MAX,
        "max_order_notional": str(validation.NOTIONAL_PICO_MAX),
        "max_position": SIZE_UNITS_MAX,
        "credit": str(validation.CREDIT_PICO_MAX),
        "collar_bps": validation.COLLAR_BPS_MAX,
        "max_open_orders": 2**32 - 1,
    }
    plane = Plane()
    plane.store(encode_reference(2, [("limits", highest)]))
    limits = plane.risk.limits("A1")
    assert limits is not None
    assert limits.credit == validation.CREDIT_PICO_MAX
    assert limits.max_position == SIZE_UNITS_MAX


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
    validation.limits(risk_pb2.Limits(**{field: good}))
    with pytest.raises(InvalidArgument) as refused:
        validation.limits(risk_pb2.Limits(**{field: bad}))
    assert [name for name, _ in refused.value.violations] == [f"limits.{field}"]


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
