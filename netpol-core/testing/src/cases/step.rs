use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use netpol_core::Admission;
use netpol_core::model::{Kind, Object};
use serde::{Deserialize, Serialize};

use super::expectation::{Probe, Reach};
use super::implementation::Event;
use super::rows::{NamespaceRow, NodeRow, PodRow, WorkloadRow};
use super::rows_of_policies::{
    AdminPolicyRow, AlphaPolicyRow, BaselineAdminPolicyRow, ClusterPolicyRow, ExtensionsPolicyRow,
    PolicyRow,
};
use super::rows_of_services::{EndpointSliceRow, ServiceRow};

/// One step of a case: what happens, in the order of the fields, and what holds after it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Step {
    /// `Kind namespace/name` or `Kind name` of the objects to remove.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub delete: Vec<String>,
    /// Kinds whose objects of this step replace all others at once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub relist: Vec<String>,
    /// Namespaces to load.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<NamespaceRow>,
    /// Nodes to load.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<NodeRow>,
    /// Pods to load.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pods: Vec<PodRow>,
    /// Workloads to load.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub workloads: Vec<WorkloadRow>,
    /// Services to load.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<ServiceRow>,
    /// EndpointSlices to load.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub endpoint_slices: Vec<EndpointSliceRow>,
    /// NetworkPolicies to load.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<PolicyRow>,
    /// NetworkPolicies to load in the form of `extensions/v1beta1`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extensions_policies: Vec<ExtensionsPolicyRow>,
    /// NetworkPolicies to load in the form of `net.alpha.kubernetes.io/v1alpha1`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alpha_policies: Vec<AlphaPolicyRow>,
    /// ClusterNetworkPolicies to load.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cluster_policies: Vec<ClusterPolicyRow>,
    /// AdminNetworkPolicies to load.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub admin_policies: Vec<AdminPolicyRow>,
    /// BaselineAdminNetworkPolicies to load.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub baseline_admin_policies: Vec<BaselineAdminPolicyRow>,
    /// Manifests to apply, each as one text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub manifests: Vec<String>,
    /// Addresses to feed for nodes, by node name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub node_addresses: BTreeMap<String, Vec<IpAddr>>,
    /// What time it is, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advance: Option<u64>,
    /// Domain records to take back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub withdraw: Vec<Withdrawal>,
    /// Domain records to add.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<Resolution>,
    /// Whether the lists are complete from here on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub synced: Option<bool>,
    /// What must be refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refusal>,
    /// Questions, one each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expect: Vec<Probe>,
    /// Questions from every pod to every other.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reach: Vec<Reach>,
}

/// What a domain name resolves to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resolution {
    /// The name.
    pub name: String,
    /// Its addresses, beside those it has.
    pub addresses: Vec<IpAddr>,
    /// From when on that no longer holds, in seconds; left out: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<u64>,
}

/// What a domain name no longer resolves to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Withdrawal {
    /// The name.
    pub name: String,
    /// Some of its addresses; left out: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub addresses: Option<Vec<IpAddr>>,
}

/// Which call must fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Refusal {
    /// Loading an object of the step, whichever; nothing of the step counts.
    Apply,
    /// Publishing after the step.
    Publish,
}

