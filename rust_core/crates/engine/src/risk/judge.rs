//! The judgement of one command: shape, state, then limits, in the order of `Reject`.

use super::checks::{first_failure, market_price, Asked, Observer, Silent};
use super::client_ids::{digest, digest_with_terms, key, Key, State};
use super::holding::{Holding, BUY, SELL};
use super::orders::{Counted, Live, Reservation, Terms};
use super::reference::{Listed, Trader};
use super::{accepted, cancel_refused, refused, repeated, Context, RiskEngine, Ruling};
use crate::pod::{
    ClOrdId, Command, OrdType, OrderTerms, Side, TimeInForce, FLAG_ALL_OR_NONE,
    FLAG_CANCEL_ON_DISCONNECT, FLAG_LEAVES, FLAG_POST_ONLY, FLAG_POST_ONLY_REPRICE,
    FLAG_REDUCE_ONLY, FLAG_TERMS, MAX_PRICE, MAX_QUANTITY,
};
use crate::reject::Reject;
use crate::table::NONE;

/// A request under a client order id.
#[derive(Clone, Copy)]
pub(super) struct Request {
    /// Place of the account; none for an operator's request about all of them.
    pub(super) account: u32,
    key: Key,
    hash: u64,
    digest: u64,
    pub(super) known: Known,
}

/// What is known of a request's client order id.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// The request has none.
    Absent,
    /// It wasn't used.
    Unused,
    /// A cancel named it before.
    Burnt,
    /// It was used by a request with other content.
    Other,
    /// The same request was judged before; the place of its entry.
    Same(u32),
}

/// A new order that may go on.
pub(super) struct NewOrder {
    instrument: u32,
    holding: Option<u32>,
    side: usize,
    counted: Counted,
    reduce_only: bool,
    quantity: i64,
    price: i64,
    reserved: Reservation,
}

/// A replace that may go on.
pub(super) struct Replace {
    order: u32,
    terms: Terms,
    wanted: Reservation,
}

/// The target of a cancel or replace.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    /// A live order of the account, by place.
    Live(u32),
    /// An order of the account that has ended; its id.
    Ended(u64),
    /// None, or another account's.
    Unknown,
}

impl Target {
    /// Why it can't be cancelled or replaced.
    fn failure(self) -> Option<Reject> {
        match self {
            Self::Live(_) => None,
            Self::Ended(_) => Some(Reject::TooLate),
            Self::Unknown => Some(Reject::UnknownOrder),
        }
    }
}

/// The earliest of the reasons given in order of precedence.
#[inline]
pub(super) fn earliest<const N: usize>(reasons: [Option<Reject>; N]) -> Option<Reject> {
    reasons.into_iter().flatten().next()
}

#[inline]
pub(super) fn when(condition: bool, reason: Reject) -> Option<Reject> {
    condition.then_some(reason)
}

/// Flags that a new order may have.
const NEW_FLAGS: u16 = FLAG_CANCEL_ON_DISCONNECT
    | FLAG_POST_ONLY
    | FLAG_POST_ONLY_REPRICE
    | FLAG_ALL_OR_NONE
    | FLAG_REDUCE_ONLY
    | FLAG_TERMS;

/// Whether a cancel, or a replace but for its stop price, says what only a new order can.
#[inline]
fn says_what_new_orders_say(command: &Command) -> bool {
    let odd = command.display_quantity
        | command.min_quantity
        | command.expire_time
        | i64::from(command.self_trade_group | command.link)
        | i64::from(command.self_trade_prevention);
    odd != 0
}

/// Whether there is no client order id; five words at once cost less than a loop over bytes.
#[inline]
fn is_absent(id: &ClOrdId) -> bool {
    let [a, b, c, d, e] = id.words;
    a | b | c | d | e == 0
}

/// Whether a cancel or replace has the client order id that it names as its target's.
#[inline]
fn names_itself(command: &Command, orig: Option<&ClOrdId>) -> bool {
    orig.is_some_and(|orig| *orig == command.cl_ord_id())
}

