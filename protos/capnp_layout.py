"""Where the Cap'n Proto schemas put each field, written down for Rust and for numpy.

The structs that stand in lists are pointer-free, so their layout is a table of offsets; pycapnp's
reflection gives it. Fields that are numbered pieces of one thing (`symbol0` to `symbol3`) become
one field, text where the schema holds text.
"""

# ruff: noqa: INP001  (a script beside the schemas, not a package)

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import capnp

SCHEMAS = Path("schemas")
LISTED = ("ClOrdId", "Command", "Instrument", "Account", "Limits", "OrderTerms", "InstrumentRules",
          "FeeSchedule", "MarketStatus", "Verdict", "Outcome", "Event")  # fmt: skip
MESSAGES = {"orders": "OrdersMessage", "risked": "RiskedMessage", "fills": "FillsMessage"}
ENUMS = ("CommandKind", "Side", "OrdType", "TimeInForce", "SelfTrade", "Contingency", "PegPrice",
         "SessionState",
         "BatchStatus", "VerdictKind",
         "OutcomeKind", "ExecType", "OrdStatus", "Liquidity")  # fmt: skip
# Bytes, numpy format and Rust type of what a data section may hold.
SCALARS = {
    "uint8": (1, "u1", "u8"),
    "uint16": (2, "<u2", "u16"),
    "enum": (2, "<u2", "u16"),
    "uint32": (4, "<u4", "u32"),
    "uint64": (8, "<u8", "u64"),
    "int64": (8, "<i8", "i64"),
}
# ASCII padded with zero bytes, by the name of its first piece; `clOrdId4` belongs to its text.
TEXT_BYTES = {"word": 40, "cl_ord_id": 36, "symbol": 32, "name": 32, "currency": 8}


@dataclass(frozen=True)
class Field:
    """One field, or a run of numbered pieces of one type, of a struct's data section."""

    name: str
    type: str
    offset: int
    count: int


def write(rust: Path, python: Path) -> None:
    """Write the tables: `rust` is a folder, `python` a file."""
    loader = capnp.SchemaParser()
    modules = [loader.load(str(SCHEMAS / f"{name}.capnp")) for name in ("types", *MESSAGES)]
    found = {name: getattr(module, name).schema for module in modules
             for name in (*LISTED, *MESSAGES.values()) if hasattr(module, name)}  # fmt: skip
    enums = {name: getattr(module, name).schema for module in modules
             for name in ENUMS if hasattr(module, name)}  # fmt: skip
    (rust / "layout.rs").write_text("\n".join(rust_lines(found)) + "\n")
    (rust / "dtypes.rs").write_text("\n".join(rust_dtype_lines(found)) + "\n")
    python.write_text("\n".join(python_lines(found, enums)) + "\n")


def snake(name: str) -> str:
    """`clOrdId` as `cl_ord_id`."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def data_fields(schema: Any) -> Iterator[Field]:
    """The fields of the data section, numbered pieces joined."""
    raw = []
    for field in schema.fields_list:
        slot = field.proto.slot
        kind = str(slot.type.which())
        if kind in SCALARS:
            raw.append(Field(snake(field.proto.name), kind, slot.offset * SCALARS[kind][0], 1))
    for _, run in groupby(raw, lambda field: (re.sub(r"\d+$", "", field.name), field.type)):
        pieces = list(run)
        first = pieces[0]
        name = re.sub(r"\d+$", "", first.name) if len(pieces) > 1 else first.name
        yield Field(name, first.type, first.offset, len(pieces))


def pointer_fields(schema: Any) -> Iterator[tuple[str, int]]:
    """The lists of a message and their places in its pointer section."""
    for field in schema.fields_list:
        if str(field.proto.slot.type.which()) == "list":
            yield snake(field.proto.name), field.proto.slot.offset


def rust_lines(found: dict[str, Any]) -> Iterator[str]:
    """Constants of the messages, and assertions that the engine's records have this layout."""
    yield "//! Layout of the Cap'n Proto structs."
    yield "//!"
    yield "//! Generated from schemas/ by protos/generate.py. DO NOT EDIT."
    for module, name in MESSAGES.items():
        struct = found[name].node.struct
        yield ""
        yield f"/// `{name}`: byte offsets in its data section, places in its pointer section."
        yield f"pub mod {module} {{"
        yield "    /// Words of the data section."
        yield f"    pub const DATA_WORDS: usize = {struct.dataWordCount};"
        yield "    /// Pointers, one to each list."
        yield f"    pub const POINTERS: usize = {struct.pointerCount};"
        for field in data_fields(found[name]):
            yield f"    /// Byte offset, {SCALARS[field.type][2]}."
            yield f"    pub const {field.name.upper()}: usize = {field.offset};"
        for field_name, place in pointer_fields(found[name]):
            yield "    /// Place among the pointers."
            yield f"    pub const {field_name.upper()}: usize = {place};"
        yield "}"
    yield ""
    yield "/// The compiler's comparison of the engine's records with the schemas."
    yield "const _: () = {"
    yield "    use core::mem::{offset_of, size_of};"
    yield f"    use engine::pod::{{{', '.join(LISTED)}}};"
    for name in LISTED:
        struct = found[name].node.struct
        if struct.pointerCount:
            raise ValueError(f"{name} stands in a list and must have no pointers")
        yield f"    assert!(size_of::<{name}>() == {struct.dataWordCount * 8});"
        for field in data_fields(found[name]):
            pod_name = "words" if field.name == "word" else field.name
            yield f"    assert!(offset_of!({name}, {pod_name}) == {field.offset});"
    yield "};"


