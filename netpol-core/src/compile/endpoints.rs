use std::sync::Arc;

use super::facts::{Facts, TermIndex};
use crate::inventory::{EndpointRecord, Inventory, NamespaceRecord};
use crate::options::{CompletedPods, HostNetworkPods, Options};

/// A pod or workload that becomes an endpoint.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate<'inventory> {
    pub(super) record: &'inventory Arc<EndpointRecord>,
    /// Number of its namespace.
    pub(super) namespace: u32,
    /// Whether policies see it as a pod.
    pub(super) is_pod: bool,
}

/// Everything that becomes an endpoint, sorted by namespace, name and kind: live pods, and
/// workloads of which no pod is there.
pub(super) fn endpoints<'inventory>(
    inventory: &'inventory Inventory,
    options: &Options,
) -> Vec<Candidate<'inventory>> {
    let mut endpoints = Vec::new();
    for (namespace, record) in (0..).zip(inventory.namespaces.values()) {
        let first = endpoints.len();
        let is_live = |pod: &&Arc<EndpointRecord>| {
            !pod.completed || options.completed_pods == CompletedPods::Keep
        };
        let pods = record.pods.values().filter(is_live);
        let workloads = workloads_without_pods(record);
        endpoints.extend(pods.chain(workloads).map(|record| Candidate {
            record,
            namespace,
            is_pod: !record.host_network
                || options.host_network_pods == HostNetworkPods::TreatAsPod,
        }));
        if let Some(added) = endpoints.get_mut(first..) {
            added.sort_by(|a, b| {
                (&a.record.name, a.record.kind).cmp(&(&b.record.name, b.record.kind))
            });
        }
    }
    endpoints
}

fn workloads_without_pods(
    namespace: &NamespaceRecord,
) -> impl Iterator<Item = &Arc<EndpointRecord>> {
    let mut facts = Facts::default();
    let mut selectors = TermIndex::default();
    for (number, workload) in namespace.workloads.values().enumerate() {
        if let Some(selector) = &workload.own_pods {
            selectors.insert(facts.terms(selector), number);
        }
    }
    let mut has_pods = vec![false; namespace.workloads.len()];
    if !has_pods.is_empty() {
        for pod in namespace.pods.values() {
            selectors.find(&facts.of(&pod.labels), |number| {
                if let Some(has) = has_pods.get_mut(number) {
                    *has = true;
                }
            });
        }
    }
    let workloads = namespace.workloads.values().zip(has_pods);
    workloads.filter(|(_, has_pods)| !has_pods).map(|(workload, _)| workload)
}
