//! Runs the judge from the command line: `sim differential --commands N --seed S`.

use std::process::ExitCode;
use std::time::Instant;

use engine::pod::ExecType;
use sim::differential::{run_of, Tally};
use sim::text;
use sim::workload::Profile;

const USAGE: &str = "usage: sim differential [--commands N] [--seed S] [--profile NAME]";
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
    differential(options)
}

struct Options {
    commands: u64,
    seed: u64,
    profiles: Vec<&'static Profile>,
}

fn options(arguments: &[String]) -> Result<Options, String> {
    let mut options =
        Options { commands: 10_000_000, seed: 1, profiles: Profile::ALL.iter().collect() };
    let [verb, rest @ ..] = arguments else { return Err("what to do?".to_owned()) };
    if verb != "differential" {
        return Err(format!("{verb} is nothing to do"));
    }
    for pair in rest.chunks(2) {
        let [name, value] = pair else { return Err(format!("{} needs a value", pair[0])) };
        let number = || value.parse().map_err(|_| format!("{value} is no number"));
        match name.as_str() {
            "--commands" => options.commands = number()?,
            "--seed" => options.seed = number()?,
            "--profile" => {
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
