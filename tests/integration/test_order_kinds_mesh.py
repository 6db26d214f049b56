"""Every kind of order through a whole mesh, told as trading: what is sent, and what is heard."""

import asyncio
import re
import textwrap
import time
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cift.client import (
    Account,
    BookView,
    Limits,
    MassCancel,
    NewOrder,
    Outcome,
    PegPrice,
    Place,
    RejectReason,
    ReplaceOrder,
    RestatementReason,
    SelfTradePrevention,
    Side,
    kinds,
)
from cift.local.mesh import MeshOptions
from tests.support.desk import PATIENT, SECONDS, Desk, at
from tests.support.mesh_thread import MeshThread

BUY, SELL = Side.BUY, Side.SELL


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MeshThread]:
    options = MeshOptions(
        data_dir=tmp_path_factory.mktemp("order kinds") / "mesh",
        durability="page-cache",
        without=frozenset({"analytics"}),
    )
    with MeshThread(options) as mesh:
        yield mesh


@pytest.fixture
async def desk(mesh: MeshThread) -> AsyncIterator[Desk]:
    async with (
        mesh.client(retry=PATIENT) as trader,
        mesh.client("admin", timeout_seconds=10, retry=PATIENT) as operator,
    ):
        yield Desk(trader, operator)


async def test_the_order_kinds_of_the_readme(desk: Desk, repository: Path) -> None:
    text = (repository / "README.md").read_text()
    block = re.search(r"```python\n(from cift\.client import PegPrice.*?)```", text, re.DOTALL)
    assert block is not None
    code = "async def trade(cift):\n" + textwrap.indent(block[1], "    ") + "    return results\n"
    names: dict[str, Any] = {}
    exec(code, names)
    results = await names["trade"](desk.trader)
    assert [result.accepted for result in results] == [True] * 3
    assert (await desk.operator.market.cancel_all(symbol="AMZN")).canceled_orders == 4


async def test_a_stop_cascade_goes_down_the_book(desk: Desk) -> None:
    await desk.open()
    await desk.limits("ann", BUY, ("b99", 5, "99"), ("b98", 5, "98"), ("b97", 5, "97"))
    await desk.limits("ann", BUY, ("b96", 5, "96"))
    await desk.send("first", kinds.stop(*desk.args("bob", SELL, 5), "98"))
    await desk.send("second", kinds.stop_limit(*desk.args("bob", SELL, 5), "97", "96.50"))
    await desk.hears("first new", "second new")
    hit = await desk.send("hit", kinds.limit(*desk.args("bob", SELL, 10), "98"))
    assert [at(fill.quantity, fill.price) for fill in hit.fills] == ["5@99", "5@98"]
    await desk.hears(
        "hit new",
        "hit trade 5@99",
        "b99 trade 5@99",
        "hit trade 5@98",
        "b98 trade 5@98",
        "first triggered",
        "first trade 5@97",
        "b97 trade 5@97",
        "second triggered",
    )
    book = await desk.trader.get_book(desk.symbol)
    assert [at(level.quantity, level.price) for level in book.asks] == ["5@96.5"]
    await desk.hears_nothing()


async def test_a_stop_that_is_met_at_entry_trades_at_once(desk: Desk) -> None:
    await desk.open()
    await desk.operator.market.set_last_trade(desk.symbol, "100")
    await desk.limits("ann", SELL, ("s", 5, "101"))
    await desk.send("met", kinds.stop(*desk.args("bob", BUY, 3), "99.50"))
    await desk.hears("met new", "met triggered", "met trade 3@101", "s trade 3@101")


async def test_a_trailing_stop_follows_the_last_trade(desk: Desk) -> None:
    await desk.open()
    last = desk.operator.market.set_last_trade
    await last(desk.symbol, "100")
    await desk.limits("ann", BUY, ("b", 5, "95"))
    await desk.send("trail", kinds.trailing_stop(*desk.args("bob", SELL, 5), price_offset="2"))
    await desk.hears("trail new")
    await last(desk.symbol, "105")
    await last(desk.symbol, "103.01")
    await desk.hears_nothing()
    await last(desk.symbol, "103")
    await desk.hears("trail triggered", "trail trade 5@95", "b trade 5@95")


