//! Random trading of every kind: whatever comes, the engine's books stay sound and its events
//! tell their story without gaps.

mod floor;

use std::collections::HashMap;

use engine::pod::{ExecType, SessionState, Side, MAX_EVENTS, MAX_STATUSES};
use floor::Floor;

struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % below
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len() as u64) as usize]
    }
}

/// A line of the floor's language, or the lines of a list.
fn line(dice: &mut Dice, count: &mut u64, floors: bool) -> String {
    let mut name = || {
        *count += 1;
        format!("o{count}")
    };
    let (first, second, third) = (name(), name(), name());
    let side = dice.one(&["buy", "sell"]);
    let other = if side == "buy" { "sell" } else { "buy" };
    let quantity = 1 + dice.roll(20);
    let price = 90 + dice.roll(21);
    let away = 90 + dice.roll(21);
    let by = 1 + dice.roll(4);
    let on = 1 + dice.roll(2);
    let who = format!("by={by} on={on}");
    let time = dice.one(&["gtc", "gtc", "day", "ioc", "fok", "until=9999999"]);
    // Every third name is of an order or of a list's first leg.
    let target = (*count / 3).saturating_sub(1 + dice.roll(20)) * 3 + 1 + dice.roll(4) / 3;
    match dice.roll(36) {
        0..=10 => format!("{first} {side} {quantity} @ {price} {time} {who}"),
        11 => format!("{first} {side} {quantity} market {who}"),
        12 => format!("{first} {side} {quantity} tolimit {who}"),
        13 => format!("{first} {side} {quantity} stop={away} {who}"),
        14 => format!("{first} {side} {quantity} @ {price} stop={away} {who} tag=3"),
        15 => format!("{first} {side} {quantity} trail={} {who}", 1 + dice.roll(5)),
        16 => format!("{first} {side} 20 @ {price} show=3 {who}"),
        17 if floors => format!("{first} {side} {quantity} @ {price} aon {who}"),
        18 if floors => format!("{first} {side} {quantity} @ {price} min=1 {who}"),
        19 => format!("{first} {side} {quantity} @ {price} post {who}"),
        20 | 21 => {
            let peg = dice.one(&["bid", "ask", "mid"]);
            let offset = dice.roll(7) as i64 - 3;
            format!("{first} {side} {quantity} peg={peg} offset={offset} {who}")
        }
        22 | 23 => {
            let stop = format!("{second} {side} {quantity} stop={away} {who} leg=oco:1/2");
            format!("{first} {side} {quantity} @ {price} {who} leg=oco:0/2\n{stop}")
        }
        24 => {
            let more = format!("{second} {side} {quantity} @ {away} {who} leg=oco:1/2");
            format!("{first} {side} {quantity} @ {price} {who} leg=oco:0/2\n{more}")
        }
        25 | 26 => {
            let entry = dice.one(&["market", "fok @", "@", "stop="]);
            let entry = match entry {
                "market" => "market".to_owned(),
                "stop=" => format!("stop={away}"),
                "@" => format!("@ {price} show=2"),
                _ => format!("@ {price} {time}"),
            };
            format!(
                "{first} {side} {quantity} {entry} {who} leg=bracket:0/3
                 {second} {other} {quantity} @ {away} {who} leg=bracket:1/3
                 {third} {other} {quantity} stop={price} {who} leg=bracket:2/3"
            )
        }
        27 | 28 => format!("cancel o{target}"),
        29 => format!("replace o{target} qty={quantity}"),
        30 => format!("replace o{target} price={price}"),
        31 => format!("replace o{target} qty={quantity} price={price}"),
        32 if dice.roll(8) == 0 => match dice.roll(4) {
            0 => format!("mass by={by}"),
            1 => format!("mass by={by} side={side}"),
            2 => format!("mass by={by} on={on} tag=3"),
            _ => format!("mass on={on}"),
        },
        33 if dice.roll(3) == 0 => {
            let sessions = [
                "preopen",
                "openingauction",
                "closingauction",
                "halted",
                "cancelonly",
                "closed",
                "postclose",
            ];
            format!("session {}", dice.one(&sessions))
        }
        34 if dice.roll(12) == 0 => match dice.roll(4) {
            0 => "rules static=2000 dynamic=500 seconds=3".to_owned(),
            1 => "rules protection=300 tick=100:2".to_owned(),
            2 => "rules dynamic=300 flags=1".to_owned(),
            _ => "rules".to_owned(),
        },
        _ => "session continuous".to_owned(),
    }
}

