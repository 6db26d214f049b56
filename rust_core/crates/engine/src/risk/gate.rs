//! A quick look at whether a new order surely goes on, before the exact judgement.
//!
//! Nearly every order is a limit order under a client order id of its own that passes every check,
//! and for that it is enough to compare: limits are kept as they are compared, with those that are
//! off at the end of their range, and nothing says which check fails. Whatever a comparison can't
//! say for sure is left to the exact judgement, which alone refuses. Wherever assertions are on,
//! what passes here is judged there too, with the same outcome.

use super::checks::{Level, MAX_SUM};
use super::client_ids::{digest, key};
use super::conversions::Money;
use super::holding::{Holding, BUY, CAP, SELL};
use super::judge::{Hashes, Known, NewOrder, Request};
use super::orders::{Counted, Reservation};
use super::reference::{bits, Listed, Trader, MAX_POSITION, VENUE};
use super::shape::{
    fingerprint_of, is_absent, is_timed, names_itself, quantity_fits, says_what_new_orders_say,
    NEW_FLAGS,
};
use super::{accepted, cancel_refused, Context, RiskEngine, Ruling};
use crate::pod::{Command, OrdType, Side, FLAG_REDUCE_ONLY, FLAG_TERMS};
use crate::reject::Reject;
use crate::table::NONE;

/// Flags that orders may have that are looked at here.
const QUICK_FLAGS: u16 = NEW_FLAGS & !(FLAG_REDUCE_ONLY | FLAG_TERMS);

/// What is asked for: a limit order.
#[derive(Clone, Copy)]
struct Look<'a> {
    listed: &'a Listed,
    side: usize,
    price: i64,
    quantity: i64,
    fingerprint: u64,
}

/// What that is worth.
#[derive(Clone, Copy)]
struct Worth {
    /// Quantity at the price that it is counted at.
    money: i128,
    /// What margin would ask for the holding beyond what it does.
    more_margin: i128,
}

/// Limits of size as they are compared: one that is off allows whatever there can be.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Largest quantity of one order; below 0 in what is restricted.
    pub quantity: i64,
    /// Largest position that the orders of a side may lead to, counted in its direction.
    pub worst: [i64; 2],
    /// Largest position with the open orders of both sides.
    pub gross: i64,
}

/// Limits of size as they were set.
#[derive(Clone, Copy, Debug, Default)]
pub struct SetSizes {
    /// Checks that are on.
    pub checks: u64,
    /// Largest quantity of one order.
    pub quantity: i64,
    /// Largest position.
    pub position: i64,
    /// Largest position with the open orders of both sides.
    pub gross: i64,
    /// What may be sold beyond the position.
    pub short: i64,
}

impl Sizes {
    /// Limits of somebody at a level, with the bounds of the engine where they are off.
    pub fn new(level: Level, set: SetSizes) -> Self {
        let or = |bit, limit, off| if set.checks & bit != 0 { limit } else { off };
        let (bound, gross) = match level {
            Level::Account => (MAX_POSITION, i64::MAX),
            Level::Firm | Level::Venue => (MAX_SUM, MAX_SUM),
        };
        let position = or(bits::POSITION, set.position, bound);
        let mut worst = [position; 2];
        worst[SELL] = worst[BUY].min(or(bits::SHORT_SALES, set.short, i64::MAX));
        let quantity = or(bits::ORDER_QUANTITY, set.quantity, i64::MAX);
        Self {
            quantity: or(bits::RESTRICTED, -1, quantity),
            worst,
            gross: or(bits::GROSS_POSITION, set.gross, gross),
        }
    }
}

