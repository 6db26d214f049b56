//! Orders, trades and ends by the thousand, as arrays.

use bytemuck::{Pod, Zeroable};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::FastRiskEngine;
use crate::records::{self, Dtype};

/// How many trades or ends are told in one message.
const TOLD_AT_ONCE: usize = 4096;

/// An order to be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct OrderRow {
    pub account: u32,
    pub instrument: u32,
    /// `Side`.
    pub side: u8,
    /// `OrdType`; 0: limit.
    pub ord_type: u8,
    /// `TimeInForce`; 0: until it is cancelled, of a market order at once.
    pub time_in_force: u8,
    pub reduce_only: u8,
    pub reserved: u32,
    pub price: i64,
    pub quantity: i64,
    pub stop_price: i64,
}

static ORDER: Dtype = Dtype::new::<OrderRow>(
    "orders",
    &[
        ("account", "<u4", 0),
        ("instrument", "<u4", 4),
        ("side", "u1", 8),
        ("ord_type", "u1", 9),
        ("time_in_force", "u1", 10),
        ("reduce_only", "?", 11),
        ("price", "<i8", 16),
        ("quantity", "<i8", 24),
        ("stop_price", "<i8", 32),
    ],
);

/// What is said of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct VerdictRow {
    pub order_id: u64,
    pub reason: u16,
    pub accepted: u8,
    pub reserved: [u8; 5],
}

static VERDICT: Dtype = Dtype::new::<VerdictRow>(
    "verdicts",
    &[("order_id", "<u8", 0), ("reason", "<u2", 8), ("accepted", "?", 10)],
);

/// A trade of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct TradeRow {
    pub order_id: u64,
    pub price: i64,
    pub quantity: i64,
    pub maker: u8,
    pub reserved: [u8; 7],
}

static TRADE: Dtype = Dtype::new::<TradeRow>(
    "trades",
    &[("order_id", "<u8", 0), ("price", "<i8", 8), ("quantity", "<i8", 16), ("maker", "?", 24)],
);

/// The records of a one-dimensional array of this type and no other: nothing is converted, since
/// what is cut off or rounded on the way would be another order.
fn read<T: Pod>(array: &Bound<'_, PyAny>, dtype: Bound<'_, PyAny>, name: &str) -> PyResult<Vec<T>> {
    let problem = || PyValueError::new_err(format!("must be a one-dimensional array of {name}"));
    let fits = array.getattr("dtype").is_ok_and(|of| of.eq(&dtype).unwrap_or(false))
        && array.getattr("ndim").and_then(|of| of.extract::<usize>()).is_ok_and(|of| of == 1);
    if !fits {
        return Err(problem());
    }
    records::read(array)
}

/// The dtype of orders.
#[pyfunction]
pub fn fast_order_dtype(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    ORDER.get(py).cloned()
}

/// The dtype of verdicts.
#[pyfunction]
pub fn fast_verdict_dtype(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    VERDICT.get(py).cloned()
}

/// The dtype of trades.
#[pyfunction]
pub fn fast_trade_dtype(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    TRADE.get(py).cloned()
}

/// Numbers of one kind as an array.
fn numbers<'py, T: Pod>(
    py: Python<'py>,
    numbers: &[T],
    format: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let bytes = pyo3::types::PyBytes::new(py, bytemuck::cast_slice(numbers));
    py.import("numpy")?.call_method1("frombuffer", (bytes, format))
}

#[pymethods]
impl FastRiskEngine {
    fn submit_many<'py>(
        &mut self,
        py: Python<'py>,
        orders: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let rows: Vec<OrderRow> = read(orders, fast_order_dtype(py)?, "fast_order_dtype()")?;
        let said = py.detach(|| {
            let mut said = Vec::with_capacity(rows.len());
            self.judge(&rows, &mut said).map(|()| said)
        })?;
        records::write(py, &said, &VERDICT)
    }

    fn trade_many<'py>(
        &mut self,
        py: Python<'py>,
        trades: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let rows: Vec<TradeRow> = read(trades, fast_trade_dtype(py)?, "fast_trade_dtype()")?;
        let reasons = py.detach(|| self.tell_each(&rows, |engine, row| engine.note_trade(row)))?;
        numbers(py, &reasons, "<u2")
    }

    fn end_many<'py>(
        &mut self,
        py: Python<'py>,
        order_ids: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let dtype = py.import("numpy")?.call_method1("dtype", ("<u8",))?;
        let ids: Vec<u64> = read(order_ids, dtype, "uint64")?;
        let reasons = py.detach(|| self.tell_each(&ids, |engine, &id| engine.note_end(id)))?;
        numbers(py, &reasons, "<u2")
    }
}

impl FastRiskEngine {
    /// Tells of each row what `note` notes of it; why it didn't, or 0.
    fn tell_each<T>(
        &mut self,
        rows: &[T],
        note: impl Fn(&mut Self, &T) -> Option<engine::reject::Reject>,
    ) -> PyResult<Vec<u16>> {
        let mut reasons = Vec::with_capacity(rows.len());
        for rows in rows.chunks(TOLD_AT_ONCE) {
            for row in rows {
                reasons.push(note(self, row).map_or(0, engine::reject::Reject::number));
            }
            self.tell()?;
        }
        Ok(reasons)
    }
}
