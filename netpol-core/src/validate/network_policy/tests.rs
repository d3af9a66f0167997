//! The cases of upstream's `TestValidateNetworkPolicy` under their own names, then one test for
//! each rule.

use super::{network_policy, network_policy_port};
use crate::field::ErrorKind::{Forbidden, Invalid, NotSupported, Required};
use crate::field::{ErrorKind, ErrorList, Path, origin};
use crate::model::NetworkPolicy;
use crate::validate::ValidateOptions;
use crate::validate::assertions::assert_errors;
use serde_json::{Value, json};

fn policy(spec: Value) -> NetworkPolicy {
    serde_json::from_value(json!({"metadata": {"name": "foo", "namespace": "bar"}, "spec": spec}))
        .unwrap()
}

fn errors(spec: Value) -> ErrorList {
    network_policy(&policy(spec), &ValidateOptions::default())
}

#[track_caller]
fn check(spec: Value, expected: &[(ErrorKind, &str, &str)]) {
    assert_errors(&errors(spec), expected);
}

/// One ingress rule with one peer.
#[track_caller]
fn check_from(peer: Value, expected: &[(ErrorKind, &str, &str)]) {
    check(json!({"ingress": [{"from": [peer]}]}), expected);
}

/// One ingress rule with one port.
#[track_caller]
fn check_port(port: Value, expected: &[(ErrorKind, &str, &str)]) {
    check(json!({"ingress": [{"ports": [port]}]}), expected);
}

const FROM: &str = "spec.ingress[0].from[0]";
const CIDR: &str = "spec.ingress[0].from[0].ipBlock.cidr";
const EXCEPT: &str = "spec.ingress[0].from[0].ipBlock.except[0]";
const PORT: &str = "spec.ingress[0].ports[0].port";
const END_PORT: &str = "spec.ingress[0].ports[0].endPort";
const BAD_SELECTOR: &str = "Bad_Key-";

#[test]
fn namespace_selector_and_ip_block() {
    check_from(
        json!({"namespaceSelector": {"matchLabels": {"c": "d"}}, "ipBlock": {"cidr": "192.168.0.0/16"}}),
        &[(Forbidden, FROM, origin::PEER_EXCLUSIVE)],
    );
}

#[test]
fn pod_selector_and_ip_block() {
    check_from(
        json!({"podSelector": {"matchLabels": {"c": "d"}}, "ipBlock": {"cidr": "192.168.0.0/16"}}),
        &[(Forbidden, FROM, origin::PEER_EXCLUSIVE)],
    );
}

#[test]
fn missing_from_and_to_type() {
    check(
        json!({"ingress": [{"from": [{}]}], "egress": [{"to": [{}]}]}),
        &[
            (Required, FROM, origin::PEER_REQUIRED),
            (Required, "spec.egress[0].to[0]", origin::PEER_REQUIRED),
        ],
    );
}

#[test]
fn invalid_spec_pod_selector() {
    check(
        json!({"podSelector": {"matchLabels": {BAD_SELECTOR: "d"}}}),
        &[(Invalid, "spec.podSelector.matchLabels", origin::LABEL_KEY)],
    );
}

#[test]
fn invalid_ingress_ports_protocol() {
    check_port(
        json!({"protocol": "BAR"}),
        &[(NotSupported, "spec.ingress[0].ports[0].protocol", origin::PROTOCOL)],
    );
}

#[test]
fn invalid_egress_ports_protocol() {
    check(
        json!({"egress": [{"ports": [{"protocol": "BAR"}]}]}),
        &[(NotSupported, "spec.egress[0].ports[0].protocol", origin::PROTOCOL)],
    );
}

#[test]
fn invalid_ingress_ports_port_int() {
    check_port(json!({"port": 123_456_789}), &[(Invalid, PORT, origin::PORT_NUMBER)]);
}

