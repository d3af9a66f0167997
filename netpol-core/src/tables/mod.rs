//! The compiled form: fixed-size records and the lookups over them.
//!
//! Nothing here knows what a policy is. An address leads to a [`Class`], a class to a
//! [rule set](RuleSets) for each direction and to two [`Signature`]s; whether a rule set admits a
//! signature is the intersection of two small sorted sets of [`Atom`]s, guarded by port ranges
//! ([`Guard`]). [Ordered rule sets](OrderedRuleSets) before and after it are intersected the same
//! way, and their first match decides. Rules are never multiplied by endpoints, and a packet costs
//! two address lookups and two intersections. Memory is additive but for the ordered rule sets: there
//! is one for each combination of lists that selects some endpoint, with all their entries.
//!
//! ```text
//! source address ──┐                        ┌─ egress rule set ──┐
//!                  ├─ IP table ─ class ─────┤                    ├─ admits? (atoms ∩, guard)
//! destination  ────┘                        └─ signatures ───────┘
//! ```
//!
//! A peer's atom is a label match or an address prefix. `except` and negative selectors are not
//! intervals but further atoms that must be absent (base minus excepts), so that overlapping
//! blocks cost as many entries as they have lines, whatever they overlap.

mod atom_spans;
mod chains;
mod change;
mod class;
mod guard;
mod heavy;
mod ipv4;
mod ipv4_entry;
mod ipv6;
mod matching;
mod open_table;
mod ordered;
mod records;
mod rule_set;
mod segments;
mod shelf;
mod signature;
mod spares;

pub(crate) use atom_spans::AtomSpans;
pub(crate) use change::Change;
pub(crate) use class::{Class, ClassId, Identity, Otherwise, RuleSetsOfTiers};
pub(crate) use guard::{Guard, GuardDetail, GuardId, NamedPort, NamedPortRef, Range};
pub(crate) use ipv4::Ipv4Table;
pub(crate) use ipv6::Ipv6Table;
pub(crate) use open_table::{NumberIndex, NumberSlot};
pub(crate) use ordered::{OrderedEntry, OrderedId, OrderedRuleSets, Outcome};
pub(crate) use records::{MOST_RECORDS, Records};
pub(crate) use rule_set::{RuleSetEntry, RuleSetId, RuleSets};
pub(crate) use segments::{Segment, flatten};
pub(crate) use shelf::Shelf;
pub(crate) use signature::{Signature, SignatureDetail, SignatureId};

use std::net::IpAddr;
use std::sync::Arc;

/// Something an address or endpoint can match: an interned peer or prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Atom(pub(crate) u32);

impl Atom {
    /// In the signature of endpoints without an address, and in no other: an except that keeps
    /// them out of blocks that exclude anything.
    pub(crate) const WITHOUT_ADDRESS: Atom = Atom(0);

    /// What everybody matches, though no signature holds it. Only in ordered rule sets, where an
    /// entry for everybody has its place among the others.
    pub(crate) const EVERYBODY: Atom = Atom(u32::MAX - 2);

    /// The one bit of a bloom word that stands for the atom.
    pub(crate) const fn bloom(self) -> u64 {
        1 << (self.0 % u64::BITS)
    }
}

/// Everything that `decide` reads.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tables {
    /// IPv4 address to class.
    pub(crate) ipv4: Ipv4Table,
    /// IPv6 address to class.
    pub(crate) ipv6: Ipv6Table,
    /// What addresses that lead to the class are.
    pub(crate) classes: Records<Class, 64>,
    /// Who may pass, for each direction.
    pub(crate) rule_sets: RuleSets,
    /// Lists of which the first match decides.
    pub(crate) ordered: OrderedRuleSets,
    /// What a peer is.
    pub(crate) signatures: Records<Signature, 64>,
    /// What does not fit into a signature's record.
    pub(crate) signature_details: Records<SignatureDetail, 16>,
    /// Which ports an entry admits.
    pub(crate) guards: Records<Guard, 128>,
    /// What does not fit into a guard's record.
    pub(crate) guard_details: Records<GuardDetail, 16>,
    /// Sorted lists of atoms that an entry excludes.
    pub(crate) excepts: Records<Arc<[Atom]>, 16>,
}

