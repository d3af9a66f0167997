//! What becomes of the policies of Kubernetes 1.3 to 1.6, and what is told about it.

use std::collections::{BTreeMap, BTreeSet};

use netpol_core::diagnostic::Problem;
use netpol_core::field::Path;
use netpol_core::legacy::{Conversion, convert};
use netpol_core::manifest::{Manifest, ReadOptions};
use netpol_core::model::{Kind, NetworkPolicy, Object, ObjectRef};
use netpol_core::options::{MissingNamespaces, NetworkPolicySemantics, UnreadableSubjects};
use netpol_core::validate::{ValidateOptions, network_policy};
use netpol_testing::cases::{Ask, Event};
use netpol_testing::generate::{Seeded, scenario};
use netpol_testing::reference::{Judgement, World};
use serde_json::{Value, from_value, json, to_value};

use super::command::CORE;

/// The objects of a text, in which no fault is looked for.
fn objects(text: &str) -> Vec<Object> {
    let mut options = ReadOptions::default();
    options.legacy = true;
    Manifest::read(None, text.as_bytes(), &options).objects().to_vec()
}

const ISOLATED: &str = r#"
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  annotations: {net.beta.kubernetes.io/network-policy: '{"ingress": {"isolation": "DefaultDeny"}}'}
---
"#;

const OPEN: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
";

/// A policy `shop/web` of `extensions/v1beta1` with that spec, in flow YAML.
fn extensions(spec: &str) -> String {
    format!(
        "apiVersion: extensions/v1beta1\nkind: NetworkPolicy\n\
         metadata: {{name: web, namespace: shop}}\nspec: {spec}\n---\n"
    )
}

/// A policy `shop/web` of today.
fn v1(spec: &str) -> String {
    extensions(spec).replace("extensions/v1beta1", "networking.k8s.io/v1")
}

fn converted(text: &str) -> Conversion {
    let objects = objects(text);
    let conversion = convert(&objects);
    for policy in &conversion.policies {
        let errors = network_policy(policy, &ValidateOptions::default());
        assert!(errors.is_empty(), "{errors}\n{text}");
    }
    // Once more, with the namespaces and without them.
    let policies = conversion.policies.iter().cloned().map(Object::NetworkPolicy);
    let again: Vec<Object> = policies.collect();
    assert_eq!(convert(&again).policies, conversion.policies, "{text}");
    let namespaces = objects.iter().filter(|object| matches!(object, Object::Namespace(_)));
    if namespaces.clone().count() > 0 {
        let again: Vec<Object> = namespaces.cloned().chain(again).collect();
        assert_eq!(convert(&again).policies, conversion.policies, "{text}");
    }
    conversion
}

fn notes(conversion: &Conversion) -> Vec<String> {
    let notes = conversion.notes.iter().map(|note| match &note.problem {
        Problem::Note { code, path, .. } => {
            let object = note.object.as_ref().unwrap();
            assert!(!note.is_error());
            format!("{object} {code} {path}").trim_end().to_owned()
        }
        other => panic!("{other}"),
    });
    notes.collect()
}

fn names(conversion: &Conversion) -> Vec<&str> {
    conversion.policies.iter().map(|policy| policy.metadata.name.as_str()).collect()
}

/// The ingress rules of the only policy beside the one that denies, and what is told.
#[track_caller]
fn rules(policy: &str) -> (Value, Vec<String>) {
    let conversion = converted(&format!("{ISOLATED}{policy}"));
    assert_eq!(names(&conversion), ["default-deny-ingress", "web"]);
    let spec = to_value(&conversion.policies[1].spec).unwrap();
    assert_eq!(spec["policyTypes"], json!(["Ingress"]));
    assert_eq!(spec.get("egress"), None);
    let prefix = "NetworkPolicy shop/web ";
    let notes = notes(&conversion);
    (spec["ingress"].clone(), notes.iter().map(|note| note.replacen(prefix, "", 1)).collect())
}

