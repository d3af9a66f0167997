//! Namespaces, nodes, pods and workloads.

use netpol_core::model::{
    Container, ContainerPort, LabelSelector, LabelSelectorRequirement, Labels, Namespace, Node,
    NodeAddress, Object, ObjectMeta, Pod, PodCondition, PodSpec, PodTemplateSpec, Workload,
    WorkloadKind,
};

use super::{Choices, addresses};

/// Four namespaces: a policy's own, another, one that may be missing, one to spare.
pub(super) const NAMESPACES: [&str; 4] = ["a", "b", "c", "d"];

/// Two keys and two values, and the empty one now and then, so that selectors select something.
const KEYS: [&str; 2] = ["app", "example.com/Tier_1"];
const VALUES: [&str; 5] = ["x", "y", "x", "y", ""];

/// Names that policies and containers share; they must be valid port names.
pub(super) const PORT_NAMES: [&str; 5] = ["http", "dns", "http", "dns", "x-1"];
/// Numbers that policies, containers and packets share; those with names are common.
pub(super) const PORT_NUMBERS: [u16; 8] = [80, 53, 80, 53, 80, 81, 1, 65535];
/// Protocols as manifests spell them.
pub(super) const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];

/// Three nodes at most: own, other, and one without an object.
pub(super) const NODES: usize = 3;

pub(super) fn namespace(choices: &mut impl Choices, name: &str) -> Object {
    let mut labels = labels(choices);
    if choices.once_in(8) {
        labels.insert("kubernetes.io/metadata.name".to_owned(), "b".to_owned());
    }
    let metadata = ObjectMeta { name: name.to_owned(), labels, ..ObjectMeta::default() };
    Object::Namespace(Namespace { metadata })
}

pub(super) fn node(choices: &mut impl Choices, number: usize) -> Object {
    let mut node = Node::default();
    node.metadata.name = format!("n{number}");
    node.metadata.labels = labels(choices);
    for ipv6 in [false, true] {
        if !choices.once_in(4) {
            let address = addresses::of_a_node(number, ipv6).to_string();
            node.status.addresses.push(NodeAddress { kind: "InternalIP".to_owned(), address });
        }
    }
    if choices.once_in(4) {
        let address = format!("n{number}.example");
        node.status.addresses.push(NodeAddress { kind: "Hostname".to_owned(), address });
    }
    // A node may have an address that a pod claims as well.
    if choices.once_in(8) {
        let address = addresses::of_a_pod(choices, false).to_string();
        node.status.addresses.push(NodeAddress { kind: "InternalIP".to_owned(), address });
    }
    if choices.below(3) > 0 {
        node.spec.pod_cidrs = addresses::pod_ranges(number).to_vec();
        if choices.once_in(8) {
            node.spec.pod_cidrs.push("10.0.0.0/".to_owned());
        }
    }
    Object::Node(node)
}

pub(super) fn pod(choices: &mut impl Choices, number: usize, junk: bool) -> Object {
    let mut pod = Pod::default();
    pod.metadata.name = format!("p{number}");
    pod.metadata.namespace = busy_namespace(choices);
    pod.metadata.labels = labels(choices);
    pod.metadata.creation_timestamp = choices
        .pick(&[None, Some("2026-01-01T00:00:00Z"), Some("2026-02-01T00:00:00Z")])
        .map(|text| text.parse().expect("a timestamp"));
    pod.spec = pod_spec(choices);
    let node = choices.between(0, NODES);
    if node > 0 {
        pod.spec.node_name = format!("n{node}");
        if choices.once_in(3) {
            pod.status.host_ip = addresses::of_a_node(node, false).to_string();
            pod.status.host_ips = vec![pod.status.host_ip.clone()];
        }
    }
    pod.status.phase = (*choices.pick(&[
        "Running",
        "Running",
        "Running",
        "Running",
        "Pending",
        "Succeeded",
        "Failed",
        "",
    ]))
    .to_owned();
    pod.status.pod_ips = match choices.below(8) {
        0 | 1 | 5 | 6 => vec![addresses::of_a_pod(choices, false)],
        2 => vec![addresses::of_a_pod(choices, false), addresses::of_a_pod(choices, true)],
        3 => vec![addresses::of_a_pod(choices, true), addresses::of_a_pod(choices, false)],
        4 => vec![addresses::of_a_pod(choices, true)],
        _ => Vec::new(),
    }
    .iter()
    .map(ToString::to_string)
    .collect();
    if pod.spec.host_network && node > 0 && !choices.once_in(8) {
        pod.status.pod_ips = vec![addresses::of_a_node(node, false).to_string()];
    }
    if junk && choices.once_in(4) {
        let text = *choices.pick(&["", "nonsense", "10.0.0.256", "::ffff:10.0.0.5", "010.0.0.06"]);
        pod.status.pod_ips.insert(0, text.to_owned());
    }
    pod.status.pod_ip = pod.status.pod_ips.first().cloned().unwrap_or_default();
    // What Services look at.
    if choices.once_in(3) {
        let status = (*choices.pick(&["True", "False"])).to_owned();
        pod.status.conditions.push(PodCondition { kind: "Ready".to_owned(), status });
    }
    if choices.once_in(6) {
        pod.metadata.deletion_timestamp =
            Some("2026-03-01T00:00:00Z".parse().expect("a timestamp"));
    }
    Object::Pod(pod)
}

