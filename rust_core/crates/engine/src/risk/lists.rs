//! Orders that came as a list tie up together no more than they can trade.
//!
//! Of two orders that cancel each other only one ever trades: matching ends the other at once. So a
//! pair ties up the larger quantity and the larger notional of the two.
//!
//! The exits of a bracket wait until their entry has ended, and come alive with what it traded. So
//! they tie up, together, what their entry has traded so far, and nothing before it trades. With
//! the same fill that makes the position, then, the exits claim it: the worst case on their side,
//! position with every open order, is what it was before the list came, and on the entry's side it
//! never grows, as an exit only takes back what the entry made. No list can lead anywhere but
//! between what was held before and what its entry may make of it, which is what its legs are
//! judged by. An exit sells short no more than was short before; it is another order that would
//! sell the position from under it that is refused, from the entry's fill on.
//!
//! So much of positions. What an exit is worth depends on its price too, and it may open again
//! what the entry closed: gross position, exposure, buying power and whether it can but reduce are
//! judged as if exits were alive when they come or are replaced, though they tie that up later.
//!
//! A replace of an exit that waits may find it alive, and its partner gone. So one that names a
//! quantity asks for all of it; one that names none leaves what is open to the entry.
//!
//! Whether a list is one is for matching to say, which takes all of it or nothing: legs that don't
//! belong together never trade, whatever they tied up until then.

use super::checks::Asked;
use super::holding::{BUY, SELL};
use super::orders::{Live, Reservation, Terms};
use super::RiskEngine;
use crate::pod::{Command, Contingency, Leg, Side, FLAG_LEAVES};
use crate::table::{Arena, NONE};

/// What is known of a list while one of its legs lives.
#[derive(Clone, Copy, Debug)]
struct List {
    account: u32,
    instrument: u32,
    /// Of the first leg, as the command has it.
    link: u32,
    /// The live orders: of a bracket the entry, and the legs of which only one trades.
    entry: u32,
    pair: [u32; 2],
    /// Which of those wait for the entry.
    waits: [bool; 2],
    /// Their side.
    side: Option<usize>,
    /// What the entry has traded.
    traded: i64,
    /// What the pair ties up, as its holding counts it.
    reserved: Reservation,
}

/// The lists.
#[derive(Clone, Debug)]
pub struct Lists {
    lists: Arena<List>,
    /// The id of the first leg of the list that came last, and the list.
    latest: (u64, u32),
}

impl Default for Lists {
    fn default() -> Self {
        Self { lists: Arena::default(), latest: (0, NONE) }
    }
}

/// A leg as one of those that may wait or cancel each other: which of the two, and whether it
/// waits; `None` of an entry.
fn in_pair(leg: Leg) -> Option<(usize, bool)> {
    match leg.contingency {
        Contingency::Bracket => usize::from(leg.place).checked_sub(1).map(|number| (number, true)),
        _ => Some((leg.place.into(), false)),
    }
}

/// The index of a new order's side.
fn side_of(command: &Command) -> usize {
    if command.side == Side::Buy.number() {
        BUY
    } else {
        SELL
    }
}

impl Lists {
    /// The list that a leg belongs to that comes in this place, if others of it have come.
    fn find(&self, command: &Command, leg: Leg, place: u64) -> Option<u32> {
        let (first, at) = self.latest;
        if at == NONE || first + u64::from(leg.place) != place {
            return None;
        }
        let list = &self.lists[at];
        let belongs = list.account == command.account
            && list.instrument == command.instrument
            && list.link == Leg { place: 0, ..leg }.link()
            && (in_pair(leg).is_none() || list.side.is_none_or(|side| side == side_of(command)));
        belongs.then_some(at)
    }

    /// Notes what an order has traded, if others wait for it.
    pub fn trade(&mut self, at: u32, order: u32, quantity: i64) {
        let list = &mut self.lists[at];
        if list.entry == order {
            list.traded += quantity;
        }
    }

    /// An order that waited comes alive.
    pub fn wake(&mut self, at: u32, order: u32) {
        let list = &mut self.lists[at];
        for (leg, waits) in list.pair.into_iter().zip(&mut list.waits) {
            *waits &= leg != order;
        }
    }
}

impl RiskEngine {
    /// What the pair of a list ties up, with further terms of one of its orders if given; if they
    /// are to be counted as alive, as if none waited.
    fn pair_wants(&self, at: u32, further: Option<(u64, &Terms)>, alive: bool) -> Reservation {
        let list = &self.lists.lists[at];
        let mut most = Reservation::default();
        for (leg, waits) in list.pair.into_iter().zip(list.waits) {
            if leg != NONE {
                let order = self.orders.get(leg);
                let terms = further.filter(|&(id, _)| id == order.id).map(|(_, terms)| terms);
                let bound = if waits && !alive { list.traded } else { i64::MAX };
                most = most.or_more(self.orders.reservation_within(order, terms, bound));
            }
        }
        most
    }

