//! The clusters drawn at random are worth comparing: everything comes up in them.

use std::collections::BTreeMap;

use netpol_core::Direction;
use netpol_core::model::{
    AdminNetworkPolicyPort, ClusterNetworkPolicyEgressPeer, ClusterNetworkPolicyIngressPeer,
    ClusterNetworkPolicyProtocol, IntOrString, Kind, NetworkPolicyPeer, NetworkPolicyPort,
    ObjectMeta,
};
use netpol_testing::cases::{Implementation, Unanswered};
use netpol_testing::generate::{Seeded, scenario};
use netpol_testing::reference::{BackendJudgement, DecidingRule, Reason, Tier, World};

use crate::differential::{CLUSTERS, PACKETS_PER_CLUSTER};

/// Reasons, and what rules that decide are made of, in either direction.
const COMMON: &[&str] = &[
    "notSynced",
    "linkSignalling",
    "selfTraffic",
    "unknownPodAddress",
    "notAPod",
    "notIsolated",
    "noRuleMatches",
    "fragment",
    "ownNode",
    "unmatchedProtocol",
    "essentialIcmp",
    "NetworkPolicy allows",
    "any peer",
    "pods",
    "namespaces",
    "pods of namespaces",
    "block",
    "block with except",
    "any port",
    "protocol",
    "number",
    "range",
    "name",
    "Admin allows",
    "Admin denies",
    "Admin rule is not understood",
    "Baseline allows",
    "Baseline denies",
    "Baseline rule is not understood",
    "ClusterNetworkPolicy peer namespaces",
    "ClusterNetworkPolicy peer pods",
    "ClusterNetworkPolicy any port",
    "ClusterNetworkPolicy number",
    "ClusterNetworkPolicy range",
    "ClusterNetworkPolicy name",
];

/// What the older kinds of cluster-wide policies are made of; there are fewer of them.
const OLDER: &[&str] = &[
    "AdminNetworkPolicy peer namespaces",
    "AdminNetworkPolicy peer pods",
    "AdminNetworkPolicy any port",
    "AdminNetworkPolicy number",
    "AdminNetworkPolicy range",
    "AdminNetworkPolicy name",
    "BaselineAdminNetworkPolicy peer namespaces",
    "BaselineAdminNetworkPolicy peer pods",
    "BaselineAdminNetworkPolicy any port",
    "BaselineAdminNetworkPolicy number",
    "BaselineAdminNetworkPolicy range",
    "BaselineAdminNetworkPolicy name",
];

/// What only egress knows.
const EGRESS: &[&str] = &[
    "ClusterNetworkPolicy peer nodes",
    "ClusterNetworkPolicy peer networks",
    "ClusterNetworkPolicy peer domain names",
    "AdminNetworkPolicy peer nodes",
    "AdminNetworkPolicy peer networks",
    "AdminNetworkPolicy peer domain names",
    "BaselineAdminNetworkPolicy peer nodes",
    "BaselineAdminNetworkPolicy peer networks",
];

/// What only ingress knows: the older forms are about little else.
const INGRESS: &[&str] = &["extensions/v1beta1 allows", "net.alpha.kubernetes.io/v1alpha1 allows"];

/// What is answered to questions about Services.
const SERVICES: &[&str] = &[
    "allowed",
    "all allowed",
    "denied",
    "mixed",
    "unknown",
    "noCommonFamily",
    "noPort",
    "externalName",
    "noBackends",
    "notUnderstood",
    "unknownPod",
];

