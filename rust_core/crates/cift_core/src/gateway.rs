//! Order entry's Rust half.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};
use wire::gateway;
use wire::query;
use wire::reference;
use wire::request::{Control, Method};
use wire::response::word_text;

use crate::error::{shard, IntoPyErr};

/// The origins that stand for the relays of reference data.
const RELAYS: [u64; 2] = [engine::risk::RELAY, engine::risk::RELAY_URGENT];

/// Requests become batches of ORDERS, FILLS become answers.
#[pyclass(module = "cift_core")]
pub struct Gateway {
    inner: gateway::Gateway,
}

/// What became of a request at once.
#[pyclass(module = "cift_core", frozen, get_all)]
pub struct Submitted {
    ticket: u64,
    response: Option<Py<PyBytes>>,
    wait_received: bool,
}

/// A batch ready to be published.
#[pyclass(module = "cift_core", frozen, get_all)]
pub struct Frozen {
    batch: u64,
    token: String,
    frame: Py<PyBytes>,
    count: usize,
}

/// What a FILLS message meant for those who wait.
#[pyclass(module = "cift_core", frozen, get_all)]
pub struct Applied {
    completed: Py<PyList>,
    repeats: Py<PyList>,
    own_batch: u64,
    status: u16,
    origin: u64,
}

/// An instrument as FILLS told it last.
#[pyclass(module = "cift_core", frozen, get_all)]
pub struct InstrumentInfo {
    pub id: u32,
    pub symbol: String,
    pub currency: String,
    pub price_scale: u8,
    pub quantity_scale: u8,
    pub tick_size: i64,
    pub lot_size: i64,
    pub trading: bool,
    pub resting_orders: u32,
}

impl InstrumentInfo {
    pub fn new(instrument: &engine::pod::Instrument, resting_orders: u32) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            id: instrument.id,
            symbol: text(reference::text(&instrument.symbol)),
            currency: text(word_text(&instrument.currency)),
            price_scale: instrument.price_scale,
            quantity_scale: instrument.quantity_scale,
            tick_size: instrument.tick_size,
            lot_size: instrument.lot_size,
            trading: instrument.flags & engine::pod::INSTRUMENT_ENABLED != 0,
            resting_orders,
        }
    }
}

type Answers = Vec<(u64, Vec<u8>)>;

fn answers<'py>(py: Python<'py>, answers: &Answers) -> PyResult<Bound<'py, PyList>> {
    let pairs = answers.iter().map(|(ticket, bytes)| (*ticket, PyBytes::new(py, bytes)));
    PyList::new(py, pairs.collect::<Vec<_>>())
}

fn submitted(py: Python<'_>, submitted: gateway::Submitted) -> Submitted {
    let gateway::Submitted { ticket, response, wait_received } = submitted;
    let response = response.map(|bytes| PyBytes::new(py, &bytes).unbind());
    Submitted { ticket, response, wait_received }
}

fn frozen(py: Python<'_>, frozen: gateway::Frozen) -> Frozen {
    let gateway::Frozen { batch, token, frame, count } = frozen;
    Frozen { batch, token, frame: PyBytes::new(py, &frame).unbind(), count }
}

#[pymethods]
impl Gateway {
    #[classattr]
    const METHOD_SUBMIT: u32 = Method::Submit as u32;
    #[classattr]
    const METHOD_CANCEL: u32 = Method::Cancel as u32;
    #[classattr]
    const METHOD_REPLACE: u32 = Method::Replace as u32;
    #[classattr]
    const METHOD_BATCH: u32 = Method::Batch as u32;
    #[classattr]
    const METHOD_SESSION: u32 = Method::Session as u32;
    #[classattr]
    const METHOD_ORDER_LIST: u32 = Method::OrderList as u32;
    #[classattr]
    const METHOD_MASS_CANCEL: u32 = Method::MassCancel as u32;
    #[classattr]
    const METHOD_SET_SESSION: u32 = Control::SetSession as u32;
    #[classattr]
    const METHOD_SET_LAST_TRADE: u32 = Control::SetLastTrade as u32;
    #[classattr]
    const METHOD_CANCEL_ALL: u32 = Control::CancelAll as u32;

    #[new]
    #[pyo3(signature = (shard, origin, max_pending = 65_536))]
    fn new(
        #[pyo3(from_py_with = shard)] shard: u32,
        origin: u64,
        max_pending: usize,
    ) -> PyResult<Self> {
        if origin == 0 || RELAYS.contains(&origin) {
            let said = "an origin is from 2 to 2^64 - 2; 1 and 2^64 - 1 are the relays'";
            return Err(PyValueError::new_err(said));
        }
        Ok(Self { inner: gateway::Gateway::new(shard, origin, max_pending) })
    }

    #[getter]
    fn pending(&self) -> usize {
        self.inner.pending()
    }

    #[getter]
    fn waiting(&self) -> usize {
        self.inner.waiting()
    }

    #[getter]
    fn applied(&self) -> u64 {
        self.inner.orders().applied()
    }

    #[pyo3(signature = (method, request, firm, session = 0))]
    fn submit(
        &mut self,
        py: Python<'_>,
        method: u32,
        request: &[u8],
        firm: u32,
        session: u32,
    ) -> PyResult<Submitted> {
        let method =
            Method::from_number(method).filter(|&method| method != Method::Check).ok_or_else(
                || PyValueError::new_err("method is one of METHOD_SUBMIT to METHOD_MASS_CANCEL"),
            )?;
        py.detach(|| self.inner.submit(method, request, firm, session))
            .map(|taken| submitted(py, taken))
            .map_err(IntoPyErr::into_py_err)
    }

