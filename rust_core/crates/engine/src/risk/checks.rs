//! The limit checks, in their order of precedence.
//!
//! One function judges real orders and dry runs alike; what differs is the observer. The silent one
//! costs nothing and stops at the first failure, the other one notes every check.

use super::holding::Holding;
use super::orders::Reservation;
use super::reference::{bits, Listed, Override, Trader, MAX_POSITION};
use crate::pod::MAX_PRICE;
use crate::reject::Reject;

/// A limit check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// The account is enabled and was given limits. In neither unit.
    Account,
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
    /// Position in the order's direction with every open order of its side, in quantity units.
    Position,
    /// Buying power there is and what the order adds to what is tied up, in 10^-16 of the currency
    /// unit: money times basis points.
    BuyingPower,
    /// What the orders of a side have open, if one of them must never increase the position, and
    /// the position that they reduce, in quantity units.
    ReduceOnly,
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
    pub const ALL: [Self; 9] = [
        Self::Account,
        Self::OpenOrders,
        Self::OrderQuantity,
        Self::OrderNotional,
        Self::Collar,
        Self::ReferencePrice,
        Self::Position,
        Self::BuyingPower,
        Self::ReduceOnly,
    ];

    /// What operators call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::OpenOrders => "open_orders",
            Self::OrderQuantity => "order_quantity",
            Self::OrderNotional => "order_notional",
            Self::Collar => "collar",
            Self::ReferencePrice => "reference_price",
            Self::Position => "position",
            Self::BuyingPower => "buying_power",
            Self::ReduceOnly => "reduce_only",
        }
    }

    /// What its numbers count.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::Account | Self::OpenOrders | Self::ReferencePrice => Unit::One,
            Self::OrderQuantity | Self::Position | Self::ReduceOnly => Unit::Quantity,
            Self::Collar => Unit::Price,
            Self::OrderNotional => Unit::Money,
            Self::BuyingPower => Unit::MoneyBps,
        }
    }

    /// The reason given when it fails.
    #[must_use]
    pub const fn reason(self) -> Reject {
        match self {
            Self::Account => Reject::AccountDisabled,
            Self::OpenOrders => Reject::MaxOpenOrders,
            Self::OrderQuantity => Reject::ClipSize,
            Self::OrderNotional => Reject::MaxOrderNotional,
            Self::Collar => Reject::PriceBand,
            Self::ReferencePrice => Reject::NoReferencePrice,
            Self::Position => Reject::ExceedsLimit,
            Self::BuyingPower => Reject::InsufficientCredit,
            Self::ReduceOnly => Reject::ReduceOnly,
        }
    }
}

/// What one check said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckResult {
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
    /// What the order reserves.
    pub had: Reservation,
    /// What it would reserve.
    pub wanted: Reservation,
}

/// The limits of an account on one instrument: its own there, else those on all instruments.
#[derive(Clone, Copy, Debug)]
struct SizeLimits {
    checks: u64,
    quantity: i64,
    position: i64,
}

