//! Orders that come as a list: one cancels the other, or exits wait for an entry's end.
//!
//! The legs of a list are consecutive commands, so that their ids are too: a leg finds the others
//! by counting, and nothing has to be kept about lists.

use alloc::vec::Vec;

use super::refusals::{earliest, has_too_many_parts, refusal_of_risk, terms, POST_ONLY};
use super::{rejected, Context, MatchingEngine, Turn};
use crate::batch::Batch;
use crate::book::Ended;
use crate::orders::{Link, Place};
use crate::pod::{
    Command, CommandKind, Contingency, Event, ExecType, Leg, OrdType, OrderTerms, Outcome,
    PegPrice, TimeInForce, VerdictKind, FLAG_ALL_OR_NONE, FLAG_TERMS,
};
use crate::reject::Reject;

/// Why an order was cancelled: one that it is linked with traded, was triggered or ended.
pub(super) const LINKED: u16 = Reject::LinkedOrder as u16;

/// What was found of a list when its first leg came.
#[derive(Clone, Debug, Default)]
pub(super) struct Judged {
    /// The message that it came in.
    sequence: u64,
    /// Index of its first leg.
    start: usize,
    /// How many legs; 0: there is no list.
    legs: usize,
    reasons: [Option<Reject>; 3],
}

/// A command's terms beside those that fit it, if it says that it has some.
#[inline]
pub(super) fn terms_of<'a>(batch: &Batch<'a>, command: &Command) -> Option<&'a OrderTerms> {
    if command.flags & FLAG_TERMS == 0 {
        return None;
    }
    batch.terms.get(usize::from(command.payload_index))
}

impl MatchingEngine {
    /// Takes a leg of a list. What follows waits for the last leg.
    pub(super) fn new_leg(
        &mut self,
        at: Context<'_>,
        events: &mut Vec<Event>,
    ) -> (Outcome, Option<usize>) {
        let index = at.index as usize;
        let legs = self.list.start..self.list.start + self.list.legs;
        if self.list.sequence != at.batch.sequence || !legs.contains(&index) {
            self.list = self.judge_list(at.batch, index);
        }
        let place = index - self.list.start;
        if let Some(reason) = self.list.reasons[place] {
            return (rejected(at, reason, events), None);
        }
        let slot = self.slot(at.command.instrument).expect("or it would be refused");
        let done = self.make_special(at, slot, events);
        (done, (place + 1 == self.list.legs).then_some(slot))
    }

    /// Finds out whether a list may come: all of it, or nothing.
    fn judge_list(&self, batch: &Batch<'_>, start: usize) -> Judged {
        let commands = &batch.commands[start..];
        let first = &commands[0];
        let mut legs = 1;
        let mut reasons = [None; 3];
        let well_formed = Leg::read(first.link).is_some_and(|leg| {
            legs = usize::from(leg.legs);
            leg.place == 0
                && commands.len() >= legs
                && (0..legs).all(|place| {
                    let command = &commands[place];
                    command.kind == CommandKind::NewOrder.number()
                        && command.link == Leg { place: place as u8, ..leg }.link()
                        && command.account == first.account
                        && command.instrument == first.instrument
                        && batch.verdicts[start + place].kind != VerdictKind::Repeat.number()
                })
        });
        if !well_formed {
            legs = 1;
            reasons[0] = Some(Reject::UnsupportedCharacteristic);
        }
        let slot = self.slot(first.instrument);
        for (place, command) in commands.iter().enumerate().take(legs) {
            let own = self.refusal_of_special(command, terms_of(batch, command), slot);
            let of_risk = refusal_of_risk(&batch.verdicts[start + place]);
            let of_risk = earliest(of_risk, self.refusal_of_undone(command));
            let unfit = if well_formed { misfit(first, command, place) } else { reasons[0] };
            let name = self.name_taken(command, &commands[..place]);
            reasons[place] = earliest(earliest(earliest(own, unfit), name), of_risk);
        }
        if reasons.iter().any(Option::is_some) {
            for reason in reasons.iter_mut().take(legs) {
                reason.get_or_insert(Reject::Other);
            }
        }
        Judged { sequence: batch.sequence, start, legs, reasons }
    }

    /// Whether an order that has just come is to go at once, as its partner has traded, was
    /// triggered or has ended already.
    pub(super) fn is_cancelled_by_partner(&self, link: Option<Link>) -> bool {
        let Some(link) = link else { return false };
        if link.leg.contingency != Contingency::OneCancelsOther || link.leg.place == 0 {
            return false;
        }
        self.orders.find(link.first).is_none_or(|index| {
            self.orders.get(index).cum > 0
                || self.orders.extra(index).is_some_and(|extra| extra.triggered)
        })
    }

    /// Cancels the order that goes when a linked one trades, is triggered or ends.
    pub(super) fn cancel_partner(
        &mut self,
        link: Option<Link>,
        command_index: u32,
        events: &mut Vec<Event>,
    ) {
        let partner = link.and_then(Link::partner);
        let Some(index) = partner.and_then(|id| self.orders.find(id)) else { return };
        self.end_for(index, ExecType::Canceled, LINKED, command_index, events);
    }

    /// Does what is to be done about an order that ends, before its place is given back.
    pub(super) fn let_go(&mut self, index: u32, slot: usize) {
        let Some(extra) = self.orders.extra(index) else { return };
        let link = extra.link;
        if extra.peg != PegPrice::None {
            self.forget_peg(index, slot);
        }
        if let Some(link) = link.filter(|link| link.is_entry()) {
            let &crate::orders::Order { id, cum: traded, .. } = self.orders.get(index);
            let book = &mut self.books[slot];
            book.ended.push_back(Ended { id, traded, legs: link.leg.legs, next: 1 });
            book.followers += 1;
        }
    }

