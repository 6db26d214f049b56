//! The rules of the market, written as plainly as they can be.
//!
//! This engine keeps orders in a map and each side as a map of queues of ids, looks everything up
//! each time, and collects every reason against a command before it picks one. It shares with the
//! fast engine the records and nothing else; the two must tell the same story, event by event.

mod auction;
mod order;
mod refusals;
mod trading;

use std::collections::{BTreeMap, VecDeque};

use bytemuck::Zeroable;
use engine::ids::{place, shard_of};
use engine::pod::{
    BatchStatus, Command, CommandKind, Event, ExecType, Instrument, MarketStatus, OrdStatus,
    OrderTerms, Outcome, OutcomeKind, SessionState, Side, Verdict, VerdictKind, FLAG_LEAVES,
    FLAG_TERMS, INSTRUMENT_ENABLED, MAX_EVENTS, TIMER,
};
use engine::reject::Reject;
use engine::rules::Rules;
use engine::{Batch, Fills, Level};

const DAY_NS: i64 = 24 * 60 * 60 * 1_000_000_000;

/// Where an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Nowhere,
    Limit,
    Market,
    Stop,
    Trailing,
    Waiting,
}

/// An open order.
#[derive(Clone, Debug)]
struct Open {
    id: u64,
    /// The command that made it, with the client order id and session of the last replace.
    command: Command,
    terms: OrderTerms,
    side: Side,
    price: i64,
    leaves: i64,
    cum: i64,
    notional: i128,
    sequence: u32,
    /// Journal time at which it ends.
    expires_ns: Option<i64>,
    place: Place,
    /// What an iceberg shows.
    shown: i64,
    stop: i64,
    watermark: i64,
    elected: bool,
}

/// Queues of order ids by key: the price, negative where the highest comes first.
type Queues = BTreeMap<i64, VecDeque<u64>>;

/// One instrument's book; of each pair the first buys.
#[derive(Clone, Debug)]
struct Book {
    instrument: Instrument,
    rules: Rules,
    limits: [Queues; 2],
    markets: [VecDeque<u64>; 2],
    stops: [Queues; 2],
    trailing: [VecDeque<u64>; 2],
    waiting: [VecDeque<u64>; 2],
    session: SessionState,
    last_trade: i64,
    reference: i64,
    /// The session that an auction leads to, and its price; 0: nothing trades.
    leaving: Option<(SessionState, i64)>,
    indicated: (i64, i64, i64),
    /// How many of its limit orders want all or a minimum; most books have none.
    floored: usize,
}

/// The plain engine.
#[derive(Clone, Debug)]
pub struct Reference {
    shard: u32,
    time_ns: i64,
    matches: u64,
    orders: BTreeMap<u64, Open>,
    books: BTreeMap<u32, Book>,
    /// Instruments in which something is still to follow.
    pending: Vec<u32>,
}

/// What a command may cause.
#[derive(Clone, Copy, Debug)]
struct At {
    index: u32,
    /// Trades that fit into the message.
    trades: usize,
}

fn side_number(side: Side) -> usize {
    match side {
        Side::Buy => 0,
        _ => 1,
    }
}

impl Reference {
    /// The engine of a shard before its first message.
    #[must_use]
    pub fn new(shard: u32) -> Self {
        Self {
            shard,
            time_ns: 0,
            matches: 0,
            orders: BTreeMap::new(),
            books: BTreeMap::new(),
            pending: Vec::new(),
        }
    }

    /// Applies the next message and says in `fills` what happened.
    pub fn apply(&mut self, batch: &Batch<'_>, fills: &mut Fills) {
        *fills = Fills {
            sequence: batch.sequence,
            time_ns: batch.time_ns,
            origin: batch.origin,
            batch: batch.batch,
            status: batch.status,
            outcomes: Vec::new(),
            events: Vec::new(),
            instruments: Vec::new(),
            accounts: Vec::new(),
            limits: Vec::new(),
            statuses: Vec::new(),
        };
        self.time_ns = batch.time_ns;
        let count = batch.commands.len();
        if batch.status != BatchStatus::Held {
            let most = MAX_EVENTS - 2 * count;
            self.expire(most, &mut fills.events);
            let waiting = std::mem::take(&mut self.pending);
            for (number, &instrument) in waiting.iter().enumerate() {
                // Those behind are pending still, each once.
                let behind = waiting[number + 1..].contains(&instrument);
                assert!(!behind, "each instrument is pending once");
                self.follow(instrument, TIMER, most, fills);
            }
        }
        for index in 0..count {
            let first_event = fills.events.len();
            // Two events are kept for each command that is still to come, and two for this one.
            let spare = MAX_EVENTS - 2 * (count - index) - first_event;
            let id = place(self.shard, batch.sequence, index as u32);
            let at = At { index: index as u32, trades: spare / 2 };
            let (outcome, instrument) = self.command(batch, id, at, fills);
            if let Some(instrument) = instrument {
                let most = MAX_EVENTS - 2 * (count - index - 1);
                self.follow(instrument, at.index, most, fills);
            }
            fills.outcomes.push(Outcome {
                first_event: first_event as u32,
                event_count: (fills.events.len() - first_event) as u32,
                ..outcome
            });
        }
    }

