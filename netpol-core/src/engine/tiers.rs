//! The walk through the tiers that attribution and explanation take: the same order and the same
//! lines as the tables, with the names that the tables have left behind.

use super::Snapshot;
use super::question::Case;
use super::reason::Reason;
use crate::directory::{
    Directory, Form, Isolated, Line, PartPort, PolicyNumber, PortKeys, RuleLines, RulePart,
};
use crate::options::Fragments;
use crate::packet::{Direction, Traffic, Verdict};
use crate::policy::Tier;
use crate::tables::{Atom, Class, ClassId, Identity, OrderedId, Outcome, Signature};

/// The classes of both ends.
#[derive(Clone, Copy)]
pub(super) struct Ends<'snapshot> {
    numbers: (ClassId, ClassId),
    source: &'snapshot Class,
    destination: &'snapshot Class,
}

/// One direction of a case: whose rules are asked, and what they are held against.
#[derive(Clone, Copy)]
pub(super) struct Scene<'snapshot> {
    directory: &'snapshot Directory,
    traffic: &'snapshot Traffic,
    pub(super) direction: Direction,
    pub(super) subject: &'snapshot Class,
    pub(super) peer: Identity,
    /// The classes of source and destination.
    ends: (ClassId, ClassId),
}

/// What becomes of what a rule matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Accept,
    Deny,
    /// It is denied since the rule is not understood.
    NotUnderstood,
    /// The next tier is asked.
    Pass,
}

/// A rule that matches, and the first peer and port of it that do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    pub(super) policy: PolicyNumber,
    pub(super) rule: u32,
    /// `None` where the rule names no peers.
    pub(super) peer: Option<u32>,
    /// `None` where the rule names no ports.
    pub(super) port: Option<u32>,
}

/// What one tier says about a direction.
#[derive(Clone, Copy, Debug)]
pub(super) enum Said {
    /// No policy of the tier has rules for the subject.
    Nothing,
    /// Policies of the tier have, and no rule matches; in an ordered tier nothing follows from it.
    NoMatch,
    /// This rule matches, and this becomes of it.
    Match(Hit, Effect),
    /// An option decides about what the policies that isolate do not admit.
    Option(Verdict, Reason),
}

/// What each tier that was asked says, and the verdict that follows.
#[derive(Clone, Debug)]
pub(super) struct Walk {
    pub(super) admin: Said,
    /// `None` when the tier was not asked.
    pub(super) network_policy: Option<Said>,
    /// `None` when the tier was not asked.
    pub(super) baseline: Option<Said>,
}

