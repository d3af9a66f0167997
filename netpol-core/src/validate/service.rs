use std::collections::BTreeSet;
use std::net::IpAddr;

use super::label_selector::labels;
use super::names::{dns_label_faults, dns_subdomain_faults, port_name_faults, port_number_fault};
use super::object_meta;
use crate::field::{Error, ErrorList, Path, origin};
use crate::model::{IntOrString, Kind, Service, ServicePort, ServiceSpec};
use crate::net::{Protocol, parse_address};

/// What a headless Service has in the place of an address.
const NONE: &str = "None";

/// Every fault of a new Service in what bears on where its traffic goes: its metadata, type, ports,
/// selector, addresses and families. What the server fills in is not missed: a type, protocols,
/// targetPorts, the list that repeats `clusterIP`.
///
/// Sources: `ValidateService`, `validateServicePort` and `ValidateServiceClusterIPsRelatedFields`
/// of kubernetes/pkg/apis/core/validation, `SetDefaults_Service` of kubernetes/pkg/apis/core/v1.
#[must_use]
pub fn service(service: &Service) -> ErrorList {
    let mut errors = object_meta(&service.metadata, Kind::Service, &Path::new("metadata"));
    let path = Path::new("spec");
    let spec = &service.spec;
    let is_headless = cluster_ips(spec) == [NONE];
    if spec.ports.is_empty() && !is_headless && spec.kind != "ExternalName" {
        errors.push(Error::required(&path.child("ports"), "", origin::SERVICE_PORTS_REQUIRED));
    }
    errors.append(addresses_of_type(spec, is_headless, &path));
    let mut names = BTreeSet::new();
    for (index, port) in spec.ports.iter().enumerate() {
        let path = path.child("ports").index(index);
        errors.append(service_port(port, spec.ports.len() > 1, &mut names, &path));
    }
    errors.append(labels(&spec.selector, || path.child("selector")));
    if spec.kind != "ExternalName" {
        errors.append(addresses(spec, is_headless, &path));
    }
    for (index, text) in spec.external_ips.iter().enumerate() {
        let path = path.child("externalIPs").index(index);
        errors.append(address(text, |_| true, IP_DETAIL, &path));
    }
    if !matches!(
        spec.kind.as_str(),
        "" | "ClusterIP" | "NodePort" | "LoadBalancer" | "ExternalName"
    ) {
        let supported = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
        let path = path.child("type");
        errors.push(Error::not_supported(&path, &spec.kind, &supported, origin::SERVICE_TYPE));
    }
    let mut seen = BTreeSet::new();
    for (index, port) in spec.ports.iter().enumerate() {
        let protocol = protocol(port);
        if !seen.insert((protocol, port.port)) {
            let value = format!("{}/{protocol}", port.port);
            let path = path.child("ports").index(index);
            errors.push(Error::duplicate(&path, value, origin::SERVICE_PORT_UNIQUE));
        }
    }
    if let Some(policy) = spec.internal_traffic_policy.as_deref()
        && !matches!(policy, "Cluster" | "Local")
    {
        let path = path.child("internalTrafficPolicy");
        let supported = ["Cluster", "Local"];
        errors.push(Error::not_supported(&path, policy, &supported, origin::TRAFFIC_POLICY));
    }
    errors
}

/// The list of addresses, as the server fills it in.
fn cluster_ips(spec: &ServiceSpec) -> Vec<&str> {
    if spec.cluster_ips.is_empty() && !spec.cluster_ip.is_empty() {
        return vec![&spec.cluster_ip];
    }
    spec.cluster_ips.iter().map(String::as_str).collect()
}

fn protocol(port: &ServicePort) -> &str {
    port.protocol.as_deref().filter(|protocol| !protocol.is_empty()).unwrap_or("TCP")
}