    /// The levels of a side, best first.
    #[must_use]
    pub fn levels(&self, instrument: u32, side: Side) -> Vec<Level> {
        let Some(book) = self.books.get(&instrument) else { return Vec::new() };
        let level = |(key, ids): (&i64, &VecDeque<u64>)| Level {
            price: key.abs(),
            quantity: ids.iter().map(|id| self.orders[id].shows()).sum(),
            orders: ids.len() as u32,
        };
        book.limits[side_number(side)].iter().map(level).collect()
    }

    /// The ids of the orders of a side in the order in which they would trade.
    #[must_use]
    pub fn queue(&self, instrument: u32, side: Side) -> Vec<u64> {
        let Some(book) = self.books.get(&instrument) else { return Vec::new() };
        book.limits[side_number(side)].values().flatten().copied().collect()
    }

    /// Whether a book holds orders that may stand aside though the other side is within reach.
    #[must_use]
    pub fn may_cross(&self, instrument: u32) -> bool {
        let Some(book) = self.books.get(&instrument) else { return false };
        let mut ids = book.limits.iter().flat_map(BTreeMap::values).flatten();
        book.session != SessionState::Continuous || ids.any(|id| self.orders[id].has_floor())
    }

    fn expire(&mut self, most: usize, events: &mut Vec<Event>) {
        let mut due: Vec<(i64, u64)> = self
            .orders
            .values()
            .filter_map(|order| Some((order.expires_ns?, order.id)))
            .filter(|&(expires_ns, _)| expires_ns <= self.time_ns)
            .collect();
        due.sort_unstable();
        for (_, id) in due.into_iter().take(most) {
            let instrument = self.orders[&id].command.instrument;
            self.leave(id, ExecType::Expired, 0, TIMER, events);
            if self.books[&instrument].session.collects() {
                self.postpone(instrument);
            }
        }
    }

    fn postpone(&mut self, instrument: u32) {
        if !self.pending.contains(&instrument) {
            self.pending.push(instrument);
        }
    }

    /// Says what became of a command, and in which instrument something may follow.
    fn command(
        &mut self,
        batch: &Batch<'_>,
        id: u64,
        at: At,
        fills: &mut Fills,
    ) -> (Outcome, Option<u32>) {
        let command = &batch.commands[at.index as usize];
        let verdict = &batch.verdicts[at.index as usize];
        if verdict.kind == VerdictKind::Repeat.number() {
            let first_place = verdict.first_place;
            let outcome = Outcome { first_place, ..outcome(OutcomeKind::Repeat, verdict.order_id) };
            return (outcome, None);
        }
        let mut reasons = Vec::new();
        if verdict.kind != VerdictKind::Accepted.number() {
            reasons.push(Reject::from_number(verdict.reason).unwrap_or(Reject::Other));
        }
        let kind = CommandKind::try_from(command.kind).unwrap_or(CommandKind::None);
        match kind {
            CommandKind::NewOrder => {
                let terms = (command.flags & FLAG_TERMS != 0)
                    .then(|| batch.terms.get(usize::from(command.payload_index)));
                self.reasons_against_new(command, terms, &mut reasons);
                if reasons.is_empty() {
                    let terms = terms.flatten().copied().unwrap_or_default();
                    self.enter(id, command, terms, at, &mut fills.events);
                    return (outcome(OutcomeKind::Accepted, id), Some(command.instrument));
                }
            }
            CommandKind::CancelOrder | CommandKind::ReplaceOrder => {
                return self.change(kind, command, verdict, id, at, reasons, fills);
            }
            CommandKind::None => reasons.push(Reject::UnsupportedCharacteristic),
            CommandKind::SetSession | CommandKind::SetLastTrade => {
                if reasons.is_empty() {
                    self.operate(kind, command, at, fills, &mut reasons);
                }
                if reasons.is_empty() {
                    return (outcome(OutcomeKind::Applied, 0), Some(command.instrument));
                }
            }
            _ => {
                if reasons.is_empty() {
                    self.set(kind, command, batch, fills, &mut reasons);
                }
                if reasons.is_empty() {
                    return (outcome(OutcomeKind::Applied, 0), None);
                }
            }
        }
        let reason = first(&reasons);
        let event = refusal(command, ExecType::Rejected, reason, verdict.order_id, at.index);
        fills.events.push(Event { ord_status: OrdStatus::Rejected.number(), ..event });
        let outcome =
            Outcome { reason: reason.number(), ..outcome(OutcomeKind::Rejected, verdict.order_id) };
        (outcome, None)
    }

