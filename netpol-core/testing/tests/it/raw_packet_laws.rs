//! Packets as they lie in memory: what holds for all of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::{env, fs};

use etherparse::{
    Icmpv4Type, Icmpv6Type, IpAuthHeader, IpFragOffset, IpHeaders, IpNumber, Ipv4Extensions,
    Ipv4Header, Ipv4Options, Ipv6Extensions, Ipv6FragmentHeader, Ipv6Header, Ipv6RawExtHeader,
    PacketBuilder, TcpHeader,
};
use netpol_core::net::Protocol;
use netpol_core::packet::{Fragment, Packet, RawPacket, Transport};
use netpol_testing::naive_packet::{disagreement, disagreement_of_prefixes};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::packet_bytes::packets;

fn hold(bytes: &[u8]) {
    if let Some(told) = disagreement(bytes).or_else(|| disagreement_of_prefixes(bytes, 512)) {
        panic!("{told}");
    }
}

#[test]
fn a_prefix_gives_the_packet_or_none() {
    for (name, bytes) in packets() {
        assert!(RawPacket::parse(&bytes).is_ok(), "{name}");
        for length in 0..=bytes.len() {
            hold(&bytes[..length]);
        }
    }
}

/// A byte of each packet, with each of its values; then every prefix of that.
#[test]
fn every_byte_with_every_value() {
    for (_, bytes) in packets() {
        for place in 0..bytes.len() {
            let mut bytes = bytes.clone();
            for value in 0..=u8::MAX {
                bytes[place] = value;
                if let Some(told) = disagreement(&bytes) {
                    panic!("{told}");
                }
            }
        }
    }
}

/// What fuzzing begins with. `NETPOL_WRITE_SEEDS=1` writes them anew.
#[test]
fn seeds_are_these_packets() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/packet");
    let packets = packets();
    for (name, bytes) in &packets {
        let path = folder.join(format!("{name}.bin"));
        if env::var_os("NETPOL_WRITE_SEEDS").is_some() {
            fs::create_dir_all(&folder).expect("there is room");
            fs::write(&path, bytes).expect("there is room");
        }
        let stored = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(&stored, bytes, "{name}");
    }
    let files = fs::read_dir(&folder).expect("it is there").count();
    assert_eq!(files, packets.len(), "a seed that no packet is");
}

/// What etherparse's builder is told to build.
#[derive(Clone, Debug)]
struct Built {
    ip: IpHeaders,
    carried: Carried,
    payload: Vec<u8>,
}

#[derive(Clone, Debug)]
enum Carried {
    Tcp(u16, u16, [bool; 4]),
    Udp(u16, u16),
    Icmp(u8, u8),
}

impl Built {
    fn bytes(&self) -> Vec<u8> {
        let step = PacketBuilder::ip(self.ip.clone());
        let mut bytes = Vec::new();
        let written = match (&self.carried, &self.ip) {
            (&Carried::Tcp(source, destination, [fin, syn, rst, ack]), _) => {
                let mut header = TcpHeader::new(source, destination, 7, 8);
                (header.fin, header.syn, header.rst, header.ack) = (fin, syn, rst, ack);
                step.tcp_header(header).write(&mut bytes, &self.payload)
            }
            (&Carried::Udp(source, destination), _) => {
                step.udp(source, destination).write(&mut bytes, &self.payload)
            }
            (&Carried::Icmp(type_u8, code_u8), IpHeaders::Ipv4(..)) => {
                let message = Icmpv4Type::Unknown { type_u8, code_u8, bytes5to8: [0; 4] };
                step.icmpv4(message).write(&mut bytes, &self.payload)
            }
            (&Carried::Icmp(type_u8, code_u8), IpHeaders::Ipv6(..)) => {
                let message = Icmpv6Type::Unknown { type_u8, code_u8, bytes5to8: [0; 4] };
                step.icmpv6(message).write(&mut bytes, &self.payload)
            }
        };
        written.expect("it can be built");
        bytes
    }

