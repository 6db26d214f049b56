//! Any bytes are a request, read as prost reads it, or an error.

#![no_main]

use libfuzzer_sys::fuzz_target;
use prost::Message;
use wire::proto::order_entry::v1::SubmitBatchRequest;
use wire::reference::Reference;
use wire::request::{Context, Method, Request, RequestError};

const METHODS: [Method; 6] = [
    Method::Submit,
    Method::Cancel,
    Method::Replace,
    Method::Batch,
    Method::Session,
    Method::Check,
];

fuzz_target!(|message: &[u8]| {
    let mut reference = Reference::default();
    reference.set_instrument(&instrument());
    reference.set_account(&account());
    let context = Context { reference: &reference, firm: Some(1), session: 1 };
    let mut request = Request::default();
    for method in METHODS {
        _ = request.read(method, message, context);
    }
    let read = request.read(Method::Batch, message, context);
    let Ok(plain) = SubmitBatchRequest::decode(message) else { return };
    match read {
        Ok(()) => assert_eq!(request.commands.len(), plain.commands.len()),
        Err(RequestError::Malformed(violations)) => assert!(!violations.is_empty()),
        Err(RequestError::UnknownAccount(_)) => {}
    }
});

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
