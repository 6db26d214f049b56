//! What new orders are counted at, and how far those without a price may trade for it.

use super::checks::market_edges;
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
        match counted {
            Counted::Limit => return (Some(command.price), 0),
            Counted::Stop => return (Some(command.stop_price), 0),
            Counted::Band => {}
        }
        let trader = &self.reference.traders[account as usize];
        let listed = &self.reference.listed[instrument as usize];
        // One that is pegged stands no higher than the static band lets it.
        let pegged = command.ord_type == OrdType::Pegged.number();
        let edges = if pegged { self.reference.static_edges(instrument) } else { None };
        let edges = edges.or_else(|| market_edges(trader, listed));
        // What a stop becomes trades around a price that nobody knows yet.
        let stops = command.ord_type == OrdType::Stop.number();
        let bound = match edges {
            Some((low, high)) if !stops && self.is_money_checked(account) => [high, low][side],
            _ => 0,
        };
        (edges.map(|(_, high)| high), bound)
    }

    /// Whether limits of an account or of its groups count what its orders are worth, or bound
    /// their prices.
    fn is_money_checked(&self, account: u32) -> bool {
        let checks = |place: u32| {
            let trader = &self.reference.traders[place as usize];
            trader.checks & (bits::MONEY | bits::COLLAR) != 0
        };
        checks(account) || self.groups_of(account).into_iter().any(checks)
    }
}
