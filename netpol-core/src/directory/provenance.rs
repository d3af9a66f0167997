use std::sync::Arc;

use crate::packet::Direction;
use crate::policy::{Action, Policy};
use crate::tables::{Atom, NamedPortRef, Otherwise, Range};

/// Number of a policy, which stays as long as the policy is as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PolicyNumber(pub(crate) u32);

/// What the rule sets of a class came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ClassOrigin {
    /// The NetworkPolicies that isolate it.
    pub(crate) isolating: IsolatingLists,
    /// What few packets ask for.
    pub(crate) others: OtherOrigin,
}

/// Numbers of the lists of NetworkPolicies that isolate a class; 0 for none. Apart from the rest, and
/// so short that caches hold it for every class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(8))]
pub(crate) struct IsolatingLists {
    pub(crate) ingress: u32,
    pub(crate) egress: u32,
}

/// What ordered tiers and port names come to for a class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OtherOrigin {
    /// The policies with something to say about traffic into it.
    pub(crate) ingress: OrderedLists,
    /// The policies with something to say about traffic out of it.
    pub(crate) egress: OrderedLists,
    /// Number of the list of what port names mean on it.
    pub(crate) ports: u32,
}

/// Numbers of lists of policies, by tier; 0 for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OrderedLists {
    pub(crate) admin: u32,
    pub(crate) baseline: u32,
}

impl ClassOrigin {
    /// The numbers of the lists for a direction.
    pub(crate) const fn lists(&self, direction: Direction) -> [u32; 3] {
        let ordered = self.others.lists(direction);
        [ordered.admin, self.isolating.of(direction), ordered.baseline]
    }
}

impl OtherOrigin {
    /// The lists for a direction.
    pub(crate) const fn lists(&self, direction: Direction) -> OrderedLists {
        match direction {
            Direction::Ingress => self.ingress,
            Direction::Egress => self.egress,
        }
    }
}

/// Whether NetworkPolicies isolate a class for a direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Isolated {
    /// The first of those that do.
    By(PolicyNumber),
    /// None does.
    No,
    /// Policies see no pods in the class.
    NotAPod,
}

/// Stands where no policy isolates a pod.
const NOT_ISOLATED: Otherwise = Otherwise(u32::MAX - 1);

impl Isolated {
    /// Of pods: by the first of the policies that isolate them.
    pub(crate) fn pods(first: Option<PolicyNumber>) -> Isolated {
        first.map_or(Isolated::No, Isolated::By)
    }

    /// As classes have it.
    pub(crate) const fn otherwise(self) -> Otherwise {
        match self {
            Isolated::By(first) => Otherwise(first.0),
            Isolated::No => NOT_ISOLATED,
            Isolated::NotAPod => Otherwise::NOT_A_POD,
        }
    }

    /// From what classes have.
    #[inline]
    pub(crate) const fn of(otherwise: Otherwise) -> Isolated {
        match otherwise {
            Otherwise::NOT_A_POD => Isolated::NotAPod,
            NOT_ISOLATED => Isolated::No,
            Otherwise(first) => Isolated::By(PolicyNumber(first)),
        }
    }
}

impl IsolatingLists {
    /// The list for a direction.
    #[inline]
    pub(crate) const fn of(self, direction: Direction) -> u32 {
        match direction {
            Direction::Ingress => self.ingress,
            Direction::Egress => self.egress,
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
    /// By direction: whether one of its rules names a port.
    pub(crate) names_ports: [bool; 2],
}

impl PolicyEntry {
    /// A policy and its lines.
    pub(crate) fn new(policy: Arc<Policy>, lines: PolicyLines) -> PolicyEntry {
        let names_ports = [Direction::Ingress, Direction::Egress].map(|direction| {
            let mut ports = lines.of(direction).iter().flat_map(|rule| rule.ports.iter().flatten());
            ports.any(|line| matches!(line.keys, PortKeys::Named(_)))
        });
        PolicyEntry { policy, lines, names_ports }
    }

    /// Whether a rule for a direction names a port.
    pub(crate) const fn names_ports(&self, direction: Direction) -> bool {
        match direction {
            Direction::Ingress => self.names_ports[0],
            Direction::Egress => self.names_ports[1],
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
