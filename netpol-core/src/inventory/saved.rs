//! The inventory as it is written down: everything by its name and in order, so that equal
//! inventories are written alike, whatever happened to them before.
//!
//! What stands in an inventory has been admitted and read. It is written in that form, not as the
//! objects it came from, and what is read back is only checked for what later rooms rely on.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::endpoint::{EndpointRecord, NamedContainerPort, Names, Readiness};
use super::services::SavedServices;
use super::{Domains, Inventory, NodeRecord};
use crate::model::{Kind, Labels, ObjectRef, Timestamp};
use crate::net::{Protocol, canonical};
use crate::policy::Policy;
use crate::selector::Selector;

/// An inventory without numbers and indexes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SavedInventory {
    namespaces: Vec<SavedNamespace>,
    nodes: BTreeMap<Box<str>, NodeRecord>,
    fed_node_addresses: BTreeMap<Box<str>, SavedAddresses>,
    cluster_policies: Vec<Arc<Policy>>,
    domains: SavedDomains,
    services: SavedServices,
    unnamed: Vec<SavedCount>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SavedNamespace {
    name: Arc<str>,
    /// Missing where there is no Namespace object.
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<Arc<Labels>>,
    isolated: bool,
    policies: Vec<Arc<Policy>>,
    endpoints: Vec<SavedEndpoint>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SavedEndpoint {
    kind: Kind,
    name: Box<str>,
    labels: Labels,
    addresses: SavedAddresses,
    named_ports: Vec<SavedPort>,
    other_ports: Box<[(Protocol, u16)]>,
    readiness: Readiness,
    host_network: bool,
    completed: bool,
    running: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<Timestamp>,
    node: Box<str>,
    host_addresses: SavedAddresses,
    #[serde(skip_serializing_if = "Option::is_none")]
    own_pods: Option<Selector>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedPort {
    name: Box<str>,
    protocol: Protocol,
    number: u16,
    first: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
struct SavedAddresses(#[serde(deserialize_with = "canonical::addresses")] Vec<IpAddr>);

/// What names resolve to, and until when; `null` for ever.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedDomains {
    now: Duration,
    records: BTreeMap<Box<str>, BTreeMap<IpAddr, Option<Duration>>>,
}

/// How many objects the server would have named after a prefix.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedCount {
    prefix: ObjectRef,
    count: u32,
}

impl From<&Inventory> for SavedInventory {
    fn from(inventory: &Inventory) -> SavedInventory {
        let mut namespaces = inventory
            .namespaces()
            .map(|(_, record)| {
                let numbers = record.endpoints.iter();
                let records = numbers.filter_map(|number| inventory.endpoint(*number));
                let mut endpoints = records
                    .map(|record| SavedEndpoint::new(record, &inventory.names))
                    .collect::<Vec<_>>();
                endpoints.sort_by(|a, b| (&a.name, a.kind).cmp(&(&b.name, b.kind)));
                SavedNamespace {
                    name: Arc::clone(&record.name),
                    labels: record.labels.clone(),
                    isolated: record.isolated,
                    policies: record.policies.values().cloned().collect(),
                    endpoints,
                }
            })
            .collect::<Vec<_>>();
        namespaces.sort_by(|a, b| a.name.cmp(&b.name));
        let fed = inventory.fed_node_addresses.iter();
        let unnamed = inventory.unnamed.iter();
        SavedInventory {
            namespaces,
            nodes: inventory.nodes.clone(),
            fed_node_addresses: fed
                .map(|(node, addresses)| {
                    (node.clone(), SavedAddresses(addresses.iter().copied().collect()))
                })
                .collect(),
            cluster_policies: inventory.cluster_policies.values().cloned().collect(),
            domains: SavedDomains {
                now: inventory.domains.now(),
                records: inventory
                    .domains
                    .records()
                    .map(|(name, addresses)| (name.into(), addresses.collect()))
                    .collect(),
            },
            services: SavedServices::new(&inventory.services, &inventory.names.labels),
            unnamed: unnamed
                .map(|(prefix, count)| SavedCount { prefix: prefix.clone(), count: *count })
                .collect(),
        }
    }
}

impl SavedEndpoint {
    fn new(record: &EndpointRecord, names: &Names) -> SavedEndpoint {
        let labels = record.labels.iter().map(|label| {
            (names.labels.key(*label).to_owned(), names.labels.value(*label).to_string())
        });
        let ports = record.named_ports.iter().map(|port| SavedPort {
            name: (&*port.name).into(),
            protocol: port.protocol,
            number: port.number,
            first: port.is_first,
        });
        SavedEndpoint {
            kind: record.kind,
            name: record.name.clone(),
            labels: labels.collect(),
            addresses: SavedAddresses(record.addresses.to_vec()),
            named_ports: ports.collect(),
            other_ports: record.other_ports.clone(),
            readiness: record.readiness,
            host_network: record.host_network,
            completed: record.completed,
            running: record.running,
            created: record.created,
            node: record.node.clone(),
            host_addresses: SavedAddresses(record.host_addresses.to_vec()),
            own_pods: record.own_pods.clone(),
        }
    }

    fn record(self, home: (u32, Arc<str>), names: &mut Names) -> EndpointRecord {
        let ports = self.named_ports.into_iter().map(|port| {
            let label = names.ports.intern("", &port.name);
            let name = Arc::clone(names.ports.value(label));
            let SavedPort { protocol, number, first: is_first, .. } = port;
            NamedContainerPort { name, label, protocol, number, is_first }
        });
        let mut named_ports = ports.collect::<Vec<_>>();
        named_ports.sort_unstable();
        EndpointRecord {
            kind: self.kind,
            home: home.0,
            namespace: home.1,
            name: self.name,
            labels: names.labels(&self.labels),
            addresses: self.addresses.0.into(),
            named_ports,
            other_ports: self.other_ports,
            readiness: self.readiness,
            host_network: self.host_network,
            completed: self.completed,
            running: self.running,
            created: self.created,
            node: self.node,
            host_addresses: self.host_addresses.0.into(),
            own_pods: self.own_pods,
        }
    }

    /// What makes it no endpoint that was ever saved.
    fn fault(&self) -> Option<&'static str> {
        let addresses = &self.addresses.0;
        let families = addresses.iter().map(IpAddr::is_ipv4).collect::<BTreeSet<_>>();
        if !matches!(self.kind, Kind::Pod | Kind::Workload(_)) {
            Some("is no pod and no workload")
        } else if families.len() < addresses.len() {
            Some("has two addresses of one family")
        } else if self.named_ports.iter().any(|port| port.number == 0 || port.name.is_empty()) {
            Some("has a named port without a name or number")
        } else {
            None
        }
    }
}

/// Something that was saved contradicts itself, which nothing does that this library saved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{object} {fault}")]
pub(crate) struct Contradiction {
    object: String,
    fault: &'static str,
}

fn contradiction(object: impl ToString, fault: &'static str) -> Contradiction {
    Contradiction { object: object.to_string(), fault }
}

impl TryFrom<SavedInventory> for Inventory {
    type Error = Contradiction;

    fn try_from(saved: SavedInventory) -> Result<Inventory, Contradiction> {
        let mut inventory = Inventory { nodes: saved.nodes, ..Inventory::default() };
        for (node, addresses) in saved.fed_node_addresses {
            inventory.feed_node_addresses(&node, addresses.0.into_iter().collect());
        }
        for namespace in saved.namespaces {
            inventory.restore_namespace(namespace)?;
        }
        for policy in saved.cluster_policies {
            let key = (policy.kind, policy.name.clone());
            if policy.kind == Kind::NetworkPolicy || !policy.is_consistent() {
                return Err(contradiction(&policy.name, "is no cluster-wide policy"));
            }
            if inventory.cluster_policies.insert(key, Arc::clone(&policy)).is_some() {
                return Err(contradiction(&policy.name, "is there twice"));
            }
        }
        let SavedDomains { now, records } = saved.domains;
        let mut domains = Domains::default();
        for (name, addresses) in records {
            for (address, expires) in addresses {
                domains.resolve(&name, [address], expires);
            }
        }
        domains.advance(now);
        inventory.domains = domains;
        let services = saved.services.restore(&mut inventory.names.labels);
        inventory.services = services.map_err(|(object, fault)| contradiction(object, fault))?;
        let unnamed = saved.unnamed.into_iter();
        inventory.unnamed = unnamed.map(|saved| (saved.prefix, saved.count)).collect();
        Ok(inventory)
    }
}

impl Inventory {
    fn restore_namespace(&mut self, saved: SavedNamespace) -> Result<(), Contradiction> {
        let (number, name) = self.home(&saved.name);
        for endpoint in saved.endpoints {
            let place = || format!("{} {name}/{}", endpoint.kind, endpoint.name);
            if let Some(fault) = endpoint.fault() {
                return Err(contradiction(place(), fault));
            }
            if self.find(number, endpoint.kind, &endpoint.name).is_some() {
                return Err(contradiction(place(), "is there twice"));
            }
            let record = endpoint.record((number, Arc::clone(&name)), &mut self.names);
            self.upsert_endpoint(record);
        }
        let Some(record) = self.namespace_mut(number) else { return Ok(()) };
        if record.labels.is_some() || !record.policies.is_empty() {
            return Err(contradiction(name, "is a namespace that is there twice"));
        }
        record.labels = saved.labels;
        record.isolated = saved.isolated;
        for policy in saved.policies {
            let known = record.policies.insert(policy.name.clone(), Arc::clone(&policy));
            let own = policy.kind == Kind::NetworkPolicy && policy.namespace == (*name).into();
            if known.is_some() || !own || !policy.is_consistent() {
                let place = format!("NetworkPolicy {name}/{}", policy.name);
                return Err(contradiction(place, "is there twice, or is another kind's"));
            }
        }
        self.tidy(number);
        Ok(())
    }
}
