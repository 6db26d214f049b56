//! Pre-trade risk: says of every command in ORDERS whether it may go to the book.
//!
//! A pure function of ORDERS and of FILLS, which is itself a function of ORDERS: message n is
//! judged with exactly the fills up to p(n), so that two engines that were given the same logs have
//! the same state and say the same, byte for byte.
//!
//! - [`client_ids`]: which client order ids were used, and for which order;
//! - [`orders`] and [`holding`]: what is open and held, and what that ties up; `lists`: of orders
//!   that cancel each other or wait for another only what can trade;
//! - [`reference`]: instruments, accounts and limits; `operator`: what operators do to markets;
//! - [`checks`]: the limit checks, in order of precedence; `judge` has those of shape and state;
//! - `gate`: a quick look that lets most orders pass before the exact checks; `accept`: what
//!   becomes of those that go on;
//! - `levels`: firms and the venue, whose limits hold for all their accounts together; `kills`:
//!   who is stopped; `day`: what was lost since the day began; `flow`: how fast messages come;
//! - `conversions`: what currencies are worth; `currencies`: what follows from that; `fees`: what
//!   traders pay.
//!
//! A further check is one more [`checks::Check`] with its bit in `Limits::checks`; what it counts
//! per account belongs to [`reference::Trader`], per account and instrument to
//! [`holding::Holding`].

mod accept;
pub mod checks;
mod client_ids;
mod conversions;
mod counted;
mod currencies;
mod day;
mod error;
mod fees;
mod fills;
mod flow;
mod gate;
mod holding;
mod judge;
mod kills;
mod levels;
mod listed;
mod lists;
mod operator;
mod orders;
mod origins;
mod query;
mod reference;
mod replace;
mod shape;

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use conversions::Money;
use judge::Hashes;

use crate::batch::{Batch, FillsView, Risked};
use crate::ids::{place, MAX_SEQUENCE, MAX_SHARD};
use crate::pod::{BatchStatus, Command, CommandKind, Verdict, VerdictKind, MAX_COMMANDS};
use crate::reject::Reject;
use crate::table::{Arena, Running, Table, NONE};

pub use checks::{Check, CheckResult, Level, Unit};
pub use client_ids::KEPT_NS;
pub use conversions::MAX_CURRENCIES;
pub use error::RiskError;
pub use kills::{Killed, Session, MAX_KILLED_SESSIONS};
pub use origins::{RELAY, RELAY_URGENT};
pub use query::{Buying, DryRun, Position, Standing};
pub use reference::{bits, MAX_ACCOUNT, MAX_CREDIT, MAX_POSITION};

/// How many of everything the engine keeps at most. What would go beyond is refused with
/// SYSTEM_UNAVAILABLE; nothing is ever pushed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Client order ids of live orders and of the last 24 h: about 100 bytes each.
    pub client_ids: u32,
    /// Live orders, and unanswered replaces: about 170 bytes each.
    pub orders: u32,
    /// Pairs of account, firm or venue and instrument that ever met: about 210 bytes each.
    pub holdings: u32,
    /// Processes that wrote batches in the last 24 h.
    pub origins: u32,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { client_ids: 1 << 25, orders: 1 << 22, holdings: 1 << 24, origins: 1 << 16 }
    }
}

/// The risk state machine of one shard.
#[derive(Clone, Debug)]
pub struct RiskEngine {
    shard: u32,
    bounds: Bounds,
    applied: u64,
    fills_applied: u64,
    /// p(n) of the last message applied.
    fills_due: u64,
    now_ns: i64,
    /// The day of that, from the Unix epoch, and when it is over.
    today: u32,
    day_end_ns: i64,
    last_tick: i64,
    hash: Running,
    stopped: bool,
    origins: origins::Origins,
    reference: reference::Reference,
    killed_sessions: kills::KilledSessions,
    conversions: conversions::Conversions,
    fees: fees::Fees,
    ids: client_ids::ClientIds,
    orders: orders::Orders,
    lists: lists::Lists,
    holdings: Arena<holding::Holding>,
    holding_index: Table,
    /// The holdings of each trader, by place: what a walk over them reads, so that no wait for one
    /// has to end before the next begins.
    held_by: Vec<Vec<u32>>,
    /// The day, and how far the price that moved most has moved on it, in parts of 2^20.
    moved: (u32, u64),
    /// Messages whose accepted new orders FILLS hasn't answered: sequence and how many.
    unanswered: VecDeque<(u64, u32)>,
}

