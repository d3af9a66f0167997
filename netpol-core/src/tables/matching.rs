//! The question behind every verdict: does this rule set admit this peer on this port?

use super::rule_set::{self, Link, RuleSet};
use super::signature::{self, Signature};
use super::{Atom, Guard, GuardId, NamedPort, RuleSetId, SignatureId, Tables};

impl Tables {
    /// Whether `rule_set` lets a peer with `signature` pass with a packet of `key`.
    ///
    /// One or two cache lines from each side; nothing is allocated, nothing panics.
    #[inline]
    pub(crate) fn admits(&self, rule_set: RuleSetId, signature: SignatureId, key: u32) -> bool {
        if rule_set == RuleSetId::NOT_ISOLATED {
            return true;
        }
        let record = self.rule_sets.at(rule_set);
        let peer = self.signatures.at(signature.0);
        // Most packets are settled here, by one bit pattern for all records of the rule set.
        (record.bloom & peer.bloom != 0 || record.any != GuardId::NONE)
            && self.admits_peer(record, peer, key)
    }

    /// The same from a record on, for a peer that seems to have something in common with it.
    #[inline(never)]
    fn admits_peer(&self, record: &RuleSet, peer: &Signature, key: u32) -> bool {
        (record.any != GuardId::NONE && self.passes(record.any, peer, key))
            || self.record_admits(record, peer, key)
            || (record.link != 0 && self.rest_admits(record, peer, key))
    }

    /// The same for what comes after a record; most rule sets have but one.
    #[inline(never)]
    fn rest_admits(&self, record: &RuleSet, peer: &Signature, key: u32) -> bool {
        match self.rule_sets.follow(record) {
            Link::End => false,
            // No deeper than the longest chain, which has a handful of records.
            Link::Next(next) => next.bloom & peer.bloom != 0 && self.admits_peer(next, peer, key),
            Link::Heavy(heavy) => self
                .atoms(peer)
                .iter()
                .any(|atom| heavy.guards(*atom).iter().any(|guard| self.passes(*guard, peer, key))),
        }
    }

    /// Whether one of the record's own entries admits the peer.
    #[inline]
    fn record_admits(&self, record: &RuleSet, peer: &Signature, key: u32) -> bool {
        if !peer.is_inline() {
            return self.record_admits_long(record, peer, key);
        }
        let mut candidates = candidates(&record.atoms, peer.bloom);
        while candidates != 0 {
            let place = candidates.trailing_zeros() as usize;
            if let (Some(atom), Some(guard)) = (record.atoms.get(place), record.guards.get(place))
                && is_among(*atom, &peer.atoms)
                && self.passes(*guard, peer, key)
            {
                return true;
            }
            candidates &= candidates - 1;
        }
        false
    }

    /// The same for a peer with more atoms than its record holds.
    #[cold]
    fn record_admits_long(&self, record: &RuleSet, peer: &Signature, key: u32) -> bool {
        let atoms = self.atoms(peer);
        record.atoms.iter().zip(&record.guards).any(|(atom, guard)| {
            atoms.binary_search(atom).is_ok() && self.passes(*guard, peer, key)
        })
    }

    /// Whether the guard lets the peer pass with this key.
    #[inline]
    pub(crate) fn passes(&self, guard: GuardId, peer: &Signature, key: u32) -> bool {
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
    pub(super) fn has(&self, peer: &Signature, atom: Atom) -> bool {
        if peer.is_inline() {
            is_among(atom, &peer.atoms)
        } else {
            self.atoms(peer).binary_search(&atom).is_ok()
        }
    }

    /// Whether a peer with `signature` matches the atom.
    pub(crate) fn matches(&self, atom: Atom, signature: SignatureId) -> bool {
        self.has(self.signatures.at(signature.0), atom)
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

/// Bit `i` is set when the peer may match `rules[i]`, by its bloom word.
#[inline]
pub(super) fn candidates(rules: &[Atom; rule_set::INLINE], bloom: u64) -> u32 {
    let places = (0..).zip(rules);
    places.fold(0, |found, (place, rule)| found | u32::from(rule.bloom() & bloom != 0) << place)
}

/// Whether the atom is among the peer's, all of which must be in its record.
#[inline]
fn is_among(atom: Atom, peer: &[Atom; signature::INLINE]) -> bool {
    // A fold without branches, which compilers turn into vector compares on every target.
    let same = |other: &Atom| if *other == atom { u32::MAX } else { 0 };
    peer.iter().fold(0, |found, other| found | same(other)) != 0
}
