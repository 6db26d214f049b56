//! What must hold whatever the orders: judged from the events alone, and from the books.

use std::collections::{BTreeMap, HashMap};

use engine::pod::{Event, ExecType, Liquidity, OrdStatus, OutcomeKind, Side, MAX_EVENTS};
use engine::{FillsView, MatchingEngine};

use crate::reference::Reference;

/// An order as its events tell it.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    sequence: u32,
    cum: i64,
    leaves: i64,
    notional: i128,
    shown: (i64, i64),
}

/// Reads the events and keeps what they say.
#[derive(Clone, Debug, Default)]
pub struct Checker {
    orders: HashMap<u64, Told>,
    /// (instrument, side, price) → quantity.
    levels: BTreeMap<(u32, u16, i64), i64>,
    matches: u64,
}

/// Fails with a text unless a condition holds.
macro_rules! must {
    ($condition:expr, $($text:tt)+) => {
        if !$condition {
            return Err(format!($($text)+));
        }
    };
}

impl Checker {
    /// Reads the next message.
    ///
    /// # Errors
    ///
    /// If it says something that can't be.
    pub fn read(&mut self, fills: &FillsView<'_>) -> Result<(), String> {
        must!(fills.events.len() <= MAX_EVENTS, "{} events", fills.events.len());
        let mut next = fills.outcomes.first().map_or(0, |outcome| outcome.first_event);
        for outcome in fills.outcomes {
            must!(outcome.first_event == next, "events between outcomes: {outcome:?}");
            next += outcome.event_count;
            let silent = outcome.kind == OutcomeKind::Repeat.number()
                || outcome.kind == OutcomeKind::Applied.number();
            let operates = outcome.kind == OutcomeKind::Applied.number();
            must!(
                operates || silent == (outcome.event_count == 0),
                "events do not fit: {outcome:?}"
            );
            let refused = outcome.kind == OutcomeKind::Rejected.number();
            must!(refused == (outcome.reason != 0), "reason does not fit: {outcome:?}");
        }
        must!(
            fills.outcomes.is_empty() || next as usize == fills.events.len(),
            "events after the last outcome"
        );
        for (place, event) in fills.events.iter().enumerate() {
            self.event(event).map_err(|text| format!("{text}: {event:?}"))?;
            if event.liquidity == Liquidity::Taker.number() {
                let maker = fills.events.get(place + 1);
                must!(maker.is_some_and(|maker| is_pair(event, maker)), "no maker: {event:?}");
            }
        }
        Ok(())
    }

    fn event(&mut self, event: &Event) -> Result<(), String> {
        let kind = ExecType::try_from(event.exec_type).map_err(|error| format!("{error:?}"))?;
        if matches!(kind, ExecType::Rejected | ExecType::CancelRejected) {
            must!(event.order_sequence == 0 && event.reason != 0, "a refusal is no order's event");
            return Ok(());
        }
        if kind == ExecType::TradeBust {
            let sound = event.order_sequence == 0 && event.cum_quantity == 0;
            must!(sound && (1..=self.matches).contains(&event.match_id), "no such trade");
            return Ok(());
        }
        let told = self.orders.entry(event.order_id).or_default();
        must!(event.order_sequence == told.sequence + 1, "a gap after {}", told.sequence);
        must!((kind == ExecType::New) == (told.sequence == 0), "starts with NEW, once");
        must!(told.sequence == 0 || told.leaves > 0, "it had ended");
        must!(
            event.cum_quantity == told.cum + event.last_quantity,
            "cumulative quantity is the sum of the trades"
        );
        let notional =
            told.notional + i128::from(event.last_price) * i128::from(event.last_quantity);
        must!(event.cum_notional() == notional, "cumulative notional is the sum of the trades");
        let ended = event.ord_status >= OrdStatus::Filled.number();
        must!(ended == (event.leaves_quantity == 0), "nothing is open at the end, and only then");
        if !ended || kind == ExecType::Trade {
            must!(
                event.quantity == event.cum_quantity + event.leaves_quantity,
                "total is traded plus open"
            );
        }
        must!(
            (event.book_price_before, event.book_quantity_before) == told.shown,
            "it showed {:?}",
            told.shown
        );
        let shows = event.rests().then_some((event.price, event.book_quantity_after));
        must!(
            shows.is_none_or(|(_, quantity)| {
                quantity == event.leaves_quantity
                    || event.display_quantity != 0 && (1..event.leaves_quantity).contains(&quantity)
            }),
            "what rests is what is open, or a part of an iceberg"
        );
        must!(shows.is_some() || event.book_quantity_after == 0, "shows and does not rest");
        let traded = kind == ExecType::Trade;
        let first = event.liquidity == Liquidity::Taker.number()
            || event.liquidity == Liquidity::Auction.number() && event.match_id > self.matches;
        self.matches += u64::from(first);
        must!(event.match_id == if traded { self.matches } else { 0 }, "match ids count up");

        let before = told.shown;
        *told = Told {
            sequence: event.order_sequence,
            cum: event.cum_quantity,
            leaves: event.leaves_quantity,
            notional,
            shown: shows.unwrap_or_default(),
        };
        let after = told.shown;
        if ended {
            // Kept for later events, which would be wrong, only as long as memory is no matter.
            told.leaves = 0;
        }
        self.move_level(event, before.0, -before.1);
        self.move_level(event, after.0, after.1);
        Ok(())
    }

