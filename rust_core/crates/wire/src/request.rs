//! Requests of `cift.order_entry.v1` into commands, with every check that needs no state.
//!
//! What can't be read is a violation: the request as a whole is refused and leaves nothing in the
//! journal. A symbol that isn't traded is a refusal of that one command. Everything else is risk's
//! and matching's to judge.

mod fields;

use core::fmt::Write as _;

use bytemuck::Zeroable;
use engine::pod::{
    ClOrdId, Command, CommandKind, Instrument, OrdType, Side, TimeInForce,
    FLAG_CANCEL_ON_DISCONNECT, FLAG_LEAVES, MAX_PRICE, MAX_QUANTITY, MAX_SCALES,
};
use engine::reject::Reject;

use crate::decimal;
use crate::pb::{Malformed, Reader, Value};
use crate::reference::{self, Name, Reference};

use fields::{Fields, Kind};

/// Order types of the protobuf enumeration, "unspecified" included; the engine knows more.
const ORD_TYPES: usize = 3;
/// Times in force of the protobuf enumeration.
const TIMES_IN_FORCE: usize = 5;

/// The most commands in one request.
pub const MAX_REQUEST_COMMANDS: usize = 1000;
/// The most violations that one answer lists.
const MAX_VIOLATIONS: usize = 20;
/// The longest piece of a request that an answer repeats, in characters.
const MAX_ECHO: usize = 40;

const CL_ORD_ID: &str = "must be 1 to 36 characters of A-Z a-z 0-9 . _ : -";
const NAME: &str = "must be 1 to 32 characters of A-Z 0-9 _ -, the first a letter or digit";

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
            _ => return None,
        })
    }
}

/// One command of a request.
#[derive(Clone, Copy, Debug)]
pub struct Parsed {
    /// Ready for the batch, but for `orig_cl_ord_id_index`.
    pub command: Command,
    /// The target of a cancel or replace by client order id; absent otherwise.
    pub orig_cl_ord_id: ClOrdId,
    /// Set when it is refused at once and doesn't go into the journal.
    pub refused: Option<Reject>,
}

/// A request, read.
#[derive(Debug, Default)]
pub struct Request {
    /// `Session`: the client's number.
    pub request_id: u64,
    /// Whether the answer is wanted as soon as the journal has the commands.
    pub wait_received: bool,
    /// Its commands, in order.
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
        self.request_id = 0;
        self.wait_received = false;
        self.commands.clear();
        let dry = method == Method::Check;
        let mut check = Check { context, dry, violations: Vec::new(), unknown_account: None };
        let read = match method {
            Method::Submit | Method::Check => {
                self.read_single(message, "order", Kind::New, &mut check)
            }
            Method::Cancel => self.read_single(message, "cancel", Kind::Cancel, &mut check),
            Method::Replace => self.read_single(message, "replace", Kind::Replace, &mut check),
            Method::Batch => self.read_list(message, 1, &mut check),
            Method::Session => self.read_list(message, 2, &mut check),
        };
        if read.is_err() {
            check.at(Path::ROOT).violate("", "is not a protobuf message of this type");
        }
        match (check.violations, check.unknown_account) {
            (violations, _) if !violations.is_empty() => Err(RequestError::Malformed(violations)),
            (_, Some(name)) => Err(RequestError::UnknownAccount(name)),
            _ => Ok(()),
        }
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
                _ => {}
            }
        }
        let path = Path { index: None, message: field };
        if given {
            self.commands.push(check.at(path).command(kind, &fields));
        } else {
            check.at(Path::ROOT).violate(field, "must be given");
        }
        Ok(())
    }

    /// A batch or a piece of a session: the same fields, with the session's number before them.
    fn read_list(
        &mut self,
        message: &[u8],
        list: u32,
        check: &mut Check<'_>,
    ) -> Result<(), Malformed> {
        let mut reader = Reader::new(message);
        while let Some(next) = reader.field()? {
            match next {
                (1, Value::Varint(number)) if list == 2 => self.request_id = number,
                (number, Value::Bytes(body)) if number == list => {
                    if self.commands.len() == MAX_REQUEST_COMMANDS {
                        check.at(Path::ROOT).violate("commands", "must be 1 to 1000");
                        return Ok(());
                    }
                    let parsed = check.oneof(self.commands.len(), body)?;
                    self.commands.push(parsed);
                }
                (number, Value::Varint(value)) if number == list + 1 => self.wait_for(value, check),
                _ => {}
            }
        }
        if self.commands.is_empty() {
            check.at(Path::ROOT).violate("commands", "must be 1 to 1000");
        }
        Ok(())
    }

    fn wait_for(&mut self, number: u64, check: &mut Check<'_>) {
        match number {
            0 | 2 => self.wait_received = false,
            1 => self.wait_received = true,
            _ => check.at(Path::ROOT).violate("wait_for", "is not a value of WaitFor"),
        }
    }
}

/// Where in the request a message stands.
#[derive(Clone, Copy)]
struct Path {
    index: Option<usize>,
    message: &'static str,
}

