//! Client order ids, repeats, cancels, replaces, and what an order reserves over its life.

mod desk;

use desk::*;
use engine::pod::{BatchStatus, CommandKind, ExecType, Instrument, Limits, Verdict, MAX_PRICE};
use engine::reject::CxlRej;
use engine::risk::{bits, Bounds, RiskError, KEPT_NS, RELAY};
use engine::{Batch, Fills, Risked};

/// Lines, and what risk says to each.
fn tell(desk: &mut Desk, lines: &[(&str, &str)]) {
    for (line, expected) in lines {
        assert_eq!(desk.line(line), *expected, "{line}");
    }
}

fn verdict_on(desk: &mut Desk, line: &str) -> Verdict {
    let mut payload = Payload::default();
    payload.line(line);
    desk.send(&payload)[0]
}

/// Quantity and notional that alice has open on the buying side of ABC.
fn open_buys(desk: &mut Desk) -> (i64, i128) {
    desk.settle();
    let position = desk.risk.position_in(ALICE, ABC).expect("she was there");
    (position.open_buy, position.buy_notional)
}

#[test]
fn the_same_request_again_is_a_repeat_and_another_under_its_id_a_duplicate() {
    let mut desk = Desk::open();
    let first = verdict_on(&mut desk, "alice: buy 5 @ 100 as a1");
    let again = verdict_on(&mut desk, "alice: buy 5 @ 100 as a1");
    assert_eq!((said(&again).as_str(), again.first_place), ("repeat", first.order_id));
    assert_eq!(again.order_id, first.order_id);
    tell(
        &mut desk,
        &[
            ("alice: buy 6 @ 100 as a1", "DuplicateClOrdId"),
            ("bob: buy 6 @ 100 as a1", "accepted"),
            ("alice: replace a1 total 4 as r1", "accepted"),
            ("alice: replace a1 total 4 as r1", "repeat"),
            ("alice: replace a1 total 3 as r1", "DuplicateClOrdId"),
            ("alice: replace a1 total 3 as a1", "DuplicateClOrdId"),
            ("alice: cancel r1 as c1", "accepted"),
            ("alice: cancel r1 as c1", "repeat"),
            ("alice: cancel a1 as c1", "DuplicateClOrdId"),
            ("alice: buy 5 @ 100 as a1", "repeat"),
        ],
    );
    let cancel = verdict_on(&mut desk, "alice: cancel r1 as c1");
    assert_eq!(cancel.order_id, first.order_id, "a repeated cancel names its target");
    assert_eq!(desk.matching.open_orders(), 1, "only bob's is left");
}

#[test]
fn a_refused_order_stays_refused_under_its_id() {
    let mut desk = Desk::open();
    desk.limit(Limits { max_order_quantity: 4, ..wide_limits(ALICE) });
    let refused = verdict_on(&mut desk, "alice: buy 5 @ 100 as a1");
    assert_eq!(said(&refused), "ClipSize");
    desk.limit(wide_limits(ALICE));
    let again = verdict_on(&mut desk, "alice: buy 5 @ 100 as a1");
    assert_eq!((said(&again).as_str(), again.first_place), ("repeat", refused.order_id));
    tell(
        &mut desk,
        &[
            ("alice: buy 4 @ 100 as a1", "DuplicateClOrdId"),
            ("alice: cancel a1 as c1", "UnknownOrder"),
        ],
    );
}

