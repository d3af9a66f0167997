use super::ValidateOptions;
use super::names::{label_key_faults, label_value_faults};
use crate::field::{Error, ErrorList, Path, origin};
use crate::model::{LabelSelector, LabelSelectorRequirement, Labels};
use crate::selector::Operator;

/// Every fault of a label selector at `path`.
///
/// Without faults (and without
/// [leniency](ValidateOptions::invalid_label_values_in_selectors)) it converts to a
/// [`Selector`](crate::selector::Selector).
///
/// Sources: `ValidateLabelSelector` and `ValidateLabelSelectorRequirement` of
/// k8s.io/apimachinery/pkg/apis/meta/v1/validation.
#[must_use]
pub fn label_selector(
    selector: &LabelSelector,
    options: &ValidateOptions,
    path: &Path,
) -> ErrorList {
    let mut errors = labels(&selector.match_labels, || path.child("matchLabels"));
    if !selector.match_expressions.is_empty() {
        let path = path.child("matchExpressions");
        for (index, requirement) in selector.match_expressions.iter().enumerate() {
            errors.append(label_selector_requirement(requirement, options, &path.index(index)));
        }
    }
    errors
}

fn label_selector_requirement(
    requirement: &LabelSelectorRequirement,
    options: &ValidateOptions,
    path: &Path,
) -> ErrorList {
    let LabelSelectorRequirement { key, operator, values } = requirement;
    let mut errors = ErrorList::new();
    match Operator::from_api(operator) {
        Some(Operator::Exists | Operator::DoesNotExist) => {
            if !values.is_empty() {
                errors.push(Error::forbidden(
                    &path.child("values"),
                    "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
                    origin::SELECTOR_VALUES_FORBIDDEN,
                ));
            }
        }
        Some(_) => {
            if values.is_empty() {
                errors.push(Error::required(
                    &path.child("values"),
                    "must be specified when `operator` is 'In' or 'NotIn'",
                    origin::SELECTOR_VALUES_REQUIRED,
                ));
            }
        }
        None => errors.push(Error::invalid(
            &path.child("operator"),
            operator,
            "not a valid selector operator",
            origin::SELECTOR_OPERATOR,
        )),
    }
    for fault in label_key_faults(key) {
        errors.push(Error::invalid(&path.child("key"), key, fault, origin::LABEL_KEY));
    }
    if !options.invalid_label_values_in_selectors {
        for (index, value) in values.iter().enumerate() {
            for fault in label_value_faults(value) {
                let path = path.child("values").index(index);
                errors.push(Error::invalid(&path, value, fault, origin::LABEL_VALUE));
            }
        }
    }
    errors
}

/// Every fault of the keys and values of `labels`, all at what `path` makes, in key order.
///
/// Source: `ValidateLabels` of k8s.io/apimachinery/pkg/apis/meta/v1/validation.
pub(super) fn labels(labels: &Labels, path: impl Fn() -> Path) -> ErrorList {
    let mut errors = ErrorList::new();
    for (key, value) in labels {
        for fault in label_key_faults(key) {
            errors.push(Error::invalid(&path(), key, fault, origin::LABEL_KEY));
        }
        for fault in label_value_faults(value) {
            errors.push(Error::invalid(&path(), value, fault, origin::LABEL_VALUE));
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::label_selector;
    use crate::field::ErrorKind::{Forbidden, Invalid, Required};
    use crate::field::{ErrorKind, Path, origin};
    use crate::model::{LabelSelector, LabelSelectorRequirement};
    use crate::selector::Selector;
    use crate::validate::ValidateOptions;
    use crate::validate::assertions::assert_errors;

    fn expression(key: &str, operator: &str, values: &[&str]) -> LabelSelector {
        LabelSelector {
            match_expressions: vec![LabelSelectorRequirement {
                key: key.to_owned(),
                operator: operator.to_owned(),
                values: values.iter().map(|value| (*value).to_owned()).collect(),
            }],
            ..LabelSelector::default()
        }
    }

    #[track_caller]
    fn check(selector: &LabelSelector, expected: &[(ErrorKind, &str, &str)]) {
        let options = ValidateOptions::default();
        let errors = label_selector(selector, &options, &Path::new("s"));
        assert_errors(&errors, expected);
        assert_eq!(Selector::try_from(selector).is_ok(), expected.is_empty());
    }

    #[test]
    fn match_labels() {
        let labels = |key: &str, value: &str| LabelSelector {
            match_labels: [(key.to_owned(), value.to_owned())].into(),
            ..LabelSelector::default()
        };
        check(&LabelSelector::default(), &[]);
        check(&labels("app", ""), &[]);
        check(&labels("a/b/c", "x"), &[(Invalid, "s.matchLabels", origin::LABEL_KEY)]);
        check(&labels("app", "é"), &[(Invalid, "s.matchLabels", origin::LABEL_VALUE)]);
        check(
            &labels("/a", "-"),
            &[
                (Invalid, "s.matchLabels", origin::LABEL_KEY),
                (Invalid, "s.matchLabels", origin::LABEL_VALUE),
            ],
        );
    }

    #[test]
    fn values_must_fit_the_operator() {
        let values = "s.matchExpressions[0].values";
        for operator in ["In", "NotIn"] {
            check(
                &expression("app", operator, &[]),
                &[(Required, values, origin::SELECTOR_VALUES_REQUIRED)],
            );
            check(&expression("app", operator, &["a", "a", ""]), &[]);
        }
        for operator in ["Exists", "DoesNotExist"] {
            check(
                &expression("app", operator, &["x"]),
                &[(Forbidden, values, origin::SELECTOR_VALUES_FORBIDDEN)],
            );
            check(&expression("app", operator, &[]), &[]);
        }
    }

    #[test]
    fn operators_are_spelt_exactly() {
        for operator in ["in", "Gt", "Lt", "", "Equals"] {
            check(
                &expression("app", operator, &["x"]),
                &[(Invalid, "s.matchExpressions[0].operator", origin::SELECTOR_OPERATOR)],
            );
        }
    }

    #[test]
    fn values_operator_key_and_values_in_this_order() {
        check(
            &expression("a/b/c", "Exists", &["ok", "-"]),
            &[
                (Forbidden, "s.matchExpressions[0].values", origin::SELECTOR_VALUES_FORBIDDEN),
                (Invalid, "s.matchExpressions[0].key", origin::LABEL_KEY),
                (Invalid, "s.matchExpressions[0].values[1]", origin::LABEL_VALUE),
            ],
        );
        check(
            &expression("", "", &["é"]),
            &[
                (Invalid, "s.matchExpressions[0].operator", origin::SELECTOR_OPERATOR),
                (Invalid, "s.matchExpressions[0].key", origin::LABEL_KEY),
                (Invalid, "s.matchExpressions[0].key", origin::LABEL_KEY),
                (Invalid, "s.matchExpressions[0].values[0]", origin::LABEL_VALUE),
            ],
        );
    }

    #[test]
    fn leniency_is_for_values_of_expressions_only() {
        let options = ValidateOptions {
            invalid_label_values_in_selectors: true,
            ..ValidateOptions::default()
        };
        let mut selector = expression("app", "In", &["-"]);
        selector.match_labels.insert("app".to_owned(), "-".to_owned());
        assert_errors(
            &label_selector(&selector, &options, &Path::new("s")),
            &[(Invalid, "s.matchLabels", origin::LABEL_VALUE)],
        );
    }
}
