"""The feed: snapshots, gapless deltas, tops and trades out of FILLS."""

from decimal import Decimal
from typing import Any

import pytest

from cift.common.v1 import types_pb2 as types
from cift.market_data.v1 import market_data_service_pb2 as service
from cift_core import LogError, MarketDataFeed
from tests.support.core_plane import Plane, cancel, limit, market, replace
from tests.support.journal import Journal, auction, bust

TIMER = 0xFFFF_FFFF
Levels = dict[tuple[str, str], tuple[str, int]]


def watching(*watched: tuple[str, str]) -> tuple[Plane, MarketDataFeed]:
    """A plane and a feed of its own that has seen the reference data."""
    plane, feed = Plane(), MarketDataFeed()
    for symbol, kind in watched:
        feed.watch(symbol, kind)
    feed.apply(1, plane.fills[0])
    return plane, feed


def updates(plane: Plane, feed: MarketDataFeed) -> dict[str, Any]:
    """Apply the last message: book, trades and top by symbol."""
    made = feed.apply(len(plane.fills), plane.fills[-1])
    return {
        update.symbol: (
            service.StreamBookResponse.FromString(update.book),
            service.StreamTradesResponse.FromString(update.trades),
            service.StreamTopOfBookResponse.FromString(update.top),
        )
        for update in made
    }


def test_each_command_is_one_delta_and_they_lead_from_book_to_book() -> None:
    plane, feed = watching(("AMZN", "book"))
    levels: Levels = {}
    requests: list[list[Any]] = [
        [limit("s1", "sell", "10", "10.00"), limit("s2", "sell", "5", "10.01")],
        [limit("b1", "buy", "12", "10.01"), limit("b2", "buy", "3", "9.99")],
        [replace("b2", "b3", price="10.01", quantity="9")],
        [cancel("b3"), limit("s3", "sell", "7", "9.98"), limit("s4", "sell", "7", "9.98")],
        [market("b5", "buy", "20")],
    ]
    for commands in requests:
        plane.ask(*commands)
        book, _, _ = updates(plane, feed)["AMZN"]
        assert book.through_sequence == len(plane.fills)
        indices = [delta.place.index for delta in book.deltas]
        assert indices == sorted(set(indices))
        for delta in book.deltas:
            assert delta.place.sequence == len(plane.fills)
            for side, changed in (("bid", delta.bids), ("ask", delta.asks)):
                for level in changed:
                    if level.quantity == "0":
                        del levels[side, level.price]
                    else:
                        levels[side, level.price] = (level.quantity, level.order_count)
        assert levels == snapshot(feed)
    assert levels == {}


def snapshot(feed: MarketDataFeed) -> Levels:
    """The book as the feed shows it whole."""
    response = service.StreamBookResponse.FromString(feed.book_stream_snapshot("AMZN", True))
    assert response.resynchronized
    assert response.through_sequence == response.snapshot.sequence == feed.applied
    found: Levels = {}
    for side, levels in (("bid", response.snapshot.bids), ("ask", response.snapshot.asks)):
        prices = [Decimal(level.price) for level in levels]
        assert prices == sorted(prices, reverse=side == "bid")
        found |= {(side, level.price): (level.quantity, level.order_count) for level in levels}
    return found


def test_trades_and_tops_of_what_is_watched() -> None:
    plane, feed = watching(("AMZN", "trades"), ("BTC-USD", "top"), ("", "trades"))
    btc = {"symbol": "BTC-USD"}
    plane.ask(
        limit("s1", "sell", "10", "10.00"),
        limit("b1", "buy", "4", "10.50"),
        limit("s2", "sell", "0.00001000", "2.0005", **btc),
        limit("b2", "buy", "0.00002000", "2.0005", **btc),
    )
    found = updates(plane, feed)
    assert set(found) == {"AMZN", "BTC-USD", ""}
    _, trades, _ = found["AMZN"]
    [trade] = trades.trades
    assert (trade.symbol, trade.price, trade.quantity) == ("AMZN", "10.00", "4")
    assert trade.aggressor_side == types.SIDE_BUY
    assert (trade.taker_order_id, trade.maker_order_id) == ((2 << 13) + 1, 2 << 13)
    assert (trade.place.sequence, trade.match_id) == (2, 1)
    assert trade.transact_time_ns == plane.asked[1][0]
    _, all_trades, _ = found[""]
    assert [row.symbol for row in all_trades.trades] == ["AMZN", "BTC-USD"]
    _, _, tops = found["BTC-USD"]
    [top] = tops.tops
    assert (top.bid.price, top.bid.quantity, top.bid.order_count) == ("2.0005", "0.00001000", 1)
    assert not top.HasField("ask")

    again = service.StreamTradesResponse.FromString(feed.trades(2, plane.fills[1]))
    assert again == all_trades
    one = service.StreamTradesResponse.FromString(feed.trades(2, plane.fills[1], "BTC-USD"))
    assert [row.symbol for row in one.trades] == ["BTC-USD"]
    assert one.through_sequence == 2

    feed.unwatch("", "trades")
    feed.unwatch("AMZN", "trades")
    plane.ask(limit("b3", "buy", "1", "10.50"))
    assert updates(plane, feed) == {}