async def test_an_iceberg_shows_its_tip_and_goes_to_the_back(desk: Desk) -> None:
    await desk.open()
    view, updates = BookView(), desk.trader.stream_book(desk.symbol)
    view.apply(await anext(updates))
    await desk.send("ice", kinds.iceberg(*desk.args("ann", SELL, 30), "100", 10))
    await desk.hears("ice new")
    await desk.limits("ann", SELL, ("other", 10, "100"))
    sweep = await desk.send("sweep", kinds.limit(*desk.args("bob", BUY, 15), "100"))
    async with asyncio.timeout(SECONDS):
        while view.place < Place(0, sweep.place.sequence, 0):
            view.apply(await anext(updates))
    await updates.aclose()
    heard = await desk.lines(5)
    assert [line for line in heard if " trade " in line and not line.startswith("sweep")] == [
        "ice trade 10@100",
        "other trade 5@100",
    ]
    # What is left of the other one, and another tip.
    (level,) = view.asks
    assert (at(level.quantity, level.price), level.order_count) == ("15@100", 2)
    assert (await desk.trader.get_order("DEMO-1", order_id=desk.ids["ice"])).leaves_quantity == 20


async def test_good_till_date_ends_on_journal_time(desk: Desk) -> None:
    await desk.open()
    soon = time.time_ns() + 300_000_000
    order = kinds.limit(*desk.args("ann", BUY, 5), "100", expire_time_ns=soon)
    assert (await desk.send("brief", order)).outcome == Outcome.ACCEPTED
    await desk.hears("brief new", "brief expired")
    assert desk.executions[-1].transact_time_ns >= soon
    await desk.limits("bob", SELL, ("late", 5, "100"))


async def test_one_cancels_the_other(desk: Desk) -> None:
    await desk.open()
    exit_at = kinds.limit(*desk.args("ann", SELL, 10), "105")
    stop = kinds.stop(*desk.args("ann", SELL, 10), "95")
    results = await desk.send_list(kinds.one_cancels_other(exit_at, stop), "profit", "loss")
    assert [result.outcome for result in results] == [Outcome.ACCEPTED] * 2
    await desk.hears("profit new", "loss new")
    await desk.send("buyer", kinds.limit(*desk.args("bob", BUY, 4), "105"))
    await desk.hears(
        "buyer new", "buyer trade 4@105", "profit trade 4@105", "loss canceled linked_order"
    )
    await desk.cancel("ann", "profit")
    await desk.hears("profit canceled")


async def test_a_list_is_taken_whole_or_not_at_all(desk: Desk) -> None:
    await desk.open()
    good = kinds.limit(*desk.args("ann", SELL, 10), "105")
    off = kinds.stop(*desk.args("ann", SELL, 7), "95")
    results = await desk.send_list(kinds.one_cancels_other(good, off), "good", "uneven")
    assert {result.outcome for result in results} == {Outcome.REJECTED}
    assert RejectReason.UNSUPPORTED_CHARACTERISTIC in {r.reject_reason for r in results}
    small = NewOrder("DEMO-SMALL", desk.symbol, SELL, 5_000, "100")
    entry = NewOrder("DEMO-SMALL", desk.symbol, BUY, 5_000, "99")
    results = await desk.send_list(kinds.bracket(entry, small), "clip", "exit")
    assert results[0].reject_reason == RejectReason.CLIP_SIZE


async def test_a_list_sent_again_is_the_first_one(desk: Desk) -> None:
    await desk.open()
    pair = kinds.one_cancels_other(
        kinds.limit(*desk.args("ann", SELL, 10), "105"), kinds.stop(*desk.args("ann", SELL, 10), 95)
    )
    first = await desk.send_list(pair, "up", "down")
    again = await desk.send_list(pair, "up", "down")
    assert [result.duplicate for result in again] == [True, True]
    assert [r.order_id for r in again] == [r.order_id for r in first]
    half = await desk.send_list(pair, "up", "another")
    assert (half[0].duplicate, half[0].order_id) == (True, first[0].order_id)
    assert half[1].reject_reason == RejectReason.UNSUPPORTED_CHARACTERISTIC
    await desk.cancel("ann", "down")
    await desk.hears(
        "up new",
        "down new",
        "another rejected unsupported_characteristic",
        "down canceled",
        "up canceled linked_order",
    )


