//! Pre-trade risk for its own sake: limits in, verdicts out, fills told by the caller.

use bytemuck::Zeroable;
use engine::pod::{
    Account, BatchStatus, ClOrdId, Command, CommandKind, Event as EventRecord, ExecType,
    Instrument, Limits, OrdType, TimeInForce, Verdict, VerdictKind, ACCOUNT_ENABLED,
    FLAG_REDUCE_ONLY, INSTRUMENT_ENABLED, MAX_PRICE,
};
use engine::risk::{bits, RELAY};
use engine::{Batch, FillsView, RiskEngine, Risked};
use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;
use wire::reference::WordMap;
use wire::response::explain;

use crate::error::CiftError;
use crate::records::side_of;

/// What is known of an open order, for the events that the engine is told.
#[derive(Clone, Copy)]
struct Open {
    account: u32,
    side: u16,
    price: i64,
    cum: i64,
    leaves: i64,
}

/// The risk engine of accounts and instruments of the caller's own.
#[pyclass(module = "cift_core")]
pub struct FastRiskEngine {
    engine: RiskEngine,
    risked: Risked,
    time_ns: i64,
    open: WordMap<u64, Open>,
}

/// What the engine says of an order.
#[pyclass(module = "cift_core", frozen, get_all)]
pub struct RiskVerdict {
    accepted: bool,
    order_id: u64,
    reason: u16,
    text: &'static str,
}

impl FastRiskEngine {
    /// One message of ORDERS with one command, and its verdict.
    fn judge(
        &mut self,
        command: Command,
        instruments: &[Instrument],
        accounts: &[Account],
        limits: &[Limits],
    ) -> PyResult<Verdict> {
        let sequence = self.engine.applied() + 1;
        let batch = Batch {
            sequence,
            time_ns: self.time_ns,
            origin: RELAY,
            batch: sequence,
            fills_seen: sequence - 1,
            status: BatchStatus::Applied,
            commands: &[command],
            verdicts: &[],
            orig_cl_ord_ids: &[],
            instruments,
            accounts,
            limits,
            terms: &[],
            rules: &[],
            fees: &[],
        };
        self.engine.apply(&batch, &mut self.risked).map_err(broken)?;
        Ok(self.risked.verdicts[0])
    }

    /// The message of FILLS that answers it.
    fn happened(&mut self, events: &[EventRecord]) -> PyResult<()> {
        let fills = FillsView {
            sequence: self.engine.applied(),
            time_ns: self.time_ns,
            origin: RELAY,
            batch: self.engine.applied(),
            status: BatchStatus::Applied,
            outcomes: &[],
            events,
            instruments: &[],
            accounts: &[],
            limits: &[],
            statuses: &[],
        };
        self.engine.apply_fills(&fills).map_err(broken)
    }

    /// Something that happens to an order without a command that asks for it.
    fn told(&mut self, order_id: u64, open: Open, event: EventRecord) -> PyResult<()> {
        let tick = Command { kind: CommandKind::Tick.number(), ..Command::zeroed() };
        self.judge(tick, &[], &[], &[])?;
        self.happened(&[EventRecord {
            side: open.side,
            account: open.account,
            order_id,
            price: open.price,
            quantity: open.cum + open.leaves,
            cum_quantity: open.cum,
            ..event
        }])
    }

    fn set(
        &mut self,
        kind: CommandKind,
        instruments: &[Instrument],
        accounts: &[Account],
        limits: &[Limits],
    ) -> PyResult<()> {
        let command = Command { kind: kind.number(), ..Command::zeroed() };
        let verdict = self.judge(command, instruments, accounts, limits)?;
        self.happened(&[])?;
        if verdict.kind == VerdictKind::Accepted.number() {
            return Ok(());
        }
        Err(PyValueError::new_err(explain(verdict.reason)))
    }

    fn of(&self, order_id: u64) -> PyResult<Open> {
        let open = self.open.get(&order_id).copied();
        open.ok_or_else(|| PyKeyError::new_err(format!("no open order {order_id}")))
    }
}

fn broken(error: impl core::fmt::Display) -> PyErr {
    CiftError::new_err(error.to_string())
}

/// An event of a kind, with nothing else in it.
fn event(kind: ExecType) -> EventRecord {
    EventRecord { exec_type: kind.number(), ..EventRecord::zeroed() }
}

fn name(letter: u8, id: u32) -> [u64; 4] {
    let mut words = [0; 4];
    let text = format!("{}{id}", letter as char);
    bytemuck::bytes_of_mut(&mut words)[..text.len()].copy_from_slice(text.as_bytes());
    words
}

/// The one currency there is here.
fn currency() -> u64 {
    u64::from_le_bytes(*b"X\0\0\0\0\0\0\0")
}

#[pymethods]
impl FastRiskEngine {
    #[new]
    fn new() -> Self {
        let (risked, open) = (Risked::default(), WordMap::default());
        Self { engine: RiskEngine::new(0), risked, time_ns: 0, open }
    }

