use ipnet::IpNet;
use smallvec::smallvec;

use super::TooLarge;
use super::address_peers::AddressPeers;
use super::ground::{Ground, Speaker};
use super::label_classes::LabelClasses;
use super::scopes::{Audience, Scopes};
use super::slab::Slab;
use super::terms::Terms;
use crate::hash::Map;
use crate::net::DomainPattern;
use crate::options::{HostNetworkPods, IpBlockPods, Options};
use crate::packet::Direction;
use crate::policy::{Namespaces, Peer, Tier};
use crate::selector::Selector;
use crate::tables::Atom;

/// Every peer that rules speak of, as atoms, counted by the rules that do.
///
/// A pod peer is a scope (which namespaces) and positive terms on pod labels; its negative
/// requirements (`NotIn`, `DoesNotExist`) become excepts, that is, atoms of what they exclude. So a
/// signature lists only what an endpoint is, never what it is not, and stays short. A peer of
/// addresses is one or more prefixes; of nodes, or of domain names, it is one atom that several
/// addresses share.
#[derive(Clone, Debug)]
pub(super) struct Peers {
    pub(super) scopes: Scopes,
    pub(super) addresses: AddressPeers,
    /// Atom `n` has number `n + 1` here; the first is [`Atom::WITHOUT_ADDRESS`].
    atoms: Slab<AtomEntry>,
    pod_atoms: Map<(u32, Terms), Atom>,
    prefix_atoms: Map<(IpNet, Owners), Atom>,
    /// Ordered tiers do not see pods in the host network even where NetworkPolicies do.
    two_audiences: bool,
    blocks: Owners,
    /// Atoms that rules began or ceased to use since the last [`settle`](Peers::settle).
    touched: Vec<Atom>,
    /// Atoms that nobody uses, but which signatures hold until this publication is done.
    dead: Vec<Atom>,
    /// Atoms made in this publication.
    fresh: Vec<Atom>,
}

/// Whose addresses a prefix matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Owners {
    Everybody,
    /// Not those of pods.
    NoPods,
}

#[derive(Clone, Debug)]
struct AtomEntry {
    means: Means,
    /// How many lines of rules use it, by direction.
    uses: [u32; 2],
    /// In which directions signatures hold it.
    held: Uses,
}

#[derive(Clone, Debug)]
enum Means {
    WithoutAddress,
    /// Place in a scope.
    Pods {
        scope: u32,
        item: u32,
    },
    Prefix(IpNet, Owners),
    Nodes(Selector),
    Domain(DomainPattern),
    /// Dead, and not given back yet.
    Nothing,
}

