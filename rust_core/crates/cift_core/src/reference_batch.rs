//! Reference data on its way into the log.

use bytemuck::Zeroable;
use engine::pod::{
    Account, Command, CommandKind, FeeRates, FeeSchedule, Flow, Instrument, InstrumentRules,
    Limits, ScheduledSession, SelfTrade, SessionState, ACCOUNT_SELF_TRADE_SHIFT, FEES_NONE,
    FEE_TIERS, LIMITS_OF_FIRM, LIMITS_OF_VENUE, MAX_COMMANDS,
};
use engine::risk::{Level, RELAY, RELAY_URGENT};
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
        currency_word(&text)
    }

    /// Money as decimal text of an integer, since JSON has no 128-bit numbers.
    fn money(&mut self, name: &str) -> PyResult<i128> {
        let text: Option<String> = self.take(name)?;
        let parsed = text.map_or(Ok(0), |text| text.parse::<i128>());
        parsed.map_err(|error| PyValueError::new_err(format!("{name}: {error}")))
    }

    fn level(&mut self) -> PyResult<Holder> {
        let text: Option<String> = self.take("level")?;
        Holder::of(text.as_deref().unwrap_or("account"))
    }

    fn end(self) -> PyResult<()> {
        if self.taken == self.fields.len() {
            return Ok(());
        }
        Err(PyValueError::new_err(format!("a field is not known: {}", self.fields)))
    }
}

/// A currency as a word of the records.
pub fn currency_word(text: &str) -> PyResult<u64> {
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    if text.is_empty() || text.len() > 8 || !text.bytes().all(plain) {
        let problem = "currency: must be 1 to 8 capital letters or digits";
        return Err(PyValueError::new_err(problem));
    }
    let mut word = 0_u64;
    bytemuck::bytes_of_mut(&mut word)[..text.len()].copy_from_slice(text.as_bytes());
    Ok(word)
}

/// Whom limits, fees and kill switches are about.
#[derive(Clone, Copy)]
pub struct Holder(pub Level);

impl Holder {
    /// What is called so.
    pub fn of(name: &str) -> PyResult<Self> {
        match name {
            "account" => Ok(Self(Level::Account)),
            "firm" => Ok(Self(Level::Firm)),
            "venue" => Ok(Self(Level::Venue)),
            _ => Err(PyValueError::new_err("level: must be 'account', 'firm' or 'venue'")),
        }
    }

    /// As records say it.
    pub const fn bit(self) -> u64 {
        match self.0 {
            Level::Account => 0,
            Level::Firm => LIMITS_OF_FIRM,
            Level::Venue => LIMITS_OF_VENUE,
        }
    }

    /// As kill switches say it.
    pub const fn number(self) -> u16 {
        match self.0 {
            Level::Account => 0,
            Level::Firm => 1,
            Level::Venue => 2,
        }
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
        maintenance_margin_bps: fields.number("maintenance_margin_bps")?,
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
        checks: fields.number::<u64>("checks")? | fields.level()?.bit(),
        max_order_quantity: fields.number("max_order_quantity")?,
        max_position: fields.number("max_position")?,
        collar_bps: fields.number("collar_bps")?,
        max_open_orders: fields.number("max_open_orders")?,
        flow: flow(fields)?.word(),
        max_gross_position: fields.number("max_gross_position")?,
        max_short: fields.number("max_short")?,
        ..Limits::zeroed()
    };
    limits.set_max_order_notional(fields.money("max_order_notional")?);
    limits.set_credit(fields.money("credit")?);
    limits.set_max_gross_exposure(fields.money("max_gross_exposure")?);
    limits.set_max_daily_loss(fields.money("max_daily_loss")?);
    Ok(limits)
}

/// How fast orders may come; what doesn't fit into the record is refused, not cut off.
fn flow(fields: &mut Fields<'_>) -> PyResult<Flow> {
    let flow = Flow {
        messages: fields.number("messages_per_second")?,
        burst: fields.number("message_burst")?,
        window_ms: fields.number("duplicate_window_ms")?,
        duplicates: fields.number("duplicate_max")?,
    };
    if Flow::read(flow.word()) != flow {
        let problem = "messages_per_second must be below 2^20, duplicate_max below 2^12";
        return Err(PyValueError::new_err(problem));
    }
    Ok(flow)
}

