//! Packets as they lie in memory.

use netpol_core::Packet;
use netpol_core::packet::{Fragment, RawPacket, RawPacketError, Transport};

use crate::address::address_bytes;
use crate::guard::guard;
use crate::packet::{NETPOL_PACKET_VIA_SERVICE, netpol_packet, verdict_number};
use crate::pointer::{self, Place};
use crate::reader::netpol_reader;
use crate::status::netpol_status;
use crate::text::netpol_string;

/// Flags of a TCP header, in `netpol_raw_packet.tcp_flags`.
pub const NETPOL_TCP_FIN: u8 = 1;
/// As NETPOL_TCP_FIN.
pub const NETPOL_TCP_SYN: u8 = 2;
/// As NETPOL_TCP_FIN.
pub const NETPOL_TCP_RST: u8 = 4;
/// As NETPOL_TCP_FIN.
pub const NETPOL_TCP_ACK: u8 = 16;

/// Which piece of a packet a fragment is.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub enum netpol_fragment {
    /// The packet is whole.
    None = 0,
    /// The first, which has the ports.
    First = 1,
    /// A later one.
    Later = 2,
}

/// What the headers of an IP packet say. 128 bytes.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_raw_packet {
    /// What is judged.
    pub packet: netpol_packet,
    /// The packet that an ICMP error is about, when `has_embedded`.
    pub embedded: netpol_packet,
    /// The number that the fragments of one packet have in common.
    pub identification: u32,
    /// The number of the first byte of a TCP segment, when `has_tcp_flags`.
    pub tcp_sequence: u32,
    /// The number of the byte that its sender waits for, when `tcp_flags` have NETPOL_TCP_ACK.
    pub tcp_acknowledgement: u32,
    /// Where in the packet a later fragment begins, in units of eight bytes.
    pub fragment_offset: u16,
    /// What an ICMP echo or timestamp and its answer have in common, when `has_icmp_identifier`.
    pub icmp_identifier: u16,
    /// The same of the embedded packet, when `has_embedded_icmp_identifier`.
    pub embedded_icmp_identifier: u16,
    /// A `netpol_fragment`.
    pub fragment: u8,
    /// Whether there is an embedded packet.
    pub has_embedded: bool,
    /// Whether there are TCP flags.
    pub has_tcp_flags: bool,
    /// The TCP flags that open and close connections: NETPOL_TCP_SYN and the others.
    pub tcp_flags: u8,
    /// Whether there is an identifier of ICMP.
    pub has_icmp_identifier: bool,
    /// Whether there is one in the embedded packet.
    pub has_embedded_icmp_identifier: bool,
    /// Whether there is a chunk of SCTP.
    pub has_sctp_chunk: bool,
    /// The type of the first one.
    pub sctp_chunk: u8,
    /// Not used; 0.
    pub reserved: [u8; 6],
}

const _: () = assert!(size_of::<netpol_raw_packet>() == 128);

impl netpol_packet {
    pub(crate) fn of(packet: &Packet) -> netpol_packet {
        let (family, source) = address_bytes(packet.source());
        let (_, destination) = address_bytes(packet.destination());
        let (mut source_port, mut destination_port) = (0, 0);
        let (mut icmp_type, mut icmp_code) = (0, 0);
        let transport = match packet.transport() {
            Transport::Ports { source, destination } => {
                (source_port, destination_port) = (source, destination);
                0
            }
            Transport::Icmp { kind, code } => {
                (icmp_type, icmp_code) = (kind, code);
                1
            }
            _ => 2,
        };
        netpol_packet {
            source,
            destination,
            source_port,
            destination_port,
            family,
            protocol: packet.protocol().0,
            transport,
            flags: if packet.is_via_service() { NETPOL_PACKET_VIA_SERVICE } else { 0 },
            icmp_type,
            icmp_code,
            reserved: [0; 6],
        }
    }

    const NONE: netpol_packet = netpol_packet {
        source: [0; 16],
        destination: [0; 16],
        source_port: 0,
        destination_port: 0,
        family: 0,
        protocol: 0,
        transport: 0,
        flags: 0,
        icmp_type: 0,
        icmp_code: 0,
        reserved: [0; 6],
    };
}

