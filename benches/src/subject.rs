use std::time::{Duration, Instant};

use netpol_core::{Admission, Cluster, Engine, Error, Options, Packet, Verdict};
use netpol_testing::workload::{Interpreter, Parameters, Trace, TraceParameters, World};

/// A world made ready: compiled by both engines, with packets to ask them about.
#[derive(Debug)]
pub struct Subject {
    /// What the world was drawn from.
    pub parameters: Parameters,
    /// How many policies it has, those of the adversary and cluster-wide ones included.
    pub policies: usize,
    /// The engine that is measured.
    pub engine: Engine,
    /// What it is compared with.
    pub interpreter: Interpreter,
    /// What they are asked.
    pub trace: Trace,
    /// The cluster that the engine was compiled from.
    pub cluster: Cluster,
    /// How long the cluster took to take all objects in.
    pub admission: Duration,
}

/// The engines answer differently, so nothing may be reported.
#[derive(Clone, Debug)]
pub struct Disagreement {
    /// The packet, and what was said about it.
    message: String,
}

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
        let policies = world.policies.len() + world.cluster_policies.len();

        let objects = world.into_objects().collect::<Vec<_>>();
        let mut cluster = Cluster::new(Options::default());
        let start = Instant::now();
        for object in objects {
            cluster.upsert(object, Admission::Stored)?;
        }
        let admission = start.elapsed();
        let engine = cluster.publish()?;
        Ok(Subject {
            parameters: parameters.clone(),
            policies,
            engine,
            interpreter,
            trace,
            cluster,
            admission,
        })
    }

    /// How many packets of the trace are allowed, when all agree on every one of them: the engine
    /// asked one by one, the engine asked in batches, and the interpreter.
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
            let single = self.engine.decide(packet);
            let interpreted = self.interpreter.decide(packet);
            if single != batch || single != interpreted {
                return Err(self.disagreement(packet, single, batch, interpreted));
            }
            allowed += usize::from(single.is_allow());
        }
        Ok(allowed)
    }

    fn disagreement(
        &self,
        packet: &Packet,
        single: Verdict,
        batch: Verdict,
        interpreted: Verdict,
    ) -> Disagreement {
        let explanation = self.engine.explain(packet);
        let message = format!(
            "{packet}: {single} asked alone, {batch} in a batch, {interpreted} by the interpreter\n\
             {explanation}"
        );
        Disagreement { message }
    }
}

impl std::fmt::Display for Disagreement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Disagreement {}
