//! How an order that wants all is filled where others on its way want all or a minimum.

use engine::pod::{SelfTrade, Side};

use super::rules::Reach;
use super::{side_number, At, Reference};
use engine::pod::Liquidity;
use engine::Fills;

/// The most orders among which is chosen.
const MOST: usize = 64;

/// Who gives how much at what price.
pub(super) type Gifts = Vec<(u64, i64, i64)>;

impl Reference {
    /// Of the fewest orders in their order that can fill it, who gives how much; nobody if there is
    /// nothing to choose, or something on the way that choosing doesn't know.
    pub(super) fn chosen(&self, id: u64, reach: &Reach) -> Gifts {
        let taker = &self.orders[&id];
        let book = &self.books[&taker.command.instrument];
        if book.floored == 0 {
            return Vec::new();
        }
        let on_the_way = self.on_the_way(id);
        let may_give = |maker: &u64| self.orders[maker].floor() <= taker.leaves;
        let givers: Vec<_> = on_the_way.iter().filter(|(maker, _)| may_give(maker)).collect();
        for count in 1..=givers.len().min(MOST) {
            let (last, before) = (givers[count - 1], &givers[..count - 1]);
            if self.is_strange(id, last.0) || reach.is_beyond(taker.side, last.1) {
                return Vec::new();
            }
            if reach.leaves_band(last.1) {
                return Vec::new();
            }
            let least = self.orders[&last.0].floor();
            let mut left = taker.leaves - least;
            let mut gifts = Vec::new();
            for &&(maker, price) in before {
                let quantity = self.orders[&maker].leaves.min(left);
                if quantity > 0 && quantity >= self.orders[&maker].floor() {
                    gifts.push((maker, price, quantity));
                    left -= quantity;
                }
            }
            let missing = left + least;
            if missing > 0 && missing <= self.orders[&last.0].leaves {
                gifts.push((last.0, last.1, missing));
                let mut seen = on_the_way.iter().take_while(|(maker, _)| *maker != last.0);
                let choice = least > 0 || seen.any(|(maker, _)| self.orders[maker].has_floor());
                return if choice { gifts } else { Vec::new() };
            }
        }
        Vec::new()
    }

    /// What rests on the other side within its limit, and the price of a trade with it.
    fn on_the_way(&self, id: u64) -> Vec<(u64, i64)> {
        let taker = &self.orders[&id];
        let book = &self.books[&taker.command.instrument];
        let other = 1 - side_number(taker.side);
        let at_market = if taker.price != 0 { taker.price } else { book.last_trade };
        let markets = book.markets[other].iter().filter(|_| at_market != 0);
        let reached = |key: i64| match taker.side {
            Side::Buy => taker.price == 0 || key <= taker.price,
            _ => -key >= taker.price,
        };
        let levels = book.limits[other].iter().take_while(|(&key, _)| reached(key));
        let limits = levels.flat_map(|(key, ids)| ids.iter().map(move |&id| (id, key.abs())));
        let mut all: Vec<_> = markets.map(|&id| (id, at_market)).chain(limits).collect();
        // Some that would not give are among them.
        let wanted = taker.leaves;
        let mut count = 0;
        all.retain(|(maker, _)| {
            count += usize::from(self.orders[maker].floor() <= wanted);
            count <= MOST + 1
        });
        all
    }

    fn is_strange(&self, id: u64, maker: u64) -> bool {
        let order = &self.orders[&maker];
        let own = self.self_trade(id) != SelfTrade::Allow && self.same_party(id, maker);
        own || order.shows() != order.leaves || order.command.link != 0
    }

    /// The events that it takes.
    pub(super) fn events_of(&self, id: u64, gifts: &Gifts) -> usize {
        2 * gifts.len() + self.partners(&[id])
    }

    /// Lets them trade.
    pub(super) fn give(&mut self, id: u64, gifts: Gifts, at: At, fills: &mut Fills) {
        for (maker, price, quantity) in gifts {
            let parts = [(id, Liquidity::Taker), (maker, Liquidity::Maker)];
            self.trade(parts, price, quantity, at, fills);
        }
    }
}
