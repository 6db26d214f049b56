"""Layout of the Cap'n Proto structs as numpy dtypes.

Generated from schemas/ by protos/generate.py. DO NOT EDIT.

Names are those of the schemas in snake case; text is bytes without its padding;
reserved fields are left out. Numbers are little-endian.
"""

from enum import IntEnum

import numpy as np

__all__ = [
    "ACCOUNT",
    "CL_ORD_ID",
    "COMMAND",
    "DATA_WORDS",
    "EVENT",
    "FEE_SCHEDULE",
    "INSTRUMENT",
    "INSTRUMENT_RULES",
    "LIMITS",
    "MARKET_STATUS",
    "ORDER_TERMS",
    "OUTCOME",
    "POINTERS",
    "VERDICT",
    "BatchStatus",
    "CommandKind",
    "Contingency",
    "ExecType",
    "Liquidity",
    "OrdStatus",
    "OrdType",
    "OutcomeKind",
    "PegPrice",
    "SelfTrade",
    "SessionState",
    "Side",
    "TimeInForce",
    "VerdictKind",
]


class CommandKind(IntEnum):
    """`CommandKind` of the schemas."""

    NONE = 0
    NEW_ORDER = 1
    CANCEL_ORDER = 2
    REPLACE_ORDER = 3
    TICK = 4
    SET_INSTRUMENT = 5
    SET_ACCOUNT = 6
    SET_LIMITS = 7
    SET_SESSION = 8
    SET_LAST_TRADE = 9
    SET_RULES = 10
    MASS_CANCEL = 11
    BUST_TRADE = 12
    KILL = 13
    UNKILL = 14
    SET_FEES = 15
    SET_CONVERSION = 16


class Side(IntEnum):
    """`Side` of the schemas."""

    NONE = 0
    BUY = 1
    SELL = 2


class OrdType(IntEnum):
    """`OrdType` of the schemas."""

    NONE = 0
    MARKET = 1
    LIMIT = 2
    MARKET_TO_LIMIT = 3
    STOP = 4
    STOP_LIMIT = 5
    PEGGED = 6


class TimeInForce(IntEnum):
    """`TimeInForce` of the schemas."""

    NONE = 0
    DAY = 1
    GTC = 2
    IOC = 3
    FOK = 4
    GTD = 5
    AT_THE_OPEN = 6
    AT_THE_CLOSE = 7
    GOOD_FOR_AUCTION = 8


class SelfTrade(IntEnum):
    """`SelfTrade` of the schemas."""

    DEFAULT = 0
    ALLOW = 1
    CANCEL_RESTING = 2
    CANCEL_AGGRESSING = 3
    CANCEL_BOTH = 4
    DECREMENT_BOTH = 5


class Contingency(IntEnum):
    """`Contingency` of the schemas."""

    NONE = 0
    ONE_CANCELS_OTHER = 1
    BRACKET = 2


class PegPrice(IntEnum):
    """`PegPrice` of the schemas."""

    NONE = 0
    BID = 1
    ASK = 2
    MID = 3


class SessionState(IntEnum):
    """`SessionState` of the schemas."""

    CONTINUOUS = 0
    OPENING_AUCTION = 1
    CLOSING_AUCTION = 2
    VOLATILITY_AUCTION = 3
    PRE_OPEN = 4
    HALTED = 5
    CANCEL_ONLY = 6
    POST_CLOSE = 7
    CLOSED = 8


class BatchStatus(IntEnum):
    """`BatchStatus` of the schemas."""

    APPLIED = 0
    REPEATED = 1
    VOID = 2
    HELD = 3


class VerdictKind(IntEnum):
    """`VerdictKind` of the schemas."""

    ACCEPTED = 0
    REFUSED = 1
    REPEAT = 2


class OutcomeKind(IntEnum):
    """`OutcomeKind` of the schemas."""

    ACCEPTED = 0
    REJECTED = 1
    REPEAT = 2
    APPLIED = 3


class ExecType(IntEnum):
    """`ExecType` of the schemas."""

    NONE = 0
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


class OrdStatus(IntEnum):
    """`OrdStatus` of the schemas."""

    NONE = 0
    NEW = 1
    PARTIALLY_FILLED = 2
    FILLED = 3
    CANCELED = 4
    EXPIRED = 5
    REJECTED = 6


