//! Cluster-wide policies, and what stands in them for what cannot be read.

use netpol_core::manifest::{Manifest, ReadOptions};
use netpol_core::model::{
    AdminNetworkPolicySpec, ClusterNetworkPolicyEgressPeer, ClusterNetworkPolicyProtocol,
    ClusterNetworkPolicySpec, ClusterNetworkPolicySubject, LabelSelectorRequirement, NamespacedPod,
    Object,
};
use netpol_core::validate::not_understood;
use netpol_core::{Admission, Cluster, Options};

use super::{read, summary, told};

fn cluster_text(spec: &str) -> String {
    format!(
        "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\n\
         metadata: {{name: a}}\nspec: {spec}\n"
    )
}

/// The spec of a ClusterNetworkPolicy with `spec` as its own, as flow YAML.
fn cluster(spec: &str) -> ClusterNetworkPolicySpec {
    match read(&cluster_text(spec)).objects() {
        [Object::ClusterNetworkPolicy(policy)] => policy.spec.clone(),
        other => panic!("{other:?}"),
    }
}

fn admin(spec: &str) -> AdminNetworkPolicySpec {
    let text = cluster_text(spec).replace("v1alpha2", "v1alpha1").replace("Cluster", "Admin");
    match read(&text).objects() {
        [Object::AdminNetworkPolicy(policy)] => policy.spec.clone(),
        other => panic!("{other:?}"),
    }
}

/// One rule for what goes out, with these fields besides its action.
fn egress(rule: &str) -> String {
    format!(
        "{{tier: Admin, priority: 1, subject: {{namespaces: {{}}}}, \
         egress: [{{action: Accept, {rule}}}]}}"
    )
}

fn peers(peers: &str) -> Vec<ClusterNetworkPolicyEgressPeer> {
    cluster(&egress(&format!("to: {peers}"))).egress.remove(0).to
}

#[test]
fn every_field_is_read() {
    let spec = cluster(
        "{tier: Baseline, priority: 7, subject: {pods: {namespaceSelector: {}, podSelector: {}}}, \
         ingress: [{name: x, action: Pass, from: [{namespaces: {}}, {pods: {podSelector: {}}}], \
         protocols: [{destinationNamedPort: web}]}], egress: [{action: Deny, to: [{nodes: {}}, \
         {networks: [10.0.0.0/8]}, {domainNames: [a.b]}], protocols: [{tcp: {destinationPort: \
         {number: 80}}}, {udp: {destinationPort: {range: {start: 1, end: 2}}}}, {sctp: \
         {destinationPort: {number: 1}}}]}]}",
    );
    let json = serde_json::to_value(&spec).unwrap();
    assert_eq!(serde_json::from_value::<ClusterNetworkPolicySpec>(json.clone()).unwrap(), spec);
    let wanted = "{\"tier\":\"Baseline\",\"priority\":7,\"subject\":{\"pods\":{\
                  \"namespaceSelector\":{},\"podSelector\":{}}},\"ingress\":[{\"name\":\"x\",\
                  \"action\":\"Pass\",\"from\":[{\"namespaces\":{}},{\"pods\":{\
                  \"podSelector\":{}}}],\"protocols\":[{\"destinationNamedPort\":\"web\"}]}],\
                  \"egress\":[{\"action\":\"Deny\",\"to\":[{\"nodes\":{}},{\"networks\":[\
                  \"10.0.0.0/8\"]},{\"domainNames\":[\"a.b\"]}],\"protocols\":[{\"tcp\":{\
                  \"destinationPort\":{\"number\":80}}},{\"udp\":{\"destinationPort\":{\"range\":\
                  {\"start\":1,\"end\":2}}}},{\"sctp\":{\"destinationPort\":{\"number\":1}}}]}]}";
    assert_eq!(json, serde_json::from_str::<serde_json::Value>(wanted).unwrap());
    let spec = admin(
        "{priority: 7, subject: {namespaces: {}}, ingress: [{action: Allow, from: [{namespaces: \
         {}}], ports: [{portNumber: {port: 80, protocol: UDP}}, {namedPort: web}, {portRange: \
         {start: 1, end: 2, protocol: SCTP}}]}]}",
    );
    let ports = serde_json::to_string(&spec.ingress[0].ports).unwrap();
    let wanted = "[{\"portNumber\":{\"protocol\":\"UDP\",\"port\":80}},{\"namedPort\":\"web\"},\
                  {\"portRange\":{\"protocol\":\"SCTP\",\"start\":1,\"end\":2}}]";
    assert_eq!(ports, wanted);
}

