use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use netpol_core::model::NetworkPolicyPeer;
use netpol_core::net::Protocol;
use netpol_core::packet::{Packet, Transport, Verdict};
use serde::{Deserialize, Serialize};

use super::pods::{IPV4_PODS, IPV6_PODS, UNKNOWN_HOST};
use super::policies::{WELL_KNOWN_PORTS, protocol};
use super::random::{Random, Weights};
use super::selectors::{APP, FIRST_APP};
use super::{Adversary, Parameters, World};

/// What a [`Trace`] is like.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TraceParameters {
    /// Start of all randomness.
    pub seed: u64,
    /// How many packets. Below a quarter of a million, branch predictors learn the list by heart
    /// and every number is too good.
    pub packets: usize,
    /// Zipf exponent over the pods, 0 for uniform traffic.
    pub skew: f64,
    /// Share within a namespace.
    pub same_namespace: f64,
    /// Share between a pod and the outside, half of it in each direction.
    pub external: f64,
    /// Share between a pod and an address in the pods' range that nobody has.
    pub unknown: f64,
    /// Share to one of the sixteen ports that rules prefer; the others go to any port.
    pub well_known_ports: f64,
    /// Share of packets that are allowed, brought about by drawing until it is so; `None` for
    /// whatever it happens to be.
    pub allowed: Option<f64>,
}

impl Default for TraceParameters {
    fn default() -> TraceParameters {
        TraceParameters {
            seed: 20_261_121,
            packets: 1 << 18,
            skew: 0.0,
            same_namespace: 0.60,
            external: 0.15,
            unknown: 0.01,
            well_known_ports: 0.95,
            allowed: None,
        }
    }
}

/// Packets sent in a [`World`], connections being opened.
#[derive(Clone, Debug)]
pub struct Trace {
    /// What it was drawn from.
    pub parameters: TraceParameters,
    /// The packets; none is from a pod to itself or from a node.
    pub packets: Vec<Packet>,
}

/// How often a packet with the wanted verdict is looked for.
const PATIENCE: usize = 10_000;

impl Trace {
    /// Draws the trace of these parameters. `decide` is asked only when a share of allowed packets
    /// is wanted.
    ///
    /// # Panics
    ///
    /// When the world has fewer than two pods.
    pub fn generate(
        world: &World,
        parameters: &TraceParameters,
        decide: impl Fn(&Packet) -> Verdict,
    ) -> Trace {
        let mut sender = Sender::new(world, parameters);
        let packets = (0..parameters.packets).map(|_| {
            let mut packet = sender.packet();
            if let Some(share) = parameters.allowed {
                let wanted = Verdict::from_allowed(sender.random.chance(share));
                for _ in 0..PATIENCE {
                    if decide(&packet) == wanted {
                        break;
                    }
                    packet = sender.packet();
                }
            }
            packet
        });
        Trace { parameters: *parameters, packets: packets.collect() }
    }
}

/// Draws packets.
struct Sender<'world> {
    world: &'world Parameters,
    parameters: &'world TraceParameters,
    random: Random,
    popularity: Weights,
    /// The pods, the most popular first.
    pods: Vec<Talker>,
    /// By namespace: its pods, by their place in `pods`.
    namespaces: Vec<Vec<usize>>,
    /// The blocks that rules speak of, all-embracing ones left out.
    blocks: Vec<IpNet>,
    heavy: Option<Heavy>,
}

/// The two sides of [`Adversary::BothHeavy`], by their places in [`Sender::pods`].
struct Heavy {
    /// Who matches many peers.
    matching: Vec<usize>,
    /// Who has many rules.
    hot: Vec<usize>,
}

/// A pod.
struct Talker {
    namespace: usize,
    first_app: bool,
    ipv4: Option<IpAddr>,
    ipv6: Option<IpAddr>,
}

impl<'world> Sender<'world> {
    fn new(world: &'world World, parameters: &'world TraceParameters) -> Self {
        let mut random = Random::new(parameters.seed, "trace");
        let names = (0..).zip(&world.namespaces);
        let numbers = names
            .map(|(number, namespace)| (namespace.metadata.name.as_str(), number))
            .collect::<BTreeMap<_, _>>();
        let mut pods = world
            .pods
            .iter()
            .map(|pod| {
                let addresses = pod.status.pod_ips.iter().filter_map(|text| text.parse().ok());
                let addresses = addresses.collect::<Vec<IpAddr>>();
                Talker {
                    namespace: numbers[pod.metadata.namespace.as_str()],
                    first_app: pod.metadata.labels.get(APP).is_some_and(|app| app == FIRST_APP),
                    ipv4: addresses.iter().copied().find(IpAddr::is_ipv4),
                    ipv6: addresses.iter().copied().find(IpAddr::is_ipv6),
                }
            })
            .collect::<Vec<_>>();
        random.shuffle(&mut pods);
        let mut namespaces = vec![Vec::new(); world.namespaces.len()];
        for (number, pod) in pods.iter().enumerate() {
            namespaces[pod.namespace].push(number);
        }
        let heavy = match world.parameters.adversary {
            Some(Adversary::BothHeavy { .. }) => namespaces.get(1).map(|second| Heavy {
                matching: second.iter().copied().filter(|pod| pods[*pod].first_app).collect(),
                hot: namespaces[0].clone(),
            }),
            _ => None,
        };
        let rules = world.policies.iter().flat_map(|policy| {
            let ingress = policy.spec.ingress.iter().flat_map(|rule| &rule.from);
            ingress.chain(policy.spec.egress.iter().flat_map(|rule| &rule.to))
        });
        let block = |peer: &NetworkPolicyPeer| peer.ip_block.as_ref()?.cidr.parse().ok();
        let blocks = rules.filter_map(block).filter(|block: &IpNet| block.prefix_len() > 0);
        Sender {
            world: &world.parameters,
            parameters,
            popularity: Weights::zipf(pods.len(), parameters.skew),
            random,
            pods,
            namespaces,
            blocks: blocks.collect(),
            heavy,
        }
    }