pub(super) fn workload(choices: &mut impl Choices, number: usize) -> Object {
    let kind = *choices.pick(&WorkloadKind::ALL);
    let metadata = ObjectMeta {
        // Pods and workloads share names now and then.
        name: format!("{}{number}", choices.pick(&["w", "w", "p"])),
        namespace: (*choices.pick(&NAMESPACES)).to_owned(),
        ..ObjectMeta::default()
    };
    let labels = labels(choices);
    let selector = (!choices.once_in(3)).then(|| selector(choices, false));
    let template_metadata = ObjectMeta { labels, ..ObjectMeta::default() };
    let template = PodTemplateSpec { metadata: template_metadata, spec: pod_spec(choices) };
    Object::Workload(Workload { kind, metadata, selector, template })
}

/// A namespace for pods and policies: nearly always one of the first two.
pub(super) fn busy_namespace(choices: &mut impl Choices) -> String {
    let number = choices.below(8);
    NAMESPACES[if number < 6 { number % 2 } else { number - 4 }].to_owned()
}

fn pod_spec(choices: &mut impl Choices) -> PodSpec {
    let mut spec = PodSpec { host_network: choices.once_in(12), ..PodSpec::default() };
    // Two or three ports of each sort are enough for one name to have two numbers.
    for _ in 0..choices.between(0, 3) {
        spec.containers.push(container(choices));
    }
    for _ in 0..choices.between(0, 2) {
        let mut container = container(choices);
        container.restart_policy = (choices.below(2) == 0).then(|| "Always".to_owned());
        spec.init_containers.push(container);
    }
    // Case files list sidecars before other init containers.
    spec.init_containers.sort_by_key(|container| container.restart_policy.is_none());
    let containers = spec.containers.iter_mut().chain(&mut spec.init_containers);
    for (index, container) in containers.enumerate() {
        container.name = format!("c{index}");
    }
    spec
}

fn container(choices: &mut impl Choices) -> Container {
    let protocol = *choices.pick(&[None, None, Some("TCP"), Some("UDP"), Some("SCTP")]);
    // A name that only cluster-wide policies may use, since nobody looks at what theirs are.
    let name = if choices.once_in(16) { "HTTP" } else { *choices.pick(&PORT_NAMES) };
    // The usual number, most of the time, or names would hardly ever meet packets.
    let number = match name {
        _ if choices.once_in(3) => *choices.pick(&PORT_NUMBERS),
        "http" => 80,
        "dns" => 53,
        _ => 81,
    };
    let port = ContainerPort {
        name: name.to_owned(),
        container_port: number.into(),
        protocol: protocol.map(str::to_owned),
    };
    Container { ports: vec![port], ..Container::default() }
}

/// Labels that selectors below select.
pub(super) fn labels(choices: &mut impl Choices) -> Labels {
    let mut labels = Labels::new();
    for key in KEYS {
        if choices.below(4) > 0 {
            labels.insert(key.to_owned(), (*choices.pick(&VALUES)).to_owned());
        }
    }
    labels
}

/// A selector over the labels above, of one entry of each part at most, besides what a namespace
/// or junk adds: conjunctions of more select nothing here.
pub(super) fn selector(choices: &mut impl Choices, junk: bool) -> LabelSelector {
    let mut selector = LabelSelector::default();
    for _ in 0..choices.below(8) / 5 {
        let (key, value) = (*choices.pick(&KEYS), *choices.pick(&VALUES));
        selector.match_labels.insert(key.to_owned(), value.to_owned());
    }
    for _ in 0..choices.below(8) / 4 {
        selector.match_expressions.push(requirement(choices, &KEYS));
    }
    if junk {
        spoil(choices, &mut selector);
    }
    selector
}

/// A selector of namespaces, which have a label more.
pub(super) fn namespace_selector(choices: &mut impl Choices, junk: bool) -> LabelSelector {
    let mut selector = selector(choices, junk);
    if choices.once_in(4) {
        let mut requirement = requirement(choices, &["kubernetes.io/metadata.name"]);
        if !requirement.values.is_empty() {
            requirement.values = vec![busy_namespace(choices)];
        }
        selector.match_expressions.push(requirement);
    }
    selector
}

fn requirement(choices: &mut impl Choices, keys: &[&str]) -> LabelSelectorRequirement {
    let operator = *choices.pick(&["In", "NotIn", "Exists", "DoesNotExist"]);
    let values = match operator {
        "In" | "NotIn" => choices.between(1, 2),
        _ => 0,
    };
    LabelSelectorRequirement {
        key: (*choices.pick(keys)).to_owned(),
        operator: operator.to_owned(),
        values: (0..values).map(|_| (*choices.pick(&VALUES)).to_owned()).collect(),
    }
}

/// Makes the selector one that the API server would refuse.
fn spoil(choices: &mut impl Choices, selector: &mut LabelSelector) {
    let (key, operator, values): (&str, &str, &[&str]) = *choices.pick(&[
        ("app", "", &["x"] as &[&str]),
        ("app", "exists", &[]),
        ("app", "Gt", &["1"]),
        ("app", "In", &[]),
        ("app", "NotIn", &[]),
        ("app", "Exists", &["x"]),
        ("app", "DoesNotExist", &["y"]),
        ("", "Exists", &[]),
        ("/app", "DoesNotExist", &[]),
        ("a/b/c", "DoesNotExist", &[]),
        ("Ex.com/a", "DoesNotExist", &[]),
        ("app", "NotIn", &["a b"]),
        ("app", "NotIn", &["x", "-"]),
    ]);
    if choices.once_in(4) {
        selector.match_labels.insert((*choices.pick(&["app", "-", ""])).to_owned(), "_".to_owned());
    } else {
        selector.match_expressions.push(LabelSelectorRequirement {
            key: key.to_owned(),
            operator: operator.to_owned(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        });
    }
}
