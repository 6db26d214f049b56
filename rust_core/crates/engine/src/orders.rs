//! Open orders: one arena for all books, found by id, and in queues by the time they expire.
//!
//! What few orders have stands beside, in [`Extra`]: a plain order is two cache lines and no more.

mod due;

use alloc::vec::Vec;
use bytemuck::Zeroable;

use crate::enums::SelfTrade;
use crate::pod::{
    ClOrdId, Command, Contingency, Leg, OrderTerms, PegPrice, Side, TimeInForce, FLAG_ALL_OR_NONE,
    TERMS_PEG_SHIFT, TERMS_TAKE_PROFIT, TERMS_TRAILING_BPS,
};
use crate::table::{hash_word, Table};

/// "No order" among arena indices.
pub(crate) const NIL: u32 = u32::MAX;

/// The most orders that may be open in a shard; keeps sums of a level's quantities within 63 bits.
pub const MAX_OPEN_ORDERS: usize = 1 << 22;

/// Nanoseconds in a day. Journal time counts from the Unix epoch, so days change at 00:00 UTC.
pub(crate) const DAY_NS: i64 = 86_400_000_000_000;

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
    /// Where its [`Extra`] is; NIL: it is a plain order.
    pub(crate) extra: u32,
    /// Prices and quantities in their bounds make sums below 2^80.
    cum_notional_high: u32,
    cum_notional_low: u64,
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
            extra: NIL,
            cum_notional_high: 0,
            cum_notional_low: 0,
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

    /// Its name, where owners name their orders.
    #[inline]
    #[must_use]
    pub fn name(&self) -> u64 {
        self.cl_ord_id[0]
    }

    /// Sum of price times quantity over its trades.
    #[must_use]
    pub fn cum_notional(&self) -> i128 {
        i128::from(self.cum_notional_high) << 64 | i128::from(self.cum_notional_low)
    }

    /// Counts a trade. Notionals are sums of positive numbers below 2^80, so they stay positive.
    #[inline]
    pub(crate) fn fill(&mut self, price: i64, quantity: i64) {
        self.leaves -= quantity;
        self.cum += quantity;
        let notional = self.cum_notional() + i128::from(price) * i128::from(quantity);
        self.cum_notional_low = notional as u64;
        self.cum_notional_high = (notional >> 64) as u32;
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

/// Where an order that has an [`Extra`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Among the limit orders of its side, or nowhere while it trades.
    Limit,
    /// Among the market orders that rest.
    Market,
    /// Among the stops that wait.
    Stop,
    /// Among the trailing stops that wait.
    Trailing,
    /// Waits for the auction that it is for.
    Waiting,
    /// A bracket's exit that waits for its entry to end.
    Held,
    /// A pegged order without a price.
    Suspended,
}

/// What ties an order to others: the legs of a list have consecutive ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Which leg it is.
    pub leg: Leg,
    /// The id of leg 0.
    pub first: u64,
}

impl Link {
    /// The order that ends when this one trades, is triggered or ends.
    pub(crate) fn partner(self) -> Option<u64> {
        let Leg { contingency, legs, place } = self.leg;
        match (contingency, legs, place) {
            (Contingency::OneCancelsOther, _, place) => Some(self.first + 1 - u64::from(place)),
            (Contingency::Bracket, 3, 1 | 2) => Some(self.first + 3 - u64::from(place)),
            _ => None,
        }
    }

    /// Whether it waits for another order's end.
    pub(crate) fn is_exit(self) -> bool {
        self.leg.contingency == Contingency::Bracket && self.leg.place != 0
    }

    /// Whether others wait for its end.
    pub(crate) fn is_entry(self) -> bool {
        self.leg.contingency == Contingency::Bracket && self.leg.place == 0
    }
}

