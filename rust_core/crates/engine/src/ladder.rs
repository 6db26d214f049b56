//! The levels of one side of a book in order of price.
//!
//! Prices that trade are a tick apart, so levels stand in blocks of 64 neighbouring prices, each a
//! word of bits and a table: to find, add or remove a level in a block takes one look at a bit, and
//! the next level one count of zeros. Blocks are found by number in [`Runs`].
//!
//! What a tick is, is learnt: the largest step that all keys so far are multiples of. A key that
//! isn't makes the step smaller by half or more and all blocks anew, which happens to a side a few
//! times, mostly when it is young.

use alloc::vec::Vec;

use crate::runs::{self, Runs};

/// Log2 of the keys in a block.
const BLOCK_BITS: u32 = 6;
/// Keys in a block.
const BLOCK: usize = 1 << BLOCK_BITS;
/// Blocks that are found without a search: those of a thousand neighbouring prices.
const KNOWN: usize = 16;
/// No block has this number: keys are far from the bounds of 64 bits.
const NO_BLOCK: i64 = i64::MAX;

/// Neighbouring keys: which have a level, and which level.
#[derive(Clone, Debug)]
struct Block {
    bits: u64,
    levels: [u32; BLOCK],
}

/// The step between keys, ready to divide by: an odd number by the inverse that it has among 64-bit
/// numbers, a power of two by a shift.
#[derive(Clone, Copy, Debug)]
struct Step {
    /// 0: there was no key yet.
    size: u64,
    inverse: u64,
    /// The highest quotient by the odd number.
    most: u64,
    shift: u32,
}

/// A side's levels by key.
#[derive(Clone, Debug)]
pub(crate) struct Ladder {
    step: Step,
    /// Where blocks are, by number.
    runs: Runs,
    blocks: Vec<Block>,
    free: Vec<u32>,
    /// Number and place of blocks looked at before, each where the lowest bits of its number say.
    known: [(i64, u32); KNOWN],
}

/// Where a key that is not there belongs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Position {
    /// The key in steps.
    slot: i64,
    /// Its block, or where that belongs.
    block: Result<u32, runs::Position>,
}

impl Default for Ladder {
    fn default() -> Self {
        Self {
            step: Step::new(0),
            runs: Runs::default(),
            blocks: Vec::new(),
            free: Vec::new(),
            known: [(NO_BLOCK, 0); KNOWN],
        }
    }
}

impl Step {
    fn new(size: u64) -> Self {
        let shift = size.trailing_zeros() % u64::BITS;
        let odd = size >> shift;
        // An odd number is its own inverse in three bits; each round doubles them.
        let refine =
            |inverse: u64, _| inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)));
        Self {
            size,
            // Of no step only 0 is a multiple.
            inverse: if size == 0 { 1 } else { (0..5).fold(odd, refine) },
            most: (i64::MAX as u64).checked_div(odd).unwrap_or(0),
            shift,
        }
    }

    /// A key in steps; None if it isn't a multiple.
    #[inline]
    fn divide(&self, key: i64) -> Option<i64> {
        // The multiples of an odd number fill these quotients, so that no other number gives one.
        let quotient = (key as u64).wrapping_mul(self.inverse) as i64;
        let even = quotient & ((1 << self.shift) - 1) == 0;
        (even && quotient.unsigned_abs() <= self.most).then_some(quotient >> self.shift)
    }

    /// The step that both its multiples and this key are multiples of.
    fn with(&self, key: i64) -> Self {
        let (mut one, mut other) = (self.size, key.unsigned_abs());
        while other != 0 {
            (one, other) = (other, one % other);
        }
        Self::new(one.max(1))
    }
}

/// The number of a slot's block.
#[inline]
fn number_of(slot: i64) -> i64 {
    slot >> BLOCK_BITS
}

/// Where a block is kept among those that are known.
#[inline]
fn known_at(number: i64) -> usize {
    number as usize % KNOWN
}