impl Snapshot {
    /// A direction of a case.
    pub(super) fn scene<'snapshot>(
        &'snapshot self,
        case: &'snapshot Case,
        direction: Direction,
    ) -> Scene<'snapshot> {
        let ends = (case.source.class, case.destination.class);
        self.scene_between(&self.ends(ends), direction, &case.traffic)
    }

    /// The classes of source and destination, with their records.
    #[inline]
    pub(super) fn ends(&self, numbers: (ClassId, ClassId)) -> Ends<'_> {
        let source = self.tables.classes.at(numbers.0.record());
        let destination = self.tables.classes.at(numbers.1.record());
        Ends { numbers, source, destination }
    }

    /// A direction of traffic between these ends.
    #[inline]
    pub(super) fn scene_between<'snapshot>(
        &'snapshot self,
        ends: &Ends<'snapshot>,
        direction: Direction,
        traffic: &'snapshot Traffic,
    ) -> Scene<'snapshot> {
        let (subject, peer) = ends.subject_and_peer(direction);
        let (directory, peer) = (&self.directory, peer.identity(direction));
        let ends = ends.numbers;
        Scene { directory, traffic, direction, subject, peer, ends }
    }

    /// Asks the tiers in their order until one decides, and says what each said.
    pub(super) fn walk(&self, scene: &Scene<'_>) -> Walk {
        let sets = scene.subject.rule_sets(scene.direction);
        let admin = self.ordered_tier(scene, Tier::Admin, sets.before());
        if matches!(admin, Said::Match(_, effect) if effect != Effect::Pass) {
            return Walk { admin, network_policy: None, baseline: None };
        }
        let network_policy = self.network_policies(scene);
        let baseline = matches!(network_policy, Said::Nothing)
            .then(|| self.ordered_tier(scene, Tier::Baseline, sets.after()));
        Walk { admin, network_policy: Some(network_policy), baseline }
    }

    /// What the NetworkPolicies say.
    #[inline]
    pub(super) fn network_policies(&self, scene: &Scene<'_>) -> Said {
        let Scene { direction, subject, peer, traffic, .. } = *scene;
        if !subject.rule_sets(direction).isolates() {
            return Said::Nothing;
        }
        if traffic.is_fragment() && self.options.fragments == Fragments::Deny {
            return Said::Option(Verdict::Deny, Reason::Fragment);
        }
        if subject.may_admit(direction, peer)
            && let Some(hit) = self.policy_hit(scene)
        {
            return Said::Match(hit, Effect::Accept);
        }
        match self.after_policies(traffic) {
            Some(reason) => Said::Option(Verdict::Allow, reason),
            None => Said::NoMatch,
        }
    }

    /// The first rule that matches of the NetworkPolicies that isolate the subject.
    #[inline]
    pub(super) fn policy_hit(&self, scene: &Scene<'_>) -> Option<Hit> {
        // Before the rules are asked, so that the one loads while the others do.
        let list = self.list(scene, Tier::NetworkPolicy);
        // What the tables do not match, no policy of the list does.
        let rules = scene.subject.rule_sets(scene.direction).isolating;
        if !self.tables.admits(rules, scene.peer, scene.key()) {
            return None;
        }
        self.first_of(list, scene)
    }

    /// Number of the list of the policies of a tier that speak of the subject; 0 for none.
    #[inline]
    fn list(&self, scene: &Scene<'_>, tier: Tier) -> u32 {
        self.directory.list_of(scene.subject_class(), scene.direction, tier)
    }

    /// What an ordered tier says.
    fn ordered_tier(&self, scene: &Scene<'_>, tier: Tier, rules: OrderedId) -> Said {
        if self.list(scene, tier) == 0 {
            return Said::Nothing;
        }
        match self.tables.first_entry(rules, scene.peer, scene.key()) {
            Some(entry) => match self.hit_of_entry(entry, scene, tier) {
                Some((hit, effect)) => Said::Match(hit, effect),
                None => Said::NoMatch,
            },
            None => Said::NoMatch,
        }
    }

    /// The rule of an ordered tier that decides, and how; `None` also when one passes on to the next
    /// tier.
    #[inline]
    pub(super) fn deciding(
        &self,
        scene: &Scene<'_>,
        tier: Tier,
        rules: OrderedId,
    ) -> Option<(Hit, Effect)> {
        let entry = self.tables.first_entry(rules, scene.peer, scene.key())?;
        if entry.1 == Outcome::Pass { None } else { self.hit_of_entry(entry, scene, tier) }
    }

    /// The rule that an entry of a tier's ordered rule set came from, and what is left to be found.
    #[inline]
    fn hit_of_entry(
        &self,
        (place, outcome): (u32, Outcome),
        scene: &Scene<'_>,
        tier: Tier,
    ) -> Option<(Hit, Effect)> {
        let list = self.directory.policy_lists.get(self.list(scene, tier))?;
        let Form::Ordered(parts) = &list.form else { return None };
        let part = parts.get(place as usize)?;
        let effect = match outcome {
            Outcome::Accept => Effect::Accept,
            Outcome::Deny if part.is_understood() => Effect::Deny,
            Outcome::Deny => Effect::NotUnderstood,
            Outcome::Pass => Effect::Pass,
        };
        Some((self.hit_of_part(part, scene)?, effect))
    }

    /// The first rule of NetworkPolicies that matches, in the order of the list. Out of the way, so
    /// that packets that none matches do not pay for it.
    #[inline(never)]
    fn first_of(&self, list: u32, scene: &Scene<'_>) -> Option<Hit> {
        let list = self.directory.policy_lists.get(list)?;
        let peer = self.tables.signatures.at(scene.peer.signature.0);
        match &list.form {
            Form::Laid(lines) => lines.iter().find_map(|line| self.hit_of_line(line, peer, scene)),
            Form::Indexed(index) => index.first(self.tables.atoms(peer), |place| {
                let policy = *list.policies.get(place)?;
                let entry = self.directory.policies.get(policy.0)?;
                self.hit_of(policy, entry.lines.of(scene.direction), scene)
            }),
            Form::Ordered(_) => None,
        }
    }

    /// The same of a line, when it matches.
    #[inline]
    fn hit_of_line(&self, line: &Line, peer: &Signature, scene: &Scene<'_>) -> Option<Hit> {
        if !line.keys.contains(scene.key())
            || line.atom.bloom() & scene.peer.bloom == 0
            || line.atom != Atom::EVERYBODY && !self.tables.has(peer, line.atom)
            || line.excepts != 0 && self.tables.excludes(line.excepts, peer)
        {
            return None;
        }
        self.hit_of_part(&line.part, scene)
    }

    /// The same of a part of a rule that is known to match but for the port, where the rule has to be
    /// asked for that.
    #[inline]
    fn hit_of_part(&self, part: &RulePart, scene: &Scene<'_>) -> Option<Hit> {
        let port = match part.port() {
            PartPort::Known(port) => port,
            PartPort::AskRule => {
                let rules = self.directory.policies.get(part.policy.0)?.lines.of(scene.direction);
                scene.port_of(rules.get(part.rule as usize)?)?
            }
        };
        Some(Hit { policy: part.policy, rule: part.rule, peer: part.peer(), port })
    }

    /// The first rule of a NetworkPolicy that matches.
    fn hit_of(&self, policy: PolicyNumber, rules: &[RuleLines], scene: &Scene<'_>) -> Option<Hit> {
        rules.iter().find_map(|rule| {
            let (peer, port) = self.match_of(rule, scene)?;
            Some(Hit { policy, rule: rule.rule, peer, port })
        })
    }

    /// The policies of a tier with something to say about a direction of the subject, in order.
    pub(super) fn policies(
        &self,
        case: &Case,
        direction: Direction,
        tier: Tier,
    ) -> &[PolicyNumber] {
        let class = case.subject(direction).class;
        self.directory.policy_list(self.directory.list_of(class, direction, tier))
    }

    /// The first peer and the first port of a rule that match, when both exist. The index is `None`
    /// where the rule has no list.
    fn match_of(&self, rule: &RuleLines, scene: &Scene<'_>) -> Option<(Option<u32>, Option<u32>)> {
        let port = scene.port_of(rule)?;
        let peer = match &rule.peers {
            None => None,
            Some(peers) => Some(peers.iter().find(|line| self.is_peer(line, scene.peer))?.peer),
        };
        Some((peer, port))
    }
}