async def test_a_bracket_exits_with_what_its_entry_traded(desk: Desk) -> None:
    await desk.open()
    entry = kinds.limit(*desk.args("ann", BUY, 10), "100")
    profit = kinds.limit(*desk.args("ann", SELL, 10), "110")
    loss = kinds.stop(*desk.args("ann", SELL, 10), "95")
    await desk.send_list(kinds.bracket(entry, profit, loss), "entry", "profit", "loss")
    await desk.hears("entry new", "profit new", "loss new")
    await desk.limits("bob", BUY, ("bid", 10, "94"))
    await desk.send("seller", kinds.limit(*desk.args("bob", SELL, 6), "100"))
    await desk.hears("seller new", "seller trade 6@100", "entry trade 6@100")
    await desk.cancel("ann", "entry")
    await desk.hears("entry canceled", "profit triggered", "loss triggered")
    assert [execution.leaves_quantity for execution in desk.executions[-2:]] == [6, 6]
    await desk.operator.market.set_last_trade(desk.symbol, "95")
    heard = await desk.lines(4)
    assert sorted(heard) == [
        "bid trade 6@94",
        "loss trade 6@94",
        "loss triggered",
        "profit canceled linked_order",
    ]


async def test_a_pegged_order_follows_the_best_bid(desk: Desk) -> None:
    await desk.open()
    peg = kinds.pegged(*desk.args("ann", BUY, 5), PegPrice.BID, offset="-0.10", price="100")
    await desk.send("peg", peg)
    await desk.hears("peg new", "peg suspended")
    await desk.limits("bob", BUY, ("bid", 5, "99"))
    await desk.hears("peg restated 5@98.9")
    await desk.limits("bob", BUY, ("better", 5, "99.50"))
    await desk.hears("peg restated 5@99.4")
    await desk.limits("bob", BUY, ("best", 5, "105"))
    await desk.hears("peg restated 5@100")
    for name in ("best", "better", "bid"):
        await desk.cancel("bob", name)
    await desk.hears(
        "best canceled",
        "peg restated 5@99.4",
        "better canceled",
        "peg restated 5@98.9",
        "bid canceled",
        "peg suspended",
    )


async def test_orders_of_one_party_avoid_each_other(desk: Desk) -> None:
    await desk.open()  # A new instrument cancels what rests.
    await desk.limits("ann", SELL, ("s1", 5, "100"), ("s2", 5, "100"))
    await desk.send("b1", kinds.limit(*desk.args("ann", BUY, 5), "99"))
    await desk.send("b2", kinds.limit(*desk.args("ann", BUY, 3), "100"))
    await desk.hears(
        "b1 new", "b2 new", "s1 canceled self_match_resting", "s2 canceled self_match_resting"
    )
    taker = SelfTradePrevention.CANCEL_AGGRESSING
    order = kinds.limit(*desk.args("ann", SELL, 2), "99", self_trade_prevention=taker)
    result = await desk.send("s3", order)
    assert result.restatement_reason == RestatementReason.SELF_MATCH_AGGRESSING
    await desk.hears("s3 new", "s3 canceled self_match_aggressing")
    both = kinds.limit(*desk.args("bob", SELL, 2), "100", self_trade_group=7)
    await desk.send("g1", both)
    await desk.hears("g1 new", "g1 trade 2@100", "b2 trade 2@100")


async def test_an_account_says_whom_its_orders_avoid(desk: Desk) -> None:
    await desk.open()
    admin = desk.operator.admin
    taker = SelfTradePrevention.CANCEL_AGGRESSING
    for name in ("TWIN-1", "TWIN-2"):
        account = Account(name, "DEMO", "USD", self_trade_prevention=taker, self_trade_group=9)
        await admin.create_account(account)
        await desk.operator.risk.set_limits(name, Limits())
        assert account in await admin.list_accounts()
    await desk.send("rests", NewOrder("TWIN-1", desk.symbol, SELL, 5, "100"))
    await desk.send("comes", NewOrder("TWIN-2", desk.symbol, BUY, 5, "100"))
    allow = SelfTradePrevention.ALLOW
    order = NewOrder("TWIN-2", desk.symbol, BUY, 2, "100", self_trade_prevention=allow)
    await desk.send("says", order)
    await desk.hears(
        "rests new",
        "comes new",
        "comes canceled self_match_aggressing",
        "says new",
        "says trade 2@100",
        "rests trade 2@100",
    )
    await desk.send("other", kinds.limit(*desk.args("ann", BUY, 3), "100"))
    await desk.hears("other new", "other trade 3@100", "rests trade 3@100")


async def test_a_post_only_order_does_not_take(desk: Desk) -> None:
    await desk.open()
    await desk.limits("ann", SELL, ("s", 5, "100"))
    refused = await desk.send("no", kinds.post_only(*desk.args("bob", BUY, 1), "100"))
    assert refused.reject_reason == RejectReason.POST_ONLY_WOULD_CROSS
    await desk.send("yes", kinds.post_only(*desk.args("bob", BUY, 1), "100", reprice=True))
    book = await desk.trader.get_book(desk.symbol)
    assert book.bids[0].price == Decimal("99.99")


