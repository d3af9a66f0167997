//! What may cross threads, and what readers see while a writer publishes.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::path::Path;
use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use netpol_core::engine::QuestionError;
use netpol_core::manifest::ReadOptions;
use netpol_core::model::{IntOrString, Kind, NetworkPolicy, NetworkPolicyPort, Object};
use netpol_core::net::Protocol;
use netpol_core::{
    Action, Admission, Applied, Cluster, EndpointId, Engine, Manifest, Options, Packet, Party,
    Question, Tier, Verdict,
};

use super::questions::{address, assert_answers, portrait};

/// Compiles for plain data: it may go to, and be read from, any thread, and a panic somewhere else
/// leaves it whole.
const fn is_plain<T: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + 'static>() {}

/// The names of types that are all [plain](is_plain).
macro_rules! plain {
    ($($module:ident: $($name:ident),+;)+) => {
        [$($({
            is_plain::<netpol_core::$module::$name>();
            stringify!($name)
        }),+),+]
    };
}

/// Every public type of the library; there is none that is bound to a thread.
#[test]
fn public_types_are_plain_data() {
    is_plain::<Cluster>();
    is_plain::<Applied>();
    is_plain::<EndpointId>();
    is_plain::<Tier>();
    is_plain::<Action>();
    let named = plain! {
        contents: Contents, ContentsError;
        diagnostic: Diagnostic, Error, Problem, Severity;
        engine: Account, Attribution, Backend, Changes, Decision, Engine, Explanation, LengthMismatch, MemoryUsage,
            NearMiss, NoBackends, Party, PartyName, PolicyFootprint, PolicyId, PolicyName, Question, QuestionError, Reader,
            Reach, ReaderFactory, Reason, RuleName, ServiceError, ServiceExplanation, ServiceId, ServiceQuestion, ServiceVerdict, Stage, TierOutcome, TierStep;
        field: Error, ErrorKind, ErrorList, Location, Path;
        legacy: Conversion;
        flows: Flow, FlowOptions, FlowState, FlowStatistics, FlowTimeouts, FlowVerdict, Flows, FlowsError, MidStream,
            Tracking;
        manifest: Admission, Finding, Limits, Manifest, ReadOptions, Refuses, UnknownFields;
        model: AdminNetworkPolicy, AdminNetworkPolicyEgressRule, AdminNetworkPolicyIngressRule,
            AdminNetworkPolicyPort, AdminNetworkPolicyPortNumber, AdminNetworkPolicyPortRange,
            AdminNetworkPolicySpec, AlphaAllowIncoming, AlphaInboundRule, AlphaNetworkPolicy,
            AlphaNetworkPolicySpec, AlphaPeer, AlphaPort, BaselineAdminNetworkPolicy,
            BaselineAdminNetworkPolicySpec, ClusterNetworkPolicy, ClusterNetworkPolicyEgressPeer,
            ClusterNetworkPolicyEgressRule, ClusterNetworkPolicyIngressPeer,
            ClusterNetworkPolicyIngressRule, ClusterNetworkPolicyPort,
            ClusterNetworkPolicyPortRange, ClusterNetworkPolicyProtocol,
            ClusterNetworkPolicyProtocolPorts, ClusterNetworkPolicySpec,
            ClusterNetworkPolicySubject, Container, ContainerPort, Endpoint, EndpointConditions,
            EndpointPort, EndpointSlice, ExtensionsNetworkPolicy,
            ExtensionsNetworkPolicyIngressRule, ExtensionsNetworkPolicySpec, IntOrString, InvalidTimestamp, IpBlock, Kind,
            LabelSelector, LabelSelectorRequirement, ManagedFieldsEntry, Namespace, NamespacedPod,
            NetworkPolicy,
            NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer,
            NetworkPolicyPort, NetworkPolicySpec, Node, NodeAddress, NodeSpec, NodeStatus, Object,
            ObjectMeta, ObjectRef, ObjectReference, OwnerReference, Pod, PodCondition, PodSpec, PodStatus, PodTemplateSpec,
            Service, ServicePort, ServiceSpec, Timestamp, Workload, WorkloadKind;
        net: Cidr, CidrObjection, DomainPattern, InvalidDomainPattern, IpBlock, ParseCidrError, ParseIpBlockError, PolicyPort,
            PortRange, Ports, Protocol;
        options: BaselineScope, CidrStrictness, CompletedPods, EqualPriorities, Fragments, HostNetworkPods, IpBlockPods,
            MissingNamespaces, NamedPortContainers, NetworkPolicySemantics, Options, UnknownPodAddresses, UnmatchedProtocols,
            UnreadableSubjects;
        packet: Direction, Fragment, Packet, RawPacket, RawPacketError, TcpFlags, Transport, Verdict;
        render: Style;
        selector: InvalidRequirement, Operator, ParseSelectorError, Requirement, Selector;
        validate: ValidateOptions;
    };
    let root = ["Cluster", "Applied", "EndpointId", "Tier", "Action"];
    let mut named = named.into_iter().chain(root).map(str::to_owned).collect::<BTreeSet<_>>();
    let mut declared = BTreeSet::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../src"), &mut declared);
    named.retain(|name| !declared.remove(name));
    assert_eq!(declared, BTreeSet::new(), "public types that this test does not name");
    assert_eq!(named, BTreeSet::new(), "types that are declared nowhere");
}

