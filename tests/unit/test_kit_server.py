"""The server that every service runs: what a client sees, whatever it sends."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import asyncpg
import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2
from grpc_status import rpc_status

from cift.kit.errors import (
    InvalidArgument,
    NotFound,
    Unauthenticated,
    Unavailable,
    as_service_error,
)
from cift.kit.rpc import Call, Principal, rpc
from cift.kit.server import MAX_MESSAGE_BYTES, Server
from cift.market_data.v1 import market_data_service_pb2 as pb

SERVICE = pb.DESCRIPTOR.services_by_name["MarketDataService"]
NAME = SERVICE.full_name
KEY = (("authorization", "Bearer key"),)


class OneKey:
    """Knows one caller; the ring of real keys has its own test."""

    def __init__(self) -> None:
        self.disabled = False

    def principal(self, metadata: object, scope: str) -> Principal:
        if self.disabled:
            raise Unauthenticated("KEY_UNKNOWN", "the API key was disabled")
        return Principal(1, 2, "FIRM", frozenset({scope}))


class Panic(BaseException):
    """What a panic of the core looks like: no Exception."""


class Handlers:
    """A service whose answers depend on the symbol asked for."""

    def __init__(self) -> None:
        self.entered = asyncio.Event()
        self.release = asyncio.Event()
        self.closed = asyncio.Event()

    @rpc("read")
    async def get_book(self, request: pb.GetBookRequest, call: Call) -> pb.GetBookResponse:
        if request.symbol == "WRONG":
            raise InvalidArgument.of([("symbol", "is wrong"), ("depth", "too")])
        if request.symbol == "MUCH":
            raise InvalidArgument.of([(f"field {n} " * 99, "ü" * 9_000) for n in range(1_000)])
        if request.symbol == "BUSY":
            raise Unavailable("BUSY", "later", retry_after_seconds=0.25)
        if request.symbol == "NONE":
            raise NotFound("UNKNOWN_SYMBOL", "no such symbol")
        if request.symbol == "DEFECT":
            raise ZeroDivisionError("a secret")
        if request.symbol == "PANIC":
            raise Panic("a secret")
        if request.symbol == "SLOW":
            self.entered.set()
            await self.release.wait()
        assert call.principal.firm == 2
        response = pb.GetBookResponse()
        response.book.symbol = request.symbol
        return response

    @rpc("read")
    async def stream_book(
        self, request: pb.StreamBookRequest, _call: Call
    ) -> AsyncGenerator[pb.StreamBookResponse, None]:
        try:
            for sequence in range(1, 4):
                yield pb.StreamBookResponse(through_sequence=sequence)
            if request.symbol == "ENDLESS":
                await asyncio.Event().wait()
        finally:
            self.closed.set()

    @rpc("read", raw=True)
    async def stream_top_of_book(self, request: bytes, _call: Call) -> AsyncGenerator[bytes, None]:
        yield pb.StreamTopOfBookResponse(through_sequence=len(request)).SerializeToString()

    @rpc("read", raw=True)
    async def stream_status(self, request: bytes, _call: Call) -> AsyncGenerator[bytes, None]:
        """Echo."""
        yield request

    @rpc("read")
    async def stream_trades(
        self, request: pb.StreamTradesRequest, _call: Call
    ) -> AsyncGenerator[pb.StreamTradesResponse, None]:
        yield pb.StreamTradesResponse(through_sequence=request.after_sequence)
        raise Unavailable("GONE", "resume after 7", metadata={"through_sequence": "7"})


class Fixture:
    """A server on a free port and a channel to it."""

    def __init__(
        self, handlers: Handlers, keys: OneKey, server: Server, channel: grpc.aio.Channel
    ) -> None:
        self.handlers = handlers
        self.keys = keys
        self.server = server
        self.channel = channel

    async def call(self, method: str, request: bytes, timeout: float | None = None) -> bytes:
        reply = await self.channel.unary_unary(f"/{method}")(request, metadata=KEY, timeout=timeout)
        assert isinstance(reply, bytes)
        return reply

    async def get_book(self, symbol: str, timeout: float | None = None) -> str:
        request = pb.GetBookRequest(symbol=symbol).SerializeToString()
        reply = await self.call(f"{NAME}/GetBook", request, timeout)
        return str(pb.GetBookResponse.FromString(reply).book.symbol)

    async def health(self, service: str) -> int:
        request = health_pb2.HealthCheckRequest(service=service).SerializeToString()
        reply = await self.call("grpc.health.v1.Health/Check", request)
        return int(health_pb2.HealthCheckResponse.FromString(reply).status)


@pytest.fixture
async def it() -> AsyncIterator[Fixture]:
    handlers, keys = Handlers(), OneKey()
    server = Server("127.0.0.1:0", auth=keys, grace_seconds=1.0, default_deadline_seconds=0.3)
    server.add(SERVICE, handlers)
    await server.start()
    options = [("grpc.max_send_message_length", -1)]
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}", options=options) as channel:
        yield Fixture(handlers, keys, server, channel)
    await server.stop()


async def details_of(error: grpc.aio.AioRpcError) -> dict[str, object]:
    status = rpc_status.from_call(error)
    assert status is not None
    found: dict[str, object] = {}
    for packed in status.details:
        for kind in (
            error_details_pb2.ErrorInfo,
            error_details_pb2.BadRequest,
            error_details_pb2.RetryInfo,
        ):
            if packed.Is(kind.DESCRIPTOR):
                found[kind.DESCRIPTOR.name] = kind.FromString(packed.value)
    return found


async def test_a_burst_is_taken_as_a_whole(it: Fixture) -> None:
    """Calls that wait for the server to look at them are not lost without a word."""
    options = [("grpc.use_local_subchannel_pool", 1)]
    address = f"127.0.0.1:{it.server.port}"
    request = pb.GetBookRequest(symbol="AMZN").SerializeToString()
    channels = [grpc.aio.insecure_channel(address, options=options) for _ in range(5)]
    try:
        calls = [
            channels[n % 5].unary_unary(f"/{NAME}/GetBook")(request, metadata=KEY, timeout=60)
            for n in range(5_000)
        ]
        codes = {await call.code() for call in calls}
    finally:
        await asyncio.gather(*(channel.close() for channel in channels))
    assert codes == {grpc.StatusCode.OK}


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.InternalClientError("cannot switch to state 15"),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.InterfaceError("connection is closed"),
        ConnectionResetError(),
    ],
)
def test_a_database_that_went_away_is_unavailable(error: Exception) -> None:
    known = as_service_error(error)
    assert (known.code, known.reason) == (grpc.StatusCode.UNAVAILABLE, "DATABASE_UNAVAILABLE")


async def test_errors_are_rich_statuses_and_the_connection_lives(it: Fixture) -> None:
    rows = [
        ("WRONG", grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST", "symbol: is wrong"),
        ("BUSY", grpc.StatusCode.UNAVAILABLE, "BUSY", "later"),
        ("NONE", grpc.StatusCode.NOT_FOUND, "UNKNOWN_SYMBOL", "no such symbol"),
        ("DEFECT", grpc.StatusCode.INTERNAL, "INTERNAL", "an internal error; it was logged"),
        ("PANIC", grpc.StatusCode.INTERNAL, "INTERNAL", "an internal error; it was logged"),
    ]
    for symbol, code, reason, text in rows:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await it.get_book(symbol)
        assert caught.value.code() == code
        assert caught.value.details() == text
        details = await details_of(caught.value)
        info = details["ErrorInfo"]
        assert isinstance(info, error_details_pb2.ErrorInfo)
        assert (info.reason, info.domain) == (reason, "cift.markets")
        if symbol == "WRONG":
            bad = details["BadRequest"]
            assert isinstance(bad, error_details_pb2.BadRequest)
            assert [v.field for v in bad.field_violations] == ["symbol", "depth"]
        if symbol == "BUSY":
            retry = details["RetryInfo"]
            assert isinstance(retry, error_details_pb2.RetryInfo)
            assert retry.retry_delay.ToMilliseconds() == 250
    assert await it.get_book("FINE") == "FINE"


async def test_however_much_is_wrong_the_status_arrives(it: Fixture) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await it.get_book("MUCH")
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    bad = (await details_of(caught.value))["BadRequest"]
    assert isinstance(bad, error_details_pb2.BadRequest)
    assert len(bad.field_violations) == 16
    assert bad.field_violations[0].description.endswith("ü…")
    size = sum(len(v) for k, v in caught.value.trailing_metadata() if k.endswith("-bin"))
    assert size * 4 / 3 < 7 << 10


@pytest.mark.parametrize("junk", [b"\xff\xff\xff\xff", b"\x0a\x7f", b"\x0a\x02\xff\xfe"])
async def test_malformed_protobuf_is_invalid_argument(it: Fixture, junk: bytes) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await it.call(f"{NAME}/GetBook", junk)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert await it.get_book("FINE") == "FINE"


async def test_a_message_over_the_bound_is_refused_and_the_connection_lives(it: Fixture) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await it.call(f"{NAME}/GetBook", bytes(5_000_000))
    assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert str(MAX_MESSAGE_BYTES) in (caught.value.details() or "")
    assert await it.get_book("FINE") == "FINE"


async def test_a_unary_call_without_deadline_gets_one(it: Fixture) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await it.get_book("SLOW")
    assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    it.handlers.release.set()
    assert await it.get_book("SLOW") == "SLOW"


async def test_streams(it: Fixture) -> None:
    stream = it.channel.unary_stream(
        f"/{NAME}/StreamBook", response_deserializer=pb.StreamBookResponse.FromString
    )
    seen = [m.through_sequence async for m in stream(b"", metadata=KEY)]
    assert seen == [1, 2, 3]
    raw = it.channel.unary_stream(
        f"/{NAME}/StreamTopOfBook", response_deserializer=pb.StreamTopOfBookResponse.FromString
    )
    assert [m.through_sequence async for m in raw(b"12345", metadata=KEY)] == [5]
    trades = it.channel.unary_stream(
        f"/{NAME}/StreamTrades", response_deserializer=pb.StreamTradesResponse.FromString
    )
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async for _ in trades(b"", metadata=KEY):
            pass
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
    info = (await details_of(caught.value))["ErrorInfo"]
    assert isinstance(info, error_details_pb2.ErrorInfo)
    assert info.metadata["through_sequence"] == "7"


async def test_health_follows_readiness(it: Fixture) -> None:
    serving, not_serving = (
        health_pb2.HealthCheckResponse.SERVING,
        health_pb2.HealthCheckResponse.NOT_SERVING,
    )
    assert await it.health("") == not_serving
    watch = it.channel.unary_stream(
        "/grpc.health.v1.Health/Watch",
        response_deserializer=health_pb2.HealthCheckResponse.FromString,
    )(health_pb2.HealthCheckRequest(service=NAME).SerializeToString())
    assert (await watch.read()).status == not_serving
    it.server.health.set(True)
    assert (await watch.read()).status == serving
    assert await it.health(NAME) == await it.health("") == serving
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await it.health("cift.unknown")
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND
    it.server.health.drain()
    assert (await watch.read()).status == not_serving
    assert await watch.read() is grpc.aio.EOF


async def test_a_key_that_is_disabled_ends_its_streams(it: Fixture) -> None:
    stream = it.channel.unary_stream(f"/{NAME}/StreamBook")(
        pb.StreamBookRequest(symbol="ENDLESS").SerializeToString(), metadata=KEY
    )
    for _ in range(3):
        await stream.read()
    it.keys.disabled = True
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async with asyncio.timeout(1):
            await stream.read()
    assert caught.value.code() == grpc.StatusCode.UNAUTHENTICATED
    info = (await details_of(caught.value))["ErrorInfo"]
    assert isinstance(info, error_details_pb2.ErrorInfo)
    assert info.reason == "KEY_UNKNOWN"
    await it.handlers.closed.wait()


async def test_drain_finishes_calls_in_flight_and_ends_streams(it: Fixture) -> None:
    it.server.health.set(True)
    slow = asyncio.create_task(it.get_book("SLOW", timeout=5))
    stream = it.channel.unary_stream(f"/{NAME}/StreamBook")(
        pb.StreamBookRequest(symbol="ENDLESS").SerializeToString(), metadata=KEY
    )
    for _ in range(3):
        await stream.read()
    await it.handlers.entered.wait()
    stopping = asyncio.create_task(it.server.stop())
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stream.read()
    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
    info = (await details_of(caught.value))["ErrorInfo"]
    assert isinstance(info, error_details_pb2.ErrorInfo)
    assert info.reason == "DRAINING"
    await it.handlers.closed.wait()
    it.handlers.release.set()
    assert await slow == "SLOW"
    await stopping


async def test_reflection_lists_the_services(it: Fixture) -> None:
    call = it.channel.stream_stream(
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )()
    await call.write(reflection_pb2.ServerReflectionRequest(list_services=""))
    answer = await call.read()
    names = {s.name for s in answer.list_services_response.service}
    assert {NAME, "grpc.health.v1.Health"} <= names
    await call.done_writing()
