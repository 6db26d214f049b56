//! The enumerations of the schemas. In the records they stand as raw numbers; see [`crate::pod`].

/// A value that this version does not know, in a field that holds an enumeration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownValue(pub u16);

/// Declares an enumeration of the schemas: numbered from zero, readable from a raw field.
macro_rules! schema_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// Every value, by number.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The number in the records.
            #[must_use]
            pub const fn number(self) -> u16 {
                self as u16
            }
        }

        impl TryFrom<u16> for $name {
            type Error = UnknownValue;

            #[inline]
            fn try_from(number: u16) -> Result<Self, UnknownValue> {
                Self::ALL.get(number as usize).copied().ok_or(UnknownValue(number))
            }
        }
    };
}

schema_enum! {
    /// What a command asks for.
    CommandKind {
        /// Absent.
        None,
        /// A new order.
        NewOrder,
        /// The end of an order.
        CancelOrder,
        /// Other terms for an order.
        ReplaceOrder,
        /// Journal time only; `expire_time` is the Unix second.
        Tick,
        /// `payload_index` names an instrument.
        SetInstrument,
        /// `payload_index` names an account.
        SetAccount,
        /// `payload_index` names limits.
        SetLimits,
        /// `payload_index` is the [`SessionState`] that the instrument goes to; `price`, if any,
        /// the reference price of an auction.
        SetSession,
        /// `price` is the last trade of the instrument, by an operator's word.
        SetLastTrade,
        /// `payload_index` names rules of an instrument.
        SetRules,
        /// Cancels of all orders of `account`, `instrument`, `side` and the tag `order_id`, those
        /// of them that aren't 0.
        MassCancel,
        /// `expire_time` is the match id of a trade of which one side is undone.
        BustTrade,
        /// Nothing new from the account `account`, the firm `account`, anybody, or the session
        /// `session` of the origin `order_id`, as `payload_index` says; what is open is cancelled.
        Kill,
        /// The end of that.
        Unkill,
        /// `payload_index` names a schedule of fees.
        SetFees,
        /// `price` is the value of the currency `order_id`.
        SetConversion,
    }
}
schema_enum! {
    /// The side of an order, FIX 54.
    Side {
        /// Absent.
        None,
        /// Buys.
        Buy,
        /// Sells.
        Sell,
    }
}
schema_enum! {
    /// The kind of an order, FIX 40.
    OrdType {
        /// Absent.
        None,
        /// Takes at any price.
        Market,
        /// Takes and rests at its price or better.
        Limit,
        /// Takes at any price; what is left rests at the price of its last trade.
        MarketToLimit,
        /// A market order once the last trade has reached the stop price.
        Stop,
        /// A limit order once the last trade has reached the stop price.
        StopLimit,
        /// Follows the best prices.
        Pegged,
    }
}
schema_enum! {
    /// How long an order lives, FIX 59.
    TimeInForce {
        /// Absent.
        None,
        /// Until journal time reaches the next 00:00 UTC.
        Day,
        /// Until it is filled or cancelled.
        Gtc,
        /// Takes what is there; the rest is cancelled.
        Ioc,
        /// All at once or nothing.
        Fok,
        /// Until journal time reaches `expire_time`.
        Gtd,
        /// For the opening auction only.
        AtTheOpen,
        /// For the closing auction only.
        AtTheClose,
        /// For the auction under way only.
        GoodForAuction,
    }
}
schema_enum! {
    /// What became of a batch.
    BatchStatus {
        /// Its commands took effect.
        Applied,
        /// Its origin's number was seen before: no effect.
        Repeated,
        /// Its origin's number skips one: no effect.
        Void,
        /// Journal time jumped: no effect until an operator releases the shard.
        Held,
    }
}
schema_enum! {
    /// What risk says of a command.
    VerdictKind {
        /// It may go to the book.
        Accepted,
        /// It may not; `reason` says why.
        Refused,
        /// It was judged before, at `first_place`.
        Repeat,
    }
}
schema_enum! {
    /// What became of a command.
    OutcomeKind {
        /// It took effect on an order.
        Accepted,
        /// It was refused; `reason` says why.
        Rejected,
        /// No effect; the first outcome is at `first_place`.
        Repeat,
        /// Reference data or a tick took effect.
        Applied,
    }
}
schema_enum! {
    /// What happened to an order, FIX 150.
    ExecType {
        /// Absent.
        None,
        /// It became an order.
        New,
        /// It traded.
        Trade,
        /// Its terms changed.
        Replaced,
        /// It ended early.
        Canceled,
        /// Its time was up.
        Expired,
        /// It never became an order.
        Rejected,
        /// A cancel or replace was refused.
        CancelRejected,
        /// Its terms changed and nobody asked.
        Restated,
        /// Its stop price was reached, or the order that it waited for has traded.
        Triggered,
        /// It left the book for want of a price to follow.
        Suspended,
        /// A trade was undone.
        TradeBust,
    }
}
schema_enum! {
    /// The state of an order, FIX 39.
    OrdStatus {
        /// Absent.
        None,
        /// Open, nothing traded.
        New,
        /// Open, partly traded.
        PartiallyFilled,
        /// Ended, all traded.
        Filled,
        /// Ended early.
        Canceled,
        /// Ended, its time was up.
        Expired,
        /// Never became an order.
        Rejected,
    }
}
schema_enum! {
    /// The part of an order in a trade.
    Liquidity {
        /// Not a trade.
        None,
        /// It rested.
        Maker,
        /// It came and took.
        Taker,
        /// It traded in an auction, where nobody takes.
        Auction,
    }
}

