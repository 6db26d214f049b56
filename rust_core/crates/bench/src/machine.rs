//! What the machine itself takes: the clock, and a load that misses each cache in turn.

use std::hint::black_box;
use std::time::Instant;

use sim::rng::Rng;

/// Loads that are timed.
const LOADS: usize = 1 << 20;
/// Numbers in a cache line.
const LINE: usize = 8;

/// What two readings of the clock with nothing between them say, mostly; nanoseconds.
#[must_use]
pub fn timer_ns() -> u64 {
    let mut costs: Vec<u64> = (0..100_000)
        .map(|_| {
            let start = Instant::now();
            start.elapsed().as_nanos() as u64
        })
        .collect();
    costs.sort_unstable();
    costs[costs.len() / 2]
}

/// Nanoseconds of a load whose address the load before it gave, in so many bytes visited line by
/// line in random order.
#[must_use]
pub fn chase_ns(bytes: usize) -> f64 {
    let lines = bytes / 64;
    let mut order: Vec<usize> = (0..lines).collect();
    let mut rng = Rng::new(1);
    // Sattolo's: one cycle through all lines.
    for last in (1..lines).rev() {
        order.swap(last, rng.below(last as u64) as usize);
    }
    let mut next = vec![0_u64; lines * LINE];
    for (&from, &to) in order.iter().zip(order.iter().skip(1).chain(order.first())) {
        next[from * LINE] = (to * LINE) as u64;
    }
    let chase = |loads: usize| {
        let mut at = 0;
        let start = Instant::now();
        for _ in 0..loads {
            at = next[at] as usize;
        }
        black_box(at);
        start.elapsed().as_nanos() as f64 / loads as f64
    };
    chase(LOADS);
    chase(LOADS).min(chase(LOADS))
}
