//! Records in and out of numpy arrays, and events as objects.

use bytemuck::Pod;
use engine::pod::{Event as EventRecord, ExecType, Liquidity, OrdStatus, Side};
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict};
use wire::dtypes::{self, Field};

/// One thing that happened to one order.
#[pyclass(module = "cift_core", frozen, get_all)]
pub struct Event {
    exec_type: &'static str,
    ord_status: &'static str,
    side: &'static str,
    liquidity: Option<&'static str>,
    reason: u16,
    account: u32,
    order_id: u64,
    order_sequence: u32,
    price: i64,
    quantity: i64,
    last_price: i64,
    last_quantity: i64,
    cum_quantity: i64,
    leaves_quantity: i64,
    match_id: u64,
    rests: bool,
}

#[pymethods]
impl Event {
    fn __repr__(&self) -> String {
        let Self { exec_type, side, order_id, price, quantity, leaves_quantity, .. } = self;
        let trade = match self.match_id {
            0 => String::new(),
            id => format!(", last={}@{}, match_id={id}", self.last_quantity, self.last_price),
        };
        format!(
            "Event({exec_type}, {side}, order_id={order_id}, price={price}, quantity={quantity}, \
             leaves={leaves_quantity}{trade})"
        )
    }
}

impl Event {
    pub fn new(record: &EventRecord) -> Self {
        Self {
            exec_type: match ExecType::try_from(record.exec_type) {
                Ok(ExecType::New) => "new",
                Ok(ExecType::Trade) => "trade",
                Ok(ExecType::Replaced) => "replaced",
                Ok(ExecType::Canceled) => "canceled",
                Ok(ExecType::Expired) => "expired",
                Ok(ExecType::Rejected) => "rejected",
                Ok(ExecType::CancelRejected) => "cancel_rejected",
                Ok(ExecType::Restated) => "restated",
                Ok(ExecType::Triggered) => "triggered",
                Ok(ExecType::Suspended) => "suspended",
                Ok(ExecType::TradeBust) => "trade_bust",
                Ok(ExecType::None) | Err(_) => "none",
            },
            ord_status: match OrdStatus::try_from(record.ord_status) {
                Ok(OrdStatus::New) => "new",
                Ok(OrdStatus::PartiallyFilled) => "partially_filled",
                Ok(OrdStatus::Filled) => "filled",
                Ok(OrdStatus::Canceled) => "canceled",
                Ok(OrdStatus::Expired) => "expired",
                Ok(OrdStatus::Rejected) => "rejected",
                Ok(OrdStatus::None) | Err(_) => "none",
            },
            side: side_name(record.side),
            liquidity: match Liquidity::try_from(record.liquidity) {
                Ok(Liquidity::Maker) => Some("maker"),
                Ok(Liquidity::Taker) => Some("taker"),
                Ok(Liquidity::Auction) => Some("auction"),
                Ok(Liquidity::None) | Err(_) => None,
            },
            reason: record.reason,
            account: record.account,
            order_id: record.order_id,
            order_sequence: record.order_sequence,
            price: record.price,
            quantity: record.quantity,
            last_price: record.last_price,
            last_quantity: record.last_quantity,
            cum_quantity: record.cum_quantity,
            leaves_quantity: record.leaves_quantity,
            match_id: record.match_id,
            rests: record.rests(),
        }
    }
}

/// The name of a side.
pub fn side_name(side: u16) -> &'static str {
    match Side::try_from(side) {
        Ok(Side::Buy) => "buy",
        Ok(Side::Sell) => "sell",
        Ok(Side::None) | Err(_) => "none",
    }
}

/// The side of this name.
pub fn side_of(name: &str) -> PyResult<Side> {
    match name {
        "buy" => Ok(Side::Buy),
        "sell" => Ok(Side::Sell),
        _ => Err(PyValueError::new_err("side is 'buy' or 'sell'")),
    }
}

/// The records in an array or in bytes.
pub fn read<T: Pod>(records: &Bound<'_, PyAny>) -> PyResult<Vec<T>> {
    let bytes = match records.cast::<PyBytes>() {
        Ok(bytes) => bytes.clone(),
        Err(_) => records.call_method0("tobytes")?.cast_into::<PyBytes>()?,
    };
    let bytes = bytes.as_bytes();
    if !bytes.len().is_multiple_of(size_of::<T>()) {
        let problem = format!("records are {} bytes each", size_of::<T>());
        return Err(PyValueError::new_err(problem));
    }
    // A copy, at a word boundary; it costs less than a record's work does.
    Ok(bytemuck::allocation::pod_collect_to_vec(bytes))
}

