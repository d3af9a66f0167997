//! Connections, for dataplanes that have no connection tracking.

use std::ffi::c_void;
use std::time::Duration;

use netpol_core::flows::{Flow, FlowState, FlowVerdict, Flows, Tracking};
use netpol_core::packet::RawPacket;

use crate::flow_options::netpol_flow_options;
use crate::guard::{guard, guard_or};
use crate::packet::{NETPOL_PACKET_VIA_SERVICE, netpol_packet, verdict_number};
use crate::pointer::{self, Place};
use crate::reader::netpol_reader;
use crate::status::netpol_status;
use crate::text::netpol_str;

/// A bounded table of connections: replies and ICMP errors of what policy allowed pass, later fragments
/// follow the first, and what policy does not allow any more is cut off. Dataplanes with conntrack ask
/// about new connections only and do not need it.
///
/// One thread at a time may use a table; both directions of a connection must come to the same one.
/// All readers it is given are to be of one cluster. Every call is told the time in
/// nanoseconds since some moment that is the same for all calls, as CLOCK_MONOTONIC tells it; a time
/// before one that was told is taken for that. Nothing is allocated once it is made.
#[derive(Debug)]
pub struct netpol_flows(pub(crate) Flows);

/// What a packet is to the table.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub enum netpol_tracking {
    /// Judged by policy on its own, and not remembered: it belongs to no flow and opens none, or there
    /// was no room.
    NotTracked = 0,
    /// The first packet of a flow, judged by policy, and remembered when it may pass.
    New = 1,
    /// Of a flow, from the side that opened it.
    Established = 2,
    /// Of a flow, from the other side.
    Reply = 3,
    /// An ICMP error about a packet of a flow.
    Related = 4,
    /// A piece of a fragmented packet whose first piece was judged, or one that is denied because it
    /// would write over what that was judged by.
    Fragment = 5,
    /// Of a flow that policy does not allow any more.
    CutOff = 6,
}

/// How far a flow has come.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub enum netpol_flow_state {
    /// Only its opener has sent anything.
    Opening = 0,
    /// The other side has answered.
    Answered = 1,
    /// The opener has gone on after that; with TCP, it has acknowledged the answer.
    Established = 2,
    /// One side has sent everything.
    HalfClosed = 3,
    /// Both sides have.
    Closed = 4,
    /// One side has given up.
    Reset = 5,
}

/// What a table answers about a packet. 16 bytes.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_flow_verdict {
    /// The generation of the engine that was asked.
    pub generation: u64,
    /// A `netpol_verdict`.
    pub verdict: u8,
    /// A `netpol_tracking`.
    pub tracking: u8,
    /// The bytes are no packet that can be judged; the verdict is deny. Only in batches.
    pub is_unreadable: bool,
    /// Not used; 0.
    pub reserved: [u8; 5],
}

/// A packet of a batch: bytes that begin with its IP header.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_bytes {
    /// Where they are; may be NULL when `len` is 0.
    pub data: *const u8,
    /// How many there are.
    pub len: usize,
}

/// A flow, as it is at this moment. 72 bytes.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_flow {
    /// The packet that opened it, by which policies judge it: `netpol_reader_attribute` says why.
    pub opening: netpol_packet,
    /// The generation in which policy was last asked about it.
    pub generation: u64,
    /// When its last packet came, in nanoseconds as the table was told.
    pub seen_ns: u64,
    /// What tells questions of ICMP apart, when `has_icmp_identifier`.
    pub icmp_identifier: u16,
    /// Whether there is an identifier.
    pub has_icmp_identifier: bool,
    /// A `netpol_flow_state`.
    pub state: u8,
    /// Policy does not allow it any more, so none of its packets pass.
    pub is_cut_off: bool,
    /// Not used; 0.
    pub reserved: [u8; 3],
}

