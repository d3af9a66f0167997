//! The walk through the tiers that attribution and explanation take: the same order and the same
//! lines as the tables, with the names that the tables have left behind.

use super::Snapshot;
use super::question::Case;
use super::reason::Reason;
use crate::directory::{
    Directory, Form, Isolating, Line, LinePort, PolicyNumber, PortKeys, RuleLines,
};
use crate::options::Fragments;
use crate::packet::{Direction, Traffic, Verdict};
use crate::policy::{Action, Tier};
use crate::tables::{Atom, Class, ClassId, Identity, RuleSetId, Signature};

/// What rules of one direction are held against: a peer and a key, and what port names mean.
#[derive(Clone, Copy)]
pub(super) struct Held<'snapshot> {
    pub(super) peer: Identity,
    pub(super) key: u32,
    directory: &'snapshot Directory,
    /// The class whose ports port names mean: always the destination's.
    destination: ClassId,
}

/// One direction of a case: whose rules are asked, and what they are held against.
#[derive(Clone, Copy)]
pub(super) struct Scene<'snapshot> {
    pub(super) direction: Direction,
    pub(super) subject: &'snapshot Class,
    pub(super) isolating: Isolating,
    subject_id: ClassId,
    pub(super) held: Held<'snapshot>,
    traffic: &'snapshot Traffic,
}

