//! The judgement of one command: shape, state, then limits, in the order of `Reject`.

use super::checks::{first_failure, Asked, Case, Level, Observer, Silent};
use super::client_ids::{digest, digest_with_terms, key, Key, BURNT};
use super::conversions::Money;
use super::holding::Holding;
use super::levels::Change;
use super::orders::{Counted, Reservation};
use super::reference::{bits, VENUE};
use super::shape::{
    earliest, fingerprint_of, is_absent, names_itself, new_order_kind, quantity_fits,
    says_what_new_orders_say, when,
};
use super::{accepted, cancel_refused, refused, repeated, Context, RiskEngine, Ruling};
use crate::batch::Batch;
use crate::pod::{ClOrdId, Command, OrdType, OrderTerms, FLAG_REDUCE_ONLY, FLAG_TERMS, MAX_PRICE};
use crate::reject::Reject;
use crate::table::{hash_words, NONE};

/// A request under a client order id.
#[derive(Clone, Copy)]
pub(super) struct Request {
    /// Place of the account; none for an operator's request about all of them.
    pub(super) account: u32,
    pub(super) key: Key,
    pub(super) hash: u64,
    pub(super) digest: u64,
    pub(super) known: Known,
    /// Whether the kill switch of its session is on.
    pub(super) stopped: bool,
    /// Its place if it is a new order; 0 in a dry run.
    pub(super) place: u64,
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
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NewOrder {
    pub(super) instrument: u32,
    pub(super) holding: Option<u32>,
    pub(super) side: usize,
    pub(super) counted: Counted,
    pub(super) reduce_only: bool,
    pub(super) quantity: i64,
    pub(super) price: i64,
    /// The worst price it may trade at, if it has no limit of its own; 0: any.
    pub(super) bound: i64,
    /// How far above its stop price it is counted, if it waits for that.
    pub(super) over: i64,
    /// What its account reserves for it.
    pub(super) reserved: Reservation,
    /// What margin asks for its holding once it is accepted.
    pub(super) needed: i128,
    /// The exposure of its holding then, if the account's is kept.
    pub(super) exposure: i128,
    pub(super) fingerprint: u64,
}

/// The target of a cancel or replace.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// A live order of the account, by place.
    Live(u32),
    /// An order of the account that has ended; its id.
    Ended(u64),
    /// None, or another account's.
    Unknown,
}

impl Target {
    /// Why it can't be cancelled or replaced.
    pub(super) fn failure(self) -> Option<Reject> {
        match self {
            Self::Live(_) => None,
            Self::Ended(_) => Some(Reject::TooLate),
            Self::Unknown => Some(Reject::UnknownOrder),
        }
    }
}

/// The hashes of the keys that a command names: its own, and that of its target if it names that
/// by client order id. They are made once, before anything is looked up.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Hashes {
    pub own: u64,
    pub orig: Option<u64>,
}

impl Hashes {
    #[inline(always)]
    pub fn of(command: &Command, orig: Option<&ClOrdId>) -> Self {
        let of = |id: &ClOrdId| hash_words(&key(command.account, id));
        Self { own: of(&command.cl_ord_id()), orig: orig.map(of) }
    }
}

impl RiskEngine {
    /// The account and what is known of the client order id of a request; `None` if there is no
    /// such account.
    #[inline(always)]
    pub(super) fn request(
        &self,
        command: &Command,
        hashes: Hashes,
        terms: Option<&OrderTerms>,
    ) -> Option<Request> {
        let account = self.reference.account_place(command.account)?;
        Some(self.request_of(account, command, hashes, terms))
    }

    /// The same for the account at a place, or for an operator.
    #[inline(always)]
    pub(super) fn request_of(
        &self,
        account: u32,
        command: &Command,
        hashes: Hashes,
        terms: Option<&OrderTerms>,
    ) -> Request {
        let id = command.cl_ord_id();
        let (key, hash) = (key(command.account, &id), hashes.own);
        let digest = digest(command, hashes.orig);
        let digest = terms.map_or(digest, |terms| digest_with_terms(digest, terms));
        let known = if is_absent(&id) {
            Known::Absent
        } else if self.ids.may_have(hash) {
            self.known(&key, hash, digest)
        } else {
            Known::Unused
        };
        Request { account, key, hash, digest, known, stopped: false, place: 0 }
    }

