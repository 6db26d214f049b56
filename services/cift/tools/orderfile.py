"""The order-replay format: operations of a venue's day and the results they must have.

Files are CSV with a header, plain or packed as `.zst`. Prices are integers in the instrument's
`price_unit`; quantities are decimals of its unit. A file that does not read is an `OrderFileError`
naming file and line.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple, TextIO

import zstandard

from cift.kit.decimals import parse, render

__all__ = [
    "BookRows",
    "ExpectedAuction",
    "ExpectedTrade",
    "InstrumentFile",
    "Operation",
    "OrderFile",
    "OrderFileError",
    "open_text",
    "read_auctions",
    "read_book_rows",
    "read_instrument",
    "read_operations",
    "read_order_file",
    "read_trades",
]

SESSION_OPERATIONS = ("auction_start", "uncross")
OPERATIONS = ("new", "amend", "cancel", *SESSION_OPERATIONS)
TIMES_IN_FORCE = {
    "GTC": "gtc",
    "DAY": "day",
    "IOC": "ioc",
    "FOK": "fok",
    "GFA": "good_for_auction",
    "ATO": "at_the_open",
    "ATC": "at_the_close",
}
"""What a file says, and the core's word for it."""
ABSENT_PRICES = (-9999999999, 9999999999)
"""What LOBSTER writes as the price of a level that does not exist, bids' first."""


class OrderFileError(Exception):
    """A file that is not in the format, or asks for what this build does not do."""


class Operation(NamedTuple):
    """One line of an orders file."""

    seq: int
    row: int
    op: str
    """`new`, `amend` (to an open quantity, and a price if it differs) or `cancel`; of the whole
    market `auction_start`, and `uncross`, whose price, if any, is the auction's reference."""
    id: str
    side: str
    """`buy` or `sell`; may be empty on amend and cancel."""
    tif: str
    price: int
    """In price units; 0: a market order, or unchanged."""
    quantity: int
    """In units of the instrument's quantity scale."""


class ExpectedTrade(NamedTuple):
    """A trade, by the operation that caused it and the resting order's id."""

    seq: int
    maker_id: str
    price: int
    quantity: int
    taker_id: str = ""
    """Empty: not stated."""


class ExpectedAuction(NamedTuple):
    """An auction: where it trades and what each order gets."""

    price: int
    """In price units; 0: nothing trades."""
    volume: int
    fills: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class InstrumentFile:
    """The instrument of a file; decimals as they stand there."""

    symbol: str = "REPLAY"
    currency: str = "USD"
    price_unit: Decimal = Decimal(1)
    tick: Decimal = Decimal(1)
    lot: Decimal = Decimal(1)

    @property
    def price_scale(self) -> int:
        """Decimals of a price."""
        return max(_decimals(self.price_unit), _decimals(self.tick))

    @property
    def quantity_scale(self) -> int:
        """Decimals of a quantity."""
        return _decimals(self.lot)

    @property
    def price_factor(self) -> int:
        """Smallest units of the price scale in one price unit of the file."""
        return int(self.price_unit.scaleb(self.price_scale))

    @property
    def tick_units(self) -> int:
        """The tick in price units of the scale."""
        return int(self.tick.scaleb(self.price_scale))

    @property
    def lot_units(self) -> int:
        """The lot in quantity units of the scale."""
        return int(self.lot.scaleb(self.quantity_scale))

    def price_text(self, price: int) -> str:
        """Write a price of the file as the decimal that the wire carries."""
        return render(price * self.price_factor, self.price_scale)

    def quantity_text(self, quantity: int) -> str:
        """Write a quantity of an operation as a decimal."""
        return render(quantity, self.quantity_scale)


@dataclass(frozen=True, slots=True)
class OrderFile:
    """Operations with their instrument."""

    path: Path
    instrument: InstrumentFile
    operations: Sequence[Operation]

    @property
    def sessions(self) -> dict[int, str]:
        """What each operation on the whole market, by `seq`, takes it to.

        A file does not say which auction begins: the first is the opening, the last of several the
        closing one.
        """
        starts = [op.seq for op in self.operations if op.op == "auction_start"]
        found = dict.fromkeys(starts, "volatility_auction")
        found |= dict.fromkeys(starts[-1:], "closing_auction")
        found |= dict.fromkeys(starts[:1], "opening_auction")
        return found | {op.seq: "continuous" for op in self.operations if op.op == "uncross"}


class BookRows:
    """Expected books: line r holds the best levels after the last operation of row r."""

    def __init__(self, path: Path, lines: Sequence[str], levels: int) -> None:
        self.path = path
        self.levels = levels
        self._lines = lines
        columns = lines[0].count(",") + 1 if lines else 0
        if columns % 4 or columns < 4 * levels:
            raise OrderFileError(
                f"{path}: {columns} columns are {columns / 4:g} levels, not the {levels} asked for"
            )

    def __len__(self) -> int:
        return len(self._lines)

    def row(self, number: int) -> list[int]:
        """Return ask price, ask quantity, bid price, bid quantity of each level, best first."""
        if not 1 <= number <= len(self._lines):
            raise OrderFileError(f"{self.path}: there is no row {number} among {len(self)}")
        try:
            row = [int(v or 0) for v in self._lines[number - 1].split(",")[: 4 * self.levels]]
        except ValueError as error:
            raise OrderFileError(f"{self.path}:{number}: {error}") from error
        for place in range(0, len(row), 4):
            if not row[place + 1]:
                row[place] = ABSENT_PRICES[1]
            if not row[place + 3]:
                row[place + 2] = ABSENT_PRICES[0]
        return row


