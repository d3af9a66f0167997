use std::collections::BTreeSet;
use std::net::IpAddr;

use netpol_core::model::{Kind, Object, Service};
use netpol_core::options::NetworkPolicySemantics;
use netpol_core::{Admission, Options, Packet};

use super::cluster_kind::ClusterKind;
use super::policies::Policies;
use super::traffic::Targets;
use super::{Choices, addresses, cluster, domains, older_forms, options, services};
use crate::cases::{Ask, Event};
use crate::reference::ServiceQuestion;

/// A cluster, how it came to be, and what is asked about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// The knobs.
    pub options: Options,
    /// What happens, in order. Objects are those of a cluster that holds them already, so that
    /// nothing is refused for being malformed.
    pub events: Vec<Event>,
    /// The questions, asked after everything has happened.
    pub asks: Vec<Ask>,
    /// The questions about Services.
    pub service_asks: Vec<ServiceQuestion>,
    /// The addresses of pods and nodes, and some that nobody has.
    pub addresses: Vec<IpAddr>,
    /// The first and last addresses of blocks and excepts, and their neighbours.
    pub boundaries: Vec<IpAddr>,
    /// The ends of ranges of ports, and their neighbours.
    pub ports: Vec<u16>,
}

/// What sorts of policies a scenario has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    /// NetworkPolicies of `v1` alone.
    Plain,
    /// Cluster-wide policies as well.
    Tiered,
    /// NetworkPolicies in all their forms, in namespaces with annotations.
    Legacy,
}

/// A scenario with this many packets, and a fifth as many questions by name.
pub fn scenario(choices: &mut impl Choices, packets: usize) -> Scenario {
    let mut options = options::options(choices);
    let sort = match choices.below(8) {
        0..=2 => Sort::Plain,
        7 => Sort::Legacy,
        _ => Sort::Tiered,
    };
    if sort == Sort::Legacy && choices.below(4) < 3 {
        options.network_policies = NetworkPolicySemantics::Legacy;
    }
    let junk = choices.below(2) == 1;
    let mut objects = Vec::new();
    for name in cluster::NAMESPACES {
        if !choices.once_in(6) {
            objects.push(namespace(choices, sort, name));
        }
    }
    for number in 1..=cluster::NODES {
        if !choices.once_in(3) {
            objects.push(cluster::node(choices, number));
        }
    }
    // Ten pods on eleven addresses, so that conflicts are common.
    for number in 0..choices.between(2, 10) {
        objects.push(cluster::pod(choices, number, junk));
    }
    for number in 0..choices.below(4) {
        objects.push(cluster::workload(choices, number));
    }
    let pods = addresses_of_pods(&objects);
    let known = known_addresses(&objects, &pods, choices);
    let mut policies =
        Policies { addresses: &known, junk, boundaries: Vec::new(), ports: Vec::new() };
    // Up to eight policies, most of them in two namespaces, so that some pods have several and some have none.
    for number in 0..choices.between(1, 8) {
        objects.push(network_policy(choices, sort, &mut policies, number));
    }
    // Up to seven, so that two or three of a tier are about one pod, and some pods get past them all.
    if sort == Sort::Tiered || (sort == Sort::Legacy && choices.once_in(3)) {
        for number in 0..choices.between(2, 7) {
            objects.push(policies.cluster_wide_policy(choices, number));
        }
    }
    let names = names(&objects);
    let mut events = events(choices, sort, objects, &mut policies);
    if sort != Sort::Plain {
        let mut place = 0;
        for event in domains::events(choices, &known) {
            place = choices.between(place, events.len());
            events.insert(place, event);
        }
    }
    // What nothing but questions about them depends on.
    let services = services::objects(choices, &pods, junk);
    for event in events_of_services(choices, &services, &pods, junk) {
        let place = choices.between(0, events.len());
        events.insert(place, event);
    }
    if choices.below(3) > 0 {
        events.push(Event::Synced(choices.below(4) < 3));
    }
    let boundaries: BTreeSet<IpAddr> = policies.boundaries.into_iter().collect();
    let ports: BTreeSet<u16> = policies.ports.into_iter().collect();
    let (boundaries, ports) = (boundaries.into_iter().collect(), ports.into_iter().collect());
    let targets = Targets { pods, addresses: known, boundaries, ports, names };
    let mut asks: Vec<Ask> = (0..packets).map(|_| Ask::Packet(targets.packet(choices))).collect();
    asks.extend((0..packets.div_ceil(5)).map(|_| Ask::Question(targets.question(choices))));
    let services: Vec<Service> = services.into_iter().filter_map(as_service).collect();
    let service_asks = (0..packets.div_ceil(4))
        .map(|_| {
            let source = targets.party(choices);
            services::question(choices, source, &services)
        })
        .collect();
    let Targets { addresses, boundaries, ports, .. } = targets;
    Scenario { options, events, asks, service_asks, addresses, boundaries, ports }
}

