//! The limit checks, in their order of precedence.
//!
//! One function judges real orders and dry runs alike; what differs is the observer. The silent one
//! costs nothing and stops at the first failure, the other one notes every check. The same function
//! judges at every level: an account's own limits, those of its firm, those of the venue. What a
//! level counts that costs something to count it is asked for only where its check is on.

use super::conversions::{Money, Round};
use super::flow::Bucket;
use super::holding::{Holding, SELL};
use super::orders::Reservation;
use super::reference::{bits, Listed, Override, Trader, MAX_POSITION};
use super::RiskEngine;
use crate::pod::MAX_PRICE;
use crate::reject::Reject;

/// A limit check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// The account is enabled and was given limits. In neither unit.
    Account,
    /// No kill switch of the account, its firm, the venue or the session is on. In neither unit.
    KillSwitch,
    /// Orders are allowed in the instrument. In neither unit.
    Restricted,
    /// Messages that count now, this one included, and the most at once.
    MessageRate,
    /// Number of open orders.
    OpenOrders,
    /// Quantity of the order, in quantity units.
    OrderQuantity,
    /// Notional of the order, in money.
    OrderNotional,
    /// Distance of the price from the reference price, in price units.
    Collar,
    /// A check that needs a reference price has one. In neither unit.
    ReferencePrice,
    /// Currencies that money has to be counted in have a value. In neither unit. An order that can
    /// but reduce the position passes.
    Conversion,
    /// Position in the order's direction with every open order of its side, in quantity units.
    Position,
    /// Absolute position with every open order of both sides, in quantity units.
    GrossPosition,
    /// What positions cost and open orders may cost in all instruments, in money.
    GrossExposure,
    /// Buying power there is and what the order adds to what is tied up, in 10^-16 of the currency
    /// unit: money times basis points.
    BuyingPower,
    /// What is sold beyond the position with every open sell, in quantity units.
    ShortSale,
    /// What the orders of a side have open, if one of them must never increase the position, and
    /// the position that they reduce, in quantity units.
    ReduceOnly,
    /// How often the same order comes in a row, this one included.
    DuplicateFlow,
    /// Loss since 00:00 UTC, in 10^-16 of the currency unit. An order that can but reduce the
    /// position passes.
    DailyLoss,
    /// Equity there is and what maintenance margin asks for the positions, in 10^-16 of the
    /// currency unit. An order that can but reduce the position passes. On where buying power is
    /// checked and something held asks for it.
    MaintenanceMargin,
}

/// Whose limits a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The account's own.
    Account,
    /// Those of its firm, for all its accounts together.
    Firm,
    /// Those of the venue, for all accounts together.
    Venue,
}

/// What the numbers of a check count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Nothing, or things: a yes or no, a number of orders.
    One,
    /// The instrument's quantity units.
    Quantity,
    /// The instrument's price units.
    Price,
    /// Money, 10^-12 of a currency unit.
    Money,
    /// Money times basis points, 10^-16 of a currency unit.
    MoneyBps,
}

impl Check {
    /// Every check, in the order in which they are made.
    pub const ALL: [Self; 19] = [
        Self::Account,
        Self::KillSwitch,
        Self::Restricted,
        Self::MessageRate,
        Self::OpenOrders,
        Self::OrderQuantity,
        Self::OrderNotional,
        Self::Collar,
        Self::ReferencePrice,
        Self::Conversion,
        Self::Position,
        Self::GrossPosition,
        Self::GrossExposure,
        Self::BuyingPower,
        Self::ShortSale,
        Self::ReduceOnly,
        Self::DuplicateFlow,
        Self::DailyLoss,
        Self::MaintenanceMargin,
    ];

