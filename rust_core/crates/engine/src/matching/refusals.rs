//! Why commands are refused, and what a replace asks for.

use crate::orders::{Extra, Order, Place};
use crate::pod::{
    Command, OrdType, OrderTerms, SelfTrade, Side, TimeInForce, Verdict, VerdictKind,
    FLAG_ALL_OR_NONE, FLAG_CANCEL_ON_DISCONNECT, FLAG_LEAVES, FLAG_POST_ONLY,
    FLAG_POST_ONLY_REPRICE, FLAG_REDUCE_ONLY, FLAG_SELF_TRADE_OF_ACCOUNT, FLAG_TERMS,
    MAX_ICEBERG_PARTS, MAX_PRICE, MAX_QUANTITY, MAX_TRAILING_BPS, TERMS_PEG_SHIFT,
    TERMS_TAKE_PROFIT, TERMS_TRAILING_BPS,
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

/// Whether a new order asks for nothing that few orders have.
#[inline]
pub(super) fn is_plain(command: &Command) -> bool {
    // Risk sees to it that an order only reduces.
    command.flags & !(FLAG_CANCEL_ON_DISCONNECT | FLAG_REDUCE_ONLY) == 0
        && command.ord_type <= OrdType::Limit.number()
        && command.time_in_force <= TimeInForce::Fok.number()
        && !has_special(command)
}

/// Why a new order is refused whatever the market is like: what it asks for doesn't go together.
/// `time_ns`: when it comes, since no order ends before it began.
#[must_use]
pub fn refusal_in_itself(
    command: &Command,
    terms: Option<&OrderTerms>,
    time_ns: i64,
) -> Option<Reject> {
    if is_plain(command) {
        shape_of_new(command)
    } else {
        shape_of_special(command, terms, time_ns)
    }
}

/// What is wrong with a plain new order in itself. Risk has checked its shape; this engine stays
/// whole even if it has not.
#[inline]
pub(super) fn shape_of_new(command: &Command) -> Option<Reject> {
    let market = command.ord_type == OrdType::Market.number();
    // Sides are as good as random; all at once there is nothing to guess.
    let sided = (command.side == Side::Buy.number()) | (command.side == Side::Sell.number());
    let known = sided
        & (command.ord_type != OrdType::None.number())
        & (command.time_in_force != TimeInForce::None.number());
    if !known {
        return Some(Reject::UnsupportedCharacteristic);
    }
    if !(1..=MAX_QUANTITY).contains(&command.quantity) {
        return Some(Reject::IncorrectQuantity);
    }
    let prices = if market { 0..=0 } else { 1..=MAX_PRICE };
    (!prices.contains(&command.price)).then_some(Reject::TickSize)
}

/// What is wrong in itself with a new order that isn't plain.
pub(super) fn shape_of_special(
    command: &Command,
    terms: Option<&OrderTerms>,
    time_ns: i64,
) -> Option<Reject> {
    let unsupported = Some(Reject::UnsupportedCharacteristic);
    let (Ok(ord_type), Ok(time)) =
        (OrdType::try_from(command.ord_type), TimeInForce::try_from(command.time_in_force))
    else {
        return unsupported;
    };
    let none = OrderTerms::default();
    let has_terms = command.flags & FLAG_TERMS != 0;
    let terms = match terms {
        Some(terms) => terms,
        None if has_terms => return unsupported,
        None => &none,
    };
    let limited = matches!(ord_type, OrdType::Limit | OrdType::StopLimit);
    let stops = matches!(ord_type, OrdType::Stop | OrdType::StopLimit);
    let immediate = matches!(time, TimeInForce::Ioc | TimeInForce::Fok);
    let for_auction = matches!(
        time,
        TimeInForce::AtTheOpen | TimeInForce::AtTheClose | TimeInForce::GoodForAuction
    );
    let floored = command.flags & FLAG_ALL_OR_NONE != 0 || command.min_quantity != 0;
    let known = (command.side == Side::Buy.number() || command.side == Side::Sell.number())
        && ord_type != OrdType::None
        && time != TimeInForce::None
        && command.flags & !NEW_FLAGS == 0
        && SelfTrade::try_from(command.self_trade_prevention).is_ok()
        && terms.flags & !(TERMS_TRAILING_BPS | TERMS_TAKE_PROFIT | TERMS_PEG) == 0
        && terms.reserved == [0; 2];
    let trails = terms.trailing_offset != 0 || terms.activation_price != 0;
    let of_trail = terms.flags & (TERMS_TRAILING_BPS | TERMS_TAKE_PROFIT);
    let pegged = ord_type == OrdType::Pegged;
    let peg_fits = if pegged {
        terms.flags & TERMS_PEG != 0
            && terms.peg_offset.unsigned_abs() <= MAX_PRICE as u64
            && matches!(time, TimeInForce::Day | TimeInForce::Gtc | TimeInForce::Gtd)
            && !floored
            && command.link == 0
    } else {
        terms.flags & TERMS_PEG == 0 && terms.peg_offset == 0
    };
    let fits = known
        && peg_fits
        && (command.flags & POST_ONLY == 0 || ord_type == OrdType::Limit && !immediate && !floored)
        && (command.display_quantity == 0 || limited && !floored)
        && (terms.min_visible_quantity == 0 || command.display_quantity != 0)
        && (time != TimeInForce::Gtd || command.expire_time > time_ns)
        && (!for_auction || !stops && !floored)
        && (stops || command.stop_price == 0 && !trails)
        && (terms.trailing_offset != 0 || terms.activation_price == 0 && of_trail == 0)
        && (terms.trailing_offset == 0 || command.stop_price == 0)
        && terms.trailing_offset >= 0
        && terms.trailing_offset
            <= if terms.flags & TERMS_TRAILING_BPS != 0 { MAX_TRAILING_BPS } else { MAX_PRICE };
    if !fits {
        return unsupported;
    }
    if !(1..=MAX_QUANTITY).contains(&command.quantity)
        || !(0..=MAX_QUANTITY).contains(&command.display_quantity)
        || !(0..=command.quantity).contains(&command.min_quantity)
        || !(0..=command.display_quantity).contains(&terms.min_visible_quantity)
        || has_too_many_parts(command.quantity, command.display_quantity)
    {
        return Some(Reject::IncorrectQuantity);
    }
    let prices = match limited {
        true => 1..=MAX_PRICE,
        false if pegged => 0..=MAX_PRICE,
        false => 0..=0,
    };
    let waits_for = if stops && terms.trailing_offset == 0 { 1..=MAX_PRICE } else { 0..=0 };
    (!prices.contains(&command.price)
        || !waits_for.contains(&command.stop_price)
        || !(0..=MAX_PRICE).contains(&terms.activation_price))
    .then_some(Reject::TickSize)
}

/// What is wrong with a replace in itself.
pub(super) fn shape_of_replace(command: &Command) -> Option<Reject> {
    // Of what few orders have only the stop price can change.
    let only_stop = Command { stop_price: 0, ..*command };
    if command.flags & !(FLAG_LEAVES | FLAG_CANCEL_ON_DISCONNECT) != 0 || has_special(&only_stop) {
        return Some(Reject::UnsupportedCharacteristic);
    }
    if !(0..=MAX_QUANTITY).contains(&command.quantity) {
        return Some(Reject::IncorrectQuantity);
    }
    let prices = 0..=MAX_PRICE;
    (!prices.contains(&command.price) || !prices.contains(&command.stop_price))
        .then_some(Reject::TickSize)
}

/// What is wrong with a replace of this order.
pub(super) fn misfit(command: &Command, order: &Order, extra: Option<&Extra>) -> Option<Reject> {
    let same = |asked: u16, is: u8| asked == 0 || asked == u16::from(is);
    if !same(command.side, order.side)
        || !same(command.ord_type, order.ord_type)
        || !same(command.time_in_force, order.time_in_force)
        // A stop that waits can be moved; an order without a price can't be given one, but a
        // pegged order a limit.
        || command.stop_price != 0 && !extra.is_some_and(Extra::has_movable_stop)
        || command.price != 0 && order.price == 0 && order.ord_type != OrdType::Pegged as u8
    {
        return Some(Reject::UnsupportedCharacteristic);
    }
    let (_, leaves) = terms(command, order);
    // An exit that waits has its entry's quantity.
    if leaves != order.leaves && extra.is_some_and(|extra| extra.place == Place::Held) {
        return Some(Reject::UnsupportedCharacteristic);
    }
    let display = extra.map_or(0, |extra| extra.display);
    (leaves.saturating_add(order.cum) > MAX_QUANTITY || has_too_many_parts(leaves, display))
        .then_some(Reject::IncorrectQuantity)
}

/// Whether what is open would be shown in more parts than an iceberg may have; 0: it isn't one.
pub(super) fn has_too_many_parts(leaves: i64, display: i64) -> bool {
    display != 0 && leaves > display.saturating_mul(MAX_ICEBERG_PARTS)
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

impl Extra {
    /// Whether its stop price can be replaced: it waits for it, or will.
    fn has_movable_stop(&self) -> bool {
        match self.place {
            Place::Stop => true,
            Place::Held => self.stop_price != 0,
            _ => false,
        }
    }
}

/// Where an order's terms say what it follows.
const TERMS_PEG: u64 = 3 << TERMS_PEG_SHIFT;
/// Flags that a new order may have.
const NEW_FLAGS: u16 = FLAG_CANCEL_ON_DISCONNECT
    | POST_ONLY
    | FLAG_ALL_OR_NONE
    | FLAG_REDUCE_ONLY
    | FLAG_TERMS
    | FLAG_SELF_TRADE_OF_ACCOUNT;
/// Of either kind.
pub(super) const POST_ONLY: u16 = FLAG_POST_ONLY | FLAG_POST_ONLY_REPRICE;

/// Whether a command says something in the fields that few orders use.
#[inline]
fn has_special(command: &Command) -> bool {
    let numbers = command.stop_price | command.display_quantity | command.min_quantity;
    let ids = u32::from(command.self_trade_prevention) | command.self_trade_group | command.link;
    numbers != 0 || ids != 0
}
