//! Any bytes are a request, read as prost reads it, or an error.

#![no_main]

use libfuzzer_sys::fuzz_target;
use prost::Message;
use wire::proto::order_entry::v1::{command, Command, SubmitBatchRequest};
use wire::reference::Reference;
use wire::request::{BustRequest, Context, Control, Method, Request, RequestError};

const METHODS: [Method; 8] = [
    Method::Submit,
    Method::Cancel,
    Method::Replace,
    Method::Batch,
    Method::Session,
    Method::Check,
    Method::OrderList,
    Method::MassCancel,
];
const CONTROLS: [Control; 3] = [Control::SetSession, Control::SetLastTrade, Control::CancelAll];

fuzz_target!(|message: &[u8]| {
    let mut reference = Reference::default();
    reference.set_instrument(&instrument());
    reference.set_account(&account());
    let context = Context { reference: &reference, firm: Some(1), session: 1 };
    let mut request = Request::default();
    for method in METHODS {
        _ = request.read(method, message, context);
    }
    for control in CONTROLS {
        _ = request.read_control(control, message, &reference);
    }
    _ = BustRequest::read(message, &reference);
    let read = request.read(Method::Batch, message, context);
    let Ok(plain) = SubmitBatchRequest::decode(message) else { return };
    match read {
        Ok(()) => {
            let wanted: usize = plain.commands.iter().map(orders).sum();
            assert_eq!(request.commands.len(), wanted);
        }
        Err(RequestError::Malformed(violations)) => assert!(!violations.is_empty()),
        Err(RequestError::UnknownAccount(_)) => {}
        Err(RequestError::UnknownSymbol(_) | RequestError::UnknownTrade) => {
            panic!("only an operator is told so");
        }
    }
});

/// How many commands one of a batch becomes.
fn orders(command: &Command) -> usize {
    match &command.command {
        Some(command::Command::OrderList(list)) => list.orders.len(),
        _ => 1,
    }
}

fn instrument() -> engine::pod::Instrument {
    let mut instrument: engine::pod::Instrument = bytemuck::Zeroable::zeroed();
    (instrument.id, instrument.price_scale, instrument.symbol) = (1, 2, name(b"AMZN"));
    instrument
}

fn account() -> engine::pod::Account {
    let mut account: engine::pod::Account = bytemuck::Zeroable::zeroed();
    (account.id, account.firm, account.name) = (1, 1, name(b"A1"));
    account
}

fn name(text: &[u8]) -> wire::reference::Name {
    wire::reference::name(text).expect("a name")
}
