//! Orders as their owners see them: a projection of FILLS, kept by every order entry.
//!
//! Open orders are all there; of those that ended, as many as fit, the oldest are dropped first.
//! What isn't here any more is read from FILLS at the place that an id names, or from the database.

use alloc::collections::VecDeque;
use core::fmt;

use crate::batch::FillsView;
use crate::pod::{ClOrdId, Event, ExecType, OrdStatus};
use crate::table::{hash_word, hash_words, Arena, Table, NONE};

/// How much of what is over is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewBounds {
    /// Orders that ended, refused ones included: about 340 bytes each.
    pub ended: u32,
}

impl Default for ViewBounds {
    fn default() -> Self {
        Self { ended: 1 << 18 }
    }
}

/// An order, open or ended.
#[derive(Clone, Copy, Debug)]
pub struct OrderRecord {
    /// Its last event: ids, terms, quantities and status as they are now. Of a refused one its
    /// only.
    pub last: Event,
    /// Message of its last event.
    pub last_sequence: u64,
    /// Index of its last event in the message.
    pub last_index: u32,
    /// The session that sent it, 0 if unary.
    pub session: u32,
    /// The origin that wrote its batch; sessions are numbered per origin.
    pub origin: u64,
    /// Journal time at which it was accepted or refused, nanoseconds.
    pub created_ns: i64,
    /// Journal time of its last event, nanoseconds.
    pub changed_ns: i64,
    open: bool,
    /// Newest of its client order ids.
    names: u32,
    by_session: Link,
    by_account: Link,
}

/// A place in a list that is linked through the orders.
#[derive(Clone, Copy, Debug)]
struct Link {
    previous: u32,
    next: u32,
}

const UNLINKED: Link = Link { previous: NONE, next: NONE };

impl OrderRecord {
    /// Whether it is open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Its state.
    #[must_use]
    pub fn status(&self) -> OrdStatus {
        OrdStatus::try_from(self.last.ord_status).unwrap_or(OrdStatus::None)
    }
}

/// A client order id of an order; an order has one more for each replace.
#[derive(Clone, Copy, Debug)]
struct Name {
    key: [u64; 5],
    order: u32,
    next: u32,
}

/// A list of open orders: those of one session or of one account.
#[derive(Clone, Copy, Debug)]
struct List {
    key: [u64; 2],
    first: u32,
    last: u32,
}

/// Which of an order's two links a list goes through.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Through {
    Session,
    Account,
}

/// What FILLS can't have said, or not now. The process must not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderViewError {
    /// Not the next message.
    Sequence {
        /// The next one.
        expected: u64,
        /// The one given.
        got: u64,
    },
    /// An event that does not follow from the ones before.
    Broken {
        /// The message.
        sequence: u64,
        /// Index of the event.
        event: u32,
        /// The order.
        order_id: u64,
        /// What is wrong.
        what: &'static str,
    },
}

impl fmt::Display for OrderViewError {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Sequence { expected, got } => {
                write!(to, "the order view expects FILLS {expected} and got {got}")
            }
            Self::Broken { sequence, event, order_id, what } => {
                write!(to, "FILLS {sequence}, event {event}, order {order_id}: {what}")
            }
        }
    }
}

impl core::error::Error for OrderViewError {}

/// The orders of a shard.
#[derive(Clone, Debug)]
pub struct OrderView {
    bounds: ViewBounds,
    applied: u64,
    orders: Arena<OrderRecord>,
    by_id: Table,
    names: Arena<Name>,
    by_name: Table,
    lists: Arena<List>,
    by_list: Table,
    ended: VecDeque<u32>,
    open: u32,
}

fn name_key(account: u32, id: &ClOrdId) -> [u64; 5] {
    let mut key = id.words;
    key[4] = key[4] & 0xffff_ffff | u64::from(account) << 32;
    key
}

fn session_key(origin: u64, session: u32) -> [u64; 2] {
    [origin, u64::from(session) << 1 | 1]
}

fn account_key(account: u32) -> [u64; 2] {
    [0, u64::from(account) << 1]
}

fn list_hash(key: [u64; 2]) -> u64 {
    hash_word(hash_word(key[0]) ^ key[1])
}

impl Default for OrderView {
    fn default() -> Self {
        Self::new(ViewBounds::default())
    }
}

impl OrderView {
    /// Before the first message.
    #[must_use]
    pub fn new(bounds: ViewBounds) -> Self {
        Self {
            bounds,
            applied: 0,
            orders: Arena::default(),
            by_id: Table::default(),
            names: Arena::default(),
            by_name: Table::default(),
            lists: Arena::default(),
            by_list: Table::default(),
            ended: VecDeque::new(),
            open: 0,
        }
    }

    /// The last message of FILLS that was applied.
    #[must_use]
    pub fn applied(&self) -> u64 {
        self.applied
    }

