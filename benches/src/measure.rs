use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::{Build, Calibration, Decisions, Memory, Report, Subject, Time, decide};

/// Takes every number of a report, from `repetitions` walks through the trace and a few
/// compilations.
///
/// The loops take turns, so that what disturbs the machine disturbs all of them.
///
/// # Errors
///
/// When the engines do not agree: then there is nothing to report. When the cluster does not
/// compile again.
pub fn measure(subject: &mut Subject, repetitions: usize) -> Result<Report, Box<dyn Error>> {
    let repetitions = repetitions.max(1);
    let allowed = subject.check()?;
    let packets = subject.trace.packets.as_slice();
    let before = Calibration::measure();
    let mut loops: [(&dyn Fn() -> usize, Vec<Duration>); 3] = [
        (&|| decide::singly(&subject.engine, packets), Vec::new()),
        (&|| decide::in_batches(&subject.engine, packets), Vec::new()),
        (&|| decide::interpreted(&subject.interpreter, packets), Vec::new()),
    ];
    for _ in 0..repetitions {
        for (judge, times) in &mut loops {
            // Once to fill the caches with what this loop needs, once to measure.
            black_box(judge());
            times.push(time(judge).0);
        }
    }
    let after = Calibration::measure();
    let per_packet = |times| Time::new(times, 1e9 / packets.len().max(1) as f64);
    let [single, batch, interpreter] = loops.map(|(_, times)| per_packet(times));

    let mut compilations = Vec::new();
    for _ in 0..repetitions.min(COMPILATIONS) {
        let (took, engine) = time(|| subject.cluster.publish());
        black_box(engine?);
        compilations.push(took);
    }
    let pods = subject.parameters.pods.max(1) as f64;
    let usage = subject.engine.memory_usage();
    Ok(Report {
        world: subject.parameters.clone(),
        trace: subject.trace.parameters,
        policies: subject.policies,
        allowed: allowed as f64 / packets.len().max(1) as f64,
        calibration: [before, after],
        build: Build {
            admission: subject.admission.as_secs_f64() * 1e6 / pods,
            compilation: Time::new(compilations, 1e6 / pods),
        },
        decisions: Decisions { single, batch, interpreter },
        memory: Memory {
            bytes_per_pod: usage.hot_bytes() as f64 / pods,
            parts: usage.hot.iter().copied().collect(),
        },
    })
}

/// How often the cluster is compiled, at most.
const COMPILATIONS: usize = 5;

fn time<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let done = black_box(work());
    (start.elapsed(), done)
}
