//! Reading addresses and ranges that were written by this library: in the one form in which they
//! compare, or not at all.

use std::borrow::Cow;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::Cidr;

/// An address, the IPv4 one for an IPv4 address in IPv6 form.
pub(crate) struct Address(IpAddr);

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Address, D::Error> {
        IpAddr::deserialize(deserializer).map(|address| Address(address.to_canonical()))
    }
}

/// A range, without bits beyond its prefix.
struct Network(IpNet);

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Network, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        let cidr = Cidr::parse(&text).map_err(Error::custom)?;
        Ok(Network(cidr.network()))
    }
}

/// An address.
pub(crate) fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<IpAddr, D::Error> {
    Address::deserialize(deserializer).map(|Address(address)| address)
}

/// A list of addresses.
pub(crate) fn addresses<'de, D, List>(deserializer: D) -> Result<List, D::Error>
where
    D: Deserializer<'de>,
    List: FromIterator<IpAddr>,
{
    let list = Vec::<Address>::deserialize(deserializer)?;
    Ok(list.into_iter().map(|Address(address)| address).collect())
}

/// A range.
pub(crate) fn network<'de, D: Deserializer<'de>>(deserializer: D) -> Result<IpNet, D::Error> {
    Network::deserialize(deserializer).map(|Network(network)| network)
}

/// A list of ranges.
pub(crate) fn networks<'de, D, List>(deserializer: D) -> Result<List, D::Error>
where
    D: Deserializer<'de>,
    List: FromIterator<IpNet>,
{
    let list = Vec::<Network>::deserialize(deserializer)?;
    Ok(list.into_iter().map(|Network(network)| network).collect())
}
