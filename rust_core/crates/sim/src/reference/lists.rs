//! Orders that are tied: one cancels the other, and brackets.

use engine::pod::{
    Command, CommandKind, Contingency, ExecType, Leg, OrdType, TimeInForce, VerdictKind,
    FLAG_ALL_OR_NONE, FLAG_POST_ONLY, FLAG_POST_ONLY_REPRICE,
};
use engine::reject::Reject;
use engine::{Batch, Fills};

use super::{risk_said, terms_of, At, Open, Reference};

/// A list of orders, named by the id of its first leg.
#[derive(Clone, Debug)]
pub(super) struct List {
    contingency: Contingency,
    legs: Vec<u64>,
    /// One of the orders that cancel each other has traded, was triggered or ended.
    spent: bool,
    /// When the entry of a bracket ended among all that did, and what it had traded.
    entered: Option<(u64, i64)>,
}

impl List {
    /// The orders of which one cancels the other.
    fn alternatives(&self) -> &[u64] {
        match self.contingency {
            Contingency::Bracket => &self.legs[1..],
            _ => &self.legs,
        }
    }

    fn is_entry(&self, id: u64) -> bool {
        self.contingency == Contingency::Bracket && self.legs[0] == id
    }
}

impl Reference {
    /// All that speaks against a leg; of one that isn't the first, as of when the first came.
    pub(super) fn reasons_against_leg(&mut self, batch: &Batch<'_>, index: usize) -> Vec<Reject> {
        if let Some(reasons) = self.judged.remove(&(index as u32)) {
            return reasons;
        }
        if let Some(legs) = list_from(batch, index) {
            let against: Vec<_> = (index..index + legs)
                .map(|place| self.own_reasons(batch, place, is_related(batch, index, place)))
                .collect();
            let refused = against.iter().any(|reasons| !reasons.is_empty());
            for (place, mut reasons) in against.into_iter().enumerate() {
                if refused && reasons.is_empty() {
                    reasons.push(Reject::Other);
                }
                self.judged.insert((index + place) as u32, reasons);
            }
            return self.judged.remove(&(index as u32)).expect("just judged");
        }
        self.own_reasons(batch, index, false)
    }

    fn own_reasons(&self, batch: &Batch<'_>, index: usize, sound: bool) -> Vec<Reject> {
        let command = &batch.commands[index];
        let terms = terms_of(batch, command);
        let mut reasons = risk_said(&batch.verdicts[index]);
        self.reasons_against_new(command, terms, &mut reasons);
        let trails = terms.flatten().is_some_and(|terms| terms.trailing_offset != 0);
        if !sound || !may_be_leg(command, trails) {
            reasons.push(Reject::UnsupportedCharacteristic);
        }
        reasons
    }

    /// Notes the list of a leg that has been accepted.
    pub(super) fn join(&mut self, id: u64, link: u32) -> Option<u64> {
        let leg = Leg::read(link)?;
        let first = id - u64::from(leg.place);
        self.lists.entry(first).or_insert_with(|| List {
            contingency: leg.contingency,
            legs: (0..u64::from(leg.legs)).map(|place| first + place).collect(),
            spent: false,
            entered: None,
        });
        Some(first)
    }

    /// Whether an order that has just come is one to cancel at once.
    pub(super) fn comes_too_late(&self, id: u64) -> bool {
        let list = self.orders[&id].list.map(|list| &self.lists[&list]);
        list.is_some_and(|list| list.spent && list.alternatives().contains(&id))
    }

    /// Whether an order is an exit whose entry may still be open.
    pub(super) fn is_exit(&self, id: u64) -> bool {
        let list = self.orders[&id].list.map(|list| &self.lists[&list]);
        list.is_some_and(|list| list.contingency == Contingency::Bracket && !list.is_entry(id))
    }

    /// The order that ends when this one trades, is triggered or ends.
    pub(super) fn partner(&self, id: u64) -> Option<u64> {
        let list = &self.lists[&self.orders.get(&id)?.list?];
        if list.spent || !list.alternatives().contains(&id) {
            return None;
        }
        let other = list.alternatives().iter().copied().find(|&other| other != id);
        other.filter(|other| self.orders.contains_key(other))
    }

    /// How many orders end with these.
    pub(super) fn partners(&self, ids: &[u64]) -> usize {
        ids.iter().filter(|&&id| self.partner(id).is_some()).count()
    }

    /// This order has traded or was triggered.
    pub(super) fn cut_partner(&mut self, id: u64, at: At, fills: &mut Fills) {
        let Some(list) = self.orders[&id].list else { return };
        self.spend(list, id, at, fills);
    }

    fn spend(&mut self, list: u64, id: u64, at: At, fills: &mut Fills) {
        let list = self.lists.get_mut(&list).expect("a leg has its list");
        if list.spent || !list.alternatives().contains(&id) {
            return;
        }
        list.spent = true;
        let other = list.alternatives().iter().copied().find(|&other| other != id);
        if let Some(other) = other.filter(|other| self.orders.contains_key(other)) {
            let reason = Reject::LinkedOrder.number();
            self.leave(other, ExecType::Canceled, reason, at, fills);
        }
    }

