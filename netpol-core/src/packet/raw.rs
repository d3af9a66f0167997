//! A packet as it lies in memory: [`RawPacket`].

use super::ip_headers::{Datagram, Version};
use super::raw_error::RawPacketError;
use super::tcp_flags::TcpFlags;
use super::{Fragment, Packet, Transport};
use crate::net::Protocol;

/// What the headers of an IP packet say: the [`Packet`] that is judged, and what a connection
/// table needs besides.
///
/// Policies judge who may open a connection, so a dataplane keeps the connections that were
/// allowed and asks about the others. For that it needs [whom the packet is
/// between](RawPacket::packet), [where a TCP connection begins and ends](RawPacket::tcp_flags),
/// [which ping an answer is to](RawPacket::icmp_identifier), [what an ICMP error is
/// about](RawPacket::embedded) and [which packets are pieces of one](RawPacket::fragment).
/// [`Flows`](crate::flows::Flows) is such a table.
///
/// ```
/// use netpol_core::packet::{RawPacket, RawPacketError};
///
/// let mut syn = [0; 40];
/// syn[0] = 0x45; // IPv4, five words of header
/// syn[3] = 40; // bytes in total
/// syn[9] = 6; // TCP
/// syn[12..16].copy_from_slice(&[10, 0, 0, 1]);
/// syn[16..20].copy_from_slice(&[10, 0, 0, 2]);
/// syn[20..24].copy_from_slice(&[0x9c, 0x40, 0, 80]); // from port 40000 to port 80
/// syn[33] = 0x02; // SYN
///
/// let raw = RawPacket::parse(&syn)?;
/// assert_eq!(raw.packet().to_string(), "TCP 10.0.0.1 -> 10.0.0.2:80");
/// assert!(raw.tcp_flags().is_some_and(|flags| flags.syn() && !flags.ack()));
/// assert_eq!(raw.fragment(), None);
///
/// let error = RawPacket::parse(&syn[..22]).unwrap_err();
/// assert_eq!(error, RawPacketError::TooShort { part: "TCP ports", needed: 4, available: 2 });
/// # Ok::<(), RawPacketError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RawPacket {
    packet: Packet,
    embedded: Option<Packet>,
    embedded_identifier: Option<u16>,
    fragment: Option<Fragment>,
    start: Start,
}

/// What the first bytes behind the headers of IP say, ports and type and code left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Start {
    Tcp { flags: TcpFlags, sequence: u32, acknowledgement: u32 },
    Sctp { chunk: u8 },
    IcmpQuery { identifier: u16 },
    Other,
}

impl RawPacket {
    /// Reads the packet whose IP header begins at the first byte, IPv4 or IPv6.
    ///
    /// The slice may be longer than the packet, as frames on short links are: what lies behind the
    /// length that the IP header tells is never looked at. It may also end before the packet does,
    /// as captures do, when the headers are there up to the ports, or the type and code of ICMP. A
    /// shorter slice never gives another packet than a longer one, though it may give no
    /// [flags](RawPacket::tcp_flags), no [identifier](RawPacket::icmp_identifier) and no [embedded
    /// packet](RawPacket::embedded).
    ///
    /// Checksums are not looked at: who receives the packet does that.
    ///
    /// # What is read
    ///
    /// - IPv4 (RFC 791) with options. A total length of 0 is a packet that segmentation offload has
    ///   still to cut; it ends with the slice (Linux, `iph_totlen` in include/linux/ip.h).
    /// - IPv6 (RFC 8200) with any number of extension headers, in any order: hop-by-hop options,
    ///   routing, fragment, destination options, mobility (RFC 6275), HIP (RFC 7401) and shim6
    ///   (RFC 5533); these are what RFC 7045 lists, but for ESP and the two numbers for experiments,
    ///   which are protocols of their own here. The destination is that of the IPv6 header, also
    ///   where a routing header leads on from there. A payload length of 0 before a hop-by-hop
    ///   header is a jumbogram (RFC 2675); it ends with the slice.
    /// - The authentication header (RFC 4302), in both.
    /// - Ports of TCP, UDP and SCTP; type and code of ICMP in IPv4 and of ICMPv6 in IPv6. What else
    ///   follows is [`Transport::Unknown`], with its number: ESP, UDP-Lite, tunnels, IPv6 without
    ///   a next header (59), also ICMPv6 in IPv4.
    /// - Fragments. The first one has the ports (RFC 7112), and is refused without. A later one is
    ///   [`Transport::Unknown`], and its protocol is what the header says that is there. An IPv6
    ///   fragment header on a whole packet (RFC 6946) makes no fragment.
    ///
    /// # Errors
    ///
    /// When the bytes are no IP packet, end before what a verdict needs, or claim what cannot be:
    /// see [`RawPacketError`]. Drop such a packet, or hand it to who can read it; it was not
    /// judged, and none may pass for that.
    ///
    /// # Cost
    ///
    /// Some loads and compares; one step for each extension header, of at least eight bytes. It never
    /// allocates or panics, whatever the bytes.
    pub fn parse(bytes: &[u8]) -> Result<RawPacket, RawPacketError> {
        let datagram = Datagram::read(bytes)?;
        let packet = judged(&datagram)?;
        let start = Start::of(&datagram, packet.transport());
        let quoted = quoted(&datagram, packet.transport());
        let (embedded, embedded_identifier) =
            quoted.map_or((None, None), |(packet, start)| (Some(packet), start.identifier()));
        let fragment = datagram.fragment;
        Ok(RawPacket { packet, embedded, embedded_identifier, fragment, start })
    }

