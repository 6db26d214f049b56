//! How events are made of orders and of refused commands.

use bytemuck::Zeroable;

use crate::orders::Order;
use crate::pod::{
    Command, Event, ExecType, Liquidity, OrdStatus, OrdType, Side, TimeInForce, FLAG_RESTS,
};
use crate::reject::Reject;

/// The event of something that happened to an order, numbered among its events. The order is
/// already as it is afterwards; what it showed in the book is for the caller to add.
#[inline]
pub(crate) fn of_order(order: &mut Order, exec_type: ExecType, command_index: u32) -> Event {
    order.events += 1;
    let (status, leaves) = match exec_type {
        ExecType::Canceled => (OrdStatus::Canceled, 0),
        ExecType::Expired => (OrdStatus::Expired, 0),
        _ => (status_of(order), order.leaves),
    };
    let cum_notional = order.cum_notional();
    Event {
        exec_type: exec_type.number(),
        side: u16::from(order.side),
        ord_type: u16::from(order.ord_type),
        time_in_force: u16::from(order.time_in_force),
        ord_status: status.number(),
        liquidity: 0,
        reason: 0,
        flags: u16::from(order.flags),
        account: order.account,
        instrument: order.instrument,
        command_index,
        order_sequence: order.events,
        order_id: order.id,
        cl_ord_id: order.cl_ord_id,
        cl_ord_id4: order.cl_ord_id4,
        session: order.session,
        price: order.price,
        quantity: order.quantity(),
        last_price: 0,
        last_quantity: 0,
        cum_quantity: order.cum,
        leaves_quantity: leaves,
        cum_notional_low: cum_notional as u64,
        cum_notional_high: (cum_notional >> 64) as i64,
        match_id: 0,
        book_price_before: 0,
        book_quantity_before: 0,
        book_quantity_after: 0,
        stop_price: 0,
        display_quantity: 0,
    }
}

/// The state of an order that lives, or has just traded its last.
#[inline]
pub(crate) fn status_of(order: &Order) -> OrdStatus {
    match (order.cum, order.leaves) {
        (0, _) => OrdStatus::New,
        (_, 0) => OrdStatus::Filled,
        _ => OrdStatus::PartiallyFilled,
    }
}

/// A trade, as part of an event.
#[derive(Clone, Copy)]
pub(crate) struct Trade {
    pub match_id: u64,
    pub price: i64,
    pub quantity: i64,
}

/// The event of an order's part in a trade.
#[inline]
pub(crate) fn of_trade(
    order: &mut Order,
    trade: Trade,
    liquidity: Liquidity,
    command_index: u32,
) -> Event {
    Event {
        liquidity: liquidity.number(),
        last_price: trade.price,
        last_quantity: trade.quantity,
        match_id: trade.match_id,
        ..of_order(order, ExecType::Trade, command_index)
    }
}

/// Marks that the order shows this quantity in the book after the event.
#[inline]
pub(crate) fn rests(event: &mut Event, quantity: i64) {
    event.flags |= FLAG_RESTS;
    event.book_quantity_after = quantity;
}

/// Marks what the order showed in the book before the event.
#[inline]
pub(crate) fn stood(event: &mut Event, price: i64, quantity: i64) {
    event.book_price_before = price;
    event.book_quantity_before = quantity;
}

/// The event of a command that was refused: the request's own terms, as far as this version can
/// read them, and nothing of an order but the target's id and state.
pub(crate) fn of_refusal(
    command: &Command,
    exec_type: ExecType,
    reason: Reject,
    order_id: u64,
    status: OrdStatus,
    command_index: u32,
) -> Event {
    Event {
        exec_type: exec_type.number(),
        side: known::<Side>(command.side),
        ord_type: known::<OrdType>(command.ord_type),
        time_in_force: known::<TimeInForce>(command.time_in_force),
        ord_status: status.number(),
        reason: reason.number(),
        flags: command.flags & !FLAG_RESTS,
        account: command.account,
        instrument: command.instrument,
        command_index,
        order_id,
        cl_ord_id: command.cl_ord_id,
        cl_ord_id4: command.cl_ord_id4,
        session: command.session,
        price: command.price,
        quantity: command.quantity,
        stop_price: command.stop_price,
        display_quantity: command.display_quantity,
        ..Event::zeroed()
    }
}

/// A raw field, or 0 where it holds a value that this version does not know.
fn known<T: TryFrom<u16>>(number: u16) -> u16 {
    T::try_from(number).map_or(0, |_| number)
}