    /// What the account of a new order that says it is a leg would reserve for it, now and if exits
    /// were alive. In a dry run it is judged without the others.
    pub(super) fn leg_asks(
        &self,
        command: &Command,
        place: u64,
        wanted: Reservation,
    ) -> (Reservation, Reservation) {
        let Some(leg) = Leg::read(command.link) else { return (wanted, wanted) };
        let Some((_, waits)) = in_pair(leg) else { return (wanted, wanted) };
        let own = if waits { Reservation::default() } else { wanted };
        let Some(at) = self.lists.find(command, leg, place) else { return (own, wanted) };
        let reserved = self.lists.lists[at].reserved;
        let more = self.pair_wants(at, None, false).or_more(own).beyond(reserved);
        let alive = self.pair_wants(at, None, true).or_more(wanted).beyond(reserved);
        (more, alive)
    }

    /// Takes an order that was accepted in this place into its list.
    pub(super) fn join_list(&mut self, command: &Command, place: u64) {
        let Some(leg) = Leg::read(command.link) else { return };
        let root = self.ids.find_order(place).expect("it was just accepted");
        let order = self.ids.get(root).order;
        let at = self.lists.find(command, leg, place).unwrap_or_else(|| {
            let list = self.lists.lists.insert(List {
                account: command.account,
                instrument: command.instrument,
                link: Leg { place: 0, ..leg }.link(),
                entry: NONE,
                pair: [NONE; 2],
                waits: [false; 2],
                side: None,
                traded: 0,
                reserved: Reservation::default(),
            });
            self.lists.latest = (place - u64::from(leg.place), list);
            list
        });
        let live = self.orders.get_mut(order);
        live.list = at;
        let list = &mut self.lists.lists[at];
        let Some((number, waits)) = in_pair(leg) else {
            list.entry = order;
            return;
        };
        // From now on the list counts for it; what was reserved at its acceptance is that already.
        live.reserved = Reservation::default();
        list.side = Some(usize::from(live.side));
        (list.pair[number], list.waits[number]) = (order, waits);
        let reserved = self.pair_wants(at, None, false);
        self.lists.lists[at].reserved = reserved;
    }

    /// What a replace of a leg asks for, given what it would of any order.
    pub(super) fn leg_replace_asks(
        &self,
        command: &Command,
        order: &Live,
        (mut terms, mut asked): (Terms, Asked),
    ) -> (Terms, Asked) {
        let list = &self.lists.lists[order.list];
        let number =
            list.pair.iter().position(|&leg| leg != NONE && self.orders.get(leg).id == order.id);
        let Some(number) = number else { return (terms, asked) };
        let named = command.flags & FLAG_LEAVES != 0 || command.quantity != 0;
        terms.same =
            list.waits[number] && !named && self.orders.asked(order).all(|terms| terms.same);
        asked.had = self.orders.reservation(order, None);
        asked.wanted = self.orders.reservation(order, Some(&terms));
        let further = Some((order.id, &terms));
        asked.more = self.pair_wants(order.list, further, false).beyond(list.reserved);
        asked.alive = self.pair_wants(order.list, further, true).beyond(list.reserved);
        (terms, asked)
    }

    /// Reserves for a leg, and for those that it is linked with, what they need now.
    pub(super) fn reserve_leg(&mut self, at: u32) {
        let order = *self.orders.get(at);
        if self.lists.lists[order.list].entry == at {
            let wanted = self.orders.reservation(&order, None);
            self.orders.get_mut(at).reserved = wanted;
            self.reserve(order.holding, usize::from(order.side), order.reserved, wanted);
        }
        self.reserve_pair(order.list, order.holding);
    }

    /// The same when FILLS says something about it.
    pub(super) fn reserve_leg_anew(&mut self, at: u32) {
        self.reserve_leg(at);
        self.absorb_holding(self.orders.get(at).holding);
    }

    fn reserve_pair(&mut self, at: u32, holding: u32) {
        let wanted = self.pair_wants(at, None, false);
        let list = &mut self.lists.lists[at];
        let had = core::mem::replace(&mut list.reserved, wanted);
        if let Some(side) = list.side {
            self.reserve(holding, side, had, wanted);
        }
    }

    /// Takes an order that has ended out of its list.
    pub(super) fn leave_list(&mut self, at: u32, order: u32, holding: u32) {
        let list = &mut self.lists.lists[at];
        for leg in list.pair.iter_mut().chain([&mut list.entry]) {
            if *leg == order {
                *leg = NONE;
            }
        }
        let over = list.entry == NONE && list.pair == [NONE; 2];
        self.reserve_pair(at, holding);
        if over {
            self.lists.lists.remove(at);
        }
    }
}
