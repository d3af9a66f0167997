use std::fmt;

use super::{label_key_faults, label_value_faults};
use crate::model::LabelSelectorRequirement;

/// A condition on one label.
///
/// Equal requirements print equally: values are a set, `=` and `==` are [`In`](Operator::In) with
/// one value, and `!=` is [`NotIn`](Operator::NotIn) with one value.
///
/// ```
/// use netpol_core::selector::{Operator, Requirement};
///
/// let not_web = Requirement::new("app", Operator::NotIn, ["web"])?;
/// assert!(not_web.matches(Some("api")));
/// assert!(not_web.matches(None), "an absent label is not in any set");
/// assert!(!not_web.matches(Some("web")));
/// assert_eq!(not_web.to_string(), "app!=web");
/// # Ok::<(), netpol_core::selector::InvalidRequirement>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Requirement {
    key: String,
    operator: Operator,
    /// Sorted, without duplicates.
    values: Vec<String>,
}

/// How a [`Requirement`] relates a label to its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "an operator more must break those who evaluate them")]
pub enum Operator {
    /// The label is present with one of the values.
    In,
    /// The label is absent, or present with none of the values.
    NotIn,
    /// The label is present with any value, the empty one included.
    Exists,
    /// The label is absent.
    DoesNotExist,
    /// The label is present and an integer greater than the value. Not for manifests: only
    /// [`Selector::parse`](super::Selector::parse) and [`Requirement::new`] make it.
    GreaterThan,
    /// The label is present and an integer less than the value. Not for manifests either.
    LessThan,
}

/// The parts make no requirement.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRequirement {
    /// The key is no label key.
    #[error("invalid label key `{key}`: {fault}")]
    Key {
        /// The key.
        key: String,
        /// What is wrong with it.
        fault: String,
    },
    /// A value is no label value.
    #[error("invalid label value `{value}`: {fault}")]
    Value {
        /// The value.
        value: String,
        /// What is wrong with it.
        fault: String,
    },
    /// The operator is none of those that manifests may use.
    #[error("`{operator}` is not a valid label selector operator")]
    Operator {
        /// The operator as written.
        operator: String,
    },
    /// The operator takes another number of values.
    #[error("operator {operator} takes {expected}, not {found}")]
    ValueCount {
        /// The operator.
        operator: Operator,
        /// How many it takes, in words.
        expected: &'static str,
        /// How many there are.
        found: usize,
    },
    /// The value of [`GreaterThan`](Operator::GreaterThan) or [`LessThan`](Operator::LessThan) is
    /// no 64-bit integer.
    #[error("`{value}` is not an integer, as operators Gt and Lt need")]
    NotAnInteger {
        /// The value.
        value: String,
    },
}

impl Requirement {
    /// The requirement that `operator` makes of the label `key` with `values`.
    ///
    /// Source: `NewRequirement` of k8s.io/apimachinery/pkg/labels.
    ///
    /// # Errors
    ///
    /// When the key is no label key, a value no label value, or the number of values is not what
    /// the operator takes: at least one for `In` and `NotIn`, none for `Exists` and
    /// `DoesNotExist`, exactly one integer for `GreaterThan` and `LessThan`. The first fault.
    pub fn new<Values>(
        key: impl Into<String>,
        operator: Operator,
        values: Values,
    ) -> Result<Requirement, InvalidRequirement>
    where
        Values: IntoIterator<Item: Into<String>>,
    {
        let key = key.into();
        let mut values: Vec<String> = values.into_iter().map(Into::into).collect();
        let faults = label_key_faults(&key);
        if !faults.is_empty() {
            return Err(InvalidRequirement::Key { key, fault: faults.join("; ") });
        }
        let (fits, expected) = match operator {
            Operator::In | Operator::NotIn => (!values.is_empty(), "at least one value"),
            Operator::Exists | Operator::DoesNotExist => (values.is_empty(), "no value"),
            Operator::GreaterThan | Operator::LessThan => (values.len() == 1, "exactly one value"),
        };
        if !fits {
            return Err(InvalidRequirement::ValueCount { operator, expected, found: values.len() });
        }
        for value in &values {
            let faults = label_value_faults(value);
            if !faults.is_empty() {
                return Err(InvalidRequirement::Value {
                    value: value.clone(),
                    fault: faults.join("; "),
                });
            }
            let ordered = matches!(operator, Operator::GreaterThan | Operator::LessThan);
            if ordered && integer(value).is_none() {
                return Err(InvalidRequirement::NotAnInteger { value: value.clone() });
            }
        }
        values.sort_unstable();
        values.dedup();
        Ok(Requirement { key, operator, values })
    }

