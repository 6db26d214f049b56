"""Every limit by RPC: what is let through at it, what is refused beyond it, and what is told.

A row sets a limit of ann's account, of her firm or of the venue, lets somebody who shares it have
orders open, and then ann sends orders on either side of the boundary. Before each, a dry run says
what the order is told, with the limit, the value and the headroom; the venue's to operators alone.
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from cift.client import (
    Check,
    CheckResult,
    DuplicateFlow,
    Fees,
    FeeTier,
    Holder,
    Level,
    Limits,
    MessageRate,
    Outcome,
    RejectReason,
    ReplaceOrder,
)
from cift.local.mesh import MeshOptions
from tests.support.mesh_thread import MeshThread
from tests.support.risk_floor import Firm, Floor, make_firms, open_floor

SHARES = {Level.VENUE: "zed", Level.FIRM: "bob", Level.ACCOUNT: "ann"}
"""Level → who has the same limit there; the venue's first, which sees all that others leave."""


@dataclass(frozen=True, slots=True)
class Row:
    """One check: its limit, as set and as told, what is open before, and ann's orders then."""

    check: str
    limits: Limits
    bound: str
    before: tuple[str, ...]
    says: tuple[tuple[str, str, str], ...]
    """Line, the check's value with it, and what is said to it."""
    a_lot_costs: str = ""
    """Of its headroom, in rows whose first order is one lot too large."""


# In order of precedence.
ROWS = (
    Row("open_orders", Limits(max_open_orders=2), "2", ("buy 1 @ 99",), (
        ("buy 1 @ 98", "2", "accepted"),
        ("buy 1 @ 97", "3", "max_open_orders"),
    )),
    Row("order_quantity", Limits(max_order_quantity=10), "10", (), (
        ("buy 11 @ 100", "11", "clip_size"),
        ("buy 10 @ 100", "10", "accepted"),
    ), a_lot_costs="1"),
    Row("order_notional", Limits(max_order_notional=1_000), "1000", (), (
        ("buy 11 @ 100", "1100", "max_order_notional"),
        ("buy 10 @ 100.01", "1000.10", "max_order_notional"),
        ("buy 10 @ 100", "1000", "accepted"),
    ), a_lot_costs="100"),
    Row("collar", Limits(collar_bps=1_000), "10", (), (
        ("buy 1 @ 110.01", "10.01", "price_band"),
        ("buy 1 @ 110", "10", "accepted"),
        ("buy 1 @ 89.99", "10.01", "price_band"),
        ("buy 1 @ 90", "10", "accepted"),
    )),
    Row("position", Limits(max_position=10), "10", ("buy 4 @ 99",), (
        ("buy 7 @ 99", "11", "exceeds_limit"),
        ("buy 6 @ 99", "10", "accepted"),
        ("sell 11 @ 101", "11", "exceeds_limit"),
        ("sell 10 @ 101", "10", "accepted"),
    ), a_lot_costs="1"),
    Row("gross_position", Limits(max_gross_position=30), "30", ("buy 10 @ 99", "sell 8 @ 110"), (
        ("buy 13 @ 99", "31", "exceeds_limit"),
        ("sell 12 @ 110", "30", "accepted"),
    )),
    Row("gross_exposure", Limits(max_gross_exposure=2_000), "2000", ("buy 10 @ 100",), (
        ("buy 11 @ 100", "2100", "notional_threshold"),
        ("buy 10 @ 100.01", "2000.10", "notional_threshold"),
        ("buy 10 @ 100", "2000", "accepted"),
    ), a_lot_costs="100"),
    Row("buying_power", Limits(credit=2_000), "1000", ("buy 10 @ 100",), (
        ("buy 11 @ 100", "1100", "insufficient_credit"),
        ("buy 10 @ 100.01", "1000.10", "insufficient_credit"),
        ("buy 10 @ 100", "1000", "accepted"),
    ), a_lot_costs="100"),
    Row("short_sale", Limits(max_short=4), "4", ("sell 2 @ 110",), (
        ("sell 3 @ 110", "5", "short_sell"),
        ("sell 2 @ 110", "4", "accepted"),
        ("buy 9 @ 99", "", "accepted"),
    ), a_lot_costs="1"),
    Row("duplicate_flow", Limits(duplicate_flow=DuplicateFlow(60_000, 3)), "3", ("buy 1 @ 99",), (
        ("buy 1 @ 99", "2", "accepted"),
        ("buy 1 @ 99", "3", "accepted"),
        ("buy 1 @ 99", "4", "duplicate_order_flow"),
        ("buy 1 @ 98", "1", "accepted"),
    )),
)  # fmt: skip

