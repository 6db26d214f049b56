//! The matching engine: RISKED batches in, FILLS out, all books of a shard in one state.
//!
//! Price, then time; trades at the resting order's price. One message causes at most [`MAX_EVENTS`]
//! events: every command of a batch has two set aside, so that whatever came before it, it can
//! become an order and end; what is left over is shared by trades and expiries in order of need.

mod auction;
mod execution;
mod follow;
mod refusals;
mod session;
mod sweep;

use alloc::{vec, vec::Vec};

use crate::batch::{Batch, BatchError, Fills};
use crate::book::Book;
use crate::events::{of_order, of_refusal, status_of};
use crate::hash::StateHash;
use crate::ids::{place, shard_of, MAX_SEQUENCE, MAX_SHARD};
use crate::orders::{Extra, Order, Orders, DAY_NS, MAX_OPEN_ORDERS};
use crate::pod::{
    BatchStatus, Command, CommandKind, Event, ExecType, Instrument, OrdStatus, OrderTerms, Outcome,
    OutcomeKind, Side, TimeInForce, Verdict, VerdictKind, FLAG_TERMS, INSTRUMENT_ENABLED,
    MAX_COMMANDS, MAX_EVENTS, TIMER,
};
use crate::reject::Reject;
use crate::rules::Rules;
use refusals::{
    earliest, is_plain, misfit, refusal_of_risk, shape_of_new, shape_of_replace, shape_of_special,
    terms,
};

/// Events that every command of a batch has set aside: its first, and one that ends the order.
const EVENTS_PER_COMMAND: usize = 2;
/// Events of one trade: the taker's and the maker's.
const EVENTS_PER_TRADE: usize = 2;

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
    /// The prices of an auction under consideration.
    candidates: Vec<auction::Candidate>,
    hash: StateHash,
}

/// The command under way.
#[derive(Clone, Copy)]
struct Context<'a> {
    command: &'a Command,
    verdict: &'a Verdict,
    /// The command's terms beside those that fit it, if it says that it has some.
    terms: Option<&'a OrderTerms>,
    index: u32,
    place: u64,
    /// Trades that fit into the message beside what is set aside for this and later commands.
    trades: usize,
}

/// What may happen on behalf of a command, or of a timer.
#[derive(Clone, Copy)]
struct Turn {
    /// The command's index, or [`TIMER`].
    index: u32,
    /// Trades that fit into the message.
    trades: usize,
}

