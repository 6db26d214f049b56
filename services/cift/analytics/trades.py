"""Trades in ClickHouse: how they get there, and the sums over them, exact.

The rows come from FILLS in blocks of whole messages; a block is one insert and one part, there or
not there. Match ids count without gaps, so `count = highest match id` proves that nothing is
missing and nothing is twice; it is checked whenever the store is opened, and every block must go on
at the next id.

A trade that was undone stays in the table and in every sum, as it was told; the table of busts
names it.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cift.analytics.projector import Place, StoreUnavailable
from cift.analytics.rows import Block, Busts, InstrumentRow, Trades, busts_of, trades_of
from cift.kit.logging import get_logger
from cift.kit.stores.clickhouse import ClickHouse, ClickHouseError

__all__ = ["BarRow", "Sums", "TradeStore"]

PROGRESS_SECONDS = 2.0
"""Without trades the place is written at most so often: an insert costs several milliseconds."""

log = get_logger("trades")


@dataclass(frozen=True, slots=True)
class Sums:
    """What trading in a range amounted to, in units of the instrument's scales."""

    volume: int
    notional: int
    trade_count: int


@dataclass(frozen=True, slots=True)
class BarRow:
    """One interval with trades, in units of the instrument's scales."""

    start_time_ns: int
    open: int
    high: int
    low: int
    close: int
    sums: Sums


