//! The names behind the numbers: who an address belongs to, which policies made a rule set, and
//! what each of their lines says.
//!
//! `decide` reads this only for the few packets that ask for it (those of nodes, loopback and
//! unknown pod addresses); attribution, explanation and questions by name always do.

mod endpoints;
mod provenance;

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

pub use endpoints::EndpointId;
pub(crate) use endpoints::{EndpointEntry, NamespaceEntry};
pub(crate) use provenance::{
    ClassOrigin, ListsOfTiers, PeerLine, PolicyLines, PolicyNumber, PortKeys, PortLine, RuleLines,
};

use crate::hash::{Map, Set};
use crate::policy::Policy;
use crate::tables::{NamedPort, Records};

/// Everything that has a name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Directory {
    /// Namespaces, sorted by name.
    pub(crate) namespaces: Vec<NamespaceEntry>,
    /// Endpoints, sorted by namespace, name and kind.
    pub(crate) endpoints: Vec<EndpointEntry>,
    /// Which pod owns an address.
    pub(crate) owners: Map<IpAddr, EndpointId>,
    /// Sets of addresses that count as an endpoint's own node, each sorted; number 0 is empty.
    pub(crate) own_node_addresses: Vec<Box<[IpAddr]>>,
    /// Every address of every node.
    pub(crate) node_addresses: Set<IpAddr>,
    /// The pod ranges of all nodes, sorted.
    pub(crate) pod_cidrs: Vec<IpNet>,
    /// Policies, by their numbers.
    pub(crate) policies: Vec<Arc<Policy>>,
    /// What each policy's rules came to, parallel to `policies`.
    pub(crate) lines: Vec<PolicyLines>,
    /// Parallel to the classes: what their rule sets came from.
    pub(crate) class_origins: Records<ClassOrigin>,
    /// Lists of policies in the order of their numbers; number 0 is empty.
    pub(crate) policy_lists: Records<Arc<[PolicyNumber]>>,
    /// What the port names that policies use mean on an endpoint, sorted; number 0 is empty.
    pub(crate) port_lists: Records<Arc<[NamedPort]>>,
}

impl Directory {
    /// The pod that owns an address.
    pub(crate) fn owner(&self, address: IpAddr) -> Option<EndpointId> {
        self.owners.get(&address).copied()
    }

    /// What is known of an endpoint; `None` for a number from another engine.
    pub(crate) fn endpoint(&self, id: EndpointId) -> Option<&EndpointEntry> {
        self.endpoints.get(id.0 as usize)
    }

    /// Whether `address` is one of the endpoint's own node.
    pub(crate) fn is_own_node(&self, endpoint: EndpointId, address: IpAddr) -> bool {
        self.endpoint(endpoint)
            .and_then(|entry| self.own_node_addresses.get(entry.own_node as usize))
            .is_some_and(|addresses| addresses.binary_search(&address).is_ok())
    }

    /// Whether an address that no pod owns lies in some node's pod range.
    pub(crate) fn in_pod_cidr(&self, address: IpAddr) -> bool {
        self.pod_cidrs.iter().any(|range| range.contains(&address))
    }
}
