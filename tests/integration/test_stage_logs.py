"""A stage in this process: what it replays, compares, refuses, tells, and leaves behind."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cift.common.v1 import types_pb2
from cift.kit.bus import (
    Bus,
    Fenced,
    LogFault,
    LogHole,
    LogMismatch,
    LogReader,
    LogSettings,
    LogShort,
    StageWriter,
    connect,
    ensure_logs,
    ensure_risked,
    read_state,
)
from cift.kit.fills import FillStreams, RecentFills
from cift.kit.history import HistoryPlaces
from cift.kit.stage import Stage, StageState, matching_stage, risk_stage
from cift.risk.v1 import risk_pb2
from cift.risk.v1.risk_service_pb2 import StreamBreachesResponse
from tests.support.fake_core import FakeMatching, FakeReplayer, FakeRisk
from tests.support.nats import NatsServer
from tests.support.plane import LOGS, Client, back, judge, lay, wait_until

SETTINGS = LogSettings()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    with NatsServer(tmp_path / "nats") as server:
        yield server


@pytest.fixture
async def bus(server: NatsServer) -> AsyncIterator[Bus]:
    bus = await connect(server.url, "test")
    yield bus
    await bus.stop()


@asynccontextmanager
async def running(*stages: Stage[FakeRisk] | Stage[FakeMatching]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(stage.run()) for stage in stages]
    try:
        yield
    finally:
        for stage in stages:
            await stage.stop()
        await asyncio.gather(*tasks, return_exceptions=True)


async def ready(*stages: Stage[FakeRisk] | Stage[FakeMatching]) -> None:
    await wait_until(lambda: all(stage.ready for stage in stages), "not ready", 15.0)


async def frames(bus: Bus, count: int) -> list[bytes]:
    found: list[bytes] = []
    async with LogReader(bus, LOGS.fills) as reader, asyncio.timeout(10):
        while len(found) < count:
            found += [message.data for message in await reader.next_batch()]
    return found


async def test_goes_through_its_life(bus: Bus) -> None:
    outputs: list[int] = []
    risk = risk_stage(bus, LOGS, FakeReplayer)
    matching = matching_stage(
        bus, LOGS, FakeReplayer, on_output=lambda place, frame: outputs.append(place)
    )
    assert (risk.state, risk.ready, risk.applied, risk.stored) == ("starting", False, 0, 0)
    async with running(risk, matching):
        client = Client(bus)
        await ready(risk, matching)
        await client.start()
        await client.trade(50)
        await client.settled()
        assert risk.applied == matching.applied == matching.stored == 50
        assert outputs == list(range(1, 51))
        assert matching.core is not None
        assert matching.core.applied == 50
        await client.stop()
    assert risk.state is matching.state is StageState.STOPPED
    assert not risk.ready
    await judge(bus._url, client)


async def test_a_start_replays_compares_and_goes_on(bus: Bus) -> None:
    await lay(bus, 400, fills=250)
    outputs: list[int] = []
    matching = matching_stage(
        bus, LOGS, FakeReplayer, on_output=lambda place, frame: outputs.append(place)
    )
    risk = risk_stage(bus, LOGS, FakeReplayer)
    async with running(matching, risk):
        await ready(matching, risk)
        await wait_until(lambda: matching.stored == risk.stored == 400, "not stored", 10.0)
        assert matching.replays == risk.replays == 1
        assert outputs == list(range(1, 401))
    await judge(bus._url)


async def test_trace_context_goes_all_the_way(bus: Bus) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    risk, matching = risk_stage(bus, LOGS, FakeReplayer), matching_stage(bus, LOGS, FakeReplayer)
    async with running(risk, matching):
        await ready(risk, matching)
        client = Client(bus)
        await client.start()
        frame = b"ORDR" + (7).to_bytes(8, "little") + (1).to_bytes(8, "little") + bytes(8)
        await client.writer.publish(1, "AMZN", frame, headers=f"traceparent: {trace}\r\n")
        async with LogReader(bus, LOGS.fills) as reader:
            message = (await reader.next_batch(1, timeout_s=5))[0]
        assert (message.subject, message.traceparent) == ("orders.fills.AMZN", trace)
        await client.stop()


async def test_fills_and_risked_can_be_made_again_byte_for_byte(
    server: NatsServer, bus: Bus
) -> None:
    await lay(bus, 500)
    before = await frames(bus, 500)
    await bus.api("STREAM.DELETE.FILLS")
    await bus.api("STREAM.DELETE.RISKED")
    risk, matching = risk_stage(bus, LOGS, FakeReplayer), matching_stage(bus, LOGS, FakeReplayer)
    async with running(risk, matching):
        await ready(risk, matching)
        assert await frames(bus, 500) == before
    await judge(server.url)


async def test_both_start_over_when_logs_lose_more_than_is_kept(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a restart of the server, with nothing kept in memory to fill the gap."""
    trim = StageWriter._trim

    def keep_nothing(writer: StageWriter) -> None:
        writer._limits = type(writer._limits)(kept_messages=0)
        trim(writer)

    monkeypatch.setattr(StageWriter, "_trim", keep_nothing)
    await lay(bus, 300)
    resets: list[str] = []
    risk = risk_stage(bus, LOGS, FakeReplayer, on_reset=lambda: resets.append("risk"))
    matching = matching_stage(bus, LOGS, FakeReplayer, on_reset=lambda: resets.append("matching"))
    async with running(risk, matching):
        await ready(risk, matching)
        client = Client(bus)
        await client.start()
        await client.trade(20)
        await client.settled()
        await bus.api("STREAM.DELETE.FILLS")
        await bus.api("STREAM.DELETE.RISKED")
        await ensure_logs(bus, LOGS, SETTINGS)
        await client.trade(5)
        await client.settled()
        assert {"risk", "matching"} == set(resets)
        await client.stop()


