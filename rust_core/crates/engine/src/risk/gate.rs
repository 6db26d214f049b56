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
use super::holding::{Holding, BUY, SELL};
use super::judge::{Known, NewOrder, Request};
use super::orders::{Counted, Reservation};
use super::reference::{bits, Listed, Trader, MAX_POSITION, VENUE};
use super::shape::{fingerprint_of, is_absent, is_timed, quantity_fits, NEW_FLAGS};
use super::{Context, RiskEngine, Ruling};
use crate::pod::{Command, OrdType, Side, FLAG_REDUCE_ONLY, FLAG_TERMS};
use crate::table::NONE;

/// Flags that orders may have that are looked at here.
const QUICK_FLAGS: u16 = NEW_FLAGS & !(FLAG_REDUCE_ONLY | FLAG_TERMS);

/// What is asked for: a limit order.
#[derive(Clone, Copy)]
struct Look<'a> {
    listed: &'a Listed,
    /// What the account has in the instrument.
    own: &'a Holding,
    side: usize,
    price: i64,
    quantity: i64,
    /// Quantity at the price.
    money: i128,
    /// What margin would ask for the holding beyond what it does.
    more_margin: i128,
    fingerprint: u64,
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
    #[inline(never)]
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
            && trader.day == self.today()
            && self.ids.has_room(1)
            && self.orders.has_room();
        if !fits || (self.ids.may_have(hash) && self.is_used(command, hash)) {
            return None;
        }
        let holding = match trader.last {
            (same, at) if same == instrument => Some(at),
            _ => self.holding(account, instrument),
        };
        if holding.is_none() && !self.has_room_for_holding(account) {
            return None;
        }
        let own = holding.map_or(&Holding::NOTHING, |at| &self.holdings[at]);
        let reserved = Reservation::of(quantity, price);
        let native = u64::try_from(reserved.notional).ok()?;
        let needed = own.requirement_with(side, reserved, listed.rates, Money::Same);
        let counts = trader.checks & bits::DUPLICATES != 0 || trader.grouped;
        let look = Look {
            listed,
            own,
            side,
            price,
            quantity,
            // Two words have a product of two; so much is below the cap.
            money: (u128::from(native) * u128::from(listed.unit)) as i128,
            more_margin: needed - own.required,
            fingerprint: if counts { fingerprint_of(command) } else { 0 },
        };
        let may = trader.enabled
            && trader.limited
            && !trader.halted
            && own.reduce_only[side] == 0
            && trader.currency == listed.currency
            && !self.killed_sessions.stops(context.batch.origin, command.session)
            && (!self.asks_maintenance(trader) || self.equity_surely_covers(account));
        if !may
            || !self.surely_passes(trader, own, &look)
            || (trader.grouped && !self.groups_surely_pass(account, instrument, look))
        {
            return None;
        }
        let order = NewOrder {
            instrument,
            holding,
            side,
            counted: Counted::Limit,
            bound: 0,
            reduce_only: false,
            quantity,
            price,
            reserved,
            needed,
            fingerprint: look.fingerprint,
        };
        let key = key(command.account, &command.cl_ord_id());
        let digest = digest(command, None);
        let request =
            Request { account, key, hash, digest, known: Known::Unused, stopped: false, place: 0 };
        #[cfg(debug_assertions)]
        self.assert_exact(command, &request, &order);
        self.count_message(account);
        Some(self.accept_new(&order, &request, context.place))
    }

    /// Whether a request came under a client order id before.
    #[cold]
    fn is_used(&self, command: &Command, hash: u64) -> bool {
        self.ids.find(&key(command.account, &command.cl_ord_id()), hash).is_some()
    }

    /// Whether a new order surely passes every limit of a trader that has this there.
    #[inline(always)]
    fn surely_passes(&self, trader: &Trader, held: &Holding, look: &Look<'_>) -> bool {
        let &Look { side, quantity, money, .. } = look;
        let sizes = self.special(held).map_or(&trader.sizes, |special| &special.sizes);
        let on = |bit| trader.checks & bit != 0;
        let worst = held.worst(side) + quantity;
        let gross = held.gross() + held.open[BUY] + held.open[SELL] + quantity;
        let counts_money = bits::GROSS_EXPOSURE | bits::BUYING_POWER | bits::DAILY_LOSS;
        quantity <= sizes.quantity
            && worst <= sizes.worst[side]
            && gross <= sizes.gross
            && trader.open_orders < trader.most_orders
            && (!on(bits::MESSAGE_RATE) || trader.bucket.has_one(self.now_ns))
            && (!on(bits::ORDER_NOTIONAL) || money <= trader.max_notional)
            && (!on(bits::COLLAR) || look.listed.is_within(look.price, trader.collar_bps))
            && (!on(counts_money) || (trader.currency == look.listed.currency && !trader.unvalued))
            && (!on(bits::GROSS_EXPOSURE) || trader.exposure + money <= trader.max_exposure)
            && (!on(bits::BUYING_POWER) || look.more_margin <= trader.credit + trader.balance)
            && (!on(bits::DUPLICATES)
                || held.same_in_a_row(look.fingerprint, self.now_ns, trader.window_ns)
                    <= trader.max_duplicates)
            && (!on(bits::DAILY_LOSS) || self.has_lost_at_most(trader, trader.max_loss))
    }

    /// The same for the groups of an account.
    #[inline(never)]
    fn groups_surely_pass(&self, account: u32, instrument: u32, look: Look<'_>) -> bool {
        let groups = [self.reference.traders[account as usize].firm, VENUE];
        groups.into_iter().zip(look.own.groups).all(|(group, linked)| {
            let trader = &self.reference.traders[group as usize];
            let at = if linked == NONE { self.holding(group, instrument) } else { Some(linked) };
            let held = at.map_or(&Holding::NOTHING, |at| &self.holdings[at]);
            trader.day == self.today()
                && (!trader.limited || self.surely_passes(trader, held, &look))
        })
    }

    /// The exact judgement says the same.
    #[cfg(debug_assertions)]
    fn assert_exact(&self, command: &Command, request: &Request, order: &NewOrder) {
        let judged = self.judge_new(command, None, request, &mut super::checks::Silent);
        assert_eq!(judged.as_ref(), Ok(order), "the quick look and the exact judgement");
    }
}
