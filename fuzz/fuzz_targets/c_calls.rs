//! Sequences of calls of the C library, with any numbers in their structs and NULL wherever a pointer
//! may be forgotten.
//!
//! Nothing may crash, and no call may end with the status for a panic. What attribution says, the single
//! call, the reader and the batch say too; what is refused publishes nothing.

#![no_main]

use std::ptr::{null, null_mut};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use netpol::address::netpol_address;
use netpol::changes::*;
use netpol::cluster::*;
use netpol::decision::*;
use netpol::engine::*;
use netpol::flow_options::netpol_flow_options;
use netpol::flows::*;
use netpol::manifest::*;
use netpol::objects::*;
use netpol::packet::netpol_packet;
use netpol::policies::*;
use netpol::question::*;
use netpol::raw::*;
use netpol::reach::*;
use netpol::reader::*;
use netpol::report::*;
use netpol::status::netpol_status;
use netpol::text::*;

#[derive(Arbitrary, Debug)]
enum Call {
    Apply { text: Vec<u8>, admission: i8 },
    Pod { name: u8, label: u8, address: u8, numbers: [u8; 3], size: Option<u8> },
    Policy { name: u8, label: u8, peer: Peer, number: i32, end: i32, protocol: u8, null: bool },
    Delete { kind: i8, name: u8 },
    Publish,
    Ask { bytes: [u8; 12], source: u8, destination: u8 },
    Question { source: u32, destination: u32, family: u8, port: u16, transport: u8 },
    Raw { bytes: Vec<u8> },
    Flow { bytes: Vec<u8>, flags: u8, seconds: u8, batch: bool },
    Recheck { seconds: u8 },
    Changes { generation: u8, address: u8 },
    Reach { endpoint: u32, family: u8, protocol: u8, port: u16 },
    Null { which: u8 },
}

#[derive(Arbitrary, Debug)]
enum Peer {
    Pods(u8),
    Block(u8),
    Nothing,
}

const NAMES: [&str; 6] = ["a", "b", "c", "not a name", "", "default"];
const ADDRESSES: [&str; 6] = ["10.0.0.1", "10.0.0.2", "fd00::1", "10.0.0.300", "", "10.0.0.3"];
const BLOCKS: [&str; 4] = ["10.0.0.0/24", "0.0.0.0/0", "10.0.0.1/33", "fd00::/8"];

fn pick<'a>(texts: &[&'a str], number: u8) -> &'a str {
    texts[usize::from(number) % texts.len()]
}

fn view(text: &str) -> netpol_str {
    netpol_str { data: text.as_ptr().cast(), len: text.len() }
}

fn ended(status: netpol_status) -> bool {
    assert_ne!(status, netpol_status::Panic);
    status == netpol_status::Ok
}

struct Library {
    cluster: *mut netpol_cluster,
    engine: *mut netpol_engine,
    reader: *mut netpol_reader,
    flows: *mut netpol_flows,
    report: *mut netpol_report,
}

/// Counts the flows that are told.
unsafe extern "C" fn count(userdata: *mut std::ffi::c_void, flow: *const netpol_flow) {
    // SAFETY: it is what the call was given; the flow lives during this.
    unsafe {
        assert!((*flow).is_cut_off);
        *userdata.cast::<usize>() += 1;
    }
}

