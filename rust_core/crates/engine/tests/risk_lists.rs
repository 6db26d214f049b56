//! What orders that came as a list tie up together: of a pair one, of exits what their entry has
//! traded.

mod desk;

use bytemuck::Zeroable;
use desk::*;
use engine::pod::{
    Command, CommandKind, Contingency, Leg, Limits, SessionState, Side, LIMITS_OF_FIRM,
};

const OCO: Contingency = Contingency::OneCancelsOther;
const BRACKET: Contingency = Contingency::Bracket;

/// An entry of 10 at 100, and exits for a profit at 110 and a loss at 90.
const LONG: [&str; 3] = [
    "alice: buy 10 @ 100 as entry",
    "alice: sell 10 @ 110 as profit",
    "alice: sell 10 stop 90 limit 85 as loss",
];

/// Sends lines as one list; what risk says of each.
fn list(desk: &mut Desk, contingency: Contingency, lines: &[&str]) -> Vec<String> {
    let mut payload = Payload::default();
    for (place, line) in lines.iter().enumerate() {
        payload.line(line);
        let leg = Leg { contingency, legs: lines.len() as u8, place: place as u8 };
        payload.commands.last_mut().expect("just added").link = leg.link();
    }
    desk.send(&payload).iter().map(said).collect()
}

/// The same of a list all of which is accepted.
fn listed(desk: &mut Desk, contingency: Contingency, lines: &[&str]) {
    assert_eq!(list(desk, contingency, lines), vec!["accepted"; lines.len()]);
}

/// Alice's position in ABC, and what she has open there: quantity and notional of buys and sells.
fn has(desk: &Desk) -> (i64, [(i64, i128); 2]) {
    let at = desk.risk.position_in(ALICE, ABC).expect("she was there");
    (at.quantity, [(at.open_buy, at.buy_notional), (at.open_sell, at.sell_notional)])
}

/// The same once risk knows everything that happened.
fn settled(desk: &mut Desk) -> (i64, [(i64, i128); 2]) {
    desk.settle();
    desk.lag = 0;
    has(desk)
}

/// A desk on which alice may sell nothing that she doesn't have.
fn without_shorts() -> Desk {
    let mut desk = Desk::open();
    desk.limit(Limits { max_short: 0, max_position: 10, ..wide_limits(ALICE) });
    desk
}

/// Nothing is open, and nothing ties up anything.
fn nothing_is_left(desk: &mut Desk) {
    let (_, open) = settled(desk);
    let buying = desk.risk.buying(ALICE).expect("she is there");
    assert_eq!((open, buying.open_orders, buying.reserved), ([(0, 0); 2], 0, 0));
}

fn session(desk: &mut Desk, session: SessionState) {
    let mut payload = Payload::default();
    payload.set_session(ABC, session);
    assert_eq!(said(&desk.send(&payload)[0]), "accepted");
}

#[test]
fn a_flat_account_that_may_not_sell_short_places_a_bracket() {
    let mut desk = without_shorts();
    listed(&mut desk, BRACKET, &LONG);
    assert_eq!(has(&desk), (0, [(10, 1_000), (0, 0)]));
    assert_eq!(desk.risk.buying(ALICE).map(|buying| buying.open_orders), Some(3));
    assert_eq!(settled(&mut desk), (0, [(10, 1_000), (0, 0)]));

    // What the entry trades, the exits claim with the same fill.
    desk.accepted(&["bob: sell 4 @ 100 as b1"]);
    assert_eq!(settled(&mut desk), (4, [(6, 600), (4, 440)]));
    desk.accepted(&["bob: sell 6 @ 100 as b2"]);
    assert_eq!(settled(&mut desk), (10, [(0, 0), (10, 1_100)]));

    // They are alive: one trades, and the other is gone.
    desk.accepted(&["bob: buy 3 @ 110 as b3"]);
    assert_eq!(settled(&mut desk), (7, [(0, 0), (7, 770)]));
    desk.accepted(&["alice: cancel profit as c1"]);
    assert_eq!(settled(&mut desk).0, 7);
    nothing_is_left(&mut desk);
}