class Liquidity(IntEnum):
    """`Liquidity` of the schemas."""

    NONE = 0
    MAKER = 1
    TAKER = 2
    AUCTION = 3


# Words of each message's data section; its pointers follow.
DATA_WORDS = {
    "orders": 4,
    "risked": 10,
    "fills": 9,
}

# Place of each list among its message's pointers.
POINTERS = {
    "orders": {
        "commands": 0,
        "orig_cl_ord_ids": 1,
        "instruments": 2,
        "accounts": 3,
        "limits": 4,
        "terms": 5,
        "rules": 6,
        "fees": 7,
    },
    "risked": {
        "commands": 0,
        "verdicts": 1,
        "instruments": 2,
        "accounts": 3,
        "limits": 4,
        "terms": 5,
        "rules": 6,
        "fees": 7,
    },
    "fills": {
        "outcomes": 0,
        "events": 1,
        "instruments": 2,
        "accounts": 3,
        "limits": 4,
        "statuses": 5,
    },
}

CL_ORD_ID = np.dtype(
    {
        "names": ["text"],
        "formats": ["S40"],
        "offsets": [0],
        "itemsize": 40,
    }
)

COMMAND = np.dtype(
    {
        "names": [
            "kind",
            "side",
            "ord_type",
            "time_in_force",
            "flags",
            "self_trade_prevention",
            "orig_cl_ord_id_index",
            "payload_index",
            "account",
            "instrument",
            "cl_ord_id",
            "session",
            "price",
            "quantity",
            "stop_price",
            "display_quantity",
            "min_quantity",
            "order_id",
            "expire_time",
            "self_trade_group",
            "link",
        ],
        "formats": [
            "<u2",
            "<u2",
            "<u2",
            "<u2",
            "<u2",
            "<u2",
            "<u2",
            "<u2",
            "<u4",
            "<u4",
            "S36",
            "<u4",
            "<i8",
            "<i8",
            "<i8",
            "<i8",
            "<i8",
            "<u8",
            "<i8",
            "<u4",
            "<u4",
        ],
        "offsets": [
            0,
            2,
            4,
            6,
            8,
            10,
            12,
            14,
            16,
            20,
            24,
            60,
            64,
            72,
            80,
            88,
            96,
            104,
            112,
            120,
            124,
        ],
        "itemsize": 128,
    }
)

INSTRUMENT = np.dtype(
    {
        "names": [
            "id",
            "price_scale",
            "quantity_scale",
            "flags",
            "symbol",
            "currency",
            "tick_size",
            "lot_size",
            "min_quantity",
            "max_quantity",
            "reference_price",
            "initial_margin_bps",
            "policies",
            "maintenance_margin_bps",
        ],
        "formats": [
            "<u4",
            "u1",
            "u1",
            "<u2",
            "S32",
            "S8",
            "<i8",
            "<i8",
            "<i8",
            "<i8",
            "<i8",
            "<u4",
            "<u4",
            "<u8",
        ],
        "offsets": [0, 4, 5, 6, 8, 40, 48, 56, 64, 72, 80, 88, 92, 96],
        "itemsize": 128,
    }
)

ACCOUNT = np.dtype(
    {
        "names": ["id", "firm", "flags", "name", "currency", "self_trade_group"],
        "formats": ["<u4", "<u4", "<u8", "S32", "S8", "<u8"],
        "offsets": [0, 4, 8, 16, 48, 56],
        "itemsize": 64,
    }
)

LIMITS = np.dtype(
    {
        "names": [
            "account",
            "instrument",
            "checks",
            "max_order_quantity",
            "max_order_notional_low",
            "max_order_notional_high",
            "max_position",
            "credit_low",
            "credit_high",
            "collar_bps",
            "max_open_orders",
            "flow",
            "max_gross_position",
            "max_short",
            "max_gross_exposure_low",
            "max_gross_exposure_high",
            "max_daily_loss_low",
            "max_daily_loss_high",
        ],
        "formats": [
            "<u4",
            "<u4",
            "<u8",
            "<i8",
            "<u8",
            "<i8",
            "<i8",
            "<u8",
            "<i8",
            "<u4",
            "<u4",
            "<u8",
            "<i8",
            "<i8",
            "<u8",
            "<i8",
            "<u8",
            "<i8",
        ],
        "offsets": [0, 4, 8, 16, 24, 32, 40, 48, 56, 64, 68, 72, 80, 88, 96, 104, 112, 120],
        "itemsize": 128,
    }
)