TABLE = [(row, level) for level in SHARES for row in ROWS]
NAMES = [f"{row.check} of the {level.name.lower()}" for row, level in TABLE]
FIRMS = len(TABLE) + 40


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MeshThread]:
    options = MeshOptions(
        data_dir=tmp_path_factory.mktemp("limits") / "mesh",
        durability="page-cache",
        without=frozenset({"analytics", "market_data"}),
    )
    with MeshThread(options) as mesh:
        yield mesh


@pytest.fixture(scope="module")
def firms(mesh: MeshThread) -> Iterator[Firm]:
    """Firms that no test has used."""
    return iter(mesh.run(make_firms(mesh, "R", FIRMS)))


@pytest.fixture(scope="module")
def others(firms: Iterator[Firm]) -> Firm:
    """The firm of those who share but the venue's limits with ann."""
    return next(firms)


def numbers(found: CheckResult) -> list[Any]:
    """Limit, value and headroom."""
    return [found.limit, found.value, found.headroom]


def as_a_firm_is_told(seen: Check) -> list[CheckResult]:
    """What an operator was told, without the venue's numbers: those count what all firms have."""
    nothing: dict[str, Any] = dict.fromkeys(("limit", "value", "headroom"))
    return [replace(r, **nothing) if r.level == Level.VENUE else r for r in seen.results]


def said(reason: RejectReason) -> str:
    return reason.name.lower() if reason else "accepted"


async def says(floor: Floor, line: str, expected: str, who: str = "ann") -> Check:
    """A dry run and then the order are told the same; the dry run."""
    dry = await floor.check(who, line)
    assert said(dry.reject_reason) == expected, (line, dry)
    assert dry.accepted == (expected == "accepted")
    result = await floor.submit(who, line)
    assert said(result.reject_reason) == expected, (line, result)
    assert result.accepted == dry.accepted
    return dry


@pytest.mark.parametrize(("row", "level"), TABLE, ids=NAMES)
async def test_at_the_limit_and_beyond_it(
    mesh: MeshThread, firms: Iterator[Firm], others: Firm, row: Row, level: Level
) -> None:
    async with open_floor(mesh, next(firms), others) as floor:
        holder, operator = floor.holder(level), floor.operator
        await operator.risk.set_limits(holder, row.limits)
        try:
            await floor.accepted(*(f"{SHARES[level]}: {line}" for line in row.before))
            for line, value, expected in row.says:
                seen = await floor.look("ann", line)
                dry = await says(floor, line, expected)
                assert list(dry.results) == as_a_firm_is_told(seen)
                if value:
                    found = seen.result(row.check, level)
                    bound, with_it = Decimal(row.bound), Decimal(value)
                    assert numbers(found) == [bound, with_it, bound - with_it], line
                    assert found.passed == (expected == "accepted")
                if expected != "accepted":
                    assert (": limit" in dry.reject_text) == (level != Level.VENUE)
                    assert [(r.check, r.level) for r in dry.results if not r.passed] == [
                        (row.check, level)
                    ]
                    assert said(found.reject_reason) == expected
        finally:
            await operator.risk.set_limits(holder, Limits())


@pytest.mark.parametrize(
    ("row", "level"),
    [(row, level) for row, level in TABLE if row.a_lot_costs and level != Level.VENUE],
    ids=lambda value: getattr(value, "check", None) or value.name.lower(),
)
async def test_the_headroom_is_what_the_next_order_is_given(
    mesh: MeshThread, firms: Iterator[Firm], others: Firm, row: Row, level: Level
) -> None:
    """One lot leaves room for so many more; with them an order passes, with one more it fails."""
    async with open_floor(mesh, next(firms), others) as floor:
        await floor.operator.risk.set_limits(floor.holder(level), row.limits)
        await floor.accepted(*(f"{SHARES[level]}: {line}" for line in row.before))
        line, _, expected = row.says[0]
        side, _, _, price = line.split()
        one = await floor.check("ann", f"{side} 1 @ {price}")
        headroom = one.result(row.check, level).headroom
        assert headroom is not None
        whole = 1 + headroom // Decimal(row.a_lot_costs)
        await says(floor, f"{side} {whole + 1} @ {price}", expected)
        last = await says(floor, f"{side} {whole} @ {price}", "accepted")
        assert last.result(row.check, level).headroom == 0


