//! What the library refuses, as the exceptions of the package.

use netpol_core::engine::{QuestionError, ServiceError};
use netpol_core::{Error, Manifest, RawPacketError, render};
use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};

use crate::row_fault::RowFault;
use crate::{classes, diagnostics};

/// The exception of a class with these arguments.
fn raise<'py, Arguments>(class: PyResult<&Bound<'py, PyType>>, arguments: Arguments) -> PyErr
where
    Arguments: pyo3::call::PyCallArgs<'py>,
{
    match class.and_then(|class| class.call1(arguments)) {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => error,
    }
}

/// A call was refused. `manifest` is what it was about, where that was a text.
pub(crate) fn refused(py: Python<'_>, error: &Error, manifest: Option<&Manifest>) -> PyErr {
    let found = diagnostics::tuple(py, error.diagnostics(), manifest.is_some());
    let report = match manifest {
        Some(manifest) => render::diagnostics(error.diagnostics(), manifest, render::Style::Plain),
        None => error.to_string(),
    };
    match found {
        Ok(found) => raise(classes::refused_error(py), (found, report)),
        Err(error) => error,
    }
}

/// A question has no answer.
pub(crate) fn question(py: Python<'_>, error: &QuestionError) -> PyErr {
    let message = error.to_string();
    let names = |names: &[String]| PyTuple::new(py, names);
    match error {
        QuestionError::Malformed { .. } => raise(classes::malformed_name_error(py), (message,)),
        QuestionError::Unknown { similar, .. } => match names(similar) {
            Ok(similar) => raise(classes::unknown_endpoint_error(py), (message, similar)),
            Err(error) => error,
        },
        QuestionError::Ambiguous { candidates, .. } => match names(candidates) {
            Ok(candidates) => raise(classes::ambiguous_endpoint_error(py), (message, candidates)),
            Err(error) => error,
        },
        QuestionError::NoCommonFamily { .. } => {
            raise(classes::no_common_family_error(py), (message,))
        }
        QuestionError::IsService { text } => {
            let message = format!(
                "`{text}` is a Service, not an endpoint: ask decide_service, explain_service or \
                 backends about connections to it, and name its pods where they open one"
            );
            raise(classes::service_name_error(py), (message,))
        }
        QuestionError::UnknownPortName { .. } => {
            raise(classes::port_name_error(py), (message, PyTuple::empty(py)))
        }
        QuestionError::AmbiguousPortName { numbers, .. } => match PyTuple::new(py, numbers) {
            Ok(numbers) => raise(classes::port_name_error(py), (message, numbers)),
            Err(error) => error,
        },
        _ => raise(classes::question_error(py), (message,)),
    }
}

/// A question about a Service has no answer.
pub(crate) fn service(py: Python<'_>, error: &ServiceError) -> PyErr {
    let (code, similar): (&str, &[String]) = match error {
        ServiceError::Question(error) => return question(py, error),
        ServiceError::Malformed { .. } => ("malformed", &[]),
        ServiceError::Unknown { similar, .. } => ("unknown", similar),
        ServiceError::NoSuchPort { .. } => ("noPort", &[]),
        ServiceError::ExternalName { .. } => ("externalName", &[]),
        ServiceError::NoBackends { .. } => ("noBackends", &[]),
        ServiceError::NotUnderstood { .. } => ("notUnderstood", &[]),
        ServiceError::UnknownPod { .. } => ("unknownPod", &[]),
        _ => ("other", &[]),
    };
    match PyTuple::new(py, similar) {
        Ok(similar) => raise(classes::service_error(py), (error.to_string(), code, similar)),
        Err(error) => error,
    }
}

/// A port name means nothing without a pod.
pub(crate) fn port_name(py: Python<'_>, message: String) -> PyErr {
    raise(classes::port_name_error(py), (message, PyTuple::empty(py)))
}

/// A row of a table means no flow.
pub(crate) fn row(py: Python<'_>, fault: &RowFault) -> PyErr {
    raise(classes::row_error(py), (fault.row, fault.column, fault.detail.as_str()))
}

/// A packet cannot be read.
pub(crate) fn raw_packet(py: Python<'_>, error: RawPacketError) -> PyErr {
    raise(classes::raw_packet_error(py), (error.to_string(),))
}

/// Bytes are no saved cluster.
pub(crate) fn saved(py: Python<'_>, error: &netpol_core::contents::ContentsError) -> PyErr {
    raise(classes::saved_error(py), (error.to_string(),))
}

/// `what must be one thing, not an int`.
pub(crate) fn wrong_type(what: &str, expected: &str, found: &Bound<'_, PyAny>) -> PyErr {
    let kind = found.get_type().fully_qualified_name().map(|name| name.to_string());
    let kind = kind.unwrap_or_else(|_| "something else".to_owned());
    PyTypeError::new_err(format!("{what} must be {expected}, not {kind}"))
}

/// Another thread panicked while it changed something; a bug of the library.
pub(crate) fn poisoned() -> PyErr {
    PyRuntimeError::new_err("an earlier call on this cluster failed inside the library")
}
