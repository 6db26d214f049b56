"""FastOrderBook, FastRiskEngine and FastMarketData: the core for people who want nothing else."""

import doctest
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cift_core
from cift.kit import layout
from cift_core import FastMarketData, FastOrderBook, FastRiskEngine, command_dtype, event_dtype

STUB = Path(__file__).resolve().parents[2] / "rust_core/crates/cift_core/cift_core.pyi"


def kinds(events: list[cift_core.Event]) -> list[str]:
    """What happened, in order."""
    return [event.exec_type for event in events]


def test_the_examples_in_the_stub_hold() -> None:
    runner = doctest.DocTestRunner()
    names = [name for name in dir(cift_core) if name.startswith("Fast")]
    for number, text in enumerate(re.findall(r'"""(.*?)"""', STUB.read_text(), re.DOTALL)):
        parser = doctest.DocTestParser()
        scope = {name: getattr(cift_core, name) for name in names}
        runner.run(parser.get_doctest(text, scope, f"stub {number}", None, None))
    assert (runner.failures, runner.tries) == (0, 12)


def test_first_come_first_served_at_a_price() -> None:
    book = FastOrderBook()
    for order_id, quantity in ((1, 5), (2, 7), (3, 4)):
        assert kinds(book.submit(order_id, "sell", 100, quantity)) == ["new"]
    book.submit(4, "sell", 99, 1)
    assert book.queue("sell", 100) == [1, 2, 3]
    book.replace(1, quantity=3)
    book.replace(2, leaves_quantity=9)
    assert book.queue("sell", 100) == [1, 3, 2]
    events = book.submit(9, "buy", 100, 6, time_in_force="ioc", account=8)
    trades = [(event.order_id, event.last_price, event.last_quantity)
              for event in events if event.liquidity == "maker"]  # fmt: skip
    assert trades == [(4, 99, 1), (1, 100, 3), (3, 100, 2)]
    assert events[-2].ord_status == "filled"
    assert book.best_ask == (100, 11, 2)
    assert book.best_bid is None
    assert book.depth(1) == ([], [(100, 11, 2)])
    order = book.order(3)
    assert order is not None
    assert (order.cum_quantity, order.leaves_quantity, order.side) == (2, 2, "sell")
    assert book.order(4) is None
    assert len(book) == 2


def test_refusals_are_events() -> None:
    book = FastOrderBook()
    book.submit(1, "buy", 10, 5, account=3)
    for events, kind, reason in (
        (book.submit(1, "buy", 10, 5, account=3), "rejected", 6),
        (book.submit(2, "buy", 0, 5), "rejected", 18),
        (book.submit(2, "buy", 10, 0), "rejected", 13),
        (book.cancel(1), "cancel_rejected", 5),
        (book.cancel(77, account=3), "cancel_rejected", 5),
        (book.replace(77, price=3), "cancel_rejected", 5),
    ):
        [event] = events
        assert (event.exec_type, event.reason) == (kind, reason)
    fok = book.submit(2, "sell", 10, 6, time_in_force="fok")
    assert [(event.exec_type, event.reason) for event in fok] == [("new", 0), ("canceled", 102)]
    assert book.order(1) is not None
    assert kinds(book.cancel(1, account=3)) == ["canceled"]
    assert kinds(book.submit(1, "buy", 10, 5)) == ["new"]
    bad: list[Any] = [("up", 1, 1), ("buy", 1, 1, "peg"), ("buy", 1, 1, "limit", "now")]
    for arguments in bad:
        with pytest.raises(ValueError, match=r"is 'buy'|is one of 'limit'|is one of 'day'"):
            book.submit(5, *arguments)
    with pytest.raises(ValueError, match="not both"):
        book.replace(1, quantity=1, leaves_quantity=1)


def test_day_orders_end_with_the_day() -> None:
    book = FastOrderBook()
    book.submit(1, "buy", 10, 5, time_in_force="day")
    book.submit(2, "buy", 10, 5)
    assert book.advance(86_399 * 10**9) == []
    [event] = book.advance(86_400 * 10**9)
    assert (event.exec_type, event.order_id) == ("expired", 1)
    with pytest.raises(ValueError, match="never goes back"):
        book.advance(0)
    assert book.queue("buy", 10) == [2]


def flow(count: int, seed: int) -> np.ndarray[Any, Any]:
    """New orders, cancels and replaces around a price."""
    source = np.random.default_rng(seed)
    commands = np.zeros(count, command_dtype())
    commands["kind"] = source.choice([1, 1, 1, 2, 3], count)
    new = commands["kind"] == 1
    commands["side"] = source.integers(1, 3, count) * new
    commands["ord_type"] = 2 * new
    commands["time_in_force"] = source.choice([2, 2, 3], count) * new
    commands["price"] = 1000 + source.integers(-5, 6, count)
    commands["quantity"] = source.integers(1, 50, count)
    commands["order_id"] = np.where(new, np.arange(count) + 1, source.integers(1, count, count))
    return commands


def test_a_batch_of_records_is_what_single_calls_are() -> None:
    batch, single = FastOrderBook(), FastOrderBook()
    commands = flow(3_000, 1)
    events = batch.apply(commands)
    words = ["", "buy", "sell"]
    singly: list[cift_core.Event] = []
    for row in commands:
        order_id, price, quantity = (int(row[name]) for name in ("order_id", "price", "quantity"))
        if row["kind"] == 1:
            force = "gtc" if row["time_in_force"] == 2 else "ioc"
            singly += single.submit(
                order_id, words[row["side"]], price, quantity, time_in_force=force
            )
        elif row["kind"] == 2:
            singly += single.cancel(order_id)
        else:
            singly += single.replace(order_id, price=price, quantity=quantity)
    assert len(events) == len(singly)
    for name in ("order_id", "last_quantity", "leaves_quantity", "match_id", "reason"):
        assert events[name].tolist() == [getattr(event, name) for event in singly]
    assert batch.depth(100) == single.depth(100)
    assert len(batch) > 5
    assert events["command_index"].max() == 2_999
    assert event_dtype() == layout.EVENT
    assert command_dtype() == layout.COMMAND


