use serde_json::{Value, from_value, json};

use super::{admin_network_policy, baseline_admin_network_policy, cluster_network_policy};
use crate::field::ErrorKind::{
    Duplicate, Forbidden, Invalid, NotSupported, Required, TooLong, TooMany,
};
use crate::field::{ErrorKind, ErrorList, origin};
use crate::validate::assertions::assert_errors;

/// A ClusterNetworkPolicy without faults, but for the fields of its spec that are given here.
fn cluster(fields: Value) -> ErrorList {
    let mut spec = json!({"tier": "Admin", "priority": 0, "subject": {"namespaces": {}}});
    spec.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let metadata = json!({"name": "a"});
    cluster_network_policy(&from_value(json!({"metadata": metadata, "spec": spec})).unwrap())
}

fn admin(fields: Value) -> ErrorList {
    let mut spec = json!({"priority": 0, "subject": {"namespaces": {}}});
    spec.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let metadata = json!({"name": "a"});
    admin_network_policy(&from_value(json!({"metadata": metadata, "spec": spec})).unwrap())
}

fn baseline(name: &str, fields: Value) -> ErrorList {
    let mut spec = json!({"subject": {"namespaces": {}}});
    spec.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let metadata = json!({"name": name});
    let policy = json!({"metadata": metadata, "spec": spec});
    baseline_admin_network_policy(&from_value(policy).unwrap())
}

/// Faults of the rule `{action: Accept, to: [{pods}], ...}` of a ClusterNetworkPolicy.
#[track_caller]
fn check_rule(fields: Value, expected: &[(ErrorKind, &str, &str)]) {
    let mut rule = json!({"action": "Accept", "to": [{"namespaces": {}}]});
    rule.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    assert_errors(&cluster(json!({"egress": [rule]})), &below("spec.egress[0]", expected));
}

/// Faults of one entry of `protocols`.
#[track_caller]
fn check_protocol(entry: Value, expected: &[(ErrorKind, &str, &str)]) {
    let rule = json!({"action": "Accept", "from": [{"namespaces": {}}], "protocols": [entry]});
    let path = "spec.ingress[0].protocols[0]";
    assert_errors(&cluster(json!({"ingress": [rule]})), &below(path, expected));
}

/// Faults of one entry of `ports` of an AdminNetworkPolicy.
#[track_caller]
fn check_port(entry: Value, expected: &[(ErrorKind, &str, &str)]) {
    let rule = json!({"action": "Allow", "from": [{"namespaces": {}}], "ports": [entry]});
    let path = "spec.ingress[0].ports[0]";
    assert_errors(&admin(json!({"ingress": [rule]})), &below(path, expected));
}

fn below<'e>(
    path: &str,
    expected: &[(ErrorKind, &'e str, &'e str)],
) -> Vec<(ErrorKind, &'static str, &'e str)> {
    expected
        .iter()
        .map(|(kind, field, origin)| {
            let dot = if field.is_empty() || field.starts_with('[') { "" } else { "." };
            (*kind, &*format!("{path}{dot}{field}").leak(), *origin)
        })
        .collect()
}

#[test]
fn what_is_accepted() {
    let peers = json!([
        {"namespaces": {"matchExpressions": [{"key": "-", "operator": "like", "values": ["*"]}]}},
        {"pods": {"podSelector": {}}},
        {"pods": {"namespaceSelector": {}, "podSelector": {}}},
        {"nodes": {}},
        {"networks": ["0.0.0.0/0", "::/0", "10.0.0.1/8", "2001:DB8::1/32"]},
        {"domainNames": ["k8s.io", "*.K8s.io."]},
    ]);
    let protocols = json!([
        {"tcp": {"destinationPort": {"number": 65535}}},
        {"udp": {"destinationPort": {"range": {"start": 1, "end": 65535}}}},
        {"sctp": {"destinationPort": {"number": 1}}},
    ]);
    let named = json!([{"destinationNamedPort": "Any Text"}, {"destinationNamedPort": ""}]);
    let spec = json!({
        "tier": "Baseline",
        "priority": 1000,
        "subject": {"pods": {"podSelector": {}}},
        "ingress": [
            {"name": "é".repeat(100), "action": "Pass", "from": [{"namespaces": {}}], "protocols": named},
            {"action": "Deny", "from": [{"pods": {"podSelector": {}}}]},
        ],
        "egress": [{"action": "Accept", "to": peers, "protocols": protocols}],
    });
    assert_errors(&cluster(spec), &[]);
    assert_errors(&cluster(json!({})), &[]);
    let ports = json!([
        {"portNumber": {"port": 80}},
        {"portNumber": {"port": 80, "protocol": "ICMP"}},
        {"portRange": {"start": 80, "end": 80, "protocol": "UDP"}},
        {"portRange": {"start": 81, "end": 80}},
    ]);
    let rule = json!({"action": "Pass", "to": [{"networks": ["10.0.0.0/8"]}], "ports": ports});
    assert_errors(&admin(json!({"egress": [rule]})), &[]);
    let rule = json!({"action": "Deny", "to": [{"nodes": {}}], "ports": ports});
    assert_errors(&baseline("default", json!({"egress": [rule]})), &[]);
}

