//! Readers while somebody publishes.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use netpol_core::manifest::ReadOptions;
use netpol_core::model::{Kind, Object};
use netpol_core::{Admission, Cluster, Manifest, Options, Packet, Reader, Verdict};

use super::counting::calls_of;
use super::{cluster, packets};

/// How often the writer publishes at least.
const GENERATIONS: u64 = 300;

/// How many of them each reader sees at least.
const SEEN: u64 = 30;

fn policy(open: bool) -> Manifest {
    let rules = if open { "ingress: [{}]" } else { "ingress: []" };
    let text = format!(
        "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: comes-and-goes, namespace: d}}
spec: {{podSelector: {{matchLabels: {{role: open}}}}, {rules}}}"
    );
    Manifest::read(None, text.as_bytes(), &ReadOptions::default())
}

/// Something small, and now and then something that touches many chunks.
fn change(cluster: &mut Cluster, generation: u64) {
    let policy = policy(generation.is_multiple_of(2));
    cluster.apply(&policy, Admission::Create).expect("it is good");
    for number in 0..if generation.is_multiple_of(16) { 300 } else { 3_u64 } {
        let mut pod = netpol_core::model::Pod::default();
        pod.metadata.name = format!("pod{number}");
        pod.metadata.namespace = "d".into();
        pod.metadata.labels = [("own".into(), format!("v{}", number + generation))].into();
        pod.status.phase = "Running".into();
        pod.status.pod_ip = format!("10.0.{}.{}", 16 + number / 256, (number + generation) % 256);
        cluster.upsert(Object::Pod(pod), Admission::Stored).expect("it is good");
    }
    for number in 100..if generation % 16 == 8 { 300 } else { 100_u64 } {
        cluster.delete(Kind::Pod, "d", &format!("pod{number}"));
    }
}

/// Every call of a reader: none may allocate or free. Says which generation it saw last.
fn ask(reader: &mut Reader, packets: &[Packet], verdicts: &mut [Verdict]) -> u64 {
    let (calls, generation) = calls_of(|| {
        let generation = reader.engine().generation();
        for packet in packets.iter().step_by(997) {
            let _ = reader.decide(packet);
            let _ = reader.attribute(packet);
        }
        reader.decide_batch(packets, verdicts).expect("as many as packets");
        reader.refresh();
        generation
    });
    assert_eq!(calls, 0, "in generation {generation}");
    generation
}

/// Readers neither allocate nor free while a writer publishes: whoever lets go of a snapshot, it is
/// the writer who frees it.
#[test]
fn readers_leave_memory_to_the_writer() {
    let mut cluster = cluster(Options::default());
    cluster.publish().expect("it fits");
    let readers = cluster.readers();
    let (done, slowest) = (AtomicBool::new(false), [AtomicU64::new(0), AtomicU64::new(0)]);
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for (place, seen) in slowest.iter().enumerate() {
            // A reader goes to its thread, or is made there.
            let moved = (place == 0).then(|| readers.reader());
            let (readers, done) = (&readers, &done);
            threads.push(scope.spawn(move || {
                let mut reader = moved.unwrap_or_else(|| readers.reader());
                // What a thread needs to get at snapshots it makes once.
                reader.refresh();
                let packets = packets().into_iter().step_by(61).collect::<Vec<_>>();
                let mut verdicts = vec![Verdict::Deny; packets.len()];
                let mut last = 0;
                while !done.load(Ordering::Acquire) {
                    let generation = ask(&mut reader, &packets, &mut verdicts);
                    if generation != last {
                        seen.fetch_add(1, Ordering::Relaxed);
                        last = generation;
                    }
                }
            }));
        }
        let mut generation = 1;
        let waits = || {
            let slow = slowest.iter().any(|seen| seen.load(Ordering::Relaxed) < SEEN);
            slow && !threads.iter().any(|thread| thread.is_finished())
        };
        while generation < GENERATIONS || waits() {
            generation += 1;
            change(&mut cluster, generation);
            let engine = cluster.publish().expect("it fits");
            assert_eq!(engine.generation(), generation);
            drop(engine);
            // The newest, one for each reader, and one that a reader is about to let go of.
            let snapshots = cluster.snapshots();
            assert!(snapshots <= 2 + 2, "{snapshots}");
        }
        done.store(true, Ordering::Release);
    });
    assert!(slowest.iter().all(|seen| seen.load(Ordering::Relaxed) >= SEEN), "{slowest:?}");
    assert_eq!(cluster.snapshots(), 1);
}

/// A writer that publishes between any two calls of a reader: the same, without luck.
#[test]
fn every_generation_is_left_to_the_writer() {
    let mut cluster = cluster(Options::default());
    cluster.publish().expect("it fits");
    let mut reader = cluster.readers().reader();
    let packets = packets().into_iter().step_by(61).collect::<Vec<_>>();
    let mut verdicts = vec![Verdict::Deny; packets.len()];
    let address = |text: &str| text.parse::<IpAddr>().expect("an address");
    let toggled = Packet::tcp(address("8.8.8.8"), address("10.0.0.2"), 80);
    for generation in 2..60 {
        change(&mut cluster, generation);
        drop(cluster.publish().expect("it fits"));
        assert_eq!(ask(&mut reader, &packets, &mut verdicts), generation);
        let (calls, verdict) = calls_of(|| reader.engine().decide_ingress(&toggled));
        assert_eq!((calls, verdict.is_allow()), (0, generation % 2 == 0));
    }
}

/// A reader may be made in one thread and used in another; then the first snapshot that it fetches
/// there takes one allocation, of which the next thread makes use when this one has ended.
#[test]
fn a_reader_that_moves_allocates_once() {
    let mut cluster = cluster(Options::default());
    let readers = cluster.readers();
    for _ in 0..3 {
        let mut reader = readers.reader();
        let generation = cluster.publish().expect("it fits").generation();
        let there = thread::spawn(move || {
            let (first, seen) = calls_of(|| reader.engine().generation());
            let (more, ()) = calls_of(|| {
                for _ in 0..100 {
                    reader.refresh();
                }
            });
            (first, more, seen)
        });
        let (first, more, seen) = there.join().expect("no panic");
        assert!(first <= 1, "{first}");
        assert_eq!((more, seen), (0, generation));
    }
}
