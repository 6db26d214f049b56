"""Books and trades as subscribers see them: a snapshot, then everything, in order, once."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Any

import grpc.aio
import pytest

from cift.analytics.rows import Block, trades_of
from cift.common.v1 import types_pb2 as types
from cift.kit.bus import Bus, LogSettings, ensure_logs, shard_logs
from cift.kit.errors import InvalidArgument, NotFound, OutOfRange, ResourceExhausted
from cift.kit.rpc import Principal
from cift.kit.server import Server
from cift.market_data import service as service_module
from cift.market_data.fanout import FanOut, QueueLimits
from cift.market_data.service import MarketData
from cift.market_data.v1 import market_data_service_pb2 as pb
from cift.market_data.v1 import market_data_service_pb2_grpc as pb_grpc
from cift_core import MarketDataFeed
from tests.support.journal import Journal, auction, random_flow
from tests.support.nats import NatsServer

LOGS = shard_logs(0)
HEARD_SECONDS = 4.0
"""Of a trade; a stream without trades is silent for longer."""
CALL: Any = None
"""The handlers do not look at the call."""
Levels = dict[tuple[str, str], tuple[str, int]]


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[Bus]:
    """A connection to a nats-server of this test's own, with its logs made."""
    with NatsServer(tmp_path / "nats") as server:
        bus = Bus(server.url, "test")
        await bus.start()
        await ensure_logs(bus, LOGS, LogSettings())
        yield bus
        await bus.stop()


@pytest.fixture(scope="module")
def flow() -> Journal:
    """Hundreds of messages on two instruments."""
    journal = Journal()
    journal.reference()
    random_flow(journal, 300, seed=11)
    return journal


@contextlib.asynccontextmanager
async def serving(bus: Bus, limits: QueueLimits | None = None) -> AsyncIterator[MarketData]:
    """The service over a fan-out at work; a fault fails the test."""
    faults: list[BaseException] = []
    fanout = FanOut(bus, LOGS, MarketDataFeed(), limits=limits, on_fault=faults.append)
    await fanout.start()
    try:
        yield MarketData(fanout, bus, LOGS.fills)
    finally:
        await fanout.stop()
        assert faults == []


async def publish(bus: Bus, frames: list[bytes]) -> None:
    """Store frames in FILLS, in order."""
    for frame in frames:
        assert b"error" not in await bus.request("orders.fills._venue", frame)


async def applied(service: MarketData, sequence: int) -> None:
    """Wait until the books are at a place."""
    async with asyncio.timeout(10):
        while service._fanout.applied < sequence or not service._fanout.caught_up:
            await asyncio.sleep(0.005)


def book_stream(service: MarketData, symbol: str) -> AsyncGenerator[bytes, None]:
    """Subscribe."""
    return service.stream_book(pb.StreamBookRequest(symbol=symbol).SerializeToString(), CALL)


def trade_stream(service: MarketData, **request: Any) -> AsyncGenerator[bytes, None]:
    """Subscribe."""
    return service.stream_trades(pb.StreamTradesRequest(**request).SerializeToString(), CALL)


async def the_book(service: MarketData, symbol: str, depth: int = 1000) -> Any:
    """The present book."""
    request = pb.GetBookRequest(symbol=symbol, depth=depth).SerializeToString()
    return pb.GetBookResponse.FromString(await service.get_book(request, CALL)).book


def as_levels(snapshot: Any) -> Levels:
    """A snapshot as (side, price) → (quantity, orders)."""
    return {
        (side, level.price): (level.quantity, level.order_count)
        for side, levels in (("bid", snapshot.bids), ("ask", snapshot.asks))
        for level in levels
    }


def change(levels: Levels, delta: Any) -> None:
    """Apply a delta."""
    for side, changed in (("bid", delta.bids), ("ask", delta.asks)):
        for level in changed:
            if level.quantity == "0":
                assert (side, level.price) in levels
                del levels[side, level.price]
            else:
                levels[side, level.price] = (level.quantity, level.order_count)


def expected_trades(journal: Journal, symbol: int | None, after: int = 0) -> list[int]:
    """Match ids of the trades after a sequence."""
    trades = trades_of(Block(0, 1, journal.fills))
    chosen = trades.sequence > after
    if symbol is not None:
        chosen &= trades.instrument == symbol
    found: list[int] = trades.match_id[chosen].tolist()
    return found


