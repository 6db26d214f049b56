from cift.order_entry.v1 import order_pb2 as _order_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SubmitOrderRequest(_message.Message):
    __slots__ = ("order", "wait_for")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    WAIT_FOR_FIELD_NUMBER: _ClassVar[int]
    order: _order_pb2.NewOrder
    wait_for: _order_pb2.WaitFor
    def __init__(self, order: _Optional[_Union[_order_pb2.NewOrder, _Mapping]] = ..., wait_for: _Optional[_Union[_order_pb2.WaitFor, str]] = ...) -> None: ...

class SubmitOrderResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: _order_pb2.CommandResult
    def __init__(self, result: _Optional[_Union[_order_pb2.CommandResult, _Mapping]] = ...) -> None: ...

class CancelOrderRequest(_message.Message):
    __slots__ = ("cancel", "wait_for")
    CANCEL_FIELD_NUMBER: _ClassVar[int]
    WAIT_FOR_FIELD_NUMBER: _ClassVar[int]
    cancel: _order_pb2.CancelOrder
    wait_for: _order_pb2.WaitFor
    def __init__(self, cancel: _Optional[_Union[_order_pb2.CancelOrder, _Mapping]] = ..., wait_for: _Optional[_Union[_order_pb2.WaitFor, str]] = ...) -> None: ...

class CancelOrderResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: _order_pb2.CommandResult
    def __init__(self, result: _Optional[_Union[_order_pb2.CommandResult, _Mapping]] = ...) -> None: ...

class ReplaceOrderRequest(_message.Message):
    __slots__ = ("replace", "wait_for")
    REPLACE_FIELD_NUMBER: _ClassVar[int]
    WAIT_FOR_FIELD_NUMBER: _ClassVar[int]
    replace: _order_pb2.ReplaceOrder
    wait_for: _order_pb2.WaitFor
    def __init__(self, replace: _Optional[_Union[_order_pb2.ReplaceOrder, _Mapping]] = ..., wait_for: _Optional[_Union[_order_pb2.WaitFor, str]] = ...) -> None: ...

class ReplaceOrderResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: _order_pb2.CommandResult
    def __init__(self, result: _Optional[_Union[_order_pb2.CommandResult, _Mapping]] = ...) -> None: ...

class SubmitOrderListRequest(_message.Message):
    __slots__ = ("list", "wait_for")
    LIST_FIELD_NUMBER: _ClassVar[int]
    WAIT_FOR_FIELD_NUMBER: _ClassVar[int]
    list: _order_pb2.OrderList
    wait_for: _order_pb2.WaitFor
    def __init__(self, list: _Optional[_Union[_order_pb2.OrderList, _Mapping]] = ..., wait_for: _Optional[_Union[_order_pb2.WaitFor, str]] = ...) -> None: ...

class SubmitOrderListResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[_order_pb2.CommandResult]
    def __init__(self, results: _Optional[_Iterable[_Union[_order_pb2.CommandResult, _Mapping]]] = ...) -> None: ...

class MassCancelRequest(_message.Message):
    __slots__ = ("mass_cancel", "wait_for")
    MASS_CANCEL_FIELD_NUMBER: _ClassVar[int]
    WAIT_FOR_FIELD_NUMBER: _ClassVar[int]
    mass_cancel: _order_pb2.MassCancel
    wait_for: _order_pb2.WaitFor
    def __init__(self, mass_cancel: _Optional[_Union[_order_pb2.MassCancel, _Mapping]] = ..., wait_for: _Optional[_Union[_order_pb2.WaitFor, str]] = ...) -> None: ...

class MassCancelResponse(_message.Message):
    __slots__ = ("result",)
    RESULT_FIELD_NUMBER: _ClassVar[int]
    result: _order_pb2.CommandResult
    def __init__(self, result: _Optional[_Union[_order_pb2.CommandResult, _Mapping]] = ...) -> None: ...

class SubmitBatchRequest(_message.Message):
    __slots__ = ("commands", "wait_for")
    COMMANDS_FIELD_NUMBER: _ClassVar[int]
    WAIT_FOR_FIELD_NUMBER: _ClassVar[int]
    commands: _containers.RepeatedCompositeFieldContainer[_order_pb2.Command]
    wait_for: _order_pb2.WaitFor
    def __init__(self, commands: _Optional[_Iterable[_Union[_order_pb2.Command, _Mapping]]] = ..., wait_for: _Optional[_Union[_order_pb2.WaitFor, str]] = ...) -> None: ...

class SubmitBatchResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[_order_pb2.CommandResult]
    def __init__(self, results: _Optional[_Iterable[_Union[_order_pb2.CommandResult, _Mapping]]] = ...) -> None: ...

class SessionRequest(_message.Message):
    __slots__ = ("request_id", "commands", "wait_for")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    COMMANDS_FIELD_NUMBER: _ClassVar[int]
    WAIT_FOR_FIELD_NUMBER: _ClassVar[int]
    request_id: int
    commands: _containers.RepeatedCompositeFieldContainer[_order_pb2.Command]
    wait_for: _order_pb2.WaitFor
    def __init__(self, request_id: _Optional[int] = ..., commands: _Optional[_Iterable[_Union[_order_pb2.Command, _Mapping]]] = ..., wait_for: _Optional[_Union[_order_pb2.WaitFor, str]] = ...) -> None: ...

class SessionResponse(_message.Message):
    __slots__ = ("request_id", "results", "error")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    request_id: int
    results: _containers.RepeatedCompositeFieldContainer[_order_pb2.CommandResult]
    error: str
    def __init__(self, request_id: _Optional[int] = ..., results: _Optional[_Iterable[_Union[_order_pb2.CommandResult, _Mapping]]] = ..., error: _Optional[str] = ...) -> None: ...

class GetOrderRequest(_message.Message):
    __slots__ = ("account", "order_id", "cl_ord_id")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    CL_ORD_ID_FIELD_NUMBER: _ClassVar[int]
    account: str
    order_id: int
    cl_ord_id: str
    def __init__(self, account: _Optional[str] = ..., order_id: _Optional[int] = ..., cl_ord_id: _Optional[str] = ...) -> None: ...

class GetOrderResponse(_message.Message):
    __slots__ = ("order",)
    ORDER_FIELD_NUMBER: _ClassVar[int]
    order: _order_pb2.Order
    def __init__(self, order: _Optional[_Union[_order_pb2.Order, _Mapping]] = ...) -> None: ...

class StreamExecutionsRequest(_message.Message):
    __slots__ = ("account", "after_sequence", "live_only")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    LIVE_ONLY_FIELD_NUMBER: _ClassVar[int]
    account: str
    after_sequence: int
    live_only: bool
    def __init__(self, account: _Optional[str] = ..., after_sequence: _Optional[int] = ..., live_only: _Optional[bool] = ...) -> None: ...

class StreamExecutionsResponse(_message.Message):
    __slots__ = ("executions", "through_sequence")
    EXECUTIONS_FIELD_NUMBER: _ClassVar[int]
    THROUGH_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    executions: _containers.RepeatedCompositeFieldContainer[_order_pb2.Execution]
    through_sequence: int
    def __init__(self, executions: _Optional[_Iterable[_Union[_order_pb2.Execution, _Mapping]]] = ..., through_sequence: _Optional[int] = ...) -> None: ...
