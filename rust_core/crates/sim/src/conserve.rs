//! A long run of risk and matching joined: what accounts hold, have reserved and have paid is what
//! FILLS alone add up to, at every step, over millions of random commands.
//!
//! A run is made of episodes, each a shard from its first message on, in a world that its seed
//! says: mostly few accounts that meet again and again, now and then many. What a message touched
//! is compared as soon as it was judged, and again as soon as FILLS tell of it, with whatever else
//! is in flight; in some episodes everybody is compared after every message. Every so many
//! messages, and at the end, all is counted from scratch.

use std::collections::BTreeSet;
use std::panic::{catch_unwind, AssertUnwindSafe};

use crate::risk_loop::{Checks, RiskLoop, Seen, World};

/// Messages between two times when everything is counted from scratch.
const FROM_SCRATCH_EVERY: u32 = 500;

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Commands sent.
    pub commands: u64,
    /// Messages of ORDERS.
    pub messages: u64,
    /// Events of FILLS.
    pub events: u64,
    /// Episodes.
    pub episodes: u64,
    /// Accounts of all episodes.
    pub accounts: u64,
    /// Of the largest one.
    pub accounts_most: u32,
    /// Instruments of all episodes.
    pub instruments: u64,
    /// Of the largest one.
    pub instruments_most: u32,
    /// Firms of the largest episode.
    pub firms_most: u32,
    /// Currencies of accounts and instruments.
    pub currencies: BTreeSet<&'static str>,
    /// What was compared.
    pub checks: Checks,
    /// What was met.
    pub seen: Seen,
    /// State hashes of risk at the end of every episode, chained.
    pub hash: u64,
}

impl Tally {
    /// What a long run must have met and this one has not.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        let unseen = Seen::expected().into_iter();
        let unseen = unseen.filter(|&(what, number, _)| self.seen.times(what, number) == 0);
        unseen.map(|(_, _, name)| name).collect()
    }

    fn add(&mut self, run: &RiskLoop) {
        let world = run.world;
        self.commands += run.commands;
        self.messages += run.risk.applied();
        self.events += run.events();
        self.episodes += 1;
        self.accounts += u64::from(world.accounts);
        self.accounts_most = self.accounts_most.max(world.accounts);
        self.instruments += u64::from(world.instruments);
        self.instruments_most = self.instruments_most.max(world.instruments);
        self.firms_most = self.firms_most.max(world.firms);
        self.currencies.extend((1..=world.accounts).map(|id| world.account_currency(id)));
        self.currencies.extend((1..=world.instruments).map(|id| world.instrument_currency(id)));
        self.checks.add(&run.checks);
        self.seen.add(&run.seen);
        self.hash = self.hash.rotate_left(1) ^ run.risk.state_hash();
    }
}

/// The world of a seed, and how many messages of about four commands it is sent.
fn world_of(seed: u64) -> (World, u32) {
    match seed % 20 {
        7 => (World::new(200, 20, 8, seed / 20).calm(), 20_000),
        3 | 13 => (World::new(40, 5, 6, seed / 20).calm(), 10_000),
        1 | 5 | 9 | 17 => (World::small(seed), 4_000),
        _ => (World::small(seed).calm(), 4_000),
    }
}

/// Runs episodes of seeds from this one on until so many commands were sent, and tells after each
/// how far it is.
///
/// # Errors
///
/// If anything differs: the seed, the message and what it is. A run of that seed with one command
/// is that episode again.
pub fn run(seed: u64, commands: u64, mut progress: impl FnMut(&Tally)) -> Result<Tally, String> {
    let mut tally = Tally::default();
    for seed in seed.. {
        let (world, messages) = world_of(seed);
        let mut run = RiskLoop::of(world, seed);
        let everybody = world.accounts == World::small(seed).accounts && seed % 4 == 0;
        let result = catch_unwind(AssertUnwindSafe(|| episode(&mut run, messages, everybody)));
        let result = result.unwrap_or_else(|_| Err("a panic".to_owned()));
        let failed = |error| format!("seed {seed}, message {}: {error}", run.risk.applied());
        result.map_err(failed)?;
        tally.add(&run);
        progress(&tally);
        if tally.commands >= commands {
            break;
        }
    }
    Ok(tally)
}

fn episode(run: &mut RiskLoop, messages: u32, everybody: bool) -> Result<(), String> {
    for message in 1..=messages {
        run.step()?;
        if message % FROM_SCRATCH_EVERY == 0 {
            run.audit_from_scratch()?;
        } else if everybody {
            run.audit()?;
        }
    }
    run.audit_from_scratch()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_run() {
        let of = |seed| run(seed, 1, |_| {}).expect("it adds up");
        let (once, again) = (of(2), of(2));
        assert_eq!(once, again);
        assert_ne!(once.hash, of(1).hash);
    }
}
