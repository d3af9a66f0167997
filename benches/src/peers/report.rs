use std::fmt;

use serde::{Deserialize, Serialize};

use super::Comparison;
use super::reading::Peer;
use crate::{Calibration, Time};

/// Everything that a run found out.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Report {
    /// World by world.
    pub worlds: Vec<WorldReport>,
}

/// A world and who judged its packets.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "made by one program")]
pub struct WorldReport {
    /// What it is called.
    pub name: String,
    /// How many pods.
    pub pods: usize,
    /// How many namespaces.
    pub namespaces: usize,
    /// How many policies.
    pub policies: usize,
    /// How many rules they make from pod to pod to port.
    pub expanded_rules: Option<u64>,
    /// How many packets.
    pub packets: usize,
    /// Share of them that is allowed.
    pub allowed: f64,
    /// What the machine did before and after.
    pub calibration: [Calibration; 2],
    /// Seconds to make netpol of the objects.
    pub load: f64,
    /// Bytes that netpol's decisions read.
    pub hot_bytes: usize,
    /// Engines that read policies.
    pub engines: Vec<EngineRow>,
    /// The classifier of expanded rules.
    pub classifier: Option<ClassifierRow>,
    /// The table of addresses.
    pub lookup: Option<LookupRow>,
}

/// netpol, timed just before and just after a peer, in nanoseconds per decision.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "made by one program")]
pub struct Beside {
    /// Packet by packet.
    pub single: Time,
    /// In batches.
    pub batch: Time,
}

/// An engine that reads policies.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "made by one program")]
pub struct EngineRow {
    /// Who.
    pub peer: Peer,
    /// netpol meanwhile.
    pub beside: Beside,
    /// What it took, or why there are no numbers.
    pub outcome: Result<(EngineNumbers, Comparison), String>,
}

/// What a runner prints about itself.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::exhaustive_structs, reason = "made by one program")]
pub struct EngineNumbers {
    /// Seconds to read the objects.
    pub read: f64,
    /// Seconds to make the engine of them.
    pub load: f64,
    /// Bytes of resident memory with everything loaded, objects and packets included.
    pub resident: u64,
    /// The most that it was.
    pub peak: u64,
    /// How many packets were judged before time was up.
    pub packets: usize,
    /// Nanoseconds per decision: the median of parts of the loop.
    pub median: f64,
    /// The best of them.
    pub best: f64,
    /// Nanoseconds of single calls, the clock's own included: the median.
    pub p50: f64,
    /// And what one in a hundred exceeds.
    pub p99: f64,
    /// Allocations per decision.
    pub allocations: f64,
    /// And their bytes.
    pub allocated_bytes: f64,
}

/// A classifier of expanded rules.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "made by one program")]
pub struct ClassifierRow {
    /// netpol meanwhile.
    pub beside: Beside,
    /// What it took, or why there are no numbers.
    pub outcome: Result<(ClassifierNumbers, Comparison), String>,
}

/// What the classifier prints about itself.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::exhaustive_structs, reason = "made by one program")]
pub struct ClassifierNumbers {
    /// How many rules, each once.
    pub rules: u64,
    /// Seconds to build.
    pub build: f64,
    /// Bytes of what was built.
    pub bytes: u64,
    /// How many packets were judged.
    pub packets: usize,
    /// Nanoseconds per decision, packet by packet, by the algorithm that is fastest at it.
    pub single: Time,
    /// Which that is.
    pub single_algorithm: String,
    /// The same in batches of 32.
    pub batch: Time,
    /// And by which algorithm.
    pub batch_algorithm: String,
}

/// A table of addresses.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::exhaustive_structs, reason = "made by one program")]
pub struct LookupRow {
    /// netpol meanwhile: whole decisions, but about packets with nothing to decide after both ends
    /// were looked up.
    pub beside: Beside,
    /// What it took, or why there are no numbers.
    pub outcome: Result<LookupNumbers, String>,
}

/// What the table prints about itself.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::exhaustive_structs, reason = "made by one program")]
pub struct LookupNumbers {
    /// How many prefixes.
    pub prefixes: u64,
    /// Seconds to add them.
    pub build: f64,
    /// How many packets.
    pub packets: usize,
    /// Nanoseconds per packet, that is for two addresses, packet by packet.
    pub single: Time,
    /// Which algorithm was fastest at it.
    pub single_algorithm: String,
    /// The same for 32 packets at a time.
    pub batch: Time,
    /// And by which algorithm.
    pub batch_algorithm: String,
}

const MIB: f64 = (1 << 20) as f64;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.worlds.iter().try_for_each(|world| writeln!(f, "{world}"))
    }
}

