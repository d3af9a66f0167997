use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;

/// What a peer may use.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "made by one program")]
pub struct Limits {
    /// Time for the loop over the packets.
    pub seconds: f64,
    /// Time for everything, reading the objects included.
    pub patience: Duration,
    /// Bytes of resident memory.
    pub memory: u64,
}

/// A program that judges the packets in a directory.
#[derive(Clone, Debug)]
pub struct Runner {
    program: PathBuf,
    arguments: Vec<OsString>,
}

/// Why there are no numbers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Stopped {
    /// The program was not built, for this reason.
    Missing(String),
    /// It took longer than this.
    Time(Duration),
    /// It took more bytes than this.
    Memory(u64),
    /// It failed, and said this.
    Failed(String),
}

/// How often a peer's memory is looked at.
const GLANCE: Duration = Duration::from_millis(20);

impl Runner {
    /// The program of this name among those that were built. A file beside it that ends in
    /// `.missing` says why it was not.
    ///
    /// # Errors
    ///
    /// [`Stopped::Missing`].
    pub fn find(
        directory: &Path,
        name: &str,
        arguments: impl IntoIterator<Item = impl Into<OsString>>,
    ) -> Result<Runner, Stopped> {
        let program = directory.join(name);
        if program.is_file() {
            let arguments = arguments.into_iter().map(Into::into).collect();
            return Ok(Runner { program, arguments });
        }
        let reason = fs::read_to_string(directory.join(format!("{name}.missing")));
        let reason =
            reason.unwrap_or_else(|_| "it was not built; run benches/peers/run".to_owned());
        Err(Stopped::Missing(reason.trim().to_owned()))
    }

    /// Runs it, and reads the JSON that it prints. What it prints besides, before that, is passed
    /// over.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn run<T: DeserializeOwned>(&self, limits: &Limits) -> Result<T, Stopped> {
        let failed = |error: &dyn fmt::Display| Stopped::Failed(error.to_string());
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| failed(&error))?;
        let output = read_aside(child.stdout.take());
        let complaints = read_aside(child.stderr.take());
        let start = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().map_err(|error| failed(&error))? {
                break status;
            }
            let stopped = if start.elapsed() > limits.patience {
                Some(Stopped::Time(limits.patience))
            } else if resident(&child) > limits.memory {
                Some(Stopped::Memory(limits.memory))
            } else {
                None
            };
            if let Some(stopped) = stopped {
                // It may have ended by itself meanwhile.
                let _ = child.kill();
                let _ = child.wait();
                return Err(stopped);
            }
            thread::sleep(GLANCE);
        };
        let (output, complaints) = (output.join(), complaints.join());
        let last = |text: &str| text.lines().last().unwrap_or_default().to_owned();
        if !status.success() {
            let said = complaints.unwrap_or_default();
            // Below a panic follow the stacks of all its threads.
            let panic = said.lines().find(|line| line.contains("panic"));
            let said = panic.map_or_else(|| last(&said), str::to_owned);
            return Err(Stopped::Failed(format!("{status}, {said}")));
        }
        serde_json::from_str(&last(&output.unwrap_or_default())).map_err(|error| failed(&error))
    }
}

/// Reads beside the program, so that a full pipe does not stop it.
fn read_aside<R: Read + Send + 'static>(pipe: Option<R>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut text = Vec::new();
        // What could not be read is missing, and so is the report then.
        let _ = pipe.map(|mut pipe| pipe.read_to_end(&mut text));
        String::from_utf8_lossy(&text).into_owned()
    })
}

/// Bytes of resident memory, 0 where the system does not say.
fn resident(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or(0) << 10
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stopped::Missing(reason) => write!(f, "not run: {reason}"),
            Stopped::Time(limit) => write!(f, "stopped: not done after {} s", limit.as_secs()),
            Stopped::Memory(limit) => write!(f, "stopped: more than {} GiB", limit >> 30),
            Stopped::Failed(reason) => write!(f, "failed: {reason}"),
        }
    }
}

impl std::error::Error for Stopped {}
