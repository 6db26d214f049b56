//! Money of one currency counted in another, profit and loss, margin and fees, all counted anew.

use engine::pod::{Event, Instrument, Liquidity};

use super::{Holding, Open, ReferenceRisk, Who, DAY_NS};

/// The value of the venue's own unit, which is the currency of those who have several.
const COMMON: i64 = 1_000_000_000;

/// Which way what isn't whole is rounded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Round {
    Down,
    Up,
}

impl ReferenceRisk {
    pub(super) fn value(&self, currency: u64) -> Option<i128> {
        let value = if currency == 0 { Some(COMMON) } else { self.values.get(&currency).copied() };
        value.map(i128::from)
    }

    /// Whether money of one currency can be counted in another.
    pub(super) fn counts(&self, from: u64, to: u64) -> bool {
        from == to || (self.value(from).is_some() && self.value(to).is_some())
    }

    /// An amount of one currency in another, nothing if one of them has no value.
    pub(super) fn count(&self, amount: i128, from: u64, to: u64, round: Round) -> i128 {
        if from == to {
            return amount;
        }
        if amount == 0 {
            return 0;
        }
        let (Some(from), Some(to)) = (self.value(from), self.value(to)) else { return 0 };
        match round {
            Round::Up => -down(-amount, from, to),
            Round::Down => down(amount, from, to),
        }
    }

    /// The currency that somebody counts in.
    pub(super) fn currency(&self, who: Who) -> u64 {
        if let Who::Account(id) = who {
            return self.accounts[&id].currency;
        }
        let members = self.members(who);
        let first = members.first().map_or(0, |id| self.accounts[id].currency);
        match members.iter().all(|id| self.accounts[id].currency == first) {
            true => first,
            false => 0,
        }
    }

    /// What was paid in an instrument by an account, money of the instrument's currency.
    #[must_use]
    pub fn fees_of(&self, account: u32, instrument: u32) -> i128 {
        self.paid.get(&(account, instrument)).copied().unwrap_or(0)
    }

    /// What somebody's holdings of an instrument are worth at the last price and have brought.
    pub(super) fn worth(&self, who: Who, instrument: &Instrument) -> i128 {
        let price = self.reference_price(instrument).unwrap_or(0);
        let of = |account| {
            let held = self.holding(account, instrument.id);
            held.cash + i128::from(held.position) * i128::from(price)
        };
        let members = self.members(who);
        let native: i128 = members.iter().map(|&account| of(account)).sum();
        let money = native * instrument.notional(1, 1) * 10_000;
        let fees = members.iter().map(|&account| self.fees_of(account, instrument.id)).sum();
        let currency = self.currency(who);
        self.count(money, instrument.currency, currency, Round::Down)
            - self.fees_in(fees, instrument, currency)
    }

    /// Fees of an instrument in another currency, money times basis points.
    fn fees_in(&self, fees: i128, instrument: &Instrument, currency: u64) -> i128 {
        self.count(fees * 10_000, instrument.currency, currency, Round::Up)
    }

