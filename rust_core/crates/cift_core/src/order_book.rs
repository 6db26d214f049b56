//! One book for its own sake: orders in, events out, nothing else needed.

use bytemuck::Zeroable;
use engine::ids::place;
use engine::pod::{
    BatchStatus, Command, CommandKind, Event as EventRecord, ExecType, Instrument, MarketStatus,
    OrdType, OrderTerms, SelfTrade, SessionState, Side, TimeInForce, Verdict, VerdictKind,
    FLAG_ALL_OR_NONE, FLAG_LEAVES, FLAG_POST_ONLY, FLAG_POST_ONLY_REPRICE, FLAG_TERMS,
    INSTRUMENT_ENABLED, MAX_COMMANDS, TERMS_TAKE_PROFIT, TERMS_TRAILING_BPS, TIMER,
};
use engine::reject::Reject;
use engine::rules::Rules;
use engine::{Batch, Fills, MatchingEngine};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use wire::dtypes;
use wire::reference::{self, WordMap};

use crate::error::CiftError;
use crate::records::{read, side_of, write, Event};

/// The only instrument of a book of its own.
pub const INSTRUMENT: u32 = 1;

/// The instrument of a book or feed of its own.
pub fn instrument(symbol: &str) -> PyResult<Instrument> {
    let symbol = reference::name(symbol.as_bytes())
        .ok_or_else(|| PyValueError::new_err("symbol must match ^[A-Z0-9][A-Z0-9_-]{0,31}$"))?;
    Ok(Instrument {
        id: INSTRUMENT,
        flags: INSTRUMENT_ENABLED,
        symbol,
        tick_size: 1,
        lot_size: 1,
        ..Instrument::zeroed()
    })
}

/// A price-time priority book. The caller names its orders; the engine's own ids stay inside.
#[pyclass(module = "cift_core")]
pub struct FastOrderBook {
    engine: MatchingEngine,
    fills: Fills,
    time_ns: i64,
    /// The caller's ids of open orders, and the engine's.
    ids: WordMap<u64, u64>,
    verdicts: Vec<Verdict>,
    events: Vec<EventRecord>,
    /// Terms of the order under way.
    terms: Vec<OrderTerms>,
    /// What an auction would do now: price, quantity, imbalance.
    indication: Option<(i64, i64, i64)>,
}

impl FastOrderBook {
    /// What stands in risk's place here: finds targets, keeps ids apart, and lets all else pass.
    fn judge(&self, command: &Command, own: u64) -> Verdict {
        let refused = |reason: Reject, order_id| Verdict {
            order_id,
            kind: VerdictKind::Refused.number(),
            reason: reason.number(),
            cancel_reason: if order_id == own { 0 } else { reason.cancel_reject().number() },
            ..Verdict::zeroed()
        };
        let known = self.ids.get(&command.order_id).copied();
        if command.kind == CommandKind::NewOrder.number() {
            return match known {
                Some(_) => refused(Reject::DuplicateClOrdId, own),
                None => Verdict { order_id: own, ..Verdict::zeroed() },
            };
        }
        let operates = [CommandKind::SetSession.number(), CommandKind::SetLastTrade.number()];
        if operates.contains(&command.kind) {
            return Verdict::zeroed();
        }
        let order = known.and_then(|id| self.engine.order(id));
        match order.filter(|order| order.account == command.account) {
            Some(order) => Verdict { order_id: order.id, ..Verdict::zeroed() },
            None => refused(Reject::UnknownOrder, 0),
        }
    }

