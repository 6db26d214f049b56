"""Messages of each log with every field in use, written by pycapnp from the schemas.

Of each log there are two: one with the five lists that its messages have had from the start, and,
named `…_all`, one with every list. `python -m tests.support.wire_samples FOLDER` writes them as
files: the golden bytes of a version of the schemas, kept in rust_core/crates/wire/tests/golden for
Rust and Python alike.
"""

import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import capnp

__all__ = ["GOLDEN", "MESSAGES", "SCHEMAS", "write"]

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "rust_core/crates/wire/tests/golden/v1"
SCHEMAS = {
    name: capnp.SchemaParser().load(str(ROOT / f"schemas/{name}.capnp"))
    for name in ("orders", "risked", "fills")
}
# Enumerants that there were when the samples of five lists were made, so that they stay as they
# are, and the words that were reserved then.
ENUMERANTS = {"CommandKind": 8, "OrdType": 3, "TimeInForce": 5, "ExecType": 8, "Liquidity": 3}
RESERVED = (
    "Instrument.policies",
    "Instrument.maintenanceMarginBps",
    "Account.selfTradeGroup",
    "Limits.flow",
    "Limits.maxGrossPosition",
    "Limits.maxShort",
    "Limits.maxGrossExposureLow",
    "Limits.maxGrossExposureHigh",
    "Limits.maxDailyLossLow",
    "Limits.maxDailyLossHigh",
)
SEMANTICS_VERSION = 4
LEAST_POINTERS = 5
BITS = {"uint8": 8, "uint16": 16, "uint32": 32, "uint64": 64, "int64": 63}


def fill(record: Any, salt: int, grown: bool) -> None:
    """Set every field to a number of its own; enumerations in turn, reserved fields to zero."""
    struct_name = record.schema.node.displayName.rpartition(":")[2]
    for place, field in enumerate(record.schema.fields_list):
        name = field.proto.name
        kind = str(field.proto.slot.type.which())
        if name.startswith("reserved") or (not grown and f"{struct_name}.{name}" in RESERVED):
            continue
        number = (salt * 1000 + place + 1) * 0x9E37_79B9_7F4A_7C15
        if kind == "enum":
            known = len(field.schema.node.enum.enumerants)
            enum = field.schema.node.displayName.rpartition(":")[2]
            count = known if grown else ENUMERANTS.get(enum, known)
            setattr(record, name, number % (count - 1) + 1)
        elif kind in BITS:
            setattr(record, name, number >> 7 & (1 << BITS[kind]) - 1)


def text(record: Any, field: str, value: str, words: int) -> None:
    """Set zero-padded text that lies in numbered words."""
    padded = value.encode().ljust(8 * words, b"\0")
    for word in range(words):
        number = int.from_bytes(padded[8 * word : 8 * word + 8], "little")
        setattr(record, f"{field}{word}", number)


KINDS = [
    "newOrder",
    "replaceOrder",
    "setInstrument",
    "setAccount",
    "setLimits",
    "setRules",
    "setFees",
]
HAS_TERMS = 1 << 6


def command(record: Any, index: int) -> None:
    """Point to the lists of the message, of which terms aren't one."""
    record.kind = KINDS[index]
    record.flags &= ~HAS_TERMS
    record.origClOrdIdIndex = 2 if index == 1 else 0
    record.payloadIndex = 0
    text(record, "clOrdId", f"2f1c7c7e-9f3b-4c55-8a53-0d3a4f5b6c{index:02}", 4)
    record.clOrdId4 = int.from_bytes(f"6c{index:02}".encode(), "little")


def command_of_all(record: Any, index: int) -> None:
    """The same; the first has terms."""
    command(record, index)
    if index == 0:
        record.flags |= HAS_TERMS
        record.payloadIndex = 1


