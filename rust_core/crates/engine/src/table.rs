//! An index from keys to places in an arena, and the arena.
//!
//! The state machines look things up by client order id, order id or (account, instrument). They
//! use this index and no map of the standard library: its hash is fixed, so that two runs cost the
//! same; it is never iterated, so that no order can leak out of it; and it stores 8 bytes an entry,
//! so that tens of millions fit.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::{Index, IndexMut};

/// No place: the end of a list, or nothing linked.
pub const NONE: u32 = u32::MAX;

/// Odd constants of the hash: the fractional parts of square roots of small primes.
const SECRETS: [u64; 6] = [
    0x6a09_e667_f3bc_c909,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
];

/// The two halves of a 128-bit product, folded into one word.
#[inline(always)]
#[must_use]
pub const fn fold(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}

/// The hash of one word.
#[inline]
#[must_use]
pub const fn hash_word(word: u64) -> u64 {
    fold(word ^ SECRETS[0], SECRETS[1])
}

/// The hash of five words.
#[inline(always)]
#[must_use]
pub const fn hash_words(words: &[u64; 5]) -> u64 {
    let low = fold(words[0] ^ SECRETS[0], words[1] ^ SECRETS[1]);
    let high = fold(words[2] ^ SECRETS[2], words[3] ^ SECRETS[3]);
    fold(low ^ high.rotate_left(23) ^ words[4], SECRETS[4])
}

/// A running hash of a state: what is absorbed, and in which order, decides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running(pub u64);

impl Running {
    /// Takes in two words.
    #[inline]
    pub fn absorb(&mut self, a: u64, b: u64) {
        self.0 = fold(self.0.rotate_left(17) ^ a ^ SECRETS[2], b ^ SECRETS[5]) ^ a.rotate_left(41);
    }
}

/// Slots of a group: their marks are one word, they themselves one cache line.
const GROUP: usize = 8;
/// One in each byte.
const ONES: u64 = 0x0101_0101_0101_0101;
/// The bit that each mark of a full slot has.
const FULL: u64 = 0x80 * ONES;

/// The slots of a group.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
struct Slots([u64; GROUP]);

/// An index of arena places by the hash of their keys: groups of slots, one probed after the other.
///
/// Each slot has a mark of one byte: zero when it is empty, else seven bits of the hash. The marks
/// are small enough to stay near the processor, so that a key which isn't here, which most aren't
/// when they come first, is known not to be without waiting for memory; and those of a group are
/// looked at together, so that how full it is decides nothing that could be guessed wrong. A full
/// slot holds the upper half of the hash and the place. The keys stay in the arena, so a call that
/// may meet another key takes a closure that compares.
///
/// A key stands in the first group from its own on that had room, and all groups between are full.
#[derive(Clone, Debug)]
pub struct Table {
    marks: Vec<u64>,
    slots: Vec<Slots>,
    len: usize,
    /// It grows when it would hold more.
    most: usize,
    /// How many eighths of its slots it fills.
    eighths: usize,
}

impl Default for Table {
    fn default() -> Self {
        Self::with_slots(64, 6)
    }
}

/// So many of a value, written at once. Memory that comes as zeros comes page by page when it is
/// first used, and each page is a wait of microseconds at a bad moment.
fn written<T: Copy>(count: usize, value: T) -> Vec<T> {
    let mut values = Vec::with_capacity(count);
    values.resize(count, value);
    values
}

/// The mark of a full slot.
#[inline]
const fn mark_of(hash: u64) -> u64 {
    hash & 0xff | 0x80
}

/// The bits of those bytes of a word that are a mark, and perhaps of some more.
#[inline]
const fn matching(word: u64, mark: u64) -> u64 {
    let other = word ^ (ONES * mark);
    other.wrapping_sub(ONES) & !other & FULL
}

/// The number of the lowest byte that has its bit.
#[inline]
const fn lowest(bits: u64) -> usize {
    (bits.trailing_zeros() as usize / 8) & (GROUP - 1)
}

impl Table {
    /// An empty index with this many slots, a power of two and eight or more, which it fills by so
    /// many eighths. Where few keys come and go, what costs is the processor's guess that none has
    /// to give way to another: then it had better have slots in plenty.
    #[must_use]
    pub fn with_slots(slots: usize, eighths: usize) -> Self {
        let groups = slots / GROUP;
        debug_assert!(groups.is_power_of_two());
        let marks = written(groups, 0);
        let most = groups * GROUP / 8 * eighths;
        Self { marks, slots: written(groups, Slots([0; GROUP])), len: 0, most, eighths }
    }

