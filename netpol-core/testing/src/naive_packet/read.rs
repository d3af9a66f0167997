use std::net::IpAddr;

/// What the bytes of a packet say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NaivePacket {
    /// The sender.
    pub source: IpAddr,
    /// The receiver.
    pub destination: IpAddr,
    /// The protocol behind all headers of IP.
    pub protocol: u8,
    /// What is known of it.
    pub carried: Carried,
    /// Whether it is a piece of a packet.
    pub piece: Option<Piece>,
    /// FIN, SYN, RST and ACK of TCP, if they are there.
    pub flags: Option<[bool; 4]>,
    /// Sequence and acknowledgement number of TCP, if the flags are there.
    pub numbers: Option<[u32; 2]>,
    /// What a question of ICMP and its answer have in common.
    pub identifier: Option<u16>,
    /// The type of the first chunk of SCTP.
    pub chunk: Option<u8>,
    /// The packet that an ICMP error quotes.
    pub quoted: Option<Box<NaivePacket>>,
}

/// What is known of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried {
    /// From one port to another.
    Ports(u16, u16),
    /// Type and code.
    Message(u8, u8),
    /// Nothing.
    Nothing,
}

/// A piece of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// In units of eight bytes.
    pub offset: u16,
    /// What the pieces of one packet have in common.
    pub identification: u32,
}

/// Reads a packet; `None` when it cannot be judged.
#[must_use]
pub fn read(bytes: &[u8]) -> Option<NaivePacket> {
    match number(bytes, 0, 1)? >> 4 {
        4 => ipv4(bytes),
        6 => ipv6(bytes),
        _ => None,
    }
}

/// RFC 791, 3.1:
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |Version|  IHL  |Type of Service|          Total Length         |
/// |         Identification        |Flags|      Fragment Offset    |
/// |  Time to Live |    Protocol   |         Header Checksum       |
/// |                       Source Address                          |
/// |                    Destination Address                        |
/// |                    Options                    |    Padding    |
/// ```
fn ipv4(bytes: &[u8]) -> Option<NaivePacket> {
    let header = (number(bytes, 0, 1)? & 15) as usize * 4;
    // Reading the last byte of it proves that all of it is there.
    number(bytes, header.max(20) - 1, 1)?;
    if header < 20 {
        return None;
    }
    let mut total = number(bytes, 2, 2)? as usize;
    if total == 0 {
        total = bytes.len();
    }
    if total < header {
        return None;
    }
    let mut rest = bytes.to_vec();
    rest.truncate(total);
    rest.drain(..header);

    let identification = number(bytes, 4, 2)?;
    let flags_and_offset = number(bytes, 6, 2)? as u16;
    let (more, offset) = (flags_and_offset & 0x2000 != 0, flags_and_offset & 0x1fff);
    let piece = (more || offset > 0).then_some(Piece { offset, identification });

    let mut protocol = number(bytes, 9, 1)? as u8;
    if offset == 0 {
        while protocol == 51 {
            (protocol, rest) = past_authentication_header(&rest)?;
        }
    }
    let source = IpAddr::from([bytes[12], bytes[13], bytes[14], bytes[15]]);
    let destination = IpAddr::from([bytes[16], bytes[17], bytes[18], bytes[19]]);
    upper_layer(source, destination, protocol, piece, &rest)
}

/// RFC 8200, 3:
///
/// ```text
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |Version| Traffic Class |           Flow Label                  |
/// |         Payload Length        |  Next Header  |   Hop Limit   |
/// |                  Source Address, 16 bytes                     |
/// |                Destination Address, 16 bytes                  |
/// ```
fn ipv6(bytes: &[u8]) -> Option<NaivePacket> {
    if bytes.len() < 40 {
        return None;
    }
    let source: [u8; 16] = bytes[8..24].try_into().ok()?;
    let destination: [u8; 16] = bytes[24..40].try_into().ok()?;
    let mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
    if source.starts_with(&mapped) || destination.starts_with(&mapped) {
        return None;
    }
    let payload_length = number(bytes, 4, 2)? as usize;
    let mut next_header = bytes[6];
    let mut rest = bytes[40..].to_vec();
    // RFC 2675, 3: a jumbogram has payload length zero and a hop-by-hop header.
    if !(payload_length == 0 && next_header == 0) {
        rest.truncate(payload_length);
    }

    let mut piece: Option<Piece> = None;
    loop {
        match next_header {
            // Hop-by-hop options, routing, destination options, mobility, HIP, shim6.
            0 | 43 | 60 | 135 | 139 | 140 => {
                (next_header, rest) = past_extension_header(&rest)?;
            }
            51 => (next_header, rest) = past_authentication_header(&rest)?,
            // RFC 8200, 4.5:
            // |  Next Header  |   Reserved    |      Fragment Offset    |Res|M|
            // |                         Identification                        |
            44 => {
                let identification = number(&rest, 4, 4)?;
                let offset = (number(&rest, 2, 2)? / 8) as u16;
                let more = number(&rest, 3, 1)? % 2 == 1;
                next_header = rest[0];
                rest.drain(..8);
                if more || offset > 0 {
                    if piece.is_some() {
                        return None;
                    }
                    piece = Some(Piece { offset, identification });
                }
                if offset > 0 {
                    break;
                }
            }
            _ => break,
        }
    }
    upper_layer(source.into(), destination.into(), next_header, piece, &rest)
}

