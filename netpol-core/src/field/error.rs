use std::fmt;

use serde::Serialize;

use super::{Location, Path};

/// One fault of one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Error {
    kind: ErrorKind,
    path: Path,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    detail: String,
    origin: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location>,
}

/// What sort of fault it is; the first eleven are those of `field.ErrorType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Something that must be there is not.
    Required,
    /// The value is malformed or out of bounds.
    Invalid,
    /// The value is not one of an enumeration.
    NotSupported,
    /// The value may not be given here at all.
    Forbidden,
    /// The value must be unique and is not.
    Duplicate,
    /// The value is longer than allowed; the value is not repeated.
    TooLong,
    /// The list has more elements than allowed.
    TooMany,
    /// The list has fewer elements than needed.
    TooFew,
    /// Something referred to does not exist.
    NotFound,
    /// The value has the wrong JSON type (a decode error of kube-apiserver, status 400).
    TypeInvalid,
    /// The field is unknown (a strict decoding error of kube-apiserver).
    UnknownField,
    /// The field is given twice (a strict decoding error of kube-apiserver).
    DuplicateField,
}

impl ErrorKind {
    /// The words that messages use, as `field.ErrorType.String` has them.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ErrorKind::Required => "Required value",
            ErrorKind::Invalid => "Invalid value",
            ErrorKind::NotSupported => "Unsupported value",
            ErrorKind::Forbidden => "Forbidden",
            ErrorKind::Duplicate => "Duplicate value",
            ErrorKind::TooLong => "Too long",
            ErrorKind::TooMany => "Too many",
            ErrorKind::TooFew => "Too few",
            ErrorKind::NotFound => "Not found",
            ErrorKind::TypeInvalid => "Wrong type",
            ErrorKind::UnknownField => "Unknown field",
            ErrorKind::DuplicateField => "Duplicate field",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How much of a value an error repeats, in bytes; a hostile manifest is not echoed whole.
const VALUE_LIMIT: usize = 128;

impl Error {
    fn new(
        kind: ErrorKind,
        path: &Path,
        value: Option<String>,
        detail: String,
        origin: &'static str,
    ) -> Error {
        Error { kind, path: path.clone(), value, detail, origin, location: None }
    }

    /// Something at `path` must be there and is not.
    #[must_use]
    pub fn required(path: &Path, detail: impl Into<String>, origin: &'static str) -> Error {
        Error::new(ErrorKind::Required, path, None, detail.into(), origin)
    }

    /// `value` at `path` is malformed or out of bounds.
    #[must_use]
    pub fn invalid(
        path: &Path,
        value: impl fmt::Display,
        detail: impl Into<String>,
        origin: &'static str,
    ) -> Error {
        Error::new(
            ErrorKind::Invalid,
            path,
            Some(shorten(value.to_string())),
            detail.into(),
            origin,
        )
    }

    /// `value` at `path` is none of `supported`.
    #[must_use]
    pub fn not_supported(
        path: &Path,
        value: impl fmt::Display,
        supported: &[&str],
        origin: &'static str,
    ) -> Error {
        let list =
            supported.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(", ");
        let detail = format!("supported values: {list}");
        Error::new(ErrorKind::NotSupported, path, Some(shorten(value.to_string())), detail, origin)
    }

    /// Nothing may be given at `path`.
    #[must_use]
    pub fn forbidden(path: &Path, detail: impl Into<String>, origin: &'static str) -> Error {
        Error::new(ErrorKind::Forbidden, path, None, detail.into(), origin)
    }

    /// What is at `path` has more bytes than `limit`; the value itself is left out.
    #[must_use]
    pub fn too_long(path: &Path, limit: usize, origin: &'static str) -> Error {
        let detail = format!("may not be more than {limit} bytes");
        Error::new(ErrorKind::TooLong, path, None, detail, origin)
    }

    /// The list at `path` has `count` elements, more than `limit`.
    #[must_use]
    pub fn too_many(path: &Path, count: usize, limit: usize, origin: &'static str) -> Error {
        let items = if limit == 1 { "item" } else { "items" };
        let detail = format!("must have at most {limit} {items}");
        Error::new(ErrorKind::TooMany, path, Some(count.to_string()), detail, origin)
    }

    /// `value` at `path` is there a second time.
    #[must_use]
    pub fn duplicate(path: &Path, value: impl fmt::Display, origin: &'static str) -> Error {
        let value = Some(shorten(value.to_string()));
        Error::new(ErrorKind::Duplicate, path, value, String::new(), origin)
    }

    /// An error of any `kind`, for the ones without a constructor of their own.
    #[must_use]
    pub fn of_kind(
        kind: ErrorKind,
        path: &Path,
        value: Option<String>,
        detail: impl Into<String>,
        origin: &'static str,
    ) -> Error {
        Error::new(kind, path, value.map(shorten), detail.into(), origin)
    }

    /// The same error with its place in the text.
    #[must_use]
    pub fn at(mut self, location: Option<Location>) -> Error {
        self.location = location;
        self
    }

    /// What sort of fault it is.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The field it is about.
    #[must_use]
    pub const fn path(&self) -> &Path {
        &self.path
    }

    /// The value that was refused, shortened to 128 bytes; `None` where repeating it says nothing.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// What is wrong with it, in kube-apiserver's words where it has some.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The rule that was broken: one of the constants of [`origin`](super::origin).
    #[must_use]
    pub const fn origin(&self) -> &'static str {
        self.origin
    }

    /// Where in the text the field is, when the object came from a text.
    #[must_use]
    pub const fn location(&self) -> Option<Location> {
        self.location
    }
}

fn shorten(mut value: String) -> String {
    if value.len() > VALUE_LIMIT {
        let mut end = VALUE_LIMIT;
        while !value.is_char_boundary(end) {
            end -= 1;
        }
        value.truncate(end);
        value.push('…');
    }
    value
}

/// `path: Invalid value: "value": detail`.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_root() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(self.kind.as_str())?;
        if let Some(value) = &self.value {
            write!(f, ": {value:?}")?;
        }
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// All faults of one object, in the order in which validation met them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ErrorList(Vec<Error>);

impl ErrorList {
    /// No faults.
    #[must_use]
    pub const fn new() -> ErrorList {
        ErrorList(Vec::new())
    }

    /// Adds a fault.
    pub fn push(&mut self, error: Error) {
        self.0.push(error);
    }

    /// Adds every fault of another list.
    pub fn append(&mut self, mut other: ErrorList) {
        self.0.append(&mut other.0);
    }

    /// Whether there is no fault.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many faults there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// The faults in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Error> {
        self.0.iter()
    }

    /// `Ok` when there is no fault.
    ///
    /// # Errors
    ///
    /// The list itself, when it holds one.
    pub fn into_result(self) -> Result<(), ErrorList> {
        if self.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl Extend<Error> for ErrorList {
    fn extend<I: IntoIterator<Item = Error>>(&mut self, errors: I) {
        self.0.extend(errors);
    }
}

impl IntoIterator for ErrorList {
    type Item = Error;
    type IntoIter = std::vec::IntoIter<Error>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a ErrorList {
    type Item = &'a Error;
    type IntoIter = std::slice::Iter<'a, Error>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl FromIterator<Error> for ErrorList {
    fn from_iter<I: IntoIterator<Item = Error>>(errors: I) -> ErrorList {
        ErrorList(errors.into_iter().collect())
    }
}

impl fmt::Display for ErrorList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, error) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ErrorList {}
