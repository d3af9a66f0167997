//! Any bytes, read as a packet that begins with its IP header.
//!
//! Nothing may panic. The plain reader reads the same or refuses too, and no shorter slice gives
//! another packet than a longer one.

#![no_main]

use libfuzzer_sys::fuzz_target;
use netpol_testing::naive_packet::{disagreement, disagreement_of_prefixes};

/// Headers are at the front, and each prefix is read from its beginning.
const PREFIXES: usize = 256;

fuzz_target!(|bytes: &[u8]| {
    if let Some(told) = disagreement(bytes).or_else(|| disagreement_of_prefixes(bytes, PREFIXES)) {
        panic!("{told}");
    }
});
