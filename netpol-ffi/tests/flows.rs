//! Tables of connections through the C library, against the list without bound.

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ptr::null_mut;
use std::time::Duration;

use netpol::cluster::*;
use netpol::flow_options::netpol_flow_options;
use netpol::flows::*;
use netpol::options::netpol_options;
use netpol::packet::netpol_packet;
use netpol::reader::*;
use netpol::status::netpol_status;
use netpol::text::netpol_str;
use netpol_core::Packet;
use netpol_core::flows::{FlowState, MidStream, Tracking};
use netpol_core::net::Protocol;
use netpol_core::options::Fragments;
use netpol_core::packet::Transport;
use netpol_testing::generate::Seeded;
use netpol_testing::naive_flows::{Found, Story, Tracker, live_with, smallest, story};

/// The handles that a dataplane would have.
struct Library {
    cluster: *mut netpol_cluster,
    reader: *mut netpol_reader,
    flows: *mut netpol_flows,
    /// Every other packet comes as a batch.
    packets: usize,
}

impl Library {
    fn new(story: &Story) -> Library {
        let (cluster, reader, flows) = (null_mut(), null_mut(), null_mut());
        let mut library = Library { cluster, reader, flows, packets: 0 };
        let fragments = match story.fragments {
            Fragments::Allow => 2,
            Fragments::Deny => 3,
            _ => 1,
        };
        let size = size_of::<netpol_options>();
        let options = netpol_options { size, fragments, ..netpol_options::default() };
        let flow_options = netpol_flow_options {
            size: size_of::<netpol_flow_options>(),
            seed: [7, 8],
            capacity: story.flow_options().capacity,
            mid_stream: if story.mid_stream == MidStream::Deny { 2 } else { 1 },
            ..netpol_flow_options::default()
        };
        let mut readers = null_mut();
        // SAFETY: the pointers are to places that live during the calls.
        unsafe {
            ok(netpol_cluster_new(&options, &mut library.cluster));
            ok(netpol_cluster_readers(library.cluster, &mut readers));
            ok(netpol_reader_new(readers, &mut library.reader));
            netpol_readers_free(readers);
            ok(netpol_flows_new(&flow_options, &mut library.flows));
        }
        library
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        // SAFETY: each is what its function gave.
        unsafe {
            netpol_flows_free(self.flows);
            netpol_reader_free(self.reader);
            netpol_cluster_free(self.cluster);
        }
    }
}

impl Tracker for Library {
    fn publish(&mut self, manifests: &[String], gone: &[&str]) {
        // SAFETY: the handles are there, and the texts live during the calls.
        unsafe {
            for text in manifests {
                let (text, create) = (view(text), netpol_admission::Create as i32);
                let status = netpol_cluster_apply(
                    self.cluster,
                    view(""),
                    text,
                    create,
                    null_mut(),
                    null_mut(),
                );
                ok(status);
            }
            for name in gone {
                let kind = netpol_kind::NetworkPolicy as i32;
                let mut existed = false;
                let (namespace, name) = (view("default"), view(name));
                ok(netpol_cluster_delete(self.cluster, kind, namespace, name, &mut existed));
                assert!(existed);
            }
            ok(netpol_cluster_publish(self.cluster, null_mut(), null_mut()));
        }
    }

    fn judge(&mut self, bytes: &[u8], now: Duration) -> (bool, Tracking) {
        let now = nanoseconds(now);
        let mut verdict = MaybeUninit::<netpol_flow_verdict>::uninit();
        self.packets += 1;
        let (flows, reader, out) = (self.flows, self.reader, verdict.as_mut_ptr());
        let (data, len) = (bytes.as_ptr(), bytes.len());
        // SAFETY: the handles are there, and the bytes and the place live during the call.
        let verdict = unsafe {
            if self.packets.is_multiple_of(2) {
                let packet = netpol_bytes { data, len };
                ok(netpol_flows_judge_batch(flows, reader, &packet, 1, now, out));
            } else {
                ok(netpol_flows_judge(flows, reader, data, len, 0, now, out));
            }
            verdict.assume_init()
        };
        assert!(!verdict.is_unreadable);
        (verdict.verdict == 1, Tracking::ALL[usize::from(verdict.tracking)])
    }

    fn find(&self, bytes: &[u8]) -> Option<Found> {
        let mut flow = MaybeUninit::<netpol_flow>::uninit();
        // SAFETY: as before.
        let status = unsafe {
            netpol_flows_find(self.flows, bytes.as_ptr(), bytes.len(), flow.as_mut_ptr())
        };
        if status == netpol_status::UnknownFlow {
            return None;
        }
        ok(status);
        // SAFETY: the call was successful, so it has written.
        let flow = unsafe { flow.assume_init() };
        Some(Found {
            opening: packet(&flow.opening),
            state: FlowState::ALL[usize::from(flow.state)],
            is_cut_off: flow.is_cut_off,
        })
    }

    fn recheck(&mut self, now: Duration) -> Vec<Packet> {
        unsafe extern "C" fn tell(cut_off: *mut c_void, flow: *const netpol_flow) {
            // SAFETY: the list below, and a flow that lives during the call.
            let (cut_off, flow) = unsafe { (&mut *cut_off.cast::<Vec<Packet>>(), &*flow) };
            cut_off.push(packet(&flow.opening));
        }
        let mut cut_off = Vec::<Packet>::new();
        let list = (&raw mut cut_off).cast::<c_void>();
        // SAFETY: the handles are there, and the list lives during the call.
        ok(unsafe {
            netpol_flows_recheck(self.flows, self.reader, nanoseconds(now), Some(tell), list)
        });
        cut_off
    }

    fn by_state(&mut self, now: Duration) -> [usize; FlowState::ALL.len()] {
        let mut statistics = MaybeUninit::<netpol_flow_statistics>::uninit();
        // SAFETY: the call writes when it is successful.
        let statistics = unsafe {
            let out = statistics.as_mut_ptr();
            ok(netpol_flows_statistics(self.flows, nanoseconds(now), out));
            statistics.assume_init()
        };
        assert_eq!((statistics.evicted, statistics.refused), (0, 0), "there is room for all");
        std::array::from_fn(|state| statistics.by_state[state])
    }
}

fn ok(status: netpol_status) {
    assert_eq!(status, netpol_status::Ok);
}

fn view(text: &str) -> netpol_str {
    netpol_str { data: text.as_ptr().cast(), len: text.len() }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap()
}

/// The packet as a C program sees it.
fn packet(packet: &netpol_packet) -> Packet {
    let address = |bytes: [u8; 16]| match packet.family {
        4 => IpAddr::V4(Ipv4Addr::new(bytes[0], bytes[1], bytes[2], bytes[3])),
        _ => IpAddr::V6(Ipv6Addr::from(bytes)),
    };
    let transport = match packet.transport {
        0 => Transport::Ports { source: packet.source_port, destination: packet.destination_port },
        1 => Transport::Icmp { kind: packet.icmp_type, code: packet.icmp_code },
        _ => Transport::Unknown,
    };
    let (source, destination) = (address(packet.source), address(packet.destination));
    Packet::new(source, destination, Protocol(packet.protocol), transport)
}

/// Whatever packets come, time passes and policies change.
#[test]
fn the_table_is_the_list() {
    for seed in 0..500 {
        let told = |story: &Story| live_with(story, &mut Library::new(story));
        let story = story(&mut Seeded::new(seed), 150);
        if told(&story).is_err() {
            let story = smallest(&story, |story| told(story).is_err());
            panic!("{}\n{story:02x?}", told(&story).expect_err("it is still wrong"));
        }
    }
}
