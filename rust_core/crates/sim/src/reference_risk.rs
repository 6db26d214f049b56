//! A plain reference of pre-trade risk: it keeps every order and every request for ever, and counts
//! everything anew whenever it is asked. Slow, short, and written from the rules, not from the
//! engine.

mod limits;
mod lists;
mod money;
mod operator;
mod prices;
mod shape;
mod stops;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use engine::ids::{place, sequence_of};
use engine::pod::{
    Account, BatchStatus, ClOrdId, Command, CommandKind, Event, ExecType, FeeSchedule, Instrument,
    InstrumentRules, Limits, Liquidity, OrdType, OrderTerms, SessionState, Side, VerdictKind,
    FLAG_CANCEL_ON_DISCONNECT, FLAG_LEAVES, FLAG_REDUCE_ONLY, FLAG_TERMS, MAX_PRICE, MAX_QUANTITY,
};
use engine::reject::Reject;
use engine::{Batch, FillsView};

use operator::price_within;
use shape::{content, odd, priced, Priced};

const DAY_NS: i64 = 86_400_000_000_000;

/// What risk says of a command: kind, reason, order id, first place.
pub type Said = (VerdictKind, Option<Reject>, u64, u64);

/// The terms of an unanswered replace.
#[derive(Clone, Debug)]
struct Pending {
    sequence: u64,
    /// What it may come to in all.
    total: i64,
    price: i64,
    /// It leaves the quantity to the order's entry.
    same: bool,
}

impl Pending {
    fn open(&self, cum: i64) -> i64 {
        self.total - cum
    }
}

/// An order that risk accepted.
#[derive(Clone, Debug)]
struct Order {
    account: u32,
    instrument: u32,
    buys: bool,
    reduces: bool,
    /// How far above its stop price it is counted, if that counts.
    over_stop: Option<i64>,
    /// Counted at the highest price that is known of it.
    follows: bool,
    price: i64,
    leaves: i64,
    cum: i64,
    pending: Vec<Pending>,
    ended_ns: Option<i64>,
    /// The list that it says it came in.
    list: Option<lists::Listed>,
}

impl Order {
    /// The largest open quantity and notional of its terms, if it can have no more than this open
    /// as it is.
    fn reserves(&self, most: i64) -> Open {
        let now = self.leaves.min(most);
        if self.follows {
            let pending = self.pending.iter();
            let open = |one: &Pending| if one.same { now } else { one.open(self.cum) };
            let most = pending.clone().map(open).fold(now, i64::max);
            let highest = pending.map(|one| one.price).fold(self.price, i64::max);
            return (most, i128::from(most) * i128::from(highest));
        }
        let live = (now, i128::from(now) * i128::from(self.price));
        self.pending.iter().fold(live, |most, pending| {
            let open = if pending.same { now } else { pending.open(self.cum) };
            (most.0.max(open), most.1.max(i128::from(open) * i128::from(pending.price)))
        })
    }
}

/// The content of a request: the command without what a retry may change, and its terms.
type Content = ([u64; 16], Option<ClOrdId>, Option<OrderTerms>);

/// A request under a client order id.
#[derive(Clone, Debug)]
struct Request {
    /// None for an id that a cancel burnt.
    content: Option<Content>,
    place: u64,
    /// The order it was about.
    order: Option<u64>,
    kept_from_ns: i64,
}

/// What an account has in an instrument.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// Bought minus sold.
    pub position: i64,
    /// Received minus paid, native.
    pub cash: i128,
    /// Cost of the position at average price, native.
    pub cost: i128,
}

/// The open quantity and notional of one side.
pub type Open = (i64, i128);

/// Whose limits, or kill switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// An account's.
    Account(u32),
    /// A firm's.
    Firm(u32),
    /// The venue's.
    Venue,
}

