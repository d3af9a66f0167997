use crate::packet::Direction;
use crate::policy::{Action, Tier};
use crate::tables::{Atom, NamedPortRef, Range};

/// Number of a policy. NetworkPolicies come first, in order of namespace and name; then the
/// policies of the ordered tiers, in the order in which they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PolicyNumber(pub(crate) u32);

/// What the rule sets of a class came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct ClassOrigin {
    /// The policies with something to say about traffic into it.
    pub(crate) ingress: ListsOfTiers,
    /// The policies with something to say about traffic out of it.
    pub(crate) egress: ListsOfTiers,
    /// Number of the list of what port names mean on it.
    pub(crate) ports: u32,
}

/// Numbers of lists of policies, by tier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct ListsOfTiers {
    pub(crate) admin: u32,
    pub(crate) network_policy: u32,
    pub(crate) baseline: u32,
}

impl ClassOrigin {
    /// Number of the list of policies of a tier for a direction.
    pub(crate) const fn policies(self, direction: Direction, tier: Tier) -> u32 {
        let lists = match direction {
            Direction::Ingress => self.ingress,
            Direction::Egress => self.egress,
        };
        match tier {
            Tier::Admin => lists.admin,
            Tier::NetworkPolicy => lists.network_policy,
            Tier::Baseline => lists.baseline,
        }
    }
}

/// What one rule came to. Peers and ports that cannot be read are left out: they match nothing.
///
/// Peers and ports stand side by side, not multiplied: the first of each that matches is the
/// canonical reason. A peer or port of the object may come to several lines, each with its index.
#[derive(Clone, Debug)]
pub(crate) struct RuleLines {
    /// The rule's index in its list.
    pub(crate) rule: u32,
    /// What becomes of what it matches.
    pub(crate) action: Action,
    /// Whether it is a rule of the object, or what fails closed in place of one.
    pub(crate) understood: bool,
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
