//! Pegged orders.

mod floor;

use floor::Floor;

#[test]
fn a_pegged_order_follows_the_best_price_of_others() {
    let mut floor = Floor::open();
    floor.says(
        "p buy 5 peg=bid",
        "p New, 5 open
         p Suspended, 5 open",
    );
    floor.says(
        "a buy 5 @ 100 by=2",
        "a New, 5 open, rests at 100
         p Restated, 5 open, rests at 100",
    );
    floor.says(
        "b buy 5 @ 102 by=2",
        "b New, 5 open, rests at 102
         p Restated, 5 open, stood at 100, rests at 102",
    );
    floor.says(
        "cancel b",
        "b Canceled, 0 open, stood at 102
         p Restated, 5 open, stood at 102, rests at 100",
    );
    // It came back behind the order that it follows.
    floor.says(
        "s sell 6 @ 100 by=3",
        "s New, 6 open
         s Trade 5 @ 100, 1 open
         a Trade 5 @ 100, 0 open, stood at 100
         s Trade 1 @ 100, 0 open
         p Trade 1 @ 100, 4 open, stood at 100, rests at 100
         p Suspended, 4 open, stood at 100",
    );
}

#[test]
fn offsets_limits_and_half_ticks_are_rounded_away_from_the_market() {
    let mut floor = Floor::open();
    floor.message(
        "a buy 5 @ 100 by=2
         b sell 5 @ 107 by=2",
    );
    floor.says(
        "m buy 5 peg=mid
         n sell 5 peg=mid
         o buy 5 @ 98 peg=ask offset=-2
         q sell 5 peg=ask offset=3",
        "m New, 5 open, rests at 103
         n New, 5 open, rests at 104
         o New, 5 open, rests at 98
         q New, 5 open, rests at 110",
    );
    // Pegged orders don't follow one another; lowest id first.
    floor.says(
        "cancel b",
        "b Canceled, 0 open, stood at 107
         m Suspended, 5 open, stood at 103
         n Suspended, 5 open, stood at 104
         o Suspended, 5 open, stood at 98
         q Suspended, 5 open, stood at 110",
    );
    assert_eq!(floor.engine.waiting(1).count(), 4);
}

#[test]
fn a_pegged_order_that_moves_into_the_other_side_trades() {
    let mut floor = Floor::open();
    floor.message(
        "a buy 5 @ 100 by=2
         b sell 5 @ 104 by=2
         p buy 4 peg=bid offset=3 by=3",
    );
    floor.says(
        "c buy 1 @ 101 by=2",
        "c New, 1 open, rests at 101
         p Restated, 4 open, stood at 103
         p Trade 4 @ 104, 0 open
         b Trade 4 @ 104, 1 open, stood at 104, rests at 104",
    );
}

#[test]
fn pegged_orders_stand_still_while_orders_collect() {
    let mut floor = Floor::open();
    floor.message(
        "a buy 5 @ 100 by=2
         p buy 5 peg=bid",
    );
    floor.says("session preopen", "1: PreOpen");
    floor.says("b buy 5 @ 102 by=2", "b New, 5 open, rests at 102");
    floor.says(
        "q buy 5 peg=bid",
        "q New, 5 open
         q Suspended, 5 open",
    );
    floor.says(
        "session continuous",
        "p Restated, 5 open, stood at 100, rests at 102
         q Restated, 5 open, rests at 102
         1: Continuous",
    );
}

#[test]
fn a_replace_changes_limit_and_quantity() {
    let mut floor = Floor::open();
    floor.message(
        "a buy 5 @ 100 by=2
         p buy 5 peg=bid
         q buy 5 peg=bid",
    );
    floor.says("replace p qty=4", "p Replaced, 4 open, stood at 100, rests at 100");
    floor.says("replace p price=99", "p Replaced, 4 open, stood at 100, rests at 99");
    floor.says("replace p price=105", "p Replaced, 4 open, stood at 99, rests at 100");
    floor.says("replace q qty=6", "q Replaced, 6 open, stood at 100, rests at 100");
    floor.says(
        "s sell 6 @ 100 by=3",
        "s New, 6 open
         s Trade 5 @ 100, 1 open
         a Trade 5 @ 100, 0 open, stood at 100
         s Trade 1 @ 100, 0 open
         p Trade 1 @ 100, 3 open, stood at 100, rests at 100
         p Suspended, 3 open, stood at 100
         q Suspended, 6 open, stood at 100",
    );
    floor.says("replace p price=90 qty=9", "p Replaced, 8 open");
    floor.says("cancel p", "p Canceled, 0 open");
}

#[test]
fn what_cannot_be_pegged_is_refused() {
    let mut floor = Floor::open();
    floor.says(
        "a buy 5 peg=bid ioc
         b buy 5 peg=bid aon
         c buy 5 peg=bid show=1
         d buy 5 @ 100 offset=1",
        "a Rejected UnsupportedCharacteristic
         b Rejected UnsupportedCharacteristic
         c Rejected UnsupportedCharacteristic
         d Rejected UnsupportedCharacteristic",
    );
    // An account has a quarter of them at most, so four fill them up.
    let pegged = |n: u32| format!("p{n} buy 1 peg=bid by={}\n", 1 + n / 256);
    floor.message(&(0..256).map(pegged).collect::<String>());
    floor.says("own buy 1 peg=bid", "own Rejected SystemUnavailable");
    floor.message(&(256..1_024).map(pegged).collect::<String>());
    floor.says("one buy 1 peg=bid by=5", "one Rejected SystemUnavailable");
    // All of them move when there is something to follow.
    floor.message("a buy 1 @ 50 by=2");
    assert_eq!(floor.fills.events.len(), 1_025);
}

#[test]
fn a_limit_below_the_first_tick_of_now_still_holds() {
    let mut floor = Floor::open();
    floor.message(
        "a buy 5 @ 100 by=2
         p buy 5 @ 3 peg=bid",
    );
    floor.list_with_ticks_of(5);
    floor.says("b buy 5 @ 105 by=2", "b New, 5 open, rests at 105");
    floor.says(
        "s sell 15 @ 1 by=3",
        "s New, 15 open
         s Trade 5 @ 105, 10 open
         b Trade 5 @ 105, 0 open, stood at 105
         s Trade 5 @ 100, 5 open
         a Trade 5 @ 100, 0 open, stood at 100
         s Trade 5 @ 3, 0 open
         p Trade 5 @ 3, 0 open, stood at 3",
    );
}

#[test]
fn a_price_beyond_the_highest_is_on_a_tick() {
    let mut floor = Floor::open();
    floor.message("rules tick=7:7");
    floor.says(
        "a buy 5 @ 7 by=2
         p buy 5 peg=bid offset=1000000000000",
        "a New, 5 open, rests at 7
         p New, 5 open, rests at 999999999999",
    );
}
