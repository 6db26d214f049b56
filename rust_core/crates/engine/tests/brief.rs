//! Brief requests: what they are answered, and that a message of one command each does the same.

use bytemuck::Zeroable;
use engine::brief::{named, Answer, Deal, Request};
use engine::matching::Told;
use engine::pod::{
    BatchStatus, Command, CommandKind, Event, ExecType, Instrument, InstrumentRules, Liquidity,
    OrdStatus, OrdType, OrderTerms, PegPrice, SessionState, Side, TimeInForce, Verdict,
    FLAG_ALL_OR_NONE, FLAG_LEAVES, FLAG_POST_ONLY, FLAG_TERMS, INSTRUMENT_ENABLED, MAX_PRICE,
    TERMS_PEG_SHIFT, TIMER,
};
use engine::reject::Reject;
use engine::{Batch, Fills, MatchingEngine};

const ABC: u32 = 1;
const SECOND_NS: i64 = 1_000_000_000;

/// A book that stands alone.
struct Book {
    engine: MatchingEngine,
    fills: Fills,
    time_ns: i64,
}

impl Book {
    fn open(policies: u32) -> Self {
        let engine = MatchingEngine::named();
        let mut book = Self { engine, fills: Fills::default(), time_ns: 0 };
        let instrument = Instrument {
            id: ABC,
            flags: INSTRUMENT_ENABLED,
            tick_size: 1,
            lot_size: 1,
            policies,
            ..Instrument::zeroed()
        };
        let set = Command { kind: CommandKind::SetInstrument.number(), ..Command::zeroed() };
        book.message(&[set], &[instrument], &[], &[]);
        book
    }

    /// A message of a command, or of none; its events.
    fn message(
        &mut self,
        commands: &[Command],
        instruments: &[Instrument],
        terms: &[OrderTerms],
        rules: &[InstrumentRules],
    ) -> &[Event] {
        let sequence = self.engine.applied() + 1;
        let batch = Batch {
            sequence,
            time_ns: self.time_ns,
            origin: 1,
            batch: sequence,
            fills_seen: 0,
            status: BatchStatus::Applied,
            commands,
            verdicts: &vec![Verdict::zeroed(); commands.len()],
            orig_cl_ord_ids: &[],
            instruments,
            accounts: &[],
            limits: &[],
            fees: &[],
            terms,
            rules,
        };
        self.engine.apply(&batch, &mut self.fills).expect("the next message");
        &self.fills.events
    }

    fn serve(&mut self, requests: &[Request]) -> (Vec<Answer>, Told) {
        let (mut answers, mut told) = (vec![Answer::default(); requests.len()], Told::default());
        self.engine.serve(ABC, requests, &mut answers, &mut told).expect("there is room");
        (answers, told)
    }

    fn levels(&self) -> Vec<(i64, i64, u32)> {
        let book = self.engine.book(ABC).expect("it is open");
        let levels = book.levels(Side::Buy).chain(book.levels(Side::Sell));
        levels.map(|level| (level.price, level.quantity, level.orders)).collect()
    }

    /// Names and open quantities in the order in which they would trade.
    fn orders(&self) -> Vec<(u64, i64, u32)> {
        let sides = [Side::Buy, Side::Sell];
        let resting = sides.into_iter().flat_map(|side| self.engine.orders(ABC, side));
        let all = resting.chain(self.engine.waiting(ABC).map(|(order, _)| order));
        all.map(|order| (order.name(), order.leaves, order.account)).collect()
    }
}

fn order(order_id: u64, side: Side, quantity: i64, price: i64) -> Request {
    Request {
        order_id,
        price,
        quantity,
        kind: CommandKind::NewOrder as u8,
        side: side as u8,
        ord_type: if price == 0 { OrdType::Market } else { OrdType::Limit } as u8,
        time_in_force: TimeInForce::Gtc as u8,
        ..Request::zeroed()
    }
}

fn cancel(order_id: u64) -> Request {
    Request { order_id, kind: CommandKind::CancelOrder as u8, ..Request::zeroed() }
}

fn replace(order_id: u64, quantity: i64, price: i64) -> Request {
    Request {
        order_id,
        price,
        quantity,
        kind: CommandKind::ReplaceOrder as u8,
        ..Request::zeroed()
    }
}

fn answer(status: OrdStatus, executed_quantity: i64, leaves_quantity: i64, deals: u32) -> Answer {
    let status = status.number();
    Answer { executed_quantity, leaves_quantity, deals, reason: 0, status }
}

fn refused(reason: Reject) -> Answer {
    let (reason, status) = (reason.number(), OrdStatus::Rejected.number());
    Answer { reason, status, ..Answer::default() }
}