async def read_trades(stream: AsyncGenerator[bytes, None], last: int) -> list[Any]:
    """Read until a match."""
    got: list[Any] = []
    async with asyncio.timeout(20):
        async for piece in stream:
            message = pb.StreamTradesResponse.FromString(piece)
            got += message.trades
            if got and got[-1].match_id == last:
                break
    return got


async def test_a_book_is_its_snapshot_and_its_deltas(bus: Bus, flow: Journal) -> None:
    async with serving(bus) as service:
        await publish(bus, flow.fills[:100])
        await applied(service, 100)
        stream = book_stream(service, "AAA")
        first = pb.StreamBookResponse.FromString(await anext(stream))
        assert first.snapshot.sequence == first.through_sequence == 100
        assert not first.resynchronized
        levels = as_levels(first.snapshot)
        places: list[tuple[int, int]] = []
        await publish(bus, flow.fills[100:])
        await applied(service, len(flow.fills))
        while (await the_book(service, "AAA")).sequence > (places[-1][0] if places else 0):
            piece = pb.StreamBookResponse.FromString(await anext(stream))
            for delta in piece.deltas:
                places.append((delta.place.sequence, delta.place.index))
                change(levels, delta)
            if levels == as_levels(await the_book(service, "AAA")) and len(places) > 100:
                break
        assert places == sorted(set(places))
        assert levels == as_levels(await the_book(service, "AAA"))
        await stream.aclose()
        assert service._fanout._watchers == {}


async def test_a_slow_book_subscriber_gets_a_snapshot_that_says_so(bus: Bus, flow: Journal) -> None:
    async with serving(bus, QueueLimits(pieces=5)) as service:
        await publish(bus, flow.fills[:2])
        await applied(service, 2)
        stream = book_stream(service, "AAA")
        await anext(stream)
        await publish(bus, flow.fills[2:200])
        await applied(service, 200)
        again = pb.StreamBookResponse.FromString(await anext(stream))
        assert again.resynchronized
        assert again.snapshot.sequence == 200
        assert not again.deltas
        assert as_levels(again.snapshot) == as_levels(await the_book(service, "AAA"))
        levels = as_levels(again.snapshot)
        for number in range(200, 205):
            await publish(bus, [flow.fills[number]])
        await applied(service, 205)
        for delta in pb.StreamBookResponse.FromString(await anext(stream)).deltas:
            assert delta.place.sequence > 200
            change(levels, delta)
        assert levels == as_levels(await the_book(service, "AAA"))
        await stream.aclose()


@pytest.mark.parametrize(("symbol", "number"), [("", None), ("BBB", 2)])
async def test_trades_from_the_past_run_into_the_present(
    bus: Bus, flow: Journal, symbol: str, number: int | None
) -> None:
    async with serving(bus) as service:
        await publish(bus, flow.fills[:150])
        await applied(service, 150)
        streams = [trade_stream(service, symbol=symbol, after_sequence=n) for n in (0, 70, 149)]
        last = expected_trades(flow, number)[-1]
        reading = [asyncio.create_task(read_trades(s, last)) for s in streams]
        # What goes on while the past is read must neither be missed nor come twice.
        await publish(bus, flow.fills[150:])
        for task, after in zip(reading, (0, 70, 149), strict=True):
            got = await task
            assert [trade.match_id for trade in got] == expected_trades(flow, number, after)
        for stream in streams:
            await stream.aclose()


async def test_a_slow_trade_subscriber_is_told_where_to_resume(bus: Bus, flow: Journal) -> None:
    async with serving(bus, QueueLimits(pieces=5)) as service:
        await publish(bus, flow.fills[:10])
        await applied(service, 10)
        stream = trade_stream(service, live_only=True)
        starting = asyncio.create_task(anext(stream))
        await asyncio.sleep(0.05)
        await publish(bus, flow.fills[10:200])
        first = pb.StreamTradesResponse.FromString(await starting)
        await applied(service, 200)
        with pytest.raises(ResourceExhausted, match="after_sequence") as told:
            while True:
                first.MergeFromString(await anext(stream))
        resume = int(told.value.metadata["through_sequence"])
        assert resume == first.through_sequence
        expected = expected_trades(Journal(fills=flow.fills[:200]), None, 10)
        again = trade_stream(service, after_sequence=resume)
        rest = await read_trades(again, expected[-1])
        await again.aclose()
        assert [trade.match_id for trade in [*first.trades, *rest]] == expected


