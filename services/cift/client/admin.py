"""Reference data, limits and positions: the operator's side of the client."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from google.protobuf.field_mask_pb2 import FieldMask

from cift.client import messages
from cift.client.enums import (
    Allocation,
    AuctionCriterion,
    IcebergMode,
    MarketResidual,
    RejectReason,
    SelfTradePrevention,
    SessionState,
)
from cift.client.types import DecimalLike, NewOrder, decimal_text
from cift.common.v1 import types_pb2
from cift.risk.v1 import (
    admin_pb2,
    admin_service_pb2,
    admin_service_pb2_grpc,
    risk_pb2,
    risk_service_pb2,
    risk_service_pb2_grpc,
)

if TYPE_CHECKING:
    from cift.client.client import CiftClient

__all__ = [
    "Account",
    "Admin",
    "ApiKey",
    "AuctionRules",
    "Check",
    "Exposure",
    "Instrument",
    "InstrumentTerms",
    "Limits",
    "Position",
    "ScheduledSession",
    "TickBand",
    "TradingRules",
]

DECIMALS = frozenset({"tick_size", "lot_size", "min_quantity", "max_quantity", "reference_price"})
"""Of an instrument."""


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


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key that was just made; its secret is not shown again."""

    id: int
    firm: str
    scopes: tuple[str, ...]
    secret: str


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of an account; None: that check is off."""

    max_order_quantity: DecimalLike | None = None
    max_order_notional: DecimalLike | None = None
    collar_bps: int | None = None
    max_position: DecimalLike | None = None
    max_open_orders: int | None = None
    credit: DecimalLike | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """The position of an account in one instrument."""

    account: str
    symbol: str
    quantity: Decimal
    open_buy_quantity: Decimal
    open_sell_quantity: Decimal
    net_cost: Decimal


@dataclass(frozen=True, slots=True)
class Exposure:
    """What an account has at stake; `buying_power` None: that check is off."""

    account: str
    open_orders: int
    reserved: Decimal
    used: Decimal
    buying_power: Decimal | None


@dataclass(frozen=True, slots=True)
class Check:
    """What risk would say to an order now."""

    accepted: bool
    reject_reason: RejectReason
    failed: tuple[str, ...]
    """Names of the checks that do not pass."""


class Admin:
    """Calls that need scope `admin`, and the queries about accounts that need `read`."""

    def __init__(self, client: "CiftClient") -> None:
        self._client = client
        channel = client.channel(client.endpoints.risk)
        self._admin = admin_service_pb2_grpc.AdminServiceStub(channel)
        self._risk = risk_service_pb2_grpc.RiskServiceStub(channel)

    async def create_firm(self, name: str) -> None:
        """Create a firm; the same again is no error."""
        request = admin_service_pb2.CreateFirmRequest(firm=admin_pb2.Firm(name=name))
        await self._client.query(self._admin.CreateFirm, request)

    async def create_account(self, account: Account) -> None:
        """Create an account; it cannot trade before it has limits. The same again is no error."""
        message = admin_pb2.Account(
            name=account.name,
            firm=account.firm,
            currency=account.currency,
            disabled=account.disabled,
            self_trade_prevention=types_pb2.SelfTradePrevention.ValueType(
                account.self_trade_prevention
            ),
            self_trade_group=account.self_trade_group,
        )
        request = admin_service_pb2.CreateAccountRequest(account=message)
        await self._client.query(self._admin.CreateAccount, request)

    async def list_accounts(self) -> list[Account]:
        """All accounts, by name."""
        accounts: list[Account] = []
        token = ""
        while True:
            request = admin_service_pb2.ListAccountsRequest(page_size=1_000, page_token=token)
            reply = await self._client.query(self._admin.ListAccounts, request)
            accounts += [_account(account) for account in reply.accounts]
            token = reply.next_page_token
            if not token:
                return accounts

    async def create_api_key(self, firm: str, scopes: Sequence[str], label: str = "") -> ApiKey:
        """Create a key. Not repeated on failure: it is not idempotent."""
        message = admin_pb2.ApiKey(firm=firm, scopes=scopes, label=label)
        request = admin_service_pb2.CreateApiKeyRequest(api_key=message)
        reply = await self._client.call(self._admin.CreateApiKey, request)
        return ApiKey(
            reply.api_key.id, reply.api_key.firm, tuple(reply.api_key.scopes), reply.secret
        )

    async def disable_api_key(self, key_id: int) -> None:
        """Disable a key; it stops working within a second."""
        request = admin_service_pb2.DisableApiKeyRequest(id=key_id)
        await self._client.query(self._admin.DisableApiKey, request)

    async def create_instrument(self, instrument: Instrument) -> None:
        """Create an instrument; the same again is no error."""
        values = {name: getattr(instrument, name) for name in Instrument.__slots__}
        message = _instrument_message(values)
        request = admin_service_pb2.CreateInstrumentRequest(instrument=message)
        await self._client.query(self._admin.CreateInstrument, request)

    async def update_instrument(self, symbol: str, **terms: Unpack[InstrumentTerms]) -> None:
        """Change what is named of an instrument; None: what a new one has. In effect after it."""
        message = _instrument_message({"symbol": symbol, **terms})
        request = admin_service_pb2.UpdateInstrumentRequest(
            instrument=message, update_mask=FieldMask(paths=list(terms))
        )
        await self._client.query(self._admin.UpdateInstrument, request)

    async def set_limits(self, account: str, limits: Limits) -> int:
        """Set the limits of an account, all at once; the journal sequence where they count."""
        message = risk_pb2.Limits()
        for name in ("max_order_quantity", "max_order_notional", "max_position", "credit"):
            value = getattr(limits, name)
            if value is not None:
                setattr(message, name, decimal_text(value))
        for name in ("collar_bps", "max_open_orders"):
            value = getattr(limits, name)
            if value is not None:
                setattr(message, name, value)
        request = risk_service_pb2.SetLimitsRequest(account=account, limits=message)
        reply = await self._client.query(self._risk.SetLimits, request)
        return int(reply.sequence)

    async def get_limits(self, account: str) -> Limits:
        """The limits in force."""
        request = risk_service_pb2.GetLimitsRequest(account=account)
        found = (await self._client.query(self._risk.GetLimits, request)).limits
        return Limits(
            max_order_quantity=_optional(found, "max_order_quantity"),
            max_order_notional=_optional(found, "max_order_notional"),
            collar_bps=found.collar_bps if found.HasField("collar_bps") else None,
            max_position=_optional(found, "max_position"),
            max_open_orders=found.max_open_orders if found.HasField("max_open_orders") else None,
            credit=_optional(found, "credit"),
        )

    async def list_positions(self, account: str) -> list[Position]:
        """The positions of an account, by symbol."""
        request = risk_service_pb2.ListPositionsRequest(account=account)
        reply = await self._client.query(self._risk.ListPositions, request)
        return [
            Position(
                account=p.account,
                symbol=p.symbol,
                quantity=Decimal(p.quantity),
                open_buy_quantity=Decimal(p.open_buy_quantity),
                open_sell_quantity=Decimal(p.open_sell_quantity),
                net_cost=Decimal(p.net_cost),
            )
            for p in reply.positions
        ]

    async def get_exposure(self, account: str) -> Exposure:
        """What an account has at stake."""
        request = risk_service_pb2.GetExposureRequest(account=account)
        found = (await self._client.query(self._risk.GetExposure, request)).exposure
        return Exposure(
            account=found.account,
            open_orders=found.open_orders,
            reserved=Decimal(found.reserved),
            used=Decimal(found.used),
            buying_power=Decimal(found.buying_power) if found.buying_power else None,
        )

    async def check_order(self, order: NewOrder) -> Check:
        """Ask what risk would say to an order now, without sending it."""
        request = risk_service_pb2.CheckOrderRequest(order=messages.new_order_message(order))
        reply = await self._client.query(self._risk.CheckOrder, request)
        failed = tuple(c.check for c in reply.checks if not c.passed and not c.off)
        return Check(reply.accepted, messages.reject_reason(reply.reject_reason), failed)


def _account(message: admin_pb2.Account) -> Account:
    return Account(
        message.name,
        message.firm,
        message.currency,
        message.disabled,
        messages.enum_of(SelfTradePrevention, message.self_trade_prevention),
        message.self_trade_group,
    )


def _instrument_message(values: Mapping[str, Any]) -> admin_pb2.Instrument:
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


def _optional(message: risk_pb2.Limits, name: str) -> Decimal | None:
    return Decimal(getattr(message, name)) if message.HasField(name) else None
