use std::collections::BTreeSet;

use crate::options::{CidrStrictness, Options};

/// How strict validation is. The default is that for an object kube-apiserver 1.35 has never seen.
///
/// The leniencies are those that kube-apiserver grants an update, so that an object stored under
/// older rules can still be changed; [`network_policy_update`](super::network_policy_update)
/// fills them in by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ValidateOptions {
    /// Whether CIDRs are refused that only the legacy reading accepts.
    pub cidrs: CidrStrictness,
    /// Malformed label values in `matchExpressions` are let pass (upstream's
    /// `AllowInvalidLabelValueInSelector`).
    pub invalid_label_values_in_selectors: bool,
    /// CIDRs that are let pass as they are written, whatever they are (upstream's
    /// `AllowCIDRsEvenIfInvalid`).
    pub grandfathered_cidrs: BTreeSet<String>,
}

impl ValidateOptions {
    /// Whether the strict reading's objections to `cidr` are errors.
    pub(super) fn is_strict_about(&self, cidr: &str) -> bool {
        self.cidrs == CidrStrictness::Strict && !self.grandfathered_cidrs.contains(cidr)
    }
}

/// Without leniencies.
impl From<&Options> for ValidateOptions {
    fn from(options: &Options) -> ValidateOptions {
        ValidateOptions { cidrs: options.cidrs, ..ValidateOptions::default() }
    }
}
