use super::{Atom, OrderedId, RuleSetId, SignatureId};

/// Number of a [`Class`], with a bit that tells which packets need a look at more than classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ClassId(u32);

/// Set in every number, so that tables of addresses can tell classes from what leads to one.
const CLASS: u32 = 1 << 31;

/// The address needs a look at the cold tables: a node's, loopback, an unknown pod's.
const FLAGGED: u32 = 1 << 29;

impl ClassId {
    /// The class of addresses that nothing is known about.
    pub(crate) const UNKNOWN: ClassId = ClassId::new(0, false);

    /// Stands for two ends that classes alone do not judge, whatever their addresses are.
    pub(crate) const FLAGGED: ClassId = ClassId::new(0, true);

    /// The class with this record number.
    pub(crate) const fn new(record: u32, flagged: bool) -> ClassId {
        ClassId(if flagged { record | FLAGGED | CLASS } else { record | CLASS })
    }

    /// From what an address table keeps.
    pub(crate) const fn from_bits(bits: u32) -> ClassId {
        ClassId(bits)
    }

    /// As what an address table keeps: the highest bit is always set.
    pub(crate) const fn bits(self) -> u32 {
        self.0
    }

    /// The number of the record.
    pub(crate) const fn record(self) -> u32 {
        self.0 & !(FLAGGED | CLASS)
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

impl Default for ClassId {
    fn default() -> ClassId {
        ClassId::UNKNOWN
    }
}

/// What `decide` knows about an address: one cache line.
///
/// Whether two classes have anything to do with each other is settled for most packets by bit
/// patterns of atoms, with no look at the rules and signatures themselves. Who passes without
/// matching any atom has the bit of [`Atom::EVERYBODY`], which is in the pattern of every peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(C, align(64))]
pub(crate) struct Class {
    /// The bits of whom ingress rules speak as a source: who has none is denied. All where that does
    /// not follow.
    pub(crate) admits_sources: u64,
    /// The same of egress rules and destinations.
    pub(crate) admits_destinations: u64,
    /// The bits of what it is to ingress rules, as a source.
    source_bloom: u64,
    /// The bits of what it is to egress rules, as a destination.
    destination_bloom: u64,
    /// Who may reach it.
    pub(crate) ingress: RuleSetsOfTiers,
    /// Whom it may reach.
    pub(crate) egress: RuleSetsOfTiers,
    as_source: SignatureId,
    as_destination: SignatureId,
}

/// What an address is to the rules of one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The bits of the signature's atoms, and that of everybody.
    pub(crate) bloom: u64,
    pub(crate) signature: SignatureId,
}

impl Identity {
    /// The peer with this signature of these atoms.
    pub(crate) fn new<'atoms>(
        signature: SignatureId,
        atoms: impl IntoIterator<Item = &'atoms Atom>,
    ) -> Identity {
        let everybody = Atom::EVERYBODY.bloom();
        let bloom = atoms.into_iter().fold(everybody, |bloom, atom| bloom | atom.bloom());
        Identity { bloom, signature }
    }
}

impl Default for Class {
    fn default() -> Class {
        let (open, nobody) =
            (RuleSetsOfTiers::default(), Identity::new(SignatureId::default(), &[]));
        Class::new((open, u64::MAX), (open, u64::MAX), nobody, nobody)
    }
}

impl Class {
    /// From the rules for each direction with the bits of what they may admit, and what it is to
    /// others as a source and as a destination.
    pub(crate) const fn new(
        ingress: (RuleSetsOfTiers, u64),
        egress: (RuleSetsOfTiers, u64),
        source: Identity,
        destination: Identity,
    ) -> Class {
        Class {
            admits_sources: ingress.1,
            admits_destinations: egress.1,
            source_bloom: source.bloom,
            destination_bloom: destination.bloom,
            ingress: ingress.0,
            egress: egress.0,
            as_source: source.signature,
            as_destination: destination.signature,
        }
    }

    /// What it is to ingress rules.
    #[inline]
    pub(crate) const fn as_source(&self) -> Identity {
        Identity { bloom: self.source_bloom, signature: self.as_source }
    }

