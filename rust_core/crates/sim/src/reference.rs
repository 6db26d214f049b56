//! The rules of the market, written as plainly as they can be.
//!
//! This engine keeps orders in a map and each side as a map of queues of ids, looks everything up
//! each time, and collects every reason against a command before it picks one. It shares with the
//! fast engine the records and nothing else; the two must tell the same story, event by event.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

use bytemuck::Zeroable;
use engine::ids::{place, shard_of};
use engine::pod::{
    words, BatchStatus, Command, CommandKind, Event, ExecType, Instrument, Liquidity, OrdStatus,
    OrdType, Outcome, OutcomeKind, Side, TimeInForce, Verdict, VerdictKind,
    FLAG_CANCEL_ON_DISCONNECT, FLAG_LEAVES, FLAG_RESTS, INSTRUMENT_ENABLED, MAX_EVENTS, MAX_PRICE,
    MAX_QUANTITY, TIMER,
};
use engine::reject::Reject;
use engine::{Batch, Fills, Level};

const DAY_NS: i64 = 24 * 60 * 60 * 1_000_000_000;

/// An open order.
#[derive(Clone, Debug)]
struct Open {
    id: u64,
    /// The command that made it, with the client order id and session of the last replace.
    command: Command,
    side: Side,
    price: i64,
    leaves: i64,
    cum: i64,
    notional: i128,
    sequence: u32,
    /// DAY orders: journal time at which it ends.
    expires_ns: Option<i64>,
}

/// One instrument's book: queues of order ids, by price.
#[derive(Clone, Debug)]
struct Book {
    instrument: Instrument,
    bids: BTreeMap<Reverse<i64>, VecDeque<u64>>,
    asks: BTreeMap<i64, VecDeque<u64>>,
}

/// The plain engine.
#[derive(Clone, Debug)]
pub struct Reference {
    shard: u32,
    time_ns: i64,
    matches: u64,
    orders: BTreeMap<u64, Open>,
    books: BTreeMap<u32, Book>,
}

impl Reference {
    /// The engine of a shard before its first message.
    #[must_use]
    pub fn new(shard: u32) -> Self {
        Self { shard, time_ns: 0, matches: 0, orders: BTreeMap::new(), books: BTreeMap::new() }
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
        };
        self.time_ns = batch.time_ns;
        let count = batch.commands.len();
        if batch.status != BatchStatus::Held {
            self.expire(MAX_EVENTS - 2 * count, &mut fills.events);
        }
        for index in 0..count {
            let first_event = fills.events.len();
            // Two events are kept for each command that is still to come, and two for this one.
            let spare = MAX_EVENTS - 2 * (count - index) - first_event;
            let id = place(self.shard, batch.sequence, index as u32);
            let outcome = self.command(batch, index, id, spare / 2, fills);
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
        let level = |price: i64, ids: &VecDeque<u64>| Level {
            price,
            quantity: ids.iter().map(|id| self.orders[id].leaves).sum(),
            orders: ids.len() as u32,
        };
        match side {
            Side::Buy => book.bids.iter().map(|(price, ids)| level(price.0, ids)).collect(),
            _ => book.asks.iter().map(|(price, ids)| level(*price, ids)).collect(),
        }
    }