class TradeStore:
    """The projection of one shard's trades; a `ProjectionStore` that also answers questions."""

    name = "trades"

    def __init__(self, database: ClickHouse, *, shard: int) -> None:
        self._database = database
        self._shard = shard
        self._instruments: dict[str, InstrumentRow] = {}
        self._through = 0
        self._match_id = 0
        self._progress_at = 0.0

    async def open(self) -> Place:
        """Read the place from the tables, after a check that they are whole."""
        try:
            return await self._open()
        except ClickHouseError as error:
            raise StoreUnavailable(str(error)) from error

    async def close(self) -> None:
        """Nothing to give back: the database lives as long as the process."""

    async def apply(self, block: Block) -> None:
        """Insert the block's instruments and busts, then its trades, then the place."""
        trades, busts = await asyncio.to_thread(_read, block)
        self._check_continues(trades)
        try:
            await self._insert(block, trades, busts)
        except ClickHouseError as error:
            raise StoreUnavailable(str(error)) from error
        for row in block.instruments:
            self._instruments[row.symbol] = row
        self._through = block.last

    async def clear(self) -> None:
        """Delete the shard's rows."""
        try:
            for table in ("progress", "trades", "trade_busts", "instruments"):
                await self._database.command(
                    f"ALTER TABLE {table} DELETE WHERE shard = {self._shard:d}"
                    " SETTINGS mutations_sync = 2"
                )
        except ClickHouseError as error:
            raise StoreUnavailable(str(error)) from error
        self._instruments.clear()

    @property
    def through_sequence(self) -> int:
        """Every trade up to this journal sequence is counted, none after it."""
        return self._through

    def instrument(self, symbol: str) -> InstrumentRow | None:
        """The instrument of a symbol, None when there is none."""
        return self._instruments.get(symbol)

    async def sums(self, instrument: int, start_ns: int, end_ns: int | None) -> tuple[Sums, int]:
        """Sum the trades of a range; also the journal sequence up to which they are counted."""
        through = self._through
        rows = await self._database.query(
            f"SELECT {SUMS} FROM trades WHERE {RANGE}",
            self._range(instrument, start_ns, end_ns, through),
        )
        volume, notional, count = rows[0]
        return Sums(volume, notional, count), through

    async def bars(
        self, instrument: int, start_ns: int, end_ns: int | None, interval_ns: int, limit: int
    ) -> tuple[list[BarRow], int]:
        """Up to `limit` intervals with trades, oldest first, each on a multiple of its length."""
        through = self._through
        rows = await self._database.query(
            "SELECT intDiv(time_ns, {interval:Int64}) AS bar, argMin(price, match_id), max(price),"
            f" min(price), argMax(price, match_id), {SUMS} FROM trades WHERE {RANGE}"
            " GROUP BY bar ORDER BY bar LIMIT {limit:UInt32}",
            self._range(instrument, start_ns, end_ns, through)
            | {"interval": interval_ns, "limit": limit},
        )
        return [
            BarRow(bar * interval_ns, first, high, low, last, Sums(volume, notional, count))
            for bar, first, high, low, last, volume, notional, count in rows
        ], through

    def _range(
        self, instrument: int, start_ns: int, end_ns: int | None, through: int
    ) -> dict[str, int]:
        return {
            "instrument": instrument,
            "start": start_ns,
            "end": MAX_TIME_NS if end_ns is None else end_ns,
            "through": through,
        }

    async def _open(self) -> Place:
        query, shard = self._database.query, {"shard": self._shard}
        (count, match_id, sequence) = (
            await query(
                "SELECT count(), max(match_id), max(sequence) FROM trades"
                " WHERE shard = {shard:UInt8}",
                shard,
            )
        )[0]
        if count != match_id:
            log.error("trades are not whole, building anew", rows=count, highest=match_id)
            await self.clear()
            return await self._open()
        progress = await query(
            "SELECT sequence, state_hash FROM progress WHERE shard = {shard:UInt8}"
            " ORDER BY sequence DESC LIMIT 1",
            shard,
        )
        instruments = await query(
            "SELECT id, symbol, currency, price_scale, quantity_scale, sequence"
            " FROM instruments FINAL ORDER BY id",
            {},
        )
        self._instruments = {row[1]: InstrumentRow(*row) for row in instruments}
        self._match_id = match_id
        place = Place(sequence)
        if progress and progress[0][0] >= sequence:
            place = Place(*progress[0])
        self._through = place.sequence
        return place

    def _check_continues(self, trades: Trades) -> None:
        if not len(trades):
            return
        first, last = int(trades.match_id[0]), int(trades.match_id[-1])
        if first != self._match_id + 1 or last != self._match_id + len(trades):
            raise ValueError(
                f"trades {first} to {last} ({len(trades)}) do not go on after {self._match_id}: "
                "the tables and FILLS do not belong together; start with --rebuild"
            )

    async def _insert(self, block: Block, trades: Trades, busts: Busts) -> None:
        # The trades say where the table ends, so what may come twice without harm goes first.
        await self._insert_rows("instruments", block.instruments, InstrumentRow.__slots__)
        await self._insert_columns("trade_busts", busts)
        await self._insert_columns("trades", trades)
        if len(trades):
            self._match_id = int(trades.match_id[-1])
        now = asyncio.get_running_loop().time()
        if (
            len(trades)
            or len(busts)
            or block.instruments
            or now - self._progress_at > PROGRESS_SECONDS
        ):
            self._progress_at = now
            await self._database.insert(
                "progress",
                {
                    "shard": [self._shard],
                    "sequence": [block.last],
                    "time_ns": [block.time_ns],
                    "state_hash": [block.state_hash],
                },
            )

    async def _insert_rows(
        self, table: str, rows: Sequence[InstrumentRow], names: Iterable[str]
    ) -> None:
        if rows:
            columns = {name: [getattr(row, name) for row in rows] for name in names}
            await self._database.insert(table, columns | {"shard": [self._shard] * len(rows)})

    async def _insert_columns(self, table: str, rows: Trades | Busts) -> None:
        if len(rows):
            columns = {name: getattr(rows, name) for name in rows.__slots__ if name != "shard"}
            await self._database.insert(table, columns | {"shard": [self._shard] * len(rows)})


def _read(block: Block) -> tuple[Trades, Busts]:
    return trades_of(block), busts_of(block)


MAX_TIME_NS = (1 << 63) - 1
# Wider than the columns: a sum of 64 bits would come round without a word.
SUMS = "sum(toInt128(quantity)), sum(toInt128(price) * quantity), count()"
RANGE = (
    "instrument = {instrument:UInt32} AND time_ns >= {start:Int64} AND time_ns < {end:Int64}"
    " AND sequence <= {through:UInt64}"
)
