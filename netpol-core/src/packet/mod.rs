//! What is judged, and the answer: [`Packet`] and [`Verdict`].
//!
//! With the feature `packet`, `RawPacket` reads the first from the bytes that lie in memory.

#![warn(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

#[cfg(feature = "packet")]
mod fragment;
#[cfg(feature = "packet")]
mod ip_headers;
#[cfg(feature = "packet")]
mod raw;
#[cfg(feature = "packet")]
mod raw_error;
#[cfg(feature = "packet")]
mod tcp_flags;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

#[cfg(feature = "packet")]
pub use fragment::Fragment;
#[cfg(feature = "packet")]
pub use raw::RawPacket;
#[cfg(feature = "packet")]
pub use raw_error::RawPacketError;
use serde::{Deserialize, Serialize};
#[cfg(feature = "packet")]
pub use tcp_flags::TcpFlags;

use crate::net::Protocol;

/// The answer: may the packet pass?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[must_use]
#[repr(u8)]
#[expect(clippy::exhaustive_enums, reason = "a third answer must break the callers' builds")]
pub enum Verdict {
    /// It may not.
    Deny = 0,
    /// It may.
    Allow = 1,
}

impl Verdict {
    /// Whether the packet may pass.
    #[must_use]
    pub const fn is_allow(self) -> bool {
        matches!(self, Verdict::Allow)
    }

    /// `Allow` for `true`.
    pub const fn from_allowed(allowed: bool) -> Verdict {
        if allowed { Verdict::Allow } else { Verdict::Deny }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_allow() { "allow" } else { "deny" })
    }
}

/// Which of a pod's two policies is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "there is no third direction")]
pub enum Direction {
    /// Into the destination.
    Ingress,
    /// Out of the source.
    Egress,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Direction::Ingress => "ingress",
            Direction::Egress => "egress",
        })
    }
}

/// What follows the IP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Transport {
    /// Ports, as TCP, UDP and SCTP have them. Port 0 is a port that no rule can name.
    Ports {
        /// The sender's port; no rule looks at it.
        source: u16,
        /// The receiver's port, after DNAT.
        destination: u16,
    },
    /// Type and code of ICMP and ICMPv6.
    Icmp {
        /// ICMP type.
        kind: u8,
        /// ICMP code.
        code: u8,
    },
    /// Neither can be known: a non-first fragment, or another protocol.
    Unknown,
}

/// The first packet of a connection, as it would reach the destination: addresses and ports after
/// DNAT.
///
/// Policies judge who may open a connection; replies belong to it and are not to be asked about
/// (or are to be kept by connection tracking). An IPv4 address in IPv6 form (`::ffff:10.0.0.1`) is
/// taken as the IPv4 address.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Packet {
    source: AddressBits,
    destination: AddressBits,
    traffic: Traffic,
}

/// An address as its IPv6 form, in which the last 32 bits of an IPv4 address are that address.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct AddressBits {
    high: u64,
    low: u64,
}

impl AddressBits {
    #[inline]
    const fn new(address: IpAddr) -> AddressBits {
        let bits = match address {
            IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
            IpAddr::V6(address) => address.to_bits(),
        };
        AddressBits { high: (bits >> 64) as u64, low: bits as u64 }
    }

    /// The address in its shortest form.
    #[inline]
    const fn address(self) -> IpAddr {
        if self.is_ipv4() {
            IpAddr::V4(Ipv4Addr::from_bits(self.low as u32))
        } else {
            IpAddr::V6(Ipv6Addr::from_bits((self.high as u128) << 64 | self.low as u128))
        }
    }

    #[inline]
    const fn is_ipv4(self) -> bool {
        self.high == 0 && self.low >> 32 == 0xffff
    }
}

/// What a packet is, whoever sends it to whomever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Traffic {
    key: u32,
    protocol: Protocol,
    traits: u8,
    transport: Transport,
}

/// Set in a [key](Traffic::key) without a port: above every (protocol, port) pair.
const KEY_WITHOUT_PORT: u32 = 1 << 31;