    fn control(&mut self, py: Python<'_>, method: u32, request: &[u8]) -> PyResult<Submitted> {
        let control = Control::from_number(method).ok_or_else(|| {
            PyValueError::new_err("method is one of METHOD_SET_SESSION to METHOD_CANCEL_ALL")
        })?;
        py.detach(|| self.inner.control(control, request))
            .map(|taken| submitted(py, taken))
            .map_err(IntoPyErr::into_py_err)
    }

    fn bust_sequence(&self, request: &[u8]) -> PyResult<u64> {
        self.inner.bust_sequence(request).map_err(IntoPyErr::into_py_err)
    }

    fn bust_trade(&mut self, py: Python<'_>, request: &[u8], frame: &[u8]) -> PyResult<Submitted> {
        py.detach(|| self.inner.bust_trade(request, frame))
            .map(|taken| submitted(py, taken))
            .map_err(IntoPyErr::into_py_err)
    }

    fn freeze(&mut self, py: Python<'_>, fills_seen: u64) -> Option<Frozen> {
        py.detach(|| self.inner.freeze(fills_seen)).map(|batch| frozen(py, batch))
    }

    fn freeze_tick(&mut self, py: Python<'_>, unix_second: i64, fills_seen: u64) -> Frozen {
        frozen(py, self.inner.freeze_tick(unix_second, fills_seen))
    }

    fn stored<'py>(
        &mut self,
        py: Python<'py>,
        batch: u64,
        sequence: u64,
    ) -> PyResult<Bound<'py, PyList>> {
        if !(1..=engine::ids::MAX_SEQUENCE).contains(&sequence) {
            return Err(PyValueError::new_err("a sequence is 1 to 2^42 - 1"));
        }
        let answered = py.detach(|| self.inner.stored(batch, sequence));
        answers(py, &answered)
    }

    fn refused(&mut self, batch: u64) -> PyResult<Vec<u64>> {
        self.inner.refused(batch).map_err(IntoPyErr::into_py_err)
    }

    fn apply_fills(&mut self, py: Python<'_>, sequence: u64, frame: &[u8]) -> PyResult<Applied> {
        let applied = py
            .detach(|| self.inner.apply_fills(sequence, frame))
            .map_err(IntoPyErr::into_py_err)?;
        Ok(Applied {
            completed: answers(py, &applied.completed)?.unbind(),
            repeats: PyList::new(py, applied.repeats)?.unbind(),
            own_batch: applied.own_batch,
            status: applied.status,
            origin: applied.origin,
        })
    }

    fn complete_repeats<'py>(
        &mut self,
        py: Python<'py>,
        ticket: u64,
        frames: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let held: Vec<(u64, Bound<'py, PyBytes>)> = frames
            .iter()
            .map(|(sequence, frame)| {
                Ok((sequence.extract()?, frame.cast_into::<PyBytes>().map_err(PyErr::from)?))
            })
            .collect::<PyResult<_>>()?;
        let given: Vec<(u64, &[u8])> =
            held.iter().map(|(sequence, frame)| (*sequence, frame.as_bytes())).collect();
        let response =
            self.inner.complete_repeats(ticket, &given).map_err(IntoPyErr::into_py_err)?;
        Ok(PyBytes::new(py, &response.unwrap_or_default()))
    }

    fn unknown<'py>(&mut self, py: Python<'py>, ticket: u64) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.inner.unknown(ticket).unwrap_or_default())
    }

    fn forget(&mut self, ticket: u64) {
        self.inner.forget(ticket);
    }

    #[pyo3(signature = (session, killed = false))]
    fn cancel_session(&mut self, session: u32, killed: bool) -> usize {
        self.inner.cancel_session(session, killed)
    }

    fn origins_with_orders(&self) -> Vec<u64> {
        self.inner.origins_with_orders()
    }

    fn cancel_origin(&mut self, py: Python<'_>, origin: u64) -> usize {
        py.detach(|| self.inner.cancel_origin(origin))
    }

    fn kill_session(&mut self, session: u32) -> PyResult<Submitted> {
        if session == 0 {
            return Err(PyValueError::new_err("a session's number is at least 1"));
        }
        let ticket = self.inner.kill_session(session);
        Ok(Submitted { ticket, response: None, wait_received: false })
    }

    fn open_in_session(&self, session: u32) -> usize {
        self.inner.open_in_session(session)
    }

    fn get_order<'py>(
        &self,
        py: Python<'py>,
        request: &[u8],
        firm: u32,
    ) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let found = query::get_order(&self.inner, request, firm).map_err(IntoPyErr::into_py_err)?;
        Ok(found.map(|bytes| PyBytes::new(py, &bytes)))
    }

    #[pyo3(signature = (sequence, frame, firm, account = ""))]
    fn executions<'py>(
        &self,
        py: Python<'py>,
        sequence: u64,
        frame: &[u8],
        firm: u32,
        account: &str,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let account = match account {
            "" => None,
            name => Some(self.account_id(name, firm)?),
        };
        let bytes = py
            .detach(|| self.inner.executions(sequence, frame, firm, account))
            .map_err(IntoPyErr::into_py_err)?;
        Ok(PyBytes::new(py, &bytes))
    }

    fn account_id(&self, name: &str, firm: u32) -> PyResult<u32> {
        query::account(&self.inner, name.as_bytes(), firm).map_err(IntoPyErr::into_py_err)
    }

    fn instrument(&self, symbol: &str) -> Option<InstrumentInfo> {
        let name = reference::name(symbol.as_bytes())?;
        self.inner.reference().by_symbol(&name).map(|found| InstrumentInfo::new(found, 0))
    }
}