def python_lines(found: dict[str, Any], enums: dict[str, Any]) -> Iterator[str]:
    """Enumerations and dtypes."""
    yield '"""Layout of the Cap\'n Proto structs as numpy dtypes.'
    yield ""
    yield "Generated from schemas/ by protos/generate.py. DO NOT EDIT."
    yield ""
    yield "Names are those of the schemas in snake case; text is bytes without its padding;"
    yield "reserved fields are left out. Numbers are little-endian."
    yield '"""'
    yield ""
    yield "from enum import IntEnum"
    yield ""
    yield "import numpy as np"
    yield ""
    dtypes = [snake(name).upper() for name in LISTED]
    names = [*sorted([*dtypes, "POINTERS", "DATA_WORDS"]), *sorted(enums)]
    yield f"__all__ = [{', '.join(repr(name) for name in names)}]"
    for name, schema in enums.items():
        yield ""
        yield f"class {name}(IntEnum):"
        yield f'    """`{name}` of the schemas."""'
        yield ""
        for enumerant in schema.node.enum.enumerants:
            yield f"    {snake(enumerant.name).upper()} = {enumerant.codeOrder}"
    yield ""
    yield "# Words of each message's data section; its pointers follow."
    yield "DATA_WORDS = {"
    for module, name in MESSAGES.items():
        yield f'    "{module}": {found[name].node.struct.dataWordCount},'
    yield "}"
    yield ""
    yield "# Place of each list among its message's pointers."
    yield "POINTERS = {"
    for module, name in MESSAGES.items():
        yield f'    "{module}": {dict(pointer_fields(found[name]))!r},'
    yield "}"
    for name in LISTED:
        yield ""
        yield from dtype_lines(name, found[name])


def rust_dtype_lines(found: dict[str, Any]) -> Iterator[str]:
    """The dtypes of what the core itself hands to numpy, for Rust to build them from."""
    yield "//! Layout of records for numpy, as `numpy.dtype` takes it."
    yield "//!"
    yield "//! Generated from schemas/ by protos/generate.py. DO NOT EDIT."
    yield ""
    yield "/// A field: its name, format and byte offset."
    yield "pub type Field = (&'static str, &'static str, usize);"
    for name in ("Command", "OrderTerms", "Event"):
        yield ""
        yield f"/// Fields of `{name}`."
        yield f"pub const {snake(name).upper()}: &[Field] = &["
        for field, text, offset in dtype_fields(found[name]):
            yield f'    ("{field}", "{text}", {offset}),'
        yield "];"


def dtype_fields(schema: Any) -> Iterator[tuple[str, str, int]]:
    """Name, numpy format and offset of each field that stands for something."""
    for field in data_fields(schema):
        if "reserved" in field.name or field.name == "cl_ord_id4":
            continue
        text = TEXT_BYTES.get(field.name)
        name = "text" if field.name == "word" else field.name
        number = SCALARS[field.type][1]
        if field.count > 1:
            number = f"({field.count},){number}"
        yield name, f"S{text}" if text else number, field.offset


def dtype_lines(name: str, schema: Any) -> Iterator[str]:
    """One struct as a numpy dtype with explicit offsets."""
    names, formats, offsets = map(list, zip(*dtype_fields(schema), strict=True))
    yield f"{snake(name).upper()} = np.dtype("
    yield "    {"
    yield f'        "names": {names!r},'
    yield f'        "formats": {formats!r},'
    yield f'        "offsets": {offsets!r},'
    yield f'        "itemsize": {schema.node.struct.dataWordCount * 8},'
    yield "    }"
    yield ")"
