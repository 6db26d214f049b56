//! What is counted beside a book: the session's trades, bars, order-flow imbalance, microprice.
//!
//! All are integers or exact fractions of integers in the instrument's price and quantity units.

use crate::book::Level;

/// The best level of both sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Top {
    /// The highest bid.
    pub bid: Option<Level>,
    /// The lowest ask.
    pub ask: Option<Level>,
}

/// A fraction, exact; its denominator is positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    /// Above the line.
    pub numerator: i128,
    /// Below the line.
    pub denominator: i128,
}

impl Top {
    /// The microprice: both best prices weighted by the quantity on the *other* side,
    /// (ask · bid quantity + bid · ask quantity) / (bid quantity + ask quantity).
    ///
    /// It is the weighted mid-price from which S. Stoikov, "The micro-price: a high-frequency
    /// estimator of future prices", Quantitative Finance 18 (2018), starts: where much is bid and
    /// little is offered, the next trade is likely at the ask. `None` while a side is empty.
    #[must_use]
    pub fn microprice(&self) -> Option<Fraction> {
        let (bid, ask) = (self.bid?, self.ask?);
        let weighted = |price: i64, quantity: i64| i128::from(price) * i128::from(quantity);
        Some(Fraction {
            numerator: weighted(ask.price, bid.quantity) + weighted(bid.price, ask.quantity),
            denominator: i128::from(bid.quantity) + i128::from(ask.quantity),
        })
    }

    /// The order-flow imbalance of a change from one top of book to the next, in quantity units.
    ///
    /// The e_n of R. Cont, A. Kukanov, S. Stoikov, "The price impact of order book events", Journal
    /// of Financial Econometrics 12 (2014): with bid P at quantity q and ask P' at q',
    ///
    /// e_n = [P_n ≥ P_n−1] q_n − [P_n ≤ P_n−1] q_n−1 − [P'_n ≤ P'_n−1] q'_n + [P'_n ≥ P'_n−1]
    /// q'_n−1.
    ///
    /// An empty bid side counts as a bid below every price, an empty ask side as one above, of
    /// quantity 0. One n is one command or timer that changed the book.
    #[must_use]
    pub fn imbalance_since(&self, before: &Self) -> i64 {
        let bid = |top: &Self| top.bid.map_or((i64::MIN, 0), |level| (level.price, level.quantity));
        // Asks with their sign turned, so that higher is better on both sides.
        let ask =
            |top: &Self| top.ask.map_or((i64::MIN, 0), |level| (-level.price, level.quantity));
        Self::pressure(bid(before), bid(self)) - Self::pressure(ask(before), ask(self))
    }

    /// What one side's change adds to its pressure; prices are higher where they are better.
    fn pressure(before: (i64, i64), after: (i64, i64)) -> i64 {
        let came = if after.0 >= before.0 { after.1 } else { 0 };
        let went = if after.0 <= before.0 { before.1 } else { 0 };
        came - went
    }
}

/// The trades of a span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Price of the first trade.
    pub open: i64,
    /// Highest price.
    pub high: i64,
    /// Lowest price.
    pub low: i64,
    /// Price of the last trade.
    pub close: i64,
    /// Sum of the quantities.
    pub volume: i128,
    /// Number of trades; everything else is 0 while this is.
    pub trades: u64,
    /// Sum of price times quantity, in price units times quantity units.
    pub notional: i128,
}

impl Span {
    /// Takes in a trade.
    #[inline]
    pub fn trade(&mut self, price: i64, quantity: i64) {
        if self.trades == 0 {
            (self.open, self.high, self.low) = (price, price, price);
        }
        self.high = self.high.max(price);
        self.low = self.low.min(price);
        self.close = price;
        self.volume += i128::from(quantity);
        self.trades += 1;
        self.notional += i128::from(price) * i128::from(quantity);
    }

    /// The volume-weighted average price; `None` without trades.
    #[must_use]
    pub fn vwap(&self) -> Option<Fraction> {
        (self.trades > 0).then_some(Fraction { numerator: self.notional, denominator: self.volume })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn top(bid: (i64, i64), ask: (i64, i64)) -> Top {
        let level =
            |(price, quantity)| (quantity > 0).then_some(Level { price, quantity, orders: 1 });
        Top { bid: level(bid), ask: level(ask) }
    }

    #[test]
    fn the_microprice_leans_to_the_thinner_side() {
        let fraction = top((100, 30), (102, 10)).microprice().expect("two sides");
        assert_eq!(fraction, Fraction { numerator: 102 * 30 + 100 * 10, denominator: 40 });
        assert_eq!(top((100, 30), (0, 0)).microprice(), None);
    }

    #[test]
    fn imbalance_counts_what_came_and_what_went_at_the_best() {
        let before = top((100, 30), (102, 10));
        let rows = [
            ("more bid", (100, 50), (102, 10), 20),
            ("less bid", (100, 10), (102, 10), -20),
            ("a better bid", (101, 5), (102, 10), 5),
            ("the bid falls back", (99, 70), (102, 10), -30),
            ("the bid is gone", (0, 0), (102, 10), -30),
            ("more offered", (100, 30), (102, 25), -15),
            ("a better offer", (100, 30), (101, 4), -4),
            ("the offer falls back", (100, 30), (103, 9), 10),
            ("the offer is gone", (100, 30), (0, 0), 10),
            ("nothing", (100, 30), (102, 10), 0),
        ];
        for (name, bid, ask, imbalance) in rows {
            assert_eq!(top(bid, ask).imbalance_since(&before), imbalance, "{name}");
        }
        assert_eq!(before.imbalance_since(&Top::default()), 30 - 10, "from an empty book");
    }

    #[test]
    fn a_span_has_its_first_last_highest_and_lowest_price() {
        let mut span = Span::default();
        assert_eq!(span.vwap(), None);
        for (price, quantity) in [(10, 1), (14, 2), (8, 3), (9, 4)] {
            span.trade(price, quantity);
        }
        assert_eq!((span.open, span.high, span.low, span.close), (10, 14, 8, 9));
        assert_eq!((span.volume, span.trades), (10, 4));
        assert_eq!(span.vwap(), Some(Fraction { numerator: 98, denominator: 10 }));
    }
}
