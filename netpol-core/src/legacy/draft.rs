//! A NetworkPolicy of any form on its way to `networking.k8s.io/v1`: its rules with the places
//! where they stand, and lists that can be missing.

use crate::field::Path;
use crate::model::{
    AlphaNetworkPolicy, AlphaPeer, AlphaPort, ExtensionsNetworkPolicy, LabelSelector,
    NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer,
    NetworkPolicyPort, Object, ObjectMeta,
};

use super::lift::{alpha_peer, alpha_port, match_labels};

/// Which semantics a policy is read by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// Those of Kubernetes 1.3 to 1.6.
    Legacy,
    /// Those of `networking.k8s.io/v1`.
    V1,
}

/// A policy.
pub(super) struct Draft<'o> {
    pub(super) metadata: &'o ObjectMeta,
    pub(super) subject: LabelSelector,
    pub(super) policy_types: Vec<String>,
    pub(super) ingress: Vec<Rule>,
    pub(super) egress: Vec<Rule>,
    /// The lists that mean everything today and meant nothing then.
    pub(super) widened: Vec<Path>,
    /// It is of `extensions/v1beta1`, with peers and ports as that had them first.
    pub(super) is_extensions: bool,
}

/// One of its rules.
pub(super) struct Rule {
    pub(super) path: Path,
    /// `None` for everybody; nobody in the list for nobody.
    pub(super) peers: Option<Vec<(Path, NetworkPolicyPeer)>>,
    /// `None` for every port; none in the list for none.
    pub(super) ports: Option<Vec<(Path, NetworkPolicyPort)>>,
}

impl<'o> Draft<'o> {
    /// The policy that `object` is; `None` for all other kinds.
    pub(super) fn of(object: &'o Object, reading: Reading) -> Option<Draft<'o>> {
        match object {
            Object::NetworkPolicy(policy) => Some(Draft::of_v1(policy)),
            Object::ExtensionsNetworkPolicy(policy) => Some(Draft::of_extensions(policy, reading)),
            Object::AlphaNetworkPolicy(policy) => Some(Draft::of_alpha(policy)),
            _ => None,
        }
    }

    fn of_v1(policy: &'o NetworkPolicy) -> Draft<'o> {
        let spec = &policy.spec;
        let path = Path::new("spec").child("ingress");
        let ingress = spec.ingress.iter().enumerate().map(|(index, rule)| {
            let NetworkPolicyIngressRule { ports, from } = rule;
            Rule::new(path.index(index), ("from", filled(from)), ("ports", filled(ports)))
        });
        Draft {
            metadata: &policy.metadata,
            subject: spec.pod_selector.clone(),
            policy_types: spec.policy_types.clone(),
            ingress: ingress.collect(),
            egress: egress(&spec.egress),
            widened: Vec::new(),
            is_extensions: false,
        }
    }

    fn of_extensions(policy: &'o ExtensionsNetworkPolicy, reading: Reading) -> Draft<'o> {
        let spec = &policy.spec;
        let path = Path::new("spec").child("ingress");
        let mut widened = Vec::new();
        let mut ingress = Vec::new();
        for (index, rule) in spec.ingress.iter().enumerate() {
            let path = path.index(index);
            let (mut from, mut ports) = (rule.from.clone(), rule.ports.clone());
            if reading == Reading::V1 {
                widened.extend(from.take_if(|list| list.is_empty()).map(|_| path.child("from")));
                widened.extend(ports.take_if(|list| list.is_empty()).map(|_| path.child("ports")));
            }
            ingress.push(Rule::new(path, ("from", from), ("ports", ports)));
        }
        Draft {
            metadata: &policy.metadata,
            subject: spec.pod_selector.clone(),
            policy_types: spec.policy_types.clone(),
            ingress,
            egress: egress(&spec.egress),
            widened,
            is_extensions: true,
        }
    }

    fn of_alpha(policy: &'o AlphaNetworkPolicy) -> Draft<'o> {
        let spec = &policy.spec;
        let rule = |path, from: &[AlphaPeer], (name, ports): (&str, &[AlphaPort])| {
            let from: Vec<_> = from.iter().map(alpha_peer).collect();
            let ports: Vec<_> = ports.iter().map(alpha_port).collect();
            Rule::new(path, ("from", filled(&from)), (name, filled(&ports)))
        };
        let path = Path::new("spec");
        let incoming = spec.allow_incoming.iter().map(|incoming| {
            rule(path.child("allowIncoming"), &incoming.from, ("toPorts", &incoming.to_ports))
        });
        let inbound = spec.inbound.iter().enumerate().map(|(index, inbound)| {
            let path = path.child("inbound").index(index);
            rule(path, &inbound.from, ("ports", &inbound.ports))
        });
        Draft {
            metadata: &policy.metadata,
            subject: match_labels(&spec.pod_selector),
            policy_types: vec!["Ingress".into()],
            ingress: incoming.chain(inbound).collect(),
            egress: Vec::new(),
            widened: Vec::new(),
            is_extensions: false,
        }
    }
}

impl Rule {
    fn new(
        path: Path,
        (peers_name, peers): (&str, Option<Vec<NetworkPolicyPeer>>),
        (ports_name, ports): (&str, Option<Vec<NetworkPolicyPort>>),
    ) -> Rule {
        let peers = peers.map(|peers| placed(peers, &path.child(peers_name)));
        let ports = ports.map(|ports| placed(ports, &path.child(ports_name)));
        Rule { path, peers, ports }
    }
}

fn egress(rules: &[NetworkPolicyEgressRule]) -> Vec<Rule> {
    let path = Path::new("spec").child("egress");
    let rules = rules.iter().enumerate().map(|(index, rule)| {
        let NetworkPolicyEgressRule { ports, to } = rule;
        Rule::new(path.index(index), ("to", filled(to)), ("ports", filled(ports)))
    });
    rules.collect()
}

/// A list that says nothing when it is empty.
fn filled<T: Clone>(list: &[T]) -> Option<Vec<T>> {
    (!list.is_empty()).then(|| list.to_vec())
}

fn placed<T>(list: Vec<T>, path: &Path) -> Vec<(Path, T)> {
    list.into_iter().enumerate().map(|(index, item)| (path.index(index), item)).collect()
}
