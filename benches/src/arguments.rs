use std::path::PathBuf;
use std::str::FromStr;

use lexopt::{Arg, Parser, ValueExt};
use netpol_benches::{MOSTLY_ALLOWED, Part, Plan, Suite, memory};
use netpol_testing::workload::{Parameters, TraceParameters};

pub(crate) const HELP: &str = "\
Measures netpol on made-up clusters.

Usage: netpol-bench [WORLD...] [OPTIONS]
       netpol-bench --chart FILE DIRECTORY
       netpol-bench --summary FILE

WORLD is a size (1k, 10k, 100k, 1m pods; a tenth as many policies), and perhaps
a variant after a hyphen: 20-cluster-policies, 1000-cluster-policies,
dual-stack, ipv6, hot-namespace, unique-labels, everything-except,
nested-blocks, distinct-ranges, both-heavy. Without one it is 10k. Each of
several worlds is measured by a process of its own.

Options:
      --suite             all worlds of the README
  -o, --output FORMAT     table (default) or json
      --only PARTS        decisions, compilation, memory, and of calls, cold,
                          threads, builds, resident, events, churn only
                          these (separated by commas; `none` for none of them)
      --repeat N          walks through the trace that are timed (11)
      --packets N         length of the trace (262144); shorter ones flatter
      --skew S            Zipf exponent over the pods (0: uniform)
      --allowed SHARE     share of allowed packets (both as it happens and 0.6)
      --seed N            another world and trace of the same kind
      --count N           measure nothing; make N decisions each way, for tools
                          that count instructions
      --chart FILE        draw what was measured (`-o json`) as SVG
      --summary FILE      the same as tables in Markdown
  -h, --help              this text
";

/// What to do.
#[derive(Debug)]
pub(crate) enum Task {
    /// Say how the program is used.
    Help,
    /// Measure one world.
    Measure(Box<Plan>, Output),
    /// Measure several worlds, each in a process with these arguments.
    Suite(Vec<String>, Vec<String>, Output),
    /// Run each loop once over so many packets.
    Count(Box<Parameters>, TraceParameters, usize),
    /// Draw a suite.
    Chart { suite: PathBuf, directory: PathBuf },
    /// Make tables of a suite.
    Summary(PathBuf),
    /// Read objects, and say what memory they take.
    Settle,
}

/// How to print a report.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Output {
    Table,
    Json,
}

impl Task {
    /// Reads the command line.
    pub(crate) fn parse(mut parser: Parser) -> Result<Task, lexopt::Error> {
        let (mut worlds, mut output, mut trace) = (Vec::new(), Output::Table, Trace::default());
        let mut parts = Part::ALL.map(|(_, part)| part).to_vec();
        let (mut repetitions, mut seed, mut count) = (11, None, None);
        // Those that every process of a suite gets.
        let mut shared = Vec::new();
        while let Some(argument) = parser.next()? {
            let mut value = |name: &str, parser: &mut Parser| {
                let value = parser.value()?.string()?;
                shared.extend([format!("--{name}"), value.clone()]);
                Ok::<_, lexopt::Error>(value)
            };
            match argument {
                Arg::Short('h') | Arg::Long("help") => return Ok(Task::Help),
                Arg::Long(name) if format!("--{name}") == memory::SETTLE => {
                    return Ok(Task::Settle);
                }
                Arg::Long("chart") => {
                    let [suite, directory] = [parser.value()?.into(), parser.value()?.into()];
                    return Ok(Task::Chart { suite, directory });
                }
                Arg::Long("summary") => return Ok(Task::Summary(parser.value()?.into())),
                Arg::Short('o') | Arg::Long("output") => output = parser.value()?.parse()?,
                Arg::Long("suite") => worlds.extend(Suite::WORLDS.map(str::to_owned)),
                Arg::Long("only") => parts = list_of_parts(&value("only", &mut parser)?)?,
                Arg::Long("repeat") => repetitions = number(&value("repeat", &mut parser)?)?,
                Arg::Long("packets") => trace.packets = number(&value("packets", &mut parser)?)?,
                Arg::Long("skew") => trace.skew = number(&value("skew", &mut parser)?)?,
                Arg::Long("allowed") => {
                    trace.allowed = Some(number(&value("allowed", &mut parser)?)?);
                }
                Arg::Long("seed") => seed = Some(number::<u64>(&value("seed", &mut parser)?)?),
                Arg::Long("count") => count = Some(parser.value()?.parse()?),
                Arg::Value(world) => worlds.push(world.string()?),
                _ => return Err(argument.unexpected()),
            }
        }
        for world in &worlds {
            parameters(world, seed)?;
        }
        if worlds.len() > 1 && count.is_none() {
            return Ok(Task::Suite(worlds, shared, output));
        }
        let name = worlds.pop().unwrap_or_else(|| "10k".to_owned());
        let world = parameters(&name, seed)?;
        let natural = trace.parameters(seed);
        if let Some(decisions) = count {
            return Ok(Task::Count(Box::new(world), natural, decisions));
        }
        let mut traffic = vec![natural];
        if natural.allowed.is_none() {
            traffic.push(TraceParameters { allowed: Some(MOSTLY_ALLOWED), ..natural });
        }
        Ok(Task::Measure(Box::new(Plan { name, world, traffic, repetitions, parts }), output))
    }
}

/// What the command line may say of traffic.
struct Trace {
    packets: usize,
    skew: f64,
    allowed: Option<f64>,
}

impl Default for Trace {
    fn default() -> Trace {
        let TraceParameters { packets, skew, allowed, .. } = TraceParameters::default();
        Trace { packets, skew, allowed }
    }
}

impl Trace {
    fn parameters(&self, seed: Option<u64>) -> TraceParameters {
        let mut parameters = TraceParameters::default();
        (parameters.packets, parameters.skew) = (self.packets, self.skew);
        parameters.allowed = self.allowed;
        if let Some(seed) = seed {
            parameters.seed = seed.wrapping_add(1);
        }
        parameters
    }
}

fn parameters(world: &str, seed: Option<u64>) -> Result<Parameters, lexopt::Error> {
    let mut parameters = world.parse::<Parameters>().map_err(|error| error.to_string())?;
    if let Some(seed) = seed {
        parameters.seed = seed;
    }
    Ok(parameters)
}

fn list_of_parts(text: &str) -> Result<Vec<Part>, lexopt::Error> {
    let names = text.split(',').filter(|name| *name != "none");
    let part = |name| {
        let found = Part::ALL.iter().find(|(known, _)| *known == name);
        found.map(|(_, part)| *part).ok_or_else(|| format!("`{name}` is no part").into())
    };
    names.map(part).collect()
}

fn number<T: FromStr>(text: &str) -> Result<T, lexopt::Error> {
    text.parse().map_err(|_| format!("`{text}` is no such number").into())
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Output, String> {
        match text {
            "table" => Ok(Output::Table),
            "json" => Ok(Output::Json),
            _ => Err("expected `table` or `json`".to_owned()),
        }
    }
}
