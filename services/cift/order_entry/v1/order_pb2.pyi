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

class PostOnly(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    POST_ONLY_UNSPECIFIED: _ClassVar[PostOnly]
    POST_ONLY_REJECT: _ClassVar[PostOnly]
    POST_ONLY_REPRICE: _ClassVar[PostOnly]

class PegPrice(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PEG_PRICE_UNSPECIFIED: _ClassVar[PegPrice]
    PEG_PRICE_BID: _ClassVar[PegPrice]
    PEG_PRICE_ASK: _ClassVar[PegPrice]
    PEG_PRICE_MID: _ClassVar[PegPrice]

class Contingency(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONTINGENCY_UNSPECIFIED: _ClassVar[Contingency]
    CONTINGENCY_ONE_CANCELS_OTHER: _ClassVar[Contingency]
    CONTINGENCY_BRACKET: _ClassVar[Contingency]

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
POST_ONLY_UNSPECIFIED: PostOnly
POST_ONLY_REJECT: PostOnly
POST_ONLY_REPRICE: PostOnly
PEG_PRICE_UNSPECIFIED: PegPrice
PEG_PRICE_BID: PegPrice
PEG_PRICE_ASK: PegPrice
PEG_PRICE_MID: PegPrice
CONTINGENCY_UNSPECIFIED: Contingency
CONTINGENCY_ONE_CANCELS_OTHER: Contingency
CONTINGENCY_BRACKET: Contingency
OUTCOME_UNSPECIFIED: Outcome
OUTCOME_RECEIVED: Outcome
OUTCOME_ACCEPTED: Outcome
OUTCOME_REJECTED: Outcome
OUTCOME_UNKNOWN: Outcome

class TrailingStop(_message.Message):
    __slots__ = ("price_offset", "basis_points", "activation_price", "take_profit")
    PRICE_OFFSET_FIELD_NUMBER: _ClassVar[int]
    BASIS_POINTS_FIELD_NUMBER: _ClassVar[int]
    ACTIVATION_PRICE_FIELD_NUMBER: _ClassVar[int]
    TAKE_PROFIT_FIELD_NUMBER: _ClassVar[int]
    price_offset: str
    basis_points: int
    activation_price: str
    take_profit: bool
    def __init__(self, price_offset: _Optional[str] = ..., basis_points: _Optional[int] = ..., activation_price: _Optional[str] = ..., take_profit: _Optional[bool] = ...) -> None: ...

class Peg(_message.Message):
    __slots__ = ("follows", "offset")
    FOLLOWS_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    follows: PegPrice
    offset: str
    def __init__(self, follows: _Optional[_Union[PegPrice, str]] = ..., offset: _Optional[str] = ...) -> None: ...

class NewOrder(_message.Message):
    __slots__ = ("account", "cl_ord_id", "symbol", "side", "ord_type", "time_in_force", "quantity", "price", "cancel_on_disconnect", "stop_price", "trailing_stop", "expire_time_ns", "display_quantity", "min_visible_quantity", "min_quantity", "all_or_none", "post_only", "reduce_only", "self_trade_prevention", "self_trade_group", "peg", "tag")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    CL_ORD_ID_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    ORD_TYPE_FIELD_NUMBER: _ClassVar[int]
    TIME_IN_FORCE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    CANCEL_ON_DISCONNECT_FIELD_NUMBER: _ClassVar[int]
    STOP_PRICE_FIELD_NUMBER: _ClassVar[int]
    TRAILING_STOP_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_NS_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    MIN_VISIBLE_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    MIN_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    ALL_OR_NONE_FIELD_NUMBER: _ClassVar[int]
    POST_ONLY_FIELD_NUMBER: _ClassVar[int]
    REDUCE_ONLY_FIELD_NUMBER: _ClassVar[int]
    SELF_TRADE_PREVENTION_FIELD_NUMBER: _ClassVar[int]
    SELF_TRADE_GROUP_FIELD_NUMBER: _ClassVar[int]
    PEG_FIELD_NUMBER: _ClassVar[int]
    TAG_FIELD_NUMBER: _ClassVar[int]
    account: str
    cl_ord_id: str
    symbol: str
    side: _types_pb2.Side
    ord_type: _types_pb2.OrdType
    time_in_force: _types_pb2.TimeInForce
    quantity: str
    price: str
    cancel_on_disconnect: bool
    stop_price: str
    trailing_stop: TrailingStop
    expire_time_ns: int
    display_quantity: str
    min_visible_quantity: str
    min_quantity: str
    all_or_none: bool
    post_only: PostOnly
    reduce_only: bool
    self_trade_prevention: _types_pb2.SelfTradePrevention
    self_trade_group: int
    peg: Peg
    tag: str
    def __init__(self, account: _Optional[str] = ..., cl_ord_id: _Optional[str] = ..., symbol: _Optional[str] = ..., side: _Optional[_Union[_types_pb2.Side, str]] = ..., ord_type: _Optional[_Union[_types_pb2.OrdType, str]] = ..., time_in_force: _Optional[_Union[_types_pb2.TimeInForce, str]] = ..., quantity: _Optional[str] = ..., price: _Optional[str] = ..., cancel_on_disconnect: _Optional[bool] = ..., stop_price: _Optional[str] = ..., trailing_stop: _Optional[_Union[TrailingStop, _Mapping]] = ..., expire_time_ns: _Optional[int] = ..., display_quantity: _Optional[str] = ..., min_visible_quantity: _Optional[str] = ..., min_quantity: _Optional[str] = ..., all_or_none: _Optional[bool] = ..., post_only: _Optional[_Union[PostOnly, str]] = ..., reduce_only: _Optional[bool] = ..., self_trade_prevention: _Optional[_Union[_types_pb2.SelfTradePrevention, str]] = ..., self_trade_group: _Optional[int] = ..., peg: _Optional[_Union[Peg, _Mapping]] = ..., tag: _Optional[str] = ...) -> None: ...

class OrderList(_message.Message):
    __slots__ = ("contingency", "orders")
    CONTINGENCY_FIELD_NUMBER: _ClassVar[int]
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    contingency: Contingency
    orders: _containers.RepeatedCompositeFieldContainer[NewOrder]
    def __init__(self, contingency: _Optional[_Union[Contingency, str]] = ..., orders: _Optional[_Iterable[_Union[NewOrder, _Mapping]]] = ...) -> None: ...

class MassCancel(_message.Message):
    __slots__ = ("account", "cl_ord_id", "symbol", "side", "tag")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    CL_ORD_ID_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    TAG_FIELD_NUMBER: _ClassVar[int]
    account: str
    cl_ord_id: str
    symbol: str
    side: _types_pb2.Side
    tag: str
    def __init__(self, account: _Optional[str] = ..., cl_ord_id: _Optional[str] = ..., symbol: _Optional[str] = ..., side: _Optional[_Union[_types_pb2.Side, str]] = ..., tag: _Optional[str] = ...) -> None: ...

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
    __slots__ = ("account", "cl_ord_id", "order_id", "orig_cl_ord_id", "price", "quantity", "leaves_quantity", "symbol", "stop_price")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    CL_ORD_ID_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    ORIG_CL_ORD_ID_FIELD_NUMBER: _ClassVar[int]
    PRICE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    LEAVES_QUANTITY_FIELD_NUMBER: _ClassVar[int]
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    STOP_PRICE_FIELD_NUMBER: _ClassVar[int]
    account: str
    cl_ord_id: str
    order_id: int
    orig_cl_ord_id: str
    price: str
    quantity: str
    leaves_quantity: str
    symbol: str
    stop_price: str
    def __init__(self, account: _Optional[str] = ..., cl_ord_id: _Optional[str] = ..., order_id: _Optional[int] = ..., orig_cl_ord_id: _Optional[str] = ..., price: _Optional[str] = ..., quantity: _Optional[str] = ..., leaves_quantity: _Optional[str] = ..., symbol: _Optional[str] = ..., stop_price: _Optional[str] = ...) -> None: ...

class Command(_message.Message):
    __slots__ = ("new_order", "cancel_order", "replace_order", "order_list", "mass_cancel")
    NEW_ORDER_FIELD_NUMBER: _ClassVar[int]
    CANCEL_ORDER_FIELD_NUMBER: _ClassVar[int]
    REPLACE_ORDER_FIELD_NUMBER: _ClassVar[int]
    ORDER_LIST_FIELD_NUMBER: _ClassVar[int]
    MASS_CANCEL_FIELD_NUMBER: _ClassVar[int]
    new_order: NewOrder
    cancel_order: CancelOrder
    replace_order: ReplaceOrder
    order_list: OrderList
    mass_cancel: MassCancel
    def __init__(self, new_order: _Optional[_Union[NewOrder, _Mapping]] = ..., cancel_order: _Optional[_Union[CancelOrder, _Mapping]] = ..., replace_order: _Optional[_Union[ReplaceOrder, _Mapping]] = ..., order_list: _Optional[_Union[OrderList, _Mapping]] = ..., mass_cancel: _Optional[_Union[MassCancel, _Mapping]] = ...) -> None: ...

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
    __slots__ = ("cl_ord_id", "outcome", "order_id", "duplicate", "reject_reason", "reject_text", "ord_status", "cum_quantity", "leaves_quantity", "fills", "place", "restatement_reason", "legs", "canceled_orders")
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
    RESTATEMENT_REASON_FIELD_NUMBER: _ClassVar[int]
    LEGS_FIELD_NUMBER: _ClassVar[int]
    CANCELED_ORDERS_FIELD_NUMBER: _ClassVar[int]
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
    restatement_reason: _types_pb2.RestatementReason
    legs: _containers.RepeatedCompositeFieldContainer[CommandResult]
    canceled_orders: int
    def __init__(self, cl_ord_id: _Optional[str] = ..., outcome: _Optional[_Union[Outcome, str]] = ..., order_id: _Optional[int] = ..., duplicate: _Optional[bool] = ..., reject_reason: _Optional[_Union[_types_pb2.RejectReason, str]] = ..., reject_text: _Optional[str] = ..., ord_status: _Optional[_Union[_types_pb2.OrdStatus, str]] = ..., cum_quantity: _Optional[str] = ..., leaves_quantity: _Optional[str] = ..., fills: _Optional[_Iterable[_Union[Fill, _Mapping]]] = ..., place: _Optional[_Union[_types_pb2.Place, _Mapping]] = ..., restatement_reason: _Optional[_Union[_types_pb2.RestatementReason, str]] = ..., legs: _Optional[_Iterable[_Union[CommandResult, _Mapping]]] = ..., canceled_orders: _Optional[int] = ...) -> None: ...

class Execution(_message.Message):
    __slots__ = ("place", "exec_type", "order_sequence", "order_id", "cl_ord_id", "account", "symbol", "side", "ord_type", "time_in_force", "ord_status", "price", "quantity", "last_price", "last_quantity", "cum_quantity", "leaves_quantity", "cum_notional", "liquidity", "match_id", "reason", "transact_time_ns", "restatement_reason", "stop_price", "display_quantity")
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
    RESTATEMENT_REASON_FIELD_NUMBER: _ClassVar[int]
    STOP_PRICE_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_QUANTITY_FIELD_NUMBER: _ClassVar[int]
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
    restatement_reason: _types_pb2.RestatementReason
    stop_price: str
    display_quantity: str
    def __init__(self, place: _Optional[_Union[_types_pb2.Place, _Mapping]] = ..., exec_type: _Optional[_Union[_types_pb2.ExecType, str]] = ..., order_sequence: _Optional[int] = ..., order_id: _Optional[int] = ..., cl_ord_id: _Optional[str] = ..., account: _Optional[str] = ..., symbol: _Optional[str] = ..., side: _Optional[_Union[_types_pb2.Side, str]] = ..., ord_type: _Optional[_Union[_types_pb2.OrdType, str]] = ..., time_in_force: _Optional[_Union[_types_pb2.TimeInForce, str]] = ..., ord_status: _Optional[_Union[_types_pb2.OrdStatus, str]] = ..., price: _Optional[str] = ..., quantity: _Optional[str] = ..., last_price: _Optional[str] = ..., last_quantity: _Optional[str] = ..., cum_quantity: _Optional[str] = ..., leaves_quantity: _Optional[str] = ..., cum_notional: _Optional[str] = ..., liquidity: _Optional[_Union[_types_pb2.Liquidity, str]] = ..., match_id: _Optional[int] = ..., reason: _Optional[_Union[_types_pb2.RejectReason, str]] = ..., transact_time_ns: _Optional[int] = ..., restatement_reason: _Optional[_Union[_types_pb2.RestatementReason, str]] = ..., stop_price: _Optional[str] = ..., display_quantity: _Optional[str] = ...) -> None: ...

class Order(_message.Message):
    __slots__ = ("order_id", "cl_ord_id", "account", "symbol", "side", "ord_type", "time_in_force", "ord_status", "price", "quantity", "cum_quantity", "leaves_quantity", "cum_notional", "place", "stop_price", "display_quantity")
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
    STOP_PRICE_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_QUANTITY_FIELD_NUMBER: _ClassVar[int]
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
    stop_price: str
    display_quantity: str
    def __init__(self, order_id: _Optional[int] = ..., cl_ord_id: _Optional[str] = ..., account: _Optional[str] = ..., symbol: _Optional[str] = ..., side: _Optional[_Union[_types_pb2.Side, str]] = ..., ord_type: _Optional[_Union[_types_pb2.OrdType, str]] = ..., time_in_force: _Optional[_Union[_types_pb2.TimeInForce, str]] = ..., ord_status: _Optional[_Union[_types_pb2.OrdStatus, str]] = ..., price: _Optional[str] = ..., quantity: _Optional[str] = ..., cum_quantity: _Optional[str] = ..., leaves_quantity: _Optional[str] = ..., cum_notional: _Optional[str] = ..., place: _Optional[_Union[_types_pb2.Place, _Mapping]] = ..., stop_price: _Optional[str] = ..., display_quantity: _Optional[str] = ...) -> None: ...
