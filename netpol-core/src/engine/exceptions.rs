//! What decides before any policy is asked, and after all of them were.

use std::net::IpAddr;

use super::Snapshot;
use super::question::{Case, Side};
use super::reason::Reason;
use crate::directory::EndpointId;
use crate::model::Kind;
use crate::net::Protocol;
use crate::options::{Fragments, UnknownPodAddresses, UnmatchedProtocols};
use crate::packet::{Direction, Traffic, Transport, Verdict};
use crate::tables::{Class, Identity, RuleSetsOfTiers};

impl Case {
    /// The end that policies of this direction select.
    pub(super) const fn subject(&self, direction: Direction) -> &Side {
        match direction {
            Direction::Ingress => &self.destination,
            Direction::Egress => &self.source,
        }
    }

    /// The end that rules of this direction speak of.
    pub(super) const fn peer(&self, direction: Direction) -> &Side {
        match direction {
            Direction::Ingress => &self.source,
            Direction::Egress => &self.destination,
        }
    }
}

impl Class {
    /// The rules that a subject of this class has for a direction.
    pub(super) const fn rule_sets(&self, direction: Direction) -> &RuleSetsOfTiers {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }

    /// Whether rules of a direction may speak of the peer, as far as bit patterns tell; if none does, no
    /// NetworkPolicy admits it.
    pub(super) const fn may_admit(&self, direction: Direction, peer: Identity) -> bool {
        let admitted = match direction {
            Direction::Ingress => self.admits_sources,
            Direction::Egress => self.admits_destinations,
        };
        admitted & peer.bloom != 0
    }

    /// What a peer of this class is to rules of a direction.
    pub(super) const fn identity(&self, direction: Direction) -> Identity {
        match direction {
            Direction::Ingress => self.as_source(),
            Direction::Egress => self.as_destination(),
        }
    }
}

impl Snapshot {
    /// The rule that decides before any policy, if one does. The order is part of the semantics.
    pub(super) fn before_policies(
        &self,
        case: &Case,
        direction: Direction,
    ) -> Option<(Verdict, Reason)> {
        if let Some(verdict) = self.until_synced {
            return Some((verdict, Reason::NotSynced));
        }
        if case.traffic.is_link_signalling() {
            return Some((Verdict::Allow, Reason::LinkSignalling));
        }
        if self.is_self_traffic(case) {
            return Some((Verdict::Allow, Reason::SelfTraffic));
        }
        if self.options.unknown_pod_addresses == UnknownPodAddresses::Deny
            && (self.is_unknown_pod(&case.source) || self.is_unknown_pod(&case.destination))
        {
            return Some((Verdict::Deny, Reason::UnknownPodAddress));
        }
        let node_passes = match direction {
            Direction::Ingress => self.options.own_node_ingress,
            Direction::Egress => self.options.own_node_egress,
        };
        if node_passes && self.is_own_node(case.subject(direction), case.peer(direction)) {
            return Some((Verdict::Allow, Reason::OwnNode));
        }
        if case.traffic.is_fragment() && self.options.fragments == Fragments::Allow {
            return Some((Verdict::Allow, Reason::Fragment));
        }
        None
    }

    /// Whether an option lets pass what the NetworkPolicies that isolate an endpoint do not.
    pub(super) fn after_policies(&self, traffic: &Traffic) -> Option<Reason> {
        if !traffic.is_other_protocol() {
            return None;
        }
        match self.options.unmatched_protocols {
            UnmatchedProtocols::Deny => None,
            UnmatchedProtocols::Allow => Some(Reason::UnmatchedProtocol),
            UnmatchedProtocols::EssentialIcmp => {
                is_essential_icmp(traffic).then_some(Reason::EssentialIcmp)
            }
        }
    }

    fn is_self_traffic(&self, case: &Case) -> bool {
        if !self.options.self_traffic {
            return false;
        }
        if case.destination.address.is_some_and(|address| address.is_loopback()) {
            return true;
        }
        if case.traffic.is_via_service() && !self.options.service_hairpin {
            return false;
        }
        let Some(endpoint) = case.source.endpoint else { return false };
        // A workload stands for several pods, which are not each other.
        let is_one_pod = self
            .directory
            .endpoint(endpoint)
            .is_some_and(|entry| entry.is_pod && entry.record.kind == Kind::Pod);
        is_one_pod
            && case.destination.endpoint == Some(endpoint)
            && case.source.address == case.destination.address
    }

    /// Whether the address lies in a pod range and belongs to nobody.
    pub(super) fn is_unknown_pod(&self, side: &Side) -> bool {
        side.endpoint.is_none() && side.address.is_some_and(|address| self.is_pod_address(address))
    }

    /// Whether an address lies in a pod range and is no node's.
    pub(super) fn is_pod_address(&self, address: IpAddr) -> bool {
        self.directory.in_pod_cidr(address) && !self.directory.node_addresses.contains(&address)
    }

    fn is_own_node(&self, subject: &Side, peer: &Side) -> bool {
        match (subject.endpoint, peer.address) {
            (Some(endpoint), Some(address)) => {
                self.is_pod(endpoint) && self.directory.is_own_node(endpoint, address)
            }
            _ => false,
        }
    }

    /// Whether policies see the endpoint as a pod.
    pub(super) fn is_pod(&self, endpoint: EndpointId) -> bool {
        self.directory.endpoint(endpoint).is_some_and(|entry| entry.is_pod)
    }
}

/// What kube-router always accepts, and the ICMPv6 messages that mean the same.
const fn is_essential_icmp(traffic: &Traffic) -> bool {
    let Transport::Icmp { kind, .. } = traffic.transport() else { return false };
    match traffic.protocol() {
        // Destination unreachable, echo request, time exceeded.
        Protocol::ICMP => matches!(kind, 3 | 8 | 11),
        // Destination unreachable, packet too big, time exceeded, echo request, echo reply.
        Protocol::ICMPV6 => matches!(kind, 1 | 2 | 3 | 128 | 129),
        _ => false,
    }
}
