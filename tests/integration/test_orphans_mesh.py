"""Orders that end with their session do so too when the process that served it is killed."""

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator
from itertools import count
from typing import Any

import pytest

from cift.client import CiftClient, CiftError, NewOrder, OrdStatus, Retry, Session, Side
from cift.local.mesh import SERVICES, MeshOptions, ServiceSpec
from cift.order_entry.orphans import BEAT_SECONDS, SILENT_BEATS
from tests.support.mesh_thread import MeshThread

REPLICA = ServiceSpec("replica", 6, command=(sys.executable, "-m", "cift.order_entry"))
"""A second order entry, another origin on the same logs."""
ONCE = Retry(attempts=1)
PATIENT = Retry(attempts=60, longest_pause_seconds=0.5, total_seconds=60)
GONE_SECONDS = BEAT_SECONDS * (SILENT_BEATS + 15)
"""Far more than it takes on a busy machine."""
NUMBERS = count(1)


@pytest.fixture
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MeshThread]:
    options = MeshOptions(
        data_dir=tmp_path_factory.mktemp("orphans") / "mesh",
        durability="page-cache",
        services=(*(s for s in SERVICES if s.name not in ("analytics", "market_data")), REPLICA),
    )
    with MeshThread(options) as mesh:
        yield mesh


@pytest.fixture
async def here(mesh: MeshThread) -> AsyncIterator[CiftClient]:
    async with mesh.client(retry=ONCE) as client:
        yield client


@pytest.fixture
async def there(mesh: MeshThread) -> AsyncIterator[CiftClient]:
    address, key = mesh.mesh.address("replica"), mesh.mesh.keys["trade"]
    async with CiftClient(address, api_key=key, retry=PATIENT) as client:
        yield client


def buy(*, tied: bool = True) -> NewOrder:
    return NewOrder(
        "DEMO-1", "DEMO", Side.BUY, 1, "90.00",
        cl_ord_id=f"orphan-{next(NUMBERS)}", cancel_on_disconnect=tied,
    )  # fmt: skip


@contextlib.asynccontextmanager
async def left_open(client: CiftClient) -> AsyncIterator[Session]:
    """A session whose process goes away before its client ends it."""
    manager = client.session()
    session = await manager.__aenter__()
    try:
        yield session
    finally:
        with contextlib.suppress(CiftError):
            await manager.__aexit__(None, None, None)


async def status(client: CiftClient, result: Any) -> OrdStatus:
    return (await client.get_order("DEMO-1", order_id=result.order_id)).ord_status


async def until_canceled(client: CiftClient, results: list[Any]) -> None:
    async with asyncio.timeout(GONE_SECONDS):
        for result in results:
            while await status(client, result) != OrdStatus.CANCELED:
                await asyncio.sleep(0.1)


async def test_a_killed_process_leaves_nothing_that_was_tied_to_its_sessions(
    mesh: MeshThread, here: CiftClient, there: CiftClient
) -> None:
    async with there.session() as alive, left_open(here) as lost:
        kept = [await alive.submit(buy()) for _ in range(3)]
        tied = [await lost.submit(buy()) for _ in range(50)]
        free = await lost.submit(buy(tied=False))
        # While both live, nothing happens to anybody, however long nobody trades.
        await asyncio.sleep(BEAT_SECONDS * (SILENT_BEATS + 3))
        for result in (*kept, *tied[:3], free):
            assert await status(there, result) == OrdStatus.NEW

        pid = mesh.pid("order_entry")
        await mesh.kill("order_entry", signal.SIGKILL)
        began = time.monotonic()
        await until_canceled(there, tied)
        assert time.monotonic() - began > BEAT_SECONDS * (SILENT_BEATS - 1), "no sooner than said"
        await mesh.replaced("order_entry", pid)
        await asyncio.sleep(BEAT_SECONDS * (SILENT_BEATS + 3))
        for result in (*kept, free):
            assert await status(there, result) == OrdStatus.NEW
        assert (await alive.submit(buy())).accepted
    await until_canceled(there, kept)


async def test_the_one_process_that_there_is_cleans_up_when_it_is_back(mesh: MeshThread) -> None:
    await mesh.kill("replica", signal.SIGSTOP)
    try:
        async with mesh.client(retry=PATIENT) as client, left_open(client) as session:
            tied = [await session.submit(buy()) for _ in range(3)]
            pid = mesh.pid("order_entry")
            await mesh.kill("order_entry", signal.SIGKILL)
            await mesh.replaced("order_entry", pid)
            await until_canceled(client, tied)
    finally:
        await mesh.kill("replica", signal.SIGCONT)
