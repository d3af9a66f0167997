//! The older forms of NetworkPolicy.

use netpol_core::manifest::{Manifest, ReadOptions};
use netpol_core::model::{
    AlphaNetworkPolicySpec, AlphaPeer, AlphaPort, ExtensionsNetworkPolicySpec, NetworkPolicyPeer,
    Object,
};

use super::{read, told};

fn extensions(spec: &str) -> ExtensionsNetworkPolicySpec {
    let text = format!(
        "apiVersion: extensions/v1beta1\nkind: NetworkPolicy\nmetadata: {{name: a}}\nspec: {spec}\n"
    );
    match read(&text).objects() {
        [Object::ExtensionsNetworkPolicy(policy)] => policy.spec.clone(),
        other => panic!("{other:?}"),
    }
}

fn legacy(text: &str) -> Manifest {
    let mut options = ReadOptions::default();
    options.legacy = true;
    Manifest::read(None, text.as_bytes(), &options)
}

fn alpha(spec: &str) -> AlphaNetworkPolicySpec {
    let text = format!(
        "apiVersion: net.alpha.kubernetes.io/v1alpha1\nkind: NetworkPolicy\n\
         metadata: {{name: a}}\nspec: {spec}\n"
    );
    match legacy(&text).objects() {
        [Object::AlphaNetworkPolicy(policy)] => policy.spec.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn missing_and_empty_lists_differ() {
    let spec = extensions("{ingress: [{}, {from: [], ports: []}, {from: ~, ports: ~}]}");
    let lists: Vec<_> = spec
        .ingress
        .iter()
        .map(|rule| (rule.from.as_ref().map(Vec::len), rule.ports.as_ref().map(Vec::len)))
        .collect();
    assert_eq!(lists, [(None, None), (Some(0), Some(0)), (None, None)]);
}

#[test]
fn what_is_unreadable_matches_nothing() {
    for text in ["all", "[all]", "[{from: all}]", "[{from: [all]}]"] {
        let spec = extensions(&format!("{{ingress: {text}}}"));
        assert_eq!(spec.ingress[0].from, Some(vec![NetworkPolicyPeer::default()]), "{text}");
    }
    let spec = extensions("{ingress: [{ports: [80]}], egress: all, policyTypes: all}");
    assert_eq!(spec.ingress[0].ports.as_ref().unwrap()[0].protocol.as_deref(), Some(""));
    assert_eq!(spec.egress[0].to, [NetworkPolicyPeer::default()]);
    assert_eq!(spec.policy_types, [""]);
    assert_eq!(extensions("all").pod_selector.match_expressions.len(), 1);
}

#[test]
fn fields_are_those_of_today() {
    let text = "apiVersion: extensions/v1beta1\nkind: NetworkPolicy\nmetadata: {name: a}\n\
                spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: a, except: []}}], \
                ports: [{endPort: 5}]}], egress: [{to: []}], policyTypes: []}\nstatus: {}\n";
    assert_eq!(told(&read(text)), [""; 0]);
    let text = text.replace("podSelector", "podSelectors");
    assert_eq!(told(&read(&text)), ["UnknownField spec.podSelectors unknown-field 4:8"]);
}

#[test]
fn one_object_in_two_forms_is_there_twice() {
    let form = |version: &str| {
        format!("---\napiVersion: {version}\nkind: NetworkPolicy\nmetadata: {{name: a}}\n")
    };
    let text = form("extensions/v1beta1") + &form("networking.k8s.io/v1");
    assert_eq!(told(&read(&text)), ["DuplicateObject - - 6:1"]);
}

#[test]
fn the_third_party_form() {
    let spec = alpha(
        "{podSelector: {a: b}, allowIncoming: {from: [{pods: {c: d}}, {namespaces: {}}, {}], \
         toPorts: [{port: 80, protocol: UDP}, {port: http}, {}]}, inbound: [{from: [], ports: []}]}",
    );
    let json = serde_json::to_value(&spec).unwrap();
    assert_eq!(
        json.to_string(),
        "{\"allowIncoming\":{\"from\":[{\"pods\":{\"c\":\"d\"}},{\"namespaces\":{}},{}],\
         \"toPorts\":[{\"port\":80,\"protocol\":\"UDP\"},{\"port\":\"http\"},{}]},\
         \"inbound\":[{}],\"podSelector\":{\"a\":\"b\"}}"
    );
}

#[test]
fn what_is_unreadable_in_it_matches_nothing_either() {
    let nobody = AlphaPeer::default();
    for text in ["all", "{from: all}", "{from: [all]}"] {
        let spec = alpha(&format!("{{allowIncoming: {text}}}"));
        assert_eq!(spec.allow_incoming.unwrap().from, std::slice::from_ref(&nobody), "{text}");
        let list = if text == "all" { text.to_owned() } else { format!("[{text}]") };
        let spec = alpha(&format!("{{inbound: {list}}}"));
        assert_eq!(spec.inbound[0].from, std::slice::from_ref(&nobody), "{text}");
    }
    for text in ["[80]", "all", "[{port: 1.5}]", "[{port: 80, protocol: 6}]"] {
        let ports = alpha(&format!("{{inbound: [{{ports: {text}}}]}}")).inbound.remove(0).ports;
        assert_eq!(ports, [AlphaPort { port: None, protocol: Some(String::new()) }], "{text}");
    }
    for text in ["[]", "{podSelector: all}", "{podSelector: {a: 1, b: c}}"] {
        let labels = alpha(text).pod_selector;
        assert_eq!(labels.keys().collect::<Vec<_>>(), [""], "{text}");
    }
    let pods = alpha("{inbound: [{from: [{pods: {a: on}}]}]}").inbound[0].from[0].pods.clone();
    assert!(pods.unwrap().contains_key(""));
}

#[test]
fn without_an_api_version_its_spec_tells_it() {
    let policy = |rest: &str| format!("kind: NetworkPolicy\nmetadata: {{name: a}}\n{rest}\n");
    for rest in ["spec: {allowIncoming: {}}", "spec: {podSelector: {a: b}, inbound: []}"] {
        let manifest = legacy(&policy(rest));
        assert!(matches!(manifest.objects(), [Object::AlphaNetworkPolicy(_)]), "{rest}");
        assert_eq!(told(&manifest), [""; 0]);
        let refused = read(&policy(rest));
        assert_eq!(told(&refused)[0], "Required apiVersion required=type-meta 1:1");
        let words = refused.findings()[0].diagnostic.to_string();
        assert!(words.contains("are read with the option `legacy`"), "{words}");
    }
    for rest in ["spec: {podSelector: {}}", "spec: {}", "", "spec: ~", "spec: []"] {
        let manifest = legacy(&policy(rest));
        assert_eq!(told(&manifest)[0], "Required apiVersion required=type-meta 1:1", "{rest}");
        let words = manifest.findings()[0].diagnostic.to_string();
        assert!(!words.contains("legacy"), "{words}");
    }
    let prototype = legacy(&policy("selector: {a: b}\nallowIncoming: {pods: []}"));
    assert_eq!(told(&prototype), ["UnknownKind - NetworkPolicy 1:7"]);
    assert!(prototype.objects().is_empty());
}

#[test]
fn lists_of_it_are_read_on_request() {
    let text = "apiVersion: net.alpha.kubernetes.io/v1alpha1\nkind: NetworkPolicyList\n\
                items:\n- metadata: {name: a}\n- metadata: {name: b}\n";
    assert_eq!(legacy(text).objects().len(), 2);
    assert_eq!(told(&read(text))[0], "UnknownKind - NetworkPolicyList 1:13");
    let items = "kind: List\napiVersion: v1\nitems:\n- kind: NetworkPolicy\n  metadata: {name: a}\n  \
                 spec: {allowIncoming: {}}\n";
    assert!(matches!(legacy(items).objects(), [Object::AlphaNetworkPolicy(_)]));
}
