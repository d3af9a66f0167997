use serde::{Deserialize, Serialize};

use super::{ObjectMeta, null_default};

/// `v1.Pod`, as far as identity, addresses and ports go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Pod {
    /// Name, namespace and labels.
    pub metadata: ObjectMeta,
    /// Node, host network, containers.
    #[serde(deserialize_with = "null_default")]
    pub spec: PodSpec,
    /// Phase and addresses.
    #[serde(deserialize_with = "null_default")]
    pub status: PodStatus,
}

/// `v1.PodSpec`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodSpec {
    /// The node the pod is bound to; empty while unscheduled.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "String::is_empty")]
    pub node_name: String,
    /// Whether the pod shares its node's network namespace.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "std::ops::Not::not")]
    pub host_network: bool,
    /// The containers, whose ports give port names their numbers.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub containers: Vec<Container>,
    /// Init containers; one with `restart_policy: Always` is a sidecar.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub init_containers: Vec<Container>,
}

/// `v1.Container`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Container {
    /// Unique in the pod.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Declared ports; only named ones matter to policies.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<ContainerPort>,
    /// `Always` on an init container makes it a sidecar; otherwise unset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_policy: Option<String>,
}

/// `v1.ContainerPort`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerPort {
    /// The name a policy may use; empty when the port has none.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The number, 1 to 65535.
    #[serde(deserialize_with = "null_default")]
    pub container_port: i32,
    /// `TCP` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
}

/// `v1.PodStatus`. The API's `podIPs: [{ip}]` and `hostIPs: [{ip}]` are flat lists here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodStatus {
    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`; empty before the first report.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "String::is_empty")]
    pub phase: String,
    /// The primary address.
    #[serde(
        rename = "podIP",
        deserialize_with = "null_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub pod_ip: String,
    /// All addresses, at most one of each family; the first equals `pod_ip`.
    #[serde(rename = "podIPs", with = "ip_list", skip_serializing_if = "Vec::is_empty")]
    pub pod_ips: Vec<String>,
    /// The primary address of the pod's node.
    #[serde(
        rename = "hostIP",
        deserialize_with = "null_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub host_ip: String,
    /// All addresses of the pod's node.
    #[serde(rename = "hostIPs", with = "ip_list", skip_serializing_if = "Vec::is_empty")]
    pub host_ips: Vec<String>,
    /// Of the conditions `Ready`, which says whether Services send to the pod. The manifest reader
    /// keeps no other.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<PodCondition>,
}

/// `v1.PodCondition`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodCondition {
    /// `Ready`, or another that does not matter here.
    #[serde(rename = "type", deserialize_with = "null_default")]
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    #[serde(deserialize_with = "null_default")]
    pub status: String,
}

/// `[{ip: "10.0.0.1"}]` as `["10.0.0.1"]`.
mod ip_list {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Entry {
        #[serde(default, deserialize_with = "super::null_default")]
        ip: String,
    }

    pub(super) fn serialize<S: Serializer>(
        list: &[String],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(list.iter().map(|ip| Entry { ip: ip.clone() }))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<String>, D::Error> {
        let entries: Vec<Entry> = super::null_default(deserializer)?;
        Ok(entries.into_iter().map(|entry| entry.ip).collect())
    }
}
