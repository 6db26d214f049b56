"""A client that does not read keeps nobody from the past, and loses nothing of it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path

import pytest

from cift.common.v1 import types_pb2
from cift.kit.bus import Bus, LogSettings, connect, ensure_logs, shard_logs
from cift.kit.fills import FillStreams, RecentFills
from cift.kit.history import HistoryPlaces
from cift.risk.v1 import risk_pb2
from cift.risk.v1.risk_service_pb2 import StreamBreachesResponse
from tests.support.nats import NatsServer

LOGS = shard_logs()
MESSAGES = 1_200
MESSAGE_BYTES = 4_000
TURN_SECONDS = 0.2


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[Bus]:
    """A log of FILLS with messages that fill many responses."""
    with NatsServer(tmp_path / "nats") as server:
        bus = await connect(server.url, "test")
        await ensure_logs(bus, LOGS, LogSettings())
        for start in range(0, MESSAGES, 200):
            frames = [bytes(MESSAGE_BYTES)] * min(200, MESSAGES - start)
            await asyncio.gather(*(bus.request("orders.fills.A", frame) for frame in frames))
        yield bus
        await bus.stop()


def told(sequence: int, frame: bytes = b"") -> bytes:
    """A response that tells of one message, as large as that."""
    text = "x" * len(frame)
    breach = risk_pb2.Breach(place=types_pb2.Place(sequence=sequence), reject_text=text)
    response = StreamBreachesResponse(breaches=[breach], through_sequence=sequence)
    encoded: bytes = response.SerializeToString()
    return encoded


def through(sequence: int) -> bytes:
    """A response that says how far the stream is."""
    encoded: bytes = StreamBreachesResponse(through_sequence=sequence).SerializeToString()
    return encoded


async def read(stream: AsyncGenerator[bytes, None], heard: list[int]) -> list[int]:
    """Read to the end of what there is."""
    while not heard or heard[-1] < MESSAGES:
        response = StreamBreachesResponse.FromString(await anext(stream))
        heard += [breach.place.sequence for breach in response.breaches]
    return heard


@pytest.fixture
def streams(bus: Bus) -> FillStreams:
    """Streams that all have to read the log, one at a time."""
    recent = RecentFills(1 << 20)
    recent.begin(MESSAGES)
    places = HistoryPlaces(bus, LOGS.fills, 1, turn_seconds=TURN_SECONDS)
    return FillStreams(places, recent, through=through)


async def test_a_client_that_stops_reading_blocks_nobody(streams: FillStreams) -> None:
    idle = streams.stream(0, told)
    heard: list[int] = []
    while not heard:  # It has the one place, and reads no further.
        response = StreamBreachesResponse.FromString(await anext(idle))
        heard += [breach.place.sequence for breach in response.breaches]
    others = [streams.stream(after, told) for after in (0, 100, 600)]
    async with asyncio.timeout(20):
        for after, got in zip(
            (0, 100, 600),
            await asyncio.gather(*(read(stream, []) for stream in others)),
            strict=True,
        ):
            assert got == list(range(after + 1, MESSAGES + 1))
        # Nothing was lost to the one that had to wait.
        assert await read(idle, heard) == list(range(1, MESSAGES + 1))
    for stream in (idle, *others):
        await stream.aclose()


async def test_one_that_reads_slowly_keeps_its_place_while_nobody_waits(
    streams: FillStreams,
) -> None:
    slow = streams.stream(0, told)
    heard: list[int] = []
    while len(heard) < 200:
        response = StreamBreachesResponse.FromString(await anext(slow))
        heard += [breach.place.sequence for breach in response.breaches]
        await asyncio.sleep(TURN_SECONDS * 1.5)
    [place] = streams._places._held
    assert not place.lost
    assert await read(slow, heard) == list(range(1, MESSAGES + 1))
    await slow.aclose()


async def test_all_places_are_free_again_whatever_became_of_the_streams(
    streams: FillStreams,
) -> None:
    for _ in range(5):
        idle, waiting = streams.stream(0, told), streams.stream(0, told)
        await anext(idle)
        await anext(idle)
        await anext(waiting)
        next_one = asyncio.create_task(anext(waiting))
        async with asyncio.timeout(5):
            await next_one
        ended = asyncio.create_task(anext(idle))  # It waits for a place, and goes away.
        await asyncio.sleep(0.01)
        ended.cancel()
        await asyncio.gather(ended, return_exceptions=True)
        await waiting.aclose()
        await idle.aclose()
    assert not streams._places._held
    assert streams._places._waiting == 0
    assert not streams._places._free.locked()
