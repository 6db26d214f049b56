//! Auctions: one price at which most trades, found among those that the orders name. An order
//! without a price names none, however far it may trade.

use alloc::vec::Vec;

use super::{MatchingEngine, Room, EVENTS_PER_TRADE};
use crate::batch::Fills;
use crate::book::{side_index, BookSide};
use crate::orders::{Link, Order, Place, NIL};
use crate::pod::{Event, ExecType, MarketStatus, SessionState, Side, TimeInForce, MAX_STATUSES};
use crate::rules::{Criterion, Residual};
use crate::ticks::Ticks;

/// Prices that are alike: the same buys and the same sells meet at each of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    low: i64,
    high: i64,
    /// What buys at exactly this price or, once summed, at it or higher.
    buys: i64,
    /// What sells at exactly this price or, once summed, at it or lower.
    sells: i64,
    /// Whether an order names it; else it is as far as some without a price may trade.
    named: bool,
}

/// What an auction does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Auction {
    /// Of all its trades.
    pub price: i64,
    /// Traded in all.
    pub quantity: i64,
    /// What is left at its price, positive on the buy side.
    pub imbalance: i64,
}

impl Candidate {
    fn volume(&self) -> i64 {
        self.buys.min(self.sells)
    }

    fn surplus(&self) -> i64 {
        self.buys - self.sells
    }

    /// Its prices that may be nearest: the ticks beside it, and the ends.
    fn near(&self, price: i64, ticks: &Ticks) -> [i64; 2] {
        let down = ticks.down(price.clamp(self.low, self.high)).max(self.low);
        [down, ticks.above(down).min(self.high)]
    }
}

impl MatchingEngine {
    /// What an order brings to an auction: all of an iceberg, nothing of an order that wants all
    /// or a minimum, nor of the worse of two of which one goes when the other trades.
    fn auction_quantity(&self, index: u32) -> i64 {
        if self.orders.is_floored(index) || self.is_second_choice(index) {
            0
        } else {
            self.orders.get(index).leaves
        }
    }

    /// Whether its partner rests and trades before it, so that it never trades in an auction.
    fn is_second_choice(&self, index: u32) -> bool {
        let partner = self.orders.link(index).and_then(Link::partner);
        let Some(partner) = partner.and_then(|id| self.orders.find(id)) else { return false };
        let rank = |index: u32| {
            let order = self.orders.get(index);
            let sign = if order.side() == Side::Buy { -1 } else { 1 };
            (order.price * sign, order.id)
        };
        self.orders.place(partner) == Place::Limit
            && self.orders.get(partner).level != NIL
            && rank(partner) < rank(index)
    }

    /// Tells the price and quantity of each level, and whether an order names that price, best
    /// first and as long as more is wanted.
    fn auction_quantities(&self, side: &BookSide, mut each: impl FnMut(i64, i64, bool) -> bool) {
        for queue in side.queues() {
            let (mut quantity, mut named) = (queue.quantity, true);
            if queue.special != 0 {
                (quantity, named) = (0, false);
                let mut at = queue.first;
                while at != NIL {
                    quantity += self.auction_quantity(at);
                    named |= self.bound(at) == 0;
                    at = self.orders.get(at).next;
                }
            }
            if !each(side.price(queue.key), quantity, named) {
                return;
            }
        }
    }

    /// The prices that orders name, and as far as those without one may trade, where they could
    /// trade: best bids and asks or, against market orders, all; lowest first. Says what market
    /// orders buy and sell at any price.
    fn find_candidates(&mut self, slot: usize) -> (i64, i64) {
        let mut found = core::mem::take(&mut self.candidates);
        found.clear();
        let book = &self.books[slot];
        let market = |side: Side| {
            let mut sum = 0;
            self.auction_quantities(&book.markets[side_index(side)], |_, quantity, _| {
                sum += quantity;
                true
            });
            sum
        };
        let (buys, sells) = (market(Side::Buy), market(Side::Sell));
        let all = buys + sells > 0;
        let [bids, asks] = &book.sides;
        let best = |side: &BookSide| side.queues().next().map(|queue| side.price(queue.key));
        let (best_bid, best_ask) = (best(bids), best(asks));
        self.auction_quantities(asks, |price, quantity, named| {
            if !all && best_bid.is_none_or(|bid| price > bid) {
                return false;
            }
            found.push(Candidate { low: price, high: price, buys: 0, sells: quantity, named });
            true
        });
        self.auction_quantities(bids, |price, quantity, named| {
            if !all && best_ask.is_none_or(|ask| price < ask) {
                return false;
            }
            found.push(Candidate { low: price, high: price, buys: quantity, sells: 0, named });
            true
        });
        found.sort_unstable_by_key(|candidate| (candidate.low, candidate.buys));
        found.dedup_by(|later, kept| {
            let same = later.low == kept.low;
            if same {
                kept.buys += later.buys;
                kept.sells += later.sells;
                kept.named |= later.named;
            }
            same
        });
        self.candidates = found;
        (buys, sells)
    }

