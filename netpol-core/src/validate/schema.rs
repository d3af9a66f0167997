//! The vocabulary of the schemas that custom resources are held against.
//!
//! Sources: `kubeOpenAPIResultToFieldErrors` and `ValidateListSetsAndMaps` of
//! k8s.io/apiextensions-apiserver/pkg/apiserver/validation and
//! .../pkg/apiserver/schema/listtype.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use crate::field::{Error, ErrorKind, ErrorList, Path, origin};

/// The fault of a structure that must have exactly one of its fields: each with its name and
/// whether it is there.
pub(super) fn one_of(fields: &[(&str, bool)], path: &Path, origin: &'static str) -> Option<Error> {
    let names =
        || fields.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match fields.iter().filter(|(_, given)| *given).count() {
        1 => None,
        0 => {
            let detail = format!("should have at least 1 property: one of {}", names());
            Some(Error::of_kind(ErrorKind::Invalid, path, None, detail, origin))
        }
        count => {
            let detail = format!("must have at most 1 property: one of {}", names());
            let count = Some(count.to_string());
            Some(Error::of_kind(ErrorKind::TooMany, path, count, detail, origin))
        }
    }
}

/// The fault of a list with too many elements.
pub(super) fn max_items(
    count: usize,
    limit: usize,
    path: &Path,
    origin: &'static str,
) -> Option<Error> {
    (count > limit).then(|| Error::too_many(path, count, limit, origin))
}

/// The fault of a list that may be left out but has nothing in it.
pub(super) fn min_items(count: usize, path: &Path, origin: &'static str) -> Option<Error> {
    (count == 0).then(|| {
        let detail = "should have at least 1 item; leave it out instead";
        Error::of_kind(ErrorKind::Invalid, path, None, detail, origin)
    })
}

/// The fault of a text with too many characters.
pub(super) fn max_length(
    text: &str,
    limit: usize,
    path: &Path,
    origin: &'static str,
) -> Option<Error> {
    // A character has at least one byte.
    let is_long = text.len() > limit && text.chars().count() > limit;
    is_long.then(|| {
        let detail = format!("may not be more than {limit} characters");
        Error::of_kind(ErrorKind::TooLong, path, None, detail, origin)
    })
}

/// The fault of a number that is missing or out of `range`; the missing one has an origin of its
/// own.
pub(super) fn required_number(
    number: Option<i32>,
    range: &RangeInclusive<i32>,
    path: &Path,
    missing: &'static str,
    origin: &'static str,
) -> Option<Error> {
    match number {
        None => Some(Error::required(path, "", missing)),
        Some(number) => number_in(number, range, path, origin),
    }
}

/// The fault of a number out of `range`.
pub(super) fn number_in(
    number: i32,
    range: &RangeInclusive<i32>,
    path: &Path,
    origin: &'static str,
) -> Option<Error> {
    let detail = if number < *range.start() {
        format!("should be greater than or equal to {}", range.start())
    } else if number > *range.end() {
        format!("should be less than or equal to {}", range.end())
    } else {
        return None;
    };
    Some(Error::invalid(path, number, detail, origin))
}

/// The fault of a word that is missing (empty) or none of `supported`; the missing one has an
/// origin of its own.
pub(super) fn required_word(
    word: &str,
    supported: &[&str],
    path: &Path,
    missing: &'static str,
    origin: &'static str,
) -> Option<Error> {
    match word {
        "" => Some(Error::required(path, "", missing)),
        word if supported.contains(&word) => None,
        word => Some(Error::not_supported(path, word, supported, origin)),
    }
}

/// The faults of a list of texts that is a set, one for each that is there already.
pub(super) fn set(texts: &[String], path: &Path) -> ErrorList {
    let mut seen = BTreeSet::new();
    texts
        .iter()
        .enumerate()
        .filter(|(_, text)| !seen.insert(text.as_str()))
        .map(|(index, text)| Error::duplicate(&path.index(index), text, origin::UNIQUE))
        .collect()
}
