//! What accounts have lost since the day began.
//!
//! Days are those of journal time, UTC. What a trader has won or lost since is what its holdings
//! are worth at last prices and have brought, less the same at the prices of the day's beginning.
//! That is counted when it is asked for; the beginning is kept from the first time on a day that
//! the trader trades or asks, and until then nothing but prices and conversions can have changed.
//! What is held in another currency counts at the value that it had when the day began, and at what
//! it has: a change of it is won or lost.
//!
//! Equity, by which maintenance margin is judged, is credit and what holdings are worth at last
//! prices and have brought.

use super::conversions::Money;
use super::holding::{at_rate, CAP};
use super::reference::{bits, Listed, Trader, VENUE};
use super::RiskEngine;
use crate::orders::DAY_NS;

/// By how much a holding moves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moved {
    pub position: i64,
    pub cash: i128,
    /// What was paid, money of the instrument's currency.
    pub fees: i128,
    /// Its absolute position.
    pub gross: i64,
}

impl RiskEngine {
    /// The day of journal time, from the Unix epoch.
    #[inline(always)]
    pub(super) fn today(&self) -> u32 {
        debug_assert_eq!(self.today, (self.now_ns / DAY_NS) as u32);
        self.today
    }

    /// Moves journal time on, if it is later.
    #[inline(always)]
    pub(super) fn advance(&mut self, time_ns: i64) {
        if time_ns > self.now_ns {
            self.now_ns = time_ns;
            if time_ns >= self.day_end_ns {
                self.begin_today();
            }
        }
    }

    #[cold]
    fn begin_today(&mut self) {
        self.today = (self.now_ns / DAY_NS) as u32;
        self.day_end_ns = (self.now_ns / DAY_NS).saturating_add(1).saturating_mul(DAY_NS);
    }

    /// The holdings of a trader, by place.
    pub(super) fn held(&self, place: u32) -> &[u32] {
        self.held_by.get(place as usize).map_or(&[][..], |held| held)
    }

    /// Sums up what every holding of a trader is worth at a price of its instrument, and has
    /// brought.
    fn worth_at(
        &self,
        place: u32,
        price: impl Fn(&Listed) -> i64,
        money: impl Fn(u64, u64) -> Money,
    ) -> i128 {
        let currency = self.reference.traders[place as usize].currency;
        let each = self.held(place).iter().map(|&at| {
            let holding = &self.holdings[at];
            let listed = &self.reference.listed[holding.instrument as usize];
            let money = money(listed.currency, currency);
            holding.worth(price(listed), self.fees.paid(at), listed.rates, money)
        });
        each.sum()
    }

