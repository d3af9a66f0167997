//! Lists of which the first entry that matches decides.

use super::atom_spans::AtomSpans;
use super::chains::{Chained, Chains, HeavyForm, INLINE, Link, NO_ATOM, bits};
use super::matching::candidates;
use super::signature::Signature;
use super::{Atom, GuardId, Identity, Tables};

/// Number of an ordered rule set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct OrderedId(pub(crate) u32);

impl OrderedId {
    /// The list without entries: nothing is decided.
    pub(crate) const EMPTY: OrderedId = OrderedId(0);
}

/// What an entry decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Outcome {
    Accept,
    Deny,
    /// Nothing, and nothing after it in the list does either.
    Pass,
}

/// One entry: what becomes of peers that match the atom and pass the guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct OrderedEntry {
    pub(crate) atom: Atom,
    pub(crate) guard: GuardId,
    pub(crate) outcome: Outcome,
}

/// A guard and an outcome in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Guarded(u32);

impl Guarded {
    fn new(entry: &OrderedEntry) -> Guarded {
        Guarded(entry.guard.0 | (entry.outcome as u32) << 30)
    }

    const fn guard(self) -> GuardId {
        GuardId(self.0 & ((1 << 30) - 1))
    }

    const fn outcome(self) -> Outcome {
        match self.0 >> 30 {
            0 => Outcome::Accept,
            2 => Outcome::Pass,
            _ => Outcome::Deny,
        }
    }
}

/// From here on a list is hashed by atom instead of scanned: sooner than a set that adds up,
/// because a packet that matches nothing has to go through all of it.
const HEAVY: usize = 4 * INLINE;

/// Six entries in order: 64 bytes.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
struct Record {
    /// The bits of its atoms, and of those in the rest of the chain.
    bloom: u64,
    /// The next record of the chain, or the heavy form; 0 for neither.
    link: u32,
    atoms: [Atom; INLINE],
    guarded: [Guarded; INLINE],
}

impl Default for Record {
    fn default() -> Record {
        let guarded = [Guarded(0); INLINE];
        Record { bloom: 0, link: 0, atoms: [NO_ATOM; INLINE], guarded }
    }
}

impl Record {
    fn new(entries: &[OrderedEntry], link: u32, bloom: u64) -> Record {
        let mut record = Record { bloom, link, ..Record::default() };
        let places = record.atoms.iter_mut().zip(&mut record.guarded);
        for (entry, (atom, guarded)) in entries.iter().zip(places) {
            (*atom, *guarded) = (entry.atom, Guarded::new(entry));
        }
        record
    }
}

impl Chained for Record {
    #[inline]
    fn link(&self) -> u32 {
        self.link
    }
}

/// A list too long to scan: from each atom to its entries.
///
/// A packet costs as many probes as its peer's signature has atoms, and one for everybody.
#[derive(Clone, Debug, Default)]
struct Heavy {
    spans: AtomSpans,
    /// By atom, and in order for each: the place in the list, and the entry.
    entries: Box<[(u32, Guarded)]>,
    /// The same for everybody.
    everybody: Box<[(u32, Guarded)]>,
}

/// All ordered rule sets.
#[derive(Clone, Debug, Default)]
pub(crate) struct OrderedRuleSets(Chains<Record, Heavy>);

impl OrderedRuleSets {
    /// Adds a list; `None` when the numbers have run out.
    pub(crate) fn insert(&mut self, entries: &[OrderedEntry]) -> Option<OrderedId> {
        let atom = |entry: &OrderedEntry| entry.atom;
        let id = if entries.is_empty() {
            Some(0)
        } else if entries.len() > HEAVY {
            let bloom = bits(entries, atom);
            self.0.insert_heavy(Heavy::new(entries), |link| Record::new(&[], link, bloom))
        } else {
            self.0
                .insert(entries, atom, |entries, _, link, bloom| Record::new(entries, link, bloom))
        };
        id.map(OrderedId)
    }

    /// The bits of whom a list speaks of; none for the empty one.
    pub(crate) fn bloom(&self, id: OrderedId) -> u64 {
        self.0.at(id.0).bloom
    }

    /// Forgets a list.
    pub(crate) fn remove(&mut self, id: OrderedId) {
        self.0.remove(id.0);
    }

