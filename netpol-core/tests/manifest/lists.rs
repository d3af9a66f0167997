//! Documents, lists and kinds: what is read, what is passed over, what is refused.

use netpol_core::manifest::{Admission, Manifest, ReadOptions, Refuses, UnknownFields};
use netpol_core::model::{Kind, Object, WorkloadKind};

use super::{policy, read, told};

/// The objects as `Kind namespace/name`.
fn names(manifest: &Manifest) -> Vec<String> {
    manifest.objects().iter().map(|object| object.object_ref().to_string()).collect()
}

#[test]
fn documents_of_every_sort() {
    let manifest = read(
        "# a comment\n---\n---\n# another\n---\n{apiVersion: v1, kind: Pod, metadata: {name: a}}\n\
         ...\n---\n~\n---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: b\n---\n",
    );
    assert_eq!(names(&manifest), ["Pod default/a", "Namespace b"]);
    assert_eq!(told(&manifest), [""; 0]);
}

#[test]
fn nothing_at_all() {
    for text in ["", "\n", "---\n", "# only words\n", "\u{feff}", "   \n\n"] {
        let manifest = read(text);
        assert!(manifest.objects().is_empty() && manifest.findings().is_empty(), "{text:?}");
    }
}

#[test]
fn byte_order_mark_and_carriage_returns() {
    let text =
        "\u{feff}apiVersion: v1\r\nkind: Pod\r\nmetadata:\r\n  name: a\r\n  labels: {b: 1}\r\n";
    let manifest = read(text);
    assert_eq!(names(&manifest), ["Pod default/a"]);
    assert_eq!(told(&manifest), ["TypeInvalid metadata.labels[b] type 5:15"]);
    let place = manifest.findings()[0].diagnostic.location.unwrap();
    assert_eq!(&text.as_bytes()[place.offset as usize..][..place.length as usize], b"1");
}

#[test]
fn json_documents_one_behind_the_other() {
    let manifest = read(
        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\"}}\n\
         {\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"b\"}}",
    );
    assert_eq!(names(&manifest), ["Pod default/a", "Pod default/b"]);
}

#[test]
fn json_documents_among_yaml_separators() {
    let manifest = read(
        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\"}}\n---\n\
         {\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"b\"}}",
    );
    assert_eq!(names(&manifest), ["Pod default/a", "Pod default/b"]);
    assert_eq!(told(&manifest), [""; 0]);
}

#[test]
fn json_faults_are_told_as_json() {
    for (text, place) in [
        ("{\"a\":\n  \"\\x\"}", "2:3"),
        ("{\"é\": \"b", "1:7"),
        ("{\"a\": 1 2, \"b\" 3}", "1:9"),
        ("{\"a\": \"b\"", "1:10"),
    ] {
        assert_eq!(told(&read(text)), [format!("Syntax - - {place}")], "{text}");
    }
}

#[test]
fn what_is_no_json_may_still_be_yaml() {
    for text in [
        "{apiVersion: v1, kind: Pod, metadata: {name: a}}",
        "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"a\",},}",
        "{ # a comment\n  apiVersion: v1, kind: Pod, metadata: {name: a}}",
    ] {
        let manifest = read(text);
        assert_eq!(names(&manifest), ["Pod default/a"], "{text}");
        assert_eq!(told(&manifest), [""; 0], "{text}");
    }
    // When neither reader understands it, the one it was probably meant for speaks.
    assert!(read("{a: [}").findings()[0].diagnostic.to_string().contains("invalid YAML"));
}

#[test]
fn lists_in_every_order_of_their_fields() {
    let items = "items:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n\
                 - apiVersion: v1\n  kind: List\n  items:\n  - apiVersion: v1\n    kind: Node\n    \
                 metadata: {name: b}\n";
    for text in [
        format!("apiVersion: v1\nkind: List\n{items}"),
        format!("apiVersion: v1\n{items}kind: List\nmetadata: {{resourceVersion: ''}}\n"),
    ] {
        let manifest = read(&text);
        assert_eq!(names(&manifest), ["Pod default/a", "Node b"]);
        assert_eq!(told(&manifest), [""; 0]);
    }
}

#[test]
fn typed_lists_whose_items_name_no_kind() {
    let items = "items:\n- metadata: {name: a}\n- metadata: {name: b, namespace: c}\n";
    for text in [
        format!("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicyList\n{items}"),
        format!("{items}apiVersion: networking.k8s.io/v1\nkind: NetworkPolicyList\n"),
    ] {
        let manifest = read(&text);
        assert_eq!(names(&manifest), ["NetworkPolicy default/a", "NetworkPolicy c/b"]);
        assert_eq!(told(&manifest), [""; 0]);
    }
}

#[test]
fn a_list_by_alias() {
    let manifest = read(
        "metadata: &all\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n\
         items: *all\napiVersion: v1\nkind: List\n",
    );
    assert_eq!(names(&manifest), ["Pod default/a"]);
}

