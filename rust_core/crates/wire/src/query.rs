//! Questions to the stages, answered as messages of the protos.

mod book;

use bytemuck::Zeroable;
use engine::pod::{ClOrdId, Instrument, MAX_SCALES};
use engine::risk::{CheckResult, Unit};
use prost::Message;

use crate::decimal;
use crate::gateway::Gateway;
use crate::proto::order_entry::v1::{get_order_request, GetOrderRequest};
use crate::proto::risk::v1::{CheckOrderResponse, CheckResult as ProtoCheck};
use crate::reference;
use crate::request::{Context, Method, Request, RequestError, Violation};
use crate::response;
use crate::stage::RiskStage;

pub use book::{instruments, resting_orders};

/// Decimal places of money times basis points.
const BASIS_POINT_SCALE: u8 = MAX_SCALES + 4;

fn text(units: i128, scale: u8) -> String {
    let mut out = Vec::new();
    decimal::write(&mut out, units, scale);
    String::from_utf8(out).expect("digits are ASCII")
}

/// `CheckOrderResponse` to a `CheckOrderRequest`, for a firm or for an operator.
///
/// # Errors
///
/// If the request can't be read, or its account isn't the firm's.
pub fn check_order(
    stage: &RiskStage,
    message: &[u8],
    firm: Option<u32>,
) -> Result<Vec<u8>, RequestError> {
    let mut request = Request::default();
    let context = Context { reference: stage.reference(), firm, session: 0 };
    request.read(Method::Check, message, context)?;
    let parsed = &request.commands[0];
    let response = match parsed.refused {
        Some(reason) => CheckOrderResponse {
            accepted: false,
            reject_reason: reason.number().into(),
            checks: Vec::new(),
        },
        None => {
            let answer = stage.engine().check(&parsed.command);
            let instrument = stage.engine().instrument(parsed.command.instrument);
            let check = |result: &CheckResult| proto_check(result, instrument);
            CheckOrderResponse {
                accepted: answer.refused.is_none(),
                reject_reason: answer.refused.map_or(0, |reason| reason.number().into()),
                checks: answer.checks.iter().map(check).collect(),
            }
        }
    };
    Ok(response.encode_to_vec())
}

fn proto_check(result: &CheckResult, instrument: Option<&Instrument>) -> ProtoCheck {
    let instrument = instrument.copied().unwrap_or_else(Instrument::zeroed);
    let scale = match result.check.unit() {
        Unit::One => 0,
        Unit::Quantity => instrument.quantity_scale,
        Unit::Price => instrument.price_scale,
        Unit::Money => MAX_SCALES,
        Unit::MoneyBps => BASIS_POINT_SCALE,
    };
    let number = |units| if result.off { String::new() } else { text(units, scale) };
    ProtoCheck {
        check: result.check.name().to_owned(),
        passed: result.passed,
        off: result.off,
        limit: number(result.limit),
        value: number(result.value),
        headroom: number(result.headroom()),
    }
}

/// `GetOrderResponse` to a `GetOrderRequest`; `None` when the order isn't in memory.
///
/// # Errors
///
/// If the request can't be read, or its account isn't the firm's.
pub fn get_order(
    gateway: &Gateway,
    message: &[u8],
    firm: u32,
) -> Result<Option<Vec<u8>>, RequestError> {
    let violation = |field: &str, description: &str| {
        let (field, description) = (field.to_owned(), description.to_owned());
        RequestError::Malformed(vec![Violation { field, description }])
    };
    let request = GetOrderRequest::decode(message)
        .map_err(|_| violation("", "is not a protobuf message of this type"))?;
    let account = account(gateway, request.account.as_bytes(), firm)?;
    let found = match request.id {
        None => return Err(violation("id", "must be given")),
        Some(get_order_request::Id::OrderId(0)) => {
            return Err(violation("order_id", "must be > 0"));
        }
        Some(get_order_request::Id::OrderId(id)) => gateway.orders().order(id),
        Some(get_order_request::Id::ClOrdId(text)) => {
            let id = ClOrdId::new(text.as_bytes())
                .ok_or_else(|| violation("cl_ord_id", "must be 1 to 36 printable characters"))?;
            gateway.orders().find(account, &id)
        }
    };
    Ok(found.filter(|order| order.last.account == account).map(|order| {
        let mut out = Vec::new();
        response::order(&mut out, order, gateway.shard(), gateway.reference());
        out
    }))
}

/// The id of a firm's account.
///
/// # Errors
///
/// If the name can't be one, or isn't that of an account of the firm.
pub fn account(gateway: &Gateway, name: &[u8], firm: u32) -> Result<u32, RequestError> {
    let Some(words) = reference::name(name) else {
        let description = "must match ^[A-Z0-9][A-Z0-9_-]{0,31}$".to_owned();
        let violation = Violation { field: "account".to_owned(), description };
        return Err(RequestError::Malformed(vec![violation]));
    };
    match gateway.reference().account_of(&words, Some(firm)) {
        Some(account) => Ok(account.id),
        None => Err(RequestError::UnknownAccount(String::from_utf8_lossy(name).into_owned())),
    }
}
