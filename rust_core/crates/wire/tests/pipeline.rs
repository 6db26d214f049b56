//! Requests through the gateway and both stages, seen with prost's eyes: what the hot codecs read
//! and write by hand is what plain messages say.

use bytemuck::Zeroable;
use engine::pod::{
    Account, Command, CommandKind, Instrument, Limits, ACCOUNT_ENABLED, INSTRUMENT_ENABLED,
};
use engine::reject::Reject;
use prost::Message;
use wire::feed::{Feed, Kind};
use wire::frame::{Frame, Header, Log};
use wire::gateway::{Gateway, GatewayError};
use wire::proto::common::v1::{OrdStatus, OrdType, RejectReason, Side, TimeInForce};
use wire::proto::market_data::v1::{StreamBookResponse, StreamTradesResponse};
use wire::proto::order_entry::v1::{
    command, CommandResult, NewOrder, Outcome, SessionRequest, SessionResponse,
    StreamExecutionsResponse, SubmitBatchRequest, SubmitBatchResponse,
};
use wire::proto::risk::v1::{CheckOrderRequest, CheckOrderResponse};
use wire::query;
use wire::reference::name;
use wire::request::{Method, RequestError};
use wire::response::explain;
use wire::stage::{MatchingStage, Replayer, RiskStage};

const NS: i64 = 1_700_000_000_000_000_000;

/// The order plane in one place.
struct Plane {
    gateway: Gateway,
    risk: RiskStage,
    matching: MatchingStage,
    feed: Feed,
    orders: Vec<Vec<u8>>,
    risked: Vec<Vec<u8>>,
    fills: Vec<Vec<u8>>,
}

impl Plane {
    fn new() -> Self {
        let mut plane = Self {
            gateway: Gateway::new(0, 9, 10_000),
            risk: RiskStage::new(0),
            matching: MatchingStage::new(0),
            feed: Feed::new(0),
            orders: Vec::new(),
            risked: Vec::new(),
            fills: Vec::new(),
        };
        plane.store(reference());
        plane
    }

    /// Puts a message into ORDERS; what the gateway then has to answer.
    fn store(&mut self, orders: Vec<u8>) -> Vec<(u64, Vec<u8>)> {
        let sequence = self.orders.len() as u64 + 1;
        let wanted = self.risk.fills_wanted(sequence, &orders).expect("a frame");
        for next in self.risk.engine().fills_applied()..wanted {
            self.risk.apply_fills(next + 1, &self.fills[next as usize]).expect("the next");
        }
        let (mut risked, mut fills) = (Vec::new(), Vec::new());
        self.risk.apply(sequence, NS + sequence as i64, &orders, &mut risked).expect("the next");
        self.matching.apply(sequence, &risked, &mut fills).expect("the next");
        let applied = self.gateway.apply_fills(sequence, &fills).expect("the next");
        assert!(applied.repeats.is_empty());
        self.orders.push(orders);
        self.risked.push(risked);
        self.fills.push(fills);
        applied.completed
    }

    fn ask(&mut self, orders: &[NewOrder]) -> Vec<CommandResult> {
        let request = SubmitBatchRequest { commands: wrapped(orders), wait_for: 0 };
        let message = request.encode_to_vec();
        let submitted = self.gateway.submit(Method::Batch, &message, 1, 0).expect("well formed");
        let response = submitted.response.unwrap_or_else(|| self.answer(submitted.ticket));
        SubmitBatchResponse::decode(response.as_slice()).expect("a response").results
    }

    fn answer(&mut self, ticket: u64) -> Vec<u8> {
        let frozen = self.gateway.freeze(self.gateway.orders().applied()).expect("something waits");
        let answers = self.store(frozen.frame);
        answers.into_iter().find(|(id, _)| *id == ticket).expect("the answer").1
    }
}

fn wrapped(orders: &[NewOrder]) -> Vec<wire::proto::order_entry::v1::Command> {
    let wrap = |order: &NewOrder| wire::proto::order_entry::v1::Command {
        command: Some(command::Command::NewOrder(order.clone())),
    };
    orders.iter().map(wrap).collect()
}