    #[expect(clippy::too_many_arguments, reason = "a plain engine passes things on plainly")]
    fn change(
        &mut self,
        kind: CommandKind,
        command: &Command,
        verdict: &Verdict,
        id: u64,
        at: At,
        mut reasons: Vec<Reject>,
        fills: &mut Fills,
    ) -> (Outcome, Option<u32>) {
        let target = self.target(command, verdict, id, &mut reasons);
        if kind == CommandKind::ReplaceOrder {
            self.reasons_against_terms(command, target, &mut reasons);
        }
        let Some(target) = target.filter(|_| reasons.is_empty()) else {
            let outcome = self.refuse_change(command, verdict, target, &reasons, at.index, fills);
            return (outcome, None);
        };
        let instrument = self.orders[&target].command.instrument;
        if kind == CommandKind::CancelOrder {
            self.leave(target, ExecType::Canceled, 0, at.index, &mut fills.events);
        } else {
            self.replace(target, command, at, &mut fills.events);
        }
        (outcome(OutcomeKind::Accepted, target), Some(instrument))
    }

    /// The open order that a cancel or replace is about, if it is the account's.
    fn target(
        &self,
        command: &Command,
        verdict: &Verdict,
        own_place: u64,
        reasons: &mut Vec<Reject>,
    ) -> Option<u64> {
        let id = verdict.order_id;
        let Some(order) = self.orders.get(&id) else {
            let ended = id != 0 && id < own_place && shard_of(id) == self.shard;
            reasons.push(if ended { Reject::TooLate } else { Reject::UnknownOrder });
            return None;
        };
        let meant = command.instrument == 0 || command.instrument == order.command.instrument;
        if order.command.account != command.account || !meant {
            reasons.push(Reject::UnknownOrder);
            return None;
        }
        Some(id)
    }

    fn set(
        &mut self,
        kind: CommandKind,
        command: &Command,
        batch: &Batch<'_>,
        fills: &mut Fills,
        reasons: &mut Vec<Reject>,
    ) {
        let payload = usize::from(command.payload_index);
        let known = match kind {
            CommandKind::SetInstrument => batch.instruments.get(payload).is_some_and(|new| {
                let fits = self.books.get(&new.id).is_none_or(|book| {
                    book.instrument.price_scale == new.price_scale
                        && book.instrument.quantity_scale == new.quantity_scale
                });
                let rules = Rules::read(new.policies).filter(|_| new.is_valid() && fits);
                if let Some(rules) = rules {
                    let book = self.books.entry(new.id).or_insert_with(|| Book::new(new, rules));
                    (book.instrument, book.rules) = (*new, rules);
                    fills.instruments.push(*new);
                }
                rules.is_some()
            }),
            CommandKind::SetAccount => {
                fills.accounts.extend(batch.accounts.get(payload));
                payload < batch.accounts.len()
            }
            CommandKind::SetLimits => {
                fills.limits.extend(batch.limits.get(payload));
                payload < batch.limits.len()
            }
            _ => true,
        };
        if !known {
            reasons.push(Reject::UnsupportedCharacteristic);
        }
    }

