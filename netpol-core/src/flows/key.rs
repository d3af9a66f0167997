//! What the packets of one flow have in common, whichever way they go.

use std::net::{IpAddr, Ipv6Addr};

use siphasher::sip::SipHasher13;

use crate::net::Protocol;
use crate::packet::{Packet, Transport};

/// What the packets of one flow have in common, whichever way they go. The end with the lower address,
/// or the lower port of one address, comes first.
///
/// ICMP has an identifier in place of ports. There the question tells who opened the flow, and two that
/// ping each other may choose the same identifier: so the key says which end asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    lower: [u64; 2],
    upper: [u64; 2],
    lower_port: u16,
    upper_port: u16,
    protocol: Protocol,
    query: Query,
}

/// Which question of ICMP a flow is, and which end asks; 0 for everything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Query(u8);

const ECHO: u8 = 1;
const TIMESTAMP: u8 = 2;
/// The end with the higher address asks.
const UPPER_ASKS: u8 = 4;

/// Kinds of flows, each with states and timeouts of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Tcp,
    Udp,
    Sctp,
    IcmpQuery,
    Other,
}

/// A key, and where in its flow a packet is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keyed {
    pub(super) key: Key,
    /// The sender is the end that comes second in the key.
    pub(super) from_upper: bool,
    /// It answers a question of ICMP, so it opens nothing.
    pub(super) is_answer: bool,
}

impl Keyed {
    /// The key of a packet; `None` when it is of no flow.
    #[inline]
    pub(super) fn of(packet: &Packet, icmp_identifier: Option<u16>) -> Option<Keyed> {
        let protocol = packet.protocol();
        let [source, destination] = packet.address_bits();
        match packet.transport() {
            Transport::Ports { source: from, destination: to } => {
                Some(Keyed::new((source, from), (destination, to), protocol))
            }
            Transport::Icmp { kind, .. } => {
                let identifier = icmp_identifier?;
                let (question, is_answer) = match (protocol, kind) {
                    (Protocol::ICMP, 8) | (Protocol::ICMPV6, 128) => (ECHO, false),
                    (Protocol::ICMP, 0) | (Protocol::ICMPV6, 129) => (ECHO, true),
                    (Protocol::ICMP, 13) => (TIMESTAMP, false),
                    (Protocol::ICMP, 14) => (TIMESTAMP, true),
                    _ => return None,
                };
                let mut keyed =
                    Keyed::new((source, identifier), (destination, identifier), protocol);
                // Who asks itself is the first end in both ways.
                let upper_asks = keyed.from_upper != is_answer && source != destination;
                keyed.key.query = Query(question | if upper_asks { UPPER_ASKS } else { 0 });
                keyed.is_answer = is_answer;
                Some(keyed)
            }
            // Of these protocols it is a later fragment, or a message of the other version of IP.
            Transport::Unknown if protocol.has_policy_ports() || is_icmp(protocol) => None,
            Transport::Unknown => Some(Keyed::new((source, 0), (destination, 0), protocol)),
        }
    }

    #[inline]
    fn new(source: ([u64; 2], u16), destination: ([u64; 2], u16), protocol: Protocol) -> Keyed {
        let from_upper = source > destination;
        let (lower, upper) = if from_upper { (destination, source) } else { (source, destination) };
        let key = Key {
            lower: lower.0,
            upper: upper.0,
            lower_port: lower.1,
            upper_port: upper.1,
            protocol,
            query: Query(0),
        };
        Keyed { key, from_upper, is_answer: false }
    }
}

impl Key {
    /// What stands where there is no flow.
    pub(super) const NONE: Key = Key {
        lower: [0; 2],
        upper: [0; 2],
        lower_port: 0,
        upper_port: 0,
        protocol: Protocol(0),
        query: Query(0),
    };

    #[inline]
    pub(super) const fn kind(&self) -> Kind {
        match self.protocol {
            Protocol::TCP => Kind::Tcp,
            Protocol::UDP => Kind::Udp,
            Protocol::SCTP => Kind::Sctp,
            _ if self.query.0 != 0 => Kind::IcmpQuery,
            _ => Kind::Other,
        }
    }

    /// The hash that says where in the table it is.
    #[inline]
    pub(super) fn hash(&self, hasher: &SipHasher13) -> u64 {
        let rest = u64::from(self.lower_port)
            | u64::from(self.upper_port) << 16
            | u64::from(self.protocol.0) << 32
            | u64::from(self.query.0) << 40;
        // The hash tells inputs of different lengths apart.
        if is_ipv4(self.lower) && is_ipv4(self.upper) {
            let addresses = self.lower[1] << 32 | self.upper[1] & 0xffff_ffff;
            hasher.hash(&bytes::<2, 16>([addresses, rest]))
        } else {
            let [[a, b], [c, d]] = [self.lower, self.upper];
            hasher.hash(&bytes::<5, 40>([a, b, c, d, rest]))
        }
    }

    /// The packet that opened the flow, or one that policy judges alike.
    pub(super) fn opening(&self, upper_opens: bool, icmp_code: u8) -> Packet {
        let lower = (self.lower, self.lower_port);
        let upper = (self.upper, self.upper_port);
        let (from, to) = if upper_opens { (upper, lower) } else { (lower, upper) };
        let transport = match self.kind() {
            Kind::Tcp | Kind::Udp | Kind::Sctp => {
                Transport::Ports { source: from.1, destination: to.1 }
            }
            Kind::IcmpQuery => {
                let kind = match (self.query.0 & !UPPER_ASKS, self.protocol) {
                    (TIMESTAMP, _) => 13,
                    (_, Protocol::ICMPV6) => 128,
                    _ => 8,
                };
                Transport::Icmp { kind, code: icmp_code }
            }
            Kind::Other => Transport::Unknown,
        };
        Packet::new(address(from.0), address(to.0), self.protocol, transport)
    }

    /// The identifier of a question of ICMP.
    pub(super) const fn icmp_identifier(&self) -> Option<u16> {
        match self.kind() {
            Kind::IcmpQuery => Some(self.lower_port),
            _ => None,
        }
    }
}

/// Numbers as bytes, as many of them as that takes.
pub(super) fn bytes<const WORDS: usize, const BYTES: usize>(words: [u64; WORDS]) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    for (chunk, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(words) {
        *chunk = word.to_le_bytes();
    }
    bytes
}

const fn is_icmp(protocol: Protocol) -> bool {
    matches!(protocol, Protocol::ICMP | Protocol::ICMPV6)
}

/// Whether it is an IPv4 address in IPv6 form, as packets hold it.
const fn is_ipv4([high, low]: [u64; 2]) -> bool {
    high == 0 && low >> 32 == 0xffff
}

fn address([high, low]: [u64; 2]) -> IpAddr {
    IpAddr::V6(Ipv6Addr::from_bits(u128::from(high) << 64 | u128::from(low)))
}
