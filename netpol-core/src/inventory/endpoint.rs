use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
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
    /// The container ports without a name, which no policy can mean by one.
    pub(crate) other_ports: Box<[(Protocol, u16)]>,
    pub(crate) readiness: Readiness,
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

/// Whether Services send to an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Readiness {
    /// They do. So they do to workloads, and to pods of which nothing is known.
    Ready,
    /// It goes away, and they do when nobody else is ready.
    Terminating,
    /// They do not, but for those that publish addresses that are not ready.
    NotReady,
}

impl Readiness {
    /// Of a pod, by its condition `Ready`; where it has none a pod that runs is ready, and one
    /// whose status says nothing at all.
    ///
    /// Source: `podToEndpoint` of k8s.io/endpointslice.
    fn of_pod(pod: &Pod) -> Readiness {
        let condition = pod.status.conditions.iter().find(|condition| condition.kind == "Ready");
        let serves = match condition {
            Some(condition) => condition.status == "True",
            None => matches!(pod.status.phase.as_str(), "Running" | ""),
        };
        match (serves, pod.metadata.deletion_timestamp) {
            (true, None) => Readiness::Ready,
            (true, Some(_)) => Readiness::Terminating,
            (false, _) => Readiness::NotReady,
        }
    }
}

/// A container port with a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NamedContainerPort {
    pub(crate) name: Arc<str>,
    /// The name's number.
    pub(crate) label: Label,
    pub(crate) protocol: Protocol,
    pub(crate) number: u16,
    /// Whether it is the first of its name and protocol, which is the one that Services mean.
    pub(crate) is_first: bool,
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
        let (named_ports, other_ports) = names.ports(&pod.spec, options);
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
            named_ports,
            other_ports,
            readiness: Readiness::of_pod(pod),
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
        let (named_ports, other_ports) = names.ports(&template.spec, options);
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
            named_ports,
            other_ports,
            readiness: Readiness::Ready,
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
            + size_of_val::<[(Protocol, u16)]>(&self.other_ports)
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

    /// The container ports that count by the options: those with a name, and the others.
    fn ports(
        &mut self,
        spec: &PodSpec,
        options: &Options,
    ) -> (Vec<NamedContainerPort>, Box<[(Protocol, u16)]>) {
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
        let (mut named, mut others) = (Vec::<NamedContainerPort>::new(), Vec::new());
        for port in ports {
            let protocol = match port.protocol.as_deref() {
                None | Some("") => Some(Protocol::TCP),
                Some(text) => Protocol::from_api(text),
            };
            let number = u16::try_from(port.container_port).ok().filter(|port| *port > 0);
            let (Some(protocol), Some(number)) = (protocol, number) else { continue };
            if port.name.is_empty() {
                others.push((protocol, number));
                continue;
            }
            let label = self.ports.intern("", &port.name);
            let name = Arc::clone(self.ports.value(label));
            named.push(NamedContainerPort { name, label, protocol, number, is_first: false });
        }
        // In the order of declaration within each name and protocol.
        named.sort_by(|a, b| (&a.name, a.protocol).cmp(&(&b.name, b.protocol)));
        for same in named.chunk_by_mut(|a, b| (a.label, a.protocol) == (b.label, b.protocol)) {
            if let Some(first) = same.first_mut() {
                first.is_first = true;
            }
        }
        named.sort_unstable();
        named.dedup_by(|again, kept| {
            let same = (again.label, again.protocol, again.number)
                == (kept.label, kept.protocol, kept.number);
            kept.is_first |= same && again.is_first;
            same
        });
        named.shrink_to_fit();
        others.sort_unstable();
        others.dedup();
        (named, others.into())
    }
}

/// The addresses of a list, or the single one where the list is empty.
fn parse_addresses<'a>(list: &'a [String], single: &'a str) -> impl Iterator<Item = IpAddr> + 'a {
    let single = list.is_empty().then_some(single);
    list.iter().map(String::as_str).chain(single).filter_map(parse_address)
}