/// What few orders have.
#[derive(Clone, Copy, Debug)]
pub struct Extra {
    /// Where the order is.
    pub place: Place,
    /// The most that is shown at a time; 0: all of it.
    pub display: i64,
    /// What an iceberg shows.
    pub shown: i64,
    /// A refill is due when less is shown.
    pub min_visible: i64,
    /// The least that trades at a time.
    pub min_quantity: i64,
    /// What the last trade has to reach; 0: nothing.
    pub stop_price: i64,
    /// What the last trade has to reach before the stop trails; 0: it trails.
    pub activation: i64,
    /// How far the stop trails; 0: it doesn't.
    pub trailing: i64,
    /// The best price since it trails; 0: it doesn't yet.
    pub watermark: i64,
    /// When it ends, nanoseconds; 0: otherwise.
    pub expire_ns: i64,
    /// Orders of one group don't trade with each other; 0: those of one account.
    pub group: u32,
    /// The client's label for mass cancels; 0: none.
    pub tag: u64,
    /// What a pegged order adds to the price that it follows.
    pub peg_offset: i64,
    /// What a pegged order doesn't go beyond; 0: nothing.
    pub peg_limit: i64,
    /// The worst price that it may trade at as long as it has none of its own; 0: any.
    pub bound: i64,
    /// The list that it is a leg of.
    pub link: Option<Link>,
    /// Its place in the heap of expiries.
    heap: u32,
    /// The price that it follows.
    pub peg: PegPrice,
    /// The taker's instruction.
    pub self_trade: SelfTrade,
    /// The trailing offset is in basis points.
    pub trailing_bps: bool,
    /// The activation price is reached in the order's favour.
    pub take_profit: bool,
    /// A trade has reached the trailing stop.
    pub elected: bool,
    /// The stop was reached.
    pub triggered: bool,
    /// It keeps its place when it is refilled: the sweep under way comes to it again.
    held: bool,
}

impl Extra {
    /// What a command and its terms ask for beside a plain order.
    pub(crate) fn new(id: u64, command: &Command, terms: Option<&OrderTerms>) -> Self {
        let gtd = command.time_in_force == TimeInForce::Gtd.number();
        let none = OrderTerms::default();
        let terms = terms.unwrap_or(&none);
        Self {
            place: Place::Limit,
            display: command.display_quantity,
            shown: command.display_quantity,
            min_visible: terms.min_visible_quantity,
            min_quantity: command.min_quantity,
            stop_price: command.stop_price,
            activation: terms.activation_price,
            trailing: terms.trailing_offset,
            watermark: 0,
            expire_ns: if gtd { command.expire_time } else { 0 },
            group: command.self_trade_group,
            tag: terms.tag,
            peg_offset: terms.peg_offset,
            peg_limit: command.price,
            bound: 0,
            link: Leg::read(command.link).map(|leg| Link { leg, first: id - u64::from(leg.place) }),
            heap: NIL,
            peg: PegPrice::try_from((terms.flags >> TERMS_PEG_SHIFT & 3) as u16)
                .unwrap_or(PegPrice::None),
            self_trade: SelfTrade::try_from(command.self_trade_prevention)
                .unwrap_or(SelfTrade::Default),
            trailing_bps: terms.flags & TERMS_TRAILING_BPS != 0,
            take_profit: terms.flags & TERMS_TAKE_PROFIT != 0,
            elected: false,
            triggered: false,
            held: false,
        }
    }

    /// What the last trade has to reach; 0: it trails and hasn't begun.
    pub fn stop_at(&self, side: Side) -> i64 {
        if self.trailing == 0 || self.watermark == 0 {
            return self.stop_price;
        }
        let mark = i128::from(self.watermark);
        let offset = i128::from(self.trailing);
        let stop = match (self.trailing_bps, side) {
            (false, Side::Buy) => mark + offset,
            (false, _) => mark - offset,
            // To the trade that reaches it, so up when it buys and down when it sells.
            (true, Side::Buy) => (mark * (10_000 + offset) + 9_999) / 10_000,
            (true, _) => mark * (10_000 - offset) / 10_000,
        };
        stop.clamp(0, i128::from(i64::MAX)) as i64
    }

    /// Whether it waits for its stop.
    #[must_use]
    pub fn waits(&self) -> bool {
        matches!(self.place, Place::Stop | Place::Trailing)
    }
}

/// The arena. Freed places are used again last in, first out, while they are warm in the cache.
#[derive(Clone, Debug)]
pub(crate) struct Orders {
    arena: Vec<Order>,
    /// The account of each order of the arena, 0 where there is none: dense, so that all orders of
    /// an account are found by reading sixteen at a time.
    owners: Vec<u32>,
    free: u32,
    /// By id; where owners name their orders, only those that are linked.
    table: Table,
    /// By name, where owners name their orders.
    names: Option<Table>,
    day_first: u32,
    day_last: u32,
    extras: Vec<Extra>,
    free_extras: Vec<u32>,
    /// Orders with a time of their own, as a heap by time, then id.
    heap: Vec<u32>,
}

