//! Packets as they lie in memory: what each rule of the RFCs makes of them.

use std::net::{IpAddr, Ipv6Addr};

use netpol_core::net::Protocol;
use netpol_core::packet::{Fragment, Packet, RawPacket, RawPacketError, Transport};
use netpol_core::{Admission, Options, Verdict};

use super::packet_bytes::*;
use super::small_cluster::{policy, read, surroundings};

/// What is read from the bytes; the plain reader must agree.
fn parsed(bytes: &[u8]) -> Result<RawPacket, RawPacketError> {
    if let Some(told) = netpol_testing::naive_packet::disagreement(bytes) {
        panic!("{told}");
    }
    RawPacket::parse(bytes)
}

fn raw(bytes: &[u8]) -> RawPacket {
    parsed(bytes).unwrap_or_else(|error| panic!("{error}: {bytes:02x?}"))
}

/// A packet as it is shown.
fn shown(bytes: &[u8]) -> String {
    raw(bytes).packet().to_string()
}

fn refusal(bytes: &[u8]) -> RawPacketError {
    match parsed(bytes) {
        Ok(raw) => panic!("{raw:?} from {bytes:02x?}"),
        Err(error) => error,
    }
}

const fn too_short(part: &'static str, needed: usize, available: usize) -> RawPacketError {
    RawPacketError::TooShort { part, needed, available }
}

fn packet4(protocol: Protocol, transport: Transport) -> Packet {
    Packet::new(IpAddr::from(A4), IpAddr::from(B4), protocol, transport)
}

#[test]
fn whole_packets() {
    let table = [
        (ipv4(6, &tcp(SYN)), "TCP 10.0.0.1 -> 10.0.0.2:80"),
        (ipv4(17, &udp()), "UDP 10.0.0.1 -> 10.0.0.2:53"),
        (ipv4(132, &sctp()), "SCTP 10.0.0.1 -> 10.0.0.2:7"),
        (ipv4(1, &icmp(8, 3, b"ping")), "ICMP 10.0.0.1 -> 10.0.0.2 type 8 code 3"),
        (ipv4(50, &[7; 16]), "protocol 50 10.0.0.1 -> 10.0.0.2"),
        (ipv4(136, &udp()), "protocol 136 10.0.0.1 -> 10.0.0.2"),
        (ipv4(4, &ipv4(6, &tcp(SYN))), "protocol 4 10.0.0.1 -> 10.0.0.2"),
        (ipv4(47, &[]), "protocol 47 10.0.0.1 -> 10.0.0.2"),
        (ipv6(6, &tcp(SYN)), "TCP fd00::1 -> [fd00::2]:80"),
        (ipv6(17, &udp()), "UDP fd00::1 -> [fd00::2]:53"),
        (ipv6(132, &sctp()), "SCTP fd00::1 -> [fd00::2]:7"),
        (ipv6(58, &icmp(128, 0, b"ping")), "ICMPv6 fd00::1 -> fd00::2 type 128 code 0"),
        (ipv6(50, &[7; 16]), "protocol 50 fd00::1 -> fd00::2"),
        (ipv6(136, &udp()), "protocol 136 fd00::1 -> fd00::2"),
        (ipv6(59, &[]), "protocol 59 fd00::1 -> fd00::2"),
        (ipv6(59, &tcp(SYN)), "protocol 59 fd00::1 -> fd00::2"),
    ];
    for (bytes, expected) in table {
        assert_eq!(shown(&bytes), expected);
        assert_eq!(raw(&bytes).fragment(), None);
    }
    let ports = Transport::Ports { source: 40000, destination: 80 };
    assert_eq!(raw(&ipv4(6, &tcp(SYN))).packet(), packet4(Protocol::TCP, ports));
}

