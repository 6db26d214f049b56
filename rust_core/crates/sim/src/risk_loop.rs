//! Risk and matching joined as they are in the mesh, with stamps that lag, under a seeded flow of
//! good and bad requests; judged by the plain reference and by what FILLS alone add up to.

mod lists;
mod operators;
mod requests;
mod seen;
mod touched;
mod world;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytemuck::Zeroable;
use engine::market_data::Updates;
use engine::pod::{
    Account, BatchStatus, ClOrdId, Command, CommandKind, Event, ExecType, FeeSchedule, Instrument,
    InstrumentRules, Limits, OrdType, OrderTerms, Side, VerdictKind,
};
use engine::reject::Reject;
use engine::{Batch, Book, Fills, MarketData, MatchingEngine, RiskEngine, Risked};

use crate::reference_risk::{ReferenceRisk, Said, Who};
use crate::rng::Rng;
use engine::risk::Level;

pub use seen::{Seen, What};
pub use touched::Checks;
pub use world::World;

const HOUR_NS: i64 = 3_600_000_000_000;
/// Money of one currency unit.
const UNIT: i128 = 1_000_000_000_000;

/// A message of ORDERS with what it carries.
#[derive(Clone, Debug, Default)]
pub struct Orders {
    time_ns: i64,
    origin: u64,
    batch: u64,
    lag: u64,
    commands: Vec<Command>,
    orig_cl_ord_ids: Vec<ClOrdId>,
    instruments: Vec<Instrument>,
    accounts: Vec<Account>,
    limits: Vec<Limits>,
    terms: Vec<OrderTerms>,
    rules: Vec<InstrumentRules>,
    fees: Vec<FeeSchedule>,
}

/// How often each verdict was given, by reason number; 0: accepted, 1000: a repeat; and how often
/// each kind of event happened, by 2000 and its number.
pub type Tally = BTreeMap<u16, u64>;

/// What FILLS alone say of one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Resting {
    account: u32,
    instrument: u32,
    buys: bool,
    /// What it is counted at, if FILLS says so: the limit.
    price: Option<i64>,
    leaves: i64,
}

/// Positions, cash and open orders as FILLS alone add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Ledger {
    open: BTreeMap<u64, Resting>,
    /// The open orders of an account in an instrument.
    of: BTreeMap<(u32, u32), BTreeSet<u64>>,
    /// (account, instrument) → position, cash.
    held: BTreeMap<(u32, u32), (i64, i128)>,
    /// Both sides of every trade, the last ones last.
    trades: Vec<Event>,
    lists: lists::Lists,
}

impl Ledger {
    fn read(&mut self, events: &[Event]) {
        for event in events {
            self.lists.read_event(event);
            let kind = ExecType::try_from(event.exec_type).expect("a kind of event");
            if matches!(kind, ExecType::Rejected | ExecType::CancelRejected) {
                continue;
            }
            if matches!(kind, ExecType::Trade | ExecType::TradeBust) {
                let buys = event.side == Side::Buy.number();
                let sign = if buys == (kind == ExecType::Trade) { 1 } else { -1 };
                let held = self.held.entry((event.account, event.instrument)).or_default();
                held.0 += sign * event.last_quantity;
                let paid = i128::from(event.last_price) * i128::from(event.last_quantity);
                held.1 -= i128::from(sign) * paid;
            }
            match kind {
                ExecType::TradeBust => continue,
                ExecType::Trade => self.trades.push(*event),
                _ => {}
            }
            let before = self.open.remove(&event.order_id);
            let of = self.of.entry((event.account, event.instrument)).or_default();
            if event.leaves_quantity == 0 {
                of.remove(&event.order_id);
                continue;
            }
            of.insert(event.order_id);
            // These are counted at what they may come to, not where they stand.
            let followers = [OrdType::Pegged.number(), OrdType::StopLimit.number()];
            let follows = followers.contains(&event.ord_type);
            let price = (event.price != 0 && !follows).then_some(event.price);
            let resting = Resting {
                account: event.account,
                instrument: event.instrument,
                buys: event.side == Side::Buy.number(),
                price: price.or(before.and_then(|before| before.price)),
                leaves: event.leaves_quantity,
            };
            self.open.insert(event.order_id, resting);
        }
    }