/// What a command is judged in.
#[derive(Clone, Copy)]
struct Context<'a> {
    batch: &'a Batch<'a>,
    place: u64,
    hashes: Hashes,
}

/// How many commands are looked up together: what their searches begin with is read before any of
/// them is judged, so that the waits for memory are one wait.
const AHEAD: usize = 16;

impl RiskEngine {
    /// The state before the first message of a shard.
    ///
    /// # Panics
    ///
    /// If there is no such shard.
    #[must_use]
    pub fn new(shard: u32) -> Self {
        Self::with_bounds(shard, Bounds::default())
    }

    /// The same, with other bounds; every engine of a shard must have the same ones.
    ///
    /// # Panics
    ///
    /// If there is no such shard.
    #[must_use]
    pub fn with_bounds(shard: u32, bounds: Bounds) -> Self {
        assert!(shard <= MAX_SHARD, "no shard {shard}");
        Self {
            shard,
            bounds,
            applied: 0,
            fills_applied: 0,
            fills_due: 0,
            now_ns: 0,
            today: 0,
            day_end_ns: crate::orders::DAY_NS,
            last_tick: 0,
            hash: Running(u64::from(shard)),
            stopped: false,
            origins: origins::Origins::new(bounds.origins as usize),
            reference: reference::Reference::default(),
            killed_sessions: kills::KilledSessions::default(),
            conversions: conversions::Conversions::default(),
            fees: fees::Fees::default(),
            ids: client_ids::ClientIds::new(bounds.client_ids),
            orders: orders::Orders::new(bounds.orders),
            lists: lists::Lists::default(),
            holdings: Arena::default(),
            holding_index: Table::default(),
            held_by: Vec::new(),
            moved: (0, 0),
            unanswered: VecDeque::new(),
        }
    }

    /// The last message of ORDERS that was applied.
    #[must_use]
    pub fn applied(&self) -> u64 {
        self.applied
    }

    /// The last message of FILLS that was applied.
    #[must_use]
    pub fn fills_applied(&self) -> u64 {
        self.fills_applied
    }

    /// Journal time T(n), nanoseconds.
    #[must_use]
    pub fn time_ns(&self) -> i64 {
        self.now_ns
    }

    /// The last tick, a Unix second.
    #[must_use]
    pub fn last_tick(&self) -> i64 {
        self.last_tick
    }

