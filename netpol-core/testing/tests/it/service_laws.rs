//! What holds of Services in every cluster.

use std::collections::BTreeSet;
use std::net::IpAddr;

use netpol_core::engine::ServiceQuestion as Asked;
use netpol_core::model::{
    Endpoint, EndpointConditions, EndpointPort, EndpointSlice, IntOrString, Kind, Object,
    ObjectReference, Pod, Service,
};
use netpol_core::net::Protocol;
use netpol_core::options::HostNetworkPods;
use netpol_core::{Admission, Cluster, Engine, Packet, Party};
use netpol_testing::cases::{Event, Implementation};
use netpol_testing::engine::EveryWay;
use netpol_testing::generate::{Scenario, Seeded, scenario};
use netpol_testing::reference::World;

/// The objects of a scenario at its end, where every pod has addresses of its own.
fn world(scenario: &Scenario) -> World {
    let mut world = World::new(scenario.options.clone());
    for event in &scenario.events {
        let _ = world.handle(event);
    }
    world.pods.retain(|pod| !pod.status.pod_ips.is_empty());
    for (number, pod) in (1..).zip(&mut world.pods) {
        pod.spec.host_network = false;
        let is_ipv6 = |text: &String| text.parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv6());
        let families = [false, true].map(|ipv6| {
            let mut texts = pod.status.pod_ips.iter();
            texts.any(|text| is_ipv6(text) == ipv6)
        });
        let own = [format!("10.9.0.{number}"), format!("fd00:9::{number:x}")];
        let own = own.into_iter().zip(families).filter(|(_, has)| *has);
        pod.status.pod_ips = own.map(|(text, _)| text).collect();
        pod.status.pod_ip = pod.status.pod_ips[0].clone();
    }
    // No controller knows of pods that a workload will make.
    world.workloads.clear();
    world.services.retain(|service| !service.spec.selector.is_empty());
    for service in &mut world.services {
        // No server takes another family, nor one name twice.
        let mut names = BTreeSet::new();
        service.spec.ports.retain(|port| names.insert(port.name.clone()));
        service.spec.ip_families.retain(|family| matches!(family.as_str(), "IPv4" | "IPv6"));
    }
    world.endpoint_slices.clear();
    world
}

/// What the EndpointSlice controller would write for a Service: a slice for each pod and family.
///
/// Source: `podToEndpoint` and `getEndpointPorts` of k8s.io/endpointslice.
fn slices(service: &Service, pods: &[Pod]) -> Vec<EndpointSlice> {
    let spec = &service.spec;
    let families: Vec<&str> = match (spec.ip_families.first(), spec.cluster_ip.as_str()) {
        (Some(family), _) => vec![family],
        (None, "" | "None") => vec!["IPv4", "IPv6"],
        (None, _) if spec.cluster_ips.len() == 2 => vec!["IPv4", "IPv6"],
        (None, ip) => vec![if ip.contains(':') { "IPv6" } else { "IPv4" }],
    };
    let mut slices = Vec::new();
    for family in ["IPv4", "IPv6"] {
        let mut slice = EndpointSlice::default();
        slice.metadata.namespace.clone_from(&service.metadata.namespace);
        slice.metadata.name = format!("{}-{}", service.metadata.name, family.to_lowercase());
        let (label, name) = (EndpointSlice::SERVICE_NAME.to_owned(), &service.metadata.name);
        slice.metadata.labels.insert(label, name.clone());
        slice.address_type = family.to_owned();
        for pod in pods.iter().filter(|_| families.contains(&family)) {
            let labels = &pod.metadata.labels;
            let selected = pod.metadata.namespace == service.metadata.namespace
                && spec.selector.iter().all(|(key, value)| labels.get(key) == Some(value))
                && !matches!(pod.status.phase.as_str(), "Succeeded" | "Failed");
            let mut texts = pod.status.pod_ips.iter();
            let address = texts.find(|text| text.contains(':') == (family == "IPv6"));
            let (Some(address), true) = (address, selected) else { continue };
            // Each pod may call other numbers by a name.
            let mut own = slice.clone();
            own.metadata.name = format!("{}-{}", slice.metadata.name, pod.metadata.name);
            own.ports = spec.ports.iter().filter_map(|port| endpoint_port(port, pod)).collect();
            own.endpoints.push(endpoint(service, pod, address));
            slices.push(own);
        }
        slices.push(slice);
    }
    slices
}

