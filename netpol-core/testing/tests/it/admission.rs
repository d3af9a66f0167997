//! The two admissions: what a person may not create, and what becomes of it once it is stored.

use netpol_core::diagnostic::Diagnostic;
use netpol_core::model::{
    self, LabelSelectorRequirement, NetworkPolicyIngressRule, NetworkPolicyPeer, Object,
};
use netpol_core::options::UnreadableSubjects;
use netpol_core::{Admission, Applied, Engine, Options};

use super::questions::{assert_answers, portrait, wrong_answers};
use super::small_cluster::{CLOSED_NAMESPACE, policy, read, surroundings};

fn stored(text: &str) -> (Engine, Applied) {
    let mut cluster = surroundings(Options::default());
    let applied = cluster.apply(&read(text), Admission::Stored);
    let applied = applied.unwrap_or_else(|error| panic!("{error}\n{text}"));
    (cluster.publish().expect("it fits"), applied)
}

/// Each in the place of a peer: a rule of nothing else matches nothing.
const UNINTERPRETABLE_PEERS: [&str; 24] = [
    "{}",
    "null",
    "web",
    "[]",
    "{podSelector: web}",
    "{podSelector: {matchLabels: web}}",
    "{podSelector: {matchLabels: {app: 5}}}",
    "{podSelector: {matchLabels: {'-': web}}}",
    "{podSelector: {matchLabels: {app: 'no value!'}}}",
    "{podSelector: {matchExpressions: [web]}}",
    "{podSelector: {matchExpressions: [{key: app, operator: Is, values: [web]}]}}",
    "{podSelector: {matchExpressions: [{key: app, operator: In}]}}",
    "{podSelector: {matchExpressions: [{key: app, operator: Exists, values: [web]}]}}",
    "{podSelector: {matchExpressions: [{operator: Exists}]}}",
    "{namespaceSelector: {matchExpressions: [{key: app, operator: Gt, values: ['1']}]}}",
    "{namespaceSelector: {}, podSelector: {matchExpressions: [{key: app, operator: NotIn}]}}",
    "{namespacesSelector: {}}",
    "{podSelector: {}, ipBlock: {cidr: 0.0.0.0/0}}",
    "{ipBlock: {}}",
    "{ipBlock: {cidr: 10.0.0.2}}",
    "{ipBlock: {cidr: 10.0.0.0/33}}",
    "{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0]}}",
    "{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}",
    "{ipBlock: {cidr: 10.0.0.0/8, except: 10.1.0.0/16}}",
];

/// Each in the place of a port.
const UNINTERPRETABLE_PORTS: [&str; 19] = [
    "http",
    "80",
    "[]",
    "{protocol: tcp, port: 80}",
    "{protocol: ICMP}",
    "{protocol: '', port: 80}",
    "{protocol: 6, port: 80}",
    "{port: 0}",
    "{port: -1}",
    "{port: 65536}",
    "{port: ''}",
    "{port: '80'}",
    "{port: a-name-that-is-too-long}",
    "{port: [80]}",
    "{port: true}",
    "{port: 81, endPort: 80}",
    "{port: 80, endPort: 65536}",
    "{port: http, endPort: 90}",
    "{endPort: 80}",
];

