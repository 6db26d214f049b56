//! Orders without end, named by a seed: passive and aggressive, changed, cancelled, late, wrong.

use std::collections::{BTreeSet, HashMap};

use engine::pod::{
    BatchStatus, ClOrdId, Command, CommandKind, Event, ExecType, OrdType, SessionState, Side,
    TimeInForce, FLAG_CANCEL_ON_DISCONNECT, FLAG_LEAVES, FLAG_OF_KILL, FLAG_REDUCE_ONLY, MAX_PRICE,
    MAX_QUANTITY,
};
use engine::Fills;

use crate::rng::Rng;
use crate::script::{Judgement, Message, Step};
use crate::text;

mod lists;
mod market;
mod profile;
mod special;
mod wrong;

pub use profile::Profile;

const HOUR_NS: i64 = 3_600_000_000_000;

/// An order that rests, as far as the events have told.
#[derive(Clone, Copy, Debug)]
struct Resting {
    id: u64,
    label: u32,
    account: u32,
    instrument: u32,
    side: Side,
    price: i64,
    leaves: i64,
    cum: i64,
}

/// A stream of messages. It watches what comes of them, so that it knows what it can cancel.
#[derive(Clone, Debug)]
pub struct Workload {
    profile: &'static Profile,
    rng: Rng,
    time_ns: i64,
    labels: u32,
    middle: Vec<i64>,
    halted: Option<u32>,
    resting: Vec<Resting>,
    places: HashMap<u64, usize>,
    /// Labels of orders that ended lately, of several accounts.
    ended: Vec<Resting>,
    /// Labels of the steps of the message under way.
    sent: Vec<Option<u32>>,
    by_index: Vec<Option<u32>>,
    building: bool,
    started: bool,
    /// Trades of late, as one of their sides tells them.
    trades: Vec<Event>,
    /// Account, instrument and the other side of the last trade that was to be undone.
    undone: Option<(u32, u32, Side)>,
    /// Instruments that don't trade as orders come.
    stopped: BTreeSet<u32>,
}

impl Workload {
    /// The workload of a seed.
    #[must_use]
    pub fn new(profile: &'static Profile, seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        // Some evening, so that jumps soon pass midnight.
        let time_ns = rng.between(1, 20_000) * 24 * HOUR_NS + 20 * HOUR_NS;
        let middle = (0..profile.instruments)
            .map(|_| rng.between(profile.spread + 2, profile.spread * 4 + 1_000))
            .collect();
        Self {
            profile,
            rng,
            time_ns,
            labels: 0,
            middle,
            halted: None,
            resting: Vec::new(),
            places: HashMap::new(),
            ended: Vec::new(),
            sent: Vec::new(),
            by_index: Vec::new(),
            building: true,
            started: false,
            trades: Vec::new(),
            undone: None,
            stopped: BTreeSet::new(),
        }
    }

    /// The next message.
    pub fn message(&mut self) -> Message {
        self.time_ns += self.rng.between(0, 5_000_000);
        if self.rng.per_mille(self.profile.jumps) {
            self.time_ns += self.rng.between(1, 30) * HOUR_NS;
        }
        self.sent.clear();
        let mut message = Message::new(self.time_ns, Vec::new());
        if !self.started {
            self.started = true;
            for id in 1..=self.profile.instruments {
                self.set_instrument(id, true, &mut message);
                if self.profile.rules && self.rng.per_mille(700) {
                    self.set_rules(id, &mut message);
                }
            }
            if self.profile.rules {
                self.set_accounts(&mut message);
            }
        }
        if self.rng.per_mille(self.profile.wrong / 10) {
            let statuses = [BatchStatus::Repeated, BatchStatus::Void, BatchStatus::Held];
            message.status = self.rng.pick(&statuses);
            message.steps.clear();
            message.instruments.clear();
            message.terms.clear();
            message.accounts.clear();
            message.rules.clear();
            return message;
        }
        if self.profile.mass != 0 {
            message.lag = self.rng.pick(&[0, 0, 0, 1, 2, 5, 40]);
        }
        for _ in 0..1 + self.rng.below(self.profile.batch) {
            self.step(&mut message);
        }
        self.by_index.clone_from(&self.sent);
        message
    }

