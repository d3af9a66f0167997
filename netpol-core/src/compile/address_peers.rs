use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use super::ground::Ground;
use super::prefixes::Prefixes;
use super::work::Work;
use crate::hash::Map;
use crate::inventory::NodeRecord;
use crate::model::Labels;
use crate::net::DomainPattern;
use crate::selector::Selector;
use crate::tables::Atom;

/// Peers that stand for addresses which something else tells: nodes by their labels, and domain
/// names. Each is one atom, and each address that it stands for a prefix of its own.
#[derive(Clone, Debug, Default)]
pub(super) struct AddressPeers {
    node_atoms: Map<Selector, Atom>,
    /// By the name itself.
    domains: Map<Box<str>, Atom>,
    /// By the name below which all are meant.
    below: Map<Box<str>, Atom>,
    /// Nodes and names as they were compiled.
    nodes: BTreeMap<Box<str>, Node>,
    names: BTreeMap<Box<str>, Vec<IpNet>>,
}

#[derive(Clone, Debug)]
struct Node {
    labels: Labels,
    addresses: Vec<IpNet>,
}

fn single(address: IpAddr) -> IpNet {
    IpNet::from(address.to_canonical())
}

impl AddressPeers {
    /// The atom of nodes with these labels.
    pub(super) fn node_atom(&self, selector: &Selector) -> Option<Atom> {
        self.node_atoms.get(selector).copied()
    }

    /// The atom of a domain pattern.
    pub(super) fn domain_atom(&self, pattern: &DomainPattern) -> Option<Atom> {
        let (name, below) = pattern.parts();
        let atoms = if below { &self.below } else { &self.domains };
        atoms.get(name).copied()
    }

    /// The addresses of the nodes that a selector means.
    fn of_nodes(&self, selector: &Selector) -> Vec<IpNet> {
        let meant = self.nodes.values().filter(|node| selector.matches(&node.labels));
        meant.flat_map(|node| &node.addresses).copied().collect()
    }

    /// The addresses of the names that a pattern means.
    fn of_names(&self, pattern: &DomainPattern) -> Vec<IpNet> {
        let meant = self.names.iter().filter(|(name, _)| pattern.matches(name));
        meant.flat_map(|(_, addresses)| addresses).copied().collect()
    }

    /// Adds nodes with these labels.
    pub(super) fn insert_nodes(
        &mut self,
        selector: &Selector,
        atom: Atom,
        ground: &mut Ground<'_>,
    ) {
        self.node_atoms.insert(selector.clone(), atom);
        ground.prefixes.add_atoms(&self.of_nodes(selector), atom, ground.work);
    }

    /// Takes nodes with these labels out.
    pub(super) fn remove_nodes(
        &mut self,
        selector: &Selector,
        atom: Atom,
        ground: &mut Ground<'_>,
    ) {
        self.node_atoms.remove(selector);
        ground.prefixes.remove_atoms(&self.of_nodes(selector), atom, ground.work);
    }

    /// Adds a domain pattern.
    pub(super) fn insert_domain(
        &mut self,
        pattern: &DomainPattern,
        atom: Atom,
        ground: &mut Ground<'_>,
    ) {
        let (name, below) = pattern.parts();
        let atoms = if below { &mut self.below } else { &mut self.domains };
        atoms.insert(name.into(), atom);
        ground.prefixes.add_atoms(&self.of_names(pattern), atom, ground.work);
    }

    /// Takes a domain pattern out.
    pub(super) fn remove_domain(
        &mut self,
        pattern: &DomainPattern,
        atom: Atom,
        ground: &mut Ground<'_>,
    ) {
        let (name, below) = pattern.parts();
        let atoms = if below { &mut self.below } else { &mut self.domains };
        atoms.remove(name);
        ground.prefixes.remove_atoms(&self.of_names(pattern), atom, ground.work);
    }

    /// Signatures are to hold one of the atoms, or to hold it no more.
    pub(super) fn touch(&self, addresses: &[IpNet], ground: &mut Ground<'_>) {
        for address in addresses {
            ground.prefixes.touch(*address, ground.work);
        }
    }

    /// [`touch`](Self::touch) for the addresses of nodes.
    pub(super) fn touch_nodes(&self, selector: &Selector, ground: &mut Ground<'_>) {
        self.touch(&self.of_nodes(selector), ground);
    }

    /// [`touch`](Self::touch) for the addresses of names.
    pub(super) fn touch_names(&self, pattern: &DomainPattern, ground: &mut Ground<'_>) {
        self.touch(&self.of_names(pattern), ground);
    }

    /// Says what a node is now; `None` when it is gone.
    pub(super) fn set_node(
        &mut self,
        name: &str,
        record: Option<&NodeRecord>,
        prefixes: &mut Prefixes,
        work: &mut Work,
    ) {
        let node = record.map(|record| Node {
            labels: record.labels.clone(),
            addresses: record.addresses.iter().map(|address| single(*address)).collect(),
        });
        let before = self.nodes.remove(name);
        for (selector, atom) in &self.node_atoms {
            let meant = |node: &&Node| selector.matches(&node.labels);
            if let Some(node) = node.as_ref().filter(meant) {
                prefixes.add_atoms(&node.addresses, *atom, work);
            }
            if let Some(node) = before.as_ref().filter(meant) {
                prefixes.remove_atoms(&node.addresses, *atom, work);
            }
        }
        if let Some(node) = node {
            self.nodes.insert(name.into(), node);
        }
    }

    /// Says what a domain name, in its normal form, resolves to now.
    pub(super) fn set_domain(
        &mut self,
        name: &str,
        addresses: impl Iterator<Item = IpAddr>,
        prefixes: &mut Prefixes,
        work: &mut Work,
    ) {
        let addresses = addresses.map(single).collect::<Vec<_>>();
        let before = self.names.remove(name).unwrap_or_default();
        for atom in self.meant_by(name) {
            prefixes.add_atoms(&addresses, atom, work);
            prefixes.remove_atoms(&before, atom, work);
        }
        if !addresses.is_empty() {
            self.names.insert(name.into(), addresses);
        }
    }

    /// The atoms of the patterns that a name matches; the name is in normal form.
    fn meant_by(&self, name: &str) -> Vec<Atom> {
        let mut atoms = self.domains.get(name).copied().into_iter().collect::<Vec<_>>();
        let dots = name.bytes().enumerate().filter(|(at, byte)| *byte == b'.' && *at > 0);
        for above in dots.filter_map(|(at, _)| name.get(at + 1..)) {
            atoms.extend(self.below.get(above));
        }
        atoms
    }
}
