//! What may be done with an instrument when, and what an operator does to it.

use super::refusals::POST_ONLY;
use super::{is_enabled, Context, MatchingEngine};
use crate::batch::Fills;
use crate::book::{side_index, Book};
use crate::orders::Order;
use crate::pod::{
    Command, CommandKind, MarketStatus, OrdType, SessionState, Side, TimeInForce,
    FLAG_POST_ONLY_REPRICE, MAX_PRICE,
};
use crate::reject::Reject;

impl MatchingEngine {
    /// Why a new order is refused for what its instrument is at.
    pub(super) fn refusal_of_session(&self, command: &Command, slot: usize) -> Option<Reject> {
        let book = &self.books[slot];
        let time = TimeInForce::try_from(command.time_in_force).unwrap_or(TimeInForce::None);
        let closed = Some(Reject::MarketClosed);
        match book.session {
            SessionState::Closed | SessionState::PostClose => return closed,
            SessionState::Halted | SessionState::CancelOnly => return Some(Reject::SymbolHalted),
            _ => {}
        }
        let collects = book.session.collects();
        let opening = matches!(book.session, SessionState::OpeningAuction | SessionState::PreOpen);
        let market = command.ord_type == OrdType::Market.number()
            || command.ord_type == OrdType::MarketToLimit.number();
        // A market order for the close waits in continuous trading, as any for the close.
        let barred = match time {
            TimeInForce::Ioc | TimeInForce::Fok => collects,
            TimeInForce::AtTheOpen => !opening,
            TimeInForce::GoodForAuction => !collects,
            _ => false,
        } || market && collects && !book.rules.auction_market_orders;
        if barred {
            closed
        } else {
            None
        }
    }

    /// The price at which an order that must not take is posted; None: it would take.
    pub(super) fn posted(&self, flags: u16, side: Side, price: i64, slot: usize) -> Option<i64> {
        let book = &self.books[slot];
        if flags & POST_ONLY == 0 || book.session != SessionState::Continuous {
            return Some(price);
        }
        let opposite = &book.sides[1 - side_index(side)];
        if !book.markets[1 - side_index(side)].is_empty() {
            return None;
        }
        if opposite.next_maker(opposite.limit_key(price)).is_none() {
            return Some(price);
        }
        let best = opposite.queues().next().map(|queue| opposite.price(queue.key))?;
        let tick = book.instrument.tick_size;
        let away = if side == Side::Buy { best - tick } else { best + tick };
        (flags & FLAG_POST_ONLY_REPRICE != 0 && (1..=MAX_PRICE).contains(&away)).then_some(away)
    }

    /// Whether a new order is to be refused because it would take.
    pub(super) fn would_take(&self, command: &Command, slot: usize) -> bool {
        let side = Side::try_from(command.side).unwrap_or(Side::None);
        self.posted(command.flags, side, command.price, slot).is_none()
    }

    /// Whether a replace is to be refused because the order would take.
    pub(super) fn replace_would_take(&self, command: &Command, index: u32, slot: usize) -> bool {
        let order = self.orders.get(index);
        command.price != 0
            && command.price != order.price
            && self.posted(u16::from(order.flags), order.side(), command.price, slot).is_none()
    }

    /// The price at which a new order is posted.
    pub(super) fn passive_price(&self, order: &Order, slot: usize) -> i64 {
        let flags = u16::from(order.flags);
        self.posted(flags, order.side(), order.price, slot).unwrap_or(order.price)
    }

    /// Does what an operator says. Returns the book that it is about.
    pub(super) fn operate(
        &mut self,
        kind: CommandKind,
        at: Context<'_>,
        fills: &mut Fills,
    ) -> Result<Option<usize>, Reject> {
        let command = at.command;
        let slot = self.slot(command.instrument).ok_or(Reject::UnknownSymbol)?;
        if kind == CommandKind::SetLastTrade {
            if !(1..=MAX_PRICE).contains(&command.price) {
                return Err(Reject::TickSize);
            }
            self.print(slot, command.price);
            return Ok(Some(slot));
        }
        let session = SessionState::try_from(command.payload_index)
            .map_err(|_| Reject::UnsupportedCharacteristic)?;
        if !(0..=MAX_PRICE).contains(&command.price) {
            return Err(Reject::TickSize);
        }
        let book = &mut self.books[slot];
        book.reference = command.price;
        book.leaving = None;
        let trades = matches!(session, SessionState::Continuous | SessionState::PostClose);
        if trades && book.session != SessionState::Continuous {
            // What has collected trades first; the session changes when that is done.
            let price = self.auction(slot).map_or(0, |auction| auction.price);
            self.books[slot].leaving = Some((session, price));
            self.books[slot].special = true;
        } else {
            self.set_session(slot, session, at.index, fills);
        }
        Ok(Some(slot))
    }

    pub(super) fn set_session(
        &mut self,
        slot: usize,
        session: SessionState,
        command_index: u32,
        fills: &mut Fills,
    ) {
        let book = &mut self.books[slot];
        book.session = session;
        book.judge();
        // So that what is indicated is told anew.
        book.indicated = (0, 0, 0);
        fills.statuses.push(MarketStatus {
            instrument: book.instrument.id,
            command_index,
            session: session.number(),
            reserved: 0,
            reserved1: 0,
            price: 0,
            quantity: 0,
            imbalance: 0,
        });
    }
}

/// Why a replace is refused for what its instrument is at.
pub(super) fn refusal_of_replace(book: &Book) -> Option<Reject> {
    match book.session {
        SessionState::Closed | SessionState::PostClose => Some(Reject::MarketClosed),
        SessionState::Halted | SessionState::CancelOnly => Some(Reject::SymbolHalted),
        _ => (!is_enabled(book)).then_some(Reject::SymbolHalted),
    }
}
