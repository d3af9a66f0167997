//! The walk through the tiers that attribution and explanation take: the same order and the same
//! lines as the tables, with the names that the tables have left behind.

use super::Snapshot;
use super::question::Case;
use super::reason::Reason;
use crate::directory::{ClassOrigin, Directory, PolicyNumber, PortKeys, RuleLines};
use crate::options::Fragments;
use crate::packet::{Direction, Traffic, Verdict};
use crate::policy::{Action, Tier};
use crate::tables::{Class, ClassId, Identity, RuleSetId};

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
    pub(super) origin: &'snapshot ClassOrigin,
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
        self.scene_between(ends, direction, &case.traffic)
    }

    /// A direction of traffic between addresses of these classes.
    #[inline]
    pub(super) fn scene_between<'snapshot>(
        &'snapshot self,
        (source, destination): (ClassId, ClassId),
        direction: Direction,
        traffic: &'snapshot Traffic,
    ) -> Scene<'snapshot> {
        let (subject, peer) = match direction {
            Direction::Ingress => (destination, source),
            Direction::Egress => (source, destination),
        };
        Scene {
            direction,
            subject: self.tables.classes.at(subject.record()),
            origin: self.directory.class_origins.at(subject.record()),
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
        // What the tables do not admit, no rule matches.
        if subject.may_admit(direction, held.peer)
            && self.tables.admits(isolating, held.peer, held.key)
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
        let Scene { direction, origin, held, .. } = scene;
        let list = self.directory.policy_lists.get(origin.policies(*direction, tier));
        let Some(list) = list else { return Said::Nothing };
        let peer = self.tables.signatures.at(held.peer.signature.0);
        let hit = list.first(self.tables.atoms(peer), held.peer.bloom, |policy| {
            let entry = self.directory.policies.get(policy.0)?;
            self.hit_of(policy, entry.lines.of(*direction), held)
        });
        hit.map_or(Said::NoMatch, Said::Match)
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
        let origin = self.directory.class_origins.at(case.subject(direction).class.record());
        self.directory.policy_list(origin.policies(direction, tier))
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
                let origin = self.directory.class_origins.at(self.destination.record());
                let ports = self.directory.port_list(origin.ports);
                ports.iter().any(|port| port.port == name && port.key == self.key)
            }
        }
    }
}
