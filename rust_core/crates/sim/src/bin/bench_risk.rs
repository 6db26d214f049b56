//! Measures pre-trade risk in process, every check on, and writes one JSON document.
//!
//! `bench_risk [--orders FILE] [--commands N]`: FILE is in the order-replay format, uncompressed;
//! `-` reads standard input. Its orders are dealt out to four accounts. N is the length of a
//! made-up flow of many accounts, 0: none.
//!
//! Risk and matching run in a loop, stamps lagging by eight messages; only risk is timed: judging
//! one command a message, one by one with the cost of the clock subtracted, and in messages of 256
//! as a whole; and taking in the fills. Verdicts and the running hash are inside.
//!
//! `checks` says what each check alone adds to the median new order of the first flow, and what all
//! of them do, for the account and with those of its firm and the venue; `memory_ns` what one read
//! from memory costs that nothing has read lately, in the same run.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::process::ExitCode;
use std::time::Instant;

use bytemuck::Zeroable;
use engine::pod::{
    Account, BatchStatus, ClOrdId, Command, CommandKind, Instrument, Limits, OrdType, Side,
    TimeInForce, VerdictKind, ACCOUNT_ENABLED, LIMITS_OF_FIRM, LIMITS_OF_VENUE, MAX_COMMANDS,
};
use engine::risk::bits;
use engine::{Batch, Fills, MatchingEngine, RiskEngine, Risked};
use sim::flow::read_orders;
use sim::rng::Rng;
use sim::text;

/// Commands in a message of the batched runs.
const BATCH: usize = 256;
/// Runs of each flow, the fastest of which counts.
const RUNS: usize = 3;
/// How far the stamps of messages stay behind.
const LAG: u64 = 8;

/// A flow of requests, and who may send them on what.
struct Flow {
    name: &'static str,
    accounts: u32,
    instruments: u32,
    reference_price: i64,
    requests: Vec<(Command, Option<ClOrdId>)>,
}

/// Which checks are on, and for whom.
#[derive(Clone, Copy)]
struct Checks {
    on: u64,
    groups: bool,
}

/// Every check, for the account.
const ALL: Checks = Checks { on: bits::ALL & !bits::RESTRICTED, groups: false };

/// Checks that can be on one by one; a restricted instrument takes no orders.
const ALONE: [(&str, u64); 12] = [
    ("message_rate", bits::MESSAGE_RATE),
    ("open_orders", bits::OPEN_ORDERS),
    ("order_quantity", bits::ORDER_QUANTITY),
    ("order_notional", bits::ORDER_NOTIONAL),
    ("collar", bits::COLLAR),
    ("position", bits::POSITION),
    ("gross_position", bits::GROSS_POSITION),
    ("gross_exposure", bits::GROSS_EXPOSURE),
    ("buying_power", bits::BUYING_POWER),
    ("short_sale", bits::SHORT_SALES),
    ("duplicate_flow", bits::DUPLICATES),
    ("daily_loss", bits::DAILY_LOSS),
];

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}\nusage: bench_risk [--orders FILE] [--commands N]");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &[String]) -> io::Result<()> {
    let (mut flows, mut commands) = (Vec::new(), 500_000);
    for pair in arguments.chunks(2) {
        let bad =
            || io::Error::new(io::ErrorKind::InvalidInput, format!("not understood: {pair:?}"));
        let [name, value] = pair else { return Err(bad()) };
        match name.as_str() {
            "--orders" if value == "-" => flows.push(real_day(BufReader::new(io::stdin()))?),
            "--orders" => flows.push(real_day(BufReader::new(File::open(value)?))?),
            "--commands" => commands = value.parse().map_err(|_| bad())?,
            _ => return Err(bad()),
        }
    }
    if commands > 0 {
        flows.push(many(commands));
    }
    let timer_ns = timer_cost_ns();
    let rows: Vec<String> = flows.iter().map(|flow| measure(flow, timer_ns)).collect();
    println!(
        "{{\"timer_ns\": {timer_ns}, \"memory_ns\": {}, \"flows\": [\n  {}\n], \"checks\": {}}}",
        memory_ns(),
        rows.join(",\n  "),
        each_check(&flows[0], timer_ns),
    );
    Ok(())
}

