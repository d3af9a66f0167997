//! Label selectors: what they match, and which of them can be understood at all.
//!
//! Sources: `LabelSelectorAsSelector` in `k8s.io/apimachinery/pkg/apis/meta/v1/helpers.go`,
//! `Requirement.Matches` in `.../pkg/labels/selector.go`, `ValidateLabelSelector` in
//! `.../pkg/apis/meta/v1/validation/validation.go`, `IsLabelKey` and `IsLabelValue` in
//! `.../pkg/api/validate/content/kube.go`.

use netpol_core::model::{LabelSelector, LabelSelectorRequirement, Labels};

/// Whether an object with `labels` is selected: every entry of both parts must hold, so the empty
/// selector selects everything.
pub(super) fn selects(selector: &LabelSelector, labels: &Labels) -> bool {
    selector.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
        && selector.match_expressions.iter().all(|requirement| holds(requirement, labels))
}

/// `NotIn` holds for an object that lacks the key; `In` does not, even for the value `""`.
fn holds(requirement: &LabelSelectorRequirement, labels: &Labels) -> bool {
    let value = labels.get(&requirement.key);
    match requirement.operator.as_str() {
        "In" => value.is_some_and(|value| requirement.values.contains(value)),
        "NotIn" => !value.is_some_and(|value| requirement.values.contains(value)),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        _ => false,
    }
}

/// Whether the API server would accept the selector. One that it would not can still lie in a
/// cluster, or in a dump of one; nobody can say what it selects.
pub(super) fn is_understood(selector: &LabelSelector) -> bool {
    selector.match_labels.iter().all(|(key, value)| is_label_key(key) && is_label_value(value))
        && selector.match_expressions.iter().all(|requirement| {
            let operands = match requirement.operator.as_str() {
                "In" | "NotIn" => !requirement.values.is_empty(),
                "Exists" | "DoesNotExist" => requirement.values.is_empty(),
                _ => false,
            };
            operands
                && is_label_key(&requirement.key)
                && requirement.values.iter().all(|value| is_label_value(value))
        })
}

/// `[prefix "/"] name`.
fn is_label_key(key: &str) -> bool {
    match key.split_once('/') {
        Some((prefix, name)) => is_subdomain(prefix) && is_name(name),
        None => is_name(key),
    }
}

fn is_label_value(value: &str) -> bool {
    value.is_empty() || is_name(value)
}

/// At most 63 of `A-Za-z0-9-_.`, beginning and ending with a letter or digit.
fn is_name(name: &str) -> bool {
    name.len() <= 63
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.ends_with(|last: char| last.is_ascii_alphanumeric())
}

/// A DNS-1123 subdomain. Its dot-separated parts have no limit of their own.
fn is_subdomain(name: &str) -> bool {
    name.len() <= 253
        && name.split('.').all(|part| {
            let letter_or_digit = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            part.chars().all(|c| letter_or_digit(c) || c == '-')
                && part.starts_with(letter_or_digit)
                && part.ends_with(letter_or_digit)
        })
}

#[cfg(test)]
mod tests {
    use super::{is_label_key, is_label_value};

    #[test]
    fn keys_and_values() {
        for key in ["a", "A", "1", "a.b_c-d", "a..b", "example.com/A_b", "1.2/x"] {
            assert!(is_label_key(key), "{key:?}");
        }
        let long = "a".repeat(64);
        for key in ["", "/a", "a/", "a/b/c", "-a", "a-", ".a", "a_", "Ex.com/a", "a b", "a..b/c"] {
            assert!(!is_label_key(key), "{key:?}");
        }
        assert!(is_label_key(&long[1..]) && !is_label_key(&long));
        assert!(is_label_key(&format!("{}/a", "a".repeat(100))));
        assert!(is_label_key(&format!("{}/a", "a".repeat(253))));
        assert!(!is_label_key(&format!("{}/a", "a".repeat(254))));
        assert!(is_label_value("") && is_label_value(&long[1..]));
        assert!(!is_label_value(&long) && !is_label_value("é"));
    }
}