#[test]
fn no_packets() {
    assert_eq!(refusal(&[]), too_short("IP version", 1, 0));
    for version in (0..16).filter(|version| ![4, 6].contains(version)) {
        let error = RawPacketError::Version { version };
        assert_eq!(refusal(&with(ipv4(6, &tcp(SYN)), 0, &[version << 4 | 5])), error);
    }
    assert_eq!(refusal(&[0x45; 19]), too_short("IPv4 header", 20, 19));
    assert_eq!(refusal(&[0x60; 39]), too_short("IPv6 header", 40, 39));
    for words in 0..5 {
        let bytes = with(ipv4(6, &tcp(SYN)), 0, &[0x40 | words]);
        assert_eq!(refusal(&bytes), RawPacketError::HeaderLength { header: words * 4 });
    }
    let bytes = with(ipv4(6, &tcp(SYN)), 2, &[0, 19]);
    assert_eq!(refusal(&bytes), RawPacketError::TotalLength { total: 19, header: 20 });
    let bytes = with(ipv4_with(&[1; 8], 0, 6, &tcp(SYN)), 2, &[0, 27]);
    assert_eq!(refusal(&bytes), RawPacketError::TotalLength { total: 27, header: 28 });
}

#[test]
fn options_of_ipv4() {
    for words in 0..=10 {
        let bytes = ipv4_with(&vec![0xee; words * 4], 0, 6, &tcp(SYN));
        assert_eq!(shown(&bytes), "TCP 10.0.0.1 -> 10.0.0.2:80");
        let header = 20 + words * 4;
        if words > 0 {
            let error = too_short("IPv4 header", header, header - 1);
            assert_eq!(refusal(&bytes[..header - 1]), error);
        }
    }
}

/// A frame has at least 46 bytes on an Ethernet; what fills them is nobody's port.
#[test]
fn padding_is_not_read() {
    for part in [0, 1, 3] {
        for (protocol, name) in [(6, "TCP ports"), (17, "UDP ports"), (132, "SCTP ports")] {
            let mut bytes = ipv4(protocol, &tcp(SYN)[..part]);
            bytes.resize(60, 0);
            assert_eq!(refusal(&bytes), too_short(name, 4, part));
            let mut bytes = ipv6(protocol, &tcp(SYN)[..part]);
            bytes.resize(60, 0);
            assert_eq!(refusal(&bytes), too_short(name, 4, part));
        }
    }
    for (bytes, name) in [
        (ipv4(1, &[8]), "ICMP type and code"),
        (ipv6(58, &[135]), "ICMPv6 type and code"),
        (ipv6(58, &[]), "ICMPv6 type and code"),
    ] {
        let available = bytes.len() % 20;
        let mut bytes = bytes;
        bytes.resize(100, 0);
        assert_eq!(refusal(&bytes), too_short(name, 2, available));
    }
    // Four bytes of ports, and flags behind the end.
    let mut bytes = ipv4(6, &tcp(SYN)[..4]);
    bytes.resize(60, 0xff);
    assert_eq!(
        (shown(&bytes), raw(&bytes).tcp_flags()),
        (String::from("TCP 10.0.0.1 -> 10.0.0.2:80"), None)
    );
}

/// A capture of the first bytes, of packets that say how long they were.
#[test]
fn captures() {
    for whole in [ipv4(6, &tcp(SYN)), ipv6(6, &tcp(SYN))] {
        let ports = whole.len() - 16;
        assert_eq!(raw(&whole[..ports]).packet(), raw(&whole).packet());
        assert_eq!(refusal(&whole[..ports - 1]), too_short("TCP ports", 4, 3));
    }
}

#[test]
fn packets_without_a_length() {
    let unsegmented = with(ipv4(6, &tcp(ACK)), 2, &[0, 0]);
    assert_eq!(shown(&unsegmented), "TCP 10.0.0.1 -> 10.0.0.2:80");
    assert_eq!(refusal(&unsegmented[..22]), too_short("TCP ports", 4, 2));
    let jumbogram = with(ipv6_behind(&[0, 60], 6, &tcp(SYN)), 4, &[0, 0]);
    assert_eq!(shown(&jumbogram), "TCP fd00::1 -> [fd00::2]:80");
    // Without a hop-by-hop header there is no payload, and what comes is padding.
    let empty = with(ipv6(6, &tcp(SYN)), 4, &[0, 0]);
    assert_eq!(refusal(&empty), too_short("TCP ports", 4, 0));
    let empty = with(ipv6_behind(&[60], 6, &tcp(SYN)), 4, &[0, 0]);
    assert_eq!(refusal(&empty), too_short("IPv6 extension header", 8, 0));
    assert_eq!(shown(&with(ipv6(59, &[1]), 4, &[0, 0])), "protocol 59 fd00::1 -> fd00::2");
}

