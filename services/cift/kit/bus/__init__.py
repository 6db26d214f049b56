"""The bus: three logs per shard on NATS JetStream, and how they are read and written.

Only this package imports nats. A service connects once, makes the streams, reads a log with
`LogReader`, and writes with `OriginWriter` (ORDERS, many writers) or, inside `kit.stage`, with
`StageWriter` (RISKED and FILLS, one writer).
"""

from cift.kit.bus.connection import Bus, connect, headers_bytes, traceparent_of
from cift.kit.bus.errors import (
    ApiError,
    BusError,
    BusUnavailable,
    Fenced,
    IncompatibleLog,
    JournalUnavailable,
    LogFault,
    LogHole,
    LogMismatch,
    LogMissing,
    LogShort,
    ReplayNeeded,
    first_difference,
)
from cift.kit.bus.logs import (
    Log,
    LogSettings,
    LogState,
    ShardLogs,
    StoredMessage,
    ensure_logs,
    ensure_risked,
    find_hole,
    read_message,
    read_state,
    shard_logs,
)
from cift.kit.bus.origin import OriginLimits, OriginWriter
from cift.kit.bus.reader import LogMessage, LogReader, ReaderLimits
from cift.kit.bus.writer import StageWriter, WriterLimits

__all__ = [
    "ApiError",
    "Bus",
    "BusError",
    "BusUnavailable",
    "Fenced",
    "IncompatibleLog",
    "JournalUnavailable",
    "Log",
    "LogFault",
    "LogHole",
    "LogMessage",
    "LogMismatch",
    "LogMissing",
    "LogReader",
    "LogSettings",
    "LogShort",
    "LogState",
    "OriginLimits",
    "OriginWriter",
    "ReaderLimits",
    "ReplayNeeded",
    "ShardLogs",
    "StageWriter",
    "StoredMessage",
    "WriterLimits",
    "connect",
    "ensure_logs",
    "ensure_risked",
    "find_hole",
    "first_difference",
    "headers_bytes",
    "read_message",
    "read_state",
    "shard_logs",
    "traceparent_of",
]
