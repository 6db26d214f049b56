"""Values of reference data: who may trade what, what it costs, and who changed it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypedDict

from cift.client import messages
from cift.client.enums import (
    Allocation,
    AuctionCriterion,
    IcebergMode,
    MarketResidual,
    SelfTradePrevention,
    SessionState,
)
from cift.client.holders import Holder, holder_fields, holder_of
from cift.client.types import DecimalLike, decimal_text
from cift.common.v1 import types_pb2
from cift.risk.v1 import admin_pb2

__all__ = [
    "Account",
    "AccountTerms",
    "ApiKey",
    "AuctionRules",
    "AuditEntry",
    "Conversion",
    "FeeTier",
    "Fees",
    "Instrument",
    "InstrumentTerms",
    "Locate",
    "Located",
    "ScheduledSession",
    "TickBand",
    "TradingRules",
    "User",
    "UserTerms",
    "account_message",
    "account_of",
    "api_key_of",
    "audit_entry_of",
    "conversion_of",
    "fees_message",
    "fees_of",
    "instrument_message",
    "instrument_of",
    "locate_of",
    "user_of",
]

DECIMALS = frozenset({"tick_size", "lot_size", "min_quantity", "max_quantity", "reference_price"})
"""Of an instrument."""
CHOICES = {
    "self_trade_prevention": SelfTradePrevention,
    "market_residual": MarketResidual,
    "iceberg_mode": IcebergMode,
    "allocation": Allocation,
}
"""Of an instrument too."""


@dataclass(frozen=True, slots=True)
class Account:
    """A trading account."""

    name: str
    firm: str
    currency: str
    disabled: bool = False
    self_trade_prevention: SelfTradePrevention = SelfTradePrevention.UNSPECIFIED
    """Of its orders that don't say; unspecified: what the instrument says."""
    self_trade_group: int = 0
    """Orders of one group don't trade with each other; 0: the account is alone."""
    etag: str = field(default="", compare=False)
    """Of an account that was read: a change made with it is refused if somebody came in between."""


class AccountTerms(TypedDict, total=False):
    """What of an account may change; the fields are those of `Account`."""

    disabled: bool
    self_trade_prevention: SelfTradePrevention
    self_trade_group: int


@dataclass(frozen=True, slots=True)
class User:
    """A person or program of a firm, to whom API keys belong."""

    name: str
    """Unique in its firm; an e-mail address will do."""
    firm: str
    scopes: tuple[str, ...]
    """What its keys may do at most: any of "read", "trade", "admin"."""
    display_name: str = ""
    disabled: bool = False
    """Its keys are refused everywhere."""
    id: int = field(default=0, compare=False)
    """Of a user that was read; the venue gives it."""
    create_time_ns: int = field(default=0, compare=False)
    etag: str = field(default="", compare=False)
    """Of a user that was read: a change made with it is refused if somebody came in between."""


