use std::fmt;
use std::time::{Duration, Instant};

use netpol_core::model::{LabelSelectorRequirement, NetworkPolicy};
use netpol_core::{Admission, Cluster, Engine, Error, Options, Packet, ReaderFactory, Verdict};
use netpol_testing::reference;
use netpol_testing::workload::{Interpreter, Parameters, Trace, TraceParameters, World};

/// A world with packets and what netpol says about each.
#[derive(Debug)]
pub struct Stage {
    /// What it is called: a size, perhaps with a variant.
    pub name: String,
    /// The objects.
    pub world: World,
    /// What is asked.
    pub packets: Vec<Packet>,
    /// Who answers.
    pub engine: Engine,
    /// Readers of the same engine, as dataplanes have them.
    pub readers: ReaderFactory,
    /// Who answers without having compiled anything.
    pub interpreter: Interpreter,
    /// What the engine says, packet by packet.
    pub verdicts: Vec<Verdict>,
    /// How long it took to make the engine of the objects.
    pub load: Duration,
}

/// No world has this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownStage(String);

/// After the name of a size: with more of what engines read differently.
const CORNERS: &str = "-corners";

/// The parameters of a world by its name: a number of pods, or a name that
/// [`Parameters`] know, and after either perhaps `-corners`.
///
/// # Errors
///
/// When there is no such world, and when not all peers could be asked about it: some know no IPv6, and
/// most know no cluster-wide policies.
pub fn parameters(name: &str) -> Result<Parameters, UnknownStage> {
    let size = name.strip_suffix(CORNERS).unwrap_or(name);
    let found = match size.parse() {
        Ok(pods) if (10..=1_000_000).contains(&pods) => Some(Parameters::with_pods(pods)),
        _ => size.parse::<Parameters>().ok(),
    };
    found
        .filter(|it| it.ipv6_share == 0.0 && it.cluster_policies == 0)
        .ok_or_else(|| UnknownStage(name.to_owned()))
}

impl Stage {
    /// Draws the world of this name and packets, and judges them.
    ///
    /// # Errors
    ///
    /// When there is no such world, when the cluster does not take it, and when the interpreter
    /// does not agree.
    pub fn new(name: &str, trace: &TraceParameters) -> Result<Stage, Box<dyn std::error::Error>> {
        let mut world = World::generate(&parameters(name)?);
        if name.ends_with(CORNERS) {
            world.policies.iter_mut().for_each(write_in_corners);
        }
        let interpreter = Interpreter::new(&world);
        let trace = Trace::generate(&world, trace, |packet| interpreter.decide(packet));
        let packets = trace.packets;
        let objects = world.clone();
        let start = Instant::now();
        let mut cluster = load(objects, Options::default())?;
        let engine = cluster.publish()?;
        let readers = cluster.readers();
        let load = start.elapsed();
        let verdicts = packets.iter().map(|packet| engine.decide(packet)).collect::<Vec<_>>();
        for (packet, verdict) in packets.iter().zip(&verdicts) {
            let interpreted = interpreter.decide(packet);
            if interpreted != *verdict {
                return Err(format!("{packet}: netpol {verdict}, interpreter {interpreted}").into());
            }
        }
        Ok(Stage {
            name: name.to_owned(),
            world,
            packets,
            engine,
            readers,
            interpreter,
            verdicts,
            load,
        })
    }

    /// Share of the packets that are allowed.
    #[must_use]
    pub fn allowed(&self) -> f64 {
        let allowed = self.verdicts.iter().filter(|verdict| verdict.is_allow()).count();
        allowed as f64 / self.packets.len().max(1) as f64
    }

    /// The world as the reference has it, to be asked where engines disagree.
    #[must_use]
    pub fn reference(&self) -> reference::World {
        let mut reference = reference::World::new(Options::default());
        let world = self.world.clone();
        reference.namespaces = world.namespaces;
        reference.pods = world.pods;
        reference.policies = world.policies;
        reference.cluster_policies = world.cluster_policies;
        reference
    }
}

/// The engine of a world.
pub(super) fn compile(world: World, options: Options) -> Result<Engine, Error> {
    load(world, options)?.publish()
}

fn load(world: World, options: Options) -> Result<Cluster, Error> {
    let mut cluster = Cluster::new(options);
    for object in world.into_objects() {
        cluster.upsert(object, Admission::Stored)?;
    }
    Ok(cluster)
}

/// Brings in what is known to be read differently, often enough to be met: `NotIn` on a label that
/// most pods lack (and none has with that value, so that it changes nothing), ports that are all of
/// a protocol where the world has a range of it, and pods within the internet.
fn write_in_corners(policy: &mut NetworkPolicy) {
    let spec = &mut policy.spec;
    let ports = spec.ingress.iter_mut().flat_map(|rule| &mut rule.ports);
    for port in ports.chain(spec.egress.iter_mut().flat_map(|rule| &mut rule.ports)) {
        if port.end_port.take().is_some() {
            port.port = None;
        }
    }
    let peers = spec.ingress.iter_mut().flat_map(|rule| &mut rule.from);
    for peer in peers.chain(spec.egress.iter_mut().flat_map(|rule| &mut rule.to)) {
        if let Some(block) = &mut peer.ip_block {
            block.except.retain(|except| except != "10.0.0.0/8");
        }
        let selector = peer.pod_selector.as_mut();
        if let Some(selector) = selector.filter(|it| it.match_labels.contains_key("tier")) {
            selector.match_expressions.push(LabelSelectorRequirement {
                key: "track".to_owned(),
                operator: "NotIn".to_owned(),
                values: vec!["nobody".to_owned()],
            });
        }
    }
}

impl fmt::Display for UnknownStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "there is no world `{}` for all peers; names are a number of pods (10 to 1000000), those \
             of netpol-bench without IPv6 and cluster-wide policies, and either with `{CORNERS}`",
            self.0
        )
    }
}

impl std::error::Error for UnknownStage {}
