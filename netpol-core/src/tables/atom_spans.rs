use std::ops::Range;

use super::Atom;

/// Where in a list sorted by atom the entries of each atom lie: a hash table that costs one probe
/// for most atoms, in it or not.
#[derive(Clone, Debug, Default)]
pub(crate) struct AtomSpans {
    /// Open addressing with linear probing, at most half full.
    slots: Box<[Slot]>,
    /// How far the hash is shifted to become a slot number.
    shift: u32,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    atom: u32,
    start: u32,
    count: u32,
}

const EMPTY: Slot = Slot { atom: u32::MAX, start: 0, count: 0 };

impl AtomSpans {
    /// From the atoms of the entries, sorted.
    pub(crate) fn new(atoms: &[Atom]) -> AtomSpans {
        let spans = atoms.chunk_by(|a, b| a == b);
        let size = (spans.clone().count() * 2).next_power_of_two().max(2);
        let shift = 32 - size.trailing_zeros();
        let mut slots = vec![EMPTY; size].into_boxed_slice();
        let mut start = 0;
        for span in spans {
            let atom = span.first().map_or(u32::MAX, |atom| atom.0);
            let count = u32::try_from(span.len()).unwrap_or(u32::MAX);
            let mut place = hash(atom, shift);
            while let Some(slot) = slots.get_mut(place) {
                if slot.atom == EMPTY.atom {
                    *slot = Slot { atom, start, count };
                    break;
                }
                place = (place + 1) & (size - 1);
            }
            start += count;
        }
        AtomSpans { slots, shift }
    }

    /// Where the entries of an atom lie; empty when it has none.
    #[inline]
    pub(crate) fn of(&self, atom: Atom) -> Range<usize> {
        let mask = self.slots.len().wrapping_sub(1);
        let mut place = hash(atom.0, self.shift);
        while let Some(slot) = self.slots.get(place) {
            if slot.atom == atom.0 {
                let start = slot.start as usize;
                return start..start + slot.count as usize;
            }
            if slot.atom == EMPTY.atom {
                break;
            }
            place = (place + 1) & mask;
        }
        0..0
    }

    pub(crate) fn bytes(&self) -> usize {
        size_of_val::<[Slot]>(&self.slots)
    }
}

fn hash(atom: u32, shift: u32) -> usize {
    // Fibonacci hashing: the high bits of the product are well mixed.
    atom.wrapping_mul(0x9e37_79b1).checked_shr(shift).unwrap_or(0) as usize
}

#[cfg(test)]
mod tests {
    use super::{Atom, AtomSpans};

    #[test]
    fn finds_every_entry_and_nothing_else() {
        let mut atoms = Vec::new();
        for atom in 0..1000 {
            atoms.extend((0..=atom % 3).map(|_| Atom(atom * 7)));
        }
        let spans = AtomSpans::new(&atoms);
        for atom in (0..7000).map(Atom) {
            let expected = atoms.iter().filter(|other| **other == atom).count();
            let found = atoms.get(spans.of(atom)).unwrap();
            assert_eq!(found.len(), expected, "{atom:?}");
            assert!(found.iter().all(|other| *other == atom), "{atom:?}");
        }
    }
}
