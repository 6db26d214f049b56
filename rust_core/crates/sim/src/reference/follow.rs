//! What follows from what has happened, until nothing does.

use engine::pod::{ExecType, SessionState};
use engine::Fills;

use super::trading::Swept;
use super::{At, Reference};

/// One thing that follows.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// An auction ends.
    Auction,
    /// An order for the closing auction comes to the book.
    Close(u64),
    /// An exit hears of the end of its entry, which had traded so much.
    Exit(u64, i64),
    Stop(u64),
    /// An order that wanted more than there was can trade.
    Floored(u64),
    /// A pegged order moves; None: there is nothing to follow.
    Peg(u64, Option<i64>),
}

impl Reference {
    pub(super) fn follow(&mut self, id: u32, at: At, fills: &mut Fills) {
        if !self.books.contains_key(&id) {
            return;
        }
        loop {
            if !self.masses.is_empty() {
                return self.postpone(id);
            }
            let Some(next) = self.next(id, at, fills) else { break };
            if at.room(fills) < self.need(next) || !self.step(id, next, at, fills) {
                return self.postpone(id);
            }
        }
        if !self.tell_session(id, at, fills) {
            return self.postpone(id);
        }
        if self.books[&id].session.collects() {
            self.touched.insert(id, at.index);
        }
    }

    fn next(&self, id: u32, at: At, fills: &Fills) -> Option<Next> {
        let book = &self.books[&id];
        if book.leaving.is_some() {
            return Some(Next::Auction);
        }
        let waiting = book.waiting.iter().flatten().next().copied();
        if let Some(order) = waiting.filter(|_| book.session == SessionState::ClosingAuction) {
            return Some(Next::Close(order));
        }
        if let Some((exit, entered)) = self.next_exit(id) {
            return Some(Next::Exit(exit, entered));
        }
        if book.session != SessionState::Continuous {
            return None;
        }
        let stop = self.next_stop(id).map(Next::Stop);
        stop.or_else(|| self.next_fit(id, at, fills).map(Next::Floored))
            .or_else(|| self.next_peg(id).map(|(peg, price)| Next::Peg(peg, price)))
    }

    /// The events without which it does not begin.
    fn need(&self, next: Next) -> usize {
        match next {
            Next::Auction | Next::Floored(_) => 0,
            Next::Close(_) => 1,
            Next::Exit(exit, entered) => self.need_of_exit(exit, entered),
            Next::Stop(stop) => 4 + self.partners(&[stop]),
            Next::Peg(..) => 4,
        }
    }

    /// Does it; says whether there was room for all of it.
    fn step(&mut self, id: u32, next: Next, at: At, fills: &mut Fills) -> bool {
        match next {
            Next::Auction => return self.leave_auction(id, at, fills),
            Next::Close(order) => self.collect(order, at, fills),
            Next::Exit(exit, entered) => self.end_wait(exit, entered, at, fills),
            Next::Stop(stop) => {
                self.take(stop);
                self.trigger(stop, at, fills);
            }
            Next::Floored(order) => {
                let reach = self.reach(order);
                if self.orders[&order].floor() == self.orders[&order].leaves {
                    let gifts = self.chosen(order, &reach);
                    if !gifts.is_empty() {
                        self.give(order, gifts, at, fills);
                        return true;
                    }
                }
                match self.sweep(order, &reach, at, fills) {
                    Swept::SelfTrade(reason) => {
                        self.leave(order, ExecType::Canceled, reason, at, fills);
                    }
                    Swept::LeftBand => self.break_band(id),
                    _ => {}
                }
            }
            Next::Peg(peg, price) => self.move_peg(peg, price, at, fills),
        }
        true
    }

    fn next_stop(&self, id: u32) -> Option<u64> {
        let book = &self.books[&id];
        for number in [0, 1] {
            let waiting = book.stops[number].values().flatten();
            let waiting = waiting.map(|id| &self.orders[id]);
            let reached = waiting
                .filter(|order| book.last_trade != 0 && order.is_reached(book.last_trade))
                .enumerate()
                .map(|(place, order)| (order.key_of(order.stop_at()), order.id, place));
            // Within a stop price the first in its queue comes first, whatever its id.
            let of_stops = reached.min_by_key(|&(key, _, place)| (-key, place));
            let elected = book.trailing[number].iter().map(|id| &self.orders[id]);
            let of_trailing = elected
                .filter(|order| order.elected)
                .map(|order| (-order.key_of(order.stop_at()), order.id))
                .min();
            let of_stops = of_stops.map(|(key, id, _)| (-key, id));
            let next = [of_stops, of_trailing].into_iter().flatten().min();
            if let Some((_, id)) = next {
                return Some(id);
            }
        }
        None
    }

    fn next_fit(&self, id: u32, at: At, fills: &Fills) -> Option<u64> {
        let book = &self.books[&id];
        if book.floored == 0 {
            return None;
        }
        let ids = book.limits.iter().flat_map(|queues| queues.values().flatten());
        let floored = ids.filter(|id| self.orders[id].has_floor());
        floored.copied().find(|&id| {
            let (order, reach) = (&self.orders[&id], self.reach(id));
            if order.floor() == order.leaves {
                let gifts = self.chosen(id, &reach);
                if !gifts.is_empty() {
                    return at.fits(self.events_of(id, &gifts), fills);
                }
            }
            let (quantity, events) = self.plan(id, &reach);
            quantity >= self.orders[&id].floor() && quantity > 0 && at.fits(events, fills)
        })
    }

    fn collect(&mut self, id: u64, at: At, fills: &mut Fills) {
        self.take(id);
        let order = self.orders.get_mut(&id).expect("open");
        fills.events.push(order.event(ExecType::Restated, order.status(), at.index));
        self.rest(id, fills);
    }
}
