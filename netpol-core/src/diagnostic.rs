//! What is told about an input: errors that refuse it, warnings that do not.
//!
//! A [`Diagnostic`] knows the file, the place in it and the object, as far as they are known, and
//! the [`Problem`]. [`Error`] is a refusal: all the errors of one call at once, beside the warnings
//! met on the way. Rendering as text with a snippet, or as JSON, is in
//! [`render`](crate::render).

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::field;
use crate::model::ObjectRef;

/// Whether a diagnostic refuses the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "a third severity should break those who match on it")]
pub enum Severity {
    /// The call that met it was refused.
    Error,
    /// The call went through.
    Warning,
}

/// One finding about an input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Diagnostic {
    /// Whether it refuses the input.
    pub severity: Severity,
    /// The file or stream, as its reader named it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Arc<str>>,
    /// The place in the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<field::Location>,
    /// The object it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectRef>,
    /// What was found.
    pub problem: Problem,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
#[non_exhaustive]
pub enum Problem {
    /// The bytes are not UTF-8, not YAML, not JSON, or a file cannot be read.
    Syntax {
        /// What the parser says.
        message: String,
    },
    /// The input exceeds a limit of the reader.
    Limit {
        /// Which limit, as the option is called.
        limit: &'static str,
        /// The limit in force.
        allowed: u64,
        /// What a person can do about it.
        message: String,
    },
    /// The document is of no kind that can be judged.
    UnknownKind {
        /// `apiVersion` as written.
        api_version: String,
        /// `kind` as written.
        kind: String,
        /// What to do about it, or what was probably meant.
        message: String,
    },
    /// The same object stands twice in one load.
    DuplicateObject {
        /// The file of the first.
        first_source: Option<Arc<str>>,
        /// The place of the first.
        first: Option<field::Location>,
    },
    /// A field is wrong.
    Field(field::Error),
    /// The object is legal and probably not what its author wants, or was read leniently.
    Note {
        /// Names the check, such as `cidr-host-bits`.
        code: &'static str,
        /// The field, if it is about one.
        #[serde(skip_serializing_if = "field::Path::is_root")]
        path: field::Path,
        /// What it says.
        message: String,
    },
}

impl Diagnostic {
    /// An error without file, place or object.
    #[must_use]
    pub const fn error(problem: Problem) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            source: None,
            location: None,
            object: None,
            problem,
        }
    }

    /// A warning without file, place or object.
    #[must_use]
    pub const fn warning(problem: Problem) -> Diagnostic {
        Diagnostic {
            severity: Severity::Warning,
            source: None,
            location: None,
            object: None,
            problem,
        }
    }

    /// The same about `object`.
    #[must_use]
    pub fn about(mut self, object: ObjectRef) -> Diagnostic {
        self.object = Some(object);
        self
    }

    /// The same in `source`, at `location`.
    #[must_use]
    pub fn located(
        mut self,
        source: Option<Arc<str>>,
        location: Option<field::Location>,
    ) -> Diagnostic {
        self.source = source;
        self.location = location;
        self
    }

    /// Whether it refuses the input.
    #[must_use]
    pub const fn is_error(&self) -> bool {
        matches!(self.severity, Severity::Error)
    }

    /// The field that it is about; the [root](field::Path::root) when it is about no field.
    #[must_use]
    pub fn path(&self) -> &field::Path {
        const ROOT: &field::Path = &field::Path::root();
        match &self.problem {
            Problem::Field(error) => error.path(),
            Problem::Note { path, .. } => path,
            _ => ROOT,
        }
    }

    /// The field error, if it is one.
    #[must_use]
    pub const fn field_error(&self) -> Option<&field::Error> {
        match &self.problem {
            Problem::Field(error) => Some(error),
            _ => None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Syntax { message } => f.write_str(message),
            Problem::Limit { limit, allowed, message } => {
                write!(f, "limit `{limit}` of {allowed} exceeded: {message}")
            }
            Problem::UnknownKind { api_version, kind, message } => {
                write!(f, "kind {kind:?} of apiVersion {api_version:?}: {message}")
            }
            Problem::DuplicateObject { first_source, first } => {
                f.write_str("the same object stands twice in this load; the first is at ")?;
                match (first_source, first) {
                    (Some(source), Some(place)) => write!(f, "{source}:{place}"),
                    (Some(source), None) => f.write_str(source),
                    (None, Some(place)) => place.fmt(f),
                    (None, None) => f.write_str("an unknown place"),
                }
            }
            Problem::Field(error) => error.fmt(f),
            Problem::Note { path, message, .. } if path.is_root() => f.write_str(message),
            Problem::Note { path, message, .. } => write!(f, "{path}: {message}"),
        }
    }
}

/// `file:line:column: error: Kind namespace/name: problem`, on one line.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.source, &self.location) {
            (Some(source), Some(place)) => write!(f, "{source}:{place}: ")?,
            (Some(source), None) => write!(f, "{source}: ")?,
            (None, Some(place)) => write!(f, "{place}: ")?,
            (None, None) => {}
        }
        f.write_str(match self.severity {
            Severity::Error => "error: ",
            Severity::Warning => "warning: ",
        })?;
        if let Some(object) = &self.object {
            write!(f, "{object}: ")?;
        }
        self.problem.fmt(f)
    }
}

/// A call was refused and changed nothing. Holds at least one error, and the warnings met on the
/// way, in the order of the input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Error {
    diagnostics: Vec<Diagnostic>,
}

impl Error {
    /// The refusal for `diagnostics`.
    #[must_use]
    pub fn new(diagnostics: Vec<Diagnostic>) -> Error {
        debug_assert!(diagnostics.iter().any(Diagnostic::is_error), "a refusal has a reason");
        Error { diagnostics }
    }

    /// Everything that was found, errors and warnings, in the order of the input.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The errors alone.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.is_error())
    }
}

impl From<Diagnostic> for Error {
    fn from(diagnostic: Diagnostic) -> Error {
        Error { diagnostics: vec![diagnostic] }
    }
}

/// One line for each error; warnings are left to [`Error::diagnostics`].
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, diagnostic) in self.errors().enumerate() {
            if position > 0 {
                f.write_str("\n")?;
            }
            diagnostic.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