/// Whether a quantity is one that can be ordered.
#[inline]
fn quantity_fits(listed: &Listed, quantity: i64) -> bool {
    quantity > 0
        && quantity <= MAX_QUANTITY
        && listed.on_lot(quantity)
        && quantity >= listed.min
        && quantity <= listed.max
}

impl RiskEngine {
    /// The account and what is known of the client order id of a request; `None` if there is no
    /// such account.
    #[inline(always)]
    pub(super) fn request(
        &self,
        command: &Command,
        orig: Option<&ClOrdId>,
        terms: Option<&OrderTerms>,
    ) -> Option<Request> {
        let account = self.reference.account_place(command.account)?;
        Some(self.request_of(account, command, orig, terms))
    }

    /// The same for the account at a place, or for an operator.
    #[inline(always)]
    pub(super) fn request_of(
        &self,
        account: u32,
        command: &Command,
        orig: Option<&ClOrdId>,
        terms: Option<&OrderTerms>,
    ) -> Request {
        let id = command.cl_ord_id();
        let (key, hash) = key(command.account, &id);
        let digest = digest(command, orig);
        let digest = terms.map_or(digest, |terms| digest_with_terms(digest, terms));
        let known = if is_absent(&id) {
            Known::Absent
        } else {
            match self.ids.find(&key, hash) {
                None => Known::Unused,
                Some(at) => {
                    let entry = self.ids.get(at);
                    match entry.state {
                        State::Burnt => Known::Burnt,
                        _ if entry.digest == digest => Known::Same(at),
                        _ => Known::Other,
                    }
                }
            }
        };
        Request { account, key, hash, digest, known }
    }

    pub(super) fn new_order(&mut self, command: &Command, context: Context<'_>) -> Ruling {
        let place = context.place;
        let has_terms = command.flags & FLAG_TERMS != 0;
        let terms = context.batch.terms.get(usize::from(command.payload_index));
        let terms = terms.filter(|_| has_terms);
        let Some(request) = self.request(command, None, terms) else {
            return refused(place, Reject::UnknownAccount);
        };
        if let Known::Same(at) = request.known {
            let first = self.ids.get(at).place;
            return repeated(first, first);
        }
        let judged = match self.judge_new(command, &request, &mut Silent) {
            Ok(_) if request.known == Known::Absent || (has_terms && terms.is_none()) => {
                Err(Reject::UnsupportedCharacteristic)
            }
            judged => judged,
        };
        match judged {
            Ok(order) => self.accept_new(&order, &request, place),
            Err(reason) => {
                self.remember(&request, place, State::Refused, reason);
                refused(place, reason)
            }
        }
    }

    /// Keeps a request that led to no live order, if its client order id is free and there is room.
    /// What was refused for want of room is not kept: it may be sent again.
    pub(super) fn remember(&mut self, request: &Request, place: u64, state: State, reason: Reject) {
        if request.known == Known::Unused
            && reason != Reject::SystemUnavailable
            && self.ids.has_room(1)
        {
            let Request { key, hash, digest, .. } = *request;
            self.ids.add_ended(key, hash, digest, place, state, self.now_ns);
        }
    }