    #[pyo3(signature = (
        instrument, price_scale = 0, quantity_scale = 0, tick_size = 1, lot_size = 1,
        reference_price = 0, initial_margin_bps = 10_000
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
    ) -> PyResult<()> {
        let instrument = Instrument {
            id: instrument,
            price_scale,
            quantity_scale,
            flags: INSTRUMENT_ENABLED,
            symbol: name(b'I', instrument),
            currency: currency(),
            tick_size,
            lot_size,
            reference_price,
            initial_margin_bps,
            ..Instrument::zeroed()
        };
        self.set(CommandKind::SetInstrument, &[instrument], &[], &[])
    }

    #[pyo3(signature = (account, enabled = true))]
    fn set_account(&mut self, account: u32, enabled: bool) -> PyResult<()> {
        let account = Account {
            id: account,
            firm: 1,
            flags: if enabled { ACCOUNT_ENABLED } else { 0 },
            name: name(b'A', account),
            currency: currency(),
            self_trade_group: 0,
        };
        self.set(CommandKind::SetAccount, &[], &[account], &[])
    }

    #[pyo3(signature = (
        account, max_order_quantity = None, max_order_notional = None, collar_bps = None,
        max_position = None, max_open_orders = None, credit = None, instrument = 0
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
    ) -> PyResult<()> {
        let on = |given: bool, bit: u64| if given { bit } else { 0 };
        let mut limits = Limits {
            account,
            instrument,
            checks: on(max_order_quantity.is_some(), bits::ORDER_QUANTITY)
                | on(max_order_notional.is_some(), bits::ORDER_NOTIONAL)
                | on(collar_bps.is_some(), bits::COLLAR)
                | on(max_position.is_some(), bits::POSITION)
                | on(max_open_orders.is_some(), bits::OPEN_ORDERS)
                | on(credit.is_some(), bits::BUYING_POWER),
            max_order_quantity: max_order_quantity.unwrap_or(0),
            max_position: max_position.unwrap_or(0),
            collar_bps: collar_bps.unwrap_or(0),
            max_open_orders: max_open_orders.unwrap_or(0),
            ..Limits::zeroed()
        };
        limits.set_max_order_notional(max_order_notional.unwrap_or(0));
        limits.set_credit(credit.unwrap_or(0));
        self.set(CommandKind::SetLimits, &[], &[], &[limits])
    }

    #[pyo3(signature = (
        account, instrument, side, price, quantity, ord_type = "limit", reduce_only = false
    ))]
    #[expect(clippy::too_many_arguments, reason = "an order has as many fields")]
    fn submit(
        &mut self,
        account: u32,
        instrument: u32,
        side: &str,
        price: i64,
        quantity: i64,
        ord_type: &str,
        reduce_only: bool,
    ) -> PyResult<RiskVerdict> {
        let (ord_type, time_in_force) = match ord_type {
            "limit" => (OrdType::Limit, TimeInForce::Gtc),
            "market" => (OrdType::Market, TimeInForce::Ioc),
            _ => return Err(PyValueError::new_err("ord_type is 'limit' or 'market'")),
        };
        let side = side_of(side)?.number();
        let mut command = Command {
            kind: CommandKind::NewOrder.number(),
            side,
            ord_type: ord_type.number(),
            time_in_force: time_in_force.number(),
            flags: if reduce_only { FLAG_REDUCE_ONLY } else { 0 },
            account,
            instrument,
            price,
            quantity,
            ..Command::zeroed()
        };
        let number = format!("{}", self.engine.applied() + 1);
        command.set_cl_ord_id(ClOrdId::new(number.as_bytes()).expect("digits"));
        let verdict = self.judge(command, &[], &[], &[])?;
        let accepted = verdict.kind == VerdictKind::Accepted.number();
        let order_id = if accepted { verdict.order_id } else { 0 };
        let mut answer = event(ExecType::New);
        (answer.account, answer.order_id, answer.leaves_quantity) = (account, order_id, quantity);
        answer.flags = command.flags;
        self.happened(if accepted { core::slice::from_ref(&answer) } else { &[] })?;
        if accepted {
            self.open.insert(order_id, Open { account, side, price, cum: 0, leaves: quantity });
        }
        let text = if accepted { "" } else { explain(verdict.reason) };
        Ok(RiskVerdict { accepted, order_id, reason: verdict.reason, text })
    }

    fn trade(&mut self, order_id: u64, price: i64, quantity: i64) -> PyResult<()> {
        let mut open = self.of(order_id)?;
        if !(1..=MAX_PRICE).contains(&price) || !(1..=open.leaves).contains(&quantity) {
            let problem = "a trade has a price, and at most the order's open quantity";
            return Err(PyValueError::new_err(problem));
        }
        open.cum += quantity;
        open.leaves -= quantity;
        let mut trade = event(ExecType::Trade);
        (trade.last_price, trade.last_quantity) = (price, quantity);
        trade.leaves_quantity = open.leaves;
        self.told(order_id, open, trade)?;
        if open.leaves == 0 {
            self.open.remove(&order_id);
        } else {
            self.open.insert(order_id, open);
        }
        Ok(())
    }

    fn end(&mut self, order_id: u64) -> PyResult<()> {
        let open = self.of(order_id)?;
        self.told(order_id, open, event(ExecType::Canceled))?;
        self.open.remove(&order_id);
        Ok(())
    }

    fn advance(&mut self, time_ns: i64) -> PyResult<()> {
        if time_ns < self.time_ns {
            return Err(PyValueError::new_err("time never goes back"));
        }
        self.time_ns = time_ns;
        Ok(())
    }

    fn position(&self, account: u32, instrument: u32) -> i64 {
        self.engine.position_in(account, instrument).map_or(0, |position| position.quantity)
    }

    fn buying_power(&self, account: u32) -> Option<i128> {
        let buying = self.engine.buying(account)?;
        buying.checked.then_some(buying.available)
    }

    fn open_orders(&self, account: u32) -> u32 {
        self.engine.buying(account).map_or(0, |buying| buying.open_orders)
    }

    #[getter]
    fn state_hash(&self) -> u64 {
        self.engine.state_hash()
    }
}