/// The reference.
#[derive(Clone, Debug, Default)]
pub struct ReferenceRisk {
    now_ns: i64,
    instruments: BTreeMap<u32, Instrument>,
    accounts: BTreeMap<u32, Account>,
    /// By whose they are and on which instrument (0: all).
    limits: BTreeMap<(Who, u32), Limits>,
    killed: BTreeSet<Who>,
    buckets: BTreeMap<Who, limits::Bucket>,
    /// The last order of each in an instrument, since when and how often in a row.
    rows: BTreeMap<(Who, u32), (limits::Twin, i64, u32)>,
    /// What everybody's holdings of an instrument were worth and had brought when the day began.
    dawn: BTreeMap<(Who, u32), i128>,
    rules: BTreeMap<u32, InstrumentRules>,
    last_price: BTreeMap<u32, i64>,
    /// Prices of the last auctions.
    auctioned: BTreeMap<u32, i64>,
    orders: BTreeMap<u64, Order>,
    /// Those of an account that live, so that nobody has to look through all that ever were.
    alive: BTreeMap<u32, BTreeSet<u64>>,
    /// Those with unanswered replaces.
    replaced: BTreeSet<u64>,
    requests: BTreeMap<(u32, ClOrdId), Request>,
    holdings: BTreeMap<(u32, u32), Holding>,
    origins: BTreeMap<u64, u64>,
    /// When each of them last sent a batch.
    seen_ns: BTreeMap<u64, i64>,
    /// Sessions that are stopped.
    killed_sessions: BTreeSet<(u64, u32)>,
    /// What currencies are worth.
    values: BTreeMap<u64, i64>,
    fees: BTreeMap<Who, FeeSchedule>,
    /// What was paid, money of the instrument's currency, by account and instrument.
    paid: BTreeMap<(u32, u32), i128>,
    /// What was traded by accounts whose schedule has or had tiers, by day.
    volumes: BTreeMap<u32, BTreeMap<i64, i128>>,
    /// What each side of a trade was charged.
    charged: BTreeMap<(u64, u16), i128>,
    /// Balances and exposures of accounts that nothing has touched since they were counted.
    counted: RefCell<BTreeMap<u32, (i128, i128)>>,
}

fn refuse<T>(reason: Reject) -> Result<T, Reject> {
    Err(reason)
}

impl ReferenceRisk {
    /// What becomes of a batch and of each of its commands.
    pub fn apply(&mut self, batch: &Batch<'_>) -> (BatchStatus, Vec<Said>) {
        let last_day = self.now_ns / DAY_NS;
        self.now_ns = self.now_ns.max(batch.time_ns);
        if self.now_ns / DAY_NS != last_day {
            for who in self.all() {
                self.set_dawn(who, |_, _| true);
            }
        }
        let last = self.origins.entry(batch.origin).or_default();
        let status = match batch.batch {
            number if number == *last + 1 => BatchStatus::Applied,
            number if number >= 1 && number <= *last => BatchStatus::Repeated,
            _ => BatchStatus::Void,
        };
        if status != BatchStatus::Void {
            self.seen_ns.insert(batch.origin, self.now_ns);
        }
        if status != BatchStatus::Applied {
            return (status, Vec::new());
        }
        *last += 1;
        if *last == 1 {
            self.killed_sessions.retain(|session| session.0 != batch.origin);
        }
        let commands = batch.commands.iter().enumerate();
        let said = commands.map(|(index, command)| {
            self.command(command, batch, place(0, batch.sequence, index as u32))
        });
        (status, said.collect())
    }