async def test_live_trades_wait_for_nobody_who_reads_history(
    bus: Bus, flow: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_module, "HISTORY_READERS_MAX", 1)
    monkeypatch.setattr(service_module, "HISTORY_MESSAGES", 8)
    async with serving(bus) as service:
        await publish(bus, flow.fills[:100])
        await applied(service, 100)
        slow = trade_stream(service)
        await anext(slow)  # It holds the one reader of history, and reads no further.
        live = [trade_stream(service, live_only=True), trade_stream(service, after_sequence=100)]
        hearing = [asyncio.create_task(anext(stream)) for stream in live]
        await asyncio.sleep(0.05)
        await publish(bus, flow.fills[100:150])
        async with asyncio.timeout(HEARD_SECONDS):
            await asyncio.gather(*hearing)
        for stream in live:
            await stream.aclose()
        await slow.aclose()


async def test_who_stops_reading_the_past_keeps_nobody_from_it(
    bus: Bus, flow: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_module, "HISTORY_READERS_MAX", 1)
    monkeypatch.setattr(service_module, "HISTORY_MESSAGES", 8)
    expected = expected_trades(flow, None)
    async with serving(bus) as service:
        await publish(bus, flow.fills)
        await applied(service, len(flow.fills))
        idle = trade_stream(service)
        first = pb.StreamTradesResponse.FromString(await anext(idle))
        other = trade_stream(service)
        got = await read_trades(other, expected[-1])
        assert [trade.match_id for trade in got] == expected
        rest = await read_trades(idle, expected[-1])
        assert [trade.match_id for trade in [*first.trades, *rest]] == expected
        await idle.aclose()
        await other.aclose()


async def test_the_best_prices_are_those_of_the_book(bus: Bus, flow: Journal) -> None:
    async with serving(bus) as service:
        await publish(bus, flow.fills[:5])
        await applied(service, 5)
        request = pb.StreamTopOfBookRequest(symbols=["AAA", "BBB", "AAA"])
        stream = service.stream_top_of_book(request.SerializeToString(), CALL)
        tops = {}
        first = pb.StreamTopOfBookResponse.FromString(await anext(stream))
        assert [top.symbol for top in first.tops] == ["AAA", "BBB"]
        tops = {top.symbol: top for top in first.tops}
        await publish(bus, flow.fills[5:])
        await applied(service, len(flow.fills))
        piece = pb.StreamTopOfBookResponse.FromString(await anext(stream))
        for top in piece.tops:
            assert (top.bid, top.ask) != (tops[top.symbol].bid, tops[top.symbol].ask)
            tops[top.symbol] = top
        for symbol, top in tops.items():
            book = await the_book(service, symbol, 1)
            assert [top.bid] == list(book.bids)
            assert [top.ask] == list(book.asks)
        await stream.aclose()


async def test_statuses_are_those_of_the_instruments(bus: Bus) -> None:
    journal = Journal()
    journal.reference()
    auction(journal, 2)
    async with serving(bus, QueueLimits(pieces=2)) as service:
        await publish(bus, journal.fills[:1])
        await applied(service, 1)
        request = pb.StreamStatusRequest(symbols=["AAA", "BBB", "AAA"]).SerializeToString()
        stream = service.stream_status(request, CALL)
        first = pb.StreamStatusResponse.FromString(await anext(stream))
        told = [(status.symbol, status.session) for status in first.statuses]
        assert told == [(s, types.SESSION_STATE_CONTINUOUS) for s in ("AAA", "BBB")]
        await publish(bus, journal.fills[1:3])
        await applied(service, 3)
        piece = pb.StreamStatusResponse.FromString(await anext(stream))
        assert {status.symbol for status in piece.statuses} == {"BBB"}
        assert [status.sequence for status in piece.statuses] == [2, 3]
        assert piece.statuses[-1].session == types.SESSION_STATE_OPENING_AUCTION
        assert (piece.statuses[-1].auction_quantity, piece.through_sequence) == ("5", 3)
        # One that is too slow is sent away rather than told less.
        for _ in range(3):
            auction(journal, 2)
        await publish(bus, journal.fills[3:])
        await applied(service, len(journal.fills))
        with pytest.raises(ResourceExhausted, match="subscribe again"):
            await anext(stream)
        again = service.stream_status(request, CALL)
        whole = pb.StreamStatusResponse.FromString(await anext(again))
        assert whole.statuses[1].session == types.SESSION_STATE_CONTINUOUS
        assert whole.through_sequence == len(journal.fills)
        await again.aclose()


