use netpol_core::model::{
    IntOrString, LabelSelector, NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule,
    NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec, ObjectMeta,
};
use netpol_core::packet::Direction;

use super::blocks::Blocks;
use super::pods::{DNS_APP, Population, SYSTEM_NAMESPACE};
use super::random::{Random, Weights};
use super::selectors::{self, APP, IDENTITY, TEAM, TIER, TIERS};
use super::{Adversary, Parameters};

/// Destination ports that most rules name and most packets go to.
pub(super) const WELL_KNOWN_PORTS: [u16; 16] =
    [53, 80, 443, 3000, 3306, 5432, 5672, 6379, 8000, 8080, 8443, 9000, 9090, 9092, 9200, 27017];

/// Writes the policies of a world.
#[derive(Debug)]
pub(super) struct Author<'world> {
    parameters: &'world Parameters,
    population: &'world Population,
    blocks: Blocks,
    random: Random,
    peer_kinds: Weights,
    port_kinds: Weights,
}

impl<'world> Author<'world> {
    pub(super) fn new(parameters: &'world Parameters, population: &'world Population) -> Self {
        let peers = &parameters.peer_mix;
        let ports = &parameters.port_mix;
        Author {
            parameters,
            population,
            blocks: Blocks::new(parameters),
            random: Random::new(parameters.seed, "policies"),
            peer_kinds: Weights::new([
                peers.app,
                peers.tier,
                peers.team,
                peers.other_app,
                peers.everybody,
            ]),
            port_kinds: Weights::new([ports.exact, ports.range, ports.none]),
        }
    }

    /// All policies but the adversary's.
    pub(super) fn policies(&mut self) -> Vec<NetworkPolicy> {
        let namespaces = self.population.namespaces.len();
        let weights = Weights::zipf(namespaces, self.parameters.policy_skew);
        let mut counts = vec![0_usize; namespaces];
        for _ in 0..self.parameters.policies {
            counts[weights.draw(&mut self.random)] += 1;
        }
        let mut policies = Vec::with_capacity(self.parameters.policies);
        for (namespace, count) in counts.into_iter().enumerate() {
            let mut own = self.usual(namespace);
            own.truncate(count);
            for number in own.len()..count {
                own.push(self.app_policy(namespace, number));
            }
            policies.append(&mut own);
        }
        policies
    }

    /// The policies that most namespaces have.
    fn usual(&mut self, namespace: usize) -> Vec<NetworkPolicy> {
        let mix = &self.parameters.policy_mix;
        let name = self.population.namespaces[namespace].as_str();
        let everything = LabelSelector::default;
        let mut policies = Vec::new();
        if self.random.chance(mix.default_deny) {
            let name_of = "default-deny".to_owned();
            policies.push(ingress_policy(name, name_of, everything(), Vec::new()));
        }
        if self.random.chance(mix.dns_egress) {
            let dns = NetworkPolicyPeer {
                namespace_selector: Some(selectors::namespace(SYSTEM_NAMESPACE)),
                pod_selector: Some(selectors::label(APP, DNS_APP)),
                ip_block: None,
            };
            let port = |protocol| port(protocol, Some(IntOrString::Int(53)), None);
            let rule =
                NetworkPolicyEgressRule { ports: vec![port("UDP"), port("TCP")], to: vec![dns] };
            let spec = NetworkPolicySpec {
                policy_types: vec!["Egress".to_owned()],
                egress: vec![rule],
                ..NetworkPolicySpec::default()
            };
            policies.push(policy(name, "allow-dns".to_owned(), spec));
        }
        if self.random.chance(mix.same_namespace) {
            let neighbours = NetworkPolicyPeer {
                pod_selector: Some(everything()),
                ..NetworkPolicyPeer::default()
            };
            let rule = ingress_rule(Vec::new(), vec![neighbours]);
            let name_of = "allow-same-namespace".to_owned();
            policies.push(ingress_policy(name, name_of, everything(), vec![rule]));
        }
        policies
    }

    fn app_policy(&mut self, namespace: usize, number: usize) -> NetworkPolicy {
        let apps = &self.population.apps[namespace];
        let subject = if self.random.chance(0.8) {
            selectors::label(APP, self.random.pick(apps))
        } else {
            selectors::label(TIER, format!("tier-{}", self.random.below(TIERS)))
        };
        let mut spec =
            NetworkPolicySpec { pod_selector: self.vary(subject), ..NetworkPolicySpec::default() };
        let (ingress, egress) = match self.random.below(5) {
            0..=2 => (true, false),
            3 => (false, true),
            _ => (true, true),
        };
        if ingress {
            spec.policy_types.push("Ingress".to_owned());
            spec.ingress = (0..1 + self.random.below(3))
                .map(|_| {
                    let (ports, from) = self.rule(namespace, Direction::Ingress);
                    ingress_rule(ports, from)
                })
                .collect();
        }
        if egress {
            spec.policy_types.push("Egress".to_owned());
            spec.egress = (0..1 + self.random.below(3))
                .map(|_| {
                    let (ports, to) = self.rule(namespace, Direction::Egress);
                    NetworkPolicyEgressRule { ports, to }
                })
                .collect();
        }
        policy(&self.population.namespaces[namespace], format!("policy-{number}"), spec)
    }

