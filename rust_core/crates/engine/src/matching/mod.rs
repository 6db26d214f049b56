//! The matching engine: RISKED batches in, FILLS out, all books of a shard in one state.
//!
//! Price, then time; trades at the resting order's price. One message causes at most [`MAX_EVENTS`]
//! events: every command of a batch has [`EVENTS_PER_COMMAND`] set aside, so that whatever came
//! before it, it can become an order and end; what is left over is shared by trades and timers in
//! order of need.

mod ahead;
mod auction;
mod brief;
mod bust;
mod execution;
mod follow;
mod levels;
mod lists;
mod looking;
mod mass;
mod pegs;
mod plan;
mod refusals;
mod session;
mod setting;
mod sweep;
mod tell;
mod timers;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::{vec, vec::Vec};

use crate::batch::{Batch, BatchError, Fills};
use crate::book::Book;
use crate::events::{of_refusal, status_of};
use crate::hash::StateHash;
use crate::ids::{place, shard_of, MAX_SEQUENCE, MAX_SHARD};
use crate::orders::{Extra, Link, Order, Orders, DAY_NS, MAX_OPEN_ORDERS, NIL};
use crate::pod::{
    BatchStatus, Command, CommandKind, Event, ExecType, OrdStatus, OrderTerms, Outcome,
    OutcomeKind, PegPrice, Side, TimeInForce, Verdict, VerdictKind, EVENTS_PER_COMMAND,
    FLAG_LEAVES, FLAG_OF_KILL, INSTRUMENT_ENABLED, MAX_COMMANDS, MAX_EVENTS, MAX_PRICE,
    MAX_STATUSES,
};
use crate::reject::Reject;
use crate::ticks::Ticks;
use ahead::AHEAD;
use refusals::{
    earliest, is_plain, misfit, refusal_of_risk, shape_of_new, shape_of_replace, shape_of_special,
    terms,
};
use tell::Tell;

pub use brief::Told;
pub use refusals::refusal_in_itself;

/// Events of one trade: the taker's and the maker's.
const EVENTS_PER_TRADE: usize = 2;

/// Orders, by their time in force, that end with the day: those for an auction too, if it doesn't
/// come.
const FOR_THE_DAY: u32 = 1 << TimeInForce::Day as u32
    | 1 << TimeInForce::AtTheOpen as u32
    | 1 << TimeInForce::AtTheClose as u32
    | 1 << TimeInForce::GoodForAuction as u32;

/// All books of a shard and the orders in them.
#[derive(Clone, Debug)]
pub struct MatchingEngine {
    shard: u32,
    applied: u64,
    time_ns: i64,
    matches: u64,
    orders: Orders,
    books: Vec<Book>,
    /// Instrument id → place in `books` plus one.
    slots: Vec<u32>,
    /// Books in which something is still to follow, for want of room in the last message.
    pending: Vec<u32>,
    /// Room for those, while it is gone through.
    followed: Vec<u32>,
    /// Mass cancels that go on, for want of room.
    sweeps: Vec<mass::Wanted>,
    /// The firm of every account.
    firms: BTreeMap<u32, u32>,
    /// Room for the orders that one cancels, and for the books that it touches.
    swept: Vec<(u64, u32)>,
    touched: Vec<(u32, u32)>,
    /// What happens by itself: when, what, in which instrument.
    timers: BTreeSet<timers::Timer>,
    /// The list whose legs come.
    list: lists::Judged,
    /// Room for the partners of orders that a plan trades with.
    gone: Vec<u64>,
    /// What an order that wants all gets, while it is chosen.
    parts: Vec<plan::Part>,
    /// Trades that were busted, a side each, rising.
    busted: Vec<u64>,
    /// Account, instrument and side of what only reduced positions of busted trades, and the last
    /// message with such a bust, as long as risk hasn't read what came of that.
    undone: BTreeMap<(u32, u32, u16), u64>,
    /// Instruments that collect and were touched in this message, by id, and where they are.
    collecting: Vec<(u32, u32)>,
    /// The prices of an auction under consideration.
    candidates: Vec<auction::Candidate>,
    hash: StateHash,
}

