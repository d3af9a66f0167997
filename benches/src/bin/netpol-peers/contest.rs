use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ipnet::Ipv4Net;
use netpol_benches::peers::{
    Beside, ClassifierNumbers, ClassifierRow, Comparison, EngineNumbers, EngineRow, Expansion,
    LookupNumbers, LookupRow, Peer, Prefix, Report, Runner, Stage, Stopped, WorldReport, compare,
    export, parameters, read_answers,
};
use netpol_benches::{Calibration, Time, decide};
use netpol_core::{Packet, Reader, ReaderFactory, Reason};
use netpol_testing::workload::{TraceParameters, World};

use crate::arguments::Arguments;

/// Walks of netpol before a peer, and again after it.
const WALKS: usize = 7;

/// Worlds, peers and where they meet.
pub(crate) struct Contest {
    arguments: Arguments,
    directory: PathBuf,
}

impl Contest {
    pub(crate) fn new(arguments: Arguments) -> Result<Contest, Box<dyn Error>> {
        let temporary = std::env::temp_dir().join(format!("netpol-peers-{}", std::process::id()));
        let directory = arguments.keep.clone().unwrap_or(temporary);
        fs::create_dir_all(&directory)?;
        Ok(Contest { arguments, directory })
    }

    /// Runs everybody on every world, and shows each world when it is done.
    ///
    /// Everything is read back and compared; the first disagreement that is not explained ends it.
    pub(crate) fn run(
        &self,
        shown: &mut dyn FnMut(&WorldReport),
    ) -> Result<Report, Box<dyn Error>> {
        let mut report = Report::default();
        let mut add = |world: Result<WorldReport, Box<dyn Error>>| {
            world.map(|world| {
                shown(&world);
                report.worlds.push(world);
            })
        };
        if self.takes_part(Peer::RteAcl) {
            for rules in &self.arguments.rules {
                add(self.classify(&smallest_with(*rules)?))?;
            }
        }
        for name in &self.arguments.worlds {
            add(self.judge(name))?;
        }
        if self.arguments.keep.is_none() {
            fs::remove_dir_all(&self.directory)?;
        }
        Ok(report)
    }

    fn takes_part(&self, peer: Peer) -> bool {
        self.arguments.peers.contains(&peer)
    }

    fn stage(&self, name: &str) -> Result<Stage, Box<dyn Error>> {
        let packets = self.arguments.packets;
        Stage::new(name, &TraceParameters { packets, ..TraceParameters::default() })
    }

    /// A world for the engines that read policies, and for the classifier as far as that goes.
    fn judge(&self, name: &str) -> Result<WorldReport, Box<dyn Error>> {
        let stage = self.stage(name)?;
        export::objects(&stage.world, &self.directory)?;
        export::packets(&stage.packets, &self.directory)?;
        let before = Calibration::measure();
        let mut world = describe(&stage, before);
        for peer in &self.arguments.peers {
            match peer {
                Peer::RteAcl => self.add_classifier(&stage, &mut world)?,
                Peer::RteFib => world.lookup = Some(self.look_up(&stage)?),
                Peer::Interpreter => world.engines.push(interpret(&stage)),
                _ => world.engines.push(self.ask(&stage, *peer)?),
            }
        }
        world.calibration[1] = Calibration::measure();
        Ok(world)
    }

    /// A world for the classifier alone.
    fn classify(&self, name: &str) -> Result<WorldReport, Box<dyn Error>> {
        let stage = self.stage(name)?;
        export::packets(&stage.packets, &self.directory)?;
        let mut world = describe(&stage, Calibration::measure());
        self.add_classifier(&stage, &mut world)?;
        world.calibration[1] = Calibration::measure();
        Ok(world)
    }

    fn ask(&self, stage: &Stage, peer: Peer) -> Result<EngineRow, Box<dyn Error>> {
        let (program, provider) = match peer {
            Peer::KubeNetworkPoliciesMap => ("kube-network-policies", Some("-provider=map")),
            peer => (peer.name(), None),
        };
        let verdicts = self.directory.join(format!("{}.verdicts", peer.name()));
        let mut arguments = vec![
            "-world".into(),
            self.directory.clone().into_os_string(),
            "-verdicts".into(),
            verdicts.clone().into_os_string(),
            "-seconds".into(),
            self.arguments.limits.seconds.to_string().into(),
        ];
        arguments.extend(provider.map(Into::into));
        let runner = Runner::find(&self.arguments.runners, program, arguments);
        let (beside, outcome) = beside(&stage.readers, &stage.packets, || {
            runner.and_then(|runner| runner.run::<EngineNumbers>(&self.arguments.limits))
        });
        let outcome = match outcome {
            Ok(numbers) => Ok((numbers, compare(stage, peer, &read_answers(&verdicts)?)?)),
            Err(stopped) => Err(stopped.to_string()),
        };
        Ok(EngineRow { peer, beside, outcome })
    }

