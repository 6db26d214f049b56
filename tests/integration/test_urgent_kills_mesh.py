"""A kill switch is in force at once, however much reference data waits, and nothing is lost."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import asyncpg
import pytest

from cift.client import VENUE, CiftClient, NewOrder, RejectReason, Retry, Side
from cift.kit.bus import Bus, LogReader, shard_logs
from cift.kit.layout import BatchStatus
from cift.local.mesh import MeshOptions
from cift.order_entry.relay import REFERENCE_ORIGIN, URGENT_ORIGIN
from cift_core import header
from tests.support.mesh_thread import MeshThread

QUEUED = 1_500
KILL_SECONDS = 5.0
"""Far more than it takes on a busy machine; that the queue is still long says more."""
PATIENT = Retry(attempts=60, longest_pause_seconds=0.5, total_seconds=60)
FILL = """
    DO $$ BEGIN FOR n IN 1..{count} LOOP
        PERFORM reference_append('test', '{commands}');
    END LOOP; END $$
"""


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MeshThread]:
    options = MeshOptions(
        data_dir=tmp_path_factory.mktemp("urgent kills") / "mesh",
        durability="page-cache",
        without=frozenset({"market_data", "analytics"}),
    )
    with MeshThread(options) as mesh:
        yield mesh


@pytest.fixture
async def operator(mesh: MeshThread) -> AsyncIterator[CiftClient]:
    async with mesh.client("admin", timeout_seconds=10, retry=PATIENT) as client:
        yield client


@pytest.fixture
async def database(mesh: MeshThread) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(mesh.mesh.postgres_dsn)
    yield connection
    await connection.close()


async def queue(database: asyncpg.Connection, count: int, *commands: list[Any]) -> None:
    """Store rows of reference data all at once, as a bulk of changes would."""
    await database.execute(FILL.format(count=count, commands=json.dumps(commands)))


async def waiting(database: asyncpg.Connection) -> int:
    select = "SELECT count(*) FROM reference_outbox WHERE sequence IS NULL"
    return int(await database.fetchval(select))


async def batches(mesh: MeshThread, last: int) -> dict[int, list[int]]:
    """The batches of both relays that took effect, in the order of the log."""
    found: dict[int, list[int]] = {REFERENCE_ORIGIN: [], URGENT_ORIGIN: []}
    bus = Bus(mesh.mesh.nats_url, "test")
    await bus.start()
    try:
        async with LogReader(bus, shard_logs(0).fills) as log:
            while messages := await log.next_batch(512, 1.0):
                for message in messages:
                    said = header(message.data)
                    if said.origin in found and said.status == BatchStatus.APPLIED:
                        found[said.origin].append(said.batch)
                if message.sequence >= last:
                    return found
    finally:
        await bus.stop()
    raise AssertionError("the log is shorter than it was")


def an_order(number: int) -> NewOrder:
    return NewOrder("DEMO-1", "DEMO", Side.BUY, 1, "90.00", cl_ord_id=f"urgent-{number}")


async def test_a_kill_does_not_wait_behind_what_is_queued(
    mesh: MeshThread, operator: CiftClient, database: asyncpg.Connection
) -> None:
    async with mesh.client(retry=PATIENT) as trader:
        assert (await trader.submit(an_order(1))).accepted
        limits = ["limits", {"account": 2, "instrument": 1, "checks": 0, "max_order_quantity": 9}]
        await queue(database, QUEUED, limits)
        began = time.monotonic()
        sequence = await operator.risk.kill("DEMO-1", "runs wild")
        took = time.monotonic() - began
        assert took < KILL_SECONDS, f"in force after {took:.2f} s"
        left = await waiting(database)
        assert left > QUEUED // 2, "the queue was still long"
        refused = await trader.submit(an_order(2))
        assert refused.reject_reason == RejectReason.KILL_SWITCH
        assert (await trader.risk.get_exposure("DEMO-1")).killed

        # The process that relays is killed amid the queue, and switches are turned meanwhile.
        pid = mesh.pid("order_entry")
        await mesh.kill("order_entry")
        lifted = asyncio.create_task(operator.risk.unkill("DEMO-1", "it is mended"))
        await mesh.replaced("order_entry", pid)
        assert await lifted > sequence
        assert (await trader.submit(an_order(3))).accepted
        for _ in range(3):
            on = await operator.risk.kill(VENUE)
            off = await operator.risk.unkill(VENUE)
            assert off > on
        assert await waiting(database), "still not done with the queue"
    async with asyncio.timeout(60):
        while await waiting(database):
            await asyncio.sleep(0.1)
    last = await database.fetchval("SELECT max(sequence) FROM reference_outbox")
    found = await batches(mesh, last)
    rows = await database.fetch(
        "SELECT urgent, count(*) FROM reference_outbox GROUP BY urgent ORDER BY urgent"
    )
    common, urgent = (row["count"] for row in rows)
    assert (common > QUEUED, urgent) == (True, 8)
    assert found[REFERENCE_ORIGIN] == list(range(1, common + 1))
    assert found[URGENT_ORIGIN] == list(range(1, urgent + 1))
    assert await operator.risk.list_kill_switches() == []


async def test_a_change_that_cannot_be_made_holds_up_no_kill(
    mesh: MeshThread, operator: CiftClient, database: asyncpg.Connection
) -> None:
    await queue(database, 1, ["nonsense", {}])
    try:
        began = time.monotonic()
        await operator.risk.kill("DEMO-2")
        assert time.monotonic() - began < KILL_SECONDS
        assert await waiting(database) == 1
        await operator.risk.unkill("DEMO-2")
    finally:
        await database.execute("DELETE FROM reference_outbox WHERE sequence IS NULL")