    /// What operators call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::KillSwitch => "kill_switch",
            Self::Restricted => "restricted",
            Self::MessageRate => "message_rate",
            Self::OpenOrders => "open_orders",
            Self::OrderQuantity => "order_quantity",
            Self::OrderNotional => "order_notional",
            Self::Collar => "collar",
            Self::ReferencePrice => "reference_price",
            Self::Conversion => "conversion",
            Self::Position => "position",
            Self::GrossPosition => "gross_position",
            Self::GrossExposure => "gross_exposure",
            Self::BuyingPower => "buying_power",
            Self::ShortSale => "short_sale",
            Self::ReduceOnly => "reduce_only",
            Self::DuplicateFlow => "duplicate_flow",
            Self::DailyLoss => "daily_loss",
            Self::MaintenanceMargin => "maintenance_margin",
        }
    }

    /// What its numbers count.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::Account
            | Self::KillSwitch
            | Self::Restricted
            | Self::MessageRate
            | Self::OpenOrders
            | Self::ReferencePrice
            | Self::Conversion
            | Self::DuplicateFlow => Unit::One,
            Self::OrderQuantity
            | Self::Position
            | Self::GrossPosition
            | Self::ShortSale
            | Self::ReduceOnly => Unit::Quantity,
            Self::Collar => Unit::Price,
            Self::OrderNotional | Self::GrossExposure => Unit::Money,
            Self::BuyingPower | Self::DailyLoss | Self::MaintenanceMargin => Unit::MoneyBps,
        }
    }

    /// The reason given when it fails.
    #[must_use]
    pub const fn reason(self) -> Reject {
        match self {
            Self::Account => Reject::AccountDisabled,
            Self::KillSwitch => Reject::KillSwitch,
            Self::Restricted => Reject::RestrictedSymbol,
            Self::MessageRate => Reject::Throttled,
            Self::OpenOrders => Reject::MaxOpenOrders,
            Self::OrderQuantity => Reject::ClipSize,
            Self::OrderNotional => Reject::MaxOrderNotional,
            Self::Collar => Reject::PriceBand,
            Self::ReferencePrice => Reject::NoReferencePrice,
            Self::Position | Self::GrossPosition => Reject::ExceedsLimit,
            Self::GrossExposure => Reject::NotionalThreshold,
            Self::BuyingPower => Reject::InsufficientCredit,
            Self::ShortSale => Reject::ShortSell,
            Self::ReduceOnly => Reject::ReduceOnly,
            Self::DuplicateFlow => Reject::DuplicateOrderFlow,
            Self::DailyLoss => Reject::DailyLoss,
            Self::Conversion => Reject::NoConversion,
            Self::MaintenanceMargin => Reject::MaintenanceMargin,
        }
    }
}

/// What one check said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckResult {
    /// Whose limits.
    pub level: Level,
    /// The check; it says in which unit the numbers are.
    pub check: Check,
    /// Whether it passes; a check that is off does.
    pub passed: bool,
    /// Whether it is off for this account.
    pub off: bool,
    /// The limit, 0 when off.
    pub limit: i128,
    /// The value with this order.
    pub value: i128,
}

impl CheckResult {
    /// What operators call it: the check's name, after "firm_" or "venue_" at those levels.
    #[must_use]
    pub fn name(&self) -> alloc::string::String {
        let level = match self.level {
            Level::Account => "",
            Level::Firm => "firm_",
            Level::Venue => "venue_",
        };
        alloc::format!("{level}{}", self.check.name())
    }

    /// Limit less value.
    #[must_use]
    pub const fn headroom(&self) -> i128 {
        self.limit.saturating_sub(self.value)
    }
}

/// Sees what checks say.
pub trait Observer {
    /// Whether it sees every check, or only wants the first that fails.
    const SEES_ALL: bool;
    /// Takes what a check said.
    fn see(&mut self, result: CheckResult);
}

/// Sees nothing.
pub struct Silent;

impl Observer for Silent {
    const SEES_ALL: bool = false;
    #[inline]
    fn see(&mut self, _: CheckResult) {}
}

impl Observer for alloc::vec::Vec<CheckResult> {
    const SEES_ALL: bool = true;
    fn see(&mut self, result: CheckResult) {
        self.push(result);
    }
}

