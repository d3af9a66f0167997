//! The example command `convert`, as somebody runs it.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use netpol_core::manifest::{Manifest, ReadOptions};
use netpol_core::model::Object;
use netpol_core::{Admission, Cluster, Options};
use serde_json::Value;

use super::command::{CORE, Run, Scratch, example};

static CONVERT: LazyLock<PathBuf> = LazyLock::new(|| example("convert"));

/// Runs `convert` with the words of `line`, in the library's directory.
fn convert(line: &str) -> Run {
    command(line).output().expect("the command runs").into()
}

fn command(line: &str) -> Command {
    let mut command = Command::new(&*CONVERT);
    command.args(line.split_whitespace()).current_dir(CORE).stdin(Stdio::null());
    command
}

/// Runs `convert` with `text` as its standard input.
fn convert_text(line: &str, text: &str) -> Run {
    let mut child = command(line)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command runs");
    let mut stdin = child.stdin.take().expect("it has one");
    stdin.write_all(text.as_bytes()).expect("it reads");
    drop(stdin);
    child.wait_with_output().expect("the command ends").into()
}

/// The policies in what was printed, which a cluster takes as new objects.
#[track_caller]
fn policies(printed: &str) -> Vec<String> {
    let manifest = Manifest::read(None, printed.as_bytes(), &ReadOptions::default());
    let mut cluster = Cluster::new(Options::default());
    let applied = cluster.apply(&manifest, Admission::Create).expect(printed);
    assert_eq!(applied.warnings, []);
    assert!(manifest.objects().iter().all(|object| matches!(object, Object::NetworkPolicy(_))));
    manifest.objects().iter().map(|object| object.object_ref().to_string()).collect()
}

const SEED: &str = "-n tenant-a testdata/articles/003-3-isolated-namespace.yaml \
                    testdata/articles/003-1-alpha-pol1.json";

#[test]
fn the_seed_of_the_articles() {
    let run = convert(SEED);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert_eq!(
        run.stdout,
        "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: default-deny-ingress
  namespace: tenant-a
spec:
  podSelector: {}
  policyTypes:
  - Ingress
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: pol1
  namespace: tenant-a
spec:
  podSelector:
    matchLabels:
      segment: backend
  policyTypes:
  - Ingress
  ingress:
  - ports:
    - protocol: TCP
      port: 80
    from:
    - podSelector:
        matchLabels:
          segment: frontend
"
    );
    let names = ["NetworkPolicy tenant-a/default-deny-ingress", "NetworkPolicy tenant-a/pol1"];
    assert_eq!(policies(&run.stdout), names);

    let run = convert(&format!("{SEED} -o json"));
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert_eq!(policies(&run.stdout), names);
    let list: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(list["kind"], "List");
}

#[test]
fn what_is_printed_converts_to_itself() {
    let first = convert(SEED);
    for form in ["yaml", "json"] {
        let printed = convert(&format!("{SEED} -o {form}")).stdout;
        let again = convert_text("-", &printed);
        assert_eq!((again.code, again.stderr.as_str()), (0, ""));
        assert_eq!(again.stdout, first.stdout);
        let seed = "testdata/articles/003-3-isolated-namespace.yaml -";
        assert_eq!(convert_text(seed, &printed).stdout, first.stdout);
    }
}

const TRICKY: &str = r#"
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  annotations: {net.beta.kubernetes.io/network-policy: '{"ingress": {"isolation": "DefaultDeny"}}'}
---
apiVersion: extensions/v1beta1
kind: NetworkPolicy
metadata: {name: web, namespace: shop, annotations: {note: "two\nlines: # and more"}}
spec:
  podSelector: {matchLabels: {a: "y", b: "on", c: "1_000", d: "0x1f", e: "1e3", f: "", g: "~"}}
  ingress: [{ports: [{port: http}, {port: 80}]}]
"#;