/// The place of a slot in its block.
#[inline]
fn bit_of(slot: i64) -> usize {
    slot as usize % BLOCK
}

impl Block {
    const EMPTY: Self = Self { bits: 0, levels: [0; BLOCK] };

    /// The level of its lowest key. It isn't empty.
    #[inline]
    fn first(&self) -> u32 {
        self.levels[self.bits.trailing_zeros() as usize % BLOCK]
    }

    /// The places of its keys, lowest first.
    fn places(&self) -> impl Iterator<Item = usize> {
        let rest =
            core::iter::successors(Some(self.bits), |bits| Some(bits & bits.wrapping_sub(1)));
        rest.take_while(|&bits| bits != 0).map(|bits| bits.trailing_zeros() as usize)
    }
}

impl Ladder {
    /// The level of the lowest key.
    #[inline]
    pub fn best(&self) -> Option<u32> {
        self.runs.best().map(|block| self.blocks[block as usize].first())
    }

    /// The level of a key, or where it belongs.
    #[inline]
    pub fn find(&mut self, key: i64) -> Result<u32, Position> {
        let Some(slot) = self.step.divide(key) else {
            return Err(self.refine(key));
        };
        let block = self.block(slot);
        if let Ok(place) = block {
            let block = &self.blocks[place as usize];
            if block.bits >> bit_of(slot) & 1 != 0 {
                return Ok(block.levels[bit_of(slot)]);
            }
        }
        Err(Position { slot, block })
    }

    /// The level of a key, if it has one, without noting that it was looked for.
    #[inline]
    pub fn peek(&self, key: i64) -> Option<u32> {
        let slot = self.step.divide(key)?;
        let number = number_of(slot);
        let block = match self.known[known_at(number)] {
            (known, block) if known == number => block,
            _ => self.runs.find(number).ok()?,
        };
        let block = &self.blocks[block as usize];
        (block.bits >> bit_of(slot) & 1 != 0).then_some(block.levels[bit_of(slot)])
    }

    /// Adds a level where [`Self::find`] said.
    #[inline]
    pub fn insert(&mut self, Position { slot, block }: Position, level: u32) {
        let place = block.unwrap_or_else(|position| self.add_block(slot, position));
        let block = &mut self.blocks[place as usize];
        block.bits |= 1 << bit_of(slot);
        block.levels[bit_of(slot)] = level;
    }

    /// Removes the level of a key that is there.
    #[inline]
    pub fn remove(&mut self, key: i64) {
        let slot = self.step.divide(key).expect("a level is in the ladder");
        let place = self.block(slot).expect("a level is in the ladder");
        let block = &mut self.blocks[place as usize];
        let bit = 1 << bit_of(slot);
        assert!(block.bits & bit != 0, "a level is in the ladder");
        block.bits &= !bit;
        if block.bits == 0 {
            self.runs.remove(number_of(slot));
            self.free.push(place);
            self.known[known_at(number_of(slot))] = (NO_BLOCK, 0);
        }
    }

    /// The level of the lowest key above a key that is there.
    pub fn after(&self, key: i64) -> Option<u32> {
        let slot = self.step.divide(key)?;
        let place = self.runs.find(number_of(slot)).ok()?;
        let block = &self.blocks[place as usize];
        let above = block.bits & (u64::MAX << bit_of(slot) << 1);
        if above != 0 {
            return Some(block.levels[above.trailing_zeros() as usize]);
        }
        self.runs.after(number_of(slot)).map(|next| self.blocks[next as usize].first())
    }

