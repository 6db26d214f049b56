//! What happens by itself: orders expire, volatility auctions end, sessions begin.

use super::{MatchingEngine, Room};
use crate::batch::Fills;
use crate::orders::DAY_NS;
use crate::pod::{ExecType, ScheduledSession, SessionState, TIMER};
use crate::prices::{next_session, SECOND_NS};

/// What a timer is for; at one time in this order, after the orders that expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// A volatility auction ends.
    AuctionEnd,
    /// A session begins.
    Session,
}

/// When what happens where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Timer {
    pub at_ns: i64,
    pub what: What,
    pub instrument: u32,
}

impl MatchingEngine {
    /// What comes before the commands of a message: what the last one had no room for, and what
    /// time has brought.
    #[inline]
    pub(super) fn go_on(&mut self, room: Room, fills: &mut Fills) {
        if !self.is_quiet() {
            self.go_on_with(room, fills);
        }
    }

    /// Whether nothing is left over from before, and nothing is due.
    #[inline]
    pub(super) fn is_quiet(&self) -> bool {
        self.pending.is_empty()
            && self.sweeps.is_empty()
            && self.timers.is_empty()
            && self.orders.due(self.time_ns).is_none()
    }

    #[inline(never)]
    fn go_on_with(&mut self, room: Room, fills: &mut Fills) {
        if !self.sweeps.is_empty() && !self.go_on_cancelling(room, &mut fills.events) {
            return;
        }
        while let Some((at_ns, _)) = self.orders.due(self.time_ns) {
            match self.timer_due() {
                Some(timer) if timer.at_ns < at_ns => {
                    if !self.ring(timer, room, fills) {
                        return self.follow_pending(room, fills);
                    }
                }
                _ => {
                    if !self.expire_next(room, fills) {
                        return self.follow_pending(room, fills);
                    }
                }
            }
        }
        while let Some(timer) = self.timer_due() {
            if !self.ring(timer, room, fills) {
                break;
            }
        }
        self.follow_pending(room, fills);
    }

    /// The timer that rings next, if it is due.
    #[inline]
    fn timer_due(&self) -> Option<Timer> {
        self.timers.first().copied().filter(|timer| timer.at_ns <= self.time_ns)
    }

    /// Ends the order that expires first. Says whether there was room.
    fn expire_next(&mut self, room: Room, fills: &mut Fills) -> bool {
        let Some((_, index)) = self.orders.due(self.time_ns) else { return true };
        if fills.events.len() + 1 + self.orders.link_cost(index) > room.events {
            return false;
        }
        let slot = self.slot(self.orders.get(index).instrument).expect("an order has a book");
        self.end(index, ExecType::Expired, TIMER, &mut fills.events);
        if self.books[slot].is_watched() {
            self.postpone(slot);
        }
        true
    }

    /// Does what a timer is for and what follows. Says whether all of that found room.
    fn ring(&mut self, timer: Timer, room: Room, fills: &mut Fills) -> bool {
        self.timers.remove(&timer);
        let slot = self.slot(timer.instrument).expect("a timer has a book");
        match timer.what {
            What::AuctionEnd => {
                self.books[slot].auction_ends_ns = 0;
                self.go_to(slot, SessionState::Continuous, 0);
            }
            What::Session => {
                let begins = self.scheduled_at(slot, timer.at_ns);
                // After an outage only the last day is made up for.
                let oldest = self.time_ns.saturating_sub(DAY_NS);
                self.schedule(slot, timer.at_ns.max(oldest));
                let Some(begins) = begins.filter(|_| timer.at_ns > oldest) else { return true };
                self.go_to(slot, begins.session, 0);
            }
        }
        !self.books[slot].is_watched() || self.follow(slot, TIMER, room, fills)
    }

    fn scheduled_at(&mut self, slot: usize, at_ns: i64) -> Option<ScheduledSession> {
        next_session(&self.books[slot].bounds, at_ns - 1).map(|(_, entry)| entry)
    }

    /// Leaves the dynamic band: trading stops, or goes to an auction.
    pub(super) fn leave_band(&mut self, slot: usize) {
        let bounds = self.books[slot].bounds;
        self.books[slot].reference = 0;
        if bounds.flags & crate::pod::RULES_BAND_HALTS != 0 {
            return self.set_session(slot, SessionState::Halted);
        }
        self.set_session(slot, SessionState::VolatilityAuction);
        if bounds.auction_seconds != 0 {
            let ends = self.time_ns.saturating_add(i64::from(bounds.auction_seconds) * SECOND_NS);
            self.books[slot].auction_ends_ns = ends;
            let instrument = bounds.instrument;
            self.timers.insert(Timer { at_ns: ends, what: What::AuctionEnd, instrument });
        }
    }

    /// Lets a volatility auction no longer end by itself.
    pub(super) fn stop_timer(&mut self, slot: usize) {
        let book = &mut self.books[slot];
        if book.auction_ends_ns != 0 {
            let instrument = book.instrument.id;
            let timer = Timer { at_ns: book.auction_ends_ns, what: What::AuctionEnd, instrument };
            self.timers.remove(&timer);
            book.auction_ends_ns = 0;
        }
    }
}
