use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use netpol_core::model::IpBlock;

/// An IPv4 prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix {
    /// Its first address.
    pub address: Ipv4Addr,
    /// How many bits count.
    pub length: u8,
}

impl Prefix {
    /// One address.
    #[must_use]
    pub const fn host(address: Ipv4Addr) -> Prefix {
        Prefix { address, length: 32 }
    }

    /// All addresses.
    pub const ALL: Prefix = Prefix { address: Ipv4Addr::UNSPECIFIED, length: 0 };
}

impl From<Ipv4Net> for Prefix {
    fn from(net: Ipv4Net) -> Prefix {
        Prefix { address: net.network(), length: net.prefix_len() }
    }
}

/// What is left of a block without its excepts, as prefixes: what a list of rules that only allow
/// must say instead.
///
/// `None` for an IPv6 block.
pub(super) fn without_excepts(block: &IpBlock) -> Option<Vec<Prefix>> {
    let base = block.cidr.parse::<Ipv4Net>().ok()?.trunc();
    let excepts = block.except.iter().filter_map(|except| except.parse::<Ipv4Net>().ok());
    let mut left = Vec::new();
    cut(base, &excepts.collect::<Vec<_>>(), &mut left);
    Some(left)
}

fn cut(prefix: Ipv4Net, excepts: &[Ipv4Net], left: &mut Vec<Prefix>) {
    let touching = excepts
        .iter()
        .filter(|except| except.contains(&prefix) || prefix.contains(*except))
        .copied()
        .collect::<Vec<_>>();
    if touching.is_empty() {
        left.push(prefix.into());
    } else if !touching.iter().any(|except| except.contains(&prefix)) {
        // It is wider than an except, so it is no host and has two halves.
        for half in prefix.subnets(prefix.prefix_len() + 1).into_iter().flatten() {
            cut(half, &touching, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excepts_are_cut_out() {
        let block = IpBlock { cidr: "10.0.0.0/8".to_owned(), except: vec!["10.128.0.0/10".into()] };
        let left = without_excepts(&block).unwrap();
        let texts = left.iter().map(|prefix| (prefix.address.to_string(), prefix.length));
        let expected = [("10.0.0.0".to_owned(), 9), ("10.192.0.0".to_owned(), 10)];
        assert_eq!(texts.collect::<Vec<_>>(), expected);
        let nothing = IpBlock { cidr: "10.0.0.0/8".to_owned(), except: vec!["0.0.0.0/0".into()] };
        assert_eq!(without_excepts(&nothing).unwrap(), []);
    }
}
