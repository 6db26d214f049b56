//! A desk for tests: risk, matching and every projection of FILLS in one process, told what to do
//! in lines that a trader can read.
//!
//! ```text
//! alice: buy 10 @ 100 as a1            a limit order, GTC; `day`, `ioc`, `fok` may follow
//! alice: sell 5 market as a2           a market order
//! alice: buy 10 @ 100 on XYZ as a3     of another instrument than ABC
//! alice: cancel a1 as c1               a cancel; without `as` it has no client order id
//! alice: replace a1 total 20 @ 101 as a4     `total` or `leaves`, a price, or one of them
//! alice: sell 5 stop 90 as a5          a stop; `limit 89` makes it a stop-limit
//! alice: sell 5 trail 3 as a6          a trailing stop
//! alice: buy 5 peg @ 99 as a7          pegged to the best bid, with a limit or without, and with
//!                                      an `offset 2` or none
//! ```
//!
//! Of new orders also: `to-limit` (market-to-limit), `opening`, `auction`, `until 60` (GTD, seconds
//! from noon), `reduce`, `reprice`, `display 2`, `prevent` (cancel resting), `tag 7`.
#![allow(dead_code, reason = "every test file takes what it needs")]

use bytemuck::Zeroable;
use engine::market_data::Updates;
use engine::pod::{
    Account, ClOrdId, Command, CommandKind, FeeSchedule, Flow, Instrument, InstrumentRules, Limits,
    OrdType, OrderTerms, PegPrice, SelfTrade, SessionState, Side, TimeInForce, Verdict,
    VerdictKind, ACCOUNT_ENABLED, FLAG_LEAVES, FLAG_POST_ONLY_REPRICE, FLAG_REDUCE_ONLY,
    FLAG_TERMS, INSTRUMENT_ENABLED, TERMS_PEG_SHIFT,
};
use engine::reject::Reject;
use engine::risk::{bits, Bounds};
use engine::{Batch, Fills, MarketData, MatchingEngine, OrderView, RiskEngine, Risked};

/// Money of one currency unit.
pub const UNIT: i128 = 1_000_000_000_000;
/// 2024-05-01 12:00 UTC.
pub const NOON_NS: i64 = 1_714_564_800_000_000_000;
pub const SECOND_NS: i64 = 1_000_000_000;
pub const DAY_NS: i64 = 86_400 * SECOND_NS;

pub const ALICE: u32 = 1;
pub const BOB: u32 = 2;
pub const CAROL: u32 = 3;
pub const ABC: u32 = 1;
pub const XYZ: u32 = 2;

/// Text in zero-padded words.
pub fn words<const N: usize>(text: &str) -> [u64; N] {
    let mut words = [0; N];
    bytemuck::cast_slice_mut::<u64, u8>(&mut words)[..text.len()].copy_from_slice(text.as_bytes());
    words
}

pub fn id(text: &str) -> ClOrdId {
    ClOrdId::new(text.as_bytes()).expect("a client order id")
}

/// An instrument with whole prices and quantities, tick and lot 1, margin 100 %.
pub fn instrument(id: u32, symbol: &str) -> Instrument {
    Instrument {
        id,
        flags: INSTRUMENT_ENABLED,
        symbol: words(symbol),
        currency: words::<1>("USD")[0],
        tick_size: 1,
        lot_size: 1,
        initial_margin_bps: 10_000,
        ..Instrument::zeroed()
    }
}

pub fn account(id: u32, name: &str) -> Account {
    Account {
        id,
        firm: 1,
        flags: ACCOUNT_ENABLED,
        name: words(name),
        currency: words::<1>("USD")[0],
        self_trade_group: 0,
    }
}

/// Limits with every check off.
pub fn no_limits(account: u32) -> Limits {
    Limits { account, ..Limits::zeroed() }
}

/// Limits with every check on and wide: tests narrow the one they are about.
pub fn wide_limits(account: u32) -> Limits {
    let mut limits = Limits {
        account,
        checks: bits::ALL & !bits::RESTRICTED,
        max_order_quantity: 1_000_000,
        max_position: 1_000_000,
        max_gross_position: 1_000_000,
        max_short: 1_000_000,
        collar_bps: 10_000,
        max_open_orders: 1_000,
        flow: Flow { messages: 1_000_000, burst: 65_535, window_ms: 1, duplicates: 4_095 }.word(),
        ..Limits::zeroed()
    };
    limits.set_max_gross_exposure(1_000_000_000 * UNIT);
    limits.set_max_daily_loss(1_000_000_000 * UNIT);
    limits.set_max_order_notional(1_000_000_000 * UNIT);
    limits.set_credit(1_000_000_000 * UNIT);
    limits
}

