use super::TooLarge;
use super::label_classes::{LabelClasses, split};
use super::peers::Peers;
use super::policies::Policies;
use super::prefixes::{Chain, Prefixes};
use super::signatures::Signatures;
use super::slab::Interner;
use crate::directory::{ClassOrigin, Directory};
use crate::tables::{
    Atom, Class, ClassId, Identity, MOST_RECORDS, RuleSetsOfTiers, SignatureId, Tables,
};

/// Classes: what is to be known about an address, one for each kind of endpoint in each chain of
/// prefixes, and one for the addresses in each chain that are nobody's.
///
/// A class keeps its number while there are such addresses, so the tables of addresses stay as
/// they are when policies change; only its record does not.
#[derive(Clone, Debug, Default)]
pub(super) struct Classes {
    known: Interner<Key, Class>,
    pub(super) signatures: Signatures,
    /// Numbers whose records were written in this publication.
    pub(super) written: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    /// 0 for those that policies do not see as pods.
    label_class: u32,
    chain: Chain,
}

/// What classes are made from, and put in.
pub(super) struct Parts<'compiler> {
    pub(super) label_classes: &'compiler mut LabelClasses,
    pub(super) prefixes: &'compiler mut Prefixes,
    pub(super) peers: &'compiler Peers,
    pub(super) policies: &'compiler Policies,
    pub(super) tables: &'compiler mut Tables,
    pub(super) directory: &'compiler mut Directory,
}

impl Classes {
    /// The class of these labels in this chain, used once more.
    pub(super) fn acquire(
        &mut self,
        label_class: u32,
        chain: Chain,
        parts: &mut Parts<'_>,
    ) -> Result<u32, TooLarge> {
        let key = Key { label_class, chain };
        if let Some(number) = self.known.find(&key) {
            self.known.hold(number);
            return Ok(number);
        }
        let number = self.known.insert(key, Class::default());
        if number >= MOST_RECORDS {
            return Err(TooLarge);
        }
        if label_class != 0 {
            parts.label_classes.hold(label_class);
            parts.label_classes.get_mut(label_class).classes.push(number);
        }
        if chain != Chain::WITHOUT_ADDRESS {
            parts.prefixes.get_mut(chain.0).classes.insert(number);
        }
        self.refresh(number, parts)?;
        Ok(number)
    }

    /// An address or endpoint is not of the class any more.
    pub(super) fn release(&mut self, number: u32) {
        self.known.release(number);
    }

    /// Whether somebody is of the class.
    pub(super) fn is_used(&self, number: u32) -> bool {
        self.known.is_used(number)
    }

    /// Those that no prefix names: of endpoints without an address.
    pub(super) fn without_address(&self) -> impl Iterator<Item = u32> {
        let keys = self.known.iter().filter(|(_, key, _)| key.chain == Chain::WITHOUT_ADDRESS);
        keys.map(|(number, ..)| number)
    }

    /// Writes the record of a class from its parts as they are now.
    pub(super) fn refresh(&mut self, number: u32, parts: &mut Parts<'_>) -> Result<(), TooLarge> {
        let Key { label_class, chain } = *self.known.key(number);
        let (chain_atoms, _) = parts.prefixes.chain(chain);
        let of_chain = split(parts.peers, chain_atoms);
        let merge = |of_chain: &[Atom], of_labels: &[Atom]| {
            let for_pods = |atom: &&Atom| parts.peers.is_for_pods(**atom);
            let mut atoms =
                of_chain.iter().filter(for_pods).chain(of_labels).copied().collect::<Vec<_>>();
            atoms.sort_unstable();
            atoms
        };
        let open = RuleSetsOfTiers::default();
        let (as_source, as_destination, ingress, egress, origin, ports) = if label_class == 0 {
            let (source, destination) = (of_chain.as_source, of_chain.as_destination);
            (source.to_vec(), destination.to_vec(), open, open, ClassOrigin::default(), &[][..])
        } else {
            let labels = parts.label_classes.get(label_class);
            (
                merge(&of_chain.as_source, &labels.atoms.as_source),
                merge(&of_chain.as_destination, &labels.atoms.as_destination),
                labels.ingress,
                labels.egress,
                labels.origin,
                parts.label_classes.ports(label_class),
            )
        };
        let names = &parts.policies.port_names;
        let (signatures, tables) = (&mut self.signatures, &mut *parts.tables);
        let mut peer = |atoms: Vec<Atom>, ports| -> Result<_, TooLarge> {
            let unnamed = Identity::new(SignatureId::default(), &atoms);
            let signature = signatures.acquire(atoms, ports, names, tables)?;
            Ok(Identity { signature, ..unnamed })
        };
        let (source, destination) = (peer(as_source, &[])?, peer(as_destination, ports)?);
        let admitted = |sets: RuleSetsOfTiers| (sets, tables.admitted_by(&sets));
        let record = Class::new(admitted(ingress), admitted(egress), source, destination);
        let before = std::mem::replace(self.known.value_mut(number), record);
        self.signatures.release(before.as_source().signature);
        self.signatures.release(before.as_destination().signature);
        if before != record || *parts.directory.class_origins.at(number) != origin {
            parts.tables.classes.set(number, record);
            parts.directory.class_origins.set(number, origin);
            self.written.push(number);
        }
        Ok(())
    }

    /// The number as address tables have it.
    pub(super) const fn id(number: u32, flagged: bool) -> ClassId {
        ClassId::new(number, flagged)
    }

    /// Forgets classes that nobody is of.
    pub(super) fn sweep(
        &mut self,
        label_classes: &mut LabelClasses,
        prefixes: &mut Prefixes,
        tables: &mut Tables,
        directory: &mut Directory,
    ) {
        while let Some((number, key, record)) = self.known.sweep() {
            if key.label_class != 0 {
                label_classes.get_mut(key.label_class).classes.retain(|other| *other != number);
                label_classes.release(key.label_class);
            }
            if prefixes.get(key.chain.0).is_some() {
                prefixes.get_mut(key.chain.0).classes.remove(&number);
            }
            self.signatures.release(record.as_source().signature);
            self.signatures.release(record.as_destination().signature);
            tables.classes.set(number, Class::default());
            directory.class_origins.set(number, ClassOrigin::default());
        }
        self.signatures.sweep(tables);
        self.written.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.known.bytes() + self.signatures.bytes()
    }
}