/// What the type asks for.
fn addresses_of_type(spec: &ServiceSpec, is_headless: bool, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    match spec.kind.as_str() {
        kind @ ("LoadBalancer" | "NodePort") if is_headless => {
            let path = path.child("clusterIPs").index(0);
            let detail = format!("may not be set to 'None' for {kind} services");
            errors.push(Error::invalid(&path, NONE, detail, origin::CLUSTER_IPS));
        }
        "ExternalName" => {
            if !cluster_ips(spec).is_empty() {
                let path = path.child("clusterIPs");
                let detail = "may not be set for ExternalName services";
                errors.push(Error::forbidden(&path, detail, origin::CLUSTER_IPS));
            }
            if !spec.ip_families.is_empty() {
                let path = path.child("ipFamilies");
                let detail = "may not be set for ExternalName services";
                errors.push(Error::forbidden(&path, detail, origin::IP_FAMILIES_FORBIDDEN));
            }
            let path = path.child("externalName");
            // A dot at the end makes it fully qualified.
            let name = spec.external_name.strip_suffix('.').unwrap_or(&spec.external_name);
            if name.is_empty() {
                errors.push(Error::required(&path, "", origin::EXTERNAL_NAME_REQUIRED));
            } else {
                errors.append(
                    dns_subdomain_faults(name)
                        .into_iter()
                        .map(|fault| Error::invalid(&path, name, fault, origin::NAME_SUBDOMAIN))
                        .collect(),
                );
            }
        }
        _ => {}
    }
    errors
}

fn service_port<'port>(
    port: &'port ServicePort,
    among_others: bool,
    names: &mut BTreeSet<&'port str>,
    path: &Path,
) -> ErrorList {
    let mut errors = ErrorList::new();
    let name_path = path.child("name");
    if port.name.is_empty() {
        if among_others {
            errors.push(Error::required(&name_path, "", origin::SERVICE_PORT_NAME_REQUIRED));
        }
    } else {
        for fault in dns_label_faults(&port.name) {
            errors.push(Error::invalid(&name_path, &port.name, fault, origin::SERVICE_PORT_NAME));
        }
        if !names.insert(&port.name) {
            errors.push(Error::duplicate(&name_path, &port.name, origin::PORT_NAME_UNIQUE));
        }
    }
    if let Some(fault) = port_number_fault(port.port) {
        let path = path.child("port");
        errors.push(Error::invalid(&path, port.port, fault, origin::PORT_NUMBER));
    }
    if Protocol::from_api(protocol(port)).is_none() {
        let path = path.child("protocol");
        let supported = ["SCTP", "TCP", "UDP"];
        errors.push(Error::not_supported(&path, protocol(port), &supported, origin::PROTOCOL));
    }
    let path = path.child("targetPort");
    match &port.target_port {
        None | Some(IntOrString::Int(0)) => {}
        Some(IntOrString::Int(number)) => {
            if let Some(fault) = port_number_fault(*number) {
                errors.push(Error::invalid(&path, number, fault, origin::PORT_NUMBER));
            }
        }
        Some(IntOrString::String(name)) if name.is_empty() => {}
        Some(IntOrString::String(name)) => {
            for fault in port_name_faults(name) {
                errors.push(Error::invalid(&path, name, fault, origin::PORT_NAME));
            }
        }
    }
    errors
}