class Followed(RecentFills):
    """Fills as the stage told of them."""

    def on_fills(self, sequence: int, frame: bytes) -> None:
        """Keep them."""
        self.add(sequence, frame)
        self.wake()


def told(sequence: int, _frame: bytes = b"") -> bytes:
    """A response that tells of one message."""
    breach = risk_pb2.Breach(place=types_pb2.Place(sequence=sequence))
    response = StreamBreachesResponse(breaches=[breach], through_sequence=sequence)
    encoded: bytes = response.SerializeToString()
    return encoded


async def test_a_stream_goes_on_when_the_state_is_built_anew(bus: Bus) -> None:
    """From the log, from what the stage applies, and again: each message once, in order."""
    await lay(bus, 300)
    recent = Followed(1 << 20)
    risk = risk_stage(bus, LOGS, FakeReplayer, followers=(recent,))
    matching = matching_stage(bus, LOGS, FakeReplayer)
    heard: list[int] = []
    streams = FillStreams(
        HistoryPlaces(bus, LOGS.fills, 1),
        recent,
        through=lambda n: StreamBreachesResponse(through_sequence=n).SerializeToString(),
    )

    async def listen() -> None:
        async for chunk in streams.stream(0, told):
            response = StreamBreachesResponse.FromString(chunk)
            heard.extend(breach.place.sequence for breach in response.breaches)

    async with running(risk, matching):
        await ready(risk, matching)
        client = Client(bus)
        await client.start()
        listening = asyncio.create_task(listen())
        await client.trade(20)
        await client.settled()

        def up_to_date() -> bool:
            return risk.core is not None and 300 < len(heard) == risk.core.fills_applied

        await wait_until(up_to_date, "not heard", 10.0)
        before = len(heard)
        await bus.api("STREAM.DELETE.RISKED")
        await bus.api("STREAM.DELETE.FILLS")
        await ensure_logs(bus, LOGS, SETTINGS)
        await client.trade(20)
        await client.settled()
        await wait_until(up_to_date, "not heard anew", 10.0)
        assert not listening.done()
        assert len(heard) > before
        assert heard == list(range(1, len(heard) + 1))
        assert recent.beginnings > 1
        listening.cancel()
        await client.stop()


