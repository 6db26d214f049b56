//! Risk on a flow of requests of many accounts, alone: what matching says of it is recorded before.
//!
//! Risk is a process of its own, so what matching does to the caches does not belong to what risk
//! costs. A first run of both in a loop records FILLS; the runs that are measured give them to risk
//! alone, stamps lagging by the same eight messages. A message is written to where messages are
//! received before its clock starts, as it comes from a socket; and what it is written from is kept
//! small, so that it does not take the caches from risk either.

use std::io::Write;
use std::time::Instant;

use bytemuck::Zeroable;
use engine::pod::{
    Account, BatchStatus, ClOrdId, Command, CommandKind, Event, Instrument, Limits, OrdType, Side,
    TimeInForce, VerdictKind, ACCOUNT_ENABLED, LIMITS_OF_FIRM, LIMITS_OF_VENUE, MAX_COMMANDS,
};
use engine::risk::bits;
use engine::{Batch, Fills, FillsView, MatchingEngine, RiskEngine, Risked};
use sim::flow::Operation;
use sim::rng::Rng;
use sim::text;

/// How far the stamps of messages stay behind.
const LAG: u64 = 8;

/// A flow of requests, and who may send them on what.
pub struct RiskFlow {
    /// What it is called.
    pub name: &'static str,
    accounts: u32,
    instruments: u32,
    reference_price: i64,
    /// What is asked for, in order.
    pub requests: Vec<Request>,
}

/// A request, as small as it can be kept.
#[derive(Clone, Copy)]
pub struct Request {
    price: i64,
    quantity: i64,
    account: u32,
    instrument: u32,
    /// Its client order id.
    name: Name,
    /// That of its target, if it has one.
    target: Option<Name>,
    kind: u16,
    side: u16,
    ord_type: u16,
    time_in_force: u16,
    flags: u16,
}

/// A client order id by number.
#[derive(Clone, Copy)]
enum Name {
    Order(u32),
    Request(u32),
    Uuid(u32),
}

impl Name {
    fn id(self) -> ClOrdId {
        let mut text = [0; 36];
        let mut rest = &mut text[..];
        let written = match self {
            Self::Order(number) => write!(rest, "order-{number}"),
            Self::Request(number) => write!(rest, "request-{number}"),
            Self::Uuid(number) => write!(rest, "{number:08x}-d9cb-469f-a165-70867728950e"),
        };
        written.expect("it fits");
        let len = 36 - rest.len();
        ClOrdId::new(&text[..len]).expect("a client order id")
    }
}

impl Request {
    /// A command without its client order id, which has nothing but what is kept.
    fn new(command: &Command, name: Name, target: Option<Name>) -> Self {
        let &Command { price, quantity, account, instrument, kind, side, .. } = command;
        let &Command { ord_type, time_in_force, flags, .. } = command;
        let new = Self {
            price,
            quantity,
            account,
            instrument,
            name,
            target,
            kind,
            side,
            ord_type,
            time_in_force,
            flags,
        };
        assert_eq!(new.plain(), *command, "a request has nothing else");
        new
    }

    fn plain(&self) -> Command {
        let &Self { price, quantity, account, instrument, kind, side, .. } = self;
        let &Self { ord_type, time_in_force, flags, .. } = self;
        Command {
            price,
            quantity,
            account,
            instrument,
            kind,
            side,
            ord_type,
            time_in_force,
            flags,
            ..Command::zeroed()
        }
    }

    /// Whether it is a new order.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.kind == CommandKind::NewOrder.number()
    }
}

/// What risk reads of an event.
struct Told {
    order_id: u64,
    match_id: u64,
    price: i64,
    stop_price: i64,
    quantity: i64,
    cum_quantity: i64,
    leaves_quantity: i64,
    last_price: i64,
    last_quantity: i64,
    account: u32,
    instrument: u32,
    exec_type: u16,
    side: u16,
    liquidity: u16,
}

impl Told {
    fn of(event: &Event) -> Self {
        let &Event { order_id, match_id, price, stop_price, quantity, .. } = event;
        let &Event { cum_quantity, leaves_quantity, last_price, last_quantity, .. } = event;
        let &Event { account, instrument, exec_type, side, liquidity, .. } = event;
        Self {
            order_id,
            match_id,
            price,
            stop_price,
            quantity,
            cum_quantity,
            leaves_quantity,
            last_price,
            last_quantity,
            account,
            instrument,
            exec_type,
            side,
            liquidity,
        }
    }

    fn event(&self) -> Event {
        let &Self { order_id, match_id, price, stop_price, quantity, .. } = self;
        let &Self { cum_quantity, leaves_quantity, last_price, last_quantity, .. } = self;
        let &Self { account, instrument, exec_type, side, liquidity, .. } = self;
        Event {
            order_id,
            match_id,
            price,
            stop_price,
            quantity,
            cum_quantity,
            leaves_quantity,
            last_price,
            last_quantity,
            account,
            instrument,
            exec_type,
            side,
            liquidity,
            ..Event::zeroed()
        }
    }
}