    /// What is known of a key whose hash is known.
    #[cold]
    fn known(&self, key: &Key, hash: u64, digest: u64) -> Known {
        let Some(at) = self.ids.find(key, hash) else {
            return Known::Unused;
        };
        match self.ids.get(at).digest {
            BURNT => Known::Burnt,
            same if same == digest => Known::Same(at),
            _ => Known::Other,
        }
    }

    #[inline(never)]
    pub(super) fn new_order(&mut self, command: &Command, context: &Context<'_>) -> Ruling {
        let place = context.place;
        let has_terms = command.flags & FLAG_TERMS != 0;
        let terms = context.batch.terms.get(usize::from(command.payload_index));
        let terms = terms.filter(|_| has_terms);
        let Some(mut request) = self.request(command, context.hashes, terms) else {
            return refused(place, Reject::UnknownAccount);
        };
        request.stopped = self.killed_sessions.stops(context.batch.origin, command.session);
        request.place = place;
        if let Known::Same(at) = request.known {
            let first = self.ids.get(at).place;
            return repeated(first, first);
        }
        self.begin_days(request.account);
        let mut judged = self.judge_new(command, terms, &request, &mut Silent);
        if request.known == Known::Absent || (has_terms && terms.is_none()) {
            let shape = Reject::UnsupportedCharacteristic;
            judged = Err(judged.map_or_else(|reason| reason.earliest(shape), |_| shape));
        }
        self.count_message(request.account);
        match judged {
            Ok(order) if command.link != 0 => {
                let ruling = self.accept_new(&order, &request, place);
                self.join_list(command, place);
                ruling
            }
            Ok(order) => self.accept_new(&order, &request, place),
            Err(reason) => {
                self.remember(&request, place, reason);
                refused(place, reason)
            }
        }
    }

    /// Keeps a request that led to no live order, if its client order id is free and there is room.
    /// What was refused for want of room is not kept: it may be sent again.
    pub(super) fn remember(&mut self, request: &Request, place: u64, reason: Reject) {
        if request.known == Known::Unused
            && reason != Reject::SystemUnavailable
            && self.ids.has_room(1)
        {
            let Request { key, hash, digest, .. } = *request;
            self.ids.add_ended(key, hash, digest, place, self.now_ns);
        }
    }

