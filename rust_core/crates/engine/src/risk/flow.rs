//! How fast messages come, and how often the same one.

use crate::table::hash_words;

/// A bucket of messages on journal time: one that holds `burst` of them and gets one back every
/// `interval_ns`. It is kept as the time at which it would be full again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// When it is full.
    full_ns: i64,
    /// Time for one message; 0: none ever comes back.
    pub interval_ns: i64,
    /// It holds a message while it is full sooner than so far ahead; 0: it never does.
    ahead_ns: i64,
    /// The most at once.
    pub burst: u32,
}

impl Bucket {
    /// Gives it another size and speed; what was used of it stays used.
    pub fn resize(&mut self, messages_per_second: u32, burst: u16) {
        self.burst = if messages_per_second == 0 { 0 } else { burst.into() };
        self.interval_ns = match messages_per_second {
            0 => 0,
            // Rounded up: never more than what is said.
            rate => (1_000_000_000 + i64::from(rate) - 1) / i64::from(rate),
        };
        self.ahead_ns = match self.burst {
            0 => 0,
            burst => i64::from(burst - 1) * self.interval_ns + 1,
        };
    }

    /// How many messages are out of it.
    #[inline]
    pub fn used(&self, now_ns: i64) -> i64 {
        let left = self.full_ns.saturating_sub(now_ns);
        if left <= 0 || self.interval_ns == 0 {
            return 0;
        }
        (left - 1) / self.interval_ns + 1
    }

    /// Whether there is a message in it: whether fewer than `burst` are used.
    #[inline(always)]
    pub fn has_one(&self, now_ns: i64) -> bool {
        // Neither is ever negative.
        let has = (self.full_ns - now_ns).max(0) < self.ahead_ns;
        debug_assert_eq!(has, self.used(now_ns) < i64::from(self.burst));
        has
    }

    /// Takes a message out, if there is one.
    #[inline(always)]
    pub fn take(&mut self, now_ns: i64) {
        if self.has_one(now_ns) {
            self.take_one(now_ns);
        }
    }

    /// Takes out a message that is in it.
    #[inline(always)]
    pub fn take_one(&mut self, now_ns: i64) {
        self.full_ns = self.full_ns.max(now_ns).saturating_add(self.interval_ns);
    }
}

/// The same order in a row.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    fingerprint: u64,
    since_ns: i64,
    count: u32,
}

impl Row {
    /// No order yet.
    pub const NONE: Self = Self { fingerprint: 0, since_ns: 0, count: 0 };

    /// How many there are with one more.
    #[inline(always)]
    pub fn with(&self, fingerprint: u64, now_ns: i64, window_ns: i64) -> u32 {
        // Whether it is the same can't be guessed: no branch is made of it.
        let same = (self.fingerprint == fingerprint) & (now_ns - self.since_ns < window_ns);
        self.count.saturating_add(1) * u32::from(same) + u32::from(!same)
    }

    /// Takes one more in.
    #[inline(always)]
    pub fn add(&mut self, fingerprint: u64, now_ns: i64, window_ns: i64) {
        let count = self.with(fingerprint, now_ns, window_ns);
        self.fingerprint = fingerprint;
        self.since_ns = if count == 1 { now_ns } else { self.since_ns };
        self.count = count;
    }
}

/// What makes two orders of one account in one instrument the same: side, kind, prices, quantity.
/// Never 0, which no row begins with.
#[inline(always)]
pub fn fingerprint(kinds: u64, price: i64, stop_price: i64, quantity: i64) -> u64 {
    hash_words(&[kinds, price as u64, stop_price as u64, quantity as u64, 0]) | 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_holds_so_many_and_fills_up_again() {
        let mut bucket = Bucket::default();
        bucket.resize(10, 3);
        let now = 5_000_000_000;
        let spent = |bucket: &mut Bucket, now| {
            let before = bucket.used(now);
            bucket.take(now);
            bucket.used(now) > before
        };
        assert_eq!([(); 4].map(|()| spent(&mut bucket, now)), [true, true, true, false]);
        assert!(!spent(&mut bucket, now + 99_999_999));
        assert!(spent(&mut bucket, now + 100_000_000));
        assert!(!spent(&mut bucket, now + 199_999_999));
        assert_eq!(bucket.used(now + 10_000_000_000), 0);
        bucket.resize(0, 9);
        assert!(!spent(&mut bucket, now + 10_000_000_000), "nothing a second is nothing");
    }

    #[test]
    fn a_row_ends_with_another_order_or_its_window() {
        let mut row = Row::NONE;
        for (order, at, count) in [(7, 0, 1), (7, 1, 2), (7, 9, 3), (7, 10, 1), (5, 11, 1)] {
            assert_eq!(row.with(order, at, 10), count);
            row.add(order, at, 10);
        }
        assert_eq!(row.with(7, 12, 10), 1);
    }
}
