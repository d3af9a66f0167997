//! The C programs of `tests/c` and `examples`, compiled by every compiler that is there, linked both
//! ways, and run: as they are, under the sanitizers, and under valgrind.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use support::{compilers, has, library, root, succeeded};

const WARNINGS: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

/// Compiles a program against the library, and says where it is.
fn build(compiler: &str, source: &str, name: &str, shared: bool, flags: &[&str]) -> PathBuf {
    let folder = library();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{compiler}-{shared}"));
    let mut command = Command::new(compiler);
    command.args(WARNINGS).args(flags).arg("-g").arg("-I").arg(root().join("../include"));
    command.arg("-o").arg(&target).arg(root().join(source));
    if shared {
        command.arg("-L").arg(folder).arg("-lnetpol");
        command.arg(format!("-Wl,-rpath,{}", folder.display()));
    } else {
        command.arg(folder.join("libnetpol.a")).args(["-lpthread", "-ldl", "-lm"]);
    }
    succeeded(&mut command);
    target
}

const PROGRAMS: [(&str, &str); 4] = [
    ("tests/c/flows.c", "flows"),
    ("tests/c/manifests.c", "manifests"),
    ("tests/c/misuse.c", "misuse"),
    ("tests/c/objects.c", "objects"),
];

#[test]
fn programs_run_with_either_library() {
    for compiler in compilers() {
        for (source, name) in PROGRAMS {
            for shared in [false, true] {
                succeeded(&mut Command::new(build(compiler, source, name, shared, &["-std=c11"])));
            }
        }
    }
}

#[test]
fn programs_run_under_the_sanitizers() {
    let flags = ["-std=c11", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
    for compiler in compilers() {
        for (source, name) in PROGRAMS {
            let name = format!("{name}-sanitized");
            succeeded(&mut Command::new(build(compiler, source, &name, false, &flags)));
        }
    }
}

#[test]
fn programs_leak_nothing() {
    if !has("valgrind") {
        return;
    }
    for (source, name) in PROGRAMS {
        let program = build(compilers()[0], source, &format!("{name}-leaks"), false, &["-std=c11"]);
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--quiet", "--error-exitcode=9", "--leak-check=full"]);
        valgrind.args(["--show-leak-kinds=definite,indirect", "--errors-for-leak-kinds=definite"]);
        succeeded(valgrind.arg(program));
    }
}

#[test]
fn the_header_is_cplusplus_too() {
    for compiler in ["g++", "clang++"].into_iter().filter(|tool| has(tool)) {
        let program = build(compiler, "tests/c/twice.cc", "twice", true, &["-std=c++17"]);
        succeeded(&mut Command::new(program));
    }
}

const MANIFESTS: &str = "
{apiVersion: v1, kind: Pod, metadata: {name: db, labels: {app: db}}, status: {phase: Running, podIP: 10.0.0.1}, spec: {containers: [{name: db, ports: [{name: sql, containerPort: 5432}]}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web, labels: {app: web}}, status: {phase: Running, podIP: 10.0.0.2}}
---
{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: db}, spec: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24}}]}]}}
";

/// A file with this text, for the examples.
fn file(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// The exit status of a program, and what it printed.
fn run<'a>(program: &Path, arguments: impl IntoIterator<Item = &'a str>) -> (Option<i32>, String) {
    let output = Command::new(program).args(arguments).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn the_examples_do_what_they_say() {
    let manifests = file("example.yaml", MANIFESTS);
    let manifests = manifests.to_str().unwrap();
    for compiler in compilers() {
        let example = |name: &str| {
            let source = format!("examples/{name}.c");
            build(compiler, &source, name, true, &["-std=c11", "-pthread"])
        };

        let program = example("decide");
        let ask = |source| run(&program, [manifests, source, "10.0.0.1", "5432"]);
        let (status, said) = ask("192.0.2.7");
        assert!(status == Some(0) && said.starts_with("allow\n"), "{said}");
        let (status, said) = ask("198.51.100.7");
        assert!(status == Some(1) && said.starts_with("deny\n"), "{said}");
        assert_eq!(ask("nobody").0, Some(2));

        let program = example("explain");
        let ask = |to, more: &[&str]| {
            run(
                &program,
                [manifests, "default/web", to, "sql"].into_iter().chain(more.iter().copied()),
            )
        };
        let (status, said) = ask("default/db", &[]);
        assert!(status == Some(1) && said.contains("NetworkPolicy default/db"), "{said}");
        let (status, said) = ask("default/db", &["json"]);
        assert!(status == Some(1) && said.starts_with('{'), "{said}");
        assert_eq!(ask("default/nobody", &[]).0, Some(2));

        let (status, said) = run(&example("batch"), [manifests, "1001"]);
        assert!(status == Some(0) && said.contains(" of 1001 may pass\n"), "{said}");

        let policy = |from| {
            format!(
                "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: db}}, spec: \
                 {{podSelector: {{matchLabels: {{app: db}}}}, ingress: [{{from: [{from}]}}]}}}}"
            )
        };
        let open = file("open.yaml", &policy("{podSelector: {matchLabels: {app: web}}}"));
        let shut = file("shut.yaml", &policy("{podSelector: {matchLabels: {app: api}}}"));
        let broken = file("broken.yaml", &policy("{podSelector: {matchLabels: {app: [web]}}}"));
        let files = [&open, &shut, &broken, &open].map(|path| path.to_str().unwrap());
        let (status, said) = run(&example("reload"), files);
        let said = said.lines().map(|line| line.rsplit_once(": ").unwrap().1).collect::<Vec<_>>();
        let expected = ["generation 2, allow", "generation 3, deny", "generation 3, deny"];
        assert_eq!((status, &said[..3], said[3]), (Some(1), &expected[..], "generation 4, allow"));
    }
}