#[test]
fn any_of_an_orders_ids_names_it_and_nobody_elses() {
    let mut desk = Desk::open();
    let order_id = verdict_on(&mut desk, "alice: buy 5 @ 100 as a1").order_id;
    tell(
        &mut desk,
        &[
            ("alice: replace a1 @ 99 as a2", "accepted"),
            ("alice: replace a2 @ 98 as a3", "accepted"),
            ("alice: replace a1 @ 97 as a4", "accepted"),
            ("bob: cancel a4 as b1", "UnknownOrder"),
            ("bob: replace a4 @ 1 as b2", "UnknownOrder"),
        ],
    );
    let mut by_id = Payload::default();
    by_id.line("bob: cancel a1");
    by_id.orig_cl_ord_ids.clear();
    by_id.commands[0].orig_cl_ord_id_index = 0;
    by_id.commands[0].order_id = order_id;
    let verdict = desk.send(&by_id)[0];
    assert_eq!(said(&verdict), "UnknownOrder", "another account's order");
    assert_eq!((verdict.order_id, verdict.cancel_reason), (0, CxlRej::UnknownOrder.number()));

    by_id.commands[0].account = ALICE;
    by_id.commands[0].instrument = XYZ;
    assert_eq!(said(&desk.send(&by_id)[0]), "UnknownOrder", "not an order in XYZ");
    by_id.commands[0].instrument = ABC;
    assert_eq!(said(&desk.send(&by_id)[0]), "accepted");
    let late = desk.send(&by_id)[0];
    assert_eq!((said(&late).as_str(), late.order_id), ("TooLate", order_id));
    assert_eq!(late.cancel_reason, CxlRej::TooLate.number());
    for line in ["alice: cancel a2", "alice: cancel a1", "alice: replace a3 @ 1 as a9"] {
        assert_eq!(desk.line(line), "TooLate", "{line}");
    }
}

#[test]
fn a_cancel_right_after_its_order_finds_it_and_one_before_burns_the_id() {
    let mut desk = Desk::open();
    let mut together = Payload::default();
    together.line("alice: buy 5 @ 100 as a1");
    together.line("alice: cancel a1 as c1");
    together.line("alice: cancel a2 as c2");
    together.line("alice: buy 5 @ 100 as a2");
    together.line("alice: replace a1 total 3 as a2");
    let verdicts = desk.send(&together);
    let said: Vec<_> = verdicts.iter().map(said).collect();
    assert_eq!(said, ["accepted", "accepted", "UnknownOrder", "Stale", "Stale"]);
    tell(
        &mut desk,
        &[
            ("alice: cancel a2 as c2", "repeat"),
            ("alice: cancel a2 as c3", "UnknownOrder"),
            ("alice: buy 5 @ 100 as a2", "Stale"),
            ("bob: buy 5 @ 100 as a2", "accepted"),
        ],
    );
    desk.wait_ns(KEPT_NS + SECOND_NS);
    tell(&mut desk, &[("alice: buy 5 @ 100 as a2", "accepted")]);
}

#[test]
fn ids_are_kept_while_the_order_lives_and_a_day_after_its_end() {
    let mut desk = Desk::open();
    tell(&mut desk, &[("alice: buy 5 @ 100 as a1", "accepted")]);
    desk.wait_ns(3 * DAY_NS);
    tell(
        &mut desk,
        &[
            ("alice: buy 5 @ 100 as a1", "repeat"),
            ("alice: cancel a1 as c1", "accepted"),
            ("bob: buy 1 @ 100 as b1", "accepted"),
        ],
    );
    desk.wait_ns(KEPT_NS - SECOND_NS);
    tell(
        &mut desk,
        &[("alice: buy 5 @ 100 as a1", "repeat"), ("alice: cancel a1 as c9", "TooLate")],
    );
    desk.wait_ns(2 * SECOND_NS);
    tell(
        &mut desk,
        &[("alice: cancel a1 as c1", "UnknownOrder"), ("alice: buy 5 @ 100 as a1", "Stale")],
    );
}

