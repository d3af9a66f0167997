//! Input that means harm: each must be answered quickly, by the right objects or by a clear error.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use netpol_core::diagnostic::Problem;
use netpol_core::manifest::{Admission, Manifest, ReadOptions};
use netpol_core::render::{self, Style};

use super::{pod, policy, read, summary, told};

const POLICY: &str = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n";

/// Far above what any of these takes, and far below what a quadratic reader would take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Reads and renders `text`; the first thing told is `expected`.
fn refused(text: impl AsRef<[u8]>, expected: &str) -> Manifest {
    let start = Instant::now();
    let manifest = Manifest::read(Some("hostile"), text.as_ref(), &ReadOptions::default());
    let found = manifest.diagnostics(Admission::Stored);
    assert_eq!(found.first().map(summary).as_deref(), Some(expected));
    assert!(found[0].is_error());
    let printed = render::diagnostics(&found[..1], &manifest, Style::Plain);
    assert!(printed.len() < 4_000, "{} bytes printed", printed.len());
    assert!(start.elapsed() < PATIENCE, "took {:?}", start.elapsed());
    manifest
}

#[test]
fn nesting() {
    let depth = |place: &str| format!("Limit - limits.depth {place}");
    refused("[".repeat(100_000), &depth("1:65"));
    refused(format!("{POLICY}spec: {}", "[".repeat(100_000)), &depth("4:71"));
    refused("{\"a\":".repeat(100_000), &depth("1:321"));
    refused("{\"a\":[".repeat(100_000), &depth("1:193"));
    refused("- ".repeat(100_000), &depth("1:129"));
    let block: String = (0..2_000).map(|depth| format!("{:depth$}a:\n", "")).collect();
    refused(block, &depth("65:65"));
    let at_the_limit = format!("{{\"a\":{}{}}}", "[".repeat(63), "]".repeat(63));
    assert!(told(&read(&at_the_limit)).iter().all(|told| !told.starts_with("Limit")));
}

#[test]
fn the_depth_limit_cannot_be_raised_until_the_stack_overflows() {
    let mut options = ReadOptions::default();
    options.limits.depth = u16::MAX;
    for text in ["[".repeat(100_000), "{\"a\":".repeat(100_000)] {
        let manifest = Manifest::read(None, text.as_bytes(), &options);
        assert!(matches!(
            manifest.findings()[0].diagnostic.problem,
            Problem::Limit { limit: "limits.depth", allowed: 512, .. }
        ));
    }
}

#[test]
fn alias_bombs() {
    let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x]\n");
    for (name, before) in ('b'..='j').zip('a'..) {
        bomb.push_str(&format!("{name}: &{name} [{}]\n", vec![format!("*{before}"); 9].join(", ")));
    }
    let manifest = refused(&bomb, "Limit - limits.aliasBytes 7:8");
    assert!(manifest.objects().is_empty());

    let wide: String = (0..1_000).map(|key| format!("k{key}: 1, ")).collect();
    let merges = vec!["*a"; 100].join(", ");
    let mut merge_bomb = format!("a: &a {{{wide}}}\n");
    for number in 0..100 {
        merge_bomb.push_str(&format!("b{number}: {{<<: [{merges}]}}\n"));
    }
    let start = Instant::now();
    assert!(told(&read(&merge_bomb))[0].starts_with("Limit - limits.aliasBytes"));
    assert!(start.elapsed() < PATIENCE);

    let big = format!("a: &a {}\n{}", "x".repeat(1_000_000), "b: *a\n".repeat(100));
    refused(&big, "Limit - limits.aliasBytes 68:4");
}

#[test]
fn aliases_that_nest_too_deeply_together() {
    let text = format!(
        "a: &a {}{}\nb: {}*a{}\n",
        "[".repeat(40),
        "]".repeat(40),
        "[".repeat(40),
        "]".repeat(40)
    );
    refused(text, "Limit - limits.depth 2:44");
}

#[test]
fn one_scalar_of_fifty_megabytes() {
    let long = "x".repeat(50_000_000);
    refused(format!("{POLICY}spec: {long}\n"), "Limit - limits.scalarBytes 4:7");
    refused(format!("{POLICY}spec: '{long}'\n"), "Limit - limits.scalarBytes 4:7");
    refused(format!("{{\"a\": \"{long}\"}}"), "Limit - limits.scalarBytes 1:7");
    refused(format!("{{\"{long}\": 1}}"), "Limit - limits.scalarBytes 1:2");
}

