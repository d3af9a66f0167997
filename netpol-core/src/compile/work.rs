use std::net::IpAddr;

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

/// Addresses, each once when it is read; to add one is cheap.
#[derive(Clone, Debug, Default)]
pub(super) struct AddressList {
    list: Vec<IpAddr>,
    /// How many there were when it was sorted last.
    distinct: usize,
}

impl AddressList {
    pub(super) fn insert(&mut self, address: IpAddr) {
        // Prefixes that overlap name the same addresses again and again.
        if self.list.len() > 2 * self.distinct + 1024 {
            self.sorted();
        }
        self.list.push(address);
    }

    /// All of them, in order.
    pub(super) fn sorted(&mut self) -> &[IpAddr] {
        self.list.sort_unstable();
        self.list.dedup();
        self.distinct = self.list.len();
        &self.list
    }

    pub(super) fn clear(&mut self) {
        self.list.clear();
        self.distinct = 0;
    }
}
