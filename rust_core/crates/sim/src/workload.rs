//! Orders without end, named by a seed: passive and aggressive, changed, cancelled, late, wrong.

use std::collections::HashMap;

use engine::pod::{
    BatchStatus, ClOrdId, Command, CommandKind, ExecType, OrdType, Side, TimeInForce,
    FLAG_CANCEL_ON_DISCONNECT, FLAG_LEAVES, MAX_PRICE, MAX_QUANTITY,
};
use engine::reject::Reject;
use engine::Fills;

use crate::rng::Rng;
use crate::script::{Judgement, Message, Step};
use crate::text;

mod special;

const HOUR_NS: i64 = 3_600_000_000_000;

/// What a workload is made of.
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    /// What it is called.
    pub name: &'static str,
    /// Commands of an episode in a differential run.
    pub episode_commands: u64,
    /// Number of instruments.
    pub instruments: u32,
    /// Number of accounts.
    pub accounts: u32,
    /// Prices lie this far around the middle, which drifts.
    pub spread: i64,
    /// The largest quantity of an ordinary order.
    pub quantity: i64,
    /// The most commands in a message.
    pub batch: u64,
    /// Orders that rest once the book is built.
    pub resting: usize,
    /// Of a thousand commands, those that sweep a part of the book.
    pub sweeps: u64,
    /// Of a thousand commands, those that are malformed, late, unknown, foreign or refused.
    pub wrong: u64,
    /// Of a thousand messages, those that jump in time.
    pub jumps: u64,
    /// Of a thousand new orders, those with something that few orders have.
    pub special: u64,
    /// Of a thousand commands, those of an operator.
    pub operator: u64,
    /// Instruments have policies at random.
    pub policies: bool,
}

