//! The levels of one side of a book in order of price.

use alloc::vec::Vec;

/// Sorted keys, lowest last: the touch is at the end, where inserting and removing move least.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ladder {
    keys: Vec<i64>,
    levels: Vec<u32>,
}

/// Where a key that is not there belongs.
pub(crate) type Position = usize;

impl Ladder {
    /// The level of the lowest key.
    #[inline]
    pub fn best(&self) -> Option<u32> {
        self.levels.last().copied()
    }

    /// The level of a key, or where it belongs.
    #[inline]
    pub fn find(&self, key: i64) -> Result<u32, Position> {
        let position = self.keys.partition_point(|&other| other > key);
        if self.keys.get(position) == Some(&key) {
            Ok(self.levels[position])
        } else {
            Err(position)
        }
    }

    pub fn insert(&mut self, position: Position, key: i64, level: u32) {
        self.keys.insert(position, key);
        self.levels.insert(position, level);
    }

    pub fn remove(&mut self, key: i64) {
        let position = self.keys.partition_point(|&other| other > key);
        assert!(self.keys[position] == key, "a level is in the ladder");
        self.keys.remove(position);
        self.levels.remove(position);
    }

    /// The levels, lowest key first.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.levels.iter().rev().copied()
    }
}