    /// Applies commands one by one, so that each sees the ids that those before it made or ended.
    fn run(&mut self, commands: &[Command]) -> Result<(), engine::BatchError> {
        self.events.clear();
        for (index, command) in commands.iter().enumerate() {
            let first = self.events.len();
            let sequence = self.engine.applied() + 1;
            let own = place(0, sequence, 0);
            let verdict = self.judge(command, own);
            // The caller's id travels as the order's client order id, and comes back as its id.
            let mut inner = *command;
            inner.instrument = INSTRUMENT;
            inner.order_id = verdict.order_id;
            inner.cl_ord_id = [command.order_id, 1, 0, 0];
            inner.cl_ord_id4 = 0;
            if command.kind == CommandKind::NewOrder.number() {
                inner.order_id = 0;
            }
            self.verdicts.clear();
            self.verdicts.push(verdict);
            self.message(sequence, &[inner])?;
            for event in &mut self.events[first..] {
                if event.command_index != TIMER {
                    event.command_index = index as u32;
                }
            }
        }
        Ok(())
    }

    fn message(&mut self, sequence: u64, commands: &[Command]) -> Result<(), engine::BatchError> {
        let batch = Batch {
            sequence,
            time_ns: self.time_ns,
            origin: 1,
            batch: sequence,
            fills_seen: 0,
            status: BatchStatus::Applied,
            commands,
            verdicts: &self.verdicts,
            orig_cl_ord_ids: &[],
            instruments: &[],
            accounts: &[],
            limits: &[],
            terms: &self.terms,
            rules: &[],
        };
        self.engine.apply(&batch, &mut self.fills)?;
        if let Some(status) = self.fills.statuses.last() {
            let MarketStatus { price, quantity, imbalance, .. } = *status;
            self.indication = (price != 0).then_some((price, quantity, imbalance));
        }
        for event in &self.fills.events {
            let mut event = *event;
            let (inner, outer) = (event.order_id, event.cl_ord_id[0]);
            let refused = [ExecType::Rejected.number(), ExecType::CancelRejected.number()];
            if event.exec_type == ExecType::New.number() {
                self.ids.insert(outer, inner);
            } else if event.leaves_quantity == 0 && !refused.contains(&event.exec_type) {
                self.ids.remove(&outer);
            }
            event.order_id = outer;
            event.cl_ord_id = [0; 4];
            self.events.push(event);
        }
        Ok(())
    }

    fn operate(&mut self, kind: CommandKind, state: u16, price: i64) -> PyResult<Vec<Event>> {
        let kind = kind.number();
        let command = Command { kind, payload_index: state, price, ..Command::zeroed() };
        let events = self.one(command)?;
        // The only refusal there is: such a command names nothing but a price.
        match self.fills.outcomes.last() {
            Some(outcome) if outcome.reason != 0 => {
                Err(PyValueError::new_err("a price is 1 to 10^12"))
            }
            _ => Ok(events),
        }
    }

    fn one(&mut self, command: Command) -> PyResult<Vec<Event>> {
        self.run(&[command]).map_err(|error| CiftError::new_err(error.to_string()))?;
        Ok(self.events.iter().map(Event::new).collect())
    }

    fn level(&self, side: Side) -> Option<(i64, i64, u32)> {
        let level = self.engine.book(INSTRUMENT)?.best(side)?;
        Some((level.price, level.quantity, level.orders))
    }

    fn levels(&self, side: Side, most: usize) -> Vec<(i64, i64, u32)> {
        let book = self.engine.book(INSTRUMENT);
        let levels = book.into_iter().flat_map(|book| book.levels(side));
        levels.take(most).map(|level| (level.price, level.quantity, level.orders)).collect()
    }
}

