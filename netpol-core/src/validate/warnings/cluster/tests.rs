use serde_json::{Value, from_value, json};

use crate::diagnostic::Problem;
use crate::model::Object;
use crate::validate::{self, ValidateOptions, not_understood, warnings};

fn cluster(spec: Value) -> Object {
    let metadata = json!({"name": "a"});
    Object::ClusterNetworkPolicy(from_value(json!({"metadata": metadata, "spec": spec})).unwrap())
}

fn admin(spec: Value) -> Object {
    let metadata = json!({"name": "a"});
    Object::AdminNetworkPolicy(from_value(json!({"metadata": metadata, "spec": spec})).unwrap())
}

fn baseline(spec: Value) -> Object {
    let metadata = json!({"name": "default"});
    let policy = json!({"metadata": metadata, "spec": spec});
    Object::BaselineAdminNetworkPolicy(from_value(policy).unwrap())
}

/// A ClusterNetworkPolicy with one rule.
fn cluster_rule(direction: &str, rule: Value) -> Object {
    let subject = json!({"namespaces": {}});
    cluster(json!({"tier": "Admin", "priority": 1, "subject": subject, direction: [rule]}))
}

/// An AdminNetworkPolicy with one rule for what comes in on `port`.
fn admin_port(port: Value) -> Object {
    let rule = json!({"action": "Allow", "from": [{"namespaces": {}}], "ports": [port]});
    admin(json!({"priority": 1, "subject": {"namespaces": {}}, "ingress": [rule]}))
}

fn told(problems: Vec<Problem>) -> Vec<String> {
    let told = problems.into_iter().map(|problem| match problem {
        Problem::Note { code, path, .. } => format!("{code} {path}"),
        other => panic!("{other}"),
    });
    told.collect()
}

fn warned(object: &Object) -> Vec<String> {
    told(warnings(object, &ValidateOptions::default()))
}

/// Whatever the server takes is not understood exactly when there is a warning about a part.
#[track_caller]
fn taken_and_not_understood(object: &Object, warning: &str, outcome: &str) {
    let errors = validate::object(object, &ValidateOptions::default());
    assert!(errors.is_empty(), "{errors}");
    assert_eq!(warned(object), [warning]);
    assert_eq!(told(not_understood(object)), [outcome]);
}

const BAD: &str = r#"{"matchExpressions": [{"key": "a", "operator": "in", "values": ["b"]}]}"#;

fn bad() -> Value {
    serde_json::from_str(BAD).unwrap()
}

#[test]
fn selectors_that_nobody_judges() {
    let rule = "rule-not-understood spec.egress[0]";
    for (peer, path) in [
        (json!({"namespaces": bad()}), "namespaces"),
        (
            json!({"pods": {"namespaceSelector": bad(), "podSelector": {}}}),
            "pods.namespaceSelector",
        ),
        (json!({"pods": {"podSelector": bad()}}), "pods.podSelector"),
        (json!({"nodes": bad()}), "nodes"),
    ] {
        let warning =
            format!("selector-unusable spec.egress[0].to[0].{path}.matchExpressions[0].operator");
        let policy = cluster_rule("egress", json!({"action": "Accept", "to": [peer]}));
        taken_and_not_understood(&policy, &warning, rule);
    }
    let policy = cluster(json!({
        "tier": "Admin",
        "priority": 1,
        "subject": {"namespaces": {"matchLabels": {"a": "b c"}}},
        "ingress": [{"action": "Deny", "from": [{"namespaces": bad()}]}],
    }));
    assert_eq!(
        warned(&policy),
        [
            "selector-unusable spec.subject.namespaces.matchLabels",
            "selector-unusable spec.ingress[0].from[0].namespaces.matchExpressions[0].operator",
        ]
    );
    assert_eq!(told(not_understood(&policy)), ["subject-not-understood spec.subject"]);
    let words = warnings(&policy, &ValidateOptions::default()).swap_remove(1).to_string();
    assert!(words.contains("\"in\": not a valid selector operator; the API server"), "{words}");
}