/// What the limit checks judge: a new order, or a replace.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Whether it would be one more open order.
    pub new: bool,
    /// `BUY` or `SELL`.
    pub side: usize,
    /// Whether the order must never increase the position.
    pub reduce_only: bool,
    /// The order's total quantity.
    pub quantity: i64,
    /// The limit price to hold against the collar; none when there is none, or it stays unchanged.
    pub limit_price: Option<i64>,
    /// The price the order is counted at; none when it needs a reference price and there is none.
    pub price: Option<i64>,
    /// What the order reserves by itself; an exit that waits as if it were alive.
    pub had: Reservation,
    /// The same as it would be.
    pub wanted: Reservation,
    /// What its account would reserve beyond what it does, as linked orders can't all trade.
    pub more: Reservation,
    /// The same if exits that wait were alive: what they may open again, and at which price, is
    /// judged before, though it is tied up only as their entry trades.
    pub alive: Reservation,
    /// Of a new order, which orders it is the same as.
    pub fingerprint: u64,
    /// Whether the kill switch of the session that it came by is on.
    pub stopped: bool,
}

/// The limits of a trader on one instrument: its own there, else those on all instruments.
#[derive(Clone, Copy, Debug)]
struct SizeLimits {
    checks: u64,
    quantity: i64,
    position: i64,
    gross: i64,
    short: i64,
}

impl SizeLimits {
    #[inline]
    fn of(trader: &Trader, special: Option<&Override>) -> Self {
        special.map_or(
            Self {
                checks: trader.checks,
                quantity: trader.max_quantity,
                position: trader.max_position,
                gross: trader.max_gross,
                short: trader.max_short,
            },
            |special| Self {
                checks: trader.checks & !bits::PER_INSTRUMENT
                    | special.limits.checks & bits::PER_INSTRUMENT,
                quantity: special.limits.max_order_quantity,
                position: special.limits.max_position,
                gross: special.limits.max_gross_position,
                short: special.limits.max_short,
            },
        )
    }
}

/// The largest distance from a reference price that a collar allows.
#[inline]
pub fn collar_width(reference: i64, bps: u32) -> i64 {
    // At most 10^12 times 10^6.
    reference * i64::from(bps) / 10_000
}

/// How far from the reference price orders without a price are counted, and may trade where their
/// trader's money is checked, if neither the instrument's rules nor the collar says: 10 %.
pub const DEFAULT_MARKET_BPS: u32 = 1_000;

/// The lowest and the highest price that is this near to a reference price.
#[inline]
pub fn edges(reference: i64, bps: u32) -> (i64, i64) {
    let width = collar_width(reference, bps);
    ((reference - width).max(1), (reference + width).min(MAX_PRICE))
}

/// The lowest and the highest price that an order without a price may trade at: the edges, around
/// the reference price, of what the instrument's rules say of market orders or of the tightest
/// collar that holds for its account, whichever is nearer; if neither says, of
/// [`DEFAULT_MARKET_BPS`]. It is counted at the highest, on either side, so that it is worth the
/// most.
#[inline]
pub fn market_edges(listed: &Listed, collar_bps: Option<u32>) -> Option<(i64, i64)> {
    Some(edges(listed.reference()?, market_bps(listed, collar_bps)))
}

/// How far from the reference these edges are.
#[inline]
pub fn market_bps(listed: &Listed, collar_bps: Option<u32>) -> u32 {
    let ruled = Some(listed.market_bps).filter(|&bps| bps != 0);
    ruled.into_iter().chain(collar_bps).min().unwrap_or(DEFAULT_MARKET_BPS)
}

/// What is judged at one level.
pub struct Case<'a> {
    /// Whose limits.
    pub level: Level,
    /// Who has them.
    pub trader: &'a Trader,
    /// What is traded.
    pub listed: &'a Listed,
    /// What the trader has there.
    pub holding: &'a Holding,
    /// What the account has there; the same at its own level.
    pub own: &'a Holding,
    /// The account; the same at its own level.
    pub account: &'a Trader,
    /// How the trader counts the money of the instrument, and how the account does.
    pub money: [Money; 2],
    /// How the trader counts the money of the account.
    pub via: Money,
    /// Limits of the trader on the instrument, if there are any.
    pub special: Option<&'a Override>,
    /// Journal time.
    pub now_ns: i64,
}