impl Profile {
    /// Every profile.
    pub const ALL: &'static [Self] = &[
        Self {
            name: "kinds",
            episode_commands: 40_000,
            instruments: 4,
            accounts: 3,
            spread: 6,
            quantity: 12,
            batch: 6,
            resting: 40,
            sweeps: 10,
            wrong: 40,
            jumps: 8,
            special: 500,
            operator: 10,
            policies: true,
        },
        Self {
            name: "auctions",
            episode_commands: 30_000,
            instruments: 2,
            accounts: 4,
            spread: 15,
            quantity: 40,
            batch: 4,
            resting: 80,
            sweeps: 5,
            wrong: 20,
            jumps: 2,
            special: 200,
            operator: 60,
            policies: true,
        },
        Self {
            name: "stops",
            episode_commands: 30_000,
            instruments: 1,
            accounts: 5,
            spread: 30,
            quantity: 30,
            batch: 8,
            resting: 300,
            sweeps: 20,
            wrong: 10,
            jumps: 2,
            special: 400,
            operator: 20,
            policies: false,
        },
        Self {
            name: "dense",
            episode_commands: 40_000,
            instruments: 2,
            accounts: 3,
            spread: 6,
            quantity: 12,
            batch: 8,
            resting: 60,
            sweeps: 10,
            wrong: 60,
            jumps: 5,
            special: 0,
            operator: 0,
            policies: false,
        },
        Self {
            name: "market",
            episode_commands: 80_000,
            instruments: 5,
            accounts: 20,
            spread: 60,
            quantity: 500,
            batch: 64,
            resting: 2_000,
            sweeps: 4,
            wrong: 20,
            jumps: 1,
            special: 50,
            operator: 0,
            policies: false,
        },
        Self {
            name: "thin",
            episode_commands: 30_000,
            instruments: 3,
            accounts: 2,
            spread: 3,
            quantity: 3,
            batch: 1,
            resting: 3,
            sweeps: 50,
            wrong: 100,
            jumps: 20,
            special: 100,
            operator: 2,
            policies: false,
        },
        Self {
            name: "wide",
            episode_commands: 60_000,
            instruments: 1,
            accounts: 4,
            spread: 1_000_000,
            quantity: MAX_QUANTITY,
            batch: 16,
            resting: 3_000,
            sweeps: 1,
            wrong: 10,
            jumps: 1,
            special: 0,
            operator: 0,
            policies: false,
        },
        Self {
            name: "deep",
            episode_commands: 200_000,
            instruments: 1,
            accounts: 50,
            spread: 20_000,
            quantity: 1_000,
            batch: 512,
            resting: 100_000,
            sweeps: 1,
            wrong: 5,
            jumps: 0,
            special: 0,
            operator: 0,
            policies: false,
        },
    ];

    /// The profile of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|profile| profile.name == name)
    }
}

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
            }
        }
        if self.rng.per_mille(self.profile.wrong / 10) {
            let statuses = [BatchStatus::Repeated, BatchStatus::Void, BatchStatus::Held];
            message.status = self.rng.pick(&statuses);
            message.steps.clear();
            message.instruments.clear();
            message.terms.clear();
            return message;
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

    fn push(&mut self, step: Step, message: &mut Message) {
        self.sent.push(step.label);
        message.steps.push(step);
    }

    fn step(&mut self, message: &mut Message) {
        if self.halted.is_some() && self.rng.per_mille(50) {
            let id = self.halted.take().expect("just seen");
            return self.set_instrument(id, true, message);
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
        price.clamp(1, MAX_PRICE)
    }

    /// Distances that are mostly small: the smaller of two draws.
    fn away(&mut self) -> i64 {
        let spread = self.profile.spread;
        self.rng.between(0, spread).min(self.rng.between(0, spread))
    }

    fn passive(&mut self, message: &mut Message) {
        let side = self.side();
        let mut step = self.new_order(side);
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
        message.instruments.push(payload);
        self.push(step, message);
    }

    /// What a sound risk service would not let through, and what it refuses.
    fn wrong(&mut self, message: &mut Message) {
        match self.rng.below(9) {
            0 => self.late(message),
            1 => self.foreign(message),
            2 => {
                let mut step = Step::new(CommandKind::CancelOrder);
                let unknown = [0, 1, u64::MAX, 1 << 62, u64::from(u32::MAX) << 13];
                step.command.order_id = self.rng.pick(&unknown);
                step.command.account = 1;
                self.push(step, message);
            }
            3 => self.malformed(message),
            4 => self.judged(message, Judgement::Refuse),
            5 => self.judged(message, |_| Judgement::Repeat),
            6 => {
                let id = 1 + self.rng.below(u64::from(self.profile.instruments)) as u32;
                if self.halted.is_none() {
                    self.halted = Some(id);
                    self.set_instrument(id, false, message);
                }
            }
            7 => {
                let mut step = Step::new(CommandKind::Tick);
                step.command.expire_time = self.time_ns / 1_000_000_000;
                self.push(step, message);
            }
            _ => {
                let mut step = Step::new(CommandKind::SetInstrument);
                step.command.payload_index = self.rng.pick(&[0, 1, 7, u16::MAX]);
                let mut payload = text::instrument(self.rng.pick(&[0, 1, 2, 1 << 20, u32::MAX]));
                payload.price_scale = self.rng.pick(&[0, 2, 13, u8::MAX]);
                message.instruments.push(payload);
                self.push(step, message);
            }
        }
    }

    /// About an order that has ended.
    fn late(&mut self, message: &mut Message) {
        if self.ended.is_empty() {
            return;
        }
        let order = self.ended[self.rng.below(self.ended.len() as u64) as usize];
        let kinds = [CommandKind::CancelOrder, CommandKind::ReplaceOrder];
        let mut step = Step::new(self.rng.pick(&kinds));
        step.target = Some(order.label);
        step.command.account = order.account;
        step.command.instrument = order.instrument;
        step.command.quantity = self.rng.between(0, self.profile.quantity);
        self.push(step, message);
    }

    /// About an order of another account, or on another instrument.
    fn foreign(&mut self, message: &mut Message) {
        let Some((label, order, ..)) = self.target(message) else { return };
        let kinds = [CommandKind::CancelOrder, CommandKind::ReplaceOrder];
        let mut step = Step::new(self.rng.pick(&kinds));
        step.target = Some(label);
        let other_account = self.rng.per_mille(500);
        step.command.account = order.account + u32::from(other_account);
        step.command.instrument = order.instrument + u32::from(!other_account);
        self.push(step, message);
    }

    /// One field holds nonsense.
    fn malformed(&mut self, message: &mut Message) {
        let new = self.rng.per_mille(600);
        if new {
            self.passive(message)
        } else {
            self.replace(message)
        }
        let Some(step) = message.steps.last_mut() else { return };
        let odd = self.rng.pick(&[0, 3, 5, 9, 99, u16::MAX]);
        let wide = [i64::MIN, -1, 0, MAX_QUANTITY, MAX_QUANTITY + 1, i64::MAX];
        let wide = self.rng.pick(&wide);
        let command = &mut step.command;
        match self.rng.below(14) {
            0 => command.kind = odd,
            1 => command.side = odd,
            2 => command.ord_type = odd,
            3 => command.time_in_force = odd,
            4 => command.flags = odd,
            5 => command.self_trade_prevention = odd,
            6 => command.instrument = self.rng.pick(&[0, 99, u32::MAX]),
            7 => command.price = wide,
            8 | 9 => command.quantity = wide,
            10 => command.stop_price = wide,
            11 => command.display_quantity = wide,
            12 => command.min_quantity = wide,
            _ => command.link = u32::from(odd),
        }
    }

    /// A sound command that risk refuses, or has seen before.
    fn judged(&mut self, message: &mut Message, judgement: fn(u16) -> Judgement) {
        let before = message.steps.len();
        match self.rng.below(3) {
            0 => self.passive(message),
            1 => self.cancel(message),
            _ => self.replace(message),
        }
        let reasons = [Reject::UnknownAccount, Reject::TickSize, Reject::ClipSize, Reject::Stale];
        let reason = self.rng.pick(&reasons).number();
        let reason = if self.rng.per_mille(50) { 12_345 } else { reason };
        if let Some(step) = message.steps.get_mut(before) {
            step.judgement = judgement(reason);
            if step.judgement == Judgement::Repeat && step.target.is_none() {
                step.target = step.label.map(|label| label / 2);
            }
        }
    }
}
