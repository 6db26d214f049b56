from cift.common.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WaitFor(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WAIT_FOR_UNSPECIFIED: _ClassVar[WaitFor]
    WAIT_FOR_RECEIVED: _ClassVar[WaitFor]
    WAIT_FOR_RESULT: _ClassVar[WaitFor]

class Outcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OUTCOME_UNSPECIFIED: _ClassVar[Outcome]
    OUTCOME_RECEIVED: _ClassVar[Outcome]
    OUTCOME_ACCEPTED: _ClassVar[Outcome]
    OUTCOME_REJECTED: _ClassVar[Outcome]
    OUTCOME_UNKNOWN: _ClassVar[Outcome]
WAIT_FOR_UNSPECIFIED: WaitFor
WAIT_FOR_RECEIVED: WaitFor
WAIT_FOR_RESULT: WaitFor
OUTCOME_UNSPECIFIED: Outcome
OUTCOME_RECEIVED: Outcome
OUTCOME_ACCEPTED: Outcome
OUTCOME_REJECTED: Outcome
OUTCOME_UNKNOWN: Outcome

class NewOrder(_message.Message):
    __slots__ = ("account", "cl_ord_id", "symbol", "side", "ord_type", "time_in_force", "quantity", "price", "cancel_on_disconnect")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    CL_ORD_ID_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    ORD_TYPE_FIELD_NUMBER: _ClassVar[int]
    TIME_IN_FORCE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    CANCEL_ON_DISCONNECT_FIELD_NUMBER: _ClassVar[int]
    account: str
    cl_ord_id: str
    symbol: str
    side: _types_pb2.Side
    ord_type: _types_pb2.OrdType
    time_in_force: _types_pb2.TimeInForce
    quantity: str
    price: str
    cancel_on_disconnect: bool
    def __init__(self, account: _Optional[str] = ..., cl_ord_id: _Optional[str] = ..., symbol: _Optional[str] = ..., side: _Optional[_Union[_types_pb2.Side, str]] = ..., ord_type: _Optional[_Union[_types_pb2.OrdType, str]] = ..., time_in_force: _Optional[_Union[_types_pb2.TimeInForce, str]] = ..., quantity: _Optional[str] = ..., price: _Optional[str] = ..., cancel_on_disconnect: _Optional[bool] = ...) -> None: ...

class CancelOrder(_message.Message):
    __slots__ = ("account", "cl_ord_id", "order_id", "orig_cl_ord_id")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    CL_ORD_ID_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    ORIG_CL_ORD_ID_FIELD_NUMBER: _ClassVar[int]
    account: str
    cl_ord_id: str
    order_id: int
    orig_cl_ord_id: str
    def __init__(self, account: _Optional[str] = ..., cl_ord_id: _Optional[str] = ..., order_id: _Optional[int] = ..., orig_cl_ord_id: _Optional[str] = ...) -> None: ...

class ReplaceOrder(_message.Message):
    __slots__ = ("account", "cl_ord_id", "order_id", "orig_cl_ord_id", "price", "quantity", "leaves_quantity", "symbol")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    CL_ORD_ID_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    ORIG_CL_ORD_ID_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    LEAVES_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    account: str
    cl_ord_id: str
    order_id: int
    orig_cl_ord_id: str
    price: str
    quantity: str
    leaves_quantity: str
    symbol: str
    def __init__(self, account: _Optional[str] = ..., cl_ord_id: _Optional[str] = ..., order_id: _Optional[int] = ..., orig_cl_ord_id: _Optional[str] = ..., price: _Optional[str] = ..., quantity: _Optional[str] = ..., leaves_quantity: _Optional[str] = ..., symbol: _Optional[str] = ...) -> None: ...

class Command(_message.Message):
    __slots__ = ("new_order", "cancel_order", "replace_order")
    NEW_ORDER_FIELD_NUMBER: _ClassVar[int]
    CANCEL_ORDER_FIELD_NUMBER: _ClassVar[int]
    REPLACE_ORDER_FIELD_NUMBER: _ClassVar[int]
    new_order: NewOrder
    cancel_order: CancelOrder
    replace_order: ReplaceOrder
    def __init__(self, new_order: _Optional[_Union[NewOrder, _Mapping]] = ..., cancel_order: _Optional[_Union[CancelOrder, _Mapping]] = ..., replace_order: _Optional[_Union[ReplaceOrder, _Mapping]] = ...) -> None: ...

class Fill(_message.Message):
    __slots__ = ("price", "quantity", "match_id", "liquidity")
    PRICE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    MATCH_ID_FIELD_NUMBER: _ClassVar[int]
    LIQUIDITY_FIELD_NUMBER: _ClassVar[int]
    price: str
    quantity: str
    match_id: int
    liquidity: _types_pb2.Liquidity
    def __init__(self, price: _Optional[str] = ..., quantity: _Optional[str] = ..., match_id: _Optional[int] = ..., liquidity: _Optional[_Union[_types_pb2.Liquidity, str]] = ...) -> None: ...

class CommandResult(_message.Message):
    __slots__ = ("cl_ord_id", "outcome", "order_id", "duplicate", "reject_reason", "reject_text", "ord_status", "cum_quantity", "leaves_quantity", "fills", "place")
    CL_ORD_ID_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_FIELD_NUMBER: _ClassVar[int]
    REJECT_REASON_FIELD_NUMBER: _ClassVar[int]
    REJECT_TEXT_FIELD_NUMBER: _ClassVar[int]
    ORD_STATUS_FIELD_NUMBER: _ClassVar[int]
    CUM_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    LEAVES_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    FILLS_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    cl_ord_id: str
    outcome: Outcome
    order_id: int
    duplicate: bool
    reject_reason: _types_pb2.RejectReason
    reject_text: str
    ord_status: _types_pb2.OrdStatus
    cum_quantity: str
    leaves_quantity: str
    fills: _containers.RepeatedCompositeFieldContainer[Fill]
    place: _types_pb2.Place
    def __init__(self, cl_ord_id: _Optional[str] = ..., outcome: _Optional[_Union[Outcome, str]] = ..., order_id: _Optional[int] = ..., duplicate: _Optional[bool] = ..., reject_reason: _Optional[_Union[_types_pb2.RejectReason, str]] = ..., reject_text: _Optional[str] = ..., ord_status: _Optional[_Union[_types_pb2.OrdStatus, str]] = ..., cum_quantity: _Optional[str] = ..., leaves_quantity: _Optional[str] = ..., fills: _Optional[_Iterable[_Union[Fill, _Mapping]]] = ..., place: _Optional[_Union[_types_pb2.Place, _Mapping]] = ...) -> None: ...

class Execution(_message.Message):
    __slots__ = ("place", "exec_type", "order_sequence", "order_id", "cl_ord_id", "account", "symbol", "side", "ord_type", "time_in_force", "ord_status", "price", "quantity", "last_price", "last_quantity", "cum_quantity", "leaves_quantity", "cum_notional", "liquidity", "match_id", "reason", "transact_time_ns")
    PLACE_FIELD_NUMBER: _ClassVar[int]
    EXEC_TYPE_FIELD_NUMBER: _ClassVar[int]
    ORDER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    CL_ORD_ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    ORD_TYPE_FIELD_NUMBER: _ClassVar[int]
    TIME_IN_FORCE_FIELD_NUMBER: _ClassVar[int]
    ORD_STATUS_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    LAST_PRICE_FIELD_NUMBER: _ClassVar[int]
    LAST_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    CUM_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    LEAVES_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    CUM_NOTIONAL_FIELD_NUMBER: _ClassVar[int]
    LIQUIDITY_FIELD_NUMBER: _ClassVar[int]
    MATCH_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    TRANSACT_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    place: _types_pb2.Place
    exec_type: _types_pb2.ExecType
    order_sequence: int
    order_id: int
    cl_ord_id: str
    account: str
    symbol: str
    side: _types_pb2.Side
    ord_type: _types_pb2.OrdType
    time_in_force: _types_pb2.TimeInForce
    ord_status: _types_pb2.OrdStatus
    price: str
    quantity: str
    last_price: str
    last_quantity: str
    cum_quantity: str
    leaves_quantity: str
    cum_notional: str
    liquidity: _types_pb2.Liquidity
    match_id: int
    reason: _types_pb2.RejectReason
    transact_time_ns: int
    def __init__(self, place: _Optional[_Union[_types_pb2.Place, _Mapping]] = ..., exec_type: _Optional[_Union[_types_pb2.ExecType, str]] = ..., order_sequence: _Optional[int] = ..., order_id: _Optional[int] = ..., cl_ord_id: _Optional[str] = ..., account: _Optional[str] = ..., symbol: _Optional[str] = ..., side: _Optional[_Union[_types_pb2.Side, str]] = ..., ord_type: _Optional[_Union[_types_pb2.OrdType, str]] = ..., time_in_force: _Optional[_Union[_types_pb2.TimeInForce, str]] = ..., ord_status: _Optional[_Union[_types_pb2.OrdStatus, str]] = ..., price: _Optional[str] = ..., quantity: _Optional[str] = ..., last_price: _Optional[str] = ..., last_quantity: _Optional[str] = ..., cum_quantity: _Optional[str] = ..., leaves_quantity: _Optional[str] = ..., cum_notional: _Optional[str] = ..., liquidity: _Optional[_Union[_types_pb2.Liquidity, str]] = ..., match_id: _Optional[int] = ..., reason: _Optional[_Union[_types_pb2.RejectReason, str]] = ..., transact_time_ns: _Optional[int] = ...) -> None: ...

class Order(_message.Message):
    __slots__ = ("order_id", "cl_ord_id", "account", "symbol", "side", "ord_type", "time_in_force", "ord_status", "price", "quantity", "cum_quantity", "leaves_quantity", "cum_notional", "place")
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    CL_ORD_ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    ORD_TYPE_FIELD_NUMBER: _ClassVar[int]
    TIME_IN_FORCE_FIELD_NUMBER: _ClassVar[int]
    ORD_STATUS_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    CUM_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    LEAVES_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    CUM_NOTIONAL_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    order_id: int
    cl_ord_id: str
    account: str
    symbol: str
    side: _types_pb2.Side
    ord_type: _types_pb2.OrdType
    time_in_force: _types_pb2.TimeInForce
    ord_status: _types_pb2.OrdStatus
    price: str
    quantity: str
    cum_quantity: str
    leaves_quantity: str
    cum_notional: str
    place: _types_pb2.Place
    def __init__(self, order_id: _Optional[int] = ..., cl_ord_id: _Optional[str] = ..., account: _Optional[str] = ..., symbol: _Optional[str] = ..., side: _Optional[_Union[_types_pb2.Side, str]] = ..., ord_type: _Optional[_Union[_types_pb2.OrdType, str]] = ..., time_in_force: _Optional[_Union[_types_pb2.TimeInForce, str]] = ..., ord_status: _Optional[_Union[_types_pb2.OrdStatus, str]] = ..., price: _Optional[str] = ..., quantity: _Optional[str] = ..., cum_quantity: _Optional[str] = ..., leaves_quantity: _Optional[str] = ..., cum_notional: _Optional[str] = ..., place: _Optional[_Union[_types_pb2.Place, _Mapping]] = ...) -> None: ...
