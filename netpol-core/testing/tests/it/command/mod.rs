//! The example command `decide`, as somebody runs it.

mod cluster;
mod files;
mod flags;
mod front_page;
mod questions;
mod services;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use std::{env, fs, process};

use serde_json::Value;

pub(crate) const CORE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const DUMP: &str = "-f testdata/dumps/cluster.yaml --stored";

static DECIDE: LazyLock<PathBuf> = LazyLock::new(|| example("decide"));

/// Builds an example command. Cargo tells no other package where an example lies, so it is asked to
/// build it, with the features that `make test` has: then it is there already.
pub(crate) fn example(name: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("a target directory");
    let profile = if cfg!(debug_assertions) { "test" } else { "release" };
    let output = Command::new(env!("CARGO"))
        .args(["build", "--workspace", "--exclude", "netpol-py"])
        .args(["--example", name, "--profile", profile])
        .args(["--message-format", "json", "--target-dir"])
        .arg(target)
        .current_dir(CORE)
        .stderr(Stdio::inherit())
        .output()
        .expect("cargo runs");
    let messages = String::from_utf8(output.stdout).expect("cargo speaks UTF-8");
    let executable = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == name)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from));
    executable.expect("cargo builds the example")
}

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// An answer: the verdict on the first line, its code, and nothing to complain about.
    #[track_caller]
    fn answers(&self, verdict: &str) -> &Run {
        let code = match verdict {
            "allow" => 0,
            "deny" | "mixed" => 1,
            _ => panic!("not a verdict: {verdict}"),
        };
        assert_eq!(self.stdout.lines().next(), Some(verdict), "{self:?}");
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    #[track_caller]
    fn is_quiet(&self) -> &Run {
        assert_eq!(self.stderr, "");
        self
    }

    /// No answer: nothing on stdout, and all of `parts` on stderr.
    #[track_caller]
    pub(crate) fn fails(&self, parts: &[&str]) {
        assert_eq!((self.code, self.stdout.as_str()), (2, ""), "{self:?}");
        for part in parts {
            assert!(self.stderr.contains(part), "`{part}` is missing in:\n{}", self.stderr);
        }
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Run {
        Run {
            code: output.status.code().expect("no signal ended it"),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }
}

/// Runs `decide` with the words of `line`, in the library's directory.
fn decide(line: &str) -> Run {
    command(line).output().expect("the command runs").into()
}

fn command(line: &str) -> Command {
    let mut command = Command::new(&*DECIDE);
    command.args(line.split_whitespace()).current_dir(CORE).stdin(Stdio::null());
    command
}

/// A directory of its own for a test's files, without blanks in its path.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Scratch {
        let directory = env::temp_dir().join(format!("netpol-{}-{name}", process::id()));
        fs::create_dir_all(&directory).expect("a temporary directory");
        Scratch(directory)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("it has one")).expect("a directory");
        fs::write(&path, text).expect("a file");
        path.display().to_string()
    }

    fn path(&self) -> String {
        self.0.display().to_string()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
