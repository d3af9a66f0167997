use std::error::Error;
use std::time::Duration;

use netpol_testing::workload::{Churn, ChurnParameters, Parameters, TraceParameters};

use crate::{
    Build, Building, Calibration, Clock, ClockInUse, Memory, Report, Subject, Time, Traffic,
};
use crate::{calls, churn, events, loops, memory};

/// What to measure.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The name of the world.
    pub name: String,
    /// The world.
    pub world: Parameters,
    /// The kinds of traffic. Cold calls, threads and churn have the first.
    pub traffic: Vec<TraceParameters>,
    /// Walks through each trace that are timed.
    pub repetitions: usize,
    /// The parts that are not always measured.
    pub parts: Vec<Part>,
}

/// What may be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Single calls, each timed by itself.
    Calls,
    /// Calls with other work in between.
    Cold,
    /// Two threads.
    Threads,
    /// Building the cluster more than once.
    Builds,
    /// What a process holds in memory.
    Resident,
    /// What changes cost.
    Events,
    /// Readers while a writer publishes.
    Churn,
}

impl Part {
    /// All of them and their names.
    pub const ALL: [(&'static str, Part); 7] = [
        ("calls", Part::Calls),
        ("cold", Part::Cold),
        ("threads", Part::Threads),
        ("builds", Part::Builds),
        ("resident", Part::Resident),
        ("events", Part::Events),
        ("churn", Part::Churn),
    ];
}

/// How often the cluster is built.
const BUILDS: usize = 3;

/// The share of allowed packets that is measured besides the one that comes by itself: most packets
/// of a cluster that works are allowed, and those take longer, for both ends are asked.
pub const MOSTLY_ALLOWED: f64 = 0.6;

/// Takes every number of a report.
///
/// # Errors
///
/// When the engines do not agree on a packet: then there is nothing to report. When the cluster
/// refuses the world or an event.
pub fn measure(plan: &Plan) -> Result<Report, Box<dyn Error>> {
    let wanted = |part| plan.parts.contains(&part);
    let first = plan.traffic.first().copied().unwrap_or_default();
    let mut subject = Subject::new(&plan.world, &first)?;
    let clock = Clock::new();
    let before = Calibration::measure();
    let readers = subject.cluster.readers();
    let (mut traffic, mut cold, mut threads) = (Vec::new(), Vec::new(), Vec::new());
    for (number, trace) in plan.traffic.iter().enumerate() {
        if number > 0 {
            subject.redraw(trace);
        }
        let allowed = subject.check()?;
        let (interpreter, packets) = (&subject.interpreter, subject.trace.packets.as_slice());
        traffic.push(Traffic {
            trace: *trace,
            allowed: allowed as f64 / packets.len().max(1) as f64,
            decisions: loops::decisions(&readers, interpreter, packets, plan.repetitions.max(1)),
            calls: wanted(Part::Calls)
                .then(|| calls::calls(&clock, &readers, interpreter, packets)),
        });
        if number == 0 && wanted(Part::Cold) {
            cold = calls::cold(&clock, &readers, interpreter, packets);
        }
        if number == 0 && wanted(Part::Threads) {
            threads = loops::throughput(&readers, packets, plan.repetitions.max(1));
        }
    }

    let parts = memory::parts(&subject.engine);
    let resident =
        if wanted(Part::Resident) { Some(memory::resident(&subject.world)?) } else { None };
    if wanted(Part::Builds) {
        for _ in 1..BUILDS {
            subject.rebuild()?;
        }
    }
    let pods = plan.world.pods.max(1) as f64;
    let per_pod = |time: fn(&Building) -> Duration| {
        Time::new(subject.builds.iter().map(time).collect(), 1e6 / pods)
    };
    let build = Build {
        admission: per_pod(|building| building.admission),
        compilation: per_pod(|building| building.compilation),
    };
    let policies = subject.policies();

    let (mut changes, mut churning) = (None, None);
    if wanted(Part::Events) || wanted(Part::Churn) {
        // Readers and writer have the same packets, whatever was drawn last.
        subject.redraw(&first);
        let Subject { world, engine, trace, mut cluster, interpreter, .. } = subject;
        // Only readers hold snapshots from here on.
        drop((engine, interpreter));
        let pace = ChurnParameters::default();
        let mut lively = Churn::new(world, &pace);
        let packets = trace.packets.as_slice();
        if wanted(Part::Churn) {
            churning = Some(churn::churn(&clock, &mut cluster, &mut lively, &pace, packets)?);
        }
        if let Some(packet) = packets.first().filter(|_| wanted(Part::Events)) {
            changes = Some(events::events(&clock, &mut cluster, &mut lively, packet)?);
        }
    }
    Ok(Report {
        name: plan.name.clone(),
        world: plan.world.clone(),
        policies,
        calibration: [before, Calibration::measure()],
        clock: ClockInUse { name: Clock::name().to_owned(), overhead: clock.overhead() },
        traffic,
        cold,
        threads,
        build,
        memory: Memory { parts, resident },
        events: changes,
        churn: churning,
    })
}
