//! What a message touched, compared as soon as risk has taken it in, whatever is still in flight.

use std::collections::BTreeSet;

use engine::pod::{CommandKind, VerdictKind};
use engine::{Batch, Fills, Risked};

use super::RiskLoop;

/// How often what was compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checks {
    /// Position, cash, cost, fees and reservations of an account in an instrument, with the
    /// reference; position and cash with what FILLS add up to.
    pub holdings: u64,
    /// Of those, reservations too with what FILLS add up to: nothing was in flight.
    pub reservations: u64,
    /// Buying power, equity, margin, volume and open orders of an account.
    pub accounts: u64,
    /// All of that of everybody, firms and the venue too, with nothing in flight, and that what
    /// all accounts hold sums up to nothing.
    pub complete: u64,
}

impl Checks {
    /// Counts those of another run too.
    pub fn add(&mut self, other: &Self) {
        self.holdings += other.holdings;
        self.reservations += other.reservations;
        self.accounts += other.accounts;
        self.complete += other.complete;
    }
}

impl RiskLoop {
    /// Compares what the commands of a message were about, as soon as they are judged.
    pub(super) fn compare_touched(
        &mut self,
        batch: &Batch<'_>,
        risked: &Risked,
    ) -> Result<(), String> {
        let mut touched = BTreeSet::new();
        for (command, verdict) in batch.commands.iter().zip(&risked.verdicts) {
            let kind = CommandKind::try_from(command.kind).unwrap_or(CommandKind::None);
            let asks = matches!(kind, CommandKind::NewOrder | CommandKind::ReplaceOrder);
            let about = self.reference.about(verdict.order_id);
            let about = about.unwrap_or((command.account, command.instrument));
            if asks && verdict.kind == VerdictKind::Accepted.number() {
                self.in_flight.insert(about, batch.sequence);
            }
            touched.insert(about);
        }
        touched.extend(batch.limits.iter().map(|limits| (limits.account, limits.instrument)));
        self.compare_all(touched)
    }

    /// Compares what a message of FILLS was about, as soon as risk has learnt of it.
    pub(super) fn compare_learnt(&mut self, fills: &Fills) -> Result<(), String> {
        self.compare_all(
            fills.events.iter().map(|event| (event.account, event.instrument)).collect(),
        )
    }

    fn compare_all(&mut self, touched: BTreeSet<(u32, u32)>) -> Result<(), String> {
        let mut last = 0;
        for (account, instrument) in touched {
            self.compare_holding(account, instrument)?;
            if account != last {
                self.compare_account(account)?;
            }
            last = account;
        }
        Ok(())
    }

    /// What an account has and has open in an instrument is what the reference counts, and what
    /// FILLS alone add up to as far as they tell.
    pub(super) fn compare_holding(&mut self, account: u32, instrument: u32) -> Result<(), String> {
        let at = format_args!("account {account}, instrument {instrument}").to_string();
        let key = (account, instrument);
        let plain = self.reference.holding(account, instrument);
        let open = self.reference.open_now(account, instrument);
        let (held, cash) = self.ledger.held.get(&key).copied().unwrap_or_default();
        let resting = [true, false].map(|buys| self.ledger.open(account, instrument, buys));
        let Some(p) = self.risk.position_in(account, instrument) else {
            let nothing = (held, cash, open) == (0, 0, [(0, 0); 2]);
            let missing = || format!("{at}: nothing, not {plain:?}, {open:?}, {held}, {cash}");
            return if nothing { Ok(()) } else { Err(missing()) };
        };
        if (p.quantity, p.cash, p.cost) != (plain.position, plain.cash, plain.cost) {
            return Err(format!("{at}: {p:?}, not {plain:?}"));
        }
        let fees = self.reference.fees_of(account, instrument);
        if p.fees != fees {
            return Err(format!("{at}: fees of {}, not {fees}", p.fees));
        }
        let opened = [(p.open_buy, p.buy_notional), (p.open_sell, p.sell_notional)];
        if opened != open {
            return Err(format!("{at}: {opened:?} is open, not {open:?}"));
        }
        let answered = self.in_flight.get(&key).is_none_or(|&at| at <= self.risk.fills_applied());
        let same = opened.iter().zip(&resting).all(|(open, resting)| {
            open.0 == resting.0 && resting.1.is_none_or(|notional| open.1 == notional)
        });
        if (p.quantity, p.cash) != (held, cash) || (answered && !same) {
            return Err(format!("{at}: {p:?}, but FILLS add up to {held}, {cash}, {resting:?}"));
        }
        self.checks.holdings += 1;
        self.checks.reservations += u64::from(answered);
        Ok(())
    }

    /// What an account has to trade with is what the reference counts; nothing is reserved when
    /// nothing is open.
    pub(super) fn compare_account(&mut self, account: u32) -> Result<(), String> {
        let Some(buying) = self.risk.buying(account) else {
            let known = (1..self.world.accounts).contains(&account)
                || (account == self.world.accounts && self.last_is_open);
            let missing = || format!("account {account} is missing");
            return if known { Err(missing()) } else { Ok(()) };
        };
        let (worth, asked) = self.reference.equity(account);
        let worth = (buying.credit * 10_000 + worth).div_euclid(10_000);
        if (buying.equity, buying.maintenance) != (worth, -(-asked).div_euclid(10_000)) {
            return Err(format!("account {account}: {buying:?}, not {worth}, {asked}"));
        }
        let volumes = (self.risk.volume(account), self.reference.volume(account));
        if volumes.0 != volumes.1 {
            return Err(format!("account {account}: volumes {volumes:?}"));
        }
        let plain = self.reference.available(account).div_euclid(10_000);
        let sum = buying.credit + buying.realised - buying.used - buying.reserved;
        if buying.available != plain || (sum - plain).abs() > 3 {
            return Err(format!("account {account}: {buying:?}, not {plain} available"));
        }
        if buying.open_orders == 0 && buying.reserved != 0 {
            return Err(format!("account {account}: {buying:?} with nothing open"));
        }
        if buying.open_orders as usize != self.reference.open_orders(account) {
            return Err(format!("account {account}: {} open orders", buying.open_orders));
        }
        self.checks.accounts += 1;
        Ok(())
    }
}
