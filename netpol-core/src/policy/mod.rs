//! The one normal form that every kind of policy comes to.
//!
//! A [`Policy`] has its defaults filled in and its text read; what could not be read is marked so
//! and matches nothing. From here on nobody knows which API an object came from, except for the
//! names that explanations print.

mod lower;
mod peer;

pub(crate) use lower::{
    admin_network_policy, alpha_network_policy, baseline_admin_network_policy,
    cluster_network_policy, extensions_network_policy, isolated_namespace, network_policy,
};
pub(crate) use peer::{Namespaces, Peer};

use std::fmt;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::model::Kind;
use crate::net::PolicyPort;
use crate::packet::Direction;
use crate::selector::Selector;

/// The place of a policy in the order of evaluation, which is the order of the variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Tier {
    /// AdminNetworkPolicy, and ClusterNetworkPolicy of tier `Admin`: ordered rules that no
    /// NetworkPolicy can undo.
    Admin,
    /// `networking.k8s.io` NetworkPolicy: allow rules that add up.
    NetworkPolicy,
    /// BaselineAdminNetworkPolicy, and ClusterNetworkPolicy of tier `Baseline`: ordered rules for
    /// pods that no NetworkPolicy isolates.
    Baseline,
}

impl Tier {
    /// The tier as the API spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Tier::Admin => "Admin",
            Tier::NetworkPolicy => "NetworkPolicy",
            Tier::Baseline => "Baseline",
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a rule of a cluster-wide policy does with what it matches.
///
/// Source: `ClusterNetworkPolicyRuleAction` of sigs.k8s.io/network-policy-api/apis/v1alpha2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(clippy::exhaustive_enums, reason = "a fourth action must break those who match on it")]
pub enum Action {
    /// Lets it pass in this direction; no later rule, policy or tier is asked. `Allow` in
    /// `v1alpha1`.
    Accept,
    /// Drops it.
    Deny,
    /// Skips the rest of the tier.
    Pass,
}

impl Action {
    /// The action as `v1alpha2` spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Action::Accept => "Accept",
            Action::Deny => "Deny",
            Action::Pass => "Pass",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A policy in normal form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Policy {
    pub(crate) tier: Tier,
    /// The kind of the object that it came from.
    pub(crate) kind: Kind,
    /// Empty for a cluster-wide policy.
    pub(crate) namespace: Box<str>,
    pub(crate) name: Box<str>,
    /// Where it stands in an ordered tier; `None` is last.
    pub(crate) priority: Option<i32>,
    /// The pods that it applies to.
    pub(crate) subject: Subject,
    /// What it says about traffic into them; `None` when it says nothing.
    pub(crate) ingress: Option<Vec<Rule>>,
    /// What it says about traffic out of them; `None` when it says nothing.
    pub(crate) egress: Option<Vec<Rule>>,
}

/// The pods a policy applies to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) enum Subject {
    /// Those of its namespace that match.
    Pods(Selector),
    /// Every pod of its namespace.
    EveryPod,
    /// Those that match, in the namespaces that match.
    Cluster {
        /// Which namespaces.
        namespaces: Selector,
        /// Which of their pods.
        pods: Selector,
    },
    /// None: the policy is kept without effect.
    Nobody,
}

/// One rule: what happens to any of the peers on any of the ports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Rule {
    /// What its author calls it.
    pub(crate) name: Option<Box<str>>,
    /// `Accept` in a NetworkPolicy.
    pub(crate) action: Action,
    /// Whether all of it could be read; otherwise it is what fails closed in its place.
    pub(crate) understood: bool,
    /// In the order of the object; empty means everybody.
    pub(crate) peers: Vec<Peer>,
    /// In the order of the object; empty means every port and every protocol.
    pub(crate) ports: Vec<RulePort>,
}

/// One entry of a rule's ports: several where one entry speaks of several protocols, none where it
/// cannot be read and matches nothing.
pub(crate) type RulePort = SmallVec<[PolicyPort; 1]>;

impl Policy {
    /// The rules of a direction, `None` when the policy has nothing to say about it: a NetworkPolicy
    /// that does not isolate, a cluster-wide policy without rules.
    pub(crate) fn rules(&self, direction: Direction) -> Option<&[Rule]> {
        match direction {
            Direction::Ingress => self.ingress.as_deref(),
            Direction::Egress => self.egress.as_deref(),
        }
    }

    /// Whether kind, tier, namespace and actions go together, as lowering makes them: of one that
    /// was read from elsewhere.
    pub(crate) fn is_consistent(&self) -> bool {
        let rules = [&self.ingress, &self.egress].into_iter().flatten().flatten();
        match self.kind {
            Kind::NetworkPolicy => {
                self.tier == Tier::NetworkPolicy
                    && !matches!(self.subject, Subject::Cluster { .. })
                    && rules.map(|rule| rule.action).all(|action| action == Action::Accept)
            }
            Kind::ClusterNetworkPolicy
            | Kind::AdminNetworkPolicy
            | Kind::BaselineAdminNetworkPolicy => {
                self.tier != Tier::NetworkPolicy
                    && self.namespace.is_empty()
                    && matches!(self.subject, Subject::Cluster { .. } | Subject::Nobody)
            }
            Kind::Namespace
            | Kind::Node
            | Kind::Pod
            | Kind::Workload(_)
            | Kind::Service
            | Kind::EndpointSlice => false,
        }
    }

    /// Sorts the policies of the ordered tiers as they are asked: by tier and priority, and equal
    /// ones by name and kind, which the API leaves open.
    pub(crate) fn order(&self) -> (Tier, bool, Option<i32>, &str, &'static str) {
        (self.tier, self.priority.is_none(), self.priority, &self.name, self.kind.as_str())
    }
}