    /// Whether a new order may go on, or the first reason why not.
    #[inline(always)]
    pub(super) fn judge_new<O: Observer>(
        &self,
        command: &Command,
        request: &Request,
        observer: &mut O,
    ) -> Result<NewOrder, Reject> {
        let instrument =
            self.reference.instrument_place(command.instrument).ok_or(Reject::UnknownSymbol)?;
        if request.known == Known::Other {
            return Err(Reject::DuplicateClOrdId);
        }
        let listed = &self.reference.listed[instrument as usize];
        let (side, counted) = new_order_kind(command)?;
        let limited = command.price != 0 || counted == Counted::Limit;
        let on_tick = |price| self.reference.on_tick(instrument, price);
        let off_tick = (limited && !on_tick(command.price))
            || (command.stop_price != 0 && !on_tick(command.stop_price));
        let failure = earliest([
            when(!quantity_fits(listed, command.quantity), Reject::IncorrectQuantity),
            when(off_tick, Reject::TickSize),
            when(!listed.enabled, Reject::MarketClosed),
            when(request.known == Known::Burnt, Reject::Stale),
        ]);
        if let Some(reason) = failure {
            return Err(reason);
        }
        let trader = &self.reference.traders[request.account as usize];
        let counted_at = match counted {
            Counted::Limit => Some(command.price),
            Counted::Stop => Some(command.stop_price),
            Counted::Band => market_price(trader, listed),
        };
        let price = counted_at.unwrap_or(0);
        let reserved = Reservation::of(command.quantity, price);
        let reduce_only = command.flags & FLAG_REDUCE_ONLY != 0;
        let asked = Asked {
            new: true,
            side,
            quantity: command.quantity,
            reduce_only,
            limit_price: limited.then_some(command.price),
            price: counted_at,
            had: Reservation::default(),
            wanted: reserved,
        };
        let holding = self.holding(request.account, instrument);
        if let Some(reason) = self.judge_limits(trader, listed, holding, &asked, observer) {
            return Err(reason);
        }
        let room = self.ids.has_room(1)
            && self.orders.has_room()
            && (holding.is_some() || self.holdings.len() < self.bounds.holdings);
        if !room {
            return Err(Reject::SystemUnavailable);
        }
        let quantity = command.quantity;
        Ok(NewOrder { instrument, holding, side, counted, reduce_only, quantity, price, reserved })
    }

    #[inline(always)]
    fn judge_limits<O: Observer>(
        &self,
        trader: &Trader,
        listed: &Listed,
        holding: Option<u32>,
        asked: &Asked,
        observer: &mut O,
    ) -> Option<Reject> {
        let none = Holding::new(NONE, NONE);
        let holding = holding.map_or(&none, |at| &self.holdings[at]);
        let special = match holding.limits {
            NONE => None,
            at => Some(&self.reference.overrides[at as usize]),
        };
        first_failure(trader, listed, holding, special, asked, observer)
    }

    #[inline(always)]
    fn accept_new(&mut self, order: &NewOrder, request: &Request, place: u64) -> Ruling {
        let holding = match order.holding {
            Some(at) => at,
            None => self
                .holding_or_new(request.account, order.instrument)
                .expect("the judgement looked whether there is room"),
        };
        let mut live = Live::new(place, order.side, order.quantity, order.price);
        live.account = request.account;
        live.holding = holding;
        live.instrument = order.instrument;
        live.counted = order.counted;
        live.reduce_only = order.reduce_only;
        let at = self.orders.add(live);
        let Request { key, hash, digest, .. } = *request;
        let root = self.ids.add_order(key, hash, digest, place, at);
        let live = self.orders.get_mut(at);
        live.root = root;
        live.ids = root;
        self.reference.traders[request.account as usize].open_orders += 1;
        self.holdings[holding].reduce_only[order.side] += u32::from(order.reduce_only);
        self.reserve(holding, order.side, Reservation::default(), order.reserved);
        accepted(place)
    }

    /// Changes what a holding has reserved on one side for one order.
    #[inline]
    pub(super) fn reserve(&mut self, at: u32, side: usize, had: Reservation, wants: Reservation) {
        let holding = &mut self.holdings[at];
        holding.open[side] += wants.quantity - had.quantity;
        holding.open_notional[side] += wants.notional - had.notional;
        self.recount(at);
    }

    /// The order that a cancel or replace names.
    fn target(&self, command: &Command, orig: Option<&ClOrdId>) -> Target {
        let entry = match orig {
            Some(id) => {
                let (key, hash) = key(command.account, id);
                self.ids.find(&key, hash)
            }
            None => self.ids.find_order(command.order_id),
        };
        let Some(entry) = entry else {
            return Target::Unknown;
        };
        let root = self.ids.get(entry).root;
        if root == NONE || self.ids.account_of(root) != command.account {
            return Target::Unknown;
        }
        let order = self.ids.get(root);
        if order.order == NONE {
            return Target::Ended(order.place);
        }
        let instrument = self.orders.get(order.order).instrument;
        let named = command.instrument;
        if named != 0 && self.reference.instrument(instrument).id != named {
            return Target::Unknown;
        }
        Target::Live(order.order)
    }

