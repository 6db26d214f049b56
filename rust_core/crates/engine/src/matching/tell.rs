//! Where is told what happens to plain orders: the events of a message, or brief answers.
//!
//! Plain orders are matched by one code, made once for each of these.

use alloc::vec::Vec;

use crate::events::{of_order, of_trade, rests, stood, Trade};
use crate::orders::Order;
use crate::pod::{Event, ExecType, Liquidity};

/// A way of telling.
pub(super) trait Tell {
    /// How many events a message would hold by now.
    fn count(&self) -> usize;

    /// An order has come.
    fn came(&mut self, order: &mut Order, command_index: u32);

    /// An order that came has traded.
    fn took(&mut self, order: &mut Order, trade: Trade, command_index: u32);

    /// An order that rests has traded with it. It showed this before, and is still to be removed if
    /// nothing is left.
    fn gave(&mut self, order: &mut Order, trade: Trade, before: i64, command_index: u32);

    /// An order has other terms than it stood with, and rests if it is where it was.
    fn replaced(&mut self, order: &mut Order, stood: (i64, i64), stays: bool, command_index: u32);

    /// An order that rests ends.
    fn ends(&mut self, order: &mut Order, exec_type: ExecType, reason: u16, command_index: u32);

    /// What is left of an order that is in no book ends.
    fn rest_ends(&mut self, order: &mut Order, reason: u16, command_index: u32);

    /// An order rests, as the last event told of it says.
    fn rests(&mut self, last_event: usize, quantity: i64);

    /// Where events go when there is more to tell than this; with it the order's last event, and
    /// where room for trades ends.
    fn at_length(&mut self, order: &mut Order, stand: Stand) -> (&mut Vec<Event>, Stand);
}

/// How far a message has come.
#[derive(Clone, Copy)]
pub(super) struct Stand {
    /// Where the order's last event is.
    pub last_event: usize,
    /// Where the message's room for trades ends.
    pub trades_end: usize,
}

/// The events of a message.
impl Tell for Vec<Event> {
    #[inline]
    fn count(&self) -> usize {
        self.len()
    }

    #[inline]
    fn came(&mut self, order: &mut Order, command_index: u32) {
        self.push(of_order(order, ExecType::New, command_index));
    }

    #[inline]
    fn took(&mut self, order: &mut Order, trade: Trade, command_index: u32) {
        self.push(of_trade(order, trade, Liquidity::Taker, command_index));
    }

    #[inline]
    fn gave(&mut self, order: &mut Order, trade: Trade, before: i64, command_index: u32) {
        let mut event = of_trade(order, trade, Liquidity::Maker, command_index);
        stood(&mut event, trade.price, before);
        if order.leaves != 0 {
            rests(&mut event, order.leaves);
        }
        self.push(event);
    }

    #[inline]
    fn replaced(
        &mut self,
        order: &mut Order,
        (old_price, old_leaves): (i64, i64),
        stays: bool,
        command_index: u32,
    ) {
        let mut event = of_order(order, ExecType::Replaced, command_index);
        stood(&mut event, old_price, old_leaves);
        if stays {
            rests(&mut event, order.leaves);
        }
        self.push(event);
    }

    #[inline]
    fn ends(&mut self, order: &mut Order, exec_type: ExecType, reason: u16, command_index: u32) {
        let mut event = of_order(order, exec_type, command_index);
        event.reason = reason;
        stood(&mut event, order.price, order.leaves);
        self.push(event);
    }

    #[inline]
    fn rest_ends(&mut self, order: &mut Order, reason: u16, command_index: u32) {
        let event = of_order(order, ExecType::Canceled, command_index);
        self.push(Event { reason, ..event });
    }

    #[inline]
    fn rests(&mut self, last_event: usize, quantity: i64) {
        rests(&mut self[last_event], quantity);
    }

    #[inline]
    fn at_length(&mut self, _: &mut Order, stand: Stand) -> (&mut Vec<Event>, Stand) {
        (self, stand)
    }
}