    /// Sums up what the positions of a trader are worth at a price and a rate of their instruments,
    /// each counted as positive.
    fn gross_at(&self, place: u32, of: impl Fn(&Listed) -> (i64, u64)) -> i128 {
        let each = self.held(place).iter().map(|&at| {
            let holding = &self.holdings[at];
            let listed = &self.reference.listed[holding.instrument as usize];
            let (price, rate) = of(listed);
            holding.gross_worth(price, rate, self.money_of(place, holding.instrument))
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
        let money = |from, to| self.conversions.money_at_dawn(from, to, today);
        self.worth_at(place, |listed| listed.close(today), money)
    }

    /// Counts what a trader wins and loses today from now on.
    pub(super) fn restart_day(&mut self, place: u32) {
        let (worth, gross) = (self.worth(place), self.day_gross(place));
        let today = self.today();
        let trader = &mut self.reference.traders[place as usize];
        (trader.day, trader.day_worth) = (today, worth);
        (trader.day_won, trader.day_gross) = (0, gross);
    }

    /// Keeps what a trader's holdings were worth when the day began, before anything of it changes.
    #[inline]
    pub(super) fn begin_day(&mut self, place: u32) {
        if self.reference.traders[place as usize].day != self.today() {
            self.begin_other_day(place);
        }
    }

    #[cold]
    fn begin_other_day(&mut self, place: u32) {
        let (day_worth, day_gross) = (self.day_worth(place), self.day_gross(place));
        let today = self.today();
        let trader = &mut self.reference.traders[place as usize];
        (trader.day, trader.day_worth) = (today, day_worth);
        (trader.day_won, trader.day_gross) = (0, day_gross);
    }

    /// The same for an account and its groups.
    #[inline]
    pub(super) fn begin_days(&mut self, account: u32) {
        self.begin_day(account);
        if self.reference.traders[account as usize].grouped {
            let firm = self.reference.traders[account as usize].firm;
            self.begin_day(firm);
            self.begin_day(VENUE);
        }
    }

    /// What a trader's positions are worth at the prices of the day's beginning, each counted as
    /// positive.
    pub(super) fn day_gross(&self, place: u32) -> i128 {
        let today = self.today();
        self.gross_at(place, |listed| (listed.close(today), listed.rates.full))
    }

    /// Takes a trade of a trader into what it has won today at the prices of the day's beginning.
    #[inline]
    pub(super) fn won(&mut self, at: u32, moved: Moved) {
        let today = self.today();
        let holding = &self.holdings[at];
        let listed = &self.reference.listed[holding.instrument as usize];
        let close = i128::from(listed.close(today));
        let trader = &mut self.reference.traders[holding.account as usize];
        let won = at_rate(moved.cash + i128::from(moved.position) * close, listed.rates.full);
        let gross = at_rate(i128::from(moved.gross) * close, listed.rates.full);
        let fees = Money::Same.count_fees(moved.fees);
        trader.day_won = trader.day_won.saturating_add(won).saturating_sub(fees);
        trader.day_gross = match won.abs().max(gross.abs()) < CAP as i128 {
            true => trader.day_gross.saturating_add(gross),
            // What was cut off of one trade is missing when others undo it: nothing is sure today.
            false => i128::MIN,
        };
    }

    /// Notes how far the price of an instrument has moved today.
    #[inline]
    pub(super) fn note_move(&mut self, instrument: u32) {
        let today = self.today();
        let moved = self.reference.listed[instrument as usize].moved(today);
        let most = if self.moved.0 == today { self.moved.1 } else { 0 };
        self.moved = (today, most.max(moved));
    }

    /// Whether the day's loss surely is no more than this.
    #[inline(always)]
    pub(super) fn has_lost_at_most(&self, trader: &Trader, most: i128) -> bool {
        self.loss_at_most(trader).is_some_and(|loss| loss <= most)
    }

    /// A loss that the day's is not above, without a walk over the holdings: no price has moved
    /// further today than the one that moved most, so what prices did to the positions is no more
    /// than that part of them. None when that can't be said.
    #[inline(always)]
    fn loss_at_most(&self, trader: &Trader) -> Option<i128> {
        let today = self.today();
        let moved = if self.moved.0 == today { self.moved.1 } else { 0 };
        let gross = trader.day_gross as u128;
        let most = gross | trader.day_won.unsigned_abs();
        if trader.day != today || trader.foreign || most >> 95 != 0 || moved >> 50 != 0 {
            return None;
        }
        // Parts are of 2^20: the whole, in 2^32 and rounded up, times a part is less than 2^115.
        let parts = u128::from((gross >> 32) as u64 + 1) * u128::from(moved);
        ((parts << 12) as i128 + 1).checked_sub(trader.day_won)
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
        let money = |from, to| self.conversions.money(from, to);
        self.worth_at(place, |listed| listed.reference().unwrap_or(0), money)
    }

    /// Whether anything that an account may hold asks it for maintenance margin.
    #[inline]
    pub(super) fn asks_maintenance(&self, trader: &Trader) -> bool {
        trader.checks & bits::BUYING_POWER != 0 && self.reference.most_maintenance_bps != 0
    }

    /// The equity of an account, and what maintenance margin asks for its positions at last prices,
    /// in 10^-16 of a currency unit.
    #[inline(never)]
    pub(super) fn equity(&self, place: u32) -> (i128, i128) {
        let credit = self.reference.traders[place as usize].credit;
        let price = |listed: &Listed| listed.reference().unwrap_or(0);
        let asked = self.gross_at(place, |listed| (price(listed), listed.maintenance));
        (credit + self.worth(place), asked)
    }

    /// Whether equity surely covers maintenance margin, without a walk over the holdings: what the
    /// holdings are worth is no less than what they were worth and won at the prices of the day's
    /// beginning, less what prices can have done to the positions, and what is asked is a part of
    /// the positions at the highest that they can be worth.
    #[inline]
    pub(super) fn equity_surely_covers(&self, place: u32) -> bool {
        let trader = &self.reference.traders[place as usize];
        let bound = || {
            let loss = self.loss_at_most(trader)?;
            let at_least = trader.credit + trader.day_worth - loss;
            let most = loss.checked_add(trader.day_won)?.checked_add(trader.day_gross)?;
            let part = i128::from(self.reference.most_maintenance_bps);
            Some(at_least > most.checked_mul(part)? / 10_000)
        };
        let covers = bound().unwrap_or(false);
        debug_assert!(!covers || self.equity(place).0 >= self.equity(place).1, "a sure bound");
        covers
    }
}