#[test]
fn fragments_of_ipv4() {
    let first = Some(Fragment::First { identification: 0xabcd });
    let later = |offset| Some(Fragment::Later { identification: 0xabcd, offset });
    // Offset and flags: more fragments is 0x2000, do not fragment 0x4000, and 0x8000 has no meaning.
    let table = [
        (0, None),
        (0xc000, None),
        (0x2000, first),
        (1, later(1)),
        (0x3fff, later(0x1fff)),
        (0x2001, later(1)),
    ];
    for (field, fragment) in table {
        let bytes = ipv4_with(&[], field, 17, &udp());
        assert_eq!(raw(&bytes).fragment(), fragment);
        let is_later = matches!(fragment, Some(Fragment::Later { .. }));
        assert_eq!(raw(&bytes).packet().is_fragment(), is_later);
        let expected =
            if is_later { "UDP 10.0.0.1 -> 10.0.0.2" } else { "UDP 10.0.0.1 -> 10.0.0.2:53" };
        assert_eq!(shown(&bytes), expected);
    }
    assert_eq!(refusal(&ipv4_with(&[], 0x2000, 6, &[0; 3])), too_short("TCP ports", 4, 3));
    // A later one is judged by its header alone, and nothing in it is a header.
    assert_eq!(raw(&ipv4_with(&[], 1, 6, &tcp(SYN))).tcp_flags(), None);
    assert_eq!(shown(&ipv4_with(&[], 1, 6, &[])), "TCP 10.0.0.1 -> 10.0.0.2");
    assert_eq!(shown(&ipv4_with(&[], 1, 1, &icmp(3, 0, &[]))), "ICMP 10.0.0.1 -> 10.0.0.2");
    let authenticated = [authentication_header(6), tcp(SYN)].concat();
    let bytes = ipv4_with(&[], 1, 51, &authenticated);
    assert_eq!(shown(&bytes), "protocol 51 10.0.0.1 -> 10.0.0.2");
    let bytes = ipv4_with(&[], 0x2000, 51, &authenticated);
    assert_eq!(
        (shown(&bytes), raw(&bytes).fragment()),
        (String::from("TCP 10.0.0.1 -> 10.0.0.2:80"), first)
    );
}

#[test]
fn fragments_of_ipv6() {
    let behind = |header: Vec<u8>, rest: &[u8]| ipv6(44, &[header, rest.to_vec()].concat());
    let atomic = behind(fragment_header(6, 0, false), &tcp(SYN));
    assert_eq!(
        (shown(&atomic), raw(&atomic).fragment()),
        (String::from("TCP fd00::1 -> [fd00::2]:80"), None)
    );

    let first = behind(fragment_header(6, 0, true), &tcp(SYN));
    assert_eq!(shown(&first), "TCP fd00::1 -> [fd00::2]:80");
    assert_eq!(raw(&first).fragment(), Some(Fragment::First { identification: 0x1234_5678 }));
    let short = behind(fragment_header(6, 0, true), &[0; 2]);
    assert_eq!(refusal(&short), too_short("TCP ports", 4, 2));
    // The chain of headers must be in the first fragment (RFC 7112).
    let short = behind(fragment_header(60, 0, true), &extension_header(6, 1)[..8]);
    assert_eq!(refusal(&short), too_short("IPv6 extension header", 16, 8));

    for (offset, more) in [(1, false), (1, true), (0x1fff, true)] {
        let later = behind(fragment_header(6, offset, more), &tcp(SYN));
        assert_eq!(shown(&later), "TCP fd00::1 -> fd00::2");
        assert!(raw(&later).packet().is_fragment());
        let piece = Fragment::Later { identification: 0x1234_5678, offset };
        assert_eq!(raw(&later).fragment(), Some(piece));
        assert_eq!(raw(&later).tcp_flags(), None);
    }
    let later = behind(fragment_header(60, 1, true), &extension_header(6, 0));
    assert_eq!(shown(&later), "protocol 60 fd00::1 -> fd00::2");
    assert_eq!(refusal(&atomic[..47]), too_short("IPv6 fragment header", 8, 7));
}