/// The addresses and the families, alone and together.
fn addresses(spec: &ServiceSpec, is_headless: bool, path: &Path) -> ErrorList {
    let mut errors = ErrorList::new();
    let (ips_path, families_path) = (path.child("clusterIPs"), path.child("ipFamilies"));
    let list = cluster_ips(spec);
    let joined = list.join(", ");
    if spec.cluster_ip.is_empty() && !list.is_empty() {
        let detail = "must be empty when `clusterIP` is not specified";
        errors.push(Error::invalid(&ips_path, &joined, detail, origin::CLUSTER_IPS_AGREE));
    } else if list.first().is_some_and(|first| *first != spec.cluster_ip) {
        let detail = "first value must match `clusterIP`";
        errors.push(Error::invalid(&ips_path, &joined, detail, origin::CLUSTER_IPS_AGREE));
    }
    let mut seen = BTreeSet::new();
    for (index, family) in spec.ip_families.iter().enumerate() {
        let path = families_path.index(index);
        if !matches!(family.as_str(), "IPv4" | "IPv6") {
            let supported = ["IPv4", "IPv6"];
            errors.push(Error::not_supported(&path, family, &supported, origin::IP_FAMILY));
        }
        if !seen.insert(family) {
            errors.push(Error::duplicate(&path, family, origin::UNIQUE));
        }
    }
    let mut unreadable = false;
    for (index, text) in list.iter().enumerate() {
        if index == 0 && *text == NONE {
            if list.len() > 1 {
                unreadable = true;
                let detail = "'None' must be the first and only value";
                errors.push(Error::invalid(&ips_path, &joined, detail, origin::CLUSTER_IPS_AGREE));
            }
        } else if parse_address(text).is_none() {
            unreadable = true;
            errors.push(Error::invalid(&ips_path.index(index), text, IP_DETAIL, origin::IP));
        }
    }
    if list.len() > 2 {
        let detail = "may only hold up to 2 values";
        errors.push(Error::invalid(&ips_path, &joined, detail, origin::CLUSTER_IPS_MAX));
    }
    if unreadable || is_headless {
        return errors;
    }
    let families = list.iter().filter_map(|text| Some(parse_address(text)?.is_ipv4()));
    let families = families.collect::<Vec<_>>();
    if let [first, others @ ..] = &families[..]
        && !others.is_empty()
        && (others.len() > 1 || others.contains(first))
    {
        let detail = "may specify no more than one IP for each IP family";
        errors.push(Error::invalid(&ips_path, &joined, detail, origin::FAMILY_UNIQUE));
    }
    for (index, (family, is_ipv4)) in spec.ip_families.iter().zip(&families).enumerate() {
        let expected = match (family.as_str(), is_ipv4) {
            ("IPv4", false) => "an IPv4",
            ("IPv6", true) => "an IPv6",
            _ => continue,
        };
        let detail = format!("expected {expected} value as indicated by `ipFamilies[{index}]`");
        let value = list.get(index).copied().unwrap_or_default();
        let path = ips_path.index(index);
        errors.push(Error::invalid(&path, value, detail, origin::CLUSTER_IPS_AGREE));
    }
    errors
}

const IP_DETAIL: &str = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";

