//! Who may come in: the judgement of decoding and validation, by admission.

use crate::diagnostic::{Diagnostic, Problem, Severity};
use crate::field::{self, ErrorKind, Path};
use crate::hash::Set;
use crate::manifest::{Admission, Manifest};
use crate::model::{Kind, Object, ObjectRef};
use crate::options::{Options, UnreadableSubjects};
use crate::validate::{self, ValidateOptions};

/// Everything to be said about a manifest, in the order of the input: errors when the admission
/// refuses it.
pub(super) fn manifest(
    manifest: &Manifest,
    admission: Admission,
    options: &Options,
) -> Vec<Diagnostic> {
    let unread: Set<(usize, &Path)> =
        manifest.stand_ins().iter().map(|(object, path)| (*object, path)).collect();
    let mut judged: Vec<(usize, Diagnostic)> = Vec::new();
    for (index, item) in manifest.objects().iter().enumerate() {
        let found = judge(item, admission, options);
        let outcome = consequences(item, admission, &found, options);
        for diagnostic in found {
            let path = path_of(&diagnostic);
            // What stands in for a field that could not be read has been told already; only where
            // that was a warning and this refuses, there is more to say.
            let told = path.self_and_ancestors().any(|path| unread.contains(&(index, path)));
            if !told || admission == Admission::Stored && diagnostic.is_error() {
                judged.push((index, diagnostic));
            }
        }
        judged.extend(outcome.into_iter().map(|diagnostic| (index, diagnostic)));
    }
    // One pass over the text for all of them, and only when there are any.
    let wanted = judged
        .iter()
        .map(|(index, diagnostic)| (*index, path_of(diagnostic).clone()))
        .collect::<Vec<_>>();
    let places = if wanted.is_empty() { Vec::new() } else { manifest.locate(&wanted) };
    let mut diagnostics = manifest.diagnostics(admission);
    for ((index, mut diagnostic), place) in judged.into_iter().zip(places) {
        if let Problem::Field(error) = &mut diagnostic.problem {
            *error = error.clone().at(place);
        }
        let (source, _) = manifest.place(index);
        diagnostics.push(diagnostic.located(source, place));
    }
    diagnostics.sort_by_key(|diagnostic| {
        let source = manifest.source_position(diagnostic.source.as_deref());
        (source, diagnostic.location.map(|place| place.offset))
    });
    diagnostics
}

/// Everything to be said about one object.
pub(super) fn object(object: &Object, admission: Admission, options: &Options) -> Vec<Diagnostic> {
    let mut diagnostics = judge(object, admission, options);
    diagnostics.extend(consequences(object, admission, &diagnostics, options));
    diagnostics
}

/// What is wrong with an object, and what is odd about it.
fn judge(object: &Object, admission: Admission, options: &Options) -> Vec<Diagnostic> {
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

/// What becomes of the parts of an object that mean nothing, unless a person is to mend it anyway.
fn consequences(
    object: &Object,
    admission: Admission,
    judged: &[Diagnostic],
    options: &Options,
) -> Vec<Diagnostic> {
    if admission == Admission::Create && judged.iter().any(Diagnostic::is_error) {
        return Vec::new();
    }
    let name = object.object_ref();
    let insists = options.unreadable_subjects == UnreadableSubjects::Error;
    validate::not_understood(object)
        .into_iter()
        .map(|problem| {
            let subject = matches!(
                &problem,
                Problem::Note { code: "subject-not-understood" | "tier-not-understood", .. }
            );
            let mut diagnostic = Diagnostic::warning(problem).about(name.clone());
            if subject && insists {
                diagnostic.severity = Severity::Error;
            }
            diagnostic
        })
        .collect()
}

/// What not even a stored object can do without: a name to be known by, and a subject where the
/// options insist on one.
fn refused_when_stored(error: &field::Error, options: &Options) -> bool {
    let path = error.path().to_string();
    let nameless = error.kind() == ErrorKind::Required
        && matches!(path.as_str(), "metadata.name" | "metadata.namespace");
    let subjectless = options.unreadable_subjects == UnreadableSubjects::Error
        && ["spec.podSelector", "spec.subject", "spec.tier"]
            .iter()
            .any(|subject| path.starts_with(subject));
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

/// An error when an object before this one, among those `seen`, has its kind, namespace and name.
/// One that the server is to name is a duplicate of none.
pub(super) fn duplicate(object: &Object, seen: &mut Set<ObjectRef>) -> Option<Diagnostic> {
    let name = object.object_ref();
    if object.metadata().name.is_empty() || seen.insert(name.clone()) {
        return None;
    }
    let problem = Problem::DuplicateObject { first_source: None, first: None };
    Some(Diagnostic::error(problem).about(name))
}

fn path_of(diagnostic: &Diagnostic) -> &Path {
    const ROOT: &Path = &Path::root();
    match &diagnostic.problem {
        Problem::Field(error) => error.path(),
        Problem::Note { path, .. } => path,
        _ => ROOT,
    }
}
