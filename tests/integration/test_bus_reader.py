"""LogReader: every message once and in order, over restarts, and never past a hole."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from cift.kit.bus import (
    Bus,
    LogHole,
    LogMismatch,
    LogReader,
    LogSettings,
    LogShort,
    ReaderLimits,
    connect,
    ensure_logs,
    headers_bytes,
    shard_logs,
)
from tests.support.nats import NatsServer
from tests.support.plane import back, wait_until

LOGS = shard_logs()
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    with NatsServer(tmp_path / "nats") as server:
        yield server


@pytest.fixture
async def bus(server: NatsServer) -> AsyncIterator[Bus]:
    bus = await connect(server.url, "test")
    await ensure_logs(bus, LOGS, LogSettings())
    yield bus
    await bus.stop()


async def fill(bus: Bus, count: int, *, size: int = 10, prefix: str = "orders.new") -> None:
    for start in range(0, count, 200):
        await asyncio.gather(
            *(
                bus.request(f"{prefix}.A", b"%010d" % number * (size // 10), timeout_s=10)
                for number in range(start, min(start + 200, count))
            )
        )


async def take(reader: LogReader, count: int) -> list[int]:
    places: list[int] = []
    async with asyncio.timeout(20):
        while len(places) < count:
            places += [message.sequence for message in await reader.next_batch(count - len(places))]
    return places


async def test_reads_in_order_with_all_that_belongs_to_a_message(bus: Bus) -> None:
    headers = headers_bytes({"traceparent": TRACE, "Nats-Msg-Id": "1"})
    bus.publish("orders.new.AMZN", b"first", headers=headers)
    await fill(bus, 99)
    async with LogReader(bus, LOGS.orders) as reader:
        first = (await reader.next_batch(1))[0]
        assert (first.sequence, first.subject, first.data) == (1, "orders.new.AMZN", b"first")
        assert first.timestamp_ns > 1_700_000_000 * 10**9
        assert first.traceparent == TRACE
        assert await take(reader, 99) == list(range(2, 101))
        await wait_until(lambda: reader.caught_up, "not caught up", 2.0)
        assert await reader.next_batch(timeout_s=0.05) == []
        await fill(bus, 1)
        async for message in reader:
            assert message.sequence == 101
            assert message.traceparent is None
            break
    async with LogReader(bus, LOGS.orders, after=98) as reader:
        assert await take(reader, 3) == [99, 100, 101]


async def test_goes_on_after_restarts(server: NatsServer, bus: Bus) -> None:
    async with LogReader(bus, LOGS.orders) as reader:
        for round_number in range(3):
            await fill(bus, 50)
            assert await take(reader, 50) == list(
                range(round_number * 50 + 1, round_number * 50 + 51)
            )
            server.restart()
            await back(bus, round_number + 1)
        assert reader.opened >= 3


async def test_goes_on_after_a_silence(server: NatsServer, bus: Bus) -> None:
    async with LogReader(bus, LOGS.orders) as reader:
        await fill(bus, 10)
        assert await take(reader, 10) == list(range(1, 11))
        server.pause()
        await asyncio.sleep(1.6)
        server.resume()
        await fill(bus, 10)
        assert await take(reader, 10) == list(range(11, 21))


async def test_a_slow_reader_holds_the_server_back(bus: Bus) -> None:
    limits = ReaderLimits(flow_bytes=256 << 10, queue_bytes=48 << 20)
    await fill(bus, 1200, size=50_000)
    async with LogReader(bus, LOGS.orders, limits=limits) as reader:
        await asyncio.sleep(1.0)
        assert reader._queued_bytes < 35 << 20
        places: list[int] = []
        while len(places) < 1200:
            places += [message.sequence for message in await reader.next_batch(10)]
            await asyncio.sleep(0)
        assert places == list(range(1, 1201))
        assert reader.opened == 1


async def test_a_full_queue_loses_nothing(bus: Bus) -> None:
    limits = ReaderLimits(flow_bytes=20_000, queue_bytes=100_000, queue_messages=50)
    await fill(bus, 1000, size=1000)
    async with LogReader(bus, LOGS.orders, limits=limits) as reader:
        await asyncio.sleep(0.2)
        assert len(reader._queue) <= 50
        assert await take(reader, 1000) == list(range(1, 1001))


async def test_a_lost_delivery_is_read_again(bus: Bus) -> None:
    async with LogReader(bus, LOGS.orders) as reader:
        await fill(bus, 5)
        assert await take(reader, 5) == [1, 2, 3, 4, 5]
        reader._delivered += 1  # As if the server had delivered one more than came.
        await fill(bus, 5)
        assert await take(reader, 5) == [6, 7, 8, 9, 10]
        reader._delivered -= 1  # The last of all is lost: only the heartbeat can tell.
        await asyncio.sleep(1.0)
        await fill(bus, 1)
        assert await take(reader, 1) == [11]
        assert reader.opened == 3


@pytest.mark.parametrize("missing", [1, 500, 1000])
async def test_a_hole_is_named_and_not_passed(bus: Bus, missing: int) -> None:
    config = (await bus.api("STREAM.INFO.ORDERS"))["config"]
    await bus.api("STREAM.DELETE.ORDERS")
    await bus.api("STREAM.CREATE.ORDERS", config | {"deny_delete": False})
    await fill(bus, 1001)
    await bus.api("STREAM.MSG.DELETE.ORDERS", {"seq": missing})
    for after in (0, missing - 1):
        async with LogReader(bus, LOGS.orders, after=after) as reader:
            with pytest.raises(LogHole) as hole:
                await take(reader, 1001)
            assert (hole.value.log, hole.value.sequence) == ("ORDERS", missing)
            assert reader.taken == after


async def test_a_hole_that_comes_while_reading_is_not_passed(bus: Bus) -> None:
    config = (await bus.api("STREAM.INFO.ORDERS"))["config"]
    await bus.api("STREAM.DELETE.ORDERS")
    await bus.api("STREAM.CREATE.ORDERS", config | {"deny_delete": False})
    limits = ReaderLimits(flow_bytes=20_000, queue_messages=50)
    await fill(bus, 1001)
    async with LogReader(bus, LOGS.orders, limits=limits) as reader:
        await take(reader, 10)
        await bus.api("STREAM.MSG.DELETE.ORDERS", {"seq": 900})
        with pytest.raises(LogHole, match="ORDERS 900: missing"):
            await take(reader, 1001)
        assert reader.taken <= 899


async def test_a_tail_that_cannot_be_read_is_a_hole(server: NatsServer, bus: Bus) -> None:
    """A flipped bit that the server does not notice when it starts, only when it reads."""
    await fill(bus, 1000, size=300)
    server.terminate()
    block = server.blocks("ORDERS")[0]
    server.start()
    await back(bus)
    content = bytearray(block.read_bytes())
    content[-100] ^= 0x10
    block.write_bytes(content)
    async with LogReader(bus, LOGS.orders) as reader:
        with pytest.raises(LogHole) as hole:
            await take(reader, 1000)
        assert (hole.value.log, hole.value.sequence) == ("ORDERS", 1000)


async def test_orders_that_came_back_shorter_is_told(server: NatsServer, bus: Bus) -> None:
    async with LogReader(bus, LOGS.orders) as reader:
        await fill(bus, 1000, size=300)
        await take(reader, 1000)
        server.kill()
        block = server.blocks("ORDERS")[0]
        block.write_bytes(block.read_bytes()[:-3500])
        server.start()
        with pytest.raises(LogShort, match="ORDERS 1000: lost, the log ends at 9") as short:
            await asyncio.wait_for(reader.next_batch(), 5)
        assert short.value.last < 1000


async def test_a_log_that_changed_under_the_reader_is_told(bus: Bus) -> None:
    async with LogReader(bus, LOGS.orders) as reader:
        await fill(bus, 20)
        await take(reader, 20)
        await bus.api("STREAM.DELETE.ORDERS")
        await ensure_logs(bus, LOGS, LogSettings())
        for _ in range(30):
            await bus.request("orders.new.A", b"another")
        with pytest.raises(LogMismatch, match="ORDERS 20: changed since it was read"):
            await asyncio.wait_for(reader.next_batch(), 5)


async def test_a_derived_log_may_be_made_again(bus: Bus) -> None:
    async with LogReader(bus, LOGS.fills) as reader:
        await fill(bus, 20, prefix="orders.fills")
        await take(reader, 20)
        await bus.api("STREAM.DELETE.FILLS")
        await asyncio.sleep(1.5)
        await ensure_logs(bus, LOGS, LogSettings())
        await fill(bus, 21, prefix="orders.fills")
        assert await take(reader, 1) == [21]
