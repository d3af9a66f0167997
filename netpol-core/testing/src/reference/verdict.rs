//! The order in which the rules are asked.
//!
//! Sources: the Network Policies page of the Kubernetes documentation ("The two sorts of pod
//! isolation"), the comments of `NetworkPolicySpec` in `k8s.io/api/networking/v1/types.go`, and
//! the API overview of `sigs.k8s.io/network-policy-api`.

use std::borrow::Cow;

use netpol_core::model::{Kind, NetworkPolicy};
use netpol_core::net::Protocol;
use netpol_core::options::{BaselineScope, Fragments, UnknownPodAddresses, UnmatchedProtocols};
use netpol_core::packet::Transport;
use netpol_core::{Direction, Packet, Verdict};

use super::World;
use super::identity::{End, Endpoint};
use super::interpret;
use super::reason::{DecidingRule, Judgement, Reason, Side, Tier};

impl World {
    /// May `packet` pass, and why? It passes when the destination's ingress policies and the
    /// source's egress policies both let it.
    #[must_use]
    pub fn judge(&self, packet: &Packet) -> Judgement {
        let source = self.end_at(packet.source());
        let destination = self.end_at(packet.destination());
        self.judge_ends(&source, &destination, packet)
    }

    /// The same for two ends; the packet's own addresses are not looked at.
    pub(super) fn judge_ends(
        &self,
        source: &End<'_>,
        destination: &End<'_>,
        packet: &Packet,
    ) -> Judgement {
        Judgement {
            ingress: self.judge_direction(Direction::Ingress, source, destination, packet),
            egress: self.judge_direction(Direction::Egress, source, destination, packet),
        }
    }

    fn judge_direction(
        &self,
        direction: Direction,
        source: &End<'_>,
        destination: &End<'_>,
        packet: &Packet,
    ) -> Side {
        // 1. While the first listing is on its way, nothing is known.
        if let Some(verdict) = self.options.until_synced.filter(|_| !self.synced) {
            return Side { verdict, reason: Reason::NotSynced };
        }

        // 2. Without neighbour discovery there is no IPv6 at all.
        if packet.is_link_signalling() {
            return Side::allow(Reason::LinkSignalling);
        }

        // 3. "A pod cannot block access to itself."
        if self.is_self_traffic(source, destination, packet) {
            return Side::allow(Reason::SelfTraffic);
        }

        // 4. An address that some pod must have, though no pod is known to.
        let unknown =
            |end: &End<'_>| end.address.is_some_and(|address| self.is_unknown_pod_address(address));
        if self.options.unknown_pod_addresses == UnknownPodAddresses::Deny
            && (unknown(source) || unknown(destination))
        {
            return Side::deny(Reason::UnknownPodAddress);
        }

        // 5. "... or if the traffic source is the pod's local node."
        let (subject, other) = match direction {
            Direction::Ingress => (destination, source),
            Direction::Egress => (source, destination),
        };
        if self.is_own_node(direction, subject, other) {
            return Side::allow(Reason::OwnNode);
        }

        // 6. Fragments have no ports that rules could match; they may pass for that.
        if packet.is_fragment() && self.options.fragments == Fragments::Allow {
            return Side::allow(Reason::Fragment);
        }

        // 7. Only pods have policies.
        let Some(pod) = subject.endpoint else {
            let reason = if unknown(subject) { Reason::UnknownPodAddress } else { Reason::NotAPod };
            return Side::allow(reason);
        };
        // To cluster-wide policies a pod in the host network is none.
        let ask_cluster_wide = |tier| {
            let pod = subject.cluster_endpoint()?;
            self.ask_tier(tier, direction, pod, other, destination, packet)
        };

        // 8. What the Admin tier accepts or denies is settled.
        if let Some(side) = ask_cluster_wide(Tier::Admin) {
            return side;
        }

        // 9. Pods that a NetworkPolicy isolates are judged by NetworkPolicies, and that is final.
        if self.is_isolated(direction, pod) {
            return self.ask_network_policies(direction, pod, other, destination, packet);
        }

        // 10. The Baseline tier is asked about the others. Taken to the letter, a pod that a
        //     NetworkPolicy is about at all is not one of them.
        let is_settled = self.options.baseline == BaselineScope::Literal
            && [Direction::Ingress, Direction::Egress]
                .into_iter()
                .any(|direction| self.is_isolated(direction, pod));
        if !is_settled && let Some(side) = ask_cluster_wide(Tier::Baseline) {
            return side;
        }

        // 11. What nobody denies passes.
        Side::allow(Reason::NotIsolated)
    }