    /// Reads what became of the last message.
    pub fn observe(&mut self, fills: &Fills) {
        for event in &fills.events {
            if event.order_sequence == 0 {
                continue;
            }
            if event.match_id != 0 {
                self.trades.truncate(15);
                self.trades.insert(0, *event);
            }
            let id = event.order_id;
            if event.exec_type == ExecType::New.number() {
                let label = self.by_index[event.command_index as usize];
                self.places.insert(id, self.resting.len());
                self.resting.push(Resting {
                    id,
                    label: label.expect("new orders have labels"),
                    account: event.account,
                    instrument: event.instrument,
                    side: Side::try_from(event.side).expect("an order has a side"),
                    price: event.price,
                    leaves: event.leaves_quantity,
                    cum: 0,
                });
                continue;
            }
            let place = self.places[&id];
            let order = &mut self.resting[place];
            order.price = event.price;
            order.leaves = event.leaves_quantity;
            order.cum = event.cum_quantity;
            if order.leaves == 0 {
                let order = self.resting.swap_remove(place);
                self.places.remove(&id);
                if let Some(moved) = self.resting.get(place) {
                    self.places.insert(moved.id, place);
                }
                self.remember(order);
            }
        }
        for status in &fills.statuses {
            if status.session == SessionState::Continuous.number() {
                self.stopped.remove(&status.instrument);
            } else {
                self.stopped.insert(status.instrument);
            }
        }
        if self.resting.len() >= self.profile.resting {
            self.building = false;
        } else if self.resting.len() < self.profile.resting / 2 {
            self.building = true;
        }
    }

    fn remember(&mut self, order: Resting) {
        if self.ended.len() < 64 {
            self.ended.push(order);
        } else {
            let place = self.rng.below(64) as usize;
            self.ended[place] = order;
        }
    }

    fn push(&mut self, mut step: Step, message: &mut Message) {
        let unpriced =
            step.command.kind == CommandKind::NewOrder.number() && step.command.price == 0;
        if unpriced && step.judgement == Judgement::Accept && self.rng.per_mille(500) {
            step.judgement = Judgement::Within(self.worst(&step.command));
        }
        self.sent.push(step.label);
        message.steps.push(step);
    }

    /// The worst price that risk lets an order without a price trade at: mostly about where trades
    /// happen.
    fn worst(&mut self, command: &Command) -> i64 {
        let middle = match (command.instrument as usize).checked_sub(1) {
            Some(place) => self.middle.get(place).copied().unwrap_or(100),
            None => 100,
        };
        let spread = self.profile.spread.max(2);
        let away = self.rng.between(-spread, spread);
        let near = (middle + away).max(1);
        self.rng.pick(&[near, near, near, near, near, near, near, 1, 3, MAX_PRICE])
    }

    fn step(&mut self, message: &mut Message) {
        if self.halted.is_some() && self.rng.per_mille(50) {
            let id = self.halted.take().expect("just seen");
            return self.set_instrument(id, true, message);
        }
        // Most of a day is trading, so what has stopped it soon ends.
        if let Some(&id) = self.stopped.first().filter(|_| self.rng.per_mille(15)) {
            return self.go_to(id, SessionState::Continuous.number(), 0, message);
        }
        if self.rng.per_mille(self.profile.wrong) {
            return self.wrong(message);
        }
        if !self.building && self.rng.per_mille(self.profile.sweeps) {
            return self.sweep(message);
        }
        if self.rng.per_mille(self.profile.operator) {
            return self.operate(message);
        }
        if self.rng.per_mille(self.profile.lists) {
            return self.list(message);
        }
        if self.rng.per_mille(self.profile.mass) {
            return self.mass(message);
        }
        if self.rng.per_mille(20) {
            let place = self.rng.below(self.middle.len() as u64) as usize;
            let most = 1 + self.profile.spread / 200;
            let drift = self.rng.between(-most, most);
            let lowest = self.profile.spread + 2;
            self.middle[place] = (self.middle[place] + drift).clamp(lowest, MAX_PRICE / 2);
        }
        // New passive, new aggressive, cancel, change; a full book is thinned.
        let weights = if self.building { [84, 4, 4, 8] } else { [28, 20, 26, 26] };
        match self.rng.weighted(&weights) {
            0 => self.passive(message),
            1 => self.aggressive(message),
            2 => self.cancel(message),
            _ => self.replace(message),
        }
    }