@pytest.mark.parametrize("level", SHARES, ids=lambda level: level.name.lower())
async def test_a_kill_switch(
    mesh: MeshThread, firms: Iterator[Firm], others: Firm, level: Level
) -> None:
    async with open_floor(mesh, next(firms), others) as floor:
        await floor.accepted("ann: buy 1 @ 99", f"{SHARES[level]}: buy 1 @ 98")
        await floor.operator.risk.kill(floor.holder(level), "a test")
        try:
            dry = await says(floor, "buy 1 @ 97", "kill_switch")
            assert dry.failed[0] == "kill_switch"
            await says(floor, "buy 1 @ 97", "kill_switch", SHARES[level])
            exposure = await floor.operator.risk.get_exposure(floor.accounts["ann"])
            assert (exposure.killed, exposure.open_orders) == (True, 0)
        finally:
            await floor.operator.risk.unkill(floor.holder(level))
        await says(floor, "buy 1 @ 97", "accepted")


@pytest.mark.parametrize("level", SHARES, ids=lambda level: level.name.lower())
async def test_a_restriction_of_everything_and_of_one_instrument(
    mesh: MeshThread, firms: Iterator[Firm], others: Firm, level: Level
) -> None:
    async with open_floor(mesh, next(firms), others) as floor:
        holder, risk = floor.holder(level), floor.operator.risk
        try:
            await risk.set_limits(holder, Limits(restricted=True))
            dry = await says(floor, "buy 1 @ 99", "restricted_symbol")
            assert not dry.result("restricted", level).passed
            await risk.set_limits(holder, Limits())
            await risk.set_limits(holder, Limits(restricted=True), floor.symbol)
            await says(floor, "buy 1 @ 99", "restricted_symbol")
            assert (await risk.get_limits(holder, floor.symbol)).restricted
        finally:
            await risk.set_limits(holder, Limits())
            await risk.set_limits(holder, Limits(), floor.symbol)
        await says(floor, "buy 1 @ 99", "accepted")


@pytest.mark.parametrize("level", SHARES, ids=lambda level: level.name.lower())
async def test_a_message_rate(
    mesh: MeshThread, firms: Iterator[Firm], others: Firm, level: Level
) -> None:
    """A bucket of three, filled by one a second: what is sent in less than that is counted."""
    async with open_floor(mesh, next(firms), others) as floor:
        risk = floor.operator.risk
        for _ in range(10):
            await risk.set_limits(floor.holder(level), Limits(message_rate=MessageRate(1, 3)))
            began = time.monotonic()
            batch = [floor.order("ann", f"buy 1 @ {price}") for price in (97, 98, 99)]
            results = await floor.clients["ann"].batch(batch)
            dry = await floor.look("ann", "buy 1 @ 96")
            result = await floor.submit("ann", "buy 1 @ 96")
            seconds = time.monotonic() - began
            await risk.set_limits(floor.holder(level), Limits())
            if seconds < 0.9:
                break
            await asyncio.sleep(1)
        assert seconds < 0.9
        assert [r.outcome for r in results] == [Outcome.ACCEPTED] * 3
        assert (said(dry.reject_reason), said(result.reject_reason)) == ("throttled", "throttled")
        found = dry.result("message_rate", level)
        assert numbers(found) == [3, 4, -1]


async def test_who_has_no_limits_or_is_disabled(
    mesh: MeshThread, firms: Iterator[Firm], others: Firm
) -> None:
    async with open_floor(mesh, next(firms), others, limits=None) as floor:
        ann, operator = floor.accounts["ann"], floor.operator
        dry = await says(floor, "buy 1 @ 99", "account_disabled")
        assert dry.failed[0] == "account"
        await operator.risk.set_limits(ann, Limits())
        await says(floor, "buy 1 @ 99", "accepted")
        assert (await operator.admin.update_account(ann, disabled=True)).disabled
        await says(floor, "buy 1 @ 98", "account_disabled")
        assert not (await operator.admin.update_account(ann, disabled=False)).disabled
        await says(floor, "buy 1 @ 98", "accepted")