fn as_service(object: Object) -> Option<Service> {
    match object {
        Object::Service(service) => Some(service),
        _ => None,
    }
}

/// The Services and slices, and now and then a change of one.
fn events_of_services(
    choices: &mut impl Choices,
    objects: &[Object],
    pods: &[IpAddr],
    junk: bool,
) -> Vec<Event> {
    let admission = Admission::Stored;
    let upsert = |object: Object| Event::Upsert { object: Box::new(object), admission };
    let mut events: Vec<Event> = objects.iter().cloned().map(upsert).collect();
    if !objects.is_empty() && choices.once_in(3) {
        let object = choices.pick(objects).clone();
        let name = object.object_ref();
        events.push(match choices.below(3) {
            0 => Event::Delete { kind: name.kind, namespace: name.namespace, name: name.name },
            1 => {
                let kind = name.kind;
                let mut listed: Vec<Object> =
                    objects.iter().filter(|object| object.kind() == kind).cloned().collect();
                listed.sort_by_key(Object::object_ref);
                listed.dedup_by_key(|object| object.object_ref());
                listed.truncate(choices.between(0, listed.len()));
                Event::ReplaceAll { kind, objects: listed, admission }
            }
            _ => {
                let mut other = services::another_version(choices, &object, pods, junk);
                other.metadata_mut().name = name.name;
                other.metadata_mut().namespace = name.namespace;
                upsert(other)
            }
        });
    }
    events
}

/// Annotations mean something in some clusters, and must not in the others.
fn namespace(choices: &mut impl Choices, sort: Sort, name: &str) -> Object {
    let mut object = cluster::namespace(choices, name);
    if sort == Sort::Legacy || choices.once_in(6) {
        object.metadata_mut().annotations = older_forms::annotations(choices);
    }
    object
}

fn network_policy(
    choices: &mut impl Choices,
    sort: Sort,
    policies: &mut Policies<'_>,
    number: usize,
) -> Object {
    match sort {
        Sort::Legacy => policies.policy_of_any_form(choices, number),
        Sort::Plain | Sort::Tiered => policies.policy(choices, number),
    }
}

impl Scenario {
    /// The packets among the questions.
    #[must_use]
    pub fn packets(&self) -> Vec<Packet> {
        let packet = |ask: &Ask| match ask {
            Ask::Packet(packet) => Some(*packet),
            Ask::Question(_) => None,
        };
        self.asks.iter().filter_map(packet).collect()
    }
}

fn addresses_of_pods(objects: &[Object]) -> Vec<IpAddr> {
    let pods = objects.iter().filter_map(|object| match object {
        Object::Pod(pod) => Some(pod),
        _ => None,
    });
    pods.flat_map(|pod| &pod.status.pod_ips).filter_map(|text| text.parse().ok()).collect()
}

