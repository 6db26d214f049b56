//! Orders as their owners see them.

mod desk;

use bytemuck::Zeroable;
use desk::*;
use engine::ids::place;
use engine::order_view::{OrderView, OrderViewError, ViewBounds};
use engine::pod::{ClOrdId, Command, CommandKind, Contingency, ExecType, Leg, OrdStatus, Side};

fn names<'a>(orders: impl Iterator<Item = &'a engine::order_view::OrderRecord>) -> Vec<String> {
    let text = |id: ClOrdId| String::from_utf8(id.as_bytes().to_vec()).expect("ASCII");
    orders.map(|order| text(order.last.cl_ord_id())).collect()
}

/// Sends a line in a session.
fn in_session(desk: &mut Desk, session: u32, line: &str) {
    let mut payload = Payload::default();
    payload.line(line);
    payload.commands[0].session = session;
    assert_eq!(said(&desk.send(&payload)[0]), "accepted", "{line}");
}

#[test]
fn an_order_is_found_by_its_id_and_by_every_client_order_id_it_had() {
    let mut desk = Desk::open();
    desk.accepted(&[
        "alice: buy 5 @ 100 as a1",
        "alice: replace a1 total 9 as a2",
        "bob: sell 2 @ 100 as b1",
    ]);
    for name in ["a1", "a2"] {
        let order = desk.orders.find(ALICE, &id(name)).expect("it is there");
        assert_eq!((order.status(), order.is_open()), (OrdStatus::PartiallyFilled, true));
        assert_eq!((order.last.cum_quantity, order.last.leaves_quantity), (2, 7));
        assert_eq!((order.last_sequence, order.last.quantity), (4, 9));
    }
    assert!(desk.orders.find(BOB, &id("a1")).is_none());
    let filled = desk.orders.order(place(0, 4, 0)).expect("bob's");
    assert_eq!((filled.status(), filled.is_open()), (OrdStatus::Filled, false));
    assert_eq!(desk.orders.open_orders(), 1);
    assert_eq!(desk.orders.ended_orders(), 1);
}

#[test]
fn a_refused_order_is_a_record_and_takes_no_name_that_is_in_use() {
    let mut desk = Desk::open();
    desk.accepted(&["alice: buy 5 @ 100 as a1"]);
    assert_eq!(desk.line("alice: buy 6 @ 100 as a1"), "DuplicateClOrdId");
    assert_eq!(desk.line("alice: buy 6 @ 1000000000 as a2"), "MaxOrderNotional");
    let live = desk.orders.find(ALICE, &id("a1")).expect("the first");
    assert_eq!((live.last.order_id, live.is_open()), (place(0, 2, 0), true));
    let duplicate = desk.orders.order(place(0, 3, 0)).expect("the second");
    assert_eq!(duplicate.status(), OrdStatus::Rejected);
    let refused = desk.orders.find(ALICE, &id("a2")).expect("the third");
    assert_eq!(refused.status(), OrdStatus::Rejected);
    assert_eq!(desk.line("alice: cancel a9 as c1"), "UnknownOrder");
    assert_eq!(desk.orders.ended_orders(), 2, "a refused cancel is no order");
}

