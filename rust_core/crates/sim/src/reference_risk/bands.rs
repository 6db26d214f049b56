//! The prices that orders are held against, and those that orders without one are counted at.

use engine::pod::{Instrument, MAX_PRICE};

use super::{ReferenceRisk, Who};

impl ReferenceRisk {
    pub(super) fn reference_price(&self, instrument: &Instrument) -> Option<i64> {
        let last = self.last_price.get(&instrument.id).copied();
        last.or((instrument.reference_price != 0).then_some(instrument.reference_price))
    }

    pub(super) fn market_price(&self, account: u32, instrument: &Instrument) -> Option<i64> {
        let (reference, width) = self.market_width(account, instrument)?;
        Some(MAX_PRICE.min(reference + width))
    }

    pub(super) fn lowest_market_price(&self, account: u32, instrument: &Instrument) -> Option<i64> {
        let (reference, width) = self.market_width(account, instrument)?;
        Some(1.max(reference - width))
    }

    /// What orders without a price are counted around, and how far from it.
    pub(super) fn market_width(&self, account: u32, instrument: &Instrument) -> Option<(i64, i64)> {
        let reference = self.reference_price(instrument)?;
        let limits = self.limits.get(&(Who::Account(account), 0));
        let collar = limits.filter(|limits| limits.checks & 4 != 0).map_or(1_000, |l| l.collar_bps);
        let rules = self.rules.get(&instrument.id);
        let [statically, dynamically, protected] = rules.map_or([0; 3], |rules| {
            [rules.static_band_bps, rules.dynamic_band_bps, rules.protection_bps]
        });
        let bps = match (dynamically, protected) {
            (0, 0) if statically != 0 => statically,
            (0, 0) => collar,
            (0, only) | (only, 0) => only,
            (one, other) => one.min(other),
        };
        Some((reference, reference * i64::from(bps) / 10_000))
    }

    /// Where the static band of an instrument ends above, if it has one around something.
    pub(super) fn highest_in_band(&self, instrument: &Instrument) -> Option<i64> {
        let bps = i64::from(self.rules.get(&instrument.id)?.static_band_bps);
        let auctioned = self.auctioned.get(&instrument.id).copied();
        let middle = auctioned.unwrap_or(instrument.reference_price);
        (bps > 0 && middle > 0).then(|| MAX_PRICE.min(middle + middle * bps / 10_000))
    }

    /// The same below.
    pub(super) fn lowest_in_band(&self, instrument: &Instrument) -> Option<i64> {
        let bps = i64::from(self.rules.get(&instrument.id)?.static_band_bps);
        let auctioned = self.auctioned.get(&instrument.id).copied();
        let middle = auctioned.unwrap_or(instrument.reference_price);
        (bps > 0 && middle > 0).then(|| 1.max(middle - middle * bps / 10_000))
    }
}
