use serde::{Deserialize, Serialize};

use super::{ObjectMeta, null_default};

/// `v1.Node`, as far as addresses go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Node {
    /// Name and labels.
    pub metadata: ObjectMeta,
    /// The ranges its pods get their addresses from.
    #[serde(deserialize_with = "null_default")]
    pub spec: NodeSpec,
    /// The addresses it is reached at.
    #[serde(deserialize_with = "null_default")]
    pub status: NodeStatus,
}

/// `v1.NodeSpec`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSpec {
    /// The first pod range; `pod_cidrs`, when set, repeats it.
    #[serde(
        rename = "podCIDR",
        deserialize_with = "null_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub pod_cidr: String,
    /// All pod ranges, at most one of each family.
    #[serde(
        rename = "podCIDRs",
        deserialize_with = "null_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub pod_cidrs: Vec<String>,
}

/// `v1.NodeStatus`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeStatus {
    /// Addresses of every type; those that are no IP address (`Hostname`) are passed over.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<NodeAddress>,
}

/// `v1.NodeAddress`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeAddress {
    /// `InternalIP`, `ExternalIP`, `Hostname`, `InternalDNS` or `ExternalDNS`.
    #[serde(rename = "type", deserialize_with = "null_default")]
    pub kind: String,
    /// The address or name itself.
    #[serde(deserialize_with = "null_default")]
    pub address: String,
}
