//! The names behind the numbers: who an address belongs to, which policies made a rule set, and
//! what each of their lines says.
//!
//! `decide` reads this only for the few packets that ask for it (those of nodes, loopback and
//! unknown pod addresses); attribution, explanation and questions by name always do.

mod endpoints;
mod policy_list;
mod provenance;
mod services;

use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

pub use endpoints::EndpointId;
pub(crate) use endpoints::{EndpointAddress, EndpointEntry, NamespaceEntry};
pub(crate) use policy_list::{Form, Line, PartPort, PolicyList, RulePart};
pub(crate) use provenance::{
    ClassOrigin, Isolated, IsolatingLists, OrderedLists, OtherOrigin, PeerLine, PolicyEntry,
    PolicyLines, PolicyNumber, PortKeys, PortLine, RuleLines,
};
pub use services::ServiceId;
pub(crate) use services::{ServiceDirectory, ServiceEntry};

pub(crate) use crate::inventory::{
    Readiness, ServiceAddress, ServiceForm, ServicePortRecord, ServiceRecord, SliceEndpoint,
    SliceRecord, TargetPort,
};

use crate::hash::{FixedHasher, Set};
use crate::packet::Direction;
use crate::policy::Tier;
use crate::tables::{ClassId, NamedPort, NumberIndex, Records, Shelf};

/// Everything that has a name. Its parts are copied where they are written to, like the tables.
#[derive(Clone, Debug, Default)]
pub(crate) struct Directory {
    /// Namespaces, by their numbers.
    pub(crate) namespaces: Shelf<NamespaceEntry>,
    /// Endpoints, by their numbers.
    pub(crate) endpoints: Shelf<EndpointEntry>,
    /// From the hash of an address to the endpoint that owns it.
    pub(crate) owners: NumberIndex,
    /// From the hash of namespace and name to endpoints.
    pub(crate) names: NumberIndex,
    /// Sets of addresses that count as an endpoint's own node, each sorted.
    pub(crate) own_node_addresses: Shelf<Arc<[IpAddr]>>,
    /// Every address of every node.
    pub(crate) node_addresses: Arc<Set<IpAddr>>,
    /// The pod ranges of all nodes, joined where they touch, sorted.
    pub(crate) pod_cidrs: Arc<[IpNet]>,
    /// Policies, by their numbers.
    pub(crate) policies: Shelf<Arc<PolicyEntry>>,
    /// Parallel to the classes: what isolates them.
    pub(crate) isolating: Records<IsolatingLists, 512>,
    /// Parallel to the classes: what else their rule sets came from.
    pub(crate) other_origins: Records<OtherOrigin, 64>,
    /// Lists of policies.
    pub(crate) policy_lists: Shelf<PolicyList>,
    /// What the port names that policies use mean on an endpoint, sorted.
    pub(crate) port_lists: Shelf<Arc<[NamedPort]>>,
    /// The prefixes in use, with the class of addresses in them that are nobody's.
    pub(crate) prefixes: Shelf<(IpNet, ClassId)>,
    /// Services, which no packet asks for.
    pub(crate) services: ServiceDirectory,
}

/// The hash of an address, for [`Directory::owners`].
pub(crate) fn hash_of_address(address: IpAddr) -> u32 {
    (FixedHasher.hash_one(address) >> 32) as u32
}

/// The hash of a name, for [`Directory::names`].
pub(crate) fn hash_of_name(namespace: &str, name: &str) -> u32 {
    (FixedHasher.hash_one((namespace, name)) >> 32) as u32
}

impl Directory {
    /// The pod that owns an address.
    pub(crate) fn owner(&self, address: IpAddr) -> Option<EndpointId> {
        let hash = hash_of_address(address);
        let owns = |entry: &EndpointEntry| {
            entry.addresses.iter().any(|own| own.owned && own.address == address)
        };
        let slot = self.owners.find(hash, |slot| {
            slot.has_hash(hash) && self.endpoints.get(slot.number()).is_some_and(owns)
        });
        slot.map(|slot| EndpointId(slot.number()))
    }

    /// What is known of an endpoint; `None` for a number from another engine.
    pub(crate) fn endpoint(&self, id: EndpointId) -> Option<&EndpointEntry> {
        self.endpoints.get(id.0)
    }

