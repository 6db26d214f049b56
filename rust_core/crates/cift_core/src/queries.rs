//! What operators and services ask the stages.

use engine::pod::{Limits, MAX_SCALES};
use engine::risk::bits;
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use wire::query;
use wire::reference;
use wire::response::word_text;

use crate::error::IntoPyErr;
use crate::gateway::InstrumentInfo;
use crate::stages::{MatchingStage, RiskStage};

/// The position of one account in one instrument.
#[pyclass(module = "cift_core", frozen, get_all)]
pub struct PositionRow {
    symbol: String,
    price_scale: u8,
    quantity_scale: u8,
    quantity: i64,
    open_buy_quantity: i64,
    open_sell_quantity: i64,
    net_cost: i128,
}

/// What one account has at stake.
#[pyclass(module = "cift_core", frozen, get_all)]
pub struct ExposureRow {
    currency: String,
    open_orders: u32,
    reserved: i128,
    used: i128,
    buying_power: Option<i128>,
}

/// The limits of one account; none: the check is off.
#[pyclass(module = "cift_core", frozen, get_all)]
pub struct LimitsRow {
    max_order_quantity: Option<i64>,
    max_order_notional: Option<i128>,
    collar_bps: Option<u32>,
    max_position: Option<i64>,
    max_open_orders: Option<u32>,
    credit: Option<i128>,
}

impl LimitsRow {
    fn new(limits: &Limits) -> Self {
        let on = |bit| limits.checks & bit != 0;
        Self {
            max_order_quantity: on(bits::ORDER_QUANTITY).then_some(limits.max_order_quantity),
            max_order_notional: on(bits::ORDER_NOTIONAL).then(|| limits.max_order_notional()),
            collar_bps: on(bits::COLLAR).then_some(limits.collar_bps),
            max_position: on(bits::POSITION).then_some(limits.max_position),
            max_open_orders: on(bits::OPEN_ORDERS).then_some(limits.max_open_orders),
            credit: on(bits::BUYING_POWER).then(|| limits.credit()),
        }
    }
}

impl RiskStage {
    fn account(&self, name: &str) -> Option<&engine::pod::Account> {
        let name = reference::name(name.as_bytes())?;
        self.inner.reference().account_of(&name, None)
    }
}

#[pymethods]
impl RiskStage {
    #[getter]
    const fn money_scale(&self) -> u8 {
        MAX_SCALES
    }

    fn positions(&self, account: &str) -> Vec<PositionRow> {
        let Some(account) = self.account(account) else { return Vec::new() };
        let row = |position: &engine::risk::Position| {
            let instrument = self.inner.engine().instrument(position.instrument)?;
            let symbol = String::from_utf8_lossy(reference::text(&instrument.symbol));
            Some(PositionRow {
                symbol: symbol.into_owned(),
                price_scale: instrument.price_scale,
                quantity_scale: instrument.quantity_scale,
                quantity: position.quantity,
                open_buy_quantity: position.open_buy,
                open_sell_quantity: position.open_sell,
                net_cost: position.money(-position.cash),
            })
        };
        let positions = self.inner.engine().positions(account.id);
        let mut rows: Vec<PositionRow> = positions.iter().filter_map(row).collect();
        rows.sort_unstable_by(|a, b| a.symbol.cmp(&b.symbol));
        rows
    }

    fn exposure(&self, account: &str) -> Option<ExposureRow> {
        let account = self.account(account)?;
        let buying = self.inner.engine().buying(account.id)?;
        Some(ExposureRow {
            currency: String::from_utf8_lossy(word_text(&account.currency)).into_owned(),
            open_orders: buying.open_orders,
            reserved: buying.reserved,
            used: buying.used,
            buying_power: buying.checked.then_some(buying.available),
        })
    }

    #[pyo3(signature = (account, instrument = 0))]
    fn limits(&self, account: &str, instrument: u32) -> Option<LimitsRow> {
        let account = self.account(account)?;
        self.inner.engine().limits(account.id, instrument).map(LimitsRow::new)
    }

    #[pyo3(signature = (request, firm = None))]
    fn check<'py>(
        &self,
        py: Python<'py>,
        request: &[u8],
        firm: Option<u32>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let bytes =
            query::check_order(&self.inner, request, firm).map_err(IntoPyErr::into_py_err)?;
        Ok(PyBytes::new(py, &bytes))
    }

    fn account_firm(&self, name: &str) -> Option<u32> {
        self.account(name).map(|account| account.firm)
    }

    fn instruments(&self) -> Vec<InstrumentInfo> {
        by_symbol(self.inner.reference().instruments().map(|found| InstrumentInfo::new(found, 0)))
    }
}

#[pymethods]
impl MatchingStage {
    #[pyo3(signature = (symbol, max_orders, operator = false))]
    fn book<'py>(
        &self,
        py: Python<'py>,
        symbol: &str,
        max_orders: usize,
        operator: bool,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = reference::name(symbol.as_bytes())
            .and_then(|name| query::resting_orders(&self.inner, &name, max_orders, operator));
        Ok(PyBytes::new(py, &bytes.ok_or_else(|| PyKeyError::new_err(symbol.to_owned()))?))
    }

    #[pyo3(signature = (after, most, operator = false))]
    fn list_instruments<'py>(
        &self,
        py: Python<'py>,
        after: &str,
        most: usize,
        operator: bool,
    ) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &query::instruments(&self.inner, after.as_bytes(), most, operator))
    }

    fn instruments(&self) -> Vec<InstrumentInfo> {
        use engine::pod::Side;
        let engine = self.inner.engine();
        by_symbol(engine.books().iter().map(|book| {
            let levels = book.levels(Side::Buy).chain(book.levels(Side::Sell));
            let resting = levels.map(|level| level.orders).sum();
            InstrumentInfo::new(book.instrument(), resting)
        }))
    }

    #[getter]
    fn open_orders(&self) -> usize {
        self.inner.engine().open_orders()
    }
}

fn by_symbol(rows: impl Iterator<Item = InstrumentInfo>) -> Vec<InstrumentInfo> {
    let mut rows: Vec<InstrumentInfo> = rows.collect();
    rows.sort_unstable_by(|a, b| a.symbol.cmp(&b.symbol));
    rows
}
