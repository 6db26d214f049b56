//! Market data: books, trades and statistics, as a pure function of FILLS.
//!
//! Every command (or run of timers) that changed a book gives one delta: the levels that differ, as
//! they are now. A book's deltas are numbered without gaps, and a snapshot says the number it
//! stands at, so that who applies every later delta to it has the book, and who misses one sees it.
//!
//! A book is the sum of what its orders show: of an iceberg what it shows, of an order that waits
//! for its stop, its auction, another order or a price to follow, and of a market order that rests,
//! nothing. While orders collect it may be crossed. A trade that is undone is told as such; bars
//! and statistics count what was traded and are not rewritten.

mod side;
mod statistics;
mod trades;

use alloc::vec::Vec;
use core::fmt;

use crate::batch::FillsView;
use crate::book::Level;
use crate::pod::{Event, Instrument, MarketStatus, SessionState, Side, MAX_INSTRUMENT, TIMER};
use crate::table::NONE;
use side::LevelSide;
use trades::is_deal;

pub use statistics::{Fraction, Span, Top};
pub use trades::Trade;

/// Nanoseconds of a session: it begins at 00:00 UTC of journal time.
const SESSION_NS: i64 = 86_400_000_000_000;

/// What one command, or a run of timers, changed in one book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delta {
    /// Instrument id.
    pub instrument: u32,
    /// Index of the command in the message; `pod::TIMER` for timers.
    pub command_index: u32,
    /// 1, 2, 3 … per instrument, without gaps.
    pub number: u64,
    /// Where its levels begin in [`Updates::levels`].
    first_level: u32,
    level_count: u32,
}

/// A level as it is now; a quantity of 0 means that it is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelChange {
    /// The side.
    pub side: Side,
    /// Price, quantity and number of orders.
    pub level: Level,
}

/// A top of book that differs from the one before the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopChange {
    /// Instrument id.
    pub instrument: u32,
    /// As it is after the message.
    pub top: Top,
}

/// A bar whose time is over. Bars without trades are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Instrument id.
    pub instrument: u32,
    /// When it began, a multiple of the interval, nanoseconds since the Unix epoch.
    pub start_ns: i64,
    /// Its trades.
    pub span: Span,
    /// Sum of the order-flow imbalance in it.
    pub imbalance: i128,
}

/// What one message changed. The caller keeps one and has it refilled.
#[derive(Clone, Debug, Default)]
pub struct Updates {
    /// The message of FILLS.
    pub sequence: u64,
    /// Journal time T(n), nanoseconds.
    pub time_ns: i64,
    /// In the order of their commands.
    pub deltas: Vec<Delta>,
    levels: Vec<LevelChange>,
    /// In the order in which they happened, busts among them.
    pub trades: Vec<Trade>,
    /// One for each instrument whose top changed, in the order of their first change.
    pub tops: Vec<TopChange>,
    /// What instruments are at, of each whose session or indication differs from before the
    /// message, in the order of their first change.
    pub statuses: Vec<MarketStatus>,
    /// Bars that this message's time ended, in the order in which instruments were listed.
    pub bars: Vec<Bar>,
    /// Instruments that were listed or changed.
    pub instruments: Vec<u32>,
}

impl Updates {
    /// The levels of a delta of this message: each side's and price's once.
    #[must_use]
    pub fn levels(&self, delta: &Delta) -> &[LevelChange] {
        let first = delta.first_level as usize;
        &self.levels[first..first + delta.level_count as usize]
    }

    fn begin(&mut self, fills: &FillsView<'_>) {
        self.sequence = fills.sequence;
        self.time_ns = fills.time_ns;
        self.deltas.clear();
        self.levels.clear();
        self.trades.clear();
        self.tops.clear();
        self.statuses.clear();
        self.bars.clear();
        self.instruments.clear();
    }
}

/// What FILLS can't have said, or not now. The process must not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarketDataError {
    /// Not the next message.
    Sequence {
        /// The next one.
        expected: u64,
        /// The one given.
        got: u64,
    },
    /// An event that does not fit to the book.
    Broken {
        /// The message.
        sequence: u64,
        /// Index of the event.
        event: u32,
        /// What is wrong.
        what: &'static str,
    },
    /// A status of no instrument that is listed, or of no session.
    Status {
        /// The message.
        sequence: u64,
        /// Index of the status.
        status: u32,
    },
}

