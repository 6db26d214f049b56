//! A book that stands alone: brief requests in, brief answers out.
//!
//! Each request is served as a message of its own would be, and its order is named by its owner.
//! Plain orders take the way that they take in a message, and are told of briefly; for all else a
//! message is made and its events are read.

use alloc::vec::Vec;
use bytemuck::Zeroable;

use super::refusals::{earliest, shape_of_new, shape_of_replace, terms};
use super::tell::{Stand, Tell};
use super::{MatchingEngine, Room, Turn};
use crate::batch::{Batch, BatchError, Fills};
use crate::brief::{Answer, Deal, Request};
use crate::events::{of_order, status_of, Trade};
use crate::ids::{place, MAX_SEQUENCE};
use crate::orders::{Order, NIL};
use crate::pod::{
    BatchStatus, CommandKind, Event, ExecType, OrdStatus, OrdType, TimeInForce, Verdict,
    MAX_EVENTS, TIMER,
};
use crate::reject::Reject;

const NEW_ORDER: u8 = CommandKind::NewOrder as u8;
const CANCEL_ORDER: u8 = CommandKind::CancelOrder as u8;
const REPLACE_ORDER: u8 = CommandKind::ReplaceOrder as u8;

/// What there is to tell of brief requests beside their answers. The caller keeps one.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Trades, in their order.
    pub deals: Vec<Deal>,
    /// What happened beside trades to other orders than those of the requests. The name of an order
    /// stands in its `order_id`.
    pub others: Vec<Event>,
    /// How many requests were answered.
    requests: u32,
    /// The message under way, where one is made.
    fills: Fills,
}

impl Told {
    /// Forgets all, and counts requests from 0 again.
    pub fn clear(&mut self) {
        self.deals.clear();
        self.others.clear();
        self.requests = 0;
    }
}

/// Tells of one request.
struct Teller<'a> {
    told: &'a mut Told,
    answer: &'a mut Answer,
    /// Its place.
    request: u32,
    /// The name of its order.
    name: u64,
    /// Events that a message would hold and that nobody wrote.
    unwritten: usize,
}

impl Teller<'_> {
    #[inline]
    fn refuse(&mut self, reason: Reject) {
        *self.answer = Answer {
            reason: reason.number(),
            status: OrdStatus::Rejected.number(),
            ..Answer::default()
        };
    }

    /// An event that nobody writes; it counts among the order's.
    #[inline]
    fn pass(&mut self, order: &mut Order) {
        order.events += 1;
        self.unwritten += 1;
    }

    #[inline]
    fn over(&mut self, status: OrdStatus, reason: u16) {
        self.answer.leaves_quantity = 0;
        self.answer.status = status.number();
        self.answer.reason = reason;
    }

    /// Takes in the events that were written.
    #[inline(never)]
    fn read_events(&mut self) {
        let Told { deals, others, fills, .. } = &mut *self.told;
        let mut first: Option<Event> = None;
        for event in &fills.events {
            let by_timer = event.command_index == TIMER;
            let request = if by_timer { TIMER } else { self.request };
            let name = event.cl_ord_id[0];
            let own = !by_timer && name == self.name;
            let kind = ExecType::try_from(event.exec_type).unwrap_or(ExecType::None);
            let trades = kind == ExecType::Trade;
            match first.take().filter(|first| trades && first.match_id == event.match_id) {
                Some(first) => deals.push(Deal {
                    request,
                    auction: u32::from(event.liquidity == first.liquidity),
                    match_id: event.match_id,
                    resting_id: name,
                    aggressing_id: first.cl_ord_id[0],
                    price: event.last_price,
                    quantity: event.last_quantity,
                }),
                None if trades => first = Some(*event),
                None => {}
            }
            if own {
                let refused = matches!(kind, ExecType::Rejected | ExecType::CancelRejected);
                let status = OrdStatus::Rejected.number();
                self.answer.executed_quantity += event.last_quantity * i64::from(trades);
                self.answer.leaves_quantity = if refused { 0 } else { event.leaves_quantity };
                self.answer.status = if refused { status } else { event.ord_status };
                self.answer.reason = event.reason;
            } else if !trades {
                others.push(Event {
                    command_index: request,
                    order_id: name,
                    cl_ord_id: [0; 4],
                    ..*event
                });
            }
        }
        fills.events.clear();
        fills.statuses.clear();
    }
}

