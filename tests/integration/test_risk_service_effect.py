"""When a change is in effect: all of it, within the caller's time, or told to be refused."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from cift.kit.errors import DeadlineExceeded, FailedPrecondition
from cift.kit.rpc import Call, Principal
from cift.kit.stores import change as changes
from cift.kit.stores.limits import Limits
from cift.kit.stores.postgres import open_pool
from cift.kit.stores.records import Holder, Level
from cift.kit.stores.reference import ReferenceStore
from cift.risk.admin import Admin
from cift.risk.lists import Lists
from cift.risk.reference import NamedHolder, Reference
from cift.risk.service import Risk
from cift.risk.v1 import admin_pb2, admin_service_pb2
from cift.risk.v1 import risk_service_pb2 as pb

TOO_MANY = 107
"""The engine's SYSTEM_UNAVAILABLE."""


class Clocked:
    """A call's deadline, which comes nearer."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def time_remaining(self) -> float:
        """Seconds left."""
        return self._until - time.monotonic()


def call(seconds: float = 5.0) -> Call:
    """An operator's call."""
    principal = Principal(7, 1, "F", frozenset({"read", "trade", "admin"}), "ops")
    return Call(Clocked(seconds), principal, asyncio.Event())


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections to a database of this test's own."""
    pool = await open_pool(database, application_name="test", min_size=0)
    yield pool
    await pool.close()


@pytest.fixture
async def reference(pool: asyncpg.Pool) -> Reference:
    """Reference data before an engine that has applied everything, with account A of firm F."""
    store = ReferenceStore(pool)
    async with store.change("test") as change:
        firm = await change.add_firm("F")
        await change.add_account("A", firm_id=firm.id, currency="USD")
    await store.note_applied(1, 1)
    return Reference(pool, applied=lambda: 1 << 40)


def holder() -> NamedHolder:
    """Account A."""
    return NamedHolder(Holder(Level.ACCOUNT, 1), "A", 1)


async def set_limits(reference: Reference, **wanted: Any) -> int:
    """Set limits of A; the last row of them."""

    def changed(stored: Limits | None) -> Limits:
        return replace(stored or Limits(holder=holder().holder, instrument_id=0), **wanted)

    _, number = await reference.set_limits(holder(), None, changed, "test")
    return number


