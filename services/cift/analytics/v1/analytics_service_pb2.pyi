from cift.analytics.v1 import analytics_pb2 as _analytics_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetVolumeRequest(_message.Message):
    __slots__ = ("symbol", "start_time_ns", "end_time_ns")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    START_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    END_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    start_time_ns: int
    end_time_ns: int
    def __init__(self, symbol: _Optional[str] = ..., start_time_ns: _Optional[int] = ..., end_time_ns: _Optional[int] = ...) -> None: ...

class GetVolumeResponse(_message.Message):
    __slots__ = ("volume", "trade_count", "notional", "through_sequence")
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    TRADE_COUNT_FIELD_NUMBER: _ClassVar[int]
    NOTIONAL_FIELD_NUMBER: _ClassVar[int]
    THROUGH_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    volume: str
    trade_count: int
    notional: str
    through_sequence: int
    def __init__(self, volume: _Optional[str] = ..., trade_count: _Optional[int] = ..., notional: _Optional[str] = ..., through_sequence: _Optional[int] = ...) -> None: ...

class GetVwapRequest(_message.Message):
    __slots__ = ("symbol", "start_time_ns", "end_time_ns")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    START_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    END_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    start_time_ns: int
    end_time_ns: int
    def __init__(self, symbol: _Optional[str] = ..., start_time_ns: _Optional[int] = ..., end_time_ns: _Optional[int] = ...) -> None: ...

class GetVwapResponse(_message.Message):
    __slots__ = ("vwap", "volume", "through_sequence")
    VWAP_FIELD_NUMBER: _ClassVar[int]
    VOLUME_FIELD_NUMBER: _ClassVar[int]
    THROUGH_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    vwap: str
    volume: str
    through_sequence: int
    def __init__(self, vwap: _Optional[str] = ..., volume: _Optional[str] = ..., through_sequence: _Optional[int] = ...) -> None: ...

class ListBarsRequest(_message.Message):
    __slots__ = ("symbol", "start_time_ns", "end_time_ns", "interval_s", "page_size", "page_token")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    START_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    END_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_S_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    start_time_ns: int
    end_time_ns: int
    interval_s: int
    page_size: int
    page_token: str
    def __init__(self, symbol: _Optional[str] = ..., start_time_ns: _Optional[int] = ..., end_time_ns: _Optional[int] = ..., interval_s: _Optional[int] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListBarsResponse(_message.Message):
    __slots__ = ("bars", "next_page_token", "through_sequence")
    BARS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    THROUGH_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    bars: _containers.RepeatedCompositeFieldContainer[_analytics_pb2.Bar]
    next_page_token: str
    through_sequence: int
    def __init__(self, bars: _Optional[_Iterable[_Union[_analytics_pb2.Bar, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., through_sequence: _Optional[int] = ...) -> None: ...