fn named(text: &str) -> ClOrdId {
    ClOrdId::new(text.as_bytes()).expect("a client order id")
}

/// A real day of one instrument, dealt out to four accounts.
fn real_day(input: impl BufRead) -> io::Result<Flow> {
    let mut requests = Vec::new();
    for operation in read_orders(input)? {
        let step = operation.step;
        let mut command = step.command;
        command.account = 1 + step.target.unwrap_or_else(|| step.label.unwrap_or(0)) % 4;
        let order = |label: u32| named(&format!("order-{label}"));
        match (step.label, step.target) {
            (Some(label), None) => command.set_cl_ord_id(order(label)),
            _ => command.set_cl_ord_id(named(&format!("request-{}", operation.sequence))),
        }
        requests.push((command, step.target.map(order)));
    }
    let priced = requests.iter().map(|(command, _)| command.price).find(|&price| price > 0);
    let reference_price = priced.unwrap_or(1);
    Ok(Flow { name: "real_day", accounts: 4, instruments: 1, reference_price, requests })
}

/// Orders of 10,000 accounts on 1,000 instruments, two of five cancelled again.
fn many(commands: usize) -> Flow {
    let (accounts, instruments) = (10_000, 1_000);
    let mut rng = Rng::new(1);
    let mut open: Vec<(u32, ClOrdId)> = Vec::new();
    let mut requests = Vec::with_capacity(commands);
    for number in 0..commands {
        let id = named(&format!("{number:08x}-d9cb-469f-a165-70867728950e"));
        let mut command = Command::zeroed();
        command.set_cl_ord_id(id);
        if open.len() > 1_000 && rng.per_mille(400) {
            let at = rng.below(open.len() as u64) as usize;
            let (account, orig) = open.swap_remove(at);
            command.kind = CommandKind::CancelOrder.number();
            command.account = account;
            requests.push((command, Some(orig)));
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
        open.push((command.account, id));
        requests.push((command, None));
    }
    let name = "10000_accounts_1000_instruments";
    Flow { name, accounts, instruments, reference_price: 10_000, requests }
}

/// What two readings of the clock with nothing between them say, mostly.
fn timer_cost_ns() -> u64 {
    let mut costs: Vec<u64> = (0..100_000)
        .map(|_| {
            let start = Instant::now();
            start.elapsed().as_nanos() as u64
        })
        .collect();
    costs.sort_unstable();
    costs[costs.len() / 2]
}

/// What one read costs of memory that nothing has read lately: each says where the next one is.
fn memory_ns() -> u64 {
    let count = 1 << 24;
    let mut next: Vec<u32> = (0..count).collect();
    let mut rng = Rng::new(1);
    // Sattolo: one round through all of them.
    for at in (1..count as usize).rev() {
        next.swap(at, rng.below(at as u64) as usize);
    }
    let hops = 2_000_000;
    let (start, mut at) = (Instant::now(), 0);
    for _ in 0..hops {
        at = next[at as usize];
    }
    std::hint::black_box(at);
    start.elapsed().as_nanos() as u64 / hops
}

/// The median new order, in nanoseconds, with these checks.
fn median_new_order(flow: &Flow, messages: &Messages, checks: Checks, timer_ns: u64) -> u64 {
    let runs = (0..RUNS).map(|_| {
        let mut player = Player::new(flow, messages, checks);
        (0..messages.len()).for_each(|number| player.play(number));
        let of = player.judging.iter().zip(&flow.requests);
        let new = CommandKind::NewOrder.number();
        let mut times: Vec<u64> =
            of.filter(|(_, (command, _))| command.kind == new).map(|(&time, _)| time).collect();
        times.sort_unstable();
        times[times.len() / 2].saturating_sub(timer_ns)
    });
    runs.min().expect("at least one run")
}

/// What each check costs alone, and what all of them do.
fn each_check(flow: &Flow, timer_ns: u64) -> String {
    let singles = Messages::of(flow, 1);
    let cost = |checks| median_new_order(flow, &singles, checks, timer_ns);
    let none = cost(Checks { on: 0, groups: false });
    let mut rows = vec![format!("\"none\": {none}")];
    for (name, on) in ALONE {
        let more = cost(Checks { on, groups: false }) as i64 - none as i64;
        rows.push(format!("\"{name}\": {more}"));
    }
    rows.push(format!("\"all\": {}", cost(ALL) as i64 - none as i64));
    let groups = cost(Checks { groups: true, ..ALL }) as i64 - none as i64;
    rows.push(format!("\"all_firm_venue\": {groups}"));
    format!("{{{}}}", rows.join(", "))
}

/// Requests in messages of one size.
struct Messages {
    size: usize,
    commands: Vec<Command>,
    orig_cl_ord_ids: Vec<ClOrdId>,
}

impl Messages {
    fn of(flow: &Flow, size: usize) -> Self {
        let mut messages = Self { size, commands: Vec::new(), orig_cl_ord_ids: Vec::new() };
        for (index, (command, orig)) in flow.requests.iter().enumerate() {
            let mut command = *command;
            if orig.is_some() {
                command.orig_cl_ord_id_index = (index % size) as u16 + 1;
            }
            messages.commands.push(command);
            messages.orig_cl_ord_ids.push(orig.unwrap_or_default());
        }
        messages
    }

    fn len(&self) -> usize {
        self.commands.len().div_ceil(self.size)
    }
}

/// Risk and matching on a flow.
struct Player<'a> {
    messages: &'a Messages,
    risk: RiskEngine,
    matching: MatchingEngine,
    risked: Risked,
    /// The message under way.
    received: (Vec<Command>, Vec<ClOrdId>),
    waiting: VecDeque<Fills>,
    spare: Vec<Fills>,
    refused: usize,
    judging: Vec<u64>,
    learning_ns: u64,
    events: usize,
}

