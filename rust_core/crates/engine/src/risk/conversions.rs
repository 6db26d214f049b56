//! What currencies are worth, and how money of one is counted in another.
//!
//! A currency has a value in a unit that the venue counts all currencies in. Money of one currency
//! is counted in another at the values in force: exactly, rounded once for each instrument, against
//! whoever counts: what there is down, what is asked for up, and so are fees. Where a currency has
//! no value its money counts as nothing, and checks that need to count it refuse.

use alloc::vec::Vec;

use super::holding::{at_rate, CAP};
use super::reference::is_name;
use crate::pod::MAX_CONVERSION;
use crate::reject::Reject;

/// The most currencies that are given a value.
pub const MAX_CURRENCIES: usize = 1_024;

/// The value of the unit that the venue counts all currencies in, which as a currency is 0.
const COMMON: i64 = 1_000_000_000;

/// The values of two currencies, at most [`MAX_CONVERSION`] each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conversion {
    /// Of the one that money is of.
    pub from: u64,
    /// Of the one that it is counted in.
    pub to: u64,
}

/// How money of one currency is counted in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Money {
    /// They are the same.
    Same,
    /// By the values of the two.
    Other(Conversion),
    /// As nothing: one of them has no value.
    Unvalued,
}

/// Which way money that is counted in another currency is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// What there is.
    Down,
    /// What is asked for.
    Up,
}

impl Money {
    /// Native money at a rate, at most 10^16, in the other currency, cut off at the cap.
    #[inline(always)]
    pub fn count(self, native: i128, rate: u64, round: Round) -> i128 {
        match self {
            Self::Same => at_rate(native, rate),
            Self::Other(conversion) => converted(native, rate, conversion, round),
            Self::Unvalued => 0,
        }
    }

    /// Fees, money of 10^-12, in 10^-16 of a unit of the other currency, cut off at the cap.
    #[inline(always)]
    pub fn count_fees(self, fees: i128) -> i128 {
        match fees {
            0 => 0,
            _ => self.count(fees, 10_000, Round::Up),
        }
    }

    /// A sum of one currency in another; in the same it is what it is.
    #[inline]
    pub fn count_sum(self, sum: i128, round: Round) -> i128 {
        match self {
            Self::Same => sum,
            _ => self.count(sum, 1, round),
        }
    }
}

/// native * rate * from / to, exact, then rounded, then cut off at the cap.
#[cold]
fn converted(native: i128, rate: u64, by: Conversion, round: Round) -> i128 {
    let (whole, to) = (native.unsigned_abs(), u128::from(by.to));
    // At most 10^31.
    let times = u128::from(rate) * u128::from(by.from);
    // whole * times / to with whole = q * to + r and times = n * to + m is
    // q * times + r * n + r * m / to; of these only the first can pass the bounds of a number.
    let (quotient, rest) = (whole / to, whole % to);
    let (n, m) = (times / to, times % to);
    let last = rest * m;
    let beyond = (round == Round::Up) != (native < 0) && last % to != 0;
    let small = rest * n + last / to + u128::from(beyond);
    let product = quotient.checked_mul(times).and_then(|product| product.checked_add(small));
    let cut = product.map_or(CAP, |product| product.min(CAP)) as i128;
    if native < 0 {
        -cut
    } else {
        cut
    }
}

/// What one currency is worth.
#[derive(Clone, Copy, Debug)]
struct Value {
    currency: u64,
    now: i64,
    /// What it was worth when `day` began; what it was worth first if it had no value then.
    dawn: i64,
    /// The last day on which it was given a value, from the Unix epoch.
    day: u32,
}

/// The value of every currency that was given one, in 10^-9 of the unit that the venue counts all
/// currencies in.
#[derive(Clone, Debug, Default)]
pub struct Conversions {
    /// Rising by currency.
    values: Vec<Value>,
}

