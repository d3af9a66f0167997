use super::ports;
use crate::model::{
    AdminNetworkPolicy, AdminNetworkPolicyEgressRule, AdminNetworkPolicyIngressRule,
    AdminNetworkPolicyPort, BaselineAdminNetworkPolicy, ClusterNetworkPolicy,
    ClusterNetworkPolicyEgressPeer, ClusterNetworkPolicyIngressPeer, ClusterNetworkPolicyPort,
    ClusterNetworkPolicyProtocol, ClusterNetworkPolicySubject, Kind, LabelSelector, NamespacedPod,
};
use crate::net::{Cidr, DomainPattern, Protocol};
use crate::policy::{Action, Namespaces, Peer, Policy, Rule, RulePort, Subject, Tier};
use crate::selector::Selector;

/// Which of the APIs an object is of; their shapes are alike, their words and requirements differ.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Api {
    Cluster,
    Admin,
    BaselineAdmin,
}

/// Brings a ClusterNetworkPolicy to normal form.
///
/// A subject or tier that cannot be read leaves the policy without effect. A rule of which any part
/// cannot be read fails closed as a whole: one that accepts matches nothing, any other denies
/// everything.
///
/// Source: the comments of `ClusterNetworkPolicyIngressPeer` and `ClusterNetworkPolicyEgressPeer`
/// of sigs.k8s.io/network-policy-api/apis/v1alpha2.
pub(crate) fn cluster_network_policy(name: Box<str>, policy: &ClusterNetworkPolicy) -> Policy {
    let spec = &policy.spec;
    let api = Api::Cluster;
    let tier = match spec.tier.as_str() {
        "Admin" => Some(Tier::Admin),
        "Baseline" => Some(Tier::Baseline),
        _ => None,
    };
    let ingress = spec.ingress.iter().map(|rule| {
        let ports = entries(rule.protocols.as_deref(), protocol);
        lower_rule(api, &rule.name, &rule.action, ingress_peers(api, &rule.from), ports)
    });
    let egress = spec.egress.iter().map(|rule| {
        let ports = entries(rule.protocols.as_deref(), protocol);
        lower_rule(api, &rule.name, &rule.action, egress_peers(api, &rule.to), ports)
    });
    Policy {
        tier: tier.unwrap_or(Tier::Admin),
        kind: Kind::ClusterNetworkPolicy,
        namespace: "".into(),
        name,
        priority: Some(spec.priority.unwrap_or(0)),
        subject: tier.map_or(Subject::Nobody, |_| subject(api, spec.subject.as_ref())),
        ingress: some_rules(ingress),
        egress: some_rules(egress),
    }
}

/// As [`cluster_network_policy`], for an AdminNetworkPolicy.
pub(crate) fn admin_network_policy(name: Box<str>, policy: &AdminNetworkPolicy) -> Policy {
    let spec = &policy.spec;
    let api = Api::Admin;
    Policy {
        tier: Tier::Admin,
        kind: Kind::AdminNetworkPolicy,
        namespace: "".into(),
        name,
        priority: Some(spec.priority.unwrap_or(0)),
        subject: subject(api, spec.subject.as_ref()),
        ingress: admin_ingress(api, &spec.ingress),
        egress: admin_egress(api, &spec.egress),
    }
}

/// As [`cluster_network_policy`], for a BaselineAdminNetworkPolicy; having no priority, it comes
/// after every other policy of its tier.
pub(crate) fn baseline_admin_network_policy(
    name: Box<str>,
    policy: &BaselineAdminNetworkPolicy,
) -> Policy {
    let spec = &policy.spec;
    let api = Api::BaselineAdmin;
    Policy {
        tier: Tier::Baseline,
        kind: Kind::BaselineAdminNetworkPolicy,
        namespace: "".into(),
        name,
        priority: None,
        subject: subject(api, spec.subject.as_ref()),
        ingress: admin_ingress(api, &spec.ingress),
        egress: admin_egress(api, &spec.egress),
    }
}

fn admin_ingress(api: Api, rules: &[AdminNetworkPolicyIngressRule]) -> Option<Vec<Rule>> {
    some_rules(rules.iter().map(|rule| {
        let ports = entries(rule.ports.as_deref(), port);
        lower_rule(api, &rule.name, &rule.action, ingress_peers(api, &rule.from), ports)
    }))
}

fn admin_egress(api: Api, rules: &[AdminNetworkPolicyEgressRule]) -> Option<Vec<Rule>> {
    some_rules(rules.iter().map(|rule| {
        let ports = entries(rule.ports.as_deref(), port);
        lower_rule(api, &rule.name, &rule.action, egress_peers(api, &rule.to), ports)
    }))
}

/// A list without rules says nothing: there is no implicit isolation in these tiers.
fn some_rules(rules: impl Iterator<Item = Rule>) -> Option<Vec<Rule>> {
    Some(rules.collect::<Vec<_>>()).filter(|rules| !rules.is_empty())
}

/// The rule, when all of it could be read; otherwise what fails closed in its place.
fn lower_rule(
    api: Api,
    name: &str,
    action: &str,
    peers: Option<Vec<Peer>>,
    ports: Option<Vec<RulePort>>,
) -> Rule {
    let name = Some(name).filter(|name| !name.is_empty()).map(Box::from);
    let action = action_of(api, action);
    match (action, peers, ports) {
        (Some(action), Some(peers), Some(ports)) => {
            Rule { name, action, understood: true, peers, ports }
        }
        (Some(Action::Accept), _, _) => Rule {
            name,
            action: Action::Accept,
            understood: false,
            peers: vec![Peer::Nobody],
            ports: Vec::new(),
        },
        _ => Rule {
            name,
            action: Action::Deny,
            understood: false,
            peers: Vec::new(),
            ports: Vec::new(),
        },
    }
}