/// The command under way.
#[derive(Clone, Copy)]
struct Context<'a> {
    command: &'a Command,
    verdict: &'a Verdict,
    index: u32,
    place: u64,
    /// Where the message's room for trades ends.
    trades_end: usize,
    /// All that is asked in the message.
    batch: &'a Batch<'a>,
}

/// How long a message may be when something is done.
#[derive(Clone, Copy)]
struct Room {
    events: usize,
    statuses: usize,
}

impl Room {
    /// When so many commands are still to come.
    fn before(commands: usize) -> Self {
        Self {
            events: MAX_EVENTS - EVENTS_PER_COMMAND * commands,
            statuses: MAX_STATUSES - 2 * commands,
        }
    }
}

/// What may happen on behalf of a command, or of a timer.
#[derive(Clone, Copy)]
struct Turn {
    /// The command's index, or [`TIMER`].
    index: u32,
    /// Where the message's room for trades ends.
    trades_end: usize,
}

impl Context<'_> {
    #[inline]
    fn turn(&self) -> Turn {
        Turn { index: self.index, trades_end: self.trades_end }
    }

    /// For what follows the command.
    fn room(&self) -> Room {
        Room::before(self.batch.commands.len() - 1 - self.index as usize)
    }
}

impl MatchingEngine {
    /// The engine of a shard before its first message.
    ///
    /// # Panics
    ///
    /// If the shard is above [`MAX_SHARD`].
    #[must_use]
    pub fn new(shard: u32) -> Self {
        assert!(shard <= MAX_SHARD, "a shard is at most {MAX_SHARD}");
        Self::with(shard, Orders::new(false))
    }

    /// An engine whose orders have names of 64 bits that their owners give them, in the first word
    /// of the client order id: it finds what a cancel or replace names, and refuses a name that an
    /// open order has. The id in a verdict isn't looked at.
    #[must_use]
    pub fn named() -> Self {
        Self::with(0, Orders::new(true))
    }

    fn with(shard: u32, orders: Orders) -> Self {
        Self {
            shard,
            applied: 0,
            time_ns: 0,
            matches: 0,
            orders,
            books: Vec::new(),
            slots: vec![0],
            pending: Vec::new(),
            followed: Vec::new(),
            sweeps: Vec::new(),
            firms: BTreeMap::new(),
            swept: Vec::new(),
            touched: Vec::new(),
            timers: BTreeSet::new(),
            list: lists::Judged::default(),
            gone: Vec::new(),
            parts: Vec::with_capacity(plan::MOST_CHOSEN),
            busted: Vec::new(),
            undone: BTreeMap::new(),
            collecting: Vec::new(),
            candidates: Vec::new(),
            hash: StateHash::default(),
        }
    }

    /// Applies the next message and says in `fills`, whose content it replaces, what happened.
    ///
    /// # Errors
    ///
    /// If the batch can't be the next one; nothing has changed then.
    pub fn apply(&mut self, batch: &Batch<'_>, fills: &mut Fills) -> Result<(), BatchError> {
        self.check(batch)?;
        fills.begin(batch);
        self.applied = batch.sequence;
        self.time_ns = batch.time_ns;
        if !self.undone.is_empty() {
            self.undone.retain(|_, &mut sequence| sequence > batch.fills_seen);
        }
        if batch.status != BatchStatus::Held {
            self.go_on(Room::before(batch.commands.len()), fills);
        }
        let ahead = self.looks_ahead(batch.commands.len());
        for (index, (command, verdict)) in batch.commands.iter().zip(batch.verdicts).enumerate() {
            if ahead && index % AHEAD == 0 {
                let first = place(self.shard, batch.sequence, index as u32);
                self.look_ahead(&batch.commands[index..], &batch.verdicts[index..], first);
            }
            let set_aside = EVENTS_PER_COMMAND * (batch.commands.len() - index);
            let context = Context {
                command,
                verdict,
                index: index as u32,
                place: place(self.shard, batch.sequence, index as u32),
                trades_end: self.trades_end(MAX_EVENTS - (set_aside - EVENTS_PER_COMMAND)),
                batch,
            };
            let first_event = fills.events.len() as u32;
            let (outcome, slot) = self.command(context, fills);
            if let Some(slot) = slot.filter(|&slot| self.books[slot].is_watched()) {
                self.follow(slot, context.index, context.room(), fills);
            }
            let repeats = outcome.kind == OutcomeKind::Repeat.number();
            fills.outcomes.push(Outcome {
                // Known here, so that the outcome isn't read back as a whole right after its parts
                // were written: the processor would have to wait for them.
                first_place: if repeats { verdict.first_place } else { 0 },
                first_event,
                event_count: fills.events.len() as u32 - first_event,
                ..outcome
            });
        }
        if !self.collecting.is_empty() {
            self.indicate_touched(fills);
        }
        assert!(fills.events.len() <= MAX_EVENTS, "events stay within what was set aside");
        self.hash.fold_fills(fills);
        Ok(())
    }

