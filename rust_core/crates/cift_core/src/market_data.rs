//! Market data's Rust half.

use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use wire::feed::{self, Kind};
use wire::reference::{self, Name};

use crate::error::{shard, IntoPyErr};

/// FILLS in; snapshots, deltas and trades out.
#[pyclass(module = "cift_core")]
pub struct MarketDataFeed {
    inner: feed::Feed,
}

/// What a message changed for those who watch one symbol.
#[pyclass(module = "cift_core", frozen, get_all)]
pub struct FeedUpdate {
    symbol: String,
    book: Py<PyBytes>,
    trades: Py<PyBytes>,
    top: Py<PyBytes>,
    status: Py<PyBytes>,
}

fn kind_of(kind: &str) -> PyResult<Kind> {
    match kind {
        "book" => Ok(Kind::Book),
        "trades" => Ok(Kind::Trades),
        "top" => Ok(Kind::Top),
        "status" => Ok(Kind::Status),
        _ => Err(PyValueError::new_err("kind is 'book', 'trades', 'top' or 'status'")),
    }
}

fn name_of(symbol: &str) -> PyResult<Name> {
    reference::name(symbol.as_bytes()).ok_or_else(|| PyKeyError::new_err(symbol.to_owned()))
}

fn names_of(symbols: &[String]) -> PyResult<Vec<Name>> {
    symbols.iter().map(|symbol| name_of(symbol)).collect()
}

/// What to watch: a symbol, or nothing for the trades of all.
fn watched(symbol: &str, kind: &str) -> PyResult<(Kind, Option<Name>)> {
    let kind = kind_of(kind)?;
    match (kind, symbol) {
        (Kind::Trades, "") => Ok((kind, None)),
        _ => Ok((kind, Some(name_of(symbol)?))),
    }
}

#[pymethods]
impl MarketDataFeed {
    #[new]
    #[pyo3(signature = (shard = 0))]
    fn new(#[pyo3(from_py_with = shard)] shard: u32) -> Self {
        Self { inner: feed::Feed::new(shard) }
    }

    #[getter]
    fn applied(&self) -> u64 {
        self.inner.applied()
    }

    fn apply(&mut self, py: Python<'_>, sequence: u64, frame: &[u8]) -> PyResult<Vec<FeedUpdate>> {
        let updates =
            py.detach(|| self.inner.apply(sequence, frame)).map_err(IntoPyErr::into_py_err)?;
        let bytes = |bytes: &[u8]| PyBytes::new(py, bytes).unbind();
        Ok(updates
            .into_iter()
            .map(|update| FeedUpdate {
                book: bytes(&update.book),
                trades: bytes(&update.trades),
                top: bytes(&update.top),
                status: bytes(&update.status),
                symbol: update.symbol,
            })
            .collect())
    }

    fn book<'py>(
        &self,
        py: Python<'py>,
        symbol: &str,
        depth: usize,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.inner.book(&name_of(symbol)?, depth);
        Ok(PyBytes::new(py, &bytes.ok_or_else(|| PyKeyError::new_err(symbol.to_owned()))?))
    }

    #[pyo3(signature = (symbol, resynchronized = false))]
    fn book_stream_snapshot<'py>(
        &self,
        py: Python<'py>,
        symbol: &str,
        resynchronized: bool,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.inner.stream_snapshot(&name_of(symbol)?, resynchronized);
        Ok(PyBytes::new(py, &bytes.ok_or_else(|| PyKeyError::new_err(symbol.to_owned()))?))
    }

    fn top<'py>(&self, py: Python<'py>, symbols: Vec<String>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.inner.top(&names_of(&symbols)?)))
    }

    fn status<'py>(&self, py: Python<'py>, symbols: Vec<String>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.inner.status(&names_of(&symbols)?)))
    }

    #[pyo3(signature = (sequence, frame, symbol = ""))]
    fn trades<'py>(
        &self,
        py: Python<'py>,
        sequence: u64,
        frame: &[u8],
        symbol: &str,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let symbol = match symbol {
            "" => None,
            symbol => Some(name_of(symbol)?),
        };
        let bytes = py
            .detach(|| self.inner.trades(sequence, frame, symbol.as_ref()))
            .map_err(IntoPyErr::into_py_err)?;
        Ok(PyBytes::new(py, &bytes))
    }

    fn watch(&mut self, symbol: &str, kind: &str) -> PyResult<()> {
        let (kind, name) = watched(symbol, kind)?;
        self.inner.watch(kind, name);
        Ok(())
    }

    fn unwatch(&mut self, symbol: &str, kind: &str) -> PyResult<()> {
        let (kind, name) = watched(symbol, kind)?;
        self.inner.unwatch(kind, name);
        Ok(())
    }
}
