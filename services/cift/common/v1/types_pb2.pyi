from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class Side(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SIDE_UNSPECIFIED: _ClassVar[Side]
    SIDE_BUY: _ClassVar[Side]
    SIDE_SELL: _ClassVar[Side]

class OrdType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ORD_TYPE_UNSPECIFIED: _ClassVar[OrdType]
    ORD_TYPE_MARKET: _ClassVar[OrdType]
    ORD_TYPE_LIMIT: _ClassVar[OrdType]
    ORD_TYPE_MARKET_TO_LIMIT: _ClassVar[OrdType]
    ORD_TYPE_STOP: _ClassVar[OrdType]
    ORD_TYPE_STOP_LIMIT: _ClassVar[OrdType]
    ORD_TYPE_PEGGED: _ClassVar[OrdType]

class TimeInForce(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TIME_IN_FORCE_UNSPECIFIED: _ClassVar[TimeInForce]
    TIME_IN_FORCE_DAY: _ClassVar[TimeInForce]
    TIME_IN_FORCE_GTC: _ClassVar[TimeInForce]
    TIME_IN_FORCE_IOC: _ClassVar[TimeInForce]
    TIME_IN_FORCE_FOK: _ClassVar[TimeInForce]
    TIME_IN_FORCE_GTD: _ClassVar[TimeInForce]
    TIME_IN_FORCE_AT_THE_OPEN: _ClassVar[TimeInForce]
    TIME_IN_FORCE_AT_THE_CLOSE: _ClassVar[TimeInForce]
    TIME_IN_FORCE_GOOD_FOR_AUCTION: _ClassVar[TimeInForce]

class SelfTradePrevention(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SELF_TRADE_PREVENTION_UNSPECIFIED: _ClassVar[SelfTradePrevention]
    SELF_TRADE_PREVENTION_ALLOW: _ClassVar[SelfTradePrevention]
    SELF_TRADE_PREVENTION_CANCEL_RESTING: _ClassVar[SelfTradePrevention]
    SELF_TRADE_PREVENTION_CANCEL_AGGRESSING: _ClassVar[SelfTradePrevention]
    SELF_TRADE_PREVENTION_CANCEL_BOTH: _ClassVar[SelfTradePrevention]
    SELF_TRADE_PREVENTION_DECREMENT_BOTH: _ClassVar[SelfTradePrevention]

class SessionState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SESSION_STATE_UNSPECIFIED: _ClassVar[SessionState]
    SESSION_STATE_CONTINUOUS: _ClassVar[SessionState]
    SESSION_STATE_OPENING_AUCTION: _ClassVar[SessionState]
    SESSION_STATE_CLOSING_AUCTION: _ClassVar[SessionState]
    SESSION_STATE_VOLATILITY_AUCTION: _ClassVar[SessionState]
    SESSION_STATE_PRE_OPEN: _ClassVar[SessionState]
    SESSION_STATE_HALTED: _ClassVar[SessionState]
    SESSION_STATE_CANCEL_ONLY: _ClassVar[SessionState]
    SESSION_STATE_POST_CLOSE: _ClassVar[SessionState]
    SESSION_STATE_CLOSED: _ClassVar[SessionState]

class OrdStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ORD_STATUS_UNSPECIFIED: _ClassVar[OrdStatus]
    ORD_STATUS_NEW: _ClassVar[OrdStatus]
    ORD_STATUS_PARTIALLY_FILLED: _ClassVar[OrdStatus]
    ORD_STATUS_FILLED: _ClassVar[OrdStatus]
    ORD_STATUS_CANCELED: _ClassVar[OrdStatus]
    ORD_STATUS_EXPIRED: _ClassVar[OrdStatus]
    ORD_STATUS_REJECTED: _ClassVar[OrdStatus]

class ExecType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EXEC_TYPE_UNSPECIFIED: _ClassVar[ExecType]
    EXEC_TYPE_NEW: _ClassVar[ExecType]
    EXEC_TYPE_TRADE: _ClassVar[ExecType]
    EXEC_TYPE_REPLACED: _ClassVar[ExecType]
    EXEC_TYPE_CANCELED: _ClassVar[ExecType]
    EXEC_TYPE_EXPIRED: _ClassVar[ExecType]
    EXEC_TYPE_REJECTED: _ClassVar[ExecType]
    EXEC_TYPE_CANCEL_REJECTED: _ClassVar[ExecType]
    EXEC_TYPE_RESTATED: _ClassVar[ExecType]
    EXEC_TYPE_TRIGGERED: _ClassVar[ExecType]
    EXEC_TYPE_SUSPENDED: _ClassVar[ExecType]
    EXEC_TYPE_TRADE_BUST: _ClassVar[ExecType]

class Liquidity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LIQUIDITY_UNSPECIFIED: _ClassVar[Liquidity]
    LIQUIDITY_MAKER: _ClassVar[Liquidity]
    LIQUIDITY_TAKER: _ClassVar[Liquidity]
    LIQUIDITY_AUCTION: _ClassVar[Liquidity]

class RejectReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REJECT_REASON_UNSPECIFIED: _ClassVar[RejectReason]
    REJECT_REASON_UNKNOWN_SYMBOL: _ClassVar[RejectReason]
    REJECT_REASON_MARKET_CLOSED: _ClassVar[RejectReason]
    REJECT_REASON_EXCEEDS_LIMIT: _ClassVar[RejectReason]
    REJECT_REASON_TOO_LATE: _ClassVar[RejectReason]
    REJECT_REASON_UNKNOWN_ORDER: _ClassVar[RejectReason]
    REJECT_REASON_DUPLICATE_CL_ORD_ID: _ClassVar[RejectReason]
    REJECT_REASON_STALE: _ClassVar[RejectReason]
    REJECT_REASON_UNSUPPORTED_CHARACTERISTIC: _ClassVar[RejectReason]
    REJECT_REASON_INCORRECT_QUANTITY: _ClassVar[RejectReason]
    REJECT_REASON_UNKNOWN_ACCOUNT: _ClassVar[RejectReason]
    REJECT_REASON_PRICE_BAND: _ClassVar[RejectReason]
    REJECT_REASON_TICK_SIZE: _ClassVar[RejectReason]
    REJECT_REASON_NO_REFERENCE_PRICE: _ClassVar[RejectReason]
    REJECT_REASON_NOTIONAL_THRESHOLD: _ClassVar[RejectReason]
    REJECT_REASON_SHORT_SELL: _ClassVar[RejectReason]
    REJECT_REASON_INSUFFICIENT_CREDIT: _ClassVar[RejectReason]
    REJECT_REASON_CLIP_SIZE: _ClassVar[RejectReason]
    REJECT_REASON_MAX_ORDER_NOTIONAL: _ClassVar[RejectReason]
    REJECT_REASON_OTHER: _ClassVar[RejectReason]
    REJECT_REASON_POST_ONLY_WOULD_CROSS: _ClassVar[RejectReason]
    REJECT_REASON_REDUCE_ONLY: _ClassVar[RejectReason]
    REJECT_REASON_FOK_UNFILLABLE: _ClassVar[RejectReason]
    REJECT_REASON_SYMBOL_HALTED: _ClassVar[RejectReason]
    REJECT_REASON_SELF_TRADE: _ClassVar[RejectReason]
    REJECT_REASON_ACCOUNT_DISABLED: _ClassVar[RejectReason]
    REJECT_REASON_MAX_OPEN_ORDERS: _ClassVar[RejectReason]
    REJECT_REASON_SYSTEM_UNAVAILABLE: _ClassVar[RejectReason]
    REJECT_REASON_KILL_SWITCH: _ClassVar[RejectReason]
    REJECT_REASON_RESTRICTED_SYMBOL: _ClassVar[RejectReason]
    REJECT_REASON_THROTTLED: _ClassVar[RejectReason]
    REJECT_REASON_DUPLICATE_ORDER_FLOW: _ClassVar[RejectReason]
    REJECT_REASON_DAILY_LOSS: _ClassVar[RejectReason]
    REJECT_REASON_NO_CONVERSION: _ClassVar[RejectReason]
    REJECT_REASON_MAINTENANCE_MARGIN: _ClassVar[RejectReason]

class RestatementReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RESTATEMENT_REASON_UNSPECIFIED: _ClassVar[RestatementReason]
    RESTATEMENT_REASON_HALT: _ClassVar[RestatementReason]
    RESTATEMENT_REASON_SYSTEM: _ClassVar[RestatementReason]
    RESTATEMENT_REASON_SELF_MATCH_RESTING: _ClassVar[RestatementReason]
    RESTATEMENT_REASON_SELF_MATCH_AGGRESSING: _ClassVar[RestatementReason]
    RESTATEMENT_REASON_SELF_MATCH_BOTH: _ClassVar[RestatementReason]
    RESTATEMENT_REASON_SELF_MATCH_DECREMENT: _ClassVar[RestatementReason]
    RESTATEMENT_REASON_OTHER: _ClassVar[RestatementReason]
    RESTATEMENT_REASON_REDUCE_ONLY: _ClassVar[RestatementReason]
    RESTATEMENT_REASON_FOK_UNFILLABLE: _ClassVar[RestatementReason]
    RESTATEMENT_REASON_KILL_SWITCH: _ClassVar[RestatementReason]
    RESTATEMENT_REASON_LINKED_ORDER: _ClassVar[RestatementReason]
    RESTATEMENT_REASON_PRICE_BAND: _ClassVar[RestatementReason]
SIDE_UNSPECIFIED: Side
SIDE_BUY: Side
SIDE_SELL: Side
ORD_TYPE_UNSPECIFIED: OrdType
ORD_TYPE_MARKET: OrdType
ORD_TYPE_LIMIT: OrdType
ORD_TYPE_MARKET_TO_LIMIT: OrdType
ORD_TYPE_STOP: OrdType
ORD_TYPE_STOP_LIMIT: OrdType
ORD_TYPE_PEGGED: OrdType
TIME_IN_FORCE_UNSPECIFIED: TimeInForce
TIME_IN_FORCE_DAY: TimeInForce
TIME_IN_FORCE_GTC: TimeInForce
TIME_IN_FORCE_IOC: TimeInForce
TIME_IN_FORCE_FOK: TimeInForce
TIME_IN_FORCE_GTD: TimeInForce
TIME_IN_FORCE_AT_THE_OPEN: TimeInForce
TIME_IN_FORCE_AT_THE_CLOSE: TimeInForce
TIME_IN_FORCE_GOOD_FOR_AUCTION: TimeInForce
SELF_TRADE_PREVENTION_UNSPECIFIED: SelfTradePrevention
SELF_TRADE_PREVENTION_ALLOW: SelfTradePrevention
SELF_TRADE_PREVENTION_CANCEL_RESTING: SelfTradePrevention
SELF_TRADE_PREVENTION_CANCEL_AGGRESSING: SelfTradePrevention
SELF_TRADE_PREVENTION_CANCEL_BOTH: SelfTradePrevention
SELF_TRADE_PREVENTION_DECREMENT_BOTH: SelfTradePrevention
SESSION_STATE_UNSPECIFIED: SessionState
SESSION_STATE_CONTINUOUS: SessionState
SESSION_STATE_OPENING_AUCTION: SessionState
SESSION_STATE_CLOSING_AUCTION: SessionState
SESSION_STATE_VOLATILITY_AUCTION: SessionState
SESSION_STATE_PRE_OPEN: SessionState
SESSION_STATE_HALTED: SessionState
SESSION_STATE_CANCEL_ONLY: SessionState
SESSION_STATE_POST_CLOSE: SessionState
SESSION_STATE_CLOSED: SessionState
ORD_STATUS_UNSPECIFIED: OrdStatus
ORD_STATUS_NEW: OrdStatus
ORD_STATUS_PARTIALLY_FILLED: OrdStatus
ORD_STATUS_FILLED: OrdStatus
ORD_STATUS_CANCELED: OrdStatus
ORD_STATUS_EXPIRED: OrdStatus
ORD_STATUS_REJECTED: OrdStatus
EXEC_TYPE_UNSPECIFIED: ExecType
EXEC_TYPE_NEW: ExecType
EXEC_TYPE_TRADE: ExecType
EXEC_TYPE_REPLACED: ExecType
EXEC_TYPE_CANCELED: ExecType
EXEC_TYPE_EXPIRED: ExecType
EXEC_TYPE_REJECTED: ExecType
EXEC_TYPE_CANCEL_REJECTED: ExecType
EXEC_TYPE_RESTATED: ExecType
EXEC_TYPE_TRIGGERED: ExecType
EXEC_TYPE_SUSPENDED: ExecType
EXEC_TYPE_TRADE_BUST: ExecType
LIQUIDITY_UNSPECIFIED: Liquidity
LIQUIDITY_MAKER: Liquidity
LIQUIDITY_TAKER: Liquidity
LIQUIDITY_AUCTION: Liquidity
REJECT_REASON_UNSPECIFIED: RejectReason
REJECT_REASON_UNKNOWN_SYMBOL: RejectReason
REJECT_REASON_MARKET_CLOSED: RejectReason
REJECT_REASON_EXCEEDS_LIMIT: RejectReason
REJECT_REASON_TOO_LATE: RejectReason
REJECT_REASON_UNKNOWN_ORDER: RejectReason
REJECT_REASON_DUPLICATE_CL_ORD_ID: RejectReason
REJECT_REASON_STALE: RejectReason
REJECT_REASON_UNSUPPORTED_CHARACTERISTIC: RejectReason
REJECT_REASON_INCORRECT_QUANTITY: RejectReason
REJECT_REASON_UNKNOWN_ACCOUNT: RejectReason
REJECT_REASON_PRICE_BAND: RejectReason
REJECT_REASON_TICK_SIZE: RejectReason
REJECT_REASON_NO_REFERENCE_PRICE: RejectReason
REJECT_REASON_NOTIONAL_THRESHOLD: RejectReason
REJECT_REASON_SHORT_SELL: RejectReason
REJECT_REASON_INSUFFICIENT_CREDIT: RejectReason
REJECT_REASON_CLIP_SIZE: RejectReason
REJECT_REASON_MAX_ORDER_NOTIONAL: RejectReason
REJECT_REASON_OTHER: RejectReason
REJECT_REASON_POST_ONLY_WOULD_CROSS: RejectReason
REJECT_REASON_REDUCE_ONLY: RejectReason
REJECT_REASON_FOK_UNFILLABLE: RejectReason
REJECT_REASON_SYMBOL_HALTED: RejectReason
REJECT_REASON_SELF_TRADE: RejectReason
REJECT_REASON_ACCOUNT_DISABLED: RejectReason
REJECT_REASON_MAX_OPEN_ORDERS: RejectReason
REJECT_REASON_SYSTEM_UNAVAILABLE: RejectReason
REJECT_REASON_KILL_SWITCH: RejectReason
REJECT_REASON_RESTRICTED_SYMBOL: RejectReason
REJECT_REASON_THROTTLED: RejectReason
REJECT_REASON_DUPLICATE_ORDER_FLOW: RejectReason
REJECT_REASON_DAILY_LOSS: RejectReason
REJECT_REASON_NO_CONVERSION: RejectReason
REJECT_REASON_MAINTENANCE_MARGIN: RejectReason
RESTATEMENT_REASON_UNSPECIFIED: RestatementReason
RESTATEMENT_REASON_HALT: RestatementReason
RESTATEMENT_REASON_SYSTEM: RestatementReason
RESTATEMENT_REASON_SELF_MATCH_RESTING: RestatementReason
RESTATEMENT_REASON_SELF_MATCH_AGGRESSING: RestatementReason
RESTATEMENT_REASON_SELF_MATCH_BOTH: RestatementReason
RESTATEMENT_REASON_SELF_MATCH_DECREMENT: RestatementReason
RESTATEMENT_REASON_OTHER: RestatementReason
RESTATEMENT_REASON_REDUCE_ONLY: RestatementReason
RESTATEMENT_REASON_FOK_UNFILLABLE: RestatementReason
RESTATEMENT_REASON_KILL_SWITCH: RestatementReason
RESTATEMENT_REASON_LINKED_ORDER: RestatementReason
RESTATEMENT_REASON_PRICE_BAND: RestatementReason

class Place(_message.Message):
    __slots__ = ("shard", "sequence", "index")
    SHARD_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    shard: int
    sequence: int
    index: int
    def __init__(self, shard: _Optional[int] = ..., sequence: _Optional[int] = ..., index: _Optional[int] = ...) -> None: ...
