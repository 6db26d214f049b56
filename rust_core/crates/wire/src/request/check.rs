//! What every field is checked with: names, ids, decimals, enumerations, and where they stand.

use core::fmt::Write as _;

use engine::pod::{Account, ClOrdId, Command, Instrument, MAX_PRICE, MAX_QUANTITY, MAX_SCALES};
use engine::reject::Reject;

use super::{Context, RequestError, Violation};
use crate::decimal::{self, DecimalError};
use crate::pb::Malformed;
use crate::reference::{self, Reference};

/// The most violations that one answer lists.
const MAX_VIOLATIONS: usize = 20;
/// The longest piece of a request that an answer repeats, in characters.
const MAX_ECHO: usize = 40;
/// The longest label for mass cancels, in bytes.
const MAX_TAG: usize = 8;

const CL_ORD_ID: &str = "must be 1 to 36 characters of A-Z a-z 0-9 . _ : -";
const NAME: &str = "must be 1 to 32 characters of A-Z 0-9 _ -, the first a letter or digit";
const SESSION: &str = "must be <origin>-<number>: 16 hex digits in lower case, and a number from 1";
const TAG: &str = "must be 1 to 8 characters of A-Z a-z 0-9 . _ : -";

/// Where in the request a message stands.
#[derive(Clone, Copy)]
pub(super) struct Path {
    /// Of a batch or session: the place in `commands`.
    pub(super) index: Option<usize>,
    pub(super) message: &'static str,
    /// Of an order list: the place in `orders`.
    pub(super) leg: Option<usize>,
}

impl Path {
    pub(super) const ROOT: Self = Self { index: None, message: "", leg: None };

    fn field(self, field: &str) -> String {
        let mut path = String::new();
        let numbered = |list: &str, index: Option<usize>| {
            index.map(|index| format!("{list}[{index}]")).unwrap_or_default()
        };
        let parts = [numbered("commands", self.index), self.message.to_owned()];
        let leg = numbered("orders", self.leg);
        for part in parts.iter().map(String::as_str).chain([leg.as_str(), field]) {
            if !path.is_empty() && !part.is_empty() {
                path.push('.');
            }
            path.push_str(part);
        }
        path
    }
}

/// What was found wrong so far.
pub(super) struct Check<'a> {
    pub(super) context: Context<'a>,
    /// Whether nothing is sent.
    pub(super) dry: bool,
    violations: Vec<Violation>,
    unknown_account: Option<String>,
}

impl<'a> Check<'a> {
    pub(super) const fn new(context: Context<'a>, dry: bool) -> Self {
        Self { context, dry, violations: Vec::new(), unknown_account: None }
    }

    pub(super) fn at(&mut self, path: Path) -> At<'_, 'a> {
        At { check: self, path }
    }

    /// What was found wrong in all, if anything.
    pub(super) fn finish(mut self, read: Result<(), Malformed>) -> Result<(), RequestError> {
        if read.is_err() {
            self.at(Path::ROOT).violate("", "is not a protobuf message of this type");
        }
        match (self.violations, self.unknown_account) {
            (violations, _) if !violations.is_empty() => Err(RequestError::Malformed(violations)),
            (_, Some(name)) => Err(RequestError::UnknownAccount(name)),
            _ => Ok(()),
        }
    }
}

/// Checks the fields of one message, and says where it stands when one is wrong.
pub(super) struct At<'c, 'a> {
    pub(super) check: &'c mut Check<'a>,
    pub(super) path: Path,
}