#[pymethods]
impl FastOrderBook {
    #[new]
    #[pyo3(signature = (symbol = "X", tick_size = 1, lot_size = 1, policies = 0))]
    fn new(symbol: &str, tick_size: i64, lot_size: i64, policies: u32) -> PyResult<Self> {
        let instrument = Instrument { tick_size, lot_size, policies, ..instrument(symbol)? };
        if !instrument.is_valid() || Rules::read(policies).is_none() {
            return Err(PyValueError::new_err("no such tick, lot or policies"));
        }
        let mut book = Self {
            engine: MatchingEngine::new(0),
            fills: Fills::default(),
            time_ns: 0,
            ids: WordMap::default(),
            verdicts: vec![Verdict::zeroed()],
            events: Vec::new(),
            terms: Vec::new(),
            indication: None,
        };
        let command = Command { kind: CommandKind::SetInstrument.number(), ..Command::zeroed() };
        let batch = Batch {
            sequence: 1,
            time_ns: 0,
            origin: 1,
            batch: 1,
            fills_seen: 0,
            status: BatchStatus::Applied,
            commands: &[command],
            verdicts: &book.verdicts,
            orig_cl_ord_ids: &[],
            instruments: &[instrument],
            accounts: &[],
            limits: &[],
            terms: &[],
            rules: &[],
        };
        book.engine
            .apply(&batch, &mut book.fills)
            .map_err(|error| CiftError::new_err(error.to_string()))?;
        Ok(book)
    }

