//! The running hash of a state machine, carried by every message that it writes.

use bytemuck::{bytes_of, cast_slice, NoUninit};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::batch::Fills;

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
        self.0 = xxh3_64_with_seed(cast_slice(records), self.0);
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