impl RiskEngine {
    /// Judges a new order, if it surely goes on.
    #[inline(always)]
    pub(super) fn quick_new(&mut self, command: &Command, context: &Context<'_>) -> Option<Ruling> {
        let account = self.reference.account_place(command.account)?;
        let instrument = self.reference.instrument_place(command.instrument)?;
        let trader = self.reference.traders.get(account as usize)?;
        let listed = self.reference.listed.get(instrument as usize)?;
        let &Command { side, price, quantity, .. } = command;
        let odd = (command.stop_price | command.display_quantity | command.expire_time) as u64
            | command.order_id
            | u64::from(command.orig_cl_ord_id_index | command.flags & !QUICK_FLAGS)
            | u64::from(command.link);
        // Sides come as they like: a number, not a branch, which would be guessed wrong.
        let side = usize::from(side.wrapping_sub(Side::Buy.number()));
        if odd != 0 || command.ord_type != OrdType::Limit.number() || side > SELL {
            return None;
        }
        let hash = context.hashes.own;
        let fits = is_timed(command)
            && (command.cl_ord_id[0] != 0 || !is_absent(&command.cl_ord_id()))
            && listed.enabled
            && quantity_fits(listed, quantity)
            && self.reference.on_tick(instrument, price)
            && trader.may_trade()
            && trader.day == self.today()
            && trader.currency == listed.currency
            && self.ids.has_room_for_one()
            && self.orders.has_room()
            && !self.killed_sessions.stops(context.batch.origin, command.session)
            && (!self.asks_maintenance(trader) || self.equity_surely_covers(account));
        if !fits || (self.ids.may_have(hash) && self.is_used(command, hash)) {
            return None;
        }
        let holding = match trader.last {
            (same, at) if same == instrument => Some(at),
            _ => self.other_holding(account, instrument),
        };
        if holding.is_none() && !self.has_room_for_holding(account) {
            return None;
        }
        let own = holding.map_or(&Holding::NOTHING, |at| &self.holdings[at]);
        let counts = trader.checks & bits::DUPLICATES != 0 || trader.grouped;
        let fingerprint = if counts { fingerprint_of(command) } else { 0 };
        let look = Look { listed, side, price, quantity, fingerprint };
        if own.reduce_only[side] != 0 || !self.surely_fits(trader, own, look) {
            return None;
        }
        let counted_at = listed.counted(side, price);
        let reserved = Reservation::of(quantity, counted_at);
        let native = u64::try_from(reserved.notional).ok()?;
        // Two words have a product of two; so much is below the cap.
        let money = (u128::from(native) * u128::from(listed.unit)) as i128;
        // What is below the cap with it was counted in full before.
        let exposure = if trader.exposed { own.exposure + money } else { 0 };
        let needed = own.requirement_with(side, reserved, listed.rates, Money::Same);
        let worth = Worth { money, more_margin: needed - own.required };
        if exposure > CAP as i128
            || !worth.is_surely_covered(trader)
            || (trader.grouped && !self.groups_surely_pass((account, instrument), own, look, worth))
        {
            return None;
        }
        let (counted, bound, reduce_only) = (Counted::Limit, 0, false);
        let order = NewOrder {
            instrument,
            holding,
            side,
            counted,
            bound,
            over: 0,
            reduce_only,
            quantity,
            price: counted_at,
            reserved,
            needed,
            exposure,
            fingerprint,
        };
        #[cfg(debug_assertions)]
        self.assert_exact(command, account, hash, &order);
        self.count_message(account);
        let at = self.tie_up(account, &order);
        let (key, digest) = (key(command.account, &command.cl_ord_id()), digest(command, None));
        let request =
            Request { account, key, hash, digest, known: Known::Unused, stopped: false, place: 0 };
        Some(self.admit(at, &order, &request, context.place))
    }

    /// Judges a cancel of an order under the client order id that it came by, if it surely goes on
    /// or surely comes too late. Who has sent an order has an account.
    #[inline(always)]
    pub(super) fn quick_cancel(
        &mut self,
        command: &Command,
        context: &Context<'_>,
    ) -> Option<Ruling> {
        let orig = Self::orig(command, context.batch).ok()??;
        let Hashes { own: hash, orig: orig_hash } = context.hashes;
        if is_absent(&command.cl_ord_id())
            || self.ids.may_have(hash)
            || !self.ids.has_room_for_one()
            || command.stop_price != 0
            || says_what_new_orders_say(command)
        {
            return None;
        }
        let root = self.ids.find(&key(command.account, orig), orig_hash?)?;
        let entry = self.ids.get(root);
        let (at, order_id, named) = (entry.order, entry.place, command.instrument);
        if entry.root != root {
            return None;
        }
        debug_assert!(!names_itself(command, Some(orig)), "one is known, the other is not");
        let (key, digest) =
            (key(command.account, &command.cl_ord_id()), digest(command, orig_hash));
        if at == NONE && named == 0 {
            self.ids.add_ended(key, hash, digest, context.place, self.now_ns);
            return Some(cancel_refused(order_id, Reject::TooLate));
        }
        if at == NONE {
            return None;
        }
        let order = self.orders.get_mut(at);
        if named != 0 && self.reference.instrument_place(named) != Some(order.instrument) {
            return None;
        }
        order.ids = self.ids.add_request(key, hash, digest, context.place, root, order.ids);
        Some(accepted(order_id))
    }

