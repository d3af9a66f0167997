//! Objects in the compact form of case files, and back.
//!
//! Fields that a row does not have are refused by the loader.

use std::collections::BTreeMap;

use netpol_core::model::{
    Container, ContainerPort, LabelSelector, Labels, Namespace, Node, NodeAddress, NodeSpec,
    NodeStatus, Object, ObjectMeta, Pod, PodCondition, PodSpec, PodStatus, PodTemplateSpec,
    Timestamp, Workload, WorkloadKind,
};
use serde::{Deserialize, Serialize};

/// A Namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NamespaceRow {
    /// Its name.
    pub name: String,
    /// Its own labels.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// Its annotations, which isolated pods once.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// A Node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeRow {
    /// Its name.
    pub name: String,
    /// Its labels.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// `status.addresses`, all of type `InternalIP`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// `spec.podCIDRs`.
    #[serde(default, rename = "podCIDRs", skip_serializing_if = "Vec::is_empty")]
    pub pod_cidrs: Vec<String>,
}

/// A Pod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodRow {
    /// `namespace/name`.
    pub name: String,
    /// Its labels; when left out, one label `pod` with the pod's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<Labels>,
    /// `status.podIPs`. The loader fills in addresses where a case names none.
    #[serde(default)]
    pub ips: Vec<String>,
    /// `spec.nodeName`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub node: String,
    /// `status.hostIPs`.
    #[serde(default, rename = "hostIPs", skip_serializing_if = "Vec::is_empty")]
    pub host_ips: Vec<String>,
    /// `spec.hostNetwork`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub host_network: bool,
    /// `status.phase`; `Running` when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// Whether its condition `Ready` is `True`; left out: it has no conditions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready: Option<bool>,
    /// `metadata.creationTimestamp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// `metadata.deletionTimestamp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Timestamp>,
    /// Container ports.
    #[serde(flatten)]
    pub ports: PortRows,
}

/// A Deployment, Job or another kind with a pod template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkloadRow {
    /// Its kind.
    pub kind: String,
    /// `namespace/name`.
    pub name: String,
    /// `spec.selector`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<LabelSelector>,
    /// The labels of the template.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// `hostNetwork` of the template.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub host_network: bool,
    /// Container ports of the template.
    #[serde(flatten)]
    pub ports: PortRows,
}

/// Container ports as `name=number` or `name=number/protocol`, each in a container of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PortRows {
    /// Of ordinary containers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<String>,
    /// Of init containers with `restartPolicy: Always`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sidecar_ports: Vec<String>,
    /// Of other init containers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub init_ports: Vec<String>,
}

impl NamespaceRow {
    /// The object.
    #[must_use]
    pub fn object(&self) -> Object {
        let metadata = ObjectMeta {
            name: self.name.clone(),
            labels: self.labels.clone(),
            annotations: self.annotations.clone(),
            ..ObjectMeta::default()
        };
        Object::Namespace(Namespace { metadata })
    }

    /// The row for an object.
    #[must_use]
    pub fn new(namespace: &Namespace) -> NamespaceRow {
        let metadata = &namespace.metadata;
        NamespaceRow {
            name: metadata.name.clone(),
            labels: metadata.labels.clone(),
            annotations: metadata.annotations.clone(),
        }
    }
}

impl NodeRow {
    /// The object.
    #[must_use]
    pub fn object(&self) -> Object {
        let kind = "InternalIP".to_owned();
        let addresses = self
            .addresses
            .iter()
            .map(|address| NodeAddress { kind: kind.clone(), address: address.clone() });
        Object::Node(Node {
            metadata: ObjectMeta {
                name: self.name.clone(),
                labels: self.labels.clone(),
                ..ObjectMeta::default()
            },
            spec: NodeSpec { pod_cidrs: self.pod_cidrs.clone(), ..NodeSpec::default() },
            status: NodeStatus { addresses: addresses.collect() },
        })
    }

    /// The row for an object.
    #[must_use]
    pub fn new(node: &Node) -> NodeRow {
        NodeRow {
            name: node.metadata.name.clone(),
            labels: node.metadata.labels.clone(),
            addresses: node.status.addresses.iter().map(|entry| entry.address.clone()).collect(),
            pod_cidrs: node.spec.pod_cidrs.clone(),
        }
    }
}

impl PodRow {
    /// The object.
    ///
    /// # Errors
    ///
    /// Says which part of the row is malformed.
    pub fn object(&self) -> Result<Object, String> {
        let mut metadata = metadata(&self.name)?;
        let default = || Labels::from([("pod".to_owned(), metadata.name.clone())]);
        metadata.labels = self.labels.clone().unwrap_or_else(default);
        metadata.creation_timestamp = self.created;
        metadata.deletion_timestamp = self.deleted;
        let mut spec = self.ports.pod_spec()?;
        spec.node_name.clone_from(&self.node);
        spec.host_network = self.host_network;
        let status = PodStatus {
            phase: self.phase.clone().unwrap_or_else(|| "Running".to_owned()),
            pod_ip: self.ips.first().cloned().unwrap_or_default(),
            pod_ips: self.ips.clone(),
            host_ip: self.host_ips.first().cloned().unwrap_or_default(),
            host_ips: self.host_ips.clone(),
            conditions: self.ready.map(ready_condition).into_iter().collect(),
        };
        Ok(Object::Pod(Pod { metadata, spec, status }))
    }

