//! Packets made byte by byte, as the RFCs draw them.

/// The first three are addresses of IPv4, the others of IPv6.
pub(crate) const A4: [u8; 4] = [10, 0, 0, 1];
pub(crate) const B4: [u8; 4] = [10, 0, 0, 2];
pub(crate) const ROUTER4: [u8; 4] = [192, 0, 2, 1];
pub(crate) const A6: [u8; 16] = [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
pub(crate) const B6: [u8; 16] = [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];

pub(crate) const FIN: u8 = 1;
pub(crate) const SYN: u8 = 2;
pub(crate) const RST: u8 = 4;
pub(crate) const ACK: u8 = 16;

/// A packet from 10.0.0.1 to 10.0.0.2.
pub(crate) fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    ipv4_with(&[], 0, protocol, payload)
}

/// One with options, whose length is a multiple of four, and with flags and fragment offset.
pub(crate) fn ipv4_with(options: &[u8], fragment: u16, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let header = 20 + options.len();
    let total = u16::try_from(header + payload.len()).expect("it is a short packet");
    let words = u8::try_from(header / 4).expect("it is a short header");
    let mut bytes = vec![0x40 | words, 0];
    bytes.extend(total.to_be_bytes());
    bytes.extend([0xab, 0xcd]);
    bytes.extend(fragment.to_be_bytes());
    bytes.extend([64, protocol, 0, 0]);
    bytes.extend(A4);
    bytes.extend(B4);
    bytes.extend(options);
    bytes.extend(payload);
    bytes
}

/// A packet from fd00::1 to fd00::2.
pub(crate) fn ipv6(next: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).expect("it is a short packet");
    let mut bytes = vec![0x60, 0, 0, 0];
    bytes.extend(length.to_be_bytes());
    bytes.extend([next, 64]);
    bytes.extend(A6);
    bytes.extend(B6);
    bytes.extend(payload);
    bytes
}

/// One with extension headers, each told by its number; the fragment header says that it is the
/// whole packet.
pub(crate) fn ipv6_behind(headers: &[u8], next: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = payload.to_vec();
    let mut number = next;
    for &header in headers.iter().rev() {
        let mut longer = match header {
            44 => fragment_header(number, 0, false),
            51 => authentication_header(number),
            _ => extension_header(number, 1),
        };
        longer.append(&mut bytes);
        (bytes, number) = (longer, header);
    }
    ipv6(number, &bytes)
}

/// A header of eight bytes and as many times eight more, full of what could pass for ports.
pub(crate) fn extension_header(next: u8, more: u8) -> Vec<u8> {
    let mut bytes = vec![0xee; 8 + 8 * usize::from(more)];
    bytes[..2].copy_from_slice(&[next, more]);
    bytes
}

/// A fragment header; the offset is in units of eight bytes.
pub(crate) fn fragment_header(next: u8, offset: u16, more: bool) -> Vec<u8> {
    let [high, low] = (offset << 3 | u16::from(more)).to_be_bytes();
    vec![next, 0, high, low, 0x12, 0x34, 0x56, 0x78]
}

/// An authentication header with a check value of twelve bytes.
pub(crate) fn authentication_header(next: u8) -> Vec<u8> {
    let mut bytes = vec![0xee; 24];
    bytes[..4].copy_from_slice(&[next, 4, 0, 0]);
    bytes
}

/// A TCP header from port 40000 to port 80.
pub(crate) fn tcp(flags: u8) -> Vec<u8> {
    let mut bytes = vec![0x9c, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, flags];
    bytes.extend([0xff, 0xff, 0, 0, 0, 0]);
    bytes
}

/// A UDP datagram from port 40000 to port 53.
pub(crate) fn udp() -> Vec<u8> {
    vec![0x9c, 0x40, 0, 53, 0, 8, 0, 0]
}

/// The common header of SCTP from port 40000 to port 7.
pub(crate) fn sctp() -> Vec<u8> {
    vec![0x9c, 0x40, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0]
}

/// A message of ICMP or ICMPv6.
pub(crate) fn icmp(kind: u8, code: u8, rest: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind, code, 0, 0, 0, 0, 0, 0];
    bytes.extend(rest);
    bytes
}

/// The first bytes.
pub(crate) fn cut(bytes: &[u8], length: usize) -> Vec<u8> {
    bytes[..length].to_vec()
}

/// A packet with other bytes at some place.
pub(crate) fn with(mut bytes: Vec<u8>, place: usize, others: &[u8]) -> Vec<u8> {
    bytes[place..place + others.len()].copy_from_slice(others);
    bytes
}

/// Packets of every kind that is read, each with a name; what fuzzing begins with.
pub(crate) fn packets() -> Vec<(&'static str, Vec<u8>)> {
    let every_header = [0, 60, 43, 44, 51, 135, 139, 140, 60];
    let first = |next, rest: &[u8]| [fragment_header(next, 0, true), rest.to_vec()].concat();
    let later = |next, rest: &[u8]| [fragment_header(next, 3, false), rest.to_vec()].concat();
    let behind_authentication = |rest: &[u8]| [authentication_header(6), rest.to_vec()].concat();
    let jumbogram = ipv6_behind(&[0], 17, &udp());
    vec![
        ("ipv4-tcp", ipv4(6, &tcp(SYN))),
        ("ipv4-udp", ipv4(17, &udp())),
        ("ipv4-sctp", ipv4(132, &sctp())),
        ("ipv4-sctp-init", ipv4(132, &[sctp(), vec![1, 0, 0, 4]].concat())),
        ("ipv4-echo", ipv4(1, &icmp(8, 0, b"ping"))),
        ("ipv4-esp", ipv4(50, &[7; 16])),
        ("ipv4-options", ipv4_with(&[1; 40], 0, 6, &tcp(SYN | ACK))),
        ("ipv4-first-fragment", ipv4_with(&[], 0x2000, 17, &udp())),
        ("ipv4-later-fragment", ipv4_with(&[], 0x2003, 17, &udp())),
        ("ipv4-authentication", ipv4(51, &behind_authentication(&tcp(FIN | ACK)))),
        ("ipv4-segmentation-offload", with(ipv4(6, &tcp(ACK)), 2, &[0, 0])),
        ("ipv4-unreachable", ipv4(1, &icmp(3, 4, &cut(&ipv4(6, &tcp(SYN)), 28)))),
        ("ipv4-time-exceeded", ipv4(1, &icmp(11, 0, &ipv4_with(&[1; 8], 0, 17, &udp())))),
        ("ipv6-tcp", ipv6(6, &tcp(RST))),
        ("ipv6-udp", ipv6(17, &udp())),
        ("ipv6-sctp", ipv6(132, &sctp())),
        ("ipv6-echo-reply", ipv6(58, &icmp(129, 0, b"ping"))),
        ("ipv6-neighbour-solicitation", ipv6(58, &icmp(135, 0, &B6))),
        ("ipv6-no-next-header", ipv6_behind(&[60], 59, b"ignored")),
        ("ipv6-every-header", ipv6_behind(&every_header, 6, &tcp(SYN))),
        ("ipv6-first-fragment", ipv6(44, &first(6, &tcp(SYN)))),
        ("ipv6-later-fragment", ipv6(44, &later(6, &tcp(SYN)))),
        ("ipv6-jumbogram", with(jumbogram, 4, &[0, 0])),
        ("ipv6-too-big", ipv6(58, &icmp(2, 0, &ipv6_behind(&[0], 17, &udp())))),
        ("ipv6-unreachable", ipv6(58, &icmp(1, 4, &ipv6(6, &tcp(SYN))))),
    ]
}
