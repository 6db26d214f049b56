//! Market data as messages of `cift.market_data.v1`, each encoded once for all who watch.

use std::collections::HashSet;

use engine::book::Level;
use engine::market_data::{LevelChange, Top};
use engine::market_data::{MarketData, MarketDataError, Trade, Updates};
use engine::pod::{Instrument, MarketStatus, SessionState, Side};
use engine::FillsView;

use crate::decimal;
use crate::frame::{aligned, Log};
use crate::pb::{nested, string, uint};
use crate::reference::{self, Name, Reference, WordMap};
use crate::response::{decimal_field, write_place};
use crate::stage::{read_at, StageError};

/// Length of the bars that the core keeps; nobody is sent them.
const BAR_NS: i64 = 60_000_000_000;

/// Why a FILLS message can't be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedError {
    /// It can't be read where it stands.
    Stage(StageError),
    /// It doesn't follow from those before.
    Data(MarketDataError),
}

impl core::fmt::Display for FeedError {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Stage(error) => write!(out, "{error}"),
            Self::Data(error) => write!(out, "{error}"),
        }
    }
}

impl std::error::Error for FeedError {}

/// What can be watched of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Deltas of the book.
    Book,
    /// Trades.
    Trades,
    /// Best bid and ask.
    Top,
    /// Session and auction indication.
    Status,
}

/// What a message changed for those who watch one symbol; empty bytes where it changed nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedUpdate {
    /// The symbol; empty: trades of all.
    pub symbol: String,
    /// `StreamBookResponse`.
    pub book: Vec<u8>,
    /// `StreamTradesResponse`.
    pub trades: Vec<u8>,
    /// `StreamTopOfBookResponse`.
    pub top: Vec<u8>,
    /// `StreamStatusResponse`.
    pub status: Vec<u8>,
}

/// The books of a shard, and who watches what.
#[derive(Debug)]
pub struct Feed {
    shard: u32,
    data: MarketData,
    updates: Updates,
    reference: Reference,
    watched: HashSet<(Kind, Name)>,
    all_trades: bool,
    copy: Vec<u64>,
}

impl Feed {
    /// Before the first message.
    #[must_use]
    pub fn new(shard: u32) -> Self {
        Self {
            shard,
            data: MarketData::new(BAR_NS),
            updates: Updates::default(),
            reference: Reference::default(),
            watched: HashSet::new(),
            all_trades: false,
            copy: Vec::new(),
        }
    }

    /// The last FILLS message applied.
    #[must_use]
    pub fn applied(&self) -> u64 {
        self.data.applied()
    }

    /// Begins to encode what is watched; an empty symbol stands for the trades of all.
    pub fn watch(&mut self, kind: Kind, symbol: Option<Name>) {
        match symbol {
            Some(name) => _ = self.watched.insert((kind, name)),
            None => self.all_trades = true,
        }
    }

    /// Ends that.
    pub fn unwatch(&mut self, kind: Kind, symbol: Option<Name>) {
        match symbol {
            Some(name) => _ = self.watched.remove(&(kind, name)),
            None => self.all_trades = false,
        }
    }

    /// Applies the next FILLS message and encodes what it changed of what is watched.
    ///
    /// # Errors
    ///
    /// If it isn't the next one; the process must not go on.
    pub fn apply(&mut self, sequence: u64, bytes: &[u8]) -> Result<Vec<FeedUpdate>, FeedError> {
        let bytes = aligned(bytes, &mut self.copy);
        let frame = read_at(Log::Fills, sequence, self.shard, bytes).map_err(FeedError::Stage)?;
        let fills = frame.fills();
        self.data.apply(&fills, &mut self.updates).map_err(FeedError::Data)?;
        self.reference.apply(&fills);
        if self.watched.is_empty() && !self.all_trades {
            return Ok(Vec::new());
        }
        let mut out =
            Outgoing { feed: self, sequence, found: Vec::new(), places: WordMap::default() };
        out.encode();
        Ok(out.found)
    }

    /// The market of a symbol as instrument and levels.
    fn market(&self, symbol: &Name) -> Option<&engine::market_data::Market> {
        self.data.market(self.reference.by_symbol(symbol)?.id)
    }

    /// `GetBookResponse` with at most `depth` levels a side; `None` for an unknown symbol.
    #[must_use]
    pub fn book(&self, symbol: &Name, depth: usize) -> Option<Vec<u8>> {
        let market = self.market(symbol)?;
        let mut out = Vec::new();
        nested(&mut out, 1, |out| self.snapshot(out, market, depth));
        Some(out)
    }

