//! Live orders as risk counts them, and the replaces that matching hasn't answered.
//!
//! An order reserves the largest quantity and the largest notional of its live terms and of every
//! unanswered replace; only FILLS reduce that.

use alloc::collections::VecDeque;

use crate::pod::MAX_PRICE;
use crate::table::{Arena, NONE};

/// The most unanswered replaces of one order: each is looked at when one of them is answered.
pub const MAX_PENDING: u32 = 1024;

/// Quantity and notional that an order reserves; notional is native.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reservation {
    /// Open quantity.
    pub quantity: i64,
    /// Open quantity at the price it is counted at.
    pub notional: i128,
}

impl Reservation {
    /// A quantity at a price.
    #[inline]
    pub fn of(quantity: i64, price: i64) -> Self {
        Self { quantity, notional: i128::from(quantity) * i128::from(price) }
    }

    /// The larger quantity and the larger notional of two.
    #[inline]
    pub fn or_more(self, other: Self) -> Self {
        Self {
            quantity: self.quantity.max(other.quantity),
            notional: self.notional.max(other.notional),
        }
    }

    /// How much more it is than another.
    #[inline]
    pub fn beyond(self, other: Self) -> Self {
        Self { quantity: self.quantity - other.quantity, notional: self.notional - other.notional }
    }
}

/// What decides the price that an order is counted at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Its limit.
    Limit,
    /// It has no limit and waits for its stop: the worst price around its stop price.
    Stop,
    /// It has neither: the worst price of the band when it was accepted.
    Band,
    /// It follows the market: the highest price that it may come to stand at, as far as that is
    /// known, and what it came to stand at beyond that.
    Peg,
    /// It waits for its stop and sells at its limit or above then: the highest of its stop, its
    /// limit and the market when it was accepted.
    StopLimit,
}

impl Counted {
    /// Whether an order is never counted at less than before while it lives.
    #[inline]
    pub fn never_falls(self) -> bool {
        matches!(self, Self::Peg | Self::StopLimit)
    }
}

/// A live order: two cache lines.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub struct Live {
    /// Its id.
    pub id: u64,
    /// Place of the account.
    pub account: u32,
    /// Place of the holding.
    pub holding: u32,
    /// Place of the instrument.
    pub instrument: u32,
    /// Its own entry among the client order ids.
    pub root: u32,
    /// Its newest entry there.
    pub ids: u32,
    /// `BUY` or `SELL`.
    pub side: u8,
    /// What decides the price that it is counted at.
    pub counted: Counted,
    pending: u16,
    /// The price it is counted at.
    pub price: i64,
    /// Open quantity.
    pub leaves: i64,
    /// Traded quantity.
    pub cum: i64,
    first_pending: u64,
    last_pending: u64,
    /// How far above its stop price one that waits for that is counted.
    pub over: i64,
    /// What it reserves, as its holding counts it; nothing where its list counts instead.
    pub reserved: Reservation,
    /// Whether it never increases the position.
    pub reduce_only: bool,
    /// The list that it came in, if in one.
    pub list: u32,
}

impl Live {
    /// What stands where none was yet.
    const NONE: Self = Self {
        id: 0,
        account: 0,
        holding: 0,
        instrument: 0,
        root: 0,
        ids: 0,
        side: 0,
        counted: Counted::Limit,
        pending: 0,
        price: 0,
        leaves: 0,
        cum: 0,
        first_pending: 0,
        last_pending: 0,
        over: 0,
        reserved: Reservation { quantity: 0, notional: 0 },
        reduce_only: false,
        list: NONE,
    };

    /// An order of this many with nothing traded and nothing pending, not yet linked to the rest.
    #[inline(always)]
    pub fn new(id: u64, side: usize, quantity: i64, price: i64) -> Self {
        Self {
            id,
            account: 0,
            holding: 0,
            instrument: 0,
            root: 0,
            ids: 0,
            side: side as u8,
            counted: Counted::Limit,
            pending: 0,
            price,
            leaves: quantity,
            cum: 0,
            first_pending: 0,
            last_pending: 0,
            over: 0,
            reserved: Reservation::of(quantity, price),
            reduce_only: false,
            list: NONE,
        }
    }

