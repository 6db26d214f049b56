"""MarketDataService: the present book, and streams that never skip a change silently.

A book stream whose subscriber was too slow goes on with a new snapshot that says so; a stream of
trades, of best prices or of statuses ends with RESOURCE_EXHAUSTED and says where to go on.

A trade that the operator undid comes again in the stream of trades, marked as busted; what was told
of it before, and what was counted, stays.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Iterable
from functools import partial

from google.protobuf.message import Message

from cift.kit.bus import Bus, Log
from cift.kit.errors import (
    InvalidArgument,
    NotFound,
    OutOfRange,
    ResourceExhausted,
    Unavailable,
)
from cift.kit.history import HistoryPlaces, Place
from cift.kit.rpc import Call, rpc
from cift.kit.subjects import is_symbol
from cift.market_data.fanout import FanOut, Subscription, join
from cift.market_data.v1 import market_data_service_pb2 as pb

__all__ = ["MarketData"]

HEARTBEAT_SECONDS = 5.0
"""A stream is never silent for longer; clients are told 10 s at most."""
LOOK_SECONDS = 0.02
AHEAD_LOOKS = 100
"""Another replica may be a little ahead of this one: how often to look for its place."""
DEPTH_DEFAULT = 10
DEPTH_MAX = 10_000
SYMBOLS_MAX = 1_000
HISTORY_MESSAGES = 64
HISTORY_READERS_MAX = 16
"""Streams that read past trades at the same time."""


class MarketData:
    """Answers from a `FanOut`; history comes from FILLS by a reader of its own."""

    def __init__(self, fanout: FanOut, bus: Bus, fills: Log) -> None:
        self._fanout = fanout
        self._feed = fanout.feed
        self._history = HistoryPlaces(bus, fills, HISTORY_READERS_MAX)

    @rpc("read", raw=True)
    async def get_book(self, raw: bytes, _call: Call) -> bytes:
        """Encode the best levels of both sides."""
        request = pb.GetBookRequest.FromString(raw)
        violations = _symbol("symbol", request.symbol)
        if request.depth > DEPTH_MAX:
            violations.append(("depth", f"must be at most {DEPTH_MAX}; 0: {DEPTH_DEFAULT}"))
        _refuse(violations)
        depth = request.depth or DEPTH_DEFAULT
        self._wait_for_books()
        return _known(lambda: self._feed.book(request.symbol, depth))

    @rpc("read", raw=True)
    async def stream_book(self, raw: bytes, _call: Call) -> AsyncGenerator[bytes, None]:
        """Send a snapshot, then what changes it."""
        symbol = pb.StreamBookRequest.FromString(raw).symbol
        _refuse(_symbol("symbol", symbol))
        self._wait_for_books()
        with self._fanout.subscribe("book", [symbol]) as subscription:
            yield self._snapshot(symbol, resynchronized=False)
            while True:
                if not await subscription.wait(HEARTBEAT_SECONDS):
                    yield self._heartbeat(pb.StreamBookResponse, subscription)
                elif subscription.overflowed:
                    subscription.restart(self._fanout.applied)
                    yield self._snapshot(symbol, resynchronized=True)
                else:
                    yield subscription.take()

    @rpc("read", raw=True)
    async def stream_top_of_book(self, raw: bytes, _call: Call) -> AsyncGenerator[bytes, None]:
        """Send the best prices of all symbols, then those that change."""
        symbols = self._symbols(pb.StreamTopOfBookRequest.FromString(raw).symbols)
        with self._fanout.subscribe("top", symbols) as subscription:
            yield self._feed.top(symbols)
            while True:
                yield await self._next(subscription, pb.StreamTopOfBookResponse)

    @rpc("read", raw=True)
    async def stream_status(self, raw: bytes, _call: Call) -> AsyncGenerator[bytes, None]:
        """Send what all symbols are at, then those that change."""
        symbols = self._symbols(pb.StreamStatusRequest.FromString(raw).symbols)
        with self._fanout.subscribe("status", symbols) as subscription:
            yield self._feed.status(symbols)
            while True:
                yield await self._next(subscription, pb.StreamStatusResponse)

    @rpc("read", raw=True)
    async def stream_trades(self, raw: bytes, _call: Call) -> AsyncGenerator[bytes, None]:
        """Send past trades out of FILLS until they meet the present, then live ones."""
        request = pb.StreamTradesRequest.FromString(raw)
        violations = _symbol("symbol", request.symbol) if request.symbol else []
        if request.live_only and request.after_sequence:
            violations.append(("after_sequence", "must be 0 with live_only"))
        _refuse(violations)
        self._wait_for_books()
        if request.symbol:
            _known(lambda: self._feed.book(request.symbol, 1))
        if not await self._reached(request.after_sequence):
            raise OutOfRange("AFTER_THE_END", f"the journal ends at {self._fanout.applied}")
        after = self._fanout.applied if request.live_only else request.after_sequence
        subscribe = partial(self._fanout.subscribe, "trades", [request.symbol])
        with contextlib.ExitStack() as stack:
            subscription: Subscription | None = None
            while after < self._fanout.applied:
                async with self._history.place(after) as place:
                    while after < self._fanout.applied and not place.lost:
                        pieces, after = await self._past_trades(place, request.symbol, after)
                        for piece in pieces:
                            with place.handing():
                                yield piece
                    if after >= self._fanout.applied:
                        # Before the place is given up: nothing may be applied between the two.
                        subscription = stack.enter_context(subscribe(after))
                        break
            if subscription is None:  # Nothing is past: who reads history is not waited for.
                subscription = stack.enter_context(subscribe(after))
            while True:
                if not await subscription.wait(HEARTBEAT_SECONDS):
                    yield self._heartbeat(pb.StreamTradesResponse, subscription)
                elif subscription.overflowed:
                    raise _too_slow(subscription.through)
                else:
                    yield subscription.take()

    def _symbols(self, asked: Iterable[str]) -> list[str]:
        """The symbols of a request, each once and each known."""
        symbols = list(dict.fromkeys(asked))
        violations = [v for i, s in enumerate(symbols) for v in _symbol(f"symbols[{i}]", s)]
        if not 1 <= len(symbols) <= SYMBOLS_MAX:
            violations.append(("symbols", f"must be from 1 to {SYMBOLS_MAX} symbols"))
        _refuse(violations)
        self._wait_for_books()
        for symbol in symbols:
            _known(partial(self._feed.book, symbol, 1))
        return symbols

    async def _next(self, subscription: Subscription, kind: Callable[..., Message]) -> bytes:
        """Wait for the next piece of a stream that can only be begun again, or for its time."""
        if not await subscription.wait(HEARTBEAT_SECONDS):
            return self._heartbeat(kind, subscription)
        if subscription.overflowed:
            raise ResourceExhausted("SLOW_SUBSCRIBER", "too slow: subscribe again")
        return subscription.take()

    async def _past_trades(self, place: Place, symbol: str, after: int) -> tuple[list[bytes], int]:
        """Read on in FILLS: messages for the subscriber, and the sequence they go up to."""
        if not await place.read(HISTORY_MESSAGES, HEARTBEAT_SECONDS):
            return [pb.StreamTradesResponse(through_sequence=after).SerializeToString()], after
        pieces: list[bytes] = []
        for message in place.messages():
            pieces.append(self._feed.trades(message.sequence, message.data, symbol))
            after = message.sequence
        return list(join(pieces)), after

    async def _reached(self, sequence: int) -> bool:
        """Whether the books are so far, or are within a moment: another replica may be ahead."""
        for _ in range(AHEAD_LOOKS):
            if self._fanout.applied >= sequence:
                return True
            await asyncio.sleep(LOOK_SECONDS)
        return False

    def _wait_for_books(self) -> None:
        """Send the caller away while the books are those of a past day."""
        if not self._fanout.caught_up:
            raise Unavailable(
                "REPLAYING", "the books are being built from the journal", retry_after_seconds=0.5
            )

    def _snapshot(self, symbol: str, *, resynchronized: bool) -> bytes:
        return _known(lambda: self._feed.book_stream_snapshot(symbol, resynchronized))

    def _heartbeat(self, kind: Callable[..., Message], subscription: Subscription) -> bytes:
        """Say how far the subscriber is: nothing waits for it, so as far as the books are."""
        through = max(self._fanout.applied, subscription.through)
        message = kind(through_sequence=through)
        return bytes(message.SerializeToString())


def _too_slow(through: int) -> ResourceExhausted:
    return ResourceExhausted(
        "SLOW_SUBSCRIBER",
        f"too slow for the live trades: resume with after_sequence {through}",
        metadata={"through_sequence": str(through)},
    )


def _symbol(field: str, symbol: str) -> list[tuple[str, str]]:
    if is_symbol(symbol):
        return []
    return [(field, "must match ^[A-Z0-9][A-Z0-9_-]{0,31}$")]


def _refuse(violations: list[tuple[str, str]]) -> None:
    if violations:
        raise InvalidArgument.of(violations)


def _known(answer: Callable[[], bytes]) -> bytes:
    """Return the feed's answer; it raises KeyError for a symbol that is not traded here."""
    try:
        return answer()
    except KeyError as error:
        raise NotFound("UNKNOWN_SYMBOL", f"no instrument {error.args[0]}") from None