    /// The lists as they are now, for a snapshot.
    pub(super) fn share(&self) -> OrderedRuleSets {
        OrderedRuleSets(self.0.share())
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

impl Heavy {
    fn new(entries: &[OrderedEntry]) -> Heavy {
        let placed = (0..).zip(entries).map(|(place, entry)| (place, Guarded::new(entry)));
        let mut sorted = entries.iter().map(|entry| entry.atom).zip(placed).collect::<Vec<_>>();
        // Stable, so that the entries of an atom stay in order.
        sorted.sort_by_key(|(atom, _)| *atom);
        // Everybody has the greatest number of all.
        let after = sorted.partition_point(|(atom, _)| *atom < Atom::EVERYBODY);
        let everybody = sorted.split_off(after).into_iter().map(|(_, entry)| entry).collect();
        let (atoms, entries): (Vec<_>, Vec<_>) = sorted.into_iter().unzip();
        Heavy { spans: AtomSpans::new(&atoms), entries: entries.into(), everybody }
    }

    #[inline]
    fn entries(&self, atom: Atom) -> &[(u32, Guarded)] {
        self.entries.get(self.spans.of(atom)).unwrap_or(&[])
    }
}

impl HeavyForm for Heavy {
    fn bytes(&self) -> usize {
        self.spans.bytes()
            + size_of_val::<[(u32, Guarded)]>(&self.entries)
            + size_of_val::<[(u32, Guarded)]>(&self.everybody)
    }
}

impl Tables {
    /// What the first entry decides that matches `peer` and a packet of `key`; `None` when no
    /// entry matches.
    #[inline]
    pub(crate) fn first_match(&self, list: OrderedId, peer: Identity, key: u32) -> Option<Outcome> {
        self.first_entry(list, peer, key).map(|(_, outcome)| outcome)
    }

    /// The same with the entry's place in the list.
    #[inline]
    pub(crate) fn first_entry(
        &self,
        list: OrderedId,
        peer: Identity,
        key: u32,
    ) -> Option<(u32, Outcome)> {
        if list == OrderedId::EMPTY {
            return None;
        }
        let mut record = self.ordered.0.at(list.0);
        if record.bloom & peer.bloom == 0 {
            return None;
        }
        let signature = self.signatures.at(peer.signature.0);
        let mut before = 0;
        // The bloom of a record speaks for the rest of the chain too.
        while record.bloom & peer.bloom != 0 {
            if let Some((place, outcome)) = self.record_decides(record, signature, peer.bloom, key)
            {
                return Some((before + place, outcome));
            }
            match self.ordered.0.follow(record) {
                Link::End => return None,
                Link::Heavy(heavy) => {
                    return self.heavy_decides(heavy, record.bloom, signature, key);
                }
                Link::Next(next) => record = next,
            }
            before += INLINE as u32;
        }
        None
    }

    /// The place in the record of the first entry that matches, and what it decides.
    #[inline]
    fn record_decides(
        &self,
        record: &Record,
        peer: &Signature,
        bloom: u64,
        key: u32,
    ) -> Option<(u32, Outcome)> {
        let mut candidates = candidates(&record.atoms, bloom);
        while candidates != 0 {
            let place = candidates.trailing_zeros();
            if let (Some(atom), Some(guarded)) =
                (record.atoms.get(place as usize), record.guarded.get(place as usize))
                && (*atom == Atom::EVERYBODY || self.has(peer, *atom))
                && self.passes(guarded.guard(), peer, key)
            {
                return Some((place, guarded.outcome()));
            }
            candidates &= candidates - 1;
        }
        None
    }

    #[inline(never)]
    fn heavy_decides(
        &self,
        heavy: &Heavy,
        bloom: u64,
        peer: &Signature,
        key: u32,
    ) -> Option<(u32, Outcome)> {
        let mut first = None;
        let mut search = |entries: &[(u32, Guarded)]| {
            for (place, guarded) in entries {
                if first.is_some_and(|(found, _)| *place >= found) {
                    break;
                }
                if self.passes(guarded.guard(), peer, key) {
                    first = Some((*place, guarded.outcome()));
                    break;
                }
            }
        };
        search(&heavy.everybody);
        for atom in self.atoms(peer) {
            if atom.bloom() & bloom != 0 {
                search(heavy.entries(*atom));
            }
        }
        first
    }
}