def test_market_data_follows_the_book() -> None:
    book, data = FastOrderBook(), FastMarketData(bar_ns=10**9)
    levels: dict[tuple[str, int], tuple[int, int]] = {}
    notional = volume = 0
    for seed in range(6):
        events = book.apply(flow(500, seed))
        for side, price, quantity, orders in data.apply(events, seed * 10**9):
            levels.pop((side, price), None)
            if quantity:
                levels[side, price] = (quantity, orders)
        taken = events[events["liquidity"] == layout.Liquidity.TAKER]
        notional += int((taken["last_price"] * taken["last_quantity"]).sum())
        volume += int(taken["last_quantity"].sum())
        assert data.depth(100) == book.depth(100)
        assert (data.best_bid, data.best_ask) == (book.best_bid, book.best_ask)
        assert len(data.bars) == (1 if seed else 0)
    bids, asks = book.depth(100)
    shown = {("buy", price): (quantity, orders) for price, quantity, orders in bids}
    shown |= {("sell", price): (quantity, orders) for price, quantity, orders in asks}
    assert levels == shown
    assert data.volume == volume
    assert data.vwap == (notional, volume)
    assert data.trades > 10
    if bids and asks:
        (bid, bid_quantity, _), (ask, ask_quantity, _) = bids[0], asks[0]
        weighted = ask * bid_quantity + bid * ask_quantity
        assert data.microprice == (weighted, bid_quantity + ask_quantity)
    with pytest.raises(cift_core.CiftError):
        FastMarketData().apply(events)


def test_records_of_another_shape_are_refused() -> None:
    book = FastOrderBook()
    with pytest.raises(ValueError, match="records are 128 bytes each"):
        book.apply(b"x" * 100)
    with pytest.raises(ValueError, match="command 0 is of no kind"):
        book.apply(np.zeros(1, command_dtype()))
    with pytest.raises(ValueError, match="at most 4096"):
        book.apply(flow(4_097, 0))
    assert len(book.apply(b"")) == 0


def test_risk_reserves_fills_and_releases() -> None:
    risk = FastRiskEngine()
    risk.set_instrument(1, price_scale=2, reference_price=10_000)
    risk.set_account(7)
    money = 10**12
    refused = risk.submit(7, 1, "buy", 10_000, 1)
    assert (refused.accepted, refused.reason) == (False, 105)
    risk.set_limits(
        7, max_order_quantity=50, collar_bps=1_000, max_open_orders=2, credit=10_000 * money
    )
    assert risk.submit(7, 1, "buy", 10_000, 51).reason == 26
    assert risk.submit(7, 1, "buy", 11_001, 1).reason == 16
    first = risk.submit(7, 1, "buy", 10_000, 40)
    assert first.accepted
    assert risk.buying_power(7) == 6_000 * money
    assert risk.submit(7, 1, "buy", 10_000, 50).accepted
    assert risk.open_orders(7) == 2
    assert risk.submit(7, 1, "buy", 10_000, 1).reason == 106
    risk.trade(first.order_id, 9_900, 10)
    assert risk.position(7, 1) == 10
    risk.end(first.order_id)
    assert (risk.open_orders(7), risk.buying_power(7)) == (1, (10_000 - 990 - 5_000) * money)
    assert "buying power" in risk.submit(7, 1, "buy", 10_000, 50).text
    with pytest.raises(KeyError):
        risk.end(first.order_id)
    with pytest.raises(ValueError, match="open quantity"):
        other = risk.submit(7, 1, "sell", 10_000, 5)
        risk.trade(other.order_id, 10_000, 6)
    with pytest.raises(ValueError, match="a trade has a price"):
        risk.trade(other.order_id, 10**12 + 1, 1)
    with pytest.raises(ValueError, match="there is no such account"):
        risk.set_limits(9)


def test_kinds_that_few_orders_have() -> None:
    # Policies: market orders may come while orders collect.
    book = FastOrderBook("X", policies=1 << 9)
    book.submit(1, "sell", 100, 10, display_quantity=4)
    order = book.order(1)
    assert order is not None
    assert (order.shown_quantity, order.leaves_quantity) == (4, 10)
    assert book.best_ask == (100, 4, 1)
    refused = book.submit(2, "buy", 100, 1, post_only="reject")
    assert kinds(refused) == ["rejected"]
    assert refused[0].reason == 100
    book.submit(3, "buy", 0, 1, "stop", stop_price=105)
    book.submit(4, "sell", 90, 1, "stop_limit", trailing_offset=5)
    assert book.last_trade is None
    # The trade of the stop, at 100, reaches what trails 105 by 5.
    fired = book.set_last_trade(105)
    assert kinds(fired) == ["triggered", "trade", "trade", "triggered"]
    trailing = book.order(4)
    assert trailing is not None
    assert (trailing.waits, trailing.triggered, trailing.watermark) == (False, True, 105)
    assert book.set_session("opening_auction") == []
    book.submit(5, "buy", 0, 2, "market")
    assert book.indication == (100, 2, -8)
    ended = book.set_session("continuous")
    assert {event.liquidity for event in ended} == {"auction"}
    with pytest.raises(ValueError, match="a price"):
        book.set_last_trade(0)
    with pytest.raises(ValueError, match="policies"):
        FastOrderBook(policies=1 << 31)
