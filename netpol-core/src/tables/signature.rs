use std::sync::Arc;

use super::{Atom, NamedPort};

/// Number of a [`Signature`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SignatureId(pub(crate) u32);

/// How many atoms a record holds; the average endpoint matches three or four.
pub(super) const INLINE: usize = 10;

/// Fills unused places; no rule set holds it.
const NO_ATOM: Atom = Atom(u32::MAX);

/// The sorted set of atoms that an endpoint matches: 48 bytes. Its bit pattern is where it is asked
/// first, in the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(C, align(16))]
pub(crate) struct Signature {
    pub(super) count: u32,
    /// Number of the [`SignatureDetail`], 0 for none.
    pub(super) detail: u32,
    pub(super) atoms: [Atom; INLINE],
}

/// What does not fit into a [`Signature`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct SignatureDetail {
    /// All atoms in order, when there are more than the record holds; else empty.
    pub(crate) atoms: Arc<[Atom]>,
    /// The port names that some egress rule uses, with their numbers on this endpoint.
    pub(crate) named_ports: Arc<[NamedPort]>,
}

impl Default for Signature {
    fn default() -> Signature {
        Signature { count: 0, detail: 0, atoms: [NO_ATOM; INLINE] }
    }
}

impl Signature {
    /// The signature of sorted `atoms`; more than fit must also stand in `detail`.
    pub(crate) fn new(atoms: &[Atom], detail: u32) -> Signature {
        let mut signature = Signature { detail, ..Signature::default() };
        signature.count = u32::try_from(atoms.len()).unwrap_or(u32::MAX);
        for (place, atom) in signature.atoms.iter_mut().zip(atoms) {
            *place = *atom;
        }
        signature
    }

    /// Whether all its atoms are in the record.
    pub(super) const fn is_inline(&self) -> bool {
        self.count as usize <= INLINE
    }

    /// Whether a list of this length needs a [`SignatureDetail`].
    pub(crate) const fn needs_detail(atoms: usize) -> bool {
        atoms > INLINE
    }
}

impl SignatureDetail {
    pub(super) fn bytes(&self) -> usize {
        size_of_val::<[Atom]>(&self.atoms) + size_of_val::<[NamedPort]>(&self.named_ports)
    }
}
