//! Pre-trade risk for its own sake: limits in, verdicts out, fills told by the caller.

mod batch;
mod queries;
mod setting;

use bytemuck::Zeroable;
use engine::pod::{
    Account, BatchStatus, ClOrdId, Command, CommandKind, Event as EventRecord, ExecType,
    FeeSchedule, Instrument, Limits, Liquidity, OrdType, TimeInForce, VerdictKind,
    FLAG_REDUCE_ONLY, MAX_COMMANDS, MAX_PRICE,
};
use engine::reject::Reject;
use engine::risk::RELAY;
use engine::{Batch, FillsView, RiskEngine, Risked};
use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;
use wire::reference::WordMap;
use wire::response::explain;

use crate::error::CiftError;
use crate::records::side_of;

pub use batch::{fast_order_dtype, fast_trade_dtype, fast_verdict_dtype};
pub use queries::{RiskCheck, RiskDryRun};

use batch::{OrderRow, TradeRow, VerdictRow};

/// What is known of an open order, for the events that the engine is told.
#[derive(Clone, Copy)]
struct Open {
    account: u32,
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
    /// Orders judged, which numbers them.
    judged: u64,
    commands: Vec<Command>,
    events: Vec<EventRecord>,
}

/// What the engine says of an order.
#[pyclass(module = "cift_core", frozen, get_all)]
pub struct RiskVerdict {
    accepted: bool,
    order_id: u64,
    reason: u16,
    text: &'static str,
}

/// What commands name.
#[derive(Clone, Copy, Default)]
struct Records<'a> {
    instruments: &'a [Instrument],
    accounts: &'a [Account],
    limits: &'a [Limits],
    fees: &'a [FeeSchedule],
}

fn broken(error: impl core::fmt::Display) -> PyErr {
    CiftError::new_err(error.to_string())
}

/// An event of a kind, about an order.
fn event(kind: ExecType, order_id: u64, open: Open) -> EventRecord {
    EventRecord {
        exec_type: kind.number(),
        account: open.account,
        order_id,
        quantity: open.cum + open.leaves,
        cum_quantity: open.cum,
        leaves_quantity: open.leaves,
        ..EventRecord::zeroed()
    }
}

impl FastRiskEngine {
    /// One message of ORDERS.
    fn ask(&mut self, commands: &[Command], records: Records<'_>) -> PyResult<()> {
        let sequence = self.engine.applied() + 1;
        let batch = Batch {
            sequence,
            time_ns: self.time_ns,
            origin: RELAY,
            batch: sequence,
            fills_seen: sequence - 1,
            status: BatchStatus::Applied,
            commands,
            verdicts: &[],
            orig_cl_ord_ids: &[],
            instruments: records.instruments,
            accounts: records.accounts,
            limits: records.limits,
            terms: &[],
            rules: &[],
            fees: records.fees,
        };
        self.engine.apply(&batch, &mut self.risked).map_err(broken)
    }

    /// The message of FILLS that answers it.
    fn happened(&mut self) -> PyResult<()> {
        let fills = FillsView {
            sequence: self.engine.applied(),
            time_ns: self.time_ns,
            origin: RELAY,
            batch: self.engine.applied(),
            status: BatchStatus::Applied,
            outcomes: &[],
            events: &self.events,
            instruments: &[],
            accounts: &[],
            limits: &[],
            statuses: &[],
        };
        self.engine.apply_fills(&fills).map_err(broken)?;
        self.events.clear();
        Ok(())
    }

    /// An operator's command; what refuses it is an exception.
    fn operate(&mut self, command: Command, records: Records<'_>) -> PyResult<()> {
        self.ask(&[command], records)?;
        let verdict = self.risked.verdicts[0];
        self.happened()?;
        if verdict.kind == VerdictKind::Accepted.number() {
            return Ok(());
        }
        let problem = match Reject::from_number(verdict.reason) {
            Some(Reject::UnsupportedCharacteristic) => {
                "a value is out of bounds, or another than before of what never changes"
            }
            _ => explain(verdict.reason),
        };
        Err(PyValueError::new_err(problem))
    }