#[test]
fn an_isolated_namespace_is_denied() {
    let conversion = converted(ISOLATED);
    let deny: NetworkPolicy = from_value(json!({
        "metadata": {"name": "default-deny-ingress", "namespace": "shop"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
    }))
    .unwrap();
    assert_eq!(conversion.policies, [deny]);
    assert_eq!(conversion.notes, []);
}

#[test]
fn the_seed_of_the_articles() {
    let read = |name: &str| std::fs::read(format!("{CORE}/testdata/articles/{name}")).unwrap();
    let mut options = ReadOptions::default();
    options.legacy = true;
    options.default_namespace = "tenant-a".into();
    let mut manifest = Manifest::read(None, &read("003-3-isolated-namespace.yaml"), &options);
    manifest.append(Manifest::read(None, &read("003-1-alpha-pol1.json"), &options));
    assert_eq!(manifest.findings(), []);
    let conversion = convert(manifest.objects());
    assert_eq!(names(&conversion), ["default-deny-ingress", "pol1"]);
    assert_eq!(conversion.notes, []);
    assert_eq!(
        to_value(&conversion.policies[1]).unwrap(),
        json!({
            "metadata": {"name": "pol1", "namespace": "tenant-a"},
            "spec": {
                "podSelector": {"matchLabels": {"segment": "backend"}},
                "policyTypes": ["Ingress"],
                "ingress": [{
                    "ports": [{"protocol": "TCP", "port": 80}],
                    "from": [{"podSelector": {"matchLabels": {"segment": "frontend"}}}],
                }],
            },
        })
    );
}

#[test]
fn missing_lists_match_everything_and_empty_ones_nothing() {
    let text = extensions("{podSelector: {}, ingress: [{}, {from: []}, {ports: []}, {ports: ~}]}");
    let (rules, told) = rules(&text);
    assert_eq!(rules, json!([{}, {}]));
    assert_eq!(told, ["matches-nothing spec.ingress[1]", "matches-nothing spec.ingress[2]"]);
}

#[test]
fn lists_of_today_match_everything_when_empty() {
    let (rules, told) = rules(&v1("{ingress: [{from: [], ports: []}]}"));
    assert_eq!((rules, told), (json!([{}]), vec![]));
}

#[test]
fn peers_that_there_were_not() {
    let both = "{podSelector: {}, namespaceSelector: {}}";
    let block = "{ipBlock: {cidr: 10.0.0.0/8}}";
    let spec =
        format!("{{ingress: [{{from: [{both}, {{podSelector: {{}}}}]}}, {{from: [{block}]}}]}}");
    let (found, told) = rules(&extensions(&spec));
    assert_eq!(found, json!([{"from": [{"podSelector": {}}]}]));
    assert_eq!(
        told,
        [
            "matches-nothing spec.ingress[0].from[0]",
            "matches-nothing spec.ingress[1].from[0]",
            "matches-nothing spec.ingress[1]",
        ]
    );
    // Today there are.
    let (found, told) = rules(&v1(&spec));
    assert_eq!(found.as_array().unwrap().len(), 2);
    assert_eq!(told, [""; 0]);
}

#[test]
fn ports_that_there_were_not() {
    let ports = "[{port: 80, endPort: 90}, {protocol: SCTP}, {protocol: ICMP}, {protocol: UDP}]";
    let spec = format!("{{ingress: [{{ports: {ports}}}, {{ports: [{{protocol: SCTP}}]}}]}}");
    let (found, told) = rules(&extensions(&spec));
    assert_eq!(found, json!([{"ports": [{"port": 80}, {"protocol": "UDP"}]}]));
    assert_eq!(
        told,
        [
            "end-port-ignored spec.ingress[0].ports[0].endPort",
            "matches-nothing spec.ingress[0].ports[1]",
            "matches-nothing spec.ingress[0].ports[2]",
            "matches-nothing spec.ingress[1].ports[0]",
            "matches-nothing spec.ingress[1]",
        ]
    );
    let (found, told) = rules(&v1(&spec));
    assert_eq!(found[0]["ports"][0], json!({"port": 80, "endPort": 90}));
    assert_eq!(found[1], json!({"ports": [{"protocol": "SCTP"}]}));
    assert_eq!(told, ["matches-nothing spec.ingress[0].ports[2]"]);
}

#[test]
fn what_cannot_be_read_opens_nothing() {
    let bad = "{matchLabels: {a: b c}}";
    for form in [extensions, v1] {
        let spec = format!(
            "{{ingress: [{{from: [{{podSelector: {bad}}}, {{}}, {{namespaceSelector: {{}}}}]}}, \
             {{from: [{{podSelector: {bad}}}]}}]}}"
        );
        let (found, told) = rules(&form(&spec));
        assert_eq!(found, json!([{"from": [{"namespaceSelector": {}}]}]));
        assert_eq!(told.len(), 4);
        let text = form(&format!("{{podSelector: {bad}, ingress: [{{}}]}}"));
        let conversion = converted(&format!("{ISOLATED}{text}"));
        assert_eq!(names(&conversion), ["default-deny-ingress"]);
        let note = "NetworkPolicy shop/web subject-unreadable spec.podSelector";
        assert_eq!(notes(&conversion), [note]);
    }
}

#[test]
fn there_was_no_egress_and_there_were_no_types() {
    let spec = "{policyTypes: [Egress], ingress: [{}], egress: [{}]}";
    let (found, told) = rules(&extensions(spec));
    assert_eq!(found, json!([{}]));
    assert_eq!(told, ["egress-ignored spec.egress", "types-ignored spec.policyTypes"]);
}

#[test]
fn policies_that_open_nothing_are_left_out() {
    for text in [extensions("{podSelector: {}}"), v1("{}"), extensions("{ingress: [{from: []}]}")] {
        let conversion = converted(&format!("{ISOLATED}{text}"));
        assert_eq!(names(&conversion), ["default-deny-ingress"]);
        assert_eq!(notes(&conversion).last().unwrap(), "NetworkPolicy shop/web no-rules");
    }
}

#[test]
fn without_isolation_policies_had_no_effect() {
    for policy in [
        extensions("{ingress: [{}]}"),
        extensions("{ingress: [{}]}") + &v1("{ingress: [{}]}").replace("name: web", "name: b"),
    ] {
        let conversion = converted(&format!("{OPEN}{policy}"));
        assert_eq!(conversion.policies, []);
        assert_eq!(notes(&conversion)[0], "NetworkPolicy shop/web no-effect");
        assert_eq!(notes(&conversion).len(), policy.matches("kind:").count());
    }
}

#[test]
fn without_the_namespace_nobody_can_tell() {
    let bad = "{matchLabels: {a: b c}}";
    let spec = "{podSelector: {matchLabels: {a: b}}, ingress: [{from: []}]}";
    let conversion = converted(&extensions(spec));
    let unknown = "NetworkPolicy shop/web namespace-unknown";
    let empty = "NetworkPolicy shop/web empty-list spec.ingress[0].from";
    assert_eq!(notes(&conversion), [unknown, empty]);
    let spec = to_value(&conversion.policies[0].spec).unwrap();
    assert_eq!(spec, json!({"podSelector": {"matchLabels": {"a": "b"}}, "ingress": [{}]}));

    // What cannot be read denies, as a cluster of today has it.
    for (text, expected) in [
        (
            format!("{{podSelector: {bad}, ingress: [{{}}], egress: [{{}}]}}"),
            json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}),
        ),
        (
            format!("{{egress: [{{to: [{{podSelector: {bad}}}]}}]}}"),
            json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}),
        ),
        (
            "{policyTypes: [ingress]}".to_owned(),
            json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}),
        ),
        (
            "{policyTypes: [Egress, Egress, Egress]}".to_owned(),
            json!({"podSelector": {}, "policyTypes": ["Egress"]}),
        ),
        ("{ingress: [{ports: [{port: 0}]}]}".to_owned(), json!({"podSelector": {}})),
    ] {
        let conversion = converted(&extensions(&text));
        assert_eq!(to_value(&conversion.policies[0].spec).unwrap(), expected, "{text}");
        assert_eq!(notes(&conversion)[0], unknown);
        assert!(conversion.notes.len() > 1, "{text}");
    }
}

