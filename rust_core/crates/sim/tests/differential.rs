//! The engine and the plain reference tell the same story; a seed names the run.

use engine::pod::ExecType;
use engine::reject::Reject;
use sim::differential::{run, Tally};

#[test]
fn a_million_commands() {
    let commands = 1_100_000;
    let tally = match run(1, commands) {
        Ok(tally) => tally,
        Err(failure) => panic!(
            "profile {}, seed {}: {}\n\nshort script:\n\n{}",
            failure.profile, failure.seed, failure.reason, failure.script
        ),
    };
    assert!(tally.commands >= commands && tally.open_most > 80_000, "{tally:?}");
    saw_everything(&tally);
}

/// The same seed gives the same hash in another process and on another day.
#[test]
fn a_replay_gives_the_same_hash() {
    let once = run(99, 50_000).expect("engines agree");
    let again = run(99, 50_000).expect("engines agree");
    assert_eq!(once, again);
    assert_ne!(once.hash, run(100, 50_000).expect("engines agree").hash);
}

fn saw_everything(tally: &Tally) {
    let canceled = |reason: Reject| (ExecType::Canceled, reason.number());
    let rejected = |reason: Reject| (ExecType::Rejected, reason.number());
    let refused = |reason: Reject| (ExecType::CancelRejected, reason.number());
    let expected = [
        (ExecType::New, 0),
        (ExecType::Trade, 0),
        (ExecType::Replaced, 0),
        (ExecType::Canceled, 0),
        (ExecType::Expired, 0),
        (ExecType::Restated, 0),
        (ExecType::Triggered, 0),
        (ExecType::Suspended, 0),
        (ExecType::TradeBust, 0),
        // Beyond what bounds prices.
        (ExecType::Canceled, 116),
        // Self-trades prevented, FIX 378.
        (ExecType::Canceled, 17),
        (ExecType::Canceled, 18),
        (ExecType::Canceled, 19),
        (ExecType::Canceled, 20),
        (ExecType::Restated, 20),
        canceled(Reject::FokUnfillable),
        canceled(Reject::Other),
        canceled(Reject::LinkedOrder),
        rejected(Reject::UnknownSymbol),
        rejected(Reject::UnsupportedCharacteristic),
        rejected(Reject::IncorrectQuantity),
        rejected(Reject::TickSize),
        rejected(Reject::MarketClosed),
        rejected(Reject::PostOnlyWouldCross),
        rejected(Reject::SymbolHalted),
        rejected(Reject::PriceBand),
        rejected(Reject::NoReferencePrice),
        rejected(Reject::UnknownOrder),
        rejected(Reject::ClipSize),
        rejected(Reject::Other),
        refused(Reject::TooLate),
        refused(Reject::UnknownOrder),
        refused(Reject::MarketClosed),
        refused(Reject::PostOnlyWouldCross),
        refused(Reject::SymbolHalted),
        refused(Reject::PriceBand),
        refused(Reject::IncorrectQuantity),
        refused(Reject::TickSize),
        refused(Reject::ClipSize),
    ];
    for (exec_type, reason) in expected {
        assert!(
            tally.seen.contains_key(&(exec_type.number(), reason)),
            "never saw {exec_type:?} for {reason}: {:?}",
            tally.seen
        );
    }
}
