//! Feeding a cluster: what replaces what, what goes with what, and that a refusal leaves no trace.

use netpol_core::diagnostic::{Diagnostic, Problem};
use netpol_core::field::ErrorKind;
use netpol_core::manifest::ReadOptions;
use netpol_core::model::{self, Kind, Object, WorkloadKind};
use netpol_core::options::MissingNamespaces;
use netpol_core::{Admission, Applied, Cluster, Error, Manifest, Options, Packet, Reason, Verdict};

use super::questions::{address, assert_answers, portrait};
use super::small_cluster::{SURROUNDINGS, policy, read, surroundings};

/// `apply`, `upsert` and `replace_all`, each refused for one object among good ones.
#[test]
fn a_refused_call_changes_nothing() {
    let mut cluster = surroundings(Options::default());
    let in_force = policy("podSelector: {matchLabels: {app: db}}");
    cluster.apply(&read(&in_force), Admission::Create).expect("it is good");
    let before = portrait(&cluster.publish().expect("it fits"));

    let open = policy("podSelector: {}\ningress: [{}]");
    let bad = open.replace("name: p", "name: Bad");
    let pod = "
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: d}
status: {phase: Running, podIP: 10.0.9.9}";
    let together = format!("{open}---{bad}---{pod}");
    for admission in [Admission::Create, Admission::Stored] {
        for text in [
            format!("{together}\n---\n5"),
            format!("{together}\n---\n{{"),
            format!("{together}\n---{pod}"),
            together.replace("NetworkPolicy", "NetworkPolcy"),
            together.replace("name: Bad", "name: 5"),
            together.replace("{name: Bad, namespace: d}", "bad"),
            together.clone(),
        ] {
            // Only the name is no reason to refuse what is stored already.
            if admission == Admission::Stored && text == together {
                continue;
            }
            let mut copy = cluster.clone();
            copy.apply(&read(&text), admission).expect_err(&text);
            assert_eq!(portrait(&copy.publish().expect("it fits")), before, "{text}");
        }
    }

    let objects = |text: &str| read(text).objects().to_vec();
    let policies = [objects(&open), objects(&bad)].concat();
    cluster.upsert(policies[1].clone(), Admission::Create).expect_err("the name is bad");
    cluster
        .replace_all(Kind::NetworkPolicy, policies.clone(), Admission::Create)
        .expect_err("the name is bad");
    let strangers = [objects(&open), objects(pod)].concat();
    for kind in [Kind::NetworkPolicy, Kind::Pod, Kind::Workload(WorkloadKind::Job)] {
        for admission in [Admission::Create, Admission::Stored] {
            cluster.replace_all(kind, strangers.clone(), admission).expect_err("mixed kinds");
        }
    }
    let twice = [objects(&open), objects(&open)].concat();
    cluster.replace_all(Kind::NetworkPolicy, twice, Admission::Stored).expect_err("twice");
    let mut nameless = model::NetworkPolicy::default();
    for (name, namespace) in [("", "d"), ("p", "")] {
        nameless.metadata.name = name.into();
        nameless.metadata.namespace = namespace.into();
        let object = Object::NetworkPolicy(nameless.clone());
        cluster.upsert(object, Admission::Stored).expect_err("nobody could tell which it is");
    }
    assert_eq!(portrait(&cluster.publish().expect("it fits")), before);
    // Nothing was lost either: what is good still goes in.
    cluster.replace_all(Kind::NetworkPolicy, policies, Admission::Stored).expect("stored");
    assert_ne!(portrait(&cluster.publish().expect("it fits")), before);
}

#[test]
fn a_refused_publication_can_be_repeated() {
    let mut options = Options::default();
    options.missing_namespaces = MissingNamespaces::Error;
    let mut cluster = surroundings(options);
    let engine = cluster.publish().expect("all namespaces are there");
    let elsewhere = policy("podSelector: {}").replace("namespace: d", "namespace: f");
    cluster.apply(&read(&elsewhere), Admission::Create).expect("it is good");
    for _ in 0..2 {
        let refusal = cluster.publish().expect_err("f is missing").to_string();
        assert!(refusal.contains("Namespace f"), "{refusal}");
    }
    let namespace = "{apiVersion: v1, kind: Namespace, metadata: {name: f}}";
    cluster.apply(&read(namespace), Admission::Create).expect("it is good");
    assert_eq!(cluster.publish().expect("now it is there").generation(), engine.generation() + 1);
}

