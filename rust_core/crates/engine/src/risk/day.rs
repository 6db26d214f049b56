//! What accounts have lost since the day began.
//!
//! Days are those of journal time, UTC. What a trader has won or lost since is what its holdings
//! are worth at last prices and have brought, less the same at the prices of the day's beginning.
//! That is counted when it is asked for; the beginning is kept from the first time on a day that
//! the trader trades or asks, and until then nothing but prices can have changed.

use super::holding::Holding;
use super::reference::Listed;
use super::RiskEngine;
use crate::orders::DAY_NS;

impl RiskEngine {
    /// The day of journal time, from the Unix epoch.
    #[inline]
    pub(super) fn today(&self) -> u32 {
        (self.now_ns / DAY_NS) as u32
    }

    /// Sums up something of every holding of a trader.
    fn sum_of(&self, place: u32, of: impl Fn(&Holding, &Listed) -> i128) -> i128 {
        let held = self.held_by.get(place as usize).map_or(&[][..], |held| held);
        let each = held.iter().map(|&at| {
            let holding = &self.holdings[at];
            of(holding, &self.reference.listed[holding.instrument as usize])
        });
        each.sum()
    }

    /// What a trader's holdings were worth and had brought when the day began, in 10^-16 of a
    /// currency unit.
    fn day_worth(&self, place: u32) -> i128 {
        let (trader, today) = (&self.reference.traders[place as usize], self.today());
        if trader.day == today {
            return trader.day_worth;
        }
        self.sum_of(place, |holding, listed| holding.worth(listed.close(today), listed.rates))
    }

    /// Keeps what a trader's holdings were worth when the day began, before anything of it changes.
    #[inline]
    pub(super) fn begin_day(&mut self, place: u32) {
        let today = self.today();
        if self.reference.traders[place as usize].day != today {
            let day_worth = self.day_worth(place);
            let trader = &mut self.reference.traders[place as usize];
            (trader.day, trader.day_worth) = (today, day_worth);
        }
    }

    /// What a trader has lost since the day began, negative if it has won, in 10^-16 of a currency
    /// unit.
    #[inline(never)]
    pub(super) fn day_loss(&self, place: u32) -> i128 {
        self.day_worth(place) - self.worth(place)
    }

    /// What a trader's holdings are worth at last prices and have brought, in 10^-16 of a currency
    /// unit: what it has won in all.
    pub(super) fn worth(&self, place: u32) -> i128 {
        self.sum_of(place, |holding, listed| {
            holding.worth(listed.reference().unwrap_or(0), listed.rates)
        })
    }
}
