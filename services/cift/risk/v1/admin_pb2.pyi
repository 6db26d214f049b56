from cift.common.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MarketResidual(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MARKET_RESIDUAL_UNSPECIFIED: _ClassVar[MarketResidual]
    MARKET_RESIDUAL_CANCEL: _ClassVar[MarketResidual]
    MARKET_RESIDUAL_REST: _ClassVar[MarketResidual]
    MARKET_RESIDUAL_REST_AT_LAST_TRADE: _ClassVar[MarketResidual]

class IcebergMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ICEBERG_MODE_UNSPECIFIED: _ClassVar[IcebergMode]
    ICEBERG_MODE_TO_THE_BACK: _ClassVar[IcebergMode]
    ICEBERG_MODE_VISIBLE_THEN_HIDDEN_BY_TIME: _ClassVar[IcebergMode]
    ICEBERG_MODE_VISIBLE_THEN_HIDDEN_PRO_RATA: _ClassVar[IcebergMode]

class Allocation(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ALLOCATION_UNSPECIFIED: _ClassVar[Allocation]
    ALLOCATION_PRICE_TIME: _ClassVar[Allocation]
    ALLOCATION_TOP_THEN_PRO_RATA: _ClassVar[Allocation]

class AuctionCriterion(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AUCTION_CRITERION_UNSPECIFIED: _ClassVar[AuctionCriterion]
    AUCTION_CRITERION_MAX_VOLUME: _ClassVar[AuctionCriterion]
    AUCTION_CRITERION_MIN_SURPLUS: _ClassVar[AuctionCriterion]
    AUCTION_CRITERION_MARKET_PRESSURE: _ClassVar[AuctionCriterion]
    AUCTION_CRITERION_REFERENCE_PRICE: _ClassVar[AuctionCriterion]
    AUCTION_CRITERION_MIDPOINT_FLOOR: _ClassVar[AuctionCriterion]
MARKET_RESIDUAL_UNSPECIFIED: MarketResidual
MARKET_RESIDUAL_CANCEL: MarketResidual
MARKET_RESIDUAL_REST: MarketResidual
MARKET_RESIDUAL_REST_AT_LAST_TRADE: MarketResidual
ICEBERG_MODE_UNSPECIFIED: IcebergMode
ICEBERG_MODE_TO_THE_BACK: IcebergMode
ICEBERG_MODE_VISIBLE_THEN_HIDDEN_BY_TIME: IcebergMode
ICEBERG_MODE_VISIBLE_THEN_HIDDEN_PRO_RATA: IcebergMode
ALLOCATION_UNSPECIFIED: Allocation
ALLOCATION_PRICE_TIME: Allocation
ALLOCATION_TOP_THEN_PRO_RATA: Allocation
AUCTION_CRITERION_UNSPECIFIED: AuctionCriterion
AUCTION_CRITERION_MAX_VOLUME: AuctionCriterion
AUCTION_CRITERION_MIN_SURPLUS: AuctionCriterion
AUCTION_CRITERION_MARKET_PRESSURE: AuctionCriterion
AUCTION_CRITERION_REFERENCE_PRICE: AuctionCriterion
AUCTION_CRITERION_MIDPOINT_FLOOR: AuctionCriterion

class Firm(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class User(_message.Message):
    __slots__ = ("id", "firm", "name", "display_name", "scopes", "disabled", "create_time_ns", "etag")
    ID_FIELD_NUMBER: _ClassVar[int]
    FIRM_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    SCOPES_FIELD_NUMBER: _ClassVar[int]
    DISABLED_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    id: int
    firm: str
    name: str
    display_name: str
    scopes: _containers.RepeatedScalarFieldContainer[str]
    disabled: bool
    create_time_ns: int
    etag: str
    def __init__(self, id: _Optional[int] = ..., firm: _Optional[str] = ..., name: _Optional[str] = ..., display_name: _Optional[str] = ..., scopes: _Optional[_Iterable[str]] = ..., disabled: _Optional[bool] = ..., create_time_ns: _Optional[int] = ..., etag: _Optional[str] = ...) -> None: ...

class Account(_message.Message):
    __slots__ = ("name", "firm", "currency", "disabled", "self_trade_prevention", "self_trade_group", "etag")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FIRM_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    DISABLED_FIELD_NUMBER: _ClassVar[int]
    SELF_TRADE_PREVENTION_FIELD_NUMBER: _ClassVar[int]
    SELF_TRADE_GROUP_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    name: str
    firm: str
    currency: str
    disabled: bool
    self_trade_prevention: _types_pb2.SelfTradePrevention
    self_trade_group: int
    etag: str
    def __init__(self, name: _Optional[str] = ..., firm: _Optional[str] = ..., currency: _Optional[str] = ..., disabled: _Optional[bool] = ..., self_trade_prevention: _Optional[_Union[_types_pb2.SelfTradePrevention, str]] = ..., self_trade_group: _Optional[int] = ..., etag: _Optional[str] = ...) -> None: ...

class ApiKey(_message.Message):
    __slots__ = ("id", "firm", "scopes", "label", "disabled", "create_time_ns", "user", "user_disabled")
    ID_FIELD_NUMBER: _ClassVar[int]
    FIRM_FIELD_NUMBER: _ClassVar[int]
    SCOPES_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    DISABLED_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    USER_DISABLED_FIELD_NUMBER: _ClassVar[int]
    id: int
    firm: str
    scopes: _containers.RepeatedScalarFieldContainer[str]
    label: str
    disabled: bool
    create_time_ns: int
    user: str
    user_disabled: bool
    def __init__(self, id: _Optional[int] = ..., firm: _Optional[str] = ..., scopes: _Optional[_Iterable[str]] = ..., label: _Optional[str] = ..., disabled: _Optional[bool] = ..., create_time_ns: _Optional[int] = ..., user: _Optional[str] = ..., user_disabled: _Optional[bool] = ...) -> None: ...

class Instrument(_message.Message):
    __slots__ = ("symbol", "currency", "price_scale", "quantity_scale", "tick_size", "lot_size", "min_quantity", "max_quantity", "reference_price", "initial_margin_bps", "disabled", "self_trade_prevention", "market_residual", "iceberg_mode", "allocation", "auction", "rules", "maintenance_margin_bps", "etag")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    PRICE_SCALE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_SCALE_FIELD_NUMBER: _ClassVar[int]
    TICK_SIZE_FIELD_NUMBER: _ClassVar[int]
    LOT_SIZE_FIELD_NUMBER: _ClassVar[int]
    MIN_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    MAX_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_PRICE_FIELD_NUMBER: _ClassVar[int]
    INITIAL_MARGIN_BPS_FIELD_NUMBER: _ClassVar[int]
    DISABLED_FIELD_NUMBER: _ClassVar[int]
    SELF_TRADE_PREVENTION_FIELD_NUMBER: _ClassVar[int]
    MARKET_RESIDUAL_FIELD_NUMBER: _ClassVar[int]
    ICEBERG_MODE_FIELD_NUMBER: _ClassVar[int]
    ALLOCATION_FIELD_NUMBER: _ClassVar[int]
    AUCTION_FIELD_NUMBER: _ClassVar[int]
    RULES_FIELD_NUMBER: _ClassVar[int]
    MAINTENANCE_MARGIN_BPS_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    currency: str
    price_scale: int
    quantity_scale: int
    tick_size: str
    lot_size: str
    min_quantity: str
    max_quantity: str
    reference_price: str
    initial_margin_bps: int
    disabled: bool
    self_trade_prevention: _types_pb2.SelfTradePrevention
    market_residual: MarketResidual
    iceberg_mode: IcebergMode
    allocation: Allocation
    auction: AuctionRules
    rules: TradingRules
    maintenance_margin_bps: int
    etag: str
    def __init__(self, symbol: _Optional[str] = ..., currency: _Optional[str] = ..., price_scale: _Optional[int] = ..., quantity_scale: _Optional[int] = ..., tick_size: _Optional[str] = ..., lot_size: _Optional[str] = ..., min_quantity: _Optional[str] = ..., max_quantity: _Optional[str] = ..., reference_price: _Optional[str] = ..., initial_margin_bps: _Optional[int] = ..., disabled: _Optional[bool] = ..., self_trade_prevention: _Optional[_Union[_types_pb2.SelfTradePrevention, str]] = ..., market_residual: _Optional[_Union[MarketResidual, str]] = ..., iceberg_mode: _Optional[_Union[IcebergMode, str]] = ..., allocation: _Optional[_Union[Allocation, str]] = ..., auction: _Optional[_Union[AuctionRules, _Mapping]] = ..., rules: _Optional[_Union[TradingRules, _Mapping]] = ..., maintenance_margin_bps: _Optional[int] = ..., etag: _Optional[str] = ...) -> None: ...

class Locate(_message.Message):
    __slots__ = ("id", "account", "symbol", "quantity", "source", "released", "create_time_ns")
    ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    RELEASED_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    id: int
    account: str
    symbol: str
    quantity: str
    source: str
    released: bool
    create_time_ns: int
    def __init__(self, id: _Optional[int] = ..., account: _Optional[str] = ..., symbol: _Optional[str] = ..., quantity: _Optional[str] = ..., source: _Optional[str] = ..., released: _Optional[bool] = ..., create_time_ns: _Optional[int] = ...) -> None: ...

class FeeSchedule(_message.Message):
    __slots__ = ("account", "firm", "venue", "tiers")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    FIRM_FIELD_NUMBER: _ClassVar[int]
    VENUE_FIELD_NUMBER: _ClassVar[int]
    TIERS_FIELD_NUMBER: _ClassVar[int]
    account: str
    firm: str
    venue: bool
    tiers: _containers.RepeatedCompositeFieldContainer[FeeTier]
    def __init__(self, account: _Optional[str] = ..., firm: _Optional[str] = ..., venue: _Optional[bool] = ..., tiers: _Optional[_Iterable[_Union[FeeTier, _Mapping]]] = ...) -> None: ...

class FeeTier(_message.Message):
    __slots__ = ("from_notional", "maker_ppm", "taker_ppm")
    FROM_NOTIONAL_FIELD_NUMBER: _ClassVar[int]
    MAKER_PPM_FIELD_NUMBER: _ClassVar[int]
    TAKER_PPM_FIELD_NUMBER: _ClassVar[int]
    from_notional: int
    maker_ppm: int
    taker_ppm: int
    def __init__(self, from_notional: _Optional[int] = ..., maker_ppm: _Optional[int] = ..., taker_ppm: _Optional[int] = ...) -> None: ...

class Conversion(_message.Message):
    __slots__ = ("currency", "value")
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    currency: str
    value: str
    def __init__(self, currency: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class AuditEntry(_message.Message):
    __slots__ = ("id", "time_ns", "actor", "kind", "name", "before", "after", "number", "actor_user", "actor_firm")
    ID_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    ACTOR_USER_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIRM_FIELD_NUMBER: _ClassVar[int]
    id: int
    time_ns: int
    actor: str
    kind: str
    name: str
    before: str
    after: str
    number: int
    actor_user: str
    actor_firm: str
    def __init__(self, id: _Optional[int] = ..., time_ns: _Optional[int] = ..., actor: _Optional[str] = ..., kind: _Optional[str] = ..., name: _Optional[str] = ..., before: _Optional[str] = ..., after: _Optional[str] = ..., number: _Optional[int] = ..., actor_user: _Optional[str] = ..., actor_firm: _Optional[str] = ...) -> None: ...

class AuctionRules(_message.Message):
    __slots__ = ("criteria", "all_ticks", "market_orders")
    CRITERIA_FIELD_NUMBER: _ClassVar[int]
    ALL_TICKS_FIELD_NUMBER: _ClassVar[int]
    MARKET_ORDERS_FIELD_NUMBER: _ClassVar[int]
    criteria: _containers.RepeatedScalarFieldContainer[AuctionCriterion]
    all_ticks: bool
    market_orders: bool
    def __init__(self, criteria: _Optional[_Iterable[_Union[AuctionCriterion, str]]] = ..., all_ticks: _Optional[bool] = ..., market_orders: _Optional[bool] = ...) -> None: ...

class TickBand(_message.Message):
    __slots__ = ("from_price", "tick_size")
    FROM_PRICE_FIELD_NUMBER: _ClassVar[int]
    TICK_SIZE_FIELD_NUMBER: _ClassVar[int]
    from_price: str
    tick_size: str
    def __init__(self, from_price: _Optional[str] = ..., tick_size: _Optional[str] = ...) -> None: ...

class ScheduledSession(_message.Message):
    __slots__ = ("second_of_day", "session", "weekdays")
    SECOND_OF_DAY_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    WEEKDAYS_FIELD_NUMBER: _ClassVar[int]
    second_of_day: int
    session: _types_pb2.SessionState
    weekdays: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, second_of_day: _Optional[int] = ..., session: _Optional[_Union[_types_pb2.SessionState, str]] = ..., weekdays: _Optional[_Iterable[int]] = ...) -> None: ...

class TradingRules(_message.Message):
    __slots__ = ("static_band_bps", "dynamic_band_bps", "band_halts", "protection_bps", "volatility_auction_seconds", "tick_bands", "schedule")
    STATIC_BAND_BPS_FIELD_NUMBER: _ClassVar[int]
    DYNAMIC_BAND_BPS_FIELD_NUMBER: _ClassVar[int]
    BAND_HALTS_FIELD_NUMBER: _ClassVar[int]
    PROTECTION_BPS_FIELD_NUMBER: _ClassVar[int]
    VOLATILITY_AUCTION_SECONDS_FIELD_NUMBER: _ClassVar[int]
    TICK_BANDS_FIELD_NUMBER: _ClassVar[int]
    SCHEDULE_FIELD_NUMBER: _ClassVar[int]
    static_band_bps: int
    dynamic_band_bps: int
    band_halts: bool
    protection_bps: int
    volatility_auction_seconds: int
    tick_bands: _containers.RepeatedCompositeFieldContainer[TickBand]
    schedule: _containers.RepeatedCompositeFieldContainer[ScheduledSession]
    def __init__(self, static_band_bps: _Optional[int] = ..., dynamic_band_bps: _Optional[int] = ..., band_halts: _Optional[bool] = ..., protection_bps: _Optional[int] = ..., volatility_auction_seconds: _Optional[int] = ..., tick_bands: _Optional[_Iterable[_Union[TickBand, _Mapping]]] = ..., schedule: _Optional[_Iterable[_Union[ScheduledSession, _Mapping]]] = ...) -> None: ...
