use std::collections::BTreeSet;
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
    pub(super) addresses: BTreeSet<IpAddr>,
    /// Addresses that came to a node or went from one.
    pub(super) node_addresses: Vec<IpAddr>,
    /// Sets of own-node addresses to be put together again.
    pub(super) own_nodes: Set<u32>,
    /// Whether prefixes of IPv6 came, went or changed.
    pub(super) ipv6_prefixes: bool,
}
