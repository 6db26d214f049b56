//! Scripts and events as lines that a trader can read.
//!
//! ```text
//! buy a 100 @ 1000            a new order named a; day, gtc (default), ioc or fok may follow
//! sell b 50 market account=2  any field of the command may follow as name=value
//! cancel a
//! replace a price=1001 quantity=80 id=a2
//! instrument 2 flags=0        reference data; instrument 1 is the default of every line
//! payload 2 flags=0           the same without a command that names it
//! buy p 5 pegged bid peg=-1   follows the best bid, one below; price=105 is as far as it goes
//! buy b 5 @ 99 oco=0/2        leg 0 of 2 of which one cancels the other; bracket=0/3 likewise
//! buy i 9 @ 99 visible=2      terms by name: offset, activation, visible, peg, tag
//! terms offset=5 flags=1      or apart, for the next orders that say flags=64 payload=0, 1 …
//! cancelall account=2 tag=x   a mass cancel; side=1 and instrument=1 likewise
//! kill account=2              of the account; payload=1 account=3 of the firm 3; payload=2 of all
//! bust a match=3 side=1 price=100 quantity=5
//! account 2 stp=3 group=9     what its orders say of self-trades unless they say
//! rules 1 static=1000 dynamic=500 protection=100 seconds=60 flags=1 tick=100:5
//!     at=08:30:00/openingauction/12345   and so on: at 08:30, Monday to Friday
//! session openingauction      of instrument 1; price=1000 is its auction's reference
//! last 1000                   the last trade of instrument 1, by an operator's word
//! time 3d 23:59:59            journal time of the message, days since the epoch
//! status void                 of the message
//! raw kind=9 label=c target=a anything at all
//! ```
//!
//! `refused=26` says that risk refused the command for reason 26, `repeat=a` that it judged it at
//! a.

use std::collections::HashMap;
use std::fmt::Write as _;

use bytemuck::Zeroable;
use engine::pod::{
    Account, BatchStatus, ClOrdId, Command, CommandKind, Instrument, OrdType, OrderTerms,
    SessionState, Side, TimeInForce, ACCOUNT_SELF_TRADE_SHIFT, FLAG_TERMS, INSTRUMENT_ENABLED,
};

use crate::script::{Judgement, Message, Step};

mod told;
mod words;

pub use told::{event, reason, status};

const SECOND_NS: i64 = 1_000_000_000;
const DAY_NS: i64 = 86_400 * SECOND_NS;

/// Declares by what name a script sets which field of a record.
macro_rules! fields {
    ($names:ident, $get:ident, $set:ident, $record:ty, $($name:literal => $field:ident,)+) => {
        const $names: &[&str] = &[$($name,)+];

        fn $get(record: &$record, name: &str) -> i128 {
            match name {
                $($name => i128::from(record.$field),)+
                _ => unreachable!("asked for by its name"),
            }
        }

        fn $set(record: &mut $record, name: &str, value: i128) -> Result<(), String> {
            let range = |_| format!("{value} does not fit {name}");
            match name {
                $($name => record.$field = value.try_into().map_err(range)?,)+
                _ => return Err(format!("no field is called {name}")),
            }
            Ok(())
        }
    };
}

fields! { COMMAND_FIELDS, command_get, command_set, Command,
    "kind" => kind, "side" => side, "type" => ord_type, "tif" => time_in_force, "flags" => flags,
    "stp" => self_trade_prevention, "payload" => payload_index, "account" => account,
    "instrument" => instrument, "session" => session, "price" => price, "quantity" => quantity,
    "stop" => stop_price, "display" => display_quantity, "minimum" => min_quantity,
    "order" => order_id, "expire" => expire_time, "group" => self_trade_group, "link" => link,
}
fields! { INSTRUMENT_FIELDS, instrument_get, instrument_set, Instrument,
    "id" => id, "price_scale" => price_scale, "quantity_scale" => quantity_scale,
    "flags" => flags, "tick" => tick_size, "lot" => lot_size, "min" => min_quantity,
    "max" => max_quantity, "reference" => reference_price, "policies" => policies,
}
fields! { TERMS_FIELDS, terms_get, terms_set, OrderTerms,
    "activation" => activation_price, "offset" => trailing_offset,
    "visible" => min_visible_quantity, "flags" => flags, "peg" => peg_offset, "tag" => tag,
}
fields! { ACCOUNT_FIELDS, account_get, account_set, Account,
    "id" => id, "firm" => firm, "flags" => flags, "group" => self_trade_group,
}

