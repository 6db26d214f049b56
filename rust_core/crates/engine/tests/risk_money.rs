//! Several currencies, maintenance margin, fees, and kill switches of sessions: one row for each
//! side of a boundary.

mod desk;

use bytemuck::Zeroable;
use desk::*;
use engine::pod::{
    Account, Command, CommandKind, FeeRates, FeeSchedule, Instrument, Limits, SessionState,
    FEES_NONE, FEES_OF_FIRM, FEES_OF_VENUE, LIMITS_OF_FIRM, MAX_CONVERSION,
};
use engine::reject::Reject;
use engine::risk::{bits, Killed, Level, Session, MAX_KILLED_SESSIONS};

/// ABC is in dollars, XYZ in euros; alice and bob have dollars, carol euros; all of firm 1.
fn open() -> Desk {
    open_in((0, 0))
}

/// The same with prices and quantities of so many decimals.
fn open_in((price_scale, quantity_scale): (u8, u8)) -> Desk {
    let mut desk = Desk::empty();
    let mut setup = Payload::default();
    for (id, symbol, currency) in [(ABC, "ABC", "USD"), (XYZ, "XYZ", "EUR")] {
        let currency = words::<1>(currency)[0];
        let instrument = Instrument { price_scale, quantity_scale, ..instrument(id, symbol) };
        setup.set_instrument(Instrument { reference_price: 100, currency, ..instrument });
    }
    for (id, name, currency) in
        [(ALICE, "ALICE", "USD"), (BOB, "BOB", "USD"), (CAROL, "CAROL", "EUR")]
    {
        setup.set_account(Account { currency: words::<1>(currency)[0], ..account(id, name) });
        setup.set_limits(wide_limits(id));
    }
    all_accepted(&mut desk, &setup);
    desk
}

fn all_accepted(desk: &mut Desk, payload: &Payload) {
    for verdict in desk.send(payload) {
        assert_eq!(said(&verdict), "accepted");
    }
}

/// Gives currencies values, in millionths of the venue's unit.
fn value(desk: &mut Desk, values: &[(&str, i64)]) {
    let mut payload = Payload::default();
    for &(currency, millionths) in values {
        payload.set_conversion(currency, millionths * 1_000);
    }
    all_accepted(desk, &payload);
}

fn print(desk: &mut Desk, instrument: u32, price: i64) {
    let mut payload = Payload::default();
    payload.set_last_trade(instrument, price);
    all_accepted(desk, &payload);
}

/// What a dry run and then the order itself is told.
fn is_told(desk: &mut Desk, line: &str, expected: &str) {
    desk.settle();
    let dry = desk.risk.check(&command(line)).refused;
    let dry = dry.map_or_else(|| "accepted".to_owned(), |reason| format!("{reason:?}"));
    assert_eq!(dry, expected, "dry run of {line}");
    assert_eq!(desk.line(line), expected, "{line}");
}

