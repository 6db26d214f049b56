//! An instrument whose only policy is what to do when a party meets itself.

mod floor;

use floor::Floor;

/// Cancel the resting order, bits 0 to 2 of an instrument's policies.
const CANCEL_RESTING: u32 = 2;

#[test]
fn own_orders_go_and_the_others_trade() {
    let mut floor = Floor::open_with(CANCEL_RESTING);
    floor.message(
        "a sell 5 @ 100 by=2
         b sell 5 @ 100 by=1
         c sell 5 @ 101 by=2",
    );
    floor.says(
        "t buy 12 @ 101 by=1",
        "t New, 12 open
         t Trade 5 @ 100, 7 open
         a Trade 5 @ 100, 0 open, stood at 100
         b Canceled, 0 open, stood at 100 (17)
         t Trade 5 @ 101, 2 open, rests at 101
         c Trade 5 @ 101, 0 open, stood at 101",
    );
}

#[test]
fn fill_or_kill_counts_the_orders_of_others_only() {
    let mut floor = Floor::open_with(CANCEL_RESTING);
    floor.message(
        "a sell 5 @ 100 by=1
         b sell 5 @ 100 by=2",
    );
    floor.says(
        "k buy 6 @ 100 fok by=1",
        "k New, 6 open
         k Canceled, 0 open (102)",
    );
    floor.says(
        "l buy 5 @ 100 fok by=1",
        "l New, 5 open
         a Canceled, 0 open, stood at 100 (17)
         l Trade 5 @ 100, 0 open
         b Trade 5 @ 100, 0 open, stood at 100",
    );
}

#[test]
fn groups_and_instructions_win_over_accounts() {
    let mut floor = Floor::open_with(CANCEL_RESTING);
    floor.message(
        "a sell 5 @ 100 by=2 group=7
         b sell 5 @ 101 by=1",
    );
    floor.says(
        "t buy 7 @ 101 by=1 group=7 selftrade=cancelaggressing",
        "t New, 7 open
         t Canceled, 0 open (18)",
    );
    floor.says(
        "u buy 7 @ 101 by=1 selftrade=allow",
        "u New, 7 open
         u Trade 5 @ 100, 2 open
         a Trade 5 @ 100, 0 open, stood at 100
         u Trade 2 @ 101, 0 open
         b Trade 2 @ 101, 3 open, stood at 101, rests at 101",
    );
}
