//! Why commands are refused, and what a replace asks for.

use crate::orders::Order;
use crate::pod::{
    Command, OrdType, Side, TimeInForce, Verdict, VerdictKind, FLAG_CANCEL_ON_DISCONNECT,
    FLAG_LEAVES, MAX_PRICE, MAX_QUANTITY,
};
use crate::reject::Reject;

/// What risk refused a command for. A number that this version doesn't know is still a refusal.
#[inline]
pub(super) fn refusal_of_risk(verdict: &Verdict) -> Option<Reject> {
    if verdict.kind == VerdictKind::Accepted.number() {
        None
    } else {
        Some(Reject::from_number(verdict.reason).unwrap_or(Reject::Other))
    }
}

/// The reason that is reported when there may be two.
pub(super) fn earliest(one: Option<Reject>, other: Option<Reject>) -> Option<Reject> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.earliest(other)),
        (one, other) => one.or(other),
    }
}

/// What is wrong with a new order in itself. Risk has checked its shape; this engine stays whole
/// even if it has not.
#[inline]
pub(super) fn shape_of_new(command: &Command) -> Option<Reject> {
    let market = command.ord_type == OrdType::Market.number();
    let known = (command.side == Side::Buy.number() || command.side == Side::Sell.number())
        && (market || command.ord_type == OrdType::Limit.number())
        && TimeInForce::try_from(command.time_in_force).is_ok_and(|time| time != TimeInForce::None);
    if !known || has_reserved(command, FLAG_CANCEL_ON_DISCONNECT) {
        return Some(Reject::UnsupportedCharacteristic);
    }
    if !(1..=MAX_QUANTITY).contains(&command.quantity) {
        return Some(Reject::IncorrectQuantity);
    }
    let prices = if market { 0..=0 } else { 1..=MAX_PRICE };
    (!prices.contains(&command.price)).then_some(Reject::TickSize)
}

/// What is wrong with a replace in itself.
pub(super) fn shape_of_replace(command: &Command) -> Option<Reject> {
    if has_reserved(command, FLAG_LEAVES | FLAG_CANCEL_ON_DISCONNECT) {
        return Some(Reject::UnsupportedCharacteristic);
    }
    if !(0..=MAX_QUANTITY).contains(&command.quantity) {
        return Some(Reject::IncorrectQuantity);
    }
    (!(0..=MAX_PRICE).contains(&command.price)).then_some(Reject::TickSize)
}

/// What is wrong with a replace of this order.
pub(super) fn misfit(command: &Command, order: &Order) -> Option<Reject> {
    let same = |asked: u16, is: u8| asked == 0 || asked == u16::from(is);
    if !same(command.side, order.side)
        || !same(command.ord_type, order.ord_type)
        || !same(command.time_in_force, order.time_in_force)
    {
        return Some(Reject::UnsupportedCharacteristic);
    }
    let (_, leaves) = terms(command, order);
    (leaves.saturating_add(order.cum) > MAX_QUANTITY).then_some(Reject::IncorrectQuantity)
}

/// The price and open quantity that a replace gives an order; no more than zero open ends it.
#[inline]
pub(super) fn terms(command: &Command, order: &Order) -> (i64, i64) {
    let price = if command.price == 0 { order.price } else { command.price };
    let leaves = if command.flags & FLAG_LEAVES != 0 {
        command.quantity
    } else if command.quantity == 0 {
        order.leaves
    } else {
        command.quantity.saturating_sub(order.cum)
    };
    (price, leaves)
}

/// Whether a command uses what this version does not offer.
#[inline]
fn has_reserved(command: &Command, flags: u16) -> bool {
    command.flags & !flags != 0
        || command.self_trade_prevention != 0
        || command.stop_price != 0
        || command.display_quantity != 0
        || command.min_quantity != 0
        || command.self_trade_group != 0
        || command.link != 0
}
