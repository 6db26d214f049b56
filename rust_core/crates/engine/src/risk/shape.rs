//! What a request is in itself: its kind, and whether its numbers fit.

use super::flow::fingerprint;
use super::holding::{BUY, SELL};
use super::judge::{Known, Request};
use super::orders::{Counted, Live};
use super::reference::Listed;
use crate::pod::{
    ClOrdId, Command, OrdType, Side, TimeInForce, FLAG_ALL_OR_NONE, FLAG_CANCEL_ON_DISCONNECT,
    FLAG_LEAVES, FLAG_POST_ONLY, FLAG_POST_ONLY_REPRICE, FLAG_REDUCE_ONLY,
    FLAG_SELF_TRADE_OF_ACCOUNT, FLAG_TERMS, MAX_QUANTITY,
};
use crate::reject::Reject;

/// The earliest of the reasons given in order of precedence; no later one is looked for.
macro_rules! earliest {
    [$($reason:expr),+ $(,)?] => { None$(.or_else(|| $reason))+ };
}
pub(super) use earliest;

#[inline]
pub(super) fn when(condition: bool, reason: Reject) -> Option<Reject> {
    condition.then_some(reason)
}

/// Flags that a new order may have.
pub(super) const NEW_FLAGS: u16 = FLAG_CANCEL_ON_DISCONNECT
    | FLAG_POST_ONLY
    | FLAG_POST_ONLY_REPRICE
    | FLAG_ALL_OR_NONE
    | FLAG_REDUCE_ONLY
    | FLAG_TERMS
    | FLAG_SELF_TRADE_OF_ACCOUNT;

/// Whether a cancel, or a replace but for its stop price, says what only a new order can.
#[inline]
pub(super) fn says_what_new_orders_say(command: &Command) -> bool {
    let odd = command.display_quantity
        | command.min_quantity
        | command.expire_time
        | i64::from(command.self_trade_group | command.link)
        | i64::from(command.self_trade_prevention);
    odd != 0
}

/// Whether there is no client order id; five words at once cost less than a loop over bytes.
#[inline(always)]
pub(super) fn is_absent(id: &ClOrdId) -> bool {
    let [a, b, c, d, e] = id.words;
    a | b | c | d | e == 0
}

/// Whether a cancel or replace has the client order id that it names as its target's.
#[inline]
pub(super) fn names_itself(command: &Command, orig: Option<&ClOrdId>) -> bool {
    orig.is_some_and(|orig| *orig == command.cl_ord_id())
}

/// Whether a quantity is one that can be ordered.
#[inline(always)]
pub(super) fn quantity_fits(listed: &Listed, quantity: i64) -> bool {
    quantity > 0
        && quantity <= MAX_QUANTITY
        && listed.on_lot(quantity)
        && quantity >= listed.min
        && quantity <= listed.max
}

/// What makes a new order the same as others of its account in its instrument.
#[inline(always)]
pub(super) fn fingerprint_of(command: &Command) -> u64 {
    let kinds = u64::from(command.side) | u64::from(command.ord_type) << 16;
    fingerprint(kinds, command.price, command.stop_price, command.quantity)
}

/// Whether a new order says how long it lives.
#[inline(always)]
pub(super) fn is_timed(command: &Command) -> bool {
    TimeInForce::try_from(command.time_in_force).is_ok()
        && command.time_in_force != TimeInForce::None.number()
}

/// The side of a new order and what it is counted at, if it can be an order of any kind. What a
/// kind allows is matching's to judge; what it refuses is released as its answer comes.
#[inline]
pub(super) fn new_order_kind(command: &Command) -> Result<(usize, Counted), Reject> {
    let side = match Side::try_from(command.side) {
        Ok(Side::Buy) => BUY,
        Ok(Side::Sell) => SELL,
        _ => return Err(Reject::UnsupportedCharacteristic),
    };
    let (counted, may_have_price) = match OrdType::try_from(command.ord_type) {
        Ok(OrdType::StopLimit) if side == SELL => (Counted::StopLimit, true),
        Ok(OrdType::Limit | OrdType::StopLimit) => (Counted::Limit, true),
        Ok(OrdType::Market | OrdType::MarketToLimit) => (Counted::Band, false),
        Ok(OrdType::Stop) if command.stop_price != 0 => (Counted::Stop, false),
        Ok(OrdType::Stop) => (Counted::Band, false),
        Ok(OrdType::Pegged) => (Counted::Peg, true),
        Ok(OrdType::None) | Err(_) => return Err(Reject::UnsupportedCharacteristic),
    };
    let until = command.time_in_force == TimeInForce::Gtd.number();
    let offered = is_timed(command)
        && command.flags & !NEW_FLAGS == 0
        && command.orig_cl_ord_id_index == 0
        && command.order_id == 0
        && (until || command.expire_time == 0)
        && (may_have_price || command.price == 0);
    if offered {
        Ok((side, counted))
    } else {
        Err(Reject::UnsupportedCharacteristic)
    }
}

/// Whether a replace is one that the venue offers: it has a client order id of its own, and if it
/// names a side it is the order's.
pub(super) fn replace_shape(
    command: &Command,
    request: &Request,
    order: Option<&Live>,
) -> Option<Reject> {
    let side = usize::from(command.side);
    let other_side = side != 0 && order.is_some_and(|order| usize::from(order.side) + 1 != side);
    let unknown_flags = command.flags & !(FLAG_LEAVES | FLAG_CANCEL_ON_DISCONNECT) != 0;
    let bad = request.known == Known::Absent
        || says_what_new_orders_say(command)
        || other_side
        || unknown_flags;
    when(bad, Reject::UnsupportedCharacteristic)
}

/// Whether the quantity of a replace can be; an open quantity of 0 ends the order.
pub(super) fn replace_quantity_fits(command: &Command, listed: Option<&Listed>) -> bool {
    let quantity = command.quantity;
    let in_bounds = (0..=MAX_QUANTITY).contains(&quantity);
    let Some(listed) = listed else { return in_bounds };
    let leaves = command.flags & FLAG_LEAVES != 0;
    let small = !leaves && quantity < listed.min;
    in_bounds && (quantity == 0 || (listed.on_lot(quantity) && !small && quantity <= listed.max))
}