    /// What [`packet`](RawPacket::packet) is of [what is read](RawPacket::parse), with no look at the
    /// rest.
    #[inline]
    pub(crate) fn judged(bytes: &[u8]) -> Result<Packet, RawPacketError> {
        judged(&Datagram::read(bytes)?)
    }

    /// What is to be judged: [`Engine::decide`](crate::Engine::decide).
    #[must_use]
    pub const fn packet(&self) -> Packet {
        self.packet
    }

    /// Which piece of a packet it is; `None` for a whole one.
    ///
    /// Only the first piece has ports. Who wants later pieces to share its verdict keeps that under
    /// source, destination, identification and, for IPv4, protocol; who asks about them one by one
    /// gets what [`Options::fragments`](crate::Options::fragments) says.
    #[must_use]
    pub const fn fragment(&self) -> Option<Fragment> {
        self.fragment
    }

    /// The flags of a TCP segment. `None` for other protocols and later fragments, and when the
    /// slice ends before the flags do.
    #[must_use]
    pub const fn tcp_flags(&self) -> Option<TcpFlags> {
        match self.start {
            Start::Tcp { flags, .. } => Some(flags),
            _ => None,
        }
    }

    /// The number of the first byte of a TCP segment; there whenever the
    /// [flags](RawPacket::tcp_flags) are.
    #[must_use]
    pub const fn tcp_sequence(&self) -> Option<u32> {
        match self.start {
            Start::Tcp { sequence, .. } => Some(sequence),
            _ => None,
        }
    }

    /// The number of the byte that the sender of a TCP segment waits for. `None` also for a segment
    /// without the flag that says that it is there, ACK.
    #[must_use]
    pub const fn tcp_acknowledgement(&self) -> Option<u32> {
        match self.start {
            Start::Tcp { flags, acknowledgement, .. } if flags.ack() => Some(acknowledgement),
            _ => None,
        }
    }

    /// The type of the first chunk of an SCTP packet (RFC 9260, section 3.2). What opens an
    /// association or ends it is the only chunk of its packet or comes first, but for an ABORT or
    /// SHUTDOWN behind others. `None` for other protocols and later fragments, and when the slice
    /// ends before it does.
    #[must_use]
    pub const fn sctp_chunk(&self) -> Option<u8> {
        match self.start {
            Start::Sctp { chunk } => Some(chunk),
            _ => None,
        }
    }

    /// What a question and its answer have in common: of ICMP echo (types 8 and 0) and timestamp
    /// (13 and 14; RFC 792), and of ICMPv6 echo (128 and 129; RFC 4443). `None` for everything
    /// else, and when the slice ends before it does.
    #[must_use]
    pub const fn icmp_identifier(&self) -> Option<u16> {
        self.start.identifier()
    }

    /// The packet that an ICMP error is about, as whoever sent the error quotes it: it went the
    /// other way, and belongs to the connection that the error belongs to.
    ///
    /// Errors are destination unreachable (3), source quench (4), redirect (5), time exceeded (11)
    /// and parameter problem (12) of ICMP (RFC 792), and types 1 to 4 of ICMPv6 (RFC 4443). `None`
    /// for everything else, and when the quoted packet is not of the version that the error has,
    /// or ends before its ports. Nothing proves that the quoted packet was ever sent: an error
    /// that belongs to no connection is to be judged as what it is, a [`packet`](RawPacket::packet)
    /// from its sender.
    #[must_use]
    pub const fn embedded(&self) -> Option<Packet> {
        self.embedded
    }

    /// The [identifier](RawPacket::icmp_identifier) in the packet that an ICMP error is about.
    #[must_use]
    pub const fn embedded_icmp_identifier(&self) -> Option<u16> {
        self.embedded_identifier
    }

    /// The same packet, known to have been sent to a Service and translated to this destination:
    /// [`Packet::via_service`].
    #[must_use]
    pub const fn via_service(mut self) -> RawPacket {
        self.packet = self.packet.via_service();
        self
    }
}

