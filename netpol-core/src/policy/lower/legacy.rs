use super::network_policy::{lower_rule, network_policy};
use crate::legacy;
use crate::model::{
    AlphaNetworkPolicy, ExtensionsNetworkPolicy, ExtensionsNetworkPolicyIngressRule, IntOrString,
    Kind, NetworkPolicyPeer, NetworkPolicyPort,
};
use crate::options::{NetworkPolicySemantics, Options};
use crate::policy::{Action, Peer, Policy, Rule, Subject, Tier};

/// Brings an `extensions/v1beta1` NetworkPolicy to normal form.
///
/// It means what the `networking.k8s.io/v1` policy with its fields means, except for its rules in a
/// cluster with [`NetworkPolicySemantics::Legacy`].
///
/// Source: k8s.io/api/extensions/v1beta1/types.go of Kubernetes 1.6.
pub(crate) fn extensions_network_policy(
    name: Box<str>,
    policy: &ExtensionsNetworkPolicy,
    options: &Options,
) -> Policy {
    let mut lowered = network_policy(name, &legacy::network_policy(policy), options);
    if options.network_policies == NetworkPolicySemantics::Legacy {
        let rules = policy.spec.ingress.iter().map(|rule| legacy_rule(rule, options));
        lowered.ingress = Some(rules.collect());
    }
    lowered
}

/// Brings the third-party resource of 2016 to normal form: it means the `networking.k8s.io/v1`
/// policy that it converts to.
pub(crate) fn alpha_network_policy(
    name: Box<str>,
    policy: &AlphaNetworkPolicy,
    options: &Options,
) -> Policy {
    network_policy(name, &legacy::alpha_network_policy(policy), options)
}

/// What the annotation of a namespace means in a cluster with
/// [`NetworkPolicySemantics::Legacy`]: every pod of it is isolated for ingress.
pub(crate) fn isolated_namespace(name: Box<str>) -> Policy {
    Policy {
        tier: Tier::NetworkPolicy,
        kind: Kind::Namespace,
        namespace: name.clone(),
        name,
        priority: None,
        subject: Subject::EveryPod,
        ingress: Some(Vec::new()),
        egress: None,
    }
}

/// A rule as Kubernetes 1.3 to 1.6 read it: a list that is there and empty matches nothing.
fn legacy_rule(rule: &ExtensionsNetworkPolicyIngressRule, options: &Options) -> Rule {
    let is_empty = rule.from.as_ref().is_some_and(Vec::is_empty)
        || rule.ports.as_ref().is_some_and(Vec::is_empty);
    if is_empty {
        let (name, action, understood) = (None, Action::Accept, true);
        return Rule { name, action, understood, peers: vec![Peer::Nobody], ports: Vec::new() };
    }
    let peers = rule.from.iter().flatten().map(legacy_peer).collect::<Vec<_>>();
    let ports = rule.ports.iter().flatten().map(legacy_port).collect::<Vec<_>>();
    lower_rule(&peers, &ports, options)
}

/// A peer without what did not exist yet: blocks, and both selectors at once.
fn legacy_peer(peer: &NetworkPolicyPeer) -> NetworkPolicyPeer {
    let both = peer.pod_selector.is_some() && peer.namespace_selector.is_some();
    if both || peer.ip_block.is_some() { NetworkPolicyPeer::default() } else { peer.clone() }
}

/// A port without what did not exist yet: ranges, and SCTP.
fn legacy_port(port: &NetworkPolicyPort) -> NetworkPolicyPort {
    let mut port = NetworkPolicyPort { end_port: None, ..port.clone() };
    if port.protocol.as_deref() == Some("SCTP") {
        // No number: the entry cannot be read.
        port.port = Some(IntOrString::Int(0));
    }
    port
}
