//! The record of risk limits, with the layout of `schemas/types.capnp`.

use bytemuck::{Pod, Zeroable};

use crate::pod::{wide, words};

/// Bit of `Limits::checks`: the limits are those of a firm.
pub const LIMITS_OF_FIRM: u64 = 1 << 62;
/// Bit of `Limits::checks`: the limits are those of the venue.
pub const LIMITS_OF_VENUE: u64 = 1 << 63;

/// The risk limits of one account, of a firm or of the venue, on one instrument or on all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Limits {
    /// Account id; that of a firm with [`LIMITS_OF_FIRM`], 0 with [`LIMITS_OF_VENUE`].
    pub account: u32,
    /// 0: all instruments.
    pub instrument: u32,
    /// Which checks are on, [`crate::risk::bits`]; and whose limits these are.
    pub checks: u64,
    /// In the instrument's quantity units.
    pub max_order_quantity: i64,
    /// Money, low word.
    pub max_order_notional_low: u64,
    /// Money, high word.
    pub max_order_notional_high: i64,
    /// Largest absolute position, open orders counted as filled.
    pub max_position: i64,
    /// Buying power before any order: money, low word.
    pub credit_low: u64,
    /// Money, high word.
    pub credit_high: i64,
    /// Largest distance of a price from the reference price.
    pub collar_bps: u32,
    /// Largest number of open orders.
    pub max_open_orders: u32,
    /// How fast orders may come, see [`Flow`].
    pub flow: u64,
    /// Largest absolute position with the open orders of both sides.
    pub max_gross_position: i64,
    /// What may be sold beyond the position.
    pub max_short: i64,
    /// Money, low word.
    pub max_gross_exposure_low: u64,
    /// Money, high word.
    pub max_gross_exposure_high: i64,
    /// Money, low word.
    pub max_daily_loss_low: u64,
    /// Money, high word.
    pub max_daily_loss_high: i64,
}

/// How fast orders may come, as `Limits::flow` holds it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Messages a second in the long run, below 2^20.
    pub messages: u32,
    /// The most at once.
    pub burst: u16,
    /// In which the same order is counted, milliseconds.
    pub window_ms: u16,
    /// The most of the same order in a row, below 2^12.
    pub duplicates: u16,
}

impl Flow {
    /// As the record holds it; what is too large is cut off.
    #[must_use]
    pub const fn word(self) -> u64 {
        self.messages as u64 & 0xf_ffff
            | (self.burst as u64) << 20
            | (self.window_ms as u64) << 36
            | (self.duplicates as u64 & 0xfff) << 52
    }

    /// Reads a word; every word is one.
    #[must_use]
    pub const fn read(word: u64) -> Self {
        Self {
            messages: (word & 0xf_ffff) as u32,
            burst: (word >> 20) as u16,
            window_ms: (word >> 36) as u16,
            duplicates: (word >> 52) as u16,
        }
    }
}

impl Limits {
    /// Largest notional of one order, money.
    #[must_use]
    pub fn max_order_notional(&self) -> i128 {
        wide(self.max_order_notional_low, self.max_order_notional_high)
    }

    /// Sets the largest notional of one order, money.
    pub fn set_max_order_notional(&mut self, money: i128) {
        (self.max_order_notional_low, self.max_order_notional_high) = words(money);
    }

    /// Buying power before any order, money.
    #[must_use]
    pub fn credit(&self) -> i128 {
        wide(self.credit_low, self.credit_high)
    }

    /// Sets buying power before any order, money.
    pub fn set_credit(&mut self, money: i128) {
        (self.credit_low, self.credit_high) = words(money);
    }

    /// Largest gross exposure, money.
    #[must_use]
    pub fn max_gross_exposure(&self) -> i128 {
        wide(self.max_gross_exposure_low, self.max_gross_exposure_high)
    }

    /// Sets the largest gross exposure, money.
    pub fn set_max_gross_exposure(&mut self, money: i128) {
        (self.max_gross_exposure_low, self.max_gross_exposure_high) = words(money);
    }

    /// Largest loss of a day, money.
    #[must_use]
    pub fn max_daily_loss(&self) -> i128 {
        wide(self.max_daily_loss_low, self.max_daily_loss_high)
    }

    /// Sets the largest loss of a day, money.
    pub fn set_max_daily_loss(&mut self, money: i128) {
        (self.max_daily_loss_low, self.max_daily_loss_high) = words(money);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_comes_back_from_its_word() {
        let flow = Flow { messages: 0xf_fffe, burst: 65_534, window_ms: 1, duplicates: 4_094 };
        assert_eq!(Flow::read(flow.word()), flow);
        assert_eq!(Flow::read(0), Flow::default());
    }
}
