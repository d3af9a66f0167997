//! Clusters that live: publishing step by step against compiling at once.

use std::env;
use std::net::IpAddr;

use ipnet::IpNet;
use netpol_core::net::Protocol;
use netpol_core::{EndpointId, Party, Question};
use netpol_testing::cases::Implementation;
use netpol_testing::engine::EveryWay;
use netpol_testing::generate::{Choices, Seeded, scenario};
use netpol_testing::live::{Act, breach, story};

/// Packets asked in each cluster.
const PACKETS: usize = 30;

/// Stories in an ordinary run.
const STORIES: u64 = 400;

/// What was published step by step answers as the reference does, tells what changed, and keeps
/// exactly what a cluster keeps to which everything happened at once.
///
/// The environment variable `NETPOL_LONG` gives the number of stories for a longer run, and
/// `NETPOL_SEED` the seed of the first.
#[test]
fn step_by_step_is_at_once() {
    let number = |name: &str| {
        env::var(name).ok().map(|text| text.parse::<u64>().expect("the variable is a number"))
    };
    let (first, stories) = (number("NETPOL_SEED").unwrap_or(0), number("NETPOL_LONG"));
    let mut acts_told = 0;
    for seed in first..first + stories.unwrap_or(STORIES) {
        let scenario = scenario(&mut Seeded::new(seed), PACKETS);
        let acts = story(&mut Seeded::new(seed ^ 0xa11e), &scenario);
        acts_told += acts.len();
        if let Some(told) = breach(&scenario, &acts) {
            let (scenario, acts) = shorter(scenario, acts);
            let told = breach(&scenario, &acts).unwrap_or(told);
            panic!("seed {seed}: {told}\n{:#?}\n{acts:#?}", scenario.options);
        }
    }
    assert!(acts_told as u64 > 20 * stories.unwrap_or(STORIES), "only {acts_told} acts");
}

/// Leaves out acts and questions as long as the story is still wrong.
fn shorter(
    mut scenario: netpol_testing::generate::Scenario,
    mut acts: Vec<Act>,
) -> (netpol_testing::generate::Scenario, Vec<Act>) {
    let mut size = acts.len() / 2;
    while size > 0 {
        let mut start = 0;
        while start < acts.len() {
            let mut fewer = acts.clone();
            fewer.drain(start..(start + size).min(acts.len()));
            if breach(&scenario, &fewer).is_some() {
                acts = fewer;
            } else {
                start += size;
            }
        }
        size /= 2;
    }
    for ask in scenario.asks.clone() {
        let mut one = scenario.clone();
        one.asks = vec![ask];
        if breach(&one, &acts).is_some() {
            scenario = one;
            break;
        }
    }
    (scenario, acts)
}

/// A dry source of choices still makes a story, so that every input of a fuzzer is one.
#[test]
fn stories_need_no_choices() {
    struct Dry;
    impl Choices for Dry {
        fn below(&mut self, _: usize) -> usize {
            0
        }
    }
    let scenario = scenario(&mut Dry, 3);
    let acts = story(&mut Dry, &scenario);
    assert!(acts.iter().filter(|act| matches!(act, Act::Publish)).count() > 1);
    assert_eq!(breach(&scenario, &acts), None);
}

/// Who is told to reach an end, and whom it reaches, is what each question and packet says.
#[test]
fn reach_is_what_questions_say() {
    let (mut told, mut networks_told) = (0, 0);
    for seed in 0..150 {
        let scenario = scenario(&mut Seeded::new(seed), 1);
        let mut every_way = EveryWay::new(&scenario.options);
        for event in &scenario.events {
            let _ = every_way.handle(event);
        }
        if every_way.publish().is_err() {
            continue;
        }
        let engine = every_way.engine().expect("it was published");
        let port = scenario.ports.first().copied().unwrap_or(80);
        let outside = scenario.boundaries.iter().chain(&scenario.addresses);
        let outside = outside.map(IpAddr::to_canonical).filter(|a| engine.owner(*a).is_none());
        let outside = outside.collect::<Vec<_>>();
        let all = engine.endpoints().collect::<Vec<_>>();
        for end in &all {
            let sources = engine.sources_of(*end, Protocol::TCP, port).expect("it is there");
            let destinations = engine.destinations_of(*end, Protocol::TCP, port).expect("likewise");
            for other in &all {
                let asked = |from: EndpointId, to: EndpointId| {
                    let question = Question::port(from, to, Protocol::TCP, port);
                    engine.decide_question(&question).is_ok_and(|verdict| verdict.is_allow())
                };
                let expected = (asked(*other, *end), asked(*end, *other));
                let got =
                    (sources.endpoints.contains(other), destinations.endpoints.contains(other));
                assert_eq!(got, expected, "seed {seed}: {end:?} and {other:?}");
                told += usize::from(expected.0) + usize::from(expected.1);
            }
            for address in &outside {
                let asked = |from: Party, to: Party| {
                    let question = Question::port(from, to, Protocol::TCP, port);
                    engine.decide_question(&question)
                };
                let inside = |networks: &[IpNet]| networks.iter().any(|net| net.contains(address));
                let (own, other) = (Party::from(*end), Party::from(*address));
                // Without a common family there is no answer, and no network.
                if let Ok(verdict) = asked(other, own) {
                    let got = inside(&sources.networks);
                    assert_eq!(got, verdict.is_allow(), "seed {seed}: {address} to {end:?}");
                    networks_told += usize::from(got);
                }
                if let Ok(verdict) = asked(own, other) {
                    let got = inside(&destinations.networks);
                    assert_eq!(got, verdict.is_allow(), "seed {seed}: {end:?} to {address}");
                }
            }
        }
    }
    assert!(told > 1_000 && networks_told > 1_000, "{told} endpoints, {networks_told} addresses");
}
