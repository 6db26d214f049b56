//! Trading, as plainly as it can be: what is next is looked for anew each time.

use std::collections::BTreeSet;

use engine::pod::{
    Command, ExecType, Liquidity, OrdStatus, OrdType, OrderTerms, SelfTrade, SessionState, Side,
    TimeInForce, Verdict, MAX_PRICE,
};
use engine::reject::Reject;
use engine::rules::Residual;
use engine::Fills;

use super::order::{after, before};
use super::rules::Reach;
use super::{side_number, wanted, At, Open, Place, Reference, Turn, DAY_NS};

/// How a sweep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Swept {
    Filled,
    Exhausted,
    CutShort,
    SelfTrade(u16),
    /// What is next is further than a market order goes.
    Protected,
    /// The next trade would leave the dynamic band.
    LeftBand,
}

/// FIX 378: the price is out of bounds.
const BEYOND: u16 = 116;

impl Reference {
    pub(super) fn enter(
        &mut self,
        id: u64,
        (command, verdict): (&Command, &Verdict),
        terms: OrderTerms,
        at: At,
        fills: &mut Fills,
    ) {
        let time = TimeInForce::try_from(command.time_in_force).expect("checked");
        let order = Open {
            id,
            command: *command,
            terms,
            side: Side::try_from(command.side).expect("checked"),
            price: command.price,
            bound: None,
            leaves: command.quantity,
            cum: 0,
            notional: 0,
            sequence: 0,
            expires_ns: match time {
                TimeInForce::Day
                | TimeInForce::AtTheOpen
                | TimeInForce::AtTheClose
                | TimeInForce::GoodForAuction => Some((self.time_ns / DAY_NS + 1) * DAY_NS),
                TimeInForce::Gtd => Some(command.expire_time),
                _ => None,
            },
            place: Place::Nowhere,
            shown: command.display_quantity,
            stop: command.stop_price,
            watermark: 0,
            elected: false,
            turn: Turn::Only,
            list: self.join(id, command.link),
        };
        let side = order.side;
        self.orders.insert(id, order);
        self.bind(id, verdict.first_place);
        if command.ord_type == OrdType::Pegged.number() {
            return self.enter_pegged(id, at, fills);
        }
        let is_exit = self.is_exit(id);
        let posted = match is_exit {
            true => Some(command.price),
            false => self.posted_at(command.flags, side, command.price, command.instrument),
        };
        let order = self.orders.get_mut(&id).expect("just made");
        order.price = posted.unwrap_or(command.price);
        if !is_exit {
            self.begin_trailing(id);
        }
        let order = self.orders.get_mut(&id).expect("just made");
        fills.events.push(order.event(ExecType::New, OrdStatus::New, at.index));
        if self.comes_too_late(id) {
            self.drop_rest(id, Reject::LinkedOrder.number(), at, fills);
        } else if is_exit {
            self.put(id, Place::Exit);
        } else if posted.is_none() {
            // Only a leg, which was judged before those ahead of it had come.
            self.drop_rest(id, Reject::PostOnlyWouldCross.number(), at, fills);
        } else {
            self.arrive(id, at, fills);
        }
    }

    /// Notes the worst price that risk lets an order trade at which names none itself.
    fn bind(&mut self, id: u64, worst: u64) {
        let order = self.orders.get_mut(&id).expect("just made");
        if order.command.price != 0 || worst == 0 {
            return;
        }
        let worst = worst.min(MAX_PRICE as u64) as i64;
        if order.command.ord_type == OrdType::Pegged.number() {
            let book = &self.books[&order.command.instrument];
            order.command.price = book.within(order.side, worst);
        } else {
            order.bound = Some(worst);
        }
    }

    /// A stop that trails does so from its arrival on, and its first event says where it is.
    pub(super) fn begin_trailing(&mut self, id: u64) {
        let order = self.orders.get_mut(&id).expect("open");
        let last = self.books[&order.command.instrument].last_trade;
        if order.terms.trailing_offset != 0 && last != 0 && order.starts_trailing(last) {
            order.watermark = last;
        }
    }

