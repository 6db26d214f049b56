//! One instrument's book: two sides of price levels, each level a queue in order of arrival.
//!
//! Both sides are one type. A side counts prices in *keys*, the price on the ask side and its
//! negative on the bid side, so that on either a lower key is a better price.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::enums::SessionState;
use crate::ladder::Ladder;
use crate::orders::{Order, Orders, Place, NIL};
use crate::pod::{Instrument, InstrumentRules, Side};
use crate::prices::Band;
use crate::rules::{Residual, Rules};
use crate::ticks::Ticks;
use bytemuck::Zeroable;

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

/// An entry that has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    /// Its id, which its exits' follow.
    pub id: u64,
    /// What it traded.
    pub traded: i64,
    /// How many legs its list has.
    pub legs: u8,
    /// The exit that is next.
    pub next: u8,
}

/// One instrument's book.
#[derive(Clone, Debug)]
pub struct Book {
    pub(crate) instrument: Instrument,
    /// Bids, then asks.
    pub(crate) sides: [BookSide; 2],
    /// Market orders that rest, in order of arrival.
    pub(crate) markets: [BookSide; 2],
    /// Stops that wait: those that buy by rising, those that sell by falling stop price.
    pub(crate) stops: [BookSide; 2],
    /// Trailing stops that wait, in order of arrival.
    pub(crate) trailing: [BookSide; 2],
    /// Orders that wait for their auction, in order of arrival.
    pub(crate) waiting: [BookSide; 2],
    /// Exits that wait for their entry's end, in order of arrival.
    pub(crate) held: [BookSide; 2],
    /// Pegged orders without a price.
    pub(crate) suspended: [BookSide; 2],
    /// All pegged orders, by rising id, and where each is in the arena.
    pub(crate) pegs: Vec<(u64, u32)>,
    /// The best bid and ask for which all pegged orders have their price.
    pub(crate) pegs_seen: Option<(i64, i64)>,
    /// So many of them, the first, have their price.
    pub(crate) pegs_right: usize,
    /// Entries that have ended and whose exits are to follow, in order of their ends.
    pub(crate) ended: VecDeque<Ended>,
    pub(crate) rules: Rules,
    pub(crate) bounds: InstrumentRules,
    pub(crate) session: SessionState,
    /// Price of the last trade, or what an operator said it is; 0: none.
    pub(crate) last_trade: i64,
    /// What an auction takes for reference, if an operator said so.
    pub(crate) reference: i64,
    /// Price and quantity of the last auction; 0: none.
    pub(crate) last_auction: (i64, i64),
    /// Orders that rest and have a floor: all or none, or a minimum.
    pub(crate) floored: u32,
    /// How many of them each account has that has some.
    floored_by: Vec<(u32, u32)>,
    /// Pegged orders, and entries whose exits are to follow.
    pub(crate) followers: u32,
    /// Every taker has more to look at than price, time and whose order it meets.
    pub(crate) special: bool,
    /// Every order that comes has more to be looked at than its shape.
    pub(crate) screened: bool,
    /// Every market order has more to look at than what is there.
    pub(crate) marks: bool,
    /// The session has changed and that is still to be told.
    pub(crate) untold: bool,
    /// It is in the list of books in which something is still to follow.
    pub(crate) pending: bool,
    /// The last command of this message that may have changed what an auction would do.
    pub(crate) touched: Option<u32>,
    /// When a volatility auction ends by itself, nanoseconds; 0: it doesn't.
    pub(crate) auction_ends_ns: i64,
    /// When the next session begins, nanoseconds; 0: none is scheduled.
    pub(crate) next_session_ns: i64,
    /// What the last status said of an auction: price, quantity, imbalance.
    pub(crate) indicated: (i64, i64, i64),
    /// The session that an auction under way leads to, and its price; 0: nothing trades.
    pub(crate) leaving: Option<(SessionState, i64)>,
}

impl Book {
    pub(crate) fn new(instrument: Instrument, rules: Rules) -> Self {
        let queues = || [BookSide::new(1), BookSide::new(1)];
        let mut book = Self {
            instrument,
            sides: [BookSide::new(-1), BookSide::new(1)],
            markets: queues(),
            stops: [BookSide::new(1), BookSide::new(-1)],
            trailing: queues(),
            waiting: queues(),
            held: queues(),
            suspended: queues(),
            pegs: Vec::new(),
            pegs_seen: None,
            pegs_right: 0,
            ended: VecDeque::new(),
            rules,
            bounds: InstrumentRules { instrument: instrument.id, ..InstrumentRules::zeroed() },
            session: SessionState::Continuous,
            last_trade: 0,
            reference: 0,
            last_auction: (0, 0),
            floored: 0,
            floored_by: Vec::new(),
            followers: 0,
            special: false,
            screened: false,
            marks: false,
            untold: false,
            pending: false,
            touched: None,
            auction_ends_ns: 0,
            next_session_ns: 0,
            indicated: (0, 0, 0),
            leaving: None,
        };
        book.judge();
        book
    }