/// What alice's limits are changed to, the values of dollar and euro, what happens first, a
/// command, and what risk says to it.
type Row =
    (&'static str, fn(&mut Limits), [i64; 2], &'static [&'static str], &'static str, &'static str);

const BUYS: &str = "alice: buy 10 @ 100 on XYZ as x";
/// Alice buys 5 at 100, and others trade at 90: she has lost 50 euros.
const LOST: [&str; 4] = [
    "carol: sell 5 @ 100 on XYZ as b1",
    "alice: buy 5 @ 100 on XYZ as a1",
    "carol: sell 1 @ 90 on XYZ as b2",
    "bob: buy 1 @ 90 on XYZ as c1",
];
const PLAIN: [i64; 2] = [1_000_000, 1_080_000];

#[test]
fn what_is_counted_in_another_currency() {
    let rows: [Row; 14] = [
        ("credit", |l| l.set_credit(1_080 * UNIT), PLAIN, &[], BUYS, "accepted"),
        ("credit", |l| l.set_credit(1_080 * UNIT - 1), PLAIN, &[], BUYS, "InsufficientCredit"),
        // A third is rounded up.
        (
            "credit",
            |l| l.set_credit(333_333_333_333_334),
            [3_000_000, 1_000_000],
            &[],
            BUYS,
            "accepted",
        ),
        (
            "credit",
            |l| l.set_credit(333_333_333_333_333),
            [3_000_000, 1_000_000],
            &[],
            BUYS,
            "InsufficientCredit",
        ),
        ("exposure", |l| l.set_max_gross_exposure(1_080 * UNIT), PLAIN, &[], BUYS, "accepted"),
        (
            "exposure",
            |l| l.set_max_gross_exposure(1_080 * UNIT - 1),
            PLAIN,
            &[],
            BUYS,
            "NotionalThreshold",
        ),
        (
            "exposure of both",
            |l| l.set_max_gross_exposure(2_080 * UNIT),
            PLAIN,
            &["alice: buy 10 @ 100 as a1"],
            BUYS,
            "accepted",
        ),
        (
            "exposure of both",
            |l| l.set_max_gross_exposure(2_080 * UNIT - 1),
            PLAIN,
            &["alice: buy 10 @ 100 as a1"],
            BUYS,
            "NotionalThreshold",
        ),
        ("loss", |l| l.set_max_daily_loss(54 * UNIT), PLAIN, &LOST, BUYS, "accepted"),
        ("loss", |l| l.set_max_daily_loss(54 * UNIT - 1), PLAIN, &LOST, BUYS, "DailyLoss"),
        (
            "loss, elsewhere",
            |l| l.set_max_daily_loss(54 * UNIT - 1),
            PLAIN,
            &LOST,
            "alice: buy 1 @ 100 as x",
            "DailyLoss",
        ),
        // The notional of one order is limited in its instrument's currency.
        ("notional", |l| l.set_max_order_notional(1_000 * UNIT), PLAIN, &[], BUYS, "accepted"),
        (
            "the farthest values",
            |l| l.set_credit(UNIT),
            [MAX_CONVERSION / 1_000, 1],
            &[],
            BUYS,
            "accepted",
        ),
        (
            "the farthest values",
            |l| l.set_credit(10_i128.pow(27)),
            [1, MAX_CONVERSION / 1_000],
            &[],
            "alice: buy 1000000 @ 100 on XYZ as x",
            "NotionalThreshold",
        ),
    ];
    for (name, narrow, values, before, line, expected) in rows {
        let mut desk = open();
        value(&mut desk, &[("USD", values[0]), ("EUR", values[1])]);
        let mut limits = wide_limits(ALICE);
        narrow(&mut limits);
        desk.limit(limits);
        desk.accepted(before);
        println!("{name}: {line}");
        is_told(&mut desk, line, expected);
    }
}

#[test]
fn what_has_no_value_is_not_counted_and_so_refused() {
    let money = bits::BUYING_POWER | bits::GROSS_EXPOSURE | bits::DAILY_LOSS;
    for (checks, expected) in [
        (0, "accepted"),
        (bits::BUYING_POWER, "NoConversion"),
        (bits::GROSS_EXPOSURE, "NoConversion"),
        (bits::DAILY_LOSS, "NoConversion"),
    ] {
        let mut desk = open();
        let wide = wide_limits(ALICE);
        desk.limit(Limits { checks: wide.checks & !money | checks, ..wide });
        is_told(&mut desk, BUYS, expected);
        // One value of two is none.
        value(&mut desk, &[("EUR", 1_080_000)]);
        is_told(&mut desk, "alice: buy 10 @ 100 on XYZ as y", expected);
        value(&mut desk, &[("USD", 1_000_000)]);
        is_told(&mut desk, "alice: buy 10 @ 100 on XYZ as z", "accepted");
    }
}

#[test]
fn what_is_held_without_a_value_stops_what_adds_to_it_anywhere() {
    let mut desk = open();
    let wide = wide_limits(ALICE);
    let money = bits::BUYING_POWER | bits::GROSS_EXPOSURE | bits::DAILY_LOSS;
    desk.limit(Limits { checks: wide.checks & !money, ..wide });
    desk.accepted(&["carol: sell 5 @ 100 on XYZ as c1", "alice: buy 5 @ 100 on XYZ as a1"]);
    desk.limit(wide);
    is_told(&mut desk, "alice: buy 1 @ 100 as a2", "NoConversion");
    is_told(&mut desk, "alice: sell 6 @ 100 on XYZ as a3", "NoConversion");
    is_told(&mut desk, "alice: sell 5 @ 101 on XYZ as a4", "accepted");
    assert_eq!(desk.line("alice: cancel a4"), "accepted");
    // What is counted from now on was not lost now.
    print(&mut desk, XYZ, 40);
    value(&mut desk, &[("EUR", 2_000_000), ("USD", 1_000_000)]);
    let standing = desk.risk.standing(Level::Account, ALICE).expect("she is there");
    assert_eq!((standing.day, standing.total), (0, -600 * UNIT));
    print(&mut desk, XYZ, 39);
    let standing = desk.risk.standing(Level::Account, ALICE).expect("she is there");
    assert_eq!((standing.day, standing.total), (-10 * UNIT, -610 * UNIT));
}

#[test]
fn another_value_counts_everything_anew() {
    let mut desk = open();
    value(&mut desk, &[("EUR", 1_000_000), ("USD", 1_000_000)]);
    desk.accepted(&LOST);
    desk.accepted(&["alice: buy 10 @ 80 on XYZ as a2"]);
    desk.settle();
    let of = |desk: &mut Desk| {
        desk.settle();
        let buying = desk.risk.buying(ALICE).expect("she is there");
        let standing = desk.risk.standing(Level::Account, ALICE).expect("she is there");
        let tied = [buying.used, buying.reserved, standing.exposure.unwrap_or(0)];
        (tied.map(|money| money / UNIT), standing.day / UNIT, buying.equity / UNIT)
    };
    assert_eq!(of(&mut desk), ([500, 800, 1_300], -50, 999_999_950));
    value(&mut desk, &[("EUR", 2_000_000)]);
    assert_eq!(of(&mut desk), ([1_000, 1_600, 2_600], -100, 999_999_900));
    value(&mut desk, &[("USD", 4_000_000)]);
    assert_eq!(of(&mut desk), ([250, 400, 650], -25, 999_999_975));
    // A day later what the value did before is past, and what it does is today's.
    desk.wait_ns(DAY_NS);
    assert_eq!(desk.line("alice: cancel a2"), "accepted");
    assert_eq!(of(&mut desk), ([250, 0, 250], 0, 999_999_975));
    value(&mut desk, &[("EUR", 4_000_000)]);
    assert_eq!(of(&mut desk), ([500, 0, 500], -25, 999_999_950));
}

#[test]
fn a_firm_of_several_currencies_counts_in_the_venues_unit() {
    for (credit, expected) in [(2_080, "accepted"), (2_079, "InsufficientCredit")] {
        for early in [true, false] {
            let mut desk = open();
            let mut limits = wide_limits(1);
            limits.checks |= LIMITS_OF_FIRM;
            limits.set_credit(credit * UNIT);
            value(&mut desk, &[("EUR", 1_080_000), ("USD", 1_000_000)]);
            if early {
                desk.limit(limits);
            }
            desk.accepted(&["carol: buy 10 @ 100 on XYZ as c1"]);
            if !early {
                desk.limit(limits);
            }
            is_told(&mut desk, "alice: buy 10 @ 100 as x", expected);
        }
    }
}

#[test]
fn a_firm_without_a_value_for_one_of_its_accounts_lets_none_buy() {
    let mut desk = open();
    let wide = wide_limits(1);
    desk.limit(Limits { checks: wide.checks | LIMITS_OF_FIRM, ..wide });
    is_told(&mut desk, "alice: buy 1 @ 100 as a1", "NoConversion");
    value(&mut desk, &[("USD", 1_000_000)]);
    is_told(&mut desk, "alice: buy 1 @ 100 as a2", "accepted");
    is_told(&mut desk, "carol: buy 1 @ 100 on XYZ as c1", "NoConversion");
}

/// Alice has bought 10 at 100 on a margin of a fifth and must keep a tenth.
fn leveraged(credit: i128) -> Desk {
    let mut desk = open();
    let mut payload = Payload::default();
    let abc = Instrument { reference_price: 100, ..instrument(ABC, "ABC") };
    payload.set_instrument(Instrument {
        initial_margin_bps: 2_000,
        maintenance_margin_bps: 1_000,
        ..abc
    });
    all_accepted(&mut desk, &payload);
    let mut limits = wide_limits(ALICE);
    limits.set_credit(credit * UNIT);
    desk.limit(limits);
    desk.accepted(&["bob: sell 10 @ 100 as b1", "alice: buy 10 @ 100 as a1"]);
    desk.settle();
    desk
}

#[test]
fn equity_below_maintenance_margin_lets_through_what_reduces() {
    // With 415 of credit: equity is 415 - 1000 + 10 p, a tenth of the position is p.
    let rows = [
        (65, "alice: buy 1 @ 65 as x", "accepted"),
        (64, "alice: buy 1 @ 64 as x", "MaintenanceMargin"),
        (64, "alice: buy 1 @ 100 on XYZ as x", "NoConversion"),
        (64, "alice: sell 10 @ 64 as x", "accepted"),
        (64, "alice: sell 11 @ 64 as x", "MaintenanceMargin"),
    ];
    for (price, line, expected) in rows {
        let mut desk = leveraged(415);
        print(&mut desk, ABC, price);
        let buying = desk.risk.buying(ALICE).expect("she is there");
        let equity = i128::from(10 * price - 585) * UNIT;
        assert_eq!((buying.equity, buying.maintenance), (equity, i128::from(price) * UNIT));
        assert_eq!(buying.close_only, price == 64);
        let checks = desk.risk.check(&command(line)).checks;
        let margin = checks.iter().find(|result| result.check.name() == "maintenance_margin");
        let margin = margin.expect("it is seen");
        assert!(!margin.off);
        let money = i128::from(price) * UNIT * 10_000;
        assert_eq!((margin.limit, margin.value), (equity * 10_000, money));
        is_told(&mut desk, line, expected);
    }
}

#[test]
fn maintenance_margin_is_asked_where_buying_power_is_checked() {
    let mut desk = leveraged(415);
    print(&mut desk, ABC, 64);
    let wide = wide_limits(ALICE);
    desk.limit(Limits { checks: wide.checks & !bits::BUYING_POWER, ..wide });
    is_told(&mut desk, "alice: buy 1 @ 64 as x", "accepted");
    assert!(!desk.risk.buying(ALICE).expect("she is there").close_only);
    // It is over as soon as equity covers it again.
    let mut desk = leveraged(415);
    print(&mut desk, ABC, 64);
    is_told(&mut desk, "alice: buy 1 @ 64 as x", "MaintenanceMargin");
    print(&mut desk, ABC, 65);
    is_told(&mut desk, "alice: buy 1 @ 64 as y", "accepted");
}

fn schedule(account: u32, flags: u64, tiers: &[(u64, i32, i32)]) -> FeeSchedule {
    let mut fees = FeeSchedule { account, flags, ..FeeSchedule::zeroed() };
    for (place, &(from, maker, taker)) in tiers.iter().enumerate() {
        fees.tier_from[place] = from;
        fees.tier_rates[place] = FeeRates { maker, taker }.word();
    }
    fees
}

fn charge(desk: &mut Desk, fees: FeeSchedule) {
    let mut payload = Payload::default();
    payload.set_fees(fees);
    all_accepted(desk, &payload);
}

fn paid(desk: &mut Desk, account: u32) -> i128 {
    desk.settle();
    desk.risk.position_in(account, ABC).map_or(0, |position| position.fees)
}

#[test]
fn makers_and_takers_pay_by_their_own_schedule_their_firms_or_the_venues() {
    let mut desk = open();
    charge(&mut desk, schedule(0, FEES_OF_VENUE, &[(0, -2_500, 2_500)]));
    desk.accepted(&["bob: sell 10 @ 100 as b1", "alice: buy 10 @ 100 as a1"]);
    let tenths = |of_alice, of_bob| (of_alice * UNIT / 10, of_bob * UNIT / 10);
    assert_eq!((paid(&mut desk, ALICE), paid(&mut desk, BOB)), tenths(25, -25));
    charge(&mut desk, schedule(1, FEES_OF_FIRM, &[(0, 1_000, 2_000)]));
    charge(&mut desk, schedule(ALICE, 0, &[(0, 0, 5_000)]));
    assert_eq!(desk.risk.fees_in_force(ALICE).map(|of| of.0), Some(Level::Account));
    assert_eq!(desk.risk.fees_in_force(BOB).map(|of| of.0), Some(Level::Firm));
    desk.accepted(&["bob: sell 10 @ 100 as b2", "alice: buy 10 @ 100 as a2"]);
    assert_eq!((paid(&mut desk, ALICE), paid(&mut desk, BOB)), tenths(75, -15));
    charge(&mut desk, schedule(ALICE, FEES_NONE, &[]));
    charge(&mut desk, schedule(1, FEES_NONE | FEES_OF_FIRM, &[]));
    assert_eq!(desk.risk.fees_of(Level::Account, ALICE), None);
    assert_eq!(desk.risk.fees_in_force(ALICE).map(|of| of.0), Some(Level::Venue));
    charge(&mut desk, schedule(0, FEES_NONE | FEES_OF_VENUE, &[]));
    assert_eq!(desk.risk.fees_in_force(ALICE), None);
    desk.accepted(&["bob: sell 10 @ 100 as b3", "alice: buy 10 @ 100 as a3"]);
    assert_eq!((paid(&mut desk, ALICE), paid(&mut desk, BOB)), tenths(75, -15));
    // It is gone from balance, equity and the day's profit.
    let buying = desk.risk.buying(ALICE).expect("she is there");
    let fees = 75 * UNIT / 10;
    assert_eq!((buying.fees, buying.realised), (fees, -fees));
    assert_eq!(buying.equity, buying.credit - fees);
    let standing = desk.risk.standing(Level::Account, ALICE).expect("she is there");
    assert_eq!((standing.day, standing.fees), (-fees, fees));
}

#[test]
fn a_small_trade_costs_the_fraction_of_a_cent_that_its_rate_says() {
    let mut desk = open_in((2, 3));
    charge(&mut desk, schedule(0, FEES_OF_VENUE, &[(0, -2, 20)]));
    let money = |desk: &mut Desk| (paid(desk, ALICE), paid(desk, BOB));
    // One share at 1.37: 20 millionths of it are 0.0000274, a rebate of 2 is 0.00000274.
    desk.accepted(&["bob: sell 1000 @ 137 as b1", "alice: buy 1000 @ 137 as a1"]);
    assert_eq!(money(&mut desk), (27_400_000, -2_740_000));
    // A thousandth of a share at a cent: 0.0000000002, all that is left of that exact as well.
    desk.accepted(&["bob: sell 1 @ 1 as b2", "alice: buy 1 @ 1 as a2"]);
    assert_eq!(money(&mut desk), (27_400_200, -2_740_020));
    let buying = desk.risk.buying(ALICE).expect("she is there");
    assert_eq!((buying.fees, buying.realised), (27_400_200, -27_400_200));
    // What is given back is what was charged, whatever is charged now.
    charge(&mut desk, schedule(0, FEES_OF_VENUE, &[(0, 0, 90_000)]));
    let mut payload = Payload::default();
    for (account, side) in [(ALICE, 1), (BOB, 2)] {
        let bust = bust(account, side);
        payload.commands.push(Command { price: 137, quantity: 1_000, ..bust });
    }
    all_accepted(&mut desk, &payload);
    assert_eq!(money(&mut desk), (200, -20));
    let standing = desk.risk.standing(Level::Account, BOB).expect("he is there");
    assert_eq!((standing.total, standing.fees), (20, -20));
}

#[test]
fn fees_and_rebates_of_fractions_are_rounded_against_who_pays() {
    let mut desk = open_in((6, 6));
    charge(&mut desk, schedule(0, FEES_OF_VENUE, &[(0, -2_500, 2_500)]));
    // A notional of 1,000 of the least money there is: 2.5 of it.
    desk.accepted(&["bob: sell 10 @ 100 as b1", "alice: buy 10 @ 100 as a1"]);
    assert_eq!((paid(&mut desk, ALICE), paid(&mut desk, BOB)), (3, -2));
    // Each trade is rounded by itself, and what a rate of nearly nothing gives is nothing.
    charge(&mut desk, schedule(0, FEES_OF_VENUE, &[(0, -1, 1)]));
    desk.accepted(&[
        "bob: sell 10 @ 100 as b2",
        "alice: buy 4 @ 100 as a2",
        "alice: buy 6 @ 100 as a3",
    ]);
    assert_eq!((paid(&mut desk, ALICE), paid(&mut desk, BOB)), (5, -2));
}

#[test]
fn fees_of_another_currency_are_converted_up() {
    let mut desk = open_in((6, 6));
    value(&mut desk, &[("USD", 1_000_000), ("EUR", 3_000_000)]);
    charge(&mut desk, schedule(CAROL, 0, &[(0, 0, 2_500)]));
    desk.accepted(&["bob: sell 10 @ 100 as b1", "carol: buy 10 @ 100 as c1"]);
    // 2.5 of the least money in dollars are 3, which are 1 in euros; 1,000 of it are tied up.
    assert_eq!(paid(&mut desk, CAROL), 3);
    let buying = desk.risk.buying(CAROL).expect("she is there");
    assert_eq!((buying.fees, buying.realised, buying.used), (1, -1, 334));
    // One more in dollars is more than 1 in euros.
    desk.accepted(&["bob: sell 4 @ 100 as b2", "carol: buy 4 @ 100 as c2"]);
    assert_eq!(paid(&mut desk, CAROL), 4);
    let buying = desk.risk.buying(CAROL).expect("she is there");
    assert_eq!((buying.fees, buying.realised), (2, -2));
}

#[test]
fn in_an_auction_both_sides_take() {
    let mut desk = open();
    charge(&mut desk, schedule(0, FEES_OF_VENUE, &[(0, 1_000, 2_000)]));
    let mut payload = Payload::default();
    payload.set_session(ABC, SessionState::OpeningAuction);
    all_accepted(&mut desk, &payload);
    desk.accepted(&["bob: sell 10 @ 100 as b1", "alice: buy 10 @ 100 as a1"]);
    let mut payload = Payload::default();
    payload.set_session(ABC, SessionState::Continuous);
    all_accepted(&mut desk, &payload);
    assert_eq!((paid(&mut desk, ALICE), paid(&mut desk, BOB)), (2 * UNIT, 2 * UNIT));
}

#[test]
fn tiers_follow_what_was_traded_in_thirty_days() {
    let mut desk = open();
    charge(&mut desk, schedule(ALICE, 0, &[(0, 0, 9_000), (1_000, 0, 2_000)]));
    assert_eq!(desk.risk.volume(ALICE), None);
    desk.accepted(&["bob: sell 40 @ 100 as b1", "alice: buy 9 @ 100 as a1"]);
    let tenths = |number| number * UNIT / 10;
    assert_eq!(paid(&mut desk, ALICE), tenths(81));
    assert_eq!(desk.risk.volume(ALICE), Some(900 * UNIT));
    desk.accepted(&["alice: buy 1 @ 100 as a2"]);
    assert_eq!(paid(&mut desk, ALICE), tenths(90), "one under the tier: 0.9");
    desk.accepted(&["alice: buy 5 @ 100 as a3"]);
    assert_eq!(paid(&mut desk, ALICE), tenths(100), "at the tier: 1");
    // The thirtieth day counts, the one after doesn't.
    desk.wait_ns(29 * DAY_NS);
    desk.accepted(&["alice: buy 5 @ 100 as a4"]);
    assert_eq!(paid(&mut desk, ALICE), tenths(110));
    desk.wait_ns(DAY_NS);
    assert_eq!(desk.line("alice: cancel none"), "UnknownOrder");
    assert_eq!(desk.risk.volume(ALICE), Some(500 * UNIT));
    desk.accepted(&["alice: buy 1 @ 100 as a5"]);
    assert_eq!(paid(&mut desk, ALICE), tenths(119), "0.9");
}

/// The first trade of ABC undone, for one side of it: 10 at 100.
fn bust(account: u32, side: u16) -> Command {
    Command {
        kind: CommandKind::BustTrade.number(),
        account,
        instrument: ABC,
        side,
        price: 100,
        quantity: 10,
        expire_time: 1,
        ..Command::zeroed()
    }
}

#[test]
fn a_busted_trade_gives_its_fee_back() {
    let mut desk = open();
    charge(&mut desk, schedule(0, FEES_OF_VENUE, &[(0, -2_500, 2_500)]));
    desk.accepted(&["bob: sell 10 @ 100 as b1", "alice: buy 10 @ 100 as a1"]);
    charge(&mut desk, schedule(0, FEES_OF_VENUE, &[(0, 0, 9_000)]));
    let mut payload = Payload::default();
    payload.commands.extend([bust(ALICE, 1), bust(BOB, 2)]);
    all_accepted(&mut desk, &payload);
    assert_eq!((paid(&mut desk, ALICE), paid(&mut desk, BOB)), (0, 0));
    let buying = desk.risk.buying(ALICE).expect("she is there");
    assert_eq!((buying.available, buying.equity), (buying.credit, buying.credit));
}

#[test]
fn bad_conversions_fees_and_margins_are_refused() {
    let mut desk = open();
    let conversion = |currency, value| {
        let mut payload = Payload::default();
        payload.set_conversion(currency, value);
        payload
    };
    let fees = |fees| {
        let mut payload = Payload::default();
        payload.set_fees(fees);
        payload
    };
    let margin = |initial_margin_bps, maintenance_margin_bps| {
        let mut payload = Payload::default();
        let abc = Instrument { reference_price: 100, ..instrument(ABC, "ABC") };
        payload.set_instrument(Instrument { initial_margin_bps, maintenance_margin_bps, ..abc });
        payload
    };
    let plain = [(0, 1, 2)];
    let mut unknown = fees(schedule(ALICE, 0, &plain));
    unknown.commands[0].payload_index = 1;
    let rows = [
        (conversion("EUR", 1), "accepted"),
        (conversion("EUR", MAX_CONVERSION), "accepted"),
        (conversion("EUR", 0), "TickSize"),
        (conversion("EUR", MAX_CONVERSION + 1), "TickSize"),
        (conversion("eur", 1), "UnsupportedCharacteristic"),
        (conversion("", 1), "UnsupportedCharacteristic"),
        (fees(schedule(ALICE, 0, &plain)), "accepted"),
        (fees(schedule(1, FEES_OF_FIRM, &plain)), "accepted"),
        (fees(schedule(0, FEES_OF_VENUE, &plain)), "accepted"),
        (fees(schedule(9, 0, &plain)), "UnknownAccount"),
        (fees(schedule(9, FEES_OF_FIRM, &plain)), "UnknownAccount"),
        (fees(schedule(1, FEES_OF_VENUE, &plain)), "UnknownAccount"),
        (fees(schedule(0, FEES_OF_VENUE | FEES_OF_FIRM, &plain)), "UnsupportedCharacteristic"),
        (fees(schedule(ALICE, 0, &[(1, 1, 2)])), "UnsupportedCharacteristic"),
        (fees(schedule(ALICE, 0, &[(0, 100_000, -100_000)])), "accepted"),
        (fees(schedule(ALICE, 0, &[(0, 100_001, 0)])), "UnsupportedCharacteristic"),
        (unknown, "UnsupportedCharacteristic"),
        (margin(5_000, 5_000), "accepted"),
        (margin(5_000, 5_001), "UnsupportedCharacteristic"),
    ];
    for (number, (payload, expected)) in rows.into_iter().enumerate() {
        assert_eq!(said(&desk.send(&payload)[0]), expected, "row {number}");
    }
    let currency = |text| words::<1>(text)[0];
    assert_eq!(desk.risk.conversions(), [(currency("EUR"), MAX_CONVERSION)]);
    assert_eq!(desk.risk.conversion(currency("EUR")), Some(MAX_CONVERSION));
    assert_eq!(desk.risk.conversion(currency("USD")), None);
}

fn session(desk: &mut Desk, kind: CommandKind, origin: u64, number: u32) -> String {
    let mut payload = Payload::default();
    payload.commands.push(Command {
        kind: kind.number(),
        payload_index: 3,
        order_id: origin,
        session: number,
        ..Command::zeroed()
    });
    said(&desk.send(&payload)[0])
}

fn by_session(desk: &mut Desk, line: &str, number: u32) -> String {
    let mut payload = Payload::default();
    payload.line(line);
    payload.commands[0].session = number;
    said(&desk.send(&payload)[0])
}

#[test]
fn a_session_is_stopped_until_the_switch_is_lifted_or_its_process_begins_anew() {
    let mut desk = open();
    let origin = desk.origin;
    assert_eq!(by_session(&mut desk, "alice: buy 1 @ 99 as a1", 5), "accepted");
    assert_eq!(session(&mut desk, CommandKind::Kill, origin, 5), "accepted");
    assert_eq!(session(&mut desk, CommandKind::Kill, origin, 5), "accepted", "once more");
    let killed = Killed::Session(Session { origin, number: 5 });
    assert_eq!(desk.risk.killed(), [killed]);
    for (line, number, expected) in [
        ("alice: buy 1 @ 99 as a2", 5, "KillSwitch"),
        ("alice: replace a1 total 2 as a3", 5, "KillSwitch"),
        ("alice: buy 1 @ 99 as a4", 4, "accepted"),
        ("alice: replace a1 total 2 as a5", 0, "accepted"),
        ("alice: cancel a1", 5, "accepted"),
    ] {
        assert_eq!(by_session(&mut desk, line, number), expected, "{line} by {number}");
    }
    // A dry run of an order that comes by it is told so, and one that says no session isn't.
    let order = command("alice: buy 1 @ 99");
    for (number, refused) in [(5, Some(Reject::KillSwitch)), (4, None)] {
        let dry = desk.risk.check_from(origin, &Command { session: number, ..order }, None);
        assert_eq!(dry.refused, refused, "by {number}");
    }
    assert_eq!(desk.risk.check(&order).refused, None);
    assert_eq!(session(&mut desk, CommandKind::Unkill, origin, 5), "accepted");
    assert_eq!(by_session(&mut desk, "alice: buy 1 @ 99 as a6", 5), "accepted");
    assert_eq!(session(&mut desk, CommandKind::Kill, origin + 1, 5), "UnknownAccount");
    // Other switches are told beside it; the numbers of a process that begins anew are others.
    assert_eq!(session(&mut desk, CommandKind::Kill, origin, 0), "accepted");
    let mut payload = Payload::default();
    let kind = CommandKind::Kill.number();
    payload.commands.push(Command { kind, payload_index: 1, account: 1, ..Command::zeroed() });
    assert_eq!(desk.line("alice: buy 1 @ 99 as a7"), "KillSwitch");
    desk.wait_ns(DAY_NS + 1);
    assert_eq!(desk.line("alice: buy 1 @ 99 as a8"), "accepted");
    assert_eq!(desk.risk.killed(), []);
    all_accepted(&mut desk, &payload);
    assert_eq!(desk.risk.killed(), [Killed::Trader(Level::Firm, 1)]);
}

#[test]
fn so_many_sessions_are_stopped_and_no_more() {
    let mut desk = open();
    let origin = desk.origin;
    for number in 0..MAX_KILLED_SESSIONS as u32 {
        assert_eq!(session(&mut desk, CommandKind::Kill, origin, number), "accepted");
    }
    assert_eq!(session(&mut desk, CommandKind::Kill, origin, 9_999), "SystemUnavailable");
    assert_eq!(session(&mut desk, CommandKind::Unkill, origin, 7), "accepted");
    assert_eq!(session(&mut desk, CommandKind::Kill, origin, 9_999), "accepted");
}

#[test]
fn what_was_lost_in_another_currency_is_rounded_down() {
    let mut desk = open();
    value(&mut desk, &[("USD", 3_000_000), ("EUR", 1_000_000)]);
    desk.accepted(&["carol: sell 1 @ 100 on XYZ as c1", "alice: buy 1 @ 100 on XYZ as a1"]);
    desk.accepted(&["carol: buy 1 @ 99 on XYZ as c2", "alice: sell 1 @ 99 on XYZ as a2"]);
    desk.settle();
    let buying = desk.risk.buying(ALICE).expect("alice");
    let standing = desk.risk.standing(Level::Account, ALICE).expect("alice");
    // A euro is a third of a dollar, and nothing is left that could be worth anything.
    assert_eq!((buying.realised, standing.total), (-333_333_333_334, -333_333_333_334));
}