    /// A new arrival, which has had its event: it waits for its stop, or trades.
    pub(super) fn arrive(&mut self, id: u64, at: At, fills: &mut Fills) {
        let order = &self.orders[&id];
        let time = TimeInForce::try_from(order.command.time_in_force).expect("checked");
        let book = &self.books[&order.command.instrument];
        let continuous = book.session == SessionState::Continuous;
        if order.terms.trailing_offset != 0 {
            self.put(id, Place::Trailing);
        } else if order.stop != 0 {
            if continuous && book.last_trade != 0 && order.is_reached(book.last_trade) {
                self.trigger(id, at, fills);
            } else {
                self.put(id, Place::Stop);
            }
        } else if time == TimeInForce::AtTheClose && book.session != SessionState::ClosingAuction {
            self.put(id, Place::Waiting);
        } else {
            self.execute(id, at, fills);
        }
    }

    pub(super) fn trigger(&mut self, id: u64, at: At, fills: &mut Fills) {
        let order = self.orders.get_mut(&id).expect("open");
        let event = order.event(ExecType::Triggered, order.status(), at.index);
        let last_price = self.books[&order.command.instrument].last_trade;
        fills.events.push(engine::pod::Event { last_price, ..event });
        self.cut_partner(id, at, fills);
        self.execute(id, at, fills);
    }

    pub(super) fn replace(&mut self, id: u64, command: &Command, at: At, fills: &mut Fills) {
        let order = self.orders.get_mut(&id).expect("the target is open");
        if !command.cl_ord_id().is_absent() {
            order.command.set_cl_ord_id(command.cl_ord_id());
            order.command.session = command.session;
        }
        let leaves = wanted(command, order);
        if leaves <= 0 {
            return self.leave(id, ExecType::Canceled, 0, at, fills);
        }
        let leaves = leaves as i64;
        if order.command.ord_type == OrdType::Pegged.number() {
            return self.replace_pegged(id, command, leaves, at, fills);
        }
        let price = if command.price == 0 { order.price } else { command.price };
        let stop = if command.stop_price == 0 { order.stop } else { command.stop_price };
        let iceberg = order.command.display_quantity != 0;
        let same_price = price == order.price;
        let (was_price, was_shown, was_leaves) = (order.price, order.shows(), order.leaves);
        let (place, side, flags) = (order.place, order.side, order.command.flags);
        let instrument = order.command.instrument;
        if place == Place::Limit && !(same_price && (leaves <= was_leaves || iceberg)) {
            self.take(id);
            let posted = self.posted_at(flags, side, price, instrument).unwrap_or(price);
            let order = self.orders.get_mut(&id).expect("open");
            if price != order.price {
                order.bound = None;
            }
            (order.price, order.leaves) = (posted, leaves);
            let event = order.event(ExecType::Replaced, order.status(), at.index);
            fills.events.push(before(event, was_price, was_shown));
            self.restate_exits(id, at, fills);
            return self.execute(id, at, fills);
        }
        let to_the_back = place == Place::Market && leaves > was_leaves || stop != order.stop;
        if to_the_back {
            self.take(id);
        }
        let order = self.orders.get_mut(&id).expect("open");
        // How far beyond its stop it may trade stays.
        let moved = stop - order.stop;
        order.bound = order.bound.map(|bound| (bound + moved).clamp(1, MAX_PRICE));
        (order.price, order.leaves, order.stop) = (price, leaves, stop);
        order.shown = order.shown.min(leaves);
        let event = order.event(ExecType::Replaced, order.status(), at.index);
        fills.events.push(match place {
            Place::Limit => before(after(event, order.shows()), was_price, was_shown),
            _ => event,
        });
        if to_the_back {
            self.put(id, place);
        }
        self.restate_exits(id, at, fills);
    }

