use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::fault::Fault;
use crate::inventory::labels::{Label, LabelIndex};
use crate::model::{IntOrString, Labels, Service, ServicePort, ServiceSpec};
use crate::net::{Families, Protocol, parse_address};
use crate::selector::{label_key_faults, label_value_faults};

/// What matters of a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceRecord {
    pub(crate) namespace: Box<str>,
    pub(crate) name: Box<str>,
    pub(crate) form: ServiceForm,
    /// The labels of its pods; none when somebody else says where its traffic goes.
    pub(crate) selector: Box<[Label]>,
    /// The same as it is written.
    pub(crate) selector_text: Box<str>,
    /// Those that have a number and a protocol.
    pub(crate) ports: Box<[ServicePortRecord]>,
    /// The addresses at which it takes traffic, which nobody has: what comes to them goes on to
    /// others.
    pub(crate) addresses: SmallVec<[(IpAddr, ServiceAddress); 2]>,
    /// The families it is served in.
    pub(crate) families: Families,
    pub(crate) publish_not_ready: bool,
    /// Its traffic stays on the node that it comes from.
    pub(crate) local: bool,
    /// Something else than its pods and nodes can be reached with it from outside.
    pub(crate) is_exposed: bool,
    /// What of it is not understood, so that nobody can say where its traffic goes.
    pub(crate) fault: Option<Fault>,
}

/// How traffic gets from a Service to its pods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ServiceForm {
    /// It is sent to an address of the Service's own, and is translated.
    Translated,
    /// The name means the pods' addresses; nothing is translated.
    Headless,
    /// The name means another name.
    ExternalName(Box<str>),
}

/// A port of a Service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServicePortRecord {
    pub(crate) name: Box<str>,
    pub(crate) protocol: Protocol,
    pub(crate) number: u16,
    pub(crate) target: TargetPort,
}

/// Which port of the pods it means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum TargetPort {
    Number(u16),
    /// The one with this name, on each pod its own.
    Name(Box<str>),
    /// Nobody can say.
    Unreadable,
}

/// What an address of a Service is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ServiceAddress {
    ClusterIp,
    ExternalIp,
}

impl ServiceRecord {
    /// From a Service, with its labels kept in the index until they are [dropped].
    ///
    /// [dropped]: ServiceRecord::drop_labels
    pub(super) fn from_service(
        name: Box<str>,
        service: &Service,
        labels: &mut LabelIndex,
    ) -> ServiceRecord {
        let spec = &service.spec;
        let malformed = spec.selector.iter().any(|(key, value)| {
            !label_key_faults(key).is_empty() || !label_value_faults(value).is_empty()
        });
        let kind = spec.kind.as_str();
        let known = ["", "ClusterIP", "NodePort", "LoadBalancer", "ExternalName"];
        let fault = if malformed {
            Some(Fault::Selector)
        } else if !known.contains(&kind) {
            Some(Fault::Type)
        } else {
            None
        };
        let selector = if malformed { Box::default() } else { keep_labels(&spec.selector, labels) };
        let own = cluster_ips(spec);
        let addresses = |texts: &[&str], role| {
            let addresses = texts.iter().filter_map(|text| parse_address(text));
            addresses.map(|address| (address, role)).collect::<SmallVec<[_; 2]>>()
        };
        let external = spec.external_ips.iter().map(String::as_str).collect::<Vec<_>>();
        let mut all = addresses(&own, ServiceAddress::ClusterIp);
        let form = match kind {
            "ExternalName" => ServiceForm::ExternalName(spec.external_name.as_str().into()),
            _ if own == ["None"] => ServiceForm::Headless,
            _ => ServiceForm::Translated,
        };
        let families = families(spec, all.iter().map(|(address, _)| *address));
        all.extend(addresses(&external, ServiceAddress::ExternalIp));
        all.sort_unstable();
        all.dedup_by_key(|(address, _)| *address);
        ServiceRecord {
            namespace: service.metadata.namespace.as_str().into(),
            name,
            form,
            selector,
            selector_text: text(&spec.selector),
            ports: spec.ports.iter().filter_map(ServicePortRecord::from_port).collect(),
            addresses: all,
            families,
            publish_not_ready: spec.publish_not_ready_addresses,
            local: spec.internal_traffic_policy.as_deref() == Some("Local"),
            is_exposed: matches!(kind, "NodePort" | "LoadBalancer") || !external.is_empty(),
            fault,
        }
    }

