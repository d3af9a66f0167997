use std::collections::BTreeSet;

use super::names::dns_label_faults;
use super::object_meta;
use super::service::address;
use crate::field::{Error, ErrorList, Path, origin};
use crate::model::{Endpoint, EndpointPort, EndpointSlice, Kind};
use crate::net::Protocol;

/// How many endpoints a slice may have.
const ENDPOINTS_LIMIT: usize = 1000;
/// How many addresses an endpoint may have.
const ADDRESSES_LIMIT: usize = 100;
/// How many ports a slice may have.
const PORTS_LIMIT: usize = 20_000;

/// Every fault of a new EndpointSlice: its metadata, the type of its addresses, its endpoints and
/// its ports. Names and protocols of ports that are absent are not missed.
///
/// Sources: `ValidateEndpointSlice` of kubernetes/pkg/apis/discovery/validation,
/// `SetDefaults_EndpointPort` of kubernetes/pkg/apis/discovery/v1.
#[must_use]
pub fn endpoint_slice(slice: &EndpointSlice) -> ErrorList {
    let mut errors = object_meta(&slice.metadata, Kind::EndpointSlice, &Path::new("metadata"));
    let path = Path::new("addressType");
    match slice.address_type.as_str() {
        "IPv4" | "IPv6" | "FQDN" => {}
        "" => errors.push(Error::required(&path, "", origin::ADDRESS_TYPE_REQUIRED)),
        other => {
            let supported = ["FQDN", "IPv4", "IPv6"];
            errors.push(Error::not_supported(&path, other, &supported, origin::ADDRESS_TYPE));
        }
    }
    errors.append(endpoints(&slice.endpoints, &slice.address_type, &Path::new("endpoints")));
    errors.append(ports(&slice.ports, &Path::new("ports")));
    errors
}

fn endpoints(endpoints: &[Endpoint], address_type: &str, path: &Path) -> ErrorList {
    let count = endpoints.len();
    if count > ENDPOINTS_LIMIT {
        let error = Error::too_many(path, count, ENDPOINTS_LIMIT, origin::ENDPOINTS_MAX);
        return [error].into_iter().collect();
    }
    let mut errors = ErrorList::new();
    for (index, endpoint) in endpoints.iter().enumerate() {
        // Endpoints are many, and nearly all are well-formed: no path is made before there is a
        // fault.
        let path = || path.index(index).child("addresses");
        let count = endpoint.addresses.len();
        if count == 0 {
            let detail = "must contain at least 1 address";
            errors.push(Error::required(&path(), detail, origin::ADDRESSES_REQUIRED));
        } else if count > ADDRESSES_LIMIT {
            let error = Error::too_many(&path(), count, ADDRESSES_LIMIT, origin::ADDRESSES_MAX);
            errors.push(error);
        }
        for (index, text) in endpoint.addresses.iter().enumerate() {
            let path = path().index(index);
            errors.append(match address_type {
                "IPv4" => {
                    let detail = "must be a valid IPv4 address";
                    address(text, |address| address.is_ipv4(), detail, &path)
                }
                "IPv6" => {
                    let detail = "must be a valid IPv6 address";
                    address(text, |address| address.is_ipv6(), detail, &path)
                }
                // Nobody defines what other addresses mean.
                _ => ErrorList::new(),
            });
        }
    }
    errors
}