/// Until the first listing is complete the answer is the chosen one, for a reason of its own.
#[test]
fn a_cluster_that_is_not_synced() {
    let packet = Packet::tcp(address("10.0.0.2"), address("10.0.0.1"), 80);
    let itself = Packet::tcp(address("10.0.0.1"), address("10.0.0.1"), 80);
    for waiting in [Verdict::Deny, Verdict::Allow] {
        let mut options = Options::default();
        options.until_synced = Some(waiting);
        let mut cluster = Cluster::new(options);
        let empty = cluster.publish().expect("it fits");
        cluster.apply(&read(SURROUNDINGS), Admission::Stored).expect("they are good");
        let early = cluster.publish().expect("it fits");
        for engine in [&empty, &early] {
            for packet in [&packet, &itself] {
                assert_eq!(engine.decide(packet), waiting);
                assert_eq!(engine.decide_ingress(packet), waiting);
                assert_eq!(engine.decide_egress(packet), waiting);
                let decision = engine.attribute(packet);
                assert_eq!(decision.verdict, waiting);
                assert_eq!(decision.ingress.reason, Reason::NotSynced);
                assert_eq!(decision.egress.reason, Reason::NotSynced);
                assert_eq!(engine.explain(packet).ingress.reason, Reason::NotSynced);
            }
            let mut verdicts = [!waiting.is_allow(); 2].map(Verdict::from_allowed);
            engine.decide_batch(&[packet, itself], &mut verdicts).expect("two and two");
            assert_eq!(verdicts, [waiting; 2]);
        }
        assert_answers(&early, &format!("d/web -> d/db TCP 80 {waiting}"));

        cluster.set_synced(true);
        let closed = policy("podSelector: {matchLabels: {app: db}}");
        cluster.apply(&read(&closed), Admission::Stored).expect("it is good");
        let synced = cluster.publish().expect("it fits");
        assert_eq!(synced.attribute(&packet).ingress.reason, Reason::NoRuleMatches);
        assert_answers(&synced, CLOSED_DB);
        assert_eq!(early.attribute(&packet).ingress.reason, Reason::NotSynced);

        // The watch broke: the feeder says so, lists again, and says that it is done.
        cluster.set_synced(false);
        let broken = cluster.publish().expect("it fits");
        assert_eq!(broken.attribute(&packet).ingress.reason, Reason::NotSynced);
        let policies = read(&closed.replace("app: db", "app: web")).objects().to_vec();
        cluster.replace_all(Kind::NetworkPolicy, policies, Admission::Stored).expect("good");
        let mut pods = read(SURROUNDINGS).objects().to_vec();
        pods.retain(|object| object.kind() == Kind::Pod && object.metadata().namespace == "d");
        cluster.replace_all(Kind::Pod, pods, Admission::Stored).expect("good");
        cluster.set_synced(true);
        let relisted = cluster.publish().expect("it fits");
        assert_answers(
            &relisted,
            "d/web -> d/db TCP 80 allow
             d/db -> d/web TCP 80 deny
             10.0.1.1 -> d/web TCP 80 deny",
        );
        assert!(relisted.endpoint("e/web").is_err());
    }
    // Without the option a cluster is complete from the start, whatever is said of it.
    let mut cluster = surroundings(Options::default());
    cluster.set_synced(false);
    let engine = cluster.publish().expect("it fits");
    assert_eq!(engine.attribute(&packet).ingress.reason, Reason::NotIsolated);
}

const CLOSED_DB: &str = "
    d/web -> d/db TCP 80 deny
    d/db -> d/web TCP 80 allow
    192.0.2.1 -> e/web TCP 80 allow
";

/// One step: whoever publishes before sees the old list, and after it the new one alone.
#[test]
fn replacing_all_of_a_kind_touches_no_other() {
    let workloads = "
apiVersion: v1
kind: List
items:
- {apiVersion: apps/v1, kind: Deployment, metadata: {name: x, namespace: d},
   spec: {selector: {matchLabels: {x: d}}, template: {metadata: {labels: {x: d}}}}}
- {apiVersion: apps/v1, kind: StatefulSet, metadata: {name: x, namespace: d},
   spec: {selector: {matchLabels: {x: s}}, template: {metadata: {labels: {x: s}}}}}
- {apiVersion: v1, kind: Node, metadata: {name: worker},
   status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}}