    fn command(&mut self, command: &Command, batch: &Batch<'_>, place: u64) -> Said {
        let payload = usize::from(command.payload_index);
        let set = match CommandKind::try_from(command.kind) {
            Ok(CommandKind::NewOrder) => return self.new_order(command, batch, place),
            Ok(CommandKind::CancelOrder) => return self.change(command, batch, place, false),
            Ok(CommandKind::ReplaceOrder) => return self.change(command, batch, place, true),
            Ok(CommandKind::SetInstrument) => self.set_instrument(&batch.instruments[payload]),
            Ok(CommandKind::SetAccount) => {
                self.set_account(&batch.accounts[payload]);
                Ok(())
            }
            Ok(CommandKind::SetLimits) => {
                let limits = batch.limits[payload];
                let who = match limits.checks >> 62 {
                    0 => Who::Account(limits.account),
                    1 => Who::Firm(limits.account),
                    _ => Who::Venue,
                };
                let first = !self.limits.keys().any(|key| key.0 == who);
                if first && !matches!(who, Who::Account(_)) && self.begins_anew(who) {
                    self.set_dawn(who, |_, _| true);
                }
                self.limits.insert((who, limits.instrument), limits);
                Ok(())
            }
            Ok(CommandKind::Tick) => Ok(()),
            Ok(kind @ (CommandKind::Kill | CommandKind::Unkill)) => {
                self.kill(command, kind == CommandKind::Kill)
            }
            Ok(CommandKind::SetFees) => self.set_fees(batch.fees.get(payload)),
            Ok(CommandKind::SetConversion) => self.set_conversion(command),
            Ok(CommandKind::MassCancel) => return self.mass_cancel(command, place),
            Ok(CommandKind::SetRules) => self.set_rules(&batch.rules[payload]),
            Ok(CommandKind::SetSession) => self.operate(command, |command| {
                if SessionState::try_from(command.payload_index).is_err() {
                    return refuse(Reject::UnsupportedCharacteristic);
                }
                price_within(command.price, 0)
            }),
            Ok(CommandKind::SetLastTrade) => {
                let set = self.operate(command, |command| price_within(command.price, 1));
                if set.is_ok() {
                    self.last_price.insert(command.instrument, command.price);
                }
                set
            }
            Ok(CommandKind::BustTrade) if !self.accounts.contains_key(&command.account) => {
                refuse(Reject::UnknownAccount)
            }
            Ok(CommandKind::BustTrade) => self.operate(command, |command| match command {
                Command { side: 0 | 3.., .. } => refuse(Reject::UnsupportedCharacteristic),
                Command { quantity: ..=0 | 1_000_000_000_001.., .. } => {
                    refuse(Reject::IncorrectQuantity)
                }
                _ => price_within(command.price, 1),
            }),
            Ok(CommandKind::None) | Err(_) => refuse(Reject::UnsupportedCharacteristic),
        };
        match set {
            Ok(()) => (VerdictKind::Accepted, None, 0, 0),
            Err(reason) => (VerdictKind::Refused, Some(reason), 0, 0),
        }
    }

    /// The request under a client order id, while it is kept.
    fn request(&self, account: u32, id: &ClOrdId) -> Option<&Request> {
        let request = self.requests.get(&(account, *id))?;
        let from_ns = match request.order.map(|order| &self.orders[&order]) {
            None => request.kept_from_ns,
            Some(order) => order.ended_ns?.max(request.kept_from_ns),
        };
        (self.now_ns < from_ns + DAY_NS).then_some(request)
    }

    /// The same, of live orders too.
    fn known(&self, account: u32, id: &ClOrdId) -> Option<&Request> {
        let request = self.requests.get(&(account, *id))?;
        let lives = |order: u64| self.orders[&order].ended_ns.is_none();
        if request.order.is_some_and(lives) {
            return Some(request);
        }
        self.request(account, id)
    }

    fn new_order(&mut self, command: &Command, batch: &Batch<'_>, place: u64) -> Said {
        let id = command.cl_ord_id();
        let has_terms = command.flags & FLAG_TERMS != 0;
        let terms = batch.terms.get(usize::from(command.payload_index)).filter(|_| has_terms);
        let plain = content(command, None, terms.copied());
        let known = self.known(command.account, &id).cloned();
        if self.accounts.contains_key(&command.account) {
            if let Some(known) = &known {
                if known.content == Some(plain) {
                    return (VerdictKind::Repeat, None, known.place, known.place);
                }
            }
        }
        let stopped = self.killed_sessions.contains(&(batch.origin, command.session));
        let judged = self.judge_new((command, place), terms, known.as_ref(), stopped);
        self.count_message(command.account);
        if judged.is_ok() {
            self.count_in_row(command);
        }
        let order = judged.is_ok().then_some(place);
        if known.is_none() && self.accounts.contains_key(&command.account) {
            let request = Request { content: Some(plain), place, order, kept_from_ns: self.now_ns };
            self.requests.insert((command.account, id), request);
        }
        match judged {
            Ok((order, worst)) => {
                self.touch(order.account);
                self.alive.entry(order.account).or_default().insert(place);
                self.orders.insert(place, order);
                (VerdictKind::Accepted, None, place, worst as u64)
            }
            Err(reason) => (VerdictKind::Refused, Some(reason), place, 0),
        }
    }