    /// The levels, lowest key first.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.runs.iter().flat_map(|place| {
            let block = &self.blocks[place as usize];
            block.places().map(|bit| block.levels[bit])
        })
    }

    /// The place of a slot's block, or where it belongs.
    #[inline]
    fn block(&mut self, slot: i64) -> Result<u32, runs::Position> {
        let number = number_of(slot);
        let known = &mut self.known[known_at(number)];
        if known.0 != number {
            *known = (number, self.runs.find(number)?);
        }
        Ok(known.1)
    }

    /// Adds a slot's block, still empty.
    fn add_block(&mut self, slot: i64, position: runs::Position) -> u32 {
        let place = match self.free.pop() {
            // It was empty when it was given back; what its table holds doesn't matter.
            Some(place) => place,
            None => {
                self.blocks.push(Block::EMPTY);
                // So that giving blocks back never allocates.
                self.free.reserve(self.blocks.capacity());
                self.blocks.len() as u32 - 1
            }
        };
        self.runs.insert(position, number_of(slot), place);
        self.known[known_at(number_of(slot))] = (number_of(slot), place);
        place
    }

    /// Makes the step one that this key is a multiple of, too; where the key belongs then.
    #[cold]
    #[inline(never)]
    fn refine(&mut self, key: i64) -> Position {
        let refined = Self { step: self.step.with(key), ..Self::default() };
        let old = core::mem::replace(self, refined);
        for (number, place) in old.runs.entries() {
            let block = &old.blocks[place as usize];
            for bit in block.places() {
                let slot = (number << BLOCK_BITS) + bit as i64;
                let key = slot * old.step.size as i64;
                let position = self.find(key).expect_err("each level has a key of its own");
                self.insert(position, block.levels[bit]);
            }
        }
        let slot = self.step.divide(key).expect("the step was made for it");
        Position { slot, block: self.block(slot) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn multiples_are_divided_and_others_are_not() {
        for size in [1_u64, 2, 3, 12, 64, 100, 2_231_800, 1 << 40, (1 << 40) - 1] {
            let step = Step::new(size);
            for quotient in [0, 1, -1, 63, -64, 12_345, i64::MAX / size as i64] {
                let key = quotient * size as i64;
                assert_eq!(step.divide(key), Some(quotient), "{key} by {size}");
                for other in [key.saturating_add(1), key - quotient.signum()] {
                    let divides = other % size as i64 == 0;
                    assert_eq!(step.divide(other).is_some(), divides, "{other} by {size}");
                }
            }
        }
        let step = Step::new(0).with(-2_231_800).with(2_230_700);
        assert_eq!(step.size, 100);
        assert_eq!(step.with(2_230_450).size, 50);
        assert_eq!(step.with(0).size, 100);
    }

    /// Against a map, with keys close together and far apart, growing and shrinking to none, twice.
    #[test]
    fn equals_a_map() {
        for step_of_keys in [1, 7, 64, 100, 50_000_000] {
            let mut ladder = Ladder::default();
            let mut map = BTreeMap::new();
            let mut state = 1_u64;
            for step in 0..60_000_u32 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
                let mut key = ((state >> 33) as i64 % 3_000 - 1_500) * step_of_keys;
                // Now and then half a tick.
                if step > 2_000 && state >> 50 & 1_023 == 0 {
                    key += step_of_keys / 2;
                }
                let growing = step / 15_000 % 2 == 0;
                match ladder.find(key) {
                    Ok(level) => {
                        assert_eq!(map.get(&key), Some(&level));
                        if !growing || state >> 20 & 7 == 0 {
                            ladder.remove(key);
                            map.remove(&key);
                        }
                    }
                    Err(position) => {
                        assert!(!map.contains_key(&key));
                        if growing || state >> 20 & 7 == 0 {
                            ladder.insert(position, step);
                            map.insert(key, step);
                        }
                    }
                }
                assert_eq!(ladder.best(), map.values().next().copied());
                if ladder.find(key).is_ok() {
                    let next = map.range(key + 1..).next().map(|(_, &level)| level);
                    assert_eq!(ladder.after(key), next);
                }
                if step % 1_000 == 0 {
                    assert!(ladder.iter().eq(map.values().copied()));
                }
            }
            for key in map.keys() {
                ladder.remove(*key);
            }
            assert_eq!(ladder.best(), None);
            assert_eq!(ladder.free.len(), ladder.blocks.len());
        }
    }
}
