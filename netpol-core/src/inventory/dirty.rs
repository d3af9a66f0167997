use std::collections::BTreeSet;

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
    }

    /// Whether nothing changed.
    pub(super) fn is_empty(&self) -> bool {
        self.namespaces.is_empty()
            && self.endpoints.is_empty()
            && self.policies.is_empty()
            && self.cluster_policies.is_empty()
            && self.nodes.is_empty()
            && self.domains.is_empty()
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
    }
}
