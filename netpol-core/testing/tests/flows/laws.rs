//! The table against the list without bound.

use arbitrary::Unstructured;
use netpol_core::flows::{FlowState, Tracking};
use netpol_testing::generate::Seeded;
use netpol_testing::naive_flows::{Act, breach, story};
use proptest::collection::vec;
use proptest::prelude::*;

use super::world::World;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever packets come, time passes and policies change: the table answers as the list without
    /// bound does, and keeps the same.
    #[test]
    fn the_table_is_the_list(bytes in vec(any::<u8>(), 0..2_500)) {
        let story = story(&mut Unstructured::new(&bytes), 120);
        prop_assert_eq!(breach(&story), None, "{:02x?}", story);
    }
}

/// The stories are about what they are meant to be about.
#[test]
fn stories_are_told_in_full() {
    let mut world = World::new();
    for seed in 0..300 {
        for act in story(&mut Seeded::new(seed), 200).acts {
            match act {
                Act::Packet(bytes) => drop(world.judge(&bytes)),
                Act::Wait(time) => world.now += time / 4,
                Act::Publish(policies) if policies % 2 == 1 => {
                    world.policy("db", "{podSelector: {matchLabels: {app: db}}, ingress: [{}]}");
                }
                Act::Publish(_) => {
                    world.policy(
                        "db",
                        "{podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress, Egress]}",
                    );
                }
                Act::Recheck => {}
            }
        }
        let statistics = world.statistics();
        if seed == 299 {
            let allowed = |tracking| statistics.packets(tracking, netpol_core::Verdict::Allow);
            let passes = Tracking::ALL.into_iter().filter(|it| *it != Tracking::CutOff);
            assert!(passes.into_iter().all(|tracking| allowed(tracking) > 200), "{statistics:?}");
            assert!(statistics.denied[Tracking::CutOff as usize] > 200, "{statistics:?}");
            assert!(statistics.cuts > 100 && statistics.resumed > 20, "{statistics:?}");
            assert!(statistics.expired > 100, "{statistics:?}");
        }
        assert!(seed < 3 || FlowState::ALL.len() == statistics.by_state.len());
    }
}