    fn check(&self, batch: &Batch<'_>) -> Result<(), BatchError> {
        let expected = self.applied + 1;
        if batch.sequence != expected || batch.sequence > MAX_SEQUENCE {
            return Err(BatchError::Sequence { expected, found: batch.sequence });
        }
        if batch.time_ns < self.time_ns {
            return Err(BatchError::Time { last: self.time_ns, found: batch.time_ns });
        }
        let (commands, verdicts) = (batch.commands.len(), batch.verdicts.len());
        if commands > MAX_COMMANDS {
            return Err(BatchError::Commands(commands));
        }
        if commands != verdicts {
            return Err(BatchError::Verdicts { commands, verdicts });
        }
        if commands > 0 && batch.status != BatchStatus::Applied {
            return Err(BatchError::Status(batch.status));
        }
        Ok(())
    }

    /// Does what a command asks; says in which book something may follow.
    fn command(&mut self, at: Context<'_>, fills: &mut Fills) -> (Outcome, Option<usize>) {
        if at.verdict.kind == VerdictKind::Repeat.number() {
            let Verdict { order_id, first_place, .. } = *at.verdict;
            return (Outcome { first_place, ..outcome(OutcomeKind::Repeat, order_id) }, None);
        }
        let refusal = refusal_of_risk(at.verdict);
        match CommandKind::try_from(at.command.kind) {
            Ok(CommandKind::NewOrder) => self.new_order(at, refusal, &mut fills.events),
            Ok(CommandKind::CancelOrder) => self.cancel(at, refusal, &mut fills.events),
            Ok(CommandKind::ReplaceOrder) => self.replace(at, refusal, &mut fills.events),
            Ok(CommandKind::None) | Err(_) => {
                let reason = earliest(Some(Reject::UnsupportedCharacteristic), refusal)
                    .expect("one of them refused it");
                (rejected(at, reason, &mut fills.events), None)
            }
            Ok(kind) => {
                let done = match refusal {
                    Some(reason) => Err(reason),
                    None => self.reference_data(kind, at, fills),
                };
                match done {
                    Err(reason) => (rejected(at, reason, &mut fills.events), None),
                    Ok(slot) => (outcome(OutcomeKind::Applied, 0), slot),
                }
            }
        }
    }

    /// Where room for trades ends when that for events ends here: an order's own end is behind its
    /// trades. None while a mass cancel goes on: what it is to cancel doesn't trade any more.
    #[inline]
    fn trades_end(&self, events_end: usize) -> usize {
        if self.sweeps.is_empty() {
            events_end - 1
        } else {
            0
        }
    }

    #[inline]
    fn slot(&self, instrument: u32) -> Option<usize> {
        match self.slots.get(instrument as usize) {
            None | Some(0) => None,
            Some(&slot) => Some(slot as usize - 1),
        }
    }

    fn new_order(
        &mut self,
        at: Context<'_>,
        refusal: Option<Reject>,
        events: &mut Vec<Event>,
    ) -> (Outcome, Option<usize>) {
        let refusal = earliest(refusal, self.refusal_of_undone(at.command));
        if !is_plain(at.command) || bound_of(at) != 0 {
            return self.new_special(at, refusal, events);
        }
        let slot = self.slot(at.command.instrument);
        let own =
            earliest(self.refusal_of_plain(at.command, slot), self.name_taken(at.command, &[]));
        let (Some(slot), None, None) = (slot, own, refusal) else {
            let reason = earliest(own, refusal).expect("an unknown instrument is a refusal");
            return (rejected(at, reason, events), None);
        };
        let order = self.order_of(at.place, at.command);
        self.take_plain(order, slot, at.turn(), events);
        (outcome(OutcomeKind::Accepted, at.place), Some(slot))
    }

