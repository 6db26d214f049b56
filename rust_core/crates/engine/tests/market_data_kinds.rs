//! Market data of the kinds that few orders have: what shows of them, auctions, busts, statuses.
//!
//! The matching engine is driven alone, as if risk accepted everything. The order view follows,
//! too: every event of an order has to be its next.

mod desk;

use bytemuck::Zeroable;
use desk::{instrument, words, ABC, NOON_NS, SECOND_NS, XYZ};
use engine::ids::place;
use engine::market_data::{MarketDataError, Trade, Updates};
use engine::pod::{
    BatchStatus, Command, CommandKind, Contingency, Event, ExecType, Instrument, InstrumentRules,
    Leg, MarketStatus, OrdType, OrderTerms, SessionState, Side, TimeInForce, Verdict,
    FLAG_ALL_OR_NONE, FLAG_TERMS, TERMS_PEG_SHIFT,
};
use engine::{Batch, Fills, MarketData, MatchingEngine, OrderView};

/// Market orders may come while orders collect, and what is left of them rests.
const POLICIES: u32 = 1 << 9 | 1 << 3;

/// What a message holds.
#[derive(Default)]
struct Message {
    commands: Vec<Command>,
    terms: Vec<OrderTerms>,
    rules: Vec<InstrumentRules>,
}

/// Matching and what market data makes of it.
struct Venue {
    matching: MatchingEngine,
    data: MarketData,
    orders: OrderView,
    updates: Updates,
    fills: Fills,
    now_ns: i64,
}

impl Venue {
    fn open() -> Self {
        let mut venue = Self {
            matching: MatchingEngine::new(0),
            data: MarketData::new(60 * SECOND_NS),
            orders: OrderView::default(),
            updates: Updates::default(),
            fills: Fills::default(),
            now_ns: NOON_NS,
        };
        let listed = [(ABC, "ABC"), (XYZ, "XYZ")].map(|(id, symbol)| Instrument {
            symbol: words(symbol),
            policies: POLICIES,
            reference_price: 100,
            ..instrument(id, symbol)
        });
        let set = |index| Command {
            kind: CommandKind::SetInstrument.number(),
            payload_index: index,
            ..Command::zeroed()
        };
        let commands = vec![set(0), set(1)];
        venue.message(&Message { commands, ..Message::default() }, &listed);
        venue
    }

    /// One message; market data follows, and has the books that matching has.
    fn message(&mut self, message: &Message, instruments: &[Instrument]) {
        let commands = message.commands.as_slice();
        let sequence = self.matching.applied() + 1;
        let verdict = |(index, command): (usize, &Command)| Verdict {
            order_id: if command.kind == CommandKind::NewOrder.number() {
                place(0, sequence, index as u32)
            } else {
                command.order_id
            },
            ..Verdict::zeroed()
        };
        let verdicts: Vec<_> = commands.iter().enumerate().map(verdict).collect();
        let batch = Batch {
            sequence,
            time_ns: self.now_ns,
            origin: 1,
            batch: sequence,
            fills_seen: 0,
            status: BatchStatus::Applied,
            commands,
            verdicts: &verdicts,
            orig_cl_ord_ids: &[],
            instruments,
            accounts: &[],
            limits: &[],
            terms: &message.terms,
            rules: &message.rules,
            fees: &[],
        };
        self.matching.apply(&batch, &mut self.fills).expect("the next batch");
        self.data.apply(&self.fills.view(), &mut self.updates).expect("the next fills");
        self.orders.apply(&self.fills.view()).expect("the next fills");
        assert_eq!(self.orders.open_orders() as usize, self.matching.open_orders());
        for book in self.matching.books() {
            let market = self.data.market(book.instrument().id).expect("it is listed");
            for side in [Side::Buy, Side::Sell] {
                assert!(market.levels(side).eq(book.levels(side)), "{side:?} of {sequence}");
            }
            assert_eq!(market.status().session, book.session().number());
        }
    }

    fn send(&mut self, commands: &[Command]) {
        self.message(&Message { commands: commands.to_vec(), ..Message::default() }, &[]);
    }

