use serde::{Deserialize, Serialize};

use super::{LabelSelector, ObjectMeta, null_default};

/// `policy.networking.k8s.io/v1alpha2` ClusterNetworkPolicy: ordered rules of the whole cluster,
/// before or after the NetworkPolicies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterNetworkPolicy {
    /// The name; the object is in no namespace.
    pub metadata: ObjectMeta,
    /// Where it stands in the order, whom it selects and what it says.
    #[serde(deserialize_with = "null_default")]
    pub spec: ClusterNetworkPolicySpec,
}

/// `policy.networking.k8s.io/v1alpha2` ClusterNetworkPolicySpec.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterNetworkPolicySpec {
    /// `Admin` (before NetworkPolicies) or `Baseline` (after them); empty means missing.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "String::is_empty")]
    pub tier: String,
    /// 0 to 1000; lower numbers are asked first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// The pods it applies to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<ClusterNetworkPolicySubject>,
    /// What it says about traffic into them; the first rule that matches decides.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub ingress: Vec<ClusterNetworkPolicyIngressRule>,
    /// What it says about traffic out of them; the first rule that matches decides.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub egress: Vec<ClusterNetworkPolicyEgressRule>,
}

/// `policy.networking.k8s.io/v1alpha2` ClusterNetworkPolicySubject: exactly one of its fields.
/// `v1alpha1` AdminNetworkPolicySubject has the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterNetworkPolicySubject {
    /// All pods of these namespaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespaces: Option<LabelSelector>,
    /// Pods by their own labels and those of their namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pods: Option<NamespacedPod>,
}

/// `policy.networking.k8s.io/v1alpha2` NamespacedPod: pods by their own labels and those of their
/// namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NamespacedPod {
    /// Which namespaces; missing means all of them. Required in `v1alpha1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace_selector: Option<LabelSelector>,
    /// Which of their pods; required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_selector: Option<LabelSelector>,
}

/// `policy.networking.k8s.io/v1alpha2` ClusterNetworkPolicyIngressRule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterNetworkPolicyIngressRule {
    /// For people.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// `Accept`, `Deny` or `Pass`; empty means missing.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "String::is_empty")]
    pub action: String,
    /// Sources; at least one.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<ClusterNetworkPolicyIngressPeer>,
    /// Protocols and destination ports; missing means all, and an empty list is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocols: Option<Vec<ClusterNetworkPolicyProtocol>>,
}

/// `policy.networking.k8s.io/v1alpha2` ClusterNetworkPolicyEgressRule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterNetworkPolicyEgressRule {
    /// For people.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// `Accept`, `Deny` or `Pass`; empty means missing.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "String::is_empty")]
    pub action: String,
    /// Destinations; at least one.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<ClusterNetworkPolicyEgressPeer>,
    /// Protocols and destination ports; missing means all, and an empty list is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocols: Option<Vec<ClusterNetworkPolicyProtocol>>,
}

/// `policy.networking.k8s.io/v1alpha2` ClusterNetworkPolicyIngressPeer: exactly one of its fields.
/// `v1alpha1` AdminNetworkPolicyIngressPeer has the same.
///
/// A peer with none of them is what remains of one that a newer API defines, and closes its rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterNetworkPolicyIngressPeer {
    /// All pods of these namespaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespaces: Option<LabelSelector>,
    /// Pods by their own labels and those of their namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pods: Option<NamespacedPod>,
}

/// `policy.networking.k8s.io/v1alpha2` ClusterNetworkPolicyEgressPeer: exactly one of its fields.
/// `v1alpha1` AdminNetworkPolicyEgressPeer has the same; BaselineAdminNetworkPolicyEgressPeer has
/// no `domainNames`.
///
/// A peer with none of them is what remains of one that a newer API defines, and closes its rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterNetworkPolicyEgressPeer {
    /// All pods of these namespaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespaces: Option<LabelSelector>,
    /// Pods by their own labels and those of their namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pods: Option<NamespacedPod>,
    /// The addresses of nodes with these labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nodes: Option<LabelSelector>,
    /// Address ranges, whoever has the addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub networks: Option<Vec<String>>,
    /// The addresses that these names resolve to; `*.` in front means every name below.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain_names: Option<Vec<String>>,
}

/// `policy.networking.k8s.io/v1alpha2` ClusterNetworkPolicyProtocol: exactly one of its fields.
///
/// An entry with none of them is what remains of one that a newer API defines, and closes its rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterNetworkPolicyProtocol {
    /// TCP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp: Option<ClusterNetworkPolicyProtocolPorts>,
    /// UDP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub udp: Option<ClusterNetworkPolicyProtocolPorts>,
    /// SCTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sctp: Option<ClusterNetworkPolicyProtocolPorts>,
    /// The name of a port of the destination's containers, which have the protocol too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_named_port: Option<String>,
}

/// `policy.networking.k8s.io/v1alpha2` ClusterNetworkPolicyProtocolTCP, and its likes for UDP and
/// SCTP.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterNetworkPolicyProtocolPorts {
    /// The destination port; the schema refuses an entry without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_port: Option<ClusterNetworkPolicyPort>,
}

/// `policy.networking.k8s.io/v1alpha2` Port: exactly one of its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterNetworkPolicyPort {
    /// One port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<i32>,
    /// Several ports in a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<ClusterNetworkPolicyPortRange>,
}

/// `policy.networking.k8s.io/v1alpha2` PortRange.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterNetworkPolicyPortRange {
    /// The first port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<i32>,
    /// The last port, included; greater than the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<i32>,
}
