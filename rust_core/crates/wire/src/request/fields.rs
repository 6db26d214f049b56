//! A command's fields as they stand in its message.

use crate::pb::{Malformed, Reader, Value};

/// The most orders of a list.
pub(super) const MAX_LEGS: usize = 3;

/// What a command message holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    New,
    Cancel,
    Replace,
    List,
    MassCancel,
}

impl Kind {
    /// What the field of this number of `Command` holds.
    pub(super) const fn of_oneof(number: u32) -> Option<Self> {
        Some(match number {
            1 => Self::New,
            2 => Self::Cancel,
            3 => Self::Replace,
            4 => Self::List,
            5 => Self::MassCancel,
            _ => return None,
        })
    }

    /// The name of that field.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::New => "new_order",
            Self::Cancel => "cancel_order",
            Self::Replace => "replace_order",
            Self::List => "order_list",
            Self::MassCancel => "mass_cancel",
        }
    }
}

/// The fields of all kinds of command as they stand in the message; of those that only some kinds
/// have the others leave the default.
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
    pub(super) all_or_none: bool,
    pub(super) reduce_only: bool,
    pub(super) post_only: u64,
    pub(super) stop_price: &'a [u8],
    pub(super) trailing_stop: Option<Trailing<'a>>,
    pub(super) expire_time_ns: i64,
    pub(super) display_quantity: &'a [u8],
    pub(super) min_visible_quantity: &'a [u8],
    pub(super) min_quantity: &'a [u8],
    pub(super) self_trade_prevention: u64,
    pub(super) self_trade_group: u64,
    pub(super) peg: Option<Peg<'a>>,
    pub(super) tag: &'a [u8],
    pub(super) contingency: u64,
    /// The first orders of a list, as messages.
    pub(super) orders: [&'a [u8]; MAX_LEGS],
    /// How many it has.
    pub(super) order_count: usize,
}

/// `TrailingStop`. Of a oneof the last member counts; here both are kept, so that a client that
/// sends both is told.
#[derive(Clone, Copy, Default)]
pub(super) struct Trailing<'a> {
    pub(super) price_offset: Option<&'a [u8]>,
    pub(super) basis_points: Option<u64>,
    pub(super) activation_price: &'a [u8],
    pub(super) take_profit: bool,
}

/// `Peg`.
#[derive(Clone, Copy, Default)]
pub(super) struct Peg<'a> {
    pub(super) follows: u64,
    pub(super) offset: &'a [u8],
}

impl<'a> Fields<'a> {
    /// Reads the fields of a message over those read so far; the last of a field or oneof wins.
    pub(super) fn merge(&mut self, kind: Kind, message: &'a [u8]) -> Result<(), Malformed> {
        let mut reader = Reader::new(message);
        while let Some((number, value)) = reader.field()? {
            match value {
                Value::Bytes(text) => self.text(kind, number, text)?,
                Value::Varint(value) => self.number(kind, number, value),
                Value::Fixed => {}
            }
        }
        Ok(())
    }

    fn text(&mut self, kind: Kind, number: u32, text: &'a [u8]) -> Result<(), Malformed> {
        match (kind, number) {
            (Kind::List, 2) => {
                if let Some(order) = self.orders.get_mut(self.order_count) {
                    *order = text;
                }
                self.order_count += 1;
            }
            (Kind::List, _) => {}
            (_, 1) => self.account = text,
            (_, 2) => self.cl_ord_id = text,
            (Kind::New | Kind::MassCancel, 3) | (Kind::Replace, 8) => self.symbol = text,
            (Kind::New, 7) => self.quantity = Some(text),
            (Kind::New, 8) | (Kind::Replace, 5) => self.price = text,
            (Kind::New, 10) | (Kind::Replace, 9) => self.stop_price = text,
            (Kind::New, 11) => self.trailing_stop.get_or_insert_default().merge(text)?,
            (Kind::New, 13) => self.display_quantity = text,
            (Kind::New, 14) => self.min_visible_quantity = text,
            (Kind::New, 15) => self.min_quantity = text,
            (Kind::New, 21) => self.peg.get_or_insert_default().merge(text)?,
            (Kind::New, 22) | (Kind::MassCancel, 5) => self.tag = text,
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
        Ok(())
    }

    fn number(&mut self, kind: Kind, number: u32, value: u64) {
        match (kind, number) {
            (Kind::New | Kind::MassCancel, 4) => self.side = value,
            (Kind::New, 5) => self.ord_type = value,
            (Kind::New, 6) => self.time_in_force = value,
            (Kind::New, 9) => self.cancel_on_disconnect = value != 0,
            (Kind::New, 12) => self.expire_time_ns = value as i64,
            (Kind::New, 16) => self.all_or_none = value != 0,
            (Kind::New, 17) => self.post_only = value,
            (Kind::New, 18) => self.reduce_only = value != 0,
            (Kind::New, 19) => self.self_trade_prevention = value,
            (Kind::New, 20) => self.self_trade_group = value,
            (Kind::List, 1) => self.contingency = value,
            (Kind::Cancel | Kind::Replace, 3) => {
                self.order_id = Some(value);
                self.orig_cl_ord_id = None;
            }
            _ => {}
        }
    }
}

impl<'a> Trailing<'a> {
    fn merge(&mut self, message: &'a [u8]) -> Result<(), Malformed> {
        let mut reader = Reader::new(message);
        while let Some(next) = reader.field()? {
            match next {
                (1, Value::Bytes(text)) => self.price_offset = Some(text),
                (2, Value::Varint(value)) => self.basis_points = Some(value),
                (3, Value::Bytes(text)) => self.activation_price = text,
                (4, Value::Varint(value)) => self.take_profit = value != 0,
                _ => {}
            }
        }
        Ok(())
    }
}

impl<'a> Peg<'a> {
    fn merge(&mut self, message: &'a [u8]) -> Result<(), Malformed> {
        let mut reader = Reader::new(message);
        while let Some(next) = reader.field()? {
            match next {
                (1, Value::Varint(value)) => self.follows = value,
                (2, Value::Bytes(text)) => self.offset = text,
                _ => {}
            }
        }
        Ok(())
    }
}
