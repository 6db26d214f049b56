//! Words that stand for more than a field: legs, what a pegged order follows, rules.

use std::fmt::Write as _;

use bytemuck::Zeroable;
use engine::pod::{Contingency, InstrumentRules, Leg, PegPrice, ScheduledSession, TERMS_PEG_SHIFT};

use super::{number, pair, read_time, session, SECOND_NS};

/// `oco=0/2`, `bracket=1/3`: the link of a leg.
pub(super) fn leg(name: &str, value: &str) -> Result<u32, String> {
    let (place, legs) = value.split_once('/').ok_or("a leg is place/legs")?;
    let contingency =
        if name == "oco" { Contingency::OneCancelsOther } else { Contingency::Bracket };
    Ok(Leg { contingency, legs: number(legs)? as u8, place: number(place)? as u8 }.link())
}

/// The flags of terms that follow a price.
pub(super) fn peg(name: &str) -> Result<u64, String> {
    let followed = match name {
        "bid" => PegPrice::Bid,
        "ask" => PegPrice::Ask,
        "mid" => PegPrice::Mid,
        _ => return Err(format!("{name} is nothing to follow")),
    };
    Ok(u64::from(followed.number()) << TERMS_PEG_SHIFT)
}

/// Rules by their words.
pub(super) fn read_rules<'a>(
    instrument: u32,
    words: impl Iterator<Item = &'a str>,
) -> Result<InstrumentRules, String> {
    let mut rules = InstrumentRules { instrument, ..InstrumentRules::zeroed() };
    let (mut ticks, mut moments) = (0, 0);
    for word in words {
        let (name, value) = pair(word)?;
        match name {
            "static" => rules.static_band_bps = number(value)? as u32,
            "dynamic" => rules.dynamic_band_bps = number(value)? as u32,
            "protection" => rules.protection_bps = number(value)? as u32,
            "seconds" => rules.auction_seconds = number(value)? as u32,
            "flags" => rules.flags = number(value)? as u32,
            "reserved" => rules.reserved[0] = number(value)? as u64,
            "tick" if ticks < 8 => {
                let (from, size) = value.split_once(':').ok_or("a tick is from:size")?;
                rules.tick_from[ticks] = number(from)? as i64;
                rules.tick_size[ticks] = number(size)? as i64;
                ticks += 1;
            }
            "at" | "word" if moments < 9 => {
                let of_word = name == "word";
                rules.schedule[moments] =
                    if of_word { number(value)? as u64 } else { moment(value)? };
                moments += 1;
            }
            _ => return Err(format!("{word} is no rule")),
        }
    }
    Ok(rules)
}

/// `08:30:00/openingauction/12345`: a moment of the days that are counted from Monday, 1.
fn moment(value: &str) -> Result<u64, String> {
    let parts: Vec<&str> = value.split('/').collect();
    let &[time, name, days] = parts.as_slice() else {
        return Err(format!("{value} is not time/session/days"));
    };
    let second = (read_time("0d", time)? / SECOND_NS) as u32;
    let mut weekdays = 0;
    for day in days.chars() {
        let day = day.to_digit(10).filter(|day| (1..=7).contains(day));
        weekdays |= 1 << (day.ok_or_else(|| format!("{days} are no days"))? - 1);
    }
    Ok(ScheduledSession { second, session: session(name)?, weekdays }.word())
}

/// Rules as a line that reads back as the same.
pub(super) fn write_rules(text: &mut String, rules: &InstrumentRules) {
    let _ = write!(text, "rules_payload {}", rules.instrument);
    let fields = [
        ("static", rules.static_band_bps),
        ("dynamic", rules.dynamic_band_bps),
        ("protection", rules.protection_bps),
        ("seconds", rules.auction_seconds),
        ("flags", rules.flags),
    ];
    for (name, value) in fields.into_iter().filter(|&(_, value)| value != 0) {
        let _ = write!(text, " {name}={value}");
    }
    let last = |used: &dyn Fn(usize) -> bool, most: usize| {
        (0..most).rev().find(|&place| used(place)).map_or(0, |place| place + 1)
    };
    let ticks = last(&|place| rules.tick_from[place] != 0 || rules.tick_size[place] != 0, 8);
    for place in 0..ticks {
        let _ = write!(text, " tick={}:{}", rules.tick_from[place], rules.tick_size[place]);
    }
    for place in 0..last(&|place| rules.schedule[place] != 0, 9) {
        let _ = write!(text, " word={}", rules.schedule[place]);
    }
    if rules.reserved[0] != 0 {
        let _ = write!(text, " reserved={}", rules.reserved[0]);
    }
    text.push('\n');
}