    /// Whether a new order may go on, or the first reason why not.
    #[inline(always)]
    pub(super) fn judge_new<O: Observer>(
        &self,
        command: &Command,
        terms: Option<&OrderTerms>,
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
        let limited = command.price != 0 || matches!(counted, Counted::Limit | Counted::StopLimit);
        let on_tick = |price| self.reference.on_tick(instrument, price);
        let off_tick = (limited && !on_tick(command.price))
            || (command.stop_price != 0 && !on_tick(command.stop_price));
        let failure = earliest![
            when(!quantity_fits(listed, command.quantity), Reject::IncorrectQuantity),
            // What an iceberg shows is what trades at a time.
            when(!listed.on_lot(command.display_quantity), Reject::IncorrectQuantity),
            when(off_tick, Reject::TickSize),
            when(!listed.enabled, Reject::MarketClosed),
            when(request.known == Known::Burnt, Reject::Stale),
        ];
        if let Some(reason) = failure {
            return Err(reason);
        }
        let trader = &self.reference.traders[request.account as usize];
        let places = (request.account, instrument);
        let (counted_at, bound) = self.counted_at((command, terms), places, (side, counted));
        let price = counted_at.unwrap_or(0);
        let wanted = Reservation::of(command.quantity, price);
        let (reserved, alive) = match command.link {
            0 => (wanted, wanted),
            _ => self.leg_asks(command, request.place, wanted),
        };
        let reduce_only = command.flags & FLAG_REDUCE_ONLY != 0;
        let checks = trader.checks & bits::DUPLICATES != 0 || trader.grouped;
        let fingerprint = if checks { fingerprint_of(command) } else { 0 };
        let asked = Asked {
            new: true,
            side,
            quantity: command.quantity,
            reduce_only,
            limit_price: match terms {
                _ if limited => Some(command.price),
                // Pegged without a limit it says how far it goes from the market, and no more.
                Some(terms) if command.ord_type == OrdType::Pegged.number() => listed
                    .reference()
                    .map(|price| price + terms.peg_offset.clamp(-MAX_PRICE, MAX_PRICE)),
                _ => None,
            },
            price: counted_at,
            had: Reservation::default(),
            wanted,
            more: reserved,
            alive,
            fingerprint,
            stopped: request.stopped,
        };
        let holding = self.holding(request.account, instrument);
        let own = holding.map_or(&Holding::NOTHING, |at| &self.holdings[at]);
        let money = self.money_of(request.account, instrument);
        let needed = own.requirement_with(side, reserved, listed.rates, money);
        let exposure = if trader.exposed {
            own.exposure_money(reserved.notional, listed.unit, money)
        } else {
            0
        };
        let pair = (request.account, instrument, holding);
        if let Some(reason) = self.judge_limits(pair, &asked, observer) {
            return Err(reason);
        }
        let room = self.ids.has_room(1)
            && self.orders.has_room()
            && (holding.is_some() || self.has_room_for_holding(request.account));
        if !room {
            return Err(Reject::SystemUnavailable);
        }
        let quantity = command.quantity;
        Ok(NewOrder {
            instrument,
            holding,
            side,
            counted,
            reduce_only,
            quantity,
            price,
            bound,
            over: if counted == Counted::Stop { price - command.stop_price } else { 0 },
            reserved,
            needed,
            exposure,
            fingerprint,
        })
    }

    /// The first limit that what is asked of an account in an instrument, by places, would break:
    /// of its own, of its firm's and of the venue's the earliest in order of precedence.
    pub(super) fn judge_limits<O: Observer>(
        &self,
        (account, instrument, holding): (u32, u32, Option<u32>),
        asked: &Asked,
        observer: &mut O,
    ) -> Option<Reject> {
        let own = holding.map_or(&Holding::NOTHING, |at| &self.holdings[at]);
        let case = Case {
            level: Level::Account,
            trader: &self.reference.traders[account as usize],
            listed: &self.reference.listed[instrument as usize],
            holding: own,
            own,
            account: &self.reference.traders[account as usize],
            money: [self.money_of(account, instrument); 2],
            via: Money::Same,
            special: self.special(own),
            now_ns: self.now_ns,
        };
        let mut first = first_failure(&case, asked, observer, (self, account));
        for group in self.groups_of(account) {
            let case = self.case_of(group, instrument, &case);
            let failure = first_failure(&case, asked, observer, (self, group));
            first = match (first, failure) {
                (Some(one), Some(other)) => Some(one.earliest(other)),
                (one, other) => one.or(other),
            };
        }
        first
    }

    /// What is judged of a group when this is judged of one of its accounts.
    #[inline]
    fn case_of<'a>(&'a self, group: u32, instrument: u32, own: &Case<'a>) -> Case<'a> {
        let linked = own.own.groups[usize::from(group == VENUE)];
        let at = if linked == NONE { self.holding(group, instrument) } else { Some(linked) };
        let holding = at.map_or(&Holding::NOTHING, |at| &self.holdings[at]);
        Case {
            level: if group == VENUE { Level::Venue } else { Level::Firm },
            trader: &self.reference.traders[group as usize],
            holding,
            money: [self.money_of(group, instrument), own.money[1]],
            via: self.conversions.money(own.account.currency, self.currency_of(group)),
            special: self.special(holding),
            ..*own
        }
    }

    /// Counts a new order or a replace among the messages of an account and its groups.
    pub(super) fn count_message(&mut self, account: u32) {
        self.count_message_of(account);
        if self.reference.traders[account as usize].grouped {
            self.count_message_of_groups(account);
        }
    }

