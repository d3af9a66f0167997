use std::fmt;

use netpol_core::Verdict;

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
    /// No policy isolates the pod in this direction.
    NotIsolated,
    /// A rule lets it through.
    Allowed(AllowingRule),
    /// Policies isolate the pod and none of their rules matches.
    NoRuleMatches,
    /// It is a fragment without ports, on which an option decides.
    Fragment,
    /// No rule matches, but the protocol is none that policies are about.
    UnmatchedProtocol,
    /// No rule matches, but it is one of the ICMP messages that IP cannot do without.
    EssentialIcmp,
}

/// `allowed d/web rule 0 peer 1 port 2`; the other reasons by their names in camel case.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Allowed(rule) => return write!(f, "allowed {rule}"),
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

/// The first rule that allows, in the order of namespace, name, rule, peer, port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AllowingRule {
    /// The policy's namespace.
    pub namespace: String,
    /// The policy's name.
    pub name: String,
    /// Position of the rule in `ingress` or `egress`, from 0.
    pub rule: usize,
    /// Position in `from` or `to`; `None` when the rule names no peers.
    pub peer: Option<usize>,
    /// Position in `ports`; `None` when the rule names no ports.
    pub port: Option<usize>,
}

impl fmt::Display for AllowingRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} rule {}", self.namespace, self.name, self.rule)?;
        if let Some(peer) = self.peer {
            write!(f, " peer {peer}")?;
        }
        if let Some(port) = self.port {
            write!(f, " port {port}")?;
        }
        Ok(())
    }
}
