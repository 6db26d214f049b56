//! Measures pre-trade risk in process, every check on, and writes one JSON document.
//!
//! `bench_risk [--orders FILE] [--commands N]`: FILE is in the order-replay format, uncompressed;
//! `-` reads standard input. Its orders are dealt out to four accounts. N is the length of a
//! made-up flow of many accounts, 0: none. `bench_risk --count SIZE …` plays the first flow once in
//! messages of that size and prints how many commands and events it has, for a counter of
//! instructions outside that looks at `bench::risk::judge` and `bench::risk::learn`.
//!
//! What is timed, the cost of the clock subtracted:
//!
//! - judging one command a message, one by one: the message's fixed cost, the search for the client
//!   order id, every check, the reservation, the verdict, the running hash; of all commands, and of
//!   new orders alone;
//! - a message without commands: that fixed cost alone;
//! - judging messages of 256 as a whole, per command;
//! - taking in the fills, per event, which happens before a message is judged and apart from it.
//!
//! `checks` says what each check alone adds to the median new order of the first flow, and what all
//! of them do, for the account and with those of its firm and the venue; `memory_ns` what a load
//! takes that misses the second cache, in the same run.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::process::ExitCode;

use bench::machine::{chase_ns, timer_ns};
use bench::risk::{many, real_day, Checks, Messages, RiskFlow, RiskPlayer, ALL};
use engine::risk::bits;
use sim::flow::read_orders;

/// Commands in a message of the batched runs.
const BATCH: usize = 256;
/// Runs of each flow, the fastest of which counts.
const RUNS: usize = 5;

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
            eprintln!(
                "{error}\nusage: bench_risk [--orders FILE] [--commands N] [--count SIZE] \
                 [--checks 0]"
            );
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &[String]) -> io::Result<()> {
    let (mut flows, mut commands, mut count) = (Vec::new(), 500_000, None);
    for pair in arguments.chunks(2) {
        let bad =
            || io::Error::new(io::ErrorKind::InvalidInput, format!("not understood: {pair:?}"));
        let [name, value] = pair else { return Err(bad()) };
        match name.as_str() {
            "--orders" => flows.push(real_day(&read_orders(open(value)?)?)),
            "--commands" => commands = value.parse().map_err(|_| bad())?,
            "--count" => count = Some(value.parse().map_err(|_| bad())?),
            _ => return Err(bad()),
        }
    }
    if commands > 0 {
        flows.push(many(commands));
    }
    let Some(first) = flows.first() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "no flow"));
    };
    if let Some(size) = count {
        let messages = Messages::record(first, size);
        let mut player = RiskPlayer::new(&messages, ALL);
        player.play_all();
        println!("{} {}", first.requests.len(), player.events);
        return Ok(());
    }
    let timer_ns = timer_ns();
    let rows: Vec<String> = flows.iter().map(|flow| measure(flow, timer_ns)).collect();
    println!(
        "{{\"timer_ns\": {timer_ns}, \"memory_ns\": {:.0}, \"flows\": [\n  {}\n], \
         \"checks\": {}}}",
        chase_ns(64 << 20),
        rows.join(",\n  "),
        each_check(first, timer_ns),
    );
    Ok(())
}

