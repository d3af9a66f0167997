use serde::Serialize;

use super::question::Case;
use super::reason::Reason;
use super::tiers::{Effect, Ends, Hit, Said, Scene};
use super::{Engine, Question, QuestionError, Snapshot};
use crate::directory::Isolated;
use crate::packet::{Direction, Packet, Verdict};
use crate::policy::Tier;
use crate::tables::{Class, ClassId, Otherwise};

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

    /// This rule decides, which does not pass to another tier; told where nothing was told of a policy.
    #[inline]
    fn tell_hit(&mut self, tier: Tier, hit: &Hit, effect: Effect) {
        (self.verdict, self.reason) = match effect {
            Effect::Accept | Effect::Pass => (Verdict::Allow, Reason::RuleMatches),
            Effect::Deny => (Verdict::Deny, Reason::RuleDenies),
            Effect::NotUnderstood => (Verdict::Deny, Reason::RuleNotUnderstood),
        };
        self.tier = Some(tier);
        self.policy = Some(PolicyId(hit.policy.0));
        self.rule = Some(hit.rule);
        (self.peer, self.port) = (hit.peer, hit.port);
    }

    /// No rule of any tier decides: what follows from whether NetworkPolicies isolate the subject, told
    /// where it was told that it is no pod.
    #[inline(always)]
    fn tell_isolated(&mut self, isolated: Isolated, is_unknown_pod: impl Fn() -> bool) {
        match isolated {
            Isolated::By(first) => {
                self.verdict = Verdict::Deny;
                self.reason = Reason::NoRuleMatches;
                self.tier = Some(Tier::NetworkPolicy);
                self.policy = Some(PolicyId(first.0));
            }
            Isolated::No => self.reason = Reason::NotIsolated,
            // Who the ends are does not matter to policies.
            Isolated::NotAPod if is_unknown_pod() => self.reason = Reason::UnknownPodAddress,
            Isolated::NotAPod => {}
        }
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
        let ends = self.ends(ends);
        // Told in place, since to hand an attribution on is to copy it.
        let (ingress, egress) = (Attribution::NOT_A_POD, Attribution::NOT_A_POD);
        let generation = self.generation;
        let mut decision = Decision { verdict: Verdict::Allow, generation, ingress, egress };
        self.attribute_direction_to(&mut decision.ingress, &ends, Direction::Ingress, packet);
        self.attribute_direction_to(&mut decision.egress, &ends, Direction::Egress, packet);
        decision.verdict = both(&decision.ingress, &decision.egress);
        decision
    }

    /// Attributes a direction, in a place where it is told of no pod.
    #[inline(always)]
    fn attribute_direction_to(
        &self,
        place: &mut Attribution,
        ends: &Ends<'_>,
        direction: Direction,
        packet: &Packet,
    ) {
        let (subject, peer) = ends.subject_and_peer(direction);
        match settled(subject, peer, direction, packet) {
            Some(otherwise) => {
                let is_unknown_pod = || self.is_pod_packet(packet, direction);
                place.tell_isolated(Isolated::of(otherwise), is_unknown_pod);
            }
            None => self.tell(place, ends, direction, packet),
        }
    }

    /// Attributes a direction about which rules have to be asked, in a place where it is told of no
    /// pod.
    #[inline(never)]
    fn tell(
        &self,
        place: &mut Attribution,
        ends: &Ends<'_>,
        direction: Direction,
        packet: &Packet,
    ) {
        let scene = self.scene_between(ends, direction, packet.traffic());
        let is_unknown_pod = || self.is_pod_packet(packet, direction);
        let sets = scene.subject.rule_sets(direction);
        if sets.is_ordered() || packet.traffic().is_other_protocol() {
            self.tell_tiers(place, &scene, is_unknown_pod);
        } else if let Some(hit) = self.policy_hit(&scene) {
            place.tell_hit(Tier::NetworkPolicy, &hit, Effect::Accept);
        } else {
            place.tell_isolated(scene.isolated(), is_unknown_pod);
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
        let mut told = Attribution::NOT_A_POD;
        self.tell_tiers(&mut told, &scene, || self.is_unknown_pod(case.subject(direction)));
        told
    }

    /// Tells what the tiers come to, in a place where it is told of no pod.
    #[inline]
    fn tell_tiers(
        &self,
        place: &mut Attribution,
        scene: &Scene<'_>,
        is_unknown_pod: impl Fn() -> bool,
    ) {
        let sets = scene.subject.rule_sets(scene.direction);
        if let Some((hit, effect)) = self.deciding(scene, Tier::Admin, sets.before()) {
            return place.tell_hit(Tier::Admin, &hit, effect);
        }
        match self.network_policies(scene) {
            Said::Match(hit, effect) => {
                return place.tell_hit(Tier::NetworkPolicy, &hit, effect);
            }
            Said::Option(verdict, reason) => {
                (place.verdict, place.reason) = (verdict, reason);
                return;
            }
            Said::NoMatch => {}
            Said::Nothing => {
                if let Some((hit, effect)) = self.deciding(scene, Tier::Baseline, sets.after()) {
                    return place.tell_hit(Tier::Baseline, &hit, effect);
                }
            }
        }
        place.tell_isolated(scene.isolated(), is_unknown_pod);
    }
}

/// What passes must be let pass by both ends.
const fn both(ingress: &Attribution, egress: &Attribution) -> Verdict {
    Verdict::from_allowed(ingress.verdict.is_allow() && egress.verdict.is_allow())
}

/// What is told of a direction of the subject, where the classes tell that no rule matches the peer:
/// there are none, or none of them speaks of it.
#[inline(always)]
fn settled(
    subject: &Class,
    peer: &Class,
    direction: Direction,
    packet: &Packet,
) -> Option<Otherwise> {
    let sets = subject.rule_sets(direction);
    // Of other protocols options have a say.
    if sets.isolates()
        && (subject.may_admit(direction, peer.identity(direction))
            || packet.traffic().is_other_protocol())
    {
        return None;
    }
    sets.otherwise()
}
