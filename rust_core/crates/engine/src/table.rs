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
#[inline]
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
#[inline]
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

/// An index of arena places by the hash of their keys: open addressing, linear probing.
///
/// Each slot has a mark of one byte: zero when it is empty, else seven bits of the hash. The marks
/// are small enough to stay near the processor, so that a key which isn't here, which most aren't
/// when they come first, is known not to be without waiting for memory. A full slot holds the upper
/// half of the hash and the place. The keys stay in the arena, so a call that may meet another key
/// takes a closure that compares.
#[derive(Clone, Debug)]
pub struct Table {
    marks: Vec<u8>,
    slots: Vec<u64>,
    mask: usize,
    len: usize,
    /// It grows when it would hold more.
    most: usize,
    /// How many eighths of its slots it fills.
    eighths: usize,
}

impl Default for Table {
    fn default() -> Self {
        Self::with_slots(64, 5)
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
const fn mark_of(hash: u64) -> u8 {
    hash as u8 | 0x80
}

impl Table {
    /// An empty index with this many slots, a power of two, which it fills by so many eighths.
    /// Where few keys come and go, what costs is the processor's guess that none has to give way
    /// to another: then it had better have slots in plenty.
    #[must_use]
    pub fn with_slots(slots: usize, eighths: usize) -> Self {
        debug_assert!(slots.is_power_of_two());
        let (mask, most) = (slots - 1, slots / 8 * eighths);
        Self { marks: written(slots, 0), slots: written(slots, 0), mask, len: 0, most, eighths }
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

    /// The place whose key has this hash and is the same.
    #[inline]
    pub fn find(&self, hash: u64, mut same: impl FnMut(u32) -> bool) -> Option<u32> {
        let (tag, mark) = (hash >> 32, mark_of(hash));
        let mut at = tag as usize & self.mask;
        loop {
            let marked = self.marks[at];
            if marked == 0 {
                return None;
            }
            if marked == mark {
                let slot = self.slots[at];
                if slot >> 32 == tag && same(slot as u32) {
                    return Some(slot as u32);
                }
            }
            at = (at + 1) & self.mask;
        }
    }

    /// Reads what a search for this hash begins with, so that it is near when it comes: the place
    /// of the first key that may have the hash, if there is one.
    #[inline]
    #[must_use]
    pub fn touch(&self, hash: u64) -> Option<u32> {
        let at = (hash >> 32) as usize & self.mask;
        let slot = self.slots[at];
        (self.marks[at] == mark_of(hash) && slot >> 32 == hash >> 32).then_some(slot as u32)
    }

    /// Adds a place whose key isn't here yet.
    #[inline]
    pub fn insert(&mut self, hash: u64, place: u32) {
        if self.len >= self.most {
            self.grow();
        }
        self.put(mark_of(hash), hash >> 32 << 32 | u64::from(place));
        self.len += 1;
    }

    #[inline]
    fn put(&mut self, mark: u8, slot: u64) {
        let mut at = (slot >> 32) as usize & self.mask;
        while self.marks[at] != 0 {
            at = (at + 1) & self.mask;
        }
        self.marks[at] = mark;
        self.slots[at] = slot;
    }

    /// Doubles the slots. They carry their hashes, so no key is read.
    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let mut grown = Self::with_slots(self.slots.len() * 2, self.eighths);
        for (&mark, &slot) in self.marks.iter().zip(&self.slots) {
            if mark != 0 {
                grown.put(mark, slot);
            }
        }
        grown.len = self.len;
        *self = grown;
    }

    /// Takes out a place that is here, and closes the gap.
    pub fn remove(&mut self, hash: u64, place: u32) {
        let slot = hash >> 32 << 32 | u64::from(place);
        let mut hole = (slot >> 32) as usize & self.mask;
        while self.marks[hole] != mark_of(hash) || self.slots[hole] != slot {
            assert!(self.marks[hole] != 0, "a place that is taken out is in the index");
            hole = (hole + 1) & self.mask;
        }
        let mut at = (hole + 1) & self.mask;
        while self.marks[at] != 0 {
            let home = (self.slots[at] >> 32) as usize & self.mask;
            if at.wrapping_sub(home) & self.mask >= at.wrapping_sub(hole) & self.mask {
                self.marks[hole] = self.marks[at];
                self.slots[hole] = self.slots[at];
                hole = at;
            }
            at = (at + 1) & self.mask;
        }
        self.marks[hole] = 0;
        self.len -= 1;
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
        if let Some(place) = self.free.pop() {
            self[place] = value;
            return place;
        }
        let place = self.next;
        if place >> CHUNK_BITS == self.chunks.len() as u32 {
            self.add_chunk(value);
        }
        self.next += 1;
        self[place] = value;
        place
    }

    #[cold]
    #[inline(never)]
    fn add_chunk(&mut self, filler: T) {
        let chunk = written(CHUNK, filler).into_boxed_slice();
        let Ok(chunk) = chunk.try_into() else { unreachable!("it has as many entries") };
        self.chunks.push(chunk);
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
