//! What a reader on one thread notices while a writer on another publishes what happens to a world.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use netpol_core::{Cluster, Error, Packet, ReaderFactory};
use netpol_testing::workload::{Churn, ChurnParameters, Event};

use crate::spread::NANOSECONDS;
use crate::{Churning, Clock, Histogram, Spread};

/// How long the reader is watched in peace, and then again with the writer at work.
const LASTS: Duration = Duration::from_secs(4);

/// Times a reader's calls, first in peace, then with events coming in as `parameters` say.
///
/// # Errors
///
/// What the cluster has against an event.
pub(crate) fn churn(
    clock: &Clock,
    cluster: &mut Cluster,
    churn: &mut Churn,
    parameters: &ChurnParameters,
    packets: &[Packet],
) -> Result<Churning, Error> {
    let batches = (LASTS.as_secs_f64() * parameters.batches_per_second) as usize;
    // Whoever has a watch has the objects; to make them up is not the writer's work.
    let batches = (0..batches).map(|_| churn.batch()).collect::<Vec<_>>();
    let readers = cluster.readers();
    let (idle, ()) = beside(clock, &readers, packets, || std::thread::sleep(LASTS));
    let every = Duration::from_secs_f64(1.0 / parameters.batches_per_second);
    let (busy, work) = beside(clock, &readers, packets, || write(cluster, batches, every));
    let work = work?;
    let seconds = work.took.as_secs_f64();
    Ok(Churning {
        parameters: *parameters,
        changes_per_second: work.changes as f64 / seconds,
        publications_per_second: work.publications as f64 / seconds,
        writer: work.busy.as_secs_f64() / seconds,
        idle,
        busy,
    })
}

/// What the writer did.
#[derive(Clone, Copy, Debug, Default)]
struct Work {
    changes: usize,
    publications: usize,
    busy: Duration,
    took: Duration,
}

/// Takes in and publishes one batch after the other, each at its time or as soon as possible, until
/// the time is over.
fn write(cluster: &mut Cluster, batches: Vec<Vec<Event>>, every: Duration) -> Result<Work, Error> {
    let mut work = Work::default();
    let start = Instant::now();
    for (number, batch) in (0_u32..).zip(batches) {
        std::thread::sleep((every * number).saturating_sub(start.elapsed()));
        if start.elapsed() > LASTS {
            break;
        }
        let begin = Instant::now();
        work.changes += batch.len();
        for event in batch {
            event.apply(cluster)?;
        }
        cluster.publish()?;
        work.publications += 1;
        work.busy += begin.elapsed();
    }
    work.took = start.elapsed();
    Ok(work)
}

/// Times the calls of a reader on another thread for as long as `work` takes.
fn beside<T>(
    clock: &Clock,
    readers: &ReaderFactory,
    packets: &[Packet],
    work: impl FnOnce() -> T,
) -> (Spread, T) {
    let stop = AtomicBool::new(false);
    let read = || {
        let (mut reader, mut times) = (readers.reader(), Histogram::new());
        while !stop.load(Ordering::Relaxed) {
            for place in 0..packets.len() {
                times.add(clock.time(|zero| reader.decide(&packets[place + zero])));
                if place % 1024 == 0 && stop.load(Ordering::Relaxed) {
                    break;
                }
            }
        }
        times
    };
    let (times, done) = std::thread::scope(|scope| {
        let reader = scope.spawn(read);
        let done = work();
        stop.store(true, Ordering::Relaxed);
        (reader.join().unwrap_or_default(), done)
    });
    (times.spread(clock, NANOSECONDS), done)
}
