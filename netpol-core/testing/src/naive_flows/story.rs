use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use netpol_core::flows::{Flow, FlowOptions, FlowState, Flows, MidStream};
use netpol_core::manifest::ReadOptions;
use netpol_core::model::Kind;
use netpol_core::options::{Fragments, Options};
use netpol_core::{Admission, Cluster, Engine, Manifest, Packet, RawPacket};

use super::wire::{self, ACK, FIN, RST, SYN};
use super::{NaiveFlow, NaiveFlows};
use crate::generate::Choices;

/// What happens to a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// A packet comes.
    Packet(Vec<u8>),
    /// So much time passes.
    Wait(Duration),
    /// From now on these of the [policies](POLICIES) are there, by their places as bits.
    Publish(u8),
    /// All flows are judged again.
    Recheck,
}

/// What happens, and under which options.
#[derive(Clone, Debug)]
pub struct Story {
    /// What becomes of fragments whose first is not known.
    pub fragments: Fragments,
    /// What becomes of packets that open nothing.
    pub mid_stream: MidStream,
    /// One thing after the other.
    pub acts: Vec<Act>,
}

/// Two pods with addresses of both families; outside are 192.0.2.1 and 2001:db8::1.
const PODS: &str = "
{apiVersion: v1, kind: Pod, metadata: {name: web, labels: {app: web}},
 status: {phase: Running, podIPs: [{ip: 10.0.0.1}, {ip: 'fd00::1'}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: db, labels: {app: db}},
 status: {phase: Running, podIPs: [{ip: 10.0.0.2}, {ip: 'fd00::2'}]}}
";

const ADDRESSES: [[&str; 3]; 2] =
    [["10.0.0.1", "10.0.0.2", "192.0.2.1"], ["fd00::1", "fd00::2", "2001:db8::1"]];

/// What may be in force. Names, and specs of NetworkPolicies.
const POLICIES: [(&str, &str); 5] = [
    ("nothing-in", "{podSelector: {}, policyTypes: [Ingress]}"),
    ("nothing-out", "{podSelector: {}, policyTypes: [Egress]}"),
    (
        "web-to-db",
        "{podSelector: {matchLabels: {app: db}},
          ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 80}]}]}",
    ),
    ("anything-into-db", "{podSelector: {matchLabels: {app: db}}, ingress: [{}]}"),
    (
        "web-out",
        "{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress],
          egress: [{ports: [{port: 80}, {port: 53, protocol: UDP}]}, {to: [{podSelector: {}}]}]}",
    ),
];

/// Room for every flow of a story, so that none makes room for another.
const CAPACITY: usize = 1 << 12;

/// A story of so many acts at most. Few addresses, ports and numbers, so that packets meet.
pub fn story(choices: &mut impl Choices, length: usize) -> Story {
    let fragments = [Fragments::UnknownPort, Fragments::Allow, Fragments::Deny];
    let fragments = *choices.pick(&fragments);
    let mid_stream = *choices.pick(&[MidStream::Judge, MidStream::Judge, MidStream::Deny]);
    let mut acts = vec![Act::Publish(choices.below(32) as u8)];
    for _ in 0..choices.below(length + 1) {
        acts.push(match choices.below(20) {
            0..=15 => Act::Packet(packet(choices)),
            16 | 17 => {
                // Around the limits of states, and within them.
                let seconds = [1, 3, 9, 10, 29, 30, 59, 60, 119, 120, 210, 3_600, 7_439, 7_440];
                Act::Wait(Duration::from_secs(*choices.pick(&seconds)))
            }
            18 => Act::Publish(choices.below(32) as u8),
            _ => Act::Recheck,
        });
    }
    Story { fragments, mid_stream, acts }
}

fn packet(choices: &mut impl Choices) -> Vec<u8> {
    let whole = whole_packet(choices, true);
    if !choices.once_in(8) {
        return whole;
    }
    let offset = *choices.pick(&[0, 0, 1, 2, 7]);
    let identification = choices.below(3) as u16;
    wire::piece(&whole, offset, offset == 0 || choices.below(2) == 0, identification)
}

fn whole_packet(choices: &mut impl Choices, may_be_error: bool) -> Vec<u8> {
    let family = *choices.pick(&ADDRESSES);
    let [from, to] = [choices.below(3), choices.below(3)]
        .map(|place| family[place].parse::<IpAddr>().expect("it is an address"));
    let port = |choices: &mut _| *Choices::pick(choices, &[40_000_u16, 80, 53]);
    let from_port = SocketAddr::new(from, port(choices));
    let to_port = SocketAddr::new(to, port(choices));
    match choices.below(if may_be_error { 12 } else { 10 }) {
        0..=4 => {
            let flags = [SYN, SYN | ACK, ACK, ACK, ACK, FIN | ACK, RST, RST | ACK, SYN | FIN, 0];
            let flags = *choices.pick(&flags);
            let number = |choices: &mut _| {
                *Choices::pick(choices, &[1_000_u32, 1_001, 900, 1_000 + (1 << 20), 5, u32::MAX])
            };
            let bytes = wire::tcp(from_port, to_port, flags, [number(choices), number(choices)]);
            // As far as the ports and no further, now and then.
            if choices.once_in(16) { bytes[..bytes.len() - 12].to_vec() } else { bytes }
        }
        5 | 6 => wire::udp(from_port, to_port),
        7 => {
            let bytes = wire::sctp(from_port, to_port, choices.below(16) as u8);
            if choices.once_in(16) { bytes[..bytes.len() - 4].to_vec() } else { bytes }
        }
        8 => {
            let kinds = [8, 0, 13, 14, 128, 129, 135, 10];
            // Two identifiers, one of which is a type.
            wire::icmp(from, to, *choices.pick(&kinds), *choices.pick(&[8, 7]))
        }
        9 => wire::other(from, to, *choices.pick(&[47, 50, 58, 1, 59])),
        _ => {
            let about = whole_packet(choices, false);
            let read = RawPacket::parse(&about).expect("it is a packet").packet();
            // Mostly from somebody to its sender.
            let to = if choices.once_in(8) { read.destination() } else { read.source() };
            let place = choices.below(3);
            let sender = ADDRESSES[usize::from(to.is_ipv6())][place];
            wire::unreachable(sender.parse().expect("it is an address"), to, &about)
        }
    }
}

