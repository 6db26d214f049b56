//! How orders trade where there is more to look at than price and time.
//!
//! A sweep goes through what rests on the other side in order: market orders, then levels by price.
//! An order that can't trade with what is left of the incoming one, because it wants all or a
//! minimum, is passed over and stays where it is; as ever less is left, it stays passed over.

use alloc::vec::Vec;

use super::{inward, MatchingEngine, EVENTS_PER_TRADE};
use crate::book::side_index;
use crate::events::{rests, stood, Trade};
use crate::orders::{Extra, Place, NIL};
use crate::pod::{
    Command, Event, ExecType, Liquidity, OrdType, SelfTrade, SessionState, Side, TimeInForce,
};
use crate::prices::Band;
use crate::reject::Reject;
use crate::rules::Residual;
use crate::ticks::Ticks;
use bytemuck::Zeroable;

/// Reasons of cancels that prevent self-trades, FIX 378: the resting order was to go.
const SELF_RESTING: u16 = 17;
/// The incoming order was to go.
const SELF_AGGRESSING: u16 = 18;
/// Both were to go.
const SELF_BOTH: u16 = 19;
/// Both were to lose what would have traded.
const SELF_DECREMENT: u16 = 20;

/// Reason of a cancel, ours: the order could have traded only beyond what bounds prices.
const OUT_OF_BAND: u16 = 116;

/// How a sweep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Swept {
    /// Nothing is left.
    Filled,
    /// There is nothing more to trade with.
    Exhausted,
    /// The message is full.
    CutShort,
    /// It met an order of its own and is to go for this reason.
    SelfTrade(u16),
    /// It would trade further from the best price than market orders do.
    Protected,
    /// It would trade outside of the dynamic band.
    OutOfBand,
}

/// The prices at which an order may trade while it is served.
#[derive(Clone, Copy)]
pub(super) struct Reach {
    protected: Band,
    dynamic: Band,
}

impl Reach {
    /// Whether a price is further than a market order goes, as if that were its limit.
    pub fn is_beyond(self, price: i64) -> bool {
        !self.protected.holds(price)
    }

    /// Whether a trade at this price would leave the dynamic band.
    pub fn leaves_band(self, price: i64) -> bool {
        !self.dynamic.holds(price)
    }

    /// A price for the rest of a market order, not further than it goes.
    fn capped(self, price: i64, ticks: &Ticks) -> i64 {
        if price > self.protected.high {
            // Below the first tick there is no price to go to.
            [ticks.down(self.protected.high), price].into_iter().find(|&p| p > 0).unwrap_or(price)
        } else if price < self.protected.low {
            ticks.up(self.protected.low)
        } else {
            price
        }
    }
}

/// What a sweep would do.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Plan {
    /// The quantity that would trade.
    pub quantity: i64,
    /// In at most so many events.
    pub events: usize,
}

/// How far a sweep may go.
#[derive(Clone, Copy)]
pub(super) struct Steps {
    pub command_index: u32,
    /// Where the message's room for trades ends.
    pub trades_end: usize,
    pub reach: Reach,
}

/// An order in a trade.
#[derive(Clone, Copy)]
pub(super) struct Party {
    pub index: u32,
    pub liquidity: Liquidity,
    /// How much of what it shows is traded; None: all that trades.
    pub shown: Option<i64>,
}

impl Party {
    pub fn taker(index: u32) -> Self {
        Self { index, liquidity: Liquidity::Taker, shown: None }
    }

    pub fn maker(index: u32) -> Self {
        Self { index, liquidity: Liquidity::Maker, shown: None }
    }
}