#[test]
fn items_of_something_that_is_no_list() {
    let manifest = read(
        "apiVersion: example.com/v1\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n\
         - {apiVersion: v1, kind: Pod, metadata: [a]}\nkind: Bundle\n",
    );
    assert_eq!(names(&manifest), [""; 0]);
    assert_eq!(told(&manifest), [""; 0]);
    assert_eq!(manifest.skipped().collect::<Vec<_>>(), [("example.com/v1 Bundle", 1)]);
}

#[test]
fn every_workload() {
    for (api_version, kind) in [
        ("apps/v1", WorkloadKind::Deployment),
        ("apps/v1", WorkloadKind::ReplicaSet),
        ("apps/v1", WorkloadKind::StatefulSet),
        ("apps/v1", WorkloadKind::DaemonSet),
        ("batch/v1", WorkloadKind::Job),
        ("batch/v1", WorkloadKind::CronJob),
        ("v1", WorkloadKind::ReplicationController),
    ] {
        let selector = match kind {
            WorkloadKind::CronJob => "",
            WorkloadKind::ReplicationController => "selector: {app: a}",
            _ => "selector: {matchLabels: {app: a}}",
        };
        let template = "template:\n  metadata: {labels: {app: a}}\n  spec:\n    containers:\n    - \
                        name: c\n      ports: [{name: web, containerPort: 80}]\n";
        let spec = format!("{selector}\n{template}");
        let spec = if kind == WorkloadKind::CronJob {
            format!("schedule: '* * * * *'\njobTemplate:\n  spec:\n{}", indent(&spec, 4))
        } else {
            spec
        };
        let text = format!(
            "apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: w}}\nspec:\n{}",
            indent(&spec, 2)
        );
        let manifest = read(&text);
        assert_eq!(told(&manifest), [""; 0], "{text}");
        let [Object::Workload(workload)] = manifest.objects() else { panic!("{text}") };
        assert_eq!(workload.kind, kind);
        assert_eq!(workload.metadata.namespace, "default");
        assert_eq!(workload.template.metadata.labels["app"], "a");
        assert_eq!(workload.template.spec.containers[0].ports[0].name, "web");
        let selector = workload.selector.as_ref().map(|selector| &selector.match_labels["app"]);
        assert_eq!(selector.map(String::as_str), (!selector_is_absent(kind)).then_some("a"));
    }
}

fn selector_is_absent(kind: WorkloadKind) -> bool {
    kind == WorkloadKind::CronJob
}

fn indent(text: &str, by: usize) -> String {
    text.lines().map(|line| format!("{:by$}{line}\n", "")).collect()
}

#[test]
fn a_pod_and_a_node_as_a_cluster_prints_them() {
    let manifest = read(
        r#"
apiVersion: v1
items:
- apiVersion: v1
  kind: Pod
  metadata:
    creationTimestamp: "2026-01-02T03:04:05Z"
    generateName: web-
    labels: {app: web}
    name: web-1
    namespace: shop
    ownerReferences:
    - {apiVersion: apps/v1, kind: ReplicaSet, name: web, uid: u, controller: true}
  spec:
    containers:
    - image: web:1
      name: web
      ports: [{containerPort: 8080, name: http, protocol: TCP}]
      resources: {limits: {cpu: 1}}
    initContainers:
    - {name: proxy, restartPolicy: Always}
    hostNetwork: true
    nodeName: n1
    tolerations: [{key: a, operator: Exists}]
  status:
    hostIP: 10.0.0.1
    hostIPs: [{ip: 10.0.0.1}]
    phase: Running
    podIP: 10.1.0.1
    podIPs: [{ip: 10.1.0.1}, {ip: "fd00::1"}]
- apiVersion: v1
  kind: Node
  metadata: {name: n1}
  spec: {podCIDR: 10.1.0.0/24, podCIDRs: [10.1.0.0/24]}
  status:
    addresses: [{address: 10.0.0.1, type: InternalIP}]
    capacity: {cpu: "4"}
kind: List
metadata:
  resourceVersion: ""
"#,
    );
    assert_eq!(told(&manifest), [""; 0]);
    let [Object::Pod(pod), Object::Node(node)] = manifest.objects() else { panic!() };
    assert_eq!(pod.metadata.creation_timestamp.unwrap().to_string(), "2026-01-02T03:04:05Z");
    assert_eq!(pod.metadata.owner_references[0].controller, Some(true));
    assert_eq!((pod.spec.node_name.as_str(), pod.spec.host_network), ("n1", true));
    assert_eq!(pod.spec.containers[0].ports[0].container_port, 8080);
    assert_eq!(pod.spec.init_containers[0].restart_policy.as_deref(), Some("Always"));
    assert_eq!(pod.status.pod_ips, ["10.1.0.1", "fd00::1"]);
    assert_eq!(pod.status.host_ips, ["10.0.0.1"]);
    assert_eq!(node.spec.pod_cidrs, ["10.1.0.0/24"]);
    assert_eq!(node.status.addresses[0].kind, "InternalIP");
}

