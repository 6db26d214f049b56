//! Firms, the venue, kill switches, and what depends on time: limits that hold for many accounts.

mod desk;

use bytemuck::Zeroable;
use desk::*;
use engine::pod::{
    Account, Command, CommandKind, Flow, Instrument, Limits, LIMITS_OF_FIRM, LIMITS_OF_VENUE,
};
use engine::risk::{bits, Level};

/// Alice and bob are of firm 1, carol of firm 2.
fn open() -> Desk {
    let mut desk = Desk::empty();
    let mut setup = Payload::default();
    for (id, symbol) in [(ABC, "ABC"), (XYZ, "XYZ")] {
        setup.set_instrument(Instrument { reference_price: 100, ..instrument(id, symbol) });
    }
    for (id, name, firm) in [(ALICE, "ALICE", 1), (BOB, "BOB", 1), (CAROL, "CAROL", 2)] {
        setup.set_account(Account { firm, ..account(id, name) });
        setup.set_limits(wide_limits(id));
    }
    let verdicts = desk.send(&setup);
    assert!(verdicts.iter().all(|verdict| said(verdict) == "accepted"));
    desk
}

fn of_firm(firm: u32) -> Limits {
    let wide = wide_limits(firm);
    Limits { checks: wide.checks | LIMITS_OF_FIRM, ..wide }
}

fn of_venue() -> Limits {
    let wide = wide_limits(0);
    Limits { checks: wide.checks | LIMITS_OF_VENUE, ..wide }
}

fn switch(desk: &mut Desk, kind: CommandKind, level: u16, account: u32) -> String {
    let mut payload = Payload::default();
    let (kind, payload_index) = (kind.number(), level);
    payload.commands.push(Command { kind, payload_index, account, ..Command::zeroed() });
    said(&desk.send(&payload)[0])
}

