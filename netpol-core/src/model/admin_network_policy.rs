use serde::{Deserialize, Serialize};

use super::{
    ClusterNetworkPolicyEgressPeer, ClusterNetworkPolicyIngressPeer, ClusterNetworkPolicySubject,
    ObjectMeta, null_default,
};

/// `policy.networking.k8s.io/v1alpha1` AdminNetworkPolicy, which ClusterNetworkPolicy replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AdminNetworkPolicy {
    /// The name; the object is in no namespace.
    pub metadata: ObjectMeta,
    /// Where it stands in the order, whom it selects and what it says.
    #[serde(deserialize_with = "null_default")]
    pub spec: AdminNetworkPolicySpec,
}

/// `policy.networking.k8s.io/v1alpha1` AdminNetworkPolicySpec.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AdminNetworkPolicySpec {
    /// 0 to 1000; lower numbers are asked first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// The pods it applies to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<ClusterNetworkPolicySubject>,
    /// What it says about traffic into them; the first rule that matches decides.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub ingress: Vec<AdminNetworkPolicyIngressRule>,
    /// What it says about traffic out of them; the first rule that matches decides.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub egress: Vec<AdminNetworkPolicyEgressRule>,
}

/// `policy.networking.k8s.io/v1alpha1` BaselineAdminNetworkPolicy; the one there is must be called
/// `default`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BaselineAdminNetworkPolicy {
    /// The name; the object is in no namespace.
    pub metadata: ObjectMeta,
    /// Whom it selects and what it says.
    #[serde(deserialize_with = "null_default")]
    pub spec: BaselineAdminNetworkPolicySpec,
}

/// `policy.networking.k8s.io/v1alpha1` BaselineAdminNetworkPolicySpec.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BaselineAdminNetworkPolicySpec {
    /// The pods it applies to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<ClusterNetworkPolicySubject>,
    /// What it says about traffic into them; the first rule that matches decides. `Pass` is no
    /// action here.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub ingress: Vec<AdminNetworkPolicyIngressRule>,
    /// What it says about traffic out of them; the first rule that matches decides. `Pass` is no
    /// action and `domainNames` no peer here.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub egress: Vec<AdminNetworkPolicyEgressRule>,
}

/// `policy.networking.k8s.io/v1alpha1` AdminNetworkPolicyIngressRule and
/// BaselineAdminNetworkPolicyIngressRule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AdminNetworkPolicyIngressRule {
    /// For people.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// `Allow`, `Deny` or `Pass`; empty means missing.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "String::is_empty")]
    pub action: String,
    /// Sources; at least one.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<ClusterNetworkPolicyIngressPeer>,
    /// Destination ports; missing means every port and protocol, and an empty list is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ports: Option<Vec<AdminNetworkPolicyPort>>,
}

/// `policy.networking.k8s.io/v1alpha1` AdminNetworkPolicyEgressRule and
/// BaselineAdminNetworkPolicyEgressRule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AdminNetworkPolicyEgressRule {
    /// For people.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// `Allow`, `Deny` or `Pass`; empty means missing.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "String::is_empty")]
    pub action: String,
    /// Destinations; at least one.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<ClusterNetworkPolicyEgressPeer>,
    /// Destination ports; missing means every port and protocol, and an empty list is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ports: Option<Vec<AdminNetworkPolicyPort>>,
}

/// `policy.networking.k8s.io/v1alpha1` AdminNetworkPolicyPort: exactly one of its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AdminNetworkPolicyPort {
    /// One port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port_number: Option<AdminNetworkPolicyPortNumber>,
    /// The name of a port of the destination's containers, which have the protocol too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named_port: Option<String>,
    /// Several ports in a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port_range: Option<AdminNetworkPolicyPortRange>,
}

/// `policy.networking.k8s.io/v1alpha1` Port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AdminNetworkPolicyPortNumber {
    /// The protocol; missing means `TCP`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// The port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<i32>,
}

/// `policy.networking.k8s.io/v1alpha1` PortRange.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AdminNetworkPolicyPortRange {
    /// The protocol; missing means `TCP`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// The first port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<i32>,
    /// The last port, included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<i32>,
}