impl netpol_raw_packet {
    fn of(raw: &RawPacket) -> netpol_raw_packet {
        let embedded = raw.embedded();
        let flags = raw.tcp_flags();
        let bit = |set: bool, bit: u8| if set { bit } else { 0 };
        netpol_raw_packet {
            packet: netpol_packet::of(&raw.packet()),
            embedded: embedded.as_ref().map_or(netpol_packet::NONE, netpol_packet::of),
            identification: raw.fragment().map_or(0, Fragment::identification),
            tcp_sequence: raw.tcp_sequence().unwrap_or(0),
            tcp_acknowledgement: raw.tcp_acknowledgement().unwrap_or(0),
            fragment_offset: match raw.fragment() {
                Some(Fragment::Later { offset, .. }) => offset,
                _ => 0,
            },
            icmp_identifier: raw.icmp_identifier().unwrap_or(0),
            embedded_icmp_identifier: raw.embedded_icmp_identifier().unwrap_or(0),
            has_icmp_identifier: raw.icmp_identifier().is_some(),
            has_embedded_icmp_identifier: raw.embedded_icmp_identifier().is_some(),
            has_sctp_chunk: raw.sctp_chunk().is_some(),
            sctp_chunk: raw.sctp_chunk().unwrap_or(0),
            fragment: match raw.fragment() {
                None => netpol_fragment::None,
                Some(Fragment::First { .. }) => netpol_fragment::First,
                Some(Fragment::Later { .. }) => netpol_fragment::Later,
            } as u8,
            has_embedded: embedded.is_some(),
            has_tcp_flags: flags.is_some(),
            tcp_flags: flags.map_or(0, |flags| {
                bit(flags.fin(), NETPOL_TCP_FIN)
                    | bit(flags.syn(), NETPOL_TCP_SYN)
                    | bit(flags.rst(), NETPOL_TCP_RST)
                    | bit(flags.ack(), NETPOL_TCP_ACK)
            }),
            reserved: [0; 6],
        }
    }
}

impl From<RawPacketError> for netpol_status {
    fn from(_: RawPacketError) -> netpol_status {
        netpol_status::UnreadablePacket
    }
}

/// Reads a packet of which `bytes` begin with the IP header, IPv4 or IPv6: options, extension headers in
/// any order, fragments, the packet that an ICMP error is about. Bytes behind its end are not looked at,
/// and it may end early when everything up to the ports is there.
///
/// NETPOL_STATUS_UNREADABLE_PACKET when it cannot be judged, and should not pass; then `error_out`, which
/// may be NULL, has the reason as text, which is made for that alone: pass NULL where packets come by
/// the million.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_packet_parse(
    bytes: *const u8,
    bytes_len: usize,
    raw_out: *mut netpol_raw_packet,
    error_out: *mut *mut netpol_string,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (bytes, place) = unsafe { (pointer::array(bytes, bytes_len)?, Place::new(raw_out)?) };
        match RawPacket::parse(bytes) {
            Ok(raw) => {
                place.write(netpol_raw_packet::of(&raw));
                Ok(())
            }
            Err(error) => {
                // SAFETY: the header's contract.
                if let Ok(place) = unsafe { Place::new(error_out) } {
                    place.hand_over(netpol_string(error.to_string()));
                }
                Err(error.into())
            }
        }
    })
}

/// May the packet pass of which `bytes` begin with the IP header? As `netpol_packet_parse` and
/// `netpol_reader_decide`: it knows no connection, so replies and later fragments are judged as if each
/// were the first packet; `netpol_flows_judge` knows them.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_reader_decide_raw(
    reader: *mut netpol_reader,
    bytes: *const u8,
    bytes_len: usize,
    verdict_out: *mut u8,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (reader, bytes, place) = unsafe {
            (
                pointer::exclusive(reader)?,
                pointer::array(bytes, bytes_len)?,
                Place::new(verdict_out)?,
            )
        };
        place.write(verdict_number(reader.0.decide_raw(bytes)?));
        Ok(())
    })
}