#[test]
fn orders_trade_rest_change_and_end() {
    let mut book = Book::open(0);
    let fok = Request { time_in_force: TimeInForce::Fok as u8, ..order(6, Side::Sell, 9, 100) };
    let ioc = Request { time_in_force: TimeInForce::Ioc as u8, ..order(7, Side::Sell, 9, 100) };
    let (answers, told) = book.serve(&[
        order(1, Side::Sell, 5, 101),
        order(2, Side::Sell, 4, 102),
        order(3, Side::Buy, 7, 102),
        order(4, Side::Buy, 3, 100),
        replace(2, 6, 0),
        replace(4, 5, 99),
        fok,
        ioc,
        replace(4, 8, 103),
        cancel(4),
        order(8, Side::Sell, 2, 0),
    ]);
    use OrdStatus::{Canceled, Filled, New, PartiallyFilled};
    let unfilled = Reject::FokUnfillable.number();
    let expected = [
        answer(New, 0, 5, 0),
        answer(New, 0, 4, 0),
        answer(Filled, 7, 0, 2),
        answer(New, 0, 3, 0),
        answer(PartiallyFilled, 0, 4, 0),
        answer(New, 0, 5, 0),
        Answer { reason: unfilled, ..answer(Canceled, 0, 0, 0) },
        answer(Canceled, 0, 0, 0),
        answer(PartiallyFilled, 4, 4, 1),
        answer(Canceled, 0, 0, 0),
        answer(Canceled, 0, 0, 0),
    ];
    assert_eq!(answers, expected);
    let deal = |request, match_id, resting_id, aggressing_id, price, quantity| Deal {
        request,
        auction: 0,
        match_id,
        resting_id,
        aggressing_id,
        price,
        quantity,
    };
    let deals = [deal(2, 1, 1, 3, 101, 5), deal(2, 2, 2, 3, 102, 2), deal(8, 3, 2, 4, 102, 4)];
    assert_eq!(told.deals, deals);
    assert!(told.others.is_empty() && book.levels().is_empty());
}

#[test]
fn what_is_wrong_is_refused_with_its_reason() {
    let mut book = Book::open(0);
    let good = order(1, Side::Buy, 5, 100);
    let of_another = Request { account: 9, ..cancel(1) };
    let unsupported = Reject::UnsupportedCharacteristic;
    let wrong = [
        (good, Reject::DuplicateClOrdId),
        (Request { order_id: 2, quantity: 0, ..good }, Reject::IncorrectQuantity),
        (Request { order_id: 2, quantity: i64::MIN, ..good }, Reject::IncorrectQuantity),
        (Request { order_id: 2, price: 0, ..good }, Reject::TickSize),
        (Request { order_id: 2, price: MAX_PRICE + 1, ..good }, Reject::TickSize),
        (Request { order_id: 2, side: 3, ..good }, unsupported),
        (Request { order_id: 2, ord_type: 200, ..good }, unsupported),
        (Request { order_id: 2, time_in_force: 0, ..good }, unsupported),
        (Request { order_id: 2, flags: FLAG_TERMS, ..good }, unsupported),
        (Request { order_id: 2, flags: u16::MAX, ..good }, unsupported),
        (Request { order_id: 2, self_trade_prevention: 99, ..good }, unsupported),
        (Request { kind: 0, ..good }, unsupported),
        (Request { kind: CommandKind::MassCancel as u8, ..Request::zeroed() }, unsupported),
        (Request { kind: 255, ..good }, unsupported),
        (cancel(2), Reject::UnknownOrder),
        (of_another, Reject::UnknownOrder),
        (replace(2, 1, 1), Reject::UnknownOrder),
        (replace(1, -1, 0), Reject::IncorrectQuantity),
        (replace(1, 0, -1), Reject::TickSize),
        (Request { flags: u16::MAX, ..replace(1, 1, 1) }, unsupported),
    ];
    let (answers, _) = book.serve(&[good]);
    assert_eq!(answers, [answer(OrdStatus::New, 0, 5, 0)]);
    for (request, reason) in wrong {
        let (answers, told) = book.serve(&[request]);
        assert_eq!(answers, [refused(reason)], "{request:?}");
        assert!(told.deals.is_empty() && told.others.is_empty());
        assert_eq!(book.levels(), [(100, 5, 1)]);
    }
    let (answers, _) = book.serve(&[cancel(1), good]);
    assert_eq!(answers[1], answer(OrdStatus::New, 0, 5, 0), "a name is free when its order ended");
}

