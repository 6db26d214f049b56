//! One order cancels the other; exits wait for an entry.

mod floor;

use floor::Floor;

#[test]
fn as_soon_as_one_trades_the_other_is_cancelled() {
    let mut floor = Floor::open();
    floor.says(
        "a buy 5 @ 100 leg=oco:0/2
         b buy 5 stop=110 leg=oco:1/2",
        "a New, 5 open, rests at 100
         b New, 5 open",
    );
    floor.says(
        "s sell 2 @ 100 by=2",
        "s New, 2 open
         s Trade 2 @ 100, 0 open
         a Trade 2 @ 100, 3 open, stood at 100, rests at 100
         b Canceled, 0 open (114)",
    );
}

#[test]
fn a_stop_that_is_reached_or_a_cancel_takes_the_other_along() {
    let mut floor = Floor::open();
    floor.message(
        "a buy 5 @ 100 leg=oco:0/2
         b buy 5 stop=110 leg=oco:1/2
         c buy 5 @ 90 leg=oco:0/2
         d buy 5 @ 91 leg=oco:1/2",
    );
    floor.says(
        "last 110",
        "b Triggered, 5 open
         a Canceled, 0 open, stood at 100 (114)
         b Canceled, 0 open",
    );
    floor.says(
        "cancel d",
        "d Canceled, 0 open, stood at 91
         c Canceled, 0 open, stood at 90 (114)",
    );
}

#[test]
fn a_leg_that_trades_or_fires_when_it_comes() {
    let mut floor = Floor::open();
    floor.message("s sell 3 @ 100 by=2");
    floor.says(
        "a buy 5 @ 100 leg=oco:0/2
         b buy 5 stop=110 leg=oco:1/2",
        "a New, 5 open
         a Trade 3 @ 100, 2 open, rests at 100
         s Trade 3 @ 100, 0 open, stood at 100
         b New, 5 open
         b Canceled, 0 open (114)",
    );
    floor.says(
        "c sell 5 @ 120 by=3 leg=oco:0/2
         d sell 5 stop=101 by=3 leg=oco:1/2",
        "c New, 5 open, rests at 120
         d New, 5 open
         d Triggered, 5 open
         c Canceled, 0 open, stood at 120 (114)
         d Trade 2 @ 100, 3 open
         a Trade 2 @ 100, 0 open, stood at 100
         d Canceled, 0 open",
    );
}

#[test]
fn between_two_trades_of_a_sweep_a_partner_is_gone() {
    let mut floor = Floor::open();
    floor.message(
        "a sell 5 @ 100 leg=oco:0/2
         b sell 5 @ 101 leg=oco:1/2
         c sell 5 @ 102 by=2",
    );
    // Fill or kill counts only one of the two.
    floor.says(
        "k buy 11 @ 102 fok by=3",
        "k New, 11 open
         k Canceled, 0 open (102)",
    );
    floor.says(
        "t buy 7 @ 102 by=3",
        "t New, 7 open
         t Trade 5 @ 100, 2 open
         a Trade 5 @ 100, 0 open, stood at 100
         b Canceled, 0 open, stood at 101 (114)
         t Trade 2 @ 102, 0 open
         c Trade 2 @ 102, 3 open, stood at 102, rests at 102",
    );
}

#[test]
fn a_list_comes_as_a_whole_or_not_at_all() {
    let mut floor = Floor::open();
    floor.says(
        "a buy 5 @ 100 leg=oco:0/2
         b buy 5 @ 0 leg=oco:1/2",
        "a Rejected Other
         b Rejected TickSize",
    );
    floor.says(
        "a buy 5 @ 100 leg=oco:0/2
         b sell 5 @ 120 leg=oco:1/2
         c buy 5 @ 100 leg=oco:0/2
         d buy 5 @ 101 ioc leg=oco:1/2",
        "a Rejected Other
         b Rejected UnsupportedCharacteristic
         c Rejected Other
         d Rejected UnsupportedCharacteristic",
    );
    // Not all there, or not one after the other.
    floor.says(
        "a buy 5 @ 100 leg=oco:0/2
         x buy 5 @ 100
         b buy 5 stop=110 leg=oco:1/2
         c buy 5 @ 100 leg=bracket:0/3
         d sell 5 @ 110 leg=bracket:1/3",
        "a Rejected UnsupportedCharacteristic
         x New, 5 open, rests at 100
         b Rejected UnsupportedCharacteristic
         c Rejected UnsupportedCharacteristic
         d Rejected UnsupportedCharacteristic",
    );
}

