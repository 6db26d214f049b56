//! Cancels of many orders at once: mass cancels, what kill switches end, and what a busted trade
//! leaves nothing to reduce.

use alloc::vec::Vec;

use alloc::collections::BTreeMap;

use super::{Context, MatchingEngine, Room};
use crate::batch::Fills;
use crate::orders::Order;
use crate::pod::{Event, ExecType, Side, FLAG_REDUCE_ONLY, TIMER};
use crate::reject::Reject;

/// The most mass cancels that go on at a time.
const MAX_SWEEPS: usize = 64;
/// The same with kills and busts, so that mass cancels leave them room.
pub(super) const MAX_SWEEPS_AND_KILLS: usize = 2 * MAX_SWEEPS;

/// Which orders a mass cancel is about; 0: any.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    account: u32,
    instrument: u32,
    side: u16,
    tag: u64,
    /// The command's own place: what comes after it isn't meant.
    before: u64,
    /// Of whose accounts.
    firm: Option<u32>,
    /// Whether only those that never increase a position.
    reduce_only: bool,
    /// What is told as the reason.
    reason: u16,
}

impl Wanted {
    fn is(&self, order: &Order, firms: &BTreeMap<u32, u32>, tag: impl FnOnce() -> u64) -> bool {
        let of_firm = |firm: u32| firms.get(&order.account) == Some(&firm);
        order.id < self.before
            && self.firm.is_none_or(of_firm)
            && (self.instrument == 0 || order.instrument == self.instrument)
            && (self.side == 0 || u16::from(order.side) == self.side)
            && (!self.reduce_only || u16::from(order.flags) & FLAG_REDUCE_ONLY != 0)
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
        if self.sweeps.len() >= MAX_SWEEPS {
            return Err(Reject::SystemUnavailable);
        }
        let wanted = Wanted {
            account: command.account,
            instrument: command.instrument,
            side: command.side,
            tag: command.order_id,
            before: at.place,
            firm: None,
            reduce_only: false,
            reason: 0,
        };
        self.sweep_out(wanted, at, fills);
        Ok(())
    }

    /// Cancels what is open of those whom a kill switch stops. A session's orders are for the
    /// process to cancel that knows them.
    pub(super) fn kill(&mut self, at: Context<'_>, fills: &mut Fills) -> Result<(), Reject> {
        let id = at.command.account;
        let (account, firm) = match at.command.payload_index {
            0 if id != 0 => (id, None),
            1 => (0, Some(id)),
            2 if id == 0 => (0, None),
            3 => return Ok(()),
            0 | 2 => return Err(Reject::UnknownAccount),
            _ => return Err(Reject::UnsupportedCharacteristic),
        };
        if self.sweeps.len() == MAX_SWEEPS_AND_KILLS {
            return Err(Reject::SystemUnavailable);
        }
        let wanted = Wanted {
            account,
            instrument: 0,
            side: 0,
            tag: 0,
            before: at.place,
            firm,
            reduce_only: false,
            reason: Reject::KillSwitch.number(),
        };
        self.sweep_out(wanted, at, fills);
        Ok(())
    }

    /// Cancels what never increases a position on the other side of a trade that was none: matching
    /// knows no positions, and what is left of this one may be less than those would reduce.
    pub(super) fn cancel_reducing(&mut self, at: Context<'_>, fills: &mut Fills) {
        let command = at.command;
        if command.account == 0 {
            return;
        }
        let buys = command.side == Side::Buy.number();
        let wanted = Wanted {
            account: command.account,
            instrument: command.instrument,
            side: if buys { Side::Sell } else { Side::Buy }.number(),
            tag: 0,
            before: at.place,
            firm: None,
            reduce_only: true,
            reason: Reject::ReduceOnly.number(),
        };
        self.sweep_out(wanted, at, fills);
    }

    /// Cancels what a command means, or as much of it as there is room for. One that comes while
    /// another goes on waits until that is done.
    fn sweep_out(&mut self, wanted: Wanted, at: Context<'_>, fills: &mut Fills) {
        if !self.sweeps.is_empty() {
            return self.sweeps.push(wanted);
        }
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
            if wanted.is(order, &self.firms, tag) {
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
            self.end_for(index, ExecType::Canceled, wanted.reason, command_index, events);
        }
        self.swept = ids;
        self.touched.sort_unstable();
        self.touched.dedup();
        done
    }
}
