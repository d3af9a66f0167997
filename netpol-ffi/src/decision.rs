//! Verdicts with what they rest on.

use netpol_core::Decision;
use netpol_core::engine::Attribution;
use netpol_core::{Reason, Tier};

use crate::packet::verdict_number;
use crate::text::netpol_str;

/// Stands in an attribution where there is no policy, rule, peer or port.
pub const NETPOL_NONE: u32 = u32::MAX;

/// Why a direction has its verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum netpol_reason {
    /// The subject of this direction is no pod.
    NotAPod = 1,
    /// No policy isolates the pod in this direction, and no rule of an ordered tier decides.
    NotIsolated = 2,
    /// A rule allows it.
    RuleMatches = 3,
    /// The pod is isolated and no rule allows it.
    NoRuleMatches = 4,
    /// The pod talks to itself.
    SelfTraffic = 5,
    /// The other end is the pod's own node.
    OwnNode = 6,
    /// Neighbour or multicast listener discovery, which always passes.
    LinkSignalling = 7,
    /// The protocol has no ports, and the options let those pass.
    UnmatchedProtocol = 8,
    /// Essential ICMP, which the options let pass.
    EssentialIcmp = 9,
    /// A fragment without ports, on which the options decide.
    Fragment = 10,
    /// An address from a node's pod range that is no pod's.
    UnknownPodAddress = 11,
    /// The cluster has not been told completely yet.
    NotSynced = 12,
    /// A rule of an ordered tier denies it.
    RuleDenies = 13,
    /// A rule of an ordered tier that is not understood denies everything.
    RuleNotUnderstood = 14,
}

/// Which of the three lists of policies decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum netpol_tier {
    /// No policy did.
    None = 0,
    /// Cluster-wide policies that are asked first.
    Admin = 1,
    /// NetworkPolicies.
    NetworkPolicy = 2,
    /// Cluster-wide policies that are asked last.
    Baseline = 3,
}

/// What the verdict of one direction rests on. 20 bytes.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_attribution {
    /// A `netpol_verdict`.
    pub verdict: u8,
    /// A `netpol_reason`.
    pub reason: u8,
    /// A `netpol_tier`.
    pub tier: u8,
    /// Not used; 0.
    pub reserved: u8,
    /// The policy whose rule decides, or the first that isolates; `netpol_engine_policy` names it.
    pub policy: u32,
    /// Index of the rule in its list.
    pub rule: u32,
    /// Index of the peer in the rule; none when the rule names no peers.
    pub peer: u32,
    /// Index of the port in the rule; none when the rule names no ports.
    pub port: u32,
}

/// A verdict and what it rests on, of both directions. 56 bytes.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_decision {
    /// The generation of the engine that answers.
    pub generation: u64,
    /// May the destination receive it?
    pub ingress: netpol_attribution,
    /// May the source send it?
    pub egress: netpol_attribution,
    /// A `netpol_verdict`.
    pub verdict: u8,
    /// Not used; 0.
    pub reserved: [u8; 7],
}

const _: () = assert!(size_of::<netpol_attribution>() == 20 && size_of::<netpol_decision>() == 56);

impl From<Decision> for netpol_decision {
    fn from(decision: Decision) -> netpol_decision {
        netpol_decision {
            generation: decision.generation,
            ingress: decision.ingress.into(),
            egress: decision.egress.into(),
            verdict: verdict_number(decision.verdict),
            reserved: [0; 7],
        }
    }
}

impl From<Attribution> for netpol_attribution {
    fn from(attribution: Attribution) -> netpol_attribution {
        netpol_attribution {
            verdict: verdict_number(attribution.verdict),
            reason: attribution.reason as u8,
            tier: tier_number(attribution.tier) as u8,
            reserved: 0,
            policy: attribution.policy.map_or(NETPOL_NONE, |policy| policy.number()),
            rule: attribution.rule.unwrap_or(NETPOL_NONE),
            peer: attribution.peer.unwrap_or(NETPOL_NONE),
            port: attribution.port.unwrap_or(NETPOL_NONE),
        }
    }
}

pub(crate) const fn tier_number(tier: Option<Tier>) -> netpol_tier {
    match tier {
        None => netpol_tier::None,
        Some(Tier::Admin) => netpol_tier::Admin,
        Some(Tier::NetworkPolicy) => netpol_tier::NetworkPolicy,
        Some(Tier::Baseline) => netpol_tier::Baseline,
        // A tier that this interface has no number for.
        Some(_) => netpol_tier::None,
    }
}

/// The name of a `netpol_reason`, such as `noRuleMatches`; empty for other numbers. The text lives as
/// long as the library.
#[unsafe(no_mangle)]
pub extern "C" fn netpol_reason_name(reason: i32) -> netpol_str {
    let known = Reason::ALL.into_iter().find(|known| *known as i32 == reason);
    known.map_or(netpol_str::NONE, |reason| netpol_str::of(reason.name()))
}

#[cfg(test)]
mod tests {
    use super::netpol_reason;
    use netpol_core::Reason;

    #[test]
    fn reasons_are_those_of_the_engine() {
        use netpol_reason::*;
        let ours = [
            NotAPod,
            NotIsolated,
            RuleMatches,
            NoRuleMatches,
            SelfTraffic,
            OwnNode,
            LinkSignalling,
            UnmatchedProtocol,
            EssentialIcmp,
            Fragment,
            UnknownPodAddress,
            NotSynced,
            RuleDenies,
            RuleNotUnderstood,
        ];
        assert_eq!(ours.len(), Reason::ALL.len());
        for (ours, theirs) in ours.into_iter().zip(Reason::ALL) {
            assert_eq!(ours as u8, theirs as u8);
            assert_eq!(format!("{ours:?}").to_lowercase(), theirs.name().to_lowercase());
        }
    }
}
