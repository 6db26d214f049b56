//! FILLS taken into the state: reservations become positions, or are released.

use super::holding::Holding;
use super::orders::Reservation;
use super::{RiskEngine, RiskError};
use crate::batch::FillsView;
use crate::ids::sequence_of;
use crate::pod::{Event, ExecType, MAX_PRICE};

/// Why an event can't have happened, or the order it ends.
type Effect = Result<(), &'static str>;

impl RiskEngine {
    pub(super) fn apply_events(&mut self, fills: &FillsView<'_>) -> Result<(), RiskError> {
        let sequence = fills.sequence;
        let expected = self.fills_applied + 1;
        if sequence != expected || sequence > self.applied {
            return Err(RiskError::FillsSequence { expected, got: sequence });
        }
        let mut answered = 0;
        for (index, event) in fills.events.iter().enumerate() {
            let broken = |what| RiskError::Broken {
                sequence,
                event: index as u32,
                order_id: event.order_id,
                what,
            };
            answered += self.apply_event(sequence, event).map_err(broken)?;
        }
        let about_message = |what| RiskError::Broken {
            sequence,
            event: fills.events.len() as u32,
            order_id: 0,
            what,
        };
        self.settle_pending(sequence);
        self.settle_answered(sequence, answered).map_err(about_message)?;
        self.fills_applied = sequence;
        self.hash.absorb(sequence, u64::from(answered));
        Ok(())
    }

    /// Every replace that message `sequence` carried has its answer now, so it reserves nothing
    /// more than what became of its order.
    fn settle_pending(&mut self, sequence: u64) {
        while let Some(answered) = self.orders.answer_pending(sequence) {
            if let Some(order) = answered {
                self.reserve_anew(order);
            }
        }
    }

    /// Every new order that was accepted in message `sequence` must have its answer now.
    fn settle_answered(&mut self, sequence: u64, answered: u32) -> Effect {
        let due = match self.unanswered.front() {
            Some(&(first, count)) if first == sequence => {
                self.unanswered.pop_front();
                count
            }
            Some(&(first, _)) if first < sequence => return Err("an earlier message was skipped"),
            _ => 0,
        };
        if due == answered {
            Ok(())
        } else {
            Err("not every accepted new order of the message was answered")
        }
    }

    /// Applies one event; returns 1 if it answers a new order of the same message, else 0.
    #[inline]
    fn apply_event(&mut self, sequence: u64, event: &Event) -> Result<u32, &'static str> {
        let kind = ExecType::try_from(event.exec_type).map_err(|_| "an unknown kind of event")?;
        if kind == ExecType::CancelRejected {
            return Ok(0);
        }
        let entry = self.ids.find_order(event.order_id).map(|at| self.ids.get(at));
        let live = entry.map(|entry| entry.order).filter(|&at| at != crate::table::NONE);
        let Some(at) = live else {
            // What risk refused is rejected by matching under an id that never was an order here.
            return match kind {
                ExecType::Rejected => Ok(0),
                _ => Err("it is about an order that is not live"),
            };
        };
        let order = self.orders.get(at);
        if self.reference.traders[order.account as usize].id != event.account {
            return Err("the order is another account's");
        }
        match kind {
            ExecType::New => self.answer_new(at, event)?,
            ExecType::Trade => self.apply_trade(at, event)?,
            ExecType::Replaced => self.apply_replaced(at, event)?,
            ExecType::Canceled | ExecType::Expired | ExecType::Rejected => {
                if event.cum_quantity != order.cum {
                    return Err("it does not add up with the order's trades");
                }
                self.end(at);
            }
            // Orders to which these happen are refused here, so none can be reserved for.
            ExecType::Restated
            | ExecType::Triggered
            | ExecType::Suspended
            | ExecType::TradeBust => return Err("risk lets no such order pass"),
            ExecType::None | ExecType::CancelRejected => return Err("an event of no kind"),
        }
        let answers = matches!(kind, ExecType::New | ExecType::Rejected);
        Ok(u32::from(answers && sequence_of(event.order_id) == sequence))
    }

    fn answer_new(&self, at: u32, event: &Event) -> Effect {
        let order = self.orders.get(at);
        if order.cum != 0 || event.leaves_quantity != order.leaves {
            return Err("the new order is not the one that was accepted");
        }
        Ok(())
    }

    fn apply_trade(&mut self, at: u32, event: &Event) -> Effect {
        let order = self.orders.get_mut(at);
        let (price, quantity) = (event.last_price, event.last_quantity);
        if !(1..=MAX_PRICE).contains(&price) || quantity <= 0 || quantity > order.leaves {
            return Err("the trade is at no price, or larger than what was open");
        }
        order.cum += quantity;
        order.leaves -= quantity;
        if event.cum_quantity != order.cum || event.leaves_quantity != order.leaves {
            return Err("the trade does not add up with the order's earlier ones");
        }
        let (side, ended) = (usize::from(order.side), order.leaves == 0);
        let (holding, instrument) = (order.holding, order.instrument);
        let listed = &mut self.reference.listed[instrument as usize];
        listed.last = price;
        let held = &mut self.holdings[holding];
        let realised = held.realised_money(listed.rates);
        held.trade(side, price, quantity)
            .ok_or("a position or its cost passes the bounds of the engine")?;
        let trader = &mut self.reference.traders[held.account as usize];
        trader.balance += held.realised_money(listed.rates) - realised;
        if ended {
            self.end(at);
        } else {
            self.reserve_anew(at);
        }
        Ok(())
    }

    fn apply_replaced(&mut self, at: u32, event: &Event) -> Effect {
        let order = self.orders.get_mut(at);
        let adds_up = event.cum_quantity == order.cum
            && event.leaves_quantity > 0
            && event.quantity == event.cum_quantity + event.leaves_quantity;
        if !adds_up {
            return Err("the replaced order does not add up with its trades");
        }
        order.leaves = event.leaves_quantity;
        if !order.market {
            order.price = event.price;
        }
        self.reserve_anew(at);
        Ok(())
    }

    /// Ends an order: what it still reserved is free again.
    fn end(&mut self, at: u32) {
        let order = self.orders.get(at);
        let (holding, side, had) = (order.holding, usize::from(order.side), order.reserved);
        self.reference.traders[order.account as usize].open_orders -= 1;
        self.ids.end_order(order.ids, order.root, self.now_ns);
        self.orders.remove(at);
        self.reserve(holding, side, had, Reservation::default());
        self.absorb_holding(holding);
    }

    /// Reserves for an order what it needs now.
    fn reserve_anew(&mut self, at: u32) {
        let order = self.orders.get(at);
        let wanted = self.orders.reservation(order, None);
        let order = self.orders.get_mut(at);
        let had = order.reserved;
        order.reserved = wanted;
        let (holding, side) = (order.holding, usize::from(order.side));
        self.reserve(holding, side, had, wanted);
        self.absorb_holding(holding);
    }

    /// Takes a holding and its account's balance into the hash.
    #[inline]
    fn absorb_holding(&mut self, at: u32) {
        let holding: &Holding = &self.holdings[at];
        let trader = &self.reference.traders[holding.account as usize];
        let free = trader.balance + trader.credit;
        let open = (holding.open[0] as u64).rotate_left(32) ^ holding.open[1] as u64;
        self.hash.absorb(holding.position as u64 ^ open.rotate_left(7), holding.cash as u64);
        self.hash.absorb(free as u64 ^ (free >> 64) as u64, trader.open_orders.into());
    }
}
