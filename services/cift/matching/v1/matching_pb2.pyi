from cift.common.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WaitingFor(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WAITING_FOR_UNSPECIFIED: _ClassVar[WaitingFor]
    WAITING_FOR_COUNTERPARTY: _ClassVar[WaitingFor]
    WAITING_FOR_STOP: _ClassVar[WaitingFor]
    WAITING_FOR_AUCTION: _ClassVar[WaitingFor]
    WAITING_FOR_LINKED_ORDER: _ClassVar[WaitingFor]
    WAITING_FOR_PEG: _ClassVar[WaitingFor]
WAITING_FOR_UNSPECIFIED: WaitingFor
WAITING_FOR_COUNTERPARTY: WaitingFor
WAITING_FOR_STOP: WaitingFor
WAITING_FOR_AUCTION: WaitingFor
WAITING_FOR_LINKED_ORDER: WaitingFor
WAITING_FOR_PEG: WaitingFor

class RestingOrder(_message.Message):
    __slots__ = ("order_id", "cl_ord_id", "account", "side", "price", "leaves_quantity", "displayed_quantity")
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    CL_ORD_ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    LEAVES_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    DISPLAYED_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    order_id: int
    cl_ord_id: str
    account: str
    side: _types_pb2.Side
    price: str
    leaves_quantity: str
    displayed_quantity: str
    def __init__(self, order_id: _Optional[int] = ..., cl_ord_id: _Optional[str] = ..., account: _Optional[str] = ..., side: _Optional[_Union[_types_pb2.Side, str]] = ..., price: _Optional[str] = ..., leaves_quantity: _Optional[str] = ..., displayed_quantity: _Optional[str] = ...) -> None: ...

class WaitingOrder(_message.Message):
    __slots__ = ("order", "waiting_for", "stop_price", "watermark")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    WAITING_FOR_FIELD_NUMBER: _ClassVar[int]
    STOP_PRICE_FIELD_NUMBER: _ClassVar[int]
    WATERMARK_FIELD_NUMBER: _ClassVar[int]
    order: RestingOrder
    waiting_for: WaitingFor
    stop_price: str
    watermark: str
    def __init__(self, order: _Optional[_Union[RestingOrder, _Mapping]] = ..., waiting_for: _Optional[_Union[WaitingFor, str]] = ..., stop_price: _Optional[str] = ..., watermark: _Optional[str] = ...) -> None: ...

class MarketStatus(_message.Message):
    __slots__ = ("session", "last_price", "auction_price", "auction_quantity", "auction_imbalance", "last_auction_price", "last_auction_quantity")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    LAST_PRICE_FIELD_NUMBER: _ClassVar[int]
    AUCTION_PRICE_FIELD_NUMBER: _ClassVar[int]
    AUCTION_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    AUCTION_IMBALANCE_FIELD_NUMBER: _ClassVar[int]
    LAST_AUCTION_PRICE_FIELD_NUMBER: _ClassVar[int]
    LAST_AUCTION_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    session: _types_pb2.SessionState
    last_price: str
    auction_price: str
    auction_quantity: str
    auction_imbalance: str
    last_auction_price: str
    last_auction_quantity: str
    def __init__(self, session: _Optional[_Union[_types_pb2.SessionState, str]] = ..., last_price: _Optional[str] = ..., auction_price: _Optional[str] = ..., auction_quantity: _Optional[str] = ..., auction_imbalance: _Optional[str] = ..., last_auction_price: _Optional[str] = ..., last_auction_quantity: _Optional[str] = ...) -> None: ...

class InstrumentStatus(_message.Message):
    __slots__ = ("symbol", "currency", "price_scale", "quantity_scale", "tick_size", "lot_size", "trading", "resting_orders", "status")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    PRICE_SCALE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_SCALE_FIELD_NUMBER: _ClassVar[int]
    TICK_SIZE_FIELD_NUMBER: _ClassVar[int]
    LOT_SIZE_FIELD_NUMBER: _ClassVar[int]
    TRADING_FIELD_NUMBER: _ClassVar[int]
    RESTING_ORDERS_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    currency: str
    price_scale: int
    quantity_scale: int
    tick_size: str
    lot_size: str
    trading: bool
    resting_orders: int
    status: MarketStatus
    def __init__(self, symbol: _Optional[str] = ..., currency: _Optional[str] = ..., price_scale: _Optional[int] = ..., quantity_scale: _Optional[int] = ..., tick_size: _Optional[str] = ..., lot_size: _Optional[str] = ..., trading: _Optional[bool] = ..., resting_orders: _Optional[int] = ..., status: _Optional[_Union[MarketStatus, _Mapping]] = ...) -> None: ...
