"""FILLS into ClickHouse and PostgreSQL: every row once, over restarts, cuts and rebuilds."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import numpy as np
import pytest

from cift.analytics.executions import ExecutionStore
from cift.analytics.projector import Projector
from cift.analytics.rows import Block, trades_of
from cift.analytics.service import Analytics
from cift.analytics.trades import TradeStore
from cift.analytics.v1 import analytics_service_pb2 as pb
from cift.kit.bus import Bus, LogSettings, ensure_logs, shard_logs
from cift.kit.errors import InvalidArgument, NotFound, Unavailable
from cift.kit.layout import OrdType, Side
from cift.kit.stores.clickhouse import ClickHouse, ClickHouseError, read_statements
from tests.support.journal import START_NS, STEP_NS, Journal, auction, bust, new, random_flow
from tests.support.nats import NatsServer

LOGS = shard_logs(0)
CALL: Any = None
"""Analytics' handlers do not look at the call."""
EXECUTIONS = "SELECT * FROM executions ORDER BY shard, sequence, index"
ORDERS = "SELECT * FROM orders ORDER BY order_id"


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[Bus]:
    """A connection to a nats-server of this test's own, with its logs made."""
    with NatsServer(tmp_path / "nats") as server:
        bus = Bus(server.url, "test")
        await bus.start()
        await ensure_logs(bus, LOGS, LogSettings())
        yield bus
        await bus.stop()


@pytest.fixture
async def clickhouse(tmp_path: Path, repository: Path) -> AsyncIterator[ClickHouse]:
    """An engine in a folder of this test's own, whose name has a space."""
    schema = read_statements(repository / "deploy" / "clickhouse" / "schema.sql")
    database = ClickHouse("", tmp_path / "click house", schema=schema)
    await database.start()
    yield database
    await database.stop()


@pytest.fixture(scope="module")
def flow() -> Journal:
    """Some thousand events, among them hundreds of trades."""
    journal = Journal()
    journal.reference()
    random_flow(journal, 400, seed=7)
    return journal


async def publish(bus: Bus, frames: list[bytes]) -> None:
    """Store frames in FILLS, in order."""
    for frame in frames:
        assert b"error" not in await bus.request("orders.fills._venue", frame)


@contextlib.asynccontextmanager
async def projecting(bus: Bus, store: Any, **options: Any) -> AsyncIterator[Projector]:
    """A projector at work; a fault fails the test."""
    faults: list[BaseException] = []
    projector = Projector(bus, LOGS, store, pause_seconds=0.01, on_fault=faults.append, **options)
    await projector.start()
    try:
        yield projector
    finally:
        await projector.stop()
        assert faults == []


def reached(projector: Projector, sequence: int) -> bool:
    """Whether everything up to a sequence is stored."""
    return projector.sequence == sequence


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for what happens elsewhere."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def expected_trades(journal: Journal) -> list[tuple[int, ...]]:
    """What the table of trades must hold."""
    trades = trades_of(Block(0, 1, journal.fills))
    columns = (trades.match_id, trades.sequence, trades.instrument, trades.price, trades.quantity)
    return list(zip(*(column.tolist() for column in columns), strict=True))


async def stored_trades(clickhouse: ClickHouse) -> list[tuple[Any, ...]]:
    """What it holds."""
    return await clickhouse.query(
        "SELECT match_id, sequence, instrument, price, quantity FROM trades ORDER BY match_id", {}
    )


async def test_trades_are_there_once_over_restarts_and_a_rebuild(
    bus: Bus, clickhouse: ClickHouse, flow: Journal
) -> None:
    sent = 0
    for cut in (1, 150, 300, len(flow.fills)):
        async with projecting(bus, TradeStore(clickhouse, shard=0)) as projector:
            await until(partial(reached, projector, sent))
            await publish(bus, flow.fills[sent:cut])
            await until(partial(reached, projector, cut))
        sent = cut
    expected = expected_trades(flow)
    assert len(expected) > 300
    assert await stored_trades(clickhouse) == expected
    store = TradeStore(clickhouse, shard=0)
    async with projecting(bus, store, rebuild=True) as projector:
        await until(lambda: projector.sequence == len(flow.fills))
        assert store.through_sequence == len(flow.fills)
    assert await stored_trades(clickhouse) == expected


