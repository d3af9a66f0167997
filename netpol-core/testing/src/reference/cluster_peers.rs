//! Which ends and which packets an entry of a cluster-wide policy's rule matches.
//!
//! To cluster-wide policies a pod in the host network is always part of its node, whatever it is
//! to NetworkPolicies.
//!
//! Sources: the comments of `ClusterNetworkPolicyEgressPeer`, `ClusterNetworkPolicyProtocol` and
//! their likes in `sigs.k8s.io/network-policy-api/apis/v1alpha2`.

use netpol_core::Packet;
use netpol_core::model::PodSpec;

use super::World;
use super::cluster_policy::{Peer, Pods, Port};
use super::identity::{End, Endpoint};
use super::labels;

impl End<'_> {
    /// The pod it is, as cluster-wide policies see pods.
    pub(super) fn cluster_endpoint(&self) -> Option<Endpoint<'_>> {
        self.endpoint.filter(|endpoint| !endpoint.is_host_network())
    }
}

impl World {
    /// Whether these pods include the endpoint.
    pub(super) fn pods_include(&self, pods: &Pods<'_>, endpoint: Endpoint<'_>) -> bool {
        pods.namespaces.is_none_or(|selector| {
            labels::selects(selector, &self.namespace_labels(endpoint.namespace()))
        }) && pods.pods.is_none_or(|selector| labels::selects(selector, endpoint.labels()))
    }

    /// Whether `peer` matches the `other` end of a packet. All but pods match addresses, whoever
    /// has them.
    pub(super) fn cluster_peer_matches(&self, peer: &Peer<'_>, other: &End<'_>) -> bool {
        match (peer, other.address) {
            (Peer::Pods(pods), _) => {
                other.cluster_endpoint().is_some_and(|endpoint| self.pods_include(pods, endpoint))
            }
            (Peer::Networks(networks), Some(address)) => {
                networks.iter().any(|network| network.contains(address))
            }
            // Whatever address it will get, a network of everything holds it.
            (Peer::Networks(networks), None) => {
                networks.iter().any(|network| network.is_everything())
            }
            (Peer::Nodes(selector), Some(address)) => self.nodes.iter().any(|node| {
                labels::selects(selector, &node.metadata.labels)
                    && self.reported_addresses(node).contains(&address)
            }),
            (Peer::DomainNames(patterns), Some(address)) => {
                patterns.iter().any(|pattern| self.resolves_to(pattern, address))
            }
            (Peer::Nodes(_) | Peer::DomainNames(_), None) => false,
        }
    }

    /// Whether `port` matches. A name is one of the `destination` pod's ports and has its protocol;
    /// a packet without ports matches no entry.
    pub(super) fn cluster_port_matches(
        &self,
        port: &Port<'_>,
        packet: &Packet,
        destination: Option<&PodSpec>,
    ) -> bool {
        let Some(number) = packet.destination_port() else { return false };
        let number = i32::from(number);
        match port {
            Port::Numbers { protocol, first, last } => {
                packet.protocol() == *protocol && (*first..=*last).contains(&number)
            }
            Port::Named(name) => destination
                .is_some_and(|pod| self.has_named_port(pod, name, packet.protocol(), number)),
        }
    }
}
