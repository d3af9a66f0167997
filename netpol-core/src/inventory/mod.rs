//! What the cluster holds, as validated data, and what changed in it: the ground that compilation
//! works from.
//!
//! Objects arrive here reduced to what can change a verdict, with their text already read
//! (addresses, port numbers, selectors) and their labels interned. Namespaces and endpoints have
//! numbers that stay while the object does. The order of arrival leaves no trace in any answer.

mod dirty;
mod domains;
mod endpoint;
mod labels;
mod node;
mod saved;
mod services;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::Arc;

use hashbrown::HashTable;

pub(crate) use dirty::Dirty;
pub(crate) use domains::Domains;
pub(crate) use endpoint::{EndpointRecord, Names, Readiness};
pub(crate) use labels::{Fact, FactList, Label, LabelIndex};
pub(crate) use node::NodeRecord;
pub(crate) use saved::SavedInventory;
pub(crate) use services::{
    ServiceAddress, ServiceForm, ServicePortRecord, ServiceRecord, Services, SliceEndpoint,
    SliceRecord, TargetPort,
};

use crate::hash::{FixedHasher, Map};
use crate::model::{EndpointSlice, Kind, Labels, ObjectRef, Pod, Service, Workload};
use crate::numbers::Numbers;
use crate::options::Options;
use crate::policy::Policy;

/// All objects of a cluster.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inventory {
    namespaces: Vec<Option<NamespaceRecord>>,
    namespace_names: Map<Arc<str>, u32>,
    namespace_numbers: Numbers,
    endpoints: Vec<Option<Arc<EndpointRecord>>>,
    endpoint_numbers: Numbers,
    pub(crate) names: Names,
    pub(crate) nodes: BTreeMap<Box<str>, NodeRecord>,
    /// Addresses the embedder feeds for a node, known or not.
    pub(crate) fed_node_addresses: BTreeMap<Box<str>, BTreeSet<IpAddr>>,
    /// Policies that are in no namespace.
    pub(crate) cluster_policies: BTreeMap<(Kind, Box<str>), Arc<Policy>>,
    /// What domain names resolve to, as the embedder feeds it.
    pub(crate) domains: Domains,
    pub(crate) services: Services,
    /// How many objects there were that the server would have named after the same prefix.
    pub(crate) unnamed: BTreeMap<ObjectRef, u32>,
    dirty: Dirty,
}

/// A namespace and what is in it. It exists as soon as anything in it does.
#[derive(Clone, Debug, Default)]
pub(crate) struct NamespaceRecord {
    pub(crate) name: Arc<str>,
    /// The labels of the Namespace object; `None` while there is none.
    pub(crate) labels: Option<Arc<Labels>>,
    /// Whether an annotation isolates its pods, where NetworkPolicies are read the old way.
    pub(crate) isolated: bool,
    pub(crate) policies: BTreeMap<Box<str>, Arc<Policy>>,
    /// Numbers of the endpoints, by kind and name.
    endpoints: HashTable<u32>,
    /// The workloads among them, each with how many pods of its own are there.
    workloads: Vec<(u32, u32)>,
}

impl NamespaceRecord {
    fn is_empty(&self) -> bool {
        self.labels.is_none() && self.endpoints.is_empty() && self.policies.is_empty()
    }
}

impl Inventory {
    /// A namespace by its number.
    pub(crate) fn namespace(&self, number: u32) -> Option<&NamespaceRecord> {
        self.namespaces.get(number as usize)?.as_ref()
    }

    /// Every namespace with its number.
    pub(crate) fn namespaces(&self) -> impl Iterator<Item = (u32, &NamespaceRecord)> {
        (0..).zip(&self.namespaces).filter_map(|(number, record)| Some((number, record.as_ref()?)))
    }

    /// A pod or workload by its number.
    pub(crate) fn endpoint(&self, number: u32) -> Option<&Arc<EndpointRecord>> {
        self.endpoints.get(number as usize)?.as_ref()
    }

