from cift.common.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Level(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LEVEL_UNSPECIFIED: _ClassVar[Level]
    LEVEL_ACCOUNT: _ClassVar[Level]
    LEVEL_FIRM: _ClassVar[Level]
    LEVEL_VENUE: _ClassVar[Level]
LEVEL_UNSPECIFIED: Level
LEVEL_ACCOUNT: Level
LEVEL_FIRM: Level
LEVEL_VENUE: Level

class Limits(_message.Message):
    __slots__ = ("max_order_quantity", "max_order_notional", "collar_bps", "max_position", "max_open_orders", "credit", "max_gross_position", "max_gross_exposure", "message_rate", "duplicate_flow", "restricted", "max_short", "max_daily_loss")
    MAX_ORDER_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    MAX_ORDER_NOTIONAL_FIELD_NUMBER: _ClassVar[int]
    COLLAR_BPS_FIELD_NUMBER: _ClassVar[int]
    MAX_POSITION_FIELD_NUMBER: _ClassVar[int]
    MAX_OPEN_ORDERS_FIELD_NUMBER: _ClassVar[int]
    CREDIT_FIELD_NUMBER: _ClassVar[int]
    MAX_GROSS_POSITION_FIELD_NUMBER: _ClassVar[int]
    MAX_GROSS_EXPOSURE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_RATE_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_FLOW_FIELD_NUMBER: _ClassVar[int]
    RESTRICTED_FIELD_NUMBER: _ClassVar[int]
    MAX_SHORT_FIELD_NUMBER: _ClassVar[int]
    MAX_DAILY_LOSS_FIELD_NUMBER: _ClassVar[int]
    max_order_quantity: str
    max_order_notional: str
    collar_bps: int
    max_position: str
    max_open_orders: int
    credit: str
    max_gross_position: str
    max_gross_exposure: str
    message_rate: MessageRate
    duplicate_flow: DuplicateFlow
    restricted: bool
    max_short: str
    max_daily_loss: str
    def __init__(self, max_order_quantity: _Optional[str] = ..., max_order_notional: _Optional[str] = ..., collar_bps: _Optional[int] = ..., max_position: _Optional[str] = ..., max_open_orders: _Optional[int] = ..., credit: _Optional[str] = ..., max_gross_position: _Optional[str] = ..., max_gross_exposure: _Optional[str] = ..., message_rate: _Optional[_Union[MessageRate, _Mapping]] = ..., duplicate_flow: _Optional[_Union[DuplicateFlow, _Mapping]] = ..., restricted: _Optional[bool] = ..., max_short: _Optional[str] = ..., max_daily_loss: _Optional[str] = ...) -> None: ...

class MessageRate(_message.Message):
    __slots__ = ("per_second", "burst")
    PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    BURST_FIELD_NUMBER: _ClassVar[int]
    per_second: int
    burst: int
    def __init__(self, per_second: _Optional[int] = ..., burst: _Optional[int] = ...) -> None: ...

class DuplicateFlow(_message.Message):
    __slots__ = ("window_ms", "max_in_a_row")
    WINDOW_MS_FIELD_NUMBER: _ClassVar[int]
    MAX_IN_A_ROW_FIELD_NUMBER: _ClassVar[int]
    window_ms: int
    max_in_a_row: int
    def __init__(self, window_ms: _Optional[int] = ..., max_in_a_row: _Optional[int] = ...) -> None: ...

class Position(_message.Message):
    __slots__ = ("account", "symbol", "quantity", "open_buy_quantity", "open_sell_quantity", "net_cost", "average_price", "realized_pnl", "unrealized_pnl", "fees", "reference_price", "currency")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    OPEN_BUY_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    OPEN_SELL_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    NET_COST_FIELD_NUMBER: _ClassVar[int]
    AVERAGE_PRICE_FIELD_NUMBER: _ClassVar[int]
    REALIZED_PNL_FIELD_NUMBER: _ClassVar[int]
    UNREALIZED_PNL_FIELD_NUMBER: _ClassVar[int]
    FEES_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_PRICE_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    account: str
    symbol: str
    quantity: str
    open_buy_quantity: str
    open_sell_quantity: str
    net_cost: str
    average_price: str
    realized_pnl: str
    unrealized_pnl: str
    fees: str
    reference_price: str
    currency: str
    def __init__(self, account: _Optional[str] = ..., symbol: _Optional[str] = ..., quantity: _Optional[str] = ..., open_buy_quantity: _Optional[str] = ..., open_sell_quantity: _Optional[str] = ..., net_cost: _Optional[str] = ..., average_price: _Optional[str] = ..., realized_pnl: _Optional[str] = ..., unrealized_pnl: _Optional[str] = ..., fees: _Optional[str] = ..., reference_price: _Optional[str] = ..., currency: _Optional[str] = ...) -> None: ...

class Exposure(_message.Message):
    __slots__ = ("account", "open_orders", "reserved", "used", "buying_power", "credit", "gross_exposure", "equity", "maintenance_margin", "close_only", "killed", "currency")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    OPEN_ORDERS_FIELD_NUMBER: _ClassVar[int]
    RESERVED_FIELD_NUMBER: _ClassVar[int]
    USED_FIELD_NUMBER: _ClassVar[int]
    BUYING_POWER_FIELD_NUMBER: _ClassVar[int]
    CREDIT_FIELD_NUMBER: _ClassVar[int]
    GROSS_EXPOSURE_FIELD_NUMBER: _ClassVar[int]
    EQUITY_FIELD_NUMBER: _ClassVar[int]
    MAINTENANCE_MARGIN_FIELD_NUMBER: _ClassVar[int]
    CLOSE_ONLY_FIELD_NUMBER: _ClassVar[int]
    KILLED_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    account: str
    open_orders: int
    reserved: str
    used: str
    buying_power: str
    credit: str
    gross_exposure: str
    equity: str
    maintenance_margin: str
    close_only: bool
    killed: bool
    currency: str
    def __init__(self, account: _Optional[str] = ..., open_orders: _Optional[int] = ..., reserved: _Optional[str] = ..., used: _Optional[str] = ..., buying_power: _Optional[str] = ..., credit: _Optional[str] = ..., gross_exposure: _Optional[str] = ..., equity: _Optional[str] = ..., maintenance_margin: _Optional[str] = ..., close_only: _Optional[bool] = ..., killed: _Optional[bool] = ..., currency: _Optional[str] = ...) -> None: ...

class ProfitAndLoss(_message.Message):
    __slots__ = ("day", "total", "realized", "unrealized", "fees", "traded_30_days", "currency")
    DAY_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    REALIZED_FIELD_NUMBER: _ClassVar[int]
    UNREALIZED_FIELD_NUMBER: _ClassVar[int]
    FEES_FIELD_NUMBER: _ClassVar[int]
    TRADED_30_DAYS_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    day: str
    total: str
    realized: str
    unrealized: str
    fees: str
    traded_30_days: str
    currency: str
    def __init__(self, day: _Optional[str] = ..., total: _Optional[str] = ..., realized: _Optional[str] = ..., unrealized: _Optional[str] = ..., fees: _Optional[str] = ..., traded_30_days: _Optional[str] = ..., currency: _Optional[str] = ...) -> None: ...

class CheckResult(_message.Message):
    __slots__ = ("check", "passed", "off", "limit", "value", "headroom", "level", "reject_reason")
    CHECK_FIELD_NUMBER: _ClassVar[int]
    PASSED_FIELD_NUMBER: _ClassVar[int]
    OFF_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    HEADROOM_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    REJECT_REASON_FIELD_NUMBER: _ClassVar[int]
    check: str
    passed: bool
    off: bool
    limit: str
    value: str
    headroom: str
    level: Level
    reject_reason: _types_pb2.RejectReason
    def __init__(self, check: _Optional[str] = ..., passed: _Optional[bool] = ..., off: _Optional[bool] = ..., limit: _Optional[str] = ..., value: _Optional[str] = ..., headroom: _Optional[str] = ..., level: _Optional[_Union[Level, str]] = ..., reject_reason: _Optional[_Union[_types_pb2.RejectReason, str]] = ...) -> None: ...

class KillSwitch(_message.Message):
    __slots__ = ("account", "firm", "venue", "comment", "actor", "time_ns", "sequence", "actor_user", "actor_firm")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    FIRM_FIELD_NUMBER: _ClassVar[int]
    VENUE_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    TIME_NS_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    ACTOR_USER_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIRM_FIELD_NUMBER: _ClassVar[int]
    account: str
    firm: str
    venue: bool
    comment: str
    actor: str
    time_ns: int
    sequence: int
    actor_user: str
    actor_firm: str
    def __init__(self, account: _Optional[str] = ..., firm: _Optional[str] = ..., venue: _Optional[bool] = ..., comment: _Optional[str] = ..., actor: _Optional[str] = ..., time_ns: _Optional[int] = ..., sequence: _Optional[int] = ..., actor_user: _Optional[str] = ..., actor_firm: _Optional[str] = ...) -> None: ...

class Breach(_message.Message):
    __slots__ = ("place", "transact_time_ns", "account", "symbol", "cl_ord_id", "reject_reason", "reject_text", "side", "price", "quantity", "firm")
    PLACE_FIELD_NUMBER: _ClassVar[int]
    TRANSACT_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    CL_ORD_ID_FIELD_NUMBER: _ClassVar[int]
    REJECT_REASON_FIELD_NUMBER: _ClassVar[int]
    REJECT_TEXT_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    FIRM_FIELD_NUMBER: _ClassVar[int]
    place: _types_pb2.Place
    transact_time_ns: int
    account: str
    symbol: str
    cl_ord_id: str
    reject_reason: _types_pb2.RejectReason
    reject_text: str
    side: _types_pb2.Side
    price: str
    quantity: str
    firm: str
    def __init__(self, place: _Optional[_Union[_types_pb2.Place, _Mapping]] = ..., transact_time_ns: _Optional[int] = ..., account: _Optional[str] = ..., symbol: _Optional[str] = ..., cl_ord_id: _Optional[str] = ..., reject_reason: _Optional[_Union[_types_pb2.RejectReason, str]] = ..., reject_text: _Optional[str] = ..., side: _Optional[_Union[_types_pb2.Side, str]] = ..., price: _Optional[str] = ..., quantity: _Optional[str] = ..., firm: _Optional[str] = ...) -> None: ...