impl Step {
    /// What happens, in order.
    ///
    /// # Errors
    ///
    /// Says what in the step is malformed.
    pub fn events(&self, admission: Admission) -> Result<Vec<Event>, String> {
        let mut events = Vec::new();
        for text in &self.delete {
            let (kind, name) =
                text.split_once(' ').ok_or_else(|| format!("{text:?} is not `Kind name`"))?;
            let (namespace, name) = name.split_once('/').unwrap_or(("", name));
            events.push(Event::Delete {
                kind: parse_kind(kind)?,
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            });
        }
        let relisted: Vec<Kind> =
            self.relist.iter().map(|kind| parse_kind(kind)).collect::<Result<_, _>>()?;
        let mut objects = self.objects()?;
        for kind in relisted {
            let (of_kind, others) = objects.into_iter().partition(|object| object.kind() == kind);
            objects = others;
            events.push(Event::ReplaceAll { kind, objects: of_kind, admission });
        }
        events.extend(
            objects.into_iter().map(|object| Event::Upsert { object: Box::new(object), admission }),
        );
        let apply = |text: &String| Event::Apply { text: text.clone(), admission };
        events.extend(self.manifests.iter().map(apply));
        events.extend(self.node_addresses.iter().map(|(node, addresses)| Event::NodeAddresses {
            node: node.clone(),
            addresses: addresses.clone(),
        }));
        events.extend(self.advance.map(|seconds| Event::Advance(Duration::from_secs(seconds))));
        events.extend(self.withdraw.iter().map(Withdrawal::event));
        events.extend(self.domains.iter().map(Resolution::event));
        events.extend(self.synced.map(Event::Synced));
        Ok(events)
    }

    fn objects(&self) -> Result<Vec<Object>, String> {
        let mut objects: Vec<Object> = self.namespaces.iter().map(NamespaceRow::object).collect();
        objects.extend(self.nodes.iter().map(NodeRow::object));
        for row in &self.pods {
            objects.push(row.object()?);
        }
        for row in &self.workloads {
            objects.push(row.object()?);
        }
        for row in &self.services {
            objects.push(row.object()?);
        }
        for row in &self.endpoint_slices {
            objects.push(row.object()?);
        }
        for row in &self.policies {
            objects.push(row.object()?);
        }
        for row in &self.extensions_policies {
            objects.push(row.object()?);
        }
        for row in &self.alpha_policies {
            objects.push(row.object()?);
        }
        objects.extend(self.cluster_policies.iter().map(ClusterPolicyRow::object));
        objects.extend(self.admin_policies.iter().map(AdminPolicyRow::object));
        objects.extend(self.baseline_admin_policies.iter().map(BaselineAdminPolicyRow::object));
        Ok(objects)
    }

    /// Adds an object to the step.
    ///
    /// # Panics
    ///
    /// When the object is of a kind that cases have no rows for.
    pub fn push(&mut self, object: &Object) {
        match object {
            Object::Namespace(object) => self.namespaces.push(NamespaceRow::new(object)),
            Object::Node(object) => self.nodes.push(NodeRow::new(object)),
            Object::Pod(object) => self.pods.push(PodRow::new(object)),
            Object::Workload(object) => self.workloads.push(WorkloadRow::new(object)),
            Object::Service(object) => self.services.push(ServiceRow::new(object)),
            Object::EndpointSlice(object) => {
                self.endpoint_slices.push(EndpointSliceRow::new(object));
            }
            Object::NetworkPolicy(object) => self.policies.push(PolicyRow::new(object)),
            Object::ExtensionsNetworkPolicy(object) => {
                self.extensions_policies.push(ExtensionsPolicyRow::new(object));
            }
            Object::AlphaNetworkPolicy(object) => {
                self.alpha_policies.push(AlphaPolicyRow::new(object));
            }
            Object::ClusterNetworkPolicy(object) => {
                self.cluster_policies.push(ClusterPolicyRow::new(object));
            }
            Object::AdminNetworkPolicy(object) => {
                self.admin_policies.push(AdminPolicyRow::new(object));
            }
            Object::BaselineAdminNetworkPolicy(object) => {
                self.baseline_admin_policies.push(BaselineAdminPolicyRow::new(object));
            }
            other => panic!("cases have no rows for {}", other.object_ref()),
        }
    }
}

impl Resolution {
    fn event(&self) -> Event {
        Event::ResolveDomain {
            name: self.name.clone(),
            addresses: self.addresses.clone(),
            expires: self.expires.map(Duration::from_secs),
        }
    }
}

impl Withdrawal {
    fn event(&self) -> Event {
        Event::WithdrawDomain { name: self.name.clone(), addresses: self.addresses.clone() }
    }
}

fn parse_kind(text: &str) -> Result<Kind, String> {
    Kind::from_api(text).ok_or_else(|| format!("{text:?} is no kind"))
}
