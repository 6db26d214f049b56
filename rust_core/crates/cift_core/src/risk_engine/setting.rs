//! What orders are judged by: instruments, accounts, limits, fees, values of currencies, switches.

use bytemuck::Zeroable;
use engine::pod::{
    Account, Command, CommandKind, Flow, Instrument, Limits, ACCOUNT_ENABLED, INSTRUMENT_ENABLED,
};
use engine::risk::{bits, Level};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::{FastRiskEngine, Records};
use crate::reference_batch::{currency_word, schedule, Holder};

/// The highest value of a currency.
const MAX_VALUE: i64 = 1_000_000_000_000_000;

fn name(letter: u8, id: u32) -> [u64; 4] {
    let mut words = [0; 4];
    let text = format!("{}{id}", letter as char);
    bytemuck::bytes_of_mut(&mut words)[..text.len()].copy_from_slice(text.as_bytes());
    words
}

fn command(kind: CommandKind) -> Command {
    Command { kind: kind.number(), ..Command::zeroed() }
}

/// Two numbers that belong together.
fn both<A, B>(first: Option<A>, second: Option<B>, names: &str) -> PyResult<Option<(A, B)>> {
    match (first, second) {
        (Some(first), Some(second)) => Ok(Some((first, second))),
        (None, None) => Ok(None),
        _ => Err(PyValueError::new_err(format!("{names} are given together"))),
    }
}

