use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use crate::model::Node;
use crate::net::{Cidr, parse_address};
use crate::options::Options;

/// What matters of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NodeRecord {
    pub(crate) addresses: Vec<IpAddr>,
    pub(crate) pod_cidrs: Vec<IpNet>,
}

impl NodeRecord {
    /// From a Node. Addresses that are names, and ranges that do not parse, are left out.
    pub(crate) fn from_node(node: &Node, options: &Options) -> NodeRecord {
        let listed = &node.spec.pod_cidrs;
        let single = listed.is_empty().then_some(&node.spec.pod_cidr);
        let pod_cidrs = listed
            .iter()
            .chain(single)
            .filter_map(|text| Cidr::parse(text).ok())
            .map(|cidr| cidr.network())
            .collect::<Vec<_>>();
        let mut addresses = node
            .status
            .addresses
            .iter()
            .filter_map(|address| parse_address(&address.address))
            .collect::<Vec<_>>();
        if options.pod_cidr_gateway {
            addresses.extend(pod_cidrs.iter().filter_map(first_host));
        }
        NodeRecord { addresses, pod_cidrs }
    }
}

/// The address after the network's own, which bridges take for themselves.
fn first_host(network: &IpNet) -> Option<IpAddr> {
    let first: IpAddr = match network {
        IpNet::V4(network) => Ipv4Addr::from(network.network().to_bits().checked_add(1)?).into(),
        IpNet::V6(network) => Ipv6Addr::from(network.network().to_bits().checked_add(1)?).into(),
    };
    network.contains(&first).then_some(first)
}