async def test_a_reduce_only_order_never_opens_a_position(desk: Desk) -> None:
    await desk.open()
    early = await desk.send("early", kinds.limit(*desk.args("bob", SELL, 1), 100, reduce_only=True))
    assert early.reject_reason == RejectReason.REDUCE_ONLY
    await desk.hears("early rejected reduce_only")
    await desk.limits("ann", SELL, ("s", 5, "100"))
    await desk.send("b", kinds.limit(*desk.args("bob", BUY, 5), "100"))
    await desk.position_becomes("DEMO-2", 5, 500)
    more = await desk.send("more", kinds.limit(*desk.args("bob", SELL, 6), 101, reduce_only=True))
    assert more.reject_reason == RejectReason.REDUCE_ONLY
    less = await desk.send("less", kinds.limit(*desk.args("bob", SELL, 5), 101, reduce_only=True))
    assert less.accepted
    other = await desk.send("other", kinds.limit(*desk.args("bob", SELL, 1), 102))
    assert other.reject_reason == RejectReason.REDUCE_ONLY


async def test_all_or_none_and_a_minimum_wait_for_enough(desk: Desk) -> None:
    await desk.open()
    await desk.send("all", kinds.limit(*desk.args("ann", SELL, 10), "100", all_or_none=True))
    await desk.send("least", kinds.limit(*desk.args("bob", BUY, 9), "100", min_quantity=5))
    await desk.hears("all new", "least new")
    await desk.limits("ann", SELL, ("few", 4, "100"))
    enough = await desk.send("enough", kinds.limit(*desk.args("ann", SELL, 5), "100"))
    assert enough.cum_quantity == 5


async def test_a_market_to_limit_order_rests_where_it_traded(desk: Desk) -> None:
    await desk.open()
    await desk.limits("ann", SELL, ("s1", 5, "100"), ("s2", 5, "101"))
    result = await desk.send("mtl", kinds.market_to_limit(*desk.args("bob", BUY, 12)))
    assert result.cum_quantity == 10
    book = await desk.trader.get_book(desk.symbol)
    assert [at(level.quantity, level.price) for level in book.bids] == ["2@101"]


async def test_a_stop_is_amended_where_it_waits(desk: Desk) -> None:
    await desk.open()
    await desk.operator.market.set_last_trade(desk.symbol, "100")
    await desk.limits("ann", BUY, ("b", 5, "90"))
    await desk.send("stop", kinds.stop(*desk.args("bob", SELL, 5), "98"))
    moved = await desk.trader.replace(
        ReplaceOrder("DEMO-2", desk.symbol, desk.id_of("stop"), stop_price="96", quantity=4,
                     cl_ord_id=desk.id_of("moved"))
    )  # fmt: skip
    assert moved.accepted
    found = await desk.trader.get_order("DEMO-2", order_id=moved.order_id)
    assert at(found.quantity, found.stop_price) == "4@96"
    await desk.operator.market.set_last_trade(desk.symbol, "97")
    await desk.hears("stop new", "moved replaced")
    await desk.operator.market.set_last_trade(desk.symbol, "96")
    await desk.hears("moved triggered", "moved trade 4@90", "b trade 4@90")


async def test_a_batch_and_a_session_take_lists_and_mass_cancels(desk: Desk) -> None:
    await desk.open()
    pair = kinds.one_cancels_other(
        kinds.limit(*desk.args("ann", SELL, 5), "105", cl_ord_id=desk.id_of("up")),
        kinds.stop(*desk.args("ann", SELL, 5), "95", cl_ord_id=desk.id_of("down")),
    )
    alone = kinds.limit(*desk.args("ann", BUY, 1), "90", cl_ord_id=desk.id_of("alone"))
    results = await desk.trader.batch([alone, pair, MassCancel("DEMO-1", desk.symbol)])
    assert [result.accepted for result in results] == [True] * 3
    assert [leg.accepted for leg in results[1].legs] == [True] * 2
    assert results[2].canceled_orders == 3
    async with desk.trader.session() as session:
        result = await session.submit(
            kinds.bracket(
                kinds.limit(*desk.args("ann", BUY, 5), "90", cancel_on_disconnect=True),
                kinds.stop(*desk.args("ann", SELL, 5), "80"),
            )
        )
        assert [leg.accepted for leg in result.legs] == [True] * 2
    # The entry ends with the session, and its exit with it.
    async with asyncio.timeout(SECONDS):
        while (await desk.operator.market.cancel_all(symbol=desk.symbol)).canceled_orders:
            await asyncio.sleep(0.05)