#[test]
fn fragments_of_fragments() {
    let nested = |outer: Vec<u8>, inner: Vec<u8>| ipv6(44, &[outer, inner, tcp(SYN)].concat());
    let first = || fragment_header(44, 0, true);
    assert_eq!(
        refusal(&nested(first(), fragment_header(6, 0, true))),
        RawPacketError::FragmentOfFragment
    );
    assert_eq!(
        refusal(&nested(first(), fragment_header(6, 9, true))),
        RawPacketError::FragmentOfFragment
    );
    // What is no fragment does no harm.
    let whole = || fragment_header(44, 0, false);
    let fragment = Some(Fragment::First { identification: 0x1234_5678 });
    assert_eq!(raw(&nested(whole(), fragment_header(6, 0, true))).fragment(), fragment);
    assert_eq!(raw(&nested(first(), fragment_header(6, 0, false))).fragment(), fragment);
    assert_eq!(raw(&nested(whole(), fragment_header(6, 0, false))).fragment(), None);
    // What follows a later fragment's header is data.
    let later = nested(fragment_header(44, 1, true), fragment_header(6, 0, true));
    assert_eq!(shown(&later), "protocol 44 fd00::1 -> fd00::2");
}

/// Each header at each place, and all pairs of them.
#[test]
fn extension_headers_in_any_order() {
    let headers = [0, 43, 44, 51, 60, 135, 139, 140];
    for first in headers {
        for second in headers {
            let bytes = ipv6_behind(&[first, second], 6, &tcp(SYN));
            assert_eq!(shown(&bytes), "TCP fd00::1 -> [fd00::2]:80", "{first} {second}");
            assert_eq!(raw(&bytes).fragment(), None);
            let bytes = ipv6_behind(&[first, second, first], 58, &icmp(128, 0, &[]));
            assert_eq!(shown(&bytes), "ICMPv6 fd00::1 -> fd00::2 type 128 code 0");
        }
        let bytes = ipv6_behind(&[first], 6, &tcp(SYN));
        assert!(matches!(refusal(&bytes[..41]), RawPacketError::TooShort { .. }));
    }
}

#[test]
fn as_many_extension_headers_as_fit() {
    let mut chain = Vec::new();
    for _ in 0..8_000 {
        chain.extend(extension_header(60, 0));
    }
    chain.extend(extension_header(6, 0));
    chain.extend(tcp(SYN));
    assert_eq!(shown(&ipv6(60, &chain)), "TCP fd00::1 -> [fd00::2]:80");
    let endless = [60, 0, 0, 0, 0, 0, 0, 0].repeat(8_000);
    assert_eq!(refusal(&ipv6(60, &endless)), too_short("IPv6 extension header", 8, 0));
    let long = [extension_header(17, 255), udp()].concat();
    assert_eq!(shown(&ipv6(43, &long)), "UDP fd00::1 -> [fd00::2]:53");
}

#[test]
fn what_is_no_extension_header() {
    let rest = [extension_header(6, 0), tcp(SYN)].concat();
    for number in [50, 59, 253, 254, 255] {
        assert_eq!(shown(&ipv6(number, &rest)), format!("protocol {number} fd00::1 -> fd00::2"));
    }
    // IPv4 has none but the authentication header.
    for number in [0, 43, 44, 60, 135, 139, 140] {
        assert_eq!(shown(&ipv4(number, &rest)), format!("protocol {number} 10.0.0.1 -> 10.0.0.2"));
    }
}

