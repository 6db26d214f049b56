"""What an operator does to a market of a whole mesh, and what its rules do by themselves."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Any

import pytest

from cift.client import (
    AuctionRules,
    ConflictError,
    InstrumentStatus,
    MassCancel,
    NotFoundError,
    Outcome,
    RejectReason,
    ScheduledSession,
    SessionState,
    Side,
    TickBand,
    TimeInForce,
    TradingRules,
    kinds,
)
from cift.local.mesh import MeshOptions
from tests.support.desk import PATIENT, SECONDS, Desk, at
from tests.support.mesh_thread import MeshThread

BUY, SELL = Side.BUY, Side.SELL


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MeshThread]:
    options = MeshOptions(
        data_dir=tmp_path_factory.mktemp("market control") / "mesh",
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


async def test_lists_and_operators_calls_outlive_order_entry(mesh: MeshThread, desk: Desk) -> None:
    await desk.open()
    pair = kinds.one_cancels_other(
        kinds.limit(*desk.args("ann", BUY, 10), "95"), kinds.stop(*desk.args("ann", BUY, 10), "105")
    )
    first = await desk.send_list(pair, "low", "high")
    cancel = MassCancel("DEMO-2", desk.symbol, cl_ord_id=desk.id_of("none"))
    assert (await desk.trader.mass_cancel(cancel)).canceled_orders == 0
    await mesh.kill("order_entry")
    again = await desk.send_list(pair, "low", "high")
    assert [(r.duplicate, r.order_id) for r in again] == [(True, r.order_id) for r in first]
    assert (await desk.trader.mass_cancel(cancel)).duplicate
    draining = mesh.pid("order_entry")
    prints = [
        asyncio.create_task(desk.operator.market.set_last_trade(desk.symbol, f"10{n}.00"))
        for n in range(5)
    ]
    await asyncio.sleep(0.005)
    await mesh.kill("order_entry", signal.SIGTERM)
    places = await asyncio.gather(*prints)
    assert len(set(places)) == 5
    await mesh.replaced("order_entry", draining)
    await desk.operator.market.set_session(desk.symbol, SessionState.HALTED)
    assert (await desk.operator.market.cancel_all(symbol=desk.symbol)).canceled_orders == 2


async def statuses_until(desk: Desk, done: Any) -> InstrumentStatus:
    """The first status of the stream of which `done` holds."""
    stream = desk.trader.stream_status(desk.symbol)
    try:
        async with asyncio.timeout(SECONDS):
            async for status in stream:
                if done(status):
                    return status
    finally:
        await stream.aclose()
    raise AssertionError("the stream ended")


async def test_an_auction_tells_its_price_before_it_trades(desk: Desk) -> None:
    await desk.open(auction=AuctionRules(market_orders=True))
    await desk.operator.market.set_session(desk.symbol, SessionState.OPENING_AUCTION)
    await desk.limits("ann", BUY, ("b1", 10, "101"), ("b2", 10, "100"))
    await desk.limits("bob", SELL, ("s1", 15, "99"))
    status = await statuses_until(desk, lambda s: s.auction_price is not None)
    assert status.session == SessionState.OPENING_AUCTION
    assert at(status.auction_quantity, status.auction_price) == "15@100"
    assert status.auction_imbalance == 5
    assert (await desk.operator.market.status(desk.symbol)).auction_price == 100
    ioc = kinds.limit(*desk.args("ann", BUY, 1), "100", time_in_force=TimeInForce.IOC)
    assert (await desk.send("ioc", ioc)).outcome == Outcome.REJECTED
    await desk.hears("ioc rejected market_closed")
    await desk.operator.market.set_session(desk.symbol, SessionState.CONTINUOUS)
    heard = sorted(await desk.lines(4))
    assert heard == ["b1 trade 10@100", "b2 trade 5@100", "s1 trade 10@100", "s1 trade 5@100"]
    assert {execution.liquidity.name for execution in desk.executions[-4:]} == {"AUCTION"}
    status = await desk.operator.market.status(desk.symbol)
    assert status.session == SessionState.CONTINUOUS
    assert status.last_price == 100
    assert at(status.last_auction_quantity, status.last_auction_price) == "15@100"
    trades = desk.trader.stream_trades(desk.symbol)
    async with asyncio.timeout(SECONDS):
        assert (await anext(trades)).auction
    await trades.aclose()


async def test_a_halt_lets_orders_be_canceled_and_nothing_else(desk: Desk) -> None:
    await desk.open()
    await desk.limits("ann", BUY, ("one", 5, "99"), ("two", 5, "98"))
    await desk.operator.market.set_session(desk.symbol, SessionState.HALTED)
    refused = await desk.send("no", kinds.limit(*desk.args("bob", SELL, 5), "99"))
    assert refused.reject_reason == RejectReason.SYMBOL_HALTED
    assert (await desk.cancel("ann", "one")).accepted
    await desk.hears("no rejected symbol_halted", "one canceled")
    await desk.operator.market.set_session(desk.symbol, SessionState.CONTINUOUS)
    await desk.send("yes", kinds.limit(*desk.args("bob", SELL, 5), "98"))
    await desk.hears("yes new", "yes trade 5@98", "two trade 5@98")


async def test_a_bust_undoes_a_trade_once(desk: Desk) -> None:
    await desk.open()
    await desk.limits("ann", SELL, ("s", 10, "100"))
    taken = await desk.send("b", kinds.limit(*desk.args("bob", BUY, 10), "100"))
    await desk.hears("b new", "b trade 10@100", "s trade 10@100")
    trade = desk.executions[-1]
    await desk.position_becomes("DEMO-2", 10, 1_000)
    with pytest.raises(NotFoundError):
        await desk.operator.market.bust_trade(trade.place, trade.match_id + 1)
    with pytest.raises(NotFoundError):
        await desk.operator.market.bust_trade(taken.place, trade.match_id)
    await desk.operator.market.bust_trade(trade.place, trade.match_id)
    await desk.hears("b trade bust 10@100", "s trade bust 10@100")
    await desk.position_becomes("DEMO-1", 0, 0)
    await desk.position_becomes("DEMO-2", 0, 0)
    with pytest.raises(ConflictError) as again:
        await desk.operator.market.bust_trade(trade.place, trade.match_id)
    assert again.value.reason == "TOO_LATE"
    trades = desk.trader.stream_trades(desk.symbol)
    async with asyncio.timeout(SECONDS):
        told = [await anext(trades), await anext(trades)]
    await trades.aclose()
    assert [(trade.match_id, trade.busted) for trade in told] == [
        (trade.match_id, False),
        (trade.match_id, True),
    ]


async def test_mass_cancels_take_what_fits(desk: Desk) -> None:
    await desk.open()
    for name, side, price, tag in (
        ("a", BUY, "99", "grid"),
        ("b", BUY, "98", ""),
        ("c", SELL, "105", "grid"),
        ("d", SELL, "106", "grid"),
    ):
        await desk.send(name, kinds.limit(*desk.args("ann", side, 5), price, tag=tag))
    await desk.hears("a new", "b new", "c new", "d new")
    await desk.limits("bob", BUY, ("his", 5, "97"))
    done = await desk.trader.mass_cancel(MassCancel("DEMO-1", desk.symbol, SELL, "grid"))
    assert (done.outcome, done.canceled_orders) == (Outcome.ACCEPTED, 2)
    await desk.hears("c canceled", "d canceled")
    again = MassCancel("DEMO-1", desk.symbol, tag="grid", cl_ord_id=desk.id_of("mc"))
    for duplicate in (False, True):
        done = await desk.trader.mass_cancel(again)
        assert (done.canceled_orders, done.duplicate) == (1, duplicate)
    await desk.hears("a canceled")
    done = await desk.operator.market.cancel_all(symbol=desk.symbol)
    assert done.canceled_orders == 2
    await desk.hears("b canceled", "his canceled")


async def test_bands_stop_what_goes_too_far(desk: Desk) -> None:
    rules = TradingRules(static_band_bps=1_000, dynamic_band_bps=200, protection_bps=100)
    await desk.open(rules=rules)
    far = await desk.send("far", kinds.limit(*desk.args("ann", BUY, 1), "89.99"))
    assert far.reject_reason == RejectReason.PRICE_BAND
    await desk.hears("far rejected price_band")
    await desk.limits("ann", SELL, ("s1", 5, "100"), ("s2", 5, "100.50"), ("s3", 5, "103"))
    swept = await desk.send("market", kinds.market(*desk.args("bob", BUY, 15)))
    assert [fill.price for fill in swept.fills] == [Decimal(100), Decimal("100.50")]
    await desk.hears(
        "market new",
        "market trade 5@100",
        "s1 trade 5@100",
        "market trade 5@100.5",
        "s2 trade 5@100.5",
        "market canceled price_band",
    )
    # 103 is more than 2 % from 100.50: the trade waits for an auction instead.
    await desk.send("limit", kinds.limit(*desk.args("bob", BUY, 5), "103"))
    await desk.hears("limit new")
    status = await desk.operator.market.status(desk.symbol)
    assert status.session == SessionState.VOLATILITY_AUCTION
    assert status.auction_price == 103
    await desk.operator.market.set_session(desk.symbol, SessionState.CONTINUOUS)
    heard = sorted(await desk.lines(2))
    assert heard == ["limit trade 5@103", "s3 trade 5@103"]


async def test_a_session_changes_on_schedule(desk: Desk) -> None:
    second = (int(time.time()) + 3) % 86_400
    halts = ScheduledSession(second, SessionState.CANCEL_ONLY)
    await desk.open(rules=TradingRules(schedule=(halts,)))
    status = await statuses_until(desk, lambda s: s.session != SessionState.CONTINUOUS)
    assert status.session == SessionState.CANCEL_ONLY
    assert time.time() % 86_400 >= second


async def test_ticks_widen_with_the_price_and_change_while_trading(desk: Desk) -> None:
    bands = (TickBand(from_price="10", tick_size="0.05"),)
    await desk.open(rules=TradingRules(tick_bands=bands))
    await desk.limits("ann", BUY, ("low", 1, "9.99"))
    off = await desk.send("off", kinds.limit(*desk.args("ann", BUY, 1), "10.01"))
    assert off.reject_reason == RejectReason.TICK_SIZE
    await desk.hears("off rejected tick_size")
    await desk.operator.admin.update_instrument(desk.symbol, rules=None)
    await desk.limits("ann", BUY, ("on", 1, "10.01"))
