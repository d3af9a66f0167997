//! NetworkPolicies in the forms before `v1`, and the annotations of that time.

use std::collections::BTreeMap;

use netpol_core::model::{
    AlphaAllowIncoming, AlphaInboundRule, AlphaNetworkPolicy, AlphaNetworkPolicySpec, AlphaPeer,
    AlphaPort, ExtensionsNetworkPolicy, ExtensionsNetworkPolicyIngressRule,
    ExtensionsNetworkPolicySpec, NetworkPolicy, Object,
};

use super::Choices;
use super::cluster::labels;
use super::policies::Policies;

/// Annotations of a namespace, most of which isolate.
pub(super) fn annotations(choices: &mut impl Choices) -> BTreeMap<String, String> {
    let mut annotations = BTreeMap::new();
    let beta = *choices.pick(&[
        Some(r#"{"ingress":{"isolation":"DefaultDeny"}}"#),
        None,
        Some(r#"{"ingress":{"isolation":"DefaultDeny"}}"#),
        Some(r#" { "egress": [], "ingress": { "isolation": "DefaultDeny", "x": 1 } } "#),
        Some(r#"{"ingress":{"isolation":"defaultDeny"}}"#),
        Some(r#"{"ingress":{"isolation":"DefaultDeny"}"#),
        Some(r#"{"ingress":"DefaultDeny"}"#),
        Some(r#""DefaultDeny""#),
        Some(""),
        None,
    ]);
    let alpha = *choices.pick(&[
        None,
        None,
        Some("on"),
        Some("yes"),
        Some("true"),
        Some("off"),
        Some("On"),
    ]);
    for (key, value) in [
        ("net.beta.kubernetes.io/network-policy", beta),
        ("net.alpha.kubernetes.io/network-isolation", alpha),
    ] {
        if let Some(value) = value {
            annotations.insert(key.to_owned(), value.to_owned());
        }
    }
    annotations
}

impl Policies<'_> {
    /// A NetworkPolicy in any form.
    pub(super) fn policy_of_any_form(
        &mut self,
        choices: &mut impl Choices,
        number: usize,
    ) -> Object {
        let Object::NetworkPolicy(policy) = self.policy(choices, number) else {
            unreachable!("that is what it makes")
        };
        match choices.below(3) {
            0 => Object::NetworkPolicy(policy),
            1 => Object::ExtensionsNetworkPolicy(extensions(choices, policy)),
            _ => {
                let spec = self.alpha(choices);
                Object::AlphaNetworkPolicy(AlphaNetworkPolicy { metadata: policy.metadata, spec })
            }
        }
    }

    /// One rule of the announcement and one of the agent at most: enough for both to be first.
    fn alpha(&mut self, choices: &mut impl Choices) -> AlphaNetworkPolicySpec {
        let mut pod_selector = labels(choices);
        // Two labels select hardly anybody.
        if choices.below(4) > 0 {
            pod_selector.pop_last();
        }
        if self.spoils(choices) && choices.once_in(2) {
            pod_selector.insert("app".to_owned(), "_".to_owned());
        }
        let mut spec = AlphaNetworkPolicySpec { pod_selector, ..AlphaNetworkPolicySpec::default() };
        if choices.below(2) == 0 {
            let (from, to_ports) = (self.alpha_peers(choices), self.alpha_ports(choices));
            spec.allow_incoming = Some(AlphaAllowIncoming { from, to_ports });
        }
        if choices.once_in(2) {
            let (from, ports) = (self.alpha_peers(choices), self.alpha_ports(choices));
            spec.inbound.push(AlphaInboundRule { from, ports });
        }
        spec
    }

    fn alpha_peers(&self, choices: &mut impl Choices) -> Vec<AlphaPeer> {
        let mut peers = Vec::new();
        for _ in 0..choices.between(0, 2) {
            let pods = (!self.spoils(choices)).then(|| labels(choices));
            let namespaces = choices.once_in(4).then(|| labels(choices));
            peers.push(AlphaPeer { pods, namespaces });
        }
        peers
    }

    fn alpha_ports(&mut self, choices: &mut impl Choices) -> Vec<AlphaPort> {
        let ports = self.ports(choices).into_iter();
        ports.map(|port| AlphaPort { port: port.port, protocol: port.protocol }).collect()
    }
}

/// The same with lists that may be missing, or there and empty.
fn extensions(choices: &mut impl Choices, policy: NetworkPolicy) -> ExtensionsNetworkPolicy {
    let mut ingress = Vec::new();
    for rule in policy.spec.ingress {
        let no_ports = rule.ports.is_empty() && choices.below(3) < 2;
        let no_peers = rule.from.is_empty() && choices.below(3) < 2;
        let mut ports = rule.ports;
        // A protocol that those times did not know.
        for port in &mut ports {
            if choices.once_in(4) {
                port.protocol = Some("SCTP".to_owned());
            }
        }
        ingress.push(ExtensionsNetworkPolicyIngressRule {
            ports: (!no_ports).then_some(ports),
            from: (!no_peers).then_some(rule.from),
        });
    }
    let spec = ExtensionsNetworkPolicySpec {
        pod_selector: policy.spec.pod_selector,
        policy_types: policy.spec.policy_types,
        ingress,
        egress: policy.spec.egress,
    };
    ExtensionsNetworkPolicy { metadata: policy.metadata, spec }
}
