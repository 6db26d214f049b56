from cift.matching.v1 import matching_pb2 as _matching_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetBookRequest(_message.Message):
    __slots__ = ("symbol", "max_orders")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    MAX_ORDERS_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    max_orders: int
    def __init__(self, symbol: _Optional[str] = ..., max_orders: _Optional[int] = ...) -> None: ...

class GetBookResponse(_message.Message):
    __slots__ = ("symbol", "sequence", "bids", "asks", "status", "waiting")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    BIDS_FIELD_NUMBER: _ClassVar[int]
    ASKS_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    sequence: int
    bids: _containers.RepeatedCompositeFieldContainer[_matching_pb2.RestingOrder]
    asks: _containers.RepeatedCompositeFieldContainer[_matching_pb2.RestingOrder]
    status: _matching_pb2.MarketStatus
    waiting: _containers.RepeatedCompositeFieldContainer[_matching_pb2.WaitingOrder]
    def __init__(self, symbol: _Optional[str] = ..., sequence: _Optional[int] = ..., bids: _Optional[_Iterable[_Union[_matching_pb2.RestingOrder, _Mapping]]] = ..., asks: _Optional[_Iterable[_Union[_matching_pb2.RestingOrder, _Mapping]]] = ..., status: _Optional[_Union[_matching_pb2.MarketStatus, _Mapping]] = ..., waiting: _Optional[_Iterable[_Union[_matching_pb2.WaitingOrder, _Mapping]]] = ...) -> None: ...

class ListInstrumentsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListInstrumentsResponse(_message.Message):
    __slots__ = ("instruments", "next_page_token")
    INSTRUMENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    instruments: _containers.RepeatedCompositeFieldContainer[_matching_pb2.InstrumentStatus]
    next_page_token: str
    def __init__(self, instruments: _Optional[_Iterable[_Union[_matching_pb2.InstrumentStatus, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetStatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetStatusResponse(_message.Message):
    __slots__ = ("shard", "sequence", "state_hash", "semantics_version", "ready")
    SHARD_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    STATE_HASH_FIELD_NUMBER: _ClassVar[int]
    SEMANTICS_VERSION_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    shard: int
    sequence: int
    state_hash: str
    semantics_version: int
    ready: bool
    def __init__(self, shard: _Optional[int] = ..., sequence: _Optional[int] = ..., state_hash: _Optional[str] = ..., semantics_version: _Optional[int] = ..., ready: _Optional[bool] = ...) -> None: ...
