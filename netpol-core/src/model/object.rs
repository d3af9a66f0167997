use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use super::{
    AdminNetworkPolicy, AlphaNetworkPolicy, BaselineAdminNetworkPolicy, ClusterNetworkPolicy,
    EndpointSlice, ExtensionsNetworkPolicy, Namespace, NetworkPolicy, Node, ObjectMeta, Pod,
    Service, Workload, WorkloadKind,
};

/// An object of any kind that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(
    clippy::large_enum_variant,
    reason = "objects pass through; a box would cost each of them"
)]
pub enum Object {
    /// `v1` Namespace.
    Namespace(Namespace),
    /// `v1` Node.
    Node(Node),
    /// `v1` Pod.
    Pod(Pod),
    /// A Deployment, Job or another kind with a pod template.
    Workload(Workload),
    /// `v1` Service.
    Service(Service),
    /// `discovery.k8s.io/v1` EndpointSlice.
    EndpointSlice(EndpointSlice),
    /// `networking.k8s.io/v1` NetworkPolicy.
    NetworkPolicy(NetworkPolicy),
    /// `extensions/v1beta1` NetworkPolicy: the same kind in its older form.
    ExtensionsNetworkPolicy(ExtensionsNetworkPolicy),
    /// `net.alpha.kubernetes.io/v1alpha1` NetworkPolicy: the same kind in its oldest form.
    AlphaNetworkPolicy(AlphaNetworkPolicy),
    /// `policy.networking.k8s.io/v1alpha2` ClusterNetworkPolicy.
    ClusterNetworkPolicy(ClusterNetworkPolicy),
    /// `policy.networking.k8s.io/v1alpha1` AdminNetworkPolicy.
    AdminNetworkPolicy(AdminNetworkPolicy),
    /// `policy.networking.k8s.io/v1alpha1` BaselineAdminNetworkPolicy.
    BaselineAdminNetworkPolicy(BaselineAdminNetworkPolicy),
}

impl Object {
    /// The object's kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Object::Namespace(_) => Kind::Namespace,
            Object::Node(_) => Kind::Node,
            Object::Pod(_) => Kind::Pod,
            Object::Workload(workload) => Kind::Workload(workload.kind),
            Object::Service(_) => Kind::Service,
            Object::EndpointSlice(_) => Kind::EndpointSlice,
            Object::NetworkPolicy(_)
            | Object::ExtensionsNetworkPolicy(_)
            | Object::AlphaNetworkPolicy(_) => Kind::NetworkPolicy,
            Object::ClusterNetworkPolicy(_) => Kind::ClusterNetworkPolicy,
            Object::AdminNetworkPolicy(_) => Kind::AdminNetworkPolicy,
            Object::BaselineAdminNetworkPolicy(_) => Kind::BaselineAdminNetworkPolicy,
        }
    }

    /// The object's metadata.
    #[must_use]
    pub fn metadata(&self) -> &ObjectMeta {
        match self {
            Object::Namespace(object) => &object.metadata,
            Object::Node(object) => &object.metadata,
            Object::Pod(object) => &object.metadata,
            Object::Workload(object) => &object.metadata,
            Object::Service(object) => &object.metadata,
            Object::EndpointSlice(object) => &object.metadata,
            Object::NetworkPolicy(object) => &object.metadata,
            Object::ExtensionsNetworkPolicy(object) => &object.metadata,
            Object::AlphaNetworkPolicy(object) => &object.metadata,
            Object::ClusterNetworkPolicy(object) => &object.metadata,
            Object::AdminNetworkPolicy(object) => &object.metadata,
            Object::BaselineAdminNetworkPolicy(object) => &object.metadata,
        }
    }

    /// The object's metadata, to be changed.
    pub fn metadata_mut(&mut self) -> &mut ObjectMeta {
        match self {
            Object::Namespace(object) => &mut object.metadata,
            Object::Node(object) => &mut object.metadata,
            Object::Pod(object) => &mut object.metadata,
            Object::Workload(object) => &mut object.metadata,
            Object::Service(object) => &mut object.metadata,
            Object::EndpointSlice(object) => &mut object.metadata,
            Object::NetworkPolicy(object) => &mut object.metadata,
            Object::ExtensionsNetworkPolicy(object) => &mut object.metadata,
            Object::AlphaNetworkPolicy(object) => &mut object.metadata,
            Object::ClusterNetworkPolicy(object) => &mut object.metadata,
            Object::AdminNetworkPolicy(object) => &mut object.metadata,
            Object::BaselineAdminNetworkPolicy(object) => &mut object.metadata,
        }
    }

    /// Kind, namespace and name of the object.
    #[must_use]
    pub fn object_ref(&self) -> ObjectRef {
        let metadata = self.metadata();
        let name = if metadata.name.is_empty() && !metadata.generate_name.is_empty() {
            format!("{}*", metadata.generate_name)
        } else {
            metadata.name.clone()
        };
        ObjectRef { kind: self.kind(), namespace: metadata.namespace.clone(), name }
    }
}

