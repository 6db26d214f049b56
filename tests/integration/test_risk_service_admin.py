"""Operators' changes in a real PostgreSQL: once, idempotent, and answered when in effect."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from cift.kit.errors import AlreadyExists, DeadlineExceeded, InvalidArgument, NotFound
from cift.kit.rpc import Call, Principal
from cift.kit.stores.postgres import open_pool
from cift.kit.stores.reference import ReferenceStore
from cift.risk import validation
from cift.risk.admin import Admin
from cift.risk.reference import Reference
from cift.risk.v1 import admin_pb2, risk_pb2
from cift.risk.v1 import admin_service_pb2 as pb

SEQUENCE_AHEAD = 100
"""The relay below says that outbox row n took effect at n + 100."""


class Context:
    """What a call knows of its deadline."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds

    def time_remaining(self) -> float | None:
        """Seconds left."""
        return self._seconds


def call(seconds: float | None = 5.0) -> Call:
    """An operator's call."""
    principal = Principal(7, 1, "F", frozenset({"read", "admin"}))
    return Call(Context(seconds), principal, asyncio.Event())


@pytest.fixture
async def pool(database: str) -> AsyncIterator[asyncpg.Pool]:
    """Connections to a database of this test's own."""
    pool = await open_pool(database, application_name="test", min_size=0)
    yield pool
    await pool.close()


@pytest.fixture
async def reference(pool: asyncpg.Pool) -> Reference:
    """Reference data before an engine that has applied everything."""
    return Reference(pool, applied=lambda: 1 << 40)


@pytest.fixture
async def admin(reference: Reference) -> Admin:
    """The service, with a firm F in place."""
    admin = Admin(reference)
    await admin.create_firm(pb.CreateFirmRequest(firm=admin_pb2.Firm(name="F")), call())
    return admin


@pytest.fixture
async def relay(pool: asyncpg.Pool) -> AsyncIterator[None]:
    """What order entry does: note for each row, in order, where it took effect."""
    store = ReferenceStore(pool)

    async def work() -> None:
        while True:
            for row in await store.waiting():
                await store.note_applied(row.number, row.number + SEQUENCE_AHEAD)
            await asyncio.sleep(0.01)

    task = asyncio.create_task(work())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def an_account(**changes: Any) -> pb.CreateAccountRequest:
    """A request for account A of firm F."""
    terms: dict[str, Any] = {"name": "A", "firm": "F", "currency": "USD"}
    return pb.CreateAccountRequest(account=admin_pb2.Account(**{**terms, **changes}))


def an_instrument(**changes: Any) -> pb.CreateInstrumentRequest:
    """A request for instrument X."""
    terms: dict[str, Any] = {
        "symbol": "X",
        "currency": "USD",
        "price_scale": 2,
        "tick_size": "0.01",
        "lot_size": "1",
    }
    return pb.CreateInstrumentRequest(instrument=admin_pb2.Instrument(**{**terms, **changes}))