async def test_a_check_that_lacks_its_reference_price_refuses(
    mesh: MeshThread, firms: Iterator[Firm], others: Firm
) -> None:
    rows = (
        (Limits(collar_bps=500), "buy 1 @ 100", "no_reference_price"),
        (Limits(max_order_notional=500), "buy 1", "no_reference_price"),
        (Limits(max_order_notional=500), "buy 1 @ 100", "accepted"),
        (Limits(credit=500), "buy 1", "no_reference_price"),
        (Limits(max_position=5), "sell 1 @ 120", "accepted"),
    )
    async with open_floor(mesh, next(firms), others, reference_price=None) as floor:
        for limits, line, expected in rows:
            await floor.operator.risk.set_limits(floor.accounts["ann"], limits)
            dry = await says(floor, line, expected)
            assert ("reference_price" in dry.failed) == (expected != "accepted")


async def test_reduce_only_at_the_position_and_beyond_it(
    mesh: MeshThread, firms: Iterator[Firm], others: Firm
) -> None:
    async with open_floor(mesh, next(firms), others) as floor:
        await floor.accepted("zed: sell 5 @ 100", "ann: buy 5 @ 100")
        dry = await says(floor, "sell 6 @ 110 reduce-only", "reduce_only")
        found = dry.result("reduce_only")
        assert numbers(found) == [5, 6, -1]
        dry = await says(floor, "sell 5 @ 110 reduce-only", "accepted")
        assert dry.result("reduce_only").headroom == 0


@pytest.mark.parametrize("level", [Level.FIRM, Level.ACCOUNT], ids=lambda level: level.name.lower())
@pytest.mark.parametrize(("limit", "expected"), [("50", "accepted"), ("49.99", "daily_loss")])
async def test_the_loss_of_the_day(
    mesh: MeshThread,
    firms: Iterator[Firm],
    others: Firm,
    level: Level,
    limit: str,
    expected: str,
) -> None:
    """Whoever shares the limit buys 5 at 100, and others trade at 90."""
    async with open_floor(mesh, next(firms), others) as floor:
        holder, risk = floor.holder(level), floor.operator.risk
        await risk.set_limits(holder, Limits(max_daily_loss=limit))
        await floor.accepted(
            "zed: sell 5 @ 100",
            f"{SHARES[level]}: buy 5 @ 100",
            "zed: sell 1 @ 90",
            "yan: buy 1 @ 90",
        )
        dry = await says(floor, "buy 1 @ 80", expected)
        found = dry.result("daily_loss", level)
        assert numbers(found) == [Decimal(limit), 50, Decimal(limit) - 50]
        assert (await risk.get_profit_and_loss(holder)).day == -50
        # What can but reduce the position is always let through.
        await says(floor, "sell 5 @ 95", "accepted", SHARES[level])


@pytest.mark.parametrize(
    ("credit", "expected"), [("280", "accepted"), ("279.99", "maintenance_margin")]
)
async def test_the_maintenance_margin(
    mesh: MeshThread, firms: Iterator[Firm], others: Firm, credit: str, expected: str
) -> None:
    """10 bought at 100 need 200 of credit; at 80 they have lost 200, and must keep 80."""
    margins: dict[str, Any] = {"initial_margin_bps": 2_000, "maintenance_margin_bps": 1_000}
    async with open_floor(
        mesh, next(firms), others, limits=Limits(credit=credit), **margins
    ) as floor:
        await floor.accepted(
            "zed: sell 10 @ 100", "ann: buy 10 @ 100", "zed: sell 1 @ 80", "yan: buy 1 @ 80"
        )
        dry = await says(floor, "buy 1 @ 80", expected)
        equity = Decimal(credit) - 200
        assert numbers(dry.result("maintenance_margin")) == [equity, 80, equity - 80]
        exposure = await floor.operator.risk.get_exposure(floor.accounts["ann"])
        assert [exposure.equity, exposure.maintenance_margin] == [equity, 80]
        assert exposure.close_only == (expected != "accepted")
        await says(floor, "sell 10 @ 95", "accepted")


