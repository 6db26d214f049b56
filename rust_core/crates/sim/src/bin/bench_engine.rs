//! Measures the matching engine in process and writes one JSON document.
//!
//! `bench_engine [--orders FILE] [--trades FILE] [--commands N]`: FILE is in the order-replay
//! format, uncompressed; `-` reads standard input. With `--trades` the trades of the flow are
//! compared.
//!
//! Each flow runs one command a message, timed one by one with the cost of the clock subtracted,
//! and in messages of 256 commands, timed as a whole. Writing the events and the running hash are
//! inside.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::process::ExitCode;
use std::time::Instant;

use engine::pod::{BatchStatus, Instrument, Liquidity};
use engine::{Batch, Fills, MatchingEngine};
use sim::flow::{read_orders, read_trades, Expected};
use sim::mix::{fresh_engine, Batched, Flow, DEEP, EXCHANGE_CORE};
use sim::text;

/// Commands in a message of the batched runs.
const BATCH: usize = 256;
/// Runs of each flow, the fastest of which counts.
const RUNS: usize = 3;

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!(
                "{error}\nusage: bench_engine [--orders FILE] [--trades FILE] [--commands N]"
            );
            ExitCode::from(2)
        }
    }
}

/// Says whether the trades were the expected ones.
fn run(arguments: &[String]) -> io::Result<bool> {
    let (mut orders, mut trades, mut commands) = (None, None, 1_000_000);
    for pair in arguments.chunks(2) {
        let bad =
            || io::Error::new(io::ErrorKind::InvalidInput, format!("not understood: {pair:?}"));
        let [name, value] = pair else { return Err(bad()) };
        match name.as_str() {
            "--orders" => orders = Some(read_orders(open(value)?)?),
            "--trades" => trades = Some(read_trades(open(value)?)?),
            "--commands" => commands = value.parse().map_err(|_| bad())?,
            _ => return Err(bad()),
        }
    }
    let timer_ns = timer_cost_ns();
    let mut rows = Vec::new();
    let mut right = true;
    if let Some(operations) = orders {
        let sequences: Vec<u64> = operations.iter().map(|operation| operation.sequence).collect();
        let steps =
            operations.iter().map(|operation| (operation.time_ns, operation.step)).collect();
        let flow = Flow { name: "real_day".to_owned(), build: Vec::new(), steps };
        let checked = trades.map(|expected| same_trades(&flow, &sequences, &expected));
        right = checked.as_ref().is_none_or(|&(same, of)| same == of);
        rows.push(measure(&flow, timer_ns, checked));
    }
    for mix in [EXCHANGE_CORE, DEEP] {
        rows.push(measure(&mix.flow(1, commands), timer_ns, None));
    }
    println!("{{\"timer_ns\": {timer_ns}, \"flows\": [\n  {}\n]}}", rows.join(",\n  "));
    Ok(right)
}

