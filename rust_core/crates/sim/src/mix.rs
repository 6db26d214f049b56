//! Flows for benchmarks: made once, with the engine watching, then played in batches of any size.

use std::collections::HashMap;

use engine::pod::{Command, Instrument};
use engine::pod::{CommandKind, ExecType, OrdType, Side, TimeInForce, Verdict};
use engine::{Fills, MatchingEngine};

use crate::rng::Rng;
use crate::script::{Assembler, Message, Step};
use crate::text;

/// The middle of the books, far from both bounds of prices.
const MIDDLE: i64 = 1_000_000;

/// What a flow is made of: shares of a thousand commands, the rest being moves to another price.
#[derive(Clone, Copy, Debug)]
pub struct Mix {
    /// What it is called.
    pub name: &'static str,
    /// Orders that rest before the flow starts.
    pub resting: usize,
    /// How far from the middle orders rest, ticks.
    pub spread: i64,
    /// New orders that rest.
    pub new: u64,
    /// New orders that take and don't rest.
    pub immediate: u64,
    /// Cancels.
    pub cancel: u64,
}

/// The mix that exchange-core publishes its figures for, on about a thousand resting orders.
pub const EXCHANGE_CORE: Mix = Mix {
    name: "exchange_core_mix",
    resting: 1_000,
    spread: 500,
    new: 90,
    immediate: 30,
    cancel: 60,
};

/// The same kind of flow on a deep book.
pub const DEEP: Mix = Mix {
    name: "deep_book",
    resting: 100_000,
    spread: 20_000,
    new: 200,
    immediate: 60,
    cancel: 140,
};

/// A flow, ready to be put into batches.
#[derive(Clone, Debug)]
pub struct Flow {
    /// What it is called.
    pub name: String,
    /// What builds the book; not measured.
    pub build: Vec<Step>,
    /// What is measured, with its journal times in nanoseconds.
    pub steps: Vec<(i64, Step)>,
}

/// A flow in batches of one size.
pub struct Batched {
    /// All commands.
    pub commands: Vec<Command>,
    /// All verdicts.
    pub verdicts: Vec<Verdict>,
    /// Journal times of the batches.
    pub times_ns: Vec<i64>,
    /// Commands of a batch; the last may have fewer.
    pub size: usize,
    /// Commands that build the book: the first so many.
    pub built: usize,
}

impl Flow {
    /// The flow in batches. Ids depend on the batches, so each size is assembled anew.
    #[must_use]
    pub fn batched(&self, size: usize) -> Batched {
        // Building ends with a batch, so that what is measured starts with one.
        let mut build = self.build.clone();
        let tick = Step::new(CommandKind::Tick);
        build.resize(build.len().next_multiple_of(size), tick);
        let built = build.len();
        let start_ns = self.steps.first().map_or(0, |&(time_ns, _)| time_ns);
        let all: Vec<_> = build
            .into_iter()
            .map(|step| (start_ns, step))
            .chain(self.steps.iter().copied())
            .collect();
        let mut assembler = Assembler::default();
        // Message 1 makes the instrument.
        assembler.assemble(&Message::new(0, Vec::new()));
        let mut batched = Batched {
            commands: Vec::with_capacity(all.len()),
            verdicts: Vec::with_capacity(all.len()),
            times_ns: Vec::new(),
            size,
            built,
        };
        for chunk in all.chunks(size) {
            // A batch carries the time of its last command.
            let time_ns = chunk.last().expect("chunks are not empty").0;
            let steps = chunk.iter().map(|&(_, step)| step).collect();
            let message = Message::new(time_ns, steps);
            let batch = assembler.assemble(&message);
            batched.commands.extend_from_slice(batch.commands);
            batched.verdicts.extend_from_slice(batch.verdicts);
            batched.times_ns.push(time_ns);
        }
        batched
    }
}

/// An engine with instrument 1, at its first message.
#[must_use]
pub fn fresh_engine(instrument: Instrument, fills: &mut Fills) -> MatchingEngine {
    let mut engine = MatchingEngine::new(0);
    let mut message = Message::new(0, vec![Step::new(CommandKind::SetInstrument)]);
    message.instruments.push(instrument);
    let applied = engine.apply(&Assembler::default().assemble(&message), fills);
    applied.expect("the first message");
    engine
}

struct Maker {
    rng: Rng,
    mix: Mix,
    engine: MatchingEngine,
    assembler: Assembler,
    fills: Fills,
    labels: u32,
    /// Label and id of what rests.
    live: Vec<(u32, u64)>,
    places: HashMap<u64, usize>,
}

