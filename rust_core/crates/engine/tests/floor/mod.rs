//! A trading floor for tests: messages and what comes of them, as text.
//!
//! A line is one command. `a buy 5 @ 100 ioc` names the order that it makes, later lines use the
//! name. Words after the price are terms: a time in force, `market`, `tolimit`, `stop=`, `trail=`,
//! `peg=bid`, `offset=`, `show=`, `min=`, `aon`, `post`, `group=`, `tag=`, `by=` (the account),
//! `leg=oco:0/2`, `until=` (seconds). Other lines are `cancel a`, `replace a qty= price= stop=`,
//! `session`, `last 100`, `mass by= side= tag= on=`, `kill firm 2`, `bust 1 buy 5 @ 100`, and
//! `rules`. All trade instrument 1 unless they say `on=2`.
#![allow(dead_code, reason = "every test file takes what it needs")]

use std::collections::HashMap;
use std::fmt::Write as _;

use bytemuck::Zeroable;
use engine::ids::place;
use engine::pod::{
    Account, BatchStatus, Command, CommandKind, Contingency, Event, ExecType, Instrument,
    InstrumentRules, Leg, MarketStatus, OrdType, OrderTerms, PegPrice, ScheduledSession, SelfTrade,
    SessionState, Side, TimeInForce, Verdict, FLAG_ALL_OR_NONE, FLAG_POST_ONLY, FLAG_TERMS,
    INSTRUMENT_ENABLED, TERMS_PEG_SHIFT, TIMER,
};
use engine::reject::Reject;
use engine::{Batch, Fills, MatchingEngine};

/// Nanoseconds in a second.
pub const SECOND: i64 = 1_000_000_000;

/// One matching engine and the names of its orders.
pub struct Floor {
    pub engine: MatchingEngine,
    pub fills: Fills,
    time_ns: i64,
    sequence: u64,
    ids: HashMap<String, u64>,
    names: HashMap<u64, String>,
    commands: Vec<Command>,
    verdicts: Vec<Verdict>,
    terms: Vec<OrderTerms>,
    rules: Vec<InstrumentRules>,
    instruments: Vec<Instrument>,
    accounts: Vec<Account>,
}

fn number(word: &str, key: &str) -> Option<i64> {
    let value = word.strip_prefix(key)?.strip_prefix('=')?;
    Some(value.parse().unwrap_or_else(|_| panic!("{word}: not a number")))
}

/// The enum value whose name this is.
fn named<T: Copy + std::fmt::Debug>(all: &[T], word: &str) -> Option<T> {
    all.iter().copied().find(|value| format!("{value:?}").eq_ignore_ascii_case(word))
}

fn weekday_word(value: &str) -> u64 {
    let (second, session) = value.split_once(':').expect("second:session");
    let second = second.parse().expect("a second of the day");
    let session = named(SessionState::ALL, session).expect("a session");
    ScheduledSession { second, session, weekdays: 0x7f }.word()
}

impl Floor {
    /// Two instruments that follow these policies, at one second after the epoch.
    pub fn open_with(policies: u32) -> Self {
        let mut floor = Self {
            engine: MatchingEngine::new(0),
            fills: Fills::default(),
            time_ns: SECOND,
            sequence: 0,
            ids: HashMap::new(),
            names: HashMap::new(),
            commands: Vec::new(),
            verdicts: Vec::new(),
            terms: Vec::new(),
            rules: Vec::new(),
            instruments: Vec::new(),
            accounts: Vec::new(),
        };
        for id in 1..=2 {
            floor.instruments.push(Instrument {
                id,
                flags: INSTRUMENT_ENABLED,
                tick_size: 1,
                lot_size: 1,
                policies,
                ..Instrument::zeroed()
            });
            let payload_index = id as u16 - 1;
            let kind = CommandKind::SetInstrument.number();
            floor.add(Command { kind, payload_index, ..Command::zeroed() });
        }
        floor.send();
        floor
    }