def open_text(path: Path) -> TextIO:
    """Open a plain or `.zst` file, read whole, as text."""
    try:
        raw = path.read_bytes()
        text = (_unpacked(raw) if path.suffix == ".zst" else raw).decode()
    except OSError as error:
        raise OrderFileError(f"{path}: {error.strerror}") from error
    except (zstandard.ZstdError, UnicodeDecodeError) as error:
        raise OrderFileError(f"{path}: {error}") from error
    return io.StringIO(text, newline="")


def _unpacked(raw: bytes) -> bytes:
    """Unpack every frame; one that is cut short is an error, not an end."""
    parts = []
    while raw:
        frame = zstandard.ZstdDecompressor().decompressobj()
        parts.append(frame.decompress(raw))
        if not frame.eof:
            raise zstandard.ZstdError("the packed file is cut short")
        raw = frame.unused_data
    return b"".join(parts)


def read_instrument(path: Path) -> InstrumentFile:
    """Read an `*.instrument.json`; every field may be left out."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        default = InstrumentFile()
        instrument = InstrumentFile(
            symbol=str(document.get("symbol", default.symbol)),
            currency=str(document.get("currency", default.currency)),
            price_unit=Decimal(document.get("price_unit", 1)),
            tick=Decimal(document.get("tick", 1)),
            lot=Decimal(document.get("lot", 1)),
        )
    except OSError as error:
        raise OrderFileError(f"{path}: {error.strerror}") from error
    except (AttributeError, ValueError, TypeError, InvalidOperation) as error:
        raise OrderFileError(f"{path}: not an instrument: {error}") from error
    for value in (instrument.price_unit, instrument.tick, instrument.lot):
        if not value.is_finite() or value <= 0:
            raise OrderFileError(f"{path}: price_unit, tick and lot must be above 0")
    return instrument


def read_order_file(path: Path, instrument_path: Path | None = None) -> OrderFile:
    """Read operations with the instrument named, or the `*.instrument.json` beside them."""
    if instrument_path is None:
        beside = path.parent / (path.name.partition("_orders.csv")[0] + ".instrument.json")
        instrument_path = beside if beside.exists() else None
    instrument = read_instrument(instrument_path) if instrument_path else InstrumentFile()
    return OrderFile(path, instrument, list(read_operations(path, instrument.quantity_scale)))


def read_operations(path: Path, quantity_scale: int = 0) -> Iterator[Operation]:
    """Yield the operations of a file in order, quantities in units of 10^-quantity_scale."""
    columns = ("seq", "row", "op", "id", "side", "tif", "price", "qty")
    for line, (seq, row, op, name, side, tif, price, qty) in _rows(path, columns):
        if op not in OPERATIONS:
            raise OrderFileError(f"{path}:{line}: operation {op!r} is not known")
        if op == "new" and (side not in ("buy", "sell") or tif not in TIMES_IN_FORCE):
            raise OrderFileError(f"{path}:{line}: side {side!r} or tif {tif!r} is not known")
        try:
            quantity = _units(qty, quantity_scale) if qty else 0
            yield Operation(int(seq), int(row), op, name, side, tif, int(price or 0), quantity)
        except ValueError as error:
            raise OrderFileError(f"{path}:{line}: {error}") from error


def read_trades(path: Path, quantity_scale: int = 0) -> list[ExpectedTrade]:
    """Read the expected trades of a file in order."""
    trades = []
    columns = ("seq", "maker_id", "price", "qty", "taker_id?")
    for line, (seq, maker, price, qty, taker) in _rows(path, columns):
        try:
            quantity = _units(qty, quantity_scale)
            trades.append(ExpectedTrade(int(seq), maker, int(price), quantity, taker))
        except ValueError as error:
            raise OrderFileError(f"{path}:{line}: {error}") from error
    return trades


def read_auctions(path: Path, quantity_scale: int = 0) -> list[ExpectedAuction]:
    """Read the expected auctions of a file, in the order in which they stand there."""
    found: dict[str, ExpectedAuction] = {}
    fills: dict[str, dict[str, int]] = {}
    columns = ("auction", "price", "volume", "order_id", "filled_qty")
    for line, (name, price, volume, order, filled) in _rows(path, columns):
        try:
            own = fills.setdefault(name, {})
            if order:
                own[order] = _units(filled, quantity_scale)
            auction = ExpectedAuction(int(price or 0), _units(volume or "0", quantity_scale), own)
        except ValueError as error:
            raise OrderFileError(f"{path}:{line}: {error}") from error
        if found.setdefault(name, auction)[:2] != auction[:2]:
            raise OrderFileError(f"{path}:{line}: auction {name} has another price or volume")
    return list(found.values())


def read_book_rows(path: Path, levels: int) -> BookRows:
    """Read expected books, `levels` deep."""
    with open_text(path) as file:
        return BookRows(path, file.read().splitlines(), levels)


def _rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield (line number, values of `columns`), found by the header; `name?` may be missing."""
    with open_text(path) as file:
        reader = csv.reader(file)
        header = next(reader, [])
        missing = [c for c in columns if not c.endswith("?") and c not in header]
        if missing:
            raise OrderFileError(f"{path}:1: the header lacks {', '.join(missing)}")
        names = [c.removesuffix("?") for c in columns]
        places = [header.index(n) if n in header else len(header) for n in names]
        for line, row in enumerate(reader, start=2):
            if len(row) != len(header):
                raise OrderFileError(f"{path}:{line}: {len(row)} columns, not {len(header)}")
            row.append("")
            yield line, tuple([row[p] for p in places])


def _units(text: str, scale: int) -> int:
    return parse(text, scale) if "." in text else int(text) * 10**scale


def _decimals(value: Decimal) -> int:
    return max(0, -int(value.normalize().as_tuple().exponent))