    fn new_order(&mut self, side: Side) -> Step {
        let mut step = Step::new(CommandKind::NewOrder);
        step.label = Some(self.labels);
        let id = format!("o{}", self.labels);
        self.labels += 1;
        step.command.set_cl_ord_id(ClOrdId::new(id.as_bytes()).expect("short ASCII"));
        step.command.side = side.number();
        step.command.ord_type = OrdType::Limit.number();
        step.command.account = 1 + self.rng.below(u64::from(self.profile.accounts)) as u32;
        step.command.instrument = 1 + self.rng.below(u64::from(self.profile.instruments)) as u32;
        step.command.session = self.rng.below(3) as u32;
        step.command.quantity = self.rng.between(1, self.profile.quantity);
        let on_disconnect = self.rng.per_mille(100);
        step.command.flags = if on_disconnect { FLAG_CANCEL_ON_DISCONNECT } else { 0 };
        step
    }

    fn side(&mut self) -> Side {
        self.rng.pick(&[Side::Buy, Side::Sell])
    }

    /// A price this far on the passive side of the middle; below zero: through it.
    fn price(&mut self, instrument: u32, side: Side, away: i64) -> i64 {
        let middle = self.middle[instrument as usize - 1];
        let price = if side == Side::Buy { middle - away } else { middle + 1 + away };
        self.on_grid(instrument, price)
    }

    /// The price on the instrument's own grid; risk lets no other pass.
    fn on_grid(&self, instrument: u32, price: i64) -> i64 {
        let tick = self.tick(instrument);
        (price / tick * tick).clamp(tick, MAX_PRICE)
    }

    /// Distances that are mostly small: the smaller of two draws.
    fn away(&mut self) -> i64 {
        let spread = self.profile.spread;
        self.rng.between(0, spread).min(self.rng.between(0, spread))
    }

    fn passive(&mut self, message: &mut Message) {
        let undone = self.undone.filter(|_| self.rng.per_mille(100));
        let side = undone.map_or_else(|| self.side(), |(_, _, side)| side);
        let mut step = self.new_order(side);
        if let Some((account, instrument, _)) = undone {
            (step.command.account, step.command.instrument) = (account, instrument);
            step.command.flags |= FLAG_REDUCE_ONLY;
        }
        let away = self.away();
        step.command.price = self.price(step.command.instrument, side, away);
        let day = self.rng.per_mille(300);
        let time = if day { TimeInForce::Day } else { TimeInForce::Gtc };
        step.command.time_in_force = time.number();
        self.decorate(&mut step, message);
        self.push(step, message);
    }

    fn aggressive(&mut self, message: &mut Message) {
        let side = self.side();
        let mut step = self.new_order(side);
        step.command.quantity = self.rng.between(1, self.profile.quantity.saturating_mul(2));
        step.command.quantity = step.command.quantity.min(MAX_QUANTITY);
        let times = [TimeInForce::Day, TimeInForce::Gtc, TimeInForce::Ioc, TimeInForce::Fok];
        step.command.time_in_force = self.rng.pick(&times).number();
        if self.rng.per_mille(300) {
            step.command.ord_type = OrdType::Market.number();
        } else {
            let through = self.away() / 2;
            step.command.price = self.price(step.command.instrument, side, -through);
        }
        self.decorate(&mut step, message);
        self.push(step, message);
    }

    /// An order that takes a good part of a side, or all of it.
    fn sweep(&mut self, message: &mut Message) {
        let side = self.side();
        let mut step = self.new_order(side);
        let whole = self.profile.quantity.saturating_mul(self.profile.resting as i64 / 4 + 1);
        step.command.quantity = self.rng.between(1, whole.min(MAX_QUANTITY));
        let times = [TimeInForce::Gtc, TimeInForce::Ioc, TimeInForce::Fok];
        step.command.time_in_force = self.rng.pick(&times).number();
        if self.rng.per_mille(500) {
            step.command.ord_type = OrdType::Market.number();
        } else {
            step.command.price = self.price(step.command.instrument, side, -self.profile.spread);
        }
        self.push(step, message);
    }

