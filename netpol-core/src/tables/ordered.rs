//! Lists of which the first entry that matches decides.

use std::sync::Arc;

use super::rule_set::{HEAVY, INLINE, NO_ATOM};
use super::signature::Signature;
use super::{Atom, GuardId, Records, SignatureId, Tables};
use crate::hash::Map;

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

/// Set in a [`Record::link`] that leads to a [`Heavy`] form.
const TO_HEAVY: u32 = 1 << 31;

/// Six entries in order: 64 bytes.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
struct Record {
    /// The bits of its atoms, and of those in the rest of the chain.
    bloom: u64,
    /// Whether one of its atoms, or of those in the rest of the chain, is everybody.
    everybody: u32,
    /// The next record of the chain, or the heavy form; 0 for neither.
    link: u32,
    atoms: [Atom; INLINE],
    guarded: [Guarded; INLINE],
}

impl Default for Record {
    fn default() -> Record {
        let guarded = [Guarded(0); INLINE];
        Record { bloom: 0, everybody: 0, link: 0, atoms: [NO_ATOM; INLINE], guarded }
    }
}

/// A list too long to scan: from each atom to its entries.
///
/// A packet costs as many probes as its peer's signature has atoms, and one for everybody.
#[derive(Clone, Debug, Default)]
struct Heavy {
    /// Where the entries of an atom begin, and how many there are.
    spans: Map<Atom, (u32, u32)>,
    /// By atom, and in order for each: the place in the list, and the entry.
    entries: Box<[(u32, Guarded)]>,
}

/// All ordered rule sets.
#[derive(Clone, Debug, Default)]
pub(crate) struct OrderedRuleSets {
    records: Records<Record>,
    heavy: Records<Arc<Heavy>>,
}

impl OrderedRuleSets {
    /// Adds a list; `None` when the numbers have run out.
    pub(crate) fn push(&mut self, entries: &[OrderedEntry]) -> Option<OrderedId> {
        if entries.is_empty() {
            return Some(OrderedId::EMPTY);
        }
        let is_everybody = |entry: &OrderedEntry| entry.atom == Atom::EVERYBODY;
        if entries.len() > HEAVY {
            let link = self.heavy.push(Arc::new(Heavy::new(entries)?))? | TO_HEAVY;
            let bloom = entries.iter().fold(0, |bloom, entry| bloom | entry.atom.bloom());
            let everybody = entries.iter().any(is_everybody).into();
            let record = Record { bloom, everybody, link, ..Record::default() };
            return self.records.push(record).map(OrderedId);
        }
        // From the last record of the chain to the first, so that each knows the next.
        let (mut link, mut bloom, mut everybody) = (0, 0, 0);
        for chunk in entries.chunks(INLINE).rev() {
            let mut record = Record { link, ..Record::default() };
            let places = record.atoms.iter_mut().zip(&mut record.guarded);
            for (entry, (atom, guarded)) in chunk.iter().zip(places) {
                *atom = entry.atom;
                *guarded = Guarded::new(entry);
                bloom |= entry.atom.bloom();
            }
            everybody |= u32::from(chunk.iter().any(is_everybody));
            (record.bloom, record.everybody) = (bloom, everybody);
            link = self.records.push(record)?;
        }
        Some(OrderedId(link))
    }

    pub(super) fn shrink(&mut self) {
        self.records.shrink();
        self.heavy.shrink();
    }

    pub(super) fn bytes(&self) -> usize {
        self.records.bytes()
            + self.heavy.bytes()
            + self.heavy.iter().map(|heavy| heavy.bytes()).sum::<usize>()
    }
}

impl Heavy {
    fn new(entries: &[OrderedEntry]) -> Option<Heavy> {
        let mut sorted = (0..).zip(entries).collect::<Vec<(u32, _)>>();
        sorted.sort_by_key(|(_, entry)| entry.atom);
        let mut heavy = Heavy::default();
        let mut start = 0;
        for span in sorted.chunk_by(|(_, a), (_, b)| a.atom == b.atom) {
            let Some((_, first)) = span.first() else { continue };
            let count = u32::try_from(span.len()).ok()?;
            heavy.spans.insert(first.atom, (start, count));
            start = start.checked_add(count)?;
        }
        heavy.entries = sorted.iter().map(|(place, entry)| (*place, Guarded::new(entry))).collect();
        Some(heavy)
    }

    fn entries(&self, atom: Atom) -> &[(u32, Guarded)] {
        let Some((start, count)) = self.spans.get(&atom) else { return &[] };
        let start = *start as usize;
        self.entries.get(start..start + *count as usize).unwrap_or(&[])
    }

    fn bytes(&self) -> usize {
        self.spans.allocation_size() + size_of_val::<[(u32, Guarded)]>(&self.entries)
    }
}

impl Tables {
    /// What the first entry decides that matches a peer with `signature` and a packet of `key`;
    /// `None` when no entry matches.
    #[inline]
    pub(crate) fn first_match(
        &self,
        list: OrderedId,
        signature: SignatureId,
        key: u32,
    ) -> Option<Outcome> {
        if list == OrderedId::EMPTY {
            return None;
        }
        let peer = self.signatures.at(signature.0);
        let mut record = self.ordered.records.at(list.0);
        // The bloom of a record speaks for the rest of the chain too.
        while record.bloom & peer.bloom != 0 || record.everybody != 0 {
            if let Some(outcome) = self.record_decides(record, peer, key) {
                return Some(outcome);
            }
            match record.link {
                0 => return None,
                heavy if heavy & TO_HEAVY != 0 => {
                    let heavy = self.ordered.heavy.at(heavy & !TO_HEAVY);
                    return self.heavy_decides(heavy, peer, key);
                }
                next => record = self.ordered.records.at(next),
            }
        }
        None
    }

    #[inline]
    fn record_decides(&self, record: &Record, peer: &Signature, key: u32) -> Option<Outcome> {
        let bloom = peer.bloom | Atom::EVERYBODY.bloom();
        let entries = record.atoms.iter().zip(&record.guarded);
        entries
            .filter(|(atom, _)| atom.bloom() & bloom != 0)
            .find(|(atom, guarded)| {
                (**atom == Atom::EVERYBODY || self.has(peer, **atom))
                    && self.passes(guarded.guard(), peer, key)
            })
            .map(|(_, guarded)| guarded.outcome())
    }

    #[inline(never)]
    fn heavy_decides(&self, heavy: &Heavy, peer: &Signature, key: u32) -> Option<Outcome> {
        let mut first: Option<(u32, Guarded)> = None;
        for atom in self.atoms(peer).iter().chain(&[Atom::EVERYBODY]) {
            let before = first.map_or(u32::MAX, |(place, _)| place);
            let entries = heavy.entries(*atom).iter().take_while(|(place, _)| *place < before);
            let found =
                entries.copied().find(|(_, guarded)| self.passes(guarded.guard(), peer, key));
            first = found.or(first);
        }
        first.map(|(_, guarded)| guarded.outcome())
    }
}
