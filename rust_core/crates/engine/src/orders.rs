//! Open orders: one arena for all books, found by id, and in a queue by the time they expire.

use alloc::vec::Vec;

use crate::pod::{ClOrdId, Command, Side};
use crate::table::{hash_word, Table};

/// "No order" among arena indices.
pub(crate) const NIL: u32 = u32::MAX;

/// The most orders that may be open in a shard; keeps sums of a level's quantities within 63 bits.
pub const MAX_OPEN_ORDERS: usize = 1 << 22;

/// Orders for which room is reserved at the start. The memory is touched only as it is used.
const RESERVED_ORDERS: usize = 1 << 18;

/// One order: two cache lines.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct Order {
    /// Its id: the place of the command that made it.
    pub id: u64,
    /// Its current client order id, words 0 to 3.
    pub(crate) cl_ord_id: [u64; 4],
    pub(crate) cl_ord_id4: u32,
    /// Session of the request that holds that id.
    pub session: u32,
    /// Its owner.
    pub account: u32,
    /// What it trades.
    pub instrument: u32,
    /// Limit price; 0 on a market order.
    pub price: i64,
    /// Still open.
    pub leaves: i64,
    /// Traded so far.
    pub cum: i64,
    /// The last number given to one of its events.
    pub(crate) events: u32,
    pub(crate) prev: u32,
    pub(crate) next: u32,
    /// Its level in its side of its book.
    pub(crate) level: u32,
    cum_notional: [u64; 2],
    pub(crate) day_prev: u32,
    pub(crate) day_next: u32,
    /// DAY: expires when journal time reaches this day, counted from the Unix epoch.
    pub(crate) expire_day: u32,
    pub(crate) side: u8,
    pub(crate) ord_type: u8,
    pub(crate) time_in_force: u8,
    pub(crate) flags: u8,
}

const _: () = assert!(size_of::<Order>() == 128);

impl Order {
    /// The order that a command asks for, before anything happened to it.
    pub(crate) fn new(id: u64, command: &Command) -> Self {
        Self {
            id,
            cl_ord_id: command.cl_ord_id,
            cl_ord_id4: command.cl_ord_id4,
            session: command.session,
            account: command.account,
            instrument: command.instrument,
            price: command.price,
            leaves: command.quantity,
            cum: 0,
            events: 0,
            prev: NIL,
            next: NIL,
            level: NIL,
            cum_notional: [0; 2],
            day_prev: NIL,
            day_next: NIL,
            expire_day: 0,
            side: command.side as u8,
            ord_type: command.ord_type as u8,
            time_in_force: command.time_in_force as u8,
            flags: command.flags as u8,
        }
    }

    /// Its side.
    #[must_use]
    pub fn side(&self) -> Side {
        if self.side == Side::Buy as u8 {
            Side::Buy
        } else {
            Side::Sell
        }
    }

    /// Its total: traded plus open.
    #[must_use]
    pub fn quantity(&self) -> i64 {
        self.cum + self.leaves
    }

    /// Its current client order id.
    #[must_use]
    pub fn cl_ord_id(&self) -> ClOrdId {
        let [a, b, c, d] = self.cl_ord_id;
        ClOrdId { words: [a, b, c, d, u64::from(self.cl_ord_id4)] }
    }

    /// Sum of price times quantity over its trades.
    #[must_use]
    pub fn cum_notional(&self) -> i128 {
        i128::from(self.cum_notional[1]) << 64 | i128::from(self.cum_notional[0])
    }

    /// Counts a trade. Notionals are sums of positive numbers below 2^80, so they stay positive.
    #[inline]
    pub(crate) fn fill(&mut self, price: i64, quantity: i64) {
        self.leaves -= quantity;
        self.cum += quantity;
        let notional = self.cum_notional() + i128::from(price) * i128::from(quantity);
        self.cum_notional = [notional as u64, (notional >> 64) as u64];
    }

    /// Lets a request's client order id take over.
    pub(crate) fn rename(&mut self, command: &Command) {
        if !command.cl_ord_id().is_absent() {
            self.cl_ord_id = command.cl_ord_id;
            self.cl_ord_id4 = command.cl_ord_id4;
            self.session = command.session;
        }
    }
}

/// The arena. Freed places are used again last in, first out, while they are warm in the cache.
#[derive(Clone, Debug)]
pub(crate) struct Orders {
    arena: Vec<Order>,
    free: u32,
    /// By id.
    table: Table,
    day_first: u32,
    day_last: u32,
}

impl Orders {
    pub fn new() -> Self {
        Self {
            arena: Vec::with_capacity(RESERVED_ORDERS),
            free: NIL,
            table: Table::default(),
            day_first: NIL,
            day_last: NIL,
        }
    }

    /// How many orders can be found by id.
    pub fn open(&self) -> usize {
        self.table.len()
    }

    #[inline]
    pub fn get(&self, index: u32) -> &Order {
        &self.arena[index as usize]
    }

    #[inline]
    pub fn get_mut(&mut self, index: u32) -> &mut Order {
        &mut self.arena[index as usize]
    }

    /// The open order with this id.
    #[inline]
    pub fn find(&self, id: u64) -> Option<u32> {
        self.table.find(hash_word(id), |index| self.get(index).id == id)
    }

    /// Gives an order a place in the arena; it isn't found by id before it is listed.
    #[inline]
    pub fn insert(&mut self, order: Order) -> u32 {
        if self.free == NIL {
            let index = self.arena.len() as u32;
            self.arena.push(order);
            return index;
        }
        let index = self.free;
        let slot = &mut self.arena[index as usize];
        self.free = slot.next;
        *slot = order;
        index
    }

    /// Gives the place of an unlisted order back.
    #[inline]
    pub fn release(&mut self, index: u32) {
        let free = self.free;
        let order = self.get_mut(index);
        order.id = 0;
        order.next = free;
        self.free = index;
    }

    /// Lets an order be found by id and, if it is for the day, puts it in the expiry queue. Orders
    /// are listed in journal order, so the queue is in order of expiry, then id.
    #[inline]
    pub fn list(&mut self, index: u32) {
        let last = self.day_last;
        let order = self.get_mut(index);
        let (id, for_the_day) = (order.id, order.expire_day != 0);
        if for_the_day {
            order.day_prev = last;
            order.day_next = NIL;
            match last {
                NIL => self.day_first = index,
                last => self.get_mut(last).day_next = index,
            }
            self.day_last = index;
        }
        self.table.insert(hash_word(id), index);
    }

    /// Ends a listed order: it can't be found any more and its place is given back.
    #[inline]
    pub fn end(&mut self, index: u32) {
        let &Order { id, expire_day, day_prev, day_next, .. } = self.get(index);
        if expire_day != 0 {
            match day_prev {
                NIL => self.day_first = day_next,
                prev => self.get_mut(prev).day_next = day_next,
            }
            match day_next {
                NIL => self.day_last = day_prev,
                next => self.get_mut(next).day_prev = day_prev,
            }
        }
        self.table.remove(hash_word(id), index);
        self.release(index);
    }

    /// The first order of the expiry queue, if it is due on this day.
    pub fn due(&self, day: u32) -> Option<u32> {
        let first = self.day_first;
        (first != NIL && self.get(first).expire_day <= day).then_some(first)
    }
}
