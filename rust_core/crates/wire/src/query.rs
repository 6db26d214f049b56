//! Questions to the stages, answered as messages of the protos.

mod book;
mod risk;

use engine::pod::ClOrdId;
use prost::Message;

use crate::gateway::Gateway;
use crate::proto::order_entry::v1::{get_order_request, GetOrderRequest};
use crate::reference;
use crate::request::{RequestError, Violation};
use crate::response;

pub use book::{instruments, resting_orders};
pub use risk::{breaches, changed_positions, check_order};

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