#[test]
fn a_full_table_refuses_and_never_forgets() {
    let bounds = Bounds { client_ids: 3, ..Bounds::default() };
    let mut desk = Desk::with_bounds(bounds);
    let mut setup = Payload::default();
    setup.set_instrument(instrument(ABC, "ABC"));
    setup.set_account(account(ALICE, "ALICE"));
    setup.set_limits(no_limits(ALICE));
    desk.send(&setup);
    tell(
        &mut desk,
        &[
            ("alice: buy 1 @ 100 as a1", "accepted"),
            ("alice: buy 1 @ 100 as a2", "accepted"),
            ("alice: buy 1 @ 100 as a3", "accepted"),
            ("alice: buy 1 @ 100 as a4", "SystemUnavailable"),
            ("alice: replace a1 total 2 as a5", "SystemUnavailable"),
            ("alice: buy 1 @ 100 as a1", "repeat"),
            ("alice: cancel unknown", "SystemUnavailable"),
            ("alice: cancel a1 as c1", "accepted"),
            ("alice: buy 1 @ 100 as a4", "SystemUnavailable"),
        ],
    );
    desk.wait_ns(KEPT_NS + SECOND_NS);
    tell(&mut desk, &[("alice: buy 1 @ 100 as a4", "accepted")]);
    assert_eq!(desk.risk.client_order_ids(), 3);
}

#[test]
fn full_orders_and_holdings_refuse_as_well() {
    let bounds = Bounds { orders: 2, holdings: 4, ..Bounds::default() };
    let mut desk = Desk::with_bounds(bounds);
    let mut setup = Payload::default();
    for (id, symbol) in [(ABC, "ABC"), (XYZ, "XYZ")] {
        setup.set_instrument(instrument(id, symbol));
    }
    for (id, name) in [(ALICE, "ALICE"), (BOB, "BOB"), (CAROL, "CAROL")] {
        setup.set_account(account(id, name));
        setup.set_limits(no_limits(id));
    }
    desk.send(&setup);
    tell(
        &mut desk,
        &[
            ("alice: buy 1 @ 100 as a1", "accepted"),
            ("alice: buy 1 @ 100 on XYZ as a2", "accepted"),
            ("bob: buy 1 @ 100 as b1", "SystemUnavailable"),
            ("alice: cancel a1", "accepted"),
            ("alice: cancel a2", "accepted"),
            ("bob: buy 1 @ 100 as b1", "accepted"),
            ("bob: buy 1 @ 100 on XYZ as b2", "accepted"),
            ("bob: cancel b1", "accepted"),
            ("carol: buy 1 @ 100 as c1", "SystemUnavailable"),
            ("alice: buy 1 @ 100 as a3", "accepted"),
        ],
    );
}

#[test]
fn an_order_reserves_the_most_of_its_terms_until_fills_say_otherwise() {
    let mut desk = Desk::open();
    desk.lag = 100;
    tell(&mut desk, &[("alice: buy 10 @ 100 as a1", "accepted")]);
    let reserved = |desk: &Desk| {
        let position = desk.risk.position_in(ALICE, ABC).expect("she was there");
        (position.open_buy, position.buy_notional)
    };
    assert_eq!(reserved(&desk), (10, 1_000));
    // (line, quantity and notional reserved while nothing of it is known to be answered)
    let rows = [
        ("alice: replace a1 total 6 as a2", (10, 1_000)),
        ("alice: replace a2 total 20 @ 40 as a3", (20, 1_000)),
        ("alice: replace a3 total 15 @ 90 as a4", (20, 1_350)),
        ("alice: replace a4 @ 110 as a5", (20, 2_200)),
        ("alice: replace a5 leaves 30 @ 1 as a6", (30, 2_200)),
        ("bob: sell 8 @ 1 as b1", (30, 2_200)),
        ("alice: cancel a6", (30, 2_200)),
    ];
    for (line, expected) in rows {
        assert_eq!(desk.line(line), "accepted", "{line}");
        assert_eq!(reserved(&desk), expected, "{line}");
    }
    desk.settle();
    assert_eq!(reserved(&desk), (0, 0));
    let position = desk.risk.position_in(ALICE, ABC).expect("she was there");
    assert_eq!((position.quantity, position.cash), (8, -8), "she bought from bob at 1");
}