    fn packet(&self) -> Packet {
        let (source, destination) = match &self.ip {
            IpHeaders::Ipv4(header, _) => {
                (IpAddr::from(header.source), IpAddr::from(header.destination))
            }
            IpHeaders::Ipv6(header, _) => {
                (IpAddr::from(header.source), IpAddr::from(header.destination))
            }
        };
        let (protocol, transport) = match self.carried {
            Carried::Tcp(source, destination, _) => {
                (Protocol::TCP, Transport::Ports { source, destination })
            }
            Carried::Udp(source, destination) => {
                (Protocol::UDP, Transport::Ports { source, destination })
            }
            Carried::Icmp(kind, code) => {
                let is_ipv4 = source.is_ipv4();
                let protocol = if is_ipv4 { Protocol::ICMP } else { Protocol::ICMPV6 };
                (protocol, Transport::Icmp { kind, code })
            }
        };
        let later = matches!(self.fragment(), Some(Fragment::Later { .. }));
        let transport = if later { Transport::Unknown } else { transport };
        Packet::new(source, destination, protocol, transport)
    }

    fn fragment(&self) -> Option<Fragment> {
        let (offset, more, identification) = match &self.ip {
            IpHeaders::Ipv4(header, _) => {
                (header.fragment_offset, header.more_fragments, header.identification.into())
            }
            IpHeaders::Ipv6(_, extensions) => {
                let header = extensions.fragment.as_ref()?;
                (header.fragment_offset, header.more_fragments, header.identification)
            }
        };
        match (offset.value(), more) {
            (0, false) => None,
            (0, true) => Some(Fragment::First { identification }),
            (offset, _) => Some(Fragment::Later { identification, offset }),
        }
    }
}

/// Mostly whole packets, some pieces.
fn offset() -> impl Strategy<Value = IpFragOffset> {
    prop_oneof![3 => Just(0), 1 => 0..=IpFragOffset::MAX_U16]
        .prop_map(|offset| IpFragOffset::try_new(offset).expect("it is small enough"))
}

fn authentication() -> impl Strategy<Value = Option<IpAuthHeader>> {
    let header = (any::<u32>(), any::<u32>(), 0..=8_usize).prop_map(|(index, number, words)| {
        IpAuthHeader::new(IpNumber(0), index, number, &vec![0xee; words * 4]).expect("it is short")
    });
    proptest::option::of(header)
}

fn extension() -> impl Strategy<Value = Option<Ipv6RawExtHeader>> {
    let header = (0..=255_usize).prop_map(|more| {
        Ipv6RawExtHeader::new_raw(IpNumber(0), &vec![0xee; 6 + more * 8]).expect("it is short")
    });
    proptest::option::of(header)
}

fn ipv4() -> impl Strategy<Value = IpHeaders> {
    let addresses = (any::<Ipv4Addr>(), any::<Ipv4Addr>());
    let options = vec(any::<u8>(), 0..=10).prop_map(|words| {
        let bytes = words.repeat(4);
        Ipv4Options::try_from(bytes.as_slice()).expect("they are whole words")
    });
    (addresses, options, offset(), any::<bool>(), any::<u16>(), authentication()).prop_map(
        |(
            (source, destination),
            options,
            fragment_offset,
            more_fragments,
            identification,
            auth,
        )| {
            let header = Ipv4Header {
                source: source.octets(),
                destination: destination.octets(),
                options,
                fragment_offset,
                more_fragments,
                identification,
                ..Ipv4Header::default()
            };
            // In a later fragment no header follows.
            let auth = auth.filter(|_| fragment_offset.value() == 0);
            IpHeaders::Ipv4(header, Ipv4Extensions { auth })
        },
    )
}

fn ipv6() -> impl Strategy<Value = IpHeaders> {
    let address = || {
        any::<Ipv6Addr>().prop_filter("not mapped", |address| address.to_ipv4_mapped().is_none())
    };
    let fragment = proptest::option::of((offset(), any::<bool>(), any::<u32>()));
    let before = (extension(), extension(), extension());
    (address(), address(), before, fragment, authentication()).prop_map(
        |(
            source,
            destination,
            (hop_by_hop_options, destination_options, routing),
            fragment,
            auth,
        )| {
            let fragment = fragment.map(|(offset, more, identification)| {
                Ipv6FragmentHeader::new(IpNumber(0), offset, more, identification)
            });
            let later = fragment.as_ref().is_some_and(|header| header.fragment_offset.value() > 0);
            let extensions = Ipv6Extensions {
                hop_by_hop_options,
                destination_options,
                routing: routing.map(|routing| etherparse::Ipv6RoutingExtensions {
                    routing,
                    final_destination_options: None,
                }),
                fragment,
                auth: auth.filter(|_| !later),
            };
            let header = Ipv6Header {
                source: source.octets(),
                destination: destination.octets(),
                ..Ipv6Header::default()
            };
            IpHeaders::Ipv6(header, extensions)
        },
    )
}