    /// How many places it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The group that a search for a hash begins with.
    #[inline]
    fn home(&self, tag: u64) -> usize {
        tag as usize & (self.marks.len() - 1)
    }

    /// The place whose key has this hash and is the same.
    #[inline(always)]
    pub fn find(&self, hash: u64, mut same: impl FnMut(u32) -> bool) -> Option<u32> {
        let (tag, mark) = (hash >> 32, mark_of(hash));
        let mut at = self.home(tag);
        loop {
            let marks = self.marks[at];
            let mut candidates = matching(marks, mark);
            while candidates != 0 {
                let slot = self.slots[at].0[lowest(candidates)];
                if slot >> 32 == tag && same(slot as u32) {
                    return Some(slot as u32);
                }
                candidates &= candidates - 1;
            }
            if marks & FULL != FULL {
                return None;
            }
            at = (at + 1) & (self.marks.len() - 1);
        }
    }

    /// Whether a key of this hash may be here; mostly not when it isn't.
    #[inline(always)]
    #[must_use]
    pub fn may_have(&self, hash: u64) -> bool {
        let marks = self.marks[self.home(hash >> 32)];
        matching(marks, mark_of(hash)) != 0 || marks & FULL == FULL
    }

    /// Reads what a search for this hash begins with, so that it is near when it comes: the place
    /// of the first key that may have the hash, if there is one.
    #[inline]
    #[must_use]
    pub fn touch(&self, hash: u64) -> Option<u32> {
        let at = self.home(hash >> 32);
        let candidates = matching(self.marks[at], mark_of(hash));
        let slot = self.slots[at].0[lowest(candidates)];
        (candidates != 0 && slot >> 32 == hash >> 32).then_some(slot as u32)
    }

    /// Adds a place whose key isn't here yet.
    #[inline(always)]
    pub fn insert(&mut self, hash: u64, place: u32) {
        if self.len >= self.most {
            self.grow();
        }
        self.put(mark_of(hash), hash >> 32 << 32 | u64::from(place));
        self.len += 1;
    }

    #[inline(always)]
    fn put(&mut self, mark: u64, slot: u64) {
        let mut at = self.home(slot >> 32);
        while self.marks[at] & FULL == FULL {
            at = (at + 1) & (self.marks.len() - 1);
        }
        let number = lowest(!self.marks[at] & FULL);
        self.marks[at] |= mark << (8 * number);
        self.slots[at].0[number] = slot;
    }

    /// Doubles the slots. They carry their hashes, so no key is read.
    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let mut grown = Self::with_slots(2 * GROUP * self.marks.len(), self.eighths);
        for (&marks, slots) in self.marks.iter().zip(&self.slots) {
            for (number, &slot) in slots.0.iter().enumerate() {
                let mark = marks >> (8 * number) & 0xff;
                if mark != 0 {
                    grown.put(mark, slot);
                }
            }
        }
        grown.len = self.len;
        *self = grown;
    }

    /// Takes out a place that is here, and closes the gap.
    pub fn remove(&mut self, hash: u64, place: u32) {
        let slot = hash >> 32 << 32 | u64::from(place);
        let mut at = self.home(slot >> 32);
        let number = loop {
            let mut full = matching(self.marks[at], mark_of(hash));
            while full != 0 && self.slots[at].0[lowest(full)] != slot {
                full &= full - 1;
            }
            if full != 0 {
                break lowest(full);
            }
            assert!(self.marks[at] & FULL == FULL, "a place that is taken out is in the index");
            at = (at + 1) & (self.marks.len() - 1);
        };
        let was_full = self.marks[at] & FULL == FULL;
        self.marks[at] &= !(0xff << (8 * number));
        self.len -= 1;
        if was_full {
            self.close((at, number));
        }
    }

    /// Moves one that came after a group because it was full into the slot that is free now, and so
    /// on with the slot that this one leaves.
    #[cold]
    fn close(&mut self, (mut at, mut number): (usize, usize)) {
        let mask = self.marks.len() - 1;
        let mut next = (at + 1) & mask;
        loop {
            let marks = self.marks[next];
            let came = (0..GROUP).find(|&other| {
                let home = self.home(self.slots[next].0[other] >> 32);
                let full = marks >> (8 * other) & 0x80 != 0;
                full && next.wrapping_sub(home) & mask >= next.wrapping_sub(at) & mask
            });
            if let Some(other) = came {
                self.slots[at].0[number] = self.slots[next].0[other];
                self.marks[at] |= (marks >> (8 * other) & 0xff) << (8 * number);
                self.marks[next] &= !(0xff << (8 * other));
                (at, number) = (next, other);
            }
            if marks & FULL != FULL {
                return;
            }
            next = (next + 1) & mask;
        }
    }
}

