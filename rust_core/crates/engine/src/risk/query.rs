//! What operators and services ask the risk engine; nothing here changes its state.

use alloc::vec::Vec;

use super::checks::{CheckResult, Level, Observer};
use super::holding::{BUY, SELL};
use super::judge::Hashes;
use super::reference::VENUE;
use super::RiskEngine;
use crate::pod::{
    Account, Command, CommandKind, FeeSchedule, Instrument, InstrumentRules, Limits, OrderTerms,
};
use crate::reject::Reject;
use crate::table::NONE;

/// The position of one account in one instrument. Notionals, cash, cost and what is realised are
/// native: price units times quantity units; [`Position::money`] turns them into money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Instrument id.
    pub instrument: u32,
    /// Bought minus sold.
    pub quantity: i64,
    /// Quantity that open buys reserve.
    pub open_buy: i64,
    /// Quantity that open sells reserve.
    pub open_sell: i64,
    /// Notional that open buys reserve.
    pub buy_notional: i128,
    /// Notional that open sells reserve.
    pub sell_notional: i128,
    /// Money received minus money paid.
    pub cash: i128,
    /// What the present position cost at average price (a short one: brought); never negative.
    pub cost: i128,
    /// Realised profit and loss, before fees.
    pub realised: i128,
    /// Fees paid, less rebates: money, 10^-12 of a unit of the instrument's currency.
    pub fees: i128,
    /// Price that collars refer to, 0 if there is none.
    pub reference_price: i64,
    /// Money for one native unit.
    pub unit: u64,
}

impl Position {
    /// A native amount as money, 10^-12 of a currency unit.
    #[must_use]
    pub fn money(&self, native: i128) -> i128 {
        native.saturating_mul(i128::from(self.unit))
    }
}

/// What one account has to trade with, in money: 10^-12 of a unit of its currency. What it has in
/// other currencies is counted at their values in force, and not at all if there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buying {
    /// Buying power before any order.
    pub credit: i128,
    /// Realised profit and loss, after fees; rounded down.
    pub realised: i128,
    /// Fees paid, less rebates; rounded up.
    pub fees: i128,
    /// Credit, and what holdings are worth at last prices and have brought: realised and unrealised
    /// profit and loss, after fees; rounded down.
    pub equity: i128,
    /// What maintenance margin asks for the positions at last prices; rounded up.
    pub maintenance: i128,
    /// Whether only orders that can but reduce a position are let through: equity doesn't cover
    /// maintenance margin, or the day's loss is beyond its limit, and that is checked.
    pub close_only: bool,
    /// What positions tie up: their initial margin at cost.
    pub used: i128,
    /// What open orders tie up beyond that.
    pub reserved: i128,
    /// Credit and realised profit, less what is tied up; rounded down.
    pub available: i128,
    /// Number of open orders.
    pub open_orders: u32,
    /// Whether the buying power check is on.
    pub checked: bool,
}

/// What a trader, an account, a firm or the venue, has won and lost and has at stake, in money:
/// 10^-12 of a currency unit, rounded down. A firm, or the venue, whose accounts have several
/// currencies counts in the venue's unit once it has limits; before, their sums mean nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Won since 00:00 UTC at last prices, negative if lost.
    pub day: i128,
    /// Won in all at last prices: realised, and what positions are worth beyond their cost.
    pub total: i128,
    /// Fees paid, less rebates; rounded up.
    pub fees: i128,
    /// Cost of positions and open orders; none while nothing asks for it.
    pub exposure: Option<i128>,
    /// Credit and realised profit, less what is tied up; of a firm or the venue none until it has
    /// limits.
    pub available: Option<i128>,
    /// Number of open orders; of a firm or the venue only once it has limits.
    pub open_orders: u32,
    /// Whether its own kill switch is on.
    pub killed: bool,
    /// Of an account: whether a kill switch of any level stops it.
    pub halted: bool,
}

