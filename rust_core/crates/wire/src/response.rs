//! What happened, as messages of `cift.order_entry.v1`.

use engine::order_view::OrderRecord;
use engine::pod::{
    unpadded, ClOrdId, Event, ExecType, OrdType, Outcome, OutcomeKind, TimeInForce,
    FLAG_ALL_OR_NONE, FLAG_POST_ONLY, FLAG_POST_ONLY_REPRICE,
};
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

/// Appends such a result's fields.
pub fn plain_result(out: &mut Vec<u8>, plain: &Plain) {
    string(out, 1, plain.cl_ord_id.as_bytes());
    uint(out, 2, plain.answer as u64);
    uint(out, 3, plain.order_id);
    refusal(out, plain.reason);
    if let Some((shard, sequence, index)) = plain.place {
        write_place(out, 11, shard, sequence, index);
    }
}

/// What a result tells beyond whether the command took effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// An order: what became of it by these commands, its list's.
    Order {
        /// Index of the first.
        first: u32,
        /// How many.
        count: u32,
    },
    /// The orders that a mass cancel ended.
    MassCancel,
    /// A trade that an operator undoes.
    Bust,
    /// Nothing: another command of an operator.
    Market,
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
    /// What it was about.
    pub about: About,
    /// The client order id that the client sent.
    pub cl_ord_id: ClOrdId,
    /// Whether the client sent it again, and this is the first outcome.
    pub duplicate: bool,
}

impl<'a> Judged<'a> {
    fn outcome(&self) -> &'a Outcome {
        &self.fills.outcomes[self.index as usize]
    }

    /// The events of commands from one index on; of those that are there.
    fn events(&self, first: u32, count: u32) -> &'a [Event] {
        let outcomes = &self.fills.outcomes;
        let end = outcomes.len().min((first + count) as usize);
        let Some([one, rest @ ..]) = outcomes.get(first as usize..end) else { return &[] };
        let last = rest.last().unwrap_or(one);
        // Commands are judged one after the other, and so stand their events.
        let events = one.first_event as usize..(last.first_event + last.event_count) as usize;
        self.fills.events.get(events).unwrap_or_default()
    }
}

/// Appends the fields of the result of a command that was judged in `judged.fills`. The caller made
/// sure that the index is that of an outcome, and of no repeat.
pub fn judged_result(out: &mut Vec<u8>, judged: &Judged<'_>, reference: &Reference) {
    let outcome = judged.outcome();
    let rejected = outcome.kind == OutcomeKind::Rejected.number();
    string(out, 1, judged.cl_ord_id.as_bytes());
    let answer = if rejected { Answer::Rejected } else { Answer::Accepted };
    uint(out, 2, answer as u64);
    uint(out, 3, outcome.order_id);
    uint(out, 4, u64::from(judged.duplicate));
    match Reject::from_number(outcome.reason) {
        Some(Reject::TooLate) if judged.about == About::Bust => {
            refusal_in_words(out, outcome.reason, "the trade was undone before");
        }
        Some(Reject::UnknownOrder) if judged.about == About::Bust => {
            refusal_in_words(out, outcome.reason, "there is no such trade");
        }
        Some(reason) => {
            let event = judged.events(judged.index, 1).first().filter(|_| rejected);
            let closer = event.and_then(|event| closer(reason, event));
            refusal_in_words(out, outcome.reason, closer.unwrap_or(explain(outcome.reason)));
        }
        None => refusal(out, outcome.reason),
    }
    let mut restatement = 0;
    if let About::Order { first, count } = judged.about {
        restatement = match rejected {
            true => about_order(out, outcome, judged.events(judged.index, 1), true, reference),
            false => about_order(out, outcome, judged.events(first, count), false, reference),
        };
    }
    write_place(out, 11, judged.shard, judged.fills.sequence, judged.index);
    uint(out, 12, u64::from(restatement));
    if judged.about == About::MassCancel {
        let events = judged.events(judged.index, 1).iter();
        let canceled = events.filter(|event| event.exec_type == ExecType::Canceled.number());
        uint(out, 14, canceled.count() as u64);
    }
}