impl<'a> Player<'a> {
    fn new(flow: &Flow, messages: &'a Messages, checks: Checks) -> Self {
        let mut player = Self {
            messages,
            risk: RiskEngine::new(0),
            matching: MatchingEngine::new(0),
            risked: Risked::default(),
            received: (Vec::new(), Vec::new()),
            waiting: VecDeque::new(),
            spare: Vec::new(),
            refused: 0,
            judging: Vec::with_capacity(messages.len()),
            learning_ns: 0,
            events: 0,
        };
        player.set_up(flow, checks);
        player
    }

    fn set_up(&mut self, flow: &Flow, checks: Checks) {
        let instruments: Vec<Instrument> =
            (1..=flow.instruments).map(|id| instrument(id, flow.reference_price)).collect();
        let accounts: Vec<Account> = (1..=flow.accounts).map(account).collect();
        let limits: Vec<Limits> = (1..=flow.accounts).map(|id| limits_of(id, checks.on)).collect();
        let of = |kind: CommandKind, count: usize| {
            (0..count).map(move |at| (kind.number(), at as u16)).collect::<Vec<_>>()
        };
        for chunk in instruments.chunks(MAX_COMMANDS) {
            let kinds = of(CommandKind::SetInstrument, chunk.len());
            self.send(&kinds, chunk, &[], &[]);
        }
        for (accounts, limits) in
            accounts.chunks(MAX_COMMANDS / 2).zip(limits.chunks(MAX_COMMANDS / 2))
        {
            let mut kinds = of(CommandKind::SetAccount, accounts.len());
            kinds.extend(of(CommandKind::SetLimits, limits.len()));
            self.send(&kinds, &[], accounts, limits);
        }
        if checks.groups {
            let kinds = of(CommandKind::SetLimits, 2);
            let of_many = [
                limits_of(1, checks.on | LIMITS_OF_FIRM),
                limits_of(0, checks.on | LIMITS_OF_VENUE),
            ];
            self.send(&kinds, &[], &[], &of_many);
        }
        self.refused = 0;
        self.judging.clear();
        (self.learning_ns, self.events) = (0, 0);
    }