#[test]
fn what_happens_to_others_is_told_at_length() {
    let mut book = Book::open(2);
    let stop = Command {
        cl_ord_id: named(7),
        stop_price: 101,
        price: 0,
        ord_type: OrdType::Stop.number(),
        ..Request { account: 5, ..order(7, Side::Buy, 1, 101) }.command(ABC)
    };
    book.message(&[stop], &[], &[], &[]);
    let of = |account, request| Request { account, ..request };
    let (answers, told) = book.serve(&[
        of(1, order(1, Side::Sell, 5, 100)),
        of(2, order(2, Side::Sell, 5, 101)),
        of(2, order(3, Side::Sell, 5, 102)),
        of(1, order(4, Side::Buy, 6, 101)),
    ]);
    assert_eq!(answers[3], answer(OrdStatus::PartiallyFilled, 5, 1, 2));
    let others: Vec<_> =
        told.others.iter().map(|event| (event.order_id, event.exec_type)).collect();
    let (canceled, new) = (ExecType::Canceled.number(), ExecType::Triggered.number());
    assert_eq!(others, [(1, canceled), (7, new)]);
    assert!(told.others.iter().all(|event| event.command_index == 3));
    let deals: Vec<_> =
        told.deals.iter().map(|deal| (deal.aggressing_id, deal.resting_id, deal.price)).collect();
    assert_eq!(deals, [(4, 2, 101), (7, 3, 102)]);
}

/// Numbers that look random.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888);
        (self.0 >> 33) % bound
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    fn request(&mut self) -> Request {
        let kind = [1, 1, 1, 2, 3, 3][self.below(6) as usize];
        let new = kind == 1;
        let mut request = Request {
            order_id: self.below(60),
            price: 95 + self.below(11) as i64,
            quantity: 1 + self.below(30) as i64,
            account: self.below(3) as u32,
            kind,
            side: if new { 1 + self.below(2) as u8 } else { 0 },
            ord_type: if new { OrdType::Limit as u8 } else { 0 },
            time_in_force: if new { 1 + self.below(4) as u8 } else { 0 },
            ..Request::zeroed()
        };
        if self.one_in(8) {
            request.price = 0;
            request.ord_type = if new { OrdType::Market as u8 } else { 0 };
        }
        match self.below(40) {
            0 => request.flags = FLAG_POST_ONLY,
            1 => request.flags = FLAG_ALL_OR_NONE,
            2 => request.flags = FLAG_LEAVES,
            3 => request.self_trade_group = 1,
            4 => request.self_trade_prevention = self.below(7) as u16,
            5 => request.ord_type = self.below(8) as u8,
            6 => request.time_in_force = self.below(10) as u8,
            7 => request.quantity = -request.quantity,
            8 => request.kind = self.below(20) as u8,
            9 => request.side = self.below(4) as u8,
            _ => {}
        }
        request
    }

    /// An order that no request can ask for, and its terms.
    fn special(&mut self) -> (Command, OrderTerms) {
        let plain = order(60 + self.below(30), Side::Buy, 1 + self.below(30) as i64, 100);
        let mut command = Command {
            side: 1 + self.below(2) as u16,
            price: 95 + self.below(11) as i64,
            account: self.below(3) as u32,
            ..plain.command(ABC)
        };
        let mut terms = OrderTerms::default();
        match self.below(5) {
            0 => command.display_quantity = 1 + self.below(5) as i64,
            1 => command.min_quantity = 1 + self.below(command.quantity as u64) as i64,
            2 => {
                (command.ord_type, command.price) = (OrdType::Stop.number(), 0);
                command.stop_price = 95 + self.below(11) as i64;
            }
            3 => {
                (command.ord_type, command.price) = (OrdType::Stop.number(), 0);
                (command.flags, terms.trailing_offset) = (FLAG_TERMS, 2);
            }
            _ => {
                (command.ord_type, command.flags) = (OrdType::Pegged.number(), FLAG_TERMS);
                terms.flags = u64::from(PegPrice::Bid.number()) << TERMS_PEG_SHIFT;
            }
        }
        (command, terms)
    }
}

/// What a message's events say of its only command, counted in the plainest way.
fn read(request: &Request, events: &[Event]) -> (Answer, Vec<Deal>, Vec<Event>) {
    let mut answer = Answer::default();
    let (mut deals, mut others) = (Vec::new(), Vec::new());
    let trade = ExecType::Trade.number();
    let refusals = [ExecType::Rejected.number(), ExecType::CancelRejected.number()];
    for event in events.iter().filter(|event| event.exec_type == trade) {
        let [one, other]: [&Event; 2] = events
            .iter()
            .filter(|two| two.match_id == event.match_id)
            .collect::<Vec<_>>()
            .try_into()
            .expect("a trade has two sides");
        let deal = Deal {
            request: if event.command_index == TIMER { TIMER } else { 0 },
            auction: u32::from(event.liquidity == Liquidity::Auction.number()),
            match_id: event.match_id,
            resting_id: other.cl_ord_id[0],
            aggressing_id: one.cl_ord_id[0],
            price: event.last_price,
            quantity: event.last_quantity,
        };
        if !deals.contains(&deal) {
            deals.push(deal);
        }
    }
    for event in events {
        if event.cl_ord_id[0] == request.order_id && event.command_index == 0 {
            answer.executed_quantity += event.last_quantity * i64::from(event.exec_type == trade);
            answer.reason = event.reason;
            let refused = refusals.contains(&event.exec_type);
            (answer.status, answer.leaves_quantity) = match refused {
                true => (OrdStatus::Rejected.number(), 0),
                false => (event.ord_status, event.leaves_quantity),
            };
        } else if event.exec_type != trade {
            others.push(Event { order_id: event.cl_ord_id[0], cl_ord_id: [0; 4], ..*event });
        }
    }
    answer.deals = deals.len() as u32;
    (answer, deals, others)
}