#[test]
fn everything_is_told_at_once() {
    let errors = cluster_network_policy(&from_value(json!({"metadata": {}, "spec": {}})).unwrap());
    assert_errors(
        &errors,
        &[
            (Required, "metadata.name", origin::NAME_REQUIRED),
            (Required, "spec.tier", origin::TIER_REQUIRED),
            (Required, "spec.priority", origin::PRIORITY_REQUIRED),
            (Required, "spec.subject", origin::SUBJECT_REQUIRED),
        ],
    );
    let errors = cluster(json!({"tier": "admin", "priority": -1, "subject": {}, "ingress": [{}]}));
    assert_errors(
        &errors,
        &[
            (NotSupported, "spec.tier", origin::TIER),
            (Invalid, "spec.priority", origin::PRIORITY),
            (Invalid, "spec.subject", origin::SUBJECT_ONE_OF),
            (Required, "spec.ingress[0].action", origin::ACTION_REQUIRED),
            (Required, "spec.ingress[0].from", origin::PEERS_REQUIRED),
        ],
    );
}

#[test]
fn priorities_have_bounds() {
    let fault = [(Invalid, "spec.priority", origin::PRIORITY)];
    for (priority, faulty) in [(-1, true), (0, false), (1000, false), (1001, true)] {
        let expected = if faulty { &fault[..] } else { &[] };
        assert_errors(&cluster(json!({"priority": priority})), expected);
        assert_errors(&admin(json!({"priority": priority})), expected);
    }
}

#[test]
fn metadata_is_that_of_a_cluster_scoped_custom_resource() {
    let metadata = json!({"name": "A", "namespace": "b", "finalizers": ["mine", "-"]});
    let spec = json!({"tier": "Admin", "priority": 0, "subject": {"namespaces": {}}});
    let policy = json!({"metadata": metadata, "spec": spec});
    assert_errors(
        &cluster_network_policy(&from_value(policy).unwrap()),
        &[
            (Invalid, "metadata.name", origin::NAME_SUBDOMAIN),
            (Forbidden, "metadata.namespace", origin::NAMESPACE_FORBIDDEN),
            (Invalid, "metadata.finalizers", origin::FINALIZER),
        ],
    );
}

#[test]
fn there_is_one_baseline() {
    let name = [(Invalid, "metadata.name", origin::SINGLETON_NAME)];
    assert_errors(&baseline("default", json!({})), &[]);
    assert_errors(&baseline("other", json!({})), &name);
    assert_errors(&baseline("", json!({})), &[(Required, "metadata.name", origin::NAME_REQUIRED)]);
    let generated =
        json!({"metadata": {"generateName": "a-"}, "spec": {"subject": {"namespaces": {}}}});
    assert_errors(&baseline_admin_network_policy(&from_value(generated).unwrap()), &name);
}

