//! Orders whose price follows the best prices of others.

use alloc::vec::Vec;

use super::{Context, MatchingEngine, Turn};
use crate::events::stood;
use crate::orders::{Extra, Place, NIL};
use crate::pod::{Event, ExecType, PegPrice, SessionState, Side, MAX_PRICE};

/// The most pegged orders of an instrument.
pub(super) const MAX_PEGS: usize = 1024;

impl MatchingEngine {
    /// The best bid and ask of limit orders that aren't pegged; 0: none.
    fn followed(&self, slot: usize) -> (i64, i64) {
        (self.best_unpegged(slot, Side::Buy), self.best_unpegged(slot, Side::Sell))
    }

    fn best_unpegged(&self, slot: usize, side: Side) -> i64 {
        let side = self.books[slot].side(side);
        for queue in side.queues() {
            let mut at = queue.first;
            // Only what isn't plain may be pegged.
            let mut found = queue.special < queue.orders;
            while !found && at != NIL {
                found = self.orders.extra(at).is_none_or(|extra| extra.peg == PegPrice::None);
                at = self.orders.get(at).next;
            }
            if found {
                return side.price(queue.key);
            }
        }
        0
    }

    /// The price that a pegged order has when these are the best; 0: none. A middle between two
    /// prices and the rest of a tick are for the other side's good. It is never outside of the
    /// static band: beyond an edge it stays at the last tick inside, and an order whose limit
    /// leaves no price inside, or a band around nothing, has none.
    fn peg_price(&self, index: u32, slot: usize, (bid, ask): (i64, i64)) -> i64 {
        let extra = self.orders.extra(index).expect("a pegged order has more");
        let twice = match extra.peg {
            PegPrice::Bid if bid != 0 => 2 * bid,
            PegPrice::Ask if ask != 0 => 2 * ask,
            PegPrice::Mid if bid != 0 && ask != 0 => bid + ask,
            _ => return 0,
        } + 2 * extra.peg_offset;
        let book = &self.books[slot];
        let (ticks, Some(band)) = (book.ticks(), book.static_band()) else { return 0 };
        let lowest = ticks.up(band.low.max(1));
        let highest = ticks.down(band.high.min(MAX_PRICE));
        if lowest > highest {
            return 0;
        }
        let buys = self.orders.get(index).side() == Side::Buy;
        let whole = if buys { twice.div_euclid(2) } else { -(-twice).div_euclid(2) };
        let whole = whole.clamp(0, MAX_PRICE + 1);
        let price = if buys { ticks.down(whole) } else { ticks.up(whole) };
        // A limit from before ticks changed may be below the first of them, and it still holds.
        let price = capped(price.clamp(lowest, highest), extra.peg_limit, buys);
        if band.holds(price) {
            price
        } else {
            0
        }
    }

    /// What a pegged order's price is to be now; 0: none. It follows in continuous trading only.
    fn peg_price_now(&self, index: u32, slot: usize) -> i64 {
        if self.books[slot].session != SessionState::Continuous {
            return 0;
        }
        self.peg_price(index, slot, self.followed(slot))
    }

    /// Takes a new pegged order.
    pub(super) fn enter_pegged(
        &mut self,
        index: u32,
        slot: usize,
        turn: Turn,
        events: &mut Vec<Event>,
    ) -> bool {
        let price = self.peg_price_now(index, slot);
        self.orders.get_mut(index).price = price;
        let event = self.event(index, ExecType::New, turn.index);
        events.push(event);
        let id = self.orders.get(index).id;
        let book = &mut self.books[slot];
        book.pegs.push((id, index));
        book.followers += 1;
        if price != 0 {
            return self.execute(index, slot, turn, events);
        }
        self.suspend(index, slot, turn.index, events);
        true
    }

    /// Lets a pegged order that is in no queue wait for a price.
    fn suspend(&mut self, index: u32, slot: usize, command_index: u32, events: &mut Vec<Event>) {
        let event = self.event(index, ExecType::Suspended, command_index);
        events.push(event);
        self.put_in(index, slot, Place::Suspended, 0);
    }

