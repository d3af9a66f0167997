use serde::{Deserialize, Serialize};

use super::{ObjectMeta, null_default};

/// `discovery.k8s.io/v1.EndpointSlice`: some of the endpoints of the Service that the label
/// [`SERVICE_NAME`](EndpointSlice::SERVICE_NAME) names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EndpointSlice {
    /// Name, namespace, and the label that names the Service.
    pub metadata: ObjectMeta,
    /// `IPv4`, `IPv6`, or `FQDN`, which nobody defines.
    #[serde(deserialize_with = "null_default")]
    pub address_type: String,
    /// Where traffic goes.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<Endpoint>,
    /// The ports that all of its endpoints have.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<EndpointPort>,
}

impl EndpointSlice {
    /// The label that names the Service.
    pub const SERVICE_NAME: &'static str = "kubernetes.io/service-name";
}

/// `discovery.k8s.io/v1.Endpoint`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Endpoint {
    /// Its address is the first; those after it mean nothing.
    #[serde(deserialize_with = "null_default")]
    pub addresses: Vec<String>,
    /// Whether traffic is sent to it.
    #[serde(deserialize_with = "null_default")]
    pub conditions: EndpointConditions,
    /// The object behind it, a Pod nearly always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_ref: Option<ObjectReference>,
}

/// `discovery.k8s.io/v1.EndpointConditions`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EndpointConditions {
    /// It takes traffic; so it does when nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready: Option<bool>,
    /// It could take traffic, going away or not; so it does when nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serving: Option<bool>,
    /// It is going away; not so when nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terminating: Option<bool>,
}

/// `discovery.k8s.io/v1.EndpointPort`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EndpointPort {
    /// The name of the Service's port that it is for; empty when absent, as that port's may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `TCP` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// The number on the endpoints.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<i32>,
}

/// `v1.ObjectReference`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ObjectReference {
    /// The object's kind.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// Its namespace.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Its name.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "String::is_empty")]
    pub name: String,
}
