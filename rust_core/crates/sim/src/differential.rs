//! The fast engine against the plain one, message by message.

use std::collections::BTreeMap;
use std::panic::{catch_unwind, AssertUnwindSafe};

use engine::pod::{Event, Liquidity};
use engine::{Fills, MatchingEngine};

use crate::invariants::{not_crossed, Checker};
use crate::reference::Reference;
use crate::script::{Assembler, Message, Script};
use crate::shrink::shrink;
use crate::text;
use crate::workload::{Profile, Workload};

/// Messages between two full comparisons of the books.
const COMPARE_EVERY: u64 = 512;
/// What is wrong when an engine stops.
const PANIC: &str = "a panic";

/// Both engines, fed the same.
pub struct Judge {
    /// The fast one.
    pub engine: MatchingEngine,
    /// The plain one.
    pub reference: Reference,
    /// What the fast one said last.
    pub fills: Fills,
    plain: Fills,
    checker: Checker,
    assembler: Assembler,
    messages: u64,
}

impl Default for Judge {
    fn default() -> Self {
        Self {
            engine: MatchingEngine::new(0),
            reference: Reference::new(0),
            fills: Fills::default(),
            plain: Fills::default(),
            checker: Checker::default(),
            assembler: Assembler::default(),
            messages: 0,
        }
    }
}

impl Judge {
    /// Feeds a message to both and compares what they say.
    ///
    /// # Errors
    ///
    /// With the first difference, or the rule that is broken.
    pub fn message(&mut self, message: &Message) -> Result<&Fills, String> {
        let batch = self.assembler.assemble(message);
        self.engine.apply(&batch, &mut self.fills).map_err(|error| error.to_string())?;
        self.reference.apply(&batch, &mut self.plain);
        same(&self.fills, &self.plain)?;
        self.checker.read(&self.fills.view())?;
        not_crossed(&self.engine, &self.reference)?;
        self.messages += 1;
        if self.messages % COMPARE_EVERY == 0 {
            self.compare()?;
        }
        Ok(&self.fills)
    }

    /// Compares the books.
    ///
    /// # Errors
    ///
    /// With the first difference.
    pub fn compare(&self) -> Result<(), String> {
        self.checker.compare(&self.engine, &self.reference)
    }

    /// The id of a labelled order.
    #[must_use]
    pub fn id(&self, label: u32) -> Option<u64> {
        self.assembler.id(label)
    }
}

fn same(fast: &Fills, plain: &Fills) -> Result<(), String> {
    if let Some(index) = difference(&fast.events, &plain.events) {
        let told = |fills: &Fills| {
            let event = fills.events.get(index);
            event.map_or_else(|| "says no more".to_owned(), line)
        };
        return Err(format!("event {index}\n   engine {}\nreference {}", told(fast), told(plain)));
    }
    if let Some(index) = difference(&fast.outcomes, &plain.outcomes) {
        let (fast, plain) = (fast.outcomes.get(index), plain.outcomes.get(index));
        return Err(format!("outcome {index}\n   engine {fast:?}\nreference {plain:?}"));
    }
    if let Some(index) = difference(&fast.statuses, &plain.statuses) {
        let (fast, plain) = (fast.statuses.get(index), plain.statuses.get(index));
        return Err(format!("status {index}\n   engine {fast:?}\nreference {plain:?}"));
    }
    if fast.instruments != plain.instruments {
        return Err("instruments that took effect differ".to_owned());
    }
    Ok(())
}

/// An event as scenarios tell it, with all that it holds.
fn line(event: &Event) -> String {
    format!("{}\n          {event:?}", text::event(event, &format!("{:x}", event.order_id)))
}

fn difference<T: PartialEq>(one: &[T], other: &[T]) -> Option<usize> {
    let shorter = one.len().min(other.len());
    (0..shorter)
        .find(|&index| one[index] != other[index])
        .or((one.len() != other.len()).then_some(shorter))
}

/// A run that failed.
#[derive(Debug)]
pub struct Failure {
    /// The seed of the episode that failed.
    pub seed: u64,
    /// Its profile.
    pub profile: &'static str,
    /// What went wrong.
    pub reason: String,
    /// A short script that goes wrong too.
    pub script: String,
}

/// What a run saw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Commands sent.
    pub commands: u64,
    /// Events that both engines told alike.
    pub events: u64,
    /// Trades among them.
    pub trades: u64,
    /// The most orders that were open at once.
    pub open_most: usize,
    /// All state hashes, chained.
    pub hash: u64,
    /// Events by execution type and reason.
    pub seen: BTreeMap<(u16, u16), u64>,
}

