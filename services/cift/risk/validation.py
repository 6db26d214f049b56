"""What operators send, checked field by field and turned into units.

Each function returns what is to be stored or raises INVALID_ARGUMENT with every violation it found.
The bounds are those of the engine (crates/engine): what passes here is never refused there.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cift.kit import decimals
from cift.kit.errors import InvalidArgument
from cift.kit.stores.instrument import Instrument
from cift.risk.market_rules import Violations, read_rules, self_trade
from cift.risk.v1 import admin_pb2, risk_pb2

__all__ = [
    "AccountLimits",
    "account",
    "api_key",
    "changed_fields",
    "changed_instrument",
    "firm",
    "instrument",
    "limits",
    "name",
    "page",
]

NAME = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,31}")
CURRENCY = re.compile(r"[A-Z0-9]{3,8}")
SCOPES = ("read", "trade", "admin")
LABEL_MAX = 200
PAGE_SIZE_DEFAULT = 100
PAGE_SIZE_MAX = 1_000
SCALE_MAX = 12
UNITS_MAX = 10**12
"""The highest price and quantity, in units."""
MONEY_SCALE = 12
NOTIONAL_PICO_MAX = 10**36
CREDIT_PICO_MAX = 10**27
"""What the core takes: more would be stored, and refused where nobody looks."""
SIZE_MAX = 10**12
"""The highest limit on a quantity or a position, in whole units of the instrument."""
COLLAR_BPS_MAX = 100_000
MARGIN_BPS_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLimits:
    """Limits of an account; sizes are 10^-12 of a unit, since each instrument has its own scale."""

    max_order_quantity: int | None
    max_order_notional_pico: int | None
    max_position: int | None
    credit_pico: int | None
    collar_bps: int | None
    max_open_orders: int | None


def name(field: str, text: str) -> Violations:
    """Check a name of anything."""
    return [] if NAME.fullmatch(text) else [(field, "must match ^[A-Z0-9][A-Z0-9_-]{0,31}$")]


def firm(request: admin_pb2.Firm) -> str:
    """Check a firm; its name."""
    _refuse(name("firm.name", request.name))
    return str(request.name)


def account(request: admin_pb2.Account) -> None:
    """Check an account."""
    violations = [
        *name("account.name", request.name),
        *name("account.firm", request.firm),
        *_currency("account.currency", request.currency),
    ]
    self_trade("account.self_trade_prevention", request.self_trade_prevention, violations)
    _refuse(violations)


def api_key(request: admin_pb2.ApiKey) -> None:
    """Check a key that is to be made."""
    violations = name("api_key.firm", request.firm)
    if request.id:
        violations.append(("api_key.id", "must be absent: the venue gives it"))
    scopes = list(request.scopes)
    if not scopes or len(set(scopes)) != len(scopes) or not set(scopes) <= set(SCOPES):
        violations.append(("api_key.scopes", "must be some of read, trade and admin, each once"))
    if len(request.label) > LABEL_MAX or not request.label.isprintable():
        violations.append(("api_key.label", f"must be at most {LABEL_MAX} printable characters"))
    _refuse(violations)


def page(size: int) -> int:
    """Check a page size; the size to use."""
    if not 0 <= size <= PAGE_SIZE_MAX:
        text = f"must be from 1 to {PAGE_SIZE_MAX}; 0: {PAGE_SIZE_DEFAULT}"
        raise InvalidArgument.of([("page_size", text)])
    return size or PAGE_SIZE_DEFAULT


def instrument(request: admin_pb2.Instrument, number: int = 0) -> Instrument:
    """Check an instrument; it in units, under its number, 0 while it has none."""
    violations = [
        *name("instrument.symbol", request.symbol),
        *_currency("instrument.currency", request.currency),
        *_scales(request.price_scale, request.quantity_scale),
    ]
    if request.initial_margin_bps > MARGIN_BPS_MAX:
        violations.append(("instrument.initial_margin_bps", f"must be at most {MARGIN_BPS_MAX}"))
    _refuse(violations)
    price, quantity = request.price_scale, request.quantity_scale
    tick = _units("instrument.tick_size", request.tick_size, price, violations)
    lot = _units("instrument.lot_size", request.lot_size, quantity, violations)
    smallest, largest, reference = lot, 0, 0
    if request.min_quantity:
        smallest = _units("instrument.min_quantity", request.min_quantity, quantity, violations)
    if request.max_quantity:
        largest = _units("instrument.max_quantity", request.max_quantity, quantity, violations)
    if request.reference_price:
        reference = _units("instrument.reference_price", request.reference_price, price, violations)
    _refuse(violations)
    if smallest % lot:
        violations.append(("instrument.min_quantity", "must be a multiple of lot_size"))
    if largest and largest < smallest:
        violations.append(("instrument.max_quantity", "must not be below min_quantity"))
    rules = read_rules(request, tick, violations)
    _refuse(violations)
    margin = request.initial_margin_bps if request.HasField("initial_margin_bps") else 10_000
    return Instrument(
        id=number,
        symbol=request.symbol,
        currency=request.currency,
        price_scale=price,
        quantity_scale=quantity,
        tick_size_units=tick,
        lot_size_units=lot,
        min_quantity_units=smallest,
        max_quantity_units=largest,
        reference_price_units=reference,
        initial_margin_bps=margin,
        enabled=not request.disabled,
        **rules,
    )


def changed_fields(request: admin_pb2.Instrument, paths: Sequence[str]) -> list[str]:
    """Check what a change of an instrument names; the fields it changes."""
    known = [field.name for field in admin_pb2.Instrument.DESCRIPTOR.fields]
    violations = name("instrument.symbol", request.symbol)
    violations += [
        ("update_mask", f"{path[:80]!r} is no field of an instrument, of the first level")
        for path in paths
        if path not in known
    ]
    _refuse(violations)
    return list(paths) or known


def changed_instrument(stored: Instrument, terms: admin_pb2.Instrument) -> Instrument:
    """Check the new terms of an instrument that is there; it in units."""
    _refuse(
        [
            (f"instrument.{field}", f"is {getattr(stored, field)} and never changes")
            for field in ("currency", "price_scale", "quantity_scale")
            if getattr(terms, field) != getattr(stored, field)
        ]
    )
    return instrument(terms, stored.id)


def limits(request: risk_pb2.Limits) -> AccountLimits:
    """Check limits; absent fields are checks that are off."""
    violations: Violations = []

    def bounded(field: str, maximum: int) -> int | None:
        if not request.HasField(field):
            return None
        where = f"limits.{field}"
        try:
            units = decimals.parse(getattr(request, field), MONEY_SCALE)
        except decimals.DecimalError as error:
            violations.append((where, str(error)))
            return None
        if not 0 <= units <= maximum:
            most = decimals.render(maximum // 10**MONEY_SCALE, 0)
            violations.append((where, f"must be from 0 to {most}"))
        return units

    checked = AccountLimits(
        max_order_quantity=bounded("max_order_quantity", SIZE_MAX * 10**MONEY_SCALE),
        max_order_notional_pico=bounded("max_order_notional", NOTIONAL_PICO_MAX),
        max_position=bounded("max_position", SIZE_MAX * 10**MONEY_SCALE),
        credit_pico=bounded("credit", CREDIT_PICO_MAX),
        collar_bps=request.collar_bps if request.HasField("collar_bps") else None,
        max_open_orders=request.max_open_orders if request.HasField("max_open_orders") else None,
    )
    if checked.collar_bps is not None and not 1 <= checked.collar_bps <= COLLAR_BPS_MAX:
        violations.append(("limits.collar_bps", f"must be from 1 to {COLLAR_BPS_MAX}"))
    _refuse(violations)
    return checked


def _currency(field: str, text: str) -> Violations:
    return [] if CURRENCY.fullmatch(text) else [(field, "must be 3 to 8 of A-Z and 0-9")]


def _scales(price: int, quantity: int) -> Violations:
    found = [
        (f"instrument.{field}", f"must be at most {SCALE_MAX}")
        for field, scale in (("price_scale", price), ("quantity_scale", quantity))
        if scale > SCALE_MAX
    ]
    if not found and price + quantity > SCALE_MAX:
        found.append(("instrument.quantity_scale", f"with price_scale at most {SCALE_MAX}"))
    return found


def _units(field: str, text: str, scale: int, violations: Violations) -> int:
    """Read a decimal > 0 in units; 1 when it is wrong, which is noted."""
    try:
        units = decimals.parse(text, scale)
    except decimals.DecimalError as error:
        violations.append((field, str(error)))
        return 1
    if not 1 <= units <= UNITS_MAX:
        most = decimals.render(UNITS_MAX, scale)
        violations.append((field, f"must be greater than 0 and at most {most}"))
        return 1
    return units


def _refuse(violations: Iterable[tuple[str, str]]) -> None:
    if listed := list(violations):
        raise InvalidArgument.of(listed)