    /// Two instruments with price and time and nothing else.
    pub fn open() -> Self {
        Self::open_with(0)
    }

    /// Opens an account of a firm.
    pub fn set_account(&mut self, id: u32, firm: u32) {
        self.accounts = vec![Account { id, firm, ..Account::zeroed() }];
        self.send_raw(&[Command { kind: CommandKind::SetAccount.number(), ..Command::zeroed() }]);
    }

    /// Lets time pass.
    pub fn wait(&mut self, seconds: i64) -> &mut Self {
        self.time_ns += seconds * SECOND;
        self
    }

    /// One message that lists instrument 1 anew with another tick size.
    pub fn list_with_ticks_of(&mut self, tick_size: i64) {
        self.instruments[0].tick_size = tick_size;
        let kind = CommandKind::SetInstrument.number();
        self.send_raw(&[Command { kind, ..Command::zeroed() }]);
    }

    /// The id of an order.
    pub fn id(&self, name: &str) -> u64 {
        self.ids[name]
    }

    /// One message; what comes of it is to be this.
    #[track_caller]
    pub fn says(&mut self, lines: &str, expected: &str) -> &mut Self {
        let told = self.message(lines);
        let clean = |text: &str| {
            text.lines()
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .fold(String::new(), |all, line| all + line + "\n")
        };
        assert_eq!(clean(&told), clean(expected), "after\n{lines}");
        self
    }

