//! What a table of connections costs a packet, for valgrind:
//!
//! ```sh
//! cargo build --profile bench -p netpol-benches --example flows
//! valgrind --tool=callgrind --collect-atstart=no --toggle-collect='flows::counted::*' \
//!     --callgrind-out-file=flows.out target/release/examples/flows 10k 40000
//! callgrind_annotate --inclusive=yes --auto=no --threshold=100 flows.out | grep 'flows::counted'
//! ```
//!
//! The arguments: a world, and how many connections that its policies allow. Each function of
//! `counted` goes through as many packets, one for each connection. Without valgrind it prints
//! nanoseconds, of which the ratios are worth something.

use std::error::Error;
use std::hint::black_box;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use netpol_core::flows::{FlowOptions, FlowState, Flows};
use netpol_core::net::Protocol;
use netpol_core::{Admission, Cluster, Options, RawPacket, Verdict};
use netpol_testing::naive_flows::wire::{self, ACK, SYN};
use netpol_testing::workload::{Churn, ChurnParameters, Parameters, Trace, TraceParameters, World};

/// What is counted.
mod counted {
    use super::*;
    use netpol_core::{Changes, Engine};

    #[inline(never)]
    pub(super) fn parse(packets: &[Vec<u8>]) -> Vec<RawPacket> {
        packets.iter().filter_map(|bytes| RawPacket::parse(bytes).ok()).collect()
    }

    #[inline(never)]
    pub(super) fn decide(engine: &Engine, packets: &[RawPacket]) -> usize {
        packets.iter().filter(|raw| engine.decide(&raw.packet()).is_allow()).count()
    }

    #[inline(never)]
    pub(super) fn open(flows: &mut Flows, engine: &Engine, packets: &[RawPacket]) -> usize {
        judged(1, flows, engine, packets)
    }

    #[inline(never)]
    pub(super) fn established(flows: &mut Flows, engine: &Engine, packets: &[RawPacket]) -> usize {
        judged(2, flows, engine, packets)
    }

    #[inline(never)]
    pub(super) fn replies(flows: &mut Flows, engine: &Engine, packets: &[RawPacket]) -> usize {
        judged(3, flows, engine, packets)
    }

    #[inline(never)]
    pub(super) fn in_another_generation(
        flows: &mut Flows,
        engine: &Engine,
        packets: &[RawPacket],
    ) -> usize {
        judged(4, flows, engine, packets)
    }

    /// With a number that tells the callers apart, or the linker would make one function of them.
    #[inline(always)]
    fn judged(seconds: u64, flows: &mut Flows, engine: &Engine, packets: &[RawPacket]) -> usize {
        let now = Duration::from_secs(seconds);
        packets.iter().filter(|raw| flows.judge(engine, raw, now).is_allow()).count()
    }

    #[inline(never)]
    pub(super) fn touches(changes: &Changes, packets: &[RawPacket]) -> usize {
        packets.iter().filter(|raw| changes.touches(&raw.packet())).count()
    }

    #[inline(never)]
    pub(super) fn recheck(flows: &mut Flows, engine: &Engine) -> usize {
        let mut cut_off = 0;
        flows.recheck(engine, Duration::from_secs(5), |_| cut_off += 1);
        cut_off
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let [world, connections] = &*arguments else {
        return Err("usage: flows WORLD CONNECTIONS".into());
    };
    let connections = connections.parse::<usize>()?;
    let world = World::generate(&world.parse::<Parameters>()?);
    let mut cluster = Cluster::new(Options::default());
    for object in world.objects() {
        cluster.upsert(object, Admission::Stored)?;
    }
    let engine = cluster.publish()?;
    let trace = TraceParameters { packets: connections * 16, ..TraceParameters::default() };
    let trace = Trace::generate(&world, &trace, |_| Verdict::Deny).packets;
    let allowed = trace
        .iter()
        .filter(|packet| packet.protocol() == Protocol::TCP && engine.decide(packet).is_allow());
    let ends = allowed.zip(1_u16..=u16::MAX).map(|(packet, port)| {
        let to = packet.destination_port().unwrap_or(0);
        (SocketAddr::new(packet.source(), port), SocketAddr::new(packet.destination(), to))
    });
    let ends = ends.take(connections).collect::<Vec<_>>();
    let made = |make: &dyn Fn(SocketAddr, SocketAddr) -> Vec<u8>| {
        ends.iter().map(|(from, to)| make(*from, *to)).collect::<Vec<_>>()
    };
    let opening = counted::parse(&made(&|from, to| wire::tcp(from, to, SYN, [1, 0])));
    let answers = counted::parse(&made(&|from, to| wire::tcp(to, from, SYN | ACK, [9, 2])));
    let data = counted::parse(&made(&|from, to| wire::tcp(from, to, ACK, [2, 10])));
    let replies = counted::parse(&made(&|from, to| wire::tcp(to, from, ACK, [10, 2])));

    let mut flows = Flows::new(&FlowOptions::new([0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210]))?;
    let mut measured = Vec::new();
    let mut measure = |name: &str, work: &mut dyn FnMut() -> usize| {
        let start = Instant::now();
        let count = black_box(work());
        let nanoseconds = start.elapsed().as_nanos() as f64 / ends.len() as f64;
        measured.push((name.to_owned(), nanoseconds, count));
    };
    measure("decide", &mut || counted::decide(&engine, &data));
    measure("open", &mut || counted::open(&mut flows, &engine, &opening));
    for packets in [&answers, &data] {
        for raw in packets.iter() {
            assert!(flows.judge(&engine, raw, Duration::ZERO).is_allow());
        }
    }
    measure("established", &mut || counted::established(&mut flows, &engine, &data));
    measure("replies", &mut || counted::replies(&mut flows, &engine, &replies));

    // Some pods are replaced, and flows are judged again: each as its next packet comes, then all.
    let mut churn = Churn::new(world, &ChurnParameters::default());
    let mut newer = || -> Result<_, Box<dyn Error>> {
        for event in (0..5).flat_map(|_| churn.pod()).collect::<Vec<_>>() {
            event.apply(&mut cluster)?;
        }
        Ok(cluster.publish()?)
    };
    let engine = newer()?;
    measure("in another generation", &mut || {
        counted::in_another_generation(&mut flows, &engine, &replies)
    });
    let before = engine.generation();
    let engine = newer()?;
    let changes = engine.changes_since(before);
    measure("touches", &mut || counted::touches(&changes, &data));
    measure("recheck", &mut || counted::recheck(&mut flows, &engine));

    let statistics = flows.statistics(Duration::from_secs(1));
    println!(
        "{} connections, {} established, {} places, {} bytes",
        ends.len(),
        statistics.in_state(FlowState::Established),
        statistics.capacity,
        flows.memory_usage()
    );
    for (name, nanoseconds, count) in measured {
        println!("{name:<22}{nanoseconds:8.1} ns{count:10}");
    }
    Ok(())
}
