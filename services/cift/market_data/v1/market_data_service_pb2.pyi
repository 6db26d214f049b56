from cift.market_data.v1 import market_data_pb2 as _market_data_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetBookRequest(_message.Message):
    __slots__ = ("symbol", "depth")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    depth: int
    def __init__(self, symbol: _Optional[str] = ..., depth: _Optional[int] = ...) -> None: ...

class GetBookResponse(_message.Message):
    __slots__ = ("book",)
    BOOK_FIELD_NUMBER: _ClassVar[int]
    book: _market_data_pb2.BookSnapshot
    def __init__(self, book: _Optional[_Union[_market_data_pb2.BookSnapshot, _Mapping]] = ...) -> None: ...

class StreamBookRequest(_message.Message):
    __slots__ = ("symbol",)
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    def __init__(self, symbol: _Optional[str] = ...) -> None: ...

class StreamBookResponse(_message.Message):
    __slots__ = ("snapshot", "resynchronized", "deltas", "through_sequence")
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    RESYNCHRONIZED_FIELD_NUMBER: _ClassVar[int]
    DELTAS_FIELD_NUMBER: _ClassVar[int]
    THROUGH_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    snapshot: _market_data_pb2.BookSnapshot
    resynchronized: bool
    deltas: _containers.RepeatedCompositeFieldContainer[_market_data_pb2.BookDelta]
    through_sequence: int
    def __init__(self, snapshot: _Optional[_Union[_market_data_pb2.BookSnapshot, _Mapping]] = ..., resynchronized: _Optional[bool] = ..., deltas: _Optional[_Iterable[_Union[_market_data_pb2.BookDelta, _Mapping]]] = ..., through_sequence: _Optional[int] = ...) -> None: ...

class StreamTopOfBookRequest(_message.Message):
    __slots__ = ("symbols",)
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    symbols: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, symbols: _Optional[_Iterable[str]] = ...) -> None: ...

class StreamTopOfBookResponse(_message.Message):
    __slots__ = ("tops", "through_sequence")
    TOPS_FIELD_NUMBER: _ClassVar[int]
    THROUGH_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    tops: _containers.RepeatedCompositeFieldContainer[_market_data_pb2.TopOfBook]
    through_sequence: int
    def __init__(self, tops: _Optional[_Iterable[_Union[_market_data_pb2.TopOfBook, _Mapping]]] = ..., through_sequence: _Optional[int] = ...) -> None: ...

class StreamTradesRequest(_message.Message):
    __slots__ = ("symbol", "after_sequence", "live_only")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    LIVE_ONLY_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    after_sequence: int
    live_only: bool
    def __init__(self, symbol: _Optional[str] = ..., after_sequence: _Optional[int] = ..., live_only: _Optional[bool] = ...) -> None: ...

class StreamTradesResponse(_message.Message):
    __slots__ = ("trades", "through_sequence")
    TRADES_FIELD_NUMBER: _ClassVar[int]
    THROUGH_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    trades: _containers.RepeatedCompositeFieldContainer[_market_data_pb2.Trade]
    through_sequence: int
    def __init__(self, trades: _Optional[_Iterable[_Union[_market_data_pb2.Trade, _Mapping]]] = ..., through_sequence: _Optional[int] = ...) -> None: ...

class StreamStatusRequest(_message.Message):
    __slots__ = ("symbols",)
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    symbols: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, symbols: _Optional[_Iterable[str]] = ...) -> None: ...

class StreamStatusResponse(_message.Message):
    __slots__ = ("statuses", "through_sequence")
    STATUSES_FIELD_NUMBER: _ClassVar[int]
    THROUGH_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    statuses: _containers.RepeatedCompositeFieldContainer[_market_data_pb2.InstrumentStatus]
    through_sequence: int
    def __init__(self, statuses: _Optional[_Iterable[_Union[_market_data_pb2.InstrumentStatus, _Mapping]]] = ..., through_sequence: _Optional[int] = ...) -> None: ...
