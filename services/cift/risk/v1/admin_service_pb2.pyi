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

class ListFirmsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListFirmsResponse(_message.Message):
    __slots__ = ("firms", "next_page_token")
    FIRMS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    firms: _containers.RepeatedCompositeFieldContainer[_admin_pb2.Firm]
    next_page_token: str
    def __init__(self, firms: _Optional[_Iterable[_Union[_admin_pb2.Firm, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateAccountRequest(_message.Message):
    __slots__ = ("account", "update_mask")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    account: _admin_pb2.Account
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, account: _Optional[_Union[_admin_pb2.Account, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class UpdateAccountResponse(_message.Message):
    __slots__ = ("account",)
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    account: _admin_pb2.Account
    def __init__(self, account: _Optional[_Union[_admin_pb2.Account, _Mapping]] = ...) -> None: ...

class ListApiKeysRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "firm", "user")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FIRM_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    firm: str
    user: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., firm: _Optional[str] = ..., user: _Optional[str] = ...) -> None: ...

class ListApiKeysResponse(_message.Message):
    __slots__ = ("api_keys", "next_page_token")
    API_KEYS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    api_keys: _containers.RepeatedCompositeFieldContainer[_admin_pb2.ApiKey]
    next_page_token: str
    def __init__(self, api_keys: _Optional[_Iterable[_Union[_admin_pb2.ApiKey, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

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
    instruments: _containers.RepeatedCompositeFieldContainer[_admin_pb2.Instrument]
    next_page_token: str
    def __init__(self, instruments: _Optional[_Iterable[_Union[_admin_pb2.Instrument, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class AddLocateRequest(_message.Message):
    __slots__ = ("locate",)
    LOCATE_FIELD_NUMBER: _ClassVar[int]
    locate: _admin_pb2.Locate
    def __init__(self, locate: _Optional[_Union[_admin_pb2.Locate, _Mapping]] = ...) -> None: ...

class AddLocateResponse(_message.Message):
    __slots__ = ("locate", "located")
    LOCATE_FIELD_NUMBER: _ClassVar[int]
    LOCATED_FIELD_NUMBER: _ClassVar[int]
    locate: _admin_pb2.Locate
    located: str
    def __init__(self, locate: _Optional[_Union[_admin_pb2.Locate, _Mapping]] = ..., located: _Optional[str] = ...) -> None: ...

class ReleaseLocateRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    def __init__(self, id: _Optional[int] = ...) -> None: ...

class ReleaseLocateResponse(_message.Message):
    __slots__ = ("locate", "located")
    LOCATE_FIELD_NUMBER: _ClassVar[int]
    LOCATED_FIELD_NUMBER: _ClassVar[int]
    locate: _admin_pb2.Locate
    located: str
    def __init__(self, locate: _Optional[_Union[_admin_pb2.Locate, _Mapping]] = ..., located: _Optional[str] = ...) -> None: ...

class ListLocatesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "account")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    account: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., account: _Optional[str] = ...) -> None: ...

class ListLocatesResponse(_message.Message):
    __slots__ = ("locates", "next_page_token")
    LOCATES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    locates: _containers.RepeatedCompositeFieldContainer[_admin_pb2.Locate]
    next_page_token: str
    def __init__(self, locates: _Optional[_Iterable[_Union[_admin_pb2.Locate, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class SetFeesRequest(_message.Message):
    __slots__ = ("fees",)
    FEES_FIELD_NUMBER: _ClassVar[int]
    fees: _admin_pb2.FeeSchedule
    def __init__(self, fees: _Optional[_Union[_admin_pb2.FeeSchedule, _Mapping]] = ...) -> None: ...

class SetFeesResponse(_message.Message):
    __slots__ = ("fees", "sequence")
    FEES_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    fees: _admin_pb2.FeeSchedule
    sequence: int
    def __init__(self, fees: _Optional[_Union[_admin_pb2.FeeSchedule, _Mapping]] = ..., sequence: _Optional[int] = ...) -> None: ...

class ListFeesRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListFeesResponse(_message.Message):
    __slots__ = ("fees", "next_page_token")
    FEES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    fees: _containers.RepeatedCompositeFieldContainer[_admin_pb2.FeeSchedule]
    next_page_token: str
    def __init__(self, fees: _Optional[_Iterable[_Union[_admin_pb2.FeeSchedule, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class SetConversionRequest(_message.Message):
    __slots__ = ("conversion",)
    CONVERSION_FIELD_NUMBER: _ClassVar[int]
    conversion: _admin_pb2.Conversion
    def __init__(self, conversion: _Optional[_Union[_admin_pb2.Conversion, _Mapping]] = ...) -> None: ...

class SetConversionResponse(_message.Message):
    __slots__ = ("conversion", "sequence")
    CONVERSION_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    conversion: _admin_pb2.Conversion
    sequence: int
    def __init__(self, conversion: _Optional[_Union[_admin_pb2.Conversion, _Mapping]] = ..., sequence: _Optional[int] = ...) -> None: ...

class ListConversionsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListConversionsResponse(_message.Message):
    __slots__ = ("conversions", "next_page_token")
    CONVERSIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    conversions: _containers.RepeatedCompositeFieldContainer[_admin_pb2.Conversion]
    next_page_token: str
    def __init__(self, conversions: _Optional[_Iterable[_Union[_admin_pb2.Conversion, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListAuditEntriesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "kind", "name")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    kind: str
    name: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., kind: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class ListAuditEntriesResponse(_message.Message):
    __slots__ = ("audit_entries", "next_page_token")
    AUDIT_ENTRIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    audit_entries: _containers.RepeatedCompositeFieldContainer[_admin_pb2.AuditEntry]
    next_page_token: str
    def __init__(self, audit_entries: _Optional[_Iterable[_Union[_admin_pb2.AuditEntry, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CreateUserRequest(_message.Message):
    __slots__ = ("user",)
    USER_FIELD_NUMBER: _ClassVar[int]
    user: _admin_pb2.User
    def __init__(self, user: _Optional[_Union[_admin_pb2.User, _Mapping]] = ...) -> None: ...

class CreateUserResponse(_message.Message):
    __slots__ = ("user",)
    USER_FIELD_NUMBER: _ClassVar[int]
    user: _admin_pb2.User
    def __init__(self, user: _Optional[_Union[_admin_pb2.User, _Mapping]] = ...) -> None: ...

class GetUserRequest(_message.Message):
    __slots__ = ("firm", "name")
    FIRM_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    firm: str
    name: str
    def __init__(self, firm: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class GetUserResponse(_message.Message):
    __slots__ = ("user",)
    USER_FIELD_NUMBER: _ClassVar[int]
    user: _admin_pb2.User
    def __init__(self, user: _Optional[_Union[_admin_pb2.User, _Mapping]] = ...) -> None: ...

class UpdateUserRequest(_message.Message):
    __slots__ = ("user", "update_mask")
    USER_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    user: _admin_pb2.User
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, user: _Optional[_Union[_admin_pb2.User, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class UpdateUserResponse(_message.Message):
    __slots__ = ("user",)
    USER_FIELD_NUMBER: _ClassVar[int]
    user: _admin_pb2.User
    def __init__(self, user: _Optional[_Union[_admin_pb2.User, _Mapping]] = ...) -> None: ...

class ListUsersRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "firm")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FIRM_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    firm: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., firm: _Optional[str] = ...) -> None: ...

class ListUsersResponse(_message.Message):
    __slots__ = ("users", "next_page_token")
    USERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    users: _containers.RepeatedCompositeFieldContainer[_admin_pb2.User]
    next_page_token: str
    def __init__(self, users: _Optional[_Iterable[_Union[_admin_pb2.User, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
