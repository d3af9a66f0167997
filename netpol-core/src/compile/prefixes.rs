use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use smallvec::SmallVec;

use super::slab::Slab;
use super::work::Work;
use crate::hash::{Map, Set};
use crate::tables::Atom;

/// The prefixes in use, nested: an address belongs to the chain of those that cover it.
///
/// `N` prefixes give at most `N` chains however they overlap, which is why an `except` is a prefix
/// like any other and never splits a range. The prefix of a whole family is always there, so
/// every address has an innermost one.
#[derive(Clone, Debug)]
pub(super) struct Prefixes {
    ipv4: Nest,
    ipv6: Nest,
    list: Slab<Prefix>,
    /// Those that came in this publication.
    added: Vec<u32>,
    /// The atoms of what has no address.
    without_address: ChainAtoms,
    /// Those that went, whose numbers are others' after this publication.
    gone: Vec<u32>,
}

/// A chain of covering prefixes, named by its innermost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Chain(pub(super) u32);

impl Chain {
    /// Of IPv4 addresses that no other prefix covers.
    const IPV4: Chain = Chain(1);
    /// Of IPv6 addresses that no other prefix covers.
    const IPV6: Chain = Chain(2);
    /// There is no address.
    pub(super) const WITHOUT_ADDRESS: Chain = Chain(0);
}

#[derive(Clone, Debug, Default)]
struct Nest {
    /// By first address, outer before inner.
    in_order: BTreeMap<(u128, u8), u32>,
    by_place: Map<(u128, u8), u32>,
    /// How many there are of each length, and the lengths of which there are any, longest first.
    counts: Vec<u32>,
    lengths: Vec<u8>,
}

/// One prefix.
#[derive(Clone, Debug)]
pub(super) struct Prefix {
    pub(super) net: IpNet,
    /// With how many reasons there are for each.
    atoms: SmallVec<[(Atom, u32); 1]>,
    /// How many reasons there are that its addresses need a look at more than the tables.
    flags: u32,
    /// The class of its addresses that are nobody's; 0 before it has one.
    pub(super) external: u32,
    /// What the class is made of.
    pub(super) flagged: bool,
    /// The classes with this chain.
    pub(super) classes: Set<u32>,
    /// The atoms of its chain, its own included.
    chain: ChainAtoms,
}

