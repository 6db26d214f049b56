//! What orders of every kind reserve from their acceptance to their end.

mod desk;

use bytemuck::Zeroable;
use desk::*;
use engine::pod::{
    Command, CommandKind, Event, ExecType, Instrument, InstrumentRules, Limits, SessionState, Side,
};
use engine::reject::Reject;
use engine::risk::bits;

/// What alice has open on a side of ABC: quantity and notional.
fn open(desk: &Desk, side: Side) -> (i64, i128) {
    let position = desk.risk.position_in(ALICE, ABC).expect("she was there");
    match side {
        Side::Buy => (position.open_buy, position.buy_notional),
        _ => (position.open_sell, position.sell_notional),
    }
}

/// Sends a line of alice's, and says what risk said and what she then has open on a side: at once,
/// and once FILLS has told what came of it.
fn reserved(desk: &mut Desk, line: &str, side: Side) -> [(i64, i128); 2] {
    assert_eq!(desk.line(line), "accepted", "{line}");
    let at_once = open(desk, side);
    desk.settle();
    [at_once, open(desk, side)]
}

fn session(desk: &mut Desk, session: SessionState) {
    let mut payload = Payload::default();
    payload.set_session(ABC, session);
    assert_eq!(said(&desk.send(&payload)[0]), "accepted");
}

/// Has the next message of FILLS say this to risk, whatever matching would.
fn told(desk: &mut Desk, events: &[Event]) {
    desk.settle();
    let mut tick = Payload::default();
    tick.commands.push(Command { kind: CommandKind::Tick.number(), ..Command::zeroed() });
    desk.send(&tick);
    let fills = desk.fills.last_mut().expect("just made");
    fills.events.extend_from_slice(events);
    desk.settle();
}

#[test]
fn an_order_reserves_the_price_it_may_trade_at() {
    // The reference price is 100 and the collar 100 % wide, so 200 is the worst of the band; around
    // stop prices it is as wide.
    let rows = [
        ("alice: buy 10 market as x", Side::Buy, [(10, 2_000), (0, 0)]),
        ("alice: sell 10 market as x", Side::Sell, [(10, 2_000), (0, 0)]),
        ("alice: buy 10 to-limit as x", Side::Buy, [(10, 2_000), (0, 0)]),
        ("alice: buy 10 stop 120 as x", Side::Buy, [(10, 2_400); 2]),
        ("alice: sell 10 stop 90 as x", Side::Sell, [(10, 1_800); 2]),
        ("alice: buy 10 stop 120 limit 125 as x", Side::Buy, [(10, 1_250); 2]),
        ("alice: sell 10 trail 5 as x", Side::Sell, [(10, 2_000); 2]),
        ("alice: buy 10 trail 5 as x", Side::Buy, [(10, 2_100); 2]),
        ("alice: buy 10 @ 99 display 2 as x", Side::Buy, [(10, 990); 2]),
        ("alice: buy 10 @ 99 until 60 as x", Side::Buy, [(10, 990); 2]),
        ("alice: buy 10 @ 99 prevent tag 77 as x", Side::Buy, [(10, 990); 2]),
        // Matching refuses it in continuous trading, and it is free again.
        ("alice: buy 10 @ 99 opening as x", Side::Buy, [(10, 990), (0, 0)]),
    ];
    for (line, side, after) in rows {
        assert_eq!(reserved(&mut Desk::open(), line, side), after, "{line}");
    }
}

