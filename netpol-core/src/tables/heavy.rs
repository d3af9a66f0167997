use super::{Atom, GuardId, RuleSetEntry};

/// A rule set too long to scan: a hash table from atom to guards.
///
/// A packet costs as many probes as its peer's signature has atoms, however many entries there
/// are.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeavyRuleSet {
    /// Open addressing with linear probing, at most half full; a slot is a span of `guards`.
    slots: Box<[Slot]>,
    guards: Box<[GuardId]>,
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

impl HeavyRuleSet {
    /// From entries sorted by atom.
    pub(super) fn new(entries: &[RuleSetEntry]) -> HeavyRuleSet {
        let atoms = entries.chunk_by(|a, b| a.atom == b.atom);
        let size = (atoms.clone().count() * 2).next_power_of_two().max(2);
        let shift = 32 - size.trailing_zeros();
        let mut slots = vec![EMPTY; size].into_boxed_slice();
        let mut start = 0;
        for span in atoms {
            let atom = span.first().map_or(u32::MAX, |entry| entry.atom.0);
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
        HeavyRuleSet { slots, guards: entries.iter().map(|entry| entry.guard).collect(), shift }
    }

    /// The guards of the entries with this atom.
    pub(super) fn guards(&self, atom: Atom) -> &[GuardId] {
        let mask = self.slots.len().wrapping_sub(1);
        let mut place = hash(atom.0, self.shift);
        while let Some(slot) = self.slots.get(place) {
            if slot.atom == atom.0 {
                let start = slot.start as usize;
                return self.guards.get(start..start + slot.count as usize).unwrap_or(&[]);
            }
            if slot.atom == EMPTY.atom {
                break;
            }
            place = (place + 1) & mask;
        }
        &[]
    }

    pub(super) fn bytes(&self) -> usize {
        size_of_val::<[Slot]>(&self.slots) + size_of_val::<[GuardId]>(&self.guards)
    }
}

fn hash(atom: u32, shift: u32) -> usize {
    // Fibonacci hashing: the high bits of the product are well mixed.
    atom.wrapping_mul(0x9e37_79b1).checked_shr(shift).unwrap_or(0) as usize
}

#[cfg(test)]
mod tests {
    use super::{Atom, GuardId, HeavyRuleSet, RuleSetEntry};

    #[test]
    fn finds_every_entry_and_nothing_else() {
        let mut entries = Vec::new();
        for atom in 0..1000 {
            for guard in 0..=atom % 3 {
                entries
                    .push(RuleSetEntry { atom: Atom(atom * 7), guard: GuardId(atom * 10 + guard) });
            }
        }
        let set = HeavyRuleSet::new(&entries);
        for atom in 0..7000 {
            let expected = entries
                .iter()
                .filter(|entry| entry.atom.0 == atom)
                .map(|entry| entry.guard)
                .collect::<Vec<_>>();
            assert_eq!(set.guards(Atom(atom)), expected, "atom {atom}");
        }
    }
}
