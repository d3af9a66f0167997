//! Large made-up clusters: the engine and the interpreter, two programs with no code in common,
//! agree on every packet.

use netpol_core::{Admission, Cluster, Options, Verdict};
use netpol_testing::cases::{Ask, Event};
use netpol_testing::differential::disagreement;
use netpol_testing::generate::Scenario;
use netpol_testing::workload::{
    Adversary, Churn, ChurnParameters, Interpreter, Parameters, Trace, TraceParameters, World,
};

/// Judges a trace of a world both ways; says how many packets were allowed.
fn agree(parameters: &Parameters, trace: &TraceParameters) -> usize {
    let world = World::generate(parameters);
    let interpreter = Interpreter::new(&world);
    let trace = Trace::generate(&world, trace, |packet| interpreter.decide(packet));
    let mut cluster = Cluster::new(Options::default());
    for object in world.into_objects() {
        let applied = cluster.upsert(object, Admission::Create).expect("the world is valid");
        assert_eq!(applied.warnings, [], "and has no flaw");
    }
    let engine = cluster.publish().expect("it fits");
    let mut verdicts = vec![Verdict::Deny; trace.packets.len()];
    engine.decide_batch(&trace.packets, &mut verdicts).expect("as many verdicts as packets");
    for (packet, verdict) in trace.packets.iter().zip(&verdicts) {
        let expected = interpreter.decide(packet);
        let explained = engine.explain(packet);
        assert_eq!(*verdict, expected, "{packet}, in a batch\n{explained}");
        assert_eq!(engine.decide(packet), expected, "{packet}, alone\n{explained}");
    }
    verdicts.iter().filter(|verdict| verdict.is_allow()).count()
}

/// Has the reference judge the reasons as well: what decides in lists too long for the clusters that
/// are drawn at random. It is slow, so it is asked about fewer packets.
fn reasons_agree(parameters: &Parameters) {
    let world = World::generate(parameters);
    let interpreter = Interpreter::new(&world);
    // As many of either verdict, or most reasons would be that nothing matches.
    let trace =
        TraceParameters { packets: 1_000, allowed: Some(0.5), ..TraceParameters::default() };
    let trace = Trace::generate(&world, &trace, |packet| interpreter.decide(packet));
    let upsert = |object| Event::Upsert { object: Box::new(object), admission: Admission::Stored };
    let scenario = Scenario {
        options: Options::default(),
        events: world.into_objects().map(upsert).collect(),
        asks: trace.packets.into_iter().map(Ask::Packet).collect(),
        service_asks: Vec::new(),
        addresses: Vec::new(),
        boundaries: Vec::new(),
        ports: Vec::new(),
    };
    let parted = disagreement(&scenario);
    assert!(parted.is_none(), "{parameters:?}: {parted:?}");
}

fn small(change: impl FnOnce(&mut Parameters)) -> Parameters {
    let mut parameters = Parameters::with_pods(1_000);
    change(&mut parameters);
    parameters
}

const PACKETS: usize = 20_000;

#[test]
fn usual_worlds() {
    for ipv6_share in [0.0, 0.3, 1.0] {
        let parameters = small(|parameters| parameters.ipv6_share = ipv6_share);
        for skew in [0.0, 1.0] {
            let trace = TraceParameters { packets: PACKETS, skew, ..TraceParameters::default() };
            let allowed = agree(&parameters, &trace);
            assert!((PACKETS / 20..PACKETS * 3 / 4).contains(&allowed), "{allowed}");
        }
    }
}

#[test]
fn worlds_with_cluster_wide_policies() {
    for cluster_policies in [1, 20, 300] {
        let parameters = small(|parameters| parameters.cluster_policies = cluster_policies);
        let trace = TraceParameters { packets: PACKETS, ..TraceParameters::default() };
        let allowed = agree(&parameters, &trace);
        assert!((PACKETS / 40..PACKETS * 3 / 4).contains(&allowed), "{allowed}");
    }
}

/// The hot namespace is hashed, not scanned, from 48 rules on.
const ADVERSARIES: [Adversary; 6] = [
    Adversary::HotNamespace { policies: 500 },
    Adversary::UniqueLabels { peers: 0.2 },
    Adversary::EverythingExcept { policies: 300, excepts: 9 },
    Adversary::NestedBlocks { blocks: 2_000 },
    Adversary::BothHeavy { entries: 400 },
    Adversary::DistinctRanges { ranges: 2_000 },
];

#[test]
fn hostile_worlds() {
    for adversary in ADVERSARIES {
        let parameters = small(|parameters| parameters.adversary = Some(adversary));
        let trace = TraceParameters { packets: PACKETS, ..TraceParameters::default() };
        agree(&parameters, &trace);
    }
}

#[test]
fn reasons_in_long_lists() {
    // The first of a cluster's policies decide most, so it takes several clusters.
    for seed in 0..6 {
        reasons_agree(&small(|parameters| {
            parameters.cluster_policies = 300;
            parameters.seed = seed;
        }));
    }
    for adversary in ADVERSARIES {
        reasons_agree(&small(|parameters| parameters.adversary = Some(adversary)));
    }
}

#[test]
fn a_wanted_share_of_allowed_packets_comes_about() {
    let trace =
        TraceParameters { packets: PACKETS, allowed: Some(0.6), ..TraceParameters::default() };
    let allowed = agree(&small(|_| ()), &trace);
    assert!((PACKETS * 58 / 100..PACKETS * 62 / 100).contains(&allowed), "{allowed}");
}

#[test]
fn a_world_that_lived_is_the_world_it_became() {
    let world = World::generate(&small(|parameters| parameters.ipv6_share = 0.3));
    let mut cluster = Cluster::new(Options::default());
    for object in world.clone().into_objects() {
        cluster.upsert(object, Admission::Stored).expect("the world is valid");
    }
    // So that a second has some of everything.
    let pace = ChurnParameters {
        policies_per_second: 100.0,
        relabels_per_second: 20.0,
        ..ChurnParameters::default()
    };
    let mut churn = Churn::new(world, &pace);
    for _ in 0..500 {
        for event in churn.batch() {
            event.apply(&mut cluster).expect("events are valid");
        }
        cluster.publish().expect("it fits");
    }
    let engine = cluster.publish().expect("it fits");
    let interpreter = Interpreter::new(churn.world());
    let trace = TraceParameters { packets: PACKETS, ..TraceParameters::default() };
    let trace = Trace::generate(churn.world(), &trace, |packet| interpreter.decide(packet));
    for packet in &trace.packets {
        let explained = engine.explain(packet);
        assert_eq!(engine.decide(packet), interpreter.decide(packet), "{packet}\n{explained}");
    }
}