    /// Finds out anew what there is to look at beside price and time.
    pub(crate) fn judge(&mut self) {
        let closed = self.session != SessionState::Continuous;
        self.special = self.rules.are_special()
            || closed
            || self.untold
            || self.bounds.dynamic_band_bps != 0
            || self.trailing.iter().chain(&self.markets).any(|side| !side.is_empty());
        self.screened = closed || self.bounds.static_band_bps != 0 || !self.ticks().is_flat();
        self.marks = self.rules.residual != Residual::Cancel || self.bounds.protection_bps != 0;
    }

    /// Counts an order that has a floor and comes to rest, or doesn't rest any more.
    pub(crate) fn count_floored(&mut self, account: u32, comes: bool) {
        let place = self.floored_by.iter().position(|&(of, _)| of == account);
        let place = place.unwrap_or_else(|| {
            self.floored_by.push((account, 0));
            self.floored_by.len() - 1
        });
        let (_, count) = &mut self.floored_by[place];
        if comes {
            (*count, self.floored) = (*count + 1, self.floored + 1);
        } else {
            (*count, self.floored) = (*count - 1, self.floored - 1);
            if *count == 0 {
                self.floored_by.swap_remove(place);
            }
        }
    }

    /// How many orders of an account rest and have a floor.
    pub(crate) fn floored_of(&self, account: u32) -> usize {
        let own = self.floored_by.iter().find(|&&(of, _)| of == account);
        own.map_or(0, |&(_, count)| count as usize)
    }

    /// The prices that there are.
    pub(crate) fn ticks(&self) -> Ticks {
        Ticks::new(self.instrument.tick_size, &self.bounds)
    }

    /// Where limit prices may be; None: there is nothing that says so, and there should be.
    pub(crate) fn static_band(&self) -> Option<Band> {
        let (reference, bps) = (self.static_reference(), self.bounds.static_band_bps);
        (reference != 0 || bps == 0).then(|| Band::around(reference, bps))
    }

    /// Where an order that begins to trade now may trade.
    pub(crate) fn dynamic_band(&self) -> Band {
        let last = self.last_trade;
        let reference = if last != 0 { last } else { self.static_reference() };
        Band::around(reference, self.bounds.dynamic_band_bps)
    }

    /// Whether something may follow a command beyond what it asked for.
    #[inline]
    pub(crate) fn is_watched(&self) -> bool {
        self.floored | self.followers != 0
            || self.special
            || !self.stops[0].is_empty()
            || !self.stops[1].is_empty()
    }

    /// The session that the instrument is in.
    #[must_use]
    pub fn session(&self) -> SessionState {
        self.session
    }

    /// Price of the last trade; 0: none.
    #[must_use]
    pub fn last_trade(&self) -> i64 {
        self.last_trade
    }

    /// What the static band is around: the price of the last auction, else the instrument's
    /// reference price; 0: none.
    #[must_use]
    pub fn static_reference(&self) -> i64 {
        match self.last_auction {
            (0, _) => self.instrument.reference_price,
            (price, _) => price,
        }
    }

    /// Price and quantity of the last auction in which something traded.
    #[must_use]
    pub fn last_auction(&self) -> Option<(i64, i64)> {
        (self.last_auction.0 != 0).then_some(self.last_auction)
    }

    /// What an auction would do now, as last told: price, quantity, and what is left there,
    /// positive on the buy side.
    #[must_use]
    pub fn indication(&self) -> Option<(i64, i64, i64)> {
        (self.session.collects() && self.indicated.0 != 0).then_some(self.indicated)
    }

    /// What an auction under way, or the next, takes for reference if an operator said so; 0: none.
    #[must_use]
    pub fn auction_reference(&self) -> i64 {
        self.reference
    }

    /// When the volatility auction under way ends by itself, nanoseconds.
    #[must_use]
    pub fn auction_ends_ns(&self) -> Option<i64> {
        (self.auction_ends_ns != 0).then_some(self.auction_ends_ns)
    }

    /// What bounds its prices, and when it trades.
    #[must_use]
    pub fn bounds(&self) -> &InstrumentRules {
        &self.bounds
    }