    /// An order to change: mostly one that rests, now and then one sent a moment ago.
    fn target(&mut self, message: &Message) -> Option<(u32, Command, i64, i64)> {
        if self.rng.per_mille(100) {
            let step = message.steps.iter().rev().find(|step| step.label.is_some())?;
            return Some((step.label?, step.command, step.command.quantity, 0));
        }
        if self.resting.is_empty() {
            return None;
        }
        let order = self.resting[self.rng.below(self.resting.len() as u64) as usize];
        let mut command = Step::new(CommandKind::None).command;
        command.account = order.account;
        command.instrument = order.instrument;
        command.side = order.side.number();
        command.price = order.price;
        Some((order.label, command, order.leaves, order.cum))
    }

    fn cancel(&mut self, message: &mut Message) {
        let Some((label, order, ..)) = self.target(message) else { return };
        let mut step = Step::new(CommandKind::CancelOrder);
        step.target = Some(label);
        step.command.account = order.account;
        step.command.instrument = if self.rng.per_mille(300) { 0 } else { order.instrument };
        step.command.flags = if self.rng.per_mille(50) { FLAG_OF_KILL } else { 0 };
        self.push(step, message);
    }

    fn replace(&mut self, message: &mut Message) {
        let Some((label, order, leaves, cum)) = self.target(message) else { return };
        let mut step = Step::new(CommandKind::ReplaceOrder);
        step.target = Some(label);
        let command = &mut step.command;
        (command.account, command.instrument) = (order.account, order.instrument);
        if self.rng.per_mille(700) {
            let id = format!("r{}", self.rng.below(1 << 40));
            command.set_cl_ord_id(ClOrdId::new(id.as_bytes()).expect("short ASCII"));
            command.session = self.rng.below(3) as u32;
        }
        let side = Side::try_from(order.side).unwrap_or(Side::Buy);
        // Down, up, to what has traded or less, price, price through the middle, both, nothing.
        let way = self.rng.weighted(&[20, 15, 3, 30, 10, 10, 2]);
        let total = leaves.saturating_add(cum);
        command.quantity = match way {
            0 => self.rng.between(cum.min(total), total),
            1 | 5 => self.rng.between(total, total.saturating_add(self.profile.quantity)),
            2 => self.rng.between(0, cum),
            _ => 0,
        };
        command.quantity = command.quantity.min(MAX_QUANTITY);
        if matches!(way, 0 | 1 | 5) && self.rng.per_mille(300) {
            command.flags = FLAG_LEAVES;
            command.quantity = (command.quantity - cum).max(0);
            if self.rng.per_mille(500) {
                let most = total.saturating_add(command.quantity / 2).max(1);
                step.judgement = Judgement::Within(self.rng.between(cum.max(1), most));
            }
        }
        if matches!(way, 3..=5) && order.instrument <= self.profile.instruments {
            let away = if way == 4 { -self.away() } else { self.away() };
            step.command.price = self.price(order.instrument.max(1), side, away);
        }
        if self.rng.per_mille(self.profile.special / 4) && order.instrument != 0 {
            let instrument = order.instrument.min(self.profile.instruments);
            let away = self.away();
            step.command.stop_price = self.price(instrument, side, -away);
        }
        self.push(step, message);
    }

    fn set_instrument(&mut self, id: u32, enabled: bool, message: &mut Message) {
        let mut step = Step::new(CommandKind::SetInstrument);
        step.command.payload_index = message.instruments.len() as u16;
        let mut payload = text::instrument(id);
        payload.flags = u16::from(enabled);
        if self.profile.policies {
            payload.policies = self.policies();
            payload.reference_price = self.rng.pick(&[0, self.middle[id as usize - 1]]);
            payload.lot_size = self.rng.pick(&[1, 1, 3]);
        }
        if self.profile.rules {
            payload.tick_size = self.tick(id) * self.rng.pick(&[1, 1, 1, 1, 1, 1, 2, 3]);
            payload.reference_price = self.rng.pick(&[0, self.middle[id as usize - 1]]);
        }
        message.instruments.push(payload);
        self.push(step, message);
    }
}