/// A rule that matches, and the first peer and port of it that do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    pub(super) policy: PolicyNumber,
    pub(super) rule: u32,
    pub(super) action: Action,
    pub(super) understood: bool,
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
    /// This rule matches.
    Match(Hit),
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
        let isolating = self.isolating(case.subject(direction).class, direction);
        self.scene_between(ends, direction, isolating, &case.traffic)
    }

    /// By which NetworkPolicies a class is isolated for a direction.
    #[inline]
    pub(super) fn isolating(&self, class: ClassId, direction: Direction) -> Isolating {
        self.directory.isolations.at(class.record()).of(direction)
    }

    /// A direction of traffic between addresses of these classes, the subject of which is isolated by
    /// `isolating`.
    #[inline]
    pub(super) fn scene_between<'snapshot>(
        &'snapshot self,
        (source, destination): (ClassId, ClassId),
        direction: Direction,
        isolating: Isolating,
        traffic: &'snapshot Traffic,
    ) -> Scene<'snapshot> {
        let (subject, peer) = match direction {
            Direction::Ingress => (destination, source),
            Direction::Egress => (source, destination),
        };
        Scene {
            direction,
            subject: self.tables.classes.at(subject.record()),
            subject_id: subject,
            isolating,
            held: Held {
                peer: self.tables.classes.at(peer.record()).identity(direction),
                key: traffic.key(),
                directory: &self.directory,
                destination,
            },
            traffic,
        }
    }

    /// Asks the tiers in their order until one decides.
    pub(super) fn walk(&self, scene: &Scene<'_>) -> Walk {
        let admin = self.first_hit(scene, Tier::Admin);
        if matches!(admin, Said::Match(Hit { action: Action::Accept | Action::Deny, .. })) {
            return Walk { admin, network_policy: None, baseline: None };
        }
        let network_policy = self.network_policies(scene);
        let baseline =
            matches!(network_policy, Said::Nothing).then(|| self.first_hit(scene, Tier::Baseline));
        Walk { admin, network_policy: Some(network_policy), baseline }
    }

    /// What the NetworkPolicies say.
    #[inline]
    pub(super) fn network_policies(&self, scene: &Scene<'_>) -> Said {
        let Scene { direction, subject, held, traffic, .. } = *scene;
        let isolating = subject.rule_sets(direction).isolating;
        if isolating == RuleSetId::NOT_ISOLATED {
            return Said::Nothing;
        }
        if traffic.is_fragment() && self.options.fragments == Fragments::Deny {
            return Said::Option(Verdict::Deny, Reason::Fragment);
        }
        if subject.may_admit(direction, held.peer)
            && let Said::Match(hit) = self.first_hit(scene, Tier::NetworkPolicy)
        {
            return Said::Match(hit);
        }
        match self.after_policies(traffic) {
            Some(reason) => Said::Option(Verdict::Allow, reason),
            None => Said::NoMatch,
        }
    }

    /// The first rule of a tier that matches, in the order of the tier.
    #[inline(never)]
    fn first_hit(&self, scene: &Scene<'_>, tier: Tier) -> Said {
        let Scene { direction, subject_id, held, .. } = scene;
        let list = match tier {
            Tier::NetworkPolicy => scene.isolating.list,
            Tier::Admin | Tier::Baseline => self.directory.list_of(*subject_id, *direction, tier),
        };
        if list == 0 {
            return Said::Nothing;
        }
        // What the tables do not match, no policy of the list does.
        if !self.is_matched(scene, tier) {
            return Said::NoMatch;
        }
        let Some(list) = self.directory.policy_lists.get(list) else { return Said::NoMatch };
        let peer = self.tables.signatures.at(held.peer.signature.0);
        let hit = match &list.form {
            Form::Laid(lines) => {
                lines.iter().find_map(|line| self.hit_of_line(line, *direction, peer, held))
            }
            Form::Indexed(index) => index.first(self.tables.atoms(peer), |place| {
                let policy = *list.policies.get(place)?;
                let entry = self.directory.policies.get(policy.0)?;
                self.hit_of(policy, entry.lines.of(*direction), held)
            }),
        };
        hit.map_or(Said::NoMatch, Said::Match)
    }

    /// Whether a rule of a tier matches, by the tables.
    fn is_matched(&self, scene: &Scene<'_>, tier: Tier) -> bool {
        let sets = scene.subject.rule_sets(scene.direction);
        let Held { peer, key, .. } = scene.held;
        match tier {
            Tier::Admin => self.tables.first_match(sets.before, peer, key).is_some(),
            Tier::NetworkPolicy => self.tables.admits(sets.isolating, peer, key),
            Tier::Baseline => self.tables.first_match(sets.after, peer, key).is_some(),
        }
    }

    /// The same of a line, when it matches.
    #[inline]
    fn hit_of_line(
        &self,
        line: &Line,
        direction: Direction,
        peer: &Signature,
        held: &Held<'_>,
    ) -> Option<Hit> {
        if !line.keys.contains(held.key)
            || line.atom.bloom() & held.peer.bloom == 0
            || line.atom != Atom::EVERYBODY && !self.tables.has(peer, line.atom)
            || line.excepts != 0 && self.tables.excludes(line.excepts, peer)
        {
            return None;
        }
        let port = match line.port() {
            LinePort::Known(port) => port,
            LinePort::AskRule => {
                let rules = self.directory.policies.get(line.policy.0)?.lines.of(direction);
                self.port_of(rules.get(line.rule as usize)?, held)?
            }
        };
        let Line { policy, rule, action, understood, .. } = *line;
        Some(Hit { policy, rule, action, understood, peer: line.peer(), port })
    }

    /// The first rule of a policy that matches.
    fn hit_of(&self, policy: PolicyNumber, rules: &[RuleLines], held: &Held<'_>) -> Option<Hit> {
        rules.iter().find_map(|rule| {
            let (peer, port) = self.match_of(rule, held)?;
            let RuleLines { rule, action, understood, .. } = *rule;
            Some(Hit { policy, rule, action, understood, peer, port })
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

    /// What the rules of a direction are held against.
    pub(super) fn held<'snapshot>(
        &'snapshot self,
        case: &'snapshot Case,
        direction: Direction,
    ) -> Held<'snapshot> {
        self.scene(case, direction).held
    }

    /// The first peer and the first port of a rule that match, when both exist. The index is `None`
    /// where the rule has no list.
    fn match_of(&self, rule: &RuleLines, held: &Held<'_>) -> Option<(Option<u32>, Option<u32>)> {
        let port = self.port_of(rule, held)?;
        let peer = match &rule.peers {
            None => None,
            Some(peers) => Some(peers.iter().find(|line| self.is_peer(line, held.peer))?.peer),
        };
        Some((peer, port))
    }

    /// The first port of a rule that matches; the index is `None` where the rule has no list.
    fn port_of(&self, rule: &RuleLines, held: &Held<'_>) -> Option<Option<u32>> {
        match &rule.ports {
            None => Some(None),
            Some(ports) => Some(Some(ports.iter().find(|line| held.means(line.keys))?.port)),
        }
    }
}

impl Held<'_> {
    /// Whether a rule's port means the packet's.
    pub(super) fn means(&self, keys: PortKeys) -> bool {
        match keys {
            PortKeys::Range(range) => range.contains(self.key),
            PortKeys::Named(name) => {
                let origin = self.directory.other_origins.at(self.destination.record());
                let ports = self.directory.port_list(origin.ports);
                ports.iter().any(|port| port.port == name && port.key == self.key)
            }
        }
    }
}
