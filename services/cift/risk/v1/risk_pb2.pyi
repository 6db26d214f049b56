from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class Limits(_message.Message):
    __slots__ = ("max_order_quantity", "max_order_notional", "collar_bps", "max_position", "max_open_orders", "credit")
    MAX_ORDER_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    MAX_ORDER_NOTIONAL_FIELD_NUMBER: _ClassVar[int]
    COLLAR_BPS_FIELD_NUMBER: _ClassVar[int]
    MAX_POSITION_FIELD_NUMBER: _ClassVar[int]
    MAX_OPEN_ORDERS_FIELD_NUMBER: _ClassVar[int]
    CREDIT_FIELD_NUMBER: _ClassVar[int]
    max_order_quantity: str
    max_order_notional: str
    collar_bps: int
    max_position: str
    max_open_orders: int
    credit: str
    def __init__(self, max_order_quantity: _Optional[str] = ..., max_order_notional: _Optional[str] = ..., collar_bps: _Optional[int] = ..., max_position: _Optional[str] = ..., max_open_orders: _Optional[int] = ..., credit: _Optional[str] = ...) -> None: ...

class Position(_message.Message):
    __slots__ = ("account", "symbol", "quantity", "open_buy_quantity", "open_sell_quantity", "net_cost")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    OPEN_BUY_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    OPEN_SELL_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    NET_COST_FIELD_NUMBER: _ClassVar[int]
    account: str
    symbol: str
    quantity: str
    open_buy_quantity: str
    open_sell_quantity: str
    net_cost: str
    def __init__(self, account: _Optional[str] = ..., symbol: _Optional[str] = ..., quantity: _Optional[str] = ..., open_buy_quantity: _Optional[str] = ..., open_sell_quantity: _Optional[str] = ..., net_cost: _Optional[str] = ...) -> None: ...

class Exposure(_message.Message):
    __slots__ = ("account", "open_orders", "reserved", "used", "buying_power")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    OPEN_ORDERS_FIELD_NUMBER: _ClassVar[int]
    RESERVED_FIELD_NUMBER: _ClassVar[int]
    USED_FIELD_NUMBER: _ClassVar[int]
    BUYING_POWER_FIELD_NUMBER: _ClassVar[int]
    account: str
    open_orders: int
    reserved: str
    used: str
    buying_power: str
    def __init__(self, account: _Optional[str] = ..., open_orders: _Optional[int] = ..., reserved: _Optional[str] = ..., used: _Optional[str] = ..., buying_power: _Optional[str] = ...) -> None: ...

class CheckResult(_message.Message):
    __slots__ = ("check", "passed", "off", "limit", "value", "headroom")
    CHECK_FIELD_NUMBER: _ClassVar[int]
    PASSED_FIELD_NUMBER: _ClassVar[int]
    OFF_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    HEADROOM_FIELD_NUMBER: _ClassVar[int]
    check: str
    passed: bool
    off: bool
    limit: str
    value: str
    headroom: str
    def __init__(self, check: _Optional[str] = ..., passed: _Optional[bool] = ..., off: _Optional[bool] = ..., limit: _Optional[str] = ..., value: _Optional[str] = ..., headroom: _Optional[str] = ...) -> None: ...
