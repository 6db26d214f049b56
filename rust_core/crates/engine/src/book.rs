//! One instrument's book: two sides of price levels, each level a queue in order of arrival.
//!
//! Both sides are one type. A side counts prices in *keys*, the price on the ask side and its
//! negative on the bid side, so that on either a lower key is a better price.

use alloc::vec::Vec;

use crate::ladder::Ladder;
use crate::orders::{Order, Orders, NIL};
use crate::pod::{Instrument, Side};

/// The key that no price is as bad as: the limit of a market order, the best key of an empty side.
const WORST: i64 = i64::MAX;

/// A price level as the outside sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// The price.
    pub price: i64,
    /// Sum of the open quantities.
    pub quantity: i64,
    /// Number of orders.
    pub orders: u32,
}

/// One instrument's book.
#[derive(Clone, Debug)]
pub struct Book {
    pub(crate) instrument: Instrument,
    /// Bids, then asks.
    pub(crate) sides: [BookSide; 2],
}

impl Book {
    pub(crate) fn new(instrument: Instrument) -> Self {
        Self { instrument, sides: [BookSide::new(-1), BookSide::new(1)] }
    }

    /// What is traded here.
    #[must_use]
    pub fn instrument(&self) -> &Instrument {
        &self.instrument
    }

    /// The best level of a side.
    #[must_use]
    pub fn best(&self, side: Side) -> Option<Level> {
        self.levels(side).next()
    }

    /// The levels of a side, best first.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = Level> + '_ {
        let side = &self.sides[side_index(side)];
        side.ladder.iter().map(|index| {
            let level = &side.levels[index as usize];
            Level { price: level.key * side.sign, quantity: level.quantity, orders: level.orders }
        })
    }

    pub(crate) fn side(&self, side: Side) -> &BookSide {
        &self.sides[side_index(side)]
    }

    #[inline]
    pub(crate) fn side_mut(&mut self, side: Side) -> &mut BookSide {
        &mut self.sides[side_index(side)]
    }

    #[inline]
    pub(crate) fn opposite_mut(&mut self, side: Side) -> &mut BookSide {
        &mut self.sides[1 - side_index(side)]
    }
}

/// Where a side stands in a book's pair. "None" never gets here: commands are checked first.
#[inline]
pub(crate) fn side_index(side: Side) -> usize {
    usize::from(side == Side::Sell)
}

/// A queue of orders at one price.
#[derive(Clone, Copy, Debug)]
struct Queue {
    key: i64,
    quantity: i64,
    orders: u32,
    first: u32,
    last: u32,
}

/// Whether a side holds what a fill-or-kill order wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fillable {
    Yes,
    /// There is too little.
    No,
    /// There is enough, spread over more orders than one command may trade with.
    TooMany,
}

/// One side of a book.
#[derive(Clone, Debug)]
pub(crate) struct BookSide {
    /// −1 for bids, 1 for asks: what turns a price into a key and back.
    sign: i64,
    best_key: i64,
    best: u32,
    ladder: Ladder,
    levels: Vec<Queue>,
    free: Vec<u32>,
}

impl BookSide {
    fn new(sign: i64) -> Self {
        Self {
            sign,
            best_key: WORST,
            best: NIL,
            ladder: Ladder::default(),
            levels: Vec::new(),
            free: Vec::new(),
        }
    }

    /// The worst key at which an incoming order trades with this side; its price is 0 for "any".
    #[inline]
    pub fn limit_key(&self, price: i64) -> i64 {
        if price == 0 {
            WORST - 1
        } else {
            price * self.sign
        }
    }

    /// The order that an incoming one with this limit trades with next.
    #[inline]
    pub fn next_maker(&self, limit_key: i64) -> Option<u32> {
        (self.best_key <= limit_key).then(|| self.levels[self.best as usize].first)
    }