    /// The same of its groups alone.
    #[inline(never)]
    pub(super) fn count_message_of_groups(&mut self, account: u32) {
        self.count_message_of(self.reference.traders[account as usize].firm);
        self.count_message_of(VENUE);
    }

    fn count_message_of(&mut self, place: u32) {
        let trader = &mut self.reference.traders[place as usize];
        if trader.checks & bits::MESSAGE_RATE != 0 {
            trader.bucket.take(self.now_ns);
        }
    }

    /// Changes what a holding has reserved on one side for one order.
    #[inline]
    pub(super) fn reserve(&mut self, at: u32, side: usize, had: Reservation, wants: Reservation) {
        let holding = &mut self.holdings[at];
        let quantity = wants.quantity - had.quantity;
        let notional = wants.notional - had.notional;
        holding.open[side] += quantity;
        holding.open_notional[side] += notional;
        let account = holding.account;
        let (balance, exposure) = self.recount(at);
        if self.reference.traders[account as usize].grouped {
            let mut change = Change { balance, exposure, ..Change::default() };
            change.open[side] = quantity;
            change.open_notional[side] = notional;
            self.carry(at, &change);
        }
    }

    /// The order that a cancel or replace names.
    pub(super) fn target(
        &self,
        command: &Command,
        orig: Option<&ClOrdId>,
        hashes: Hashes,
    ) -> Target {
        let entry = match (orig, hashes.orig) {
            (Some(id), Some(hash)) => self.ids.find(&key(command.account, id), hash),
            _ => self.ids.find_order(command.order_id),
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
    pub(super) fn target_id(&self, target: Target) -> u64 {
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
    pub(super) fn remember_about(
        &mut self,
        request: &Request,
        place: u64,
        target: Target,
        reason: Reject,
    ) {
        match target {
            Target::Live(at) if request.known == Known::Unused && self.ids.has_room(1) => {
                let Request { key, hash, digest, .. } = *request;
                let order = self.orders.get_mut(at);
                let (root, head) = (order.root, order.ids);
                order.ids = self.ids.add_request(key, hash, digest, place, root, head);
            }
            Target::Live(_) => {}
            Target::Ended(_) | Target::Unknown => {
                self.remember(request, place, reason);
            }
        }
    }

    /// A cancel is never refused for a limit, nor for want of room: when its own client order id
    /// can't be kept it is judged all the same.
    #[inline(never)]
    pub(super) fn cancel_order(&mut self, command: &Command, context: &Context<'_>) -> Ruling {
        let orig = match Self::orig(command, context.batch) {
            Ok(orig) => orig,
            Err(reason) => return cancel_refused(0, reason),
        };
        let Some(request) = self.request(command, context.hashes, None) else {
            return cancel_refused(0, Reject::UnknownAccount);
        };
        if let Known::Same(at) = request.known {
            return self.repeat_of(at);
        }
        let target = self.target(command, orig, context.hashes);
        let unlisted = command.instrument != 0
            && self.reference.instrument_place(command.instrument).is_none();
        let mut failure = earliest![
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
        ];
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
        let (key, hash) = (key(command.account, orig), hash_words(&key(command.account, orig)));
        if self.ids.find(&key, hash).is_some() {
            return Reject::UnknownOrder;
        }
        // Room for its own id too, so that the burn and the refusal are kept or lost together.
        if !self.ids.has_room(1 + u32::from(request.known == Known::Unused)) {
            return Reject::SystemUnavailable;
        }
        self.ids.add_ended(key, hash, BURNT, place, self.now_ns);
        Reject::UnknownOrder
    }

    /// The client order id that a cancel or replace names its target by, if it does.
    pub(super) fn orig<'a>(
        command: &Command,
        batch: &Batch<'a>,
    ) -> Result<Option<&'a ClOrdId>, Reject> {
        match command.orig_cl_ord_id_index {
            0 => Ok(None),
            index => batch
                .orig_cl_ord_ids
                .get(usize::from(index) - 1)
                .map(Some)
                .ok_or(Reject::UnsupportedCharacteristic),
        }
    }
}