/// Appends what became of the order that a command is about; returns why that was so, where nobody
/// asked for it.
fn about_order(
    out: &mut Vec<u8>,
    outcome: &Outcome,
    events: &[Event],
    rejected: bool,
    reference: &Reference,
) -> u16 {
    // A command refused has one event; its order id is that of the target, which may be none.
    let own = || events.iter().filter(|event| rejected || event.order_id == outcome.order_id);
    let Some(last) = own().next_back() else { return 0 };
    uint(out, 7, u64::from(last.ord_status));
    // Of a cancel or replace refused the event tells nothing about its target's quantities.
    let instrument = reference.instrument(last.instrument);
    let about_order = last.exec_type != ExecType::CancelRejected.number();
    if let Some(instrument) = instrument.filter(|_| about_order) {
        let scale = instrument.quantity_scale;
        decimal_field(out, 8, last.cum_quantity.into(), scale);
        decimal_field(out, 9, last.leaves_quantity.into(), scale);
        for trade in own().filter(|event| event.exec_type == ExecType::Trade.number()) {
            nested(out, 10, |out| {
                decimal_field(out, 1, trade.last_price.into(), instrument.price_scale);
                decimal_field(out, 2, trade.last_quantity.into(), scale);
                uint(out, 3, trade.match_id);
                uint(out, 4, u64::from(trade.liquidity));
            });
        }
    }
    let told = own().rev().map(restatement_reason);
    told.into_iter().find(|&reason| reason != 0).unwrap_or(0)
}

/// Why an event changed or ended an order though nobody asked for it; 0: it didn't, or says
/// nothing.
const fn restatement_reason(event: &Event) -> u16 {
    const CANCELED: u16 = ExecType::Canceled.number();
    const EXPIRED: u16 = ExecType::Expired.number();
    const RESTATED: u16 = ExecType::Restated.number();
    match event.exec_type {
        CANCELED | EXPIRED | RESTATED => event.reason,
        _ => 0,
    }
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
        let instrument = reference.instrument(event.instrument);
        let scales = instrument.map_or((0, 0), |it| (it.price_scale, it.quantity_scale));
        if instrument.is_some() {
            quantities(out, event, scales);
        }
        uint(out, 19, u64::from(event.liquidity));
        uint(out, 20, event.match_id);
        let refused = event.exec_type == ExecType::Rejected.number()
            || event.exec_type == ExecType::CancelRejected.number();
        uint(out, 21, if refused { u64::from(event.reason) } else { 0 });
        uint(out, 22, fills.time_ns as u64);
        uint(out, 23, u64::from(restatement_reason(event)));
        if instrument.is_some() {
            stop_and_display(out, 24, event, scales);
        }
    });
}

/// Appends price and quantities of an `Execution`.
fn quantities(out: &mut Vec<u8>, event: &Event, (prices, quantities): (u8, u8)) {
    let bust = event.exec_type == ExecType::TradeBust.number();
    if event.price != 0 {
        decimal_field(out, 12, event.price.into(), prices);
    }
    // A bust tells of a trade; what its order is at isn't its business.
    if !bust {
        decimal_field(out, 13, event.quantity.into(), quantities);
    }
    if bust || event.exec_type == ExecType::Trade.number() {
        decimal_field(out, 14, event.last_price.into(), prices);
        decimal_field(out, 15, event.last_quantity.into(), quantities);
    }
    if !bust {
        decimal_field(out, 16, event.cum_quantity.into(), quantities);
        decimal_field(out, 17, event.leaves_quantity.into(), quantities);
        decimal_field(out, 18, event.cum_notional(), prices + quantities);
    }
}

/// Appends stop price and display quantity, which stand behind each other, where there are any.
fn stop_and_display(out: &mut Vec<u8>, first: u32, event: &Event, (prices, quantities): (u8, u8)) {
    if event.stop_price != 0 {
        decimal_field(out, first, event.stop_price.into(), prices);
    }
    if event.display_quantity != 0 {
        decimal_field(out, first + 1, event.display_quantity.into(), quantities);
    }
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
        if let Some(instrument) = reference.instrument(event.instrument) {
            let scales = (instrument.price_scale, instrument.quantity_scale);
            stop_and_display(out, 15, event, scales);
        }
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
        refusal_in_words(out, reason, explain(reason));
    }
}

fn refusal_in_words(out: &mut Vec<u8>, reason: u16, words: &str) {
    uint(out, 5, u64::from(reason));
    string(out, 6, words.as_bytes());
}