async def test_a_table_that_is_not_whole_is_built_anew(
    bus: Bus, clickhouse: ClickHouse, flow: Journal
) -> None:
    await publish(bus, flow.fills)
    async with projecting(bus, TradeStore(clickhouse, shard=0)) as projector:
        await until(lambda: projector.sequence == len(flow.fills))
    await clickhouse.command(
        "ALTER TABLE trades DELETE WHERE match_id = 5 SETTINGS mutations_sync = 2"
    )
    async with projecting(bus, TradeStore(clickhouse, shard=0)) as projector:
        await until(lambda: projector.sequence == len(flow.fills))
    assert await stored_trades(clickhouse) == expected_trades(flow)


async def test_one_process_at_a_time_uses_the_folder(
    clickhouse: ClickHouse, tmp_path: Path
) -> None:
    second = ClickHouse("", tmp_path / "click house")
    with pytest.raises(ClickHouseError, match="used by another process"):
        await second.start()


async def test_answers_are_exact(bus: Bus, clickhouse: ClickHouse, flow: Journal) -> None:
    await publish(bus, flow.fills)
    store = TradeStore(clickhouse, shard=0)
    analytics = Analytics(store, current=lambda: True)
    async with projecting(bus, store) as projector:
        await until(lambda: projector.sequence == len(flow.fills))
    trades = trades_of(Block(0, 1, flow.fills))
    start, end = START_NS + 100 * STEP_NS, START_NS + 250 * STEP_NS
    inside = (trades.instrument == 2) & (trades.time_ns >= start) & (trades.time_ns < end)
    price, quantity = trades.price[inside].tolist(), trades.quantity[inside].tolist()
    notional = sum(p * q for p, q in zip(price, quantity, strict=True))

    wanted: Any = {"symbol": "BBB", "start_time_ns": start, "end_time_ns": end}
    volume = await analytics.get_volume(pb.GetVolumeRequest(**wanted), CALL)
    assert (volume.volume, volume.trade_count) == (str(sum(quantity)), len(quantity))
    assert volume.notional == f"{notional // 100}.{notional % 100:02}"
    assert volume.through_sequence == len(flow.fills)

    vwap = await analytics.get_vwap(pb.GetVwapRequest(**wanted), CALL)
    exact = Fraction(notional, sum(quantity)) / 100
    assert vwap.vwap == f"{round(exact * 10**6) / 10**6:.6f}"
    none = await analytics.get_vwap(pb.GetVwapRequest(symbol="BBB", end_time_ns=1), CALL)
    assert (none.vwap, none.volume) == ("", "0")

    bars, token = [], ""
    while True:
        request = pb.ListBarsRequest(**wanted, interval_s=7, page_size=5, page_token=token)
        page = await analytics.list_bars(request, CALL)
        bars += page.bars
        token = page.next_page_token
        if not token:
            break
    times = trades.time_ns[inside] // (7 * 10**9) * (7 * 10**9)
    assert [bar.start_time_ns for bar in bars] == np.unique(times).tolist()
    for bar in bars:
        own = [p for p, t in zip(price, times.tolist(), strict=True) if t == bar.start_time_ns]
        shown = (bar.open, bar.high, bar.low, bar.close)
        assert shown == tuple(
            f"{p // 100}.{p % 100:02}" for p in (own[0], max(own), min(own), own[-1])
        )
        assert bar.trade_count == len(own)


