//! Who can reach whom.

use ipnet::IpNet;
use netpol_core::engine::Reach;
use netpol_core::net::Protocol;

use crate::address::address_bytes;
use crate::engine::netpol_engine;
use crate::guard::{guard, guard_or};
use crate::pointer::{self, Place};
use crate::question::{netpol_endpoint, netpol_party};
use crate::status::netpol_status;

/// The other ends that may open a connection, or to which one may be opened. Any thread may read it;
/// it lives until it is freed.
#[derive(Debug)]
pub struct netpol_reach {
    endpoints: Vec<netpol_endpoint>,
    networks: Vec<netpol_network>,
}

/// A network: an address and how many of its leading bits count.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_network {
    /// In network order; an IPv4 address is the first four bytes.
    pub address: [u8; 16],
    /// 4 or 6.
    pub family: u8,
    /// The length of the prefix, in bits.
    pub prefix_len: u8,
    /// Not used; 0.
    pub reserved: [u8; 2],
}

impl netpol_network {
    pub(crate) fn of(network: IpNet) -> netpol_network {
        let (family, address) = address_bytes(network.network());
        netpol_network { address, family, prefix_len: network.prefix_len(), reserved: [0; 2] }
    }
}

impl netpol_reach {
    fn of(reach: Reach) -> netpol_reach {
        netpol_reach {
            endpoints: reach.endpoints.into_iter().map(|endpoint| endpoint.number()).collect(),
            networks: reach.networks.into_iter().map(netpol_network::of).collect(),
        }
    }
}

/// Who may open a connection of a protocol to a port of this destination. Costs some decisions for
/// each kind of endpoint in the cluster, and a look at every endpoint.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_engine_sources_of(
    engine: *const netpol_engine,
    destination: *const netpol_party,
    protocol: u8,
    port: u16,
    reach_out: *mut *mut netpol_reach,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (engine, party, place) = unsafe {
            (pointer::shared(engine)?, pointer::shared(destination)?, Place::new(reach_out)?)
        };
        let reach = engine.0.sources_of(party.read()?, Protocol(protocol), port)?;
        place.hand_over(netpol_reach::of(reach));
        Ok(())
    })
}

/// To whom this source may open a connection of a protocol to a port. Costs as
/// `netpol_engine_sources_of`.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_engine_destinations_of(
    engine: *const netpol_engine,
    source: *const netpol_party,
    protocol: u8,
    port: u16,
    reach_out: *mut *mut netpol_reach,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (engine, party, place) =
            unsafe { (pointer::shared(engine)?, pointer::shared(source)?, Place::new(reach_out)?) };
        let reach = engine.0.destinations_of(party.read()?, Protocol(protocol), port)?;
        place.hand_over(netpol_reach::of(reach));
        Ok(())
    })
}

/// The endpoints, in order of namespace, name and kind: the list lives as long as `reach`.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_reach_endpoints(
    reach: *const netpol_reach,
    endpoints_out: *mut *const netpol_endpoint,
    endpoints_len_out: *mut usize,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (reach, list, length) = unsafe {
            (pointer::shared(reach)?, Place::new(endpoints_out)?, Place::new(endpoints_len_out)?)
        };
        list.write(reach.endpoints.as_ptr());
        length.write(reach.endpoints.len());
        Ok(())
    })
}

/// The networks outside, disjoint, as few as possible, in order; an address in one of them that is an
/// endpoint's is as the endpoint is. The list lives as long as `reach`.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_reach_networks(
    reach: *const netpol_reach,
    networks_out: *mut *const netpol_network,
    networks_len_out: *mut usize,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (reach, list, length) = unsafe {
            (pointer::shared(reach)?, Place::new(networks_out)?, Place::new(networks_len_out)?)
        };
        list.write(reach.networks.as_ptr());
        length.write(reach.networks.len());
        Ok(())
    })
}

/// Frees what tells of reach; NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netpol_reach_free(reach: *mut netpol_reach) {
    // SAFETY: the header's contract.
    guard_or((), || unsafe { pointer::free(reach) });
}
