use std::net::IpAddr;

use netpol_core::Action;
use netpol_core::net::Protocol;
use netpol_core::packet::Direction;

/// A label key, a label value or a port name, interned.
pub(super) type Symbol = u32;

/// Label keys and values of an object, in order of the keys.
pub(super) type Labels = Box<[(Symbol, Symbol)]>;

#[derive(Debug)]
pub(super) struct Pod {
    pub(super) namespace: u32,
    pub(super) labels: Labels,
    pub(super) ports: Box<[NamedPort]>,
    /// Addresses from which its node may always reach it.
    pub(super) own_node: Box<[IpAddr]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NamedPort {
    pub(super) name: Symbol,
    pub(super) protocol: Protocol,
    pub(super) number: u16,
}

#[derive(Debug, Default)]
pub(super) struct Namespace {
    pub(super) labels: Labels,
    pub(super) policies: Vec<PolicyRecord>,
}

#[derive(Debug)]
pub(super) struct PolicyRecord {
    pub(super) namespace: u32,
    pub(super) subject: Selector,
    /// `None` when it does not isolate for ingress.
    pub(super) ingress: Option<Box<[Rule]>>,
    /// `None` when it does not isolate for egress.
    pub(super) egress: Option<Box<[Rule]>>,
}

impl PolicyRecord {
    pub(super) fn rules(&self, direction: Direction) -> Option<&[Rule]> {
        match direction {
            Direction::Ingress => self.ingress.as_deref(),
            Direction::Egress => self.egress.as_deref(),
        }
    }
}

/// A cluster-wide policy.
#[derive(Debug)]
pub(super) struct ClusterRecord {
    pub(super) namespaces: Selector,
    pub(super) pods: Selector,
    pub(super) ingress: Box<[OrderedRule]>,
    pub(super) egress: Box<[OrderedRule]>,
}

impl ClusterRecord {
    pub(super) fn rules(&self, direction: Direction) -> &[OrderedRule] {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }
}

/// A rule that does something with what it matches.
#[derive(Debug)]
pub(super) struct OrderedRule {
    pub(super) action: Action,
    pub(super) rule: Rule,
}

#[derive(Debug)]
pub(super) struct Rule {
    pub(super) ports: Box<[Port]>,
    pub(super) peers: Box<[Peer]>,
}

#[derive(Debug)]
pub(super) enum Port {
    Range { protocol: Protocol, first: u16, last: u16 },
    Named { protocol: Protocol, name: Symbol },
}

#[derive(Debug)]
pub(super) enum Peer {
    /// Without a selector of namespaces, those of the policy's own.
    Pods {
        namespaces: Option<Selector>,
        pods: Selector,
    },
    Block {
        cidr: Prefix,
        except: Box<[Prefix]>,
    },
}

/// Addresses whose bits under a mask are given.
#[derive(Debug)]
pub(super) enum Prefix {
    Ipv4 { network: u32, mask: u32 },
    Ipv6 { network: u128, mask: u128 },
}

impl Prefix {
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        match (self, address) {
            (Prefix::Ipv4 { network, mask }, IpAddr::V4(address)) => {
                address.to_bits() & mask == *network
            }
            (Prefix::Ipv6 { network, mask }, IpAddr::V6(address)) => {
                address.to_bits() & mask == *network
            }
            _ => false,
        }
    }
}

/// Requirements that must all hold.
#[derive(Debug)]
pub(super) struct Selector(pub(super) Box<[Requirement]>);

#[derive(Debug)]
pub(super) enum Requirement {
    Equals { key: Symbol, value: Symbol },
    In { key: Symbol, values: Box<[Symbol]> },
    NotIn { key: Symbol, values: Box<[Symbol]> },
    Exists { key: Symbol },
    DoesNotExist { key: Symbol },
}

impl Selector {
    pub(super) fn matches(&self, labels: &Labels) -> bool {
        let value_of =
            |wanted: Symbol| labels.iter().find(|(key, _)| *key == wanted).map(|(_, value)| *value);
        self.0.iter().all(|requirement| match requirement {
            Requirement::Equals { key, value } => value_of(*key) == Some(*value),
            Requirement::In { key, values } => {
                value_of(*key).is_some_and(|value| values.contains(&value))
            }
            Requirement::NotIn { key, values } => {
                !value_of(*key).is_some_and(|value| values.contains(&value))
            }
            Requirement::Exists { key } => value_of(*key).is_some(),
            Requirement::DoesNotExist { key } => value_of(*key).is_none(),
        })
    }
}
