//! Packets and questions at the pods, blocks and ranges of a cluster.

use std::net::IpAddr;

use netpol_core::Packet;
use netpol_core::net::Protocol;
use netpol_core::packet::Transport;

use super::cluster::PORT_NUMBERS;
use super::{Choices, addresses};
use crate::reference::{Party, Question};

/// What is worth asking about.
#[derive(Debug)]
pub(super) struct Targets {
    /// Addresses of pods.
    pub(super) pods: Vec<IpAddr>,
    /// Addresses of pods and nodes, and of strangers.
    pub(super) addresses: Vec<IpAddr>,
    /// Boundaries of blocks and their neighbours.
    pub(super) boundaries: Vec<IpAddr>,
    /// Boundaries of ranges of ports and their neighbours.
    pub(super) ports: Vec<u16>,
    /// Pods and workloads as questions call them.
    pub(super) names: Vec<String>,
}

impl Targets {
    pub(super) fn packet(&self, choices: &mut impl Choices) -> Packet {
        let source = self.address(choices);
        let mut destination = self.address(choices);
        // Two ends of one family nearly always; a packet of two families must do no harm either.
        for _ in 0..8 {
            if source != destination && source.is_ipv4() == destination.is_ipv4() {
                break;
            }
            destination = self.address(choices);
        }
        if choices.once_in(12) {
            destination = source;
        }
        let (protocol, transport) = self.traffic(choices);
        let packet = Packet::new(source, destination, protocol, transport);
        if choices.once_in(12) { packet.via_service() } else { packet }
    }

    pub(super) fn question(&self, choices: &mut impl Choices) -> Question {
        let source = self.party(choices);
        let destination = if choices.once_in(12) { source.clone() } else { self.party(choices) };
        let (protocol, transport) = self.traffic(choices);
        Question { source, destination, protocol, transport }
    }

    fn address(&self, choices: &mut impl Choices) -> IpAddr {
        let address = match choices.below(16) {
            0..=9 if !self.pods.is_empty() => *choices.pick(&self.pods),
            10..=12 if !self.addresses.is_empty() => *choices.pick(&self.addresses),
            13 | 14 if !self.boundaries.is_empty() => *choices.pick(&self.boundaries),
            _ => {
                let ipv6 = choices.below(3) == 2;
                addresses::of_a_stranger(choices, ipv6)
            }
        };
        match address {
            IpAddr::V4(address) if choices.once_in(16) => address.to_ipv6_mapped().into(),
            address => address,
        }
    }

    pub(super) fn party(&self, choices: &mut impl Choices) -> Party {
        if self.names.is_empty() || choices.once_in(5) {
            Party::Address(self.address(choices))
        } else {
            Party::Name(choices.pick(&self.names).clone())
        }
    }

    fn traffic(&self, choices: &mut impl Choices) -> (Protocol, Transport) {
        let protocol = *choices.pick(&[
            Protocol::TCP,
            Protocol::TCP,
            Protocol::TCP,
            Protocol::TCP,
            Protocol::TCP,
            Protocol::UDP,
            Protocol::SCTP,
            Protocol::ICMP,
            Protocol::ICMPV6,
            Protocol(47),
        ]);
        let ports = protocol.has_policy_ports() && !choices.once_in(10);
        // Now and then ports where there are none by nature.
        if ports || choices.once_in(20) {
            let destination = match choices.below(16) {
                0..=3 if !self.ports.is_empty() => *choices.pick(&self.ports),
                15 => 0,
                _ => *choices.pick(&PORT_NUMBERS),
            };
            return (protocol, Transport::Ports { source: 40000, destination });
        }
        if matches!(protocol, Protocol::ICMP | Protocol::ICMPV6) && !choices.once_in(8) {
            let kinds = [8, 128, 3, 1, 11, 8, 128, 0, 2, 4, 129, 130, 133, 137, 138, 143, 255];
            return (protocol, Transport::Icmp { kind: *choices.pick(&kinds), code: 0 });
        }
        (protocol, Transport::Unknown)
    }
}