/// What is in a table, and what has happened to it since it was made. Arrays have room for numbers that
/// may come.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct netpol_flow_statistics {
    /// How many flows there is room for.
    pub capacity: usize,
    /// How many there are in each `netpol_flow_state`, those that are cut off among them.
    pub by_state: [usize; 8],
    /// How many of them are cut off.
    pub cut_off: usize,
    /// How many fragmented packets are known.
    pub fragments: usize,
    /// How many packets passed, by `netpol_tracking`.
    pub allowed: [u64; 8],
    /// How many did not.
    pub denied: [u64; 8],
    /// How many flows were opened and remembered.
    pub opened: u64,
    /// How many were forgotten because they were quiet for too long.
    pub expired: u64,
    /// How many made room for others before their time was over.
    pub evicted: u64,
    /// How many were allowed and not remembered, because only established ones were in their places.
    pub refused: u64,
    /// How often a flow was cut off.
    pub cuts: u64,
    /// How often one that was cut off was allowed again.
    pub resumed: u64,
}

const _: () = assert!(size_of::<netpol_flow_verdict>() == 16 && size_of::<netpol_flow>() == 72);

impl From<FlowVerdict> for netpol_flow_verdict {
    #[inline]
    fn from(verdict: FlowVerdict) -> netpol_flow_verdict {
        netpol_flow_verdict {
            generation: verdict.generation,
            verdict: verdict_number(verdict.verdict),
            tracking: verdict.tracking as u8,
            is_unreadable: false,
            reserved: [0; 5],
        }
    }
}

impl From<&Flow> for netpol_flow {
    fn from(flow: &Flow) -> netpol_flow {
        netpol_flow {
            opening: netpol_packet::of(&flow.opening),
            generation: flow.generation,
            // The table knows no time that does not fit.
            seen_ns: u64::try_from(flow.seen.as_nanos()).unwrap_or(u64::MAX),
            icmp_identifier: flow.icmp_identifier.unwrap_or(0),
            has_icmp_identifier: flow.icmp_identifier.is_some(),
            state: flow.state as u8,
            is_cut_off: flow.is_cut_off,
            reserved: [0; 3],
        }
    }
}

/// A packet with what is known of it besides.
#[inline]
fn parse(bytes: &[u8], flags: u8) -> Result<RawPacket, netpol_status> {
    let raw = RawPacket::parse(bytes)?;
    Ok(if flags == NETPOL_PACKET_VIA_SERVICE { raw.via_service() } else { raw })
}

const fn check_flags(flags: u8) -> Result<(), netpol_status> {
    if flags & !NETPOL_PACKET_VIA_SERVICE == 0 { Ok(()) } else { Err(netpol_status::InvalidValue) }
}

/// A table of connections.
///
/// NETPOL_STATUS_INVALID_VALUE without a seed, NETPOL_STATUS_INVALID_LENGTH when there is no memory for
/// so many flows.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_flows_new(
    options: *const netpol_flow_options,
    flows_out: *mut *mut netpol_flows,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (options, place) =
            unsafe { (netpol_flow_options::read(options)?, Place::new(flows_out)?) };
        let flows = Flows::new(&options).map_err(|_| netpol_status::InvalidLength)?;
        place.hand_over(netpol_flows(flows));
        Ok(())
    })
}

/// Frees a table; NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netpol_flows_free(flows: *mut netpol_flows) {
    // SAFETY: the header's contract.
    guard_or((), || unsafe { pointer::free(flows) });
}

