//! What follows a command: stops that its trades reached, orders that wanted more than there was.
//!
//! One thing at a time, each to its end, until nothing follows any more or the message is full;
//! then the next message goes on.

use super::{MatchingEngine, Turn, EVENTS_PER_TRADE};
use crate::batch::Fills;
use crate::book::side_index;
use crate::events::rests;
use crate::orders::{Extra, Place, NIL};
use crate::pod::{Event, ExecType, SessionState, Side, TimeInForce, TIMER};
use alloc::vec::Vec;

use super::sweep::Swept;

/// Events without which a stop is not fired: it is triggered, it trades, what is left ends.
const EVENTS_PER_STOP: usize = 2 + EVENTS_PER_TRADE;

impl MatchingEngine {
    /// Remembers that something is still to follow in a book.
    pub(super) fn postpone(&mut self, slot: usize) {
        let slot = slot as u32;
        if !self.pending.contains(&slot) {
            self.pending.push(slot);
        }
    }

    /// Goes on where the last message had no room.
    #[inline]
    pub(super) fn follow_pending(&mut self, fills: &mut Fills, events_most: usize) {
        for _ in 0..self.pending.len() {
            let slot = self.pending.remove(0) as usize;
            self.follow(slot, TIMER, events_most, fills);
        }
    }

    /// Lets follow what follows in a book, with no more events in the message than so many.
    pub(super) fn follow(
        &mut self,
        slot: usize,
        command_index: u32,
        events_most: usize,
        fills: &mut Fills,
    ) {
        let events = &mut fills.events;
        loop {
            let room = events_most.saturating_sub(events.len());
            let session = self.books[slot].session;
            if self.books[slot].leaving.is_some() {
                if !self.leave_auction(slot, command_index, events_most, fills) {
                    return self.postpone(slot);
                }
                return self.follow(slot, command_index, events_most, fills);
            }
            if let Some(index) = self.due_for_auction(slot) {
                if room == 0 {
                    return self.postpone(slot);
                }
                self.collect(index, slot, command_index, events);
                continue;
            }
            if session != SessionState::Continuous {
                break;
            }
            if let Some(index) = self.next_stop(slot) {
                if room < EVENTS_PER_STOP {
                    return self.postpone(slot);
                }
                self.take_out(index, slot);
                let turn = Turn { index: command_index, trades: (room - 2) / EVENTS_PER_TRADE };
                if !self.trigger(index, slot, turn, events) {
                    self.orders.end(index);
                }
                continue;
            }
            if self.books[slot].floored == 0 {
                break;
            }
            let Some(index) = self.next_fit(slot, room / EVENTS_PER_TRADE) else { break };
            let mut last_event = 0;
            let end = events.len() + room;
            if let Swept::SelfTrade(reason) =
                self.sweep(index, slot, command_index, end, &mut last_event, events)
            {
                self.end_for(index, ExecType::Canceled, reason, command_index, events);
            }
        }
        if self.books[slot].session.collects() {
            self.indicate(slot, command_index, fills);
        }
    }

    /// Takes a new order that has more than a plain one: to wait for its stop or its auction, or
    /// to trade.
    pub(super) fn enter(
        &mut self,
        index: u32,
        slot: usize,
        turn: Turn,
        events: &mut Vec<Event>,
    ) -> bool {
        let event = self.event(index, ExecType::New, turn.index);
        events.push(event);
        let order = self.orders.get(index);
        let (side, time) = (order.side(), order.time_in_force);
        let book = &self.books[slot];
        let (last, session) = (book.last_trade, book.session);
        let extra = self.orders.extra_mut(index).expect("it has more than a plain order");
        if extra.trailing != 0 {
            if last != 0 && extra.is_active_at(side, last) {
                extra.watermark = last;
            }
            self.put_in(index, slot, Place::Trailing, 0);
            return true;
        }
        if extra.stop_price != 0 {
            let stop = extra.stop_price;
            let met = last != 0 && if side == Side::Buy { last >= stop } else { last <= stop };
            if met && session == SessionState::Continuous {
                return self.trigger(index, slot, turn, events);
            }
            self.put_in(index, slot, Place::Stop, stop);
            return true;
        }
        let at_the_close = time == TimeInForce::AtTheClose as u8;
        if at_the_close && session != SessionState::ClosingAuction {
            self.put_in(index, slot, Place::Waiting, 0);
            return true;
        }
        self.execute(index, slot, turn, events)
    }

