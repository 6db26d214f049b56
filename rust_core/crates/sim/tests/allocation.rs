//! Once its tables have grown, the engine takes no memory and gives none back.

#![allow(unsafe_code, reason = "a global allocator is unsafe by nature; this one only counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

use engine::pod::BatchStatus;
use engine::{Batch, Fills};
use sim::mix::{fresh_engine, EXCHANGE_CORE};
use sim::text;

struct Counting;

static CALLS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call goes on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        CALLS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        CALLS.fetch_add(1, Ordering::Relaxed);
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
            calls_before = CALLS.load(Ordering::Relaxed);
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
        };
        engine.apply(&batch, &mut fills).expect("the next message");
    }
    let calls = CALLS.load(Ordering::Relaxed) - calls_before;
    assert_eq!(calls, 0, "in the last {} messages", count - warm);
    assert!(engine.open_orders() > 900, "the book is alive");
}
