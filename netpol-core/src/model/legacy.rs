use serde::{Deserialize, Serialize};

use super::{
    IntOrString, LabelSelector, Labels, NetworkPolicyEgressRule, NetworkPolicyPeer,
    NetworkPolicyPort, ObjectMeta, null_default,
};

/// `extensions/v1beta1` NetworkPolicy: the form of Kubernetes 1.3 to 1.15.
///
/// From 1.8 on it says what `networking.k8s.io/v1` says. Before, a list that is there and empty
/// matched nothing, so the lists here can be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExtensionsNetworkPolicy {
    /// Name and namespace; the policy selects pods of this namespace only.
    pub metadata: ObjectMeta,
    /// What it selects and what it lets through.
    #[serde(deserialize_with = "null_default")]
    pub spec: ExtensionsNetworkPolicySpec,
}

/// `extensions/v1beta1` NetworkPolicySpec.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExtensionsNetworkPolicySpec {
    /// The subject.
    #[serde(deserialize_with = "null_default")]
    pub pod_selector: LabelSelector,
    /// `Ingress`, `Egress` or both (since 1.8).
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub policy_types: Vec<String>,
    /// What may come in.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub ingress: Vec<ExtensionsNetworkPolicyIngressRule>,
    /// What may go out (since 1.8).
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub egress: Vec<NetworkPolicyEgressRule>,
}

/// `extensions/v1beta1` NetworkPolicyIngressRule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExtensionsNetworkPolicyIngressRule {
    /// Destination ports; missing means all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ports: Option<Vec<NetworkPolicyPort>>,
    /// Sources; missing means all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Vec<NetworkPolicyPeer>>,
}

/// `net.alpha.kubernetes.io/v1alpha1` NetworkPolicy: the third-party resource of 2016.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AlphaNetworkPolicy {
    /// Name and namespace; the policy selects pods of this namespace only.
    pub metadata: ObjectMeta,
    /// What it selects and what it lets through.
    #[serde(deserialize_with = "null_default")]
    pub spec: AlphaNetworkPolicySpec,
}

/// The spec of the third-party resource, in both shapes that agents understood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AlphaNetworkPolicySpec {
    /// The subject: a plain map of labels, all of which a pod must have.
    #[serde(deserialize_with = "null_default")]
    pub pod_selector: Labels,
    /// What may come in, in the shape of the announcement: one rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_incoming: Option<AlphaAllowIncoming>,
    /// What may come in, in the shape of Calico's agent: several rules.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub inbound: Vec<AlphaInboundRule>,
}

/// `allowIncoming` of the third-party resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AlphaAllowIncoming {
    /// Sources; missing or empty means all.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<AlphaPeer>,
    /// Destination ports; missing or empty means all.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub to_ports: Vec<AlphaPort>,
}

/// One rule of `inbound` of the third-party resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AlphaInboundRule {
    /// Sources; missing or empty means all.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<AlphaPeer>,
    /// Destination ports; missing or empty means all.
    #[serde(deserialize_with = "null_default", skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<AlphaPort>,
}

/// A source of the third-party resource: pods of the policy's own namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AlphaPeer {
    /// All of these labels; a peer without them names nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pods: Option<Labels>,
    /// Never worked, and is ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespaces: Option<Labels>,
}

/// A port of the third-party resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AlphaPort {
    /// A number or the name of a container port; missing means all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<IntOrString>,
    /// The protocol; missing means `TCP`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
}