/// What a command would be told now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DryRun {
    /// The first reason why it would be refused.
    pub refused: Option<Reject>,
    /// Every limit check in order of precedence, of each the account's, its firm's and the venue's;
    /// empty when its shape or state is refused already.
    pub checks: Vec<CheckResult>,
}

impl RiskEngine {
    /// Says what the next command would be told, check by check. A new order's client order id may
    /// be absent here; a replace must name its order by id. Of other commands only the kind is
    /// judged.
    #[must_use]
    pub fn check(&self, command: &Command) -> DryRun {
        self.check_with(command, None)
    }

    /// The same of an order that has these terms, which tell it from others under its client order
    /// id, and of a command that comes by this session; by none, no kill switch of one is on.
    #[must_use]
    pub fn check_with(&self, command: &Command, terms: Option<&OrderTerms>) -> DryRun {
        self.check_from(0, command, terms)
    }

    /// The same of an order that comes in the session of this process which the command names. No
    /// process has the number 0.
    #[must_use]
    pub fn check_from(&self, origin: u64, command: &Command, terms: Option<&OrderTerms>) -> DryRun {
        let mut checks = Vec::with_capacity(super::Check::ALL.len());
        let mut judge =
            |terms, replace| self.judge_dry(origin, (command, terms), replace, &mut checks);
        let refused = match CommandKind::try_from(command.kind) {
            Ok(CommandKind::NewOrder) => judge(terms, false),
            Ok(CommandKind::ReplaceOrder) => judge(None, true),
            _ => Some(Reject::UnsupportedCharacteristic),
        };
        // One order for all levels, so that the first that fails is the one that is told.
        let place = |check| super::Check::ALL.iter().position(|&other| other == check);
        checks.sort_by_key(|result: &CheckResult| place(result.check));
        DryRun { refused, checks }
    }

    /// The same judgement as for a command in ORDERS, of which every limit check is seen.
    fn judge_dry<O: Observer>(
        &self,
        origin: u64,
        (command, terms): (&Command, Option<&OrderTerms>),
        replace: bool,
        observer: &mut O,
    ) -> Option<Reject> {
        let Some(mut request) = self.request(command, Hashes::of(command, None), terms) else {
            return Some(Reject::UnknownAccount);
        };
        request.stopped = self.killed_sessions.stops(origin, command.session);
        if replace {
            let target = self.target(command, None, Hashes::of(command, None));
            return self.judge_replace(command, &request, (target, false), observer).err();
        }
        self.judge_new(command, terms, &request, observer).err()
    }

    /// An account as it was set.
    #[must_use]
    pub fn account(&self, id: u32) -> Option<&Account> {
        self.reference.account_place(id).map(|place| self.reference.account(place))
    }

    /// An instrument as it was set.
    #[must_use]
    pub fn instrument(&self, id: u32) -> Option<&Instrument> {
        self.reference.instrument_place(id).map(|place| self.reference.instrument(place))
    }

    /// The rules of an instrument as they were set, if it was given any.
    #[must_use]
    pub fn rules(&self, instrument: u32) -> Option<&InstrumentRules> {
        self.reference.rules(self.reference.instrument_place(instrument)?)
    }

    /// The price that collars refer to in an instrument: its last trade's, else the one it was set.
    #[must_use]
    pub fn reference_price(&self, instrument: u32) -> Option<i64> {
        let place = self.reference.instrument_place(instrument)?;
        self.reference.listed[place as usize].reference()
    }

    /// The limits of an account on all instruments (0) or on one, as they were set.
    #[must_use]
    pub fn limits(&self, account: u32, instrument: u32) -> Option<&Limits> {
        let account = self.reference.account_place(account)?;
        if instrument == 0 {
            return self.reference.limits(account);
        }
        let instrument = self.reference.instrument_place(instrument)?;
        match self.holdings[self.holding(account, instrument)?].limits {
            NONE => None,
            at => Some(&self.reference.overrides[at as usize].limits),
        }
    }

