"""Server streams: executions, trades, books, positions, breaches; resumed where they broke."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import grpc

from cift.client import messages
from cift.client.errors import (
    CiftError,
    SlowConsumerError,
    UnavailableError,
    UnknownOutcomeError,
    from_rpc,
)
from cift.client.limits import Breach, PositionsUpdate, breach_of, positions_update_of
from cift.client.types import BookLevel, BookUpdate, Execution, InstrumentStatus, Place, Trade
from cift.market_data.v1 import market_data_service_pb2, market_data_service_pb2_grpc
from cift.order_entry.v1 import order_entry_service_pb2, order_entry_service_pb2_grpc
from cift.risk.v1 import risk_service_pb2, risk_service_pb2_grpc

if TYPE_CHECKING:
    from cift.client.client import CiftClient, Retry

__all__ = [
    "BookView",
    "book",
    "breaches",
    "executions",
    "get_book",
    "positions",
    "statuses",
    "trades",
]


class BookView:
    """A book kept by the updates of `CiftClient.stream_book`."""

    def __init__(self) -> None:
        self.place = Place(0, 0, 0)
        """Up to where the book is known."""
        self._bids: dict[Decimal, BookLevel] = {}
        self._asks: dict[Decimal, BookLevel] = {}

    def apply(self, update: BookUpdate) -> None:
        """Take a snapshot or a delta."""
        if update.snapshot:
            self._bids.clear()
            self._asks.clear()
        for side, levels in ((self._bids, update.bids), (self._asks, update.asks)):
            for level in levels:
                if level.quantity:
                    side[level.price] = level
                else:
                    side.pop(level.price, None)
        self.place = update.place

    @property
    def bids(self) -> list[BookLevel]:
        """Best first."""
        return [self._bids[price] for price in sorted(self._bids, reverse=True)]

    @property
    def asks(self) -> list[BookLevel]:
        """Best first."""
        return [self._asks[price] for price in sorted(self._asks)]


async def executions(
    client: "CiftClient", account: str, after_sequence: int, live_only: bool, resume: bool
) -> AsyncGenerator[Execution, None]:
    """See `CiftClient.stream_executions`."""
    stub = order_entry_service_pb2_grpc.OrderEntryServiceStub(
        client.channel(client.endpoints.order_entry)
    )
    progress = _Progress(client.retry, resume)
    while True:
        request = order_entry_service_pb2.StreamExecutionsRequest(
            account=account, after_sequence=after_sequence, live_only=live_only
        )
        stream = client.open(stub.StreamExecutions, request)
        try:
            while (message := await progress.read(stream)) is not None:
                for execution in message.executions:
                    yield messages.execution_of(execution)
                after_sequence, live_only = message.through_sequence, False
        finally:
            stream.cancel()


async def trades(
    client: "CiftClient", symbol: str, after_sequence: int, live_only: bool, resume: bool
) -> AsyncGenerator[Trade, None]:
    """See `CiftClient.stream_trades`."""
    stub = _market_data(client)
    progress = _Progress(client.retry, resume)
    while True:
        request = market_data_service_pb2.StreamTradesRequest(
            symbol=symbol, after_sequence=after_sequence, live_only=live_only
        )
        stream = client.open(stub.StreamTrades, request)
        try:
            while (message := await progress.read(stream)) is not None:
                for trade in message.trades:
                    yield messages.trade_of(trade)
                after_sequence, live_only = message.through_sequence, False
        finally:
            stream.cancel()


async def book(client: "CiftClient", symbol: str, resume: bool) -> AsyncGenerator[BookUpdate, None]:
    """See `CiftClient.stream_book`."""
    stub = _market_data(client)
    progress = _Progress(client.retry, resume)
    while True:
        request = market_data_service_pb2.StreamBookRequest(symbol=symbol)
        stream = client.open(stub.StreamBook, request)
        try:
            while (message := await progress.read(stream)) is not None:
                if message.HasField("snapshot"):
                    yield _snapshot(message.snapshot)
                for delta in message.deltas:
                    yield BookUpdate(
                        symbol=symbol,
                        place=messages.place_of(delta.place),
                        snapshot=False,
                        bids=messages.levels_of(delta.bids),
                        asks=messages.levels_of(delta.asks),
                    )
        finally:
            stream.cancel()


async def statuses(
    client: "CiftClient", symbols: Sequence[str], resume: bool
) -> AsyncGenerator[InstrumentStatus, None]:
    """See `CiftClient.stream_status`."""
    stub = _market_data(client)
    progress = _Progress(client.retry, resume)
    request = market_data_service_pb2.StreamStatusRequest(symbols=symbols)
    while True:
        stream = client.open(stub.StreamStatus, request)
        try:
            while (message := await progress.read(stream)) is not None:
                for status in message.statuses:
                    yield messages.status_of(status.symbol, status.sequence, status)
        finally:
            stream.cancel()


async def positions(
    client: "CiftClient", account: str, resume: bool
) -> AsyncGenerator[PositionsUpdate, None]:
    """See `Risk.stream_positions`."""
    progress = _Progress(client.retry, resume)
    request = risk_service_pb2.StreamPositionsRequest(account=account)
    while True:
        stream = client.open(_risk(client).StreamPositions, request)
        try:
            while (message := await progress.read(stream)) is not None:
                if message.positions or message.snapshot:
                    yield positions_update_of(message)
        finally:
            stream.cancel()


async def breaches(
    client: "CiftClient", account: str, after_sequence: int | None, resume: bool
) -> AsyncGenerator[Breach, None]:
    """See `Risk.stream_breaches`."""
    progress = _Progress(client.retry, resume)
    while True:
        request = risk_service_pb2.StreamBreachesRequest(
            account=account, after_sequence=after_sequence
        )
        stream = client.open(_risk(client).StreamBreaches, request)
        try:
            while (message := await progress.read(stream)) is not None:
                for breach in message.breaches:
                    yield breach_of(breach)
                after_sequence = message.through_sequence
        finally:
            stream.cancel()


async def get_book(client: "CiftClient", symbol: str, depth: int) -> BookUpdate:
    """See `CiftClient.get_book`."""
    request = market_data_service_pb2.GetBookRequest(symbol=symbol, depth=depth)
    reply = await client.query(_market_data(client).GetBook, request)
    return _snapshot(reply.book)


class _Progress:
    """Reads messages; decides whether a broken stream is worth opening again."""

    def __init__(self, retry: "Retry", resume: bool) -> None:
        self._retry = retry
        self._resume = resume
        self._failures = 0
        self._pause = retry.first_pause_seconds

    async def read(self, stream: Any) -> Any | None:
        """The next message; None: the stream broke and shall be opened again."""
        try:
            message = await stream.read()
            if message is grpc.aio.EOF:
                raise UnavailableError("the stream ended")
        except grpc.aio.AioRpcError as error:
            await self._broken(from_rpc(error))
            return None
        except UnavailableError as error:
            await self._broken(error)
            return None
        self._failures, self._pause = 0, self._retry.first_pause_seconds
        return message

    async def _broken(self, error: CiftError) -> None:
        """Wait before the next attempt, or raise."""
        passing = isinstance(error, UnavailableError | UnknownOutcomeError | SlowConsumerError)
        self._failures += 1
        if not (passing and self._resume) or self._failures >= self._retry.attempts:
            raise error
        await asyncio.sleep(self._pause)
        self._pause = min(self._pause * 2, self._retry.longest_pause_seconds)


def _market_data(client: "CiftClient") -> Any:
    return market_data_service_pb2_grpc.MarketDataServiceStub(
        client.channel(client.endpoints.market_data)
    )


def _risk(client: "CiftClient") -> Any:
    return risk_service_pb2_grpc.RiskServiceStub(client.channel(client.endpoints.risk))


def _snapshot(snapshot: Any) -> BookUpdate:
    return BookUpdate(
        symbol=snapshot.symbol,
        place=Place(0, snapshot.sequence, 0),
        snapshot=True,
        bids=messages.levels_of(snapshot.bids),
        asks=messages.levels_of(snapshot.asks),
    )
