//! A gateway and what FILLS tells it, written by hand: what any engine may say is told here, one
//! message after the other.

#![allow(dead_code, reason = "each test file uses its own part")]

use bytemuck::Zeroable;
use engine::ids::place;
use engine::pod::{
    Account, ClOrdId, Command, Event, ExecType, Instrument, Leg, Liquidity, OrdStatus, OrdType,
    OrderTerms, Outcome, OutcomeKind, Side, TimeInForce, ACCOUNT_ENABLED, ACCOUNT_SELF_TRADE_SHIFT,
    INSTRUMENT_ENABLED,
};
use engine::reject::Reject;
use prost::Message;
use wire::frame::{Frame, Header, Log};
use wire::gateway::{Applied, Frozen, Gateway, GatewayError, Submitted};
use wire::proto::common::v1 as common;
use wire::proto::order_entry::v1::{
    command, CommandResult, NewOrder, SubmitBatchRequest, SubmitBatchResponse,
};
use wire::reference::name;
use wire::request::{Method, RequestError, Violation};

pub const NS: i64 = 1_700_000_000_000_000_000;
pub const ORIGIN: u64 = 9;
/// The group and the `SelfTrade` that the account A1 has by default.
pub const GROUP: u32 = 70;
pub const PREVENTION: u16 = 3;

pub struct Desk {
    pub gateway: Gateway,
    /// FILLS so far.
    pub fills: Vec<Vec<u8>>,
}

impl Desk {
    pub fn new() -> Self {
        Self::bounded(10_000)
    }

    pub fn bounded(bound: usize) -> Self {
        let mut desk = Self { gateway: Gateway::new(0, ORIGIN, bound), fills: Vec::new() };
        let applied = Outcome { kind: OutcomeKind::Applied.number(), ..Outcome::zeroed() };
        let instruments = [instrument(1, b"AMZN", 2, 0), instrument(2, b"BTC-USD", 4, 8)];
        let mut accounts = [account(1, 1, b"A1"), account(2, 1, b"A2"), account(3, 2, b"B1")];
        accounts[0].flags |= u64::from(PREVENTION) << ACCOUNT_SELF_TRADE_SHIFT;
        accounts[0].self_trade_group = u64::from(GROUP);
        let mut out = Vec::new();
        Frame {
            outcomes: &[applied; 5],
            instruments: &instruments,
            accounts: &accounts,
            ..Frame::new(desk.header(1))
        }
        .write(&mut out);
        desk.apply(out);
        desk
    }

    fn header(&self, origin: u64) -> Header {
        let mut header = Header::new(Log::Fills);
        header.sequence = self.fills.len() as u64 + 1;
        header.time_ns = NS;
        header.origin = origin;
        header.batch = 1;
        header
    }

    fn apply(&mut self, bytes: Vec<u8>) -> Applied {
        let sequence = self.fills.len() as u64 + 1;
        let applied = self.gateway.apply_fills(sequence, &bytes).expect("the next message");
        self.fills.push(bytes);
        applied
    }

    pub fn submit(&mut self, method: Method, request: &impl Message) -> Submitted {
        self.gateway.submit(method, &request.encode_to_vec(), 1, 0).expect("well formed")
    }

    /// What is wrong with a request, which leaves nothing.
    pub fn wrong(&mut self, method: Method, request: &impl Message) -> Vec<(String, String)> {
        let error = self.gateway.submit(method, &request.encode_to_vec(), 1, 0);
        assert_eq!(self.gateway.waiting(), 0);
        violations(error.expect_err("something is wrong"))
    }

    pub fn freeze(&mut self) -> Sent {
        let frozen = self.gateway.freeze(1).expect("something waits");
        Sent::read(&frozen)
    }

    /// What became of a batch: outcomes in order, each with its events.
    pub fn judged(&mut self, batch: u64, judged: &[(Outcome, Vec<Event>)]) -> Applied {
        let mut header = self.header(ORIGIN);
        header.batch = batch;
        let (mut outcomes, mut events) = (Vec::new(), Vec::new());
        for (index, (outcome, caused)) in judged.iter().enumerate() {
            let (first_event, event_count) = (events.len() as u32, caused.len() as u32);
            outcomes.push(Outcome { first_event, event_count, ..*outcome });
            let command_index = index as u32;
            events.extend(caused.iter().map(|event| Event { command_index, ..*event }));
        }
        let mut out = Vec::new();
        Frame { outcomes: &outcomes, events: &events, ..Frame::new(header) }.write(&mut out);
        self.apply(out)
    }

    /// The sequence of the message that comes next.
    pub fn next(&self) -> u64 {
        self.fills.len() as u64 + 1
    }
}

/// A batch as ORDERS holds it.
pub struct Sent {
    pub batch: u64,
    pub token: String,
    pub commands: Vec<Command>,
    pub terms: Vec<OrderTerms>,
    pub origs: Vec<ClOrdId>,
}