    /// Running hash over every verdict, and over the balances of every account that a command or a
    /// fill touched.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        self.hash.0
    }

    /// p(n): the FILLS sequence up to which fills must be applied, and no further, before the next
    /// message of ORDERS, `sequence`, which carries the stamp `fills_seen`.
    #[must_use]
    pub fn fills_wanted(&self, sequence: u64, fills_seen: u64) -> u64 {
        self.fills_due.max(fills_seen.min(sequence.saturating_sub(1)))
    }

    /// Judges the next message of ORDERS into `risked`, which is overwritten.
    ///
    /// # Errors
    ///
    /// If it isn't the next message, if fills aren't applied up to p(n), or if it is outside the
    /// bounds that its reader checks; nothing has changed then.
    pub fn apply(&mut self, batch: &Batch<'_>, risked: &mut Risked) -> Result<(), RiskError> {
        if self.stopped {
            return Err(RiskError::Stopped);
        }
        self.accepts(batch)?;
        self.fills_due = self.fills_applied;
        self.applied = batch.sequence;
        self.advance(batch.time_ns);
        self.ids.expire(self.now_ns, 64 + 4 * batch.commands.len());
        let status = self.origins.judge(batch.origin, batch.batch, self.now_ns);

        risked.sequence = batch.sequence;
        risked.time_ns = self.now_ns;
        risked.origin = batch.origin;
        risked.batch = batch.batch;
        risked.fills_applied = self.fills_applied;
        risked.status = status;
        risked.verdicts.clear();
        self.hash.absorb(batch.sequence, self.now_ns as u64);
        self.hash.absorb(self.fills_applied, status.number().into());
        if status == BatchStatus::Applied {
            if batch.batch == 1 {
                self.killed_sessions.forget(batch.origin);
            }
            self.judge_all(batch, risked);
        }
        Ok(())
    }

    #[inline(always)]
    fn accepts(&self, batch: &Batch<'_>) -> Result<(), RiskError> {
        let sequence = batch.sequence;
        if sequence != self.applied + 1 {
            return Err(RiskError::OrdersSequence { expected: self.applied + 1, got: sequence });
        }
        if sequence > MAX_SEQUENCE {
            return Err(RiskError::BadBatch { sequence, what: "the sequence is too high" });
        }
        if batch.commands.len() > MAX_COMMANDS {
            return Err(RiskError::BadBatch { sequence, what: "more commands than a batch holds" });
        }
        let wanted = self.fills_wanted(sequence, batch.fills_seen);
        if wanted != self.fills_applied {
            let applied = self.fills_applied;
            return Err(RiskError::FillsApplied { sequence, wanted, applied });
        }
        Ok(())
    }

    #[inline(always)]
    fn judge_all(&mut self, batch: &Batch<'_>, risked: &mut Risked) {
        let new_orders = match batch.commands {
            [command] => {
                let hashes = Self::hashes_of(command, batch);
                self.judge_next(command, (0, hashes), batch, risked)
            }
            _ => self.judge_many(batch, risked),
        };
        if new_orders > 0 {
            self.unanswered.push_back((batch.sequence, new_orders));
        }
    }

    #[inline(always)]
    fn hashes_of(command: &Command, batch: &Batch<'_>) -> Hashes {
        Hashes::of(command, Self::orig(command, batch).ok().flatten())
    }

    /// Judges all commands of a message; returns how many of them are new orders that may go on.
    #[inline(never)]
    fn judge_many(&mut self, batch: &Batch<'_>, risked: &mut Risked) -> u32 {
        let mut new_orders = 0;
        for (number, commands) in batch.commands.chunks(AHEAD).enumerate() {
            let mut hashes = [Hashes::default(); AHEAD];
            for (hashes, command) in hashes.iter_mut().zip(commands) {
                *hashes = Self::hashes_of(command, batch);
            }
            core::hint::black_box(self.look_ahead(commands, &hashes));
            for (at, (command, &hashes)) in commands.iter().zip(&hashes).enumerate() {
                let place = ((number * AHEAD + at) as u32, hashes);
                new_orders += self.judge_next(command, place, batch, risked);
            }
        }
        new_orders
    }

    /// Judges the command of this index; returns 1 if it is a new order that may go on, else 0.
    #[inline(always)]
    fn judge_next(
        &mut self,
        command: &Command,
        (index, hashes): (u32, Hashes),
        batch: &Batch<'_>,
        risked: &mut Risked,
    ) -> u32 {
        let place = place(self.shard, batch.sequence, index);
        let ruling = self.judge(command, &Context { batch, place, hashes });
        self.hash.absorb(ruling.order_id, ruling.said);
        self.absorb_account(command.account);
        risked.verdicts.push(ruling.verdict());
        u32::from(ruling.is_accepted() && ruling.order_id == place)
    }

    /// Reads what the judgement of commands will look for. Nothing depends on what is returned but
    /// that it is read.
    #[inline(never)]
    fn look_ahead(&self, commands: &[Command], hashes: &[Hashes; AHEAD]) -> u64 {
        let mut targets = [None; AHEAD];
        let mut read = 0;
        for ((command, hashes), target) in commands.iter().zip(hashes).zip(&mut targets) {
            read ^= u64::from(self.ids.touch(hashes.own).unwrap_or(0));
            *target = hashes.orig.and_then(|hash| self.ids.touch(hash));
            if let Some(account) = self.reference.account_place(command.account) {
                let trader = &self.reference.traders[account as usize];
                read ^= u64::from(trader.open_orders ^ trader.bucket.burst);
            }
        }
        for (command, target) in commands.iter().zip(targets) {
            if let Some(at) = target {
                read ^= self.ids.get(at).digest;
            } else if command.instrument != 0 {
                let account = self.reference.account_place(command.account);
                let instrument = self.reference.instrument_place(command.instrument);
                if let (Some(account), Some(instrument)) = (account, instrument) {
                    let hash = holding_hash(account, instrument);
                    let at = self.holding_index.touch(hash);
                    read ^= at.map_or(0, |at| self.holdings[at].position as u64);
                }
            }
        }
        read
    }

    /// Takes the balances of an account into the hash.
    #[inline(always)]
    fn absorb_account(&mut self, id: u32) {
        if let Some(place) = self.reference.account_place(id) {
            let trader = &self.reference.traders[place as usize];
            let free = trader.balance + trader.credit;
            self.hash.absorb(free as u64 ^ (free >> 64) as u64, trader.open_orders.into());
        }
    }

    #[inline(always)]
    fn judge(&mut self, command: &Command, context: &Context<'_>) -> Ruling {
        if command.kind == CommandKind::NewOrder.number() {
            let quick = self.quick_new(command, context);
            return quick.unwrap_or_else(|| self.new_order(command, context));
        }
        if command.kind == CommandKind::CancelOrder.number() {
            let quick = self.quick_cancel(command, context);
            return quick.unwrap_or_else(|| self.cancel_order(command, context));
        }
        self.judge_other(command, *context)
    }

    #[inline(never)]
    fn judge_other(&mut self, command: &Command, context: Context<'_>) -> Ruling {
        match CommandKind::try_from(command.kind) {
            Ok(CommandKind::NewOrder | CommandKind::CancelOrder) => {
                unreachable!("they are judged before others")
            }
            Ok(CommandKind::ReplaceOrder) => self.replace_order(command, &context),
            Ok(CommandKind::Tick) => {
                self.last_tick = self.last_tick.max(command.expire_time);
                accepted(0)
            }
            Ok(CommandKind::SetInstrument) => self.set_instrument(command, context),
            Ok(CommandKind::SetAccount) => self.set_account(command, context),
            Ok(CommandKind::SetLimits) => self.set_limits(command, context),
            Ok(CommandKind::SetSession) => self.set_session(command),
            Ok(CommandKind::SetLastTrade) => self.set_last_trade(command),
            Ok(CommandKind::SetRules) => self.set_rules(command, context),
            Ok(CommandKind::MassCancel) => self.mass_cancel(command, context),
            Ok(CommandKind::BustTrade) => self.bust_trade(command),
            Ok(CommandKind::Kill) => self.kill(command, true),
            Ok(CommandKind::Unkill) => self.kill(command, false),
            Ok(CommandKind::SetFees) => self.set_fees(command, context),
            Ok(CommandKind::SetConversion) => self.set_conversion(command),
            Ok(CommandKind::None) | Err(_) => refused(0, Reject::UnsupportedCharacteristic),
        }
    }

    fn set_instrument(&mut self, command: &Command, context: Context<'_>) -> Ruling {
        let payload = context.batch.instruments.get(usize::from(command.payload_index));
        let set = payload
            .ok_or(Reject::UnsupportedCharacteristic)
            .and_then(|instrument| self.reference.set_instrument(instrument));
        match set {
            Ok((place, margin_changed)) => {
                self.note_move(place);
                if margin_changed {
                    self.recount_margin(place);
                }
                accepted(0)
            }
            Err(reason) => refused(0, reason),
        }
    }

    /// Counts every holding of an instrument anew after its margin changed.
    fn recount_margin(&mut self, instrument: u32) {
        for at in self.holdings.places() {
            let holding = &self.holdings[at];
            let trader = &self.reference.traders[holding.account as usize];
            if holding.instrument == instrument && trader.level == Level::Account {
                self.reserve(at, holding::BUY, Default::default(), Default::default());
            }
        }
    }

    /// Carries what margin asks for a holding, and its exposure, over to its account; returns by
    /// how much that changed balance and exposure.
    #[inline]
    fn recount(&mut self, at: u32) -> (i128, i128) {
        let holding = &mut self.holdings[at];
        let listed = &self.reference.listed[holding.instrument as usize];
        let currency = self.reference.traders[holding.account as usize].currency;
        let money = self.conversions.money(listed.currency, currency);
        let required = holding.requirement(listed.rates, money);
        let trader = &mut self.reference.traders[holding.account as usize];
        let freed = holding.required - required;
        trader.balance += freed;
        holding.required = required;
        if !trader.exposed {
            return (freed, 0);
        }
        let exposure = holding.exposure_money(0, listed.unit, money);
        let more = exposure - holding.exposure;
        trader.exposure += more;
        holding.exposure = exposure;
        (freed, more)
    }

    fn set_account(&mut self, command: &Command, context: Context<'_>) -> Ruling {
        let payload = context.batch.accounts.get(usize::from(command.payload_index));
        let set = payload
            .ok_or(Reject::UnsupportedCharacteristic)
            .and_then(|account| self.reference.set_account(account));
        match set {
            Ok(new) => {
                if let Some(place) = new {
                    self.note_currency(place);
                }
                accepted(0)
            }
            Err(reason) => refused(0, reason),
        }
    }

    fn set_limits(&mut self, command: &Command, context: Context<'_>) -> Ruling {
        let Some(limits) = context.batch.limits.get(usize::from(command.payload_index)) else {
            return refused(0, Reject::UnsupportedCharacteristic);
        };
        let set = self.reference.judge_limits(limits).and_then(|(place, instrument)| {
            let first = !self.reference.traders[place as usize].limited;
            let group = self.reference.traders[place as usize].level != Level::Account;
            if group && first && !self.sum_up(place) {
                return Err(Reject::SystemUnavailable);
            }
            let Some(instrument) = instrument else {
                if limits.checks & bits::GROSS_EXPOSURE != 0 && !group {
                    self.expose(place);
                }
                self.reference.set_limits(place, limits);
                return Ok(());
            };
            let at = self.holding_or_new(place, instrument).ok_or(Reject::SystemUnavailable)?;
            self.set_override(at, limits);
            Ok(())
        });
        if let Err(reason) = set {
            return refused(0, reason);
        }
        self.absorb_account(limits.account);
        accepted(0)
    }

    fn set_override(&mut self, at: u32, limits: &crate::pod::Limits) {
        let holding = &mut self.holdings[at];
        let level = self.reference.traders[holding.account as usize].level;
        let special = reference::Override::new(level, limits);
        let place = &mut holding.limits;
        let overrides = &mut self.reference.overrides;
        if *place == NONE {
            *place = overrides.len() as u32;
            overrides.push(special);
        } else {
            overrides[*place as usize] = special;
        }
    }

    /// The holding of an account in an instrument, by places.
    #[inline(always)]
    fn holding(&self, account: u32, instrument: u32) -> Option<u32> {
        let hash = holding_hash(account, instrument);
        self.holding_index.find(hash, |at| {
            let holding = &self.holdings[at];
            holding.account == account && holding.instrument == instrument
        })
    }

    /// Limits of a holding's own, if it has any.
    #[inline(always)]
    fn special(&self, holding: &holding::Holding) -> Option<&reference::Override> {
        match holding.limits {
            NONE => None,
            at => Some(&self.reference.overrides[at as usize]),
        }
    }

    /// Whether one more holding of an account fits, and those of its groups.
    #[inline(always)]
    fn has_room_for_holding(&self, account: u32) -> bool {
        let more = if self.reference.traders[account as usize].grouped { 3 } else { 1 };
        self.holdings.len() + more <= self.bounds.holdings
    }

    /// The same, made if there is room, with those of the account's groups.
    #[inline(never)]
    fn holding_or_new(&mut self, account: u32, instrument: u32) -> Option<u32> {
        if let Some(at) = self.holding(account, instrument) {
            return Some(at);
        }
        if !self.has_room_for_holding(account) {
            return None;
        }
        let at = self.own_holding(account, instrument);
        if self.reference.traders[account as usize].grouped {
            self.link_groups(at);
        }
        Some(at)
    }

    /// The holding of a trader in an instrument, made if it isn't there.
    fn own_holding(&mut self, account: u32, instrument: u32) -> u32 {
        if let Some(at) = self.holding(account, instrument) {
            return at;
        }
        let money = self.money_of(account, instrument);
        let trader = &mut self.reference.traders[account as usize];
        trader.foreign |= money != Money::Same;
        if money == Money::Unvalued {
            trader.unvalued = true;
            if trader.level == Level::Account {
                let firm = trader.firm;
                self.reference.traders[firm as usize].unvalued = true;
                self.reference.traders[reference::VENUE as usize].unvalued = true;
            }
        }
        let trader = &mut self.reference.traders[account as usize];
        let mut holding = holding::Holding::new(account, instrument);
        holding.next = trader.holdings;
        let at = self.holdings.insert(holding);
        trader.holdings = at;
        self.holding_index.insert(holding_hash(account, instrument), at);
        if self.held_by.len() <= account as usize {
            self.held_by.resize(account as usize + 1, Vec::new());
        }
        self.held_by[account as usize].push(at);
        at
    }

    /// Applies the next message of FILLS, of a batch that was judged.
    ///
    /// # Errors
    ///
    /// If it isn't the next message, or says what can't have happened to what was accepted; a
    /// further call then fails too.
    pub fn apply_fills(&mut self, fills: &FillsView<'_>) -> Result<(), RiskError> {
        if self.stopped {
            return Err(RiskError::Stopped);
        }
        let result = self.apply_events(fills);
        self.stopped = result.is_err();
        result
    }
}

