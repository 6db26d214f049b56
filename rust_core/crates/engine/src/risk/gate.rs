//! A quick look at whether a new order surely passes every limit, before the exact checks.
//!
//! Nearly every order passes, and for that it is enough to compare: limits are kept as they are
//! compared, with those that are off at the end of their range, and nothing says which check fails.
//! Whatever a comparison can't say for sure is left to the exact checks, which alone refuse. Tests
//! run both and hold one against the other.

use super::checks::{Asked, Case, Level, MAX_SUM};
use super::holding::{BUY, SELL};
use super::reference::{bits, MAX_POSITION};
use super::RiskEngine;

/// Limits of size as they are compared: one that is off allows whatever there can be.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Largest quantity of one order; below 0 in what is restricted.
    pub quantity: i64,
    /// Largest position that the orders of a side may lead to, counted in its direction.
    pub worst: [i64; 2],
    /// Largest position with the open orders of both sides.
    pub gross: i64,
}

/// Limits of size as they were set.
#[derive(Clone, Copy, Debug, Default)]
pub struct SetSizes {
    /// Checks that are on.
    pub checks: u64,
    /// Largest quantity of one order.
    pub quantity: i64,
    /// Largest position.
    pub position: i64,
    /// Largest position with the open orders of both sides.
    pub gross: i64,
    /// What may be sold beyond the position.
    pub short: i64,
}

impl Sizes {
    /// Limits of somebody at a level, with the bounds of the engine where they are off.
    pub fn new(level: Level, set: SetSizes) -> Self {
        let or = |bit, limit, off| if set.checks & bit != 0 { limit } else { off };
        let (bound, gross) = match level {
            Level::Account => (MAX_POSITION, i64::MAX),
            Level::Firm | Level::Venue => (MAX_SUM, MAX_SUM),
        };
        let position = or(bits::POSITION, set.position, bound);
        let mut worst = [position; 2];
        worst[SELL] = worst[BUY].min(or(bits::SHORT_SALES, set.short, i64::MAX));
        let quantity = or(bits::ORDER_QUANTITY, set.quantity, i64::MAX);
        Self {
            quantity: or(bits::RESTRICTED, -1, quantity),
            worst,
            gross: or(bits::GROSS_POSITION, set.gross, gross),
        }
    }
}

impl RiskEngine {
    /// Whether a new order surely passes every limit at a level; `needed` is what margin would ask
    /// for the account's holding with it.
    #[inline(always)]
    pub(super) fn surely_passes(&self, case: &Case<'_>, asked: &Asked, needed: i128) -> bool {
        let &Case { level, trader, listed, holding, own, now_ns, .. } = case;
        let Asked { side, quantity, .. } = *asked;
        let sizes = case.special.map_or(&trader.sizes, |special| &special.sizes);
        let on = |bit| trader.checks & bit != 0;
        if level == Level::Account {
            let reduces = asked.reduce_only || own.reduce_only[side] != 0;
            if !trader.enabled || !trader.limited || trader.halted || reduces {
                return false;
            }
        }
        let worst = holding.worst(side) + quantity;
        let gross = holding.gross() + holding.open[BUY] + holding.open[SELL] + quantity;
        let fits = quantity <= sizes.quantity
            && worst <= sizes.worst[side]
            && gross <= sizes.gross
            && trader.open_orders < trader.most_orders;
        // Every check of money, and the collar, begins with a price.
        let (Some(price), Some(_)) = (asked.limit_price, asked.price) else {
            return false;
        };
        let Ok(native) = u64::try_from(asked.wanted.notional) else {
            return false;
        };
        // Two words have a product of two; so much is below the cap.
        let money = (u128::from(native) * u128::from(listed.unit)) as i128;
        fits && (!on(bits::MESSAGE_RATE) || trader.bucket.has_one(now_ns))
            && (!on(bits::ORDER_NOTIONAL) || money <= trader.max_notional)
            && (!on(bits::COLLAR) || listed.is_within(price, trader.collar_bps))
            && (trader.checks & (bits::GROSS_EXPOSURE | bits::BUYING_POWER | bits::DAILY_LOSS) == 0
                || trader.currency == listed.currency)
            && (!on(bits::GROSS_EXPOSURE) || trader.exposure + money <= trader.max_exposure)
            && (!on(bits::BUYING_POWER) || needed - own.required <= trader.credit + trader.balance)
            && (!on(bits::DUPLICATES)
                || holding.same_in_a_row(asked.fingerprint, now_ns, trader.window_ns)
                    <= trader.max_duplicates)
            && (!on(bits::DAILY_LOSS) || self.has_lost_at_most(trader, trader.max_loss))
    }
}
