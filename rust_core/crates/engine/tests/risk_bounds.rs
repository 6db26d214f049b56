//! Orders without a limit price trade no further than risk has counted them: risk and matching
//! together.

mod desk;

use bytemuck::Zeroable;
use desk::{instrument, no_limits, said, Desk, Payload, ABC, ALICE, BOB, UNIT};
use engine::pod::{
    ExecType, InstrumentRules, Limits, SessionState, LIMITS_OF_FIRM, LIMITS_OF_VENUE,
};
use engine::risk::bits;

/// Reference price 100, nobody checked.
fn open() -> Desk {
    let mut desk = Desk::open();
    desk.limit(no_limits(ALICE));
    let mut payload = Payload::default();
    payload.set_last_trade(ABC, 100);
    assert_eq!(said(&desk.send(&payload)[0]), "accepted");
    desk
}

/// Credit 2,000, notional at most 1,500, and a collar of 10 % or none.
fn careful(collar_bps: u32) -> Limits {
    let collar = if collar_bps == 0 { 0 } else { bits::COLLAR };
    let checks = bits::BUYING_POWER | bits::ORDER_NOTIONAL | collar;
    let mut limits = Limits { checks, collar_bps, ..no_limits(ALICE) };
    limits.set_credit(2_000 * UNIT);
    limits.set_max_order_notional(1_500 * UNIT);
    limits
}

/// What the last message of FILLS told of alice's order: what it traded at, what it is at now.
fn told(desk: &Desk) -> String {
    let fills = desk.fills.last().expect("a message");
    let own = fills.events.iter().filter(|event| event.account == ALICE);
    let words: Vec<String> = own
        .map(|event| match ExecType::try_from(event.exec_type).expect("a type") {
            ExecType::Trade => format!("{} @ {}", event.last_quantity, event.last_price),
            ExecType::Canceled => format!("canceled {}", event.reason),
            other => format!("{other:?} {}", event.price),
        })
        .collect();
    words.join(", ")
}

fn session(desk: &mut Desk, session: SessionState) {
    let mut payload = Payload::default();
    payload.set_session(ABC, session);
    assert_eq!(said(&desk.send(&payload)[0]), "accepted");
}

/// Policy of an instrument: market orders may come while orders collect.
const MARKETS_IN_AUCTIONS: u32 = 1 << 9;
/// The reason of a cancel beyond what bounds prices.
const BEYOND: &str = "canceled 116";

#[test]
fn a_market_order_trades_no_further_than_it_was_counted() {
    for collar_bps in [1_000, 0] {
        let mut desk = open();
        desk.limit(careful(collar_bps));
        desk.limit(no_limits(BOB));
        desk.accepted(&["bob: sell 10 @ 1000 as b1"]);
        desk.accepted(&["alice: buy 10 market as a1"]);
        assert_eq!(told(&desk), format!("New 0, {BEYOND}"));
        desk.accepted(&["bob: sell 2 @ 109 as b2", "bob: sell 3 @ 110 as b3"]);
        desk.accepted(&["bob: sell 4 @ 111 as b4", "alice: buy 10 market as a2"]);
        assert_eq!(told(&desk), format!("New 0, 2 @ 109, 3 @ 110, {BEYOND}"));
        desk.settle();
        let buying = desk.risk.buying(ALICE).expect("alice");
        assert_eq!(buying.used, 548 * UNIT, "within the credit");
    }
}

#[test]
fn a_sale_trades_no_lower() {
    let mut desk = open();
    desk.limit(careful(500));
    desk.limit(no_limits(BOB));
    desk.accepted(&["bob: buy 2 @ 95 as b1", "bob: buy 5 @ 90 as b2"]);
    desk.accepted(&["alice: sell 5 market as a1"]);
    assert_eq!(told(&desk), format!("New 0, 2 @ 95, {BEYOND}"));
    // The reference price has followed the trade.
    desk.accepted(&["alice: sell 5 to-limit as a2"]);
    assert_eq!(told(&desk), format!("New 0, {BEYOND}"));
}

