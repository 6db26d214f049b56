//! A command's fields as they stand in its message.

use crate::pb::{Malformed, Reader, Value};

/// What a command message holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    New,
    Cancel,
    Replace,
}

/// The fields of all three kinds of command as they stand in the message; of those that only some
/// kinds have the others leave the default.
#[derive(Clone, Copy, Default)]
pub(super) struct Fields<'a> {
    pub(super) account: &'a [u8],
    pub(super) cl_ord_id: &'a [u8],
    pub(super) symbol: &'a [u8],
    pub(super) side: u64,
    pub(super) ord_type: u64,
    pub(super) time_in_force: u64,
    pub(super) price: &'a [u8],
    pub(super) quantity: Option<&'a [u8]>,
    pub(super) leaves_quantity: Option<&'a [u8]>,
    pub(super) order_id: Option<u64>,
    pub(super) orig_cl_ord_id: Option<&'a [u8]>,
    pub(super) cancel_on_disconnect: bool,
}

impl<'a> Fields<'a> {
    /// Reads the fields of a message over those read so far; the last of a field or oneof wins.
    pub(super) fn merge(&mut self, kind: Kind, message: &'a [u8]) -> Result<(), Malformed> {
        let mut reader = Reader::new(message);
        while let Some((number, value)) = reader.field()? {
            match value {
                Value::Bytes(text) => self.text(kind, number, text),
                Value::Varint(value) => self.number(kind, number, value),
                Value::Fixed => {}
            }
        }
        Ok(())
    }

    fn text(&mut self, kind: Kind, number: u32, text: &'a [u8]) {
        match (kind, number) {
            (_, 1) => self.account = text,
            (_, 2) => self.cl_ord_id = text,
            (Kind::New, 3) | (Kind::Replace, 8) => self.symbol = text,
            (Kind::New, 7) => self.quantity = Some(text),
            (Kind::New, 8) | (Kind::Replace, 5) => self.price = text,
            (Kind::Cancel | Kind::Replace, 4) => {
                self.orig_cl_ord_id = Some(text);
                self.order_id = None;
            }
            (Kind::Replace, 6) => {
                self.quantity = Some(text);
                self.leaves_quantity = None;
            }
            (Kind::Replace, 7) => {
                self.leaves_quantity = Some(text);
                self.quantity = None;
            }
            _ => {}
        }
    }

    fn number(&mut self, kind: Kind, number: u32, value: u64) {
        match (kind, number) {
            (Kind::New, 4) => self.side = value,
            (Kind::New, 5) => self.ord_type = value,
            (Kind::New, 6) => self.time_in_force = value,
            (Kind::New, 9) => self.cancel_on_disconnect = value != 0,
            (Kind::Cancel | Kind::Replace, 3) => {
                self.order_id = Some(value);
                self.orig_cl_ord_id = None;
            }
            _ => {}
        }
    }
}
