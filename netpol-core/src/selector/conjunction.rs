use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{InvalidRequirement, Operator, ParseSelectorError, Requirement, parse};
use crate::model::{LabelSelector, Labels};

/// A set of requirements that must all hold.
///
/// The empty selector matches everything. "No selector" is not a selector: where the API
/// distinguishes an absent selector from an empty one, use an `Option`.
///
/// ```
/// use netpol_core::model::LabelSelector;
/// use netpol_core::selector::Selector;
///
/// let manifest: LabelSelector = serde_json::from_str(
///     r#"{"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "tier", "operator": "Exists"}]}"#,
/// )?;
/// let selector = Selector::try_from(&manifest)?;
/// assert_eq!(selector, Selector::parse("tier, app == web")?);
/// assert_eq!(selector.to_string(), "app=web,tier");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector {
    /// Sorted by key, operator and values.
    requirements: Vec<Requirement>,
}

impl Selector {
    /// The selector that matches everything.
    #[must_use]
    pub const fn everything() -> Selector {
        Selector { requirements: Vec::new() }
    }

    /// The conjunction of `requirements`, whose order does not matter.
    #[must_use]
    pub fn new(requirements: impl IntoIterator<Item = Requirement>) -> Selector {
        let mut requirements: Vec<Requirement> = requirements.into_iter().collect();
        requirements.sort_unstable();
        Selector { requirements }
    }

    /// Reads the string form, as `kubectl get -l` takes it.
    ///
    /// ```text
    /// selector    = "" | requirement { "," requirement }
    /// requirement = [ "!" ] KEY
    ///             | KEY ( "in" | "notin" ) "(" [ VALUE ] { "," [ VALUE ] } ")"
    ///             | KEY ( "=" | "==" | "!=" ) [ VALUE ]
    ///             | KEY ( ">" | "<" ) VALUE
    /// ```
    ///
    /// Blanks (space, tab, CR, LF) may stand between any two words. A missing VALUE is the empty
    /// one. `in` and `notin` may also be keys and values. Parsing what a selector
    /// [prints](fmt::Display) gives the selector again.
    ///
    /// Source: `Parse` of k8s.io/apimachinery/pkg/labels. Two oddities of it are not copied: it
    /// ignores what follows a NUL byte, which is an error here, and it stumbles over an even
    /// number of commas before `)`, as in `x in (a,,)`, which its own grammar allows.
    ///
    /// # Errors
    ///
    /// When the text does not follow the grammar, or a requirement in it is invalid (see
    /// [`Requirement::new`]). The error knows the place in the text.
    pub fn parse(text: &str) -> Result<Selector, ParseSelectorError> {
        parse::requirements(text).map(Selector::new)
    }

    /// Whether an object with these labels satisfies every requirement.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        self.matches_with(|key| labels.get(key).map(String::as_str))
    }

    /// Whether an object satisfies every requirement whose label values `lookup` knows: it returns
    /// the value of the label with the given key, `None` when there is no such label.
    pub fn matches_with<'labels>(
        &self,
        mut lookup: impl FnMut(&str) -> Option<&'labels str>,
    ) -> bool {
        self.requirements.iter().all(|requirement| requirement.matches(lookup(requirement.key())))
    }

    /// Whether there are no requirements, so that it matches everything.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// The requirements, sorted by key.
    #[must_use]
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }
}

impl FromIterator<Requirement> for Selector {
    fn from_iter<I: IntoIterator<Item = Requirement>>(requirements: I) -> Selector {
        Selector::new(requirements)
    }
}

/// As `LabelSelectorAsSelector` of k8s.io/apimachinery/pkg/apis/meta/v1 does it: each entry of
/// `match_labels` requires the key with exactly that value.
///
/// Fails, with the first fault, exactly where validation of a created object would report errors:
/// for an unknown operator, missing or superfluous values, and bad keys and values.
impl TryFrom<&LabelSelector> for Selector {
    type Error = InvalidRequirement;

