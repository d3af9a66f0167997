use smallvec::smallvec;

use super::ports;
use crate::field::Path;
use crate::model::{
    IntOrString, Kind, LabelSelector, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort,
};
use crate::net::{IpBlock, PolicyPort, Protocol};
use crate::options::{NetworkPolicySemantics, Options};
use crate::policy::{Action, Namespaces, Peer, Policy, Rule, RulePort, Subject, Tier};
use crate::selector::Selector;
use crate::validate;

/// Brings a NetworkPolicy to normal form: fills in what the API server would default
/// (`SetDefaults_NetworkPolicy`, `SetDefaults_NetworkPolicyPort`) and reads its text.
///
/// What cannot be read isolates and allows nothing.
pub(crate) fn network_policy(name: Box<str>, policy: &NetworkPolicy, options: &Options) -> Policy {
    let spec = &policy.spec;
    let legacy = options.network_policies == NetworkPolicySemantics::Legacy;
    let subject = match Selector::try_from(&spec.pod_selector) {
        Ok(selector) => Subject::Pods(selector),
        // Where being selected isolates, an unknown subject is everybody; where it opens, nobody.
        Err(_) if legacy => Subject::Nobody,
        Err(_) => Subject::EveryPod,
    };
    let readable = matches!(subject, Subject::Pods(_));
    let (isolates_ingress, isolates_egress) = if legacy { (true, false) } else { isolates(policy) };
    let ingress = isolates_ingress.then(|| {
        let rules = spec.ingress.iter().filter(|_| readable);
        rules.map(|rule| lower_rule(&rule.from, &rule.ports, options)).collect()
    });
    let egress = isolates_egress.then(|| {
        let rules = spec.egress.iter().filter(|_| readable);
        rules.map(|rule| lower_rule(&rule.to, &rule.ports, options)).collect()
    });
    Policy {
        tier: Tier::NetworkPolicy,
        kind: Kind::NetworkPolicy,
        namespace: policy.metadata.namespace.as_str().into(),
        name,
        priority: None,
        subject,
        ingress,
        egress,
    }
}

/// Whether the policy isolates for ingress and for egress.
///
/// Without types it always isolates for ingress, and for egress when it has egress rules. A type
/// that is neither, which only a stored object can have, isolates both ways.
fn isolates(policy: &NetworkPolicy) -> (bool, bool) {
    let types = &policy.spec.policy_types;
    if types.is_empty() {
        return (true, !policy.spec.egress.is_empty());
    }
    let unreadable = types.iter().any(|text| !matches!(text.as_str(), "Ingress" | "Egress"));
    let lists = |wanted: &str| unreadable || types.iter().any(|text| text == wanted);
    (lists("Ingress"), lists("Egress"))
}

/// A rule that lets peers pass on ports.
pub(super) fn lower_rule(
    peers: &[NetworkPolicyPeer],
    ports: &[NetworkPolicyPort],
    options: &Options,
) -> Rule {
    Rule {
        name: None,
        action: Action::Accept,
        understood: true,
        peers: peers.iter().map(|peer| lower_peer(peer).unwrap_or(Peer::Nobody)).collect(),
        ports: ports.iter().map(|port| lower_port(port, options).unwrap_or_default()).collect(),
    }
}

/// `None` when any part of the peer cannot be read.
fn lower_peer(peer: &NetworkPolicyPeer) -> Option<Peer> {
    let read = |selector: &Option<LabelSelector>| match selector {
        Some(selector) => Selector::try_from(selector).ok().map(Some),
        None => Some(None),
    };
    match (read(&peer.pod_selector)?, read(&peer.namespace_selector)?, &peer.ip_block) {
        (Some(pods), None, None) => Some(Peer::Pods { namespaces: Namespaces::Own, pods }),
        (pods, Some(namespaces), None) => Some(Peer::Pods {
            namespaces: Namespaces::Matching(namespaces),
            pods: pods.unwrap_or_default(),
        }),
        (None, None, Some(block)) => {
            IpBlock::parse(&block.cidr, &block.except).ok().map(Peer::Block)
        }
        _ => None,
    }
}

/// `None` when any part of the entry cannot be read.
fn lower_port(port: &NetworkPolicyPort, options: &Options) -> Option<RulePort> {
    if !validate::network_policy_port(port, &Path::root()).is_empty() {
        return None;
    }
    let protocol = Protocol::from_api(port.protocol.as_deref().unwrap_or("TCP"))?;
    match &port.port {
        None => Some(smallvec![PolicyPort::all(protocol)]),
        Some(IntOrString::String(name)) => Some(smallvec![PolicyPort::named(protocol, name)]),
        Some(IntOrString::Int(first)) => {
            let last = port.end_port.filter(|_| options.end_port);
            ports::range(protocol, *first, last.unwrap_or(*first))
        }
    }
}
