//! What changed between two generations.

use netpol_core::engine::Changes;
use netpol_core::{Packet, Verdict};

use crate::address::netpol_address;
use crate::engine::netpol_engine;
use crate::guard::{guard, guard_or};
use crate::packet::{netpol_packet, verdict_number};
use crate::pointer::{self, Place};
use crate::question::netpol_endpoint;
use crate::reach::netpol_network;
use crate::status::netpol_status;

/// Whose verdicts may differ between two generations of a cluster. Any thread may read it; it keeps
/// the newer engine alive until it is freed.
#[derive(Debug)]
pub struct netpol_changes {
    changes: Changes,
    endpoints: Vec<netpol_endpoint>,
    networks: Vec<netpol_network>,
}

/// A verdict of a list that is another now.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_flip {
    /// Index in the list.
    pub index: usize,
    /// A `netpol_verdict`: the one in force now.
    pub verdict: u8,
    /// Not used; 0.
    pub reserved: [u8; 7],
}

/// What changed from an earlier generation to this engine's: everything, when that is too long ago.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_engine_changes_since(
    engine: *const netpol_engine,
    generation: u64,
    changes_out: *mut *mut netpol_changes,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (engine, place) = unsafe { (pointer::shared(engine)?, Place::new(changes_out)?) };
        let changes = engine.0.changes_since(generation);
        let endpoints = changes.endpoints().into_iter().map(|endpoint| endpoint.number());
        let single = changes.addresses().into_iter().map(ipnet::IpNet::from);
        let networks = changes.prefixes().into_iter().chain(single).map(netpol_network::of);
        place.hand_over(netpol_changes {
            endpoints: endpoints.collect(),
            networks: networks.collect(),
            changes,
        });
        Ok(())
    })
}

/// Whether everything may have changed. True for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netpol_changes_is_everything(changes: *const netpol_changes) -> bool {
    guard_or(true, || {
        // SAFETY: the header's contract.
        unsafe { pointer::shared(changes) }.map_or(true, |changes| changes.changes.is_everything())
    })
}

/// Whether the verdict on a packet may have changed. True for what cannot be asked about.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netpol_changes_touch_packet(
    changes: *const netpol_changes,
    packet: *const netpol_packet,
) -> bool {
    guard_or(true, || {
        // SAFETY: the header's contract.
        match unsafe { (pointer::shared(changes), pointer::shared(packet)) } {
            (Ok(changes), Ok(packet)) => {
                packet.read().map_or(true, |packet| changes.changes.touches(&packet))
            }
            _ => true,
        }
    })
}

/// Whether verdicts on packets from or to an address may have changed. True for what cannot be asked
/// about.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netpol_changes_touch_address(
    changes: *const netpol_changes,
    address: *const netpol_address,
) -> bool {
    guard_or(true, || {
        // SAFETY: the header's contract.
        match unsafe { (pointer::shared(changes), pointer::shared(address)) } {
            (Ok(changes), Ok(address)) => {
                address.read().map_or(true, |address| changes.changes.touches_address(address))
            }
            _ => true,
        }
    })
}

/// The endpoints whose verdicts may have changed: the list lives as long as `changes`.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_changes_endpoints(
    changes: *const netpol_changes,
    endpoints_out: *mut *const netpol_endpoint,
    endpoints_len_out: *mut usize,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (changes, list, length) = unsafe {
            (pointer::shared(changes)?, Place::new(endpoints_out)?, Place::new(endpoints_len_out)?)
        };
        list.write(changes.endpoints.as_ptr());
        length.write(changes.endpoints.len());
        Ok(())
    })
}

/// The networks, single addresses among them, whose verdicts may have changed beside those of the
/// endpoints: the list lives as long as `changes`.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_changes_networks(
    changes: *const netpol_changes,
    networks_out: *mut *const netpol_network,
    networks_len_out: *mut usize,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (changes, list, length) = unsafe {
            (pointer::shared(changes)?, Place::new(networks_out)?, Place::new(networks_len_out)?)
        };
        list.write(changes.networks.as_ptr());
        length.write(changes.networks.len());
        Ok(())
    })
}

/// Judges those of many packets again that the changes touch, and tells whose verdict is another
/// now: `before[i]` is the verdict on `packets[i]` at the earlier generation. `flips_out` has room for
/// `packets_len` flips; how many there are is told in `flips_len_out`.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_engine_recheck(
    engine: *const netpol_engine,
    changes: *const netpol_changes,
    packets: *const netpol_packet,
    before: *const u8,
    packets_len: usize,
    flips_out: *mut netpol_flip,
    flips_len_out: *mut usize,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (engine, changes, length) = unsafe {
            (pointer::shared(engine)?, pointer::shared(changes)?, Place::new(flips_len_out)?)
        };
        // SAFETY: the header's contract.
        let (packets, before) = unsafe {
            (pointer::array(packets, packets_len)?, pointer::array(before, packets_len)?)
        };
        if packets_len != 0 && flips_out.is_null() {
            return Err(netpol_status::NullPointer);
        }
        let packets =
            packets.iter().map(netpol_packet::read).collect::<Result<Vec<Packet>, _>>()?;
        let before = before.iter().map(|verdict| match verdict {
            0 => Ok(Verdict::Deny),
            1 => Ok(Verdict::Allow),
            _ => Err(netpol_status::InvalidValue),
        });
        let before = before.collect::<Result<Vec<_>, _>>()?;
        let flips = engine.0.recheck(&changes.changes, &packets, &before);
        let flips = flips.map_err(|_| netpol_status::InvalidLength)?;
        for (place, (index, verdict)) in flips.iter().enumerate() {
            let verdict = verdict_number(*verdict);
            let flip = netpol_flip { index: *index, verdict, reserved: [0; 7] };
            // SAFETY: there are no more flips than packets, and room for as many by the header's
            // contract.
            unsafe { flips_out.add(place).write(flip) };
        }
        length.write(flips.len());
        Ok(())
    })
}

/// Frees what tells of changes; NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netpol_changes_free(changes: *mut netpol_changes) {
    // SAFETY: the header's contract.
    guard_or((), || unsafe { pointer::free(changes) });
}