    /// Every currency that was given a value (ASCII, zero padded), rising, with its value in 10^-9
    /// of the unit that the venue counts all currencies in.
    #[must_use]
    pub fn conversions(&self) -> Vec<(u64, i64)> {
        self.conversions.all().collect()
    }

    /// The value of a currency, if it was given one.
    #[must_use]
    pub fn conversion(&self, currency: u64) -> Option<i64> {
        self.conversions.value(currency)
    }

    /// The schedule of fees of an account's, a firm's or the venue's (id 0) own, as it was set.
    #[must_use]
    pub fn fees_of(&self, level: Level, id: u32) -> Option<&FeeSchedule> {
        self.fees.own(self.trader_place(level, id)?)
    }

    /// The schedule of fees that an account pays by, and whose it is: its own, else its firm's,
    /// else the venue's.
    #[must_use]
    pub fn fees_in_force(&self, account: u32) -> Option<(Level, &FeeSchedule)> {
        self.schedule_of(self.reference.account_place(account)?)
    }

    /// What an account has traded in the last 30 UTC days, today included, in money of its
    /// currency: 10^-12 of a unit. None if no schedule of its has ever had tiers.
    #[must_use]
    pub fn volume(&self, account: u32) -> Option<i128> {
        self.fees.volume(self.reference.account_place(account)?, self.today())
    }

    /// The place of an account, a firm or the venue (id 0).
    fn trader_place(&self, level: Level, id: u32) -> Option<u32> {
        match level {
            Level::Account => self.reference.account_place(id),
            Level::Firm => self.reference.firm_place(id),
            Level::Venue => (id == 0).then_some(VENUE),
        }
    }

    /// All limits of an account, a firm or the venue (id 0) as they were set: those on all
    /// instruments first, then those on one, by instrument id.
    #[must_use]
    pub fn limits_of(&self, level: Level, id: u32) -> Vec<Limits> {
        let mut all = Vec::new();
        let Some(place) = self.trader_place(level, id) else { return all };
        if self.reference.traders[place as usize].limited {
            all.extend(
                self.reference
                    .limits(place)
                    .filter(|limits| limits.checks != 0 || level == Level::Account),
            );
        }
        let mut at = self.reference.traders[place as usize].holdings;
        while at != NONE {
            let holding = &self.holdings[at];
            if holding.limits != NONE {
                all.push(self.reference.overrides[holding.limits as usize].limits);
            }
            at = holding.next;
        }
        all.sort_unstable_by_key(|limits| limits.instrument);
        all
    }

    /// The currency of the money of an account, a firm or the venue (id 0); 0: its accounts have
    /// several.
    #[must_use]
    pub fn currency(&self, level: Level, id: u32) -> Option<u64> {
        let place = self.trader_place(level, id)?;
        Some(self.reference.traders[place as usize].currency)
    }

    /// What an account, a firm or the venue (id 0) has won and lost and has at stake.
    #[must_use]
    pub fn standing(&self, level: Level, id: u32) -> Option<Standing> {
        let place = self.trader_place(level, id)?;
        let trader = &self.reference.traders[place as usize];
        let summed = level == Level::Account || trader.limited;
        let members = (0..self.reference.traders.len() as u32).filter(|&at| match summed {
            true => at == place,
            false => self.belongs(at, place),
        });
        let (mut day, mut total, mut fees) = (0, 0, 0);
        for member in members {
            day -= self.day_loss(member);
            total += self.worth(member);
            fees += self.fees_paid(member);
        }
        Some(Standing {
            day: day.div_euclid(10_000),
            total: total.div_euclid(10_000),
            fees: -(-fees).div_euclid(10_000),
            exposure: (trader.exposed || (summed && level != Level::Account))
                .then_some(trader.exposure),
            available: summed.then(|| (trader.credit + trader.balance).div_euclid(10_000)),
            open_orders: trader.open_orders,
            killed: trader.killed,
            halted: trader.halted,
        })
    }