    /// Takes a plain new order that isn't refused. Says where it is, or was if it doesn't rest.
    #[inline]
    fn take_plain<T: Tell>(&mut self, order: Order, slot: usize, turn: Turn, tell: &mut T) -> u32 {
        let index = self.orders.insert(order);
        tell.came(self.orders.get_mut(index), turn.index);
        if self.execute(index, slot, turn, tell) {
            self.orders.list(index);
        } else {
            self.orders.release(index);
        }
        index
    }

    /// Why a new order can't have its name, where owners name their orders: it is that of an open
    /// order, or of one before it in its list.
    #[inline]
    fn name_taken(&self, command: &Command, before: &[Command]) -> Option<Reject> {
        if !self.orders.are_named() {
            return None;
        }
        let name = command.cl_ord_id[0];
        let taken = self.orders.find_named(name).is_some()
            || before.iter().any(|other| other.cl_ord_id[0] == name);
        taken.then_some(Reject::DuplicateClOrdId)
    }

    /// The order that a command makes.
    #[inline]
    fn order_of(&self, place: u64, command: &Command) -> Order {
        let mut order = Order::new(place, command);
        if FOR_THE_DAY >> order.time_in_force & 1 != 0 {
            order.expire_day = (self.time_ns / DAY_NS) as u32 + 1;
        }
        order
    }

    /// Takes a new order that has more than a plain one.
    #[inline(never)]
    fn new_special(
        &mut self,
        at: Context<'_>,
        refusal: Option<Reject>,
        events: &mut Vec<Event>,
    ) -> (Outcome, Option<usize>) {
        if at.command.link != 0 {
            return self.new_leg(at, events);
        }
        let slot = self.slot(at.command.instrument);
        let terms = lists::terms_of(at.batch, at.command);
        let special = self.refusal_of_special(at.command, terms, slot);
        let own = earliest(special, self.name_taken(at.command, &[]));
        let (Some(slot), None, None) = (slot, own, refusal) else {
            let reason = earliest(own, refusal).expect("an unknown instrument is a refusal");
            return (rejected(at, reason, events), None);
        };
        (self.make_special(at, slot, events), Some(slot))
    }

    /// Makes an order that has more than a plain one.
    fn make_special(&mut self, at: Context<'_>, slot: usize, events: &mut Vec<Event>) -> Outcome {
        let mut order = self.order_of(at.place, at.command);
        let terms = lists::terms_of(at.batch, at.command);
        let mut extra = Extra::new(at.place, at.command, terms);
        match bound_of(at) {
            0 => {}
            bound if extra.peg != PegPrice::None => {
                extra.peg_limit = inward(bound, order.side(), &self.books[slot].ticks());
            }
            bound => extra.bound = bound,
        }
        if !extra.link.is_some_and(Link::is_exit) {
            order.price = self.passive_price(&order, slot);
        }
        let index = self.orders.insert(order);
        self.orders.add_extra(index, extra);
        if self.enter(index, slot, at.turn(), events) {
            self.orders.list(index);
        } else {
            self.let_go(index, slot);
            self.orders.release(index);
        }
        outcome(OutcomeKind::Accepted, at.place)
    }

    /// Ends a listed order that is in no queue any more.
    fn finish(&mut self, index: u32, slot: usize) {
        if self.orders.get(index).extra != NIL {
            self.let_go(index, slot);
        }
        self.orders.end(index);
    }

    /// Why matching itself would refuse a plain new order. Risk has checked its shape; this engine
    /// stays whole even if it has not.
    #[inline]
    fn refusal_of_plain(&self, command: &Command, slot: Option<usize>) -> Option<Reject> {
        let Some(slot) = slot else {
            return Some(Reject::UnknownSymbol);
        };
        if let Some(reason) = shape_of_new(command) {
            return Some(reason);
        }
        let book = &self.books[slot];
        if book.screened {
            return self.refusal_of_state(command, None, slot);
        }
        self.refusal_of_open(slot)
    }