fn built() -> impl Strategy<Value = Built> {
    let carried = prop_oneof![
        any::<(u16, u16, [bool; 4])>().prop_map(|(a, b, flags)| Carried::Tcp(a, b, flags)),
        any::<(u16, u16)>().prop_map(|(a, b)| Carried::Udp(a, b)),
        any::<(u8, u8)>().prop_map(|(kind, code)| Carried::Icmp(kind, code)),
    ];
    (prop_oneof![ipv4(), ipv6()], carried, vec(any::<u8>(), 0..64))
        .prop_map(|(ip, carried, payload)| Built { ip, carried, payload })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    /// What etherparse builds is read as what it was told to build.
    #[test]
    fn built_packets_are_read(built in built(), padding in vec(any::<u8>(), 0..8)) {
        let mut bytes = built.bytes();
        let raw = RawPacket::parse(&bytes).expect("it is a packet");
        prop_assert_eq!(raw.packet(), built.packet());
        prop_assert_eq!(raw.fragment(), built.fragment());
        let flags = raw.tcp_flags().map(|flags| [flags.fin(), flags.syn(), flags.rst(), flags.ack()]);
        let expected = match (&built.carried, raw.fragment()) {
            (_, Some(Fragment::Later { .. })) => None,
            (Carried::Tcp(_, _, flags), _) => Some(*flags),
            _ => None,
        };
        prop_assert_eq!(flags, expected);
        hold(&bytes);
        bytes.extend(padding);
        prop_assert_eq!(RawPacket::parse(&bytes), Ok(raw));
    }

    /// What an error quotes, however short, is what was built or nothing.
    #[test]
    fn built_packets_are_quoted(built in built(), length in any::<Index>()) {
        let bytes = built.bytes();
        let quoted = &bytes[..length.index(bytes.len() + 1)];
        let mut error = Vec::new();
        match built.ip {
            IpHeaders::Ipv4(..) => PacketBuilder::ipv4([192, 0, 2, 1], [10, 0, 0, 1], 64)
                .icmpv4(Icmpv4Type::Unknown { type_u8: 11, code_u8: 0, bytes5to8: [0; 4] })
                .write(&mut error, quoted),
            IpHeaders::Ipv6(..) => PacketBuilder::ipv6([0xfd; 16], [0xfc; 16], 64)
                .icmpv6(Icmpv6Type::Unknown { type_u8: 3, code_u8: 0, bytes5to8: [0; 4] })
                .write(&mut error, quoted),
        }
        .expect("it can be built");
        let embedded = RawPacket::parse(&error).expect("it is a packet").embedded();
        prop_assert_eq!(embedded, RawPacket::parse(quoted).ok().map(|raw| raw.packet()));
        prop_assert!(embedded.is_none_or(|packet| packet == built.packet()));
        hold(&error);
    }

    /// Any bytes at all, most of which begin as a packet does.
    #[test]
    fn any_bytes(first in prop_oneof![Just(0x45), Just(0x46), Just(0x60), any::<u8>()], rest in vec(any::<u8>(), 0..200)) {
        hold(&[vec![first], rest].concat());
    }

    /// Packets of which a few bytes were changed, and some cut off or put in.
    #[test]
    fn changed_packets(
        packet in any::<Index>(),
        changes in vec((any::<Index>(), prop_oneof![any::<u8>(), 0..8_u8, Just(44), Just(51), Just(60)]), 0..5),
        insert in vec(any::<u8>(), 0..9),
        place in any::<Index>(),
        length in any::<Index>(),
    ) {
        let mut bytes = packet.get(&packets()).1.clone();
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        let place = place.index(bytes.len());
        bytes.splice(place..place, insert);
        hold(&bytes);
        hold(&bytes[..length.index(bytes.len())]);
    }
}
