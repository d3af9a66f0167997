//! Lists in records of a cache line each: [`Chains`].

use std::sync::Arc;

use super::{Atom, Records};

/// How many entries a record holds.
pub(super) const INLINE: usize = 6;

/// Fills unused places; no signature holds it (it differs from the filler of signatures).
pub(super) const NO_ATOM: Atom = Atom(u32::MAX - 1);

/// Set in a link that leads to the heavy form.
const TO_HEAVY: u32 = 1 << 31;

/// A record that leads to the next of its list.
pub(super) trait Chained: Clone + Default {
    /// The link it was made with.
    fn link(&self) -> u32;
}

/// The form of a list that is too long to be scanned.
pub(super) trait HeavyForm: Default {
    /// Bytes on the heap.
    fn bytes(&self) -> usize;
}

/// Where a record leads.
pub(super) enum Link<'tables, R, H> {
    End,
    Next(&'tables R),
    Heavy(&'tables H),
}

/// Lists of one kind, each a chain of records or one record and a heavy form. The list with the
/// number 0 is always there, and empty.
#[derive(Clone, Debug)]
pub(super) struct Chains<R, H> {
    records: Records<R, 64>,
    heavy: Records<Arc<H>, 16>,
}

impl<R: Default, H: Default> Default for Chains<R, H> {
    fn default() -> Chains<R, H> {
        Chains { records: Records::default(), heavy: Records::default() }
    }
}

impl<R: Chained, H: HeavyForm> Chains<R, H> {
    /// The first record of a list.
    #[inline]
    pub(super) fn at(&self, list: u32) -> &R {
        self.records.at(list)
    }

    /// Where `record` leads.
    #[inline]
    pub(super) fn follow(&self, record: &R) -> Link<'_, R, H> {
        match record.link() {
            0 => Link::End,
            heavy if heavy & TO_HEAVY != 0 => Link::Heavy(self.heavy.at(heavy & !TO_HEAVY)),
            next => Link::Next(self.records.at(next)),
        }
    }

    /// Adds a list of one record that leads to a heavy form. `None` when the numbers have run out.
    pub(super) fn insert_heavy(&mut self, heavy: H, record: impl FnOnce(u32) -> R) -> Option<u32> {
        let link = self.heavy.insert(Arc::new(heavy))? | TO_HEAVY;
        self.records.insert(record(link))
    }

    /// Adds a list; `record` makes one of some of its entries, told whether they are the first, with
    /// the link to the next and the bits of all atoms from there on. `None` when the numbers have run
    /// out.
    pub(super) fn insert<E>(
        &mut self,
        entries: &[E],
        atom: impl Fn(&E) -> Atom + Copy,
        record: impl Fn(&[E], bool, u32, u64) -> R,
    ) -> Option<u32> {
        let (first, rest) = entries.split_at(entries.len().min(INLINE));
        let (mut link, mut bloom) = (0, 0);
        // From the last record of the chain to the first, so that each knows the next.
        for chunk in rest.chunks(INLINE).rev() {
            bloom |= bits(chunk, atom);
            link = self.records.insert(record(chunk, false, link, bloom))?;
        }
        bloom |= bits(first, atom);
        self.records.insert(record(first, true, link, bloom))
    }

    /// Forgets a list.
    pub(super) fn remove(&mut self, list: u32) {
        let mut next = list;
        while next != 0 {
            let link = self.records.at(next).link();
            self.records.remove(next);
            if link & TO_HEAVY != 0 {
                self.heavy.remove(link & !TO_HEAVY);
                break;
            }
            next = link;
        }
    }

    /// The lists as they are now, for a snapshot.
    pub(super) fn share(&self) -> Chains<R, H> {
        Chains { records: self.records.share(), heavy: self.heavy.share() }
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
            + self.heavy.iter().map(|heavy| heavy.bytes()).sum::<usize>()
    }
}

/// The bits of the atoms of entries.
pub(super) fn bits<E>(entries: &[E], atom: impl Fn(&E) -> Atom) -> u64 {
    entries.iter().fold(0, |bits, entry| bits | atom(entry).bloom())
}