    fn move_level(&mut self, event: &Event, price: i64, quantity: i64) {
        if quantity != 0 {
            let level = (event.instrument, event.side, price);
            let total = self.levels.entry(level).or_default();
            *total += quantity;
            if *total == 0 {
                self.levels.remove(&level);
            }
        }
    }

    /// Compares the books with the events and with the reference: levels, their sums, the queues.
    ///
    /// # Errors
    ///
    /// If they differ.
    pub fn compare(&self, engine: &MatchingEngine, reference: &Reference) -> Result<(), String> {
        for book in engine.books() {
            let id = book.instrument().id;
            for side in [Side::Buy, Side::Sell] {
                let levels: Vec<_> = book.levels(side).collect();
                must!(levels == reference.levels(id, side), "levels of {id} {side:?} differ");
                let told =
                    self.levels.range((id, side.number(), 0)..=(id, side.number(), i64::MAX));
                let told: Vec<_> = told.map(|(level, &quantity)| (level.2, quantity)).collect();
                let mut shown: Vec<_> =
                    levels.iter().map(|level| (level.price, level.quantity)).collect();
                shown.sort_unstable();
                must!(told == shown, "levels of {id} {side:?} are not what the events say");
                let queue: Vec<_> = engine.orders(id, side).map(|order| order.id).collect();
                must!(queue == reference.queue(id, side), "queues of {id} {side:?} differ");
                let sum = |price| {
                    let at = engine.orders(id, side).filter(move |order| order.price == price);
                    at.map(|order| engine.shown(order.id)).sum::<i64>()
                };
                // Quadratic, so only where it is cheap; totals are compared above in any case.
                if levels.len() * queue.len() < 100_000 {
                    let exact = levels.iter().all(|level| level.quantity == sum(level.price));
                    must!(exact, "a level of {id} {side:?} is not the sum of its orders");
                }
            }
        }
        Ok(())
    }
}

/// Fails if a book is crossed, unless by orders that stand aside or that collect.
///
/// # Errors
///
/// With the two prices.
pub fn not_crossed(engine: &MatchingEngine, reference: &Reference) -> Result<(), String> {
    for book in engine.books() {
        if let (Some(bid), Some(ask)) = (book.best(Side::Buy), book.best(Side::Sell)) {
            let crossed = bid.price >= ask.price;
            let may = crossed && reference.may_cross(book.instrument().id);
            must!(!crossed || may, "crossed: {bid:?} {ask:?}");
        }
    }
    Ok(())
}

fn is_pair(taker: &Event, maker: &Event) -> bool {
    maker.liquidity == Liquidity::Maker.number()
        && maker.match_id == taker.match_id
        && maker.last_price == taker.last_price
        && maker.last_quantity == taker.last_quantity
        && (maker.last_price == maker.price || maker.price == 0)
        && maker.side != taker.side
        && maker.instrument == taker.instrument
}
