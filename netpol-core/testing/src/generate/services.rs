//! Services over the labels and ports of the cluster, and slices over its addresses.

use std::net::IpAddr;

use netpol_core::model::{
    Endpoint, EndpointConditions, EndpointPort, EndpointSlice, IntOrString, Labels, Object,
    ObjectMeta, ObjectReference, Service, ServicePort, ServiceSpec,
};
use netpol_core::net::Protocol;

use super::cluster::{
    PORT_NAMES, PORT_NUMBERS, PROTOCOLS, busy_namespace, labels as labels_of_a_pod,
};
use super::{Choices, addresses};
use crate::reference::{Party, ServiceQuestion};

/// Names of pods, of which slices say that an address is theirs.
const PODS: [&str; 4] = ["p0", "p1", "p2", "p9"];

/// Up to three Services, most of them with endpoints, and up to three slices of them and of one
/// that is not there.
pub(super) fn objects(choices: &mut impl Choices, pods: &[IpAddr], junk: bool) -> Vec<Object> {
    let mut objects = Vec::new();
    let mut services = Vec::new();
    for number in 0..choices.below(4) {
        services.push(service(choices, number, junk));
    }
    if !services.is_empty() {
        for number in 0..choices.below(6) / 2 {
            let of = choices.pick(&services).clone();
            objects.push(slice(choices, number, &of, pods, junk));
        }
    }
    objects.extend(services.into_iter().map(Object::Service));
    objects
}

/// Another version of a Service or slice.
pub(super) fn another_version(
    choices: &mut impl Choices,
    object: &Object,
    pods: &[IpAddr],
    junk: bool,
) -> Object {
    match object {
        Object::EndpointSlice(of) => {
            let mut service = Service::default();
            service.metadata.namespace.clone_from(&of.metadata.namespace);
            service.metadata.name = format!("s{}", choices.below(3));
            let port = ServicePort { name: name(choices, 1), port: 80, ..ServicePort::default() };
            service.spec.ports.push(port);
            slice(choices, 0, &service, pods, junk)
        }
        _ => Object::Service(service(choices, 0, junk)),
    }
}

/// A question about one of the Services, or about one that is not there.
pub(super) fn question(
    choices: &mut impl Choices,
    source: Party,
    services: &[Service],
) -> ServiceQuestion {
    if services.is_empty() || choices.once_in(12) {
        let (service, port) = ("a/nothing".to_owned(), IntOrString::Int(80));
        return ServiceQuestion { source, service, protocol: Protocol::TCP, port };
    }
    let service = choices.pick(services);
    let metadata = &service.metadata;
    let own = service.spec.ports.first();
    let protocol = own.and_then(|port| port.protocol.as_deref());
    let protocol = match protocol {
        Some(text) if !choices.once_in(6) => Protocol::from_api(text).unwrap_or(Protocol::TCP),
        _ => Protocol::TCP,
    };
    let port = match (choices.below(8), own) {
        (0..=3, Some(own)) => IntOrString::Int(u16::try_from(own.port).unwrap_or(0).into()),
        (4 | 5, Some(own)) => IntOrString::String(own.name.clone()),
        (6, _) => IntOrString::String((*choices.pick(&PORT_NAMES)).to_owned()),
        _ => IntOrString::Int((*choices.pick(&PORT_NUMBERS)).into()),
    };
    let service = format!("{}/{}", metadata.namespace, metadata.name);
    ServiceQuestion { source, service, protocol, port }
}

fn service(choices: &mut impl Choices, number: usize, junk: bool) -> Service {
    let metadata = ObjectMeta {
        name: format!("s{number}"),
        namespace: busy_namespace(choices),
        ..ObjectMeta::default()
    };
    let mut spec = ServiceSpec { selector: selector(choices), ..ServiceSpec::default() };
    for number in 0..choices.between(1, 2) {
        spec.ports.push(port(choices, number));
    }
    match choices.below(12) {
        0 | 1 => spec.cluster_ip = "None".to_owned(),
        2 => {
            spec.kind = "ExternalName".to_owned();
            spec.external_name = "db.example.com".to_owned();
        }
        3 => spec.cluster_ip = "10.96.0.1".to_owned(),
        4 => {
            spec.cluster_ip = "fd00:96::1".to_owned();
            spec.cluster_ips = vec!["fd00:96::1".to_owned(), "10.96.0.1".to_owned()];
        }
        5 => spec.ip_families = vec![(*choices.pick(&["IPv4", "IPv6"])).to_owned()],
        6 => spec.kind = "NodePort".to_owned(),
        _ => {}
    }
    spec.publish_not_ready_addresses = choices.once_in(6);
    if junk && choices.once_in(3) {
        match choices.below(5) {
            0 => spec.kind = "Magic".to_owned(),
            1 => {
                spec.selector.insert("a b".to_owned(), "c".to_owned());
            }
            2 => spec.ip_families = vec!["IPv5".to_owned()],
            3 => spec.ports[0].protocol = Some("tcp".to_owned()),
            _ => spec.ports[0].target_port = Some(IntOrString::Int(65536)),
        }
    }
    Service { metadata, spec }
}

