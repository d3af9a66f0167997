use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

use netpol_core::model::{
    IntOrString, LabelSelector, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort, Pod,
};
use netpol_core::net::Protocol;
use netpol_core::packet::Direction;
use netpol_core::selector::Selector;
use netpol_testing::workload::World;

use super::prefix::{Prefix, without_excepts};

/// A world without labels: what each pod may receive and send, by address, protocol and port.
///
/// This is what a classifier of packets has to be given. Excepts are cut out of their blocks, port
/// names are resolved for each pod.
#[derive(Clone, Debug, Default)]
pub struct Expansion {
    /// What may enter pods.
    pub ingress: Side,
    /// What may leave them.
    pub egress: Side,
    /// How many rules there were before equal ones were put together.
    pub counted: u64,
}

/// One direction.
#[derive(Clone, Debug, Default)]
pub struct Side {
    /// Pods that nothing may reach or leave but what a rule allows.
    pub isolated: Vec<Ipv4Addr>,
    /// What is allowed.
    pub rules: Vec<Rule>,
}

/// What a pod may receive or send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule {
    /// The pod.
    pub subject: Ipv4Addr,
    /// The other side.
    pub peer: Prefix,
    /// Protocol number, 0 for any.
    pub protocol: u8,
    /// First and last destination port.
    pub ports: (u16, u16),
}

/// There are more rules than are worth building.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// How many, equal ones counted each.
    pub rules: u64,
}

impl Expansion {
    /// Expands a world with IPv4 addresses, when that gives no more than `limit` rules.
    ///
    /// # Errors
    ///
    /// [`TooLarge`], with all rules counted and none built.
    pub fn new(world: &World, limit: u64) -> Result<Expansion, TooLarge> {
        let expander = Expander::new(world);
        let mut rules = 0;
        expander.walk(&mut |_, item| rules += item.count());
        if rules > limit {
            return Err(TooLarge { rules });
        }
        let mut expansion = Expansion { counted: rules, ..Expansion::default() };
        expander.walk(&mut |direction, item| {
            let side = match direction {
                Direction::Ingress => &mut expansion.ingress,
                Direction::Egress => &mut expansion.egress,
            };
            match item {
                Item::Isolated(subjects) => side.isolated.extend(subjects),
                Item::Rules { subjects, peers, protocol, ports } => {
                    for subject in subjects {
                        let rule = |peer: &Prefix| Rule {
                            subject: *subject,
                            peer: *peer,
                            protocol,
                            ports,
                        };
                        side.rules.extend(peers.iter().map(rule));
                    }
                }
            }
        });
        for side in [&mut expansion.ingress, &mut expansion.egress] {
            side.isolated.sort_unstable();
            side.isolated.dedup();
            side.rules.sort_unstable();
            side.rules.dedup();
        }
        Ok(expansion)
    }

    /// How many rules there are, those that isolate included.
    #[must_use]
    pub fn distinct(&self) -> usize {
        let count = |side: &Side| side.isolated.len() + side.rules.len();
        count(&self.ingress) + count(&self.egress)
    }
}

/// What an expansion is made of.
enum Item<'walk> {
    Isolated(&'walk [Ipv4Addr]),
    /// Every subject with every peer.
    Rules {
        subjects: &'walk [Ipv4Addr],
        peers: &'walk [Prefix],
        protocol: u8,
        ports: (u16, u16),
    },
}

impl Item<'_> {
    fn count(&self) -> u64 {
        match self {
            Item::Isolated(subjects) => subjects.len() as u64,
            Item::Rules { subjects, peers, .. } => subjects.len() as u64 * peers.len() as u64,
        }
    }
}

/// The pods that a policy is about.
struct Subjects<'world> {
    pods: Vec<&'world Pod>,
    addresses: Vec<Ipv4Addr>,
}

/// What a rule says about ports.
enum Ports<'policy> {
    Numbers { protocol: u8, first: u16, last: u16 },
    Named { protocol: Protocol, name: &'policy str },
}

struct Namespace<'world> {
    name: &'world str,
    labels: &'world netpol_core::model::Labels,
    pods: Vec<(&'world Pod, Ipv4Addr)>,
}

struct Expander<'world> {
    policies: &'world [NetworkPolicy],
    namespaces: Vec<Namespace<'world>>,
    by_name: HashMap<&'world str, usize>,
    by_address: HashMap<Ipv4Addr, &'world Pod>,
}