    /// Quantity, and notional if FILLS says it of all of them, that open orders of one side have.
    fn open(&self, account: u32, instrument: u32, buys: bool) -> (i64, Option<i128>) {
        let all = self.of.get(&(account, instrument)).into_iter().flatten();
        let mut sum = (0, Some(0));
        let mut pairs = BTreeMap::<u64, (i64, Option<i128>)>::new();
        for id in all.copied().filter(|id| self.open[id].buys == buys) {
            let order = &self.open[&id];
            let pair = self.lists.pair_of(id);
            let quantity = order.leaves.min(pair.map_or(i64::MAX, |(_, most)| most));
            let notional = order.price.map(|price| i128::from(quantity) * i128::from(price));
            if let Some((first, _)) = pair {
                let most = pairs.entry(first).or_insert((0, Some(0)));
                let larger = most.1.zip(notional).map(|(one, other)| one.max(other));
                *most = (most.0.max(quantity), larger);
            } else {
                sum = (sum.0 + quantity, sum.1.zip(notional).map(|(sum, more)| sum + more));
            }
        }
        pairs.into_values().fold(sum, |sum, (quantity, notional)| {
            (sum.0 + quantity, sum.1.zip(notional).map(|(sum, more)| sum + more))
        })
    }
}

/// The state of a run.
pub struct RiskLoop {
    rng: Rng,
    /// The engine that is judged.
    pub risk: RiskEngine,
    reference: ReferenceRisk,
    matching: MatchingEngine,
    market_data: MarketData,
    updates: Updates,
    ledger: Ledger,
    /// FILLS that risk hasn't seen.
    waiting: VecDeque<Fills>,
    /// Every message so far, for a replay.
    pub log: Vec<Orders>,
    time_ns: i64,
    origin: u64,
    batch: u64,
    /// Orders' and requests' client order ids, newest last.
    names: Vec<(u32, ClOrdId)>,
    named: u64,
    /// Requests that may be sent again, with their terms.
    sent: Vec<(Command, Option<ClOrdId>, Option<OrderTerms>)>,
    order_ids: Vec<u64>,
    /// Accounts, firms and instruments.
    pub world: World,
    /// Whether the last account is open, and whether the message under way opens it.
    last_is_open: bool,
    opens_last: bool,
    /// Kills that were not lifted.
    killed: Vec<Command>,
    /// Set when risk was told every fill, so that the next stamp can't be lower.
    settled: bool,
    /// Verdicts so far.
    pub tally: Tally,
    /// What was sent and what happened so far.
    pub seen: Seen,
    /// Commands sent so far.
    pub commands: u64,
    /// What was compared so far.
    pub checks: Checks,
    /// The last message with something in flight of an account in an instrument: a new order or a
    /// replace that FILLS hasn't answered.
    in_flight: BTreeMap<(u32, u32), u64>,
    /// All that FILLS said and risk has learnt.
    events: Vec<Event>,
}

fn name(number: u64) -> ClOrdId {
    ClOrdId::new(format!("n{number}").as_bytes()).expect("a client order id")
}

fn words<const N: usize>(text: &str) -> [u64; N] {
    let mut words = [0; N];
    bytemuck::cast_slice_mut::<u64, u8>(&mut words)[..text.len()].copy_from_slice(text.as_bytes());
    words
}