async def rows(pool: asyncpg.Pool, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    return [tuple(row) for row in await pool.fetch(sql)]


async def test_the_same_account_again_is_the_same_request(
    admin: Admin, pool: asyncpg.Pool, relay: None
) -> None:
    first = await admin.create_account(an_account(), call())
    again = await admin.create_account(an_account(), call())
    assert first == again
    assert first.account == an_account().account
    assert await rows(pool, "SELECT count(*) FROM reference_outbox") == [(1,)]
    with pytest.raises(AlreadyExists):
        await admin.create_account(an_account(currency="EUR"), call())
    with pytest.raises(AlreadyExists):
        await admin.create_account(an_account(disabled=True), call())


async def test_an_account_needs_its_firm(admin: Admin) -> None:
    with pytest.raises(NotFound, match="no firm G"):
        await admin.create_account(an_account(firm="G"), call())


async def test_a_change_that_is_not_in_effect_yet_is_not_lost(
    admin: Admin, pool: asyncpg.Pool
) -> None:
    with pytest.raises(DeadlineExceeded, match="will take effect"):
        await admin.create_account(an_account(), call(0.2))
    await ReferenceStore(pool).note_applied(1, 55)
    answer = await admin.create_account(an_account(), call(0.2))
    assert answer.account.name == "A"


async def test_a_change_must_be_in_this_engine_too(pool: asyncpg.Pool, relay: None) -> None:
    applied = [0]
    reference = Reference(pool, applied=lambda: applied[0])
    admin = Admin(reference)
    await admin.create_firm(pb.CreateFirmRequest(firm=admin_pb2.Firm(name="F")), call())
    waiting = asyncio.create_task(admin.create_account(an_account(), call()))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    applied[0] = 1 + SEQUENCE_AHEAD
    await waiting


async def test_accounts_are_listed_by_name_in_pages(admin: Admin, relay: None) -> None:
    names = ["B", "A-2", "A", "A_1", "Z9"]
    for name in names:
        await admin.create_account(an_account(name=name), call())
    listed: list[str] = []
    token = ""
    while True:
        page = await admin.list_accounts(
            pb.ListAccountsRequest(page_size=2, page_token=token), call()
        )
        listed += [account.name for account in page.accounts]
        token = page.next_page_token
        if not token:
            break
    assert listed == sorted(names)


async def test_a_key_works_until_it_is_disabled(admin: Admin, pool: asyncpg.Pool) -> None:
    wanted = admin_pb2.ApiKey(firm="F", scopes=["trade", "read"], label="bot")
    made = await admin.create_api_key(pb.CreateApiKeyRequest(api_key=wanted), call())
    stored = await ReferenceStore(pool).key(made.secret)
    assert stored is not None
    assert (stored.id, stored.scopes, stored.disabled) == (
        made.api_key.id,
        ("trade", "read"),
        False,
    )
    for _ in range(2):
        await admin.disable_api_key(pb.DisableApiKeyRequest(id=made.api_key.id), call())
    stored = await ReferenceStore(pool).key(made.secret)
    assert stored is not None
    assert stored.disabled
    with pytest.raises(NotFound):
        await admin.disable_api_key(pb.DisableApiKeyRequest(id=999), call())


async def test_an_instrument_is_made_once(admin: Admin, pool: asyncpg.Pool, relay: None) -> None:
    wanted = an_instrument(max_quantity="500", reference_price="12.5")
    first = await admin.create_instrument(wanted, call())
    again = await admin.create_instrument(wanted, call())
    assert first == again
    shown = first.instrument
    assert (shown.tick_size, shown.lot_size, shown.min_quantity) == ("0.01", "1", "1")
    assert (shown.max_quantity, shown.reference_price) == ("500", "12.50")
    assert shown.initial_margin_bps == 10_000
    with pytest.raises(AlreadyExists):
        await admin.create_instrument(an_instrument(tick_size="0.05"), call())
    assert await rows(pool, "SELECT count(*) FROM instruments") == [(1,)]


def changed(mask: str, **terms: Any) -> pb.UpdateInstrumentRequest:
    """A request to change some fields of instrument X."""
    paths = mask.split(",") if mask else []
    instrument = admin_pb2.Instrument(**{"symbol": "X", **terms})
    return pb.UpdateInstrumentRequest(instrument=instrument, update_mask={"paths": paths})


async def test_an_instrument_changes_where_it_is_told_to(
    admin: Admin, pool: asyncpg.Pool, relay: None
) -> None:
    rules = {"static_band_bps": 500, "schedule": [{"second_of_day": 60, "session": 1}]}
    await admin.create_instrument(an_instrument(reference_price="12.5"), call())
    update = changed("rules,self_trade_prevention", rules=rules, self_trade_prevention=4)
    for _ in range(2):
        shown = (await admin.update_instrument(update, call())).instrument
    assert (shown.rules.static_band_bps, shown.self_trade_prevention) == (500, 4)
    assert shown.reference_price == "12.50"
    sent = [row.commands for row in await ReferenceStore(pool).outbox_from(1)]
    assert [[kind for kind, _ in commands] for commands in sent] == [
        ["instrument"],
        ["instrument", "rules"],
    ]
    assert sent[1][1] == (
        "rules",
        {"instrument": 1, "static_band_bps": 500, "schedule": [[60, 0, 127]]},
    )
    # What is not named stays; what is named and left out is as in a new instrument.
    shown = (await admin.update_instrument(changed("reference_price"), call())).instrument
    assert (shown.reference_price, shown.rules.static_band_bps) == ("", 500)
    shown = (await admin.update_instrument(changed("rules"), call())).instrument
    assert not shown.HasField("rules")
    rows = await ReferenceStore(pool).outbox_from(4)
    assert rows[0].commands[1] == ("rules", {"instrument": 1})
    full = an_instrument(disabled=True).instrument
    shown = (await admin.update_instrument(changed("", **fields_of(full)), call())).instrument
    assert (shown.disabled, shown.self_trade_prevention) == (True, first_of_new())


def fields_of(instrument: admin_pb2.Instrument) -> dict[str, Any]:
    """The fields that a message sets."""
    return {field.name: value for field, value in instrument.ListFields()}


def first_of_new() -> int:
    """The self-trade prevention of an instrument that names none."""
    return validation.instrument(an_instrument().instrument).self_trade


async def test_what_an_instrument_is_never_changes(admin: Admin, relay: None) -> None:
    await admin.create_instrument(an_instrument(), call())
    with pytest.raises(NotFound, match="no instrument Y"):
        await admin.update_instrument(changed("tick_size", symbol="Y", tick_size="1"), call())
    for field, value in (("currency", "EUR"), ("price_scale", 3), ("quantity_scale", 1)):
        with pytest.raises(InvalidArgument, match="never changes") as refused:
            await admin.update_instrument(changed(field, **{field: value}), call())
        assert [name for name, _ in refused.value.violations] == [f"instrument.{field}"]
    with pytest.raises(InvalidArgument, match="tick_size"):
        await admin.update_instrument(changed("tick_size"), call())


async def test_an_account_says_whose_orders_it_avoids(
    admin: Admin, pool: asyncpg.Pool, relay: None
) -> None:
    wanted = an_account(self_trade_prevention=3, self_trade_group=7)
    assert (await admin.create_account(wanted, call())).account == wanted.account
    with pytest.raises(AlreadyExists):
        await admin.create_account(an_account(self_trade_group=8), call())
    (row,) = await ReferenceStore(pool).outbox_from(1)
    ((_, sent),) = row.commands
    assert (sent["flags"], sent["self_trade_group"]) == (1 | 3 << 8, 7)
    with pytest.raises(InvalidArgument, match="self_trade_prevention"):
        await admin.create_account(an_account(self_trade_prevention=9), call())


async def test_two_at_once_make_one(admin: Admin, pool: asyncpg.Pool, relay: None) -> None:
    answers: list[Any] = await asyncio.gather(
        *(admin.create_instrument(an_instrument(), call()) for _ in range(4)),
        *(admin.create_account(an_account(), call()) for _ in range(4)),
    )
    assert len({answer.SerializeToString() for answer in answers}) == 2
    assert await rows(pool, "SELECT number FROM reference_outbox ORDER BY number") == [(1,), (2,)]


async def test_sizes_hold_in_every_scale(
    admin: Admin, reference: Reference, pool: asyncpg.Pool, relay: None
) -> None:
    await admin.create_account(an_account(), call())
    await admin.create_instrument(an_instrument(), call())
    await admin.create_instrument(an_instrument(symbol="FINE", quantity_scale=8), call())
    named = await reference.account("A")
    assert named is not None
    limits = validation.limits(
        risk_pb2.Limits(max_order_quantity="2.5", max_position="10", credit="1000", collar_bps=50)
    )
    await reference.set_limits(named.account.id, limits, "test")
    sizes = (
        "SELECT coalesce(i.symbol, ''), l.max_order_quantity_units, l.max_position_units,"
        " l.credit_pico, l.collar_bps FROM limits l LEFT JOIN instruments i"
        " ON i.id = l.instrument_id ORDER BY 1"
    )
    own = ("", 2, 10, 1000 * 10**12, 50)
    fine = ("FINE", 250_000_000, 1_000_000_000, None, None)
    assert await rows(pool, sizes) == [own, fine]

    await admin.create_instrument(an_instrument(symbol="LATER", quantity_scale=2), call())
    assert await rows(pool, sizes) == [own, fine, ("LATER", 250, 1000, None, None)]

    off = validation.limits(risk_pb2.Limits(max_position="1"))
    await reference.set_limits(named.account.id, off, "test")
    assert await rows(pool, sizes) == [
        ("", None, 1, None, None),
        ("FINE", None, 100_000_000, None, None),
        ("LATER", None, 100, None, None),
    ]