    /// One message; what comes of it.
    pub fn message(&mut self, lines: &str) -> String {
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            self.read(line);
        }
        self.send();
        self.tell()
    }

    /// One message of commands as they are.
    pub fn send_raw(&mut self, commands: &[Command]) {
        for command in commands {
            self.add(*command);
        }
        self.send();
    }

    fn add(&mut self, command: Command) {
        let own = place(0, self.sequence + 1, self.commands.len() as u32);
        let new = command.kind == CommandKind::NewOrder.number();
        let order_id = if new { own } else { command.order_id };
        self.commands.push(command);
        self.verdicts.push(Verdict { order_id, ..Verdict::zeroed() });
    }

    fn send(&mut self) {
        self.sequence += 1;
        let batch = Batch {
            sequence: self.sequence,
            time_ns: self.time_ns,
            origin: 2,
            batch: self.sequence,
            fills_seen: 0,
            status: BatchStatus::Applied,
            commands: &self.commands,
            verdicts: &self.verdicts,
            orig_cl_ord_ids: &[],
            instruments: &self.instruments,
            accounts: &self.accounts,
            limits: &[],
            terms: &self.terms,
            rules: &self.rules,
            fees: &[],
        };
        self.engine.apply(&batch, &mut self.fills).expect("the next message");
        self.commands.clear();
        self.verdicts.clear();
        self.terms.clear();
        self.rules.clear();
    }

    fn read(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let mut command = Command { instrument: 1, account: 1, ..Command::zeroed() };
        let kind = match words[0] {
            "cancel" | "replace" => {
                command.order_id = self.ids.get(words[1]).copied().unwrap_or(0);
                command.instrument = 0;
                command.account = self.engine.order(command.order_id).map_or(1, |o| o.account);
                for word in &words[2..] {
                    let set = number(word, "qty").map(|value| command.quantity = value);
                    let set = set.or(number(word, "price").map(|value| command.price = value));
                    let set = set.or(number(word, "stop").map(|value| command.stop_price = value));
                    set.unwrap_or_else(|| panic!("{line}: {word}?"));
                }
                let replace = words[0] == "replace";
                if replace {
                    CommandKind::ReplaceOrder
                } else {
                    CommandKind::CancelOrder
                }
            }
            "session" => {
                let session = named(SessionState::ALL, words[1]).expect("a session");
                command.payload_index = session.number();
                CommandKind::SetSession
            }
            "last" => {
                command.price = words[1].parse().expect("a price");
                CommandKind::SetLastTrade
            }
            "tick" => CommandKind::Tick,
            "mass" => {
                (command.account, command.instrument) = (0, 0);
                for word in &words[1..] {
                    let set = number(word, "by").map(|value| command.account = value as u32);
                    let set = set.or(number(word, "on").map(|v| command.instrument = v as u32));
                    let set = set.or(number(word, "tag").map(|v| command.order_id = v as u64));
                    let side = || named(Side::ALL, word.strip_prefix("side=")?);
                    let set = set.or_else(|| side().map(|side| command.side = side.number()));
                    set.unwrap_or_else(|| panic!("{line}: {word}?"));
                }
                CommandKind::MassCancel
            }
            "kill" => {
                let (scope, id) = (words[1], words.get(2).map_or("0", |id| id));
                let scopes = ["account", "firm", "venue", "session"];
                let scope = scopes.iter().position(|&name| name == scope);
                command.payload_index = scope.unwrap_or(4) as u16;
                command.account = id.parse().expect("an id");
                CommandKind::Kill
            }
            "bust" => {
                command.expire_time = words[1].parse().expect("a match id");
                command.side = named(Side::ALL, words[2]).expect("a side").number();
                command.quantity = words[3].parse().expect("a quantity");
                command.price = words[5].parse().expect("a price");
                CommandKind::BustTrade
            }
            "rules" => {
                command.payload_index = self.rules.len() as u16;
                self.read_rules(&words[1..]);
                CommandKind::SetRules
            }
            name => {
                self.read_order(name, &words[1..], &mut command);
                CommandKind::NewOrder
            }
        };
        command.kind = kind.number();
        self.add(command);
    }

    fn read_rules(&mut self, words: &[&str]) {
        let mut rules = InstrumentRules { instrument: 1, ..InstrumentRules::zeroed() };
        let (mut ticks, mut moments) = (0, 0);
        for word in words {
            let (key, value) = word.split_once('=').expect("key=value");
            let one = || value.parse().expect("a number");
            match key {
                "static" => rules.static_band_bps = one(),
                "dynamic" => rules.dynamic_band_bps = one(),
                "protection" => rules.protection_bps = one(),
                "seconds" => rules.auction_seconds = one(),
                "flags" => rules.flags = one(),
                "tick" => {
                    let (from, size) = value.split_once(':').expect("from:size");
                    rules.tick_from[ticks] = from.parse().expect("a price");
                    rules.tick_size[ticks] = size.parse().expect("a size");
                    ticks += 1;
                }
                "at" => {
                    rules.schedule[moments] = weekday_word(value);
                    moments += 1;
                }
                _ => panic!("{word}?"),
            }
        }
        self.rules.push(rules);
    }

    fn read_order(&mut self, name: &str, words: &[&str], command: &mut Command) {
        command.side = named(Side::ALL, words[0]).expect("a side").number();
        command.quantity = words[1].parse().expect("a quantity");
        let (mut kind, mut time) = (OrdType::Limit, TimeInForce::Gtc);
        let mut terms = OrderTerms::default();
        let mut rest = &words[2..];
        if rest.first() == Some(&"@") {
            command.price = rest[1].parse().expect("a price");
            rest = &rest[2..];
        }
        for word in rest {
            let (key, value) = word.split_once('=').unwrap_or((word, "0"));
            let parsed = value.parse().unwrap_or(0);
            match key {
                "market" => kind = OrdType::Market,
                "tolimit" => kind = OrdType::MarketToLimit,
                "stop" => {
                    let limited = command.price != 0;
                    kind = if limited { OrdType::StopLimit } else { OrdType::Stop };
                    command.stop_price = parsed;
                }
                "trail" => {
                    kind = OrdType::Stop;
                    terms.trailing_offset = parsed;
                }
                "peg" => {
                    kind = OrdType::Pegged;
                    let peg = named(PegPrice::ALL, value).expect("what it follows");
                    terms.flags |= u64::from(peg.number()) << TERMS_PEG_SHIFT;
                }
                "offset" => terms.peg_offset = parsed,
                "tag" => terms.tag = parsed as u64,
                "show" => command.display_quantity = parsed,
                "min" => command.min_quantity = parsed,
                "aon" => command.flags |= FLAG_ALL_OR_NONE,
                "post" => command.flags |= FLAG_POST_ONLY,
                "group" => command.self_trade_group = parsed as u32,
                "by" => command.account = parsed as u32,
                "on" => command.instrument = parsed as u32,
                "selftrade" => {
                    let mode = named(SelfTrade::ALL, value).expect("a mode");
                    command.self_trade_prevention = mode.number();
                }
                "until" => (time, command.expire_time) = (TimeInForce::Gtd, parsed * SECOND),
                "leg" => {
                    let (of, place) = value.split_once(':').expect("kind:place/legs");
                    let (place, legs) = place.split_once('/').expect("place/legs");
                    let oco = of == "oco";
                    let leg = Leg {
                        contingency: match oco {
                            true => Contingency::OneCancelsOther,
                            false => Contingency::Bracket,
                        },
                        legs: legs.parse().expect("legs"),
                        place: place.parse().expect("a place"),
                    };
                    command.link = leg.link();
                }
                word => time = named(TimeInForce::ALL, word).expect("a time in force"),
            }
        }
        if terms != OrderTerms::default() {
            command.flags |= FLAG_TERMS;
            command.payload_index = self.terms.len() as u16;
            self.terms.push(terms);
        }
        (command.ord_type, command.time_in_force) = (kind.number(), time.number());
        let id = place(0, self.sequence + 1, self.commands.len() as u32);
        self.ids.insert(name.to_owned(), id);
        self.names.insert(id, name.to_owned());
    }

    fn tell(&self) -> String {
        let mut told = String::new();
        for event in &self.fills.events {
            let _ = writeln!(told, "{}", self.event(event));
        }
        for status in &self.fills.statuses {
            let _ = writeln!(told, "{}", status_line(status));
        }
        told
    }

    fn event(&self, event: &Event) -> String {
        let name = self.names.get(&event.order_id).map_or("-", String::as_str);
        let kind = named(ExecType::ALL, &format!("{:?}", ExecType::ALL[event.exec_type as usize]));
        let mut line = format!("{name} {:?}", kind.expect("a kind"));
        if event.command_index == TIMER {
            line.insert_str(0, "* ");
        }
        let refused = [ExecType::Rejected.number(), ExecType::CancelRejected.number()];
        if refused.contains(&event.exec_type) {
            let reason = Reject::from_number(event.reason).expect("a reason");
            let _ = write!(line, " {reason:?}");
            return line;
        }
        if event.last_quantity != 0 {
            let _ = write!(line, " {} @ {}", event.last_quantity, event.last_price);
        }
        if event.exec_type != ExecType::TradeBust.number() {
            let _ = write!(line, ", {} open", event.leaves_quantity);
        }
        if event.book_quantity_before != 0 {
            let _ = write!(line, ", stood at {}", event.book_price_before);
        }
        if event.rests() {
            let _ = write!(line, ", rests at {}", event.price);
        }
        if event.reason != 0 {
            let _ = write!(line, " ({})", event.reason);
        }
        line
    }
}

fn status_line(status: &MarketStatus) -> String {
    let session = SessionState::ALL[status.session as usize];
    let mut line = format!("{}: {session:?}", status.instrument);
    if status.command_index == TIMER {
        line.insert_str(0, "* ");
    }
    if status.price != 0 {
        let MarketStatus { price, quantity, imbalance, .. } = *status;
        let _ = write!(line, ", would trade {quantity} @ {price}, left {imbalance}");
    }
    line
}