    /// What the end of an order means to its list.
    pub(super) fn unlink(&mut self, order: &Open, at: At, fills: &mut Fills) {
        let Some(number) = order.list else { return };
        self.entries_ended += 1;
        let list = self.lists.get_mut(&number).expect("a leg has its list");
        if list.is_entry(order.id) {
            list.entered = Some((self.entries_ended, order.cum));
        } else {
            self.spend(number, order.id, at, fills);
        }
    }

    /// The quantity of an entry has changed, so that of its exits does.
    pub(super) fn restate_exits(&mut self, entry: u64, at: At, fills: &mut Fills) {
        let order = &self.orders[&entry];
        let (Some(number), total) = (order.list, order.cum + order.leaves) else { return };
        let list = &self.lists[&number];
        if !list.is_entry(entry) {
            return;
        }
        for &id in &list.legs[1..] {
            let Some(exit) = self.orders.get_mut(&id) else { continue };
            if exit.leaves != total {
                exit.leaves = total;
                fills.events.push(exit.event(ExecType::Restated, exit.status(), at.index));
            }
        }
    }

    /// The exits of an order, if it is the entry of a bracket.
    pub(super) fn exits_of(&self, entry: &Open) -> impl Iterator<Item = &Open> {
        let list = entry.list.map(|number| &self.lists[&number]);
        let legs = list.filter(|list| list.is_entry(entry.id)).map(|list| &list.legs[1..]);
        legs.unwrap_or_default().iter().filter_map(|id| self.orders.get(id))
    }

    /// The first exit of the entry that ended first.
    pub(super) fn next_exit(&self, instrument: u32) -> Option<(u64, i64)> {
        let exits = self.books[&instrument].exits.iter().copied();
        let ended = exits.filter_map(|id| {
            let list = self.orders[&id].list.expect("an exit is a leg");
            let (turn, entered) = self.lists[&list].entered?;
            Some((turn, id, entered))
        });
        ended.min().map(|(_, id, entered)| (id, entered))
    }

    /// The entry of this exit has ended after so much.
    pub(super) fn end_wait(&mut self, id: u64, entered: i64, at: At, fills: &mut Fills) {
        if entered == 0 {
            let reason = Reject::LinkedOrder.number();
            return self.leave(id, ExecType::Canceled, reason, at, fills);
        }
        self.take(id);
        let order = self.orders.get_mut(&id).expect("open");
        order.leaves = order.leaves.min(entered);
        self.begin_trailing(id);
        let order = self.orders.get_mut(&id).expect("open");
        fills.events.push(order.event(ExecType::Triggered, order.status(), at.index));
        self.arrive(id, at, fills);
    }

    /// What an activation may need at least.
    pub(super) fn need_of_exit(&self, id: u64, entered: i64) -> usize {
        if entered == 0 {
            1 + self.partners(&[id])
        } else {
            5
        }
    }
}

/// How many legs the list has that begins here, if it is all there.
fn list_from(batch: &Batch<'_>, index: usize) -> Option<usize> {
    let first = &batch.commands[index];
    let leg = Leg::read(first.link).filter(|leg| leg.place == 0)?;
    let legs = usize::from(leg.legs);
    let all = batch.commands.get(index..index + legs)?;
    let whole = all.iter().enumerate().all(|(place, command)| {
        command.kind == CommandKind::NewOrder.number()
            && (command.account, command.instrument) == (first.account, first.instrument)
            && command.link == Leg { place: place as u8, ..leg }.link()
    });
    let verdicts = &batch.verdicts[index..index + legs];
    let new = verdicts.iter().all(|verdict| verdict.kind != VerdictKind::Repeat.number());
    (whole && new).then_some(legs)
}

/// Whether the side and the quantity of a leg go with those of the first.
fn is_related(batch: &Batch<'_>, first: usize, place: usize) -> bool {
    let (first, own) = (&batch.commands[first], &batch.commands[place]);
    let leg = Leg::read(own.link).expect("a leg of a list that is all there");
    let exits = leg.contingency == Contingency::Bracket && leg.place > 0;
    (own.side == first.side) != exits && own.quantity == first.quantity
}

/// Whether an order of this kind can be such a leg.
fn may_be_leg(command: &Command, trails: bool) -> bool {
    let Some(leg) = Leg::read(command.link) else { return false };
    let (Ok(kind), Ok(time)) =
        (OrdType::try_from(command.ord_type), TimeInForce::try_from(command.time_in_force))
    else {
        return false;
    };
    let for_auction = matches!(
        time,
        TimeInForce::AtTheOpen | TimeInForce::AtTheClose | TimeInForce::GoodForAuction
    );
    if leg.contingency == Contingency::Bracket && leg.place == 0 {
        return kind != OrdType::Pegged && !for_auction;
    }
    // What an exit meets when it is let go can't be known before.
    let posts = command.flags & (FLAG_POST_ONLY | FLAG_POST_ONLY_REPRICE) != 0;
    if command.flags & FLAG_ALL_OR_NONE != 0 || command.min_quantity != 0 {
        return false;
    }
    if leg.contingency == Contingency::Bracket && posts {
        return false;
    }
    let waits = matches!(time, TimeInForce::Day | TimeInForce::Gtc | TimeInForce::Gtd);
    let stops = matches!(kind, OrdType::Stop | OrdType::StopLimit) || trails;
    waits && (kind == OrdType::Limit || stops)
}
