//! The engine against the reference, on clusters drawn at random.

use std::env;

use netpol_testing::cases::{Ask, Implementation};
use netpol_testing::differential::{case, disagreement};
use netpol_testing::generate::{Scenario, Seeded, scenario};
use netpol_testing::reference::{Reason, World};
use netpol_testing::{cases, shrink};

/// Packets asked in each cluster, besides a fifth as many questions by name. Setting up the
/// cluster costs about as much as asking them.
pub(crate) const PACKETS_PER_CLUSTER: usize = 50;

/// Clusters in an ordinary run.
pub(crate) const CLUSTERS: usize = 2_000;

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

/// A denied packet needs a pod, a policy that isolates it, and nothing else; a question by name needs
/// the other end as well.
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
            let most = if matches!(smallest.asks[0], Ask::Question(_)) { 3 } else { 2 };
            assert!(smallest.events.len() <= most, "seed {seed}: {:#?}", smallest.events);
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