impl fmt::Display for MarketDataError {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Sequence { expected, got } => {
                write!(to, "market data expects FILLS {expected} and got {got}")
            }
            Self::Broken { sequence, event, what } => {
                write!(to, "FILLS {sequence}, event {event}: {what}")
            }
            Self::Status { sequence, status } => {
                write!(to, "FILLS {sequence}, status {status}: no such instrument or session")
            }
        }
    }
}

impl core::error::Error for MarketDataError {}

/// One instrument's book and statistics.
#[derive(Clone, Debug)]
pub struct Market {
    instrument: Instrument,
    /// Bids, then asks.
    sides: [LevelSide; 2],
    top: Top,
    /// The top before the message under way, once that has changed the book.
    top_before: Top,
    status: MarketStatus,
    /// The message that spoke of the status last.
    status_in: u64,
    changed_in: u64,
    deltas: u64,
    session: Span,
    imbalance: i128,
    bar: Span,
    bar_imbalance: i128,
    bar_start_ns: i64,
}

impl Market {
    fn new(instrument: Instrument) -> Self {
        Self {
            instrument,
            sides: [LevelSide::new(1), LevelSide::new(-1)],
            top: Top::default(),
            top_before: Top::default(),
            status: MarketStatus {
                instrument: instrument.id,
                command_index: TIMER,
                session: SessionState::Continuous.number(),
                reserved: 0,
                reserved1: 0,
                price: 0,
                quantity: 0,
                imbalance: 0,
            },
            status_in: 0,
            changed_in: 0,
            deltas: 0,
            session: Span::default(),
            imbalance: 0,
            bar: Span::default(),
            bar_imbalance: 0,
            bar_start_ns: 0,
        }
    }

    /// What is traded here.
    #[must_use]
    pub fn instrument(&self) -> &Instrument {
        &self.instrument
    }

    /// The levels of a side, best first: with [`Self::delta_number`] the snapshot of the book.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = Level> + '_ {
        self.sides[usize::from(side == Side::Sell)].levels()
    }

    /// How many levels a side has.
    #[must_use]
    pub fn depth(&self, side: Side) -> usize {
        self.sides[usize::from(side == Side::Sell)].depth()
    }

    /// Number of the last delta, 0 before the first.
    #[must_use]
    pub fn delta_number(&self) -> u64 {
        self.deltas
    }

    /// The message that changed the book last, 0 if none did.
    #[must_use]
    pub fn changed_in(&self) -> u64 {
        self.changed_in
    }

    /// Best bid and ask.
    #[must_use]
    pub fn top(&self) -> Top {
        self.top
    }

    /// What the instrument is at, as FILLS said last.
    #[must_use]
    pub fn status(&self) -> &MarketStatus {
        &self.status
    }

    /// The trades since 00:00 UTC; its VWAP is the session's.
    #[must_use]
    pub fn session(&self) -> &Span {
        &self.session
    }

    /// Sum of the order-flow imbalance since 00:00 UTC.
    #[must_use]
    pub fn imbalance(&self) -> i128 {
        self.imbalance
    }

    /// The bar under way: when it began, and its trades.
    #[must_use]
    pub fn bar(&self) -> (i64, &Span) {
        (self.bar_start_ns, &self.bar)
    }

    /// Takes an event's difference into the levels, as part of change number `change`.
    #[inline]
    fn show(&mut self, event: &Event, change: u64) -> Result<(), &'static str> {
        let side = match Side::try_from(event.side) {
            Ok(Side::Buy) => 0,
            Ok(Side::Sell) => 1,
            _ => return Err("an order of no side stands in the book"),
        };
        let (before, after) = (event.book_quantity_before, event.book_quantity_after);
        let stands = |price, quantity| quantity == 0 || is_deal(price, quantity);
        if !stands(event.book_price_before, before) || !stands(event.price, after) {
            return Err("what stands in the book has no price or quantity");
        }
        let levels = &mut self.sides[side];
        let mut add = |price, quantity, orders| levels.add(price, quantity, orders, change);
        let shown = if before == 0 || after == 0 || event.book_price_before != event.price {
            let left = match before {
                0 => Some(()),
                before => add(event.book_price_before, -before, -1),
            };
            left.and_then(|()| match after {
                0 => Some(()),
                after => add(event.price, after, 1),
            })
        } else {
            add(event.price, after - before, 0)
        };
        shown.ok_or("the book shows less than what the event takes from it")
    }

    /// Ends a change of the book: its delta goes into `updates`.
    fn finish(&mut self, command_index: u32, updates: &mut Updates) {
        let first_level = updates.levels.len() as u32;
        for (levels, side) in self.sides.iter_mut().zip([Side::Buy, Side::Sell]) {
            levels.finish(|level| updates.levels.push(LevelChange { side, level }));
        }
        let level_count = updates.levels.len() as u32 - first_level;
        if level_count == 0 {
            return;
        }
        self.deltas += 1;
        updates.deltas.push(Delta {
            instrument: self.instrument.id,
            command_index,
            number: self.deltas,
            first_level,
            level_count,
        });
        let top = Top { bid: self.sides[0].best(), ask: self.sides[1].best() };
        let imbalance = i128::from(top.imbalance_since(&self.top));
        self.imbalance += imbalance;
        self.bar_imbalance += imbalance;
        if self.changed_in != updates.sequence {
            self.changed_in = updates.sequence;
            self.top_before = self.top;
            // Its place is kept in the order of first changes; what it is comes at the end.
            updates.tops.push(TopChange { instrument: self.instrument.id, top });
        }
        self.top = top;
    }
}