#[inline]
fn holding_hash(account: u32, instrument: u32) -> u64 {
    crate::table::hash_word(u64::from(account) << 32 | u64::from(instrument))
}

/// What is said of a command. It fits into two registers: a verdict that is written to memory in
/// parts and copied as a whole right away makes the processor wait for every write before it.
#[derive(Clone, Copy)]
struct Ruling {
    order_id: u64,
    /// Kind, reason and cancel reason, 16 bits each; or accepted in 16 bits and the worst price it
    /// may trade at above them; or `REPEATED` and the first place, of 63 bits.
    said: u64,
}

const REPEATED: u64 = 1 << 63;

impl Ruling {
    #[inline]
    fn verdict(self) -> Verdict {
        let Self { order_id, said } = self;
        if said & REPEATED != 0 {
            let kind = VerdictKind::Repeat.number();
            let first_place = said & !REPEATED;
            return Verdict {
                order_id,
                first_place,
                kind,
                reason: 0,
                cancel_reason: 0,
                reserved: 0,
            };
        }
        if self.is_accepted() {
            return Verdict {
                order_id,
                first_place: said >> 16,
                kind: said as u16,
                reason: 0,
                cancel_reason: 0,
                reserved: 0,
            };
        }
        Verdict {
            order_id,
            first_place: 0,
            kind: said as u16,
            reason: (said >> 16) as u16,
            cancel_reason: (said >> 32) as u16,
            reserved: 0,
        }
    }