fn endpoint(service: &Service, pod: &Pod, address: &str) -> Endpoint {
    let condition = pod.status.conditions.first().map(|condition| condition.status == "True");
    let running = matches!(pod.status.phase.as_str(), "Running" | "");
    let serving = condition.unwrap_or(running);
    let terminating = pod.metadata.deletion_timestamp.is_some();
    let ready = service.spec.publish_not_ready_addresses || serving && !terminating;
    let conditions = EndpointConditions {
        ready: Some(ready),
        serving: Some(serving),
        terminating: Some(terminating),
    };
    let target_ref = Some(ObjectReference {
        kind: "Pod".to_owned(),
        namespace: pod.metadata.namespace.clone(),
        name: pod.metadata.name.clone(),
    });
    Endpoint { addresses: vec![address.to_owned()], conditions, target_ref }
}

fn endpoint_port(port: &netpol_core::model::ServicePort, pod: &Pod) -> Option<EndpointPort> {
    let protocol = port.protocol.as_deref().unwrap_or("TCP");
    // No server takes another.
    Protocol::from_api(protocol)?;
    let number = match &port.target_port {
        Some(IntOrString::Int(number)) if *number != 0 => *number,
        Some(IntOrString::String(name)) if !name.is_empty() => {
            let sidecars = pod
                .spec
                .init_containers
                .iter()
                .filter(|container| container.restart_policy.as_deref() == Some("Always"));
            let containers = pod.spec.containers.iter().chain(sidecars);
            let mut ports = containers.flat_map(|container| &container.ports);
            let named = ports.find(|port| {
                port.name == *name && port.protocol.as_deref().unwrap_or("TCP") == protocol
            });
            named?.container_port
        }
        _ => port.port,
    };
    let (name, protocol) = (Some(port.name.clone()), Some(protocol.to_owned()));
    Some(EndpointPort { name, protocol, port: Some(number) })
}

fn every_way(world: &World, slices: &[EndpointSlice]) -> Option<EveryWay> {
    let mut every_way = EveryWay::new(&world.options);
    let mut objects: Vec<Object> = world.pods.iter().cloned().map(Object::Pod).collect();
    objects.extend(world.namespaces.iter().cloned().map(Object::Namespace));
    objects.extend(world.nodes.iter().cloned().map(Object::Node));
    objects.extend(world.policies.iter().cloned().map(Object::NetworkPolicy));
    objects.extend(world.services.iter().cloned().map(Object::Service));
    objects.extend(slices.iter().cloned().map(Object::EndpointSlice));
    for object in objects {
        let object = Box::new(object);
        every_way.handle(&Event::Upsert { object, admission: Admission::Stored }).ok()?;
    }
    every_way.handle(&Event::Synced(true)).ok()?;
    every_way.publish().ok()?;
    Some(every_way)
}

/// Slices as the controller writes them say nothing that the Service and the pods do not say.
#[test]
fn slices_of_the_controller_change_nothing() {
    let (mut answered, mut unanswered) = (0, 0);
    for seed in 0..2000 {
        let mut scenario = scenario(&mut Seeded::new(seed), 40);
        // As the controller has it, which knows no options.
        let options = &mut scenario.options;
        options.named_port_containers = Default::default();
        options.host_network_pods = HostNetworkPods::Ignore;
        let world = world(&scenario);
        let slices: Vec<EndpointSlice> =
            world.services.iter().flat_map(|service| slices(service, &world.pods)).collect();
        let (Some(without), Some(with)) = (every_way(&world, &[]), every_way(&world, &slices))
        else {
            continue;
        };
        for question in &scenario.service_asks {
            let (expected, got) = (without.ask_service(question), with.ask_service(question));
            match (expected.expect("it answers"), got.expect("it answers")) {
                (Ok(expected), Ok(got)) => {
                    assert_eq!(got, expected, "seed {seed}: {question}");
                    answered += 1;
                }
                (expected, got) => {
                    let code = |answer: netpol_testing::cases::ServiceAnswer| {
                        answer.err().map(|error| error.code().to_owned())
                    };
                    assert_eq!(code(got), code(expected), "seed {seed}: {question}");
                    unanswered += 1;
                }
            }
        }
    }
    assert!(answered > 400 && unanswered > 400, "{answered} and {unanswered}");
}

