//! The fuzz target `engine` on bytes that a seed makes: what holds for any bytes holds for these.

use sim::rng::Rng;
use sim::{fuzz, shrink, text};

/// Inputs of one run, and the most bytes of each.
const INPUTS: u64 = 3_000;
const BYTES_MOST: u64 = 1_500;

#[test]
fn any_bytes() {
    for seed in 0..INPUTS {
        let mut rng = Rng::new(seed);
        let bytes: Vec<u8> = (0..1 + rng.below(BYTES_MOST)).map(|_| rng.next_u64() as u8).collect();
        if let Err(error) = fuzz::check(&bytes) {
            let script = fuzz::script(&bytes);
            let script =
                shrink::shrink(script, |script| sim::differential::fails(script).is_some());
            panic!("input {seed}: {error}\n\n{}", text::script(&script));
        }
    }
}
