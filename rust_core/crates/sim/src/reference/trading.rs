//! Trading, as plainly as it can be: what is next is looked for anew each time.

use std::collections::BTreeSet;

use engine::pod::{
    Command, Event, ExecType, Liquidity, OrdStatus, OrdType, OrderTerms, SelfTrade, SessionState,
    Side, TimeInForce,
};
use engine::reject::Reject;
use engine::rules::{Iceberg, Residual};
use engine::Fills;

use super::order::{after, before};
use super::{side_number, wanted, At, Open, Place, Queues, Reference, DAY_NS};

/// How a sweep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Swept {
    Filled,
    Exhausted,
    CutShort,
    SelfTrade(u16),
}

/// The bounds of a sweep: no event from this place on, and where the order's last one is.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    at: u32,
    end: usize,
    last_own: usize,
}

impl Reference {
    pub(super) fn enter(
        &mut self,
        id: u64,
        command: &Command,
        terms: OrderTerms,
        at: At,
        events: &mut Vec<Event>,
    ) {
        let time = TimeInForce::try_from(command.time_in_force).expect("checked");
        let side = Side::try_from(command.side).expect("checked");
        let posted = self.posted_at(command.flags, side, command.price, command.instrument);
        let order = Open {
            id,
            command: *command,
            terms,
            side,
            price: posted.expect("checked"),
            leaves: command.quantity,
            cum: 0,
            notional: 0,
            sequence: 0,
            expires_ns: match time {
                TimeInForce::Day => Some((self.time_ns / DAY_NS + 1) * DAY_NS),
                TimeInForce::Gtd => Some(command.expire_time),
                _ => None,
            },
            place: Place::Nowhere,
            shown: command.display_quantity,
            stop: command.stop_price,
            watermark: 0,
            elected: false,
        };
        self.orders.insert(id, order);
        let order = self.orders.get_mut(&id).expect("just made");
        events.push(order.event(ExecType::New, OrdStatus::New, at.index));
        let book = &self.books[&command.instrument];
        let continuous = book.session == SessionState::Continuous;
        if order.terms.trailing_offset != 0 {
            if book.last_trade != 0 && order.starts_trailing(book.last_trade) {
                order.watermark = book.last_trade;
            }
            self.put(id, Place::Trailing);
        } else if order.stop != 0 {
            if continuous && book.last_trade != 0 && order.is_reached(book.last_trade) {
                self.trigger(id, at, events);
            } else {
                self.put(id, Place::Stop);
            }
        } else if time == TimeInForce::AtTheClose && book.session != SessionState::ClosingAuction {
            self.put(id, Place::Waiting);
        } else {
            self.execute(id, at, events);
        }
    }

    fn trigger(&mut self, id: u64, at: At, events: &mut Vec<Event>) {
        let order = self.orders.get_mut(&id).expect("open");
        let event = order.event(ExecType::Triggered, order.status(), at.index);
        let last_price = self.books[&order.command.instrument].last_trade;
        events.push(Event { last_price, ..event });
        self.execute(id, at, events);
    }

