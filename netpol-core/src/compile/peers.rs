use ipnet::IpNet;
use smallvec::{SmallVec, smallvec};

use super::TooLarge;
use super::address_peers::AddressPeers;
use super::facts::{AnyOf, Fact, FactList, Facts, TermIndex, Terms};
use crate::hash::Map;
use crate::model::Labels;
use crate::options::{HostNetworkPods, IpBlockPods, Options};
use crate::packet::Direction;
use crate::policy::{Namespaces, Peer, Tier};
use crate::tables::Atom;

/// Every peer that rules speak of, as atoms.
///
/// A pod peer is a scope (which namespaces) and positive terms on pod labels; its negative
/// requirements (`NotIn`, `DoesNotExist`) become excepts, that is, atoms of what they exclude. So a
/// signature lists only what an endpoint is, never what it is not, and stays short. A peer of
/// addresses is one or more prefixes; of nodes, or of domain names, it is one atom that several
/// addresses share.
#[derive(Debug)]
pub(super) struct Peers {
    pub(super) namespace_facts: Facts,
    pub(super) pod_facts: Facts,
    own_scopes: Map<u32, usize>,
    label_scopes: Map<(Terms, Audience), usize>,
    label_scope_index: TermIndex<usize>,
    scopes: Vec<Scope>,
    pod_atoms: Map<(usize, Terms), Atom>,
    prefix_atoms: Map<(IpNet, Owners), Atom>,
    pub(super) addresses: AddressPeers,
    /// Ordered tiers do not see pods in the host network even where NetworkPolicies do.
    two_audiences: bool,
    blocks: Owners,
    /// In which directions an atom is used, and whether pods have it, by its number.
    uses: Vec<u8>,
}

/// The atoms of pods in some namespaces.
#[derive(Debug, Default)]
struct Scope {
    atoms: TermIndex<Atom>,
    audience: Audience,
}

/// Whose rules an atom is for, where that makes a difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Audience {
    #[default]
    Everybody,
    /// The ordered tiers alone.
    OrderedTiers,
}

/// Whose addresses a prefix matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Owners {
    Everybody,
    /// Not those of pods.
    NoPods,
}

/// Where a peer stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Speaker {
    /// The number of the policy's namespace.
    pub(super) own: u32,
    pub(super) tier: Tier,
    pub(super) direction: Direction,
}

/// A peer, or one of several things it names, as the tables know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PeerAtoms {
    /// What must match.
    pub(super) base: Atom,
    /// What must not; sorted.
    pub(super) excepts: Vec<Atom>,
}

impl From<Atom> for PeerAtoms {
    fn from(base: Atom) -> PeerAtoms {
        PeerAtoms { base, excepts: Vec::new() }
    }
}

impl Peers {
    pub(super) fn new(options: &Options) -> Peers {
        Peers {
            namespace_facts: Facts::default(),
            pod_facts: Facts::default(),
            own_scopes: Map::default(),
            label_scopes: Map::default(),
            label_scope_index: TermIndex::default(),
            scopes: Vec::new(),
            pod_atoms: Map::default(),
            prefix_atoms: Map::default(),
            addresses: AddressPeers::default(),
            two_audiences: options.host_network_pods == HostNetworkPods::TreatAsPod,
            blocks: match options.ip_block_pods {
                IpBlockPods::Match => Owners::Everybody,
                IpBlockPods::Never => Owners::NoPods,
            },
            // Number 0 is the atom of endpoints without an address, in use both ways.
            uses: vec![use_of(Direction::Ingress) | use_of(Direction::Egress)],
        }
    }

    /// The atoms of a peer, any of which is enough; none for one that matches nothing.
    pub(super) fn atoms(&mut self, peer: &Peer, by: Speaker) -> Result<Vec<PeerAtoms>, TooLarge> {
        let direction = by.direction;
        let mut atoms = match peer {
            Peer::Nobody => Vec::new(),
            Peer::Pods { namespaces, pods } => {
                let namespace_terms = match namespaces {
                    Namespaces::Own => None,
                    Namespaces::Matching(selector) => Some(self.namespace_facts.terms(selector)),
                };
                let pod_terms = self.pod_facts.terms(pods);
                vec![self.pod_peer(by, namespace_terms, pod_terms)?]
            }
            Peer::Block(block) => {
                let owners = self.blocks;
                let base = self.prefix_atom(block.cidr(), owners, direction)?;
                let mut excepts = Vec::new();
                for except in block.excepts() {
                    excepts.push(self.prefix_atom(*except, owners, direction)?);
                }
                if !excepts.is_empty() && block.cidr().prefix_len() == 0 {
                    // "Everything but" says nothing certain about an unknown address.
                    excepts.push(Atom::WITHOUT_ADDRESS);
                }
                vec![PeerAtoms { base, excepts }]
            }
            Peer::Networks(networks) => {
                let mut atoms = Vec::with_capacity(networks.len());
                for network in networks {
                    atoms.push(self.prefix_atom(*network, Owners::Everybody, direction)?.into());
                }
                atoms
            }
            Peer::Nodes(selector) => {
                let terms = self.addresses.node_facts.terms(selector);
                let atom = match self.addresses.node_atom(&terms) {
                    Some(atom) => atom,
                    None => {
                        let atom = self.new_atom()?;
                        self.addresses.insert_nodes(terms, atom);
                        atom
                    }
                };
                self.mark(atom, direction);
                vec![atom.into()]
            }
            Peer::Domains(patterns) => {
                let mut atoms = Vec::with_capacity(patterns.len());
                for pattern in patterns {
                    let atom = match self.addresses.domain_atom(pattern) {
                        Some(atom) => atom,
                        None => {
                            let atom = self.new_atom()?;
                            self.addresses.insert_domain(pattern, atom);
                            atom
                        }
                    };
                    self.mark(atom, direction);
                    atoms.push(atom.into());
                }
                atoms
            }
        };
        for PeerAtoms { excepts, .. } in &mut atoms {
            excepts.sort_unstable();
            excepts.dedup();
        }
        Ok(atoms)
    }

