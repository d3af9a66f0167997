//! Why bytes are no packet: [`RawPacketError`].

use std::net::Ipv6Addr;

/// Why bytes are not a packet that can be judged.
///
/// Whoever gets one has no verdict: the packet must not pass. Reasons may be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum RawPacketError {
    /// The slice, or the packet by the length in its IP header, ends within something that a
    /// verdict needs.
    #[error("{part}: {needed} bytes needed, {available} there")]
    TooShort {
        /// What it ends in.
        part: &'static str,
        /// How many bytes that takes.
        needed: usize,
        /// How many of them there are.
        available: usize,
    },
    /// The first four bits are neither 4 nor 6.
    #[error("version {version} is neither IPv4 nor IPv6")]
    Version {
        /// What they are.
        version: u8,
    },
    /// The IPv4 header says that it is shorter than any is (RFC 791, section 3.1).
    #[error("an IPv4 header of {header} bytes, where 20 are the least")]
    HeaderLength {
        /// How many bytes it says that it has.
        header: u8,
    },
    /// The IPv4 packet says that it is shorter than its header.
    #[error("a total length of {total} bytes, where the IPv4 header alone has {header}")]
    TotalLength {
        /// How many bytes the packet says that it has.
        total: u16,
        /// How many bytes of them are header.
        header: u8,
    },
    /// An authentication header says that it is shorter than any is (RFC 4302, section 2).
    #[error("an authentication header of {header} bytes, where 12 are the least")]
    AuthenticationHeaderLength {
        /// How many bytes it says that it has.
        header: u8,
    },
    /// There is a fragment within a fragment. No host sends that (RFC 8200, section 4.1, has each
    /// extension header at most once), and what it carries is known only when the outer one is
    /// put together.
    #[error("a fragment within a fragment")]
    FragmentOfFragment,
    /// An IPv6 packet has an IPv4 address in IPv6 form (`::ffff:10.0.0.1`), which policies would
    /// take for that IPv4 address although no check of IPv4 senders has seen it. Such addresses
    /// have no business on a link (draft-itojun-v6ops-v4mapped-harmful); Linux opens no TCP
    /// connection from one (`tcp_v6_conn_request` in net/ipv6/tcp_ipv6.c).
    #[error("{address} in an IPv6 packet")]
    MappedAddress {
        /// The address.
        address: Ipv6Addr,
    },
}
