//! Market data told as trading: deltas, trades, tops, bars, and a mirror that only reads deltas.

mod desk;

use std::collections::BTreeMap;

use desk::*;
use engine::market_data::{MarketDataError, Updates};
use engine::pod::{Event, Side, MAX_QUANTITY, TIMER};
use engine::Level;

/// What the last message changed in the book, as text: one line for each delta.
fn deltas(desk: &Desk) -> Vec<String> {
    let updates = &desk.updates;
    let line = |delta| {
        let levels = updates.levels(delta).iter().map(|change| {
            let Level { price, quantity, orders } = change.level;
            format!("{:?} {quantity} @ {price} ({orders})", change.side)
        });
        format!("#{} {}", delta.number, levels.collect::<Vec<_>>().join(", "))
    };
    updates.deltas.iter().map(line).collect()
}

fn batch(desk: &mut Desk, lines: &[&str]) {
    let mut payload = Payload::default();
    lines.iter().for_each(|line| payload.line(line));
    desk.send(&payload);
}

#[test]
fn each_command_that_changes_the_book_is_one_delta() {
    let mut desk = Desk::open();
    batch(
        &mut desk,
        &[
            "alice: buy 5 @ 100 as a1",
            "bob: buy 7 @ 100 as b1",
            "bob: cancel nothing",
            "alice: buy 1 @ 99 as a2",
            "carol: sell 9 @ 99 ioc as c1",
            "carol: sell 9 @ 99 fok as c2",
            "bob: cancel b1",
        ],
    );
    assert_eq!(
        deltas(&desk),
        [
            "#1 Buy 5 @ 100 (1)",
            "#2 Buy 12 @ 100 (2)",
            "#3 Buy 1 @ 99 (1)",
            "#4 Buy 3 @ 100 (1)",
            "#5 Buy 0 @ 100 (0)",
        ]
    );
    let indices: Vec<_> = desk.updates.deltas.iter().map(|delta| delta.command_index).collect();
    assert_eq!(indices, [0, 1, 3, 4, 6]);
    let prices: Vec<_> = desk.updates.trades.iter().map(|t| (t.price, t.quantity)).collect();
    assert_eq!(prices, [(100, 5), (100, 4)]);
    assert!(desk.updates.trades.iter().all(|trade| trade.aggressor == Side::Sell));
    let top = desk.updates.tops[0].top;
    assert_eq!((top.bid.map(|bid| bid.price), top.ask), (Some(99), None));
    assert_eq!(desk.updates.tops.len(), 1, "one a message");
}

#[test]
fn a_sweep_that_rests_changes_both_sides_in_one_delta() {
    let mut desk = Desk::open();
    desk.accepted(&[
        "alice: sell 5 @ 101 as a1",
        "alice: sell 5 @ 102 as a2",
        "alice: sell 5 @ 104 as a3",
        "bob: buy 12 @ 103 as b1",
    ]);
    let swept = "#4 Buy 2 @ 103 (1), Sell 0 @ 101 (0), Sell 0 @ 102 (0)";
    assert_eq!(deltas(&desk), [swept]);
    desk.accepted(&["bob: replace b1 total 20 @ 104 as b2"]);
    assert_eq!(deltas(&desk), ["#5 Buy 0 @ 103 (0), Buy 5 @ 104 (1), Sell 0 @ 104 (0)"]);
    desk.accepted(&["bob: replace b2 total 16 as b3"]);
    assert_eq!(deltas(&desk), ["#6 Buy 1 @ 104 (1)"]);
}

#[test]
fn what_comes_and_goes_within_a_command_is_no_delta() {
    let mut desk = Desk::open();
    batch(&mut desk, &["alice: buy 5 @ 100 ioc as a1", "alice: buy 5 market as a2"]);
    assert!(deltas(&desk).is_empty() && desk.updates.tops.is_empty());
    // It comes in one command and goes in the next: two deltas, and the same top as before.
    batch(&mut desk, &["alice: buy 5 @ 100 as a3", "alice: cancel a3"]);
    assert_eq!(deltas(&desk).len(), 2);
    assert!(desk.updates.tops.is_empty(), "the top is what it was");
}

#[test]
fn timers_are_a_delta_of_their_own_before_the_commands() {
    let mut desk = Desk::open();
    desk.accepted(&["alice: buy 5 @ 100 day as a1", "alice: buy 5 @ 99 on XYZ day as a2"]);
    desk.now_ns += DAY_NS / 2;
    desk.accepted(&["alice: buy 5 @ 98 as a3"]);
    let of: Vec<_> =
        desk.updates.deltas.iter().map(|delta| (delta.instrument, delta.command_index)).collect();
    assert_eq!(of, [(ABC, TIMER), (XYZ, TIMER), (ABC, 0)]);
    assert_eq!(deltas(&desk), ["#2 Buy 0 @ 100 (0)", "#2 Buy 0 @ 99 (0)", "#3 Buy 5 @ 98 (1)"]);
}

