//! Real order flow: the order-replay format, one comma-separated line per operation.

use std::collections::HashMap;
use std::io::{self, BufRead};

use engine::pod::{ClOrdId, CommandKind, OrdType, Side, TimeInForce, FLAG_LEAVES};

use crate::script::Step;

const HEADER: &str = "seq,row,time,op,id,side,tif,price,qty";

/// One operation.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// Its number in the file.
    pub sequence: u64,
    /// Nanoseconds after midnight.
    pub time_ns: i64,
    /// What it asks for, for account 1 on instrument 1. Labels count the order ids of the file.
    pub step: Step,
}

/// Reads a file of operations.
///
/// # Errors
///
/// If it can't be read, or a line is not in the format.
pub fn read_orders(input: impl BufRead) -> io::Result<Vec<Operation>> {
    let bad =
        |line: &str| io::Error::new(io::ErrorKind::InvalidData, format!("not in format: {line}"));
    let mut labels = HashMap::new();
    let mut operations = Vec::new();
    for (number, line) in input.lines().enumerate() {
        let line = line?;
        if number == 0 {
            if line != HEADER {
                return Err(bad(&line));
            }
            continue;
        }
        operations.push(operation(&line, &mut labels).ok_or_else(|| bad(&line))?);
    }
    Ok(operations)
}

fn operation(line: &str, labels: &mut HashMap<String, u32>) -> Option<Operation> {
    let fields: Vec<&str> = line.split(',').collect();
    let &[sequence, _, time, op, id, side, tif, price, quantity] = fields.as_slice() else {
        return None;
    };
    let mut step = match op {
        "new" => new_order(side, tif, price)?,
        "amend" => Step::new(CommandKind::ReplaceOrder),
        "cancel" => Step::new(CommandKind::CancelOrder),
        _ => return None,
    };
    if op == "new" {
        let label = labels.len() as u32;
        if labels.insert(id.to_owned(), label).is_some() {
            return None;
        }
        step.label = Some(label);
        step.command.set_cl_ord_id(ClOrdId::new(id.as_bytes())?);
    } else {
        step.target = Some(*labels.get(id)?);
    }
    if op != "cancel" {
        step.command.quantity = quantity.parse().ok()?;
    }
    if op == "amend" {
        // The quantity of an amend is what shall be open; a price moves the order.
        step.command.flags = FLAG_LEAVES;
        if !price.is_empty() {
            step.command.price = price.parse().ok()?;
        }
    }
    (step.command.account, step.command.instrument) = (1, 1);
    Some(Operation { sequence: sequence.parse().ok()?, time_ns: nanoseconds(time)?, step })
}

fn new_order(side: &str, tif: &str, price: &str) -> Option<Step> {
    let mut step = Step::new(CommandKind::NewOrder);
    let command = &mut step.command;
    command.side = match side {
        "buy" => Side::Buy,
        "sell" => Side::Sell,
        _ => return None,
    }
    .number();
    command.time_in_force = match tif {
        "DAY" => TimeInForce::Day,
        "GTC" => TimeInForce::Gtc,
        "IOC" => TimeInForce::Ioc,
        "FOK" => TimeInForce::Fok,
        _ => return None,
    }
    .number();
    if price.is_empty() {
        command.ord_type = OrdType::Market.number();
    } else {
        command.ord_type = OrdType::Limit.number();
        command.price = price.parse().ok()?;
    }
    Some(step)
}

/// Decimal seconds as nanoseconds.
fn nanoseconds(text: &str) -> Option<i64> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction = fraction.get(..9).unwrap_or(fraction);
    let nanos: i64 = format!("{fraction:0<9}").parse().ok()?;
    Some(seconds.parse::<i64>().ok()? * 1_000_000_000 + nanos)
}

/// A trade that must happen: the operation that causes it, the maker's label, price, quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Number of the operation in its file.
    pub sequence: u64,
    /// The order that rested, by the file's order ids.
    pub maker: ClOrdId,
    /// In units of the file's price unit.
    pub price: i64,
    /// Traded.
    pub quantity: i64,
}

/// Reads a file of expected trades.
///
/// # Errors
///
/// If it can't be read, or a line is not in the format.
pub fn read_trades(input: impl BufRead) -> io::Result<Vec<Expected>> {
    let mut trades = Vec::new();
    for line in input.lines().skip(1) {
        let line = line?;
        let bad = || io::Error::new(io::ErrorKind::InvalidData, format!("not in format: {line}"));
        let fields: Vec<&str> = line.split(',').collect();
        let (&[sequence, maker, .., price, quantity], 4..=5) = (fields.as_slice(), fields.len())
        else {
            return Err(bad());
        };
        let read = || {
            Some(Expected {
                sequence: sequence.parse().ok()?,
                maker: ClOrdId::new(maker.as_bytes())?,
                price: price.parse().ok()?,
                quantity: quantity.parse().ok()?,
            })
        };
        trades.push(read().ok_or_else(bad)?);
    }
    Ok(trades)
}