    fn add_classifier(&self, stage: &Stage, world: &mut WorldReport) -> Result<(), Box<dyn Error>> {
        let most = self.arguments.most_rules;
        let (beside, outcome) = match Expansion::new(&stage.world, most) {
            Err(too_large) => {
                world.expanded_rules = Some(too_large.rules);
                let why = format!("not built: {} rules, more than {most}", too_large.rules);
                (beside(&stage.readers, &stage.packets, || ()).0, Err(why))
            }
            Ok(expansion) => {
                world.expanded_rules = Some(expansion.counted);
                export::rules(&expansion, &self.directory)?;
                let verdicts = self.directory.join("rte_acl.verdicts");
                let runner = self.dpdk("dpdk-acl", &self.directory, &verdicts);
                let (beside, outcome) = beside(&stage.readers, &stage.packets, || {
                    runner.and_then(|it| it.run::<ClassifierNumbers>(&self.arguments.limits))
                });
                let outcome = match outcome {
                    Ok(numbers) => {
                        let answers = read_answers(&verdicts)?;
                        Ok((numbers, compare(stage, Peer::RteAcl, &answers)?))
                    }
                    Err(stopped) => Err(stopped.to_string()),
                };
                (beside, outcome)
            }
        };
        world.classifier = Some(ClassifierRow { beside, outcome });
        Ok(())
    }

    /// The table of addresses, asked about packets for which netpol has nothing else to do.
    fn look_up(&self, stage: &Stage) -> Result<LookupRow, Box<dyn Error>> {
        let unrestricted = |packet: &&Packet| {
            let decision = stage.engine.attribute(packet);
            [decision.ingress.reason, decision.egress.reason]
                .iter()
                .all(|reason| matches!(reason, Reason::NotAPod | Reason::NotIsolated))
        };
        let packets = stage.packets.iter().filter(unrestricted).copied().collect::<Vec<_>>();
        let directory = self.directory.join("lookup");
        fs::create_dir_all(&directory)?;
        let prefixes = prefixes(&stage.world);
        export::prefixes(&prefixes, &directory)?;
        export::packets(&packets, &directory)?;
        let hops = directory.join("hops.txt");
        let mut runner = self.dpdk("dpdk-fib", &directory, &hops);
        if packets.is_empty() {
            runner = Err(Stopped::Failed("no packets for it".to_owned()));
        }
        let (beside, outcome) = beside(&stage.readers, &packets, || {
            runner.and_then(|runner| runner.run::<LookupNumbers>(&self.arguments.limits))
        });
        if outcome.is_ok() {
            check_hops(&prefixes, &packets, &fs::read_to_string(&hops)?)?;
        }
        Ok(LookupRow { beside, outcome: outcome.map_err(|stopped| stopped.to_string()) })
    }

    /// Without huge pages and devices, and with the widest instructions that there are.
    fn dpdk(&self, program: &str, world: &Path, output: &Path) -> Result<Runner, Stopped> {
        let options = ["--no-huge", "--no-pci", "--no-telemetry", "--log-level=error"];
        let sizes = ["-m", "6144", "-l", "0", "--force-max-simd-bitwidth=512", "--"];
        let options = options.into_iter().chain(sizes).map(Into::into);
        let files = [world.as_os_str().to_owned(), output.as_os_str().to_owned()];
        Runner::find(&self.arguments.runners, program, options.chain(files))
    }
}

fn describe(stage: &Stage, before: Calibration) -> WorldReport {
    WorldReport {
        name: stage.name.clone(),
        pods: stage.world.pods.len(),
        namespaces: stage.world.namespaces.len(),
        policies: stage.world.policies.len(),
        expanded_rules: None,
        packets: stage.packets.len(),
        allowed: stage.allowed(),
        calibration: [before, before],
        load: stage.load.as_secs_f64(),
        hot_bytes: stage.engine.memory_usage().hot_bytes(),
        engines: Vec::new(),
        classifier: None,
        lookup: None,
    }
}

