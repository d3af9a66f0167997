//! How many instructions a decision may take. `make gate` fails when it takes more.
//!
//! Valgrind counts what the loops of [`decide`] execute: the same on every machine of an
//! architecture and in every run, whatever else the machine does. The limits are in
//! `limits.rs`.

#![allow(missing_docs, unused_qualifications, reason = "the macros write such code")]

mod limits;

use std::hint::black_box;

use gungraun::{
    Callgrind, EventKind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main,
};
use netpol_benches::decide;
use netpol_core::{Admission, Cluster, Options, Packet, Reader, Verdict};
use netpol_testing::workload::{Trace, TraceParameters, World};

/// Few enough for valgrind, and many enough that no part of a world is left out.
const PACKETS: usize = 1 << 16;

/// A reader and what it is asked. All of it is handed back, or to free it would be counted too.
struct Ready {
    _cluster: Cluster,
    packets: Vec<Packet>,
    reader: Reader,
}

/// Draws a world and compiles it; none of this is counted.
fn ready(world: &str) -> Ready {
    let world = World::generate(&world.parse().expect("there is such a world"));
    let trace = TraceParameters { packets: PACKETS, ..TraceParameters::default() };
    // Nobody asks for a share of allowed packets, so nobody asks for verdicts.
    let packets = Trace::generate(&world, &trace, |_| Verdict::Deny).packets;
    let mut cluster = Cluster::new(Options::default());
    for object in world.into_objects() {
        cluster.upsert(object, Admission::Stored).expect("the world is valid");
    }
    let mut reader = cluster.readers().reader();
    cluster.publish().expect("it fits");
    // What is done at the first call alone is not counted.
    reader.refresh();
    Ready { _cluster: cluster, packets, reader }
}

/// The run fails when a decision takes more than this, on average.
fn at_most(instructions: f64) -> LibraryBenchmarkConfig {
    let limit = (instructions * PACKETS as f64) as u64;
    let mut callgrind = Callgrind::with_args(["--cache-sim=no"]);
    callgrind.hard_limits([(EventKind::Ir, limit)]);
    let mut config = LibraryBenchmarkConfig::default();
    config.tool(callgrind);
    config
}

#[library_benchmark]
#[bench::w10k(args = ("10k",), setup = ready, config = at_most(limits::W10K.single))]
#[bench::w10k_20_cluster_policies(
    args = ("10k-20-cluster-policies",),
    setup = ready,
    config = at_most(limits::W10K_20_CLUSTER_POLICIES.single)
)]
#[bench::w10k_dual_stack(
    args = ("10k-dual-stack",),
    setup = ready,
    config = at_most(limits::W10K_DUAL_STACK_SINGLE)
)]
fn single(mut ready: Ready) -> Ready {
    black_box(decide::singly(&mut ready.reader, &ready.packets));
    ready
}

#[library_benchmark]
#[bench::w10k(args = ("10k",), setup = ready, config = at_most(limits::W10K.batch))]
#[bench::w10k_20_cluster_policies(
    args = ("10k-20-cluster-policies",),
    setup = ready,
    config = at_most(limits::W10K_20_CLUSTER_POLICIES.batch)
)]
fn batch(mut ready: Ready) -> Ready {
    black_box(decide::in_batches(&mut ready.reader, &ready.packets, decide::BATCH));
    ready
}

#[library_benchmark]
#[bench::w10k(args = ("10k",), setup = ready, config = at_most(limits::W10K.attribute))]
#[bench::w10k_20_cluster_policies(
    args = ("10k-20-cluster-policies",),
    setup = ready,
    config = at_most(limits::W10K_20_CLUSTER_POLICIES.attribute)
)]
fn attribute(mut ready: Ready) -> Ready {
    black_box(decide::attributed(&mut ready.reader, &ready.packets));
    ready
}

library_benchmark_group!(name = decisions, benchmarks = [single, batch, attribute]);
main!(library_benchmark_groups = decisions);
