//! Reference data on its way into the log.

use bytemuck::Zeroable;
use engine::pod::{
    Account, Command, CommandKind, Instrument, InstrumentRules, Limits, ScheduledSession,
    SelfTrade, SessionState, ACCOUNT_SELF_TRADE_SHIFT, MAX_COMMANDS,
};
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
        policies: fields.number("policies")?,
        ..Instrument::zeroed()
    };
    Ok(instrument)
}

fn account(fields: &mut Fields<'_>) -> PyResult<Account> {
    let prevention: u16 = fields.number("self_trade_prevention")?;
    let prevention = SelfTrade::try_from(prevention)
        .map_err(|_| PyValueError::new_err("self_trade_prevention: must be 0 to 5"))?;
    let group: u32 = fields.number("self_trade_group")?;
    let flags: u64 = fields.number("flags")?;
    Ok(Account {
        id: fields.number("id")?,
        firm: fields.number("firm")?,
        flags: flags | u64::from(prevention.number()) << ACCOUNT_SELF_TRADE_SHIFT,
        name: fields.name("name")?,
        currency: fields.currency()?,
        self_trade_group: u64::from(group),
    })
}

/// Whether its values make sense together is for the engine to judge; here they must fit.
fn rules(fields: &mut Fields<'_>) -> PyResult<InstrumentRules> {
    let mut rules = InstrumentRules {
        instrument: fields.number("instrument")?,
        flags: fields.number("flags")?,
        static_band_bps: fields.number("static_band_bps")?,
        dynamic_band_bps: fields.number("dynamic_band_bps")?,
        protection_bps: fields.number("protection_bps")?,
        auction_seconds: fields.number("auction_seconds")?,
        ..InstrumentRules::zeroed()
    };
    let ticks: Vec<[i64; 2]> = fields.number("ticks")?;
    if ticks.len() > rules.tick_from.len() {
        return Err(PyValueError::new_err("ticks: must be at most 8"));
    }
    for (place, [from, size]) in ticks.into_iter().enumerate() {
        (rules.tick_from[place], rules.tick_size[place]) = (from, size);
    }
    let schedule: Vec<[u32; 3]> = fields.number("schedule")?;
    if schedule.len() > rules.schedule.len() {
        return Err(PyValueError::new_err("schedule: must be at most 9"));
    }
    for (place, moment) in rules.schedule.iter_mut().zip(schedule) {
        *place = scheduled(moment).ok_or_else(|| {
            let problem = "must be (second of the day, session 0 to 8, weekdays 1 to 127)";
            PyValueError::new_err(format!("schedule: {problem}"))
        })?;
    }
    Ok(rules)
}

/// A change of session as a word of the record.
fn scheduled([second, session, weekdays]: [u32; 3]) -> Option<u64> {
    let session = SessionState::try_from(u16::try_from(session).ok()?).ok()?;
    let weekdays = u8::try_from(weekdays).ok()?;
    let word = ScheduledSession { second, session, weekdays }.word();
    // Only what is read again is one.
    ScheduledSession::read(word).map(ScheduledSession::word)
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
    let mut commands = Vec::with_capacity(items.len());
    let (mut instruments, mut accounts) = (Vec::new(), Vec::new());
    let (mut all_limits, mut all_rules) = (Vec::new(), Vec::new());
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
            "rules" => {
                all_rules.push(rules(&mut fields)?);
                (CommandKind::SetRules, all_rules.len() - 1)
            }
            _ => {
                let problem = format!("no kind {kind:?}: instrument, account, limits or rules");
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
        rules: &all_rules,
        fees: &[],
        ..Frame::new(header)
    }
    .write(&mut out);
    Ok(PyBytes::new(py, &out))
}
