//! A report for the eye.

use std::fmt;

use crate::{
    Build, Churning, ClockInUse, Decisions, Events, Memory, Report, Spread, Time, Traffic,
};

/// A calibrator that moves by more makes times incomparable.
const STEADY: f64 = 0.1;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [before, after] = self.calibration;
        let (pods, namespaces) = (self.world.pods, self.world.namespaces);
        writeln!(
            f,
            "{}: {pods} pods, {namespaces} namespaces, {} policies, {:.0}% IPv6",
            self.name,
            self.policies,
            self.world.ipv6_share * 100.0
        )?;
        for traffic in &self.traffic {
            decisions(f, traffic, before.dependent)?;
        }
        writeln!(f, "\n{:<28}{:>10}{:>10}", "calibrator, ns", "before", "after")?;
        let pairs = [
            ("F: dependent load", before.dependent, after.dependent),
            ("T: independent load", before.independent, after.independent),
        ];
        for (name, before, after) in pairs {
            writeln!(f, "{name:<28}{before:>10.1}{after:>10.1}")?;
        }
        if self.unsteadiness() > STEADY {
            writeln!(
                f,
                "the machine was not steady (calibrators moved by {:.0}%): trust ratios only",
                self.unsteadiness() * 100.0
            )?;
        }
        calls(f, self)?;
        threads(f, self)?;
        build(f, self.build)?;
        memory(f, &self.memory, pods)?;
        if let Some(changes) = &self.events {
            events(f, changes)?;
        }
        if let Some(churning) = &self.churn {
            churn(f, churning)?;
        }
        Ok(())
    }
}

fn decisions(f: &mut fmt::Formatter<'_>, traffic: &Traffic, load: f64) -> fmt::Result {
    let Decisions { single, batches, attribute, interpreter } = &traffic.decisions;
    writeln!(
        f,
        "\n{} packets, {:.0}% allowed{}",
        traffic.trace.packets,
        traffic.allowed * 100.0,
        if traffic.trace.allowed.is_some() { " on purpose" } else { "" }
    )?;
    writeln!(
        f,
        "{:<28}{:>10}{:>10}{:>16}{:>10}",
        "decision, ns", "median", "best", "x interpreter", "x F"
    )?;
    let mut line = |name: &str, time: &Time| {
        let Time { median, best } = *time;
        let times = interpreter.best / best;
        let loads = best / load;
        writeln!(f, "{name:<28}{median:>10.1}{best:>10.1}{times:>16.1}{loads:>10.2}")
    };
    line("single", single)?;
    for (size, time) in batches {
        line(&format!("batches of {size}"), time)?;
    }
    line("attribute", attribute)?;
    line("interpreter", interpreter)?;
    writeln!(f, "attribute takes {:.1} x single", attribute.best / single.best)
}

fn calls(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    let ClockInUse { name: clock, overhead } = &report.clock;
    if report.traffic.iter().all(|traffic| traffic.calls.is_none()) && report.cold.is_empty() {
        return Ok(());
    }
    heading(f, "single calls, ns")?;
    for traffic in &report.traffic {
        let Some(calls) = &traffic.calls else { continue };
        let allowed = format!("{:.0}% allowed", traffic.allowed * 100.0);
        for (name, spread) in [
            ("decide", &calls.decide),
            ("attribute", &calls.attribute),
            ("interpreter", &calls.interpreter),
        ] {
            line(f, &format!("{name}, {allowed}"), spread)?;
        }
    }
    for cold in &report.cold {
        let after = format!("after {} KiB", cold.bytes >> 10);
        line(f, &format!("decide {after}"), &cold.decide)?;
        line(f, &format!("interpreter {after}"), &cold.interpreter)?;
    }
    writeln!(f, "({clock}; {overhead:.1} ns subtracted)")
}

fn threads(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    if report.threads.is_empty() {
        return Ok(());
    }
    writeln!(f, "\n{:<28}{:>10}{:>10}", "millions a second", "single", "batch")?;
    for found in &report.threads {
        let name = format!("threads: {}", found.threads);
        writeln!(f, "{name:<28}{:>10.1}{:>10.1}", found.single, found.batch)?;
    }
    Ok(())
}

fn build(f: &mut fmt::Formatter<'_>, build: Build) -> fmt::Result {
    writeln!(f, "\n{:<28}{:>10}{:>10}", "build, us per pod", "median", "best")?;
    for (name, time) in [("admission", build.admission), ("compilation", build.compilation)] {
        writeln!(f, "{name:<28}{:>10.2}{:>10.2}", time.median, time.best)?;
    }
    Ok(())
}

fn memory(f: &mut fmt::Formatter<'_>, memory: &Memory, pods: usize) -> fmt::Result {
    writeln!(f, "\n{:<28}{:>12}{:>10}", "memory", "bytes", "per pod")?;
    let mut line = |name: &str, bytes: usize| {
        let per_pod = bytes as f64 / pods.max(1) as f64;
        writeln!(f, "{name:<28}{bytes:>12}{per_pod:>10.1}")
    };
    for (purpose, parts) in &memory.parts {
        for (name, bytes) in parts {
            line(&format!("{purpose}: {name}"), *bytes)?;
        }
        line(&format!("{purpose}: all"), parts.values().sum())?;
    }
    if let Some(resident) = memory.resident {
        line("resident", resident.now as usize)?;
        line("resident at most", resident.peak as usize)?;
    }
    Ok(())
}

fn events(f: &mut fmt::Formatter<'_>, events: &Events) -> fmt::Result {
    heading(f, "changes, us")?;
    line(f, "upsert pod", &events.upsert_pod)?;
    line(f, "delete pod", &events.delete_pod)?;
    line(f, "upsert policy", &events.upsert_policy)?;
    line(f, "relabel namespace", &events.relabel_namespace)?;
    for (pods, spread) in &events.publish_pods {
        line(f, &format!("publish, {pods} pods"), spread)?;
    }
    line(f, "publish, 1 policy", &events.publish_policy)?;
    line(f, "publish, 1 namespace", &events.publish_namespace)?;
    if let Some(visible) = &events.visible {
        line(f, "upsert pod until visible", visible)?;
    }
    Ok(())
}

fn churn(f: &mut fmt::Formatter<'_>, churn: &Churning) -> fmt::Result {
    heading(f, "a reader's calls, ns")?;
    line(f, "nothing changes", &churn.idle)?;
    line(f, "under churn", &churn.busy)?;
    writeln!(
        f,
        "p99 {:.2} x idle; {:.0} of {:.0} publications a second, {:.0} changes a second, \
         writer busy {:.0}%",
        churn.busy.p99 / churn.idle.p99,
        churn.publications_per_second,
        churn.parameters.batches_per_second,
        churn.changes_per_second,
        churn.writer * 100.0
    )
}

fn heading(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    let [p50, p90, p99, p999, max] = ["p50", "p90", "p99", "p99.9", "max"];
    writeln!(f, "\n{name:<28}{p50:>10}{p90:>10}{p99:>10}{p999:>10}{max:>12}")
}

fn line(f: &mut fmt::Formatter<'_>, name: &str, spread: &Spread) -> fmt::Result {
    let Spread { p50, p90, p99, p999, max, .. } = spread;
    writeln!(f, "{name:<28}{p50:>10.1}{p90:>10.1}{p99:>10.1}{p999:>10.1}{max:>12.1}")
}
