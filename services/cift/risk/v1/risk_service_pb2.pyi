from cift.common.v1 import types_pb2 as _types_pb2
from cift.order_entry.v1 import order_pb2 as _order_pb2
from cift.risk.v1 import risk_pb2 as _risk_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CheckOrderRequest(_message.Message):
    __slots__ = ("order", "session")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    order: _order_pb2.NewOrder
    session: str
    def __init__(self, order: _Optional[_Union[_order_pb2.NewOrder, _Mapping]] = ..., session: _Optional[str] = ...) -> None: ...

class CheckOrderResponse(_message.Message):
    __slots__ = ("accepted", "reject_reason", "checks", "reject_text")
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    REJECT_REASON_FIELD_NUMBER: _ClassVar[int]
    CHECKS_FIELD_NUMBER: _ClassVar[int]
    REJECT_TEXT_FIELD_NUMBER: _ClassVar[int]
    accepted: bool
    reject_reason: _types_pb2.RejectReason
    checks: _containers.RepeatedCompositeFieldContainer[_risk_pb2.CheckResult]
    reject_text: str
    def __init__(self, accepted: _Optional[bool] = ..., reject_reason: _Optional[_Union[_types_pb2.RejectReason, str]] = ..., checks: _Optional[_Iterable[_Union[_risk_pb2.CheckResult, _Mapping]]] = ..., reject_text: _Optional[str] = ...) -> None: ...

class GetLimitsRequest(_message.Message):
    __slots__ = ("account", "firm", "venue", "symbol")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    FIRM_FIELD_NUMBER: _ClassVar[int]
    VENUE_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    account: str
    firm: str
    venue: bool
    symbol: str
    def __init__(self, account: _Optional[str] = ..., firm: _Optional[str] = ..., venue: _Optional[bool] = ..., symbol: _Optional[str] = ...) -> None: ...

class GetLimitsResponse(_message.Message):
    __slots__ = ("limits", "etag", "not_in_force")
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    NOT_IN_FORCE_FIELD_NUMBER: _ClassVar[int]
    limits: _risk_pb2.Limits
    etag: str
    not_in_force: str
    def __init__(self, limits: _Optional[_Union[_risk_pb2.Limits, _Mapping]] = ..., etag: _Optional[str] = ..., not_in_force: _Optional[str] = ...) -> None: ...

class SetLimitsRequest(_message.Message):
    __slots__ = ("account", "firm", "venue", "limits", "symbol", "update_mask", "etag")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    FIRM_FIELD_NUMBER: _ClassVar[int]
    VENUE_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    account: str
    firm: str
    venue: bool
    limits: _risk_pb2.Limits
    symbol: str
    update_mask: _field_mask_pb2.FieldMask
    etag: str
    def __init__(self, account: _Optional[str] = ..., firm: _Optional[str] = ..., venue: _Optional[bool] = ..., limits: _Optional[_Union[_risk_pb2.Limits, _Mapping]] = ..., symbol: _Optional[str] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., etag: _Optional[str] = ...) -> None: ...

class SetLimitsResponse(_message.Message):
    __slots__ = ("limits", "sequence", "etag")
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    limits: _risk_pb2.Limits
    sequence: int
    etag: str
    def __init__(self, limits: _Optional[_Union[_risk_pb2.Limits, _Mapping]] = ..., sequence: _Optional[int] = ..., etag: _Optional[str] = ...) -> None: ...

