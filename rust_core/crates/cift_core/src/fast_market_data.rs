//! Market data of one book for its own sake: events in, levels and figures out.

use engine::market_data::{Fraction, MarketData, Updates};
use engine::pod::{BatchStatus, Event as EventRecord, Side, MAX_EVENTS};
use engine::FillsView;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::error::CiftError;
use crate::order_book::{instrument, INSTRUMENT};
use crate::records::{read, side_name};

/// The levels, trades and figures of one book, from the events of a `FastOrderBook`.
#[pyclass(module = "cift_core")]
pub struct FastMarketData {
    data: MarketData,
    updates: Updates,
}

/// Start, open, high, low, close, volume, number of trades.
type BarRow = (i64, i64, i64, i64, i64, i128, u64);
/// Match id, price, quantity, aggressor or what it is that has none.
type PrintRow = (u64, i64, i64, &'static str);
/// Price, quantity, number of orders.
type LevelRow = (i64, i64, u32);

fn fraction(value: Option<Fraction>) -> Option<(i128, i128)> {
    value.map(|fraction| (fraction.numerator, fraction.denominator))
}

impl FastMarketData {
    fn market(&self) -> &engine::market_data::Market {
        self.data.market(INSTRUMENT).expect("it was listed at the start")
    }

    fn message(&mut self, time_ns: i64, events: &[EventRecord]) -> PyResult<()> {
        let fills = FillsView {
            sequence: self.data.applied() + 1,
            time_ns,
            origin: 1,
            batch: 1,
            status: BatchStatus::Applied,
            outcomes: &[],
            events,
            instruments: &[],
            accounts: &[],
            limits: &[],
            statuses: &[],
        };
        self.data
            .apply(&fills, &mut self.updates)
            .map_err(|error| CiftError::new_err(error.to_string()))
    }

    fn levels(&self, side: Side, most: usize) -> Vec<LevelRow> {
        let levels = self.market().levels(side).take(most);
        levels.map(|level| (level.price, level.quantity, level.orders)).collect()
    }
}

#[pymethods]
impl FastMarketData {
    #[new]
    #[pyo3(signature = (symbol = "X", bar_ns = 60_000_000_000))]
    fn new(symbol: &str, bar_ns: i64) -> PyResult<Self> {
        if bar_ns <= 0 {
            return Err(PyValueError::new_err("bar_ns is at least 1"));
        }
        let listed = [instrument(symbol)?];
        let mut data = MarketData::new(bar_ns);
        let mut updates = Updates::default();
        let fills = FillsView {
            sequence: 1,
            time_ns: 0,
            origin: 1,
            batch: 1,
            status: BatchStatus::Applied,
            outcomes: &[],
            events: &[],
            instruments: &listed,
            accounts: &[],
            limits: &[],
            statuses: &[],
        };
        data.apply(&fills, &mut updates).map_err(|error| CiftError::new_err(error.to_string()))?;
        Ok(Self { data, updates })
    }

    #[pyo3(signature = (events, time_ns = None))]
    fn apply<'py>(
        &mut self,
        events: &Bound<'py, PyAny>,
        time_ns: Option<i64>,
    ) -> PyResult<Vec<(&'static str, i64, i64, u32)>> {
        let events: Vec<EventRecord> = read(events)?;
        let time_ns = time_ns.unwrap_or_else(|| self.data.time_ns());
        if events.len() > MAX_EVENTS || time_ns < self.data.time_ns() {
            let problem = "at most 40000 events at a time, and time never goes back";
            return Err(PyValueError::new_err(problem));
        }
        self.message(time_ns, &events)?;
        let changes = self.updates.deltas.iter().flat_map(|delta| self.updates.levels(delta));
        let row = |change: &engine::market_data::LevelChange| {
            let level = change.level;
            (side_name(change.side.number()), level.price, level.quantity, level.orders)
        };
        Ok(changes.map(row).collect())
    }

    #[getter]
    fn best_bid(&self) -> Option<LevelRow> {
        self.levels(Side::Buy, 1).pop()
    }

    #[getter]
    fn best_ask(&self) -> Option<LevelRow> {
        self.levels(Side::Sell, 1).pop()
    }

    #[pyo3(signature = (levels = 10))]
    fn depth(&self, levels: usize) -> (Vec<LevelRow>, Vec<LevelRow>) {
        (self.levels(Side::Buy, levels), self.levels(Side::Sell, levels))
    }

    #[getter]
    fn prints(&self) -> Vec<PrintRow> {
        let kind = |trade: &engine::market_data::Trade| match trade {
            _ if trade.busted => "bust",
            _ if trade.auction => "auction",
            _ => side_name(trade.aggressor.number()),
        };
        let row = |trade: &engine::market_data::Trade| {
            (trade.match_id, trade.price, trade.quantity, kind(trade))
        };
        self.updates.trades.iter().map(row).collect()
    }

    #[getter]
    fn volume(&self) -> i128 {
        self.market().session().volume
    }

    #[getter]
    fn trades(&self) -> u64 {
        self.market().session().trades
    }

    #[getter]
    fn vwap(&self) -> Option<(i128, i128)> {
        fraction(self.market().session().vwap())
    }

    #[getter]
    fn microprice(&self) -> Option<(i128, i128)> {
        fraction(self.market().top().microprice())
    }

    #[getter]
    fn imbalance(&self) -> i128 {
        self.market().imbalance()
    }

    #[getter]
    fn bars(&self) -> Vec<BarRow> {
        let row = |bar: &engine::market_data::Bar| {
            let span = &bar.span;
            (bar.start_ns, span.open, span.high, span.low, span.close, span.volume, span.trades)
        };
        self.updates.bars.iter().map(row).collect()
    }
}