#[test]
fn invalid_ingress_ports_port_str() {
    let fault = (Invalid, PORT, origin::PORT_NAME);
    check_port(json!({"port": "!@#$"}), &[fault, fault]);
}

#[test]
fn invalid_ingress_from_pod_selector() {
    check_from(
        json!({"podSelector": {"matchLabels": {BAD_SELECTOR: "d"}}}),
        &[(Invalid, "spec.ingress[0].from[0].podSelector.matchLabels", origin::LABEL_KEY)],
    );
}

#[test]
fn invalid_egress_to_pod_selector() {
    check(
        json!({"egress": [{"to": [{"podSelector": {"matchLabels": {BAD_SELECTOR: "d"}}}]}]}),
        &[(Invalid, "spec.egress[0].to[0].podSelector.matchLabels", origin::LABEL_KEY)],
    );
}

#[test]
fn invalid_ingress_from_namespace_selector() {
    check_from(
        json!({"namespaceSelector": {"matchLabels": {BAD_SELECTOR: "d"}}}),
        &[(Invalid, "spec.ingress[0].from[0].namespaceSelector.matchLabels", origin::LABEL_KEY)],
    );
}

#[test]
fn missing_cidr_field() {
    check_from(
        json!({"ipBlock": {"except": ["192.168.8.0/24", "192.168.9.0/24"]}}),
        &[(Required, CIDR, origin::CIDR_REQUIRED)],
    );
}

#[test]
fn invalid_cidr_format() {
    check_from(
        json!({"ipBlock": {"cidr": "192.168.5.6", "except": ["192.168.1.0/24"]}}),
        &[(Invalid, CIDR, origin::CIDR)],
    );
}

#[test]
fn invalid_ipv6_cidr_format() {
    check_from(
        json!({"ipBlock": {"cidr": "fd00:192:168::", "except": ["fd00:192:168::/64"]}}),
        &[(Invalid, CIDR, origin::CIDR)],
    );
}

#[test]
fn except_field_is_an_empty_string() {
    check_from(
        json!({"ipBlock": {"cidr": "192.168.8.0/24", "except": ["", " "]}}),
        &[
            (Invalid, EXCEPT, origin::CIDR),
            (Invalid, "spec.ingress[0].from[0].ipBlock.except[1]", origin::CIDR),
        ],
    );
}

#[test]
fn except_ip_is_outside_of_cidr_range() {
    check_from(
        json!({"ipBlock": {"cidr": "192.168.8.0/24", "except": ["192.168.9.1/32"]}}),
        &[(Invalid, EXCEPT, origin::EXCEPT_SUBSET)],
    );
}

#[test]
fn except_ip_is_not_strictly_within_cidr_range() {
    check_from(
        json!({"ipBlock": {"cidr": "192.168.0.0/24", "except": ["192.168.0.0/24"]}}),
        &[(Invalid, EXCEPT, origin::EXCEPT_SUBSET)],
    );
}

#[test]
fn except_ipv6_is_outside_of_cidr_range() {
    check_from(
        json!({"ipBlock": {"cidr": "fd00:192:168:1::/64", "except": ["fd00:192:168:2::/64"]}}),
        &[(Invalid, EXCEPT, origin::EXCEPT_SUBSET)],
    );
}

#[test]
fn invalid_policy_types() {
    check(
        json!({"policyTypes": ["foo", "bar"]}),
        &[
            (NotSupported, "spec.policyTypes[0]", origin::POLICY_TYPE),
            (NotSupported, "spec.policyTypes[1]", origin::POLICY_TYPE),
        ],
    );
}

#[test]
fn too_many_policy_types() {
    check(
        json!({"policyTypes": ["foo", "bar", "baz"]}),
        &[(Invalid, "spec.policyTypes", origin::POLICY_TYPES_MAX)],
    );
}

#[test]
fn end_port_without_port() {
    check_port(json!({"endPort": 32768}), &[(Invalid, END_PORT, origin::END_PORT_FORBIDDEN)]);
}