/// The question about a Service is what packets to its backends get, after translation.
#[test]
fn backends_get_what_packets_to_them_get() {
    let (protocols, ports) = ([Protocol::TCP, Protocol::UDP], [80, 53, 81, 1]);
    let mut asked = 0;
    for seed in 0..600 {
        let scenario = scenario(&mut Seeded::new(seed), 40);
        let world = world(&scenario);
        let Some(every_way) = every_way(&world, &[]) else { continue };
        let engine = every_way.engine().expect("it was published");
        let pods = world.pods.iter().filter_map(|pod| {
            let name = format!("pod/{}/{}", pod.metadata.namespace, pod.metadata.name);
            engine.endpoint(&name).ok()
        });
        let sources = pods.map(Party::from).collect::<Vec<_>>();
        for service in engine.services().collect::<Vec<_>>() {
            for (protocol, port) in
                protocols.into_iter().flat_map(|it| ports.map(|port| (it, port)))
            {
                for source in &sources {
                    let question = Asked::port(*source, service, protocol, port);
                    let Ok(explanation) = engine.explain_service(&question) else { continue };
                    for backend in &explanation.backends {
                        let ends = (backend.source.address, backend.destination.address);
                        let (Some(from), Some(to)) = ends else { continue };
                        let packet = Packet::new(from, to, protocol, backend.transport);
                        let headless =
                            explanation.port_name.is_none() && is_headless(&world, engine, service);
                        let packet = if headless { packet } else { packet.via_service() };
                        // Through a headless name a pod reaches itself at its own address.
                        if from != to {
                            assert_eq!(engine.decide(&packet), backend.verdict, "seed {seed}");
                            asked += 1;
                        }
                    }
                }
            }
        }
    }
    assert!(asked > 1_000, "{asked}");
}

fn is_headless(world: &World, engine: &Engine, service: netpol_core::engine::ServiceId) -> bool {
    let name = engine.service_name(service).expect("it is there");
    assert_eq!(name.kind, Kind::Service);
    let mut services = world.services.iter();
    services.any(|service| {
        (&service.metadata.namespace, &service.metadata.name) == (&name.namespace, &name.name)
            && service.spec.cluster_ip == "None"
    })
}

/// Nothing that packets meet depends on Services, and nothing is said to have changed.
#[test]
fn services_change_no_verdict() {
    for seed in 0..200 {
        let scenario = scenario(&mut Seeded::new(seed), 40);
        let mut cluster = Cluster::new(scenario.options.clone());
        let mut services = Vec::new();
        for event in &scenario.events {
            if let Event::Upsert { object, admission } = event {
                if matches!(object.kind(), Kind::Service | Kind::EndpointSlice) {
                    services.push(object.clone());
                } else {
                    let _ = cluster.upsert(Object::clone(object), *admission);
                }
            }
        }
        let Ok(before) = cluster.publish() else { continue };
        for object in services {
            cluster.upsert(*object, Admission::Stored).expect("a stored object is taken");
        }
        let engine = cluster.publish().expect("it was published before");
        assert!(engine.changes_since(before.generation()).is_empty(), "seed {seed}");
        for packet in scenario.packets() {
            assert_eq!(engine.decide(&packet), before.decide(&packet), "seed {seed}: {packet}");
        }
    }
}