/// All books of a shard as market data shows them.
#[derive(Clone, Debug)]
pub struct MarketData {
    applied: u64,
    time_ns: i64,
    bar_ns: i64,
    changes: u64,
    places: Vec<u32>,
    markets: Vec<Market>,
}

impl MarketData {
    /// Before the first message; bars are `bar_ns` nanoseconds long.
    ///
    /// # Panics
    ///
    /// If bars would have no length.
    #[must_use]
    pub fn new(bar_ns: i64) -> Self {
        assert!(bar_ns > 0, "a bar has a length");
        let (places, markets) = (Vec::new(), Vec::new());
        Self { applied: 0, time_ns: 0, bar_ns, changes: 0, places, markets }
    }

    /// The last message of FILLS that was applied.
    #[must_use]
    pub fn applied(&self) -> u64 {
        self.applied
    }

    /// Journal time of the last message, nanoseconds.
    #[must_use]
    pub fn time_ns(&self) -> i64 {
        self.time_ns
    }

    /// Every market, in the order in which instruments were listed.
    #[must_use]
    pub fn markets(&self) -> &[Market] {
        &self.markets
    }

    /// The market of an instrument.
    #[must_use]
    pub fn market(&self, instrument: u32) -> Option<&Market> {
        self.place(instrument).map(|place| &self.markets[place])
    }

    #[inline]
    fn place(&self, instrument: u32) -> Option<usize> {
        let place = *self.places.get(instrument as usize)?;
        (place != NONE).then_some(place as usize)
    }

    /// Applies the next message of FILLS; what it changed goes into `updates`, which is
    /// overwritten.
    ///
    /// # Errors
    ///
    /// If it isn't the next message, or an event doesn't fit to the book; a book may be half
    /// changed then, so the caller stops.
    pub fn apply(
        &mut self,
        fills: &FillsView<'_>,
        updates: &mut Updates,
    ) -> Result<(), MarketDataError> {
        let expected = self.applied + 1;
        if fills.sequence != expected {
            return Err(MarketDataError::Sequence { expected, got: fills.sequence });
        }
        updates.begin(fills);
        self.turn_time(fills.time_ns, updates);
        // Instruments of this message may be traded in it, and their fixed parts never change.
        for instrument in fills.instruments {
            self.list(instrument, updates);
        }
        self.apply_events(fills, updates)?;
        self.apply_statuses(fills, updates)?;
        updates.tops.retain_mut(|change| {
            let place = self.places[change.instrument as usize];
            let market = &self.markets[place as usize];
            change.top = market.top;
            market.top != market.top_before
        });
        self.applied = fills.sequence;
        Ok(())
    }

