//! A suite as tables in Markdown, to be read beside the charts.

use std::fmt::{self, Write};

use crate::chart::{digits, title};
use crate::{HOT, MOSTLY_ALLOWED, Report, Spread, Suite, Traffic};

impl Suite {
    /// The tables.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut text = String::new();
        // Text takes whatever is written to it.
        let _ = self.write_summary(&mut text);
        text
    }

    fn write_summary(&self, text: &mut String) -> fmt::Result {
        let machine = &self.machine;
        writeln!(
            text,
            "Machine: {} × {}, {}. Worlds of generator version {}. F, the time of a dependent \
             load from 16 MiB, was {}.",
            machine.processors,
            machine.processor,
            machine.architecture,
            self.generator,
            self.range(|report| report.calibration.map(|found| found.dependent))
        )?;
        writeln!(
            text,
            "T, that of an independent one, was {}.\n",
            self.range(|report| report.calibration.map(|found| found.independent))
        )?;
        self.decisions(text, "Decisions, whatever share of them is allowed", |report| {
            report.traffic.iter().find(|traffic| traffic.trace.allowed.is_none())
        })?;
        let share = MOSTLY_ALLOWED * 100.0;
        self.decisions(text, &format!("Decisions, {share:.0} % allowed"), |report| {
            report.traffic.iter().find(|traffic| traffic.trace.allowed.is_some())
        })?;
        self.calls(text)?;
        self.room(text)?;
        self.changes(text)?;
        self.readers(text)
    }

    /// From the least to the most of something in nanoseconds.
    fn range(&self, of: impl Fn(&Report) -> [f64; 2]) -> String {
        let found = self.reports.iter().flat_map(of).collect::<Vec<_>>();
        let least = found.iter().copied().fold(f64::MAX, f64::min);
        let most = found.iter().copied().fold(0.0, f64::max);
        format!("{least:.1} to {most:.1} ns")
    }

    fn decisions<'suite>(
        &'suite self,
        text: &mut String,
        heading: &str,
        traffic: impl Fn(&'suite Report) -> Option<&'suite Traffic>,
    ) -> fmt::Result {
        table(
            text,
            heading,
            "Nanoseconds per decision, the best of all walks; in brackets, how many times faster \
             than the interpreter. The last column is the cost of reasons, as a multiple of single.",
            &[
                "policies",
                "allowed",
                "single",
                "× F",
                "batch of 8",
                "of 32",
                "of 64",
                "interpreter",
                "attribute",
            ],
            self.reports.iter().filter_map(|report| {
                let traffic = traffic(report)?;
                let found = &traffic.decisions;
                let [before, _] = report.calibration;
                let faster = |best: f64| {
                    format!("{} ({} ×)", digits(best), digits(found.interpreter.best / best))
                };
                let mut cells = vec![
                    digits(report.policies as f64),
                    format!("{:.0} %", traffic.allowed * 100.0),
                    faster(found.single.best),
                    digits(found.single.best / before.dependent),
                ];
                cells.extend(found.batches.values().map(|time| faster(time.best)));
                cells.push(digits(found.interpreter.best));
                cells.push(format!("{} ×", digits(found.attribute.best / found.single.best)));
                Some((report, cells))
            }),
        )
    }

    fn calls(&self, text: &mut String) -> fmt::Result {
        table(
            text,
            "Single calls",
            "Nanoseconds, each call timed by itself. The last columns are p50 after so much other \
             memory was read.",
            &[
                "p50",
                "p90",
                "p99",
                "p99.9",
                "interpreter p50; p99",
                "after 32 KiB",
                "512 KiB",
                "8 MiB",
            ],
            self.reports.iter().filter_map(|report| {
                let calls = report.traffic.first()?.calls?;
                let Spread { p50, p90, p99, p999, .. } = calls.decide;
                let mut cells = [p50, p90, p99, p999].map(digits).to_vec();
                cells.push(pair(calls.interpreter.p50, calls.interpreter.p99));
                let cold = report.cold.iter().filter(|cold| cold.bytes > 0);
                cells.extend(cold.map(|cold| digits(cold.decide.p50)));
                Some((report, cells))
            }),
        )
    }

    fn room(&self, text: &mut String) -> fmt::Result {
        table(
            text,
            "Building and memory",
            "Microseconds (the best of three) and bytes per pod, on one thread. Hot is what decisions read; counted, \
             all parts together; resident, what a process holds that does nothing else.",
            &["admission", "compilation", "hot", "counted", "resident"],
            self.reports.iter().map(|report| {
                let pods = report.world.pods.max(1) as f64;
                let counted = report.memory.parts.values().flat_map(|parts| parts.values());
                let hot = report.memory.parts.get(HOT).into_iter().flat_map(|hot| hot.values());
                let sum = |bytes: usize| digits(bytes as f64 / pods);
                let resident = report.memory.resident.map(|found| digits(found.now as f64 / pods));
                let cells = vec![
                    digits(report.build.admission.best),
                    digits(report.build.compilation.best),
                    sum(hot.sum()),
                    sum(counted.sum()),
                    resident.unwrap_or_default(),
                ];
                (report, cells)
            }),
        )
    }

    fn changes(&self, text: &mut String) -> fmt::Result {
        table(
            text,
            "Changes",
            "Microseconds, p50; p99. Visible: from before a pod is added until a reader on another \
             thread has answered knowing it.",
            &[
                "upsert pod",
                "delete pod",
                "upsert policy",
                "relabel namespace",
                "publish 1 pod",
                "5 pods",
                "100 pods",
                "1 policy",
                "1 namespace",
                "visible",
            ],
            self.reports.iter().filter_map(|report| {
                let events = report.events.as_ref()?;
                let first = [
                    events.upsert_pod,
                    events.delete_pod,
                    events.upsert_policy,
                    events.relabel_namespace,
                ];
                let last = [events.publish_policy, events.publish_namespace];
                let spreads = first.iter().chain(events.publish_pods.values()).chain(&last);
                let spreads = spreads.chain(&events.visible);
                let cells = spreads.map(|spread| pair(spread.p50, spread.p99));
                Some((report, cells.collect()))
            }),
        )
    }

    fn readers(&self, text: &mut String) -> fmt::Result {
        table(
            text,
            "Threads and churn",
            "Millions of decisions a second, by one thread and by two. Then a reader's calls while \
             a writer on another thread publishes: nanoseconds p50; p99, and p99 as a multiple of \
             that in peace.",
            &[
                "one thread",
                "two",
                "in batches, one",
                "two",
                "in peace",
                "under churn",
                "p99",
                "publications a second",
                "writer busy",
            ],
            self.reports.iter().filter_map(|report| {
                let churn = report.churn.as_ref()?;
                let mut cells = report
                    .threads
                    .iter()
                    .map(|found| digits(found.single))
                    .chain(report.threads.iter().map(|found| digits(found.batch)))
                    .collect::<Vec<_>>();
                cells.resize(4, String::new());
                cells.extend([
                    pair(churn.idle.p50, churn.idle.p99),
                    pair(churn.busy.p50, churn.busy.p99),
                    format!("{} ×", digits(churn.busy.p99 / churn.idle.p99)),
                    digits(churn.publications_per_second),
                    format!("{:.0} %", churn.writer * 100.0),
                ]);
                Some((report, cells))
            }),
        )
    }
}

fn pair(one: f64, other: f64) -> String {
    format!("{}; {}", digits(one), digits(other))
}

/// A table with a row for each report; none when there are no rows.
fn table<'suite>(
    text: &mut String,
    heading: &str,
    note: &str,
    columns: &[&str],
    rows: impl Iterator<Item = (&'suite Report, Vec<String>)>,
) -> fmt::Result {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return Ok(());
    }
    writeln!(text, "## {heading}\n\n{note}\n")?;
    writeln!(text, "| world | {} |", columns.join(" | "))?;
    writeln!(text, "|---|{}", "---:|".repeat(columns.len()))?;
    for (report, cells) in rows {
        writeln!(text, "| {} | {} |", title(report), cells.join(" | "))?;
    }
    writeln!(text)
}