";
    let mut cluster = surroundings(Options::default());
    cluster.apply(&read(workloads), Admission::Create).expect("they are good");
    cluster.apply(&read(&policy("podSelector: {}")), Admission::Create).expect("it is good");
    let names = |cluster: &mut Cluster| {
        let engine = cluster.publish().expect("it fits");
        let names = engine.endpoints().filter_map(|endpoint| engine.endpoint_name(endpoint));
        names.map(|name| name.to_string()).collect::<Vec<_>>()
    };
    let everything = ["Pod d/db", "Pod d/web", "Deployment d/x", "StatefulSet d/x", "Pod e/web"]
        .map(str::to_owned);
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    assert_eq!(sorted(names(&mut cluster)), sorted(everything.to_vec()));
    for (kind, gone) in [
        (Kind::Workload(WorkloadKind::Job), &[][..]),
        (Kind::Workload(WorkloadKind::Deployment), &["Deployment d/x"]),
        (Kind::Pod, &["Pod d/db", "Pod d/web", "Pod e/web"]),
        (Kind::Node, &[]),
        (Kind::Namespace, &[]),
        (Kind::NetworkPolicy, &[]),
    ] {
        let mut copy = cluster.clone();
        let applied = copy.replace_all(kind, Vec::new(), Admission::Create).expect("nothing wrong");
        assert_eq!(applied, Applied::default());
        let mut left = everything.to_vec();
        left.retain(|name| !gone.contains(&name.as_str()));
        assert_eq!(sorted(names(&mut copy)), sorted(left), "{kind}");
        let engine = copy.publish().expect("it fits");
        let is_open =
            engine.decide_ingress(&Packet::tcp(address("192.0.2.1"), address("10.0.0.1"), 80));
        let expected = matches!(kind, Kind::NetworkPolicy | Kind::Pod);
        assert_eq!(is_open.is_allow(), expected, "{kind}");
        // Namespaces that are gone are still mentioned.
        let missing = if kind == Kind::Namespace { 2 } else { 0 };
        assert_eq!(engine.warnings().len(), missing, "{kind}");
    }
}

#[test]
fn a_namespace_goes_with_everything_in_it() {
    let mut cluster = surroundings(Options::default());
    cluster.apply(&read(&policy("podSelector: {}")), Admission::Create).expect("it is good");
    let full = portrait(&cluster.publish().expect("it fits"));
    assert!(!cluster.delete(Kind::Namespace, "", "nowhere"));
    assert!(!cluster.delete(Kind::Pod, "nowhere", "db"));
    assert!(!cluster.delete(Kind::Pod, "d", "nobody"));
    assert!(!cluster.delete(Kind::Workload(WorkloadKind::Job), "d", "db"));
    assert_eq!(portrait(&cluster.publish().expect("it fits")), full);

    assert!(cluster.delete(Kind::Namespace, "", "d"));
    assert!(!cluster.delete(Kind::Namespace, "", "d"), "it is gone");
    let engine = cluster.publish().expect("it fits");
    assert_eq!(engine.endpoints().count(), 1);
    assert_eq!(engine.warnings(), []);
    assert_answers(&engine, "192.0.2.1 -> 10.0.0.1 TCP 80 allow");
    for (kind, name) in [(Kind::Pod, "db"), (Kind::NetworkPolicy, "p")] {
        assert!(!cluster.delete(kind, "d", name), "{kind} {name} went with its namespace");
    }

    // Made again, it is empty: a pod in it is open.
    let again = "
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Namespace, metadata: {name: d}}
- {apiVersion: v1, kind: Pod, metadata: {name: db, namespace: d},
   status: {phase: Running, podIP: 10.0.0.1}}
";
    cluster.apply(&read(again), Admission::Create).expect("it is good");
    assert_answers(&cluster.publish().expect("it fits"), "192.0.2.1 -> d/db TCP 80 allow");
}