impl Path {
    const ROOT: Self = Self { index: None, message: "" };

    fn field(self, field: &str) -> String {
        let mut path = String::new();
        if let Some(index) = self.index {
            write!(path, "commands[{index}]").expect("a string takes everything");
        }
        for part in [self.message, field] {
            if !path.is_empty() && !part.is_empty() {
                path.push('.');
            }
            path.push_str(part);
        }
        path
    }
}

/// What was found wrong so far.
struct Check<'a> {
    context: Context<'a>,
    /// Whether nothing is sent.
    dry: bool,
    violations: Vec<Violation>,
    unknown_account: Option<String>,
}

impl<'a> Check<'a> {
    fn at(&mut self, path: Path) -> At<'_, 'a> {
        At { check: self, path }
    }

    /// Reads a `Command`, a oneof of the three kinds.
    fn oneof(&mut self, index: usize, message: &[u8]) -> Result<Parsed, Malformed> {
        let mut found: Option<(Kind, Fields<'_>)> = None;
        let mut reader = Reader::new(message);
        while let Some((number, value)) = reader.field()? {
            let kind = match number {
                1 => Kind::New,
                2 => Kind::Cancel,
                3 => Kind::Replace,
                _ => continue,
            };
            let Value::Bytes(body) = value else { continue };
            let mut fields = match found {
                Some((same, fields)) if same == kind => fields,
                _ => Fields::default(),
            };
            fields.merge(kind, body)?;
            found = Some((kind, fields));
        }
        let path = |message| Path { index: Some(index), message };
        Ok(match &found {
            Some((kind @ Kind::New, fields)) => self.at(path("new_order")).command(*kind, fields),
            Some((kind @ Kind::Cancel, fields)) => {
                self.at(path("cancel_order")).command(*kind, fields)
            }
            Some((kind @ Kind::Replace, fields)) => {
                self.at(path("replace_order")).command(*kind, fields)
            }
            None => {
                self.at(path("")).violate("command", "must be given");
                Parsed {
                    command: Command::zeroed(),
                    orig_cl_ord_id: ClOrdId::default(),
                    refused: None,
                }
            }
        })
    }
}

/// Checks the fields of one message, and says where it stands when one is wrong.
struct At<'c, 'a> {
    check: &'c mut Check<'a>,
    path: Path,
}

impl<'a> At<'_, 'a> {
    #[cold]
    fn violate(&mut self, field: &str, description: impl Into<String>) {
        if self.check.violations.len() < MAX_VIOLATIONS {
            let field = self.path.field(field);
            self.check.violations.push(Violation { field, description: description.into() });
        }
    }

    fn command(&mut self, kind: Kind, fields: &Fields<'_>) -> Parsed {
        let mut command = Command::zeroed();
        command.session = self.check.context.session;
        self.account(&mut command, fields.account);
        // A cancel may do without an id of its own, and so may what isn't sent.
        let optional = kind == Kind::Cancel || self.check.dry;
        if !optional || !fields.cl_ord_id.is_empty() {
            let id = self.cl_ord_id("cl_ord_id", fields.cl_ord_id);
            command.set_cl_ord_id(id);
        }
        let mut orig_cl_ord_id = ClOrdId::default();
        let mut refused = None;
        match kind {
            Kind::New => {
                command.kind = CommandKind::NewOrder.number();
                let instrument = self.symbol(fields.symbol, &mut command, &mut refused);
                self.new_order(fields, instrument, &mut command);
            }
            Kind::Cancel => {
                command.kind = CommandKind::CancelOrder.number();
                orig_cl_ord_id = self.target(fields, &mut command);
            }
            Kind::Replace => {
                command.kind = CommandKind::ReplaceOrder.number();
                orig_cl_ord_id = self.target(fields, &mut command);
                let instrument = self.symbol(fields.symbol, &mut command, &mut refused);
                self.replace_order(fields, instrument, &mut command);
            }
        }
        Parsed { command, orig_cl_ord_id, refused }
    }

    #[inline]
    fn account(&mut self, command: &mut Command, text: &[u8]) {
        let Some(name) = reference::name(text) else {
            return self.violate("account", NAME);
        };
        let Context { reference, firm, .. } = self.check.context;
        match reference.account_of(&name, firm) {
            Some(account) => command.account = account.id,
            None => {
                let name = || String::from_utf8_lossy(text).into_owned();
                self.check.unknown_account.get_or_insert_with(name);
            }
        }
    }

    #[inline]
    fn cl_ord_id(&mut self, field: &str, text: &[u8]) -> ClOrdId {
        const ALLOWED: [bool; 256] = {
            let mut allowed = [false; 256];
            let mut byte = 0;
            while byte < 256 {
                allowed[byte] = (byte as u8).is_ascii_alphanumeric()
                    || matches!(byte as u8, b'.' | b'_' | b':' | b'-');
                byte += 1;
            }
            allowed
        };
        let plain = text.iter().all(|&byte| ALLOWED[usize::from(byte)]);
        match ClOrdId::new(text) {
            Some(id) if plain => id,
            _ => {
                self.violate(field, CL_ORD_ID);
                ClOrdId::default()
            }
        }
    }

