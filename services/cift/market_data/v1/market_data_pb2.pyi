from cift.common.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PriceLevel(_message.Message):
    __slots__ = ("price", "quantity", "order_count")
    PRICE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    ORDER_COUNT_FIELD_NUMBER: _ClassVar[int]
    price: str
    quantity: str
    order_count: int
    def __init__(self, price: _Optional[str] = ..., quantity: _Optional[str] = ..., order_count: _Optional[int] = ...) -> None: ...

class BookSnapshot(_message.Message):
    __slots__ = ("symbol", "sequence", "bids", "asks")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    BIDS_FIELD_NUMBER: _ClassVar[int]
    ASKS_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    sequence: int
    bids: _containers.RepeatedCompositeFieldContainer[PriceLevel]
    asks: _containers.RepeatedCompositeFieldContainer[PriceLevel]
    def __init__(self, symbol: _Optional[str] = ..., sequence: _Optional[int] = ..., bids: _Optional[_Iterable[_Union[PriceLevel, _Mapping]]] = ..., asks: _Optional[_Iterable[_Union[PriceLevel, _Mapping]]] = ...) -> None: ...

class BookDelta(_message.Message):
    __slots__ = ("place", "bids", "asks")
    PLACE_FIELD_NUMBER: _ClassVar[int]
    BIDS_FIELD_NUMBER: _ClassVar[int]
    ASKS_FIELD_NUMBER: _ClassVar[int]
    place: _types_pb2.Place
    bids: _containers.RepeatedCompositeFieldContainer[PriceLevel]
    asks: _containers.RepeatedCompositeFieldContainer[PriceLevel]
    def __init__(self, place: _Optional[_Union[_types_pb2.Place, _Mapping]] = ..., bids: _Optional[_Iterable[_Union[PriceLevel, _Mapping]]] = ..., asks: _Optional[_Iterable[_Union[PriceLevel, _Mapping]]] = ...) -> None: ...

class TopOfBook(_message.Message):
    __slots__ = ("symbol", "sequence", "bid", "ask")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    BID_FIELD_NUMBER: _ClassVar[int]
    ASK_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    sequence: int
    bid: PriceLevel
    ask: PriceLevel
    def __init__(self, symbol: _Optional[str] = ..., sequence: _Optional[int] = ..., bid: _Optional[_Union[PriceLevel, _Mapping]] = ..., ask: _Optional[_Union[PriceLevel, _Mapping]] = ...) -> None: ...

class Trade(_message.Message):
    __slots__ = ("symbol", "place", "match_id", "price", "quantity", "aggressor_side", "transact_time_ns", "taker_order_id", "maker_order_id", "auction", "busted")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    MATCH_ID_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    AGGRESSOR_SIDE_FIELD_NUMBER: _ClassVar[int]
    TRANSACT_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    TAKER_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    MAKER_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    AUCTION_FIELD_NUMBER: _ClassVar[int]
    BUSTED_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    place: _types_pb2.Place
    match_id: int
    price: str
    quantity: str
    aggressor_side: _types_pb2.Side
    transact_time_ns: int
    taker_order_id: int
    maker_order_id: int
    auction: bool
    busted: bool
    def __init__(self, symbol: _Optional[str] = ..., place: _Optional[_Union[_types_pb2.Place, _Mapping]] = ..., match_id: _Optional[int] = ..., price: _Optional[str] = ..., quantity: _Optional[str] = ..., aggressor_side: _Optional[_Union[_types_pb2.Side, str]] = ..., transact_time_ns: _Optional[int] = ..., taker_order_id: _Optional[int] = ..., maker_order_id: _Optional[int] = ..., auction: _Optional[bool] = ..., busted: _Optional[bool] = ...) -> None: ...

class InstrumentStatus(_message.Message):
    __slots__ = ("symbol", "sequence", "session", "auction_price", "auction_quantity", "auction_imbalance")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    AUCTION_PRICE_FIELD_NUMBER: _ClassVar[int]
    AUCTION_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    AUCTION_IMBALANCE_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    sequence: int
    session: _types_pb2.SessionState
    auction_price: str
    auction_quantity: str
    auction_imbalance: str
    def __init__(self, symbol: _Optional[str] = ..., sequence: _Optional[int] = ..., session: _Optional[_Union[_types_pb2.SessionState, str]] = ..., auction_price: _Optional[str] = ..., auction_quantity: _Optional[str] = ..., auction_imbalance: _Optional[str] = ...) -> None: ...
