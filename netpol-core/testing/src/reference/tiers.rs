//! The order of the tiers, and within a tier that of its policies and of their rules.
//!
//! Source: the comments of `ClusterNetworkPolicySpec` in
//! `sigs.k8s.io/network-policy-api/apis/v1alpha2`, and its API overview.

use netpol_core::options::EqualPriorities;
use netpol_core::{Direction, Packet};

use super::World;
use super::cluster_policy::{Action, ClusterPolicy, Rule};
use super::identity::{End, Endpoint};
use super::reason::{DecidingRule, Reason, Side, Tier};

impl World {
    /// What the cluster-wide policies of a tier say about a packet of `subject`; `None` when the
    /// next tier is to be asked, because no rule matches or the first that does passes it on.
    pub(super) fn ask_tier(
        &self,
        tier: Tier,
        direction: Direction,
        subject: Endpoint<'_>,
        other: &End<'_>,
        destination: &End<'_>,
        packet: &Packet,
    ) -> Option<Side> {
        for policy in self.policies_about(tier, subject) {
            for (index, rule) in policy.rules(direction).iter().enumerate() {
                let decided = |peer, port| DecidingRule {
                    tier,
                    kind: policy.kind(),
                    namespace: String::new(),
                    name: policy.name().to_owned(),
                    rule: index,
                    peer,
                    port,
                };
                match rule {
                    Rule::MatchesNothing => {}
                    Rule::DeniesEverything => {
                        return Some(Side::deny(Reason::NotUnderstood(decided(None, None))));
                    }
                    Rule::Understood { action, peers, ports } => {
                        let peer =
                            peers.iter().position(|peer| self.cluster_peer_matches(peer, other));
                        let pod = destination.cluster_endpoint().map(Endpoint::spec);
                        let port = ports
                            .iter()
                            .flatten()
                            .position(|port| self.cluster_port_matches(port, packet, pod));
                        if peer.is_none() || (ports.is_some() && port.is_none()) {
                            continue;
                        }
                        return match action {
                            Action::Accept => {
                                Some(Side::allow(Reason::Allowed(decided(peer, port))))
                            }
                            Action::Deny => Some(Side::deny(Reason::Denied(decided(peer, port)))),
                            Action::Pass => None,
                        };
                    }
                }
            }
        }
        None
    }

    /// The policies of a tier that are about the pod, in the order in which they are asked: by
    /// priority, and those that have the same by name. BaselineAdminNetworkPolicies have none and
    /// come last.
    fn policies_about(&self, tier: Tier, pod: Endpoint<'_>) -> Vec<ClusterPolicy<'_>> {
        let mut policies: Vec<ClusterPolicy<'_>> = self
            .cluster_wide_policies()
            .filter(|policy| policy.tier() == Some(tier))
            .filter(|policy| policy.subject().is_some_and(|pods| self.pods_include(&pods, pod)))
            .collect();
        policies.sort_by_key(|policy| {
            let priority = policy.priority();
            (priority.is_none(), priority, policy.name(), policy.kind().as_str())
        });
        policies
    }

    /// Two policies whose order the API leaves open, where that is an error. A policy without
    /// effect has no place in the order.
    pub(super) fn equal_priorities(&self) -> Option<(&str, &str)> {
        if self.options.equal_priorities != EqualPriorities::Error {
            return None;
        }
        let policies: Vec<ClusterPolicy<'_>> = self
            .cluster_wide_policies()
            .filter(|policy| policy.is_effective() && policy.priority().is_some())
            .collect();
        policies.iter().enumerate().find_map(|(index, one)| {
            let same = |other: &&ClusterPolicy<'_>| {
                (one.tier(), one.priority()) == (other.tier(), other.priority())
            };
            policies[index + 1..].iter().find(same).map(|other| (one.name(), other.name()))
        })
    }
}