/// One run of the checks.
struct Run<'a, O: Observer> {
    level: Level,
    observer: &'a mut O,
    first: Option<Reject>,
}

impl<O: Observer> Run<'_, O> {
    /// Notes a check; true when the run may end here.
    #[inline(always)]
    fn check(&mut self, check: Check, on: bool, passed: bool, limit: i128, value: i128) -> bool {
        let passed = passed || !on;
        if O::SEES_ALL {
            let (level, limit) = (self.level, if on { limit } else { 0 });
            self.observer.see(CheckResult { level, check, passed, off: !on, limit, value });
        }
        if !passed && self.first.is_none() {
            self.first = Some(check.reason());
        }
        !passed && !O::SEES_ALL
    }
}

/// The first limit that what is asked would break at one level. A replace that asks for no more
/// than its order has reserved passes the checks of size, position and money: it can only lower
/// what is at stake. The engine, and the trader's place in it, say what the day's loss is.
pub fn first_failure<O: Observer>(
    case: &Case<'_>,
    asked: &Asked,
    observer: &mut O,
    (engine, place): (&RiskEngine, u32),
) -> Option<Reject> {
    let &Case { level, trader, listed, holding, own, .. } = case;
    let mut run = Run { level, observer, first: None };
    let limits = SizeLimits::of(trader, case.special);
    let on = |bit| limits.checks & bit != 0;
    let sees = |bit| O::SEES_ALL || limits.checks & bit != 0;
    let larger = asked.new || asked.wanted.quantity > asked.had.quantity;
    let dearer = asked.new || asked.wanted.notional > asked.had.notional;
    let more = asked.more;
    let more_quantity = asked.new || more.quantity > 0;
    let more_notional = asked.new || asked.alive.notional > 0;

    if level == Level::Account {
        let may_trade = trader.enabled && trader.limited;
        if run.check(Check::Account, true, may_trade, 0, 0)
            || run.check(Check::KillSwitch, true, !(trader.halted || asked.stopped), 0, 0)
        {
            return run.first;
        }
    }
    if run.check(Check::Restricted, on(bits::RESTRICTED), false, 0, 0) {
        return run.first;
    }
    if sees(bits::MESSAGE_RATE) {
        let Bucket { burst, .. } = trader.bucket;
        let used = trader.bucket.used(case.now_ns) + 1;
        let slow = used <= i64::from(burst);
        let on = on(bits::MESSAGE_RATE);
        if run.check(Check::MessageRate, on, slow, burst.into(), used.into()) {
            return run.first;
        }
    }
    let orders = trader.open_orders + u32::from(asked.new);
    let few = !asked.new || orders <= trader.max_orders;
    let max_orders = i128::from(trader.max_orders);
    if run.check(Check::OpenOrders, on(bits::OPEN_ORDERS), few, max_orders, orders.into()) {
        return run.first;
    }
    let small = !larger || asked.quantity <= limits.quantity;
    let max_quantity = i128::from(limits.quantity);
    let on_quantity = on(bits::ORDER_QUANTITY);
    if run.check(Check::OrderQuantity, on_quantity, small, max_quantity, asked.quantity.into()) {
        return run.first;
    }
    if sees(bits::ORDER_NOTIONAL) {
        let notional = listed.notional(asked.price.unwrap_or(0), asked.quantity);
        let cheap = !dearer || notional <= trader.max_notional;
        let on = on(bits::ORDER_NOTIONAL);
        if run.check(Check::OrderNotional, on, cheap, trader.max_notional, notional) {
            return run.first;
        }
    }
    let reduces = || own.open[asked.side] + asked.alive.quantity <= own.reducible(asked.side);
    let asks_more = more_quantity || more_notional;
    if reference_checks(&mut run, trader, listed, asked)
        || conversion_check(&mut run, case, asks_more && !reduces(), (engine, place))
        || position_checks(&mut run, case, &limits, asked)
    {
        return run.first;
    }
    if sees(bits::GROSS_EXPOSURE) {
        let exposure = trader.exposure + case.more_exposure(asked.alive.notional);
        let low = !more_notional || exposure <= trader.max_exposure;
        let on = on(bits::GROSS_EXPOSURE);
        if run.check(Check::GrossExposure, on, low, trader.max_exposure, exposure) {
            return run.first;
        }
    }
    if sees(bits::BUYING_POWER) {
        let more = case.more_required(asked.side, asked.alive);
        let there_is = trader.credit + trader.balance;
        let covered = more <= 0 || more <= there_is;
        let on = on(bits::BUYING_POWER);
        if run.check(Check::BuyingPower, on, covered, there_is, more) {
            return run.first;
        }
    }
    if asked.side == SELL && sees(bits::SHORT_SALES) {
        let short = (holding.worst(SELL) + more.quantity).max(0);
        let located = !more_quantity || short <= limits.short;
        let on = on(bits::SHORT_SALES);
        if run.check(Check::ShortSale, on, located, limits.short.into(), short.into()) {
            return run.first;
        }
    }
    if level == Level::Account {
        let Reduced { counts, passes, position, open } = Reduced::by(own, asked, more.quantity);
        if run.check(Check::ReduceOnly, counts, passes, position.into(), open.into()) {
            return run.first;
        }
    }
    if asked.new && sees(bits::DUPLICATES) {
        let count = holding.same_in_a_row(asked.fingerprint, case.now_ns, trader.window_ns);
        let (most, on) = (trader.max_duplicates, on(bits::DUPLICATES));
        if run.check(Check::DuplicateFlow, on, count <= most, most.into(), count.into()) {
            return run.first;
        }
    }
    if sees(bits::DAILY_LOSS) {
        let lost_little = !O::SEES_ALL && engine.has_lost_at_most(trader, trader.max_loss);
        debug_assert!(!lost_little || engine.day_loss(place) <= trader.max_loss, "a sure bound");
        if !lost_little {
            let loss = engine.day_loss(place);
            let passes = !asks_more || reduces() || loss <= trader.max_loss;
            let on = on(bits::DAILY_LOSS);
            if run.check(Check::DailyLoss, on, passes, trader.max_loss, loss) {
                return run.first;
            }
        }
    }
    if level == Level::Account && (O::SEES_ALL || engine.asks_maintenance(trader)) {
        if !O::SEES_ALL && engine.equity_surely_covers(place) {
            return run.first;
        }
        let (equity, needed) = engine.equity(place);
        let on = engine.asks_maintenance(trader) && needed > 0;
        let passes = !asks_more || reduces() || equity >= needed;
        run.check(Check::MaintenanceMargin, on, passes, equity, needed);
    }
    run.first
}