/// Directions, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Uses(u8);

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
        let mut atoms = Slab::default();
        // In use both ways, and held by those whom it is about from the start.
        let (uses, held) = ([1, 1], Uses(3));
        atoms.insert(AtomEntry { means: Means::WithoutAddress, uses, held });
        Peers {
            scopes: Scopes::default(),
            addresses: AddressPeers::default(),
            atoms,
            pod_atoms: Map::default(),
            prefix_atoms: Map::default(),
            two_audiences: options.host_network_pods == HostNetworkPods::TreatAsPod,
            blocks: match options.ip_block_pods {
                IpBlockPods::Match => Owners::Everybody,
                IpBlockPods::Never => Owners::NoPods,
            },
            touched: Vec::new(),
            dead: Vec::new(),
            fresh: Vec::new(),
        }
    }

    /// The atoms of a peer, any of which is enough; none for one that matches nothing. Each is used
    /// once more.
    pub(super) fn acquire(
        &mut self,
        peer: &Peer,
        by: Speaker,
        ground: &mut Ground<'_>,
    ) -> Result<Vec<PeerAtoms>, TooLarge> {
        let mut atoms = match peer {
            Peer::Nobody => Vec::new(),
            Peer::Pods { namespaces, pods } => {
                let namespace_terms = match namespaces {
                    Namespaces::Own => None,
                    Namespaces::Matching(selector) => Some(self.scopes.terms(selector)),
                };
                let pod_terms = Terms::of(pods, &mut ground.inventory.names.labels);
                let atoms = self.pod_peer(by, namespace_terms.as_ref(), pod_terms, ground)?;
                if let Some(terms) = namespace_terms {
                    // The scopes hold what they need of them.
                    self.scopes.release_terms(&terms);
                }
                vec![atoms]
            }
            Peer::Block(block) => {
                let owners = self.blocks;
                let base = self.prefix_atom(block.cidr(), owners, ground)?;
                let mut excepts = Vec::new();
                for except in block.excepts() {
                    excepts.push(self.prefix_atom(*except, owners, ground)?);
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
                    atoms.push(self.prefix_atom(*network, Owners::Everybody, ground)?.into());
                }
                atoms
            }
            Peer::Nodes(selector) => vec![self.node_atom(selector, ground)?.into()],
            Peer::Domains(patterns) => {
                let mut atoms = Vec::with_capacity(patterns.len());
                for pattern in patterns {
                    atoms.push(self.domain_atom(pattern, ground)?.into());
                }
                atoms
            }
        };
        for PeerAtoms { base, excepts } in &mut atoms {
            excepts.sort_unstable();
            excepts.dedup();
            self.count(*base, by.direction, 1);
            for except in excepts {
                self.count(*except, by.direction, 1);
            }
        }
        Ok(atoms)
    }

    /// A line of a rule is gone.
    pub(super) fn release(&mut self, base: Atom, excepts: &[Atom], direction: Direction) {
        for atom in std::iter::once(base).chain(excepts.iter().copied()) {
            self.count(atom, direction, -1);
        }
    }

    fn count(&mut self, atom: Atom, direction: Direction, change: i32) {
        let uses = &mut self.atoms[atom.0 + 1].uses[direction as usize];
        let before = *uses;
        *uses = before.saturating_add_signed(change);
        if (before == 0) != (*uses == 0) {
            self.touched.push(atom);
        }
    }

    fn pod_peer(
        &mut self,
        by: Speaker,
        namespaces: Option<&Terms>,
        pods: Terms,
        ground: &mut Ground<'_>,
    ) -> Result<PeerAtoms, TooLarge> {
        let audience = match by.tier {
            Tier::Admin | Tier::Baseline if self.two_audiences => Audience::OrderedTiers,
            _ => Audience::Everybody,
        };
        let mut excepts = Vec::new();
        let scope = match namespaces {
            None => self.scopes.own(by.own),
            Some(terms) => {
                for excluded in &terms.none_of {
                    let terms = Terms::positive(smallvec![excluded.clone()]);
                    let scope = self.scopes.by_labels(terms, audience);
                    excepts.push(self.pod_atom(scope, Terms::default(), ground)?);
                }
                self.scopes.by_labels(Terms::positive(terms.all_of.clone()), audience)
            }
        };
        for excluded in pods.none_of {
            let terms = Terms::positive(smallvec![excluded]);
            excepts.push(self.pod_atom(scope, terms, ground)?);
        }
        let base = self.pod_atom(scope, Terms::positive(pods.all_of), ground)?;
        Ok(PeerAtoms { base, excepts })
    }

    fn pod_atom(
        &mut self,
        scope: u32,
        terms: Terms,
        ground: &mut Ground<'_>,
    ) -> Result<Atom, TooLarge> {
        let key = (scope, terms);
        if let Some(known) = self.pod_atoms.get(&key) {
            return Ok(*known);
        }
        ground.want(&key.1);
        let atom = self.new_atom(Means::Nothing)?;
        let item = self.scopes.insert(scope, key.1.clone(), atom);
        self.atoms[atom.0 + 1].means = Means::Pods { scope, item };
        self.pod_atoms.insert(key, atom);
        Ok(atom)
    }

    fn prefix_atom(
        &mut self,
        prefix: IpNet,
        owners: Owners,
        ground: &mut Ground<'_>,
    ) -> Result<Atom, TooLarge> {
        if let Some(known) = self.prefix_atoms.get(&(prefix, owners)) {
            return Ok(*known);
        }
        let atom = self.new_atom(Means::Prefix(prefix, owners))?;
        self.prefix_atoms.insert((prefix, owners), atom);
        ground.prefixes.add_atom(prefix, atom, ground.work);
        Ok(atom)
    }

    fn node_atom(
        &mut self,
        selector: &Selector,
        ground: &mut Ground<'_>,
    ) -> Result<Atom, TooLarge> {
        if let Some(known) = self.addresses.node_atom(selector) {
            return Ok(known);
        }
        let atom = self.new_atom(Means::Nodes(selector.clone()))?;
        self.addresses.insert_nodes(selector, atom, ground);
        Ok(atom)
    }

    fn domain_atom(
        &mut self,
        pattern: &DomainPattern,
        ground: &mut Ground<'_>,
    ) -> Result<Atom, TooLarge> {
        if let Some(known) = self.addresses.domain_atom(pattern) {
            return Ok(known);
        }
        let atom = self.new_atom(Means::Domain(pattern.clone()))?;
        self.addresses.insert_domain(pattern, atom, ground);
        Ok(atom)
    }

    fn new_atom(&mut self, means: Means) -> Result<Atom, TooLarge> {
        let entry = AtomEntry { means, uses: [0, 0], held: Uses(0) };
        let number = self.atoms.insert(entry) - 1;
        // Above are the numbers that stand for nobody and everybody.
        if number >= 1 << 30 {
            return Err(TooLarge);
        }
        self.fresh.push(Atom(number));
        Ok(Atom(number))
    }

    /// Tells whom it concerns which atoms rules began or ceased to use, and unmakes those that
    /// none uses.
    pub(super) fn settle(&mut self, label_classes: &LabelClasses, ground: &mut Ground<'_>) {
        let mut touched = std::mem::take(&mut self.touched);
        // Made, and then not used, because nobody could be made of what was found.
        touched.extend(&self.fresh);
        touched.sort_unstable();
        touched.dedup();
        for atom in touched {
            let entry = &mut self.atoms[atom.0 + 1];
            let used = Uses::of(entry.uses);
            if used != entry.held {
                entry.held = used;
                match &entry.means {
                    Means::WithoutAddress | Means::Nothing => {}
                    Means::Pods { scope, item } => {
                        let work = &mut ground.work.label_classes;
                        label_classes.matching(&self.scopes, *scope, *item, work);
                    }
                    Means::Prefix(prefix, _) => ground.prefixes.touch(*prefix, ground.work),
                    Means::Nodes(selector) => self.addresses.touch_nodes(selector, ground),
                    Means::Domain(pattern) => self.addresses.touch_names(pattern, ground),
                }
            }
            if used == Uses(0) {
                self.unmake(atom, ground);
            }
        }
    }

    fn unmake(&mut self, atom: Atom, ground: &mut Ground<'_>) {
        let entry = &mut self.atoms[atom.0 + 1];
        match std::mem::replace(&mut entry.means, Means::Nothing) {
            Means::WithoutAddress | Means::Nothing => return,
            Means::Pods { scope, item } => {
                let terms = self.scopes.remove(scope, item);
                ground.unwant(&terms);
                self.pod_atoms.remove(&(scope, terms));
            }
            Means::Prefix(prefix, owners) => {
                self.prefix_atoms.remove(&(prefix, owners));
                ground.prefixes.remove_atom(prefix, atom, ground.work);
            }
            Means::Nodes(selector) => self.addresses.remove_nodes(&selector, atom, ground),
            Means::Domain(pattern) => self.addresses.remove_domain(&pattern, atom, ground),
        }
        self.dead.push(atom);
    }

    /// The atoms that only this publication's signatures or only those before it hold. To be asked
    /// before [`sweep`](Self::sweep).
    pub(super) fn transient(&self) -> Vec<Atom> {
        let mut atoms = self.fresh.iter().chain(&self.dead).copied().collect::<Vec<_>>();
        atoms.sort_unstable();
        atoms
    }

    /// Gives the numbers of dead atoms back, when no signature holds one any more.
    pub(super) fn sweep(&mut self) {
        for atom in std::mem::take(&mut self.dead) {
            self.atoms.remove(atom.0 + 1);
        }
        self.fresh.clear();
        self.scopes.sweep();
    }

    /// Whether rules of this direction speak of the atom.
    pub(super) fn is_used(&self, atom: Atom, direction: Direction) -> bool {
        self.atoms[atom.0 + 1].held.0 & 1 << direction as u8 != 0
    }

    /// Whether pods have the atom where their address lies in its prefix.
    pub(super) fn is_for_pods(&self, atom: Atom) -> bool {
        !matches!(self.atoms[atom.0 + 1].means, Means::Prefix(_, Owners::NoPods))
    }

    /// How many atoms there are.
    pub(super) fn len(&self) -> usize {
        self.atoms.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.scopes.bytes()
            + self.atoms.bytes()
            + self.pod_atoms.capacity() * (size_of::<((u32, Terms), Atom)>() + 1)
            + self.prefix_atoms.capacity() * (size_of::<((IpNet, Owners), Atom)>() + 1)
    }
}

impl Uses {
    const fn of(uses: [u32; 2]) -> Uses {
        Uses((uses[0] != 0) as u8 | ((uses[1] != 0) as u8) << 1)
    }
}
