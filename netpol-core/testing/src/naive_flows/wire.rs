//! Packets as they go over a wire, between addresses and ports.

use std::net::{IpAddr, SocketAddr};

/// Flags of TCP.
pub const FIN: u8 = 1;
/// As [`FIN`].
pub const SYN: u8 = 2;
/// As [`FIN`].
pub const RST: u8 = 4;
/// As [`FIN`].
pub const ACK: u8 = 16;

/// A segment of TCP.
#[must_use]
pub fn tcp(from: SocketAddr, to: SocketAddr, flags: u8, numbers: [u32; 2]) -> Vec<u8> {
    let mut payload = ports(from, to);
    payload.extend(numbers.into_iter().flat_map(u32::to_be_bytes));
    payload.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    ip(from.ip(), to.ip(), 6, &payload)
}

/// A datagram of UDP.
#[must_use]
pub fn udp(from: SocketAddr, to: SocketAddr) -> Vec<u8> {
    let mut payload = ports(from, to);
    payload.extend([0, 8, 0, 0]);
    ip(from.ip(), to.ip(), 17, &payload)
}

/// A packet of SCTP with one chunk.
#[must_use]
pub fn sctp(from: SocketAddr, to: SocketAddr, chunk: u8) -> Vec<u8> {
    let mut payload = ports(from, to);
    payload.extend([0; 8]);
    payload.extend([chunk, 0, 0, 4]);
    ip(from.ip(), to.ip(), 132, &payload)
}

/// A message of ICMP, or of ICMPv6 between IPv6 addresses, with an identifier behind its checksum.
#[must_use]
pub fn icmp(from: IpAddr, to: IpAddr, kind: u8, identifier: u16) -> Vec<u8> {
    let [high, low] = identifier.to_be_bytes();
    ip(from, to, if from.is_ipv4() { 1 } else { 58 }, &[kind, 0, 0, 0, high, low, 0, 1])
}

/// A ping.
#[must_use]
pub fn ping(from: IpAddr, to: IpAddr, identifier: u16) -> Vec<u8> {
    icmp(from, to, if from.is_ipv4() { 8 } else { 128 }, identifier)
}

/// The answer to a ping.
#[must_use]
pub fn pong(from: IpAddr, to: IpAddr, identifier: u16) -> Vec<u8> {
    icmp(from, to, if from.is_ipv4() { 0 } else { 129 }, identifier)
}

/// Destination unreachable, quoting the first bytes of a packet.
#[must_use]
pub fn unreachable(from: IpAddr, to: IpAddr, about: &[u8]) -> Vec<u8> {
    let (protocol, kind) = if from.is_ipv4() { (1, 3) } else { (58, 1) };
    let mut payload = vec![kind, 1, 0, 0, 0, 0, 0, 0];
    let header = if from.is_ipv4() { 20 } else { 40 };
    payload.extend(&about[..about.len().min(header + 8)]);
    ip(from, to, protocol, &payload)
}

/// A packet of another protocol.
#[must_use]
pub fn other(from: IpAddr, to: IpAddr, protocol: u8) -> Vec<u8> {
    ip(from, to, protocol, &[0; 8])
}

/// A whole packet made a piece of one, at an offset in units of eight bytes.
#[must_use]
pub fn piece(packet: &[u8], offset: u16, more: bool, identification: u16) -> Vec<u8> {
    let mut bytes = packet.to_vec();
    if bytes[0] >> 4 == 4 {
        bytes[4..6].copy_from_slice(&identification.to_be_bytes());
        bytes[6..8].copy_from_slice(&(offset | u16::from(more) << 13).to_be_bytes());
        return bytes;
    }
    let mut header = vec![bytes[6], 0];
    header.extend((offset << 3 | u16::from(more)).to_be_bytes());
    header.extend(u32::from(identification).to_be_bytes());
    bytes[6] = 44;
    let length = u16::from_be_bytes([bytes[4], bytes[5]]) + 8;
    bytes[4..6].copy_from_slice(&length.to_be_bytes());
    bytes.splice(40..40, header);
    bytes
}

fn ports(from: SocketAddr, to: SocketAddr) -> Vec<u8> {
    [from.port().to_be_bytes(), to.port().to_be_bytes()].concat()
}

/// # Panics
///
/// When the addresses are not of one family.
fn ip(from: IpAddr, to: IpAddr, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let length = (20 + payload.len()) as u16;
            let mut bytes = vec![0x45, 0];
            bytes.extend(length.to_be_bytes());
            bytes.extend([0, 0, 0, 0, 64, protocol, 0, 0]);
            bytes.extend(from.octets());
            bytes.extend(to.octets());
            bytes
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            let mut bytes = vec![0x60, 0, 0, 0];
            bytes.extend((payload.len() as u16).to_be_bytes());
            bytes.extend([protocol, 64]);
            bytes.extend(from.octets());
            bytes.extend(to.octets());
            bytes
        }
        _ => panic!("{from} and {to} are not of one family"),
    };
    bytes.extend(payload);
    bytes
}
