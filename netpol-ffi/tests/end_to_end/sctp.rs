//! As much of SCTP (RFC 9260) as it takes to knock and to be let in, by raw sockets: an INIT, and the INIT ACK
//! that answers it. Kernels without SCTP have no sockets for it.

/// What is asked or answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chunk {
    Init,
    InitAck,
}

/// A packet, from the common header on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SctpPacket {
    pub(crate) chunk: Chunk,
    pub(crate) source_port: u16,
    pub(crate) destination_port: u16,
    /// The tag that the receiver chose; 0 for an INIT.
    pub(crate) verification_tag: u32,
    /// The tag that the sender chooses.
    pub(crate) initiate_tag: u32,
}

impl SctpPacket {
    pub(crate) fn write(&self) -> Vec<u8> {
        let cookie: &[u8] = match self.chunk {
            Chunk::Init => &[],
            Chunk::InitAck => &[0, 7, 0, 8, 1, 2, 3, 4],
        };
        let kind = match self.chunk {
            Chunk::Init => 1,
            Chunk::InitAck => 2,
        };
        let mut bytes = Vec::new();
        bytes.extend(self.source_port.to_be_bytes());
        bytes.extend(self.destination_port.to_be_bytes());
        bytes.extend(self.verification_tag.to_be_bytes());
        bytes.extend([0; 4]);
        bytes.extend([kind, 0, 0, 20 + u8::try_from(cookie.len()).unwrap()]);
        bytes.extend(self.initiate_tag.to_be_bytes());
        // Receiver's window, streams out and in, first transmission number.
        bytes.extend([0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1]);
        bytes.extend(cookie);
        let checksum = crc32c(&bytes).to_le_bytes();
        bytes[8..12].copy_from_slice(&checksum);
        bytes
    }

    pub(crate) fn read(bytes: &[u8]) -> Option<SctpPacket> {
        let short = |at| Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
        let long = |at| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let chunk = match bytes.get(12)? {
            1 => Chunk::Init,
            2 => Chunk::InitAck,
            _ => return None,
        };
        Some(SctpPacket {
            chunk,
            source_port: short(0)?,
            destination_port: short(2)?,
            verification_tag: long(4)?,
            initiate_tag: long(16)?,
        })
    }

    /// The answer to an INIT.
    pub(crate) fn answer(&self) -> SctpPacket {
        SctpPacket {
            chunk: Chunk::InitAck,
            source_port: self.destination_port,
            destination_port: self.source_port,
            verification_tag: self.initiate_tag,
            initiate_tag: 7,
        }
    }
}

/// RFC 9260, appendix A.
fn crc32c(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0x82f6_3b78 } else { crc >> 1 };
        }
    }
    !crc
}

#[test]
fn the_checksum_is_that_of_the_rfc() {
    // RFC 3720, appendix B.4.
    assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
    assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
}
