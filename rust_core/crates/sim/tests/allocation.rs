//! Once its tables have grown, the engine takes no memory and gives none back.

#![allow(unsafe_code, reason = "a global allocator is unsafe by nature; this one only counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use engine::brief::{Answer, Request};
use engine::matching::Told;
use engine::pod::{BatchStatus, CommandKind, TimeInForce};
use engine::{Batch, Fills, MatchingEngine};
use sim::differential::recorded;
use sim::mix::{fresh_engine, EXCHANGE_CORE};
use sim::script::{Assembler, Message, Step};
use sim::text;
use sim::workload::Profile;

struct Counting;

thread_local! {
    /// Calls of this thread: tests run side by side.
    static MY_CALLS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    MY_CALLS.with(|calls| calls.set(calls.get() + 1));
}

// SAFETY: every call goes on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count();
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn none_in_the_steady_state() {
    let batched = EXCHANGE_CORE.flow(7, 200_000).batched(64);
    let mut fills = Fills::default();
    let mut engine = fresh_engine(text::instrument(1), &mut fills);
    let mut calls_before = 0;
    let batches = batched.commands.chunks(64).zip(batched.verdicts.chunks(64));
    let (count, warm) = (batches.len(), batches.len() / 2);
    for (number, (commands, verdicts)) in batches.enumerate() {
        if number == warm {
            calls_before = MY_CALLS.with(Cell::get);
        }
        let batch = Batch {
            sequence: number as u64 + 2,
            time_ns: 0,
            origin: 2,
            batch: number as u64 + 1,
            fills_seen: 0,
            status: BatchStatus::Applied,
            commands,
            verdicts,
            orig_cl_ord_ids: &[],
            instruments: &[],
            accounts: &[],
            limits: &[],
            terms: &[],
            rules: &[],
            fees: &[],
        };
        engine.apply(&batch, &mut fills).expect("the next message");
    }
    let calls = MY_CALLS.with(Cell::get) - calls_before;
    assert_eq!(calls, 0, "in the last {} messages", count - warm);
    assert!(engine.open_orders() > 900, "the book is alive");
}

/// The same flow, asked for briefly of a book that stands alone.
#[test]
fn none_when_it_is_brief() {
    let flow = EXCHANGE_CORE.flow(7, 200_000);
    let steps = flow.build.iter().chain(flow.steps.iter().map(|(_, step)| step));
    let requests: Vec<Request> = steps.map(request).collect();
    let mut fills = Fills::default();
    let mut engine = MatchingEngine::named();
    let mut message = Message::new(0, vec![Step::new(CommandKind::SetInstrument)]);
    message.instruments.push(text::instrument(1));
    let mut assembler = Assembler::default();
    engine.apply(&assembler.assemble(&message), &mut fills).expect("the first message");
    let (mut answers, mut told) = (vec![Answer::default(); 64], Told::default());
    let pieces = requests.chunks_exact(64);
    let (count, mut calls, mut deals) = (pieces.len(), 0, 0);
    for (number, piece) in pieces.enumerate() {
        let before = MY_CALLS.with(Cell::get);
        told.clear();
        engine.serve(1, piece, &mut answers, &mut told).expect("there is room");
        deals += told.deals.len();
        if number >= count / 2 {
            calls += MY_CALLS.with(Cell::get) - before;
        }
    }
    assert_eq!(calls, 0, "in the last {} pieces", count - count / 2);
    assert!(engine.open_orders() > 900 && deals > 10_000, "the book is alive");
}

/// A step of a flow, its order named by its label.
fn request(step: &Step) -> Request {
    let command = &step.command;
    Request {
        order_id: step.label.or(step.target).map_or(0, u64::from),
        price: command.price,
        quantity: command.quantity,
        account: command.account,
        kind: command.kind as u8,
        side: command.side as u8,
        ord_type: command.ord_type as u8,
        time_in_force: command.time_in_force as u8,
        flags: command.flags,
        self_trade_prevention: command.self_trade_prevention,
        self_trade_group: command.self_trade_group,
    }
}

/// Every kind of order and command, again and again in the same shard.
#[test]
fn none_for_any_kind() {
    for name in ["kinds", "auctions", "stops", "pegs", "lists", "bands"] {
        let profile = Profile::named(name).expect("a profile");
        let script = recorded(profile, 5, 20_000);
        let span_ns = script.last().expect("messages").time_ns - script[0].time_ns;
        // Whole weeks, so that schedules and ends of days come at the same places.
        let span_ns = (span_ns / WEEK_NS + 1) * WEEK_NS;
        let (mut engine, mut assembler) = (MatchingEngine::new(0), Assembler::default());
        let mut fills = Fills::default();
        // Tables grow to what the busiest moment needs; once passes are alike that is enough.
        for pass in 0..PASSES {
            let mut calls = 0;
            for message in &script {
                let message = later(message, pass * span_ns);
                let batch = assembler.assemble(&message);
                let before = MY_CALLS.with(Cell::get);
                engine.apply(&batch, &mut fills).expect("the next message");
                calls += MY_CALLS.with(Cell::get) - before;
            }
            assert!(pass + 1 < PASSES || calls == 0, "{name}: {calls} in pass {pass}");
            let cleared = Message::new(later_ns(&script, pass, span_ns), clearing());
            engine.apply(&assembler.assemble(&cleared), &mut fills).expect("the next message");
        }
    }
}

const WEEK_NS: i64 = 7 * 86_400 * 1_000_000_000;
/// Passes over a script; the last one is counted.
const PASSES: i64 = 5;

/// A message so much later; what its orders say of times as well.
fn later(message: &Message, by_ns: i64) -> Message {
    let mut later = message.clone();
    later.time_ns += by_ns;
    for step in &mut later.steps {
        if step.command.time_in_force == TimeInForce::Gtd.number() {
            step.command.expire_time = step.command.expire_time.saturating_add(by_ns);
        }
    }
    later
}

fn later_ns(script: &[Message], pass: i64, span_ns: i64) -> i64 {
    script.last().expect("messages").time_ns + pass * span_ns
}

/// What makes a shard as good as new: nothing is open, everything trades.
fn clearing() -> Vec<Step> {
    let kinds = [CommandKind::SetSession, CommandKind::SetLastTrade];
    let markets = (1..=4).flat_map(|instrument| {
        kinds.map(|kind| {
            let mut step = Step::new(kind);
            step.command.instrument = instrument;
            step.command.price = if kind == CommandKind::SetLastTrade { 500 } else { 0 };
            step
        })
    });
    [Step::new(CommandKind::MassCancel)].into_iter().chain(markets).collect()
}
