//! The rules of the market, written as plainly as they can be.
//!
//! This engine keeps orders in a map and each side as a map of queues of ids, looks everything up
//! each time, and collects every reason against a command before it picks one. It shares with the
//! fast engine the records and nothing else; the two must tell the same story, event by event.

mod auction;
mod follow;
mod lists;
mod operator;
mod order;
mod pegs;
mod places;
mod refusals;
mod rules;
mod sharing;
mod timers;
mod trading;
mod whole;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytemuck::Zeroable;
use engine::ids::{place, shard_of};
use engine::pod::{
    BatchStatus, Command, CommandKind, Event, ExecType, Instrument, InstrumentRules, Leg,
    OrdStatus, OrderTerms, Outcome, OutcomeKind, SessionState, Side, Verdict, VerdictKind,
    FLAG_LEAVES, FLAG_TERMS, INSTRUMENT_ENABLED, MAX_EVENTS, MAX_STATUSES, TIMER,
};
use engine::reject::Reject;
use engine::rules::Rules;
use engine::{Batch, Fills, Level};

use lists::List;
use timers::{Mass, Timer};

const SECOND_NS: i64 = 1_000_000_000;
const DAY_NS: i64 = 24 * 60 * 60 * SECOND_NS;
/// Events that each command keeps for itself: NEW, TRIGGERED, the end of the order linked with it,
/// its own end.
const KEPT: usize = 4;

/// Where an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Nowhere,
    Limit,
    Market,
    Stop,
    Trailing,
    /// For the closing auction.
    Waiting,
    /// For a price to follow.
    Suspended,
    /// For the entry of its bracket.
    Exit,
}

/// Which trade of an order with one sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Only,
    /// As in a sweep, though in an auction.
    Swept,
    /// With what it shows; one with what it hides follows.
    First,
    Second,
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
    /// The worst price that risk lets it trade at while it has none of its own.
    bound: Option<i64>,
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
    /// Which of its trades with a sweep the next one is.
    turn: Turn,
    /// The list that it is a leg of, named by the id of its first leg.
    list: Option<u64>,
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
    /// Its session has changed and no status says so yet.
    untold: bool,
    /// How many of its limit orders want all or a minimum; most books have none.
    floored: usize,
    bounds: InstrumentRules,
    /// When they were set: no moment of their schedule up to then counts.
    bounds_since_ns: i64,
    /// The price of the last auction that traded; 0: none.
    auctioned: i64,
    /// When the auction that a band has called ends.
    band_ends_ns: Option<i64>,
    /// All pegged orders, in the book or not.
    pegged: BTreeSet<u64>,
    /// Exits that wait for their entries.
    exits: BTreeSet<u64>,
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
    /// Instruments that collect, and the last command of this message that touched each.
    touched: BTreeMap<u32, u32>,
    lists: BTreeMap<u64, List>,
    /// Orders of lists that have ended, which gives entries their turns.
    entries_ended: u64,
    /// What speaks against the legs that are still to come in this message, by their index.
    judged: BTreeMap<u32, Vec<Reject>>,
    /// Mass cancels that go on.
    masses: Vec<Mass>,
    /// The firm of every account.
    firms: BTreeMap<u32, u32>,
    /// The sides of trades that were undone.
    busted: BTreeSet<(u64, u16)>,
    /// Busts whose news risk hasn't read yet: the message, and what the trade that was undone was.
    unread: Vec<(u64, u32, u32, u16)>,
    /// Journal time up to which timers have fired, and the last one if some are left.
    fired_ns: i64,
    fired: Option<Timer>,
}

/// What a command, or a timer, may cause.
#[derive(Clone, Copy, Debug)]
struct At {
    index: u32,
    /// No event of its own from this place on, and no status from that.
    end: usize,
    statuses: usize,
}

impl At {
    /// Whether so many events fit, with the end of the order that causes them behind.
    fn fits(&self, events: usize, fills: &Fills) -> bool {
        fills.events.len() + events < self.end
    }

    /// Room for events.
    fn room(&self, fills: &Fills) -> usize {
        self.end.saturating_sub(fills.events.len())
    }
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
            touched: BTreeMap::new(),
            lists: BTreeMap::new(),
            entries_ended: 0,
            judged: BTreeMap::new(),
            masses: Vec::new(),
            firms: BTreeMap::new(),
            busted: BTreeSet::new(),
            unread: Vec::new(),
            fired_ns: 0,
            fired: None,
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
        self.judged.clear();
        self.unread.retain(|(message, ..)| *message > batch.fills_seen);
        let count = batch.commands.len();
        // Each command that is still to come keeps events and two statuses.
        let at = |index: u32, to_come: usize| At {
            index,
            end: MAX_EVENTS - KEPT * to_come,
            statuses: MAX_STATUSES - 2 * to_come,
        };
        if batch.status != BatchStatus::Held {
            self.go_on(at(TIMER, count), fills);
        }
        for index in 0..count {
            let first_event = fills.events.len();
            let id = place(self.shard, batch.sequence, index as u32);
            let at = at(index as u32, count - index - 1);
            let (outcome, instruments) = self.command(batch, id, at, fills);
            for instrument in instruments {
                self.follow(instrument, at, fills);
            }
            fills.outcomes.push(Outcome {
                first_event: first_event as u32,
                event_count: (fills.events.len() - first_event) as u32,
                ..outcome
            });
        }
        self.indicate_all(fills);
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

