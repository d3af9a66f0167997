use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Who says of which address that it is theirs, in order of the addresses.
///
/// Nearly all addresses are those of one pod, so what is known of one is kept small.
#[derive(Clone, Debug, Default)]
pub(super) struct Claims {
    ipv4: BTreeMap<u32, Claim>,
    ipv6: BTreeMap<u128, Claim>,
}

/// What is known of an address.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    /// The first endpoint that says that it is its own, or [`NOBODY`].
    first: u32,
    /// The endpoint that it was given to, or [`NOBODY`].
    owner: u32,
    more: Option<Box<More>>,
}

/// What is known of few addresses.
#[derive(Clone, Debug, Default)]
struct More {
    /// Further endpoints that say that it is their own.
    others: Vec<u32>,
    /// The pods in the host network that send from it, which make it a node's.
    host_pods: Vec<u32>,
    /// How many further reasons there are to think that it is a node's.
    nodes: u32,
}

/// No endpoint has this number.
const NOBODY: u32 = u32::MAX;

impl Default for Claim {
    fn default() -> Claim {
        Claim { first: NOBODY, owner: NOBODY, more: None }
    }
}

impl Claims {
    /// What is known of an address, if anything is.
    pub(super) fn get_mut(&mut self, address: IpAddr) -> Option<&mut Claim> {
        match address {
            IpAddr::V4(address) => self.ipv4.get_mut(&address.to_bits()),
            IpAddr::V6(address) => self.ipv6.get_mut(&address.to_bits()),
        }
    }

    /// What is known of an address, to which more is to be added.
    pub(super) fn of(&mut self, address: IpAddr) -> &mut Claim {
        match address {
            IpAddr::V4(address) => self.ipv4.entry(address.to_bits()).or_default(),
            IpAddr::V6(address) => self.ipv6.entry(address.to_bits()).or_default(),
        }
    }

    /// Adds many claims at once, in any order: of which address, by which endpoint.
    pub(super) fn add_all(&mut self, ipv4: Vec<(u32, u32)>, ipv6: Vec<(u128, u32)>) {
        add_all(&mut self.ipv4, ipv4);
        add_all(&mut self.ipv6, ipv6);
    }

    /// Forgets an address of which nothing is known.
    pub(super) fn remove(&mut self, address: IpAddr) {
        match address {
            IpAddr::V4(address) => self.ipv4.remove(&address.to_bits()),
            IpAddr::V6(address) => self.ipv6.remove(&address.to_bits()),
        };
    }

    /// The addresses of one family from `first` to `last` of which something is known.
    pub(super) fn within(
        &self,
        first: IpAddr,
        last: IpAddr,
    ) -> impl Iterator<Item = (IpAddr, &Claim)> {
        let (mut ipv4, mut ipv6) = (None, None);
        match (first, last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => {
                ipv4 = Some(self.ipv4.range(first.to_bits()..=last.to_bits()));
            }
            (IpAddr::V6(first), IpAddr::V6(last)) => {
                ipv6 = Some(self.ipv6.range(first.to_bits()..=last.to_bits()));
            }
            _ => {}
        }
        let ipv4 = ipv4.into_iter().flatten();
        let ipv6 = ipv6.into_iter().flatten();
        ipv4.map(|(address, claim)| (Ipv4Addr::from_bits(*address).into(), claim))
            .chain(ipv6.map(|(address, claim)| (Ipv6Addr::from_bits(*address).into(), claim)))
    }

    pub(super) fn bytes(&self) -> usize {
        // A B-tree is about two thirds full.
        let ipv4 = self.ipv4.len() * size_of::<(u32, Claim)>();
        (ipv4 + self.ipv6.len() * size_of::<(u128, Claim)>()) * 3 / 2
    }
}

/// Much faster than one by one where there are few yet.
fn add_all<A: Copy + Ord>(claims: &mut BTreeMap<A, Claim>, mut more: Vec<(A, u32)>) {
    if more.len() < claims.len() {
        for (address, endpoint) in more {
            claims.entry(address).or_default().add_claimant(endpoint);
        }
        return;
    }
    more.sort_unstable();
    let mut before = std::mem::take(claims);
    let same = more.chunk_by(|a, b| a.0 == b.0);
    let merged = same.filter_map(|same| {
        let (address, _) = same.first()?;
        let mut claim = before.remove(address).unwrap_or_default();
        for (_, endpoint) in same {
            claim.add_claimant(*endpoint);
        }
        Some((*address, claim))
    });
    // From a sorted sequence the tree is built node by node.
    *claims = merged.collect();
    claims.append(&mut before);
}

impl Claim {
    /// The endpoints that say that it is their own, in no particular order.
    pub(super) fn claimants(&self) -> impl Iterator<Item = u32> {
        let others = self.more.iter().flat_map(|more| &more.others).copied();
        Some(self.first).filter(|first| *first != NOBODY).into_iter().chain(others)
    }

    /// The endpoint that says that it is its own, when there is just one.
    pub(super) fn only(&self) -> Option<u32> {
        let others = self.more.as_ref().map_or(0, |more| more.others.len());
        (self.first != NOBODY && others == 0).then_some(self.first)
    }

