//! What follows when a currency is given a value, and when a group comes to have several.
//!
//! A firm, or the venue, counts in the currency of its accounts as long as they have one, and from
//! then on in the unit that the venue counts all currencies in: its limits are meant in that.

use alloc::vec::Vec;

use super::conversions::{Money, Round};
use super::reference::VENUE;
use super::{accepted, refused, Level, RiskEngine, Ruling};
use crate::pod::Command;

impl RiskEngine {
    /// How a trader counts the money of an instrument, by places.
    #[inline]
    pub(super) fn money_of(&self, trader: u32, instrument: u32) -> Money {
        let listed = &self.reference.listed[instrument as usize];
        let trader = &self.reference.traders[trader as usize];
        self.conversions.money(listed.currency, trader.currency)
    }

    /// The currency that a trader counts in.
    #[inline]
    pub(super) fn currency_of(&self, trader: u32) -> u64 {
        self.reference.traders[trader as usize].currency
    }

    /// How a group counts the money of an account, by places.
    #[inline]
    pub(super) fn money_of_account(&self, group: u32, account: u32) -> Money {
        self.conversions.money(self.currency_of(account), self.currency_of(group))
    }

    /// The value of a currency, by an operator's word. What is counted in others by it is counted
    /// anew: a change is won or lost today; what a first value lets count for the first time isn't.
    pub(super) fn set_conversion(&mut self, command: &Command) -> Ruling {
        let (currency, value) = (command.order_id, command.price);
        if let Err(reason) = self.conversions.judge(currency, value) {
            return refused(0, reason);
        }
        let first = self.conversions.value(currency).is_none();
        let traders = 0..self.reference.traders.len() as u32;
        let concerned = traders.filter(|&at| first && self.reference.traders[at as usize].unvalued);
        let concerned: Vec<u32> = concerned.collect();
        let mut before = Vec::new();
        for &place in &concerned {
            self.begin_day(place);
            before.push(self.worth(place));
        }
        self.conversions.set(currency, value, self.today());
        self.recount_traders();
        for (place, before) in concerned.into_iter().zip(before) {
            let more = self.worth(place) - before;
            self.reference.traders[place as usize].day_worth += more;
        }
        accepted(0)
    }

    /// Counts anew what accounts have in other currencies than their own, and with that their
    /// groups.
    fn recount_traders(&mut self) {
        let mut changed = false;
        for place in 0..self.reference.traders.len() as u32 {
            let trader = &self.reference.traders[place as usize];
            changed |= trader.foreign;
            if trader.level == Level::Account && trader.foreign {
                self.recount_account(place);
            }
        }
        if changed {
            self.recount_groups();
        }
    }

    fn recount_account(&mut self, place: u32) {
        let (mut balance, mut exposure, mut unvalued) = (0, 0, false);
        let exposed = self.reference.traders[place as usize].exposed;
        for number in 0..self.held_by[place as usize].len() {
            let at = self.held_by[place as usize][number];
            let money = self.money_of(place, self.holdings[at].instrument);
            let fees = self.fees.paid(at);
            let holding = &mut self.holdings[at];
            let listed = &self.reference.listed[holding.instrument as usize];
            holding.required = holding.requirement(listed.rates, money);
            balance += holding.realised_money(fees, listed.rates, money) - holding.required;
            if exposed {
                holding.exposure = holding.exposure_money(0, listed.unit, money);
                exposure += holding.exposure;
            }
            unvalued |= money == Money::Unvalued;
        }
        let trader = &mut self.reference.traders[place as usize];
        (trader.balance, trader.exposure, trader.unvalued) = (balance, exposure, unvalued);
    }

    /// Sums up the balances and exposures of all groups that have limits.
    pub(super) fn recount_groups(&mut self) {
        for place in 0..self.reference.traders.len() as u32 {
            let trader = &mut self.reference.traders[place as usize];
            if trader.level != Level::Account {
                (trader.balance, trader.exposure, trader.unvalued) = (0, 0, false);
                let mut instruments =
                    self.held(place).iter().map(|&at| self.holdings[at].instrument);
                let unvalued = instruments.any(|at| self.money_of(place, at) == Money::Unvalued);
                self.reference.traders[place as usize].unvalued = unvalued;
            }
        }
        for account in 0..self.reference.traders.len() as u32 {
            let trader = self.reference.traders[account as usize];
            if trader.level != Level::Account {
                continue;
            }
            for group in [trader.firm, VENUE] {
                if !self.reference.traders[group as usize].limited {
                    continue;
                }
                let via = self.money_of_account(group, account);
                let sum = &mut self.reference.traders[group as usize];
                sum.balance += via.count_sum(trader.balance, Round::Down);
                sum.exposure += via.count_sum(trader.exposure, Round::Up);
                sum.unvalued |= trader.unvalued || via == Money::Unvalued;
            }
        }
    }

    /// Notes an account that has just been opened: its groups may have come to have several
    /// currencies.
    pub(super) fn note_currency(&mut self, account: u32) {
        let firm = self.reference.traders[account as usize].firm;
        for group in [firm, VENUE] {
            let unvalued = self.money_of_account(group, account) == Money::Unvalued;
            let trader = &mut self.reference.traders[group as usize];
            trader.unvalued |= unvalued;
            if trader.currency == 0 && !trader.mixed {
                (trader.mixed, trader.foreign) = (true, true);
                if trader.limited {
                    self.recount_groups();
                    self.restart_day(group);
                }
            }
        }
    }

    /// Whether a trader has something, or its accounts have, in a currency that can't be counted.
    #[cold]
    pub(super) fn holds_unvalued(&self, place: u32) -> bool {
        if self.reference.traders[place as usize].level == Level::Account {
            return self.has_unvalued(place, place);
        }
        (0..self.reference.traders.len() as u32).any(|account| {
            if !self.belongs(account, place) {
                return false;
            }
            let trader = &self.reference.traders[account as usize];
            let some = trader.balance != 0 || trader.exposure != 0;
            self.has_unvalued(account, account)
                || self.has_unvalued(account, place)
                || (some && self.money_of_account(place, account) == Money::Unvalued)
        })
    }

    /// Whether an account has something that a trader, itself or a group of its, can't count.
    fn has_unvalued(&self, account: u32, trader: u32) -> bool {
        self.held(account).iter().any(|&at| {
            let holding = &self.holdings[at];
            self.money_of(trader, holding.instrument) == Money::Unvalued
                && !(holding.is_empty() && self.fees.paid(at) == 0)
        })
    }

    /// Whether the loss of a group can't be counted from the day's beginning: its accounts hold
    /// something that it counts in another currency, of which only each knows what it was worth.
    pub(super) fn begins_anew(&self, group: u32) -> bool {
        let holds = |account: u32| {
            self.held(account).iter().any(|&at| {
                let holding = &self.holdings[at];
                let moved = holding.position != 0 || holding.cash != 0 || self.fees.paid(at) != 0;
                moved && self.money_of(group, holding.instrument) != Money::Same
            })
        };
        let mut accounts = 0..self.reference.traders.len() as u32;
        self.reference.traders[group as usize].mixed
            || accounts.any(|account| self.belongs(account, group) && holds(account))
    }
}
