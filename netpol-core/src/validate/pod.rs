use std::collections::BTreeSet;

use smallvec::SmallVec;

use super::names::{port_name_faults, port_number_fault};
use super::object_meta;
use crate::field::{Error, ErrorKind, ErrorList, Path, origin};
use crate::model::{ContainerPort, Kind, Pod, PodSpec};
use crate::net::{Protocol, parse_address};

/// Every fault of a Pod: its metadata, the ports of its containers, and the addresses in its
/// status, which a dump has and a new Pod has not.
///
/// A Pod of a manifest that only says what policies look at is a Pod here: containers, images and
/// what else does not bear on the network are not asked for.
///
/// Sources: `ValidatePodSpec` and `ValidatePodStatusUpdate` of
/// kubernetes/pkg/apis/core/validation.
#[must_use]
pub fn pod(pod: &Pod) -> ErrorList {
    let mut errors = object_meta(&pod.metadata, Kind::Pod, &Path::new("metadata"));
    errors.append(pod_spec(&pod.spec, &Path::new("spec")));
    let path = Path::new("status");
    let status = &pod.status;
    errors.append(addresses("hostIP", &status.host_ip, &status.host_ips, &path));
    errors.append(addresses("podIP", &status.pod_ip, &status.pod_ips, &path));
    errors
}

/// Every fault of the containers of a pod spec at `path`.
pub(super) fn pod_spec(spec: &PodSpec, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let lists = [("containers", &spec.containers), ("initContainers", &spec.init_containers)];
    for (field, containers) in lists {
        for (index, container) in containers.iter().enumerate() {
            let path = || path.child(field).index(index).child("ports");
            errors.append(container_ports(&container.ports, path));
        }
    }
    errors
}

/// Source: `validateContainerPorts` of kubernetes/pkg/apis/core/validation.
fn container_ports(ports: &[ContainerPort], path: impl Fn() -> Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let mut names = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        // Pods are many, and nearly all are well-formed: no path is made before there is a fault.
        let path = |field| path().index(index).child(field);
        let ContainerPort { name, container_port, protocol } = port;
        if !name.is_empty() {
            let faults = port_name_faults(name);
            if faults.is_empty() && ports.len() > 1 && !names.insert(name.as_str()) {
                errors.push(duplicate(&path("name"), name, origin::PORT_NAME_UNIQUE));
            }
            for fault in faults {
                errors.push(Error::invalid(&path("name"), name, fault, origin::PORT_NAME));
            }
        }
        if *container_port == 0 {
            let path = path("containerPort");
            errors.push(Error::required(&path, "", origin::CONTAINER_PORT_REQUIRED));
        } else if let Some(fault) = port_number_fault(*container_port) {
            let path = path("containerPort");
            errors.push(Error::invalid(&path, container_port, fault, origin::PORT_NUMBER));
        }
        // The API type is no pointer, so that an empty protocol is an absent one: TCP.
        if let Some(protocol) = protocol.as_deref().filter(|protocol| !protocol.is_empty())
            && Protocol::from_api(protocol).is_none()
        {
            let supported = ["SCTP", "TCP", "UDP"];
            let path = path("protocol");
            errors.push(Error::not_supported(&path, protocol, &supported, origin::PROTOCOL));
        }
    }
    errors
}

/// Faults of a pair of fields like `podIP` and `podIPs`. `name` is that of the first.
///
/// Sources: `validatePodIPs` and `validateHostIPs` of kubernetes/pkg/apis/core/validation, where
/// the first field is read when the list is empty.
fn addresses(name: &str, single: &str, list: &[String], path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let invalid_address = |path: &Path, text: &str| {
        let detail = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
        Error::invalid(path, text, detail, origin::IP)
    };
    let single_address = if single.is_empty() { None } else { parse_address(single) };
    if !single.is_empty() && single_address.is_none() {
        errors.push(invalid_address(&path.child(name), single));
    }
    let list_path = || path.child(&format!("{name}s"));
    // The first is nearly always the single one again.
    let parse = |text: &String| if text == single { single_address } else { parse_address(text) };
    let parsed: SmallVec<[_; 2]> = list.iter().map(parse).collect();
    if let (Some(Some(first)), Some(single)) = (parsed.first(), single_address)
        && *first != single
    {
        let detail = format!("must be equal to `{name}`");
        let path = list_path().index(0);
        errors.push(Error::invalid(&path, first, detail, origin::FIRST_OF_LIST));
    }
    for (index, (text, address)) in list.iter().zip(&parsed).enumerate() {
        if address.is_none() {
            errors.push(invalid_address(&list_path().index(index), text));
        }
    }
    let families = parsed.iter().flatten().map(std::net::IpAddr::is_ipv4);
    errors.append(one_of_each_family(families, list, "IP", list_path));
    errors
}