    /// The id of the order that a target is, 0 if none.
    fn target_id(&self, target: Target) -> u64 {
        match target {
            Target::Live(at) => self.orders.get(at).id,
            Target::Ended(id) => id,
            Target::Unknown => 0,
        }
    }

    /// The verdict on a request that is the same as an earlier one.
    pub(super) fn repeat_of(&self, at: u32) -> Ruling {
        let entry = self.ids.get(at);
        let order_id = match entry.root {
            NONE => 0,
            root => self.ids.get(root).place,
        };
        repeated(order_id, entry.place)
    }

    /// Keeps a request about an order: with a live order's entries, else for 24 h from now.
    fn remember_about(&mut self, request: &Request, place: u64, target: Target, reason: Reject) {
        match target {
            Target::Live(at) if request.known == Known::Unused && self.ids.has_room(1) => {
                let Request { key, hash, digest, .. } = *request;
                let order = self.orders.get_mut(at);
                let (root, head) = (order.root, order.ids);
                order.ids = self.ids.add_request(key, hash, digest, place, root, head);
            }
            Target::Live(_) => {}
            Target::Ended(_) | Target::Unknown => {
                self.remember(request, place, State::Request, reason);
            }
        }
    }

    /// A cancel is never refused for a limit, nor for want of room: when its own client order id
    /// can't be kept it is judged all the same.
    pub(super) fn cancel_order(&mut self, command: &Command, context: Context<'_>) -> Ruling {
        let orig = match self.orig(command, context) {
            Ok(orig) => orig,
            Err(reason) => return cancel_refused(0, reason),
        };
        let Some(request) = self.request(command, orig, None) else {
            return cancel_refused(0, Reject::UnknownAccount);
        };
        if let Known::Same(at) = request.known {
            return self.repeat_of(at);
        }
        let target = self.target(command, orig);
        let unlisted = command.instrument != 0
            && self.reference.instrument_place(command.instrument).is_none();
        let mut failure = earliest([
            when(unlisted, Reject::UnknownSymbol),
            when(request.known == Known::Other, Reject::DuplicateClOrdId),
            when(
                says_what_new_orders_say(command)
                    || command.stop_price != 0
                    || names_itself(command, orig),
                Reject::UnsupportedCharacteristic,
            ),
            target.failure(),
            when(request.known == Known::Burnt, Reject::Stale),
        ]);
        if failure == Some(Reject::UnknownOrder) {
            failure = Some(self.burn(command, orig, &request, context.place));
        }
        let order_id = self.target_id(target);
        let reason = failure.unwrap_or(Reject::Other);
        self.remember_about(&request, context.place, target, reason);
        failure.map_or(accepted(order_id), |reason| cancel_refused(order_id, reason))
    }

    /// Burns the unknown client order id that a cancel names, so that an order that comes under it
    /// later is STALE; returns the reason of the cancel's refusal.
    fn burn(
        &mut self,
        command: &Command,
        orig: Option<&ClOrdId>,
        request: &Request,
        place: u64,
    ) -> Reject {
        let Some(orig) = orig.filter(|id| !id.is_absent()) else {
            return Reject::UnknownOrder;
        };
        let (key, hash) = key(command.account, orig);
        if self.ids.find(&key, hash).is_some() {
            return Reject::UnknownOrder;
        }
        // Room for its own id too, so that the burn and the refusal are kept or lost together.
        if !self.ids.has_room(1 + u32::from(request.known == Known::Unused)) {
            return Reject::SystemUnavailable;
        }
        self.ids.add_ended(key, hash, 0, place, State::Burnt, self.now_ns);
        Reject::UnknownOrder
    }

