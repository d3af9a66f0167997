//! What the tests on a real network need: root, a kernel with queues, and some tools.

use std::process::Command;
use std::sync::OnceLock;

use crate::dataplane::{program, rules};
use crate::network::Namespace;
use crate::support::{missing, skipped};

/// Whether everything is there; says what is not tested, and why, when it is not.
pub(crate) fn met(what: &str) -> bool {
    static FOUND: OnceLock<Result<(), Lack>> = OnceLock::new();
    match FOUND.get_or_init(look) {
        Ok(()) => true,
        Err(Lack::Tool(why)) => {
            missing(what, why);
            false
        }
        Err(Lack::Machine(why)) => {
            skipped(what, why);
            false
        }
    }
}

/// What is not there.
#[derive(Debug)]
enum Lack {
    /// Anybody can install it.
    Tool(String),
    /// Nobody can, short of another kernel or other rights.
    Machine(String),
}

fn look() -> Result<(), Lack> {
    let namespace = Namespace::new()
        .map_err(|error| Lack::Machine(format!("no network namespace can be made: {error}")))?;
    for (tool, argument) in [
        ("ip", "-V"),
        ("setpriv", "--version"),
        ("iptables", "--version"),
        ("ip6tables", "--version"),
    ] {
        if Command::new(tool).arg(argument).output().is_err() {
            return Err(Lack::Tool(format!("{tool} is not installed")));
        }
    }
    if program().is_none() {
        return Err(Lack::Tool("netpol-nfqueue cannot be built".to_owned()));
    }
    let mut ip = Command::new("ip");
    ip.args(["-batch", "-"]);
    let links = "link set lo up\nlink add cni0 type bridge\nlink add netpol0 type veth peer name netpol1\n\
                 address add fd00::1/64 dev cni0\n";
    let output = namespace.output(&mut ip, links);
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(Lack::Machine(format!("the kernel has no such links: {}", why.trim())));
    }
    if !namespace.run(|| std::path::Path::new("/proc/sys/net/bridge").exists()) {
        return Err(Lack::Machine(
            "the kernel has no br_netfilter, or it is not loaded".to_owned(),
        ));
    }
    let (installed, why) = rules(&namespace, &["install", "--interface", "cni0"]);
    if !installed {
        return Err(Lack::Machine(format!("the kernel takes no such rules: {}", why.trim())));
    }
    Ok(())
}