    /// `StreamBookResponse` with the whole book; `None` for an unknown symbol.
    #[must_use]
    pub fn stream_snapshot(&self, symbol: &Name, resynchronized: bool) -> Option<Vec<u8>> {
        let market = self.market(symbol)?;
        let mut out = Vec::new();
        nested(&mut out, 1, |out| self.snapshot(out, market, usize::MAX));
        uint(&mut out, 2, u64::from(resynchronized));
        uint(&mut out, 4, self.applied());
        Some(out)
    }

    /// `StreamTopOfBookResponse` of these symbols; unknown ones are left out.
    #[must_use]
    pub fn top(&self, symbols: &[Name]) -> Vec<u8> {
        let mut out = Vec::new();
        for symbol in symbols {
            if let Some(market) = self.market(symbol) {
                write_top(&mut out, market.instrument(), &market.top(), self.applied());
            }
        }
        uint(&mut out, 2, self.applied());
        out
    }

    /// `StreamStatusResponse` of these symbols; unknown ones are left out.
    #[must_use]
    pub fn status(&self, symbols: &[Name]) -> Vec<u8> {
        let mut out = Vec::new();
        for symbol in symbols {
            if let Some(market) = self.market(symbol) {
                write_status(&mut out, market.instrument(), market.status(), self.applied());
            }
        }
        uint(&mut out, 2, self.applied());
        out
    }

    /// `StreamTradesResponse` of any FILLS message, of one symbol or of all, busts included.
    ///
    /// # Errors
    ///
    /// If it can't be read where it stands, or a trade is not told in pairs.
    pub fn trades(
        &self,
        sequence: u64,
        bytes: &[u8],
        symbol: Option<&Name>,
    ) -> Result<Vec<u8>, FeedError> {
        let mut copy = Vec::new();
        let bytes = aligned(bytes, &mut copy);
        let frame = read_at(Log::Fills, sequence, self.shard, bytes).map_err(FeedError::Stage)?;
        let fills = frame.fills();
        let mut out = Vec::new();
        for index in 0..fills.events.len() {
            let event = index as u32;
            let trade = Trade::read(fills.events, index).map_err(|what| {
                FeedError::Data(MarketDataError::Broken { sequence, event, what })
            })?;
            let Some(trade) = trade else { continue };
            let Some(instrument) = self.reference.instrument(trade.instrument) else { continue };
            if symbol.is_none_or(|symbol| *symbol == instrument.symbol) {
                self.write_trade(&mut out, instrument, &trade, &fills);
            }
        }
        uint(&mut out, 2, sequence);
        Ok(out)
    }

    fn snapshot(&self, out: &mut Vec<u8>, market: &engine::market_data::Market, depth: usize) {
        let instrument = market.instrument();
        string(out, 1, reference::text(&instrument.symbol));
        uint(out, 2, self.applied());
        for (field, side) in [(3, Side::Buy), (4, Side::Sell)] {
            for level in market.levels(side).take(depth) {
                write_level(out, field, instrument, &level);
            }
        }
    }

    fn write_trade(
        &self,
        out: &mut Vec<u8>,
        instrument: &Instrument,
        trade: &Trade,
        fills: &FillsView<'_>,
    ) {
        write_trade(out, instrument, trade, (self.shard, fills.sequence, fills.time_ns));
    }
}

/// The updates of one message, by symbol in the order in which they were first touched.
struct Outgoing<'a> {
    feed: &'a Feed,
    sequence: u64,
    found: Vec<FeedUpdate>,
    /// Instrument id, and 0 for all, to place in `found`; none: not watched.
    places: WordMap<(u32, u8), Option<usize>>,
}