    /// The client order id that a cancel or replace names its target by, if it does.
    fn orig<'a>(
        &self,
        command: &Command,
        context: Context<'a>,
    ) -> Result<Option<&'a ClOrdId>, Reject> {
        match command.orig_cl_ord_id_index {
            0 => Ok(None),
            index => context
                .batch
                .orig_cl_ord_ids
                .get(usize::from(index) - 1)
                .map(Some)
                .ok_or(Reject::UnsupportedCharacteristic),
        }
    }

    pub(super) fn replace_order(&mut self, command: &Command, context: Context<'_>) -> Ruling {
        let orig = match self.orig(command, context) {
            Ok(orig) => orig,
            Err(reason) => return cancel_refused(0, reason),
        };
        let Some(request) = self.request(command, orig, None) else {
            return cancel_refused(0, Reject::UnknownAccount);
        };
        if let Known::Same(at) = request.known {
            return self.repeat_of(at);
        }
        let target = self.target(command, orig);
        let order_id = self.target_id(target);
        let own_name = names_itself(command, orig);
        match self.judge_replace(command, &request, (target, own_name), &mut Silent) {
            Ok(replace) => {
                self.remember_about(&request, context.place, target, Reject::Other);
                self.accept_replace(&replace, context.batch.sequence);
                accepted(order_id)
            }
            Err(reason) => {
                if reason != Reject::SystemUnavailable {
                    self.remember_about(&request, context.place, target, reason);
                }
                cancel_refused(order_id, reason)
            }
        }
    }

    /// Whether a replace may go on, or the first reason why not; `own_name` says that it names its
    /// target by its own client order id.
    fn judge_replace<O: Observer>(
        &self,
        command: &Command,
        request: &Request,
        (target, own_name): (Target, bool),
        observer: &mut O,
    ) -> Result<Replace, Reject> {
        let named = self.reference.instrument_place(command.instrument);
        let live = match target {
            Target::Live(at) => Some(self.orders.get(at)),
            Target::Ended(_) | Target::Unknown => None,
        };
        let instrument = live.map(|order| order.instrument).or(named);
        let listed = instrument.map(|place| &self.reference.listed[place as usize]);
        let failure = earliest([
            when(command.instrument != 0 && named.is_none(), Reject::UnknownSymbol),
            when(request.known == Known::Other, Reject::DuplicateClOrdId),
            when(own_name, Reject::UnsupportedCharacteristic),
            replace_shape(command, request, live),
            when(!replace_quantity_fits(command, listed), Reject::IncorrectQuantity),
            when(!self.replace_prices_fit(command, instrument), Reject::TickSize),
            when(listed.is_some_and(|listed| !listed.enabled), Reject::MarketClosed),
            target.failure(),
            when(request.known == Known::Burnt, Reject::Stale),
        ]);
        let (Target::Live(at), Some(order), Some(listed), None) = (target, live, listed, failure)
        else {
            return Err(failure.unwrap_or(Reject::UnknownOrder));
        };
        let (terms, asked) = self.replace_asks(command, order);
        let trader = &self.reference.traders[request.account as usize];
        let holding = Some(order.holding);
        if let Some(reason) = self.judge_limits(trader, listed, holding, &asked, observer) {
            return Err(reason);
        }
        if !self.ids.has_room(1) || !self.orders.has_room_for_pending(at) {
            return Err(Reject::SystemUnavailable);
        }
        Ok(Replace { order: at, terms, wanted: asked.wanted })
    }

    /// Whether the prices of a replace are some, or unchanged.
    fn replace_prices_fit(&self, command: &Command, instrument: Option<u32>) -> bool {
        [command.price, command.stop_price].into_iter().all(|price| match instrument {
            _ if price == 0 => true,
            Some(place) => self.reference.on_tick(place, price),
            None => (1..=MAX_PRICE).contains(&price),
        })
    }

    /// The terms that a replace asks for, and what the limit checks are to judge.
    fn replace_asks(&self, command: &Command, order: &Live) -> (Terms, Asked) {
        let mut terms = self.orders.largest_terms(order);
        // A new stop price of an order that has a limit changes nothing that is counted.
        let stops = command.stop_price != 0 && order.counted == Counted::Stop;
        if command.price != 0 || stops {
            terms.price = order.counted_at(command.price, command.stop_price);
        }
        if command.flags & FLAG_LEAVES != 0 || command.quantity != 0 {
            terms.leaves = command.flags & FLAG_LEAVES != 0;
            terms.quantity = command.quantity;
        }
        let asked = Asked {
            new: false,
            side: usize::from(order.side),
            reduce_only: order.reduce_only,
            quantity: terms.total(order.cum),
            limit_price: (command.price != 0).then_some(command.price),
            price: Some(terms.price),
            had: order.reserved,
            wanted: self.orders.reservation(order, Some(&terms)),
        };
        (terms, asked)
    }

    fn accept_replace(&mut self, replace: &Replace, sequence: u64) {
        self.orders.add_pending(sequence, replace.order, replace.terms);
        let order = self.orders.get_mut(replace.order);
        let had = order.reserved;
        order.reserved = replace.wanted;
        let (holding, side) = (order.holding, usize::from(order.side));
        self.reserve(holding, side, had, replace.wanted);
    }

    /// The same judgement as for a command in ORDERS, of which every limit check is seen.
    pub(super) fn judge_dry<O: Observer>(
        &self,
        command: &Command,
        replace: bool,
        observer: &mut O,
    ) -> Option<Reject> {
        let Some(request) = self.request(command, None, None) else {
            return Some(Reject::UnknownAccount);
        };
        if replace {
            let target = self.target(command, None);
            return self.judge_replace(command, &request, (target, false), observer).err();
        }
        self.judge_new(command, &request, observer).err()
    }
}