    /// Everybody.
    pub(super) fn all(&self) -> Vec<Who> {
        let accounts = self.accounts.keys().map(|&id| Who::Account(id));
        let firms = self.accounts.values().map(|account| Who::Firm(account.firm));
        let mut all: Vec<Who> = accounts.chain(firms).chain([Who::Venue]).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Counts what somebody wins and loses in some instruments from now on.
    pub(super) fn set_dawn(&mut self, who: Who, of: impl Fn(&Self, &Instrument) -> bool) {
        let instruments = self.instruments.values().filter(|instrument| of(self, instrument));
        let worth: Vec<(u32, i128)> =
            instruments.map(|instrument| (instrument.id, self.worth(who, instrument))).collect();
        for (instrument, worth) in worth {
            self.dawn.insert((who, instrument), worth);
        }
    }

    /// What somebody has lost since the day began, money times basis points.
    pub(super) fn loss(&self, who: Who) -> i128 {
        let dawn = |id| self.dawn.get(&(who, id)).copied().unwrap_or(0);
        let each = self.instruments.values();
        each.map(|instrument| dawn(instrument.id) - self.worth(who, instrument)).sum()
    }

    /// Whether a group that is given its first limits begins to count its loss then.
    pub(super) fn begins_anew(&self, who: Who) -> bool {
        let currency = self.currency(who);
        let moved = |account, id| {
            self.holding(account, id) != Holding::default() || self.fees_of(account, id) != 0
        };
        let foreign = |account: u32| {
            let mut instruments = self.instruments.values();
            instruments.any(|one| one.currency != currency && moved(account, one.id))
        };
        currency == 0 || self.members(who).into_iter().any(foreign)
    }

    /// Whether somebody has something, or the accounts have, that can't be counted.
    pub(super) fn holds_unvalued(&self, who: Who) -> bool {
        let currency = self.currency(who);
        self.members(who).into_iter().any(|account| {
            let own = self.accounts[&account].currency;
            let some = self.balance(account) != 0 || self.exposure(account) != 0;
            let holds = self.instruments.values().any(|one| {
                let something = self.holding(account, one.id) != Holding::default()
                    || self.open(account, one.id, None) != [(0, 0); 2]
                    || self.fees_of(account, one.id) != 0;
                let counts = self.counts(one.currency, own) && self.counts(one.currency, currency);
                something && !counts
            });
            holds || (some && !self.counts(own, currency))
        })
    }

    /// What margin asks for a holding with these orders, money times basis points.
    pub(super) fn required(&self, account: u32, instrument: &Instrument, open: [Open; 2]) -> i128 {
        let Holding { position, cost, .. } = self.holding(account, instrument.id);
        let [along, against] = if position >= 0 { open } else { [open[1], open[0]] };
        let held = i128::from(position.abs());
        let quantity = i128::from(against.0);
        let beyond = if quantity > held { against.1 - against.1 * held / quantity } else { 0 };
        let exposure = beyond.max(cost + along.1);
        let money =
            exposure * instrument.notional(1, 1) * i128::from(instrument.initial_margin_bps);
        self.count(money, instrument.currency, self.accounts[&account].currency, Round::Up)
    }

    /// Counts an account anew when it is asked for next.
    pub(super) fn touch(&mut self, account: u32) {
        self.counted.get_mut().remove(&account);
    }

    /// The same of all accounts.
    pub fn forget_all(&mut self) {
        self.counted.get_mut().clear();
    }

    /// Balance and exposure of an account.
    fn sums(&self, account: u32) -> (i128, i128) {
        if let Some(&sums) = self.counted.borrow().get(&account) {
            return sums;
        }
        let sums = (self.count_balance(account), self.count_exposure(account));
        self.counted.borrow_mut().insert(account, sums);
        sums
    }

    /// Realised profit less fees and margin, money times basis points.
    pub(super) fn balance(&self, account: u32) -> i128 {
        self.sums(account).0
    }

    /// What positions cost and open orders may cost, money.
    pub(super) fn exposure(&self, account: u32) -> i128 {
        self.sums(account).1
    }

    fn count_balance(&self, account: u32) -> i128 {
        let left = self.instruments.values().map(|instrument| {
            let Holding { position, cash, cost } = self.holding(account, instrument.id);
            let realised = if position >= 0 { cash + cost } else { cash - cost };
            let realised = realised * instrument.notional(1, 1) * 10_000;
            let own = self.accounts[&account].currency;
            let realised = self.count(realised, instrument.currency, own, Round::Down);
            let fees = self.fees_in(self.fees_of(account, instrument.id), instrument, own);
            let open = self.open(account, instrument.id, None);
            realised - fees - self.required(account, instrument, open)
        });
        left.sum()
    }

    /// What positions cost and open orders may cost in an instrument, with so much more, money.
    pub(super) fn exposure_in(&self, account: u32, instrument: &Instrument, more: i128) -> i128 {
        let open = self.open(account, instrument.id, None);
        let cost = self.holding(account, instrument.id).cost;
        let money = (cost + open[0].1 + open[1].1 + more) * instrument.notional(1, 1);
        self.count(money, instrument.currency, self.accounts[&account].currency, Round::Up)
    }

    fn count_exposure(&self, account: u32) -> i128 {
        self.instruments.values().map(|one| self.exposure_in(account, one, 0)).sum()
    }

    /// A sum of an account as somebody counts it.
    pub(super) fn counted(&self, sum: i128, account: u32, who: Who, round: Round) -> i128 {
        self.count(sum, self.accounts[&account].currency, self.currency(who), round)
    }

    /// What somebody has lost today and is exposed to, and the buying power that is left, money; a
    /// firm or the venue only if it has limits.
    #[must_use]
    pub fn standing(&self, who: Who) -> Option<[i128; 3]> {
        let limits = self.limits.get(&(who, 0));
        let limited = self.limits.keys().any(|key| key.0 == who);
        let account = matches!(who, Who::Account(id) if self.accounts.contains_key(&id));
        let members = self.members(who);
        let of = |id: &u32| {
            let exposure = self.counted(self.exposure(*id), *id, who, Round::Up);
            (exposure, self.counted(self.balance(*id), *id, who, Round::Down))
        };
        let sums = members.iter().map(of).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let credit = limits.map_or(0, engine::pod::Limits::credit) * 10_000;
        (account || limited).then(|| {
            let won = (-self.loss(who)).div_euclid(10_000);
            [won, sums.0, (credit + sums.1).div_euclid(10_000)]
        })
    }

    /// The equity of an account beside its credit, and what maintenance margin asks for, money
    /// times basis points.
    #[must_use]
    pub fn equity(&self, account: u32) -> (i128, i128) {
        let own = self.accounts[&account].currency;
        let mut sums = (0, 0);
        for instrument in self.instruments.values() {
            sums.0 += self.worth(Who::Account(account), instrument);
            let price = self.reference_price(instrument).unwrap_or(0);
            let position = self.holding(account, instrument.id).position.abs();
            let native = i128::from(position) * i128::from(price);
            let asked =
                native * instrument.notional(1, 1) * i128::from(instrument.maintenance_margin_bps);
            sums.1 += self.count(asked, instrument.currency, own, Round::Up);
        }
        sums
    }

    /// What an account has traded on the last 30 days, money, if that is counted.
    #[must_use]
    pub fn volume(&self, account: u32) -> Option<i128> {
        let today = self.now_ns / DAY_NS;
        let days = self.volumes.get(&account)?;
        Some(days.iter().filter(|(&day, _)| day > today - 30).map(|(_, money)| money).sum())
    }

    /// What one side of a trade is charged; notes what it adds to the account's volume.
    pub(super) fn charge(&mut self, event: &Event) -> i128 {
        let account = self.accounts[&event.account];
        let whose = [Who::Account(account.id), Who::Firm(account.firm), Who::Venue];
        let Some(schedule) = whose.iter().find_map(|who| self.fees.get(who)).copied() else {
            return 0;
        };
        let volume = self.volume(account.id);
        let units = volume.unwrap_or(0).div_euclid(1_000_000_000_000);
        let tiers = schedule.tier_from.iter().enumerate();
        let reached =
            tiers.filter(|&(at, &from)| (at == 0 || from != 0) && i128::from(from) <= units);
        let rates = schedule.tier_rates[reached.max().map_or(0, |(at, _)| at)];
        let maker = event.liquidity == Liquidity::Maker.number();
        let rate = if maker { rates as u32 as i32 } else { (rates >> 32) as u32 as i32 };
        let instrument = &self.instruments[&event.instrument];
        let money = instrument.notional(event.last_price, event.last_quantity);
        let fee = -(-money * i128::from(rate)).div_euclid(1_000_000);
        if volume.is_some() || schedule.tier_from[1] != 0 {
            let money = self.count(money, instrument.currency, account.currency, Round::Down);
            let days = self.volumes.entry(account.id).or_default();
            *days.entry(self.now_ns / DAY_NS).or_default() += money;
        }
        self.charged.insert((event.match_id, event.side), fee);
        fee
    }
}

/// amount * from / to, rounded down.
fn down(amount: i128, from: i128, to: i128) -> i128 {
    amount.div_euclid(to) * from + (amount.rem_euclid(to) * from).div_euclid(to)
}
