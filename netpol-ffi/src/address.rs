//! Addresses, alone and in lists.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::pointer;
use crate::status::netpol_status;

/// An address, for lists of them.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_address {
    /// In network order; an IPv4 address is the first four bytes.
    pub bytes: [u8; 16],
    /// 4 or 6.
    pub family: u8,
    /// Not used; 0.
    pub reserved: [u8; 3],
}

impl netpol_address {
    pub(crate) fn read(&self) -> Result<IpAddr, netpol_status> {
        if self.reserved != [0; 3] {
            return Err(netpol_status::InvalidValue);
        }
        address(self.family, &self.bytes)
    }
}

/// The addresses of a list.
///
/// # Safety
///
/// `addresses` points to `length` of them that nobody writes to during the call.
pub(crate) unsafe fn list(
    addresses: *const netpol_address,
    length: usize,
) -> Result<Vec<IpAddr>, netpol_status> {
    // SAFETY: the caller's promise.
    unsafe { pointer::array(addresses, length) }?.iter().map(netpol_address::read).collect()
}

/// An address of a family.
#[inline]
pub(crate) fn address(family: u8, bytes: &[u8; 16]) -> Result<IpAddr, netpol_status> {
    match family {
        4 => Ok(ipv4(bytes)),
        6 => Ok(IpAddr::V6(Ipv6Addr::from(*bytes))),
        _ => Err(netpol_status::InvalidValue),
    }
}

/// The family of an address, and its bytes.
pub(crate) fn address_bytes(address: IpAddr) -> (u8, [u8; 16]) {
    match address {
        IpAddr::V4(address) => {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&address.octets());
            (4, bytes)
        }
        IpAddr::V6(address) => (6, address.octets()),
    }
}

/// The IPv4 address in the first bytes.
#[inline(always)]
pub(crate) fn ipv4(&[a, b, c, d, ..]: &[u8; 16]) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(a, b, c, d))
}
