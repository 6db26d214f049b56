//! Client order ids: what each request under one was, and which order it was about.
//!
//! An entry lives while its order does and 24 h of journal time after the order's end; an entry
//! about no order lives 24 h from its request. Ended entries wait in one queue, oldest first, and
//! are taken out a few per message, so that no message pays for many.

use alloc::collections::VecDeque;

use crate::ids::sequence_of;
use crate::pod::{
    ClOrdId, Command, OrderTerms, FLAG_CANCEL_ON_DISCONNECT, FLAG_SELF_TRADE_OF_ACCOUNT,
};
use crate::table::{fold, hash_word, hash_words, Arena, Table, NONE};

/// How long an entry is kept after its end, in nanoseconds of journal time.
pub const KEPT_NS: i64 = 24 * 3600 * 1_000_000_000;

/// The digest of an entry about nothing yet: a cancel named it before any request came under it.
pub const BURNT: u64 = 0;

/// A client order id of an account, and its request: one cache line.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub struct Entry {
    key: Key,
    /// Digest of the request's content, or [`BURNT`].
    pub digest: u64,
    /// Where the request was judged; a new order's id.
    pub place: u64,
    /// The entry of the order it is about; its own place for an order's own; or none.
    pub root: u32,
    /// The order in the arena of live orders, for the entry of a live order.
    pub order: u32,
}

impl Entry {
    /// What stands where none was yet.
    const NONE: Self = Self { key: [0; 5], digest: BURNT, place: 0, root: NONE, order: NONE };
}

/// What is needed of an entry only when its order ends, and after.
#[derive(Clone, Copy, Debug)]
struct Tail {
    expires_ns: i64,
    next: u32,
}

/// Client order id and account in five words: the upper half of an id's last word is always zero.
pub type Key = [u64; 5];

/// Whether two keys are the same; five words at once cost less than a loop over bytes.
#[inline]
fn same_key(a: &Key, b: &Key) -> bool {
    (a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]) | (a[4] ^ b[4]) == 0
}

/// The key of a client order id of an account; its hash is that of its words.
#[inline(always)]
pub fn key(account: u32, id: &ClOrdId) -> Key {
    let mut key = id.words;
    key[4] = key[4] & 0xffff_ffff | u64::from(account) << 32;
    key
}

/// Digest of what a command asks for. A retry over another session, or over none, is the same
/// request, so the session and what hangs on it are left out. A target named by client order id is
/// known by that id's hash. Never [`BURNT`].
#[inline(always)]
pub fn digest(command: &Command, orig_hash: Option<u64>) -> u64 {
    let words: &[u64; 16] = bytemuck::cast_ref(command);
    let kind = words[0];
    // What an order is given of its account isn't what was asked for: it may change meanwhile.
    let asked = if command.flags & FLAG_SELF_TRADE_OF_ACCOUNT == 0 { u64::MAX } else { 0 };
    let of_transport = FLAG_CANCEL_ON_DISCONNECT | FLAG_SELF_TRADE_OF_ACCOUNT;
    let flags = u64::from(command.flags & !of_transport)
        | (u64::from(command.self_trade_prevention) & asked) << 16;
    // The group is the low half.
    let links = words[15] & (asked | !u64::from(u32::MAX));
    let a = fold(kind ^ 0x243f_6a88_85a3_08d3, flags ^ 0x1319_8a2e_0370_7345);
    let b = fold(words[2] ^ 0xa409_3822_299f_31d1, words[8] ^ 0x082e_fa98_ec4e_6c89);
    if words[10] | words[11] | words[12] | words[13] | words[14] | links == 0 {
        // Most say nothing more.
        let rest = fold(a ^ b.rotate_left(13) ^ 0xba7c_9045_f12c_7f99, words[9] ^ SHORT);
        return named(rest, orig_hash);
    }
    let c = fold(words[9] ^ 0x4528_21e6_38d0_1377, words[10] ^ 0xbe54_66cf_34e9_0c6d);
    let d = fold(words[11] ^ 0xc0ac_29b7_c97c_50dd, words[12] ^ 0x3f84_d5b5_b547_0917);
    let e = fold(words[13] ^ 0x9216_d5d9_8979_fb1b, words[14] ^ 0xd131_0ba6_98df_b5ac);
    let f = fold(links ^ 0x2ffd_72db_d01a_dfb7, a ^ 0xb8e1_afed_6a26_7e96);
    let rest = fold(
        b ^ c.rotate_left(13) ^ 0xba7c_9045_f12c_7f99,
        d ^ e.rotate_left(29) ^ f ^ 0x24a1_9947_b391_6cf7,
    );
    named(rest, orig_hash)
}

