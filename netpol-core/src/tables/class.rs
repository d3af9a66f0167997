use super::{OrderedId, RuleSetId, SignatureId};

/// Number of a [`Class`], with two bits that spare most packets a look at more than the class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ClassId(u32);

/// The addresses need a look at the cold tables: a node's, loopback, an unknown pod's.
const FLAGGED: u32 = 1 << 29;

/// The class has ordered rule sets.
const ORDERED: u32 = 1 << 28;

/// What two classes ask for beyond their plain rule sets; one value for a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marks(u32);

impl Marks {
    /// Nothing.
    pub(crate) const NONE: Marks = Marks(0);
    /// One of the classes has ordered rule sets.
    pub(crate) const ORDERED: Marks = Marks(ORDERED);
}

impl ClassId {
    /// The class of addresses that nothing is known about.
    pub(crate) const UNKNOWN: ClassId = ClassId(0);
    /// How many records there can be.
    pub(crate) const LIMIT: u32 = ORDERED;

    /// The class with this record number.
    pub(crate) const fn new(record: u32, flagged: bool, ordered: bool) -> ClassId {
        let marks = if flagged { FLAGGED } else { 0 } | if ordered { ORDERED } else { 0 };
        ClassId(record | marks)
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
        self.0 & !(FLAGGED | ORDERED)
    }

    /// What a packet between the two classes asks for.
    #[inline]
    pub(crate) const fn marks(self, other: ClassId) -> Marks {
        Marks((self.0 | other.0) & (FLAGGED | ORDERED))
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

impl Class {
    /// Whether there is an ordered list in either direction.
    pub(crate) fn is_ordered(&self) -> bool {
        [self.ingress, self.egress]
            .iter()
            .any(|sets| sets.before != OrderedId::EMPTY || sets.after != OrderedId::EMPTY)
    }
}