impl Conversions {
    /// Every currency with its value, rising by currency.
    pub fn all(&self) -> impl Iterator<Item = (u64, i64)> + '_ {
        self.values.iter().map(|value| (value.currency, value.now))
    }

    fn find(&self, currency: u64) -> Option<&Value> {
        let at = self.values.binary_search_by_key(&currency, |value| value.currency).ok()?;
        Some(&self.values[at])
    }

    /// The value of a currency.
    pub fn value(&self, currency: u64) -> Option<i64> {
        match currency {
            0 => Some(COMMON),
            _ => self.find(currency).map(|value| value.now),
        }
    }

    /// What it was when a day began.
    fn value_at_dawn(&self, currency: u64, today: u32) -> Option<i64> {
        match self.find(currency) {
            Some(value) if value.day == today => Some(value.dawn),
            _ => self.value(currency),
        }
    }

    fn between(from: Option<i64>, to: Option<i64>) -> Money {
        match (from, to) {
            (Some(from), Some(to)) => Money::Other(Conversion { from: from as u64, to: to as u64 }),
            _ => Money::Unvalued,
        }
    }

    /// How money of one currency is counted in another.
    #[inline]
    pub fn money(&self, from: u64, to: u64) -> Money {
        if from == to {
            return Money::Same;
        }
        Self::between(self.value(from), self.value(to))
    }

    /// How it was counted when a day began.
    #[inline]
    pub fn money_at_dawn(&self, from: u64, to: u64, today: u32) -> Money {
        if from == to {
            return Money::Same;
        }
        Self::between(self.value_at_dawn(from, today), self.value_at_dawn(to, today))
    }

    /// Whether a currency can be given a value.
    pub fn judge(&self, currency: u64, value: i64) -> Result<(), Reject> {
        if !is_name(bytemuck::bytes_of(&currency)) {
            return Err(Reject::UnsupportedCharacteristic);
        }
        if !(1..=MAX_CONVERSION).contains(&value) {
            return Err(Reject::TickSize);
        }
        if self.find(currency).is_none() && self.values.len() == MAX_CURRENCIES {
            return Err(Reject::SystemUnavailable);
        }
        Ok(())
    }

    /// Gives a currency a value that [`Self::judge`] let pass.
    pub fn set(&mut self, currency: u64, now: i64, today: u32) {
        match self.values.binary_search_by_key(&currency, |value| value.currency) {
            Ok(at) => {
                let value = &mut self.values[at];
                if value.day != today {
                    (value.dawn, value.day) = (value.now, today);
                }
                value.now = now;
            }
            Err(at) => self.values.insert(at, Value { currency, now, dawn: now, day: today }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pod::MAX_QUANTITY;

    fn by(from: u64, to: u64) -> Conversion {
        Conversion { from, to }
    }

    #[test]
    fn values_are_set_and_bounded() {
        let mut of = Conversions::default();
        let digits = |number: usize| {
            let digit = |place: u32| u64::from(b'0') + (number as u64 / 10_u64.pow(place)) % 10;
            digit(0) | digit(1) << 8 | digit(2) << 16 | digit(3) << 24
        };
        let currency = digits(0);
        assert_eq!(of.judge(currency, MAX_CONVERSION), Ok(()));
        assert_eq!(of.judge(currency, MAX_CONVERSION + 1), Err(Reject::TickSize));
        assert_eq!(of.judge(currency, 0), Err(Reject::TickSize));
        assert_eq!(of.judge(0, 1), Err(Reject::UnsupportedCharacteristic));
        assert_eq!(of.judge(u64::from(b'a'), 1), Err(Reject::UnsupportedCharacteristic));
        for number in 0..MAX_CURRENCIES {
            assert_eq!(of.judge(digits(number), 1), Ok(()), "{number}");
            of.set(digits(number), 1, 0);
        }
        assert_eq!(of.judge(digits(MAX_CURRENCIES), 1), Err(Reject::SystemUnavailable));
        assert_eq!(of.judge(digits(1), 2), Ok(()));
        assert_eq!((of.value(digits(1)), of.value(1)), (Some(1), None));
    }

    #[test]
    fn a_day_begins_with_the_last_value_of_the_day_before_or_its_first() {
        let mut of = Conversions::default();
        of.set(u64::from(b'A'), 5, 7);
        of.set(u64::from(b'A'), 6, 7);
        let dawn = |of: &Conversions, today| of.money_at_dawn(u64::from(b'A'), 0, today);
        assert_eq!(dawn(&of, 7), Money::Other(by(5, 1_000_000_000)));
        assert_eq!(dawn(&of, 8), Money::Other(by(6, 1_000_000_000)));
        of.set(u64::from(b'A'), 9, 8);
        assert_eq!(dawn(&of, 8), Money::Other(by(6, 1_000_000_000)));
        assert_eq!(of.money(0, u64::from(b'A')), Money::Other(by(1_000_000_000, 9)));
        assert_eq!(of.money(1, 0), Money::Unvalued);
        assert_eq!(of.money(1, 1), Money::Same);
    }

    #[test]
    fn money_is_counted_exactly_and_rounded_against_whoever_counts() {
        // (native, rate, from, to) → (down, up)
        let rows = [
            ((10, 3, 1, 7), (4, 5)),
            ((-10, 3, 1, 7), (-5, -4)),
            ((14, 3, 1, 7), (6, 6)),
            ((0, 3, 1, 7), (0, 0)),
            ((1, 10_000, 1_080_000_000, 1_000_000_000), (10_800, 10_800)),
            ((1, 1, 1, MAX_CONVERSION as u64), (0, 1)),
        ];
        for ((native, rate, from, to), expected) in rows {
            let count = |round| Money::Other(by(from, to)).count(native, rate, round);
            assert_eq!((count(Round::Down), count(Round::Up)), expected, "{native} * {rate}");
        }
    }

    #[test]
    fn the_largest_money_at_the_farthest_values_is_exact_or_cut_off() {
        let (most, rate) = (MAX_CONVERSION as u64, 10_000_000_000_000_000);
        let position = i128::from(crate::risk::MAX_POSITION) * i128::from(crate::pod::MAX_PRICE);
        let order = i128::from(MAX_QUANTITY) * i128::from(crate::pod::MAX_PRICE);
        for native in [i128::MAX, position, order, 1] {
            for sign in [1, -1] {
                let up = Money::Other(by(most, 1)).count(sign * native, rate, Round::Up);
                // 1 * 10^16 * 10^15 is below the cap of 5 * 10^31, the others are above.
                let expected = if native == 1 { 10_i128.pow(31) } else { CAP as i128 };
                assert_eq!(up, sign * expected);
            }
        }
        let down = Money::Other(by(1, most)).count(position, rate, Round::Down);
        assert_eq!(down, position * 10, "10^30 * 10^16 / 10^15, which passes 128 bits between");
        let odd = Money::Other(by(most - 1, most)).count(4 * 10_i128.pow(15) + 3, rate, Round::Up);
        // (4 * 10^15 + 3) * 10^16 * (1 - 1 / 10^15).
        assert_eq!(odd, 40_000_000_000_000_030_000_000_000_000_000 - 40_000_000_000_000_030);
        assert_eq!(Money::Unvalued.count(position, rate, Round::Up), 0);
    }
}
