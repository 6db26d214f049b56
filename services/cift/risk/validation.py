"""What operators send, checked field by field and turned into units.

Each function returns what is to be stored or raises INVALID_ARGUMENT with every violation it found.
The bounds are those of the engine (crates/engine): what passes here is never refused there.
"""

import re
from collections.abc import Iterable, Sequence

from cift.kit import decimals
from cift.kit.errors import InvalidArgument
from cift.kit.stores.instrument import Instrument
from cift.kit.stores.records import SCOPES
from cift.risk.market_rules import Violations, read_rules, self_trade
from cift.risk.v1 import admin_pb2

__all__ = [
    "account",
    "account_fields",
    "api_key",
    "changed_fields",
    "changed_instrument",
    "currency",
    "firm",
    "instrument",
    "mask",
    "name",
    "page",
    "refuse",
    "units",
    "user",
    "user_fields",
    "user_name",
]

NAME = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,31}")
CURRENCY = re.compile(r"[A-Z0-9]{3,8}")
ACCOUNT_FIELDS = ("disabled", "self_trade_prevention", "self_trade_group")
"""Of an account, what may change."""
USER_NAME = re.compile(r"[a-z0-9][a-z0-9._+@-]{0,63}")
USER_FIELDS = ("display_name", "scopes", "disabled")
"""Of a user, what may change."""
LABEL_MAX = 200
DISPLAY_NAME_MAX = 100
PAGE_SIZE_DEFAULT = 100
PAGE_SIZE_MAX = 1_000
SCALE_MAX = 12
UNITS_MAX = 10**12
"""The highest price and quantity, in units."""
MARGIN_BPS_MAX = 10_000


def name(field: str, text: str) -> Violations:
    """Check a name of anything."""
    return [] if NAME.fullmatch(text) else [(field, "must match ^[A-Z0-9][A-Z0-9_-]{0,31}$")]


def firm(request: admin_pb2.Firm) -> str:
    """Check a firm; its name."""
    refuse(name("firm.name", request.name))
    return str(request.name)


def account(request: admin_pb2.Account) -> None:
    """Check an account."""
    violations = [
        *name("account.name", request.name),
        *name("account.firm", request.firm),
        *currency("account.currency", request.currency),
    ]
    self_trade("account.self_trade_prevention", request.self_trade_prevention, violations)
    refuse(violations)


def api_key(request: admin_pb2.ApiKey) -> None:
    """Check a key that is to be made."""
    violations = name("api_key.firm", request.firm)
    if request.id:
        violations.append(("api_key.id", "must be absent: the venue gives it"))
    violations += _scopes_of("api_key.scopes", request.scopes)
    if request.user:
        violations += user_name("api_key.user", request.user)
    if len(request.label) > LABEL_MAX or not request.label.isprintable():
        violations.append(("api_key.label", f"must be at most {LABEL_MAX} printable characters"))
    refuse(violations)


def user(request: admin_pb2.User) -> None:
    """Check a user that is to be made."""
    violations = [
        *name("user.firm", request.firm),
        *user_name("user.name", request.name),
        *_display_name(request.display_name),
        *_scopes_of("user.scopes", request.scopes),
    ]
    if request.id:
        violations.append(("user.id", "must be absent: the venue gives it"))
    refuse(violations)


def user_fields(request: admin_pb2.User, paths: Sequence[str]) -> list[str]:
    """Check a change of a user; the fields it changes."""
    fields = list(dict.fromkeys(paths)) or list(USER_FIELDS)
    violations = [*name("user.firm", request.firm), *user_name("user.name", request.name)]
    violations += mask("a user that may change", paths, USER_FIELDS)
    if "display_name" in fields:
        violations += _display_name(request.display_name)
    if "scopes" in fields:
        violations += _scopes_of("user.scopes", request.scopes)
    refuse(violations)
    return fields


def user_name(field: str, text: str) -> Violations:
    """Check the name of a user."""
    return (
        [] if USER_NAME.fullmatch(text) else [(field, "must match ^[a-z0-9][a-z0-9._+@-]{0,63}$")]
    )


def _display_name(text: str) -> Violations:
    if len(text) <= DISPLAY_NAME_MAX and text.isprintable():
        return []
    return [("user.display_name", f"must be at most {DISPLAY_NAME_MAX} printable characters")]