/// Which checks are on, and for whom.
#[derive(Clone, Copy)]
pub struct Checks {
    /// Bits of the checks.
    pub on: u64,
    /// Whether the firm and the venue have the same limits.
    pub groups: bool,
}

/// Every check, for the account.
pub const ALL: Checks = Checks { on: bits::ALL & !bits::RESTRICTED, groups: false };

/// A real day of one instrument, dealt out to four accounts.
#[must_use]
pub fn real_day(operations: &[Operation]) -> RiskFlow {
    let request = |operation: &Operation| {
        let step = &operation.step;
        let mut command = step.command;
        command.account = 1 + step.target.unwrap_or_else(|| step.label.unwrap_or(0)) % 4;
        command.set_cl_ord_id(ClOrdId::default());
        let name = match (step.label, step.target) {
            (Some(label), None) => Name::Order(label),
            _ => Name::Request(operation.sequence as u32),
        };
        Request::new(&command, name, step.target.map(Name::Order))
    };
    let requests: Vec<_> = operations.iter().map(request).collect();
    let priced = requests.iter().map(|request| request.price).find(|&price| price > 0);
    let reference_price = priced.unwrap_or(1);
    RiskFlow { name: "real_day", accounts: 4, instruments: 1, reference_price, requests }
}

/// Orders of 10,000 accounts on 1,000 instruments, two of five cancelled again.
#[must_use]
pub fn many(commands: usize) -> RiskFlow {
    let (accounts, instruments) = (10_000, 1_000);
    let mut rng = Rng::new(1);
    let mut open: Vec<(u32, Name)> = Vec::new();
    let mut requests = Vec::with_capacity(commands);
    for number in 0..commands {
        let name = Name::Uuid(number as u32);
        let mut command = Command::zeroed();
        if open.len() > 1_000 && rng.per_mille(400) {
            let at = rng.below(open.len() as u64) as usize;
            let (account, orig) = open.swap_remove(at);
            command.kind = CommandKind::CancelOrder.number();
            command.account = account;
            requests.push(Request::new(&command, name, Some(orig)));
            continue;
        }
        command.kind = CommandKind::NewOrder.number();
        command.side = rng.pick(&[Side::Buy, Side::Sell]).number();
        command.ord_type = OrdType::Limit.number();
        command.time_in_force = TimeInForce::Gtc.number();
        command.account = 1 + rng.below(accounts.into()) as u32;
        command.instrument = 1 + rng.below(instruments.into()) as u32;
        command.price = rng.between(9_900, 10_100);
        command.quantity = rng.between(1, 100);
        open.push((command.account, name));
        requests.push(Request::new(&command, name, None));
    }
    let name = "10000_accounts_1000_instruments";
    RiskFlow { name, accounts, instruments, reference_price: 10_000, requests }
}

/// The requests of a flow in messages of one size, and what matching says of each message.
pub struct Messages<'a> {
    flow: &'a RiskFlow,
    /// Commands in a message.
    pub size: usize,
    events: Vec<Told>,
    /// By message, those that set the flow up included: where its events end.
    ends: Vec<usize>,
    /// How many requests were refused then.
    refused: usize,
}

impl<'a> Messages<'a> {
    /// Plays the flow with risk and matching in a loop.
    #[must_use]
    pub fn record(flow: &'a RiskFlow, size: usize) -> Self {
        let mut messages = Self { flow, size, events: Vec::new(), ends: Vec::new(), refused: 0 };
        let mut recorder = Recorder {
            matching: MatchingEngine::new(0),
            fills: Fills::default(),
            events: Vec::new(),
            ends: Vec::new(),
        };
        let mut player = RiskPlayer::with(&messages, ALL, Some(&mut recorder));
        (0..messages.len()).for_each(|number| player.play_with(number, Some(&mut recorder)));
        let refused = player.refused;
        let Recorder { events, ends, .. } = recorder;
        (messages.events, messages.ends, messages.refused) = (events, ends, refused);
        messages
    }

    /// How many messages there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.flow.requests.len().div_ceil(self.size)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.flow.requests.is_empty()
    }
}

/// Matching, and what it said.
struct Recorder {
    matching: MatchingEngine,
    fills: Fills,
    events: Vec<Told>,
    ends: Vec<usize>,
}

impl Recorder {
    fn record(&mut self, batch: &Batch<'_>) {
        self.matching.apply(batch, &mut self.fills).expect("the next message");
        self.events.extend(self.fills.events.iter().map(Told::of));
        self.ends.push(self.events.len());
    }
}

