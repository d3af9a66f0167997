use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::{Build, Calibration, Decisions, Disagreement, Memory, Report, Subject, decide};

/// Takes every number of a report, each the median of `repetitions` walks through the trace.
///
/// The loops take turns, so that what disturbs the machine disturbs all of them.
///
/// # Errors
///
/// When the engines do not agree: then there is nothing to report.
pub fn measure(subject: &Subject, repetitions: usize) -> Result<Report, Disagreement> {
    let allowed = subject.check()?;
    let packets = subject.trace.packets.as_slice();
    let before = Calibration::measure();
    let mut loops: [(&dyn Fn() -> usize, Vec<Duration>); 3] = [
        (&|| decide::singly(&subject.engine, packets), Vec::new()),
        (&|| decide::in_batches(&subject.engine, packets), Vec::new()),
        (&|| decide::interpreted(&subject.interpreter, packets), Vec::new()),
    ];
    for _ in 0..repetitions.max(1) {
        for (judge, times) in &mut loops {
            // Once to fill the caches with what this loop needs, once to measure.
            black_box(judge());
            let start = Instant::now();
            black_box(judge());
            times.push(start.elapsed());
        }
    }
    let after = Calibration::measure();
    let [single, batch, interpreter] = loops.map(|(_, mut times)| {
        times.sort_unstable();
        let median = times.get(times.len() / 2).copied().unwrap_or_default();
        median.as_secs_f64() * 1e9 / packets.len().max(1) as f64
    });
    let pods = subject.parameters.pods;
    let usage = subject.engine.memory_usage();
    Ok(Report {
        world: subject.parameters.clone(),
        trace: subject.trace.parameters,
        policies: subject.policies,
        allowed: allowed as f64 / packets.len().max(1) as f64,
        calibration: [before, after],
        build: Build {
            admission: subject.admission.as_secs_f64() * 1e6 / pods.max(1) as f64,
            compilation: subject.compilation.as_secs_f64() * 1e6 / pods.max(1) as f64,
        },
        decisions: Decisions { single, batch, interpreter },
        memory: Memory {
            bytes_per_pod: usage.hot_bytes() as f64 / pods.max(1) as f64,
            parts: usage.hot.iter().copied().collect(),
        },
    })
}
