//! Flows that real days have for minutes: a market that swings, and one that falls through.
//!
//! They are made without an engine: all orders have one size and takers take whole levels, so that
//! what rests is known.

use std::collections::BTreeMap;

use engine::pod::{Command, CommandKind, OrdType, Side, TimeInForce};
use sim::mix::Flow;
use sim::rng::Rng;
use sim::script::Step;

/// The middle of the book at the start.
const MIDDLE: i64 = 1_000_000;
/// The size of an order.
const SIZE: i64 = 10;
/// Levels that a swing takes.
const SWING: i64 = 25;
/// Levels on each side of a market that swings.
const SWING_LEVELS: i64 = 200;
/// Orders at a level of it.
const SWING_ORDERS: usize = 4;
/// Levels below a market that falls, and how many orders each has.
const FALL_LEVELS: i64 = 2_000;
const FALL_ORDERS: usize = 3;
/// Levels that each sale takes of it.
const FALL_STEP: i64 = 100;

/// What rests, and the commands that made it so.
struct Tape {
    /// Labels of bids and asks by price, oldest first.
    sides: [BTreeMap<i64, Vec<u32>>; 2],
    labels: u32,
    steps: Vec<Step>,
}

impl Tape {
    fn new() -> Self {
        Self { sides: [BTreeMap::new(), BTreeMap::new()], labels: 0, steps: Vec::new() }
    }

    fn side(&mut self, side: Side) -> &mut BTreeMap<i64, Vec<u32>> {
        &mut self.sides[usize::from(side == Side::Sell)]
    }

    fn order(&mut self, side: Side, price: i64, quantity: i64, time: TimeInForce) -> u32 {
        let label = self.labels;
        self.labels += 1;
        let mut step = Step::new(CommandKind::NewOrder);
        step.label = Some(label);
        step.command = Command {
            account: 1,
            instrument: 1,
            cl_ord_id: [u64::from(self.labels), 0, 0, 0],
            side: side.number(),
            ord_type: OrdType::Limit.number(),
            time_in_force: time.number(),
            price,
            quantity,
            ..step.command
        };
        self.steps.push(step);
        label
    }

    /// An order that rests.
    fn rest(&mut self, side: Side, price: i64) {
        let label = self.order(side, price, SIZE, TimeInForce::Gtc);
        self.side(side).entry(price).or_default().push(label);
    }

    /// An order that takes all there is up to a price.
    fn take(&mut self, side: Side, to: i64) {
        let other = if side == Side::Buy { Side::Sell } else { Side::Buy };
        let reached = |price: i64| if side == Side::Buy { price <= to } else { price >= to };
        let mut orders = 0;
        self.side(other).retain(|&price, labels| {
            orders += if reached(price) { labels.len() as i64 } else { 0 };
            !reached(price)
        });
        self.order(side, to, (orders * SIZE).max(1), TimeInForce::Ioc);
    }

    /// A cancel of an order at a price; false: nothing is there.
    fn cancel(&mut self, side: Side, price: i64, rng: &mut Rng) -> bool {
        let Some(labels) = self.side(side).get_mut(&price) else { return false };
        let label = labels.remove(rng.below(labels.len() as u64) as usize);
        if labels.is_empty() {
            self.side(side).remove(&price);
        }
        self.change(CommandKind::CancelOrder, label, 0);
        true
    }

    /// A move of an order to the back of another level.
    fn shift(&mut self, side: Side, from: i64, to: i64) {
        let labels = self.side(side).get_mut(&from).expect("something is there");
        let label = labels.remove(0);
        if labels.is_empty() {
            self.side(side).remove(&from);
        }
        self.side(side).entry(to).or_default().push(label);
        self.change(CommandKind::ReplaceOrder, label, to);
    }

    fn change(&mut self, kind: CommandKind, label: u32, price: i64) {
        let mut step = Step::new(kind);
        step.target = Some(label);
        (step.command.account, step.command.instrument, step.command.price) = (1, 1, price);
        self.steps.push(step);
    }

    /// The flow; the first so many commands build the book.
    fn flow(mut self, name: &str, built: usize) -> Flow {
        let steps = self.steps.split_off(built).into_iter().map(|step| (0, step)).collect();
        Flow { name: name.to_owned(), build: self.steps, steps }
    }
}

/// A market that swings by 25 levels: one order takes them, other orders fill the gap from behind,
/// what is left far away is cancelled, and then the other way.
#[must_use]
pub fn swing(commands: usize) -> Flow {
    let (mut tape, mut rng) = (Tape::new(), Rng::new(1));
    for away in 0..SWING_LEVELS {
        for _ in 0..SWING_ORDERS {
            tape.rest(Side::Buy, MIDDLE - 1 - away);
            tape.rest(Side::Sell, MIDDLE + away);
        }
    }
    let built = tape.steps.len();
    // Asks begin here, bids one below.
    let mut touch = MIDDLE;
    while tape.steps.len() < built + commands {
        let rises = rng.below(2) == 0;
        let (taker, sign) = if rises { (Side::Buy, 1) } else { (Side::Sell, -1) };
        let maker = if rises { Side::Sell } else { Side::Buy };
        let first = if rises { touch } else { touch - 1 };
        tape.take(taker, first + sign * (SWING - 1));
        for level in 0..SWING {
            for _ in 0..SWING_ORDERS {
                tape.rest(taker, first + sign * level);
                tape.rest(maker, first + sign * (SWING_LEVELS + level));
                tape.cancel(taker, first - sign * (SWING_LEVELS - level), &mut rng);
            }
        }
        touch += sign * SWING;
    }
    tape.steps.truncate(built + commands);
    tape.flow("swing_25_levels", built)
}

/// A market that falls through: half of what would buy is cancelled, sales take the rest a hundred
/// levels at a time while offers follow them down, and then the book is built anew.
#[must_use]
pub fn flash_crash(commands: usize) -> Flow {
    let (mut tape, mut rng) = (Tape::new(), Rng::new(2));
    for level in 0..FALL_LEVELS {
        for _ in 0..FALL_ORDERS {
            tape.rest(Side::Buy, MIDDLE - 1 - level);
        }
        tape.rest(Side::Sell, MIDDLE + level);
    }
    let built = tape.steps.len();
    while tape.steps.len() < built + commands {
        for _ in 0..FALL_LEVELS * FALL_ORDERS as i64 / 2 {
            let price = MIDDLE - 1 - rng.below(FALL_LEVELS as u64) as i64;
            tape.cancel(Side::Buy, price, &mut rng);
        }
        for fall in 1..=FALL_LEVELS / FALL_STEP {
            let bottom = MIDDLE - fall * FALL_STEP;
            tape.take(Side::Sell, bottom);
            for follower in 0..FALL_STEP {
                let from = *tape.side(Side::Sell).keys().next_back().expect("asks rest");
                tape.shift(Side::Sell, from, bottom + follower);
            }
        }
        // Those who bought at the bottom are bid again; the offers go back up.
        for level in (0..FALL_LEVELS).rev() {
            let from = *tape.side(Side::Sell).keys().next().expect("asks rest");
            tape.shift(Side::Sell, from, MIDDLE + level);
        }
        for _ in 0..FALL_ORDERS {
            for level in (0..FALL_LEVELS).rev() {
                tape.rest(Side::Buy, MIDDLE - 1 - level);
            }
        }
    }
    tape.steps.truncate(built + commands);
    tape.flow("flash_crash", built)
}
