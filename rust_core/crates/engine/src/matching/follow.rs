//! What follows a command: stops that its trades reached, orders that wanted more than there was.
//!
//! One thing at a time, each to its end, until nothing follows any more or the message is full;
//! then the next message goes on.

use alloc::vec::Vec;

use super::plan::Part;
use super::sweep::{Plan, Steps, Swept};
use super::{MatchingEngine, Room, Turn, EVENTS_PER_TRADE};
use crate::batch::Fills;
use crate::book::{side_index, BookSide};
use crate::events::rests;
use crate::orders::{Extra, Link, Place, NIL};
use crate::pod::{
    Event, ExecType, PegPrice, SessionState, Side, TimeInForce, EVENTS_PER_COMMAND, MAX_COMMANDS,
    MAX_EVENTS, TIMER,
};

/// Something that follows.
#[derive(Clone, Copy)]
enum Step {
    /// The exit of an entry that has ended, having traded so much.
    Exit { index: u32, traded: i64 },
    /// A stop was reached.
    Stop(u32),
    /// An order that wants all or a minimum can have it, in so many events.
    Fit { index: u32, events: usize },
    /// A pegged order has another price, 0: none.
    Peg { index: u32, price: i64 },
}

/// Events without which a step is not begun: as many as a command has set aside, and a trade.
const EVENTS_PER_STEP: usize = EVENTS_PER_COMMAND + EVENTS_PER_TRADE;
/// The most events that an order which wants all or a minimum may take when it follows: what is
/// left for one such order of the fullest batch.
const MAX_EVENTS_OF_FIT: usize = MAX_EVENTS - EVENTS_PER_COMMAND * (MAX_COMMANDS + 1);

impl MatchingEngine {
    /// Remembers that something is still to follow in a book.
    pub(super) fn postpone(&mut self, slot: usize) {
        let book = &mut self.books[slot];
        if !book.pending {
            book.pending = true;
            self.pending.push(slot as u32);
        }
    }

    /// Goes on where the last message had no room.
    pub(super) fn follow_pending(&mut self, room: Room, fills: &mut Fills) {
        if self.pending.is_empty() {
            return;
        }
        let mut slots = core::mem::take(&mut self.followed);
        core::mem::swap(&mut slots, &mut self.pending);
        for &slot in &slots {
            self.books[slot as usize].pending = false;
            self.follow(slot as usize, TIMER, room, fills);
        }
        slots.clear();
        self.followed = slots;
    }

    /// Lets follow what follows in a book and tells what it is at then. Says whether nothing is
    /// left to follow; else the next message goes on.
    pub(super) fn follow(
        &mut self,
        slot: usize,
        command_index: u32,
        room: Room,
        fills: &mut Fills,
    ) -> bool {
        let done = self.follow_on(slot, command_index, room, fills);
        let told = self.tell_session(slot, command_index, room, fills);
        if done && told {
            self.touch(slot, command_index);
        }
        if !done || !told {
            self.postpone(slot);
        }
        done
    }

    fn follow_on(
        &mut self,
        slot: usize,
        command_index: u32,
        room: Room,
        fills: &mut Fills,
    ) -> bool {
        if !self.sweeps.is_empty() {
            return false;
        }
        loop {
            if self.books[slot].leaving.is_some() {
                if !self.leave_auction(slot, command_index, room, fills) {
                    return false;
                }
                continue;
            }
            let events = &mut fills.events;
            let left = room.events.saturating_sub(events.len());
            if let Some(index) = self.due_for_auction(slot) {
                if left == 0 {
                    return false;
                }
                self.collect(index, slot, command_index, events);
                continue;
            }
            let Some(step) = self.next_step(slot) else { return true };
            let wanted = match step {
                Step::Fit { events, .. } => EVENTS_PER_COMMAND + events.max(EVENTS_PER_TRADE),
                _ => EVENTS_PER_STEP,
            };
            if left < wanted {
                return false;
            }
            let trades_end = self.trades_end(room.events);
            self.take_step(step, slot, Turn { index: command_index, trades_end }, events);
        }
    }

    /// What is next to follow: exits whose entry has ended, then, in continuous trading, stops,
    /// orders that wanted more than there was, and pegged orders.
    fn next_step(&mut self, slot: usize) -> Option<Step> {
        if let Some((index, traded)) = self.next_exit(slot) {
            return Some(Step::Exit { index, traded });
        }
        if self.books[slot].session != SessionState::Continuous {
            return None;
        }
        if let Some(index) = self.next_stop(slot) {
            return Some(Step::Stop(index));
        }
        if self.books[slot].floored != 0 {
            let mut gone = core::mem::take(&mut self.gone);
            let mut parts = core::mem::take(&mut self.parts);
            let fit = self.next_fit(slot, &mut gone, &mut parts);
            (self.gone, self.parts) = (gone, parts);
            if let Some((index, events)) = fit {
                return Some(Step::Fit { index, events });
            }
        }
        self.next_peg(slot).map(|(index, price)| Step::Peg { index, price })
    }