#[test]
fn scenarios_meet_every_rule() {
    let mut met: BTreeMap<String, usize> = BTreeMap::new();
    for seed in 0..2 * CLUSTERS as u64 {
        let scenario = scenario(&mut Seeded::new(seed), PACKETS_PER_CLUSTER);
        let mut world = World::new(scenario.options.clone());
        for event in &scenario.events {
            let _ = world.handle(event);
        }
        for question in &scenario.service_asks {
            let what = match world.judge_service(question) {
                Ok(backends) => {
                    let allowed = |one: &&BackendJudgement| one.judgement.verdict().is_allow();
                    match backends.iter().filter(allowed).count() {
                        0 => "denied".to_owned(),
                        some if some < backends.len() => "mixed".to_owned(),
                        _ if backends.len() == 1 => "allowed".to_owned(),
                        _ => "all allowed".to_owned(),
                    }
                }
                Err(error) => Unanswered::from(error).code().to_owned(),
            };
            *met.entry(format!("Service {what}")).or_default() += 1;
        }
        for ask in &scenario.asks {
            let Ok(judgement) = world.ask(ask) else {
                *met.entry("error".to_owned()).or_default() += 1;
                continue;
            };
            for (direction, side) in
                [(Direction::Ingress, judgement.ingress), (Direction::Egress, judgement.egress)]
            {
                for what in what_decided(&world, direction, &side.reason) {
                    *met.entry(format!("{direction} {what}")).or_default() += 1;
                }
            }
        }
    }
    let count = |kind: &str| met.get(kind).copied().unwrap_or_default();
    let mut rare = Vec::new();
    let both = &[Direction::Ingress, Direction::Egress][..];
    for (kinds, directions, least) in [
        (COMMON, both, 100),
        (OLDER, both, 20),
        (EGRESS, &[Direction::Egress], 10),
        (INGRESS, &[Direction::Ingress], 20),
    ] {
        for kind in kinds {
            let names = directions.iter().map(|direction| format!("{direction} {kind}"));
            rare.extend(names.filter(|name| count(name) < least));
        }
    }
    let of_services = SERVICES.iter().map(|what| format!("Service {what}"));
    rare.extend(of_services.filter(|what| count(what) < 20));
    assert!(rare.is_empty(), "too rare: {rare:#?}\nof {met:#?}");
    assert!(met["error"] > 1_000, "questions by name without answer: {}", met["error"]);
}

/// The reason; for a rule, what kind of peer and of port matched.
fn what_decided(world: &World, direction: Direction, reason: &Reason) -> Vec<String> {
    let (rule, does) = match reason {
        Reason::Allowed(rule) => (rule, "allows"),
        Reason::Denied(rule) => (rule, "denies"),
        Reason::NotUnderstood(rule) => {
            return vec![format!("{} rule is not understood", rule.tier)];
        }
        reason => return vec![reason.to_string()],
    };
    let does = format!("{} {does}", rule.tier);
    let mut all = match rule.tier {
        Tier::NetworkPolicy => of_network_policy(world, direction, rule),
        Tier::Admin | Tier::Baseline => of_cluster_policy(world, direction, rule),
    };
    all.push(does);
    all
}

fn of_network_policy(world: &World, direction: Direction, rule: &DecidingRule) -> Vec<String> {
    let is = |metadata: &ObjectMeta| {
        (&metadata.namespace, &metadata.name) == (&rule.namespace, &rule.name)
    };
    if let Some(policy) = world.policies.iter().find(|policy| is(&policy.metadata)) {
        let (peers, ports) = match direction {
            Direction::Ingress => {
                let rule = &policy.spec.ingress[rule.rule];
                (&rule.from, &rule.ports)
            }
            Direction::Egress => {
                let rule = &policy.spec.egress[rule.rule];
                (&rule.to, &rule.ports)
            }
        };
        let peer = rule.peer.map_or("any peer", |peer| kind_of_peer(&peers[peer]));
        let port = rule.port.map_or("any port", |port| kind_of_port(&ports[port]));
        return vec![peer.to_owned(), port.to_owned()];
    }
    let extensions = world.extensions_policies.iter().any(|policy| is(&policy.metadata));
    let version =
        if extensions { "extensions/v1beta1" } else { "net.alpha.kubernetes.io/v1alpha1" };
    vec![format!("{version} allows")]
}

fn kind_of_peer(peer: &NetworkPolicyPeer) -> &'static str {
    match (&peer.pod_selector, &peer.namespace_selector, &peer.ip_block) {
        (Some(_), None, _) => "pods",
        (None, Some(_), _) => "namespaces",
        (Some(_), Some(_), _) => "pods of namespaces",
        (None, None, Some(block)) if block.except.is_empty() => "block",
        (None, None, _) => "block with except",
    }
}