impl Mix {
    /// A flow of so many commands, by seed.
    #[must_use]
    pub fn flow(&self, seed: u64, commands: usize) -> Flow {
        let mut fills = Fills::default();
        let engine = fresh_engine(text::instrument(1), &mut fills);
        let mut assembler = Assembler::default();
        assembler.assemble(&Message::new(0, Vec::new()));
        let mut maker = Maker {
            rng: Rng::new(seed),
            mix: *self,
            engine,
            assembler,
            fills,
            labels: 0,
            live: Vec::new(),
            places: HashMap::new(),
        };
        let mut build = Vec::new();
        while maker.live.len() < self.resting {
            let step = maker.rest();
            maker.play(step);
            build.push(step);
        }
        let mut steps = Vec::with_capacity(commands);
        for _ in 0..commands {
            let step = maker.step();
            maker.play(step);
            steps.push((0, step));
        }
        Flow { name: self.name.to_owned(), build, steps }
    }
}

impl Maker {
    fn step(&mut self) -> Step {
        let Mix { new, immediate, cancel, .. } = self.mix;
        // A book that gets too small is moved in instead of cancelled from.
        let cancel = if self.live.len() < self.mix.resting { 0 } else { cancel };
        match self.rng.below(1000) {
            draw if draw < new || self.live.is_empty() => self.rest(),
            draw if draw < new + immediate => {
                let mut step = self.rest();
                // A book that grows too large is taken from in larger pieces.
                let large = self.live.len() > self.mix.resting;
                step.command.quantity *= if large { 4 } else { 1 };
                let away = if large { self.mix.spread } else { self.mix.spread / 20 };
                let buys = step.command.side == Side::Buy.number();
                step.command.price = if buys { MIDDLE + away } else { MIDDLE - away };
                step.command.time_in_force = TimeInForce::Ioc.number();
                step
            }
            draw if draw < new + immediate + cancel => self.change(CommandKind::CancelOrder),
            _ => {
                let mut step = self.change(CommandKind::ReplaceOrder);
                let id = self.assembler.id(step.target.expect("a change has a target"));
                let order = self.engine.order(id.expect("it was sent")).expect("it rests");
                // A few ticks either way, on its own side of the middle.
                let price = order.price + self.rng.between(-10, 10);
                let spread = self.mix.spread;
                step.command.price = match order.side() {
                    Side::Buy => price.clamp(MIDDLE - spread, MIDDLE),
                    _ => price.clamp(MIDDLE + 1, MIDDLE + 1 + spread),
                };
                step
            }
        }
    }

    fn rest(&mut self) -> Step {
        let mut step = Step::new(CommandKind::NewOrder);
        step.label = Some(self.labels);
        self.labels += 1;
        let spread = self.mix.spread;
        let away = self.rng.between(0, spread).min(self.rng.between(0, spread));
        let side = self.rng.pick(&[Side::Buy, Side::Sell]);
        let command = &mut step.command;
        command.cl_ord_id[0] = u64::from(self.labels);
        (command.account, command.instrument) = (1, 1);
        command.side = side.number();
        command.ord_type = OrdType::Limit.number();
        command.time_in_force = TimeInForce::Gtc.number();
        command.price = if side == Side::Buy { MIDDLE - away } else { MIDDLE + 1 + away };
        command.quantity = self.rng.between(1, 100);
        step
    }

    fn change(&mut self, kind: CommandKind) -> Step {
        let mut step = Step::new(kind);
        let place = self.rng.below(self.live.len() as u64) as usize;
        step.target = Some(self.live[place].0);
        (step.command.account, step.command.instrument) = (1, 1);
        step
    }

    fn play(&mut self, step: Step) {
        let message = Message::new(0, vec![step]);
        let batch = self.assembler.assemble(&message);
        self.engine.apply(&batch, &mut self.fills).expect("the next message");
        for event in &self.fills.events {
            if event.exec_type == ExecType::New.number() {
                self.places.insert(event.order_id, self.live.len());
                self.live.push((step.label.expect("a new order has one"), event.order_id));
            } else if event.leaves_quantity == 0 && event.order_sequence != 0 {
                let place = self.places.remove(&event.order_id).expect("it was there");
                self.live.swap_remove(place);
                if let Some(&(_, moved)) = self.live.get(place) {
                    self.places.insert(moved, place);
                }
            }
        }
    }
}