#[test]
fn end_port_with_named_port() {
    check_port(
        json!({"port": "http", "endPort": 32768}),
        &[(Invalid, END_PORT, origin::END_PORT_FORBIDDEN)],
    );
}

#[test]
fn end_port_smaller_than_port() {
    check_port(json!({"port": 35000, "endPort": 32768}), &[(Invalid, END_PORT, origin::END_PORT)]);
}

#[test]
fn end_port_out_of_range() {
    check_port(json!({"port": 35000, "endPort": 65536}), &[(Invalid, END_PORT, origin::END_PORT)]);
}

#[test]
fn upstream_successes() {
    let range = json!({"cidr": "192.168.0.0/16", "except": ["192.168.3.0/24", "192.168.4.0/24"]});
    for spec in [
        json!({}),
        json!({"ingress": []}),
        json!({"ingress": [{"from": [], "ports": []}]}),
        json!({"ingress": [{"ports": [
            {"port": 80},
            {"protocol": "TCP"},
            {"protocol": "TCP", "port": 443},
            {"protocol": "UDP", "port": "dns"},
            {"protocol": "SCTP", "port": 7777},
        ]}]}),
        json!({"ingress": [{"from": [{"ipBlock": range}]}]}),
        json!({"egress": [{"to": [{"ipBlock": range}]}], "policyTypes": ["Ingress", "Egress"]}),
        json!({"egress": [{"to": [{"ipBlock": {
            "cidr": "fd00:192:168::/48", "except": ["fd00:192:168:3::/64", "fd00:192:168:4::/64"]
        }}]}], "policyTypes": ["Egress"]}),
        json!({"ingress": [{"from": [{
            "podSelector": {"matchLabels": {"e": "f"}},
            "namespaceSelector": {"matchLabels": {"c": "d"}}
        }]}]}),
        json!({"egress": [{"ports": [{"protocol": "UDP", "port": 32000, "endPort": 32768}]}]}),
        json!({"egress": [{"ports": [{"port": 32000, "endPort": 32000}]}]}),
    ] {
        assert_errors(&errors(spec), &[]);
    }
}

#[test]
fn null_is_unset() {
    check_from(
        json!({"podSelector": null, "namespaceSelector": null, "ipBlock": {"cidr": "10.0.0.0/8"}}),
        &[],
    );
    check_port(json!({"protocol": null, "port": null, "endPort": null}), &[]);
}

#[test]
fn duplicates_are_fine() {
    let peer = json!({"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16", "10.1.0.0/16"]}});
    let rule = json!({"from": [peer, peer], "ports": [{"port": 80}, {"port": 80}]});
    check(json!({"ingress": [rule, rule], "policyTypes": ["Ingress", "Ingress"]}), &[]);
}

