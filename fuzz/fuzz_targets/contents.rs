//! Bytes as the contents of a cluster: what is read can be compiled and asked, and is written and read
//! again the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use netpol_core::net::Protocol;
use netpol_core::{Cluster, Contents, Party, Question};

fuzz_target!(|bytes: &[u8]| {
    let Ok(contents) = Contents::from_bytes(bytes) else { return };
    let mut cluster = Cluster::from(contents);
    let written = cluster.contents().to_bytes();
    let again = Contents::from_bytes(&written).expect("what was written can be read");
    assert_eq!(Cluster::from(again).contents().to_bytes(), written);
    let Ok(engine) = cluster.publish() else { return };
    let endpoints = engine.endpoints().take(4).map(Party::from).collect::<Vec<_>>();
    for source in &endpoints {
        for destination in &endpoints {
            let question = Question::port(*source, *destination, Protocol::TCP, 5432);
            let verdict = engine.decide_question(&question).ok();
            let explained = engine.explain_question(&question).ok().map(|told| told.verdict);
            assert_eq!(verdict, explained);
        }
    }
});
