use super::cidrs::CidrWarnings;
use super::note;
use crate::diagnostic::Problem;
use crate::field::{Path, origin};
use crate::model::AdminNetworkPolicyPort;
use crate::net::Protocol;
use crate::validate::cluster_policy::{ClusterPolicy, Peers, Ports, Rule};
use crate::validate::{ValidateOptions, label_selector};

/// What is odd about a cluster-wide policy.
pub(super) fn cluster_policy(
    policy: &ClusterPolicy<'_>,
    mut cidrs: CidrWarnings<'_>,
) -> Vec<Problem> {
    let spec = Path::new("spec");
    let mut problems = selectors(policy);
    for (direction, rules) in policy.directions() {
        for (index, rule) in rules.iter().enumerate() {
            let path = spec.child(direction).index(index);
            networks(rule, &path, &mut cidrs);
            problems.extend(domain_names(rule, policy, &path));
            problems.extend(ports(rule, &path.child(rule.ports.field())));
        }
    }
    if policy.ingress.is_empty() && policy.egress.is_empty() && policy.subject.is_some() {
        problems.push(note("no-rules", &spec, "there are no rules, so the policy has no effect"));
    }
    problems.append(&mut cidrs.problems);
    problems
}

/// The schemas let any text pass as key, operator or value.
fn selectors(policy: &ClusterPolicy<'_>) -> Vec<Problem> {
    let options = ValidateOptions::default();
    let mut problems = Vec::new();
    for (path, selector) in policy.selectors() {
        for fault in &label_selector(selector, &options, &path) {
            // These are missing, which the schemas do not let pass.
            let missing = matches!(fault.origin(), origin::SELECTOR_OPERATOR | origin::LABEL_KEY)
                && fault.value() == Some("");
            if !missing {
                let value = fault.value().map(|value| format!("{value:?}: ")).unwrap_or_default();
                let message = format!(
                    "{value}{}; the API server takes such a selector here, but nobody can tell \
                     what it selects",
                    fault.detail()
                );
                problems.push(note("selector-unusable", fault.path(), message));
            }
        }
    }
    problems
}

fn networks(rule: &Rule<'_>, path: &Path, cidrs: &mut CidrWarnings<'_>) {
    let Peers::To(peers) = rule.peers else { return };
    for (index, peer) in peers.iter().enumerate() {
        let path = path.child("to").index(index).child("networks");
        for (index, text) in peer.networks.iter().flatten().enumerate() {
            cidrs.network(text, &path.index(index));
        }
    }
}

/// Source: the comment on `DomainNames` of sigs.k8s.io/network-policy-api/apis/v1alpha2.
fn domain_names(rule: &Rule<'_>, policy: &ClusterPolicy<'_>, path: &Path) -> Vec<Problem> {
    let [accept, ..] = policy.api.actions else { return Vec::new() };
    let Peers::To(peers) = rule.peers else { return Vec::new() };
    if !policy.api.domain_names || rule.action == *accept {
        return Vec::new();
    }
    let named = peers.iter().enumerate().filter(|(_, peer)| peer.domain_names.is_some());
    named
        .map(|(index, _)| {
            let path = path.child("to").index(index).child("domainNames");
            let message = format!(
                "the API defines domain names for {accept} rules only; here they stand for the \
                 addresses that they are known to resolve to, and for no others"
            );
            note("domain-names-not-accepted", &path, message)
        })
        .collect()
}

/// The schemas let any text pass as the name of a port, and in `v1alpha1` as a protocol.
fn ports(rule: &Rule<'_>, path: &Path) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut odd = |path: &Path, message: &str| {
        let message = format!("{message}; the API server takes it here, but it matches no port");
        problems.push(note("port-unusable", path, message));
    };
    match rule.ports {
        Ports::Protocols(list) => {
            for (index, entry) in list.unwrap_or_default().iter().enumerate() {
                if entry.destination_named_port.as_deref() == Some("") {
                    odd(&path.index(index).child("destinationNamedPort"), "the name is empty");
                }
            }
        }
        Ports::Ports(list) => {
            for (index, entry) in list.unwrap_or_default().iter().enumerate() {
                admin_port(entry, &path.index(index), &mut odd);
            }
        }
    }
    problems
}

fn admin_port(entry: &AdminNetworkPolicyPort, path: &Path, odd: &mut impl FnMut(&Path, &str)) {
    let mut protocol = |name: &Option<String>, path: &Path| {
        if let Some(name) = name
            && Protocol::from_api(name).is_none()
        {
            odd(&path.child("protocol"), "the protocol is none of TCP, UDP and SCTP");
        }
    };
    if let Some(number) = &entry.port_number {
        protocol(&number.protocol, &path.child("portNumber"));
    }
    if let Some(range) = &entry.port_range {
        protocol(&range.protocol, &path.child("portRange"));
        if let (Some(start), Some(end)) = (range.start, range.end)
            && start > end
        {
            odd(&path.child("portRange"), "the range ends before it begins");
        }
    }
    if entry.named_port.as_deref() == Some("") {
        odd(&path.child("namedPort"), "the name is empty");
    }
}

#[cfg(test)]
mod tests;