#[test]
fn a_replace_is_checked_for_what_it_adds() {
    let mut desk = Desk::open();
    let mut limits = wide_limits(ALICE);
    limits.max_order_quantity = 20;
    limits.max_position = 25;
    limits.set_max_order_notional(2_000 * UNIT);
    limits.set_credit(2_500 * UNIT);
    limits.collar_bps = 2_000;
    desk.limit(limits);
    tell(
        &mut desk,
        &[
            ("alice: buy 10 @ 100 as a1", "accepted"),
            ("alice: buy 5 @ 100 as other", "accepted"),
            ("alice: replace a1 total 21 as r1", "ClipSize"),
            ("alice: replace a1 total 20 @ 101 as r2", "MaxOrderNotional"),
            ("alice: replace a1 @ 121 as r3", "PriceBand"),
            ("alice: replace a1 total 20 @ 100 as r4", "accepted"),
            ("alice: replace a1 total 10 as r5", "accepted"),
        ],
    );
    limits.max_position = 15;
    desk.limit(limits);
    tell(
        &mut desk,
        &[
            ("alice: replace a1 total 11 as r6", "ExceedsLimit"),
            ("alice: replace a1 total 9 as r7", "accepted"),
        ],
    );
    limits.max_position = 100;
    limits.set_credit(1_400 * UNIT);
    desk.limit(limits);
    tell(
        &mut desk,
        &[
            ("alice: replace a1 total 9 @ 101 as r8", "InsufficientCredit"),
            ("alice: replace a1 total 9 @ 100 as r9", "accepted"),
        ],
    );
    // Everything is out of its limits now; what asks for no more than there is goes through.
    let mut none = wide_limits(ALICE);
    none.max_order_quantity = 0;
    none.max_position = 0;
    none.max_open_orders = 0;
    none.set_max_order_notional(0);
    none.set_credit(0);
    none.collar_bps = 0;
    desk.limit(none);
    tell(
        &mut desk,
        &[
            ("alice: replace a1 total 8 as s1", "accepted"),
            ("alice: replace a1 total 8 @ 99 as s2", "PriceBand"),
            ("alice: replace a1 total 9 as s3", "ClipSize"),
        ],
    );
    assert_eq!(open_buys(&mut desk), (13, 1_300));
}

#[test]
fn replaces_in_order_of_precedence() {
    let mut desk = Desk::open();
    let strict = Instrument {
        tick_size: 5,
        lot_size: 2,
        min_quantity: 4,
        max_quantity: 100,
        reference_price: 100,
        ..instrument(ABC, "ABC")
    };
    desk.list(strict);
    tell(
        &mut desk,
        &[
            ("alice: buy 10 @ 100 as a1", "accepted"),
            ("alice: buy 10 @ 100 as gone", "accepted"),
            ("alice: cancel gone", "accepted"),
            ("alice: cancel burnt", "UnknownOrder"),
            ("alice: replace a1 total 7 @ 101 as r1", "IncorrectQuantity"),
            ("alice: replace a1 total 2 as r2", "IncorrectQuantity"),
            ("alice: replace a1 total 102 as r3", "IncorrectQuantity"),
            ("alice: replace a1 leaves 1 as r4", "IncorrectQuantity"),
            ("alice: replace a1 @ 101 as r5", "TickSize"),
            ("alice: replace gone @ 101 on ABC as r6", "TickSize"),
            ("alice: replace gone @ 105 as r7", "TooLate"),
            ("alice: replace nothing @ 105 as r8", "UnknownOrder"),
            ("alice: replace a1 @ 105 as burnt", "Stale"),
            ("alice: replace a1 @ 105", "UnsupportedCharacteristic"),
            ("alice: replace a1 leaves 2 as r9", "accepted"),
        ],
    );
    desk.list(Instrument { flags: 0, ..strict });
    tell(
        &mut desk,
        &[
            ("alice: replace a1 @ 105 as s1", "MarketClosed"),
            ("alice: replace a1 @ 101 as s2", "TickSize"),
            ("alice: cancel a1 as s3", "accepted"),
        ],
    );
}