    pub(super) fn replace(&mut self, id: u64, command: &Command, at: At, events: &mut Vec<Event>) {
        let order = self.orders.get_mut(&id).expect("the target is open");
        if !command.cl_ord_id().is_absent() {
            order.command.set_cl_ord_id(command.cl_ord_id());
            order.command.session = command.session;
        }
        let leaves = wanted(command, order);
        if leaves <= 0 {
            return self.leave(id, ExecType::Canceled, 0, at.index, events);
        }
        let leaves = leaves as i64;
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
            (order.price, order.leaves) = (posted, leaves);
            let event = order.event(ExecType::Replaced, order.status(), at.index);
            events.push(before(event, was_price, was_shown));
            return self.execute(id, at, events);
        }
        let to_the_back = place == Place::Market && leaves > was_leaves || stop != order.stop;
        if to_the_back {
            self.take(id);
        }
        let order = self.orders.get_mut(&id).expect("open");
        (order.price, order.leaves, order.stop) = (price, leaves, stop);
        order.shown = order.shown.min(leaves);
        let event = order.event(ExecType::Replaced, order.status(), at.index);
        events.push(match place {
            Place::Limit => before(after(event, order.shows()), was_price, was_shown),
            _ => event,
        });
        if to_the_back {
            self.put(id, place);
        }
    }

    /// An order that is nowhere trades, then rests or ends. Its last event is the last of all.
    fn execute(&mut self, id: u64, at: At, events: &mut Vec<Event>) {
        let end = events.len() + 2 * at.trades;
        let mut bounds = Bounds { at: at.index, end, last_own: events.len() - 1 };
        let order = &self.orders[&id];
        let (price, cum) = (order.price, order.cum);
        let book = &self.books[&order.command.instrument];
        if book.session.collects() {
            return self.rest(id, bounds.last_own, events);
        }
        let time = TimeInForce::try_from(order.command.time_in_force).expect("checked");
        let fok = time == TimeInForce::Fok;
        let floor = if fok { order.leaves } else { order.floor() };
        let mut reason = 0;
        let mut swept = Swept::Exhausted;
        let (quantity, steps) = if floor > 0 { self.plan(id) } else { (0, 0) };
        if quantity < floor {
            reason = if fok { Reject::FokUnfillable.number() } else { 0 };
        } else if steps > at.trades {
            reason = Reject::Other.number();
        } else {
            swept = self.sweep(id, &mut bounds, events);
        }
        match swept {
            Swept::Filled => {
                self.orders.remove(&id);
                return;
            }
            Swept::CutShort => return self.drop_rest(id, Reject::Other.number(), at, events),
            Swept::SelfTrade(reason) => return self.drop_rest(id, reason, at, events),
            Swept::Exhausted => {}
        }
        if fok || time == TimeInForce::Ioc {
            return self.drop_rest(id, reason, at, events);
        }
        if price == 0 {
            let order = self.orders.get_mut(&id).expect("open");
            let book = &self.books[&order.command.instrument];
            let to_limit = order.command.ord_type == OrdType::MarketToLimit.number();
            let residual = if to_limit { Residual::RestAtLastTrade } else { book.rules.residual };
            let goes = match residual {
                Residual::Cancel => true,
                Residual::Rest => false,
                Residual::RestAtLastTrade => {
                    order.price = book.last_trade;
                    book.last_trade == 0 || to_limit && order.cum == cum
                }
            };
            if goes {
                order.price = 0;
                return self.drop_rest(id, 0, at, events);
            }
        }
        self.rest(id, bounds.last_own, events);
    }

    fn drop_rest(&mut self, id: u64, reason: u16, at: At, events: &mut Vec<Event>) {
        let mut order = self.orders.remove(&id).expect("open");
        events.push(order.ended(ExecType::Canceled, reason, at.index));
    }

    fn rest(&mut self, id: u64, last_own: usize, events: &mut [Event]) {
        let price = self.orders[&id].price;
        events[last_own].price = price;
        if price == 0 {
            return self.put(id, Place::Market);
        }
        self.put(id, Place::Limit);
        events[last_own] = after(events[last_own], self.orders[&id].shows());
    }

    fn self_trade(&self, id: u64) -> SelfTrade {
        let command = &self.orders[&id].command;
        match SelfTrade::try_from(command.self_trade_prevention).expect("checked") {
            SelfTrade::Default => self.books[&command.instrument].rules.self_trade,
            own => own,
        }
    }

    fn same_party(&self, one: u64, other: u64) -> bool {
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

    fn sweep(&mut self, id: u64, bounds: &mut Bounds, events: &mut Vec<Event>) -> Swept {
        let mode = self.self_trade(id);
        let mut passed = BTreeSet::new();
        let at = bounds.at;
        loop {
            let taker = match self.orders.get(&id) {
                Some(taker) if taker.leaves > 0 => taker,
                _ => return Swept::Filled,
            };
            let Some((maker_id, price)) = self.next_maker(taker, &passed) else {
                return Swept::Exhausted;
            };
            if events.len() + 2 > bounds.end {
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
                        self.leave(maker_id, ExecType::Canceled, 19, at, events);
                        return Swept::SelfTrade(19);
                    }
                    SelfTrade::DecrementBoth => {
                        if maker_goes {
                            self.leave(maker_id, ExecType::Canceled, 20, at, events);
                        } else {
                            self.decrement(maker_id, quantity, at, events);
                        }
                        if taker_goes {
                            return Swept::SelfTrade(20);
                        }
                        bounds.last_own = events.len();
                        self.decrement(id, quantity, at, events);
                    }
                    _ => self.leave(maker_id, ExecType::Canceled, 17, at, events),
                }
                continue;
            }
            if quantity < maker.floor() {
                passed.insert(maker_id);
                continue;
            }
            let level = self.level_of(maker_id);
            let fits = passed.iter().all(|other| self.orders[other].place == Place::Market)
                && events.len() + 2 * level.len() <= bounds.end;
            let shares = if fits { self.shares(id, maker_id, &level, mode) } else { None };
            for (maker_id, quantity) in shares.unwrap_or_else(|| vec![(maker_id, quantity)]) {
                bounds.last_own = events.len();
                let parts = [(id, Liquidity::Taker), (maker_id, Liquidity::Maker)];
                self.trade(parts, price, quantity, at, events);
            }
        }
    }

    /// All orders at the price of one that rests as a limit order.
    fn level_of(&self, id: u64) -> Vec<u64> {
        let order = &self.orders[&id];
        let book = &self.books[&order.command.instrument];
        let shared = book.rules.pro_rata || book.rules.iceberg != Iceberg::ToTheBack;
        match order.place {
            Place::Limit if shared => {
                let level = &book.limits[side_number(order.side)][&order.key()];
                level.iter().copied().collect()
            }
            _ => Vec::new(),
        }
    }

    /// What each order of a level gets, if a level is shared out by more than time.
    fn shares(
        &self,
        id: u64,
        first: u64,
        level: &[u64],
        mode: SelfTrade,
    ) -> Option<Vec<(u64, i64)>> {
        let taker = &self.orders[&id];
        let book = &self.books[&taker.command.instrument];
        let by_time = level.is_empty()
            || level.iter().any(|maker| {
                self.orders[maker].has_floor()
                    || mode != SelfTrade::Allow && self.same_party(id, *maker)
            });
        if by_time {
            return None;
        }
        assert_eq!(first, level[0], "a level is shared out from its first order on");
        let shows = |maker: &u64| self.orders[maker].shows();
        let hides = |maker: &u64| self.orders[maker].leaves - shows(maker);
        let part = |own: i64, of: i64, left: i64| {
            (i128::from(own) * i128::from(left) / i128::from(of.max(1))) as i64
        };
        let mut got = vec![0; level.len()];
        let mut left = taker.leaves;
        let give = |got: &mut i64, left: &mut i64, quantity: i64| {
            let quantity = quantity.min(*left);
            *got += quantity;
            *left -= quantity;
        };
        if book.rules.pro_rata {
            give(&mut got[0], &mut left, shows(&level[0]));
            let among: i64 = level[1..].iter().map(shows).sum();
            let shared = left.min(among);
            for (got, maker) in got.iter_mut().zip(level).skip(1) {
                let lot = book.instrument.lot_size;
                let lots = part(shows(maker), among, shared) / lot;
                let quantity = match lots {
                    _ if shared == among => shows(maker),
                    0 | 1 => 0,
                    lots => lots * lot,
                };
                give(got, &mut left, quantity);
            }
            for (got, maker) in got.iter_mut().zip(level) {
                let more = shows(maker) - *got;
                give(got, &mut left, more);
            }
        } else {
            for (got, maker) in got.iter_mut().zip(level) {
                give(got, &mut left, shows(maker));
            }
            let among: i64 = level.iter().map(hides).sum();
            let shared = left.min(among);
            if book.rules.iceberg == Iceberg::VisibleThenProRata {
                for (got, maker) in got.iter_mut().zip(level) {
                    give(got, &mut left, part(hides(maker), among, shared));
                }
            }
            for (got, maker) in got.iter_mut().zip(level) {
                let more = self.orders[maker].leaves - *got;
                give(got, &mut left, more);
            }
        }
        Some(level.iter().copied().zip(got).filter(|&(_, quantity)| quantity > 0).collect())
    }

    /// How much a sweep would trade, and in how many steps at most.
    fn plan(&self, id: u64) -> (i64, usize) {
        let taker = &self.orders[&id];
        let book = &self.books[&taker.command.instrument];
        let mode = self.self_trade(id);
        let other = 1 - side_number(taker.side);
        let mut levels: Vec<Vec<u64>> = Vec::new();
        if taker.price != 0 || book.last_trade != 0 {
            levels.push(book.markets[other].iter().copied().collect());
        }
        let mut enough = taker.leaves;
        for (key, ids) in &book.limits[other] {
            let reached = match taker.side {
                Side::Buy => taker.price == 0 || *key <= taker.price,
                _ => -*key >= taker.price,
            };
            // No more levels than can be needed, so that deep books stay affordable.
            let plain = ids.iter().all(|id| self.orders[id].is_plain());
            if !reached || enough <= 0 {
                break;
            }
            if plain && mode == SelfTrade::Allow {
                enough -= ids.iter().map(|id| self.orders[id].leaves).sum::<i64>();
            }
            levels.push(ids.iter().copied().collect());
        }
        let (mut left, mut steps) = (taker.leaves, 0);
        for level in levels {
            let mut icebergs = Vec::new();
            for maker_id in level {
                if left == 0 {
                    return (taker.leaves, steps);
                }
                let maker = &self.orders[&maker_id];
                if mode != SelfTrade::Allow && self.same_party(id, maker_id) {
                    steps += 1;
                    if mode == SelfTrade::CancelResting {
                        continue;
                    }
                    return (taker.leaves - left, steps);
                }
                let quantity = maker.shows().min(left);
                if quantity >= maker.floor() {
                    left -= quantity;
                    steps += 1;
                    icebergs.push((maker.leaves - maker.shows(), maker.command.display_quantity));
                }
            }
            if left > 0 {
                for (hidden, display) in icebergs.into_iter().filter(|&(hidden, _)| hidden > 0) {
                    steps += ((hidden + display - 1) / display) as usize;
                    left -= hidden;
                }
                left = left.max(0);
            }
        }
        (taker.leaves - left, steps)
    }

    fn decrement(&mut self, id: u64, quantity: i64, at: u32, events: &mut Vec<Event>) {
        let order = self.orders.get_mut(&id).expect("open");
        let was = order.shows();
        order.leaves -= quantity;
        let refilled = order.show_less(quantity);
        let event = Event { reason: 20, ..order.event(ExecType::Restated, order.status(), at) };
        events.push(order.told(event, was));
        if refilled {
            self.move_back(id);
        }
    }

    pub(super) fn trade(
        &mut self,
        parts: [(u64, Liquidity); 2],
        price: i64,
        quantity: i64,
        at: u32,
        events: &mut Vec<Event>,
    ) {
        self.matches += 1;
        let instrument = self.orders[&parts[0].0].command.instrument;
        for (id, liquidity) in parts {
            let order = self.orders.get_mut(&id).expect("open");
            let was = order.shows();
            order.leaves -= quantity;
            order.cum += quantity;
            order.notional += i128::from(price) * i128::from(quantity);
            let refilled = order.show_less(quantity);
            let event = Event {
                last_price: price,
                last_quantity: quantity,
                liquidity: liquidity.number(),
                match_id: self.matches,
                ..order.event(ExecType::Trade, order.status(), at)
            };
            events.push(order.told(event, was));
            if order.place != Place::Nowhere && order.leaves == 0 {
                self.take(id);
                self.orders.remove(&id);
            } else if refilled {
                self.move_back(id);
            }
        }
        self.print(instrument, price);
    }

    fn move_back(&mut self, id: u64) {
        let order = &self.orders[&id];
        let (place, shown) = (order.place, order.shown);
        if place != Place::Nowhere {
            self.take(id);
            self.put(id, place);
            self.orders.get_mut(&id).expect("open").shown = shown;
        }
    }

    /// Notes the price of a trade, which trailing stops follow.
    pub(super) fn print(&mut self, instrument: u32, price: i64) {
        let book = self.books.get_mut(&instrument).expect("known");
        book.last_trade = price;
        for id in book.trailing.iter().flatten() {
            let order = self.orders.get_mut(id).expect("open");
            if order.elected {
                continue;
            }
            let better = match order.side {
                Side::Buy => price < order.watermark,
                _ => price > order.watermark,
            };
            if order.watermark == 0 {
                if order.starts_trailing(price) {
                    order.watermark = price;
                }
            } else if better {
                order.watermark = price;
            } else {
                order.elected = order.is_reached(price);
            }
        }
    }

    pub(super) fn follow(&mut self, id: u32, at: u32, most: usize, fills: &mut Fills) {
        loop {
            let events = &mut fills.events;
            let room = most.saturating_sub(events.len());
            let Some(book) = self.books.get(&id) else { return };
            if book.leaving.is_some() {
                if !self.leave_auction(id, at, most, fills) {
                    return self.postpone(id);
                }
                continue;
            }
            let closing = book.session == SessionState::ClosingAuction;
            let waiting = book.waiting.iter().flatten().next().copied();
            if let Some(order) = waiting.filter(|_| closing) {
                if room == 0 {
                    return self.postpone(id);
                }
                self.collect(order, at, events);
                continue;
            }
            if book.session != SessionState::Continuous {
                break;
            }
            if let Some(stop) = self.next_stop(id) {
                if room < 4 {
                    return self.postpone(id);
                }
                self.take(stop);
                self.trigger(stop, At { index: at, trades: (room - 2) / 2 }, events);
            } else if let Some(order) = self.next_fit(id, room / 2) {
                let mut bounds = Bounds { at, end: events.len() + room, last_own: 0 };
                if let Swept::SelfTrade(reason) = self.sweep(order, &mut bounds, events) {
                    self.leave(order, ExecType::Canceled, reason, at, events);
                }
            } else {
                break;
            }
        }
        if self.books[&id].session.collects() {
            self.indicate(id, at, fills);
        }
    }

    fn next_stop(&self, id: u32) -> Option<u64> {
        let book = &self.books[&id];
        for number in [0, 1] {
            let waiting = book.stops[number].values().flatten();
            let waiting = waiting.map(|id| &self.orders[id]);
            let reached = waiting
                .filter(|order| book.last_trade != 0 && order.is_reached(book.last_trade))
                .enumerate()
                .map(|(place, order)| (order.key_of(order.stop_at()), order.id, place));
            // Within a stop price the first in its queue comes first, whatever its id.
            let of_stops = reached.min_by_key(|&(key, _, place)| (-key, place));
            let elected = book.trailing[number].iter().map(|id| &self.orders[id]);
            let of_trailing = elected
                .filter(|order| order.elected)
                .map(|order| (-order.key_of(order.stop_at()), order.id))
                .min();
            let of_stops = of_stops.map(|(key, id, _)| (-key, id));
            let next = [of_stops, of_trailing].into_iter().flatten().min();
            if let Some((_, id)) = next {
                return Some(id);
            }
        }
        None
    }

    fn next_fit(&self, id: u32, trades: usize) -> Option<u64> {
        let book = &self.books[&id];
        if book.floored == 0 {
            return None;
        }
        let ids = book.limits.iter().flat_map(|queues| queues.values().flatten());
        let floored = ids.filter(|id| self.orders[id].has_floor());
        floored.copied().find(|&id| {
            let (quantity, steps) = self.plan(id);
            quantity >= self.orders[&id].floor() && quantity > 0 && steps <= trades
        })
    }

    fn collect(&mut self, id: u64, at: u32, events: &mut Vec<Event>) {
        self.take(id);
        let order = self.orders.get_mut(&id).expect("open");
        events.push(order.event(ExecType::Restated, order.status(), at));
        self.rest(id, events.len() - 1, events);
    }

    /// Ends an order wherever it is.
    pub(super) fn leave(
        &mut self,
        id: u64,
        exec_type: ExecType,
        reason: u16,
        at: u32,
        events: &mut Vec<Event>,
    ) {
        let mut order = self.orders[&id].clone();
        self.take(id);
        self.orders.remove(&id);
        let (was, limit) = (order.shows(), order.place == Place::Limit);
        let event = order.ended(exec_type, reason, at);
        events.push(if limit { before(event, order.price, was) } else { event });
    }

    fn put(&mut self, id: u64, place: Place) {
        let order = self.orders.get_mut(&id).expect("open");
        order.place = place;
        order.shown = order.command.display_quantity.min(order.leaves);
        let side = side_number(order.side);
        let book = self.books.get_mut(&order.command.instrument).expect("known");
        book.floored += usize::from(place == Place::Limit && order.has_floor());
        match place {
            Place::Nowhere => {}
            Place::Limit => book.limits[side].entry(order.key()).or_default().push_back(id),
            Place::Stop => {
                let key = -order.key_of(order.stop);
                book.stops[side].entry(key).or_default().push_back(id);
            }
            Place::Market => book.markets[side].push_back(id),
            Place::Trailing => book.trailing[side].push_back(id),
            Place::Waiting => book.waiting[side].push_back(id),
        }
    }

    fn take(&mut self, id: u64) {
        let order = self.orders.get_mut(&id).expect("open");
        let place = std::mem::replace(&mut order.place, Place::Nowhere);
        let side = side_number(order.side);
        let book = self.books.get_mut(&order.command.instrument).expect("known");
        book.floored -= usize::from(place == Place::Limit && order.has_floor());
        match place {
            Place::Nowhere => {}
            Place::Limit => take_from(&mut book.limits[side], order.key(), id),
            Place::Stop => take_from(&mut book.stops[side], -order.key_of(order.stop), id),
            Place::Market => book.markets[side].retain(|&other| other != id),
            Place::Trailing => book.trailing[side].retain(|&other| other != id),
            Place::Waiting => book.waiting[side].retain(|&other| other != id),
        }
    }
}

fn take_from(side: &mut Queues, key: i64, id: u64) {
    let queue = side.get_mut(&key).expect("an order has a level");
    queue.retain(|&other| other != id);
    if queue.is_empty() {
        side.remove(&key);
    }
}
