//! What an engine shows of its state.

use super::MatchingEngine;
use crate::book::Book;
use crate::orders::{Extra, Order};
use crate::pod::Side;

impl MatchingEngine {
    /// The sequence of the last message applied.
    #[must_use]
    pub fn applied(&self) -> u64 {
        self.applied
    }

    /// Journal time of the last message, nanoseconds.
    #[must_use]
    pub fn time_ns(&self) -> i64 {
        self.time_ns
    }

    /// The running hash of the state.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        self.hash.value()
    }

    /// The book of an instrument.
    #[must_use]
    pub fn book(&self, instrument: u32) -> Option<&Book> {
        self.slot(instrument).map(|slot| &self.books[slot])
    }

    /// All books, in the order in which their instruments were made.
    #[must_use]
    pub fn books(&self) -> &[Book] {
        &self.books
    }

    /// How many orders are open.
    #[must_use]
    pub fn open_orders(&self) -> usize {
        self.orders.open()
    }

    /// An open order.
    #[must_use]
    pub fn order(&self, id: u64) -> Option<&Order> {
        self.orders.find(id).map(|index| self.orders.get(index))
    }

    /// What an open order shows of what is open.
    #[must_use]
    pub fn shown(&self, id: u64) -> i64 {
        self.orders.find(id).map_or(0, |index| self.orders.shown(index))
    }

    /// What an open order has that a plain one doesn't.
    #[must_use]
    pub fn extra(&self, id: u64) -> Option<&Extra> {
        self.orders.find(id).and_then(|index| self.orders.extra(index))
    }

    /// An open order by the name that its owner gave it.
    #[must_use]
    pub fn order_named(&self, name: u64) -> Option<&Order> {
        self.orders.find_named(name).map(|index| self.orders.get(index))
    }

    /// What an open order that was found shows, and what it has that a plain one doesn't.
    #[must_use]
    pub fn more_of(&self, order: &Order) -> (i64, Option<&Extra>) {
        (self.orders.shown_of(order), self.orders.extra_at(order.extra))
    }

    /// The orders of one side of a book in the order in which they would trade.
    pub fn orders(&self, instrument: u32, side: Side) -> impl Iterator<Item = &Order> + '_ {
        self.book(instrument).into_iter().flat_map(move |book| book.side(side).orders(&self.orders))
    }

    /// The orders of an instrument that are open and not among the limit orders of its book, each
    /// with what it has beside a plain order, `place` among it: resting market orders, stops,
    /// trailing stops, orders for an auction to come, exits whose entry lives, suspended pegged
    /// orders. In that order, buys first, each in the order in which they would be served.
    pub fn waiting(&self, instrument: u32) -> impl Iterator<Item = (&Order, &Extra)> + '_ {
        let queues = self.book(instrument).into_iter().flat_map(Book::waiting_queues);
        let orders = queues.flat_map(|queues| queues.orders(&self.orders));
        orders.filter_map(|order| Some((order, self.orders.extra_at(order.extra)?)))
    }
}
