"""What operators' commands print: tables and documents for people, lines of JSON for programs."""

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import IntEnum
from typing import Any, TypeAlias

from cift.client import DuplicateFlow, MessageRate, Place

__all__ = ["Document", "Part", "Table", "json_lines", "text_lines", "time_text"]

GAP = "  "
LEAST_TEXT = 24
"""Columns of the terminal that a folded text needs to be readable."""
DIGITS = 12
"""People see as many digits of a decimal, or two of its fraction; programs all."""
IDS = frozenset({"id", "sequence", "through_sequence", "match_id", "number", "self_trade_group"})
"""Whole numbers that count nothing, and are written without commas."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows as programs get them, and which of their fields people see, under which title.

    The last column may hold a long text: it is folded.
    """

    columns: Mapping[str, str]
    """Field → title."""
    rows: Sequence[Mapping[str, Any]]
    none: str = "none"
    """Told to people when there are no rows."""


@dataclass(frozen=True, slots=True)
class Document:
    """One thing and its fields; what is None is left out, or shown to people as `absent`."""

    values: Mapping[str, Any]
    absent: str = ""
    line: bool = False
    """People see it in one line instead of a line for each field."""


Part: TypeAlias = Table | Document


def json_lines(part: Part) -> Iterator[str]:
    """One line for each row, or for the document."""
    for row in part.rows if isinstance(part, Table) else (part.values,):
        yield json.dumps({name: _plain(value) for name, value in row.items() if value is not None})


def text_lines(part: Part, width: int) -> list[str]:
    """As people read it, on a terminal of so many columns."""
    if isinstance(part, Document):
        return _document_lines(part)
    if not part.rows:
        return [part.none]
    return _table_lines(part, width)


def time_text(time_ns: int) -> str:
    """A time to the second, UTC."""
    return f"{datetime.fromtimestamp(time_ns // 1_000_000_000, UTC):%Y-%m-%d %H:%M:%S}"


def _document_lines(document: Document) -> list[str]:
    found = {name: _shown(name, value, document.absent) for name, value in document.values.items()}
    found = {_title(name): text for name, text in found.items() if text}
    if document.line:
        return [GAP.join(f"{name} {text}" for name, text in found.items())]
    names, texts = max(map(len, found), default=0), max(map(len, found.values()), default=0)
    return [f"{name:<{names}}{GAP}{text:>{texts}}" for name, text in found.items()]


def _table_lines(table: Table, width: int) -> list[str]:
    titles = list(table.columns.values())
    cells = [[_shown(name, row.get(name), "") for name in table.columns] for row in table.rows]
    right = [all(_is_number(row.get(name)) for row in table.rows) for name in table.columns]
    widths = [max(len(title), *(len(row[at]) for row in cells)) for at, title in enumerate(titles)]
    room = width - sum(widths[:-1]) - len(GAP) * (len(widths) - 1)
    if widths[-1] > room:
        if right[-1] or room < LEAST_TEXT:
            return _record_lines(titles, cells)
        widths[-1] = room
    lines: list[str] = []
    for row in [titles, *cells]:
        folded = textwrap.wrap(row[-1], widths[-1]) or [""]
        fields = zip([*row[:-1], folded[0]], widths, right, strict=True)
        lines.append(GAP.join(_justified(*field) for field in fields).rstrip())
        indent = " " * (sum(widths[:-1]) + len(GAP) * (len(widths) - 1))
        lines += [indent + more for more in folded[1:]]
    return lines


def _record_lines(titles: list[str], cells: list[list[str]]) -> list[str]:
    """A table that is too wide: a paragraph for each row."""
    width = max(map(len, titles))
    lines: list[str] = []
    for row in cells:
        lines += [""] if lines else []
        pairs = zip(titles, row, strict=True)
        lines += [f"{title:<{width}}{GAP}{text}" for title, text in pairs if text]
    return lines


def _justified(text: str, width: int, right: bool) -> str:
    return text.rjust(width) if right else text.ljust(width)


def _is_number(value: Any) -> bool:
    return value is None or (
        isinstance(value, int | Decimal) and not isinstance(value, bool | IntEnum)
    )


def _title(name: str) -> str:
    return name.removesuffix("_ns").replace("_", " ")


def _shown(name: str, value: Any, absent: str) -> str:
    """As people read it."""
    match value:
        case None | False:
            return absent
        case True:
            return "yes"
        case IntEnum():
            return value.name.lower() if value else absent
        case Decimal():
            return _decimal_text(value)
        case int() if name.endswith("_ns"):
            return time_text(value) if value else absent
        case int() if name not in IDS:
            return f"{value:,}"
        case Place():
            return _place_text(value)
        case MessageRate():
            return f"{value.per_second}:{value.burst}"
        case DuplicateFlow():
            return f"{value.window_ms}:{value.max_in_a_row}"
        case tuple() | list():
            return ",".join(_shown("", item, absent) for item in value)
        case _:
            return str(value)


def _decimal_text(value: Decimal) -> str:
    """With commas, without zeros at its end, but two decimals at least if there are any."""
    decimals = max(2, DIGITS - len(str(abs(int(value)))))
    whole, _, fraction = f"{value:,.{decimals}f}".partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction:0<2}" if fraction else whole


def _plain(value: Any) -> Any:
    """As JSON has it; a place as `cift market bust` takes it, a decimal as text."""
    match value:
        case Place():
            return _place_text(value)
        case IntEnum():
            return value.name.lower()
        case Decimal():
            return f"{value:f}"
        case tuple() | list():
            return [_plain(item) for item in value]
        case _ if is_dataclass(value) and not isinstance(value, type):
            return {name: _plain(item) for name, item in asdict(value).items()}
        case _:
            return value


def _place_text(place: Place) -> str:
    return f"{place.shard}.{place.sequence}.{place.index}"