#[test]
fn the_session_and_its_bars_end_with_journal_time() {
    let mut desk = Desk::open();
    desk.accepted(&["alice: sell 10 @ 100 as a1", "bob: buy 4 @ 100 as b1"]);
    desk.now_ns += 59 * SECOND_NS;
    desk.accepted(&["alice: sell 10 @ 103 as a2", "bob: buy 8 @ 103 as b2"]);
    assert!(desk.updates.bars.is_empty());
    let market = desk.market_data.market(ABC).expect("it is listed");
    let vwap = market.session().vwap().expect("it traded");
    assert_eq!((vwap.numerator, vwap.denominator), (4 * 100 + 6 * 100 + 2 * 103, 12));
    desk.now_ns += 2 * SECOND_NS;
    desk.accepted(&["bob: buy 1 @ 103 as b3"]);
    let bar = desk.updates.bars[0];
    assert_eq!(desk.updates.bars.len(), 1, "XYZ did not trade");
    assert_eq!((bar.instrument, bar.start_ns), (ABC, NOON_NS));
    let span = bar.span;
    assert_eq!((span.open, span.high, span.low, span.close), (100, 103, 100, 103));
    assert_eq!((span.volume, span.trades), (12, 3));
    // Offers: 10 came at 100; of these 4 went, then 6. What stood behind them counts for nothing.
    assert_eq!(bar.imbalance, -10 + 4 + 6);
    desk.now_ns += DAY_NS / 2;
    desk.accepted(&["bob: buy 1 @ 90 as b4"]);
    let market = desk.market_data.market(ABC).expect("it is listed");
    assert_eq!((market.session().trades, market.imbalance()), (0, 1), "a new day");
}

#[test]
fn messages_come_in_order_and_fit_to_the_book() {
    let mut desk = Desk::open();
    desk.accepted(&["alice: buy 5 @ 100 as a1", "alice: cancel a1"]);
    let mut updates = Updates::default();
    let mut other = engine::MarketData::new(1);
    let gap = MarketDataError::Sequence { expected: 1, got: 2 };
    assert_eq!(other.apply(&desk.fills[1].view(), &mut updates), Err(gap));
    other.apply(&desk.fills[0].view(), &mut updates).expect("the first");
    let spoils: [fn(&mut Event); 4] = [
        |event| event.book_quantity_before = 7,
        |event| event.book_quantity_before = i64::MIN,
        |event| event.book_quantity_after = MAX_QUANTITY + 1,
        |event| event.price = i64::MIN,
    ];
    for spoil in spoils {
        let (mut other, mut wrong) = (other.clone(), desk.fills[1].clone());
        spoil(&mut wrong.events[0]);
        let error = other.apply(&wrong.view(), &mut updates).expect_err("it can't stand there");
        assert!(matches!(error, MarketDataError::Broken { event: 0, .. }), "{error}");
    }
}

/// A book that only knows a snapshot and the deltas after it.
#[derive(Default)]
struct Mirror {
    number: u64,
    sides: [BTreeMap<i64, (i64, u32)>; 2],
}

#[test]
fn deltas_alone_make_the_book() {
    let mut desk = Desk::open();
    let mut mirror = Mirror::default();
    let mut random = 7_u64;
    let mut draw = |bound: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 33) % bound
    };
    for round in 0..3_000 {
        let mut payload = Payload::default();
        for command in 0..=draw(3) {
            let id = format!("r{round}-{command}");
            let who = ["alice", "bob", "carol"][draw(3) as usize];
            let (side, price) = (["buy", "sell"][draw(2) as usize], 95 + draw(11));
            let quantity = 1 + draw(9);
            let time = ["", "ioc", "fok", "day"][draw(4) as usize];
            let old = format!("r{}-0", round.max(40) - draw(40));
            let line = match draw(10) {
                0..=5 => format!("{who}: {side} {quantity} @ {price} {time} as {id}"),
                6..=7 => format!("{who}: cancel {old}"),
                _ => format!("{who}: replace {old} total {quantity} @ {price} as {id}"),
            };
            payload.line(&line);
        }
        desk.send(&payload);
        for delta in desk.updates.deltas.iter().filter(|delta| delta.instrument == ABC) {
            mirror.number += 1;
            assert_eq!(delta.number, mirror.number, "no delta is missing");
            for change in desk.updates.levels(delta) {
                let side = &mut mirror.sides[usize::from(change.side == Side::Sell)];
                match change.level {
                    Level { price, quantity: 0, .. } => {
                        side.remove(&price).expect("what goes was there");
                    }
                    level => {
                        side.insert(level.price, (level.quantity, level.orders));
                    }
                }
            }
        }
        let book = desk.matching.book(ABC).expect("it is listed");
        let market = desk.market_data.market(ABC).expect("it is listed");
        assert_eq!(market.delta_number(), mirror.number);
        for (index, side) in [Side::Buy, Side::Sell].into_iter().enumerate() {
            let levels: Vec<_> = book.levels(side).collect();
            assert_eq!(market.levels(side).collect::<Vec<_>>(), levels);
            assert_eq!(market.depth(side), levels.len());
            let mut mirrored: Vec<_> = mirror.sides[index]
                .iter()
                .map(|(&price, &(quantity, orders))| Level { price, quantity, orders })
                .collect();
            if side == Side::Buy {
                mirrored.reverse();
            }
            assert_eq!(mirrored, levels);
        }
        let top = market.top();
        assert_eq!((top.bid, top.ask), (book.best(Side::Buy), book.best(Side::Sell)));
    }
    assert!(mirror.number > 2_000);
}