#[test]
fn what_is_missing_is_an_error_and_no_warning() {
    let peer = json!({"namespaces": {"matchExpressions": [{}]}});
    let policy = cluster_rule("ingress", json!({"action": "Accept", "from": [peer]}));
    assert_eq!(validate::object(&policy, &ValidateOptions::default()).len(), 2);
    assert_eq!(warned(&policy), [""; 0]);
    assert_eq!(told(not_understood(&policy)), ["rule-not-understood spec.ingress[0]"]);
}

#[test]
fn ports_that_nobody_judges() {
    let rule = "rule-not-understood spec.ingress[0]";
    for (port, field) in [
        (json!({"namedPort": ""}), "namedPort"),
        (json!({"portNumber": {"port": 1, "protocol": "tcp"}}), "portNumber.protocol"),
        (json!({"portRange": {"start": 1, "end": 2, "protocol": ""}}), "portRange.protocol"),
        (json!({"portRange": {"start": 2, "end": 1}}), "portRange"),
    ] {
        let warning = format!("port-unusable spec.ingress[0].ports[0].{field}");
        taken_and_not_understood(&admin_port(port), &warning, rule);
    }
    let protocols = json!([{"destinationNamedPort": ""}]);
    let rule_with = json!({"action": "Pass", "from": [{"namespaces": {}}], "protocols": protocols});
    taken_and_not_understood(
        &cluster_rule("ingress", rule_with),
        "port-unusable spec.ingress[0].protocols[0].destinationNamedPort",
        rule,
    );
    for port in [
        json!({"namedPort": "Any Text"}),
        json!({"portNumber": {"port": 1}}),
        json!({"portRange": {"start": 2, "end": 2}}),
    ] {
        let policy = admin_port(port);
        assert_eq!((warned(&policy), not_understood(&policy)), (vec![], vec![]));
    }
}

#[test]
fn domain_names_let_in_only() {
    let warning = "domain-names-not-accepted spec.egress[0].to[0].domainNames";
    let peers = json!([{"domainNames": ["a.b"]}]);
    for (action, expected) in [("Accept", &[][..]), ("Deny", &[warning]), ("Pass", &[warning])] {
        let policy = cluster_rule("egress", json!({"action": action, "to": peers}));
        assert_eq!(warned(&policy), expected, "{action}");
        assert_eq!(not_understood(&policy), []);
        let action = if action == "Accept" { "Allow" } else { action };
        let rule = json!({"action": action, "to": peers});
        let spec = json!({"priority": 1, "subject": {"namespaces": {}}, "egress": [rule]});
        assert_eq!(warned(&admin(spec.clone())), expected, "{action}");
        // It has no such peers at all.
        assert_eq!(warned(&baseline(spec.clone())), [""; 0]);
        assert_eq!(told(not_understood(&baseline(spec))), ["rule-not-understood spec.egress[0]"]);
    }
}

#[test]
fn policies_without_rules_and_networks_with_host_bits() {
    let empty = cluster(json!({"tier": "Admin", "priority": 1, "subject": {"namespaces": {}}}));
    assert_eq!(warned(&empty), ["no-rules spec"]);
    let peer = json!({"networks": ["10.0.0.1/8", "10.0.0.0/8", "FD00::/8", "010.0.0.1/8"]});
    let policy = cluster_rule("egress", json!({"action": "Accept", "to": [peer]}));
    assert_eq!(warned(&policy), ["cidr-host-bits spec.egress[0].to[0].networks[0]"]);
    let words = warnings(&policy, &ValidateOptions::default())[0].to_string();
    assert!(words.ends_with("(should be \"10.0.0.0/8\" or \"10.0.0.1/32\"?)"), "{words}");
}