#[test]
fn bytes_that_are_no_text() {
    refused(format!("{POLICY}spec: {{}}\n\0---\nkind: Pod\n"), "Syntax - - 5:1");
    refused("{\"a\": \"\0\"}", "Syntax - - 1:8");
    refused(b"a: b\nc: \xff\xfe\n", "Syntax - - 2:4");
    refused(b"a: \xed\xa0\x80\n", "Syntax - - 1:4");
    let utf_16: Vec<u8> = "\u{feff}a: b".encode_utf16().flat_map(u16::to_le_bytes).collect();
    refused(&utf_16, "Syntax - - -");
    refused("a: \u{1b}[31m\n", "Syntax - - 1:4");
}

#[test]
fn too_many_bytes_documents_nodes_and_findings() {
    let mut options = ReadOptions::default();
    options.limits.bytes = 10;
    options.limits.documents = 3;
    options.limits.nodes = 20;
    options.limits.findings = 5;
    let first = |text: &str, options: &ReadOptions| {
        let manifest = Manifest::read(None, text.as_bytes(), options);
        let all = told(&manifest);
        (all.first().cloned().unwrap_or_default(), all.last().cloned().unwrap_or_default())
    };
    assert_eq!(first("aaaa: bbbbbbb", &options).0, "Limit - limits.bytes -");
    options.limits.bytes = 1_000;
    assert_eq!(first(&"---\n".repeat(4), &options).0, "Limit - limits.documents 4:1");
    let many = format!("{POLICY}spec: [{}]", "a, ".repeat(20));
    assert_eq!(first(&many, &options).0, "Limit - limits.nodes 4:38");
    let unknown = format!("{POLICY}a: 1\nb: 1\nc: 1\nd: 1\ne: 1\nf: 1\n");
    assert_eq!(first(&unknown, &options).1, "Limit - limits.findings 9:1");
}

#[test]
fn many_unknown_and_repeated_fields() {
    let unknown: String = (0..200_000).map(|number| format!("  k{number}: 1\n")).collect();
    let start = Instant::now();
    let manifest = read(&format!("{POLICY}spec:\n{unknown}"));
    assert_eq!(manifest.findings().len(), 10_001);
    let manifest = read(&format!("{POLICY}spec:\n{}", "  ingress: []\n".repeat(200_000)));
    assert_eq!(manifest.findings().len(), 10_001);
    assert!(start.elapsed() < PATIENCE);
}

#[test]
fn many_labels_merges_and_anchors() {
    let start = Instant::now();
    let labels: String = (0..200_000).map(|number| format!("\"k{number}\": \"v\",")).collect();
    let manifest = read(&format!(
        "{{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {{\"name\": \"a\", \"labels\": \
         {{{labels} \"k0\": \"w\"}}}}}}"
    ));
    assert_eq!(pod(&manifest).metadata.labels.len(), 200_000);
    assert_eq!(told(&manifest).len(), 1);
    let merges: String = (0..100_000).map(|n| format!("    k{n}: a\n    <<: *m\n")).collect();
    let manifest = read(&format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: &m {{x: a}}\n  labels:\n{merges}"
    ));
    assert_eq!(pod(&manifest).metadata.labels.len(), 100_001);
    let anchors: String = (0..100_000).map(|n| format!("    k{n}: &a{n} a\n")).collect();
    let manifest =
        read(&format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels:\n{anchors}"));
    assert_eq!(pod(&manifest).metadata.labels.len(), 100_000);
    assert!(start.elapsed() < PATIENCE);
}

#[test]
fn many_documents_broken_and_whole() {
    let start = Instant::now();
    assert_eq!(read(&"a: ]\n---\n".repeat(100_000)).findings().len(), 10_001);
    let same = "---\n{apiVersion: v1, kind: Pod, metadata: {name: a}}\n".repeat(20_000);
    let manifest = read(&same);
    assert_eq!((manifest.objects().len(), manifest.findings().len()), (20_000, 10_000));
    assert!(start.elapsed() < PATIENCE);
}