    /// Why no order at all is taken.
    #[inline]
    fn refusal_of_open(&self, slot: usize) -> Option<Reject> {
        if !is_enabled(&self.books[slot]) {
            return Some(Reject::SymbolHalted);
        }
        (self.orders.open() >= MAX_OPEN_ORDERS).then_some(Reject::SystemUnavailable)
    }

    /// Why matching itself would refuse a new order that isn't plain.
    fn refusal_of_special(
        &self,
        command: &Command,
        terms: Option<&OrderTerms>,
        slot: Option<usize>,
    ) -> Option<Reject> {
        let Some(slot) = slot else {
            return Some(Reject::UnknownSymbol);
        };
        let shape = shape_of_special(command, terms, self.time_ns);
        shape.or_else(|| self.refusal_of_state(command, terms, slot))
    }

    /// Why a new order whose shape is right is refused, in order of precedence.
    #[inline(never)]
    fn refusal_of_state(
        &self,
        command: &Command,
        terms: Option<&OrderTerms>,
        slot: usize,
    ) -> Option<Reject> {
        if let Some(reason) = self.refusal_of_session(command, terms, slot) {
            return Some(reason);
        }
        if !is_enabled(&self.books[slot]) {
            return Some(Reject::SymbolHalted);
        }
        if let Some(reason) = self.refusal_of_place(command, terms, slot) {
            return Some(reason);
        }
        (self.orders.open() >= MAX_OPEN_ORDERS).then_some(Reject::SystemUnavailable)
    }

    fn cancel(
        &mut self,
        at: Context<'_>,
        refusal: Option<Reject>,
        events: &mut Vec<Event>,
    ) -> (Outcome, Option<usize>) {
        let target = self.target(at);
        match (target, refusal) {
            (Ok(index), None) => {
                let slot = self.slot(self.orders.get(index).instrument);
                let reason = match at.command.flags & FLAG_OF_KILL {
                    0 => 0,
                    _ => Reject::KillSwitch.number(),
                };
                self.end_for(index, ExecType::Canceled, reason, at.index, events);
                (outcome(OutcomeKind::Accepted, at.verdict.order_id), slot)
            }
            _ => (self.cancel_rejected(at, target, refusal, None, events), None),
        }
    }

    fn replace(
        &mut self,
        at: Context<'_>,
        refusal: Option<Reject>,
        events: &mut Vec<Event>,
    ) -> (Outcome, Option<usize>) {
        let target = self.target(at);
        let counted = target.ok().and_then(|index| within_count(at, self.orders.get(index)));
        let at = Context { command: counted.as_ref().unwrap_or(at.command), ..at };
        let of_terms = target.ok().and_then(|index| self.refusal_of_terms(at.command, index));
        let own = earliest(shape_of_replace(at.command), of_terms);
        let (Ok(index), None, None) = (target, refusal, own) else {
            return (self.cancel_rejected(at, target, refusal, own, events), None);
        };
        let order = self.orders.get_mut(index);
        let instrument = order.instrument;
        let (price, leaves) = terms(at.command, order);
        order.rename(at.command);
        if leaves <= 0 {
            self.end(index, ExecType::Canceled, at.index, events);
        } else {
            self.amend(index, price, leaves, at, events);
        }
        (outcome(OutcomeKind::Accepted, at.verdict.order_id), self.slot(instrument))
    }

    /// The open order that a cancel or replace is about.
    #[inline]
    fn target(&self, at: Context<'_>) -> Result<u32, Reject> {
        let id = at.verdict.order_id;
        let index = match self.orders.are_named() {
            true => self.orders.find_named(at.command.cl_ord_id[0]),
            false => self.orders.find(id),
        };
        let Some(index) = index else {
            let was_there =
                !self.orders.are_named() && id != 0 && shard_of(id) == self.shard && id < at.place;
            return Err(if was_there { Reject::TooLate } else { Reject::UnknownOrder });
        };
        let order = self.orders.get(index);
        let instrument = at.command.instrument;
        if order.account != at.command.account
            || (instrument != 0 && order.instrument != instrument)
        {
            return Err(Reject::UnknownOrder);
        }
        Ok(index)
    }