ORDER_TERMS = np.dtype(
    {
        "names": [
            "activation_price",
            "trailing_offset",
            "min_visible_quantity",
            "flags",
            "peg_offset",
            "tag",
        ],
        "formats": ["<i8", "<i8", "<i8", "<u8", "<i8", "<u8"],
        "offsets": [0, 8, 16, 24, 32, 40],
        "itemsize": 64,
    }
)

INSTRUMENT_RULES = np.dtype(
    {
        "names": [
            "instrument",
            "flags",
            "static_band_bps",
            "dynamic_band_bps",
            "protection_bps",
            "auction_seconds",
            "tick_from",
            "tick_size",
            "schedule",
        ],
        "formats": ["<u4", "<u4", "<u4", "<u4", "<u4", "<u4", "(8,)<i8", "(8,)<i8", "(9,)<u8"],
        "offsets": [0, 4, 8, 12, 16, 20, 24, 88, 152],
        "itemsize": 256,
    }
)

FEE_SCHEDULE = np.dtype(
    {
        "names": ["account", "instrument", "flags", "tier_from", "tier_rates"],
        "formats": ["<u4", "<u4", "<u8", "(8,)<u8", "(8,)<u8"],
        "offsets": [0, 4, 8, 16, 80],
        "itemsize": 160,
    }
)

MARKET_STATUS = np.dtype(
    {
        "names": ["instrument", "command_index", "session", "price", "quantity", "imbalance"],
        "formats": ["<u4", "<u4", "<u2", "<i8", "<i8", "<i8"],
        "offsets": [0, 4, 8, 16, 24, 32],
        "itemsize": 40,
    }
)

VERDICT = np.dtype(
    {
        "names": ["order_id", "first_place", "kind", "reason", "cancel_reason"],
        "formats": ["<u8", "<u8", "<u2", "<u2", "<u2"],
        "offsets": [0, 8, 16, 18, 20],
        "itemsize": 24,
    }
)

OUTCOME = np.dtype(
    {
        "names": [
            "order_id",
            "first_place",
            "first_event",
            "event_count",
            "kind",
            "reason",
            "cancel_reason",
        ],
        "formats": ["<u8", "<u8", "<u4", "<u4", "<u2", "<u2", "<u2"],
        "offsets": [0, 8, 16, 20, 24, 26, 28],
        "itemsize": 32,
    }
)

EVENT = np.dtype(
    {
        "names": [
            "exec_type",
            "side",
            "ord_type",
            "time_in_force",
            "ord_status",
            "liquidity",
            "reason",
            "flags",
            "account",
            "instrument",
            "command_index",
            "order_sequence",
            "order_id",
            "cl_ord_id",
            "session",
            "price",
            "quantity",
            "last_price",
            "last_quantity",
            "cum_quantity",
            "leaves_quantity",
            "cum_notional_low",
            "cum_notional_high",
            "match_id",
            "book_price_before",
            "book_quantity_before",
            "book_quantity_after",
            "stop_price",
            "display_quantity",
        ],
        "formats": [
            "<u2",
            "<u2",
            "<u2",
            "<u2",
            "<u2",
            "<u2",
            "<u2",
            "<u2",
            "<u4",
            "<u4",
            "<u4",
            "<u4",
            "<u8",
            "S36",
            "<u4",
            "<i8",
            "<i8",
            "<i8",
            "<i8",
            "<i8",
            "<i8",
            "<u8",
            "<i8",
            "<u8",
            "<i8",
            "<i8",
            "<i8",
            "<i8",
            "<i8",
        ],
        "offsets": [
            0,
            2,
            4,
            6,
            8,
            10,
            12,
            14,
            16,
            20,
            24,
            28,
            32,
            40,
            76,
            80,
            88,
            96,
            104,
            112,
            120,
            128,
            136,
            144,
            152,
            160,
            168,
            176,
            184,
        ],
        "itemsize": 192,
    }
)