#[test]
fn protocols_are_case_sensitive() {
    let path = "spec.ingress[0].ports[0].protocol";
    for protocol in ["ICMP", "tcp", ""] {
        let spec = json!({"ingress": [{"ports": [{"protocol": protocol}]}]});
        let errors = errors(spec);
        assert_errors(&errors, &[(NotSupported, path, origin::PROTOCOL)]);
        let detail = errors.iter().next().map(|error| error.detail().to_owned());
        assert_eq!(detail.as_deref(), Some(r#"supported values: "TCP", "UDP", "SCTP""#));
    }
}

#[test]
fn port_numbers_begin_at_one() {
    for number in [0, -1, 65536, i32::MAX] {
        check_port(json!({"port": number}), &[(Invalid, PORT, origin::PORT_NUMBER)]);
    }
    for number in [1, 65535] {
        check_port(json!({"port": number}), &[]);
    }
}

#[test]
fn port_names() {
    let fault = (Invalid, PORT, origin::PORT_NAME);
    check_port(json!({"port": "80"}), &[fault]);
    check_port(json!({"port": ""}), &[fault, fault]);
    check_port(json!({"port": "Http"}), &[fault]);
    check_port(json!({"port": "sixteen-bytes-xx"}), &[fault]);
    check_port(json!({"port": "fifteen-bytes-x"}), &[]);
    for name in ["a--b", "-a", "a-"] {
        check_port(json!({"port": name}), &[fault]);
    }
}

#[test]
fn end_port_zero_is_wrong_twice() {
    let fault = (Invalid, END_PORT, origin::END_PORT);
    check_port(json!({"port": 80, "endPort": 0}), &[fault, fault]);
}

#[test]
fn end_port_comes_before_the_faults_of_a_name() {
    check_port(
        json!({"protocol": "tcp", "port": "80", "endPort": 90}),
        &[
            (NotSupported, "spec.ingress[0].ports[0].protocol", origin::PROTOCOL),
            (Invalid, END_PORT, origin::END_PORT_FORBIDDEN),
            (Invalid, PORT, origin::PORT_NAME),
        ],
    );
}

#[test]
fn peer_errors_come_after_those_of_its_members() {
    check_from(
        json!({
            "podSelector": {"matchExpressions": [{"key": "a", "operator": "in"}]},
            "namespaceSelector": {"matchExpressions": [{"key": "a", "operator": "In"}]},
            "ipBlock": {"cidr": "x"}
        }),
        &[
            (
                Invalid,
                "spec.ingress[0].from[0].podSelector.matchExpressions[0].operator",
                origin::SELECTOR_OPERATOR,
            ),
            (
                Required,
                "spec.ingress[0].from[0].namespaceSelector.matchExpressions[0].values",
                origin::SELECTOR_VALUES_REQUIRED,
            ),
            (Invalid, CIDR, origin::CIDR),
            (Forbidden, FROM, origin::PEER_EXCLUSIVE),
        ],
    );
}

#[test]
fn policy_types_are_case_sensitive() {
    check(
        json!({"policyTypes": ["Ingress", "egress"]}),
        &[(NotSupported, "spec.policyTypes[1]", origin::POLICY_TYPE)],
    );
    check(
        json!({"policyTypes": ["Ingress", "Egress", "Ingress"]}),
        &[(Invalid, "spec.policyTypes", origin::POLICY_TYPES_MAX)],
    );
}

#[test]
fn all_errors_in_one_pass() {
    let spec = json!({
        "podSelector": {"matchLabels": {"app": "-"}},
        "policyTypes": ["Foo"],
        "egress": [{"to": [{}]}],
        "ingress": [
            {"from": [{"ipBlock": {"cidr": "10.0.0.0"}}], "ports": [{"port": 0}]},
            {"from": [{"podSelector": {"matchExpressions": [{"key": "a b", "operator": "Exists"}]}}]}
        ]
    });
    let mut policy = policy(spec);
    policy.metadata.name = "My_Pol".to_owned();
    assert_errors(
        &network_policy(&policy, &ValidateOptions::default()),
        &[
            (Invalid, "metadata.name", origin::NAME_SUBDOMAIN),
            (Invalid, "spec.podSelector.matchLabels", origin::LABEL_VALUE),
            (Invalid, PORT, origin::PORT_NUMBER),
            (Invalid, CIDR, origin::CIDR),
            (
                Invalid,
                "spec.ingress[1].from[0].podSelector.matchExpressions[0].key",
                origin::LABEL_KEY,
            ),
            (Required, "spec.egress[0].to[0]", origin::PEER_REQUIRED),
            (NotSupported, "spec.policyTypes[0]", origin::POLICY_TYPE),
        ],
    );
}

#[test]
fn parts_can_be_judged_alone() {
    let policy = policy(json!({"ingress": [{"ports": [{"port": 80}, {"port": 0}]}]}));
    let outcomes: Vec<bool> = policy.spec.ingress[0]
        .ports
        .iter()
        .map(|port| network_policy_port(port, &Path::root()).is_empty())
        .collect();
    assert_eq!(outcomes, [true, false]);
}
