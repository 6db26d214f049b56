//! Whatever bits a command holds, the engine answers: it refuses what makes no sense, never stops,
//! and says what the plain reference says. A batch that can't be the next one changes nothing.

use bytemuck::Zeroable;
use engine::pod::{BatchStatus, Command, Instrument, Verdict};
use engine::{Batch, BatchError, Fills, MatchingEngine};
use sim::invariants::{not_crossed, Checker};
use sim::reference::Reference;
use sim::rng::Rng;
use sim::text;

/// Sets random words, or only a few of their bits, so that some of them mean something.
fn scramble<T: bytemuck::Pod>(rng: &mut Rng, record: &mut T, words: u64) {
    let bytes = bytemuck::bytes_of_mut(record);
    for _ in 0..rng.below(words + 1) {
        let place = rng.below(bytes.len() as u64) as usize;
        bytes[place] = if rng.per_mille(800) { rng.below(4) as u8 } else { rng.next_u64() as u8 };
    }
}

fn batch<'a>(
    sequence: u64,
    commands: &'a [Command],
    verdicts: &'a [Verdict],
    instruments: &'a [Instrument],
) -> Batch<'a> {
    Batch {
        sequence,
        time_ns: sequence as i64,
        origin: 2,
        batch: sequence,
        fills_seen: 0,
        status: BatchStatus::Applied,
        commands,
        verdicts,
        orig_cl_ord_ids: &[],
        instruments,
        accounts: &[],
        limits: &[],
        terms: &[],
        rules: &[],
        fees: &[],
    }
}

/// A command that makes sense, before it is scrambled.
fn sound(rng: &mut Rng) -> Command {
    Command {
        kind: rng.pick(&[1, 1, 1, 2, 3, 5]),
        side: rng.pick(&[1, 2]),
        ord_type: rng.pick(&[2, 2, 1]),
        time_in_force: rng.pick(&[1, 2, 3, 4]),
        account: 1,
        instrument: 1,
        price: rng.between(1, 9),
        quantity: rng.between(1, 9),
        ..Command::zeroed()
    }
}

#[test]
fn random_bits() {
    let mut rng = Rng::new(11);
    let mut engine = MatchingEngine::new(0);
    let mut reference = Reference::new(0);
    let mut checker = Checker::default();
    let (mut fills, mut plain) = (Fills::default(), Fills::default());
    let mut happened = false;
    for sequence in 1..=20_000_u64 {
        let mut commands = [(); 4].map(|()| sound(&mut rng));
        let mut verdicts = [Verdict::zeroed(); 4];
        let mut instruments = [text::instrument(1), text::instrument(2)];
        for (command, verdict) in commands.iter_mut().zip(&mut verdicts) {
            scramble(&mut rng, command, 3);
            // Some recent place, mostly.
            verdict.order_id = sequence.saturating_sub(rng.below(20)) << 13 | rng.below(4);
            scramble(&mut rng, verdict, 1);
        }
        if sequence > 1 {
            scramble(&mut rng, &mut instruments[1], 2);
        }
        let batch = batch(sequence, &commands, &verdicts, &instruments);
        engine.apply(&batch, &mut fills).expect("the next message");
        reference.apply(&batch, &mut plain);
        assert_eq!(fills.events, plain.events, "message {sequence}");
        assert_eq!(fills.outcomes, plain.outcomes, "message {sequence}");
        happened |= fills.events.iter().any(|event| event.order_sequence > 0);
        checker.read(&fills.view()).unwrap_or_else(|error| panic!("message {sequence}: {error}"));
        let crossed = not_crossed(&engine, &reference);
        crossed.unwrap_or_else(|error| panic!("message {sequence}: {error}"));
    }
    checker.compare(&engine, &reference).expect("books are alike");
    assert!(happened);
}

#[test]
fn a_wrong_batch_changes_nothing() {
    let mut engine = MatchingEngine::new(0);
    let mut fills = Fills::default();
    let instruments = [text::instrument(1)];
    let set = Command { kind: 5, ..Command::zeroed() };
    let (commands, verdicts) = (vec![set; 4097], vec![Verdict::zeroed(); 4097]);
    engine
        .apply(&batch(1, &commands[..1], &verdicts[..1], &instruments), &mut fills)
        .expect("first");
    let hash = engine.state_hash();

    let mut refused = |batch: Batch<'_>| {
        let error = engine.apply(&batch, &mut fills).expect_err("it can't be the next");
        assert_eq!((engine.applied(), engine.state_hash()), (1, hash), "{error}");
        error
    };
    let next = batch(2, &commands[..1], &verdicts[..1], &instruments);
    assert_eq!(refused(batch(1, &[], &[], &[])), BatchError::Sequence { expected: 2, found: 1 });
    assert_eq!(refused(batch(3, &[], &[], &[])), BatchError::Sequence { expected: 2, found: 3 });
    assert_eq!(refused(Batch { time_ns: 0, ..next }), BatchError::Time { last: 1, found: 0 });
    assert_eq!(refused(batch(2, &commands, &verdicts, &[])), BatchError::Commands(4097));
    assert_eq!(
        refused(batch(2, &commands[..2], &verdicts[..1], &[])),
        BatchError::Verdicts { commands: 2, verdicts: 1 }
    );
    assert_eq!(
        refused(Batch { status: BatchStatus::Void, ..next }),
        BatchError::Status(BatchStatus::Void)
    );
    engine.apply(&next, &mut fills).expect("the next");
    assert_ne!(engine.state_hash(), hash);
}
