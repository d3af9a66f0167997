//! The objects that the clusters here are made of.

use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netpol_core::model::{
    IntOrString, IpBlock, LabelSelector, LabelSelectorRequirement, Labels, Namespace,
    NetworkPolicy, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort, Object, Pod,
};
use netpol_core::{Admission, Cluster, Options};

pub(crate) fn labels<K: Display, V: Display>(labels: impl IntoIterator<Item = (K, V)>) -> Labels {
    labels.into_iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
}

pub(crate) fn namespace(name: &str, labels: Labels) -> Object {
    let mut namespace = Namespace::default();
    namespace.metadata.name = name.into();
    namespace.metadata.labels = labels;
    Object::Namespace(namespace)
}

pub(crate) fn pod(namespace: &str, number: u32, labels: Labels, addresses: &[IpAddr]) -> Object {
    let mut pod = Pod::default();
    pod.metadata.name = format!("pod{number}");
    pod.metadata.namespace = namespace.into();
    pod.metadata.labels = labels;
    pod.status.phase = "Running".into();
    pod.status.pod_ips = addresses.iter().map(ToString::to_string).collect();
    pod.status.pod_ip = pod.status.pod_ips.first().cloned().unwrap_or_default();
    Object::Pod(pod)
}

/// Pods lie side by side, as those of one node do.
pub(crate) fn ipv4(number: u32) -> IpAddr {
    Ipv4Addr::from_bits(0x0a00_0000 + number).into()
}

pub(crate) fn ipv6(number: u32) -> IpAddr {
    Ipv6Addr::from_bits(0xfd00 << 112 | u128::from(number)).into()
}

pub(crate) fn selector(labels: Labels) -> LabelSelector {
    LabelSelector { match_labels: labels, ..LabelSelector::default() }
}

/// Values of one key, or all but those.
pub(crate) fn values(
    key: &str,
    operator: &str,
    values: impl IntoIterator<Item = String>,
) -> LabelSelector {
    let (key, operator, values) = (key.into(), operator.into(), values.into_iter().collect());
    let match_expressions = vec![LabelSelectorRequirement { key, operator, values }];
    LabelSelector { match_expressions, ..LabelSelector::default() }
}

pub(crate) fn pods(selector: LabelSelector) -> NetworkPolicyPeer {
    NetworkPolicyPeer { pod_selector: Some(selector), ..NetworkPolicyPeer::default() }
}

pub(crate) fn block(cidr: impl Display, except: Vec<String>) -> NetworkPolicyPeer {
    let ip_block = Some(IpBlock { cidr: cidr.to_string(), except });
    NetworkPolicyPeer { ip_block, ..NetworkPolicyPeer::default() }
}

pub(crate) fn port(first: u32, last: u32) -> NetworkPolicyPort {
    let number = |port: u32| i32::try_from(port).expect("a port");
    NetworkPolicyPort {
        port: Some(IntOrString::Int(number(first))),
        end_port: (last > first).then(|| number(last)),
        ..NetworkPolicyPort::default()
    }
}

pub(crate) fn rule(
    from: Vec<NetworkPolicyPeer>,
    ports: Vec<NetworkPolicyPort>,
) -> NetworkPolicyIngressRule {
    NetworkPolicyIngressRule { from, ports }
}

/// A policy of namespace `d` about ingress.
pub(crate) fn policy(
    number: u32,
    subject: LabelSelector,
    ingress: Vec<NetworkPolicyIngressRule>,
) -> Object {
    let mut policy = NetworkPolicy::default();
    policy.metadata.name = format!("policy{number}");
    policy.metadata.namespace = "d".into();
    policy.spec.pod_selector = subject;
    policy.spec.policy_types = vec!["Ingress".into()];
    policy.spec.ingress = ingress;
    Object::NetworkPolicy(policy)
}

pub(crate) fn everybody() -> LabelSelector {
    LabelSelector::default()
}

/// Something that every test needs but does not grow.
pub(crate) fn subject() -> Object {
    pod("d", u32::MAX, labels([("role", "subject")]), &[Ipv4Addr::new(172, 31, 255, 1).into()])
}

pub(crate) fn upsert(cluster: &mut Cluster, objects: impl IntoIterator<Item = Object>) {
    for object in objects {
        cluster.upsert(object, Admission::Stored).unwrap_or_else(|error| panic!("{error}"));
    }
}

pub(crate) fn cluster(objects: impl IntoIterator<Item = Object>) -> Cluster {
    let mut cluster = Cluster::new(Options::default());
    upsert(&mut cluster, [namespace("d", Labels::new())]);
    upsert(&mut cluster, objects);
    cluster.publish().expect("it fits");
    cluster
}
