use std::fmt;

use netpol_core::Verdict;
use netpol_core::model::Kind;

/// What became of a packet, and why, on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// What the destination's policies say.
    pub ingress: Side,
    /// What the source's policies say.
    pub egress: Side,
}

impl Judgement {
    /// A packet passes when both sides let it pass.
    pub fn verdict(&self) -> Verdict {
        let both = self.ingress.verdict.is_allow() && self.egress.verdict.is_allow();
        Verdict::from_allowed(both)
    }
}

/// The verdict of one direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// May the packet pass in this direction?
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
}

impl Side {
    pub(super) const fn allow(reason: Reason) -> Side {
        Side { verdict: Verdict::Allow, reason }
    }

    pub(super) const fn deny(reason: Reason) -> Side {
        Side { verdict: Verdict::Deny, reason }
    }
}

/// The one rule that decided a direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The lists of objects are not complete yet; the verdict is the one chosen for that time.
    NotSynced,
    /// Neighbour discovery and multicast listener discovery always pass.
    LinkSignalling,
    /// A pod always reaches itself.
    SelfTraffic,
    /// The address lies in a node's pod range and belongs to nobody.
    UnknownPodAddress,
    /// A pod and its own node.
    OwnNode,
    /// The end whose policies would count is no pod, so it has none.
    NotAPod,
    /// No policy isolates the pod in this direction, and no rule of a cluster tier decides.
    NotIsolated,
    /// A rule lets it through.
    Allowed(DecidingRule),
    /// A rule of a cluster tier denies it.
    Denied(DecidingRule),
    /// A rule of a cluster tier cannot be understood and denies everything for that.
    NotUnderstood(DecidingRule),
    /// Policies isolate the pod and none of their rules matches.
    NoRuleMatches,
    /// It is a fragment without ports, on which an option decides.
    Fragment,
    /// No rule matches, but the protocol is none that policies are about.
    UnmatchedProtocol,
    /// No rule matches, but it is one of the ICMP messages that IP cannot do without.
    EssentialIcmp,
}

impl Reason {
    /// The rule that decided, when one did.
    #[must_use]
    pub const fn rule(&self) -> Option<&DecidingRule> {
        match self {
            Reason::Allowed(rule) | Reason::Denied(rule) | Reason::NotUnderstood(rule) => {
                Some(rule)
            }
            _ => None,
        }
    }
}

/// `allowed d/web rule 0 peer 1 port 2`, `denied Admin web rule 0 peer 0`, `not understood Admin
/// web rule 0`; the other reasons by their names in camel case.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Allowed(rule) => return write!(f, "allowed {rule}"),
            Reason::Denied(rule) => return write!(f, "denied {rule}"),
            Reason::NotUnderstood(rule) => return write!(f, "not understood {rule}"),
            Reason::NotSynced => "notSynced",
            Reason::LinkSignalling => "linkSignalling",
            Reason::SelfTraffic => "selfTraffic",
            Reason::UnknownPodAddress => "unknownPodAddress",
            Reason::OwnNode => "ownNode",
            Reason::NotAPod => "notAPod",
            Reason::NotIsolated => "notIsolated",
            Reason::NoRuleMatches => "noRuleMatches",
            Reason::Fragment => "fragment",
            Reason::UnmatchedProtocol => "unmatchedProtocol",
            Reason::EssentialIcmp => "essentialIcmp",
        })
    }
}

/// The rule that decided. In a cluster tier it is the first that matches; among NetworkPolicies,
/// whose order means nothing, the first in the order of namespace, name, rule, peer, port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidingRule {
    /// The tier of the policy.
    pub tier: Tier,
    /// The kind of the policy.
    pub kind: Kind,
    /// The policy's namespace; empty for cluster-scoped kinds.
    pub namespace: String,
    /// The policy's name.
    pub name: String,
    /// Position of the rule in `ingress` or `egress`, from 0.
    pub rule: usize,
    /// Position in `from` or `to`; `None` when the rule names no peers or is not understood.
    pub peer: Option<usize>,
    /// Position in `ports` or `protocols`; `None` when the rule names none or is not understood.
    pub port: Option<usize>,
}

/// A NetworkPolicy by namespace and name, a ClusterNetworkPolicy by tier and name. The older kinds
/// of cluster-wide policies, each of which has one tier only, go by kind and name.
impl fmt::Display for DecidingRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::NetworkPolicy => write!(f, "{}/{}", self.namespace, self.name)?,
            Kind::ClusterNetworkPolicy => write!(f, "{} {}", self.tier, self.name)?,
            kind => write!(f, "{kind} {}", self.name)?,
        }
        write!(f, " rule {}", self.rule)?;
        if let Some(peer) = self.peer {
            write!(f, " peer {peer}")?;
        }
        if let Some(port) = self.port {
            write!(f, " port {port}")?;
        }
        Ok(())
    }
}

/// Where policies stand in the order. Cluster-wide policies stand before the NetworkPolicies or
/// after them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Cluster-wide policies that NetworkPolicies cannot overrule.
    Admin,
    /// NetworkPolicies.
    NetworkPolicy,
    /// Cluster-wide policies for pods that no NetworkPolicy isolates.
    Baseline,
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Tier::Admin => "Admin",
            Tier::NetworkPolicy => "NetworkPolicy",
            Tier::Baseline => "Baseline",
        })
    }
}