impl MatchingEngine {
    /// [`Self::execute`] where there is more to look at; `last_event` is the order's last one.
    pub(super) fn execute_special(
        &mut self,
        index: u32,
        slot: usize,
        command_index: u32,
        trades_end: usize,
        mut last_event: usize,
        events: &mut Vec<Event>,
    ) -> bool {
        let taker = *self.orders.get(index);
        if self.books[slot].session != SessionState::Continuous {
            return self.rest(index, slot, last_event, events);
        }
        let all_or_nothing = taker.time_in_force == TimeInForce::Fok as u8;
        let immediate = all_or_nothing || taker.time_in_force == TimeInForce::Ioc as u8;
        let floor = if all_or_nothing { taker.leaves } else { self.orders.floor(index) };
        let reach = self.reach(index, slot);
        let mut unfit = None;
        let mut parts = core::mem::take(&mut self.parts);
        parts.clear();
        if floor == taker.leaves && self.books[slot].floored != 0 {
            self.choose_parts(index, slot, reach, &mut parts);
        }
        let room = trades_end.saturating_sub(events.len());
        if !parts.is_empty() {
            if self.events_of(index, &parts) > room {
                unfit = Some(Reject::Other.number());
            }
        } else if floor > 0 {
            let mut gone = core::mem::take(&mut self.gone);
            let plan = self.plan(index, slot, reach, &mut gone);
            self.gone = gone;
            if plan.quantity < floor {
                unfit = Some(if all_or_nothing { Reject::FokUnfillable.number() } else { 0 });
            } else if plan.events > room {
                unfit = Some(Reject::Other.number());
            }
        }
        let turn = Steps { command_index, trades_end, reach };
        let swept = match unfit {
            Some(_) => Swept::Exhausted,
            None if !parts.is_empty() => {
                last_event = self.deal_parts(index, slot, turn, &parts, events);
                Swept::Filled
            }
            None => self.sweep(index, slot, turn, &mut last_event, events),
        };
        self.parts = parts;
        let of_band = matches!(swept, Swept::Protected | Swept::OutOfBand);
        let none_left = if of_band { OUT_OF_BAND } else { 0 };
        let reason = match swept {
            Swept::Filled => return false,
            Swept::CutShort => Some(Reject::Other.number()),
            Swept::SelfTrade(reason) => Some(reason),
            _ if immediate => Some(unfit.unwrap_or(none_left)),
            _ if taker.price != 0 => None,
            _ => {
                let traded = self.orders.get(index).cum > taker.cum;
                let book = &self.books[slot];
                let to_limit = taker.ord_type == OrdType::MarketToLimit as u8;
                match book.rules.residual {
                    _ if to_limit && !traded => Some(none_left),
                    Residual::Cancel if !to_limit => Some(none_left),
                    // At rest it would trade at what others name.
                    Residual::Rest if !to_limit && self.bound(index) != 0 => Some(none_left),
                    Residual::Rest if !to_limit => None,
                    _ if book.last_trade == 0 => Some(none_left),
                    _ => {
                        let price = reach.capped(book.last_trade, &book.ticks());
                        if self.bound(index) != 0 && reach.is_beyond(price) {
                            Some(none_left)
                        } else {
                            self.orders.get_mut(index).price = price;
                            self.unbind(index);
                            None
                        }
                    }
                }
            }
        };
        let rests = match reason {
            Some(reason) => {
                let mut event = self.event(index, ExecType::Canceled, command_index);
                event.reason = reason;
                events.push(event);
                let link = self.orders.link(index);
                self.cancel_partner(link, command_index, events);
                false
            }
            None => self.rest(index, slot, last_event, events),
        };
        if swept == Swept::OutOfBand {
            self.leave_band(slot);
        }
        rests
    }

    /// Where an order that begins to trade now may trade.
    pub(super) fn reach(&self, index: u32, slot: usize) -> Reach {
        let (book, taker) = (&self.books[slot], self.orders.get(index));
        let protection = book.bounds.protection_bps;
        let mut protected = Band::ALL;
        if taker.price == 0 && protection != 0 {
            let opposite = &book.sides[1 - side_index(taker.side())];
            let best = opposite.queues().next().map_or(0, |queue| opposite.price(queue.key));
            protected = Band::around(best, protection);
            // Better than the best is no harm.
            match taker.side() {
                Side::Buy => protected.low = i64::MIN,
                _ => protected.high = i64::MAX,
            }
        }
        let bound = if taker.price == 0 { self.bound(index) } else { 0 };
        match taker.side() {
            _ if bound == 0 => {}
            Side::Buy => protected.high = protected.high.min(bound),
            _ => protected.low = protected.low.max(bound),
        }
        Reach { protected, dynamic: book.dynamic_band() }
    }

    /// The worst price that an order may trade at as long as it has none of its own; 0: any.
    pub(super) fn bound(&self, index: u32) -> i64 {
        self.orders.extra(index).map_or(0, |extra| extra.bound)
    }

    /// Forgets the bound of an order that has a price from now on.
    pub(super) fn unbind(&mut self, index: u32) {
        if let Some(extra) = self.orders.extra_mut(index) {
            extra.bound = 0;
        }
    }

