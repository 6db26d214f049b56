//! Frames against the golden bytes of version 1, which pycapnp wrote.

use bytemuck::Zeroable;
use engine::ids::MAX_SEQUENCE;
use engine::pod::{
    BatchStatus, CommandKind, FeeSchedule, InstrumentRules, MarketStatus, OrderTerms, FLAG_TERMS,
    MAX_STATUSES,
};
use wire::frame::{aligned, digest, Frame, Log, Problem};

/// The messages with five lists, then those with all.
const GOLDEN: [(Log, &[u8]); 6] = [
    (Log::Orders, include_bytes!("golden/v1/orders.bin")),
    (Log::Risked, include_bytes!("golden/v1/risked.bin")),
    (Log::Fills, include_bytes!("golden/v1/fills.bin")),
    (Log::Orders, include_bytes!("golden/v1/orders_all.bin")),
    (Log::Risked, include_bytes!("golden/v1/risked_all.bin")),
    (Log::Fills, include_bytes!("golden/v1/fills_all.bin")),
];
/// Of `GOLDEN`.
const ORDERS_ALL: usize = 3;

/// What a frame reads as that was written from another after a change.
fn changed(golden: &[u8], change: impl FnOnce(&mut Frame<'_>)) -> Vec<u8> {
    let mut copy = Vec::new();
    let mut frame = Frame::read(aligned(golden, &mut copy)).expect("a golden frame");
    change(&mut frame);
    let mut out = Vec::new();
    frame.write(&mut out);
    out
}

/// How many pointers a frame has.
fn pointers(frame: &[u8]) -> u16 {
    u16::from_le_bytes([frame[14], frame[15]])
}

fn problem(frame: &[u8]) -> Problem {
    let mut copy = Vec::new();
    Frame::read(aligned(frame, &mut copy)).expect_err("not a frame of ours").problem
}

/// Reads a frame wherever it lies, and writes it again.
fn rewritten(frame: &[u8]) -> Vec<u8> {
    let mut copy = Vec::new();
    let read = Frame::read(aligned(frame, &mut copy)).expect("a golden frame");
    let mut out = Vec::new();
    read.write(&mut out);
    out
}

#[test]
fn golden_frames_are_read_and_written_byte_for_byte() {
    for (log, golden) in GOLDEN {
        let mut copy = Vec::new();
        let frame = Frame::read_as(aligned(golden, &mut copy), log).expect("a golden frame");
        assert_eq!(frame.header.shard, 3);
        assert_eq!(frame.header.status, BatchStatus::Applied);
        assert_eq!(frame.instruments[0].quantity_scale, 8);
        assert_eq!(rewritten(golden), golden);
    }
}

#[test]
fn commands_are_used_where_they_lie() {
    let golden = GOLDEN[0].1;
    let mut words = vec![0_u64; golden.len() / 8];
    let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut words);
    bytes.copy_from_slice(golden);
    let bytes: &[u8] = bytes;
    let frame = Frame::read(bytes).expect("a golden frame");
    let inside = bytes.as_ptr_range();
    assert!(inside.contains(&frame.commands.as_ptr().cast::<u8>()));
    assert_eq!(frame.commands[1].kind, CommandKind::ReplaceOrder.number());
    assert_eq!(frame.commands[1].cl_ord_id().as_bytes().len(), 36);
    assert_eq!(frame.commands[1].orig_cl_ord_id_index, 2);
}

#[test]
fn a_frame_elsewhere_in_memory_is_refused_or_copied() {
    let golden = GOLDEN[0].1;
    let mut shifted = vec![0_u64; golden.len() / 8 + 1];
    let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut shifted);
    bytes[4..4 + golden.len()].copy_from_slice(golden);
    let askew = &bytes[4..4 + golden.len()];
    assert_eq!(Frame::read(askew).expect_err("not at a word").problem, Problem::Misaligned);
    assert_eq!(rewritten(askew), golden);
    assert_eq!(digest(askew), digest(golden));
}

#[test]
fn another_log_is_named() {
    let mut copy = Vec::new();
    let error = Frame::read_as(aligned(GOLDEN[2].1, &mut copy), Log::Risked).expect_err("FILLS");
    assert_eq!(error.problem, Problem::OtherLog { wanted: Log::Risked, found: Log::Fills });
}

/// One bit or byte after the other is changed: what is read then is still inside its bounds, and
/// says exactly those bytes when it is written again.
#[test]
fn every_single_damage_is_refused_or_means_itself() {
    for (_, golden) in GOLDEN {
        let (mut refused, mut read) = (0, 0);
        for place in 0..golden.len() {
            for change in [1, 2, 4, 8, 16, 32, 64, 128, 255] {
                let mut damaged = golden.to_vec();
                damaged[place] ^= change;
                let mut copy = Vec::new();
                match Frame::read(aligned(&damaged, &mut copy)) {
                    Err(error) => {
                        assert!(error.offset <= damaged.len());
                        assert!(!error.to_string().is_empty());
                        refused += 1;
                    }
                    Ok(frame) => {
                        assert!(frame.header.sequence <= MAX_SEQUENCE);
                        let mut out = Vec::new();
                        frame.write(&mut out);
                        assert_eq!(out, damaged);
                        read += 1;
                    }
                }
            }
        }
        assert!(refused > 500 && read > 500, "{refused} refused, {read} read");
    }
}

