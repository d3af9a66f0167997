//! Packets and verdicts.

use netpol_core::net::Protocol;
use netpol_core::packet::Transport;
use netpol_core::{Packet, Verdict};

use crate::address::{address, ipv4};
use crate::status::netpol_status;

/// May it pass?
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub enum netpol_verdict {
    /// No.
    Deny = 0,
    /// Yes.
    Allow = 1,
}

/// Which of the two ends is asked.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub enum netpol_direction {
    /// May the destination receive it?
    Ingress = 0,
    /// May the source send it?
    Egress = 1,
}

/// What follows the IP header.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub enum netpol_transport {
    /// Ports, as TCP, UDP and SCTP have them.
    Ports = 0,
    /// Type and code, as ICMP and ICMPv6 have them.
    Icmp = 1,
    /// Neither can be known: a fragment but the first, or another protocol.
    Unknown = 2,
}

/// The first packet of a connection as it would reach the destination: addresses and ports after
/// DNAT. 48 bytes. Set what does not apply to 0.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_packet {
    /// The sender's address in network order; an IPv4 address is the first four bytes.
    pub source: [u8; 16],
    /// The receiver's, likewise.
    pub destination: [u8; 16],
    /// The sender's port, in host order. No rule looks at it.
    pub source_port: u16,
    /// The receiver's port, in host order.
    pub destination_port: u16,
    /// 4 or 6, of both addresses.
    pub family: u8,
    /// The protocol number: 6 for TCP, 17 for UDP, 132 for SCTP, 1 and 58 for ICMP.
    pub protocol: u8,
    /// A `netpol_transport`.
    pub transport: u8,
    /// NETPOL_PACKET_VIA_SERVICE, or 0.
    pub flags: u8,
    /// ICMP type.
    pub icmp_type: u8,
    /// ICMP code.
    pub icmp_code: u8,
    /// Not used; 0.
    pub reserved: [u8; 6],
}

/// A flag of packets and questions: a Service was translated to this destination. It matters only
/// where the source is the destination.
pub const NETPOL_PACKET_VIA_SERVICE: u8 = 1;

const _: () = assert!(size_of::<netpol_packet>() == 48 && align_of::<netpol_packet>() == 2);

impl netpol_packet {
    /// Whether it is a packet: cheaper than to read it.
    #[inline]
    pub(crate) fn is_valid(&self) -> bool {
        self.reserved == [0; 6]
            && self.flags & !NETPOL_PACKET_VIA_SERVICE == 0
            && (self.family == 4 || self.family == 6)
            && self.transport <= 2
    }

    /// The packet as the engine has it.
    pub(crate) fn read(&self) -> Result<Packet, netpol_status> {
        self.ask(|packet| *packet)
    }

    /// What `judge` says of the packet as the engine has it.
    ///
    /// Most packets are of one kind. Such a one is made where it is judged, with no choice left and
    /// never copied: to read it like any other would take as long as the verdict itself.
    #[inline(always)]
    pub(crate) fn ask<T>(&self, judge: impl FnOnce(&Packet) -> T) -> Result<T, netpol_status> {
        let is_common = self.family == 4
            && self.transport == netpol_transport::Ports as u8
            && self.flags == 0
            && self.reserved == [0; 6];
        if !is_common {
            return Ok(judge(&self.read_uncommon()?));
        }
        let (source, destination) = (self.source_port, self.destination_port);
        Ok(judge(&Packet::new(
            ipv4(&self.source),
            ipv4(&self.destination),
            Protocol(self.protocol),
            Transport::Ports { source, destination },
        )))
    }

    #[inline(never)]
    fn read_uncommon(&self) -> Result<Packet, netpol_status> {
        if !self.is_valid() {
            return Err(netpol_status::InvalidValue);
        }
        let source = address(self.family, &self.source)?;
        let destination = address(self.family, &self.destination)?;
        let ports = (self.source_port, self.destination_port);
        let transport = transport(self.transport, ports, (self.icmp_type, self.icmp_code))?;
        let packet = Packet::new(source, destination, Protocol(self.protocol), transport);
        Ok(if self.flags == 0 { packet } else { packet.via_service() })
    }
}

/// What follows the IP header, by the number of a `netpol_transport`.
#[inline]
pub(crate) const fn transport(
    number: u8,
    (source, destination): (u16, u16),
    (kind, code): (u8, u8),
) -> Result<Transport, netpol_status> {
    match number {
        0 => Ok(Transport::Ports { source, destination }),
        1 => Ok(Transport::Icmp { kind, code }),
        2 => Ok(Transport::Unknown),
        _ => Err(netpol_status::InvalidValue),
    }
}

/// The number of a verdict.
#[inline]
pub(crate) const fn verdict_number(verdict: Verdict) -> u8 {
    verdict as u8
}
