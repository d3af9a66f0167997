//! The table against the list without bound.

use arbitrary::Unstructured;
use netpol_core::Verdict;
use netpol_core::flows::Tracking;
use netpol_testing::generate::{Choices, Seeded};
use netpol_testing::naive_flows::{Story, live, smallest, story};
use proptest::collection::vec;
use proptest::prelude::*;

/// How many acts a story has at most.
const ACTS: usize = 150;

fn told(story: &Story) -> netpol_core::flows::FlowStatistics {
    live(story).unwrap_or_else(|_| {
        let story = smallest(story, |story| live(story).is_err());
        panic!("{}\n{story:02x?}", live(&story).expect_err("it is still wrong"))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever packets come, time passes and policies change: the table answers as the list without
    /// bound does, and keeps the same.
    #[test]
    fn the_table_is_the_list(bytes in vec(any::<u8>(), 0..2_000)) {
        let _ = told(&story(&mut Unstructured::new(&bytes), ACTS));
    }
}

/// The same with choices that never run dry; and the stories are about what they are meant to be about.
#[test]
fn stories_are_told_in_full() {
    let mut passed = [0; Tracking::ALL.len()];
    let (mut denied, mut cuts, mut resumed, mut expired) = ([0; Tracking::ALL.len()], 0, 0, 0);
    let mut states = [0; 6];
    for seed in 0..2_000 {
        let statistics = told(&story(&mut Seeded::new(seed), ACTS));
        for tracking in Tracking::ALL {
            passed[tracking as usize] += statistics.packets(tracking, Verdict::Allow);
            denied[tracking as usize] += statistics.packets(tracking, Verdict::Deny);
        }
        for (sum, flows) in states.iter_mut().zip(statistics.by_state) {
            *sum += flows;
        }
        cuts += statistics.cuts;
        resumed += statistics.resumed;
        expired += statistics.expired;
        assert_eq!((statistics.evicted, statistics.refused), (0, 0), "there is room for all");
    }
    let told = format!("{passed:?} {denied:?} {states:?} {cuts} {resumed} {expired}");
    for tracking in Tracking::ALL {
        let may_pass = tracking != Tracking::CutOff;
        assert!(!may_pass || passed[tracking as usize] > 300, "{tracking:?}: {told}");
    }
    assert!(denied[Tracking::CutOff as usize] > 500, "{told}");
    assert!(states.iter().all(|flows| *flows > 50), "{told}");
    assert!(cuts > 300 && resumed > 50 && expired > 500, "{told}");
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
    let _ = told(&story(&mut Dry, ACTS));
}