/// What YAML 1.1 and 1.2 disagree about is still what it was.
#[test]
fn words_that_look_like_something_else() {
    // `~` is no label value, so that only the others are left to be told apart.
    let text = TRICKY.replace(", g: \"~\"", "");
    let printed = convert_text("-", &text).stdout;
    let manifest = Manifest::read(None, printed.as_bytes(), &ReadOptions::default());
    assert_eq!(manifest.findings(), [], "{printed}");
    let Object::NetworkPolicy(policy) = &manifest.objects()[1] else { panic!("{printed}") };
    let labels: Vec<&str> =
        policy.spec.pod_selector.match_labels.values().map(String::as_str).collect();
    assert_eq!(labels, ["y", "on", "1_000", "0x1f", "1e3", ""]);
    assert_eq!(policy.metadata.annotations["note"], "two\nlines: # and more");
    assert_eq!(policies(&printed).len(), 2);
}

#[test]
fn notes_say_what_was_left_out() {
    let text = "
apiVersion: v1
kind: Namespace
metadata: {name: open}
---
apiVersion: extensions/v1beta1
kind: NetworkPolicy
metadata: {name: idle, namespace: open}
spec: {podSelector: {}, ingress: [{}]}
---
apiVersion: extensions/v1beta1
kind: NetworkPolicy
metadata: {name: lost, namespace: elsewhere}
spec: {podSelector: {}, ingress: [{from: []}]}
";
    let run = convert_text("-", text);
    assert_eq!(run.code, 1);
    assert_eq!(policies(&run.stdout), ["NetworkPolicy elsewhere/lost"]);
    for part in [
        "warning: left out: the Namespace open is not isolated",
        "<stdin>:6:1",
        "in NetworkPolicy open/idle",
        "warning: the Namespace elsewhere is not among the objects",
        "warning: spec.ingress[0].from: an empty list matches everything since 1.7",
        "<stdin>:14:36",
    ] {
        assert!(run.stderr.contains(part), "`{part}` is missing in:\n{}", run.stderr);
    }
    assert!(!run.stderr.contains("left Kubernetes"), "{}", run.stderr);
}

#[test]
fn policies_of_today_stay_as_they_are() {
    let run = convert("testdata/dumps/cluster.yaml --stored");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let text = fs::read_to_string(format!("{CORE}/testdata/dumps/cluster.yaml")).expect("a file");
    let dump = Manifest::read(None, text.as_bytes(), &ReadOptions::default());
    let kept = dump.objects().iter().filter(|object| matches!(object, Object::NetworkPolicy(_)));
    let kept: Vec<String> = kept.map(|object| object.object_ref().to_string()).collect();
    assert_eq!(policies(&run.stdout), kept);
    let run = convert_text("-", "");
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (0, "", ""));
}

#[test]
fn what_cannot_be_read() {
    convert("testdata/articles/003-2-third-party-resource.yaml").fails(&[
        "third-party resources left Kubernetes in 1.8",
        "error: metadata: Wrong type: must be a mapping, not a list",
    ]);
    convert("nowhere.yaml").fails(&["nowhere.yaml", "cannot be read"]);
    convert("").fails(&["no manifests"]);
    convert("-o xml a").fails(&["unknown output form `xml`"]);
    convert("--legacy a").fails(&["--legacy"]);
    let scratch = Scratch::new("convert");
    let text = "apiVersion: extensions/v1beta1\nkind: NetworkPolicy\nmetadata: {name: a}\n\
                spec: {podSelector: {}, ingres: [{}]}\n";
    let path = scratch.write("policy.yaml", text);
    convert(&path).fails(&["spec.ingres: Unknown field: did you mean `ingress`?"]);
    let run = convert(&format!("{path} --stored"));
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("warning: spec.ingres"), "{}", run.stderr);
    let prototype = "kind: NetworkPolicy\nmetadata: {name: a}\nselector: {a: b}\n\
                     allowIncoming: {pods: [{a: b}]}\n";
    convert_text("-", prototype).fails(&["the prototype of early 2016"]);
}

#[test]
fn help() {
    let run = convert("--help");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert!(run.stdout.contains("usage: convert"));
}
