//! The running hash of a state machine, carried by every message that it writes.

use bytemuck::{bytes_of, cast_slice, NoUninit};
use twox_hash::XxHash3_64;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::batch::Fills;

/// Up to here XXH3 has no loop that wide registers would help.
const SHORT_BYTES: usize = 240;

/// A chain of XXH3-64: each fold is seeded with the hash so far, so that the value depends on every
/// word ever folded and on their order. Words are hashed where they lie; nothing is copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateHash(u64);

impl StateHash {
    /// The value now.
    #[must_use]
    pub fn value(self) -> u64 {
        self.0
    }

    /// Folds a list of records in. The caller folds its length too where that may vary.
    #[inline]
    pub fn fold<T: NoUninit>(&mut self, records: &[T]) {
        let bytes: &[u8] = cast_slice(records);
        // The same function twice: one has the shortest way for few words, the other finds out what
        // the processor can do for many.
        self.0 = if bytes.len() > SHORT_BYTES {
            XxHash3_64::oneshot_with_seed(self.0, bytes)
        } else {
            xxh3_64_with_seed(bytes, self.0)
        };
    }

    /// Folds a FILLS message in. All state of matching follows from what it said, so two engines
    /// with one hash hold one state.
    pub fn fold_fills(&mut self, fills: &Fills) {
        let head: [u64; 8] = [
            fills.sequence,
            fills.time_ns as u64,
            u64::from(fills.status.number()),
            fills.outcomes.len() as u64,
            fills.events.len() as u64,
            fills.instruments.len() as u64,
            fills.accounts.len() as u64,
            fills.limits.len() as u64,
        ];
        self.0 = xxh3_64_with_seed(bytes_of(&head), self.0);
        // The head holds the lengths, so leaving empty lists out is not ambiguous.
        self.fold_list(&fills.outcomes);
        self.fold_list(&fills.events);
        self.fold_list(&fills.instruments);
        self.fold_list(&fills.accounts);
        self.fold_list(&fills.limits);
        // Its length comes with it, as the head has no room: a message without one hashes as ever.
        if !fills.statuses.is_empty() {
            self.fold(&[fills.statuses.len() as u64]);
            self.fold(&fills.statuses);
        }
    }

    #[inline]
    fn fold_list<T: NoUninit>(&mut self, records: &[T]) {
        if !records.is_empty() {
            self.fold(records);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_are_one_function() {
        let words: [u64; 4096] =
            core::array::from_fn(|place| (place as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        for len in (0..300).chain([1_023, 1_024, 1_025, 4_096]) {
            let bytes = cast_slice(&words[..len]);
            for seed in [0, 1, u64::MAX] {
                let one = XxHash3_64::oneshot_with_seed(seed, bytes);
                assert_eq!(one, xxh3_64_with_seed(bytes, seed), "{len} words");
            }
        }
    }

    #[test]
    fn depends_on_order_and_content() {
        let fold = |lists: &[&[u64]]| {
            let mut hash = StateHash::default();
            lists.iter().for_each(|list| hash.fold(list));
            hash.value()
        };
        assert_eq!(fold(&[&[1, 2], &[3]]), fold(&[&[1, 2], &[3]]));
        assert_ne!(fold(&[&[1, 2], &[3]]), fold(&[&[3], &[1, 2]]));
        assert_ne!(fold(&[&[1, 2], &[3]]), fold(&[&[1, 2], &[4]]));
    }
}
