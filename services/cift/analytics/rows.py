"""FILLS messages as columns: what the projections store, without a Python object per event.

A block is a run of whole FILLS messages. Its trades and executions are numpy columns over all its
events; the time and the sequence of a message are repeated for each of its events.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import cift_core
from cift.kit import frames
from cift.kit.layout import ExecType, Liquidity, Side

__all__ = [
    "Block",
    "Busts",
    "InstrumentRow",
    "OrderColumns",
    "Trades",
    "busts_of",
    "orders_of",
    "trades_of",
]

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class InstrumentRow:
    """An instrument as it took effect at a place of the log."""

    id: int
    symbol: str
    currency: str
    price_scale: int
    quantity_scale: int
    sequence: int


class Block:
    """Whole messages `first` to `last` of one shard's FILLS."""

    def __init__(self, shard: int, first: int, messages: Sequence[bytes]) -> None:
        if not messages:
            raise ValueError("a block holds at least one message")
        self.shard = shard
        self.first = first
        self.last = first + len(messages) - 1
        headers = [cift_core.header(message) for message in messages]
        events = [frames.events(message) for message in messages]
        counts = np.fromiter(map(len, events), np.int64, len(events))
        self.time_ns: int = headers[-1].time_ns
        self.state_hash: int = headers[-1].state_hash
        self.events: Array = np.concatenate(events)
        self.sequence: Array = np.repeat(np.arange(first, self.last + 1, dtype=np.int64), counts)
        self.event_time_ns: Array = np.repeat(
            np.fromiter((h.time_ns for h in headers), np.int64, len(headers)), counts
        )
        starts = np.cumsum(counts) - counts
        self.index: Array = np.arange(len(self.events), dtype=np.int64) - np.repeat(starts, counts)
        self.instruments = [
            _instrument(row, first + place)
            for place, message in enumerate(messages)
            for row in frames.instruments(message)
        ]


@dataclass(frozen=True, slots=True)
class Trades:
    """The trades of a block, one row each, by place: the taker's events.

    In an auction nobody takes: the buyer stands for the taker, and the aggressor's side is 0.
    """

    shard: int
    sequence: Array
    event_index: Array
    time_ns: Array
    instrument: Array
    match_id: Array
    price: Array
    quantity: Array
    aggressor_side: Array
    taker_order_id: Array
    maker_order_id: Array

    def __len__(self) -> int:
        return len(self.sequence)


@dataclass(frozen=True, slots=True)
class Busts:
    """The trades that were undone in a block, one row each, by place: the buyers' events."""

    shard: int
    sequence: Array
    event_index: Array
    time_ns: Array
    instrument: Array
    match_id: Array
    price: Array
    quantity: Array

    def __len__(self) -> int:
        return len(self.sequence)


def trades_of(block: Block) -> Trades:
    """Pick the trades: each is two events with one match id, the taker's before the maker's."""
    events = block.events
    traded = events["exec_type"] == ExecType.TRADE
    liquidity, buys = events["liquidity"], events["side"] == Side.BUY
    auction = liquidity == Liquidity.AUCTION
    takers = np.flatnonzero(traded & ((liquidity == Liquidity.TAKER) | auction & buys))
    makers = np.flatnonzero(traded & ((liquidity == Liquidity.MAKER) | auction & ~buys))
    taken, made = events[takers], events[makers]
    if not np.array_equal(taken["match_id"], made["match_id"]):
        raise ValueError(f"FILLS {block.first} to {block.last}: trades are not pairs of events")
    return Trades(
        shard=block.shard,
        sequence=block.sequence[takers],
        event_index=block.index[takers],
        time_ns=block.event_time_ns[takers],
        instrument=taken["instrument"],
        match_id=taken["match_id"],
        price=taken["last_price"],
        quantity=taken["last_quantity"],
        aggressor_side=np.where(auction[takers], 0, taken["side"]),
        taker_order_id=taken["order_id"],
        maker_order_id=made["order_id"],
    )


def busts_of(block: Block) -> Busts:
    """Pick the trades that were undone: of the two sides' events the buyer's tells of both."""
    events = block.events
    undone = (events["exec_type"] == ExecType.TRADE_BUST) & (events["side"] == Side.BUY)
    places = np.flatnonzero(undone)
    busts = events[places]
    return Busts(
        shard=block.shard,
        sequence=block.sequence[places],
        event_index=block.index[places],
        time_ns=block.event_time_ns[places],
        instrument=busts["instrument"],
        match_id=busts["match_id"],
        price=busts["last_price"],
        quantity=busts["last_quantity"],
    )


@dataclass(frozen=True, slots=True)
class OrderColumns:
    """The orders that a block touched: places of their first and last event in the block."""

    first: Array
    last: Array


def orders_of(block: Block) -> OrderColumns:
    """Find each order once; refusals and busts are no part of an order's life and don't count."""
    events = block.events
    refused = np.isin(events["exec_type"], (ExecType.REJECTED, ExecType.CANCEL_REJECTED))
    places = np.flatnonzero(~refused & (events["order_sequence"] > 0))
    ids = events["order_id"][places]
    _, first = np.unique(ids, return_index=True)
    _, from_end = np.unique(ids[::-1], return_index=True)
    return OrderColumns(first=places[first], last=places[len(ids) - 1 - from_end])


def _instrument(row: Any, sequence: int) -> InstrumentRow:
    return InstrumentRow(
        id=int(row["id"]),
        symbol=row["symbol"].decode("ascii"),
        currency=row["currency"].decode("ascii"),
        price_scale=int(row["price_scale"]),
        quantity_scale=int(row["quantity_scale"]),
        sequence=sequence,
    )
