"""OriginWriter: a batch is stored, certainly refused, or on its way until it is known."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from cift.kit.bus import (
    Bus,
    JournalUnavailable,
    LogReader,
    LogSettings,
    LogShort,
    OriginLimits,
    OriginWriter,
    connect,
    ensure_logs,
    read_state,
    shard_logs,
)
from tests.support.nats import NatsServer
from tests.support.plane import back, wait_until

LOGS = shard_logs()
SETTINGS = LogSettings()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    with NatsServer(tmp_path / "nats") as server:
        yield server


@pytest.fixture
async def bus(server: NatsServer) -> AsyncIterator[Bus]:
    bus = await connect(server.url, "test")
    await ensure_logs(bus, LOGS, SETTINGS)
    yield bus
    await bus.stop()


@pytest.fixture
async def writer(bus: Bus) -> AsyncIterator[OriginWriter]:
    writer = OriginWriter(bus, LOGS.orders, limits=OriginLimits(ack_timeout_s=0.3))
    await writer.start()
    yield writer
    await writer.stop()


async def stored(bus: Bus) -> list[bytes]:
    state = await read_state(bus, LOGS.orders)
    assert state is not None
    frames: list[bytes] = []
    async with LogReader(bus, LOGS.orders) as reader, asyncio.timeout(10):
        while len(frames) < state.last:
            frames += [message.data for message in await reader.next_batch()]
    return frames


async def test_stores_batches_in_order(bus: Bus, writer: OriginWriter) -> None:
    assert writer.origin > 0
    assert await writer.publish(1, "AMZN", b"one") == 1
    assert await writer.publish(2, "_venue", b"two", headers="traceparent: x\r\n") == 2
    assert writer.next_batch == 3
    assert (writer.in_flight, writer.unresolved) == (0, 2)
    writer.outcome_known(1, 1)
    writer.outcome_known(2, 2)
    assert writer.unresolved == 0
    assert await stored(bus) == [b"one", b"two"]


async def test_wrong_calls_are_refused(writer: OriginWriter) -> None:
    with pytest.raises(ValueError, match="next number is 1"):
        await writer.publish(2, "AMZN", b"")
    with pytest.raises(ValueError, match="symbol"):
        await writer.publish(1, "a.*", b"")
    with pytest.raises(ValueError, match="at most"):
        await writer.publish(1, "AMZN", bytes(8 << 20))
    assert writer.next_batch == 1


async def test_the_largest_frame_is_stored(bus: Bus, writer: OriginWriter) -> None:
    frame = bytes(SETTINGS.frame_max_bytes)
    assert await writer.publish(1, "AMZN", frame) == 1


async def test_a_full_log_refuses_for_certain(bus: Bus, writer: OriginWriter) -> None:
    config = (await bus.api("STREAM.INFO.ORDERS"))["config"]
    await bus.api("STREAM.UPDATE.ORDERS", config | {"max_bytes": 2000})
    await writer.publish(1, "AMZN", bytes(1000))
    with pytest.raises(JournalUnavailable, match="10077"):
        await writer.publish(2, "AMZN", bytes(1000))
    assert writer.next_batch == 2
    await bus.api("STREAM.UPDATE.ORDERS", config)
    assert await writer.publish(2, "AMZN", b"other bytes, same number") == 2


async def test_no_stream_and_no_server_refuse_for_certain(
    server: NatsServer, bus: Bus, writer: OriginWriter
) -> None:
    await bus.api("STREAM.DELETE.ORDERS")
    with pytest.raises(JournalUnavailable, match="503"):
        await writer.publish(1, "AMZN", b"")
    await ensure_logs(bus, LOGS, SETTINGS)
    server.kill()
    await wait_until(lambda: not bus.connected, "still connected", 5.0)
    with pytest.raises(JournalUnavailable, match="not connected"):
        await writer.publish(1, "AMZN", b"")
    server.start()
    await back(bus)
    assert await writer.publish(1, "AMZN", b"") == 1


async def test_an_unknown_fate_is_settled_by_sending_again(
    server: NatsServer, bus: Bus, writer: OriginWriter
) -> None:
    server.pause()
    publishing = asyncio.create_task(writer.publish(1, "AMZN", b"one"))
    await wait_until(lambda: writer.resends >= 2, "no resend", 5.0)
    assert writer.in_flight == 1
    server.resume()
    assert await asyncio.wait_for(publishing, 10) == 1
    assert await writer.publish(2, "AMZN", b"two") == 2
    assert await stored(bus) == [b"one", b"two"]  # The server knew the id of the repeats.


async def test_a_refusal_proves_nothing_after_an_unknown_fate(
    server: NatsServer, bus: Bus, writer: OriginWriter
) -> None:
    server.pause()
    publishing = asyncio.create_task(writer.publish(1, "AMZN", b"one"))
    await wait_until(lambda: writer.resends >= 1, "no resend", 5.0)
    server.kill()
    await wait_until(lambda: not bus.connected, "still connected", 5.0)
    await asyncio.sleep(0.3)
    assert not publishing.done()
    server.start()
    assert await asyncio.wait_for(publishing, 10) == 1


async def test_an_outcome_ends_the_wait(server: NatsServer, writer: OriginWriter) -> None:
    server.pause()
    publishing = asyncio.create_task(writer.publish(1, "AMZN", b"one"))
    await wait_until(lambda: writer.resends >= 1, "no resend", 5.0)
    writer.outcome_known(1, 77)
    assert await asyncio.wait_for(publishing, 5) == 77
    assert (writer.next_batch, writer.unresolved) == (2, 0)
    server.resume()


async def test_a_caller_that_leaves_does_not_break_the_numbers(
    server: NatsServer, bus: Bus, writer: OriginWriter
) -> None:
    server.pause()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(writer.publish(1, "AMZN", b"one"), 0.2)
    second = asyncio.create_task(writer.publish(2, "AMZN", b"two"))
    await asyncio.sleep(0.1)
    server.resume()
    assert await asyncio.wait_for(second, 10) == 2
    assert await stored(bus) == [b"one", b"two"]


async def test_outcomes_that_do_not_come_stop_the_intake(bus: Bus) -> None:
    writer = OriginWriter(bus, LOGS.orders, limits=OriginLimits(unresolved_batches=3))
    await writer.start()
    for number in (1, 2, 3):
        await writer.publish(number, "AMZN", b"x")
    with pytest.raises(JournalUnavailable, match="3 batches wait for their outcome"):
        await writer.publish(4, "AMZN", b"x")
    writer.outcome_known(1, 1)
    assert await writer.publish(4, "AMZN", b"x") == 4
    await writer.stop()


async def test_killed_servers_lose_nothing(
    server: NatsServer, bus: Bus, writer: OriginWriter
) -> None:
    async def kill() -> None:
        for _ in range(3):
            await asyncio.sleep(0.2)
            server.restart()

    killing = asyncio.create_task(kill())
    places: dict[bytes, int] = {}
    while not killing.done() or len(places) < 200:
        number = writer.next_batch
        frame = b"batch %d" % number
        try:
            places[frame] = await asyncio.wait_for(writer.publish(number, "A", frame), 10)
            writer.outcome_known(number, places[frame])
        except JournalUnavailable:
            await asyncio.sleep(0.01)
    await back(bus, 3)
    frames = await stored(bus)
    assert list(dict.fromkeys(frames)) == list(places)
    assert all(frames[place - 1] == frame for frame, place in places.items())


def cut(server: NatsServer, size: int) -> None:
    """The server comes back without the last `size` bytes of ORDERS."""
    server.kill()
    block = server.blocks("ORDERS")[0]
    block.write_bytes(block.read_bytes()[:-size])
    server.start()


async def test_acknowledged_batches_that_were_lost_are_sent_again(
    server: NatsServer, bus: Bus, writer: OriginWriter
) -> None:
    frames = [b"%0300d" % number for number in range(1, 51)]
    for number, frame in enumerate(frames, 1):
        await writer.publish(number, "AMZN", frame)
        if number <= 30:
            writer.outcome_known(number, number)
    cut(server, 3000)
    await back(bus)
    last = await writer.publish(51, "AMZN", b"the next")
    assert await stored(bus) == [*frames, b"the next"]
    assert last == 51


async def test_losing_what_was_done_stops_the_writer(
    server: NatsServer, bus: Bus, writer: OriginWriter
) -> None:
    for number in range(1, 51):
        await writer.publish(number, "AMZN", b"%0300d" % number)
        writer.outcome_known(number, number)
    cut(server, 3000)
    await back(bus)
    with pytest.raises(LogShort, match="ORDERS 50: lost"):
        await writer.publish(51, "AMZN", b"the next")
    with pytest.raises(LogShort):
        await writer.publish(51, "AMZN", b"the next")
    assert writer.fault is not None