#[test]
fn an_empty_list_is_a_null_pointer_and_nothing_else() {
    let mut copy = Vec::new();
    let frame = Frame::read(aligned(GOLDEN[0].1, &mut copy)).expect("a golden frame");
    let mut without = frame;
    without.limits = &[];
    without.commands = &frame.commands[..4];
    let mut out = Vec::new();
    without.write(&mut out);
    let mut copy = Vec::new();
    assert!(Frame::read(aligned(&out, &mut copy)).is_ok());
    // A tag of no elements behind the last list, and a pointer to it: well-formed, not ours.
    let end = out.len() / 8 - 1;
    let pointer = 1 + 1 + 4 + 4;
    out.extend_from_slice(&(16_u64 << 32).to_le_bytes());
    out[4..8].copy_from_slice(&(end as u32 + 1).to_le_bytes());
    let word = 1 | ((end - pointer) as u64) << 2 | 7 << 32;
    out[8 * pointer..8 * pointer + 8].copy_from_slice(&word.to_le_bytes());
    let mut copy = Vec::new();
    let error = Frame::read(aligned(&out, &mut copy)).expect_err("an empty list that is there");
    assert!(matches!(error.problem, Problem::Tag(_) | Problem::Place { .. }), "{error}");
}

#[test]
fn null_pointers_after_the_fifth_are_left_out_at_the_end() {
    for (log, golden) in GOLDEN {
        let most = if log == Log::Fills { 6 } else { 8 };
        let without_fees = changed(golden, |frame| frame.fees = &[]);
        let without_rules = changed(golden, |frame| (frame.rules, frame.fees) = (&[], &[]));
        let without_terms = changed(golden, |frame| frame.terms = &[]);
        let without = changed(golden, |frame| {
            (frame.rules, frame.terms, frame.fees) = (&[], &[], &[]);
            frame.statuses = &[];
        });
        assert_eq!(pointers(&without), 5);
        if pointers(golden) == 5 {
            for same in [&without_fees, &without_rules, &without_terms] {
                assert_eq!(same, &without);
            }
            continue;
        }
        assert_eq!(pointers(golden), most);
        if log != Log::Fills {
            assert_eq!(pointers(&without_fees), 7);
            assert_eq!(pointers(&without_rules), 6);
            // The sixth is there, null, because the eighth is.
            assert_eq!(pointers(&without_terms), 8);
        }
    }
}

#[test]
fn a_null_pointer_at_the_end_is_refused() {
    for (log, golden) in &GOLDEN[..ORDERS_ALL] {
        let data = match log {
            Log::Orders => 4,
            Log::Risked => 10,
            Log::Fills => 9,
        };
        let at = 8 * (2 + data + 5);
        let mut more = golden.to_vec();
        more.splice(at..at, [0; 8]);
        // As pycapnp would write it: one pointer more, and so each list a word further on.
        more[14] += 1;
        let words = (more.len() / 8 - 1) as u32;
        more[4..8].copy_from_slice(&words.to_le_bytes());
        for place in 0..5 {
            let pointer = &mut more[8 * (2 + data + place)..][..8];
            let word = u64::from_le_bytes(pointer.try_into().expect("eight bytes"));
            pointer.copy_from_slice(&(word + 4).to_le_bytes());
        }
        assert_eq!(problem(&more), Problem::Root, "{log:?}");
    }
}

#[test]
fn terms_and_rules_that_are_not_there_are_refused() {
    let golden = GOLDEN[ORDERS_ALL].1;
    let mut copy = Vec::new();
    let frame = Frame::read(aligned(golden, &mut copy)).expect("a golden frame");
    assert_eq!((frame.terms.len(), frame.rules.len()), (2, 1));
    assert_ne!(frame.commands[0].flags & FLAG_TERMS, 0);
    assert_eq!(frame.commands[0].payload_index, 1);
    for (place, payload_index) in [(0, 2), (0, u16::MAX), (5, 1), (6, 1)] {
        let mut commands = frame.commands.to_vec();
        commands[place].payload_index = payload_index;
        let mut out = Vec::new();
        Frame { commands: &commands, ..frame }.write(&mut out);
        assert_eq!(problem(&out), Problem::Index { list: "commands", index: place });
    }
    let mut commands = frame.commands.to_vec();
    commands[1].flags |= FLAG_TERMS;
    let mut out = Vec::new();
    Frame { commands: &commands, terms: &[], ..frame }.write(&mut out);
    assert_eq!(problem(&out), Problem::Index { list: "commands", index: 0 });
}

#[test]
fn more_terms_rules_fees_or_statuses_than_fit_are_refused() {
    // What a frame refers to outlives it here.
    let terms = vec![OrderTerms::default(); 8].leak();
    let rules = vec![InstrumentRules::zeroed(); 8].leak();
    let fees = vec![FeeSchedule::zeroed(); 8].leak();
    let orders = GOLDEN[ORDERS_ALL].1;
    let many = changed(orders, |frame| frame.terms = terms);
    assert_eq!(problem(&many), Problem::Count { list: "terms", count: 8 });
    let many = changed(orders, |frame| frame.rules = rules);
    assert_eq!(problem(&many), Problem::Count { list: "rules", count: 8 });
    let many = changed(orders, |frame| frame.fees = fees);
    assert_eq!(problem(&many), Problem::Count { list: "fees", count: 8 });
    let max = MAX_STATUSES;
    let statuses = vec![MarketStatus::zeroed(); max + 1].leak();
    let many = changed(GOLDEN[ORDERS_ALL + 2].1, |frame| frame.statuses = statuses);
    assert_eq!(problem(&many), Problem::TooMany { count: max + 1, max });
}