/// The side of a new order and what it is counted at, if it can be an order of any kind. What a
/// kind allows is matching's to judge; what it refuses is released as its answer comes.
#[inline]
fn new_order_kind(command: &Command) -> Result<(usize, Counted), Reject> {
    let side = match Side::try_from(command.side) {
        Ok(Side::Buy) => BUY,
        Ok(Side::Sell) => SELL,
        _ => return Err(Reject::UnsupportedCharacteristic),
    };
    let (counted, may_have_price) = match OrdType::try_from(command.ord_type) {
        Ok(OrdType::Limit | OrdType::StopLimit) => (Counted::Limit, true),
        Ok(OrdType::Market | OrdType::MarketToLimit) => (Counted::Band, false),
        Ok(OrdType::Stop) if command.stop_price != 0 => (Counted::Stop, false),
        Ok(OrdType::Stop) => (Counted::Band, false),
        Ok(OrdType::Pegged) if command.price != 0 => (Counted::Limit, true),
        Ok(OrdType::Pegged) => (Counted::Band, true),
        Ok(OrdType::None) | Err(_) => return Err(Reject::UnsupportedCharacteristic),
    };
    let until = command.time_in_force == TimeInForce::Gtd.number();
    let timed = TimeInForce::try_from(command.time_in_force).is_ok()
        && command.time_in_force != TimeInForce::None.number();
    let offered = timed
        && command.flags & !NEW_FLAGS == 0
        && command.orig_cl_ord_id_index == 0
        && command.order_id == 0
        && (until || command.expire_time == 0)
        && (may_have_price || command.price == 0);
    if offered {
        Ok((side, counted))
    } else {
        Err(Reject::UnsupportedCharacteristic)
    }
}

/// Whether a replace is one that the venue offers: it has a client order id of its own, and if it
/// names a side it is the order's.
fn replace_shape(command: &Command, request: &Request, order: Option<&Live>) -> Option<Reject> {
    let side = usize::from(command.side);
    let other_side = side != 0 && order.is_some_and(|order| usize::from(order.side) + 1 != side);
    let unknown_flags = command.flags & !(FLAG_LEAVES | FLAG_CANCEL_ON_DISCONNECT) != 0;
    let bad = request.known == Known::Absent
        || says_what_new_orders_say(command)
        || other_side
        || unknown_flags;
    when(bad, Reject::UnsupportedCharacteristic)
}

/// Whether the quantity of a replace can be; an open quantity of 0 ends the order.
fn replace_quantity_fits(command: &Command, listed: Option<&Listed>) -> bool {
    let quantity = command.quantity;
    let in_bounds = (0..=MAX_QUANTITY).contains(&quantity);
    let Some(listed) = listed else { return in_bounds };
    let leaves = command.flags & FLAG_LEAVES != 0;
    let small = !leaves && quantity < listed.min;
    in_bounds && (quantity == 0 || (listed.on_lot(quantity) && !small && quantity <= listed.max))
}