impl<'a> At<'_, 'a> {
    #[cold]
    pub(super) fn violate(&mut self, field: &str, description: impl Into<String>) {
        if self.check.violations.len() < MAX_VIOLATIONS {
            let field = self.path.field(field);
            self.check.violations.push(Violation { field, description: description.into() });
        }
    }

    #[inline]
    pub(super) fn account(&mut self, command: &mut Command, text: &[u8]) -> Option<&'a Account> {
        let Some(name) = reference::name(text) else {
            self.violate("account", NAME);
            return None;
        };
        let Context { reference, firm, .. } = self.check.context;
        let account = reference.account_of(&name, firm);
        match account {
            Some(account) => command.account = account.id,
            None => {
                let name = || String::from_utf8_lossy(text).into_owned();
                self.check.unknown_account.get_or_insert_with(name);
            }
        }
        account
    }

    #[inline]
    pub(super) fn cl_ord_id(&mut self, field: &str, text: &[u8]) -> ClOrdId {
        match ClOrdId::new(text) {
            Some(id) if is_plain(text) => id,
            _ => {
                self.violate(field, CL_ORD_ID);
                ClOrdId::default()
            }
        }
    }

    /// A label for mass cancels; none when there is no text.
    pub(super) fn tag(&mut self, text: &[u8]) -> u64 {
        let mut word = 0_u64;
        if text.len() > MAX_TAG || !is_plain(text) {
            self.violate("tag", TAG);
        } else {
            bytemuck::bytes_of_mut(&mut word)[..text.len()].copy_from_slice(text);
        }
        word
    }

    /// The process and the number of a session; 0 and 0 when there is no text.
    pub(super) fn session(&mut self, text: &[u8]) -> (u64, u32) {
        let read = || {
            let text = core::str::from_utf8(text).ok()?;
            let (origin, number) = text.split_once('-')?;
            let lower = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            let plain = origin.len() == 16
                && origin.bytes().all(lower)
                && number.bytes().all(|byte| byte.is_ascii_digit())
                && !number.starts_with('0');
            let origin = u64::from_str_radix(origin, 16).ok()?;
            plain.then_some((origin, number.parse().ok()?))
        };
        if text.is_empty() {
            return (0, 0);
        }
        read().unwrap_or_else(|| {
            self.violate("session", SESSION);
            (0, 0)
        })
    }

    #[inline]
    pub(super) fn symbol(
        &mut self,
        text: &[u8],
        command: &mut Command,
        refused: &mut Option<Reject>,
    ) -> Option<&'a Instrument> {
        let Some(name) = reference::name(text) else {
            self.violate("symbol", NAME);
            return None;
        };
        // Looked up through the reference's own lifetime, which is longer than the check's.
        let reference: &'a Reference = self.check.context.reference;
        let instrument = reference.by_symbol(&name);
        match instrument {
            Some(instrument) => command.instrument = instrument.id,
            None => *refused = Some(Reject::UnknownSymbol),
        }
        instrument
    }

    /// A value of an enumeration of `count` values, which must be given.
    pub(super) fn one_of(&mut self, field: &str, name: &str, number: u64, count: usize) -> u16 {
        if number == 0 {
            self.violate(field, "must be given");
            return 0;
        }
        self.any_of(field, name, number, count)
    }

    /// A value of an enumeration of `count` values, or none.
    pub(super) fn any_of(&mut self, field: &str, name: &str, number: u64, count: usize) -> u16 {
        if number >= count as u64 {
            self.violate(field, format!("is not a value of {name}"));
            return 0;
        }
        number as u16
    }

    #[inline]
    pub(super) fn price(
        &mut self,
        field: &str,
        text: &[u8],
        instrument: Option<&Instrument>,
    ) -> i64 {
        let scale = instrument.map(|instrument| instrument.price_scale);
        self.decimal(field, text, scale, 1, MAX_PRICE)
    }

    #[inline]
    pub(super) fn quantity(
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
    pub(super) fn decimal(
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
                let mut bound = Vec::new();
                if let (DecimalError::Range, Some(scale)) = (error, scale) {
                    let negative = text.first() == Some(&b'-');
                    let most = i128::from(most);
                    bound.extend_from_slice(if negative {
                        &b", at least "[..]
                    } else {
                        b", at most "
                    });
                    decimal::write(&mut bound, if negative { -most } else { most }, scale);
                }
                let bound = String::from_utf8_lossy(&bound);
                self.violate(field, format!("{error}{bound}: {}", echo(text)));
                0
            }
        }
    }
}

/// Whether a text is of the characters that clients may use for ids and labels.
#[inline]
fn is_plain(text: &[u8]) -> bool {
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
    text.iter().all(|&byte| ALLOWED[usize::from(byte)])
}

/// A piece of a request for an answer: printable, and not too long.
fn echo(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let mut short = String::from("\"");
    for character in text.chars().take(MAX_ECHO) {
        write!(short, "{}", character.escape_debug()).expect("a string takes everything");
    }
    if text.chars().count() > MAX_ECHO {
        short.push('…');
    }
    short.push('"');
    short
}
