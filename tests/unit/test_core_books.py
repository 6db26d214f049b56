"""Books and instruments as matching answers for them: what shows, and what operators see."""

from typing import Any

import numpy as np
import pytest

from cift.common.v1 import types_pb2 as types
from cift.kit import layout
from cift.kit.layout import CommandKind, OrdType, PegPrice, SessionState, Side, TimeInForce
from cift.matching.v1 import matching_pb2 as matching
from cift.matching.v1 import matching_service_pb2 as service
from cift_core import MatchingStage
from tests.support.journal import Journal, auction, new, operate

RESTING_MARKETS = 1 << 3 | 1 << 9
"""Policies: market orders may come while orders collect, and what is left of them rests."""


def stage(journal: Journal) -> MatchingStage:
    """Matching as it is after the journal."""
    _, made = journal.replayer.into_stages()
    return made


def book(core: MatchingStage, symbol: str, *, operator: bool) -> Any:
    """The answer to GetBook."""
    return service.GetBookResponse.FromString(core.book(symbol, 100, operator))


def terms_of(*orders: dict[str, int]) -> np.ndarray[Any, Any]:
    """Terms of orders; made as one array, since numpy drops reserved words when it joins some."""
    rows = np.zeros(len(orders), layout.ORDER_TERMS)
    for row, terms in zip(rows, orders, strict=True):
        for name, value in terms.items():
            row[name] = value
    return rows


@pytest.fixture
def core() -> MatchingStage:
    """An order of each kind that waits, and an iceberg."""
    journal = Journal()
    journal.reference(policies=RESTING_MARKETS)
    send = journal.send
    send(new("s", Side.SELL, 4, 1000), new("b", Side.BUY, 4, 1000, account=2))
    send(new("ice", Side.SELL, 10, 1010, display_quantity=3))
    send(new("low", Side.BUY, 2, 990))
    send(new("stop", Side.BUY, 5, 1030, ord_type=OrdType.STOP_LIMIT, stop_price=1020))
    send(new("close", Side.BUY, 6, 980, time_in_force=TimeInForce.AT_THE_CLOSE))
    trail = new("trail", Side.SELL, 7, 0, ord_type=OrdType.STOP, flags=1 << 6)
    peg = new(
        "peg", Side.SELL, 1, 0, instrument=2, ord_type=OrdType.PEGGED, flags=1 << 6, payload_index=1
    )
    terms = terms_of({"trailing_offset": 50}, {"flags": PegPrice.ASK << 8, "peg_offset": 5})
    journal.append(7, {"commands": np.concatenate([trail, peg]), "terms": terms})
    send(
        new("entry", Side.BUY, 8, 970, link=2 | 2 << 8),
        new("exit", Side.SELL, 8, 1100, link=2 | 2 << 8 | 1 << 16),
    )
    send(new("market", Side.BUY, 9, 0, instrument=2, ord_type=OrdType.MARKET))
    return stage(journal)


def test_who_is_no_operator_sees_what_shows(core: MatchingStage) -> None:
    answer = book(core, "AAA", operator=False)
    assert [(order.price, order.leaves_quantity) for order in answer.asks] == [("10.10", "3")]
    assert [(order.price, order.leaves_quantity) for order in answer.bids] == [
        ("9.90", "2"),
        ("9.70", "8"),
    ]
    for order in (*answer.bids, *answer.asks):
        assert (order.cl_ord_id, order.account, order.displayed_quantity) == ("", "", "")
    assert not answer.waiting
    assert answer.status.session == types.SESSION_STATE_CONTINUOUS
    assert answer.status.last_price == "10.00"
    assert (answer.status.auction_price, answer.status.last_auction_price) == ("", "")


def test_operators_see_what_is_hidden_and_what_waits(core: MatchingStage) -> None:
    answer = book(core, "AAA", operator=True)
    [ice] = answer.asks
    assert (ice.cl_ord_id, ice.account) == ("ice", "ONE")
    assert (ice.leaves_quantity, ice.displayed_quantity) == ("10", "3")
    waiting = [
        (row.order.cl_ord_id, row.waiting_for, row.order.price, row.stop_price, row.watermark)
        for row in answer.waiting
    ]
    assert waiting == [
        ("stop", matching.WAITING_FOR_STOP, "10.30", "10.20", ""),
        ("close", matching.WAITING_FOR_AUCTION, "9.80", "", ""),
        ("trail", matching.WAITING_FOR_STOP, "", "9.50", "10.00"),
        ("exit", matching.WAITING_FOR_LINKED_ORDER, "11.00", "", ""),
    ]
    assert {row.order.displayed_quantity for row in answer.waiting} == {"0"}
    others = [
        (row.order.cl_ord_id, row.waiting_for) for row in book(core, "BBB", operator=True).waiting
    ]
    assert others == [
        ("peg", matching.WAITING_FOR_PEG),
        ("market", matching.WAITING_FOR_COUNTERPARTY),
    ]
    few = service.GetBookResponse.FromString(core.book("AAA", 1, True))
    assert [len(few.bids), len(few.asks), len(few.waiting)] == [1, 1, 1]


def test_instruments_come_in_pages_with_what_they_are_at() -> None:
    journal = Journal()
    journal.reference(policies=RESTING_MARKETS)
    auction(journal)
    journal.send(
        operate(
            CommandKind.SET_SESSION, instrument=2, payload_index=SessionState.VOLATILITY_AUCTION
        )
    )
    journal.send(
        new("m", Side.BUY, 3, 0, instrument=2, ord_type=OrdType.MARKET),
        new("s", Side.SELL, 5, 1000, instrument=2, account=2),
    )
    core = stage(journal)
    first = service.ListInstrumentsResponse.FromString(core.list_instruments("", 1))
    [aaa] = first.instruments
    assert (aaa.symbol, aaa.currency, aaa.tick_size, aaa.lot_size) == ("AAA", "USD", "0.01", "1")
    assert (aaa.trading, aaa.price_scale, aaa.resting_orders) == (True, 2, 0)
    assert aaa.status.session == types.SESSION_STATE_CONTINUOUS
    assert (aaa.status.last_price, aaa.status.last_auction_price) == ("10.00", "10.00")
    assert aaa.status.last_auction_quantity == "5"
    assert first.next_page_token == "AAA"
    for operator, resting in ((False, 1), (True, 2)):
        rest = service.ListInstrumentsResponse.FromString(core.list_instruments("AAA", 1, operator))
        [bbb] = rest.instruments
        assert (bbb.symbol, bbb.resting_orders, rest.next_page_token) == ("BBB", resting, "")
        status = bbb.status
        assert status.session == types.SESSION_STATE_VOLATILITY_AUCTION
        assert (status.auction_price, status.auction_quantity) == ("10.00", "3")
        assert (status.auction_imbalance, status.last_price) == ("-2", "")
    assert core.list_instruments("BBB", 10) == b""
