//! Books and instruments as matching holds them, for looking.

use engine::orders::{Extra, Place};
use engine::pod::{Instrument, Side, INSTRUMENT_ENABLED};
use engine::{Book, Order};

use crate::pb::{nested, string, uint};
use crate::proto::matching::v1::WaitingFor;
use crate::reference::{self, Name};
use crate::response::{decimal_field, word_text};
use crate::stage::MatchingStage;

/// `GetBookResponse` of matching with at most `most` orders a side; whose they are, what they hide
/// and which wait outside of the limit book, at most `most` of those, is said to operators alone.
/// `None` for an unknown symbol.
#[must_use]
pub fn resting_orders(
    stage: &MatchingStage,
    symbol: &Name,
    most: usize,
    operator: bool,
) -> Option<Vec<u8>> {
    let engine = stage.engine();
    let book = engine.book(stage.reference().by_symbol(symbol)?.id)?;
    let instrument = book.instrument();
    let mut out = Vec::new();
    string(&mut out, 1, reference::text(symbol));
    uint(&mut out, 2, engine.applied());
    for (field, side) in [(3, Side::Buy), (4, Side::Sell)] {
        for order in engine.orders(instrument.id, side).take(most) {
            nested(&mut out, field, |out| {
                let shown = engine.shown(order.id);
                write_order(out, order, shown, instrument, stage, operator);
            });
        }
    }
    nested(&mut out, 5, |out| write_status(out, book));
    if operator {
        let mut waiting: Vec<_> = engine.waiting(instrument.id).collect();
        waiting.sort_unstable_by_key(|(order, _)| order.id);
        for (order, extra) in waiting.into_iter().take(most) {
            nested(&mut out, 6, |out| write_waiting(out, order, extra, instrument, stage));
        }
    }
    Some(out)
}

/// `ListInstrumentsResponse` with at most `most` instruments behind the symbol `after`, by symbol.
/// Operators are told how many market orders rest, too.
#[must_use]
pub fn instruments(stage: &MatchingStage, after: &[u8], most: usize, operator: bool) -> Vec<u8> {
    let symbol = |book: &Book| -> Name { book.instrument().symbol };
    let mut books: Vec<&Book> = stage.engine().books().iter().collect();
    books.retain(|book| reference::text(&symbol(book)) > after);
    books.sort_unstable_by(|a, b| reference::text(&symbol(a)).cmp(reference::text(&symbol(b))));
    let mut out = Vec::new();
    for book in books.iter().take(most) {
        nested(&mut out, 1, |out| write_instrument(out, book, operator));
    }
    if let (Some(last), true) = (most.checked_sub(1), books.len() > most) {
        string(&mut out, 2, reference::text(&symbol(books[last])));
    }
    out
}

fn write_instrument(out: &mut Vec<u8>, book: &Book, operator: bool) {
    let instrument = book.instrument();
    let orders = |side| {
        let shown: u32 = book.levels(side).map(|level| level.orders).sum();
        shown + if operator { book.resting_markets(side) } else { 0 }
    };
    string(out, 1, reference::text(&instrument.symbol));
    string(out, 2, word_text(&instrument.currency));
    uint(out, 3, instrument.price_scale.into());
    uint(out, 4, instrument.quantity_scale.into());
    decimal_field(out, 5, instrument.tick_size.into(), instrument.price_scale);
    decimal_field(out, 6, instrument.lot_size.into(), instrument.quantity_scale);
    uint(out, 7, u64::from(instrument.flags & INSTRUMENT_ENABLED != 0));
    uint(out, 8, u64::from(orders(Side::Buy) + orders(Side::Sell)));
    nested(out, 9, |out| write_status(out, book));
}

/// Appends a `MarketStatus`; prices that there are not are left out.
fn write_status(out: &mut Vec<u8>, book: &Book) {
    let Instrument { price_scale, quantity_scale, .. } = *book.instrument();
    uint(out, 1, u64::from(book.session().number()) + 1);
    if book.last_trade() != 0 {
        decimal_field(out, 2, book.last_trade().into(), price_scale);
    }
    if let Some((price, quantity, imbalance)) = book.indication() {
        decimal_field(out, 3, price.into(), price_scale);
        decimal_field(out, 4, quantity.into(), quantity_scale);
        decimal_field(out, 5, imbalance.into(), quantity_scale);
    }
    if let Some((price, quantity)) = book.last_auction() {
        decimal_field(out, 6, price.into(), price_scale);
        decimal_field(out, 7, quantity.into(), quantity_scale);
    }
}

/// Appends a `RestingOrder`. What an iceberg hides is for operators: to others it is as large as
/// what it shows.
fn write_order(
    out: &mut Vec<u8>,
    order: &Order,
    shown: i64,
    instrument: &Instrument,
    stage: &MatchingStage,
    operator: bool,
) {
    uint(out, 1, order.id);
    if operator {
        string(out, 2, order.cl_ord_id().as_bytes());
        if let Some(account) = stage.reference().account(order.account) {
            string(out, 3, reference::text(&account.name));
        }
    }
    uint(out, 4, u64::from(order.side().number()));
    if order.price != 0 {
        decimal_field(out, 5, order.price.into(), instrument.price_scale);
    }
    let leaves = if operator { order.leaves } else { shown };
    decimal_field(out, 6, leaves.into(), instrument.quantity_scale);
    if operator {
        decimal_field(out, 7, shown.into(), instrument.quantity_scale);
    }
}

/// Appends a `WaitingOrder`.
fn write_waiting(
    out: &mut Vec<u8>,
    order: &Order,
    extra: &Extra,
    instrument: &Instrument,
    stage: &MatchingStage,
) {
    nested(out, 1, |out| write_order(out, order, 0, instrument, stage, true));
    let waiting_for = match extra.place {
        Place::Limit => WaitingFor::Unspecified,
        Place::Market => WaitingFor::Counterparty,
        Place::Stop | Place::Trailing => WaitingFor::Stop,
        Place::Waiting => WaitingFor::Auction,
        Place::Held => WaitingFor::LinkedOrder,
        Place::Suspended => WaitingFor::Peg,
    };
    uint(out, 2, waiting_for as u64);
    let stop = if extra.triggered { 0 } else { extra.stop_at(order.side()) };
    for (field, price) in [(3, stop), (4, extra.watermark)] {
        if price != 0 {
            decimal_field(out, field, price.into(), instrument.price_scale);
        }
    }
}
