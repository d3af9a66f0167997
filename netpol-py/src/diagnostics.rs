//! Diagnostics as objects of the package.

use std::sync::Arc;

use netpol_core::Diagnostic;
use netpol_core::diagnostic::{Problem, Severity};
use netpol_core::field::Location;
use netpol_core::model::{Kind, ObjectRef};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::classes;
use crate::errors::wrong_type;

/// A tuple of diagnostics; places in a text only where there was one.
pub(crate) fn tuple<'py>(
    py: Python<'py>,
    diagnostics: &[Diagnostic],
    with_places: bool,
) -> PyResult<Bound<'py, PyTuple>> {
    let diagnostics = diagnostics.iter().map(|found| diagnostic(py, found, with_places));
    PyTuple::new(py, diagnostics.collect::<PyResult<Vec<_>>>()?)
}

/// What a call applied, and the warnings about it.
pub(crate) fn applied<'py>(
    py: Python<'py>,
    applied: &netpol_core::Applied,
    with_places: bool,
) -> PyResult<Bound<'py, PyAny>> {
    classes::applied(py)?.call1((applied.objects, tuple(py, &applied.warnings, with_places)?))
}

/// The name of an object.
pub(crate) fn object_name<'py>(py: Python<'py>, object: &ObjectRef) -> PyResult<Bound<'py, PyAny>> {
    classes::object_name(py)?.call1((object.kind.as_str(), &object.namespace, &object.name))
}

fn diagnostic<'py>(
    py: Python<'py>,
    found: &Diagnostic,
    with_places: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let severity = match found.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let object = found.object.as_ref().map(|object| object_name(py, object)).transpose()?;
    let place = found.location.as_ref().filter(|_| with_places);
    let place = place.map(|place| location(py, place)).transpose()?;
    let Parts { kind, path, fault, value, detail, code } = Parts::of(&found.problem);
    classes::diagnostic(py)?.call1((
        classes::member(classes::severity(py)?, severity)?,
        kind,
        found.problem.to_string(),
        found.source.as_deref(),
        place,
        object,
        path,
        fault,
        value,
        detail,
        code,
    ))
}

/// A diagnostic of Python's as far as it is printed.
pub(crate) fn read_diagnostic(value: &Bound<'_, PyAny>) -> PyResult<Diagnostic> {
    let py = value.py();
    if !value.is_instance(classes::diagnostic(py)?)? {
        return Err(wrong_type("a diagnostic", "a netpol.Diagnostic", value));
    }
    // Its text is all there is to print, whatever the problem was.
    let problem = Problem::Syntax { message: value.getattr("message")?.extract()? };
    let diagnostic = if value.getattr("is_error")?.is_truthy()? {
        Diagnostic::error(problem)
    } else {
        Diagnostic::warning(problem)
    };
    let source: Option<String> = value.getattr("file")?.extract()?;
    let place = value.getattr("location")?;
    let place = if place.is_none() { None } else { Some(read_location(&place)?) };
    let diagnostic = diagnostic.located(source.map(Arc::from), place);
    Ok(match read_object(&value.getattr("object")?)? {
        Some(object) => diagnostic.about(object),
        None => diagnostic,
    })
}

fn read_location(value: &Bound<'_, PyAny>) -> PyResult<Location> {
    let number = |name: &str| value.getattr(name)?.extract::<u32>();
    Ok(Location::new(number("line")?, number("column")?, number("offset")?, number("length")?))
}

/// `None` for no object, and for one of a kind that is not read.
fn read_object(value: &Bound<'_, PyAny>) -> PyResult<Option<ObjectRef>> {
    if value.is_none() {
        return Ok(None);
    }
    let text = |name: &str| value.getattr(name)?.extract::<String>();
    let kind = Kind::from_api(&text("kind")?);
    let (namespace, name) = (text("namespace")?, text("name")?);
    Ok(kind.map(|kind| ObjectRef { kind, namespace, name }))
}

fn location<'py>(py: Python<'py>, place: &Location) -> PyResult<Bound<'py, PyAny>> {
    classes::location(py)?.call1((place.line, place.column, place.offset, place.length))
}

/// What only some problems have.
#[derive(Default)]
struct Parts<'problem> {
    kind: &'static str,
    path: Option<String>,
    fault: Option<String>,
    value: Option<&'problem str>,
    detail: Option<&'problem str>,
    code: Option<&'static str>,
}

impl Parts<'_> {
    fn of(problem: &Problem) -> Parts<'_> {
        match problem {
            Problem::Syntax { .. } => Parts { kind: "syntax", ..Parts::default() },
            Problem::Limit { limit, .. } => {
                Parts { kind: "limit", code: Some(limit), ..Parts::default() }
            }
            Problem::UnknownKind { .. } => Parts { kind: "unknownKind", ..Parts::default() },
            Problem::DuplicateObject { .. } => {
                Parts { kind: "duplicateObject", ..Parts::default() }
            }
            Problem::Field(error) => Parts {
                kind: "field",
                path: Some(error.path().to_string()),
                // As it is in JSON.
                fault: Some(format!("{:?}", error.kind())),
                value: error.value(),
                detail: Some(error.detail()),
                code: Some(error.origin()),
            },
            Problem::Note { code, path, .. } => Parts {
                kind: "note",
                path: (!path.is_root()).then(|| path.to_string()),
                code: Some(code),
                ..Parts::default()
            },
            _ => Parts { kind: "other", ..Parts::default() },
        }
    }
}