/// The names of the types that the files below a directory declare `pub`.
fn collect(directory: &Path, declared: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).expect("the sources are there") {
        let path = entry.expect("they can be listed").path();
        if path.is_dir() {
            collect(&path, declared);
            continue;
        }
        let text = fs::read_to_string(&path).expect("they can be read");
        let names = text.lines().filter_map(|line| {
            let line = line.strip_prefix("pub struct ").or(line.strip_prefix("pub enum "))?;
            line.split(|next: char| !next.is_alphanumeric()).next()
        });
        declared.extend(names.map(str::to_owned));
    }
}

const TEXT: &str = "
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Namespace, metadata: {name: d}}
- {apiVersion: v1, kind: Pod, metadata: {name: a, namespace: d, labels: {app: a}},
   status: {phase: Running, podIPs: [{ip: 10.0.0.1}, {ip: 'fd00::1'}]}}
- {apiVersion: v1, kind: Pod, metadata: {name: b, namespace: d, labels: {app: b}},
   status: {phase: Running, podIP: 10.0.0.2}}
- {apiVersion: v1, kind: Pod, metadata: {name: c, namespace: d}, status: {phase: Pending}}
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: {name: p, namespace: d}
  spec:
    podSelector: {matchLabels: {app: b}}
    ingress: [{from: [{podSelector: {matchLabels: {app: a}}}], ports: [{port: 80}]}]
";

fn cluster() -> Cluster {
    Cluster::from_manifests(TEXT).expect("a good text")
}

/// The only policy of [`TEXT`], to be changed.
fn policy() -> NetworkPolicy {
    let manifest = Manifest::read(None, TEXT.as_bytes(), &ReadOptions::default());
    let mut policies = manifest.objects().iter().filter_map(|object| match object {
        Object::NetworkPolicy(policy) => Some(policy.clone()),
        _ => None,
    });
    policies.next_back().expect("there is one")
}