/// Faults of a list of addresses or ranges of which there may be one of each family: more of a
/// family, and elements that are written the same. `families` says of each readable element
/// whether it is IPv4; `noun` is what to call an element.
pub(super) fn one_of_each_family(
    families: impl Iterator<Item = bool>,
    list: &[String],
    noun: &str,
    path: impl Fn() -> Path,
) -> ErrorList {
    let mut errors = ErrorList::new();
    if list.len() < 2 {
        return errors;
    }
    let (mut ipv4, mut ipv6) = (0, 0);
    for is_ipv4 in families {
        *(if is_ipv4 { &mut ipv4 } else { &mut ipv6 }) += 1;
    }
    if ipv4 > 1 || ipv6 > 1 {
        let detail = format!("may specify no more than one {noun} for each IP family");
        errors.push(Error::invalid(&path(), list.join(", "), detail, origin::FAMILY_UNIQUE));
    }
    let mut seen = BTreeSet::new();
    for (index, text) in list.iter().enumerate() {
        if !seen.insert(text) {
            errors.push(duplicate(&path().index(index), text, origin::UNIQUE));
        }
    }
    errors
}

fn duplicate(path: &Path, value: &str, origin: &'static str) -> Error {
    Error::of_kind(ErrorKind::Duplicate, path, Some(value.to_owned()), "", origin)
}

#[cfg(test)]
mod tests {
    use super::pod;
    use crate::field::ErrorKind::{Duplicate, Invalid, NotSupported, Required};
    use crate::field::{ErrorKind, origin};
    use crate::validate::assertions::assert_errors;
    use serde_json::{Value, json};

    #[track_caller]
    fn check(spec: Value, status: Value, expected: &[(ErrorKind, &str, &str)]) {
        let metadata = json!({"name": "web", "namespace": "default"});
        let object = json!({"metadata": metadata, "spec": spec, "status": status});
        assert_errors(&pod(&serde_json::from_value(object).unwrap()), expected);
    }

    #[track_caller]
    fn check_ports(ports: Value, expected: &[(ErrorKind, &str, &str)]) {
        check(json!({"containers": [{}, {"ports": ports}]}), json!({}), expected);
    }

    #[test]
    fn only_what_policies_look_at_is_asked_for() {
        check(json!({}), json!({}), &[]);
    }

    #[test]
    fn container_ports() {
        check_ports(
            json!([
                {"name": "http", "containerPort": 8080},
                {"name": "dns", "containerPort": 53, "protocol": "UDP"},
                {"containerPort": 65535, "protocol": ""},
                {"containerPort": 8080}
            ]),
            &[],
        );
        check_ports(
            json!([
                {"name": "Http", "containerPort": 8080},
                {"name": "dns"},
                {"name": "dns", "containerPort": 65536, "protocol": "tcp"},
                {"containerPort": -1}
            ]),
            &[
                (Invalid, "spec.containers[1].ports[0].name", origin::PORT_NAME),
                (
                    Required,
                    "spec.containers[1].ports[1].containerPort",
                    origin::CONTAINER_PORT_REQUIRED,
                ),
                (Duplicate, "spec.containers[1].ports[2].name", origin::PORT_NAME_UNIQUE),
                (Invalid, "spec.containers[1].ports[2].containerPort", origin::PORT_NUMBER),
                (NotSupported, "spec.containers[1].ports[2].protocol", origin::PROTOCOL),
                (Invalid, "spec.containers[1].ports[3].containerPort", origin::PORT_NUMBER),
            ],
        );
    }

    #[test]
    fn two_containers_may_use_one_name() {
        let ports = json!([{"name": "http", "containerPort": 80}]);
        check(json!({"containers": [{"ports": ports}, {"ports": ports}]}), json!({}), &[]);
    }

    #[test]
    fn init_containers_come_last() {
        let ports = json!([{"containerPort": 0}]);
        check(
            json!({"initContainers": [{"ports": ports}], "containers": [{"ports": ports}]}),
            json!({}),
            &[
                (
                    Required,
                    "spec.containers[0].ports[0].containerPort",
                    origin::CONTAINER_PORT_REQUIRED,
                ),
                (
                    Required,
                    "spec.initContainers[0].ports[0].containerPort",
                    origin::CONTAINER_PORT_REQUIRED,
                ),
            ],
        );
    }

    #[test]
    fn addresses_parse() {
        check(
            json!({}),
            json!({"podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}],
                   "hostIP": "192.0.2.1", "hostIPs": [{"ip": "192.0.2.1"}]}),
            &[],
        );
        check(json!({}), json!({"podIP": "010.0.0.1", "podIPs": [{"ip": "10.0.0.1"}]}), &[]);
        check(
            json!({}),
            json!({"podIP": "x", "podIPs": [{"ip": "10.0.0.1"}, {"ip": ""}], "hostIP": "y"}),
            &[
                (Invalid, "status.hostIP", origin::IP),
                (Invalid, "status.podIP", origin::IP),
                (Invalid, "status.podIPs[1]", origin::IP),
            ],
        );
    }

    #[test]
    fn the_first_of_the_list_is_the_single_address() {
        check(
            json!({}),
            json!({"podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.2"}]}),
            &[(Invalid, "status.podIPs[0]", origin::FIRST_OF_LIST)],
        );
    }

    #[test]
    fn one_address_of_each_family() {
        check(
            json!({}),
            json!({"podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}, {"ip": "10.0.0.2"}]}),
            &[(Invalid, "status.podIPs", origin::FAMILY_UNIQUE)],
        );
        check(
            json!({}),
            json!({"podIPs": [{"ip": "fd00::1"}, {"ip": "fd00::1"}]}),
            &[
                (Invalid, "status.podIPs", origin::FAMILY_UNIQUE),
                (Duplicate, "status.podIPs[1]", origin::UNIQUE),
            ],
        );
    }
}