/// Two books in one market, one told briefly and one by messages, with everything that there is
/// around them.
#[test]
fn brief_and_long_are_the_same() {
    let policies = [0, 1, 2, 3, 4, 5, 1 << 3, 2 << 3 | 2, 1 << 5, 2 << 5, 1 << 7 | 4];
    for (seed, policies) in policies.into_iter().cycle().take(33).enumerate() {
        let mut numbers = Numbers(seed as u64);
        let mut books = [Book::open(policies), Book::open(policies)];
        let special = seed % 3 != 0;
        let mut told = 0;
        for step in 0..4_000 {
            if special && numbers.one_in(12) {
                let (command, terms) = numbers.special();
                let [one, other] = books.each_mut();
                let events = one.message(&[command], &[], &[terms], &[]);
                assert_eq!(events, other.message(&[command], &[], &[terms], &[]), "{step}");
                continue;
            }
            if special && numbers.one_in(300) {
                around(&mut numbers, &mut books);
                continue;
            }
            let request = numbers.request();
            let known = (1..=3).contains(&request.kind);
            let command = Command {
                kind: if known { u16::from(request.kind) } else { 0 },
                ..request.command(ABC)
            };
            let [brief, long] = books.each_mut();
            let expected = read(&request, long.message(&[command], &[], &[], &[]));
            let (answers, found) = brief.serve(&[request]);
            assert_eq!((answers[0], found.deals, found.others), expected, "{step}: {request:?}");
            told += expected.2.len();
        }
        let [brief, long] = &books;
        assert_eq!(brief.levels(), long.levels());
        assert_eq!(brief.orders(), long.orders());
        assert_eq!(brief.engine.open_orders(), long.engine.open_orders());
        assert!(!special || told > 20, "others have things happen to them, {seed}: {told}");
    }
}

/// A message holds 40,000 events, and a request causes no more than one would; the last orders that
/// are met aren't plain.
#[test]
fn a_sweep_ends_where_a_message_would_be_full() {
    let mut books = [Book::open(0), Book::open(0)];
    let mut makers: Vec<Request> = (0..20_010).map(|id| order(id, Side::Sell, 1, 100)).collect();
    for maker in &mut makers[19_000..] {
        maker.self_trade_group = 1;
    }
    let taker = order(30_000, Side::Buy, 20_010, 100);
    let [brief, long] = books.each_mut();
    for request in &makers {
        long.message(&[request.command(ABC)], &[], &[], &[]);
    }
    brief.serve(&makers);
    let (answers, told) = brief.serve(&[taker]);
    let events = long.message(&[taker.command(ABC)], &[], &[], &[]).to_vec();
    let last = events.last().expect("it ends");
    assert_eq!(answers[0].deals as usize, (events.len() - 2) / 2);
    assert_eq!((answers[0].deals, answers[0].reason), (19_999, Reject::Other.number()));
    assert_eq!((answers[0].status, answers[0].reason), (last.ord_status, last.reason));
    assert_eq!(told.deals.len(), 19_999);
    assert_eq!(brief.orders(), long.orders());
}

/// Sessions, bands and days come and go in both.
fn around(numbers: &mut Numbers, books: &mut [Book; 2]) {
    let session = [SessionState::OpeningAuction, SessionState::Halted][numbers.below(2) as usize];
    let (what, seconds) = (numbers.below(4), numbers.below(40_000) as i64);
    let rules = InstrumentRules {
        instrument: ABC,
        dynamic_band_bps: 300 * numbers.below(2) as u32,
        protection_bps: 200 * numbers.below(2) as u32,
        auction_seconds: 60,
        ..InstrumentRules::zeroed()
    };
    let seen = books.each_mut().map(|book| {
        let mut set = Command { instrument: ABC, ..Command::zeroed() };
        set.kind = match what {
            0 => CommandKind::SetRules.number(),
            _ => CommandKind::SetSession.number(),
        };
        set.payload_index = match what {
            0 => 0,
            1 => session.number(),
            _ => SessionState::Continuous.number(),
        };
        book.time_ns += seconds * SECOND_NS;
        book.message(&[set], &[], &[], &[rules]).to_vec()
    });
    assert_eq!(seen[0], seen[1]);
}
