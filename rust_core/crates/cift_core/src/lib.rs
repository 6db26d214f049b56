//! CIFT's core for Python. A coat: it holds engine types, turns bytes into batches and errors into
//! exceptions, and lets the interpreter go on while a batch is worked on.

mod error;

use pyo3::prelude::*;

/// The core of CIFT Markets.
#[pymodule]
fn cift_core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    error::register(module)
}
