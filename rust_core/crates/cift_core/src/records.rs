//! Records in and out of numpy arrays, and events as objects.

use bytemuck::Pod;
use engine::pod::{Event as EventRecord, ExecType, Liquidity, OrdStatus, Side};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
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

/// Records as an array that owns its bytes.
pub fn write<'py, T: Pod>(
    py: Python<'py>,
    records: &[T],
    fields: &[Field],
) -> PyResult<Bound<'py, PyAny>> {
    let bytes = PyBytes::new(py, bytemuck::cast_slice(records));
    let dtype = dtype(py, fields, size_of::<T>())?;
    py.import("numpy")?.call_method1("frombuffer", (bytes, dtype))
}

/// The dtype of these fields.
pub fn dtype<'py>(py: Python<'py>, fields: &[Field], size: usize) -> PyResult<Bound<'py, PyAny>> {
    let parts = PyDict::new(py);
    parts.set_item("names", fields.iter().map(|field| field.0).collect::<Vec<_>>())?;
    parts.set_item("formats", fields.iter().map(|field| field.1).collect::<Vec<_>>())?;
    parts.set_item("offsets", fields.iter().map(|field| field.2).collect::<Vec<_>>())?;
    parts.set_item("itemsize", size)?;
    py.import("numpy")?.call_method1("dtype", (parts,))
}

/// The dtype of `FastOrderBook.apply`'s input.
#[pyfunction]
pub fn command_dtype(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    dtype(py, dtypes::COMMAND, size_of::<engine::pod::Command>())
}

/// The dtype of the terms that commands name by `payload_index`.
#[pyfunction]
pub fn terms_dtype(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    dtype(py, dtypes::ORDER_TERMS, size_of::<engine::pod::OrderTerms>())
}

/// The dtype of its output.
#[pyfunction]
pub fn event_dtype(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    dtype(py, dtypes::EVENT, size_of::<EventRecord>())
}
