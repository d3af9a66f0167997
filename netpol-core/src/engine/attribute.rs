use serde::Serialize;

use super::question::{Case, Side};
use super::reason::Reason;
use super::tiers::{Hit, Said, Walk};
use super::{Engine, Question, QuestionError, Snapshot};
use crate::packet::{Direction, Packet, Verdict};
use crate::policy::{Action, Tier};

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
    /// The policy whose rule decides, or the first NetworkPolicy that isolates when none of theirs
    /// matches.
    pub policy: Option<PolicyId>,
    /// The index of the rule that decides, in `spec.ingress` or `spec.egress`. Where rules of several
    /// NetworkPolicies allow, the first in the order of namespace, name, rule, peer and port.
    pub rule: Option<u32>,
    /// The index of the peer in the rule's `from` or `to`; none when the rule names no peers, and
    /// when it denies because it is not understood.
    pub peer: Option<u32>,
    /// The index of the entry in the rule's `ports` or `protocols`; none when the rule has no such
    /// list, and when it denies because it is not understood.
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
    /// Never allocates, locks or panics. Costs at most about twice a decision where there are only
    /// NetworkPolicies: those whose rules may speak of the peer are found by its atoms.
    #[must_use]
    pub fn attribute(&self, packet: &Packet) -> Decision {
        self.0.attribute_packet(packet)
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

impl Snapshot {
    fn attribute_packet(&self, packet: &Packet) -> Decision {
        let source = self.tables.class_of(packet.source());
        let destination = self.tables.class_of(packet.destination());
        if self.is_exceptional(source, destination, packet) {
            return self.attribute_case(&self.case_of_packet(packet));
        }
        // Nothing decides before policies, and who the ends are does not matter to these.
        let side = |class, address| Side { class, address: Some(address), endpoint: None };
        let case = Case {
            source: side(source, packet.source()),
            destination: side(destination, packet.destination()),
            traffic: *packet.traffic(),
        };
        let of = |direction| self.attribution(&case, direction, &self.walk(&case, direction));
        self.decision(of(Direction::Ingress), of(Direction::Egress))
    }

    pub(super) fn attribute_case(&self, case: &Case) -> Decision {
        let ingress = self.attribute_direction(case, Direction::Ingress);
        let egress = self.attribute_direction(case, Direction::Egress);
        self.decision(ingress, egress)
    }

    fn decision(&self, ingress: Attribution, egress: Attribution) -> Decision {
        let allowed = ingress.verdict.is_allow() && egress.verdict.is_allow();
        let verdict = Verdict::from_allowed(allowed);
        Decision { verdict, generation: self.generation, ingress, egress }
    }

    pub(super) fn attribute_direction(&self, case: &Case, direction: Direction) -> Attribution {
        if let Some((verdict, reason)) = self.before_policies(case, direction) {
            return Attribution::implicit(verdict, reason);
        }
        self.attribution(case, direction, &self.walk(case, direction))
    }

    /// What follows from a walk through the tiers.
    pub(super) fn attribution(
        &self,
        case: &Case,
        direction: Direction,
        walk: &Walk,
    ) -> Attribution {
        match (walk.admin, walk.network_policy, walk.baseline) {
            (Said::Match(hit), None, _) => hit.attribution(Tier::Admin),
            (_, Some(Said::Match(hit)), _) => hit.attribution(Tier::NetworkPolicy),
            (_, Some(Said::Option(verdict, reason)), _) => Attribution::implicit(verdict, reason),
            (_, Some(Said::NoMatch), _) => Attribution {
                tier: Some(Tier::NetworkPolicy),
                policy: self
                    .policies(case, direction, Tier::NetworkPolicy)
                    .first()
                    .map(|policy| PolicyId(policy.0)),
                ..Attribution::implicit(Verdict::Deny, Reason::NoRuleMatches)
            },
            (_, _, Some(Said::Match(hit))) if hit.action != Action::Pass => {
                hit.attribution(Tier::Baseline)
            }
            _ => {
                let subject = case.subject(direction);
                let class = subject.class.record();
                let reason = if self.directory.class_origins.at(class).is_pod {
                    Reason::NotIsolated
                } else if self.is_unknown_pod(subject) {
                    Reason::UnknownPodAddress
                } else {
                    Reason::NotAPod
                };
                Attribution::implicit(Verdict::Allow, reason)
            }
        }
    }
}

impl Hit {
    /// The verdict of a rule that does not pass.
    fn attribution(&self, tier: Tier) -> Attribution {
        let (verdict, reason) = match self.action {
            Action::Accept | Action::Pass => (Verdict::Allow, Reason::RuleMatches),
            Action::Deny if self.understood => (Verdict::Deny, Reason::RuleDenies),
            Action::Deny => (Verdict::Deny, Reason::RuleNotUnderstood),
        };
        Attribution {
            tier: Some(tier),
            policy: Some(PolicyId(self.policy.0)),
            rule: Some(self.rule),
            peer: self.peer,
            port: self.port,
            ..Attribution::implicit(verdict, reason)
        }
    }
}