/// Even generations let port 80 in, odd ones port 81; no reader ever sees both or neither.
#[test]
fn readers_see_whole_snapshots() {
    const GENERATIONS: u64 = 300;
    let mut cluster = cluster();
    let port = |generation: u64| if generation.is_multiple_of(2) { 80 } else { 81 };
    let mut publish = |generation: u64| {
        let mut policy = policy();
        policy.spec.ingress[0].ports = vec![NetworkPolicyPort {
            port: Some(IntOrString::Int(port(generation))),
            ..NetworkPolicyPort::default()
        }];
        // What is half done is not to be seen.
        assert!(cluster.delete(Kind::NetworkPolicy, "d", "p"));
        cluster.upsert(Object::NetworkPolicy(policy), Admission::Create).expect("it is good");
        let engine = cluster.publish().expect("it fits");
        assert_eq!(engine.generation(), generation);
        engine
    };
    let newest = RwLock::new(publish(1));
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let (a, b) = (address("10.0.0.1"), address("10.0.0.2"));
                let packets = [Packet::tcp(a, b, 80), Packet::tcp(a, b, 81)];
                let mut seen = 0;
                while !done.load(Ordering::Acquire) {
                    let engine: Engine = newest.read().expect("nobody panicked").clone();
                    let generation = engine.generation();
                    assert!(generation >= seen, "time runs forwards");
                    seen = generation;
                    let expected = [generation.is_multiple_of(2), !generation.is_multiple_of(2)];
                    let mut verdicts = [Verdict::Deny; 2];
                    for _ in 0..50 {
                        engine.decide_batch(&packets, &mut verdicts).expect("two and two");
                        assert_eq!(verdicts.map(Verdict::is_allow), expected);
                        for (packet, allowed) in packets.iter().zip(expected) {
                            assert_eq!(engine.decide(packet).is_allow(), allowed);
                            let decision = engine.attribute(packet);
                            assert_eq!(decision.verdict.is_allow(), allowed);
                            assert_eq!(decision.generation, generation);
                        }
                    }
                    let explanation = engine.explain(&packets[0]);
                    assert_eq!(explanation.generation, generation);
                    assert_eq!(explanation.verdict.is_allow(), expected[0]);
                }
            });
        }
        for generation in 2..=GENERATIONS {
            *newest.write().expect("nobody panicked") = publish(generation);
        }
        done.store(true, Ordering::Release);
    });
}

#[test]
fn an_old_engine_answers_as_it_did() {
    let mut cluster = cluster();
    let old = cluster.publish().expect("it fits");
    let before = portrait(&old);
    assert!(cluster.delete(Kind::Pod, "d", "a"));
    cluster.replace_all(Kind::NetworkPolicy, Vec::new(), Admission::Create).expect("nothing wrong");
    cluster.set_node_addresses("worker", [address("10.0.0.9")]);
    let new = cluster.publish().expect("it fits");
    assert_ne!(portrait(&new), before);
    assert_eq!(portrait(&old), before);
    assert_eq!((old.generation(), new.generation()), (1, 2));
    drop(cluster);
    drop(new);
    let elsewhere = thread::spawn(move || portrait(&old)).join().expect("no panic");
    assert_eq!(elsewhere, before);
}

/// A copy of a cluster goes its own way.
#[test]
fn copies_of_a_cluster_do_not_meet() {
    let original = cluster();
    let answers = thread::scope(|scope| {
        let workers = [80, 81].map(|port| {
            let mut copy = original.clone();
            scope.spawn(move || {
                let mut policy = policy();
                policy.spec.ingress[0].ports[0].port = Some(IntOrString::Int(port));
                let policy = Object::NetworkPolicy(policy);
                copy.upsert(policy, Admission::Create).expect("it is good");
                copy.publish().expect("it fits")
            })
        });
        workers.map(|worker| worker.join().expect("no panic"))
    });
    assert_answers(
        &answers[0],
        "d/a -> d/b TCP 80 allow
         d/a -> d/b TCP 81 deny",
    );
    assert_answers(
        &answers[1],
        "d/a -> d/b TCP 80 deny
         d/a -> d/b TCP 81 allow",
    );
}

/// Handles of one engine put to another: an error or another endpoint, never a panic.
#[test]
fn foreign_handles() {
    let engine = cluster().publish().expect("it fits");
    let empty = Cluster::new(Options::default()).publish().expect("it fits");
    for endpoint in engine.endpoints() {
        assert_eq!(empty.endpoint_name(endpoint), None);
        let question = Question::port(endpoint, address("10.0.0.2"), Protocol::TCP, 80);
        let foreign = Err(QuestionError::ForeignHandle);
        assert_eq!(empty.decide_question(&question), foreign);
        assert!(empty.attribute_question(&question).is_err());
        assert!(empty.explain_question(&question).is_err());
        let question = Question::port(Party::from(address("::1")), endpoint, Protocol::TCP, 80);
        assert_eq!(empty.decide_question(&question), foreign);
        assert!(empty.port_number(endpoint, "http", Protocol::TCP).is_err());
    }
    let packet = Packet::tcp(address("10.0.0.1"), address("10.0.0.2"), 81);
    let policy = engine.attribute(&packet).ingress.policy.expect("it denies");
    assert!(engine.policy_name(policy).is_some());
    assert_eq!(empty.policy_name(policy), None);
}