async def test_orders_that_lost_its_tail_stops_risk(server: NatsServer, bus: Bus) -> None:
    await lay(bus, 300)
    risk, matching = risk_stage(bus, LOGS, FakeReplayer), matching_stage(bus, LOGS, FakeReplayer)
    running_risk = asyncio.create_task(risk.run())
    async with running(matching):
        await ready(risk, matching)
        server.terminate()
        block = server.blocks("ORDERS")[-1]
        block.write_bytes(block.read_bytes()[:-4000])
        server.start()
        with pytest.raises(LogFault, match=r"^ORDERS ") as fault:
            await asyncio.wait_for(running_risk, 10)
        assert isinstance(fault.value, LogShort | LogHole)
        assert risk.state is StageState.FAILED
        assert not risk.ready
    # A fresh start refuses as well, both stages.
    for stage in (risk_stage(bus, LOGS, FakeReplayer), matching_stage(bus, LOGS, FakeReplayer)):
        with pytest.raises(LogFault, match=r"^ORDERS "):
            await asyncio.wait_for(stage.run(), 10)
        assert stage.state is StageState.FAILED


async def test_a_changed_fill_stops_both(bus: Bus) -> None:
    await lay(bus, 100, fills=99)
    await bus.request("orders.fills.AMZN", b"FILL, but not this one")
    for stage in (risk_stage(bus, LOGS, FakeReplayer), matching_stage(bus, LOGS, FakeReplayer)):
        with pytest.raises(LogMismatch, match="FILLS 100: not what a replay of ORDERS gives"):
            await asyncio.wait_for(stage.run(), 10)


async def test_a_changed_risked_stops_risk(bus: Bus) -> None:
    await lay(bus, 100, fills=50)
    await bus.request("orders.new.AMZN", b"ORDR" + bytes(24))
    await bus.request("orders.risked.AMZN", b"RISK, but not this one")
    with pytest.raises(Fenced, match="RISKED 101: another writer stored a different message"):
        await asyncio.wait_for(risk_stage(bus, LOGS, FakeReplayer).run(), 10)


async def test_a_core_that_fails_stops_the_stage(bus: Bus) -> None:
    await lay(bus, 10)
    await bus.request("orders.new.AMZN", b"rubbish")
    stage = risk_stage(bus, LOGS, FakeReplayer)
    with pytest.raises(ValueError, match="no frame begins with"):
        await asyncio.wait_for(stage.run(), 10)
    assert stage.state is StageState.FAILED


async def test_matching_that_was_overtaken_starts_over(bus: Bus) -> None:
    """RISKED made anew begins behind FILLS' end; a slow matching finds its place by a replay."""
    await lay(bus, 60, fills=20)
    matching = matching_stage(bus, LOGS, FakeReplayer)
    await bus.api("STREAM.DELETE.RISKED")
    async with running(matching):
        await wait_until(lambda: matching.state is StageState.LIVE, "not live", 10.0)
        assert matching.applied == 20
        writer = StageWriter(bus, LOGS.fills)
        await writer.start(20)
        replayer = FakeReplayer()
        async with LogReader(bus, LOGS.orders) as reader:
            for message in await reader.next_batch(40):
                _, fills = replayer.apply(message.sequence, message.timestamp_ns, message.data)
                if message.sequence > 20:
                    await writer.put(message.sequence, "orders.fills.AMZN", fills)
        assert await writer.drain(5)
        await writer.stop()
        await ensure_risked(bus, LOGS, SETTINGS)
        risk = risk_stage(bus, LOGS, FakeReplayer)
        async with running(risk):
            await wait_until(lambda: matching.stored == 60, "not stored", 10.0)
        assert matching.replays == 2


async def test_waits_for_a_server_that_is_away(server: NatsServer, bus: Bus) -> None:
    await lay(bus, 10)
    server.terminate()
    risk, matching = risk_stage(bus, LOGS, FakeReplayer), matching_stage(bus, LOGS, FakeReplayer)
    async with running(risk, matching):
        await asyncio.sleep(0.5)
        assert not risk.ready
        server.start()
        await back(bus)
        await ready(risk, matching)
    state = await read_state(bus, LOGS.risked)
    assert state is not None
    assert state.first == 11


async def test_stops_in_the_middle_of_a_replay(bus: Bus) -> None:
    await lay(bus, 3000, size=10)
    stage = matching_stage(bus, LOGS, FakeReplayer)
    task = asyncio.create_task(stage.run())
    await wait_until(lambda: stage.state is not StageState.STARTING, "still starting", 5.0)
    async with asyncio.timeout(2):
        await stage.stop()
        await task
    assert stage.state is StageState.STOPPED
