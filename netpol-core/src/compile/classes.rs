use std::net::IpAddr;

use super::TooLarge;
use super::label_classes::LabelClasses;
use super::policies::Policies;
use super::prefixes::{AtomLists, Chain, Prefixes};
use super::signatures::Signatures;
use super::slab::Interner;
use crate::directory::{ClassOrigin, Directory};
use crate::tables::{Atom, Class, ClassId, Identity, MOST_RECORDS, RuleSetsOfTiers, Tables};

/// Classes: what is to be known about an address, one for each kind of endpoint in each chain of
/// prefixes, and one for the addresses in each chain that are nobody's.
///
/// A class keeps its number while there are such addresses, so the tables of addresses stay as
/// they are when policies change; only its record does not.
#[derive(Clone, Debug, Default)]
pub(super) struct Classes {
    known: Interner<Key>,
    pub(super) signatures: Signatures,
    /// Those that have no record yet.
    pub(super) fresh: Vec<u32>,
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
    pub(super) label_classes: &'compiler LabelClasses,
    pub(super) prefixes: &'compiler Prefixes,
    pub(super) policies: &'compiler Policies,
    pub(super) tables: &'compiler mut Tables,
    pub(super) directory: &'compiler mut Directory,
}

/// Where to look for the chain of an address.
pub(super) struct Chains<'compiler> {
    pub(super) prefixes: &'compiler Prefixes,
    pub(super) classes: &'compiler Classes,
    /// Whether prefixes came or went while addresses have owners: those addresses have their
    /// classes of before until they are settled.
    pub(super) stale: bool,
}

impl Chains<'_> {
    /// The chain of an address.
    pub(super) fn of(&self, address: IpAddr, tables: &Tables) -> Chain {
        // The class that the tables have there tells, whoever's it is, unless it is about to change.
        let known = match address {
            IpAddr::V4(address) if !self.stale => tables.ipv4.lookup(address.to_bits()).record(),
            _ => 0,
        };
        if known == ClassId::UNKNOWN.record() {
            return self.prefixes.of(address);
        }
        self.classes.known.key(known).chain
    }
}

impl Classes {
    /// The class of these labels in this chain, used once more. A new one gets its record later.
    pub(super) fn acquire(
        &mut self,
        label_class: u32,
        chain: Chain,
        label_classes: &mut LabelClasses,
        prefixes: &mut Prefixes,
    ) -> Result<u32, TooLarge> {
        let key = Key { label_class, chain };
        if let Some(number) = self.known.find(&key) {
            self.known.hold(number);
            return Ok(number);
        }
        let number = self.known.insert(key, ());
        if number >= MOST_RECORDS {
            return Err(TooLarge);
        }
        if label_class != 0 {
            label_classes.hold(label_class);
            label_classes.get_mut(label_class).classes.push(number);
        }
        if chain != Chain::WITHOUT_ADDRESS {
            prefixes.get_mut(chain.0).classes.insert(number);
        }
        self.fresh.push(number);
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
        let of_chain = parts.prefixes.atoms_of(chain);
        let names = &parts.policies.port_names;
        let (signatures, tables) = (&mut self.signatures, &mut *parts.tables);
        let mut identity = |first: &[Atom], second: &[Atom], ports| -> Result<_, TooLarge> {
            let signature = signatures.acquire(first, second, ports, names, tables)?;
            Ok(Identity::new(signature, first.iter().chain(second)))
        };
        let (sets, source, destination, origin) = if label_class == 0 {
            let AtomLists { as_source, as_destination } = &of_chain.outside;
            let open = RuleSetsOfTiers::default();
            let source = identity(as_source, &[], &[])?;
            ((open, open), source, identity(as_destination, &[], &[])?, ClassOrigin::default())
        } else {
            let labels = parts.label_classes.get(label_class);
            let ports = parts.label_classes.ports(label_class);
            let (of_chain, of_labels) = (&of_chain.for_pods, &labels.atoms);
            let source = identity(&of_chain.as_source, &of_labels.as_source, &[])?;
            let (first, second) = (&of_chain.as_destination, &of_labels.as_destination);
            let destination = identity(first, second, ports)?;
            ((labels.ingress, labels.egress), source, destination, labels.origin)
        };
        let admitted = |sets: RuleSetsOfTiers| (sets, tables.admitted_by(&sets));
        let record = Class::new(admitted(sets.0), admitted(sets.1), source, destination);
        let before = *tables.classes.at(number);
        self.signatures.release(before.as_source().signature);
        self.signatures.release(before.as_destination().signature);
        if before != record || parts.directory.class_origin(number) != origin {
            parts.tables.classes.set(number, record);
            parts.directory.set_class_origin(number, origin);
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
        while let Some((number, key, ())) = self.known.sweep() {
            let record = *tables.classes.at(number);
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
            directory.set_class_origin(number, ClassOrigin::default());
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
