//! Orders that follow the best prices.

use engine::pod::{
    Command, ExecType, OrdType, OrderTerms, PegPrice, SessionState, Side, MAX_PRICE,
    TERMS_PEG_SHIFT,
};
use engine::Fills;

use super::order::{after, before};
use super::{At, Place, Reference};

/// The most pegged orders of an instrument.
pub(super) const PEGGED_MOST: usize = 1_024;

/// What the terms of an order say that it follows.
pub(super) fn followed(terms: &OrderTerms) -> PegPrice {
    let number = (terms.flags >> TERMS_PEG_SHIFT & 3) as u16;
    PegPrice::try_from(number).expect("two bits name one of four")
}

impl Reference {
    /// The best price of a side, pegged orders not counted.
    fn best_unpegged(&self, instrument: u32, side: usize) -> Option<i64> {
        let orders = self.books[&instrument].limits[side].values().flatten();
        let orders = orders.map(|id| &self.orders[id]);
        orders
            .filter(|order| order.command.ord_type != OrdType::Pegged.number())
            .map(|order| order.price)
            .next()
    }

    /// Where a pegged order belongs now, if there is anything to follow.
    pub(super) fn peg_price(&self, id: u64) -> Option<i64> {
        let instrument = self.orders[&id].command.instrument;
        let bests = [0, 1].map(|side| self.best_unpegged(instrument, side));
        self.peg_price_at(id, bests)
    }

    fn peg_price_at(&self, id: u64, bests: [Option<i64>; 2]) -> Option<i64> {
        let order = &self.orders[&id];
        let book = &self.books[&order.command.instrument];
        let best = |side: usize| bests[side].map(i128::from);
        let twice = match followed(&order.terms) {
            PegPrice::None => unreachable!("a pegged order says what it follows"),
            PegPrice::Bid => 2 * best(0)?,
            PegPrice::Ask => 2 * best(1)?,
            PegPrice::Mid => best(0)? + best(1)?,
        };
        let twice = twice + 2 * i128::from(order.terms.peg_offset);
        let whole = match order.side {
            Side::Buy => twice.div_euclid(2),
            _ => (twice + 1).div_euclid(2),
        };
        let whole = whole.clamp(0, i128::from(MAX_PRICE) + 1) as i64;
        let rounded = match order.side {
            Side::Buy => book.rounded_down(whole).unwrap_or(0),
            _ => book.rounded_up(whole),
        };
        let (lowest, highest) = book.standing()?;
        let price = limited(order.side, rounded.max(lowest).min(highest), order.command.price);
        // Where the limit is outside of the band there is no price for it.
        book.reason_against_price(price).is_none().then_some(price)
    }

    /// The first pegged order that isn't where it belongs, and where that is.
    pub(super) fn next_peg(&self, instrument: u32) -> Option<(u64, Option<i64>)> {
        let bests = [0, 1].map(|side| self.best_unpegged(instrument, side));
        let pegged = self.books[&instrument].pegged.iter().copied();
        pegged.map(|id| (id, self.peg_price_at(id, bests))).find(|&(id, price)| {
            let now = self.orders[&id].price;
            price.unwrap_or(0) != now
        })
    }

    pub(super) fn move_peg(&mut self, id: u64, price: Option<i64>, at: At, fills: &mut Fills) {
        let order = &self.orders[&id];
        let (was_price, was_shown) = (order.price, order.shows());
        let Some(price) = price else { return self.suspend(id, at, fills) };
        let rested = self.take(id) == Place::Limit;
        let order = self.orders.get_mut(&id).expect("open");
        order.price = price;
        let event = order.event(ExecType::Restated, order.status(), at.index);
        fills.events.push(if rested { before(event, was_price, was_shown) } else { event });
        self.execute(id, at, fills);
    }

    /// Nothing to follow: out of the book until there is.
    pub(super) fn suspend(&mut self, id: u64, at: At, fills: &mut Fills) {
        let order = &self.orders[&id];
        let (was_price, was_shown) = (order.price, order.shows());
        let rested = self.take(id) == Place::Limit;
        let order = self.orders.get_mut(&id).expect("open");
        order.price = 0;
        let event = order.event(ExecType::Suspended, order.status(), at.index);
        fills.events.push(if rested { before(event, was_price, was_shown) } else { event });
        self.put(id, Place::Suspended);
    }

    /// A new pegged order after it has been made.
    pub(super) fn enter_pegged(&mut self, id: u64, at: At, fills: &mut Fills) {
        let instrument = self.orders[&id].command.instrument;
        let book = self.books.get_mut(&instrument).expect("known");
        book.pegged.insert(id);
        let continuous = book.session == SessionState::Continuous;
        let price = self.peg_price(id).filter(|_| continuous);
        let order = self.orders.get_mut(&id).expect("open");
        order.price = price.unwrap_or(0);
        fills.events.push(order.event(ExecType::New, order.status(), at.index));
        match price {
            Some(_) => self.execute(id, at, fills),
            None => self.suspend(id, at, fills),
        }
    }

    pub(super) fn replace_pegged(
        &mut self,
        id: u64,
        command: &Command,
        leaves: i64,
        at: At,
        fills: &mut Fills,
    ) {
        let order = self.orders.get_mut(&id).expect("open");
        let limit = if command.price == 0 { order.command.price } else { command.price };
        let stays = limit == order.command.price && leaves <= order.leaves;
        let (was_price, was_shown) = (order.price, order.shows());
        order.command.price = limit;
        order.leaves = leaves;
        if order.place == Place::Suspended {
            return fills.events.push(order.event(ExecType::Replaced, order.status(), at.index));
        }
        if stays {
            let event = order.event(ExecType::Replaced, order.status(), at.index);
            let event = before(after(event, order.shows()), was_price, was_shown);
            return fills.events.push(event);
        }
        let (side, instrument) = (order.side, order.command.instrument);
        self.take(id);
        let price = match self.books[&instrument].session {
            SessionState::Continuous => self.peg_price(id),
            _ => Some(limited(side, was_price, limit)),
        };
        let order = self.orders.get_mut(&id).expect("open");
        order.price = price.unwrap_or(0);
        let event = order.event(ExecType::Replaced, order.status(), at.index);
        fills.events.push(before(event, was_price, was_shown));
        match price {
            Some(_) => self.execute(id, at, fills),
            None => self.suspend(id, at, fills),
        }
    }
}

/// A price that goes no further than a limit, if there is one.
fn limited(side: Side, price: i64, limit: i64) -> i64 {
    match (side, limit) {
        (_, 0) => price,
        (Side::Buy, limit) => price.min(limit),
        (_, limit) => price.max(limit),
    }
}
