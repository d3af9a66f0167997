//! What changed since an earlier engine.

use std::sync::Arc;

use numpy::PyReadonlyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::Engine;
use crate::arguments;
use crate::changes::Changes;
use crate::columns::{self, Batch};
use crate::errors::wrong_type;

#[pymethods]
impl Engine {
    /// What changed since an earlier engine of the same cluster, or since a generation of it.
    ///
    /// One that is too old (more than four thousand generations back) or later than this one touches
    /// everything. Raises `ValueError` for an engine of another cluster; a copy and what was read from
    /// a pickle are other clusters.
    #[pyo3(signature = (earlier, /))]
    fn changes_since(&self, earlier: &Bound<'_, PyAny>) -> PyResult<Changes> {
        let generation = if let Ok(engine) = earlier.cast::<Engine>() {
            if !Arc::ptr_eq(&engine.get().lineage, &self.lineage) {
                return Err(PyValueError::new_err("the engine is of another cluster"));
            }
            engine.get().generation()
        } else {
            match arguments::integer(earlier) {
                Some(number) => u64::try_from(number?)
                    .map_err(|_| PyValueError::new_err("generations count from 1"))?,
                None => {
                    let expected = "a netpol.Engine or a generation";
                    return Err(wrong_type("earlier", expected, earlier));
                }
            }
        };
        Ok(Changes::new(self.engine.clone(), generation))
    }

    /// The rows of a table whose verdict is not what it was, in order. `before` are the verdicts that
    /// they got in the generation that `changes` start from; only the rows that the changes touch are
    /// decided again.
    #[pyo3(signature = (changes, flows, before, /, *, columns=None, threads=None))]
    fn recheck<'py>(
        &self,
        py: Python<'py>,
        changes: &Bound<'py, Changes>,
        flows: &Bound<'py, PyAny>,
        before: &Bound<'py, PyAny>,
        columns: Option<&Bound<'py, PyAny>>,
        threads: Option<usize>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let batch = Batch::new(&self.engine, flows, columns, None, threads)?;
        let wrong = || wrong_type("before", "an array of truth values", before);
        let verdicts = py.import("numpy")?.call_method1("asarray", (before,))?;
        let verdicts = verdicts.extract::<PyReadonlyArray1<'_, bool>>().map_err(|_| wrong())?;
        let before = verdicts.as_array().iter().copied().collect::<Vec<_>>();
        columns::recheck(py, &batch, changes.get().inner(), &before)
    }
}