    /// Fires a stop that is in no queue: from now on it is what it becomes.
    fn trigger(&mut self, index: u32, slot: usize, turn: Turn, events: &mut Vec<Event>) -> bool {
        let extra = self.orders.extra_mut(index).expect("a stop has more than a plain order");
        extra.place = Place::Limit;
        extra.triggered = true;
        let mut event = self.event(index, ExecType::Triggered, turn.index);
        event.last_price = self.books[slot].last_trade;
        events.push(event);
        self.execute(index, slot, turn, events)
    }

    /// Notes the price of a trade, which trailing stops follow.
    pub(super) fn print(&mut self, slot: usize, price: i64) {
        self.books[slot].last_trade = price;
        for side in [Side::Buy, Side::Sell] {
            let mut at = self.books[slot].trailing[side_index(side)].first();
            while let Some(index) = at {
                let next = self.orders.get(index).next;
                at = (next != NIL).then_some(next);
                let extra = self.orders.extra_mut(index).expect("a stop has more");
                extra.trail(side, price);
            }
        }
    }

    /// The stop that fires next: those that buy by rising, those that sell by falling stop price.
    fn next_stop(&self, slot: usize) -> Option<u32> {
        let book = &self.books[slot];
        if book.last_trade == 0 {
            return None;
        }
        for side in [Side::Buy, Side::Sell] {
            let stops = &book.stops[side_index(side)];
            let sign = if side == Side::Buy { 1 } else { -1 };
            let rank = |index: u32| {
                let extra = self.orders.extra(index).expect("a stop has more");
                (sign * extra.stop_at(side), self.orders.get(index).id)
            };
            let mut next = stops.next_maker(stops.limit_key(book.last_trade));
            let mut at = book.trailing[side_index(side)].first();
            while let Some(index) = at {
                let elected = self.orders.extra(index).is_some_and(|extra| extra.elected);
                if elected && next.is_none_or(|next| rank(index) < rank(next)) {
                    next = Some(index);
                }
                let after = self.orders.get(index).next;
                at = (after != NIL).then_some(after);
            }
            if next.is_some() {
                return next;
            }
        }
        None
    }

    /// An order that wanted all or a minimum, was passed over, and could have it now.
    fn next_fit(&self, slot: usize, trades: usize) -> Option<u32> {
        let book = &self.books[slot];
        for side in [Side::Buy, Side::Sell] {
            let opposite = &book.sides[1 - side_index(side)];
            let markets = &book.markets[1 - side_index(side)];
            for queue in book.sides[side_index(side)].queues() {
                let price = book.sides[side_index(side)].price(queue.key);
                let crosses = opposite.next_maker(opposite.limit_key(price)).is_some();
                if !crosses && markets.is_empty() {
                    break;
                }
                let mut at = if queue.special == 0 { NIL } else { queue.first };
                while at != NIL {
                    if self.orders.is_floored(at) {
                        let plan = self.plan(at, slot);
                        if plan.quantity >= self.orders.floor(at) && plan.steps <= trades {
                            return Some(at);
                        }
                    }
                    at = self.orders.get(at).next;
                }
            }
        }
        None
    }

    /// An order that waits for the auction under way.
    fn due_for_auction(&self, slot: usize) -> Option<u32> {
        let book = &self.books[slot];
        if book.session != SessionState::ClosingAuction {
            return None;
        }
        book.waiting.iter().find_map(|queues| queues.first())
    }

    /// Lets an order that has waited for its auction collect.
    fn collect(&mut self, index: u32, slot: usize, command_index: u32, events: &mut Vec<Event>) {
        self.take_out(index, slot);
        let mut event = self.event(index, ExecType::Restated, command_index);
        let price = self.orders.get(index).price;
        let place = if price == 0 { Place::Market } else { Place::Limit };
        self.put_in(index, slot, place, price);
        if place == Place::Limit {
            rests(&mut event, self.orders.shown(index));
        }
        events.push(event);
    }
}

impl Extra {
    /// Whether a trade at this price makes a trailing stop trail.
    fn is_active_at(&self, side: Side, price: i64) -> bool {
        let rising = (side == Side::Buy) != self.take_profit;
        self.activation == 0
            || if rising { price >= self.activation } else { price <= self.activation }
    }

    /// Follows a trade.
    fn trail(&mut self, side: Side, price: i64) {
        let buys = side == Side::Buy;
        if self.elected {
            return;
        }
        if self.watermark == 0 {
            if self.is_active_at(side, price) {
                self.watermark = price;
            }
        } else if (buys && price < self.watermark) || (!buys && price > self.watermark) {
            self.watermark = price;
        } else {
            let stop = self.stop_at(side);
            self.elected = if buys { price >= stop } else { price <= stop };
        }
    }
}
