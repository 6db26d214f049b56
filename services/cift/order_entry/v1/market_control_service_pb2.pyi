from cift.common.v1 import types_pb2 as _types_pb2
from cift.order_entry.v1 import order_pb2 as _order_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ClientSession(_message.Message):
    __slots__ = ("session", "origin", "number", "firm", "api_key_id", "create_time_ns", "open_orders")
    SESSION_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    FIRM_FIELD_NUMBER: _ClassVar[int]
    API_KEY_ID_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    OPEN_ORDERS_FIELD_NUMBER: _ClassVar[int]
    session: str
    origin: int
    number: int
    firm: str
    api_key_id: int
    create_time_ns: int
    open_orders: int
    def __init__(self, session: _Optional[str] = ..., origin: _Optional[int] = ..., number: _Optional[int] = ..., firm: _Optional[str] = ..., api_key_id: _Optional[int] = ..., create_time_ns: _Optional[int] = ..., open_orders: _Optional[int] = ...) -> None: ...

class SetSessionRequest(_message.Message):
    __slots__ = ("symbol", "session", "reference_price")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_PRICE_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    session: _types_pb2.SessionState
    reference_price: str
    def __init__(self, symbol: _Optional[str] = ..., session: _Optional[_Union[_types_pb2.SessionState, str]] = ..., reference_price: _Optional[str] = ...) -> None: ...

class SetSessionResponse(_message.Message):
    __slots__ = ("place",)
    PLACE_FIELD_NUMBER: _ClassVar[int]
    place: _types_pb2.Place
    def __init__(self, place: _Optional[_Union[_types_pb2.Place, _Mapping]] = ...) -> None: ...

class SetLastTradeRequest(_message.Message):
    __slots__ = ("symbol", "price")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    price: str
    def __init__(self, symbol: _Optional[str] = ..., price: _Optional[str] = ...) -> None: ...

class SetLastTradeResponse(_message.Message):
    __slots__ = ("place",)
    PLACE_FIELD_NUMBER: _ClassVar[int]
    place: _types_pb2.Place
    def __init__(self, place: _Optional[_Union[_types_pb2.Place, _Mapping]] = ...) -> None: ...

class BustTradeRequest(_message.Message):
    __slots__ = ("place", "match_id")
    PLACE_FIELD_NUMBER: _ClassVar[int]
    MATCH_ID_FIELD_NUMBER: _ClassVar[int]
    place: _types_pb2.Place
    match_id: int
    def __init__(self, place: _Optional[_Union[_types_pb2.Place, _Mapping]] = ..., match_id: _Optional[int] = ...) -> None: ...

class BustTradeResponse(_message.Message):
    __slots__ = ("place",)
    PLACE_FIELD_NUMBER: _ClassVar[int]
    place: _types_pb2.Place
    def __init__(self, place: _Optional[_Union[_types_pb2.Place, _Mapping]] = ...) -> None: ...

class CancelAllRequest(_message.Message):
    __slots__ = ("account", "symbol", "side", "tag")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    TAG_FIELD_NUMBER: _ClassVar[int]
    account: str
    symbol: str
    side: _types_pb2.Side
    tag: str
    def __init__(self, account: _Optional[str] = ..., symbol: _Optional[str] = ..., side: _Optional[_Union[_types_pb2.Side, str]] = ..., tag: _Optional[str] = ...) -> None: ...

class CancelAllResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: _order_pb2.CommandResult
    def __init__(self, result: _Optional[_Union[_order_pb2.CommandResult, _Mapping]] = ...) -> None: ...

class ListSessionsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSessionsResponse(_message.Message):
    __slots__ = ("sessions", "next_page_token")
    SESSIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    sessions: _containers.RepeatedCompositeFieldContainer[ClientSession]
    next_page_token: str
    def __init__(self, sessions: _Optional[_Iterable[_Union[ClientSession, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class KillSessionRequest(_message.Message):
    __slots__ = ("session",)
    SESSION_FIELD_NUMBER: _ClassVar[int]
    session: str
    def __init__(self, session: _Optional[str] = ...) -> None: ...

class KillSessionResponse(_message.Message):
    __slots__ = ("place",)
    PLACE_FIELD_NUMBER: _ClassVar[int]
    place: _types_pb2.Place
    def __init__(self, place: _Optional[_Union[_types_pb2.Place, _Mapping]] = ...) -> None: ...