    /// Sums up what buys and sells at each candidate, market orders included.
    fn sum_candidates(found: &mut [Candidate], buys: i64, sells: i64) {
        let mut sum = sells;
        for candidate in found.iter_mut() {
            sum += candidate.sells;
            candidate.sells = sum;
        }
        let mut sum = buys;
        for candidate in found.iter_mut().rev() {
            sum += candidate.buys;
            candidate.buys = sum;
        }
    }

    /// Adds the ticks between the prices that orders name.
    fn add_ticks(found: &mut Vec<Candidate>, ticks: &Ticks) {
        for place in 1..found.len() {
            let (below, above) = (found[place - 1], found[place]);
            let (low, high) = (ticks.above(below.high), ticks.below(above.low));
            if low <= high {
                let (buys, sells) = (above.buys, below.sells);
                found.push(Candidate { low, high, buys, sells, named: true });
            }
        }
        found.sort_unstable_by_key(|candidate| candidate.low);
    }

    /// What an auction would do now; None: nothing would trade.
    pub(super) fn auction(&mut self, slot: usize) -> Option<Auction> {
        let (buys, sells) = self.find_candidates(slot);
        let mut found = core::mem::take(&mut self.candidates);
        Self::sum_candidates(&mut found, buys, sells);
        let price = self.choose(slot, &mut found);
        // The chosen price may be between candidates, so what meets there is counted again.
        found.clear();
        self.candidates = found;
        let price = price?;
        self.find_candidates(slot);
        let sum = |of: fn(&Candidate) -> i64, counts: &dyn Fn(&Candidate) -> bool| {
            let named = self.candidates.iter().filter(|candidate| counts(candidate));
            named.map(of).sum::<i64>()
        };
        let buys = buys + sum(|candidate| candidate.buys, &|candidate| candidate.low >= price);
        let sells = sells + sum(|candidate| candidate.sells, &|candidate| candidate.low <= price);
        let quantity = buys.min(sells);
        (quantity > 0).then_some(Auction { price, quantity, imbalance: buys - sells })
    }

    /// The price that the criteria leave of those that orders name or, where any may be, of the
    /// ticks between these; if nothing trades at one of them, the reference.
    fn choose(&self, slot: usize, found: &mut Vec<Candidate>) -> Option<i64> {
        let book = &self.books[slot];
        let ticks = &book.ticks();
        let named = [book.reference, book.instrument.reference_price, book.last_trade];
        let reference = named.into_iter().find(|&price| price != 0);
        let last = found.iter().rposition(|candidate| candidate.named);
        found.truncate(last.map_or(0, |last| last + 1));
        let first = found.iter().position(|candidate| candidate.named);
        found.drain(..first.unwrap_or(0));
        if book.rules.all_ticks {
            Self::add_ticks(found, ticks);
        }
        let any = book.rules.all_ticks;
        found.retain(|candidate| candidate.named || any && ticks.fits(candidate.low));
        if found.iter().all(|candidate| candidate.volume() == 0) {
            return reference;
        }
        for criterion in book.rules.criteria {
            match criterion {
                Criterion::None => {}
                Criterion::MaxVolume => {
                    let most = found.iter().map(Candidate::volume).max()?;
                    found.retain(|candidate| candidate.volume() == most);
                }
                Criterion::MinSurplus => {
                    let least = found.iter().map(|candidate| candidate.surplus().abs()).min()?;
                    found.retain(|candidate| candidate.surplus().abs() == least);
                }
                Criterion::MarketPressure => {
                    if found.iter().all(|candidate| candidate.surplus() > 0) {
                        let highest = found.last()?.high;
                        found.retain(|candidate| candidate.high == highest);
                        found[0].low = highest;
                    } else if found.iter().all(|candidate| candidate.surplus() < 0) {
                        found.truncate(1);
                        found[0].high = found[0].low;
                    }
                }
                Criterion::Reference => {
                    let Some(reference) = reference else { continue };
                    let prices = found.iter().flat_map(|one| one.near(reference, ticks));
                    return prices.min_by_key(|price| ((price - reference).abs(), -price));
                }
                Criterion::MidpointFloor => {
                    // Orders from before ticks changed may stand between two.
                    let (low, high) = (found.first()?.low, found.last()?.high);
                    return Some(ticks.down((low + high) / 2).max(low));
                }
            }
        }
        found.last().map(|candidate| candidate.high)
    }

