//! What is told of limits, positions and money, as rows.

use engine::pod::{Account, Flow, Instrument, Limits};
use engine::risk::{bits, Level, Position};
use engine::RiskEngine;
use pyo3::prelude::*;
use wire::reference;
use wire::response::word_text;

/// Decimals of an average price beyond those of prices.
const AVERAGE_PLACES: i128 = 1_000_000;

/// The position of one account in one instrument.
#[pyclass(module = "cift_core", frozen, get_all)]
pub struct PositionRow {
    pub symbol: String,
    price_scale: u8,
    quantity_scale: u8,
    quantity: i64,
    open_buy_quantity: i64,
    open_sell_quantity: i64,
    net_cost: i128,
    currency: String,
    cost: i128,
    average_price: Option<i128>,
    realized: i128,
    unrealized: Option<i128>,
    fees: i128,
    reference_price: i64,
}

impl PositionRow {
    pub fn new(position: &Position, instrument: &Instrument) -> Self {
        let held = i128::from(position.quantity.unsigned_abs());
        Self {
            symbol: name(&instrument.symbol),
            price_scale: instrument.price_scale,
            quantity_scale: instrument.quantity_scale,
            quantity: position.quantity,
            open_buy_quantity: position.open_buy,
            open_sell_quantity: position.open_sell,
            net_cost: position.money(-position.cash),
            currency: word(instrument.currency),
            cost: position.money(position.cost),
            average_price: (held != 0).then(|| average(position.cost, held)),
            realized: position.money(position.realised),
            unrealized: unrealised(position),
            fees: position.fees,
            reference_price: position.reference_price,
        }
    }
}

/// Cost over quantity, rounded down, to six places more than it has; neither is negative.
fn average(cost: i128, held: i128) -> i128 {
    (cost / held).saturating_mul(AVERAGE_PLACES) + (cost % held) * AVERAGE_PLACES / held
}

/// Profit and loss of a position at the reference price, money; none without one, unless there is
/// nothing to value.
fn unrealised(position: &Position) -> Option<i128> {
    if position.reference_price == 0 && position.quantity != 0 {
        return None;
    }
    let worth = i128::from(position.quantity) * i128::from(position.reference_price);
    Some(position.money(position.cash + worth - position.realised))
}

/// What one account has at stake.
#[pyclass(module = "cift_core", frozen, get_all)]
pub struct ExposureRow {
    pub currency: String,
    pub open_orders: u32,
    pub reserved: i128,
    pub used: i128,
    pub buying_power: Option<i128>,
    pub credit: Option<i128>,
    pub gross_exposure: Option<i128>,
    pub equity: i128,
    pub maintenance_margin: i128,
    pub close_only: bool,
    pub killed: bool,
}

impl ExposureRow {
    pub fn of(engine: &RiskEngine, account: &Account) -> Option<Self> {
        let buying = engine.buying(account.id)?;
        let standing = engine.standing(Level::Account, account.id)?;
        let credit = buying.checked.then_some(buying.credit);
        Some(Self {
            currency: word(account.currency),
            open_orders: buying.open_orders,
            reserved: buying.reserved,
            used: buying.used,
            buying_power: buying.checked.then_some(buying.available),
            credit,
            gross_exposure: standing.exposure,
            equity: buying.equity,
            maintenance_margin: buying.maintenance,
            close_only: buying.close_only || is_close_only(engine, account),
            killed: standing.halted,
        })
    }
}

/// Whether only what reduces a position is let through, since a loss of the account's firm, or of
/// the venue, is at its limit.
fn is_close_only(engine: &RiskEngine, account: &Account) -> bool {
    [(Level::Firm, account.firm), (Level::Venue, 0)].into_iter().any(|(level, holder)| {
        let limits = engine.limits_of(level, holder);
        let on = limits
            .first()
            .filter(|limits| limits.instrument == 0 && limits.checks & bits::DAILY_LOSS != 0);
        let Some(limits) = on else { return false };
        let standing = engine.standing(level, holder);
        standing.is_some_and(|standing| standing.day < -limits.max_daily_loss())
    })
}