    /// Every pod and workload with its number.
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = (u32, &Arc<EndpointRecord>)> {
        (0..).zip(&self.endpoints).filter_map(|(number, record)| Some((number, record.as_ref()?)))
    }

    /// Whether pods of the workload's own are there, for which it need not stand in.
    pub(crate) fn has_own_pods(&self, number: u32, workload: &EndpointRecord) -> bool {
        self.namespace(workload.home).is_some_and(|namespace| {
            let own = namespace.workloads.iter().find(|(other, _)| *other == number);
            own.is_some_and(|(_, pods)| *pods > 0)
        })
    }

    /// The number of a namespace, which is made when it is new.
    fn home(&mut self, name: &str) -> (u32, Arc<str>) {
        if let Some((name, number)) = self.namespace_names.get_key_value(name) {
            return (*number, Arc::clone(name));
        }
        let number = self.namespace_numbers.take(u32::MAX).unwrap_or(u32::MAX);
        let name: Arc<str> = name.into();
        let record = NamespaceRecord { name: Arc::clone(&name), ..NamespaceRecord::default() };
        put(&mut self.namespaces, number, record);
        self.namespace_names.insert(Arc::clone(&name), number);
        self.dirty.namespaces.push(number);
        (number, name)
    }

    fn namespace_mut(&mut self, number: u32) -> Option<&mut NamespaceRecord> {
        self.namespaces.get_mut(number as usize)?.as_mut()
    }

    /// Forgets a namespace with nothing in it.
    fn tidy(&mut self, number: u32) {
        if let Some(place) = self.namespaces.get_mut(number as usize)
            && let Some(record) = place.take_if(|record| record.is_empty())
        {
            self.namespace_names.remove(&record.name);
            self.dirty.namespaces.push(number);
            self.dirty.left_namespaces.push(number);
        }
    }

    /// Adds a Namespace object, or changes it.
    pub(crate) fn upsert_namespace(&mut self, name: &str, labels: &Labels, isolated: bool) {
        let (number, _) = self.home(name);
        if let Some(record) = self.namespace_mut(number) {
            if record.labels.as_deref() == Some(labels) && record.isolated == isolated {
                return;
            }
            record.labels = Some(Arc::new(labels.clone()));
            record.isolated = isolated;
            self.dirty.namespaces.push(number);
        }
    }

    /// Forgets a Namespace object, but nothing that is in it. Says whether it was there.
    pub(crate) fn delete_namespace(&mut self, name: &str) -> bool {
        let Some(number) = self.namespace_names.get(name).copied() else { return false };
        let Some(record) = self.namespace_mut(number) else { return false };
        record.isolated = false;
        let was_there = record.labels.take().is_some();
        self.dirty.namespaces.push(number);
        self.tidy(number);
        was_there
    }

    /// Forgets a namespace with everything in it. Says whether the Namespace object was there.
    pub(crate) fn clear_namespace(&mut self, name: &str) -> bool {
        self.services.clear_namespace(name, &mut self.names.labels);
        let Some(number) = self.namespace_names.get(name).copied() else { return false };
        let Some(record) = self.namespace_mut(number) else { return false };
        let endpoints = record.endpoints.iter().copied().collect::<Vec<_>>();
        let policies = std::mem::take(&mut record.policies);
        self.dirty.policies.extend(policies.into_keys().map(|name| (number, name)));
        for endpoint in endpoints {
            self.remove_endpoint(endpoint);
        }
        self.delete_namespace(name)
    }

