use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// A set of address families.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(from = "Vec<Family>", into = "Vec<Family>")]
pub(crate) struct Families(u8);

impl Families {
    pub(crate) const IPV4: Families = Families(1);
    pub(crate) const IPV6: Families = Families(2);
    pub(crate) const BOTH: Families = Families(3);

    /// The family of an address.
    pub(crate) const fn of(address: IpAddr) -> Families {
        match address {
            IpAddr::V4(_) => Families::IPV4,
            IpAddr::V6(_) => Families::IPV6,
        }
    }

    /// The families of all of them; none of none.
    pub(crate) fn of_all(addresses: impl IntoIterator<Item = IpAddr>) -> Families {
        addresses.into_iter().map(Families::of).fold(Families::default(), Families::or)
    }

    pub(crate) const fn or(self, other: Families) -> Families {
        Families(self.0 | other.0)
    }

    pub(crate) const fn and(self, other: Families) -> Families {
        Families(self.0 & other.0)
    }

    pub(crate) const fn without(self, other: Families) -> Families {
        Families(self.0 & !other.0)
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the address, if there is one, is of one of the families.
    #[inline]
    pub(crate) fn admit(self, address: Option<IpAddr>) -> bool {
        address.is_none_or(|address| !self.and(Families::of(address)).is_empty())
    }
}

/// One of them, as Kubernetes spells it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Family {
    IPv4,
    IPv6,
}

impl From<Vec<Family>> for Families {
    fn from(list: Vec<Family>) -> Families {
        let families = list.into_iter().map(|family| match family {
            Family::IPv4 => Families::IPV4,
            Family::IPv6 => Families::IPV6,
        });
        families.fold(Families::default(), Families::or)
    }
}

impl From<Families> for Vec<Family> {
    fn from(families: Families) -> Vec<Family> {
        let both = [(Families::IPV4, Family::IPv4), (Families::IPV6, Family::IPv6)];
        let own = both.into_iter().filter(|(one, _)| !families.and(*one).is_empty());
        own.map(|(_, family)| family).collect()
    }
}
