//! What operators and services ask the stages.

use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use wire::query;
use wire::reference;

use crate::gateway::InstrumentInfo;
use crate::stages::MatchingStage;

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

/// Rows about instruments, in the order of their symbols.
pub fn by_symbol(rows: impl Iterator<Item = InstrumentInfo>) -> Vec<InstrumentInfo> {
    let mut rows: Vec<InstrumentInfo> = rows.collect();
    rows.sort_unstable_by(|a, b| a.symbol.cmp(&b.symbol));
    rows
}
