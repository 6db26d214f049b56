//! What risk would say, and what it said.

use bytemuck::Zeroable;
use engine::matching::refusal_in_itself;
use engine::pod::{ClOrdId, Event, ExecType, Instrument, FLAG_TERMS, MAX_SCALES};
use engine::reject::Reject;
use engine::risk::{Check, CheckResult, Level, Unit};
use prost::Message;

use crate::decimal;
use crate::frame::{aligned, Frame, FrameError, Log};
use crate::pb::{nested, string, uint};
use crate::proto::risk::v1::{CheckOrderResponse, CheckResult as ProtoCheck, Level as ProtoLevel};
use crate::reference;
use crate::request::{Context, Method, Parsed, Request, RequestError};
use crate::response::{decimal_field, explain, write_place};
use crate::stage::{read_at, RiskStage, StageError};

/// Decimal places of money times basis points.
const BASIS_POINT_SCALE: u8 = MAX_SCALES + 4;

fn text(units: i128, scale: u8) -> String {
    let mut out = Vec::new();
    decimal::write(&mut out, units, scale);
    String::from_utf8(out).expect("digits are ASCII")
}

/// `CheckOrderResponse` to a `CheckOrderRequest`, for a firm or for an operator.
///
/// What all firms hold together is for operators to know: a firm is told whether a check of the
/// venue passes, and not its numbers.
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
    let (refused, results) = judge(stage, request.origin, &request.commands[0]);
    let instrument = stage.engine().instrument(request.commands[0].command.instrument);
    let instrument = instrument.copied().unwrap_or_else(Instrument::zeroed);
    let told = |result| proto_check(result, &instrument, firm.is_some());
    let checks: Vec<_> = results.iter().map(told).collect();
    let failed = refused.and_then(|reason| {
        let is_it = |result: &CheckResult| !result.passed && result.check.reason() == reason;
        results.iter().position(is_it)
    });
    let reject_text = match (refused, failed) {
        (None, _) => String::new(),
        (Some(reason), None) => explain(reason.number()).to_owned(),
        (Some(reason), Some(at)) => failure_text(reason, results[at].check, &checks[at]),
    };
    let response = CheckOrderResponse {
        accepted: refused.is_none(),
        reject_reason: refused.map_or(0, |reason| reason.number().into()),
        checks,
        reject_text,
    };
    Ok(response.encode_to_vec())
}

/// Why an order would be refused, by risk or whatever the market is like, and every check of risk.
fn judge(
    stage: &RiskStage,
    origin: u64,
    Parsed { command, terms, refused, .. }: &Parsed,
) -> (Option<Reject>, Vec<CheckResult>) {
    if refused.is_some() {
        return (*refused, Vec::new());
    }
    let terms = (command.flags & FLAG_TERMS != 0).then_some(terms);
    let answer = stage.engine().check_from(origin, command, terms);
    match (answer.refused, refusal_in_itself(command, terms, stage.engine().time_ns())) {
        (refused, None) => (refused, answer.checks),
        (refused, Some(own)) => {
            let first = refused.map_or(own, |reason| reason.earliest(own));
            (Some(first), Vec::new())
        }
    }
}

/// A limit that an order would break, in words: by how much, and what to do.
fn failure_text(reason: Reject, check: Check, told: &ProtoCheck) -> String {
    let ProtoCheck { check: name, limit, value, headroom, .. } = told;
    let level = match told.level() {
        ProtoLevel::Firm => "firm",
        ProtoLevel::Venue => "venue",
        ProtoLevel::Account | ProtoLevel::Unspecified => "account",
    };
    let name = name.replace('_', " ");
    let numbers = match check {
        // These say yes or no.
        Check::Account
        | Check::KillSwitch
        | Check::Restricted
        | Check::ReferencePrice
        | Check::Conversion => String::new(),
        _ if limit.is_empty() => String::new(),
        _ => format!(": limit {limit}, value {value}, headroom {headroom}"),
    };
    format!("{name} of the {level}{numbers}; {}", explain(reason.number()))
}

