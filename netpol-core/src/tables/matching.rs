//! The question behind every verdict: does this rule set admit this peer on this port?

use super::chains::{self, Link};
use super::rule_set::RuleSet;
use super::signature::{self, Signature};
use super::{Atom, Guard, GuardId, Identity, NamedPort, RuleSetId, Tables};

impl Tables {
    /// Whether `rule_set` lets `peer` pass with a packet of `key`.
    ///
    /// One or two cache lines from each side; nothing is allocated, nothing panics.
    #[inline]
    pub(crate) fn admits(&self, rule_set: RuleSetId, peer: Identity, key: u32) -> bool {
        rule_set == RuleSetId::NOT_ISOLATED || self.set_admits(rule_set, peer, key)
    }

    #[inline(never)]
    fn set_admits(&self, rule_set: RuleSetId, peer: Identity, key: u32) -> bool {
        let record = self.rule_sets.at(rule_set);
        let signature = self.signatures.at(peer.signature.0);
        // Classes settle this before, but for those with ordered lists.
        record.bloom & peer.bloom != 0 && self.record_admits(record, signature, peer.bloom, key)
            || record.has_more() && self.rest_admits(record, signature, peer.bloom, key)
    }

    /// The same for what a record says beside its entries, and for what comes after it; most rule
    /// sets have neither.
    #[inline(never)]
    fn rest_admits(&self, record: &RuleSet, peer: &Signature, bloom: u64, key: u32) -> bool {
        if record.any != GuardId::NONE && self.passes(record.any, peer, key) {
            return true;
        }
        match self.rule_sets.follow(record) {
            Link::End => false,
            // No deeper than the longest chain, which has a handful of records.
            Link::Next(next) => {
                next.bloom & bloom != 0
                    && (self.record_admits(next, peer, bloom, key)
                        || next.has_more() && self.rest_admits(next, peer, bloom, key))
            }
            Link::Heavy(heavy) => {
                let admits = |atom: &Atom| {
                    heavy.guards(*atom).iter().any(|guard| self.passes(*guard, peer, key))
                };
                self.passes(heavy.ports, peer, key) && self.atoms(peer).iter().any(admits)
            }
        }
    }

    /// Whether one of the record's own entries admits a peer with these atoms, whose bits are in
    /// `bloom`.
    #[inline]
    fn record_admits(&self, record: &RuleSet, peer: &Signature, bloom: u64, key: u32) -> bool {
        if !peer.is_inline() {
            return self.record_admits_long(record, peer, key);
        }
        match record.meet(peer, bloom, key) {
            Meeting::Admitted => true,
            Meeting::Places(0) => false,
            Meeting::Places(places) => self.places_admit(record, places, peer, key),
        }
    }

    /// Whether the guard of one of these entries lets the peer pass.
    #[inline(never)]
    fn places_admit(&self, record: &RuleSet, mut places: u32, peer: &Signature, key: u32) -> bool {
        while places != 0 {
            let place = places.trailing_zeros() as usize;
            if record.guards.get(place).is_some_and(|guard| self.record_passes(*guard, peer, key)) {
                return true;
            }
            places &= places - 1;
        }
        false
    }

    /// The same as [`record_admits`](Self::record_admits) for a peer with more atoms than its
    /// record holds.
    #[cold]
    #[inline(never)]
    fn record_admits_long(&self, record: &RuleSet, peer: &Signature, key: u32) -> bool {
        let atoms = self.atoms(peer);
        record.atoms.iter().zip(&record.guards).any(|(atom, guard)| {
            atoms.binary_search(atom).is_ok() && self.passes(*guard, peer, key)
        })
    }

    /// Whether the guard lets the peer pass with this key.
    #[inline]
    pub(crate) fn passes(&self, guard: GuardId, peer: &Signature, key: u32) -> bool {
        guard.admits(key) || guard.is_record() && self.record_passes(guard, peer, key)
    }

