//! Measures the matching engine in process and writes one JSON document.
//!
//! `bench_engine [--orders FILE] [--trades FILE] [--commands N]`: FILE is in the order-replay
//! format, uncompressed; `-` reads standard input. With `--trades` the trades of that flow are
//! compared. `bench_engine --count FLOW …` plays one flow and prints how many commands it has,
//! for a counter of instructions outside that looks at `bench::player::counted`.
//!
//! Each flow runs one command a message, timed one by one with the cost of the clock subtracted,
//! and in messages of 256 commands, timed as a whole. Writing the events and the running hash are
//! inside. Beside it, on the same flow, a plain book that must make the same trades.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::process::ExitCode;

use bench::machine::{chase_ns, timer_ns};
use bench::player::{
    counted, rate, story_of_engine, story_of_plain, timed, EnginePlayer, PlainPlayer, Story,
};
use bench::storms::{flash_crash, swing};
use engine::pod::ClOrdId;
use sim::flow::{read_orders, read_trades, Expected};
use sim::mix::{Flow, DEEP, EXCHANGE_CORE};

/// Commands in a message of the batched runs.
const BATCH: usize = 256;
/// Runs of each flow, the fastest of which counts.
const RUNS: usize = 3;
/// Where loads are timed: within the first, second and third cache of common machines, and beyond.
const CHASES: [(&str, usize); 4] =
    [("16 KiB", 16 << 10), ("1 MiB", 1 << 20), ("16 MiB", 16 << 20), ("512 MiB", 512 << 20)];

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!(
                "{error}\nusage: bench_engine [--orders FILE] [--trades FILE] [--commands N] \
                 [--count FLOW]"
            );
            ExitCode::from(2)
        }
    }
}

/// A real day: the flow, the sequence of each operation, and the trades that must happen.
struct Day {
    flow: Flow,
    sequences: Vec<u64>,
    expected: Option<Vec<Expected>>,
}

/// Says whether all trades were the expected ones.
fn run(arguments: &[String]) -> io::Result<bool> {
    let (mut orders, mut trades, mut commands, mut count) = (None, None, 1_000_000, None);
    for pair in arguments.chunks(2) {
        let bad =
            || io::Error::new(io::ErrorKind::InvalidInput, format!("not understood: {pair:?}"));
        let [name, value] = pair else { return Err(bad()) };
        match name.as_str() {
            "--orders" => orders = Some(value),
            "--trades" => trades = Some(read_trades(open(value)?)?),
            "--commands" => commands = value.parse().map_err(|_| bad())?,
            "--count" => count = Some(value),
            _ => return Err(bad()),
        }
    }
    let day = orders.map(|path| real_day(path, trades)).transpose()?;
    if let Some(name) = count {
        let flow = day.map(|day| day.flow).filter(|flow| flow.name == **name);
        let flow = flow.or_else(|| made(commands).find(|flow| flow.name == **name));
        let unknown = || io::Error::new(io::ErrorKind::InvalidInput, format!("no flow {name}"));
        let mut flow = flow.ok_or_else(unknown)?;
        flow.steps.truncate(commands);
        let singles = flow.batched(1);
        counted(&mut EnginePlayer::new(&singles));
        println!("{}", flow.steps.len());
        return Ok(true);
    }
    let timer_ns = timer_ns();
    let loads = CHASES.map(|(size, bytes)| format!("\"{size}\": {:.2}", chase_ns(bytes)));
    let mut rows = Vec::new();
    let mut right = true;
    if let Some(day) = day {
        let (row, as_expected) = measure(&day.flow, timer_ns, Some(&day));
        rows.push(row);
        right &= as_expected;
    }
    for flow in made(commands) {
        let (row, as_expected) = measure(&flow, timer_ns, None);
        rows.push(row);
        right &= as_expected;
    }
    println!(
        "{{\"timer_ns\": {timer_ns}, \"load_ns\": {{{}}}, \"batch\": {BATCH}, \
         \"flows\": [\n  {}\n]}}",
        loads.join(", "),
        rows.join(",\n  ")
    );
    Ok(right)
}

