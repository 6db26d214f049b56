//! How an order trades, rests, changes and ends.

use alloc::vec::Vec;

use super::lists::LINKED;
use super::tell::{Stand, Tell};
use super::{Context, MatchingEngine, Turn, EVENTS_PER_TRADE};
use crate::book::Fillable;
use crate::events::{of_order, stood, Trade};
use crate::orders::{Order, Place, NIL};
use crate::pod::{Event, ExecType, PegPrice, SelfTrade, TimeInForce, MAX_PRICE};
use crate::reject::Reject;

impl MatchingEngine {
    /// Lets an order that is in no book trade, and then rest if it may. Says whether it rests; its
    /// first event is the last one so far.
    ///
    /// This is the way of plain orders among plain orders; whatever else there is to look at is
    /// seen in [`Self::execute_special`], which goes on where this stops.
    pub(super) fn execute<T: Tell>(
        &mut self,
        index: u32,
        slot: usize,
        turn: Turn,
        tell: &mut T,
    ) -> bool {
        let taker = self.orders.get(index);
        let (side, price, account) = (taker.side(), taker.price, taker.account);
        let trades_end = turn.trades_end;
        let mut stand = Stand { last_event: tell.count() - 1, trades_end };
        let book = &mut self.books[slot];
        if book.special || taker.extra != NIL || price == 0 && book.marks {
            return self.go_on_special(index, slot, turn, stand, tell);
        }
        // A market order whose rest was given a price is a limit order from then on.
        let immediate = price == 0
            || taker.time_in_force == TimeInForce::Ioc as u8
            || taker.time_in_force == TimeInForce::Fok as u8;
        let opposite = book.opposite_mut(side);
        let limit_key = opposite.limit_key(price);
        let mut next = opposite.next_maker(limit_key);
        if taker.time_in_force == TimeInForce::Fok as u8 {
            let quantity = taker.leaves;
            let trades = trades_end.saturating_sub(tell.count()) / EVENTS_PER_TRADE;
            // Whose orders there are is for the plan to see.
            let meets = book.rules.self_trade != SelfTrade::Allow;
            let opposite = book.opposite_mut(side);
            let reason = match opposite.fillable(&self.orders, limit_key, quantity, trades) {
                Fillable::No => Some(Reject::FokUnfillable),
                Fillable::Yes if !meets => None,
                Fillable::TooMany if !meets => Some(Reject::Other),
                _ => return self.go_on_special(index, slot, turn, stand, tell),
            };
            if let Some(reason) = reason {
                tell.rest_ends(self.orders.get_mut(index), reason.number(), turn.index);
                return false;
            }
        }
        let mut cut_short = false;
        while let Some(maker) = next {
            if tell.count() + EVENTS_PER_TRADE > trades_end {
                cut_short = true;
                break;
            }
            let order = self.orders.get(maker);
            // Who meets an order of one's own leaves this way.
            let meets =
                order.account == account && self.books[slot].rules.self_trade != SelfTrade::Allow;
            if order.extra != NIL || meets {
                return self.go_on_special(index, slot, turn, stand, tell);
            }
            stand.last_event = tell.count();
            self.trade(index, maker, slot, turn.index, tell);
            if self.orders.get(index).leaves == 0 {
                return false;
            }
            next = self.books[slot].opposite_mut(side).next_maker(limit_key);
        }
        if cut_short || immediate {
            let reason = if cut_short { Reject::Other.number() } else { 0 };
            tell.rest_ends(self.orders.get_mut(index), reason, turn.index);
            return false;
        }
        self.books[slot].side_mut(side).rest(&mut self.orders, index);
        tell.rests(stand.last_event, self.orders.get(index).leaves);
        true
    }

    /// Goes on with an order for which there is more to look at.
    #[inline(never)]
    fn go_on_special<T: Tell>(
        &mut self,
        index: u32,
        slot: usize,
        turn: Turn,
        stand: Stand,
        tell: &mut T,
    ) -> bool {
        let (events, stand) = tell.at_length(self.orders.get_mut(index), stand);
        let Stand { last_event, trades_end } = stand;
        self.execute_special(index, slot, turn.index, trades_end, last_event, events)
    }

