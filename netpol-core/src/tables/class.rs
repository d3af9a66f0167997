use super::{RuleSetId, SignatureId};

/// Number of a [`Class`], with one bit that is about the addresses rather than the class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ClassId(u32);

/// The addresses need a look at the cold tables: a node's, loopback, an unknown pod's.
const FLAGGED: u32 = 1 << 29;

impl ClassId {
    /// The class of addresses that nothing is known about.
    pub(crate) const UNKNOWN: ClassId = ClassId(0);

    /// The class with this record number.
    pub(crate) const fn new(record: u32, flagged: bool) -> ClassId {
        ClassId(record | if flagged { FLAGGED } else { 0 })
    }

    /// From the 30 bits that an address table keeps.
    pub(crate) const fn from_bits(bits: u32) -> ClassId {
        ClassId(bits)
    }

    /// As the 30 bits that an address table keeps.
    pub(crate) const fn bits(self) -> u32 {
        self.0
    }

    /// The number of the record.
    pub(crate) const fn record(self) -> u32 {
        self.0 & !FLAGGED
    }

    /// Whether either of two classes is flagged; one test for a packet.
    pub(crate) const fn either_flagged(self, other: ClassId) -> bool {
        (self.0 | other.0) & FLAGGED != 0
    }
}

/// What `decide` knows about an address: 16 bytes.
///
/// The ordered tiers add a rule set of their own before and after each direction's; the record
/// then has 32 bytes, two to a cache line, and stays the only one that grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(C, align(16))]
pub(crate) struct Class {
    /// Who may reach it.
    pub(crate) ingress: RuleSetId,
    /// Whom it may reach.
    pub(crate) egress: RuleSetId,
    /// What it is to ingress rules, as a source.
    pub(crate) as_source: SignatureId,
    /// What it is to egress rules, as a destination.
    pub(crate) as_destination: SignatureId,
}