impl Tell for Teller<'_> {
    #[inline]
    fn count(&self) -> usize {
        self.unwritten + self.told.fills.events.len()
    }

    #[inline]
    fn came(&mut self, order: &mut Order, _: u32) {
        self.pass(order);
        self.answer.leaves_quantity = order.leaves;
        self.answer.status = OrdStatus::New.number();
    }

    #[inline]
    fn took(&mut self, order: &mut Order, trade: Trade, _: u32) {
        self.pass(order);
        self.answer.executed_quantity += trade.quantity;
        self.answer.leaves_quantity = order.leaves;
        self.answer.status = status_of(order).number();
    }

    #[inline]
    fn gave(&mut self, order: &mut Order, trade: Trade, _: i64, _: u32) {
        self.pass(order);
        self.told.deals.push(Deal {
            request: self.request,
            auction: 0,
            match_id: trade.match_id,
            resting_id: order.name(),
            aggressing_id: self.name,
            price: trade.price,
            quantity: trade.quantity,
        });
    }

    #[inline]
    fn replaced(&mut self, order: &mut Order, _: (i64, i64), _: bool, _: u32) {
        self.pass(order);
        self.answer.leaves_quantity = order.leaves;
        self.answer.status = status_of(order).number();
    }

    #[inline]
    fn ends(&mut self, order: &mut Order, _: ExecType, reason: u16, _: u32) {
        self.pass(order);
        self.over(OrdStatus::Canceled, reason);
    }

    #[inline]
    fn rest_ends(&mut self, order: &mut Order, reason: u16, _: u32) {
        self.pass(order);
        self.over(OrdStatus::Canceled, reason);
    }

    #[inline]
    fn rests(&mut self, _: usize, _: i64) {}

    fn at_length(&mut self, order: &mut Order, stand: Stand) -> (&mut Vec<Event>, Stand) {
        // The order's last event is written after all.
        order.events -= 1;
        self.unwritten -= 1;
        let events = &mut self.told.fills.events;
        events.push(of_order(order, ExecType::New, 0));
        let trades_end = stand.trades_end.saturating_sub(self.unwritten);
        let last_event = events.len() - 1;
        (events, Stand { last_event, trades_end })
    }
}

impl MatchingEngine {
    /// Serves requests of an instrument in an engine that is [`Self::named`], and adds to what is
    /// told; each gets the answer of the same place.
    ///
    /// # Errors
    ///
    /// If there were as many messages as there can be; nothing has changed then.
    ///
    /// # Panics
    ///
    /// If there isn't one answer for each request.
    pub fn serve(
        &mut self,
        instrument: u32,
        requests: &[Request],
        answers: &mut [Answer],
        told: &mut Told,
    ) -> Result<(), BatchError> {
        assert_eq!(requests.len(), answers.len(), "each request has an answer");
        let last = self.applied + requests.len() as u64;
        if last > MAX_SEQUENCE {
            return Err(BatchError::Sequence { expected: MAX_SEQUENCE, found: last });
        }
        let slot = self.slot(instrument);
        let places = told.requests..;
        told.requests += requests.len() as u32;
        for ((request, answer), place) in requests.iter().zip(answers).zip(places) {
            *answer = Answer::default();
            let (name, deals) = (request.order_id, told.deals.len());
            let mut teller = Teller { told, answer, request: place, name, unwritten: 0 };
            let kind = if self.is_quiet() { request.kind } else { 0 };
            match (kind, slot) {
                (NEW_ORDER, Some(slot)) => self.serve_new(request, slot, &mut teller),
                (CANCEL_ORDER, Some(slot)) => self.serve_cancel(request, slot, &mut teller),
                (REPLACE_ORDER, Some(slot)) => self.serve_replace(request, slot, &mut teller),
                _ => self.serve_at_length(request, instrument, &mut teller),
            }
            teller.answer.deals = (teller.told.deals.len() - deals) as u32;
        }
        // All that happened follows from them.
        self.hash.fold(requests);
        Ok(())
    }