/// Risk on a flow.
pub struct RiskPlayer<'a> {
    messages: &'a Messages<'a>,
    risk: RiskEngine,
    risked: Risked,
    /// The message under way.
    commands: Vec<Command>,
    orig_cl_ord_ids: Vec<ClOrdId>,
    told: Vec<Event>,
    /// How many requests were refused.
    pub refused: usize,
    /// How many events were taken in.
    pub events: usize,
    /// What judging each message took, the clock included.
    pub judging_ns: Vec<u64>,
    /// What taking in each message of FILLS that has events took, the clock included.
    pub learning_ns: Vec<u64>,
}

impl<'a> RiskPlayer<'a> {
    /// Set up, and nothing played.
    #[must_use]
    pub fn new(messages: &'a Messages<'a>, checks: Checks) -> Self {
        Self::with(messages, checks, None)
    }

    fn with(messages: &'a Messages<'a>, checks: Checks, recorder: Option<&mut Recorder>) -> Self {
        let mut player = Self {
            messages,
            risk: RiskEngine::new(0),
            risked: Risked::default(),
            commands: Vec::new(),
            orig_cl_ord_ids: Vec::new(),
            told: Vec::new(),
            refused: 0,
            events: 0,
            judging_ns: Vec::with_capacity(messages.len()),
            learning_ns: Vec::with_capacity(messages.len()),
        };
        player.set_up(checks, recorder);
        (player.refused, player.events) = (0, 0);
        player.judging_ns.clear();
        player.learning_ns.clear();
        player
    }

    /// The engine as it is now.
    #[must_use]
    pub fn engine(&self) -> &RiskEngine {
        &self.risk
    }

    fn set_up(&mut self, checks: Checks, mut recorder: Option<&mut Recorder>) {
        let flow = self.messages.flow;
        let instruments: Vec<Instrument> =
            (1..=flow.instruments).map(|id| instrument(id, flow.reference_price)).collect();
        let accounts: Vec<Account> = (1..=flow.accounts).map(account).collect();
        let limits: Vec<Limits> = (1..=flow.accounts).map(|id| limits_of(id, checks.on)).collect();
        let of = |kind: CommandKind, count: usize| {
            let payload =
                |at| Command { kind: kind.number(), payload_index: at as u16, ..Command::zeroed() };
            (0..count).map(payload).collect::<Vec<_>>()
        };
        for chunk in instruments.chunks(MAX_COMMANDS) {
            let commands = of(CommandKind::SetInstrument, chunk.len());
            let batch = Batch { instruments: chunk, ..self.message(&commands, &[]) };
            self.step(&batch, recorder.as_deref_mut());
        }
        let half = MAX_COMMANDS / 2;
        for (accounts, limits) in accounts.chunks(half).zip(limits.chunks(half)) {
            let mut commands = of(CommandKind::SetAccount, accounts.len());
            commands.extend(of(CommandKind::SetLimits, limits.len()));
            let batch = Batch { accounts, limits, ..self.message(&commands, &[]) };
            self.step(&batch, recorder.as_deref_mut());
        }
        let of_many =
            [limits_of(1, checks.on | LIMITS_OF_FIRM), limits_of(0, checks.on | LIMITS_OF_VENUE)];
        let commands = of(CommandKind::SetLimits, if checks.groups { 2 } else { 0 });
        let batch = Batch { limits: &of_many, ..self.message(&commands, &[]) };
        self.step(&batch, recorder);
    }

    fn message<'b>(&self, commands: &'b [Command], orig: &'b [ClOrdId]) -> Batch<'b> {
        let sequence = self.risk.applied() + 1;
        Batch {
            sequence,
            time_ns: sequence as i64 * 1_000,
            origin: 2,
            batch: sequence,
            fills_seen: sequence.saturating_sub(1 + LAG),
            status: BatchStatus::Applied,
            commands,
            verdicts: &[],
            orig_cl_ord_ids: orig,
            instruments: &[],
            accounts: &[],
            limits: &[],
            terms: &[],
            rules: &[],
            fees: &[],
        }
    }

    /// Plays the next message.
    pub fn play(&mut self, number: usize) {
        self.play_with(number, None);
    }

    /// Plays everything.
    ///
    /// # Panics
    ///
    /// If the verdicts are other ones than those whose fills were recorded.
    pub fn play_all(&mut self) {
        (0..self.messages.len()).for_each(|number| self.play(number));
        assert_eq!(self.refused, self.messages.refused, "the fills of other verdicts");
    }

