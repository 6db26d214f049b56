"""Comparison of what an exchange did with what a file says it must do."""

from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from cift.tools.orderfile import (
    ABSENT_PRICES,
    BookRows,
    ExpectedAuction,
    ExpectedTrade,
    Operation,
)

__all__ = ["Levels", "Verifier"]

SHOWN_MAX = 20
ORDERS_SHOWN_MAX = 5
"""Differences told one by one; more are only counted."""


class Levels:
    """One side of a level-2 book, kept from changes: price → quantity, 0 removes."""

    def __init__(self, *, descending: bool) -> None:
        self._sign = -1 if descending else 1
        self._quantities: dict[int, int] = {}
        self._keys: list[int] = []
        """Prices times the sign, ascending: best first."""

    def set(self, price: int, quantity: int) -> None:
        """Say what the level at `price` shows now."""
        if quantity:
            if price not in self._quantities:
                insort(self._keys, price * self._sign)
            self._quantities[price] = quantity
        elif self._quantities.pop(price, None) is not None:
            self._keys.remove(price * self._sign)

    def clear(self) -> None:
        """Forget every level."""
        self._quantities.clear()
        self._keys.clear()

    def top(self, levels: int) -> list[tuple[int, int]]:
        """Return the best levels as (price, quantity), best first."""
        return [
            (key * self._sign, self._quantities[key * self._sign]) for key in self._keys[:levels]
        ]


