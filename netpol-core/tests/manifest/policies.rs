//! Policies, and what stands in them for what cannot be read.

use netpol_core::model::{
    IntOrString, LabelSelectorRequirement, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec,
};

use super::{policy, read, told};

/// The spec of a policy with `spec` as its own, as flow YAML.
fn spec(spec: &str) -> NetworkPolicySpec {
    let text = format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: a}}\nspec: {spec}\n"
    );
    policy(&read(&text)).spec.clone()
}

fn bad_requirement() -> Vec<LabelSelectorRequirement> {
    vec![LabelSelectorRequirement::default()]
}

fn bad_port() -> NetworkPolicyPort {
    NetworkPolicyPort { protocol: Some(String::new()), port: None, end_port: None }
}

#[test]
fn null_is_the_zero_value() {
    assert_eq!(spec(""), NetworkPolicySpec::default());
    let nulls = "{podSelector: ~, ingress: ~, egress: [~], policyTypes: ~}";
    let spec = spec(nulls);
    assert_eq!(spec.pod_selector, Default::default());
    assert!(spec.ingress.is_empty() && spec.policy_types.is_empty());
    assert!(spec.egress[0].to.is_empty() && spec.egress[0].ports.is_empty());
}

#[test]
fn empty_and_absent_selectors_of_a_peer_differ() {
    let spec = spec("{ingress: [{from: [{podSelector: {}, namespaceSelector: ~}]}]}");
    let peer = &spec.ingress[0].from[0];
    assert_eq!(peer.pod_selector, Some(Default::default()));
    assert_eq!(peer.namespace_selector, None);
}

#[test]
fn ports_are_numbers_names_or_absent() {
    let spec = spec("{egress: [{ports: [{port: 80}, {port: '80'}, {port: http}, {port: ~}, {}]}]}");
    let ports: Vec<_> = spec.egress[0].ports.iter().map(|port| port.port.clone()).collect();
    let name = |name: &str| Some(IntOrString::String(name.into()));
    assert_eq!(ports, [Some(IntOrString::Int(80)), name("80"), name("http"), None, None]);
}

#[test]
fn an_unreadable_subject_selects_nothing_that_validation_accepts() {
    for text in ["[]", "{podSelector: all}", "{podSelector: {matchLabels: {a: 1}}}"] {
        assert!(spec(text).pod_selector.match_expressions.ends_with(&bad_requirement()), "{text}");
    }
    let text = "{podSelector: {matchExpressions: [{key: a, operator: In, values: [1]}]}}";
    assert_eq!(spec(text).pod_selector.match_expressions, bad_requirement());
}

#[test]
fn unreadable_peers_match_nothing() {
    for text in [
        "{ingress: [{from: [10.0.0.0/8]}]}",
        "{ingress: [{from: [{ipBlock: 10.0.0.0/8, podSelector: {}}]}]}",
        "{ingress: [{from: all}]}",
        "{ingress: [all]}",
        "{ingress: all}",
    ] {
        assert_eq!(spec(text).ingress[0].from, [NetworkPolicyPeer::default()], "{text}");
    }
    assert_eq!(spec("{egress: {}}").egress[0].to, [NetworkPolicyPeer::default()]);
    let spec = spec("{ingress: [{from: [{podSelector: {matchLabels: {a: yes, b: c}}}]}]}");
    let selector = spec.ingress[0].from[0].pod_selector.as_ref().unwrap();
    assert_eq!(selector.match_expressions, bad_requirement());
}

#[test]
fn unreadable_ip_blocks_match_nothing() {
    let spec = spec(
        "{ingress: [{from: [{ipBlock: {cidr: 10}}, {ipBlock: {cidr: 10.0.0.0/8, except: 1}}, \
         {ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 2]}}]}]}",
    );
    let [no_block, one, other] = &spec.ingress[0].from[..] else { panic!() };
    assert_eq!(*no_block, NetworkPolicyPeer::default());
    assert_eq!(one.ip_block.as_ref().unwrap().except, [""]);
    assert_eq!(other.ip_block.as_ref().unwrap().except, ["10.1.0.0/16", ""]);
}

#[test]
fn unreadable_ports_match_nothing() {
    for text in [
        "{ingress: [{ports: [80]}]}",
        "{ingress: [{ports: [{port: 80.5}]}]}",
        "{ingress: [{ports: [{port: 80, endPort: x}]}]}",
        "{ingress: [{ports: [{protocol: 6, port: 80}]}]}",
        "{ingress: [{ports: 80}]}",
    ] {
        assert_eq!(spec(text).ingress[0].ports, [bad_port()], "{text}");
    }
}

#[test]
fn unreadable_policy_types_isolate() {
    assert_eq!(spec("{policyTypes: Ingress}").policy_types, [""]);
    assert_eq!(spec("{policyTypes: [Ingress, 1]}").policy_types, ["Ingress", ""]);
}

#[test]
fn what_can_be_read_beside_it_is() {
    let spec = spec(
        "{podSelector: {matchLabels: {a: b}}, policyTypes: [Egress], \
         egress: [{to: [nonsense, {podSelector: {}}]}]}",
    );
    assert_eq!(spec.pod_selector.match_labels["a"], "b");
    assert_eq!(spec.egress[0].to.len(), 2);
    assert_eq!(spec.egress[0].to[1].pod_selector, Some(Default::default()));
}

#[test]
fn of_repeated_fields_the_last_counts() {
    let spec = spec("{policyTypes: [Ingress], policyTypes: [Egress]}");
    assert_eq!(spec.policy_types, ["Egress"]);
}

#[test]
fn labels_that_are_no_strings_are_kept_as_written() {
    let manifest =
        read("apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {a: 1.10, b: yes, c: d}}\n");
    let labels = &super::pod(&manifest).metadata.labels;
    assert_eq!(
        (labels["a"].as_str(), labels["b"].as_str(), labels["c"].as_str()),
        ("1.10", "yes", "d")
    );
    assert_eq!(told(&manifest).len(), 2);
}

#[test]
fn stand_ins_are_known_as_such() {
    let text = "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: a, labels: {a: 1}}
spec:
  podSelector: {matchLabels: {a: yes}, matchExpressions: [{key: b, operator: Exists}]}
  policyTypes: [Ingress, 1]
  ingress:
  - from: [{ipBlock: {cidr: 1, except: [2]}}]
    ports: [{port: 1.5}]
  - {}
";
    let manifest = read(text);
    let mut stand_ins: Vec<String> =
        manifest.stand_ins().iter().map(|(object, path)| format!("{object} {path}")).collect();
    stand_ins.sort();
    assert_eq!(
        stand_ins,
        [
            "0 metadata.labels[a]",
            "0 spec.ingress[0].from[0]",
            "0 spec.ingress[0].from[0].ipBlock.cidr",
            "0 spec.ingress[0].from[0].ipBlock.except[0]",
            "0 spec.ingress[0].ports[0]",
            "0 spec.ingress[0].ports[0].port",
            "0 spec.podSelector.matchExpressions[1]",
            "0 spec.podSelector.matchLabels[a]",
            "0 spec.policyTypes[1]",
        ]
    );
}