    fn postpone(&mut self, instrument: u32) {
        if !self.pending.contains(&instrument) {
            self.pending.push(instrument);
        }
    }

    /// Says what became of a command, and in which instruments something may follow.
    fn command(
        &mut self,
        batch: &Batch<'_>,
        id: u64,
        at: At,
        fills: &mut Fills,
    ) -> (Outcome, Vec<u32>) {
        let command = &batch.commands[at.index as usize];
        let verdict = &batch.verdicts[at.index as usize];
        if verdict.kind == VerdictKind::Repeat.number() {
            let first_place = verdict.first_place;
            let outcome = Outcome { first_place, ..outcome(OutcomeKind::Repeat, verdict.order_id) };
            return (outcome, Vec::new());
        }
        let mut reasons = risk_said(verdict);
        let kind = CommandKind::try_from(command.kind).unwrap_or(CommandKind::None);
        match kind {
            CommandKind::NewOrder => {
                let terms = terms_of(batch, command);
                if command.link == 0 {
                    self.reasons_against_new(command, terms, &mut reasons);
                } else {
                    reasons = self.reasons_against_leg(batch, at.index as usize);
                }
                if reasons.is_empty() {
                    let terms = terms.flatten().copied().unwrap_or_default();
                    self.enter(id, (command, verdict), terms, at, fills);
                    // A list comes as a whole; then something may follow.
                    let last = Leg::read(command.link).is_none_or(|leg| leg.place + 1 == leg.legs);
                    let follows = last.then_some(command.instrument).into_iter().collect();
                    return (outcome(OutcomeKind::Accepted, id), follows);
                }
            }
            CommandKind::CancelOrder | CommandKind::ReplaceOrder => {
                return self.change(kind, command, verdict, id, at, reasons, fills);
            }
            CommandKind::None => reasons.push(Reject::UnsupportedCharacteristic),
            CommandKind::Tick => {
                if reasons.is_empty() {
                    return (outcome(OutcomeKind::Applied, 0), Vec::new());
                }
            }
            _ => {
                // What an operator says is read only if risk lets it pass.
                let touched = match reasons.is_empty() {
                    true => self.operate(kind, batch, id, at, fills, &mut reasons),
                    false => Vec::new(),
                };
                if reasons.is_empty() {
                    return (outcome(OutcomeKind::Applied, 0), touched);
                }
            }
        }
        let reason = first(&reasons);
        let event = refusal(command, ExecType::Rejected, reason, verdict.order_id, at.index);
        fills.events.push(Event { ord_status: OrdStatus::Rejected.number(), ..event });
        let outcome =
            Outcome { reason: reason.number(), ..outcome(OutcomeKind::Rejected, verdict.order_id) };
        (outcome, Vec::new())
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
    ) -> (Outcome, Vec<u32>) {
        let target = self.target(command, verdict, id, &mut reasons);
        let mut command = *command;
        if let (1.., Some(target)) = (verdict.first_place, target) {
            if kind == CommandKind::ReplaceOrder && command.flags & FLAG_LEAVES != 0 {
                // Risk has said how much it may come to in all.
                let order = &self.orders[&target];
                let rest = i128::from(verdict.first_place) - i128::from(order.cum);
                command.quantity = i128::from(command.quantity).min(rest.max(0)) as i64;
            }
        }
        let command = &command;
        if kind == CommandKind::ReplaceOrder {
            self.reasons_against_terms(command, target, &mut reasons);
        }
        let Some(target) = target.filter(|_| reasons.is_empty()) else {
            let outcome = self.refuse_change(command, verdict, target, &reasons, at.index, fills);
            return (outcome, Vec::new());
        };
        let instrument = self.orders[&target].command.instrument;
        if kind == CommandKind::CancelOrder {
            // Bit 8: nobody asked, a kill did.
            let killed = command.flags >> 8 & 1 != 0;
            let reason = if killed { Reject::KillSwitch.number() } else { 0 };
            self.leave(target, ExecType::Canceled, reason, at, fills);
        } else {
            self.replace(target, command, at, fills);
        }
        (outcome(OutcomeKind::Accepted, target), vec![instrument])
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
            untold: false,
            floored: 0,
            bounds: InstrumentRules::zeroed(),
            bounds_since_ns: 0,
            auctioned: 0,
            band_ends_ns: None,
            pegged: BTreeSet::new(),
            exits: BTreeSet::new(),
        }
    }

    fn is_enabled(&self) -> bool {
        self.instrument.flags & INSTRUMENT_ENABLED != 0
    }
}

/// Why risk refused a command, if it did.
fn risk_said(verdict: &Verdict) -> Vec<Reject> {
    let refused = verdict.kind != VerdictKind::Accepted.number();
    let reason = Reject::from_number(verdict.reason).unwrap_or(Reject::Other);
    refused.then_some(reason).into_iter().collect()
}

/// None if a command names no terms; holds None if it names what isn't there.
fn terms_of<'a>(batch: &Batch<'a>, command: &Command) -> Option<Option<&'a OrderTerms>> {
    let named = command.flags & FLAG_TERMS != 0;
    named.then(|| batch.terms.get(usize::from(command.payload_index)))
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
        ord_type: known(command.ord_type, 6),
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