/// Mixed into the digest of a command that says nothing beyond its terms' quantity.
const SHORT: u64 = 0x4528_21e6_38d0_1377;

/// A digest, with the hash of the client order id that the target is named by.
#[inline(always)]
fn named(digest: u64, orig_hash: Option<u64>) -> u64 {
    1 | orig_hash.map_or(digest, |hash| fold(digest ^ 0x0801_f2e2_858e_fc16, hash | 1))
}

/// The digest of a command that has terms beside it: where they stand in the batch is left out.
pub fn digest_with_terms(digest: u64, terms: &OrderTerms) -> u64 {
    let words: &[u64; 8] = bytemuck::cast_ref(terms);
    let [a, b, c, d, e, f, g, h] = *words;
    let rest = hash_words(&[f, g, h, 0, digest]);
    1 | fold(rest ^ 0x6369_20d8_7157_4e69, hash_words(&[a, b, c, d, e]) | 1)
}

/// Every client order id that is known.
#[derive(Clone, Debug)]
pub struct ClientIds {
    entries: Arena<Entry>,
    /// At the same places; what stands at a place that was not linked to anything is left over.
    tails: Arena<Tail>,
    by_key: Table,
    by_order: Table,
    /// Orders that aren't in `by_order` yet, by place, with their entries: those that FILLS has
    /// said nothing of. They are few, and come and go in order; so what an order costs before it
    /// goes to the book has no index to wait for.
    fresh: VecDeque<(u64, u32)>,
    first: u32,
    last: u32,
    /// When the first of the queue is over; never, when there is none.
    next_ns: i64,
    bound: u32,
}

impl ClientIds {
    /// None, and room for `bound`.
    pub fn new(bound: u32) -> Self {
        Self {
            entries: Arena::default(),
            tails: Arena::default(),
            // New keys come all the time: a group that is full is guessed wrong.
            by_key: Table::with_slots(64, 5),
            by_order: Table::default(),
            fresh: VecDeque::new(),
            first: NONE,
            last: NONE,
            next_ns: i64::MAX,
            bound,
        }
    }

    /// How many there are.
    pub fn len(&self) -> u32 {
        self.entries.len()
    }

    /// Whether `more` fit.
    #[inline]
    pub fn has_room(&self, more: u32) -> bool {
        self.entries.len().saturating_add(more) <= self.bound
    }

    /// Whether one more fits.
    #[inline(always)]
    pub fn has_room_for_one(&self) -> bool {
        self.entries.len() < self.bound
    }

    /// The entry under this key.
    #[inline]
    pub fn find(&self, key: &Key, hash: u64) -> Option<u32> {
        self.by_key.find(hash, |at| same_key(&self.entries[at].key, key))
    }

    /// Whether a key of this hash may be here; mostly not when it isn't.
    #[inline(always)]
    pub fn may_have(&self, hash: u64) -> bool {
        self.by_key.may_have(hash)
    }

    /// Reads what a search for this key begins with, so that it is near when it comes.
    #[inline]
    pub fn touch(&self, hash: u64) -> Option<u32> {
        self.by_key.touch(hash)
    }

    /// The entry of the order with this id, live or ended.
    #[inline]
    pub fn find_order(&self, order_id: u64) -> Option<u32> {
        let found =
            self.by_order.find(hash_word(order_id), |at| self.entries[at].place == order_id);
        found.or_else(|| {
            let at = self.fresh.binary_search_by_key(&order_id, |&(place, _)| place).ok()?;
            Some(self.fresh[at].1)
        })
    }