    fn operate(
        &mut self,
        kind: CommandKind,
        command: &Command,
        at: At,
        fills: &mut Fills,
        reasons: &mut Vec<Reject>,
    ) {
        let id = command.instrument;
        if !self.books.contains_key(&id) {
            return reasons.push(Reject::UnknownSymbol);
        }
        let lowest = i64::from(kind == CommandKind::SetLastTrade);
        if kind == CommandKind::SetSession
            && usize::from(command.payload_index) >= SessionState::ALL.len()
        {
            return reasons.push(Reject::UnsupportedCharacteristic);
        }
        if command.price < lowest || command.price > engine::pod::MAX_PRICE {
            return reasons.push(Reject::TickSize);
        }
        if kind == CommandKind::SetLastTrade {
            return self.print(id, command.price);
        }
        let session = SessionState::ALL[usize::from(command.payload_index)];
        let book = self.books.get_mut(&id).expect("just seen");
        (book.reference, book.leaving) = (command.price, None);
        let was = book.session;
        if was != SessionState::Continuous
            && (session == SessionState::Continuous || session == SessionState::PostClose)
        {
            let price = self.auction(id).map_or(0, |auction| auction.0);
            self.books.get_mut(&id).expect("just seen").leaving = Some((session, price));
        } else {
            self.set_session(id, session, at.index, fills);
        }
    }

    fn set_session(&mut self, id: u32, session: SessionState, at: u32, fills: &mut Fills) {
        let book = self.books.get_mut(&id).expect("an instrument that is known");
        book.session = session;
        book.indicated = (0, 0, 0);
        fills.statuses.push(MarketStatus {
            instrument: id,
            command_index: at,
            session: session.number(),
            ..MarketStatus::zeroed()
        });
    }

    fn refuse_change(
        &self,
        command: &Command,
        verdict: &Verdict,
        target: Option<u64>,
        reasons: &[Reject],
        at: u32,
        fills: &mut Fills,
    ) -> Outcome {
        let reason = first(reasons);
        let order_id = verdict.order_id;
        let status = target.map_or(OrdStatus::None, |id| match self.orders[&id].cum {
            0 => OrdStatus::New,
            _ => OrdStatus::PartiallyFilled,
        });
        let event = refusal(command, ExecType::CancelRejected, reason, order_id, at);
        fills.events.push(Event { ord_status: status.number(), ..event });
        let risk_said = verdict.kind != VerdictKind::Accepted.number()
            && Reject::from_number(verdict.reason).unwrap_or(Reject::Other) == reason
            && verdict.cancel_reason != 0;
        Outcome {
            reason: reason.number(),
            cancel_reason: if risk_said {
                verdict.cancel_reason
            } else {
                reason.cancel_reject().number()
            },
            ..outcome(OutcomeKind::Rejected, order_id)
        }
    }
}

impl Book {
    fn new(instrument: &Instrument, rules: Rules) -> Self {
        Self {
            instrument: *instrument,
            rules,
            limits: Default::default(),
            markets: Default::default(),
            stops: Default::default(),
            trailing: Default::default(),
            waiting: Default::default(),
            session: SessionState::Continuous,
            last_trade: 0,
            reference: 0,
            leaving: None,
            indicated: (0, 0, 0),
            floored: 0,
        }
    }

    fn is_enabled(&self) -> bool {
        self.instrument.flags & INSTRUMENT_ENABLED != 0
    }
}

/// The open quantity that a replace asks for.
fn wanted(command: &Command, order: &Open) -> i128 {
    let quantity = i128::from(command.quantity);
    if command.flags & FLAG_LEAVES != 0 {
        quantity
    } else if quantity == 0 {
        i128::from(order.leaves)
    } else {
        quantity - i128::from(order.cum)
    }
}

fn first(reasons: &[Reject]) -> Reject {
    let by_precedence = reasons.iter().min_by_key(|reason| reason.precedence());
    *by_precedence.expect("a refusal has a reason")
}

fn outcome(kind: OutcomeKind, order_id: u64) -> Outcome {
    Outcome { kind: kind.number(), order_id, ..Outcome::zeroed() }
}

fn refusal(
    command: &Command,
    exec_type: ExecType,
    reason: Reject,
    order_id: u64,
    at: u32,
) -> Event {
    let known = |value: u16, highest: u16| if value <= highest { value } else { 0 };
    Event {
        exec_type: exec_type.number(),
        side: known(command.side, 2),
        ord_type: known(command.ord_type, 5),
        time_in_force: known(command.time_in_force, 8),
        reason: reason.number(),
        flags: command.flags & !engine::pod::FLAG_RESTS,
        account: command.account,
        instrument: command.instrument,
        command_index: at,
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