    /// Whether no endpoint says that it is its own.
    pub(super) const fn is_unclaimed(&self) -> bool {
        self.first == NOBODY
    }

    pub(super) fn add_claimant(&mut self, endpoint: u32) {
        if self.first == NOBODY {
            self.first = endpoint;
        } else {
            self.more().others.push(endpoint);
        }
    }

    pub(super) fn remove_claimant(&mut self, endpoint: u32) {
        if self.first == endpoint {
            let other = self.more.as_mut().and_then(|more| more.others.pop());
            self.first = other.unwrap_or(NOBODY);
        } else if let Some(more) = &mut self.more {
            more.others.retain(|other| *other != endpoint);
        }
        self.tidy();
    }

    /// The endpoint that it was given to.
    pub(super) fn owner(&self) -> Option<u32> {
        Some(self.owner).filter(|owner| *owner != NOBODY)
    }

    pub(super) fn set_owner(&mut self, owner: Option<u32>) {
        self.owner = owner.unwrap_or(NOBODY);
    }

    /// The pods in the host network that send from it.
    pub(super) fn host_pods(&self) -> &[u32] {
        self.more.as_ref().map_or(&[], |more| &more.host_pods)
    }

    pub(super) fn set_host_pod(&mut self, endpoint: u32, present: bool) {
        if present {
            self.more().host_pods.push(endpoint);
        } else if let Some(more) = &mut self.more {
            more.host_pods.retain(|other| *other != endpoint);
            self.tidy();
        }
    }

    /// One more reason, or one less, to think that it is a node's. Says whether that makes the
    /// first or was the last.
    pub(super) fn count_node(&mut self, present: bool) -> bool {
        let nodes = &mut self.more().nodes;
        let before = *nodes;
        *nodes = if present { before + 1 } else { before.saturating_sub(1) };
        let changed = (before == 0) != (*nodes == 0);
        self.tidy();
        changed
    }

    /// Whether it is a node's.
    pub(super) fn is_node(&self) -> bool {
        self.more.as_ref().is_some_and(|more| more.nodes > 0 || !more.host_pods.is_empty())
    }

    fn more(&mut self) -> &mut More {
        self.more.get_or_insert_default()
    }

    fn tidy(&mut self) {
        let is_empty =
            |more: &More| more.others.is_empty() && more.host_pods.is_empty() && more.nodes == 0;
        if self.more.as_deref().is_some_and(is_empty) {
            self.more = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Claims;

    #[test]
    fn claimants_come_and_go_in_any_order() {
        let mut claims = Claims::default();
        let address = "10.0.0.1".parse().unwrap();
        let claim = claims.of(address);
        for endpoint in [7, 8, 9] {
            claim.add_claimant(endpoint);
        }
        assert_eq!(claim.only(), None);
        claim.remove_claimant(7);
        claim.remove_claimant(8);
        assert_eq!((claim.only(), claim.claimants().count()), (Some(9), 1));
        claim.remove_claimant(9);
        assert!(claim.is_unclaimed() && !claim.is_node() && claim.more.is_none());
        assert!(claim.count_node(true) && !claim.count_node(true));
        assert!(!claim.count_node(false) && claim.is_node() && claim.count_node(false));
        claim.set_host_pod(4, true);
        assert_eq!((claim.host_pods(), claim.is_node()), (&[4][..], true));
        claim.set_host_pod(4, false);
        assert!(!claim.is_node());
    }

    #[test]
    fn many_at_once_are_as_many_one_by_one() {
        let mut claims = Claims::default();
        claims.of("10.0.0.2".parse().unwrap()).set_host_pod(4, true);
        claims.of("10.0.0.9".parse().unwrap()).set_host_pod(5, true);
        let bits = |last: u8| u32::from_be_bytes([10, 0, 0, last]);
        claims.add_all(vec![(bits(2), 1), (bits(3), 2), (bits(1), 3), (bits(3), 7)], vec![(9, 8)]);
        let mut claimants = |address: &str| {
            let claim = claims.get_mut(address.parse().unwrap()).unwrap();
            (claim.claimants().collect::<Vec<_>>(), claim.is_node())
        };
        assert_eq!(claimants("10.0.0.1"), (vec![3], false));
        assert_eq!(claimants("10.0.0.2"), (vec![1], true));
        assert_eq!(claimants("10.0.0.3"), (vec![2, 7], false));
        assert_eq!(claimants("10.0.0.9"), (vec![], true));
        assert_eq!(claimants("::9"), (vec![8], false));
    }

    #[test]
    fn a_range_has_both_ends_and_one_family() {
        let mut claims = Claims::default();
        let addresses = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "::10.0.0.2", "2001:db8::1"];
        for address in addresses {
            claims.of(address.parse().unwrap()).add_claimant(1);
        }
        let within = |first: &str, last: &str| {
            let (first, last) = (first.parse().unwrap(), last.parse().unwrap());
            claims.within(first, last).map(|(address, _)| address.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(within("10.0.0.1", "10.0.0.2"), ["10.0.0.1", "10.0.0.2"]);
        assert_eq!(within("::", "2001:db8::1"), ["::a00:2", "2001:db8::1"]);
    }
}