    fn is_accepted(self) -> bool {
        self.said & REPEATED == 0 && self.said as u16 == VerdictKind::Accepted.number()
    }
}

/// A command about this order may go on.
#[inline]
fn accepted(order_id: u64) -> Ruling {
    Ruling { order_id, said: VerdictKind::Accepted.number().into() }
}

/// A new order may go on that trades at no price worse than this, at most `MAX_PRICE`; 0: at any.
#[inline]
fn accepted_within(order_id: u64, bound: i64) -> Ruling {
    let kind = u64::from(VerdictKind::Accepted.number());
    Ruling { order_id, said: kind | (bound as u64) << 16 }
}

/// A command may not go on.
#[inline]
fn refused(order_id: u64, reason: Reject) -> Ruling {
    let kind = u64::from(VerdictKind::Refused.number());
    Ruling { order_id, said: kind | u64::from(reason.number()) << 16 }
}

/// A cancel or replace may not go on.
#[inline]
fn cancel_refused(order_id: u64, reason: Reject) -> Ruling {
    let Ruling { order_id, said } = refused(order_id, reason);
    Ruling { order_id, said: said | u64::from(reason.cancel_reject().number()) << 32 }
}

/// A command was judged before.
#[inline]
fn repeated(order_id: u64, first_place: u64) -> Ruling {
    Ruling { order_id, said: first_place | REPEATED }
}