    /// Notes that a command, the last one so far, may have changed what an auction would do.
    pub(super) fn touch(&mut self, slot: usize, command_index: u32) {
        let book = &mut self.books[slot];
        if book.session.collects() && book.touched.replace(command_index).is_none() {
            self.collecting.push((book.instrument.id, slot as u32));
        }
    }

    /// Tells at the end of a message what auctions would do now, where commands may have changed
    /// that, by rising instrument id. Where something is still to follow, or for want of room, the
    /// next message does.
    pub(super) fn indicate_touched(&mut self, fills: &mut Fills) {
        let mut collecting = core::mem::take(&mut self.collecting);
        collecting.sort_unstable();
        for &(_, slot) in &collecting {
            let slot = slot as usize;
            let book = &mut self.books[slot];
            let Some(command_index) = book.touched.take() else { continue };
            if book.pending || !book.session.collects() {
                continue;
            }
            if !self.indicate(slot, command_index, fills) {
                self.postpone(slot);
            }
        }
        collecting.clear();
        self.collecting = collecting;
    }

    /// Tells what an auction would do now, if that has changed. Says whether there was room.
    fn indicate(&mut self, slot: usize, command_index: u32, fills: &mut Fills) -> bool {
        let auction = self.auction(slot);
        let told = auction.map_or((0, 0, 0), |a| (a.price, a.quantity, a.imbalance));
        let book = &mut self.books[slot];
        if told == book.indicated {
            return true;
        }
        if fills.statuses.len() >= MAX_STATUSES {
            return false;
        }
        book.indicated = told;
        fills.statuses.push(MarketStatus {
            instrument: book.instrument.id,
            command_index,
            session: book.session.number(),
            reserved: 0,
            reserved1: 0,
            price: told.0,
            quantity: told.1,
            imbalance: told.2,
        });
        true
    }

    /// The order of a side that trades first in an auction at this price. Those that want all or a
    /// minimum are passed, and noted, so that they are passed once in an auction.
    fn first_in_auction(
        &self,
        slot: usize,
        side: Side,
        price: i64,
        passed: &mut [u32; 2],
    ) -> Option<u32> {
        let book = &self.books[slot];
        let markets = &book.markets[side_index(side)];
        let own = &book.sides[side_index(side)];
        let key = own.limit_key(price);
        for ((queues, limit), passed) in [(markets, 0), (own, key)].into_iter().zip(passed) {
            let mut at = *passed;
            loop {
                let next = match at {
                    NIL => queues.next_maker(limit),
                    passed => queues.after(&self.orders, passed, limit),
                };
                let Some(index) = next else { break };
                if self.auction_quantity(index) > 0 {
                    return Some(index);
                }
                at = index;
                // One that goes when its partner trades isn't there for long.
                if self.orders.is_floored(index) {
                    *passed = index;
                }
            }
        }
        None
    }

    /// How much more buys than sells at a price; trades at it leave that as it is.
    fn surplus_at(&self, slot: usize, price: i64) -> i64 {
        let book = &self.books[slot];
        let [buys, sells] = [Side::Buy, Side::Sell].map(|side| {
            let own = &book.sides[side_index(side)];
            let key = own.limit_key(price);
            let mut sum = 0;
            self.auction_quantities(&book.markets[side_index(side)], |_, quantity, _| {
                sum += quantity;
                true
            });
            self.auction_quantities(own, |at, quantity, _| {
                let meets = own.limit_key(at) <= key;
                sum += if meets { quantity } else { 0 };
                meets
            });
            sum
        });
        buys - sells
    }

