"""Both stages survive kills of the server and of themselves, twins and zombies."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cift.kit.bus import LogSettings, connect, ensure_logs
from tests.support.nats import NatsServer
from tests.support.plane import LOGS, Client, StageProcess, judge

ORDERS = 250


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    with NatsServer(tmp_path / "nats server", fsync=True) as server:
        yield server


@asynccontextmanager
async def two_clients(server: NatsServer) -> AsyncIterator[tuple[Client, Client]]:
    buses = [await connect(server.url, f"client {number}") for number in (1, 2)]
    await ensure_logs(buses[0], LOGS, LogSettings())
    clients = Client(buses[0], "AMZN"), Client(buses[1], "_venue")
    try:
        for client in clients:
            await client.start()
        yield clients
    finally:
        for client in clients:
            await client.stop()
        for bus in buses:
            await bus.stop()


async def trade_through(
    server: NatsServer, *faults: Callable[[], Awaitable[None] | None], pause_s: float = 0.6
) -> None:
    """Two clients trade while the faults happen one after another; then the judge looks."""
    async with two_clients(server) as clients:
        stop = asyncio.Event()

        async def trade(client: Client) -> None:
            while not stop.is_set() or len(client.stored) < ORDERS:
                await client.trade(10)
                await asyncio.sleep(0.005)

        trading = [asyncio.create_task(trade(client)) for client in clients]
        await asyncio.sleep(0.3)
        for fault in faults:
            waits = fault()
            if waits is not None:
                await waits
            await asyncio.sleep(pause_s)
        stop.set()
        async with asyncio.timeout(60):
            await asyncio.gather(*trading)
        for client in clients:
            await client.settled()
        await asyncio.sleep(0.1)
        await judge(server.url, *clients)


async def test_server_killed(server: NatsServer) -> None:
    with StageProcess("risk", server) as risk, StageProcess("matching", server) as matching:
        await trade_through(
            server, risk.ready, matching.ready, server.restart, server.restart, server.restart
        )


async def test_server_stopped_cleanly(server: NatsServer) -> None:
    async def stop_and_start() -> None:
        server.terminate()
        await asyncio.sleep(0.3)
        server.start()

    with StageProcess("risk", server) as risk, StageProcess("matching", server) as matching:
        await trade_through(server, risk.ready, matching.ready, stop_and_start)


async def test_stages_killed(server: NatsServer) -> None:
    with StageProcess("risk", server) as risk, StageProcess("matching", server) as matching:
        await trade_through(
            server, risk.restart, matching.restart, risk.restart, matching.restart,
            risk.ready, matching.ready,
        )  # fmt: skip


async def test_all_killed_at_once(server: NatsServer) -> None:
    with StageProcess("risk", server) as risk, StageProcess("matching", server) as matching:

        def everything() -> None:
            risk.kill()
            matching.kill()
            server.restart()
            matching.start()
            risk.start()

        await trade_through(server, everything, risk.ready, matching.ready)


async def test_two_of_each(server: NatsServer) -> None:
    with (
        StageProcess("risk", server) as first_risk,
        StageProcess("risk", server) as second_risk,
        StageProcess("matching", server) as first_matching,
        StageProcess("matching", server) as second_matching,
    ):
        await trade_through(
            server, first_risk.ready, second_matching.ready, server.restart,
            first_risk.restart, first_matching.restart, second_risk.ready, second_matching.ready,
        )  # fmt: skip
        for process in (first_risk, second_risk, first_matching, second_matching):
            assert process.exit_code is None


@pytest.mark.parametrize("role", ["risk", "matching"])
async def test_zombie_wakes_beside_its_successor(server: NatsServer, role: str) -> None:
    other = "matching" if role == "risk" else "risk"
    with (
        StageProcess(role, server) as zombie,
        StageProcess(role, server) as successor,
        StageProcess(other, server) as neighbour,
    ):
        successor.kill()
        await trade_through(
            server, zombie.ready, neighbour.ready, zombie.pause, successor.start,
            successor.ready, zombie.resume, zombie.ready, pause_s=0.4,
        )  # fmt: skip
        assert zombie.exit_code is None
        assert successor.exit_code is None


async def test_server_paused(server: NatsServer) -> None:
    async def pause() -> None:
        server.pause()
        await asyncio.sleep(2.5)
        server.resume()

    with StageProcess("risk", server) as risk, StageProcess("matching", server) as matching:
        await trade_through(server, risk.ready, matching.ready, pause)
