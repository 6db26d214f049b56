//! What one account holds and has open in one instrument, and what that ties up.
//!
//! Money here is native: price units times quantity units, exact. Only buying power compares
//! instruments with each other, in 10^-16 of a currency unit: money's 10^-12 times basis points, so
//! that nothing is divided or rounded.
//!
//! The requirement of a holding is its initial margin on the larger of two exposures: the position
//! at cost with every open order that grows it, or the position turned around by every order
//! against it, of which only the part beyond the position counts. So closing a position needs
//! nothing.

use super::conversions::{Money, Round};
use super::flow::Row;
use super::orders::Reservation;
use crate::pod::{Instrument, MAX_SCALES};
use crate::table::NONE;

/// Index of the buying side.
pub const BUY: usize = 0;
/// Index of the selling side.
pub const SELL: usize = 1;

/// Money of one holding is counted up to here, 5 * 10^15 currency units: above any credit that
/// limits can give, so what is cut off is refused all the same; and three times this, for profit,
/// fees and margin, in every instrument that there can be still fits into 128 bits.
pub(super) const CAP: u128 = 5 * 10_u128.pow(31);

/// What one account holds and has open in one instrument: two cache lines, and a third for what
/// only some limits count. A firm, or the venue, has one as well if it has limits: the sums of
/// those of its accounts, of which `cost` and `required` are not needed and stay 0.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub struct Holding {
    /// Place of the account.
    pub account: u32,
    /// Place of the instrument.
    pub instrument: u32,
    /// Bought minus sold.
    pub position: i64,
    /// Reserved quantity of open buys and sells.
    pub open: [i64; 2],
    /// Next holding of the same account.
    pub next: u32,
    /// Place of limits of its own, or none.
    pub limits: u32,
    /// Open buys and sells that never increase the position.
    pub reduce_only: [u32; 2],
    /// Money received for what was sold minus money paid for what was bought.
    pub cash: i128,
    /// What the present position cost (a short one: brought), at average price; never negative.
    pub cost: i128,
    /// Reserved notional of open buys and sells.
    pub open_notional: [i128; 2],
    /// What margin asks for, in 10^-16 of a currency unit: [`Self::requirement`] as last counted.
    pub required: i128,
    /// Cost and reserved notionals in money, if the account's exposure is kept.
    pub exposure: i128,
    /// Of a firm or the venue: absolute positions of all accounts.
    pub gross_sum: i64,
    /// The same order in a row.
    pub row: Row,
    /// Its firm's holding of the instrument, and the venue's; none while they have no limits.
    pub groups: [u32; 2],
}

/// How the native money of an instrument is turned into 10^-16 of a currency unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// For money in full.
    pub full: u64,
    /// For the part that initial margin asks for.
    pub margin: u64,
}

impl Rates {
    /// The rates of an instrument: at most 10^16 each.
    pub fn new(instrument: &Instrument) -> Self {
        let places = MAX_SCALES - instrument.price_scale - instrument.quantity_scale;
        let unit = 10_u64.pow(u32::from(places));
        Self { full: unit * 10_000, margin: unit * u64::from(instrument.initial_margin_bps) }
    }
}

/// Native money at a rate of at most 10^16, cut off at the cap.
#[inline(always)]
pub(super) fn at_rate(native: i128, rate: u64) -> i128 {
    if native as u128 >> 51 == 0 {
        // Too little for the cap.
        return (u128::from(native as u64) * u128::from(rate)) as i128;
    }
    much_at_rate(native, rate)
}

#[inline(never)]
fn much_at_rate(native: i128, rate: u64) -> i128 {
    let magnitude = native.unsigned_abs();
    let product = if magnitude >> 64 == 0 {
        // Two words have a product of two: nothing to check.
        u128::from(magnitude as u64) * u128::from(rate)
    } else {
        magnitude.checked_mul(u128::from(rate)).unwrap_or(CAP)
    };
    let cut = product.min(CAP) as i128;
    if native < 0 {
        -cut
    } else {
        cut
    }
}

/// floor(amount * part / whole) for 0 <= part <= whole, without overflow.
fn share(amount: i128, part: u64, whole: u64) -> i128 {
    debug_assert!(amount >= 0 && part <= whole && whole > 0);
    if part == whole {
        return amount;
    }
    let (amount, part, whole) = (amount as u128, u128::from(part), u128::from(whole));
    if amount >> 64 == 0 {
        let product = u128::from(amount as u64) * part;
        // A division of one word by another costs a fraction of one of two words.
        return match u64::try_from(product) {
            Ok(product) => i128::from(product / whole as u64),
            Err(_) => (product / whole) as i128,
        };
    }
    (amount / whole * part + amount % whole * part / whole) as i128
}

impl Holding {
    /// What somebody has who has nothing.
    pub const NOTHING: Self = Self::new(NONE, NONE);