impl Tables {
    /// The class of an address; the address must be in its shortest form.
    #[inline]
    pub(crate) fn class_of(&self, address: IpAddr) -> ClassId {
        match address {
            IpAddr::V4(address) => self.ipv4.lookup(address.to_bits()),
            IpAddr::V6(address) => self.ipv6.lookup(address.to_bits()),
        }
    }

    /// The bits of whom the rules for a direction speak: who has none of them is denied. All where it
    /// does not follow.
    pub(crate) fn admitted_by(&self, sets: &RuleSetsOfTiers) -> u64 {
        self.rule_sets.bloom(sets.isolating) | self.ordered.bloom(sets.before())
    }

    /// Makes every address one that needs a look at more than the tables.
    pub(crate) fn flag_everything(&mut self) {
        let flagged = ClassId::new(ClassId::UNKNOWN.record(), true);
        self.ipv4 = Ipv4Table::everywhere(flagged);
        self.ipv6 = Ipv6Table::everywhere(flagged);
    }

    /// The tables as they are now, for a snapshot: what is then written to these is copied first,
    /// chunk by chunk.
    pub(crate) fn share(&self) -> Tables {
        Tables {
            ipv4: self.ipv4.share(),
            ipv6: self.ipv6.share(),
            classes: self.classes.share(),
            rule_sets: self.rule_sets.share(),
            ordered: self.ordered.share(),
            signatures: self.signatures.share(),
            signature_details: self.signature_details.share(),
            guards: self.guards.share(),
            guard_details: self.guard_details.share(),
            excepts: self.excepts.share(),
        }
    }

    /// How many records there are that are numbered here, and how many there is room for of every
    /// kind.
    pub(crate) fn occupancy(&self) -> (usize, usize) {
        let (dense, runs) = self.ipv4.pages();
        let (dense_room, runs_room) = self.ipv4.room();
        let (rule_sets, rule_sets_room) = self.rule_sets.occupancy();
        let (ordered, ordered_room) = self.ordered.occupancy();
        let numbered_elsewhere = self.classes.room() + self.signatures.room() + self.guards.room();
        let used = dense + runs + self.ipv6.singles() + rule_sets + ordered;
        let room = dense_room + runs_room + self.ipv6.room() + rule_sets_room + ordered_room;
        (used, room + numbered_elsewhere)
    }

    /// Bytes of what the writer keeps of earlier snapshots.
    pub(crate) fn spare_bytes(&self) -> usize {
        self.ipv4.spare_bytes()
            + self.ipv6.spare_bytes()
            + self.classes.spare_bytes()
            + self.rule_sets.spare_bytes()
            + self.ordered.spare_bytes()
            + self.signatures.spare_bytes()
            + self.signature_details.spare_bytes()
            + self.guards.spare_bytes()
            + self.guard_details.spare_bytes()
            + self.excepts.spare_bytes()
    }

    /// Bytes on the heap, part by part, in the order of the fields.
    pub(crate) fn memory(&self) -> [(&'static str, usize); 7] {
        let details = self.signature_details.iter().map(SignatureDetail::bytes).sum::<usize>()
            + self.guard_details.iter().map(GuardDetail::bytes).sum::<usize>()
            + self.excepts.iter().map(|list| size_of_val::<[Atom]>(list)).sum::<usize>()
            + self.signature_details.bytes()
            + self.guard_details.bytes()
            + self.excepts.bytes();
        [
            ("ipv4", self.ipv4.bytes()),
            ("ipv6", self.ipv6.bytes()),
            ("classes", self.classes.bytes()),
            ("rule sets", self.rule_sets.bytes()),
            ("ordered rule sets", self.ordered.bytes()),
            ("signatures", self.signatures.bytes()),
            ("guards", self.guards.bytes() + details),
        ]
    }
}