/// The kinds that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// `v1` Namespace.
    Namespace,
    /// `v1` Node.
    Node,
    /// `v1` Pod.
    Pod,
    /// A kind with a pod template.
    Workload(WorkloadKind),
    /// `v1` Service.
    Service,
    /// `discovery.k8s.io/v1` EndpointSlice.
    EndpointSlice,
    /// NetworkPolicy, whether of `networking.k8s.io/v1` or in an older form.
    NetworkPolicy,
    /// `policy.networking.k8s.io/v1alpha2` ClusterNetworkPolicy.
    ClusterNetworkPolicy,
    /// `policy.networking.k8s.io/v1alpha1` AdminNetworkPolicy.
    AdminNetworkPolicy,
    /// `policy.networking.k8s.io/v1alpha1` BaselineAdminNetworkPolicy.
    BaselineAdminNetworkPolicy,
}

impl Kind {
    /// The kind as the API spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Namespace => "Namespace",
            Kind::Node => "Node",
            Kind::Pod => "Pod",
            Kind::Workload(kind) => kind.as_str(),
            Kind::Service => "Service",
            Kind::EndpointSlice => "EndpointSlice",
            Kind::NetworkPolicy => "NetworkPolicy",
            Kind::ClusterNetworkPolicy => "ClusterNetworkPolicy",
            Kind::AdminNetworkPolicy => "AdminNetworkPolicy",
            Kind::BaselineAdminNetworkPolicy => "BaselineAdminNetworkPolicy",
        }
    }

    /// The kind that the API spells so; `None` for one that is not read.
    #[must_use]
    pub fn from_api(text: &str) -> Option<Kind> {
        let others = [
            Kind::Namespace,
            Kind::Node,
            Kind::Pod,
            Kind::Service,
            Kind::EndpointSlice,
            Kind::NetworkPolicy,
            Kind::ClusterNetworkPolicy,
            Kind::AdminNetworkPolicy,
            Kind::BaselineAdminNetworkPolicy,
        ];
        let workloads = WorkloadKind::ALL.into_iter().map(Kind::Workload);
        others.into_iter().chain(workloads).find(|kind| kind.as_str() == text)
    }

    /// Whether objects of the kind live in a namespace.
    #[must_use]
    pub const fn is_namespaced(self) -> bool {
        !matches!(
            self,
            Kind::Namespace
                | Kind::Node
                | Kind::ClusterNetworkPolicy
                | Kind::AdminNetworkPolicy
                | Kind::BaselineAdminNetworkPolicy
        )
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Kind, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Kind::from_api(&text)
            .ok_or_else(|| serde::de::Error::custom(format_args!("kind `{text}` is not known")))
    }
}

/// Names one object: kind, namespace, name. Printed `NetworkPolicy default/deny-all`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectRef {
    /// The object's kind.
    pub kind: Kind,
    /// Its namespace; empty for cluster-scoped kinds.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Its name; may be empty in an object that validation refuses.
    pub name: String,
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.as_str())?;
        if !self.namespace.is_empty() || !self.name.is_empty() {
            f.write_str(" ")?;
        }
        if !self.namespace.is_empty() {
            write!(f, "{}/", self.namespace)?;
        }
        f.write_str(&self.name)
    }
}
