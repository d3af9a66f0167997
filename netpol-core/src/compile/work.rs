use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::gathered::Gathered;
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
    pub(super) endpoints: Gathered<u32>,
    /// Label classes whose atoms or rule sets may have changed.
    pub(super) label_classes: Gathered<u32>,
    /// Prefixes whose atoms or flags changed, for those in them.
    pub(super) prefixes: Set<u32>,
    /// Classes whose labels' or prefix's part changed.
    pub(super) classes: Gathered<u32>,
    /// Addresses whose owner or class may have changed.
    pub(super) addresses: AddressList,
    /// Addresses that came to a node or went from one.
    pub(super) node_addresses: Vec<IpAddr>,
    /// Sets of own-node addresses to be put together again.
    pub(super) own_nodes: Set<u32>,
    /// Whether prefixes of IPv6 came, went or changed.
    pub(super) ipv6_prefixes: bool,
}

/// Addresses, each once when they are read.
#[derive(Clone, Debug, Default)]
pub(super) struct AddressList {
    ipv4: Gathered<u32>,
    ipv6: Gathered<u128>,
}

impl AddressList {
    pub(super) fn insert(&mut self, address: IpAddr) {
        match address {
            IpAddr::V4(address) => self.ipv4.insert(address.to_bits()),
            IpAddr::V6(address) => self.ipv6.insert(address.to_bits()),
        }
    }

    /// All of them, in order, and those of IPv6.
    pub(super) fn sorted(&mut self) -> Sorted<'_> {
        Sorted { ipv4: self.ipv4.sorted(), ipv6: self.ipv6.sorted() }
    }

    pub(super) fn clear(&mut self) {
        self.ipv4.clear();
        self.ipv6.clear();
    }
}

/// The addresses of an [`AddressList`], in order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sorted<'list> {
    pub(super) ipv4: &'list [u32],
    pub(super) ipv6: &'list [u128],
}

impl<'list> Sorted<'list> {
    pub(super) fn iter(self) -> impl Iterator<Item = IpAddr> + 'list {
        let ipv4 = self.ipv4.iter().map(|address| Ipv4Addr::from_bits(*address).into());
        ipv4.chain(self.ipv6.iter().map(|address| Ipv6Addr::from_bits(*address).into()))
    }
}