fn open(path: &str) -> io::Result<Box<dyn BufRead>> {
    if path == "-" {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let file = File::open(path)
        .map_err(|error| io::Error::new(error.kind(), format!("{path}: {error}")))?;
    Ok(Box::new(BufReader::new(file)))
}

fn instrument() -> Instrument {
    text::instrument(1)
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

/// The engine on a flow, batch by batch.
struct Player<'a> {
    batched: &'a Batched,
    engine: MatchingEngine,
    fills: Fills,
}

impl<'a> Player<'a> {
    /// With the book built.
    fn new(batched: &'a Batched) -> Self {
        let mut fills = Fills::default();
        let engine = fresh_engine(instrument(), &mut fills);
        let mut player = Self { batched, engine, fills };
        (0..batched.built / batched.size).for_each(|number| player.apply(number));
        player
    }

    fn measured(&self) -> std::ops::Range<usize> {
        self.batched.built / self.batched.size..self.batched.times_ns.len()
    }

    #[inline]
    fn apply(&mut self, number: usize) {
        let Batched { commands, verdicts, times_ns, size, .. } = self.batched;
        let range = number * size..((number + 1) * size).min(commands.len());
        // Message 1 made the instrument.
        let sequence = number as u64 + 2;
        let batch = Batch {
            sequence,
            time_ns: times_ns[number],
            origin: 2,
            batch: sequence,
            fills_seen: sequence - 1,
            status: BatchStatus::Applied,
            commands: &commands[range.clone()],
            verdicts: &verdicts[range],
            orig_cl_ord_ids: &[],
            instruments: &[],
            accounts: &[],
            limits: &[],
            terms: &[],
            rules: &[],
        };
        self.engine.apply(&batch, &mut self.fills).expect("the next message");
    }
}

fn measure(flow: &Flow, timer_ns: u64, checked: Option<(usize, usize)>) -> String {
    let singles = flow.batched(1);
    let mut best: Option<Vec<u64>> = None;
    for _ in 0..RUNS {
        let mut player = Player::new(&singles);
        let mut times: Vec<u64> = Vec::with_capacity(flow.steps.len());
        for number in player.measured() {
            let start = Instant::now();
            player.apply(number);
            times.push((start.elapsed().as_nanos() as u64).saturating_sub(timer_ns));
        }
        let sum = |times: &[u64]| times.iter().sum::<u64>();
        if best.as_ref().is_none_or(|best| sum(&times) < sum(best)) {
            best = Some(times);
        }
    }
    let mut times = best.expect("at least one run");
    times.sort_unstable();
    let at = |per_mille: usize| times[(times.len() - 1) * per_mille / 1000];

    let rate = |size: usize| {
        let batched = flow.batched(size);
        let runs = (0..RUNS).map(|_| {
            let mut player = Player::new(&batched);
            let start = Instant::now();
            player.measured().for_each(|number| player.apply(number));
            (flow.steps.len() as f64 / start.elapsed().as_secs_f64()) as u64
        });
        runs.max().expect("at least one run")
    };
    let (single_rate, batch_rate) = (rate(1), rate(BATCH));

    let mut player = Player::new(&singles);
    let (mut events, mut trades) = (0, 0);
    for number in player.measured() {
        player.apply(number);
        events += player.fills.events.len();
        trades += player.fills.events.iter().filter(|event| is_taker(event.liquidity)).count();
    }
    let checked = checked.map_or(String::new(), |(same, expected)| {
        format!("\"trades_expected\": {expected}, \"trades_right\": {same}, ")
    });
    format!(
        "{{\"flow\": \"{}\", \"commands\": {}, \"events\": {events}, \"trades\": {trades}, \
         {checked}\"open_at_end\": {}, \"p50_ns\": {}, \"p99_ns\": {}, \"p999_ns\": {}, \
         \"max_ns\": {}, \
         \"commands_per_second\": {single_rate}, \"batch\": {BATCH}, \
         \"batched_commands_per_second\": {batch_rate}, \"state_hash\": \"{:016x}\"}}",
        flow.name,
        flow.steps.len(),
        player.engine.open_orders(),
        at(500),
        at(990),
        at(999),
        times[times.len() - 1],
        player.engine.state_hash(),
    )
}

fn is_taker(liquidity: u16) -> bool {
    liquidity == Liquidity::Taker.number()
}

/// How many of the expected trades happened in their places, of how many that happened or should
/// have.
fn same_trades(flow: &Flow, sequences: &[u64], expected: &[Expected]) -> (usize, usize) {
    let batched = flow.batched(1);
    let mut player = Player::new(&batched);
    let mut happened = Vec::new();
    for number in player.measured() {
        player.apply(number);
        let makers =
            player.fills.events.iter().filter(|event| event.liquidity == Liquidity::Maker.number());
        happened.extend(makers.map(|event| Expected {
            sequence: sequences[number],
            maker: event.cl_ord_id(),
            price: event.last_price,
            quantity: event.last_quantity,
        }));
    }
    let same = happened.iter().zip(expected).filter(|(happened, expected)| happened == expected);
    (same.count(), happened.len().max(expected.len()))
}