#[test]
fn a_label_value_of_one_megabyte() {
    let long = "x".repeat(1_000_000);
    let manifest =
        read(&format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a, labels: {{a: {long}}}}}\n"));
    assert_eq!(told(&manifest), [""; 0]);
    assert_eq!(pod(&manifest).metadata.labels["a"].len(), 1_000_000);
}

#[test]
fn a_policy_of_a_hundred_thousand_peers() {
    let start = Instant::now();
    let peers = "    - ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}\n".repeat(100_000);
    let manifest = read(&format!("{POLICY}spec:\n  ingress:\n  - from:\n{peers}"));
    assert_eq!(told(&manifest), [""; 0]);
    assert_eq!(policy(&manifest).spec.ingress[0].from.len(), 100_000);
    assert!(start.elapsed() < PATIENCE);
}

#[test]
fn names_of_kinds_and_fields_that_are_long() {
    let long = "k".repeat(1_000_000);
    let manifest = read(&format!("apiVersion: networking.k8s.io/v1\nkind: {long}\n"));
    let printed =
        render::diagnostics(&manifest.diagnostics(Admission::Create), &manifest, Style::Plain);
    assert!(printed.len() < 4_000, "{} bytes printed", printed.len());
    let manifest = read(&format!("{POLICY}spec: {{{}: 1}}\n", "k".repeat(1_000)));
    assert_eq!(told(&manifest).len(), 1);
}

/// Small numbers from a seed, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below.max(1) as u64) as usize
    }
}

/// Manifests with bytes changed, moved and cut: whatever is told points at the line and column that
/// its offset says.
#[test]
fn mutilated_manifests() {
    const TOKENS: [&str; 22] = [
        "&a ", "*a", "<<: *a\n", "!!str ", "- ", ": ", "? ", "|\n", "'", "\"", "[", "]", "{", "}",
        "\n", "  ", "---\n", "items:\n", "\u{2028}", "é", "\0", "\\",
    ];
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut seeds: Vec<PathBuf> = ["articles", "invalid"]
        .iter()
        .flat_map(|directory| std::fs::read_dir(testdata.join(directory)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    seeds.sort();
    let seeds: Vec<Vec<u8>> = seeds.into_iter().map(|path| std::fs::read(path).unwrap()).collect();
    let mut dice = Dice(0x5eed);
    for _ in 0..4_000 {
        let mut text = seeds[dice.roll(seeds.len())].clone();
        for _ in 0..=dice.roll(5) {
            let at = dice.roll(text.len());
            let end = (at + dice.roll(40)).min(text.len());
            match dice.roll(5) {
                0 => text.splice(at..at, TOKENS[dice.roll(TOKENS.len())].bytes()).for_each(drop),
                1 => text.truncate(at),
                2 => text.drain(at..end).for_each(drop),
                3 => {
                    let piece = text[at..end].to_vec();
                    text.splice(at..at, piece).for_each(drop);
                }
                _ => text.splice(at..end, [dice.roll(256) as u8]).for_each(drop),
            }
        }
        check_places(&text);
    }
}

fn check_places(text: &[u8]) {
    let mut manifest = Manifest::read(Some("mutilated"), text, &ReadOptions::default());
    let found = manifest.diagnostics(Admission::Create);
    let printed = render::diagnostics(&found, &manifest, Style::Coloured);
    assert_eq!(printed.is_empty(), found.is_empty());
    let wanted: Vec<_> = (0..manifest.objects().len())
        .map(|object| (object, netpol_core::field::Path::new("spec").child("ingress").index(0)))
        .collect();
    let places = manifest.locate(&wanted);
    assert!(places.iter().all(Option::is_some));
    let places = found.iter().map(|diagnostic| diagnostic.location).chain(places).flatten();
    for place in places {
        let (before, rest) = text.split_at(place.offset as usize);
        assert!(place.length as usize <= rest.len(), "{place:?}");
        // A lone carriage return ends a line of YAML and none of JSON.
        if before.contains(&b'\r') {
            continue;
        }
        let lines: Vec<&[u8]> = before.split(|byte| *byte == b'\n').collect();
        assert_eq!(place.line as usize, lines.len(), "{:?}", String::from_utf8_lossy(text));
        let column = str::from_utf8(lines.last().unwrap()).unwrap().chars().count() + 1;
        assert_eq!(place.column as usize, column, "{:?}", String::from_utf8_lossy(text));
    }
    let again = manifest.clone();
    manifest.append(again);
}
