//! Everything that speaks against a command.

use engine::pod::{
    Command, OrdType, OrderTerms, PegPrice, SelfTrade, SessionState, Side, TimeInForce,
    FLAG_ALL_OR_NONE, FLAG_CANCEL_ON_DISCONNECT, FLAG_LEAVES, FLAG_POST_ONLY,
    FLAG_POST_ONLY_REPRICE, FLAG_REDUCE_ONLY, FLAG_SELF_TRADE_OF_ACCOUNT, FLAG_TERMS, MAX_PRICE,
    MAX_QUANTITY, TERMS_PEG_SHIFT, TERMS_TAKE_PROFIT, TERMS_TRAILING_BPS,
};
use engine::reject::Reject;

use super::pegs::{followed, PEGGED_MOST};
use super::{side_number, wanted, Place, Reference};

/// The most trailing stops of an instrument that wait.
const TRAILING_MOST: usize = 1_024;
/// The most parts that an iceberg shows.
const PARTS_MOST: i128 = 1_000;
/// The most orders of an instrument that rest and want all or a minimum.
const FLOORED_MOST: usize = 256;

fn between(value: i64, lowest: i64, highest: i64) -> bool {
    value >= lowest && value <= highest
}

/// In how many parts an order shows so much.
fn parts(open: i128, display: i64) -> i128 {
    match i128::from(display) {
        ..=0 => 1,
        display => (open + display - 1) / display,
    }
}

impl Reference {
    /// `terms` is None if the command names none, and holds None if it names what isn't there.
    pub(super) fn reasons_against_new(
        &self,
        command: &Command,
        terms: Option<Option<&OrderTerms>>,
        reasons: &mut Vec<Reject>,
    ) {
        let none = OrderTerms::default();
        let named = terms.unwrap_or(Some(&none));
        if !named.is_some_and(|terms| self.is_supported(command, terms)) {
            reasons.push(Reject::UnsupportedCharacteristic);
        }
        let terms = named.unwrap_or(&none);
        if !between(command.quantity, 1, MAX_QUANTITY)
            || !between(command.display_quantity, 0, MAX_QUANTITY)
            || !between(command.min_quantity, 0, command.quantity)
            || !between(terms.min_visible_quantity, 0, command.display_quantity)
            || parts(i128::from(command.quantity), command.display_quantity) > PARTS_MOST
        {
            reasons.push(Reject::IncorrectQuantity);
        }
        // The position that it is to reduce is less by a trade that risk still counted.
        let undone = self.unread.iter().any(|&(_, account, instrument, side)| {
            (account, instrument) == (command.account, command.instrument)
                && matches!((command.side, side), (1, 2) | (2, 1))
        });
        if undone && command.flags & FLAG_REDUCE_ONLY != 0 {
            reasons.push(Reject::ReduceOnly);
        }
        let ord_type = OrdType::try_from(command.ord_type).unwrap_or(OrdType::None);
        let price_fits = match ord_type {
            OrdType::Limit | OrdType::StopLimit => between(command.price, 1, MAX_PRICE),
            OrdType::Pegged => between(command.price, 0, MAX_PRICE),
            _ => command.price == 0,
        };
        let stop_fits = match ord_type {
            OrdType::Stop | OrdType::StopLimit if terms.trailing_offset == 0 => {
                between(command.stop_price, 1, MAX_PRICE)
            }
            _ => command.stop_price == 0,
        };
        if !price_fits || !stop_fits || !between(terms.activation_price, 0, MAX_PRICE) {
            reasons.push(Reject::TickSize);
        }
        let Some(book) = self.books.get(&command.instrument) else {
            return reasons.push(Reject::UnknownSymbol);
        };
        if !book.is_enabled() {
            reasons.push(Reject::SymbolHalted);
        }
        self.reasons_of_session(command, reasons);
        reasons.extend(book.reason_against_price(command.price));
        let unlimited = ord_type == OrdType::Pegged && command.price == 0;
        if unlimited && book.bounds.static_band_bps != 0 && book.static_reference() == 0 {
            reasons.push(Reject::NoReferencePrice);
        }
        let named = [command.price, command.stop_price, terms.activation_price];
        if !named.iter().all(|&price| book.is_on_grid(price)) {
            reasons.push(Reject::TickSize);
        }
        // Only an order that could be one has a price to be posted at.
        if reasons.is_empty() {
            let side = Side::try_from(command.side).expect("checked");
            let instrument = command.instrument;
            if self.posted_at(command.flags, side, command.price, instrument).is_none() {
                reasons.push(Reject::PostOnlyWouldCross);
            }
        }
        let time = command.time_in_force;
        let rests = time != TimeInForce::Ioc.number() && time != TimeInForce::Fok.number();
        let floored = command.flags & FLAG_ALL_OR_NONE != 0 || command.min_quantity != 0;
        let (alike, most): (Vec<u64>, usize) = match ord_type {
            OrdType::Pegged => (book.pegged.iter().copied().collect(), PEGGED_MOST),
            _ if terms.trailing_offset != 0 => {
                (book.trailing.iter().flatten().copied().collect(), TRAILING_MOST)
            }
            _ if rests && floored && book.floored > 0 => {
                let resting = book.limits.iter().flat_map(|queues| queues.values().flatten());
                let resting = resting.filter(|id| self.orders[id].has_floor());
                (resting.copied().collect(), FLOORED_MOST)
            }
            _ => (Vec::new(), FLOORED_MOST),
        };
        let own = alike.iter().filter(|id| self.orders[id].command.account == command.account);
        // No account has more than a quarter of what there may be.
        if alike.len() >= most || own.count() >= most / 4 {
            reasons.push(Reject::SystemUnavailable);
        }
    }

