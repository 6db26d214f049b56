//! Orders that came as a list, of which not all can trade: what is open is counted anew from all
//! orders that live, whenever it is asked.

use std::collections::BTreeMap;

use engine::pod::{Command, Contingency, Leg};

use super::{Open, Order, ReferenceRisk};

/// How an order belongs to a list.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listed {
    /// Id of the list's first order.
    first: u64,
    contingency: Contingency,
    legs: u8,
    place: u8,
    /// It is an exit, and nothing has said that it came alive.
    pub waits: bool,
}

impl Listed {
    pub fn of(command: &Command, place: u64) -> Option<Self> {
        let Leg { contingency, legs, place: number } = Leg::read(command.link)?;
        let waits = contingency == Contingency::Bracket && number > 0;
        let first = place - u64::from(number);
        Some(Self { first, contingency, legs, place: number, waits })
    }
}

/// What orders have in common of which one at most trades: that they cancel each other, the id of
/// the list's first order, how many it has, and the side.
type Rivals = (u64, u16, u8, bool);

impl Order {
    /// Its rivals, if it can have any.
    fn rivals(&self) -> Option<Rivals> {
        let list = self.list?;
        let entry = list.contingency == Contingency::Bracket && list.place == 0;
        let kind = list.contingency as u16;
        (!entry).then_some((list.first, kind, list.legs, self.buys))
    }
}

impl ReferenceRisk {
    /// What an order can have open before its entry trades more; anything if it waits for none.
    fn most_of(&self, order: &Order) -> i64 {
        let Some(list) = order.list.filter(|list| list.waits) else { return i64::MAX };
        let entry = self.orders.get(&list.first).filter(|entry| {
            let of = entry.list.map(|of| (of.first, of.contingency, of.legs, of.place));
            of == Some((list.first, Contingency::Bracket, list.legs, 0))
                && (entry.account, entry.instrument) == (order.account, order.instrument)
        });
        entry.map_or(0, |entry| entry.cum)
    }

    /// What an account has open in an instrument, buys and sells; with one order as it would be.
    pub(super) fn open(
        &self,
        account: u32,
        instrument: u32,
        instead: Option<(Option<u64>, &Order)>,
    ) -> [Open; 2] {
        self.open_if(account, instrument, instead, None)
    }

    /// The same if the order that is asked about, and its rivals, waited for nothing.
    pub(super) fn open_alive(&self, instead: (Option<u64>, &Order)) -> [Open; 2] {
        let order = instead.1;
        self.open_if(order.account, order.instrument, Some(instead), order.rivals())
    }

    fn open_if(
        &self,
        account: u32,
        instrument: u32,
        instead: Option<(Option<u64>, &Order)>,
        alive: Option<Rivals>,
    ) -> [Open; 2] {
        let replaced = instead.and_then(|(id, _)| id);
        let others = self.live(account).filter(|&(&id, _)| Some(id) != replaced);
        let all = others.map(|(_, order)| order).chain(instead.map(|(_, order)| order));
        let mut open = [(0, 0); 2];
        let mut most = BTreeMap::<Rivals, Open>::new();
        for order in all.filter(|order| order.instrument == instrument) {
            let rivals = order.rivals();
            let bound = match rivals.is_some() && rivals == alive {
                true => i64::MAX,
                false => self.most_of(order),
            };
            let (quantity, notional) = order.reserves(bound);
            match rivals {
                None => {
                    let side: &mut Open = &mut open[usize::from(!order.buys)];
                    *side = (side.0 + quantity, side.1 + notional);
                }
                Some(rivals) => {
                    let so_far = most.entry(rivals).or_default();
                    *so_far = (so_far.0.max(quantity), so_far.1.max(notional));
                }
            }
        }
        for ((_, _, _, buys), (quantity, notional)) in most {
            let side = &mut open[usize::from(!buys)];
            *side = (side.0 + quantity, side.1 + notional);
        }
        open
    }
}