    fn play_with(&mut self, number: usize, recorder: Option<&mut Recorder>) {
        let &Messages { flow, size, .. } = self.messages;
        let range = number * size..((number + 1) * size).min(flow.requests.len());
        let mut hot = std::mem::take(&mut self.commands);
        let mut hot_ids = std::mem::take(&mut self.orig_cl_ord_ids);
        hot.clear();
        hot_ids.clear();
        for request in &flow.requests[range] {
            let mut command = request.plain();
            command.set_cl_ord_id(request.name.id());
            if let Some(target) = request.target {
                hot_ids.push(target.id());
                command.orig_cl_ord_id_index = hot_ids.len() as u16;
            }
            hot.push(command);
        }
        self.step(&self.message(&hot, &hot_ids), recorder);
        (self.commands, self.orig_cl_ord_ids) = (hot, hot_ids);
    }

    fn step(&mut self, batch: &Batch<'_>, recorder: Option<&mut Recorder>) {
        let wanted = self.risk.fills_wanted(batch.sequence, batch.fills_seen);
        while self.risk.fills_applied() < wanted {
            let said = recorder.as_ref().map_or_else(
                || (&self.messages.events, &self.messages.ends),
                |recorder| (&recorder.events, &recorder.ends),
            );
            let (events, ends) = said;
            let sequence = self.risk.fills_applied() + 1;
            let at = sequence as usize - 1;
            let start = at.checked_sub(1).map_or(0, |before| ends[before]);
            self.told.clear();
            self.told.extend(events[start..ends[at]].iter().map(Told::event));
            let start = Instant::now();
            learn(&mut self.risk, sequence, &self.told);
            let took = start.elapsed().as_nanos() as u64;
            if !self.told.is_empty() {
                self.learning_ns.push(took);
                self.events += self.told.len();
            }
        }
        if let Some(recorder) = recorder {
            self.risk.apply(batch, &mut self.risked).expect("the next message");
            recorder.record(&Batch { verdicts: &self.risked.verdicts, ..*batch });
        } else {
            let start = Instant::now();
            judge(&mut self.risk, batch, &mut self.risked);
            self.judging_ns.push(start.elapsed().as_nanos() as u64);
        }
        let refused = VerdictKind::Refused.number();
        self.refused += self.risked.verdicts.iter().filter(|v| v.kind == refused).count();
    }

    /// What a message without commands takes, the clock included: the median of many.
    pub fn empty_message_ns(&mut self) -> u64 {
        self.judging_ns.clear();
        for _ in 0..10_000 {
            let batch = Batch { fills_seen: 0, ..self.message(&[], &[]) };
            self.step(&batch, None);
        }
        self.judging_ns.sort_unstable();
        self.judging_ns[self.judging_ns.len() / 2]
    }
}

/// Judges a message; by itself, so that a counter of instructions outside can look at it.
#[inline(never)]
pub fn judge(risk: &mut RiskEngine, batch: &Batch<'_>, risked: &mut Risked) {
    risk.apply(batch, risked).expect("the next message");
}

/// Takes in what happened; by itself, for the same reason.
#[inline(never)]
pub fn learn(risk: &mut RiskEngine, sequence: u64, events: &[Event]) {
    let fills = FillsView {
        sequence,
        time_ns: 0,
        origin: 2,
        batch: sequence,
        status: BatchStatus::Applied,
        outcomes: &[],
        events,
        instruments: &[],
        accounts: &[],
        limits: &[],
        statuses: &[],
    };
    risk.apply_fills(&fills).expect("what happened");
}

fn words<const N: usize>(text: &str) -> [u64; N] {
    let mut words = [0; N];
    bytemuck::cast_slice_mut::<u64, u8>(&mut words)[..text.len()].copy_from_slice(text.as_bytes());
    words
}

fn instrument(id: u32, reference_price: i64) -> Instrument {
    Instrument {
        symbol: words(&format!("S{id}")),
        currency: words::<1>("USD")[0],
        reference_price,
        initial_margin_bps: 5_000,
        ..text::instrument(id)
    }
}

fn account(id: u32) -> Account {
    let (name, currency) = (words(&format!("A{id}")), words::<1>("USD")[0]);
    Account { id, firm: 1, flags: ACCOUNT_ENABLED, name, currency, self_trade_group: 0 }
}

/// Checks on, and wide enough for real orders.
fn limits_of(account: u32, checks: u64) -> Limits {
    let mut limits = Limits {
        account,
        checks,
        max_order_quantity: 1_000_000,
        max_position: 1_000_000_000,
        max_gross_position: 1_000_000_000,
        max_short: 1_000_000_000,
        collar_bps: 100_000,
        max_open_orders: 1_000_000,
        flow: engine::pod::Flow {
            messages: 1_000_000,
            burst: 65_535,
            window_ms: 0,
            duplicates: 4_095,
        }
        .word(),
        ..Limits::zeroed()
    };
    limits.set_max_gross_exposure(10_i128.pow(30));
    limits.set_max_daily_loss(engine::risk::MAX_CREDIT);
    limits.set_max_order_notional(10_i128.pow(27));
    limits.set_credit(engine::risk::MAX_CREDIT);
    limits
}
