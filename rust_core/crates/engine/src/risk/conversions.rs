//! What currencies are worth.

use alloc::vec::Vec;

use super::reference::is_name;
use crate::pod::MAX_CONVERSION;
use crate::reject::Reject;

/// The most currencies that are given a value.
pub const MAX_CURRENCIES: usize = 1_024;

/// The value of every currency that was given one, in 10^-9 of the unit that the venue counts all
/// currencies in.
#[derive(Clone, Debug, Default)]
pub struct Conversions {
    /// Rising by currency.
    values: Vec<(u64, i64)>,
}

impl Conversions {
    /// Every currency with its value, rising by currency.
    pub fn all(&self) -> &[(u64, i64)] {
        &self.values
    }

    /// The value of a currency.
    pub fn value(&self, currency: u64) -> Option<i64> {
        let at = self.values.binary_search_by_key(&currency, |entry| entry.0).ok()?;
        Some(self.values[at].1)
    }

    /// Gives a currency a value; says whether that is another than it had.
    pub fn set(&mut self, currency: u64, value: i64) -> Result<bool, Reject> {
        if !is_name(bytemuck::bytes_of(&currency)) {
            return Err(Reject::UnsupportedCharacteristic);
        }
        if !(1..=MAX_CONVERSION).contains(&value) {
            return Err(Reject::TickSize);
        }
        match self.values.binary_search_by_key(&currency, |entry| entry.0) {
            Ok(at) => Ok(core::mem::replace(&mut self.values[at].1, value) != value),
            Err(_) if self.values.len() == MAX_CURRENCIES => Err(Reject::SystemUnavailable),
            Err(at) => {
                self.values.insert(at, (currency, value));
                Ok(true)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_set_and_bounded() {
        let mut of = Conversions::default();
        let currency = |number: u64| u64::from_le_bytes(*b"AAA\0\0\0\0\0") + (number << 24);
        let digits = |number: usize| {
            let digit = |place: u32| b'0' as u64 + (number as u64 / 10_u64.pow(place)) % 10;
            digit(0) | digit(1) << 8 | digit(2) << 16 | digit(3) << 24
        };
        assert_eq!(of.set(currency(0), 5), Ok(true));
        assert_eq!(of.set(currency(0), 5), Ok(false));
        assert_eq!(of.set(currency(0), MAX_CONVERSION), Ok(true));
        assert_eq!(of.set(currency(0), MAX_CONVERSION + 1), Err(Reject::TickSize));
        assert_eq!(of.set(currency(0), 0), Err(Reject::TickSize));
        assert_eq!(of.set(0, 1), Err(Reject::UnsupportedCharacteristic));
        assert_eq!(of.set(u64::from(b'a'), 1), Err(Reject::UnsupportedCharacteristic));
        assert_eq!((of.value(currency(0)), of.value(1)), (Some(MAX_CONVERSION), None));
        for number in 1..MAX_CURRENCIES {
            assert_eq!(of.set(digits(number), 1), Ok(true), "{number}");
        }
        assert_eq!(of.set(digits(MAX_CURRENCIES), 1), Err(Reject::SystemUnavailable));
        assert_eq!(of.set(digits(1), 2), Ok(true));
    }
}
