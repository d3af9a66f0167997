//! What the schemas of the cluster-wide policies say of a spec: subject, rules and peers.

use super::cluster_policy::{Api, ClusterPolicy, Peers, Ports, Rule};
use super::cluster_ports::{ports, protocols};
use super::schema::{
    max_items, max_length, min_items, one_of, required_number, required_word, set,
};
use crate::field::{Error, ErrorKind, ErrorList, Path, origin};
use crate::model::{
    ClusterNetworkPolicyEgressPeer, ClusterNetworkPolicyIngressPeer, ClusterNetworkPolicySubject,
    LabelSelector, NamespacedPod,
};
use crate::net::{Cidr, DomainPattern};

/// How many characters the name of a rule may have.
const NAME_LIMIT: usize = 100;
/// How many networks or domain names a peer may have.
const ADDRESSES_LIMIT: usize = 25;
/// How many characters a network may have.
const NETWORK_LIMIT: usize = 43;

/// Every fault of a spec at `path`: tier, priority, subject, ingress, egress.
pub(super) fn cluster_policy_spec(policy: &ClusterPolicy<'_>, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    if let Some(tier) = policy.tier {
        let path = path.child("tier");
        let supported = ["Admin", "Baseline"];
        let fault = required_word(tier, &supported, &path, origin::TIER_REQUIRED, origin::TIER);
        errors.extend(fault);
    }
    if let Some(priority) = policy.priority {
        let path = path.child("priority");
        let missing = origin::PRIORITY_REQUIRED;
        errors.extend(required_number(priority, &(0..=1000), &path, missing, origin::PRIORITY));
    }
    let subject_path = path.child("subject");
    match policy.subject {
        Some(subject) => errors.append(self::subject(subject, policy.api, &subject_path)),
        None => errors.push(Error::required(&subject_path, "", origin::SUBJECT_REQUIRED)),
    }
    for (direction, rules) in policy.directions() {
        let path = path.child(direction);
        errors.extend(max_items(rules.len(), policy.api.limit, &path, origin::RULES_MAX));
        for (index, rule) in rules.iter().enumerate() {
            errors.append(self::rule(rule, policy.api, &path.index(index)));
        }
    }
    errors
}

fn subject(subject: &ClusterNetworkPolicySubject, api: &Api, path: &Path) -> ErrorList {
    let ClusterNetworkPolicySubject { namespaces, pods } = subject;
    let fields = [("namespaces", namespaces.is_some()), ("pods", pods.is_some())];
    let mut errors: ErrorList = one_of(&fields, path, origin::SUBJECT_ONE_OF).into_iter().collect();
    errors.append(self::namespaces(namespaces.as_ref(), path));
    errors.append(self::pods(pods.as_ref(), api, path));
    errors
}

fn rule(rule: &Rule<'_>, api: &Api, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    errors.extend(max_length(rule.name, NAME_LIMIT, &path.child("name"), origin::RULE_NAME));
    let action = required_word(
        rule.action,
        api.actions,
        &path.child("action"),
        origin::ACTION_REQUIRED,
        origin::ACTION,
    );
    errors.extend(action);
    errors.append(peers(rule.peers, api, &path.child(rule.peers.field())));
    let ports_path = path.child(rule.ports.field());
    match rule.ports {
        Ports::Protocols(Some(list)) => errors.append(protocols(list, api, &ports_path)),
        Ports::Ports(Some(list)) => errors.append(ports(list, api, &ports_path)),
        Ports::Protocols(None) | Ports::Ports(None) => {}
    }
    if errors.is_empty() && rule.ports.has_named() && has_unnamed_peer(rule.peers) {
        errors.push(Error::of_kind(
            ErrorKind::Invalid,
            path,
            None,
            "networks/nodes/domainNames peer cannot be set with namedPorts since there are no \
             namedPorts for networks/nodes/domainNames",
            origin::NAMED_PORT_PEER,
        ));
    }
    errors
}

/// Whether one of the peers is of a sort that names no ports.
fn has_unnamed_peer(peers: Peers<'_>) -> bool {
    match peers {
        Peers::From(_) => false,
        Peers::To(peers) => peers.iter().any(|peer| {
            peer.networks.is_some() || peer.nodes.is_some() || peer.domain_names.is_some()
        }),
    }
}

fn peers(peers: Peers<'_>, api: &Api, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let count = match peers {
        Peers::From(peers) => peers.len(),
        Peers::To(peers) => peers.len(),
    };
    if count == 0 {
        errors.push(Error::required(path, "must have at least 1 item", origin::PEERS_REQUIRED));
    }
    errors.extend(max_items(count, api.limit, path, origin::PEERS_MAX));
    match peers {
        Peers::From(peers) => {
            for (index, peer) in peers.iter().enumerate() {
                errors.append(ingress_peer(peer, api, &path.index(index)));
            }
        }
        Peers::To(peers) => {
            for (index, peer) in peers.iter().enumerate() {
                errors.append(egress_peer(peer, api, &path.index(index)));
            }
        }
    }
    errors
}

