//! What a sweep would do, for orders that want all of something or nothing of it.

use alloc::vec::Vec;

use super::sweep::{Plan, Reach, Steps};
use super::{MatchingEngine, EVENTS_PER_TRADE};
use crate::book::{side_index, BookSide};
use crate::orders::{Link, NIL};
use crate::pod::{Event, SelfTrade};

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

/// The most orders among which those are chosen that fill one that wants all.
pub(super) const MOST_CHOSEN: usize = 64;

/// What an order gets from another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    maker: u32,
    price: i64,
    quantity: i64,
}

impl MatchingEngine {
    /// Chooses what fills an order that wants all, where orders on its way want all or a minimum
    /// themselves: of the first so many orders that can do it the last gives what is missing, at
    /// least what it wants, and those before it give in their order as much as still fits. Into
    /// `parts`, which are empty if there is nothing to choose or nothing fits.
    pub(super) fn choose_parts(
        &self,
        index: u32,
        slot: usize,
        reach: Reach,
        parts: &mut Vec<Part>,
    ) {
        parts.clear();
        let (taker, book) = (self.orders.get(index), &self.books[slot]);
        let wanted = taker.leaves;
        let opposite = 1 - side_index(taker.side());
        let at_market = self.market_price(taker.price, slot);
        let (markets, limits) = (&book.markets[opposite], &book.sides[opposite]);
        let limit_key = limits.limit_key(taker.price);
        let mode = self.self_trade(index, slot);
        let market = markets.queues().take_while(|_| at_market != 0).map(|q| (q, at_market));
        let limit = limits.queues().take_while(|q| q.key <= limit_key);
        let (mut sum, mut floored) = (0, false);
        for (queue, price) in market.chain(limit.map(|q| (q, limits.price(q.key)))) {
            let mut at = queue.first;
            while at != NIL {
                let maker = at;
                at = self.orders.get(maker).next;
                let (quantity, floor) = (self.orders.get(maker).leaves, self.orders.floor(maker));
                floored |= floor > 0;
                if floor > wanted {
                    continue;
                }
                let own = mode != SelfTrade::Allow && self.orders.same_party(index, maker);
                let hides = self.orders.shown(maker) != quantity;
                let special = own || hides || self.orders.link(maker).is_some();
                let out = reach.is_beyond(price) || reach.leaves_band(price);
                if special || out || parts.len() == MOST_CHOSEN {
                    return parts.clear();
                }
                parts.push(Part { maker, price, quantity });
                sum += quantity;
                if sum >= wanted && self.fill(wanted, parts) {
                    if !floored {
                        parts.clear();
                    }
                    return;
                }
            }
        }
        parts.clear();
    }

    /// Gives each part what it has in the filling of a whole, if the last can complete it; else
    /// the parts are as they were.
    fn fill(&self, wanted: i64, parts: &mut Vec<Part>) -> bool {
        let Some((last, before)) = parts.split_last_mut() else { return false };
        let least = self.orders.floor(last.maker);
        let fits = |part: &Part, room: i64| match part.quantity.min(room) {
            quantity if quantity < self.orders.floor(part.maker) => 0,
            quantity => quantity,
        };
        let missing = before.iter().fold(wanted, |left, part| left - fits(part, left - least));
        if missing == 0 || missing > last.quantity {
            return false;
        }
        let mut left = wanted - least;
        for part in before {
            part.quantity = fits(part, left);
            left -= part.quantity;
        }
        last.quantity = missing;
        parts.retain(|part| part.quantity > 0);
        true
    }

    /// The events that trading with chosen parts takes.
    pub(super) fn events_of(&self, index: u32, parts: &[Part]) -> usize {
        parts.len() * EVENTS_PER_TRADE + self.orders.link_cost(index)
    }

    /// Trades with chosen parts. Says where the order's last event is.
    pub(super) fn deal_parts(
        &mut self,
        index: u32,
        slot: usize,
        turn: Steps,
        parts: &[Part],
        events: &mut Vec<Event>,
    ) -> usize {
        let mut last_event = 0;
        for &Part { maker, price, quantity } in parts {
            last_event = events.len();
            self.deal(index, maker, slot, price, quantity, turn.command_index, events);
        }
        last_event
    }

    /// What a sweep would do. An order that would meet one of its own stops there, unless that
    /// would be cancelled. `gone` is room for the planner.
    pub(super) fn plan(&self, index: u32, slot: usize, reach: Reach, gone: &mut Vec<u64>) -> Plan {
        gone.clear();
        let taker = self.orders.get(index);
        let opposite = 1 - side_index(taker.side());
        let book = &self.books[slot];
        let mode = self.self_trade(index, slot);
        let (left, events) = (taker.leaves, self.orders.link_cost(index));
        let plan = Plan { events, ..Plan::default() };
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
        for queue in queues.queues() {
            if queue.key > limit_key {
                return false;
            }
            let price = price_of(queue.key);
            if self.reach.is_beyond(price) {
                return true;
            }
            let stopped = self.reach.leaves_band(price);
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
                let cost = EVENTS_PER_TRADE + orders.link_cost(maker);
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
                    // No more slices than what is left could need.
                    let wanted = more.min(self.left) as u64;
                    slices += wanted.div_ceil(display as u64) as usize * EVENTS_PER_TRADE;
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
