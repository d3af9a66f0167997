use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use netpol_testing::workload::{Parameters, TraceParameters};
use serde::{Deserialize, Serialize};

use crate::Calibration;

/// What was measured, and on what.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// What the world was drawn from.
    pub world: Parameters,
    /// What the packets were drawn from.
    pub trace: TraceParameters,
    /// How many policies there were, those of the adversary included.
    pub policies: usize,
    /// Share of the packets that were allowed.
    pub allowed: f64,
    /// What the machine did before and after.
    pub calibration: [Calibration; 2],
    /// How long it took to get there.
    pub build: Build,
    /// How long decisions took.
    pub decisions: Decisions,
    /// How much room the engine takes.
    pub memory: Memory,
}

/// How long something took, in the unit told where it stands.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Time {
    /// The median of all runs.
    pub median: f64,
    /// The shortest, which is what counts where other work disturbs.
    pub best: f64,
}

/// Microseconds per pod, on one thread.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Build {
    /// To validate typed objects and take them in.
    pub admission: f64,
    /// To compile all of them from nothing.
    pub compilation: Time,
}

/// Nanoseconds per decision, of packets judged one after the other on one thread.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Decisions {
    /// The engine, asked one by one.
    pub single: Time,
    /// The engine, asked in batches of [`BATCH`](crate::decide::BATCH).
    pub batch: Time,
    /// The interpreter.
    pub interpreter: Time,
}

/// Bytes that decisions read.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Memory {
    /// All of them, by pod.
    pub bytes_per_pod: f64,
    /// By part of the engine.
    pub parts: BTreeMap<&'static str, usize>,
}

/// A calibrator that moves by more makes times incomparable.
const STEADY: f64 = 0.1;

impl Time {
    /// Of these runs, each second multiplied by `scale`.
    #[must_use]
    pub fn new(mut runs: Vec<Duration>, scale: f64) -> Time {
        runs.sort_unstable();
        let scaled = |run: Option<&Duration>| run.map_or(f64::NAN, |run| run.as_secs_f64() * scale);
        Time { median: scaled(runs.get(runs.len() / 2)), best: scaled(runs.first()) }
    }
}

impl Report {
    /// By how much the calibrators moved while it was measured, as a share.
    #[must_use]
    pub fn unsteadiness(&self) -> f64 {
        let [before, after] = self.calibration;
        let moved = |before: f64, after: f64| (after / before).max(before / after) - 1.0;
        moved(before.dependent, after.dependent).max(moved(before.independent, after.independent))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Decisions { single, batch, interpreter } = self.decisions;
        let [before, after] = self.calibration;
        writeln!(
            f,
            "{} pods, {} namespaces, {} policies; {} packets, {:.0}% allowed",
            self.world.pods,
            self.world.namespaces,
            self.policies,
            self.trace.packets,
            self.allowed * 100.0
        )?;
        writeln!(
            f,
            "\n{:<22}{:>10}{:>10}{:>16}{:>10}",
            "decision, ns", "median", "best", "x interpreter", "x F"
        )?;
        for (name, time) in [("single", single), ("batch", batch), ("interpreter", interpreter)] {
            let times = interpreter.best / time.best;
            let loads = time.best / before.dependent;
            let Time { median, best } = time;
            writeln!(f, "{name:<22}{median:>10.1}{best:>10.1}{times:>16.1}{loads:>10.2}")?;
        }
        writeln!(f, "\n{:<22}{:>10}{:>10}", "calibrator, ns", "before", "after")?;
        let pairs = [
            ("F: dependent load", before.dependent, after.dependent),
            ("T: independent load", before.independent, after.independent),
        ];
        for (name, before, after) in pairs {
            writeln!(f, "{name:<22}{before:>10.1}{after:>10.1}")?;
        }
        if self.unsteadiness() > STEADY {
            writeln!(
                f,
                "the machine was not steady (calibrators moved by {:.0}%): trust ratios only",
                self.unsteadiness() * 100.0
            )?;
        }
        writeln!(f, "\n{:<22}{:>10}{:>10}", "build, us per pod", "median", "best")?;
        let Build { admission, compilation } = self.build;
        writeln!(f, "{:<22}{admission:>10.2}{admission:>10.2}", "admission")?;
        let Time { median, best } = compilation;
        writeln!(f, "{:<22}{median:>10.2}{best:>10.2}", "compilation")?;
        writeln!(f, "\n{:<22}{:>10}{:>10}", "memory", "bytes", "per pod")?;
        let total = self.memory.parts.values().sum::<usize>();
        for (name, bytes) in self.memory.parts.iter().chain([(&"all", &total)]) {
            let per_pod = *bytes as f64 / self.world.pods.max(1) as f64;
            writeln!(f, "{name:<22}{bytes:>10}{per_pod:>10.1}")?;
        }
        Ok(())
    }
}
