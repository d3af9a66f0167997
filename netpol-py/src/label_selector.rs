//! Label selectors, useful without the rest.

use std::hash::{DefaultHasher, Hash, Hasher};

use netpol_core::model::{self, Labels};
use netpol_core::selector::Selector;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyType;

/// A set of requirements on labels that must all hold; the empty one matches everything.
///
/// Made from the form of manifests, or parsed from the string of `kubectl get -l`.
///
/// >>> selector = netpol.LabelSelector({"matchExpressions": [
/// ...     {"key": "app", "operator": "In", "values": ["web", "api"]}]})
/// >>> selector.matches({"app": "api"})
/// True
/// >>> str(selector)
/// 'app in (api,web)'
/// >>> selector == netpol.LabelSelector.parse("app in (web, api)")
/// True
#[pyclass(frozen, module = "netpol", eq)]
#[derive(PartialEq, Eq)]
pub(crate) struct LabelSelector(Selector);

#[pymethods]
impl LabelSelector {
    /// The selector of a manifest: a mapping with `matchLabels` and `matchExpressions`. Raises
    /// `ValueError` for what kube-apiserver would refuse.
    #[new]
    #[pyo3(signature = (selector=None, /))]
    fn new(selector: Option<&Bound<'_, PyAny>>) -> PyResult<LabelSelector> {
        let Some(selector) = selector else { return Ok(LabelSelector(Selector::everything())) };
        let text = selector
            .py()
            .import("netpol._sources")?
            .call_method1("selector", (selector,))?
            .extract::<String>()?;
        let selector: model::LabelSelector = serde_json::from_str(&text)
            .map_err(|error| PyTypeError::new_err(format!("selector: {error}")))?;
        Selector::try_from(&selector)
            .map(LabelSelector)
            .map_err(|error| PyValueError::new_err(error.to_string()))
    }

    /// Reads the string form, as `kubectl get -l` takes it. Raises `ValueError` with the place in the
    /// text.
    #[classmethod]
    #[pyo3(signature = (text, /))]
    fn parse(_class: &Bound<'_, PyType>, text: &str) -> PyResult<LabelSelector> {
        Selector::parse(text)
            .map(LabelSelector)
            .map_err(|error| PyValueError::new_err(error.to_string()))
    }

    /// Whether an object with these labels satisfies every requirement.
    #[pyo3(signature = (labels, /))]
    fn matches(&self, labels: Labels) -> bool {
        self.0.matches(&labels)
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.0.hash(&mut hasher);
        hasher.finish()
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, (String,))> {
        Ok((slf.get_type().getattr("parse")?, (slf.get().0.to_string(),)))
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("LabelSelector.parse({:?})", self.0.to_string())
    }
}