/// May the packet pass of which `bytes` begin with the IP header? Remembers the flow that it opens, or
/// what it means to the flow that it belongs to. `flags` are those of a `netpol_packet`.
///
/// NETPOL_STATUS_UNREADABLE_PACKET when it cannot be judged, and should not pass.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_flows_judge(
    flows: *mut netpol_flows,
    reader: *mut netpol_reader,
    bytes: *const u8,
    bytes_len: usize,
    flags: u8,
    now_ns: u64,
    verdict_out: *mut netpol_flow_verdict,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (flows, reader) = unsafe { (pointer::exclusive(flows)?, pointer::exclusive(reader)?) };
        // SAFETY: the header's contract.
        let (bytes, place) =
            unsafe { (pointer::array(bytes, bytes_len)?, Place::new(verdict_out)?) };
        check_flags(flags)?;
        let raw = parse(bytes, flags)?;
        let verdict = flows.0.judge(reader.0.engine(), &raw, Duration::from_nanos(now_ns));
        place.write(verdict.into());
        Ok(())
    })
}

/// Judges many packets, one after the other, by one engine and at one time: `verdicts_out[i]` answers
/// `packets[i]`. What cannot be read is denied and says so.
///
/// NETPOL_STATUS_NULL_POINTER when one of them is NULL and has a length; then none is judged.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_flows_judge_batch(
    flows: *mut netpol_flows,
    reader: *mut netpol_reader,
    packets: *const netpol_bytes,
    packets_len: usize,
    now_ns: u64,
    verdicts_out: *mut netpol_flow_verdict,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (flows, reader) = unsafe { (pointer::exclusive(flows)?, pointer::exclusive(reader)?) };
        // SAFETY: the header's contract.
        let packets = unsafe { pointer::array(packets, packets_len) }?;
        if packets_len != 0 && verdicts_out.is_null() {
            return Err(netpol_status::NullPointer);
        }
        for packet in packets {
            // SAFETY: the header's contract.
            unsafe { pointer::array(packet.data, packet.len) }?;
        }
        let (engine, now) = (reader.0.engine(), Duration::from_nanos(now_ns));
        for (place, packet) in packets.iter().enumerate() {
            // SAFETY: the header's contract; it was looked at before.
            let bytes = unsafe { pointer::array(packet.data, packet.len) }?;
            let verdict = match RawPacket::parse(bytes) {
                Ok(raw) => flows.0.judge(engine, &raw, now).into(),
                Err(_) => netpol_flow_verdict {
                    is_unreadable: true,
                    generation: engine.generation(),
                    ..FlowVerdict::NOT_JUDGED.into()
                },
            };
            // SAFETY: below `packets_len`, which the array has, by the header's contract.
            unsafe { verdicts_out.add(place).write(verdict) };
        }
        Ok(())
    })
}

/// The flow that a packet belongs to, or that an ICMP error is about. Changes nothing, and asks no policy.
///
/// NETPOL_STATUS_UNKNOWN_FLOW when the table knows none.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_flows_find(
    flows: *const netpol_flows,
    bytes: *const u8,
    bytes_len: usize,
    flow_out: *mut netpol_flow,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (flows, bytes, place) = unsafe {
            (pointer::shared(flows)?, pointer::array(bytes, bytes_len)?, Place::new(flow_out)?)
        };
        let flow = flows.0.find(&RawPacket::parse(bytes)?).ok_or(netpol_status::UnknownFlow)?;
        place.write((&flow).into());
        Ok(())
    })
}

/// What is told of flows. `userdata` is what the caller gave; the flow lives during the call, in which
/// table and reader must not be used. It must return: no `longjmp` and no exception may leave it.
pub type netpol_flow_callback =
    Option<unsafe extern "C" fn(userdata: *mut c_void, flow: *const netpol_flow)>;

/// Judges every flow again that was last judged in another generation, and tells those that policy does
/// not allow any more, each once: what was offloaded of these is to be taken back. A table need not be
/// rechecked for its own sake: it judges a flow again before its next packet passes.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_flows_recheck(
    flows: *mut netpol_flows,
    reader: *mut netpol_reader,
    now_ns: u64,
    cut_off: netpol_flow_callback,
    userdata: *mut c_void,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (flows, reader) = unsafe { (pointer::exclusive(flows)?, pointer::exclusive(reader)?) };
        let cut_off = cut_off.ok_or(netpol_status::NullPointer)?;
        flows.0.recheck(reader.0.engine(), Duration::from_nanos(now_ns), |flow| {
            // SAFETY: the caller's function, called as the header says.
            unsafe { cut_off(userdata, &flow.into()) };
        });
        Ok(())
    })
}