    fn apply_events(
        &mut self,
        fills: &FillsView<'_>,
        updates: &mut Updates,
    ) -> Result<(), MarketDataError> {
        // The change under way: its command and the place of its market.
        let mut change: Option<(u32, usize)> = None;
        for (index, event) in fills.events.iter().enumerate() {
            let broken = |what| MarketDataError::Broken {
                sequence: fills.sequence,
                event: index as u32,
                what,
            };
            let shows = event.book_quantity_before != 0 || event.book_quantity_after != 0;
            let trade = Trade::read(fills.events, index).map_err(broken)?;
            if !shows && trade.is_none() {
                continue;
            }
            let place = self.place(event.instrument).ok_or_else(|| broken("no such instrument"))?;
            let this = (event.command_index, place);
            if change != Some(this) {
                self.finish(change.replace(this), updates);
                self.changes += 1;
            }
            if let Some(trade) = trade {
                if !trade.busted {
                    self.markets[place].session.trade(trade.price, trade.quantity);
                    self.markets[place].bar.trade(trade.price, trade.quantity);
                }
                updates.trades.push(trade);
            }
            if shows {
                self.markets[place].show(event, self.changes).map_err(broken)?;
            }
        }
        self.finish(change, updates);
        Ok(())
    }

    /// Takes over what instruments are at: the last word on each counts.
    fn apply_statuses(
        &mut self,
        fills: &FillsView<'_>,
        updates: &mut Updates,
    ) -> Result<(), MarketDataError> {
        if fills.statuses.is_empty() {
            return Ok(());
        }
        for (index, status) in fills.statuses.iter().enumerate() {
            let place = self.place(status.instrument);
            let known = SessionState::try_from(status.session).is_ok();
            let Some(place) = place.filter(|_| known) else {
                let (sequence, status) = (fills.sequence, index as u32);
                return Err(MarketDataError::Status { sequence, status });
            };
            let market = &mut self.markets[place];
            if market.status_in != fills.sequence {
                market.status_in = fills.sequence;
                // What it was is kept here until the end.
                updates.statuses.push(market.status);
            }
            market.status = *status;
        }
        updates.statuses.retain_mut(|status| {
            let now = self.markets[self.places[status.instrument as usize] as usize].status;
            let told = |of: &MarketStatus| (of.session, of.price, of.quantity, of.imbalance);
            let differs = told(status) != told(&now);
            *status = now;
            differs
        });
        Ok(())
    }

    fn finish(&mut self, change: Option<(u32, usize)>, updates: &mut Updates) {
        if let Some((command_index, place)) = change {
            self.markets[place].finish(command_index, updates);
        }
    }

    fn list(&mut self, instrument: &Instrument, updates: &mut Updates) {
        debug_assert!(instrument.id <= MAX_INSTRUMENT, "risk refuses higher ids");
        updates.instruments.push(instrument.id);
        if let Some(place) = self.place(instrument.id) {
            self.markets[place].instrument = *instrument;
            return;
        }
        let id = instrument.id as usize;
        if self.places.len() <= id {
            self.places.resize(id + 1, NONE);
        }
        self.places[id] = self.markets.len() as u32;
        let mut market = Market::new(*instrument);
        market.bar_start_ns = self.time_ns - self.time_ns.rem_euclid(self.bar_ns);
        self.markets.push(market);
    }

    /// Ends bars and sessions that journal time has left.
    fn turn_time(&mut self, time_ns: i64, updates: &mut Updates) {
        let (last, now) = (self.time_ns, self.time_ns.max(time_ns));
        self.time_ns = now;
        if last.div_euclid(self.bar_ns) != now.div_euclid(self.bar_ns) {
            let start_ns = now - now.rem_euclid(self.bar_ns);
            for market in &mut self.markets {
                let span = core::mem::take(&mut market.bar);
                let imbalance = core::mem::take(&mut market.bar_imbalance);
                let began_ns = core::mem::replace(&mut market.bar_start_ns, start_ns);
                if span.trades > 0 {
                    let instrument = market.instrument.id;
                    updates.bars.push(Bar { instrument, start_ns: began_ns, span, imbalance });
                }
            }
        }
        if last.div_euclid(SESSION_NS) != now.div_euclid(SESSION_NS) {
            for market in &mut self.markets {
                market.session = Span::default();
                market.imbalance = 0;
            }
        }
    }
}