#[test]
fn authentication_headers() {
    let one = [authentication_header(6), tcp(SYN)].concat();
    assert_eq!(shown(&ipv4(51, &one)), "TCP 10.0.0.1 -> 10.0.0.2:80");
    assert_eq!(shown(&ipv6(51, &one)), "TCP fd00::1 -> [fd00::2]:80");
    assert!(raw(&ipv4(51, &one)).tcp_flags().is_some());
    let two = [authentication_header(51), one.clone()].concat();
    assert_eq!(shown(&ipv4(51, &two)), "TCP 10.0.0.1 -> 10.0.0.2:80");
    let least = [vec![17, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], udp()].concat();
    assert_eq!(shown(&ipv4(51, &least)), "UDP 10.0.0.1 -> 10.0.0.2:53");
    let encrypted = [authentication_header(50), tcp(SYN)].concat();
    assert_eq!(shown(&ipv4(51, &encrypted)), "protocol 50 10.0.0.1 -> 10.0.0.2");

    assert_eq!(refusal(&ipv4(51, &one[..11])), too_short("authentication header", 12, 11));
    assert_eq!(refusal(&ipv6(51, &one[..23])), too_short("authentication header", 24, 23));
    let shortest = with(ipv4(51, &one), 21, &[0]);
    assert_eq!(refusal(&shortest), RawPacketError::AuthenticationHeaderLength { header: 8 });
}

/// Neighbour discovery is always allowed, so nothing else may pass for it.
#[test]
fn messages_of_the_other_version() {
    let solicitation = icmp(135, 0, &B6);
    assert!(raw(&ipv6(58, &solicitation)).packet().is_link_signalling());
    let disguised = raw(&ipv4(58, &solicitation)).packet();
    assert_eq!(disguised, packet4(Protocol::ICMPV6, Transport::Unknown));
    assert!(!disguised.is_link_signalling());
    let old = raw(&ipv6(1, &icmp(3, 0, &ipv6(6, &tcp(SYN)))));
    assert_eq!((old.packet().transport(), old.embedded()), (Transport::Unknown, None));
}

#[test]
fn ipv4_addresses_in_ipv6() {
    let address = Ipv6Addr::from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1]);
    for place in [8, 24] {
        let bytes = with(ipv6(6, &tcp(SYN)), place, &address.octets());
        assert_eq!(refusal(&bytes), RawPacketError::MappedAddress { address });
        let quoted = ipv6(58, &icmp(1, 0, &bytes));
        assert_eq!(raw(&quoted).embedded(), None);
    }
}

#[test]
fn flags() {
    let [urgent, push] = [0x20, 0x08];
    for flags in 0..=u8::MAX {
        for bytes in [ipv4(6, &tcp(flags)), ipv6_behind(&[60], 6, &tcp(flags))] {
            let read = raw(&bytes).tcp_flags().expect("they are there");
            assert_eq!(read.fin(), flags & FIN != 0);
            assert_eq!(read.syn(), flags & SYN != 0);
            assert_eq!(read.rst(), flags & RST != 0);
            assert_eq!(read.ack(), flags & ACK != 0);
            let others = flags & !(urgent | push);
            assert_eq!(Some(read), raw(&ipv4(6, &tcp(others))).tcp_flags());
        }
    }
    let whole = ipv4(6, &tcp(SYN));
    assert_eq!(raw(&whole[..33]).tcp_flags(), None);
    assert_eq!(raw(&whole[..34]).tcp_flags(), raw(&whole).tcp_flags());
    assert_eq!(raw(&ipv4(17, &tcp(SYN))).tcp_flags(), None);
    assert_eq!(
        format!("{:?}", raw(&whole).tcp_flags()),
        "Some(TcpFlags { fin: false, syn: true, rst: false, ack: false })"
    );
}

#[test]
fn numbers_of_segments() {
    let syn = raw(&ipv4(6, &tcp(SYN)));
    assert_eq!((syn.tcp_sequence(), syn.tcp_acknowledgement()), (Some(1), None));
    let data = ipv6_behind(&[60], 6, &tcp(ACK));
    assert_eq!((raw(&data).tcp_sequence(), raw(&data).tcp_acknowledgement()), (Some(1), Some(2)));
    let flags = data.len() - 6;
    let short = raw(&data[..flags - 1]);
    assert_eq!((short.tcp_sequence(), short.tcp_acknowledgement()), (None, None));
    let short = raw(&data[..flags]);
    assert_eq!((short.tcp_sequence(), short.tcp_acknowledgement()), (Some(1), Some(2)));
    assert_eq!(raw(&ipv4(17, &tcp(ACK))).tcp_sequence(), None);
}