    /// The price that it is counted at once an event, or a replace, shows these prices: its limit,
    /// which an order without one gets where it comes to rest, or else what goes with its stop.
    #[inline]
    pub fn counted_at(&self, price: i64, stop_price: i64) -> i64 {
        match self.counted {
            Counted::Peg => self.price.max(price),
            Counted::StopLimit => self.price.max(price).max(stop_price),
            _ if price != 0 => price,
            Counted::Stop if stop_price != 0 => (stop_price + self.over).clamp(1, MAX_PRICE),
            _ => self.price,
        }
    }
}

/// What a replace asks for, with what it leaves unchanged filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Total quantity.
    pub total: i64,
    /// The price it is counted at.
    pub price: i64,
    /// Whether what is open stays as it is then: of the exit of a bracket that waits, of which only
    /// its entry decides how much that is.
    pub same: bool,
}

impl Terms {
    /// The quantity that would be open, `cum` having traded.
    #[inline]
    pub fn open(&self, cum: i64) -> i64 {
        self.total - cum
    }
}

/// A replace that risk accepted and matching hasn't answered. They are numbered from 1 and answered
/// in order.
#[derive(Clone, Copy, Debug)]
struct Pending {
    sequence: u64,
    order_id: u64,
    order: u32,
    terms: Terms,
    /// The next one of the same order, 0 if none.
    next: u64,
}

/// The live orders.
#[derive(Clone, Debug)]
pub struct Orders {
    live: Arena<Live>,
    pending: VecDeque<Pending>,
    /// Number of the first pending one.
    first_number: u64,
    bound: u32,
}

impl Orders {
    /// None, and room for `bound` orders and as many unanswered replaces.
    pub fn new(bound: u32) -> Self {
        Self { live: Arena::default(), pending: VecDeque::new(), first_number: 1, bound }
    }

    /// Whether one more order fits.
    #[inline]
    pub fn has_room(&self) -> bool {
        self.live.len() < self.bound
    }

    /// How many are live.
    pub fn len(&self) -> u32 {
        self.live.len()
    }

    /// Whether one more unanswered replace of this order fits.
    pub fn has_room_for_pending(&self, order: u32) -> bool {
        u32::from(self.live[order].pending) < MAX_PENDING
            && self.pending.len() < self.bound as usize
    }

    /// The order at a place.
    #[inline]
    pub fn get(&self, at: u32) -> &Live {
        &self.live[at]
    }

    /// The order at a place.
    #[inline]
    pub fn get_mut(&mut self, at: u32) -> &mut Live {
        &mut self.live[at]
    }

    /// Adds an accepted order of this quantity.
    #[inline(always)]
    pub fn add(&mut self, order: Live) -> u32 {
        let (at, new) = self.live.take(Live::NONE);
        new.id = order.id;
        new.account = order.account;
        new.holding = order.holding;
        new.instrument = order.instrument;
        new.root = order.root;
        new.ids = order.ids;
        new.side = order.side;
        new.counted = order.counted;
        new.pending = order.pending;
        new.price = order.price;
        new.leaves = order.leaves;
        new.cum = order.cum;
        new.first_pending = order.first_pending;
        new.last_pending = order.last_pending;
        new.over = order.over;
        new.reserved.quantity = order.reserved.quantity;
        new.reserved.notional = order.reserved.notional;
        new.reduce_only = order.reduce_only;
        new.list = order.list;
        at
    }

    /// Takes out an order that has ended. Its unanswered replaces will find that it is gone.
    pub fn remove(&mut self, at: u32) {
        self.live[at].id = 0;
        self.live.remove(at);
    }

    /// What an order must reserve now, and with further terms if given.
    #[inline]
    pub fn reservation(&self, order: &Live, further: Option<&Terms>) -> Reservation {
        self.reservation_within(order, further, i64::MAX)
    }

    /// The same of one that can have no more than `most` open as it is.
    #[inline]
    pub fn reservation_within(
        &self,
        order: &Live,
        further: Option<&Terms>,
        most: i64,
    ) -> Reservation {
        // What is never counted at less may have any of its quantities at the highest price.
        let highest = further.map_or(order.price, |terms| order.price.max(terms.price));
        let least = if order.counted.never_falls() { highest } else { 0 };
        let now = order.leaves.min(most);
        let of = |open, price: i64| Reservation::of(open, price.max(least));
        self.asked(order).chain(further).fold(of(now, order.price), |most, terms| {
            let open = if terms.same { now } else { terms.open(order.cum) };
            most.or_more(of(open, terms.price))
        })
    }