#[test]
fn market_orders_are_counted_at_the_edge_of_the_bands() {
    let rows = [
        // static, dynamic, protection → price
        ([0, 0, 0], 200),
        ([500, 0, 0], 105),
        ([500, 1_000, 0], 110),
        ([500, 1_000, 700], 107),
        // The collar is nearer.
        ([0, 0, 1_000_000], 200),
    ];
    for ([static_band_bps, dynamic_band_bps, protection_bps], price) in rows {
        let mut desk = Desk::open();
        let mut payload = Payload::default();
        payload.set_rules(InstrumentRules {
            instrument: ABC,
            static_band_bps,
            dynamic_band_bps,
            protection_bps,
            ..InstrumentRules::zeroed()
        });
        assert_eq!(said(&desk.send(&payload)[0]), "accepted");
        let [at_once, _] = reserved(&mut desk, "alice: buy 1 market as x", Side::Buy);
        assert_eq!(at_once, (1, price));
    }
    // Without a collar either it is a tenth.
    let mut desk = Desk::open();
    let limits = wide_limits(ALICE);
    desk.limit(Limits { checks: limits.checks & !bits::COLLAR, ..limits });
    let [at_once, _] = reserved(&mut desk, "alice: sell 1 market as x", Side::Sell);
    assert_eq!(at_once, (1, 110));
}

#[test]
fn a_pegged_order_without_a_limit_is_counted_at_the_edge_of_the_static_band() {
    let rules =
        InstrumentRules { instrument: ABC, static_band_bps: 1_000, ..InstrumentRules::zeroed() };
    let mut desk = Desk::open();
    // Without a band as a market order, at the collar's edge.
    assert_eq!(reserved(&mut desk, "alice: buy 1 peg as x", Side::Buy), [(1, 200); 2]);
    let mut payload = Payload::default();
    payload.set_rules(InstrumentRules { dynamic_band_bps: 100, ..rules });
    assert_eq!(said(&desk.send(&payload)[0]), "accepted");
    assert_eq!(reserved(&mut desk, "alice: buy 1 peg as y", Side::Buy), [(2, 310); 2]);
    // The band is around the price of the last auction, once there is one.
    session(&mut desk, SessionState::VolatilityAuction);
    desk.accepted(&["bob: sell 1 @ 90 as b1", "bob: buy 1 @ 90 as b2"]);
    session(&mut desk, SessionState::Continuous);
    desk.settle();
    assert_eq!(reserved(&mut desk, "alice: buy 1 peg as z", Side::Buy), [(3, 409); 2]);
}

#[test]
fn the_collar_holds_how_far_a_pegged_order_goes_from_the_market() {
    let mut desk = Desk::open();
    desk.limit(Limits { collar_bps: 500, ..wide_limits(ALICE) });
    desk.accepted(&["alice: buy 1 peg offset 5 as a1", "alice: sell 1 peg offset -5 as a2"]);
    assert_eq!(desk.line("alice: buy 1 peg offset 6 as a3"), "PriceBand");
    assert_eq!(desk.line("alice: buy 1 peg offset -6 as a4"), "PriceBand");
    assert_eq!(desk.line("alice: buy 1 peg offset -9223372036854775808 as a5"), "PriceBand");
    desk.accepted(&["alice: buy 1 peg offset 20 @ 101 as a6"]);
}

#[test]
fn a_dry_run_of_a_pegged_order_heeds_its_offset() {
    let mut desk = Desk::open();
    desk.limit(Limits { collar_bps: 500, ..wide_limits(ALICE) });
    for (line, refused) in [
        ("alice: buy 1 peg offset 5 as a1", None),
        ("alice: buy 1 peg offset 6 as a2", Some(Reject::PriceBand)),
        ("alice: sell 1 peg offset -6 as a3", Some(Reject::PriceBand)),
    ] {
        let mut payload = Payload::default();
        payload.line(line);
        let dry = desk.risk.check_with(&payload.commands[0], Some(&payload.terms[0]));
        assert_eq!(dry.refused, refused, "{line}");
        let told = refused.map_or_else(|| "accepted".to_owned(), |reason| format!("{reason:?}"));
        assert_eq!(said(&desk.send(&payload)[0]), told, "{line}");
    }
}

