//! What operators and services ask risk.

use std::collections::HashMap;

use engine::pod::{Account, MAX_SCALES};
use engine::reject::Reject;
use engine::risk::{Killed, Level};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use wire::query;
use wire::reference;
use wire::request::RequestError;
use wire::response::explain;

use crate::error::IntoPyErr;
use crate::gateway::InstrumentInfo;
use crate::queries::by_symbol;
use crate::risk_rows::{name, ExposureRow, LimitsRow, PositionRow, ProfitAndLossRow};
use crate::stages::RiskStage;

/// The level with this number.
pub fn level_of(number: u32) -> PyResult<Level> {
    match number {
        0 => Ok(Level::Account),
        1 => Ok(Level::Firm),
        2 => Ok(Level::Venue),
        _ => Err(PyValueError::new_err("a level is 0 (account), 1 (firm) or 2 (venue)")),
    }
}

/// The number of a level.
const fn number_of(level: Level) -> u32 {
    match level {
        Level::Account => 0,
        Level::Firm => 1,
        Level::Venue => 2,
    }
}

impl RiskStage {
    fn account(&self, name: &str) -> Option<&Account> {
        let name = reference::name(name.as_bytes())?;
        self.inner.reference().account_of(&name, None)
    }

    /// The account of this name, if it is the firm's; none when no name is given.
    fn account_asked(&self, text: &str, firm: Option<u32>) -> PyResult<Option<u32>> {
        if text.is_empty() {
            return Ok(None);
        }
        let name = reference::name(text.as_bytes());
        let account = name.and_then(|name| self.inner.reference().account_of(&name, firm));
        let unknown = || RequestError::UnknownAccount(text.to_owned()).into_py_err();
        account.map(|account| Some(account.id)).ok_or_else(unknown)
    }
}

#[pymethods]
impl RiskStage {
    #[getter]
    const fn money_scale(&self) -> u8 {
        MAX_SCALES
    }

    fn account_firm(&self, name: &str) -> Option<u32> {
        self.account(name).map(|account| account.firm)
    }

    fn account_id(&self, name: &str) -> Option<u32> {
        self.account(name).map(|account| account.id)
    }

    fn account_name(&self, account: u32) -> Option<String> {
        self.inner.reference().account(account).map(|account| name(&account.name))
    }

    #[pyo3(signature = (firm = None))]
    fn account_names(&self, firm: Option<u32>) -> Vec<String> {
        let accounts = self.inner.reference().accounts();
        let wanted = accounts.filter(|account| firm.is_none_or(|firm| firm == account.firm));
        let mut names: Vec<String> = wanted.map(|account| name(&account.name)).collect();
        names.sort_unstable();
        names
    }

    fn positions(&self, account: &str) -> Vec<PositionRow> {
        let Some(account) = self.account(account) else { return Vec::new() };
        let engine = self.inner.engine();
        let positions = engine.positions(account.id);
        let row =
            |position| Some(PositionRow::new(position, engine.instrument(position.instrument)?));
        let mut rows: Vec<PositionRow> = positions.iter().filter_map(row).collect();
        rows.sort_unstable_by(|a, b| a.symbol.cmp(&b.symbol));
        rows
    }

    fn exposure(&self, account: &str) -> Option<ExposureRow> {
        ExposureRow::of(self.inner.engine(), self.account(account)?)
    }

    #[pyo3(signature = (level, holder = 0))]
    fn profit_and_loss(&self, level: u32, holder: u32) -> PyResult<Option<ProfitAndLossRow>> {
        Ok(ProfitAndLossRow::of(self.inner.engine(), level_of(level)?, holder))
    }

    #[pyo3(signature = (account, instrument = 0))]
    fn limits(&self, account: &str, instrument: u32) -> Option<LimitsRow> {
        let account = self.account(account)?;
        let engine = self.inner.engine();
        let limits = engine.limits(account.id, instrument)?;
        Some(LimitsRow::new(limits, engine.instrument(instrument)))
    }

    #[pyo3(signature = (level, holder = 0))]
    fn limits_of(&self, level: u32, holder: u32) -> PyResult<Vec<LimitsRow>> {
        Ok(LimitsRow::all_of(self.inner.engine(), level_of(level)?, holder))
    }

    fn kill_switches(&self) -> Vec<(u32, u32)> {
        let killed = self.inner.engine().killed().into_iter();
        let of_traders = killed.filter_map(|killed| match killed {
            Killed::Trader(level, holder) => Some((number_of(level), holder)),
            Killed::Session(_) => None,
        });
        let mut holders: Vec<_> = of_traders.collect();
        holders.sort_unstable();
        holders
    }

    fn changed_positions(&self, py: Python<'_>, fills: &[u8]) -> PyResult<Vec<(String, String)>> {
        let pairs =
            py.detach(|| query::changed_positions(fills)).map_err(IntoPyErr::into_py_err)?;
        let (reference, engine) = (self.inner.reference(), self.inner.engine());
        let names = pairs.into_iter().filter_map(|(account, instrument)| {
            let (account, instrument) =
                (reference.account(account)?, engine.instrument(instrument)?);
            Some((name(&account.name), name(&instrument.symbol)))
        });
        Ok(names.collect())
    }

    #[pyo3(signature = (sequence, fills, firm = None, account = "", firm_names = HashMap::new()))]
    fn breaches<'py>(
        &self,
        py: Python<'py>,
        sequence: u64,
        fills: &[u8],
        firm: Option<u32>,
        account: &str,
        firm_names: HashMap<u32, String>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let account = self.account_asked(account, firm)?;
        let firm_name = |firm: u32| firm_names.get(&firm).map(String::as_str);
        let bytes = py
            .detach(|| query::breaches(&self.inner, (sequence, fills), firm, account, firm_name))
            .map_err(IntoPyErr::into_py_err)?;
        Ok(PyBytes::new(py, &bytes))
    }

    #[pyo3(signature = (request, firm = None))]
    fn check<'py>(
        &self,
        py: Python<'py>,
        request: &[u8],
        firm: Option<u32>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let bytes =
            query::check_order(&self.inner, request, firm).map_err(IntoPyErr::into_py_err)?;
        Ok(PyBytes::new(py, &bytes))
    }

    fn instruments(&self) -> Vec<InstrumentInfo> {
        by_symbol(self.inner.reference().instruments().map(|found| InstrumentInfo::new(found, 0)))
    }
}

/// A reason why something is refused, in words.
#[pyfunction]
pub fn reject_text(reason: u16) -> &'static str {
    explain(reason)
}

/// The reasons of risk's own, in order of precedence.
#[pyfunction]
pub fn risk_reasons() -> Vec<u16> {
    Reject::ALL.into_iter().filter(|reason| reason.is_of_risk()).map(Reject::number).collect()
}