    fn judge_new(
        &self,
        (command, place): (&Command, u64),
        terms: Option<&OrderTerms>,
        known: Option<&Request>,
        stopped: bool,
    ) -> Result<(Order, i64), Reject> {
        if !self.accounts.contains_key(&command.account) {
            return refuse(Reject::UnknownAccount);
        }
        let Some(instrument) = self.instruments.get(&command.instrument) else {
            return refuse(Reject::UnknownSymbol);
        };
        if known.is_some_and(|known| known.content.is_some()) {
            return refuse(Reject::DuplicateClOrdId);
        }
        let Some(priced) = priced(command) else {
            return refuse(Reject::UnsupportedCharacteristic);
        };
        let largest = match instrument.max_quantity {
            0 => MAX_QUANTITY,
            most => most,
        };
        if command.quantity < instrument.min_quantity.max(1)
            || command.quantity > largest
            || command.quantity % instrument.lot_size != 0
            || command.display_quantity % instrument.lot_size != 0
        {
            return refuse(Reject::IncorrectQuantity);
        }
        let may_lack_price = priced != Priced::ByLimit;
        for (price, may_lack) in [(command.price, may_lack_price), (command.stop_price, true)] {
            if !(may_lack && price == 0 || self.on_tick(instrument, price)) {
                return refuse(Reject::TickSize);
            }
        }
        if instrument.flags & 1 == 0 {
            return refuse(Reject::MarketClosed);
        }
        if known.is_some() {
            return refuse(Reject::Stale);
        }
        let stops = priced == Priced::ByStopIfAny && command.stop_price != 0;
        let trails = terms.is_some_and(|terms| terms.trailing_offset > 0);
        let buys = command.side == Side::Buy.number();
        let stop_limit = !buys && command.ord_type == OrdType::StopLimit.number();
        let follows = priced == Priced::ByLimitIfAny || stop_limit;
        let price = match priced {
            Priced::ByLimit => {
                let price = self.price_on_the_way(instrument, buys, command.price);
                Some(if stop_limit { price.max(command.stop_price) } else { price })
            }
            Priced::ByLimitIfAny if command.price != 0 && buys => Some(command.price),
            Priced::ByStopIfAny if stops || trails => {
                self.stop_range(command, terms, instrument).map(|(_, highest)| highest)
            }
            Priced::ByLimitIfAny => self
                .static_band(instrument)
                .map(|band| band.1)
                .or_else(|| self.market_price(command.account, instrument))
                .map(|price| price.max(command.price)),
            _ => self.market_price(command.account, instrument),
        };
        let worst = match priced {
            Priced::ByLimit => 0,
            _ if command.price != 0 || !self.counts_prices(command.account) => 0,
            _ if command.side == Side::Buy.number() => price.unwrap_or(0),
            Priced::ByStopIfAny if stops || trails => {
                self.stop_range(command, terms, instrument).map_or(0, |(lowest, _)| lowest)
            }
            Priced::ByLimitIfAny => self
                .static_band(instrument)
                .map(|band| band.0)
                .or_else(|| self.lowest_market_price(command.account, instrument))
                .unwrap_or(0),
            _ => self.lowest_market_price(command.account, instrument).unwrap_or(0),
        };
        let order = Order {
            account: command.account,
            instrument: command.instrument,
            buys,
            reduces: command.flags & FLAG_REDUCE_ONLY != 0,
            over_stop: match (stops, stop_limit) {
                (true, _) => Some(price.unwrap_or(0) - command.stop_price),
                (_, limited) => limited.then_some(0),
            },
            follows,
            price: price.unwrap_or(0),
            leaves: command.quantity,
            cum: 0,
            pending: Vec::new(),
            ended_ns: None,
            list: lists::Listed::of(command, place),
        };
        let mut collared = (command.price != 0).then_some(command.price);
        if let (Priced::ByLimitIfAny, None, Some(terms)) = (priced, collared, terms) {
            let at = self.reference_price(instrument);
            collared = at.map(|price| price + terms.peg_offset.clamp(-MAX_PRICE, MAX_PRICE));
        }
        let twin = Some(limits::twin(command));
        self.check_limits(&order, None, order.leaves, (collared, price), (twin, stopped))?;
        Ok((order, worst))
    }