def test_an_auction_is_indicated_and_a_bust_is_told(journal: Journal) -> None:
    feed = MarketDataFeed()
    for kind in ("status", "trades"):
        feed.watch("AAA", kind)
    feed.watch("", "trades")
    statuses: list[Any] = []
    trades: list[Any] = []
    for sequence, frame in enumerate(journal.fills, 1):
        for update in feed.apply(sequence, frame):
            status = service.StreamStatusResponse.FromString(update.status)
            told = service.StreamTradesResponse.FromString(update.trades)
            if update.symbol:
                statuses += status.statuses
                trades += told.trades
                assert not status.statuses or status.through_sequence == sequence
            else:
                history = service.StreamTradesResponse.FromString(feed.trades(sequence, frame))
                assert history == told
    opening, continuous = types.SESSION_STATE_OPENING_AUCTION, types.SESSION_STATE_CONTINUOUS
    seen = [(s.sequence, s.session, s.auction_price, s.auction_quantity, s.auction_imbalance)
            for s in statuses]  # fmt: skip
    assert seen == [
        (2, opening, "", "", ""),
        (3, opening, "10.00", "5", "3"),
        (4, continuous, "", "", ""),
    ]
    print_, undone = trades
    assert (print_.auction, print_.busted, print_.aggressor_side) == (True, False, 0)
    assert (print_.price, print_.quantity, print_.taker_order_id) == ("10.00", "5", 3 << 13)
    assert (undone.busted, undone.auction, undone.match_id) == (True, False, print_.match_id)
    assert (undone.price, undone.quantity, undone.aggressor_side) == ("10.00", "5", 0)
    assert (undone.taker_order_id, undone.maker_order_id) == (0, 0)
    assert (undone.place.sequence, undone.place.index) == (5, 0)
    now = service.StreamStatusResponse.FromString(feed.status(["BBB", "NONE", "AAA"]))
    assert [(s.symbol, s.session) for s in now.statuses] == [
        ("BBB", continuous),
        ("AAA", continuous),
    ]
    assert now.through_sequence == now.statuses[0].sequence == 5


@pytest.fixture
def journal() -> Journal:
    """An auction and the bust of its trade."""
    made = Journal()
    made.reference()
    auction(made)
    bust(made, 1)
    return made


def test_a_timer_is_a_delta_too() -> None:
    plane, feed = watching(("AMZN", "book"))
    plane.ask(limit("d", "buy", "5", "9.00", time_in_force=types.TIME_IN_FORCE_DAY))
    updates(plane, feed)
    tick = plane.gateway.freeze_tick(1_700_200_000, 2)
    sequence = len(plane.asked) + 1
    plane.risk.apply_fills(plane.risk.fills_applied + 1, plane.fills[plane.risk.fills_applied])
    risked = plane.risk.apply(sequence, 1_700_200_000 * 10**9, tick.frame)
    plane.fills.append(plane.matching.apply(sequence, risked))
    book, _, _ = updates(plane, feed)["AMZN"]
    assert [delta.place.index for delta in book.deltas] == [TIMER]
    assert snapshot(feed) == {}


def test_books_and_tops_on_demand() -> None:
    plane = Plane()
    plane.ask(*[limit(f"b{i}", "buy", "1", f"{9 - i}.00") for i in range(5)])
    book = service.GetBookResponse.FromString(plane.feed.book("AMZN", 3)).book
    assert [level.price for level in book.bids] == ["9.00", "8.00", "7.00"]
    assert (book.symbol, book.sequence) == ("AMZN", 2)
    tops = service.StreamTopOfBookResponse.FromString(plane.feed.top(["BTC-USD", "AMZN", "X"]))
    assert [top.symbol for top in tops.tops] == ["BTC-USD", "AMZN"]
    assert tops.tops[1].bid.price == "9.00"
    assert tops.through_sequence == 2


def test_what_is_not_there_is_said() -> None:
    plane = Plane()
    for call in (
        lambda: plane.feed.book("NONE", 1),
        lambda: plane.feed.book("bad name", 1),
        lambda: plane.feed.book_stream_snapshot("NONE"),
        lambda: plane.feed.watch("a.b", "book"),
        lambda: plane.matching.book("NONE", 1),
    ):
        with pytest.raises(KeyError):
            call()
    with pytest.raises(ValueError, match="kind is 'book', 'trades', 'top' or 'status'"):
        plane.feed.watch("AMZN", "bars")
    with pytest.raises(LogError, match="expects FILLS 2 and got 1"):
        plane.feed.apply(1, plane.fills[0])