async def test_sums_hold_what_64_bits_do_not(clickhouse: ClickHouse) -> None:
    rows, quantity, price = 10, 10**18, 10**12
    ones, numbers = [1] * rows, list(range(1, rows + 1))
    columns = dict.fromkeys(("instrument", "aggressor_side", "taker_order_id"), ones)
    columns |= dict.fromkeys(("match_id", "sequence", "time_ns", "maker_order_id"), numbers)
    columns |= dict.fromkeys(("shard", "event_index"), [0] * rows)
    columns |= {"price": [price] * rows, "quantity": [quantity] * rows}
    await clickhouse.insert("trades", columns)
    store = TradeStore(clickhouse, shard=0)
    await store.open()
    sums, _ = await store.sums(1, 0, None)
    assert (sums.volume, sums.trade_count) == (rows * quantity, rows)
    assert sums.notional == rows * quantity * price
    [bar], _ = await store.bars(1, 0, None, 10**9, 5)
    assert bar.sums == sums


async def test_a_trade_that_was_undone_stays_and_is_named(
    bus: Bus, clickhouse: ClickHouse, database: str
) -> None:
    journal = Journal()
    journal.reference()
    auction(journal)
    journal.send(new("s", Side.SELL, 4, 900), new("b", Side.BUY, 4, 900, account=2))
    bust(journal, 2)
    await publish(bus, journal.fills)
    last = len(journal.fills)
    store = TradeStore(clickhouse, shard=0)
    for rebuild in (False, True):
        async with (
            projecting(bus, store, rebuild=rebuild) as first,
            projecting(bus, ExecutionStore(database, shard=0), rebuild=rebuild) as second,
        ):
            await until(lambda: reached(first, last) and reached(second, last))
        told = "SELECT match_id, quantity, aggressor_side, busted FROM trades_told"
        assert await clickhouse.query(f"{told} ORDER BY match_id", {}) == [
            (1, 5, 0, 0),
            (2, 4, int(Side.BUY), 1),
        ]
        busts = "SELECT match_id, sequence, event_index, price, quantity FROM trade_busts FINAL"
        assert await clickhouse.query(busts, {}) == [(2, last, 0, 900, 4)]
        sums, _ = await store.sums(1, 0, None)
        assert (sums.volume, sums.trade_count) == (9, 2)
    connection = await asyncpg.connect(database)
    sides = await connection.fetch(
        "SELECT match_id, side, busted FROM trade_executions ORDER BY match_id, side"
    )
    assert [tuple(row) for row in sides] == [
        (1, 1, False),
        (1, 2, False),
        (2, 1, True),
        (2, 2, True),
    ]
    states = await connection.fetch("SELECT ord_status FROM orders ORDER BY order_id")
    # The auction's buyer kept 3 that nobody wanted; the other three were filled, and stay so.
    assert [row["ord_status"] for row in states] == [5, 3, 3, 3]
    await connection.close()


async def test_stops_and_tips_are_projected(bus: Bus, database: str) -> None:
    journal = Journal()
    journal.reference()
    stop: dict[str, Any] = {"ord_type": OrdType.STOP_LIMIT, "stop_price": 1100}
    journal.send(
        new("stop", Side.BUY, 10, 1200, **stop), new("ice", Side.SELL, 10, 1000, display_quantity=3)
    )
    await publish(bus, journal.fills)
    async with projecting(bus, ExecutionStore(database, shard=0)) as projector:
        await until(lambda: reached(projector, 2))
    connection = await asyncpg.connect(database)
    for table in ("orders", "executions"):
        rows = await connection.fetch(
            f"SELECT stop_price_units, display_quantity_units FROM {table} ORDER BY order_id"
        )
        assert [tuple(row) for row in rows] == [(1100, 0), (0, 3)]
    await connection.close()


