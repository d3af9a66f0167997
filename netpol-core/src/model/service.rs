use serde::{Deserialize, Serialize};

use super::{IntOrString, Labels, ObjectMeta, null_default};

/// `v1.Service`, as far as it says where its traffic goes inside the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Service {
    /// Name and namespace.
    pub metadata: ObjectMeta,
    /// Which pods it is for, and on which ports.
    #[serde(deserialize_with = "null_default")]
    pub spec: ServiceSpec,
}

/// `v1.ServiceSpec`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceSpec {
    /// `ClusterIP` (when empty), `NodePort`, `LoadBalancer` or `ExternalName`.
    #[serde(
        rename = "type",
        deserialize_with = "null_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub kind: String,
    /// The labels of its pods. Empty: somebody else writes its EndpointSlices.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Labels::is_empty")]
    pub selector: Labels,
    /// The ports it is reached at.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<ServicePort>,
    /// Its own address; `None` for a headless Service, empty until the server has chosen one.
    #[serde(
        rename = "clusterIP",
        deserialize_with = "null_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub cluster_ip: String,
    /// Its addresses, at most one of each family; the first equals `cluster_ip`.
    #[serde(
        rename = "clusterIPs",
        deserialize_with = "null_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub cluster_ips: Vec<String>,
    /// The families it is served in, `IPv4` and `IPv6`.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub ip_families: Vec<String>,
    /// Addresses of the outside at which nodes take its traffic, too.
    #[serde(
        rename = "externalIPs",
        deserialize_with = "null_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub external_ips: Vec<String>,
    /// What the name of an `ExternalName` Service stands for.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "String::is_empty")]
    pub external_name: String,
    /// Whether pods that are not ready are sent to as well.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "std::ops::Not::not")]
    pub publish_not_ready_addresses: bool,
    /// `Local` keeps traffic of the cluster on the node that it comes from; `Cluster` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub internal_traffic_policy: Option<String>,
}

/// `v1.ServicePort`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServicePort {
    /// Its name, which may be empty where there is one port alone.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// `TCP` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// The number that clients connect to.
    #[serde(deserialize_with = "null_default")]
    pub port: i32,
    /// The number or name of the port of the pods; absent, 0 and empty mean `port`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_port: Option<IntOrString>,
}
