//! A policy engine as one would write it: for each packet, walk the policies.
//!
//! It is what the compiled engine is compared with, so it is no straw man: text is interned
//! beforehand, policies are indexed by namespace, addresses are hashed with a fast hash, and what
//! a packet needs lies together. What it does not do is to share work between packets: every
//! selector is evaluated anew each time.

mod read;
mod read_cluster;
mod records;

use std::net::IpAddr;

use netpol_core::Action;
use netpol_core::packet::{Direction, Packet, Transport, Verdict};

use self::records::{ClusterRecord, Peer, Pod, Port, Rule};
use super::World;

/// Judges packets by walking the policies of their ends' namespaces.
///
/// Knows what [`World`]s contain and the default options, no more: TCP, UDP and SCTP packets with
/// ports, that are neither from a pod to itself nor to a loopback address.
#[derive(Debug)]
pub struct Interpreter {
    ipv4: read::Map<u32, u32>,
    ipv6: read::Map<u128, u32>,
    pods: Vec<Pod>,
    namespaces: Vec<records::Namespace>,
    /// In the order in which they are asked.
    admin: Vec<ClusterRecord>,
    baseline: Vec<ClusterRecord>,
}

impl Interpreter {
    /// Reads a world.
    ///
    /// # Panics
    ///
    /// When something in it does not parse, which is so in no world that was generated.
    #[must_use]
    pub fn new(world: &World) -> Interpreter {
        read::Reader::default().world(world)
    }

    /// May this packet pass?
    pub fn decide(&self, packet: &Packet) -> Verdict {
        let source = self.pod(packet.source());
        let destination = self.pod(packet.destination());
        let ingress = Case {
            subject: destination,
            peer: source,
            peer_address: packet.source(),
            destination,
            packet,
        };
        let egress = Case {
            subject: source,
            peer: destination,
            peer_address: packet.destination(),
            destination,
            packet,
        };
        Verdict::from_allowed(
            self.allows(&ingress, Direction::Ingress) && self.allows(&egress, Direction::Egress),
        )
    }

    fn pod(&self, address: IpAddr) -> Option<&Pod> {
        let number = match address {
            IpAddr::V4(address) => self.ipv4.get(&address.to_bits())?,
            IpAddr::V6(address) => self.ipv6.get(&address.to_bits())?,
        };
        self.pods.get(*number as usize)
    }

    fn allows(&self, case: &Case<'_>, direction: Direction) -> bool {
        let Some(subject) = case.subject else { return true };
        if direction == Direction::Ingress && subject.own_node.contains(&case.peer_address) {
            return true;
        }
        match self.first_match(&self.admin, subject, case, direction) {
            Some(Action::Accept) => return true,
            Some(Action::Deny) => return false,
            Some(Action::Pass) | None => {}
        }
        let mut isolated = false;
        for policy in &self.namespaces[subject.namespace as usize].policies {
            let Some(rules) = policy.rules(direction) else { continue };
            if policy.subject.matches(&subject.labels) {
                isolated = true;
                if rules.iter().any(|rule| self.rule_matches(rule, Some(policy.namespace), case)) {
                    return true;
                }
            }
        }
        !isolated
            && self.first_match(&self.baseline, subject, case, direction) != Some(Action::Deny)
    }

    /// What the first rule of an ordered tier does that matches.
    fn first_match(
        &self,
        policies: &[ClusterRecord],
        subject: &Pod,
        case: &Case<'_>,
        direction: Direction,
    ) -> Option<Action> {
        let namespace = &self.namespaces[subject.namespace as usize].labels;
        policies
            .iter()
            .filter(|policy| {
                policy.namespaces.matches(namespace) && policy.pods.matches(&subject.labels)
            })
            .flat_map(|policy| policy.rules(direction))
            .find(|rule| self.rule_matches(&rule.rule, None, case))
            .map(|rule| rule.action)
    }

    fn rule_matches(&self, rule: &Rule, own: Option<u32>, case: &Case<'_>) -> bool {
        (rule.ports.is_empty() || rule.ports.iter().any(|port| port_matches(port, case)))
            && (rule.peers.is_empty()
                || rule.peers.iter().any(|peer| self.peer_matches(peer, own, case)))
    }

    fn peer_matches(&self, peer: &Peer, own: Option<u32>, case: &Case<'_>) -> bool {
        match peer {
            Peer::Pods { namespaces, pods } => {
                let Some(pod) = case.peer else { return false };
                let in_namespace = match namespaces {
                    None => Some(pod.namespace) == own,
                    Some(selector) => {
                        selector.matches(&self.namespaces[pod.namespace as usize].labels)
                    }
                };
                in_namespace && pods.matches(&pod.labels)
            }
            Peer::Block { cidr, except } => {
                cidr.contains(case.peer_address)
                    && !except.iter().any(|except| except.contains(case.peer_address))
            }
        }
    }
}

/// One direction of a packet.
struct Case<'a> {
    /// Whose policies are asked.
    subject: Option<&'a Pod>,
    /// The other end, when it is a pod.
    peer: Option<&'a Pod>,
    peer_address: IpAddr,
    /// Whose ports are meant by names.
    destination: Option<&'a Pod>,
    packet: &'a Packet,
}

fn port_matches(port: &Port, case: &Case<'_>) -> bool {
    let Transport::Ports { destination, .. } = case.packet.transport() else { return false };
    let protocol = case.packet.protocol();
    match *port {
        Port::Range { protocol: wanted, first, last } => {
            protocol == wanted && first <= destination && destination <= last
        }
        Port::Named { protocol: wanted, name } => {
            protocol == wanted
                && case.destination.is_some_and(|pod| {
                    pod.ports.contains(&records::NamedPort { name, protocol, number: destination })
                })
        }
    }
}
