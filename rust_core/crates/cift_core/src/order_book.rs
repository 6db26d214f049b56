//! One book for its own sake: orders in, events out, nothing else needed.

mod brief;
mod fields;

use bytemuck::Zeroable;
use engine::brief::named;
use engine::pod::{
    BatchStatus, Command, CommandKind, Event as EventRecord, ExecType, Instrument, InstrumentRules,
    Leg, OrderTerms, Side, Verdict, FLAG_LEAVES, FLAG_TERMS, INSTRUMENT_ENABLED, MAX_COMMANDS,
    TERMS_TAKE_PROFIT, TERMS_TRAILING_BPS, TIMER,
};
use engine::rules::Rules;
use engine::{Batch, Fills, MatchingEngine};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use wire::reference;

use crate::error::CiftError;
use crate::records::{read, side_of, write, Event, EVENT};
use brief::Brief;
use fields::{
    contingency_of, rules, session_name, session_of, tag_of, waiting_for, Fields, Scheduled,
};

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

fn broken(error: engine::BatchError) -> PyErr {
    CiftError::new_err(error.to_string())
}

/// How many of the commands go into one message: one, or the legs of a list.
fn together(commands: &[Command]) -> usize {
    let leg = |command: &Command| {
        let leg = Leg::read(command.link)?;
        (command.kind == CommandKind::NewOrder.number()).then_some(leg)
    };
    let Some(first) = leg(&commands[0]).filter(|leg| leg.place == 0) else { return 1 };
    let follows = |&(place, command): &(usize, &Command)| {
        leg(command) == Some(Leg { place: place as u8, ..first })
    };
    commands.iter().take(usize::from(first.legs)).enumerate().take_while(follows).count()
}

/// A command as the engine gets it: the caller's id is the name of the order.
fn inner(command: &Command) -> Command {
    let mut inner = Command { instrument: INSTRUMENT, cl_ord_id4: 0, ..*command };
    match CommandKind::try_from(command.kind) {
        Ok(CommandKind::NewOrder) => {
            inner.order_id = 0;
            inner.cl_ord_id = named(command.order_id);
        }
        Ok(CommandKind::CancelOrder | CommandKind::ReplaceOrder) => {
            inner.cl_ord_id = named(command.order_id);
        }
        _ => inner.cl_ord_id = [0; 4],
    }
    inner
}

/// The most commands in one message. One message holds a bounded number of events, so that a batch
/// of sweeps through tens of thousands of orders may be cut short where single calls are not.
const MOST_TOGETHER: usize = 256;

/// A price-time priority book. The caller names its orders; the engine's own ids stay inside.
#[pyclass(module = "cift_core")]
pub struct FastOrderBook {
    engine: MatchingEngine,
    fills: Fills,
    time_ns: i64,
    /// The message under way.
    commands: Vec<Command>,
    /// One for each command of the longest message: there is no risk that refuses any.
    verdicts: Vec<Verdict>,
    events: Vec<EventRecord>,
    /// What brief requests did.
    brief: Brief,
}

/// What is applied together: commands, and what some of them name by `payload_index`.
#[derive(Clone, Copy, Default)]
struct Request<'a> {
    commands: &'a [Command],
    terms: &'a [OrderTerms],
    rules: &'a [InstrumentRules],
}

impl FastOrderBook {
    /// Applies commands as if one by one. The legs of a list go in one message.
    fn run(&mut self, request: Request<'_>) -> Result<(), engine::BatchError> {
        self.events.clear();
        let mut done = 0;
        while let Some(rest) = request.commands.get(done..).filter(|rest| !rest.is_empty()) {
            let first = self.events.len();
            let legs = together(rest);
            let alone = |&(place, command): &(usize, &Command)| place == 0 || command.link == 0;
            let count = match legs {
                1 => rest.iter().take(MOST_TOGETHER).enumerate().take_while(alone).count(),
                legs => legs,
            };
            self.commands.clear();
            self.commands.extend(rest[..count].iter().map(inner));
            self.message(Request { commands: &[], ..request })?;
            for event in &mut self.events[first..] {
                if event.command_index != TIMER {
                    event.command_index += done as u32;
                }
            }
            done += count;
        }
        Ok(())
    }