    fn send(
        &mut self,
        kinds: &[(u16, u16)],
        instruments: &[Instrument],
        accounts: &[Account],
        limits: &[Limits],
    ) {
        let commands: Vec<Command> = kinds
            .iter()
            .map(|&(kind, payload_index)| Command { kind, payload_index, ..Command::zeroed() })
            .collect();
        let sequence = self.risk.applied() + 1;
        let batch = Batch { instruments, accounts, limits, ..message(sequence, &commands, &[]) };
        self.step(&batch);
    }

    fn play(&mut self, number: usize) {
        let Messages { size, commands, orig_cl_ord_ids } = self.messages;
        let range = number * size..((number + 1) * size).min(commands.len());
        let sequence = self.risk.applied() + 1;
        let (mut hot, mut hot_ids) = std::mem::take(&mut self.received);
        hot.clear();
        hot.extend_from_slice(&commands[range.clone()]);
        hot_ids.clear();
        hot_ids.extend_from_slice(&orig_cl_ord_ids[range]);
        self.step(&message(sequence, &hot, &hot_ids));
        self.received = (hot, hot_ids);
    }

    fn step(&mut self, batch: &Batch<'_>) {
        let wanted = self.risk.fills_wanted(batch.sequence, batch.fills_seen);
        while self.risk.fills_applied() < wanted {
            let fills = self.waiting.pop_front().expect("it happened");
            let start = Instant::now();
            self.risk.apply_fills(&fills.view()).expect("what happened");
            self.learning_ns += start.elapsed().as_nanos() as u64;
            self.events += fills.events.len();
            self.spare.push(fills);
        }
        let start = Instant::now();
        self.risk.apply(batch, &mut self.risked).expect("the next message");
        self.judging.push(start.elapsed().as_nanos() as u64);
        let refused = VerdictKind::Refused.number();
        self.refused += self.risked.verdicts.iter().filter(|v| v.kind == refused).count();
        let batch = Batch { verdicts: &self.risked.verdicts, ..*batch };
        let mut fills = self.spare.pop().unwrap_or_default();
        self.matching.apply(&batch, &mut fills).expect("the next message");
        self.waiting.push_back(fills);
    }
}

fn message<'a>(sequence: u64, commands: &'a [Command], orig: &'a [ClOrdId]) -> Batch<'a> {
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

fn measure(flow: &Flow, timer_ns: u64) -> String {
    let singles = Messages::of(flow, 1);
    let mut best: Option<Player<'_>> = None;
    for _ in 0..RUNS {
        let mut player = Player::new(flow, &singles, ALL);
        (0..singles.len()).for_each(|number| player.play(number));
        let sum = |player: &Player<'_>| player.judging.iter().sum::<u64>();
        if best.as_ref().is_none_or(|best| sum(&player) < sum(best)) {
            best = Some(player);
        }
    }
    let mut single = best.expect("at least one run");
    single.judging.iter_mut().for_each(|time| *time = time.saturating_sub(timer_ns));
    single.judging.sort_unstable();
    let times = &single.judging;
    let at = |per_mille: usize| times[(times.len() - 1) * per_mille / 1000];

    let batches = Messages::of(flow, BATCH);
    let runs = (0..RUNS).map(|_| {
        let mut player = Player::new(flow, &batches, ALL);
        (0..batches.len()).for_each(|number| player.play(number));
        let commands = flow.requests.len() as u64;
        let judging = player.judging.iter().sum::<u64>();
        (judging / commands, player.learning_ns / player.events.max(1) as u64)
    });
    let (batched_ns, fills_ns) = runs.min().expect("at least one run");
    format!(
        "{{\"flow\": \"{}\", \"commands\": {}, \"refused\": {}, \"events\": {}, \"p50_ns\": {}, \
         \"p99_ns\": {}, \"p999_ns\": {}, \"max_ns\": {}, \"batch\": {BATCH}, \
         \"batched_ns_per_command\": {batched_ns}, \"batched_ns_per_event\": {fills_ns}, \
         \"open_at_end\": {}, \"state_hash\": \"{:016x}\"}}",
        flow.name,
        times.len(),
        single.refused,
        single.events,
        at(500),
        at(990),
        at(999),
        times[times.len() - 1],
        single.risk.open_orders(),
        single.risk.state_hash(),
    )
}