#[test]
fn the_status_is_known_and_ignored() {
    let text = format!("{}status: {{conditions: []}}\n", cluster_text("{}"));
    assert_eq!(told(&read(&text)), [""; 0]);
}

#[test]
fn an_unreadable_subject_selects_nobody() {
    for text in ["[]", "all", "{pods: [], sameLabels: {}}", "{namespaces: {}, sameLabels: [a]}"] {
        let subject = cluster(&format!("{{subject: {text}}}")).subject.unwrap();
        assert_eq!(subject, ClusterNetworkPolicySubject::default(), "{text}");
    }
    let subject = cluster("{subject: {pods: all}}").subject.unwrap();
    assert_eq!(subject.pods, Some(NamespacedPod::default()));
    assert_eq!(cluster("[]"), ClusterNetworkPolicySpec::default());
    assert_eq!(cluster("{tier: [Admin], priority: high}"), ClusterNetworkPolicySpec::default());
}

#[test]
fn unreadable_peers_are_empty() {
    let nothing = [ClusterNetworkPolicyEgressPeer::default()];
    for text in [
        "all",
        "[all]",
        "[~]",
        "[{sameLabels: [a]}]",
        "[{namespaces: {}, sameLabels: [a]}]",
        "[{nodes: {}, podSelector: {}}]",
    ] {
        assert_eq!(peers(text), nothing, "{text}");
    }
    assert_eq!(peers("[{networks: all}]")[0].networks.as_deref(), Some(&[String::new()][..]));
    let networks = peers("[{networks: [10.0.0.0/8, 5]}]").remove(0).networks.unwrap();
    assert_eq!(networks, ["10.0.0.0/8", ""]);
    let pods = peers("[{pods: {podSelector: {}, namespaces: {}}}]").remove(0).pods;
    assert_eq!(pods, Some(NamespacedPod::default()));
}

/// The first versions of the API had more inside, without which such a selector selects everything.
#[test]
fn selectors_with_unknown_fields_select_nothing() {
    for text in [
        "{namespaceSelector: {}}",
        "{matchLabels: {}, notSameLabels: [a]}",
        "{matchLabels: {a: 1}}",
    ] {
        let selector = peers(&format!("[{{namespaces: {text}}}]")).remove(0).namespaces.unwrap();
        let expected = [LabelSelectorRequirement::default()];
        assert_eq!(selector.match_expressions, expected, "{text}");
    }
}

#[test]
fn unreadable_protocols_are_empty() {
    let nothing = Some(vec![ClusterNetworkPolicyProtocol::default()]);
    for text in [
        "tcp",
        "[tcp]",
        "[{icmp: {}}]",
        "[{tcp: 80}]",
        "[{tcp: {destinationPort: 80}}]",
        "[{tcp: {destinationPort: {number: '80'}}}]",
        "[{tcp: {destinationPort: {number: 80, range: all}}}]",
        "[{tcp: {destinationPort: {range: {start: 1, end: 2, step: 2}}}}]",
        "[{tcp: {destinationPort: {number: 80}, sourcePort: {number: 53}}}]",
        "[{destinationNamedPort: 80}]",
    ] {
        let rule = format!("to: [{{nodes: {{}}}}], protocols: {text}");
        let protocols = cluster(&egress(&rule)).egress.remove(0).protocols;
        assert_eq!(protocols, nothing, "{text}");
    }
    let ports = "{ingress: [{action: Allow, from: [{namespaces: {}}], ports: [{portNumber: 80}, \
                 {portNumber: {port: 80, endPort: 90}}, {namedPort: 5}, all]}]}";
    let ports = admin(ports).ingress.remove(0).ports.unwrap();
    assert_eq!(ports.len(), 4);
    assert!(ports.iter().all(|port| *port == Default::default()), "{ports:?}");
}

#[test]
fn unreadable_rules_close() {
    for text in ["all", "[all]", "[~]", "[{}]"] {
        let spec = cluster(&format!(
            "{{tier: Admin, priority: 1, subject: {{namespaces: {{}}}}, ingress: {text}}}"
        ));
        assert_eq!(spec.ingress, [Default::default()], "{text}");
    }
}