impl SizeLimits {
    #[inline]
    fn of(trader: &Trader, special: Option<&Override>) -> Self {
        special.map_or(
            Self {
                checks: trader.checks,
                quantity: trader.max_quantity,
                position: trader.max_position,
            },
            |special| Self {
                checks: trader.checks & !bits::PER_INSTRUMENT
                    | special.limits.checks & bits::PER_INSTRUMENT,
                quantity: special.limits.max_order_quantity,
                position: special.limits.max_position,
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

/// The price an order without a price is counted at: the highest it may trade at, on either side,
/// so that it is worth the most. That is the upper edge of what the instrument's rules say of
/// market orders around the reference price, else of the collar; else the reference price.
#[inline]
pub fn market_price(trader: &Trader, listed: &Listed) -> Option<i64> {
    let reference = listed.reference()?;
    let bps = match listed.market_bps {
        0 if trader.checks & bits::COLLAR == 0 => 0,
        0 => trader.collar_bps,
        bps => bps,
    };
    Some((reference + collar_width(reference, bps)).min(MAX_PRICE))
}

/// One run of the checks.
struct Run<'a, O: Observer> {
    observer: &'a mut O,
    first: Option<Reject>,
}

impl<O: Observer> Run<'_, O> {
    /// Notes a check; true when the run may end here.
    #[inline]
    fn check(&mut self, check: Check, on: bool, passed: bool, limit: i128, value: i128) -> bool {
        let passed = passed || !on;
        if O::SEES_ALL {
            let limit = if on { limit } else { 0 };
            self.observer.see(CheckResult { check, passed, off: !on, limit, value });
        }
        if !passed && self.first.is_none() {
            self.first = Some(check.reason());
        }
        !passed && !O::SEES_ALL
    }
}

/// The first limit that what is asked would break. A replace that asks for no more than its order
/// has reserved passes the checks of size, position and buying power: it can only lower what is at
/// stake.
#[inline(always)]
pub fn first_failure<O: Observer>(
    trader: &Trader,
    listed: &Listed,
    holding: &Holding,
    special: Option<&Override>,
    asked: &Asked,
    observer: &mut O,
) -> Option<Reject> {
    let mut run = Run { observer, first: None };
    let limits = SizeLimits::of(trader, special);
    let on = |bit| limits.checks & bit != 0;
    let more_quantity = asked.new || asked.wanted.quantity > asked.had.quantity;
    let more_notional = asked.new || asked.wanted.notional > asked.had.notional;

    let may_trade = trader.enabled && trader.limited;
    if run.check(Check::Account, true, may_trade, 0, 0) {
        return run.first;
    }
    let orders = trader.open_orders + u32::from(asked.new);
    let few = !asked.new || orders <= trader.max_orders;
    let max_orders = i128::from(trader.max_orders);
    if run.check(Check::OpenOrders, on(bits::OPEN_ORDERS), few, max_orders, orders.into()) {
        return run.first;
    }
    let small = !more_quantity || asked.quantity <= limits.quantity;
    let max_quantity = i128::from(limits.quantity);
    let on_quantity = on(bits::ORDER_QUANTITY);
    if run.check(Check::OrderQuantity, on_quantity, small, max_quantity, asked.quantity.into()) {
        return run.first;
    }
    let notional = listed.notional(asked.price.unwrap_or(0), asked.quantity);
    let cheap = !more_notional || notional <= trader.max_notional;
    let on_notional = on(bits::ORDER_NOTIONAL);
    if run.check(Check::OrderNotional, on_notional, cheap, trader.max_notional, notional) {
        return run.first;
    }
    if reference_checks(&mut run, trader, listed, asked) {
        return run.first;
    }
    let more = Reservation {
        quantity: asked.wanted.quantity - asked.had.quantity,
        notional: asked.wanted.notional - asked.had.notional,
    };
    let worst = holding.worst(asked.side) + more.quantity;
    let on_position = on(bits::POSITION);
    // The bound of the engine holds even where the check is off, and then counts as on.
    let max_position = if on_position { limits.position } else { MAX_POSITION };
    let inside = !more_quantity || worst <= max_position;
    let counts = on_position || !inside;
    if run.check(Check::Position, counts, inside, max_position.into(), worst.into()) {
        return run.first;
    }
    let reduced = Reduced::by(holding, asked, more.quantity);
    if !O::SEES_ALL && !on(bits::BUYING_POWER) {
        return (!reduced.passes).then_some(Check::ReduceOnly.reason());
    }
    let more = holding.requirement_with(asked.side, more, listed.rates) - holding.required;
    let there_is = trader.credit + trader.balance;
    let covered = more <= 0 || (more <= there_is && trader.currency == listed.currency);
    if run.check(Check::BuyingPower, on(bits::BUYING_POWER), covered, there_is, more) {
        return run.first;
    }
    let Reduced { counts, passes, position, open } = reduced;
    run.check(Check::ReduceOnly, counts, passes, position.into(), open.into());
    run.first
}

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
        let position = holding.reducible(asked.side);
        let open = holding.open[asked.side] + more;
        Self { counts, passes: !counts || more <= 0 || open <= position, position, open }
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
    let counts_money = trader.checks & (bits::ORDER_NOTIONAL | bits::BUYING_POWER) != 0;
    let unpriced = asked.price.is_none();
    let needed =
        (collar && (asked.limit_price.is_some() || unpriced)) || (unpriced && counts_money);
    run.check(Check::ReferencePrice, needed, reference.is_some(), 0, 0)
}
