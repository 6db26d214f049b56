//! Cancels of many orders at once.

use alloc::vec::Vec;

use super::{Context, MatchingEngine, Room};
use crate::batch::Fills;
use crate::orders::Order;
use crate::pod::{Event, ExecType, Side, TIMER};
use crate::reject::Reject;

/// The most mass cancels that go on at a time.
const MAX_SWEEPS: usize = 64;

/// Which orders a mass cancel is about; 0: any.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    account: u32,
    instrument: u32,
    side: u16,
    tag: u64,
    /// The command's own place: what comes after it isn't meant.
    before: u64,
}

impl Wanted {
    fn is(&self, order: &Order, tag: impl FnOnce() -> u64) -> bool {
        order.id < self.before
            && (self.instrument == 0 || order.instrument == self.instrument)
            && (self.side == 0 || u16::from(order.side) == self.side)
            && (self.tag == 0 || tag() == self.tag)
    }
}

impl MatchingEngine {
    /// Cancels all orders that a command means, the oldest first, and lets follow what follows in
    /// their books. What doesn't fit into the message goes on in the next.
    pub(super) fn mass_cancel(&mut self, at: Context<'_>, fills: &mut Fills) -> Result<(), Reject> {
        let command = at.command;
        if command.instrument != 0 && self.slot(command.instrument).is_none() {
            return Err(Reject::UnknownSymbol);
        }
        if command.flags != 0 || command.side > Side::Sell.number() {
            return Err(Reject::UnsupportedCharacteristic);
        }
        if self.sweeps.len() == MAX_SWEEPS {
            return Err(Reject::SystemUnavailable);
        }
        let wanted = Wanted {
            account: command.account,
            instrument: command.instrument,
            side: command.side,
            tag: command.order_id,
            before: at.place,
        };
        let room = at.room();
        if !self.cancel_all(wanted, at.index, room, &mut fills.events) {
            self.sweeps.push(wanted);
        }
        for place in 0..self.touched.len() {
            let slot = self.touched[place].1 as usize;
            if self.books[slot].is_watched() {
                self.follow(slot, at.index, room, fills);
            }
        }
        Ok(())
    }

    /// Goes on with mass cancels. Says whether all are done.
    pub(super) fn go_on_cancelling(&mut self, room: Room, events: &mut Vec<Event>) -> bool {
        while let Some(&wanted) = self.sweeps.first() {
            let done = self.cancel_all(wanted, TIMER, room, events);
            for place in 0..self.touched.len() {
                let slot = self.touched[place].1 as usize;
                if self.books[slot].is_watched() {
                    self.postpone(slot);
                }
            }
            if !done {
                return false;
            }
            self.sweeps.remove(0);
        }
        true
    }

    /// Cancels as many as there is room for and notes their books, by instrument. Says whether that
    /// was all.
    fn cancel_all(
        &mut self,
        wanted: Wanted,
        command_index: u32,
        room: Room,
        events: &mut Vec<Event>,
    ) -> bool {
        let mut ids = core::mem::take(&mut self.swept);
        ids.clear();
        self.touched.clear();
        self.orders.of_account(wanted.account, |index, order| {
            let tag = || self.orders.extra_at(order.extra).map_or(0, |extra| extra.tag);
            if wanted.is(order, tag) {
                ids.push((order.id, index));
            }
        });
        ids.sort_unstable();
        let mut done = true;
        for &(id, index) in &ids {
            // The partner of one that has just been cancelled is gone.
            if !self.orders.is(index, id) {
                continue;
            }
            if events.len() + 1 + self.orders.link_cost(index) > room.events {
                done = false;
                break;
            }
            let instrument = self.orders.get(index).instrument;
            let slot = self.slot(instrument).expect("an order has a book") as u32;
            if self.touched.last() != Some(&(instrument, slot)) {
                self.touched.push((instrument, slot));
            }
            self.end(index, ExecType::Canceled, command_index, events);
        }
        self.swept = ids;
        self.touched.sort_unstable();
        self.touched.dedup();
        done
    }
}