impl<'world> Expander<'world> {
    fn new(world: &'world World) -> Expander<'world> {
        let namespaces = world.namespaces.iter().map(|namespace| Namespace {
            name: &namespace.metadata.name,
            labels: &namespace.metadata.labels,
            pods: Vec::new(),
        });
        let mut namespaces = namespaces.collect::<Vec<_>>();
        let by_name: HashMap<_, _> = namespaces.iter().map(|it| it.name).zip(0..).collect();
        let mut by_address = HashMap::new();
        for pod in &world.pods {
            for address in pod.status.pod_ips.iter().filter_map(|text| text.parse().ok()) {
                if let IpAddr::V4(address) = address {
                    namespaces[by_name[pod.metadata.namespace.as_str()]].pods.push((pod, address));
                    by_address.insert(address, pod);
                }
            }
        }
        Expander { policies: &world.policies, namespaces, by_name, by_address }
    }

    fn walk(&self, each: &mut impl FnMut(Direction, Item<'_>)) {
        for policy in self.policies {
            let own = self.by_name[policy.metadata.namespace.as_str()];
            let selected = selector(&policy.spec.pod_selector);
            let pods = self.namespaces[own].pods.iter();
            let selected = pods.filter(|(pod, _)| selected.matches(&pod.metadata.labels)).copied();
            let (pods, addresses) = selected.unzip();
            let subjects = Subjects { pods, addresses };
            for direction in [Direction::Ingress, Direction::Egress] {
                if !policy.spec.policy_types.contains(&direction_name(direction)) {
                    continue;
                }
                each(direction, Item::Isolated(&subjects.addresses));
                let ingress = policy.spec.ingress.iter().map(|rule| (&rule.from, &rule.ports));
                let egress = policy.spec.egress.iter().map(|rule| (&rule.to, &rule.ports));
                let rules = match direction {
                    Direction::Ingress => ingress.collect::<Vec<_>>(),
                    Direction::Egress => egress.collect(),
                };
                for (peers, ports) in rules {
                    let peers = self.peers(own, peers);
                    for port in read_ports(ports) {
                        self.rule(direction, &subjects, &peers, &port, each);
                    }
                }
            }
        }
    }

    /// One entry of `ports` of one rule: subjects times peers.
    fn rule(
        &self,
        direction: Direction,
        subjects: &Subjects<'_>,
        peers: &[Prefix],
        ports: &Ports<'_>,
        each: &mut impl FnMut(Direction, Item<'_>),
    ) {
        let mut all = |subjects: &[Ipv4Addr], peers: &[Prefix], protocol, ports| {
            each(direction, Item::Rules { subjects, peers, protocol, ports });
        };
        match (ports, direction) {
            (Ports::Numbers { protocol, first, last }, _) => {
                all(&subjects.addresses, peers, *protocol, (*first, *last));
            }
            (Ports::Named { protocol, name }, Direction::Ingress) => {
                for (pod, subject) in subjects.pods.iter().zip(&subjects.addresses) {
                    if let Some(number) = resolve(pod, *protocol, name) {
                        all(&[*subject], peers, protocol.0, (number, number));
                    }
                }
            }
            // The name means something else on every pod, and nothing where there is no pod.
            (Ports::Named { protocol, name }, Direction::Egress) => {
                for (address, number) in self.named(peers, *protocol, name) {
                    let peer = [Prefix::host(address)];
                    all(&subjects.addresses, &peer, protocol.0, (number, number));
                }
            }
        }
    }

    /// Pods among the peers that have a port of this name, with its number.
    fn named(&self, peers: &[Prefix], protocol: Protocol, name: &str) -> Vec<(Ipv4Addr, u16)> {
        let mut found = Vec::new();
        for peer in peers {
            let mut add = |address, pod| {
                found.extend(resolve(pod, protocol, name).map(|number| (address, number)));
            };
            if peer.length == 32 {
                if let Some(pod) = self.by_address.get(&peer.address) {
                    add(peer.address, pod);
                }
            } else {
                let mask = u32::MAX.checked_shl(32 - u32::from(peer.length)).unwrap_or(0);
                for (address, pod) in &self.by_address {
                    if address.to_bits() & mask == peer.address.to_bits() {
                        add(*address, pod);
                    }
                }
            }
        }
        found
    }

    /// Every address that one of the peers matches.
    fn peers(&self, own: usize, peers: &[NetworkPolicyPeer]) -> Vec<Prefix> {
        if peers.is_empty() {
            return vec![Prefix::ALL];
        }
        let mut found = Vec::new();
        for peer in peers {
            if let Some(block) = &peer.ip_block {
                found.extend(without_excepts(block).unwrap_or_default());
                continue;
            }
            let pods = peer.pod_selector.as_ref().map(selector);
            let mut add = |namespace: &Namespace<'_>| {
                let selected = namespace.pods.iter().filter(|(pod, _)| {
                    pods.as_ref().is_none_or(|pods| pods.matches(&pod.metadata.labels))
                });
                found.extend(selected.map(|(_, address)| Prefix::host(*address)));
            };
            match peer.namespace_selector.as_ref().map(selector) {
                None => add(&self.namespaces[own]),
                Some(selected) => self
                    .namespaces
                    .iter()
                    .filter(|namespace| selected.matches(namespace.labels))
                    .for_each(add),
            }
        }
        found
    }
}

fn selector(selector: &LabelSelector) -> Selector {
    Selector::try_from(selector).expect("worlds have valid selectors")
}

fn direction_name(direction: Direction) -> String {
    match direction {
        Direction::Ingress => "Ingress".to_owned(),
        Direction::Egress => "Egress".to_owned(),
    }
}

fn read_ports(ports: &[NetworkPolicyPort]) -> Vec<Ports<'_>> {
    if ports.is_empty() {
        return vec![Ports::Numbers { protocol: 0, first: 0, last: u16::MAX }];
    }
    let number = |number: i32| u16::try_from(number).expect("worlds have valid ports");
    let read = |port| {
        let &NetworkPolicyPort { ref protocol, ref port, end_port } = port;
        let protocol = protocol.as_deref().unwrap_or("TCP");
        let protocol = Protocol::from_api(protocol).expect("worlds have valid protocols");
        match port {
            None => Ports::Numbers { protocol: protocol.0, first: 0, last: u16::MAX },
            Some(IntOrString::String(name)) => Ports::Named { protocol, name },
            Some(IntOrString::Int(first)) => Ports::Numbers {
                protocol: protocol.0,
                first: number(*first),
                last: number(end_port.unwrap_or(*first)),
            },
        }
    };
    ports.iter().map(read).collect()
}

fn resolve(pod: &Pod, protocol: Protocol, name: &str) -> Option<u16> {
    let mut ports = pod.spec.containers.iter().flat_map(|container| &container.ports);
    let port = ports.find(|port| {
        let of_port = port.protocol.as_deref().unwrap_or("TCP");
        port.name == name && Protocol::from_api(of_port) == Some(protocol)
    })?;
    u16::try_from(port.container_port).ok()
}
