//! The walk through the tiers that attribution and explanation take: the same order and the same
//! lines as the tables, with the names that the tables have left behind.

use super::Snapshot;
use super::question::Case;
use super::reason::Reason;
use crate::directory::{PolicyNumber, PortKeys, RuleLines};
use crate::options::Fragments;
use crate::packet::{Direction, Verdict};
use crate::policy::{Action, Tier};
use crate::tables::{NamedPort, RuleSetId, SignatureId};

/// What rules of one direction are held against: a peer and a key, and what port names mean.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held<'snapshot> {
    pub(super) peer: SignatureId,
    pub(super) key: u32,
    pub(super) ports: &'snapshot [NamedPort],
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
    /// Asks the tiers in their order until one decides.
    pub(super) fn walk(&self, case: &Case, direction: Direction) -> Walk {
        let held = self.held(case, direction);
        let admin = self.first_hit(case, direction, Tier::Admin, &held);
        if matches!(admin, Said::Match(Hit { action: Action::Accept | Action::Deny, .. })) {
            return Walk { admin, network_policy: None, baseline: None };
        }
        let network_policy = self.network_policies(case, direction, &held);
        let baseline = matches!(network_policy, Said::Nothing)
            .then(|| self.first_hit(case, direction, Tier::Baseline, &held));
        Walk { admin, network_policy: Some(network_policy), baseline }
    }

    fn network_policies(&self, case: &Case, direction: Direction, held: &Held<'_>) -> Said {
        let class = self.tables.classes.at(case.subject(direction).class.record());
        if class.rule_sets(direction).isolating == RuleSetId::NOT_ISOLATED {
            return Said::Nothing;
        }
        if case.traffic.is_fragment() && self.options.fragments == Fragments::Deny {
            return Said::Option(Verdict::Deny, Reason::Fragment);
        }
        match self.first_hit(case, direction, Tier::NetworkPolicy, held) {
            Said::Match(hit) => Said::Match(hit),
            other => match self.after_policies(&case.traffic) {
                Some(reason) => Said::Option(Verdict::Allow, reason),
                None => other,
            },
        }
    }

    /// The first rule of a tier that matches, in the order of the tier.
    fn first_hit(&self, case: &Case, direction: Direction, tier: Tier, held: &Held<'_>) -> Said {
        let origin = self.directory.class_origins.at(case.subject(direction).class.record());
        let list = self.directory.policy_lists.get(origin.policies(direction, tier));
        let Some(list) = list else { return Said::Nothing };
        let peer = self.tables.signatures.at(held.peer.0);
        let hit = list.first(self.tables.atoms(peer), |policy| {
            let entry = self.directory.policies.get(policy.0)?;
            let shape = entry.shape(direction);
            // Most policies speak of somebody else, which their bit patterns tell.
            if !shape.everybody && shape.bloom & peer.bloom() == 0 {
                return None;
            }
            self.hit_of(policy, entry.lines.of(direction), held)
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
    pub(super) fn held(&self, case: &Case, direction: Direction) -> Held<'_> {
        let peer = self.tables.classes.at(case.peer(direction).class.record());
        // A port name always means a port of the destination.
        let destination = self.directory.class_origins.at(case.destination.class.record());
        Held {
            peer: peer.signature(direction),
            key: case.traffic.key(),
            ports: self.directory.port_list(destination.ports),
        }
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
                self.ports.iter().any(|port| port.port == name && port.key == self.key)
            }
        }
    }
}