/// What an account, a firm or the venue has won and lost.
#[pyclass(module = "cift_core", frozen, get_all)]
pub struct ProfitAndLossRow {
    pub day: i128,
    pub total: i128,
    pub realized: Option<i128>,
    pub unrealized: Option<i128>,
    pub fees: Option<i128>,
    pub traded_30_days: Option<i128>,
    pub currency: String,
}

impl ProfitAndLossRow {
    pub fn of(engine: &RiskEngine, level: Level, holder: u32) -> Option<Self> {
        let standing = engine.standing(level, holder)?;
        let buying = match level {
            Level::Account => engine.buying(holder),
            Level::Firm | Level::Venue => None,
        };
        Some(Self {
            day: standing.day,
            total: standing.total,
            // What is realised is told after fees, and here before them.
            realized: buying.map(|buying| buying.realised + buying.fees),
            unrealized: buying.map(|buying| standing.total - buying.realised),
            fees: buying.map(|buying| buying.fees),
            traded_30_days: buying.and_then(|_| engine.volume(holder)),
            currency: word(engine.currency(level, holder).unwrap_or(0)),
        })
    }
}

/// The limits of an account, a firm or the venue; none: the check is off.
#[pyclass(module = "cift_core", frozen, get_all)]
pub struct LimitsRow {
    instrument: u32,
    symbol: String,
    max_order_quantity: Option<i64>,
    max_order_notional: Option<i128>,
    collar_bps: Option<u32>,
    max_position: Option<i64>,
    max_open_orders: Option<u32>,
    credit: Option<i128>,
    max_gross_position: Option<i64>,
    max_gross_exposure: Option<i128>,
    messages_per_second: Option<u32>,
    message_burst: Option<u16>,
    duplicate_window_ms: Option<u16>,
    duplicate_max: Option<u16>,
    restricted: bool,
    max_short: Option<i64>,
    max_daily_loss: Option<i128>,
}

impl LimitsRow {
    /// The row of limits on an instrument, or (none) on all.
    pub fn new(limits: &Limits, instrument: Option<&Instrument>) -> Self {
        let on = |bit| limits.checks & bit != 0;
        let flow = Flow::read(limits.flow);
        Self {
            instrument: limits.instrument,
            symbol: instrument.map(|instrument| name(&instrument.symbol)).unwrap_or_default(),
            max_order_quantity: on(bits::ORDER_QUANTITY).then_some(limits.max_order_quantity),
            max_order_notional: on(bits::ORDER_NOTIONAL).then(|| limits.max_order_notional()),
            collar_bps: on(bits::COLLAR).then_some(limits.collar_bps),
            max_position: on(bits::POSITION).then_some(limits.max_position),
            max_open_orders: on(bits::OPEN_ORDERS).then_some(limits.max_open_orders),
            credit: on(bits::BUYING_POWER).then(|| limits.credit()),
            max_gross_position: on(bits::GROSS_POSITION).then_some(limits.max_gross_position),
            max_gross_exposure: on(bits::GROSS_EXPOSURE).then(|| limits.max_gross_exposure()),
            messages_per_second: on(bits::MESSAGE_RATE).then_some(flow.messages),
            message_burst: on(bits::MESSAGE_RATE).then_some(flow.burst),
            duplicate_window_ms: on(bits::DUPLICATES).then_some(flow.window_ms),
            duplicate_max: on(bits::DUPLICATES).then_some(flow.duplicates),
            restricted: on(bits::RESTRICTED),
            max_short: on(bits::SHORT_SALES).then_some(limits.max_short),
            max_daily_loss: on(bits::DAILY_LOSS).then(|| limits.max_daily_loss()),
        }
    }
}

impl LimitsRow {
    /// All limits of a holder.
    pub fn all_of(engine: &RiskEngine, level: Level, holder: u32) -> Vec<Self> {
        let all = engine.limits_of(level, holder);
        all.iter().map(|one| Self::new(one, engine.instrument(one.instrument))).collect()
    }
}

/// A symbol, or the name of an account.
pub fn name(words: &reference::Name) -> String {
    String::from_utf8_lossy(reference::text(words)).into_owned()
}

/// A currency.
pub fn word(word: u64) -> String {
    String::from_utf8_lossy(word_text(&word)).into_owned()
}