    /// What it is to egress rules.
    #[inline]
    pub(crate) const fn as_destination(&self) -> Identity {
        Identity { bloom: self.destination_bloom, signature: self.as_destination }
    }

    /// Whether rules of one of both ends surely let nothing pass from this source to
    /// `destination`, unless it is of a protocol that options let pass.
    #[inline]
    pub(crate) const fn is_cut_off_from(&self, destination: &Class) -> bool {
        destination.admits_sources & self.source_bloom == 0
            || self.admits_destinations & destination.destination_bloom == 0
    }
}

/// The rules for one direction: those that add up, between two lists of which the first match
/// decides.
///
/// Where those that add up isolate, they are final, so the last word is free for what attribution
/// tells where none matches; most classes have no list anyway. So it reads no more cache lines than
/// the verdict does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RuleSetsOfTiers {
    /// The list that is asked first, marked; 0 where no list is ever asked.
    before: u32,
    /// Asked next; where it isolates, it is final.
    pub(crate) isolating: RuleSetId,
    /// The list that is asked last, or [`Otherwise`].
    last: u32,
}

/// What is told where no rule matches: a number whose meaning the directory knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Otherwise(pub(crate) u32);

/// Set in [`RuleSetsOfTiers::before`] when there is a list that may be asked, before or after.
const ORDERED: u32 = 1 << 31;

impl Default for RuleSetsOfTiers {
    /// Those of no pod: there are no rules.
    fn default() -> RuleSetsOfTiers {
        let (none, open) = (OrderedId::EMPTY, RuleSetId::NOT_ISOLATED);
        RuleSetsOfTiers::new(none, open, none, Otherwise::NOT_A_POD)
    }
}

impl Otherwise {
    /// There is no pod that a policy could isolate.
    pub(crate) const NOT_A_POD: Otherwise = Otherwise(u32::MAX);
}

impl RuleSetsOfTiers {
    /// From the list that is asked first, what is asked next, the list that is asked last, and what
    /// is told otherwise.
    pub(crate) const fn new(
        before: OrderedId,
        isolating: RuleSetId,
        after: OrderedId,
        otherwise: Otherwise,
    ) -> RuleSetsOfTiers {
        // Where NetworkPolicies isolate, nothing is asked after them.
        let isolates = isolating.0 != RuleSetId::NOT_ISOLATED.0;
        let after = if isolates { OrderedId::EMPTY } else { after };
        if before.0 | after.0 == 0 {
            return RuleSetsOfTiers { before: 0, isolating, last: otherwise.0 };
        }
        let last = if isolates { otherwise.0 } else { after.0 };
        RuleSetsOfTiers { before: before.0 | ORDERED, isolating, last }
    }

    /// Whether there is an ordered list that may be asked.
    #[inline]
    pub(crate) const fn is_ordered(&self) -> bool {
        self.before != 0
    }

    /// Whether what no rule admits is denied, unless a list that is asked before says otherwise.
    #[inline]
    pub(crate) const fn isolates(&self) -> bool {
        self.isolating.0 != RuleSetId::NOT_ISOLATED.0
    }

    /// The list that is asked first.
    #[inline]
    pub(crate) const fn before(&self) -> OrderedId {
        OrderedId(self.before & !ORDERED)
    }

    /// The list that is asked last.
    #[inline]
    pub(crate) const fn after(&self) -> OrderedId {
        if self.is_ordered() && !self.isolates() { OrderedId(self.last) } else { OrderedId::EMPTY }
    }

    /// What is told where no rule matches; `None` where nothing isolates and there is an ordered list.
    #[inline]
    pub(crate) const fn otherwise(&self) -> Option<Otherwise> {
        if self.is_ordered() && !self.isolates() { None } else { Some(Otherwise(self.last)) }
    }

    /// Whether verdicts come from the same rules.
    pub(crate) fn has_rules_of(&self, other: &RuleSetsOfTiers) -> bool {
        let rules = |sets: &RuleSetsOfTiers| (sets.before, sets.isolating, sets.after());
        rules(self) == rules(other)
    }
}