    /// The ids of the orders of a side in the order in which they would trade.
    #[must_use]
    pub fn queue(&self, instrument: u32, side: Side) -> Vec<u64> {
        let Some(book) = self.books.get(&instrument) else { return Vec::new() };
        match side {
            Side::Buy => book.bids.values().flatten().copied().collect(),
            _ => book.asks.values().flatten().copied().collect(),
        }
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
            self.leave(id, ExecType::Expired, TIMER, events);
        }
    }

    fn command(
        &mut self,
        batch: &Batch<'_>,
        index: usize,
        id: u64,
        trades: usize,
        fills: &mut Fills,
    ) -> Outcome {
        let command = &batch.commands[index];
        let verdict = &batch.verdicts[index];
        if verdict.kind == VerdictKind::Repeat.number() {
            let first_place = verdict.first_place;
            return Outcome { first_place, ..outcome(OutcomeKind::Repeat, verdict.order_id) };
        }
        let mut reasons = Vec::new();
        if verdict.kind != VerdictKind::Accepted.number() {
            reasons.push(Reject::from_number(verdict.reason).unwrap_or(Reject::Other));
        }
        let at = index as u32;
        let kind = CommandKind::try_from(command.kind).unwrap_or(CommandKind::None);
        match kind {
            CommandKind::NewOrder => {
                self.reasons_against_new(command, &mut reasons);
                if reasons.is_empty() {
                    self.enter(id, command, at, trades, &mut fills.events);
                    return outcome(OutcomeKind::Accepted, id);
                }
            }
            CommandKind::CancelOrder | CommandKind::ReplaceOrder => {
                let target = self.target(command, verdict, id, &mut reasons);
                if kind == CommandKind::ReplaceOrder {
                    self.reasons_against_terms(command, target, &mut reasons);
                }
                return match target {
                    Some(target) if reasons.is_empty() => {
                        if kind == CommandKind::CancelOrder {
                            self.leave(target, ExecType::Canceled, at, &mut fills.events);
                        } else {
                            self.replace(target, command, at, trades, &mut fills.events);
                        }
                        outcome(OutcomeKind::Accepted, target)
                    }
                    _ => self.refuse_change(command, verdict, target, &reasons, at, fills),
                };
            }
            CommandKind::None => reasons.push(Reject::UnsupportedCharacteristic),
            _ => {
                if reasons.is_empty() {
                    self.set(kind, command, batch, fills, &mut reasons);
                }
                if reasons.is_empty() {
                    return outcome(OutcomeKind::Applied, 0);
                }
            }
        }
        let reason = first(&reasons);
        let event = refusal(command, ExecType::Rejected, reason, verdict.order_id, at);
        fills.events.push(Event { ord_status: OrdStatus::Rejected.number(), ..event });
        Outcome { reason: reason.number(), ..outcome(OutcomeKind::Rejected, verdict.order_id) }
    }

    fn reasons_against_new(&self, command: &Command, reasons: &mut Vec<Reject>) {
        let is = |value: u16, known: &[u16]| known.contains(&value);
        if !is(command.side, &[1, 2])
            || !is(command.ord_type, &[1, 2])
            || !is(command.time_in_force, &[1, 2, 3, 4])
            || command.flags & !FLAG_CANCEL_ON_DISCONNECT != 0
            || uses_reserved(command)
        {
            reasons.push(Reject::UnsupportedCharacteristic);
        }
        if command.quantity < 1 || command.quantity > MAX_QUANTITY {
            reasons.push(Reject::IncorrectQuantity);
        }
        let priced = command.price >= 1 && command.price <= MAX_PRICE;
        let market = command.ord_type == OrdType::Market.number();
        if !priced && !market || command.price != 0 && market {
            reasons.push(Reject::TickSize);
        }
        match self.books.get(&command.instrument) {
            None => reasons.push(Reject::UnknownSymbol),
            Some(book) if !enabled(book) => reasons.push(Reject::SymbolHalted),
            Some(_) => {}
        }
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

    fn reasons_against_terms(
        &self,
        command: &Command,
        target: Option<u64>,
        reasons: &mut Vec<Reject>,
    ) {
        if command.flags & !(FLAG_LEAVES | FLAG_CANCEL_ON_DISCONNECT) != 0 || uses_reserved(command)
        {
            reasons.push(Reject::UnsupportedCharacteristic);
        }
        if command.quantity < 0 || command.quantity > MAX_QUANTITY {
            reasons.push(Reject::IncorrectQuantity);
        }
        if command.price < 0 || command.price > MAX_PRICE {
            reasons.push(Reject::TickSize);
        }
        let Some(order) = target.map(|id| &self.orders[&id]) else { return };
        let made = &order.command;
        if command.side != 0 && command.side != made.side
            || command.ord_type != 0 && command.ord_type != made.ord_type
            || command.time_in_force != 0 && command.time_in_force != made.time_in_force
        {
            reasons.push(Reject::UnsupportedCharacteristic);
        }
        if i128::from(order.cum) + wanted(command, order) > i128::from(MAX_QUANTITY) {
            reasons.push(Reject::IncorrectQuantity);
        }
        if !enabled(&self.books[&made.instrument]) {
            reasons.push(Reject::SymbolHalted);
        }
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
                let takes_effect = new.is_valid() && fits;
                if takes_effect {
                    let (bids, asks) = (BTreeMap::new(), BTreeMap::new());
                    let fresh = Book { instrument: *new, bids, asks };
                    self.books.entry(new.id).or_insert(fresh).instrument = *new;
                    fills.instruments.push(*new);
                }
                takes_effect
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

    fn enter(
        &mut self,
        id: u64,
        command: &Command,
        at: u32,
        trades: usize,
        events: &mut Vec<Event>,
    ) {
        let day = command.time_in_force == TimeInForce::Day.number();
        let next_midnight = (self.time_ns / DAY_NS + 1) * DAY_NS;
        let mut order = Open {
            id,
            command: *command,
            side: Side::try_from(command.side).expect("checked"),
            price: command.price,
            leaves: command.quantity,
            cum: 0,
            notional: 0,
            sequence: 0,
            expires_ns: day.then_some(next_midnight),
        };
        events.push(order.event(ExecType::New, OrdStatus::New, at));
        self.execute(order, at, trades, events);
    }

    fn replace(
        &mut self,
        id: u64,
        command: &Command,
        at: u32,
        trades: usize,
        events: &mut Vec<Event>,
    ) {
        let order = self.orders.get_mut(&id).expect("the target is open");
        if !command.cl_ord_id().is_absent() {
            order.command.set_cl_ord_id(command.cl_ord_id());
            order.command.session = command.session;
        }
        let leaves = wanted(command, order);
        if leaves <= 0 {
            return self.leave(id, ExecType::Canceled, at, events);
        }
        let leaves = leaves as i64;
        let price = if command.price == 0 { order.price } else { command.price };
        let (old_price, old_leaves) = (order.price, order.leaves);
        let keeps_priority = price == old_price && leaves <= old_leaves;
        if keeps_priority {
            order.leaves = leaves;
            let event = order.event(ExecType::Replaced, order.status(), at);
            events.push(before(after(event, leaves), old_price, old_leaves));
            return;
        }
        let mut order = self.take_out(id);
        (order.price, order.leaves) = (price, leaves);
        let event = order.event(ExecType::Replaced, order.status(), at);
        events.push(before(event, old_price, old_leaves));
        self.execute(order, at, trades, events);
    }

    /// An order that is in no book trades, then rests or ends.
    fn execute(&mut self, mut taker: Open, at: u32, trades: usize, events: &mut Vec<Event>) {
        let kind = TimeInForce::try_from(taker.command.time_in_force).expect("checked");
        let market = taker.command.ord_type == OrdType::Market.number();
        let makers = self.makers(&taker);
        let mut cut_short = false;
        if kind == TimeInForce::Fok {
            let mut left = taker.leaves;
            let needed = makers.iter().take_while(|id| {
                let wanted = left > 0;
                left -= self.orders[id].leaves;
                wanted
            });
            let needed = needed.count();
            if left > 0 || needed > trades {
                let reason = if left > 0 { Reject::FokUnfillable } else { Reject::Other };
                events.push(taker.ended(ExecType::Canceled, reason.number(), at));
                return;
            }
        }
        let mut last_own = events.len() - 1;
        for (count, maker_id) in makers.into_iter().enumerate() {
            if taker.leaves == 0 {
                break;
            }
            if count == trades {
                cut_short = true;
                break;
            }
            self.matches += 1;
            let maker = self.orders.get_mut(&maker_id).expect("a maker is open");
            let quantity = taker.leaves.min(maker.leaves);
            let (price, before_trade) = (maker.price, maker.leaves);
            last_own = events.len();
            events.push(taker.trade(price, quantity, Liquidity::Taker, self.matches, at));
            let event = maker.trade(price, quantity, Liquidity::Maker, self.matches, at);
            let left = maker.leaves;
            let event = before(event, price, before_trade);
            events.push(if left > 0 { after(event, left) } else { event });
            if left == 0 {
                self.take_out(maker_id);
            }
        }
        if taker.leaves == 0 {
            return;
        }
        if cut_short {
            events.push(taker.ended(ExecType::Canceled, Reject::Other.number(), at));
        } else if market || matches!(kind, TimeInForce::Ioc | TimeInForce::Fok) {
            events.push(taker.ended(ExecType::Canceled, 0, at));
        } else {
            events[last_own] = after(events[last_own], taker.leaves);
            let book = self.books.get_mut(&taker.command.instrument).expect("checked");
            let queue = match taker.side {
                Side::Buy => book.bids.entry(Reverse(taker.price)).or_default(),
                _ => book.asks.entry(taker.price).or_default(),
            };
            queue.push_back(taker.id);
            self.orders.insert(taker.id, taker);
        }
    }

    /// The orders that this one may trade with, in order, as many as it can need.
    fn makers(&self, taker: &Open) -> Vec<u64> {
        let book = &self.books[&taker.command.instrument];
        let any = taker.command.ord_type == OrdType::Market.number();
        let mut wanted = taker.leaves;
        let mut makers = Vec::new();
        let mut add = |ids: &VecDeque<u64>| {
            for id in ids {
                if wanted > 0 {
                    wanted -= self.orders[id].leaves;
                    makers.push(*id);
                }
            }
            wanted > 0
        };
        match taker.side {
            Side::Buy => {
                let mut levels = book.asks.iter();
                while levels
                    .next()
                    .is_some_and(|(&price, ids)| (any || price <= taker.price) && add(ids))
                {
                }
            }
            _ => {
                let mut levels = book.bids.iter();
                while levels
                    .next()
                    .is_some_and(|(&Reverse(price), ids)| (any || price >= taker.price) && add(ids))
                {
                }
            }
        }
        makers
    }

    /// Ends a resting order.
    fn leave(&mut self, id: u64, exec_type: ExecType, at: u32, events: &mut Vec<Event>) {
        let mut order = self.take_out(id);
        let event = order.ended(exec_type, 0, at);
        events.push(before(event, order.price, order.leaves));
    }

    fn take_out(&mut self, id: u64) -> Open {
        let order = self.orders.remove(&id).expect("the order is open");
        let book = self.books.get_mut(&order.command.instrument).expect("an order has a book");
        match order.side {
            Side::Buy => take_from(&mut book.bids, Reverse(order.price), id),
            _ => take_from(&mut book.asks, order.price, id),
        }
        order
    }
}

impl Open {
    fn status(&self) -> OrdStatus {
        match (self.cum, self.leaves) {
            (0, _) => OrdStatus::New,
            (_, 0) => OrdStatus::Filled,
            _ => OrdStatus::PartiallyFilled,
        }
    }

    fn event(&mut self, exec_type: ExecType, status: OrdStatus, at: u32) -> Event {
        self.sequence += 1;
        let (cum_notional_low, cum_notional_high) = words(self.notional);
        Event {
            exec_type: exec_type.number(),
            side: self.command.side,
            ord_type: self.command.ord_type,
            time_in_force: self.command.time_in_force,
            ord_status: status.number(),
            flags: self.command.flags,
            account: self.command.account,
            instrument: self.command.instrument,
            command_index: at,
            order_sequence: self.sequence,
            order_id: self.id,
            cl_ord_id: self.command.cl_ord_id,
            cl_ord_id4: self.command.cl_ord_id4,
            session: self.command.session,
            price: self.price,
            quantity: self.cum + self.leaves,
            cum_quantity: self.cum,
            leaves_quantity: self.leaves,
            cum_notional_low,
            cum_notional_high,
            ..Event::zeroed()
        }
    }

    fn ended(&mut self, exec_type: ExecType, reason: u16, at: u32) -> Event {
        let status = match exec_type {
            ExecType::Expired => OrdStatus::Expired,
            _ => OrdStatus::Canceled,
        };
        Event { leaves_quantity: 0, reason, ..self.event(exec_type, status, at) }
    }

    fn trade(
        &mut self,
        price: i64,
        quantity: i64,
        liquidity: Liquidity,
        match_id: u64,
        at: u32,
    ) -> Event {
        self.leaves -= quantity;
        self.cum += quantity;
        self.notional += i128::from(price) * i128::from(quantity);
        Event {
            last_price: price,
            last_quantity: quantity,
            liquidity: liquidity.number(),
            match_id,
            ..self.event(ExecType::Trade, self.status(), at)
        }
    }
}

fn take_from<K: Ord>(side: &mut BTreeMap<K, VecDeque<u64>>, price: K, id: u64) {
    let queue = side.get_mut(&price).expect("an order has a level");
    queue.retain(|&other| other != id);
    if queue.is_empty() {
        side.remove(&price);
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

fn uses_reserved(command: &Command) -> bool {
    let reserved = [
        i64::from(command.self_trade_prevention),
        command.stop_price,
        command.display_quantity,
        command.min_quantity,
        i64::from(command.self_trade_group),
        i64::from(command.link),
    ];
    reserved != [0; 6]
}

fn enabled(book: &Book) -> bool {
    book.instrument.flags & INSTRUMENT_ENABLED != 0
}

fn first(reasons: &[Reject]) -> Reject {
    let by_precedence = reasons.iter().min_by_key(|reason| reason.precedence());
    *by_precedence.expect("a refusal has a reason")
}

fn outcome(kind: OutcomeKind, order_id: u64) -> Outcome {
    Outcome { kind: kind.number(), order_id, ..Outcome::zeroed() }
}

fn before(event: Event, price: i64, quantity: i64) -> Event {
    Event { book_price_before: price, book_quantity_before: quantity, ..event }
}

fn after(event: Event, quantity: i64) -> Event {
    Event { book_quantity_after: quantity, flags: event.flags | FLAG_RESTS, ..event }
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
        ord_type: known(command.ord_type, 2),
        time_in_force: known(command.time_in_force, 4),
        reason: reason.number(),
        flags: command.flags & !FLAG_RESTS,
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
