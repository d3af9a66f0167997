//! Throughput: the loops of [`decide`], on one thread and on several.

use std::hint::black_box;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use netpol_core::{Packet, Reader, ReaderFactory};
use netpol_testing::workload::Interpreter;

use crate::{Decisions, Throughput, Time, decide};

/// Sizes of batches.
const SIZES: [usize; 3] = [8, decide::BATCH, decide::LARGEST_BATCH];

/// The interpreter's times wander less than they take long.
const INTERPRETATIONS: usize = 5;

/// Times `repetitions` walks through the packets, each way.
///
/// The ways take turns, so that what disturbs the machine disturbs all of them.
pub(crate) fn decisions(
    readers: &ReaderFactory,
    interpreter: &Interpreter,
    packets: &[Packet],
    repetitions: usize,
) -> Decisions {
    let mut reader = readers.reader();
    let [small, usual, large] = SIZES;
    type Loop<'packets> = fn(&mut Reader, &'packets [Packet], usize) -> usize;
    let ways: [(Loop<'_>, usize); 5] = [
        (|reader, packets, _| decide::singly(reader, packets), 1),
        (decide::in_batches, small),
        (decide::in_batches, usual),
        (decide::in_batches, large),
        (|reader, packets, _| decide::attributed(reader, packets), 1),
    ];
    let mut times = ways.map(|_| Vec::new());
    let mut interpretations = Vec::new();
    for repetition in 0..repetitions {
        for ((judge, size), times) in ways.iter().zip(&mut times) {
            // Once to fill the caches with what this loop needs, once to measure.
            black_box(judge(&mut reader, packets, *size));
            times.push(time(|| judge(&mut reader, packets, *size)));
        }
        if repetition < INTERPRETATIONS {
            interpretations.push(time(|| decide::interpreted(interpreter, packets)));
        }
    }
    let per_packet = |times| Time::new(times, 1e9 / packets.len().max(1) as f64);
    let [single, small, usual, large, attribute] = times.map(per_packet);
    Decisions {
        single,
        batches: SIZES.into_iter().zip([small, usual, large]).collect(),
        attribute,
        interpreter: per_packet(interpretations),
    }
}

/// Times `repetitions` walks of one and of two threads, all through the same packets.
pub(crate) fn throughput(
    readers: &ReaderFactory,
    packets: &[Packet],
    repetitions: usize,
) -> Vec<Throughput> {
    let together = |threads, judge: &(dyn Fn(&mut Reader) -> usize + Sync)| {
        let walks = (0..repetitions).map(|_| together(readers, threads, judge)).collect();
        let seconds = Time::new(walks, 1.0).best;
        (threads * packets.len()) as f64 / seconds / 1e6
    };
    [1, 2]
        .map(|threads| Throughput {
            threads,
            single: together(threads, &|reader| decide::singly(reader, packets)),
            batch: together(threads, &|reader| decide::in_batches(reader, packets, decide::BATCH)),
        })
        .into()
}

/// How long `threads` of them take, from the common start to the end of the last.
fn together(
    readers: &ReaderFactory,
    threads: usize,
    judge: &(dyn Fn(&mut Reader) -> usize + Sync),
) -> Duration {
    let barrier = Barrier::new(threads);
    let walk = || {
        let mut reader = readers.reader();
        // Each fills the caches of its own processor.
        black_box(judge(&mut reader));
        barrier.wait();
        let start = Instant::now();
        black_box(judge(&mut reader));
        (start, Instant::now())
    };
    let walks = std::thread::scope(|scope| {
        let walks = (0..threads).map(|_| scope.spawn(walk)).collect::<Vec<_>>();
        walks.into_iter().filter_map(|walk| walk.join().ok()).collect::<Vec<_>>()
    });
    let start = walks.iter().map(|(start, _)| *start).min();
    let end = walks.iter().map(|(_, end)| *end).max();
    end.zip(start).map_or(Duration::ZERO, |(end, start)| end - start)
}

fn time(work: impl FnOnce() -> usize) -> Duration {
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}
