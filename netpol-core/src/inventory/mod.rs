//! What the cluster holds, as validated data: the ground that compilation works from.
//!
//! Objects arrive here reduced to what can change a verdict, with their text already read
//! (addresses, port numbers, selectors). Everything is kept by namespace and name in sorted maps,
//! so that the order of arrival leaves no trace.

mod domains;
mod endpoint;
mod node;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

pub(crate) use domains::Domains;
pub(crate) use endpoint::EndpointRecord;
pub(crate) use node::NodeRecord;

use crate::model::{Kind, Labels, WorkloadKind};
use crate::policy::Policy;

/// All objects of a cluster.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inventory {
    pub(crate) namespaces: BTreeMap<Box<str>, NamespaceRecord>,
    pub(crate) nodes: BTreeMap<Box<str>, NodeRecord>,
    /// Addresses the embedder feeds for a node, known or not.
    pub(crate) fed_node_addresses: BTreeMap<Box<str>, BTreeSet<IpAddr>>,
    /// Policies that are in no namespace.
    pub(crate) cluster_policies: BTreeMap<(Kind, Box<str>), Arc<Policy>>,
    /// What domain names resolve to, as the embedder feeds it.
    pub(crate) domains: Domains,
}

/// A namespace and what is in it. It exists as soon as anything in it does.
#[derive(Clone, Debug, Default)]
pub(crate) struct NamespaceRecord {
    /// The labels of the Namespace object; `None` while there is none.
    pub(crate) labels: Option<Arc<Labels>>,
    /// Whether an annotation isolates its pods, where NetworkPolicies are read the old way.
    pub(crate) isolated: bool,
    pub(crate) pods: BTreeMap<Box<str>, Arc<EndpointRecord>>,
    pub(crate) workloads: BTreeMap<(Box<str>, WorkloadKind), Arc<EndpointRecord>>,
    pub(crate) policies: BTreeMap<Box<str>, Arc<Policy>>,
}

impl NamespaceRecord {
    fn is_empty(&self) -> bool {
        self.labels.is_none()
            && self.pods.is_empty()
            && self.workloads.is_empty()
            && self.policies.is_empty()
    }
}

impl Inventory {
    /// The record of a namespace, made when it is new.
    pub(crate) fn namespace_mut(&mut self, name: &str) -> &mut NamespaceRecord {
        // Two look-ups for a new namespace, none of which allocates for a known one.
        if !self.namespaces.contains_key(name) {
            self.namespaces.insert(name.into(), NamespaceRecord::default());
        }
        self.namespaces.entry(name.into()).or_default()
    }

    /// Lets `change` remove something from a namespace, and the namespace when nothing is left.
    pub(crate) fn remove_from(
        &mut self,
        namespace: &str,
        change: impl FnOnce(&mut NamespaceRecord) -> bool,
    ) -> bool {
        let Some(record) = self.namespaces.get_mut(namespace) else { return false };
        let changed = change(record);
        if record.is_empty() {
            self.namespaces.remove(namespace);
        }
        changed
    }

    /// Lets `change` clear part of every namespace, and forgets those left empty.
    pub(crate) fn clear(&mut self, change: impl Fn(&mut NamespaceRecord)) {
        self.namespaces.retain(|_, record| {
            change(record);
            !record.is_empty()
        });
    }
}
