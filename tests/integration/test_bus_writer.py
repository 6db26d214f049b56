"""StageWriter: one log, in order and once, whatever the server and other writers do."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from cift.kit.bus import (
    Bus,
    Fenced,
    LogReader,
    LogSettings,
    ReplayNeeded,
    StageWriter,
    WriterLimits,
    connect,
    ensure_logs,
    ensure_risked,
    read_message,
    read_state,
    shard_logs,
)
from tests.support.nats import NatsServer
from tests.support.plane import back, wait_until

LOGS = shard_logs()
SETTINGS = LogSettings()
SUBJECT = "orders.fills.A"


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


@asynccontextmanager
async def writing(
    bus: Bus, after: int = 0, limits: WriterLimits | None = None
) -> AsyncIterator[StageWriter]:
    writer = StageWriter(bus, LOGS.fills, limits=limits)
    await writer.start(after)
    try:
        yield writer
    finally:
        await writer.stop()


def frame(number: int) -> bytes:
    return b"frame %d" % number


async def put(writer: StageWriter, first: int, last: int) -> None:
    for number in range(first, last + 1):
        await writer.put(number, SUBJECT, frame(number))
        if number % 20 == 0:
            await asyncio.sleep(0)


async def stored(bus: Bus, count: int) -> list[bytes]:
    async with LogReader(bus, LOGS.fills) as reader:
        frames: list[bytes] = []
        async with asyncio.timeout(10):
            while len(frames) < count:
                frames += [message.data for message in await reader.next_batch()]
    return frames


async def test_writes_in_order(bus: Bus) -> None:
    async with writing(bus) as writer:
        await put(writer, 1, 2000)
        assert await writer.drain(10)
        assert (writer.stored, writer.waiting, writer.trouble) == (2000, 0, "")
    assert await stored(bus, 2000) == [frame(number) for number in range(1, 2001)]


async def test_only_the_next_may_be_put(bus: Bus) -> None:
    async with writing(bus, after=4) as writer:
        with pytest.raises(ValueError, match="the next is 5"):
            await writer.put(6, SUBJECT, b"")


async def test_the_window_is_bounded(server: NatsServer, bus: Bus) -> None:
    async with writing(bus, limits=WriterLimits(window_messages=8)) as writer:
        await put(writer, 1, 8)
        assert await writer.drain(5)
        server.pause()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(put(writer, 9, 100), 0.3)
        assert writer.waiting <= 8
        server.resume()
        await put(writer, writer.stored + writer.waiting + 1, 100)
        assert await writer.drain(10)
    assert await stored(bus, 100) == [frame(number) for number in range(1, 101)]


async def test_server_killed_while_writing(server: NatsServer, bus: Bus) -> None:
    async with writing(bus) as writer:
        for start in range(1, 5001, 1000):
            await put(writer, start, start + 999)
            if start < 4000:
                server.restart()
        assert await writer.drain(15)
        assert writer.recoveries > 1
    assert await stored(bus, 5000) == [frame(number) for number in range(1, 5001)]


async def test_a_twin_that_writes_the_same_does_no_harm(server: NatsServer, bus: Bus) -> None:
    other_bus = await connect(server.url, "twin")
    async with writing(bus) as writer, writing(other_bus) as twin:
        await asyncio.gather(put(writer, 1, 3000), put(twin, 1, 3000))
        assert await writer.drain(15)
        assert await twin.drain(15)
        assert writer.stored == twin.stored == 3000
    assert await stored(bus, 3000) == [frame(number) for number in range(1, 3001)]
    await other_bus.stop()


async def test_takes_over_when_the_twin_dies(server: NatsServer, bus: Bus) -> None:
    other_bus = await connect(server.url, "twin")
    async with writing(bus) as writer:
        async with writing(other_bus) as twin:
            await asyncio.gather(put(writer, 1, 500), put(twin, 1, 500))
            await twin.drain(10)
        await put(writer, 501, 600)
        async with asyncio.timeout(2):
            assert await writer.drain(10)
    assert await stored(bus, 600) == [frame(number) for number in range(1, 601)]
    await other_bus.stop()


async def test_other_bytes_at_our_place_are_fatal(bus: Bus) -> None:
    async with writing(bus) as writer:
        await put(writer, 1, 5)
        await writer.drain(5)
        await bus.request(SUBJECT, b"somebody else's")
        await put(writer, 6, 6)
        with pytest.raises(Fenced, match="FILLS 6: another writer stored a different message"):
            await asyncio.wait_for(writer.failed, 5)
        with pytest.raises(Fenced):
            await writer.put(7, SUBJECT, b"")
    assert (await stored(bus, 6))[5] == b"somebody else's"


async def test_other_bytes_in_the_middle_are_found_too(bus: Bus) -> None:
    async with writing(bus) as writer:
        await put(writer, 1, 5)
        await writer.drain(5)
        writer._live = False
        for data in (b"somebody else's", frame(7)):
            await bus.request(SUBJECT, data)
        await put(writer, 6, 8)
        writer._recover.set()
        with pytest.raises(Fenced, match="FILLS 6"):
            await asyncio.wait_for(writer.failed, 5)


async def test_another_subject_is_fatal(bus: Bus) -> None:
    async with writing(bus) as writer:
        await writer.drain(1)
        await bus.request("orders.fills.B", frame(1))
        await put(writer, 1, 1)
        with pytest.raises(Fenced, match=r"subject orders\.fills\.A as computed"):
            await asyncio.wait_for(writer.failed, 5)


async def test_what_is_stored_already_is_compared_and_not_written(bus: Bus) -> None:
    for number in range(1, 301):
        await bus.request(SUBJECT, frame(number))
    async with writing(bus, after=100) as writer:
        await put(writer, 101, 400)
        assert await writer.drain(10)
    assert await stored(bus, 400) == [frame(number) for number in range(1, 401)]
    async with writing(bus, after=100) as writer:
        await put(writer, 101, 250)
        await writer.put(251, SUBJECT, b"not what is stored")
        with pytest.raises(Fenced, match="FILLS 251"):
            await asyncio.wait_for(writer.failed, 5)


async def test_a_shorter_log_is_filled_up_from_memory(bus: Bus) -> None:
    async with writing(bus) as writer:
        await put(writer, 1, 300)
        assert await writer.drain(5)
        await bus.api("STREAM.DELETE.FILLS")
        await ensure_logs(bus, LOGS, SETTINGS)
        for number in range(1, 11):
            await bus.request(SUBJECT, frame(number))
        await put(writer, 301, 310)
        assert await writer.drain(10)
    assert await stored(bus, 310) == [frame(number) for number in range(1, 311)]


async def test_a_shorter_log_beyond_memory_asks_for_a_replay(bus: Bus) -> None:
    async with writing(bus, limits=WriterLimits(kept_messages=50)) as writer:
        await put(writer, 1, 300)
        assert await writer.drain(5)
        assert len(writer._frames) <= 51
        await bus.api("STREAM.DELETE.FILLS")
        await ensure_logs(bus, LOGS, SETTINGS)
        await put(writer, 301, 301)
        with pytest.raises(ReplayNeeded, match="FILLS lost 1 to 300"):
            await asyncio.wait_for(writer.failed, 5)


async def test_risked_is_made_anew_behind_fills(server: NatsServer, bus: Bus) -> None:
    await ensure_risked(bus, LOGS, SETTINGS)
    writer = StageWriter(bus, LOGS.risked, remake=lambda: ensure_risked(bus, LOGS, SETTINGS))
    await writer.start(0)
    for number in range(1, 101):
        await writer.put(number, "orders.risked.A", frame(number))
        if number <= 60:
            await bus.request(SUBJECT, frame(number))
    assert await writer.drain(5)
    server.terminate()
    server.start()
    await back(bus)
    await writer.put(101, "orders.risked.A", frame(101))
    assert await writer.drain(10)
    state = await read_state(bus, LOGS.risked)
    assert state is not None
    assert (state.first, state.last) == (61, 101)
    first = await read_message(bus, LOGS.risked, 61)
    assert first is not None
    assert first.data == frame(61)
    await writer.stop()


async def test_a_full_log_is_told_and_goes_on_when_there_is_room(
    server: NatsServer, bus: Bus
) -> None:
    config = (await bus.api("STREAM.INFO.FILLS"))["config"]
    await bus.api("STREAM.UPDATE.FILLS", config | {"max_bytes": 20_000})
    async with writing(bus) as writer:
        for number in range(1, 101):
            await writer.put(number, SUBJECT, b"%0500d" % number)
        await wait_until(lambda: "10077" in writer.trouble, writer.trouble, 5.0)
        assert 0 < writer.stored < 50
        assert not await writer.drain(0.1)
        await bus.api("STREAM.UPDATE.FILLS", config)
        assert await writer.drain(10)
        assert writer.trouble == ""
    assert await stored(bus, 100) == [b"%0500d" % number for number in range(1, 101)]