/// What firm 1's limits are changed to, what happens first, and what is said to alice and carol.
type Row = (&'static str, fn(&mut Limits), &'static [&'static str], &'static str, &'static str);

#[test]
fn a_firms_limits_hold_for_its_accounts_together() {
    let rows: [Row; 14] = [
        ("open orders", |l| l.max_open_orders = 2, &[BOB_BUYS], BUYS, "accepted"),
        ("open orders", |l| l.max_open_orders = 1, &[BOB_BUYS], BUYS, "MaxOpenOrders"),
        ("quantity", |l| l.max_order_quantity = 9, &[], BUYS, "ClipSize"),
        ("notional", |l| l.set_max_order_notional(999 * UNIT), &[], BUYS, "MaxOrderNotional"),
        ("position", |l| l.max_position = 20, &[BOB_BUYS], BUYS, "accepted"),
        ("position", |l| l.max_position = 19, &[BOB_BUYS], BUYS, "ExceedsLimit"),
        ("gross position", |l| l.max_gross_position = 29, &HELD, BUYS, "ExceedsLimit"),
        ("gross position", |l| l.max_gross_position = 30, &HELD, BUYS, "accepted"),
        (
            "gross exposure",
            |l| l.set_max_gross_exposure(1_989 * UNIT),
            &[BOB_BUYS],
            BUYS,
            "NotionalThreshold",
        ),
        ("credit", |l| l.set_credit(1_990 * UNIT), &[BOB_BUYS], BUYS, "accepted"),
        ("credit", |l| l.set_credit(1_989 * UNIT), &[BOB_BUYS], BUYS, "InsufficientCredit"),
        ("short", |l| l.max_short = 3, &["bob: sell 3 @ 110 as b1"], SELLS, "ShortSell"),
        (
            "rate",
            |l| l.flow = Flow { messages: 1, burst: 1, window_ms: 1, duplicates: 9 }.word(),
            &[BOB_BUYS],
            BUYS,
            "Throttled",
        ),
        (
            "the same order",
            |l| l.flow = Flow { messages: 9, burst: 9, window_ms: 1, duplicates: 1 }.word(),
            &["bob: buy 10 @ 100 as b1"],
            BUYS,
            "DuplicateOrderFlow",
        ),
    ];
    for early in [true, false] {
        for (name, narrow, before, line, expected) in &rows {
            let mut desk = open();
            let mut limits = of_firm(1);
            if *name == "rate" && !early {
                continue; // Messages are counted from the first limits on.
            }
            if *name == "the same order" && !early {
                continue;
            }
            narrow(&mut limits);
            // Limits that come late find what there is already.
            if early {
                desk.limit(limits);
            }
            desk.accepted(before);
            desk.settle();
            if !early {
                desk.limit(limits);
            }
            let carols = line.replace("alice", "carol").replace("as x", "as y");
            let dry = desk.risk.check(&command(line)).refused;
            let dry = dry.map_or_else(|| "accepted".to_owned(), |reason| format!("{reason:?}"));
            assert_eq!(dry, *expected, "{name}: dry run");
            assert_eq!(desk.line(line), *expected, "{name}, early {early}");
            assert_eq!(desk.line(&carols), "accepted", "{name}: another firm's");
        }
    }
}

const BUYS: &str = "alice: buy 10 @ 100 as x";
const SELLS: &str = "alice: sell 1 @ 110 as x";
const BOB_BUYS: &str = "bob: buy 10 @ 99 as b1";
/// Alice and bob trade with each other: net nothing, gross twenty.
const HELD: [&str; 2] = ["bob: sell 10 @ 100 as b1", "alice: buy 10 @ 100 as a1"];

#[test]
fn the_venues_limits_hold_for_everybody() {
    let mut desk = open();
    desk.accepted(&["alice: buy 10 @ 99 as a1", "bob: buy 10 @ 99 as b1"]);
    desk.limit(Limits { max_position: 30, ..of_venue() });
    assert_eq!(desk.line("carol: buy 11 @ 99 as c1"), "ExceedsLimit");
    assert_eq!(desk.line("carol: buy 10 @ 99 as c2"), "accepted");
    assert_eq!(desk.line("bob: cancel b1"), "accepted");
    desk.settle();
    assert_eq!(desk.line("carol: buy 10 @ 99 as c3"), "accepted");
    // What is earlier in the order of precedence is said, at whatever level it is.
    desk.limit(Limits { max_order_quantity: 4, ..of_firm(2) });
    assert_eq!(desk.line("carol: buy 5 @ 99 as c4"), "ClipSize");
    let dry = desk.risk.check(&command("carol: buy 5 @ 99"));
    let failed: Vec<String> =
        dry.checks.iter().filter(|check| !check.passed).map(|check| check.name()).collect();
    assert_eq!(failed, ["firm_order_quantity", "venue_position"]);
    assert!(dry.checks.iter().any(|check| check.level == Level::Venue));
}

#[test]
fn what_a_firm_may_not_trade_nobody_of_it_may() {
    let mut desk = open();
    let checks = bits::RESTRICTED | LIMITS_OF_FIRM;
    desk.limit(Limits { account: 1, instrument: XYZ, checks, ..Limits::zeroed() });
    assert_eq!(desk.line("alice: buy 1 @ 100 on XYZ as a1"), "RestrictedSymbol");
    assert_eq!(desk.line("bob: buy 1 @ 100 on XYZ as b1"), "RestrictedSymbol");
    assert_eq!(desk.line("bob: buy 1 @ 100 as b2"), "accepted");
    assert_eq!(desk.line("carol: buy 1 @ 100 on XYZ as c1"), "accepted");
    // An account that may trade nothing may trade what its own limits there allow.
    let wide = wide_limits(CAROL);
    desk.limit(Limits { checks: wide.checks | bits::RESTRICTED, ..wide });
    assert_eq!(desk.line("carol: buy 1 @ 100 as c2"), "RestrictedSymbol");
    desk.limit(Limits { instrument: ABC, checks: bits::POSITION, ..wide });
    assert_eq!(desk.line("carol: buy 1 @ 100 as c3"), "accepted");
    assert_eq!(desk.line("carol: buy 1 @ 100 on XYZ as c4"), "RestrictedSymbol");
}

#[test]
fn kill_switches_of_every_level() {
    for (level, whose, others) in [(0, ALICE, "accepted"), (1, 1, "accepted"), (2, 0, "KillSwitch")]
    {
        let mut desk = open();
        desk.accepted(&["alice: buy 10 @ 99 as a1"]);
        // What comes before risk knows that the order is cancelled with the switch.
        desk.lag = 9;
        assert_eq!(switch(&mut desk, CommandKind::Kill, level, whose), "accepted");
        assert_eq!(desk.line("alice: buy 1 @ 99 as a2"), "KillSwitch");
        assert_eq!(desk.line("alice: replace a1 total 5 as a3"), "KillSwitch");
        assert_eq!(desk.line("carol: buy 1 @ 99 as c1"), others);
        assert_eq!(desk.line("alice: cancel a1 as a4"), "accepted", "who is out can get out");
        desk.lag = 0;
        desk.settle();
        assert_eq!(desk.risk.standing(Level::Account, ALICE).map(|of| of.open_orders), Some(0));
        // An account that comes later is killed with its firm.
        let mut payload = Payload::default();
        payload.set_account(account(4, "DAVE"));
        payload.set_limits(wide_limits(4));
        desk.send(&payload);
        let mut order = command("alice: buy 1 @ 99 as d1");
        order.account = 4;
        let refused = desk.risk.check(&order).refused.is_some();
        assert_eq!(refused, level != 0, "level {level}");
        assert_eq!(switch(&mut desk, CommandKind::Unkill, level, whose), "accepted");
        assert_eq!(desk.line("alice: buy 1 @ 99 as a5"), "accepted");
        assert_eq!(desk.line("carol: buy 1 @ 99 as c2"), "accepted");
    }
    let mut desk = open();
    for (level, whose, expected) in [
        (0, 9, "UnknownAccount"),
        (1, 9, "UnknownAccount"),
        (2, 1, "UnknownAccount"),
        (3, 0, "UnknownAccount"),
        (4, 0, "UnsupportedCharacteristic"),
    ] {
        assert_eq!(switch(&mut desk, CommandKind::Kill, level, whose), expected);
    }
    // Two switches are on until both are off.
    switch(&mut desk, CommandKind::Kill, 0, ALICE);
    switch(&mut desk, CommandKind::Kill, 2, 0);
    switch(&mut desk, CommandKind::Unkill, 2, 0);
    assert_eq!(desk.line("alice: buy 1 @ 99 as a1"), "KillSwitch");
    switch(&mut desk, CommandKind::Unkill, 0, ALICE);
    assert_eq!(desk.line("alice: buy 1 @ 99 as a2"), "accepted");
}

#[test]
fn a_rate_comes_back_with_time() {
    let mut desk = open();
    let flow = Flow { messages: 10, burst: 2, window_ms: 1, duplicates: 9 }.word();
    desk.limit(Limits { flow, ..wide_limits(ALICE) });
    desk.accepted(&["alice: buy 1 @ 99 as a1", "alice: buy 2 @ 99 as a2"]);
    assert_eq!(desk.line("alice: buy 3 @ 99 as a3"), "Throttled");
    assert_eq!(desk.line("alice: buy 1 @ 99 as a1"), "repeat", "a retry costs nothing");
    desk.now_ns += SECOND_NS / 10 - 1;
    assert_eq!(desk.line("alice: buy 3 @ 99 as a4"), "Throttled");
    desk.now_ns += 1;
    assert_eq!(desk.line("alice: buy 3 @ 99 as a5"), "accepted");
    assert_eq!(desk.line("alice: buy 4 @ 99 as a6"), "Throttled");
    desk.now_ns += 10 * SECOND_NS;
    desk.accepted(&["alice: buy 5 @ 99 as a7", "alice: buy 6 @ 99 as a8"]);
    assert_eq!(desk.line("alice: buy 7 @ 99 as a9"), "Throttled", "no more than the most at once");
}

#[test]
fn a_day_begins_at_midnight_with_the_prices_of_then() {
    let mut desk = open();
    let mut limits = wide_limits(ALICE);
    limits.set_max_daily_loss(49 * UNIT);
    desk.limit(limits);
    desk.accepted(&["carol: sell 5 @ 100 as c1", "alice: buy 5 @ 100 as a1"]);
    desk.accepted(&["carol: sell 1 @ 90 as c2", "bob: buy 1 @ 90 as b1"]);
    desk.settle();
    assert_eq!(desk.line("alice: buy 1 @ 90 as a2"), "DailyLoss");
    // Half a day later the loss is yesterday's.
    desk.wait_ns(DAY_NS / 2);
    desk.accepted(&["alice: buy 1 @ 90 as a3", "alice: cancel a3"]);
    // A fall after midnight counts, whoever traded.
    desk.accepted(&["carol: sell 1 @ 81 as c3", "bob: buy 1 @ 81 as b2"]);
    desk.settle();
    assert_eq!(desk.line("alice: buy 1 @ 80 as a4"), "accepted", "5 times 9 lost");
    desk.accepted(&["alice: cancel a4", "carol: sell 1 @ 80 as c4", "bob: buy 1 @ 80 as b3"]);
    desk.settle();
    assert_eq!(desk.line("alice: buy 1 @ 80 as a5"), "DailyLoss", "5 times 10 lost");
    assert_eq!(desk.line("alice: sell 5 @ 80 as a6"), "accepted", "what closes goes on");
    let firm = Limits { account: 1, ..limits };
    desk.limit(Limits { checks: firm.checks | LIMITS_OF_FIRM, ..firm });
    assert_eq!(desk.line("bob: buy 1 @ 80 as b4"), "DailyLoss", "the firm's loss is everybody's");
    desk.wait_ns(DAY_NS);
    assert_eq!(desk.line("bob: buy 1 @ 80 as b5"), "accepted");
}

#[test]
fn what_everybody_stands_at() {
    let mut desk = open();
    desk.accepted(&["carol: sell 5 @ 100 as c1", "alice: buy 5 @ 100 as a1"]);
    desk.accepted(&["carol: sell 1 @ 90 as c2", "bob: buy 1 @ 90 as b1", "bob: buy 2 @ 80 as b2"]);
    desk.settle();
    let days = |desk: &Desk| {
        [(Level::Account, ALICE), (Level::Firm, 1), (Level::Firm, 2), (Level::Venue, 0)]
            .map(|(level, id)| desk.risk.standing(level, id).expect("it is there").day / UNIT)
    };
    assert_eq!(days(&desk), [-50, -50, 50, 0]);
    assert!(desk.risk.limits_of(Level::Firm, 1).is_empty());
    // Limits change what is kept, and nothing of what there is.
    desk.limit(of_firm(1));
    desk.limit(of_venue());
    desk.settle();
    assert_eq!(days(&desk), [-50, -50, 50, 0]);
    let firm = desk.risk.standing(Level::Firm, 1).expect("it is there");
    assert_eq!((firm.exposure, firm.open_orders), (Some(750 * UNIT), 1));
    assert_eq!(desk.risk.limits_of(Level::Firm, 1), [of_firm(1)]);
    switch(&mut desk, CommandKind::Kill, 1, 1);
    let alice = desk.risk.standing(Level::Account, ALICE).expect("she is there");
    assert!(alice.halted && !alice.killed);
    assert_eq!(alice.total, -50 * UNIT);
    assert_eq!(desk.risk.standing(Level::Firm, 9), None);
}

#[test]
fn limits_of_nobody_are_refused() {
    let mut desk = open();
    let mut payload = Payload::default();
    payload.set_limits(of_firm(9));
    payload.set_limits(Limits { account: 1, ..of_venue() });
    payload.set_limits(Limits { checks: LIMITS_OF_FIRM | LIMITS_OF_VENUE, ..of_venue() });
    payload.set_limits(Limits { max_short: -1, ..of_venue() });
    payload.set_limits(Limits { max_gross_exposure_high: -1, ..of_venue() });
    payload.set_limits(of_venue());
    let verdicts: Vec<String> = desk.send(&payload).iter().map(said).collect();
    let unsupported = "UnsupportedCharacteristic";
    assert_eq!(
        verdicts,
        ["UnknownAccount", "UnknownAccount", unsupported, unsupported, unsupported, "accepted"]
    );
}

#[test]
fn a_loss_beyond_what_money_is_counted_to_is_not_let_pass() {
    let mut desk = Desk::open();
    let dear = 1_000_000_000_000;
    desk.list(Instrument { reference_price: dear, ..instrument(ABC, "ABC") });
    let mut limits = Limits { checks: bits::DAILY_LOSS, ..no_limits(ALICE) };
    limits.set_max_daily_loss(1_000_000_000_000 * UNIT);
    desk.limit(limits);
    desk.limit(no_limits(BOB));
    // Bought for more than is counted, sold again in parts that are.
    for (number, (buyer, seller, quantity)) in
        [("alice", "bob", dear), ("bob", "alice", 4_000), ("bob", "alice", 999)].iter().enumerate()
    {
        let sells = format!("{seller}: sell {quantity} @ {dear} as s{number}");
        let buys = format!("{buyer}: buy {quantity} @ {dear} as b{number}");
        desk.accepted(&[&sells, &buys]);
    }
    let mut payload = Payload::default();
    payload.set_last_trade(ABC, dear / 2);
    desk.send(&payload);
    desk.settle();
    let line = "alice: buy 1 @ 500000000000 as x";
    assert_eq!(desk.risk.check(&command(line)).refused, Some(engine::reject::Reject::DailyLoss));
    assert_eq!(desk.line(line), "DailyLoss");
}
