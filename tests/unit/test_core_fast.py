"""FastOrderBook and FastMarketData: the core for people who want nothing else."""

import doctest
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import cift_core
from cift.kit import layout
from cift_core import (
    FastMarketData,
    FastOrderBook,
    command_dtype,
    event_dtype,
    terms_dtype,
)

STUB = Path(__file__).resolve().parents[2] / "rust_core/crates/cift_core/cift_core.pyi"


def kinds(events: list[cift_core.Event]) -> list[str]:
    """What happened, in order."""
    return [event.exec_type for event in events]


def test_the_examples_in_the_stub_hold() -> None:
    runner = doctest.DocTestRunner()
    names = [name for name in dir(cift_core) if name.lower().startswith("fast")]
    for number, text in enumerate(re.findall(r'"""(.*?)"""', STUB.read_text(), re.DOTALL)):
        parser = doctest.DocTestParser()
        scope = {name: getattr(cift_core, name) for name in names}
        scope |= {"np": np, "request_dtype": cift_core.request_dtype}
        runner.run(parser.get_doctest(text, scope, f"stub {number}", None, None))
    assert (runner.failures, runner.tries) == (0, 42)


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


def prices(events: list[cift_core.Event]) -> list[tuple[str, int, int]]:
    """What happened to whom, and the price after it."""
    return [(event.exec_type, event.order_id, event.price) for event in events]


def test_a_pegged_order_follows_the_best_price() -> None:
    book = FastOrderBook()
    waits = book.submit(9, "buy", 0, 1, "pegged", peg="bid", peg_offset=-1)
    assert kinds(waits) == ["new", "suspended"]
    pegged = book.order(9)
    assert pegged is not None
    assert (pegged.waiting_for, pegged.price) == ("peg", 0)
    assert prices(book.submit(1, "buy", 99, 5)) == [("new", 1, 99), ("restated", 9, 98)]
    assert prices(book.submit(2, "buy", 100, 5)) == [("new", 2, 100), ("restated", 9, 99)]
    assert book.queue("buy", 99) == [1, 9]
    assert prices(book.cancel(2)) == [("canceled", 2, 100), ("restated", 9, 98)]
    assert kinds(book.cancel(1)) == ["canceled", "suspended"]
    assert (book.best_bid, len(book)) == (None, 1)
    with pytest.raises(ValueError, match="peg is one of 'bid'"):
        book.submit(3, "buy", 0, 1, "pegged", peg="last")


def test_one_cancels_the_other() -> None:
    book = FastOrderBook()
    offer = {"order_id": 1, "side": "sell", "price": 105, "quantity": 4}
    stop = {"order_id": 2, "side": "sell", "price": 0, "quantity": 4}
    stop |= {"ord_type": "stop", "stop_price": 95}
    assert kinds(book.submit_list("one_cancels_other", [offer, stop])) == ["new", "new"]
    events = book.submit(3, "buy", 105, 1)
    assert kinds(events) == ["new", "trade", "trade", "canceled"]
    assert (events[-1].order_id, events[-1].reason) == (2, 114)
    assert book.order(2) is None
    assert book.best_ask == (105, 3, 1)


def test_exits_of_a_bracket_wait_for_its_entry() -> None:
    book = FastOrderBook()
    legs: list[dict[str, Any]] = [
        {"order_id": 1, "side": "buy", "price": 100, "quantity": 5},
        {"order_id": 2, "side": "sell", "price": 110, "quantity": 5},
        {"order_id": 3, "side": "sell", "price": 0, "quantity": 5, "ord_type": "stop",
         "stop_price": 90, "tag": "exit"},
    ]  # fmt: skip
    assert kinds(book.submit_list("bracket", legs)) == ["new"] * 3
    exits = [book.order(2), book.order(3)]
    assert [order and order.waiting_for for order in exits] == ["linked_order"] * 2
    events = book.submit(4, "sell", 100, 5)
    assert kinds(events) == ["new", "trade", "trade", "triggered", "triggered"]
    assert [event.order_id for event in events[3:]] == [2, 3]
    assert book.best_ask == (110, 5, 1)
    assert kinds(book.mass_cancel(tag="exit")) == ["canceled", "canceled"]
    assert len(book) == 0