    /// What a trader has paid, in 10^-16 of a currency unit.
    fn fees_paid(&self, place: u32) -> i128 {
        let each = self.held(place).iter().map(|&at| {
            let money = self.money_of(place, self.holdings[at].instrument);
            money.count_fees(self.fees.paid(at))
        });
        each.sum()
    }

    /// All limits of an account, as [`Self::limits_of`].
    #[must_use]
    pub fn all_limits(&self, account: u32) -> Vec<Limits> {
        self.limits_of(Level::Account, account)
    }

    /// What an account has to trade with.
    #[must_use]
    pub fn buying(&self, account: u32) -> Option<Buying> {
        let place = self.reference.account_place(account)?;
        let trader = &self.reference.traders[place as usize];
        let (mut realised, mut used, mut required, mut fees) = (0, 0, 0, 0);
        let mut at = trader.holdings;
        while at != NONE {
            let holding = &self.holdings[at];
            let rates = self.reference.listed[holding.instrument as usize].rates;
            let money = self.money_of(place, holding.instrument);
            let paid = self.fees.paid(at);
            realised += holding.realised_money(paid, rates, money);
            fees += money.count_fees(paid);
            used += holding.position_requirement(rates, money);
            required += holding.requirement(rates, money);
            at = holding.next;
        }
        // What is tied up is rounded up, what there is down.
        let up = |amount: i128| -(-amount).div_euclid(10_000);
        let available = (trader.credit + trader.balance).div_euclid(10_000);
        let (equity, maintenance) = self.equity(place);
        let lost =
            trader.checks & super::bits::DAILY_LOSS != 0 && self.day_loss(place) > trader.max_loss;
        Some(Buying {
            credit: trader.credit / 10_000,
            realised: realised.div_euclid(10_000),
            fees: up(fees),
            equity: equity.div_euclid(10_000),
            maintenance: up(maintenance),
            close_only: lost
                || (self.asks_maintenance(trader) && maintenance > 0 && equity < maintenance),
            used: up(used),
            reserved: up(required) - up(used),
            available,
            open_orders: trader.open_orders,
            checked: trader.checks & super::bits::BUYING_POWER != 0,
        })
    }

    /// The positions of an account, and where it had one or has open orders; lowest instrument id
    /// first.
    #[must_use]
    pub fn positions(&self, account: u32) -> Vec<Position> {
        let mut positions = Vec::new();
        let Some(account) = self.reference.account_place(account) else { return positions };
        let mut at = self.reference.traders[account as usize].holdings;
        while at != NONE {
            let holding = &self.holdings[at];
            let had = holding.position != 0 || holding.cash != 0 || self.fees.paid(at) != 0;
            if had || holding.open != [0; 2] {
                positions.push(self.position(at));
            }
            at = holding.next;
        }
        positions.sort_unstable_by_key(|position| position.instrument);
        positions
    }

    /// The position of an account in one instrument, if it ever had anything there.
    #[must_use]
    pub fn position_in(&self, account: u32, instrument: u32) -> Option<Position> {
        let account = self.reference.account_place(account)?;
        let instrument = self.reference.instrument_place(instrument)?;
        self.holding(account, instrument).map(|at| self.position(at))
    }

    fn position(&self, at: u32) -> Position {
        let holding = &self.holdings[at];
        let listed = &self.reference.listed[holding.instrument as usize];
        Position {
            instrument: self.reference.instrument(holding.instrument).id,
            quantity: holding.position,
            open_buy: holding.open[BUY],
            open_sell: holding.open[SELL],
            buy_notional: holding.open_notional[BUY],
            sell_notional: holding.open_notional[SELL],
            cash: holding.cash,
            cost: holding.cost,
            realised: holding.realised(),
            fees: self.fees.paid(at),
            reference_price: listed.reference().unwrap_or(0),
            unit: listed.unit,
        }
    }

    /// How many orders are live in the shard.
    #[must_use]
    pub fn open_orders(&self) -> u32 {
        self.orders.len()
    }

    /// How many client order ids are kept.
    #[must_use]
    pub fn client_order_ids(&self) -> u32 {
        self.ids.len()
    }
}