fn kind_of_port(port: &NetworkPolicyPort) -> &'static str {
    match (&port.port, port.end_port) {
        (None, _) => "protocol",
        (Some(IntOrString::Int(_)), None) => "number",
        (Some(IntOrString::Int(_)), Some(_)) => "range",
        (Some(IntOrString::String(_)), _) => "name",
    }
}

fn of_cluster_policy(world: &World, direction: Direction, rule: &DecidingRule) -> Vec<String> {
    let is = |metadata: &ObjectMeta| metadata.name == rule.name;
    let peer = rule.peer.expect("rules of cluster-wide policies have peers");
    let (peer, port) = if rule.kind == Kind::ClusterNetworkPolicy {
        let policy = world.cluster_policies.iter().find(|policy| is(&policy.metadata));
        let spec = &policy.expect("the policy that decides is there").spec;
        let (peer, protocols) = match direction {
            Direction::Ingress => {
                let rule = &spec.ingress[rule.rule];
                (kind_of_source(&rule.from[peer]), &rule.protocols)
            }
            Direction::Egress => {
                let rule = &spec.egress[rule.rule];
                (kind_of_destination(&rule.to[peer]), &rule.protocols)
            }
        };
        (peer, protocols.as_ref().zip(rule.port).map(|(list, port)| kind_of_protocol(&list[port])))
    } else {
        let admin = world.admin_policies.iter().find(|policy| is(&policy.metadata));
        let baseline = world.baseline_admin_policies.iter().find(|policy| is(&policy.metadata));
        let (ingress, egress) = match (rule.kind, admin, baseline) {
            (Kind::AdminNetworkPolicy, Some(policy), _) => {
                (&policy.spec.ingress, &policy.spec.egress)
            }
            (Kind::BaselineAdminNetworkPolicy, _, Some(policy)) => {
                (&policy.spec.ingress, &policy.spec.egress)
            }
            _ => panic!("{rule} is no rule of a cluster-wide policy that is there"),
        };
        let (peer, ports) = match direction {
            Direction::Ingress => {
                let rule = &ingress[rule.rule];
                (kind_of_source(&rule.from[peer]), &rule.ports)
            }
            Direction::Egress => {
                let rule = &egress[rule.rule];
                (kind_of_destination(&rule.to[peer]), &rule.ports)
            }
        };
        (peer, ports.as_ref().zip(rule.port).map(|(list, port)| kind_of_admin_port(&list[port])))
    };
    let (kind, port) = (rule.kind, port.unwrap_or("any port"));
    vec![format!("{kind} peer {peer}"), format!("{kind} {port}")]
}

fn kind_of_source(peer: &ClusterNetworkPolicyIngressPeer) -> &'static str {
    if peer.namespaces.is_some() { "namespaces" } else { "pods" }
}

fn kind_of_destination(peer: &ClusterNetworkPolicyEgressPeer) -> &'static str {
    match (&peer.namespaces, &peer.pods, &peer.nodes, &peer.networks) {
        (Some(_), ..) => "namespaces",
        (_, Some(_), ..) => "pods",
        (_, _, Some(_), _) => "nodes",
        (_, _, _, Some(_)) => "networks",
        _ => "domain names",
    }
}

fn kind_of_protocol(entry: &ClusterNetworkPolicyProtocol) -> &'static str {
    if entry.destination_named_port.is_some() {
        return "name";
    }
    let ports = entry.tcp.as_ref().or(entry.udp.as_ref()).or(entry.sctp.as_ref());
    let port = ports.and_then(|ports| ports.destination_port.as_ref());
    if port.is_some_and(|port| port.number.is_some()) { "number" } else { "range" }
}

fn kind_of_admin_port(entry: &AdminNetworkPolicyPort) -> &'static str {
    match (&entry.named_port, &entry.port_number) {
        (Some(_), _) => "name",
        (_, Some(_)) => "number",
        _ => "range",
    }
}
