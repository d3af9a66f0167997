use super::chains::{Chained, Chains, INLINE, Link, NO_ATOM, bits};
use super::heavy::HeavyRuleSet;
use super::{Atom, GuardId};

/// Number of a [`RuleSet`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RuleSetId(pub(crate) u32);

impl RuleSetId {
    /// No policy isolates: everything passes.
    pub(crate) const NOT_ISOLATED: RuleSetId = RuleSetId(0);
}

/// From here on a rule set is hashed by atom instead of scanned.
pub(super) const HEAVY: usize = 48;

/// One entry: peers that match the atom pass the guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RuleSetEntry {
    /// What the peer must match.
    pub(crate) atom: Atom,
    /// The ports it may use, and the atoms it must not match.
    pub(crate) guard: GuardId,
}

/// Who may pass in one direction: 64 bytes, chained to further records when it has more than six
/// entries, hashed when it has more than 48.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(crate) struct RuleSet {
    /// The bits of its atoms, and of those in the rest of the chain.
    pub(super) bloom: u64,
    /// What passes from or to anywhere.
    pub(super) any: GuardId,
    /// The next record of the chain, or the heavy form; 0 for neither.
    pub(super) link: u32,
    pub(super) atoms: [Atom; INLINE],
    pub(super) guards: [GuardId; INLINE],
}

impl Default for RuleSet {
    fn default() -> RuleSet {
        RuleSet {
            bloom: 0,
            any: GuardId::NONE,
            link: 0,
            atoms: [NO_ATOM; INLINE],
            guards: [GuardId::NONE; INLINE],
        }
    }
}

impl RuleSet {
    fn new(any: GuardId, entries: &[RuleSetEntry], link: u32, bloom: u64) -> RuleSet {
        let mut record = RuleSet { bloom, any, link, ..RuleSet::default() };
        let places = record.atoms.iter_mut().zip(&mut record.guards);
        for (entry, (atom, guard)) in entries.iter().zip(places) {
            (*atom, *guard) = (entry.atom, entry.guard);
        }
        record
    }

    /// Whether it says more than its entries do.
    #[inline]
    pub(super) const fn has_more(&self) -> bool {
        self.any.0 | self.link != 0
    }
}

impl Chained for RuleSet {
    #[inline]
    fn link(&self) -> u32 {
        self.link
    }
}

/// All rule sets.
#[derive(Clone, Debug, Default)]
pub(crate) struct RuleSets(Chains<RuleSet, HeavyRuleSet>);

impl RuleSets {
    /// The first record of a rule set.
    #[inline]
    pub(super) fn at(&self, id: RuleSetId) -> &RuleSet {
        self.0.at(id.0)
    }

    /// The bits of what a rule set may admit; all when it may admit anybody.
    pub(crate) fn bloom(&self, id: RuleSetId) -> u64 {
        let record = self.at(id);
        let anybody = id == RuleSetId::NOT_ISOLATED || record.any != GuardId::NONE;
        if anybody { u64::MAX } else { record.bloom }
    }

    /// Where `record` goes on.
    #[inline]
    pub(super) fn follow(&self, record: &RuleSet) -> Link<'_, RuleSet, HeavyRuleSet> {
        self.0.follow(record)
    }

    /// Whether so many entries are hashed by atom.
    pub(crate) const fn is_heavy(entries: usize) -> bool {
        entries > HEAVY
    }

    /// Adds a rule set: what passes everywhere, and sorted entries; with many, also the ports of all
    /// of them together. `None` when the numbers have run out.
    pub(crate) fn insert(
        &mut self,
        any: GuardId,
        ports: GuardId,
        entries: &[RuleSetEntry],
    ) -> Option<RuleSetId> {
        let atom = |entry: &RuleSetEntry| entry.atom;
        let id = if RuleSets::is_heavy(entries.len()) {
            let bloom = bits(entries, atom);
            let heavy = HeavyRuleSet::new(entries, ports);
            self.0.insert_heavy(heavy, |link| RuleSet::new(any, &[], link, bloom))
        } else {
            self.0.insert(entries, atom, |entries, is_first, link, bloom| {
                RuleSet::new(if is_first { any } else { GuardId::NONE }, entries, link, bloom)
            })
        };
        id.map(RuleSetId)
    }

    /// Forgets a rule set.
    pub(crate) fn remove(&mut self, id: RuleSetId) {
        self.0.remove(id.0);
    }

    /// The rule sets as they are now, for a snapshot.
    pub(super) fn share(&self) -> RuleSets {
        RuleSets(self.0.share())
    }

    /// Bytes of what the writer keeps of earlier snapshots.
    pub(super) fn spare_bytes(&self) -> usize {
        self.0.spare_bytes()
    }

    /// How many records are in use, and how many there is room for.
    pub(super) fn occupancy(&self) -> (usize, usize) {
        self.0.occupancy()
    }

    pub(super) fn bytes(&self) -> usize {
        self.0.bytes()
    }
}