impl<'snapshot> Ends<'snapshot> {
    /// Whose rules are asked for a direction, and of whom they speak.
    #[inline(always)]
    pub(super) fn subject_and_peer(
        &self,
        direction: Direction,
    ) -> (&'snapshot Class, &'snapshot Class) {
        match direction {
            Direction::Ingress => (self.destination, self.source),
            Direction::Egress => (self.source, self.destination),
        }
    }
}

impl Scene<'_> {
    /// What ports of rules are held against.
    fn key(&self) -> u32 {
        self.traffic.key()
    }

    /// Whether NetworkPolicies isolate the subject.
    pub(super) fn isolated(&self) -> Isolated {
        let otherwise = self.subject.rule_sets(self.direction).otherwise();
        // Ordered tiers speak of pods alone.
        otherwise.map_or(Isolated::No, Isolated::of)
    }

    /// The class whose rules are asked.
    fn subject_class(&self) -> ClassId {
        match self.direction {
            Direction::Ingress => self.ends.1,
            Direction::Egress => self.ends.0,
        }
    }

    /// The first port of a rule that matches; the index is `None` where the rule has no list.
    fn port_of(&self, rule: &RuleLines) -> Option<Option<u32>> {
        match &rule.ports {
            None => Some(None),
            Some(ports) => Some(Some(ports.iter().find(|line| self.means(line.keys))?.port)),
        }
    }

    /// Whether a rule's port means the packet's.
    pub(super) fn means(&self, keys: PortKeys) -> bool {
        match keys {
            PortKeys::Range(range) => range.contains(self.key()),
            PortKeys::Named(name) => {
                // Names of ports always mean the destination's.
                let origin = self.directory.other_origins.at(self.ends.1.record());
                let ports = self.directory.port_list(origin.ports);
                ports.iter().any(|port| port.port == name && port.key == self.key())
            }
        }
    }
}