impl Sent {
    pub fn read(frozen: &Frozen) -> Self {
        let mut copy = Vec::new();
        let bytes = wire::frame::aligned(&frozen.frame, &mut copy);
        let frame = Frame::read_as(bytes, Log::Orders).expect("a frame of ours");
        assert_eq!(frame.commands.len(), frozen.count);
        Self {
            batch: frozen.batch,
            token: frozen.token.clone(),
            commands: frame.commands.to_vec(),
            terms: frame.terms.to_vec(),
            origs: frame.orig_cl_ord_ids.to_vec(),
        }
    }

    pub fn legs(&self) -> Vec<Option<Leg>> {
        self.commands.iter().map(|command| Leg::read(command.link)).collect()
    }
}

pub fn violations(error: GatewayError) -> Vec<(String, String)> {
    let GatewayError::Request(RequestError::Malformed(found)) = error else {
        panic!("{error}");
    };
    let pair = |Violation { field, description }| (field, description);
    found.into_iter().map(pair).collect()
}

pub fn order(id: &str, side: common::Side, quantity: &str, price: &str) -> NewOrder {
    NewOrder {
        account: "A1".to_owned(),
        cl_ord_id: id.to_owned(),
        symbol: "AMZN".to_owned(),
        side: side.into(),
        ord_type: common::OrdType::Limit.into(),
        quantity: quantity.to_owned(),
        price: price.to_owned(),
        ..NewOrder::default()
    }
}

pub fn batch(commands: Vec<command::Command>) -> SubmitBatchRequest {
    let wrap = |command| wire::proto::order_entry::v1::Command { command: Some(command) };
    SubmitBatchRequest { commands: commands.into_iter().map(wrap).collect(), wait_for: 0 }
}

pub fn results(response: &[u8]) -> Vec<CommandResult> {
    SubmitBatchResponse::decode(response).expect("a response").results
}

pub fn accepted(order_id: u64) -> Outcome {
    Outcome { order_id, kind: OutcomeKind::Accepted.number(), ..Outcome::zeroed() }
}

pub fn applied() -> Outcome {
    Outcome { kind: OutcomeKind::Applied.number(), ..Outcome::zeroed() }
}

pub fn rejected(order_id: u64, reason: Reject) -> Outcome {
    let kind = OutcomeKind::Rejected.number();
    Outcome { order_id, kind, reason: reason.number(), ..Outcome::zeroed() }
}

pub fn repeat(sequence: u64, index: u32) -> Outcome {
    let first_place = place(0, sequence, index);
    Outcome { first_place, kind: OutcomeKind::Repeat.number(), ..Outcome::zeroed() }
}

/// An event of an open order of A1 on the buy side; of a total of 10 so much is traded.
pub fn event(exec_type: ExecType, order_id: u64, order_sequence: u32, traded: i64) -> Event {
    let ended = matches!(exec_type, ExecType::Canceled | ExecType::Expired | ExecType::Rejected);
    let status = match exec_type {
        ExecType::Canceled => OrdStatus::Canceled,
        ExecType::Expired => OrdStatus::Expired,
        ExecType::Rejected => OrdStatus::Rejected,
        _ if traded == 10 => OrdStatus::Filled,
        _ if traded > 0 => OrdStatus::PartiallyFilled,
        _ => OrdStatus::New,
    };
    Event {
        exec_type: exec_type.number(),
        side: Side::Buy.number(),
        ord_type: OrdType::Limit.number(),
        time_in_force: TimeInForce::Gtc.number(),
        ord_status: status.number(),
        account: 1,
        instrument: 1,
        order_id,
        order_sequence,
        price: 22_318,
        quantity: 10,
        cum_quantity: traded,
        leaves_quantity: if ended { 0 } else { 10 - traded },
        ..Event::zeroed()
    }
}

/// The sides of a trade of 10 between an order of A1, which buys, and one of B1.
pub fn trade(buyer: (u64, u32), seller: (u64, u32), match_id: u64) -> [Event; 2] {
    let side = |(id, sequence), side: Side, account, liquidity: Liquidity| Event {
        side: side.number(),
        account,
        liquidity: liquidity.number(),
        last_price: 22_318,
        last_quantity: 10,
        match_id,
        ..event(ExecType::Trade, id, sequence, 10)
    };
    [side(buyer, Side::Buy, 1, Liquidity::Taker), side(seller, Side::Sell, 3, Liquidity::Maker)]
}

fn instrument(id: u32, symbol: &[u8], price_scale: u8, quantity_scale: u8) -> Instrument {
    Instrument {
        id,
        price_scale,
        quantity_scale,
        flags: INSTRUMENT_ENABLED,
        symbol: name(symbol).expect("a name"),
        currency: 0x0044_5355,
        tick_size: 1,
        lot_size: 1,
        ..Instrument::zeroed()
    }
}

fn account(id: u32, firm: u32, text: &[u8]) -> Account {
    Account {
        id,
        firm,
        flags: ACCOUNT_ENABLED,
        name: name(text).expect("a name"),
        currency: 0x0044_5355,
        self_trade_group: 0,
    }
}
