//! Places in the journal, which double as order ids.
//!
//! A place is 63 bits: shard 8, ORDERS sequence 42, index in the batch 13. An order's id is the
//! place of the command that made it, so ids rise in journal order and need no counter.

/// Bits of a place that hold the command's index in its batch.
pub const INDEX_BITS: u32 = 13;
/// Bits of a place that hold the ORDERS sequence.
pub const SEQUENCE_BITS: u32 = 42;
/// The highest shard: a place stays below 2^63, so that it is a positive number in every language.
pub const MAX_SHARD: u32 = (1 << 8) - 1;
/// The highest ORDERS sequence; at a million messages a second it lasts 50 days, at 1,000 139
/// years.
pub const MAX_SEQUENCE: u64 = (1 << SEQUENCE_BITS) - 1;
/// The highest index of a command in its batch.
pub const MAX_INDEX: u32 = (1 << INDEX_BITS) - 1;

/// The place of command `index` in ORDERS message `sequence` of `shard`.
///
/// # Panics
///
/// If a part is out of its bounds: the reader of a batch checks them.
#[must_use]
pub const fn place(shard: u32, sequence: u64, index: u32) -> u64 {
    assert!(shard <= MAX_SHARD && sequence <= MAX_SEQUENCE && index <= MAX_INDEX);
    (shard as u64) << (SEQUENCE_BITS + INDEX_BITS) | sequence << INDEX_BITS | index as u64
}

/// The shard part of a place.
#[must_use]
pub const fn shard_of(place: u64) -> u32 {
    (place >> (SEQUENCE_BITS + INDEX_BITS)) as u32
}

/// The ORDERS sequence part of a place.
#[must_use]
pub const fn sequence_of(place: u64) -> u64 {
    place >> INDEX_BITS & MAX_SEQUENCE
}

/// The index part of a place.
#[must_use]
pub const fn index_of(place: u64) -> u32 {
    place as u32 & MAX_INDEX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_back() {
        for (shard, sequence, index) in
            [(0, 0, 0), (0, 1, 0), (3, 77, 4095), (MAX_SHARD, MAX_SEQUENCE, MAX_INDEX)]
        {
            let id = place(shard, sequence, index);
            assert_eq!((shard_of(id), sequence_of(id), index_of(id)), (shard, sequence, index));
            assert!(id < 1 << 63);
        }
    }

    #[test]
    fn places_rise_in_journal_order() {
        assert!(place(0, 1, MAX_INDEX) < place(0, 2, 0));
        assert!(place(0, MAX_SEQUENCE, 0) < place(1, 0, 0));
    }
}