    fn is_supported(&self, command: &Command, terms: &OrderTerms) -> bool {
        let known_flags = FLAG_CANCEL_ON_DISCONNECT
            | FLAG_POST_ONLY
            | FLAG_POST_ONLY_REPRICE
            | FLAG_ALL_OR_NONE
            | FLAG_REDUCE_ONLY
            | FLAG_SELF_TRADE_OF_ACCOUNT
            | FLAG_TERMS;
        let (Ok(ord_type), Ok(time)) =
            (OrdType::try_from(command.ord_type), TimeInForce::try_from(command.time_in_force))
        else {
            return false;
        };
        let mut fits = command.side == 1 || command.side == 2;
        fits &= ord_type != OrdType::None && time != TimeInForce::None;
        fits &= command.flags & !known_flags == 0;
        fits &= SelfTrade::try_from(command.self_trade_prevention).is_ok();
        let floored = command.flags & FLAG_ALL_OR_NONE != 0 || command.min_quantity != 0;
        let immediate = time == TimeInForce::Ioc || time == TimeInForce::Fok;
        let is_stop = ord_type == OrdType::Stop || ord_type == OrdType::StopLimit;
        if command.flags & (FLAG_POST_ONLY | FLAG_POST_ONLY_REPRICE) != 0 {
            fits &= ord_type == OrdType::Limit && !immediate && !floored;
        }
        if command.display_quantity != 0 {
            fits &= ord_type == OrdType::Limit || ord_type == OrdType::StopLimit;
            fits &= !floored;
        } else {
            fits &= terms.min_visible_quantity == 0;
        }
        match time {
            TimeInForce::Gtd => fits &= command.expire_time > self.time_ns,
            TimeInForce::AtTheOpen | TimeInForce::AtTheClose | TimeInForce::GoodForAuction => {
                fits &= !is_stop && !floored;
            }
            _ => {}
        }
        if ord_type == OrdType::Pegged {
            let waits = matches!(time, TimeInForce::Day | TimeInForce::Gtc | TimeInForce::Gtd);
            fits &= waits && !floored && command.display_quantity == 0 && command.link == 0;
            fits &= command.flags & (FLAG_POST_ONLY | FLAG_POST_ONLY_REPRICE) == 0;
            fits &= followed(terms) != PegPrice::None;
            fits &= between(terms.peg_offset, -MAX_PRICE, MAX_PRICE);
        } else {
            fits &= followed(terms) == PegPrice::None && terms.peg_offset == 0;
        }
        fits &= terms.reserved == [0; 2];
        let in_bps = terms.flags & TERMS_TRAILING_BPS != 0;
        fits &= terms.flags & !(TERMS_TRAILING_BPS | TERMS_TAKE_PROFIT | 3 << TERMS_PEG_SHIFT) == 0;
        fits &= between(terms.trailing_offset, 0, if in_bps { 9_999 } else { MAX_PRICE });
        if !is_stop {
            fits &= command.stop_price == 0;
            fits &= terms.trailing_offset == 0;
        }
        if terms.trailing_offset == 0 {
            fits &= terms.activation_price == 0;
            fits &= terms.flags & (TERMS_TRAILING_BPS | TERMS_TAKE_PROFIT) == 0;
        } else {
            fits &= command.stop_price == 0;
        }
        fits
    }

    fn reasons_of_session(&self, command: &Command, reasons: &mut Vec<Reject>) {
        let book = &self.books[&command.instrument];
        let collects = match book.session {
            SessionState::Closed | SessionState::PostClose => {
                return reasons.push(Reject::MarketClosed);
            }
            SessionState::Halted | SessionState::CancelOnly => {
                return reasons.push(Reject::SymbolHalted);
            }
            SessionState::Continuous => false,
            _ => true,
        };
        let time = TimeInForce::try_from(command.time_in_force).unwrap_or(TimeInForce::None);
        let market = [OrdType::Market.number(), OrdType::MarketToLimit.number()];
        let mut closed =
            collects && market.contains(&command.ord_type) && !book.rules.auction_market_orders;
        closed |= match time {
            // Only a stop can wait until orders trade.
            TimeInForce::Ioc | TimeInForce::Fok => {
                let stops = [OrdType::Stop.number(), OrdType::StopLimit.number()];
                collects && !stops.contains(&command.ord_type)
            }
            TimeInForce::GoodForAuction => !collects,
            TimeInForce::AtTheOpen => {
                book.session != SessionState::OpeningAuction
                    && book.session != SessionState::PreOpen
            }
            _ => false,
        };
        if closed {
            reasons.push(Reject::MarketClosed);
        }
    }

