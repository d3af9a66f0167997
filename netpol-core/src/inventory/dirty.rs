use std::collections::BTreeSet;

use super::Inventory;
use crate::model::Kind;

/// What changed since it was last compiled: numbers and names, of what is there and of what is
/// gone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dirty {
    /// Namespaces, by number.
    pub(crate) namespaces: Vec<u32>,
    /// Those of them that are gone; nobody else has their numbers yet.
    pub(crate) left_namespaces: Vec<u32>,
    /// Pods and workloads, by number.
    pub(crate) endpoints: Vec<u32>,
    /// Those of them that are gone; nobody else has their numbers yet.
    pub(crate) left_endpoints: Vec<u32>,
    /// NetworkPolicies, by namespace and name.
    pub(crate) policies: Vec<(u32, Box<str>)>,
    /// Cluster-wide policies.
    pub(crate) cluster_policies: Vec<(Kind, Box<str>)>,
    /// Nodes, by name: their records, or the addresses fed for them.
    pub(crate) nodes: Vec<Box<str>>,
    /// Domain names.
    pub(crate) domains: BTreeSet<Box<str>>,
    /// Services, by number: themselves, or their EndpointSlices.
    pub(crate) services: Vec<u32>,
    /// Those of them that are gone; nobody else has their numbers yet.
    pub(crate) left_services: Vec<u32>,
}

impl Dirty {
    /// Names everything once.
    pub(super) fn normalize(&mut self) {
        self.namespaces.sort_unstable();
        self.namespaces.dedup();
        self.endpoints.sort_unstable();
        self.endpoints.dedup();
        self.policies.sort_unstable();
        self.policies.dedup();
        self.cluster_policies.sort_unstable();
        self.cluster_policies.dedup();
        self.nodes.sort_unstable();
        self.nodes.dedup();
        self.services.sort_unstable();
        self.services.dedup();
    }

    /// Whether nothing changed.
    pub(super) fn is_empty(&self) -> bool {
        self.namespaces.is_empty()
            && self.endpoints.is_empty()
            && self.policies.is_empty()
            && self.cluster_policies.is_empty()
            && self.nodes.is_empty()
            && self.domains.is_empty()
            && self.services.is_empty()
    }

    /// Adds what changed elsewhere.
    pub(super) fn append(&mut self, mut other: Dirty) {
        self.namespaces.append(&mut other.namespaces);
        self.left_namespaces.append(&mut other.left_namespaces);
        self.endpoints.append(&mut other.endpoints);
        self.left_endpoints.append(&mut other.left_endpoints);
        self.policies.append(&mut other.policies);
        self.cluster_policies.append(&mut other.cluster_policies);
        self.nodes.append(&mut other.nodes);
        self.domains.append(&mut other.domains);
        self.services.append(&mut other.services);
        self.left_services.append(&mut other.left_services);
    }
}

impl Inventory {
    /// Whether something changed since the last call of [`take_dirty`](Self::take_dirty).
    pub(crate) fn is_dirty(&self) -> bool {
        !self.dirty.is_empty() || self.domains.has_changed() || self.services.has_changed()
    }

    /// What changed since the last call.
    pub(crate) fn take_dirty(&mut self) -> Dirty {
        let mut dirty = std::mem::take(&mut self.dirty);
        dirty.domains = self.domains.take_changed();
        let (services, left_services) = self.services.take_changed();
        dirty.services.extend(services);
        dirty.left_services.extend(left_services);
        dirty.normalize();
        dirty
    }

    /// Everything, as if all of it had changed.
    pub(crate) fn everything(&mut self) -> Dirty {
        let changed = self.take_dirty();
        let policies = self.namespaces().flat_map(|(number, record)| {
            record.policies.keys().map(move |name| (number, name.clone()))
        });
        let mut dirty = Dirty {
            namespaces: self.namespaces().map(|(number, _)| number).collect(),
            endpoints: self.endpoints().map(|(number, _)| number).collect(),
            policies: policies.collect(),
            cluster_policies: self.cluster_policies.keys().cloned().collect(),
            nodes: self.nodes.keys().chain(self.fed_node_addresses.keys()).cloned().collect(),
            domains: self.domains.names().map(Into::into).collect(),
            services: self.services.all().collect(),
            // Of what is gone only the numbers are left.
            left_namespaces: changed.left_namespaces,
            left_endpoints: changed.left_endpoints,
            left_services: changed.left_services,
        };
        dirty.normalize();
        dirty
    }

    /// Says that these changes are compiled: the numbers of what is gone may be others'.
    pub(crate) fn settle(&mut self, dirty: &Dirty) {
        for number in &dirty.left_namespaces {
            self.namespace_numbers.give_back(*number);
        }
        for number in &dirty.left_endpoints {
            self.endpoint_numbers.give_back(*number);
        }
        self.services.give_back(&dirty.left_services);
        self.names.labels.sweep();
        self.names.ports.sweep();
    }

    /// Says that these changes could not be compiled, and are still to be.
    pub(crate) fn reopen(&mut self, dirty: Dirty) {
        self.dirty.append(dirty);
    }
}