    fn rule(
        &mut self,
        namespace: usize,
        direction: Direction,
    ) -> (Vec<NetworkPolicyPort>, Vec<NetworkPolicyPeer>) {
        let ports = match self.port_kinds.draw(&mut self.random) {
            0 => (0..1 + self.random.below(2)).map(|_| self.exact_port()).collect(),
            1 => {
                let first = self.random.between(1, 60_000);
                let last = first + self.random.below(2_000) as u16;
                let protocol = protocol(self.parameters, &mut self.random);
                vec![port(protocol, Some(IntOrString::Int(first.into())), Some(last))]
            }
            _ => Vec::new(),
        };
        let peers = (0..1 + self.random.below(3)).map(|_| self.peer(namespace, direction));
        (ports, peers.collect())
    }

    fn exact_port(&mut self) -> NetworkPolicyPort {
        if self.random.chance(self.parameters.port_mix.named) {
            let (protocol, name) =
                *self.random.pick(&[("TCP", "http"), ("TCP", "metrics"), ("UDP", "events")]);
            return port(protocol, Some(IntOrString::String(name.to_owned())), None);
        }
        let number = *self.random.pick(&WELL_KNOWN_PORTS);
        let protocol = protocol(self.parameters, &mut self.random);
        port(protocol, Some(IntOrString::Int(number.into())), None)
    }

    fn peer(&mut self, namespace: usize, direction: Direction) -> NetworkPolicyPeer {
        let mut peer = NetworkPolicyPeer::default();
        let mix = &self.parameters.peer_mix;
        let blocks = match direction {
            Direction::Ingress => mix.ingress_blocks,
            Direction::Egress => mix.egress_blocks,
        };
        if self.random.chance(blocks) {
            peer.ip_block = Some(self.blocks.draw(&mut self.random));
            return peer;
        }
        match self.peer_kinds.draw(&mut self.random) {
            0 => {
                let app = selectors::label(APP, self.random.pick(&self.population.apps[namespace]));
                peer.pod_selector = Some(self.single_pod(namespace).unwrap_or(app));
            }
            1 => {
                let tier = format!("tier-{}", self.random.below(TIERS));
                peer.pod_selector = Some(self.vary(selectors::label(TIER, tier)));
            }
            2 => {
                let team = format!("team-{}", self.random.below(self.population.teams));
                peer.namespace_selector = Some(selectors::label(TEAM, team));
            }
            3 => {
                let other = self.random.below(self.population.namespaces.len());
                let app = selectors::label(APP, self.random.pick(&self.population.apps[other]));
                let name = &self.population.namespaces[other];
                peer.namespace_selector = Some(selectors::namespace(name));
                peer.pod_selector = Some(self.vary(app));
            }
            _ => peer.namespace_selector = Some(LabelSelector::default()),
        }
        peer
    }

    /// With unique labels, now and then a selector of one pod.
    fn single_pod(&mut self, namespace: usize) -> Option<LabelSelector> {
        let Some(Adversary::UniqueLabels { peers }) = self.parameters.adversary else {
            return None;
        };
        let pods = &self.population.pods_of[namespace];
        let chosen = self.random.chance(peers) && !pods.is_empty();
        chosen.then(|| selectors::label(IDENTITY, self.random.pick(pods)))
    }

    fn vary(&mut self, selector: LabelSelector) -> LabelSelector {
        if self.random.chance(self.parameters.expressions) {
            selectors::with_expression(selector, &mut self.random)
        } else {
            selector
        }
    }
}

/// A protocol as often as it is used.
pub(super) fn protocol(parameters: &Parameters, random: &mut Random) -> &'static str {
    let mix = &parameters.port_mix;
    let point = random.unit();
    match point {
        _ if point < mix.sctp => "SCTP",
        _ if point < mix.sctp + mix.udp => "UDP",
        _ => "TCP",
    }
}

/// A policy about ingress alone.
pub(super) fn ingress_policy(
    namespace: &str,
    name: String,
    pod_selector: LabelSelector,
    ingress: Vec<NetworkPolicyIngressRule>,
) -> NetworkPolicy {
    let policy_types = vec!["Ingress".to_owned()];
    let spec =
        NetworkPolicySpec { pod_selector, policy_types, ingress, ..NetworkPolicySpec::default() };
    policy(namespace, name, spec)
}

/// A rule of such a policy.
pub(super) fn ingress_rule(
    ports: Vec<NetworkPolicyPort>,
    from: Vec<NetworkPolicyPeer>,
) -> NetworkPolicyIngressRule {
    NetworkPolicyIngressRule { ports, from }
}

fn policy(namespace: &str, name: String, spec: NetworkPolicySpec) -> NetworkPolicy {
    let metadata = ObjectMeta { namespace: namespace.to_owned(), name, ..ObjectMeta::default() };
    NetworkPolicy { metadata, spec }
}

/// An entry of a rule's `ports`.
fn port(protocol: &str, port: Option<IntOrString>, last: Option<u16>) -> NetworkPolicyPort {
    NetworkPolicyPort { protocol: Some(protocol.to_owned()), port, end_port: last.map(i32::from) }
}