#[test]
fn nobody_else_sells_the_position_that_the_exits_are_for() {
    let mut desk = without_shorts();
    listed(&mut desk, BRACKET, &LONG);
    desk.lag = 100;
    // Risk doesn't know of the trade yet, nor of what it made.
    desk.accepted(&["bob: sell 4 @ 100 as b1"]);
    assert_eq!(desk.line("alice: sell 1 @ 120 as s1"), "ShortSell");
    assert_eq!(settled(&mut desk), (4, [(6, 600), (4, 440)]));
    assert_eq!(desk.line("alice: sell 1 @ 120 as s2"), "ShortSell");
    // Nor between the entry's end and the exits' coming alive, and with one of them as little.
    desk.accepted(&["alice: cancel entry as c1"]);
    assert_eq!(settled(&mut desk), (4, [(0, 0), (4, 440)]));
    assert_eq!(desk.line("alice: sell 1 @ 120 as s3"), "ShortSell");
    desk.accepted(&["alice: cancel loss as c2"]);
    desk.settle();
    desk.accepted(&["alice: sell 4 @ 120 as s4", "alice: cancel s4 as c3"]);
    nothing_is_left(&mut desk);
}

#[test]
fn an_entry_that_ends_without_a_trade_leaves_nothing() {
    let mut desk = without_shorts();
    listed(&mut desk, BRACKET, &["alice: buy 10 @ 100 ioc as e", LONG[1], LONG[2]]);
    nothing_is_left(&mut desk);
    let lines = ["alice: buy 10 @ 100 until 60 as e2", LONG[1], LONG[2]];
    let lines = lines.map(|line| line.replace("as profit", "as p2").replace("as loss", "as l2"));
    listed(&mut desk, BRACKET, &lines.each_ref().map(String::as_str));
    desk.now_ns += 61 * SECOND_NS;
    desk.accepted(&["bob: sell 10 @ 100 as b1"]);
    nothing_is_left(&mut desk);
    assert_eq!(has(&desk).0, 0);
}

#[test]
fn of_two_that_cancel_each_other_the_larger_counts() {
    let mut desk = without_shorts();
    desk.accepted(&["bob: sell 10 @ 100 as b1", "alice: buy 10 @ 100 as a1"]);
    desk.settle();
    listed(&mut desk, OCO, &[LONG[1], LONG[2]]);
    assert_eq!(has(&desk), (10, [(0, 0), (10, 1_100)]));
    assert_eq!(desk.risk.buying(ALICE).map(|buying| buying.open_orders), Some(2));
    assert_eq!(desk.line("alice: sell 1 @ 120 as s1"), "ShortSell");
    // The other's price, whichever is higher.
    desk.accepted(&["alice: replace loss stop 95 as r1"]);
    assert_eq!(settled(&mut desk), (10, [(0, 0), (10, 1_100)]));
    desk.accepted(&["alice: replace profit @ 120 as r2"]);
    assert_eq!(has(&desk), (10, [(0, 0), (10, 1_200)]), "as it may become");
    desk.accepted(&["alice: replace r2 @ 105 as r3"]);
    assert_eq!(has(&desk), (10, [(0, 0), (10, 1_200)]), "until it is answered");
    assert_eq!(settled(&mut desk), (10, [(0, 0), (10, 1_050)]));
    // The stop is reached and takes the other along.
    let mut payload = Payload::default();
    payload.set_last_trade(ABC, 95);
    desk.send(&payload);
    assert_eq!(settled(&mut desk), (10, [(0, 0), (10, 1_000)]));
    desk.accepted(&["alice: cancel r1 as c1"]);
    nothing_is_left(&mut desk);
}

#[test]
fn a_pair_takes_the_credit_of_one() {
    let pair = ["alice: buy 10 @ 100 as low", "alice: buy 10 stop 105 limit 110 as high"];
    for (credit, second) in [(1_100, "accepted"), (1_099, "InsufficientCredit")] {
        let mut desk = Desk::open();
        let mut limits = wide_limits(ALICE);
        limits.set_credit(credit * UNIT);
        desk.limit(limits);
        assert_eq!(list(&mut desk, OCO, &pair), ["accepted", second]);
        if second == "accepted" {
            assert_eq!(settled(&mut desk), (0, [(10, 1_100), (0, 0)]));
            assert_eq!(desk.risk.buying(ALICE).map(|buying| buying.available), Some(0));
            desk.accepted(&["alice: cancel high as c1"]);
        }
        // Matching takes all of a list or nothing.
        nothing_is_left(&mut desk);
    }
    // A bracket takes that of its entry, if its exits could be paid too, and closing what that made
    // takes none.
    let mut desk = Desk::open();
    let mut limits = wide_limits(ALICE);
    limits.set_credit(1_100 * UNIT);
    desk.limit(limits);
    listed(&mut desk, BRACKET, &LONG);
    assert_eq!(desk.risk.buying(ALICE).map(|buying| buying.available), Some(100 * UNIT));
    desk.accepted(&["bob: sell 10 @ 100 as b1"]);
    desk.settle();
    assert_eq!(desk.risk.buying(ALICE).map(|buying| buying.available), Some(100 * UNIT));
    // A pair that may trade in part at once counts what is left of the one that did.
    let mut desk = Desk::open();
    desk.accepted(&["bob: sell 3 @ 99 as b1"]);
    listed(&mut desk, OCO, &pair);
    assert_eq!(settled(&mut desk), (3, [(7, 700), (0, 0)]));
}

