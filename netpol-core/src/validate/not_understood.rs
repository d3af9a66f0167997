use super::cluster_policy::{Api, ClusterPolicy, Peers, Ports, Rule};
use crate::diagnostic::Problem;
use crate::field::Path;
use crate::model::{
    AdminNetworkPolicyPort, ClusterNetworkPolicyEgressPeer, ClusterNetworkPolicyIngressPeer,
    ClusterNetworkPolicyPort, ClusterNetworkPolicyProtocol, ClusterNetworkPolicySubject,
    LabelSelector, NamespacedPod, Object,
};
use crate::net::{Cidr, DomainPattern, Protocol};
use crate::selector::Selector;

/// What is not understood in a cluster-wide policy that is lived with nevertheless, and what
/// becomes of it. Every problem is a [`Problem::Note`].
///
/// A rule counts as a whole or not at all: one of which any part is not understood lets nothing
/// through when it would let something through, and denies everything in its direction when it
/// would not, or when nobody can tell. The API asks for that, because a newer one may know more.
/// Without a subject or tier that is understood a policy has no effect.
///
/// The codes are `subject-not-understood`, `tier-not-understood` and `rule-not-understood`. An
/// object that is refused needs none of this; everything that is told here of one that
/// [`object`](super::object) finds no fault with comes from selectors, port names and protocols,
/// which the schemas of these kinds leave alone.
///
/// Source: the comment on `ClusterNetworkPolicyIngressPeer` of
/// sigs.k8s.io/network-policy-api/apis/v1alpha2.
#[must_use]
pub fn not_understood(object: &Object) -> Vec<Problem> {
    let Some(policy) = ClusterPolicy::of(object) else { return Vec::new() };
    let spec = Path::new("spec");
    let mut problems = Vec::new();
    let without_effect = |what: &str| {
        format!("the {what} is not understood, so the policy is kept without any effect")
    };
    if policy.tier.is_some_and(|tier| !matches!(tier, "Admin" | "Baseline")) {
        problems.push(note("tier-not-understood", spec.child("tier"), without_effect("tier")));
    }
    if !policy.subject.is_some_and(|subject| is_subject(subject, policy.api)) {
        let path = spec.child("subject");
        problems.push(note("subject-not-understood", path, without_effect("subject")));
    }
    if !problems.is_empty() {
        return problems;
    }
    for (direction, rules) in policy.directions() {
        for (index, rule) in rules.iter().enumerate() {
            if !is_rule(rule, policy.api) {
                let path = spec.child(direction).index(index);
                let outcome = match policy.api.actions.iter().position(|word| *word == rule.action)
                {
                    Some(0) => "lets nothing through".to_owned(),
                    _ => format!("denies all {direction} traffic, whatever its peers and ports"),
                };
                let message = format!("the rule is not understood as a whole, so it {outcome}");
                problems.push(note("rule-not-understood", path, message));
            }
        }
    }
    problems
}

fn note(code: &'static str, path: Path, message: String) -> Problem {
    Problem::Note { code, path, message }
}

fn is_subject(subject: &ClusterNetworkPolicySubject, api: &Api) -> bool {
    match (&subject.namespaces, &subject.pods) {
        (Some(namespaces), None) => is_selector(namespaces),
        (None, Some(pods)) => is_pods(pods, api),
        _ => false,
    }
}

fn is_rule(rule: &Rule<'_>, api: &Api) -> bool {
    let peers = match rule.peers {
        Peers::From(peers) => !peers.is_empty() && peers.iter().all(|peer| is_source(peer, api)),
        Peers::To(peers) => !peers.is_empty() && peers.iter().all(|peer| is_destination(peer, api)),
    };
    let ports = match rule.ports {
        Ports::Protocols(list) => {
            list.is_none_or(|list| !list.is_empty() && list.iter().all(is_protocol))
        }
        Ports::Ports(list) => list.is_none_or(|list| !list.is_empty() && list.iter().all(is_port)),
    };
    api.actions.contains(&rule.action) && peers && ports
}

fn is_source(peer: &ClusterNetworkPolicyIngressPeer, api: &Api) -> bool {
    match (&peer.namespaces, &peer.pods) {
        (Some(namespaces), None) => is_selector(namespaces),
        (None, Some(pods)) => is_pods(pods, api),
        _ => false,
    }
}

fn is_destination(peer: &ClusterNetworkPolicyEgressPeer, api: &Api) -> bool {
    let ClusterNetworkPolicyEgressPeer { namespaces, pods, nodes, networks, domain_names } = peer;
    match (namespaces, pods, nodes, networks, domain_names) {
        (Some(selector), None, None, None, None) | (None, None, Some(selector), None, None) => {
            is_selector(selector)
        }
        (None, Some(pods), None, None, None) => is_pods(pods, api),
        (None, None, None, Some(networks), None) => {
            !networks.is_empty() && networks.iter().all(|text| Cidr::parse_network(text).is_ok())
        }
        (None, None, None, None, Some(names)) => {
            let known = names.iter().all(|name| name.parse::<DomainPattern>().is_ok());
            api.domain_names && !names.is_empty() && known
        }
        _ => false,
    }
}

fn is_pods(pods: &NamespacedPod, api: &Api) -> bool {
    let NamespacedPod { namespace_selector, pod_selector } = pods;
    let namespaces = match namespace_selector {
        Some(selector) => is_selector(selector),
        None => !api.namespace_selector_required,
    };
    namespaces && pod_selector.as_ref().is_some_and(is_selector)
}

fn is_selector(selector: &LabelSelector) -> bool {
    Selector::try_from(selector).is_ok()
}

fn is_protocol(entry: &ClusterNetworkPolicyProtocol) -> bool {
    let ClusterNetworkPolicyProtocol { tcp, udp, sctp, destination_named_port } = entry;
    match (tcp, udp, sctp, destination_named_port) {
        (Some(ports), None, None, None)
        | (None, Some(ports), None, None)
        | (None, None, Some(ports), None) => {
            ports.destination_port.as_ref().is_some_and(is_destination_port)
        }
        (None, None, None, Some(name)) => !name.is_empty(),
        _ => false,
    }
}

fn is_destination_port(port: &ClusterNetworkPolicyPort) -> bool {
    match (port.number, &port.range) {
        (Some(number), None) => is_number(number),
        (None, Some(range)) => is_range(range.start, range.end),
        _ => false,
    }
}

fn is_port(entry: &AdminNetworkPolicyPort) -> bool {
    let AdminNetworkPolicyPort { port_number, named_port, port_range } = entry;
    match (port_number, named_port, port_range) {
        (Some(number), None, None) => {
            is_protocol_name(number.protocol.as_deref()) && number.port.is_some_and(is_number)
        }
        (None, Some(name), None) => !name.is_empty(),
        (None, None, Some(range)) => {
            is_protocol_name(range.protocol.as_deref()) && is_range(range.start, range.end)
        }
        _ => false,
    }
}

fn is_protocol_name(name: Option<&str>) -> bool {
    Protocol::from_api(name.unwrap_or("TCP")).is_some()
}

fn is_number(number: i32) -> bool {
    (1..=65535).contains(&number)
}

fn is_range(start: Option<i32>, end: Option<i32>) -> bool {
    match (start, end) {
        (Some(start), Some(end)) => is_number(start) && is_number(end) && start <= end,
        _ => false,
    }
}