    /// One order of ABC; its id.
    fn order(&mut self, command: Command) -> u64 {
        self.send(&[command]);
        place(0, self.matching.applied(), 0)
    }

    fn session(&mut self, session: SessionState) {
        let kind = CommandKind::SetSession.number();
        let (instrument, payload_index) = (ABC, session.number());
        self.send(&[Command { kind, instrument, payload_index, ..Command::zeroed() }]);
    }

    /// Levels of ABC, bids then asks: price, quantity, orders.
    fn levels(&self) -> [Vec<(i64, i64, u32)>; 2] {
        let market = self.data.market(ABC).expect("it is listed");
        [Side::Buy, Side::Sell].map(|side| {
            market.levels(side).map(|level| (level.price, level.quantity, level.orders)).collect()
        })
    }
}

fn limit(side: Side, quantity: i64, price: i64) -> Command {
    Command {
        kind: CommandKind::NewOrder.number(),
        side: side.number(),
        ord_type: OrdType::Limit.number(),
        time_in_force: TimeInForce::Gtc.number(),
        account: 1,
        instrument: ABC,
        quantity,
        price,
        ..Command::zeroed()
    }
}

fn market(side: Side, quantity: i64) -> Command {
    Command { ord_type: OrdType::Market.number(), ..limit(side, quantity, 0) }
}

#[test]
fn an_iceberg_shows_its_tip_and_a_stop_nothing() {
    let mut venue = Venue::open();
    venue.order(Command { display_quantity: 4, ..limit(Side::Sell, 10, 100) });
    venue.order(Command {
        ord_type: OrdType::StopLimit.number(),
        stop_price: 100,
        ..limit(Side::Buy, 3, 99)
    });
    assert_eq!(venue.levels(), [vec![], vec![(100, 4, 1)]]);
    assert!(venue.updates.deltas.is_empty(), "a stop is nobody's business");
    // The tip trades and is shown anew; the trade reaches the stop, which then rests.
    venue.order(limit(Side::Buy, 4, 100));
    assert_eq!(venue.levels(), [vec![(99, 3, 1)], vec![(100, 4, 1)]]);
    let [delta] = venue.updates.deltas.as_slice() else { panic!("one command, one delta") };
    assert_eq!(venue.updates.levels(delta).len(), 1, "the offer is as it was");
}

#[test]
fn a_market_order_that_rests_is_not_shown() {
    let mut venue = Venue::open();
    let resting = venue.order(market(Side::Buy, 5));
    assert_eq!(venue.levels(), [vec![], vec![]]);
    assert!(venue.matching.order(resting).is_some(), "it rests all the same");
}

#[test]
fn an_auction_is_indicated_while_it_collects_and_has_no_aggressor() {
    let mut venue = Venue::open();
    venue.session(SessionState::OpeningAuction);
    let [status] = venue.updates.statuses.as_slice() else { panic!("the session changed") };
    assert_eq!((status.instrument, status.price), (ABC, 0));
    let buy = venue.order(limit(Side::Buy, 8, 101));
    assert!(venue.updates.statuses.is_empty(), "nothing would trade");
    let sell = venue.order(limit(Side::Sell, 5, 99));
    let [status] = venue.updates.statuses.as_slice() else { panic!("it is indicated") };
    assert_eq!((status.price, status.quantity, status.imbalance), (101, 5, 3));
    assert_eq!(venue.levels(), [vec![(101, 8, 1)], vec![(99, 5, 1)]], "the book is crossed");

    venue.session(SessionState::Continuous);
    let [trade] = venue.updates.trades.as_slice() else { panic!("one trade") };
    assert_eq!((trade.price, trade.quantity), (101, 5));
    assert_eq!((trade.auction, trade.aggressor), (true, Side::None));
    assert_eq!((trade.taker_order_id, trade.maker_order_id), (buy, sell));
    let [status] = venue.updates.statuses.as_slice() else { panic!("the session changed") };
    assert_eq!(status.session, SessionState::Continuous.number());
    assert_eq!(venue.levels(), [vec![(101, 3, 1)], vec![]]);
    let session = venue.data.market(ABC).expect("it is listed").session();
    assert_eq!((session.trades, session.volume), (1, 5), "an auction's trades count");
}

