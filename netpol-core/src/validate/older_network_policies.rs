//! The forms of NetworkPolicy before `networking.k8s.io/v1`.

use super::label_selector::labels;
use super::network_policy::{peers, policy_types, ports};
use super::{ValidateOptions, label_selector, object_meta};
use crate::field::{ErrorList, Path};
use crate::model::{
    AlphaNetworkPolicy, AlphaPeer, AlphaPort, ExtensionsNetworkPolicy, Kind, NetworkPolicyPort,
};

/// Every fault of a new NetworkPolicy of `extensions/v1beta1`: those of the
/// [one](super::network_policy()) of `networking.k8s.io/v1` with the same fields, in the same
/// order.
///
/// Source: `ValidateNetworkPolicy` of kubernetes/pkg/apis/extensions/validation, which since 1.8
/// was the same as that of networking.
#[must_use]
pub fn extensions_network_policy(
    policy: &ExtensionsNetworkPolicy,
    options: &ValidateOptions,
) -> ErrorList {
    let (spec, path) = (&policy.spec, Path::new("spec"));
    let mut errors = object_meta(&policy.metadata, Kind::NetworkPolicy, &Path::new("metadata"));
    errors.append(label_selector(&spec.pod_selector, options, &path.child("podSelector")));
    for (index, rule) in spec.ingress.iter().enumerate() {
        let path = path.child("ingress").index(index);
        errors.append(ports(rule.ports.as_deref().unwrap_or_default(), &path.child("ports")));
        let from = rule.from.as_deref().unwrap_or_default();
        errors.append(peers(from, options, &path.child("from")));
    }
    for (index, rule) in spec.egress.iter().enumerate() {
        let path = path.child("egress").index(index);
        errors.append(ports(&rule.ports, &path.child("ports")));
        errors.append(peers(&rule.to, options, &path.child("to")));
    }
    errors.append(policy_types(&spec.policy_types, &path.child("policyTypes")));
    errors
}

/// Every fault of a NetworkPolicy of 2016: of its metadata, its labels and its ports, as
/// `networking.k8s.io/v1` would have them. No server ever judged one.
#[must_use]
pub fn alpha_network_policy(policy: &AlphaNetworkPolicy) -> ErrorList {
    let (spec, path) = (&policy.spec, Path::new("spec"));
    let mut errors = object_meta(&policy.metadata, Kind::NetworkPolicy, &Path::new("metadata"));
    errors.append(labels(&spec.pod_selector, || path.child("podSelector")));
    if let Some(rule) = &spec.allow_incoming {
        let path = path.child("allowIncoming");
        errors.append(alpha_ports(&rule.to_ports, &path.child("toPorts")));
        errors.append(alpha_peers(&rule.from, &path.child("from")));
    }
    for (index, rule) in spec.inbound.iter().enumerate() {
        let path = path.child("inbound").index(index);
        errors.append(alpha_ports(&rule.ports, &path.child("ports")));
        errors.append(alpha_peers(&rule.from, &path.child("from")));
    }
    errors
}

fn alpha_ports(list: &[AlphaPort], path: &Path) -> ErrorList {
    let same = list.iter().map(|AlphaPort { port, protocol }| NetworkPolicyPort {
        protocol: protocol.clone(),
        port: port.clone(),
        end_port: None,
    });
    ports(&same.collect::<Vec<_>>(), path)
}

fn alpha_peers(list: &[AlphaPeer], path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    for (index, peer) in list.iter().enumerate() {
        if let Some(pods) = &peer.pods {
            errors.append(labels(pods, || path.index(index).child("pods")));
        }
    }
    errors
}