    /// Lets go of its labels.
    pub(super) fn drop_labels(&self, labels: &mut LabelIndex) {
        for label in &self.selector {
            labels.drop_kept(*label);
        }
    }

    /// Whether it selects an endpoint with these labels.
    pub(crate) fn selects(&self, labels: &[Label]) -> bool {
        !self.selector.is_empty() && self.selector.iter().all(|label| labels.contains(label))
    }

    /// Bytes on the heap.
    pub(crate) fn bytes(&self) -> usize {
        let ports = self.ports.iter().map(|port| {
            let target = match &port.target {
                TargetPort::Name(name) => name.len(),
                _ => 0,
            };
            size_of::<ServicePortRecord>() + port.name.len() + target
        });
        size_of::<ServiceRecord>()
            + self.namespace.len()
            + self.name.len()
            + self.selector_text.len()
            + size_of_val::<[Label]>(&self.selector)
            + ports.sum::<usize>()
    }
}

impl ServicePortRecord {
    fn from_port(port: &ServicePort) -> Option<ServicePortRecord> {
        let number_of = |number: i32| u16::try_from(number).ok().filter(|number| *number > 0);
        let number = number_of(port.port)?;
        let protocol = match port.protocol.as_deref() {
            None | Some("") => Protocol::TCP,
            Some(text) => Protocol::from_api(text)?,
        };
        let target = match &port.target_port {
            None | Some(IntOrString::Int(0)) => TargetPort::Number(number),
            Some(IntOrString::Int(target)) => {
                number_of(*target).map_or(TargetPort::Unreadable, TargetPort::Number)
            }
            Some(IntOrString::String(name)) if name.is_empty() => TargetPort::Number(number),
            Some(IntOrString::String(name)) => TargetPort::Name(name.as_str().into()),
        };
        Some(ServicePortRecord { name: port.name.as_str().into(), protocol, number, target })
    }
}

/// The list of its own addresses, which the single one stands for where it is empty.
fn cluster_ips(spec: &ServiceSpec) -> Vec<&str> {
    let single = (spec.cluster_ips.is_empty() && !spec.cluster_ip.is_empty())
        .then_some(spec.cluster_ip.as_str());
    spec.cluster_ips.iter().map(String::as_str).chain(single).collect()
}

/// Those that it says, else those of its addresses; both when it says nothing.
///
/// Source: `getAddressTypesForService` of k8s.io/endpointslice.
fn families(spec: &ServiceSpec, own: impl Iterator<Item = IpAddr>) -> Families {
    let said = spec.ip_families.iter().map(|family| match family.as_str() {
        "IPv4" => Families::IPV4,
        "IPv6" => Families::IPV6,
        _ => Families::default(),
    });
    let said = said.fold(Families::default(), Families::or);
    let own = Families::of_all(own);
    [said, own].into_iter().find(|families| !families.is_empty()).unwrap_or(Families::BOTH)
}

/// The numbers of these labels, which the index keeps until they are dropped.
pub(super) fn keep_labels(selector: &Labels, labels: &mut LabelIndex) -> Box<[Label]> {
    let kept = selector.iter().map(|(key, value)| {
        let label = labels.intern(key, value);
        labels.keep(label);
        label
    });
    kept.collect()
}

/// A selector as it is written.
pub(super) fn text(selector: &Labels) -> Box<str> {
    let labels = selector.iter().map(|(key, value)| format!("{key}={value}"));
    labels.collect::<Vec<_>>().join(",").into()
}
