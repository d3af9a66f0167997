use crate::packet::Direction;
use crate::tables::{Atom, NamedPortRef, Range};

/// Number of a policy, in order of namespace and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PolicyNumber(pub(crate) u32);

/// What the rule sets of a class came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct ClassOrigin {
    /// Number of the list of policies that isolate it for ingress.
    pub(crate) ingress: u32,
    /// Number of the list of policies that isolate it for egress.
    pub(crate) egress: u32,
    /// Number of the list of what port names mean on it.
    pub(crate) ports: u32,
}

impl ClassOrigin {
    /// Number of the list of policies for a direction.
    pub(crate) const fn policies(self, direction: Direction) -> u32 {
        match direction {
            Direction::Ingress => self.ingress,
            Direction::Egress => self.egress,
        }
    }
}

/// What one rule came to. Peers and ports that cannot be read are left out: they match nothing.
///
/// Peers and ports stand side by side, not multiplied: the first of each that matches is the
/// canonical reason.
#[derive(Clone, Debug)]
pub(crate) struct RuleLines {
    /// The rule's index in its list.
    pub(crate) rule: u32,
    /// The peers in order; `None` when the rule speaks of everybody.
    pub(crate) peers: Option<Box<[PeerLine]>>,
    /// The ports in order; `None` when the rule speaks of every port and protocol.
    pub(crate) ports: Option<Box<[PortLine]>>,
}

/// A peer of a rule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PeerLine {
    /// The peer's index in its list.
    pub(crate) peer: u32,
    /// What an endpoint must match to be meant.
    pub(crate) atom: Atom,
    /// Number of the list of atoms it must not match.
    pub(crate) excepts: u32,
}

/// A port of a rule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PortLine {
    /// The port's index in its list.
    pub(crate) port: u32,
    pub(crate) keys: PortKeys,
}

/// The packets that a port means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum PortKeys {
    /// These packet keys.
    Range(Range),
    /// What the name means on the destination.
    Named(NamedPortRef),
}

/// Every rule of a policy, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct PolicyLines {
    pub(crate) ingress: Box<[RuleLines]>,
    pub(crate) egress: Box<[RuleLines]>,
}

impl PolicyLines {
    /// The rules of one direction.
    pub(crate) fn of(&self, direction: Direction) -> &[RuleLines] {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }
}