    #[inline(always)]
    fn serve_new(&mut self, request: &Request, slot: usize, teller: &mut Teller<'_>) {
        let plain = request.is_bare()
            && request.ord_type <= OrdType::Limit as u8
            && request.time_in_force <= TimeInForce::Fok as u8;
        let book = &self.books[slot];
        let instrument = book.instrument.id;
        if !plain || book.screened {
            return self.serve_at_length(request, instrument, teller);
        }
        let command = request.command(instrument);
        let own = shape_of_new(&command).or_else(|| self.refusal_of_open(slot));
        let taken = self.orders.find_named(request.order_id).is_some();
        if taken || own.is_some() {
            let taken = taken.then_some(Reject::DuplicateClOrdId);
            self.applied += 1;
            return teller.refuse(earliest(own, taken).expect("one of them refused it"));
        }
        self.applied += 1;
        let order = self.order_of(place(self.shard, self.applied, 0), &command);
        self.take_plain(order, slot, ALONE, teller);
        self.look_after(slot, teller);
    }

    #[inline(always)]
    fn serve_cancel(&mut self, request: &Request, slot: usize, teller: &mut Teller<'_>) {
        let Some(index) = self.meant(request, slot) else {
            self.applied += 1;
            return teller.refuse(Reject::UnknownOrder);
        };
        if self.orders.get(index).extra != NIL {
            let instrument = self.books[slot].instrument.id;
            return self.serve_at_length(request, instrument, teller);
        }
        self.applied += 1;
        self.end_plain(index, slot, (ExecType::Canceled, 0), 0, teller);
        self.look_after(slot, teller);
    }

    #[inline]
    fn serve_replace(&mut self, request: &Request, slot: usize, teller: &mut Teller<'_>) {
        let command = request.command(self.books[slot].instrument.id);
        let shape = shape_of_replace(&command);
        let Some(index) = self.meant(request, slot) else {
            self.applied += 1;
            let reason = earliest(Some(Reject::UnknownOrder), shape);
            return teller.refuse(reason.expect("there is no such order"));
        };
        if self.orders.get(index).extra != NIL {
            return self.serve_at_length(request, command.instrument, teller);
        }
        self.applied += 1;
        if let Some(reason) = earliest(shape, self.refusal_of_terms(&command, index)) {
            return teller.refuse(reason);
        }
        let (price, leaves) = terms(&command, self.orders.get(index));
        if leaves <= 0 {
            self.end_plain(index, slot, (ExecType::Canceled, 0), 0, teller);
        } else {
            self.amend_plain(index, slot, (price, leaves), ALONE, teller);
        }
        self.look_after(slot, teller);
    }

    /// The open order that a cancel or replace means.
    #[inline(always)]
    fn meant(&self, request: &Request, slot: usize) -> Option<u32> {
        let index = self.orders.find_named(request.order_id)?;
        let order = self.orders.get(index);
        let own =
            order.account == request.account && order.instrument == self.books[slot].instrument.id;
        own.then_some(index)
    }

    /// Lets follow what follows, and tells what there was to tell at length.
    #[inline]
    fn look_after(&mut self, slot: usize, teller: &mut Teller<'_>) {
        if self.books[slot].is_watched() {
            let Room { events, statuses } = Room::before(0);
            let room = Room { events: events - teller.unwritten, statuses };
            self.follow(slot, 0, room, &mut teller.told.fills);
            if !self.collecting.is_empty() {
                self.indicate_touched(&mut teller.told.fills);
            }
            // Nobody reads them, and they would fill up.
            teller.told.fills.statuses.clear();
        }
        if !teller.told.fills.events.is_empty() {
            teller.read_events();
        }
    }

    /// Serves a request by a message.
    #[cold]
    #[inline(never)]
    fn serve_at_length(&mut self, request: &Request, instrument: u32, teller: &mut Teller<'_>) {
        let mut command = request.command(instrument);
        if u16::from(request.kind) > CommandKind::ReplaceOrder.number() {
            command.kind = CommandKind::None.number();
        }
        let sequence = self.applied + 1;
        let batch = Batch {
            sequence,
            time_ns: self.time_ns,
            origin: 1,
            batch: sequence,
            fills_seen: sequence - 1,
            status: BatchStatus::Applied,
            commands: &[command],
            verdicts: &[Verdict::zeroed()],
            orig_cl_ord_ids: &[],
            instruments: &[],
            accounts: &[],
            limits: &[],
            terms: &[],
            rules: &[],
            fees: &[],
        };
        self.apply(&batch, &mut teller.told.fills).expect("the sequence was looked at");
        teller.read_events();
    }
}

/// A message of one command.
const ALONE: Turn = Turn { index: 0, trades_end: MAX_EVENTS - 1 };