#[test]
fn open_orders_are_listed_by_session_of_their_origin_and_by_account() {
    let mut desk = Desk::open();
    in_session(&mut desk, 3, "alice: buy 1 @ 100 as a1");
    in_session(&mut desk, 3, "bob: buy 1 @ 100 as b1");
    in_session(&mut desk, 3, "alice: buy 1 @ 99 as a2");
    in_session(&mut desk, 4, "alice: buy 1 @ 98 as a3");
    in_session(&mut desk, 0, "alice: buy 1 @ 97 as a4");
    let mut other = Payload::default();
    other.line("carol: buy 1 @ 96 as c1");
    other.commands[0].session = 3;
    desk.send_as(500, 1, &other);
    let origin = desk.origin;
    let session =
        |desk: &Desk, origin, session| names(desk.orders.open_in_session(origin, session));
    assert_eq!(session(&desk, origin, 3), ["a1", "b1", "a2"]);
    assert_eq!(session(&desk, 500, 3), ["c1"]);
    assert!(session(&desk, origin, 0).is_empty(), "unary is no session");
    assert_eq!(names(desk.orders.open_of_account(ALICE)), ["a1", "a2", "a3", "a4"]);

    // A replace over another session doesn't move an order; a trade or a cancel takes it out.
    in_session(&mut desk, 4, "alice: replace a2 @ 95 as a5");
    assert_eq!(session(&desk, origin, 3), ["a1", "b1", "a5"]);
    desk.accepted(&["carol: sell 2 @ 100 as c2", "alice: cancel a5"]);
    assert!(session(&desk, origin, 3).is_empty());
    assert_eq!(session(&desk, origin, 4), ["a3"]);
    assert_eq!(names(desk.orders.open_of_account(ALICE)), ["a3", "a4"]);
    assert!(names(desk.orders.open_of_account(BOB)).is_empty());
}

#[test]
fn of_what_is_over_the_oldest_is_dropped_first() {
    let mut desk = Desk::open();
    desk.orders = OrderView::new(ViewBounds { ended: 2 });
    desk.orders.apply(&desk.fills[0].view()).expect("the setup");
    desk.accepted(&[
        "alice: buy 1 @ 100 as a1",
        "alice: buy 1 @ 100 as a2",
        "alice: buy 1 @ 100 as a3",
        "alice: cancel a2",
        "alice: replace a1 @ 99 as a4",
        "alice: cancel a1",
        "alice: cancel a3",
    ]);
    assert!(desk.orders.find(ALICE, &id("a2")).is_none());
    assert!(desk.orders.order(place(0, 3, 0)).is_none());
    for name in ["a1", "a4", "a3"] {
        assert!(desk.orders.find(ALICE, &id(name)).is_some(), "{name}");
    }
}

#[test]
fn an_ended_orders_name_goes_to_the_next_order_under_it() {
    let mut desk = Desk::open();
    desk.accepted(&["alice: buy 1 @ 100 as a1", "alice: cancel a1"]);
    desk.wait_ns(2 * DAY_NS);
    desk.accepted(&["alice: buy 2 @ 100 as a1"]);
    let order = desk.orders.find(ALICE, &id("a1")).expect("the new one");
    assert_eq!((order.last.quantity, order.is_open()), (2, true));
    assert_eq!(order.created_ns, desk.now_ns);
    let old = desk.orders.order(place(0, 2, 0)).expect("the old one");
    assert_eq!(old.status(), OrdStatus::Canceled);
}

#[test]
fn a_bust_stands_beside_the_life_of_an_order() {
    let mut desk = Desk::open();
    desk.accepted(&["alice: sell 5 @ 100 as a1", "bob: buy 3 @ 100 as b1"]);
    let mut payload = Payload::default();
    for (side, account, sequence) in [(Side::Buy, BOB, 3), (Side::Sell, ALICE, 2)] {
        payload.commands.push(Command {
            kind: CommandKind::BustTrade.number(),
            side: side.number(),
            account,
            instrument: ABC,
            order_id: place(0, sequence, 0),
            price: 100,
            quantity: 3,
            expire_time: 1,
            ..Command::zeroed()
        });
    }
    desk.send(&payload);
    let busts = &desk.fills[3].events;
    assert!(busts.iter().all(|event| event.exec_type == ExecType::TradeBust.number()));
    assert_eq!(busts.len(), 2);
    for (name, account, status) in
        [("a1", ALICE, OrdStatus::PartiallyFilled), ("b1", BOB, OrdStatus::Filled)]
    {
        let order = desk.orders.find(account, &id(name)).expect("it is there");
        assert_eq!((order.status(), order.last_sequence), (status, 3), "{name}");
        assert_eq!(order.last.cum_quantity, 3, "what it traded stays told");
    }
    // What is open goes on as if nothing had been.
    desk.accepted(&["bob: buy 2 @ 100 as b2"]);
    let order = desk.orders.find(ALICE, &id("a1")).expect("it is there");
    assert_eq!((order.status(), order.last.order_sequence), (OrdStatus::Filled, 3));
}

