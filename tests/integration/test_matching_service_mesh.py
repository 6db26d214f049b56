"""The services on a whole mesh: two of each stage at once, and kills, change nothing."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Any

import asyncpg
import grpc.aio
import numpy as np
import pytest

import cift_core
from cift.analytics.v1 import analytics_service_pb2, analytics_service_pb2_grpc
from cift.client import (
    Account,
    CiftClient,
    Instrument,
    Limits,
    NewOrder,
    NotFoundError,
    Outcome,
    Retry,
    SessionState,
    Side,
)
from cift.client.errors import CiftError
from cift.kit import frames
from cift.kit.bus import Bus, LogReader, read_state, shard_logs
from cift.kit.logcheck import verify
from cift.local.mesh import SERVICES, MeshOptions, ServiceSpec
from cift.matching.v1 import matching_pb2, matching_service_pb2, matching_service_pb2_grpc
from cift.risk.v1 import risk_service_pb2, risk_service_pb2_grpc
from tests.support.mesh_thread import MeshThread

PATIENT = Retry(attempts=100, longest_pause_seconds=0.3, total_seconds=60)
TWINS = (
    ServiceSpec("risk_twin", 6, command=(sys.executable, "-m", "cift.risk")),
    ServiceSpec("matching_twin", 7, command=(sys.executable, "-m", "cift.matching")),
)
LOGS = shard_logs(0)
BUYER, SELLER = "BUYER", "SELLER"


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MeshThread]:
    """All services, risk and matching twice."""
    options = MeshOptions(
        data_dir=tmp_path_factory.mktemp("twins") / "mesh",
        durability="page-cache",
        services=(*SERVICES, *TWINS),
    )
    with MeshThread(options) as mesh:
        yield mesh


@pytest.fixture
async def operator(mesh: MeshThread) -> AsyncIterator[CiftClient]:
    """A client with every scope."""
    async with mesh.client("admin", retry=PATIENT) as client:
        yield client


async def listed(operator: CiftClient, symbol: str, quantity_scale: int = 0) -> None:
    """An instrument, and two accounts that may trade it."""
    for account in (BUYER, SELLER):
        await operator.admin.create_account(Account(account, "DEMO", "USD"))
    await operator.admin.create_instrument(
        Instrument(
            symbol=symbol,
            currency="USD",
            price_scale=2,
            quantity_scale=quantity_scale,
            tick_size="0.01",
            lot_size=Decimal(1).scaleb(-quantity_scale),
            reference_price="10",
        )
    )
    for account in (BUYER, SELLER):
        await operator.risk.set_limits(account, Limits(credit="1000000000", collar_bps=5000))


async def status(mesh: MeshThread, key: str, name: str) -> Any:
    """GetStatus of one of the matching processes."""
    async with grpc.aio.insecure_channel(mesh.mesh.address(name)) as channel:
        stub = matching_service_pb2_grpc.MatchingServiceStub(channel)
        metadata = (("authorization", f"Bearer {mesh.mesh.keys[key]}"),)
        return await stub.GetStatus(matching_service_pb2.GetStatusRequest(), metadata=metadata)


async def trade(client: CiftClient, symbol: str, rounds: int, seed: int) -> int:
    """Orders of both accounts in batches; how many were accepted, which must be all."""
    random = np.random.default_rng(seed)
    accepted = 0
    for _ in range(rounds):
        orders = [
            NewOrder(
                (BUYER, SELLER)[side],
                symbol,
                (Side.BUY, Side.SELL)[side],
                int(random.integers(1, 20)),
                Decimal(int(random.integers(990, 1011))) / 100,
            )
            for side in random.integers(0, 2, 20).tolist()
        ]
        for result in await client.batch(orders):
            assert result.outcome == Outcome.ACCEPTED, result
            accepted += 1
    return accepted


async def test_what_an_operator_sets_is_in_force_at_once(
    mesh: MeshThread, operator: CiftClient
) -> None:
    await listed(operator, "SET", quantity_scale=3)
    await operator.risk.set_limits(BUYER, Limits(max_order_quantity="0.5", credit="100"))
    limits = await operator.risk.get_limits(BUYER)
    assert limits.max_order_quantity == Decimal("0.5")
    assert limits.credit == 100
    assert limits.max_position is None
    small = NewOrder(BUYER, "SET", Side.BUY, "0.5", "10")
    large = NewOrder(BUYER, "SET", Side.BUY, "0.501", "10")
    assert (await operator.risk.check_order(small)).accepted
    assert not (await operator.risk.check_order(large)).accepted
    assert (await operator.submit(small)).outcome == Outcome.ACCEPTED
    assert (await operator.submit(large)).outcome == Outcome.REJECTED
    async with asyncio.timeout(5):
        while (await operator.risk.get_exposure(BUYER)).open_orders != 1:
            await asyncio.sleep(0.05)
    position = (await operator.risk.list_positions(BUYER))[0]
    assert (position.symbol, position.open_buy_quantity) == ("SET", Decimal("0.5"))


async def test_a_foreign_account_is_like_none(mesh: MeshThread, operator: CiftClient) -> None:
    await listed(operator, "FOREIGN")
    texts = set()
    async with mesh.client("other") as stranger:
        for account in ("DEMO-1", "NOBODY"):
            for ask in (stranger.risk.get_exposure, stranger.risk.get_limits):
                with pytest.raises(NotFoundError) as told:
                    await ask(account)
                texts.add(str(told.value).replace(account, "X"))
        assert len(texts) == 1
        with pytest.raises(CiftError, match="scope"):
            await stranger.risk.set_limits("OTHER-1", Limits())
    assert (await operator.risk.get_limits("OTHER-1")).credit is not None


async def test_positions_name_the_place_after_which_they_hold(
    mesh: MeshThread, operator: CiftClient
) -> None:
    await listed(operator, "HELD")
    await operator.submit(NewOrder(SELLER, "HELD", Side.SELL, 30, "10"))
    filled = await operator.submit(NewOrder(BUYER, "HELD", Side.BUY, 20, "10"))
    stub = risk_service_pb2_grpc.RiskServiceStub(operator.channel(operator.endpoints.risk))
    request = risk_service_pb2.ListPositionsRequest(account=BUYER)
    async with asyncio.timeout(10):
        while True:
            answer = await operator.query(stub.ListPositions, request)
            if answer.sequence >= filled.place.sequence:
                break
            await asyncio.sleep(0.05)
    held = {row.symbol: row for row in answer.positions}["HELD"]
    assert (held.quantity, held.net_cost) == ("20", "200.000000000000")


async def test_what_waits_and_what_hides_is_for_operators(
    mesh: MeshThread, operator: CiftClient
) -> None:
    await listed(operator, "HIDES")
    for order in (
        NewOrder(BUYER, "HIDES", Side.BUY, 10, "10", cl_ord_id="ice", display_quantity=3),
        NewOrder(BUYER, "HIDES", Side.BUY, 4, "11", cl_ord_id="stop", stop_price="10.5"),
    ):
        assert (await operator.submit(order)).outcome == Outcome.ACCEPTED
    await operator.market.set_session("HIDES", SessionState.CLOSING_AUCTION)
    placed = await operator.submit(NewOrder(SELLER, "HIDES", Side.SELL, 25, "9.9"))
    request = matching_service_pb2.GetBookRequest(symbol="HIDES")
    books = {}
    async with mesh.client("read", retry=PATIENT) as reader:
        for name, client in (("operator", operator), ("reader", reader)):
            stub = matching_service_pb2_grpc.MatchingServiceStub(
                client.channel(client.endpoints.matching)
            )
            async with asyncio.timeout(10):
                while True:
                    books[name] = await client.query(stub.GetBook, request)
                    if books[name].sequence >= placed.place.sequence:
                        break
                    await asyncio.sleep(0.05)
            listing = matching_service_pb2.ListInstrumentsRequest(page_size=1, page_token="HELD")
            [row] = (await client.query(stub.ListInstruments, listing)).instruments
            assert (row.symbol, row.resting_orders) == ("HIDES", 2)
            assert row.status == books[name].status
    [seen], [shown] = books["operator"].bids, books["reader"].bids
    assert (seen.cl_ord_id, seen.account) == ("ice", BUYER)
    assert (seen.leaves_quantity, seen.displayed_quantity) == ("10", "3")
    assert (shown.cl_ord_id, shown.account, shown.leaves_quantity) == ("", "", "3")
    [waits] = books["operator"].waiting
    assert (waits.order.cl_ord_id, waits.waiting_for) == ("stop", matching_pb2.WAITING_FOR_STOP)
    assert waits.stop_price == "10.50"
    assert not books["reader"].waiting
    status = books["reader"].status
    assert status.session == int(SessionState.CLOSING_AUCTION)
    # The whole of an iceberg takes part; what is left sells.
    assert (status.auction_quantity, status.auction_imbalance) == ("10", "-15")


async def test_a_trade_that_is_undone_is_named_in_every_projection(
    mesh: MeshThread, operator: CiftClient
) -> None:
    await listed(operator, "UNDONE")
    await operator.submit(NewOrder(SELLER, "UNDONE", Side.SELL, 7, "10"))
    filled = await operator.submit(NewOrder(BUYER, "UNDONE", Side.BUY, 7, "10"))
    [fill] = filled.fills
    seen = []
    async with asyncio.timeout(20):
        async for update in operator.stream_trades("UNDONE"):
            seen.append((update.match_id, update.busted))
            if len(seen) == 1:
                await operator.market.bust_trade(update.place, fill.match_id)
            else:
                break
    assert seen == [(fill.match_id, False), (fill.match_id, True)]
    connection = await asyncpg.connect(mesh.mesh.postgres_dsn)
    sides = "SELECT busted FROM trade_executions WHERE match_id = $1"
    async with asyncio.timeout(20):
        while [row["busted"] for row in await connection.fetch(sides, fill.match_id)] != [
            True,
            True,
        ]:
            await asyncio.sleep(0.1)
    await connection.close()
    # What was counted stays counted.
    await counted(mesh, operator, "UNDONE", 1, 7)


async def test_twins_and_kills_change_nothing(mesh: MeshThread, operator: CiftClient) -> None:
    await listed(operator, "TWIN")
    trading = asyncio.create_task(trade(operator, "TWIN", 120, seed=3))
    for name in (
        *("risk", "matching_twin", "market_data", "postgres"),
        *("matching", "analytics", "risk_twin"),
    ):
        await asyncio.sleep(0.3)
        await mesh.kill(name)
    assert await trading == 120 * 20
    await mesh.ready()

    async with asyncio.timeout(20):
        while True:
            first = await status(mesh, "read", "matching")
            second = await status(mesh, "read", "matching_twin")
            if first.sequence == second.sequence:
                break
    assert first.state_hash == second.state_hash

    matches, volume = await traded(mesh, "TWIN")
    assert matches > 100
    await counted(mesh, operator, "TWIN", matches, volume)
    seen = []
    async with asyncio.timeout(20):
        async for update in operator.stream_trades("TWIN"):
            seen.append(update.match_id)
            if len(seen) == matches:
                break
    assert len(set(seen)) == matches


async def test_rebuilt_projections_are_equal(mesh: MeshThread, operator: CiftClient) -> None:
    await listed(operator, "AGAIN")
    await trade(operator, "AGAIN", 20, seed=5)
    matches, volume = await traded(mesh, "AGAIN")
    await counted(mesh, operator, "AGAIN", matches, volume)
    before = await projected(mesh)

    analytics = mesh.mesh.processes["analytics"]
    await mesh.wait(analytics.stop())
    rebuilding = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cift.analytics", "--rebuild"),
        env={**os.environ, **analytics.spec.environment},
        stderr=asyncio.subprocess.DEVNULL,
    )
    await counted(mesh, operator, "AGAIN", matches, volume)
    rebuilding.terminate()
    assert await rebuilding.wait() == 0
    assert await projected(mesh) == before
    await mesh.wait(analytics.start())
    await mesh.ready("analytics")


async def projected(mesh: MeshThread) -> tuple[Any, ...]:
    """All rows of both tables."""
    connection = await asyncpg.connect(mesh.mesh.postgres_dsn)
    executions = await connection.fetch("SELECT * FROM executions ORDER BY shard, sequence, index")
    orders = await connection.fetch("SELECT * FROM orders ORDER BY order_id")
    await connection.close()
    assert executions
    assert orders
    return executions, orders


async def traded(mesh: MeshThread, symbol: str) -> tuple[int, int]:
    """Trades and quantity in FILLS, read from the log itself."""
    bus = Bus(mesh.mesh.nats_url, "test")
    await bus.start()
    state = await read_state(bus, LOGS.fills)
    assert state is not None
    number, matches, volume = 0, 0, 0
    async with LogReader(bus, LOGS.fills) as reader:
        while reader.taken < state.last:
            for message in await reader.next_batch():
                for row in frames.instruments(message.data):
                    if row["symbol"] == symbol.encode():
                        number = int(row["id"])
                events = frames.events(message.data)
                taken = events[(events["liquidity"] == 2) & (events["instrument"] == number)]
                matches += len(taken)
                volume += int(taken["last_quantity"].sum())
    await bus.stop()
    return matches, volume


async def counted(
    mesh: MeshThread, operator: CiftClient, symbol: str, matches: int, volume: int
) -> None:
    """Analytics' volume and PostgreSQL's rows, once they are as far as the log."""
    stub = analytics_service_pb2_grpc.AnalyticsServiceStub(
        operator.channel(operator.endpoints.analytics)
    )
    request = analytics_service_pb2.GetVolumeRequest(symbol=symbol)
    connection = await asyncpg.connect(mesh.mesh.postgres_dsn)
    rows = (
        "SELECT count(*) FILTER (WHERE liquidity = 2), coalesce(sum(last_quantity_units)"
        " FILTER (WHERE liquidity = 2), 0) FROM executions e JOIN instruments i"
        " ON i.id = e.instrument_id WHERE i.symbol = $1"
    )
    async with asyncio.timeout(30):
        while True:
            await asyncio.sleep(0.1)
            try:
                answer = await operator.query(stub.GetVolume, request)
            except NotFoundError:
                continue  # Analytics has not read of the new instrument yet.
            stored = await connection.fetchrow(rows, symbol)
            if answer.trade_count >= matches and stored[0] >= matches:
                break
    await connection.close()
    assert (answer.trade_count, answer.volume) == (matches, str(volume))
    assert (stored[0], stored[1]) == (matches, volume)


async def test_the_logs_are_what_orders_says(mesh: MeshThread) -> None:
    await mesh.wait(mesh.mesh.processes["order_entry"].stop())
    bus = Bus(mesh.mesh.nats_url, "test")
    await bus.start()
    verified = await verify(
        bus, LOGS, cift_core.Replayer(0), digest=cift_core.digest, header=cift_core.header
    )
    await bus.stop()
    assert verified.orders == verified.fills > 100
