//! How an instrument trades: what its `policies` word says.
//!
//! | bits | what |
//! |---|---|
//! | 0–2 | self-trade prevention unless the order says: [`SelfTrade`], none for 0 |
//! | 3–4 | what is left of a market order: [`Residual`] |
//! | 5–6 | how icebergs trade: [`Iceberg`] |
//! | 7 | a level is shared out: top order, pro rata, the rest by time |
//! | 8 | an auction's price may be any tick, not only an order's price |
//! | 9 | market orders may come while orders collect |
//! | 12–23 | an auction's criteria in order, three bits each; all 0: the usual four |
//!
//! Criteria that are named begin with the most trades.

use crate::enums::SelfTrade;

/// What becomes of what is left of a market order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Residual {
    /// It is cancelled.
    Cancel,
    /// It rests as a market order, ahead of limit orders and not shown.
    Rest,
    /// It rests as a limit order at the last trade.
    RestAtLastTrade,
}

/// How icebergs trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Iceberg {
    /// What is shown; a refill goes to the back of its level.
    ToTheBack,
    /// All that a level shows, then what it hides by time.
    VisibleThenHidden,
    /// All that a level shows, then what it hides in proportion.
    VisibleThenProRata,
}

/// What chooses among the prices of an auction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Criterion {
    /// Nothing.
    None,
    /// The most trades.
    MaxVolume,
    /// The least is left.
    MinSurplus,
    /// All of what is left is on one side: the highest price if it buys, the lowest if it sells.
    MarketPressure,
    /// Nearest the reference price, the higher of two.
    Reference,
    /// The middle of the prices left, rounded down to a tick.
    MidpointFloor,
}

/// The rules of an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Unless the taker says otherwise.
    pub self_trade: SelfTrade,
    /// Of market orders.
    pub residual: Residual,
    /// Of icebergs.
    pub iceberg: Iceberg,
    /// A level is shared out in proportion.
    pub pro_rata: bool,
    /// An auction's price may be any tick.
    pub all_ticks: bool,
    /// Market orders may come while orders collect.
    pub auction_market_orders: bool,
    /// Of an auction's price.
    pub criteria: [Criterion; 4],
}

/// The criteria of an auction that names none.
const USUAL: [Criterion; 4] =
    [Criterion::MaxVolume, Criterion::MinSurplus, Criterion::MarketPressure, Criterion::Reference];

impl Rules {
    /// Reads a `policies` word; `None` if it says what this version doesn't know.
    #[must_use]
    pub fn read(policies: u32) -> Option<Self> {
        if policies & 0xff00_0c00 != 0 {
            return None;
        }
        let self_trade = match SelfTrade::try_from((policies & 7) as u16).ok()? {
            SelfTrade::Default => SelfTrade::Allow,
            other => other,
        };
        let criterion = |place: u32| {
            Some(match policies >> (12 + 3 * place) & 7 {
                0 => Criterion::None,
                1 => Criterion::MaxVolume,
                2 => Criterion::MinSurplus,
                3 => Criterion::MarketPressure,
                4 => Criterion::Reference,
                5 => Criterion::MidpointFloor,
                _ => return None,
            })
        };
        let criteria = [criterion(0)?, criterion(1)?, criterion(2)?, criterion(3)?];
        // A price at which less trades than could would leave a crossed book behind.
        let named = criteria != [Criterion::None; 4];
        if named && criteria[0] != Criterion::MaxVolume {
            return None;
        }
        Some(Self {
            self_trade,
            residual: match policies >> 3 & 3 {
                0 => Residual::Cancel,
                1 => Residual::Rest,
                2 => Residual::RestAtLastTrade,
                _ => return None,
            },
            iceberg: match policies >> 5 & 3 {
                0 => Iceberg::ToTheBack,
                1 => Iceberg::VisibleThenHidden,
                2 => Iceberg::VisibleThenProRata,
                _ => return None,
            },
            pro_rata: policies >> 7 & 1 != 0,
            all_ticks: policies >> 8 & 1 != 0,
            auction_market_orders: policies >> 9 & 1 != 0,
            criteria: if named { criteria } else { USUAL },
        })
    }

    /// Whether every taker has more to look at than price, time and whose order it meets.
    pub(crate) fn are_special(&self) -> bool {
        self.iceberg != Iceberg::ToTheBack || self.pro_rata
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_price_and_time() {
        let rules = Rules::read(0).expect("known");
        assert!(!rules.are_special() && rules.criteria == USUAL);
        assert_eq!(Rules::read(6), None);
        assert_eq!(Rules::read(1 << 24), None);
        assert_eq!(Rules::read(1 | 5 << 12), None);
    }
}
