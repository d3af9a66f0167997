//! What comes by a table of connections, drawn from the bytes: packets that have to do with each other,
//! time that passes, policies that change; the table against the list without bound.

#![no_main]

use arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use netpol_testing::naive_flows::{live, smallest, story};

/// A packet takes some ten bytes of choices.
const ACTS: usize = 300;

fuzz_target!(|bytes: &[u8]| {
    let story = story(&mut Unstructured::new(bytes), ACTS);
    if live(&story).is_err() {
        let story = smallest(&story, |story| live(story).is_err());
        let told = live(&story).expect_err("it is still wrong");
        panic!("{told}\n{story:02x?}");
    }
});