#[test]
fn an_exit_that_opens_again_what_its_entry_closes_is_judged_with_its_price() {
    let again = ["alice: sell 10 @ 100 as entry", "alice: buy 10 @ 1000 as profit"];
    let bought = |limits: Limits| {
        let mut desk = Desk::open();
        desk.limit(limits);
        desk.accepted(&["bob: sell 10 @ 100 as b1", "alice: buy 10 @ 100 as a1"]);
        desk.settle();
        desk
    };
    let mut limits = Limits { collar_bps: 100_000, ..wide_limits(ALICE) };
    limits.set_credit(1_000 * UNIT);
    let mut desk = bought(limits);
    assert_eq!(list(&mut desk, BRACKET, &again), ["accepted", "InsufficientCredit"]);
    nothing_is_left(&mut desk);
    let mut limits = Limits { collar_bps: 100_000, ..wide_limits(ALICE) };
    limits.set_max_gross_exposure(2_500 * UNIT);
    let mut desk = bought(limits);
    assert_eq!(list(&mut desk, BRACKET, &again), ["accepted", "NotionalThreshold"]);
    let limits = Limits { collar_bps: 100_000, max_gross_position: 29, ..wide_limits(ALICE) };
    let mut desk = bought(limits);
    assert_eq!(list(&mut desk, BRACKET, &again), ["accepted", "ExceedsLimit"]);
    assert_eq!(has(&desk).0, 10);
}

#[test]
fn exits_follow_their_entry_up_and_down() {
    let mut desk = Desk::open();
    desk.limit(Limits { max_short: 0, max_position: 20, ..wide_limits(ALICE) });
    listed(&mut desk, BRACKET, &LONG);
    desk.accepted(&["bob: sell 4 @ 100 as b1", "alice: replace entry total 15 as r1"]);
    assert_eq!(settled(&mut desk), (4, [(11, 1_100), (4, 440)]));
    assert_eq!(desk.line("alice: replace r1 total 21 as r2"), "ExceedsLimit");
    desk.accepted(&["bob: sell 8 @ 100 as b2", "alice: replace r1 total 13 as r3"]);
    assert_eq!(settled(&mut desk), (12, [(1, 100), (12, 1_320)]));
    desk.accepted(&["alice: replace r3 total 12 as r4"]);
    assert_eq!(settled(&mut desk), (12, [(0, 0), (12, 1_320)]));
    assert_eq!(desk.line("alice: sell 1 @ 120 as s1"), "ShortSell");
    desk.accepted(&["bob: buy 12 @ 110 as b3"]);
    nothing_is_left(&mut desk);
    assert_eq!(has(&desk).0, 0);
}

#[test]
fn an_exit_that_waits_can_be_moved_and_one_that_asks_for_more_asks_for_all_of_it() {
    let mut desk = without_shorts();
    listed(&mut desk, BRACKET, &LONG[..2]);
    desk.accepted(&["alice: replace profit @ 120 as r1"]);
    assert_eq!(settled(&mut desk), (0, [(10, 1_000), (0, 0)]));
    assert_eq!(desk.line("alice: replace r1 total 10 @ 121 as r2"), "ShortSell");
    desk.accepted(&["bob: sell 4 @ 100 as b1"]);
    assert_eq!(settled(&mut desk), (4, [(6, 600), (4, 480)]));

    // Risk doesn't know that the entry is gone, and the exit alive with 4: it takes what it asks
    // for when it comes, which only they may who may sell short.
    desk.accepted(&["bob: buy 1 @ 80 as b2"]);
    desk.lag = 100;
    desk.accepted(&["alice: cancel entry as c1"]);
    assert_eq!(desk.line("alice: replace r1 leaves 10 as r3"), "ShortSell");
    desk.accepted(&["alice: replace r1 @ 130 as r4"]);
    assert_eq!(has(&desk), (4, [(6, 600), (4, 520)]));
    assert_eq!(settled(&mut desk), (4, [(0, 0), (4, 520)]));
    desk.limit(Limits { max_short: 6, max_position: 10, ..wide_limits(ALICE) });
    desk.accepted(&["alice: replace r4 leaves 10 as r5"]);
    assert_eq!(settled(&mut desk), (4, [(0, 0), (10, 1_300)]));
    desk.accepted(&["alice: cancel r5 as c2"]);
    nothing_is_left(&mut desk);
}

