//! What lists leave of the sum of open orders: of orders that cancel each other only one trades,
//! and exits wait for what their entry trades.

use std::collections::{BTreeMap, BTreeSet};

use engine::ids::place;
use engine::pod::{Contingency, Event, ExecType, Leg};
use engine::Batch;

/// The legs of lists, and what FILLS said of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lists {
    legs: BTreeMap<u64, Leg>,
    traded: BTreeMap<u64, i64>,
    alive: BTreeSet<u64>,
}

impl Lists {
    /// Takes in the legs that a message carries.
    pub fn read_orders(&mut self, batch: &Batch<'_>) {
        for (index, command) in batch.commands.iter().enumerate() {
            if let Some(leg) = Leg::read(command.link) {
                self.legs.insert(place(0, batch.sequence, index as u32), leg);
            }
        }
    }

    /// The same legs, of which nothing was said yet.
    pub fn unread(&self) -> Self {
        Self { legs: self.legs.clone(), ..Self::default() }
    }

    /// Takes in an event of an order; says whether it is about one that can be in a pair.
    pub fn read_event(&mut self, event: &Event) -> bool {
        let Some(leg) = self.legs.get(&event.order_id) else { return false };
        if event.exec_type == ExecType::Trade.number() {
            self.traded.insert(event.order_id, event.cum_quantity);
        }
        if event.exec_type == ExecType::Triggered.number() {
            self.alive.insert(event.order_id);
        }
        leg.contingency != Contingency::Bracket || leg.place > 0
    }

    /// The list that has but one of its pair trade, and the most that this order of it can have
    /// open now.
    pub fn pair_of(&self, order: u64) -> Option<(u64, i64)> {
        let leg = self.legs.get(&order)?;
        let first = order - u64::from(leg.place);
        match (leg.contingency, leg.place) {
            (Contingency::Bracket, 0) => None,
            (Contingency::Bracket, _) if !self.alive.contains(&order) => {
                Some((first, self.traded.get(&first).copied().unwrap_or(0)))
            }
            _ => Some((first, i64::MAX)),
        }
    }
}
