//! Every case file, put to every implementation.

use netpol_core::Options;
use netpol_testing::cases::{self, Implementation};
use netpol_testing::engine::EveryWay;
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

#[test]
fn engine() {
    run_all(&mut EveryWay::new(&Options::default()));
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

/// The runner notices what is wrong.
#[test]
fn wrong_answers_are_told() {
    let text = r#"
        [[case]]
        name = "wrong"
        spec = "every expectation is the opposite of the truth"
        pods = ["d/p", "d/q"]
        policies = [{ name = "d/deny", podSelector = { matchLabels = { pod = "p" } } }]
        expect = [
          { from = "d/q", to = "d/p", port = 80, verdict = "allow" },
          { from = "d/q", to = "d/p", port = 80, ingress = "allow" },
          { from = "d/q", to = "d/p", port = 80, egress = "deny" },
          { from = "d/q", to = "d/p", port = 80, ingressReason = "notIsolated" },
          { from = "d/q", to = "d/p", port = 80, error = "unknown" },
          { from = "d/q", to = "d/x", port = 80, verdict = "allow" },
        ]
        reach = [{ port = 80, deny = ["d/p -> d/q"] }]
    "#;
    let cases = cases::load_text(text).expect("the case is well-formed");
    let failures = cases::run(&cases[0], &mut World::new(Options::default()));
    // Each question is put by name and in two families, except to the pod that does not exist;
    // the matrix is wrong for both pairs.
    assert_eq!(failures.len(), 5 * 3 + 1 + 2 * 3, "{failures:#?}");
}

#[test]
fn slips_in_case_files_are_told() {
    let slips = [
        ("", "no case"),
        ("[[case]]\nname = 'x'", "no spec"),
        ("[[case]]\nname = 'x'\nspec = 's'\npod = ['d/p']", "no such field"),
        ("[[case]]\nname = 'x'\nspec = 's'\noptions = { endport = false }", "no such option"),
        (
            "[[case]]\nname = 'x'\nspec = 's'\npolicies = [{ name = 'd/p', podselector = { a = 1 } }]",
            "no such field of a spec",
        ),
        (
            "[[case]]\nname = 'x'\nspec = 's'\npods = [{ name = 'd/p', port = ['http=80'] }]",
            "no such field of a pod",
        ),
        (
            "[[case]]\nname = 'x'\nspec = 's'\npolicies = [{ name = 'd/p', ingress = [{ from = [{ ipBlock = { cidr = '{d/q}/32' } }] }] }]",
            "no such pod",
        ),
    ];
    for (text, why) in slips {
        assert!(cases::load_text(text).is_err(), "{why}: {text}");
    }
}
