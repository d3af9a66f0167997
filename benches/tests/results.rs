//! What is shown of measurements is what was measured.

use std::fs;
use std::path::PathBuf;

use netpol_benches::{Suite, chart};

fn results() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "results"].iter().collect()
}

fn suite() -> Suite {
    let text = fs::read(results().join("results.json")).expect("there are results");
    serde_json::from_slice(&text).expect("they are of this version of the program")
}

#[test]
fn charts_show_the_results() {
    for (name, drawing) in chart::all(&suite()) {
        let shown = fs::read_to_string(results().join(name)).expect("the chart is there");
        assert!(shown == drawing, "{name} is not what results.json says: see benches/measure.sh");
    }
}

#[test]
fn tables_show_the_results() {
    let shown = fs::read_to_string(results().join("README.md")).expect("the tables are there");
    assert!(shown.contains(&suite().summary()), "see benches/measure.sh");
}
