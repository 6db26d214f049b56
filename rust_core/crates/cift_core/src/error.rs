//! One tree of exceptions, and the one place where errors become them.

use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use wire::feed::FeedError;
use wire::frame::FrameError;
use wire::gateway::GatewayError;
use wire::request::{RequestError, Violation};
use wire::stage::StageError;

create_exception!(cift_core, CiftError, PyException, "What the core refuses; base of the tree.");
create_exception!(
    cift_core,
    LogError,
    CiftError,
    "A log can't be followed: bad frame, wrong sequence, unknown version, digest mismatch."
);
create_exception!(
    cift_core,
    BadRequest,
    CiftError,
    "A malformed request; `violations` names each field and what is wrong with it."
);
create_exception!(cift_core, NotFound, CiftError, "No such thing for this firm.");
create_exception!(cift_core, Overloaded, CiftError, "A bounded queue is full; try again.");

/// Adds the exceptions to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("CiftError", py.get_type::<CiftError>())?;
    module.add("LogError", py.get_type::<LogError>())?;
    let bad_request = py.get_type::<BadRequest>();
    bad_request.setattr("violations", PyTuple::empty(py))?;
    module.add("BadRequest", bad_request)?;
    module.add("NotFound", py.get_type::<NotFound>())?;
    module.add("Overloaded", py.get_type::<Overloaded>())
}

/// What becomes an exception.
pub trait IntoPyErr {
    /// The exception, with the error's own words.
    fn into_py_err(self) -> PyErr;
}

impl IntoPyErr for FrameError {
    fn into_py_err(self) -> PyErr {
        LogError::new_err(self.to_string())
    }
}

impl IntoPyErr for StageError {
    fn into_py_err(self) -> PyErr {
        LogError::new_err(self.to_string())
    }
}

impl IntoPyErr for FeedError {
    fn into_py_err(self) -> PyErr {
        LogError::new_err(self.to_string())
    }
}

impl IntoPyErr for RequestError {
    fn into_py_err(self) -> PyErr {
        GatewayError::Request(self).into_py_err()
    }
}

impl IntoPyErr for GatewayError {
    fn into_py_err(self) -> PyErr {
        let message = self.to_string();
        match self {
            Self::Request(RequestError::Malformed(violations)) => bad_request(&message, violations),
            Self::Request(
                RequestError::UnknownAccount(_)
                | RequestError::UnknownSymbol(_)
                | RequestError::UnknownTrade,
            ) => NotFound::new_err(message),
            Self::Overloaded { .. } => Overloaded::new_err(message),
            Self::Stage(_) | Self::View(_) | Self::Broken { .. } => LogError::new_err(message),
        }
    }
}

/// The exception that lists what is wrong with which field.
fn bad_request(message: &str, violations: Vec<Violation>) -> PyErr {
    let error = BadRequest::new_err(message.to_owned());
    let pairs = violations.into_iter().map(|found| (found.field, found.description));
    let listed = Python::attach(|py| {
        let violations = PyTuple::new(py, pairs.collect::<Vec<_>>())?;
        error.value(py).setattr("violations", violations)
    });
    listed.map_or_else(|problem| problem, |()| error)
}

/// Reads an argument that is a shard.
pub fn shard(argument: &Bound<'_, PyAny>) -> PyResult<u32> {
    let shard = argument.extract::<u32>()?;
    if shard > engine::ids::MAX_SHARD {
        return Err(PyValueError::new_err("a shard is 0 to 255"));
    }
    Ok(shard)
}