class UserTerms(TypedDict, total=False):
    """What of a user may change; the fields are those of `User`."""

    display_name: str
    scopes: Sequence[str]
    disabled: bool


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key."""

    id: int
    firm: str
    scopes: tuple[str, ...]
    """Any of "read", "trade", "admin"; those count that its user has too."""
    secret: str = field(default="", repr=False)
    """Of a key that was just made; it is not told again."""
    label: str = ""
    disabled: bool = False
    create_time_ns: int = 0
    user: str = ""
    """The user of the firm whose key it is."""
    user_disabled: bool = False
    """It is refused until its user is enabled."""


@dataclass(frozen=True, slots=True)
class TickBand:
    """From a price on, prices are multiples of another tick."""

    from_price: DecimalLike
    tick_size: DecimalLike


@dataclass(frozen=True, slots=True)
class ScheduledSession:
    """A change of session by the second of the UTC day; `weekdays` 1 Monday to 7, none: all."""

    second_of_day: int
    session: SessionState
    weekdays: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingRules:
    """What bounds an instrument's prices and when it trades; 0: no such bound."""

    static_band_bps: int = 0
    dynamic_band_bps: int = 0
    band_halts: bool = False
    protection_bps: int = 0
    volatility_auction_seconds: int = 0
    tick_bands: tuple[TickBand, ...] = ()
    schedule: tuple[ScheduledSession, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuctionRules:
    """How an instrument's auctions are priced; without criteria the usual four."""

    criteria: tuple[AuctionCriterion, ...] = ()
    all_ticks: bool = False
    market_orders: bool = False


class InstrumentTerms(TypedDict, total=False):
    """What of an instrument may change; the fields are those of `Instrument`."""

    tick_size: DecimalLike
    lot_size: DecimalLike
    min_quantity: DecimalLike | None
    max_quantity: DecimalLike | None
    reference_price: DecimalLike | None
    initial_margin_bps: int | None
    disabled: bool
    self_trade_prevention: SelfTradePrevention
    market_residual: MarketResidual
    iceberg_mode: IcebergMode
    allocation: Allocation
    auction: AuctionRules | None
    rules: TradingRules | None
    maintenance_margin_bps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A tradable symbol; None and unspecified: the default that the interface names."""

    symbol: str
    currency: str
    price_scale: int
    quantity_scale: int = 0
    tick_size: DecimalLike
    lot_size: DecimalLike = 1
    min_quantity: DecimalLike | None = None
    max_quantity: DecimalLike | None = None
    reference_price: DecimalLike | None = None
    initial_margin_bps: int | None = None
    disabled: bool = False
    self_trade_prevention: SelfTradePrevention = SelfTradePrevention.UNSPECIFIED
    market_residual: MarketResidual = MarketResidual.UNSPECIFIED
    iceberg_mode: IcebergMode = IcebergMode.UNSPECIFIED
    allocation: Allocation = Allocation.UNSPECIFIED
    auction: AuctionRules | None = None
    rules: TradingRules | None = None
    maintenance_margin_bps: int = 0
    """Part of a position's worth that equity must not fall below, in basis points; 0: none."""
    etag: str = field(default="", compare=False)
    """Of one that was read: a change made with it is refused if somebody came in between."""


@dataclass(frozen=True, slots=True)
class Locate:
    """Shares that were located for an account, which may sell as many short."""

    account: str
    symbol: str
    quantity: Decimal
    source: str
    """Who lends them, or the lender's own number."""
    id: int
    released: bool
    """It no longer counts."""
    create_time_ns: int


@dataclass(frozen=True, slots=True)
class Located:
    """A locate that was added or released."""

    locate: Locate
    located: Decimal
    """All that is now located for the account in the symbol."""


@dataclass(frozen=True, slots=True)
class FeeTier:
    """Rates from a traded notional on, in millionths of a trade's notional; below 0: a rebate."""

    from_notional: int
    """Executed in the last 30 UTC days, whole units of the account's currency; the first is 0."""
    maker_ppm: int
    taker_ppm: int


@dataclass(frozen=True, slots=True)
class Fees:
    """What trades cost, without tiers nothing; an account's own count before its firm's."""

    holder: Holder
    tiers: tuple[FeeTier, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversion:
    """What one unit of a currency is worth, in a unit that all currencies share."""

    currency: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A change that an operator made."""

    id: int
    """Rises in the order in which changes took effect."""
    time_ns: int
    actor: str
    """Who: the number of the API key, or the name of what is no key."""
    kind: str
    """What kind of thing changed, such as "limits" or "account"."""
    name: str
    """Which one; of limits and locates also the symbol, after a slash; "firm/name" of a user."""
    before: str
    """What it was, JSON; empty: it is new."""
    after: str
    """What it is, JSON."""
    number: int
    """Journal batch that carried it to the engines; 0: none did."""
    actor_user: str = ""
    """Whose key it was; empty: it is not known, or was no key."""
    actor_firm: str = ""
    """That user's firm."""


def user_of(message: admin_pb2.User) -> User:
    """From protobuf."""
    return User(
        message.name,
        message.firm,
        tuple(message.scopes),
        message.display_name,
        message.disabled,
        message.id,
        message.create_time_ns,
        message.etag,
    )


def account_message(account: Account) -> admin_pb2.Account:
    """As protobuf."""
    return admin_pb2.Account(
        name=account.name,
        firm=account.firm,
        currency=account.currency,
        disabled=account.disabled,
        self_trade_prevention=types_pb2.SelfTradePrevention.ValueType(
            account.self_trade_prevention
        ),
        self_trade_group=account.self_trade_group,
        etag=account.etag,
    )


def account_of(message: admin_pb2.Account) -> Account:
    """From protobuf."""
    return Account(
        message.name,
        message.firm,
        message.currency,
        message.disabled,
        messages.enum_of(SelfTradePrevention, message.self_trade_prevention),
        message.self_trade_group,
        message.etag,
    )


def api_key_of(message: admin_pb2.ApiKey, secret: str = "") -> ApiKey:
    """From protobuf."""
    return ApiKey(
        message.id,
        message.firm,
        tuple(message.scopes),
        secret,
        message.label,
        message.disabled,
        message.create_time_ns,
        message.user,
        message.user_disabled,
    )


def instrument_message(values: Mapping[str, Any]) -> admin_pb2.Instrument:
    """Write the fields that are there; what is None is left out."""
    message = admin_pb2.Instrument()
    for name, value in values.items():
        if value is None:
            continue
        if name in DECIMALS:
            setattr(message, name, decimal_text(value))
        elif isinstance(value, AuctionRules):
            message.auction.criteria.extend(map(int, value.criteria))
            message.auction.all_ticks = value.all_ticks
            message.auction.market_orders = value.market_orders
        elif isinstance(value, TradingRules):
            _set_rules(message.rules, value)
        else:
            setattr(message, name, value)
    return message


def _set_rules(message: admin_pb2.TradingRules, rules: TradingRules) -> None:
    for name in ("static_band_bps", "dynamic_band_bps", "band_halts", "protection_bps"):
        setattr(message, name, getattr(rules, name))
    message.volatility_auction_seconds = rules.volatility_auction_seconds
    for band in rules.tick_bands:
        message.tick_bands.add(
            from_price=decimal_text(band.from_price), tick_size=decimal_text(band.tick_size)
        )
    for change in rules.schedule:
        message.schedule.add(
            second_of_day=change.second_of_day,
            session=types_pb2.SessionState.ValueType(change.session),
            weekdays=change.weekdays,
        )


def instrument_of(message: admin_pb2.Instrument) -> Instrument:
    """From protobuf."""
    values: dict[str, Any] = {
        name: getattr(message, name)
        for name in ("symbol", "currency", "price_scale", "quantity_scale", "disabled", "etag")
    }
    values |= {name: messages.optional_of(getattr(message, name)) for name in DECIMALS}
    values |= {
        name: messages.enum_of(kind, getattr(message, name)) for name, kind in CHOICES.items()
    }
    if message.HasField("initial_margin_bps"):
        values["initial_margin_bps"] = message.initial_margin_bps
    values["maintenance_margin_bps"] = message.maintenance_margin_bps
    if message.HasField("auction"):
        values["auction"] = AuctionRules(
            criteria=tuple(messages.enum_of(AuctionCriterion, c) for c in message.auction.criteria),
            all_ticks=message.auction.all_ticks,
            market_orders=message.auction.market_orders,
        )
    if message.HasField("rules"):
        values["rules"] = _rules_of(message.rules)
    return Instrument(**values)


def _rules_of(rules: admin_pb2.TradingRules) -> TradingRules:
    return TradingRules(
        static_band_bps=rules.static_band_bps,
        dynamic_band_bps=rules.dynamic_band_bps,
        band_halts=rules.band_halts,
        protection_bps=rules.protection_bps,
        volatility_auction_seconds=rules.volatility_auction_seconds,
        tick_bands=tuple(
            TickBand(Decimal(band.from_price), Decimal(band.tick_size)) for band in rules.tick_bands
        ),
        schedule=tuple(
            ScheduledSession(
                change.second_of_day,
                messages.enum_of(SessionState, change.session),
                tuple(change.weekdays),
            )
            for change in rules.schedule
        ),
    )


def locate_of(message: admin_pb2.Locate) -> Locate:
    """From protobuf."""
    return Locate(
        message.account,
        message.symbol,
        messages.decimal_of(message.quantity),
        message.source,
        message.id,
        message.released,
        message.create_time_ns,
    )


def fees_message(fees: Fees) -> admin_pb2.FeeSchedule:
    """As protobuf."""
    tiers = [
        admin_pb2.FeeTier(
            from_notional=tier.from_notional, maker_ppm=tier.maker_ppm, taker_ppm=tier.taker_ppm
        )
        for tier in fees.tiers
    ]
    return admin_pb2.FeeSchedule(tiers=tiers, **holder_fields(fees.holder))


def fees_of(message: admin_pb2.FeeSchedule) -> Fees:
    """From protobuf."""
    tiers = tuple(FeeTier(t.from_notional, t.maker_ppm, t.taker_ppm) for t in message.tiers)
    return Fees(holder_of(message), tiers)


def conversion_of(message: admin_pb2.Conversion) -> Conversion:
    """From protobuf."""
    return Conversion(message.currency, messages.decimal_of(message.value))


def audit_entry_of(message: admin_pb2.AuditEntry) -> AuditEntry:
    """From protobuf."""
    return AuditEntry(
        message.id,
        message.time_ns,
        message.actor,
        message.kind,
        message.name,
        message.before,
        message.after,
        message.number,
        message.actor_user,
        message.actor_firm,
    )
