//! Why a command was refused: stable numbers, and the order in which they win over one another.

/// Why a command was refused. Numbers below 100 are FIX Latest's tag 103, the others are CIFT's
/// own; they are the same as in `cift.common.v1.RejectReason`. Listed in order of precedence: when
/// several apply the first in this list is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Reject {
    /// Shape: no such account, or the key may not act for it.
    UnknownAccount = 15,
    /// No such instrument.
    UnknownSymbol = 1,
    /// The client order id was used before with other content.
    DuplicateClOrdId = 6,
    /// A combination that the venue does not offer, or a value that this version does not know.
    UnsupportedCharacteristic = 11,
    /// Off the lot, below the minimum or above the maximum.
    IncorrectQuantity = 13,
    /// Off the tick, or not a price at all.
    TickSize = 18,

    /// State: the market is closed.
    MarketClosed = 2,
    /// Trading in the instrument is switched off.
    SymbolHalted = 103,
    /// The order has ended.
    TooLate = 4,
    /// No such order, or another account's.
    UnknownOrder = 5,
    /// Came after a cancel that named it.
    Stale = 8,

    /// Risk: the account is disabled.
    AccountDisabled = 105,
    /// A kill switch is on.
    KillSwitch = 109,
    /// The account may not trade the instrument.
    RestrictedSymbol = 110,
    /// Too many messages.
    Throttled = 111,
    /// Too many open orders.
    MaxOpenOrders = 106,
    /// One order's quantity is above the limit.
    ClipSize = 26,
    /// One order's notional is above the limit.
    MaxOrderNotional = 27,
    /// The price is outside the collar.
    PriceBand = 16,
    /// The collar has nothing to refer to.
    NoReferencePrice = 19,
    /// A check counts in another currency than the instrument's, and one of the two has no value.
    NoConversion = 115,
    /// The position could pass its limit.
    ExceedsLimit = 3,
    /// Gross exposure could pass its limit.
    NotionalThreshold = 20,
    /// Buying power does not cover it.
    InsufficientCredit = 25,
    /// Selling short is not allowed.
    ShortSell = 22,
    /// It would increase the position.
    ReduceOnly = 101,
    /// The same order again and again.
    DuplicateOrderFlow = 112,
    /// The day's loss is at its limit.
    DailyLoss = 113,
    /// Equity is below the maintenance margin of what is held; what can but reduce a position goes.
    MaintenanceMargin = 117,

    /// Matching: it would take, and must not.
    PostOnlyWouldCross = 100,
    /// Fill-or-kill that the book cannot fill.
    FokUnfillable = 102,
    /// It would trade with its own group.
    SelfTrade = 104,
    /// On canceled only: the order that it is linked with traded, was triggered or ended.
    LinkedOrder = 114,
    /// The engine is at a limit of its own.
    SystemUnavailable = 107,
    /// What no other reason says; also: a bound of the engine cut the order short.
    Other = 99,
}

impl Reject {
    /// Every reason, in order of precedence.
    pub const ALL: [Self; 35] = [
        Self::UnknownAccount,
        Self::UnknownSymbol,
        Self::DuplicateClOrdId,
        Self::UnsupportedCharacteristic,
        Self::IncorrectQuantity,
        Self::TickSize,
        Self::MarketClosed,
        Self::SymbolHalted,
        Self::TooLate,
        Self::UnknownOrder,
        Self::Stale,
        Self::AccountDisabled,
        Self::KillSwitch,
        Self::RestrictedSymbol,
        Self::Throttled,
        Self::MaxOpenOrders,
        Self::ClipSize,
        Self::MaxOrderNotional,
        Self::PriceBand,
        Self::NoReferencePrice,
        Self::NoConversion,
        Self::ExceedsLimit,
        Self::NotionalThreshold,
        Self::InsufficientCredit,
        Self::ShortSell,
        Self::ReduceOnly,
        Self::DuplicateOrderFlow,
        Self::DailyLoss,
        Self::MaintenanceMargin,
        Self::PostOnlyWouldCross,
        Self::FokUnfillable,
        Self::SelfTrade,
        Self::LinkedOrder,
        Self::SystemUnavailable,
        Self::Other,
    ];

    /// The number in the logs.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// The reason with this number, if there is one.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.number() == number)
    }

    /// The place in the order of precedence, 0 first.
    #[must_use]
    pub fn precedence(self) -> usize {
        Self::ALL.iter().position(|&reason| reason == self).expect("ALL lists every reason")
    }

    /// Whether it is one of risk's: the account's state, a kill switch or a limit.
    #[must_use]
    pub fn is_of_risk(self) -> bool {
        let (first, after) = (Self::AccountDisabled, Self::PostOnlyWouldCross);
        (first.precedence()..after.precedence()).contains(&self.precedence())
    }

    /// The one of two reasons that is reported.
    #[must_use]
    pub fn earliest(self, other: Self) -> Self {
        if other.precedence() < self.precedence() {
            other
        } else {
            self
        }
    }

    /// Tag 102 for a cancel or replace that is refused for this reason.
    #[must_use]
    pub const fn cancel_reject(self) -> CxlRej {
        match self {
            Self::TooLate => CxlRej::TooLate,
            Self::UnknownOrder => CxlRej::UnknownOrder,
            Self::DuplicateClOrdId => CxlRej::Duplicate,
            _ => CxlRej::Other,
        }
    }
}

/// Why a cancel or replace was refused, FIX tag 102. The logs hold it plus one, zero being "none".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum CxlRej {
    /// The order has ended.
    TooLate = 0,
    /// No such order, or another account's.
    UnknownOrder = 1,
    /// A cancel or replace of it is pending.
    AlreadyPending = 3,
    /// The request's client order id was used before with other content.
    Duplicate = 6,
    /// The reject reason says it.
    Other = 99,
}

impl CxlRej {
    /// The number in the logs: tag 102 plus one.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16 + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_distinct_and_come_back() {
        for reason in Reject::ALL {
            assert_eq!(Reject::from_number(reason.number()), Some(reason));
        }
        assert_eq!(Reject::from_number(0), None);
    }

    #[test]
    fn shape_wins_over_state_and_state_over_risk() {
        assert_eq!(Reject::ClipSize.earliest(Reject::TooLate), Reject::TooLate);
        assert_eq!(Reject::TickSize.earliest(Reject::SymbolHalted), Reject::TickSize);
        assert_eq!(Reject::UnknownAccount.precedence(), 0);
    }

    #[test]
    fn what_is_of_risk_is_neither_of_shape_nor_of_matching() {
        let of_risk = |reason: &Reject| reason.is_of_risk();
        assert_eq!(Reject::ALL.iter().position(of_risk), Some(11));
        assert!(Reject::KillSwitch.is_of_risk() && Reject::DailyLoss.is_of_risk());
        assert!(!Reject::Stale.is_of_risk() && !Reject::PostOnlyWouldCross.is_of_risk());
    }
}