/// A cluster in which policies come and go.
struct World {
    cluster: Cluster,
    engine: Engine,
    there: u8,
}

impl World {
    fn new(fragments: Fragments) -> World {
        let mut options = Options::default();
        options.fragments = fragments;
        let mut cluster = Cluster::new(options);
        let pods = Manifest::read(None, PODS.as_bytes(), &ReadOptions::default());
        cluster.apply(&pods, Admission::Create).expect("they are good");
        let engine = cluster.publish().expect("it fits");
        World { cluster, engine, there: 0 }
    }

    fn publish(&mut self, wanted: u8) {
        for (place, (name, spec)) in POLICIES.iter().enumerate() {
            let (is, will_be) = (self.there >> place & 1 == 1, wanted >> place & 1 == 1);
            if will_be && !is {
                let text = format!(
                    "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy,
                       metadata: {{name: {name}}}, spec: {spec}}}"
                );
                let policy = Manifest::read(None, text.as_bytes(), &ReadOptions::default());
                self.cluster.apply(&policy, Admission::Create).expect("it is good");
            } else if is && !will_be {
                self.cluster.delete(Kind::NetworkPolicy, "default", name);
            }
        }
        self.there = wanted;
        self.engine = self.cluster.publish().expect("it fits");
    }
}

/// Where the library's table answers otherwise than the list without bound, or keeps another flow.
///
/// # Panics
///
/// When the table cannot be made.
#[must_use]
pub fn breach(story: &Story) -> Option<String> {
    let mut options = FlowOptions::new([7, 8]);
    options.capacity = CAPACITY;
    options.mid_stream = story.mid_stream;
    let mut flows = Flows::new(&options).expect("there is memory");
    let mut naive = NaiveFlows::new(&options);
    let mut world = World::new(story.fragments);
    let mut now = Duration::ZERO;
    for (place, act) in story.acts.iter().enumerate() {
        let told = match act {
            Act::Wait(time) => {
                now += *time;
                None
            }
            Act::Publish(policies) => {
                world.publish(*policies);
                None
            }
            Act::Recheck => rechecked(&mut flows, &mut naive, &world.engine, now),
            Act::Packet(bytes) => judged(&mut flows, &mut naive, &world.engine, bytes, now),
        };
        if let Some(told) = told {
            return Some(format!("act {place}, {act:02x?}: {told}"));
        }
    }
    let statistics = flows.statistics(now);
    naive.pass_time(now);
    let expected =
        FlowState::ALL.map(|state| naive.flows().iter().filter(|flow| flow.state == state).count());
    (statistics.by_state != expected).then(|| format!("{statistics:?}, expected {expected:?}"))
}

fn judged(
    flows: &mut Flows,
    naive: &mut NaiveFlows,
    engine: &Engine,
    bytes: &[u8],
    now: Duration,
) -> Option<String> {
    let policy = |packet: &Packet| engine.decide(packet).is_allow();
    let raw = RawPacket::parse(bytes).expect("it is a packet");
    let (allowed, tracking) = naive.judge(bytes, now, engine.generation(), policy);
    let got = flows.judge(engine, &raw, now);
    if (got.is_allow(), got.tracking) != (allowed, tracking) {
        return Some(format!("{} is {got:?}, plainly {allowed} {tracking:?}", raw.packet()));
    }
    let (found, expected) = (flows.find(&raw), naive.find(bytes));
    let agree = match (&found, expected) {
        (Some(flow), Some(naive)) => is(flow, naive),
        (None, None) => true,
        _ => false,
    };
    (!agree).then(|| format!("{} is of {found:?}, plainly {expected:?}", raw.packet()))
}

fn rechecked(
    flows: &mut Flows,
    naive: &mut NaiveFlows,
    engine: &Engine,
    now: Duration,
) -> Option<String> {
    let policy = |packet: &Packet| engine.decide(packet).is_allow();
    let mut expected = naive.recheck(now, engine.generation(), policy);
    let mut got = Vec::new();
    let changes = engine.changes_since(flows.rechecked());
    flows.recheck(&changes, now, |flow| got.push(flow.opening));
    expected.sort_by_key(Packet::to_string);
    got.sort_by_key(Packet::to_string);
    (got != expected).then(|| format!("cuts off {got:?}, plainly {expected:?}"))
}

fn is(flow: &Flow, naive: &NaiveFlow) -> bool {
    flow.opening == naive.opening
        && flow.state == naive.state
        && flow.is_cut_off == naive.is_cut_off
}