    /// One trade between an incoming order and the one whose turn it is, both plain.
    #[inline]
    fn trade<T: Tell>(
        &mut self,
        taker: u32,
        maker: u32,
        slot: usize,
        command_index: u32,
        tell: &mut T,
    ) {
        self.matches += 1;
        let &Order { price, leaves, .. } = self.orders.get(maker);
        let taker = self.orders.get_mut(taker);
        let quantity = leaves.min(taker.leaves);
        assert!(quantity > 0, "who trades has something left");
        let trade = Trade { match_id: self.matches, price, quantity };
        taker.fill(price, quantity);
        tell.took(taker, trade, command_index);

        let order = self.orders.get_mut(maker);
        let book = &mut self.books[slot];
        book.last_trade = price;
        let side = book.side_mut(order.side());
        side.fill(order, quantity);
        tell.gave(order, trade, leaves, command_index);
        if order.leaves == 0 {
            side.remove(&mut self.orders, maker);
            self.orders.end(maker);
        }
    }

    /// Gives an open order other terms. It keeps its priority unless its price changes or more of
    /// it is open than before.
    pub(super) fn amend(
        &mut self,
        index: u32,
        price: i64,
        leaves: i64,
        at: Context<'_>,
        events: &mut Vec<Event>,
    ) {
        let order = self.orders.get(index);
        let slot = self.slot(order.instrument).expect("an order has a book");
        if order.extra != NIL {
            return self.amend_special(index, slot, price, leaves, at, events);
        }
        self.amend_plain(index, slot, (price, leaves), at.turn(), events);
    }

    /// The same for a plain one.
    pub(super) fn amend_plain<T: Tell>(
        &mut self,
        index: u32,
        slot: usize,
        (price, leaves): (i64, i64),
        turn: Turn,
        tell: &mut T,
    ) {
        let order = self.orders.get_mut(index);
        let old = (order.price, order.leaves);
        let side = self.books[slot].side_mut(order.side());
        if price == old.0 && leaves <= old.1 {
            side.reduce(order, leaves);
            return tell.replaced(order, old, true, turn.index);
        }
        side.remove(&mut self.orders, index);
        let order = self.orders.get_mut(index);
        (order.price, order.leaves) = (price, leaves);
        tell.replaced(order, old, false, turn.index);
        if !self.execute(index, slot, turn, tell) {
            self.orders.end(index);
        }
    }

    /// Gives an open order that has more than a plain one other terms. An iceberg keeps its
    /// priority whatever its total.
    pub(super) fn amend_special(
        &mut self,
        index: u32,
        slot: usize,
        price: i64,
        leaves: i64,
        at: Context<'_>,
        events: &mut Vec<Event>,
    ) {
        let order = *self.orders.get(index);
        let side = order.side();
        let extra = self.orders.extra_mut(index).expect("it has more than a plain order");
        if extra.peg != PegPrice::None {
            return self.amend_pegged(index, slot, leaves, at, events);
        }
        let (link, total) = (extra.link, order.cum + leaves);
        let place = extra.place;
        let keeps = price == order.price && (leaves <= order.leaves || extra.display != 0);
        let stop =
            if at.command.stop_price == 0 { extra.stop_price } else { at.command.stop_price };
        if place == Place::Limit && !keeps {
            let before = self.orders.shown(index);
            self.take_out(index, slot);
            let price = self.posted(u16::from(order.flags), side, price, slot).unwrap_or(price);
            let changed = self.orders.get_mut(index);
            (changed.price, changed.leaves) = (price, leaves);
            if price != order.price {
                self.unbind(index);
            }
            let mut event = self.event(index, ExecType::Replaced, at.index);
            stood(&mut event, order.price, before);
            let last_event = events.len();
            events.push(event);
            self.restate_exits(link, total, slot, at.index, events);
            let end = at.trades_end;
            if !self.execute_special(index, slot, at.index, end, last_event, events) {
                self.finish(index, slot);
            }
            return;
        }
        let moved = place == Place::Stop && stop != extra.stop_price;
        let before = self.orders.shown(index);
        if moved {
            self.take_out(index, slot);
        }
        let changed = self.orders.get_mut(index);
        (changed.price, changed.leaves) = (price, leaves);
        let extra = self.orders.extra_mut(index).expect("as before");
        if extra.bound != 0 {
            // It goes with the stop price, as what risk counts does.
            extra.bound = (extra.bound + stop - extra.stop_price).clamp(1, MAX_PRICE);
        }
        extra.stop_price = stop;
        extra.shown = extra.shown.min(leaves);
        let mut event = self.event(index, ExecType::Replaced, at.index);
        if moved {
            self.put_in(index, slot, place, stop);
        } else {
            let refilled = place == Place::Market && leaves > order.leaves;
            self.tell_place(index, slot, before, refilled, &mut event);
        }
        events.push(event);
        self.restate_exits(link, total, slot, at.index, events);
    }

