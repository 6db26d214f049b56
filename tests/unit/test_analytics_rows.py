"""FILLS as columns, and columns as binary COPY, on frames that the core made."""

import struct

import asyncpg
import numpy as np
import pytest

from cift.analytics.copy_binary import copy_bytes
from cift.analytics.executions import ExecutionStore
from cift.analytics.projector import StoreUnavailable
from cift.analytics.rows import Block, busts_of, orders_of, trades_of
from cift.kit.layout import ExecType, Side, TimeInForce
from tests.support.journal import Journal, auction, bust, cancel, new


@pytest.fixture
def journal() -> Journal:
    """Two accounts that traded, in three messages after the reference data."""
    made = Journal()
    made.reference()
    made.send(new("b1", Side.BUY, 100, 1000), new("b2", Side.BUY, 50, 990, instrument=2))
    made.send(new("s1", Side.SELL, 30, 995, account=2), new("s2", Side.SELL, 90, 990, account=2))
    made.send(cancel(_order_id(3, 1), account=2), cancel(_order_id(2, 1), instrument=2))
    return made


def _order_id(sequence: int, index: int) -> int:
    return sequence << 13 | index


@pytest.mark.parametrize(
    "error", [asyncpg.InternalClientError("no data"), OSError("gone"), TimeoutError()]
)
async def test_a_database_that_goes_away_is_waited_for(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(*_args: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr(asyncpg, "connect", lost)
    with pytest.raises(StoreUnavailable, match=type(error).__name__):
        await ExecutionStore("postgresql://nowhere/x", shard=1).open()


def test_a_block_repeats_time_and_sequence_for_each_event(journal: Journal) -> None:
    block = Block(0, 1, journal.fills)
    assert (block.first, block.last) == (1, 4)
    counts = {s: int((block.sequence == s).sum()) for s in range(1, 5)}
    assert counts[1] == 0
    assert counts[2] == 2
    for sequence in (2, 3, 4):
        own = block.sequence == sequence
        assert block.index[own].tolist() == list(range(counts[sequence]))
        assert np.unique(block.event_time_ns[own]).tolist() == [
            1_700_000_000 * 10**9 + sequence * 10**9
        ]


def test_instruments_come_with_their_place(journal: Journal) -> None:
    block = Block(0, 1, journal.fills)
    assert [(i.id, i.symbol, i.price_scale, i.sequence) for i in block.instruments] == [
        (1, "AAA", 2, 1),
        (2, "BBB", 2, 1),
    ]
    assert Block(0, 2, journal.fills[1:]).instruments == []


def test_a_trade_is_one_row_at_the_resting_price(journal: Journal) -> None:
    trades = trades_of(Block(0, 1, journal.fills))
    assert trades.match_id.tolist() == [1, 2]
    assert trades.price.tolist() == [1000, 1000]
    assert trades.quantity.tolist() == [30, 70]
    assert trades.aggressor_side.tolist() == [Side.SELL, Side.SELL]
    assert trades.taker_order_id.tolist() == [_order_id(3, 0), _order_id(3, 1)]
    assert trades.maker_order_id.tolist() == [_order_id(2, 0)] * 2
    assert trades.sequence.tolist() == [3, 3]


def test_nobody_takes_in_an_auction(journal: Journal) -> None:
    before = len(journal.fills)
    auction(journal)
    trades = trades_of(Block(0, 1, journal.fills))
    assert trades.match_id.tolist() == [1, 2, 3]
    assert trades.quantity.tolist()[-1] == 5
    assert trades.aggressor_side.tolist() == [Side.SELL, Side.SELL, 0]
    # The buyer stands for the taker.
    assert trades.taker_order_id.tolist()[-1] == _order_id(before + 2, 0)
    assert trades.maker_order_id.tolist()[-1] == _order_id(before + 2, 1)


def test_a_bust_is_one_row_and_no_part_of_an_orders_life(journal: Journal) -> None:
    frame = bust(journal, 2)
    block = Block(0, len(journal.fills), [frame])
    assert [int(kind) for kind in block.events["exec_type"]] == [ExecType.TRADE_BUST] * 2
    busts = busts_of(block)
    assert (busts.match_id.tolist(), busts.price.tolist(), busts.quantity.tolist()) == (
        [2],
        [1000],
        [70],
    )
    assert (busts.sequence.tolist(), busts.event_index.tolist()) == ([len(journal.fills)], [0])
    assert len(trades_of(block)) == len(orders_of(block).last) == 0


def test_an_order_is_found_once_with_its_first_and_last_event(journal: Journal) -> None:
    block = Block(0, 1, journal.fills)
    orders = orders_of(block)
    last = block.events[orders.last]
    assert last["order_id"].tolist() == [
        _order_id(2, 0),
        _order_id(2, 1),
        _order_id(3, 0),
        _order_id(3, 1),
    ]
    assert last["exec_type"].tolist() == [
        ExecType.TRADE,
        ExecType.CANCELED,
        ExecType.TRADE,
        ExecType.CANCELED,
    ]
    assert (block.events[orders.first]["exec_type"] == ExecType.NEW).all()


def test_refusals_are_no_orders(journal: Journal) -> None:
    journal.send(cancel(_order_id(2, 1), instrument=2), new("x", Side.BUY, 0, 5))
    block = Block(0, 5, journal.fills[4:])
    assert len(block.events) == 2
    assert len(orders_of(block).last) == 0


def test_a_killed_fill_or_kill_leaves_no_trade(journal: Journal) -> None:
    fok = new("f", Side.BUY, 10, 10, time_in_force=TimeInForce.FOK)
    block = Block(0, 5, [journal.send(fok)])
    assert len(trades_of(block)) == 0
    assert len(orders_of(block).last) == 1


def test_binary_copy_is_what_postgresql_documents() -> None:
    columns = {
        "a": ("int4", np.array([1, -2])),
        "b": ("text", np.array([b"xy", b"z"], "S3")),
        "c": ("int8", np.array([1 << 63, 5], np.uint64)),
    }
    data = copy_bytes(2, columns)
    rows = [(1, b"xy ", -(1 << 63)), (-2, b"z  ", 5)]
    expected = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
    for a, b, c in rows:
        expected += struct.pack(">hii", 3, 4, a) + struct.pack(">i", 3) + b
        expected += struct.pack(">iq", 8, c)
    assert data == expected + b"\xff\xff"
