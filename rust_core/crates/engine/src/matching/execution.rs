//! How an order trades, rests, changes and ends.

use alloc::vec::Vec;

use super::{Context, MatchingEngine, EVENTS_PER_TRADE};
use crate::book::Fillable;
use crate::events::{of_order, of_trade, rests, stood, Trade};
use crate::orders::Order;
use crate::pod::{Event, ExecType, Liquidity, OrdType, TimeInForce};
use crate::reject::Reject;

impl MatchingEngine {
    /// Lets an order that is in no book trade, and then rest if it may. Says whether it rests; its
    /// first event is the last one so far.
    pub(super) fn execute(
        &mut self,
        index: u32,
        slot: usize,
        at: Context<'_>,
        events: &mut Vec<Event>,
    ) -> bool {
        let taker = self.orders.get(index);
        let (side, price) = (taker.side(), taker.price);
        let immediate = taker.ord_type == OrdType::Market as u8
            || taker.time_in_force >= TimeInForce::Ioc as u8;
        let opposite = self.books[slot].opposite_mut(side);
        let limit_key = opposite.limit_key(price);
        if taker.time_in_force == TimeInForce::Fok as u8 {
            let quantity = taker.leaves;
            let reason = match opposite.fillable(&self.orders, limit_key, quantity, at.trades) {
                Fillable::Yes => None,
                Fillable::No => Some(Reject::FokUnfillable),
                Fillable::TooMany => Some(Reject::Other),
            };
            if let Some(reason) = reason {
                self.cancel_rest(index, reason.number(), at.index, events);
                return false;
            }
        }
        let mut last_event = events.len() - 1;
        let trades_end = events.len() + EVENTS_PER_TRADE * at.trades;
        let mut cut_short = false;
        while let Some(maker) = self.books[slot].opposite_mut(side).next_maker(limit_key) {
            if events.len() >= trades_end {
                cut_short = true;
                break;
            }
            last_event = events.len();
            self.trade(index, maker, slot, at.index, events);
            if self.orders.get(index).leaves == 0 {
                return false;
            }
        }
        if cut_short || immediate {
            let reason = if cut_short { Reject::Other.number() } else { 0 };
            self.cancel_rest(index, reason, at.index, events);
            return false;
        }
        self.books[slot].side_mut(side).rest(&mut self.orders, index);
        rests(&mut events[last_event], self.orders.get(index).leaves);
        true
    }

    /// One trade between an incoming order and the one whose turn it is.
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
        let side = self.books[slot].side_mut(order.side());
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
        if !self.execute(index, slot, at, events) {
            self.orders.end(index);
        }
    }

    /// Takes an order out of its book for good.
    pub(super) fn end(
        &mut self,
        index: u32,
        exec_type: ExecType,
        command_index: u32,
        events: &mut Vec<Event>,
    ) {
        let slot = self.slot(self.orders.get(index).instrument).expect("an order has a book");
        let order = self.orders.get_mut(index);
        let mut event = of_order(order, exec_type, command_index);
        stood(&mut event, order.price, order.leaves);
        events.push(event);
        self.books[slot].side_mut(order.side()).remove(&mut self.orders, index);
        self.orders.end(index);
    }
}
