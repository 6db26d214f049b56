//! Scenarios: messages in, events out, in one text.
//!
//! A scenario is blocks. A block is the lines of one message (see [`crate::text`]), a line `----`,
//! and what comes of it. `# …` lines say why. A line `show 1` adds the book of instrument 1
//! afterwards. Each block goes to both engines, and what they say is checked like any workload.

use std::collections::HashMap;
use std::fmt::Write as _;

use engine::pod::{Event, OutcomeKind, Side};
use engine::{Fills, Level, MatchingEngine};

use crate::differential::Judge;
use crate::script::Message;
use crate::text::{self, Names};

const SEPARATOR: &str = "----";

/// Plays a scenario and writes it anew, with what came of each block under it.
///
/// # Errors
///
/// With the first line that can't be read, or the first rule that is broken.
pub fn play(scenario: &str) -> Result<String, String> {
    let mut judge = Judge::default();
    let mut names = Names::default();
    let mut ids = HashMap::new();
    let mut time_ns = 0;
    let mut written = String::new();
    let blocks = scenario.split("\n\n").map(str::trim).filter(|block| !block.is_empty());
    for block in blocks {
        let input = block.split(SEPARATOR).next().unwrap_or_default().trim_end();
        let mut message = Message::new(time_ns, Vec::new());
        let mut shown = Vec::new();
        let mut lines = input.lines().filter(|line| !line.starts_with('#')).peekable();
        let is_comment = lines.peek().is_none();
        for line in lines {
            match line.strip_prefix("show ") {
                Some(id) => shown.push(id.parse().map_err(|_| format!("{line}: no id"))?),
                None => text::read_line(line, &mut message, &mut names)?,
            }
        }
        if !written.is_empty() {
            written.push('\n');
        }
        written.push_str(input);
        written.push('\n');
        if is_comment {
            continue;
        }
        written.push_str(SEPARATOR);
        written.push('\n');
        time_ns = message.time_ns;
        judge.message(&message).map_err(|error| format!("{error}\nafter\n{input}"))?;
        judge.compare()?;
        for (label, name) in names.names().iter().enumerate() {
            if let Some(id) = judge.id(label as u32) {
                ids.insert(id, name.clone());
            }
        }
        write_events(&mut written, &judge.fills, &ids);
        for status in &judge.fills.statuses {
            let _ = writeln!(written, "{}", text::status(status));
        }
        for id in shown {
            write_book(&mut written, &judge.engine, id, &ids);
        }
    }
    Ok(written)
}

fn write_events(written: &mut String, fills: &Fills, ids: &HashMap<u64, String>) {
    let name = |id: u64| ids.get(&id).map_or("unknown", String::as_str);
    let write = |written: &mut String, events: &[Event]| {
        for event in events {
            let _ = writeln!(written, "{}", text::event(event, name(event.order_id)));
        }
    };
    let timers =
        fills.outcomes.first().map_or(fills.events.len(), |first| first.first_event as usize);
    write(written, &fills.events[..timers]);
    for outcome in &fills.outcomes {
        let first = outcome.first_event as usize;
        write(written, &fills.events[first..first + outcome.event_count as usize]);
        if outcome.kind == OutcomeKind::Repeat.number() {
            let _ = writeln!(written, "repeat of {}", name(outcome.first_place));
        }
    }
}

/// One line for each level, worst ask first, with the queue of orders: the book as traders draw it.
fn write_book(written: &mut String, engine: &MatchingEngine, id: u32, ids: &HashMap<u64, String>) {
    let mut line = |side: Side, level: Level| {
        let at_price = engine.orders(id, side).filter(|order| order.price == level.price);
        let queue: Vec<_> = at_price
            .map(|order| part(&ids[&order.id], order.leaves, engine.shown(order.id)))
            .collect();
        let side = if side == Side::Buy { "bid" } else { "ask" };
        let (price, quantity) = (level.price, level.quantity);
        let _ = writeln!(written, "{side} {quantity} @ {price} = {}", queue.join(" "));
    };
    let Some(book) = engine.book(id) else { return };
    let asks: Vec<_> = book.levels(Side::Sell).collect();
    asks.into_iter().rev().for_each(|level| line(Side::Sell, level));
    book.levels(Side::Buy).for_each(|level| line(Side::Buy, level));
    if engine.orders(id, Side::Buy).chain(engine.orders(id, Side::Sell)).next().is_none() {
        written.push_str("empty\n");
    }
}

/// An order in a queue: what is open, or what an iceberg shows of what is open.
fn part(name: &str, leaves: i64, shown: i64) -> String {
    if shown == leaves {
        format!("{name}:{leaves}")
    } else {
        format!("{name}:{shown}/{leaves}")
    }
}