    /// The terms that unanswered replaces of an order ask for, oldest first.
    pub fn asked(&self, order: &Live) -> impl Iterator<Item = &Terms> {
        let mut number = order.first_pending;
        core::iter::from_fn(move || {
            let next = (number != 0).then(|| &self.pending[(number - self.first_number) as usize]);
            number = next.map_or(0, |pending| pending.next);
            next.map(|pending| &pending.terms)
        })
    }

    /// The largest quantity of all terms at the highest price: what "unchanged" means for a replace
    /// that comes while others are unanswered.
    pub fn largest_terms(&self, order: &Live) -> Terms {
        let total = order.cum + order.leaves;
        let mut largest = Terms { total, price: order.price, same: false };
        for terms in self.asked(order) {
            largest.total = largest.total.max(terms.total);
            largest.price = largest.price.max(terms.price);
        }
        largest
    }

    /// Adds a replace that was accepted in message `sequence`.
    pub fn add_pending(&mut self, sequence: u64, at: u32, terms: Terms) {
        let number = self.first_number + self.pending.len() as u64;
        let order = &mut self.live[at];
        self.pending.push_back(Pending { sequence, order_id: order.id, order: at, terms, next: 0 });
        if order.pending == 0 {
            order.first_pending = number;
        } else {
            let last = (order.last_pending - self.first_number) as usize;
            self.pending[last].next = number;
        }
        order.last_pending = number;
        order.pending += 1;
    }

    /// Takes out the oldest unanswered replace if message `sequence` or an earlier one made it;
    /// `Some(Some(order))` when its order still lives.
    pub fn answer_pending(&mut self, sequence: u64) -> Option<Option<u32>> {
        let pending = *self.pending.front()?;
        if pending.sequence > sequence {
            return None;
        }
        self.pending.pop_front();
        self.first_number += 1;
        let order = &mut self.live[pending.order];
        if order.id != pending.order_id {
            return Some(None);
        }
        order.pending -= 1;
        order.first_pending = pending.next;
        if order.pending == 0 {
            order.last_pending = 0;
        }
        Some(Some(pending.order))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::risk::holding::BUY;

    fn reserved(quantity: i64, notional: i128) -> Reservation {
        Reservation { quantity, notional }
    }

    #[test]
    fn an_order_is_two_cache_lines() {
        assert_eq!(core::mem::size_of::<Live>(), 128);
    }

    #[test]
    fn the_reservation_is_the_most_of_all_terms_until_they_are_answered() {
        let mut orders = Orders::new(4);
        let at = orders.add(Live::new(9, BUY, 10, 100));
        let total = |total, price| Terms { total, price, same: false };
        orders.add_pending(5, at, total(20, 90));
        orders.add_pending(5, at, total(5, 300));
        orders.add_pending(6, at, total(7, 100));
        assert_eq!(orders.reservation(orders.get(at), None), reserved(20, 1_800));
        assert_eq!(orders.largest_terms(orders.get(at)), total(20, 300));

        orders.get_mut(at).cum = 4;
        orders.get_mut(at).leaves = 6;
        assert_eq!(orders.reservation(orders.get(at), None), reserved(16, 1_440));
        assert_eq!(orders.reservation(orders.get(at), Some(&total(40, 1))), reserved(36, 1_440));

        assert_eq!(orders.answer_pending(4), None);
        assert_eq!(orders.answer_pending(5), Some(Some(at)));
        assert_eq!(orders.reservation(orders.get(at), None), reserved(6, 600));
        assert_eq!(orders.answer_pending(5), Some(Some(at)));
        assert_eq!(orders.answer_pending(5), None);

        orders.remove(at);
        assert_eq!(orders.add(Live::new(10, BUY, 1, 1)), at, "the place is used again");
        assert_eq!(orders.answer_pending(6), Some(None), "and not taken for the old order");
        assert_eq!(orders.reservation(orders.get(at), None), reserved(1, 1));
    }
}