    /// The live orders of an account.
    fn live(&self, account: u32) -> impl Iterator<Item = (&u64, &Order)> {
        let alive = self.alive.get(&account).into_iter().flatten();
        alive.map(|id| (id, &self.orders[id]))
    }

    /// What an account has open in an instrument now, buys and sells.
    #[must_use]
    pub fn open_now(&self, account: u32, instrument: u32) -> [Open; 2] {
        self.open(account, instrument, None)
    }

    /// What an account holds in an instrument.
    #[must_use]
    pub fn holding(&self, account: u32, instrument: u32) -> Holding {
        self.holdings.get(&(account, instrument)).copied().unwrap_or_default()
    }

    /// The account and instrument of an order.
    #[must_use]
    pub fn about(&self, id: u64) -> Option<(u32, u32)> {
        self.orders.get(&id).map(|order| (order.account, order.instrument))
    }

    /// How many live orders an account has.
    #[must_use]
    pub fn open_orders(&self, account: u32) -> usize {
        self.live(account).count()
    }

    /// A cancel or a replace.
    fn change(&mut self, command: &Command, batch: &Batch<'_>, place: u64, replace: bool) -> Said {
        let orig = match command.orig_cl_ord_id_index {
            0 => None,
            index => Some(&batch.orig_cl_ord_ids[usize::from(index) - 1]),
        };
        let account = command.account;
        if !self.accounts.contains_key(&account) {
            return (VerdictKind::Refused, Some(Reject::UnknownAccount), 0, 0);
        }
        let id = command.cl_ord_id();
        let plain = content(command, orig, None);
        let known = self.known(account, &id).filter(|_| !id.is_absent()).cloned();
        if let Some(known) = known.as_ref().filter(|known| known.content == Some(plain)) {
            return (VerdictKind::Repeat, None, known.order.unwrap_or(0), known.place);
        }
        let target = match orig {
            Some(orig) => self.known(account, orig).and_then(|request| request.order),
            None => Some(command.order_id).filter(|id| {
                let kept =
                    |order: &Order| order.ended_ns.is_none_or(|at| self.now_ns < at + DAY_NS);
                self.orders.get(id).is_some_and(|order| order.account == account && kept(order))
            }),
        };
        let target = target.filter(|id| {
            let order = &self.orders[id];
            command.instrument == 0
                || order.ended_ns.is_some()
                || order.instrument == command.instrument
        });
        let order_id = target.unwrap_or(0);
        let stopped = self.killed_sessions.contains(&(batch.origin, command.session));
        let judged = self.judge_change(command, (target, stopped), known.as_ref(), orig, replace);
        if replace {
            self.count_message(account);
        }
        let live = target.filter(|id| self.orders[id].ended_ns.is_none());
        let unknown = judged.as_ref().err() == Some(&Reject::UnknownOrder);
        if let (false, true, Some(orig)) = (replace, unknown, orig) {
            if self.known(account, orig).is_none() {
                let burnt =
                    Request { content: None, place, order: None, kept_from_ns: self.now_ns };
                self.requests.insert((account, *orig), burnt);
            }
        }
        if known.is_none() && !id.is_absent() {
            let request =
                Request { content: Some(plain), place, order: live, kept_from_ns: self.now_ns };
            self.requests.insert((account, id), request);
        }
        match judged {
            Ok(pending) => {
                self.touch(account);
                // How much it may come to in all, of one that says what is to be open.
                let leaves = command.flags & FLAG_LEAVES != 0;
                let most = pending.as_ref().filter(|_| leaves).map_or(0, |one| one.total as u64);
                if pending.is_some() {
                    self.replaced.insert(order_id);
                }
                let order = self.orders.get_mut(&order_id).expect("it was found");
                if let Some(pending) = pending.as_ref().filter(|_| order.follows) {
                    order.price = order.price.max(pending.price);
                }
                order.pending.extend(
                    pending.map(|pending| Pending { sequence: sequence_of(place), ..pending }),
                );
                (VerdictKind::Accepted, None, order_id, most)
            }
            Err(reason) => (VerdictKind::Refused, Some(reason), order_id, 0),
        }
    }