    /// The command of an order; a row that says nothing of them is of a limit order that stays.
    fn command(&mut self, row: &OrderRow) -> Command {
        let ord_type = match row.ord_type {
            0 => OrdType::Limit.number(),
            number => number.into(),
        };
        let time_in_force = match row.time_in_force {
            0 if ord_type == OrdType::Market.number() => TimeInForce::Ioc.number(),
            0 => TimeInForce::Gtc.number(),
            number => number.into(),
        };
        let mut command = Command {
            kind: CommandKind::NewOrder.number(),
            side: row.side.into(),
            ord_type,
            time_in_force,
            flags: if row.reduce_only != 0 { FLAG_REDUCE_ONLY } else { 0 },
            account: row.account,
            instrument: row.instrument,
            price: row.price,
            quantity: row.quantity,
            stop_price: row.stop_price,
            ..Command::zeroed()
        };
        command.set_cl_ord_id(self.next_id());
        command
    }

    /// A client order id that was never used; the caller has none.
    fn next_id(&mut self) -> ClOrdId {
        self.judged += 1;
        ClOrdId { words: [self.judged, 0, 0, 0, 0] }
    }

    /// Judges orders, in messages of as many as one holds, and appends what is said of each.
    fn judge(&mut self, rows: &[OrderRow], out: &mut Vec<VerdictRow>) -> PyResult<()> {
        for rows in rows.chunks(MAX_COMMANDS) {
            let mut commands = core::mem::take(&mut self.commands);
            commands.clear();
            commands.extend(rows.iter().map(|row| self.command(row)));
            let asked = self.ask(&commands, Records::default());
            self.commands = commands;
            asked?;
            for (row, verdict) in rows.iter().zip(&self.risked.verdicts) {
                let accepted = verdict.kind == VerdictKind::Accepted.number();
                let order_id = if accepted { verdict.order_id } else { 0 };
                if accepted {
                    let open = Open { account: row.account, cum: 0, leaves: row.quantity };
                    self.events.push(event(ExecType::New, order_id, open));
                    self.open.insert(order_id, open);
                }
                let (accepted, reason) = (accepted.into(), verdict.reason);
                out.push(VerdictRow { order_id, reason, accepted, reserved: [0; 5] });
            }
            self.happened()?;
        }
        Ok(())
    }

    /// Why a trade can't be; else it is noted, to be told with the next message.
    fn note_trade(&mut self, row: &TradeRow) -> Option<Reject> {
        let Some(&open) = self.open.get(&row.order_id) else { return Some(Reject::UnknownOrder) };
        if !(1..=open.leaves).contains(&row.quantity) {
            return Some(Reject::IncorrectQuantity);
        }
        if !(1..=MAX_PRICE).contains(&row.price) {
            return Some(Reject::TickSize);
        }
        let (cum, leaves) = (open.cum + row.quantity, open.leaves - row.quantity);
        let open = Open { cum, leaves, ..open };
        let liquidity = if row.maker == 0 { Liquidity::Taker } else { Liquidity::Maker };
        self.events.push(EventRecord {
            last_price: row.price,
            last_quantity: row.quantity,
            liquidity: liquidity.number(),
            ..event(ExecType::Trade, row.order_id, open)
        });
        if leaves == 0 {
            self.open.remove(&row.order_id);
        } else {
            self.open.insert(row.order_id, open);
        }
        None
    }

    /// Why an order can't end; else that is noted, to be told with the next message.
    fn note_end(&mut self, order_id: u64) -> Option<Reject> {
        let Some(open) = self.open.remove(&order_id) else { return Some(Reject::UnknownOrder) };
        self.events
            .push(EventRecord { leaves_quantity: 0, ..event(ExecType::Canceled, order_id, open) });
        None
    }

    /// Tells what was noted, in a message whose command only carries time.
    fn tell(&mut self) -> PyResult<()> {
        if self.events.is_empty() {
            return Ok(());
        }
        let tick = Command { kind: CommandKind::Tick.number(), ..Command::zeroed() };
        self.ask(&[tick], Records::default())?;
        self.happened()
    }
}

/// The order type of this name.
fn ord_type_of(name: &str) -> PyResult<OrdType> {
    Ok(match name {
        "limit" => OrdType::Limit,
        "market" => OrdType::Market,
        "market_to_limit" => OrdType::MarketToLimit,
        "stop" => OrdType::Stop,
        "stop_limit" => OrdType::StopLimit,
        "pegged" => OrdType::Pegged,
        _ => {
            let problem = "ord_type is 'limit', 'market', 'market_to_limit', 'stop', 'stop_limit' \
                           or 'pegged'";
            return Err(PyValueError::new_err(problem));
        }
    })
}