/// What the orders were last said to be.
#[derive(Default)]
struct Story {
    sequences: HashMap<u64, u32>,
    open: HashMap<u64, i64>,
    /// Events by kind, and cancels for the sake of a partner and of a band.
    kinds: [usize; 12],
    linked: usize,
    banded: usize,
}

impl Story {
    fn hear(&mut self, floor: &Floor) {
        let ends = [ExecType::Canceled.number(), ExecType::Expired.number()];
        let not_of_orders =
            [ExecType::Rejected, ExecType::CancelRejected, ExecType::TradeBust].map(|k| k.number());
        for event in &floor.fills.events {
            self.kinds[usize::from(event.exec_type)] += 1;
            self.linked += usize::from(event.reason == 114);
            self.banded += usize::from(event.reason == 116);
            if not_of_orders.contains(&event.exec_type) {
                continue;
            }
            let last = self.sequences.entry(event.order_id).or_default();
            assert_eq!(event.order_sequence, *last + 1, "a gap in the story of an order");
            *last += 1;
            self.open.insert(event.order_id, event.leaves_quantity);
            if event.leaves_quantity == 0 || ends.contains(&event.exec_type) {
                self.open.remove(&event.order_id);
            }
        }
    }
}

fn storm(seed: u64, messages: usize, policies: u32, floors: bool) {
    let mut dice = Dice(seed);
    let mut floor = Floor::open_with(policies);
    let mut story = Story::default();
    let mut count = 0;
    for _ in 0..messages {
        let lines: Vec<_> =
            (0..1 + dice.roll(4)).map(|_| line(&mut dice, &mut count, floors)).collect();
        let time = dice.roll(3) as i64 / 2;
        floor.wait(time).message(&lines.join("\n"));
        assert!(floor.fills.events.len() < MAX_EVENTS && floor.fills.statuses.len() < MAX_STATUSES);
        story.hear(&floor);
        assert_eq!(floor.engine.open_orders(), story.open.len(), "after {lines:?}");
        for instrument in 1..=2 {
            let book = floor.engine.book(instrument).expect("a book");
            let best = |side| book.best(side).map(|level| level.price);
            if let (Some(bid), Some(ask)) = (best(Side::Buy), best(Side::Sell)) {
                let sound = bid < ask || floors || book.session() != SessionState::Continuous;
                assert!(sound, "{bid} crosses {ask} after {lines:?}");
            }
            for side in [Side::Buy, Side::Sell] {
                for level in book.levels(side) {
                    let at = |order: &&engine::Order| order.price == level.price;
                    let shown = floor.engine.orders(instrument, side).filter(at);
                    let sum: i64 = shown.map(|order| floor.engine.shown(order.id)).sum();
                    assert_eq!(sum, level.quantity, "what a level shows");
                }
                for order in floor.engine.orders(instrument, side) {
                    assert_eq!(story.open[&order.id], order.leaves);
                }
            }
            for (order, _) in floor.engine.waiting(instrument) {
                assert_eq!(story.open[&order.id], order.leaves);
            }
        }
        let placed: usize = (1..=2)
            .map(|id| {
                let sides = [Side::Buy, Side::Sell].map(|s| floor.engine.orders(id, s).count());
                sides.iter().sum::<usize>() + floor.engine.waiting(id).count()
            })
            .sum();
        assert_eq!(placed, floor.engine.open_orders(), "every open order is somewhere");
    }
    let all = [1, 2, 3, 4, 6, 7, 8, 9, 10].iter().all(|&kind| story.kinds[kind] > 0);
    assert!(all && story.linked > 0 && story.banded > 0, "every kind of event happens");
}

#[test]
fn random_trading_by_price_and_time() {
    (1..=6).for_each(|seed| storm(seed * 7_919, 4_000, 0, false));
}

#[test]
fn random_trading_with_self_trade_prevention_and_resting_markets() {
    for (seed, policies) in [(11, 2), (12, 5), (13, 4 | 1 << 3), (14, 3 | 2 << 3)] {
        storm(seed * 104_729, 4_000, policies, false);
    }
}

#[test]
fn random_trading_with_floors_and_shared_levels() {
    for (seed, policies) in [(21, 0), (22, 1 << 7), (23, 1 << 5 | 2), (24, 2 << 5 | 1 << 8)] {
        storm(seed * 1_299_709, 4_000, policies, true);
    }
}