    /// Ends an open order wherever it is.
    pub(super) fn end(
        &mut self,
        index: u32,
        exec_type: ExecType,
        command_index: u32,
        events: &mut Vec<Event>,
    ) {
        self.end_for(index, exec_type, 0, command_index, events);
    }

    /// Ends an open order for a reason.
    pub(super) fn end_for(
        &mut self,
        index: u32,
        exec_type: ExecType,
        reason: u16,
        command_index: u32,
        events: &mut Vec<Event>,
    ) {
        let order = self.orders.get(index);
        let slot = self.slot(order.instrument).expect("an order has a book");
        if order.extra == NIL {
            return self.end_plain(index, slot, (exec_type, reason), command_index, events);
        }
        let mut event = self.event(index, exec_type, command_index);
        event.reason = reason;
        if self.orders.place(index) == Place::Limit {
            stood(&mut event, self.orders.get(index).price, self.orders.shown(index));
        }
        events.push(event);
        let link = self.orders.link(index);
        self.take_out(index, slot);
        self.finish(index, slot);
        // Who goes for a partner's sake takes none along.
        if reason != LINKED {
            self.cancel_partner(link, command_index, events);
        }
    }

    /// Ends a plain order that rests, in a way and for a reason.
    #[inline]
    pub(super) fn end_plain<T: Tell>(
        &mut self,
        index: u32,
        slot: usize,
        (exec_type, reason): (ExecType, u16),
        command_index: u32,
        tell: &mut T,
    ) {
        let order = self.orders.get_mut(index);
        tell.ends(order, exec_type, reason, command_index);
        self.books[slot].side_mut(order.side()).remove(&mut self.orders, index);
        self.orders.end(index);
    }

    /// The event of something that happened to an order, with what few orders have.
    pub(super) fn event(&mut self, index: u32, exec_type: ExecType, command_index: u32) -> Event {
        let mut event = of_order(self.orders.get_mut(index), exec_type, command_index);
        if let Some(extra) = self.orders.extra(index) {
            event.stop_price = extra.stop_at(self.orders.get(index).side());
            event.display_quantity = extra.display;
        }
        event
    }

    /// Takes an order out of its queue.
    pub(super) fn take_out(&mut self, index: u32, slot: usize) {
        let order = self.orders.get(index);
        let (place, side, account) = (self.orders.place(index), order.side(), order.account);
        let floored = place == Place::Limit && self.orders.is_floored(index);
        let book = &mut self.books[slot];
        book.place_mut(place, side).remove(&mut self.orders, index);
        if floored {
            book.count_floored(account, false);
        }
        if matches!(place, Place::Trailing | Place::Market) {
            book.judge();
        }
    }

    /// Puts an order that is in no queue at the back of one; `price` orders those that have prices.
    pub(super) fn put_in(&mut self, index: u32, slot: usize, place: Place, price: i64) {
        let order = self.orders.get(index);
        let (side, leaves, account) = (order.side(), order.leaves, order.account);
        if let Some(extra) = self.orders.extra_mut(index) {
            extra.place = place;
            extra.shown = extra.display.min(leaves);
        }
        let floored = place == Place::Limit && self.orders.is_floored(index);
        let book = &mut self.books[slot];
        book.place_mut(place, side).rest_at(&mut self.orders, index, price);
        if floored {
            book.count_floored(account, true);
        }
        book.special |= matches!(place, Place::Trailing | Place::Market);
    }
}