class ListPositionsRequest(_message.Message):
    __slots__ = ("account", "page_size", "page_token")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    account: str
    page_size: int
    page_token: str
    def __init__(self, account: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListPositionsResponse(_message.Message):
    __slots__ = ("positions", "sequence", "next_page_token")
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    positions: _containers.RepeatedCompositeFieldContainer[_risk_pb2.Position]
    sequence: int
    next_page_token: str
    def __init__(self, positions: _Optional[_Iterable[_Union[_risk_pb2.Position, _Mapping]]] = ..., sequence: _Optional[int] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetExposureRequest(_message.Message):
    __slots__ = ("account",)
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    account: str
    def __init__(self, account: _Optional[str] = ...) -> None: ...

class GetExposureResponse(_message.Message):
    __slots__ = ("exposure", "sequence")
    EXPOSURE_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    exposure: _risk_pb2.Exposure
    sequence: int
    def __init__(self, exposure: _Optional[_Union[_risk_pb2.Exposure, _Mapping]] = ..., sequence: _Optional[int] = ...) -> None: ...

class GetProfitAndLossRequest(_message.Message):
    __slots__ = ("account", "firm", "venue")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    FIRM_FIELD_NUMBER: _ClassVar[int]
    VENUE_FIELD_NUMBER: _ClassVar[int]
    account: str
    firm: str
    venue: bool
    def __init__(self, account: _Optional[str] = ..., firm: _Optional[str] = ..., venue: _Optional[bool] = ...) -> None: ...

class GetProfitAndLossResponse(_message.Message):
    __slots__ = ("profit_and_loss", "sequence")
    PROFIT_AND_LOSS_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    profit_and_loss: _risk_pb2.ProfitAndLoss
    sequence: int
    def __init__(self, profit_and_loss: _Optional[_Union[_risk_pb2.ProfitAndLoss, _Mapping]] = ..., sequence: _Optional[int] = ...) -> None: ...

class StreamPositionsRequest(_message.Message):
    __slots__ = ("account",)
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    account: str
    def __init__(self, account: _Optional[str] = ...) -> None: ...

class StreamPositionsResponse(_message.Message):
    __slots__ = ("positions", "through_sequence", "snapshot")
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    THROUGH_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    positions: _containers.RepeatedCompositeFieldContainer[_risk_pb2.Position]
    through_sequence: int
    snapshot: bool
    def __init__(self, positions: _Optional[_Iterable[_Union[_risk_pb2.Position, _Mapping]]] = ..., through_sequence: _Optional[int] = ..., snapshot: _Optional[bool] = ...) -> None: ...

class ListBreachesRequest(_message.Message):
    __slots__ = ("account", "page_size", "page_token")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    account: str
    page_size: int
    page_token: str
    def __init__(self, account: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListBreachesResponse(_message.Message):
    __slots__ = ("breaches", "next_page_token")
    BREACHES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    breaches: _containers.RepeatedCompositeFieldContainer[_risk_pb2.Breach]
    next_page_token: str
    def __init__(self, breaches: _Optional[_Iterable[_Union[_risk_pb2.Breach, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class StreamBreachesRequest(_message.Message):
    __slots__ = ("account", "after_sequence")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    account: str
    after_sequence: int
    def __init__(self, account: _Optional[str] = ..., after_sequence: _Optional[int] = ...) -> None: ...

class StreamBreachesResponse(_message.Message):
    __slots__ = ("breaches", "through_sequence")
    BREACHES_FIELD_NUMBER: _ClassVar[int]
    THROUGH_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    breaches: _containers.RepeatedCompositeFieldContainer[_risk_pb2.Breach]
    through_sequence: int
    def __init__(self, breaches: _Optional[_Iterable[_Union[_risk_pb2.Breach, _Mapping]]] = ..., through_sequence: _Optional[int] = ...) -> None: ...

class KillRequest(_message.Message):
    __slots__ = ("account", "firm", "venue", "comment")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    FIRM_FIELD_NUMBER: _ClassVar[int]
    VENUE_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    account: str
    firm: str
    venue: bool
    comment: str
    def __init__(self, account: _Optional[str] = ..., firm: _Optional[str] = ..., venue: _Optional[bool] = ..., comment: _Optional[str] = ...) -> None: ...

class KillResponse(_message.Message):
    __slots__ = ("sequence",)
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    def __init__(self, sequence: _Optional[int] = ...) -> None: ...

class UnkillRequest(_message.Message):
    __slots__ = ("account", "firm", "venue", "comment")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    FIRM_FIELD_NUMBER: _ClassVar[int]
    VENUE_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    account: str
    firm: str
    venue: bool
    comment: str
    def __init__(self, account: _Optional[str] = ..., firm: _Optional[str] = ..., venue: _Optional[bool] = ..., comment: _Optional[str] = ...) -> None: ...

class UnkillResponse(_message.Message):
    __slots__ = ("sequence",)
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    def __init__(self, sequence: _Optional[int] = ...) -> None: ...

class ListKillSwitchesRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListKillSwitchesResponse(_message.Message):
    __slots__ = ("kill_switches", "next_page_token")
    KILL_SWITCHES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    kill_switches: _containers.RepeatedCompositeFieldContainer[_risk_pb2.KillSwitch]
    next_page_token: str
    def __init__(self, kill_switches: _Optional[_Iterable[_Union[_risk_pb2.KillSwitch, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