    fn pod_peer(
        &mut self,
        by: Speaker,
        namespaces: Option<Terms>,
        pods: Terms,
    ) -> Result<PeerAtoms, TooLarge> {
        let direction = by.direction;
        let audience = match by.tier {
            Tier::Admin | Tier::Baseline if self.two_audiences => Audience::OrderedTiers,
            _ => Audience::Everybody,
        };
        let mut excepts = Vec::new();
        let scope = match namespaces {
            None => self.own_scope(by.own),
            Some(terms) => {
                for excluded in terms.none_of {
                    let scope = self.label_scope(positive(smallvec![excluded]), audience);
                    excepts.push(self.pod_atom(scope, Terms::default(), direction)?);
                }
                self.label_scope(positive(terms.all_of), audience)
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
            self.scopes.push(Scope::default());
        }
        scope
    }

    fn label_scope(&mut self, terms: Terms, audience: Audience) -> usize {
        let key = (terms, audience);
        if let Some(scope) = self.label_scopes.get(&key) {
            return *scope;
        }
        let scope = self.scopes.len();
        self.scopes.push(Scope { atoms: TermIndex::default(), audience });
        self.label_scope_index.insert(key.0.clone(), scope);
        self.label_scopes.insert(key, scope);
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
                if let Some(scope) = self.scopes.get_mut(scope) {
                    scope.atoms.insert(key.1.clone(), atom);
                }
                self.pod_atoms.insert(key, atom);
                atom
            }
        };
        self.mark(atom, direction);
        Ok(atom)
    }

    fn prefix_atom(
        &mut self,
        prefix: IpNet,
        owners: Owners,
        direction: Direction,
    ) -> Result<Atom, TooLarge> {
        let atom = match self.prefix_atoms.get(&(prefix, owners)) {
            Some(atom) => *atom,
            None => {
                let atom = self.new_atom()?;
                self.prefix_atoms.insert((prefix, owners), atom);
                if owners == Owners::NoPods
                    && let Some(uses) = self.uses.last_mut()
                {
                    *uses |= NO_PODS;
                }
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

    /// Whether pods have the atom where their address lies in its prefix.
    pub(super) fn is_for_pods(&self, atom: Atom) -> bool {
        self.uses.get(atom.0 as usize).is_some_and(|uses| uses & NO_PODS == 0)
    }

    /// The prefixes in use, with their atoms.
    pub(super) fn prefixes(&self) -> impl Iterator<Item = (IpNet, Option<Atom>)> {
        self.prefix_atoms.iter().map(|((prefix, _), atom)| (*prefix, Some(*atom)))
    }

    /// The scopes that a namespace lies in.
    pub(super) fn scopes_of(&self, namespace: u32, labels: &Labels) -> Vec<usize> {
        let mut scopes = self.own_scopes.get(&namespace).copied().into_iter().collect::<Vec<_>>();
        self.label_scope_index.find(&self.namespace_facts.of(labels), |scope| scopes.push(scope));
        scopes
    }

    /// The atoms that a pod with these facts matches, in a namespace with these scopes.
    pub(super) fn atoms_of(
        &self,
        scopes: &[usize],
        facts: &[Fact],
        host_network: bool,
    ) -> Vec<Atom> {
        let mut atoms = Vec::new();
        for scope in scopes {
            if let Some(scope) = self.scopes.get(*scope)
                && !(host_network && scope.audience == Audience::OrderedTiers)
            {
                scope.atoms.find(facts, |atom| atoms.push(atom));
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

fn positive(all_of: SmallVec<[AnyOf; 2]>) -> Terms {
    Terms { all_of, none_of: SmallVec::new() }
}

/// Marks an atom that pods do not have, in the word of its uses.
const NO_PODS: u8 = 4;

const fn use_of(direction: Direction) -> u8 {
    match direction {
        Direction::Ingress => 1,
        Direction::Egress => 2,
    }
}
