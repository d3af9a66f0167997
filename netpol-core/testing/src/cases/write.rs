use std::fmt::Write;

use netpol_core::{Admission, Options};
use serde::Serialize;
use toml::{Table, Value};

use super::load::Case;

/// The case as text of a case file, to be read by a person and committed.
///
/// # Panics
///
/// When a value cannot be written as TOML, which none of these can be.
#[must_use]
pub fn write(case: &Case) -> String {
    let mut text = String::from("[[case]]\n");
    let line = |text: &mut String, key: &str, value: &Value| {
        writeln!(text, "{key} = {value}").expect("a String takes everything");
    };
    line(&mut text, "name", &Value::String(case.name.clone()));
    line(&mut text, "spec", &Value::String(case.spec.clone()));
    if case.admission != Admission::default() {
        line(&mut text, "admission", &value(&case.admission));
    }
    let options = changed_options(&case.options);
    if !options.is_empty() {
        line(&mut text, "options", &Value::Table(options));
    }
    let implied = case.steps.iter().all(|step| step.namespaces.is_empty());
    for (index, step) in case.steps.iter().enumerate() {
        text.push_str("\n[[case.steps]]\n");
        if implied && index == 0 {
            // Otherwise the loader would add those that the rows mention.
            text.push_str("namespaces = []\n");
        }
        let Value::Table(step) = value(step) else { unreachable!("a struct is a table") };
        for (key, value) in &step {
            match value {
                Value::Array(list) => {
                    writeln!(text, "{key} = [").expect("a String takes everything");
                    for element in list {
                        writeln!(text, "  {element},").expect("a String takes everything");
                    }
                    text.push_str("]\n");
                }
                value => line(&mut text, key, value),
            }
        }
    }
    text
}

fn changed_options(options: &Options) -> Table {
    let Value::Table(mut options) = value(options) else { unreachable!("a struct is a table") };
    let Value::Table(defaults) = value(&Options::default()) else {
        unreachable!("a struct is a table")
    };
    options.retain(|key, value| defaults.get(key) != Some(value));
    options
}

fn value(value: &impl Serialize) -> Value {
    Value::try_from(value).expect("everything in a case can be written as TOML")
}