async def test_a_restart_brings_the_same_books(bus: Bus, flow: Journal) -> None:
    await publish(bus, flow.fills)
    books = []
    for _ in range(2):
        async with serving(bus) as service:
            await applied(service, len(flow.fills))
            books.append(await the_book(service, "BBB"))
    assert books[0] == books[1]
    assert books[0].bids


async def test_silence_has_a_heart_beat(
    bus: Bus, flow: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cift.market_data.service.HEARTBEAT_SECONDS", 0.05)
    async with serving(bus) as service:
        await publish(bus, flow.fills[:20])
        await applied(service, 20)
        tops = pb.StreamTopOfBookRequest(symbols=["BBB"]).SerializeToString()
        for stream, kind in (
            (book_stream(service, "AAA"), pb.StreamBookResponse),
            (service.stream_top_of_book(tops, CALL), pb.StreamTopOfBookResponse),
            (service.stream_status(tops, CALL), pb.StreamStatusResponse),
            (trade_stream(service, after_sequence=20), pb.StreamTradesResponse),
        ):
            async with asyncio.timeout(5):
                pieces = [kind.FromString(await anext(stream)) for _ in range(3)]
            assert pieces[-1] == kind(through_sequence=20)
            await stream.aclose()


async def test_wrong_requests_are_named(bus: Bus) -> None:
    async with serving(bus) as service:
        await applied(service, 0)
        for symbol in ("", "a", "*", "A" * 33):
            with pytest.raises(InvalidArgument):
                await the_book(service, symbol)
        with pytest.raises(InvalidArgument):
            await the_book(service, "AAA", depth=10_001)
        with pytest.raises(NotFound):
            await the_book(service, "NONE")
        with pytest.raises(NotFound):
            await anext(book_stream(service, "NONE"))
        with pytest.raises(InvalidArgument):
            await anext(trade_stream(service, live_only=True, after_sequence=3))
        with pytest.raises(OutOfRange, match="the journal ends at 0"):
            await anext(trade_stream(service, after_sequence=1))
        for symbols in ([], [f"S{n}" for n in range(1001)]):
            request = pb.StreamTopOfBookRequest(symbols=symbols).SerializeToString()
            for stream in (service.stream_top_of_book, service.stream_status):
                with pytest.raises(InvalidArgument):
                    await anext(stream(request, CALL))
        unknown = pb.StreamStatusRequest(symbols=["NONE"]).SerializeToString()
        with pytest.raises(NotFound):
            await anext(service.stream_status(unknown, CALL))


class Anybody:
    """Lets every caller in."""

    def principal(self, _metadata: Any, scope: str) -> Principal:
        """Somebody with the scope asked for."""
        return Principal(1, 1, "F", frozenset({scope}))


async def test_over_grpc(bus: Bus, flow: Journal) -> None:
    await publish(bus, flow.fills)
    async with serving(bus) as service:
        await applied(service, len(flow.fills))
        server = Server("127.0.0.1:0", auth=Anybody(), grace_seconds=0.2)
        server.add(pb.DESCRIPTOR.services_by_name["MarketDataService"], service)
        await server.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            stub = pb_grpc.MarketDataServiceStub(channel)
            book = (await stub.GetBook(pb.GetBookRequest(symbol="AAA"))).book
            assert len(book.bids) <= 10
            assert book.sequence == len(flow.fills)
            stream = stub.StreamTrades(pb.StreamTradesRequest(symbol="AAA"))
            got: list[int] = []
            async for piece in stream:
                got += [trade.match_id for trade in piece.trades]
                if piece.through_sequence == len(flow.fills):
                    break
            assert got == expected_trades(flow, 1)
            stream.cancel()
        await server.stop()