/// What a batch carries beside its commands.
#[derive(Default, Clone)]
pub struct Payload {
    pub commands: Vec<Command>,
    pub orig_cl_ord_ids: Vec<ClOrdId>,
    pub instruments: Vec<Instrument>,
    pub accounts: Vec<Account>,
    pub limits: Vec<Limits>,
    pub terms: Vec<OrderTerms>,
    pub rules: Vec<InstrumentRules>,
    pub fees: Vec<FeeSchedule>,
}

impl Payload {
    pub fn set_instrument(&mut self, instrument: Instrument) {
        self.reference(CommandKind::SetInstrument, self.instruments.len());
        self.instruments.push(instrument);
    }

    pub fn set_account(&mut self, account: Account) {
        self.reference(CommandKind::SetAccount, self.accounts.len());
        self.accounts.push(account);
    }

    pub fn set_limits(&mut self, limits: Limits) {
        self.reference(CommandKind::SetLimits, self.limits.len());
        self.limits.push(limits);
    }

    pub fn set_rules(&mut self, rules: InstrumentRules) {
        self.reference(CommandKind::SetRules, self.rules.len());
        self.rules.push(rules);
    }

    pub fn set_fees(&mut self, fees: FeeSchedule) {
        self.reference(CommandKind::SetFees, self.fees.len());
        self.fees.push(fees);
    }

    pub fn set_conversion(&mut self, currency: &str, value: i64) {
        self.reference(CommandKind::SetConversion, 0);
        let command = self.commands.last_mut().expect("just added");
        (command.order_id, command.price) = (words::<1>(currency)[0], value);
    }

    pub fn set_session(&mut self, instrument: u32, session: SessionState) {
        self.reference(CommandKind::SetSession, usize::from(session.number()));
        self.commands.last_mut().expect("just added").instrument = instrument;
    }

    pub fn set_last_trade(&mut self, instrument: u32, price: i64) {
        self.reference(CommandKind::SetLastTrade, 0);
        let command = self.commands.last_mut().expect("just added");
        (command.instrument, command.price) = (instrument, price);
    }

    fn reference(&mut self, kind: CommandKind, index: usize) {
        let (kind, payload_index) = (kind.number(), index as u16);
        self.commands.push(Command { kind, payload_index, ..Command::zeroed() });
    }

    /// Adds the command that a line says.
    pub fn line(&mut self, line: &str) {
        let (who, what) = line.split_once(':').expect("an account, a colon, a command");
        let mut command = Command::zeroed();
        command.account = match who.trim() {
            "alice" => ALICE,
            "bob" => BOB,
            "carol" => CAROL,
            other => panic!("nobody is called {other}"),
        };
        let mut tokens = what.split_whitespace();
        match tokens.next().expect("a verb") {
            verb @ ("buy" | "sell") => {
                command.kind = CommandKind::NewOrder.number();
                command.side = if verb == "buy" { Side::Buy } else { Side::Sell }.number();
                command.ord_type = OrdType::Limit.number();
                command.time_in_force = TimeInForce::Gtc.number();
                command.instrument = ABC;
                command.quantity = number(tokens.next());
            }
            verb @ ("cancel" | "replace") => {
                let kind = match verb {
                    "cancel" => CommandKind::CancelOrder,
                    _ => CommandKind::ReplaceOrder,
                };
                command.kind = kind.number();
                self.orig_cl_ord_ids.push(id(tokens.next().expect("an order")));
                command.orig_cl_ord_id_index = self.orig_cl_ord_ids.len() as u16;
            }
            other => panic!("nobody can {other}"),
        }
        let mut with = OrderTerms::default();
        terms(&mut command, &mut with, tokens);
        if with != OrderTerms::default() {
            command.flags |= FLAG_TERMS;
            command.payload_index = self.terms.len() as u16;
            self.terms.push(with);
        }
        self.commands.push(command);
    }
}

fn number(token: Option<&str>) -> i64 {
    token.and_then(|token| token.parse().ok()).expect("a number")
}

