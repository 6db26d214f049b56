//! What may be done with an instrument when, and what an operator does to it.

use super::pegs::MAX_PEGS;
use super::refusals::{terms, POST_ONLY};
use super::{is_enabled, Context, MatchingEngine, Room};
use crate::batch::Fills;
use crate::book::{side_index, Book};
use crate::orders::{Link, Order, Place};
use crate::pod::{
    Command, CommandKind, Leg, MarketStatus, OrdType, OrderTerms, SessionState, Side, TimeInForce,
    FLAG_ALL_OR_NONE, FLAG_POST_ONLY_REPRICE, MAX_PRICE,
};
use crate::reject::Reject;
use bytemuck::Zeroable;

/// The most trailing stops of an instrument that wait.
const MAX_TRAILING_STOPS: usize = 1_024;
/// The most orders of an instrument that rest and want all or a minimum.
const MAX_FLOORED: usize = 256;
/// So many times more than all may have of these one account may not, so that it leaves others
/// some.
const SHARES: usize = 4;

impl MatchingEngine {
    /// Why a new order is refused for what its instrument is at.
    pub(super) fn refusal_of_session(
        &self,
        command: &Command,
        terms: Option<&OrderTerms>,
        slot: usize,
    ) -> Option<Reject> {
        let book = &self.books[slot];
        let activation = terms.map_or(0, |terms| terms.activation_price);
        let prices = [command.price, command.stop_price, activation];
        if let Some(reason) = refusal_of_ticks(book, &prices) {
            return Some(reason);
        }
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
        let stops = command.ord_type == OrdType::Stop.number()
            || command.ord_type == OrdType::StopLimit.number();
        // A market order for the close waits in continuous trading, as any for the close; a stop
        // waits anyway, and trades at once or not when orders do.
        let barred = match time {
            TimeInForce::Ioc | TimeInForce::Fok => collects && !stops,
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

    /// Why a new order is refused for its price, or for what it would meet.
    pub(super) fn refusal_of_place(
        &self,
        command: &Command,
        terms: Option<&OrderTerms>,
        slot: usize,
    ) -> Option<Reject> {
        let leg = Leg::read(command.link);
        let waits = leg.is_some_and(|leg| Link { leg, first: 0 }.is_exit());
        let book = &self.books[slot];
        if let Some(reason) = refusal_of_band(book, command.price) {
            return Some(reason);
        }
        // One without a limit is kept inside the band, so there must be one.
        if command.ord_type == OrdType::Pegged.number() && book.static_band().is_none() {
            return Some(Reject::NoReferencePrice);
        }
        if !waits && self.would_take(command, slot) {
            return Some(Reject::PostOnlyWouldCross);
        }
        self.is_full_for(command, terms, slot).then_some(Reject::SystemUnavailable)
    }

    /// Whether an instrument has as many orders of a kind as it may, or the account its share of
    /// them: each trade looks at all.
    fn is_full_for(&self, command: &Command, terms: Option<&OrderTerms>, slot: usize) -> bool {
        let book = &self.books[slot];
        let time = command.time_in_force;
        let rests = time != TimeInForce::Ioc.number() && time != TimeInForce::Fok.number();
        let floored = command.flags & FLAG_ALL_OR_NONE != 0 || command.min_quantity != 0;
        let own = |order: &&Order| order.account == command.account;
        let (all, most, of_account) = if command.ord_type == OrdType::Pegged.number() {
            let pegs = book.pegs.iter().map(|&(_, index)| self.orders.get(index));
            (book.pegs.len(), MAX_PEGS, pegs.filter(own).count())
        } else if terms.is_some_and(|terms| terms.trailing_offset != 0) {
            let waiting = || book.trailing.iter().flat_map(|side| side.orders(&self.orders));
            (waiting().count(), MAX_TRAILING_STOPS, waiting().filter(own).count())
        } else if rests && floored {
            (book.floored as usize, MAX_FLOORED, book.floored_of(command.account))
        } else {
            return false;
        };
        all >= most || of_account >= most / SHARES
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
        let ticks = book.ticks();
        let away = if side == Side::Buy { ticks.below(best) } else { ticks.above(best) };
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
        let (price, leaves) = terms(command, order);
        let keeps = leaves <= order.leaves
            || self.orders.extra(index).is_some_and(|extra| extra.display != 0)
            || self.orders.place(index) != Place::Limit;
        // What isn't a price at all is refused for that. At the price that it has it may meet an
        // order that wanted more than there was.
        (1..=MAX_PRICE).contains(&price)
            && (price != order.price || !keeps)
            && self.posted(u16::from(order.flags), order.side(), price, slot).is_none()
    }

    /// The price at which a new order is posted.
    pub(super) fn passive_price(&self, order: &Order, slot: usize) -> i64 {
        let flags = u16::from(order.flags);
        self.posted(flags, order.side(), order.price, slot).unwrap_or(order.price)
    }

    /// Does what an operator says. Returns the book that it is about.
    pub(super) fn operate(&mut self, kind: CommandKind, at: Context<'_>) -> Result<usize, Reject> {
        let command = at.command;
        let slot = self.slot(command.instrument).ok_or(Reject::UnknownSymbol)?;
        if kind == CommandKind::SetLastTrade {
            if !(1..=MAX_PRICE).contains(&command.price) {
                return Err(Reject::TickSize);
            }
            self.print(slot, command.price);
            return Ok(slot);
        }
        let session = SessionState::try_from(command.payload_index)
            .map_err(|_| Reject::UnsupportedCharacteristic)?;
        if !(0..=MAX_PRICE).contains(&command.price) {
            return Err(Reject::TickSize);
        }
        self.go_to(slot, session, command.price);
        Ok(slot)
    }

    /// Lets an instrument go to a session; if that lets it trade, what has collected trades first,
    /// and the session changes when that is done.
    pub(super) fn go_to(&mut self, slot: usize, session: SessionState, reference: i64) {
        self.stop_timer(slot);
        let book = &mut self.books[slot];
        book.reference = reference;
        book.leaving = None;
        let trades = matches!(session, SessionState::Continuous | SessionState::PostClose);
        if trades && book.session != SessionState::Continuous {
            self.begin_uncross(slot, session);
        } else {
            self.set_session(slot, session);
        }
    }

    /// Changes the session, which is told when what follows is done.
    pub(super) fn set_session(&mut self, slot: usize, session: SessionState) {
        let book = &mut self.books[slot];
        book.session = session;
        book.untold = true;
        book.pegs_seen = None;
        book.judge();
        // So that what is indicated is told anew.
        book.indicated = (0, 0, 0);
    }

    /// Tells the session of an instrument if it has changed. Says whether there was room.
    pub(super) fn tell_session(
        &mut self,
        slot: usize,
        command_index: u32,
        room: Room,
        fills: &mut Fills,
    ) -> bool {
        let book = &mut self.books[slot];
        if !book.untold {
            return true;
        }
        if fills.statuses.len() >= room.statuses {
            return false;
        }
        book.untold = false;
        book.judge();
        fills.statuses.push(MarketStatus {
            instrument: book.instrument.id,
            command_index,
            session: book.session.number(),
            ..MarketStatus::zeroed()
        });
        true
    }
}

/// Why a command is refused for a price between two ticks. Where ticks don't change with the price
/// risk has looked.
pub(super) fn refusal_of_ticks(book: &Book, prices: &[i64]) -> Option<Reject> {
    let ticks = book.ticks();
    let off = |&price: &i64| price != 0 && !ticks.fits(price);
    let between = !ticks.is_flat() && prices.iter().any(off);
    between.then_some(Reject::TickSize)
}

/// Why a command is refused for a limit price outside of the static band; 0: it has none.
pub(super) fn refusal_of_band(book: &Book, price: i64) -> Option<Reject> {
    if price == 0 {
        return None;
    }
    match book.static_band() {
        None => Some(Reject::NoReferencePrice),
        Some(band) => (!band.holds(price)).then_some(Reject::PriceBand),
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
