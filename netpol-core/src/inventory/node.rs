use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::model::{Labels, Node};
use crate::net::{Cidr, canonical, parse_address};
use crate::options::Options;

/// What matters of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NodeRecord {
    pub(crate) labels: Labels,
    /// Those of its status.
    #[serde(deserialize_with = "canonical::addresses")]
    pub(crate) addresses: Vec<IpAddr>,
    /// Those of the bridges that hold the first address of each pod range, where the options say
    /// that there are such.
    #[serde(deserialize_with = "canonical::addresses")]
    pub(crate) gateways: Vec<IpAddr>,
    #[serde(deserialize_with = "canonical::networks")]
    pub(crate) pod_cidrs: Vec<IpNet>,
}

impl NodeRecord {
    /// Every address that counts as the node's own.
    pub(crate) fn own_addresses(&self) -> impl Iterator<Item = &IpAddr> {
        self.addresses.iter().chain(&self.gateways)
    }

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
        let addresses = node
            .status
            .addresses
            .iter()
            .filter_map(|address| parse_address(&address.address))
            .collect::<Vec<_>>();
        let gateways = pod_cidrs.iter().filter(|_| options.pod_cidr_gateway);
        let gateways = gateways.filter_map(first_host).collect();
        NodeRecord { labels: node.metadata.labels.clone(), addresses, gateways, pod_cidrs }
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