    /// Namespace and name of every object of a kind; cluster-scoped ones have no namespace.
    pub(crate) fn names_of(&self, kind: Kind) -> Vec<(Box<str>, Box<str>)> {
        let in_no_namespace = |name: &str| (Box::from(""), Box::from(name));
        match kind {
            Kind::Namespace => {
                let records = self.namespaces.iter().flatten();
                let objects = records.filter(|record| record.labels.is_some());
                objects.map(|record| in_no_namespace(&record.name)).collect()
            }
            Kind::Node => self.nodes.keys().map(|name| in_no_namespace(name)).collect(),
            Kind::Pod | Kind::Workload(_) => {
                let records = self.endpoints.iter().flatten();
                let of_kind = records.filter(|record| record.kind == kind);
                of_kind.map(|record| ((&*record.namespace).into(), record.name.clone())).collect()
            }
            Kind::Service => self.services.names(),
            Kind::EndpointSlice => self.services.slice_names(),
            Kind::NetworkPolicy => {
                let records = self.namespaces.iter().flatten();
                let policies = records.flat_map(|record| {
                    record.policies.keys().map(|name| ((&*record.name).into(), name.clone()))
                });
                policies.collect()
            }
            Kind::ClusterNetworkPolicy
            | Kind::AdminNetworkPolicy
            | Kind::BaselineAdminNetworkPolicy => {
                let keys = self.cluster_policies.keys();
                keys.filter(|(other, _)| *other == kind).map(|(_, n)| in_no_namespace(n)).collect()
            }
        }
    }

    /// Adds a pod, or changes it.
    pub(crate) fn upsert_pod(&mut self, name: Box<str>, pod: &Pod, options: &Options) {
        let home = self.home(&pod.metadata.namespace);
        let record = EndpointRecord::from_pod(name, home, pod, options, &mut self.names);
        self.upsert_endpoint(record);
    }

    /// Adds a workload, or changes it.
    pub(crate) fn upsert_workload(
        &mut self,
        name: Box<str>,
        workload: &Workload,
        options: &Options,
    ) {
        let home = self.home(&workload.metadata.namespace);
        let names = &mut self.names;
        let record = EndpointRecord::from_workload(name, home, workload, options, names);
        self.upsert_endpoint(record);
    }

    fn upsert_endpoint(&mut self, record: EndpointRecord) {
        let known = self.find(record.home, record.kind, &record.name);
        if let Some(number) = known {
            if self.endpoint(number).is_some_and(|known| **known == record) {
                return;
            }
            self.forget_traits(number);
        }
        let number = known.unwrap_or_else(|| self.new_endpoint(&record));
        self.learn_traits(number, &record);
        put(&mut self.endpoints, number, Arc::new(record));
        self.dirty.endpoints.push(number);
    }

    fn new_endpoint(&mut self, record: &EndpointRecord) -> u32 {
        let number = self.endpoint_numbers.take(u32::MAX).unwrap_or(u32::MAX);
        let hash = hash_of(record.kind, &record.name);
        let endpoints = &self.endpoints;
        if let Some(Some(namespace)) = self.namespaces.get_mut(record.home as usize) {
            namespace.endpoints.insert_unique(hash, number, |number| {
                let record = endpoints.get(*number as usize).and_then(Option::as_ref);
                record.map_or(hash, |record| hash_of(record.kind, &record.name))
            });
            if record.kind != Kind::Pod {
                namespace.workloads.push((number, 0));
            }
        }
        number
    }

    fn find(&self, home: u32, kind: Kind, name: &str) -> Option<u32> {
        let namespace = self.namespace(home)?;
        let same = |number: &u32| {
            self.endpoint(*number).is_some_and(|known| known.kind == kind && *known.name == *name)
        };
        namespace.endpoints.find(hash_of(kind, name), same).copied()
    }

    /// Forgets a pod or workload. Says whether it was there.
    pub(crate) fn delete_endpoint(&mut self, kind: Kind, namespace: &str, name: &str) -> bool {
        let home = self.namespace_names.get(namespace).copied();
        let number = home.and_then(|home| self.find(home, kind, name));
        number.is_some_and(|number| self.remove_endpoint(number))
    }

