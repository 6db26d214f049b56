//! What new orders are counted at, and how far those without a price may trade for it.

use super::checks::market_edges;
use super::holding::BUY;
use super::orders::Counted;
use super::reference::bits;
use super::RiskEngine;
use crate::pod::{Command, OrdType};

impl RiskEngine {
    /// The price that a new order is counted at, of an account in an instrument by places; none
    /// when it needs a reference price and there is none. And the worst price that matching is to
    /// let it trade at; 0: any.
    #[inline(always)]
    pub(super) fn counted_at(
        &self,
        command: &Command,
        (account, instrument): (u32, u32),
        (side, counted): (usize, Counted),
    ) -> (Option<i64>, i64) {
        let listed = &self.reference.listed[instrument as usize];
        match counted {
            Counted::Limit => return (Some(listed.counted(side, command.price)), 0),
            Counted::StopLimit => {
                let limit = listed.counted(side, command.price);
                return (Some(limit.max(command.stop_price)), 0);
            }
            Counted::Stop => return (Some(command.stop_price), 0),
            // It buys at no higher price; what it sells it may sell at any above.
            Counted::Peg if command.price != 0 && side == BUY => return (Some(command.price), 0),
            Counted::Peg | Counted::Band => {}
        }
        // One that is pegged stands no higher than the static band lets it.
        let edges =
            if counted == Counted::Peg { self.reference.static_edges(instrument) } else { None };
        let (bounded, collar_bps) = self.price_bounds(account);
        let edges = edges.or_else(|| market_edges(listed, collar_bps));
        // What a stop becomes trades around a price that nobody knows yet.
        let stops = command.ord_type == OrdType::Stop.number();
        let bound = match edges {
            Some((low, high)) if !stops && bounded && command.price == 0 => [high, low][side],
            _ => 0,
        };
        (edges.map(|(_, high)| high.max(command.price)), bound)
    }

    /// Whether limits of an account or of its groups count what its orders are worth, or bound
    /// their prices; and the tightest collar of theirs.
    fn price_bounds(&self, account: u32) -> (bool, Option<u32>) {
        let mut bounds = (false, None);
        for place in core::iter::once(account).chain(self.groups_of(account)) {
            let trader = &self.reference.traders[place as usize];
            bounds.0 |= trader.checks & (bits::MONEY | bits::COLLAR) != 0;
            if trader.checks & bits::COLLAR != 0 {
                bounds.1 = Some(trader.collar_bps.min(bounds.1.unwrap_or(u32::MAX)));
            }
        }
        bounds
    }
}