impl Library {
    /// # Safety
    ///
    /// None: the pointers of every call are NULL or what the library gave, or live during it.
    unsafe fn call(&mut self, call: &Call) {
        let Library { cluster, engine, reader, flows, .. } = *self;
        // SAFETY: as above.
        unsafe {
            netpol_report_free(self.report);
            self.report = null_mut();
            let report = &mut self.report as *mut *mut netpol_report;
            match call {
                Call::Apply { text, admission } => {
                    let text = netpol_str { data: text.as_ptr().cast(), len: text.len() };
                    let admission = i32::from(*admission);
                    let mut objects = 0;
                    let applied = ended(netpol_cluster_apply(
                        cluster,
                        view("fuzz"),
                        text,
                        admission,
                        &mut objects,
                        report,
                    ));
                    let mut manifest = null_mut();
                    assert!(ended(netpol_manifest_read(
                        cluster,
                        view("fuzz"),
                        text,
                        &mut manifest
                    )));
                    let count = netpol_manifest_count(manifest);
                    assert!(!applied || count == objects);
                    for index in 0..=count {
                        let mut object = std::mem::MaybeUninit::uninit();
                        let there = ended(netpol_manifest_at(manifest, index, object.as_mut_ptr()));
                        assert_eq!(there, index < count);
                    }
                    let again = ended(netpol_cluster_apply_manifest(
                        cluster,
                        manifest,
                        admission,
                        null_mut(),
                    ));
                    assert_eq!(again, applied);
                    netpol_manifest_free(manifest);
                }
                Call::Pod { name, label, address, numbers, size } => {
                    let label =
                        netpol_label { key: view("app"), value: view(pick(&NAMES, *label)) };
                    let addresses = [view(pick(&ADDRESSES, *address))];
                    let mut pod: netpol_pod = std::mem::zeroed();
                    pod.size = size.map_or(size_of::<netpol_pod>(), usize::from);
                    pod.name = view(pick(&NAMES, *name));
                    (pod.labels, pod.labels_len) = (&label, 1);
                    (pod.addresses, pod.addresses_len) = (addresses.as_ptr(), 1);
                    (pod.host_network, pod.reserved[0]) = (numbers[0] & 3, numbers[1] & 1);
                    let admission = i32::from(numbers[2] % 3);
                    ended(netpol_cluster_upsert_pod(cluster, &pod, admission, report));
                }
                Call::Policy { name, label, peer, number, end, protocol, null } => {
                    let label =
                        netpol_label { key: view("app"), value: view(pick(&NAMES, *label)) };
                    let mut policy: netpol_network_policy = std::mem::zeroed();
                    policy.size = size_of::<netpol_network_policy>();
                    policy.name = view(pick(&NAMES, *name));
                    let selector = &mut policy.pod_selector;
                    (selector.match_labels, selector.match_labels_len) = (&label, 1);
                    let mut of_peer: netpol_peer = std::mem::zeroed();
                    let of_pods: netpol_label;
                    let mut selector: netpol_selector = std::mem::zeroed();
                    match peer {
                        Peer::Pods(value) => {
                            of_pods = netpol_label {
                                key: view("app"),
                                value: view(pick(&NAMES, *value)),
                            };
                            (selector.match_labels, selector.match_labels_len) = (&of_pods, 1);
                            of_peer.pod_selector = &selector;
                        }
                        Peer::Block(block) => of_peer.cidr = view(pick(&BLOCKS, *block)),
                        Peer::Nothing => {}
                    }
                    let mut port: netpol_port = std::mem::zeroed();
                    (port.number, port.end, port.protocol) = (*number, *end, *protocol);
                    let mut rule: netpol_rule = std::mem::zeroed();
                    (rule.peers, rule.peers_len) = (&of_peer, 1);
                    (rule.ports, rule.ports_len) =
                        (if *null { std::ptr::null() } else { &port }, 1);
                    (policy.ingress, policy.ingress_len) = (&rule, 1);
                    ended(netpol_cluster_upsert_network_policy(cluster, &policy, 0, report));
                }
                Call::Delete { kind, name } => {
                    let (namespace, name) = (view("default"), view(pick(&NAMES, *name)));
                    let kind = i32::from(*kind);
                    ended(netpol_cluster_delete(cluster, kind, namespace, name, null_mut()));
                }
                Call::Publish => {
                    let mut newer = null_mut();
                    let before = netpol_reader_generation(reader);
                    if ended(netpol_cluster_publish(cluster, &mut newer, report)) {
                        netpol_engine_free(engine);
                        self.engine = newer;
                        assert_eq!(netpol_reader_generation(reader), before + 1);
                    } else {
                        assert_eq!(netpol_reader_generation(reader), before);
                    }
                }
                Call::Ask { bytes, source, destination } => {
                    let mut packet: netpol_packet = std::mem::zeroed();
                    packet.source[0] = 10;
                    packet.destination[0] = 10;
                    (packet.source[3], packet.destination[3]) = (*source, *destination);
                    let [family, protocol, transport, flags, kind, code, reserved, a, b, ..] =
                        *bytes;
                    packet.family = if family < 200 { 4 } else { family };
                    packet.protocol = if protocol < 128 { 6 } else { protocol };
                    (packet.transport, packet.flags) = (transport % 4, flags & 3);
                    (packet.icmp_type, packet.icmp_code) = (kind, code);
                    packet.reserved[0] = reserved & 1;
                    packet.destination_port = u16::from_be_bytes([a, b]);
                    self.ask(&packet);
                }
                Call::Question { source, destination, family, port, transport } => {
                    let mut question: netpol_question = std::mem::zeroed();
                    question.source.endpoint = *source % 8;
                    question.destination.endpoint = *destination % 8;
                    question.destination.family = *family;
                    (question.protocol, question.destination_port) = (6, *port);
                    question.transport = *transport;
                    let (mut verdict, mut decision) = (9, std::mem::MaybeUninit::uninit());
                    let said =
                        ended(netpol_engine_decide_question(engine, &question, &mut verdict));
                    let told = ended(netpol_engine_attribute_question(
                        engine,
                        &question,
                        decision.as_mut_ptr(),
                    ));
                    assert_eq!(said, told);
                    if said {
                        assert_eq!(decision.assume_init().verdict, verdict);
                    }
                    let (mut text, mut json) = (null_mut(), null_mut());
                    let explained =
                        netpol_engine_explain_question(engine, &question, &mut text, &mut json);
                    assert_eq!(ended(explained), said);
                    netpol_string_free(text);
                    netpol_string_free(json);
                }
                Call::Raw { bytes } => {
                    let mut raw = std::mem::MaybeUninit::uninit();
                    let (pointer, length) = (bytes.as_ptr(), bytes.len());
                    let mut error = null_mut();
                    let read =
                        ended(netpol_packet_parse(pointer, length, raw.as_mut_ptr(), &mut error));
                    assert_eq!(read, error.is_null());
                    netpol_string_free(error);
                    let mut verdict = 9;
                    let status = netpol_reader_decide_raw(reader, pointer, length, &mut verdict);
                    assert_eq!(ended(status), read);
                    if read {
                        assert_eq!(self.ask(&raw.assume_init().packet), Some(verdict));
                    }
                }
                Call::Flow { bytes, flags, seconds, batch } => {
                    let now = u64::from(*seconds) * 1_000_000_000;
                    let mut answer = std::mem::MaybeUninit::<netpol_flow_verdict>::uninit();
                    let (pointer, length) = (bytes.as_ptr(), bytes.len());
                    let mut alone = 9;
                    let readable =
                        ended(netpol_reader_decide_raw(reader, pointer, length, &mut alone));
                    let place = answer.as_mut_ptr();
                    let judged = if *batch {
                        let packet = netpol_bytes { data: pointer, len: length };
                        assert!(ended(netpol_flows_judge_batch(
                            flows, reader, &packet, 1, now, place
                        )));
                        !answer.assume_init().is_unreadable
                    } else {
                        let flags = flags & 3;
                        let status =
                            netpol_flows_judge(flows, reader, pointer, length, flags, now, place);
                        assert_eq!(status == netpol_status::InvalidValue, flags > 1);
                        ended(status)
                    };
                    assert!(readable || !judged);
                    if judged {
                        let answer = answer.assume_init();
                        // Judged on its own, it is what it is on its own.
                        let is_alone = answer.tracking == netpol_tracking::NotTracked as u8
                            || answer.tracking == netpol_tracking::New as u8;
                        assert!(!is_alone || flags & 1 == 1 || answer.verdict == alone);
                        let mut flow = std::mem::MaybeUninit::<netpol_flow>::uninit();
                        let known =
                            ended(netpol_flows_find(flows, pointer, length, flow.as_mut_ptr()));
                        let passes = [netpol_tracking::Established, netpol_tracking::Reply];
                        let passes = passes.map(|it| it as u8).contains(&answer.tracking);
                        assert!(known || !passes);
                    }
                }
                Call::Recheck { seconds } => {
                    let now = u64::from(*seconds) * 1_000_000_000;
                    let mut told = 0_usize;
                    let userdata = (&raw mut told).cast();
                    let twice = [(); 2].map(|()| {
                        let status =
                            netpol_flows_recheck(flows, reader, now, Some(count), userdata);
                        assert!(ended(status));
                        told
                    });
                    assert_eq!(twice[0], twice[1], "each is told once");
                    let mut statistics = std::mem::MaybeUninit::<netpol_flow_statistics>::uninit();
                    let place = statistics.as_mut_ptr();
                    assert!(ended(netpol_flows_statistics(flows, now, place)));
                    assert!(statistics.assume_init().cut_off >= told);
                }
                Call::Changes { generation, address } => {
                    let (mut changes, mut list, mut length) = (null_mut(), null(), 0);
                    let since = u64::from(*generation);
                    if ended(netpol_engine_changes_since(engine, since, &mut changes)) {
                        ended(netpol_changes_endpoints(changes, &mut list, &mut length));
                        let mut bytes = [0; 16];
                        (bytes[0], bytes[3]) = (10, *address);
                        let address = netpol_address { bytes, family: 4, reserved: [0; 3] };
                        let touched = netpol_changes_touch_address(changes, &address);
                        assert!(touched || !netpol_changes_is_everything(changes));
                    }
                    netpol_changes_free(changes);
                }
                Call::Reach { endpoint, family, protocol, port } => {
                    let mut party: netpol_party = std::mem::zeroed();
                    (party.endpoint, party.family) = (*endpoint % 8, *family);
                    let mut reach = null_mut();
                    ended(netpol_engine_sources_of(engine, &party, *protocol, *port, &mut reach));
                    netpol_reach_free(reach);
                }
                Call::Null { which } => {
                    let mut verdict = 9;
                    let packet: netpol_packet = std::mem::zeroed();
                    let status = match which % 4 {
                        0 => netpol_engine_decide(null(), &packet, &mut verdict),
                        1 => netpol_reader_decide(reader, null(), &mut verdict),
                        2 => netpol_reader_decide_batch(reader, null(), 7, &mut verdict),
                        _ => netpol_cluster_upsert_pod(cluster, null(), 0, report),
                    };
                    assert_eq!((status, verdict), (netpol_status::NullPointer, 9));
                }
            }
        }
    }