    fn packet(&mut self) -> Packet {
        let ipv6 = self.random.chance(self.world.ipv6_share);
        let (source, destination) = loop {
            if let Some(ends) = self.crossing(ipv6) {
                break ends;
            }
            let pod = self.popularity.draw(&mut self.random);
            let Some(address) = self.address(pod, ipv6) else { continue };
            let point = self.random.unit();
            let kinds = self.parameters;
            let peer = if point < kinds.unknown {
                self.unknown(ipv6)
            } else if point < kinds.unknown + kinds.external {
                self.external(ipv6)
            } else if point < kinds.unknown + kinds.external + kinds.same_namespace {
                let neighbours = &self.namespaces[self.pods[pod].namespace];
                // The remainder keeps the skew: the first neighbours are the popular ones.
                let rank = self.popularity.draw(&mut self.random) % neighbours.len();
                let Some(peer) = self.address(neighbours[rank], ipv6) else { continue };
                peer
            } else {
                let other = self.popularity.draw(&mut self.random);
                let Some(peer) = self.address(other, ipv6) else { continue };
                peer
            };
            // A pod and itself, or this host, ask no policy.
            if address != peer && !peer.is_loopback() {
                break if self.random.chance(0.5) { (address, peer) } else { (peer, address) };
            }
        };
        let port = if self.random.chance(self.parameters.well_known_ports) {
            *self.random.pick(&WELL_KNOWN_PORTS)
        } else {
            self.random.between(1, u16::MAX)
        };
        let transport =
            Transport::Ports { source: self.random.between(32_768, 60_999), destination: port };
        let protocol = match protocol(self.world, &mut self.random) {
            "SCTP" => Protocol::SCTP,
            "UDP" => Protocol::UDP,
            _ => Protocol::TCP,
        };
        Packet::new(source, destination, protocol, transport)
    }

    /// Now and then, the worst that [`Adversary::BothHeavy`] has to offer.
    fn crossing(&mut self, ipv6: bool) -> Option<(IpAddr, IpAddr)> {
        let heavy = self.heavy.as_ref()?;
        if heavy.matching.is_empty() || !self.random.chance(Adversary::CROSSING) {
            return None;
        }
        let source = *self.random.pick(&heavy.matching);
        let destination = *self.random.pick(&heavy.hot);
        Some((self.address(source, ipv6)?, self.address(destination, ipv6)?))
    }

    fn address(&self, pod: usize, ipv6: bool) -> Option<IpAddr> {
        if ipv6 { self.pods[pod].ipv6 } else { self.pods[pod].ipv4 }
    }

    /// Among the addresses of a node's pods, behind the last.
    fn unknown(&mut self, ipv6: bool) -> IpAddr {
        let nodes = self.world.pods.div_ceil(self.world.pods_per_node);
        let node = self.random.below(nodes) as u32;
        if ipv6 {
            let bits = IPV6_PODS.network().to_bits() + (u128::from(node) << 64) + 0xffff;
            Ipv6Addr::from_bits(bits).into()
        } else {
            Ipv4Addr::from_bits(IPV4_PODS.network().to_bits() + (node << 8) + UNKNOWN_HOST).into()
        }
    }

    /// Every other time in a block that some rule speaks of.
    fn external(&mut self, ipv6: bool) -> IpAddr {
        let random = &mut self.random;
        if random.chance(0.5) && !self.blocks.is_empty() {
            match *random.pick(&self.blocks) {
                IpNet::V4(block) if !ipv6 => {
                    let host = random.bits() as u32 & block.hostmask().to_bits();
                    return Ipv4Addr::from_bits(block.network().to_bits() | host).into();
                }
                IpNet::V6(block) if ipv6 => {
                    let host = random.wide_bits() & block.hostmask().to_bits();
                    return Ipv6Addr::from_bits(block.network().to_bits() | host).into();
                }
                _ => {}
            }
        }
        if ipv6 {
            Ipv6Addr::from_bits(random.wide_bits() >> 3 | 1 << 125).into()
        } else {
            // Up to where multicast begins.
            let first = u32::from(random.between(1, 223));
            Ipv4Addr::from_bits(first << 24 | random.bits() as u32 & 0x00ff_ffff).into()
        }
    }
}
