//! Who may come in: the judgement of decoding and validation, by admission.

use super::Admission;
use crate::diagnostic::{Diagnostic, Problem, Severity};
use crate::field::{self, ErrorKind, Path};
use crate::hash::Set;
use crate::model::{Kind, Object, ObjectRef};
use crate::options::{Options, UnreadableSubjects};
use crate::validate::{self, ValidateOptions};

/// Everything to be said about one object.
pub(super) fn object(object: &Object, admission: Admission, options: &Options) -> Vec<Diagnostic> {
    let name = object.object_ref();
    let validation = ValidateOptions::from(options);
    let errors = validate::object(object, &validation).into_iter().map(|error| {
        let severity = match admission {
            Admission::Create => Severity::Error,
            Admission::Stored if refused_when_stored(&error, options) => Severity::Error,
            Admission::Stored => Severity::Warning,
        };
        let mut diagnostic = Diagnostic::error(Problem::Field(error));
        diagnostic.severity = severity;
        diagnostic
    });
    let warnings = validate::warnings(object, &validation).into_iter().map(Diagnostic::warning);
    errors.chain(warnings).map(|diagnostic| diagnostic.about(name.clone())).collect()
}

/// What not even a stored object can do without: a name to be known by, and a subject where the
/// options insist on one.
fn refused_when_stored(error: &field::Error, options: &Options) -> bool {
    let path = error.path().to_string();
    let nameless = error.kind() == ErrorKind::Required
        && matches!(path.as_str(), "metadata.name" | "metadata.namespace");
    let subjectless = options.unreadable_subjects == UnreadableSubjects::Error
        && path.starts_with("spec.podSelector");
    nameless || subjectless
}

/// An error when an object is not of the kind that is being replaced.
pub(super) fn kind(object: &Object, expected: Kind) -> Option<Diagnostic> {
    if object.kind() == expected {
        return None;
    }
    let found = object.kind();
    let path = Path::new("kind");
    let error =
        field::Error::not_supported(&path, found, &[expected.as_str()], field::origin::TYPE_META);
    Some(Diagnostic::error(Problem::Field(error)).about(object.object_ref()))
}

/// An error for each object whose kind, namespace and name an earlier one has.
pub(super) fn duplicates(objects: &[Object]) -> Vec<Diagnostic> {
    let mut seen: Set<ObjectRef> = Set::default();
    objects
        .iter()
        .map(Object::object_ref)
        .filter(|name| !seen.insert(name.clone()))
        .map(|name| {
            let problem = Problem::DuplicateObject { first_source: None, first: None };
            Diagnostic::error(problem).about(name)
        })
        .collect()
}
