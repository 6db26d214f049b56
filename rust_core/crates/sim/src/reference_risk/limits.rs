//! The limit checks, everything counted anew from what is kept of orders and trades.

use engine::pod::{Command, Flow, Limits};
use engine::reject::Reject;

use super::money::Round;
use super::{refuse, Order, ReferenceRisk, Who};

/// What makes orders the same: side, kind, price, stop price, quantity.
pub(super) type Twin = (u16, u16, i64, i64, i64);

pub(super) fn twin(command: &Command) -> Twin {
    (command.side, command.ord_type, command.price, command.stop_price, command.quantity)
}

/// What was used of a message rate: so much time, at this moment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bucket {
    debt_ns: i64,
    at_ns: i64,
}

impl Bucket {
    /// What is still used now.
    fn debt(&self, now_ns: i64) -> i64 {
        (self.debt_ns - (now_ns - self.at_ns)).max(0)
    }
}

/// Time for one message, and the most at once.
fn speed(limits: &Limits) -> (i64, i64) {
    let flow = Flow::read(limits.flow);
    match i64::from(flow.messages) {
        0 => (0, 0),
        rate => ((999_999_999 + rate) / rate, flow.burst.into()),
    }
}

/// The most that limits have of something that one instrument may have its own of.
struct Rows<'a> {
    all: Limits,
    here: Option<&'a Limits>,
}

impl Rows<'_> {
    fn on(&self, bit: u32) -> bool {
        let here = self.here.filter(|_| [0, 3, 6, 10, 11].contains(&bit));
        here.unwrap_or(&self.all).checks & 1 << bit != 0
    }

    fn here(&self) -> &Limits {
        self.here.unwrap_or(&self.all)
    }
}

impl ReferenceRisk {
    /// Everybody whose limits hold for an account.
    pub(super) fn whose(&self, account: u32) -> [Who; 3] {
        [Who::Account(account), Who::Firm(self.accounts[&account].firm), Who::Venue]
    }

    /// The accounts that limits hold for together.
    pub(super) fn members(&self, who: Who) -> Vec<u32> {
        let all = self.accounts.values();
        let of = all.filter(|account| match who {
            Who::Account(id) => account.id == id,
            Who::Firm(id) => account.firm == id,
            Who::Venue => true,
        });
        of.map(|account| account.id).collect()
    }

    pub(super) fn count_message(&mut self, account: u32) {
        if !self.accounts.contains_key(&account) {
            return;
        }
        for who in self.whose(account) {
            let Some(limits) = self.limits.get(&(who, 0)).filter(|l| l.checks & 1 << 8 != 0) else {
                continue;
            };
            let (each_ns, most) = speed(limits);
            let bucket = self.buckets.entry(who).or_default();
            let debt_ns = bucket.debt(self.now_ns);
            if debt_ns <= (most - 1) * each_ns && most > 0 {
                *bucket = Bucket { debt_ns: debt_ns + each_ns, at_ns: self.now_ns };
            }
        }
    }

    pub(super) fn count_in_row(&mut self, command: &Command) {
        for who in self.whose(command.account) {
            if let Some(limits) = self.limits.get(&(who, 0)).filter(|l| l.checks & 1 << 9 != 0) {
                let count = self.in_row(who, command.instrument, twin(command), limits);
                let at = (who, command.instrument);
                let since = self.rows.get(&at).map_or(0, |row| row.1);
                let since = if count == 1 { self.now_ns } else { since };
                self.rows.insert(at, (twin(command), since, count));
            }
        }
    }

    /// How many of the same order there are in a row, with one more.
    fn in_row(&self, who: Who, instrument: u32, twin: Twin, limits: &Limits) -> u32 {
        let window_ns = i64::from(Flow::read(limits.flow).window_ms) * 1_000_000;
        match self.rows.get(&(who, instrument)) {
            Some(&(last, since, count)) if last == twin && self.now_ns - since < window_ns => {
                count + 1
            }
            _ => 1,
        }
    }