#[test]
fn a_stop_that_fires_and_ends_leaves_nothing_behind() {
    let mut desk = Desk::open();
    desk.accepted(&["alice: buy 10 stop 105 as a1", "bob: sell 4 @ 106 as b1"]);
    desk.settle();
    assert_eq!(open(&desk, Side::Buy), (10, 2_100));
    let mut payload = Payload::default();
    payload.set_last_trade(ABC, 105);
    assert_eq!(said(&desk.send(&payload)[0]), "accepted");
    assert_eq!(desk.risk.reference_price(ABC), Some(105));
    desk.settle();
    let position = desk.risk.position_in(ALICE, ABC).expect("she traded");
    assert_eq!((position.quantity, position.open_buy, position.buy_notional), (4, 0, 0));
    assert_eq!(desk.risk.open_orders(), 0);
}

#[test]
fn a_stop_trades_no_worse_than_it_is_counted() {
    let mut desk = Desk::open();
    let limits = wide_limits(ALICE);
    desk.limit(Limits { collar_bps: 500, ..limits });
    // 5 % around 100 and, once it is moved by 10, as much above as before.
    desk.accepted(&["alice: buy 10 stop 100 as a1", "alice: replace a1 stop 110 as a2"]);
    desk.accepted(&["bob: sell 4 @ 115 as b1", "bob: sell 4 @ 116 as b2"]);
    desk.settle();
    assert_eq!(open(&desk, Side::Buy), (10, 1_150));
    let mut payload = Payload::default();
    payload.set_last_trade(ABC, 110);
    assert_eq!(said(&desk.send(&payload)[0]), "accepted");
    desk.settle();
    let position = desk.risk.position_in(ALICE, ABC).expect("she traded");
    assert_eq!((position.quantity, position.open_buy, position.buy_notional), (4, 0, 0));
    // A sell of stock that is held is bounded below.
    desk.accepted(&["alice: sell 4 stop 100 as a3", "bob: buy 1 @ 95 as b3"]);
    desk.accepted(&["bob: buy 1 @ 94 as b4"]);
    payload = Payload::default();
    payload.set_last_trade(ABC, 100);
    assert_eq!(said(&desk.send(&payload)[0]), "accepted");
    desk.settle();
    let position = desk.risk.position_in(ALICE, ABC).expect("as before");
    assert_eq!((position.quantity, position.open_sell), (3, 0));
}

#[test]
fn a_stop_can_be_moved() {
    let mut desk = Desk::open();
    desk.accepted(&["alice: buy 10 stop 105 as a1"]);
    let [at_once, later] = reserved(&mut desk, "alice: replace a1 stop 120 as a2", Side::Buy);
    assert_eq!((at_once, later), ((10, 2_250), (10, 2_250)), "as far above as before");
    let [at_once, later] = reserved(&mut desk, "alice: replace a2 stop 110 as a3", Side::Buy);
    assert_eq!((at_once, later), ((10, 2_250), (10, 2_150)), "freed by its answer");
    desk.accepted(&["alice: buy 10 stop 105 limit 130 as b1"]);
    let [at_once, later] = reserved(&mut desk, "alice: replace b1 stop 150 as b2", Side::Buy);
    assert_eq!((at_once, later), ((20, 3_450), (20, 3_450)), "its limit counts");
    assert_eq!(desk.line("alice: cancel a3"), "accepted");
    desk.settle();
    assert_eq!(open(&desk, Side::Buy), (10, 1_300));
}

#[test]
fn what_is_posted_elsewhere_is_counted_there() {
    let mut desk = Desk::open();
    desk.accepted(&["bob: sell 5 @ 100 as b1"]);
    let line = "alice: buy 5 @ 104 reprice as a1";
    assert_eq!(reserved(&mut desk, line, Side::Buy), [(5, 520), (5, 495)]);
    desk.accepted(&["bob: cancel b1"]);
    desk.accepted(&["bob: sell 3 @ 99 as b2", "bob: buy 9 @ 96 as b3"]);
    let line = "alice: sell 5 @ 95 reprice as a2";
    // The last trade was at 99, and it sells at no less.
    assert_eq!(reserved(&mut desk, line, Side::Sell), [(5, 495), (5, 500)]);
}