    /// Endpoints of a namespace with a name, of whatever kind.
    pub(crate) fn named(&self, namespace: &str, name: &str) -> Vec<EndpointId> {
        let hash = hash_of_name(namespace, name);
        let mut found = Vec::new();
        let is_named = |entry: &EndpointEntry| {
            (&*entry.record.namespace, &*entry.record.name) == (namespace, name)
        };
        // Says no to every slot, so that it is shown all of them.
        self.names.find(hash, |slot| {
            if slot.has_hash(hash) && self.endpoints.get(slot.number()).is_some_and(is_named) {
                found.push(EndpointId(slot.number()));
            }
            false
        });
        found
    }

    /// Whether `address` is one of the endpoint's own node.
    pub(crate) fn is_own_node(&self, endpoint: EndpointId, address: IpAddr) -> bool {
        self.endpoint(endpoint)
            .and_then(|entry| self.own_node_addresses.get(entry.own_node))
            .is_some_and(|addresses| addresses.binary_search(&address).is_ok())
    }

    /// Whether an address that no pod owns lies in some node's pod range.
    pub(crate) fn in_pod_cidr(&self, address: IpAddr) -> bool {
        let after = self.pod_cidrs.partition_point(|range| range.network() <= address);
        let before = after.checked_sub(1).and_then(|place| self.pod_cidrs.get(place));
        before.is_some_and(|range| range.contains(&address))
    }

    /// What the rule sets of a class came from.
    pub(crate) fn class_origin(&self, class: u32) -> ClassOrigin {
        ClassOrigin { isolating: *self.isolating.at(class), others: *self.other_origins.at(class) }
    }

    /// Takes note of what the rule sets of a class came from.
    pub(crate) fn set_class_origin(&mut self, class: u32, origin: ClassOrigin) {
        self.isolating.set(class, origin.isolating);
        self.other_origins.set(class, origin.others);
    }

    /// Number of the list of the policies of a tier with something to say about a direction of a
    /// class; 0 for none.
    #[inline]
    pub(crate) fn list_of(&self, class: ClassId, direction: Direction, tier: Tier) -> u32 {
        let others = || self.other_origins.at(class.record()).lists(direction);
        match tier {
            Tier::Admin => others().admin,
            Tier::NetworkPolicy => self.isolating.at(class.record()).of(direction),
            Tier::Baseline => others().baseline,
        }
    }

    /// The policies of a list; none for number 0.
    pub(crate) fn policy_list(&self, number: u32) -> &[PolicyNumber] {
        self.policy_lists.get(number).map_or(&[], |list| &list.policies)
    }

    /// What port names mean by a list; nothing for number 0.
    pub(crate) fn port_list(&self, number: u32) -> &[NamedPort] {
        self.port_lists.get(number).map_or(&[], |list| list)
    }

    /// Bytes of what the writer keeps of earlier snapshots.
    pub(crate) fn spare_bytes(&self) -> usize {
        self.namespaces.spare_bytes()
            + self.endpoints.spare_bytes()
            + self.owners.spare_bytes()
            + self.names.spare_bytes()
            + self.own_node_addresses.spare_bytes()
            + self.policies.spare_bytes()
            + self.isolating.spare_bytes()
            + self.other_origins.spare_bytes()
            + self.policy_lists.spare_bytes()
            + self.port_lists.spare_bytes()
            + self.prefixes.spare_bytes()
            + self.services.spare_bytes()
    }

    /// The directory as it is now, for a snapshot.
    pub(crate) fn share(&self) -> Directory {
        Directory {
            namespaces: self.namespaces.share(),
            endpoints: self.endpoints.share(),
            owners: self.owners.share(),
            names: self.names.share(),
            own_node_addresses: self.own_node_addresses.share(),
            node_addresses: Arc::clone(&self.node_addresses),
            pod_cidrs: Arc::clone(&self.pod_cidrs),
            policies: self.policies.share(),
            isolating: self.isolating.share(),
            other_origins: self.other_origins.share(),
            policy_lists: self.policy_lists.share(),
            port_lists: self.port_lists.share(),
            prefixes: self.prefixes.share(),
            services: self.services.share(),
        }
    }
}
