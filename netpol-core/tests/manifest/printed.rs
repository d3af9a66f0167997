//! Diagnostics as people see them.

use netpol_core::manifest::{Admission, Manifest, ReadOptions};
use netpol_core::render::{self, Style};

use super::read;

fn printed(manifest: &Manifest, style: Style) -> String {
    render::diagnostics(&manifest.diagnostics(Admission::Create), manifest, style)
}

const MISSPELT: &str = "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: a
spec:
  podSelectors: {}
  ingress:
  - ports:
    - port: 80.5
";

#[test]
fn each_with_the_line_it_is_about() {
    let expected = "\
error: spec.podSelectors: Unknown field: did you mean `podSelector`?
 --> test.yaml:6:3
  |
5 | spec:
6 |   podSelectors: {}
  |   ^^^^^^^^^^^^
  |
  = in NetworkPolicy default/a

error: spec.ingress[0].ports[0].port: Wrong type: \"80.5\": must be a 32-bit integer or a name, not another number
 --> test.yaml:9:13
  |
8 |   - ports:
9 |     - port: 80.5
  |             ^^^^
  |
  = in NetworkPolicy default/a
";
    assert_eq!(printed(&read(MISSPELT), Style::Plain), expected);
}

#[test]
fn warnings_are_called_so() {
    let manifest = read(MISSPELT);
    let stored = manifest.diagnostics(Admission::Stored);
    let printed = render::diagnostics(&stored, &manifest, Style::Plain);
    assert!(printed.starts_with("warning: spec.podSelectors"), "{printed}");
}

#[test]
fn colours_change_nothing_else() {
    let manifest = read(MISSPELT);
    let coloured = printed(&manifest, Style::Coloured);
    assert!(coloured.contains("\u{1b}["));
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, escape)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = escape.split_once('m').unwrap().1;
    }
    plain.push_str(rest);
    assert_eq!(plain, printed(&manifest, Style::Plain));
}

#[test]
fn both_places_of_a_duplicate() {
    let options = ReadOptions::default();
    let pod = b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n";
    let mut manifest = Manifest::read(Some("one.yaml"), pod, &options);
    manifest.append(Manifest::read(Some("two.yaml"), pod, &options));
    let printed = printed(&manifest, Style::Plain);
    assert!(printed.contains("--> two.yaml:1:1"), "{printed}");
    assert!(printed.contains("note: the first one is here\n"), "{printed}");
    assert!(
        printed.contains("--> one.yaml:1:1") || printed.contains("::: one.yaml:1:1"),
        "{printed}"
    );
}

#[test]
fn long_lines_are_cut_and_keep_their_column() {
    let filler = "x".repeat(1_000_000);
    let text = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: a, annotations: {{a: {filler}, b: 1, c: {filler}}}}}\n"
    );
    let printed = printed(&read(&text), Style::Plain);
    assert!(printed.len() < 1_000, "{printed}");
    assert!(printed.contains("test.yaml:3:1000043"), "{printed}");
    assert!(printed.contains("xxx, b: 1, c: xxx"), "{printed}");
}

#[test]
fn what_manifests_say_is_shown_and_not_obeyed() {
    let text = "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"a\", \
                \"labels\": {\"\\u001b[31m\\u202e\": 1}}}";
    let manifest = read(text);
    for style in [Style::Plain, Style::Coloured] {
        let printed = printed(&manifest, style);
        assert!(!printed.contains("\u{1b}[31m\u{202e}"), "{printed:?}");
        assert!(!printed.contains('\u{202e}'), "{printed:?}");
    }
    // C1 controls, which are text to the reader and commands to a terminal.
    let manifest =
        read("apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {a\u{9b}31m: 1}}\n");
    assert!(!printed(&manifest, Style::Plain).contains('\u{9b}'));
}

#[test]
fn wide_and_combining_characters() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: 'あé', labels: {あ: 1}}\n";
    let printed = printed(&read(text), Style::Plain);
    assert!(printed.contains("test.yaml:3:36"), "{printed}");
}

#[test]
fn without_a_name_a_place_or_a_text() {
    let options = ReadOptions::default();
    let manifest = Manifest::read(None, b"a: ]", &options);
    let found = manifest.diagnostics(Admission::Create);
    assert!(render::diagnostics(&found, &manifest, Style::Plain).contains("--> <input>:1:4"));
    // A text that is not at hand still has its place told.
    let elsewhere = Manifest::default();
    assert!(render::diagnostics(&found, &elsewhere, Style::Plain).contains("<input>:1:4"));
    assert_eq!(render::diagnostics(&[], &manifest, Style::Plain), "");
}

#[test]
fn as_json() {
    let manifest = read(MISSPELT);
    let json = render::diagnostics_json(&manifest.diagnostics(Admission::Create));
    let parsed: serde_json::Value = serde_json::from_str(&json).unwrap();
    let first = &parsed[0];
    assert_eq!(first["severity"], "error");
    assert_eq!(first["source"], "test.yaml");
    assert_eq!(first["location"]["line"], 6);
    assert_eq!(first["object"]["name"], "a");
    assert_eq!(first["problem"]["path"], "spec.podSelectors");
    assert_eq!(first["message"], "spec.podSelectors: Unknown field: did you mean `podSelector`?");
    assert_eq!(render::diagnostics_json(&[]), "[]");
}