async def test_wrong_questions_are_named(clickhouse: ClickHouse) -> None:
    store = TradeStore(clickhouse, shard=0)
    await store.open()
    current = [False]
    analytics = Analytics(store, current=lambda: current[0])
    with pytest.raises(Unavailable):
        await analytics.get_volume(pb.GetVolumeRequest(symbol="NONE"), CALL)
    current[0] = True
    with pytest.raises(NotFound):
        await analytics.get_volume(pb.GetVolumeRequest(symbol="NONE"), CALL)
    bad = pb.ListBarsRequest(symbol="a*", start_time_ns=-1, end_time_ns=-2)
    with pytest.raises(InvalidArgument) as refused:
        await analytics.list_bars(bad, CALL)
    assert [field for field, _ in refused.value.violations] == [
        "symbol",
        "start_time_ns",
        "end_time_ns",
    ]


async def test_executions_and_orders_equal_the_log_over_cuts_and_a_rebuild(
    bus: Bus, database: str, flow: Journal
) -> None:
    connection = await asyncpg.connect(database)
    async with projecting(bus, ExecutionStore(database, shard=0)) as projector:
        for cut in range(50, len(flow.fills) + 50, 50):
            await publish(bus, flow.fills[cut - 50 : cut])
            if cut % 100:
                await connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = 'cift analytics'"
                )
        await until(lambda: projector.sequence == len(flow.fills))
    executions, orders = await connection.fetch(EXECUTIONS), await connection.fetch(ORDERS)
    block = Block(0, 1, flow.fills)
    events = block.events
    assert len(executions) == len(events)
    for name, column in (
        ("sequence", block.sequence),
        ("index", block.index),
        ("time_ns", block.event_time_ns),
        ("order_id", events["order_id"]),
        ("last_price_units", events["last_price"]),
        ("leaves_quantity_units", events["leaves_quantity"]),
        ("cum_notional", events["cum_notional_low"]),
        ("match_id", events["match_id"]),
    ):
        assert [row[name] for row in executions] == column.tolist(), name
    assert [row["cl_ord_id"].encode() for row in executions] == events["cl_ord_id"].tolist()

    last: dict[int, Any] = {}
    for event in events:
        if event["order_sequence"] > 0:
            last[int(event["order_id"])] = event
    assert [row["order_id"] for row in orders] == sorted(last)
    for row in orders:
        event = last[row["order_id"]]
        assert row["ord_status"] == event["ord_status"]
        assert row["cum_quantity_units"] == event["cum_quantity"]
        assert row["order_sequence"] == event["order_sequence"]

    async with projecting(bus, ExecutionStore(database, shard=0), rebuild=True) as projector:
        await until(lambda: projector.sequence == len(flow.fills))
    assert await connection.fetch(EXECUTIONS) == executions
    assert await connection.fetch(ORDERS) == orders
    await connection.close()


async def test_two_processes_at_once_do_no_harm(bus: Bus, database: str, flow: Journal) -> None:
    async with (
        projecting(bus, ExecutionStore(database, shard=0)) as first,
        projecting(bus, ExecutionStore(database, shard=0)) as second,
    ):
        await publish(bus, flow.fills)
        last = len(flow.fills)
        await until(lambda: first.sequence == last and second.sequence == last)
    connection = await asyncpg.connect(database)
    rows = await connection.fetchval("SELECT count(*) FROM executions")
    assert rows == len(Block(0, 1, flow.fills).events)
    await connection.close()


async def test_another_log_means_another_projection(bus: Bus, database: str, flow: Journal) -> None:
    other = Journal()
    other.reference(symbols=("ZZZ",))
    random_flow(other, 30, seed=1)
    store = ExecutionStore(database, shard=0)
    await store.open()
    await store.apply(Block(0, 1, other.fills))
    await store.close()
    await publish(bus, flow.fills)
    async with projecting(bus, ExecutionStore(database, shard=0)) as projector:
        await until(lambda: projector.sequence == len(flow.fills))
    connection = await asyncpg.connect(database)
    rows = await connection.fetchval("SELECT count(*) FROM executions")
    assert rows == len(Block(0, 1, flow.fills).events)
    await connection.close()
