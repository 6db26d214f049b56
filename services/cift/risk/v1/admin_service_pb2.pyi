from cift.risk.v1 import admin_pb2 as _admin_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CreateFirmRequest(_message.Message):
    __slots__ = ("firm",)
    FIRM_FIELD_NUMBER: _ClassVar[int]
    firm: _admin_pb2.Firm
    def __init__(self, firm: _Optional[_Union[_admin_pb2.Firm, _Mapping]] = ...) -> None: ...

class CreateFirmResponse(_message.Message):
    __slots__ = ("firm",)
    FIRM_FIELD_NUMBER: _ClassVar[int]
    firm: _admin_pb2.Firm
    def __init__(self, firm: _Optional[_Union[_admin_pb2.Firm, _Mapping]] = ...) -> None: ...

class CreateAccountRequest(_message.Message):
    __slots__ = ("account",)
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    account: _admin_pb2.Account
    def __init__(self, account: _Optional[_Union[_admin_pb2.Account, _Mapping]] = ...) -> None: ...

class CreateAccountResponse(_message.Message):
    __slots__ = ("account",)
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    account: _admin_pb2.Account
    def __init__(self, account: _Optional[_Union[_admin_pb2.Account, _Mapping]] = ...) -> None: ...

class ListAccountsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListAccountsResponse(_message.Message):
    __slots__ = ("accounts", "next_page_token")
    ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    accounts: _containers.RepeatedCompositeFieldContainer[_admin_pb2.Account]
    next_page_token: str
    def __init__(self, accounts: _Optional[_Iterable[_Union[_admin_pb2.Account, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CreateApiKeyRequest(_message.Message):
    __slots__ = ("api_key",)
    API_KEY_FIELD_NUMBER: _ClassVar[int]
    api_key: _admin_pb2.ApiKey
    def __init__(self, api_key: _Optional[_Union[_admin_pb2.ApiKey, _Mapping]] = ...) -> None: ...

class CreateApiKeyResponse(_message.Message):
    __slots__ = ("api_key", "secret")
    API_KEY_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    api_key: _admin_pb2.ApiKey
    secret: str
    def __init__(self, api_key: _Optional[_Union[_admin_pb2.ApiKey, _Mapping]] = ..., secret: _Optional[str] = ...) -> None: ...

class DisableApiKeyRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    def __init__(self, id: _Optional[int] = ...) -> None: ...

class DisableApiKeyResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CreateInstrumentRequest(_message.Message):
    __slots__ = ("instrument",)
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    instrument: _admin_pb2.Instrument
    def __init__(self, instrument: _Optional[_Union[_admin_pb2.Instrument, _Mapping]] = ...) -> None: ...

class CreateInstrumentResponse(_message.Message):
    __slots__ = ("instrument",)
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    instrument: _admin_pb2.Instrument
    def __init__(self, instrument: _Optional[_Union[_admin_pb2.Instrument, _Mapping]] = ...) -> None: ...

class UpdateInstrumentRequest(_message.Message):
    __slots__ = ("instrument", "update_mask")
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    instrument: _admin_pb2.Instrument
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, instrument: _Optional[_Union[_admin_pb2.Instrument, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class UpdateInstrumentResponse(_message.Message):
    __slots__ = ("instrument",)
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    instrument: _admin_pb2.Instrument
    def __init__(self, instrument: _Optional[_Union[_admin_pb2.Instrument, _Mapping]] = ...) -> None: ...
