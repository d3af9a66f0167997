use std::sync::Arc;

use crate::packet::Direction;
use crate::policy::{Action, Policy, Tier};
use crate::tables::{Atom, NamedPortRef, Range};

/// Number of a policy, which stays as long as the policy is as it is.
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
    /// Whether policies see pods in it.
    pub(crate) is_pod: bool,
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
    /// The numbers of all lists of excluded atoms, 0 for none left out.
    pub(crate) fn except_lists(&self) -> impl Iterator<Item = u32> {
        let rules = self.ingress.iter().chain(&self.egress);
        let lines = rules.flat_map(|rule| rule.peers.iter().flatten());
        lines.map(|line| line.excepts).filter(|number| *number != 0)
    }

    /// The rules of one direction.
    pub(crate) fn of(&self, direction: Direction) -> &[RuleLines] {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }
}

/// A policy, and what its rules came to.
#[derive(Clone, Debug)]
pub(crate) struct PolicyEntry {
    pub(crate) policy: Arc<Policy>,
    pub(crate) lines: PolicyLines,
    /// By direction.
    pub(crate) shapes: [Shape; 2],
}

/// What spares a look at the rules of one direction.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shape {
    /// The bits of all atoms of their peers.
    pub(crate) bloom: u64,
    /// Whether one of them speaks of everybody.
    pub(crate) everybody: bool,
    /// Whether one of them names a port.
    pub(crate) named_ports: bool,
}

impl Shape {
    /// The shape of rules.
    pub(crate) fn of(rules: &[RuleLines]) -> Shape {
        let mut shape = Shape::default();
        for rule in rules {
            match &rule.peers {
                None => shape.everybody = true,
                Some(peers) => {
                    shape.bloom =
                        peers.iter().fold(shape.bloom, |bloom, line| bloom | line.atom.bloom());
                }
            }
            let mut ports = rule.ports.iter().flatten();
            shape.named_ports |= ports.any(|line| matches!(line.keys, PortKeys::Named(_)));
        }
        shape
    }
}

impl PolicyEntry {
    /// What spares a look at the rules of a direction.
    pub(crate) const fn shape(&self, direction: Direction) -> &Shape {
        match direction {
            Direction::Ingress => &self.shapes[0],
            Direction::Egress => &self.shapes[1],
        }
    }

    /// Bytes on the heap, but for the policy's own.
    pub(crate) fn bytes(&self) -> usize {
        let rules = self.lines.ingress.iter().chain(&self.lines.egress);
        let lines = rules.map(|rule| {
            size_of::<RuleLines>()
                + rule.peers.as_ref().map_or(0, |lines| size_of_val::<[PeerLine]>(lines))
                + rule.ports.as_ref().map_or(0, |lines| size_of_val::<[PortLine]>(lines))
        });
        size_of::<PolicyEntry>() + lines.sum::<usize>()
    }
}
