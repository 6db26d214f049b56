//! One row for each check and each side of its boundary, in order of precedence.

mod desk;

use desk::*;
use engine::pod::{Command, Flow, Instrument, Limits, ACCOUNT_ENABLED, INSTRUMENT_ENABLED};
use engine::reject::Reject;
use engine::risk::bits;

/// Fast enough for any test.
const FAST: Flow = Flow { messages: 1_000_000, burst: 65_535, window_ms: 1, duplicates: 4_095 };

/// Alice buys 5 at 100, and others trade at 90.
const LOST: [&str; 4] = [
    "bob: sell 5 @ 100 as b1",
    "alice: buy 5 @ 100 as a1",
    "bob: sell 1 @ 90 as b2",
    "carol: buy 1 @ 90 as c1",
];

/// What alice's limits are changed to, what happens first, a command, and what risk says to it.
type Row = (&'static str, fn(&mut Limits), &'static [&'static str], &'static str, &'static str);

fn run(rows: &[Row]) {
    for (name, narrow, before, line, expected) in rows {
        let mut desk = Desk::open();
        let mut limits = wide_limits(ALICE);
        narrow(&mut limits);
        desk.limit(limits);
        desk.accepted(before);
        // A dry run is told what the order is told, and leaves no trace.
        desk.settle();
        let hash = desk.risk.state_hash();
        let dry = desk.risk.check(&command(line)).refused;
        let dry = dry.map_or_else(|| "accepted".to_owned(), |reason| format!("{reason:?}"));
        assert_eq!(dry, *expected, "{name}: dry run of {line}");
        assert_eq!(desk.risk.state_hash(), hash);
        assert_eq!(desk.line(line), *expected, "{name}: {line}");
    }
}

#[test]
fn limits_in_order_of_precedence() {
    run(&[
        (
            "restricted",
            |l| l.checks |= bits::RESTRICTED,
            &[],
            "alice: buy 1 @ 100 as x",
            "RestrictedSymbol",
        ),
        (
            "message rate, at the limit",
            |l| l.flow = Flow { messages: 1, burst: 3, ..FAST }.word(),
            &["alice: buy 1 @ 100 as a1", "alice: cancel a1", "alice: buy 1 @ 100 as a2"],
            "alice: buy 1 @ 100 as x",
            "accepted",
        ),
        (
            "message rate, one over",
            |l| l.flow = Flow { messages: 1, burst: 2, ..FAST }.word(),
            &["alice: buy 2 @ 100 as a1", "alice: replace a1 total 1 as a2"],
            "alice: buy 1 @ 100 as x",
            "Throttled",
        ),
        (
            "message rate of nothing a second",
            |l| l.flow = Flow { messages: 0, ..FAST }.word(),
            &[],
            "alice: buy 1 @ 100 as x",
            "Throttled",
        ),
        (
            "open orders, at the limit",
            |l| l.max_open_orders = 2,
            &["alice: buy 1 @ 100 as a1"],
            "alice: buy 1 @ 100 as x",
            "accepted",
        ),
        (
            "open orders, one over",
            |l| l.max_open_orders = 1,
            &["alice: buy 1 @ 100 as a1"],
            "alice: buy 1 @ 100 as x",
            "MaxOpenOrders",
        ),
        (
            "quantity, at the limit",
            |l| l.max_order_quantity = 10,
            &[],
            "alice: buy 10 @ 100 as x",
            "accepted",
        ),
        (
            "quantity, one over",
            |l| l.max_order_quantity = 10,
            &[],
            "alice: buy 11 @ 100 as x",
            "ClipSize",
        ),
        (
            "notional, at the limit",
            |l| l.set_max_order_notional(1_000 * UNIT),
            &[],
            "alice: buy 10 @ 100 as x",
            "accepted",
        ),
        (
            "notional, one over",
            |l| l.set_max_order_notional(1_000 * UNIT - 1),
            &[],
            "alice: buy 10 @ 100 as x",
            "MaxOrderNotional",
        ),
        (
            "collar above, at the limit",
            |l| l.collar_bps = 1_000,
            &[],
            "alice: buy 1 @ 110 as x",
            "accepted",
        ),
        (
            "collar above, one over",
            |l| l.collar_bps = 1_000,
            &[],
            "alice: buy 1 @ 111 as x",
            "PriceBand",
        ),
        (
            "collar below, at the limit",
            |l| l.collar_bps = 1_000,
            &[],
            "alice: buy 1 @ 90 as x",
            "accepted",
        ),
        (
            "collar below, one over",
            |l| l.collar_bps = 1_000,
            &[],
            "alice: sell 1 @ 89 as x",
            "PriceBand",
        ),
        ("collar of nothing", |l| l.collar_bps = 0, &[], "alice: sell 1 @ 100 as x", "accepted"),
        (
            "position long, at the limit",
            |l| l.max_position = 10,
            &["alice: buy 4 @ 100 as a1"],
            "alice: buy 6 @ 100 as x",
            "accepted",
        ),
        (
            "position long, one over",
            |l| l.max_position = 10,
            &["alice: buy 4 @ 100 as a1"],
            "alice: buy 7 @ 100 as x",
            "ExceedsLimit",
        ),
        (
            "position short, at the limit",
            |l| l.max_position = 10,
            &["alice: sell 4 @ 100 as a1"],
            "alice: sell 6 @ 100 as x",
            "accepted",
        ),
        (
            "position short, one over",
            |l| l.max_position = 10,
            &["alice: sell 4 @ 100 as a1"],
            "alice: sell 7 @ 100 as x",
            "ExceedsLimit",
        ),
        (
            "position, the other side is not netted",
            |l| l.max_position = 10,
            &["alice: sell 10 @ 101 as a1"],
            "alice: buy 10 @ 100 as x",
            "accepted",
        ),
        (
            "position, held and open",
            |l| l.max_position = 10,
            &["bob: sell 6 @ 100 as b1", "alice: buy 6 @ 100 as a1"],
            "alice: buy 5 @ 100 as x",
            "ExceedsLimit",
        ),
        (
            "position, turned around",
            |l| l.max_position = 10,
            &["bob: sell 6 @ 100 as b1", "alice: buy 6 @ 100 as a1"],
            "alice: sell 16 @ 100 as x",
            "accepted",
        ),
        (
            "position, turned around, one over",
            |l| l.max_position = 10,
            &["bob: sell 6 @ 100 as b1", "alice: buy 6 @ 100 as a1"],
            "alice: sell 17 @ 100 as x",
            "ExceedsLimit",
        ),
        (
            "gross position, at the limit",
            |l| l.max_gross_position = 30,
            &["bob: sell 10 @ 100 as b1", "alice: buy 10 @ 100 as a1", "alice: sell 8 @ 110 as a2"],
            "alice: buy 12 @ 90 as x",
            "accepted",
        ),
        (
            "gross position, one over",
            |l| l.max_gross_position = 30,
            &["bob: sell 10 @ 100 as b1", "alice: buy 10 @ 100 as a1", "alice: sell 8 @ 110 as a2"],
            "alice: sell 13 @ 110 as x",
            "ExceedsLimit",
        ),
        (
            "gross exposure, at the limit",
            |l| l.set_max_gross_exposure(3_000 * UNIT),
            &["alice: buy 10 @ 100 as a1", "alice: sell 10 @ 110 on XYZ as a2"],
            "alice: buy 9 @ 100 as x",
            "accepted",
        ),
        (
            "gross exposure, one over",
            |l| l.set_max_gross_exposure(2_999 * UNIT),
            &["alice: buy 10 @ 100 as a1", "alice: sell 10 @ 110 on XYZ as a2"],
            "alice: buy 9 @ 100 as x",
            "NotionalThreshold",
        ),
        (
            "credit, at the limit",
            |l| l.set_credit(1_000 * UNIT),
            &["alice: buy 4 @ 100 as a1"],
            "alice: buy 6 @ 100 as x",
            "accepted",
        ),
        (
            "credit, one over",
            |l| l.set_credit(1_000 * UNIT - 1),
            &["alice: buy 4 @ 100 as a1"],
            "alice: buy 6 @ 100 as x",
            "InsufficientCredit",
        ),
        (
            "credit, open on the other side",
            |l| l.set_credit(1_000 * UNIT),
            &["alice: buy 10 @ 100 as a1"],
            "alice: sell 9 @ 110 as x",
            "accepted",
        ),
        (
            "credit, more open on the other side",
            |l| l.set_credit(1_000 * UNIT),
            &["alice: buy 10 @ 100 as a1"],
            "alice: sell 10 @ 110 as x",
            "InsufficientCredit",
        ),
        (
            "credit, closing needs none",
            |l| l.set_credit(600 * UNIT),
            &["bob: sell 6 @ 100 as b1", "alice: buy 6 @ 100 as a1"],
            "alice: sell 6 @ 150 as x",
            "accepted",
        ),
        (
            "credit, used up by a position",
            |l| {
                l.set_credit(600 * UNIT);
                l.checks &= !bits::COLLAR;
            },
            &["bob: sell 6 @ 100 as b1", "alice: buy 6 @ 100 as a1"],
            "alice: buy 1 @ 1 on XYZ as x",
            "InsufficientCredit",
        ),
        (
            "quantity wins over notional",
            |l| {
                l.max_order_quantity = 1;
                l.set_max_order_notional(1);
            },
            &[],
            "alice: buy 2 @ 100 as x",
            "ClipSize",
        ),
        (
            "notional wins over the collar",
            |l| {
                l.collar_bps = 0;
                l.set_max_order_notional(1);
            },
            &[],
            "alice: buy 2 @ 101 as x",
            "MaxOrderNotional",
        ),
        (
            "the collar wins over the position",
            |l| {
                l.collar_bps = 0;
                l.max_position = 1;
            },
            &[],
            "alice: buy 2 @ 101 as x",
            "PriceBand",
        ),
        (
            "the position wins over credit",
            |l| {
                l.set_credit(0);
                l.max_position = 1;
            },
            &[],
            "alice: buy 2 @ 100 as x",
            "ExceedsLimit",
        ),
        (
            "open orders win over quantity",
            |l| {
                l.max_open_orders = 0;
                l.max_order_quantity = 1;
            },
            &[],
            "alice: buy 2 @ 100 as x",
            "MaxOpenOrders",
        ),
        (
            "all checks off",
            |l| {
                *l = no_limits(ALICE);
            },
            &[],
            "alice: buy 1000000 @ 1000000 as x",
            "accepted",
        ),
        (
            "a market order is worth the edge of the collar",
            |l| {
                l.collar_bps = 1_000;
                l.set_max_order_notional(1_100 * UNIT);
            },
            &[],
            "alice: buy 10 market as x",
            "accepted",
        ),
        (
            "a market order, one over",
            |l| {
                l.collar_bps = 1_000;
                l.set_max_order_notional(1_100 * UNIT - 1);
            },
            &[],
            "alice: sell 10 market as x",
            "MaxOrderNotional",
        ),
        (
            "a market order reserves",
            |l| {
                l.checks &= !bits::COLLAR;
                l.set_credit(999 * UNIT);
            },
            &[],
            "alice: buy 10 market as x",
            "InsufficientCredit",
        ),
        (
            "short sale, at what was located",
            |l| l.max_short = 4,
            &["bob: sell 6 @ 100 as b1", "alice: buy 6 @ 100 as a1", "alice: sell 3 @ 110 as a2"],
            "alice: sell 7 @ 110 as x",
            "accepted",
        ),
        (
            "short sale, one over",
            |l| l.max_short = 4,
            &["bob: sell 6 @ 100 as b1", "alice: buy 6 @ 100 as a1", "alice: sell 3 @ 110 as a2"],
            "alice: sell 8 @ 110 as x",
            "ShortSell",
        ),
        ("a buy is no short sale", |l| l.max_short = 0, &[], "alice: buy 8 @ 100 as x", "accepted"),
        (
            "the same order, at the limit",
            |l| l.flow = Flow { window_ms: 10, duplicates: 2, ..FAST }.word(),
            &["alice: buy 1 @ 100 as a1"],
            "alice: buy 1 @ 100 as x",
            "accepted",
        ),
        (
            "the same order, one over",
            |l| l.flow = Flow { window_ms: 10, duplicates: 2, ..FAST }.word(),
            &["alice: buy 1 @ 100 as a1", "alice: buy 1 @ 100 as a2"],
            "alice: buy 1 @ 100 as x",
            "DuplicateOrderFlow",
        ),
        (
            "the same order, not in a row",
            |l| l.flow = Flow { window_ms: 10, duplicates: 1, ..FAST }.word(),
            &["alice: buy 1 @ 100 as a1", "alice: buy 1 @ 99 as a2"],
            "alice: buy 1 @ 100 as x",
            "accepted",
        ),
        (
            "loss of the day, at the limit",
            |l| l.set_max_daily_loss(50 * UNIT),
            &LOST,
            "alice: buy 1 @ 90 as x",
            "accepted",
        ),
        (
            "loss of the day, one over",
            |l| l.set_max_daily_loss(49 * UNIT),
            &LOST,
            "alice: buy 1 @ 90 as x",
            "DailyLoss",
        ),
        (
            "loss of the day, but it closes",
            |l| l.set_max_daily_loss(49 * UNIT),
            &LOST,
            "alice: sell 5 @ 90 as x",
            "accepted",
        ),
        (
            "loss of the day, and it turns around",
            |l| l.set_max_daily_loss(49 * UNIT),
            &LOST,
            "alice: sell 6 @ 90 as x",
            "DailyLoss",
        ),
    ]);
}

#[test]
fn collars_follow_the_last_trade() {
    let trade = ["bob: sell 1 @ 108 as b1", "carol: buy 1 @ 108 as c1"];
    let mut desk = Desk::open();
    desk.limit(Limits { collar_bps: 1_000, ..wide_limits(ALICE) });
    assert_eq!(desk.line("alice: buy 1 @ 118 as a1"), "PriceBand");
    desk.accepted(&trade);
    assert_eq!(desk.line("alice: buy 1 @ 118 as a2"), "accepted");
    assert_eq!(desk.line("alice: buy 1 @ 119 as a3"), "PriceBand", "10.8 is rounded down");
    assert_eq!(desk.risk.reference_price(ABC), Some(108));
}

#[test]
fn what_needs_a_reference_price_and_has_none_is_refused() {
    let rows: [(u64, &str, &str); 7] = [
        (bits::COLLAR, "alice: buy 1 @ 100 as x", "NoReferencePrice"),
        (bits::COLLAR, "alice: buy 1 market as x", "NoReferencePrice"),
        (bits::ORDER_NOTIONAL, "alice: buy 1 market as x", "NoReferencePrice"),
        (bits::BUYING_POWER, "alice: buy 1 market as x", "NoReferencePrice"),
        (bits::GROSS_EXPOSURE, "alice: buy 1 market as x", "NoReferencePrice"),
        (bits::ALL & !bits::COLLAR & !bits::RESTRICTED, "alice: buy 1 @ 100 as x", "accepted"),
        (bits::POSITION, "alice: buy 1 market as x", "accepted"),
    ];
    for (checks, line, expected) in rows {
        let mut desk = Desk::open();
        desk.list(instrument(ABC, "ABC"));
        desk.limit(Limits { checks, ..wide_limits(ALICE) });
        assert_eq!(desk.line(line), expected, "checks {checks:#b}: {line}");
    }
}

/// Changes one thing about a good order.
type Spoil = fn(&mut Command);

#[test]
fn shape_and_state_in_order_of_precedence() {
    // Each row spoils one thing; it wins over every later row that is spoilt as well.
    let rows: [(Spoil, Reject); 21] = [
        (|c| c.account = 9, Reject::UnknownAccount),
        (|c| c.instrument = 9, Reject::UnknownSymbol),
        (|c| c.set_cl_ord_id(id("used")), Reject::DuplicateClOrdId),
        (|c| c.side = 0, Reject::UnsupportedCharacteristic),
        (|c| c.side = 3, Reject::UnsupportedCharacteristic),
        (|c| c.ord_type = 0, Reject::UnsupportedCharacteristic),
        (|c| c.time_in_force = 9, Reject::UnsupportedCharacteristic),
        (|c| c.ord_type = 99, Reject::UnsupportedCharacteristic),
        (|c| c.flags = 1, Reject::UnsupportedCharacteristic),
        (|c| c.flags = 1 << 8, Reject::UnsupportedCharacteristic),
        (|c| c.expire_time = 5, Reject::UnsupportedCharacteristic),
        (|c| c.order_id = 5, Reject::UnsupportedCharacteristic),
        (|c| c.quantity = 0, Reject::IncorrectQuantity),
        (|c| c.quantity = -10, Reject::IncorrectQuantity),
        (|c| c.quantity = 15, Reject::IncorrectQuantity),
        (|c| c.display_quantity = 5, Reject::IncorrectQuantity),
        (|c| c.price = 101, Reject::TickSize),
        (|c| c.price = -5, Reject::TickSize),
        (|c| c.stop_price = 101, Reject::TickSize),
        (|c| c.instrument = XYZ, Reject::MarketClosed),
        (|c| c.set_cl_ord_id(id("burnt")), Reject::Stale),
    ];
    let mut spoilt = command("alice: buy 20 @ 105 as x");
    spoilt.account = ALICE;
    for (at, (spoil, reason)) in rows.iter().enumerate() {
        let mut desk = Desk::open();
        let strict = Instrument {
            tick_size: 5,
            lot_size: 10,
            min_quantity: 20,
            max_quantity: 40,
            reference_price: 100,
            ..instrument(ABC, "ABC")
        };
        desk.list(strict);
        desk.list(Instrument { flags: 0, symbol: words("XYZ"), id: XYZ, ..strict });
        desk.accepted(&["alice: buy 20 @ 100 as used"]);
        assert_eq!(desk.line("alice: cancel burnt as c1"), "UnknownOrder");
        // The limits that come after state hold as well: alice may not trade at all.
        desk.limit(Limits { max_order_quantity: 1, ..wide_limits(ALICE) });
        for (later, _) in &rows[at..] {
            let mut one = spoilt;
            later(&mut one);
            spoil(&mut one);
            assert_eq!(desk.risk.check(&one).refused, Some(*reason), "row {at}");
        }
        let mut payload = Payload::default();
        payload.commands.push(spoilt);
        spoil(&mut payload.commands[0]);
        assert_eq!(said(&desk.send(&payload)[0]), format!("{reason:?}"), "row {at}");
    }
}

#[test]
fn quantities_fit_to_lot_minimum_and_maximum() {
    let rows = [
        (19, "IncorrectQuantity"),
        (10, "IncorrectQuantity"),
        (20, "accepted"),
        (25, "IncorrectQuantity"),
        (40, "accepted"),
        (50, "IncorrectQuantity"),
    ];
    let mut desk = Desk::open();
    let (lot_size, min_quantity, max_quantity) = (10, 20, 40);
    desk.list(Instrument { lot_size, min_quantity, max_quantity, ..instrument(ABC, "ABC") });
    desk.limit(no_limits(ALICE));
    for (quantity, expected) in rows {
        let line = format!("alice: buy {quantity} @ 100 as q{quantity}");
        assert_eq!(desk.line(&line), expected, "{line}");
    }
    // Without a maximum of its own an instrument has the engine's.
    assert_eq!(desk.line("alice: buy 1000000000000 @ 1 on XYZ as m1"), "accepted");
    assert_eq!(desk.line("alice: buy 1000000000001 @ 1 on XYZ as m2"), "IncorrectQuantity");
    assert_eq!(desk.line("alice: buy 1 @ 1000000000000 on XYZ as m3"), "accepted");
    assert_eq!(desk.line("alice: buy 1 @ 1000000000001 on XYZ as m4"), "TickSize");
}

#[test]
fn who_may_not_trade() {
    let mut desk = Desk::open();
    let mut payload = Payload::default();
    payload.set_account(account(4, "DAVE"));
    desk.send(&payload);
    let mut order = command("alice: buy 1 @ 100 as x");
    order.account = 4;
    assert_eq!(desk.risk.check(&order).refused, Some(Reject::AccountDisabled), "no limits yet");
    desk.limit(no_limits(4));
    assert_eq!(desk.risk.check(&order).refused, None);

    desk.accepted(&["alice: buy 5 @ 100 as a1"]);
    let mut disabled = Payload::default();
    disabled.set_account(engine::pod::Account { flags: 0, ..account(ALICE, "ALICE") });
    desk.send(&disabled);
    assert_eq!(desk.line("alice: buy 1 @ 100 as a2"), "AccountDisabled");
    assert_eq!(desk.line("alice: replace a1 total 4 as a3"), "AccountDisabled");
    assert_eq!(desk.line("alice: cancel a1 as a4"), "accepted", "who is out can always get out");
    assert_eq!(ACCOUNT_ENABLED, 1);
}

#[test]
fn limits_on_one_instrument_replace_those_on_all() {
    let mut desk = Desk::open();
    desk.limit(Limits {
        instrument: XYZ,
        max_order_quantity: 5,
        checks: bits::ORDER_QUANTITY,
        ..wide_limits(ALICE)
    });
    desk.limit(Limits { max_order_quantity: 7, max_position: 7, ..wide_limits(ALICE) });
    assert_eq!(desk.line("alice: buy 6 @ 100 on XYZ as x1"), "ClipSize");
    assert_eq!(desk.line("alice: buy 8 @ 100 as x2"), "ClipSize");
    assert_eq!(desk.line("alice: buy 5 @ 100 on XYZ as x3"), "accepted");
    assert_eq!(
        desk.line("alice: buy 5 @ 100 on XYZ as x4"),
        "accepted",
        "its position is unchecked"
    );
    assert_eq!(desk.risk.all_limits(ALICE).len(), 2);
    assert_eq!(desk.risk.limits(ALICE, XYZ).map(|limits| limits.max_order_quantity), Some(5));
    assert_eq!(desk.risk.limits(ALICE, 0).map(|limits| limits.max_order_quantity), Some(7));
    assert_eq!(desk.risk.limits(BOB, XYZ), None);
    // What limits on one instrument can't decide is refused, not left unheeded.
    for checks in [bits::COLLAR, bits::BUYING_POWER | bits::POSITION, bits::DAILY_LOSS] {
        let mut payload = Payload::default();
        payload.set_limits(Limits { instrument: XYZ, checks, ..wide_limits(BOB) });
        assert_eq!(said(&desk.send(&payload)[0]), "UnsupportedCharacteristic");
    }
    assert_eq!(desk.risk.limits(BOB, XYZ), None);
}

#[test]
fn a_dry_run_shows_every_check_with_its_headroom() {
    let mut desk = Desk::open();
    let mut limits = wide_limits(ALICE);
    limits.checks &= !bits::COLLAR;
    limits.max_order_quantity = 10;
    limits.max_position = 12;
    limits.set_credit(1_500 * UNIT);
    desk.limit(limits);
    desk.accepted(&["alice: buy 4 @ 100 as a1"]);
    let dry = desk.risk.check(&command("alice: buy 9 @ 100"));
    assert_eq!(dry.refused, Some(Reject::ExceedsLimit));
    let table: Vec<_> = dry
        .checks
        .iter()
        .map(|c| (c.check.name(), c.passed, c.off, c.limit, c.value, c.headroom()))
        .collect();
    let notional = 1_000_000_000 * UNIT;
    assert_eq!(
        table,
        [
            ("account", true, false, 0, 0, 0),
            ("kill_switch", true, false, 0, 0, 0),
            ("restricted", true, true, 0, 0, 0),
            ("message_rate", true, false, 65_535, 2, 65_533),
            ("open_orders", true, false, 1_000, 2, 998),
            ("order_quantity", true, false, 10, 9, 1),
            ("order_notional", true, false, notional, 900 * UNIT, notional - 900 * UNIT),
            ("collar", true, true, 0, 0, 0),
            ("reference_price", true, true, 0, 0, 0),
            ("conversion", true, false, 0, 0, 0),
            ("position", false, false, 12, 13, -1),
            ("gross_position", true, false, 1_000_000, 13, 999_987),
            ("gross_exposure", true, false, notional, 1_300 * UNIT, notional - 1_300 * UNIT),
            ("buying_power", true, false, 11_000_000 * UNIT, 9_000_000 * UNIT, 2_000_000 * UNIT),
            ("reduce_only", true, true, 0, 13, -13),
            ("duplicate_flow", true, false, 4_095, 1, 4_094),
            ("daily_loss", true, false, notional * 10_000, 0, notional * 10_000),
            ("maintenance_margin", true, true, 0, 0, 0),
        ]
    );
}

#[test]
fn margin_is_part_of_the_notional_and_follows_its_instrument() {
    let mut desk = Desk::open();
    let half = Instrument {
        initial_margin_bps: 5_000,
        reference_price: 100,
        flags: INSTRUMENT_ENABLED,
        ..instrument(ABC, "ABC")
    };
    desk.list(half);
    let mut limits = wide_limits(ALICE);
    limits.set_credit(1_000 * UNIT);
    desk.limit(limits);
    desk.accepted(&["alice: buy 16 @ 100 as a1"]);
    assert_eq!(
        desk.risk.buying(ALICE).map(|b| (b.reserved, b.available)),
        Some((800 * UNIT, 200 * UNIT))
    );
    assert_eq!(desk.line("alice: buy 5 @ 100 as a2"), "InsufficientCredit");
    desk.list(Instrument { initial_margin_bps: 10_000, ..half });
    let now = desk.risk.buying(ALICE).expect("alice is there");
    assert_eq!((now.reserved, now.available), (1_600 * UNIT, -600 * UNIT));
    assert_eq!(desk.line("alice: sell 1 @ 100 as a3"), "accepted", "it needs nothing more");
}

#[test]
fn an_order_without_a_client_order_id_is_of_no_shape_whatever_its_limits() {
    let mut desk = Desk::open();
    desk.limit(Limits { max_order_quantity: 1, ..wide_limits(ALICE) });
    for (line, told) in [
        ("alice: buy 1 @ 100", "UnsupportedCharacteristic"),
        ("alice: buy 2 @ 100", "UnsupportedCharacteristic"),
        ("alice: buy 0 @ 100", "UnsupportedCharacteristic"),
    ] {
        assert_eq!(desk.line(line), told, "{line}");
    }
}