fn order(id: &str, side: Side, quantity: &str, price: &str) -> NewOrder {
    NewOrder {
        account: "A1".to_owned(),
        cl_ord_id: id.to_owned(),
        symbol: "AMZN".to_owned(),
        side: side.into(),
        ord_type: OrdType::Limit.into(),
        quantity: quantity.to_owned(),
        price: price.to_owned(),
        ..NewOrder::default()
    }
}

/// One instrument, one account, no limits that matter.
fn reference() -> Vec<u8> {
    let instrument = Instrument {
        id: 1,
        price_scale: 2,
        quantity_scale: 3,
        flags: INSTRUMENT_ENABLED,
        symbol: name(b"AMZN").expect("a name"),
        currency: 0x0044_5355,
        tick_size: 1,
        lot_size: 1,
        ..Instrument::zeroed()
    };
    let account = Account {
        id: 1,
        firm: 1,
        flags: ACCOUNT_ENABLED,
        name: name(b"A1").expect("a name"),
        currency: 0x0044_5355,
        self_trade_group: 0,
    };
    let limits = Limits { account: 1, ..Limits::zeroed() };
    let set = |kind: CommandKind| Command { kind: kind.number(), ..Command::zeroed() };
    let commands = [CommandKind::SetInstrument, CommandKind::SetAccount, CommandKind::SetLimits];
    let mut header = Header::new(Log::Orders);
    (header.origin, header.batch) = (engine::risk::RELAY, 1);
    let mut out = Vec::new();
    Frame {
        commands: &commands.map(set),
        instruments: &[instrument],
        accounts: &[account],
        limits: &[limits],
        ..Frame::new(header)
    }
    .write(&mut out);
    out
}

#[test]
fn an_order_trades_and_everybody_is_told_the_same() {
    let mut plane = Plane::new();
    for kind in [Kind::Book, Kind::Trades] {
        plane.feed.watch(kind, name(b"AMZN"));
    }
    let resting = &plane.ask(&[order("s1", Side::Sell, "1.500", "223.18")])[0];
    assert_eq!(resting.outcome(), Outcome::Accepted);
    assert_eq!(resting.leaves_quantity, "1.500");
    let taking = &plane.ask(&[order("b1", Side::Buy, "2", "223.20")])[0];
    assert_eq!(taking.ord_status(), OrdStatus::PartiallyFilled);
    assert_eq!((taking.cum_quantity.as_str(), taking.leaves_quantity.as_str()), ("1.500", "0.500"));
    assert_eq!(taking.fills.len(), 1);
    assert_eq!((taking.fills[0].price.as_str(), taking.fills[0].match_id), ("223.18", 1));

    let executions = plane.gateway.executions(3, &plane.fills[2], 1, None).expect("FILLS 3");
    let executions = StreamExecutionsResponse::decode(executions.as_slice()).expect("executions");
    assert_eq!(executions.through_sequence, 3);
    let told: Vec<(u32, &str, &str)> = executions
        .executions
        .iter()
        .map(|one| (one.order_sequence, one.cl_ord_id.as_str(), one.cum_notional.as_str()))
        .collect();
    let wanted = [(1, "b1", "0.00000"), (2, "b1", "334.77000"), (2, "s1", "334.77000")];
    assert_eq!(told, wanted);

    let mut seen = (0, 0);
    for (index, fills) in plane.fills.iter().enumerate() {
        for update in plane.feed.apply(index as u64 + 1, fills).expect("the next") {
            assert_eq!(update.symbol, "AMZN");
            let book = StreamBookResponse::decode(update.book.as_slice()).expect("deltas");
            let trades = StreamTradesResponse::decode(update.trades.as_slice()).expect("trades");
            seen = (seen.0 + book.deltas.len(), seen.1 + trades.trades.len());
        }
    }
    assert_eq!(seen, (2, 1));
}

#[test]
fn a_session_is_answered_under_its_own_number() {
    let mut plane = Plane::new();
    let orders = [order("a", Side::Buy, "1", "1.00"), order("a", Side::Buy, "2", "1.00")];
    let request = SessionRequest { request_id: u64::MAX, commands: wrapped(&orders), wait_for: 2 };
    let message = request.encode_to_vec();
    let ticket = plane.gateway.submit(Method::Session, &message, 1, 3).expect("well formed").ticket;
    let response = SessionResponse::decode(plane.answer(ticket).as_slice()).expect("a response");
    assert_eq!(response.request_id, u64::MAX);
    assert_eq!(response.results[1].reject_reason(), RejectReason::DuplicateClOrdId);
    assert!(response.error.is_empty());
}

