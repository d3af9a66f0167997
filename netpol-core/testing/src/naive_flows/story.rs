use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use netpol_core::flows::{Flow, FlowOptions, FlowState, FlowStatistics, Flows, MidStream};
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
    /// From now on these of the policies are there, by their places as bits.
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

/// A story of so many acts at most. A few that talk to each other, with few ports, numbers and
/// identifiers, so that packets have to do with each other.
pub fn story(choices: &mut impl Choices, length: usize) -> Story {
    let fragments = [Fragments::UnknownPort, Fragments::Allow, Fragments::Deny];
    let fragments = *choices.pick(&fragments);
    let mid_stream = *choices.pick(&[MidStream::Judge, MidStream::Judge, MidStream::Deny]);
    let mut talks = Vec::new();
    let mut acts = vec![Act::Publish(choices.below(1 << POLICIES.len()) as u8)];
    for _ in 0..choices.below(length + 1) {
        acts.push(match choices.below(30) {
            0..=26 => Act::Packet(packet(choices, &mut talks)),
            27 => {
                // Around the limits of states, and within them.
                let seconds = [1, 1, 3, 9, 10, 29, 30, 59, 60, 119, 120, 210, 3_600, 7_439, 7_440];
                Act::Wait(Duration::from_secs(*choices.pick(&seconds)))
            }
            28 => Act::Publish(choices.below(1 << POLICIES.len()) as u8),
            _ => Act::Recheck,
        });
    }
    Story { fragments, mid_stream, acts }
}

/// Two ends, and what they speak.
#[derive(Clone, Copy)]
struct Talk {
    ends: [SocketAddr; 2],
    speaks: usize,
}

impl Talk {
    fn any(choices: &mut impl Choices) -> Talk {
        let family = *choices.pick(&ADDRESSES);
        let ends = [choices.below(3), choices.below(3)].map(|place| {
            let address = family[place].parse::<IpAddr>().expect("it is an address");
            let port = *choices.pick(&[40_000, 80, 53]);
            SocketAddr::new(address, port)
        });
        Talk { ends, speaks: choices.below(10) }
    }

    /// A packet of it, from one end or the other.
    fn packet(self, choices: &mut impl Choices) -> Vec<u8> {
        let [mut from, mut to] = self.ends;
        if choices.below(2) == 1 {
            (from, to) = (to, from);
        }
        // Cut off behind the ports, now and then.
        let cut = choices.once_in(16);
        match self.speaks {
            0..=4 => {
                let flags =
                    [SYN, SYN | ACK, ACK, ACK, ACK, FIN | ACK, RST, RST | ACK, SYN | FIN, 0];
                let flags = *choices.pick(&flags);
                let numbers = [1_000, 1_001, 900, 1_000 + (1 << 20), 1_001 + (1 << 20), u32::MAX];
                let numbers = [*choices.pick(&numbers), *choices.pick(&numbers)];
                let bytes = wire::tcp(from, to, flags, numbers);
                bytes[..bytes.len() - if cut { 12 } else { 0 }].to_vec()
            }
            5 | 6 => wire::udp(from, to),
            7 => {
                let bytes = wire::sctp(from, to, choices.below(16) as u8);
                bytes[..bytes.len() - if cut { 4 } else { 0 }].to_vec()
            }
            8 => {
                let kinds: &[u8] = match from {
                    SocketAddr::V4(_) => &[8, 0, 8, 0, 13, 14, 10],
                    SocketAddr::V6(_) => &[128, 129, 128, 129, 135],
                };
                // One of the identifiers is a type.
                wire::icmp(from.ip(), to.ip(), *choices.pick(kinds), *choices.pick(&[8, 7]))
            }
            _ => wire::other(from.ip(), to.ip(), *choices.pick(&[47, 50, 58, 1, 59])),
        }
    }
}

/// How many talk at a time.
const TALKS: usize = 4;

fn packet(choices: &mut impl Choices, talks: &mut Vec<Talk>) -> Vec<u8> {
    if talks.is_empty() || choices.once_in(10) {
        talks.truncate(TALKS - 1);
        talks.insert(0, Talk::any(choices));
    }
    let talk = *choices.pick(talks);
    let whole = talk.packet(choices);
    match choices.below(14) {
        0..=10 => whole,
        11 | 12 => {
            let offset = *choices.pick(&[0, 0, 1, 2, 7]);
            let identification = choices.below(2) as u16;
            wire::piece(&whole, offset, offset == 0 || choices.below(2) == 0, identification)
        }
        _ => error(choices, &whole),
    }
}

/// An error about a packet, mostly to who sent it.
fn error(choices: &mut impl Choices, about: &[u8]) -> Vec<u8> {
    let read = RawPacket::parse(about).expect("it is a packet").packet();
    let to = if choices.once_in(8) { read.destination() } else { read.source() };
    let sender = ADDRESSES[usize::from(to.is_ipv6())][choices.below(3)];
    wire::unreachable(sender.parse().expect("it is an address"), to, about)
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

/// Lives through a story, and gives what the library's table counts at its end.
///
/// # Errors
///
/// Where the table answers otherwise than the list without bound, or keeps another flow.
///
/// # Panics
///
/// When the table cannot be made.
pub fn live(story: &Story) -> Result<FlowStatistics, String> {
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
            return Err(format!("act {place}, {act:02x?}: {told}"));
        }
    }
    let statistics = flows.statistics(now);
    naive.pass_time(now);
    let expected =
        FlowState::ALL.map(|state| naive.flows().iter().filter(|flow| flow.state == state).count());
    if statistics.by_state != expected {
        return Err(format!("{statistics:?}, expected {expected:?}"));
    }
    Ok(statistics)
}

/// The story without the acts that are not needed for what is wrong with it.
#[must_use]
pub fn smallest(story: &Story) -> Story {
    let mut smallest = story.clone();
    let mut size = smallest.acts.len();
    while size > 0 {
        let mut start = 0;
        while start < smallest.acts.len() {
            let mut fewer = smallest.clone();
            fewer.acts.drain(start..(start + size).min(fewer.acts.len()));
            if live(&fewer).is_err() {
                smallest = fewer;
            } else {
                start += size;
            }
        }
        size /= 2;
    }
    smallest
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
    flows.recheck(engine, now, |flow| got.push(flow.opening));
    expected.sort_by_key(|packet| format!("{packet:?}"));
    got.sort_by_key(|packet| format!("{packet:?}"));
    (got != expected).then(|| format!("cuts off {got:?}, plainly {expected:?}"))
}

fn is(flow: &Flow, naive: &NaiveFlow) -> bool {
    flow.opening == naive.opening
        && flow.state == naive.state
        && flow.is_cut_off == naive.is_cut_off
}
