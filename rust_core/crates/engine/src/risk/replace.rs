//! The judgement of a replace: what it asks for beyond what its order reserves.

use super::checks::{Asked, Observer, Silent};
use super::judge::{Known, Request, Target};
use super::orders::{Counted, Live, Reservation, Terms};
use super::shape::{earliest, names_itself, replace_quantity_fits, replace_shape, when};
use super::{accepted, accepted_within, cancel_refused, Context, RiskEngine, Ruling};
use crate::pod::{Command, FLAG_LEAVES, MAX_PRICE};
use crate::reject::Reject;
use crate::table::NONE;

/// A replace that may go on.
pub(super) struct Replace {
    order: u32,
    terms: Terms,
    wanted: Reservation,
}

impl RiskEngine {
    #[inline(never)]
    pub(super) fn replace_order(&mut self, command: &Command, context: &Context<'_>) -> Ruling {
        let orig = match Self::orig(command, context.batch) {
            Ok(orig) => orig,
            Err(reason) => return cancel_refused(0, reason),
        };
        let Some(mut request) = self.request(command, context.hashes, None) else {
            return cancel_refused(0, Reject::UnknownAccount);
        };
        request.stopped = self.killed_sessions.stops(context.batch.origin, command.session);
        if let Known::Same(at) = request.known {
            return self.repeat_of(at);
        }
        let target = self.target(command, orig, context.hashes);
        let order_id = self.target_id(target);
        let own_name = names_itself(command, orig);
        self.begin_days(request.account);
        let judged = self.judge_replace(command, &request, (target, own_name), &mut Silent);
        self.count_message(request.account);
        match judged {
            Ok(replace) => {
                self.remember_about(&request, context.place, target, Reject::Other);
                self.accept_replace(&replace, context.batch.sequence);
                match command.flags & FLAG_LEAVES {
                    0 => accepted(order_id),
                    _ => accepted_within(order_id, replace.terms.total),
                }
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
    pub(super) fn judge_replace<O: Observer>(
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
        let failure = earliest![
            when(command.instrument != 0 && named.is_none(), Reject::UnknownSymbol),
            when(request.known == Known::Other, Reject::DuplicateClOrdId),
            when(own_name, Reject::UnsupportedCharacteristic),
            replace_shape(command, request, live),
            when(!replace_quantity_fits(command, listed), Reject::IncorrectQuantity),
            when(!self.replace_prices_fit(command, instrument), Reject::TickSize),
            when(listed.is_some_and(|listed| !listed.enabled), Reject::MarketClosed),
            target.failure(),
            when(request.known == Known::Burnt, Reject::Stale),
        ];
        let (Target::Live(at), Some(order), None) = (target, live, failure) else {
            return Err(failure.unwrap_or(Reject::UnknownOrder));
        };
        let (terms, mut asked) = self.replace_asks(command, order);
        asked.stopped = request.stopped;
        let pair = (request.account, order.instrument, Some(order.holding));
        if let Some(reason) = self.judge_limits(pair, &asked, observer) {
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
        // A new stop price of one that buys up to a limit changes nothing that is counted.
        let by_stop = matches!(order.counted, Counted::Stop | Counted::StopLimit);
        let stops = command.stop_price != 0 && by_stop;
        if command.price != 0 || stops {
            let listed = &self.reference.listed[order.instrument as usize];
            let limit = match command.price {
                0 => 0,
                price => listed.counted(order.side.into(), price),
            };
            terms.price = order.counted_at(limit, command.stop_price);
        }
        if command.flags & FLAG_LEAVES != 0 || command.quantity != 0 {
            // What is to be open is counted beside the trades that are known. Matching keeps it to
            // that, or to what the order may come to anyhow, if others come in between.
            terms.total = match command.flags & FLAG_LEAVES {
                0 => command.quantity,
                _ => terms.total.max(order.cum + command.quantity),
            };
        }
        let (had, wanted) = (order.reserved, self.orders.reservation(order, Some(&terms)));
        let more = wanted.beyond(had);
        let asked = Asked {
            new: false,
            side: usize::from(order.side),
            reduce_only: order.reduce_only,
            quantity: terms.total,
            limit_price: (command.price != 0).then_some(command.price),
            price: Some(terms.price),
            had,
            wanted,
            more,
            alive: more,
            fingerprint: 0,
            stopped: false,
        };
        match order.list {
            NONE => (terms, asked),
            _ => self.leg_replace_asks(command, order, (terms, asked)),
        }
    }

    fn accept_replace(&mut self, replace: &Replace, sequence: u64) {
        self.orders.add_pending(sequence, replace.order, replace.terms);
        let order = self.orders.get_mut(replace.order);
        if order.counted.never_falls() {
            order.price = replace.terms.price;
        }
        if order.list != NONE {
            return self.reserve_leg(replace.order);
        }
        let had = order.reserved;
        order.reserved = replace.wanted;
        let (holding, side) = (order.holding, usize::from(order.side));
        self.reserve(holding, side, had, replace.wanted);
    }
}