    /// How it trades.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// All queues of orders that wait, beside those of limit orders.
    pub(crate) fn waiting_queues(&self) -> impl Iterator<Item = &BookSide> + '_ {
        [&self.markets, &self.stops, &self.trailing, &self.waiting, &self.held, &self.suspended]
            .into_iter()
            .flatten()
    }

    /// Number of market orders of a side that rest.
    #[must_use]
    pub fn resting_markets(&self, side: Side) -> u32 {
        self.markets[side_index(side)].count()
    }

    /// The queues of a kind of place.
    #[inline]
    pub(crate) fn place_mut(&mut self, place: Place, side: Side) -> &mut BookSide {
        let queues = match place {
            Place::Limit => &mut self.sides,
            Place::Market => &mut self.markets,
            Place::Stop => &mut self.stops,
            Place::Trailing => &mut self.trailing,
            Place::Waiting => &mut self.waiting,
            Place::Held => &mut self.held,
            Place::Suspended => &mut self.suspended,
        };
        &mut queues[side_index(side)]
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
pub(crate) struct Queue {
    pub key: i64,
    /// Sum of what the orders show.
    pub quantity: i64,
    pub orders: u32,
    /// Orders among them that aren't plain.
    pub special: u32,
    pub first: u32,
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
    /// Some orders there aren't plain.
    Unclear,
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

    /// Whether nothing is here.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.best == NIL
    }

    /// Number of orders in the best queue, which is the only one where there are no prices.
    pub fn count(&self) -> u32 {
        match self.best {
            NIL => 0,
            best => self.levels[best as usize].orders,
        }
    }

    /// The first order of the best queue.
    pub fn first(&self) -> Option<u32> {
        self.next_maker(WORST - 1)
    }

    /// The queue that an order is in.
    pub fn queue(&self, order: &Order) -> &Queue {
        &self.levels[order.level as usize]
    }

    /// The queues, best first.
    pub fn queues(&self) -> impl Iterator<Item = &Queue> + '_ {
        self.ladder.iter().map(|level| &self.levels[level as usize])
    }

    /// The price of a key.
    pub fn price(&self, key: i64) -> i64 {
        key * self.sign
    }

    /// The order after this one that an incoming one with this limit may trade with.
    pub fn after(&self, orders: &Orders, index: u32, limit_key: i64) -> Option<u32> {
        let order = orders.get(index);
        if order.next != NIL {
            return Some(order.next);
        }
        let level = self.ladder.after(self.levels[order.level as usize].key)?;
        let queue = &self.levels[level as usize];
        (queue.key <= limit_key).then_some(queue.first)
    }

    /// Puts a limit order at the back of the queue at its price.
    #[inline]
    pub fn rest(&mut self, orders: &mut Orders, index: u32) {
        let price = orders.get(index).price;
        self.rest_at(orders, index, price);
    }

    /// Reads a level, if it is one.
    #[inline]
    pub fn touch_level(&self, level: u32) -> u32 {
        self.levels.get(level as usize).map_or(0, |queue| queue.orders)
    }

    /// Reads the level of a price; the last order there, if there is one.
    #[inline]
    pub fn touch_price(&self, price: i64) -> u32 {
        let level = self.ladder.peek(price * self.sign);
        level.map_or(NIL, |level| self.levels[level as usize].last)
    }

    /// Puts an order at the back of the queue at a price.
    #[inline]
    pub fn rest_at(&mut self, orders: &mut Orders, index: u32, price: i64) {
        let key = price * self.sign;
        let level = if key == self.best_key {
            self.best
        } else {
            match self.ladder.find(key) {
                Ok(level) => level,
                Err(position) => self.open_level(key, position),
            }
        };
        let queue = &mut self.levels[level as usize];
        queue.orders += 1;
        let order = orders.get_mut(index);
        order.level = level;
        order.prev = queue.last;
        order.next = NIL;
        if order.extra == NIL {
            queue.quantity += order.leaves;
        } else {
            queue.quantity += orders.shown(index);
            queue.special += 1;
        }
        match queue.last {
            NIL => queue.first = index,
            last => orders.get_mut(last).next = index,
        }
        queue.last = index;
    }

    /// Takes an order out of its queue.
    #[inline]
    pub fn remove(&mut self, orders: &mut Orders, index: u32) {
        let order = orders.get_mut(index);
        let Order { prev, next, level, extra, leaves, .. } = *order;
        order.level = NIL;
        let queue = &mut self.levels[level as usize];
        queue.orders -= 1;
        if extra == NIL {
            queue.quantity -= leaves;
        } else {
            queue.quantity -= orders.shown(index);
            queue.special -= 1;
        }
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

    /// Counts that an order in a queue shows another quantity than before.
    pub fn shift(&mut self, level: u32, change: i64) {
        self.levels[level as usize].quantity += change;
    }

    /// Puts an order of a queue at the back of it.
    pub fn move_back(&mut self, orders: &mut Orders, index: u32) {
        let order = orders.get(index);
        if order.next == NIL {
            return;
        }
        // Others stay behind, so the level stays too.
        let price = self.price(self.levels[order.level as usize].key);
        self.remove(orders, index);
        self.rest_at(orders, index, price);
    }

    /// Lowers a plain order's open quantity where it stands, keeping its place in the queue.
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
            if queue.special != 0 {
                return Fillable::Unclear;
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
        let queue = Queue { key, quantity: 0, orders: 0, special: 0, first: NIL, last: NIL };
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
        self.ladder.insert(position, level);
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