    /// How many orders are open.
    #[must_use]
    pub fn open_orders(&self) -> u32 {
        self.open
    }

    /// How many ended orders are kept.
    #[must_use]
    pub fn ended_orders(&self) -> usize {
        self.ended.len()
    }

    /// The order with this id; of a refused new order its record as such.
    #[must_use]
    pub fn order(&self, order_id: u64) -> Option<&OrderRecord> {
        self.find_id(order_id).map(|at| &self.orders[at])
    }

    /// The order of an account that has, or had, this client order id.
    #[must_use]
    pub fn find(&self, account: u32, id: &ClOrdId) -> Option<&OrderRecord> {
        let key = name_key(account, id);
        self.find_name(&key).map(|at| &self.orders[self.names[at].order])
    }

    /// The open orders that a session of an origin sent, oldest first; session 0 is no session.
    pub fn open_in_session(
        &self,
        origin: u64,
        session: u32,
    ) -> impl Iterator<Item = &OrderRecord> + '_ {
        self.listed(session_key(origin, session), Through::Session)
    }

    /// Every session that has open orders, with its origin; in no particular order.
    pub fn sessions(&self) -> impl Iterator<Item = (u64, u32)> + '_ {
        let lists = self.lists.places().map(|at| &self.lists[at]);
        // One that was dropped begins nowhere.
        let of_sessions = lists.filter(|list| list.first != NONE && list.key[1] & 1 == 1);
        of_sessions.map(|list| (list.key[0], (list.key[1] >> 1) as u32))
    }

    /// The open orders of an account, oldest first.
    pub fn open_of_account(&self, account: u32) -> impl Iterator<Item = &OrderRecord> + '_ {
        self.listed(account_key(account), Through::Account)
    }

    /// Applies the next message of FILLS.
    ///
    /// # Errors
    ///
    /// If it isn't the next message or does not follow from those before; the caller stops then.
    pub fn apply(&mut self, fills: &FillsView<'_>) -> Result<(), OrderViewError> {
        let sequence = fills.sequence;
        let expected = self.applied + 1;
        if sequence != expected {
            return Err(OrderViewError::Sequence { expected, got: sequence });
        }
        for (index, event) in fills.events.iter().enumerate() {
            let (event_index, order_id) = (index as u32, event.order_id);
            self.apply_event(fills, index, event).map_err(|what| OrderViewError::Broken {
                sequence,
                event: event_index,
                order_id,
                what,
            })?;
        }
        self.applied = sequence;
        Ok(())
    }

    fn apply_event(
        &mut self,
        fills: &FillsView<'_>,
        index: usize,
        event: &Event,
    ) -> Result<(), &'static str> {
        let kind = ExecType::try_from(event.exec_type).map_err(|_| "an unknown kind of event")?;
        match kind {
            ExecType::None => return Err("an event of no kind"),
            // What an ended order has traded stays as it was told; a bust stands beside it.
            ExecType::CancelRejected | ExecType::TradeBust => return Ok(()),
            ExecType::New | ExecType::Rejected => {
                // A refused command that was no new order has no order id.
                if event.order_id != 0 {
                    self.add(fills, index, event, kind == ExecType::New)?;
                }
                return Ok(());
            }
            ExecType::Trade
            | ExecType::Replaced
            | ExecType::Canceled
            | ExecType::Expired
            | ExecType::Restated
            | ExecType::Triggered
            | ExecType::Suspended => {}
        }
        let at = self.find_id(event.order_id).ok_or("an order that is not known")?;
        let order = &mut self.orders[at];
        if !order.open || event.order_sequence != order.last.order_sequence + 1 {
            return Err("it is not the next event of an open order");
        }
        let renamed = event.cl_ord_id() != order.last.cl_ord_id();
        order.last = *event;
        order.last_sequence = fills.sequence;
        order.last_index = index as u32;
        order.changed_ns = fills.time_ns;
        if renamed {
            self.name(at, event, true);
        }
        if event.leaves_quantity == 0 {
            self.end(at);
        }
        Ok(())
    }

    fn add(
        &mut self,
        fills: &FillsView<'_>,
        index: usize,
        event: &Event,
        open: bool,
    ) -> Result<(), &'static str> {
        if self.find_id(event.order_id).is_some() {
            return Err("an order with this id is known");
        }
        let at = self.orders.insert(OrderRecord {
            last: *event,
            last_sequence: fills.sequence,
            last_index: index as u32,
            session: event.session,
            origin: fills.origin,
            created_ns: fills.time_ns,
            changed_ns: fills.time_ns,
            open,
            names: NONE,
            by_session: UNLINKED,
            by_account: UNLINKED,
        });
        self.by_id.insert(hash_word(event.order_id), at);
        self.name(at, event, open);
        if open {
            self.open += 1;
            self.link(at, Through::Account);
            self.link(at, Through::Session);
        } else {
            self.keep_ended(at);
        }
        Ok(())
    }

    /// Gives an order the event's client order id. A refused order takes none that is in use: it
    /// may have been refused for just that.
    fn name(&mut self, at: u32, event: &Event, takes_over: bool) {
        let id = event.cl_ord_id();
        if id.is_absent() {
            return;
        }
        let key = name_key(event.account, &id);
        if let Some(name) = self.find_name(&key) {
            // The id of an order that is long over, or refused before: it is free again.
            let holder = self.names[name].order;
            if !takes_over || holder == at || self.orders[holder].open {
                return;
            }
            self.unname(holder, name);
        }
        let name = Name { key, order: at, next: self.orders[at].names };
        let name = self.names.insert(name);
        self.by_name.insert(hash_words(&key), name);
        self.orders[at].names = name;
    }

    /// Takes one client order id from an order.
    fn unname(&mut self, at: u32, name: u32) {
        let next = self.names[name].next;
        let mut before = self.orders[at].names;
        if before == name {
            self.orders[at].names = next;
        } else {
            while self.names[before].next != name {
                before = self.names[before].next;
            }
            self.names[before].next = next;
        }
        self.by_name.remove(hash_words(&self.names[name].key), name);
        self.names.remove(name);
    }

    fn end(&mut self, at: u32) {
        self.orders[at].open = false;
        self.open -= 1;
        self.unlink(at, Through::Account);
        self.unlink(at, Through::Session);
        self.keep_ended(at);
    }

    /// Keeps an ended order, and drops the oldest if that is one too many.
    fn keep_ended(&mut self, at: u32) {
        self.ended.push_back(at);
        if self.ended.len() <= self.bounds.ended as usize {
            return;
        }
        let oldest = self.ended.pop_front().expect("one was just added");
        while self.orders[oldest].names != NONE {
            self.unname(oldest, self.orders[oldest].names);
        }
        self.by_id.remove(hash_word(self.orders[oldest].last.order_id), oldest);
        self.orders.remove(oldest);
    }

    fn find_id(&self, order_id: u64) -> Option<u32> {
        self.by_id.find(hash_word(order_id), |at| self.orders[at].last.order_id == order_id)
    }

    fn find_name(&self, key: &[u64; 5]) -> Option<u32> {
        self.by_name.find(hash_words(key), |at| self.names[at].key == *key)
    }

    fn find_list(&self, key: [u64; 2]) -> Option<u32> {
        self.by_list.find(list_hash(key), |at| self.lists[at].key == key)
    }

    fn listed(&self, key: [u64; 2], through: Through) -> impl Iterator<Item = &OrderRecord> + '_ {
        let mut at = self.find_list(key).map_or(NONE, |list| self.lists[list].first);
        core::iter::from_fn(move || {
            (at != NONE).then(|| {
                let order = &self.orders[at];
                at = link_of(order, through).next;
                order
            })
        })
    }

    fn key_of(&self, at: u32, through: Through) -> Option<[u64; 2]> {
        let order = &self.orders[at];
        match through {
            Through::Account => Some(account_key(order.last.account)),
            Through::Session if order.session == 0 => None,
            Through::Session => Some(session_key(order.origin, order.session)),
        }
    }

    /// Puts an open order at the end of a list, which is made if there is none.
    fn link(&mut self, at: u32, through: Through) {
        let Some(key) = self.key_of(at, through) else { return };
        let Some(list) = self.find_list(key) else {
            let list = self.lists.insert(List { key, first: at, last: at });
            self.by_list.insert(list_hash(key), list);
            return;
        };
        let last = self.lists[list].last;
        link_mut(&mut self.orders[last], through).next = at;
        link_mut(&mut self.orders[at], through).previous = last;
        self.lists[list].last = at;
    }

    /// Takes an order out of a list; an empty list is dropped.
    fn unlink(&mut self, at: u32, through: Through) {
        let Some(key) = self.key_of(at, through) else { return };
        let list = self.find_list(key).expect("an open order is in its lists");
        let Link { previous, next } = *link_of(&self.orders[at], through);
        *link_mut(&mut self.orders[at], through) = UNLINKED;
        match previous {
            NONE => self.lists[list].first = next,
            previous => link_mut(&mut self.orders[previous], through).next = next,
        }
        match next {
            NONE => self.lists[list].last = previous,
            next => link_mut(&mut self.orders[next], through).previous = previous,
        }
        if self.lists[list].first == NONE {
            self.by_list.remove(list_hash(key), list);
            self.lists.remove(list);
        }
    }
}

fn link_of(order: &OrderRecord, through: Through) -> &Link {
    match through {
        Through::Session => &order.by_session,
        Through::Account => &order.by_account,
    }
}

fn link_mut(order: &mut OrderRecord, through: Through) -> &mut Link {
    match through {
        Through::Session => &mut order.by_session,
        Through::Account => &mut order.by_account,
    }
}
