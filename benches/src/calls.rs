//! Latency: single calls, each timed by itself, with warm caches and with cold ones.

use std::hint::black_box;

use netpol_core::{Packet, ReaderFactory, Verdict};
use netpol_testing::workload::Interpreter;

use crate::spread::NANOSECONDS;
use crate::{Calls, Clock, Cold, Histogram, Spread};

/// How often the trace is walked through.
const WALKS: usize = 3;

/// Times every packet of the trace by itself, each way.
pub(crate) fn calls(
    clock: &Clock,
    readers: &ReaderFactory,
    interpreter: &Interpreter,
    packets: &[Packet],
) -> Calls {
    let mut reader = readers.reader();
    Calls {
        decide: warm(clock, packets, WALKS, |packet| reader.decide(packet)),
        attribute: warm(clock, packets, WALKS, |packet| reader.attribute(packet)),
        interpreter: warm(clock, packets, 1, |packet| interpreter.decide(packet)),
    }
}

fn warm<T>(
    clock: &Clock,
    packets: &[Packet],
    walks: usize,
    mut judge: impl FnMut(&Packet) -> T,
) -> Spread {
    let mut times = Histogram::new();
    for _ in 0..walks {
        for place in 0..packets.len() {
            times.add(clock.time(|zero| judge(&packets[place + zero])));
        }
    }
    times.spread(clock, NANOSECONDS)
}

/// How much other memory is read between two calls, and how many calls.
const OTHER_WORK: [(usize, usize); 4] =
    [(0, 50_000), (32 << 10, 50_000), (512 << 10, 10_000), (8 << 20, 2_000)];

/// Times calls with other work in between, that has nothing to do with them but for the caches.
pub(crate) fn cold(
    clock: &Clock,
    readers: &ReaderFactory,
    interpreter: &Interpreter,
    packets: &[Packet],
) -> Vec<Cold> {
    let mut reader = readers.reader();
    let most = OTHER_WORK.into_iter().map(|(bytes, _)| bytes).max().unwrap_or_default();
    let other = vec![1_u64; most / 8];
    OTHER_WORK
        .map(|(bytes, calls)| {
            let other = &other[..bytes / 8];
            Cold {
                bytes,
                decide: after(clock, other, packets, calls, |packet| reader.decide(packet)),
                interpreter: after(clock, other, packets, calls, |packet| {
                    interpreter.decide(packet)
                }),
            }
        })
        .into()
}

fn after(
    clock: &Clock,
    other: &[u64],
    packets: &[Packet],
    calls: usize,
    mut judge: impl FnMut(&Packet) -> Verdict,
) -> Spread {
    let mut times = Histogram::new();
    for packet in packets.iter().cycle().take(calls) {
        // Who asks has just read the packet.
        let packet = black_box(*packet);
        // A cache line is 64 bytes, of which reading one word is enough.
        black_box(other.iter().step_by(8).sum::<u64>());
        let packets = [packet];
        times.add(clock.time(|zero| judge(&packets[zero])));
    }
    times.spread(clock, NANOSECONDS)
}