/// A schedule of fees, or, without tiers, that there is none.
pub fn schedule(tiers: &[[i64; 3]], account: u32, holder: Holder) -> PyResult<FeeSchedule> {
    let none = if tiers.is_empty() { FEES_NONE } else { 0 };
    let mut schedule = FeeSchedule { account, flags: none | holder.bit(), ..FeeSchedule::zeroed() };
    if tiers.len() > FEE_TIERS {
        return Err(PyValueError::new_err("tiers: must be at most 8"));
    }
    for (place, &[from, maker, taker]) in tiers.iter().enumerate() {
        // What doesn't fit is out of bounds, and refused below.
        schedule.tier_from[place] = u64::try_from(from).unwrap_or(u64::MAX);
        let rate = |rate: i64| i32::try_from(rate).unwrap_or(i32::MAX);
        schedule.tier_rates[place] = FeeRates { maker: rate(maker), taker: rate(taker) }.word();
    }
    if !schedule.is_valid() || schedule.tiers() != tiers.len().max(1) {
        let problem = "tiers: must begin at 0 and rise, with rates of -100000 to 100000 millionths";
        return Err(PyValueError::new_err(problem));
    }
    Ok(schedule)
}

fn fees(fields: &mut Fields<'_>) -> PyResult<FeeSchedule> {
    let tiers: Vec<[i64; 3]> = fields.number("tiers")?;
    schedule(&tiers, fields.number("account")?, fields.level()?)
}

/// The value of a currency.
fn conversion(fields: &mut Fields<'_>) -> PyResult<Command> {
    Ok(Command {
        kind: CommandKind::SetConversion.number(),
        order_id: fields.currency()?,
        price: fields.number("value")?,
        ..Command::zeroed()
    })
}

/// A kill switch of an account, a firm or the venue.
fn switch(fields: &mut Fields<'_>, kind: CommandKind) -> PyResult<Command> {
    Ok(Command {
        kind: kind.number(),
        payload_index: fields.level()?.number(),
        account: fields.number("account")?,
        ..Command::zeroed()
    })
}

/// What the commands of a batch name.
#[derive(Default)]
struct Records {
    instruments: Vec<Instrument>,
    accounts: Vec<Account>,
    limits: Vec<Limits>,
    rules: Vec<InstrumentRules>,
    fees: Vec<FeeSchedule>,
}

impl Records {
    /// The command of a kind with these fields, its record kept.
    fn command(&mut self, kind: &str, fields: &mut Fields<'_>) -> PyResult<Command> {
        let (kind, place) = match kind {
            "instrument" => {
                (CommandKind::SetInstrument, keep(&mut self.instruments, instrument(fields)?))
            }
            "account" => (CommandKind::SetAccount, keep(&mut self.accounts, account(fields)?)),
            "limits" => (CommandKind::SetLimits, keep(&mut self.limits, limits(fields)?)),
            "rules" => (CommandKind::SetRules, keep(&mut self.rules, rules(fields)?)),
            "fees" => (CommandKind::SetFees, keep(&mut self.fees, fees(fields)?)),
            "conversion" => return conversion(fields),
            "kill" => return switch(fields, CommandKind::Kill),
            "unkill" => return switch(fields, CommandKind::Unkill),
            _ => {
                let known = "instrument, account, limits, rules, fees, conversion, kill, unkill";
                return Err(PyValueError::new_err(format!("no kind {kind:?}: {known}")));
            }
        };
        Ok(Command { kind: kind.number(), payload_index: place, ..Command::zeroed() })
    }
}

/// Keeps a record; returns its place.
fn keep<T>(records: &mut Vec<T>, record: T) -> u16 {
    records.push(record);
    (records.len() - 1) as u16
}

/// A batch of reference data as a relay writes it: its origin, numbered by the outbox.
#[pyfunction]
#[pyo3(signature = (batch, items, shard = 0, urgent = false))]
pub fn encode_reference<'py>(
    py: Python<'py>,
    batch: u64,
    items: Vec<(String, Bound<'py, PyDict>)>,
    #[pyo3(from_py_with = crate::error::shard)] shard: u32,
    urgent: bool,
) -> PyResult<Bound<'py, PyBytes>> {
    if items.is_empty() || items.len() > MAX_COMMANDS {
        return Err(PyValueError::new_err("a batch holds 1 to 4096 commands"));
    }
    let mut commands = Vec::with_capacity(items.len());
    let mut records = Records::default();
    for (kind, fields) in items {
        let mut fields = Fields { fields, taken: 0 };
        commands.push(records.command(&kind, &mut fields)?);
        fields.end()?;
    }
    let mut header = Header::new(Log::Orders);
    header.shard = shard;
    header.origin = if urgent { RELAY_URGENT } else { RELAY };
    header.batch = batch;
    let mut out = Vec::new();
    Frame {
        commands: &commands,
        instruments: &records.instruments,
        accounts: &records.accounts,
        limits: &records.limits,
        rules: &records.rules,
        fees: &records.fees,
        ..Frame::new(header)
    }
    .write(&mut out);
    Ok(PyBytes::new(py, &out))
}