#[test]
fn what_is_left_of_market_to_limit_rests_where_it_traded() {
    let mut desk = Desk::open();
    desk.accepted(&["bob: sell 4 @ 101 as b1"]);
    let line = "alice: buy 10 to-limit as a1";
    assert_eq!(reserved(&mut desk, line, Side::Buy), [(10, 2_000), (6, 606)]);
}

#[test]
fn orders_that_meet_their_own_party_release() {
    let mut desk = Desk::open();
    desk.accepted(&["alice: sell 4 @ 100 as a1"]);
    let line = "alice: buy 10 @ 100 decrement as a2";
    assert_eq!(reserved(&mut desk, line, Side::Buy), [(10, 1_000), (6, 600)]);
    assert_eq!(open(&desk, Side::Sell), (0, 0));
    let line = "alice: sell 9 @ 100 prevent as a3";
    assert_eq!(reserved(&mut desk, line, Side::Sell), [(9, 900), (9, 900)]);
    assert_eq!(open(&desk, Side::Buy), (0, 0));
    assert_eq!(desk.risk.open_orders(), 1);
}

#[test]
fn an_auction_releases_what_it_ends() {
    let mut desk = Desk::open();
    session(&mut desk, SessionState::OpeningAuction);
    let lines = ["alice: buy 10 @ 100 auction as a1", "alice: buy 5 @ 101 opening as a2"];
    desk.accepted(&lines);
    desk.accepted(&["bob: sell 7 @ 100 as b1"]);
    desk.settle();
    assert_eq!(open(&desk, Side::Buy), (15, 1_505));
    session(&mut desk, SessionState::Continuous);
    desk.settle();
    let position = desk.risk.position_in(ALICE, ABC).expect("she traded");
    assert_eq!((position.quantity, position.open_buy, desk.risk.open_orders()), (7, 0, 0));
}

#[test]
fn ticks_by_price() {
    let mut desk = Desk::open();
    let mut rules = InstrumentRules { instrument: ABC, ..InstrumentRules::zeroed() };
    (rules.tick_from[0], rules.tick_size[0]) = (100, 5);
    let mut payload = Payload::default();
    payload.set_rules(rules);
    payload.set_rules(InstrumentRules { instrument: 9, ..rules });
    payload.set_rules(InstrumentRules { flags: 2, ..rules });
    let verdicts: Vec<String> = desk.send(&payload).iter().map(said).collect();
    assert_eq!(verdicts, ["accepted", "UnknownSymbol", "UnsupportedCharacteristic"]);
    assert_eq!(desk.risk.rules(ABC), Some(&rules));
    for (line, expected) in [
        ("alice: buy 1 @ 99 as a", "accepted"),
        ("alice: buy 1 @ 101 as b", "TickSize"),
        ("alice: buy 1 @ 105 as c", "accepted"),
        ("alice: buy 1 stop 101 as d", "TickSize"),
        ("alice: buy 1 stop 105 as e", "accepted"),
        ("alice: replace a @ 102 as f", "TickSize"),
        ("alice: replace a @ 110 as g", "accepted"),
        ("alice: buy 1 @ 101 on XYZ as h", "accepted"),
    ] {
        assert_eq!(desk.line(line), expected, "{line}");
    }
    // An instrument that is set again keeps its rules; other rules replace them all.
    desk.list(Instrument { reference_price: 100, ..instrument(ABC, "ABC") });
    assert_eq!(desk.line("alice: buy 1 @ 101 as i"), "TickSize");
    let mut payload = Payload::default();
    payload.set_rules(InstrumentRules { instrument: ABC, ..InstrumentRules::zeroed() });
    desk.send(&payload);
    assert_eq!(desk.line("alice: buy 1 @ 101 as j"), "accepted");
}

