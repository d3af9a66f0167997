//! What a NetworkPolicy says: its defaults, and what of it can be understood.
//!
//! A policy that the API server would refuse can still lie in a cluster that an older server
//! filled. Such a policy is not ignored, because that would open what it closed: what cannot be
//! understood in it matches nothing, while the pods it selects stay isolated.
//!
//! Sources: `SetDefaults_NetworkPolicy` and `SetDefaults_NetworkPolicyPort` in
//! `k8s.io/kubernetes/pkg/apis/networking/v1/defaults.go`; the comments of
//! `k8s.io/api/networking/v1/types.go`.

use netpol_core::Direction;
use netpol_core::model::{
    LabelSelector, Labels, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort,
};

use super::labels;

/// One entry of `ingress` or `egress`.
pub(super) struct Rule<'a> {
    /// `from` or `to`.
    pub(super) peers: &'a [NetworkPolicyPeer],
    /// `ports`.
    pub(super) ports: &'a [NetworkPolicyPort],
}

/// Which pods of its namespace the policy is about.
fn subject(policy: &NetworkPolicy) -> &LabelSelector {
    &policy.spec.pod_selector
}

/// Whether the policy is about a pod of `namespace` with `labels`. A subject that cannot be
/// understood is every pod of the namespace.
pub(super) fn selects(policy: &NetworkPolicy, namespace: &str, labels: &Labels) -> bool {
    let subject = subject(policy);
    policy.metadata.namespace == namespace
        && (!labels::is_understood(subject) || labels::selects(subject, labels))
}

/// Whether the pods that the policy selects are isolated in `direction`.
///
/// Without `policyTypes` the policy is about ingress, and about egress if it has egress rules. An
/// entry of `policyTypes` that is neither `Ingress` nor `Egress` may have meant either, so it
/// isolates in both.
pub(super) fn isolates(policy: &NetworkPolicy, direction: Direction) -> bool {
    let types = &policy.spec.policy_types;
    if types.is_empty() {
        return direction == Direction::Ingress || !policy.spec.egress.is_empty();
    }
    types.iter().any(|policy_type| match policy_type.as_str() {
        "Ingress" => direction == Direction::Ingress,
        "Egress" => direction == Direction::Egress,
        _ => true,
    })
}

/// The rules of `direction`, which count only where the policy isolates in it. A missing list is
/// an empty list. Rules of a policy whose subject cannot be understood were written for other
/// pods than all of them, so they count for none.
pub(super) fn rules(policy: &NetworkPolicy, direction: Direction) -> Vec<Rule<'_>> {
    if !labels::is_understood(subject(policy)) {
        return Vec::new();
    }
    match direction {
        Direction::Ingress => policy
            .spec
            .ingress
            .iter()
            .map(|rule| Rule { peers: &rule.from, ports: &rule.ports })
            .collect(),
        Direction::Egress => policy
            .spec
            .egress
            .iter()
            .map(|rule| Rule { peers: &rule.to, ports: &rule.ports })
            .collect(),
    }
}