#[test]
fn whole_policies_that_are_not_understood() {
    let rules = json!([{"action": "Deny", "from": [{"namespaces": {}}]}]);
    let with = |tier: &str, subject: Value| {
        let spec = json!({"tier": tier, "priority": 1, "subject": subject, "ingress": rules});
        told(not_understood(&cluster(spec)))
    };
    assert_eq!(with("Admin", json!({"namespaces": {}})), [""; 0]);
    assert_eq!(with("Baseline", json!({"pods": {"podSelector": {}}})), [""; 0]);
    assert_eq!(with("admin", json!({"namespaces": {}})), ["tier-not-understood spec.tier"]);
    for subject in
        [json!({}), Value::Null, json!({"pods": {}}), json!({"pods": {"podSelector": bad()}})]
    {
        assert_eq!(with("Admin", subject), ["subject-not-understood spec.subject"]);
    }
    assert_eq!(with("", json!({})).len(), 2);
    let subject = json!({"pods": {"podSelector": {}}});
    let spec = json!({"priority": 1, "subject": subject, "ingress": rules});
    let expected = ["subject-not-understood spec.subject"];
    assert_eq!(told(not_understood(&admin(spec.clone()))), expected);
    assert_eq!(told(not_understood(&baseline(spec))), expected);
}

#[test]
fn rules_that_are_not_understood_close() {
    let outcome = |direction: &str, rule: Value| {
        let problems = not_understood(&cluster_rule(direction, rule));
        problems.first().map(ToString::to_string).unwrap_or_default()
    };
    let peers = json!([{"namespaces": {}}, {}]);
    let accept = outcome("ingress", json!({"action": "Accept", "from": peers}));
    assert_eq!(
        accept,
        "spec.ingress[0]: the rule is not understood as a whole, so it lets nothing through"
    );
    for action in ["Deny", "Pass", "Allow", ""] {
        let closed = outcome("egress", json!({"action": action, "to": peers}));
        assert_eq!(
            closed,
            "spec.egress[0]: the rule is not understood as a whole, so it denies all egress \
             traffic, whatever its peers and ports"
        );
    }
    // An unknown action alone is enough, and more than the schema allows is not.
    assert!(!outcome("egress", json!({"action": "Allow", "to": [{"nodes": {}}]})).is_empty());
    let networks: Vec<String> =
        (0..300).map(|number| format!("10.0.0.{}/32", number % 50)).collect();
    let rule = json!({"name": "x".repeat(200), "action": "Deny", "to": [{"networks": networks}]});
    assert_eq!(outcome("egress", rule), "");
    for rule in [
        json!({"action": "Deny"}),
        json!({"action": "Deny", "to": [{"networks": []}]}),
        json!({"action": "Deny", "to": [{"networks": ["10.0.0.0/8", "x"]}]}),
        json!({"action": "Deny", "to": [{"domainNames": []}]}),
        json!({"action": "Deny", "to": [{"domainNames": ["localhost"]}]}),
        json!({"action": "Deny", "to": [{"nodes": {}, "namespaces": {}}]}),
        json!({"action": "Deny", "to": [{"pods": {"namespaceSelector": {}}}]}),
        json!({"action": "Deny", "to": [{"nodes": {}}], "protocols": []}),
        json!({"action": "Deny", "to": [{"nodes": {}}], "protocols": [{}]}),
        json!({"action": "Deny", "to": [{"nodes": {}}], "protocols": [{"tcp": {}}]}),
        json!({"action": "Deny", "to": [{"nodes": {}}], "protocols": [{"tcp": {"destinationPort": {}}}]}),
        json!({"action": "Deny", "to": [{"nodes": {}}], "protocols": [{"tcp": {"destinationPort": {"number": 0}}}]}),
        json!({"action": "Deny", "to": [{"nodes": {}}], "protocols": [{"tcp": {"destinationPort": {"range": {"start": 1}}}}]}),
        json!({"action": "Deny", "to": [{"nodes": {}}], "protocols": [{"tcp": {"destinationPort": {"range": {"start": 2, "end": 1}}}}]}),
    ] {
        assert!(!outcome("egress", rule.clone()).is_empty(), "{rule}");
    }
    let equal = json!([{"tcp": {"destinationPort": {"range": {"start": 2, "end": 2}}}}]);
    assert_eq!(
        outcome("egress", json!({"action": "Deny", "to": [{"nodes": {}}], "protocols": equal})),
        ""
    );
}
