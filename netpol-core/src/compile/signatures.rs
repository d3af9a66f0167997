use std::hash::BuildHasher;
use std::sync::Arc;

use smallvec::SmallVec;

use super::TooLarge;
use super::port_names::PortNames;
use super::slab::Interner;
use crate::hash::FixedHasher;
use crate::tables::{
    Atom, MOST_RECORDS, NamedPort, Signature, SignatureDetail, SignatureId, Tables,
};

/// Signatures, interned by content, with what port names mean on those who have them.
#[derive(Clone, Debug, Default)]
pub(super) struct Signatures {
    /// With the number of the detail in the tables, 0 for none.
    known: Interner<Key, u32>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    atoms: Box<[Atom]>,
    /// The port names that egress rules use.
    named: Box<[NamedPort]>,
}

impl Signatures {
    /// The signature of the atoms of two lists that have none in common, used once more.
    pub(super) fn acquire(
        &mut self,
        first: &[Atom],
        second: &[Atom],
        ports: &[NamedPort],
        names: &PortNames,
        tables: &mut Tables,
    ) -> Result<SignatureId, TooLarge> {
        let mut atoms = SmallVec::<[Atom; 32]>::from_slice(first);
        atoms.extend_from_slice(second);
        atoms.sort_unstable();
        let named = ports.iter().filter(|port| names.is_used_by_egress(port.port.name));
        let named = named.copied().collect::<SmallVec<[NamedPort; 4]>>();
        if atoms.is_empty() && named.is_empty() {
            return Ok(SignatureId::default());
        }
        // As the key does.
        let hash = FixedHasher.hash_one((atoms.as_slice(), named.as_slice()));
        let same = |key: &Key| *key.atoms == *atoms && *key.named == *named;
        if let Some(number) = self.known.find_with(hash, same) {
            self.known.hold(number);
            return Ok(SignatureId(number));
        }
        let key = Key { atoms: atoms.as_slice().into(), named: named.as_slice().into() };
        let long = Signature::needs_detail(key.atoms.len());
        let detail = if long || !key.named.is_empty() {
            let atoms = if long { Arc::from(&*key.atoms) } else { Arc::default() };
            let detail = SignatureDetail { atoms, named_ports: Arc::from(&*key.named) };
            tables.signature_details.insert(detail).ok_or(TooLarge)?
        } else {
            0
        };
        let signature = Signature::new(&key.atoms, detail);
        let number = self.known.insert(key, detail);
        if number >= MOST_RECORDS {
            return Err(TooLarge);
        }
        tables.signatures.set(number, signature);
        Ok(SignatureId(number))
    }

    /// A class does not use a signature any more.
    pub(super) fn release(&mut self, signature: SignatureId) {
        if signature != SignatureId::default() {
            self.known.release(signature.0);
        }
    }

    /// Forgets what no class uses.
    pub(super) fn sweep(&mut self, tables: &mut Tables) {
        while let Some((number, _, detail)) = self.known.sweep() {
            tables.signatures.set(number, Signature::default());
            if detail != 0 {
                tables.signature_details.remove(detail);
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    pub(super) fn bytes(&self) -> usize {
        let owned = self.known.iter().map(|(_, key, _)| {
            size_of_val::<[Atom]>(&key.atoms) + size_of_val::<[NamedPort]>(&key.named)
        });
        owned.sum::<usize>() + self.known.bytes()
    }
}