#[test]
fn a_status_that_is_as_before_is_no_news() {
    let mut venue = Venue::open();
    venue.session(SessionState::Halted);
    assert_eq!(venue.updates.statuses.len(), 1);
    venue.session(SessionState::Halted);
    assert!(venue.updates.statuses.is_empty());
    let to = |session: SessionState| Command {
        kind: CommandKind::SetSession.number(),
        instrument: ABC,
        payload_index: session.number(),
        ..Command::zeroed()
    };
    venue.send(&[to(SessionState::CancelOnly), to(SessionState::Halted)]);
    assert!(venue.updates.statuses.is_empty(), "it came and went within the message");
}

#[test]
fn a_bust_is_told_and_nothing_is_counted_anew() {
    let mut venue = Venue::open();
    venue.order(limit(Side::Sell, 5, 100));
    venue.order(limit(Side::Buy, 5, 100));
    let before = *venue.data.market(ABC).expect("it is listed").session();
    let bust = |side: Side| Event {
        exec_type: ExecType::TradeBust.number(),
        side: side.number(),
        instrument: ABC,
        match_id: 1,
        last_price: 100,
        last_quantity: 5,
        ..Event::zeroed()
    };
    let mut fills = venue.fills.clone();
    fills.sequence += 1;
    fills.events = vec![bust(Side::Buy), bust(Side::Sell)];
    venue.data.apply(&fills.view(), &mut venue.updates).expect("both sides are undone");
    let [Trade { busted: true, match_id: 1, quantity: 5, event_index: 0, .. }] =
        venue.updates.trades[..]
    else {
        panic!("told once: {:?}", venue.updates.trades)
    };
    assert!(venue.updates.deltas.is_empty() && venue.updates.tops.is_empty());
    assert_eq!(*venue.data.market(ABC).expect("it is listed").session(), before);
}

#[test]
fn a_status_of_nothing_is_an_error() {
    let mut venue = Venue::open();
    let mut fills = venue.fills.clone();
    fills.sequence += 1;
    let status = MarketStatus { instrument: 9, ..MarketStatus::zeroed() };
    for status in [status, MarketStatus { instrument: ABC, session: 99, ..status }] {
        fills.statuses = vec![status];
        let error = venue.data.clone().apply(&fills.view(), &mut venue.updates);
        assert_eq!(error, Err(MarketDataError::Status { sequence: 2, status: 0 }));
    }
}

#[test]
fn what_a_pegged_order_shows_moves_with_it() {
    let mut venue = Venue::open();
    let terms = OrderTerms { flags: 1 << TERMS_PEG_SHIFT, ..OrderTerms::default() };
    let pegged =
        Command { ord_type: OrdType::Pegged.number(), flags: FLAG_TERMS, ..limit(Side::Buy, 2, 0) };
    venue.message(&Message { commands: vec![pegged], terms: vec![terms], rules: vec![] }, &[]);
    assert_eq!(venue.levels(), [vec![], vec![]], "it has nothing to follow");
    let bid = venue.order(limit(Side::Buy, 5, 99));
    assert_eq!(venue.levels()[0], [(99, 7, 2)]);
    assert_eq!(venue.updates.deltas.len(), 1, "one command, one delta");
    venue.order(limit(Side::Buy, 1, 100));
    assert_eq!(venue.levels()[0], [(100, 3, 2), (99, 5, 1)]);
    let kind = CommandKind::MassCancel.number();
    venue.send(&[Command { kind, ..Command::zeroed() }]);
    assert_eq!(venue.levels(), [vec![], vec![]]);
    assert!(venue.matching.order(bid).is_none());
}