impl Start {
    fn of(datagram: &Datagram<'_>, transport: Transport) -> Start {
        let payload = datagram.payload;
        match (transport, datagram.protocol) {
            (Transport::Ports { .. }, Protocol::TCP) => Start::of_tcp(payload),
            // RFC 9260, section 3: twelve bytes of common header, then the chunks.
            (Transport::Ports { .. }, Protocol::SCTP) => {
                payload.get(12).map_or(Start::Other, |chunk| Start::Sctp { chunk: *chunk })
            }
            (Transport::Icmp { kind, .. }, protocol) => {
                // RFC 792, RFC 4443, section 4: the identifier is behind the checksum.
                let is_query = match protocol {
                    Protocol::ICMP => matches!(kind, 0 | 8 | 13 | 14),
                    _ => matches!(kind, 128 | 129),
                };
                match payload.get(4..6) {
                    Some(&[high, low]) if is_query => {
                        Start::IcmpQuery { identifier: u16::from_be_bytes([high, low]) }
                    }
                    _ => Start::Other,
                }
            }
            _ => Start::Other,
        }
    }

    /// RFC 9293, section 3.1: two ports, two numbers, and in the fourth word offset and flags.
    fn of_tcp(payload: &[u8]) -> Start {
        let Some(&[_, _, _, _, a, b, c, d, e, f, g, h, _, flags]) = payload.first_chunk() else {
            return Start::Other;
        };
        Start::Tcp {
            flags: TcpFlags::of(flags),
            sequence: u32::from_be_bytes([a, b, c, d]),
            acknowledgement: u32::from_be_bytes([e, f, g, h]),
        }
    }

    const fn identifier(self) -> Option<u16> {
        match self {
            Start::IcmpQuery { identifier } => Some(identifier),
            _ => None,
        }
    }
}

/// The packet as it is judged.
#[inline]
fn judged(datagram: &Datagram<'_>) -> Result<Packet, RawPacketError> {
    let transport = transport(datagram)?;
    Ok(Packet::new(datagram.source, datagram.destination, datagram.protocol, transport))
}

/// What follows the headers of IP.
#[inline]
fn transport(datagram: &Datagram<'_>) -> Result<Transport, RawPacketError> {
    if let Some(Fragment::Later { .. }) = datagram.fragment {
        return Ok(Transport::Unknown);
    }
    // ICMPv6 in IPv4 is nothing that anybody answers to, and must not pass for neighbour
    // discovery, which is always allowed.
    match (datagram.version, datagram.protocol) {
        (_, Protocol::TCP) => ports(datagram.payload, "TCP ports"),
        (_, Protocol::UDP) => ports(datagram.payload, "UDP ports"),
        (_, Protocol::SCTP) => ports(datagram.payload, "SCTP ports"),
        (Version::Four, Protocol::ICMP) => icmp(datagram.payload, "ICMP type and code"),
        (Version::Six, Protocol::ICMPV6) => icmp(datagram.payload, "ICMPv6 type and code"),
        _ => Ok(Transport::Unknown),
    }
}

/// TCP (RFC 9293), UDP (RFC 768) and SCTP (RFC 9260) begin with the two ports. Whole headers are
/// not asked for: captures end early, and so do quoted packets.
#[inline]
fn ports(payload: &[u8], part: &'static str) -> Result<Transport, RawPacketError> {
    let &[a, b, c, d] = start(payload, part)?;
    Ok(Transport::Ports {
        source: u16::from_be_bytes([a, b]),
        destination: u16::from_be_bytes([c, d]),
    })
}

/// ICMP (RFC 792) and ICMPv6 (RFC 4443) begin with type and code.
fn icmp(payload: &[u8], part: &'static str) -> Result<Transport, RawPacketError> {
    let &[kind, code] = start(payload, part)?;
    Ok(Transport::Icmp { kind, code })
}

/// The first bytes.
#[inline]
fn start<'bytes, const N: usize>(
    payload: &'bytes [u8],
    part: &'static str,
) -> Result<&'bytes [u8; N], RawPacketError> {
    let available = payload.len();
    payload.first_chunk().ok_or(RawPacketError::TooShort { part, needed: N, available })
}

/// The packet that an error quotes behind the eight bytes of its own header.
fn quoted(datagram: &Datagram<'_>, transport: Transport) -> Option<(Packet, Start)> {
    let Transport::Icmp { kind, .. } = transport else {
        return None;
    };
    let is_error = match datagram.version {
        Version::Four => matches!(kind, 3 | 4 | 5 | 11 | 12),
        Version::Six => matches!(kind, 1..=4),
    };
    if !is_error {
        return None;
    }
    let quoted = Datagram::read(datagram.payload.get(8..)?).ok()?;
    if quoted.version != datagram.version {
        return None;
    }
    let packet = judged(&quoted).ok()?;
    Some((packet, Start::of(&quoted, packet.transport())))
}