    /// The holding of a trader in an instrument that isn't the one it was last looked up in.
    #[inline(never)]
    fn other_holding(&self, account: u32, instrument: u32) -> Option<u32> {
        self.holding(account, instrument)
    }

    /// Whether a request came under a client order id before.
    #[cold]
    fn is_used(&self, command: &Command, hash: u64) -> bool {
        self.ids.find(&key(command.account, &command.cl_ord_id()), hash).is_some()
    }

    /// Whether a new order surely passes the limits of a trader that has this there, but for those
    /// of its worth.
    #[inline(always)]
    fn surely_fits(&self, trader: &Trader, held: &Holding, look: Look<'_>) -> bool {
        let Look { listed, side, price, quantity, fingerprint } = look;
        let sizes = self.special(held).map_or(&trader.sizes, |special| &special.sizes);
        let on = |bit| trader.checks & bit != 0;
        let gross = held.gross() + held.open[BUY] + held.open[SELL] + quantity;
        quantity <= sizes.quantity
            && held.worst(side) + quantity <= sizes.worst[side]
            && gross <= sizes.gross
            && trader.open_orders < trader.most_orders
            && (!on(bits::MESSAGE_RATE) || trader.bucket.has_one(self.now_ns))
            && (!on(bits::COLLAR) || listed.is_within(price, trader.collar_bps))
            && (!on(bits::DUPLICATES)
                || held.same_in_a_row(fingerprint, self.now_ns, trader.window_ns)
                    <= trader.max_duplicates)
            && (!on(bits::DAILY_LOSS) || self.has_lost_at_most(trader, trader.max_loss))
    }

    /// Whether it surely passes every limit of the groups of its account.
    #[inline(never)]
    fn groups_surely_pass(
        &self,
        (account, instrument): (u32, u32),
        own: &Holding,
        look: Look<'_>,
        worth: Worth,
    ) -> bool {
        let groups = [self.reference.traders[account as usize].firm, VENUE];
        groups.into_iter().zip(own.groups).all(|(group, linked)| {
            let trader = &self.reference.traders[group as usize];
            let at =
                if linked == NONE { self.other_holding(group, instrument) } else { Some(linked) };
            let held = at.map_or(&Holding::NOTHING, |at| &self.holdings[at]);
            trader.day == self.today()
                && (!trader.limited
                    || (self.surely_fits(trader, held, look)
                        && worth.is_surely_covered(trader)
                        && trader.currency == look.listed.currency))
        })
    }

    /// The exact judgement says the same.
    #[cfg(debug_assertions)]
    fn assert_exact(&self, command: &Command, account: u32, hash: u64, order: &NewOrder) {
        let (key, digest) = (key(command.account, &command.cl_ord_id()), digest(command, None));
        let request =
            Request { account, key, hash, digest, known: Known::Unused, stopped: false, place: 0 };
        let judged = self.judge_new(command, None, &request, &mut super::checks::Silent);
        assert_eq!(judged.as_ref(), Ok(order), "the quick look and the exact judgement");
    }
}

impl Worth {
    /// Whether it surely passes the limits of a trader on what orders are worth.
    #[inline(always)]
    fn is_surely_covered(&self, trader: &Trader) -> bool {
        let &Self { money, more_margin } = self;
        let on = |bit| trader.checks & bit != 0;
        let counts_money = bits::GROSS_EXPOSURE | bits::BUYING_POWER | bits::DAILY_LOSS;
        (!on(counts_money) || !trader.unvalued)
            && (!on(bits::ORDER_NOTIONAL) || money <= trader.max_notional)
            && (!on(bits::GROSS_EXPOSURE) || trader.exposure + money <= trader.max_exposure)
            && (!on(bits::BUYING_POWER) || more_margin <= trader.credit + trader.balance)
    }
}