    /// Nothing held and nothing open.
    pub const fn new(account: u32, instrument: u32) -> Self {
        Self {
            account,
            instrument,
            position: 0,
            open: [0; 2],
            next: NONE,
            limits: NONE,
            reduce_only: [0; 2],
            cash: 0,
            cost: 0,
            open_notional: [0; 2],
            required: 0,
            exposure: 0,
            gross_sum: 0,
            row: Row::NONE,
            groups: [NONE; 2],
        }
    }

    /// The absolute position, of a firm or the venue those of all accounts.
    #[inline(always)]
    pub fn gross(&self) -> i64 {
        self.gross_sum.max(self.position.wrapping_abs())
    }

    /// How often the same order has come in a row with one more.
    #[inline(always)]
    pub fn same_in_a_row(&self, fingerprint: u64, now_ns: i64, window_ns: i64) -> u32 {
        self.row.with(fingerprint, now_ns, window_ns)
    }

    /// Cost of the position and reserved notionals with so much more, in money, at so much money
    /// for a native unit.
    #[inline(always)]
    pub fn exposure_money(&self, more: i128, unit: u64, money: Money) -> i128 {
        let native = self.cost + self.open_notional[BUY] + self.open_notional[SELL] + more;
        money.count(native, unit, Round::Up)
    }

    /// What its position is worth at a price, counted as positive, at a rate.
    #[inline]
    pub fn gross_worth(&self, price: i64, rate: u64, money: Money) -> i128 {
        let native = i128::from(self.position).abs() * i128::from(price);
        money.count(native, rate, Round::Up)
    }

    /// What it is worth at a price and has brought after these fees, which are money of the
    /// instrument's currency, in 10^-16 of a currency unit.
    #[inline]
    pub fn worth(&self, price: i64, fees: i128, rates: Rates, money: Money) -> i128 {
        let native = self.cash + i128::from(self.position) * i128::from(price);
        money.count(native, rates.full, Round::Down) - money.count_fees(fees)
    }

    /// The exposure that margin is asked for, native, with so much more open on a side.
    ///
    /// Fields are read one by one: a pair that was just written by halves and is read at once makes
    /// the processor wait. What is asked for has its side by choice, not by branch: sides come as
    /// they like, and a branch on one is guessed wrong half the time.
    #[inline(always)]
    fn exposure_with(&self, side: usize, more: Reservation) -> i128 {
        let (sells, short) = (-i64::from(side != BUY), self.position >> 63);
        let sold = more.notional & i128::from(sells);
        let buying = self.open_notional[BUY] + (more.notional ^ sold);
        let selling = self.open_notional[SELL] + sold;
        let of_short = (buying ^ selling) & i128::from(short);
        let growing = self.cost + (buying ^ of_short);
        let sold = more.quantity & sells;
        let open_buys = self.open[BUY] + (more.quantity ^ sold);
        let open_sells = self.open[SELL] + sold;
        let open = (open_sells ^ ((open_buys ^ open_sells) & short)).unsigned_abs();
        let held = self.position.unsigned_abs();
        if open <= held {
            return growing;
        }
        let notional = selling ^ of_short;
        let turning = if held == 0 { notional } else { notional - share(notional, held, open) };
        growing.max(turning)
    }

    /// What margin would ask for with so much more open on a side, in 10^-16 of a currency unit.
    #[inline(always)]
    pub fn requirement_with(
        &self,
        side: usize,
        more: Reservation,
        rates: Rates,
        money: Money,
    ) -> i128 {
        money.count(self.exposure_with(side, more), rates.margin, Round::Up)
    }

    /// Profit and loss that has been realised, native.
    pub fn realised(&self) -> i128 {
        if self.position >= 0 {
            self.cash + self.cost
        } else {
            self.cash - self.cost
        }
    }

    /// What margin asks for, in 10^-16 of a currency unit.
    #[inline]
    pub fn requirement(&self, rates: Rates, money: Money) -> i128 {
        self.requirement_with(BUY, Reservation::default(), rates, money)
    }

    /// What margin asks for the position alone, in 10^-16 of a currency unit.
    pub fn position_requirement(&self, rates: Rates, money: Money) -> i128 {
        money.count(self.cost, rates.margin, Round::Up)
    }

    /// Realised profit and loss after these fees, which are money of the instrument's currency, in
    /// 10^-16 of a currency unit.
    #[inline]
    pub fn realised_money(&self, fees: i128, rates: Rates, money: Money) -> i128 {
        money.count(self.realised(), rates.full, Round::Down) - money.count_fees(fees)
    }

    /// Whether it is as if it had never been.
    pub fn is_empty(&self) -> bool {
        self.position == 0 && self.cash == 0 && self.open == [0; 2] && self.cost == 0
    }

    /// The position if every open order of one side were filled, counted in that side's direction.
    #[inline(always)]
    pub fn worst(&self, side: usize) -> i64 {
        // The other sign without a branch on the side, which would be guessed wrong.
        let turn = -((side != BUY) as i64);
        (self.position ^ turn).wrapping_sub(turn) + self.open[side]
    }