    /// Where an order that must not take stands; None: it would take.
    pub(super) fn posted_at(
        &self,
        flags: u16,
        side: Side,
        price: i64,
        instrument: u32,
    ) -> Option<i64> {
        let book = &self.books[&instrument];
        let must_not = flags & (FLAG_POST_ONLY | FLAG_POST_ONLY_REPRICE) != 0;
        if !must_not || book.session != SessionState::Continuous {
            return Some(price);
        }
        let other = 1 - side_number(side);
        if !book.markets[other].is_empty() {
            return None;
        }
        let Some(best) = book.limits[other].keys().next().map(|key| key.abs()) else {
            return Some(price);
        };
        let (takes, away) = match side {
            Side::Buy => (price >= best, book.one_down(best)),
            _ => (price <= best, Some(book.one_up(best))),
        };
        if takes {
            away.filter(|&away| flags & FLAG_POST_ONLY_REPRICE != 0 && away <= MAX_PRICE)
        } else {
            Some(price)
        }
    }

    pub(super) fn reasons_against_terms(
        &self,
        command: &Command,
        target: Option<u64>,
        reasons: &mut Vec<Reject>,
    ) {
        let unused = [
            i64::from(command.self_trade_prevention),
            command.display_quantity,
            command.min_quantity,
            i64::from(command.self_trade_group),
            i64::from(command.link),
        ];
        if command.flags & !(FLAG_LEAVES | FLAG_CANCEL_ON_DISCONNECT) != 0 || unused != [0; 5] {
            reasons.push(Reject::UnsupportedCharacteristic);
        }
        if !between(command.quantity, 0, MAX_QUANTITY) {
            reasons.push(Reject::IncorrectQuantity);
        }
        if !between(command.price, 0, MAX_PRICE) || !between(command.stop_price, 0, MAX_PRICE) {
            reasons.push(Reject::TickSize);
        }
        let Some(order) = target.map(|id| &self.orders[&id]) else { return };
        let made = &order.command;
        if command.side != 0 && command.side != made.side
            || command.ord_type != 0 && command.ord_type != made.ord_type
            || command.time_in_force != 0 && command.time_in_force != made.time_in_force
            || command.stop_price != 0
                && order.place != Place::Stop
                && !(order.place == Place::Exit && order.stop != 0)
            || command.price != 0 && order.price == 0 && made.ord_type != OrdType::Pegged.number()
            || order.place == Place::Exit && wanted(command, order) != i128::from(order.leaves)
        {
            reasons.push(Reject::UnsupportedCharacteristic);
        }
        let open = wanted(command, order);
        // Of two of which one cancels the other both have one quantity.
        if open > 0 && open != i128::from(order.leaves) && self.partner(order.id).is_some() {
            reasons.push(Reject::UnsupportedCharacteristic);
        }
        let total = i128::from(order.cum) + open;
        let mut exits = self.exits_of(order);
        let too_many = exits.any(|exit| parts(total, exit.command.display_quantity) > PARTS_MOST);
        if total > i128::from(MAX_QUANTITY)
            || parts(open, made.display_quantity) > PARTS_MOST
            || open > 0 && too_many
        {
            reasons.push(Reject::IncorrectQuantity);
        }
        let book = &self.books[&made.instrument];
        match book.session {
            SessionState::Closed | SessionState::PostClose => reasons.push(Reject::MarketClosed),
            SessionState::Halted | SessionState::CancelOnly => reasons.push(Reject::SymbolHalted),
            _ => {}
        }
        if !book.is_enabled() {
            reasons.push(Reject::SymbolHalted);
        }
        // What follows other prices has a limit apart from its price.
        let pegged = made.ord_type == OrdType::Pegged.number();
        let limit = if pegged { made.price } else { order.price };
        if command.price != limit {
            reasons.extend(book.reason_against_price(command.price));
        }
        if !book.is_on_grid(command.price) || !book.is_on_grid(command.stop_price) {
            reasons.push(Reject::TickSize);
        }
        let price = if command.price == 0 { order.price } else { command.price };
        let grows = wanted(command, order) > i128::from(order.leaves)
            && made.display_quantity == 0
            && order.place == Place::Limit;
        if reasons.is_empty() && price != 0 && (price != order.price || grows) {
            let posted = self.posted_at(made.flags, order.side, price, made.instrument);
            if posted.is_none() {
                reasons.push(Reject::PostOnlyWouldCross);
            }
        }
    }
}