    fn take_step(&mut self, step: Step, slot: usize, turn: Turn, events: &mut Vec<Event>) {
        match step {
            Step::Exit { index, traded } => self.release_exit(index, traded, slot, turn, events),
            Step::Stop(index) => {
                self.take_out(index, slot);
                if !self.trigger(index, slot, turn, events) {
                    self.finish(index, slot);
                }
            }
            Step::Fit { index, .. } => {
                let mut last_event = 0;
                let steps = Steps {
                    command_index: turn.index,
                    trades_end: turn.trades_end,
                    reach: self.reach(index, slot),
                };
                // What was chosen for it, if it could choose, is still there.
                let parts = core::mem::take(&mut self.parts);
                let chosen = !parts.is_empty();
                if chosen {
                    self.deal_parts(index, slot, steps, &parts, events);
                }
                self.parts = parts;
                if chosen {
                    return;
                }
                match self.sweep(index, slot, steps, &mut last_event, events) {
                    Swept::SelfTrade(reason) => {
                        self.end_for(index, ExecType::Canceled, reason, turn.index, events);
                    }
                    Swept::OutOfBand => self.leave_band(slot),
                    _ => {}
                }
            }
            Step::Peg { index, price } => self.move_peg(index, price, slot, turn, events),
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
        let extra = self.orders.extra(index).expect("it has more than a plain order");
        let (link, peg) = (extra.link, extra.peg);
        if peg != PegPrice::None {
            return self.enter_pegged(index, slot, turn, events);
        }
        let is_exit = link.is_some_and(Link::is_exit);
        if !is_exit {
            self.begin_trailing(index, slot);
        }
        let event = self.event(index, ExecType::New, turn.index);
        events.push(event);
        if self.is_cancelled_by_partner(link) {
            self.come_and_go(index, turn.index, events);
            return false;
        }
        if is_exit {
            self.put_in(index, slot, Place::Held, 0);
            return true;
        }
        self.arrive(index, slot, turn, events)
    }

    /// Lets a trailing stop that arrives trail from the last trade on, if it is active by then.
    /// This comes before its event, which says where its stop is.
    pub(super) fn begin_trailing(&mut self, index: u32, slot: usize) {
        let (side, last) = (self.orders.get(index).side(), self.books[slot].last_trade);
        let Some(extra) = self.orders.extra_mut(index) else { return };
        if extra.trailing != 0 && last != 0 && extra.is_active_at(side, last) {
            extra.watermark = last;
        }
    }

    /// Lets an order that is in no queue wait for its stop or its auction, or trade.
    pub(super) fn arrive(
        &mut self,
        index: u32,
        slot: usize,
        turn: Turn,
        events: &mut Vec<Event>,
    ) -> bool {
        let order = self.orders.get(index);
        let (side, time) = (order.side(), order.time_in_force);
        let book = &self.books[slot];
        let (last, session) = (book.last_trade, book.session);
        let extra = self.orders.extra_mut(index).expect("it has more than a plain order");
        if extra.trailing != 0 {
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
        let last_event = events.len();
        let mut event = self.event(index, ExecType::Triggered, turn.index);
        event.last_price = self.books[slot].last_trade;
        events.push(event);
        let link = self.orders.link(index);
        self.cancel_partner(link, turn.index, events);
        self.execute_special(index, slot, turn.index, turn.trades_end, last_event, events)
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

    /// An order that wanted all or a minimum, was passed over, and could have it now, and the
    /// events that it would take.
    fn next_fit(
        &self,
        slot: usize,
        gone: &mut Vec<u64>,
        parts: &mut Vec<Part>,
    ) -> Option<(u32, usize)> {
        let book = &self.books[slot];
        for side in [Side::Buy, Side::Sell] {
            let own = &book.sides[side_index(side)];
            let opposite = &book.sides[1 - side_index(side)];
            let markets = &book.markets[1 - side_index(side)];
            let Some(best) = own.queues().next().map(|queue| own.price(queue.key)) else {
                continue;
            };
            let most = self.open_in(markets, 0) + self.open_in(opposite, opposite.limit_key(best));
            for queue in own.queues() {
                let price = own.price(queue.key);
                let crosses = opposite.next_maker(opposite.limit_key(price)).is_some();
                if !crosses && markets.is_empty() {
                    break;
                }
                let mut at = if queue.special == 0 { NIL } else { queue.first };
                while at != NIL {
                    if self.orders.is_floored(at) && self.orders.floor(at) <= most {
                        let (reach, floor) = (self.reach(at, slot), self.orders.floor(at));
                        parts.clear();
                        if floor == self.orders.get(at).leaves {
                            self.choose_parts(at, slot, reach, parts);
                        }
                        let plan = match parts.is_empty() {
                            true => self.plan(at, slot, reach, gone),
                            false => Plan { quantity: floor, events: self.events_of(at, parts) },
                        };
                        if plan.quantity >= floor && plan.events <= MAX_EVENTS_OF_FIT {
                            return Some((at, plan.events));
                        }
                    }
                    at = self.orders.get(at).next;
                }
            }
        }
        None
    }

    /// What is open in queues up to a key: more than that can't trade.
    fn open_in(&self, queues: &BookSide, limit_key: i64) -> i64 {
        let mut sum = 0;
        for queue in queues.queues().take_while(|queue| queue.key <= limit_key) {
            if queue.special == 0 {
                sum += queue.quantity;
                continue;
            }
            let mut at = queue.first;
            while at != NIL {
                let order = self.orders.get(at);
                sum += order.leaves;
                at = order.next;
            }
        }
        sum
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
        self.limit_to_bound(index, slot);
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
