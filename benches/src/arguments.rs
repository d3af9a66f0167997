use std::str::FromStr;

use lexopt::{Arg, Parser, ValueExt};
use netpol_testing::workload::{Parameters, TraceParameters};

pub(crate) const HELP: &str = "\
Measures netpol on made-up clusters.

Usage: netpol-bench [WORLD] [OPTIONS]

WORLD is a size (1k, 10k, 100k, 1m pods; a tenth as many policies), and perhaps
a variant after a hyphen: dual-stack, ipv6, hot-namespace, unique-labels,
everything-except, distinct-ranges, 20-cluster-policies,
1000-cluster-policies. Without one it is 10k.

Options:
  -o, --output FORMAT     table (default) or json
      --repeat N          walks through the trace that are timed (11)
      --packets N         length of the trace (262144); shorter ones flatter
      --skew S            Zipf exponent over the pods (0: uniform)
      --allowed SHARE     share of allowed packets (as it happens)
      --seed N            another world and trace of the same kind
      --count N           measure nothing; make N decisions each way, for tools
                          that count instructions
  -h, --help              this text
";

/// What to do.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) world: Parameters,
    pub(crate) trace: TraceParameters,
    pub(crate) output: Output,
    pub(crate) work: Work,
}

/// How to print a report.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Output {
    Table,
    Json,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Work {
    /// Time the loops.
    Measure { repetitions: usize },
    /// Run each loop once over so many packets.
    Count { decisions: usize },
}

impl Arguments {
    /// Reads the command line; `None` when help is asked for.
    pub(crate) fn parse(mut parser: Parser) -> Result<Option<Arguments>, lexopt::Error> {
        let mut arguments = Arguments {
            world: Parameters::with_pods(10_000),
            trace: TraceParameters::default(),
            output: Output::Table,
            work: Work::Measure { repetitions: 11 },
        };
        let mut seed = None;
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Short('h') | Arg::Long("help") => return Ok(None),
                Arg::Short('o') | Arg::Long("output") => {
                    arguments.output = parser.value()?.parse()?
                }
                Arg::Long("repeat") => {
                    arguments.work = Work::Measure { repetitions: parser.value()?.parse()? };
                }
                Arg::Long("count") => {
                    arguments.work = Work::Count { decisions: parser.value()?.parse()? };
                }
                Arg::Long("packets") => arguments.trace.packets = parser.value()?.parse()?,
                Arg::Long("skew") => arguments.trace.skew = parser.value()?.parse()?,
                Arg::Long("allowed") => arguments.trace.allowed = Some(parser.value()?.parse()?),
                Arg::Long("seed") => seed = Some(parser.value()?.parse::<u64>()?),
                Arg::Value(world) => arguments.world = world.parse()?,
                _ => return Err(argument.unexpected()),
            }
        }
        if let Some(seed) = seed {
            arguments.world.seed = seed;
            arguments.trace.seed = seed.wrapping_add(1);
        }
        Ok(Some(arguments))
    }
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