fn terms<'a>(
    command: &mut Command,
    with: &mut OrderTerms,
    mut tokens: impl Iterator<Item = &'a str>,
) {
    while let Some(token) = tokens.next() {
        match token {
            "@" => command.price = number(tokens.next()),
            "market" => command.ord_type = OrdType::Market.number(),
            "day" => command.time_in_force = TimeInForce::Day.number(),
            "ioc" => command.time_in_force = TimeInForce::Ioc.number(),
            "fok" => command.time_in_force = TimeInForce::Fok.number(),
            "to-limit" => command.ord_type = OrdType::MarketToLimit.number(),
            "stop" => {
                if command.kind == CommandKind::NewOrder.number() {
                    command.ord_type = OrdType::Stop.number();
                }
                command.stop_price = number(tokens.next());
            }
            "limit" => {
                command.ord_type = OrdType::StopLimit.number();
                command.price = number(tokens.next());
            }
            "trail" => {
                command.ord_type = OrdType::Stop.number();
                with.trailing_offset = number(tokens.next());
            }
            "peg" => {
                command.ord_type = OrdType::Pegged.number();
                with.flags = u64::from(PegPrice::Bid.number()) << TERMS_PEG_SHIFT;
            }
            "offset" => with.peg_offset = number(tokens.next()),
            "opening" => command.time_in_force = TimeInForce::AtTheOpen.number(),
            "auction" => command.time_in_force = TimeInForce::GoodForAuction.number(),
            "until" => {
                command.time_in_force = TimeInForce::Gtd.number();
                command.expire_time = NOON_NS + number(tokens.next()) * SECOND_NS;
            }
            "reduce" => command.flags |= FLAG_REDUCE_ONLY,
            "reprice" => command.flags |= FLAG_POST_ONLY_REPRICE,
            "display" => command.display_quantity = number(tokens.next()),
            "prevent" => command.self_trade_prevention = SelfTrade::CancelResting.number(),
            "decrement" => command.self_trade_prevention = SelfTrade::DecrementBoth.number(),
            "tag" => with.tag = number(tokens.next()) as u64,
            "total" => command.quantity = number(tokens.next()),
            "leaves" => {
                command.flags |= FLAG_LEAVES;
                command.quantity = number(tokens.next());
            }
            "as" => command.set_cl_ord_id(id(tokens.next().expect("a client order id"))),
            "on" => {
                command.instrument = match tokens.next() {
                    Some("ABC") => ABC,
                    Some("XYZ") => XYZ,
                    other => panic!("no instrument is called {other:?}"),
                }
            }
            other => panic!("what is {other}?"),
        }
    }
}

/// The command of one line, which names no client order id of another.
pub fn command(line: &str) -> Command {
    let mut payload = Payload::default();
    payload.line(line);
    assert!(payload.orig_cl_ord_ids.is_empty());
    payload.commands[0]
}

/// What a verdict says, in words.
pub fn said(verdict: &Verdict) -> String {
    match VerdictKind::try_from(verdict.kind).expect("a kind of verdict") {
        VerdictKind::Accepted => "accepted".to_owned(),
        VerdictKind::Repeat => "repeat".to_owned(),
        VerdictKind::Refused => {
            format!("{:?}", Reject::from_number(verdict.reason).expect("a reason"))
        }
    }
}

/// Risk, matching and the projections.
pub struct Desk {
    pub risk: RiskEngine,
    pub matching: MatchingEngine,
    pub market_data: MarketData,
    pub orders: OrderView,
    pub updates: Updates,
    /// Every message of RISKED and FILLS so far.
    pub risked: Vec<Risked>,
    pub fills: Vec<Fills>,
    /// Journal time at which the next batch is stored.
    pub now_ns: i64,
    /// How far the stamps of batches stay behind.
    pub lag: u64,
    pub origin: u64,
    batch: u64,
}

impl Desk {
    /// Nothing listed, nobody there.
    pub fn empty() -> Self {
        Self::with_bounds(Bounds::default())
    }

    pub fn with_bounds(bounds: Bounds) -> Self {
        Self {
            risk: RiskEngine::with_bounds(0, bounds),
            matching: MatchingEngine::new(0),
            market_data: MarketData::new(60 * SECOND_NS),
            orders: OrderView::default(),
            updates: Updates::default(),
            risked: Vec::new(),
            fills: Vec::new(),
            now_ns: NOON_NS,
            lag: 0,
            origin: 77,
            batch: 0,
        }
    }

