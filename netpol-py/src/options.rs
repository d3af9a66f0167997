//! Options, which are plain classes in Python and are read as the JSON that they have.

use netpol_core::manifest::ReadOptions;
use netpol_core::{Admission, Options};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::classes;
use crate::errors::wrong_type;

/// Raises `ValueError` when a dictionary does not hold the options of a cluster.
#[pyfunction]
#[pyo3(signature = (options, /))]
pub(crate) fn check_options(options: &Bound<'_, PyDict>) -> PyResult<()> {
    read::<Options>(options).map(|_| ())
}

/// Raises `ValueError` when a dictionary does not hold options of reading.
#[pyfunction]
#[pyo3(signature = (options, /))]
pub(crate) fn check_read_options(options: &Bound<'_, PyDict>) -> PyResult<()> {
    read::<ReadOptions>(options).map(|_| ())
}

/// The options of a cluster; the default for `None`.
pub(crate) fn cluster_options(options: Option<&Bound<'_, PyAny>>) -> PyResult<Options> {
    let Some(options) = options else { return Ok(Options::default()) };
    if !options.is_instance(classes::options(options.py())?)? {
        return Err(wrong_type("options", "a netpol.Options", options));
    }
    read(options.call_method0("to_dict")?.cast::<PyDict>()?)
}

/// The options of reading; the default for `None`.
pub(crate) fn read_options(options: Option<&Bound<'_, PyAny>>) -> PyResult<ReadOptions> {
    let Some(options) = options else { return Ok(ReadOptions::default()) };
    if !options.is_instance(classes::read_options(options.py())?)? {
        return Err(wrong_type("reading", "a netpol.ReadOptions", options));
    }
    read(options.call_method0("to_dict")?.cast::<PyDict>()?)
}

/// Options as an object of the package.
pub(crate) fn to_python<'py>(py: Python<'py>, options: &Options) -> PyResult<Bound<'py, PyAny>> {
    let text = serde_json::to_string(options)
        .map_err(|error| PyValueError::new_err(format!("options cannot be written: {error}")))?;
    let options = py.import("json")?.call_method1("loads", (text,))?;
    classes::options(py)?.call_method1("from_dict", (options,))
}

/// `create` or `stored`.
pub(crate) fn admission(value: &Bound<'_, PyAny>) -> PyResult<Admission> {
    let text = value
        .cast::<PyString>()
        .map_err(|_| wrong_type("admission", "`create` or `stored`", value))?;
    match text.to_str()? {
        "create" => Ok(Admission::Create),
        "stored" => Ok(Admission::Stored),
        other => Err(PyValueError::new_err(format!(
            "admission must be `create` or `stored`, not `{other}`"
        ))),
    }
}

/// Reads option by option, so that what is wrong is told with the option's name.
fn read<T: DeserializeOwned>(options: &Bound<'_, PyDict>) -> PyResult<T> {
    let text = options.py().import("json")?.call_method1("dumps", (options,))?;
    let text = text.extract::<String>()?;
    let wrong = |message: String| {
        if message.contains("invalid type") {
            PyTypeError::new_err(message)
        } else {
            PyValueError::new_err(message)
        }
    };
    let fields: Map<String, Value> =
        serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    for (name, value) in &fields {
        let alone = Map::from_iter([(name.clone(), value.clone())]);
        let read = serde_json::from_value::<T>(Value::Object(alone));
        read.map_err(|error| wrong(format!("{name}: {error}")))?;
    }
    serde_json::from_value(Value::Object(fields)).map_err(|error| wrong(error.to_string()))
}