    /// The verdict, when every way to ask agrees on it; `None` for what is no packet.
    fn ask(&self, packet: &netpol_packet) -> Option<u8> {
        let (mut single, mut by_reader, mut batch) = (9, 9, [9; 2]);
        let mut decision = std::mem::MaybeUninit::<netpol_decision>::uninit();
        // SAFETY: every pointer is to something that lives during the call.
        unsafe {
            let read = ended(netpol_engine_decide(self.engine, packet, &mut single));
            let many = [*packet; 2];
            let others = [
                netpol_reader_decide(self.reader, packet, &mut by_reader),
                netpol_reader_decide_batch(self.reader, many.as_ptr(), 2, batch.as_mut_ptr()),
                netpol_engine_attribute(self.engine, packet, decision.as_mut_ptr()),
            ];
            assert!(others.into_iter().all(|status| ended(status) == read));
            if !read {
                return None;
            }
            assert_eq!(decision.assume_init().verdict, single);
        }
        assert_eq!((by_reader, batch), (single, [single; 2]));
        Some(single)
    }
}

fuzz_target!(|calls: Vec<Call>| {
    let (mut cluster, mut engine, mut readers, mut reader) =
        (null_mut(), null_mut(), null_mut(), null_mut());
    // SAFETY: every pointer is to something that lives during the call.
    unsafe {
        assert!(ended(netpol_cluster_new(null(), &mut cluster)));
        assert!(ended(netpol_cluster_publish(cluster, &mut engine, null_mut())));
        assert!(ended(netpol_cluster_readers(cluster, &mut readers)));
        assert!(ended(netpol_reader_new(readers, &mut reader)));
        netpol_readers_free(readers);
        let mut flows = null_mut();
        let mut options: netpol_flow_options = std::mem::zeroed();
        (options.size, options.seed) = (size_of::<netpol_flow_options>(), [1, 2]);
        (options.capacity, options.fragments) = (1, 1);
        assert!(ended(netpol_flows_new(&options, &mut flows)));
        let mut library = Library { cluster, engine, reader, flows, report: null_mut() };
        for call in calls.iter().take(64) {
            library.call(call);
        }
        // In an order that a careless program might have.
        netpol_cluster_free(library.cluster);
        netpol_reader_free(library.reader);
        netpol_flows_free(library.flows);
        netpol_engine_free(library.engine);
        netpol_report_free(library.report);
    }
});