#[test]
fn a_day_order_gives_back_what_it_reserved_when_it_expires() {
    let mut desk = Desk::open();
    tell(&mut desk, &[("alice: buy 10 @ 100 day as a1", "accepted")]);
    assert_eq!(open_buys(&mut desk), (10, 1_000));
    desk.wait_ns(DAY_NS / 2);
    let mut tick = Payload::default();
    tick.commands.push(engine::pod::Command {
        kind: CommandKind::Tick.number(),
        expire_time: desk.now_ns / SECOND_NS,
        ..bytemuck::Zeroable::zeroed()
    });
    assert_eq!(said(&desk.send(&tick)[0]), "accepted");
    let last = desk.fills.last().expect("a message").events.last().copied();
    assert_eq!(last.map(|event| event.exec_type), Some(ExecType::Expired.number()));
    assert_eq!(open_buys(&mut desk), (0, 0));
    assert_eq!(desk.line("alice: cancel a1"), "TooLate");
}

#[test]
fn batches_are_taken_once_and_in_order() {
    let mut desk = Desk::open();
    let mut payload = Payload::default();
    payload.line("alice: buy 1 @ 100 as a1");
    let rows = [
        (5, 2, BatchStatus::Void),
        (5, 1, BatchStatus::Applied),
        (5, 1, BatchStatus::Repeated),
        (5, 3, BatchStatus::Void),
        (RELAY, 1, BatchStatus::Applied),
    ];
    for (origin, number, status) in rows {
        desk.send_as(origin, number, &payload);
        let risked = desk.risked.last().expect("just judged");
        assert_eq!(risked.status, status, "batch {number} of {origin}");
        assert_eq!(risked.verdicts.len(), usize::from(status == BatchStatus::Applied));
    }
    desk.settle();
    assert_eq!(desk.risk.open_orders(), 1);
}

#[test]
fn reference_data_is_checked_and_its_fixed_parts_stay() {
    let mut desk = Desk::open();
    let abc = instrument(ABC, "ABC");
    let rows: [(Instrument, &str); 12] = [
        (abc, "accepted"),
        (Instrument { price_scale: 2, ..abc }, "UnsupportedCharacteristic"),
        (Instrument { quantity_scale: 2, ..abc }, "UnsupportedCharacteristic"),
        (Instrument { symbol: words("NEW"), ..abc }, "UnsupportedCharacteristic"),
        (Instrument { currency: words::<1>("EUR")[0], ..abc }, "UnsupportedCharacteristic"),
        (Instrument { tick_size: 0, ..abc }, "UnsupportedCharacteristic"),
        (Instrument { initial_margin_bps: 10_001, ..abc }, "UnsupportedCharacteristic"),
        (Instrument { min_quantity: 9, max_quantity: 8, ..abc }, "IncorrectQuantity"),
        (Instrument { id: 0, ..abc }, "UnknownSymbol"),
        (Instrument { id: 7, ..abc }, "UnknownSymbol"),
        (Instrument { id: 7, symbol: words("lower"), ..abc }, "UnknownSymbol"),
        (
            Instrument { id: 7, symbol: words("Z"), price_scale: 9, quantity_scale: 4, ..abc },
            "UnsupportedCharacteristic",
        ),
    ];
    for (at, (changed, expected)) in rows.into_iter().enumerate() {
        let mut payload = Payload::default();
        payload.set_instrument(changed);
        assert_eq!(said(&desk.send(&payload)[0]), expected, "instrument row {at}");
    }
    let mut payload = Payload::default();
    payload.set_account(engine::pod::Account { firm: 2, ..account(ALICE, "ALICE") });
    payload.set_account(account(8, "ALICE"));
    payload.set_account(account(8, "EIGHT"));
    payload.set_limits(no_limits(9));
    payload.set_limits(Limits { instrument: 9, ..no_limits(ALICE) });
    payload.set_limits(Limits { checks: bits::ALL + 1, ..no_limits(ALICE) });
    payload.set_limits(Limits { max_position: -1, ..no_limits(ALICE) });
    payload.set_limits(Limits { credit_high: -1, ..no_limits(ALICE) });
    payload.set_limits(Limits { instrument: XYZ, ..no_limits(ALICE) });
    payload.commands.push(engine::pod::Command {
        kind: CommandKind::SetLimits.number(),
        payload_index: 99,
        ..bytemuck::Zeroable::zeroed()
    });
    payload.commands.push(bytemuck::Zeroable::zeroed());
    let verdicts = desk.send(&payload);
    let said: Vec<_> = verdicts.iter().map(said).collect();
    let unsupported = "UnsupportedCharacteristic";
    assert_eq!(said[..4], [unsupported, "UnknownAccount", "accepted", "UnknownAccount"]);
    assert_eq!(said[4..8], ["UnknownSymbol", unsupported, unsupported, unsupported]);
    assert_eq!(said[8..], ["accepted", unsupported, unsupported]);
}