impl fmt::Display for WorldReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [before, after] = self.calibration;
        write!(
            f,
            "{}: {} pods, {} namespaces, {} policies",
            self.name, self.pods, self.namespaces, self.policies
        )?;
        if let Some(rules) = self.expanded_rules {
            write!(f, "; {rules} rules from pod to pod to port")?;
        }
        writeln!(
            f,
            "\n{} packets, {:.0}% allowed; F {:.0} and {:.0} ns, T {:.1} and {:.1} ns",
            self.packets,
            self.allowed * 100.0,
            before.dependent,
            after.dependent,
            before.independent,
            after.independent
        )?;
        writeln!(
            f,
            "netpol: {:.2} s to load, {:.2} MiB read by decisions",
            self.load,
            self.hot_bytes as f64 / MIB
        )?;
        if !self.engines.is_empty() {
            writeln!(
                f,
                "\n{:<25} {:>7} {:>18} {:>8} {:>9} {:>14} {:>19} {:>7} {:>8} {:>7} {:>8}",
                "engine: median (best), ns",
                "packets",
                "decision",
                "p50",
                "p99",
                "netpol",
                "x netpol",
                "allocs",
                "load, s",
                "MiB",
                "disagree"
            )?;
        }
        self.engines.iter().try_for_each(|row| row.fmt(f))?;
        self.engines.iter().try_for_each(|row| match &row.outcome {
            Ok((_, comparison)) => disagreements(f, row.peer, comparison),
            Err(_) => Ok(()),
        })?;
        self.classifier.iter().try_for_each(|row| row.fmt(f))?;
        self.lookup.iter().try_for_each(|row| row.fmt(f))
    }
}

impl fmt::Display for EngineRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (numbers, comparison) = match &self.outcome {
            Ok(outcome) => outcome,
            Err(stopped) => return writeln!(f, "{:<26}{stopped}", self.peer.name()),
        };
        let ours = self.beside.single;
        // The interpreter is asked in this process, where only the loop is measured.
        let apart = self.peer != Peer::Interpreter;
        let of_runner = |number: f64, digits| match apart {
            true => format!("{number:.digits$}"),
            false => "-".to_owned(),
        };
        writeln!(
            f,
            "{:<25} {:>7} {:>18} {:>8} {:>9} {:>14} {:>19} {:>7} {:>8} {:>7} {:>8}",
            self.peer.name(),
            numbers.packets,
            format!("{:.0} ({:.0})", numbers.median, numbers.best),
            of_runner(numbers.p50, 0),
            of_runner(numbers.p99, 0),
            format!("{:.1} ({:.1})", ours.median, ours.best),
            format!("{:.1} ({:.1})", numbers.median / ours.median, numbers.best / ours.best),
            of_runner(numbers.allocations, 0),
            of_runner(numbers.load, 2),
            of_runner(numbers.resident as f64 / MIB, 0),
            comparison.disagreements()
        )
    }
}

/// What a program in C took, packet by packet and in batches.
fn both_ways(
    f: &mut fmt::Formatter<'_>,
    beside: Beside,
    [single, batch]: [(Time, &String); 2],
) -> fmt::Result {
    writeln!(f, "  {:<18}{:>17}{:>17}{:>15}", "median (best), ns", "it", "netpol", "x netpol")?;
    for (way, (theirs, algorithm), ours) in
        [("single", single, beside.single), ("batch of 32", batch, beside.batch)]
    {
        writeln!(
            f,
            "  {way:<18}{:>17}{:>17}{:>15}  {algorithm}",
            format!("{:.1} ({:.1})", theirs.median, theirs.best),
            format!("{:.1} ({:.1})", ours.median, ours.best),
            format!("{:.2} ({:.2})", theirs.median / ours.median, theirs.best / ours.best),
        )?;
    }
    Ok(())
}

fn disagreements(f: &mut fmt::Formatter<'_>, peer: Peer, comparison: &Comparison) -> fmt::Result {
    for explained in &comparison.explained {
        writeln!(
            f,
            "  {} disagrees {} times of {}: {}\n    ({})\n    {}",
            peer.name(),
            explained.packets,
            comparison.compared,
            explained.what,
            explained.source,
            explained.example
        )?;
    }
    if comparison.referred > 0 {
        writeln!(f, "  the reference agrees with netpol {} times of {0}", comparison.referred)?;
    }
    Ok(())
}

impl fmt::Display for ClassifierRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Peer::RteAcl.name();
        let (numbers, comparison) = match &self.outcome {
            Ok(outcome) => outcome,
            Err(stopped) => return writeln!(f, "\n{name}: {stopped}"),
        };
        writeln!(
            f,
            "\n{name}: {} different rules, {:.3} s to build, {:.2} MiB, {} disagreements of {}",
            numbers.rules,
            numbers.build,
            numbers.bytes as f64 / MIB,
            comparison.disagreements(),
            comparison.compared
        )?;
        both_ways(
            f,
            self.beside,
            [
                (numbers.single, &numbers.single_algorithm),
                (numbers.batch, &numbers.batch_algorithm),
            ],
        )?;
        disagreements(f, Peer::RteAcl, comparison)
    }
}

impl fmt::Display for LookupRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Peer::RteFib.name();
        let numbers = match &self.outcome {
            Ok(numbers) => numbers,
            Err(stopped) => return writeln!(f, "\n{name}: {stopped}"),
        };
        writeln!(
            f,
            "\n{name}: {} prefixes, {:.3} s to add, {} packets whose ends no policy restricts",
            numbers.prefixes, numbers.build, numbers.packets
        )?;
        both_ways(
            f,
            self.beside,
            [
                (numbers.single, &numbers.single_algorithm),
                (numbers.batch, &numbers.batch_algorithm),
            ],
        )?;
        Ok(())
    }
}