    /// One message of the commands that are ready.
    fn message(&mut self, request: Request<'_>) -> Result<(), engine::BatchError> {
        let sequence = self.engine.applied() + 1;
        let verdicts = &self.verdicts[..self.commands.len()];
        let batch = Batch {
            terms: request.terms,
            rules: request.rules,
            ..message((sequence, self.time_ns), &self.commands, verdicts)
        };
        self.engine.apply(&batch, &mut self.fills)?;
        for event in &self.fills.events {
            let mut event = *event;
            // A bust names the order that the caller named: it may be over, and its id another's.
            if event.exec_type != ExecType::TradeBust.number() {
                event.order_id = event.cl_ord_id[0];
            }
            event.cl_ord_id = [0; 4];
            self.events.push(event);
        }
        Ok(())
    }

    /// What an operator asks for, which is done or says nothing that can be understood.
    fn operate(&mut self, request: Request<'_>, problem: &'static str) -> PyResult<Vec<Event>> {
        let events = self.told(request)?;
        match self.fills.outcomes.last() {
            Some(outcome) if outcome.reason != 0 => Err(PyValueError::new_err(problem)),
            _ => Ok(events),
        }
    }

    fn told(&mut self, request: Request<'_>) -> PyResult<Vec<Event>> {
        self.run(request).map_err(broken)?;
        Ok(self.events.iter().map(Event::new).collect())
    }

    fn one(&mut self, command: Command) -> PyResult<Vec<Event>> {
        self.told(Request { commands: &[command], ..Request::default() })
    }

    /// Sends orders, the legs of one list if there are more than one.
    fn submit_all(&mut self, orders: &[(Command, Option<OrderTerms>)]) -> PyResult<Vec<Event>> {
        let mut terms = Vec::new();
        let mut commands = Vec::with_capacity(orders.len());
        for (command, own) in orders {
            commands.push(Command { payload_index: terms.len() as u16, ..*command });
            terms.extend(own);
        }
        self.told(Request { commands: &commands, terms: &terms, rules: &[] })
    }

    /// Messages without commands until nothing happens any more: one holds a bounded number of
    /// events, and the rest are first in the next.
    fn settle(&mut self) -> PyResult<()> {
        self.commands.clear();
        loop {
            let before = self.events.len();
            self.message(Request::default()).map_err(broken)?;
            if self.events.len() == before {
                return Ok(());
            }
        }
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

/// The message of this sequence and time, and nothing that its commands name.
fn message<'a>(
    (sequence, time_ns): (u64, i64),
    commands: &'a [Command],
    verdicts: &'a [Verdict],
) -> Batch<'a> {
    Batch {
        sequence,
        time_ns,
        origin: 1,
        batch: sequence,
        fills_seen: sequence - 1,
        status: BatchStatus::Applied,
        commands,
        verdicts,
        orig_cl_ord_ids: &[],
        instruments: &[],
        accounts: &[],
        limits: &[],
        terms: &[],
        rules: &[],
        fees: &[],
    }
}

