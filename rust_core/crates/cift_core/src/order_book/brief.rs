//! Arrays of brief requests: numpy's memory in, numpy's memory out.

use bytemuck::{cast_slice, cast_slice_mut, Zeroable};
use engine::brief::{Answer, Request};
use engine::matching::Told;
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PySlice};

use super::{broken, FastOrderBook, INSTRUMENT};
use crate::records::{empty, write, Dtype, ANSWER, DEAL, EVENT, REQUEST};

/// Requests that are served at a time: with their answers they stay in the second cache.
const AT_A_TIME: usize = 4096;

/// What requests did, and room for some of them.
pub struct Brief {
    told: Told,
    requests: Vec<Request>,
    answers: Vec<Answer>,
}

impl Default for Brief {
    fn default() -> Self {
        Self {
            told: Told::default(),
            requests: vec![Request::zeroed(); AT_A_TIME],
            answers: vec![Answer::default(); AT_A_TIME],
        }
    }
}

/// Records in numpy's memory, as bytes, of which some can be reached at a time.
struct Records<'py> {
    bytes: Bound<'py, PyAny>,
    size: usize,
    /// How many there are.
    count: usize,
    readonly: bool,
}

impl<'py> Records<'py> {
    /// Those of an array; if need be of a copy, where that is as good.
    fn of(array: &Bound<'py, PyAny>, dtype: &Dtype, copied: bool) -> PyResult<Self> {
        let wrong = || PyValueError::new_err(format!("a row of {} is wanted", dtype.name));
        let wanted = dtype.get(array.py())?;
        let bytes = if array.is_instance_of::<PyBytes>() {
            array.clone()
        } else if !array
            .getattr(intern!(array.py(), "dtype"))
            .is_ok_and(|own| own.eq(wanted).unwrap_or(false))
        {
            return Err(wrong());
        } else {
            match array.call_method1(intern!(array.py(), "view"), ("u1",)) {
                Ok(bytes) if PyBuffer::<u8>::get(&bytes)?.is_c_contiguous() => bytes,
                _ if copied => array.call_method0("tobytes")?,
                _ => return Err(wrong()),
            }
        };
        let memory = PyBuffer::<u8>::get(&bytes)?;
        let (size, length) = (dtype.size, memory.len_bytes());
        if memory.dimensions() != 1 || !length.is_multiple_of(size) {
            return Err(wrong());
        }
        Ok(Self { bytes, size, count: length / size, readonly: memory.readonly() })
    }

    /// The memory of so many, from one on.
    fn some(&self, first: usize, count: usize) -> PyResult<PyBuffer<u8>> {
        if count == self.count {
            return PyBuffer::get(&self.bytes);
        }
        let (start, stop) = ((first * self.size) as isize, ((first + count) * self.size) as isize);
        let slice = PySlice::new(self.bytes.py(), start, stop, 1);
        PyBuffer::get(&self.bytes.get_item(slice)?)
    }
}

#[pymethods]
impl FastOrderBook {
    #[pyo3(signature = (requests, out = None))]
    fn send<'py>(
        &mut self,
        py: Python<'py>,
        requests: &Bound<'py, PyAny>,
        out: Option<Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let from = Records::of(requests, &REQUEST, true)?;
        if u32::try_from(from.count).is_err() {
            return Err(PyValueError::new_err("fewer than 2^32 requests at a time"));
        }
        let answers = match out {
            Some(out) => out,
            None => empty(py, from.count, &ANSWER)?,
        };
        let to = Records::of(&answers, &ANSWER, false)?;
        if to.count != from.count || to.readonly {
            let problem = "'out' is as long as the requests, and can be written";
            return Err(PyValueError::new_err(problem));
        }
        let Self { engine, brief: Brief { told, requests, answers: room }, .. } = self;
        told.clear();
        for first in (0..from.count).step_by(AT_A_TIME) {
            let count = AT_A_TIME.min(from.count - first);
            let (requests, room) = (&mut requests[..count], &mut room[..count]);
            from.some(first, count)?.copy_to_slice(py, cast_slice_mut(requests))?;
            py.detach(|| engine.serve(INSTRUMENT, requests, room, told)).map_err(broken)?;
            to.some(first, count)?.copy_from_slice(py, cast_slice(room))?;
        }
        let deals = write(py, &told.deals, &DEAL)?;
        Ok((answers, deals))
    }

    #[getter]
    fn others<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        write(py, &self.brief.told.others, &EVENT)
    }
}
