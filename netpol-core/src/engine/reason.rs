use std::fmt;

use serde::Serialize;

use crate::packet::Verdict;

/// Why one direction allows or denies. The numbers are stable and are the ones of the C library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[repr(u8)]
pub enum Reason {
    /// The subject of this direction is no pod: a node, or an address outside the cluster.
    NotAPod = 1,
    /// No policy isolates the pod in this direction, and no rule of an ordered tier decides.
    NotIsolated = 2,
    /// A rule allows it.
    RuleMatches = 3,
    /// The pod is isolated and no rule allows it.
    NoRuleMatches = 4,
    /// The pod talks to itself.
    SelfTraffic = 5,
    /// The other side is the pod's own node.
    OwnNode = 6,
    /// Neighbour or multicast listener discovery, which always passes.
    LinkSignalling = 7,
    /// The protocol has no ports, and the options let those pass.
    UnmatchedProtocol = 8,
    /// Essential ICMP, which the options let pass.
    EssentialIcmp = 9,
    /// A fragment without ports, on which the options decide.
    Fragment = 10,
    /// An address from a node's pod range that belongs to no pod.
    UnknownPodAddress = 11,
    /// The cluster has not been told completely yet.
    NotSynced = 12,
    /// A rule of an ordered tier denies it.
    RuleDenies = 13,
    /// A rule of an ordered tier that is not understood denies everything.
    RuleNotUnderstood = 14,
}

impl Reason {
    /// Every reason, in order of their numbers.
    pub const ALL: [Reason; 14] = [
        Reason::NotAPod,
        Reason::NotIsolated,
        Reason::RuleMatches,
        Reason::NoRuleMatches,
        Reason::SelfTraffic,
        Reason::OwnNode,
        Reason::LinkSignalling,
        Reason::UnmatchedProtocol,
        Reason::EssentialIcmp,
        Reason::Fragment,
        Reason::UnknownPodAddress,
        Reason::NotSynced,
        Reason::RuleDenies,
        Reason::RuleNotUnderstood,
    ];

    /// The reason in a few words, as explanations have it.
    #[must_use]
    pub const fn as_str(self, verdict: Verdict) -> &'static str {
        match (self, verdict) {
            (Reason::NotAPod, _) => "not a pod, so no policy applies",
            (Reason::NotIsolated, _) => "not isolated",
            (Reason::RuleMatches, _) => "a rule matches",
            (Reason::NoRuleMatches, _) => "isolated, and no rule matches",
            (Reason::SelfTraffic, _) => "a pod always reaches itself",
            (Reason::OwnNode, _) => "traffic with the pod's own node always passes",
            (Reason::LinkSignalling, _) => "neighbour and listener discovery always pass",
            (Reason::UnmatchedProtocol, _) => "protocols without ports pass, by option",
            (Reason::EssentialIcmp, _) => "essential ICMP passes, by option",
            (Reason::Fragment, Verdict::Allow) => "fragments without ports pass, by option",
            (Reason::Fragment, Verdict::Deny) => "fragments without ports do not pass, by option",
            (Reason::UnknownPodAddress, Verdict::Allow) => {
                "the address lies in a pod range and belongs to no pod"
            }
            (Reason::UnknownPodAddress, Verdict::Deny) => {
                "an address that lies in a pod range and belongs to no pod is denied, by option"
            }
            (Reason::NotSynced, _) => "the cluster is not synced yet",
            (Reason::RuleDenies, _) => "a rule denies",
            (Reason::RuleNotUnderstood, _) => "a rule that is not understood denies everything",
        }
    }

    /// The name as the C and Python libraries have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Reason::NotAPod => "notAPod",
            Reason::NotIsolated => "notIsolated",
            Reason::RuleMatches => "ruleMatches",
            Reason::NoRuleMatches => "noRuleMatches",
            Reason::SelfTraffic => "selfTraffic",
            Reason::OwnNode => "ownNode",
            Reason::LinkSignalling => "linkSignalling",
            Reason::UnmatchedProtocol => "unmatchedProtocol",
            Reason::EssentialIcmp => "essentialIcmp",
            Reason::Fragment => "fragment",
            Reason::UnknownPodAddress => "unknownPodAddress",
            Reason::NotSynced => "notSynced",
            Reason::RuleDenies => "ruleDenies",
            Reason::RuleNotUnderstood => "ruleNotUnderstood",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Reason;

    #[test]
    fn numbers_are_stable_and_names_are_those_of_json() {
        for (number, reason) in (1_u8..).zip(Reason::ALL) {
            assert_eq!(reason as u8, number);
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.name());
        }
    }
}
