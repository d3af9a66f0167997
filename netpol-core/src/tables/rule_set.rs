use std::sync::Arc;

use super::heavy::HeavyRuleSet;
use super::{Atom, GuardId, Records};

/// Number of a [`RuleSet`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RuleSetId(pub(crate) u32);

impl RuleSetId {
    /// No policy isolates: everything passes.
    pub(crate) const NOT_ISOLATED: RuleSetId = RuleSetId(0);
}

/// How many entries a record holds.
pub(super) const INLINE: usize = 6;

/// From here on a rule set is hashed by atom instead of scanned.
pub(super) const HEAVY: usize = 48;

/// Fills unused places; no signature holds it (it differs from the filler of signatures).
pub(super) const NO_ATOM: Atom = Atom(u32::MAX - 1);

/// Set in a [`RuleSet::link`] that leads to a [`HeavyRuleSet`].
const TO_HEAVY: u32 = 1 << 31;

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
    /// Whether it says more than its entries do.
    #[inline]
    pub(super) const fn has_more(&self) -> bool {
        self.any.0 | self.link != 0
    }
}

/// Where a record's chain goes on.
pub(super) enum Link<'tables> {
    End,
    Next(&'tables RuleSet),
    Heavy(&'tables HeavyRuleSet),
}

/// All rule sets.
#[derive(Clone, Debug, Default)]
pub(crate) struct RuleSets {
    records: Records<RuleSet, 64>,
    heavy: Records<Arc<HeavyRuleSet>, 16>,
}

impl RuleSets {
    /// The first record of a rule set.
    #[inline]
    pub(super) fn at(&self, id: RuleSetId) -> &RuleSet {
        self.records.at(id.0)
    }

    /// The bits of what a rule set may admit; all when it may admit anybody.
    pub(crate) fn bloom(&self, id: RuleSetId) -> u64 {
        let record = self.at(id);
        let anybody = id == RuleSetId::NOT_ISOLATED || record.any != GuardId::NONE;
        if anybody { u64::MAX } else { record.bloom }
    }

    /// Where `record` goes on.
    #[inline]
    pub(super) fn follow(&self, record: &RuleSet) -> Link<'_> {
        match record.link {
            0 => Link::End,
            heavy if heavy & TO_HEAVY != 0 => Link::Heavy(self.heavy.at(heavy & !TO_HEAVY)),
            next => Link::Next(self.records.at(next)),
        }
    }

    /// Adds a rule set: what passes everywhere, and sorted entries. `None` when the numbers have
    /// run out.
    pub(crate) fn insert(&mut self, any: GuardId, entries: &[RuleSetEntry]) -> Option<RuleSetId> {
        if entries.len() > HEAVY {
            let heavy = self.heavy.insert(Arc::new(HeavyRuleSet::new(entries)))?;
            let bloom = entries.iter().fold(0, |bloom, entry| bloom | entry.atom.bloom());
            let record = RuleSet { bloom, any, link: heavy | TO_HEAVY, ..RuleSet::default() };
            return self.records.insert(record).map(RuleSetId);
        }
        // From the last record of the chain to the first, so that each knows the next.
        let (mut link, mut bloom) = (0, 0);
        let mut chunks = entries.chunks(INLINE).collect::<Vec<_>>();
        if chunks.is_empty() {
            chunks.push(&[]);
        }
        for (position, chunk) in chunks.iter().enumerate().rev() {
            let mut record = RuleSet { link, ..RuleSet::default() };
            if position == 0 {
                record.any = any;
            }
            for (place, entry) in chunk.iter().enumerate() {
                if let (Some(atom), Some(guard)) =
                    (record.atoms.get_mut(place), record.guards.get_mut(place))
                {
                    *atom = entry.atom;
                    *guard = entry.guard;
                }
                bloom |= entry.atom.bloom();
            }
            record.bloom = bloom;
            link = self.records.insert(record)?;
        }
        Some(RuleSetId(link))
    }

    /// Forgets a rule set.
    pub(crate) fn remove(&mut self, id: RuleSetId) {
        let mut next = id.0;
        while next != 0 {
            let link = self.records.at(next).link;
            self.records.remove(next);
            if link & TO_HEAVY != 0 {
                self.heavy.remove(link & !TO_HEAVY);
                break;
            }
            next = link;
        }
    }

    /// The rule sets as they are now, for a snapshot.
    pub(super) fn share(&self) -> RuleSets {
        RuleSets { records: self.records.share(), heavy: self.heavy.share() }
    }

    /// Bytes of what the writer keeps of earlier snapshots.
    pub(super) fn spare_bytes(&self) -> usize {
        self.records.spare_bytes() + self.heavy.spare_bytes()
    }

    /// How many records are in use, and how many there is room for.
    pub(super) fn occupancy(&self) -> (usize, usize) {
        (self.records.used(), self.records.room())
    }

    pub(super) fn bytes(&self) -> usize {
        self.records.bytes()
            + self.heavy.bytes()
            + self.heavy.iter().map(|set| set.bytes()).sum::<usize>()
    }
}