    /// Puts the orders up to the end of a message into the index, before FILLS tells of them.
    pub fn settle(&mut self, sequence: u64) {
        while let Some(&(place, at)) = self.fresh.front() {
            if sequence_of(place) > sequence {
                return;
            }
            self.fresh.pop_front();
            self.by_order.insert(hash_word(place), at);
        }
    }

    /// The entry at a place.
    #[inline]
    pub fn get(&self, at: u32) -> &Entry {
        &self.entries[at]
    }

    /// The account's id that an entry belongs to.
    #[inline]
    pub fn account_of(&self, at: u32) -> u32 {
        (self.entries[at].key[4] >> 32) as u32
    }

    #[inline(always)]
    fn add(&mut self, entry: Entry, hash: u64) -> u32 {
        debug_assert!(self.has_room(1), "the caller looked whether there is room");
        let (at, new) = self.entries.take(Entry::NONE);
        let Entry { key, digest, place, root, order } = entry;
        new.key[0] = key[0];
        new.key[1] = key[1];
        new.key[2] = key[2];
        new.key[3] = key[3];
        new.key[4] = key[4];
        new.digest = digest;
        new.place = place;
        new.root = root;
        new.order = order;
        self.tails.reach(at, Tail { expires_ns: 0, next: NONE });
        self.by_key.insert(hash, at);
        at
    }

    /// Where the next entry will be.
    #[inline]
    pub fn next(&self) -> u32 {
        self.entries.next()
    }

    /// Adds the entry of an accepted new order, which is at `order` in the arena of live orders.
    #[inline(always)]
    pub fn add_order(&mut self, key: Key, hash: u64, digest: u64, place: u64, order: u32) -> u32 {
        let root = self.next();
        self.add(Entry { key, digest, place, root, order }, hash);
        self.fresh.push_back((place, root));
        root
    }

    /// Adds a request about a live order, at the head of the order's list of entries; returns the
    /// new head.
    pub fn add_request(
        &mut self,
        key: Key,
        hash: u64,
        digest: u64,
        place: u64,
        root: u32,
        head: u32,
    ) -> u32 {
        let at = self.add(Entry { key, digest, place, root, order: NONE }, hash);
        self.tails[at].next = head;
        at
    }

    /// Adds an entry about no live order, which is kept 24 h from now.
    pub fn add_ended(&mut self, key: Key, hash: u64, digest: u64, place: u64, now_ns: i64) {
        let at = self.add(Entry { key, digest, place, root: NONE, order: NONE }, hash);
        self.tails[at].expires_ns = now_ns.saturating_add(KEPT_NS);
        self.enqueue(at, at);
    }

    /// Ends an order: its entries, from `head` to its own, are kept 24 h from now.
    pub fn end_order(&mut self, head: u32, root: u32, now_ns: i64) {
        self.entries[root].order = NONE;
        self.tails[root].expires_ns = now_ns.saturating_add(KEPT_NS);
        self.enqueue(head, root);
    }

    fn enqueue(&mut self, head: u32, tail: u32) {
        if self.last == NONE {
            self.first = head;
            self.next_ns = self.expires_ns(head);
        } else {
            self.tails[self.last].next = head;
        }
        self.last = tail;
        self.tails[tail].next = NONE;
    }

    /// When an entry of the queue is over: with its order, if it is about one.
    fn expires_ns(&self, at: u32) -> i64 {
        match self.entries[at].root {
            NONE => self.tails[at].expires_ns,
            root => self.tails[root].expires_ns,
        }
    }

    /// Takes out up to `budget` entries whose time is over. An order's own entry is the last of its
    /// list, so nothing points at an entry that is gone.
    #[inline(always)]
    pub fn expire(&mut self, now_ns: i64, budget: usize) {
        if self.next_ns <= now_ns {
            self.take_out(now_ns, budget);
        }
    }

    #[cold]
    fn take_out(&mut self, now_ns: i64, budget: usize) {
        for _ in 0..budget {
            if self.next_ns > now_ns || self.first == NONE {
                return;
            }
            self.take_first();
        }
    }