impl Orders {
    /// None yet. Those that their owners name are found by name, and by id only if they are linked.
    pub fn new(named: bool) -> Self {
        Self {
            arena: Vec::with_capacity(RESERVED_ORDERS),
            owners: Vec::with_capacity(RESERVED_ORDERS),
            free: NIL,
            table: Table::with_slots(4096, 5),
            names: named.then(|| Table::with_slots(1024, 2)),
            day_first: NIL,
            day_last: NIL,
            extras: Vec::new(),
            free_extras: Vec::new(),
            heap: Vec::new(),
        }
    }

    /// What an order has beside a plain one.
    #[inline]
    pub fn extra(&self, index: u32) -> Option<&Extra> {
        match self.get(index).extra {
            NIL => None,
            extra => Some(&self.extras[extra as usize]),
        }
    }

    /// The one at this place, as an order names it.
    pub fn extra_at(&self, place: u32) -> Option<&Extra> {
        self.extras.get(place as usize)
    }

    #[inline]
    pub fn extra_mut(&mut self, index: u32) -> Option<&mut Extra> {
        match self.get(index).extra {
            NIL => None,
            extra => Some(&mut self.extras[extra as usize]),
        }
    }

    /// Where an order is, or would be.
    #[inline]
    pub fn place(&self, index: u32) -> Place {
        self.extra(index).map_or(Place::Limit, |extra| extra.place)
    }

    /// What an order shows of what is open.
    #[inline]
    pub fn shown(&self, index: u32) -> i64 {
        self.shown_of(self.get(index))
    }

    #[inline]
    pub fn shown_of(&self, order: &Order) -> i64 {
        if order.extra == NIL {
            return order.leaves;
        }
        let extra = &self.extras[order.extra as usize];
        if extra.display == 0 {
            order.leaves
        } else {
            extra.shown
        }
    }

    /// Counts that an order shows less by this quantity, or as much as it shows and the rest of
    /// what it hides. Says whether a refill came that costs it its place.
    pub fn show_less(&mut self, index: u32, quantity: i64) -> bool {
        let leaves = self.get(index).leaves;
        let Some(extra) = self.extra_mut(index).filter(|extra| extra.display != 0) else {
            return false;
        };
        extra.shown = (extra.shown - quantity).clamp(0, leaves);
        if extra.shown >= extra.min_visible.max(1) || leaves <= extra.shown {
            return false;
        }
        extra.shown = extra.display.min(leaves);
        !extra.held
    }

    /// Lets an iceberg keep its place when it is refilled, or no longer.
    pub fn hold_place(&mut self, index: u32, held: bool) {
        if let Some(extra) = self.extra_mut(index) {
            extra.held = held;
        }
    }

    /// Whether an iceberg keeps its place when it is refilled.
    pub fn is_held(&self, index: u32) -> bool {
        self.extra(index).is_some_and(|extra| extra.held)
    }

    /// The least that an order trades at a time.
    pub fn floor(&self, index: u32) -> i64 {
        let order = self.get(index);
        if u16::from(order.flags) & FLAG_ALL_OR_NONE != 0 {
            return order.leaves;
        }
        self.extra(index).map_or(0, |extra| extra.min_quantity.min(order.leaves))
    }

    /// Whether an order has such a least quantity.
    pub fn is_floored(&self, index: u32) -> bool {
        u16::from(self.get(index).flags) & FLAG_ALL_OR_NONE != 0
            || self.extra(index).is_some_and(|extra| extra.min_quantity != 0)
    }

    /// Whether two orders are one party's.
    pub fn same_party(&self, one: u32, other: u32) -> bool {
        let group = |index| self.extra(index).map_or(0, |extra| extra.group);
        match (group(one), group(other)) {
            (0, 0) => self.get(one).account == self.get(other).account,
            (one, other) => one == other,
        }
    }

    /// What ties an order to others.
    #[inline]
    pub fn link(&self, index: u32) -> Option<Link> {
        self.extra(index).and_then(|extra| extra.link)
    }

    /// Events more where an order takes part: its partner's end, if that is open.
    #[inline]
    pub fn link_cost(&self, index: u32) -> usize {
        let partner = self.link(index).and_then(Link::partner);
        usize::from(partner.is_some_and(|id| self.find(id).is_some()))
    }

    /// Calls for every listed order of an account, or of any for 0, in no order that means
    /// anything.
    pub fn of_account(&self, account: u32, mut each: impl FnMut(u32, &Order)) {
        const AT_A_TIME: usize = 64;
        for (chunk, owners) in self.owners.chunks(AT_A_TIME).enumerate() {
            if account != 0 && !owners.iter().fold(false, |any, &owner| any | (owner == account)) {
                continue;
            }
            for (place, &owner) in owners.iter().enumerate() {
                let index = chunk * AT_A_TIME + place;
                let order = &self.arena[index];
                if order.id != 0 && (account == 0 || owner == account) {
                    each(index as u32, order);
                }
            }
        }
    }