/// The flows that are made, each when it is asked for.
fn made(commands: usize) -> impl Iterator<Item = Flow> {
    let makers: [fn(usize) -> Flow; 4] = [
        |commands| EXCHANGE_CORE.flow(1, commands),
        |commands| DEEP.flow(1, commands),
        swing,
        flash_crash,
    ];
    makers.into_iter().map(move |make| make(commands))
}

fn real_day(path: &str, expected: Option<Vec<Expected>>) -> io::Result<Day> {
    let operations = read_orders(open(path)?)?;
    let sequences = operations.iter().map(|operation| operation.sequence).collect();
    let steps = operations.iter().map(|operation| (operation.time_ns, operation.step)).collect();
    let flow = Flow { name: "real_day".to_owned(), build: Vec::new(), steps };
    Ok(Day { flow, sequences, expected })
}

fn open(path: &str) -> io::Result<Box<dyn BufRead>> {
    if path == "-" {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let file = File::open(path)
        .map_err(|error| io::Error::new(error.kind(), format!("{path}: {error}")))?;
    Ok(Box::new(BufReader::new(file)))
}

/// Measures engine and plain book on a flow; says whether both made the trades that they should.
fn measure(flow: &Flow, timer_ns: u64, day: Option<&Day>) -> (String, bool) {
    let commands = flow.steps.len();
    let singles = flow.batched(1);
    let times = timed(RUNS, timer_ns, || EnginePlayer::new(&singles));
    let single_rate = rate(RUNS, commands, || EnginePlayer::new(&singles));
    let (story, events, hash) = story_of_engine(flow, &singles);
    drop(singles);
    let batched = flow.batched(BATCH);
    let batch_rate = rate(RUNS, commands, || EnginePlayer::new(&batched));
    drop(batched);
    let plain_times = timed(1, timer_ns, || PlainPlayer::new(flow));
    let plain_rate = rate(2, commands, || PlainPlayer::new(flow));
    let mut right = story == story_of_plain(flow);
    let expected = day.and_then(|day| Some((day, day.expected.as_ref()?)));
    let checked = expected.map_or(String::new(), |(day, expected)| {
        let same = same_trades(day, &story, expected);
        right &= same == expected.len() && same == story.trades.len();
        let of = expected.len();
        format!("\"trades_expected\": {of}, \"trades_right\": {same}, ")
    });
    let row = format!(
        "{{\"flow\": \"{}\", \"commands\": {commands}, \"resting_before\": {}, \
         \"open_at_end\": {}, \"events\": {events}, \"trades\": {}, {checked}\
         \"trades_as_plain\": {right}, {}, \
         \"commands_per_second\": {single_rate}, \"batched_commands_per_second\": {batch_rate}, \
         \"plain\": {{{}, \"commands_per_second\": {plain_rate}}}, \
         \"state_hash\": \"{hash:016x}\"}}",
        flow.name,
        flow.build.len(),
        story.open,
        story.trades.len(),
        percentiles(&times),
        percentiles(&plain_times),
    );
    (row, right)
}

/// Each a value that occurred: the smallest that so many are not above.
fn percentiles(times: &[u64]) -> String {
    let at = |per_mille: usize| times[(times.len() * per_mille).div_ceil(1000).max(1) - 1];
    format!(
        "\"p50_ns\": {}, \"p99_ns\": {}, \"p999_ns\": {}, \"max_ns\": {}",
        at(500),
        at(990),
        at(999),
        at(1000)
    )
}

/// How many of the expected trades happened in their places.
fn same_trades(day: &Day, story: &Story, expected: &[Expected]) -> usize {
    let mut ids: Vec<ClOrdId> = Vec::new();
    for (_, step) in &day.flow.steps {
        // Labels count the orders of the file.
        ids.extend(step.label.map(|_| step.command.cl_ord_id()));
    }
    let happened = story.trades.iter().map(|&(place, (label, price, quantity))| Expected {
        sequence: day.sequences[place],
        maker: ids[label as usize],
        price,
        quantity,
    });
    happened.zip(expected).filter(|(happened, expected)| happened == *expected).count()
}