/// Whether what checks of money need to count can be counted; true when the run may end here.
#[inline(always)]
fn conversion_check<O: Observer>(
    run: &mut Run<'_, O>,
    case: &Case<'_>,
    counts: bool,
    (engine, place): (&RiskEngine, u32),
) -> bool {
    let in_one = case.money == [Money::Same; 2] && case.via == Money::Same;
    if !O::SEES_ALL && in_one && !case.trader.unvalued {
        return false;
    }
    let money = bits::BUYING_POWER | bits::GROSS_EXPOSURE | bits::DAILY_LOSS;
    let on = case.trader.checks & money != 0;
    // Who holds something of no value is walked through last, and only if that decides.
    let passes = !on
        || !counts
        || (!case.money.contains(&Money::Unvalued)
            && case.via != Money::Unvalued
            && !(case.trader.unvalued && engine.holds_unvalued(place)));
    run.check(Check::Conversion, on, passes, 0, 0)
}

impl Case<'_> {
    /// By how much the exposure grows with so much more notional.
    #[inline]
    fn more_exposure(&self, notional: i128) -> i128 {
        let of = |more| self.own.exposure_money(more, self.listed.unit, self.money[1]);
        let more = match self.money[1] {
            Money::Same => self.listed.money(notional),
            _ => of(notional) - of(0),
        };
        match self.via {
            Money::Same => more,
            via => {
                let count = |sum| via.count_sum(sum, Round::Up);
                count(self.account.exposure + more) - count(self.account.exposure)
            }
        }
    }

    /// By how much more margin is asked for with so much more open on a side.
    #[inline]
    fn more_required(&self, side: usize, more: Reservation) -> i128 {
        let own = self.own;
        let more = own.requirement_with(side, more, self.listed.rates, self.money[1]);
        let more = more - own.required;
        match self.via {
            Money::Same => more,
            via => {
                let count = |sum| via.count_sum(sum, Round::Down);
                count(self.account.balance) - count(self.account.balance - more)
            }
        }
    }
}

