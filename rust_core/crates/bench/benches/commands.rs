//! Single commands on a book of a thousand orders, each beside the same on the plain book.
//!
//! Every round leaves the book as it was, so a round of two commands is measured as two.

#![allow(missing_docs, reason = "criterion's macro declares a public function without")]

use std::hint::black_box;

use bench::plain::{PlainBook, Request};
use criterion::{criterion_group, criterion_main, Criterion, Throughput};
use engine::ids::place;
use engine::pod::{
    BatchStatus, Command, CommandKind, OrdType, Side, TimeInForce, Verdict, VerdictKind,
};
use engine::{Batch, Fills, MatchingEngine};
use sim::mix::fresh_engine;
use sim::script::Step;
use sim::text;

/// Levels on each side of the book.
const LEVELS: i64 = 250;
/// Orders at a level.
const ORDERS: i64 = 2;
/// The best ask; the best bid is one below.
const ASK: i64 = 100_000;
/// The size of an order.
const SIZE: i64 = 10;
/// Levels that a sweep takes.
const SWEPT: i64 = 25;

/// The engine, one command a message.
struct Engine {
    engine: MatchingEngine,
    fills: Fills,
}

impl Engine {
    fn new() -> Self {
        let mut fills = Fills::default();
        Self { engine: fresh_engine(text::instrument(1), &mut fills), fills }
    }

    /// Applies a command; the id of what it makes.
    fn apply(&mut self, command: Command, target: Option<u64>) -> u64 {
        let sequence = self.engine.applied() + 1;
        let own = place(0, sequence, 0);
        let verdict = Verdict {
            order_id: target.unwrap_or(own),
            first_place: 0,
            kind: VerdictKind::Accepted.number(),
            reason: 0,
            cancel_reason: 0,
            reserved: 0,
        };
        let batch = Batch {
            sequence,
            time_ns: 0,
            origin: 2,
            batch: sequence,
            fills_seen: 0,
            status: BatchStatus::Applied,
            commands: &[command],
            verdicts: &[verdict],
            orig_cl_ord_ids: &[],
            instruments: &[],
            accounts: &[],
            limits: &[],
            terms: &[],
            rules: &[],
            fees: &[],
        };
        self.engine.apply(&batch, &mut self.fills).expect("the next message");
        black_box(&self.fills.events);
        own
    }
}

/// The plain book, with labels counted.
#[derive(Default)]
struct Plain {
    book: PlainBook,
    trades: Vec<(u32, i64, i64)>,
    labels: u32,
}

impl Plain {
    fn apply(&mut self, request: Request) {
        self.trades.clear();
        self.book.apply(request, &mut self.trades);
        black_box(&self.trades);
    }

    fn order(&mut self, buys: bool, rests: bool, price: i64, quantity: i64) -> u32 {
        self.labels += 1;
        self.apply(Request::New { label: self.labels, buys, rests, price, quantity });
        self.labels
    }
}

fn command(kind: CommandKind) -> Command {
    Command { account: 1, instrument: 1, ..Step::new(kind).command }
}

fn order(side: Side, time: TimeInForce, price: i64, quantity: i64) -> Command {
    Command {
        side: side.number(),
        ord_type: OrdType::Limit.number(),
        time_in_force: time.number(),
        cl_ord_id: [1, 0, 0, 0],
        price,
        quantity,
        ..command(CommandKind::NewOrder)
    }
}

/// Both books with the same orders, and the ids of the last bid of a level deep in each.
fn books() -> (Engine, u64, Plain, u32) {
    let (mut engine, mut plain) = (Engine::new(), Plain::default());
    let mut deep = (0, 0);
    for level in 0..LEVELS {
        for _ in 0..ORDERS {
            let bid = order(Side::Buy, TimeInForce::Gtc, ASK - 1 - level, SIZE);
            let ids = (engine.apply(bid, None), plain.order(true, true, ASK - 1 - level, SIZE));
            if level == LEVELS / 2 {
                deep = ids;
            }
            engine.apply(order(Side::Sell, TimeInForce::Gtc, ASK + level, SIZE), None);
            plain.order(false, true, ASK + level, SIZE);
        }
    }
    (engine, deep.0, plain, deep.1)
}

fn rest_and_cancel(c: &mut Criterion) {
    let (mut engine, _, mut plain, _) = books();
    let mut group = c.benchmark_group("rest_and_cancel");
    group.throughput(Throughput::Elements(2));
    group.bench_function("engine", |b| {
        b.iter(|| {
            let id = engine.apply(order(Side::Buy, TimeInForce::Gtc, ASK - 5, SIZE), None);
            engine.apply(command(CommandKind::CancelOrder), Some(id));
        });
    });
    group.bench_function("plain", |b| {
        b.iter(|| {
            let label = plain.order(true, true, ASK - 5, SIZE);
            plain.apply(Request::Cancel(label));
        });
    });
    group.finish();
}

fn rest_and_take(c: &mut Criterion) {
    let (mut engine, _, mut plain, _) = books();
    let mut group = c.benchmark_group("rest_and_take");
    group.throughput(Throughput::Elements(2));
    group.bench_function("engine", |b| {
        b.iter(|| {
            engine.apply(order(Side::Sell, TimeInForce::Gtc, ASK, SIZE), None);
            engine.apply(order(Side::Buy, TimeInForce::Ioc, ASK, SIZE), None);
        });
    });
    group.bench_function("plain", |b| {
        b.iter(|| {
            plain.order(false, true, ASK, SIZE);
            plain.order(true, false, ASK, SIZE);
        });
    });
    group.finish();
}

fn sweep_and_refill(c: &mut Criterion) {
    let (mut engine, _, mut plain, _) = books();
    let (end, quantity) = (ASK + SWEPT - 1, SWEPT * ORDERS * SIZE);
    let mut group = c.benchmark_group("sweep_and_refill");
    group.throughput(Throughput::Elements((1 + SWEPT * ORDERS) as u64));
    group.bench_function("engine", |b| {
        b.iter(|| {
            engine.apply(order(Side::Buy, TimeInForce::Ioc, end, quantity), None);
            for place in 0..SWEPT * ORDERS {
                let price = ASK + place % SWEPT;
                engine.apply(order(Side::Sell, TimeInForce::Gtc, price, SIZE), None);
            }
        });
    });
    group.bench_function("plain", |b| {
        b.iter(|| {
            plain.order(true, false, end, quantity);
            for place in 0..SWEPT * ORDERS {
                plain.order(false, true, ASK + place % SWEPT, SIZE);
            }
        });
    });
    group.finish();
}

fn move_and_back(c: &mut Criterion) {
    let (mut engine, id, mut plain, label) = books();
    let from = ASK - 1 - LEVELS / 2;
    let mut group = c.benchmark_group("move_and_back");
    group.throughput(Throughput::Elements(2));
    group.bench_function("engine", |b| {
        b.iter(|| {
            for price in [from - 10, from] {
                let command = Command { price, ..command(CommandKind::ReplaceOrder) };
                engine.apply(command, Some(id));
            }
        });
    });
    group.bench_function("plain", |b| {
        b.iter(|| {
            for price in [from - 10, from] {
                plain.apply(Request::Replace { label, price, quantity: 0, open: false });
            }
        });
    });
    group.finish();
}

criterion_group! {
    name = commands;
    config = Criterion::default()
        .warm_up_time(std::time::Duration::from_millis(500))
        .measurement_time(std::time::Duration::from_secs(2));
    targets = rest_and_cancel, rest_and_take, sweep_and_refill, move_and_back
}
criterion_main!(commands);