/// numpy, imported when it is first asked for.
fn numpy<'py>(py: Python<'py>) -> PyResult<&'py Bound<'py, PyModule>> {
    static NUMPY: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let module = NUMPY.get_or_try_init(py, || py.import("numpy").map(Bound::unbind))?;
    Ok(module.bind(py))
}

/// A dtype, made when it is first asked for.
pub struct Dtype {
    /// Its records.
    pub name: &'static str,
    fields: &'static [Field],
    /// Bytes of each.
    pub size: usize,
    made: PyOnceLock<Py<PyAny>>,
}

impl Dtype {
    /// That of these fields.
    pub const fn new<T>(name: &'static str, fields: &'static [Field]) -> Self {
        Self { name, fields, size: size_of::<T>(), made: PyOnceLock::new() }
    }

    /// numpy's.
    pub fn get<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyAny>> {
        let made = self.made.get_or_try_init(py, || {
            let parts = PyDict::new(py);
            let fields = self.fields;
            parts.set_item("names", fields.iter().map(|field| field.0).collect::<Vec<_>>())?;
            parts.set_item("formats", fields.iter().map(|field| field.1).collect::<Vec<_>>())?;
            parts.set_item("offsets", fields.iter().map(|field| field.2).collect::<Vec<_>>())?;
            parts.set_item("itemsize", self.size)?;
            Ok::<_, PyErr>(numpy(py)?.call_method1("dtype", (parts,))?.unbind())
        })?;
        Ok(made.bind(py))
    }
}

/// That of `FastOrderBook.apply`'s commands.
pub static COMMAND: Dtype = Dtype::new::<engine::pod::Command>("commands", dtypes::COMMAND);
/// That of the terms that commands name by `payload_index`.
pub static TERMS: Dtype = Dtype::new::<engine::pod::OrderTerms>("terms", dtypes::ORDER_TERMS);
/// That of events.
pub static EVENT: Dtype = Dtype::new::<EventRecord>("events", dtypes::EVENT);
/// That of `FastOrderBook.send`'s requests.
pub static REQUEST: Dtype = Dtype::new::<engine::brief::Request>(
    "requests",
    &[
        ("order_id", "<u8", 0),
        ("price", "<i8", 8),
        ("quantity", "<i8", 16),
        ("account", "<u4", 24),
        ("kind", "u1", 28),
        ("side", "u1", 29),
        ("ord_type", "u1", 30),
        ("time_in_force", "u1", 31),
        ("flags", "<u2", 32),
        ("self_trade_prevention", "<u2", 34),
        ("self_trade_group", "<u4", 36),
    ],
);
/// That of its answers.
pub static ANSWER: Dtype = Dtype::new::<engine::brief::Answer>(
    "answers",
    &[
        ("executed_quantity", "<i8", 0),
        ("leaves_quantity", "<i8", 8),
        ("deals", "<u4", 16),
        ("reason", "<u2", 20),
        ("status", "<u2", 22),
    ],
);
/// That of its trades.
pub static DEAL: Dtype = Dtype::new::<engine::brief::Deal>(
    "deals",
    &[
        ("request", "<u4", 0),
        ("auction", "<u4", 4),
        ("match_id", "<u8", 8),
        ("resting_id", "<u8", 16),
        ("aggressing_id", "<u8", 24),
        ("price", "<i8", 32),
        ("quantity", "<i8", 40),
    ],
);

/// Records as an array that owns its bytes.
pub fn write<'py, T: Pod>(
    py: Python<'py>,
    records: &[T],
    dtype: &Dtype,
) -> PyResult<Bound<'py, PyAny>> {
    let bytes = PyBytes::new(py, bytemuck::cast_slice(records));
    numpy(py)?.call_method1(intern!(py, "frombuffer"), (bytes, dtype.get(py)?))
}

/// An array of so many records that nobody wrote.
pub fn empty<'py>(py: Python<'py>, count: usize, dtype: &Dtype) -> PyResult<Bound<'py, PyAny>> {
    numpy(py)?.call_method1(intern!(py, "empty"), (count, dtype.get(py)?))
}

/// The dtype of `FastOrderBook.apply`'s input.
#[pyfunction]
pub fn command_dtype(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    COMMAND.get(py).cloned()
}

/// The dtype of the terms that commands name by `payload_index`.
#[pyfunction]
pub fn terms_dtype(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    TERMS.get(py).cloned()
}

/// The dtype of its output.
#[pyfunction]
pub fn event_dtype(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    EVENT.get(py).cloned()
}

/// The dtype of `FastOrderBook.send`'s input.
#[pyfunction]
pub fn request_dtype(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    REQUEST.get(py).cloned()
}

/// The dtype of its answers.
#[pyfunction]
pub fn answer_dtype(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    ANSWER.get(py).cloned()
}

/// The dtype of its trades.
#[pyfunction]
pub fn deal_dtype(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    DEAL.get(py).cloned()
}
