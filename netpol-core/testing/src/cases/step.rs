use std::collections::BTreeMap;
use std::net::IpAddr;

use netpol_core::Admission;
use netpol_core::model::{Kind, Object, WorkloadKind};
use serde::{Deserialize, Serialize};

use super::expectation::{Probe, Reach};
use super::implementation::Event;
use super::rows::{NamespaceRow, NodeRow, PodRow, PolicyRow, WorkloadRow};

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
    /// Policies to load.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<PolicyRow>,
    /// Manifests to apply, each as one text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub manifests: Vec<String>,
    /// Addresses to feed for nodes, by node name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub node_addresses: BTreeMap<String, Vec<IpAddr>>,
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
        for row in &self.policies {
            objects.push(row.object()?);
        }
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
            Object::NetworkPolicy(object) => self.policies.push(PolicyRow::new(object)),
            other => panic!("cases have no rows for {}", other.object_ref()),
        }
    }
}

fn parse_kind(text: &str) -> Result<Kind, String> {
    let workloads = WorkloadKind::ALL.into_iter().map(Kind::Workload);
    [Kind::Namespace, Kind::Node, Kind::Pod, Kind::NetworkPolicy]
        .into_iter()
        .chain(workloads)
        .find(|kind| kind.as_str() == text)
        .ok_or_else(|| format!("{text:?} is no kind"))
}