/// Log2 of the entries in one chunk of an arena.
const CHUNK_BITS: u32 = 12;
const CHUNK: usize = 1 << CHUNK_BITS;

/// Entries at places that stay theirs until they are removed. It grows by chunks, so that growing
/// never moves what is there.
#[derive(Clone, Debug)]
pub struct Arena<T> {
    chunks: Vec<Box<[T; CHUNK]>>,
    free: Vec<u32>,
    next: u32,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), free: Vec::new(), next: 0 }
    }
}

impl<T: Copy> Arena<T> {
    /// How many entries are in it.
    #[inline]
    #[must_use]
    pub fn len(&self) -> u32 {
        self.next - self.free.len() as u32
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds an entry, at the place freed last if there is one.
    #[inline(always)]
    pub fn insert(&mut self, value: T) -> u32 {
        let (place, entry) = self.take(value);
        *entry = value;
        place
    }

    /// Adds an entry whose every field the caller writes, at the place freed last if there is
    /// one: a value that is made elsewhere field by field, and copied as a whole right away, makes
    /// the processor wait. `filler` stands where nothing was yet.
    #[inline(always)]
    pub fn take(&mut self, filler: T) -> (u32, &mut T) {
        let place = match self.free.pop() {
            Some(place) => place,
            None => {
                let place = self.next;
                if place >> CHUNK_BITS == self.chunks.len() as u32 {
                    self.add_chunk(filler);
                }
                self.next += 1;
                place
            }
        };
        (place, &mut self[place])
    }

    #[cold]
    #[inline(never)]
    fn add_chunk(&mut self, filler: T) {
        let chunk = written(CHUNK, filler).into_boxed_slice();
        let Ok(chunk) = chunk.try_into() else { unreachable!("it has as many entries") };
        self.chunks.push(chunk);
    }

    /// Where the next entry will be.
    #[inline]
    #[must_use]
    pub fn next(&self) -> u32 {
        self.free.last().copied().unwrap_or(self.next)
    }

    /// Has entries up to a place, which another arena gives out; new ones are the filler.
    #[inline]
    pub fn reach(&mut self, place: u32, filler: T) {
        if place >> CHUNK_BITS >= self.chunks.len() as u32 {
            self.add_chunk(filler);
        }
    }

    /// Frees a place; the caller holds no other reference to it.
    #[inline]
    pub fn remove(&mut self, place: u32) {
        self.free.push(place);
    }

    /// Every place ever used, freed ones included, lowest first.
    pub fn places(&self) -> core::ops::Range<u32> {
        0..self.next
    }
}

impl<T> Index<u32> for Arena<T> {
    type Output = T;

    #[inline]
    fn index(&self, place: u32) -> &T {
        &self.chunks[(place >> CHUNK_BITS) as usize][place as usize & (CHUNK - 1)]
    }
}

impl<T> IndexMut<u32> for Arena<T> {
    #[inline]
    fn index_mut(&mut self, place: u32) -> &mut T {
        &mut self.chunks[(place >> CHUNK_BITS) as usize][place as usize & (CHUNK - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn an_index_agrees_with_a_map_over_random_inserts_and_removals() {
        let mut table = Table::default();
        let mut keys = Arena::default();
        let mut map = BTreeMap::new();
        let mut random = 1_u64;
        for step in 0..200_000_u64 {
            random = fold(random ^ step, 0x9e37_79b9_7f4a_7c15) ^ step;
            let key = random % 5_000;
            // Few distinct hashes, so that runs of equal tags are met.
            let hash = hash_word(key % 700);
            let found = table.find(hash, |place| keys[place] == key);
            assert_eq!(found, map.get(&key).copied());
            match found {
                Some(place) => {
                    table.remove(hash, place);
                    keys.remove(place);
                    map.remove(&key);
                }
                None => {
                    let place = keys.insert(key);
                    table.insert(hash, place);
                    map.insert(key, place);
                }
            }
            assert_eq!(table.len(), map.len());
            assert_eq!(keys.len() as usize, map.len());
        }
        assert!(!table.is_empty() && !keys.is_empty());
    }

    #[test]
    fn the_order_of_what_is_absorbed_matters() {
        let (mut left, mut right) = (Running(0), Running(0));
        left.absorb(1, 2);
        left.absorb(3, 4);
        right.absorb(3, 4);
        right.absorb(1, 2);
        assert_ne!(left, right);
    }
}
