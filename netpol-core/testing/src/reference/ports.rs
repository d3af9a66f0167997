//! Which packets an entry of a rule's `ports` matches.
//!
//! Sources: the comments of `NetworkPolicyPort` in `k8s.io/api/networking/v1/types.go`;
//! `ValidateNetworkPolicyPort` in
//! `k8s.io/kubernetes/pkg/apis/networking/validation/validation.go`; `IsValidPortName` in
//! `k8s.io/apimachinery/pkg/util/validation`.

use netpol_core::Packet;
use netpol_core::model::{Container, ContainerPort, IntOrString, NetworkPolicyPort, PodSpec};
use netpol_core::net::Protocol;
use netpol_core::options::NamedPortContainers;

use super::World;

impl World {
    /// Whether `entry` matches. The port compared is the packet's destination port in both
    /// directions, and a name is one of the `destination` pod's ports. A packet without ports
    /// matches no entry, not even one that names a protocol alone.
    pub(super) fn port_matches(
        &self,
        entry: &NetworkPolicyPort,
        packet: &Packet,
        destination: Option<&PodSpec>,
    ) -> bool {
        let Some(protocol) = understood_protocol(entry) else { return false };
        let Some(number) = packet.destination_port() else { return false };
        let number = i32::from(number);
        if packet.protocol() != protocol {
            return false;
        }
        match &entry.port {
            None => true,
            Some(IntOrString::Int(first)) => {
                let last = entry.end_port.filter(|_| self.options.end_port).unwrap_or(*first);
                (*first..=last).contains(&number)
            }
            Some(IntOrString::String(name)) => {
                destination.is_some_and(|pod| self.has_named_port(pod, name, protocol, number))
            }
        }
    }

    /// Whether a port of the pod has this name, protocol and number.
    pub(super) fn has_named_port(
        &self,
        pod: &PodSpec,
        name: &str,
        protocol: Protocol,
        number: i32,
    ) -> bool {
        self.named_ports(pod).iter().any(|port| {
            port.name == name
                && declared_protocol(port) == Some(protocol)
                && port.container_port == number
        })
    }

    /// The container ports that names may refer to. Two containers may use the same name for
    /// different numbers; then either will do.
    pub(super) fn named_ports<'a>(&self, pod: &'a PodSpec) -> Vec<&'a ContainerPort> {
        let containers = pod.containers.iter();
        let init_containers = pod.init_containers.iter().filter(|container| {
            match self.options.named_port_containers {
                NamedPortContainers::ContainersAndSidecars => is_sidecar(container),
                NamedPortContainers::AllContainers => true,
                _ => false,
            }
        });
        containers.chain(init_containers).flat_map(|container| &container.ports).collect()
    }
}

fn is_sidecar(container: &Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

/// A container port without protocol is a TCP port.
pub(super) fn declared_protocol(port: &ContainerPort) -> Option<Protocol> {
    let valid = is_port_number(port.container_port);
    Protocol::from_api(port.protocol.as_deref().unwrap_or("TCP")).filter(|_| valid)
}

pub(super) fn is_port_number(number: i32) -> bool {
    (1..=65535).contains(&number)
}

/// The entry's protocol, TCP when it names none; `None` when anything in the entry would be
/// refused by the API server, because then the entry means nothing.
fn understood_protocol(entry: &NetworkPolicyPort) -> Option<Protocol> {
    let understood = match (&entry.port, entry.end_port) {
        (None, None) => true,
        (Some(IntOrString::Int(port)), None) => is_port_number(*port),
        (Some(IntOrString::Int(port)), Some(end)) => {
            is_port_number(*port) && is_port_number(end) && *port <= end
        }
        (Some(IntOrString::String(name)), None) => is_port_name(name),
        (None | Some(IntOrString::String(_)), Some(_)) => false,
    };
    Protocol::from_api(entry.protocol.as_deref().unwrap_or("TCP")).filter(|_| understood)
}

/// At most 15 of `a-z0-9-`, at least one letter, hyphens neither at an end nor side by side.
fn is_port_name(name: &str) -> bool {
    name.len() <= 15
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && name.bytes().any(|b| b.is_ascii_lowercase())
        && !name.contains("--")
        && !name.starts_with('-')
        && !name.ends_with('-')
}
