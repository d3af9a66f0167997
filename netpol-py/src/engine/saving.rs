//! Engines as bytes, and what copies and pickles are made of.

use std::sync::Arc;

use netpol_core::contents::Contents;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyType};

use super::Engine;
use crate::errors;

#[pymethods]
impl Engine {
    /// What the engine was compiled from, as bytes that `restore` reads: JSON that carries a version,
    /// about 300 bytes for each pod. A pickle holds the same.
    fn save<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &py.detach(|| self.contents.to_bytes()))
    }

    /// The engine that `save` wrote, compiled again: with the same options, generation and answers.
    ///
    /// Raises `SavedError` for other bytes, and for those of a version that is not known here.
    #[classmethod]
    #[pyo3(signature = (saved, /))]
    fn restore(_class: &Bound<'_, PyType>, py: Python<'_>, saved: &[u8]) -> PyResult<Engine> {
        let contents = py.detach(|| Contents::from_bytes(saved));
        let contents = contents.map_err(|error| errors::saved(py, &error))?;
        let published = py.detach(|| netpol_core::Cluster::from(contents.clone()).publish());
        let engine = published.map_err(|error| errors::refused(py, &error, None))?;
        Ok(Engine::new(engine, contents, Arc::default()))
    }

    fn __copy__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    #[pyo3(signature = (memo, /))]
    fn __deepcopy__(slf: Py<Self>, memo: &Bound<'_, PyDict>) -> Py<Self> {
        let _ = memo;
        slf
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        let saved = slf.get().save(slf.py());
        Ok((slf.get_type().getattr("restore")?, (saved,)))
    }
}