    /// The exit that comes alive next, and what its entry traded. Exits that are gone are passed.
    pub(super) fn next_exit(&mut self, slot: usize) -> Option<(u32, i64)> {
        loop {
            let book = &mut self.books[slot];
            let ended = book.ended.front_mut()?;
            if ended.next == ended.legs {
                book.ended.pop_front();
                book.followers -= 1;
                continue;
            }
            let (id, traded) = (ended.id + u64::from(ended.next), ended.traded);
            if let Some(index) = self.orders.find(id) {
                return Some((index, traded));
            }
            ended.next += 1;
        }
    }

    /// Lets an exit come alive, or cancels it when its entry has traded nothing.
    pub(super) fn release_exit(
        &mut self,
        index: u32,
        traded: i64,
        slot: usize,
        turn: Turn,
        events: &mut Vec<Event>,
    ) {
        self.books[slot].ended[0].next += 1;
        if traded == 0 {
            let link = self.orders.link(index);
            self.end_for(index, ExecType::Canceled, LINKED, turn.index, events);
            return self.cancel_partner(link, turn.index, events);
        }
        self.take_out(index, slot);
        let order = self.orders.get_mut(index);
        order.leaves = order.leaves.min(traded);
        if let Some(extra) = self.orders.extra_mut(index) {
            extra.place = Place::Limit;
        }
        self.begin_trailing(index, slot);
        let event = self.event(index, ExecType::Triggered, turn.index);
        events.push(event);
        if !self.arrive(index, slot, turn, events) {
            self.finish(index, slot);
        }
    }

    /// Whether a replace would give one of two orders that cancel each other another quantity than
    /// the other has. It may end both.
    pub(super) fn parts_from_partner(&self, command: &Command, index: u32) -> bool {
        let order = self.orders.get(index);
        let (_, leaves) = terms(command, order);
        let partner = self.orders.link(index).and_then(Link::partner);
        leaves > 0
            && leaves != order.leaves
            && partner.is_some_and(|id| self.orders.find(id).is_some())
    }

    /// Whether a replace would give an entry more than one of its exits can have.
    pub(super) fn exits_misfit(&self, command: &Command, index: u32) -> bool {
        let Some(link) = self.orders.link(index).filter(|link| link.is_entry()) else {
            return false;
        };
        let order = self.orders.get(index);
        let (_, leaves) = terms(command, order);
        let total = leaves.saturating_add(order.cum);
        let exits = (1..u64::from(link.leg.legs)).filter_map(|place| {
            let exit = self.orders.find(link.first + place)?;
            self.orders.extra(exit)
        });
        leaves > 0 && exits.into_iter().any(|exit| has_too_many_parts(total, exit.display))
    }

    /// Lets the exits that wait for an entry have its total.
    pub(super) fn restate_exits(
        &mut self,
        link: Option<Link>,
        total: i64,
        slot: usize,
        command_index: u32,
        events: &mut Vec<Event>,
    ) {
        let Some(link) = link.filter(|link| link.is_entry()) else { return };
        for place in 1..u64::from(link.leg.legs) {
            let Some(index) = self.orders.find(link.first + place) else { continue };
            if self.orders.place(index) != Place::Held || self.orders.get(index).leaves == total {
                continue;
            }
            let before = self.orders.shown(index);
            self.orders.get_mut(index).leaves = total;
            if let Some(extra) = self.orders.extra_mut(index) {
                extra.shown = extra.display.min(total);
            }
            let mut event = self.event(index, ExecType::Restated, command_index);
            self.tell_place(index, slot, before, false, &mut event);
            events.push(event);
        }
    }

    /// The second leg of a list whose first is gone: it comes and goes.
    pub(super) fn come_and_go(&mut self, index: u32, command_index: u32, events: &mut Vec<Event>) {
        let event = self.event(index, ExecType::Canceled, command_index);
        events.push(Event { reason: LINKED, ..event });
    }
}

/// What is wrong with a leg as part of its list.
fn misfit(first: &Command, command: &Command, place: usize) -> Option<Reject> {
    let leg = Leg::read(command.link)?;
    let time = TimeInForce::try_from(command.time_in_force).unwrap_or(TimeInForce::None);
    let ord_type = OrdType::try_from(command.ord_type).unwrap_or(OrdType::None);
    let waits = matches!(ord_type, OrdType::Limit | OrdType::Stop | OrdType::StopLimit)
        && matches!(time, TimeInForce::Day | TimeInForce::Gtc | TimeInForce::Gtd)
        && command.flags & FLAG_ALL_OR_NONE == 0
        && command.min_quantity == 0;
    let alike = command.quantity == first.quantity;
    let fits = match (leg.contingency, place) {
        (Contingency::OneCancelsOther, _) => waits && alike && command.side == first.side,
        (Contingency::Bracket, 0) => {
            let for_auction = matches!(
                time,
                TimeInForce::AtTheOpen | TimeInForce::AtTheClose | TimeInForce::GoodForAuction
            );
            ord_type != OrdType::Pegged && !for_auction
        }
        _ => waits && alike && command.side != first.side && command.flags & POST_ONLY == 0,
    };
    (!fits).then_some(Reject::UnsupportedCharacteristic)
}