/// One label mostly, since pods have two of five values each; none now and then.
fn selector(choices: &mut impl Choices) -> Labels {
    let mut selector = labels_of_a_pod(choices);
    while selector.len() > 1 && !choices.once_in(4) {
        selector.pop_first();
    }
    selector
}

fn port(choices: &mut impl Choices, number: usize) -> ServicePort {
    let protocol = choices.once_in(3).then(|| (*choices.pick(&PROTOCOLS)).to_owned());
    let target_port = match choices.below(8) {
        0 => Some(IntOrString::Int(0)),
        1 => Some(IntOrString::String(String::new())),
        2 | 3 => Some(IntOrString::Int((*choices.pick(&PORT_NUMBERS)).into())),
        4..=6 => Some(IntOrString::String((*choices.pick(&PORT_NAMES)).to_owned())),
        _ => None,
    };
    let port = (*choices.pick(&PORT_NUMBERS)).into();
    ServicePort { name: name(choices, number), protocol, port, target_port }
}

/// Of the first port empty now and then.
fn name(choices: &mut impl Choices, number: usize) -> String {
    let names = ["", "http", "dns"];
    (*choices.pick(if number == 0 { &names } else { &names[1..] })).to_owned()
}

fn slice(
    choices: &mut impl Choices,
    number: usize,
    of: &Service,
    pods: &[IpAddr],
    junk: bool,
) -> Object {
    let mut metadata = ObjectMeta {
        name: format!("slice-{number}"),
        namespace: of.metadata.namespace.clone(),
        ..ObjectMeta::default()
    };
    let service = if choices.once_in(8) { "s9" } else { &of.metadata.name };
    if !choices.once_in(12) {
        metadata.labels.insert(EndpointSlice::SERVICE_NAME.to_owned(), service.to_owned());
    }
    let ipv6 = choices.once_in(4);
    let mut slice = EndpointSlice {
        metadata,
        address_type: if ipv6 { "IPv6" } else { "IPv4" }.to_owned(),
        ..EndpointSlice::default()
    };
    for _ in 0..choices.between(0, 4) {
        slice.endpoints.push(endpoint(choices, pods, ipv6));
    }
    for port in &of.spec.ports {
        if choices.once_in(8) {
            continue;
        }
        let number = (!choices.once_in(12)).then(|| i32::from(*choices.pick(&PORT_NUMBERS)));
        slice.ports.push(EndpointPort {
            name: (!port.name.is_empty()).then(|| port.name.clone()),
            protocol: port.protocol.clone().filter(|protocol| protocol != "tcp"),
            port: number,
        });
    }
    if junk && choices.once_in(4) {
        match choices.below(4) {
            0 => slice.address_type = (*choices.pick(&["", "IP", "FQDN"])).to_owned(),
            1 => slice.endpoints.push(Endpoint::default()),
            2 => {
                let addresses = vec![if ipv6 { "10.0.0.1" } else { "fd00::1" }.to_owned()];
                slice.endpoints.push(Endpoint { addresses, ..Endpoint::default() });
            }
            _ => {
                let protocol = Some("tcp".to_owned());
                slice.ports.push(EndpointPort { protocol, ..EndpointPort::default() });
            }
        }
    }
    Object::EndpointSlice(slice)
}

fn endpoint(choices: &mut impl Choices, pods: &[IpAddr], ipv6: bool) -> Endpoint {
    let pods: Vec<IpAddr> = pods.iter().copied().filter(|pod| pod.is_ipv6() == ipv6).collect();
    let address = if pods.is_empty() || choices.once_in(4) {
        addresses::of_a_pod(choices, ipv6)
    } else {
        *choices.pick(&pods)
    };
    let some = [None, None, None, Some(true), Some(false)];
    let conditions = EndpointConditions {
        ready: *choices.pick(&some),
        serving: *choices.pick(&some),
        terminating: *choices.pick(&some),
    };
    let target_ref = choices.once_in(4).then(|| ObjectReference {
        kind: (*choices.pick(&["Pod", "Pod", "Node"])).to_owned(),
        namespace: if choices.once_in(2) { busy_namespace(choices) } else { String::new() },
        name: (*choices.pick(&PODS)).to_owned(),
    });
    Endpoint { addresses: vec![address.to_string()], conditions, target_ref }
}