    /// An order that is nowhere trades, then rests or ends.
    pub(super) fn execute(&mut self, id: u64, at: At, fills: &mut Fills) {
        let order = &self.orders[&id];
        let instrument = order.command.instrument;
        if self.books[&instrument].session != SessionState::Continuous {
            return self.rest(id, fills);
        }
        let (cum, time) = (order.cum, order.command.time_in_force);
        let fok = time == TimeInForce::Fok.number();
        let floor = if fok { order.leaves } else { order.floor() };
        let reach = self.reach(id);
        let mut reason = 0;
        let mut swept = Swept::Exhausted;
        let wants_all = floor == self.orders[&id].leaves;
        let gifts = if wants_all { self.chosen(id, &reach) } else { Vec::new() };
        let (quantity, events) = match floor {
            0 => (0, 0),
            _ if gifts.is_empty() => self.plan(id, &reach),
            _ => (floor, self.events_of(id, &gifts)),
        };
        if quantity < floor {
            reason = if fok { Reject::FokUnfillable.number() } else { 0 };
        } else if !at.fits(events, fills) {
            reason = Reject::Other.number();
        } else if !gifts.is_empty() {
            self.give(id, gifts, at, fills);
            swept = Swept::Filled;
        } else {
            swept = self.sweep(id, &reach, at, fills);
        }
        match swept {
            Swept::Filled => {
                let order = self.orders.remove(&id).expect("open");
                return self.gone(&order, at, fills);
            }
            Swept::CutShort => return self.drop_rest(id, Reject::Other.number(), at, fills),
            Swept::SelfTrade(reason) => return self.drop_rest(id, reason, at, fills),
            Swept::Protected | Swept::LeftBand => reason = BEYOND,
            Swept::Exhausted => {}
        }
        if fok || time == TimeInForce::Ioc.number() || !self.may_rest(id, cum, &reach) {
            self.drop_rest(id, reason, at, fills);
        } else {
            self.rest(id, fills);
        }
        if swept == Swept::LeftBand {
            self.break_band(instrument);
        }
    }

    /// Whether what is left of an order rests, and at what price if it has none: set here.
    fn may_rest(&mut self, id: u64, cum: i64, reach: &Reach) -> bool {
        let order = self.orders.get_mut(&id).expect("open");
        if order.price != 0 {
            return true;
        }
        let book = &self.books[&order.command.instrument];
        let to_limit = order.command.ord_type == OrdType::MarketToLimit.number();
        let residual = if to_limit { Residual::RestAtLastTrade } else { book.rules.residual };
        match residual {
            Residual::Cancel => false,
            // Others would say the price.
            Residual::Rest => order.bound.is_none(),
            Residual::RestAtLastTrade if book.last_trade == 0 => false,
            Residual::RestAtLastTrade if to_limit && order.cum == cum => false,
            Residual::RestAtLastTrade => {
                // No further than it may trade, or what it must not take would be crossed.
                let price = match (reach.protection, order.side) {
                    (Some(most), Side::Buy) if book.last_trade > most => {
                        book.rounded_down(most).unwrap_or(book.last_trade)
                    }
                    (Some(most), Side::Sell) if book.last_trade < most => book.rounded_up(most),
                    _ => book.last_trade,
                };
                if order.bound.is_some() && reach.is_beyond(order.side, price) {
                    return false;
                }
                (order.price, order.bound) = (price, None);
                true
            }
        }
    }

    pub(super) fn self_trade(&self, id: u64) -> SelfTrade {
        let command = &self.orders[&id].command;
        match SelfTrade::try_from(command.self_trade_prevention).expect("checked") {
            SelfTrade::Default => self.books[&command.instrument].rules.self_trade,
            own => own,
        }
    }

    pub(super) fn same_party(&self, one: u64, other: u64) -> bool {
        let (one, other) = (&self.orders[&one].command, &self.orders[&other].command);
        one.self_trade_group == other.self_trade_group
            && (one.self_trade_group != 0 || one.account == other.account)
    }

