//! A cluster, its policies, its options and packets at it, drawn from the bytes; the engine against
//! the reference evaluator, in every way to ask.
//!
//! A disagreement is printed as a case, ready for `netpol-core/testdata/cases/regressions.toml`.

#![no_main]

use arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use netpol_testing::differential::{case, disagreement};
use netpol_testing::{cases, generate, shrink};

/// Enough to hit the boundaries of a few blocks and ranges; more packets leave fewer clusters.
const PACKETS: usize = 20;

fuzz_target!(|bytes: &[u8]| {
    let scenario = generate::scenario(&mut Unstructured::new(bytes), PACKETS);
    if disagreement(&scenario).is_some() {
        let smallest = shrink::shrink(&scenario, |scenario| disagreement(scenario).is_some());
        let told = disagreement(&smallest).expect("shrinking keeps the disagreement");
        panic!("{told}\n\n{}", cases::write(&case(&smallest, "found by fuzzing")));
    }
});
