//! Questions about Services: each is about every backend.

use netpol_core::engine::{Backend, ServiceId, ServiceQuestion, ServiceVerdict};
use netpol_core::net::Protocol;
use netpol_core::{Engine, Party};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::arguments::{self, address_to_python, integer, port_number};
use crate::errors::{self, wrong_type};
use crate::{answers, classes, diagnostics, question};

/// The question, from the arguments that every way to ask takes.
pub(crate) fn service_question(
    engine: &Engine,
    source: &Bound<'_, PyAny>,
    service: &Bound<'_, PyAny>,
    port: &Bound<'_, PyAny>,
    protocol: Option<&Bound<'_, PyAny>>,
) -> PyResult<ServiceQuestion> {
    let source = question::party(engine, "source", source)?;
    let service = by_name(engine, service)?;
    let protocol = protocol.map(arguments::protocol).transpose()?.unwrap_or(Protocol::TCP);
    let number = |number| {
        let number = port_number(number).map_err(PyValueError::new_err)?;
        PyResult::Ok(ServiceQuestion::port(source, service, protocol, number))
    };
    if let Ok(text) = port.cast::<PyString>() {
        let text = text.to_str()?;
        // Names have a letter, so none is taken for a number.
        if text.contains(|symbol: char| symbol.is_ascii_alphabetic()) {
            return Ok(ServiceQuestion::named_port(source, service, protocol, text));
        }
        return number(text.parse().map_err(|_| {
            PyValueError::new_err(format!("`{text}` is no port: 0 to 65535, or a name"))
        })?);
    }
    match integer(port) {
        Some(found) => number(found?),
        None => Err(wrong_type("port", "a number or the name of a port of the Service", port)),
    }
}

/// A Service by its name, or by the object that names it.
fn by_name(engine: &Engine, value: &Bound<'_, PyAny>) -> PyResult<ServiceId> {
    let py = value.py();
    let text = if value.is_instance(classes::object_name(py)?)? {
        let field = |name: &str| value.getattr(name)?.extract::<String>();
        format!("{}/{}/{}", field("kind")?, field("namespace")?, field("name")?)
    } else {
        let expected = "`svc/namespace/name`, `namespace/name` or a netpol.ObjectName";
        let text = value.cast::<PyString>().map_err(|_| wrong_type("service", expected, value))?;
        text.to_str()?.to_owned()
    };
    engine.service(&text).map_err(|error| errors::service(py, &error))
}

/// Every Service, by name.
pub(crate) fn names<'py>(py: Python<'py>, engine: &Engine) -> PyResult<Bound<'py, PyTuple>> {
    let names = engine.services().filter_map(|service| engine.service_name(service));
    let names = names.map(|name| diagnostics::object_name(py, &name));
    PyTuple::new(py, names.collect::<PyResult<Vec<_>>>()?)
}

/// An answer about a Service.
pub(crate) fn verdict(py: Python<'_>, verdict: ServiceVerdict) -> PyResult<Bound<'_, PyAny>> {
    classes::member(classes::service_verdict(py)?, verdict.as_str())
}

/// Those who get what is sent to a Service.
pub(crate) fn backends<'py>(
    py: Python<'py>,
    engine: &Engine,
    found: &[Backend],
) -> PyResult<Bound<'py, PyTuple>> {
    let backends = found.iter().map(|backend| {
        let (endpoint, address) = match backend.party {
            Party::Endpoint(id) => (Some(answers::endpoint(py, engine, id)?), None),
            Party::Address(address) => (None, Some(address_to_python(py, address)?)),
        };
        classes::backend(py)?.call1((endpoint, address, backend.port))
    });
    PyTuple::new(py, backends.collect::<PyResult<Vec<_>>>()?)
}