    /// ABC and XYZ with alice, bob and carol, every check on and wide, reference price 100.
    pub fn open() -> Self {
        let mut desk = Self::empty();
        let mut setup = Payload::default();
        for (id, symbol) in [(ABC, "ABC"), (XYZ, "XYZ")] {
            setup.set_instrument(Instrument { reference_price: 100, ..instrument(id, symbol) });
        }
        for (id, name) in [(ALICE, "ALICE"), (BOB, "BOB"), (CAROL, "CAROL")] {
            setup.set_account(account(id, name));
            setup.set_limits(wide_limits(id));
        }
        let verdicts = desk.send(&setup);
        assert!(verdicts.iter().all(|verdict| said(verdict) == "accepted"));
        desk
    }

    /// Sends a batch and has all of it done, but for what the lag leaves to later fills.
    pub fn send(&mut self, payload: &Payload) -> Vec<Verdict> {
        self.batch += 1;
        self.send_as(self.origin, self.batch, payload);
        self.risked.last().expect("just judged").verdicts.clone()
    }

    /// Lets time pass, and restarts the process that sends: who is idle for a day is forgotten.
    pub fn wait_ns(&mut self, nanoseconds: i64) {
        self.now_ns += nanoseconds;
        self.origin += 1;
        self.batch = 0;
    }

    /// Sends a batch under an origin and number of one's own.
    pub fn send_as(&mut self, origin: u64, number: u64, payload: &Payload) {
        let sequence = self.risk.applied() + 1;
        let stamp = (sequence - 1).saturating_sub(self.lag);
        let batch = Batch {
            sequence,
            time_ns: self.now_ns,
            origin,
            batch: number,
            fills_seen: stamp,
            status: engine::pod::BatchStatus::Applied,
            commands: &payload.commands,
            verdicts: &[],
            orig_cl_ord_ids: &payload.orig_cl_ord_ids,
            instruments: &payload.instruments,
            accounts: &payload.accounts,
            limits: &payload.limits,
            terms: &payload.terms,
            rules: &payload.rules,
            fees: &payload.fees,
        };
        self.apply_fills_up_to(self.risk.fills_wanted(sequence, stamp));
        let mut risked = Risked::default();
        self.risk.apply(&batch, &mut risked).expect("the next batch");
        self.match_and_project(&batch, &risked);
        self.risked.push(risked);
    }

    fn match_and_project(&mut self, batch: &Batch<'_>, risked: &Risked) {
        let applied = risked.status == engine::pod::BatchStatus::Applied;
        let batch = Batch {
            time_ns: risked.time_ns,
            fills_seen: risked.fills_applied,
            status: risked.status,
            commands: if applied { batch.commands } else { &[] },
            verdicts: &risked.verdicts,
            orig_cl_ord_ids: &[],
            ..*batch
        };
        let mut fills = Fills::default();
        self.matching.apply(&batch, &mut fills).expect("the next batch");
        let view = fills.view();
        self.market_data.apply(&view, &mut self.updates).expect("the next fills");
        self.orders.apply(&view).expect("the next fills");
        fills.events.shrink_to_fit();
        self.fills.push(fills);
    }

    fn apply_fills_up_to(&mut self, wanted: u64) {
        while self.risk.fills_applied() < wanted {
            let next = self.risk.fills_applied() as usize;
            self.risk.apply_fills(&self.fills[next].view()).expect("what happened");
        }
    }

    /// Has risk know everything that happened.
    pub fn settle(&mut self) {
        self.apply_fills_up_to(self.risk.applied());
    }

    /// Sends one line as a batch and says what risk said.
    pub fn line(&mut self, line: &str) -> String {
        let mut payload = Payload::default();
        payload.line(line);
        said(&self.send(&payload)[0])
    }

    /// Sends lines one by one, all of which risk accepts.
    pub fn accepted(&mut self, lines: &[&str]) {
        for line in lines {
            assert_eq!(self.line(line), "accepted", "{line}");
        }
    }

    /// Gives an account other limits.
    pub fn limit(&mut self, limits: Limits) {
        let mut payload = Payload::default();
        payload.set_limits(limits);
        assert_eq!(said(&self.send(&payload)[0]), "accepted");
    }

    /// Changes an instrument.
    pub fn list(&mut self, instrument: Instrument) {
        let mut payload = Payload::default();
        payload.set_instrument(instrument);
        assert_eq!(said(&self.send(&payload)[0]), "accepted");
    }
}