    fn judge_change(
        &self,
        command: &Command,
        (target, stopped): (Option<u64>, bool),
        known: Option<&Request>,
        orig: Option<&ClOrdId>,
        replace: bool,
    ) -> Result<Option<Pending>, Reject> {
        let live = target.map(|id| &self.orders[&id]).filter(|order| order.ended_ns.is_none());
        let instrument = live.map_or(command.instrument, |order| order.instrument);
        let instrument = self.instruments.get(&instrument);
        if command.instrument != 0 && !self.instruments.contains_key(&command.instrument) {
            return refuse(Reject::UnknownSymbol);
        }
        if known.is_some_and(|known| known.content.is_some()) {
            return refuse(Reject::DuplicateClOrdId);
        }
        let flags = FLAG_LEAVES | FLAG_CANCEL_ON_DISCONNECT;
        let unlike = |order: &Order| command.side != 0 && (command.side == 1) != order.buys;
        let id = command.cl_ord_id();
        let names_itself = orig == Some(&id);
        let bad_replace = id.is_absent() || command.flags & !flags != 0 || live.is_some_and(unlike);
        let bad_cancel = !replace && command.stop_price != 0;
        if odd(command) || names_itself || bad_cancel || (replace && bad_replace) {
            return refuse(Reject::UnsupportedCharacteristic);
        }
        if replace {
            self.replace_terms_fit(command, instrument)?;
        }
        match (target, live) {
            (None, _) => refuse(Reject::UnknownOrder),
            (Some(_), None) => refuse(Reject::TooLate),
            _ if known.is_some() => refuse(Reject::Stale),
            (Some(_), Some(_)) if !replace => Ok(None),
            (Some(id), Some(order)) => self.judge_replace(command, id, order, stopped).map(Some),
        }
    }

    fn judge_replace(
        &self,
        command: &Command,
        id: u64,
        order: &Order,
        stopped: bool,
    ) -> Result<Pending, Reject> {
        let total = order.cum + order.leaves;
        let named = command.flags & FLAG_LEAVES != 0 || command.quantity != 0;
        let waits = order.list.is_some_and(|list| list.waits);
        let same = waits && !named && order.pending.iter().all(|pending| pending.same);
        let mut asked = Pending { sequence: 0, total, price: order.price, same };
        for pending in &order.pending {
            asked.total = asked.total.max(pending.total);
            asked.price = asked.price.max(pending.price);
        }
        let instrument = &self.instruments[&order.instrument];
        let mut prices = Vec::new();
        if command.price != 0 {
            prices.push(self.price_on_the_way(instrument, order.buys, command.price));
        }
        if let (1.., Some(over)) = (command.stop_price, order.over_stop) {
            let price = MAX_PRICE.min(command.stop_price + over).max(1);
            prices.extend((order.follows || command.price == 0).then_some(price));
        }
        if order.follows {
            prices.push(asked.price);
        }
        asked.price = prices.into_iter().max().unwrap_or(asked.price);
        if command.flags & FLAG_LEAVES != 0 {
            asked.total = asked.total.max(command.quantity + order.cum);
        } else if named {
            asked.total = command.quantity;
        }
        let mut as_it_would_be = order.clone();
        as_it_would_be.pending.push(asked.clone());
        let collared = (command.price != 0).then_some(command.price);
        let prices = (collared, Some(asked.price));
        self.check_limits(&as_it_would_be, Some(id), asked.total, prices, (None, stopped))?;
        Ok(asked)
    }