/// An order in words, as the row of a batch.
#[expect(clippy::too_many_arguments, reason = "an order has as many fields")]
fn row_of(
    account: u32,
    instrument: u32,
    side: &str,
    price: i64,
    quantity: i64,
    ord_type: &str,
    reduce_only: bool,
    stop_price: i64,
) -> PyResult<OrderRow> {
    Ok(OrderRow {
        account,
        instrument,
        side: side_of(side)?.number() as u8,
        ord_type: ord_type_of(ord_type)?.number() as u8,
        reduce_only: reduce_only.into(),
        price,
        quantity,
        stop_price,
        ..OrderRow::zeroed()
    })
}

#[pymethods]
impl FastRiskEngine {
    #[new]
    fn new() -> Self {
        Self {
            engine: RiskEngine::new(0),
            risked: Risked::default(),
            time_ns: 0,
            open: WordMap::default(),
            judged: 0,
            commands: Vec::new(),
            events: Vec::new(),
        }
    }

    #[pyo3(signature = (
        account, instrument, side, price, quantity, ord_type = "limit", reduce_only = false,
        stop_price = 0
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
        stop_price: i64,
    ) -> PyResult<RiskVerdict> {
        let more = (ord_type, reduce_only, stop_price);
        let row = row_of(account, instrument, side, price, quantity, more.0, more.1, more.2)?;
        let mut said = Vec::with_capacity(1);
        self.judge(&[row], &mut said)?;
        let VerdictRow { order_id, reason, accepted, .. } = said[0];
        let text = if accepted == 0 { explain(reason) } else { "" };
        Ok(RiskVerdict { accepted: accepted != 0, order_id, reason, text })
    }

    #[pyo3(signature = (order_id, price = None, quantity = None))]
    fn replace(
        &mut self,
        order_id: u64,
        price: Option<i64>,
        quantity: Option<i64>,
    ) -> PyResult<RiskVerdict> {
        let Some(&open) = self.open.get(&order_id) else { return Err(not_open(order_id)) };
        if price.is_some_and(|price| price < 1) || quantity.is_some_and(|quantity| quantity < 1) {
            return Err(PyValueError::new_err("a price and a quantity are above 0"));
        }
        let (price, total) = (price.unwrap_or(0), quantity.unwrap_or(open.cum + open.leaves));
        let mut command = Command {
            kind: CommandKind::ReplaceOrder.number(),
            account: open.account,
            order_id,
            price,
            quantity: quantity.unwrap_or(0),
            ..Command::zeroed()
        };
        command.set_cl_ord_id(self.next_id());
        self.ask(&[command], Records::default())?;
        let verdict = self.risked.verdicts[0];
        let accepted = verdict.kind == VerdictKind::Accepted.number();
        if accepted && total > open.cum {
            let open = Open { leaves: total - open.cum, ..open };
            self.open.insert(order_id, open);
            let replaced = event(ExecType::Replaced, order_id, open);
            self.events.push(EventRecord { price, ..replaced });
        } else if accepted {
            // No more than what has traded: nothing is open any more.
            self.note_end(order_id);
        }
        self.happened()?;
        let text = if accepted { "" } else { explain(verdict.reason) };
        Ok(RiskVerdict { accepted, order_id, reason: verdict.reason, text })
    }

    #[pyo3(signature = (order_id, price, quantity, maker = false))]
    fn trade(&mut self, order_id: u64, price: i64, quantity: i64, maker: bool) -> PyResult<()> {
        let row = TradeRow { order_id, price, quantity, maker: maker.into(), reserved: [0; 7] };
        match self.note_trade(&row) {
            None => self.tell(),
            Some(Reject::UnknownOrder) => Err(not_open(order_id)),
            Some(_) => {
                let problem = "a trade has a price, and at most the order's open quantity";
                Err(PyValueError::new_err(problem))
            }
        }
    }

    fn end(&mut self, order_id: u64) -> PyResult<()> {
        match self.note_end(order_id) {
            None => self.tell(),
            Some(_) => Err(not_open(order_id)),
        }
    }

    fn advance(&mut self, time_ns: i64) -> PyResult<()> {
        if time_ns < self.time_ns {
            return Err(PyValueError::new_err("time never goes back"));
        }
        self.time_ns = time_ns;
        Ok(())
    }
}

fn not_open(order_id: u64) -> PyErr {
    PyKeyError::new_err(format!("no open order {order_id}"))
}