impl Tally {
    fn count(&mut self, judge: &Judge) {
        self.open_most = self.open_most.max(judge.engine.open_orders());
        for event in &judge.fills.events {
            self.events += 1;
            self.trades += u64::from(event.liquidity == Liquidity::Taker.number());
            *self.seen.entry((event.exec_type, event.reason)).or_default() += 1;
        }
    }
}

/// Runs so many commands in episodes, each from an empty shard, all profiles in turn.
///
/// # Errors
///
/// With the first episode that fails, shrunk.
pub fn run(seed: u64, commands: u64) -> Result<Tally, Box<Failure>> {
    let all: Vec<_> = Profile::ALL.iter().collect();
    run_of(&all, seed, commands, |_| {})
}

/// Runs so many commands in episodes of some profiles, and tells after each how far it is.
///
/// # Errors
///
/// With the first episode that fails, shrunk.
pub fn run_of(
    profiles: &[&'static Profile],
    seed: u64,
    commands: u64,
    mut progress: impl FnMut(&Tally),
) -> Result<Tally, Box<Failure>> {
    let mut tally = Tally::default();
    for episode in 0.. {
        let profile = profiles[episode as usize % profiles.len()];
        let seed = seed.wrapping_add(episode);
        let most = profile.episode_commands.min(commands - tally.commands);
        self::episode(profile, seed, most, &mut tally)?;
        progress(&tally);
        if tally.commands >= commands {
            break;
        }
    }
    Ok(tally)
}

/// Runs one episode.
///
/// # Errors
///
/// If it fails, with a shrunk script.
pub fn episode(
    profile: &'static Profile,
    seed: u64,
    commands: u64,
    tally: &mut Tally,
) -> Result<(), Box<Failure>> {
    let mut workload = Workload::new(profile, seed);
    let mut judge = Judge::default();
    let mut sent = 0;
    let mut failed = None;
    while sent < commands && failed.is_none() {
        let message = workload.message();
        sent += message.steps.len() as u64;
        match catch_unwind(AssertUnwindSafe(|| judge.message(&message).map(drop))) {
            Ok(Ok(())) => {
                workload.observe(&judge.fills);
                tally.count(&judge);
            }
            Ok(Err(reason)) => failed = Some(reason),
            Err(_) => failed = Some(PANIC.to_owned()),
        }
    }
    tally.commands += sent;
    tally.hash = tally.hash.rotate_left(1) ^ judge.engine.state_hash();
    match failed.or_else(|| judge.compare().err()) {
        None => Ok(()),
        Some(reason) => Err(Box::new(failure(profile, seed, sent, reason))),
    }
}

/// What a seed makes up to so many commands, with the engine to say what becomes of it.
#[must_use]
pub fn recorded(profile: &'static Profile, seed: u64, commands: u64) -> Script {
    let mut workload = Workload::new(profile, seed);
    let mut engine = MatchingEngine::new(0);
    let mut assembler = Assembler::default();
    let mut fills = Fills::default();
    let mut script = Script::new();
    let mut sent = 0;
    while sent < commands {
        let message = workload.message();
        sent += message.steps.len() as u64;
        // An engine that stops is what the script is for.
        let applied = catch_unwind(AssertUnwindSafe(|| {
            engine.apply(&assembler.assemble(&message), &mut fills).is_ok()
        }));
        script.push(message);
        if !applied.unwrap_or(false) {
            break;
        }
        workload.observe(&fills);
    }
    script
}

/// The failure of an episode after so many commands, told as shortly as it can be.
fn failure(profile: &'static Profile, seed: u64, commands: u64, reason: String) -> Failure {
    let script = recorded(profile, seed, commands);
    let script = shrink(script, |script| fails(script).is_some());
    let reason = format!("{reason}\n\nin short: {}", fails(&script).unwrap_or_default());
    Failure { seed, profile: profile.name, reason, script: text::script(&script) }
}

/// Why a script fails, if it does: a difference, a broken rule, or a panic.
#[must_use]
pub fn fails(script: &[Message]) -> Option<String> {
    let outcome = catch_unwind(|| {
        let mut judge = Judge::default();
        for message in script {
            judge.message(message)?;
        }
        judge.compare()
    });
    match outcome {
        Ok(result) => result.err(),
        Err(_) => Some(PANIC.to_owned()),
    }
}