    /// The pegged order that moves next, and to which price. Those before it have theirs, as long
    /// as the best prices stay.
    pub(super) fn next_peg(&mut self, slot: usize) -> Option<(u32, i64)> {
        if self.books[slot].pegs.is_empty() {
            return None;
        }
        let followed = self.followed(slot);
        let book = &mut self.books[slot];
        if book.pegs_seen != Some(followed) {
            (book.pegs_seen, book.pegs_right) = (Some(followed), 0);
        }
        loop {
            let book = &self.books[slot];
            let &(_, index) = book.pegs.get(book.pegs_right)?;
            let price = self.peg_price(index, slot, followed);
            if price != self.orders.get(index).price {
                return Some((index, price));
            }
            self.books[slot].pegs_right += 1;
        }
    }

    /// Moves a pegged order: it is a new arrival at another price, or waits for one.
    pub(super) fn move_peg(
        &mut self,
        index: u32,
        price: i64,
        slot: usize,
        turn: Turn,
        events: &mut Vec<Event>,
    ) {
        let was = self.take_peg(index, slot);
        self.orders.get_mut(index).price = price;
        let exec_type = if price == 0 { ExecType::Suspended } else { ExecType::Restated };
        let mut event = self.event(index, exec_type, turn.index);
        if let Some((price, shown)) = was {
            stood(&mut event, price, shown);
        }
        events.push(event);
        if price == 0 {
            self.put_in(index, slot, Place::Suspended, 0);
        } else if !self.execute(index, slot, turn, events) {
            self.finish(index, slot);
        }
    }

    /// Takes a pegged order out of its queue; says where it stood and what it showed.
    fn take_peg(&mut self, index: u32, slot: usize) -> Option<(i64, i64)> {
        let stood = (self.orders.place(index) == Place::Limit)
            .then(|| (self.orders.get(index).price, self.orders.shown(index)));
        self.take_out(index, slot);
        self.peg_extra(index).place = Place::Limit;
        stood
    }

    fn peg_extra(&mut self, index: u32) -> &mut Extra {
        self.orders.extra_mut(index).expect("a pegged order has more")
    }

    /// Gives a pegged order another limit or quantity.
    pub(super) fn amend_pegged(
        &mut self,
        index: u32,
        slot: usize,
        leaves: i64,
        at: Context<'_>,
        events: &mut Vec<Event>,
    ) {
        let order = *self.orders.get(index);
        let extra = self.peg_extra(index);
        let (place, was_limit) = (extra.place, extra.peg_limit);
        if at.command.price != 0 {
            extra.peg_limit = at.command.price;
        }
        let limit = extra.peg_limit;
        if limit != was_limit {
            // With another limit it may have a price inside the band where it had none.
            self.books[slot].pegs_seen = None;
        }
        let before = self.orders.shown(index);
        if place == Place::Suspended || limit == was_limit && leaves <= order.leaves {
            self.orders.get_mut(index).leaves = leaves;
            let mut event = self.event(index, ExecType::Replaced, at.index);
            self.tell_place(index, slot, before, false, &mut event);
            events.push(event);
            return;
        }
        self.take_peg(index, slot);
        self.orders.get_mut(index).leaves = leaves;
        let price = if self.books[slot].session == SessionState::Continuous {
            self.peg_price_now(index, slot)
        } else {
            capped(order.price, limit, order.side() == Side::Buy)
        };
        self.orders.get_mut(index).price = price;
        let mut event = self.event(index, ExecType::Replaced, at.index);
        stood(&mut event, order.price, before);
        events.push(event);
        if price == 0 {
            self.suspend(index, slot, at.index, events);
        } else if !self.execute(index, slot, at.turn(), events) {
            self.finish(index, slot);
        }
    }

    /// Forgets a pegged order that ends.
    pub(super) fn forget_peg(&mut self, index: u32, slot: usize) {
        let id = self.orders.get(index).id;
        let book = &mut self.books[slot];
        let place = book.pegs.binary_search_by_key(&id, |&(id, _)| id).expect("it is pegged");
        book.pegs.remove(place);
        book.pegs_right -= usize::from(place < book.pegs_right);
        book.followers -= 1;
    }
}

/// A price that isn't beyond a limit; 0: there is none.
fn capped(price: i64, limit: i64, buys: bool) -> i64 {
    match (limit, buys) {
        (0, _) => price,
        (limit, true) => price.min(limit),
        (limit, false) => price.max(limit),
    }
}