fn ports(ports: &[EndpointPort], path: &Path) -> ErrorList {
    if ports.len() > PORTS_LIMIT {
        let error = Error::too_many(path, ports.len(), PORTS_LIMIT, origin::PORTS_MAX);
        return [error].into_iter().collect();
    }
    let mut errors = ErrorList::new();
    let mut names = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        let path = path.index(index);
        let name = port.name.as_deref().unwrap_or_default();
        let name_path = path.child("name");
        if !name.is_empty() {
            for fault in dns_label_faults(name) {
                errors.push(Error::invalid(&name_path, name, fault, origin::SERVICE_PORT_NAME));
            }
        }
        if !names.insert(name) {
            errors.push(Error::duplicate(&name_path, name, origin::PORT_NAME_UNIQUE));
        }
        if let Some(protocol) = port.protocol.as_deref()
            && Protocol::from_api(protocol).is_none()
        {
            let path = path.child("protocol");
            let supported = ["SCTP", "TCP", "UDP"];
            errors.push(Error::not_supported(&path, protocol, &supported, origin::PROTOCOL));
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::endpoint_slice;
    use crate::field::ErrorKind::{Duplicate, Invalid, NotSupported, Required, TooMany};
    use crate::field::{ErrorKind, origin};
    use crate::validate::assertions::assert_errors;
    use serde_json::{Value, json};

    #[track_caller]
    fn check(fields: Value, expected: &[(ErrorKind, &str, &str)]) {
        let mut object =
            json!({"metadata": {"name": "web-1", "namespace": "default"}, "addressType": "IPv4"});
        object.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        assert_errors(&endpoint_slice(&serde_json::from_value(object).unwrap()), expected);
    }

    #[test]
    fn address_types() {
        for valid in ["IPv4", "IPv6", "FQDN"] {
            check(json!({"addressType": valid}), &[]);
        }
        check(
            json!({"addressType": ""}),
            &[(Required, "addressType", origin::ADDRESS_TYPE_REQUIRED)],
        );
        check(json!({"addressType": "IP"}), &[(NotSupported, "addressType", origin::ADDRESS_TYPE)]);
    }

    #[test]
    fn addresses_are_of_the_type() {
        check(json!({"endpoints": [{"addresses": ["10.0.0.1", "010.0.0.2"]}]}), &[]);
        check(json!({"addressType": "FQDN", "endpoints": [{"addresses": ["a.b"]}]}), &[]);
        check(
            json!({"endpoints": [
                {"addresses": []},
                {"addresses": ["10.0.0.1", "fd00::1"]},
                {"addresses": ["127.0.0.1"]}
            ]}),
            &[
                (Required, "endpoints[0].addresses", origin::ADDRESSES_REQUIRED),
                (Invalid, "endpoints[1].addresses[1]", origin::IP),
                (Invalid, "endpoints[2].addresses[0]", origin::SPECIAL_IP),
            ],
        );
        check(
            json!({"addressType": "IPv6", "endpoints": [{"addresses": ["10.0.0.1", "fd00::1"]}]}),
            &[(Invalid, "endpoints[0].addresses[0]", origin::IP)],
        );
    }

    #[test]
    fn not_too_much_of_anything() {
        let endpoint = |count| json!({"addresses": vec!["10.0.0.1"; count]});
        check(json!({"endpoints": vec![endpoint(1); 1000]}), &[]);
        check(
            json!({"endpoints": vec![endpoint(0); 1001]}),
            &[(TooMany, "endpoints", origin::ENDPOINTS_MAX)],
        );
        check(
            json!({"endpoints": [endpoint(100), endpoint(101)]}),
            &[(TooMany, "endpoints[1].addresses", origin::ADDRESSES_MAX)],
        );
        check(
            json!({"ports": vec![json!({"name": "a"}); 20_001]}),
            &[(TooMany, "ports", origin::PORTS_MAX)],
        );
    }

    #[test]
    fn ports() {
        check(
            json!({"ports": [{"port": 8080}, {"name": "dns", "port": 53, "protocol": "UDP"}]}),
            &[],
        );
        check(
            json!({"ports": [{"name": ""}, {"name": "Http"}, {}, {"name": "x", "protocol": ""}]}),
            &[
                (Invalid, "ports[1].name", origin::SERVICE_PORT_NAME),
                (Duplicate, "ports[2].name", origin::PORT_NAME_UNIQUE),
                (NotSupported, "ports[3].protocol", origin::PROTOCOL),
            ],
        );
    }
}
