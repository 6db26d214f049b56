//! Commands from any bytes: for fuzzers, and for a test that makes the bytes by a seed.
//!
//! A byte says what kind of command comes, the next ones fill its fields from small ranges, so that
//! orders meet; now and then a whole word is taken as it is, so that nothing is left out. Missing
//! bytes are zeros.

use bytemuck::Zeroable;
use engine::pod::{
    Account, Command, CommandKind, Instrument, InstrumentRules, OrderTerms, MAX_PRICE, MAX_QUANTITY,
};
use engine::{Fills, MatchingEngine};

use crate::differential::Judge;
use crate::script::{Assembler, Judgement, Message, Step};
use crate::text;

/// Instruments and accounts that commands name.
const INSTRUMENTS: u32 = 2;
const ACCOUNTS: u32 = 3;
/// The most commands of one input.
const COMMANDS_MOST: usize = 400;

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    fn word(&mut self) -> u64 {
        (0..8).fold(0, |word, _| word << 8 | u64::from(self.next()))
    }

    /// One of so many numbers.
    fn below(&mut self, bound: u8) -> u8 {
        self.next() % bound
    }

    /// A small number, or now and then any.
    fn value(&mut self, small: u8) -> i64 {
        match self.next() {
            250 => MAX_PRICE,
            251 => MAX_QUANTITY + 1,
            252.. => self.word() as i64,
            other => i64::from(other % small),
        }
    }
}

/// The messages that bytes stand for.
#[must_use]
pub fn script(bytes: &[u8]) -> Vec<Message> {
    let mut bytes = Bytes(bytes);
    let mut first = Message::new(0, Vec::new());
    for id in 1..=INSTRUMENTS {
        let mut step = Step::new(CommandKind::SetInstrument);
        step.command.payload_index = id as u16 - 1;
        let policies = bytes.word() as u32 & 0x00ff_f3ff;
        let known = engine::rules::Rules::read(policies).is_some();
        let policies = if known { policies } else { policies & 0x3ff };
        let known = engine::rules::Rules::read(policies).is_some();
        first.instruments.push(Instrument {
            policies: if known { policies } else { 0 },
            reference_price: i64::from(bytes.below(64)),
            ..text::instrument(id)
        });
        first.steps.push(step);
    }
    let mut messages = vec![first];
    let (mut time_ns, mut labels, mut commands) = (0_i64, 0, 0);
    while !bytes.0.is_empty() && commands < COMMANDS_MOST {
        time_ns += match bytes.below(16) {
            0 => 3_600_000_000_000 * i64::from(bytes.below(30)),
            1 => 1_000_000_000,
            other => i64::from(other),
        };
        let mut message = Message::new(time_ns, Vec::new());
        for _ in 0..1 + bytes.below(4) {
            let step = step(&mut bytes, &mut labels, &mut message);
            message.steps.push(step);
            commands += 1;
        }
        messages.push(message);
    }
    messages
}

fn step(bytes: &mut Bytes<'_>, labels: &mut u32, message: &mut Message) -> Step {
    let kinds = [1, 1, 1, 1, 1, 1, 2, 3, 3, 8, 8, 9, 10, 11, 12, 6, 5, 4, 0];
    let kind = kinds[usize::from(bytes.below(kinds.len() as u8))];
    let mut step = Step::new(CommandKind::ALL[kind]);
    let command = &mut step.command;
    command.account = 1 + u32::from(bytes.below(ACCOUNTS as u8));
    command.instrument = 1 + u32::from(bytes.below(INSTRUMENTS as u8));
    match CommandKind::ALL[kind] {
        CommandKind::NewOrder => {
            new_order(bytes, command, message);
            step.label = Some(*labels);
            *labels += 1;
        }
        CommandKind::CancelOrder | CommandKind::ReplaceOrder => {
            step.target = labels.checked_sub(1 + u32::from(bytes.below(16)));
            if kind == 3 {
                command.price = bytes.value(40);
                command.quantity = bytes.value(12);
                command.stop_price = if bytes.below(4) == 0 { bytes.value(40) } else { 0 };
                command.flags = u16::from(bytes.below(2));
            }
        }
        CommandKind::SetSession => {
            command.payload_index =
                [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8][usize::from(bytes.below(12))];
            command.price = if bytes.below(3) == 0 { bytes.value(40) } else { 0 };
        }
        CommandKind::SetLastTrade => command.price = bytes.value(40),
        CommandKind::SetRules => {
            command.payload_index = message.rules.len() as u16;
            let rules = rules(bytes, command.instrument);
            message.rules.push(rules);
        }
        CommandKind::SetAccount => {
            command.payload_index = message.accounts.len() as u16;
            let flags = 1 | u64::from(bytes.below(8)) << 8;
            let self_trade_group = u64::from(bytes.below(3));
            let id = command.account;
            message.accounts.push(Account { id, flags, self_trade_group, ..Account::zeroed() });
        }
        CommandKind::MassCancel => {
            command.account = u32::from(bytes.below(4));
            command.instrument = u32::from(bytes.below(3));
            command.side = u16::from(bytes.below(4));
            command.order_id = u64::from(bytes.below(3));
        }
        CommandKind::BustTrade => {
            command.side = u16::from(bytes.below(4));
            command.expire_time = bytes.value(20);
            (command.price, command.quantity) = (bytes.value(40), bytes.value(12));
        }
        _ => command.payload_index = u16::from(bytes.below(3)),
    }
    if bytes.below(32) == 0 {
        step.judgement = Judgement::Refuse(26);
    }
    step
}

