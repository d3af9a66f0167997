use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use netpol_core::model::IpBlock;

use super::Parameters;
use super::pods::{IPV4_PODS, IPV6_PODS};
use super::random::{Random, Weights};

/// The ipBlocks that rules choose from.
#[derive(Debug)]
pub(super) struct Blocks {
    pool: Vec<IpBlock>,
    internet: f64,
    ipv6_share: f64,
}

/// Lengths of IPv4 prefixes and how frequent they are; of IPv6 prefixes four times the length.
const LENGTHS: [(u8, f64); 9] = [
    (32, 35.0),
    (24, 25.0),
    (16, 8.0),
    (28, 7.0),
    (20, 7.0),
    (22, 6.0),
    (26, 5.0),
    (27, 5.0),
    (12, 2.0),
];

/// Share of blocks that lie among the addresses of pods.
const AMONG_PODS: f64 = 0.02;

impl Blocks {
    pub(super) fn new(parameters: &Parameters) -> Blocks {
        let mut random = Random::new(parameters.seed, "blocks");
        let lengths = Weights::new(LENGTHS.map(|(_, weight)| weight));
        let pool = (0..parameters.blocks).map(|_| {
            let (length, _) = LENGTHS[lengths.draw(&mut random)];
            let cidr = if random.chance(parameters.ipv6_share) {
                IpNet::from(ipv6(&mut random, length * 4))
            } else {
                IpNet::from(ipv4(&mut random, length))
            };
            let with_excepts = cidr.prefix_len() < cidr.max_prefix_len()
                && random.chance(parameters.peer_mix.excepts);
            let count = if with_excepts { 1 + random.below(3) } else { 0 };
            let except = (0..count).map(|_| inside(&mut random, cidr).to_string()).collect();
            IpBlock { cidr: cidr.to_string(), except }
        });
        Blocks {
            pool: pool.collect(),
            internet: parameters.peer_mix.internet,
            ipv6_share: parameters.ipv6_share,
        }
    }

    /// A block for a rule.
    pub(super) fn draw(&self, random: &mut Random) -> IpBlock {
        if !random.chance(self.internet) {
            return random.pick(&self.pool).clone();
        }
        let (cidr, private): (_, &[&str]) = if random.chance(self.ipv6_share) {
            ("::/0", &["fc00::/7"])
        } else {
            ("0.0.0.0/0", &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"])
        };
        let except = private.iter().map(|range| (*range).to_owned()).collect();
        IpBlock { cidr: cidr.to_owned(), except }
    }

    /// Any IPv4 prefix of 16 to 32 bits.
    pub(super) fn small_ipv4(random: &mut Random) -> String {
        let length = 16 + random.below(17) as u8;
        Ipv4Net::new_assert(Ipv4Addr::from_bits(random.bits() as u32), length).trunc().to_string()
    }
}

fn ipv4(random: &mut Random, length: u8) -> Ipv4Net {
    let mut bits = random.bits() as u32;
    if random.chance(AMONG_PODS) {
        bits = IPV4_PODS.network().to_bits() | bits & IPV4_PODS.hostmask().to_bits();
    }
    Ipv4Net::new_assert(Ipv4Addr::from_bits(bits), length).trunc()
}

fn ipv6(random: &mut Random, length: u8) -> Ipv6Net {
    let mut bits = random.wide_bits();
    if random.chance(AMONG_PODS) {
        bits = IPV6_PODS.network().to_bits() | bits & IPV6_PODS.hostmask().to_bits();
    } else {
        // Global unicast, as everything that is announced.
        bits = bits >> 3 | 1 << 125;
    }
    Ipv6Net::new_assert(Ipv6Addr::from_bits(bits), length).trunc()
}

/// A prefix inside another, one to eight bits longer.
fn inside(random: &mut Random, outer: IpNet) -> IpNet {
    let length = outer.prefix_len() + 1 + random.below(8) as u8;
    let length = length.min(outer.max_prefix_len());
    let prefix = match outer {
        IpNet::V4(outer) => {
            let host = random.bits() as u32 & outer.hostmask().to_bits();
            let address = Ipv4Addr::from_bits(outer.network().to_bits() | host);
            IpNet::from(Ipv4Net::new_assert(address, length))
        }
        IpNet::V6(outer) => {
            let host = random.wide_bits() & outer.hostmask().to_bits();
            let address = Ipv6Addr::from_bits(outer.network().to_bits() | host);
            IpNet::from(Ipv6Net::new_assert(address, length))
        }
    };
    prefix.trunc()
}