#[pymethods]
impl FastOrderBook {
    #[new]
    #[pyo3(signature = (
        symbol = "X", tick_size = 1, lot_size = 1, policies = 0, reference_price = 0
    ))]
    fn new(
        symbol: &str,
        tick_size: i64,
        lot_size: i64,
        policies: u32,
        reference_price: i64,
    ) -> PyResult<Self> {
        let instrument =
            Instrument { tick_size, lot_size, policies, reference_price, ..instrument(symbol)? };
        if !instrument.is_valid() || Rules::read(policies).is_none() {
            return Err(PyValueError::new_err("no such tick, lot or policies"));
        }
        let mut book = Self {
            engine: MatchingEngine::named(),
            fills: Fills::default(),
            time_ns: 0,
            commands: Vec::new(),
            verdicts: vec![Verdict::zeroed(); MOST_TOGETHER],
            events: Vec::new(),
            brief: Brief::default(),
        };
        let commands = [Command { kind: CommandKind::SetInstrument.number(), ..Command::zeroed() }];
        let none = message((1, 0), &commands, &book.verdicts[..1]);
        let batch = Batch { instruments: &[instrument], ..none };
        book.engine.apply(&batch, &mut book.fills).map_err(broken)?;
        Ok(book)
    }

    #[pyo3(signature = (
        order_id, side, price, quantity, ord_type = "limit", time_in_force = "gtc", account = 0, *,
        stop_price = 0, display_quantity = 0, min_visible_quantity = 0, min_quantity = 0,
        all_or_none = false, post_only = None, self_trade = None, self_trade_group = 0,
        trailing_offset = 0, trailing_bps = false, activation_price = 0, take_profit = false,
        expire_time_ns = 0, peg = None, peg_offset = 0, tag = None
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
        peg: Option<&str>,
        peg_offset: i64,
        tag: Option<&str>,
    ) -> PyResult<Vec<Event>> {
        let mut fields = Fields {
            price,
            quantity,
            account,
            stop_price,
            display_quantity,
            min_quantity,
            self_trade_group,
            expire_time_ns,
            terms: OrderTerms {
                activation_price,
                trailing_offset,
                min_visible_quantity,
                peg_offset,
                tag: tag_of(tag)?,
                ..OrderTerms::default()
            },
            ..Fields::new(order_id, side_of(side)?)
        };
        fields.set_ord_type(ord_type)?;
        fields.set_time_in_force(time_in_force)?;
        fields.set_all_or_none(all_or_none);
        fields.set_post_only(post_only)?;
        fields.set_self_trade(self_trade)?;
        fields.set_terms(TERMS_TRAILING_BPS, trailing_bps);
        fields.set_terms(TERMS_TAKE_PROFIT, take_profit);
        fields.set_peg(peg)?;
        self.submit_all(&[fields.command()])
    }

    fn submit_list(
        &mut self,
        contingency: &str,
        orders: Vec<Bound<'_, PyDict>>,
    ) -> PyResult<Vec<Event>> {
        let contingency = contingency_of(contingency)?;
        let legs = orders.len() as u8;
        if Leg::read(Leg { contingency, legs, place: 0 }.link()).is_none() || orders.len() > 3 {
            let problem = "'one_cancels_other' has two orders, 'bracket' two or three";
            return Err(PyValueError::new_err(problem));
        }
        let leg = |(place, order)| {
            let (mut command, terms) = Fields::read(order)?.command();
            command.link = Leg { contingency, legs, place: place as u8 }.link();
            Ok((command, terms))
        };
        let legs = orders.iter().enumerate().map(leg).collect::<PyResult<Vec<_>>>()?;
        self.submit_all(&legs)
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

    #[pyo3(signature = (account = 0, side = None, tag = None))]
    fn mass_cancel(
        &mut self,
        account: u32,
        side: Option<&str>,
        tag: Option<&str>,
    ) -> PyResult<Vec<Event>> {
        let command = Command {
            kind: CommandKind::MassCancel.number(),
            side: side.map_or(Ok(Side::None), side_of)?.number(),
            account,
            order_id: tag_of(tag)?,
            ..Command::zeroed()
        };
        self.run(Request { commands: &[command], ..Request::default() }).map_err(broken)?;
        self.settle()?;
        Ok(self.events.iter().map(Event::new).collect())
    }

    #[pyo3(signature = (match_id, side, price, quantity, order_id = 0, account = 0))]
    fn bust(
        &mut self,
        match_id: u64,
        side: &str,
        price: i64,
        quantity: i64,
        order_id: u64,
        account: u32,
    ) -> PyResult<Vec<Event>> {
        self.one(Command {
            kind: CommandKind::BustTrade.number(),
            side: side_of(side)?.number(),
            account,
            price,
            quantity,
            order_id,
            expire_time: i64::try_from(match_id).unwrap_or(i64::MAX),
            ..Command::zeroed()
        })
    }

    #[pyo3(signature = (state, reference_price = 0))]
    fn set_session(&mut self, state: &str, reference_price: i64) -> PyResult<Vec<Event>> {
        let command = Command {
            kind: CommandKind::SetSession.number(),
            payload_index: session_of(state)?.number(),
            price: reference_price,
            ..Command::zeroed()
        };
        let request = Request { commands: &[command], ..Request::default() };
        self.operate(request, "a price is 1 to 10^12")
    }

    fn set_last_trade(&mut self, price: i64) -> PyResult<Vec<Event>> {
        let kind = CommandKind::SetLastTrade.number();
        let command = Command { kind, price, ..Command::zeroed() };
        let request = Request { commands: &[command], ..Request::default() };
        self.operate(request, "a price is 1 to 10^12")
    }

    #[pyo3(signature = (
        *, static_band_bps = 0, dynamic_band_bps = 0, band_halts = false, protection_bps = 0,
        auction_seconds = 0, ticks = Vec::new(), schedule = Vec::new()
    ))]
    #[expect(clippy::too_many_arguments, reason = "there are as many rules")]
    #[expect(clippy::needless_pass_by_value, reason = "it is what Python's lists become")]
    fn set_rules(
        &mut self,
        static_band_bps: u32,
        dynamic_band_bps: u32,
        band_halts: bool,
        protection_bps: u32,
        auction_seconds: u32,
        ticks: Vec<(i64, i64)>,
        schedule: Vec<Scheduled>,
    ) -> PyResult<()> {
        let rules = InstrumentRules {
            static_band_bps,
            dynamic_band_bps,
            protection_bps,
            auction_seconds,
            ..rules(INSTRUMENT, band_halts, &ticks, &schedule)?
        };
        let command = Command { kind: CommandKind::SetRules.number(), ..Command::zeroed() };
        let request = Request { commands: &[command], rules: &[rules], terms: &[] };
        self.operate(request, "rules are out of bounds, or don't rise").map(|_| ())
    }

    #[getter]
    fn session(&self) -> &'static str {
        self.engine.book(INSTRUMENT).map_or("none", |book| session_name(book.session()))
    }

    #[getter]
    fn last_trade(&self) -> Option<i64> {
        self.engine.book(INSTRUMENT).map(engine::Book::last_trade).filter(|&price| price != 0)
    }

    #[getter]
    fn indication(&self) -> Option<(i64, i64, i64)> {
        self.engine.book(INSTRUMENT).and_then(engine::Book::indication)
    }

    #[getter]
    fn last_auction(&self) -> Option<(i64, i64)> {
        self.engine.book(INSTRUMENT).and_then(engine::Book::last_auction)
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
        self.settle()?;
        Ok(self.events.iter().map(Event::new).collect())
    }

    #[pyo3(signature = (commands, terms = None))]
    fn apply<'py>(
        &mut self,
        py: Python<'py>,
        commands: &Bound<'py, PyAny>,
        terms: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let commands: Vec<Command> = read(commands)?;
        let terms: Vec<OrderTerms> = terms.map_or_else(|| Ok(Vec::new()), read)?;
        if commands.len() > MAX_COMMANDS || terms.len() > MAX_COMMANDS {
            return Err(PyValueError::new_err("at most 4096 commands or terms at a time"));
        }
        if let Some(place) = commands.iter().position(|command| !is_for_a_book(command)) {
            let problem = format!("command {place} is of no kind that a book takes in an array");
            return Err(PyValueError::new_err(problem));
        }
        let named = |command: &Command| {
            command.flags & FLAG_TERMS == 0 || usize::from(command.payload_index) < terms.len()
        };
        if let Some(place) = commands.iter().position(|command| !named(command)) {
            let problem = format!("command {place} names terms that are not there");
            return Err(PyValueError::new_err(problem));
        }
        let request = Request { commands: &commands, terms: &terms, rules: &[] };
        py.detach(|| self.run(request)).map_err(broken)?;
        write(py, &self.events, &EVENT)
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
        let order = self.engine.order_named(order_id)?;
        let (shown_quantity, extra) = self.engine.more_of(order);
        Some(OpenOrder {
            order_id,
            account: order.account,
            side: crate::records::side_name(order.side().number()),
            price: order.price,
            quantity: order.quantity(),
            cum_quantity: order.cum,
            leaves_quantity: order.leaves,
            shown_quantity,
            waits: extra.is_some_and(engine::orders::Extra::waits),
            waiting_for: extra.and_then(|extra| waiting_for(extra.place)),
            triggered: extra.is_some_and(|extra| extra.triggered),
            watermark: extra.map_or(0, |extra| extra.watermark),
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

/// Whether a command names nothing that is outside of itself and its terms.
fn is_for_a_book(command: &Command) -> bool {
    matches!(
        CommandKind::try_from(command.kind),
        Ok(CommandKind::NewOrder
            | CommandKind::CancelOrder
            | CommandKind::ReplaceOrder
            | CommandKind::SetSession
            | CommandKind::SetLastTrade
            | CommandKind::MassCancel
            | CommandKind::BustTrade)
    )
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
    waiting_for: Option<&'static str>,
    triggered: bool,
    watermark: i64,
}