#[test]
fn reduce_only_never_turns_a_position_around() {
    let mut desk = Desk::open();
    assert_eq!(desk.line("alice: sell 1 @ 100 reduce as x"), "ReduceOnly");
    desk.accepted(&["bob: sell 10 @ 100 as b1", "alice: buy 10 @ 100 as a1"]);
    desk.settle();
    for (line, expected) in [
        ("alice: buy 1 @ 100 reduce as c1", "ReduceOnly"),
        ("alice: sell 11 @ 100 reduce as c2", "ReduceOnly"),
        ("alice: sell 6 @ 110 as c3", "accepted"),
        ("alice: sell 5 @ 110 reduce as c4", "ReduceOnly"),
        ("alice: sell 4 @ 110 reduce as c5", "accepted"),
        // While it is open nobody else may take the position away from it.
        ("alice: sell 1 @ 110 as c6", "ReduceOnly"),
        ("alice: replace c3 total 7 as c7", "ReduceOnly"),
        ("alice: replace c3 total 5 as c8", "accepted"),
        ("alice: buy 3 @ 90 as c9", "accepted"),
        ("alice: cancel c5 as d1", "accepted"),
    ] {
        assert_eq!(desk.line(line), expected, "{line}");
        // The others are judged before any of them has its answer.
        desk.lag = 100;
    }
}

#[test]
fn events_of_every_kind_move_what_is_reserved() {
    let mut desk = Desk::open();
    desk.accepted(&["alice: buy 10 @ 99 as a1"]);
    desk.settle();
    let new = *desk.fills.last().expect("its message").events.first().expect("its event");
    let event = |kind: ExecType, price: i64, leaves: i64| Event {
        exec_type: kind.number(),
        price,
        quantity: leaves,
        leaves_quantity: leaves,
        ..new
    };
    for (kind, price, leaves, after) in [
        (ExecType::Restated, 95, 10, (10, 950)),
        (ExecType::Suspended, 95, 10, (10, 950)),
        (ExecType::Suspended, 0, 10, (10, 950)),
        (ExecType::Triggered, 95, 6, (6, 570)),
        (ExecType::Restated, 97, 6, (6, 582)),
        (ExecType::Canceled, 97, 0, (0, 0)),
    ] {
        told(&mut desk, &[event(kind, price, leaves)]);
        assert_eq!(open(&desk, Side::Buy), after, "{kind:?}");
    }
    assert_eq!(desk.risk.open_orders(), 0);
}

#[test]
fn a_busted_trade_is_undone_at_its_price() {
    let mut desk = Desk::open();
    desk.accepted(&["bob: sell 10 @ 100 as b1", "alice: buy 10 @ 100 as a1"]);
    desk.accepted(&["alice: sell 10 @ 108 as a2", "bob: buy 4 @ 108 as b2"]);
    desk.settle();
    let bust = |account, side: Side, price| Event {
        exec_type: ExecType::TradeBust.number(),
        account,
        instrument: ABC,
        side: side.number(),
        last_price: price,
        last_quantity: 4,
        match_id: 2,
        ..Event::zeroed()
    };
    let before = desk.risk.reference_price(ABC);
    told(&mut desk, &[bust(ALICE, Side::Sell, 108), bust(BOB, Side::Buy, 108)]);
    for account in [ALICE, BOB] {
        let position = desk.risk.position_in(account, ABC).expect("it traded");
        let sign = if account == ALICE { 1 } else { -1 };
        assert_eq!((position.quantity, position.cash), (10 * sign, i128::from(-1_000 * sign)));
    }
    assert_eq!(desk.risk.reference_price(ABC), before, "the last trade stays");

    let mut command = Command {
        kind: CommandKind::BustTrade.number(),
        account: ALICE,
        instrument: ABC,
        side: Side::Buy.number(),
        price: 100,
        quantity: 4,
        expire_time: 1,
        ..Command::zeroed()
    };
    let mut payload = Payload::default();
    payload.commands.push(command);
    for (spoil, _) in BUSTS {
        let mut spoilt = command;
        spoil(&mut spoilt);
        payload.commands.push(spoilt);
    }
    command.account = 9;
    payload.commands.push(command);
    let mut expected = vec!["accepted".to_owned()];
    expected.extend(BUSTS.iter().map(|(_, reason)| format!("{reason:?}")));
    expected.push("UnknownAccount".to_owned());
    let verdicts: Vec<String> = desk.send(&payload).iter().map(said).collect();
    assert_eq!(verdicts, expected);
}