async def test_what_trades_cost_is_lost(
    mesh: MeshThread, firms: Iterator[Firm], others: Firm
) -> None:
    """One per cent of what is taken; half of that from a notional of 1,000 on; makers get some."""
    limits = Limits(max_daily_loss=10)
    async with open_floor(mesh, next(firms), others, limits=limits) as floor:
        ann, risk = floor.accounts["ann"], floor.operator.risk
        tiers = (FeeTier(0, -1_000, 10_000), FeeTier(1_000, -2_000, 5_000))
        await floor.operator.admin.set_fees(Fees(Holder(account=ann), tiers))
        assert Fees(Holder(account=ann), tiers) in await floor.operator.admin.list_fees()
        await floor.accepted("zed: sell 10 @ 100", "ann: buy 10 @ 100")
        dry = await says(floor, "buy 1 @ 80", "accepted")
        assert numbers(dry.result("daily_loss")) == [10, 10, 0]
        await floor.accepted("zed: sell 5 @ 100", "ann: buy 2 @ 100")
        dry = await says(floor, "buy 1 @ 80", "daily_loss")
        assert numbers(dry.result("daily_loss")) == [10, 11, -1]
        [position] = await risk.list_positions(ann)
        assert [position.quantity, position.fees, position.realized_pnl] == [12, 11, 0]
        result = await risk.get_profit_and_loss(ann)
        assert [result.day, result.fees, result.traded_30_days] == [-11, 11, 1_200]
        await floor.operator.admin.set_fees(Fees(Holder(account=ann)))


async def test_money_in_another_currency(
    mesh: MeshThread, firms: Iterator[Firm], others: Firm
) -> None:
    """1,000 dollars are 800 francs, once somebody has said so."""
    limits = Limits(credit=800, max_gross_exposure=900)
    async with open_floor(mesh, next(firms), others, limits=limits, currency="CHF") as floor:
        dry = await says(floor, "buy 1 @ 100", "no_conversion")
        assert dry.failed[0] == "conversion"
        admin = floor.operator.admin
        await admin.set_conversion("USD", 1)
        await admin.set_conversion("CHF", "1.25")
        dry = await says(floor, "buy 11 @ 100", "insufficient_credit")
        assert numbers(dry.result("buying_power")) == [800, 880, -80]
        dry = await says(floor, "buy 10 @ 100", "accepted")
        assert numbers(dry.result("gross_exposure")) == [900, 800, 100]
        worth = {one.currency: one.value for one in await admin.list_conversions()}
        assert [worth["USD"], worth["CHF"]] == [1, Decimal("1.25")]
        exposure = await floor.operator.risk.get_exposure(floor.accounts["ann"])
        assert [exposure.reserved, exposure.buying_power] == [800, 0]
        assert exposure.currency == "CHF"


async def test_a_replace_is_held_against_the_same_limits(
    mesh: MeshThread, firms: Iterator[Firm], others: Firm
) -> None:
    async with open_floor(mesh, next(firms), others, limits=Limits(max_position=10)) as floor:
        ann, client = floor.accounts["ann"], floor.clients["ann"]
        order = await floor.submit("ann", "buy 4 @ 99")

        async def replaced(quantity: int) -> str:
            change = ReplaceOrder(
                ann, floor.symbol, order_id=order.order_id, price=99, quantity=quantity
            )
            return said((await client.replace(change)).reject_reason)

        assert await replaced(11) == "exceeds_limit"
        assert await replaced(10) == "accepted"
        await floor.operator.risk.update_limits(ann, max_position=1)
        assert await replaced(3) == "accepted"
        assert await replaced(4) == "exceeds_limit"


async def test_limits_in_one_instrument_take_the_place_of_those_on_all(
    mesh: MeshThread, firms: Iterator[Firm], others: Firm
) -> None:
    own = Limits(max_order_quantity=10, max_open_orders=1)
    async with open_floor(mesh, next(firms), others, limits=own) as floor:
        ann, risk = floor.accounts["ann"], floor.operator.risk
        await says(floor, "buy 11 @ 99", "clip_size")
        special = await risk.update_limits(ann, floor.symbol, max_order_quantity=20)
        assert special == await risk.get_limits(ann, floor.symbol)
        await says(floor, "buy 21 @ 99", "clip_size")
        await says(floor, "buy 20 @ 99", "accepted")
        # Those that are not of one instrument hold there as well.
        await says(floor, "buy 1 @ 99", "max_open_orders")
        assert await risk.get_limits(ann) == own


