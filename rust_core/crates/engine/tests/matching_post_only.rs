//! Orders that must not take, among orders that want all.

mod floor;

use floor::Floor;

#[test]
fn more_of_an_order_that_must_not_take_is_refused_if_it_would() {
    let mut floor = Floor::open();
    // The sell wants fifty, so it stands aside.
    floor.message(
        "p buy 10 @ 100 post
         a sell 50 @ 100 aon by=2",
    );
    floor.says("replace p qty=60", "p CancelRejected PostOnlyWouldCross");
    floor.says("replace p qty=5", "p Replaced, 5 open, stood at 100, rests at 100");
    floor.message("cancel a");
    floor.says("replace p qty=60", "p Replaced, 60 open, stood at 100, rests at 100");
}
