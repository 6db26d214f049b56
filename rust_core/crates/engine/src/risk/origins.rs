//! The processes that write batches, and which of their numbers comes next.

use alloc::vec::Vec;

use super::client_ids::KEPT_NS;
use crate::pod::BatchStatus;
use crate::table::{hash_word, Table, NONE};

/// The relay of reference data: its numbers are those of its outbox and are never forgotten.
pub const RELAY: u64 = 1;
/// The relay of what may not wait behind other reference data, kill switches: likewise.
pub const RELAY_URGENT: u64 = u64::MAX;

#[derive(Clone, Copy, Debug)]
struct Origin {
    id: u64,
    last_batch: u64,
    seen_ns: i64,
}

/// Every origin heard of in the last 24 h of journal time.
#[derive(Clone, Debug)]
pub struct Origins {
    origins: Vec<Origin>,
    index: Table,
    /// The one that wrote last: where it is. Whoever writes mostly writes again.
    last: u32,
    bound: usize,
}

impl Origins {
    /// None, and room for `bound`.
    pub fn new(bound: usize) -> Self {
        Self { origins: Vec::new(), index: Table::default(), last: NONE, bound }
    }

    /// What becomes of a batch: applied when it is its origin's next, repeated when its number came
    /// before, void when it skips one or a new origin finds no room.
    #[inline(always)]
    pub fn judge(&mut self, id: u64, batch: u64, now_ns: i64) -> BatchStatus {
        let Some(at) = self.find(id) else {
            return self.first_batch(id, batch, now_ns);
        };
        self.last = at;
        let origin = &mut self.origins[at as usize];
        if Self::is_idle(origin, now_ns) {
            origin.last_batch = 0;
        }
        // A batch whose number is no number is void, not a repeat.
        if batch.wrapping_sub(1) > origin.last_batch {
            return BatchStatus::Void;
        }
        origin.seen_ns = now_ns;
        if batch <= origin.last_batch {
            return BatchStatus::Repeated;
        }
        origin.last_batch = batch;
        BatchStatus::Applied
    }

    /// Whether an origin was heard of in the last 24 h.
    pub fn knows(&self, id: u64, now_ns: i64) -> bool {
        self.find(id).is_some_and(|at| !Self::is_idle(&self.origins[at as usize], now_ns))
    }

    #[inline(always)]
    fn find(&self, id: u64) -> Option<u32> {
        let is = |at: u32| self.origins.get(at as usize).is_some_and(|origin| origin.id == id);
        if is(self.last) {
            return Some(self.last);
        }
        self.find_other(id)
    }

    #[cold]
    fn find_other(&self, id: u64) -> Option<u32> {
        self.index.find(hash_word(id), |at| self.origins[at as usize].id == id)
    }

    fn is_idle(origin: &Origin, now_ns: i64) -> bool {
        // Journal time is never negative and never falls.
        !Self::is_relay(origin.id) && now_ns - origin.seen_ns > KEPT_NS
    }

    fn is_relay(id: u64) -> bool {
        id == RELAY || id == RELAY_URGENT
    }

    #[cold]
    fn first_batch(&mut self, id: u64, batch: u64, now_ns: i64) -> BatchStatus {
        if batch != 1 {
            return BatchStatus::Void;
        }
        if self.origins.len() >= self.bound {
            self.forget_idle(now_ns);
        }
        // A relay whose first row comes late finds room all the same.
        if self.origins.len() >= self.bound && !Self::is_relay(id) {
            return BatchStatus::Void;
        }
        self.index.insert(hash_word(id), self.origins.len() as u32);
        self.origins.push(Origin { id, last_batch: 1, seen_ns: now_ns });
        BatchStatus::Applied
    }

    /// Forgets who was idle for 24 h; only when there is no room, since it looks at everyone.
    fn forget_idle(&mut self, now_ns: i64) {
        self.last = NONE;
        self.origins.retain(|origin| !Self::is_idle(origin, now_ns));
        self.index = Table::default();
        for (at, origin) in self.origins.iter().enumerate() {
            self.index.insert(hash_word(origin.id), at as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use BatchStatus::{Applied, Repeated, Void};

    #[test]
    fn each_origin_counts_from_one_without_gaps() {
        let mut origins = Origins::new(10);
        let rows = [
            (7, 2, Void),
            (7, 1, Applied),
            (7, 1, Repeated),
            (7, 3, Void),
            (7, 0, Void),
            (7, 2, Applied),
            (8, 1, Applied),
            (7, 3, Applied),
            (7, 2, Repeated),
        ];
        for (id, batch, status) in rows {
            assert_eq!(origins.judge(id, batch, 5), status, "batch {batch} of {id}");
        }
    }

    #[test]
    fn an_idle_origin_is_forgotten_and_a_relay_is_not() {
        let mut origins = Origins::new(10);
        for id in [RELAY, RELAY_URGENT, 9] {
            assert_eq!(origins.judge(id, 1, 0), Applied);
        }
        assert_eq!(origins.judge(9, 2, KEPT_NS), Applied, "not idle yet");
        assert_eq!(origins.judge(9, 3, 2 * KEPT_NS + 1), Void);
        assert_eq!(origins.judge(9, 1, 2 * KEPT_NS + 1), Applied);
        assert_eq!(origins.judge(RELAY, 2, 9 * KEPT_NS), Applied);
        assert_eq!(origins.judge(RELAY_URGENT, 2, 9 * KEPT_NS), Applied);
    }

    #[test]
    fn a_new_origin_takes_the_room_of_an_idle_one_only() {
        let mut origins = Origins::new(2);
        assert_eq!(origins.judge(8, 1, 0), Applied);
        assert_eq!(origins.judge(9, 1, 10), Applied);
        assert_eq!(origins.judge(10, 1, KEPT_NS), Void, "no room");
        assert_eq!(origins.judge(10, 1, KEPT_NS + 1), Applied);
        assert_eq!(origins.judge(9, 2, KEPT_NS + 1), Applied);
    }
    #[test]
    fn a_relay_finds_room_among_origins_that_live() {
        let mut origins = Origins::new(1);
        assert_eq!(origins.judge(8, 1, 0), Applied);
        assert_eq!(origins.judge(9, 1, 0), Void, "no room");
        assert_eq!(origins.judge(RELAY_URGENT, 1, 0), Applied);
        assert_eq!(origins.judge(RELAY_URGENT, 2, 0), Applied);
    }
}