    /// Begins to end an auction, which leads to a session.
    pub(super) fn begin_uncross(&mut self, slot: usize, session: SessionState) {
        let auction = self.auction(slot);
        let book = &mut self.books[slot];
        book.leaving = Some((session, auction.map_or(0, |auction| auction.price)));
        book.special = true;
        if let Some(auction) = auction {
            book.last_auction = (auction.price, auction.quantity);
        }
    }

    /// Ends an auction: trades at its price, orders that were for it end, then the session changes.
    /// Says whether all of that fitted into the message.
    pub(super) fn leave_auction(
        &mut self,
        slot: usize,
        command_index: u32,
        room: Room,
        fills: &mut Fills,
    ) -> bool {
        let Some((session, price)) = self.books[slot].leaving else { return true };
        if price != 0 {
            if !self.uncross(slot, price, command_index, room, &mut fills.events) {
                return false;
            }
            self.books[slot].leaving = Some((session, 0));
        }
        if !self.end_leftovers(slot, command_index, room, &mut fills.events) {
            return false;
        }
        self.books[slot].leaving = None;
        self.set_session(slot, session);
        true
    }

    /// Trades at the price of an auction. Says whether there was room for all of it.
    fn uncross(
        &mut self,
        slot: usize,
        price: i64,
        command_index: u32,
        room: Room,
        events: &mut Vec<Event>,
    ) -> bool {
        let (mut buys_passed, mut sells_passed) = ([NIL; 2], [NIL; 2]);
        let sells_are_fewer = self.surplus_at(slot, price) > 0;
        loop {
            let buyer = self.first_in_auction(slot, Side::Buy, price, &mut buys_passed);
            let seller = self.first_in_auction(slot, Side::Sell, price, &mut sells_passed);
            let (Some(buyer), Some(seller)) = (buyer, seller) else { return true };
            let links = self.orders.link_cost(buyer) + self.orders.link_cost(seller);
            if events.len() + EVENTS_PER_TRADE + links > room.events {
                return false;
            }
            let left = room.events - events.len();
            let (taker, maker) = if sells_are_fewer { (seller, buyer) } else { (buyer, seller) };
            if self.uncross_level(taker, maker, slot, price, left, command_index, events) {
                continue;
            }
            let quantity = self.orders.get(buyer).leaves.min(self.orders.get(seller).leaves);
            let parts = [buyer, seller].map(|index| self.auctioned(index, quantity));
            self.deal_between(parts, slot, price, quantity, command_index, events);
        }
    }

    /// Ends the orders that were for the auction that ends. Says whether there was room for all.
    fn end_leftovers(
        &mut self,
        slot: usize,
        command_index: u32,
        room: Room,
        events: &mut Vec<Event>,
    ) -> bool {
        let mut ids = core::mem::take(&mut self.swept);
        ids.clear();
        let book = &self.books[slot];
        for queue in book.markets.iter().chain(&book.sides).flat_map(BookSide::queues) {
            let mut at = if queue.special == 0 { NIL } else { queue.first };
            while at != NIL {
                let order = self.orders.get(at);
                if self.ends_with_auction(order, slot).is_some() {
                    ids.push((order.id, at));
                }
                at = order.next;
            }
        }
        let mut done = true;
        for &(id, index) in &ids {
            // It may have gone with its partner.
            if !self.orders.is(index, id) {
                continue;
            }
            if events.len() + 1 + self.orders.link_cost(index) > room.events {
                done = false;
                break;
            }
            let exec_type = self.ends_with_auction(self.orders.get(index), slot);
            self.end(index, exec_type.expect("just seen"), command_index, events);
        }
        self.swept = ids;
        done
    }

    /// How an order ends if it was for the auction that ends.
    fn ends_with_auction(&self, order: &Order, slot: usize) -> Option<ExecType> {
        let for_auction = [
            TimeInForce::AtTheOpen as u8,
            TimeInForce::AtTheClose as u8,
            TimeInForce::GoodForAuction as u8,
        ];
        if for_auction.contains(&order.time_in_force) {
            return Some(ExecType::Expired);
        }
        let keeps_markets = self.books[slot].rules.residual == Residual::Rest;
        let extra = self.orders.extra_at(order.extra);
        // What has a bound, for a limit, doesn't rest where others say the price.
        let bounded = extra.is_some_and(|extra| extra.bound != 0);
        (bounded || order.price == 0 && !keeps_markets).then_some(ExecType::Canceled)
    }
}