#[test]
fn a_dry_run_tells_what_is_wrong_with_an_order_as_the_order_is_told() {
    let plain = order("", Side::Buy, "2", "1.00");
    let rows = [
        (NewOrder { display_quantity: "0.500".to_owned(), ..plain.clone() }, 0),
        (NewOrder { display_quantity: "0.001".to_owned(), ..plain.clone() }, 13),
        (NewOrder { min_quantity: "2".to_owned(), ..plain.clone() }, 0),
        (NewOrder { min_quantity: "2.001".to_owned(), ..plain.clone() }, 13),
        (
            NewOrder {
                time_in_force: TimeInForce::Gtd.into(),
                expire_time_ns: NS + 1,
                ..plain.clone()
            },
            11,
        ),
    ];
    for (number, (order, reason)) in rows.into_iter().enumerate() {
        let mut plane = Plane::new();
        let request =
            CheckOrderRequest { order: Some(order.clone()), ..Default::default() }.encode_to_vec();
        let dry = query::check_order(&plane.risk, &request, None).expect("well formed");
        let dry = CheckOrderResponse::decode(dry.as_slice()).expect("a response");
        assert_eq!(dry.reject_reason, reason, "row {number}");
        assert_eq!((dry.accepted, dry.reject_text.is_empty()), (reason == 0, reason == 0));
        let order = NewOrder { cl_ord_id: "x".to_owned(), ..order };
        assert_eq!(plane.ask(&[order])[0].reject_reason, reason, "row {number}");
    }
}

#[test]
fn the_same_orders_give_the_same_bytes_and_hashes() {
    let mut plane = Plane::new();
    for round in 0..50 {
        let id = |letter: char| format!("{letter}{round}");
        plane.ask(&[
            order(&id('s'), Side::Sell, "3", &format!("{}.00", 10 + round % 4)),
            order(&id('b'), Side::Buy, "4", &format!("{}.50", 9 + round % 5)),
        ]);
    }
    let mut replayer = Replayer::new(0);
    for (index, orders) in plane.orders.iter().enumerate() {
        let sequence = index as u64 + 1;
        let (mut risked, mut fills) = (Vec::new(), Vec::new());
        replayer
            .apply(sequence, NS + sequence as i64, orders, &mut risked, &mut fills)
            .expect("the next");
        assert_eq!(risked, plane.risked[index]);
        assert_eq!(fills, plane.fills[index]);
    }
    let (risk, matching) = replayer.into_stages();
    assert_eq!(risk.engine().state_hash(), plane.risk.engine().state_hash());
    assert_eq!(matching.engine().state_hash(), plane.matching.engine().state_hash());
}

#[test]
fn a_request_that_is_wrong_leaves_nothing() {
    let mut plane = Plane::new();
    let mut wrong = order("a b", Side::Buy, "1", "1.001");
    wrong.symbol = "*".to_owned();
    let request = SubmitBatchRequest { commands: wrapped(&[wrong]), wait_for: 0 };
    let error = plane
        .gateway
        .submit(Method::Batch, &request.encode_to_vec(), 1, 0)
        .expect_err("three fields are wrong");
    let GatewayError::Request(RequestError::Malformed(violations)) = error else {
        panic!("{error}");
    };
    let fields: Vec<&str> = violations.iter().map(|found| found.field.as_str()).collect();
    let path = "commands[0].new_order";
    // Without an instrument there is no scale that the price could be too fine for.
    assert_eq!(fields, [format!("{path}.cl_ord_id"), format!("{path}.symbol")]);
    assert_eq!(plane.gateway.waiting(), 0);
}

#[test]
fn every_reason_is_explained_and_numbered_as_in_the_protos() {
    for reason in Reject::ALL {
        assert!(explain(reason.number()).len() > 20);
    }
    for number in 1..200 {
        if let Ok(proto) = RejectReason::try_from(number) {
            let known = Reject::from_number(number as u16);
            assert!(known.is_some(), "{} is in the protos alone", proto.as_str_name());
        }
    }
}