#[test]
fn a_quantity_in_flight_counts_until_it_is_answered() {
    let mut desk = Desk::open();
    listed(&mut desk, BRACKET, &LONG);
    desk.lag = 100;
    desk.accepted(&["alice: replace profit leaves 25 as r1"]);
    assert_eq!(has(&desk), (0, [(10, 1_000), (25, 2_750)]));
    // One that names none may come after it.
    desk.accepted(&["alice: replace profit @ 115 as r2"]);
    assert_eq!(has(&desk), (0, [(10, 1_000), (25, 2_875)]));
    // Matching doesn't give an exit that waits another quantity than its entry's.
    assert_eq!(settled(&mut desk), (0, [(10, 1_000), (0, 0)]));
    desk.accepted(&["bob: sell 10 @ 100 as b1"]);
    assert_eq!(settled(&mut desk), (10, [(0, 0), (10, 1_150)]));
}

#[test]
fn exits_that_only_reduce_do() {
    let reduce = ["alice: buy 10 @ 100 as e", "alice: sell 10 @ 110 reduce as p"];
    let mut desk = Desk::open();
    listed(&mut desk, BRACKET, &reduce);
    desk.accepted(&["bob: sell 4 @ 100 as b1"]);
    assert_eq!(settled(&mut desk), (4, [(6, 600), (4, 440)]));
    assert_eq!(desk.line("alice: sell 1 @ 120 as s1"), "ReduceOnly");
    // The entry would close what is short, and the exit open it again.
    let mut desk = Desk::open();
    desk.accepted(&["bob: buy 5 @ 100 as b1", "alice: sell 5 @ 100 as a1"]);
    desk.settle();
    assert_eq!(list(&mut desk, BRACKET, &reduce), ["accepted", "ReduceOnly"]);
    nothing_is_left(&mut desk);
    // Nor while an order is open that would sell what the entry buys.
    let mut desk = Desk::open();
    desk.accepted(&["alice: sell 5 @ 120 as a1"]);
    assert_eq!(list(&mut desk, BRACKET, &reduce), ["accepted", "ReduceOnly"]);
}

#[test]
fn who_may_only_reduce_sends_no_exit_that_opens_again() {
    let mut desk = Desk::open();
    desk.accepted(&["bob: buy 10 @ 100 as b1", "alice: sell 10 @ 100 as a1"]);
    let mut payload = Payload::default();
    payload.set_last_trade(ABC, 110);
    desk.send(&payload);
    let mut limits = wide_limits(ALICE);
    limits.set_max_daily_loss(99 * UNIT);
    desk.limit(limits);
    desk.settle();
    let said = list(&mut desk, BRACKET, &LONG);
    assert_eq!(said, ["accepted", "DailyLoss", "DailyLoss"]);
    // A pair that closes is fine.
    let pair = ["alice: buy 10 @ 90 as low", "alice: buy 10 stop 115 limit 120 as high"];
    desk.settle();
    listed(&mut desk, OCO, &pair);
    assert_eq!(settled(&mut desk), (-10, [(10, 1_200), (0, 0)]));
}

#[test]
fn what_a_firm_has_open_is_the_sum_of_what_its_accounts_have() {
    let mut desk = Desk::open();
    let firm = Limits { account: 1, max_short: 0, max_position: 15, ..wide_limits(1) };
    desk.limit(Limits { checks: firm.checks | LIMITS_OF_FIRM, ..firm });
    listed(&mut desk, BRACKET, &LONG);
    desk.settle();
    assert_eq!(desk.line("carol: buy 6 @ 90 as c1"), "ExceedsLimit");
    assert_eq!(desk.line("carol: sell 1 @ 120 as c2"), "ShortSell");
    desk.accepted(&["carol: buy 5 @ 90 as c3", "carol: cancel c3 as c4"]);
    desk.settle();
    let standing = desk.risk.standing(engine::risk::Level::Firm, 1).expect("it has limits");
    assert_eq!(standing.exposure, Some(1_000 * UNIT));
}

