//! Firms and the venue: what all their accounts have together.
//!
//! A firm, or the venue, that was given limits is a trader like an account. Its holdings are the
//! sums of those of its accounts, and whatever changes one of theirs is carried over at once. One
//! that has no limits costs nothing and is summed up when it gets some.

use super::conversions::{Money, Round};
use super::day::Moved;
use super::reference::VENUE;
use super::RiskEngine;
use crate::table::NONE;

/// How much a holding has changed, and its account with it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Change {
    pub position: i64,
    pub gross: i64,
    pub cash: i128,
    /// What was paid, money of the instrument's currency.
    pub fees: i128,
    pub open: [i64; 2],
    pub open_notional: [i128; 2],
    pub balance: i128,
    pub exposure: i128,
}

impl RiskEngine {
    /// The groups of an account that have limits, by place.
    pub(super) fn groups_of(&self, account: u32) -> impl Iterator<Item = u32> + '_ {
        let trader = &self.reference.traders[account as usize];
        let both = if trader.grouped { [trader.firm, VENUE] } else { [NONE; 2] };
        both.into_iter().filter(|&at| at != NONE && self.reference.traders[at as usize].limited)
    }

    /// Carries a change of an account's holding over to its groups.
    #[cold]
    pub(super) fn carry(&mut self, at: u32, change: &Change) {
        let account = self.holdings[at].account;
        for at in self.holdings[at].groups {
            if at == NONE {
                continue;
            }
            self.fees.pay(at, change.fees);
            if change.position != 0 {
                let holding = &self.holdings[at];
                let gross = (holding.position + change.position).abs() - holding.position.abs();
                let Change { position, cash, fees, .. } = *change;
                self.won(at, Moved { position, cash, fees, gross });
            }
            let holding = &mut self.holdings[at];
            holding.position += change.position;
            holding.gross_sum += change.gross;
            holding.cash += change.cash;
            for side in 0..2 {
                holding.open[side] += change.open[side];
                holding.open_notional[side] += change.open_notional[side];
            }
            let group = holding.account;
            let (balance, exposure) = self.counted_by(group, account, change);
            let group = &mut self.reference.traders[group as usize];
            group.balance += balance;
            group.exposure += exposure;
        }
    }

    /// By how much the balance and exposure of a group change with those of an account that have
    /// just changed.
    #[inline]
    fn counted_by(&self, group: u32, account: u32, change: &Change) -> (i128, i128) {
        let via = self.money_of_account(group, account);
        if via == Money::Same {
            return (change.balance, change.exposure);
        }
        let trader = &self.reference.traders[account as usize];
        let balance = via.count_sum(trader.balance, Round::Down)
            - via.count_sum(trader.balance - change.balance, Round::Down);
        let exposure = via.count_sum(trader.exposure, Round::Up)
            - via.count_sum(trader.exposure - change.exposure, Round::Up);
        (balance, exposure)
    }

    /// Counts one more open order of an account's groups, or one less.
    #[cold]
    pub(super) fn count_order(&mut self, account: u32, more: bool) {
        for group in [self.reference.traders[account as usize].firm, VENUE] {
            let group = &mut self.reference.traders[group as usize];
            if group.limited {
                group.open_orders =
                    if more { group.open_orders + 1 } else { group.open_orders - 1 };
            }
        }
    }

    /// Makes the holdings of an account's groups that belong to one of its own.
    pub(super) fn link_groups(&mut self, at: u32) {
        let (account, instrument) = (self.holdings[at].account, self.holdings[at].instrument);
        for (number, group) in
            [self.reference.traders[account as usize].firm, VENUE].into_iter().enumerate()
        {
            if self.reference.traders[group as usize].limited
                && self.holdings[at].groups[number] == NONE
            {
                self.holdings[at].groups[number] = self.own_holding(group, instrument);
            }
        }
    }

    /// Sums up what the accounts of a group have, before it is given its first limits; false when
    /// there is no room for its holdings.
    pub(super) fn sum_up(&mut self, group: u32) -> bool {
        let instruments = self.reference.listed.len() as u32;
        if self.holdings.len().saturating_add(instruments) > self.bounds.holdings {
            return false;
        }
        self.reference.traders[group as usize].limited = true;
        self.reference.traders[group as usize].day = self.today();
        self.reference.traders[group as usize].day_worth = 0;
        self.reference.traders[group as usize].day_won = 0;
        self.reference.traders[group as usize].day_gross = 0;
        for account in 0..self.reference.traders.len() as u32 {
            if self.belongs(account, group) {
                self.sum_up_account(account, group);
            }
        }
        if self.reference.traders[group as usize].day_gross >= 0 {
            self.reference.traders[group as usize].day_gross = self.day_gross(group);
        }
        // What was held in other currencies when the day began isn't known for all together.
        if self.reference.traders[group as usize].foreign {
            self.recount_groups();
            if self.begins_anew(group) {
                self.restart_day(group);
            }
        }
        true
    }

    /// Whether this is an account of a group.
    pub(super) fn belongs(&self, account: u32, group: u32) -> bool {
        let firm = self.reference.traders[account as usize].firm;
        firm != NONE && (group == VENUE || firm == group)
    }

    fn sum_up_account(&mut self, account: u32, group: u32) {
        self.begin_day(account);
        self.reference.traders[account as usize].grouped = true;
        self.expose(account);
        let trader = self.reference.traders[account as usize];
        let sum = &mut self.reference.traders[group as usize];
        sum.open_orders += trader.open_orders;
        sum.balance += trader.balance;
        sum.exposure += trader.exposure;
        sum.day_worth += trader.day_worth;
        sum.day_won = sum.day_won.saturating_add(trader.day_won);
        // Where nothing is sure of an account, nothing is of its group.
        sum.day_gross = sum.day_gross.min(trader.day_gross);
        let number = usize::from(group == VENUE);
        let mut at = trader.holdings;
        while at != NONE {
            let holding = self.holdings[at];
            let sum = self.own_holding(group, holding.instrument);
            self.holdings[at].groups[number] = sum;
            self.fees.pay(sum, self.fees.paid(at));
            let sum = &mut self.holdings[sum];
            sum.position += holding.position;
            sum.gross_sum += holding.position.abs();
            sum.cash += holding.cash;
            for side in 0..2 {
                sum.open[side] += holding.open[side];
                sum.open_notional[side] += holding.open_notional[side];
            }
            at = holding.next;
        }
    }

    /// Begins to keep the exposure of an account.
    pub(super) fn expose(&mut self, account: u32) {
        let trader = &mut self.reference.traders[account as usize];
        if core::mem::replace(&mut trader.exposed, true) {
            return;
        }
        let (mut at, mut sum, currency) = (trader.holdings, 0, trader.currency);
        while at != NONE {
            let holding = &mut self.holdings[at];
            let listed = &self.reference.listed[holding.instrument as usize];
            let money = self.conversions.money(listed.currency, currency);
            holding.exposure = holding.exposure_money(0, listed.unit, money);
            sum += holding.exposure;
            at = holding.next;
        }
        self.reference.traders[account as usize].exposure = sum;
    }
}
