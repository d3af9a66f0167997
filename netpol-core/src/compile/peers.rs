use ipnet::IpNet;
use smallvec::{SmallVec, smallvec};

use super::TooLarge;
use super::facts::{AnyOf, Fact, FactList, Facts, TermIndex, Terms};
use crate::hash::Map;
use crate::model::Labels;
use crate::options::{IpBlockPods, Options};
use crate::packet::Direction;
use crate::policy::{Namespaces, Peer};
use crate::tables::Atom;

/// Every peer that rules speak of, as atoms.
///
/// A pod peer is a scope (which namespaces) and positive terms on pod labels; its negative
/// requirements (`NotIn`, `DoesNotExist`) become excepts, that is, atoms of what they exclude. So a
/// signature lists only what an endpoint is, never what it is not, and stays short.
#[derive(Debug)]
pub(super) struct Peers {
    namespace_facts: Facts,
    pub(super) pod_facts: Facts,
    own_scopes: Map<u32, usize>,
    label_scopes: Map<Terms, usize>,
    label_scope_index: TermIndex<usize>,
    /// The atoms of each scope.
    scopes: Vec<TermIndex<Atom>>,
    pod_atoms: Map<(usize, Terms), Atom>,
    prefix_atoms: Map<IpNet, Atom>,
    /// In which directions an atom is used, by its number.
    uses: Vec<u8>,
}

/// A peer as the tables know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PeerAtoms {
    /// What must match.
    pub(super) base: Atom,
    /// What must not; sorted.
    pub(super) excepts: Vec<Atom>,
}

impl Peers {
    pub(super) fn new() -> Peers {
        Peers {
            namespace_facts: Facts::default(),
            pod_facts: Facts::default(),
            own_scopes: Map::default(),
            label_scopes: Map::default(),
            label_scope_index: TermIndex::default(),
            scopes: Vec::new(),
            pod_atoms: Map::default(),
            prefix_atoms: Map::default(),
            // Number 0 is the atom of endpoints without an address, in use both ways.
            uses: vec![use_of(Direction::Ingress) | use_of(Direction::Egress)],
        }
    }

    /// The atoms of a peer of a policy in namespace number `own`; `None` for an unreadable one.
    pub(super) fn atoms(
        &mut self,
        peer: &Peer,
        own: u32,
        direction: Direction,
    ) -> Result<Option<PeerAtoms>, TooLarge> {
        let mut atoms = match peer {
            Peer::Unreadable => return Ok(None),
            Peer::Pods { namespaces, pods } => {
                let namespace_terms = match namespaces {
                    Namespaces::Own => None,
                    Namespaces::Matching(selector) => Some(self.namespace_facts.terms(selector)),
                };
                let pod_terms = self.pod_facts.terms(pods);
                self.pod_peer(own, namespace_terms, pod_terms, direction)?
            }
            Peer::Block(block) => {
                let base = self.prefix_atom(block.cidr(), direction)?;
                let mut excepts = Vec::new();
                for except in block.excepts() {
                    excepts.push(self.prefix_atom(*except, direction)?);
                }
                if !excepts.is_empty() && block.cidr().prefix_len() == 0 {
                    // "Everything but" says nothing certain about an unknown address.
                    excepts.push(Atom::WITHOUT_ADDRESS);
                }
                PeerAtoms { base, excepts }
            }
        };
        atoms.excepts.sort_unstable();
        atoms.excepts.dedup();
        Ok(Some(atoms))
    }

    fn pod_peer(
        &mut self,
        own: u32,
        namespaces: Option<Terms>,
        pods: Terms,
        direction: Direction,
    ) -> Result<PeerAtoms, TooLarge> {
        let mut excepts = Vec::new();
        let scope = match namespaces {
            None => self.own_scope(own),
            Some(terms) => {
                for excluded in terms.none_of {
                    let scope = self.label_scope(positive(smallvec![excluded]));
                    excepts.push(self.pod_atom(scope, Terms::default(), direction)?);
                }
                self.label_scope(positive(terms.all_of))
            }
        };
        for excluded in pods.none_of {
            excepts.push(self.pod_atom(scope, positive(smallvec![excluded]), direction)?);
        }
        let base = self.pod_atom(scope, positive(pods.all_of), direction)?;
        Ok(PeerAtoms { base, excepts })
    }

