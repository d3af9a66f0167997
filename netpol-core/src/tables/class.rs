use super::{OrderedId, RuleSetId, SignatureId};

/// Number of a [`Class`], with a bit that tells which packets need a look at more than classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ClassId(u32);

/// The address needs a look at the cold tables: a node's, loopback, an unknown pod's.
const FLAGGED: u32 = 1 << 29;

impl ClassId {
    /// The class of addresses that nothing is known about.
    pub(crate) const UNKNOWN: ClassId = ClassId(0);

    /// The class with this record number.
    pub(crate) const fn new(record: u32, flagged: bool) -> ClassId {
        ClassId(if flagged { record | FLAGGED } else { record })
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

    /// Whether the address needs a look at the cold tables.
    pub(crate) const fn is_flagged(self) -> bool {
        self.0 & FLAGGED != 0
    }

    /// Whether one of two addresses is flagged.
    #[inline]
    pub(crate) const fn is_either_flagged(self, other: ClassId) -> bool {
        (self.0 | other.0) & FLAGGED != 0
    }
}

/// What `decide` knows about an address: 32 bytes, two to a cache line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(C, align(32))]
pub(crate) struct Class {
    /// Who may reach it.
    pub(crate) ingress: RuleSetsOfTiers,
    /// Whom it may reach.
    pub(crate) egress: RuleSetsOfTiers,
    /// What it is to ingress rules, as a source.
    pub(crate) as_source: SignatureId,
    /// What it is to egress rules, as a destination.
    pub(crate) as_destination: SignatureId,
}

/// The rules for one direction: those that add up, between two lists of which the first match
/// decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct RuleSetsOfTiers {
    /// Asked first.
    pub(crate) before: OrderedId,
    /// Asked next; where it isolates, it is final.
    pub(crate) isolating: RuleSetId,
    /// Asked last.
    pub(crate) after: OrderedId,
}

impl RuleSetsOfTiers {
    /// Whether there is an ordered list.
    #[inline]
    pub(crate) const fn is_ordered(&self) -> bool {
        self.before.0 | self.after.0 != 0
    }
}
