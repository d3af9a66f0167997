use std::cmp::Reverse;
use std::net::IpAddr;

use ipnet::IpNet;
use smallvec::SmallVec;

use crate::tables::{Atom, Segment};

/// The prefixes in use, nested: an address belongs to the chain of those that cover it.
///
/// `N` prefixes give at most `N` chains however they overlap, which is why an `except` is a prefix
/// like any other and never splits a range.
#[derive(Debug, Default)]
pub(super) struct Chains {
    ipv4: Nest,
    ipv6: Nest,
}

/// A chain of covering prefixes, named by its innermost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Chain {
    /// No prefix covers the address.
    Outside,
    /// The prefix with this number and those around it.
    Ipv4(u32),
    /// The prefix with this number and those around it.
    Ipv6(u32),
    /// There is no address.
    WithoutAddress,
}

#[derive(Debug, Default)]
struct Nest {
    /// Sorted by first address, outer before inner.
    prefixes: Vec<Prefix>,
}

#[derive(Debug)]
struct Prefix {
    first: u128,
    last: u128,
    /// None for one that only carries the flag.
    atoms: SmallVec<[Atom; 2]>,
    flagged: bool,
    parent: Option<u32>,
}

impl Chains {
    /// From prefixes with their atoms; one without an atom flags all addresses in it.
    pub(super) fn new(prefixes: impl Iterator<Item = (IpNet, Option<Atom>)>) -> Chains {
        let (mut ipv4, mut ipv6) = (Vec::new(), Vec::new());
        for (network, atom) in prefixes {
            let flagged = atom.is_none();
            let (list, first, last) = match network {
                IpNet::V4(network) => {
                    let bits = |address: std::net::Ipv4Addr| u128::from(address.to_bits());
                    (&mut ipv4, bits(network.network()), bits(network.broadcast()))
                }
                IpNet::V6(network) => {
                    (&mut ipv6, network.network().to_bits(), network.broadcast().to_bits())
                }
            };
            let atoms = atom.into_iter().collect();
            list.push(Prefix { first, last, atoms, flagged, parent: None });
        }
        Chains { ipv4: Nest::new(ipv4), ipv6: Nest::new(ipv6) }
    }

    /// The chain of an address.
    pub(super) fn of(&self, address: IpAddr) -> Chain {
        match address {
            IpAddr::V4(address) => {
                self.ipv4.innermost(address.to_bits().into()).map_or(Chain::Outside, Chain::Ipv4)
            }
            IpAddr::V6(address) => {
                self.ipv6.innermost(address.to_bits()).map_or(Chain::Outside, Chain::Ipv6)
            }
        }
    }

    /// The atoms of a chain, innermost first.
    pub(super) fn atoms(&self, chain: Chain) -> Vec<Atom> {
        match chain {
            Chain::Outside => Vec::new(),
            Chain::Ipv4(number) => self.ipv4.atoms(number).collect(),
            Chain::Ipv6(number) => self.ipv6.atoms(number).collect(),
            Chain::WithoutAddress => {
                let ipv4 = self.ipv4.everywhere(u32::MAX.into());
                let ipv6 = self.ipv6.everywhere(u128::MAX);
                ipv4.iter().chain(ipv6).copied().chain([Atom::WITHOUT_ADDRESS]).collect()
            }
        }
    }

    /// Whether addresses with this chain, and no more specific entry, are flagged.
    pub(super) fn is_flagged(&self, chain: Chain) -> bool {
        match chain {
            Chain::Outside | Chain::WithoutAddress => false,
            Chain::Ipv4(number) => self.ipv4.up(number).any(|prefix| prefix.flagged),
            Chain::Ipv6(number) => self.ipv6.up(number).any(|prefix| prefix.flagged),
        }
    }

    /// Every chain of a family with the addresses of its innermost prefix, in address order, outer
    /// before inner.
    pub(super) fn segments(&self, ipv6: bool) -> impl Iterator<Item = Segment<u128, Chain>> {
        let nest = if ipv6 { &self.ipv6 } else { &self.ipv4 };
        (0..).zip(&nest.prefixes).map(move |(number, prefix)| Segment {
            first: prefix.first,
            last: prefix.last,
            class: if ipv6 { Chain::Ipv6(number) } else { Chain::Ipv4(number) },
        })
    }
}

impl Nest {
    fn new(mut prefixes: Vec<Prefix>) -> Nest {
        prefixes.sort_unstable_by_key(|prefix| (prefix.first, Reverse(prefix.last)));
        prefixes.dedup_by(|again, kept| {
            let same = (again.first, again.last) == (kept.first, kept.last);
            if same {
                kept.atoms.append(&mut again.atoms);
                kept.flagged |= again.flagged;
            }
            same
        });
        let mut open: Vec<(u32, u128)> = Vec::new();
        for (number, prefix) in (0..).zip(&mut prefixes) {
            while open.pop_if(|(_, last)| *last < prefix.first).is_some() {}
            prefix.parent = open.last().map(|(number, _)| *number);
            open.push((number, prefix.last));
        }
        Nest { prefixes }
    }

    /// The innermost prefix that covers an address.
    fn innermost(&self, address: u128) -> Option<u32> {
        // The last prefix that starts at or before the address covers it, or one around it does.
        let after = self.prefixes.partition_point(|prefix| prefix.first <= address);
        let mut number = u32::try_from(after).ok()?.checked_sub(1)?;
        loop {
            let prefix = self.prefixes.get(number as usize)?;
            if address <= prefix.last {
                return Some(number);
            }
            number = prefix.parent?;
        }
    }

    fn up(&self, number: u32) -> impl Iterator<Item = &Prefix> {
        let get = |number: u32| self.prefixes.get(number as usize);
        std::iter::successors(get(number), move |prefix| prefix.parent.and_then(get))
    }

    fn atoms(&self, number: u32) -> impl Iterator<Item = Atom> {
        self.up(number).flat_map(|prefix| &prefix.atoms).copied()
    }

    /// The atoms of the prefix that covers the whole family, up to `last`.
    fn everywhere(&self, last: u128) -> &[Atom] {
        let whole = self.prefixes.first().filter(|prefix| prefix.first == 0 && prefix.last == last);
        whole.map_or(&[], |prefix| &prefix.atoms)
    }
}