    /// Makes the bound of an order without a price, if it has one, its limit: it is to rest, where
    /// others say the price.
    pub(super) fn limit_to_bound(&mut self, index: u32, slot: usize) {
        let (bound, order) = (self.bound(index), self.orders.get(index));
        if bound != 0 && order.price == 0 {
            let price = inward(bound, order.side(), &self.books[slot].ticks());
            self.orders.get_mut(index).price = price;
        }
    }

    /// Lets what is left of an order rest, and says so in its last event.
    pub(super) fn rest(
        &mut self,
        index: u32,
        slot: usize,
        last_event: usize,
        events: &mut [Event],
    ) -> bool {
        self.limit_to_bound(index, slot);
        let price = self.orders.get(index).price;
        let place = if price == 0 { Place::Market } else { Place::Limit };
        if place == Place::Market && self.orders.extra(index).is_none() {
            self.orders.add_extra(index, Extra::new(0, &Command::zeroed(), None));
        }
        self.put_in(index, slot, place, price);
        let event = &mut events[last_event];
        event.price = price;
        if place == Place::Limit {
            rests(event, self.orders.shown(index));
        }
        true
    }

    /// What the taker wants to happen when it meets an order of its own.
    pub(super) fn self_trade(&self, index: u32, slot: usize) -> SelfTrade {
        match self.orders.extra(index).map_or(SelfTrade::Default, |extra| extra.self_trade) {
            SelfTrade::Default => self.books[slot].rules.self_trade,
            own => own,
        }
    }

    /// The price at which an order trades with a market order that rests; 0: there is none yet.
    pub(super) fn market_price(&self, taker_price: i64, slot: usize) -> i64 {
        if taker_price != 0 {
            taker_price
        } else {
            self.books[slot].last_trade
        }
    }

    /// Trades with what rests on the other side.
    pub(super) fn sweep(
        &mut self,
        index: u32,
        slot: usize,
        Steps { command_index, trades_end, reach }: Steps,
        last_event: &mut usize,
        events: &mut Vec<Event>,
    ) -> Swept {
        let taker = self.orders.get(index);
        let (side, limit) = (taker.side(), taker.price);
        let opposite = 1 - side_index(side);
        let limit_key = self.books[slot].sides[opposite].limit_key(limit);
        let mode = self.self_trade(index, slot);
        let mut in_markets = true;
        let (mut passed, mut passed_id) = (NIL, 0);
        loop {
            // One that was passed over may go with its partner; then those before it come again.
            if passed != NIL && self.orders.get(passed).id != passed_id {
                passed = NIL;
            }
            let left = self.orders.get(index).leaves;
            if left == 0 {
                return Swept::Filled;
            }
            let book = &self.books[slot];
            let queues = if in_markets { &book.markets[opposite] } else { &book.sides[opposite] };
            let key = if in_markets { 0 } else { limit_key };
            let maker = match passed {
                NIL => queues.next_maker(key),
                passed => queues.after(&self.orders, passed, key),
            };
            let Some(maker) = maker else {
                if !in_markets {
                    return Swept::Exhausted;
                }
                (in_markets, passed) = (false, NIL);
                continue;
            };
            let price = match in_markets {
                true => self.market_price(limit, slot),
                false => self.orders.get(maker).price,
            };
            if price != 0 && reach.is_beyond(price) {
                return Swept::Protected;
            }
            let links = self.orders.link_cost(index) + self.orders.link_cost(maker);
            let cost = EVENTS_PER_TRADE + links;
            if events.len() + cost > trades_end {
                return Swept::CutShort;
            }
            if price == 0 {
                (passed, passed_id) = (maker, self.orders.get(maker).id);
                continue;
            }
            let quantity = left.min(self.orders.shown(maker));
            if mode != SelfTrade::Allow && self.orders.same_party(index, maker) {
                match self.prevent(index, maker, slot, mode, quantity, command_index, events) {
                    Some(reason) => return Swept::SelfTrade(reason),
                    None if mode == SelfTrade::DecrementBoth => *last_event = events.len() - 1,
                    None => {}
                }
                continue;
            }
            if quantity < self.orders.floor(maker) {
                (passed, passed_id) = (maker, self.orders.get(maker).id);
                continue;
            }
            if reach.leaves_band(price) {
                return Swept::OutOfBand;
            }
            let room = trades_end - events.len();
            if !in_markets && passed == NIL {
                if let Some(share) = self.share_of_level(index, maker, slot, mode, room) {
                    *last_event =
                        self.deal_level(index, maker, slot, share, None, command_index, events);
                    continue;
                }
            }
            *last_event = events.len();
            self.deal(index, maker, slot, price, quantity, command_index, events);
        }
    }

