//! Requests of `cift.order_entry.v1` into commands, with every check that needs no state.
//!
//! What can't be read is a violation: the request as a whole is refused and leaves nothing in the
//! journal. A symbol that isn't traded is a refusal of that one command. Everything else is risk's
//! and matching's to judge.

mod check;
mod control;
mod fields;
mod list;
mod order;

use engine::pod::{ClOrdId, Command, Leg, OrderTerms, MAX_COMMANDS};
use engine::reject::Reject;

use crate::pb::{Malformed, Reader, Value};
use crate::reference::Reference;

use check::{Check, Path};
use fields::{Fields, Kind, MAX_LEGS};

pub use control::{bust_commands, BustRequest, Control};

/// The most commands in one request, an order list counting as one.
pub const MAX_REQUEST_COMMANDS: usize = 1000;
// The legs of a list stand in one batch behind each other, and so does a whole request.
const _: () = assert!(MAX_REQUEST_COMMANDS * MAX_LEGS <= MAX_COMMANDS);

/// A field and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Path from the request, such as `commands[3].new_order.price`.
    pub field: String,
    /// What it must be.
    pub description: String,
}

/// Why a request is refused as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// It can't be read.
    Malformed(Vec<Violation>),
    /// The firm has no account of this name.
    UnknownAccount(String),
    /// An operator's: there is no such symbol.
    UnknownSymbol(String),
    /// An operator's: there is no such trade at that place.
    UnknownTrade,
}

/// The calls that carry commands. The numbers are those that Python uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `SubmitOrder`.
    Submit = 1,
    /// `CancelOrder`.
    Cancel = 2,
    /// `ReplaceOrder`.
    Replace = 3,
    /// `SubmitBatch`.
    Batch = 4,
    /// A message of `Session`.
    Session = 5,
    /// `CheckOrder` of `cift.risk.v1`, whose order may do without a client order id.
    Check = 6,
    /// `SubmitOrderList`.
    OrderList = 7,
    /// `MassCancel`.
    MassCancel = 8,
}

impl Method {
    /// The method with this number.
    #[must_use]
    pub const fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            1 => Self::Submit,
            2 => Self::Cancel,
            3 => Self::Replace,
            4 => Self::Batch,
            5 => Self::Session,
            6 => Self::Check,
            7 => Self::OrderList,
            8 => Self::MassCancel,
            _ => return None,
        })
    }
}

/// One command of a request.
#[derive(Clone, Copy, Debug)]
pub struct Parsed {
    /// Ready for the batch, but for the places of what it points to there.
    pub command: Command,
    /// What `FLAG_TERMS` of the command is about; zero when it has none.
    pub terms: OrderTerms,
    /// The target of a cancel or replace by client order id; absent otherwise.
    pub orig_cl_ord_id: ClOrdId,
    /// Set when it is refused at once and doesn't go into the journal.
    pub refused: Option<Reject>,
}

impl Parsed {
    /// Which leg of an order list it is.
    #[must_use]
    pub fn leg(&self) -> Option<Leg> {
        Leg::read(self.command.link)
    }
}

/// A request, read.
#[derive(Debug, Default)]
pub struct Request {
    /// `Session`: the client's number.
    pub request_id: u64,
    /// Whether the answer is wanted as soon as the journal has the commands.
    pub wait_received: bool,
    /// `CheckOrder`: the process whose session would send it; 0: none is named.
    pub origin: u64,
    /// Its commands, in order; the orders of a list are one command each.
    pub commands: Vec<Parsed>,
}

/// Who sent it, and what there is to refer to.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Accounts and instruments.
    pub reference: &'a Reference,
    /// The firm that the key belongs to; none: an operator, for whom all accounts are there.
    pub firm: Option<u32>,
    /// The session, from 1; 0 for the other calls.
    pub session: u32,
}

