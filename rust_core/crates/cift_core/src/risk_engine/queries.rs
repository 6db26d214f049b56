//! What there is, and what would be said.

use bytemuck::Zeroable;
use engine::pod::Instrument;
use engine::risk::{CheckResult, Killed, Level, Unit};
use pyo3::prelude::*;
use wire::response::explain;

use super::{row_of, FastRiskEngine};
use crate::reference_batch::Holder;
use crate::risk_rows::{ExposureRow, LimitsRow, PositionRow, ProfitAndLossRow};

/// What one check says of an order.
#[pyclass(module = "cift_core", frozen, get_all)]
#[derive(Clone)]
pub struct RiskCheck {
    name: &'static str,
    level: &'static str,
    passed: bool,
    off: bool,
    limit: Option<i128>,
    value: i128,
    headroom: Option<i128>,
    unit: &'static str,
    reason: u16,
}

#[pymethods]
impl RiskCheck {
    fn __repr__(&self) -> String {
        let Self { name, level, value, .. } = self;
        match (self.limit, self.passed) {
            (None, _) => format!("RiskCheck({name} of the {level}: off)"),
            (Some(limit), true) => format!("RiskCheck({name} of the {level}: {value} of {limit})"),
            (Some(limit), false) => {
                format!("RiskCheck({name} of the {level}: {value} of {limit}, fails)")
            }
        }
    }
}

impl RiskCheck {
    fn new(result: &CheckResult) -> Self {
        let on = !result.off;
        Self {
            name: result.check.name(),
            level: level_name(result.level),
            passed: result.passed,
            off: result.off,
            limit: on.then_some(result.limit),
            value: result.value,
            headroom: on.then(|| result.headroom()),
            unit: match result.check.unit() {
                Unit::One => "count",
                Unit::Quantity => "quantity",
                Unit::Price => "price",
                Unit::Money => "money",
                Unit::MoneyBps => "money_bps",
            },
            reason: result.check.reason().number(),
        }
    }
}

/// What an order would be told.
#[pyclass(module = "cift_core", frozen, get_all)]
pub struct RiskDryRun {
    accepted: bool,
    reason: u16,
    text: &'static str,
    checks: Vec<RiskCheck>,
}

const fn level_name(level: Level) -> &'static str {
    match level {
        Level::Account => "account",
        Level::Firm => "firm",
        Level::Venue => "venue",
    }
}

#[pymethods]
impl FastRiskEngine {
    #[pyo3(signature = (
        account, instrument, side, price, quantity, ord_type = "limit", reduce_only = false,
        stop_price = 0
    ))]
    #[expect(clippy::too_many_arguments, reason = "an order has as many fields")]
    fn check(
        &mut self,
        account: u32,
        instrument: u32,
        side: &str,
        price: i64,
        quantity: i64,
        ord_type: &str,
        reduce_only: bool,
        stop_price: i64,
    ) -> PyResult<RiskDryRun> {
        let more = (ord_type, reduce_only, stop_price);
        let row = row_of(account, instrument, side, price, quantity, more.0, more.1, more.2)?;
        let command = self.command(&row);
        let answer = self.engine.check(&command);
        Ok(RiskDryRun {
            accepted: answer.refused.is_none(),
            reason: answer.refused.map_or(0, |reason| reason.number()),
            text: answer.refused.map_or("", |reason| explain(reason.number())),
            checks: answer.checks.iter().map(RiskCheck::new).collect(),
        })
    }

    fn position(&self, account: u32, instrument: u32) -> i64 {
        self.engine.position_in(account, instrument).map_or(0, |position| position.quantity)
    }

    fn positions(&self, account: u32) -> Vec<PositionRow> {
        let positions = self.engine.positions(account);
        let none = Instrument::zeroed();
        let of = |instrument| self.engine.instrument(instrument).unwrap_or(&none);
        positions.iter().map(|one| PositionRow::new(one, of(one.instrument))).collect()
    }

    fn exposure(&self, account: u32) -> Option<ExposureRow> {
        ExposureRow::of(&self.engine, self.engine.account(account)?)
    }

    #[pyo3(signature = (level = "venue", holder = 0))]
    fn profit_and_loss(&self, level: &str, holder: u32) -> PyResult<Option<ProfitAndLossRow>> {
        Ok(ProfitAndLossRow::of(&self.engine, Holder::of(level)?.0, holder))
    }

    #[pyo3(signature = (level = "venue", holder = 0))]
    fn limits_of(&self, level: &str, holder: u32) -> PyResult<Vec<LimitsRow>> {
        Ok(LimitsRow::all_of(&self.engine, Holder::of(level)?.0, holder))
    }

    fn kill_switches(&self) -> Vec<(&'static str, u32)> {
        let killed = self.engine.killed().into_iter();
        let of_traders = killed.filter_map(|killed| match killed {
            Killed::Trader(level, holder) => Some((level_name(level), holder)),
            Killed::Session(_) => None,
        });
        of_traders.collect()
    }

    fn buying_power(&self, account: u32) -> Option<i128> {
        let buying = self.engine.buying(account)?;
        buying.checked.then_some(buying.available)
    }

    fn open_orders(&self, account: u32) -> u32 {
        self.engine.buying(account).map_or(0, |buying| buying.open_orders)
    }

    #[getter]
    fn state_hash(&self) -> u64 {
        self.engine.state_hash()
    }
}