#[test]
fn the_form_of_2016() {
    let alpha = |spec: &str| {
        extensions(spec).replace("extensions/v1beta1", "net.alpha.kubernetes.io/v1alpha1")
    };
    let annotated = OPEN.replace(
        "{name: shop}",
        "{name: shop, annotations: {net.alpha.kubernetes.io/network-isolation: 'yes'}}",
    );
    let spec = "{podSelector: {a: b}, allowIncoming: {toPorts: [{port: 0}, {port: http}]}, \
                inbound: [{from: [{namespaces: {}}]}, {from: [{pods: {}}]}, {ports: []}]}";
    let conversion = converted(&format!("{annotated}{}", alpha(spec)));
    assert_eq!(names(&conversion), ["default-deny-ingress", "web"]);
    assert_eq!(
        to_value(&conversion.policies[1].spec).unwrap(),
        json!({
            "podSelector": {"matchLabels": {"a": "b"}},
            "policyTypes": ["Ingress"],
            "ingress": [{"ports": [{"port": "http"}]}, {"from": [{"podSelector": {}}]}, {}],
        })
    );
    assert_eq!(
        notes(&conversion),
        [
            "NetworkPolicy shop/web matches-nothing spec.allowIncoming.toPorts[0]",
            "NetworkPolicy shop/web matches-nothing spec.inbound[0].from[0]",
            "NetworkPolicy shop/web matches-nothing spec.inbound[0]",
        ]
    );
    let conversion = converted(&alpha("{podSelector: {a: b}}"));
    assert_eq!(
        to_value(&conversion.policies[0].spec).unwrap(),
        json!({"podSelector": {"matchLabels": {"a": "b"}}, "policyTypes": ["Ingress"]})
    );
}

