//! The question behind every verdict: does this rule set admit this peer on this port?

use super::rule_set::{self, Link, RuleSet};
use super::signature::Signature;
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

    /// The same for a rule set and a peer that seem to have something in common.
    #[inline(never)]
    fn admits_peer(&self, record: &RuleSet, peer: &Signature, key: u32) -> bool {
        (record.any != GuardId::NONE && self.passes(record.any, peer, key))
            || self.record_admits(record, peer, key)
            || (record.link != 0 && self.chain_admits(record, peer, key))
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
                    if record.bloom & peer.bloom == 0 {
                        return false;
                    }
                    if self.record_admits(record, peer, key) {
                        return true;
                    }
                }
                Link::Heavy(heavy) => {
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
            return self.record_admits_long(record, peer, key);
        }
        let mut hits = intersect(&record.atoms, peer);
        while hits != 0 {
            let place = hits.trailing_zeros() as usize;
            let guard = record.guards.get(place).copied().unwrap_or_default();
            if self.passes(guard, peer, key) {
                return true;
            }
            hits &= hits - 1;
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

/// Bit `i` is set when `rules[i]` is among the peer's atoms, which must all be in its record.
#[inline]
fn intersect(rules: &[Atom; rule_set::INLINE], peer: &Signature) -> u32 {
    // Lanes for rules, padded to whole vectors, and no branches in the loops over them: compilers
    // turn this into vector compares on every target. Most peers have no more than four atoms.
    let mut lanes = [0; rule_set::INLINE.next_multiple_of(GROUP)];
    for (lane, rule) in lanes.iter_mut().zip(rules) {
        *lane = rule.0;
    }
    let mut found = [0; rule_set::INLINE.next_multiple_of(GROUP)];
    let (groups, _) = peer.atoms.as_chunks::<GROUP>();
    for group in groups.iter().take((peer.count as usize).div_ceil(GROUP)) {
        for atom in group {
            for (found, lane) in found.iter_mut().zip(lanes) {
                *found |= if lane == atom.0 { u32::MAX } else { 0 };
            }
        }
    }
    let hits = (0..rule_set::INLINE).zip(found).map(|(place, found)| found & 1 << place);
    hits.fold(0, |hits, hit| hits | hit)
}

/// Atoms of a peer that are compared together.
const GROUP: usize = 4;