fn ingress_peer(peer: &ClusterNetworkPolicyIngressPeer, api: &Api, path: &Path) -> ErrorList {
    let ClusterNetworkPolicyIngressPeer { namespaces, pods } = peer;
    let fields = [("namespaces", namespaces.is_some()), ("pods", pods.is_some())];
    let mut errors: ErrorList = one_of(&fields, path, origin::PEER_ONE_OF).into_iter().collect();
    errors.append(self::namespaces(namespaces.as_ref(), path));
    errors.append(self::pods(pods.as_ref(), api, path));
    errors
}

fn egress_peer(peer: &ClusterNetworkPolicyEgressPeer, api: &Api, path: &Path) -> ErrorList {
    let ClusterNetworkPolicyEgressPeer { namespaces, pods, nodes, networks, domain_names } = peer;
    let fields = [
        ("namespaces", namespaces.is_some()),
        ("pods", pods.is_some()),
        ("nodes", nodes.is_some()),
        ("networks", networks.is_some()),
        ("domainNames", domain_names.is_some()),
    ];
    let known = if api.domain_names { &fields[..] } else { &fields[..4] };
    let mut errors = ErrorList::new();
    let names_path = path.child("domainNames");
    if domain_names.is_some() && !api.domain_names {
        let detail = "peers of BaselineAdminNetworkPolicy have no such field";
        errors.push(Error::forbidden(&names_path, detail, origin::PEER_FIELD));
    } else {
        errors.extend(one_of(known, path, origin::PEER_ONE_OF));
    }
    errors.append(self::namespaces(namespaces.as_ref(), path));
    errors.append(self::pods(pods.as_ref(), api, path));
    errors.append(selector(nodes.as_ref(), &path.child("nodes")));
    errors.append(self::networks(networks.as_deref(), &path.child("networks")));
    errors.append(self::domain_names(domain_names.as_deref(), &names_path));
    errors
}

fn namespaces(namespaces: Option<&LabelSelector>, path: &Path) -> ErrorList {
    selector(namespaces, &path.child("namespaces"))
}

fn pods(pods: Option<&NamespacedPod>, api: &Api, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let Some(NamespacedPod { namespace_selector, pod_selector }) = pods else { return errors };
    let path = path.child("pods");
    let namespaces_path = path.child("namespaceSelector");
    if namespace_selector.is_none() && api.namespace_selector_required {
        let origin = origin::NAMESPACE_SELECTOR_REQUIRED;
        errors.push(Error::required(&namespaces_path, "`{}` selects all namespaces", origin));
    }
    errors.append(selector(namespace_selector.as_ref(), &namespaces_path));
    let pods_path = path.child("podSelector");
    if pod_selector.is_none() {
        let origin = origin::POD_SELECTOR_REQUIRED;
        errors.push(Error::required(&pods_path, "`{}` selects all pods", origin));
    }
    errors.append(selector(pod_selector.as_ref(), &pods_path));
    errors
}

/// What the schema says of a selector: a requirement has a key and an operator. Whether they mean
/// anything is not its business.
fn selector(selector: Option<&LabelSelector>, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let Some(selector) = selector else { return errors };
    for (index, requirement) in selector.match_expressions.iter().enumerate() {
        let path = path.child("matchExpressions").index(index);
        if requirement.key.is_empty() {
            let origin = origin::SELECTOR_KEY_REQUIRED;
            errors.push(Error::required(&path.child("key"), "", origin));
        }
        if requirement.operator.is_empty() {
            let origin = origin::SELECTOR_OPERATOR_REQUIRED;
            errors.push(Error::required(&path.child("operator"), "", origin));
        }
    }
    errors
}

fn networks(networks: Option<&[String]>, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let Some(networks) = networks else { return errors };
    errors.extend(min_items(networks.len(), path, origin::NETWORKS_MIN));
    errors.extend(max_items(networks.len(), ADDRESSES_LIMIT, path, origin::NETWORKS_MAX));
    for (index, text) in networks.iter().enumerate() {
        let path = path.index(index);
        let length = max_length(text, NETWORK_LIMIT, &path, origin::NETWORK_LENGTH);
        let format = match Cidr::parse_network(text) {
            Err(fault) if length.is_none() => {
                let detail = format!("Invalid CIDR format provided: {fault}");
                Some(Error::invalid(&path, text, detail, origin::NETWORK))
            }
            _ => None,
        };
        errors.extend(length);
        errors.extend(format);
    }
    errors.append(set(networks, path));
    errors
}

fn domain_names(names: Option<&[String]>, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let Some(names) = names else { return errors };
    errors.extend(min_items(names.len(), path, origin::DOMAIN_NAMES_MIN));
    errors.extend(max_items(names.len(), ADDRESSES_LIMIT, path, origin::DOMAIN_NAMES_MAX));
    for (index, name) in names.iter().enumerate() {
        if let Err(fault) = name.parse::<DomainPattern>() {
            let path = path.index(index);
            errors.push(Error::invalid(&path, name, fault.to_string(), origin::DOMAIN_NAME));
        }
    }
    errors.append(set(names, path));
    errors
}
