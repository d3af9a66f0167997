//! The engine against the reference, on clusters drawn at random.

use std::collections::BTreeMap;
use std::env;

use netpol_core::model::IntOrString;
use netpol_testing::cases::Implementation;
use netpol_testing::differential::{case, disagreement};
use netpol_testing::generate::{Scenario, Seeded, scenario};
use netpol_testing::reference::{DecidingRule, Reason, World};
use netpol_testing::{cases, shrink};

/// Packets asked in each cluster, besides a fifth as many questions by name. Setting up the
/// cluster costs about as much as asking them.
const PACKETS_PER_CLUSTER: usize = 50;

/// Clusters in an ordinary run.
const CLUSTERS: usize = 2_000;

/// The environment variable `NETPOL_LONG` gives the number of packets for a longer run, and
/// `NETPOL_SEED` the seed of the first cluster.
#[test]
fn engine_agrees_with_reference() {
    let number = |name: &str| {
        env::var(name).ok().map(|text| text.parse::<u64>().expect("the variable is a number"))
    };
    let clusters = match number("NETPOL_LONG") {
        Some(packets) => packets.div_ceil(PACKETS_PER_CLUSTER as u64),
        None => CLUSTERS as u64,
    };
    let first = number("NETPOL_SEED").unwrap_or(0);
    for seed in first..first + clusters {
        check(seed, &scenario(&mut Seeded::new(seed), PACKETS_PER_CLUSTER));
    }
}

fn check(seed: u64, scenario: &Scenario) {
    if disagreement(scenario).is_none() {
        return;
    }
    let smallest = shrink::shrink(scenario, |scenario| disagreement(scenario).is_some());
    let told = disagreement(&smallest).expect("shrinking keeps the disagreement");
    let case = case(&smallest, &format!("seed {seed}"));
    panic!("seed {seed}: {told}\n\n{}", cases::write(&case));
}

/// The scenarios are worth comparing: every reason comes up, on both sides, and rules of every
/// kind decide.
#[test]
fn scenarios_meet_every_rule() {
    let mut met: BTreeMap<String, usize> = BTreeMap::new();
    for seed in 0..CLUSTERS as u64 {
        let scenario = scenario(&mut Seeded::new(seed), PACKETS_PER_CLUSTER);
        let mut world = World::new(scenario.options.clone());
        for event in &scenario.events {
            let _ = world.handle(event);
        }
        for ask in &scenario.asks {
            let Ok(judgement) = world.ask(ask) else {
                *met.entry("error".to_owned()).or_default() += 1;
                continue;
            };
            for (direction, side) in [("ingress", judgement.ingress), ("egress", judgement.egress)]
            {
                let what = match &side.reason {
                    Reason::Allowed(rule) => allowed_by(&world, direction, rule),
                    reason => vec![reason.to_string()],
                };
                for what in what {
                    *met.entry(format!("{direction} {what}")).or_default() += 1;
                }
            }
        }
    }
    let kinds = [
        "notSynced",
        "linkSignalling",
        "selfTraffic",
        "unknownPodAddress",
        "notAPod",
        "notIsolated",
        "noRuleMatches",
        "fragment",
        "ownNode",
        "unmatchedProtocol",
        "essentialIcmp",
        "any peer",
        "pods",
        "namespaces",
        "pods of namespaces",
        "block",
        "block with except",
        "any port",
        "protocol",
        "number",
        "range",
        "name",
    ];
    let mut rare = Vec::new();
    for direction in ["ingress", "egress"] {
        for kind in kinds {
            let count = met.get(&format!("{direction} {kind}")).copied().unwrap_or_default();
            if count < 100 {
                rare.push(format!("{direction} {kind}: {count}"));
            }
        }
    }
    assert!(rare.is_empty(), "too rare: {rare:#?}\nof {met:#?}");
    assert!(met["error"] > 1_000, "questions by name without answer: {}", met["error"]);
}

/// What kind of peer and of port decided.
fn allowed_by(world: &World, direction: &str, rule: &DecidingRule) -> Vec<String> {
    let policy = world
        .policies
        .iter()
        .find(|policy| {
            (&policy.metadata.namespace, &policy.metadata.name) == (&rule.namespace, &rule.name)
        })
        .expect("the policy that allows is there");
    let (peers, ports) = if direction == "ingress" {
        let rule = &policy.spec.ingress[rule.rule];
        (&rule.from, &rule.ports)
    } else {
        let rule = &policy.spec.egress[rule.rule];
        (&rule.to, &rule.ports)
    };
    let peer = match rule.peer.map(|peer| &peers[peer]) {
        None => "any peer",
        Some(peer) => match (&peer.pod_selector, &peer.namespace_selector, &peer.ip_block) {
            (Some(_), None, _) => "pods",
            (None, Some(_), _) => "namespaces",
            (Some(_), Some(_), _) => "pods of namespaces",
            (None, None, Some(block)) if block.except.is_empty() => "block",
            (None, None, _) => "block with except",
        },
    };
    let port = match rule.port.map(|port| &ports[port]) {
        None => "any port",
        Some(port) => match (&port.port, port.end_port) {
            (None, _) => "protocol",
            (Some(IntOrString::Int(_)), None) => "number",
            (Some(IntOrString::Int(_)), Some(_)) => "range",
            (Some(IntOrString::String(_)), _) => "name",
        },
    };
    vec![peer.to_owned(), port.to_owned()]
}

/// A denied packet needs a pod, a policy that isolates it, and nothing else.
#[test]
fn shrinking_leaves_what_matters() {
    let denies = |scenario: &Scenario| {
        let mut world = World::new(scenario.options.clone());
        for event in &scenario.events {
            let _ = world.handle(event);
        }
        scenario.asks.iter().any(|ask| {
            world.ask(ask).is_ok_and(|judgement| {
                [judgement.ingress, judgement.egress]
                    .iter()
                    .any(|side| side.reason == Reason::NoRuleMatches)
            })
        })
    };
    let mut shrunk = 0;
    for seed in 0..50 {
        let scenario = scenario(&mut Seeded::new(seed), PACKETS_PER_CLUSTER);
        if denies(&scenario) {
            let smallest = shrink::shrink(&scenario, denies);
            assert_eq!(smallest.asks.len(), 1, "seed {seed}");
            assert_eq!(smallest.events.len(), 2, "seed {seed}: {:#?}", smallest.events);
            shrunk += 1;
        }
    }
    assert!(shrunk > 20, "only {shrunk} of the clusters deny anything");
}

/// What a disagreement is printed as shows the same when it is read again.
#[test]
fn scenarios_survive_being_written() {
    for seed in 0..100 {
        let scenario = scenario(&mut Seeded::new(seed), 5);
        let case = case(&scenario, "written");
        let text = cases::write(&case);
        let read = cases::load_text(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(read, [case], "seed {seed}\n{text}");
        let mut reference = World::new(scenario.options.clone());
        let failures = cases::run(&read[0], &mut reference);
        assert!(failures.is_empty(), "seed {seed}: {failures:#?}\n{text}");
    }
}
