use std::net::IpAddr;

use ipnet::IpNet;

/// Whose verdicts may differ from those before a publication.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    /// Nothing is known about what is as it was.
    pub(crate) everything: bool,
    /// Classes that mean something else: for all who were of them and still are. Sorted.
    pub(crate) classes: Box<[u32]>,
    /// Endpoints that came, went or are of other classes. Sorted.
    pub(crate) endpoints: Box<[u32]>,
    /// Addresses that came to other owners or classes. Sorted.
    pub(crate) addresses: Box<[IpAddr]>,
    /// Prefixes whose addresses that are nobody's came to other classes.
    pub(crate) prefixes: Box<[IpNet]>,
}

impl Change {
    /// One that says nothing.
    pub(crate) fn everything() -> Change {
        Change { everything: true, ..Change::default() }
    }

    /// How many entries it has.
    pub(crate) fn len(&self) -> usize {
        self.classes.len() + self.endpoints.len() + self.addresses.len() + self.prefixes.len()
    }
}