/// Traits that the common packet has none of.
const VIA_SERVICE: u8 = 1;
const FRAGMENT: u8 = 2;
const LINK_SIGNALLING: u8 = 4;
const OTHER_PROTOCOL: u8 = 8;
const IPV6: u8 = 16;

impl Traffic {
    #[inline]
    pub(crate) const fn new(protocol: Protocol, transport: Transport) -> Traffic {
        let mut traits = 0;
        let number = (protocol.0 as u32) << 16;
        let key = match transport {
            Transport::Ports { destination, .. } => number | destination as u32,
            Transport::Icmp { .. } | Transport::Unknown => number | KEY_WITHOUT_PORT,
        };
        if !protocol.has_policy_ports() {
            traits |= OTHER_PROTOCOL;
        } else if !matches!(transport, Transport::Ports { .. }) {
            traits |= FRAGMENT;
        }
        // MLD query, report, done and v2 report; neighbour discovery and redirect.
        if protocol.0 == Protocol::ICMPV6.0
            && matches!(transport, Transport::Icmp { kind: 130..=137 | 143, .. })
        {
            traits |= LINK_SIGNALLING;
        }
        Traffic { key, protocol, traits, transport }
    }

    pub(crate) const fn via_service(mut self) -> Traffic {
        self.traits |= VIA_SERVICE;
        self
    }

    pub(crate) const fn protocol(&self) -> Protocol {
        self.protocol
    }

    pub(crate) const fn transport(&self) -> Transport {
        self.transport
    }

    pub(crate) const fn is_via_service(&self) -> bool {
        self.traits & VIA_SERVICE != 0
    }

    pub(crate) const fn is_fragment(&self) -> bool {
        self.traits & FRAGMENT != 0
    }

    pub(crate) const fn is_link_signalling(&self) -> bool {
        self.traits & LINK_SIGNALLING != 0
    }

    /// Whether policies cannot name its ports: it is neither TCP, UDP nor SCTP.
    pub(crate) const fn is_other_protocol(&self) -> bool {
        self.traits & OTHER_PROTOCOL != 0
    }

    /// Whether nothing about the packet itself asks for a rule that comes before policies.
    pub(crate) const fn is_plain(&self) -> bool {
        self.traits & !(OTHER_PROTOCOL | IPV6) == 0
    }

    /// Protocol and destination port as one number, `protocol << 16 | port`; without a port, a
    /// number above all of those.
    pub(crate) const fn key(&self) -> u32 {
        self.key
    }
}

impl Packet {
    /// A packet of any protocol.
    #[must_use]
    #[inline]
    pub fn new(
        source: IpAddr,
        destination: IpAddr,
        protocol: Protocol,
        transport: Transport,
    ) -> Packet {
        let (source, destination) = (AddressBits::new(source), AddressBits::new(destination));
        let mut traffic = Traffic::new(protocol, transport);
        if !source.is_ipv4() || !destination.is_ipv4() {
            traffic.traits |= IPV6;
        }
        Packet { source, destination, traffic }
    }

    /// A TCP connection to `port`.
    #[must_use]
    pub fn tcp(source: IpAddr, destination: IpAddr, port: u16) -> Packet {
        let transport = Transport::Ports { source: 0, destination: port };
        Packet::new(source, destination, Protocol::TCP, transport)
    }

    /// A UDP datagram to `port`.
    #[must_use]
    pub fn udp(source: IpAddr, destination: IpAddr, port: u16) -> Packet {
        let transport = Transport::Ports { source: 0, destination: port };
        Packet::new(source, destination, Protocol::UDP, transport)
    }

    /// An SCTP association to `port`.
    #[must_use]
    pub fn sctp(source: IpAddr, destination: IpAddr, port: u16) -> Packet {
        let transport = Transport::Ports { source: 0, destination: port };
        Packet::new(source, destination, Protocol::SCTP, transport)
    }

