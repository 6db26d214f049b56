//! What happened, as messages of `cift.order_entry.v1`.

use engine::order_view::OrderRecord;
use engine::pod::{unpadded, ClOrdId, Event, ExecType, OutcomeKind};
use engine::reject::Reject;
use engine::FillsView;

use crate::decimal;
use crate::pb::{nested, string, uint};
use crate::reference::{self, Reference};

/// `Outcome` of the protos.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Stored, not judged yet.
    Received = 1,
    /// It took effect.
    Accepted = 2,
    /// It was refused.
    Rejected = 3,
    /// The answer did not come in time.
    Unknown = 4,
}

/// A `CommandResult` of a command of which no event tells.
#[derive(Clone, Copy, Debug)]
pub struct Plain {
    /// As sent.
    pub cl_ord_id: ClOrdId,
    /// What became of it.
    pub answer: Answer,
    /// The order, or 0.
    pub order_id: u64,
    /// Why it was refused.
    pub reason: u16,
    /// Where it stands in the journal: shard, sequence and index.
    pub place: Option<(u32, u64, u32)>,
}

/// Appends such a result as field `field`.
pub fn plain_result(out: &mut Vec<u8>, field: u32, plain: &Plain) {
    nested(out, field, |out| {
        string(out, 1, plain.cl_ord_id.as_bytes());
        uint(out, 2, plain.answer as u64);
        uint(out, 3, plain.order_id);
        refusal(out, plain.reason);
        if let Some((shard, sequence, index)) = plain.place {
            write_place(out, 11, shard, sequence, index);
        }
    });
}

/// A command that was judged, for its `CommandResult`.
#[derive(Clone, Copy)]
pub struct Judged<'a> {
    /// The message in which it was.
    pub fills: &'a FillsView<'a>,
    /// The shard.
    pub shard: u32,
    /// Its index there.
    pub index: u32,
    /// The client order id that the client sent.
    pub cl_ord_id: ClOrdId,
    /// Whether the client sent it again, and this is the first outcome.
    pub duplicate: bool,
}

/// Appends the result of a command that was judged in `judged.fills` as field `field`. The caller
/// made sure that the index is that of an outcome, and of no repeat.
pub fn judged_result(out: &mut Vec<u8>, field: u32, judged: &Judged<'_>, reference: &Reference) {
    let fills = judged.fills;
    let outcome = &fills.outcomes[judged.index as usize];
    let first = outcome.first_event as usize;
    let events = &fills.events[first..first + outcome.event_count as usize];
    let rejected = outcome.kind == OutcomeKind::Rejected.number();
    nested(out, field, |out| {
        string(out, 1, judged.cl_ord_id.as_bytes());
        let answer = if rejected { Answer::Rejected } else { Answer::Accepted };
        uint(out, 2, answer as u64);
        uint(out, 3, outcome.order_id);
        uint(out, 4, u64::from(judged.duplicate));
        // A command refused has one event; its order id is that of the target, which may be none.
        let own = |event: &&Event| rejected || event.order_id == outcome.order_id;
        let last = events.iter().rev().find(own);
        let canceled = |event: &&Event| event.exec_type == ExecType::Canceled.number();
        let reason = match last.filter(canceled) {
            // An order that was canceled at once, though nobody asked for that, says why.
            Some(event) if !rejected => event.reason,
            _ => outcome.reason,
        };
        refusal(out, reason);
        if let Some(event) = last {
            uint(out, 7, u64::from(event.ord_status));
            // Of a cancel or replace refused the event tells nothing about its target's quantities.
            let instrument = reference.instrument(event.instrument);
            let about_order = event.exec_type != ExecType::CancelRejected.number();
            if let Some(instrument) = instrument.filter(|_| about_order) {
                let scale = instrument.quantity_scale;
                decimal_field(out, 8, event.cum_quantity.into(), scale);
                decimal_field(out, 9, event.leaves_quantity.into(), scale);
                let trades = events.iter().filter(|event| {
                    event.exec_type == ExecType::Trade.number()
                        && event.order_id == outcome.order_id
                });
                for trade in trades {
                    nested(out, 10, |out| {
                        decimal_field(out, 1, trade.last_price.into(), instrument.price_scale);
                        decimal_field(out, 2, trade.last_quantity.into(), scale);
                        uint(out, 3, trade.match_id);
                        uint(out, 4, u64::from(trade.liquidity));
                    });
                }
            }
        }
        write_place(out, 11, judged.shard, fills.sequence, judged.index);
    });
}

/// Appends an `Execution` as field 1.
pub fn execution(
    out: &mut Vec<u8>,
    fills: &FillsView<'_>,
    shard: u32,
    index: u32,
    reference: &Reference,
) {
    let event = &fills.events[index as usize];
    nested(out, 1, |out| {
        write_place(out, 1, shard, fills.sequence, index);
        uint(out, 2, u64::from(event.exec_type));
        uint(out, 3, u64::from(event.order_sequence));
        uint(out, 4, event.order_id);
        string(out, 5, event.cl_ord_id().as_bytes());
        order_terms(out, 6, event, reference);
        uint(out, 11, u64::from(event.ord_status));
        if let Some(instrument) = reference.instrument(event.instrument) {
            let (prices, quantities) = (instrument.price_scale, instrument.quantity_scale);
            if event.price != 0 {
                decimal_field(out, 12, event.price.into(), prices);
            }
            decimal_field(out, 13, event.quantity.into(), quantities);
            if event.exec_type == ExecType::Trade.number() {
                decimal_field(out, 14, event.last_price.into(), prices);
                decimal_field(out, 15, event.last_quantity.into(), quantities);
            }
            decimal_field(out, 16, event.cum_quantity.into(), quantities);
            decimal_field(out, 17, event.leaves_quantity.into(), quantities);
            decimal_field(out, 18, event.cum_notional(), prices + quantities);
        }
        uint(out, 19, u64::from(event.liquidity));
        uint(out, 20, event.match_id);
        uint(out, 21, u64::from(event.reason));
        uint(out, 22, fills.time_ns as u64);
    });
}