/// Changes one thing about a good command.
type Spoil = fn(&mut Command);

/// What is wrong with a bust, and what risk says.
const BUSTS: [(Spoil, Reject); 5] = [
    (|c| c.instrument = 9, Reject::UnknownSymbol),
    (|c| c.side = 0, Reject::UnsupportedCharacteristic),
    (|c| c.quantity = 0, Reject::IncorrectQuantity),
    (|c| c.price = 0, Reject::TickSize),
    (|c| c.price = i64::MAX, Reject::TickSize),
];

#[test]
fn mass_cancels_are_judged_like_cancels() {
    let mut desk = Desk::open();
    desk.accepted(&["alice: buy 10 @ 99 as a1"]);
    let all = |account: u32, name: &str| {
        let kind = CommandKind::MassCancel.number();
        let mut command = Command { kind, account, ..Command::zeroed() };
        if !name.is_empty() {
            command.set_cl_ord_id(id(name));
        }
        command
    };
    let rows: [(Command, &str); 10] = [
        (all(ALICE, "m1"), "accepted"),
        (all(ALICE, "m1"), "repeat"),
        (Command { side: 1, ..all(ALICE, "m1") }, "DuplicateClOrdId"),
        (all(BOB, "m1"), "accepted"),
        (all(0, "m1"), "accepted"),
        (all(0, "m1"), "repeat"),
        (all(9, "m1"), "UnknownAccount"),
        (Command { instrument: 9, ..all(0, "") }, "UnknownSymbol"),
        (Command { side: 3, ..all(0, "") }, "UnsupportedCharacteristic"),
        (Command { flags: 2, ..all(0, "") }, "UnsupportedCharacteristic"),
    ];
    let mut disabled = Payload::default();
    disabled.set_account(engine::pod::Account { flags: 0, ..account(ALICE, "ALICE") });
    desk.send(&disabled);
    for (command, expected) in rows {
        let mut payload = Payload::default();
        payload.commands.push(command);
        assert_eq!(said(&desk.send(&payload)[0]), expected, "{command:?}");
    }
}

#[test]
fn a_repeat_has_the_same_terms() {
    let mut desk = Desk::open();
    assert_eq!(desk.line("alice: sell 10 trail 5 tag 1 as a1"), "accepted");
    assert_eq!(desk.line("alice: sell 10 trail 5 tag 1 as a1"), "repeat");
    assert_eq!(desk.line("alice: sell 10 trail 5 tag 2 as a1"), "DuplicateClOrdId");
    assert_eq!(desk.line("alice: sell 10 trail 6 tag 1 as a1"), "DuplicateClOrdId");
    // Where the terms stand in the batch doesn't matter; that there are some does.
    let mut payload = Payload::default();
    payload.line("bob: sell 10 trail 5 as b1");
    payload.line("alice: sell 10 trail 5 tag 1 as a1");
    payload.line("alice: sell 10 trail 5 as a2");
    payload.commands[2].payload_index = 9;
    let verdicts: Vec<String> = desk.send(&payload).iter().map(said).collect();
    assert_eq!(verdicts, ["accepted", "repeat", "UnsupportedCharacteristic"]);
}

