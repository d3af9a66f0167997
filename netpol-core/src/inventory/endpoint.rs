use std::net::IpAddr;
use std::sync::Arc;

use smallvec::SmallVec;

use super::labels::{Label, LabelIndex};
use crate::model::{Container, Kind, LabelSelector, Labels, Pod, PodSpec, Timestamp, Workload};
use crate::net::{Protocol, parse_address};
use crate::options::{NamedPortContainers, Options};
use crate::selector::Selector;

/// A pod, or a workload that stands in for the pods it would make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EndpointRecord {
    pub(crate) kind: Kind,
    /// Number of its namespace.
    pub(crate) home: u32,
    pub(crate) namespace: Arc<str>,
    pub(crate) name: Box<str>,
    pub(crate) labels: Box<[Label]>,
    /// At most one of each family, in the pod's order.
    pub(crate) addresses: SmallVec<[IpAddr; 2]>,
    pub(crate) named_ports: Vec<NamedContainerPort>,
    pub(crate) host_network: bool,
    /// In phase `Succeeded` or `Failed`.
    pub(crate) completed: bool,
    pub(crate) running: bool,
    pub(crate) created: Option<Timestamp>,
    pub(crate) node: Box<str>,
    /// The addresses of the node, as the pod's own status gives them.
    pub(crate) host_addresses: SmallVec<[IpAddr; 2]>,
    /// Of a workload: which pods are its own; `None` when nothing can be.
    pub(crate) own_pods: Option<Selector>,
}

/// A container port with a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NamedContainerPort {
    pub(crate) name: Arc<str>,
    /// The name's number.
    pub(crate) label: Label,
    pub(crate) protocol: Protocol,
    pub(crate) number: u16,
}

impl EndpointRecord {
    /// What matters of a pod. Addresses that do not parse are left out; validation has told.
    pub(super) fn from_pod(
        name: Box<str>,
        home: (u32, Arc<str>),
        pod: &Pod,
        options: &Options,
        names: &mut Names,
    ) -> EndpointRecord {
        let status = &pod.status;
        let mut addresses: SmallVec<[IpAddr; 2]> = SmallVec::new();
        for address in parse_addresses(&status.pod_ips, &status.pod_ip) {
            if !addresses.iter().any(|known| known.is_ipv4() == address.is_ipv4()) {
                addresses.push(address);
            }
        }
        EndpointRecord {
            kind: Kind::Pod,
            home: home.0,
            namespace: home.1,
            name,
            labels: names.labels(&pod.metadata.labels),
            addresses,
            named_ports: names.ports(&pod.spec, options),
            host_network: pod.spec.host_network,
            completed: matches!(status.phase.as_str(), "Succeeded" | "Failed"),
            running: status.phase == "Running",
            created: pod.metadata.creation_timestamp,
            node: pod.spec.node_name.as_str().into(),
            host_addresses: parse_addresses(&status.host_ips, &status.host_ip).collect(),
            own_pods: None,
        }
    }

    /// What matters of a workload: its template, as a pod without an address.
    pub(super) fn from_workload(
        name: Box<str>,
        home: (u32, Arc<str>),
        workload: &Workload,
        options: &Options,
        names: &mut Names,
    ) -> EndpointRecord {
        let template = &workload.template;
        let own_pods = match &workload.selector {
            Some(selector) => Selector::try_from(selector).ok(),
            // The server makes a Job's selector; until then its pods are those that look like it.
            None if template.metadata.labels.is_empty() => None,
            None => Selector::try_from(&LabelSelector {
                match_labels: template.metadata.labels.clone(),
                match_expressions: Vec::new(),
            })
            .ok(),
        };
        EndpointRecord {
            kind: Kind::Workload(workload.kind),
            home: home.0,
            namespace: home.1,
            name,
            labels: names.labels(&template.metadata.labels),
            addresses: SmallVec::new(),
            named_ports: names.ports(&template.spec, options),
            host_network: template.spec.host_network,
            completed: false,
            running: false,
            created: None,
            node: "".into(),
            host_addresses: SmallVec::new(),
            own_pods,
        }
    }

    /// Bytes on the heap.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<EndpointRecord>()
            + self.name.len()
            + self.node.len()
            + size_of_val::<[Label]>(&self.labels)
            + self.named_ports.capacity() * size_of::<NamedContainerPort>()
    }
}

/// The texts of labels and of port names, each once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    pub(crate) labels: LabelIndex,
    /// Port names are labels without a key.
    pub(crate) ports: LabelIndex,
}

impl Names {
    pub(super) fn labels(&mut self, labels: &Labels) -> Box<[Label]> {
        labels.iter().map(|(key, value)| self.labels.intern(key, value)).collect()
    }

    fn ports(&mut self, spec: &PodSpec, options: &Options) -> Vec<NamedContainerPort> {
        let counts = |container: &&Container| match options.named_port_containers {
            NamedPortContainers::Containers => false,
            NamedPortContainers::ContainersAndSidecars => {
                container.restart_policy.as_deref() == Some("Always")
            }
            NamedPortContainers::AllContainers => true,
        };
        let init_containers = spec.init_containers.iter().filter(counts);
        let ports =
            spec.containers.iter().chain(init_containers).flat_map(|container| &container.ports);
        let mut named = ports
            .filter(|port| !port.name.is_empty())
            .filter_map(|port| {
                let protocol = match port.protocol.as_deref() {
                    None | Some("") => Protocol::TCP,
                    Some(text) => Protocol::from_api(text)?,
                };
                let number = u16::try_from(port.container_port).ok().filter(|port| *port > 0)?;
                let label = self.ports.intern("", &port.name);
                let name = Arc::clone(self.ports.value(label));
                Some(NamedContainerPort { name, label, protocol, number })
            })
            .collect::<Vec<_>>();
        named.sort_unstable();
        named.dedup();
        named.shrink_to_fit();
        named
    }
}

/// The addresses of a list, or the single one where the list is empty.
fn parse_addresses<'a>(list: &'a [String], single: &'a str) -> impl Iterator<Item = IpAddr> + 'a {
    let single = list.is_empty().then_some(single);
    list.iter().map(String::as_str).chain(single).filter_map(parse_address)
}
