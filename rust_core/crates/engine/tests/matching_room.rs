//! More follows than a message holds.

mod floor;

use std::collections::HashSet;

use engine::pod::{ExecType, EVENTS_PER_COMMAND, MAX_EVENTS};
use floor::Floor;

fn count(floor: &Floor, kind: ExecType) -> usize {
    floor.fills.events.iter().filter(|event| event.exec_type == kind.number()).count()
}

#[test]
fn a_sweep_through_linked_orders_is_cut_short_before_the_message_is_full() {
    let mut floor = Floor::open();
    for _ in 0..15 {
        let lists: String = (0..1_000)
            .map(|_| "a sell 1 @ 100 leg=oco:0/2\nb sell 1 @ 200 leg=oco:1/2\n")
            .collect();
        floor.message(&lists);
    }
    floor.message("t buy 15000 @ 100 by=2");
    // Each trade is two events and a partner's cancel.
    let trades = (MAX_EVENTS - EVENTS_PER_COMMAND) / 3;
    assert_eq!(count(&floor, ExecType::Trade), 2 * trades);
    assert_eq!(count(&floor, ExecType::Canceled), trades + 1);
    assert!(floor.fills.events.len() <= MAX_EVENTS);
}

#[test]
fn exits_of_many_entries_come_alive_in_the_next_message() {
    let mut floor = Floor::open();
    let entries = 11_000;
    for _ in 0..entries / 1_000 {
        let lists: String = (0..1_000)
            .map(|_| {
                "e buy 2 @ 100 leg=bracket:0/3
                 t sell 2 @ 110 leg=bracket:1/3
                 l sell 2 stop=90 leg=bracket:2/3\n"
            })
            .collect();
        floor.message(&lists);
    }
    let mut alive = HashSet::new();
    let mut note = |floor: &Floor| {
        let triggered = ExecType::Triggered.number();
        let of = floor.fills.events.iter().filter(|event| event.exec_type == triggered);
        alive.extend(of.map(|event| event.order_id));
        alive.len()
    };
    floor.message("s sell 22000 @ 100 by=2");
    assert_eq!(count(&floor, ExecType::Trade), 2 * entries);
    assert!(note(&floor) < 2 * entries, "there is no room for all");
    // Until then they can be cancelled, and nothing trades before them.
    floor.message("u buy 1 @ 110 by=3");
    assert_eq!(note(&floor), 2 * entries);
    assert_eq!(count(&floor, ExecType::Trade), 2);
    assert_eq!(floor.engine.waiting(1).count(), entries - 1);
}

#[test]
fn pegged_orders_go_on_moving_and_stops_go_on_firing() {
    let mut floor = Floor::open();
    floor.message("a buy 1 @ 50 by=2");
    let pegs = (0..1_000).map(|n| format!("p buy 1 peg=bid by={}\n", 5 + n / 250));
    let pegs: String = pegs.collect();
    floor.message(&pegs);
    let stops = 9_000;
    for _ in 0..20 {
        let lines: String = (0..stops / 20).map(|_| "s buy 1 stop=60\n").collect();
        floor.message(&lines);
    }
    for _ in 0..10 {
        let lines: String = (0..2_000).map(|_| "x sell 1 @ 70 by=2\n").collect();
        floor.message(&lines);
    }
    // Each stop takes one order at 70: triggered, and two events of its trade.
    let full_batch = "tick\n".repeat(4_000);
    floor.message(&("last 60\n".to_owned() + &full_batch));
    let first = count(&floor, ExecType::Triggered);
    assert!(first > 0 && first < stops, "{first} fired");
    // The others fire before anything new trades, then pegged orders follow.
    let later = "b buy 1 @ 51 by=2\nc buy 1 @ 70 by=4\n".to_owned() + &full_batch;
    let told = floor.message(&later);
    assert_eq!(first + count(&floor, ExecType::Triggered), stops);
    assert_eq!(count(&floor, ExecType::Restated), 1_000);
    let last_stop = told.rfind("s Triggered").expect("a stop");
    assert!(last_stop < told.find("c Trade").expect("a trade"));
}

#[test]
fn a_book_takes_so_many_orders_that_every_trade_looks_at() {
    let mut floor = Floor::open();
    // An account has a quarter of them at most, so four fill them up.
    let by = |n: u32, share: u32| 1 + n / share;
    let aon = |n: u32| format!("a{n} buy 5 @ 90 aon by={}\n", by(n, 64));
    let lines: String = (0..64).map(aon).collect();
    floor.message(&lines);
    floor.says("b buy 5 @ 90 min=2", "b Rejected SystemUnavailable");
    floor.says("b buy 5 @ 90 aon ioc", "b New, 5 open\nb Canceled, 0 open");
    let lines: String = (64..256).map(aon).collect();
    let told: String = (64..256).map(|n| format!("a{n} New, 5 open, rests at 90\n")).collect();
    floor.says(&lines, told.trim_end());
    floor.says("c buy 5 @ 90 aon by=5", "c Rejected SystemUnavailable");
    floor.says("cancel a7", "a7 Canceled, 0 open, stood at 90");
    floor.says("c buy 5 @ 90 aon by=5", "c New, 5 open, rests at 90");
    let lines: String =
        (0..1_024).map(|n| format!("t{n} sell 5 trail=3 by={}\n", by(n, 256))).collect();
    let told: String = (0..1_024).map(|n| format!("t{n} New, 5 open\n")).collect();
    floor.says(&lines, told.trim_end());
    floor.says("u sell 5 trail=3 by=5", "u Rejected SystemUnavailable");
    floor.says("cancel t1000", "t1000 Canceled, 0 open");
    floor.says("u sell 5 trail=3 by=3", "u Rejected SystemUnavailable");
    floor.says("u sell 5 trail=3 by=5", "u New, 5 open");
}