    #[pyo3(signature = (
        order_id, side, price, quantity, ord_type = "limit", time_in_force = "gtc", account = 0, *,
        stop_price = 0, display_quantity = 0, min_visible_quantity = 0, min_quantity = 0,
        all_or_none = false, post_only = None, self_trade = None, self_trade_group = 0,
        trailing_offset = 0, trailing_bps = false, activation_price = 0, take_profit = false,
        expire_time_ns = 0
    ))]
    #[expect(clippy::too_many_arguments, reason = "an order has as many fields")]
    fn submit(
        &mut self,
        order_id: u64,
        side: &str,
        price: i64,
        quantity: i64,
        ord_type: &str,
        time_in_force: &str,
        account: u32,
        stop_price: i64,
        display_quantity: i64,
        min_visible_quantity: i64,
        min_quantity: i64,
        all_or_none: bool,
        post_only: Option<&str>,
        self_trade: Option<&str>,
        self_trade_group: u32,
        trailing_offset: i64,
        trailing_bps: bool,
        activation_price: i64,
        take_profit: bool,
        expire_time_ns: i64,
    ) -> PyResult<Vec<Event>> {
        let mut flags = match post_only {
            None => 0,
            Some("reject") => FLAG_POST_ONLY,
            Some("reprice") => FLAG_POST_ONLY_REPRICE,
            Some(_) => return Err(PyValueError::new_err("post_only is 'reject' or 'reprice'")),
        };
        flags |= if all_or_none { FLAG_ALL_OR_NONE } else { 0 };
        let terms = OrderTerms {
            activation_price,
            trailing_offset,
            min_visible_quantity,
            flags: if trailing_bps { TERMS_TRAILING_BPS } else { 0 }
                | if take_profit { TERMS_TAKE_PROFIT } else { 0 },
            ..OrderTerms::default()
        };
        self.terms.clear();
        if terms != OrderTerms::default() {
            flags |= FLAG_TERMS;
            self.terms.push(terms);
        }
        let command = Command {
            kind: CommandKind::NewOrder.number(),
            side: side_of(side)?.number(),
            ord_type: named("ord_type", ord_type, ORD_TYPES)?.number(),
            time_in_force: named("time_in_force", time_in_force, TIMES_IN_FORCE)?.number(),
            self_trade_prevention: match self_trade {
                None => 0,
                Some(name) => named("self_trade", name, SELF_TRADES)?.number(),
            },
            flags,
            account,
            price,
            quantity,
            order_id,
            stop_price,
            display_quantity,
            min_quantity,
            self_trade_group,
            expire_time: expire_time_ns,
            ..Command::zeroed()
        };
        let events = self.one(command);
        self.terms.clear();
        events
    }

    #[pyo3(signature = (order_id, account = 0))]
    fn cancel(&mut self, order_id: u64, account: u32) -> PyResult<Vec<Event>> {
        let kind = CommandKind::CancelOrder.number();
        self.one(Command { kind, account, order_id, ..Command::zeroed() })
    }

    #[pyo3(signature = (
        order_id, price = None, quantity = None, leaves_quantity = None, account = 0,
        stop_price = None
    ))]
    fn replace(
        &mut self,
        order_id: u64,
        price: Option<i64>,
        quantity: Option<i64>,
        leaves_quantity: Option<i64>,
        account: u32,
        stop_price: Option<i64>,
    ) -> PyResult<Vec<Event>> {
        let (flags, quantity) = match (quantity, leaves_quantity) {
            (Some(_), Some(_)) => {
                let problem = "give quantity or leaves_quantity, not both";
                return Err(PyValueError::new_err(problem));
            }
            (quantity, None) => (0, quantity.unwrap_or(0)),
            (None, Some(leaves)) => (FLAG_LEAVES, leaves),
        };
        self.one(Command {
            kind: CommandKind::ReplaceOrder.number(),
            flags,
            account,
            price: price.unwrap_or(0),
            stop_price: stop_price.unwrap_or(0),
            quantity,
            order_id,
            ..Command::zeroed()
        })
    }

    #[pyo3(signature = (state, reference_price = 0))]
    fn set_session(&mut self, state: &str, reference_price: i64) -> PyResult<Vec<Event>> {
        let state = named("state", state, SESSIONS)?;
        self.operate(CommandKind::SetSession, state.number(), reference_price)
    }

    fn set_last_trade(&mut self, price: i64) -> PyResult<Vec<Event>> {
        self.operate(CommandKind::SetLastTrade, 0, price)
    }

    #[getter]
    fn session(&self) -> &'static str {
        let session = self.engine.book(INSTRUMENT).map(engine::Book::session);
        let named = SESSIONS.iter().find(|(_, state)| Some(*state) == session);
        named.map_or("none", |(name, _)| name)
    }

    #[getter]
    fn last_trade(&self) -> Option<i64> {
        self.engine.book(INSTRUMENT).map(engine::Book::last_trade).filter(|&price| price != 0)
    }

    #[getter]
    fn indication(&self) -> Option<(i64, i64, i64)> {
        self.indication
    }

    #[getter]
    fn resting_markets(&self) -> (u32, u32) {
        let count =
            |side| self.engine.book(INSTRUMENT).map_or(0, |book| book.resting_markets(side));
        (count(Side::Buy), count(Side::Sell))
    }

    fn advance(&mut self, time_ns: i64) -> PyResult<Vec<Event>> {
        if time_ns < self.time_ns {
            return Err(PyValueError::new_err("time never goes back"));
        }
        self.time_ns = time_ns;
        self.events.clear();
        self.verdicts.clear();
        // One message ends a bounded number of orders; the rest are first in the next.
        loop {
            let before = self.events.len();
            self.message(self.engine.applied() + 1, &[])
                .map_err(|error| CiftError::new_err(error.to_string()))?;
            if self.events.len() == before {
                break;
            }
        }
        Ok(self.events.iter().map(Event::new).collect())
    }

    fn apply<'py>(
        &mut self,
        py: Python<'py>,
        commands: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let commands: Vec<Command> = read(commands)?;
        if commands.len() > MAX_COMMANDS {
            return Err(PyValueError::new_err("at most 4096 commands at a time"));
        }
        let order_kinds = CommandKind::NewOrder.number()..=CommandKind::ReplaceOrder.number();
        if let Some(place) = commands.iter().position(|one| !order_kinds.contains(&one.kind)) {
            let problem = format!("command {place} is no new order, cancel or replace");
            return Err(PyValueError::new_err(problem));
        }
        py.detach(|| self.run(&commands)).map_err(|error| CiftError::new_err(error.to_string()))?;
        write(py, &self.events, dtypes::EVENT)
    }

    #[getter]
    fn best_bid(&self) -> Option<(i64, i64, u32)> {
        self.level(Side::Buy)
    }

    #[getter]
    fn best_ask(&self) -> Option<(i64, i64, u32)> {
        self.level(Side::Sell)
    }

    #[pyo3(signature = (levels = 10))]
    #[expect(clippy::type_complexity, reason = "it is what Python gets: two lists of tuples")]
    fn depth(&self, levels: usize) -> (Vec<(i64, i64, u32)>, Vec<(i64, i64, u32)>) {
        (self.levels(Side::Buy, levels), self.levels(Side::Sell, levels))
    }

    fn queue(&self, side: &str, price: i64) -> PyResult<Vec<u64>> {
        let orders = self.engine.orders(INSTRUMENT, side_of(side)?);
        let at_price = orders.filter(|order| order.price == price);
        Ok(at_price.map(|order| order.cl_ord_id().words[0]).collect())
    }

    fn order(&self, order_id: u64) -> Option<OpenOrder> {
        let order = self.engine.order(*self.ids.get(&order_id)?)?;
        Some(OpenOrder {
            order_id,
            account: order.account,
            side: crate::records::side_name(order.side().number()),
            price: order.price,
            quantity: order.quantity(),
            cum_quantity: order.cum,
            leaves_quantity: order.leaves,
            shown_quantity: self.engine.shown(order.id),
            waits: self.engine.extra(order.id).is_some_and(|extra| extra.waits()),
            triggered: self.engine.extra(order.id).is_some_and(|extra| extra.triggered),
            watermark: self.engine.extra(order.id).map_or(0, |extra| extra.watermark),
        })
    }

    #[getter]
    fn state_hash(&self) -> u64 {
        self.engine.state_hash()
    }

    fn __len__(&self) -> usize {
        self.engine.open_orders()
    }
}