#[test]
fn a_subject_is_one_of_two() {
    let one_of = |kind| [(kind, "spec.subject", origin::SUBJECT_ONE_OF)];
    assert_errors(&cluster(json!({"subject": {}})), &one_of(Invalid));
    let both = json!({"namespaces": {}, "pods": {"namespaceSelector": {}, "podSelector": {}}});
    assert_errors(&cluster(json!({"subject": both})), &one_of(TooMany));
    assert_errors(&admin(json!({"subject": both})), &one_of(TooMany));
    assert_errors(&baseline("default", json!({"subject": {}})), &one_of(Invalid));

    let pods = (Required, "spec.subject.pods.podSelector", origin::POD_SELECTOR_REQUIRED);
    let namespaces =
        (Required, "spec.subject.pods.namespaceSelector", origin::NAMESPACE_SELECTOR_REQUIRED);
    assert_errors(&cluster(json!({"subject": {"pods": {}}})), &[pods]);
    assert_errors(&admin(json!({"subject": {"pods": {}}})), &[namespaces, pods]);
    let selected = json!({"subject": {"pods": {"podSelector": {}}}});
    assert_errors(&cluster(selected.clone()), &[]);
    assert_errors(&admin(selected), &[namespaces]);
}

#[test]
fn selectors_have_keys_and_operators_of_any_sort() {
    let selector = json!({"matchExpressions": [{"operator": "In"}, {"key": "a b"}, {"key": "a", "operator": "Is"}]});
    assert_errors(
        &cluster(json!({"subject": {"namespaces": selector}})),
        &[
            (
                Required,
                "spec.subject.namespaces.matchExpressions[0].key",
                origin::SELECTOR_KEY_REQUIRED,
            ),
            (
                Required,
                "spec.subject.namespaces.matchExpressions[1].operator",
                origin::SELECTOR_OPERATOR_REQUIRED,
            ),
        ],
    );
}

#[test]
fn rules_are_counted() {
    let rules = |action: &str, peer: &str, count| {
        let rule = json!({"action": action, peer: [{"namespaces": {}}]});
        Value::Array(vec![rule; count])
    };
    for (direction, peer) in [("ingress", "from"), ("egress", "to")] {
        let path = format!("spec.{direction}");
        let too_many = [(TooMany, path.as_str(), origin::RULES_MAX)];
        assert_errors(&cluster(json!({direction: rules("Accept", peer, 25)})), &[]);
        assert_errors(&cluster(json!({direction: rules("Accept", peer, 26)})), &too_many);
        assert_errors(&admin(json!({direction: rules("Allow", peer, 100)})), &[]);
        assert_errors(&admin(json!({direction: rules("Allow", peer, 101)})), &too_many);
        let spec = json!({direction: rules("Allow", peer, 101)});
        assert_errors(&baseline("default", spec), &too_many);
    }
    let errors = cluster(json!({"ingress": rules("Accept", "from", 26)}));
    assert_eq!(errors.to_string(), "spec.ingress: Too many: \"26\": must have at most 25 items");
}

#[test]
fn actions_are_words_of_their_version() {
    let action = [(NotSupported, "spec.egress[0].action", origin::ACTION)];
    for (word, cluster_has, admin_has, baseline_has) in [
        ("Accept", true, false, false),
        ("Allow", false, true, true),
        ("Deny", true, true, true),
        ("Pass", true, true, false),
        ("deny", false, false, false),
    ] {
        let spec = json!({"egress": [{"action": word, "to": [{"namespaces": {}}]}]});
        let expected = |has| if has { &[][..] } else { &action };
        assert_errors(&cluster(spec.clone()), expected(cluster_has));
        assert_errors(&admin(spec.clone()), expected(admin_has));
        assert_errors(&baseline("default", spec), expected(baseline_has));
    }
}

#[test]
fn names_of_rules_are_counted_in_characters() {
    check_rule(json!({"name": "n".repeat(101)}), &[(TooLong, "name", origin::RULE_NAME)]);
    check_rule(json!({"name": "é".repeat(100)}), &[]);
    check_rule(json!({"name": "é".repeat(101)}), &[(TooLong, "name", origin::RULE_NAME)]);
}

#[test]
fn peers_are_one_of_several() {
    check_rule(json!({"to": []}), &[(Required, "to", origin::PEERS_REQUIRED)]);
    let peers = vec![json!({"nodes": {}}); 26];
    check_rule(json!({"to": peers}), &[(TooMany, "to", origin::PEERS_MAX)]);
    let peers = json!([{}, {"nodes": {}, "networks": ["10.0.0.0/8"]}, {"pods": {}}]);
    check_rule(
        json!({"to": peers}),
        &[
            (Invalid, "to[0]", origin::PEER_ONE_OF),
            (TooMany, "to[1]", origin::PEER_ONE_OF),
            (Required, "to[2].pods.podSelector", origin::POD_SELECTOR_REQUIRED),
        ],
    );
    let peers = json!([{}, {"namespaces": {}, "pods": {"podSelector": {}}}]);
    let errors = cluster(json!({"ingress": [{"action": "Deny", "from": peers}]}));
    assert_errors(
        &errors,
        &[
            (Invalid, "spec.ingress[0].from[0]", origin::PEER_ONE_OF),
            (TooMany, "spec.ingress[0].from[1]", origin::PEER_ONE_OF),
        ],
    );
    assert_eq!(
        errors.to_string(),
        "spec.ingress[0].from[0]: Invalid value: should have at least 1 property: one of \
         `namespaces`, `pods`\nspec.ingress[0].from[1]: Too many: \"2\": must have at most 1 \
         property: one of `namespaces`, `pods`"
    );
}

