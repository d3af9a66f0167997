//! Whose address an address is.
//!
//! Sources: the comments of `PodStatus` and `NodeStatus` in `k8s.io/api/core/v1/types.go`; the
//! Network Policies page of the Kubernetes documentation on pods in the host network.

use std::cmp::Reverse;
use std::net::IpAddr;

use netpol_core::model::{Labels, Node, Pod, PodSpec, Timestamp, Workload};
use netpol_core::options::CompletedPods;

use super::World;
use super::cidr::{Cidr, parse_address};

/// One end of a packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct End<'a> {
    /// Its address; `None` for a pod that has none yet and for a workload.
    pub(super) address: Option<IpAddr>,
    /// The pod it is, as far as policies can see pods.
    pub(super) endpoint: Option<Endpoint<'a>>,
}

/// What selectors can select: a pod, or a workload in place of the pods it will make.
#[derive(Clone, Copy, Debug)]
pub(super) enum Endpoint<'a> {
    Pod(&'a Pod),
    Workload(&'a Workload),
}

impl<'a> Endpoint<'a> {
    pub(super) fn namespace(self) -> &'a str {
        match self {
            Endpoint::Pod(pod) => &pod.metadata.namespace,
            Endpoint::Workload(workload) => &workload.metadata.namespace,
        }
    }

    pub(super) fn labels(self) -> &'a Labels {
        match self {
            Endpoint::Pod(pod) => &pod.metadata.labels,
            Endpoint::Workload(workload) => &workload.template.metadata.labels,
        }
    }

    pub(super) fn spec(self) -> &'a PodSpec {
        match self {
            Endpoint::Pod(pod) => &pod.spec,
            Endpoint::Workload(workload) => &workload.template.spec,
        }
    }

    pub(super) fn is_host_network(self) -> bool {
        self.spec().host_network
    }

    /// Whether both are one and the same pod. The pods of a workload are many, so a workload is
    /// not the same pod as itself.
    pub(super) fn is_same_pod(self, other: Endpoint<'_>) -> bool {
        match (self, other) {
            (Endpoint::Pod(one), Endpoint::Pod(other)) => {
                one.metadata.namespace == other.metadata.namespace
                    && one.metadata.name == other.metadata.name
            }
            _ => false,
        }
    }
}

impl World {
    /// The end at `address`.
    pub(super) fn end_at(&self, address: IpAddr) -> End<'_> {
        let address = address.to_canonical();
        End { address: Some(address), endpoint: self.owner(address).map(Endpoint::Pod) }
    }

    /// The pod that `address` belongs to. Pods of the host network have no address of their own:
    /// theirs is their node's. When several pods claim an address, as when a completed pod's was
    /// given to a new one, it belongs to the one that is most alive, then to the newest.
    pub(super) fn owner(&self, address: IpAddr) -> Option<&Pod> {
        self.pods
            .iter()
            .filter(|pod| self.is_live(pod) && !pod.spec.host_network)
            .filter(|pod| pod_addresses(pod).contains(&address))
            .min_by_key(|pod| {
                let age: Option<Timestamp> = pod.metadata.creation_timestamp;
                (
                    is_completed(pod),
                    pod.status.phase != "Running",
                    Reverse(age),
                    &pod.metadata.namespace,
                    &pod.metadata.name,
                )
            })
    }

    /// Whether the pod counts at all.
    pub(super) fn is_live(&self, pod: &Pod) -> bool {
        !is_completed(pod) || self.options.completed_pods == CompletedPods::Keep
    }

    /// The addresses of the node that the pod runs on: those of the Node object, those fed for it,
    /// and those that the pod itself names.
    pub(super) fn own_node_addresses(&self, endpoint: Endpoint<'_>) -> Vec<IpAddr> {
        let Endpoint::Pod(pod) = endpoint else { return Vec::new() };
        let mut addresses = host_addresses(pod);
        if !pod.spec.node_name.is_empty() {
            addresses.extend(self.node_addresses(&pod.spec.node_name));
        }
        addresses
    }

    /// Whether `address` lies in a node's pod range and yet belongs neither to a pod nor to a node.
    pub(super) fn is_unknown_pod_address(&self, address: IpAddr) -> bool {
        let in_pod_range = self
            .nodes
            .iter()
            .flat_map(|node| self.pod_ranges(&node.metadata.name))
            .any(|range| range.contains(address));
        let names = self.nodes.iter().map(|node| node.metadata.name.as_str());
        let fed = self.node_addresses.iter().map(|(name, _)| name.as_str());
        let of_a_node = names.chain(fed).any(|name| self.node_addresses(name).contains(&address))
            || self.pods.iter().filter(|pod| self.is_live(pod)).any(|pod| {
                host_addresses(pod).contains(&address)
                    || (pod.spec.host_network && pod_addresses(pod).contains(&address))
            });
        in_pod_range && !of_a_node && self.owner(address).is_none()
    }

    /// The addresses of the node called `name`.
    fn node_addresses(&self, name: &str) -> Vec<IpAddr> {
        let node = self.nodes.iter().find(|node| node.metadata.name == name);
        let fed = self.node_addresses.iter().filter(|(fed, _)| fed == name);
        let mut addresses: Vec<IpAddr> =
            node.into_iter().flat_map(|node| self.reported_addresses(node)).collect();
        addresses.extend(fed.flat_map(|(_, addresses)| addresses).map(IpAddr::to_canonical));
        if self.options.pod_cidr_gateway {
            addresses.extend(self.pod_ranges(name).iter().filter_map(Cidr::gateway));
        }
        addresses
    }

    /// The addresses of a Node object, of whatever type; host names are passed over.
    pub(super) fn reported_addresses(&self, node: &Node) -> Vec<IpAddr> {
        let entries = node.status.addresses.iter();
        entries.filter_map(|entry| parse_address(&entry.address)).collect()
    }

    /// The ranges that the pods of the node called `name` get their addresses from.
    fn pod_ranges(&self, name: &str) -> Vec<Cidr> {
        let Some(node) = self.nodes.iter().find(|node| node.metadata.name == name) else {
            return Vec::new();
        };
        let texts = if node.spec.pod_cidrs.is_empty() {
            std::slice::from_ref(&node.spec.pod_cidr)
        } else {
            &node.spec.pod_cidrs
        };
        texts.iter().filter_map(|text| Cidr::parse(text)).collect()
    }
}

/// The pod's addresses, at most one of each family. What is no address is passed over.
pub(super) fn pod_addresses(pod: &Pod) -> Vec<IpAddr> {
    let mut addresses: Vec<IpAddr> = Vec::new();
    for address in parse_addresses(&pod.status.pod_ips, &pod.status.pod_ip) {
        if addresses.iter().all(|earlier| earlier.is_ipv4() != address.is_ipv4()) {
            addresses.push(address);
        }
    }
    addresses
}

fn host_addresses(pod: &Pod) -> Vec<IpAddr> {
    parse_addresses(&pod.status.host_ips, &pod.status.host_ip)
}

/// Those of the list, which repeats the single one where there is a list at all.
fn parse_addresses(list: &[String], single: &String) -> Vec<IpAddr> {
    let texts = if list.is_empty() { std::slice::from_ref(single) } else { list };
    texts.iter().filter_map(|text| parse_address(text)).collect()
}

pub(super) fn is_completed(pod: &Pod) -> bool {
    matches!(pod.status.phase.as_str(), "Succeeded" | "Failed")
}