    /// Why matching refuses terms that are well formed for the order that they are meant for.
    fn refusal_of_terms(&self, command: &Command, index: u32) -> Option<Reject> {
        let order = self.orders.get(index);
        let extra = self.orders.extra(index);
        // Before the quantity's bounds, as what doesn't fit the order is.
        if extra.is_some() && self.parts_from_partner(command, index) {
            return Some(Reject::UnsupportedCharacteristic);
        }
        if let Some(reason) = misfit(command, order, extra) {
            return Some(reason);
        }
        if extra.is_some() && self.exits_misfit(command, index) {
            return Some(Reject::IncorrectQuantity);
        }
        let slot = self.slot(order.instrument).expect("an order has a book");
        let book = &self.books[slot];
        if book.screened {
            if let Some(reason) =
                session::refusal_of_ticks(book, &[command.price, command.stop_price])
            {
                return Some(reason);
            }
        }
        if let Some(reason) = session::refusal_of_replace(book) {
            return Some(reason);
        }
        let limit = extra.filter(|extra| extra.peg != PegPrice::None);
        let price = limit.map_or(order.price, |extra| extra.peg_limit);
        if book.screened && command.price != price {
            if let Some(reason) = session::refusal_of_band(book, command.price) {
                return Some(reason);
            }
        }
        (extra.is_some() && self.replace_would_take(command, index, slot))
            .then_some(Reject::PostOnlyWouldCross)
    }

    fn cancel_rejected(
        &self,
        at: Context<'_>,
        target: Result<u32, Reject>,
        refusal: Option<Reject>,
        own: Option<Reject>,
        events: &mut Vec<Event>,
    ) -> Outcome {
        let reason = earliest(earliest(target.err(), own), refusal).expect("something refused it");
        let order_id = at.verdict.order_id;
        let status = target.map_or(OrdStatus::None, |index| status_of(self.orders.get(index)));
        let exec_type = ExecType::CancelRejected;
        events.push(of_refusal(at.command, exec_type, reason, order_id, status, at.index));
        let of_risk = refusal == Some(reason) && at.verdict.cancel_reason != 0;
        let cancel_reason =
            if of_risk { at.verdict.cancel_reason } else { reason.cancel_reject().number() };
        Outcome {
            reason: reason.number(),
            cancel_reason,
            ..outcome(OutcomeKind::Rejected, order_id)
        }
    }
}

fn outcome(kind: OutcomeKind, order_id: u64) -> Outcome {
    Outcome {
        order_id,
        first_place: 0,
        first_event: 0,
        event_count: 0,
        kind: kind.number(),
        reason: 0,
        cancel_reason: 0,
        reserved: 0,
    }
}

/// A replace that names what is to be open, if the order would come to more in all than risk has
/// counted: trades that risk didn't know of came in between.
#[inline]
fn within_count(at: Context<'_>, order: &Order) -> Option<Command> {
    let total = i64::try_from(at.verdict.first_place).unwrap_or(i64::MAX);
    let most = total.saturating_sub(order.cum).max(0);
    let names = at.command.flags & FLAG_LEAVES != 0 && total != 0;
    if names && at.command.quantity > most {
        return Some(Command { quantity: most, ..*at.command });
    }
    None
}

/// The worst price at which risk lets a new order trade that has no limit price; 0: any.
#[inline]
fn bound_of(at: Context<'_>) -> i64 {
    let bound = at.verdict.first_place.min(MAX_PRICE as u64) as i64;
    if at.command.price == 0 {
        bound
    } else {
        0
    }
}

/// The limit price that a bound is: on a tick, but not beyond the bound. Below the first tick there
/// is none to go to, and it is the bound itself.
fn inward(bound: i64, side: Side, ticks: &Ticks) -> i64 {
    match side {
        Side::Buy => [ticks.down(bound), bound].into_iter().find(|&price| price > 0),
        _ => Some(ticks.up(bound)),
    }
    .expect("a bound is a price")
}

/// A command that never became an order.
fn rejected(at: Context<'_>, reason: Reject, events: &mut Vec<Event>) -> Outcome {
    let order_id = at.verdict.order_id;
    let status = OrdStatus::Rejected;
    events.push(of_refusal(at.command, ExecType::Rejected, reason, order_id, status, at.index));
    Outcome { reason: reason.number(), ..outcome(OutcomeKind::Rejected, order_id) }
}

fn is_enabled(book: &Book) -> bool {
    book.instrument.flags & INSTRUMENT_ENABLED != 0
}