#[test]
fn networks_are_cidrs_and_a_set() {
    let check = |networks: Value, expected: &[(ErrorKind, &str, &str)]| {
        check_rule(json!({"to": [{"networks": networks}]}), expected);
    };
    check(json!([]), &[(Invalid, "to[0].networks", origin::NETWORKS_MIN)]);
    for text in [
        "",
        "10.0.0.0",
        "10.0.0.0/33",
        "010.0.0.0/8",
        "10.0.0.0/08",
        "::ffff:1.2.3.4/120",
        "fe80::1%eth0/64",
        " 10.0.0.0/8",
    ] {
        check(json!([text]), &[(Invalid, "to[0].networks[0]", origin::NETWORK)]);
    }
    let long = format!("{}::/16", "0".repeat(39));
    check(json!([&long[1..]]), &[(Invalid, "to[0].networks[0]", origin::NETWORK)]);
    check(json!([long]), &[(TooLong, "to[0].networks[0]", origin::NETWORK_LENGTH)]);
    check(
        json!(["10.0.0.0/8", "::/0", "10.0.0.0/8", "10.0.0.0/8"]),
        &[
            (Duplicate, "to[0].networks[2]", origin::UNIQUE),
            (Duplicate, "to[0].networks[3]", origin::UNIQUE),
        ],
    );
    let many: Vec<String> = (0..26).map(|number| format!("10.{number}.0.0/16")).collect();
    check(json!(many), &[(TooMany, "to[0].networks", origin::NETWORKS_MAX)]);
    check(json!(many[..25]), &[]);
}

#[test]
fn domain_names_have_a_pattern_and_are_a_set() {
    let check = |names: Value, expected: &[(ErrorKind, &str, &str)]| {
        check_rule(json!({"to": [{"domainNames": names}]}), expected);
    };
    check(json!([]), &[(Invalid, "to[0].domainNames", origin::DOMAIN_NAMES_MIN)]);
    for name in ["", "*", "*.com", "localhost", "a.*.b", "-a.b", "a..b"] {
        check(json!([name]), &[(Invalid, "to[0].domainNames[0]", origin::DOMAIN_NAME)]);
    }
    check(json!(["a.b", "A.b", "a.b"]), &[(Duplicate, "to[0].domainNames[2]", origin::UNIQUE)]);
    let many: Vec<String> = (0..26).map(|number| format!("{number}.io")).collect();
    check(json!(many), &[(TooMany, "to[0].domainNames", origin::DOMAIN_NAMES_MAX)]);

    let rule = json!({"action": "Allow", "to": [{"domainNames": ["a.b"]}]});
    assert_errors(&admin(json!({"egress": [rule]})), &[]);
    assert_errors(
        &baseline("default", json!({"egress": [rule]})),
        &[(Forbidden, "spec.egress[0].to[0].domainNames", origin::PEER_FIELD)],
    );
}

#[test]
fn protocols_say_one_thing() {
    check_rule(json!({"protocols": []}), &[(Invalid, "protocols", origin::PORTS_MIN)]);
    let entry = json!({"tcp": {"destinationPort": {"number": 1}}});
    let many = vec![entry.clone(); 26];
    check_rule(json!({"protocols": many}), &[(TooMany, "protocols", origin::PORTS_MAX)]);
    check_protocol(json!({}), &[(Invalid, "", origin::PORT_ONE_OF)]);
    let mut both = entry;
    both["destinationNamedPort"] = json!("web");
    check_protocol(both, &[(TooMany, "", origin::PORT_ONE_OF)]);
    for protocol in ["tcp", "udp", "sctp"] {
        check_protocol(
            json!({protocol: {}}),
            &[(Invalid, protocol, origin::DESTINATION_PORT_REQUIRED)],
        );
    }
}

