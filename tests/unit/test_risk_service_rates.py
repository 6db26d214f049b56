"""Dry runs a second: of a key, and of all keys of a firm."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from cift.kit.errors import ResourceExhausted
from cift.kit.rpc import Call, Principal
from cift.risk.bounds import CheckRates
from cift.risk.service import Risk


class Clock:
    """Nanoseconds that go on when they are told to."""

    def __init__(self) -> None:
        self.now = 10**12

    def __call__(self) -> int:
        return self.now


def key(number: int, firm: int = 1) -> Principal:
    return Principal(number, firm, f"F{firm}", frozenset({"read"}))


def taken(rates: CheckRates, principal: Principal, tries: int) -> int:
    """How many of so many tries at once are let through."""
    through = 0
    for _ in range(tries):
        try:
            rates.take(principal)
        except ResourceExhausted:
            continue
        through += 1
    return through


def test_a_key_may_take_what_comes_in_a_second_and_no_more() -> None:
    clock = Clock()
    rates = CheckRates(100, 1_000, clock=clock)
    assert taken(rates, key(1), 300) == 100
    with pytest.raises(ResourceExhausted, match="100 dry runs of this key a second") as refused:
        rates.take(key(1))
    assert refused.value.reason == "TOO_MANY_CHECKS"
    assert refused.value.retry_after_seconds == pytest.approx(0.01)
    clock.now += 50 * 10**6
    assert taken(rates, key(1), 300) == 5
    clock.now += 60 * 10**9
    assert taken(rates, key(1), 300) == 100, "no more than a second's worth is saved up"


def test_a_firm_cannot_get_more_by_more_keys_and_keeps_no_other_out() -> None:
    clock = Clock()
    rates = CheckRates(100, 250, clock=clock)
    assert [taken(rates, key(n), 200) for n in range(5)] == [100, 100, 50, 0, 0]
    with pytest.raises(ResourceExhausted, match="250 dry runs of this firm a second"):
        rates.take(key(9))
    assert taken(rates, key(10, firm=2), 200) == 100


async def test_the_service_asks_before_it_judges() -> None:
    judged: list[bytes] = []

    def check(raw: bytes, _firm: int | None) -> bytes:
        judged.append(raw)
        return b"told"

    stage: Any = SimpleNamespace(core=SimpleNamespace(check=check))
    none: Any = None
    risk = Risk(stage, none, none, none, none, none, CheckRates(3, 10))
    call = Call(None, key(1), asyncio.Event())
    for _ in range(3):
        assert await risk.check_order(b"order", call) == b"told"
    with pytest.raises(ResourceExhausted):
        await risk.check_order(b"order", call)
    assert len(judged) == 3