/// Does something, and times netpol before and after.
fn beside<T>(
    readers: &ReaderFactory,
    packets: &[Packet],
    something: impl FnOnce() -> T,
) -> (Beside, T) {
    let mut walks = Walks::default();
    let reader = &mut readers.reader();
    walks.add(reader, packets);
    let done = something();
    walks.add(reader, packets);
    let scale = 1e9 / packets.len().max(1) as f64;
    let [single, batch] = [walks.single, walks.batch].map(|times| Time::new(times, scale));
    (Beside { single, batch }, done)
}

#[derive(Default)]
struct Walks {
    single: Vec<Duration>,
    batch: Vec<Duration>,
}

impl Walks {
    fn add(&mut self, reader: &mut Reader, packets: &[Packet]) {
        black_box(decide::singly(reader, packets));
        for _ in 0..WALKS {
            self.single.push(time(|| decide::singly(reader, packets)));
            self.batch.push(time(|| decide::in_batches(reader, packets, decide::BATCH)));
        }
    }
}

fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}

/// The interpreter needs no other process; its answers were compared when the stage was made.
fn interpret(stage: &Stage) -> EngineRow {
    let packets = stage.packets.as_slice();
    let (beside, times) = beside(&stage.readers, packets, || {
        black_box(decide::interpreted(&stage.interpreter, packets));
        let walks = 0..2 * WALKS;
        walks.map(|_| time(|| decide::interpreted(&stage.interpreter, packets))).collect()
    });
    let time = Time::new(times, 1e9 / packets.len().max(1) as f64);
    let numbers = EngineNumbers {
        packets: packets.len(),
        median: time.median,
        best: time.best,
        ..EngineNumbers::default()
    };
    let comparison = Comparison { compared: packets.len(), ..Comparison::default() };
    EngineRow { peer: Peer::Interpreter, beside, outcome: Ok((numbers, comparison)) }
}

/// The name of the smallest world with at least so many expanded rules, a tenth more pods at a time.
fn smallest_with(rules: u64) -> Result<String, Box<dyn Error>> {
    let mut pods = 10;
    loop {
        let name = pods.to_string();
        let expanded = match Expansion::new(&World::generate(&parameters(&name)?), u64::MAX) {
            Ok(expansion) => expansion.counted,
            Err(too_large) => too_large.rules,
        };
        if expanded >= rules {
            return Ok(name);
        }
        pods += (pods / 10).max(1);
    }
}

/// The addresses of pods, and all blocks and excepts that policies name.
fn prefixes(world: &World) -> Vec<Prefix> {
    let pods = world.pods.iter().flat_map(|pod| &pod.status.pod_ips);
    let pods = pods.filter_map(|text| text.parse::<Ipv4Addr>().ok()).map(Prefix::host);
    let specs = world.policies.iter().map(|policy| &policy.spec);
    let peers = specs.flat_map(|spec| {
        let ingress = spec.ingress.iter().flat_map(|rule| &rule.from);
        ingress.chain(spec.egress.iter().flat_map(|rule| &rule.to))
    });
    let blocks = peers.filter_map(|peer| peer.ip_block.as_ref());
    let texts = blocks.flat_map(|block| block.except.iter().chain([&block.cidr]));
    let blocks = texts.filter_map(|text| text.parse::<Ipv4Net>().ok());
    let mut prefixes = pods.chain(blocks.map(|net| net.trunc().into())).collect::<Vec<_>>();
    prefixes.sort_unstable();
    prefixes.dedup();
    prefixes
}

/// The table's answers must be the longest prefixes.
fn check_hops(prefixes: &[Prefix], packets: &[Packet], hops: &str) -> Result<(), Box<dyn Error>> {
    let numbers: HashMap<_, _> = prefixes.iter().copied().zip(1_u32..).collect();
    let longest = |address: IpAddr| {
        let IpAddr::V4(address) = address else { return 0 };
        let at = |length: u8| {
            let address = Ipv4Net::new_assert(address, length).network();
            numbers.get(&Prefix { address, length }).copied()
        };
        (0..=32).rev().find_map(at).unwrap_or(0)
    };
    let lines = hops.lines().collect::<Vec<_>>();
    if lines.len() != packets.len() {
        return Err("rte_fib answered more or less than was asked".into());
    }
    for (packet, line) in packets.iter().zip(lines) {
        let expected = format!("{} {}", longest(packet.source()), longest(packet.destination()));
        if line != expected {
            return Err(format!("rte_fib: {packet}: {line}, should be {expected}").into());
        }
    }
    Ok(())
}