#[test]
fn legs_of_a_list_are_orders_of_their_own() {
    let mut desk = Desk::open();
    let mut payload = Payload::default();
    payload.line("alice: buy 5 @ 99 as entry");
    payload.line("alice: sell 5 @ 110 as gain");
    payload.line("alice: sell 5 stop 90 as loss");
    for (place, command) in payload.commands.iter_mut().enumerate() {
        let (contingency, place) = (Contingency::Bracket, place as u8);
        command.link = Leg { contingency, legs: 3, place }.link();
    }
    let verdicts = desk.send(&payload);
    assert!(verdicts.iter().all(|verdict| said(verdict) == "accepted"));
    assert_eq!(names(desk.orders.open_of_account(ALICE)), ["entry", "gain", "loss"]);
    let last = |desk: &Desk, name| {
        let order = desk.orders.find(ALICE, &id(name)).expect("it is there");
        (ExecType::try_from(order.last.exec_type).expect("a kind"), order.is_open())
    };
    desk.accepted(&["bob: sell 5 @ 99 as b1"]);
    assert_eq!(last(&desk, "entry"), (ExecType::Trade, false));
    for exit in ["gain", "loss"] {
        assert_eq!(last(&desk, exit), (ExecType::Triggered, true), "{exit}");
    }
    desk.accepted(&["bob: buy 1 @ 110 as b2"]);
    assert_eq!(last(&desk, "gain"), (ExecType::Trade, true));
    assert_eq!(last(&desk, "loss"), (ExecType::Canceled, false));
    assert_eq!(names(desk.orders.open_of_account(ALICE)), ["gain"]);
}

#[test]
fn an_order_that_moves_by_itself_stays_one_order() {
    let mut desk = Desk::open();
    desk.accepted(&[
        "alice: buy 5 peg as p1",
        "bob: buy 1 @ 98 as b1",
        "bob: replace b1 @ 99 as b2",
        "alice: replace p1 total 9 @ 100 as p2",
    ]);
    for name in ["p1", "p2"] {
        let order = desk.orders.find(ALICE, &id(name)).expect("it is there");
        assert_eq!((order.is_open(), order.last.price, order.last.quantity), (true, 99, 9));
    }
    desk.accepted(&["bob: cancel b2"]);
    let order = desk.orders.find(ALICE, &id("p1")).expect("it is there");
    assert_eq!(order.last.exec_type, ExecType::Suspended.number());
    assert!(order.is_open());
    desk.accepted(&["alice: cancel p2"]);
    assert_eq!(desk.orders.open_orders(), 0);
}

#[test]
fn what_does_not_follow_is_an_error() {
    let mut desk = Desk::open();
    desk.accepted(&["alice: buy 5 @ 100 as a1", "bob: sell 2 @ 100 as b1"]);
    let mut view = OrderView::default();
    let gap = OrderViewError::Sequence { expected: 1, got: 2 };
    assert_eq!(view.apply(&desk.fills[1].view()), Err(gap));
    for fills in &desk.fills[..2] {
        view.apply(&fills.view()).expect("what happened");
    }
    let mut wrong = desk.fills[2].clone();
    wrong.events[2].order_sequence = 3;
    let error = view.apply(&wrong.view()).expect_err("an event of alice's order is missing");
    assert_eq!(
        error.to_string(),
        format!(
            "FILLS 3, event 2, order {}: it is not the next event of an open order",
            place(0, 2, 0)
        )
    );
}
