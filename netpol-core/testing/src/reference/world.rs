use std::net::IpAddr;

use netpol_core::Options;
use netpol_core::model::{Kind, Labels, Namespace, NetworkPolicy, Node, Object, Pod, Workload};
use netpol_core::options::{MissingNamespaces, UnreadableSubjects};

use super::{interpret, labels};

/// Everything that is known about a cluster: plain lists, in no order that matters.
#[derive(Clone, Debug)]
pub struct World {
    /// The knobs.
    pub options: Options,
    /// All namespaces.
    pub namespaces: Vec<Namespace>,
    /// All nodes.
    pub nodes: Vec<Node>,
    /// All pods.
    pub pods: Vec<Pod>,
    /// All objects that make pods.
    pub workloads: Vec<Workload>,
    /// All policies.
    pub policies: Vec<NetworkPolicy>,
    /// Further addresses of nodes, by node name: those of bridges and gateways.
    pub node_addresses: Vec<(String, Vec<IpAddr>)>,
    /// Whether the lists are complete.
    pub synced: bool,
}

impl World {
    /// The empty cluster.
    #[must_use]
    pub fn new(options: Options) -> World {
        World {
            options,
            namespaces: Vec::new(),
            nodes: Vec::new(),
            pods: Vec::new(),
            workloads: Vec::new(),
            policies: Vec::new(),
            node_addresses: Vec::new(),
            synced: false,
        }
    }

    /// Adds an object, in place of the one of the same kind, namespace and name. The object is one
    /// that a cluster holds: what cannot be understood in it is no reason to refuse it.
    ///
    /// # Errors
    ///
    /// [`Refused`], and nothing changes, for a policy whose `spec.podSelector` cannot be
    /// understood where [`UnreadableSubjects::Error`] asks for that.
    pub fn upsert(&mut self, object: Object) -> Result<(), Refused> {
        self.check(&object)?;
        let metadata = object.metadata().clone();
        if matches!(object, Object::Namespace(_)) {
            self.namespaces.retain(|namespace| namespace.metadata.name != metadata.name);
        } else {
            self.delete(object.kind(), &metadata.namespace, &metadata.name);
        }
        match object {
            Object::Namespace(object) => self.namespaces.push(object),
            Object::Node(object) => self.nodes.push(object),
            Object::Pod(object) => self.pods.push(object),
            Object::Workload(object) => self.workloads.push(object),
            Object::NetworkPolicy(object) => self.policies.push(object),
            other => unimplemented_kind(&other),
        }
        Ok(())
    }

    /// Removes an object, a namespace with everything in it; whether there was one.
    pub fn delete(&mut self, kind: Kind, namespace: &str, name: &str) -> bool {
        let before = self.len();
        match kind {
            Kind::Namespace => {
                self.namespaces.retain(|object| object.metadata.name != name);
                self.pods.retain(|object| object.metadata.namespace != name);
                self.workloads.retain(|object| object.metadata.namespace != name);
                self.policies.retain(|object| object.metadata.namespace != name);
            }
            Kind::Node => self.nodes.retain(|object| object.metadata.name != name),
            Kind::Pod => self.pods.retain(|object| {
                (object.metadata.namespace.as_str(), object.metadata.name.as_str())
                    != (namespace, name)
            }),
            Kind::Workload(kind) => self.workloads.retain(|object| {
                (object.kind, object.metadata.namespace.as_str(), object.metadata.name.as_str())
                    != (kind, namespace, name)
            }),
            Kind::NetworkPolicy => self.policies.retain(|object| {
                (object.metadata.namespace.as_str(), object.metadata.name.as_str())
                    != (namespace, name)
            }),
            _ => {}
        }
        before != self.len()
    }

    /// Puts `objects` in the place of all objects of `kind`, as a new listing does.
    ///
    /// # Errors
    ///
    /// [`Refused`], and nothing changes, when [`upsert`](World::upsert) would refuse one of them.
    pub fn replace_all(&mut self, kind: Kind, objects: Vec<Object>) -> Result<(), Refused> {
        objects.iter().try_for_each(|object| self.check(object))?;
        match kind {
            Kind::Namespace => self.namespaces.clear(),
            Kind::Node => self.nodes.clear(),
            Kind::Pod => self.pods.clear(),
            Kind::Workload(kind) => self.workloads.retain(|object| object.kind != kind),
            Kind::NetworkPolicy => self.policies.clear(),
            _ => {}
        }
        objects.into_iter().try_for_each(|object| self.upsert(object))
    }

    /// Sets the further addresses of a node, in place of those set before.
    pub fn set_node_addresses(&mut self, node: &str, addresses: Vec<IpAddr>) {
        self.node_addresses.retain(|(name, _)| name != node);
        self.node_addresses.push((node.to_owned(), addresses));
    }

    /// Whether questions can be asked at all.
    ///
    /// # Errors
    ///
    /// [`Refused`] when an object lies in a namespace that was never loaded and
    /// [`MissingNamespaces::Error`] asks for that.
    pub fn publish(&self) -> Result<(), Refused> {
        if self.options.missing_namespaces != MissingNamespaces::Error {
            return Ok(());
        }
        let pods = self.pods.iter().map(|pod| &pod.metadata);
        let workloads = self.workloads.iter().map(|workload| &workload.metadata);
        let policies = self.policies.iter().map(|policy| &policy.metadata);
        for metadata in pods.chain(workloads).chain(policies) {
            if !self.has_namespace(&metadata.namespace) {
                return Err(Refused(format!("namespace {:?} is missing", metadata.namespace)));
            }
        }
        Ok(())
    }

    /// The labels of a namespace, with the one that every namespace carries.
    pub(super) fn namespace_labels(&self, name: &str) -> Labels {
        let metadata_name = ("kubernetes.io/metadata.name".to_owned(), name.to_owned());
        let loaded = self.namespaces.iter().find(|namespace| namespace.metadata.name == name);
        match (loaded, self.options.missing_namespaces) {
            (Some(namespace), _) => {
                let mut labels = namespace.metadata.labels.clone();
                if self.options.inject_metadata_name {
                    labels.extend([metadata_name]);
                }
                labels
            }
            (None, MissingNamespaces::MetadataNameOnly) => Labels::from([metadata_name]),
            (None, _) => Labels::new(),
        }
    }

    fn has_namespace(&self, name: &str) -> bool {
        self.namespaces.iter().any(|namespace| namespace.metadata.name == name)
    }

    fn check(&self, object: &Object) -> Result<(), Refused> {
        match object {
            Object::NetworkPolicy(policy)
                if self.options.unreadable_subjects == UnreadableSubjects::Error
                    && !labels::is_understood(interpret::subject(policy)) =>
            {
                Err(Refused("spec.podSelector cannot be understood".to_owned()))
            }
            _ => Ok(()),
        }
    }

    fn len(&self) -> usize {
        self.namespaces.len()
            + self.nodes.len()
            + self.pods.len()
            + self.workloads.len()
            + self.policies.len()
    }
}

/// A call was refused, with the reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

/// `Object` may grow kinds; the reference has to learn each of them first.
fn unimplemented_kind(object: &Object) -> ! {
    panic!("the reference does not know {}", object.object_ref())
}