async def test_every_message_of_a_change_counts(
    reference: Reference, pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MAX_COMMANDS_PER_BATCH", 2)
    store = ReferenceStore(pool)
    await pool.execute(
        "INSERT INTO instruments (symbol, currency, price_scale, quantity_scale, tick_size_units,"
        " lot_size_units, min_quantity_units, created_by, updated_by)"
        " SELECT 'X' || n, 'USD', 2, n, 1, 1, 0, 't', 't' FROM generate_series(1, 4) n"
    )
    last = await set_limits(reference, max_position_pico=10**13)
    rows = await store.waiting()
    assert [row.number for row in rows] == [2, 3, 4]
    assert (last, sum(len(row.commands) for row in rows)) == (4, 5)
    for number in (2, 4):
        await store.note_applied(number, number)
    with pytest.raises(DeadlineExceeded):
        await reference.in_effect(last, 0.05)
    await store.note_applied(3, 3, [(1, TOO_MANY)])
    with pytest.raises(FailedPrecondition, match="SYSTEM_UNAVAILABLE") as refused:
        await reference.in_effect(last, 1.0)
    assert refused.value.reason == "REFUSED_BY_ENGINE"


async def test_limits_that_were_refused_are_told_and_can_be_set_again(
    reference: Reference, pool: asyncpg.Pool
) -> None:
    store, none = ReferenceStore(pool), SimpleNamespace()
    service: Any = none
    risk = Risk(service, reference, reference, service, service, service, service)
    request = pb.GetLimitsRequest(account="A")
    number = await set_limits(reference, max_open_orders=5)
    await store.note_applied(number, 2, [(0, TOO_MANY)])
    told = await risk.get_limits(request, call())
    assert told.limits.max_open_orders == 5
    assert told.etag
    assert "SYSTEM_UNAVAILABLE" in told.not_in_force
    # The same again is another try, and when that is taken it is in force.
    again = await set_limits(reference, max_open_orders=5)
    assert again == number + 1
    await store.note_applied(again, 3)
    assert await reference.in_effect(again, 1.0) == 3
    told = await risk.get_limits(request, call())
    assert (told.limits.max_open_orders, told.not_in_force) == (5, "")
    assert await set_limits(reference, max_open_orders=5) == again, "it is in force: no new one"


async def test_an_instrument_that_was_refused_is_told_as_a_whole(
    reference: Reference, pool: asyncpg.Pool
) -> None:
    admin, store = Admin(reference, Lists(pool)), ReferenceStore(pool)
    instrument = admin_pb2.Instrument(
        symbol="X",
        currency="USD",
        price_scale=2,
        tick_size="0.01",
        lot_size="1",
        rules=admin_pb2.TradingRules(protection_bps=500),
    )
    create = admin_service_pb2.CreateInstrumentRequest(instrument=instrument)
    update = admin_service_pb2.UpdateInstrumentRequest(instrument=instrument)

    async def refused(work: Any, number: int) -> FailedPrecondition:
        """What is said of a change whose second command, the rules, the engine refuses."""
        told = asyncio.create_task(work)
        async with asyncio.timeout(5):
            while number not in [row.number for row in await store.waiting()]:
                await asyncio.sleep(0.01)
        (row,) = await store.waiting()
        assert [kind for kind, _ in row.commands] == ["instrument", "rules"]
        await store.note_applied(number, number, [(1, TOO_MANY)])
        with pytest.raises(FailedPrecondition) as error:
            await told
        return error.value

    first = await refused(admin.create_instrument(create, call()), 2)
    assert "an update of it, were it to the same terms, tries again" in first.text
    with pytest.raises(FailedPrecondition, match="an update of it"):
        await admin.create_instrument(create, call())
    again = await refused(admin.update_instrument(update, call()), 3)
    assert "the same change again tries again" in again.text
    await refused(admin.update_instrument(update, call()), 4)


async def test_a_kill_that_was_refused_is_tried_again(
    reference: Reference, pool: asyncpg.Pool
) -> None:
    store, number = ReferenceStore(pool), 1
    for turn, on in enumerate((True, False)):
        for tries in (1, 2):
            assert await reference.kill(holder(), on, "why", "test") == number + tries
            batch = 2 * turn + tries
            await store.note_applied(batch, 10 + number + tries, [(0, TOO_MANY)], urgent=True)
            with pytest.raises(FailedPrecondition, match="the same change again tries again"):
                await reference.in_effect(number + tries, 1.0)
        number += 2
    # What was taken is not told again.
    assert await reference.kill(holder(), True, "why", "test") == 6
    await store.note_applied(5, 20, urgent=True)
    assert await reference.kill(holder(), True, "another why", "test") == 6
    assert (await store.audit())[0].after == {"on": True, "comment": "why"}


async def test_a_locate_that_was_refused_is_released_or_released_again(
    reference: Reference, pool: asyncpg.Pool
) -> None:
    admin, store = Admin(reference, Lists(pool)), ReferenceStore(pool)
    await pool.execute(
        "INSERT INTO instruments (symbol, currency, price_scale, quantity_scale, tick_size_units,"
        " lot_size_units, min_quantity_units, created_by, updated_by)"
        " VALUES ('X', 'USD', 2, 0, 1, 1, 0, 't', 't')"
    )
    last = await set_limits(reference, max_short_pico=0)
    await store.note_applied(last, last)
    locate = admin_pb2.Locate(account="A", symbol="X", quantity="5", source="lender")
    add = admin_service_pb2.AddLocateRequest(locate=locate)
    release = admin_service_pb2.ReleaseLocateRequest(id=1)
    tries: list[tuple[Any, str]] = [
        (admin.add_locate(add, call()), "it is locate 1: release it, and add it again"),
        (admin.release_locate(release, call()), "the same change again"),
        (admin.release_locate(release, call()), "the same change again"),
    ]
    for work, retry in tries:
        told = asyncio.create_task(work)
        last += 1
        async with asyncio.timeout(5):
            while [row.number for row in await store.waiting()] != [last]:
                await asyncio.sleep(0.01)
        await store.note_applied(last, last, [(0, TOO_MANY)])
        with pytest.raises(FailedPrecondition, match=retry):
            await told
    released = asyncio.create_task(admin.release_locate(release, call()))
    async with asyncio.timeout(5):
        while not await store.waiting():
            await asyncio.sleep(0.01)
    await store.note_applied(last + 1, last + 1)
    assert (await released).located == "0"
    assert (await admin.release_locate(release, call())).located == "0"
    assert not await store.waiting()


async def test_a_call_answers_within_its_time_however_long_storing_takes(
    reference: Reference, pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = Admin(reference, Lists(pool))
    add = reference.add_account

    async def slowly(*arguments: Any) -> Any:
        await asyncio.sleep(0.6)
        return await add(*arguments)

    monkeypatch.setattr(reference, "add_account", slowly)
    account = admin_pb2.Account(name="B", firm="F", currency="USD")
    began = time.monotonic()
    with pytest.raises(DeadlineExceeded, match="stored"):
        await admin.create_account(
            admin_service_pb2.CreateAccountRequest(account=account), call(1.0)
        )
    # Its time, and some for a busy machine; it was 1.5 s when the wait began after the storing.
    assert time.monotonic() - began < 1.4
