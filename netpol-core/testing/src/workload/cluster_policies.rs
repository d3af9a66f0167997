use netpol_core::model::{
    ClusterNetworkPolicy, ClusterNetworkPolicyEgressPeer, ClusterNetworkPolicyEgressRule,
    ClusterNetworkPolicyIngressPeer, ClusterNetworkPolicyIngressRule, ClusterNetworkPolicyPort,
    ClusterNetworkPolicyPortRange, ClusterNetworkPolicyProtocol, ClusterNetworkPolicyProtocolPorts,
    ClusterNetworkPolicySpec, ClusterNetworkPolicySubject, LabelSelector, NamespacedPod,
    ObjectMeta,
};

use super::Parameters;
use super::blocks::Blocks;
use super::pods::{ENVIRONMENTS, Population};
use super::policies::{WELL_KNOWN_PORTS, protocol};
use super::random::{Random, Weights};
use super::selectors::{self, ENVIRONMENT, TEAM, TIER, TIERS};

/// Writes the cluster-wide policies of a world: what an administrator says about teams and
/// environments, four of five times in the Admin tier.
#[derive(Debug)]
pub(super) struct Administrator<'world> {
    parameters: &'world Parameters,
    population: &'world Population,
    random: Random,
    /// Everybody, a team, an environment, a tier of a team.
    subjects: Weights,
    /// A team, an environment, a namespace, a tier of a team.
    peers: Weights,
    /// Pass, Accept, Deny.
    actions: Weights,
}

impl<'world> Administrator<'world> {
    pub(super) fn new(parameters: &'world Parameters, population: &'world Population) -> Self {
        Administrator {
            parameters,
            population,
            random: Random::new(parameters.seed, "cluster policies"),
            subjects: Weights::new([10.0, 50.0, 15.0, 25.0]),
            peers: Weights::new([45.0, 10.0, 30.0, 15.0]),
            actions: Weights::new([40.0, 30.0, 30.0]),
        }
    }

    pub(super) fn policies(&mut self) -> Vec<ClusterNetworkPolicy> {
        (0..self.parameters.cluster_policies).map(|number| self.policy(number)).collect()
    }

    fn policy(&mut self, number: usize) -> ClusterNetworkPolicy {
        let tier = if self.random.chance(0.8) { "Admin" } else { "Baseline" };
        let (namespaces, pods) = match self.subjects.draw(&mut self.random) {
            0 => (Some(LabelSelector::default()), None),
            1 => (Some(self.team()), None),
            2 => (Some(self.environment()), None),
            _ => (None, Some(self.tier_of_a_team())),
        };
        let (ingress, egress) = match self.random.below(3) {
            0 => (1 + self.random.below(4), 0),
            1 => (0, 1 + self.random.below(4)),
            _ => (1 + self.random.below(4), 1 + self.random.below(4)),
        };
        let spec = ClusterNetworkPolicySpec {
            tier: tier.to_owned(),
            // No two alike, as long as there are priorities.
            priority: Some((number % 1001) as i32),
            subject: Some(ClusterNetworkPolicySubject { namespaces, pods }),
            ingress: (0..ingress).map(|_| self.ingress_rule()).collect(),
            egress: (0..egress).map(|_| self.egress_rule()).collect(),
        };
        let name = format!("cluster-policy-{number}");
        ClusterNetworkPolicy { metadata: ObjectMeta { name, ..ObjectMeta::default() }, spec }
    }

    fn ingress_rule(&mut self) -> ClusterNetworkPolicyIngressRule {
        let from = (0..1 + self.random.below(3)).map(|_| {
            let (namespaces, pods) = self.peer();
            ClusterNetworkPolicyIngressPeer { namespaces, pods }
        });
        let from = from.collect();
        let (action, protocols) = (self.action(), self.protocols());
        ClusterNetworkPolicyIngressRule { name: String::new(), action, from, protocols }
    }

    fn egress_rule(&mut self) -> ClusterNetworkPolicyEgressRule {
        let (action, protocols) = (self.action(), self.protocols());
        // The server refuses networks beside named ports.
        let named = |entry: &ClusterNetworkPolicyProtocol| entry.destination_named_port.is_some();
        let networks = !protocols.iter().flatten().any(named);
        let to = (0..1 + self.random.below(3)).map(|_| {
            if networks && self.random.chance(self.parameters.peer_mix.egress_blocks) {
                let networks = 0..1 + self.random.below(3);
                let networks = networks.map(|_| Blocks::small_ipv4(&mut self.random)).collect();
                return ClusterNetworkPolicyEgressPeer {
                    networks: Some(networks),
                    ..ClusterNetworkPolicyEgressPeer::default()
                };
            }
            let (namespaces, pods) = self.peer();
            ClusterNetworkPolicyEgressPeer {
                namespaces,
                pods,
                ..ClusterNetworkPolicyEgressPeer::default()
            }
        });
        let to = to.collect();
        ClusterNetworkPolicyEgressRule { name: String::new(), action, to, protocols }
    }

    fn peer(&mut self) -> (Option<LabelSelector>, Option<NamespacedPod>) {
        match self.peers.draw(&mut self.random) {
            0 => (Some(self.team()), None),
            1 => (Some(self.environment()), None),
            2 => {
                let namespace = self.random.pick(&self.population.namespaces);
                (Some(selectors::namespace(namespace)), None)
            }
            _ => (None, Some(self.tier_of_a_team())),
        }
    }

    fn action(&mut self) -> String {
        ["Pass", "Accept", "Deny"][self.actions.draw(&mut self.random)].to_owned()
    }

    /// Two rules of three name ports.
    fn protocols(&mut self) -> Option<Vec<ClusterNetworkPolicyProtocol>> {
        if self.random.chance(1.0 / 3.0) {
            return None;
        }
        Some((0..1 + self.random.below(2)).map(|_| self.protocol()).collect())
    }

    fn protocol(&mut self) -> ClusterNetworkPolicyProtocol {
        let mut entry = ClusterNetworkPolicyProtocol::default();
        if self.random.chance(self.parameters.port_mix.named) {
            entry.destination_named_port = Some("http".to_owned());
            return entry;
        }
        let port = if self.random.chance(0.9) {
            let number = *self.random.pick(&WELL_KNOWN_PORTS);
            ClusterNetworkPolicyPort { number: Some(number.into()), range: None }
        } else {
            let start = self.random.between(1, 60_000);
            let end = start + self.random.between(1, 2_000);
            let (start, end) = (Some(start.into()), Some(end.into()));
            let range = ClusterNetworkPolicyPortRange { start, end };
            ClusterNetworkPolicyPort { number: None, range: Some(range) }
        };
        let ports = Some(ClusterNetworkPolicyProtocolPorts { destination_port: Some(port) });
        match protocol(self.parameters, &mut self.random) {
            "UDP" => entry.udp = ports,
            "SCTP" => entry.sctp = ports,
            _ => entry.tcp = ports,
        }
        entry
    }

    fn team(&mut self) -> LabelSelector {
        selectors::label(TEAM, format!("team-{}", self.random.below(self.population.teams)))
    }

    fn environment(&mut self) -> LabelSelector {
        selectors::label(ENVIRONMENT, *self.random.pick(&ENVIRONMENTS))
    }

    fn tier_of_a_team(&mut self) -> NamespacedPod {
        let tier = format!("tier-{}", self.random.below(TIERS));
        NamespacedPod {
            namespace_selector: Some(self.team()),
            pod_selector: Some(selectors::label(TIER, tier)),
        }
    }
}