    fn own_scope(&mut self, namespace: u32) -> usize {
        let next = self.scopes.len();
        let scope = *self.own_scopes.entry(namespace).or_insert(next);
        if scope == next {
            self.scopes.push(TermIndex::default());
        }
        scope
    }

    fn label_scope(&mut self, terms: Terms) -> usize {
        if let Some(scope) = self.label_scopes.get(&terms) {
            return *scope;
        }
        let scope = self.scopes.len();
        self.scopes.push(TermIndex::default());
        self.label_scope_index.insert(terms.clone(), scope);
        self.label_scopes.insert(terms, scope);
        scope
    }

    fn pod_atom(
        &mut self,
        scope: usize,
        terms: Terms,
        direction: Direction,
    ) -> Result<Atom, TooLarge> {
        let key = (scope, terms);
        let atom = match self.pod_atoms.get(&key) {
            Some(atom) => *atom,
            None => {
                let atom = self.new_atom()?;
                if let Some(index) = self.scopes.get_mut(scope) {
                    index.insert(key.1.clone(), atom);
                }
                self.pod_atoms.insert(key, atom);
                atom
            }
        };
        self.mark(atom, direction);
        Ok(atom)
    }

    fn prefix_atom(&mut self, prefix: IpNet, direction: Direction) -> Result<Atom, TooLarge> {
        let atom = match self.prefix_atoms.get(&prefix) {
            Some(atom) => *atom,
            None => {
                let atom = self.new_atom()?;
                self.prefix_atoms.insert(prefix, atom);
                atom
            }
        };
        self.mark(atom, direction);
        Ok(atom)
    }

    fn new_atom(&mut self) -> Result<Atom, TooLarge> {
        let number = u32::try_from(self.uses.len()).ok().filter(|number| *number < 1 << 30);
        self.uses.push(0);
        number.map(Atom).ok_or(TooLarge)
    }

    fn mark(&mut self, atom: Atom, direction: Direction) {
        if let Some(uses) = self.uses.get_mut(atom.0 as usize) {
            *uses |= use_of(direction);
        }
    }

    /// Whether rules of this direction speak of the atom.
    pub(super) fn is_used(&self, atom: Atom, direction: Direction) -> bool {
        self.uses.get(atom.0 as usize).is_some_and(|uses| uses & use_of(direction) != 0)
    }

    /// The prefixes in use, with their atoms.
    pub(super) fn prefixes(&self) -> impl Iterator<Item = (IpNet, Option<Atom>)> {
        self.prefix_atoms.iter().map(|(prefix, atom)| (*prefix, Some(*atom)))
    }

    /// The scopes that a namespace lies in.
    pub(super) fn scopes_of(&self, namespace: u32, labels: &Labels) -> Vec<usize> {
        let mut scopes = self.own_scopes.get(&namespace).copied().into_iter().collect::<Vec<_>>();
        self.label_scope_index.find(&self.namespace_facts.of(labels), |scope| scopes.push(scope));
        scopes
    }

    /// The atoms that a pod with these facts matches, in a namespace with these scopes.
    pub(super) fn atoms_of(&self, scopes: &[usize], facts: &[Fact]) -> Vec<Atom> {
        let mut atoms = Vec::new();
        for scope in scopes {
            if let Some(index) = self.scopes.get(*scope) {
                index.find(facts, |atom| atoms.push(atom));
            }
        }
        atoms.sort_unstable();
        atoms
    }

    /// The facts of a pod's labels.
    pub(super) fn facts_of(&self, labels: &Labels) -> FactList {
        self.pod_facts.of(labels)
    }
}

/// Whether addresses of pods are looked up among the prefixes.
pub(super) fn blocks_match_pods(options: &Options) -> bool {
    match options.ip_block_pods {
        IpBlockPods::Match => true,
        IpBlockPods::Never => false,
    }
}

fn positive(all_of: SmallVec<[AnyOf; 2]>) -> Terms {
    Terms { all_of, none_of: SmallVec::new() }
}

const fn use_of(direction: Direction) -> u8 {
    match direction {
        Direction::Ingress => 1,
        Direction::Egress => 2,
    }
}
