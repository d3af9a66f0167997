//! A cluster and what happens to it over time, drawn from the bytes: what is published step by step
//! against the reference evaluator, against what each publication says has changed, and against a
//! cluster to which everything happened at once.

#![no_main]

use arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use netpol_testing::generate;
use netpol_testing::live::{breach, story};

/// Each is asked again in every generation, so there are fewer than in `decide`.
const PACKETS: usize = 12;

fuzz_target!(|bytes: &[u8]| {
    let mut choices = Unstructured::new(bytes);
    let scenario = generate::scenario(&mut choices, PACKETS);
    let acts = story(&mut choices, &scenario);
    if let Some(told) = breach(&scenario, &acts) {
        panic!("{told}\n{:#?}\n{acts:#?}", scenario.options);
    }
});
