"""The journal of order entry on a real server, with risk and matching beside it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cift.kit.bus import Bus, LogShort, OriginWriter, connect, ensure_logs, shard_logs
from cift.kit.bus.logs import LogSettings
from cift.kit.errors import Unavailable
from cift.kit.stage import Stage, matching_stage, risk_stage
from cift.order_entry.executions import ExecutionStreams, Recent
from cift.order_entry.journal import Journal
from cift.order_entry.service import OrderEntry
from cift.order_entry.v1 import order_entry_service_pb2 as pb
from cift_core import Gateway, Replayer, encode_reference
from tests.support.core_plane import ALPHA, REFERENCE, limit, wrap
from tests.support.nats import NatsServer
from tests.support.plane import wait_until

LOGS = shard_logs()


class Panic(BaseException):
    """What a defect of the core looks like here: no Exception."""


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[Bus]:
    with NatsServer(tmp_path / "nats") as server:
        bus = await connect(server.url, "test")
        await ensure_logs(bus, LOGS, LogSettings())
        yield bus
        await bus.stop()


@pytest.fixture
async def journal(bus: Bus) -> AsyncIterator[Journal]:
    """A journal that has the reference data of the core's tests."""
    relay = OriginWriter(bus, LOGS.orders, origin=1)
    await relay.start()
    await relay.publish(1, "_venue", encode_reference(1, REFERENCE))
    stages: list[Stage[Any]] = [
        risk_stage(bus, LOGS, Replayer),
        matching_stage(bus, LOGS, Replayer),
    ]
    running = [asyncio.create_task(stage.run()) for stage in stages]
    writer = OriginWriter(bus, LOGS.orders)
    gateway = Gateway(0, writer.origin, 1 << 20)
    journal = Journal(bus, LOGS, gateway, writer)
    await journal.start()
    await wait_until(lambda: gateway.instrument("AMZN") is not None, "no instrument", 10.0)
    yield journal
    await journal.stop()
    await relay.stop()
    for stage in stages:
        await stage.stop()
    await asyncio.gather(*running)


async def test_all_that_is_pending_is_waited_for_over_several_batches(journal: Journal) -> None:
    gateway = journal._gateway  # what waits shows nowhere else
    for start in range(0, 13_000, 1_000):
        commands = [wrap(limit(f"o-{start + n}", "buy", "1", "1.00")) for n in range(1_000)]
        request = pb.SubmitBatchRequest(commands=commands).SerializeToString()
        journal.submit(Gateway.METHOD_BATCH, request, ALPHA)
    assert gateway.pending == 13_000, "more than three batches"
    async with asyncio.timeout(20):
        assert await journal.resolved()
    assert gateway.waiting == 0


async def test_a_panic_of_the_core_stops_order_entry(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def submit(*_arguments: object) -> None:
        raise Panic("overflow")

    monkeypatch.setattr(journal, "_gateway", SimpleNamespace(submit=submit, pending=0))
    with pytest.raises(Unavailable, match="defect"):
        journal.submit(Gateway.METHOD_BATCH, b"", ALPHA)
    assert not journal.open
    with pytest.raises(Panic):
        await journal.end()


async def test_nothing_is_read_before_the_journals_end_is_known(bus: Bus) -> None:
    writer = OriginWriter(bus, LOGS.orders)
    gateway = Gateway(0, writer.origin)
    journal = Journal(bus, LOGS, gateway, writer)
    streams = ExecutionStreams(bus, LOGS, gateway, Recent(1 << 20), 1)
    nothing: Any = None
    service = OrderEntry(journal, gateway, nothing, streams, nothing, answer_seconds=1.0)
    call: Any = SimpleNamespace(principal=SimpleNamespace(firm=ALPHA))
    with pytest.raises(Unavailable, match="reading the journal"):
        # Not NOT_FOUND: the account is only not known yet.
        await service.get_order(pb.GetOrderRequest(account="A1").SerializeToString(), call)
    with pytest.raises(Unavailable, match="reading the journal"):
        # Not OUT_OF_RANGE: the journal may well go on to there.
        request = pb.StreamExecutionsRequest(after_sequence=7)
        await anext(service.stream_executions(request, call))


async def test_no_request_takes_a_place_that_orders_lost(bus: Bus) -> None:
    for n in range(3):
        assert b"error" not in await bus.request("orders.fills._venue", b"%d" % n)
    writer = OriginWriter(bus, LOGS.orders)
    journal = Journal(bus, LOGS, Gateway(0, writer.origin), writer)
    with pytest.raises(LogShort, match="ORDERS 3: lost, the log ends at 0"):
        await journal.start()
    assert not journal.open