    /// The same for a guard that has a record.
    #[inline(never)]
    fn record_passes(&self, guard: GuardId, peer: &Signature, key: u32) -> bool {
        let guard = self.guards.at(guard.0);
        (guard.contains(key) || guard.detail != 0 && self.detail_contains(guard, peer, key))
            && (guard.excepts == 0 || !self.excludes(guard.excepts, peer))
    }

    /// Whether a port that does not fit into the guard's record has the key.
    #[inline(never)]
    fn detail_contains(&self, guard: &Guard, peer: &Signature, key: u32) -> bool {
        self.guard_details.at(guard.detail).contains(key, self.named_ports(peer))
    }

    /// Whether the peer matches one of the excluded atoms.
    #[inline(never)]
    pub(crate) fn excludes(&self, excepts: u32, peer: &Signature) -> bool {
        let excepts = self.excepts.at(excepts);
        let atoms = self.atoms(peer);
        // Both lists are sorted; walk the shorter one and search in the longer.
        let (short, long) =
            if excepts.len() < atoms.len() { (&**excepts, atoms) } else { (atoms, &**excepts) };
        short.iter().any(|atom| long.binary_search(atom).is_ok())
    }

    /// Whether the peer matches the atom.
    #[inline]
    pub(crate) fn has(&self, peer: &Signature, atom: Atom) -> bool {
        is_among(atom, &peer.atoms) || !peer.is_inline() && self.has_beyond(peer, atom)
    }

    /// The same for a peer with more atoms than its record holds.
    #[cold]
    fn has_beyond(&self, peer: &Signature, atom: Atom) -> bool {
        self.atoms(peer).binary_search(&atom).is_ok()
    }

    /// The atoms of a signature, sorted.
    #[inline]
    pub(crate) fn atoms<'tables>(&'tables self, peer: &'tables Signature) -> &'tables [Atom] {
        if peer.is_inline() {
            peer.atoms.get(..peer.count as usize).unwrap_or(&peer.atoms)
        } else {
            &self.signature_details.at(peer.detail).atoms
        }
    }

    /// The port names that egress rules use, as they resolve on this peer.
    pub(crate) fn named_ports(&self, peer: &Signature) -> &[NamedPort] {
        if peer.detail == 0 { &[] } else { &self.signature_details.at(peer.detail).named_ports }
    }
}

/// What comes of the entries of a record that speak of a peer.
enum Meeting {
    /// One admits it.
    Admitted,
    /// Those at these places may, by their guards' records.
    Places(u32),
}

impl RuleSet {
    /// Which entries speak of a peer, all of whose atoms are in its record. Asks for nothing else, so
    /// that it is short.
    #[inline(never)]
    fn meet(&self, peer: &Signature, bloom: u64, key: u32) -> Meeting {
        let mut places = 0;
        let mut candidates = candidates(&self.atoms, bloom);
        while candidates != 0 {
            let place = candidates.trailing_zeros() as usize;
            if let (Some(atom), Some(guard)) = (self.atoms.get(place), self.guards.get(place))
                && is_among(*atom, &peer.atoms)
            {
                if guard.admits(key) {
                    return Meeting::Admitted;
                }
                places |= u32::from(guard.is_record()) << place;
            }
            candidates &= candidates - 1;
        }
        Meeting::Places(places)
    }
}

/// Bit `i` is set when the peer may match `rules[i]`, by its bloom word.
#[inline]
pub(super) fn candidates(rules: &[Atom; chains::INLINE], bloom: u64) -> u32 {
    let places = (0..).zip(rules);
    places.fold(0, |found, (place, rule)| found | u32::from(rule.bloom() & bloom != 0) << place)
}

/// Whether the atom is among those of the peer's record.
#[inline]
fn is_among(atom: Atom, peer: &[Atom; signature::INLINE]) -> bool {
    // A fold without branches, which compilers turn into vector compares on every target.
    let same = |other: &Atom| if *other == atom { u32::MAX } else { 0 };
    peer.iter().fold(0, |found, other| found | same(other)) != 0
}
