//! What a frame says at its head, and its digest.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use wire::frame::{self, Frame, Log};

use crate::error::IntoPyErr;

/// The numbers at the head of a frame.
#[pyclass(module = "cift_core", frozen, get_all)]
pub struct Header {
    log: &'static str,
    shard: u32,
    sequence: u64,
    time_ns: i64,
    origin: u64,
    batch: u64,
    fills_seen: u64,
    input_digest: Py<PyBytes>,
    state_hash: u64,
    status: u16,
    count: usize,
}

#[pymethods]
impl Header {
    fn __repr__(&self) -> String {
        format!(
            "Header(log={:?}, shard={}, sequence={}, origin={}, batch={}, status={}, count={})",
            self.log, self.shard, self.sequence, self.origin, self.batch, self.status, self.count
        )
    }
}

/// Checks a frame of any log and returns the numbers at its head.
#[pyfunction]
pub fn header(py: Python<'_>, frame: &[u8]) -> PyResult<Header> {
    let mut copy = Vec::new();
    let read = Frame::read(frame::aligned(frame, &mut copy)).map_err(IntoPyErr::into_py_err)?;
    let head = read.header;
    Ok(Header {
        log: head.log.name(),
        shard: head.shard,
        sequence: head.sequence,
        time_ns: head.time_ns,
        origin: head.origin,
        batch: head.batch,
        fills_seen: head.fills_seen,
        input_digest: PyBytes::new(py, &head.input_digest.to_le_bytes()).unbind(),
        state_hash: head.state_hash,
        status: head.status.number(),
        count: match head.log {
            Log::Orders | Log::Risked => read.commands.len(),
            Log::Fills => read.outcomes.len(),
        },
    })
}

/// XXH3-128 of the segment, low byte first, as the next log carries it.
#[pyfunction]
pub fn digest<'py>(py: Python<'py>, frame: &[u8]) -> Bound<'py, PyBytes> {
    let value = py.detach(|| frame::digest(frame));
    PyBytes::new(py, &value.to_le_bytes())
}
