//! The brief records of a book that stands alone: what it is asked, answers and trades.
//!
//! A third of a [`Command`] and an eighth of an [`Event`](crate::pod::Event): what most orders
//! need, and nothing that says who sent them.

use bytemuck::{Pod, Zeroable};

use crate::pod::{Command, CommandKind};

/// One request. Its values are those of [`Command`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Request {
    /// The order's name, which its owner gives: of the new order, or of the one that is meant.
    pub order_id: u64,
    /// Limit price; 0 on market orders; 0 on a replace: unchanged.
    pub price: i64,
    /// Order quantity; on a replace 0 means unchanged, unless `FLAG_LEAVES` is set.
    pub quantity: i64,
    /// Its owner's account.
    pub account: u32,
    /// [`CommandKind`]: a new order, a cancel or a replace.
    pub kind: u8,
    /// [`crate::pod::Side`].
    pub side: u8,
    /// [`crate::pod::OrdType`].
    pub ord_type: u8,
    /// [`crate::pod::TimeInForce`].
    pub time_in_force: u8,
    /// `FLAG_LEAVES` of a replace; of a new order those that need no terms.
    pub flags: u16,
    /// [`crate::pod::SelfTrade`]: the taker's instruction.
    pub self_trade_prevention: u16,
    /// Orders of one group don't trade with each other; 0: those of one account.
    pub self_trade_group: u32,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Answer {
    /// What its order has traded because of it.
    pub executed_quantity: i64,
    /// What of its order is open now; 0 when it was refused.
    pub leaves_quantity: i64,
    /// Number of trades that it caused, other orders' included.
    pub deals: u32,
    /// [`crate::reject::Reject`] if it was refused, or why its order ended; 0: nothing to say.
    pub reason: u16,
    /// [`crate::pod::OrdStatus`] of its order now; rejected: the request was refused, and did
    /// nothing.
    pub status: u16,
}

/// One trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Deal {
    /// Place of the request that caused it; `pod::TIMER`: it was left over from before.
    pub request: u32,
    /// 1: nobody came and nobody rested, as in an auction.
    pub auction: u32,
    /// 1, 2, 3 …
    pub match_id: u64,
    /// The order that rested.
    pub resting_id: u64,
    /// The order that came.
    pub aggressing_id: u64,
    /// The resting order's price.
    pub price: i64,
    /// How much.
    pub quantity: i64,
}

const _: () = assert!(size_of::<Request>() == 40);
const _: () = assert!(size_of::<Answer>() == 24);
const _: () = assert!(size_of::<Deal>() == 48);

impl Request {
    /// Whether it says nothing beside what every order has.
    #[inline]
    pub(crate) fn is_bare(&self) -> bool {
        u32::from(self.flags | self.self_trade_prevention) | self.self_trade_group == 0
    }

    /// The same at full length, for an instrument.
    #[inline]
    #[must_use]
    pub fn command(&self, instrument: u32) -> Command {
        let is_new = u16::from(self.kind) == CommandKind::NewOrder.number();
        Command {
            kind: u16::from(self.kind),
            side: u16::from(self.side),
            ord_type: u16::from(self.ord_type),
            time_in_force: u16::from(self.time_in_force),
            flags: self.flags,
            self_trade_prevention: self.self_trade_prevention,
            account: self.account,
            instrument,
            cl_ord_id: named(self.order_id),
            price: self.price,
            quantity: self.quantity,
            order_id: if is_new { 0 } else { self.order_id },
            self_trade_group: self.self_trade_group,
            ..Command::zeroed()
        }
    }
}

/// A name as it stands in the words of a client order id; the second keeps 0 from being none.
#[inline]
#[must_use]
pub const fn named(name: u64) -> [u64; 4] {
    [name, 1, 0, 0]
}
