//! What an engine takes: counted from its tables, and as the system sees it.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, BufRead, BufWriter, Write};
use std::process::{Command, Stdio};

use netpol_core::model::{ClusterNetworkPolicy, Namespace, NetworkPolicy, Object, Pod};
use netpol_core::{Admission, Cluster, Engine, Options};
use netpol_testing::workload::World;
use serde::{Deserialize, Serialize};

use crate::Resident;
use crate::report::HOT;

/// The argument that makes the program [`settle`].
pub const SETTLE: &str = "--settle";

/// Bytes by part, as the engine counts them.
pub(crate) fn parts(engine: &Engine) -> BTreeMap<String, BTreeMap<String, usize>> {
    let usage = engine.memory_usage();
    let named = |parts: &[(&str, usize)]| {
        parts.iter().map(|(name, bytes)| ((*name).to_owned(), *bytes)).collect()
    };
    [(HOT.to_owned(), named(&usage.hot))].into()
}

/// An object on its way to another process.
#[derive(Serialize, Deserialize)]
enum Line {
    Namespace(Namespace),
    Pod(Pod),
    NetworkPolicy(NetworkPolicy),
    ClusterNetworkPolicy(ClusterNetworkPolicy),
}

/// How much memory a process takes that does nothing but read this world, object by object, and
/// publish it. It is another run of this program, because this one has held the world itself.
///
/// # Errors
///
/// When the other run fails.
pub(crate) fn resident(world: &World) -> Result<Resident, Box<dyn Error>> {
    let program = std::env::current_exe()?;
    let mut child =
        Command::new(program).arg(SETTLE).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    if let Some(input) = child.stdin.take() {
        let mut input = BufWriter::new(input);
        for object in world.objects() {
            let line = match object {
                Object::Namespace(object) => Line::Namespace(object),
                Object::Pod(object) => Line::Pod(object),
                Object::NetworkPolicy(object) => Line::NetworkPolicy(object),
                Object::ClusterNetworkPolicy(object) => Line::ClusterNetworkPolicy(object),
                other => return Err(format!("no world has a {}", other.object_ref().kind).into()),
            };
            serde_json::to_writer(&mut input, &line)?;
            input.write_all(b"\n")?;
        }
        input.flush()?;
    }
    Ok(serde_json::from_slice(&child.wait_with_output()?.stdout)?)
}

/// The other run: reads objects from standard input, publishes, and says what that took.
///
/// # Errors
///
/// When something cannot be read or is refused.
pub fn settle() -> Result<Resident, Box<dyn Error>> {
    let mut cluster = Cluster::new(Options::default());
    let before = status("VmRSS:")?;
    let mut input = io::stdin().lock();
    let mut text = String::new();
    while input.read_line(&mut text)? > 0 {
        let object = match serde_json::from_str(&text)? {
            Line::Namespace(object) => Object::Namespace(object),
            Line::Pod(object) => Object::Pod(object),
            Line::NetworkPolicy(object) => Object::NetworkPolicy(object),
            Line::ClusterNetworkPolicy(object) => Object::ClusterNetworkPolicy(object),
        };
        cluster.upsert(object, Admission::Stored)?;
        text.clear();
    }
    let engine = cluster.publish()?;
    let [now, peak] = [status("VmRSS:")?, status("VmHWM:")?];
    drop(engine);
    Ok(Resident { now: now.saturating_sub(before), peak: peak.saturating_sub(before) })
}

/// A line of what Linux says about this process, in bytes.
fn status(name: &str) -> Result<u64, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = line.and_then(|line| line.split_whitespace().next());
    Ok(kilobytes.ok_or("no such line in /proc/self/status")?.parse::<u64>()? * 1024)
}
