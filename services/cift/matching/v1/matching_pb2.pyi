from cift.common.v1 import types_pb2 as _types_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RestingOrder(_message.Message):
    __slots__ = ("order_id", "cl_ord_id", "account", "side", "price", "leaves_quantity")
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    CL_ORD_ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    LEAVES_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    order_id: int
    cl_ord_id: str
    account: str
    side: _types_pb2.Side
    price: str
    leaves_quantity: str
    def __init__(self, order_id: _Optional[int] = ..., cl_ord_id: _Optional[str] = ..., account: _Optional[str] = ..., side: _Optional[_Union[_types_pb2.Side, str]] = ..., price: _Optional[str] = ..., leaves_quantity: _Optional[str] = ...) -> None: ...

class InstrumentStatus(_message.Message):
    __slots__ = ("symbol", "currency", "price_scale", "quantity_scale", "tick_size", "lot_size", "trading", "resting_orders")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    PRICE_SCALE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_SCALE_FIELD_NUMBER: _ClassVar[int]
    TICK_SIZE_FIELD_NUMBER: _ClassVar[int]
    LOT_SIZE_FIELD_NUMBER: _ClassVar[int]
    TRADING_FIELD_NUMBER: _ClassVar[int]
    RESTING_ORDERS_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    currency: str
    price_scale: int
    quantity_scale: int
    tick_size: str
    lot_size: str
    trading: bool
    resting_orders: int
    def __init__(self, symbol: _Optional[str] = ..., currency: _Optional[str] = ..., price_scale: _Optional[int] = ..., quantity_scale: _Optional[int] = ..., tick_size: _Optional[str] = ..., lot_size: _Optional[str] = ..., trading: _Optional[bool] = ..., resting_orders: _Optional[int] = ...) -> None: ...