impl Outgoing<'_> {
    fn encode(&mut self) {
        let updates = &self.feed.updates;
        for delta in &updates.deltas {
            let Some((place, instrument)) = self.watched(Kind::Book, delta.instrument) else {
                continue;
            };
            let (shard, sequence) = (self.feed.shard, self.sequence);
            nested(&mut self.found[place].book, 3, |out| {
                write_place(out, 1, shard, sequence, delta.command_index);
                for change in updates.levels(delta) {
                    write_change(out, &instrument, change);
                }
            });
        }
        for trade in &updates.trades {
            let place = (self.feed.shard, self.sequence, updates.time_ns);
            if let Some((at, instrument)) = self.watched(Kind::Trades, trade.instrument) {
                write_trade(&mut self.found[at].trades, &instrument, trade, place);
            }
            if self.feed.all_trades {
                let Some(instrument) = self.feed.reference.instrument(trade.instrument) else {
                    continue;
                };
                let at = self.place_of(0, "");
                write_trade(&mut self.found[at].trades, instrument, trade, place);
            }
        }
        for change in &updates.tops {
            if let Some((at, instrument)) = self.watched(Kind::Top, change.instrument) {
                write_top(&mut self.found[at].top, &instrument, &change.top, self.sequence);
            }
        }
        for status in &updates.statuses {
            if let Some((at, instrument)) = self.watched(Kind::Status, status.instrument) {
                write_status(&mut self.found[at].status, &instrument, status, self.sequence);
            }
        }
        for update in &mut self.found {
            for (bytes, field) in [
                (&mut update.book, 4),
                (&mut update.trades, 2),
                (&mut update.top, 2),
                (&mut update.status, 2),
            ] {
                if !bytes.is_empty() {
                    uint(bytes, field, self.sequence);
                }
            }
        }
    }

    /// The place of the update for one kind of one instrument, if somebody watches it.
    fn watched(&mut self, kind: Kind, id: u32) -> Option<(usize, Instrument)> {
        let instrument = *self.feed.reference.instrument(id)?;
        if let Some(&known) = self.places.get(&(id, kind as u8)) {
            return known.map(|place| (place, instrument));
        }
        let watched = self.feed.watched.contains(&(kind, instrument.symbol));
        let symbol = core::str::from_utf8(reference::text(&instrument.symbol)).unwrap_or_default();
        let place = watched.then(|| self.place_of(id, symbol));
        self.places.insert((id, kind as u8), place);
        place.map(|place| (place, instrument))
    }

    fn place_of(&mut self, id: u32, symbol: &str) -> usize {
        const ANY: u8 = u8::MAX;
        let next = self.found.len();
        let place = *self.places.entry((id, ANY)).or_insert(Some(next));
        let place = place.unwrap_or(next);
        if place == next {
            self.found.push(FeedUpdate { symbol: symbol.to_owned(), ..FeedUpdate::default() });
        }
        place
    }
}

fn write_trade(
    out: &mut Vec<u8>,
    instrument: &Instrument,
    trade: &Trade,
    (shard, sequence, time_ns): (u32, u64, i64),
) {
    nested(out, 1, |out| {
        string(out, 1, reference::text(&instrument.symbol));
        write_place(out, 2, shard, sequence, trade.event_index);
        uint(out, 3, trade.match_id);
        decimal_field(out, 4, trade.price.into(), instrument.price_scale);
        decimal_field(out, 5, trade.quantity.into(), instrument.quantity_scale);
        uint(out, 6, u64::from(trade.aggressor.number()));
        uint(out, 7, time_ns as u64);
        uint(out, 8, trade.taker_order_id);
        uint(out, 9, trade.maker_order_id);
        uint(out, 10, u64::from(trade.auction));
        uint(out, 11, u64::from(trade.busted));
    });
}

fn write_status(out: &mut Vec<u8>, instrument: &Instrument, status: &MarketStatus, sequence: u64) {
    nested(out, 1, |out| {
        string(out, 1, reference::text(&instrument.symbol));
        uint(out, 2, sequence);
        uint(out, 3, u64::from(status.session) + 1);
        auction_fields(out, 4, instrument, status);
    });
}

/// Appends what an auction would do now as fields `field` to `field` + 2: price, quantity and what
/// would be left; nothing unless orders collect and some would trade.
pub(crate) fn auction_fields(
    out: &mut Vec<u8>,
    field: u32,
    instrument: &Instrument,
    status: &MarketStatus,
) {
    let collects = SessionState::try_from(status.session).is_ok_and(SessionState::collects);
    if collects && status.price != 0 {
        decimal_field(out, field, status.price.into(), instrument.price_scale);
        decimal_field(out, field + 1, status.quantity.into(), instrument.quantity_scale);
        decimal_field(out, field + 2, status.imbalance.into(), instrument.quantity_scale);
    }
}

fn write_top(out: &mut Vec<u8>, instrument: &Instrument, top: &Top, sequence: u64) {
    nested(out, 1, |out| {
        string(out, 1, reference::text(&instrument.symbol));
        uint(out, 2, sequence);
        for (field, level) in [(3, top.bid), (4, top.ask)] {
            if let Some(level) = level {
                write_level(out, field, instrument, &level);
            }
        }
    });
}

fn write_change(out: &mut Vec<u8>, instrument: &Instrument, change: &LevelChange) {
    let field = if change.side == Side::Buy { 2 } else { 3 };
    write_level(out, field, instrument, &change.level);
}

/// Appends a `PriceLevel`; one that is gone has the quantity "0" whatever the scale.
fn write_level(out: &mut Vec<u8>, field: u32, instrument: &Instrument, level: &Level) {
    nested(out, field, |out| {
        decimal_field(out, 1, level.price.into(), instrument.price_scale);
        let scale = if level.quantity == 0 { 0 } else { instrument.quantity_scale };
        nested(out, 2, |out| decimal::write(out, level.quantity.into(), scale));
        uint(out, 3, u64::from(level.orders));
    });
}
