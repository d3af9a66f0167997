//! The IP header and the extension headers behind it, up to what the packet carries.

use std::net::{IpAddr, Ipv6Addr};

use etherparse::err::{LenError, ip_auth, ipv4, ipv6};
use etherparse::{
    IpAuthHeaderSlice, IpNumber, Ipv4HeaderSlice, Ipv6FragmentHeaderSlice, Ipv6HeaderSlice,
    Ipv6RawExtHeaderSlice, ip_number,
};

use super::fragment::Fragment;
use super::raw_error::RawPacketError;
use crate::net::Protocol;

/// The two versions of IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    Four,
    Six,
}

/// What an IP packet says before its payload, and the payload as far as it is there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Datagram<'bytes> {
    pub(super) version: Version,
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    /// What the last header that was walked says of what follows it.
    pub(super) protocol: Protocol,
    pub(super) fragment: Option<Fragment>,
    /// From behind the last header that was walked to the end of the packet or of the slice,
    /// whichever comes first.
    pub(super) payload: &'bytes [u8],
}

impl<'bytes> Datagram<'bytes> {
    /// Reads the packet that begins with these bytes.
    #[inline]
    pub(super) fn read(bytes: &'bytes [u8]) -> Result<Datagram<'bytes>, RawPacketError> {
        let Some(first) = bytes.first() else {
            return Err(RawPacketError::TooShort { part: "IP version", needed: 1, available: 0 });
        };
        match first >> 4 {
            4 => Datagram::read_ipv4(bytes),
            6 => Datagram::read_ipv6(bytes),
            version => Err(RawPacketError::Version { version }),
        }
    }

    /// RFC 791, section 3.1.
    #[inline]
    fn read_ipv4(bytes: &'bytes [u8]) -> Result<Datagram<'bytes>, RawPacketError> {
        let header = Ipv4HeaderSlice::from_slice(bytes).map_err(|error| match error {
            ipv4::HeaderSliceError::Len(error) => too_short("IPv4 header", &error),
            ipv4::HeaderSliceError::Content(ipv4::HeaderError::UnexpectedVersion {
                version_number,
            }) => RawPacketError::Version { version: version_number },
            ipv4::HeaderSliceError::Content(ipv4::HeaderError::HeaderLengthSmallerThanHeader {
                ihl,
            }) => RawPacketError::HeaderLength { header: ihl * 4 },
        })?;
        let (length, total) = (header.slice().len(), header.total_len());
        // Nobody can write down the length of a packet that segmentation offload has still to
        // cut: Linux leaves 0 (`iph_totlen` in include/linux/ip.h).
        let end = if total == 0 { bytes.len() } else { usize::from(total) };
        if end < length {
            return Err(RawPacketError::TotalLength { total, header: header.ihl() * 4 });
        }
        let payload = between(bytes, length, end);

        let identification = u32::from(header.identification());
        let offset = header.fragments_offset().value();
        let fragment = Fragment::of(offset, header.more_fragments(), identification);
        let mut datagram = Datagram {
            version: Version::Four,
            source: header.source_addr().into(),
            destination: header.destination_addr().into(),
            protocol: Protocol(header.protocol().0),
            fragment,
            payload,
        };
        datagram.walk()?;
        Ok(datagram)
    }

    /// RFC 8200, section 3; RFC 2675 for what is longer than its length can tell.
    #[inline(never)]
    fn read_ipv6(bytes: &'bytes [u8]) -> Result<Datagram<'bytes>, RawPacketError> {
        let header = Ipv6HeaderSlice::from_slice(bytes).map_err(|error| match error {
            ipv6::HeaderSliceError::Len(error) => too_short("IPv6 header", &error),
            ipv6::HeaderSliceError::Content(ipv6::HeaderError::UnexpectedVersion {
                version_number,
            }) => RawPacketError::Version { version: version_number },
        })?;
        let (source, destination) = (header.source_addr(), header.destination_addr());
        for address in [source, destination] {
            refuse_mapped(address)?;
        }
        let (length, next) = (header.slice().len(), header.next_header());
        let end = match header.payload_length() {
            // A jumbogram. Linux too takes what is there (`ip6_rcv_core` in
            // net/ipv6/ip6_input.c) before it looks at the option.
            0 if next == ip_number::IPV6_HEADER_HOP_BY_HOP => bytes.len(),
            payload => length + usize::from(payload),
        };
        let mut datagram = Datagram {
            version: Version::Six,
            source: source.into(),
            destination: destination.into(),
            protocol: Protocol(next.0),
            fragment: None,
            payload: between(bytes, length, end),
        };
        datagram.walk()?;
        Ok(datagram)
    }

    /// Walks over extension headers until one leads to something else, or the rest of them is in
    /// another fragment. Each step takes at least eight bytes off the payload.
    fn walk(&mut self) -> Result<(), RawPacketError> {
        while !matches!(self.fragment, Some(Fragment::Later { .. })) {
            let (next, length) = match IpNumber(self.protocol.0) {
                ip_number::AUTHENTICATION_HEADER => self.authentication_header()?,
                ip_number::IPV6_FRAGMENTATION_HEADER if self.version == Version::Six => {
                    self.fragment_header()?
                }
                number
                    if self.version == Version::Six
                        && Ipv6RawExtHeaderSlice::header_type_supported(number) =>
                {
                    let header = Ipv6RawExtHeaderSlice::from_slice(self.payload)
                        .map_err(|error| too_short("IPv6 extension header", &error))?;
                    (header.next_header(), header.slice().len())
                }
                _ => break,
            };
            self.protocol = Protocol(next.0);
            self.payload = self.payload.get(length..).unwrap_or_default();
        }
        Ok(())
    }

    /// What follows an authentication header, and how long it is (RFC 4302, section 2).
    fn authentication_header(&self) -> Result<(IpNumber, usize), RawPacketError> {
        let header = IpAuthHeaderSlice::from_slice(self.payload).map_err(|error| match error {
            ip_auth::HeaderSliceError::Len(error) => too_short("authentication header", &error),
            ip_auth::HeaderSliceError::Content(ip_auth::HeaderError::ZeroPayloadLen) => {
                RawPacketError::AuthenticationHeaderLength { header: 8 }
            }
        })?;
        Ok((header.next_header(), header.slice().len()))
    }

    /// What follows a fragment header, and how long it is (RFC 8200, section 4.5).
    fn fragment_header(&mut self) -> Result<(IpNumber, usize), RawPacketError> {
        let header = Ipv6FragmentHeaderSlice::from_slice(self.payload)
            .map_err(|error| too_short("IPv6 fragment header", &error))?;
        let (offset, more) = (header.fragment_offset().value(), header.more_fragments());
        if let Some(fragment) = Fragment::of(offset, more, header.identification()) {
            // A fragment of a fragment has two identifications and, once put together, maybe
            // other ports.
            if self.fragment.is_some() {
                return Err(RawPacketError::FragmentOfFragment);
            }
            self.fragment = Some(fragment);
        }
        Ok((header.next_header(), header.slice().len()))
    }
}

/// An address that policies would take for an IPv4 one says nothing about who sent the packet.
fn refuse_mapped(address: Ipv6Addr) -> Result<(), RawPacketError> {
    match address.to_ipv4_mapped() {
        Some(_) => Err(RawPacketError::MappedAddress { address }),
        None => Ok(()),
    }
}

/// The bytes from `start` to `end`, or to where they end.
fn between(bytes: &[u8], start: usize, end: usize) -> &[u8] {
    bytes.get(start..end.min(bytes.len())).unwrap_or_default()
}

fn too_short(part: &'static str, error: &LenError) -> RawPacketError {
    RawPacketError::TooShort { part, needed: error.required_len, available: error.len }
}