impl Context<'_> {
    #[inline]
    fn turn(&self) -> Turn {
        Turn { index: self.index, trades: self.trades }
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
        Self {
            shard,
            applied: 0,
            time_ns: 0,
            matches: 0,
            orders: Orders::new(),
            books: Vec::new(),
            slots: vec![0],
            pending: Vec::new(),
            candidates: Vec::new(),
            hash: StateHash::default(),
        }
    }

    /// The sequence of the last message applied.
    #[must_use]
    pub fn applied(&self) -> u64 {
        self.applied
    }

    /// Journal time of the last message, nanoseconds.
    #[must_use]
    pub fn time_ns(&self) -> i64 {
        self.time_ns
    }

    /// The running hash of the state.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        self.hash.value()
    }

    /// The book of an instrument.
    #[must_use]
    pub fn book(&self, instrument: u32) -> Option<&Book> {
        self.slot(instrument).map(|slot| &self.books[slot])
    }

    /// All books, in the order in which their instruments were made.
    #[must_use]
    pub fn books(&self) -> &[Book] {
        &self.books
    }

    /// How many orders are open.
    #[must_use]
    pub fn open_orders(&self) -> usize {
        self.orders.open()
    }

    /// An open order.
    #[must_use]
    pub fn order(&self, id: u64) -> Option<&Order> {
        self.orders.find(id).map(|index| self.orders.get(index))
    }

    /// What an open order shows of what is open.
    #[must_use]
    pub fn shown(&self, id: u64) -> i64 {
        self.orders.find(id).map_or(0, |index| self.orders.shown(index))
    }

    /// What an open order has that a plain one doesn't.
    #[must_use]
    pub fn extra(&self, id: u64) -> Option<&Extra> {
        self.orders.find(id).and_then(|index| self.orders.extra(index))
    }

    /// The orders of one side of a book in the order in which they would trade.
    pub fn orders(&self, instrument: u32, side: Side) -> impl Iterator<Item = &Order> + '_ {
        self.book(instrument).into_iter().flat_map(move |book| book.side(side).orders(&self.orders))
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
        if batch.status != BatchStatus::Held {
            let events_most = MAX_EVENTS - EVENTS_PER_COMMAND * batch.commands.len();
            self.expire_due(&mut fills.events, events_most);
            self.follow_pending(fills, events_most);
        }
        for (index, (command, verdict)) in batch.commands.iter().zip(batch.verdicts).enumerate() {
            let set_aside = EVENTS_PER_COMMAND * (batch.commands.len() - index);
            let context = Context {
                command,
                verdict,
                terms: if command.flags & FLAG_TERMS != 0 {
                    batch.terms.get(usize::from(command.payload_index))
                } else {
                    None
                },
                index: index as u32,
                place: place(self.shard, batch.sequence, index as u32),
                trades: (MAX_EVENTS - set_aside - fills.events.len()) / EVENTS_PER_TRADE,
            };
            let first_event = fills.events.len() as u32;
            let (outcome, slot) = self.command(context, batch, fills);
            if let Some(slot) = slot.filter(|&slot| self.books[slot].is_watched()) {
                let events_most = MAX_EVENTS - (set_aside - EVENTS_PER_COMMAND);
                self.follow(slot, context.index, events_most, fills);
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

    /// Ends the orders whose time is up, as many as fit; the others are first in the next message.
    fn expire_due(&mut self, events: &mut Vec<Event>, events_most: usize) {
        while let Some(index) = self.orders.due(self.time_ns) {
            if events.len() == events_most {
                break;
            }
            let slot = self.slot(self.orders.get(index).instrument).expect("an order has a book");
            self.end(index, ExecType::Expired, TIMER, events);
            if self.books[slot].session.collects() {
                self.postpone(slot);
            }
        }
    }

    /// Does what a command asks; says in which book something may follow.
    fn command(
        &mut self,
        at: Context<'_>,
        batch: &Batch<'_>,
        fills: &mut Fills,
    ) -> (Outcome, Option<usize>) {
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
                    None => match kind {
                        CommandKind::SetSession | CommandKind::SetLastTrade => {
                            self.operate(kind, at, fills)
                        }
                        _ => self.reference_data(kind, at, batch, fills).map(|()| None),
                    },
                };
                match done {
                    Err(reason) => (rejected(at, reason, &mut fills.events), None),
                    Ok(slot) => (outcome(OutcomeKind::Applied, 0), slot),
                }
            }
        }
    }

    fn reference_data(
        &mut self,
        kind: CommandKind,
        at: Context<'_>,
        batch: &Batch<'_>,
        fills: &mut Fills,
    ) -> Result<(), Reject> {
        let payload = usize::from(at.command.payload_index);
        let missing = Reject::UnsupportedCharacteristic;
        match kind {
            CommandKind::SetInstrument => {
                let instrument = batch.instruments.get(payload).ok_or(missing)?;
                self.set_instrument(instrument)?;
                fills.instruments.push(*instrument);
            }
            CommandKind::SetAccount => {
                fills.accounts.push(*batch.accounts.get(payload).ok_or(missing)?);
            }
            CommandKind::SetLimits => {
                fills.limits.push(*batch.limits.get(payload).ok_or(missing)?);
            }
            // A tick carries journal time, and that has been read.
            _ => {}
        }
        Ok(())
    }

    fn set_instrument(&mut self, instrument: &Instrument) -> Result<(), Reject> {
        if !instrument.is_valid() {
            return Err(Reject::UnsupportedCharacteristic);
        }
        let rules = Rules::read(instrument.policies).ok_or(Reject::UnsupportedCharacteristic)?;
        if let Some(slot) = self.slot(instrument.id) {
            let book = &mut self.books[slot];
            let scales = |of: &Instrument| (of.price_scale, of.quantity_scale);
            if scales(&book.instrument) != scales(instrument) {
                return Err(Reject::UnsupportedCharacteristic);
            }
            book.instrument = *instrument;
            book.rules = rules;
            book.judge();
            return Ok(());
        }
        let id = instrument.id as usize;
        if self.slots.len() <= id {
            self.slots.resize(id + 1, 0);
        }
        self.books.push(Book::new(*instrument, rules));
        self.slots[id] = self.books.len() as u32;
        Ok(())
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
        let slot = self.slot(at.command.instrument);
        let plain = is_plain(at.command);
        let own = self.refusal_of_new(at, slot, plain);
        let (Some(slot), None, None) = (slot, own, refusal) else {
            let reason = earliest(own, refusal).expect("an unknown instrument is a refusal");
            return (rejected(at, reason, events), None);
        };
        let mut order = Order::new(at.place, at.command);
        if order.time_in_force == TimeInForce::Day as u8 {
            order.expire_day = (self.time_ns / DAY_NS) as u32 + 1;
        }
        let rests = if plain {
            events.push(of_order(&mut order, ExecType::New, at.index));
            let index = self.orders.insert(order);
            let rests = self.execute(index, slot, at.turn(), events);
            (index, rests)
        } else {
            order.price = self.passive_price(&order, slot);
            let index = self.orders.insert(order);
            self.orders.add_extra(index, Extra::new(at.command, at.terms));
            (index, self.enter(index, slot, at.turn(), events))
        };
        match rests {
            (index, true) => self.orders.list(index),
            (index, false) => self.orders.release(index),
        }
        (outcome(OutcomeKind::Accepted, at.place), Some(slot))
    }

    /// Why matching itself would refuse a new order. Risk has checked its shape; this engine stays
    /// whole even if it has not.
    #[inline]
    fn refusal_of_new(&self, at: Context<'_>, slot: Option<usize>, plain: bool) -> Option<Reject> {
        let Some(slot) = slot else {
            return Some(Reject::UnknownSymbol);
        };
        let command = at.command;
        let shape = if plain {
            shape_of_new(command)
        } else {
            shape_of_special(command, at.terms, self.time_ns)
        };
        if let Some(reason) = shape {
            return Some(reason);
        }
        let book = &self.books[slot];
        if book.special || !plain {
            if let Some(reason) = self.refusal_of_session(command, slot) {
                return Some(reason);
            }
        }
        if !is_enabled(book) {
            return Some(Reject::SymbolHalted);
        }
        if !plain && self.would_take(command, slot) {
            return Some(Reject::PostOnlyWouldCross);
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
                self.end(index, ExecType::Canceled, at.index, events);
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
        let of_terms = target.ok().and_then(|index| self.refusal_of_terms(at.command, index));
        let own = earliest(shape_of_replace(at.command), of_terms);
        let (Ok(index), None, None) = (target, refusal, own) else {
            return (self.cancel_rejected(at, target, refusal, own, events), None);
        };
        let order = self.orders.get_mut(index);
        let slot = order.instrument;
        let (price, leaves) = terms(at.command, order);
        order.rename(at.command);
        if leaves <= 0 {
            self.end(index, ExecType::Canceled, at.index, events);
        } else {
            self.amend(index, price, leaves, at, events);
        }
        (outcome(OutcomeKind::Accepted, at.verdict.order_id), self.slot(slot))
    }

    /// The open order that a cancel or replace is about.
    #[inline]
    fn target(&self, at: Context<'_>) -> Result<u32, Reject> {
        let id = at.verdict.order_id;
        let Some(index) = self.orders.find(id) else {
            let was_there = id != 0 && shard_of(id) == self.shard && id < at.place;
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
        if let Some(reason) = misfit(command, order, extra) {
            return Some(reason);
        }
        let slot = self.slot(order.instrument).expect("an order has a book");
        let book = &self.books[slot];
        if let Some(reason) = session::refusal_of_replace(book) {
            return Some(reason);
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