    fn remove_endpoint(&mut self, number: u32) -> bool {
        self.forget_traits(number);
        let place = self.endpoints.get_mut(number as usize);
        let Some(record) = place.and_then(Option::take) else { return false };
        if let Some(namespace) = self.namespace_mut(record.home) {
            let hash = hash_of(record.kind, &record.name);
            if let Ok(entry) = namespace.endpoints.find_entry(hash, |other| *other == number) {
                entry.remove();
            }
            namespace.workloads.retain(|(other, _)| *other != number);
        }
        self.dirty.endpoints.push(number);
        self.dirty.left_endpoints.push(number);
        self.tidy(record.home);
        true
    }

    /// The labels of a record are about to be somebody's.
    fn learn_traits(&mut self, number: u32, record: &EndpointRecord) {
        let endpoints = &self.endpoints;
        let known = |other: u32| endpoints.get(other as usize).and_then(Option::as_ref);
        for label in &record.labels {
            let has = |other| known(other).is_some_and(|record| record.labels.contains(label));
            self.names.labels.hold(*label, number, has);
        }
        for port in &record.named_ports {
            let has = |other| {
                let ports = known(other).map(|record| &record.named_ports);
                ports.is_some_and(|ports| ports.iter().any(|other| other.label == port.label))
            };
            self.names.ports.hold(port.label, number, has);
        }
        self.count_pods(record, 1);
        if record.kind != Kind::Pod {
            self.count_own_pods(number, record);
        }
    }

    /// The labels of a record are not its any more.
    fn forget_traits(&mut self, number: u32) {
        let Some(record) = self.endpoint(number).map(Arc::clone) else { return };
        for label in &record.labels {
            self.names.labels.release(*label);
        }
        for port in &record.named_ports {
            self.names.ports.release(port.label);
        }
        self.count_pods(&record, -1);
    }

    /// Tells the workloads of a pod's namespace that a pod comes or goes.
    fn count_pods(&mut self, pod: &EndpointRecord, change: i32) {
        let Some(Some(namespace)) = self.namespaces.get_mut(pod.home as usize) else { return };
        if pod.kind != Kind::Pod || namespace.workloads.is_empty() {
            return;
        }
        for (number, pods) in &mut namespace.workloads {
            let workload = self.endpoints.get(*number as usize).and_then(Option::as_ref);
            if workload.is_some_and(|workload| is_own_pod(&self.names.labels, workload, pod)) {
                let before = *pods;
                *pods = pods.saturating_add_signed(change);
                if (before == 0) != (*pods == 0) {
                    self.dirty.endpoints.push(*number);
                }
            }
        }
    }

    fn count_own_pods(&mut self, number: u32, workload: &EndpointRecord) {
        let Some(Some(namespace)) = self.namespaces.get_mut(workload.home as usize) else { return };
        let endpoints = namespace.endpoints.iter();
        let records = endpoints.filter_map(|number| self.endpoints.get(*number as usize)?.as_ref());
        let pods = records
            .filter(|pod| pod.kind == Kind::Pod && is_own_pod(&self.names.labels, workload, pod));
        let count = u32::try_from(pods.count()).unwrap_or(u32::MAX);
        if let Some((_, pods)) = namespace.workloads.iter_mut().find(|(other, _)| *other == number)
        {
            *pods = count;
        }
    }

    /// Adds a Service, or changes it.
    pub(crate) fn upsert_service(&mut self, name: Box<str>, service: &Service) {
        self.services.upsert(name, service, &mut self.names.labels);
    }

    /// Forgets a Service. Says whether it was there.
    pub(crate) fn delete_service(&mut self, namespace: &str, name: &str) -> bool {
        self.services.delete(namespace, name, &mut self.names.labels)
    }

    /// Adds an EndpointSlice, or changes it.
    pub(crate) fn upsert_endpoint_slice(&mut self, name: Box<str>, slice: &EndpointSlice) {
        self.services.upsert_slice(name, slice);
    }

    /// Forgets an EndpointSlice. Says whether it was there.
    pub(crate) fn delete_endpoint_slice(&mut self, namespace: &str, name: &str) -> bool {
        self.services.delete_slice(namespace, name)
    }