/// RFC 8200, 4.2 and following: next header, then the length in units of eight bytes, the first
/// eight not counted.
fn past_extension_header(bytes: &[u8]) -> Option<(u8, Vec<u8>)> {
    let next_header = number(bytes, 0, 1)? as u8;
    let length = number(bytes, 1, 1)? as usize * 8 + 8;
    Some((next_header, bytes.get(length..)?.to_vec()))
}

/// RFC 4302, 2: next header, then the length in units of four bytes, minus two of them. There are
/// three at least: the first, the parameters index and the sequence number.
fn past_authentication_header(bytes: &[u8]) -> Option<(u8, Vec<u8>)> {
    let next_header = number(bytes, 0, 1)? as u8;
    let words = number(bytes, 1, 1)? as usize + 2;
    if words < 3 {
        return None;
    }
    Some((next_header, bytes.get(words * 4..)?.to_vec()))
}

/// What is behind the headers of IP.
fn upper_layer(
    source: IpAddr,
    destination: IpAddr,
    protocol: u8,
    piece: Option<Piece>,
    bytes: &[u8],
) -> Option<NaivePacket> {
    let later = piece.is_some_and(|piece| piece.offset > 0);
    let mut packet = NaivePacket {
        source,
        destination,
        protocol,
        carried: Carried::Nothing,
        piece,
        flags: None,
        numbers: None,
        identifier: None,
        chunk: None,
        quoted: None,
    };
    if later {
        return Some(packet);
    }
    match protocol {
        6 | 17 | 132 => {
            let ports = (number(bytes, 0, 2)? as u16, number(bytes, 2, 2)? as u16);
            packet.carried = Carried::Ports(ports.0, ports.1);
        }
        1 | 58 if (protocol == 1) == source.is_ipv4() => {
            packet.carried =
                Carried::Message(number(bytes, 0, 1)? as u8, number(bytes, 1, 1)? as u8);
        }
        _ => {}
    }
    // RFC 9293, 3.1: bit 15 of the fourth word is FIN; before it come SYN, RST, PSH and ACK.
    if let (6, Some(word)) = (protocol, number(bytes, 12, 2)) {
        let bit = |place: u32| word >> place & 1 == 1;
        packet.flags = Some([bit(0), bit(1), bit(2), bit(4)]);
        packet.numbers = Some([number(bytes, 4, 4)?, number(bytes, 8, 4)?]);
    }
    // RFC 9260, 3.1 and 3.2: ports, verification tag, checksum; then chunks, each its type first.
    if protocol == 132 {
        packet.chunk = number(bytes, 12, 1).map(|chunk| chunk as u8);
    }
    // RFC 792, echo and timestamp; RFC 4443, 4.1 and 4.2:
    // |     Type      |     Code      |          Checksum             |
    // |           Identifier          |        Sequence Number        |
    let is_query = match packet.carried {
        Carried::Message(kind, _) if protocol == 1 => [0, 8, 13, 14].contains(&kind),
        Carried::Message(kind, _) => [128, 129].contains(&kind),
        _ => false,
    };
    if is_query {
        packet.identifier = number(bytes, 4, 2).map(|identifier| identifier as u16);
    }
    let is_error = match packet.carried {
        Carried::Message(kind, _) if protocol == 1 => [3, 4, 5, 11, 12].contains(&kind),
        Carried::Message(kind, _) => [1, 2, 3, 4].contains(&kind),
        _ => false,
    };
    if is_error && bytes.len() > 8 {
        let mut quoted = read(&bytes[8..]);
        quoted = quoted.filter(|quoted| quoted.source.is_ipv4() == source.is_ipv4());
        packet.quoted = quoted.map(Box::new);
    }
    Some(packet)
}

/// The number of `length` bytes at `place`, the first byte the highest.
fn number(bytes: &[u8], place: usize, length: usize) -> Option<u32> {
    let mut number = 0;
    for index in place..place + length {
        number = number * 256 + u32::from(*bytes.get(index)?);
    }
    Some(number)
}
