//! What a sweep would do, for orders that want all of something or nothing of it.

use alloc::vec::Vec;

use super::sweep::{Plan, Reach};
use super::{MatchingEngine, EVENTS_PER_TRADE};
use crate::book::{side_index, BookSide};
use crate::orders::{Link, NIL};
use crate::pod::SelfTrade;

/// A plan as far as it has come.
struct Planner<'a> {
    engine: &'a MatchingEngine,
    index: u32,
    mode: SelfTrade,
    reach: Reach,
    left: i64,
    plan: Plan,
    /// Orders whose partner would have traded or gone before.
    gone: &'a mut Vec<u64>,
}

impl MatchingEngine {
    /// What a sweep would do. An order that would meet one of its own stops there, unless that
    /// would be cancelled. `gone` is room for the planner.
    pub(super) fn plan(&self, index: u32, slot: usize, reach: Reach, gone: &mut Vec<u64>) -> Plan {
        gone.clear();
        let taker = self.orders.get(index);
        let opposite = 1 - side_index(taker.side());
        let book = &self.books[slot];
        let mode = self.self_trade(index, slot);
        let (left, plan) = (taker.leaves, Plan::default());
        let mut planner = Planner { engine: self, index, mode, reach, left, plan, gone };
        let market_price = self.market_price(taker.price, slot);
        let markets = &book.markets[opposite];
        if market_price == 0 || !planner.go_through(markets, 0, |_| market_price) {
            let side = &book.sides[opposite];
            planner.go_through(side, side.limit_key(taker.price), |key| side.price(key));
        }
        Plan { quantity: taker.leaves - planner.left, ..planner.plan }
    }
}

impl Planner<'_> {
    /// Goes through queues; says whether the sweep would end there.
    fn go_through(
        &mut self,
        queues: &BookSide,
        limit_key: i64,
        price_of: impl Fn(i64) -> i64,
    ) -> bool {
        let orders = &self.engine.orders;
        let own_cost = EVENTS_PER_TRADE + orders.link_cost(self.index);
        for queue in queues.queues() {
            if queue.key > limit_key {
                return false;
            }
            let stopped = self.reach.stops(price_of(queue.key)).is_some();
            let (mut hidden, mut slices) = (0, 0);
            let mut at = queue.first;
            while at != NIL {
                let maker = at;
                at = orders.get(maker).next;
                if self.left == 0 {
                    return true;
                }
                let link = orders.link(maker);
                if link.is_some() && self.gone.contains(&orders.get(maker).id) {
                    continue;
                }
                let cost = own_cost + orders.link_cost(maker);
                if self.mode != SelfTrade::Allow && orders.same_party(self.index, maker) {
                    self.plan.events += cost;
                    self.gone.extend(link.and_then(Link::partner));
                    if self.mode == SelfTrade::CancelResting {
                        continue;
                    }
                    return true;
                }
                let shown = orders.shown(maker);
                let quantity = shown.min(self.left);
                if quantity < orders.floor(maker) {
                    continue;
                }
                if stopped {
                    return true;
                }
                self.left -= quantity;
                self.plan.events += cost;
                self.gone.extend(link.and_then(Link::partner));
                let more = orders.get(maker).leaves - shown;
                if more > 0 {
                    let display = orders.extra(maker).map_or(1, |extra| extra.display);
                    hidden += more;
                    slices += (more as u64).div_ceil(display as u64) as usize * cost;
                }
            }
            if self.left > 0 && hidden > 0 {
                self.left -= hidden.min(self.left);
                self.plan.events += slices;
            }
        }
        self.left == 0
    }
}
