//! The question behind every verdict: does this rule set admit this peer on this port?

use super::rule_set::{self, Link, RuleSet};
use super::signature::{self, Signature};
use super::{Atom, GuardId, NamedPort, RuleSetId, SignatureId, Tables};

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
        if record.any != GuardId::NONE && self.passes(record.any, peer, key) {
            return true;
        }
        if record.bloom & peer.bloom != 0 && self.record_admits(record, peer, key) {
            return true;
        }
        record.link != 0 && self.chain_admits(record, peer, key)
    }

    /// The rest of a chain; most rule sets have none.
    #[cold]
    fn chain_admits(&self, first: &RuleSet, peer: &Signature, key: u32) -> bool {
        let mut record = first;
        loop {
            match self.rule_sets.follow(record) {
                Link::End => return false,
                Link::Next(next) => {
                    record = next;
                    if record.bloom & peer.bloom != 0 && self.record_admits(record, peer, key) {
                        return true;
                    }
                }
                Link::Heavy(heavy) => {
                    if first.bloom & peer.bloom == 0 {
                        return false;
                    }
                    return self.atoms(peer).iter().any(|atom| {
                        heavy.guards(*atom).iter().any(|guard| self.passes(*guard, peer, key))
                    });
                }
            }
        }
    }

    /// Whether one of the record's own entries admits the peer.
    #[inline]
    fn record_admits(&self, record: &RuleSet, peer: &Signature, key: u32) -> bool {
        if !peer.is_inline() {
            let atoms = self.atoms(peer);
            return record.atoms.iter().zip(&record.guards).any(|(atom, guard)| {
                atoms.binary_search(atom).is_ok() && self.passes(*guard, peer, key)
            });
        }
        let mut hits = intersect(&record.atoms, &peer.atoms);
        while hits != 0 {
            let place = hits.trailing_zeros() as usize;
            if let Some(guard) = record.guards.get(place)
                && self.passes(*guard, peer, key)
            {
                return true;
            }
            hits &= hits - 1;
        }
        false
    }

    /// Whether the guard lets the peer pass with this key.
    #[inline]
    pub(crate) fn passes(&self, guard: GuardId, peer: &Signature, key: u32) -> bool {
        let guard = self.guards.at(guard.0);
        let mut open = guard.contains(key);
        if guard.detail != 0 && !open {
            open = self.guard_details.at(guard.detail).contains(key, self.named_ports(peer));
        }
        open && (guard.excepts == 0 || !self.excludes(guard.excepts, peer))
    }

    /// Whether the peer matches one of the excluded atoms.
    pub(crate) fn excludes(&self, excepts: u32, peer: &Signature) -> bool {
        let excepts = self.excepts.at(excepts);
        let atoms = self.atoms(peer);
        // Both lists are sorted; walk the shorter one and search in the longer.
        let (short, long) =
            if excepts.len() < atoms.len() { (&**excepts, atoms) } else { (atoms, &**excepts) };
        short.iter().any(|atom| long.binary_search(atom).is_ok())
    }

    /// Whether the peer matches the atom.
    pub(crate) fn matches(&self, atom: Atom, signature: SignatureId) -> bool {
        self.atoms(self.signatures.at(signature.0)).binary_search(&atom).is_ok()
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

/// Bit `i` is set when `rules[i]` is among `peer`.
#[inline]
fn intersect(rules: &[Atom; rule_set::INLINE], peer: &[Atom; signature::INLINE]) -> u32 {
    let mut hits = 0;
    for (place, rule) in rules.iter().enumerate() {
        // A fold without branches, which compilers turn into vector compares on every target.
        let found = peer.iter().fold(false, |found, atom| found | (atom.0 == rule.0));
        hits |= u32::from(found) << place;
    }
    hits
}