impl RiskLoop {
    /// A run named by a seed, with few instruments and accounts, set up.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::of(World::small(seed), seed)
    }

    /// A run named by a seed, with instruments and accounts set up.
    #[must_use]
    pub fn of(world: World, seed: u64) -> Self {
        let mut run = Self {
            rng: Rng::new(seed),
            risk: RiskEngine::new(0),
            reference: ReferenceRisk::default(),
            matching: MatchingEngine::new(0),
            market_data: MarketData::new(HOUR_NS),
            updates: Updates::default(),
            ledger: Ledger::default(),
            waiting: VecDeque::new(),
            log: Vec::new(),
            time_ns: 1_714_564_800_000_000_000,
            origin: 1_000,
            batch: 0,
            names: Vec::new(),
            named: 0,
            sent: Vec::new(),
            order_ids: vec![0],
            world,
            last_is_open: false,
            opens_last: false,
            killed: Vec::new(),
            settled: false,
            tally: Tally::new(),
            seen: Seen::default(),
            commands: 0,
            checks: Checks::default(),
            in_flight: BTreeMap::new(),
            events: Vec::new(),
        };
        let mut setup = Orders::default();
        for id in 1..=world.instruments {
            setup.instruments.push(world.instrument(id));
        }
        for id in 1..world.accounts {
            setup.accounts.push(world.account(id));
        }
        for (kind, count) in [
            (CommandKind::SetInstrument, setup.instruments.len()),
            (CommandKind::SetAccount, setup.accounts.len()),
        ] {
            for index in 0..count {
                setup.commands.push(reference_command(kind, index));
            }
        }
        for id in 1..world.accounts {
            run.set_limits(&mut setup, id);
        }
        run.send(setup).expect("the setup");
        run
    }

    /// Sends one message of random requests.
    ///
    /// # Errors
    ///
    /// If the engine and the reference differ; says how.
    pub fn step(&mut self) -> Result<(), String> {
        if self.rng.per_mille(2) {
            return self.let_a_day_pass();
        }
        let mut orders = Orders { lag: self.rng.below(6), ..Orders::default() };
        for _ in 0..=self.rng.below(6) {
            self.request(&mut orders);
        }
        self.send(orders)
    }

    /// Lets more than a day pass, in which nothing but ticks is sent until old ids are gone.
    fn let_a_day_pass(&mut self) -> Result<(), String> {
        self.time_ns += 25 * HOUR_NS;
        self.origin += 1;
        self.batch = 0;
        for _ in 0..=self.risk.client_order_ids() / 64 {
            let mut tick = Orders::default();
            tick.commands.push(reference_command(CommandKind::Tick, 0));
            self.send(tick)?;
        }
        Ok(())
    }

    fn send(&mut self, mut orders: Orders) -> Result<(), String> {
        self.time_ns += self.rng.between(0, 2_000_000);
        orders.time_ns = self.time_ns;
        orders.origin = self.origin;
        orders.batch = self.batch + 1;
        if std::mem::take(&mut self.settled) {
            orders.lag = 0;
        }
        if !self.log.is_empty() && self.rng.per_mille(10) {
            orders.batch = self.rng.below(self.batch + 4);
        }
        let sequence = self.risk.applied() + 1;
        let batch = view(&orders, sequence);
        let wanted = self.risk.fills_wanted(sequence, batch.fills_seen);
        while self.risk.fills_applied() < wanted {
            self.learn()?;
        }
        let mut risked = Risked { verdicts: Vec::new(), ..Risked::default() };
        self.risk.apply(&batch, &mut risked).map_err(|error| error.to_string())?;
        let (status, said) = self.reference.apply(&batch);
        if risked.status != status {
            return Err(format!("message {sequence}: {:?} and {status:?}", risked.status));
        }
        if status == BatchStatus::Applied {
            self.batch += 1;
            self.last_is_open |= self.opens_last;
        }
        self.opens_last = false;
        self.compare(&batch, &risked, &said)?;
        if status == BatchStatus::Applied {
            self.compare_touched(&batch, &risked)?;
        }
        self.match_up(&batch, &risked)?;
        self.commands += orders.commands.len() as u64;
        self.log.push(orders);
        Ok(())
    }

    fn compare(&mut self, batch: &Batch<'_>, risked: &Risked, said: &[Said]) -> Result<(), String> {
        if risked.verdicts.len() != said.len() {
            return Err(format!("message {}: not one verdict each", batch.sequence));
        }
        for (index, (verdict, said)) in risked.verdicts.iter().zip(said).enumerate() {
            let kind = VerdictKind::try_from(verdict.kind).map_err(|_| "an unknown verdict")?;
            let reason = Reject::from_number(verdict.reason);
            let engine = (kind, reason, verdict.order_id, verdict.first_place);
            if engine != *said {
                let command = &batch.commands[index];
                let sequence = batch.sequence;
                return Err(format!("{sequence}/{index}: {engine:?}, not {said:?}: {command:?}"));
            }
            self.seen.command(&batch.commands[index], batch.terms, kind, verdict.reason);
            let number = if kind == VerdictKind::Repeat { 1_000 } else { verdict.reason };
            *self.tally.entry(number).or_default() += 1;
            self.order_ids.push(verdict.order_id);
            let command = &batch.commands[index];
            if kind == VerdictKind::Accepted && !command.cl_ord_id().is_absent() {
                // What is linked is cancelled and replaced more often.
                let times = if command.link == 0 { 1 } else { 4 };
                let name = (command.account, command.cl_ord_id());
                self.names.extend(core::iter::repeat_n(name, times));
            }
        }
        Ok(())
    }

    fn match_up(&mut self, batch: &Batch<'_>, risked: &Risked) -> Result<(), String> {
        let applied = risked.status == BatchStatus::Applied;
        let batch = Batch {
            time_ns: risked.time_ns,
            status: risked.status,
            commands: if applied { batch.commands } else { &[] },
            verdicts: &risked.verdicts,
            ..*batch
        };
        let mut fills = Fills { outcomes: Vec::new(), events: Vec::new(), ..Fills::default() };
        self.matching.apply(&batch, &mut fills).map_err(|error| error.to_string())?;
        let applied = self.market_data.apply(&fills.view(), &mut self.updates);
        applied.map_err(|error| error.to_string())?;
        self.ledger.lists.read_orders(&batch);
        for event in &fills.events {
            *self.tally.entry(2_000 + event.exec_type).or_default() += 1;
            self.seen.event(event);
            if self.ledger.lists.has_in_pair(event.order_id) {
                *self.tally.entry(3_000 + event.exec_type).or_default() += 1;
            }
        }
        self.compare_books()?;
        self.waiting.push_back(fills);
        Ok(())
    }

    /// The level 2 book that the deltas made is the matching engine's.
    fn compare_books(&self) -> Result<(), String> {
        for id in 1..=self.world.instruments {
            let (Some(market), Some(book)) = (self.market_data.market(id), self.matching.book(id))
            else {
                return Err(format!("instrument {id} is missing"));
            };
            for side in [Side::Buy, Side::Sell] {
                if !market.levels(side).eq(Book::levels(book, side)) {
                    return Err(format!("the {side:?} side of instrument {id} differs"));
                }
            }
        }
        Ok(())
    }

    /// Has risk and the reference take in the next message of FILLS, and compares what it touched.
    /// Nothing that happens to what was accepted, but for busts, makes the worst that can come of
    /// it worse.
    fn learn(&mut self) -> Result<(), String> {
        let fills = self.waiting.pop_front().expect("it waits");
        let before = self.worst(&fills);
        self.risk.apply_fills(&fills.view()).map_err(|error| error.to_string())?;
        self.reference.apply_fills(&fills.view());
        self.ledger.read(&fills.events);
        self.events.extend_from_slice(&fills.events);
        let busts = |event: &Event| event.exec_type == ExecType::TradeBust.number();
        if !fills.events.iter().any(busts) {
            let mut both = self.worst(&fills).into_iter().zip(before);
            if both.any(|(now, then)| now > then) {
                return Err(format!("message {} of FILLS made the worst worse", fills.sequence));
            }
        }
        self.compare_learnt(&fills)
    }

    /// The positions that could come of all open orders of a side where a message changed
    /// something, counted in its direction.
    fn worst(&self, fills: &Fills) -> Vec<i64> {
        let touched = fills.events.iter().map(|event| (event.account, event.instrument));
        let worst = |(account, instrument)| {
            let at = self.risk.position_in(account, instrument);
            at.map_or([0; 2], |at| [at.quantity + at.open_buy, at.open_sell - at.quantity])
        };
        touched.collect::<BTreeSet<_>>().into_iter().flat_map(worst).collect()
    }

    /// Has risk know everything that happened, and compares all it counts with the reference, and
    /// with what FILLS alone add up to.
    ///
    /// # Errors
    ///
    /// If anything differs; says what.
    pub fn audit(&mut self) -> Result<(), String> {
        while !self.waiting.is_empty() {
            self.learn()?;
        }
        self.settled = true;
        let mut sums = BTreeMap::<u32, (i64, i128)>::new();
        for account in 1..=self.world.accounts {
            for instrument in 1..=self.world.instruments {
                self.compare_holding(account, instrument)?;
                let Some(p) = self.risk.position_in(account, instrument) else { continue };
                let sum = sums.entry(instrument).or_default();
                *sum = (sum.0 + p.quantity, sum.1 + p.cash);
            }
            self.compare_account(account)?;
        }
        let accounts = (1..=self.world.accounts).map(|id| (Who::Account(id), Level::Account, id));
        let firms = (1..=self.world.firms).map(|id| (Who::Firm(id), Level::Firm, id));
        for (who, level, id) in accounts.chain(firms).chain([(Who::Venue, Level::Venue, 0)]) {
            let Some([day, exposure, available]) = self.reference.standing(who) else { continue };
            let standing = self.risk.standing(level, id).ok_or("somebody is missing")?;
            let same = standing.day == day
                && standing.exposure.is_none_or(|kept| kept == exposure)
                && standing.available == Some(available);
            if !same {
                return Err(format!("{who:?}: {standing:?}, not {day}, {exposure}, {available}"));
            }
        }
        if sums.values().any(|&sum| sum != (0, 0)) {
            return Err(format!("what accounts hold does not cancel out: {sums:?}"));
        }
        if self.risk.open_orders() as usize != self.ledger.open.len() {
            return Err("an order is open in one place only".to_owned());
        }
        self.checks.complete += 1;
        Ok(())
    }

    /// The same when everything that is kept between messages is forgotten: what FILLS add up to is
    /// added up from the first message on.
    ///
    /// # Errors
    ///
    /// If anything differs; says what.
    pub fn audit_from_scratch(&mut self) -> Result<(), String> {
        self.audit()?;
        let lists = self.ledger.lists.of_orders();
        let mut ledger = Ledger { lists, ..Ledger::default() };
        ledger.read(&self.events);
        ledger.of.retain(|_, orders| !orders.is_empty());
        self.ledger.of.retain(|_, orders| !orders.is_empty());
        if ledger != self.ledger {
            return Err("FILLS add up to something else than they did one by one".to_owned());
        }
        self.reference.forget_all();
        self.audit()
    }

    /// How many events FILLS told and risk has learnt.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events.len() as u64
    }

    /// Replays the messages so far into other engines, with stamps as they were, and returns the
    /// state hash after each.
    ///
    /// # Panics
    ///
    /// If the engines refuse what they took before.
    #[must_use]
    pub fn replay(&self) -> Vec<(u64, u64)> {
        self.replayed().0
    }

    /// The same, and risk as it is after the last of them with everything learnt that happened.
    ///
    /// # Panics
    ///
    /// If the engines refuse what they took before.
    #[must_use]
    pub fn replayed(&self) -> (Vec<(u64, u64)>, RiskEngine) {
        let (mut risk, mut matching) = (RiskEngine::new(0), MatchingEngine::new(0));
        let mut log: Vec<Fills> = Vec::new();
        let mut risked = Risked::default();
        let messages = self.log.iter().enumerate().map(|(index, orders)| {
            let sequence = index as u64 + 1;
            let batch = view(orders, sequence);
            while risk.fills_applied() < risk.fills_wanted(sequence, batch.fills_seen) {
                let fills = &log[risk.fills_applied() as usize];
                risk.apply_fills(&fills.view()).expect("what happened");
            }
            risk.apply(&batch, &mut risked).expect("the next message");
            let applied = risked.status == BatchStatus::Applied;
            let batch = Batch {
                time_ns: risked.time_ns,
                status: risked.status,
                commands: if applied { batch.commands } else { &[] },
                verdicts: &risked.verdicts,
                ..batch
            };
            let mut fills = Fills { events: Vec::new(), outcomes: Vec::new(), ..Fills::default() };
            matching.apply(&batch, &mut fills).expect("the next message");
            log.push(fills);
            (risk.state_hash(), matching.state_hash())
        });
        let hashes = messages.collect();
        while let Some(fills) = log.get(risk.fills_applied() as usize) {
            risk.apply_fills(&fills.view()).expect("what happened");
        }
        (hashes, risk)
    }

    /// Everything that risk tells whoever asks, one answer a line.
    #[must_use]
    pub fn answers(&self, risk: &RiskEngine) -> Vec<String> {
        let mut answers = vec![
            format!("{:?}", (risk.applied(), risk.fills_applied(), risk.state_hash())),
            format!("{:?}", (risk.time_ns(), risk.open_orders(), risk.client_order_ids())),
            format!("{:?} {:?}", risk.killed(), risk.conversions()),
        ];
        for account in 1..=self.world.accounts {
            answers.push(format!("{:?} {:?}", risk.account(account), risk.buying(account)));
            answers.push(format!("{:?}", risk.positions(account)));
            answers.push(format!("{:?} {:?}", risk.fees_in_force(account), risk.volume(account)));
        }
        let accounts = (1..=self.world.accounts).map(|id| (Level::Account, id));
        let firms = (1..=self.world.firms).map(|id| (Level::Firm, id));
        for (level, id) in accounts.chain(firms).chain([(Level::Venue, 0)]) {
            answers.push(format!("{:?} {:?}", risk.standing(level, id), risk.fees_of(level, id)));
            answers.push(format!("{:?}", risk.limits_of(level, id)));
        }
        for id in 1..=self.world.instruments {
            answers.push(format!("{:?} {:?}", risk.instrument(id), risk.rules(id)));
            answers.push(format!("{:?}", risk.reference_price(id)));
        }
        // What every request so far would be told now, check by check.
        let recent = self.sent.iter().rev().take(500);
        answers.extend(recent.map(|(command, ..)| format!("{:?}", risk.check(command))));
        answers
    }
}

fn reference_command(kind: CommandKind, index: usize) -> Command {
    Command { kind: kind.number(), payload_index: index as u16, ..Command::zeroed() }
}

fn view(orders: &Orders, sequence: u64) -> Batch<'_> {
    Batch {
        sequence,
        time_ns: orders.time_ns,
        origin: orders.origin,
        batch: orders.batch,
        fills_seen: (sequence - 1).saturating_sub(orders.lag),
        status: BatchStatus::Applied,
        commands: &orders.commands,
        verdicts: &[],
        orig_cl_ord_ids: &orders.orig_cl_ord_ids,
        instruments: &orders.instruments,
        accounts: &orders.accounts,
        limits: &orders.limits,
        terms: &orders.terms,
        rules: &orders.rules,
        fees: &orders.fees,
    }
}
