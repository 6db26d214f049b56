//! How an order trades, rests, changes and ends.

use alloc::vec::Vec;

use super::lists::LINKED;
use super::{Context, MatchingEngine, Turn, EVENTS_PER_TRADE};
use crate::book::Fillable;
use crate::events::{of_order, of_trade, rests, stood, Trade};
use crate::orders::{Order, Place, NIL};
use crate::pod::{Event, ExecType, Liquidity, PegPrice, SelfTrade, TimeInForce};
use crate::reject::Reject;

impl MatchingEngine {
    /// Lets an order that is in no book trade, and then rest if it may. Says whether it rests; its
    /// first event is the last one so far.
    ///
    /// This is the way of plain orders among plain orders; whatever else there is to look at is
    /// seen in [`Self::execute_special`], which goes on where this stops.
    pub(super) fn execute(
        &mut self,
        index: u32,
        slot: usize,
        turn: Turn,
        events: &mut Vec<Event>,
    ) -> bool {
        let taker = self.orders.get(index);
        let (side, price, account) = (taker.side(), taker.price, taker.account);
        let mut last_event = events.len() - 1;
        let trades_end = turn.trades_end;
        let book = &mut self.books[slot];
        if book.special || taker.extra != NIL || price == 0 && book.marks {
            return self.execute_special(index, slot, turn.index, trades_end, last_event, events);
        }
        // A market order whose rest was given a price is a limit order from then on.
        let immediate = price == 0
            || taker.time_in_force == TimeInForce::Ioc as u8
            || taker.time_in_force == TimeInForce::Fok as u8;
        let limit_key = book.opposite_mut(side).limit_key(price);
        if taker.time_in_force == TimeInForce::Fok as u8 {
            let quantity = taker.leaves;
            let trades = trades_end.saturating_sub(events.len()) / EVENTS_PER_TRADE;
            // Whose orders there are is for the plan to see.
            let meets = book.rules.self_trade != SelfTrade::Allow;
            let opposite = book.opposite_mut(side);
            let reason = match opposite.fillable(&self.orders, limit_key, quantity, trades) {
                Fillable::No => Some(Reject::FokUnfillable),
                Fillable::Yes if !meets => None,
                Fillable::TooMany if !meets => Some(Reject::Other),
                _ => {
                    let at = turn.index;
                    return self.execute_special(index, slot, at, trades_end, last_event, events);
                }
            };
            if let Some(reason) = reason {
                self.cancel_rest(index, reason.number(), turn.index, events);
                return false;
            }
        }
        let mut cut_short = false;
        while let Some(maker) = self.books[slot].opposite_mut(side).next_maker(limit_key) {
            if events.len() + EVENTS_PER_TRADE > trades_end {
                cut_short = true;
                break;
            }
            let order = self.orders.get(maker);
            // Who meets an order of one's own leaves this way.
            let meets =
                order.account == account && self.books[slot].rules.self_trade != SelfTrade::Allow;
            if order.extra != NIL || meets {
                let at = turn.index;
                return self.execute_special(index, slot, at, trades_end, last_event, events);
            }
            last_event = events.len();
            self.trade(index, maker, slot, turn.index, events);
            if self.orders.get(index).leaves == 0 {
                return false;
            }
        }
        if cut_short || immediate {
            let reason = if cut_short { Reject::Other.number() } else { 0 };
            self.cancel_rest(index, reason, turn.index, events);
            return false;
        }
        self.books[slot].side_mut(side).rest(&mut self.orders, index);
        rests(&mut events[last_event], self.orders.get(index).leaves);
        true
    }

    /// One trade between an incoming order and the one whose turn it is, both plain.
    #[inline]
    pub(super) fn trade(
        &mut self,
        taker: u32,
        maker: u32,
        slot: usize,
        command_index: u32,
        events: &mut Vec<Event>,
    ) {
        self.matches += 1;
        let &Order { price, leaves, .. } = self.orders.get(maker);
        let taker = self.orders.get_mut(taker);
        let quantity = leaves.min(taker.leaves);
        assert!(quantity > 0, "who trades has something left");
        let trade = Trade { match_id: self.matches, price, quantity };
        taker.fill(price, quantity);
        events.push(of_trade(taker, trade, Liquidity::Taker, command_index));

        let order = self.orders.get_mut(maker);
        let book = &mut self.books[slot];
        book.last_trade = price;
        let side = book.side_mut(order.side());
        side.fill(order, quantity);
        let mut event = of_trade(order, trade, Liquidity::Maker, command_index);
        stood(&mut event, price, leaves);
        if order.leaves == 0 {
            side.remove(&mut self.orders, maker);
            self.orders.end(maker);
        } else {
            rests(&mut event, leaves - quantity);
        }
        events.push(event);
    }

    /// The event that ends what is left of an order that is in no book.
    pub(super) fn cancel_rest(
        &mut self,
        index: u32,
        reason: u16,
        command_index: u32,
        events: &mut Vec<Event>,
    ) {
        let order = self.orders.get_mut(index);
        let event = of_order(order, ExecType::Canceled, command_index);
        events.push(Event { reason, ..event });
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
        let slot = self.slot(self.orders.get(index).instrument).expect("an order has a book");
        let order = self.orders.get_mut(index);
        if order.extra != NIL {
            return self.amend_special(index, slot, price, leaves, at, events);
        }
        let (old_price, old_leaves) = (order.price, order.leaves);
        let side = self.books[slot].side_mut(order.side());
        if price == old_price && leaves <= old_leaves {
            side.reduce(order, leaves);
            let mut event = of_order(order, ExecType::Replaced, at.index);
            stood(&mut event, old_price, old_leaves);
            rests(&mut event, leaves);
            events.push(event);
            return;
        }
        side.remove(&mut self.orders, index);
        let order = self.orders.get_mut(index);
        (order.price, order.leaves) = (price, leaves);
        let mut event = of_order(order, ExecType::Replaced, at.index);
        stood(&mut event, old_price, old_leaves);
        events.push(event);
        if !self.execute(index, slot, at.turn(), events) {
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
        let slot = self.slot(self.orders.get(index).instrument).expect("an order has a book");
        let order = self.orders.get_mut(index);
        if order.extra == NIL {
            let mut event = of_order(order, exec_type, command_index);
            event.reason = reason;
            stood(&mut event, order.price, order.leaves);
            events.push(event);
            self.books[slot].side_mut(order.side()).remove(&mut self.orders, index);
            self.orders.end(index);
            return;
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
        let (place, side) = (self.orders.place(index), self.orders.get(index).side());
        let floored = place == Place::Limit && self.orders.is_floored(index);
        let book = &mut self.books[slot];
        book.place_mut(place, side).remove(&mut self.orders, index);
        book.floored -= u32::from(floored);
        if matches!(place, Place::Trailing | Place::Market) {
            book.judge();
        }
    }

    /// Puts an order that is in no queue at the back of one; `price` orders those that have prices.
    pub(super) fn put_in(&mut self, index: u32, slot: usize, place: Place, price: i64) {
        let order = self.orders.get(index);
        let (side, leaves) = (order.side(), order.leaves);
        if let Some(extra) = self.orders.extra_mut(index) {
            extra.place = place;
            extra.shown = extra.display.min(leaves);
        }
        let floored = place == Place::Limit && self.orders.is_floored(index);
        let book = &mut self.books[slot];
        book.place_mut(place, side).rest_at(&mut self.orders, index, price);
        book.floored += u32::from(floored);
        book.special |= matches!(place, Place::Trailing | Place::Market);
    }
}