/// Questions and their answers, and nothing else, have an identifier.
#[test]
fn identifiers() {
    for kind in 0..=u8::MAX {
        let message = with(icmp(kind, 0, b"ping"), 4, &[0xab, 0xcd, 0, 1]);
        let expected = [0, 8, 13, 14].contains(&kind).then_some(0xabcd);
        assert_eq!(raw(&ipv4(1, &message)).icmp_identifier(), expected, "{kind}");
        let expected = [128, 129].contains(&kind).then_some(0xabcd);
        assert_eq!(raw(&ipv6_behind(&[60], 58, &message)).icmp_identifier(), expected, "{kind}");
    }
    let ping = with(ipv4(1, &icmp(8, 0, b"ping")), 24, &[1, 2]);
    assert_eq!(raw(&ping[..25]).icmp_identifier(), None);
    assert_eq!(raw(&ping[..26]).icmp_identifier(), Some(0x0102));
    assert_eq!(raw(&ipv4_with(&[], 1, 1, &icmp(8, 0, &[]))).icmp_identifier(), None);

    let quoting = |quoted: &[u8]| raw(&ipv4(1, &icmp(11, 0, quoted)));
    assert_eq!(quoting(&ping[..28]).embedded_icmp_identifier(), Some(0x0102));
    assert_eq!(quoting(&ping[..25]).embedded_icmp_identifier(), None);
    assert_eq!(quoting(&ping[..28]).icmp_identifier(), None);
    assert_eq!(quoting(&ipv4(17, &udp())).embedded_icmp_identifier(), None);
}

#[test]
fn chunks() {
    let init = [sctp(), vec![1, 0, 0, 20]].concat();
    assert_eq!(raw(&ipv4(132, &init)).sctp_chunk(), Some(1));
    assert_eq!(raw(&ipv6(132, &init)).sctp_chunk(), Some(1));
    assert_eq!(raw(&ipv4(132, &sctp())).sctp_chunk(), None);
    assert_eq!(raw(&ipv4(132, &init)[..32]).sctp_chunk(), None);
    assert_eq!(raw(&ipv4(132, &init)[..33]).sctp_chunk(), Some(1));
    assert_eq!(raw(&ipv4(17, &init)).sctp_chunk(), None);
}

/// What each type of message quotes.
#[test]
fn quoted_packets() {
    let quoted4 = ipv4(17, &udp());
    let quoted6 = ipv6_behind(&[0, 60], 17, &udp());
    for kind in 0..=u8::MAX {
        let expected = [3, 4, 5, 11, 12].contains(&kind).then(|| raw(&quoted4).packet());
        assert_eq!(raw(&ipv4(1, &icmp(kind, 1, &quoted4))).embedded(), expected, "{kind}");
        let expected = (1..=4).contains(&kind).then(|| raw(&quoted6).packet());
        assert_eq!(raw(&ipv6(58, &icmp(kind, 1, &quoted6))).embedded(), expected, "{kind}");
    }
    let error = raw(&with(ipv4(1, &icmp(3, 1, &quoted4)), 12, &ROUTER4));
    assert_eq!(error.packet().to_string(), "ICMP 192.0.2.1 -> 10.0.0.2 type 3 code 1");
}