    /// What the NetworkPolicies say about a packet of a pod that they isolate.
    fn ask_network_policies(
        &self,
        direction: Direction,
        pod: Endpoint<'_>,
        other: &End<'_>,
        destination: &End<'_>,
        packet: &Packet,
    ) -> Side {
        if packet.is_fragment() && self.options.fragments == Fragments::Deny {
            return Side::deny(Reason::Fragment);
        }

        // Policies only add up: one rule of one of them is enough.
        for policy in self.policies_about_pod(direction, pod) {
            if let Some(rule) = self.allowing_rule(direction, &policy, other, destination, packet) {
                return Side::allow(Reason::Allowed(rule));
            }
        }

        // What policies are not about is left to the implementation.
        if !packet.protocol().has_policy_ports() {
            match self.options.unmatched_protocols {
                UnmatchedProtocols::Allow => return Side::allow(Reason::UnmatchedProtocol),
                UnmatchedProtocols::EssentialIcmp if is_essential_icmp(packet) => {
                    return Side::allow(Reason::EssentialIcmp);
                }
                _ => {}
            }
        }
        Side::deny(Reason::NoRuleMatches)
    }

    /// A pod and its own address, or loopback, which never leaves the pod. What a Service led back
    /// to the pod it came from is the pod's own traffic only where an option says so.
    fn is_self_traffic(&self, source: &End<'_>, destination: &End<'_>, packet: &Packet) -> bool {
        let loopback = destination.address.is_some_and(|address| address.is_loopback());
        let same_pod = match (source.endpoint, destination.endpoint) {
            (Some(one), Some(other)) => one.is_same_pod(other),
            _ => false,
        };
        let hairpin = packet.is_via_service() && !self.options.service_hairpin;
        let own_address = same_pod && source.address == destination.address && !hairpin;
        self.options.self_traffic && (loopback || own_address)
    }

    fn is_own_node(&self, direction: Direction, subject: &End<'_>, other: &End<'_>) -> bool {
        let enabled = match direction {
            Direction::Ingress => self.options.own_node_ingress,
            Direction::Egress => self.options.own_node_egress,
        };
        match (subject.endpoint, other.address) {
            (Some(pod), Some(address)) => {
                enabled && self.own_node_addresses(pod).contains(&address)
            }
            _ => false,
        }
    }

    /// Whether NetworkPolicies isolate the pod. Being selected for a direction isolates in it;
    /// before `v1` an annotation of the namespace did, for ingress, and nothing else.
    fn is_isolated(&self, direction: Direction, pod: Endpoint<'_>) -> bool {
        if self.is_legacy() {
            direction == Direction::Ingress && self.is_isolated_by_annotation(pod.namespace())
        } else {
            !self.policies_about_pod(direction, pod).is_empty()
        }
    }

    /// The NetworkPolicies that select the pod and are about `direction`, by name. Before `v1` all
    /// were about ingress, and one whose subject cannot be understood opens nothing to anybody.
    fn policies_about_pod(
        &self,
        direction: Direction,
        pod: Endpoint<'_>,
    ) -> Vec<Cow<'_, NetworkPolicy>> {
        let mut policies: Vec<Cow<'_, NetworkPolicy>> = self
            .network_policies()
            .filter(|policy| interpret::selects(policy, pod.namespace(), pod.labels()))
            .filter(|policy| self.is_legacy() || interpret::isolates(policy, direction))
            .collect();
        policies.sort_by(|one, other| one.metadata.name.cmp(&other.metadata.name));
        policies
    }

    /// The first rule, peer and port entry that let the packet through. No peers means every
    /// other end; no ports means every port of every protocol.
    fn allowing_rule(
        &self,
        direction: Direction,
        policy: &NetworkPolicy,
        other: &End<'_>,
        destination: &End<'_>,
        packet: &Packet,
    ) -> Option<DecidingRule> {
        let namespace = &policy.metadata.namespace;
        let destination = destination.endpoint.map(Endpoint::spec);
        for (index, rule) in interpret::rules(policy, direction).iter().enumerate() {
            let peer = rule.peers.iter().position(|peer| self.peer_matches(peer, namespace, other));
            let port =
                rule.ports.iter().position(|port| self.port_matches(port, packet, destination));
            if (peer.is_some() || rule.peers.is_empty())
                && (port.is_some() || rule.ports.is_empty())
            {
                return Some(DecidingRule {
                    tier: Tier::NetworkPolicy,
                    kind: Kind::NetworkPolicy,
                    namespace: namespace.clone(),
                    name: policy.metadata.name.clone(),
                    rule: index,
                    peer,
                    port,
                });
            }
        }
        None
    }

    /// The verdict of one direction alone.
    pub fn judge_one(&self, direction: Direction, packet: &Packet) -> Verdict {
        let judgement = self.judge(packet);
        match direction {
            Direction::Ingress => judgement.ingress.verdict,
            Direction::Egress => judgement.egress.verdict,
        }
    }
}

/// What kube-router always lets through: echo request, destination unreachable and time exceeded;
/// for ICMPv6 packet too big and echo reply besides.
fn is_essential_icmp(packet: &Packet) -> bool {
    match (packet.protocol(), packet.transport()) {
        (Protocol::ICMP, Transport::Icmp { kind, .. }) => matches!(kind, 3 | 8 | 11),
        (Protocol::ICMPV6, Transport::Icmp { kind, .. }) => matches!(kind, 1..=3 | 128 | 129),
        _ => false,
    }
}
