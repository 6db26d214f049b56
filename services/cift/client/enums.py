"""Enumerations with the numbers and the meaning of the protobuf interface."""

from enum import IntEnum

__all__ = [
    "Allocation",
    "AuctionCriterion",
    "Contingency",
    "ExecType",
    "IcebergMode",
    "Level",
    "Liquidity",
    "MarketResidual",
    "OrdStatus",
    "OrdType",
    "Outcome",
    "PegPrice",
    "PostOnly",
    "RejectReason",
    "RestatementReason",
    "SelfTradePrevention",
    "SessionState",
    "Side",
    "TimeInForce",
    "WaitFor",
]


class Side(IntEnum):
    """FIX 54."""

    UNSPECIFIED = 0
    BUY = 1
    SELL = 2


class OrdType(IntEnum):
    """FIX 40; unspecified: what the fields of the order make of it."""

    UNSPECIFIED = 0
    MARKET = 1
    LIMIT = 2
    MARKET_TO_LIMIT = 3
    STOP = 4
    STOP_LIMIT = 5
    PEGGED = 6


class TimeInForce(IntEnum):
    """FIX 59; unspecified: IOC for market orders, GTC for all others."""

    UNSPECIFIED = 0
    DAY = 1
    GTC = 2
    IOC = 3
    FOK = 4
    GTD = 5
    AT_THE_OPEN = 6
    AT_THE_CLOSE = 7
    GOOD_FOR_AUCTION = 8


class SelfTradePrevention(IntEnum):
    """What becomes of an order that would trade with one of its own."""

    UNSPECIFIED = 0
    ALLOW = 1
    CANCEL_RESTING = 2
    CANCEL_AGGRESSING = 3
    CANCEL_BOTH = 4
    DECREMENT_BOTH = 5


class PostOnly(IntEnum):
    """What becomes of a post-only order that would take."""

    UNSPECIFIED = 0
    REJECT = 1
    REPRICE = 2


class PegPrice(IntEnum):
    """What a pegged order follows."""

    UNSPECIFIED = 0
    BID = 1
    ASK = 2
    MID = 3


class Contingency(IntEnum):
    """What ties the orders of a list."""

    UNSPECIFIED = 0
    ONE_CANCELS_OTHER = 1
    BRACKET = 2


class SessionState(IntEnum):
    """What may be done with an instrument."""

    UNSPECIFIED = 0
    CONTINUOUS = 1
    OPENING_AUCTION = 2
    CLOSING_AUCTION = 3
    VOLATILITY_AUCTION = 4
    PRE_OPEN = 5
    HALTED = 6
    CANCEL_ONLY = 7
    POST_CLOSE = 8
    CLOSED = 9


class OrdStatus(IntEnum):
    """FIX 39."""

    UNSPECIFIED = 0
    NEW = 1
    PARTIALLY_FILLED = 2
    FILLED = 3
    CANCELED = 4
    EXPIRED = 5
    REJECTED = 6


class ExecType(IntEnum):
    """FIX 150."""

    UNSPECIFIED = 0
    NEW = 1
    TRADE = 2
    REPLACED = 3
    CANCELED = 4
    EXPIRED = 5
    REJECTED = 6
    CANCEL_REJECTED = 7
    RESTATED = 8
    TRIGGERED = 9
    SUSPENDED = 10
    TRADE_BUST = 11


class Liquidity(IntEnum):
    """FIX 851."""

    UNSPECIFIED = 0
    MAKER = 1
    TAKER = 2
    AUCTION = 3


class Outcome(IntEnum):
    """What became of a command."""

    UNSPECIFIED = 0
    RECEIVED = 1
    ACCEPTED = 2
    REJECTED = 3
    UNKNOWN = 4


class WaitFor(IntEnum):
    """What a call waits for."""

    UNSPECIFIED = 0
    RECEIVED = 1
    RESULT = 2


class RejectReason(IntEnum):
    """Why a command was refused; numbers below 100 are FIX 103's."""

    UNSPECIFIED = 0
    UNKNOWN_SYMBOL = 1
    MARKET_CLOSED = 2
    EXCEEDS_LIMIT = 3
    TOO_LATE = 4
    UNKNOWN_ORDER = 5
    DUPLICATE_CL_ORD_ID = 6
    STALE = 8
    UNSUPPORTED_CHARACTERISTIC = 11
    INCORRECT_QUANTITY = 13
    UNKNOWN_ACCOUNT = 15
    PRICE_BAND = 16
    TICK_SIZE = 18
    NO_REFERENCE_PRICE = 19
    NOTIONAL_THRESHOLD = 20
    SHORT_SELL = 22
    INSUFFICIENT_CREDIT = 25
    CLIP_SIZE = 26
    MAX_ORDER_NOTIONAL = 27
    OTHER = 99
    POST_ONLY_WOULD_CROSS = 100
    REDUCE_ONLY = 101
    FOK_UNFILLABLE = 102
    SYMBOL_HALTED = 103
    SELF_TRADE = 104
    ACCOUNT_DISABLED = 105
    MAX_OPEN_ORDERS = 106
    SYSTEM_UNAVAILABLE = 107
    KILL_SWITCH = 109
    RESTRICTED_SYMBOL = 110
    THROTTLED = 111
    DUPLICATE_ORDER_FLOW = 112
    DAILY_LOSS = 113
    NO_CONVERSION = 115
    MAINTENANCE_MARGIN = 117


class Level(IntEnum):
    """Whose limits a check is about: the account's own, its firm's, the venue's."""

    UNSPECIFIED = 0
    ACCOUNT = 1
    FIRM = 2
    VENUE = 3


class RestatementReason(IntEnum):
    """Why an order ended or changed unasked; numbers below 100 are FIX 378's."""

    UNSPECIFIED = 0
    HALT = 6
    SYSTEM = 7
    SELF_MATCH_RESTING = 17
    SELF_MATCH_AGGRESSING = 18
    SELF_MATCH_BOTH = 19
    SELF_MATCH_DECREMENT = 20
    OTHER = 99
    REDUCE_ONLY = 101
    FOK_UNFILLABLE = 102
    KILL_SWITCH = 109
    LINKED_ORDER = 114
    PRICE_BAND = 116


class MarketResidual(IntEnum):
    """What becomes of what is left of a market order; unspecified: CANCEL."""

    UNSPECIFIED = 0
    CANCEL = 1
    REST = 2
    REST_AT_LAST_TRADE = 3


class IcebergMode(IntEnum):
    """How icebergs trade; unspecified: TO_THE_BACK."""

    UNSPECIFIED = 0
    TO_THE_BACK = 1
    VISIBLE_THEN_HIDDEN_BY_TIME = 2
    VISIBLE_THEN_HIDDEN_PRO_RATA = 3


class Allocation(IntEnum):
    """How a level is shared out; unspecified: PRICE_TIME."""

    UNSPECIFIED = 0
    PRICE_TIME = 1
    TOP_THEN_PRO_RATA = 2


class AuctionCriterion(IntEnum):
    """What chooses among the prices of an auction."""

    UNSPECIFIED = 0
    MAX_VOLUME = 1
    MIN_SURPLUS = 2
    MARKET_PRESSURE = 3
    REFERENCE_PRICE = 4
    MIDPOINT_FLOOR = 5
