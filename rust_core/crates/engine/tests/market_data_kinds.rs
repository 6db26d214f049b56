//! Market data of the kinds that few orders have: what shows of them, auctions, busts, statuses.
//!
//! The matching engine is driven alone, as if risk accepted everything.

mod desk;

use bytemuck::Zeroable;
use desk::{instrument, words, ABC, NOON_NS, SECOND_NS, XYZ};
use engine::ids::place;
use engine::market_data::{MarketDataError, Trade, Updates};
use engine::pod::{
    BatchStatus, Command, CommandKind, Event, ExecType, Instrument, MarketStatus, OrdType,
    OrderTerms, SessionState, Side, TimeInForce, Verdict, FLAG_ALL_OR_NONE, FLAG_TERMS,
};
use engine::{Batch, Fills, MarketData, MatchingEngine};

/// Market orders may come while orders collect, and what is left of them rests.
const POLICIES: u32 = 1 << 9 | 1 << 3;

/// Matching and what market data makes of it.
struct Venue {
    matching: MatchingEngine,
    data: MarketData,
    updates: Updates,
    fills: Fills,
    now_ns: i64,
}

impl Venue {
    fn open() -> Self {
        let mut venue = Self {
            matching: MatchingEngine::new(0),
            data: MarketData::new(60 * SECOND_NS),
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
        venue.message(&[set(0), set(1)], &listed, &[]);
        venue
    }

    /// One message; market data follows, and has the books that matching has.
    fn message(&mut self, commands: &[Command], instruments: &[Instrument], terms: &[OrderTerms]) {
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
            terms,
            rules: &[],
        };
        self.matching.apply(&batch, &mut self.fills).expect("the next batch");
        self.data.apply(&self.fills.view(), &mut self.updates).expect("the next fills");
        for book in self.matching.books() {
            let market = self.data.market(book.instrument().id).expect("it is listed");
            for side in [Side::Buy, Side::Sell] {
                assert!(market.levels(side).eq(book.levels(side)), "{side:?} of {sequence}");
            }
            assert_eq!(market.status().session, book.session().number());
        }
    }

    /// One order of ABC; its id.
    fn order(&mut self, command: Command) -> u64 {
        self.message(&[command], &[], &[]);
        place(0, self.matching.applied(), 0)
    }

    fn session(&mut self, session: SessionState) {
        let kind = CommandKind::SetSession.number();
        let (instrument, payload_index) = (ABC, session.number());
        self.message(&[Command { kind, instrument, payload_index, ..Command::zeroed() }], &[], &[]);
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
    venue.message(&[to(SessionState::CancelOnly), to(SessionState::Halted)], &[], &[]);
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
fn the_books_are_those_of_matching_whatever_is_sent() {
    let mut venue = Venue::open();
    let mut random = 11_u64;
    let mut draw = |bound: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 33) % bound
    };
    let (mut auctions, mut statuses) = (0, 0);
    for round in 0..4_000_u64 {
        venue.now_ns += draw(2) as i64 * SECOND_NS;
        let mut terms = Vec::new();
        let mut commands = Vec::new();
        for _ in 0..=draw(3) {
            let side = if draw(2) == 0 { Side::Buy } else { Side::Sell };
            let (quantity, price) = (1 + draw(20) as i64, 95 + draw(11) as i64);
            let mut command = limit(side, quantity, price);
            command.account = 1 + draw(3) as u32;
            command.instrument = if draw(4) == 0 { XYZ } else { ABC };
            let target = place(0, 2 + draw(round.max(1)).max(round.saturating_sub(60)), 0);
            match draw(14) {
                0 => command.display_quantity = 1 + draw(3) as i64,
                1 => {
                    command.ord_type = OrdType::StopLimit.number();
                    command.stop_price = 95 + draw(11) as i64;
                }
                2 => {
                    (command.ord_type, command.price) = (OrdType::Stop.number(), 0);
                    command.flags = FLAG_TERMS;
                    command.payload_index = terms.len() as u16;
                    let trailing_offset = 1 + draw(4) as i64;
                    terms.push(OrderTerms { trailing_offset, ..OrderTerms::default() });
                }
                3 => command.flags = FLAG_ALL_OR_NONE,
                4 => command = Command { account: command.account, ..market(side, quantity) },
                5 => {
                    let times = [TimeInForce::GoodForAuction, TimeInForce::AtTheClose];
                    command.time_in_force = times[draw(2) as usize].number();
                }
                6 | 7 => {
                    let (kind, account) = (CommandKind::CancelOrder.number(), command.account);
                    command = Command { kind, account, order_id: target, ..Command::zeroed() };
                }
                8 => {
                    let kind = CommandKind::ReplaceOrder.number();
                    let account = command.account;
                    command = Command {
                        kind,
                        account,
                        order_id: target,
                        price,
                        quantity,
                        ..Command::zeroed()
                    };
                }
                9 if draw(3) == 0 => {
                    let sessions = [
                        SessionState::Continuous,
                        SessionState::OpeningAuction,
                        SessionState::ClosingAuction,
                        SessionState::VolatilityAuction,
                        SessionState::Halted,
                        SessionState::Continuous,
                    ];
                    let kind = CommandKind::SetSession.number();
                    let payload_index = sessions[draw(6) as usize].number();
                    let instrument = command.instrument;
                    command = Command { kind, instrument, payload_index, ..Command::zeroed() };
                }
                _ => {}
            }
            commands.push(command);
        }
        venue.message(&commands, &[], &terms);
        auctions += venue.updates.trades.iter().filter(|trade| trade.auction).count();
        statuses += venue.updates.statuses.len();
    }
    assert!(auctions > 50 && statuses > 100, "{auctions} trades in auctions, {statuses} statuses");
}
