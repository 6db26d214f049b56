//! New orders that go on: what they tie up is counted, and they are kept.

use super::judge::{NewOrder, Request};
use super::levels::Change;
use super::orders::{Live, Reservation};
use super::reference::bits;
use super::{accepted_within, RiskEngine, Ruling};
use crate::table::NONE;

impl RiskEngine {
    /// Takes in a new order that may go on.
    #[inline(always)]
    pub(super) fn accept_new(&mut self, order: &NewOrder, request: &Request, place: u64) -> Ruling {
        let at = self.tie_up(request.account, order);
        self.admit(at, order, request, place)
    }

    /// Counts a new order at its account's holding, which it returns.
    #[inline(always)]
    pub(super) fn tie_up(&mut self, account: u32, order: &NewOrder) -> u32 {
        let &NewOrder { instrument, side, fingerprint, .. } = order;
        let Reservation { quantity, notional } = order.reserved;
        let at = match order.holding {
            Some(at) => at,
            None => self
                .holding_or_new(account, instrument)
                .expect("the judgement looked whether there is room"),
        };
        let trader = &mut self.reference.traders[account as usize];
        let holding = &mut self.holdings[at];
        trader.open_orders += 1;
        trader.last = (instrument, at);
        let balance = holding.required - order.needed;
        trader.balance += balance;
        holding.required = order.needed;
        let mut exposure = 0;
        if trader.exposed {
            exposure = order.exposure - holding.exposure;
            trader.exposure += exposure;
            holding.exposure = order.exposure;
        }
        holding.open[side] += quantity;
        holding.open_notional[side] += notional;
        holding.reduce_only[side] += u32::from(order.reduce_only);
        if trader.checks & bits::DUPLICATES != 0 {
            holding.row.add(fingerprint, self.now_ns, trader.window_ns);
        }
        let grouped = trader.grouped;
        debug_assert_eq!(self.recount(at), (0, 0), "it is counted already");
        if grouped {
            let mut change = Change { balance, exposure, ..Change::default() };
            change.open[side] = quantity;
            change.open_notional[side] = notional;
            self.count_for_groups(at, &change, fingerprint);
        }
        at
    }

    /// Takes in a new order that is counted at this holding, and its client order id.
    #[inline(always)]
    pub(super) fn admit(
        &mut self,
        holding: u32,
        order: &NewOrder,
        request: &Request,
        place: u64,
    ) -> Ruling {
        let root = self.ids.next();
        let mut live = Live::new(place, order.side, order.quantity, order.price);
        live.account = request.account;
        live.holding = holding;
        live.instrument = order.instrument;
        (live.counted, live.over) = (order.counted, order.over);
        live.reduce_only = order.reduce_only;
        (live.root, live.ids) = (root, root);
        let live = self.orders.add(live);
        let Request { key, hash, digest, .. } = *request;
        self.ids.add_order(key, hash, digest, place, live);
        accepted_within(place, order.bound)
    }

    /// Counts a new order for the groups of an account, whose holding it changed so.
    #[inline(never)]
    fn count_for_groups(&mut self, at: u32, change: &Change, fingerprint: u64) {
        self.count_order(self.holdings[at].account, true);
        self.carry(at, change);
        for group in self.holdings[at].groups {
            if group != NONE {
                self.count_in_row(group, fingerprint);
            }
        }
    }

    /// Counts a new order among those in a row at one holding.
    #[inline]
    fn count_in_row(&mut self, at: u32, fingerprint: u64) {
        let holding = &mut self.holdings[at];
        let trader = &self.reference.traders[holding.account as usize];
        if trader.checks & bits::DUPLICATES != 0 {
            holding.row.add(fingerprint, self.now_ns, trader.window_ns);
        }
    }
}