    /// Buying power that is left, money times basis points.
    #[must_use]
    pub fn available(&self, account: u32) -> i128 {
        let limits = self.limits.get(&(Who::Account(account), 0));
        limits.map_or(0, Limits::credit) * 10_000 + self.balance(account)
    }

    /// The limit checks of an order as it would be; `was` is its id if it lives already. The prices
    /// are the one held against the collar and the one it is counted at.
    pub(super) fn check_limits(
        &self,
        order: &Order,
        was: Option<u64>,
        total: i64,
        prices: (Option<i64>, Option<i64>),
        (twin, stopped): (Option<Twin>, bool),
    ) -> Result<(), Reject> {
        let failures = self.whose(order.account).into_iter().filter_map(|who| {
            let limited = self.limits.range((who, 0)..=(who, u32::MAX)).next().is_some();
            let counts = limited || matches!(who, Who::Account(_));
            let judge = || self.check_whose(who, order, was, total, prices, (twin, stopped));
            counts.then(judge).and_then(Result::err)
        });
        failures.min_by_key(|reason| reason.precedence()).map_or(Ok(()), refuse)
    }

    fn check_whose(
        &self,
        who: Who,
        order: &Order,
        was: Option<u64>,
        total: i64,
        (collared, price): (Option<i64>, Option<i64>),
        (twin, stopped): (Option<Twin>, bool),
    ) -> Result<(), Reject> {
        let (account, is_account) = (order.account, matches!(who, Who::Account(_)));
        let instrument = &self.instruments[&order.instrument];
        let all = self.limits.get(&(who, 0)).copied();
        let disabled = self.accounts[&account].flags & 1 == 0 || all.is_none();
        if is_account && disabled {
            return refuse(Reject::AccountDisabled);
        }
        let killed = self.whose(account).iter().any(|who| self.killed.contains(who));
        if is_account && (killed || stopped) {
            return refuse(Reject::KillSwitch);
        }
        let limits = all.unwrap_or(bytemuck::Zeroable::zeroed());
        let rows = Rows { all: limits, here: self.limits.get(&(who, order.instrument)) };
        let on = |bit| rows.on(bit);
        let members = self.members(who);
        // By itself, whatever it is linked with.
        let had = was.map_or((0, 0), |id| self.orders[&id].reserves(i64::MAX));
        let wants = order.reserves(i64::MAX);
        let new = was.is_none();
        let (larger, dearer) = (new || wants.0 > had.0, new || wants.1 > had.1);

        if on(10) {
            return refuse(Reject::RestrictedSymbol);
        }
        let (each_ns, most) = speed(&limits);
        let debt = self.buckets.get(&who).map_or(0, |bucket| bucket.debt(self.now_ns));
        if on(8) && (most == 0 || debt > (most - 1) * each_ns) {
            return refuse(Reject::Throttled);
        }
        let open_orders: usize = members.iter().map(|&id| self.open_orders(id)).sum();
        if was.is_none() && on(4) && open_orders as u32 >= limits.max_open_orders {
            return refuse(Reject::MaxOpenOrders);
        }
        if larger && on(0) && total > rows.here().max_order_quantity {
            return refuse(Reject::ClipSize);
        }
        let notional = price.map_or(0, |price| instrument.notional(price, total));
        if dearer && on(1) && notional > limits.max_order_notional() {
            return refuse(Reject::MaxOrderNotional);
        }
        let reference = self.reference_price(instrument);
        if let (true, Some(price), Some(at)) = (on(2), collared, reference) {
            if (price - at).abs() * 10_000 > at * i64::from(limits.collar_bps) {
                return refuse(Reject::PriceBand);
            }
        }
        let wants_price = (on(2) && (collared.is_some() || price.is_none()))
            || (price.is_none() && (on(1) || on(5) || on(7)));
        if wants_price && reference.is_none() {
            return refuse(Reject::NoReferencePrice);
        }
        let before = self.open(account, instrument.id, None);
        let after = self.open(account, instrument.id, Some((was, order)));
        let side = usize::from(!order.buys);
        let more_quantity = new || after[side].0 > before[side].0;
        // What waits is judged for what it may bring once it doesn't, but for the position.
        let alive = self.open_alive((was, order));
        let more_gross = new || alive[side].0 > before[side].0;
        let more_notional = new || alive[side].1 > before[side].1;
        let held = |id| self.holding(id, instrument.id).position;
        let (position, own) = (members.iter().map(|&id| held(id)).sum::<i64>(), held(account));
        let signed = |position: i64| if order.buys { position } else { -position };
        let only_reduces = alive[side].0 <= signed(-own).max(0);
        let asks_more = more_quantity || more_notional;
        let (currency, owns) = (self.currency(who), self.accounts[&account].currency);
        let valued = || {
            self.counts(instrument.currency, currency)
                && self.counts(instrument.currency, owns)
                && self.counts(owns, currency)
                && !self.holds_unvalued(who)
        };
        if (on(5) || on(7) || on(12)) && asks_more && !only_reduces && !valued() {
            return refuse(Reject::NoConversion);
        }
        let gross: i64 = members.iter().map(|&id| held(id).abs()).sum();
        let opened = |own: [(i64, i128); 2]| -> [i64; 2] {
            members.iter().fold([0; 2], |sum, &id| {
                let one = if id == account { own } else { self.open(id, instrument.id, None) };
                [sum[0] + one[0].0, sum[1] + one[1].0]
            })
        };
        let (open, both) = (opened(after), opened(alive));
        if more_quantity && on(3) && signed(position) + open[side] > rows.here().max_position {
            return refuse(Reject::ExceedsLimit);
        }
        if more_gross && on(6) && gross + both[0] + both[1] > rows.here().max_gross_position {
            return refuse(Reject::ExceedsLimit);
        }
        let counted =
            |sum, id: u32, round| self.count(sum, self.accounts[&id].currency, currency, round);
        let exposures = members.iter().map(|&id| counted(self.exposure(id), id, Round::Up));
        let was_exposed = self.exposure(account);
        let grown = self.exposure_in(account, instrument, alive[side].1 - before[side].1)
            - self.exposure_in(account, instrument, 0);
        let further = counted(was_exposed + grown, account, Round::Up)
            - counted(was_exposed, account, Round::Up);
        if more_notional && on(7) && exposures.sum::<i128>() + further > limits.max_gross_exposure()
        {
            return refuse(Reject::NotionalThreshold);
        }
        let more =
            self.required(account, instrument, alive) - self.required(account, instrument, before);
        let balances = members.iter().map(|&id| counted(self.balance(id), id, Round::Down));
        let was_left = self.balance(account);
        let more = counted(was_left, account, Round::Down)
            - counted(was_left - more, account, Round::Down);
        if on(5) && more > 0 && more > limits.credit() * 10_000 + balances.sum::<i128>() {
            return refuse(Reject::InsufficientCredit);
        }
        let sells_short = !order.buys && more_quantity && on(11);
        if sells_short && (open[1] - position).max(0) > rows.here().max_short {
            return refuse(Reject::ShortSell);
        }
        let reduces = |other: &Order| {
            other.reduces && other.buys == order.buys && other.instrument == order.instrument
        };
        let one_reduces = order.reduces || self.live(account).any(|(_, other)| reduces(other));
        if is_account && more_quantity && one_reduces && after[side].0 > signed(-own) {
            return refuse(Reject::ReduceOnly);
        }
        let most = u32::from(Flow::read(limits.flow).duplicates);
        let twins = twin.map_or(0, |twin| self.in_row(who, instrument.id, twin, &limits));
        if on(9) && twins > most {
            return refuse(Reject::DuplicateOrderFlow);
        }
        let lost = || self.loss(who) > limits.max_daily_loss() * 10_000;
        if on(12) && asks_more && !only_reduces && lost() {
            return refuse(Reject::DailyLoss);
        }
        let (worth, asked) = self.equity(account);
        let short_of_margin = limits.credit() * 10_000 + worth < asked;
        if is_account && on(5) && asked > 0 && asks_more && !only_reduces && short_of_margin {
            return refuse(Reject::MaintenanceMargin);
        }
        Ok(())
    }
}
