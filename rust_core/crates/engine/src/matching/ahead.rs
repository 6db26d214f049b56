//! Reading ahead: what the next commands of a message change lies apart in memory, and waiting for
//! all of it at once takes no longer than for one.

use core::hint::black_box;

use super::MatchingEngine;
use crate::orders::NIL;
use crate::pod::{Command, CommandKind, Side, Verdict, MAX_PRICE};

/// Commands that are looked at together.
pub(super) const AHEAD: usize = 16;
/// With fewer open orders what they need is near as it is.
const FAR: usize = 1 << 14;

impl MatchingEngine {
    /// Whether looking ahead in a message is worth it.
    #[inline]
    pub(super) fn looks_ahead(&self, commands: usize) -> bool {
        commands > 1 && self.orders.open() >= FAR
    }

    /// Reads what these commands will need, step by step, for all of them in each; `place` is that
    /// of the first. Nothing hangs on it but time.
    #[inline(never)]
    pub(super) fn look_ahead(&self, commands: &[Command], verdicts: &[Verdict], place: u64) {
        let (mut found, mut books) = ([NIL; AHEAD], [None; AHEAD]);
        let (mut levels, mut ends) = ([NIL; AHEAD], [NIL; AHEAD]);
        let mut seen = 0;
        let asked = commands.iter().zip(verdicts).take(AHEAD);
        for (number, (command, verdict)) in asked.enumerate() {
            if command.kind == CommandKind::NewOrder.number() {
                self.orders.touch(place + number as u64, command.cl_ord_id[0]);
            } else {
                found[number] = self.orders.touch(verdict.order_id, command.cl_ord_id[0]);
            }
        }
        for (number, command) in commands.iter().take(AHEAD).enumerate() {
            let order = self.orders.peek(found[number]);
            let side = order.map_or(command.side, |order| order.side().number());
            let instrument = order.map_or(command.instrument, |order| order.instrument);
            levels[number] = order.map_or(NIL, |order| order.level);
            let sells = usize::from(side == Side::Sell.number());
            books[number] = self.slot(instrument).map(|slot| &self.books[slot].sides[sells]);
        }
        for (number, command) in commands.iter().take(AHEAD).enumerate() {
            let Some(side) = books[number] else { continue };
            seen ^= side.touch_level(levels[number]);
            if (1..=MAX_PRICE).contains(&command.price) {
                ends[number] = side.touch_price(command.price);
            }
            if let Some(order) = self.orders.peek(found[number]) {
                for near in [order.prev, order.next] {
                    seen ^= self.orders.peek(near).map_or(0, |order| order.level);
                }
            }
        }
        for end in ends {
            seen ^= self.orders.peek(end).map_or(0, |order| order.level);
        }
        black_box(seen);
    }
}
