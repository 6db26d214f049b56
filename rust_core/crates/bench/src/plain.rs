//! The baseline: the book that one writes first, a map of prices to queues and a map of orders.
//!
//! It does less than the engine: no events but trades, no hash, no checks, no ownership. What it
//! costs is what the task costs when nobody has thought about it.

use std::collections::{BTreeMap, HashMap, VecDeque};

use engine::pod::{Command, CommandKind, Side, TimeInForce, FLAG_LEAVES};
use sim::script::Step;

/// A request by labels, without what only an engine looks at.
#[derive(Clone, Copy, Debug)]
pub enum Request {
    /// A new order.
    New {
        /// What it is called.
        label: u32,
        /// Whether it buys.
        buys: bool,
        /// Whether what is left may rest.
        rests: bool,
        /// Its limit.
        price: i64,
        /// How much.
        quantity: i64,
    },
    /// The end of an order.
    Cancel(u32),
    /// Other terms for an order.
    Replace {
        /// Which.
        label: u32,
        /// 0: unchanged.
        price: i64,
        /// 0: unchanged.
        quantity: i64,
        /// Whether the quantity is what shall be open.
        open: bool,
    },
    /// Nothing, so that places stay the same as in a flow.
    Nothing,
}

impl Request {
    /// What a step of a flow asks for. Flows have limit orders, rest or immediate or cancel.
    #[must_use]
    pub fn of(step: &Step) -> Self {
        let &Command { kind, side, time_in_force, price, quantity, flags, .. } = &step.command;
        if kind == CommandKind::NewOrder.number() {
            return Self::New {
                label: step.label.expect("a new order has a label"),
                buys: side == Side::Buy.number(),
                rests: time_in_force != TimeInForce::Ioc.number(),
                price,
                quantity,
            };
        }
        let Some(label) = step.target else { return Self::Nothing };
        if kind == CommandKind::CancelOrder.number() {
            return Self::Cancel(label);
        }
        Self::Replace { label, price, quantity, open: flags & FLAG_LEAVES != 0 }
    }
}

/// A trade: the label of the order that rested, price, quantity.
pub type Trade = (u32, i64, i64);

#[derive(Clone, Copy, Debug)]
struct Resting {
    label: u32,
    open: i64,
    traded: i64,
}

/// The book.
#[derive(Debug, Default)]
pub struct PlainBook {
    bids: BTreeMap<i64, VecDeque<Resting>>,
    asks: BTreeMap<i64, VecDeque<Resting>>,
    /// Where an order is: whether among the bids, and its price.
    places: HashMap<u32, (bool, i64)>,
}

impl PlainBook {
    /// How many orders rest.
    #[must_use]
    pub fn open_orders(&self) -> usize {
        self.places.len()
    }

    /// Does what is asked, and adds the trades.
    pub fn apply(&mut self, request: Request, trades: &mut Vec<Trade>) {
        match request {
            Request::New { label, buys, rests, price, quantity } => {
                let order = Resting { label, open: quantity, traded: 0 };
                self.execute(order, buys, price, rests, trades);
            }
            Request::Cancel(label) => {
                self.take(label);
            }
            Request::Replace { label, price, quantity, open } => {
                self.replace(label, price, quantity, open, trades);
            }
            Request::Nothing => {}
        }
    }

    fn side(&mut self, buys: bool) -> &mut BTreeMap<i64, VecDeque<Resting>> {
        if buys {
            &mut self.bids
        } else {
            &mut self.asks
        }
    }

    fn execute(
        &mut self,
        mut order: Resting,
        buys: bool,
        limit: i64,
        rests: bool,
        trades: &mut Vec<Trade>,
    ) {
        while order.open > 0 {
            let best = if buys { self.asks.first_entry() } else { self.bids.last_entry() };
            let Some(mut level) = best else { break };
            let price = *level.key();
            if if buys { price > limit } else { price < limit } {
                break;
            }
            let queue = level.get_mut();
            let maker = queue.front_mut().expect("a level has orders");
            let quantity = order.open.min(maker.open);
            order.open -= quantity;
            order.traded += quantity;
            maker.open -= quantity;
            maker.traded += quantity;
            trades.push((maker.label, price, quantity));
            if maker.open == 0 {
                self.places.remove(&maker.label);
                queue.pop_front();
                if queue.is_empty() {
                    level.remove();
                }
            }
        }
        if order.open > 0 && rests {
            self.places.insert(order.label, (buys, limit));
            self.side(buys).entry(limit).or_default().push_back(order);
        }
    }

    /// Takes an order out of its queue.
    fn take(&mut self, label: u32) -> Option<(bool, i64, Resting)> {
        let (buys, price) = self.places.remove(&label)?;
        let side = self.side(buys);
        let queue = side.get_mut(&price)?;
        let order = queue.remove(queue.iter().position(|order| order.label == label)?)?;
        if queue.is_empty() {
            side.remove(&price);
        }
        Some((buys, price, order))
    }

    fn replace(
        &mut self,
        label: u32,
        price: i64,
        quantity: i64,
        open: bool,
        trades: &mut Vec<Trade>,
    ) {
        let Some(&(buys, old_price)) = self.places.get(&label) else { return };
        let queue = self.side(buys).get_mut(&old_price).expect("an order is in its queue");
        let order = queue.iter_mut().find(|order| order.label == label).expect("it is there");
        let wanted = match (quantity, open) {
            (quantity, true) => quantity,
            (0, false) => order.open,
            (quantity, false) => quantity - order.traded,
        };
        if wanted > 0 && wanted <= order.open && (price == 0 || price == old_price) {
            order.open = wanted;
            return;
        }
        let (_, _, order) = self.take(label).expect("it is there");
        if wanted > 0 {
            let price = if price == 0 { old_price } else { price };
            self.execute(Resting { open: wanted, ..order }, buys, price, true, trades);
        }
    }
}