#[test]
fn namespaces_are_filled_in_where_there_is_one_to_fill() {
    let mut options = ReadOptions::default();
    options.default_namespace = "shop".into();
    let text = "{apiVersion: v1, kind: Pod, metadata: {name: a}}\n---\n\
                {apiVersion: v1, kind: Pod, metadata: {name: b, namespace: c}}\n---\n\
                {apiVersion: v1, kind: Node, metadata: {name: d}}\n---\n\
                {apiVersion: v1, kind: Namespace, metadata: {name: e, namespace: kept}}\n";
    let manifest = Manifest::read(None, text.as_bytes(), &options);
    assert_eq!(names(&manifest), ["Pod shop/a", "Pod c/b", "Node d", "Namespace kept/e"]);
}

#[test]
fn what_is_passed_over_is_counted() {
    let manifest = read(
        "{apiVersion: v1, kind: Endpoints, metadata: {name: 1, oops: 2}}\n---\n\
         {apiVersion: v1, kind: Endpoints}\n---\n{apiVersion: networking.k8s.io/v1, kind: Ingress}\n",
    );
    assert_eq!(told(&manifest), [""; 0]);
    assert_eq!(
        manifest.skipped().collect::<Vec<_>>(),
        [("networking.k8s.io/v1 Ingress", 1), ("v1 Endpoints", 2)]
    );
}

#[test]
fn the_same_object_in_two_texts() {
    let text = "{apiVersion: v1, kind: Pod, metadata: {name: a}}\n---\n\
                {apiVersion: v1, kind: Pod, metadata: {generateName: a}}\n---\n\
                {apiVersion: v1, kind: Pod, metadata: {generateName: a}}\n";
    let options = ReadOptions::default();
    let mut manifest = Manifest::read(Some("one"), text.as_bytes(), &options);
    assert_eq!(told(&manifest), [""; 0]);
    let other = "{apiVersion: v1, kind: Pod, metadata: {name: b}}\n---\n".to_owned() + text;
    manifest.append(Manifest::read(Some("two"), other.as_bytes(), &options));
    assert_eq!(manifest.objects().len(), 7);
    let [finding] = manifest.findings() else { panic!("{:#?}", manifest.findings()) };
    assert_eq!((finding.object, finding.refuses), (Some(4), Refuses::Always));
    assert_eq!(
        finding.diagnostic.to_string(),
        "two:3:2: error: Pod default/a: the same object stands twice in this load; \
         the first is at one:1:2"
    );
    manifest.append(Manifest::read(
        Some("three"),
        b"{apiVersion: v1, kind: Pod, metadata: {name: b}}",
        &options,
    ));
    assert_eq!(manifest.findings().len(), 2);
}

#[test]
fn findings_refuse_or_warn_by_admission() {
    let manifest = read(
        "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: a}, spec: {x: 1}}",
    );
    assert!(manifest.diagnostics(Admission::Create)[0].is_error());
    assert!(!manifest.diagnostics(Admission::Stored)[0].is_error());
    let broken = read("a: ]");
    assert!(broken.diagnostics(Admission::Create)[0].is_error());
    assert!(broken.diagnostics(Admission::Stored)[0].is_error());
}

#[test]
fn unknown_fields_may_be_ignored_and_nothing_else() {
    let mut options = ReadOptions::default();
    options.unknown_fields = UnknownFields::Ignore;
    let text = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: a}, \
                spec: {x: 1, podSelector: 1}}";
    let manifest = Manifest::read(None, text.as_bytes(), &options);
    assert_eq!(told(&manifest), ["TypeInvalid spec.podSelector type 1:104"]);
}

#[test]
fn anchors_and_merge_keys() {
    let manifest = read(
        r"
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: a
  labels: &labels {app: web, tier: front}
spec:
  podSelector:
    matchLabels:
      <<: *labels
      tier: back
  ingress:
  - from:
    - podSelector: {matchLabels: *labels}
    - podSelector:
        matchLabels:
          app: kept
          <<: [{app: first, a: '1'}, {app: second, b: '2'}]
",
    );
    assert_eq!(told(&manifest), [""; 0]);
    let spec = &policy(&manifest).spec;
    let labels = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
    };
    assert_eq!(spec.pod_selector.match_labels, labels(&[("app", "web"), ("tier", "back")]));
    let peer = |index: usize| spec.ingress[0].from[index].pod_selector.as_ref().unwrap();
    assert_eq!(peer(0).match_labels, labels(&[("app", "web"), ("tier", "front")]));
    // As go-yaml v2 has it, a merge behind a field goes over it.
    assert_eq!(peer(1).match_labels, labels(&[("a", "1"), ("app", "first"), ("b", "2")]));
}

#[test]
fn kinds_are_told_apart_by_group() {
    let manifest = read("{apiVersion: batch.volcano.sh/v1alpha1, kind: Job, metadata: {name: a}}");
    assert!(manifest.objects().is_empty() && manifest.findings().is_empty());
    let manifest = read("{apiVersion: batch/v1, kind: Job, metadata: {name: a}}");
    assert_eq!(manifest.objects()[0].kind(), Kind::Workload(WorkloadKind::Job));
}