/// What addresses in one chain have in common.
#[derive(Clone, Debug, Default)]
pub(super) struct ChainAtoms {
    /// When they are nobody's or a node's.
    pub(super) outside: AtomLists,
    /// When they are pods'.
    pub(super) for_pods: AtomLists,
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn place(net: IpNet) -> (u128, u8) {
    (bits(net.network()), net.prefix_len())
}

/// The first address of the prefix of a length that an address lies in.
const fn first_of(address: u128, length: u8, width: u8) -> u128 {
    match (width - length) as u32 {
        128 => 0,
        rest => address >> rest << rest,
    }
}

impl Prefixes {
    pub(super) fn new() -> Prefixes {
        let mut prefixes = Prefixes {
            ipv4: Nest::new(33),
            ipv6: Nest::new(129),
            list: Slab::default(),
            added: Vec::new(),
            without_address: ChainAtoms::default(),
            gone: Vec::new(),
        };
        // In this order, which their numbers tell.
        prefixes.insert(IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::UNSPECIFIED, 0)));
        prefixes.insert(IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 0)));
        prefixes
    }

    const fn nest(&self, ipv4: bool) -> &Nest {
        if ipv4 { &self.ipv4 } else { &self.ipv6 }
    }

    fn insert(&mut self, net: IpNet) -> u32 {
        let number = self.list.insert(Prefix {
            net,
            atoms: SmallVec::new(),
            flags: 0,
            external: 0,
            flagged: false,
            classes: Set::default(),
            chain: ChainAtoms::default(),
        });
        let nest = if net.addr().is_ipv4() { &mut self.ipv4 } else { &mut self.ipv6 };
        nest.insert(place(net), number);
        self.added.push(number);
        number
    }

    fn find(&self, net: IpNet) -> Option<u32> {
        self.nest(net.addr().is_ipv4()).by_place.get(&place(net)).copied()
    }

    fn find_or_insert(&mut self, net: IpNet) -> u32 {
        self.find(net).unwrap_or_else(|| self.insert(net))
    }

    /// A prefix by its number.
    pub(super) fn get(&self, number: u32) -> Option<&Prefix> {
        self.list.get(number)
    }

    /// A prefix that is there, to write to.
    pub(super) fn get_mut(&mut self, number: u32) -> &mut Prefix {
        &mut self.list[number]
    }

    /// Gives a prefix an atom, for one reason more.
    pub(super) fn add_atom(&mut self, net: IpNet, atom: Atom, work: &mut Work) {
        let number = self.find_or_insert(net);
        let atoms = &mut self.list[number].atoms;
        match atoms.iter_mut().find(|(known, _)| *known == atom) {
            Some((_, reasons)) => *reasons += 1,
            None => {
                atoms.push((atom, 1));
                self.touch(net, work);
            }
        }
    }

    /// Takes one reason for an atom away.
    pub(super) fn remove_atom(&mut self, net: IpNet, atom: Atom, work: &mut Work) {
        let Some(number) = self.find(net) else { return };
        let atoms = &mut self.list[number].atoms;
        let Some(index) = atoms.iter().position(|(known, _)| *known == atom) else { return };
        atoms[index].1 -= 1;
        if atoms[index].1 == 0 {
            atoms.swap_remove(index);
            self.touch(net, work);
        }
    }

    /// [`add_atom`](Self::add_atom) to each of several prefixes.
    pub(super) fn add_atoms(&mut self, nets: &[IpNet], atom: Atom, work: &mut Work) {
        for net in nets {
            self.add_atom(*net, atom, work);
        }
    }

    /// [`remove_atom`](Self::remove_atom) from each of several prefixes.
    pub(super) fn remove_atoms(&mut self, nets: &[IpNet], atom: Atom, work: &mut Work) {
        for net in nets {
            self.remove_atom(*net, atom, work);
        }
    }

    /// Flags all addresses of a prefix, for one reason more or less.
    pub(super) fn flag(&mut self, net: IpNet, more: bool, work: &mut Work) {
        let number = self.find_or_insert(net);
        let flags = &mut self.list[number].flags;
        *flags = if more { *flags + 1 } else { flags.saturating_sub(1) };
        self.touch(net, work);
    }

    /// Says that the chains of a prefix and of all inside it are not what they were.
    pub(super) fn touch(&self, net: IpNet, work: &mut Work) {
        work.prefixes.extend(self.inside(net));
    }

    /// A prefix and all inside it, in address order, outer before inner.
    fn inside(&self, net: IpNet) -> impl Iterator<Item = u32> {
        let nest = self.nest(net.addr().is_ipv4());
        let range = place(net)..=(bits(net.broadcast()), u8::MAX);
        nest.in_order.range(range).map(|(_, number)| *number)
    }

    /// The prefixes that came since the last call and are still there, outer before inner.
    pub(super) fn take_added(&mut self) -> Vec<u32> {
        let mut added = std::mem::take(&mut self.added);
        added.sort_by_key(|number| self.list[*number].net.prefix_len());
        added
    }

    /// Those of some prefixes that there is no reason for any more, inner before outer; those of
    /// whole families stay.
    pub(super) fn idle(&self, numbers: impl Iterator<Item = u32>) -> Vec<u32> {
        let is_idle = |number: &u32| {
            let prefix = &self.list[*number];
            prefix.atoms.is_empty() && prefix.flags == 0 && prefix.net.prefix_len() > 0
        };
        let mut idle = numbers.filter(is_idle).collect::<Vec<_>>();
        idle.sort_by_key(|number| u8::MAX - self.list[*number].net.prefix_len());
        idle
    }

    /// Takes a prefix out; it keeps its number until the next [`sweep`](Self::sweep).
    pub(super) fn remove(&mut self, number: u32) {
        let net = self.list[number].net;
        let nest = if net.addr().is_ipv4() { &mut self.ipv4 } else { &mut self.ipv6 };
        nest.remove(place(net));
        self.gone.push(number);
    }

    /// Gives the numbers of prefixes that went back.
    pub(super) fn sweep(&mut self) {
        for number in std::mem::take(&mut self.gone) {
            self.list.remove(number);
        }
    }

    /// The chain of an address.
    pub(super) fn of(&self, address: IpAddr) -> Chain {
        let nest = self.nest(address.is_ipv4());
        let whole = if address.is_ipv4() { Chain::IPV4 } else { Chain::IPV6 };
        nest.cover(bits(address)).next().map_or(whole, Chain)
    }

    /// The chain around a prefix, whether that is in use or not.
    pub(super) fn around(&self, net: IpNet) -> Chain {
        let nest = self.nest(net.addr().is_ipv4());
        let mut around = nest.cover_from(bits(net.network()), net.prefix_len());
        around.next().map_or(Chain(0), Chain)
    }

    /// The atoms of a chain, sorted, and whether it is flagged.
    pub(super) fn chain(&self, chain: Chain) -> (Vec<Atom>, bool) {
        let (mut atoms, mut flagged) = (Vec::new(), false);
        match self.list.get(chain.0) {
            None => {
                for whole in [Chain::IPV4, Chain::IPV6] {
                    atoms.extend(self.list[whole.0].atoms.iter().map(|(atom, _)| *atom));
                }
                atoms.push(Atom::WITHOUT_ADDRESS);
            }
            Some(innermost) => {
                let nest = self.nest(innermost.net.addr().is_ipv4());
                let (first, length) = place(innermost.net);
                for number in nest.cover_from(first, length + 1) {
                    let prefix = &self.list[number];
                    atoms.extend(prefix.atoms.iter().map(|(atom, _)| *atom));
                    flagged |= prefix.flags > 0;
                }
            }
        }
        atoms.sort_unstable();
        // Two names, or two lines of a node, may give one address.
        atoms.dedup();
        (atoms, flagged)
    }

    /// What [`chain`](Self::chain) said last, by who speaks of the atoms.
    pub(super) fn atoms_of(&self, chain: Chain) -> &ChainAtoms {
        match self.list.get(chain.0) {
            None => &self.without_address,
            Some(innermost) => &innermost.chain,
        }
    }

    /// Takes note of the atoms of a chain.
    pub(super) fn set_atoms(&mut self, chain: Chain, atoms: ChainAtoms) {
        if chain == Chain::WITHOUT_ADDRESS {
            self.without_address = atoms;
        } else {
            self.list[chain.0].chain = atoms;
        }
    }

    /// The prefixes of IPv6 in address order, outer before inner, without single addresses.
    pub(super) fn ipv6(&self) -> impl Iterator<Item = &Prefix> {
        let numbers = self.ipv6.in_order.iter().filter(|((_, length), _)| *length < 128);
        numbers.map(|(_, number)| &self.list[*number])
    }

    /// How many prefixes there are.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn bytes(&self) -> usize {
        let classes = self.list.iter().map(|(_, prefix)| prefix.classes.capacity() * 5);
        classes.sum::<usize>()
            + self.list.bytes()
            + (self.ipv4.by_place.capacity() + self.ipv6.by_place.capacity()) * 2 * 48
    }
}

