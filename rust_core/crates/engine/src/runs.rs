//! Numbers in order, each with a place: what finds the blocks of a runs.
//!
//! A B-tree of two storeys: runs of at most [`RUN`] keys, and the list of runs. Most orders come
//! and go near the touch, so both storeys are sorted with the lowest key last, where inserting and
//! removing move least. Measured on a day of AMZN, on the exchange-core mix and on 100,000 orders
//! over 20,000 prices: on small books it is as fast as one sorted vector, on the deep book a level
//! made far from the touch no longer moves every level before it, which takes the 99th percentile
//! from 4.5 µs to about one.

use alloc::vec::Vec;

/// The most keys in a run: eight cache lines, of which a search touches three.
const RUN: usize = 64;

/// Sorted keys and the value of each.
#[derive(Clone, Debug)]
struct Run {
    len: usize,
    keys: [i64; RUN],
    values: [u32; RUN],
}

/// Values by key, lowest last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runs {
    /// The highest key of each run, which is its first.
    highest: Vec<i64>,
    /// Where each run is in the arena.
    order: Vec<u32>,
    arena: Vec<Run>,
    free: Vec<u32>,
}

/// Where a key that is not there belongs: a place in the list of runs, a place in the run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Position(usize, usize);

impl Run {
    const EMPTY: Self = Self { len: 0, keys: [0; RUN], values: [0; RUN] };

    #[inline]
    fn place_of(&self, key: i64) -> usize {
        self.keys[..self.len].partition_point(|&other| other > key)
    }

    #[inline]
    fn insert(&mut self, place: usize, key: i64, value: u32) {
        self.keys.copy_within(place..self.len, place + 1);
        self.values.copy_within(place..self.len, place + 1);
        self.keys[place] = key;
        self.values[place] = value;
        self.len += 1;
    }

    #[inline]
    fn remove(&mut self, place: usize) {
        self.keys.copy_within(place + 1..self.len, place);
        self.values.copy_within(place + 1..self.len, place);
        self.len -= 1;
    }

    /// Appends the keys of a run whose keys are lower, from a place on.
    fn append(&mut self, lower: &Self, from: usize) {
        let end = self.len + lower.len - from;
        self.keys[self.len..end].copy_from_slice(&lower.keys[from..lower.len]);
        self.values[self.len..end].copy_from_slice(&lower.values[from..lower.len]);
        self.len = end;
    }
}

impl Runs {
    /// The value of the lowest key.
    #[inline]
    pub fn best(&self) -> Option<u32> {
        self.order.last().map(|&run| {
            let run = &self.arena[run as usize];
            run.values[run.len - 1]
        })
    }

    /// The value of a key, or where it belongs.
    #[inline]
    pub fn find(&self, key: i64) -> Result<u32, Position> {
        if self.order.is_empty() {
            return Err(Position(0, 0));
        }
        let at = self.run_of(key);
        let run = &self.arena[self.order[at] as usize];
        let place = run.place_of(key);
        if place < run.len && run.keys[place] == key {
            Ok(run.values[place])
        } else {
            Err(Position(at, place))
        }
    }

    /// Adds a value where [`Self::find`] said.
    #[inline]
    pub fn insert(&mut self, Position(at, place): Position, key: i64, value: u32) {
        if self.order.is_empty() {
            self.add_run(0, Run::EMPTY);
        }
        let run = &mut self.arena[self.order[at] as usize];
        if run.len == RUN {
            let (at, place) = self.split(at, place);
            return self.insert(Position(at, place), key, value);
        }
        run.insert(place, key, value);
        self.highest[at] = run.keys[0];
    }

    /// Removes the value of a key that is there.
    #[inline]
    pub fn remove(&mut self, key: i64) {
        let at = self.run_of(key);
        let run = &mut self.arena[self.order[at] as usize];
        let place = run.place_of(key);
        assert!(place < run.len && run.keys[place] == key, "what is removed is there");
        run.remove(place);
        if run.len == 0 {
            self.drop_run(at);
        } else {
            self.highest[at] = run.keys[0];
            if run.len < RUN / 4 && at + 1 < self.order.len() {
                self.join(at);
            }
        }
    }

