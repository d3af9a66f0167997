//! The labels of a world and the selectors over them.

use netpol_core::model::{LabelSelector, LabelSelectorRequirement};

use super::random::Random;

/// Which app a pod belongs to; names repeat from namespace to namespace.
pub(super) const APP: &str = "app";
/// Which of six tiers.
pub(super) const TIER: &str = "tier";
/// Which version of the app.
pub(super) const APP_VERSION: &str = "version";
/// Only on pods of an app's second version.
pub(super) const TRACK: &str = "track";
/// Which of a hundred products.
pub(super) const PART_OF: &str = "app.kubernetes.io/part-of";
/// On every pod of [`UniqueLabels`](super::Adversary::UniqueLabels), with its own name.
pub(super) const IDENTITY: &str = "example.com/identity";
/// On every pod, with its own name; no policy speaks of it.
pub(super) const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";
/// Which team a namespace belongs to.
pub(super) const TEAM: &str = "team";
/// Production, staging and the like.
pub(super) const ENVIRONMENT: &str = "environment";
/// Name of a namespace.
pub(super) const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// How many names apps have.
pub(super) const APPS: usize = 300;
/// The app that every namespace with pods has.
pub(super) const FIRST_APP: &str = "app-0";
/// How many tiers there are.
pub(super) const TIERS: usize = 6;
/// How many products there are.
pub(super) const PRODUCTS: usize = 100;

/// `matchLabels: {key: value}`.
pub(super) fn label(key: &str, value: impl Into<String>) -> LabelSelector {
    let match_labels = [(key.to_owned(), value.into())].into();
    LabelSelector { match_labels, match_expressions: Vec::new() }
}

/// The namespace with this name.
pub(super) fn namespace(name: &str) -> LabelSelector {
    label(NAMESPACE_NAME, name)
}

/// The selector, made a little different with `matchExpressions`.
pub(super) fn with_expression(mut selector: LabelSelector, random: &mut Random) -> LabelSelector {
    let requirement = match random.below(4) {
        0 => match selector.match_labels.pop_first() {
            Some((key, value)) => {
                let other = format!("{key}-{}", random.below(TIERS));
                requirement(&key, "In", vec![value, other])
            }
            None => requirement(APP, "Exists", Vec::new()),
        },
        1 => requirement(TIER, "NotIn", vec![format!("tier-{}", random.below(TIERS))]),
        2 => requirement(APP_VERSION, "Exists", Vec::new()),
        _ => requirement(TRACK, "DoesNotExist", Vec::new()),
    };
    selector.match_expressions.push(requirement);
    selector
}

/// An entry of `matchExpressions`.
pub(super) fn requirement(
    key: &str,
    operator: &str,
    values: Vec<String>,
) -> LabelSelectorRequirement {
    LabelSelectorRequirement { key: key.to_owned(), operator: operator.to_owned(), values }
}
