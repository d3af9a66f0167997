//! Every case file, put to every implementation.

use netpol_core::Options;
use netpol_testing::cases::{self, Implementation};
use netpol_testing::reference::World;

fn run_all(implementation: &mut dyn Implementation) {
    let cases = cases::load_all();
    let failures: Vec<String> = cases
        .iter()
        .flat_map(|case| cases::run(case, implementation))
        .map(|failure| failure.to_string())
        .collect();
    assert!(
        failures.is_empty(),
        "{} answers of {} cases are wrong:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}

#[test]
fn reference() {
    run_all(&mut World::new(Options::default()));
}

/// Cases that are printed say the same as the cases they were printed from.
#[test]
fn written_cases_read_the_same() {
    for case in cases::load_all() {
        let text = cases::write(&case);
        let read = cases::load_text(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(read, [case], "{text}");
    }
}
