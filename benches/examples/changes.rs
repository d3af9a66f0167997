//! Does one kind of change to a made-up cluster again and again and nothing else, for profilers and
//! for valgrind:
//!
//! ```sh
//! cargo build --release -p netpol-benches --example changes
//! valgrind --tool=callgrind --toggle-collect='changes::publish' \
//!     target/release/examples/changes 10k 1 300
//! ```
//!
//! The arguments: a world, how many pods are replaced between two publications, and how many
//! publications there are after the first. With none after it, the first one is all there is.
//! `changes::publish` and `changes::tell` are what to collect.

use std::error::Error;

use netpol_core::{Admission, Cluster, Options};
use netpol_testing::workload::{Churn, ChurnParameters, Event, Parameters, World};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let [world, pods, publications] = &*arguments else {
        return Err("usage: changes WORLD PODS PUBLICATIONS".into());
    };
    let (pods, publications) = (pods.parse::<usize>()?, publications.parse::<usize>()?);
    let world = World::generate(&world.parse::<Parameters>()?);
    let mut cluster = Cluster::new(Options::default());
    for object in world.objects() {
        cluster.upsert(object, Admission::Stored)?;
    }
    if publications == 0 {
        return publish(&mut cluster);
    }
    cluster.publish()?;
    let mut churn = Churn::new(world, &ChurnParameters::default());
    for _ in 0..publications {
        for event in (0..pods).flat_map(|_| churn.pod()).collect::<Vec<_>>() {
            tell(event, &mut cluster)?;
        }
        publish(&mut cluster)?;
    }
    Ok(())
}

#[inline(never)]
fn publish(cluster: &mut Cluster) -> Result<(), Box<dyn Error>> {
    cluster.publish()?;
    Ok(())
}

#[inline(never)]
fn tell(event: Event, cluster: &mut Cluster) -> Result<(), Box<dyn Error>> {
    event.apply(cluster)?;
    Ok(())
}
