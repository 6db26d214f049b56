"""Position streams: what a slow reader is told, and what bounds it."""

import asyncio
from collections.abc import AsyncGenerator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from cift.kit.errors import ResourceExhausted
from cift.risk import bounds, positions
from cift.risk.positions import PositionStreams
from cift.risk.v1.risk_service_pb2 import StreamPositionsResponse
from cift_core import RiskStage

FIRMS = {"A1": 1, "A2": 1, "B1": 2}


class Core:
    """Holdings by account and symbol; a frame names whom it touches, as "A1:X A2:Y"."""

    def __init__(self) -> None:
        self.fills_applied = 0
        self.held: dict[tuple[str, str], int] = {}

    def account_firm(self, name: str) -> int | None:
        """The firm of an account."""
        return FIRMS.get(name)

    def account_names(self, firm: int | None = None) -> list[str]:
        """Accounts of a firm."""
        return [name for name, of in FIRMS.items() if of == firm]

    def changed_positions(self, frame: bytes) -> list[tuple[str, str]]:
        """Whom a frame touched."""
        pairs = [word.split(":") for word in frame.decode().split()]
        return [(account, symbol) for account, symbol in pairs]

    def positions(self, account: str) -> list[Any]:
        """Holdings of an account."""
        zero = dict.fromkeys(("open_buy_quantity", "open_sell_quantity", "net_cost", "fees"), 0)
        rest = {"average_price": None, "unrealized": None, "reference_price": 0, "realized": 0}
        return [
            SimpleNamespace(
                symbol=symbol,
                quantity=quantity,
                quantity_scale=0,
                price_scale=2,
                currency="USD",
                **zero,
                **rest,
            )
            for (owner, symbol), quantity in self.held.items()
            if owner == account
        ]


class Book:
    """A core and its streams."""

    def __init__(self) -> None:
        self.core: Core | None = Core()
        self.streams = PositionStreams(lambda: cast("RiskStage", self.core))

    def trade(self, *changes: tuple[str, str, int]) -> None:
        """Positions change; 0: nothing is left of one."""
        assert self.core is not None
        self.core.fills_applied += 1
        for account, symbol, quantity in changes:
            self.core.held[account, symbol] = quantity
            if quantity == 0:
                del self.core.held[account, symbol]
        frame = " ".join(f"{account}:{symbol}" for account, symbol, _ in changes)
        self.streams.on_fills(self.core.fills_applied, frame.encode())


async def read(stream: AsyncGenerator[bytes, None]) -> tuple[dict[str, str], int, bool]:
    """Account and symbol → quantity, through which sequence, whether that is all."""
    async with asyncio.timeout(5):
        response = StreamPositionsResponse.FromString(await anext(stream))
    told = {f"{row.account} {row.symbol}": row.quantity for row in response.positions}
    assert len(told) == len(response.positions)
    return told, response.through_sequence, response.snapshot


async def test_a_slow_reader_is_told_the_newest_state_of_each() -> None:
    book = Book()
    book.trade(("A1", "X", 5), ("B1", "X", -5))
    stream = book.streams.stream("", 1)
    assert await read(stream) == ({"A1 X": "5"}, 1, True)
    for quantity in range(6, 60):
        book.trade(("A1", "X", quantity), ("B1", "X", -quantity))
    book.trade(("A2", "Y", 1))
    assert await read(stream) == ({"A1 X": "59", "A2 Y": "1"}, 56, False)
    book.trade(("A2", "Y", 0))
    assert await read(stream) == ({"A2 Y": "0"}, 57, False)
    await stream.aclose()


async def test_one_account_is_told_of_itself_alone() -> None:
    book = Book()
    own, other = book.streams.stream("A1", 1), book.streams.stream("A2", 1)
    assert await read(own) == ({}, 0, True)
    assert await read(other) == ({}, 0, True)
    book.trade(("A2", "X", 3))
    book.trade(("A1", "X", 4))
    assert await read(own) == ({"A1 X": "4"}, 2, False)
    assert await read(other) == ({"A2 X": "3"}, 2, False)
    for stream in (own, other):
        await stream.aclose()


async def test_who_falls_too_far_behind_is_told_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(positions, "WAITING_MAX", 2)
    book = Book()
    stream = book.streams.stream("A1", 1)
    await read(stream)
    book.trade(*(("A1", symbol, 1) for symbol in "VWXYZ"))
    told, through, snapshot = await read(stream)
    assert (len(told), through, snapshot) == (5, 1, True)
    monkeypatch.setattr(positions, "POSITIONS_MAX", 4)
    again = book.streams.stream("A1", 1)
    with pytest.raises(ResourceExhausted, match="stream each account"):
        await read(again)
    await stream.aclose()


async def test_orders_do_not_wait_while_a_long_list_is_written() -> None:
    book = Book()
    book.trade(*(("A1", f"S{number}", 1) for number in range(1_000)))
    stream = book.streams.stream("A1", 1)
    reading = asyncio.ensure_future(read(stream))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not reading.done()
    book.trade(("A1", "S999", 7))
    told, through, snapshot = await reading
    assert (len(told), told["A1 S999"], through, snapshot) == (1_000, "1", 1, True)
    assert await read(stream) == ({"A1 S999": "7"}, 2, False)
    await stream.aclose()


async def test_a_state_built_anew_is_told_anew_and_never_of_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(positions, "LOOK_SECONDS", 0.001)
    book = Book()
    for quantity in range(1, 4):
        book.trade(("A1", "X", quantity))
    stream = book.streams.stream("A1", 1)
    assert await read(stream) == ({"A1 X": "3"}, 3, True)
    book.core = None
    waiting = asyncio.ensure_future(read(stream))
    await asyncio.sleep(0.05)
    book.core = Core()
    book.core.fills_applied = 2
    book.streams.begin(2)
    await asyncio.sleep(0.05)
    assert not waiting.done()
    book.trade(("A1", "X", 3))
    assert await waiting == ({"A1 X": "3"}, 3, True)
    await stream.aclose()


async def test_a_quiet_stream_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(positions, "HEARTBEAT_SECONDS", 0.02)
    book = Book()
    stream = book.streams.stream("A1", 1)
    assert await read(stream) == ({}, 0, True)
    assert await read(stream) == ({}, 0, False)
    book.trade(("B1", "X", 1))
    assert await read(stream) == ({}, 1, False)
    await stream.aclose()


async def test_there_are_so_many_streams_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "STREAMS_MAX", 3)
    monkeypatch.setattr(bounds, "FIRM_STREAMS_MAX", 2)
    book = Book()
    first, second = book.streams.stream("A1", 1), book.streams.stream("", 1)
    await read(first)
    await read(second)
    with pytest.raises(ResourceExhausted, match="2 streams of positions of this firm"):
        await read(book.streams.stream("A2", 1))
    other = book.streams.stream("B1", 2)
    await read(other)
    with pytest.raises(ResourceExhausted, match="3 streams of positions are open"):
        await read(book.streams.stream("B1", 2))
    await first.aclose()
    third = book.streams.stream("A2", 1)
    await read(third)
    for stream in (second, other, third):
        await stream.aclose()