class Verifier:
    """Takes trades and books as they come and counts what differs from the expected ones."""

    def __init__(
        self,
        operations: Sequence[Operation],
        trades: Sequence[ExpectedTrade] | None = None,
        rows: BookRows | None = None,
        auctions: Sequence[ExpectedAuction] | None = None,
        *,
        price_factor: int = 1,
    ) -> None:
        self.expected_trades = trades
        self.expected_auctions = auctions
        self.auctions_equal = 0
        self.rows = rows
        self.levels = rows.levels if rows else 0
        self.trades_seen = 0
        self.trades_equal = 0
        self.rows_checked = 0
        self.rows_equal = 0
        self.mismatches = 0
        self.told: list[str] = []
        """The first differences, in words."""
        self._factor = price_factor
        self._actual: list[ExpectedTrade] = []
        self._uncrosses = [op.seq for op in operations if op.op == "uncross"]
        self._auction_trades: dict[int, list[ExpectedTrade]] = {s: [] for s in self._uncrosses}
        # The last operation of each row is where the row's book holds.
        self._row_ends = {op.row: op.seq for op in operations} if rows else {}

    @property
    def trades_expected(self) -> int:
        """Number of trades that there must be; those seen when no file says."""
        if self.expected_trades is None:
            return self.trades_seen
        return sum(trade.seq not in self._auction_trades for trade in self.expected_trades)

    @property
    def auctions_expected(self) -> int:
        """Number of auctions that there must be."""
        return len(self.expected_auctions or ())

    @property
    def rows_expected(self) -> int:
        """Number of rows that have operations."""
        return len(self._row_ends)

    def wants_book(self, operation: Operation) -> bool:
        """Say whether a book is compared after this operation."""
        return self._row_ends.get(operation.row) == operation.seq

    def trade(self, seq: int, maker_id: str, taker_id: str, price: int, quantity: int) -> None:
        """Take a trade in the order in which they happened; `price` in smallest units."""
        self.trades_seen += 1
        trade = ExpectedTrade(seq, maker_id, price, quantity, taker_id)
        if seq in self._auction_trades:
            self._auction_trades[seq].append(trade)
        elif self.expected_trades is not None:
            self._actual.append(trade)

    def book(
        self, row: int, bids: Iterable[tuple[int, int]], asks: Iterable[tuple[int, int]]
    ) -> None:
        """Compare the best levels, best first and in smallest price units, with those of `row`."""
        assert self.rows is not None
        self.rows_checked += 1
        actual = self._as_row(bids, asks)
        expected = self.rows.row(row)
        if actual == expected:
            self.rows_equal += 1
        else:
            self._tell(f"row {row}: book {_book_text(actual)}, expected {_book_text(expected)}")

    def finish(self) -> None:
        """Compare the trades and count the rows; call once, when all have been given."""
        if self.rows_checked != self.rows_expected:
            self._tell(f"{self.rows_checked} book rows were seen of {self.rows_expected}")
        if self.expected_auctions is not None:
            self._compare_auctions(self.expected_auctions)
        if self.expected_trades is None:
            return
        # Who traded with whom in an auction is nobody's fact: what each order got is.
        outside = [t for t in self.expected_trades if t.seq not in self._auction_trades]
        actual, expected = _by_operation(self._actual), _by_operation(outside)
        for seq in sorted(actual.keys() | expected.keys()):
            self._compare_trades(seq, actual.get(seq, []), expected.get(seq, []))

    def difference(self, text: str) -> None:
        """Count a difference that only the caller can see."""
        self._tell(text)

    def _compare_auctions(self, auctions: Sequence[ExpectedAuction]) -> None:
        if len(auctions) != len(self._uncrosses):
            self._tell(f"{len(self._uncrosses)} auctions, expected {len(auctions)}")
        for seq, wanted in zip(self._uncrosses, auctions, strict=False):
            trades = self._auction_trades[seq]
            fills: Counter[str] = Counter()
            for trade in trades:
                fills[trade.maker_id] += trade.quantity
                fills[trade.taker_id] += trade.quantity
            prices = sorted({trade.price for trade in trades})
            volume = sum(trade.quantity for trade in trades)
            at = [wanted.price * self._factor] if wanted.price else []
            if (prices, volume, fills) == (at, wanted.volume, Counter(wanted.fills)):
                self.auctions_equal += 1
                continue
            others = {*fills.items()} ^ {*wanted.fills.items()}
            names = sorted({name for name, quantity in others if quantity})
            self._tell(
                f"operation {seq}: auction of {volume} at {prices or 'no price'}, expected"
                f" {wanted.volume} at {wanted.price * self._factor}; other fills: "
                + (" ".join(names[:ORDERS_SHOWN_MAX]) or "none")
            )

    def _compare_trades(
        self, seq: int, actual: list[ExpectedTrade], expected: list[ExpectedTrade]
    ) -> None:
        for index in range(max(len(actual), len(expected))):
            got = actual[index] if index < len(actual) else None
            want = expected[index] if index < len(expected) else None
            if got and want:
                want = want._replace(price=want.price * self._factor)
                if got == want or got._replace(taker_id="") == want:
                    self.trades_equal += 1
                    continue
            self._tell(f"operation {seq}: trade {_trade_text(got)}, expected {_trade_text(want)}")

    def _as_row(
        self, bids: Iterable[tuple[int, int]], asks: Iterable[tuple[int, int]]
    ) -> list[int]:
        row = [ABSENT_PRICES[1], 0, ABSENT_PRICES[0], 0] * self.levels
        for offset, side in ((0, asks), (2, bids)):
            for level, (price, quantity) in enumerate(side):
                units = price // self._factor if price % self._factor == 0 else -price
                row[4 * level + offset] = units
                row[4 * level + offset + 1] = quantity
        return row

    def _tell(self, text: str) -> None:
        self.mismatches += 1
        if len(self.told) < SHOWN_MAX:
            self.told.append(text)


def _by_operation(trades: Iterable[ExpectedTrade]) -> dict[int, list[ExpectedTrade]]:
    grouped: dict[int, list[ExpectedTrade]] = defaultdict(list)
    for trade in trades:
        grouped[trade.seq].append(trade)
    return grouped


def _trade_text(trade: ExpectedTrade | None) -> str:
    if trade is None:
        return "none"
    taker = f" by {trade.taker_id}" if trade.taker_id else ""
    return f"{trade.quantity} at {trade.price} with {trade.maker_id}{taker}"


def _book_text(row: Sequence[int]) -> str:
    asks = [f"{row[i + 1]}@{row[i]}" for i in range(0, len(row), 4) if row[i + 1]]
    bids = [f"{row[i + 3]}@{row[i + 2]}" for i in range(0, len(row), 4) if row[i + 3]]
    return f"bids {' '.join(bids) or 'none'} asks {' '.join(asks) or 'none'}"
