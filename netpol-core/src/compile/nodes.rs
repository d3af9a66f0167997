use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use smallvec::SmallVec;

use super::endpoints::Candidate;
use crate::hash::{Map, Set};
use crate::inventory::{Inventory, NodeRecord};
use crate::options::{Options, UnknownPodAddresses};
use crate::tables::Atom;

/// Which addresses are nodes', and which of them are whose own.
#[derive(Debug)]
pub(super) struct Nodes {
    /// Every address that is somebody's own node's.
    pub(super) addresses: Set<IpAddr>,
    /// The pod ranges of all nodes, sorted.
    pub(super) pod_cidrs: Vec<IpNet>,
    /// Sets of own-node addresses, each sorted; number 0 is empty.
    pub(super) own_sets: Vec<Box<[IpAddr]>>,
    /// By endpoint number: the number of its set.
    pub(super) own_set_of: Vec<u32>,
}

impl Nodes {
    pub(super) fn new(inventory: &Inventory, endpoints: &[Candidate<'_>]) -> Nodes {
        let mut addresses = Set::default();
        for node in inventory.nodes.values() {
            addresses.extend(node.own_addresses().copied());
        }
        for fed in inventory.fed_node_addresses.values() {
            addresses.extend(fed.iter().copied());
        }
        let mut own_sets: Vec<Box<[IpAddr]>> = vec![Box::default()];
        let mut known: Map<(&str, &SmallVec<[IpAddr; 2]>), u32> = Map::default();
        let mut own_set_of = Vec::with_capacity(endpoints.len());
        for endpoint in endpoints {
            let record = endpoint.record;
            if record.host_network {
                // No pod owns the addresses that a pod shares with its node.
                addresses.extend(record.addresses.iter().copied());
            }
            let key = (&*record.node, &record.host_addresses);
            let number = *known.entry(key).or_insert_with(|| {
                addresses.extend(record.host_addresses.iter().copied());
                let node = inventory.nodes.get(&record.node).filter(|_| !record.node.is_empty());
                let fed = inventory.fed_node_addresses.get(&record.node);
                let own = record
                    .host_addresses
                    .iter()
                    .chain(node.into_iter().flat_map(NodeRecord::own_addresses))
                    .chain(fed.into_iter().flatten())
                    .copied()
                    .collect::<BTreeSet<_>>();
                if own.is_empty() {
                    return 0;
                }
                own_sets.push(own.into_iter().collect());
                u32::try_from(own_sets.len() - 1).unwrap_or(0)
            });
            own_set_of.push(number);
        }
        let pod_cidrs = inventory.nodes.values().flat_map(|node| node.pod_cidrs.iter().copied());
        let pod_cidrs = pod_cidrs.collect::<BTreeSet<_>>().into_iter().collect();
        Nodes { addresses, pod_cidrs, own_sets, own_set_of }
    }

    /// The prefixes whose addresses need a look at more than the tables, as
    /// [`Chains`](super::prefixes::Chains) takes them.
    pub(super) fn flagged_prefixes(
        &self,
        options: &Options,
    ) -> impl Iterator<Item = (IpNet, Option<Atom>)> {
        let loopback = [
            IpNet::V4(Ipv4Net::new_assert([127, 0, 0, 0].into(), 8)),
            IpNet::V6(Ipv6Net::new_assert(std::net::Ipv6Addr::LOCALHOST, 128)),
        ];
        let loopback = loopback.into_iter().filter(|_| options.self_traffic);
        let denied = options.unknown_pod_addresses == UnknownPodAddresses::Deny;
        let pod_cidrs = self.pod_cidrs.iter().copied().filter(move |_| denied);
        loopback.chain(pod_cidrs.collect::<Vec<_>>()).map(|prefix| (prefix, None))
    }
}