#[test]
fn exits_come_alive_with_what_the_entry_traded() {
    let mut floor = Floor::open();
    floor.says(
        "e buy 5 @ 100 leg=bracket:0/3
         t sell 5 @ 110 leg=bracket:1/3
         l sell 5 stop=95 leg=bracket:2/3",
        "e New, 5 open, rests at 100
         t New, 5 open
         l New, 5 open",
    );
    assert_eq!(floor.engine.waiting(1).count(), 2);
    floor.says(
        "s sell 3 @ 100 by=2",
        "s New, 3 open
         s Trade 3 @ 100, 0 open
         e Trade 3 @ 100, 2 open, stood at 100, rests at 100",
    );
    floor.says(
        "cancel e",
        "e Canceled, 0 open, stood at 100
         t Triggered, 3 open, rests at 110
         l Triggered, 3 open",
    );
    floor.message("b buy 3 @ 94 by=2");
    floor.says(
        "last 95",
        "l Triggered, 3 open
         t Canceled, 0 open, stood at 110 (114)
         l Trade 3 @ 94, 0 open
         b Trade 3 @ 94, 0 open, stood at 94",
    );
}

#[test]
fn exits_of_an_entry_that_fills_when_it_comes_and_of_one_that_never_traded() {
    let mut floor = Floor::open();
    floor.message(
        "s sell 5 @ 100 by=2
         b buy 9 @ 99 by=2",
    );
    floor.says(
        "e buy 5 market leg=bracket:0/3
         t sell 5 @ 99 leg=bracket:1/3
         l sell 5 stop=95 leg=bracket:2/3",
        "e New, 5 open
         e Trade 5 @ 100, 0 open
         s Trade 5 @ 100, 0 open, stood at 100
         t New, 5 open
         l New, 5 open
         t Triggered, 5 open
         t Trade 5 @ 99, 0 open
         b Trade 5 @ 99, 4 open, stood at 99, rests at 99
         l Canceled, 0 open (114)",
    );
    floor.says(
        "f buy 5 @ 90 leg=bracket:0/3
         u sell 5 @ 110 leg=bracket:1/3
         m sell 5 stop=80 leg=bracket:2/3
         cancel f",
        "f New, 5 open, rests at 90
         u New, 5 open
         m New, 5 open
         f Canceled, 0 open, stood at 90
         u Canceled, 0 open (114)
         m Canceled, 0 open (114)",
    );
    floor.says(
        "g buy 5 @ 90 fok leg=bracket:0/2
         v sell 5 @ 110 leg=bracket:1/2",
        "g New, 5 open
         g Canceled, 0 open (102)
         v New, 5 open
         v Canceled, 0 open (114)",
    );
}

#[test]
fn exits_that_wait_follow_their_entry_and_can_be_cancelled_or_moved() {
    let mut floor = Floor::open();
    floor.message(
        "e buy 5 @ 100 leg=bracket:0/3
         t sell 5 @ 110 leg=bracket:1/3
         l sell 5 stop=95 leg=bracket:2/3",
    );
    floor.says(
        "replace e qty=8",
        "e Replaced, 8 open, stood at 100, rests at 100
         t Restated, 8 open
         l Restated, 8 open",
    );
    floor.says("replace t price=111", "t Replaced, 8 open");
    floor.says("replace l stop=96", "l Replaced, 8 open");
    floor.says("replace l qty=4", "l CancelRejected UnsupportedCharacteristic");
    floor.says(
        "cancel t",
        "t Canceled, 0 open
         l Canceled, 0 open (114)",
    );
    floor.says(
        "s sell 8 @ 100 by=2",
        "s New, 8 open
         s Trade 8 @ 100, 0 open
         e Trade 8 @ 100, 0 open, stood at 100",
    );
}

#[test]
fn linked_orders_in_an_auction() {
    let mut floor = Floor::open();
    floor.says("session preopen", "1: PreOpen");
    floor.says(
        "a sell 5 @ 100 leg=oco:0/2
         b sell 5 @ 103 leg=oco:1/2
         c sell 5 @ 104 by=2
         d buy 9 @ 104 by=3",
        "a New, 5 open, rests at 100
         b New, 5 open, rests at 103
         c New, 5 open, rests at 104
         d New, 9 open, rests at 104
         1: PreOpen, would trade 9 @ 104, left -1",
    );
    // Of the two only the one that trades first counts, so all is traded at the price told.
    floor.says(
        "session continuous",
        "d Trade 5 @ 104, 4 open, stood at 104, rests at 104
         a Trade 5 @ 104, 0 open, stood at 100
         b Canceled, 0 open, stood at 103 (114)
         d Trade 4 @ 104, 0 open, stood at 104
         c Trade 4 @ 104, 1 open, stood at 104, rests at 104
         1: Continuous",
    );
}