#[test]
fn names_are_not_taken_twice() {
    let named =
        |name: &str, spec: &str| extensions(spec).replace("name: web", &format!("name: {name}"));
    let deny = "default-deny-ingress";
    let text = format!("{ISOLATED}{}", named(deny, "{ingress: [{}]}"));
    assert_eq!(names(&converted(&text)), ["default-deny-ingress-2", deny]);
    let text = format!("{text}{}", named("default-deny-ingress-2", "{ingress: [{}]}"));
    assert_eq!(names(&converted(&text))[0], "default-deny-ingress-3");
    // One that is left out leaves its name.
    let text = format!("{ISOLATED}{}", named(deny, "{}"));
    assert_eq!(names(&converted(&text)), [deny]);
}

#[test]
fn nothing_older_is_returned_as_it_is() {
    let text = format!("{OPEN}{}", v1("{policyTypes: [Egress], egress: [{to: [{}]}]}"));
    let conversion = convert(&objects(&text));
    assert_eq!(conversion.notes, []);
    assert_eq!(conversion.policies.len(), 1);
    assert_eq!(conversion.policies[0].spec.egress[0].to.len(), 1);
    let nothing = convert(&[]);
    assert!(nothing.policies.is_empty() && nothing.notes.is_empty());
}

#[test]
fn metadata_is_kept_but_for_what_the_server_fills_in() {
    let text = "
apiVersion: extensions/v1beta1
kind: NetworkPolicy
metadata:
  name: web
  namespace: shop
  uid: u
  resourceVersion: '7'
  generation: 3
  creationTimestamp: 2016-04-18T00:00:00Z
  labels: {a: b}
  annotations: {c: d, kubectl.kubernetes.io/last-applied-configuration: '{}'}
  finalizers: [a/b]
  managedFields: [{manager: kubectl, operation: Update}]
spec: {podSelector: {}, ingress: [{}]}
";
    let conversion = converted(&format!("{ISOLATED}{text}"));
    assert_eq!(
        to_value(&conversion.policies[1].metadata).unwrap(),
        json!({
            "name": "web",
            "namespace": "shop",
            "labels": {"a": "b"},
            "annotations": {"c": "d"},
            "finalizers": ["a/b"],
        })
    );
}