#[test]
fn ports_are_numbers_or_ranges() {
    let check = |port: Value, expected: &[(ErrorKind, &str, &str)]| {
        check_protocol(json!({"udp": {"destinationPort": port}}), expected);
    };
    let path = "udp.destinationPort";
    check(json!({}), &[(Invalid, path, origin::PORT_ONE_OF)]);
    let both = json!({"number": 1, "range": {"start": 1, "end": 2}});
    check(both, &[(TooMany, path, origin::PORT_ONE_OF)]);
    for number in [0, -1, 65536] {
        let fault = (Invalid, "udp.destinationPort.number", origin::PORT_NUMBER);
        check(json!({"number": number}), &[fault]);
    }
    let range = |start: i32, end: i32| json!({"range": {"start": start, "end": end}});
    let order = [(Invalid, "udp.destinationPort.range", origin::PORT_RANGE)];
    check(range(1, 2), &[]);
    check(range(2, 2), &order);
    check(range(3, 2), &order);
    // The order of what is no port is nobody's business.
    let start = (Invalid, "udp.destinationPort.range.start", origin::PORT_NUMBER);
    let end = (Invalid, "udp.destinationPort.range.end", origin::PORT_NUMBER);
    check(range(65536, 0), &[start, end]);
    check(
        json!({"range": {}}),
        &[
            (Required, "udp.destinationPort.range.start", origin::PORT_RANGE_REQUIRED),
            (Required, "udp.destinationPort.range.end", origin::PORT_RANGE_REQUIRED),
        ],
    );
}

#[test]
fn ports_of_the_first_version() {
    check_port(json!({}), &[(Invalid, "", origin::PORT_ONE_OF)]);
    let both = json!({"namedPort": "web", "portNumber": {"port": 1}});
    check_port(both, &[(TooMany, "", origin::PORT_ONE_OF)]);
    let missing = (Required, "portNumber.port", origin::PORT_NUMBER_REQUIRED);
    check_port(json!({"portNumber": {"protocol": "UDP"}}), &[missing]);
    for port in [0, 65536] {
        let fault = (Invalid, "portNumber.port", origin::PORT_NUMBER);
        check_port(json!({"portNumber": {"port": port}}), &[fault]);
    }
    check_port(
        json!({"portRange": {"start": 0}}),
        &[
            (Invalid, "portRange.start", origin::PORT_NUMBER),
            (Required, "portRange.end", origin::PORT_RANGE_REQUIRED),
        ],
    );
    let rule = |ports: Value| json!({"egress": [{"action": "Deny", "to": [{"nodes": {}}], "ports": ports}]});
    let min = [(Invalid, "spec.egress[0].ports", origin::PORTS_MIN)];
    assert_errors(&admin(rule(json!([]))), &min);
    let max = [(TooMany, "spec.egress[0].ports", origin::PORTS_MAX)];
    assert_errors(
        &baseline("default", rule(json!(vec![json!({"portNumber": {"port": 1}}); 101]))),
        &max,
    );
}

#[test]
fn named_ports_need_peers_that_name_them() {
    let named = json!([{"destinationNamedPort": "web"}]);
    for peer in
        [json!({"networks": ["10.0.0.0/8"]}), json!({"nodes": {}}), json!({"domainNames": ["a.b"]})]
    {
        let peers = json!([{"namespaces": {}}, peer]);
        let fault = [(Invalid, "", origin::NAMED_PORT_PEER)];
        check_rule(json!({"to": peers, "protocols": named}), &fault);
        let ports = json!([{"portNumber": {"port": 1}}, {"namedPort": "web"}]);
        let rule = json!({"action": "Allow", "to": peers, "ports": ports});
        let fault = [(Invalid, "spec.egress[0]", origin::NAMED_PORT_PEER)];
        assert_errors(&admin(json!({"egress": [rule]})), &fault);
    }
    check_rule(json!({"protocols": named}), &[]);
    // Only where the rest of the rule holds.
    let rule = json!({"action": "allow", "to": [{"nodes": {}}], "protocols": named});
    check_rule(rule, &[(NotSupported, "action", origin::ACTION)]);
}
