//! Ticks, bands, protection, volatility auctions and schedules.

mod floor;

use floor::Floor;

#[test]
fn prices_between_two_ticks_are_refused_and_post_only_goes_one_tick_away() {
    let mut floor = Floor::open();
    floor.says("rules tick=100:5", "");
    floor.says(
        "a buy 5 @ 99
         b sell 5 @ 103
         c sell 5 @ 105 stop=104
         d sell 5 @ 105",
        "a New, 5 open, rests at 99
         b Rejected TickSize
         c Rejected TickSize
         d New, 5 open, rests at 105",
    );
    floor.says("replace d price=102", "d CancelRejected TickSize");
    floor.says("rules tick=100:7", "- Rejected UnsupportedCharacteristic");
}

#[test]
fn a_limit_price_beyond_the_static_band_is_refused() {
    let mut floor = Floor::open();
    floor.says("rules static=1000", "");
    floor.says("a buy 5 @ 100", "a Rejected NoReferencePrice");
    floor.says("session preopen", "1: PreOpen");
    floor.says("rules", "");
    floor.says(
        "a buy 5 @ 100
         b sell 5 @ 100 by=2",
        "a New, 5 open, rests at 100
         b New, 5 open, rests at 100
         1: PreOpen, would trade 5 @ 100, left 0",
    );
    floor.says(
        "session continuous",
        "a Trade 5 @ 100, 0 open, stood at 100
         b Trade 5 @ 100, 0 open, stood at 100
         1: Continuous",
    );
    assert_eq!(floor.engine.book(1).expect("a book").last_auction(), Some((100, 5)));
    floor.says("rules static=1000", "");
    floor.says(
        "c buy 5 @ 110
         d buy 5 @ 111
         e sell 5 @ 89
         f sell 9 market",
        "c New, 5 open, rests at 110
         d Rejected PriceBand
         e Rejected PriceBand
         f New, 9 open
         f Trade 5 @ 110, 4 open
         c Trade 5 @ 110, 0 open, stood at 110
         f Canceled, 0 open",
    );
    floor.says("g sell 5 @ 105", "g New, 5 open, rests at 105");
    floor.says("replace g price=111", "g CancelRejected PriceBand");
    floor.says("replace g qty=4", "g Replaced, 4 open, stood at 105, rests at 105");
}

#[test]
fn a_trade_that_would_leave_the_dynamic_band_starts_an_auction_that_ends_by_itself() {
    let mut floor = Floor::open();
    floor.says("rules dynamic=500 seconds=30", "");
    floor.says("last 100", "");
    floor.says(
        "a sell 5 @ 104 by=2
         b sell 5 @ 106 by=2",
        "a New, 5 open, rests at 104
         b New, 5 open, rests at 106",
    );
    floor.says(
        "c buy 8 @ 110",
        "c New, 8 open
         c Trade 5 @ 104, 3 open, rests at 110
         a Trade 5 @ 104, 0 open, stood at 104
         1: VolatilityAuction
         1: VolatilityAuction, would trade 3 @ 106, left -2",
    );
    floor.wait(29).says("tick", "");
    floor.wait(1).says(
        "tick",
        "* c Trade 3 @ 106, 0 open, stood at 110
         * b Trade 3 @ 106, 2 open, stood at 106, rests at 106
         * 1: Continuous",
    );
}

#[test]
fn immediate_orders_stop_at_the_band_and_fill_or_kill_ones_start_nothing() {
    let mut floor = Floor::open();
    floor.says("rules dynamic=500 flags=1", "");
    floor.says("last 100", "");
    floor.message(
        "a sell 5 @ 104 by=2
         b sell 5 @ 106 by=2",
    );
    floor.says(
        "c buy 8 @ 110 fok",
        "c New, 8 open
         c Canceled, 0 open (102)",
    );
    floor.says(
        "d buy 8 market",
        "d New, 8 open
         d Trade 5 @ 104, 3 open
         a Trade 5 @ 104, 0 open, stood at 104
         d Canceled, 0 open (116)
         1: Halted",
    );
}

#[test]
fn a_market_order_is_protected_from_prices_far_from_the_best() {
    let mut floor = Floor::open();
    floor.says("rules protection=200", "");
    floor.message(
        "a sell 5 @ 100 by=2
         b sell 5 @ 102 by=2
         c sell 5 @ 103 by=2",
    );
    floor.says(
        "d buy 12 market",
        "d New, 12 open
         d Trade 5 @ 100, 7 open
         a Trade 5 @ 100, 0 open, stood at 100
         d Trade 5 @ 102, 2 open
         b Trade 5 @ 102, 0 open, stood at 102
         d Canceled, 0 open (116)",
    );
    floor.says(
        "e buy 2 @ 110",
        "e New, 2 open
         e Trade 2 @ 103, 0 open
         c Trade 2 @ 103, 3 open, stood at 103, rests at 103",
    );
}

#[test]
fn sessions_come_by_the_clock_and_after_orders_that_expire() {
    let mut floor = Floor::open();
    floor.says("rules at=10:preopen at=20:continuous at=30:closed", "");
    floor.says("a buy 5 @ 101 until=20", "a New, 5 open, rests at 101");
    floor.wait(9).says(
        "b sell 3 @ 100 by=2
         c buy 3 @ 100",
        "b New, 3 open, rests at 100
         c New, 3 open, rests at 100
         * 1: PreOpen
         1: PreOpen, would trade 3 @ 101, left 2",
    );
    floor.wait(10).says(
        "tick",
        "* a Expired, 0 open, stood at 101
         * c Trade 3 @ 100, 0 open, stood at 100
         * b Trade 3 @ 100, 0 open, stood at 100
         * 1: Continuous",
    );
    // The last day is made up for, not more.
    floor.wait(3 * 86_400).says(
        "d buy 1 @ 100",
        "d New, 1 open, rests at 100
         * 1: Closed
         * 1: PreOpen
         * 1: Continuous",
    );
}
