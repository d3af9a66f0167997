//! A world as files, for programs that are not written in Rust.
//!
//! `namespaces.jsonl`, `pods.jsonl` and `policies.jsonl` have a Kubernetes object in each line, with
//! the defaults that the API server would have filled in, because peers take that for granted.
//! `packets.txt` has a packet in each line. Cluster-wide policies are not written.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use netpol_core::model::{NetworkPolicy, Pod};
use netpol_core::{Packet, packet::Transport};
use netpol_testing::workload::World;
use serde::Serialize;

use super::Expansion;
use super::prefix::Prefix;

/// Writes the objects of a world into a directory.
///
/// # Errors
///
/// When the directory cannot be written to.
pub fn objects(world: &World, directory: &Path) -> io::Result<()> {
    write_lines(directory, "namespaces", "v1", "Namespace", world.namespaces.iter())?;
    let pods = world.pods.iter().map(with_protocols);
    write_lines(directory, "pods", "v1", "Pod", pods)?;
    let policies = world.policies.iter().map(with_defaults);
    write_lines(directory, "policies", "networking.k8s.io/v1", "NetworkPolicy", policies)
}

/// Writes packets into a directory: protocol, source, its port, destination, its port.
///
/// # Errors
///
/// When the directory cannot be written to.
pub fn packets(packets: &[Packet], directory: &Path) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(directory.join("packets.txt"))?);
    for packet in packets {
        let Transport::Ports { source, destination } = packet.transport() else {
            return Err(io::Error::other(format!("{packet} has no ports")));
        };
        let (protocol, from, to) = (packet.protocol(), packet.source(), packet.destination());
        writeln!(file, "{protocol} {from} {source} {to} {destination}")?;
    }
    file.flush()
}

/// Writes the rules of an expansion into a directory: direction, the pod it is about, the peer's
/// prefix, the protocol (0 is any), ports, and `A` to allow or `D` for what isolates the pod.
///
/// # Errors
///
/// When the directory cannot be written to.
pub fn rules(expansion: &Expansion, directory: &Path) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(directory.join("rules.txt"))?);
    for (side, letter) in [(&expansion.ingress, 'I'), (&expansion.egress, 'E')] {
        for subject in &side.isolated {
            writeln!(file, "{letter} {subject} 0.0.0.0 0 0 0 65535 D")?;
        }
        for rule in &side.rules {
            let (Prefix { address, length }, (first, last)) = (rule.peer, rule.ports);
            let (subject, protocol) = (rule.subject, rule.protocol);
            writeln!(file, "{letter} {subject} {address} {length} {protocol} {first} {last} A")?;
        }
    }
    file.flush()
}

/// Writes prefixes into a directory, numbered from one.
///
/// # Errors
///
/// When the directory cannot be written to.
pub fn prefixes(prefixes: &[Prefix], directory: &Path) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(directory.join("prefixes.txt"))?);
    for (number, Prefix { address, length }) in (1_u32..).zip(prefixes) {
        writeln!(file, "{address} {length} {number}")?;
    }
    file.flush()
}

/// An object as the API writes it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Typed<'kind, T> {
    api_version: &'kind str,
    kind: &'kind str,
    #[serde(flatten)]
    object: T,
}

fn write_lines<T: Serialize>(
    directory: &Path,
    name: &str,
    api_version: &str,
    kind: &str,
    objects: impl Iterator<Item = T>,
) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(directory.join(format!("{name}.jsonl")))?);
    for object in objects {
        serde_json::to_writer(&mut file, &Typed { api_version, kind, object })?;
        file.write_all(b"\n")?;
    }
    file.flush()
}

/// `SetDefaults_ContainerPort`.
fn with_protocols(pod: &Pod) -> Pod {
    let mut pod = pod.clone();
    for port in pod.spec.containers.iter_mut().flat_map(|container| &mut container.ports) {
        port.protocol.get_or_insert_with(|| "TCP".to_owned());
    }
    pod
}

/// `SetDefaults_NetworkPolicy` and `SetDefaults_NetworkPolicyPort`. Policies of a world name their
/// types themselves.
fn with_defaults(policy: &NetworkPolicy) -> NetworkPolicy {
    let mut policy = policy.clone();
    let spec = &mut policy.spec;
    let ports = spec.ingress.iter_mut().flat_map(|rule| &mut rule.ports);
    for port in ports.chain(spec.egress.iter_mut().flat_map(|rule| &mut rule.ports)) {
        port.protocol.get_or_insert_with(|| "TCP".to_owned());
    }
    policy
}