#[test]
fn notes_say_where() {
    let text = format!("{ISOLATED}{}", extensions("{ingress: [{}, {from: []}]}"));
    let note = converted(&text).notes.remove(0);
    assert_eq!(
        note.to_string(),
        "warning: NetworkPolicy shop/web: spec.ingress[1]: left out: the rule matches nothing"
    );
    let Problem::Note { path, .. } = note.problem else { panic!() };
    assert_eq!(path, Path::new("spec").child("ingress").index(1));
}

/// By the semantics of their time the objects allow exactly what the policies made of them allow
/// today: asked of the reference, which shares nothing with the converter.
#[test]
fn policies_of_today_do_what_they_did_then() {
    let (mut worlds, mut answers, mut denied) = (0, 0, 0);
    for seed in 0..4_000 {
        let mut drawn = scenario(&mut Seeded::new(seed), 60);
        if drawn.options.network_policies != NetworkPolicySemantics::Legacy {
            continue;
        }
        drawn.options.until_synced = None;
        drawn.options.missing_namespaces = MissingNamespaces::default();
        drawn.options.unreadable_subjects = UnreadableSubjects::default();
        let objects = with_namespaces(last_of_each(drawn.events));
        let conversion = convert(&objects);
        let then = World::new(drawn.options.clone());
        drawn.options.network_policies = NetworkPolicySemantics::V1;
        let today = World::new(drawn.options);
        let others = objects.iter().filter(|object| object.kind() != Kind::NetworkPolicy).cloned();
        let policies = conversion.policies.into_iter().map(Object::NetworkPolicy);
        let then = filled(then, objects.iter().cloned());
        let today = filled(today, others.chain(policies));
        worlds += 1;
        for ask in &drawn.asks {
            let expected = verdicts(&then, ask);
            assert_eq!(verdicts(&today, ask), expected, "seed {seed}: {ask}");
            answers += 1;
            denied += u32::from(expected.is_some_and(|(ingress, _)| !ingress));
        }
    }
    assert!(worlds > 200, "only {worlds} clusters of that time");
    assert!(denied > answers / 20, "only {denied} of {answers} were denied for ingress");
}

/// The objects that were ever there, each as it was last.
fn last_of_each(events: Vec<Event>) -> Vec<Object> {
    let mut objects: BTreeMap<ObjectRef, Object> = BTreeMap::new();
    for event in events {
        let fresh = match event {
            Event::Upsert { object, .. } => vec![*object],
            Event::ReplaceAll { objects, .. } => objects,
            _ => Vec::new(),
        };
        objects.extend(fresh.into_iter().map(|object| (object.object_ref(), object)));
    }
    objects.into_values().collect()
}

/// The same, and the namespaces that only policies mention. One more is isolated, so that there is
/// always something to convert.
fn with_namespaces(mut objects: Vec<Object>) -> Vec<Object> {
    let named = |object: &Object| object.metadata().namespace.clone();
    let mut missing: BTreeSet<String> =
        objects.iter().filter(|object| object.kind() == Kind::NetworkPolicy).map(named).collect();
    for object in &objects {
        if object.kind() == Kind::Namespace {
            missing.remove(&object.metadata().name);
        }
    }
    for name in missing {
        let mut namespace = netpol_core::model::Namespace::default();
        namespace.metadata.name = name;
        objects.push(Object::Namespace(namespace));
    }
    objects.extend(self::objects(&ISOLATED.replace("shop", "elsewhere")));
    objects
}

fn filled(mut world: World, objects: impl Iterator<Item = Object>) -> World {
    for object in objects {
        world.upsert(object).expect("it is taken");
    }
    world
}

/// Whether it may come in and go out, `None` when nobody can tell what is meant.
fn verdicts(world: &World, ask: &Ask) -> Option<(bool, bool)> {
    let Judgement { ingress, egress } = match ask {
        Ask::Packet(packet) => world.judge(packet),
        Ask::Question(question) => world.judge_question(question).ok()?,
    };
    Some((ingress.verdict.is_allow(), egress.verdict.is_allow()))
}