    /// Keeps two orders of one party from trading. Says why the incoming one is to go, if it is.
    #[expect(clippy::too_many_arguments, reason = "a trade that isn't has as many parts as one")]
    fn prevent(
        &mut self,
        taker: u32,
        maker: u32,
        slot: usize,
        mode: SelfTrade,
        quantity: i64,
        command_index: u32,
        events: &mut Vec<Event>,
    ) -> Option<u16> {
        let cancel = ExecType::Canceled;
        match mode {
            SelfTrade::CancelAggressing => Some(SELF_AGGRESSING),
            SelfTrade::CancelBoth => {
                self.end_for(maker, cancel, SELF_BOTH, command_index, events);
                Some(SELF_BOTH)
            }
            SelfTrade::DecrementBoth => {
                if self.orders.get(maker).leaves == quantity {
                    self.end_for(maker, cancel, SELF_DECREMENT, command_index, events);
                } else {
                    self.decrement(maker, slot, quantity, command_index, events);
                }
                if self.orders.get(taker).leaves == quantity {
                    return Some(SELF_DECREMENT);
                }
                self.decrement(taker, slot, quantity, command_index, events);
                None
            }
            SelfTrade::Default | SelfTrade::Allow | SelfTrade::CancelResting => {
                self.end_for(maker, cancel, SELF_RESTING, command_index, events);
                None
            }
        }
    }

    /// Takes a quantity from an order without a trade.
    fn decrement(
        &mut self,
        index: u32,
        slot: usize,
        quantity: i64,
        command_index: u32,
        events: &mut Vec<Event>,
    ) {
        let before = self.orders.shown(index);
        self.orders.get_mut(index).leaves -= quantity;
        let refilled = self.orders.show_less(index, quantity);
        let mut event = self.event(index, ExecType::Restated, command_index);
        event.reason = SELF_DECREMENT;
        self.tell_place(index, slot, before, refilled, &mut event);
        events.push(event);
    }

    /// One trade.
    #[expect(clippy::too_many_arguments, reason = "a trade has as many parts")]
    pub(super) fn deal(
        &mut self,
        taker: u32,
        maker: u32,
        slot: usize,
        price: i64,
        quantity: i64,
        command_index: u32,
        events: &mut Vec<Event>,
    ) {
        let parts = [Party::taker(taker), Party::maker(maker)];
        self.deal_between(parts, slot, price, quantity, command_index, events);
    }

    /// One trade between two orders, each in its part.
    pub(super) fn deal_between(
        &mut self,
        parts: [Party; 2],
        slot: usize,
        price: i64,
        quantity: i64,
        command_index: u32,
        events: &mut Vec<Event>,
    ) {
        assert!(quantity > 0, "who trades has something left");
        self.matches += 1;
        let trade = Trade { match_id: self.matches, price, quantity };
        let links = parts.map(|party| self.orders.link(party.index));
        for Party { index, liquidity, shown } in parts {
            let before = self.orders.shown(index);
            self.orders.get_mut(index).fill(price, quantity);
            let refilled = self.orders.show_less(index, shown.unwrap_or(quantity));
            let mut event = Event {
                liquidity: liquidity.number(),
                last_price: trade.price,
                last_quantity: trade.quantity,
                match_id: trade.match_id,
                ..self.event(index, ExecType::Trade, command_index)
            };
            self.tell_place(index, slot, before, refilled, &mut event);
            events.push(event);
        }
        self.print(slot, price);
        for link in links {
            self.cancel_partner(link, command_index, events);
        }
    }

    /// Brings a queue up to date after something happened to an order in it, and tells what the
    /// order showed and shows. An order with nothing left leaves for good.
    pub(super) fn tell_place(
        &mut self,
        index: u32,
        slot: usize,
        before: i64,
        refilled: bool,
        event: &mut Event,
    ) {
        let order = *self.orders.get(index);
        if order.level == NIL {
            return;
        }
        let place = self.orders.place(index);
        let after = self.orders.shown(index);
        self.books[slot].place_mut(place, order.side()).shift(order.level, after - before);
        if place == Place::Limit {
            stood(event, order.price, before);
            if order.leaves > 0 {
                rests(event, after);
            }
        }
        if order.leaves == 0 {
            self.take_out(index, slot);
            self.finish(index, slot);
        } else if refilled {
            let queues = self.books[slot].place_mut(place, order.side());
            queues.move_back(&mut self.orders, index);
        }
    }
}