/// What is in the table, and what has happened to it. Looks at the whole table.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn netpol_flows_statistics(
    flows: *mut netpol_flows,
    now_ns: u64,
    statistics_out: *mut netpol_flow_statistics,
) -> netpol_status {
    guard(|| {
        // SAFETY: the header's contract.
        let (flows, place) = unsafe { (pointer::exclusive(flows)?, Place::new(statistics_out)?) };
        let told = flows.0.statistics(Duration::from_nanos(now_ns));
        place.write(netpol_flow_statistics {
            capacity: told.capacity,
            by_state: wider(told.by_state),
            cut_off: told.cut_off,
            fragments: told.fragments,
            allowed: wider(told.allowed),
            denied: wider(told.denied),
            opened: told.opened,
            expired: told.expired,
            evicted: told.evicted,
            refused: told.refused,
            cuts: told.cuts,
            resumed: told.resumed,
        });
        Ok(())
    })
}

/// The same numbers, and zeros behind.
fn wider<T: Copy + Default, const N: usize>(numbers: [T; N]) -> [T; 8] {
    std::array::from_fn(|place| numbers.get(place).copied().unwrap_or_default())
}

/// Forgets every flow and fragment; counters stay. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netpol_flows_clear(flows: *mut netpol_flows) {
    guard_or((), || {
        // SAFETY: the header's contract.
        if let Ok(flows) = unsafe { pointer::exclusive(flows) } {
            flows.0.clear();
        }
    });
}

/// How many bytes a table takes, which never changes; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn netpol_flows_memory(flows: *const netpol_flows) -> usize {
    guard_or(0, || {
        // SAFETY: the header's contract.
        unsafe { pointer::shared(flows) }.map_or(0, |flows| flows.0.memory_usage())
    })
}

/// The name of a `netpol_tracking`, such as `cutOff`; empty for other numbers. The text lives as long as
/// the library.
#[unsafe(no_mangle)]
pub extern "C" fn netpol_tracking_name(tracking: i32) -> netpol_str {
    let known = Tracking::ALL.into_iter().find(|known| *known as i32 == tracking);
    known.map_or(netpol_str::NONE, |tracking| netpol_str::of(tracking.name()))
}

/// The name of a `netpol_flow_state`, such as `halfClosed`; empty for other numbers. The text lives as
/// long as the library.
#[unsafe(no_mangle)]
pub extern "C" fn netpol_flow_state_name(state: i32) -> netpol_str {
    let known = FlowState::ALL.into_iter().find(|known| *known as i32 == state);
    known.map_or(netpol_str::NONE, |state| netpol_str::of(state.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trackings_are_those_of_the_table() {
        use netpol_tracking::*;
        let ours = [NotTracked, New, Established, Reply, Related, Fragment, CutOff];
        assert_eq!(ours.len(), Tracking::ALL.len());
        for (ours, theirs) in ours.into_iter().zip(Tracking::ALL) {
            assert_eq!(ours as u8, theirs as u8);
            assert_eq!(format!("{ours:?}").to_lowercase(), theirs.name().to_lowercase());
        }
    }

    #[test]
    fn states_are_those_of_the_table() {
        use netpol_flow_state::*;
        let ours = [Opening, Answered, Established, HalfClosed, Closed, Reset];
        assert_eq!(ours.len(), FlowState::ALL.len());
        for (ours, theirs) in ours.into_iter().zip(FlowState::ALL) {
            assert_eq!(ours as u8, theirs as u8);
            assert_eq!(format!("{ours:?}").to_lowercase(), theirs.name().to_lowercase());
        }
    }
}