/// The addresses of pods and nodes, and some that nobody has.
fn known_addresses(objects: &[Object], pods: &[IpAddr], choices: &mut impl Choices) -> Vec<IpAddr> {
    let mut known: BTreeSet<IpAddr> = pods.iter().copied().collect();
    for object in objects {
        if let Object::Node(node) = object {
            let texts = node.status.addresses.iter().map(|entry| &entry.address);
            known.extend(texts.filter_map(|text| text.parse::<IpAddr>().ok()));
        }
    }
    for ipv6 in [false, true] {
        known.insert(addresses::of_a_pod(choices, ipv6));
        known.insert(addresses::of_a_stranger(choices, ipv6));
    }
    known.into_iter().collect()
}

/// What questions may call the pods and workloads, and a name that nobody has.
fn names(objects: &[Object]) -> Vec<String> {
    let mut names = vec!["a/nobody".to_owned(), "nonsense".to_owned()];
    for object in objects {
        let metadata = object.metadata();
        let name = format!("{}/{}", metadata.namespace, metadata.name);
        match object.kind() {
            Kind::Pod => names.extend([name.clone(), format!("pod/{name}")]),
            Kind::Workload(kind) => {
                names.extend([name.clone(), format!("{}/{name}", kind.as_str())]);
            }
            _ => {}
        }
    }
    names
}

/// The objects in any order, with what else happens to a cluster: some of them come in another
/// version, some go again, kinds are listed anew, nodes get further addresses.
fn events(
    choices: &mut impl Choices,
    sort: Sort,
    objects: Vec<Object>,
    policies: &mut Policies<'_>,
) -> Vec<Event> {
    let admission = Admission::Stored;
    let upsert = |object: &Object| Event::Upsert { object: Box::new(object.clone()), admission };
    let mut events: Vec<Event> = objects.iter().map(upsert).collect();
    if choices.once_in(3) {
        choices.shuffle(&mut events);
    }
    for number in 1..=cluster::NODES {
        if choices.once_in(3) {
            let addresses =
                vec![addresses::of_a_pod(choices, false), addresses::of_a_node(9, true)];
            events.push(Event::NodeAddresses { node: format!("n{number}"), addresses });
        }
    }
    // A few changes are as good as many: each is between two versions of one object.
    for _ in 0..choices.below(10) / 3 {
        let object = choices.pick(&objects).clone();
        let place = choices.below(events.len() + 1);
        let metadata = object.metadata();
        let (namespace, name) = (metadata.namespace.clone(), metadata.name.clone());
        let event = match choices.below(3) {
            0 => Event::Delete { kind: object.kind(), namespace, name },
            1 => {
                let kind = object.kind();
                let mut listed: Vec<Object> =
                    objects.iter().filter(|object| object.kind() == kind).cloned().collect();
                // Names may repeat among what was made, but not in a listing.
                listed.sort_by_key(Object::object_ref);
                listed.dedup_by_key(|object| object.object_ref());
                listed.truncate(choices.between(0, listed.len()));
                Event::ReplaceAll { kind, objects: listed, admission }
            }
            _ => {
                let mut other = another_version(choices, sort, &object, policies);
                other.metadata_mut().name = name;
                other.metadata_mut().namespace = namespace;
                upsert(&other)
            }
        };
        events.insert(place, event);
    }
    events
}

/// Another object of the same kind.
fn another_version(
    choices: &mut impl Choices,
    sort: Sort,
    object: &Object,
    policies: &mut Policies<'_>,
) -> Object {
    let number = choices.below(cluster::NODES) + 1;
    let kind = match object.kind() {
        Kind::Namespace => return namespace(choices, sort, &object.metadata().name),
        Kind::Node => return cluster::node(choices, number),
        Kind::Pod => return cluster::pod(choices, 0, policies.junk),
        Kind::ClusterNetworkPolicy => ClusterKind::Cluster,
        Kind::AdminNetworkPolicy => ClusterKind::Admin,
        Kind::BaselineAdminNetworkPolicy => ClusterKind::BaselineAdmin,
        Kind::NetworkPolicy => return network_policy(choices, sort, policies, 0),
        // A workload changes its kind with everything else.
        _ => return cluster::workload(choices, 0),
    };
    policies.policy_of_kind(choices, kind, 0)
}
