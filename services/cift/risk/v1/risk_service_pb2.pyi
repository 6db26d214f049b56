from cift.common.v1 import types_pb2 as _types_pb2
from cift.order_entry.v1 import order_pb2 as _order_pb2
from cift.risk.v1 import risk_pb2 as _risk_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CheckOrderRequest(_message.Message):
    __slots__ = ("order",)
    ORDER_FIELD_NUMBER: _ClassVar[int]
    order: _order_pb2.NewOrder
    def __init__(self, order: _Optional[_Union[_order_pb2.NewOrder, _Mapping]] = ...) -> None: ...

class CheckOrderResponse(_message.Message):
    __slots__ = ("accepted", "reject_reason", "checks")
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    REJECT_REASON_FIELD_NUMBER: _ClassVar[int]
    CHECKS_FIELD_NUMBER: _ClassVar[int]
    accepted: bool
    reject_reason: _types_pb2.RejectReason
    checks: _containers.RepeatedCompositeFieldContainer[_risk_pb2.CheckResult]
    def __init__(self, accepted: _Optional[bool] = ..., reject_reason: _Optional[_Union[_types_pb2.RejectReason, str]] = ..., checks: _Optional[_Iterable[_Union[_risk_pb2.CheckResult, _Mapping]]] = ...) -> None: ...

class GetLimitsRequest(_message.Message):
    __slots__ = ("account",)
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    account: str
    def __init__(self, account: _Optional[str] = ...) -> None: ...

class GetLimitsResponse(_message.Message):
    __slots__ = ("limits",)
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    limits: _risk_pb2.Limits
    def __init__(self, limits: _Optional[_Union[_risk_pb2.Limits, _Mapping]] = ...) -> None: ...

class SetLimitsRequest(_message.Message):
    __slots__ = ("account", "limits")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    account: str
    limits: _risk_pb2.Limits
    def __init__(self, account: _Optional[str] = ..., limits: _Optional[_Union[_risk_pb2.Limits, _Mapping]] = ...) -> None: ...

class SetLimitsResponse(_message.Message):
    __slots__ = ("limits", "sequence")
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    limits: _risk_pb2.Limits
    sequence: int
    def __init__(self, limits: _Optional[_Union[_risk_pb2.Limits, _Mapping]] = ..., sequence: _Optional[int] = ...) -> None: ...

class ListPositionsRequest(_message.Message):
    __slots__ = ("account",)
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    account: str
    def __init__(self, account: _Optional[str] = ...) -> None: ...

class ListPositionsResponse(_message.Message):
    __slots__ = ("positions", "sequence")
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    positions: _containers.RepeatedCompositeFieldContainer[_risk_pb2.Position]
    sequence: int
    def __init__(self, positions: _Optional[_Iterable[_Union[_risk_pb2.Position, _Mapping]]] = ..., sequence: _Optional[int] = ...) -> None: ...

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