    /// Gives an order what it has beside a plain one.
    pub fn add_extra(&mut self, index: u32, extra: Extra) {
        let place = match self.free_extras.pop() {
            Some(place) => {
                self.extras[place as usize] = extra;
                place
            }
            None => {
                self.extras.push(extra);
                // So that giving places back never allocates.
                self.free_extras.reserve(self.extras.capacity());
                self.extras.len() as u32 - 1
            }
        };
        self.get_mut(index).extra = place;
    }

    /// How many orders are listed.
    #[inline]
    pub fn open(&self) -> usize {
        self.names.as_ref().unwrap_or(&self.table).len()
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

    /// Whether owners name their orders.
    #[inline]
    pub fn are_named(&self) -> bool {
        self.names.is_some()
    }

    /// The open order with this name.
    #[inline]
    pub fn find_named(&self, name: u64) -> Option<u32> {
        let names = self.names.as_ref()?;
        names.find(hash_word(name), |index| self.get(index).name() == name)
    }

    /// Reads what finds an order of this id or, where owners name their orders, of this name; where
    /// it may be, NIL if it isn't there.
    #[inline]
    pub fn touch(&self, id: u64, name: u64) -> u32 {
        let touched = match &self.names {
            Some(names) => names.touch(hash_word(name)),
            None => self.table.touch(hash_word(id)),
        };
        touched.unwrap_or(NIL)
    }

    /// What is at a place of the arena, if that is one.
    #[inline]
    pub fn peek(&self, index: u32) -> Option<&Order> {
        self.arena.get(index as usize)
    }

    /// Whether the order with this id is open, and here.
    pub fn is(&self, index: u32, id: u64) -> bool {
        self.get(index).id == id
    }

    /// Gives an order a place in the arena; it isn't found by id before it is listed.
    #[inline]
    pub fn insert(&mut self, order: Order) -> u32 {
        if self.free == NIL {
            self.grow();
        }
        let index = self.free;
        self.owners[index as usize] = order.account;
        // One place to write it to, so that it needn't be made elsewhere first.
        let slot = &mut self.arena[index as usize];
        self.free = slot.next;
        *slot = order;
        index
    }

    /// Makes a place, which is free.
    #[inline(never)]
    fn grow(&mut self) {
        self.free = self.arena.len() as u32;
        self.owners.push(0);
        self.arena.push(Order::new(0, &Command::zeroed()));
    }

    /// Gives the place of an unlisted order back.
    #[inline]
    pub fn release(&mut self, index: u32) {
        let free = self.free;
        let order = self.get_mut(index);
        order.id = 0;
        order.next = free;
        let extra = order.extra;
        self.free = index;
        self.owners[index as usize] = 0;
        if extra != NIL {
            self.free_extras.push(extra);
        }
    }

    /// Lets an order be found by id and, if it is for the day, puts it in the expiry queue. Orders
    /// are listed in journal order, so the queue is in order of expiry, then id.
    #[inline(always)]
    pub fn list(&mut self, index: u32) {
        let last = self.day_last;
        let order = self.get_mut(index);
        let (id, name, for_the_day) = (order.id, order.name(), order.expire_day != 0);
        let plain = order.extra == NIL;
        if for_the_day {
            order.day_prev = last;
            order.day_next = NIL;
            match last {
                NIL => self.day_first = index,
                last => self.get_mut(last).day_next = index,
            }
            self.day_last = index;
        }
        if !plain {
            self.push_heap(index);
        }
        let linked = !plain && self.link(index).is_some();
        if let Some(names) = &mut self.names {
            names.insert(hash_word(name), index);
            if !linked {
                return;
            }
        }
        self.table.insert(hash_word(id), index);
    }

    /// Ends a listed order: it can't be found any more and its place is given back.
    #[inline]
    pub fn end(&mut self, index: u32) {
        let order = self.get(index);
        let name = order.name();
        let &Order { id, expire_day, day_prev, day_next, extra, .. } = order;
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
        if extra != NIL {
            self.leave_heap(index);
        }
        let linked = extra != NIL && self.link(index).is_some();
        self.release(index);
        if let Some(names) = &mut self.names {
            names.remove(hash_word(name), index);
            if !linked {
                return;
            }
        }
        self.table.remove(hash_word(id), index);
    }
}
