//! What orders are counted at, and how far those without a price may trade.

use engine::pod::{Instrument, MAX_PRICE};

use super::{ReferenceRisk, Who};

/// Checks that have to do with prices: of notional, the collar, of buying power, of exposure.
const PRICED: u64 = 1 << 1 | 1 << 2 | 1 << 5 | 1 << 7;

impl ReferenceRisk {
    /// Whether limits of the account, its firm or the venue have to do with prices.
    pub(super) fn counts_prices(&self, account: u32) -> bool {
        let bounded = |who: Who| {
            let limits = self.limits.get(&(who, 0));
            limits.is_some_and(|limits| limits.checks & PRICED != 0)
        };
        self.whose(account).into_iter().any(bounded)
    }

    pub(super) fn reference_price(&self, instrument: &Instrument) -> Option<i64> {
        let last = self.last_price.get(&instrument.id).copied();
        last.or((instrument.reference_price != 0).then_some(instrument.reference_price))
    }

    /// What a limit order is counted at before it arrives: it may sell at the market's price.
    pub(super) fn price_on_the_way(&self, instrument: &Instrument, buys: bool, limit: i64) -> i64 {
        let market = self.reference_price(instrument).filter(|_| !buys);
        limit.max(market.unwrap_or(0))
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
        Some((reference, self.width_around(reference, account, instrument)))
    }

    /// How far from a price what is traded at the market may be.
    pub(super) fn width_around(&self, price: i64, account: u32, instrument: &Instrument) -> i64 {
        let collared = |who: Who| self.limits.get(&(who, 0)).filter(|of| of.checks & 4 != 0);
        let mut bounds: Vec<u32> =
            self.whose(account).into_iter().filter_map(collared).map(|of| of.collar_bps).collect();
        let rules = self.rules.get(&instrument.id);
        let [statically, dynamically, protected] = rules.map_or([0; 3], |rules| {
            [rules.static_band_bps, rules.dynamic_band_bps, rules.protection_bps]
        });
        let ruled = match (dynamically, protected) {
            (0, 0) => statically,
            (0, only) | (only, 0) => only,
            (one, other) => one.min(other),
        };
        bounds.extend(Some(ruled).filter(|&bps| bps != 0));
        let bps = bounds.into_iter().min().unwrap_or(1_000);
        price * i64::from(bps) / 10_000
    }

    /// Where the static band of an instrument ends, below and above, if it is around something.
    pub(super) fn static_band(&self, instrument: &Instrument) -> Option<(i64, i64)> {
        let bps = i64::from(self.rules.get(&instrument.id)?.static_band_bps);
        let auctioned = self.auctioned.get(&instrument.id).copied();
        let middle = auctioned.unwrap_or(instrument.reference_price);
        let width = middle * bps / 10_000;
        (bps > 0 && middle > 0).then(|| (1.max(middle - width), MAX_PRICE.min(middle + width)))
    }
}