/// A message of FILLS as risk must not see it.
fn spoilt(spoil: fn(&mut Fills)) -> RiskError {
    let mut desk = Desk::open();
    desk.lag = 100;
    desk.accepted(&["alice: buy 5 @ 100 as a1", "bob: sell 3 @ 100 as b1"]);
    desk.risk.apply_fills(&desk.fills[0].view()).expect("as it was");
    desk.risk.apply_fills(&desk.fills[1].view()).expect("as it was");
    let mut fills = desk.fills[2].clone();
    spoil(&mut fills);
    let error = desk.risk.apply_fills(&fills.view()).expect_err("it can't have happened");
    if matches!(error, RiskError::Broken { .. }) {
        let right = desk.risk.apply_fills(&desk.fills[2].view());
        assert_eq!(right, Err(RiskError::Stopped), "and nothing goes on after it");
    }
    error
}

#[test]
fn fills_that_cannot_have_happened_stop_the_engine() {
    let broken = |spoil: fn(&mut Fills)| match spoilt(spoil) {
        RiskError::Broken { event, what, .. } => (event, what),
        other => panic!("{other}"),
    };
    assert_eq!(broken(|f| f.events[1].last_quantity = 6).0, 1);
    assert_eq!(broken(|f| f.events[1].last_price = MAX_PRICE + 1).0, 1);
    assert_eq!(broken(|f| f.events[1].cum_quantity = 2).0, 1);
    assert_eq!(broken(|f| f.events[2].order_id += 1).0, 2);
    assert_eq!(broken(|f| f.events[2].account = BOB).0, 2);
    assert_eq!(broken(|f| f.events[0].exec_type = 99).0, 0);
    assert_eq!(broken(|f| f.events[0].leaves_quantity = 4).0, 0);
    let (event, what) = broken(|f| f.events.clear());
    assert_eq!((event, what), (0, "not every accepted new order of the message was answered"));
    let skipped = RiskError::FillsSequence { expected: 3, got: 4 };
    assert_eq!(spoilt(|f| f.sequence = 4), skipped);
    assert_eq!(skipped.to_string(), "risk expects FILLS 3 and got 4");
}