    #[inline]
    fn symbol(
        &mut self,
        text: &[u8],
        command: &mut Command,
        refused: &mut Option<Reject>,
    ) -> Option<&'a Instrument> {
        let Some(name) = reference::name(text) else {
            self.violate("symbol", NAME);
            return None;
        };
        let reference: &'a Reference = self.check.context.reference;
        let instrument = by_symbol(reference, &name);
        match instrument {
            Some(instrument) => command.instrument = instrument.id,
            None => *refused = Some(Reject::UnknownSymbol),
        }
        instrument
    }

    fn new_order(
        &mut self,
        fields: &Fields<'_>,
        instrument: Option<&Instrument>,
        command: &mut Command,
    ) {
        let side = self.one_of("side", "Side", fields.side, Side::ALL.len());
        let ord_type = self.one_of("ord_type", "OrdType", fields.ord_type, ORD_TYPES);
        command.side = side;
        command.ord_type = ord_type;
        let market = ord_type == OrdType::Market.number();
        command.time_in_force = match fields.time_in_force {
            0 if market => TimeInForce::Ioc.number(),
            0 => TimeInForce::Gtc.number(),
            number => self.one_of("time_in_force", "TimeInForce", number, TIMES_IN_FORCE),
        };
        command.quantity =
            self.quantity("quantity", fields.quantity.unwrap_or_default(), instrument, 1);
        if market {
            if !fields.price.is_empty() {
                self.violate("price", "must be empty on a market order");
            }
        } else {
            command.price = self.price(fields.price, instrument);
        }
        if fields.cancel_on_disconnect && command.session != 0 {
            command.flags |= FLAG_CANCEL_ON_DISCONNECT;
        }
    }

    fn replace_order(
        &mut self,
        fields: &Fields<'_>,
        instrument: Option<&Instrument>,
        command: &mut Command,
    ) {
        if !fields.price.is_empty() {
            command.price = self.price(fields.price, instrument);
        }
        if let Some(quantity) = fields.quantity {
            command.quantity = self.quantity("quantity", quantity, instrument, 1);
        }
        if let Some(leaves) = fields.leaves_quantity {
            command.quantity = self.quantity("leaves_quantity", leaves, instrument, 0);
            command.flags |= FLAG_LEAVES;
        }
    }

    fn target(&mut self, fields: &Fields<'_>, command: &mut Command) -> ClOrdId {
        match (fields.order_id, fields.orig_cl_ord_id) {
            (Some(0), _) => self.violate("order_id", "must be > 0"),
            (Some(id), _) => command.order_id = id,
            (None, Some(text)) => return self.cl_ord_id("orig_cl_ord_id", text),
            (None, None) => self.violate("target", "must be given"),
        }
        ClOrdId::default()
    }

    fn one_of(&mut self, field: &str, name: &str, number: u64, count: usize) -> u16 {
        if number == 0 {
            self.violate(field, "must be given");
        } else if number >= count as u64 {
            self.violate(field, format!("is not a value of {name}"));
        } else {
            return number as u16;
        }
        0
    }

    #[inline]
    fn price(&mut self, text: &[u8], instrument: Option<&Instrument>) -> i64 {
        let scale = instrument.map(|instrument| instrument.price_scale);
        self.decimal("price", text, scale, 1, MAX_PRICE)
    }

    #[inline]
    fn quantity(
        &mut self,
        field: &str,
        text: &[u8],
        instrument: Option<&Instrument>,
        least: i64,
    ) -> i64 {
        let scale = instrument.map(|instrument| instrument.quantity_scale);
        self.decimal(field, text, scale, least, MAX_QUANTITY)
    }

    /// Without a scale, because the symbol is unknown, only the syntax and the sign are checked.
    #[inline]
    fn decimal(
        &mut self,
        field: &str,
        text: &[u8],
        scale: Option<u8>,
        least: i64,
        most: i64,
    ) -> i64 {
        let bound = scale.map_or(i128::MAX, |_| i128::from(most));
        match decimal::parse(text, scale.unwrap_or(MAX_SCALES), bound) {
            Ok(units) if units >= i128::from(least) => units.min(i128::from(most)) as i64,
            Ok(_) => {
                self.violate(field, if least == 0 { "must be >= 0" } else { "must be > 0" });
                0
            }
            Err(_) if text.is_empty() => {
                self.violate(field, "must be given");
                0
            }
            Err(error) => {
                self.violate(field, format!("{error}: {}", echo(text)));
                0
            }
        }
    }
}

/// Looked up through the reference's own lifetime, which is longer than the check's.
fn by_symbol<'a>(reference: &'a Reference, name: &Name) -> Option<&'a Instrument> {
    reference.by_symbol(name)
}

/// A piece of a request for an answer: printable, and not too long.
fn echo(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let mut short: String = text.chars().take(MAX_ECHO).flat_map(char::escape_debug).collect();
    if text.chars().count() > MAX_ECHO {
        short.push('…');
    }
    format!("\"{short}\"")
}