fn action_of(api: Api, text: &str) -> Option<Action> {
    match (text, api) {
        ("Accept", Api::Cluster) => Some(Action::Accept),
        ("Allow", Api::Admin | Api::BaselineAdmin) => Some(Action::Accept),
        ("Deny", _) => Some(Action::Deny),
        ("Pass", Api::Cluster | Api::Admin) => Some(Action::Pass),
        _ => None,
    }
}

fn subject(api: Api, subject: Option<&ClusterNetworkPolicySubject>) -> Subject {
    let pods = subject.and_then(|ClusterNetworkPolicySubject { namespaces, pods }| {
        pods_by_label(api, namespaces.as_ref(), pods.as_ref())
    });
    match pods {
        Some((namespaces, pods)) => Subject::Cluster { namespaces, pods },
        None => Subject::Nobody,
    }
}

/// The selectors of exactly one of two ways to name pods.
fn pods_by_label(
    api: Api,
    namespaces: Option<&LabelSelector>,
    pods: Option<&NamespacedPod>,
) -> Option<(Selector, Selector)> {
    let read = |selector: &LabelSelector| Selector::try_from(selector).ok();
    match (namespaces, pods) {
        (Some(namespaces), None) => Some((read(namespaces)?, Selector::everything())),
        (None, Some(NamespacedPod { namespace_selector, pod_selector })) => {
            let namespaces = match namespace_selector {
                Some(selector) => read(selector)?,
                None if api == Api::Cluster => Selector::everything(),
                None => return None,
            };
            Some((namespaces, read(pod_selector.as_ref()?)?))
        }
        _ => None,
    }
}

/// Every entry read, or `None` when one cannot be or there is none.
fn all<T, R>(list: &[T], read: impl FnMut(&T) -> Option<R>) -> Option<Vec<R>> {
    if list.is_empty() { None } else { list.iter().map(read).collect() }
}

/// The ports of a rule: none at all, which means every port, when there is no list.
fn entries<T>(
    list: Option<&[T]>,
    read: impl FnMut(&T) -> Option<RulePort>,
) -> Option<Vec<RulePort>> {
    list.map_or(Some(Vec::new()), |list| all(list, read))
}

fn pods((namespaces, pods): (Selector, Selector)) -> Peer {
    Peer::Pods { namespaces: Namespaces::Matching(namespaces), pods }
}

fn ingress_peers(api: Api, list: &[ClusterNetworkPolicyIngressPeer]) -> Option<Vec<Peer>> {
    all(list, |peer| pods_by_label(api, peer.namespaces.as_ref(), peer.pods.as_ref()).map(pods))
}

fn egress_peers(api: Api, list: &[ClusterNetworkPolicyEgressPeer]) -> Option<Vec<Peer>> {
    all(list, |peer| {
        let ClusterNetworkPolicyEgressPeer {
            namespaces,
            pods: by_label,
            nodes,
            networks,
            domain_names,
        } = peer;
        match (nodes, networks, domain_names) {
            (None, None, None) => {
                pods_by_label(api, namespaces.as_ref(), by_label.as_ref()).map(pods)
            }
            _ if namespaces.is_some() || by_label.is_some() => None,
            (Some(nodes), None, None) => Selector::try_from(nodes).ok().map(Peer::Nodes),
            (None, Some(networks), None) => {
                let read = |text: &String| Some(Cidr::parse_network(text).ok()?.network());
                all(networks, read).map(Peer::Networks)
            }
            (None, None, Some(_)) if api == Api::BaselineAdmin => None,
            (None, None, Some(names)) => {
                let read = |text: &String| text.parse::<DomainPattern>().ok();
                all(names, read).map(Peer::Domains)
            }
            _ => None,
        }
    })
}

fn protocol(entry: &ClusterNetworkPolicyProtocol) -> Option<RulePort> {
    let ClusterNetworkPolicyProtocol { tcp, udp, sctp, destination_named_port } = entry;
    let (protocol, ports) = match (tcp, udp, sctp, destination_named_port) {
        (Some(ports), None, None, None) => (Protocol::TCP, ports),
        (None, Some(ports), None, None) => (Protocol::UDP, ports),
        (None, None, Some(ports), None) => (Protocol::SCTP, ports),
        (None, None, None, Some(name)) => return ports::named(name),
        _ => return None,
    };
    match ports.destination_port.as_ref()? {
        ClusterNetworkPolicyPort { number: Some(number), range: None } => {
            ports::range(protocol, *number, *number)
        }
        ClusterNetworkPolicyPort { number: None, range: Some(range) } => {
            ports::range(protocol, range.start?, range.end?)
        }
        _ => None,
    }
}

fn port(entry: &AdminNetworkPolicyPort) -> Option<RulePort> {
    let protocol = |text: &Option<String>| Protocol::from_api(text.as_deref().unwrap_or("TCP"));
    match entry {
        AdminNetworkPolicyPort { port_number: Some(port), named_port: None, port_range: None } => {
            ports::range(protocol(&port.protocol)?, port.port?, port.port?)
        }
        AdminNetworkPolicyPort { port_number: None, named_port: None, port_range: Some(range) } => {
            ports::range(protocol(&range.protocol)?, range.start?, range.end?)
        }
        AdminNetworkPolicyPort { port_number: None, named_port: Some(name), port_range: None } => {
            ports::named(name)
        }
        _ => None,
    }
}
