//! Which rule came nearest to allowing what no rule allows.

use serde::Serialize;

use super::Snapshot;
use super::question::{Case, Side};
use super::tiers::Scene;
use crate::directory::{PeerLine, PolicyNumber, PortKeys, PortLine};
use crate::net::PolicyPort;
use crate::packet::Direction;
use crate::policy::{Namespaces, Peer, Policy, Rule, Tier};
use crate::tables::Identity;

/// What a rule that does not match fails on, nearest first: one that fails on the port alone speaks
/// of the right peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Stage {
    /// The peer and the protocol match, the port does not.
    Port,
    /// The peer matches, the protocol does not.
    Protocol,
    /// The address lies in the block, and in one of its excepts.
    Except,
    /// The namespace matches, the pod's labels do not.
    PodLabels,
    /// The peer is a pod of another namespace.
    Namespace,
    /// The address is not in the block, or is not a pod's.
    Address,
}

/// A rule that does not match, and why.
#[derive(Clone, Debug)]
pub(super) struct Miss {
    pub(super) stage: Stage,
    pub(super) policy: PolicyNumber,
    pub(super) rule: u32,
    pub(super) peer: Option<u32>,
    pub(super) port: Option<u32>,
    pub(super) detail: String,
}

impl Snapshot {
    /// Whether the line's peer is meant.
    pub(super) fn is_peer(&self, line: &PeerLine, peer: Identity) -> bool {
        let signature = self.tables.signatures.at(peer.signature.0);
        line.atom.bloom() & peer.bloom != 0
            && self.tables.has(signature, line.atom)
            && (line.excepts == 0 || !self.tables.excludes(line.excepts, signature))
    }

    /// The nearest miss among the policies that isolate the subject; of equals, the first.
    pub(super) fn nearest_miss(&self, case: &Case, direction: Direction) -> Option<Miss> {
        let scene = self.scene(case, direction);
        let mut nearest: Option<Miss> = None;
        for number in self.policies(case, direction, Tier::NetworkPolicy) {
            let Some(entry) = self.directory.policies.get(number.0) else { continue };
            let policy = &entry.policy;
            for lines in entry.lines.of(direction) {
                let rules = policy.rules(direction).unwrap_or_default();
                let Some(rule) = rules.get(lines.rule as usize) else { continue };
                let (peer, found) = match &lines.peers {
                    None => (None, None),
                    Some(peers) => match peers.iter().find(|line| self.is_peer(line, scene.peer)) {
                        Some(line) => (Some(line.peer), None),
                        None => {
                            let Some((line, stage, detail)) =
                                self.nearest_peer(peers, policy, rule, case.peer(direction))
                            else {
                                continue;
                            };
                            (Some(line), Some((None, stage, detail)))
                        }
                    },
                };
                // The ports are looked at only where the peer is right.
                let found =
                    found.or_else(|| nearest_port(lines.ports.as_deref()?, rule, case, &scene));
                let Some((port, stage, detail)) = found else { continue };
                if nearest.as_ref().is_none_or(|nearest| stage < nearest.stage) {
                    let policy = *number;
                    nearest = Some(Miss { stage, policy, rule: lines.rule, peer, port, detail });
                }
            }
        }
        nearest
    }

    fn nearest_peer(
        &self,
        lines: &[PeerLine],
        policy: &Policy,
        rule: &Rule,
        side: &Side,
    ) -> Option<(u32, Stage, String)> {
        let misses = lines.iter().filter_map(|line| {
            let peer = rule.peers.get(line.peer as usize)?;
            let (stage, detail) = self.peer_miss(peer, policy, side);
            Some((line.peer, stage, detail))
        });
        misses.min_by_key(|(index, stage, _)| (*stage, *index))
    }

    fn peer_miss(&self, peer: &Peer, policy: &Policy, side: &Side) -> (Stage, String) {
        match peer {
            Peer::Nobody => (Stage::Address, "the peer cannot be read".to_owned()),
            // Only ordered tiers have these, and there nothing is missed by not matching.
            Peer::Networks(_) | Peer::Nodes(_) | Peer::Domains(_) => {
                (Stage::Address, "the address is not among the peer's".to_owned())
            }
            Peer::Block(block) => {
                let Some(address) = side.address else {
                    return (Stage::Address, format!("an unknown address may lie outside {block}"));
                };
                if !block.cidr().contains(&address) {
                    let cidr = block.cidr();
                    return (Stage::Address, format!("{address} is not in {cidr}"));
                }
                match block.excepts().iter().find(|except| except.contains(&address)) {
                    Some(except) => (Stage::Except, format!("{address} is in except {except}")),
                    None => (
                        Stage::Address,
                        format!("{address} is a pod's, which blocks do not match by option"),
                    ),
                }
            }
            Peer::Pods { namespaces, pods } => {
                let entry = side
                    .endpoint
                    .and_then(|endpoint| self.directory.endpoint(endpoint))
                    .filter(|entry| entry.is_pod);
                let Some(entry) = entry else {
                    let who =
                        side.address.map_or_else(String::new, |address| format!("{address} "));
                    return (
                        Stage::Address,
                        format!("{who}is not a pod, so no selector matches it"),
                    );
                };
                let namespace = self.directory.namespaces.get(entry.record.home);
                let inside = namespace.is_some_and(|namespace| {
                    namespaces.contains(&policy.namespace, &namespace.name, &namespace.labels)
                });
                let name = &entry.record.namespace;
                match (inside, namespaces) {
                    (true, _) => {
                        (Stage::PodLabels, format!("the pod's labels do not match `{pods}`"))
                    }
                    (false, Namespaces::Own) => {
                        let own = &policy.namespace;
                        (
                            Stage::Namespace,
                            format!("namespace `{name}` is not the policy's own `{own}`"),
                        )
                    }
                    (false, Namespaces::Matching(selector)) => (
                        Stage::Namespace,
                        format!("the labels of namespace `{name}` do not match `{selector}`"),
                    ),
                }
            }
        }
    }
}

/// The port that comes nearest, `None` when one matches or none can be read.
fn nearest_port(
    lines: &[PortLine],
    rule: &Rule,
    case: &Case,
    scene: &Scene<'_>,
) -> Option<(Option<u32>, Stage, String)> {
    if lines.iter().any(|line| scene.means(line.keys)) {
        return None;
    }
    let protocol = case.traffic.protocol();
    let same_protocol = |line: &&PortLine| match line.keys {
        PortKeys::Range(range) => range.first >> 16 == u32::from(protocol.0),
        PortKeys::Named(name) => name.protocol == protocol.0,
    };
    let with_port = lines.iter().find(same_protocol);
    let line = with_port.or(lines.first())?;
    let wanted = rule.ports.get(line.port as usize).and_then(|ports| ports.first());
    let wanted = wanted.map(PolicyPort::to_string).unwrap_or_default();
    let detail = match case.traffic.transport() {
        crate::packet::Transport::Ports { destination, .. } => {
            format!("{protocol} {destination} is not {wanted}")
        }
        _ => format!("{protocol} without a port is not {wanted}"),
    };
    let stage = if with_port.is_some() { Stage::Port } else { Stage::Protocol };
    Some((Some(line.port), stage, detail))
}