/// What the terms of a refused request tell beyond its reason, where that has many causes.
fn closer(reason: Reject, event: &Event) -> Option<&'static str> {
    const POST_ONLY: u16 = FLAG_POST_ONLY | FLAG_POST_ONLY_REPRICE;
    let changes = event.exec_type == ExecType::CancelRejected.number();
    match reason {
        Reject::UnsupportedCharacteristic if changes => Some(
            "the order can't be changed like this: side, type and time in force stay, an order \
             without a price gets none, a stop price moves only while it waits, and orders that \
             cancel each other or wait for an entry keep their quantity",
        ),
        Reject::UnsupportedCharacteristic if event.ord_type == OrdType::Pegged.number() => Some(
            "a pegged order is DAY, GTC or GTD until a time to come, of no list, without stop \
             price, display quantity, minimum quantity, all-or-none or post-only",
        ),
        Reject::UnsupportedCharacteristic if event.flags & POST_ONLY != 0 => Some(
            "a post-only order is a limit order that may rest, without minimum quantity or \
             all-or-none, and no exit of a bracket",
        ),
        Reject::UnsupportedCharacteristic if event.display_quantity != 0 => Some(
            "a display quantity goes with limit and stop-limit orders without minimum quantity or \
             all-or-none",
        ),
        Reject::UnsupportedCharacteristic if event.flags & FLAG_ALL_OR_NONE != 0 => {
            Some("an all-or-none order is for no auction and no list, but for a bracket's entry")
        }
        Reject::UnsupportedCharacteristic if event.time_in_force == TimeInForce::Gtd.number() => {
            Some("the expiry time must be in the future, and the order's other fields its type's")
        }
        Reject::IncorrectQuantity if event.display_quantity != 0 => Some(
            "the quantity or the display quantity is not a multiple of the lot or outside the \
             instrument's bounds, or the display quantity is less than a thousandth of what is \
             open",
        ),
        _ => None,
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
        Reject::KillSwitch => {
            "a kill switch of the account, its firm or the venue is on: retry after an operator \
             has lifted it"
        }
        Reject::RestrictedSymbol => {
            "orders in this symbol are restricted: retry after an operator has allowed them"
        }
        Reject::Throttled => "messages come faster than they may: slow down, then retry",
        Reject::MaxOpenOrders => "as many orders are open as may be: cancel some, then retry",
        Reject::ClipSize => "the quantity is over the limit for one order: send smaller orders",
        Reject::MaxOrderNotional => {
            "the notional is over the limit for one order: send smaller orders"
        }
        Reject::PriceBand => "the price is too far from the reference price: use a nearer one",
        Reject::NoReferencePrice => {
            "a check needs a reference price and there is none: retry after a trade"
        }
        Reject::NoConversion => {
            "a currency has no value to count this in: retry after an operator has set it"
        }
        Reject::ExceedsLimit => {
            "the position would exceed its limit, were all open orders of that side filled: send \
             less, or cancel open orders"
        }
        Reject::NotionalThreshold => {
            "positions and open orders would cost more than the limit on gross exposure: send \
             less, cancel open orders or reduce positions"
        }
        Reject::InsufficientCredit => {
            "buying power does not cover it: send less, cancel open orders or reduce positions"
        }
        Reject::ShortSell => {
            "more would be sold than is held and located: sell less, or retry after an operator \
             has added a locate"
        }
        Reject::ReduceOnly => {
            "it could increase the position, or takes what an open reduce-only order reserves: \
             retry smaller, or cancel that one first"
        }
        Reject::DuplicateOrderFlow => {
            "the same order came too often in a row: wait before you send it again"
        }
        Reject::MaintenanceMargin => {
            "equity is below the maintenance margin: only orders that reduce a position are taken"
        }
        Reject::DailyLoss => {
            "the loss of the day is at its limit: until 00:00 UTC only orders that reduce a \
             position are taken"
        }
        Reject::PostOnlyWouldCross => "it would take, and must not: retry at another price",
        Reject::FokUnfillable => "the fill-or-kill order could not trade in full",
        Reject::SelfTrade => "it would trade with an order of its own group",
        Reject::LinkedOrder => "the order that it is linked with traded, was triggered or ended",
        Reject::SystemUnavailable => "nothing took effect, the system is at a bound: retry later",
        Reject::Other => {
            "another order of its list was refused, or a bound of the engine was reached"
        }
    }
}

/// A zero-padded text of one word.
#[must_use]
pub fn word_text(word: &u64) -> &[u8] {
    unpadded(bytemuck::bytes_of(word))
}
