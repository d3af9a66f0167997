use std::path::PathBuf;
use std::time::Duration;

use lexopt::{Arg, Parser, ValueExt};
use netpol_benches::peers::{Limits, Peer};

pub(crate) const HELP: &str = "\
Runs netpol beside other engines, on the same worlds and packets.

Usage: netpol-peers [PEER...] [OPTIONS]

PEER is kube-network-policies, kube-network-policies-map, netpol-analyzer,
cyclonus, rte_acl, rte_fib or interpreter. Without one, all of them. Use
benches/peers/run, which builds the runners first.

Options:
  -w, --world WORLD       a world of netpol-bench or a number of pods, perhaps
                          with -corners; may be repeated
                          (1k, 10k, 100k, 10k-corners,
                          10k-hot-namespace)
  -r, --rules N           for rte_acl, the smallest world with so many expanded
                          rules; may be repeated (100, 1000, 10000, 100000)
      --most-rules N      expansions beyond it are counted, not built (2000000)
  -o, --output FORMAT     table (default) or json
      --packets N         length of the trace (262144)
      --seconds S         time for each peer's loop (10)
      --patience S        time for each peer in all (900)
      --memory GIB        memory for each peer (12)
      --runners DIR       where the runners are (target/peers)
      --keep DIR          where to write worlds, to look at (a temporary one)
  -h, --help              this text
";

/// How to print a report.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Output {
    Table,
    Json,
}

/// What to do.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) peers: Vec<Peer>,
    pub(crate) worlds: Vec<String>,
    pub(crate) rules: Vec<u64>,
    pub(crate) most_rules: u64,
    pub(crate) output: Output,
    pub(crate) packets: usize,
    pub(crate) limits: Limits,
    pub(crate) runners: PathBuf,
    pub(crate) keep: Option<PathBuf>,
}

impl Arguments {
    /// Reads the command line; `None` when help is asked for.
    pub(crate) fn parse(mut parser: Parser) -> Result<Option<Arguments>, lexopt::Error> {
        let mut arguments = Arguments {
            peers: Vec::new(),
            worlds: Vec::new(),
            rules: Vec::new(),
            most_rules: 2_000_000,
            output: Output::Table,
            packets: 1 << 18,
            limits: Limits { seconds: 10.0, patience: Duration::from_secs(900), memory: 12 << 30 },
            runners: "target/peers".into(),
            keep: None,
        };
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Short('h') | Arg::Long("help") => return Ok(None),
                Arg::Short('w') | Arg::Long("world") => {
                    arguments.worlds.push(parser.value()?.parse()?);
                }
                Arg::Short('r') | Arg::Long("rules") => {
                    arguments.rules.push(parser.value()?.parse()?);
                }
                Arg::Long("most-rules") => arguments.most_rules = parser.value()?.parse()?,
                Arg::Short('o') | Arg::Long("output") => {
                    arguments.output = parser.value()?.parse_with(|text| match text {
                        "table" => Ok(Output::Table),
                        "json" => Ok(Output::Json),
                        _ => Err("expected `table` or `json`"),
                    })?;
                }
                Arg::Long("packets") => arguments.packets = parser.value()?.parse()?,
                Arg::Long("seconds") => arguments.limits.seconds = parser.value()?.parse()?,
                Arg::Long("patience") => {
                    arguments.limits.patience = Duration::from_secs(parser.value()?.parse()?);
                }
                Arg::Long("memory") => {
                    arguments.limits.memory = parser.value()?.parse::<u64>()? << 30;
                }
                Arg::Long("runners") => arguments.runners = parser.value()?.into(),
                Arg::Long("keep") => arguments.keep = Some(parser.value()?.into()),
                Arg::Value(name) => {
                    let peer = Peer::ALL.into_iter().find(|peer| name == peer.name());
                    let unknown = || format!("there is no peer `{}`", name.to_string_lossy());
                    arguments.peers.push(peer.ok_or_else(unknown)?);
                }
                _ => return Err(argument.unexpected()),
            }
        }
        if arguments.peers.is_empty() {
            arguments.peers = Peer::ALL.to_vec();
        }
        if arguments.worlds.is_empty() && arguments.rules.is_empty() {
            arguments.worlds = ["1k", "10k", "100k", "10k-corners", "10k-hot-namespace"]
                .map(str::to_owned)
                .to_vec();
            arguments.rules = vec![100, 1_000, 10_000, 100_000];
        }
        Ok(Some(arguments))
    }
}
