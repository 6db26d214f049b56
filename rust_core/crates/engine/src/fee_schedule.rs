//! The record of fees, with the layout of `schemas/types.capnp`.

use bytemuck::{Pod, Zeroable};

use crate::limits::{LIMITS_OF_FIRM, LIMITS_OF_VENUE};

/// Bit of `FeeSchedule::flags`: the holder has no schedule from here on.
pub const FEES_NONE: u64 = 1;
/// Bit of `FeeSchedule::flags`: the schedule is that of a firm.
pub const FEES_OF_FIRM: u64 = LIMITS_OF_FIRM;
/// Bit of `FeeSchedule::flags`: the schedule is that of the venue.
pub const FEES_OF_VENUE: u64 = LIMITS_OF_VENUE;
/// The highest rate, and the highest rebate, in millionths of the notional: a tenth.
pub const MAX_FEE_RATE: i32 = 100_000;
/// The highest volume that a tier can ask for, in whole currency units.
pub const MAX_TIER_FROM: u64 = 1_000_000_000_000_000_000;
/// Tiers of a schedule.
pub const FEE_TIERS: usize = 8;

/// What an account, the accounts of a firm, or all accounts pay for what they trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct FeeSchedule {
    /// Account id; that of a firm with [`FEES_OF_FIRM`], 0 with [`FEES_OF_VENUE`].
    pub account: u32,
    /// Zero.
    pub instrument: u32,
    /// [`FEES_NONE`]; and whose schedule this is.
    pub flags: u64,
    /// The rates of the same place hold from so many whole currency units on, traded in 30 days.
    /// The first is 0; rising; ended by a 0.
    pub tier_from: [u64; FEE_TIERS],
    /// [`FeeRates`].
    pub tier_rates: [u64; FEE_TIERS],
    /// Zero.
    pub reserved: [u64; 2],
}

/// Rates in millionths of the notional, as `FeeSchedule::tier_rates` holds them; a negative one is
/// a rebate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeeRates {
    /// For what rested.
    pub maker: i32,
    /// For what came and took, and for trades of auctions.
    pub taker: i32,
}

impl FeeRates {
    /// As the record holds them.
    #[must_use]
    pub const fn word(self) -> u64 {
        self.maker as u32 as u64 | (self.taker as u32 as u64) << 32
    }

    /// Reads a word; every word is one.
    #[must_use]
    pub const fn read(word: u64) -> Self {
        Self { maker: word as u32 as i32, taker: (word >> 32) as u32 as i32 }
    }

    fn is_valid(self) -> bool {
        let bounds = -MAX_FEE_RATE..=MAX_FEE_RATE;
        bounds.contains(&self.maker) && bounds.contains(&self.taker)
    }
}

impl FeeSchedule {
    /// Whether the record says something that can be charged.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let tiers = self.tiers();
        let (used, unused) = self.tier_from.split_at(tiers);
        let rising = used.windows(2).all(|pair| pair[0] < pair[1]);
        let ended = unused.iter().chain(&self.tier_rates[tiers..]).all(|&word| word == 0);
        let in_bounds = used.iter().all(|&from| from <= MAX_TIER_FROM)
            && self.tier_rates.iter().all(|&word| FeeRates::read(word).is_valid());
        let empty = self.tier_from == [0; FEE_TIERS] && self.tier_rates == [0; FEE_TIERS];
        self.instrument == 0
            && self.reserved == [0; 2]
            && self.tier_from[0] == 0
            && rising
            && ended
            && in_bounds
            && (self.flags & FEES_NONE == 0 || empty)
            && self.flags & !(FEES_NONE | FEES_OF_FIRM | FEES_OF_VENUE) == 0
    }

    /// How many tiers it has, the first included.
    #[must_use]
    pub fn tiers(&self) -> usize {
        1 + self.tier_from[1..].iter().take_while(|&&from| from != 0).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_come_back() {
        for rates in [FeeRates { maker: -3, taker: 7 }, FeeRates { maker: 5, taker: -100_000 }] {
            assert_eq!(FeeRates::read(rates.word()), rates);
        }
    }

    #[test]
    fn tiers_rise_and_end() {
        let mut schedule = FeeSchedule::zeroed();
        schedule.tier_from[..3].copy_from_slice(&[0, 10, 11]);
        schedule.tier_rates[2] = FeeRates { maker: -MAX_FEE_RATE, taker: MAX_FEE_RATE }.word();
        assert_eq!((schedule.is_valid(), schedule.tiers()), (true, 3));
        let wrong: [fn(&mut FeeSchedule); 9] = [
            |of| of.tier_from[2] = 10,
            |of| of.tier_from[0] = 1,
            |of| of.tier_from[7] = 20,
            |of| of.tier_from[2] = MAX_TIER_FROM + 1,
            |of| of.tier_rates[3] = 1,
            |of| of.tier_rates[0] = FeeRates { maker: MAX_FEE_RATE + 1, taker: 0 }.word(),
            |of| of.tier_rates[0] = FeeRates { maker: 0, taker: -MAX_FEE_RATE - 1 }.word(),
            |of| of.flags = FEES_NONE,
            |of| of.instrument = 1,
        ];
        for (number, change) in wrong.into_iter().enumerate() {
            let mut other = schedule;
            change(&mut other);
            assert!(!other.is_valid(), "change {number}");
        }
    }
}
