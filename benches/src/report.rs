use std::collections::BTreeMap;
use std::time::Duration;

use netpol_testing::workload::{ChurnParameters, Parameters, TraceParameters};
use serde::{Deserialize, Serialize};

use crate::{Calibration, Spread};

/// What was measured, and on what. Parts that were not asked for are absent.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The name of the world.
    pub name: String,
    /// What the world was drawn from.
    pub world: Parameters,
    /// How many policies there were, those of the adversary and cluster-wide ones included.
    pub policies: usize,
    /// What the machine did before and after.
    pub calibration: [Calibration; 2],
    /// What single calls were timed with.
    pub clock: ClockInUse,
    /// Decisions, in each kind of traffic.
    pub traffic: Vec<Traffic>,
    /// The first decision after other work, by how much of that there was.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub cold: Vec<Cold>,
    /// Decisions by several threads.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub threads: Vec<Throughput>,
    /// How long it took to get there.
    pub build: Build,
    /// How much room the engine takes.
    pub memory: Memory,
    /// What changes cost.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub events: Option<Events>,
    /// What readers notice of changes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub churn: Option<Churning>,
}

/// What single calls were timed with.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClockInUse {
    /// The processor's counter or the system's clock.
    pub name: String,
    /// What it costs to read it, in nanoseconds; subtracted from every measurement.
    pub overhead: f64,
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
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Build {
    /// To validate typed objects and take them in.
    pub admission: Time,
    /// To compile all of them from nothing.
    pub compilation: Time,
}

/// Decisions about the packets of a trace, all on one thread.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Traffic {
    /// What the packets were drawn from.
    pub trace: TraceParameters,
    /// Share of the packets that were allowed.
    pub allowed: f64,
    /// Nanoseconds per decision, one after the other in a loop: throughput.
    pub decisions: Decisions,
    /// Nanoseconds per call, each timed by itself: latency.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub calls: Option<Calls>,
}

/// Nanoseconds per decision.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decisions {
    /// The engine, asked one by one.
    pub single: Time,
    /// The engine, asked in batches, by the size of the batch.
    pub batches: BTreeMap<usize, Time>,
    /// The engine, asked for reasons too.
    pub attribute: Time,
    /// The interpreter.
    pub interpreter: Time,
}

/// Nanoseconds per call.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Calls {
    /// The engine.
    pub decide: Spread,
    /// The engine, asked for reasons too.
    pub attribute: Spread,
    /// The interpreter.
    pub interpreter: Spread,
}

/// Calls with other work in between.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cold {
    /// How many bytes of other memory are read between two calls.
    pub bytes: usize,
    /// Nanoseconds per call of the engine.
    pub decide: Spread,
    /// Nanoseconds per call of the interpreter.
    pub interpreter: Spread,
}

/// Decisions by several threads, each walking through the whole trace.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Throughput {
    /// How many threads.
    pub threads: usize,
    /// Millions of decisions in a second, of all threads together, asked one by one.
    pub single: f64,
    /// The same in batches.
    pub batch: f64,
}

/// What changes cost, in microseconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Events {
    /// To add a pod that replaces another, or that is labelled anew.
    pub upsert_pod: Spread,
    /// To delete a pod.
    pub delete_pod: Spread,
    /// To add or replace a policy.
    pub upsert_policy: Spread,
    /// To give a namespace another label.
    pub relabel_namespace: Spread,
    /// To publish, by how many pods changed since the last time.
    pub publish_pods: BTreeMap<usize, Spread>,
    /// To publish a policy that changed.
    pub publish_policy: Spread,
    /// To publish a namespace with another label.
    pub publish_namespace: Spread,
    /// From before a pod is added to the first answer of a reader on another thread that knows of it,
    /// publishing included.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub visible: Option<Spread>,
}

/// What a reader on one thread notices of a writer on another.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Churning {
    /// What happened.
    pub parameters: ChurnParameters,
    /// Changes of objects in a second, as many as came about.
    pub changes_per_second: f64,
    /// Publications in a second, as many as came about.
    pub publications_per_second: f64,
    /// Share of the time in which the writer was at work.
    pub writer: f64,
    /// Nanoseconds per call, nothing being published.
    pub idle: Spread,
    /// Nanoseconds per call meanwhile.
    pub busy: Spread,
}

/// Bytes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Memory {
    /// By what it is for, and then by part.
    pub parts: BTreeMap<String, BTreeMap<String, usize>>,
    /// What a process that does nothing else holds of it in memory, as the system counts.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resident: Option<Resident>,
}

/// Resident memory of a process that took the objects in one by one and published once.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resident {
    /// What it has more than before, at the end.
    pub now: u64,
    /// The most it ever had more.
    pub peak: u64,
}

/// The part of [`Memory::parts`] that decisions read.
pub const HOT: &str = "hot";

impl Time {
    /// Of these runs, each second multiplied by `scale`.
    #[must_use]
    pub fn new(mut runs: Vec<Duration>, scale: f64) -> Time {
        runs.sort_unstable();
        let scaled = |run: Option<&Duration>| run.map_or(f64::NAN, |run| run.as_secs_f64() * scale);
        Time { median: scaled(runs.get(runs.len() / 2)), best: scaled(runs.first()) }
    }
}

impl Decisions {
    /// How many times as long as the engine the interpreter takes: asked one by one, and in batches
    /// of [`BATCH`](crate::decide::BATCH).
    #[must_use]
    pub fn advantage(&self) -> (f64, f64) {
        let batch = self.batches.get(&crate::decide::BATCH).unwrap_or(&self.single);
        (self.interpreter.best / self.single.best, self.interpreter.best / batch.best)
    }
}

impl Memory {
    /// All that decisions read.
    #[must_use]
    pub fn hot(&self) -> usize {
        self.parts.get(HOT).map_or(0, |parts| parts.values().sum())
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
