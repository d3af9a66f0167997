//! The order in which the rules are asked.
//!
//! Source: the Network Policies page of the Kubernetes documentation ("The two sorts of pod
//! isolation"), and the comments of `NetworkPolicySpec` in `k8s.io/api/networking/v1/types.go`.

use netpol_core::model::NetworkPolicy;
use netpol_core::net::Protocol;
use netpol_core::options::{Fragments, UnknownPodAddresses, UnmatchedProtocols};
use netpol_core::packet::Transport;
use netpol_core::{Direction, Packet, Verdict};

use super::World;
use super::identity::{End, Endpoint};
use super::interpret;
use super::reason::{AllowingRule, Judgement, Reason, Side};

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

        // 7. Only pods have policies, and only pods that some policy isolates are judged by them.
        let Some(pod) = subject.endpoint else {
            let reason = if unknown(subject) { Reason::UnknownPodAddress } else { Reason::NotAPod };
            return Side::allow(reason);
        };
        let isolating = self.isolating_policies(direction, pod);
        if isolating.is_empty() {
            return Side::allow(Reason::NotIsolated);
        }
        if packet.is_fragment() && self.options.fragments == Fragments::Deny {
            return Side::deny(Reason::Fragment);
        }

        // 8. Policies only add up: one rule of one of them is enough.
        for policy in isolating {
            if let Some(rule) = self.allowing_rule(direction, policy, other, destination, packet) {
                return Side::allow(Reason::Allowed(rule));
            }
        }

        // 9. What policies are not about is left to the implementation.
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

    /// The policies that select the pod and are about `direction`, by name.
    fn isolating_policies(&self, direction: Direction, pod: Endpoint<'_>) -> Vec<&NetworkPolicy> {
        let mut policies: Vec<&NetworkPolicy> = self
            .policies
            .iter()
            .filter(|policy| interpret::selects(policy, pod.namespace(), pod.labels()))
            .filter(|policy| interpret::isolates(policy, direction))
            .collect();
        policies.sort_by_key(|policy| &policy.metadata.name);
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
    ) -> Option<AllowingRule> {
        let namespace = &policy.metadata.namespace;
        let destination = destination.endpoint.map(Endpoint::spec);
        for (index, rule) in interpret::rules(policy, direction).iter().enumerate() {
            let peer = rule.peers.iter().position(|peer| self.peer_matches(peer, namespace, other));
            let port =
                rule.ports.iter().position(|port| self.port_matches(port, packet, destination));
            if (peer.is_some() || rule.peers.is_empty())
                && (port.is_some() || rule.ports.is_empty())
            {
                return Some(AllowingRule {
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