#[test]
fn what_is_quoted_in_part() {
    let unreachable = |quoted: &[u8]| raw(&ipv4(1, &icmp(3, 1, quoted))).embedded();
    // A router needs to quote no more than eight bytes behind the header (RFC 792).
    let long = ipv4_with(&[1; 12], 0, 6, &[tcp(SYN), vec![0; 1000]].concat());
    let packet = Some(raw(&long).packet());
    assert_eq!(unreachable(&long[..40]), packet);
    assert_eq!(unreachable(&long[..36]), packet);
    assert_eq!(unreachable(&long[..35]), None);
    assert_eq!(unreachable(&[]), None);
    assert_eq!(raw(&ipv4(1, &icmp(3, 1, &[])[..2])).embedded(), None);
    assert_eq!(unreachable(&ipv6(6, &tcp(SYN))), None);
    assert_eq!(raw(&ipv6(58, &icmp(1, 0, &long))).embedded(), None);
    // An error about a ping, and one about an error: its quotation is not followed.
    let ping = ipv4(1, &icmp(8, 0, b"ping"));
    assert_eq!(unreachable(&ping), Some(raw(&ping).packet()));
    let error = ipv4(1, &icmp(11, 0, &ping));
    assert_eq!(unreachable(&error), Some(raw(&error).packet()));
    let fragment = ipv4_with(&[], 7, 17, &udp());
    assert_eq!(unreachable(&fragment), Some(packet4(Protocol::UDP, Transport::Unknown)));
    // What lies behind the error is not quoted.
    let mut padded = ipv4(1, &icmp(3, 1, &long[..35]));
    padded.extend(&long[35..]);
    assert_eq!(raw(&padded).embedded(), None);
    // An error that is itself too long for a link: its first fragment has the quotation.
    let first = ipv4_with(&[], 0x2000, 1, &icmp(3, 1, &long[..40]));
    assert_eq!(raw(&first).embedded(), packet);
    assert_eq!(raw(&ipv4_with(&[], 0x2001, 1, &icmp(3, 1, &long[..40]))).embedded(), None);
}

#[test]
fn errors_in_words() {
    let mapped = with(ipv6(6, &[]), 20, &[0, 0, 0, 0]);
    let mapped = with(mapped, 8, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1]);
    let table = [
        (ipv4(6, &[1; 3]), "TCP ports: 4 bytes needed, 3 there"),
        (vec![0x50], "version 5 is neither IPv4 nor IPv6"),
        (with(ipv4(6, &[]), 0, &[0x44]), "an IPv4 header of 16 bytes, where 20 are the least"),
        (
            with(ipv4(6, &[]), 3, &[8]),
            "a total length of 8 bytes, where the IPv4 header alone has 20",
        ),
        (ipv4(51, &[0; 12]), "an authentication header of 8 bytes, where 12 are the least"),
        (
            ipv6(44, &[fragment_header(44, 0, true), fragment_header(6, 1, true)].concat()),
            "a fragment within a fragment",
        ),
        (mapped, "::ffff:10.0.0.1 in an IPv6 packet"),
    ];
    for (bytes, expected) in table {
        assert_eq!(refusal(&bytes).to_string(), expected);
    }
}

/// The engine says of the bytes what it says of the packet, and nothing of what is none.
#[test]
fn engines_judge_bytes() {
    let mut cluster = surroundings(Options::default());
    // 10.0.0.2 takes port 80 from 10.0.0.1.
    let manifest = read(&policy(
        "podSelector: {matchLabels: {app: web}}
         ingress: [{from: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: 80}]}]",
    ));
    cluster.apply(&manifest, Admission::Create).expect("it is good");
    let mut reader = cluster.readers().reader();
    let allowed = ipv4(6, &tcp(SYN));
    assert_eq!(reader.decide_raw(&allowed), Ok(Verdict::Deny), "nothing is known yet");
    let engine = cluster.publish().expect("it fits");

    let foreign = with(allowed.clone(), 12, &ROUTER4);
    let table = [
        (allowed.clone(), Ok(Verdict::Allow)),
        (foreign, Ok(Verdict::Deny)),
        (with(allowed.clone(), 22, &[0, 81]), Ok(Verdict::Deny)),
        (ipv4_with(&[], 1, 6, &tcp(SYN)), Ok(Verdict::Deny)),
        (allowed[..23].to_vec(), Err(too_short("TCP ports", 4, 3))),
        (Vec::new(), Err(too_short("IP version", 1, 0))),
    ];
    for (bytes, expected) in table {
        assert_eq!(engine.decide_raw(&bytes), expected);
        assert_eq!(reader.decide_raw(&bytes), expected);
        if let Ok(raw) = RawPacket::parse(&bytes) {
            assert_eq!(Ok(engine.decide(&raw.packet())), expected);
        }
    }
}

/// It is copied about, two cache lines at most.
#[test]
fn raw_packets_are_small() {
    assert!(size_of::<RawPacket>() <= 128, "{}", size_of::<RawPacket>());
}
