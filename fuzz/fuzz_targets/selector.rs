//! Any text, read as a label selector.
//!
//! Nothing may panic. What parses prints as something that parses to the same selector, and the
//! two agree on labels made from the selector's own keys and values.

#![no_main]

use libfuzzer_sys::fuzz_target;
use netpol_core::model::Labels;
use netpol_core::selector::Selector;

fuzz_target!(|text: &str| {
    let selector = match Selector::parse(text) {
        Ok(selector) => selector,
        Err(error) => {
            assert!(error.position() <= text.len(), "{error} lies outside the text");
            return;
        }
    };
    let printed = selector.to_string();
    let again = Selector::parse(&printed).expect("what is printed parses");
    assert_eq!(selector, again, "{text:?} printed as {printed:?}");

    let mut labels = Labels::new();
    assert_eq!(selector.matches(&labels), again.matches(&labels));
    for requirement in selector.requirements() {
        let value = requirement.values().first().cloned().unwrap_or_default();
        labels.insert(requirement.key().to_owned(), value);
        assert_eq!(selector.matches(&labels), again.matches(&labels));
        let each = selector.requirements().iter();
        let all = each.clone().all(|one| one.matches(labels.get(one.key()).map(String::as_str)));
        assert_eq!(selector.matches(&labels), all, "a selector is the conjunction of its parts");
    }
});
