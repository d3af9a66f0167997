use std::net::IpAddr;
use std::time::Duration;

use netpol_core::Options;
use netpol_core::model::{
    AdminNetworkPolicy, AlphaNetworkPolicy, BaselineAdminNetworkPolicy, ClusterNetworkPolicy,
    EndpointSlice, ExtensionsNetworkPolicy, Kind, Labels, Namespace, NetworkPolicy, Node, Object,
    ObjectMeta, Pod, Service, Workload,
};
use netpol_core::options::{MissingNamespaces, UnreadableSubjects};

use super::cluster_policy::ClusterPolicy;
use super::domains::DomainRecord;
use super::{labels, legacy};

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
    /// All Services.
    pub services: Vec<Service>,
    /// All EndpointSlices.
    pub endpoint_slices: Vec<EndpointSlice>,
    /// All NetworkPolicies, with those in the older forms below.
    pub policies: Vec<NetworkPolicy>,
    /// NetworkPolicies of `extensions/v1beta1`.
    pub extensions_policies: Vec<ExtensionsNetworkPolicy>,
    /// NetworkPolicies of `net.alpha.kubernetes.io/v1alpha1`.
    pub alpha_policies: Vec<AlphaNetworkPolicy>,
    /// All ClusterNetworkPolicies, of both tiers.
    pub cluster_policies: Vec<ClusterNetworkPolicy>,
    /// All AdminNetworkPolicies.
    pub admin_policies: Vec<AdminNetworkPolicy>,
    /// All BaselineAdminNetworkPolicies; the API server admits one.
    pub baseline_admin_policies: Vec<BaselineAdminNetworkPolicy>,
    /// What domain names resolve to.
    pub domains: Vec<DomainRecord>,
    /// What time it is.
    pub now: Duration,
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
            services: Vec::new(),
            endpoint_slices: Vec::new(),
            policies: Vec::new(),
            extensions_policies: Vec::new(),
            alpha_policies: Vec::new(),
            cluster_policies: Vec::new(),
            admin_policies: Vec::new(),
            baseline_admin_policies: Vec::new(),
            domains: Vec::new(),
            now: Duration::ZERO,
            node_addresses: Vec::new(),
            synced: false,
        }
    }

    /// Adds an object, in place of the one of the same kind, namespace and name. The object is one
    /// that a cluster holds: what cannot be understood in it is no reason to refuse it.
    ///
    /// # Errors
    ///
    /// [`Refused`], and nothing changes, for a policy whose subject or tier cannot be understood
    /// where [`UnreadableSubjects::Error`] asks for that.
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
            Object::Service(object) => self.services.push(object),
            Object::EndpointSlice(object) => self.endpoint_slices.push(object),
            Object::NetworkPolicy(object) => self.policies.push(object),
            Object::ExtensionsNetworkPolicy(object) => self.extensions_policies.push(object),
            Object::AlphaNetworkPolicy(object) => self.alpha_policies.push(object),
            Object::ClusterNetworkPolicy(object) => self.cluster_policies.push(object),
            Object::AdminNetworkPolicy(object) => self.admin_policies.push(object),
            Object::BaselineAdminNetworkPolicy(object) => {
                self.baseline_admin_policies.push(object);
            }
            other => unimplemented_kind(&other),
        }
        Ok(())
    }

    /// Removes an object, a namespace with everything in it; whether there was one. A kind in no
    /// namespace is known by its name alone.
    pub fn delete(&mut self, kind: Kind, namespace: &str, name: &str) -> bool {
        let before = self.len();
        let is = |metadata: &ObjectMeta| metadata.namespace == namespace && metadata.name == name;
        match kind {
            Kind::Namespace => {
                self.namespaces.retain(|object| object.metadata.name != name);
                self.pods.retain(|object| object.metadata.namespace != name);
                self.workloads.retain(|object| object.metadata.namespace != name);
                self.services.retain(|object| object.metadata.namespace != name);
                self.endpoint_slices.retain(|object| object.metadata.namespace != name);
                self.retain_policies(|metadata| metadata.namespace != name);
            }
            Kind::Node => self.nodes.retain(|object| object.metadata.name != name),
            Kind::Pod => self.pods.retain(|object| !is(&object.metadata)),
            Kind::Workload(kind) => {
                self.workloads.retain(|object| object.kind != kind || !is(&object.metadata));
            }
            Kind::Service => self.services.retain(|object| !is(&object.metadata)),
            Kind::EndpointSlice => self.endpoint_slices.retain(|object| !is(&object.metadata)),
            Kind::NetworkPolicy => self.retain_policies(|metadata| !is(metadata)),
            Kind::ClusterNetworkPolicy => {
                self.cluster_policies.retain(|object| object.metadata.name != name);
            }
            Kind::AdminNetworkPolicy => {
                self.admin_policies.retain(|object| object.metadata.name != name);
            }
            Kind::BaselineAdminNetworkPolicy => {
                self.baseline_admin_policies.retain(|object| object.metadata.name != name);
            }
            _ => {}
        }
        before != self.len()
    }

    /// Keeps some of the NetworkPolicies of all forms, which are one kind.
    fn retain_policies(&mut self, keep: impl Fn(&ObjectMeta) -> bool) {
        self.policies.retain(|object| keep(&object.metadata));
        self.extensions_policies.retain(|object| keep(&object.metadata));
        self.alpha_policies.retain(|object| keep(&object.metadata));
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
            Kind::Service => self.services.clear(),
            Kind::EndpointSlice => self.endpoint_slices.clear(),
            Kind::NetworkPolicy => self.retain_policies(|_| false),
            Kind::ClusterNetworkPolicy => self.cluster_policies.clear(),
            Kind::AdminNetworkPolicy => self.admin_policies.clear(),
            Kind::BaselineAdminNetworkPolicy => self.baseline_admin_policies.clear(),
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
    /// [`MissingNamespaces::Error`] asks for that, and when the API leaves the order of two
    /// cluster-wide policies open and
    /// [`EqualPriorities::Error`](netpol_core::options::EqualPriorities::Error) asks for that.
    pub fn publish(&self) -> Result<(), Refused> {
        if let Some((one, other)) = self.equal_priorities() {
            return Err(Refused(format!("{one:?} and {other:?} have the same priority")));
        }
        if self.options.missing_namespaces != MissingNamespaces::Error {
            return Ok(());
        }
        let pods = self.pods.iter().map(|object| &object.metadata);
        let workloads = self.workloads.iter().map(|object| &object.metadata);
        let policies = self.policies.iter().map(|object| &object.metadata);
        let extensions = self.extensions_policies.iter().map(|object| &object.metadata);
        let alpha = self.alpha_policies.iter().map(|object| &object.metadata);
        for metadata in pods.chain(workloads).chain(policies).chain(extensions).chain(alpha) {
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

    /// Whether the subject of a policy, and the tier of a cluster-wide one, can be understood, where
    /// that matters.
    fn check(&self, object: &Object) -> Result<(), Refused> {
        let understood = match object {
            Object::NetworkPolicy(object) => labels::is_understood(&object.spec.pod_selector),
            Object::ExtensionsNetworkPolicy(object) => {
                labels::is_understood(&object.spec.pod_selector)
            }
            Object::AlphaNetworkPolicy(object) => {
                labels::is_understood(&legacy::selector(&object.spec.pod_selector))
            }
            Object::ClusterNetworkPolicy(object) => ClusterPolicy::Cluster(object).is_effective(),
            Object::AdminNetworkPolicy(object) => ClusterPolicy::Admin(object).is_effective(),
            Object::BaselineAdminNetworkPolicy(object) => {
                ClusterPolicy::Baseline(object).is_effective()
            }
            _ => true,
        };
        if !understood && self.options.unreadable_subjects == UnreadableSubjects::Error {
            return Err(Refused(format!("{} is about nobody knows whom", object.object_ref())));
        }
        Ok(())
    }

    fn len(&self) -> usize {
        self.namespaces.len()
            + self.nodes.len()
            + self.pods.len()
            + self.workloads.len()
            + self.services.len()
            + self.endpoint_slices.len()
            + self.policies.len()
            + self.extensions_policies.len()
            + self.alpha_policies.len()
            + self.cluster_policies.len()
            + self.admin_policies.len()
            + self.baseline_admin_policies.len()
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