/// An order that rests.
#[pyclass(module = "cift_core", frozen, get_all)]
pub struct OpenOrder {
    order_id: u64,
    account: u32,
    side: &'static str,
    price: i64,
    quantity: i64,
    cum_quantity: i64,
    leaves_quantity: i64,
    shown_quantity: i64,
    waits: bool,
    triggered: bool,
    watermark: i64,
}

const ORD_TYPES: &[(&str, OrdType)] = &[
    ("limit", OrdType::Limit),
    ("market", OrdType::Market),
    ("market_to_limit", OrdType::MarketToLimit),
    ("stop", OrdType::Stop),
    ("stop_limit", OrdType::StopLimit),
];
const TIMES_IN_FORCE: &[(&str, TimeInForce)] = &[
    ("day", TimeInForce::Day),
    ("gtc", TimeInForce::Gtc),
    ("ioc", TimeInForce::Ioc),
    ("fok", TimeInForce::Fok),
    ("gtd", TimeInForce::Gtd),
    ("at_the_open", TimeInForce::AtTheOpen),
    ("at_the_close", TimeInForce::AtTheClose),
    ("good_for_auction", TimeInForce::GoodForAuction),
];
const SELF_TRADES: &[(&str, SelfTrade)] = &[
    ("allow", SelfTrade::Allow),
    ("cancel_resting", SelfTrade::CancelResting),
    ("cancel_aggressing", SelfTrade::CancelAggressing),
    ("cancel_both", SelfTrade::CancelBoth),
    ("decrement_both", SelfTrade::DecrementBoth),
];
const SESSIONS: &[(&str, SessionState)] = &[
    ("continuous", SessionState::Continuous),
    ("opening_auction", SessionState::OpeningAuction),
    ("closing_auction", SessionState::ClosingAuction),
    ("volatility_auction", SessionState::VolatilityAuction),
    ("pre_open", SessionState::PreOpen),
    ("halted", SessionState::Halted),
    ("cancel_only", SessionState::CancelOnly),
    ("post_close", SessionState::PostClose),
    ("closed", SessionState::Closed),
];

/// The value of a name.
fn named<T: Copy>(what: &str, name: &str, all: &[(&str, T)]) -> PyResult<T> {
    all.iter().find(|(own, _)| *own == name).map(|&(_, value)| value).ok_or_else(|| {
        let names: Vec<String> = all.iter().map(|(own, _)| format!("'{own}'")).collect();
        PyValueError::new_err(format!("{what} is one of {}", names.join(", ")))
    })
}