    /// The value of the lowest key above a key that is there.
    pub fn after(&self, key: i64) -> Option<u32> {
        let at = self.run_of(key);
        let run = &self.arena[self.order[at] as usize];
        match run.place_of(key) {
            0 => {
                let run = &self.arena[self.order[at.checked_sub(1)?] as usize];
                Some(run.values[run.len - 1])
            }
            place => Some(run.values[place - 1]),
        }
    }

    /// Keys and values, lowest key first.
    pub fn entries(&self) -> impl Iterator<Item = (i64, u32)> + '_ {
        self.order.iter().rev().flat_map(|&run| {
            let run = &self.arena[run as usize];
            let entries = run.keys[..run.len].iter().zip(&run.values[..run.len]);
            entries.rev().map(|(&key, &value)| (key, value))
        })
    }

    /// The values, lowest key first.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.order.iter().rev().flat_map(|&run| {
            let run = &self.arena[run as usize];
            run.values[..run.len].iter().rev().copied()
        })
    }

    /// The run in which a key is, or belongs. There is one.
    #[inline]
    fn run_of(&self, key: i64) -> usize {
        let last = self.order.len() - 1;
        if self.highest[last] >= key {
            return last;
        }
        self.highest.partition_point(|&highest| highest >= key).saturating_sub(1)
    }

    /// Gives the lower half of a full run to a new one after it, and says where a place has gone.
    #[cold]
    fn split(&mut self, at: usize, place: usize) -> (usize, usize) {
        let half = RUN / 2;
        let mut lower = Run::EMPTY;
        let upper = &mut self.arena[self.order[at] as usize];
        lower.append(upper, half);
        upper.len = half;
        self.add_run(at + 1, lower);
        if place <= half {
            (at, place)
        } else {
            (at + 1, place - half)
        }
    }

    /// Joins a run with the one after it if both are small.
    #[cold]
    fn join(&mut self, at: usize) {
        let (upper, lower) = (self.order[at] as usize, self.order[at + 1] as usize);
        if self.arena[upper].len + self.arena[lower].len > RUN / 2 {
            return;
        }
        let joined = self.arena[lower].clone();
        self.arena[upper].append(&joined, 0);
        self.drop_run(at + 1);
    }

    #[cold]
    fn add_run(&mut self, at: usize, run: Run) {
        self.highest.insert(at, run.keys[0]);
        let index = match self.free.pop() {
            Some(index) => {
                self.arena[index as usize] = run;
                index
            }
            None => {
                self.arena.push(run);
                // So that dropping runs never allocates.
                self.free.reserve(self.arena.capacity());
                self.arena.len() as u32 - 1
            }
        };
        self.order.insert(at, index);
    }

    #[cold]
    fn drop_run(&mut self, at: usize) {
        self.highest.remove(at);
        self.free.push(self.order.remove(at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Against a map, growing to many runs and shrinking to none, twice.
    #[test]
    fn equals_a_map() {
        let mut runs = Runs::default();
        let mut map = BTreeMap::new();
        let mut state = 1_u64;
        for step in 0..60_000_u32 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
            let key = (state >> 33) as i64 % 3_000;
            let growing = step / 15_000 % 2 == 0;
            match runs.find(key) {
                Ok(value) => {
                    assert_eq!(map.get(&key), Some(&value));
                    if !growing || state >> 20 & 7 == 0 {
                        runs.remove(key);
                        map.remove(&key);
                    }
                }
                Err(position) => {
                    assert!(!map.contains_key(&key));
                    if growing || state >> 20 & 7 == 0 {
                        runs.insert(position, key, step);
                        map.insert(key, step);
                    }
                }
            }
            assert_eq!(runs.best(), map.values().next().copied());
            if runs.find(key).is_ok() {
                let next = map.range(key + 1..).next().map(|(_, &value)| value);
                assert_eq!(runs.after(key), next);
            }
            if step % 1_000 == 0 {
                assert!(runs.iter().eq(map.values().copied()));
            }
        }
        for key in map.keys() {
            runs.remove(*key);
        }
        assert_eq!(runs.best(), None);
        assert_eq!(runs.free.len(), runs.arena.len());
    }
}