    /// Puts an order at the back of the queue at its price.
    #[inline]
    pub fn rest(&mut self, orders: &mut Orders, index: u32) {
        let order = orders.get_mut(index);
        let key = order.price * self.sign;
        let level = if key == self.best_key {
            self.best
        } else {
            match self.ladder.find(key) {
                Ok(level) => level,
                Err(position) => self.open_level(key, position),
            }
        };
        let queue = &mut self.levels[level as usize];
        queue.quantity += order.leaves;
        queue.orders += 1;
        order.level = level;
        order.prev = queue.last;
        order.next = NIL;
        match queue.last {
            NIL => queue.first = index,
            last => orders.get_mut(last).next = index,
        }
        queue.last = index;
    }

    /// Takes an order out of its queue.
    #[inline]
    pub fn remove(&mut self, orders: &mut Orders, index: u32) {
        let &Order { prev, next, level, leaves, .. } = orders.get(index);
        let queue = &mut self.levels[level as usize];
        queue.quantity -= leaves;
        queue.orders -= 1;
        match prev {
            NIL => queue.first = next,
            prev => orders.get_mut(prev).next = next,
        }
        match next {
            NIL => queue.last = prev,
            next => orders.get_mut(next).prev = prev,
        }
        if queue.orders == 0 {
            debug_assert!(queue.quantity == 0);
            let key = queue.key;
            self.close_level(key, level);
        }
    }

    /// Lowers an order's open quantity where it stands, keeping its place in the queue.
    #[inline]
    pub fn reduce(&mut self, order: &mut Order, leaves: i64) {
        self.levels[order.level as usize].quantity -= order.leaves - leaves;
        order.leaves = leaves;
    }

    /// Counts a trade of an order that stands here; it is still to be removed when all of it
    /// traded.
    #[inline]
    pub fn fill(&mut self, order: &mut Order, quantity: i64) {
        self.levels[order.level as usize].quantity -= quantity;
        order.fill(order.price, quantity);
    }

    /// Whether this quantity is there up to this key, in at most this many trades.
    pub fn fillable(
        &self,
        orders: &Orders,
        limit_key: i64,
        quantity: i64,
        trades: usize,
    ) -> Fillable {
        let (mut wanted, mut count) = (quantity, 0);
        for level in self.ladder.iter() {
            let queue = &self.levels[level as usize];
            if queue.key > limit_key {
                return Fillable::No;
            }
            if queue.quantity < wanted {
                wanted -= queue.quantity;
                count += queue.orders as usize;
                continue;
            }
            let mut index = queue.first;
            while wanted > 0 {
                let order = orders.get(index);
                wanted -= order.leaves;
                count += 1;
                index = order.next;
            }
            return if count <= trades { Fillable::Yes } else { Fillable::TooMany };
        }
        Fillable::No
    }

    /// The orders of this side in the order in which they would trade.
    pub fn orders<'a>(&'a self, orders: &'a Orders) -> impl Iterator<Item = &'a Order> + 'a {
        self.ladder.iter().flat_map(move |level| {
            let first = self.levels[level as usize].first;
            core::iter::successors(Some(orders.get(first)), move |order| {
                (order.next != NIL).then(|| orders.get(order.next))
            })
        })
    }

    #[inline(never)]
    fn open_level(&mut self, key: i64, position: crate::ladder::Position) -> u32 {
        let queue = Queue { key, quantity: 0, orders: 0, first: NIL, last: NIL };
        let level = match self.free.pop() {
            Some(level) => {
                self.levels[level as usize] = queue;
                level
            }
            None => {
                self.levels.push(queue);
                // So that closing levels never allocates.
                self.free.reserve(self.levels.capacity());
                self.levels.len() as u32 - 1
            }
        };
        self.ladder.insert(position, key, level);
        if key < self.best_key {
            (self.best_key, self.best) = (key, level);
        }
        level
    }

    #[inline(never)]
    fn close_level(&mut self, key: i64, level: u32) {
        self.ladder.remove(key);
        self.free.push(level);
        if key == self.best_key {
            (self.best_key, self.best) = match self.ladder.best() {
                Some(best) => (self.levels[best as usize].key, best),
                None => (WORST, NIL),
            };
        }
    }
}
