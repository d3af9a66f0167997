//! Files that are read, and what is told of them.

use std::fs;

use super::{DUMP, Run, Scratch, command, decide};

const CLOSED_DB: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: default}
---
apiVersion: v1
kind: Pod
metadata: {name: db}
status: {phase: Running, podIP: 10.0.0.1}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed}
spec: {podSelector: {}}
";

/// Errors and warnings are for people and go to stderr, whatever the output form.
#[test]
fn refusals_and_warnings_stay_off_stdout() {
    let misspelt = "-f testdata/articles/000-1-test-network-policy-misspelt.yaml";
    for form in ["text", "json"] {
        decide(&format!("{misspelt} --from 10.0.0.1 --to 10.0.0.2 -p 80 -o {form}")).fails(&[
            "error: spec.ingress[0].from[1].namespacesSelector: Unknown field: did you mean \
             `namespaceSelector`?",
            "000-1-test-network-policy-misspelt.yaml:19:7",
            "000-1-test-network-policy-misspelt.yaml:32:7",
            "must specify a peer",
        ]);
    }

    let scratch = Scratch::new("warnings");
    let path = scratch.write(
        "policy.yaml",
        "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: lax, namespace: missing}
spec: {podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.0.0.1/8}}]}]}
",
    );
    let run = decide(&format!("-f {path} --from 10.0.0.1 --to 10.0.0.2 -p 80 -o json"));
    assert_eq!((run.code, run.stdout.as_str()), (0, "{\"verdict\": \"allow\"}\n"));
    assert!(run.stderr.contains("warning: spec.egress[0].to[0].ipBlock.cidr"), "{}", run.stderr);
    assert!(run.stderr.contains("warning: Namespace missing"), "{}", run.stderr);

    // What a cluster has taken is no error.
    let run = decide(&format!("{misspelt} --stored --from 10.0.0.1 --to 10.0.0.2 -p 80"));
    run.answers("allow");
    assert!(run.stderr.contains("warning: spec.ingress[0].from[1]"), "{}", run.stderr);
    assert!(!run.stderr.contains("error"), "{}", run.stderr);
}

#[test]
fn files_and_directories() {
    let scratch = Scratch::new("files");
    let question = "--from 10.9.9.9 --to db -p 80";
    let db = scratch.write("all/deep/db.YML", CLOSED_DB);
    scratch.write("all/.hidden.yaml", "not: [yaml");
    scratch.write("all/notes.txt", "not: [yaml");
    let allow = scratch.write(
        "more/allow.json",
        r#"{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": "open"}, "spec": {"podSelector": {}, "ingress": [{}]}}"#,
    );
    let all = scratch.0.join("all").display().to_string();

    decide(&format!("-f {db} {question}")).answers("deny").is_quiet();
    decide(&format!("-f {all} {question}")).answers("deny").is_quiet();
    decide(&format!("-f {all} -f {allow} {question}")).answers("allow").is_quiet();
    decide(&format!("-f {allow} {all} {question}")).answers("allow").is_quiet();
    decide(&format!("--filename={all} --filename {allow} {question}")).answers("allow");
    decide(&format!("-f {} {question}", scratch.path())).answers("allow").is_quiet();

    // The same object twice, with both places.
    decide(&format!("-f {db} -f {db} {question}")).fails(&["db.YML:2:1", "the first one is here"]);

    fs::create_dir(scratch.0.join("empty")).expect("a directory");
    let empty = format!("{}/empty", scratch.path());
    decide(&format!("-f {empty} {question}")).fails(&["holds no .yaml, .yml or .json file"]);
    decide(&format!("-f {all}/nowhere.yaml {question}")).fails(&["nowhere.yaml", "cannot be read"]);

    // An empty file is a manifest of nothing.
    let nothing = scratch.write("nothing.yaml", "");
    decide(&format!("-f {nothing} --from 10.0.0.1 --to 10.0.0.2 -p 80")).answers("allow");
    decide(&format!("-f {nothing} {question}")).fails(&["no endpoint `default/db`"]);
}

#[cfg(unix)]
#[test]
fn files_that_cannot_be_read() {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::PermissionsExt;

    let scratch = Scratch::new("unreadable");
    let secret = scratch.write("secret.yaml", CLOSED_DB);
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).expect("it is ours");
    // Whoever may read everything reads this too.
    if fs::read(&secret).is_err() {
        let question = "--from 10.9.9.9 --to db -p 80";
        decide(&format!("-f {secret} {question}")).fails(&["secret.yaml", "cannot be read"]);
        decide(&format!("-f {} {question}", scratch.path())).fails(&["cannot be read"]);
    }

    // A name that is no UTF-8 is still a name of a file.
    let odd = scratch.0.join(std::ffi::OsStr::from_bytes(b"\xff.yaml"));
    if fs::write(&odd, CLOSED_DB).is_ok() {
        let mut command = command("--from 10.9.9.9 --to db -p 80 -f");
        Run::from(command.arg(&odd).output().expect("it runs")).answers("deny");
    }
    let mut command = command(&format!("{DUMP} --from shop/db-0 -p 80 --to"));
    let run = command.arg(std::ffi::OsStr::from_bytes(b"\xff")).output().expect("it runs");
    Run::from(run).fails(&["error: "]);
}

/// An answer that could not be written is none.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    let mut command = command("-f examples/shop --from shop/web --to shop/api -p http");
    let status = command.stdout(full).status().expect("it runs");
    assert_eq!(status.code(), Some(2));
}