#[test]
fn an_uninterpretable_peer_or_port_matches_nothing() {
    let peers = UNINTERPRETABLE_PEERS.map(|peer| {
        let alone = format!("[{{from: [{peer}]}}]");
        let beside = format!("[{{from: [{peer}, {{ipBlock: {{cidr: 192.0.2.0/24}}}}]}}]");
        (alone, beside, "192.0.2.1 -> d/db UDP 7 allow")
    });
    let ports = UNINTERPRETABLE_PORTS.map(|port| {
        let alone = format!("[{{ports: [{port}]}}]");
        let beside = format!("[{{ports: [{{port: 443}}, {port}]}}]");
        (alone, beside, "192.0.2.1 -> d/db TCP 443 allow")
    });
    let mut failures = Vec::new();
    for (alone, beside, good) in peers.into_iter().chain(ports) {
        for (rules, more) in [(alone, ""), (beside, good)] {
            let text =
                policy(&format!("podSelector: {{matchLabels: {{app: db}}}}\ningress: {rules}"));
            let refused = surroundings(Options::default()).apply(&read(&text), Admission::Create);
            if refused.is_ok() {
                failures.push(format!("{rules} is created"));
            }
            let (engine, applied) = stored(&text);
            if applied.warnings.is_empty() {
                failures.push(format!("{rules} is stored without a word"));
            }
            let wrong = wrong_answers(
                &engine,
                &format!(
                    "d/web -> d/db TCP 80 deny
                     10.1.0.1 -> d/db TCP 80 deny
                     10.2.0.1 -> d/db UDP 53 deny
                     e/web -> d/db ICMP deny
                     d/db -> d/web TCP 80 allow
                     d/db -> e/web TCP 80 allow
                     {more}"
                ),
            );
            failures.extend(wrong.into_iter().map(|answer| format!("{rules}: {answer}")));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// What is wrong with a rule or a list of rules never opens it, in either direction.
#[test]
fn an_uninterpretable_rule_matches_nothing() {
    for rules in [
        "all",
        "5",
        "{from: []}",
        "[all]",
        "[[]]",
        "[{from: all}]",
        "[{from: {podSelector: {}}}]",
        "[{from: [{podSelector: {}}], ports: 80}]",
        "[{ports: {port: 80}}]",
    ] {
        for (direction, list, open) in [("ingress", "from", "egress"), ("egress", "to", "ingress")]
        {
            let rules = rules.replace("from", list);
            let text = policy(&format!(
                "podSelector: {{matchLabels: {{app: db}}}}
                 policyTypes: [Ingress, Egress]
                 {open}: [{{}}]
                 {direction}: {rules}"
            ));
            let mut cluster = surroundings(Options::default());
            cluster.apply(&read(&text), Admission::Create).expect_err(&text);
            let (engine, applied) = stored(&text);
            assert!(!applied.warnings.is_empty(), "{text}");
            let (into, out) =
                if direction == "ingress" { ("deny", "allow") } else { ("allow", "deny") };
            let wrong = wrong_answers(
                &engine,
                &format!(
                    "d/web -> d/db TCP 80 {into}
                     192.0.2.1 -> d/db TCP 80 {into}
                     d/db -> d/web TCP 80 {out}
                     d/db -> 192.0.2.1 TCP 80 {out}"
                ),
            );
            assert!(wrong.is_empty(), "{text}: {}", wrong.join("\n"));
        }
    }
}

const UNINTERPRETABLE_SUBJECTS: [&str; 6] = [
    "podSelector: db",
    "podSelector: []",
    "podSelector: {matchLabels: [app]}",
    "podSelector: {matchLabels: {app: 'no value!'}}",
    "podSelector: {matchExpressions: [{key: app, operator: Is, values: [db]}]}",
    "podSelector: {matchExpressions: [{key: app, operator: In, values: []}]}",
];

/// The whole namespace is isolated, and the rules do not count.
#[test]
fn an_uninterpretable_subject_isolates_its_namespace() {
    for subject in UNINTERPRETABLE_SUBJECTS {
        let text = policy(&format!("{subject}\ningress: [{{}}]"));
        surroundings(Options::default()).apply(&read(&text), Admission::Create).expect_err(&text);
        let (engine, applied) = stored(&text);
        assert!(!applied.warnings.is_empty(), "{text}");
        let wrong = wrong_answers(&engine, CLOSED_NAMESPACE);
        assert!(wrong.is_empty(), "{subject}: {}", wrong.join("\n"));
    }
    for spec in ["5", "closed", "[]"] {
        let text = format!(
            "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: p, namespace: d}}
spec: {spec}
"
        );
        let (engine, applied) = stored(&text);
        assert!(!applied.warnings.is_empty(), "{text}");
        assert_answers(&engine, CLOSED_NAMESPACE);
    }
}

#[test]
fn uninterpretable_subjects_can_be_refused() {
    let mut options = Options::default();
    options.unreadable_subjects = UnreadableSubjects::Error;
    for subject in UNINTERPRETABLE_SUBJECTS {
        let mut cluster = surroundings(options.clone());
        let before = portrait(&cluster.publish().expect("it fits"));
        let text = policy(&format!("{subject}\ningress: [{{}}]"));
        let refusal = cluster.apply(&read(&text), Admission::Stored).expect_err(&text);
        let field = refusal.errors().find_map(Diagnostic::field_error).expect("about a field");
        assert!(field.path().to_string().starts_with("spec.podSelector"), "{field}");
        assert_eq!(portrait(&cluster.publish().expect("it fits")), before);
    }
    // Everything else is taken as it always is.
    let mut cluster = surroundings(options);
    let text = policy("podSelector: {}\ningress: [{from: [{}]}]");
    cluster.apply(&read(&text), Admission::Stored).expect("its subject can be read");
    assert_answers(&cluster.publish().expect("it fits"), CLOSED_NAMESPACE);
}

/// A type that nobody knows might be either: both directions close.
#[test]
fn uninterpretable_types_isolate_both_ways() {
    for types in ["[ingress]", "[Ingress, Bogus]", "[5]", "Ingress", "['']", "{Ingress: true}"] {
        let text =
            policy(&format!("podSelector: {{matchLabels: {{app: db}}}}\npolicyTypes: {types}"));
        surroundings(Options::default()).apply(&read(&text), Admission::Create).expect_err(&text);
        let (engine, applied) = stored(&text);
        assert!(!applied.warnings.is_empty(), "{text}");
        let wrong = wrong_answers(
            &engine,
            "d/web -> d/db TCP 80 deny
             d/db -> 192.0.2.1 TCP 80 deny
             d/web -> e/web TCP 80 allow",
        );
        assert!(wrong.is_empty(), "{types}: {}", wrong.join("\n"));
    }
    // More than two, and each of them known: all are read.
    let text = policy("podSelector: {}\npolicyTypes: [Egress, Egress, Egress]");
    surroundings(Options::default()).apply(&read(&text), Admission::Create).expect_err(&text);
    assert_answers(
        &stored(&text).0,
        "d/web -> d/db TCP 80 deny
         192.0.2.1 -> d/db TCP 80 allow",
    );
}

/// What a watch delivers as an object fares as it does in a dump.
#[test]
fn objects_fare_as_manifests_do() {
    let bad = LabelSelectorRequirement {
        key: "app".into(),
        operator: "Is".into(),
        values: vec!["web".into()],
    };
    let mut peer = NetworkPolicyPeer::default();
    peer.pod_selector.get_or_insert_default().match_expressions.push(bad);
    let mut policy = model::NetworkPolicy::default();
    policy.metadata.name = "p".into();
    policy.metadata.namespace = "d".into();
    policy.spec.ingress.push(NetworkPolicyIngressRule { from: vec![peer], ports: Vec::new() });
    let policy = Object::NetworkPolicy(policy);

    let mut cluster = surroundings(Options::default());
    let before = portrait(&cluster.publish().expect("it fits"));
    let refusal = cluster.upsert(policy.clone(), Admission::Create).expect_err("no such operator");
    let told = refusal.errors().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with(
        "error: NetworkPolicy d/p: spec.ingress[0].from[0].podSelector.matchExpressions[0].operator"
    ));
    assert_eq!(portrait(&cluster.publish().expect("it fits")), before);

    let applied = cluster.upsert(policy, Admission::Stored).expect("it is stored");
    assert_eq!((applied.objects, applied.warnings.len()), (1, 1));
    assert_answers(&cluster.publish().expect("it fits"), CLOSED_NAMESPACE);
}
