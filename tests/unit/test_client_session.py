"""The client's session against a server that breaks at chosen moments."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from cift.client import (
    CiftClient,
    InternalError,
    NewOrder,
    Outcome,
    RequestError,
    Retry,
    Side,
    UnavailableError,
    UnknownOutcomeError,
)
from cift.order_entry.v1 import order_entry_service_pb2 as pb
from cift.order_entry.v1 import order_pb2

QUICK = Retry(attempts=4, first_pause_seconds=0.01, longest_pause_seconds=0.02)


class Venue:
    """Answers sessions; `breaks` holds after how many requests each stream breaks, 0: never."""

    def __init__(self) -> None:
        self.breaks: list[int] = []
        self.seen: list[list[str]] = []
        self.outcome = order_pb2.OUTCOME_ACCEPTED
        self.port = 0
        self._server: Any = None

    async def session(self, _requests: Any, context: Any) -> None:
        limit = self.breaks.pop(0) if self.breaks else 0
        seen: list[str] = []
        self.seen.append(seen)
        while (raw := await context.read()) is not grpc.aio.EOF:
            request = pb.SessionRequest.FromString(raw)
            ids = [c.new_order.cl_ord_id for c in request.commands]
            seen += ids
            if limit and len(seen) >= limit:
                await context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")
            response = pb.SessionResponse(request_id=request.request_id)
            if request.commands[0].new_order.symbol == "WRONG":
                response.error = "symbol: is wrong"
            elif request.commands[0].new_order.symbol == "ODD":
                response.request_id = 999
            else:
                for cl_ord_id in ids:
                    response.results.add(cl_ord_id=cl_ord_id, outcome=self.outcome)
            await context.write(response.SerializeToString())

    async def start(self) -> None:
        self._server = grpc.aio.server()
        handler = grpc.stream_stream_rpc_method_handler(self.session)
        self._server.add_registered_method_handlers(
            "cift.order_entry.v1.OrderEntryService", {"Session": handler}
        )
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop(0)


@pytest.fixture
async def venue() -> AsyncIterator[Venue]:
    venue = Venue()
    await venue.start()
    yield venue
    await venue.stop()


@pytest.fixture
async def cift(venue: Venue) -> AsyncIterator[CiftClient]:
    async with CiftClient(f"127.0.0.1:{venue.port}", api_key="key", retry=QUICK) as client:
        yield client


def order(number: int, symbol: str = "S") -> NewOrder:
    return NewOrder("A", symbol, Side.BUY, 1, "1", cl_ord_id=f"id-{number}")


async def test_answers_come_in_order(cift: CiftClient, venue: Venue) -> None:
    async with cift.session(window=8) as session:
        futures = [await session.send(order(n), order(1_000 + n)) for n in range(100)]
        for number, future in enumerate(futures):
            results = await future
            assert [r.cl_ord_id for r in results] == [f"id-{number}", f"id-{1_000 + number}"]
    assert len(venue.seen) == 1


async def test_what_has_no_answer_is_sent_again_with_the_same_ids(
    cift: CiftClient, venue: Venue
) -> None:
    venue.breaks = [3, 4, 0]
    async with cift.session() as session:
        futures = [await session.send(order(n)) for n in range(10)]
        results = [(await future)[0] for future in futures]
    assert [r.cl_ord_id for r in results] == [f"id-{n}" for n in range(10)]
    assert session.connections == 3
    # Each stream begins with the first request that had no answer.
    assert [seen[0] for seen in venue.seen] == ["id-0", "id-2", "id-5"]


async def test_without_resending_the_outcome_is_unknown(cift: CiftClient, venue: Venue) -> None:
    venue.breaks = [2]
    async with cift.session(resend=False) as session:
        first, second = await session.send(order(1)), await session.send(order(2))
        assert (await first)[0].outcome == Outcome.ACCEPTED
        with pytest.raises(UnknownOutcomeError):
            await second
        with pytest.raises(UnknownOutcomeError):
            await session.send(order(3))


async def test_a_venue_that_is_gone_ends_the_session(cift: CiftClient, venue: Venue) -> None:
    await venue.stop()
    async with cift.session() as session:
        future = await session.send(order(1))
        with pytest.raises((UnavailableError, UnknownOutcomeError)):
            await future


async def test_refusals_and_unknown_outcomes_are_exceptions(cift: CiftClient, venue: Venue) -> None:
    async with cift.session() as session:
        with pytest.raises(RequestError, match="symbol: is wrong"):
            await session.submit(order(1, "WRONG"))
        venue.outcome = order_pb2.OUTCOME_UNKNOWN
        with pytest.raises(UnknownOutcomeError):
            await session.submit(order(2))
        with pytest.raises(InternalError):
            await session.submit(order(3, "ODD"))


async def test_closing_with_answers_missing_says_unknown(cift: CiftClient, venue: Venue) -> None:
    venue.breaks = [1, 1, 1, 1, 1, 1]
    context = cift.session()
    session = await context.__aenter__()
    future = await session.send(order(1))
    await session.close()
    with pytest.raises(UnknownOutcomeError):
        await future
    await asyncio.sleep(0)
