//! How a level is shared out, and how much a sweep would trade.

use std::collections::BTreeSet;

use engine::pod::{SelfTrade, Side};
use engine::rules::Iceberg;

use super::rules::Reach;
use super::{side_number, Place, Reference};

impl Reference {
    /// All orders at the price of one that rests as a limit order.
    pub(super) fn level_of(&self, id: u64) -> Vec<u64> {
        let order = &self.orders[&id];
        let book = &self.books[&order.command.instrument];
        let shared = book.rules.pro_rata || book.rules.iceberg != Iceberg::ToTheBack;
        match order.place {
            Place::Limit if shared => {
                let level = &book.limits[side_number(order.side)][&order.key()];
                level.iter().copied().collect()
            }
            _ => Vec::new(),
        }
    }

    /// What each order of a level gets, if a level is shared out by more than time.
    pub(super) fn shares(
        &self,
        id: u64,
        first: u64,
        level: &[u64],
        mode: SelfTrade,
    ) -> Option<Vec<(u64, i64)>> {
        let taker = &self.orders[&id];
        let book = &self.books[&taker.command.instrument];
        let by_time = level.is_empty()
            || level.iter().any(|maker| {
                self.orders[maker].has_floor()
                    || self.orders[maker].command.link != 0
                    || mode != SelfTrade::Allow && self.same_party(id, *maker)
            });
        if by_time {
            return None;
        }
        assert_eq!(first, level[0], "a level is shared out from its first order on");
        let shows = |maker: &u64| self.orders[maker].shows();
        let hides = |maker: &u64| self.orders[maker].leaves - shows(maker);
        let part = |own: i64, of: i64, left: i64| {
            (i128::from(own) * i128::from(left) / i128::from(of.max(1))) as i64
        };
        let mut got = vec![0; level.len()];
        let mut left = taker.leaves;
        let give = |got: &mut i64, left: &mut i64, quantity: i64| {
            let quantity = quantity.min(*left);
            *got += quantity;
            *left -= quantity;
        };
        if book.rules.pro_rata {
            give(&mut got[0], &mut left, shows(&level[0]));
            let among: i64 = level[1..].iter().map(shows).sum();
            let shared = left.min(among);
            for (got, maker) in got.iter_mut().zip(level).skip(1) {
                let lot = book.instrument.lot_size;
                let lots = part(shows(maker), among, shared) / lot;
                let quantity = match lots {
                    _ if shared == among => shows(maker),
                    0 | 1 => 0,
                    lots => lots * lot,
                };
                give(got, &mut left, quantity);
            }
            for (got, maker) in got.iter_mut().zip(level) {
                let more = shows(maker) - *got;
                give(got, &mut left, more);
            }
        } else {
            for (got, maker) in got.iter_mut().zip(level) {
                give(got, &mut left, shows(maker));
            }
            let among: i64 = level.iter().map(hides).sum();
            let shared = left.min(among);
            if book.rules.iceberg == Iceberg::VisibleThenProRata {
                for (got, maker) in got.iter_mut().zip(level) {
                    give(got, &mut left, part(hides(maker), among, shared));
                }
            }
            for (got, maker) in got.iter_mut().zip(level) {
                let more = self.orders[maker].leaves - *got;
                give(got, &mut left, more);
            }
        }
        Some(level.iter().copied().zip(got).filter(|&(_, quantity)| quantity > 0).collect())
    }

    /// How much a sweep would trade, and how many events it may take at most.
    pub(super) fn plan(&self, id: u64, reach: &Reach) -> (i64, usize) {
        let taker = &self.orders[&id];
        let book = &self.books[&taker.command.instrument];
        let mode = self.self_trade(id);
        let other = 1 - side_number(taker.side);
        let mut levels: Vec<(i64, Vec<u64>)> = Vec::new();
        let at_market = if taker.price != 0 { taker.price } else { book.last_trade };
        if at_market != 0 {
            levels.push((at_market, book.markets[other].iter().copied().collect()));
        }
        let mut enough = taker.leaves;
        for (key, ids) in &book.limits[other] {
            let reached = match taker.side {
                Side::Buy => taker.price == 0 || *key <= taker.price,
                _ => -*key >= taker.price,
            };
            // No more levels than can be needed, so that deep books stay affordable.
            let plain = ids.iter().all(|id| self.orders[id].is_plain());
            if !reached || enough <= 0 {
                break;
            }
            if plain && mode == SelfTrade::Allow {
                enough -= ids.iter().map(|id| self.orders[id].leaves).sum::<i64>();
            }
            levels.push((key.abs(), ids.iter().copied().collect()));
        }
        let (mut left, mut events) = (taker.leaves, self.partners(&[id]));
        // What ends with orders that come before is not there any more.
        let mut gone = BTreeSet::new();
        for (price, level) in levels {
            if level.is_empty() {
                continue;
            }
            if reach.is_beyond(taker.side, price) {
                break;
            }
            let mut icebergs = Vec::new();
            for maker_id in level {
                if left == 0 {
                    return (taker.leaves, events);
                }
                if gone.contains(&maker_id) {
                    continue;
                }
                let maker = &self.orders[&maker_id];
                let own = mode != SelfTrade::Allow && self.same_party(id, maker_id);
                let quantity = maker.shows().min(left);
                if !own && quantity < maker.floor() {
                    continue;
                }
                if !own && reach.leaves_band(price) {
                    return (taker.leaves - left, events);
                }
                events += 2 + self.partners(&[maker_id]);
                gone.extend(self.partner(maker_id));
                if own && mode == SelfTrade::CancelResting {
                    continue;
                }
                if own {
                    return (taker.leaves - left, events);
                }
                left -= quantity;
                icebergs.push((maker.leaves - maker.shows(), maker.command.display_quantity));
            }
            if left > 0 {
                for (hidden, display) in icebergs.into_iter().filter(|&(hidden, _)| hidden > 0) {
                    events += 2 * ((hidden + display - 1) / display) as usize;
                    left -= hidden;
                }
                left = left.max(0);
            }
        }
        (taker.leaves - left, events)
    }
}
