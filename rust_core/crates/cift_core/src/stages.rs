//! The stages of the pipeline: one message in, one message out, the interpreter free meanwhile.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use wire::stage;

use crate::error::{shard, CiftError, IntoPyErr};

/// ORDERS and FILLS in, RISKED out.
#[pyclass(module = "cift_core")]
pub struct RiskStage {
    pub(crate) inner: stage::RiskStage,
    out: Vec<u8>,
}

#[pymethods]
impl RiskStage {
    #[new]
    #[pyo3(signature = (shard = 0))]
    fn new(#[pyo3(from_py_with = shard)] shard: u32) -> Self {
        Self::over(stage::RiskStage::new(shard))
    }

    #[getter]
    fn applied(&self) -> u64 {
        self.inner.engine().applied()
    }

    #[getter]
    fn fills_applied(&self) -> u64 {
        self.inner.engine().fills_applied()
    }

    #[getter]
    fn state_hash(&self) -> u64 {
        self.inner.engine().state_hash()
    }

    fn fills_wanted(&mut self, py: Python<'_>, sequence: u64, orders: &[u8]) -> PyResult<u64> {
        py.detach(|| self.inner.fills_wanted(sequence, orders)).map_err(IntoPyErr::into_py_err)
    }

    fn apply_fills(&mut self, py: Python<'_>, sequence: u64, fills: &[u8]) -> PyResult<()> {
        py.detach(|| self.inner.apply_fills(sequence, fills)).map_err(IntoPyErr::into_py_err)
    }

    fn apply<'py>(
        &mut self,
        py: Python<'py>,
        sequence: u64,
        timestamp_ns: i64,
        orders: &[u8],
    ) -> PyResult<Bound<'py, PyBytes>> {
        let Self { inner, out } = self;
        py.detach(|| {
            out.clear();
            inner.apply(sequence, timestamp_ns, orders, out)
        })
        .map_err(IntoPyErr::into_py_err)?;
        Ok(PyBytes::new(py, out))
    }
}

impl RiskStage {
    fn over(inner: stage::RiskStage) -> Self {
        Self { inner, out: Vec::new() }
    }
}

/// RISKED in, FILLS out.
#[pyclass(module = "cift_core")]
pub struct MatchingStage {
    pub(crate) inner: stage::MatchingStage,
    out: Vec<u8>,
}

#[pymethods]
impl MatchingStage {
    #[new]
    #[pyo3(signature = (shard = 0))]
    fn new(#[pyo3(from_py_with = shard)] shard: u32) -> Self {
        Self::over(stage::MatchingStage::new(shard))
    }

    #[getter]
    fn applied(&self) -> u64 {
        self.inner.engine().applied()
    }

    #[getter]
    fn state_hash(&self) -> u64 {
        self.inner.engine().state_hash()
    }

    fn apply<'py>(
        &mut self,
        py: Python<'py>,
        sequence: u64,
        risked: &[u8],
    ) -> PyResult<Bound<'py, PyBytes>> {
        let Self { inner, out } = self;
        py.detach(|| {
            out.clear();
            inner.apply(sequence, risked, out)
        })
        .map_err(IntoPyErr::into_py_err)?;
        Ok(PyBytes::new(py, out))
    }
}

impl MatchingStage {
    fn over(inner: stage::MatchingStage) -> Self {
        Self { inner, out: Vec::new() }
    }
}

/// ORDERS in, RISKED and FILLS out: the whole order plane as one function.
#[pyclass(module = "cift_core")]
pub struct Replayer {
    inner: Option<Box<stage::Replayer>>,
    risked: Vec<u8>,
    fills: Vec<u8>,
}

#[pymethods]
impl Replayer {
    #[new]
    #[pyo3(signature = (shard = 0))]
    fn new(#[pyo3(from_py_with = shard)] shard: u32) -> Self {
        let inner = Some(Box::new(stage::Replayer::new(shard)));
        Self { inner, risked: Vec::new(), fills: Vec::new() }
    }

    #[getter]
    fn applied(&self) -> PyResult<u64> {
        Ok(self.inner.as_ref().ok_or_else(consumed)?.matching().engine().applied())
    }

    #[getter]
    fn fills_applied(&self) -> PyResult<u64> {
        Ok(self.inner.as_ref().ok_or_else(consumed)?.risk().engine().fills_applied())
    }

    fn apply<'py>(
        &mut self,
        py: Python<'py>,
        sequence: u64,
        timestamp_ns: i64,
        orders: &[u8],
    ) -> PyResult<(Bound<'py, PyBytes>, Bound<'py, PyBytes>)> {
        let Self { inner, risked, fills } = self;
        let inner = inner.as_mut().ok_or_else(consumed)?;
        py.detach(|| {
            risked.clear();
            fills.clear();
            inner.apply(sequence, timestamp_ns, orders, risked, fills)
        })
        .map_err(IntoPyErr::into_py_err)?;
        Ok((PyBytes::new(py, risked), PyBytes::new(py, fills)))
    }

    #[pyo3(name = "into_stages")]
    fn split(&mut self) -> PyResult<(RiskStage, MatchingStage)> {
        let (risk, matching) = self.inner.take().ok_or_else(consumed)?.into_stages();
        Ok((RiskStage::over(risk), MatchingStage::over(matching)))
    }
}

fn consumed() -> PyErr {
    CiftError::new_err("the replayer was consumed by into_stages")
}
