//! Reference data on its way into the log.

use bytemuck::Zeroable;
use engine::pod::{Account, Command, CommandKind, Instrument, Limits, MAX_COMMANDS};
use engine::risk::RELAY;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use wire::frame::{Frame, Header, Log};
use wire::reference::{self, Name};

/// The fields of one command; every one must be known, those left out are zero.
struct Fields<'py> {
    fields: Bound<'py, PyDict>,
    taken: usize,
}

impl<'py> Fields<'py> {
    fn take<T: for<'a> FromPyObject<'a, 'py, Error = PyErr>>(
        &mut self,
        name: &str,
    ) -> PyResult<Option<T>> {
        let Some(value) = self.fields.get_item(name)? else { return Ok(None) };
        self.taken += 1;
        let read = value.extract();
        read.map(Some).map_err(|error: PyErr| PyValueError::new_err(format!("{name}: {error}")))
    }

    fn number<T: Default + for<'a> FromPyObject<'a, 'py, Error = PyErr>>(
        &mut self,
        name: &str,
    ) -> PyResult<T> {
        Ok(self.take(name)?.unwrap_or_default())
    }

    fn name(&mut self, name: &str) -> PyResult<Name> {
        let text: String = self.number(name)?;
        reference::name(text.as_bytes()).ok_or_else(|| {
            PyValueError::new_err(format!("{name}: must match ^[A-Z0-9][A-Z0-9_-]{{0,31}}$"))
        })
    }

    fn currency(&mut self) -> PyResult<u64> {
        let text: String = self.number("currency")?;
        let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
        if text.is_empty() || text.len() > 8 || !text.bytes().all(plain) {
            let problem = "currency: must be 1 to 8 capital letters or digits";
            return Err(PyValueError::new_err(problem));
        }
        let mut word = 0_u64;
        bytemuck::bytes_of_mut(&mut word)[..text.len()].copy_from_slice(text.as_bytes());
        Ok(word)
    }

    /// Money as decimal text of an integer, since JSON has no 128-bit numbers.
    fn money(&mut self, name: &str) -> PyResult<i128> {
        let text: Option<String> = self.take(name)?;
        let parsed = text.map_or(Ok(0), |text| text.parse::<i128>());
        parsed.map_err(|error| PyValueError::new_err(format!("{name}: {error}")))
    }

    fn end(self) -> PyResult<()> {
        if self.taken == self.fields.len() {
            return Ok(());
        }
        Err(PyValueError::new_err(format!("a field is not known: {}", self.fields)))
    }
}

fn instrument(fields: &mut Fields<'_>) -> PyResult<Instrument> {
    let instrument = Instrument {
        id: fields.number("id")?,
        price_scale: fields.number("price_scale")?,
        quantity_scale: fields.number("quantity_scale")?,
        flags: fields.number("flags")?,
        symbol: fields.name("symbol")?,
        currency: fields.currency()?,
        tick_size: fields.number("tick_size")?,
        lot_size: fields.number("lot_size")?,
        min_quantity: fields.number("min_quantity")?,
        max_quantity: fields.number("max_quantity")?,
        reference_price: fields.number("reference_price")?,
        initial_margin_bps: fields.number("initial_margin_bps")?,
        ..Instrument::zeroed()
    };
    Ok(instrument)
}

fn account(fields: &mut Fields<'_>) -> PyResult<Account> {
    Ok(Account {
        id: fields.number("id")?,
        firm: fields.number("firm")?,
        flags: fields.number("flags")?,
        name: fields.name("name")?,
        currency: fields.currency()?,
        self_trade_group: 0,
    })
}

fn limits(fields: &mut Fields<'_>) -> PyResult<Limits> {
    let mut limits = Limits {
        account: fields.number("account")?,
        instrument: fields.number("instrument")?,
        checks: fields.number("checks")?,
        max_order_quantity: fields.number("max_order_quantity")?,
        max_position: fields.number("max_position")?,
        collar_bps: fields.number("collar_bps")?,
        max_open_orders: fields.number("max_open_orders")?,
        ..Limits::zeroed()
    };
    limits.set_max_order_notional(fields.money("max_order_notional")?);
    limits.set_credit(fields.money("credit")?);
    Ok(limits)
}

/// A batch of reference data as the relay writes it: origin 1, numbered by the outbox.
#[pyfunction]
#[pyo3(signature = (batch, items, shard = 0))]
pub fn encode_reference<'py>(
    py: Python<'py>,
    batch: u64,
    items: Vec<(String, Bound<'py, PyDict>)>,
    #[pyo3(from_py_with = crate::error::shard)] shard: u32,
) -> PyResult<Bound<'py, PyBytes>> {
    if items.is_empty() || items.len() > MAX_COMMANDS {
        return Err(PyValueError::new_err("a batch holds 1 to 4096 commands"));
    }
    let (mut commands, mut instruments, mut accounts, mut all_limits) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (kind, fields) in items {
        let mut fields = Fields { fields, taken: 0 };
        let (kind, place) = match kind.as_str() {
            "instrument" => {
                instruments.push(instrument(&mut fields)?);
                (CommandKind::SetInstrument, instruments.len() - 1)
            }
            "account" => {
                accounts.push(account(&mut fields)?);
                (CommandKind::SetAccount, accounts.len() - 1)
            }
            "limits" => {
                all_limits.push(limits(&mut fields)?);
                (CommandKind::SetLimits, all_limits.len() - 1)
            }
            _ => {
                let problem = format!("no kind {kind:?}: instrument, account or limits");
                return Err(PyValueError::new_err(problem));
            }
        };
        fields.end()?;
        commands.push(Command {
            kind: kind.number(),
            payload_index: place as u16,
            ..Command::zeroed()
        });
    }
    let mut header = Header::new(Log::Orders);
    header.shard = shard;
    header.origin = RELAY;
    header.batch = batch;
    let mut out = Vec::new();
    Frame {
        commands: &commands,
        instruments: &instruments,
        accounts: &accounts,
        limits: &all_limits,
        ..Frame::new(header)
    }
    .write(&mut out);
    Ok(PyBytes::new(py, &out))
}