    /// Adds a NetworkPolicy, or changes it.
    pub(crate) fn upsert_policy(&mut self, policy: Policy) {
        let (number, _) = self.home(&policy.namespace);
        let name = policy.name.clone();
        if let Some(record) = self.namespace_mut(number) {
            if record.policies.get(&name).is_some_and(|known| **known == policy) {
                return;
            }
            record.policies.insert(name.clone(), Arc::new(policy));
            self.dirty.policies.push((number, name));
        }
    }

    /// Forgets a NetworkPolicy. Says whether it was there.
    pub(crate) fn delete_policy(&mut self, namespace: &str, name: &str) -> bool {
        let Some(number) = self.namespace_names.get(namespace).copied() else { return false };
        let Some(record) = self.namespace_mut(number) else { return false };
        let Some((name, _)) = record.policies.remove_entry(name) else { return false };
        self.dirty.policies.push((number, name));
        self.tidy(number);
        true
    }

    /// Adds a cluster-wide policy, or changes it.
    pub(crate) fn upsert_cluster_policy(&mut self, policy: Policy) {
        let key = (policy.kind, policy.name.clone());
        if self.cluster_policies.get(&key).is_some_and(|known| **known == policy) {
            return;
        }
        self.cluster_policies.insert(key.clone(), Arc::new(policy));
        self.dirty.cluster_policies.push(key);
    }

    /// Forgets a cluster-wide policy. Says whether it was there.
    pub(crate) fn delete_cluster_policy(&mut self, kind: Kind, name: &str) -> bool {
        let Some((key, _)) = self.cluster_policies.remove_entry(&(kind, name.into())) else {
            return false;
        };
        self.dirty.cluster_policies.push(key);
        true
    }

    /// Adds a node, or changes it.
    pub(crate) fn upsert_node(&mut self, name: Box<str>, node: NodeRecord) {
        if self.nodes.get(&name) != Some(&node) {
            self.dirty.nodes.push(name.clone());
            self.nodes.insert(name, node);
        }
    }

    /// Forgets a node. Says whether it was there.
    pub(crate) fn delete_node(&mut self, name: &str) -> bool {
        let Some((name, _)) = self.nodes.remove_entry(name) else { return false };
        self.dirty.nodes.push(name);
        true
    }

    /// Replaces the addresses fed for a node.
    pub(crate) fn feed_node_addresses(&mut self, name: &str, addresses: BTreeSet<IpAddr>) {
        self.dirty.nodes.push(name.into());
        if addresses.is_empty() {
            self.fed_node_addresses.remove(name);
        } else {
            self.fed_node_addresses.insert(name.into(), addresses);
        }
    }

    /// Bytes on the heap, but for policies.
    pub(crate) fn bytes(&self) -> usize {
        self.endpoints.iter().flatten().map(|record| record.bytes()).sum::<usize>()
            + self.endpoints.capacity() * size_of::<usize>()
            + self.names.labels.bytes()
            + self.names.ports.bytes()
            + self.services.bytes()
            + self.namespaces.capacity() * size_of::<NamespaceRecord>()
            + self
                .namespaces
                .iter()
                .flatten()
                .map(|record| record.endpoints.capacity() * 5)
                .sum::<usize>()
    }
}

fn is_own_pod(labels: &LabelIndex, workload: &EndpointRecord, pod: &EndpointRecord) -> bool {
    let value_of = |key: &str| {
        let label = pod.labels.iter().find(|label| labels.key(**label) == key)?;
        Some(&**labels.value(*label))
    };
    workload.own_pods.as_ref().is_some_and(|selector| selector.matches_with(value_of))
}

fn hash_of(kind: Kind, name: &str) -> u64 {
    FixedHasher.hash_one((kind, name))
}

fn put<T>(list: &mut Vec<Option<T>>, number: u32, value: T) {
    let number = number as usize;
    if number >= list.len() {
        list.resize_with(number + 1, || None);
    }
    if let Some(place) = list.get_mut(number) {
        *place = Some(value);
    }
}
