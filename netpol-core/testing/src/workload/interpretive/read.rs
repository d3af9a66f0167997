use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::net::IpAddr;

use ipnet::IpNet;
use netpol_core::model::{self, IntOrString, LabelSelector, NetworkPolicyPeer, NetworkPolicyPort};
use netpol_core::net::Protocol;

use super::records::{
    Labels, NamedPort, Namespace, Peer, Pod, PolicyRecord, Port, Prefix, Requirement, Rule,
    Selector, Symbol,
};
use super::{Interpreter, World};

/// A map with a fast hash and a fixed seed: counts of instructions are the same in every run.
pub(super) type Map<K, V> = hashbrown::HashMap<K, V, FixedSeed>;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FixedSeed;

impl BuildHasher for FixedSeed {
    type Hasher = foldhash::fast::FoldHasher<'static>;

    fn build_hasher(&self) -> Self::Hasher {
        foldhash::fast::FixedState::with_seed(1).build_hasher()
    }
}

/// Turns objects into records; holds what has been interned so far.
#[derive(Debug, Default)]
pub(super) struct Reader {
    symbols: Map<String, Symbol>,
    namespaces: BTreeMap<String, u32>,
}

impl Reader {
    pub(super) fn world(mut self, world: &World) -> Interpreter {
        let mut namespaces = Vec::with_capacity(world.namespaces.len());
        for (number, namespace) in (0..).zip(&world.namespaces) {
            self.namespaces.insert(namespace.metadata.name.clone(), number);
            let labels = self.labels(&namespace.metadata.labels);
            namespaces.push(Namespace { labels, policies: Vec::new() });
        }
        for policy in &world.policies {
            let record = self.policy(policy);
            namespaces[record.namespace as usize].policies.push(record);
        }
        let mut interpreter = Interpreter {
            ipv4: Map::default(),
            ipv6: Map::default(),
            pods: Vec::with_capacity(world.pods.len()),
            namespaces,
            admin: self.tier(&world.cluster_policies, "Admin"),
            baseline: self.tier(&world.cluster_policies, "Baseline"),
        };
        for (number, pod) in (0..).zip(&world.pods) {
            for address in addresses(&pod.status.pod_ips) {
                match address {
                    IpAddr::V4(address) => interpreter.ipv4.insert(address.to_bits(), number),
                    IpAddr::V6(address) => interpreter.ipv6.insert(address.to_bits(), number),
                };
            }
            interpreter.pods.push(self.pod(pod));
        }
        interpreter
    }

    pub(super) fn symbol(&mut self, text: &str) -> Symbol {
        let next = Symbol::try_from(self.symbols.len()).expect("symbols are fewer than 2^32");
        *self.symbols.entry_ref(text).or_insert(next)
    }

    fn labels(&mut self, labels: &model::Labels) -> Labels {
        let mut labels = labels
            .iter()
            .map(|(key, value)| (self.symbol(key), self.symbol(value)))
            .collect::<Labels>();
        labels.sort_unstable();
        labels
    }

    fn pod(&mut self, pod: &model::Pod) -> Pod {
        let ports = pod.spec.containers.iter().flat_map(|container| &container.ports);
        let ports = ports.map(|port| NamedPort {
            name: self.symbol(&port.name),
            protocol: protocol(port.protocol.as_deref()),
            number: u16::try_from(port.container_port).expect("a port number"),
        });
        let ports = ports.collect();
        Pod {
            namespace: self.namespaces[&pod.metadata.namespace],
            labels: self.labels(&pod.metadata.labels),
            ports,
            own_node: addresses(&pod.status.host_ips).collect(),
        }
    }

    fn policy(&mut self, policy: &model::NetworkPolicy) -> PolicyRecord {
        let spec = &policy.spec;
        let isolates = |direction: &str| spec.policy_types.iter().any(|name| name == direction);
        let ingress = spec.ingress.iter().map(|rule| self.rule(&rule.ports, &rule.from));
        let ingress = ingress.collect();
        let egress = spec.egress.iter().map(|rule| self.rule(&rule.ports, &rule.to));
        let egress = egress.collect();
        PolicyRecord {
            namespace: self.namespaces[&policy.metadata.namespace],
            subject: self.selector(&spec.pod_selector),
            ingress: isolates("Ingress").then_some(ingress),
            egress: isolates("Egress").then_some(egress),
        }
    }

    fn rule(&mut self, ports: &[NetworkPolicyPort], peers: &[NetworkPolicyPeer]) -> Rule {
        Rule {
            ports: ports.iter().map(|port| self.port(port)).collect(),
            peers: peers.iter().map(|peer| self.peer(peer)).collect(),
        }
    }

    fn port(&mut self, port: &NetworkPolicyPort) -> Port {
        let protocol = protocol(port.protocol.as_deref());
        match &port.port {
            None => Port::Range { protocol, first: 0, last: u16::MAX },
            Some(IntOrString::String(name)) => Port::Named { protocol, name: self.symbol(name) },
            Some(IntOrString::Int(first)) => {
                let last = port.end_port.unwrap_or(*first);
                let number = |number| u16::try_from(number).expect("a port number");
                Port::Range { protocol, first: number(*first), last: number(last) }
            }
        }
    }

    fn peer(&mut self, peer: &NetworkPolicyPeer) -> Peer {
        if let Some(block) = &peer.ip_block {
            let except = block.except.iter().map(|text| prefix(text)).collect();
            return Peer::Block { cidr: prefix(&block.cidr), except };
        }
        let everything = LabelSelector::default();
        let namespaces = peer.namespace_selector.as_ref().map(|selector| self.selector(selector));
        let pods = self.selector(peer.pod_selector.as_ref().unwrap_or(&everything));
        Peer::Pods { namespaces, pods }
    }

    pub(super) fn selector(&mut self, selector: &LabelSelector) -> Selector {
        let mut requirements = Vec::new();
        for (key, value) in &selector.match_labels {
            let (key, value) = (self.symbol(key), self.symbol(value));
            requirements.push(Requirement::Equals { key, value });
        }
        for requirement in &selector.match_expressions {
            let key = self.symbol(&requirement.key);
            let values = requirement.values.iter().map(|value| self.symbol(value)).collect();
            requirements.push(match requirement.operator.as_str() {
                "In" => Requirement::In { key, values },
                "NotIn" => Requirement::NotIn { key, values },
                "Exists" => Requirement::Exists { key },
                "DoesNotExist" => Requirement::DoesNotExist { key },
                other => panic!("operator {other}"),
            });
        }
        Selector(requirements.into())
    }
}

pub(super) fn protocol(name: Option<&str>) -> Protocol {
    Protocol::from_api(name.unwrap_or("TCP")).expect("a protocol that policies know")
}

pub(super) fn prefix(text: &str) -> Prefix {
    match text.parse().expect("a prefix") {
        IpNet::V4(prefix) => {
            Prefix::Ipv4 { network: prefix.network().to_bits(), mask: prefix.netmask().to_bits() }
        }
        IpNet::V6(prefix) => {
            Prefix::Ipv6 { network: prefix.network().to_bits(), mask: prefix.netmask().to_bits() }
        }
    }
}

fn addresses(list: &[String]) -> impl Iterator<Item = IpAddr> {
    list.iter().map(|text| text.parse().expect("an address"))
}
