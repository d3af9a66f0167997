//! Clusters that live: publishing step by step against compiling at once.

use std::env;

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
