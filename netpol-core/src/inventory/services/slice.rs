use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::fault::Fault;
use crate::model::{Endpoint, EndpointSlice};
use crate::net::{Protocol, parse_address};

/// What matters of an EndpointSlice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SliceRecord {
    pub(crate) name: Box<str>,
    /// The name of the Service that it is part of.
    pub(crate) service: Box<str>,
    /// Those that get traffic, or would if no others were there.
    pub(crate) endpoints: Box<[SliceEndpoint]>,
    /// How many it has besides, which are not ready.
    pub(crate) not_ready: u32,
    pub(crate) ports: Box<[SlicePort]>,
    /// What of it is not understood, so that nobody can say where the Service's traffic goes.
    pub(crate) fault: Option<Fault>,
}

/// An endpoint of an EndpointSlice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SliceEndpoint {
    pub(crate) address: IpAddr,
    /// It gets traffic; otherwise it goes away, and gets traffic when nobody else can.
    pub(crate) ready: bool,
    /// Namespace and name of the pod that it is said to be.
    pub(crate) pod: Option<(Box<str>, Box<str>)>,
}

/// A port that the endpoints of a slice have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SlicePort {
    /// The name of the Service's port.
    pub(crate) name: Box<str>,
    pub(crate) protocol: Protocol,
    pub(crate) number: u16,
}

impl SliceRecord {
    /// From an EndpointSlice, as kube-proxy reads one: of an endpoint's addresses the first, of
    /// ports those that have a number, of types those of IP addresses.
    ///
    /// Source: kubernetes/pkg/proxy/endpointslicecache.go.
    pub(super) fn from_slice(name: Box<str>, slice: &EndpointSlice) -> SliceRecord {
        let namespace = slice.metadata.namespace.as_str();
        let service = slice.metadata.labels.get(EndpointSlice::SERVICE_NAME);
        let mut record = SliceRecord {
            name,
            service: service.map(String::as_str).unwrap_or_default().into(),
            endpoints: Box::default(),
            not_ready: 0,
            ports: Box::default(),
            fault: None,
        };
        let is_ipv4 = match slice.address_type.as_str() {
            "IPv4" => true,
            "IPv6" => false,
            "FQDN" => return record,
            _ => {
                record.fault = Some(Fault::AddressType);
                return record;
            }
        };
        let mut endpoints = Vec::new();
        for endpoint in &slice.endpoints {
            let conditions = &endpoint.conditions;
            let ready = conditions.ready.unwrap_or(true);
            let serves = conditions.serving.unwrap_or(true);
            let goes_away = conditions.terminating.unwrap_or(false);
            if !ready && (!serves || !goes_away) {
                record.not_ready = record.not_ready.saturating_add(1);
                continue;
            }
            let address = endpoint.addresses.first().and_then(|text| parse_address(text));
            match address.filter(|address| address.is_ipv4() == is_ipv4) {
                Some(address) => {
                    endpoints.push(SliceEndpoint { address, ready, pod: pod(endpoint, namespace) });
                }
                None => record.fault = Some(Fault::EndpointAddress),
            }
        }
        let mut ports = Vec::new();
        for port in &slice.ports {
            let protocol = match port.protocol.as_deref() {
                None => Some(Protocol::TCP),
                Some(text) => Protocol::from_api(text),
            };
            let Some(protocol) = protocol else {
                record.fault = Some(Fault::PortProtocol);
                continue;
            };
            let number = port.port.and_then(|number| u16::try_from(number).ok());
            if let Some(number) = number.filter(|number| *number > 0) {
                let name = port.name.as_deref().unwrap_or_default().into();
                ports.push(SlicePort { name, protocol, number });
            }
        }
        (record.endpoints, record.ports) = (endpoints.into(), ports.into());
        record
    }

    /// Bytes on the heap.
    pub(crate) fn bytes(&self) -> usize {
        let pods = self.endpoints.iter().filter_map(|endpoint| endpoint.pod.as_ref());
        size_of::<SliceRecord>()
            + self.name.len()
            + self.service.len()
            + size_of_val::<[SliceEndpoint]>(&self.endpoints)
            + pods.map(|(namespace, name)| namespace.len() + name.len()).sum::<usize>()
            + self.ports.iter().map(|port| size_of::<SlicePort>() + port.name.len()).sum::<usize>()
    }
}

/// The pod that an endpoint is said to be, in the slice's own namespace unless it says another.
fn pod(endpoint: &Endpoint, namespace: &str) -> Option<(Box<str>, Box<str>)> {
    let target = endpoint.target_ref.as_ref().filter(|target| target.kind == "Pod")?;
    let namespace = match target.namespace.as_str() {
        "" => namespace,
        other => other,
    };
    Some((namespace.into(), target.name.as_str().into()))
}
