use std::net::IpAddr;

use ipnet::IpNet;

use super::facts::{Facts, TermIndex, Terms};
use crate::hash::Map;
use crate::inventory::Inventory;
use crate::net::DomainPattern;
use crate::tables::Atom;

/// Peers that stand for addresses which something else tells: nodes by their labels, and domain
/// names. Each is one atom, and each address that it stands for a prefix of its own.
#[derive(Debug, Default)]
pub(super) struct AddressPeers {
    pub(super) node_facts: Facts,
    nodes: TermIndex<Atom>,
    node_atoms: Map<Terms, Atom>,
    /// By the name itself.
    domains: Map<Box<str>, Atom>,
    /// By the name below which all are meant.
    below: Map<Box<str>, Atom>,
}

impl AddressPeers {
    /// The atom of nodes with these terms.
    pub(super) fn node_atom(&self, terms: &Terms) -> Option<Atom> {
        self.node_atoms.get(terms).copied()
    }

    /// Adds nodes with these terms.
    pub(super) fn insert_nodes(&mut self, terms: Terms, atom: Atom) {
        self.nodes.insert(terms.clone(), atom);
        self.node_atoms.insert(terms, atom);
    }

    /// The atom of a domain pattern.
    pub(super) fn domain_atom(&self, pattern: &DomainPattern) -> Option<Atom> {
        let (name, below) = pattern.parts();
        let atoms = if below { &self.below } else { &self.domains };
        atoms.get(name).copied()
    }

    /// Adds a domain pattern.
    pub(super) fn insert_domain(&mut self, pattern: &DomainPattern, atom: Atom) {
        let (name, below) = pattern.parts();
        let atoms = if below { &mut self.below } else { &mut self.domains };
        atoms.insert(name.into(), atom);
    }

    /// Every address that a peer stands for, as a prefix with the peer's atom.
    pub(super) fn prefixes(&self, inventory: &Inventory) -> Vec<(IpNet, Option<Atom>)> {
        let mut prefixes = Vec::new();
        let mut add = |address: IpAddr, atoms: &[Atom]| {
            let prefix = IpNet::from(address);
            prefixes.extend(atoms.iter().map(|atom| (prefix, Some(*atom))));
        };
        let mut atoms = Vec::new();
        if !self.node_atoms.is_empty() {
            for node in inventory.nodes.values() {
                atoms.clear();
                self.nodes.find(&self.node_facts.of(&node.labels), |atom| atoms.push(atom));
                for address in &node.addresses {
                    add(address.to_canonical(), &atoms);
                }
            }
        }
        for (name, addresses) in inventory.domains.iter() {
            atoms.clear();
            self.find_domain(name, &mut atoms);
            for address in addresses {
                add(address, &atoms);
            }
        }
        prefixes
    }

    /// The atoms of the patterns that a name matches; the name is in normal form.
    fn find_domain(&self, name: &str, atoms: &mut Vec<Atom>) {
        atoms.extend(self.domains.get(name));
        let dots = name.bytes().enumerate().filter(|(at, byte)| *byte == b'.' && *at > 0);
        for above in dots.filter_map(|(at, _)| name.get(at + 1..)) {
            atoms.extend(self.below.get(above));
        }
    }
}