fn proto_check(result: &CheckResult, instrument: &Instrument, for_a_firm: bool) -> ProtoCheck {
    let scale = match result.check.unit() {
        Unit::One => 0,
        Unit::Quantity => instrument.quantity_scale,
        Unit::Price => instrument.price_scale,
        Unit::Money => MAX_SCALES,
        Unit::MoneyBps => BASIS_POINT_SCALE,
    };
    let level = match result.level {
        Level::Account => ProtoLevel::Account,
        Level::Firm => ProtoLevel::Firm,
        Level::Venue => ProtoLevel::Venue,
    };
    let silent = result.off || for_a_firm && result.level == Level::Venue;
    let number = |units| if silent { String::new() } else { text(units, scale) };
    ProtoCheck {
        check: result.check.name().to_owned(),
        passed: result.passed,
        off: result.off,
        limit: number(result.limit),
        value: number(result.value),
        headroom: number(result.headroom()),
        level: level.into(),
        reject_reason: result.check.reason().number().into(),
    }
}

/// Whose positions, or open quantities, a message of FILLS touched: account and instrument, each
/// pair once, as they came.
///
/// # Errors
///
/// If it is no frame of FILLS.
pub fn changed_positions(fills: &[u8]) -> Result<Vec<(u32, u32)>, FrameError> {
    let mut copy = Vec::new();
    let frame = Frame::read_as(aligned(fills, &mut copy), Log::Fills)?;
    let refused = [ExecType::Rejected.number(), ExecType::CancelRejected.number()];
    let mut pairs = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for event in frame.events.iter().filter(|event| !refused.contains(&event.exec_type)) {
        let pair = (event.account, event.instrument);
        if seen.insert(pair) {
            pairs.push(pair);
        }
    }
    Ok(pairs)
}

/// `StreamBreachesResponse` of a message of FILLS: the new orders and replaces of all firms or of
/// one, of all accounts or of one, that were refused for a reason of risk's. `firm_name` says what
/// a firm is called.
///
/// # Errors
///
/// If the message can't be read where it stands.
pub fn breaches<'a>(
    stage: &RiskStage,
    (sequence, fills): (u64, &[u8]),
    firm: Option<u32>,
    account: Option<u32>,
    firm_name: impl Fn(u32) -> Option<&'a str>,
) -> Result<Vec<u8>, StageError> {
    let mut copy = Vec::new();
    let frame = read_at(Log::Fills, sequence, stage.shard(), aligned(fills, &mut copy))?;
    let mut out = Vec::new();
    for (index, event) in frame.events.iter().enumerate() {
        // No cancel is ever refused for a reason of risk's: of those only replaces are left.
        let refused = event.exec_type == ExecType::Rejected.number()
            || event.exec_type == ExecType::CancelRejected.number();
        let of_risk = Reject::from_number(event.reason).is_some_and(Reject::is_of_risk);
        let Some(owner) = stage.reference().account(event.account) else { continue };
        let wanted = firm.is_none_or(|firm| firm == owner.firm)
            && account.is_none_or(|account| account == owner.id);
        if !(refused && of_risk && wanted) {
            continue;
        }
        nested(&mut out, 1, |out| {
            write_place(out, 1, stage.shard(), sequence, index as u32);
            uint(out, 2, frame.header.time_ns as u64);
            string(out, 3, reference::text(&owner.name));
            breach(out, event, stage.reference().instrument(event.instrument));
            string(out, 11, firm_name(owner.firm).unwrap_or_default().as_bytes());
        });
    }
    uint(&mut out, 2, sequence);
    Ok(out)
}

/// Appends what a `Breach` tells of the request itself.
fn breach(out: &mut Vec<u8>, event: &Event, instrument: Option<&Instrument>) {
    if let Some(instrument) = instrument {
        string(out, 4, reference::text(&instrument.symbol));
    }
    let id: ClOrdId = event.cl_ord_id();
    string(out, 5, id.as_bytes());
    uint(out, 6, event.reason.into());
    string(out, 7, explain(event.reason).as_bytes());
    uint(out, 8, event.side.into());
    let Some(instrument) = instrument else { return };
    if event.price != 0 {
        decimal_field(out, 9, event.price.into(), instrument.price_scale);
    }
    // A replace that says nothing of it leaves the quantity as it is.
    if event.quantity != 0 {
        decimal_field(out, 10, event.quantity.into(), instrument.quantity_scale);
    }
}
