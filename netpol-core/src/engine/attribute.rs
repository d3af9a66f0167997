use serde::Serialize;

use super::question::Case;
use super::reason::Reason;
use super::tiers::{Ends, Hit, Said, Scene};
use super::{Engine, Question, QuestionError, Snapshot};
use crate::directory::{Isolated, Isolating};
use crate::packet::{Direction, Packet, Verdict};
use crate::policy::{Action, Tier};
use crate::tables::{Class, ClassId, RuleSetId};

/// Handle of a policy of one [`Engine`]; [`Engine::policy_name`] names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct PolicyId(pub(super) u32);

impl PolicyId {
    /// The handle as a number, for languages that have no such types.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The handle with a [number](PolicyId::number). One that no engine gave out has no name.
    #[must_use]
    pub const fn from_number(number: u32) -> PolicyId {
        PolicyId(number)
    }
}

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
    /// Where there is no pod that a policy could isolate.
    const NOT_A_POD: Attribution = Attribution::implicit(Verdict::Allow, Reason::NotAPod);

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
    /// Never allocates, locks or panics. Costs about two decisions, more where thousands of rules
    /// concern one end: those that may speak of the peer are found by its atoms.
    #[must_use]
    #[inline]
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

    /// Attributes a packet that no special rule decides before policies. Most directions are settled
    /// by the classes alone, as verdicts are.
    #[inline(always)]
    fn attribute_between(&self, ends: (ClassId, ClassId), packet: &Packet) -> Decision {
        // Before anything is asked of the classes, so that what is told of them loads meanwhile.
        let (out, into) =
            (self.isolating(ends.0, Direction::Egress), self.isolating(ends.1, Direction::Ingress));
        let ends = self.ends(ends);
        // Told in place, since to hand an attribution on is to copy it.
        let (ingress, egress) = (Attribution::NOT_A_POD, Attribution::NOT_A_POD);
        let generation = self.generation;
        let mut decision = Decision { verdict: Verdict::Allow, generation, ingress, egress };
        if is_settled(ends.destination, ends.source, Direction::Ingress, packet) {
            self.tell_isolation(&mut decision.ingress, into, Direction::Ingress, packet);
        } else {
            self.tell(&mut decision.ingress, &ends, into, Direction::Ingress, packet);
        }
        if is_settled(ends.source, ends.destination, Direction::Egress, packet) {
            self.tell_isolation(&mut decision.egress, out, Direction::Egress, packet);
        } else {
            self.tell(&mut decision.egress, &ends, out, Direction::Egress, packet);
        }
        decision.verdict = both(&decision.ingress, &decision.egress);
        decision
    }

    /// Attributes a direction about which rules have to be asked, in a place where it is told of no
    /// pod.
    #[inline(never)]
    fn tell(
        &self,
        place: &mut Attribution,
        ends: &Ends<'_>,
        isolating: Isolating,
        direction: Direction,
        packet: &Packet,
    ) {
        let scene = self.scene_between(ends, direction, isolating, packet.traffic());
        let sets = scene.subject.rule_sets(direction);
        if sets.is_ordered() || packet.traffic().is_other_protocol() {
            *place = self.attribution(&scene, || self.is_pod_packet(packet, direction));
        } else if let Some(hit) = self.policy_hit(&scene, sets.isolating) {
            *place = hit.attribution(Tier::NetworkPolicy);
        } else {
            self.tell_isolation(place, isolating, direction, packet);
        }
    }

    /// What [`no_rule_matches`](Self::no_rule_matches) says, in a place where it is told of no pod.
    #[inline(always)]
    fn tell_isolation(
        &self,
        place: &mut Attribution,
        isolating: Isolating,
        direction: Direction,
        packet: &Packet,
    ) {
        match isolating.isolated() {
            Isolated::By(first) => {
                place.verdict = Verdict::Deny;
                place.reason = Reason::NoRuleMatches;
                place.tier = Some(Tier::NetworkPolicy);
                place.policy = Some(PolicyId(first.0));
            }
            Isolated::No => place.reason = Reason::NotIsolated,
            Isolated::NotAPod => {
                if self.is_pod_packet(packet, direction) {
                    place.reason = Reason::UnknownPodAddress;
                }
            }
        }
    }

    /// Whether the packet's subject has an address that should be a pod's. Out of the way, since few
    /// packets ask for that.
    #[inline(never)]
    fn is_pod_packet(&self, packet: &Packet, direction: Direction) -> bool {
        self.is_pod_address(match direction {
            Direction::Ingress => packet.destination(),
            Direction::Egress => packet.source(),
        })
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
        let verdict = both(&ingress, &egress);
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
        // Where no ordered tier has anything to say, only NetworkPolicies have to be asked.
        let said = if scene.subject.rule_sets(scene.direction).is_ordered() {
            let walk = self.walk(scene);
            match (walk.admin, walk.network_policy, walk.baseline) {
                (Said::Match(hit), None, _) => return hit.attribution(Tier::Admin),
                (_, _, Some(Said::Match(hit))) if hit.action != Action::Pass => {
                    return hit.attribution(Tier::Baseline);
                }
                (_, said, _) => said.unwrap_or(Said::Nothing),
            }
        } else {
            self.network_policies(scene)
        };
        match said {
            Said::Match(hit) => return hit.attribution(Tier::NetworkPolicy),
            Said::Option(verdict, reason) => return Attribution::implicit(verdict, reason),
            Said::NoMatch | Said::Nothing => {}
        }
        self.no_rule_matches(scene.isolating, is_unknown_pod)
    }

    /// No rule of any tier decides: what follows from whether NetworkPolicies isolate the subject.
    #[inline]
    fn no_rule_matches(
        &self,
        isolating: Isolating,
        is_unknown_pod: impl Fn() -> bool,
    ) -> Attribution {
        let reason = match isolating.isolated() {
            Isolated::By(first) => {
                return Attribution {
                    tier: Some(Tier::NetworkPolicy),
                    policy: Some(PolicyId(first.0)),
                    ..Attribution::implicit(Verdict::Deny, Reason::NoRuleMatches)
                };
            }
            Isolated::No => Reason::NotIsolated,
            // Who the ends are does not matter to policies.
            Isolated::NotAPod if is_unknown_pod() => Reason::UnknownPodAddress,
            Isolated::NotAPod => Reason::NotAPod,
        };
        Attribution::implicit(Verdict::Allow, reason)
    }
}

/// What passes must be let pass by both ends.
const fn both(ingress: &Attribution, egress: &Attribution) -> Verdict {
    Verdict::from_allowed(ingress.verdict.is_allow() && egress.verdict.is_allow())
}

/// Whether the classes tell that no rule for a direction of the subject matches a peer: there are
/// none, or none of them speaks of it.
#[inline(always)]
fn is_settled(subject: &Class, peer: &Class, direction: Direction, packet: &Packet) -> bool {
    let sets = subject.rule_sets(direction);
    // Of other protocols options have a say.
    let is_cut_off = !packet.traffic().is_other_protocol()
        && !subject.may_admit(direction, peer.identity(direction));
    !sets.is_ordered() && (sets.isolating == RuleSetId::NOT_ISOLATED || is_cut_off)
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
