//! Instruments as the checks read them.

use super::holding::{at_rate, Rates, BUY};
use crate::pod::{Instrument, InstrumentRules, INSTRUMENT_ENABLED, MAX_QUANTITY};

/// An instrument as the checks read it.
#[derive(Clone, Copy, Debug)]
pub struct Listed {
    /// Whether it takes orders.
    pub enabled: bool,
    /// Currency of its price.
    pub currency: u64,
    /// Prices are multiples of it; 0: of what its rules say at each price.
    pub tick: i64,
    /// Quantities are multiples of it.
    pub lot: i64,
    /// The smallest order.
    pub min: i64,
    /// The largest order.
    pub max: i64,
    /// Last trade's price, 0 before the first.
    pub last: i64,
    /// What [`Self::reference`] was at the end of the day before `day`, or else the first trade's
    /// price on that day.
    pub close: i64,
    /// The day of the last trade, from the Unix epoch.
    pub day: u32,
    /// Price that collars refer to before the first trade, 0 if none.
    pub initial: i64,
    /// Money for one native unit.
    pub unit: u64,
    /// Its money as buying power counts it.
    pub rates: Rates,
    /// Money that maintenance margin asks for a native unit, times basis points.
    pub maintenance: u64,
    /// How far from the reference price market orders trade at most by its rules; 0: they don't
    /// say.
    pub market_bps: u32,
}

impl Listed {
    pub(super) fn new(instrument: &Instrument, last: i64, rules: Option<&InstrumentRules>) -> Self {
        let rates = Rates::new(instrument);
        Self {
            enabled: instrument.flags & INSTRUMENT_ENABLED != 0,
            currency: instrument.currency,
            tick: match rules {
                Some(rules) if rules.tick_size[0] != 0 => 0,
                _ => instrument.tick_size,
            },
            lot: instrument.lot_size,
            min: instrument.min_quantity,
            max: match instrument.max_quantity {
                0 => MAX_QUANTITY,
                max => max,
            },
            last,
            close: 0,
            day: 0,
            initial: instrument.reference_price,
            unit: rates.full / 10_000,
            rates,
            maintenance: rates.full / 10_000 * instrument.maintenance_margin_bps,
            market_bps: rules.map_or(0, market_bps),
        }
    }

    /// What collars refer to.
    #[inline(always)]
    pub fn reference(&self) -> Option<i64> {
        match (self.last, self.initial) {
            (0, 0) => None,
            (0, initial) => Some(initial),
            (last, _) => Some(last),
        }
    }

    /// The price that a limit is counted at until it is known where its order rests: one that sells
    /// trades at its limit or above, so where the market is above, at that.
    #[inline(always)]
    pub fn counted(&self, side: usize, limit: i64) -> i64 {
        let market = if self.last != 0 { self.last } else { self.initial };
        // By choice, not by branch: sides come as they like, and a branch is guessed wrong.
        limit.max(market & -i64::from(side != BUY))
    }

    /// Whether a price is at most so far from what collars refer to, and there is that.
    #[inline(always)]
    pub fn is_within(&self, price: i64, bps: u32) -> bool {
        let Some(at) = self.reference() else { return false };
        // At most 10^16, and 10^17: a distance is inside when it is not above the whole part.
        price.abs_diff(at) * 10_000 <= at.unsigned_abs() * u64::from(bps)
    }

    /// Takes in the price of a trade.
    #[inline]
    pub fn print(&mut self, price: i64, today: u32) {
        if self.day != today {
            self.close = self.reference().unwrap_or(price);
            self.day = today;
        }
        self.last = price;
    }

    /// The price at the end of the day before today, or else the first one today, 0 if there was
    /// none.
    pub fn close(&self, today: u32) -> i64 {
        if self.day == today {
            self.close
        } else {
            self.reference().unwrap_or(0)
        }
    }

    /// How far the price is from that at the day's beginning, in parts of 2^20, rounded up.
    pub fn moved(&self, today: u32) -> u64 {
        let (from, to) = (self.close(today), self.reference().unwrap_or(0));
        match from {
            0 => 0,
            from => (to.abs_diff(from) << 20).div_ceil(from.unsigned_abs()),
        }
    }

    /// Native money as money, cut off at the cap.
    #[inline]
    pub fn money(&self, native: i128) -> i128 {
        at_rate(native, self.unit)
    }

    /// Money for a quantity at a price, both in their bounds: below 10^36.
    #[inline]
    pub fn notional(&self, price: i64, quantity: i64) -> i128 {
        let native = i128::from(price) * i128::from(quantity);
        match u64::try_from(native) {
            // Two words have a product of two: nothing to check.
            Ok(word) => (u128::from(word) * u128::from(self.unit)) as i128,
            Err(_) => native * i128::from(self.unit),
        }
    }

    /// Whether a quantity is a multiple of the lot.
    #[inline(always)]
    pub fn on_lot(&self, quantity: i64) -> bool {
        self.lot == 1 || quantity % self.lot == 0
    }
}

/// How far from the last trade market orders trade at most: the tighter of the dynamic band and
/// their protection, else the static band, which bounds what they can meet; 0: no rule says.
fn market_bps(rules: &InstrumentRules) -> u32 {
    let tighter = [rules.dynamic_band_bps, rules.protection_bps];
    let tighter = tighter.into_iter().filter(|&bps| bps != 0).min();
    tighter.unwrap_or(rules.static_band_bps)
}