def test_a_list_comes_as_a_whole_or_not_at_all() -> None:
    book = FastOrderBook()
    book.submit(2, "buy", 50, 1)
    one = {"order_id": 1, "side": "sell", "price": 105, "quantity": 4}
    other = {"order_id": 2, "side": "sell", "price": 106, "quantity": 4}
    refused = book.submit_list("one_cancels_other", [one, other])
    assert [(event.exec_type, event.reason) for event in refused] == [
        ("rejected", 99),
        ("rejected", 6),
    ]
    assert len(book) == 1
    for orders, problem in (
        ([one], "two orders"),
        ([one, one, one, one], "two orders"),
        ([one, other | {"colour": 1}], "no 'colour'"),
        ([one, {"order_id": 3, "side": "sell", "price": 1}], "an order has 'quantity'"),
        ([one, other | {"ord_type": "peg"}], "ord_type is one of"),
    ):
        with pytest.raises(ValueError, match=problem):
            book.submit_list("one_cancels_other", orders)
    with pytest.raises(ValueError, match="contingency is one of"):
        book.submit_list("all", [one, other])


def test_a_mass_cancel_takes_what_it_names() -> None:
    book = FastOrderBook()
    for order_id, side, account, tag in (
        (5, "buy", 1, "a"), (4, "sell", 1, "a"), (3, "buy", 2, "a"), (2, "buy", 1, None)
    ):  # fmt: skip
        book.submit(order_id, side, 10 if side == "buy" else 20, 1, account=account, tag=tag)
    ended = book.mass_cancel(account=1, side="buy", tag="a")
    assert [(event.exec_type, event.order_id, event.reason) for event in ended] == [
        ("canceled", 5, 0)
    ]
    assert book.mass_cancel(account=3) == []
    assert [event.order_id for event in book.mass_cancel()] == [4, 3, 2]
    with pytest.raises(ValueError, match="a tag is 1 to 8"):
        book.mass_cancel(tag="123456789")


def test_a_bust_undoes_one_side_of_a_trade_once() -> None:
    book, data = FastOrderBook(), FastMarketData()
    book.submit(1, "sell", 100, 5, account=1)
    book.submit(2, "buy", 100, 3, account=2)
    [undone] = book.bust(1, "sell", 100, 3, order_id=1, account=1)
    assert (undone.exec_type, undone.order_id, undone.account) == ("trade_bust", 1, 1)
    assert (undone.match_id, undone.last_price, undone.last_quantity) == (1, 100, 3)
    assert book.best_ask == (100, 2, 1)
    for again, reason in ((book.bust(1, "sell", 100, 3), 4), (book.bust(9, "buy", 100, 3), 5)):
        assert [(event.exec_type, event.reason) for event in again] == [("rejected", reason)]
    other = np.zeros(1, command_dtype())
    other["kind"], other["side"], other["expire_time"] = layout.CommandKind.BUST_TRADE, 1, 1
    other["price"], other["quantity"], other["order_id"], other["account"] = 100, 3, 2, 2
    data.apply(book.apply(other))
    assert data.prints == [(1, 100, 3, "bust")]
    assert (data.volume, data.trades) == (0, 0)


