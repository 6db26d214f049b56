//! From order ids to places in the order arena.

use alloc::{vec, vec::Vec};

/// An open-addressing table with linear probing. An entry is eight bytes: the upper half of the id's
/// hash, which tells nearly all strangers apart without touching the arena, and the arena index.
/// Removal shifts entries back, so there are no tombstones and lookups stay short for ever. Nothing
/// ever walks it, so its layout can't reach an event.
#[derive(Clone, Debug)]
pub struct Directory {
    entries: Vec<u64>,
    bits: u32,
    len: usize,
}

impl Directory {
    /// A table that takes this many ids before it grows.
    pub fn with_capacity(ids: usize) -> Self {
        let bits = (ids.max(16) * 2).next_power_of_two().trailing_zeros();
        Self { entries: vec![0; 1 << bits], bits, len: 0 }
    }

    /// The arena index of an id; `id_at` reads the id of an arena index.
    #[inline]
    pub fn find(&self, id: u64, id_at: impl Fn(u32) -> u64) -> Option<u32> {
        self.position(id, id_at).map(|position| index_of(self.entries[position]))
    }

    /// Adds an id that is not there.
    #[inline]
    pub fn insert(&mut self, id: u64, index: u32) {
        if (self.len + 1) * 2 > self.entries.len() {
            self.grow();
        }
        self.len += 1;
        self.place(u64::from(tag_of(id)) << 32 | u64::from(index + 1));
    }

    /// Removes an id that is there.
    #[inline]
    pub fn remove(&mut self, id: u64, id_at: impl Fn(u32) -> u64) {
        let mut hole = self.position(id, id_at).expect("an open order is in the directory");
        let mask = self.entries.len() - 1;
        let mut next = hole;
        loop {
            next = (next + 1) & mask;
            let entry = self.entries[next];
            if entry == 0 {
                break;
            }
            // An entry may move back unless that puts it before the place where lookups start.
            let distance = next.wrapping_sub(self.home(entry)) & mask;
            if distance >= next.wrapping_sub(hole) & mask {
                self.entries[hole] = entry;
                hole = next;
            }
        }
        self.entries[hole] = 0;
        self.len -= 1;
    }

    #[inline]
    fn position(&self, id: u64, id_at: impl Fn(u32) -> u64) -> Option<usize> {
        let tag = tag_of(id);
        let mask = self.entries.len() - 1;
        let mut position = (tag >> (32 - self.bits)) as usize;
        loop {
            let entry = self.entries[position];
            if entry == 0 {
                return None;
            }
            if (entry >> 32) as u32 == tag && id_at(index_of(entry)) == id {
                return Some(position);
            }
            position = (position + 1) & mask;
        }
    }

    #[inline]
    fn place(&mut self, entry: u64) {
        let mask = self.entries.len() - 1;
        let mut position = self.home(entry);
        while self.entries[position] != 0 {
            position = (position + 1) & mask;
        }
        self.entries[position] = entry;
    }

    #[inline]
    fn home(&self, entry: u64) -> usize {
        (entry >> (64 - self.bits)) as usize
    }

    #[cold]
    fn grow(&mut self) {
        let old = core::mem::replace(&mut self.entries, vec![0; 2 << self.bits]);
        self.bits += 1;
        old.into_iter().filter(|&entry| entry != 0).for_each(|entry| self.place(entry));
    }
}

/// The upper half of a multiplicative hash: neighbouring ids land far apart.
#[inline]
fn tag_of(id: u64) -> u32 {
    (id.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u32
}

#[inline]
fn index_of(entry: u64) -> u32 {
    entry as u32 - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::place;
    use std::collections::BTreeMap;

    /// Against a map, with strides that order ids have and removal in another order.
    #[test]
    fn equals_a_map() {
        let mut ids = Vec::new();
        let mut directory = Directory::with_capacity(0);
        let mut map = BTreeMap::new();
        for step in 0..20_000_u32 {
            let id = place(0, u64::from(step) / 7 + 1, step % 7);
            ids.push(id);
            directory.insert(id, step);
            map.insert(id, step);
            if step % 3 != 0 {
                let victim = ids[(step.wrapping_mul(2_654_435_761) % step) as usize];
                if map.remove(&victim).is_some() {
                    directory.remove(victim, |index| ids[index as usize]);
                }
            }
        }
        for id in &ids {
            assert_eq!(directory.find(*id, |index| ids[index as usize]), map.get(id).copied());
        }
        assert_eq!(directory.len, map.len());
    }
}