#[test]
fn a_later_load_replaces() {
    let mut cluster = surroundings(Options::default());
    let first = policy("podSelector: {matchLabels: {app: db}}\ningress: [{ports: [{port: 80}]}]");
    let second = policy("podSelector: {matchLabels: {app: web}}\npolicyTypes: [Egress]");
    cluster.apply(&read(&first), Admission::Create).expect("it is good");
    cluster.apply(&read(&second), Admission::Create).expect("it is good");
    // Nothing of the first is left, as merging would have it.
    assert_answers(
        &cluster.publish().expect("it fits"),
        "192.0.2.1 -> d/db TCP 81 allow
         d/web -> 192.0.2.1 TCP 80 deny
         192.0.2.1 -> d/web TCP 80 allow",
    );
    let moved = "
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Pod, metadata: {name: web, namespace: d},
   status: {phase: Running, podIP: 10.0.0.9}}
- {apiVersion: v1, kind: Namespace, metadata: {name: d, labels: {moved: 'true'}}}
";
    cluster.apply(&read(moved), Admission::Create).expect("it is good");
    let engine = cluster.publish().expect("it fits");
    assert!(engine.owner(address("10.0.0.2")).is_none());
    assert_answers(&engine, "d/web -> 192.0.2.1 TCP 80 allow");
    // Loading the same once more changes nothing.
    let before = portrait(&engine);
    cluster.apply(&read(moved), Admission::Create).expect("it is good");
    assert_eq!(portrait(&cluster.publish().expect("it fits")), before);
}

#[test]
fn the_same_object_twice_in_one_load() {
    let pod = "
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: d}
";
    let in_default = "{apiVersion: v1, kind: Pod, metadata: {name: db}}";
    let named_default = "{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: default}}";
    let mut cluster = Cluster::new(Options::default());
    for (text, refused) in [
        (format!("{pod}---{pod}"), true),
        (format!("{in_default}\n---\n{named_default}"), true),
        (format!("{pod}---\n{in_default}"), false),
        (
            format!("{pod}---{}", pod.replace("Pod", "Namespace").replace(", namespace: d", "")),
            false,
        ),
    ] {
        for admission in [Admission::Create, Admission::Stored] {
            let outcome = cluster.apply(&read(&text), admission);
            assert_eq!(outcome.is_err(), refused, "{text}");
            if let Err(error) = outcome {
                let problems = error.errors().map(|error| &error.problem).collect::<Vec<_>>();
                let [Problem::DuplicateObject { first: Some(first), .. }] = problems[..] else {
                    panic!("{error}");
                };
                assert!(first.line < 3, "{error}");
            }
        }
    }
}