    /// The position counted in a side's direction.
    #[inline]
    pub fn turned(&self, side: usize) -> i64 {
        if side == BUY {
            self.position
        } else {
            -self.position
        }
    }

    /// What orders of one side may have open without turning the position around.
    #[inline]
    pub fn reducible(&self, side: usize) -> i64 {
        self.turned(1 - side).max(0)
    }

    /// Takes a trade into position, cash and cost; `None` when a number would pass its bounds.
    #[inline]
    pub fn trade(&mut self, side: usize, price: i64, quantity: i64) -> Option<()> {
        let notional = i128::from(price) * i128::from(quantity);
        let (signed, received) =
            if side == BUY { (quantity, -notional) } else { (-quantity, notional) };
        let position = self.position.checked_add(signed)?;
        self.cash = self.cash.checked_add(received)?;
        if (self.position >= 0) == (side == BUY) || self.position == 0 {
            self.cost = self.cost.checked_add(notional)?;
        } else {
            let held = self.position.unsigned_abs();
            let traded = quantity.unsigned_abs();
            if traded <= held {
                self.cost -= share(self.cost, traded, held);
            } else {
                self.cost = i128::from(price) * i128::from(traded - held);
            }
        }
        self.position = position;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One unit of native money is 10^-12 of a currency unit, margin is 50 %.
    const RATES: Rates = Rates { full: 10_000, margin: 5_000 };

    fn held(position: i64, cost: i128, open: [i64; 2], open_notional: [i128; 2]) -> Holding {
        Holding { position, cost, open, open_notional, ..Holding::new(0, 0) }
    }

    #[test]
    fn a_holding_is_three_cache_lines() {
        assert_eq!(core::mem::size_of::<Holding>(), 192);
        assert_eq!(core::mem::offset_of!(Holding, exposure), 128);
    }

    #[test]
    fn exposure_is_the_larger_of_growing_and_turning_around() {
        let rows = [
            ("nothing", held(0, 0, [0, 0], [0, 0]), 0),
            ("a buy", held(0, 0, [3, 0], [30, 0]), 30),
            ("a buy and a larger sell", held(0, 0, [3, 4], [30, 48]), 48),
            ("long, closing", held(4, 40, [0, 4], [0, 400]), 40),
            ("long, closing and growing", held(4, 40, [1, 4], [11, 400]), 51),
            ("long, turning around", held(4, 40, [0, 8], [0, 96]), 48),
            ("long, turning around by one of three", held(2, 2, [0, 3], [0, 100]), 34),
            ("short, closing", held(-4, 40, [4, 0], [400, 0]), 40),
            ("short, turning around", held(-4, 40, [8, 0], [96, 0]), 48),
        ];
        for (name, holding, exposure) in rows {
            assert_eq!(holding.requirement(RATES, Money::Same), exposure * 5_000, "{name}");
        }
    }

    #[test]
    fn trades_move_position_cost_and_realised_profit() {
        let mut holding = Holding::new(0, 0);
        // (side, price, quantity) → (position, cost, realised)
        let rows = [
            ((BUY, 10, 10), (10, 100, 0)),
            ((BUY, 13, 5), (15, 165, 0)),
            ((SELL, 20, 5), (10, 110, 45)),
            ((SELL, 10, 10), (0, 0, 35)),
            ((SELL, 7, 3), (-3, 21, 35)),
            ((BUY, 6, 1), (-2, 14, 36)),
            ((BUY, 9, 4), (2, 18, 32)),
        ];
        for ((side, price, quantity), after) in rows {
            holding.trade(side, price, quantity).expect("in bounds");
            assert_eq!((holding.position, holding.cost, holding.realised()), after);
        }
    }

    #[test]
    fn what_is_left_of_a_cost_is_rounded_up() {
        let mut holding = held(3, 10, [0, 0], [0, 0]);
        holding.trade(SELL, 1, 1).expect("in bounds");
        assert_eq!(holding.cost, 7, "10 less a third, rounded down");
        assert_eq!(share(10_i128.pow(30), 1, 3), 10_i128.pow(30) / 3);
        assert_eq!(share(i128::MAX >> 1, u64::MAX >> 1, u64::MAX >> 1), i128::MAX >> 1);
    }

    #[test]
    fn huge_money_is_cut_off_and_not_wrapped() {
        let rates = Rates { full: 10_u64.pow(16), margin: 10_u64.pow(16) };
        assert_eq!(at_rate(10_i128.pow(30), rates.full), CAP as i128);
        assert_eq!(at_rate(-i128::MAX, rates.full), -(CAP as i128));
        assert_eq!(at_rate(10_i128.pow(24), 10_000), 10_i128.pow(28));
        let all = CAP * 3 * u128::from(crate::pod::MAX_INSTRUMENT + 1);
        assert!(all < i128::MAX as u128 && CAP as i128 > crate::risk::MAX_CREDIT * 10_000);
    }
}