#[test]
fn who_is_not_checked_trades_at_any_price() {
    let mut desk = open();
    desk.limit(no_limits(BOB));
    desk.accepted(&["bob: sell 10 @ 1000 as b1", "alice: buy 10 market as a1"]);
    assert_eq!(told(&desk), "New 0, 10 @ 1000");
}

#[test]
fn the_firm_s_limits_bound_the_orders_of_its_accounts() {
    let mut desk = open();
    desk.limit(no_limits(BOB));
    let checks = bits::ORDER_NOTIONAL | LIMITS_OF_FIRM;
    desk.limit(Limits { checks, account: 1, ..careful(0) });
    desk.accepted(&["bob: sell 10 @ 111 as b1", "alice: buy 10 market as a1"]);
    assert_eq!(told(&desk), format!("New 0, {BEYOND}"));
}

#[test]
fn the_tightest_collar_holds_for_market_orders() {
    let collar = |bps, of: Limits| Limits { checks: bits::COLLAR, collar_bps: bps, ..of };
    let of_firm = |limits: Limits| {
        let checks = limits.checks | LIMITS_OF_FIRM;
        Limits { checks, account: 1, ..limits }
    };
    let of_venue = |limits: Limits| {
        let checks = limits.checks | LIMITS_OF_VENUE;
        Limits { checks, account: 0, ..limits }
    };
    let own = |bps| collar(bps, no_limits(ALICE));
    // Whose collars, how far the rules let market orders trade, how far this one does.
    let rows: [(&[Limits], u32, i64); 6] = [
        (&[own(300)], 0, 103),
        (&[own(300)], 1_000, 103),
        (&[own(1_000)], 200, 102),
        (&[no_limits(ALICE), of_firm(own(400))], 0, 104),
        (&[own(500), of_firm(own(100)), of_venue(own(200))], 0, 101),
        (&[own(500), of_firm(own(400)), of_venue(own(300))], 700, 103),
    ];
    for (number, (limits, protection_bps, last)) in rows.into_iter().enumerate() {
        let mut desk = open();
        let mut rules = Payload::default();
        let bands = InstrumentRules { instrument: ABC, protection_bps, ..Zeroable::zeroed() };
        rules.set_rules(bands);
        assert_eq!(said(&desk.send(&rules)[0]), "accepted");
        desk.limit(no_limits(BOB));
        let offers: Vec<String> =
            (101..=106).map(|price| format!("bob: sell 1 @ {price} as b{price}")).collect();
        desk.accepted(&offers.iter().map(String::as_str).collect::<Vec<_>>());
        for &limits in limits {
            desk.limit(limits);
        }
        desk.accepted(&["alice: buy 9 market as a1"]);
        desk.settle();
        let position = desk.risk.position_in(ALICE, ABC).expect("she bought");
        assert_eq!(position.quantity, last - 100, "row {number}");
    }
}

#[test]
fn an_auction_gives_a_market_order_no_worse_price() {
    let mut desk = open();
    let mut listed = instrument(ABC, "ABC");
    listed.policies = MARKETS_IN_AUCTIONS;
    listed.reference_price = 100;
    desk.list(listed);
    desk.limit(careful(1_000));
    desk.limit(no_limits(BOB));
    session(&mut desk, SessionState::OpeningAuction);
    desk.accepted(&["bob: sell 10 @ 1000 as b1", "alice: buy 10 market auction as a1"]);
    assert_eq!(told(&desk), "New 110");
    session(&mut desk, SessionState::Continuous);
    assert_eq!(told(&desk), "Expired 110");
}

#[test]
fn a_pegged_order_without_a_limit_has_what_it_was_counted_at() {
    let mut desk = open();
    desk.limit(careful(1_000));
    desk.limit(no_limits(BOB));
    desk.accepted(&["alice: buy 5 peg as a1", "bob: buy 1 @ 109 as b1"]);
    assert_eq!(told(&desk), "Restated 109");
    desk.accepted(&["bob: buy 1 @ 120 as b2"]);
    assert_eq!(told(&desk), "Restated 110");
}