#[test]
fn however_a_list_ends_nothing_is_left() {
    let mass_cancel = |desk: &mut Desk| {
        let kind = CommandKind::MassCancel.number();
        let command = Command { kind, account: ALICE, ..Command::zeroed() };
        desk.send(&Payload { commands: vec![command], ..Payload::default() });
    };
    for (traded, contingency) in [(0, OCO), (0, BRACKET), (4, BRACKET), (10, BRACKET)] {
        let mut desk = Desk::open();
        listed(&mut desk, contingency, if contingency == OCO { &LONG[1..] } else { &LONG });
        if traded > 0 {
            desk.accepted(&[&format!("bob: sell {traded} @ 100 as b1")]);
        }
        mass_cancel(&mut desk);
        desk.settle();
        // Exits that came alive with the end of their entry were not there to be cancelled.
        mass_cancel(&mut desk);
        nothing_is_left(&mut desk);
        assert_eq!(has(&desk).0, traded);
    }
    // In an auction.
    let mut desk = without_shorts();
    session(&mut desk, SessionState::OpeningAuction);
    listed(&mut desk, BRACKET, &LONG);
    desk.accepted(&["bob: sell 4 @ 100 as b1"]);
    assert_eq!(settled(&mut desk), (0, [(10, 1_000), (0, 0)]));
    session(&mut desk, SessionState::Continuous);
    assert_eq!(settled(&mut desk), (4, [(6, 600), (4, 440)]));
    desk.accepted(&["bob: sell 6 @ 100 as b2", "bob: buy 10 @ 110 as b3"]);
    nothing_is_left(&mut desk);
    // A trade that is undone leaves its exits where they are.
    let mut desk = Desk::open();
    listed(&mut desk, BRACKET, &LONG);
    desk.accepted(&["bob: sell 10 @ 100 as b1"]);
    let bust = |account, side: Side| Command {
        kind: CommandKind::BustTrade.number(),
        account,
        instrument: ABC,
        side: side.number(),
        price: 100,
        quantity: 10,
        expire_time: 1,
        ..Command::zeroed()
    };
    let commands = vec![bust(ALICE, Side::Buy), bust(BOB, Side::Sell)];
    desk.send(&Payload { commands, ..Payload::default() });
    assert_eq!(settled(&mut desk), (0, [(0, 0), (10, 1_100)]));
    mass_cancel(&mut desk);
    nothing_is_left(&mut desk);
}

#[test]
fn legs_that_do_not_belong_together_are_matchings_to_refuse() {
    let mut desk = Desk::open();
    let lines = ["alice: buy 10 @ 90 as a", "alice: sell 10 @ 110 as b"];
    listed(&mut desk, OCO, &lines);
    assert_eq!(has(&desk), (0, [(10, 900), (10, 1_100)]), "they lie on two sides");
    nothing_is_left(&mut desk);
    listed(&mut desk, BRACKET, &["alice: buy 10 @ 90 as c", "bob: sell 10 @ 110 as d"]);
    nothing_is_left(&mut desk);
    // An exit without the rest of its list.
    let mut payload = Payload::default();
    payload.line("alice: sell 10 @ 110 as e");
    payload.commands[0].link = Leg { contingency: BRACKET, legs: 2, place: 1 }.link();
    assert_eq!(said(&desk.send(&payload)[0]), "accepted");
    assert_eq!(has(&desk), (0, [(0, 0); 2]));
    nothing_is_left(&mut desk);
}

#[test]
fn a_dry_run_judges_a_leg_without_the_others() {
    let desk = without_shorts();
    let with = |line, contingency, place| Command {
        link: Leg { contingency, legs: 2, place }.link(),
        ..command(line)
    };
    assert_eq!(desk.risk.check(&with(LONG[1], BRACKET, 1)).refused, None);
    for place in 0..2 {
        let refused = desk.risk.check(&with(LONG[1], OCO, place)).refused;
        assert_eq!(refused, Some(engine::reject::Reject::ShortSell));
    }
}
