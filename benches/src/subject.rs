use std::time::{Duration, Instant};

use netpol_core::{Admission, Cluster, Engine, Error, Options, Packet, Verdict};
use netpol_testing::workload::{Interpreter, Parameters, Trace, TraceParameters, World};

/// A world made ready: compiled by both engines, with packets to ask them about.
#[derive(Debug)]
pub struct Subject {
    /// What it was made of.
    pub world: World,
    /// The engine that is measured.
    pub engine: Engine,
    /// What it is compared with.
    pub interpreter: Interpreter,
    /// What they are asked.
    pub trace: Trace,
    /// The cluster that the engine was compiled from.
    pub cluster: Cluster,
    /// How long it took to build the cluster from its objects, each time that was done.
    pub builds: Vec<Building>,
}

/// How long it took to build a cluster.
#[derive(Clone, Copy, Debug)]
pub struct Building {
    /// To take all objects in.
    pub admission: Duration,
    /// To compile them, nothing being there to start from.
    pub compilation: Duration,
}

/// The engines answer differently, so nothing may be reported.
#[derive(Clone, Debug)]
pub struct Disagreement {
    /// The packet, and what was said about it.
    message: String,
}

/// Objects that are copied before the cluster takes them in. Few, so that a world is not twice in
/// memory.
const COPIED: usize = 1_000;

impl Subject {
    /// Draws a world and a trace, and compiles.
    ///
    /// # Errors
    ///
    /// What the cluster has against the world.
    pub fn new(parameters: &Parameters, trace: &TraceParameters) -> Result<Subject, Error> {
        let world = World::generate(parameters);
        let interpreter = Interpreter::new(&world);
        let trace = Trace::generate(&world, trace, |packet| interpreter.decide(packet));

        let (cluster, engine, building) = build(&world)?;
        Ok(Subject { world, engine, interpreter, trace, cluster, builds: vec![building] })
    }

    /// Builds the cluster once more, to see how long that takes, and throws it away.
    ///
    /// # Errors
    ///
    /// What the cluster has against the world.
    pub fn rebuild(&mut self) -> Result<(), Error> {
        let (_, _, building) = build(&self.world)?;
        self.builds.push(building);
        Ok(())
    }

    /// Other packets in the same world.
    pub fn redraw(&mut self, trace: &TraceParameters) {
        let interpreter = &self.interpreter;
        self.trace = Trace::generate(&self.world, trace, |packet| interpreter.decide(packet));
    }

    /// How many policies there are, those of the adversary and cluster-wide ones included.
    #[must_use]
    pub fn policies(&self) -> usize {
        self.world.policies.len() + self.world.cluster_policies.len()
    }

    /// How many packets of the trace are allowed, when all agree on every one of them: the engine
    /// asked one by one, asked in batches, asked for reasons, and the interpreter.
    ///
    /// # Errors
    ///
    /// The first packet they do not agree on.
    pub fn check(&self) -> Result<usize, Disagreement> {
        let packets = &self.trace.packets;
        let mut verdicts = vec![Verdict::Deny; packets.len()];
        self.engine
            .decide_batch(packets, &mut verdicts)
            .map_err(|error| Disagreement { message: error.to_string() })?;
        let mut allowed = 0;
        for (packet, batch) in packets.iter().zip(verdicts) {
            let answers = Answers {
                single: self.engine.decide(packet),
                batch,
                attributed: self.engine.attribute(packet).verdict,
                interpreted: self.interpreter.decide(packet),
            };
            if !answers.agree() {
                return Err(self.disagreement(packet, &answers));
            }
            allowed += usize::from(answers.single.is_allow());
        }
        Ok(allowed)
    }

    fn disagreement(&self, packet: &Packet, answers: &Answers) -> Disagreement {
        let explanation = self.engine.explain(packet);
        let Answers { single, batch, attributed, interpreted } = answers;
        let message = format!(
            "{packet}: {single} asked alone, {batch} in a batch, {attributed} with reasons, \
             {interpreted} by the interpreter\n{explanation}"
        );
        Disagreement { message }
    }
}

fn build(world: &World) -> Result<(Cluster, Engine, Building), Error> {
    let mut cluster = Cluster::new(Options::default());
    let mut admission = Duration::ZERO;
    let mut objects = world.objects().peekable();
    while objects.peek().is_some() {
        let copied = objects.by_ref().take(COPIED).collect::<Vec<_>>();
        let start = Instant::now();
        for object in copied {
            cluster.upsert(object, Admission::Stored)?;
        }
        admission += start.elapsed();
    }
    let start = Instant::now();
    let engine = cluster.publish()?;
    let compilation = start.elapsed();
    Ok((cluster, engine, Building { admission, compilation }))
}

/// What was said about a packet.
#[derive(Clone, Copy, Debug)]
struct Answers {
    single: Verdict,
    batch: Verdict,
    attributed: Verdict,
    interpreted: Verdict,
}

impl Answers {
    fn agree(&self) -> bool {
        [self.batch, self.attributed, self.interpreted].iter().all(|other| *other == self.single)
    }
}

impl std::fmt::Display for Disagreement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Disagreement {}
