use serde::Serialize;

use super::question::Case;
use super::reason::Reason;
use super::tiers::{Hit, Said, Scene};
use super::{Engine, Question, QuestionError, Snapshot};
use crate::directory::ClassOrigin;
use crate::packet::{Direction, Packet, Verdict};
use crate::policy::{Action, Tier};
use crate::tables::{ClassId, RuleSetId};

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

    /// No policy decides.
    fn open(origin: &ClassOrigin, is_unknown_pod: impl Fn() -> bool) -> Attribution {
        let reason = if origin.is_pod {
            Reason::NotIsolated
        } else if is_unknown_pod() {
            Reason::UnknownPodAddress
        } else {
            Reason::NotAPod
        };
        Attribution::implicit(Verdict::Allow, reason)
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
    /// Never allocates, locks or panics. Costs two to four decisions, more where thousands of
    /// policies isolate one end: those whose rules may speak of the peer are found by its atoms.
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
    #[inline]
    fn attribute_packet(&self, packet: &Packet) -> Decision {
        match self.common_ends(packet) {
            Some(ends) => self.attribute_between(ends, packet),
            None => self.attribute_uncommon(packet),
        }
    }

    /// Attributes a packet that no special rule decides before policies.
    #[inline]
    fn attribute_between(&self, ends: (ClassId, ClassId), packet: &Packet) -> Decision {
        let ingress = self.attribution_between(ends, Direction::Ingress, packet);
        let egress = self.attribution_between(ends, Direction::Egress, packet);
        self.decision(ingress, egress)
    }

    /// One direction of it. Most are settled by the classes alone, as verdicts are.
    #[inline(always)]
    fn attribution_between(
        &self,
        ends: (ClassId, ClassId),
        direction: Direction,
        packet: &Packet,
    ) -> Attribution {
        let ((subject, peer), address) = match direction {
            Direction::Ingress => ((ends.1, ends.0), packet.destination()),
            Direction::Egress => (ends, packet.source()),
        };
        let class = self.tables.classes.at(subject.record());
        let peer = self.tables.classes.at(peer.record()).identity(direction);
        let sets = class.rule_sets(direction);
        let is_isolated = sets.isolating != RuleSetId::NOT_ISOLATED;
        let is_cut_off = packet.common().is_some() && !class.may_admit(direction, peer);
        if sets.is_ordered() || is_isolated && !is_cut_off {
            return self.attribution_at_length(ends, direction, packet);
        }
        let origin = self.directory.class_origins.at(subject.record());
        if is_isolated {
            self.no_rule_matches(origin, direction)
        } else {
            // Who the ends are does not matter to policies.
            Attribution::open(origin, || self.is_pod_address(address))
        }
    }

    #[inline(never)]
    fn attribution_at_length(
        &self,
        ends: (ClassId, ClassId),
        direction: Direction,
        packet: &Packet,
    ) -> Attribution {
        let subject = match direction {
            Direction::Ingress => packet.destination(),
            Direction::Egress => packet.source(),
        };
        let scene = self.scene_between(ends, direction, packet.traffic());
        self.attribution(&scene, || self.is_pod_address(subject))
    }

    #[inline(never)]
    fn attribute_uncommon(&self, packet: &Packet) -> Decision {
        let ends =
            (self.tables.class_of(packet.source()), self.tables.class_of(packet.destination()));
        if self.is_exceptional(ends.0, ends.1, packet) {
            self.attribute_case(&self.case_of_packet(packet))
        } else {
            self.attribute_between(ends, packet)
        }
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
        let scene = self.scene(case, direction);
        self.attribution(&scene, || self.is_unknown_pod(case.subject(direction)))
    }

    /// What the tiers come to.
    #[inline]
    fn attribution(&self, scene: &Scene<'_>, is_unknown_pod: impl Fn() -> bool) -> Attribution {
        // Where no ordered tier has anything to say, NetworkPolicies do not have to be asked in turn.
        if scene.subject.rule_sets(scene.direction).is_ordered() {
            let walk = self.walk(scene);
            match (walk.admin, walk.network_policy, walk.baseline) {
                (Said::Match(hit), None, _) => return hit.attribution(Tier::Admin),
                (_, Some(said), None) => return self.of_network_policies(scene, said),
                (_, _, Some(Said::Match(hit))) if hit.action != Action::Pass => {
                    return hit.attribution(Tier::Baseline);
                }
                _ => {}
            }
        } else {
            let said = self.network_policies(scene);
            if !matches!(said, Said::Nothing) {
                return self.of_network_policies(scene, said);
            }
        }
        Attribution::open(scene.origin, is_unknown_pod)
    }

    /// What follows from what the NetworkPolicies say that isolate the subject.
    #[inline]
    fn of_network_policies(&self, scene: &Scene<'_>, said: Said) -> Attribution {
        match said {
            Said::Match(hit) => hit.attribution(Tier::NetworkPolicy),
            Said::Option(verdict, reason) => Attribution::implicit(verdict, reason),
            Said::NoMatch | Said::Nothing => self.no_rule_matches(scene.origin, scene.direction),
        }
    }

    /// The subject is isolated, and nothing admits the peer.
    #[inline]
    fn no_rule_matches(&self, origin: &ClassOrigin, direction: Direction) -> Attribution {
        let list = origin.policies(direction, Tier::NetworkPolicy);
        let first = self.directory.policy_list(list).first();
        Attribution {
            tier: Some(Tier::NetworkPolicy),
            policy: first.map(|policy| PolicyId(policy.0)),
            ..Attribution::implicit(Verdict::Deny, Reason::NoRuleMatches)
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
