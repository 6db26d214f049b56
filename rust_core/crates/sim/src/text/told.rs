//! Events and statuses as lines.

use std::fmt::Write as _;

use engine::pod::{
    Event, ExecType, Liquidity, MarketStatus, OrdStatus, OrdType, SessionState, Side, TimeInForce,
};
use engine::reject::Reject;

/// A status of an instrument as a line.
#[must_use]
pub fn status(status: &MarketStatus) -> String {
    let session = lower(SessionState::ALL[usize::from(status.session)]);
    let mut line = format!("instrument {} is in {session}", status.instrument);
    if status.price != 0 {
        let (quantity, price, imbalance) = (status.quantity, status.price, status.imbalance);
        let _ = write!(line, ", would trade {quantity} @ {price}, imbalance {imbalance}");
    }
    line
}

/// An event as a line; `name` says what its order is called.
#[must_use]
pub fn event(event: &Event, name: &str) -> String {
    let kind = ExecType::try_from(event.exec_type).expect("engines write what they know");
    let kind_name = shouted(kind);
    let mut line = match kind {
        ExecType::Rejected => format!("{name} {kind_name} {}", reason(event.reason)),
        ExecType::CancelRejected => {
            let status = lower(OrdStatus::ALL[usize::from(event.ord_status)]);
            format!("{name} {kind_name} {}, order is {status}", reason(event.reason))
        }
        ExecType::TradeBust => format!("{name} {kind_name}"),
        _ => format!("{name}.{} {kind_name}", event.order_sequence),
    };
    match kind {
        ExecType::Rejected | ExecType::CancelRejected => {}
        ExecType::TradeBust => {
            let (quantity, price, id) = (event.last_quantity, event.last_price, event.match_id);
            let side = lower(Side::ALL[usize::from(event.side)]);
            let _ = write!(line, " {side} {quantity} @ {price}, match {id}");
            return line;
        }
        ExecType::Trade => {
            let liquidity = lower(Liquidity::ALL[usize::from(event.liquidity)]);
            let (quantity, price, id) = (event.last_quantity, event.last_price, event.match_id);
            let _ = write!(line, " {quantity} @ {price} {liquidity}, match {id}");
        }
        _ => {
            let side = lower(Side::ALL[usize::from(event.side)]);
            let time = lower(TimeInForce::ALL[usize::from(event.time_in_force)]);
            let price = match event.price {
                0 if event.ord_type == OrdType::Pegged.number() => "pegged".to_owned(),
                0 => "market".to_owned(),
                price => format!("@ {price}"),
            };
            let _ = write!(line, " {side} {} {price} {time}", event.quantity);
            if event.stop_price != 0 {
                let _ = write!(line, ", stop {}", event.stop_price);
            }
            match event.reason {
                0 => {}
                // Numbers of FIX 378; the others are of reject reasons.
                number @ 17..=20 => {
                    let _ = write!(line, ", self-match {number}");
                }
                116 => line.push_str(", price band 116"),
                number => {
                    let _ = write!(line, ", {}", reason(number));
                }
            }
        }
    }
    if !matches!(kind, ExecType::Rejected | ExecType::CancelRejected | ExecType::New) {
        let status = lower(OrdStatus::ALL[usize::from(event.ord_status)]);
        let (cum, notional) = (event.cum_quantity, event.cum_notional());
        let _ = write!(line, "; {status}, traded {cum}, open {}", event.leaves_quantity);
        if cum != 0 {
            let _ = write!(line, ", notional {notional}");
        }
    }
    if event.book_quantity_before != 0 {
        let (quantity, price) = (event.book_quantity_before, event.book_price_before);
        let _ = write!(line, "; showed {quantity} @ {price}");
    }
    if event.rests() {
        let _ = write!(line, "; shows {} @ {}", event.book_quantity_after, event.price);
    }
    let id = event.cl_ord_id();
    let id = String::from_utf8_lossy(id.as_bytes());
    if !id.is_empty() && id != name {
        let _ = write!(line, "; id {id}");
    }
    line
}

/// A reject reason by its name in the interfaces, or by its number.
#[must_use]
pub fn reason(number: u16) -> String {
    if number == 0 {
        return String::new();
    }
    Reject::from_number(number).map_or_else(|| number.to_string(), shouted)
}

/// `SomeName` as `SOME_NAME`.
fn shouted(value: impl std::fmt::Debug) -> String {
    separated(value, '_').to_uppercase()
}

/// `SomeName` as `some name`.
fn lower(value: impl std::fmt::Debug) -> String {
    separated(value, ' ').to_lowercase()
}

fn separated(value: impl std::fmt::Debug, separator: char) -> String {
    let mut text = String::new();
    for letter in format!("{value:?}").chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push(separator);
        }
        text.push(letter);
    }
    text
}