#[test]
fn a_message_is_judged_with_exactly_the_fills_that_belong_before_it() {
    let mut desk = Desk::open();
    desk.lag = 100;
    desk.accepted(&["alice: buy 5 @ 100 as a1", "bob: sell 3 @ 100 as b1"]);
    assert_eq!(desk.risk.fills_wanted(4, 0), 0);
    assert_eq!(desk.risk.fills_wanted(4, 2), 2);
    assert_eq!(desk.risk.fills_wanted(4, 99), 3, "at most what came before it");
    let batch = Batch {
        sequence: 4,
        time_ns: NOON_NS,
        origin: 77,
        batch: 4,
        fills_seen: 2,
        status: BatchStatus::Applied,
        commands: &[],
        verdicts: &[],
        orig_cl_ord_ids: &[],
        instruments: &[],
        accounts: &[],
        limits: &[],
        terms: &[],
        rules: &[],
        fees: &[],
    };
    let mut risked = Risked::default();
    let early = desk.risk.apply(&batch, &mut risked);
    let error = RiskError::FillsApplied { sequence: 4, wanted: 2, applied: 0 };
    assert_eq!(early, Err(error));
    for fills in &desk.fills[..2] {
        desk.risk.apply_fills(&fills.view()).expect("what happened");
    }
    let gap = Batch { sequence: 5, ..batch };
    let error = RiskError::OrdersSequence { expected: 4, got: 5 };
    assert_eq!(desk.risk.apply(&gap, &mut risked), Err(error));
    assert_eq!(desk.risk.apply(&batch, &mut risked), Ok(()));
    assert_eq!((risked.fills_applied, risked.time_ns), (2, NOON_NS));
    let back = Batch { sequence: 5, batch: 5, time_ns: 0, fills_seen: 0, ..batch };
    assert_eq!(desk.risk.fills_wanted(5, 0), 2, "never back");
    assert_eq!(desk.risk.apply(&back, &mut risked), Ok(()));
    assert_eq!(risked.time_ns, NOON_NS, "journal time never falls");
}

#[test]
fn a_replace_reserves_whatever_those_before_it_make_of_its_quantity() {
    let mut desk = Desk::open();
    desk.lag = 5;
    // Ten trade, which risk doesn't know yet; then a total of 20, then 15 open, then a price.
    desk.accepted(&["alice: buy 20 @ 100 as a1", "bob: sell 10 @ 100 as b1"]);
    desk.accepted(&["alice: replace a1 total 20 as a2", "alice: replace a1 leaves 15 as a3"]);
    desk.accepted(&["alice: replace a1 @ 110 as a4"]);
    let mut reserved = Vec::new();
    while desk.risk.fills_applied() < desk.risk.applied() {
        let next = desk.fills[desk.risk.fills_applied() as usize].view();
        desk.risk.apply_fills(&next).expect("what happened");
        let position = desk.risk.position_in(ALICE, ABC).expect("she was there");
        reserved.push((position.quantity, position.open_buy, position.buy_notional));
    }
    // Of the 15 what makes 20 in all, which is what risk counted.
    let open = (10, 10, 1_100);
    assert_eq!(reserved[1..], [(0, 20, 2_200), open, open, open, open], "it never grows");
}

#[test]
fn an_order_that_is_refilled_as_it_trades_stays_within_what_was_judged() {
    let mut desk = Desk::open();
    desk.limit(Limits { max_position: 30, ..wide_limits(ALICE) });
    desk.lag = 100;
    desk.accepted(&["alice: buy 30 @ 100 as a0"]);
    // Each time it is to have 30 open again, before risk knows what it has bought.
    for round in 1..5 {
        desk.accepted(&[&format!("bob: sell 9 @ 100 as b{round}")]);
        desk.accepted(&[&format!("alice: replace a0 leaves 30 as r{round}")]);
    }
    desk.settle();
    let position = desk.risk.position_in(ALICE, ABC).expect("she was there");
    assert_eq!((position.quantity, position.open_buy), (30, 0));
    // What risk knows of is made up for in full.
    let mut desk = Desk::open();
    desk.accepted(&["alice: buy 30 @ 100 as a0", "bob: sell 9 @ 100 as b0"]);
    desk.settle();
    desk.accepted(&["alice: replace a0 leaves 30 as r0"]);
    desk.settle();
    let position = desk.risk.position_in(ALICE, ABC).expect("she was there");
    assert_eq!((position.quantity, position.open_buy), (9, 30));
}
