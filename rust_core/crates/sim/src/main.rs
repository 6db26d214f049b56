//! Runs the judge from the command line: `sim differential --commands N --seed S` for matching,
//! `sim conserve --commands N --seed S` for risk and matching joined.

use std::process::ExitCode;
use std::time::Instant;

use engine::pod::ExecType;
use sim::conserve;
use sim::differential::{run_of, Tally};
use sim::risk_loop::Seen;
use sim::text;
use sim::workload::Profile;

const USAGE: &str = "usage: sim differential [--commands N] [--seed S] [--profile NAME]
       sim conserve [--commands N] [--seed S]";
/// Commands between two lines that say how far a run is.
const TOLD_EVERY: u64 = 1_000_000;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let options = match options(&arguments) {
        Ok(options) => options,
        Err(text) => {
            eprintln!("{text}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match options.verb {
        Verb::Differential => differential(options),
        Verb::Conserve => conserve(&options),
    }
}

enum Verb {
    Differential,
    Conserve,
}

struct Options {
    verb: Verb,
    commands: u64,
    seed: u64,
    profiles: Vec<&'static Profile>,
}

fn options(arguments: &[String]) -> Result<Options, String> {
    let [verb, rest @ ..] = arguments else { return Err("what to do?".to_owned()) };
    let (verb, commands) = match verb.as_str() {
        "differential" => (Verb::Differential, 10_000_000),
        "conserve" => (Verb::Conserve, 5_000_000),
        _ => return Err(format!("{verb} is nothing to do")),
    };
    let mut options = Options { verb, commands, seed: 1, profiles: Profile::ALL.iter().collect() };
    for pair in rest.chunks(2) {
        let [name, value] = pair else { return Err(format!("{} needs a value", pair[0])) };
        let number = || value.parse().map_err(|_| format!("{value} is no number"));
        match name.as_str() {
            "--commands" => options.commands = number()?,
            "--seed" => options.seed = number()?,
            "--profile" if matches!(options.verb, Verb::Differential) => {
                let named = Profile::named(value);
                options.profiles = vec![named.ok_or_else(|| format!("no profile {value}"))?];
            }
            _ => return Err(format!("{name} is no option")),
        }
    }
    Ok(options)
}

fn differential(options: Options) -> ExitCode {
    let start = Instant::now();
    let mut told = 0;
    let progress = |tally: &Tally| {
        if tally.commands / TOLD_EVERY > told {
            told = tally.commands / TOLD_EVERY;
            let rate = tally.commands as f64 / start.elapsed().as_secs_f64();
            println!("{} commands, {rate:.0} a second", tally.commands);
        }
    };
    match run_of(&options.profiles, options.seed, options.commands, progress) {
        Ok(Tally { commands, events, trades, open_most, hash, seen }) => {
            let seconds = start.elapsed().as_secs_f64();
            println!(
                "{commands} commands, {events} events alike, {trades} trades, {open_most} orders \
                 open at most, hash {hash:016x}, {seconds:.1} s, {:.0} commands a second",
                commands as f64 / seconds
            );
            for ((exec_type, reason), count) in seen {
                let exec_type = ExecType::ALL[usize::from(exec_type)];
                println!("{count:>12} {exec_type:?} {}", text::reason(reason));
            }
            ExitCode::SUCCESS
        }
        Err(failure) => {
            let (profile, seed) = (failure.profile, failure.seed);
            eprintln!("profile {profile}, seed {seed}: {}\n", failure.reason);
            eprintln!("A short script that fails too:\n\n{}", failure.script);
            ExitCode::FAILURE
        }
    }
}

/// Commands from which on a run must have met everything that there is.
const LONG: u64 = 1_000_000;

fn conserve(options: &Options) -> ExitCode {
    let start = Instant::now();
    let mut told = 0;
    let progress = |tally: &conserve::Tally| {
        if tally.commands / TOLD_EVERY > told {
            told = tally.commands / TOLD_EVERY;
            let rate = tally.commands as f64 / start.elapsed().as_secs_f64();
            println!("{} commands, {rate:.0} a second", tally.commands);
        }
    };
    let tally = match conserve::run(options.seed, options.commands, progress) {
        Ok(tally) => tally,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    for (what, number, name) in Seen::expected() {
        println!("{:>12} {name}", tally.seen.times(what, number));
    }
    let (seconds, checks) = (start.elapsed().as_secs_f64(), tally.checks);
    println!(
        "{} commands in {} messages, {} events, {} episodes of up to {} accounts in {} firms and \
         {} instruments in {} currencies ({} accounts and {} instruments in all); compared: {} \
         holdings, {} of them with reservations from FILLS alone, {} accounts, all at once {} \
         times: 0 differences; hash {:016x}, {seconds:.1} s, {:.0} commands a second",
        tally.commands,
        tally.messages,
        tally.events,
        tally.episodes,
        tally.accounts_most,
        tally.firms_most,
        tally.instruments_most,
        tally.currencies.len(),
        tally.accounts,
        tally.instruments,
        checks.holdings,
        checks.reservations,
        checks.accounts,
        checks.complete,
        tally.hash,
        tally.commands as f64 / seconds,
    );
    let missing = tally.missing();
    if tally.commands >= LONG && !missing.is_empty() {
        eprintln!("never met: {}", missing.join(", "));
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