/// Appends `GetOrderResponse`.
pub fn order(out: &mut Vec<u8>, record: &OrderRecord, shard: u32, reference: &Reference) {
    let event = &record.last;
    nested(out, 1, |out| {
        uint(out, 1, event.order_id);
        string(out, 2, event.cl_ord_id().as_bytes());
        order_terms(out, 3, event, reference);
        uint(out, 8, u64::from(event.ord_status));
        if let Some(instrument) = reference.instrument(event.instrument) {
            let (prices, quantities) = (instrument.price_scale, instrument.quantity_scale);
            if event.price != 0 {
                decimal_field(out, 9, event.price.into(), prices);
            }
            decimal_field(out, 10, event.quantity.into(), quantities);
            decimal_field(out, 11, event.cum_quantity.into(), quantities);
            decimal_field(out, 12, event.leaves_quantity.into(), quantities);
            decimal_field(out, 13, event.cum_notional(), prices + quantities);
        }
        write_place(out, 14, shard, record.last_sequence, record.last_index);
    });
}

/// The five fields from account to time in force, which stand behind each other.
fn order_terms(out: &mut Vec<u8>, first: u32, event: &Event, reference: &Reference) {
    if let Some(account) = reference.account(event.account) {
        string(out, first, reference::text(&account.name));
    }
    if let Some(instrument) = reference.instrument(event.instrument) {
        string(out, first + 1, reference::text(&instrument.symbol));
    }
    uint(out, first + 2, u64::from(event.side));
    uint(out, first + 3, u64::from(event.ord_type));
    uint(out, first + 4, u64::from(event.time_in_force));
}

/// Appends a decimal.
#[inline]
pub fn decimal_field(out: &mut Vec<u8>, field: u32, units: i128, scale: u8) {
    nested(out, field, |out| decimal::write(out, units, scale));
}

/// Appends a `Place`.
#[inline]
pub fn write_place(out: &mut Vec<u8>, field: u32, shard: u32, sequence: u64, index: u32) {
    nested(out, field, |out| {
        uint(out, 1, u64::from(shard));
        uint(out, 2, sequence);
        uint(out, 3, u64::from(index));
    });
}

/// The fields of a refusal: its number, and what it means.
fn refusal(out: &mut Vec<u8>, reason: u16) {
    if reason != 0 {
        uint(out, 5, u64::from(reason));
        string(out, 6, explain(reason).as_bytes());
    }
}

/// A reason in words, with what to do.
#[must_use]
pub fn explain(reason: u16) -> &'static str {
    let Some(reason) = Reject::from_number(reason) else {
        return "refused for a reason that this version does not know";
    };
    match reason {
        Reject::UnknownAccount => "there is no such account",
        Reject::UnknownSymbol => "the symbol is not traded here",
        Reject::DuplicateClOrdId => {
            "the client order id was used with another content: use a new one"
        }
        Reject::UnsupportedCharacteristic => {
            "this combination of order type, time in force and fields is not offered"
        }
        Reject::IncorrectQuantity => {
            "the quantity is not a multiple of the lot, or outside the instrument's bounds"
        }
        Reject::TickSize => "the price is not a multiple of the tick",
        Reject::MarketClosed | Reject::SymbolHalted => {
            "the instrument takes no orders now: retry when it does"
        }
        Reject::TooLate => "the order ended before the request reached it",
        Reject::UnknownOrder => "the account has no such order",
        Reject::Stale => "a cancel for this client order id came first: use a new one",
        Reject::AccountDisabled => {
            "the account is disabled or has no limits yet: retry after the operator changed that"
        }
        Reject::KillSwitch => "a kill switch is on: retry after the operator released it",
        Reject::RestrictedSymbol => "the account may not trade this symbol",
        Reject::Throttled => "too many messages: slow down, then retry",
        Reject::MaxOpenOrders => "the account has as many open orders as it may: cancel some",
        Reject::ClipSize => "the quantity is over the account's limit for one order",
        Reject::MaxOrderNotional => "the notional is over the account's limit for one order",
        Reject::PriceBand => "the price is too far from the reference price",
        Reject::NoReferencePrice => {
            "a check needs a reference price and there is none: retry after a trade"
        }
        Reject::ExceedsLimit => {
            "the position would exceed its limit, were all open orders of that side filled"
        }
        Reject::NotionalThreshold => "the gross exposure would exceed its limit",
        Reject::InsufficientCredit => "the account's buying power does not cover it",
        Reject::ShortSell => "the account may not sell this symbol short",
        Reject::ReduceOnly => "it would increase the position",
        Reject::DuplicateOrderFlow => "the same order came too often",
        Reject::DailyLoss => "the account's loss of the day is at its limit",
        Reject::PostOnlyWouldCross => "it would take, and must not",
        Reject::FokUnfillable => "the fill-or-kill order could not trade in full",
        Reject::SelfTrade => "it would trade with an order of its own group",
        Reject::LinkedOrder => "the order that it is linked with traded, was triggered or ended",
        Reject::SystemUnavailable => "nothing took effect, the system is at a bound: retry later",
        Reject::Other => "the rest of the order was canceled: a bound of the engine cut it short",
    }
}

/// A zero-padded text of one word.
#[must_use]
pub fn word_text(word: &u64) -> &[u8] {
    unpadded(bytemuck::bytes_of(word))
}