/// The positions that could come of it; true when the run may end here.
#[inline(always)]
fn position_checks<O: Observer>(
    run: &mut Run<'_, O>,
    case: &Case<'_>,
    limits: &SizeLimits,
    asked: &Asked,
) -> bool {
    let holding = case.holding;
    let Asked { new, side, more, alive, .. } = *asked;
    let worst = holding.worst(side) + more.quantity;
    let on_position = limits.checks & bits::POSITION != 0;
    // The bound of the engine holds even where the check is off, and then counts as on.
    let bound = if case.level == Level::Account { MAX_POSITION } else { MAX_SUM };
    let max_position = if on_position { limits.position } else { bound };
    let inside = !(new || more.quantity > 0) || worst <= max_position;
    let counts = on_position || !inside;
    if run.check(Check::Position, counts, inside, max_position.into(), worst.into()) {
        return true;
    }
    let on_gross = limits.checks & bits::GROSS_POSITION != 0;
    if !O::SEES_ALL && !on_gross && case.level == Level::Account {
        return false;
    }
    let gross = holding.gross() + holding.open[0] + holding.open[1] + alive.quantity;
    let max_gross = if on_gross { limits.gross } else { MAX_SUM };
    let inside = !(new || alive.quantity > 0) || gross <= max_gross;
    let counts = on_gross || !inside;
    run.check(Check::GrossPosition, counts, inside, max_gross.into(), gross.into())
}

/// No sum of the positions and open orders of all accounts of a firm grows beyond this, so that
/// what still comes of it fits its word.
pub(super) const MAX_SUM: i64 = 4 * MAX_POSITION;

/// Whether orders that must never increase the position still can't. One that is open reserves the
/// position it reduces: what its side has open is never more than that, whatever fills first.
#[derive(Clone, Copy)]
struct Reduced {
    /// Whether there is such an order.
    counts: bool,
    passes: bool,
    position: i64,
    open: i64,
}

impl Reduced {
    #[inline]
    fn by(holding: &Holding, asked: &Asked, more: i64) -> Self {
        let counts = asked.reduce_only || holding.reduce_only[asked.side] != 0;
        let open = holding.open[asked.side] + more;
        // An exit that waits asks for nothing yet, but what its entry trades must not close a
        // position on the other side, which the exit would open again.
        let position = match open {
            0 => holding.turned(1 - asked.side),
            _ => holding.reducible(asked.side),
        };
        let asks = asked.new || more > 0;
        Self { counts, passes: !counts || !asks || open <= position, position, open }
    }
}

/// The collar, and whether what needs a reference price has one; true when the run may end here.
#[inline]
fn reference_checks<O: Observer>(
    run: &mut Run<'_, O>,
    trader: &Trader,
    listed: &Listed,
    asked: &Asked,
) -> bool {
    let collar = trader.checks & bits::COLLAR != 0;
    let reference = listed.reference();
    let collared = collar && reference.is_some() && asked.limit_price.is_some();
    let (at, price) = (reference.unwrap_or(0), asked.limit_price.unwrap_or(0));
    let (width, distance) = (collar_width(at, trader.collar_bps), (price - at).abs());
    if run.check(Check::Collar, collared, distance <= width, width.into(), distance.into()) {
        return true;
    }
    let counts_money = trader.checks & bits::MONEY != 0;
    let unpriced = asked.price.is_none();
    let needed =
        (collar && (asked.limit_price.is_some() || unpriced)) || (unpriced && counts_money);
    run.check(Check::ReferencePrice, needed, reference.is_some(), 0, 0)
}