    /// The row for an object.
    #[must_use]
    pub fn new(pod: &Pod) -> PodRow {
        PodRow {
            name: qualified(&pod.metadata),
            labels: Some(pod.metadata.labels.clone()),
            ips: pod.status.pod_ips.clone(),
            node: pod.spec.node_name.clone(),
            host_ips: pod.status.host_ips.clone(),
            host_network: pod.spec.host_network,
            phase: Some(pod.status.phase.clone()),
            ready: is_ready(pod),
            created: pod.metadata.creation_timestamp,
            deleted: pod.metadata.deletion_timestamp,
            ports: PortRows::new(&pod.spec),
        }
    }
}

impl WorkloadRow {
    /// The object.
    ///
    /// # Errors
    ///
    /// Says which part of the row is malformed.
    pub fn object(&self) -> Result<Object, String> {
        let kind = WorkloadKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == self.kind)
            .ok_or_else(|| format!("{:?} is no kind of workload", self.kind))?;
        let mut spec = self.ports.pod_spec()?;
        spec.host_network = self.host_network;
        let labels = self.labels.clone();
        let template =
            PodTemplateSpec { metadata: ObjectMeta { labels, ..ObjectMeta::default() }, spec };
        let selector = self.selector.clone();
        Ok(Object::Workload(Workload { kind, metadata: metadata(&self.name)?, selector, template }))
    }

    /// The row for an object.
    #[must_use]
    pub fn new(workload: &Workload) -> WorkloadRow {
        WorkloadRow {
            kind: workload.kind.as_str().to_owned(),
            name: qualified(&workload.metadata),
            selector: workload.selector.clone(),
            labels: workload.template.metadata.labels.clone(),
            host_network: workload.template.spec.host_network,
            ports: PortRows::new(&workload.template.spec),
        }
    }
}

impl PortRows {
    fn pod_spec(&self) -> Result<PodSpec, String> {
        let mut spec = PodSpec::default();
        for text in &self.ports {
            spec.containers.push(container(text, None)?);
        }
        for text in &self.sidecar_ports {
            spec.init_containers.push(container(text, Some("Always"))?);
        }
        for text in &self.init_ports {
            spec.init_containers.push(container(text, None)?);
        }
        for (index, container) in
            spec.containers.iter_mut().chain(&mut spec.init_containers).enumerate()
        {
            container.name = format!("c{index}");
        }
        Ok(spec)
    }

    fn new(spec: &PodSpec) -> PortRows {
        let mut rows = PortRows::default();
        rows.ports.extend(spec.containers.iter().flat_map(container_rows));
        for container in &spec.init_containers {
            let sidecar = container.restart_policy.is_some();
            let list = if sidecar { &mut rows.sidecar_ports } else { &mut rows.init_ports };
            list.extend(container_rows(container));
        }
        rows
    }
}

fn ready_condition(ready: bool) -> PodCondition {
    let status = if ready { "True" } else { "False" };
    PodCondition { kind: "Ready".to_owned(), status: status.to_owned() }
}

fn is_ready(pod: &Pod) -> Option<bool> {
    let condition = pod.status.conditions.iter().find(|condition| condition.kind == "Ready");
    condition.map(|condition| condition.status == "True")
}

fn container(text: &str, restart_policy: Option<&str>) -> Result<Container, String> {
    let malformed = || format!("{text:?} is not name=number or name=number/protocol");
    let (name, rest) = text.split_once('=').ok_or_else(malformed)?;
    let (number, protocol) = match rest.split_once('/') {
        Some((number, protocol)) => (number, Some(protocol.to_owned())),
        None => (rest, None),
    };
    let container_port = number.parse().map_err(|_| malformed())?;
    let port = ContainerPort { name: name.to_owned(), container_port, protocol };
    let restart_policy = restart_policy.map(str::to_owned);
    Ok(Container { name: String::new(), ports: vec![port], restart_policy })
}

fn container_rows(container: &Container) -> impl Iterator<Item = String> + '_ {
    container.ports.iter().map(|port| match &port.protocol {
        Some(protocol) => format!("{}={}/{protocol}", port.name, port.container_port),
        None => format!("{}={}", port.name, port.container_port),
    })
}

/// The metadata of an object called `namespace/name`.
pub(super) fn metadata(name: &str) -> Result<ObjectMeta, String> {
    let (namespace, name) =
        name.split_once('/').ok_or_else(|| format!("{name:?} is not namespace/name"))?;
    Ok(ObjectMeta {
        name: name.to_owned(),
        namespace: namespace.to_owned(),
        ..ObjectMeta::default()
    })
}

/// `namespace/name`.
pub(super) fn qualified(metadata: &ObjectMeta) -> String {
    format!("{}/{}", metadata.namespace, metadata.name)
}