#[test]
fn an_exit_shows_nothing_before_its_entry_has_traded() {
    let mut venue = Venue::open();
    let leg = |place| Leg { contingency: Contingency::Bracket, legs: 2, place }.link();
    venue.send(&[
        Command { link: leg(0), ..limit(Side::Buy, 5, 100) },
        Command { link: leg(1), ..limit(Side::Sell, 5, 110) },
    ]);
    assert_eq!(venue.levels(), [vec![(100, 5, 1)], vec![]]);
    venue.order(Command { account: 2, ..limit(Side::Sell, 5, 100) });
    assert_eq!(venue.levels(), [vec![], vec![(110, 5, 1)]]);
}

#[test]
fn a_volatility_auction_is_told_when_it_begins_and_when_it_ends() {
    let mut venue = Venue::open();
    let rules = InstrumentRules {
        instrument: ABC,
        dynamic_band_bps: 1_000,
        auction_seconds: 30,
        ..InstrumentRules::zeroed()
    };
    let set = Command { kind: CommandKind::SetRules.number(), ..Command::zeroed() };
    venue.message(&Message { commands: vec![set], terms: vec![], rules: vec![rules] }, &[]);
    venue.order(limit(Side::Sell, 5, 120));
    venue.order(Command { account: 2, ..limit(Side::Buy, 5, 120) });
    let [status] = venue.updates.statuses.as_slice() else { panic!("an auction begins") };
    assert_eq!(status.session, SessionState::VolatilityAuction.number());
    assert_eq!((status.price, status.quantity, status.imbalance), (120, 5, 0));
    venue.now_ns += 30 * SECOND_NS;
    venue.send(&[]);
    let [status] = venue.updates.statuses.as_slice() else { panic!("it ends") };
    assert_eq!(status.session, SessionState::Continuous.number());
    let [trade] = venue.updates.trades.as_slice() else { panic!("one trade") };
    assert_eq!((trade.price, trade.quantity, trade.auction), (120, 5, true));
}

