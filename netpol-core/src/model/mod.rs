//! The Kubernetes objects as users write them.
//!
//! Every type mirrors the API type of the same name, restricted to the fields that can change a
//! verdict or that validation judges. Fields are public and nothing here has behaviour: text that
//! means nothing (an unknown protocol, an unparsable CIDR) is representable on purpose, because
//! [`validate`](crate::validate) has to be able to speak about it.
//!
//! Sources: `k8s.io/api/networking/v1/types.go`, `k8s.io/api/core/v1/types.go`,
//! `k8s.io/api/apps/v1/types.go`, `k8s.io/api/batch/v1/types.go`, `k8s.io/api/discovery/v1/types.go`,
//! `k8s.io/apimachinery/pkg/apis/meta/v1/types.go`,
//! `sigs.k8s.io/network-policy-api/apis/v1alpha1` and `.../v1alpha2`,
//! `k8s.io/api/extensions/v1beta1/types.go`.

mod admin_network_policy;
mod cluster_network_policy;
mod endpoint_slice;
mod labels;
mod legacy;
mod meta;
mod namespace;
mod network_policy;
mod node;
mod object;
mod pod;
mod service;
mod timestamp;
mod workload;

pub use admin_network_policy::{
    AdminNetworkPolicy, AdminNetworkPolicyEgressRule, AdminNetworkPolicyIngressRule,
    AdminNetworkPolicyPort, AdminNetworkPolicyPortNumber, AdminNetworkPolicyPortRange,
    AdminNetworkPolicySpec, BaselineAdminNetworkPolicy, BaselineAdminNetworkPolicySpec,
};
pub use cluster_network_policy::{
    ClusterNetworkPolicy, ClusterNetworkPolicyEgressPeer, ClusterNetworkPolicyEgressRule,
    ClusterNetworkPolicyIngressPeer, ClusterNetworkPolicyIngressRule, ClusterNetworkPolicyPort,
    ClusterNetworkPolicyPortRange, ClusterNetworkPolicyProtocol, ClusterNetworkPolicyProtocolPorts,
    ClusterNetworkPolicySpec, ClusterNetworkPolicySubject, NamespacedPod,
};
pub use endpoint_slice::{
    Endpoint, EndpointConditions, EndpointPort, EndpointSlice, ObjectReference,
};
pub use labels::{LabelSelector, LabelSelectorRequirement, Labels};
pub use legacy::{
    AlphaAllowIncoming, AlphaInboundRule, AlphaNetworkPolicy, AlphaNetworkPolicySpec, AlphaPeer,
    AlphaPort, ExtensionsNetworkPolicy, ExtensionsNetworkPolicyIngressRule,
    ExtensionsNetworkPolicySpec,
};
pub use meta::{ManagedFieldsEntry, ObjectMeta, OwnerReference};
pub use namespace::Namespace;
pub use network_policy::{
    IntOrString, IpBlock, NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule,
    NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec,
};
pub use node::{Node, NodeAddress, NodeSpec, NodeStatus};
pub use object::{Kind, Object, ObjectRef};
pub use pod::{Container, ContainerPort, Pod, PodCondition, PodSpec, PodStatus};
pub use service::{Service, ServicePort, ServiceSpec};
pub use timestamp::{InvalidTimestamp, Timestamp};
pub use workload::{PodTemplateSpec, Workload, WorkloadKind};

use serde::{Deserialize, Deserializer};

/// JSON `null` means the zero value, as Go's decoder has it.
pub(crate) fn null_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}
