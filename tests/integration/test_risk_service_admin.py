"""Operators' changes in a real PostgreSQL: once, idempotent, and answered when in effect."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from cift.kit.errors import (
    Aborted,
    AlreadyExists,
    DeadlineExceeded,
    FailedPrecondition,
    InvalidArgument,
    NotFound,
)
from cift.kit.rpc import Call, Principal
from cift.kit.stores.limits import Limits
from cift.kit.stores.postgres import open_pool
from cift.kit.stores.records import Holder, Level
from cift.kit.stores.reference import ReferenceStore, hash_key
from cift.risk import limits, validation
from cift.risk.admin import Admin
from cift.risk.lists import Lists
from cift.risk.pages import write_token
from cift.risk.reference import NamedHolder, Reference
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
    principal = Principal(7, 1, "F", frozenset({"read", "trade", "admin"}), "ops")
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
async def admin(reference: Reference, pool: asyncpg.Pool) -> Admin:
    """The service, with a firm F in place."""
    admin = Admin(reference, Lists(pool))
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
    first.account.ClearField("etag")
    assert first.account == an_account().account
    assert await rows(pool, "SELECT count(*) FROM reference_outbox") == [(1,)]
    with pytest.raises(AlreadyExists):
        await admin.create_account(an_account(currency="EUR"), call())
    with pytest.raises(AlreadyExists):
        await admin.create_account(an_account(disabled=True), call())
    # What is asked for again takes no number: there are a million of them.
    await admin.create_account(an_account(name="B"), call())
    assert await rows(pool, "SELECT id FROM accounts ORDER BY id") == [(1,), (2,)]


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


async def test_what_the_engine_refused_is_not_said_to_be_in_force(
    admin: Admin, pool: asyncpg.Pool
) -> None:
    waiting = asyncio.create_task(admin.create_account(an_account(), call()))
    store = ReferenceStore(pool)
    while not await store.waiting():
        await asyncio.sleep(0.01)
    await store.note_applied(1, 55, [(0, 107)])
    with pytest.raises(FailedPrecondition, match=r"not in force.*SYSTEM_UNAVAILABLE"):
        await waiting


async def test_a_change_must_be_in_this_engine_too(pool: asyncpg.Pool, relay: None) -> None:
    applied = [0]
    reference = Reference(pool, applied=lambda: applied[0])
    admin = Admin(reference, Lists(pool))
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
    made = (await admin.create_account(wanted, call())).account
    made.ClearField("etag")
    assert made == wanted.account
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


def sizes_sent(commands: list[tuple[str, dict[str, Any]]]) -> list[tuple[int, int, int, int]]:
    """Instrument, order quantity, position and short sales of each command that sets limits."""
    names = ("instrument", "max_order_quantity", "max_position", "max_short")
    sent = [fields for kind, fields in commands if kind == "limits"]
    return [tuple(fields.get(name, 0) for name in names) for fields in sent]


async def sent_last(pool: asyncpg.Pool) -> list[tuple[str, dict[str, Any]]]:
    """The commands of the last batch."""
    return (await ReferenceStore(pool).outbox_from(1))[-1].commands


async def limit(
    reference: Reference, symbol: str = "", of: Holder | None = None, **fields: Any
) -> tuple[Limits, int]:
    """Set limits of account A, or of another holder, on all or in one symbol."""
    holder = of or Holder(Level.ACCOUNT, 1)
    instrument = await reference.instrument(symbol) if symbol else None
    wanted = Limits(
        holder=holder,
        instrument_id=instrument.id if instrument else 0,
        **limits.read(risk_pb2.Limits(**fields)),
    )
    name = {Level.ACCOUNT: "A", Level.FIRM: "F", Level.VENUE: ""}[holder.level]
    return await reference.set_limits(
        NamedHolder(holder, name), instrument, lambda _: wanted, "test"
    )


async def test_sizes_hold_in_every_scale(
    admin: Admin, reference: Reference, pool: asyncpg.Pool, relay: None
) -> None:
    await admin.create_account(an_account(), call())
    await admin.create_instrument(an_instrument(), call())
    await admin.create_instrument(an_instrument(symbol="FINE", quantity_scale=8), call())
    given: dict[str, Any] = {
        "max_order_quantity": "2.5",
        "max_position": "10",
        "credit": "1000",
        "collar_bps": 50,
    }
    await limit(reference, **given)
    own, fine = await sent_last(pool)
    assert (own[1]["credit"], own[1]["collar_bps"]) == (str(1000 * 10**12), 50)
    assert (fine[1]["credit"], fine[1]["checks"]) == ("0", 0b1001)
    assert sizes_sent([own, fine]) == [(0, 2, 10, 0), (2, 250_000_000, 1_000_000_000, 0)]

    await admin.create_instrument(an_instrument(symbol="LATER", quantity_scale=2), call())
    assert sizes_sent(await sent_last(pool)) == [(3, 250, 1000, 0)]

    await limit(reference, max_position="1")
    assert sizes_sent(await sent_last(pool)) == [
        (0, 0, 1, 0),
        (2, 0, 100_000_000, 0),
        (3, 0, 100, 0),
    ]


async def test_a_size_in_one_symbol_stands_in_place_of_that_on_all(
    admin: Admin, reference: Reference, pool: asyncpg.Pool, relay: None
) -> None:
    await admin.create_account(an_account(), call())
    await admin.create_instrument(an_instrument(), call())
    await admin.create_instrument(an_instrument(symbol="Y"), call())
    await limit(reference, max_order_quantity="9", max_position="10")
    assert sizes_sent(await sent_last(pool)) == [(0, 9, 10, 0)]
    await limit(reference, "X", max_position="3")
    assert sizes_sent(await sent_last(pool)) == [(1, 9, 3, 0)]
    await limit(reference, max_order_quantity="5", restricted=True)
    own, special = await sent_last(pool)
    assert sizes_sent([own, special]) == [(0, 5, 0, 0), (1, 5, 3, 0)]
    assert [fields["checks"] for _, fields in (own, special)] == [1 | 1 << 10, 0b1001 | 1 << 10]
    firm = Holder(Level.FIRM, 1)
    await limit(reference, of=firm, max_gross_position="7", max_daily_loss="0.5")
    (sent,) = await sent_last(pool)
    assert (sent[1]["level"], sent[1]["account"]) == ("firm", 1)
    assert (sent[1]["max_gross_position"], sent[1]["max_daily_loss"]) == (7, str(5 * 10**11))


async def test_the_same_limits_again_are_no_change(
    admin: Admin, reference: Reference, pool: asyncpg.Pool, relay: None
) -> None:
    await admin.create_account(an_account(), call())
    first = await limit(reference, credit="5")
    assert await limit(reference, credit="5") == first
    assert first[0].revision == 1
    again = await limit(reference, credit="6")
    assert (again[0].revision, again[1]) == (2, first[1] + 1)
    assert len(await ReferenceStore(pool).outbox_from(1)) == 3


def located(quantity: str, **changes: Any) -> pb.AddLocateRequest:
    """A request for a locate of account A in X."""
    terms = {"account": "A", "symbol": "X", "quantity": quantity, "source": "lender 7"}
    return pb.AddLocateRequest(locate=admin_pb2.Locate(**{**terms, **changes}))


async def test_what_is_located_comes_on_top_of_the_short_sales_allowed(
    admin: Admin, reference: Reference, pool: asyncpg.Pool, relay: None
) -> None:
    await admin.create_account(an_account(), call())
    await admin.create_instrument(an_instrument(), call())
    sent = len(await ReferenceStore(pool).outbox_from(1))
    first = await admin.add_locate(located("100"), call())
    assert (first.locate.id, first.located, first.locate.source) == (1, "100", "lender 7")
    assert len(await ReferenceStore(pool).outbox_from(1)) == sent  # The check is off: stays so.
    await limit(reference, max_short="0")
    assert sizes_sent(await sent_last(pool)) == [(0, 0, 0, 0), (1, 0, 0, 100)]
    assert (await admin.add_locate(located("50"), call())).located == "150"
    assert sizes_sent(await sent_last(pool)) == [(1, 0, 0, 150)]
    await limit(reference, "X", max_short="7")
    assert sizes_sent(await sent_last(pool)) == [(1, 0, 0, 157)]
    for _ in range(2):
        released = await admin.release_locate(pb.ReleaseLocateRequest(id=1), call())
        assert (released.locate.released, released.located) == (True, "50")
    assert sizes_sent(await sent_last(pool)) == [(1, 0, 0, 57)]
    listed = await admin.list_locates(pb.ListLocatesRequest(account="A"), call())
    assert [(row.id, row.released) for row in listed.locates] == [(1, True), (2, False)]
    assert not (await admin.list_locates(pb.ListLocatesRequest(account="B"), call())).locates


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"account": "a"}, "locate.account"),
        ({"symbol": ""}, "locate.symbol"),
        ({"quantity": "0"}, "locate.quantity"),
        ({"quantity": "1.5"}, "locate.quantity"),
        ({"source": "x" * 65}, "locate.source"),
        ({"source": "a\tb"}, "locate.source"),
        ({"id": 3}, "locate.id"),
        ({"released": True}, "locate.released"),
    ],
)
async def test_a_wrong_locate_is_named(
    admin: Admin, relay: None, changes: dict[str, Any], named: str
) -> None:
    await admin.create_account(an_account(), call())
    await admin.create_instrument(an_instrument(), call())
    with pytest.raises(InvalidArgument) as refused:
        await admin.add_locate(located(**{"quantity": "1", **changes}), call())
    assert [name for name, _ in refused.value.violations] == [named]


async def test_a_locate_that_is_not_in_effect_yet_is_not_added_again(
    admin: Admin, reference: Reference, relay: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(_store: ReferenceStore) -> list[Any]:
        return []

    await admin.create_account(an_account(), call())
    await admin.create_instrument(an_instrument(), call())
    await limit(reference, max_short="0")
    with monkeypatch.context() as stopped:
        stopped.setattr(ReferenceStore, "waiting", nothing)
        with pytest.raises(DeadlineExceeded, match=r"stored.* locate 1: .* would add another"):
            await admin.add_locate(located("5"), call(0.2))
        # A release that is repeated waits for the first one.
        for _ in range(2):
            with pytest.raises(DeadlineExceeded, match="again is safe"):
                await admin.release_locate(pb.ReleaseLocateRequest(id=1), call(0.2))
    released = await admin.release_locate(pb.ReleaseLocateRequest(id=1), call())
    assert released.located == "0"


class Away:
    """A database that is away for the first queries."""

    def __init__(self, pool: asyncpg.Pool, queries: int) -> None:
        self._pool = pool
        self._queries = queries

    async def fetch(self, *query: Any) -> Any:
        """Ask it."""
        self._queries -= 1
        if self._queries >= 0:
            raise ConnectionRefusedError
        return await self._pool.fetch(*query)


async def test_what_is_stored_is_waited_for_though_the_database_goes_away(
    admin: Admin, pool: asyncpg.Pool, relay: None
) -> None:
    await admin.create_account(an_account(), call())
    reference = Reference(Away(pool, 3), applied=lambda: 1 << 40)
    assert await reference.in_effect(1, 5.0) == 1 + SEQUENCE_AHEAD
    with pytest.raises(DeadlineExceeded, match=r"stored.*again is safe"):
        await Reference(Away(pool, 1000), applied=lambda: 0).in_effect(1, 0.1)


async def test_an_account_changes_where_it_is_told_to(
    admin: Admin, pool: asyncpg.Pool, relay: None
) -> None:
    made = (await admin.create_account(an_account(self_trade_group=7), call())).account

    async def update(paths: list[str], **fields: Any) -> admin_pb2.Account:
        account = admin_pb2.Account(**{"name": "A", **fields})
        request = pb.UpdateAccountRequest(account=account, update_mask={"paths": paths})
        return (await admin.update_account(request, call())).account

    disabled = await update(["disabled"], disabled=True, self_trade_group=3, etag=made.etag)
    assert (disabled.disabled, disabled.self_trade_group) == (True, 7)
    assert await update(["disabled"], disabled=True) == disabled
    with pytest.raises(Aborted, match="read it again"):
        await update([], etag=made.etag)
    enabled = await update([], etag=disabled.etag, self_trade_prevention=2)
    assert (enabled.disabled, enabled.self_trade_group) == (False, 0)
    sent = (await sent_last(pool))[0][1]
    assert sent["flags"] == 1 | 2 << 8
    for path in ("firm", "name", "etag", "currency"):
        with pytest.raises(InvalidArgument, match=path):
            await update([path], firm="F", currency="USD")
    with pytest.raises(NotFound):
        await update([], name="B")


async def test_an_instrument_that_changed_meanwhile_is_read_again(
    admin: Admin, relay: None
) -> None:
    first = (await admin.create_instrument(an_instrument(), call())).instrument
    update = changed("maintenance_margin_bps", maintenance_margin_bps=500, etag=first.etag)
    second = (await admin.update_instrument(update, call())).instrument
    assert second.maintenance_margin_bps == 500
    assert second.etag != first.etag
    with pytest.raises(Aborted, match="instrument X changed"):
        await admin.update_instrument(update, call())
    second.disabled = True
    third = pb.UpdateInstrumentRequest(instrument=second)
    assert (await admin.update_instrument(third, call())).instrument.disabled
    with pytest.raises(InvalidArgument, match="at most initial_margin_bps, 100"):
        await admin.update_instrument(changed("initial_margin_bps", initial_margin_bps=100), call())


async def test_a_smallest_order_that_was_never_given_follows_the_lot(
    admin: Admin, pool: asyncpg.Pool, relay: None
) -> None:
    await admin.create_instrument(an_instrument(), call())
    for lot in ("10", "3"):
        update = changed("lot_size", lot_size=lot)
        shown = (await admin.update_instrument(update, call())).instrument
        assert (shown.lot_size, shown.min_quantity) == (lot, lot)
        assert (await sent_last(pool))[0][1]["min_quantity"] == int(lot)
    # What was read may be sent back as it is.
    shown.tick_size = "0.05"
    whole = pb.UpdateInstrumentRequest(instrument=shown)
    assert (await admin.update_instrument(whole, call())).instrument.min_quantity == "3"
    await admin.update_instrument(changed("lot_size", lot_size="2"), call())
    await admin.update_instrument(changed("min_quantity", min_quantity="4"), call())
    with pytest.raises(InvalidArgument, match="multiple of lot_size"):
        await admin.update_instrument(changed("lot_size", lot_size="3"), call())


async def test_fees_and_conversions(admin: Admin, pool: asyncpg.Pool, relay: None) -> None:
    await admin.create_account(an_account(), call())
    tiers = [{"maker_ppm": -5, "taker_ppm": 30}, {"from_notional": 1000, "taker_ppm": 20}]

    async def set_fees(**fields: Any) -> pb.SetFeesResponse:
        return await admin.set_fees(pb.SetFeesRequest(fees=admin_pb2.FeeSchedule(**fields)), call())

    for holder in ({"account": "A"}, {"venue": True}, {"firm": "F"}):
        set_to = await set_fees(tiers=tiers, **holder)
        assert set_to.sequence > 0
        assert set_to == await set_fees(tiers=tiers, **holder)
    (sent,) = await sent_last(pool)
    fields = {"level": "firm", "account": 1, "tiers": [[0, -5, 30], [1000, 0, 20]]}
    assert sent == ("fees", fields)
    listed = (await admin.list_fees(pb.ListFeesRequest(), call())).fees
    assert [row.WhichOneof("holder") for row in listed] == ["venue", "firm", "account"]
    await set_fees(account="A")
    assert (await sent_last(pool))[0][1]["tiers"] == []
    listed = (await admin.list_fees(pb.ListFeesRequest(page_size=1), call())).fees
    assert listed[0].venue

    conversion = admin_pb2.Conversion(currency="EUR", value="1.08")
    request = pb.SetConversionRequest(conversion=conversion)
    for _ in range(2):
        assert (await admin.set_conversion(request, call())).conversion == conversion
    assert await sent_last(pool) == [("conversion", {"currency": "EUR", "value": 1_080_000_000})]
    listed_values = await admin.list_conversions(pb.ListConversionsRequest(), call())
    assert list(listed_values.conversions) == [conversion]


@pytest.mark.parametrize(
    ("fees", "named"),
    [
        ({"account": "A", "tiers": [{"from_notional": 1}]}, "fees.tiers[0].from_notional"),
        ({"account": "A", "tiers": [{}, {}]}, "fees.tiers[1].from_notional"),
        ({"account": "A", "tiers": [{"maker_ppm": 100_001}]}, "fees.tiers[0].maker_ppm"),
        ({"account": "A", "tiers": [{"taker_ppm": -100_001}]}, "fees.tiers[0].taker_ppm"),
        ({"tiers": []}, "fees.holder"),
        ({"venue": False}, "fees.venue"),
        ({"account": "a"}, "fees.account"),
        ({"firm": ""}, "fees.firm"),
    ],
)
async def test_wrong_fees_are_named(admin: Admin, fees: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await admin.set_fees(pb.SetFeesRequest(fees=admin_pb2.FeeSchedule(**fees)), call())
    assert [name for name, _ in refused.value.violations] == [named]


async def test_a_firm_without_accounts_is_not_known_to_the_engine(admin: Admin) -> None:
    fees = admin_pb2.FeeSchedule(firm="F")
    with pytest.raises(FailedPrecondition, match="create one first"):
        await admin.set_fees(pb.SetFeesRequest(fees=fees), call())


async def test_who_changed_what_is_written_down(
    admin: Admin, reference: Reference, relay: None
) -> None:
    await admin.create_account(an_account(), call())
    await admin.create_instrument(an_instrument(), call())
    update = pb.UpdateAccountRequest(account=admin_pb2.Account(name="A", disabled=True))
    await admin.update_account(update, call())
    await limit(reference, "X", max_position="2.50")
    wanted = admin_pb2.ApiKey(firm="F", scopes=["read"], label="bot")
    made = await admin.create_api_key(pb.CreateApiKeyRequest(api_key=wanted), call())
    await admin.disable_api_key(pb.DisableApiKeyRequest(id=made.api_key.id), call())
    holder = NamedHolder(Holder(Level.FIRM, 1), "F")
    await reference.kill(holder, True, "drill", "key 9")
    await reference.kill(holder, True, "again", "key 9")
    entries = (await admin.list_audit_entries(pb.ListAuditEntriesRequest(), call())).audit_entries
    assert [(row.kind, row.name, row.actor) for row in reversed(entries)] == [
        ("firm", "F", "7"),
        ("account", "A", "7"),
        ("instrument", "X", "7"),
        ("account", "A", "7"),
        ("limits", "A/X", "test"),
        ("user", "F/service", "7"),
        ("api_key", "1", "7"),
        ("api_key", "1", "7"),
        ("kill_switch", "firm F", "9"),
    ]
    users = {(row.actor, row.actor_user, row.actor_firm) for row in entries}
    assert users == {("7", "ops", "F"), ("test", "", ""), ("9", "", "")}
    assert made.secret not in str(entries)
    assert hash_key(made.secret) not in str(entries)
    assert [row.number for row in reversed(entries)] == [0, 1, 2, 3, 4, 0, 0, 0, 5]
    assert [row.id for row in entries] == sorted((row.id for row in entries), reverse=True)
    asked = pb.ListAuditEntriesRequest(kind="account", name="A", page_size=1)
    page = await admin.list_audit_entries(asked, call())
    (last,) = page.audit_entries
    before, after = json.loads(last.before), json.loads(last.after)
    assert (before["disabled"], after["disabled"]) == (False, True)
    assert 0 < last.time_ns <= time.time_ns()
    asked.page_token = page.next_page_token
    (first,) = (await admin.list_audit_entries(asked, call())).audit_entries
    assert (first.before, json.loads(first.after)) == ("", before)
    (limits_set,) = (
        await admin.list_audit_entries(pb.ListAuditEntriesRequest(kind="limits"), call())
    ).audit_entries
    assert json.loads(limits_set.after) == {"max_position": "2.5"}


async def test_a_token_is_of_its_list_alone(admin: Admin, relay: None) -> None:
    for name in ("B", "C"):
        await admin.create_firm(pb.CreateFirmRequest(firm=admin_pb2.Firm(name=name)), call())
    page = await admin.list_firms(pb.ListFirmsRequest(page_size=2), call())
    assert [firm.name for firm in page.firms] == ["B", "C"]
    token = page.next_page_token
    rest = await admin.list_firms(pb.ListFirmsRequest(page_size=2, page_token=token), call())
    assert ([firm.name for firm in rest.firms], rest.next_page_token) == (["F"], "")
    for wrong in ("C", token[:-2], token[:4] + "AA" + token[6:], "x" * 2000, "é"):
        with pytest.raises(InvalidArgument, match="page_token: must be"):
            await admin.list_firms(pb.ListFirmsRequest(page_token=wrong), call())
    # Of its list, but with a key that no page of it ends with.
    names: list[Any] = [[], ["B", "C"], [1], [None], {"B": 1}, "B", None, 7, ["\0"], [["B"]]]
    numbers: list[Any] = [["1"], [1 << 70], [1.5], [True]]
    holders: list[Any] = [[1 << 40, ""], ["1", ""], [1]]
    for key in names:
        made_up = pb.ListFirmsRequest(page_token=write_token(["firms"], key))
        with pytest.raises(InvalidArgument, match="page_token: must be"):
            await admin.list_firms(made_up, call())
    for key in numbers:
        made_up_number = pb.ListApiKeysRequest(page_token=write_token(["keys", "", ""], key))
        with pytest.raises(InvalidArgument, match="page_token: must be"):
            await admin.list_api_keys(made_up_number, call())
    for key in holders:
        made_up_holder = pb.ListFeesRequest(page_token=write_token(["fees"], key))
        with pytest.raises(InvalidArgument, match="page_token: must be"):
            await admin.list_fees(made_up_holder, call())
    with pytest.raises(InvalidArgument, match="page_token: is of a list"):
        await admin.list_instruments(pb.ListInstrumentsRequest(page_token=token), call())
    with pytest.raises(InvalidArgument, match="page_size"):
        await admin.list_firms(pb.ListFirmsRequest(page_size=1001), call())
    with pytest.raises(InvalidArgument, match="name: must be"):
        await admin.list_audit_entries(pb.ListAuditEntriesRequest(name="A\0"), call())


async def test_keys_and_instruments_are_listed(admin: Admin, relay: None) -> None:
    for label in ("a", "b"):
        key = admin_pb2.ApiKey(firm="F", scopes=["read"], label=label)
        await admin.create_api_key(pb.CreateApiKeyRequest(api_key=key), call())
    await admin.disable_api_key(pb.DisableApiKeyRequest(id=2), call())
    for symbol in ("X2", "X", "X_1"):
        await admin.create_instrument(an_instrument(symbol=symbol), call())
    keys = (await admin.list_api_keys(pb.ListApiKeysRequest(firm="F"), call())).api_keys
    assert [(key.id, key.label, key.disabled) for key in keys] == [(1, "a", False), (2, "b", True)]
    assert all(key.create_time_ns > 0 for key in keys)
    assert not (await admin.list_api_keys(pb.ListApiKeysRequest(firm="G"), call())).api_keys
    page = await admin.list_instruments(pb.ListInstrumentsRequest(page_size=2), call())
    token = page.next_page_token
    rest = await admin.list_instruments(pb.ListInstrumentsRequest(page_token=token), call())
    listed = [*page.instruments, *rest.instruments]
    assert [row.symbol for row in listed] == ["X", "X2", "X_1"]
