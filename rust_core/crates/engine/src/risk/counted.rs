//! What new orders are counted at, and how far those without a price may trade for it.

use super::checks::{edges as edges_around, market_bps, market_edges};
use super::holding::BUY;
use super::orders::Counted;
use super::reference::bits;
use super::RiskEngine;
use crate::pod::{Command, OrdType, OrderTerms, MAX_PRICE, TERMS_TAKE_PROFIT, TERMS_TRAILING_BPS};

impl RiskEngine {
    /// The price that a new order is counted at, of an account in an instrument by places; none
    /// when it needs a reference price and there is none. And the worst price that matching is to
    /// let it trade at; 0: any.
    #[inline(always)]
    pub(super) fn counted_at(
        &self,
        (command, terms): (&Command, Option<&OrderTerms>),
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
            // It buys at no higher price; what it sells it may sell at any above.
            Counted::Peg if command.price != 0 && side == BUY => return (Some(command.price), 0),
            Counted::Stop | Counted::Peg | Counted::Band => {}
        }
        let (bounded, collar_bps) = self.price_bounds(account);
        // One that is pegged stands no higher than the static band lets it.
        let pegged = counted == Counted::Peg;
        let edges = if pegged { self.reference.static_edges(instrument) } else { None };
        // What a stop becomes trades around its stop price.
        let around_stop = |stop| edges_around(stop, market_bps(listed, collar_bps));
        let stops = command.ord_type == OrdType::Stop.number();
        let edges = match terms.filter(|terms| stops && terms.trailing_offset > 0) {
            _ if counted == Counted::Stop => {
                let (stop, reference) = (command.stop_price, listed.reference());
                let met = |&at: &i64| if side == BUY { at >= stop } else { at <= stop };
                // One that is met already is a market order.
                Some(around_stop(reference.filter(met).unwrap_or(stop)))
            }
            Some(terms) => market_edges(listed, collar_bps).zip(listed.reference()).map(
                |((_, high), reference)| {
                    let worst = around_stop(worst_stop(reference, terms, side));
                    // It may sell where it is now as well.
                    (worst.0, worst.1.max(high))
                },
            ),
            None => edges.or_else(|| market_edges(listed, collar_bps)),
        };
        let bound = match edges {
            Some((low, high)) if bounded && command.price == 0 => [high, low][side],
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

/// The worst stop price that a trailing stop can come to have if trades go on at the reference: it
/// begins there, or where it becomes active, and from then on only moves in the order's favour.
fn worst_stop(reference: i64, terms: &OrderTerms, side: usize) -> i64 {
    let activation = match terms.activation_price.clamp(0, MAX_PRICE) {
        0 => reference,
        price => price,
    };
    let buys = side == BUY;
    let takes_profit = terms.flags & TERMS_TAKE_PROFIT != 0;
    let begins =
        if buys == takes_profit { reference.min(activation) } else { reference.max(activation) };
    let (begins, offset) = (i128::from(begins), i128::from(terms.trailing_offset));
    let away = match terms.flags & TERMS_TRAILING_BPS {
        0 => offset,
        _ => (begins * offset + 9_999) / 10_000,
    };
    let worst = if buys { begins + away } else { begins - away };
    worst.clamp(1, i128::from(MAX_PRICE)) as i64
}
