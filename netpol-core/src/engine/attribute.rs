use serde::Serialize;

use super::question::Case;
use super::reason::Reason;
use super::{Engine, Question, QuestionError, Snapshot};
use crate::directory::{PolicyNumber, PortKeys, RuleLines};
use crate::packet::{Direction, Packet, Verdict};
use crate::policy::Tier;
use crate::tables::{NamedPort, RuleSetId, SignatureId};

/// Handle of a policy of one [`Engine`]; [`Engine::policy_name`] names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct PolicyId(pub(super) u32);

/// A verdict and, for each direction, what it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Decision {
    /// What [`Engine::decide`] answers.
    pub verdict: Verdict,
    /// The engine's generation.
    pub generation: u64,
    /// May the destination receive it?
    pub ingress: Attribution,
    /// May the source send it? Told also when ingress denies already.
    pub egress: Attribution,
}

/// What the verdict of one direction rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Attribution {
    /// The verdict of this direction.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// The tier that decided, when a policy did.
    pub tier: Option<Tier>,
    /// The policy whose rule allows, or the first that isolates when none does.
    pub policy: Option<PolicyId>,
    /// The index of the rule that allows, in `spec.ingress` or `spec.egress`. Where several rules
    /// allow, the first in the order of namespace, name, rule, peer and port.
    pub rule: Option<u32>,
    /// The index of the peer in the rule's `from` or `to`; none when the rule names no peers.
    pub peer: Option<u32>,
    /// The index of the port in the rule's `ports`; none when the rule names no ports.
    pub port: Option<u32>,
}

impl Attribution {
    const fn implicit(verdict: Verdict, reason: Reason) -> Attribution {
        let (tier, policy, rule, peer, port) = (None, None, None, None, None);
        Attribution { verdict, reason, tier, policy, rule, peer, port }
    }
}

impl Decision {
    /// What the verdict of a direction rests on.
    #[must_use]
    pub const fn direction(&self, direction: Direction) -> &Attribution {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }
}

impl Engine {
    /// The verdict on a packet, and what it rests on, as integers.
    ///
    /// Never allocates, locks or panics. Costs a scan of the isolating policies' rules on top of
    /// the decision.
    #[must_use]
    pub fn attribute(&self, packet: &Packet) -> Decision {
        self.0.attribute_case(&self.0.case_of_packet(packet))
    }

    /// As [`attribute`](Engine::attribute), between endpoints meant by name or handle.
    ///
    /// # Errors
    ///
    /// When the ends have no address family in common, or a handle is of another engine.
    pub fn attribute_question(&self, question: &Question) -> Result<Decision, QuestionError> {
        Ok(self.0.attribute_case(&self.0.case_of_question(question)?))
    }
}

/// What rules of one direction are held against: a peer and a key, and what port names mean.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held<'snapshot> {
    pub(super) peer: SignatureId,
    pub(super) key: u32,
    pub(super) ports: &'snapshot [NamedPort],
}

impl Snapshot {
    pub(super) fn attribute_case(&self, case: &Case) -> Decision {
        let ingress = self.attribute_direction(case, Direction::Ingress);
        let egress = self.attribute_direction(case, Direction::Egress);
        let allowed = ingress.verdict.is_allow() && egress.verdict.is_allow();
        let verdict = Verdict::from_allowed(allowed);
        Decision { verdict, generation: self.generation, ingress, egress }
    }

    pub(super) fn attribute_direction(&self, case: &Case, direction: Direction) -> Attribution {
        if let Some((verdict, reason)) = self.before_policies(case, direction) {
            return Attribution::implicit(verdict, reason);
        }
        let subject = case.subject(direction);
        let class = self.tables.classes.at(subject.class.record());
        if class.rule_set(direction) == RuleSetId::NOT_ISOLATED {
            let reason = match subject.endpoint {
                Some(endpoint) if self.is_pod(endpoint) => Reason::NotIsolated,
                None if self.is_unknown_pod(subject) => Reason::UnknownPodAddress,
                _ => Reason::NotAPod,
            };
            return Attribution::implicit(Verdict::Allow, reason);
        }
        let policies = self.isolating(case, direction);
        let held = self.held(case, direction);
        for policy in policies {
            let Some(lines) = self.directory.lines.get(policy.0 as usize) else { continue };
            for rule in lines.of(direction) {
                if let Some((peer, port)) = self.first_match(rule, &held) {
                    return Attribution {
                        tier: Some(Tier::NetworkPolicy),
                        policy: Some(PolicyId(policy.0)),
                        rule: Some(rule.rule),
                        peer,
                        port,
                        ..Attribution::implicit(Verdict::Allow, Reason::RuleMatches)
                    };
                }
            }
        }
        if let Some(reason) = self.after_policies(&case.traffic) {
            return Attribution::implicit(Verdict::Allow, reason);
        }
        Attribution {
            tier: Some(Tier::NetworkPolicy),
            policy: policies.first().map(|policy| PolicyId(policy.0)),
            ..Attribution::implicit(Verdict::Deny, Reason::NoRuleMatches)
        }
    }

    /// The policies that isolate the subject of a direction, sorted.
    pub(super) fn isolating(&self, case: &Case, direction: Direction) -> &[PolicyNumber] {
        let origin = self.directory.class_origins.at(case.subject(direction).class.record());
        self.directory.policy_lists.at(origin.policies(direction))
    }

    /// What the rules of a direction are held against.
    pub(super) fn held(&self, case: &Case, direction: Direction) -> Held<'_> {
        let peer = self.tables.classes.at(case.peer(direction).class.record());
        // A port name always means a port of the destination.
        let destination = self.directory.class_origins.at(case.destination.class.record());
        Held {
            peer: peer.signature(direction),
            key: case.traffic.key(),
            ports: self.directory.port_lists.at(destination.ports),
        }
    }

    /// The first peer and the first port of a rule that match, when both exist. The index is `None`
    /// where the rule has no list.
    fn first_match(&self, rule: &RuleLines, held: &Held<'_>) -> Option<(Option<u32>, Option<u32>)> {
        let port = match &rule.ports {
            None => None,
            Some(ports) => Some(ports.iter().find(|line| held.means(line.keys))?.port),
        };
        let peer = match &rule.peers {
            None => None,
            Some(peers) => Some(peers.iter().find(|line| self.is_peer(line, held.peer))?.peer),
        };
        Some((peer, port))
    }
}

impl Held<'_> {
    /// Whether a rule's port means the packet's.
    pub(super) fn means(&self, keys: PortKeys) -> bool {
        match keys {
            PortKeys::Range(range) => range.contains(self.key),
            PortKeys::Named(name) => {
                self.ports.iter().any(|port| port.port == name && port.key == self.key)
            }
        }
    }
}