/// Faults of an address that traffic is sent to: one that does not parse or is not of the `wanted`
/// kind, and those that can be nobody's.
///
/// Source: `ValidateNonSpecialIP` of kubernetes/pkg/apis/core/validation.
pub(super) fn address(
    text: &str,
    wanted: impl Fn(IpAddr) -> bool,
    detail: &str,
    path: &Path,
) -> ErrorList {
    let Some(address) = parse_address(text).filter(|address| wanted(*address)) else {
        return [Error::invalid(path, text, detail, origin::IP)].into_iter().collect();
    };
    let (is_link_local, is_link_local_multicast) = match address {
        IpAddr::V4(address) => {
            (address.is_link_local(), address.octets().starts_with(&[224, 0, 0]))
        }
        IpAddr::V6(address) => {
            (address.is_unicast_link_local(), address.segments()[0] & 0xff0f == 0xff02)
        }
    };
    let special = if address.is_unspecified() {
        format!("may not be unspecified ({text})")
    } else if address.is_loopback() {
        "may not be in the loopback range (127.0.0.0/8, ::1/128)".to_owned()
    } else if is_link_local {
        "may not be in the link-local range (169.254.0.0/16, fe80::/10)".to_owned()
    } else if is_link_local_multicast {
        "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)".to_owned()
    } else {
        return ErrorList::new();
    };
    [Error::invalid(path, text, special, origin::SPECIAL_IP)].into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::service;
    use crate::field::ErrorKind::{Duplicate, Forbidden, Invalid, NotSupported, Required};
    use crate::field::{ErrorKind, origin};
    use crate::validate::assertions::assert_errors;
    use serde_json::{Value, json};

    #[track_caller]
    fn check(spec: Value, expected: &[(ErrorKind, &str, &str)]) {
        let object = json!({"metadata": {"name": "web", "namespace": "default"}, "spec": spec});
        assert_errors(&service(&serde_json::from_value(object).unwrap()), expected);
    }

    /// With one port, so that nothing is wrong but what the fields say.
    #[track_caller]
    fn check_fields(fields: Value, expected: &[(ErrorKind, &str, &str)]) {
        let mut spec = json!({"ports": [{"port": 80}]});
        spec.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        check(spec, expected);
    }

    #[track_caller]
    fn check_ports(ports: Value, expected: &[(ErrorKind, &str, &str)]) {
        check(json!({"ports": ports}), expected);
    }

    #[test]
    fn names_begin_with_a_letter() {
        for (name, expected) in [
            ("web", &[][..]),
            ("8web", &[(Invalid, "metadata.name", origin::NAME_LABEL_1035)]),
            ("web.v1", &[(Invalid, "metadata.name", origin::NAME_LABEL_1035)]),
        ] {
            let metadata = json!({"name": name, "namespace": "default"});
            let object = json!({"metadata": metadata, "spec": {"ports": [{"port": 80}]}});
            assert_errors(&service(&serde_json::from_value(object).unwrap()), expected);
        }
    }

    #[test]
    fn ports_are_required_where_there_is_an_address() {
        let missing = [(Required, "spec.ports", origin::SERVICE_PORTS_REQUIRED)];
        check(json!({}), &missing);
        check(json!({"type": "NodePort"}), &missing);
        check(json!({"clusterIP": "None"}), &[]);
        check(json!({"type": "ExternalName", "externalName": "example.com."}), &[]);
    }

    #[test]
    fn ports() {
        check_ports(
            json!([
                {"name": "http", "port": 80, "targetPort": "http"},
                {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": 5353},
                {"name": "dns-tcp", "port": 53, "protocol": "", "targetPort": 0},
                {"name": "0", "port": 65535, "protocol": "SCTP", "targetPort": ""}
            ]),
            &[],
        );
        check_ports(
            json!([
                {"port": 0, "protocol": "tcp"},
                {"name": "http", "port": 80, "targetPort": 65536},
                {"name": "http", "port": 65536, "targetPort": "Http"},
                {"name": "a.b", "port": 80, "protocol": "TCP", "targetPort": "8080"}
            ]),
            &[
                (Required, "spec.ports[0].name", origin::SERVICE_PORT_NAME_REQUIRED),
                (Invalid, "spec.ports[0].port", origin::PORT_NUMBER),
                (NotSupported, "spec.ports[0].protocol", origin::PROTOCOL),
                (Invalid, "spec.ports[1].targetPort", origin::PORT_NUMBER),
                (Duplicate, "spec.ports[2].name", origin::PORT_NAME_UNIQUE),
                (Invalid, "spec.ports[2].port", origin::PORT_NUMBER),
                (Invalid, "spec.ports[2].targetPort", origin::PORT_NAME),
                (Invalid, "spec.ports[3].name", origin::SERVICE_PORT_NAME),
                (Invalid, "spec.ports[3].targetPort", origin::PORT_NAME),
                (Duplicate, "spec.ports[3]", origin::SERVICE_PORT_UNIQUE),
            ],
        );
    }

    #[test]
    fn selectors_are_labels() {
        check_fields(json!({"selector": {"app": "web", "tier": ""}}), &[]);
        check_fields(
            json!({"selector": {"app": "-"}}),
            &[(Invalid, "spec.selector", origin::LABEL_VALUE)],
        );
    }

    #[test]
    fn types_and_what_they_ask_for() {
        for kind in ["ClusterIP", "NodePort", "LoadBalancer"] {
            check_fields(json!({"type": kind, "clusterIP": "10.96.0.1"}), &[]);
        }
        check_fields(
            json!({"type": "clusterIP"}),
            &[(NotSupported, "spec.type", origin::SERVICE_TYPE)],
        );
        for kind in ["NodePort", "LoadBalancer"] {
            check_fields(
                json!({"type": kind, "clusterIP": "None"}),
                &[(Invalid, "spec.clusterIPs[0]", origin::CLUSTER_IPS)],
            );
        }
        check(
            json!({"type": "ExternalName", "clusterIP": "10.96.0.1", "ipFamilies": ["IPv4"]}),
            &[
                (Forbidden, "spec.clusterIPs", origin::CLUSTER_IPS),
                (Forbidden, "spec.ipFamilies", origin::IP_FAMILIES_FORBIDDEN),
                (Required, "spec.externalName", origin::EXTERNAL_NAME_REQUIRED),
            ],
        );
        check(
            json!({"type": "ExternalName", "externalName": "Example_com"}),
            &[(Invalid, "spec.externalName", origin::NAME_SUBDOMAIN)],
        );
    }

    #[test]
    fn addresses_and_families() {
        let ips = "spec.clusterIPs";
        for valid in [
            json!({"clusterIP": "10.96.0.1"}),
            json!({"clusterIP": "None", "clusterIPs": ["None"], "ipFamilies": ["IPv6", "IPv4"]}),
            json!({"clusterIP": "fd00::1", "clusterIPs": ["fd00::1", "10.96.0.1"],
                   "ipFamilies": ["IPv6", "IPv4"]}),
            json!({"internalTrafficPolicy": "Local", "externalIPs": ["192.0.2.1"]}),
        ] {
            check_fields(valid, &[]);
        }
        check_fields(
            json!({"clusterIPs": ["10.96.0.1"]}),
            &[(Invalid, ips, origin::CLUSTER_IPS_AGREE)],
        );
        check_fields(
            json!({"clusterIP": "10.96.0.2", "clusterIPs": ["10.96.0.1"]}),
            &[(Invalid, ips, origin::CLUSTER_IPS_AGREE)],
        );
        check_fields(
            json!({"clusterIP": "None", "clusterIPs": ["None", "10.96.0.1"]}),
            &[(Invalid, ips, origin::CLUSTER_IPS_AGREE)],
        );
        check_fields(
            json!({"clusterIP": "10.96.0", "ipFamilies": ["IPv4", "ipv6", "IPv4"]}),
            &[
                (NotSupported, "spec.ipFamilies[1]", origin::IP_FAMILY),
                (Duplicate, "spec.ipFamilies[2]", origin::UNIQUE),
                (Invalid, "spec.clusterIPs[0]", origin::IP),
            ],
        );
        check_fields(
            json!({"clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1", "10.96.0.2"],
                   "ipFamilies": ["IPv6"]}),
            &[
                (Invalid, ips, origin::FAMILY_UNIQUE),
                (Invalid, "spec.clusterIPs[0]", origin::CLUSTER_IPS_AGREE),
            ],
        );
        check_fields(
            json!({"clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1", "fd00::1", "fd00::2"]}),
            &[(Invalid, ips, origin::CLUSTER_IPS_MAX), (Invalid, ips, origin::FAMILY_UNIQUE)],
        );
        check_fields(
            json!({"internalTrafficPolicy": "local"}),
            &[(NotSupported, "spec.internalTrafficPolicy", origin::TRAFFIC_POLICY)],
        );
    }

    #[test]
    fn external_addresses_are_somebodys() {
        check_fields(
            json!({"externalIPs": ["x", "0.0.0.0", "127.0.0.1", "169.254.1.1", "224.0.0.9",
                                   "::", "::1", "fe80::1", "ff02::1", "2001:db8::1"]}),
            &[
                (Invalid, "spec.externalIPs[0]", origin::IP),
                (Invalid, "spec.externalIPs[1]", origin::SPECIAL_IP),
                (Invalid, "spec.externalIPs[2]", origin::SPECIAL_IP),
                (Invalid, "spec.externalIPs[3]", origin::SPECIAL_IP),
                (Invalid, "spec.externalIPs[4]", origin::SPECIAL_IP),
                (Invalid, "spec.externalIPs[5]", origin::SPECIAL_IP),
                (Invalid, "spec.externalIPs[6]", origin::SPECIAL_IP),
                (Invalid, "spec.externalIPs[7]", origin::SPECIAL_IP),
                (Invalid, "spec.externalIPs[8]", origin::SPECIAL_IP),
            ],
        );
    }
}