/// An instrument as scripts mean it unless they say otherwise: two decimal places, tick and lot 1.
#[must_use]
pub fn instrument(id: u32) -> Instrument {
    Instrument {
        id,
        price_scale: 2,
        flags: INSTRUMENT_ENABLED,
        tick_size: 1,
        lot_size: 1,
        ..Instrument::zeroed()
    }
}

/// Labels by name.
#[derive(Clone, Debug, Default)]
pub struct Names {
    by_name: HashMap<String, u32>,
    names: Vec<String>,
}

impl Names {
    /// The label of a name, new if need be.
    pub fn label(&mut self, name: &str) -> u32 {
        if let Some(&label) = self.by_name.get(name) {
            return label;
        }
        let label = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.by_name.insert(name.to_owned(), label);
        label
    }

    /// The names so far; a label is a place in it.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

/// Reads one line of a script into a message.
///
/// # Errors
///
/// With what can't be read.
pub fn read_line(line: &str, message: &mut Message, names: &mut Names) -> Result<(), String> {
    let mut words = line.split_whitespace();
    let verb = words.next().ok_or("an empty line")?;
    let mut take = |what| words.next().ok_or_else(|| format!("{verb} needs {what}"));
    let mut terms = OrderTerms::default();
    let mut step = match verb {
        "time" => {
            let day = take("a day")?;
            message.time_ns = read_time(day, take("a time of day")?)?;
            return Ok(());
        }
        "status" => {
            let name = take("a status")?;
            let all = BatchStatus::ALL.iter();
            let mut named = all.filter(|status| format!("{status:?}").eq_ignore_ascii_case(name));
            message.status = *named.next().ok_or_else(|| format!("no status {name}"))?;
            return Ok(());
        }
        "lag" => {
            message.lag = number(take("a number of messages")?)? as u64;
            return Ok(());
        }
        "instrument" | "payload" => {
            let mut payload = instrument(number(take("an id")?)? as u32);
            for word in words {
                let (name, value) = pair(word)?;
                instrument_set(&mut payload, name, number(value)?)?;
            }
            if verb == "instrument" {
                message
                    .steps
                    .push(set(CommandKind::SetInstrument, message.instruments.len() as u16));
            }
            message.instruments.push(payload);
            return Ok(());
        }
        "terms" => {
            let mut terms = OrderTerms::default();
            for word in words {
                let (name, value) = pair(word)?;
                terms_set(&mut terms, name, tag_or_number(name, value)?)?;
            }
            message.terms.push(terms);
            return Ok(());
        }
        "account" | "account_payload" => {
            let mut payload = Account::zeroed();
            payload.id = number(take("an id")?)? as u32;
            for word in words {
                let (name, value) = pair(word)?;
                match name {
                    "stp" => payload.flags |= (number(value)? as u64) << ACCOUNT_SELF_TRADE_SHIFT,
                    _ => account_set(&mut payload, name, number(value)?)?,
                }
            }
            if verb == "account" {
                let place = message.accounts.len() as u16;
                message.steps.push(set(CommandKind::SetAccount, place));
            }
            message.accounts.push(payload);
            return Ok(());
        }
        "rules" | "rules_payload" => {
            let id = number(take("an id")?)? as u32;
            let rules = words::read_rules(id, words)?;
            if verb == "rules" {
                message.steps.push(set(CommandKind::SetRules, message.rules.len() as u16));
            }
            message.rules.push(rules);
            return Ok(());
        }
        "session" => {
            let mut step = set(CommandKind::SetSession, session(take("a session")?)?.number());
            step.command.instrument = 1;
            step
        }
        "last" => {
            let mut step = Step::new(CommandKind::SetLastTrade);
            step.command.instrument = 1;
            step.command.price = number(take("a price")?)? as i64;
            step
        }
        "buy" | "sell" => {
            let name = take("a name")?;
            let side = if verb == "buy" { Side::Buy } else { Side::Sell };
            let mut step = order(side, names.label(name));
            step.command.quantity = number(take("a quantity")?)? as i64;
            step.command.set_cl_ord_id(client_id(name)?);
            match take("@ or market")? {
                "@" => step.command.price = number(take("a price")?)? as i64,
                "market" => step.command.ord_type = OrdType::Market.number(),
                "pegged" => {
                    step.command.ord_type = OrdType::Pegged.number();
                    terms.flags = words::peg(take("bid, ask or mid")?)?;
                }
                other => return Err(format!("{other} is neither @ nor market nor pegged")),
            }
            step
        }
        "cancel" => change(CommandKind::CancelOrder, names.label(take("a name")?)),
        "replace" => change(CommandKind::ReplaceOrder, names.label(take("a name")?)),
        "kill" => Step::new(CommandKind::Kill),
        "cancelall" => Step::new(CommandKind::MassCancel),
        "bust" => {
            let mut step = change(CommandKind::BustTrade, names.label(take("a name")?));
            step.command.time_in_force = 0;
            step
        }
        "raw" => Step::new(CommandKind::None),
        _ => return Err(format!("{verb} is no verb")),
    };
    for word in words {
        read_word(word, &mut step, &mut terms, names)?;
    }
    if terms != OrderTerms::default() {
        step.command.flags |= FLAG_TERMS;
        step.command.payload_index = message.terms.len() as u16;
        message.terms.push(terms);
    }
    message.steps.push(step);
    Ok(())
}

fn read_word(
    word: &str,
    step: &mut Step,
    terms: &mut OrderTerms,
    names: &mut Names,
) -> Result<(), String> {
    if let Some(time) = time_in_force(word) {
        step.command.time_in_force = time.number();
        return Ok(());
    }
    let (name, value) = pair(word)?;
    match name {
        "id" => step.command.set_cl_ord_id(client_id(value)?),
        "label" => step.label = Some(names.label(value)),
        "target" => step.target = Some(names.label(value)),
        "refused" => step.judgement = Judgement::Refuse(number(value)? as u16),
        "within" => step.judgement = Judgement::Within(number(value)? as i64),
        "repeat" => {
            step.judgement = Judgement::Repeat;
            step.target = Some(names.label(value));
        }
        "oco" | "bracket" => step.command.link = words::leg(name, value)?,
        "match" => step.command.expire_time = number(value)? as i64,
        "tag" if step.command.kind == CommandKind::MassCancel.number() => {
            step.command.order_id = tag_or_number(name, value)? as u64;
        }
        "offset" | "activation" | "visible" | "peg" | "tag" => {
            terms_set(terms, name, tag_or_number(name, value)?)?;
        }
        "trailing" => terms.flags |= number(value)? as u64,
        _ => command_set(&mut step.command, name, number(value)?)?,
    }
    Ok(())
}

/// A number, or a tag's letters.
fn tag_or_number(name: &str, value: &str) -> Result<i128, String> {
    match number(value) {
        Err(_) if name == "tag" && value.len() <= 8 => {
            let mut bytes = [0; 8];
            bytes[..value.len()].copy_from_slice(value.as_bytes());
            Ok(i128::from(u64::from_le_bytes(bytes)))
        }
        read => read,
    }
}

fn session(name: &str) -> Result<SessionState, String> {
    let mut all = SessionState::ALL.iter().copied();
    let named = all.find(|state| format!("{state:?}").eq_ignore_ascii_case(name));
    named.ok_or_else(|| format!("no session {name}"))
}

/// A limit order, good till cancelled, of account 1 on instrument 1.
fn order(side: Side, label: u32) -> Step {
    let mut step = Step::new(CommandKind::NewOrder);
    step.label = Some(label);
    step.command.side = side.number();
    step.command.ord_type = OrdType::Limit.number();
    step.command.time_in_force = TimeInForce::Gtc.number();
    (step.command.account, step.command.instrument) = (1, 1);
    step
}

fn change(kind: CommandKind, target: u32) -> Step {
    let mut step = Step::new(kind);
    step.target = Some(target);
    (step.command.account, step.command.instrument) = (1, 1);
    step
}

fn set(kind: CommandKind, payload_index: u16) -> Step {
    let mut step = Step::new(kind);
    step.command.payload_index = payload_index;
    step
}

fn time_in_force(word: &str) -> Option<TimeInForce> {
    let all = TimeInForce::ALL.iter().skip(1);
    all.copied().find(|time| format!("{time:?}").eq_ignore_ascii_case(word))
}

fn client_id(text: &str) -> Result<ClOrdId, String> {
    ClOrdId::new(text.as_bytes()).ok_or_else(|| format!("{text} is no client order id"))
}

fn pair(word: &str) -> Result<(&str, &str), String> {
    word.split_once('=').ok_or_else(|| format!("{word} is not name=value"))
}

fn number(text: &str) -> Result<i128, String> {
    text.parse().map_err(|_| format!("{text} is no number"))
}

fn read_time(day: &str, time: &str) -> Result<i64, String> {
    let day: i64 = number(day.trim_end_matches('d'))? as i64;
    let (whole, fraction) = time.split_once('.').unwrap_or((time, ""));
    let mut seconds = 0;
    for part in whole.split(':') {
        seconds = seconds * 60 + number(part)? as i64;
    }
    let nanos = number(&format!("{fraction:0<9}"))? as i64;
    Ok(day * DAY_NS + seconds * SECOND_NS + nanos)
}

/// A script of generated orders, named o0, o1 …, one blank line after each message.
#[must_use]
pub fn script(script: &[Message]) -> String {
    let mut text = String::new();
    let mut time_ns = 0;
    for message in script {
        if message.time_ns != time_ns {
            time_ns = message.time_ns;
            let (seconds, nanos) = (time_ns % DAY_NS / SECOND_NS, time_ns % SECOND_NS);
            let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
            let day = time_ns / DAY_NS;
            let _ = writeln!(text, "time {day}d {hours:02}:{minutes:02}:{seconds:02}.{nanos:09}");
        }
        if message.status != BatchStatus::Applied {
            let _ = writeln!(text, "status {:?}", message.status);
        }
        if message.lag != 0 {
            let _ = writeln!(text, "lag {}", message.lag);
        }
        for terms in &message.terms {
            text.push_str("terms");
            for field in TERMS_FIELDS {
                let _ = write!(text, " {field}={}", terms_get(terms, field));
            }
            text.push('\n');
        }
        for account in &message.accounts {
            let _ = write!(text, "account_payload {}", account.id);
            for field in &ACCOUNT_FIELDS[1..] {
                let _ = write!(text, " {field}={}", account_get(account, field));
            }
            text.push('\n');
        }
        message.rules.iter().for_each(|rules| words::write_rules(&mut text, rules));
        let mut payloads = message.instruments.iter().enumerate().peekable();
        for step in &message.steps {
            let own = payloads
                .next_if(|(place, _)| *step == set(CommandKind::SetInstrument, *place as u16));
            match own {
                Some((_, payload)) => write_instrument(&mut text, "instrument", payload),
                None => write_step(&mut text, step),
            }
        }
        payloads.for_each(|(_, payload)| write_instrument(&mut text, "payload", payload));
        text.push('\n');
    }
    text
}

fn write_instrument(text: &mut String, verb: &str, payload: &Instrument) {
    let _ = write!(text, "{verb} {}", payload.id);
    let usual = instrument(payload.id);
    for field in INSTRUMENT_FIELDS {
        let value = instrument_get(payload, field);
        if value != instrument_get(&usual, field) {
            let _ = write!(text, " {field}={value}");
        }
    }
    text.push('\n');
}

fn write_step(text: &mut String, step: &Step) {
    let command = &step.command;
    let name = |label: u32| format!("o{label}");
    let mut usual_id = None;
    let base = match (CommandKind::try_from(command.kind), step.label, step.target) {
        (Ok(CommandKind::NewOrder), Some(label), _) if matches!(command.side, 1 | 2) => {
            let side = Side::try_from(command.side).expect("one of two");
            let mut base = order(side, label).command;
            usual_id = Some(name(label));
            base.quantity = command.quantity;
            let verb = if side == Side::Buy { "buy" } else { "sell" };
            let _ = write!(text, "{verb} {} {} ", name(label), command.quantity);
            if command.ord_type == OrdType::Market.number() {
                base.ord_type = command.ord_type;
                text.push_str("market");
            } else {
                base.price = command.price;
                let _ = write!(text, "@ {}", command.price);
            }
            let time = TimeInForce::try_from(command.time_in_force);
            if let Some(time) = time.ok().filter(|&time| time != TimeInForce::None) {
                base.time_in_force = command.time_in_force;
                let _ = write!(text, " {}", format!("{time:?}").to_lowercase());
            }
            base
        }
        (Ok(kind @ (CommandKind::CancelOrder | CommandKind::ReplaceOrder)), None, Some(label)) => {
            let verb = if kind == CommandKind::CancelOrder { "cancel" } else { "replace" };
            let _ = write!(text, "{verb} {}", name(label));
            change(kind, label).command
        }
        (_, label, target) => {
            text.push_str("raw");
            label.iter().for_each(|&label| text.push_str(&format!(" label={}", name(label))));
            target.iter().for_each(|&label| text.push_str(&format!(" target={}", name(label))));
            Step::new(CommandKind::None).command
        }
    };
    for field in COMMAND_FIELDS {
        let value = command_get(command, field);
        if value != command_get(&base, field) {
            let _ = write!(text, " {field}={value}");
        }
    }
    let id = command.cl_ord_id();
    let id = std::str::from_utf8(id.as_bytes()).unwrap_or_default();
    if !id.is_empty() && usual_id.as_deref() != Some(id) {
        let _ = write!(text, " id={id}");
    }
    match (step.judgement, step.target) {
        (Judgement::Refuse(reason), _) => text.push_str(&format!(" refused={reason}")),
        (Judgement::Within(worst), _) => text.push_str(&format!(" within={worst}")),
        (Judgement::Repeat, Some(target)) => text.push_str(&format!(" repeat={}", name(target))),
        _ => {}
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::{Profile, Workload};
    use engine::{Fills, MatchingEngine};

    /// What a failing run prints can be put in a scenario as it is.
    #[test]
    fn scripts_come_back() {
        let mut workload = Workload::new(&Profile::ALL[0], 3);
        let mut engine = MatchingEngine::new(0);
        let mut assembler = crate::script::Assembler::default();
        let mut fills = Fills::default();
        let mut messages = Vec::new();
        for _ in 0..500 {
            let message = workload.message();
            engine.apply(&assembler.assemble(&message), &mut fills).expect("the next message");
            workload.observe(&fills);
            messages.push(message);
        }
        let text = script(&messages);
        let mut names = Names::default();
        let mut read = vec![Message::new(0, Vec::new())];
        for line in text.lines() {
            if line.is_empty() {
                let time_ns = read.last().expect("one at least").time_ns;
                read.push(Message::new(time_ns, Vec::new()));
            } else {
                read_line(line, read.last_mut().expect("one at least"), &mut names)
                    .unwrap_or_else(|error| panic!("{error} in {line}"));
            }
        }
        read.pop();
        let hash = |messages: &[Message]| {
            let mut engine = MatchingEngine::new(0);
            let mut assembler = crate::script::Assembler::default();
            for message in messages {
                engine.apply(&assembler.assemble(message), &mut fills.clone()).expect("applies");
            }
            engine.state_hash()
        };
        assert_eq!(read.len(), messages.len());
        assert_eq!(hash(&read), hash(&messages));
    }
}
