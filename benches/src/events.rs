//! What changes cost: to take them in, to publish them, and until readers know.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use netpol_core::{Cluster, Error, Packet, ReaderFactory};
use netpol_testing::workload::{Churn, Event};

use crate::spread::MICROSECONDS;
use crate::{Clock, Events, Histogram};

/// How many pods change between two publications.
const PODS: [usize; 3] = [1, 5, 100];
/// How often each thing is measured, at most.
const MOST: usize = 5_000;
/// How long it is measured, at most, but never less often than [`LEAST`].
const LONGEST: Duration = Duration::from_secs(4);
/// How often each thing is measured, however long it takes.
const LEAST: usize = 5;

/// Lets a world live for a while, and times it. The cluster must be one that has taken that world
/// in.
///
/// # Errors
///
/// What the cluster has against an event.
pub(crate) fn events(
    clock: &Clock,
    cluster: &mut Cluster,
    churn: &mut Churn,
    packet: &Packet,
) -> Result<Events, Error> {
    let mut writer = Writer { clock, cluster };
    let (mut added, mut deleted) = (Histogram::new(), Histogram::new());
    let mut publish_pods = Vec::new();
    for pods in PODS {
        let mut published = Histogram::new();
        repeat(|| {
            for _ in 0..pods {
                for event in churn.pod() {
                    let times = match &event {
                        Event::Upsert(_) => &mut added,
                        Event::Delete { .. } => &mut deleted,
                    };
                    times.add(writer.tell(event)?);
                }
            }
            published.add(writer.publish()?);
            Ok(())
        })?;
        publish_pods.push((pods, published.spread(clock, MICROSECONDS)));
    }

    let (mut policies, mut publish_policy) = (Histogram::new(), Histogram::new());
    repeat(|| {
        let event = churn.policy();
        let added = matches!(event, Event::Upsert(_));
        let time = writer.tell(event)?;
        if added {
            policies.add(time);
        }
        publish_policy.add(writer.publish()?);
        Ok(())
    })?;

    let (mut relabelled, mut publish_namespace) = (Histogram::new(), Histogram::new());
    repeat(|| {
        relabelled.add(writer.tell(churn.namespace())?);
        publish_namespace.add(writer.publish()?);
        Ok(())
    })?;

    let readers = writer.cluster.readers();
    let visible = visible(&readers, packet, &mut writer, churn)?;
    Ok(Events {
        upsert_pod: added.spread(clock, MICROSECONDS),
        delete_pod: deleted.spread(clock, MICROSECONDS),
        upsert_policy: policies.spread(clock, MICROSECONDS),
        relabel_namespace: relabelled.spread(clock, MICROSECONDS),
        publish_pods: publish_pods.into_iter().collect(),
        publish_policy: publish_policy.spread(clock, MICROSECONDS),
        publish_namespace: publish_namespace.spread(clock, MICROSECONDS),
        visible: Some(visible.spread(clock, MICROSECONDS)),
    })
}

/// A cluster with a watch beside it.
struct Writer<'bench> {
    clock: &'bench Clock,
    cluster: &'bench mut Cluster,
}

impl Writer<'_> {
    /// How long the cluster takes to take an event in.
    fn tell(&mut self, event: Event) -> Result<u64, Error> {
        let mut told = Ok(());
        // To let the object go is part of it.
        let time = self.clock.time(|_| told = event.apply(self.cluster));
        told.map(|()| time)
    }

    /// How long it takes to publish.
    fn publish(&mut self) -> Result<u64, Error> {
        let mut published = None;
        let time = self.clock.time(|_| published = Some(self.cluster.publish()));
        published.transpose().map(|_| time)
    }
}

/// Does something again and again, but not for long.
fn repeat(mut once: impl FnMut() -> Result<(), Error>) -> Result<(), Error> {
    let start = Instant::now();
    for done in 0..MOST {
        if done >= LEAST && start.elapsed() > LONGEST {
            break;
        }
        once()?;
    }
    Ok(())
}

/// The generation that a reader saw last, and when.
#[derive(Debug, Default)]
struct Seen {
    generation: AtomicU64,
    at: AtomicU64,
    stop: AtomicBool,
}

/// How long it takes from before a pod is added until a reader on another thread, which does nothing
/// but ask, has given its first answer that knows of it.
fn visible(
    readers: &ReaderFactory,
    packet: &Packet,
    writer: &mut Writer<'_>,
    churn: &mut Churn,
) -> Result<Histogram, Error> {
    let (clock, seen) = (*writer.clock, Seen::default());
    let watch = || {
        let (mut reader, mut last) = (readers.reader(), 0);
        while !seen.stop.load(Ordering::Relaxed) {
            let engine = reader.engine();
            let _ = std::hint::black_box(engine.decide(packet));
            let generation = engine.generation();
            if generation != last {
                last = generation;
                seen.at.store(clock.now(), Ordering::Relaxed);
                seen.generation.store(generation, Ordering::Release);
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(watch);
        let mut times = Histogram::new();
        let done = repeat(|| {
            let [gone, added] = churn.replace_pod(false);
            gone.apply(writer.cluster)?;
            let start = clock.now();
            added.apply(writer.cluster)?;
            let generation = writer.cluster.publish()?.generation();
            while seen.generation.load(Ordering::Acquire) < generation {
                std::hint::spin_loop();
            }
            times.add(seen.at.load(Ordering::Relaxed).saturating_sub(start));
            Ok(())
        });
        seen.stop.store(true, Ordering::Relaxed);
        done.map(|()| times)
    })
}