    fn try_from(selector: &LabelSelector) -> Result<Selector, InvalidRequirement> {
        let labels = selector
            .match_labels
            .iter()
            .map(|(key, value)| Requirement::new(key, Operator::In, [value]));
        let expressions = selector.match_expressions.iter().map(Requirement::try_from);
        labels.chain(expressions).collect()
    }
}

/// The text that it [prints](fmt::Display).
impl Serialize for Selector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// As [`Selector::parse`].
impl<'de> Deserialize<'de> for Selector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Selector, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Selector::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// As [`Selector::parse`].
impl FromStr for Selector {
    type Err = ParseSelectorError;

    fn from_str(text: &str) -> Result<Selector, ParseSelectorError> {
        Selector::parse(text)
    }
}

/// The requirements between commas, in canonical form: equal selectors print equally.
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, requirement) in self.requirements.iter().enumerate() {
            if position > 0 {
                f.write_str(",")?;
            }
            requirement.fmt(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Selector;
    use crate::model::{LabelSelector, LabelSelectorRequirement, Labels};

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn expression(key: &str, operator: &str, values: &[&str]) -> LabelSelectorRequirement {
        LabelSelectorRequirement {
            key: key.to_owned(),
            operator: operator.to_owned(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        }
    }

    #[test]
    fn empty_matches_everything() {
        let selector = Selector::try_from(&LabelSelector::default()).unwrap();
        assert!(selector.is_empty());
        assert_eq!(selector, Selector::everything());
        assert!(selector.matches(&Labels::new()));
        assert!(selector.matches(&labels(&[("a", "b")])));
    }

    #[test]
    fn match_labels_need_the_key() {
        let selector = LabelSelector { match_labels: labels(&[("app", "")]), ..Default::default() };
        let selector = Selector::try_from(&selector).unwrap();
        assert!(!selector.matches(&Labels::new()));
        assert!(selector.matches(&labels(&[("app", "")])));
        assert!(!selector.matches(&labels(&[("app", "web")])));
    }

    #[test]
    fn both_parts_must_hold() {
        let selector = LabelSelector {
            match_labels: labels(&[("app", "web")]),
            match_expressions: vec![expression("tier", "NotIn", &["db"])],
        };
        let selector = Selector::try_from(&selector).unwrap();
        assert!(selector.matches(&labels(&[("app", "web")])));
        assert!(selector.matches(&labels(&[("app", "web"), ("tier", "front")])));
        assert!(!selector.matches(&labels(&[("app", "web"), ("tier", "db")])));
        assert!(!selector.matches(&labels(&[("tier", "front")])));
    }

    #[test]
    fn contradictions_are_valid_and_match_nothing() {
        let selector = LabelSelector {
            match_expressions: vec![
                expression("a", "Exists", &[]),
                expression("a", "DoesNotExist", &[]),
            ],
            ..Default::default()
        };
        let selector = Selector::try_from(&selector).unwrap();
        assert!(!selector.matches(&Labels::new()));
        assert!(!selector.matches(&labels(&[("a", "")])));
    }

    #[test]
    fn conversion_refuses_what_validation_refuses() {
        for bad in [
            expression("app", "in", &["web"]),
            expression("app", "Gt", &["1"]),
            expression("app", "In", &[]),
            expression("app", "Exists", &["x"]),
            expression("a/b/c", "Exists", &[]),
            expression("app", "In", &["é"]),
            expression("", "", &[]),
        ] {
            let selector =
                LabelSelector { match_expressions: vec![bad.clone()], ..Default::default() };
            assert!(Selector::try_from(&selector).is_err(), "{bad:?}");
        }
        for (key, value) in [("", "x"), ("x", "-")] {
            let selector =
                LabelSelector { match_labels: labels(&[(key, value)]), ..Default::default() };
            assert!(Selector::try_from(&selector).is_err(), "{key}={value}");
        }
    }
}