fn new_order(bytes: &mut Bytes<'_>, command: &mut Command, message: &mut Message) {
    command.side = 1 + u16::from(bytes.below(2));
    command.ord_type = [2, 2, 2, 1, 3, 4, 5, 6, 0][usize::from(bytes.below(9))];
    command.time_in_force = [2, 2, 2, 1, 3, 4, 5, 6, 7, 8, 0][usize::from(bytes.below(11))];
    command.quantity = bytes.value(11).wrapping_add(1);
    let priced = matches!(command.ord_type, 2 | 5) || bytes.below(4) == 0;
    command.price = if priced { bytes.value(40).wrapping_add(1) } else { 0 };
    if matches!(command.ord_type, 4 | 5) {
        command.stop_price = bytes.value(40).wrapping_add(1);
    }
    command.expire_time = if command.time_in_force == 5 { bytes.word() as i64 >> 8 } else { 0 };
    let extras = bytes.next();
    let mut terms = OrderTerms::default();
    match extras % 16 {
        0 => command.display_quantity = bytes.value(6),
        1 => command.min_quantity = bytes.value(6),
        2 => command.flags = 1 << bytes.below(16),
        3 => command.self_trade_prevention = u16::from(bytes.below(7)),
        4 => command.self_trade_group = u32::from(bytes.below(3)),
        5 => {
            terms.trailing_offset = bytes.value(8);
            terms.activation_price = bytes.value(40);
            terms.flags = u64::from(bytes.below(4));
            command.stop_price = 0;
        }
        6 | 7 => command.link = 1 | 2 << 8 | u32::from(bytes.below(2)) << 16,
        8 | 9 => {
            let legs = 2 + u32::from(bytes.below(2));
            command.link = 2 | legs << 8 | u32::from(bytes.below(3)) << 16;
        }
        _ => {}
    }
    if command.ord_type == 6 {
        terms.flags = u64::from(bytes.below(4)) << 8;
        terms.peg_offset = bytes.value(9).wrapping_sub(4);
    }
    terms.tag = u64::from(extras / 16 % 3);
    if terms != OrderTerms::default() {
        command.flags |= engine::pod::FLAG_TERMS;
        command.payload_index = message.terms.len() as u16;
        message.terms.push(terms);
    }
}

fn rules(bytes: &mut Bytes<'_>, instrument: u32) -> InstrumentRules {
    let mut rules = InstrumentRules { instrument, ..InstrumentRules::zeroed() };
    let bps = |byte: u8| u32::from(byte % 8) * 500;
    rules.static_band_bps = if bytes.below(4) == 0 { bps(bytes.next()) } else { 0 };
    rules.dynamic_band_bps = bps(bytes.next());
    rules.protection_bps = bps(bytes.next());
    rules.auction_seconds = u32::from(bytes.below(3));
    rules.flags = u32::from(bytes.below(2));
    if bytes.below(3) == 0 {
        rules.tick_from[0] = bytes.value(30);
        rules.tick_size[0] = bytes.value(6);
        rules.tick_from[1] = bytes.value(60);
        rules.tick_size[1] = bytes.value(6);
    }
    if bytes.below(3) == 0 {
        let session = u64::from(bytes.below(9));
        rules.schedule[0] = (u64::from(bytes.next()) * 300) | (session << 32) | (0x7f << 48);
    }
    rules
}

/// Feeds what bytes stand for to the engine, the reference and the checks, then to a second engine,
/// which must come to the same state.
///
/// # Errors
///
/// With the first difference, or the rule that is broken.
pub fn check(bytes: &[u8]) -> Result<(), String> {
    let messages = script(bytes);
    let mut judge = Judge::default();
    for message in &messages {
        judge.message(message)?;
    }
    judge.compare()?;
    let (mut engine, mut assembler) = (MatchingEngine::new(0), Assembler::default());
    let mut fills = Fills::default();
    for message in &messages {
        let applied = engine.apply(&assembler.assemble(message), &mut fills);
        applied.map_err(|error| error.to_string())?;
    }
    if engine.state_hash() != judge.engine.state_hash() {
        return Err("a replay comes to another state".to_owned());
    }
    Ok(())
}