    #[cold]
    fn take_first(&mut self) {
        let at = self.first;
        let (entry, tail) = (self.entries[at], self.tails[at]);
        self.by_key.remove(hash_words(&entry.key), at);
        if entry.root == at {
            self.by_order.remove(hash_word(entry.place), at);
        }
        self.entries.remove(at);
        self.first = tail.next;
        if self.first == NONE {
            self.last = NONE;
            self.next_ns = i64::MAX;
        } else {
            self.next_ns = self.expires_ns(self.first);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytemuck::Zeroable;

    fn named(text: &[u8]) -> (Key, u64) {
        let key = key(7, &ClOrdId::new(text).expect("a fine id"));
        (key, hash_words(&key))
    }

    #[test]
    fn an_entry_is_a_cache_line() {
        assert_eq!(core::mem::size_of::<Entry>(), 64);
    }

    #[test]
    fn an_orders_entries_leave_together_a_day_after_its_end() {
        let mut ids = ClientIds::new(8);
        let (first, first_hash) = named(b"first");
        let (second, second_hash) = named(b"second");
        let root = ids.add_order(first, first_hash, 1, 100, 0);
        let head = ids.add_request(second, second_hash, 2, 200, root, root);
        ids.expire(i64::MAX - 1, 10);
        assert_eq!(ids.len(), 2, "a live order's entries stay");
        assert_eq!((ids.find_order(100), ids.find_order(101)), (Some(root), None), "while fresh");
        ids.settle(0);
        assert_eq!((ids.find_order(100), ids.find_order(101)), (Some(root), None));

        ids.end_order(head, root, 1_000);
        ids.expire(999 + KEPT_NS, 10);
        assert_eq!(ids.len(), 2);
        ids.expire(1_000 + KEPT_NS, 1);
        assert_eq!(ids.find(&second, second_hash), None, "the newest first");
        assert!(ids.find_order(100).is_some(), "the order's own last");
        ids.expire(1_000 + KEPT_NS, 1);
        assert_eq!((ids.len(), ids.find_order(100)), (0, None));
    }

    #[test]
    fn entries_of_ended_requests_leave_in_the_order_of_their_end() {
        let mut ids = ClientIds::new(3);
        for (at, text) in [&b"a"[..], b"b", b"c"].into_iter().enumerate() {
            let (key, hash) = named(text);
            ids.add_ended(key, hash, BURNT, 0, at as i64);
        }
        assert!(!ids.has_room(1));
        ids.expire(KEPT_NS + 1, 10);
        assert_eq!(ids.len(), 1);
        let (key, hash) = named(b"c");
        assert!(ids.find(&key, hash).is_some());
    }

    #[test]
    fn the_digest_covers_every_word_of_the_terms() {
        let base = digest_with_terms(7, &OrderTerms::default());
        assert_ne!(base, 7);
        assert_ne!(base, digest_with_terms(8, &OrderTerms::default()));
        for word in 0..8 {
            let mut words = [0_u64; 8];
            words[word] = 1;
            assert_ne!(base, digest_with_terms(7, &bytemuck::cast(words)), "word {word}");
        }
    }

    #[test]
    fn the_digest_covers_content_and_not_the_session() {
        let base = Command::zeroed();
        let id = ClOrdId::new(b"orig").expect("a fine id");
        assert_ne!(digest(&base, None), digest(&base, Some(hash_words(&key(1, &id)))));
        let mut other = base;
        other.session = 9;
        other.flags = FLAG_CANCEL_ON_DISCONNECT;
        other.orig_cl_ord_id_index = 4;
        assert_eq!(digest(&base, None), digest(&other, None));
        let changes: [fn(&mut Command); 14] = [
            |c| c.kind = 1,
            |c| c.side = 1,
            |c| c.ord_type = 1,
            |c| c.time_in_force = 1,
            |c| c.flags = 1,
            |c| c.instrument = 1,
            |c| c.price = 1,
            |c| c.quantity = 1,
            |c| c.stop_price = 1,
            |c| c.display_quantity = 1,
            |c| c.min_quantity = 1,
            |c| c.order_id = 1,
            |c| c.expire_time = 1,
            |c| c.link = 1,
        ];
        for change in changes {
            let mut other = base;
            change(&mut other);
            assert_ne!(digest(&base, None), digest(&other, None));
        }
    }
}
