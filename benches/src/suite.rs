use std::error::Error;
use std::process::{Command, Stdio};

use netpol_testing::workload::VERSION;
use serde::{Deserialize, Serialize};

use crate::Report;

/// The reports of many worlds, taken on one machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Suite {
    /// Where.
    pub machine: Machine,
    /// The version of the generator of worlds.
    pub generator: u32,
    /// What was found, world by world.
    pub reports: Vec<Report>,
}

/// A machine, as far as times depend on it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Machine {
    /// The architecture it was compiled for.
    pub architecture: String,
    /// What the processor calls itself.
    pub processor: String,
    /// How many processors there are.
    pub processors: usize,
}

impl Machine {
    /// This one.
    #[must_use]
    pub fn here() -> Machine {
        let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = text.lines().find_map(|line| line.strip_prefix("model name"));
        let processor = model.and_then(|line| line.split_once(':')).map(|(_, name)| name.trim());
        Machine {
            architecture: std::env::consts::ARCH.to_owned(),
            processor: processor.unwrap_or("unknown").to_owned(),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

impl Suite {
    /// The worlds of the README: sizes, ordered tiers, IPv6, and those made to hurt.
    pub const WORLDS: [&'static str; 16] = [
        "1k",
        "10k",
        "100k",
        "1m",
        "10k-20-cluster-policies",
        "100k-20-cluster-policies",
        "10k-1000-cluster-policies",
        "100k-1000-cluster-policies",
        "100k-dual-stack",
        "100k-ipv6",
        "10k-hot-namespace",
        "100k-unique-labels",
        "10k-everything-except",
        "10k-nested-blocks",
        "10k-distinct-ranges",
        "10k-both-heavy",
    ];

    /// Measures these worlds, each in a run of its own, so that none finds the memory as another
    /// left it. `arguments` are for every run.
    ///
    /// # Errors
    ///
    /// When a run fails.
    pub fn measure(worlds: &[String], arguments: &[String]) -> Result<Suite, Box<dyn Error>> {
        let program = std::env::current_exe()?;
        let mut reports = Vec::new();
        for (number, world) in worlds.iter().enumerate() {
            eprintln!("{world} ({} of {})", number + 1, worlds.len());
            let output = Command::new(&program)
                .args([world.as_str(), "--output", "json"])
                .args(arguments)
                .stderr(Stdio::inherit())
                .output()?;
            if !output.status.success() {
                return Err(format!("{world}: {}", output.status).into());
            }
            let suite: Suite = serde_json::from_slice(&output.stdout)?;
            reports.extend(suite.reports);
        }
        Ok(Suite::of(reports))
    }

    /// Reports that were taken here.
    #[must_use]
    pub fn of(reports: Vec<Report>) -> Suite {
        Suite { machine: Machine::here(), generator: VERSION, reports }
    }
}
