use std::hash::BuildHasher;
use std::sync::Arc;

use smallvec::SmallVec;

use super::gathered::Gathered;
use super::port_names::PortNames;
use super::prefixes::AtomLists;
use super::scopes::Scopes;
use super::slab::Interner;
use super::terms::Terms;
use crate::directory::{ClassOrigin, Directory};
use crate::hash::{FixedHasher, Map, Set};
use crate::inventory::{EndpointRecord, Fact, FactList};
use crate::tables::{Atom, NamedPort, NamedPortRef, RuleSetsOfTiers};

/// Kinds of endpoints: those in one namespace that look alike to every selector.
#[derive(Clone, Debug, Default)]
pub(super) struct LabelClasses {
    known: Interner<Key, LabelClass>,
    by_namespace: Map<u32, Set<u32>>,
    by_fact: Map<Fact, Set<u32>>,
    /// What the port names that rules use mean on an endpoint, sorted.
    ports: Interner<Arc<[NamedPort]>>,
}

/// What the endpoints of a label class have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) namespace: u32,
    pub(super) facts: Box<[Fact]>,
    /// Number of the list of what port names mean on them.
    pub(super) ports: u32,
    pub(super) host_network: bool,
}

/// What follows from it.
#[derive(Clone, Debug, Default)]
pub(super) struct LabelClass {
    pub(super) atoms: AtomLists,
    pub(super) ingress: RuleSetsOfTiers,
    pub(super) egress: RuleSetsOfTiers,
    pub(super) origin: ClassOrigin,
    /// The classes made with it.
    pub(super) classes: SmallVec<[u32; 2]>,
    /// Whether it was put together at all.
    pub(super) is_ready: bool,
}

impl LabelClasses {
    /// The label class of an endpoint that policies see as a pod, used once more.
    pub(super) fn acquire(
        &mut self,
        record: &EndpointRecord,
        facts: &FactList,
        port_names: &PortNames,
        directory: &mut Directory,
    ) -> u32 {
        let ports = self.acquire_ports(record, port_names, directory);
        let (namespace, host_network) = (record.home, record.host_network);
        // As the key does.
        let hash = FixedHasher.hash_one((namespace, facts.as_slice(), ports, host_network));
        let same = |known: &Key| {
            (known.namespace, &*known.facts) == (namespace, facts.as_slice())
                && (known.ports, known.host_network) == (ports, host_network)
        };
        if let Some(number) = self.known.find_with(hash, same) {
            self.known.hold(number);
            self.release_ports(ports);
            return number;
        }
        let key = Key { namespace, facts: facts.as_slice().into(), ports, host_network };
        let number = self.known.insert(key, LabelClass::default());
        self.by_namespace.entry(namespace).or_default().insert(number);
        for fact in facts {
            self.by_fact.entry(*fact).or_default().insert(number);
        }
        number
    }

    /// An endpoint is not of a label class any more.
    pub(super) fn release(&mut self, number: u32) {
        self.known.release(number);
    }

    /// A class that was made with a label class goes on using it.
    pub(super) fn hold(&mut self, number: u32) {
        self.known.hold(number);
    }

    fn acquire_ports(
        &mut self,
        record: &EndpointRecord,
        port_names: &PortNames,
        directory: &mut Directory,
    ) -> u32 {
        let mut ports = SmallVec::<[NamedPort; 8]>::new();
        for port in &record.named_ports {
            let protocol = port.protocol.0;
            let key = u32::from(protocol) << 16 | u32::from(port.number);
            let names = port_names.of(port.label, record.host_network);
            ports
                .extend(names.map(|name| NamedPort { port: NamedPortRef { name, protocol }, key }));
        }
        if ports.is_empty() {
            return 0;
        }
        ports.sort_unstable();
        if let Some(number) = self.ports.find(&*ports) {
            self.ports.hold(number);
            return number;
        }
        let list: Arc<[NamedPort]> = ports.as_slice().into();
        let number = self.ports.insert(Arc::clone(&list), ());
        directory.port_lists.set(number, Some(list));
        number
    }

    fn release_ports(&mut self, ports: u32) {
        if ports != 0 {
            self.ports.release(ports);
        }
    }