    /// An ICMP message, or an ICMPv6 one when the destination is an IPv6 address.
    #[must_use]
    pub fn icmp(source: IpAddr, destination: IpAddr, kind: u8, code: u8) -> Packet {
        let protocol = match destination.to_canonical() {
            IpAddr::V4(_) => Protocol::ICMP,
            IpAddr::V6(_) => Protocol::ICMPV6,
        };
        Packet::new(source, destination, protocol, Transport::Icmp { kind, code })
    }

    /// The same packet, known to have been sent to a Service and translated to this destination.
    /// It matters only when a Service leads a pod back to itself: see
    /// [`Options::service_hairpin`](crate::options::Options::service_hairpin).
    #[must_use]
    #[inline]
    pub const fn via_service(mut self) -> Packet {
        self.traffic = self.traffic.via_service();
        self
    }

    /// The sender's address, in its shortest form.
    #[must_use]
    pub const fn source(&self) -> IpAddr {
        self.source.address()
    }

    /// The receiver's address, in its shortest form.
    #[must_use]
    pub const fn destination(&self) -> IpAddr {
        self.destination.address()
    }

    /// The protocol number.
    #[must_use]
    pub const fn protocol(&self) -> Protocol {
        self.traffic.protocol
    }

    /// What follows the IP header.
    #[must_use]
    pub const fn transport(&self) -> Transport {
        self.traffic.transport
    }

    /// The destination port, if there is one.
    #[must_use]
    pub const fn destination_port(&self) -> Option<u16> {
        match self.traffic.transport {
            Transport::Ports { destination, .. } => Some(destination),
            Transport::Icmp { .. } | Transport::Unknown => None,
        }
    }

    /// Whether a Service translated it: see [`via_service`](Packet::via_service).
    #[must_use]
    pub const fn is_via_service(&self) -> bool {
        self.traffic.is_via_service()
    }

    /// Whether it is a TCP, UDP or SCTP packet without ports, that is a non-first fragment.
    #[must_use]
    pub const fn is_fragment(&self) -> bool {
        self.traffic.is_fragment()
    }

    /// Whether it is IPv6 neighbour discovery (types 133 to 137) or multicast listener discovery
    /// (130 to 132, 143). Without them IPv6 dies, so they always pass.
    #[must_use]
    pub const fn is_link_signalling(&self) -> bool {
        self.traffic.is_link_signalling()
    }

    /// Source and destination as numbers, an IPv4 address as its IPv6 form.
    #[cfg(feature = "packet")]
    #[inline]
    pub(crate) const fn address_bits(&self) -> [[u64; 2]; 2] {
        let (source, destination) = (self.source, self.destination);
        [[source.high, source.low], [destination.high, destination.low]]
    }

    pub(crate) const fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// Source and destination as IPv4 addresses, for the packets that most are: TCP, UDP or SCTP
    /// over IPv4, with ports, and nothing about the packet itself asks for a special rule.
    #[inline]
    pub(crate) const fn common(&self) -> Option<(u32, u32)> {
        if self.traffic.traits == 0 {
            Some((self.source.low as u32, self.destination.low as u32))
        } else {
            None
        }
    }

    /// Whether both addresses are the same.
    pub(crate) fn is_to_itself(&self) -> bool {
        self.source == self.destination
    }
}

impl fmt::Debug for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packet")
            .field("source", &self.source())
            .field("destination", &self.destination())
            .field("traffic", &self.traffic)
            .finish()
    }
}

/// `TCP 10.0.0.1 -> 10.0.0.2:80`.
impl fmt::Display for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} -> ", self.protocol(), self.source())?;
        match (self.transport(), self.destination()) {
            (Transport::Ports { destination, .. }, IpAddr::V4(address)) => {
                write!(f, "{address}:{destination}")
            }
            (Transport::Ports { destination, .. }, IpAddr::V6(address)) => {
                write!(f, "[{address}]:{destination}")
            }
            (Transport::Icmp { kind, code }, address) => {
                write!(f, "{address} type {kind} code {code}")
            }
            (Transport::Unknown, address) => write!(f, "{address}"),
        }
    }
}