async def test_what_was_located_may_be_sold_short(
    mesh: MeshThread, firms: Iterator[Firm], others: Firm
) -> None:
    async with open_floor(mesh, next(firms), others, limits=Limits(max_short=0)) as floor:
        ann, admin = floor.accounts["ann"], floor.operator.admin
        await says(floor, "sell 1 @ 110", "short_sell")
        locate = await admin.add_locate(ann, floor.symbol, 5, "desk 4")
        assert locate.located == 5
        await says(floor, "sell 6 @ 110", "short_sell")
        await says(floor, "sell 5 @ 110", "accepted")
        await admin.add_locate(ann, floor.symbol, 2)
        await says(floor, "sell 1 @ 110", "accepted")
        released = await admin.release_locate(locate.locate.id)
        assert released.located == 2
        assert released.locate.released
        await says(floor, "sell 1 @ 110", "short_sell")
        assert [one.released for one in await admin.list_locates(ann)] == [True, False]


EVERYTHING = Limits(
    restricted=True,
    max_open_orders=0,
    max_order_quantity=1,
    max_order_notional=1,
    collar_bps=1,
    max_position=1,
    max_gross_position=1,
    max_gross_exposure=1,
    credit=1,
    max_short=0,
    max_daily_loss=0,
)
LADDER = (
    ("restricted", "restricted", "restricted_symbol"),
    ("max_open_orders", "open_orders", "max_open_orders"),
    ("max_order_quantity", "order_quantity", "clip_size"),
    ("max_order_notional", "order_notional", "max_order_notional"),
    ("collar_bps", "collar", "price_band"),
    ("max_position", "position", "exceeds_limit"),
    ("max_gross_position", "gross_position", "exceeds_limit"),
    ("max_gross_exposure", "gross_exposure", "notional_threshold"),
    ("credit", "buying_power", "insufficient_credit"),
    ("max_short", "short_sale", "short_sell"),
    ("max_daily_loss", "daily_loss", "daily_loss"),
)
"""Limit, its check, and what an order is told that breaks it and all below; first the first."""


async def test_the_first_limit_that_is_broken_is_told(
    mesh: MeshThread, firms: Iterator[Firm], others: Firm
) -> None:
    """An order that breaks everything; each limit that is told is switched off, alone."""
    async with open_floor(mesh, next(firms), others, maintenance_margin_bps=1) as floor:
        ann, risk = floor.accounts["ann"], floor.operator.risk
        # A position that lost, so that there is a loss and something beside it to sell short.
        await floor.accepted(
            "zed: sell 1 @ 100", "ann: buy 1 @ 100", "zed: sell 1 @ 90", "yan: buy 1 @ 90"
        )
        held = await risk.set_limits(ann, EVERYTHING)
        assert held == EVERYTHING
        expected = EVERYTHING
        for at, (limit, check, reason) in enumerate(LADDER):
            dry = await says(floor, "sell 5 @ 120", reason)
            # The dry run tells all that is broken, in the same order.
            below = tuple(name for _, name, _ in LADDER[at + 1 :])
            # Without credit there is no equity that a margin could be held against.
            margin = ("maintenance_margin",) if expected.credit is not None else ()
            assert dry.failed == (check, *below, *margin)
            off: Any = {limit: False if limit == "restricted" else None}
            held, expected = (
                await risk.update_limits(ann, etag=held.etag, **off),
                replace(expected, **off),
            )
            assert held == expected
        await says(floor, "sell 5 @ 120", "accepted")
        assert held == Limits()


async def test_what_comes_first_is_told_at_whatever_level_it_is(
    mesh: MeshThread, firms: Iterator[Firm], others: Firm
) -> None:
    async with open_floor(mesh, next(firms), others, limits=Limits(max_position=4)) as floor:
        await floor.operator.risk.set_limits(Holder(firm=floor.firm), Limits(max_order_quantity=4))
        dry = await says(floor, "buy 5 @ 99", "clip_size")
        assert {(r.check, r.level) for r in dry.results if not r.passed} == {
            ("order_quantity", Level.FIRM),
            ("position", Level.ACCOUNT),
        }
        await floor.operator.risk.set_limits(Holder(firm=floor.firm), Limits())
        await says(floor, "buy 5 @ 99", "exceeds_limit")
        await says(floor, "buy 4 @ 99", "accepted")