impl Nest {
    fn new(lengths: usize) -> Nest {
        Nest { counts: vec![0; lengths], ..Nest::default() }
    }

    fn insert(&mut self, place: (u128, u8), number: u32) {
        self.in_order.insert(place, number);
        self.by_place.insert(place, number);
        self.counts[usize::from(place.1)] += 1;
        self.count_lengths();
    }

    fn remove(&mut self, place: (u128, u8)) {
        self.in_order.remove(&place);
        self.by_place.remove(&place);
        self.counts[usize::from(place.1)] -= 1;
        self.count_lengths();
    }

    fn count_lengths(&mut self) {
        self.lengths.clear();
        let counted = (0..).zip(&self.counts).filter(|(_, count)| **count > 0);
        self.lengths.extend(counted.map(|(length, _): (u8, _)| length));
        self.lengths.reverse();
    }

    /// The prefixes that cover an address, innermost first.
    fn cover(&self, address: u128) -> impl Iterator<Item = u32> {
        self.cover_from(address, u8::MAX)
    }

    /// The same for those shorter than a length.
    fn cover_from(&self, address: u128, below: u8) -> impl Iterator<Item = u32> {
        let width = if self.counts.len() == 33 { 32 } else { 128 };
        let lengths = self.lengths.iter().filter(move |length| **length < below);
        lengths.filter_map(move |length| {
            self.by_place.get(&(first_of(address, *length, width), *length)).copied()
        })
    }
}

/// Sorted atoms: those that ingress rules speak of, and those that egress rules do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AtomLists {
    pub(super) as_source: Arc<[Atom]>,
    pub(super) as_destination: Arc<[Atom]>,
}