    /// Whether an object satisfies it whose label [`key`](Requirement::key) is `value`, or that
    /// has no such label.
    #[must_use]
    pub fn matches(&self, value: Option<&str>) -> bool {
        match self.operator {
            Operator::In => value.is_some_and(|value| self.lists(value)),
            Operator::NotIn => value.is_none_or(|value| !self.lists(value)),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::GreaterThan => self.compares(value, |label, bound| label > bound),
            Operator::LessThan => self.compares(value, |label, bound| label < bound),
        }
    }

    /// The label it is about.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// How it relates the label to the values.
    #[must_use]
    pub const fn operator(&self) -> Operator {
        self.operator
    }

    /// The values, sorted and without duplicates.
    #[must_use]
    pub fn values(&self) -> &[String] {
        &self.values
    }

    fn lists(&self, value: &str) -> bool {
        self.values.binary_search_by(|listed| listed.as_str().cmp(value)).is_ok()
    }

    fn compares(&self, label: Option<&str>, holds: impl FnOnce(i64, i64) -> bool) -> bool {
        let label = label.and_then(integer);
        let bound = self.values.first().and_then(|value| integer(value));
        label.zip(bound).is_some_and(|(label, bound)| holds(label, bound))
    }
}

/// As `strconv.ParseInt(value, 10, 64)` reads it.
fn integer(value: &str) -> Option<i64> {
    value.parse().ok()
}

/// The operators of manifests only, spelt exactly.
impl TryFrom<&LabelSelectorRequirement> for Requirement {
    type Error = InvalidRequirement;

    fn try_from(requirement: &LabelSelectorRequirement) -> Result<Requirement, InvalidRequirement> {
        let operator = Operator::from_api(&requirement.operator).ok_or_else(|| {
            InvalidRequirement::Operator { operator: requirement.operator.clone() }
        })?;
        Requirement::new(requirement.key.as_str(), operator, &requirement.values)
    }
}

/// `app`, `!app`, `app=web`, `app!=web`, `app in (api,web)`, `app notin (api,web)`, `app>1` or
/// `app<1`.
impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Requirement { key, operator, values } = self;
        match (operator, values.as_slice()) {
            (Operator::Exists, _) => f.write_str(key),
            (Operator::DoesNotExist, _) => write!(f, "!{key}"),
            (Operator::In, [value]) => write!(f, "{key}={value}"),
            (Operator::NotIn, [value]) => write!(f, "{key}!={value}"),
            (Operator::In, values) => write!(f, "{key} in ({})", values.join(",")),
            (Operator::NotIn, values) => write!(f, "{key} notin ({})", values.join(",")),
            (Operator::GreaterThan, values) => write!(f, "{key}>{}", values.join(",")),
            (Operator::LessThan, values) => write!(f, "{key}<{}", values.join(",")),
        }
    }
}

impl Operator {
    /// Reads an operator as a LabelSelector spells it: `In`, `NotIn`, `Exists` or `DoesNotExist`.
    /// `None` for everything else, other cases and `Gt` included.
    #[must_use]
    pub fn from_api(text: &str) -> Option<Operator> {
        match text {
            "In" => Some(Operator::In),
            "NotIn" => Some(Operator::NotIn),
            "Exists" => Some(Operator::Exists),
            "DoesNotExist" => Some(Operator::DoesNotExist),
            _ => None,
        }
    }

