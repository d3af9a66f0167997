//! The older forms of NetworkPolicy, and what policies meant when those were all there was.
//!
//! Each older form is told in the words of `networking.k8s.io/v1`. Where those have none for what
//! it says, a peer that names nobody or a port that is none stands in its place, so that every
//! peer and port keeps its position.
//!
//! Sources: `k8s.io/api/extensions/v1beta1/types.go`; `network/network-policy.md` of the
//! Kubernetes design proposals; the announcement of network policy in the Kubernetes blog of
//! April 2016; the policy agent of calico-kubernetes of that time.

use std::borrow::Cow;

use netpol_core::model::{
    AlphaNetworkPolicy, AlphaPeer, AlphaPort, ExtensionsNetworkPolicy, LabelSelector, Labels,
    NetworkPolicy, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort,
    NetworkPolicySpec,
};
use netpol_core::options::NetworkPolicySemantics;

use super::World;

impl World {
    /// All NetworkPolicies of all forms, as `v1` says what they say.
    pub(super) fn network_policies(&self) -> impl Iterator<Item = Cow<'_, NetworkPolicy>> {
        let v1 = self.policies.iter().map(Cow::Borrowed);
        let extensions = self.extensions_policies.iter().map(|policy| {
            Cow::Owned(if self.is_legacy() { as_first_read(policy) } else { as_last_read(policy) })
        });
        let alpha = self.alpha_policies.iter().map(|policy| Cow::Owned(from_alpha(policy)));
        v1.chain(extensions).chain(alpha)
    }

    /// Whether policies mean what they meant before `v1`.
    pub(super) fn is_legacy(&self) -> bool {
        self.options.network_policies == NetworkPolicySemantics::Legacy
    }

    /// Whether an annotation of the namespace isolates its pods, which was the only way to.
    pub(super) fn is_isolated_by_annotation(&self, namespace: &str) -> bool {
        let loaded = self.namespaces.iter().find(|loaded| loaded.metadata.name == namespace);
        let annotation = |key| loaded.and_then(|loaded| loaded.metadata.annotations.get(key));
        let beta = annotation("net.beta.kubernetes.io/network-policy").is_some_and(|text| {
            serde_json::from_str::<serde_json::Value>(text)
                .is_ok_and(|value| value["ingress"]["isolation"] == "DefaultDeny")
        });
        let alpha = annotation("net.alpha.kubernetes.io/network-isolation")
            .is_some_and(|text| matches!(text.as_str(), "on" | "yes" | "true"));
        beta || alpha
    }
}

/// From Kubernetes 1.8 on: word for word what `v1` says, where an empty list is a missing one.
fn as_last_read(policy: &ExtensionsNetworkPolicy) -> NetworkPolicy {
    let spec = &policy.spec;
    let ingress = spec.ingress.iter().map(|rule| NetworkPolicyIngressRule {
        ports: rule.ports.clone().unwrap_or_default(),
        from: rule.from.clone().unwrap_or_default(),
    });
    NetworkPolicy {
        metadata: policy.metadata.clone(),
        spec: NetworkPolicySpec {
            pod_selector: spec.pod_selector.clone(),
            policy_types: spec.policy_types.clone(),
            ingress: ingress.collect(),
            egress: spec.egress.clone(),
        },
    }
}

/// Up to Kubernetes 1.6: a list that is there and empty matches nothing, and what came later means
/// nothing. There was no egress.
fn as_first_read(policy: &ExtensionsNetworkPolicy) -> NetworkPolicy {
    let ingress = policy.spec.ingress.iter().map(|rule| NetworkPolicyIngressRule {
        ports: match &rule.ports {
            None => Vec::new(),
            Some(ports) if ports.is_empty() => vec![no_port()],
            Some(ports) => ports.iter().map(first_port).collect(),
        },
        from: match &rule.from {
            None => Vec::new(),
            Some(peers) if peers.is_empty() => vec![nobody()],
            Some(peers) => peers.iter().map(first_peer).collect(),
        },
    });
    let mut v1 = as_last_read(policy);
    v1.spec.ingress = ingress.collect();
    v1
}

/// There were no ranges and no SCTP.
fn first_port(port: &NetworkPolicyPort) -> NetworkPolicyPort {
    match port.protocol.as_deref() {
        Some("SCTP") => no_port(),
        _ => NetworkPolicyPort { end_port: None, ..port.clone() },
    }
}

/// There were no blocks, and one of the selectors stood alone.
fn first_peer(peer: &NetworkPolicyPeer) -> NetworkPolicyPeer {
    match (&peer.pod_selector, &peer.namespace_selector, &peer.ip_block) {
        (Some(_), None, None) | (None, Some(_), None) => peer.clone(),
        _ => nobody(),
    }
}

/// The form of 2016 isolates for ingress and knows pods of its own namespace only.
fn from_alpha(policy: &AlphaNetworkPolicy) -> NetworkPolicy {
    let rule = |from: &[AlphaPeer], ports: &[AlphaPort]| NetworkPolicyIngressRule {
        ports: ports.iter().map(alpha_port).collect(),
        from: from.iter().map(alpha_peer).collect(),
    };
    let announced = policy.spec.allow_incoming.iter().map(|all| rule(&all.from, &all.to_ports));
    let agent = policy.spec.inbound.iter().map(|inbound| rule(&inbound.from, &inbound.ports));
    NetworkPolicy {
        metadata: policy.metadata.clone(),
        spec: NetworkPolicySpec {
            pod_selector: selector(&policy.spec.pod_selector),
            policy_types: vec!["Ingress".to_owned()],
            ingress: announced.chain(agent).collect(),
            egress: Vec::new(),
        },
    }
}

/// `namespaces` never worked.
fn alpha_peer(peer: &AlphaPeer) -> NetworkPolicyPeer {
    NetworkPolicyPeer { pod_selector: peer.pods.as_ref().map(selector), ..nobody() }
}

fn alpha_port(port: &AlphaPort) -> NetworkPolicyPort {
    let AlphaPort { port, protocol } = port;
    NetworkPolicyPort { protocol: protocol.clone(), port: port.clone(), end_port: None }
}

/// A plain map of labels, all of which a pod must have.
pub(super) fn selector(labels: &Labels) -> LabelSelector {
    LabelSelector { match_labels: labels.clone(), match_expressions: Vec::new() }
}

/// A peer with nothing set names nobody.
fn nobody() -> NetworkPolicyPeer {
    NetworkPolicyPeer::default()
}

/// The port of a protocol that does not exist.
fn no_port() -> NetworkPolicyPort {
    NetworkPolicyPort { protocol: Some(String::new()), ..NetworkPolicyPort::default() }
}