/// Commands of every kind, by seed.
struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % bound
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }

    fn limit(&mut self) -> Command {
        let side = self.one_of(&[Side::Buy, Side::Sell]);
        let (quantity, price) = (1 + self.below(20) as i64, 95 + self.below(11) as i64);
        let account = 1 + self.below(3) as u32;
        let instrument = self.one_of(&[ABC, ABC, ABC, XYZ]);
        Command { account, instrument, ..limit(side, quantity, price) }
    }

    fn with_terms(&mut self, message: &mut Message, command: Command, terms: OrderTerms) {
        let payload_index = message.terms.len() as u16;
        message.terms.push(terms);
        message.commands.push(Command { flags: FLAG_TERMS, payload_index, ..command });
    }

    /// Adds a new order, or the legs of a list.
    fn order(&mut self, message: &mut Message) {
        let plain = self.limit();
        let command = match self.below(12) {
            0 => Command { display_quantity: 1 + self.below(3) as i64, ..plain },
            1 => Command {
                ord_type: OrdType::StopLimit.number(),
                stop_price: 95 + self.below(11) as i64,
                ..plain
            },
            2 => {
                let trailing_offset = 1 + self.below(4) as i64;
                let stop = Command { ord_type: OrdType::Stop.number(), price: 0, ..plain };
                let terms = OrderTerms { trailing_offset, ..OrderTerms::default() };
                return self.with_terms(message, stop, terms);
            }
            3 => Command { flags: FLAG_ALL_OR_NONE, ..plain },
            4 => Command { ord_type: OrdType::Market.number(), price: 0, ..plain },
            5 => {
                let time = self.one_of(&[TimeInForce::GoodForAuction, TimeInForce::AtTheClose]);
                Command { time_in_force: time.number(), ..plain }
            }
            6 => {
                let pegged = Command { ord_type: OrdType::Pegged.number(), price: 0, ..plain };
                let terms = OrderTerms {
                    flags: (1 + self.below(3)) << TERMS_PEG_SHIFT,
                    peg_offset: self.below(5) as i64 - 2,
                    ..OrderTerms::default()
                };
                return self.with_terms(message, pegged, terms);
            }
            7 => {
                let contingency =
                    self.one_of(&[Contingency::OneCancelsOther, Contingency::Bracket]);
                let bracket = contingency == Contingency::Bracket;
                let away = if bracket == (plain.side == Side::Buy.number()) { 4 } else { -4 };
                let other = if bracket { 3 - plain.side } else { plain.side };
                let leg = |place| Leg { contingency, legs: 2, place }.link();
                let second = Command { side: other, price: plain.price + away, ..plain };
                message.commands.push(Command { link: leg(0), ..plain });
                Command { link: leg(1), ..second }
            }
            _ => plain,
        };
        message.commands.push(command);
    }

    /// Adds what an operator does.
    fn operate(&mut self, message: &mut Message) {
        let instrument = self.one_of(&[ABC, XYZ]);
        let kind = self.one_of(&[
            CommandKind::SetSession,
            CommandKind::SetSession,
            CommandKind::SetLastTrade,
            CommandKind::SetRules,
            CommandKind::MassCancel,
        ]);
        let mut command = Command { kind: kind.number(), instrument, ..Command::zeroed() };
        match kind {
            CommandKind::SetSession => {
                let sessions = [
                    SessionState::Continuous,
                    SessionState::OpeningAuction,
                    SessionState::ClosingAuction,
                    SessionState::Halted,
                    SessionState::Continuous,
                ];
                command.payload_index = self.one_of(&sessions).number();
            }
            CommandKind::SetRules => {
                command.payload_index = message.rules.len() as u16;
                message.rules.push(InstrumentRules {
                    instrument,
                    dynamic_band_bps: self.one_of(&[0, 200, 400]),
                    protection_bps: self.one_of(&[0, 300]),
                    auction_seconds: 3,
                    ..InstrumentRules::zeroed()
                });
            }
            CommandKind::MassCancel => command.account = 1 + self.below(3) as u32,
            _ => command.price = 95 + self.below(11) as i64,
        }
        message.commands.push(command);
    }

    fn message(&mut self, round: u64) -> Message {
        let mut message = Message::default();
        for _ in 0..=self.below(3) {
            let target = place(0, 2 + self.below(round.max(1)).max(round.saturating_sub(60)), 0);
            let (account, order_id) = (1 + self.below(3) as u32, target);
            let of = |kind: CommandKind| Command {
                kind: kind.number(),
                account,
                order_id,
                ..Command::zeroed()
            };
            match self.below(40) {
                0 => self.operate(&mut message),
                1..=5 => message.commands.push(of(CommandKind::CancelOrder)),
                6..=10 => {
                    let (price, quantity) = (95 + self.below(11) as i64, 1 + self.below(20) as i64);
                    let replace = of(CommandKind::ReplaceOrder);
                    message.commands.push(Command { price, quantity, ..replace });
                }
                _ => self.order(&mut message),
            }
        }
        message
    }
}

#[test]
fn the_books_are_those_of_matching_whatever_is_sent() {
    let mut venue = Venue::open();
    let mut draw = Draw(11);
    let (mut auctions, mut statuses) = (0, 0);
    let mut told = [0; 16];
    for round in 0..4_000 {
        venue.now_ns += draw.below(2) as i64 * SECOND_NS;
        venue.message(&draw.message(round), &[]);
        auctions += venue.updates.trades.iter().filter(|trade| trade.auction).count();
        statuses += venue.updates.statuses.len();
        for (order, _) in [ABC, XYZ].into_iter().flat_map(|id| venue.matching.waiting(id)) {
            let known = venue.orders.order(order.id).expect("it is open");
            assert_eq!((known.last.leaves_quantity, known.is_open()), (order.leaves, true));
        }
        venue.fills.events.iter().for_each(|event| told[usize::from(event.exec_type)] += 1);
    }
    assert!(auctions > 50 && statuses > 100, "{auctions} trades in auctions, {statuses} statuses");
    for kind in [ExecType::Suspended, ExecType::Restated, ExecType::Triggered, ExecType::Expired] {
        assert!(told[usize::from(kind.number())] > 20, "{kind:?}: {told:?}");
    }
}
