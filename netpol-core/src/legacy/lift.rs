use crate::model::{
    AlphaNetworkPolicy, AlphaPeer, AlphaPort, ExtensionsNetworkPolicy, LabelSelector, Labels,
    NetworkPolicy, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort,
    NetworkPolicySpec,
};

/// The `networking.k8s.io/v1` object that means what this one means since Kubernetes 1.8: the one
/// with the same fields. A list that is missing and one that is empty say the same there.
#[must_use]
pub fn network_policy(policy: &ExtensionsNetworkPolicy) -> NetworkPolicy {
    let spec = &policy.spec;
    let rules = spec.ingress.iter().map(|rule| NetworkPolicyIngressRule {
        ports: rule.ports.clone().unwrap_or_default(),
        from: rule.from.clone().unwrap_or_default(),
    });
    NetworkPolicy {
        metadata: policy.metadata.clone(),
        spec: NetworkPolicySpec {
            pod_selector: spec.pod_selector.clone(),
            policy_types: spec.policy_types.clone(),
            ingress: rules.collect(),
            egress: spec.egress.clone(),
        },
    }
}

/// The `networking.k8s.io/v1` object that says what this one says: it isolates the pods it selects
/// for ingress, and each rule lets in what it names.
///
/// A peer without `pods` names nobody; it becomes one that validation refuses and that matches
/// nothing.
#[must_use]
pub fn alpha_network_policy(policy: &AlphaNetworkPolicy) -> NetworkPolicy {
    let spec = &policy.spec;
    let incoming = spec.allow_incoming.iter().map(|rule| alpha_rule(&rule.from, &rule.to_ports));
    let inbound = spec.inbound.iter().map(|rule| alpha_rule(&rule.from, &rule.ports));
    NetworkPolicy {
        metadata: policy.metadata.clone(),
        spec: NetworkPolicySpec {
            pod_selector: match_labels(&spec.pod_selector),
            policy_types: vec!["Ingress".into()],
            ingress: incoming.chain(inbound).collect(),
            egress: Vec::new(),
        },
    }
}

fn alpha_rule(from: &[AlphaPeer], ports: &[AlphaPort]) -> NetworkPolicyIngressRule {
    NetworkPolicyIngressRule {
        from: from.iter().map(alpha_peer).collect(),
        ports: ports.iter().map(alpha_port).collect(),
    }
}

/// The peer that stands for one of 2016.
pub(super) fn alpha_peer(peer: &AlphaPeer) -> NetworkPolicyPeer {
    let pod_selector = peer.pods.as_ref().map(match_labels);
    NetworkPolicyPeer { pod_selector, ..NetworkPolicyPeer::default() }
}

/// The port that stands for one of 2016.
pub(super) fn alpha_port(port: &AlphaPort) -> NetworkPolicyPort {
    let AlphaPort { port, protocol } = port.clone();
    NetworkPolicyPort { protocol, port, end_port: None }
}

/// The selector of whatever has all of these labels.
pub(super) fn match_labels(labels: &Labels) -> LabelSelector {
    LabelSelector { match_labels: labels.clone(), match_expressions: Vec::new() }
}