    /// The order that this one trades with next and at what price, 0 if there is none yet; but
    /// none that was passed over.
    fn next_maker(&self, taker: &Open, passed: &BTreeSet<u64>) -> Option<(u64, i64)> {
        let book = &self.books[&taker.command.instrument];
        let other = 1 - side_number(taker.side);
        let at_market = if taker.price != 0 { taker.price } else { book.last_trade };
        if let Some(id) = book.markets[other].iter().find(|id| !passed.contains(id)) {
            return Some((*id, at_market));
        }
        for (key, ids) in &book.limits[other] {
            let reached = match taker.side {
                Side::Buy => taker.price == 0 || *key <= taker.price,
                _ => -*key >= taker.price,
            };
            if !reached {
                return None;
            }
            if let Some(id) = ids.iter().find(|id| !passed.contains(id)) {
                return Some((*id, key.abs()));
            }
        }
        None
    }

    pub(super) fn sweep(&mut self, id: u64, reach: &Reach, at: At, fills: &mut Fills) -> Swept {
        let mode = self.self_trade(id);
        let mut passed = BTreeSet::new();
        loop {
            let taker = match self.orders.get(&id) {
                Some(taker) if taker.leaves > 0 => taker,
                _ => return Swept::Filled,
            };
            let Some((maker_id, price)) = self.next_maker(taker, &passed) else {
                return Swept::Exhausted;
            };
            if price != 0 && reach.is_beyond(taker.side, price) {
                return Swept::Protected;
            }
            // While a mass cancel goes on, what it will end must not trade.
            let needed = 2 + self.partners(&[id, maker_id]);
            if !at.fits(needed, fills) || !self.masses.is_empty() {
                return Swept::CutShort;
            }
            if price == 0 {
                passed.insert(maker_id);
                continue;
            }
            let maker = &self.orders[&maker_id];
            let quantity = taker.leaves.min(maker.shows());
            if mode != SelfTrade::Allow && self.same_party(id, maker_id) {
                let (taker_goes, maker_goes) = (taker.leaves == quantity, maker.leaves == quantity);
                match mode {
                    SelfTrade::CancelAggressing => return Swept::SelfTrade(18),
                    SelfTrade::CancelBoth => {
                        self.leave(maker_id, ExecType::Canceled, 19, at, fills);
                        return Swept::SelfTrade(19);
                    }
                    SelfTrade::DecrementBoth => {
                        if maker_goes {
                            self.leave(maker_id, ExecType::Canceled, 20, at, fills);
                        } else {
                            self.decrement(maker_id, quantity, at.index, fills);
                        }
                        if taker_goes {
                            return Swept::SelfTrade(20);
                        }
                        self.decrement(id, quantity, at.index, fills);
                    }
                    _ => self.leave(maker_id, ExecType::Canceled, 17, at, fills),
                }
                continue;
            }
            if quantity < maker.floor() {
                passed.insert(maker_id);
                continue;
            }
            if reach.leaves_band(price) {
                return Swept::LeftBand;
            }
            let level = self.level_of(maker_id);
            let most = level.len() * if self.hidden_trades_apart(id) { 4 } else { 2 };
            let fits = passed.iter().all(|other| self.orders[other].place == Place::Market)
                && at.fits(most + self.partners(&[id]), fills);
            let shares = if fits { self.shares(id, maker_id, &level, mode) } else { None };
            let shares = shares.unwrap_or_else(|| vec![(maker_id, quantity)]);
            for (place, &(maker_id, quantity)) in shares.iter().enumerate() {
                let turn = turn_of(&shares, place);
                self.orders.get_mut(&maker_id).expect("open").turn = turn;
                let parts = [(id, Liquidity::Taker), (maker_id, Liquidity::Maker)];
                self.trade(parts, price, quantity, at, fills);
                if let Some(maker) = self.orders.get_mut(&maker_id) {
                    maker.turn = Turn::Only;
                }
            }
        }
    }
}

/// Which of the trades of a level's order with a sweep one is.
pub(super) fn turn_of(shares: &[(u64, i64)], place: usize) -> Turn {
    let same = |&(other, _): &(u64, i64)| other == shares[place].0;
    let again = shares[place + 1..].iter().any(same);
    let before = shares[..place].iter().any(same);
    match (before, again) {
        (_, true) => Turn::First,
        (true, _) => Turn::Second,
        _ => Turn::Only,
    }
}