    /// Takes in a message of FILLS.
    pub fn apply_fills(&mut self, fills: &FillsView<'_>) {
        for event in fills.events {
            self.event(event);
        }
        let orders = &mut self.orders;
        let mut answered = BTreeSet::new();
        self.replaced.retain(|id| {
            let order = orders.get_mut(id).expect("it was replaced");
            order.pending.retain(|pending| pending.sequence > fills.sequence);
            answered.insert(order.account);
            !order.pending.is_empty()
        });
        answered.into_iter().for_each(|account| self.touch(account));
    }

    fn event(&mut self, event: &Event) {
        let kind = ExecType::try_from(event.exec_type).expect("a kind of event");
        if kind == ExecType::CancelRejected {
            return;
        }
        let now_ns = self.now_ns;
        self.touch(event.account);
        if kind == ExecType::TradeBust {
            let last = self.last_price.get(&event.instrument).copied();
            let (key, buys) = ((event.account, event.instrument), event.side != 1);
            let back = self.charged.get(&(event.match_id, event.side)).copied().unwrap_or(0);
            *self.paid.entry(key).or_default() -= back;
            self.trade(key, buys, event.last_price, event.last_quantity);
            match last {
                Some(last) => self.last_price.insert(key.1, last),
                None => self.last_price.remove(&key.1),
            };
            return;
        }
        let Some(order) = self.orders.get_mut(&event.order_id) else {
            assert_eq!(kind, ExecType::Rejected, "only what was refused is unknown");
            return;
        };
        let over = matches!(kind, ExecType::Canceled | ExecType::Expired | ExecType::Rejected);
        if over {
            order.ended_ns = Some(now_ns);
            self.end(event);
            return;
        }
        order.cum += event.last_quantity;
        order.leaves = event.leaves_quantity;
        if let (ExecType::Triggered, Some(list)) = (kind, &mut order.list) {
            list.waits = false;
        }
        if order.follows {
            let stop_price = if order.over_stop.is_some() { event.stop_price } else { 0 };
            order.price = order.price.max(event.price).max(stop_price);
        } else if event.price != 0 {
            order.price = event.price;
        } else if let (1.., Some(over)) = (event.stop_price, order.over_stop) {
            order.price = MAX_PRICE.min(event.stop_price + over).max(1);
        }
        if kind == ExecType::Trade {
            if event.liquidity == Liquidity::Auction.number() {
                self.auctioned.insert(event.instrument, event.last_price);
            }
            let (account, instrument, buys) = (order.account, order.instrument, order.buys);
            if order.leaves == 0 {
                order.ended_ns = Some(now_ns);
                self.end(event);
            }
            let fee = self.charge(event);
            *self.paid.entry((account, instrument)).or_default() += fee;
            self.trade((account, instrument), buys, event.last_price, event.last_quantity);
        }
    }

    fn end(&mut self, event: &Event) {
        self.alive.entry(event.account).or_default().remove(&event.order_id);
    }

    fn trade(&mut self, key: (u32, u32), buys: bool, price: i64, quantity: i64) {
        self.last_price.insert(key.1, price);
        let holding = self.holdings.entry(key).or_default();
        // One unit after the other would be plainer still, but quantities go to 10^12.
        let sign = if buys { 1 } else { -1 };
        let closes =
            if holding.position * sign < 0 { quantity.min(holding.position.abs()) } else { 0 };
        let opens = quantity - closes;
        if closes > 0 {
            let held = i128::from(holding.position.abs());
            holding.cost -= holding.cost * i128::from(closes) / held;
        }
        holding.cost += i128::from(price) * i128::from(opens);
        holding.position += sign * quantity;
        holding.cash -= i128::from(sign * quantity) * i128::from(price);
    }
}