def test_rules_bound_prices_and_say_when_there_is_trading() -> None:
    book = FastOrderBook(reference_price=100)
    second = 10**9
    book.set_rules(
        static_band_bps=5_000,
        dynamic_band_bps=1_000,
        auction_seconds=30,
        ticks=[(120, 5)],
        schedule=[(3_600, "halted", 0x7F)],
    )
    for price, reason in ((155, 16), (122, 18)):
        [event] = book.submit(1, "sell", price, 1)
        assert (event.exec_type, event.reason) == ("rejected", reason)
    for order_id, price in ((1, 100), (2, 105), (3, 120)):
        book.submit(order_id, "sell", price, 1)
    assert kinds(book.submit(4, "buy", 100, 1)) == ["new", "trade", "trade"]
    # 105 is within a tenth of the last trade, 120 is not.
    assert kinds(book.submit(5, "buy", 120, 2)) == ["new", "trade", "trade"]
    assert (book.session, book.indication) == ("volatility_auction", (120, 1, 0))
    assert book.advance(29 * second) == []
    ended = book.advance(30 * second)
    assert {(event.liquidity, event.last_price) for event in ended} == {("auction", 120)}
    assert (book.session, book.last_auction, book.last_trade) == ("continuous", (120, 1), 120)
    book.advance(3_600 * second)
    assert book.session == "halted"
    for rules in (
        {"static_band_bps": 1_000_001},
        {"ticks": [(10, 5), (5, 1)]},
        {"schedule": [(86_400, "halted", 1)]},
        {"schedule": [(1, "halted", 1)] * 10},
        {"schedule": [(1, "asleep", 1)]},
    ):
        with pytest.raises(ValueError, match=r"bounds|at most|of the day|state is one"):
            book.set_rules(**rules)


@pytest.mark.parametrize("seed", range(5))
def test_ids_that_come_again_in_a_batch_are_told_apart(seed: int) -> None:
    commands = flow(2_000, seed)
    commands["order_id"] = np.random.default_rng(seed).integers(1, 40, len(commands))
    batch, single = FastOrderBook(), FastOrderBook()
    together = batch.apply(commands)
    apart = np.concatenate([single.apply(commands[at : at + 1]) for at in range(len(commands))])
    fields = [name for name in together.dtype.names or () if name != "command_index"]
    assert len(together) == len(apart) > 2_000
    for name in fields:
        assert (together[name] == apart[name]).all(), name
    assert (np.diff(together["command_index"].astype(int)) >= 0).all()


def test_an_array_holds_every_kind() -> None:
    batch, single = FastOrderBook(), FastOrderBook()
    kind = layout.CommandKind
    commands = np.zeros(8, command_dtype())
    commands["kind"] = [kind.NEW_ORDER] * 4 + [
        kind.SET_LAST_TRADE, kind.SET_SESSION, kind.SET_SESSION, kind.MASS_CANCEL
    ]  # fmt: skip
    commands["side"] = [1, 1, 2, 2, 0, 0, 0, 2]
    commands["ord_type"] = [2, 6, 2, 2, 0, 0, 0, 0]
    commands["time_in_force"][:4] = layout.TimeInForce.GTC
    commands["order_id"][:4] = [1, 2, 3, 4]
    commands["price"] = [99, 0, 105, 106, 100, 0, 0, 0]
    commands["quantity"][:4] = 5
    commands["link"][2:4] = [1 | 2 << 8, 1 | 2 << 8 | 1 << 16]
    commands["flags"][1], commands["payload_index"][1] = 1 << 6, 0
    commands["payload_index"][5] = layout.SessionState.OPENING_AUCTION
    terms = np.zeros(1, terms_dtype())
    terms["flags"] = layout.PegPrice.BID << 8
    assert terms_dtype() == layout.ORDER_TERMS
    events = batch.apply(commands, terms)

    singly = single.submit(1, "buy", 99, 5)
    singly += single.submit(2, "buy", 0, 5, "pegged", peg="bid")
    singly += single.submit_list(
        "one_cancels_other",
        [
            {"order_id": 3, "side": "sell", "price": 105, "quantity": 5},
            {"order_id": 4, "side": "sell", "price": 106, "quantity": 5},
        ],
    )
    singly += single.set_last_trade(100)
    singly += single.set_session("opening_auction")
    singly += single.set_session("continuous")
    singly += single.mass_cancel(side="sell")
    assert events["order_id"].tolist() == [event.order_id for event in singly]
    assert events["price"].tolist() == [event.price for event in singly]
    assert events["command_index"].tolist() == [0, 1, 2, 3, 7, 7]
    assert batch.depth() == single.depth() == ([(99, 10, 2)], [])
    with pytest.raises(ValueError, match="command 1 names terms that are not there"):
        batch.apply(commands)
