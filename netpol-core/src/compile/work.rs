use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::hash::Set;
use crate::inventory::Fact;

/// What the steps of a publication leave for later steps to do, each thing once.
#[derive(Clone, Debug, Default)]
pub(super) struct Work {
    /// Facts of pods that selectors began or ceased to ask for.
    pub(super) facts: Vec<Fact>,
    /// The same of port names.
    pub(super) port_names: Vec<Fact>,
    /// Endpoints to be placed.
    pub(super) endpoints: Set<u32>,
    /// Label classes whose atoms or rule sets may have changed.
    pub(super) label_classes: Set<u32>,
    /// Prefixes whose atoms or flags changed, for those in them.
    pub(super) prefixes: Set<u32>,
    /// Classes whose labels' or prefix's part changed.
    pub(super) classes: Set<u32>,
    /// Addresses whose owner or class may have changed.
    pub(super) addresses: AddressList,
    /// Addresses that came to a node or went from one.
    pub(super) node_addresses: Vec<IpAddr>,
    /// Sets of own-node addresses to be put together again.
    pub(super) own_nodes: Set<u32>,
    /// Whether prefixes of IPv6 came, went or changed.
    pub(super) ipv6_prefixes: bool,
}

/// Addresses, each once when they are read; to add one is cheap.
#[derive(Clone, Debug, Default)]
pub(super) struct AddressList {
    ipv4: Vec<u32>,
    ipv6: Vec<u128>,
    /// How many there were when they were sorted last.
    distinct: usize,
}

impl AddressList {
    pub(super) fn insert(&mut self, address: IpAddr) {
        // Prefixes that overlap name the same addresses again and again.
        if self.len() > 2 * self.distinct + 1024 {
            self.sort();
        }
        match address {
            IpAddr::V4(address) => self.ipv4.push(address.to_bits()),
            IpAddr::V6(address) => self.ipv6.push(address.to_bits()),
        }
    }

    /// To be called before reading.
    pub(super) fn sort(&mut self) {
        self.ipv4.sort_unstable();
        self.ipv4.dedup();
        self.ipv6.sort_unstable();
        self.ipv6.dedup();
        self.distinct = self.len();
    }

    /// All of them, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = IpAddr> {
        let ipv4 = self.ipv4.iter().map(|address| Ipv4Addr::from_bits(*address).into());
        ipv4.chain(self.ipv6.iter().map(|address| Ipv6Addr::from_bits(*address).into()))
    }

    /// Those of IPv6, in order.
    pub(super) fn ipv6(&self) -> &[u128] {
        &self.ipv6
    }

    pub(super) const fn len(&self) -> usize {
        self.ipv4.len() + self.ipv6.len()
    }

    pub(super) fn clear(&mut self) {
        self.ipv4.clear();
        self.ipv6.clear();
        self.distinct = 0;
    }
}