#[test]
fn operators_commands_name_what_there_is() {
    let mut desk = Desk::open();
    let mut payload = Payload::default();
    payload.set_session(9, SessionState::Halted);
    payload.set_session(ABC, SessionState::Halted);
    payload.commands[1].payload_index = 99;
    payload.set_session(ABC, SessionState::Halted);
    payload.commands[2].price = -1;
    payload.set_last_trade(9, 100);
    payload.set_last_trade(ABC, 0);
    payload.set_last_trade(ABC, 150);
    let verdicts: Vec<String> = desk.send(&payload).iter().map(said).collect();
    let unsupported = "UnsupportedCharacteristic";
    assert_eq!(
        verdicts,
        ["UnknownSymbol", unsupported, "TickSize", "UnknownSymbol", "TickSize", "accepted"]
    );
    assert_eq!(desk.risk.reference_price(ABC), Some(150));
    assert_eq!(desk.risk.reference_price(XYZ), Some(100));
}

#[test]
fn a_pegged_order_reserves_what_it_may_come_to() {
    // The best bid is 100 and the best offer 120, the reference price 100, the collar 5 % wide.
    let rows = [
        ("alice: buy 10 peg @ 150 as x", Side::Buy, 1_500),
        ("alice: buy 10 peg as x", Side::Buy, 1_050),
        ("alice: sell 10 peg offset 5 as x", Side::Sell, 1_050),
        ("alice: sell 10 peg offset 5 @ 70 as x", Side::Sell, 1_050),
        ("alice: sell 10 peg offset 5 @ 107 as x", Side::Sell, 1_070),
    ];
    for (line, side, notional) in rows {
        let mut desk = Desk::open();
        let checks = bits::BUYING_POWER | bits::COLLAR;
        let mut limits = Limits { checks, collar_bps: 10_000, ..no_limits(ALICE) };
        limits.set_credit(2_000 * UNIT);
        desk.accepted(&["bob: buy 1 @ 100 as b1", "bob: sell 1 @ 120 as b2"]);
        desk.limit(limits);
        let mut rules = Payload::default();
        rules.set_rules(InstrumentRules {
            instrument: ABC,
            protection_bps: 500,
            ..InstrumentRules::zeroed()
        });
        assert_eq!(said(&desk.send(&rules)[0]), "accepted");
        assert_eq!(reserved(&mut desk, line, side), [(10, notional); 2], "{line}");
        // What it stands at is less, and none of the rest is free.
        let available = 2_000 * UNIT - notional * UNIT;
        assert_eq!(desk.risk.buying(ALICE).map(|buying| buying.available), Some(available));
        desk.accepted(&["bob: buy 1 @ 104 as b3", "bob: buy 1 @ 119 as b4"]);
        desk.settle();
        assert!(desk.risk.buying(ALICE).is_some_and(|buying| buying.available >= 0), "{line}");
        assert_eq!(desk.line("alice: cancel x"), "accepted");
        desk.settle();
        assert_eq!(open(&desk, side), (0, 0), "{line}");
    }
}

#[test]
fn a_pegged_order_s_limit_can_be_moved() {
    let mut desk = Desk::open();
    desk.accepted(&["bob: buy 1 @ 100 as b1", "alice: buy 10 peg @ 110 as a1"]);
    desk.settle();
    let line = "alice: replace a1 @ 130 total 4 as a2";
    assert_eq!(reserved(&mut desk, line, Side::Buy), [(10, 1_300), (4, 520)], "4 at 130, or 10");
    // What it may have come to under the higher limit stays counted until it ends.
    let line = "alice: replace a1 @ 120 total 6 as a3";
    assert_eq!(reserved(&mut desk, line, Side::Buy), [(6, 780), (6, 780)]);
    desk.accepted(&["bob: sell 4 @ 90 as b2"]);
    desk.settle();
    let position = desk.risk.position_in(ALICE, ABC).expect("she traded");
    assert_eq!((position.quantity, position.open_buy, position.buy_notional), (3, 3, 390));
    assert_eq!(desk.line("alice: cancel a1"), "accepted");
    desk.settle();
    assert_eq!(open(&desk, Side::Buy), (0, 0));
}

