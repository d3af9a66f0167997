use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use smallvec::SmallVec;

use super::addresses::Addresses;
use super::prefixes::Prefixes;
use super::slab::Interner;
use super::work::Work;
use crate::directory::Directory;
use crate::hash::{FixedHasher, Map};
use crate::inventory::{EndpointRecord, Inventory, NodeRecord};
use crate::options::{Options, UnknownPodAddresses};

/// Which addresses are nodes', and which of them are whose own.
#[derive(Clone, Debug, Default)]
pub(super) struct Nodes {
    /// Nodes as they were compiled.
    known: BTreeMap<Box<str>, Node>,
    /// How many nodes have a pod range.
    pod_cidrs: BTreeMap<IpNet, u32>,
    /// Sets of own-node addresses, by what they come from; with the addresses that the endpoints
    /// themselves tell.
    own_sets: Interner<OwnSet>,
    sets_of_node: Map<Box<str>, BTreeSet<u32>>,
}

#[derive(Clone, Debug, Default)]
struct Node {
    /// Its own addresses and those fed for it.
    addresses: BTreeSet<IpAddr>,
    pod_cidrs: Vec<IpNet>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct OwnSet {
    node: Box<str>,
    host_addresses: SmallVec<[IpAddr; 2]>,
}

/// What a node leaves its traces in.
pub(super) struct Surroundings<'compiler> {
    pub(super) addresses: &'compiler mut Addresses,
    pub(super) prefixes: &'compiler mut Prefixes,
    pub(super) directory: &'compiler mut Directory,
    pub(super) work: &'compiler mut Work,
}

impl Nodes {
    /// Flags what needs a look at more than the tables whatever nodes there are.
    pub(super) fn new(options: &Options, prefixes: &mut Prefixes, work: &mut Work) -> Nodes {
        if options.self_traffic {
            let loopback = [
                IpNet::V4(Ipv4Net::new_assert([127, 0, 0, 0].into(), 8)),
                IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128)),
            ];
            for net in loopback {
                prefixes.flag(net, true, work);
            }
        }
        Nodes::default()
    }

    /// Says what a node is now, by the inventory.
    pub(super) fn set(
        &mut self,
        name: &str,
        inventory: &Inventory,
        options: &Options,
        surroundings: Surroundings<'_>,
    ) {
        let Surroundings { addresses, prefixes, directory, work } = surroundings;
        let record = inventory.nodes.get(name);
        let fed = inventory.fed_node_addresses.get(name);
        let own = record.into_iter().flat_map(NodeRecord::own_addresses);
        let node = Node {
            addresses: own.chain(fed.into_iter().flatten()).copied().collect(),
            pod_cidrs: record.map(|record| record.pod_cidrs.clone()).unwrap_or_default(),
        };
        let before = self.known.remove(name).unwrap_or_default();
        for address in &node.addresses {
            addresses.count_node(*address, true, work);
        }
        for address in &before.addresses {
            addresses.count_node(*address, false, work);
        }
        // Where a node's own addresses change, so do verdicts about them and its pods.
        work.node_addresses.extend(node.addresses.symmetric_difference(&before.addresses));
        let flag = options.unknown_pod_addresses == UnknownPodAddresses::Deny;
        for net in &node.pod_cidrs {
            *self.pod_cidrs.entry(*net).or_default() += 1;
            if flag {
                prefixes.flag(net.trunc(), true, work);
            }
        }
        for net in &before.pod_cidrs {
            if let Some(nodes) = self.pod_cidrs.get_mut(net) {
                *nodes -= 1;
                if *nodes == 0 {
                    self.pod_cidrs.remove(net);
                }
            }
            if flag {
                prefixes.flag(net.trunc(), false, work);
            }
        }
        if node.pod_cidrs != before.pod_cidrs {
            let all = self.pod_cidrs.keys().map(IpNet::trunc).collect();
            let mut joined = IpNet::aggregate(&all);
            joined.sort_unstable_by_key(IpNet::network);
            directory.pod_cidrs = joined.into();
        }
        let there = record.is_some() || fed.is_some();
        if there {
            self.known.insert(name.into(), node);
        }
        if let Some(sets) = self.sets_of_node.get(name) {
            work.own_nodes.extend(sets);
        }
    }

    /// The set of own-node addresses of an endpoint, used once more; 0 for the empty one.
    pub(super) fn acquire_own_set(
        &mut self,
        record: &EndpointRecord,
        addresses: &mut Addresses,
        directory: &mut Directory,
        work: &mut Work,
    ) -> u32 {
        if record.node.is_empty() && record.host_addresses.is_empty() {
            return 0;
        }
        // As the key does.
        let hash = FixedHasher.hash_one((&*record.node, &*record.host_addresses));
        let same =
            |key: &OwnSet| key.node == record.node && key.host_addresses == record.host_addresses;
        if let Some(number) = self.own_sets.find_with(hash, same) {
            self.own_sets.hold(number);
            return number;
        }
        let key =
            OwnSet { node: record.node.clone(), host_addresses: record.host_addresses.clone() };
        for address in &key.host_addresses {
            addresses.count_node(*address, true, work);
        }
        if !key.node.is_empty() {
            self.sets_of_node.entry(key.node.clone()).or_default();
        }
        let node = key.node.clone();
        let number = self.own_sets.insert(key, ());
        if let Some(sets) = self.sets_of_node.get_mut(&node) {
            sets.insert(number);
        }
        self.fill(number, directory);
        number
    }

    /// An endpoint does not use a set any more.
    pub(super) fn release_own_set(&mut self, number: u32) {
        if number != 0 {
            self.own_sets.release(number);
        }
    }

    /// Puts a set together from what is known of the node.
    pub(super) fn fill(&self, number: u32, directory: &mut Directory) {
        let key = self.own_sets.key(number);
        // Without a name it is no node's.
        let node = self.known.get(&key.node).filter(|_| !key.node.is_empty());
        let fed = node.into_iter().flat_map(|node| &node.addresses);
        let set = key.host_addresses.iter().chain(fed).copied().collect::<BTreeSet<_>>();
        let set = (!set.is_empty()).then(|| set.into_iter().collect::<Arc<[_]>>());
        directory.own_node_addresses.set(number, set);
    }

    /// Whether a set is still there.
    pub(super) fn is_used(&self, number: u32) -> bool {
        self.own_sets.is_used(number)
    }

    /// Forgets sets that no endpoint uses. Their addresses are to be looked at before
    /// [`sweep`](Self::sweep), so this comes early.
    pub(super) fn drop_unused(
        &mut self,
        addresses: &mut Addresses,
        directory: &mut Directory,
        work: &mut Work,
    ) {
        while let Some((number, key, ())) = self.own_sets.sweep() {
            directory.own_node_addresses.set(number, None);
            for address in &key.host_addresses {
                addresses.count_node(*address, false, work);
            }
            if let Some(sets) = self.sets_of_node.get_mut(&key.node) {
                sets.remove(&number);
                if sets.is_empty() {
                    self.sets_of_node.remove(&key.node);
                }
            }
        }
    }
}
