//! FILLS taken into the state: reservations become positions, or are released.

use super::day::Moved;
use super::holding::{Holding, BUY, SELL};
use super::levels::Change;
use super::orders::Reservation;
use super::{RiskEngine, RiskError};
use crate::batch::FillsView;
use crate::ids::sequence_of;
use crate::pod::{Event, ExecType, Liquidity, Side, MAX_PRICE, MAX_QUANTITY};
use crate::table::NONE;

/// Why an event can't have happened, or the order it ends.
type Effect = Result<(), &'static str>;

impl RiskEngine {
    pub(super) fn apply_events(&mut self, fills: &FillsView<'_>) -> Result<(), RiskError> {
        let sequence = fills.sequence;
        let expected = self.fills_applied + 1;
        if sequence != expected || sequence > self.applied {
            return Err(RiskError::FillsSequence { expected, got: sequence });
        }
        self.ids.settle(sequence);
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
        match kind {
            ExecType::CancelRejected => return Ok(0),
            ExecType::TradeBust => return self.apply_bust(event).map(|()| 0),
            _ => {}
        }
        let entry = self.ids.find_order(event.order_id).map(|at| self.ids.get(at));
        let live = entry.map(|entry| entry.order).filter(|&at| at != NONE);
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
            ExecType::Replaced | ExecType::Restated | ExecType::Triggered | ExecType::Suspended => {
                self.apply_restated(at, event)?
            }
            ExecType::Canceled | ExecType::Expired | ExecType::Rejected => {
                if event.cum_quantity != order.cum {
                    return Err("it does not add up with the order's trades");
                }
                self.end(at);
            }
            ExecType::None | ExecType::CancelRejected | ExecType::TradeBust => {
                return Err("an event of no kind");
            }
        }
        let answers = matches!(kind, ExecType::New | ExecType::Rejected);
        Ok(u32::from(answers && sequence_of(event.order_id) == sequence))
    }

    /// A new order is there; one that was posted elsewhere than it asked is counted there.
    fn answer_new(&mut self, at: u32, event: &Event) -> Effect {
        let order = self.orders.get_mut(at);
        if order.cum != 0 || event.leaves_quantity != order.leaves {
            return Err("the new order is not the one that was accepted");
        }
        if self.adopt_price(at, event)? {
            self.reserve_anew(at);
        }
        Ok(())
    }

    /// Counts an order at the price that an event shows; says whether that is another.
    #[inline]
    fn adopt_price(&mut self, at: u32, event: &Event) -> Result<bool, &'static str> {
        let order = self.orders.get_mut(at);
        let price = order.counted_at(event.price, event.stop_price);
        if !(0..=MAX_PRICE).contains(&price) {
            return Err("the order is at no price");
        }
        let moved = price != order.price;
        order.price = price;
        Ok(moved)
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
        if order.list != NONE {
            self.lists.trade(order.list, at, quantity);
        }
        if !ended {
            self.adopt_price(at, event)?;
        }
        if event.liquidity == Liquidity::Auction.number() {
            self.reference.note_auction(instrument, price);
        }
        let today = self.today();
        self.reference.listed[instrument as usize].print(price, today);
        self.note_move(instrument);
        let fee = if self.fees.are_none() { 0 } else { self.charge(holding, event) };
        self.take_trade(holding, side, (price, quantity), fee)?;
        if ended {
            self.end(at);
        } else {
            self.reserve_anew(at);
        }
        Ok(())
    }

    /// Takes a trade and its fee into a holding, and what it realised into the account's balance.
    /// What is reserved and asked for as margin is for the caller to count anew.
    #[inline]
    fn take_trade(
        &mut self,
        at: u32,
        side: usize,
        (price, quantity): (i64, i64),
        fee: i128,
    ) -> Effect {
        let account = self.holdings[at].account;
        self.begin_days(account);
        let paid = self.fees.paid(at);
        let held = &mut self.holdings[at];
        let before = (held.position, held.cash);
        let listed = &self.reference.listed[held.instrument as usize];
        let currency = self.reference.traders[account as usize].currency;
        let (rates, money) = (listed.rates, self.conversions.money(listed.currency, currency));
        let realised = held.realised_money(paid, rates, money);
        held.trade(side, price, quantity)
            .ok_or("a position or its cost passes the bounds of the engine")?;
        self.fees.pay(at, fee);
        let balance = held.realised_money(paid.saturating_add(fee), rates, money) - realised;
        let moved = Moved {
            position: held.position - before.0,
            cash: held.cash - before.1,
            fees: fee,
            gross: held.position.abs() - before.0.abs(),
        };
        let trader = &mut self.reference.traders[account as usize];
        trader.balance += balance;
        let grouped = trader.grouped;
        self.won(at, moved);
        if grouped {
            let held = &self.holdings[at];
            let change = Change {
                position: held.position - before.0,
                gross: held.position.abs() - before.0.abs(),
                cash: held.cash - before.1,
                fees: fee,
                balance,
                ..Change::default()
            };
            self.carry(at, &change);
        }
        Ok(())
    }

    /// One side of a trade is undone: position, cost and profit are as after an opposite trade at
    /// its price. What it was charged is given back, if that is still known.
    fn apply_bust(&mut self, event: &Event) -> Effect {
        let unknown = "the trade that is undone is nobody's";
        let account = self.reference.account_place(event.account).ok_or(unknown)?;
        let instrument = self.reference.instrument_place(event.instrument).ok_or(unknown)?;
        let holding = self.holding(account, instrument).ok_or(unknown)?;
        let side = match Side::try_from(event.side) {
            Ok(Side::Buy) => SELL,
            Ok(Side::Sell) => BUY,
            _ => return Err("the trade that is undone is on no side"),
        };
        let (price, quantity) = (event.last_price, event.last_quantity);
        if !(1..=MAX_PRICE).contains(&price) || !(1..=MAX_QUANTITY).contains(&quantity) {
            return Err("the trade that is undone is of no price or quantity");
        }
        let fee = self.fees.charged(event.match_id, holding, event.side);
        self.take_trade(holding, side, (price, quantity), -fee)?;
        self.reserve(holding, side, Reservation::default(), Reservation::default());
        self.absorb_holding(holding);
        Ok(())
    }

    /// Takes in the terms that an order has from now on: replaced, moved by what it follows, less
    /// of it left after it met its own party, triggered or suspended.
    fn apply_restated(&mut self, at: u32, event: &Event) -> Effect {
        let order = self.orders.get_mut(at);
        let adds_up = event.cum_quantity == order.cum
            && event.leaves_quantity > 0
            && event.leaves_quantity <= MAX_QUANTITY
            && event.quantity == event.cum_quantity + event.leaves_quantity;
        if !adds_up {
            return Err("the order does not add up with its trades");
        }
        order.leaves = event.leaves_quantity;
        if order.list != NONE && event.exec_type == ExecType::Triggered.number() {
            self.lists.wake(order.list, at);
        }
        self.adopt_price(at, event)?;
        self.reserve_anew(at);
        Ok(())
    }

    /// Ends an order: what it still reserved is free again.
    fn end(&mut self, at: u32) {
        let order = self.orders.get(at);
        let (holding, side, had) = (order.holding, usize::from(order.side), order.reserved);
        self.holdings[holding].reduce_only[side] -= u32::from(order.reduce_only);
        let (account, list) = (order.account, order.list);
        let trader = &mut self.reference.traders[account as usize];
        trader.open_orders -= 1;
        if trader.grouped {
            self.count_order(account, false);
        }
        let order = self.orders.get(at);
        self.ids.end_order(order.ids, order.root, self.now_ns);
        self.orders.remove(at);
        self.reserve(holding, side, had, Reservation::default());
        if list != NONE {
            self.leave_list(list, at, holding);
        }
        self.absorb_holding(holding);
    }

    /// Reserves for an order what it needs now.
    fn reserve_anew(&mut self, at: u32) {
        let order = self.orders.get(at);
        if order.list != NONE {
            return self.reserve_leg_anew(at);
        }
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
    pub(super) fn absorb_holding(&mut self, at: u32) {
        let holding: &Holding = &self.holdings[at];
        let trader = &self.reference.traders[holding.account as usize];
        let free = trader.balance + trader.credit;
        let open = (holding.open[0] as u64).rotate_left(32) ^ holding.open[1] as u64;
        self.hash.absorb(holding.position as u64 ^ open.rotate_left(7), holding.cash as u64);
        self.hash.absorb(free as u64 ^ (free >> 64) as u64, trader.open_orders.into());
    }
}
