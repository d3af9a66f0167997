//! What the tests of validation have in common.

use crate::field::{ErrorKind, ErrorList};

/// Compares kind, path and origin of every error, in order; prose is not compared.
#[track_caller]
pub(super) fn assert_errors(errors: &ErrorList, expected: &[(ErrorKind, &str, &str)]) {
    let found: Vec<_> = errors
        .iter()
        .map(|error| (error.kind(), error.path().to_string(), error.origin()))
        .collect();
    let found: Vec<_> =
        found.iter().map(|(kind, path, origin)| (*kind, path.as_str(), *origin)).collect();
    assert_eq!(found, expected, "{errors}");
}