/// A stored object is never refused for what it says, and whatever was not read is not understood.
#[test]
fn stored_objects_are_lived_with() {
    for rule in [
        "to: [{sameLabels: [a]}]",
        "to: [{namespaces: {}, x: 1}]",
        "to: [{namespaces: {namespaceSelector: {}}}]",
        "to: [{networks: [5]}]",
        "to: all",
        "to: [{nodes: {}}], protocols: [{icmp: {}}]",
        "to: [{nodes: {}}], protocols: [{tcp: {destinationPort: {number: 80}, x: 1}}]",
        "to: [{nodes: {}}], protocols: [{tcp: {destinationPort: {number: 1.5}}}]",
    ] {
        let manifest = read(&cluster_text(&egress(rule)));
        let problems = not_understood(&manifest.objects()[0]);
        assert_eq!(problems.len(), 1, "{rule}");
        let mut cluster = Cluster::new(Options::default());
        let applied = cluster.apply(&manifest, Admission::Stored).unwrap();
        let told: Vec<String> = applied.warnings.iter().map(summary).collect();
        let outcome = told.iter().filter(|told| told.contains("rule-not-understood")).count();
        assert_eq!(outcome, 1, "{rule}: {told:?}");
        assert!(told.len() > 1, "{rule}: {told:?}");
        let refused = Cluster::new(Options::default()).apply(&manifest, Admission::Create);
        let refused = refused.unwrap_err();
        let outcome = refused.diagnostics().iter().filter(|diagnostic| !diagnostic.is_error());
        assert_eq!(outcome.count(), 0, "{rule}");
    }
}

#[test]
fn a_policy_that_is_nobodys_is_told_loudly_or_refused() {
    for spec in [
        "[]",
        "{tier: Middle, priority: 1, subject: {namespaces: {}}}",
        "{tier: Admin, priority: 1, subject: {}}",
        "{tier: Admin, priority: 1, subject: {namespaces: {}, x: 1}}",
        "{tier: Admin, priority: 1, subject: {namespaces: {matchLabels: {a: b c}}}}",
    ] {
        let manifest = read(&cluster_text(spec));
        let applied = Cluster::new(Options::default()).apply(&manifest, Admission::Stored).unwrap();
        let effect = |diagnostic: &str| diagnostic.contains("kept without any effect");
        let warnings: Vec<String> = applied.warnings.iter().map(ToString::to_string).collect();
        assert!(warnings.iter().any(|warning| effect(warning)), "{spec}: {warnings:?}");

        let mut options = Options::default();
        options.unreadable_subjects = netpol_core::options::UnreadableSubjects::Error;
        let refused = Cluster::new(options).apply(&manifest, Admission::Stored).unwrap_err();
        let errors: Vec<String> = refused.errors().map(ToString::to_string).collect();
        assert!(errors.iter().any(|error| effect(error)), "{spec}: {errors:?}");
    }
}

/// The server drops nulls that a schema has no place for (`PruneNonNullableNullsWithoutDefaults`),
/// but only those of fields.
#[test]
fn a_field_that_is_null_is_left_out() {
    let text = cluster_text(
        "{tier: Admin, priority: 1, subject: {namespaces: {}, pods: ~}, ingress: ~, \
         egress: [{action: Deny, to: [{nodes: {matchLabels: ~}}], protocols: ~}]}",
    );
    let with_nulls = read(&text);
    assert_eq!(told(&with_nulls), [""; 0]);
    let without = read(&cluster_text(
        "{tier: Admin, priority: 1, subject: {namespaces: {}}, \
         egress: [{action: Deny, to: [{nodes: {}}]}]}",
    ));
    assert_eq!(with_nulls.objects(), without.objects());
    let element = "{tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [~]}";
    assert_eq!(told(&read(&cluster_text(element))), ["TypeInvalid spec.egress[0] type 4:70"]);
}

#[test]
fn lists_of_them_are_read() {
    let text = "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicyList\n\
                items:\n- metadata: {name: a}\n- metadata: {name: b, namespace: c}\n";
    let manifest = Manifest::read(None, text.as_bytes(), &ReadOptions::default());
    let names: Vec<String> =
        manifest.objects().iter().map(|object| object.object_ref().to_string()).collect();
    assert_eq!(names, ["ClusterNetworkPolicy a", "ClusterNetworkPolicy c/b"]);
}