/// The server would name each of them; here too each is one of its own.
#[test]
fn objects_that_the_server_names() {
    let policies = "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {generateName: p-, namespace: d}
spec: {podSelector: {matchLabels: {app: db}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {generateName: p-, namespace: d}
spec: {podSelector: {matchLabels: {app: web}}}
";
    let closed = "
        192.0.2.1 -> d/db TCP 80 deny
        192.0.2.1 -> d/web TCP 80 deny
    ";
    let mut cluster = surroundings(Options::default());
    let applied = cluster.apply(&read(policies), Admission::Create).expect("they are good");
    assert_eq!(applied.objects, 2);
    assert_answers(&cluster.publish().expect("it fits"), closed);

    let mut cluster = surroundings(Options::default());
    let objects = read(policies).objects().to_vec();
    cluster.replace_all(Kind::NetworkPolicy, objects, Admission::Create).expect("they are two");
    assert_answers(&cluster.publish().expect("it fits"), closed);
}

#[test]
fn namespaces_of_objects() {
    // A manifest's object without one is in the reader's default.
    let text = policy("podSelector: {}").replace(", namespace: d", "");
    let mut options = ReadOptions::default();
    for namespace in ["default", "d"] {
        options.default_namespace = namespace.into();
        let manifest = Manifest::read(None, text.as_bytes(), &options);
        let mut cluster = surroundings(Options::default());
        cluster.apply(&manifest, Admission::Create).expect("it is good");
        assert!(cluster.delete(Kind::NetworkPolicy, namespace, "p"), "{namespace}");
    }
    // An object by itself must say where it is; a node or namespace must not.
    let mut pod = model::Pod::default();
    pod.metadata.name = "db".into();
    let mut node = model::Node::default();
    node.metadata.name = "worker".into();
    node.metadata.namespace = "d".into();
    let mut namespace = model::Namespace::default();
    namespace.metadata.name = "d".into();
    namespace.metadata.namespace = "d".into();
    for (object, kind) in [
        (Object::Pod(pod), ErrorKind::Required),
        (Object::Node(node), ErrorKind::Forbidden),
        (Object::Namespace(namespace), ErrorKind::Forbidden),
    ] {
        let mut cluster = Cluster::new(Options::default());
        let refusal = cluster.upsert(object, Admission::Create).expect_err("namespace");
        assert_eq!(fields(&refusal), [(kind, "metadata.namespace".to_owned())]);
    }
    for kind in ["Node", "Namespace"] {
        let text = format!("{{apiVersion: v1, kind: {kind}, metadata: {{name: x, namespace: d}}}}");
        let mut cluster = Cluster::new(Options::default());
        let refusal = cluster.apply(&read(&text), Admission::Create).expect_err(kind);
        assert_eq!(fields(&refusal), [(ErrorKind::Forbidden, "metadata.namespace".to_owned())]);
        // Stored, it is what its kind makes it.
        let applied = cluster.apply(&read(&text), Admission::Stored).expect(kind);
        assert_eq!(applied.warnings.len(), 1);
        let kind = if kind == "Node" { Kind::Node } else { Kind::Namespace };
        assert!(cluster.delete(kind, "", "x"));
    }
}

fn fields(refusal: &Error) -> Vec<(ErrorKind, String)> {
    let errors = refusal.errors().filter_map(Diagnostic::field_error);
    errors.map(|error| (error.kind(), error.path().to_string())).collect()
}

/// Reading and validation are told together, file by file and line by line.
#[test]
fn diagnostics_come_in_the_order_of_the_input() {
    let first = "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: Upper, unknown: 5}
spec:
  podSelector: {}
  policyType: [Ingress]
  ingress:
  - from: [{}, {ipBlock: {cidr: 10.0.0.1/8}}]
    ports: [{port: 0}, {port: x, prot: TCP}]
---
kind: NetworkPolcy
apiVersion: networking.k8s.io/v1
metadata: {name: a}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: a}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: b}
spec: {podSelector: {matchLabels: {a: '?'}}, policyTypes: [Bogus]}
";
    let second = "{apiVersion: v1, kind: Pod, metadata: {name: A}}\n---\n{apiVersion: v1";
    let options = ReadOptions::default();
    for (a, b) in [(first, second), (second, first)] {
        let mut manifest = Manifest::read(Some("z.yaml"), a.as_bytes(), &options);
        manifest.append(Manifest::read(Some("a.yaml"), b.as_bytes(), &options));
        let refusal =
            Cluster::new(Options::default()).apply(&manifest, Admission::Create).expect_err("bad");
        let order = refusal
            .diagnostics()
            .iter()
            .map(|found| {
                let file = if found.source.as_deref() == Some("z.yaml") { 0 } else { 1 };
                (file, found.location.expect("each has a place").offset)
            })
            .collect::<Vec<_>>();
        assert!(order.is_sorted(), "{:#?}", refusal.diagnostics());
        assert_eq!(order.iter().filter(|(file, _)| *file == 0).count() > 4, a == first);
        let kinds = refusal.diagnostics().iter().map(|found| &found.problem);
        assert!(kinds.clone().any(|problem| matches!(problem, Problem::Note { .. })));
        assert!(kinds.clone().any(|problem| matches!(problem, Problem::UnknownKind { .. })));
        assert!(kinds.clone().any(|problem| matches!(problem, Problem::Syntax { .. })));
        assert!(kinds.clone().any(|problem| matches!(problem, Problem::Field(_))));
    }

    // Objects by themselves: in their own order, duplicates among the others.
    let pod = |name: &str| {
        let mut pod = model::Pod::default();
        pod.metadata.name = name.into();
        pod.metadata.namespace = "d".into();
        Object::Pod(pod)
    };
    let pods = vec![pod("a"), pod("B"), pod("a"), pod("C")];
    let refusal = Cluster::new(Options::default())
        .replace_all(Kind::Pod, pods, Admission::Create)
        .expect_err("names");
    let names = refusal.errors().filter_map(|error| Some(error.object.as_ref()?.name.as_str()));
    assert_eq!(names.collect::<Vec<_>>(), ["B", "a", "C"]);
}
