//! Risk against the plain reference, joined with matching, under flows that seeds name.

use sim::risk_loop::{RiskLoop, Tally};

/// Messages of one seed; about four commands each.
const MESSAGES: usize = 4_000;

/// How many seeds are audited after every message, about 14,000 commands each; of `RISK_SEEDS` in
/// the environment for longer runs.
const AUDITED_SEEDS: u64 = 8;

/// A run that is audited after so many messages, and after each of the last.
fn run(seed: u64, every: usize) -> RiskLoop {
    let mut run = RiskLoop::new(seed);
    for message in 0..MESSAGES {
        let stepped = run.step();
        stepped.unwrap_or_else(|error| panic!("seed {seed}, message {message}: {error}"));
        if message % every == 0 || message > MESSAGES - 20 {
            let audited = run.audit();
            audited.unwrap_or_else(|error| panic!("seed {seed}, after {message}: {error}"));
        }
    }
    run
}

/// Positions, reservations and cash are what FILLS alone add up to at every step; so are fees,
/// buying power, exposure, equity and losses of every level, counted anew by the reference; nothing
/// is reserved when nothing is open, and what all accounts hold sums up to nothing.
#[test]
fn everything_adds_up_after_every_message() {
    let seeds = std::env::var("RISK_SEEDS").ok();
    let seeds = seeds.map_or(AUDITED_SEEDS, |seeds| seeds.parse().expect("a number of seeds"));
    let mut commands = 0;
    for seed in 1_000..1_000 + seeds {
        commands += run(seed, 1).tally.range(..2_000).map(|(_, count)| count).sum::<u64>();
    }
    assert!(commands > seeds * 10_000, "{commands} commands");
}

#[test]
fn the_engine_says_and_counts_what_the_reference_does() {
    let mut tally = Tally::new();
    for seed in 1..=6 {
        for (reason, count) in run(seed, 20).tally {
            *tally.entry(reason).or_default() += count;
        }
    }
    // Every reason that risk can give, repeats: 1000, kinds of events: 2000 and more, and those of
    // orders that cancel each other or wait: 3000 and more, were met often enough to mean
    // something.
    let reasons = [
        0, 1, 2, 3, 4, 5, 6, 8, 11, 13, 15, 16, 18, 19, 20, 22, 25, 26, 27, 101, 105, 106, 109,
        110, 111, 112, 113, 115, 117, 1_000,
    ];
    let events = [2_001, 2_002, 2_003, 2_004, 2_005, 2_006, 2_007, 2_008, 2_009];
    let of_lists = [3_001, 3_002, 3_003, 3_004, 3_007, 3_008];
    let met = reasons.into_iter().chain(events).chain(of_lists);
    for reason in met {
        let count = tally.get(&reason).copied().unwrap_or(0);
        assert!(count >= 10, "{reason} was met {count} times: {tally:?}");
    }
}

#[test]
fn a_replay_has_the_same_hashes_and_says_the_same() {
    let run = run(99, 20);
    let first = run.replay();
    let (again, risk) = run.replayed();
    assert_eq!(first, again);
    for (before, after) in run.answers(&run.risk).iter().zip(run.answers(&risk)) {
        assert_eq!(*before, after, "a restart says the same");
    }
    let different = RiskLoop::new(98).replay();
    assert_ne!(first[0], different[0], "other limits, another hash");
}