def instrument(record: Any, index: int) -> None:
    """A valid instrument."""
    record.id, record.priceScale, record.quantityScale, record.flags = 7 + index, 4, 8, 1
    text(record, "symbol", "BTC-USD", 4)
    record.currency = int.from_bytes(b"USD", "little")
    record.tickSize, record.lotSize, record.minQuantity = 5, 1000, 1000
    record.maxQuantity, record.referencePrice = 10**12, 612_345_000


def account(record: Any, index: int) -> None:
    """An account with a name."""
    text(record, "name", "ALPHA_1", 4)
    record.currency = int.from_bytes(b"USD", "little")
    record.flags = 1 + index


def outcome(record: Any, index: int) -> None:
    """Events that are there."""
    record.firstEvent, record.eventCount = index, 2


def event(record: Any, index: int) -> None:
    """The last one is a timer's."""
    record.commandIndex = 0xFFFF_FFFF if index == 3 else index
    text(record, "clOrdId", "order-1", 4)
    record.clOrdId4 = 0


def nothing(_record: Any, _index: int) -> None:
    """Any value will do."""


# Of each message: its struct, and its lists in order with their lengths.
Lists = list[tuple[str, int, Callable[[Any, int], None]]]
PAYLOADS: Lists = [("instruments", 1, instrument), ("accounts", 1, account), ("limits", 1, nothing)]
TERMS: Lists = [("terms", 2, nothing), ("rules", 1, nothing), ("fees", 1, nothing)]
MESSAGES: dict[str, tuple[str, Lists]] = {
    "orders": (
        "OrdersMessage",
        [("commands", 5, command), ("origClOrdIds", 2, nothing), *PAYLOADS],
    ),
    "risked": ("RiskedMessage", [("commands", 5, command), ("verdicts", 5, nothing), *PAYLOADS]),
    "fills": ("FillsMessage", [("outcomes", 3, outcome), ("events", 4, event), *PAYLOADS]),
    "orders_all": (
        "OrdersMessage",
        [("commands", 7, command_of_all), ("origClOrdIds", 2, nothing), *PAYLOADS, *TERMS],
    ),
    "risked_all": (
        "RiskedMessage",
        [("commands", 7, command_of_all), ("verdicts", 7, nothing), *PAYLOADS, *TERMS],
    ),
    "fills_all": (
        "FillsMessage",
        [("outcomes", 3, outcome), ("events", 4, event), *PAYLOADS, ("statuses", 2, nothing)],
    ),
}


def write(sample: str) -> bytes:
    """Write a sample, its lists in order and nothing between them."""
    struct_name, lists = MESSAGES[sample]
    log = sample.partition("_")[0]
    grown = sample != log
    message = getattr(SCHEMAS[log], struct_name).new_message(num_first_segment_words=4096)
    fill(message, 1, grown)
    message.schemaVersion, message.semanticsVersion = 1, SEMANTICS_VERSION
    message.shard = 3
    if log != "orders":
        message.sequence = 12_345
        message.timeNs = 1_700_000_000_123_456_789
        message.status = "applied"
    for salt, (name, count, finish) in enumerate(lists, start=2):
        records = message.init(name, count)
        for index in range(count):
            fill(records[index], 100 * salt + index, grown)
            finish(records[index], index)
    return without_null_tail(message.to_bytes())


def without_null_tail(frame: bytes) -> bytes:
    """Leave out the null pointers after the fifth at the end of the pointers, as the logs do."""
    words = list(struct.unpack(f"<{len(frame) // 8}Q", frame))
    data, pointers = words[1] >> 32 & 0xFFFF, words[1] >> 48
    first = 2 + data
    left = pointers
    while left > LEAST_POINTERS and words[first + left - 1] == 0:
        left -= 1
    dropped = pointers - left
    kept = [word and word - (dropped << 2) for word in words[first : first + left]]
    words[first : first + pointers] = kept
    words[0] -= dropped << 32
    words[1] -= dropped << 48
    return struct.pack(f"<{len(words)}Q", *words)


if __name__ == "__main__":
    for sample in MESSAGES:
        Path(sys.argv[1], f"{sample}.bin").write_bytes(write(sample))
