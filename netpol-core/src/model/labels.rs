use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::null_default;

/// The labels of an object: key to value, in key order.
pub type Labels = BTreeMap<String, String>;

/// `metav1.LabelSelector`: the conjunction of `match_labels` and `match_expressions`.
///
/// The empty selector matches everything. To evaluate one, make a
/// [`Selector`](crate::selector::Selector) of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelector {
    /// Each entry requires the key to be present with exactly this value.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Labels::is_empty")]
    pub match_labels: Labels,
    /// Further requirements, ANDed with each other and with `match_labels`.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub match_expressions: Vec<LabelSelectorRequirement>,
}

/// `metav1.LabelSelectorRequirement`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelectorRequirement {
    /// The label key the requirement is about.
    #[serde(deserialize_with = "null_default")]
    pub key: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`; anything else is for validation to refuse.
    #[serde(deserialize_with = "null_default")]
    pub operator: String,
    /// The values of `In` and `NotIn`; empty for the other two.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}
