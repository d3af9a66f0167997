//! What several test programs of the C library share: tools that may be missing, the library as C programs
//! link it, and objects as texts.

#![allow(dead_code, reason = "no test program needs all of it")]

pub(crate) mod object_text;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

pub(crate) fn succeeded(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{out}{err}", output.status);
    output
}

/// Says that something is not tested, past the capture of the test harness.
pub(crate) fn skipped(what: &str, why: &str) {
    // To the stream itself: what macros print is kept back when a test passes.
    std::io::stderr().write_all(format!("SKIPPED: {what} ({why})\n").as_bytes()).unwrap();
}

/// Says that something is not tested because what anybody can install is missing. Where
/// `NETPOL_NO_SKIP` is set, as `.ci/run` does, that is a failure.
pub(crate) fn missing(what: &str, why: &str) {
    assert!(std::env::var_os("NETPOL_NO_SKIP").is_none(), "not tested: {what} ({why})");
    skipped(what, why);
}

fn is_there(tool: &str) -> bool {
    Command::new(tool).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Whether a tool is there that takes minutes to build; says so when it is not, also in CI.
pub(crate) fn has_built(tool: &str) -> bool {
    let found = is_there(tool);
    if !found {
        skipped(&format!("what needs {tool}"), &format!("{tool} is not installed"));
    }
    found
}

/// Whether a tool is there; says so when it is not.
pub(crate) fn has(tool: &str) -> bool {
    let found = is_there(tool);
    if !found {
        missing(&format!("what needs {tool}"), &format!("{tool} is not installed"));
    }
    found
}

/// The C compilers that are there; one must be.
pub(crate) fn compilers() -> Vec<&'static str> {
    let found = ["gcc", "clang"].into_iter().filter(|tool| has(tool)).collect::<Vec<_>>();
    assert!(!found.is_empty(), "a C compiler is needed");
    found
}

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder with `libnetpol.so` and `libnetpol.a`.
pub(crate) fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        // `cargo test` makes the library for Rust alone. The test program is `<folder>/deps/c-<hash>`.
        let program = std::env::current_exe().unwrap();
        let folder = program.parent().unwrap().parent().unwrap().to_path_buf();
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "-p", "netpol-ffi", "--lib", "--target-dir"]);
        cargo.arg(folder.parent().unwrap()).current_dir(env!("CARGO_MANIFEST_DIR"));
        if folder.ends_with("release") {
            cargo.arg("--release");
        }
        succeeded(&mut cargo);
        folder
    })
}