fn open(path: &str) -> io::Result<Box<dyn BufRead>> {
    if path == "-" {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    Ok(Box::new(BufReader::new(File::open(path)?)))
}

/// The value that so many of a thousand are not above.
fn at(sorted: &[u64], per_mille: usize) -> u64 {
    sorted[(sorted.len() * per_mille).div_ceil(1000).max(1) - 1]
}

/// Rising, the cost of the clock subtracted.
fn sorted(times: impl Iterator<Item = u64>, timer_ns: u64) -> Vec<u64> {
    let mut times: Vec<u64> = times.map(|time| time.saturating_sub(timer_ns)).collect();
    times.sort_unstable();
    times
}

/// What judging each new order took, rising.
fn new_orders(flow: &RiskFlow, player: &RiskPlayer<'_>, timer_ns: u64) -> Vec<u64> {
    let of = player.judging_ns.iter().zip(&flow.requests);
    sorted(of.filter(|(_, request)| request.is_new()).map(|(&time, _)| time), timer_ns)
}

/// What each check costs alone, and what all of them do.
fn each_check(flow: &RiskFlow, timer_ns: u64) -> String {
    let singles = Messages::record(flow, 1);
    let with = |on, groups| Checks { on, groups };
    let mut kinds = vec![("none", with(0, false))];
    kinds.extend(ALONE.map(|(name, on)| (name, with(on, false))));
    kinds.extend([("all", ALL), ("all_firm_venue", Checks { groups: true, ..ALL })]);
    let mut best = vec![u64::MAX; kinds.len()];
    // In turns, so that a slower minute of the machine is not one check's.
    for _ in 0..RUNS {
        for ((_, checks), best) in kinds.iter().zip(&mut best) {
            let mut player = RiskPlayer::new(&singles, *checks);
            player.play_all();
            *best = (*best).min(at(&new_orders(flow, &player, timer_ns), 500));
        }
    }
    let row = |((name, _), &ns): (&(&str, Checks), &u64)| match *name {
        "none" => format!("\"{name}\": {ns}"),
        _ => format!("\"{name}\": {}", ns as i64 - best[0] as i64),
    };
    format!("{{{}}}", kinds.iter().zip(&best).map(row).collect::<Vec<_>>().join(", "))
}

fn measure(flow: &RiskFlow, timer_ns: u64) -> String {
    let singles = Messages::record(flow, 1);
    let mut best: Option<(u64, RiskPlayer<'_>)> = None;
    for _ in 0..RUNS {
        let mut player = RiskPlayer::new(&singles, ALL);
        player.play_all();
        let sum = player.judging_ns.iter().sum();
        if best.as_ref().is_none_or(|(least, _)| sum < *least) {
            best = Some((sum, player));
        }
    }
    let (_, mut single) = best.expect("at least one run");
    let new = new_orders(flow, &single, timer_ns);
    let times = sorted(single.judging_ns.iter().copied(), timer_ns);
    let single_fills =
        single.learning_ns.iter().sum::<u64>() - single.learning_ns.len() as u64 * timer_ns;
    let (refused, events) = (single.refused, single.events);
    let (open, hash) = (single.engine().open_orders(), single.engine().state_hash());
    let empty_ns = single.empty_message_ns().saturating_sub(timer_ns);

    let batches = Messages::record(flow, BATCH);
    let (mut batched_ns, mut fills_ns) = (f64::MAX, f64::MAX);
    for _ in 0..RUNS {
        let mut player = RiskPlayer::new(&batches, ALL);
        player.play_all();
        let mean = |times: &[u64], of: usize| times.iter().sum::<u64>() as f64 / of.max(1) as f64;
        batched_ns = batched_ns.min(mean(&player.judging_ns, flow.requests.len()));
        fills_ns = fills_ns.min(mean(&player.learning_ns, player.events));
    }
    format!(
        "{{\"flow\": \"{}\", \"commands\": {}, \"refused\": {refused}, \"events\": {events}, \
         {}, \"new_orders\": {{{}}}, \"empty_message_ns\": {empty_ns}, \
         \"ns_per_event\": {:.0}, \"batch\": {BATCH}, \
         \"batched_ns_per_command\": {batched_ns:.0}, \"batched_ns_per_event\": {fills_ns:.0}, \
         \"open_at_end\": {open}, \"state_hash\": \"{hash:016x}\"}}",
        flow.name,
        times.len(),
        percentiles(&times),
        percentiles(&new),
        single_fills as f64 / events.max(1) as f64,
    )
}

fn percentiles(times: &[u64]) -> String {
    format!(
        "\"p50_ns\": {}, \"p99_ns\": {}, \"p999_ns\": {}, \"max_ns\": {}",
        at(times, 500),
        at(times, 990),
        at(times, 999),
        at(times, 1000)
    )
}