impl Request {
    /// Reads a request into this one, replacing what it held.
    ///
    /// # Errors
    ///
    /// If a field can't be read, or an account isn't the firm's.
    pub fn read(
        &mut self,
        method: Method,
        message: &[u8],
        context: Context<'_>,
    ) -> Result<(), RequestError> {
        self.clear();
        let mut check = Check::new(context, method == Method::Check);
        let read = match method {
            Method::Submit | Method::Check => {
                self.read_single(message, "order", Kind::New, &mut check)
            }
            Method::Cancel => self.read_single(message, "cancel", Kind::Cancel, &mut check),
            Method::Replace => self.read_single(message, "replace", Kind::Replace, &mut check),
            Method::OrderList => self.read_single(message, "list", Kind::List, &mut check),
            Method::MassCancel => {
                self.read_single(message, "mass_cancel", Kind::MassCancel, &mut check)
            }
            Method::Batch => self.read_list(message, 1, &mut check),
            Method::Session => self.read_list(message, 2, &mut check),
        };
        check.finish(read)
    }

    fn clear(&mut self) {
        self.request_id = 0;
        self.wait_received = false;
        self.origin = 0;
        self.commands.clear();
    }

    fn read_single(
        &mut self,
        message: &[u8],
        field: &'static str,
        kind: Kind,
        check: &mut Check<'_>,
    ) -> Result<(), Malformed> {
        let mut fields = Fields::default();
        let mut given = false;
        let mut reader = Reader::new(message);
        while let Some(next) = reader.field()? {
            match next {
                (1, Value::Bytes(body)) => {
                    given = true;
                    fields.merge(kind, body)?;
                }
                (2, Value::Varint(number)) => self.wait_for(number, check),
                (2, Value::Bytes(text)) if check.dry => {
                    (self.origin, check.context.session) = check.at(Path::ROOT).session(text);
                }
                _ => {}
            }
        }
        if given {
            let path = Path { message: field, ..Path::ROOT };
            check.at(path).commands(kind, &fields, &mut self.commands)
        } else {
            check.at(Path::ROOT).violate(field, "must be given");
            Ok(())
        }
    }

    /// A batch or a piece of a session: the same fields, with the session's number before them.
    fn read_list(
        &mut self,
        message: &[u8],
        list: u32,
        check: &mut Check<'_>,
    ) -> Result<(), Malformed> {
        let mut count = 0;
        let mut reader = Reader::new(message);
        while let Some(next) = reader.field()? {
            match next {
                (1, Value::Varint(number)) if list == 2 => self.request_id = number,
                (number, Value::Bytes(body)) if number == list => {
                    if count == MAX_REQUEST_COMMANDS {
                        check.at(Path::ROOT).violate("commands", "must be 1 to 1000");
                        return Ok(());
                    }
                    self.read_oneof(count, body, check)?;
                    count += 1;
                }
                (number, Value::Varint(value)) if number == list + 1 => self.wait_for(value, check),
                _ => {}
            }
        }
        if count == 0 {
            check.at(Path::ROOT).violate("commands", "must be 1 to 1000");
        }
        Ok(())
    }

    /// Reads a `Command`, a oneof of the kinds.
    fn read_oneof(
        &mut self,
        index: usize,
        message: &[u8],
        check: &mut Check<'_>,
    ) -> Result<(), Malformed> {
        let mut found: Option<(Kind, Fields<'_>)> = None;
        let mut reader = Reader::new(message);
        while let Some((number, value)) = reader.field()? {
            let Some(kind) = Kind::of_oneof(number) else { continue };
            let Value::Bytes(body) = value else { continue };
            let mut fields = match found {
                Some((same, fields)) if same == kind => fields,
                _ => Fields::default(),
            };
            fields.merge(kind, body)?;
            found = Some((kind, fields));
        }
        let path = Path { index: Some(index), ..Path::ROOT };
        let Some((kind, fields)) = &found else {
            check.at(path).violate("command", "must be given");
            return Ok(());
        };
        let path = Path { message: kind.name(), ..path };
        check.at(path).commands(*kind, fields, &mut self.commands)
    }

    fn wait_for(&mut self, number: u64, check: &mut Check<'_>) {
        match number {
            0 | 2 => self.wait_received = false,
            1 => self.wait_received = true,
            _ => check.at(Path::ROOT).violate("wait_for", "is not a value of WaitFor"),
        }
    }
}