schema_enum! {
    /// What becomes of an order that would trade with one of its own, by the taker's instruction.
    SelfTrade {
        /// What the instrument says.
        Default,
        /// They trade.
        Allow,
        /// The resting order is cancelled.
        CancelResting,
        /// What is left of the incoming order is cancelled.
        CancelAggressing,
        /// Both are cancelled.
        CancelBoth,
        /// Both lose the quantity that would have traded.
        DecrementBoth,
    }
}
schema_enum! {
    /// What ties the orders of a list, FIX 1385.
    Contingency {
        /// Nothing.
        None,
        /// When one trades, is triggered or ends, the other is cancelled.
        OneCancelsOther,
        /// An entry, and one or two exits that wait until it has traded.
        Bracket,
    }
}
schema_enum! {
    /// What a pegged order follows.
    PegPrice {
        /// Absent.
        None,
        /// The best bid.
        Bid,
        /// The best ask.
        Ask,
        /// The middle of both.
        Mid,
    }
}
schema_enum! {
    /// What may be done with an instrument now.
    SessionState {
        /// Orders trade as they come.
        Continuous,
        /// Orders collect for the opening auction.
        OpeningAuction,
        /// Orders collect for the closing auction.
        ClosingAuction,
        /// Orders collect because the price moved too far.
        VolatilityAuction,
        /// Orders collect; no auction has been called.
        PreOpen,
        /// Orders can be cancelled and nothing else.
        Halted,
        /// The same, by decision.
        CancelOnly,
        /// The day is over.
        PostClose,
        /// There is no trading.
        Closed,
    }
}

impl SessionState {
    /// Whether orders collect without trading.
    #[must_use]
    pub const fn collects(self) -> bool {
        matches!(
            self,
            Self::OpeningAuction | Self::ClosingAuction | Self::VolatilityAuction | Self::PreOpen
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enumerations_refuse_what_they_do_not_know() {
        assert_eq!(Side::try_from(2), Ok(Side::Sell));
        assert_eq!(Side::try_from(3), Err(UnknownValue(3)));
        assert_eq!(CommandKind::try_from(u16::MAX), Err(UnknownValue(u16::MAX)));
        for &kind in ExecType::ALL {
            assert_eq!(ExecType::try_from(kind.number()), Ok(kind));
        }
    }
}