#[test]
fn a_sale_below_the_market_is_counted_at_the_market_until_it_rests() {
    // The last trade was at 100, and bob bids that.
    type Narrow = fn(&mut Limits);
    let rows: [(Narrow, &str, &str); 9] = [
        (|l| l.set_max_order_notional(999 * UNIT), "alice: sell 10 @ 1 as x", "MaxOrderNotional"),
        (|l| l.set_max_order_notional(1_000 * UNIT), "alice: sell 10 @ 1 as x", "accepted"),
        (|l| l.set_max_gross_exposure(999 * UNIT), "alice: sell 10 @ 1 as x", "NotionalThreshold"),
        (|l| l.set_max_gross_exposure(1_000 * UNIT), "alice: sell 10 @ 1 as x", "accepted"),
        (|l| l.set_credit(999 * UNIT), "alice: sell 10 @ 1 as x", "InsufficientCredit"),
        (|l| l.set_credit(1_000 * UNIT), "alice: sell 10 @ 1 as x", "accepted"),
        (|l| l.set_credit(1_009 * UNIT), "alice: sell 10 @ 101 as x", "InsufficientCredit"),
        // It buys at its limit or below.
        (|l| l.set_credit(10 * UNIT), "alice: buy 10 @ 1 as x", "accepted"),
        (|l| l.set_credit(999 * UNIT), "alice: buy 10 @ 100 as x", "InsufficientCredit"),
    ];
    for (narrow, line, expected) in rows {
        let mut desk = Desk::open();
        let mut limits = wide_limits(ALICE);
        narrow(&mut limits);
        desk.limit(limits);
        desk.accepted(&["bob: buy 10 @ 100 as b1"]);
        assert_eq!(desk.risk.check(&command(line)).refused.is_none(), expected == "accepted");
        assert_eq!(desk.line(line), expected, "{line}");
        desk.settle();
        assert!(desk.risk.buying(ALICE).is_some_and(|buying| buying.available >= 0), "{line}");
    }
    let mut desk = Desk::open();
    let line = "alice: sell 10 @ 90 as a1";
    assert_eq!(reserved(&mut desk, line, Side::Sell), [(10, 1_000), (10, 900)], "it rests at 90");
    let line = "alice: replace a1 @ 80 as a2";
    assert_eq!(reserved(&mut desk, line, Side::Sell), [(10, 1_000), (10, 800)]);
}

#[test]
fn a_stop_limit_that_sells_is_counted_at_what_it_may_bring() {
    let sell = |line: &str| reserved(&mut Desk::open(), line, Side::Sell);
    assert_eq!(sell("alice: sell 10 stop 90 limit 1 as x"), [(10, 1_000); 2], "the last trade's");
    assert_eq!(sell("alice: sell 10 stop 90 limit 120 as x"), [(10, 1_200); 2]);
    assert_eq!(Desk::open().line("alice: sell 10 stop 90 limit 0 as x"), "TickSize");
    let mut desk = Desk::open();
    desk.accepted(&["alice: sell 10 stop 90 limit 85 as x"]);
    let line = "alice: replace x stop 98 @ 105 as y";
    assert_eq!(reserved(&mut desk, line, Side::Sell), [(10, 1_050); 2]);
    let line = "alice: replace y stop 80 @ 70 as z";
    assert_eq!(reserved(&mut desk, line, Side::Sell), [(10, 1_050); 2], "it never falls");
    // It fires, and alice is short no more than was counted.
    let mut desk = Desk::open();
    let mut limits = wide_limits(ALICE);
    limits.set_credit(1_000 * UNIT);
    desk.limit(limits);
    assert_eq!(desk.line("alice: sell 11 stop 97 limit 1 as a1"), "InsufficientCredit");
    desk.accepted(&["bob: buy 10 @ 96 as b1", "alice: sell 10 stop 97 limit 1 as a2"]);
    let mut payload = Payload::default();
    payload.set_last_trade(ABC, 97);
    desk.send(&payload);
    desk.settle();
    let buying = desk.risk.buying(ALICE).expect("alice");
    assert_eq!((buying.used, buying.reserved, buying.available), (960 * UNIT, 0, 40 * UNIT));
}