def _scopes_of(field: str, scopes: Sequence[str]) -> Violations:
    if scopes and len(set(scopes)) == len(scopes) and set(scopes) <= set(SCOPES):
        return []
    return [(field, "must be some of read, trade and admin, each once")]


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
        *currency("instrument.currency", request.currency),
        *_scales(request.price_scale, request.quantity_scale),
    ]
    margin = request.initial_margin_bps if request.HasField("initial_margin_bps") else 10_000
    if margin > MARGIN_BPS_MAX:
        violations.append(("instrument.initial_margin_bps", f"must be at most {MARGIN_BPS_MAX}"))
    elif request.maintenance_margin_bps > margin:
        text = f"must be at most initial_margin_bps, {margin}"
        violations.append(("instrument.maintenance_margin_bps", text))
    refuse(violations)
    price, quantity = request.price_scale, request.quantity_scale
    tick = units("instrument.tick_size", request.tick_size, price, violations)
    lot = units("instrument.lot_size", request.lot_size, quantity, violations)
    smallest, largest, reference = 0, 0, 0
    if request.min_quantity:
        smallest = units("instrument.min_quantity", request.min_quantity, quantity, violations)
    if request.max_quantity:
        largest = units("instrument.max_quantity", request.max_quantity, quantity, violations)
    if request.reference_price:
        reference = units("instrument.reference_price", request.reference_price, price, violations)
    refuse(violations)
    if smallest % lot:
        violations.append(("instrument.min_quantity", "must be a multiple of lot_size"))
    if largest and largest < (smallest or lot):
        violations.append(("instrument.max_quantity", "must not be below min_quantity"))
    rules = read_rules(request, tick, violations)
    refuse(violations)
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
        maintenance_margin_bps=request.maintenance_margin_bps,
        enabled=not request.disabled,
        **rules,
    )


def changed_fields(request: admin_pb2.Instrument, paths: Sequence[str]) -> list[str]:
    """Check what a change of an instrument names; the fields it changes."""
    known = [field.name for field in admin_pb2.Instrument.DESCRIPTOR.fields if field.name != "etag"]
    violations = name("instrument.symbol", request.symbol)
    violations += mask("an instrument", paths, known)
    refuse(violations)
    return list(dict.fromkeys(paths)) or known


def account_fields(request: admin_pb2.Account, paths: Sequence[str]) -> list[str]:
    """Check a change of an account; the fields it changes."""
    violations = name("account.name", request.name)
    where = "account.self_trade_prevention"
    self_trade(where, request.self_trade_prevention, violations)
    violations += mask("an account that may change", paths, ACCOUNT_FIELDS)
    refuse(violations)
    return list(dict.fromkeys(paths)) or list(ACCOUNT_FIELDS)


def mask(what: str, paths: Sequence[str], known: Iterable[str]) -> Violations:
    """Check the paths of an update_mask."""
    fields = list(known)
    text = f"is no field of {what}; there are {', '.join(fields)}"
    return [("update_mask", f"{path[:40]!r} {text}") for path in paths if path not in fields]


def changed_instrument(stored: Instrument, terms: admin_pb2.Instrument) -> Instrument:
    """Check the new terms of an instrument that is there; it in units."""
    refuse(
        [
            (f"instrument.{field}", f"is {getattr(stored, field)} and never changes")
            for field in ("currency", "price_scale", "quantity_scale")
            if getattr(terms, field) != getattr(stored, field)
        ]
    )
    return instrument(terms, stored.id)


def currency(field: str, text: str) -> Violations:
    """Check a currency."""
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


def units(
    field: str, text: str, scale: int, violations: Violations, maximum: int = UNITS_MAX
) -> int:
    """Read a decimal > 0 in units; 1 when it is wrong, which is noted."""
    try:
        found = decimals.parse(text, scale)
    except decimals.DecimalError as error:
        violations.append((field, str(error)))
        return 1
    if not 1 <= found <= maximum:
        most = decimals.render(maximum, scale)
        violations.append((field, f"must be greater than 0 and at most {most}"))
        return 1
    return found


def refuse(violations: Iterable[tuple[str, str]]) -> None:
    """Raise INVALID_ARGUMENT with all of them, if there are any."""
    if listed := list(violations):
        raise InvalidArgument.of(listed)
