use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use netpol_core::Verdict;

/// What a peer says about a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a line says one or the other")]
pub enum Answer {
    /// Whether it may pass.
    Verdict(Verdict),
    /// Why it cannot tell.
    Error(String),
}

/// Reads a peer's answers: `allow`, `deny` or `error` and a reason in each line.
///
/// # Errors
///
/// When the file cannot be read, and when a line says something else.
pub fn read_answers(path: &Path) -> io::Result<Vec<Answer>> {
    let read = |line: io::Result<String>| {
        let line = line?;
        match (line.as_str(), line.strip_prefix("error ")) {
            ("allow", _) => Ok(Answer::Verdict(Verdict::Allow)),
            ("deny", _) => Ok(Answer::Verdict(Verdict::Deny)),
            (_, Some(reason)) => Ok(Answer::Error(reason.to_owned())),
            _ => Err(io::Error::other(format!("`{line}` is no answer"))),
        }
    };
    BufReader::new(File::open(path)?).lines().map(read).collect()
}