    /// What the endpoints of a label class have in common.
    pub(super) fn key(&self, number: u32) -> &Key {
        self.known.key(number)
    }

    /// What follows from a label class.
    pub(super) fn get(&self, number: u32) -> &LabelClass {
        self.known.value(number)
    }

    pub(super) fn get_mut(&mut self, number: u32) -> &mut LabelClass {
        self.known.value_mut(number)
    }

    /// What port names mean on the endpoints of a label class.
    pub(super) fn ports(&self, number: u32) -> &[NamedPort] {
        match self.known.key(number).ports {
            0 => &[],
            ports => self.ports.key(ports),
        }
    }

    /// Whether it still has to be put together for the first time.
    pub(super) fn is_new(&self, number: u32) -> bool {
        !self.known.value(number).is_ready
    }

    /// Whether some endpoint is of it.
    pub(super) fn is_used(&self, number: u32) -> bool {
        self.known.is_used(number)
    }

    /// Finds the label classes that match an atom of pods.
    pub(super) fn matching(
        &self,
        scopes: &Scopes,
        scope: u32,
        item: u32,
        found: &mut Gathered<u32>,
    ) {
        let Some(terms) = scopes.terms_of(scope, item) else { return };
        if let Some(namespace) = scopes.only_namespace_in(scope) {
            self.of_namespace(namespace, terms, found);
            return;
        }
        match terms.narrowest() {
            Some(facts) => {
                let filed = facts.iter().filter_map(|fact| self.by_fact.get(fact)).flatten();
                found.extend(filed.copied().filter(|number| {
                    let key = self.known.key(*number);
                    scopes.contains(scope, key.namespace) && terms.hold_for(&key.facts)
                }));
            }
            None => {
                for namespace in scopes.namespaces_in(scope) {
                    self.of_namespace(namespace, terms, found);
                }
            }
        }
    }

    /// Finds the label classes of a namespace for which terms hold.
    pub(super) fn of_namespace(&self, namespace: u32, terms: &Terms, found: &mut Gathered<u32>) {
        let Some(there) = self.by_namespace.get(&namespace) else { return };
        let hold = |number: &u32| {
            let key = self.known.key(*number);
            key.namespace == namespace && terms.hold_for(&key.facts)
        };
        if let Some(facts) = terms.narrowest() {
            let filed = || facts.iter().filter_map(|fact| self.by_fact.get(fact));
            // A label may be that of one pod among thousands, or of pods everywhere.
            if filed().map(|list| list.len()).sum::<usize>() < there.len() {
                found.extend(filed().flatten().copied().filter(hold));
                return;
            }
        }
        found.extend(there.iter().copied().filter(hold));
    }

    /// The namespaces in which there are any.
    pub(super) fn namespaces(&self) -> impl Iterator<Item = u32> {
        self.by_namespace.keys().copied()
    }

    /// Forgets label classes that no endpoint and no class uses, and calls `gone` with what each was
    /// made from.
    pub(super) fn sweep(&mut self, directory: &mut Directory, mut gone: impl FnMut(&ClassOrigin)) {
        while let Some((number, key, class)) = self.known.sweep() {
            if let Some(there) = self.by_namespace.get_mut(&key.namespace) {
                there.remove(&number);
                if there.is_empty() {
                    self.by_namespace.remove(&key.namespace);
                }
            }
            for fact in &key.facts {
                if let Some(list) = self.by_fact.get_mut(fact) {
                    list.remove(&number);
                    if list.is_empty() {
                        self.by_fact.remove(fact);
                    }
                }
            }
            gone(&class.origin);
            self.release_ports(key.ports);
        }
        while let Some((number, ..)) = self.ports.sweep() {
            directory.port_lists.set(number, None);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    pub(super) fn bytes(&self) -> usize {
        let atoms = self.known.iter().map(|(_, _, class)| {
            (class.atoms.as_source.len() + class.atoms.as_destination.len()) * size_of::<Atom>()
        });
        atoms.sum::<usize>()
            + self.known.bytes()
            + self.by_namespace.values().map(|set| set.capacity() * 5).sum::<usize>()
            + self.by_fact.values().map(|set| set.capacity() * 5 + 48).sum::<usize>()
            + self.ports.bytes()
    }
}