#[pymethods]
impl FastRiskEngine {
    #[pyo3(signature = (
        instrument, price_scale = 0, quantity_scale = 0, tick_size = 1, lot_size = 1,
        reference_price = 0, initial_margin_bps = 10_000, *, maintenance_margin_bps = 0,
        currency = "X", min_quantity = 0, max_quantity = 0, enabled = true
    ))]
    #[expect(clippy::too_many_arguments, reason = "an instrument has as many fields")]
    fn set_instrument(
        &mut self,
        instrument: u32,
        price_scale: u8,
        quantity_scale: u8,
        tick_size: i64,
        lot_size: i64,
        reference_price: i64,
        initial_margin_bps: u32,
        maintenance_margin_bps: u32,
        currency: &str,
        min_quantity: i64,
        max_quantity: i64,
        enabled: bool,
    ) -> PyResult<()> {
        let instrument = Instrument {
            id: instrument,
            price_scale,
            quantity_scale,
            flags: if enabled { INSTRUMENT_ENABLED } else { 0 },
            symbol: name(b'I', instrument),
            currency: currency_word(currency)?,
            tick_size,
            lot_size,
            min_quantity,
            max_quantity,
            reference_price,
            initial_margin_bps,
            maintenance_margin_bps: maintenance_margin_bps.into(),
            ..Instrument::zeroed()
        };
        let records = Records { instruments: &[instrument], ..Records::default() };
        self.operate(command(CommandKind::SetInstrument), records)
    }

    #[pyo3(signature = (account, enabled = true, firm = 1, currency = "X"))]
    fn set_account(
        &mut self,
        account: u32,
        enabled: bool,
        firm: u32,
        currency: &str,
    ) -> PyResult<()> {
        let account = Account {
            id: account,
            firm,
            flags: if enabled { ACCOUNT_ENABLED } else { 0 },
            name: name(b'A', account),
            currency: currency_word(currency)?,
            self_trade_group: 0,
        };
        let records = Records { accounts: &[account], ..Records::default() };
        self.operate(command(CommandKind::SetAccount), records)
    }

    #[pyo3(signature = (
        account, max_order_quantity = None, max_order_notional = None, collar_bps = None,
        max_position = None, max_open_orders = None, credit = None, instrument = 0, *,
        level = "account", max_gross_position = None, max_gross_exposure = None,
        messages_per_second = None, message_burst = None, duplicate_window_ms = None,
        duplicate_max = None, restricted = false, max_short = None, max_daily_loss = None
    ))]
    #[expect(clippy::too_many_arguments, reason = "there are as many limits")]
    fn set_limits(
        &mut self,
        account: u32,
        max_order_quantity: Option<i64>,
        max_order_notional: Option<i128>,
        collar_bps: Option<u32>,
        max_position: Option<i64>,
        max_open_orders: Option<u32>,
        credit: Option<i128>,
        instrument: u32,
        level: &str,
        max_gross_position: Option<i64>,
        max_gross_exposure: Option<i128>,
        messages_per_second: Option<u32>,
        message_burst: Option<u16>,
        duplicate_window_ms: Option<u16>,
        duplicate_max: Option<u16>,
        restricted: bool,
        max_short: Option<i64>,
        max_daily_loss: Option<i128>,
    ) -> PyResult<()> {
        let names = "messages_per_second and message_burst";
        let rate = both(messages_per_second, message_burst, names)?;
        let names = "duplicate_window_ms and duplicate_max";
        let duplicates = both(duplicate_window_ms, duplicate_max, names)?;
        let on = |given: bool, bit: u64| if given { bit } else { 0 };
        let flow = Flow {
            messages: rate.map_or(0, |rate| rate.0),
            burst: rate.map_or(0, |rate| rate.1),
            window_ms: duplicates.map_or(0, |of| of.0),
            duplicates: duplicates.map_or(0, |of| of.1),
        };
        if Flow::read(flow.word()) != flow {
            let problem = "messages_per_second is below 2^20, duplicate_max below 2^12";
            return Err(PyValueError::new_err(problem));
        }
        let mut limits = Limits {
            account,
            instrument,
            checks: on(max_order_quantity.is_some(), bits::ORDER_QUANTITY)
                | on(max_order_notional.is_some(), bits::ORDER_NOTIONAL)
                | on(collar_bps.is_some(), bits::COLLAR)
                | on(max_position.is_some(), bits::POSITION)
                | on(max_open_orders.is_some(), bits::OPEN_ORDERS)
                | on(credit.is_some(), bits::BUYING_POWER)
                | on(max_gross_position.is_some(), bits::GROSS_POSITION)
                | on(max_gross_exposure.is_some(), bits::GROSS_EXPOSURE)
                | on(rate.is_some(), bits::MESSAGE_RATE)
                | on(duplicates.is_some(), bits::DUPLICATES)
                | on(restricted, bits::RESTRICTED)
                | on(max_short.is_some(), bits::SHORT_SALES)
                | on(max_daily_loss.is_some(), bits::DAILY_LOSS)
                | Holder::of(level)?.bit(),
            max_order_quantity: max_order_quantity.unwrap_or(0),
            max_position: max_position.unwrap_or(0),
            collar_bps: collar_bps.unwrap_or(0),
            max_open_orders: max_open_orders.unwrap_or(0),
            flow: flow.word(),
            max_gross_position: max_gross_position.unwrap_or(0),
            max_short: max_short.unwrap_or(0),
            ..Limits::zeroed()
        };
        limits.set_max_order_notional(max_order_notional.unwrap_or(0));
        limits.set_credit(credit.unwrap_or(0));
        limits.set_max_gross_exposure(max_gross_exposure.unwrap_or(0));
        limits.set_max_daily_loss(max_daily_loss.unwrap_or(0));
        let records = Records { limits: &[limits], ..Records::default() };
        self.operate(command(CommandKind::SetLimits), records)
    }

    #[pyo3(signature = (tiers, holder = 0, level = "venue"))]
    fn set_fees(&mut self, tiers: Vec<[i64; 3]>, holder: u32, level: &str) -> PyResult<()> {
        let schedule = schedule(&tiers, holder, Holder::of(level)?)?;
        let records = Records { fees: &[schedule], ..Records::default() };
        self.operate(command(CommandKind::SetFees), records)
    }

    fn set_conversion(&mut self, currency: &str, value: i64) -> PyResult<()> {
        if !(1..=MAX_VALUE).contains(&value) {
            return Err(PyValueError::new_err("a value is 1 to 10^15, in 10^-9"));
        }
        let order_id = currency_word(currency)?;
        let conversion = Command { order_id, price: value, ..command(CommandKind::SetConversion) };
        self.operate(conversion, Records::default())
    }

    fn set_last_trade(&mut self, instrument: u32, price: i64) -> PyResult<()> {
        let told = Command { instrument, price, ..command(CommandKind::SetLastTrade) };
        self.operate(told, Records::default())
    }

    #[pyo3(signature = (level = "venue", holder = 0))]
    fn kill(&mut self, level: &str, holder: u32) -> PyResult<Vec<u64>> {
        let whose = self.switch(CommandKind::Kill, level, holder)?;
        let engine = &self.engine;
        let is_held = |account: u32| match whose {
            Level::Account => account == holder,
            Level::Firm => engine.account(account).is_some_and(|of| of.firm == holder),
            Level::Venue => true,
        };
        let held = self.open.iter().filter(|(_, open)| is_held(open.account));
        let mut orders: Vec<u64> = held.map(|(&order_id, _)| order_id).collect();
        orders.sort_unstable();
        Ok(orders)
    }

    #[pyo3(signature = (level = "venue", holder = 0))]
    fn unkill(&mut self, level: &str, holder: u32) -> PyResult<()> {
        self.switch(CommandKind::Unkill, level, holder).map(|_| ())
    }
}

impl FastRiskEngine {
    /// Turns a kill switch; returns whose it is.
    fn switch(&mut self, kind: CommandKind, level: &str, account: u32) -> PyResult<Level> {
        let whose = Holder::of(level)?;
        let switch = Command { account, payload_index: whose.number(), ..command(kind) };
        self.operate(switch, Records::default())?;
        Ok(whose.0)
    }
}