    /// The operator as the API spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Operator::In => "In",
            Operator::NotIn => "NotIn",
            Operator::Exists => "Exists",
            Operator::DoesNotExist => "DoesNotExist",
            Operator::GreaterThan => "Gt",
            Operator::LessThan => "Lt",
        }
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{InvalidRequirement, Operator, Requirement};
    use crate::model::LabelSelectorRequirement;

    fn requirement(operator: Operator, values: &[&str]) -> Requirement {
        Requirement::new("app", operator, values.iter().copied()).unwrap()
    }

    #[test]
    fn operators_on_present_and_absent_labels() {
        use Operator::{DoesNotExist, Exists, GreaterThan, In, LessThan, NotIn};
        for (operator, values, label, expected) in [
            (NotIn, &["web"][..], None, true),
            (NotIn, &["web"], Some(""), true),
            (NotIn, &["web"], Some("web"), false),
            (NotIn, &["web"], Some("Web"), true),
            (In, &["web", "api"], Some("api"), true),
            (In, &["web", "api"], Some("ap"), false),
            (In, &["web"], None, false),
            (In, &[""], None, false),
            (In, &[""], Some(""), true),
            (Exists, &[], Some(""), true),
            (Exists, &[], None, false),
            (DoesNotExist, &[], Some(""), false),
            (DoesNotExist, &[], None, true),
            (GreaterThan, &["5"], Some("05"), false),
            (GreaterThan, &["4"], Some("05"), true),
            (GreaterThan, &["4"], Some("5a"), false),
            (GreaterThan, &["4"], Some(""), false),
            (GreaterThan, &["4"], None, false),
            (GreaterThan, &["4"], Some("9223372036854775807"), true),
            (GreaterThan, &["4"], Some("9223372036854775808"), false),
            (LessThan, &["5"], Some("4"), true),
            (LessThan, &["5"], Some("-4"), true),
            (LessThan, &["5"], Some("5"), false),
            (LessThan, &["5"], None, false),
        ] {
            assert_eq!(
                requirement(operator, values).matches(label),
                expected,
                "{operator} {values:?} on {label:?}"
            );
        }
    }

    #[test]
    fn values_are_a_set() {
        assert_eq!(
            requirement(Operator::In, &["b", "a", "b"]),
            requirement(Operator::In, &["a", "b"])
        );
    }

    #[test]
    fn refuses_what_new_requirement_refuses() {
        use Operator::{DoesNotExist, Exists, GreaterThan, In, LessThan, NotIn};
        let none: &[&str] = &[];
        for (operator, values) in [
            (In, none),
            (NotIn, none),
            (Exists, &["x"]),
            (DoesNotExist, &["x"]),
            (GreaterThan, none),
            (LessThan, &["1", "2"]),
            (GreaterThan, &["a"]),
            (GreaterThan, &["1.5"]),
            (GreaterThan, &["-5"]),
            (GreaterThan, &["+5"]),
            (GreaterThan, &[""]),
            (GreaterThan, &["9223372036854775808"]),
            (In, &["a b"]),
            (In, &["a", &"v".repeat(64)]),
        ] {
            let outcome = Requirement::new("app", operator, values.iter().copied());
            assert!(outcome.is_err(), "{operator} {values:?}");
        }
        assert!(matches!(
            Requirement::new("a/b/c", Exists, none.iter().copied()),
            Err(InvalidRequirement::Key { .. })
        ));
        assert!(requirement(GreaterThan, &["007"]).matches(Some("8")));
    }

    #[test]
    fn manifests_have_four_operators() {
        for operator in ["in", "Gt", "Lt", "=", "", "exists"] {
            let written = LabelSelectorRequirement {
                key: "app".to_owned(),
                operator: operator.to_owned(),
                values: Vec::new(),
            };
            assert_eq!(
                Requirement::try_from(&written),
                Err(InvalidRequirement::Operator { operator: operator.to_owned() })
            );
        }
    }
}
